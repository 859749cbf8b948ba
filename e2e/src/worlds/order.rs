//! The assessment of a trip is the same for every order of arrival: a world's own frames are read again, delivered once as
//! they came and once with other delays, and both assessments are compared.

use anyhow::Result;
use segel_custody::assessment::{Basis, assess};
use segel_custody::watch::clock::ClockFact;
use segel_custody::{Stamp, State, apply, decide, observe};
use segel_model::input::ReportInput;
use segel_model::report::Protocol;
use segel_model::{Event, Input, Observed, Report, SealId, ServerTime, TripId};
use segel_store::{Position, Replay, Step, Stored};
use segel_wire::Profile;

use super::World;
use super::dice::Dice;
use super::laws::End;
use super::seals::Mood;
use super::segel::Segel;

/// A live report is at most so long under way; what takes longer was kept by the seal and says so.
const LIVE_MS: i64 = 2_000;
/// The longest a seal keeps something in the other order.
const KEPT_S: i64 = 9_000;

/// What a trip's assessment says, and what it stands on.
struct Assessed {
    facts: Vec<ClockFact>,
    text: String,
}

/// The law.
pub fn assessments_agree(end: &End, world: &World, segel: &Segel) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (trip, seal) in closed_trips(end) {
        let number = (seal.0 - 1) as usize;
        // Measuring a wrong clock is itself something that depends on what comes live.
        if world.seals[number].has(Mood::WrongClock) || world.clock_was_set {
            continue;
        }
        let (state, place) = at_closing(segel, trip)?;
        let reports: Vec<Report> = end.reports[&seal]
            .iter()
            .filter(|stored| place < (stored.commit, stored.staged.ordinal))
            .flat_map(decoded)
            .collect();
        let mut dice = Dice::new(end.fingerprint ^ trip.0);
        let straight = arrivals(&reports, |_| 0);
        let other = arrivals(&reports, |_| {
            if dice.once_in(2) {
                dice.between(0, LIVE_MS - 1)
            } else {
                dice.between(1, KEPT_S) * 1000
            }
        });
        let [one, two] =
            [straight, other].map(|arrivals| live_through(world, state.clone(), trip, &arrivals));
        // Both stand on the clock facts of their own journals; where a slow network was taken for a slow clock, these differ, or
        // were wrong from before the seal was closed: then it hangs on a second's delay whether a time lies in the future.
        let mistaken = |facts: &[ClockFact]| facts.iter().any(|fact| fact.offset_ms != 0);
        if one.facts != two.facts || mistaken(&one.facts) {
            continue;
        }
        end.orders_compared.set(end.orders_compared.get() + 1);
        if one.text != two.text {
            let (one, two) = (one.text, two.text);
            broken.push(format!("trip {trip}, in order:\n{one}in another:\n{two}"));
        }
    }
    Ok(broken)
}

/// Trips whose seal was closed, as the journal says.
fn closed_trips(end: &End) -> Vec<(TripId, SealId)> {
    let closed = end.events().filter_map(|(_, event)| match event {
        Event::SealClosed { trip, seal, .. } => Some((*trip, *seal)),
        _ => None,
    });
    closed.collect()
}

/// The state right after the seal was closed, and which place in the order that was.
fn at_closing(segel: &Segel, trip: TripId) -> Result<(State, (u64, u32))> {
    let mut state = State::default();
    for step in Replay::after(segel.handle().reader(), Position::default()) {
        match step? {
            Step::Report { observed, .. } => observe(&mut state, &observed),
            Step::Entry(entry) => {
                let stamp = Stamp::of_entry(&entry);
                entry
                    .events
                    .iter()
                    .for_each(|event| apply(&mut state, event, &stamp));
                let closes =
                    |event: &Event| matches!(event, Event::SealClosed { trip: one, .. } if *one == trip);
                if entry.events.iter().any(closes) {
                    return Ok((state, (entry.commit, entry.ordinal)));
                }
            }
        }
    }
    Ok((state, (u64::MAX, 0)))
}

fn decoded(stored: &Stored) -> Vec<Report> {
    let staged = &stored.staged;
    let profile = Profile::from_text(&staged.profile).unwrap_or_default();
    segel_wire::decode(Protocol::Jointech, profile, staged.received, &staged.raw).reports
}

/// The reports as they arrive, each so much after the moment of which it speaks.
fn arrivals(reports: &[Report], mut delay_ms: impl FnMut(&Report) -> i64) -> Vec<Report> {
    let mut arrivals: Vec<Report> = reports
        .iter()
        .map(|report| {
            let said_ms = report.time.map_or(report.received.unix_ms, |time| time.unix_ms);
            let delay_ms = delay_ms(report);
            Report {
                received: ServerTime::from_unix_ms(said_ms + delay_ms),
                backfill: LIVE_MS <= delay_ms,
                ..report.clone()
            }
        })
        .collect();
    arrivals.sort_by_key(|report| report.received);
    arrivals
}

/// The assessment after these arrivals, every limit and question of the watch served in between.
fn live_through(world: &World, mut state: State, trip: TripId, arrivals: &[Report]) -> Assessed {
    let rules = &world.rules;
    let mut observed: Vec<Observed> = Vec::new();
    let mut now = state.service.last_heard.unwrap_or(ServerTime::from_unix_ms(0));
    let take = |state: &mut State, input: &Input, now: ServerTime, observed: &mut Vec<Observed>| {
        let decision = decide(state, input, now, rules);
        if let Some(what) = decision.observed {
            observe(state, &what);
            observed.extend((what.trip == Some(trip)).then_some(what));
        }
        let stamp = Stamp::of(input, now);
        decision
            .events
            .iter()
            .for_each(|event| apply(state, event, &stamp));
    };
    for report in arrivals {
        while let Some(due) = state.next_deadline().filter(|due| *due <= report.received) {
            now = now.max(due);
            take(&mut state, &Input::Tick, now, &mut observed);
            if state.next_deadline().is_some_and(|next| next <= due) {
                break;
            }
        }
        now = now.max(report.received);
        let input = ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report: report.clone(),
        };
        take(&mut state, &Input::Report(input), now, &mut observed);
        if state.pending_revisits().any(|(asked, _)| asked == trip) {
            let revisit = Input::Revisit {
                trip,
                neighbours: observed.clone(),
                cut_at: None,
            };
            take(&mut state, &revisit, now, &mut observed);
        }
    }
    let seal = state.trip(trip).and_then(|trip| state.seal(trip.seal?));
    Assessed {
        facts: seal.map_or_else(Vec::new, |seal| seal.watch.clock.facts()),
        text: assessed(world, &state, trip, &observed),
    }
}

fn assessed(world: &World, state: &State, trip: TripId, observed: &[Observed]) -> String {
    let basis = || {
        let trip = state.trip(trip)?;
        let seal = state.seal(trip.seal?)?;
        let route = state.routes.get(&trip.route?)?;
        let edition = world
            .rules
            .editions
            .iter()
            .find(|edition| edition.number == trip.edition)?;
        Some(assess(&Basis::from_records(trip, seal, route, edition)?, observed).text())
    };
    basis().unwrap_or_default()
}
