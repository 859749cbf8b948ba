//! The engine: the one owner of the working state. It takes what waits, decides and folds each in turn, makes all of it
//! durable at once, and only then lets anything out.
//!
//! `step` does one such round; a thread only calls it again and again. If a commit fails the engine returns the failure
//! and the process stops: memory that is ahead of the disk never speaks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, oneshot};

use segel_custody::{Decision, Stamp, State};
use segel_model::entry::{Cause, ENTRY_VERSION};
use segel_model::event::Subject;
use segel_model::input::ReportInput;
use segel_model::{Entry, Event, Input, Observed, Rulebook, ServerTime, TripId};
use segel_store::{
    AccountRow, Batch, Journaled, Reader, RecordKind, Recovered, Scope, SecretKind, SecretRow, SideRow,
    Snapshots, Staged, Store, StoreError,
};

use crate::ask::{Answer, Asked, IdempotencyKey, Side, Unavailable, Verdict, key_used, made};
use crate::clock::Clock;
use crate::fleet::Fleet;
use crate::handle::{Condition, ENTRIES_KEPT, EngineHandle, Published, Shared};
use crate::lanes::{Delivered, Durable, Lanes, Next, Question, Told, WhenDurable, lanes};
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::profiles::Profiles;
use crate::projection::{self, Rows, View};
use crate::readers::Readers;
use crate::reported::{self, Heard};
use crate::roster::Roster;
use crate::strangers::Strangers;

/// The most inputs of one round: enough that a commit's sync is shared by all that waited for the one before.
const ROUND_INPUTS: usize = 1024;
/// The longest a round takes things in; a person who asks meanwhile waits for one round and one sync at most.
const ROUND_LIMIT: Duration = Duration::from_millis(4);
/// The longest the engine sleeps: by then it looks at the clock again.
const SLEEP_LIMIT: Duration = Duration::from_millis(250);
/// A tick that decided nothing though a limit was due is not repeated before this.
const IDLE_TICK_MS: i64 = 1000;
/// Answers kept at hand for repeats that arrive together with the first.
const ANSWERS_KEPT: usize = 1024;

/// The owner of the working state.
pub struct Engine {
    state: State,
    rules: Arc<Rulebook>,
    store: Store,
    reader: Reader,
    lanes: Lanes,
    shared: Arc<Shared>,
    last_commit: u64,
    last_seq: u64,
    answers: VecDeque<(IdempotencyKey, Answer)>,
    readers: Readers,
    no_tick_before: Option<ServerTime>,
    decide: Decide,
    round_limit: Duration,
}

/// What judges an input.
pub type Decide = fn(&State, &Input, ServerTime, &Rulebook) -> Decision;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// So many inputs were taken and are durable.
    Worked(usize),
    /// Nothing waited.
    Idle,
    /// Segel has stopped in good order; the engine takes nothing more.
    Stopped,
}

/// What an engine is made of.
pub struct Parts {
    /// The opened store.
    pub opened: segel_store::Opened,
    /// The rules in force.
    pub rules: Arc<Rulebook>,
    /// What makes of seals there are.
    pub profiles: Arc<Profiles>,
    /// Server time, never before what the store knows.
    pub clock: Clock,
}

impl Engine {
    /// Reads the state back, and says in the journal that Segel listens again.
    pub fn start(parts: Parts) -> Result<(Self, EngineHandle), StoreError> {
        let Parts {
            opened,
            rules,
            profiles,
            clock,
        } = parts;
        let rules = Arc::new(Rulebook {
            makes: profiles.makes(),
            ..Arc::unwrap_or_clone(rules)
        });
        let state = recovered(&opened)?;
        let (senders, lanes) = lanes();
        let shared = Arc::new(Shared {
            senders,
            entries: broadcast::Sender::new(ENTRIES_KEPT),
            bells: RwLock::default(),
            fleet: Fleet::default(),
            strangers: Strangers::default(),
            roster: Roster::default(),
            orders: Orders::default(),
            rules: Arc::clone(&rules),
            profiles,
            store: opened.store.clone(),
            reader: opened.reader.clone(),
            blobs: opened.blobs,
            clock,
            condition: Condition::default(),
            metrics: Metrics::default(),
            oddities: Arc::default(),
            revisits: Mutex::default(),
        });
        let mut engine = Self {
            state,
            rules,
            store: opened.store,
            reader: opened.reader,
            lanes,
            shared: Arc::clone(&shared),
            last_commit: opened.position.commit,
            last_seq: opened.position.seq,
            answers: VecDeque::new(),
            readers: Readers::default(),
            no_tick_before: None,
            decide: segel_custody::decide,
            round_limit: ROUND_LIMIT,
        };
        engine.publish_recovered(opened.last_listened)?;
        engine.warn_of_unknown_profiles();
        Ok((engine, EngineHandle::new(shared)))
    }

    /// Seals whose profile is in no file are still heard, but only as their frames tell.
    fn warn_of_unknown_profiles(&self) {
        let profiles = &self.shared.profiles;
        for (id, seal) in &self.state.seals {
            let profile = &seal.registration.profile;
            if !profiles.knows(profile) {
                tracing::warn!(
                    seal = id.0,
                    profile,
                    "no file has the profile of this seal: put it back, see `profiles`"
                );
            }
        }
    }

    /// For a simulation: judged by somebody else's rules, which are wrong on purpose, and in rounds that do not depend on
    /// how quick this machine is.
    #[must_use]
    pub fn simulated(mut self, decide: Decide) -> Self {
        (self.decide, self.round_limit) = (decide, Duration::MAX);
        self
    }

    /// One round. Sleeping between rounds is the caller's.
    pub fn step(&mut self, now: ServerTime) -> Result<Stepped, StoreError> {
        let mut round = Round::new(self.last_commit + 1, now, self.last_seq);
        let stopping = self.shared.condition.is_stopping();
        self.take_clock(&mut round);
        if stopping {
            self.lanes.close();
        }
        self.take_lanes(&mut round, stopping);
        if stopping {
            self.take(&mut round, &Input::Stopping, &Side::default());
        }
        let taken = round.inputs;
        self.finish(round)?;
        Ok(match (stopping, taken) {
            (true, _) => Stepped::Stopped,
            (false, 0) => Stepped::Idle,
            (false, taken) => Stepped::Worked(taken),
        })
    }

    /// Steps until somebody asks it to stop, or a commit fails.
    pub fn run(&mut self) -> Result<(), StoreError> {
        loop {
            let now = self.shared.clock.now();
            match self.step(now)? {
                Stepped::Worked(_) => {}
                Stepped::Idle => self.lanes.sleep(self.until_due(now)),
                Stepped::Stopped => return Ok(()),
            }
        }
    }

    /// The working state, to look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    fn until_due(&self, now: ServerTime) -> Duration {
        let due = self
            .state
            .next_deadline()
            .map(|due| self.no_tick_before.map_or(due, |not_before| due.max(not_before)));
        due.map_or(SLEEP_LIMIT, |due| {
            SLEEP_LIMIT.min(self.shared.clock.until(now, due))
        })
    }

    fn take_clock(&mut self, round: &mut Round) {
        for by_ms in self.shared.clock.take_steps() {
            self.take(round, &Input::ClockStepped { by_ms }, &Side::default());
        }
        self.state.settle_limits(round.at());
        let held_back = self.no_tick_before.is_some_and(|until| round.at() < until);
        let due = self.state.next_deadline().is_some_and(|due| due <= round.at());
        if due && !held_back {
            let decision = self.take(round, &Input::Tick, &Side::default());
            self.no_tick_before = decision
                .events
                .is_empty()
                .then(|| round.at().plus_ms(IDLE_TICK_MS));
        }
    }

    fn take_lanes(&mut self, round: &mut Round, everything: bool) {
        let started = Instant::now();
        while everything || (round.inputs < ROUND_INPUTS && started.elapsed() < self.round_limit) {
            match self.lanes.take() {
                Some(Next::Question(question)) => self.take_question(round, question),
                Some(Next::Told(told)) => self.take_told(round, told),
                Some(Next::Delivered(delivered)) => self.take_delivered(round, delivered),
                None => return,
            }
        }
    }

    fn take_question(&mut self, round: &mut Round, question: Question) {
        let Question { asked, answer } = question;
        let Asked { input, side } = *asked;
        let key = side.idempotency_key.clone();
        if let Some(known) = key.as_ref().and_then(|key| self.answered(key)) {
            round.answers.push((answer, known));
            return;
        }
        let decision = self.take(round, &Input::Command(input), &side);
        let given = round.answer(&decision);
        if let Some(key) = key {
            round.batch.side.push(kept_answer(&key, &given, round.at()));
            self.remember(key, &given);
        }
        round.answers.push((answer, given));
    }

    fn take_told(&mut self, round: &mut Round, told: Told) {
        let Told { input, side, durable } = told;
        let decision = self.take(round, &input, &side);
        if let Some(durable) = durable {
            round.told.push((
                durable,
                Durable {
                    at: round.at(),
                    events: decision.events,
                },
            ));
        }
    }

    fn take_delivered(&mut self, round: &mut Round, delivered: Delivered) {
        let Delivered { batch, durable } = delivered;
        for heard in batch.reports {
            self.take_heard(round, heard);
        }
        round.batch.side.extend(batch.side);
        round.delivered.push(durable);
    }

    fn take_heard(&mut self, round: &mut Round, heard: Heard) {
        let Heard { source, report, raw } = heard;
        let ordinal = round.ordinal;
        let input = Input::Report(ReportInput {
            protocol: source.protocol,
            connection: source.connection,
            report,
        });
        let decision = self.take(round, &input, &Side::default());
        let Input::Report(ReportInput { report, .. }) = input else {
            unreachable!("it was made a report")
        };
        let note = reported::note(&report);
        round.batch.staged.push(Staged {
            ordinal,
            protocol: source.protocol,
            profile: source.profile.text(),
            decoder_version: segel_wire::decoder_version(source.protocol),
            device: report.device,
            peer: source.peer,
            received: report.received,
            raw,
            observed: decision.observed.expect("every report is judged"),
            note,
        });
    }

    /// Decides one input and folds what was decided, so that the next one sees it.
    fn take(&mut self, round: &mut Round, input: &Input, side: &Side) -> Decision {
        let at = round.at();
        let decision = (self.decide)(&self.state, input, at, &self.rules);
        if let Some(observed) = &decision.observed {
            segel_custody::observe(&mut self.state, observed);
        }
        if !decision.events.is_empty() {
            self.enter(round, input, &decision.events, side);
        } else if !matches!(decision.answer, segel_custody::Answer::Refused(_)) {
            round.batch.side.extend(side.rows.iter().cloned());
        }
        round.inputs += 1;
        round.ordinal += 1;
        decision
    }

    /// Folds the events and makes them an entry of the round.
    fn enter(&mut self, round: &mut Round, input: &Input, events: &[Event], side: &Side) {
        let (stamp, seq) = (Stamp::of(input, round.at()), round.last_seq + 1);
        round.last_seq = seq;
        let archive = archive(&self.reader);
        round
            .rows
            .leave(projection::leaving(self.view(&archive), events, seq));
        let mut subjects = Vec::new();
        for event in events {
            if let Event::StepRefused { trip, from, to } = event {
                tracing::error!(
                    trip = trip.0,
                    ?from,
                    ?to,
                    "a rule wanted a step that the SOP does not know"
                );
            }
            segel_custody::apply(&mut self.state, event, &stamp);
            subjects.extend(segel_custody::subjects(&self.state, event));
            round.strangers(event, seq);
            round.batch.side.extend(side_of(event, side, round.at()));
        }
        if !events.iter().any(|event| matches!(event, Event::Refused { .. })) {
            round.batch.side.extend(side.rows.iter().cloned());
        }
        subjects.sort_unstable();
        subjects.dedup();
        subjects.iter().for_each(|what| round.rows.touch(*what, seq));
        let readers = events
            .iter()
            .flat_map(|event| projection::readers_changed(&self.state, event));
        readers.for_each(|what| round.rows.touch(what, seq));
        let cause = match input {
            Input::Report(_) => Cause::Report,
            other => Cause::Input(other.clone()),
        };
        let entry = Entry {
            version: ENTRY_VERSION,
            seq,
            commit: round.batch.commit,
            ordinal: round.ordinal,
            at: round.at(),
            shard: 0,
            virtual_time: self.shared.clock.is_virtual(),
            cause,
            events: events.to_vec(),
        };
        round.batch.entries.push(Journaled { entry, subjects });
    }

    /// Makes the round durable, then lets everything out.
    fn finish(&mut self, mut round: Round) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut round.rows);
        for trip in rows.trips() {
            self.readers.put(trip, projection::lent(&self.state, trip));
        }
        let archive = archive(&self.reader);
        round.batch.records = rows.render(self.view(&archive));
        if round.is_empty() {
            round.speak();
            return Ok(());
        }
        #[cfg(feature = "sabotage")]
        round.acknowledge_too_early();
        let began = Instant::now();
        self.store.commit(&round.batch)?;
        let took_s = began.elapsed().as_secs_f64();
        self.shared.metrics.engine.commit_s.observe(took_s);
        self.last_commit = round.batch.commit;
        self.measure(&round);
        self.last_seq = round.last_seq;
        self.publish(&mut round, &archive);
        round.speak();
        Ok(())
    }

    fn measure(&self, round: &Round) {
        let metrics = &self.shared.metrics.engine;
        metrics.round_inputs.observe(round.inputs as f64);
        let durable = self.shared.clock.now();
        let oldest = round.observed().map(|observed| observed.received).min();
        if let Some(oldest) = oldest {
            metrics
                .receipt_to_durable_s
                .observe(durable.since_ms(oldest) as f64 / 1000.0);
        }
        for observed in round.observed() {
            metrics
                .lateness_s
                .observe((observed.received.unix_ms - observed.at.unix_ms) as f64 / 1000.0);
        }
        metrics.corridor_judged.inc_by(
            round
                .observed()
                .filter(|observed| observed.place.is_some_and(|place| place.corridor.is_some()))
                .count() as u64,
        );
        let refused = |answer: &&Answer| matches!(answer.verdict, Verdict::Refused(_));
        metrics.refused.inc_by(
            round
                .answers
                .iter()
                .map(|(_, answer)| answer)
                .filter(refused)
                .count() as u64,
        );
    }

    fn view<'a>(&'a self, archive: projection::Archive<'a>) -> View<'a> {
        View {
            state: &self.state,
            archive,
            readers: &self.readers,
        }
    }

    fn publish(&self, round: &mut Round, archive: projection::Archive<'_>) {
        for observed in round.observed() {
            self.shared.fleet.publish(observed);
        }
        for staged in &round.batch.staged {
            let through = reported::through(&staged.note);
            if let Some((seal, device)) = staged.observed.seal.zip(through) {
                self.shared.fleet.heard_through(seal, device);
            }
            self.shared.strangers.publish(staged);
        }
        for Journaled { entry, subjects } in round.batch.entries.drain(..) {
            for event in &entry.events {
                self.publish_event(event);
            }
            let keys = projection::keys(self.view(archive), &subjects);
            // Without a listener there is nobody to tell.
            let _nobody = self.shared.entries.send(Arc::new(Published {
                entry,
                subjects,
                keys,
            }));
        }
    }

    fn publish_event(&self, event: &Event) {
        if let Event::SealRegistered { seal, registration } = event {
            self.shared.fleet.enter(*seal);
            self.shared
                .strangers
                .forget(registration.protocol, &registration.device);
        }
        if let Event::RevisitAsked { trip, from, until } = event {
            self.shared.put_revisit(*trip, *from, *until);
        }
        self.shared.roster.publish(event);
        if let Event::SealDoubtCleared { seal, .. } = event {
            // Secrets that were kept back may go now.
            self.shared.ring(*seal);
        }
        if let Some(seal) = self.shared.orders.publish(event) {
            self.shared.ring(seal);
        }
    }

    /// Everything that listeners read besides SQL, as it stood when the process ended; then the first entry.
    fn publish_recovered(&mut self, last_listened: Option<ServerTime>) -> Result<(), StoreError> {
        self.shared.roster.fill(&self.state);
        for trip in self.state.trips.keys() {
            self.readers.put(*trip, projection::lent(&self.state, *trip));
        }
        for (id, seal) in &self.state.seals {
            self.shared.fleet.recover(*id, seal);
        }
        for (trip, pending) in self.state.pending_revisits() {
            self.shared.put_revisit(trip, pending.from, pending.until);
        }
        let unknown = self.shared.orders.fill(&self.state);
        let mut round = Round::new(self.last_commit + 1, self.shared.clock.now(), self.last_seq);
        self.take(&mut round, &Input::Started { last_listened }, &Side::default());
        for order in unknown {
            let outcome = segel_model::order::Outcome::NoAnswer;
            self.take(
                &mut round,
                &Input::OrderEnded { order, outcome },
                &Side::default(),
            );
        }
        self.finish(round)
    }

    /// The answer this key has had, or a refusal where it was used for another wish.
    fn answered(&self, key: &IdempotencyKey) -> Option<Answer> {
        let same_name =
            |(known, _): &&(IdempotencyKey, Answer)| known.person == key.person && known.key == key.key;
        if let Some((known, answer)) = self.answers.iter().rev().find(same_name) {
            return Some(if known.request == key.request {
                answer.clone()
            } else {
                self.key_used()
            });
        }
        let kept = self.reader.answered(&key.principal(), &key.key);
        let kept = kept
            .inspect_err(|failure| tracing::warn!(%failure, "kept answers are unreadable"))
            .ok()??;
        if kept.question.0 != key.request {
            return Some(self.key_used());
        }
        serde_json::from_str(&kept.answer).ok()
    }

    fn key_used(&self) -> Answer {
        Answer {
            seq: self.last_seq,
            at: self.shared.clock.now(),
            verdict: Verdict::Refused(key_used()),
        }
    }

    fn remember(&mut self, key: IdempotencyKey, answer: &Answer) {
        if self.answers.len() == ANSWERS_KEPT {
            self.answers.pop_front();
        }
        self.answers.push_back((key, answer.clone()));
    }
}

/// What one round gathers until it is durable.
struct Round {
    batch: Batch,
    ordinal: u32,
    inputs: usize,
    last_seq: u64,
    rows: Rows,
    answers: Vec<(oneshot::Sender<Result<Answer, Unavailable>>, Answer)>,
    told: Vec<(oneshot::Sender<Durable>, Durable)>,
    delivered: Vec<WhenDurable>,
}

impl Round {
    fn new(commit: u64, at: ServerTime, last_seq: u64) -> Self {
        Self {
            batch: Batch::new(commit, at),
            ordinal: 0,
            inputs: 0,
            last_seq,
            rows: Rows::default(),
            answers: Vec::new(),
            told: Vec::new(),
            delivered: Vec::new(),
        }
    }

    fn at(&self) -> ServerTime {
        self.batch.at
    }

    /// What was judged of its reports.
    fn observed(&self) -> impl Iterator<Item = &Observed> {
        self.batch.staged.iter().map(|staged| &staged.observed)
    }

    fn is_empty(&self) -> bool {
        self.batch.staged.is_empty() && self.batch.entries.is_empty() && self.batch.side.is_empty()
    }

    fn answer(&self, decision: &Decision) -> Answer {
        let verdict = match &decision.answer {
            segel_custody::Answer::Refused(refusal) => Verdict::Refused(refusal.clone()),
            segel_custody::Answer::Accepted { created } => Verdict::Done {
                about: about(*created, &decision.events),
            },
            segel_custody::Answer::None => Verdict::Done {
                about: made(&decision.events),
            },
        };
        Answer {
            seq: self.last_seq,
            at: self.at(),
            verdict,
        }
    }

    fn strangers(&mut self, event: &Event, seq: u64) {
        let (protocol, device, stage) = match event {
            Event::DeviceQuarantined { protocol, device } => (*protocol, device, projection::STRANGER),
            Event::SealRegistered { registration, .. } => {
                (registration.protocol, &registration.device, "registered")
            }
            _ => return,
        };
        self.rows
            .stranger(projection::stranger(protocol, device, stage, self.at(), seq));
    }

    /// What must never be: reports are acknowledged that are not durable. The crash test must find it out.
    #[cfg(feature = "sabotage")]
    fn acknowledge_too_early(&mut self) {
        if std::env::var_os("SEGEL_SABOTAGE").is_none_or(|kind| kind != "early_ack") {
            return;
        }
        for durable in self.delivered.drain(..) {
            durable();
        }
        std::thread::sleep(Duration::from_millis(5));
    }

    /// All of it is durable: whoever waits is told. Some may have gone; that is theirs.
    fn speak(self) {
        for (to, answer) in self.answers {
            let _gone = to.send(Ok(answer));
        }
        for (to, durable) in self.told {
            let _gone = to.send(durable);
        }
        for durable in self.delivered {
            durable();
        }
    }
}

fn about(created: Option<Subject>, events: &[Event]) -> Vec<Subject> {
    let mut about: Vec<Subject> = created.into_iter().collect();
    about.extend(
        made(events)
            .into_iter()
            .filter(|subject| Some(*subject) != created),
    );
    about
}

/// The state as it was when the process ended.
fn recovered(opened: &segel_store::Opened) -> Result<State, StoreError> {
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    let Recovered {
        state,
        position,
        from,
        entries,
        reports,
    } = segel_store::recover(&opened.reader, &snapshots)?;
    assert!(
        position == opened.position,
        "the state reaches {position:?}, the store {:?}",
        opened.position
    );
    tracing::info!(?from, entries, reports, "state read back");
    Ok(state)
}

/// Rows beside the journal that follow from an event.
fn side_of(event: &Event, side: &Side, at: ServerTime) -> Option<SideRow> {
    Some(match event {
        Event::PersonJoined { person, .. } => {
            let account = side.account.as_ref()?;
            SideRow::Account(AccountRow {
                person: *person,
                login: account.login.clone(),
                password: account.password.clone(),
            })
        }
        Event::PersonDisabled { person, .. } => SideRow::AccountClosed { person: *person, at },
        Event::SealRegistered { seal, .. } => SideRow::Secret(SecretRow {
            seal: *seal,
            kind: SecretKind::StaticPassword,
            name: String::new(),
            grant: None,
            at,
            value: side.seal_password.as_ref()?.0.clone(),
        }),
        _ => return None,
    })
}

fn kept_answer(key: &IdempotencyKey, answer: &Answer, at: ServerTime) -> SideRow {
    let answer = serde_json::to_string(answer).expect("an answer has text keys and finite numbers");
    key.kept(answer, at)
}

/// Trips that have left the working state, by their last record. A record that cannot be read is as good as none here:
/// only its scope is wanted.
fn archive(reader: &Reader) -> impl Fn(TripId) -> Option<segel_custody::state::Trip> {
    |trip| {
        let record = reader.record(RecordKind::Trip, trip.0, &Scope::Nation).ok()??;
        serde_json::from_str(&record.body).ok()
    }
}
