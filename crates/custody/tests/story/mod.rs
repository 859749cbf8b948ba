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
            apply(&mut self.state, event, &stamp);
            self.tell(event);
        }
        if let Answer::Refused(refusal) = &answer {
            let code = refusal.code.clone();
            self.say(&format!("refused: {code}"));
        }
        self.decisions += 1;
        self.check_state();
        answer
    }

    fn check_state(&self) {
        let thawed = State::thaw(&self.state.freeze()).expect("a frozen state thaws");
        assert_eq!(
            thawed.fingerprint(),
            self.state.fingerprint(),
            "a state survives freezing"
        );
        assert_eq!(thawed.index, self.state.index, "the index is the one built anew");
    }

    /// Lets time pass: limits fire at their moments.
    pub fn until(&mut self, then: ServerTime) {
        while let Some(due) = self.state.next_deadline().filter(|due| *due <= then) {
            self.now = self.now.max(due);
            self.input(&Input::Tick);
            let next = self.state.next_deadline();
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
