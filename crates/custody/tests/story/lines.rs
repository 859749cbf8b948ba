//! The lines of a story.

use segel_custody::Answer;
use segel_model::alarm::AlarmOutcome;
use segel_model::grant::UnlockMethod;
use segel_model::input::CommandInput;
use segel_model::order::Outcome;
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::report::{FixSource, Lock, Report, ReportKind};
use segel_model::signal::UnsealBy;
use segel_model::skp::Delivery;
use segel_model::trip::{TripMode, TripRequest};
use segel_model::{
    AlarmId, BlobHash, Command, DeviceTime, DocumentId, GrantId, Input, MessageId, OrderId, PhotoId,
    RecordedTime, RouteId, SealId, ServerTime, Signal, TripId,
};

use super::{
    CONTAINER, IMPORTER, PROVIDER, World, container, moment_ms, person, place, principal, subject_of,
};

/// The past of a story, by the state it has reached. Each begins where the one before ended.
const PAST: [(&str, &str); 10] = [
    ("submitted", "0:00 umar opens trip\n0:00 umar submits"),
    ("planned", "0:01 umar plans"),
    ("assigned", "0:02 opi assigns seal 1 to teo"),
    ("installing", "0:03 teo begins install"),
    (
        "installed",
        "0:05 seal 1 at origin locked says sealed\n0:05 order 1 sent\n0:05 order 1 done",
    ),
    ("ready", "0:06 teo photos install"),
    (
        "travelling",
        "0:08 oka authorises departure\n0:09 seal 1 at road locked\n0:10 seal 1 at road locked\n0:15 seal 1 at road locked",
    ),
    (
        "arrived",
        "0:20 seal 1 at destination locked\n0:22 seal 1 at destination locked\n0:23 seal 1 at destination locked\n0:25 seal 1 at destination locked",
    ),
    ("checked", "0:26 oka checks"),
    ("granted", "0:27 oka grants command to teo"),
];

impl World {
    pub(super) fn line(&mut self, line: &str) {
        if let Some(stage) = line.strip_prefix("given ") {
            return self.past(stage);
        }
        let (moment, what) = line.split_once(' ').unwrap_or((line, "nothing"));
        if let Some(since) = what.strip_prefix("we start again, absent since ") {
            self.now = ServerTime::from_unix_ms(moment_ms(moment));
            let last_listened = Some(ServerTime::from_unix_ms(moment_ms(since)));
            self.input(&Input::Started { last_listened });
            return self.until(self.now);
        }
        self.until(ServerTime::from_unix_ms(moment_ms(moment)));
        let words: Vec<&str> = what.split_whitespace().collect();
        match words[..] {
            ["nothing" | "tick"] => {}
            ["seal", seal, ..] => self.seal_line(seal.parse().expect("a seal"), &words[2..]),
            ["order", order, ref rest @ ..] => self.order_line(OrderId(number(order)), rest),
            ["skp", message, ref rest @ ..] => self.skp_line(MessageId(number(message)), rest),
            ["doubt", seal] => {
                self.input(&Input::IdentityDoubt {
                    seal: SealId(number(seal)),
                    why: "two speak".into(),
                });
            }
            ["clock", "steps", seconds] => {
                let by_s: i64 = seconds.parse().expect("seconds");
                self.now = self.now.plus_s(by_s);
                self.input(&Input::ClockStepped { by_ms: by_s * 1_000 });
            }
            ["clock", "set", "back", seconds] => {
                let by_s: i64 = seconds.parse().expect("seconds");
                self.input(&Input::ClockStepped { by_ms: -by_s * 1_000 });
            }
            [who, ref rest @ ..] => self.person_line(who, rest),
            [] => {}
        }
    }

    fn past(&mut self, stage: &str) {
        let last = PAST
            .iter()
            .position(|(name, _)| *name == stage)
            .unwrap_or_else(|| panic!("no past: {stage}"));
        for (_, story) in &PAST[..=last] {
            self.given(story);
        }
    }

    fn seal_line(&mut self, seal: u64, words: &[&str]) {
        let (device_time, words) = match words {
            [rest @ .., "time", time] => (Some(DeviceTime::from_unix_ms(moment_ms(time))), rest),
            all => (None, all),
        };
        self.seal_says(seal, |report| {
            if let Some(time) = device_time {
                report.time = Some(time);
                report.backfill = true;
            }
            describe(report, words);
        });
    }

    fn order_line(&mut self, order: OrderId, words: &[&str]) {
        let outcome = match words {
            ["sent"] => {
                self.input(&Input::OrderSent { order });
                return;
            }
            ["opening", grant] => {
                let answer = self.input(&Input::CheckOpening {
                    order,
                    grant: GrantId(number(grant)),
                });
                if answer == (Answer::Accepted { created: None }) {
                    self.say(&format!("order {order} may go out"));
                }
                return;
            }
            ["done"] => Outcome::Done,
            ["refused"] => Outcome::Refused { answer: "no".into() },
            ["unanswered"] => Outcome::NoAnswer,
            ["unspoken"] => Outcome::NotSpoken {
                why: "no such order".into(),
            },
            other => panic!("an order does not {other:?}"),
        };
        self.input(&Input::OrderEnded { order, outcome });
    }

    fn skp_line(&mut self, message: MessageId, words: &[&str]) {
        let delivery = match words {
            ["taken"] => Delivery::Taken { reference: None },
            ["refused"] => Delivery::Refused {
                reason: "kodeKantor".into(),
            },
            ["stuck"] => Delivery::Stuck {
                failure: "timeout".into(),
            },
            other => panic!("SKP does not {other:?}"),
        };
        self.input(&Input::Skp { message, delivery });
    }

    fn person_line(&mut self, who: &str, words: &[&str]) {
        let (recorded, words) = match words {
            [rest @ .., "recorded", time] => (Some(RecordedTime::from_unix_ms(moment_ms(time))), rest),
            all => (None, all),
        };
        for command in commands(words) {
            let principal = principal(who);
            self.input(&Input::Command(CommandInput {
                principal,
                recorded,
                recorded_offset_ms: 0,
                command,
            }));
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("no number: {text}"))
}

fn describe(report: &mut Report, words: &[&str]) {
    match words {
        [] => {}
        ["at", name, rest @ ..] => {
            let fix = report.fix.as_mut().expect("the simplest report has a fix");
            fix.position = place(name);
            describe(report, rest);
        }
        ["cell", rest @ ..] => {
            report.fix.as_mut().expect("a fix").source = FixSource::Cell;
            describe(report, rest);
        }
        ["nofix", rest @ ..] => {
            report.fix = None;
            describe(report, rest);
        }
        ["locked", rest @ ..] => {
            report.lock = Lock {
                rope: Some(true),
                motor: Some(true),
                cover: Some(true),
            };
            describe(report, rest);
        }
        ["open", rest @ ..] => {
            report.lock = Lock {
                rope: Some(true),
                motor: Some(false),
                cover: Some(true),
            };
            describe(report, rest);
        }
        ["modem", imei, rest @ ..] => {
            let imei = segel_model::report::Extra::Text((*imei).to_owned().into());
            report.extra.push(("imei".into(), imei));
            describe(report, rest);
        }
        ["undated", rest @ ..] => {
            report.time = None;
            describe(report, rest);
        }
        ["event", rest @ ..] => {
            (report.kind, report.lock) = (ReportKind::Happening, Lock::default());
            describe(report, rest);
        }
        ["battery", percent, rest @ ..] => {
            report.battery.as_mut().expect("a battery").percent = percent.parse().ok();
            describe(report, rest);
        }
        ["says", signal, rest @ ..] => {
            report.signals.push(self::signal(signal));
            describe(report, rest);
        }
        other => panic!("a seal does not {other:?}"),
    }
}

fn signal(text: &str) -> Signal {
    let unsealed = |by, actor: Option<&str>| Signal::Unsealed {
        by,
        actor: actor.map(Into::into),
        fence: None,
    };
    match text {
        "sealed" => Signal::Sealed,
        "unsealed-by-command" => unsealed(UnsealBy::Platform, None),
        "unsealed-by-password" => unsealed(UnsealBy::StaticPwd, None),
        "unsealed-by-dynamic" => unsealed(UnsealBy::DynamicPwd, None),
        "unsealed-and-not-how" => unsealed(UnsealBy::NotSaid, None),
        "unsealed-by-bluetooth" => unsealed(UnsealBy::BtApp, None),
        "unsealed-by-key" => unsealed(UnsealBy::Key, None),
        "unsealed-by-card" => unsealed(UnsealBy::Card, Some("1234567890")),
        "unsealed-by-strange-card" => unsealed(UnsealBy::Card, Some("0000000009")),
        "motor-stuck" => Signal::MotorStuck,
        "rope-cut" => Signal::RopeCut,
        other => panic!("no signal {other}"),
    }
}

/// The trip a line is about: `trip N` at its end, else trip 1.
fn trip_of<'a>(words: &'a [&'a str]) -> (TripId, &'a [&'a str]) {
    match words {
        [rest @ .., "trip", trip] if trip.parse::<u64>().is_ok() => (TripId(number(trip)), rest),
        all => (TripId(1), all),
    }
}

fn commands(words: &[&str]) -> Vec<Command> {
    let (trip, words) = trip_of(words);
    let reason = String::from("reason");
    let remark = String::new();
    let photo = |step, kind| add_photo(trip, step, kind);
    vec![match words {
        ["opens", "trip", rest @ ..] => Command::OpenTrip(request(rest)),
        ["attaches", document] => Command::AttachDocument {
            trip,
            document: DocumentId(number(document)),
        },
        ["submits"] => Command::SubmitTrip { trip },
        ["plans"] => Command::PlanTrip {
            trip,
            route: RouteId(1),
        },
        ["plans", route] => Command::PlanTrip {
            trip,
            route: RouteId(number(route)),
        },
        ["cancels"] => Command::CancelTrip { trip, reason },
        ["assigns", "seal", seal, "to", fitter] => Command::AssignSeal {
            trip,
            seal: SealId(number(seal)),
            technician: person(fitter),
        },
        ["releases"] => Command::ReleaseSeal { trip, reason },
        ["begins", "install", rest @ ..] => begin_install(trip, rest),
        ["records", "installed"] => Command::RecordInstalled { trip, reason },
        ["photos", "install"] => {
            use PhotoKind::{DoorWithNumber, LockingRods, SealCloseUp, TruckWithPlate};
            let kinds = [DoorWithNumber, SealCloseUp, LockingRods, TruckWithPlate];
            return kinds
                .into_iter()
                .map(|kind| photo(PhotoStep::Install, kind))
                .collect();
        }
        ["photos", "removal"] => {
            use PhotoKind::{DeviceCondition, DoorAfterRemoval, SealBeforeOpening};
            let kinds = [SealBeforeOpening, DoorAfterRemoval, DeviceCondition];
            return kinds
                .into_iter()
                .map(|kind| photo(PhotoStep::Removal, kind))
                .collect();
        }
        ["photo", "door"] => photo(PhotoStep::Install, PhotoKind::DoorWithNumber),
        ["photo", "close-up"] => photo(PhotoStep::Install, PhotoKind::SealCloseUp),
        ["photo", "rods"] => photo(PhotoStep::Install, PhotoKind::LockingRods),
        ["photo", "truck"] => photo(PhotoStep::Install, PhotoKind::TruckWithPlate),
        ["photo", "before-opening"] => photo(PhotoStep::Removal, PhotoKind::SealBeforeOpening),
        ["photo", "after-removal"] => photo(PhotoStep::Removal, PhotoKind::DoorAfterRemoval),
        ["photo", "device"] => photo(PhotoStep::Removal, PhotoKind::DeviceCondition),
        ["rejects", "photo", photo] => Command::RejectPhoto {
            photo: PhotoId(number(photo)),
            reason,
        },
        ["authorises", "departure"] => Command::AuthoriseDeparture { trip, remark },
        ["confirms", "arrival"] => Command::ConfirmArrival { trip, reason },
        ["checks", rest @ ..] => Command::CheckSeal {
            trip,
            number_matches: !rest.contains(&"mismatch"),
            looks_untouched: !rest.contains(&"touched"),
            remark,
        },
        ["decides", "release"] => Command::DecideHeldTrip {
            trip,
            release: true,
            reason,
        },
        ["decides", "hold"] => Command::DecideHeldTrip {
            trip,
            release: false,
            reason,
        },
        ["grants", method, "to", executor, rest @ ..] => grant(trip, method, executor, rest),
        ["revokes", "grant", grant] => Command::RevokeGrant {
            grant: GrantId(number(grant)),
            reason,
        },
        ["vouches", "grant", grant] => Command::VouchPlace {
            grant: GrantId(number(grant)),
            reason,
        },
        ["unlocks"] => Command::Unlock {
            grant: GrantId(1),
            place: None,
        },
        ["unlocks", "grant", grant] => Command::Unlock {
            grant: GrantId(number(grant)),
            place: None,
        },
        ["opened", "by", "hand"] => Command::RecordOpened {
            grant: GrantId(1),
            place: None,
        },
        ["finishes", "removal"] => Command::FinishRemoval { trip, place: None },
        ["cancels", "document", document] => Command::CancelDocument {
            document: DocumentId(number(document)),
            reason,
        },
        ["refuses", "document", document] => Command::RefuseDocument {
            document: DocumentId(number(document)),
            reason,
        },
        ["verifies", "document", document] => Command::VerifyDocument {
            document: DocumentId(number(document)),
            approved: vec![0],
            remark,
        },
        ["closes", "alarm", alarm, how @ ..] => Command::CloseAlarm {
            alarm: AlarmId(number(alarm)),
            outcome: match how {
                ["as", "resolved"] => AlarmOutcome::Resolved,
                ["as", "false"] => AlarmOutcome::False,
                _ => AlarmOutcome::Confirmed,
            },
            reason,
        },
        ["clears", "doubt", seal] => Command::ClearDoubt {
            seal: SealId(number(seal)),
            reason,
        },
        ["repairs", message] => Command::RepairMessage {
            message: MessageId(number(message)),
            corrections: vec![],
            reason,
        },
        other => panic!("nobody {other:?}"),
    }]
}

pub fn request(words: &[&str]) -> TripRequest {
    let number = words
        .iter()
        .find(|word| word.len() == 11)
        .copied()
        .unwrap_or(CONTAINER);
    let document = (!words.contains(&"bare")).then_some(DocumentId(1));
    let mode = if words.contains(&"tracker") {
        TripMode::CargoTracker
    } else {
        TripMode::Sealed
    };
    TripRequest {
        owner: IMPORTER,
        provider: PROVIDER,
        container: container(number),
        check_digit_confirmed: words.contains(&"confirmed"),
        document,
        route: None,
        tps_origin: if words.contains(&"from-elsewhere") {
            "PSU0".into()
        } else {
            "TPKS".into()
        },
        tps_destination: if words.contains(&"to-elsewhere") {
            "PSU0".into()
        } else {
            "gdgb ".into()
        },
        mode,
        plate: None,
        driver: Some(subject_of("didi")),
        install_wanted: None,
        start_window: None,
    }
}

fn begin_install(trip: TripId, words: &[&str]) -> Command {
    let (scanned, label) = match words {
        [] => (CONTAINER, "JT701-1"),
        ["container", scanned] => (*scanned, "JT701-1"),
        ["label", label] => (CONTAINER, *label),
        ["standing", _] => (CONTAINER, "JT701-1"),
        other => panic!("no scan {other:?}"),
    };
    Command::BeginInstall {
        trip,
        container: scanned.into(),
        seal_label: label.into(),
        place: match words {
            ["standing", "nowhere"] => None,
            ["standing", name] => Some(place(name)),
            _ => Some(place("origin")),
        },
        bolt_seal: None,
    }
}

fn grant(trip: TripId, method: &str, executor: &str, words: &[&str]) -> Command {
    let method = match method {
        "command" => UnlockMethod::Command,
        "dynamic" => UnlockMethod::DynamicPassword,
        "card" => UnlockMethod::Card {
            cards: vec!["1234567890".into()],
        },
        "hand" => UnlockMethod::ByHand,
        other => panic!("no method {other}"),
    };
    let window_s = match words {
        [] => None,
        ["for", seconds] => seconds.parse().ok(),
        other => panic!("no window {other:?}"),
    };
    let executor = person(executor);
    Command::GrantRemoval {
        trip,
        executor,
        method,
        place: None,
        window_s,
        reason: "reason".into(),
    }
}

pub fn add_photo(trip: TripId, step: PhotoStep, kind: PhotoKind) -> Command {
    let mut blob = [0; 32];
    blob[..3].copy_from_slice(&[trip.0 as u8, step as u8, kind as u8]);
    let facts = PhotoFacts {
        blob: BlobHash(blob),
        media_type: "image/jpeg".into(),
        bytes: 1_000,
        taken: None,
        taken_at: None,
        distance_to_seal_m: None,
        has_preview: true,
    };
    Command::AddPhoto {
        trip,
        step,
        kind,
        facts,
    }
}
