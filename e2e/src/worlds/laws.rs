//! The laws, asked of what a world left behind. Each is a function of its own and says in a sentence what is wrong.
//!
//! They look at the journal, at the stored reports, at what SKP was told, and at what the world itself knows to have happened:
//! which frames a seal was told are taken, when an opening reached it, when somebody cut its rope, when nobody listened.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use anyhow::Result;
use segel_custody::State;
use segel_model::entry::Cause;
use segel_model::order::Ordered;
use segel_model::skp::Delivery;
use segel_model::trip::TripState;
use segel_model::{
    AlarmCode, AlarmId, Entry, Event, EventTime, GrantId, Input, MessageId, OrganisationId, SealId,
    ServerTime, TripId,
};
use segel_server::ask::Verdict;
use segel_store::{Position, RecordKind, Replay, ReportQuery, Scope, ScopeKey, Step, Stored};
use sha2::{Digest, Sha256};

use super::World;
use super::cast::{IMPORTER, OTHER_IMPORTER, PROVIDER, SEALS};
use super::order;
use super::seals::{Deed, Mood, unmarked};
use super::segel::Segel;
use super::tally::Tally;

/// A law that was broken and how.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Which.
    pub law: &'static str,
    /// How.
    pub what: String,
}

/// "Asked twice under one key, done once": asked while the world is played.
pub const ASKED_TWICE: &str = "what is asked twice under one key is done once and answered the same";

/// A silent seal is looked at when its limit runs out, which is some ticks after the last report at the most.
const SILENCE_MS: i64 = 600_000;
/// A seal that reports each minute and is not heard for so long is silent beyond any doubt (three of the longest intervals).
const SURELY_SILENT_MS: i64 = 1_900_000;

type Law = (&'static str, fn(&End, &World, &Segel) -> Result<Vec<String>>);

const LAWS: [Law; 15] = [
    (
        "an acknowledged report is durable, its bytes whole",
        acknowledged_is_durable,
    ),
    ("raw frames are kept as they were sent", raw_bytes_are_kept),
    ("an answered command is durable", answered_is_durable),
    ("what nobody may is refused", wrong_wishes_are_refused),
    ("an alarm never vanishes", alarms_never_vanish),
    ("what happens to a sealed seal is an alarm", violations_are_alarms),
    ("nothing opens without a live grant", openings_have_grants),
    (
        "an unmatched opening is critical",
        unmatched_openings_are_critical,
    ),
    (
        "SKP hears each thing in its lane's order, under one name, with one content",
        skp_hears_in_order,
    ),
    (
        "silence counts only time in which we listened",
        silence_is_the_seals_own,
    ),
    ("obligations never disappear", obligations_never_disappear),
    (
        "no state is skipped, no seal, container or line serves two trips",
        trips_are_in_order,
    ),
    ("who may not see a trip does not see it", readers_see_their_own),
    ("the state is the fold of journal and history", state_is_the_fold),
    (
        "any order of the same frames gives the same assessment",
        order::assessments_agree,
    ),
];

/// What a world left behind.
pub struct End {
    /// The whole journal.
    pub entries: Vec<Entry>,
    /// Stored reports by seal, by event time.
    pub reports: BTreeMap<SealId, Vec<Stored>>,
    /// The last state.
    pub fingerprint: u64,
    /// Trips whose assessment was compared over two orders of arrival.
    pub orders_compared: Cell<u64>,
    told: String,
}

impl End {
    /// Reads it.
    pub fn of(world: &World, segel: &Segel) -> Result<Self> {
        let reader = segel.handle().reader();
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(0, |entry: &Entry| entry.seq);
            let page = reader.journal_after(after, 500)?;
            if page.is_empty() {
                break;
            }
            entries.extend(page.into_iter().map(|line| line.entry));
        }
        let mut reports = BTreeMap::new();
        for number in 0..SEALS {
            let seal = seal_of(number);
            reports.insert(seal, reports_of(segel, seal)?);
        }
        let told: Vec<String> = world
            .office
            .told()
            .iter()
            .map(|told| format!("{} {} {}", told.message.0, told.taken, told.body))
            .collect();
        Ok(Self {
            entries,
            reports,
            fingerprint: segel.look(State::fingerprint).unwrap_or_default(),
            orders_compared: Cell::default(),
            told: told.join("\n"),
        })
    }

    /// Asks every law.
    pub fn ask_all(&self, world: &World, segel: &Segel) -> Result<Vec<Broken>> {
        let mut broken = Vec::new();
        for (law, ask) in LAWS {
            broken.extend(
                ask(self, world, segel)?
                    .into_iter()
                    .map(|what| Broken { law, what }),
            );
        }
        Ok(broken)
    }

    /// A hash over everything that happened.
    pub fn trace(&self) -> String {
        let mut hash = Sha256::new();
        for entry in &self.entries {
            hash.update(serde_json::to_vec(entry).unwrap_or_default());
        }
        hash.update(&self.told);
        hash.update(self.fingerprint.to_le_bytes());
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Counts what the journal shows.
    pub fn count(&self, tally: &mut Tally) {
        tally.entries += self.entries.len() as u64;
        tally.orders_compared += self.orders_compared.get();
        tally.reports += self.reports.values().map(Vec::len).sum::<usize>() as u64;
        for event in self.events().map(|(_, event)| event) {
            match event {
                Event::AlarmRaised { finding, .. } => {
                    *tally.alarms.entry(finding.code.name()).or_default() += 1;
                }
                Event::TripMoved {
                    to: TripState::Completed,
                    ..
                } => tally.trips_done += 1,
                _ => {}
            }
        }
    }

    /// Every event with its entry.
    pub fn events(&self) -> impl Iterator<Item = (&Entry, &Event)> {
        self.entries
            .iter()
            .flat_map(|entry| entry.events.iter().map(move |event| (entry, event)))
    }
}

/// The seal's number in Segel.
pub const fn seal_of(number: usize) -> SealId {
    SealId(number as u64 + 1)
}

fn reports_of(segel: &Segel, seal: SealId) -> Result<Vec<Stored>> {
    let [from, until] = [i64::MIN, i64::MAX].map(EventTime::from_unix_ms);
    let mut query = ReportQuery::of(seal, from, until);
    let mut found = Vec::new();
    loop {
        let page = segel.handle().reader().reports(&query)?;
        found.extend(page.reports);
        query.after = page.next;
        if page.next.is_none() {
            return Ok(found);
        }
    }
}

/// Law 1, over every crash of the world: a seal that was told its report is taken has thrown it away.
fn acknowledged_is_durable(end: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (number, seal) in world.seals.iter().enumerate() {
        let stored: HashSet<Vec<u8>> = end.reports[&seal_of(number)]
            .iter()
            .map(|stored| unmarked(&stored.staged.raw))
            .collect();
        let lost = seal.acknowledged.iter().filter(|frame| !stored.contains(*frame));
        let lost = lost.count();
        if 0 < lost {
            broken.push(format!(
                "seal {} was told that {} frames are taken; {lost} of them are not stored",
                number + 1,
                seal.acknowledged.len()
            ));
        }
    }
    Ok(broken)
}

/// Law 4: "raw frames are kept byte for byte". Nothing is stored of a seal that it did not send, however the network cut it.
fn raw_bytes_are_kept(end: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (number, seal) in world.seals.iter().enumerate() {
        let strange = end.reports[&seal_of(number)]
            .iter()
            .find(|stored| !seal.sent.contains(&stored.staged.raw));
        if let Some(strange) = strange {
            broken.push(format!(
                "seal {} never sent {:02x?}",
                number + 1,
                strange.staged.raw
            ));
        }
    }
    Ok(broken)
}

fn answered_is_durable(end: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let by_seq: HashMap<u64, &Entry> = end.entries.iter().map(|entry| (entry.seq, entry)).collect();
    let lost = |asking: &&super::Asking| {
        let Some(entry) = by_seq.get(&asking.answer.seq) else {
            return true;
        };
        let Cause::Input(Input::Command(input)) = &entry.cause else {
            return true;
        };
        input.command != asking.command || entry.at != asking.answer.at
    };
    let lost = world.asked.iter().filter(lost);
    Ok(lost
        .map(|asking| {
            format!(
                "{} was answered in entry {}",
                asking.command.name(),
                asking.answer.seq
            )
        })
        .collect())
}

/// Law 8: roles, offices and firms. The wishes come from a list of what no state makes right.
fn wrong_wishes_are_refused(_: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let done = world
        .asked
        .iter()
        .filter(|asking| asking.wrong && matches!(asking.answer.verdict, Verdict::Done { .. }));
    Ok(done
        .map(|asking| format!("{:?} was let {}", asking.who, asking.command.name()))
        .collect())
}

/// Law 6: every alarm is still there, and only a person has closed any.
fn alarms_never_vanish(end: &End, _: &World, segel: &Segel) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut raised: BTreeSet<AlarmId> = BTreeSet::new();
    for (entry, event) in end.events() {
        match event {
            Event::AlarmRaised { alarm, .. } => {
                raised.insert(*alarm);
            }
            Event::AlarmArchived { alarm } => {
                raised.remove(alarm);
            }
            Event::AlarmClosed { alarm, reason, .. } => {
                let by_person = matches!(&entry.cause, Cause::Input(Input::Command(input)) if input.principal.person().is_some());
                if !by_person || reason.trim().is_empty() {
                    broken.push(format!("alarm {alarm} was closed by no person with a reason"));
                }
            }
            _ => {}
        }
    }
    let there: BTreeSet<AlarmId> = segel
        .look(|state| state.alarms.keys().copied().collect())
        .unwrap_or_default();
    broken.extend(
        raised
            .difference(&there)
            .map(|alarm| format!("alarm {alarm} is gone")),
    );
    Ok(broken)
}

/// When a trip's seal was closed and when it came off.
struct Sealed {
    trip: TripId,
    seal: SealId,
    closed: EventTime,
    opened: Option<EventTime>,
}

fn sealed_trips(segel: &Segel) -> Vec<Sealed> {
    let of = |state: &State| -> Vec<Sealed> {
        let trips = state.trips.iter().filter_map(|(id, trip)| {
            let over = trip
                .moves
                .iter()
                .find(|step| matches!(step.to, TripState::Removing | TripState::Removed));
            Some(Sealed {
                trip: *id,
                seal: trip.seal?,
                closed: trip.closed.as_ref()?.at,
                opened: over.map(|step| step.circumstance.at),
            })
        });
        trips.collect()
    };
    segel.look(of).unwrap_or_default()
}

/// Law 6 against what really happened: whoever cut a rope, opened a cover or a motor of a sealed seal is in an alarm, once the
/// seal could tell it.
fn violations_are_alarms(end: &End, world: &World, segel: &Segel) -> Result<Vec<String>> {
    let trips = sealed_trips(segel);
    let mut broken = Vec::new();
    for (number, seal) in world.seals.iter().enumerate() {
        // Event times of a seal that lies about the time cannot be compared with ours.
        if seal.has(Mood::WrongClock) || world.clock_was_set {
            continue;
        }
        for done in &seal.done {
            let told = done.frames.iter().all(|frame| seal.acknowledged.contains(frame));
            let during = trips.iter().find(|trip| {
                trip.seal == seal_of(number)
                    && trip.closed.unix_ms + 60_000 < done.at_ms
                    && trip
                        .opened
                        .is_none_or(|opened| done.at_ms + 60_000 < opened.unix_ms)
            });
            if let (true, Some(during)) = (told, during)
                && !is_known(end, during, done.deed)
            {
                broken.push(format!(
                    "{:?} of seal {} on trip {} is in no alarm",
                    done.deed,
                    number + 1,
                    during.trip
                ));
            }
        }
    }
    Ok(broken)
}

fn is_known(end: &End, trip: &Sealed, deed: Deed) -> bool {
    let code = match deed {
        Deed::RopeCut => AlarmCode::A01,
        Deed::CoverOpened => AlarmCode::A03,
        Deed::Opened => AlarmCode::A02,
    };
    end.events().any(|(_, event)| match event {
        Event::AlarmRaised { finding, .. } => finding.code == code && finding.trip == Some(trip.trip),
        // A matched opening is none.
        Event::SealOpened { seal, grant, .. } => {
            deed == Deed::Opened && *seal == trip.seal && grant.is_some()
        }
        _ => false,
    })
}

/// A grant's life in server time.
struct Granted {
    seal: SealId,
    from: ServerTime,
    until: ServerTime,
    ended: bool,
}

fn grants(end: &End) -> BTreeMap<GrantId, Granted> {
    let mut grants: BTreeMap<GrantId, Granted> = BTreeMap::new();
    for (entry, event) in end.events() {
        match event {
            Event::Granted { grant, what } => {
                let life = Granted {
                    seal: what.seal,
                    from: what.from,
                    until: what.until,
                    ended: false,
                };
                grants.insert(*grant, life);
            }
            Event::GrantEnded { grant, .. } => {
                if let Some(life) = grants.get_mut(grant) {
                    life.until = life.until.min(entry.at);
                    life.ended = true;
                }
            }
            // A window still takes as long as it should.
            Event::ClockStepped { by_ms } => {
                for life in grants.values_mut().filter(|life| !life.ended) {
                    life.until = life.until.stepped(*by_ms, entry.at);
                }
            }
            _ => {}
        }
    }
    grants
}

/// Law 5, at the seal: whenever an opening reached it, a grant of it was live.
fn openings_have_grants(end: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let grants = grants(end);
    let server: BTreeMap<i64, i64> = world
        .moments
        .iter()
        .map(|(server, truth)| (*truth, *server))
        .collect();
    let mut broken = Vec::new();
    for (number, seal) in world.seals.iter().enumerate() {
        for true_ms in &seal.openings_let_out {
            let Some(at) = server.get(true_ms).map(|ms| ServerTime::from_unix_ms(*ms)) else {
                continue;
            };
            let live =
                |grant: &Granted| grant.seal == seal_of(number) && grant.from <= at && at <= grant.until;
            if !grants.values().any(live) {
                broken.push(format!(
                    "an opening reached seal {} at {} without a live grant",
                    number + 1,
                    at.unix_ms
                ));
            }
        }
    }
    broken.extend(opening_orders(end, &grants));
    Ok(broken)
}

/// And in the journal: no opening is issued or sent but under a live grant of that seal.
fn opening_orders(end: &End, grants: &BTreeMap<GrantId, Granted>) -> Vec<String> {
    let mut openings: HashMap<segel_model::OrderId, Ordered> = HashMap::new();
    let mut broken = Vec::new();
    for (entry, event) in end.events() {
        let order = match event {
            Event::OrderIssued { ordered, .. } if ordered.order.opens() => {
                openings.insert(ordered.id, ordered.clone());
                ordered.id
            }
            Event::OrderSent { order } => *order,
            _ => continue,
        };
        let Some(ordered) = openings.get(&order) else {
            continue;
        };
        let live = ordered
            .grant
            .and_then(|grant| grants.get(&grant))
            .is_some_and(|grant| {
                grant.seal == ordered.seal && grant.from <= entry.at && entry.at <= grant.until
            });
        if !live {
            broken.push(format!(
                "entry {}: opening {order} without a live grant",
                entry.seq
            ));
        }
    }
    broken
}

/// Invariant 6: "any open/unlock/cut event in 7-12 without authorisation is critical".
fn unmatched_openings_are_critical(end: &End, _: &World, _: &Segel) -> Result<Vec<String>> {
    let mut alarmed: BTreeSet<TripId> = BTreeSet::new();
    let mut broken = Vec::new();
    for entry in &end.entries {
        for event in &entry.events {
            if let Event::AlarmRaised { finding, .. } = event
                && finding.code == AlarmCode::A02
            {
                alarmed.extend(finding.trip);
            }
        }
        for event in &entry.events {
            if let Event::SealOpened {
                trip: Some(trip),
                grant: None,
                ..
            } = event
                && !alarmed.contains(trip)
            {
                broken.push(format!(
                    "entry {}: an unmatched opening on trip {trip}",
                    entry.seq
                ));
            }
        }
    }
    Ok(broken)
}

/// Law 9 and invariant 10, at SKP.
fn skp_hears_in_order(end: &End, world: &World, _: &Segel) -> Result<Vec<String>> {
    let queued: HashMap<MessageId, TripId> = end
        .events()
        .filter_map(|(_, event)| match event {
            Event::MessageQueued { message, trip, .. } => Some((*message, *trip)),
            _ => None,
        })
        .collect();
    let mut broken = Vec::new();
    let mut contents: HashMap<MessageId, serde_json::Value> = HashMap::new();
    let mut names: HashMap<String, MessageId> = HashMap::new();
    let mut heads = BTreeMap::new();
    for told in world.office.told() {
        let name = told.body["idPesan"].to_string();
        if *names.entry(name.clone()).or_insert(told.message) != told.message {
            broken.push(format!("two messages are called {name}"));
        }
        let mut content = told.body.clone();
        content["waktuKirim"] = serde_json::Value::Null;
        let first = contents.entry(told.message).or_insert_with(|| content.clone());
        if *first != content {
            broken.push(format!(
                "message {} says two things: {first} and {content}",
                told.message
            ));
        }
        let Some(trip) = queued.get(&told.message) else {
            broken.push(format!("message {} is in no entry", told.message));
            continue;
        };
        let head = heads.entry((*trip, told.code.lane())).or_insert(told.message);
        if told.message < *head {
            broken.push(format!(
                "message {} of trip {trip} came after {head}, in lane {:?}",
                told.message,
                told.code.lane()
            ));
        }
        *head = told.message.max(*head);
    }
    Ok(broken)
}

/// How long we listened between two moments of true time.
fn listened_ms(world: &World, from: i64, until: i64) -> i64 {
    let absent = |(gone, back): &(i64, i64)| (*back.min(&until) - *gone.max(&from)).max(0);
    (until - from) - world.absences.iter().map(absent).sum::<i64>()
}

/// The last moment of true time that was not after a server time.
fn truth(world: &World, at: ServerTime) -> Option<i64> {
    world
        .moments
        .range(..=at.unix_ms)
        .next_back()
        .map(|(_, truth)| *truth)
}

/// Law 7, both ways: no A12 before the seal was silent long enough while we listened, and none left out where it surely was.
fn silence_is_the_seals_own(end: &End, world: &World, segel: &Segel) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (entry, event) in end.events() {
        let Event::AlarmRaised { finding, .. } = event else {
            continue;
        };
        let (AlarmCode::A12, Some(seal), Some(at)) = (finding.code, finding.seal, truth(world, entry.at))
        else {
            continue;
        };
        let heard = end.reports[&seal]
            .iter()
            // One that came in the same moment, and was taken after the alarm, ended a silence that had lasted until then.
            .filter(|stored| (stored.commit, stored.staged.ordinal) < (entry.commit, entry.ordinal))
            .map(|stored| stored.staged.received)
            .max();
        let Some(heard) = heard.and_then(|heard| truth(world, heard)) else {
            continue;
        };
        let silent_ms = listened_ms(world, heard, at);
        if silent_ms + 2 * world.tick_ms < SILENCE_MS {
            broken.push(format!(
                "entry {}: seal {seal} is called silent after {} s of listening",
                entry.seq,
                silent_ms / 1000
            ));
        }
    }
    if !world.clock_was_set {
        broken.extend(overlooked_silence(end, world, segel));
    }
    Ok(broken)
}

fn overlooked_silence(end: &End, world: &World, segel: &Segel) -> Vec<String> {
    let mut broken = Vec::new();
    for trip in sealed_trips(segel) {
        let until = trip.opened.map_or(world.true_ms, |opened| opened.unix_ms);
        // The watch begins when we know that the seal is closed, which may be long after it was.
        let known = end.events().find_map(|(entry, event)| match event {
            Event::SealClosed { trip: one, .. } if *one == trip.trip => truth(world, entry.at),
            _ => None,
        });
        let since = known.unwrap_or(trip.closed.unix_ms);
        let mut heard: Vec<i64> = end.reports[&trip.seal]
            .iter()
            .filter_map(|stored| truth(world, stored.staged.received))
            .chain([since, until])
            .filter(|at| (since..=until).contains(at))
            .collect();
        heard.sort_unstable();
        for gap in heard.windows(2) {
            let silent = SURELY_SILENT_MS < listened_ms(world, gap[0], gap[1]);
            // An A12 that is open already says it.
            let told = end.events().any(|(entry, event)| {
                matches!(event, Event::AlarmRaised { finding, .. }
                    if finding.code == AlarmCode::A12 && finding.trip == Some(trip.trip))
                    && truth(world, entry.at).is_some_and(|at| at <= gap[1])
            });
            if silent && !told {
                broken.push(format!("trip {}: nobody noticed a silence", trip.trip));
            }
        }
    }
    broken
}

/// Law 6: clocks that ran out, messages and orders are where they were, or ended by what ends them.
fn obligations_never_disappear(end: &End, world: &World, segel: &Segel) -> Result<Vec<String>> {
    let now = segel.now();
    let mut broken = clocks_left_running(end, now.plus_ms(-3 * world.tick_ms));
    let mut messages = BTreeSet::new();
    let mut orders = BTreeSet::new();
    for (_, event) in end.events() {
        match event {
            Event::MessageQueued { message, .. } => {
                messages.insert(*message);
            }
            Event::MessageAnswered {
                message,
                delivery: Delivery::Taken { .. },
            } => {
                messages.remove(message);
            }
            Event::OrderIssued { ordered, .. } => {
                orders.insert(ordered.id);
            }
            Event::OrderEnded { order, .. } => {
                orders.remove(order);
            }
            _ => {}
        }
    }
    let look = |state: &State| -> Vec<String> {
        let gone = messages
            .iter()
            .filter(|message| !state.messages.contains_key(message));
        let gone = gone.map(|message| format!("message {message} is gone, and SKP never took it"));
        let lost = orders.iter().filter(|order| !state.orders.contains_key(order));
        gone.chain(lost.map(|order| format!("order {order} is gone without an end")))
            .collect()
    };
    broken.extend(segel.look(look).unwrap_or_default());
    for message in &messages {
        if segel.handle().reader().message(*message)?.is_none() {
            broken.push(format!("message {message} is in no outbox"));
        }
    }
    Ok(broken)
}

fn clocks_left_running(end: &End, now: ServerTime) -> Vec<String> {
    let mut running = BTreeMap::new();
    for (_, event) in end.events() {
        match event {
            Event::ClockStarted { trip, clock, due, .. } => {
                running.insert((*trip, *clock), *due);
            }
            Event::ClockStopped { trip, clock, .. } | Event::ClockBreached { trip, clock, .. } => {
                running.remove(&(*trip, *clock));
            }
            // Deadlines are anchored anew: by so much they fall due later.
            Event::ClockStepped { by_ms } => {
                running
                    .values_mut()
                    .for_each(|due| *due = due.plus_ms(by_ms.abs()));
            }
            _ => {}
        }
    }
    running
        .into_iter()
        .filter(|(_, due)| *due < now)
        .map(|((trip, clock), _)| format!("{clock:?} of trip {trip} ran out and nobody was told"))
        .collect()
}

/// Invariants 2, 3 and 4, after every entry of the journal.
fn trips_are_in_order(_: &End, _: &World, segel: &Segel) -> Result<Vec<String>> {
    let mut state = State::default();
    let mut broken = Vec::new();
    for step in Replay::after(segel.handle().reader(), Position::default()) {
        let entry = match step? {
            Step::Report { observed, .. } => {
                segel_custody::observe(&mut state, &observed);
                continue;
            }
            Step::Entry(entry) => entry,
        };
        let stamp = segel_custody::Stamp::of_entry(&entry);
        let mut moved = false;
        for event in &entry.events {
            if let Event::TripMoved {
                trip,
                from,
                to,
                circumstance,
            } = event
            {
                moved = true;
                let was = state.trip(*trip).map(|trip| trip.state);
                let follows = was == Some(*from) && segel_custody::trip::follows(*from, *to);
                if !follows || circumstance.reason.is_empty() || entry.at.unix_ms < circumstance.at.unix_ms {
                    broken.push(format!("entry {}: trip {trip} from {was:?} to {to:?}", entry.seq));
                }
            }
            if let Event::StepRefused { trip, from, to } = event {
                broken.push(format!(
                    "entry {}: a rule wanted trip {trip} from {from:?} to {to:?}",
                    entry.seq
                ));
            }
            segel_custody::apply(&mut state, event, &stamp);
        }
        if moved {
            broken.extend(shared_things(&state).map(|what| format!("entry {}: {what}", entry.seq)));
        }
    }
    Ok(broken)
}

fn shared_things(state: &State) -> impl Iterator<Item = &'static str> {
    let (mut seals, mut containers, mut lines) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut broken = Vec::new();
    for trip in state.trips.values() {
        if trip.state.holds_seal() && trip.seal.is_some_and(|seal| !seals.insert(seal)) {
            broken.push("a seal serves two trips");
        }
        if trip
            .state
            .number()
            .is_some_and(|number| (3..=13).contains(&number))
        {
            if !containers.insert(&trip.request.container) {
                broken.push("a container travels twice at once");
            }
            if !lines.insert((trip.document, trip.line)) {
                broken.push("a line of a document backs two trips");
            }
        }
    }
    broken.into_iter()
}

/// Law 8: "every read takes a scope".
fn readers_see_their_own(_: &End, _: &World, segel: &Segel) -> Result<Vec<String>> {
    let trips: Vec<TripId> = segel
        .look(|state| state.trips.keys().copied().collect())
        .unwrap_or_default();
    let mut broken = Vec::new();
    let scope = |organisation: OrganisationId| Scope::Keys(vec![ScopeKey::Organisation(organisation)]);
    for trip in trips {
        let sees = |organisation| {
            let found = segel
                .handle()
                .reader()
                .record(RecordKind::Trip, trip.0, &scope(organisation));
            found.map(|found| found.is_some())
        };
        if !sees(IMPORTER)? || !sees(PROVIDER)? {
            broken.push(format!("trip {trip} is hidden from its own people"));
        }
        if sees(OTHER_IMPORTER)? {
            broken.push(format!("trip {trip} is shown to a competitor"));
        }
    }
    Ok(broken)
}

/// "The whole state can be rebuilt from them; a snapshot only makes it quick."
fn state_is_the_fold(end: &End, _: &World, segel: &Segel) -> Result<Vec<String>> {
    let rebuilt = segel_store::rebuild(segel.handle().reader())?.state.fingerprint();
    let same = rebuilt == end.fingerprint;
    Ok((!same)
        .then(|| format!("live {:016x}, rebuilt {rebuilt:016x}", end.fingerprint))
        .into_iter()
        .collect())
}

/// Invariant 7: the folder at rest is whole, its chains unbroken.
pub fn stored_whole(folder: &Path) -> Result<Vec<Broken>> {
    let verified = segel_store::verify(folder)?;
    Ok(verified
        .findings
        .into_iter()
        // The photos of these worlds are hashes without files.
        .filter(|finding| !finding.contains("blob"))
        .map(|what| Broken {
            law: "records are append-only and hash-chained",
            what,
        })
        .collect())
}
