//! A tiny language for stories about trips, so that a rule of the SOP and its test read alike.
//!
//! A line is a moment and what happens then: `0:05 teo begins install`. Between two lines every limit that runs out fires at
//! its own moment, as the engine would do it. What was decided is printed, one line an event, by the time of the story.
//! After every decision the story checks what must always hold: that a decision repeats, that the state survives freezing,
//! and that the index equals one built anew.

// Each test file uses its own part of the language.
#![allow(dead_code, unused_imports)]

mod cast;
mod lines;
mod words;

use std::collections::BTreeSet;

use expect_test::Expect;
use segel_custody::{Answer, Decision, Stamp, State, apply, decide, observe};
use segel_model::skp::Detail;
use segel_model::{Event, Input, Rulebook, ServerTime};

pub use cast::*;
pub use lines::{add_photo, request};
pub use words::*;

/// The rules that come with the program.
pub fn rulebook() -> Rulebook {
    toml::from_str(include_str!("../../../../rules/default.toml")).expect("the default rulebook reads")
}

/// A state, a clock and what has been said so far.
pub struct World {
    pub state: State,
    pub rules: Rulebook,
    pub now: ServerTime,
    pub serial: u32,
    pub told: String,
    pub silent: bool,
    pub decisions: u32,
    /// Every event, where a test asks for them.
    pub record: Option<Vec<Event>>,
}

/// Plays a story and compares what was decided with what is expected.
pub fn check(story: &str, expected: Expect) {
    let mut world = World::with_cast();
    world.play(story);
    expected.assert_eq(&world.told);
}

/// Plays a story and compares the whole state of its first trip with what is expected.
pub fn check_trip(story: &str, expected: Expect) {
    let mut world = World::with_cast();
    world.play(story);
    expected.assert_eq(&segel_custody::describe::trip(
        &world.state,
        segel_model::TripId(1),
    ));
}

impl World {
    /// Decides, folds and prints one input, and checks what must always hold.
    pub fn input(&mut self, input: &Input) -> Answer {
        let decision = decide(&self.state, input, self.now, &self.rules);
        assert_eq!(
            decision,
            decide(&self.state, input, self.now, &self.rules),
            "a decision repeats"
        );
        let stamp = Stamp::of(input, self.now);
        let Decision {
            observed,
            events,
            answer,
        } = decision;
        if let Some(observed) = &observed {
            observe(&mut self.state, observed);
        }
        for event in &events {
            self.check_event(event, &stamp);
            apply(&mut self.state, event, &stamp);
            self.tell(event);
        }
        if let Some(record) = &mut self.record {
            record.extend(events);
        }
        if let Answer::Refused(refusal) = &answer {
            let code = refusal.code.clone();
            self.say(&format!("refused: {code}"));
        }
        self.decisions += 1;
        self.check_state();
        answer
    }

    /// What must hold of every event, whatever the story.
    fn check_event(&self, event: &Event, stamp: &Stamp) {
        let written = serde_json::to_string(event).expect("an event is written");
        assert_eq!(
            &serde_json::from_str::<Event>(&written).expect("an event is read"),
            event
        );
        match event {
            Event::TripMoved {
                trip,
                from,
                to,
                circumstance,
            } => {
                assert_eq!(
                    self.state.trip(*trip).map(|trip| trip.state),
                    Some(*from),
                    "a trip moves from where it is"
                );
                assert!(
                    segel_custody::trip::follows(*from, *to),
                    "no state is skipped: {from:?} to {to:?}"
                );
                assert!(!circumstance.reason.is_empty(), "every transition has a reason");
                assert!(
                    circumstance.at.unix_ms <= self.now.unix_ms,
                    "nothing happened after we knew of it"
                );
            }
            Event::StepRefused { from, to, .. } => panic!("a rule wanted {from:?} to {to:?}"),
            Event::AlarmClosed { .. } => assert!(stamp.principal.is_some(), "an alarm is closed by a person"),
            Event::OrderIssued { ordered, .. } if ordered.order.opens() => {
                let grant = ordered
                    .grant
                    .and_then(|grant| self.state.grants.get(&grant))
                    .expect("under a grant");
                assert_eq!(
                    (grant.ended, grant.grant.seal),
                    (None, ordered.seal),
                    "a live grant for that seal"
                );
            }
            _ => {}
        }
    }

    /// Invariants 2 and 3: at most one active trip a seal, a container, a line of a document.
    fn check_trips(&self) {
        let mut seals = BTreeSet::new();
        let mut containers = BTreeSet::new();
        let mut lines = BTreeSet::new();
        for trip in self.state.trips.values() {
            if trip.state.holds_seal() {
                assert!(trip.seal.is_none_or(|seal| seals.insert(seal)), "one trip a seal");
            }
            if trip
                .state
                .number()
                .is_some_and(|number| (3..=13).contains(&number))
            {
                assert!(containers.insert(&trip.request.container), "one trip a container");
                assert!(lines.insert((trip.document, trip.line)), "one trip a line");
            }
        }
        for (id, seal) in &self.state.seals {
            let holder = seal.trip.and_then(|trip| self.state.trip(trip));
            assert_eq!(seal.trip.is_some(), seals.contains(id), "a seal knows its trip");
            assert!(
                holder.is_none_or(|trip| trip.seal == Some(*id)),
                "and the trip its seal"
            );
        }
    }

    fn check_state(&self) {
        self.check_trips();
        let thawed = State::thaw(&self.state.freeze()).expect("a frozen state thaws");
        assert_eq!(
            thawed.fingerprint(),
            self.state.fingerprint(),
            "a state survives freezing"
        );
        let mut settled = self.state.clone();
        settled.settle_limits(ServerTime::from_unix_ms(i64::MAX));
        assert_eq!(thawed.index, settled.index, "the index is the one built anew");
    }

    fn next_deadline(&mut self, until: ServerTime) -> Option<ServerTime> {
        self.state.settle_limits(until);
        self.state.next_deadline().filter(|due| *due <= until)
    }

    /// Lets time pass: limits fire at their moments.
    pub fn until(&mut self, then: ServerTime) {
        while let Some(due) = self.next_deadline(then) {
            self.now = self.now.max(due);
            self.input(&Input::Tick);
            let next = self.next_deadline(then);
            assert!(
                next.is_none_or(|next| self.now < next),
                "a tick leaves nothing due: {due:?} {next:?}"
            );
        }
        self.now = self.now.max(then);
    }

    pub fn say(&mut self, line: &str) {
        if !self.silent {
            self.told
                .push_str(&format!("{} {line}\n", clock(self.now.unix_ms)));
        }
    }

    fn tell(&mut self, event: &Event) {
        if self.is_of_the_road(event) {
            return;
        }
        if let Some(line) = sentence(event) {
            self.say(&line);
        }
    }

    /// Alarms of the road belong to the watch's own tests; here they would only hide what a story is about.
    fn is_of_the_road(&self, event: &Event) -> bool {
        let alarm = match event {
            Event::AlarmRaised { alarm, .. }
            | Event::AlarmRecovered { alarm, .. }
            | Event::AlarmUnsupported { alarm, .. } => *alarm,
            Event::MessageQueued { envelope, .. } => {
                let Detail::Alarm { code, .. } = &envelope.detail else {
                    return false;
                };
                return OF_THE_ROAD.iter().any(|road| road.name() == code);
            }
            _ => return false,
        };
        self.state
            .alarms
            .get(&alarm)
            .is_some_and(|alarm| OF_THE_ROAD.contains(&alarm.finding.code))
    }

    /// Plays a story silently, as the past of another.
    pub fn given(&mut self, story: &str) {
        let silent = std::mem::replace(&mut self.silent, true);
        self.play(story);
        self.silent = silent;
    }

    /// Plays a story.
    pub fn play(&mut self, story: &str) {
        for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }
}
