//! A small world for stories about the watch: one seal on one trip along a straight road, told line by line.
//!
//! The road runs 20 km east, 100 m wide to each side. It has an allowed stop at km 5, a tunnel from km 14 to km 16 and a
//! forbidden area 900 m north of km 12. The trip is sealed and leaves at 00:00; the plan allows one hour, a report a minute.

use std::fmt::Write;

use segel_custody::state::State;
use segel_custody::{Answer, Decision, Stamp, apply, decide, observe};
use segel_geo::Position;
use segel_model::alarm::{AlarmOutcome, AlarmStage};
use segel_model::container::ContainerNumber;
use segel_model::document::{Day, DocumentKind, Paper};
use segel_model::input::{CommandInput, ReportInput};
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::{Battery, Fix, FixSource, Lock, Protocol, Report, ReportKind};
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::rulebook::EditionNumber;
use segel_model::seal::SealRegistration;
use segel_model::signal::{UnsealBy, UnsealRefusal};
use segel_model::trip::{Circumstance, TripMode, TripRequest, TripState};
use segel_model::{
    AlarmId, Command, DeviceId, DeviceTime, DocumentId, Event, EventTime, Input, InvitationId, Observed,
    OfficeCode, OrganisationId, PersonId, Principal, Role, RouteId, Rulebook, SealId, SecretHash, ServerTime,
    Signal, TripId,
};

/// 2026-11-24 00:00 UTC.
const DAY_MS: i64 = 1_795_478_400_000;
pub const TRIP: TripId = TripId(1);
pub const SEAL: SealId = SealId(1);
const ROUTE: RouteId = RouteId(1);
/// More limits than any story has between two lines; a tick that changes nothing would run into it.
const TICKS_LIMIT: usize = 1_000;

pub struct World {
    pub state: State,
    pub rules: Rulebook,
    pub now: ServerTime,
    pub observed: Vec<Observed>,
    told: String,
    alarms_ever: usize,
    stopped: bool,
    log: Vec<Logged>,
}

/// What was folded, in order.
enum Logged {
    Observed(Box<Observed>),
    Event(Box<Event>, Stamp),
}

/// So many seconds into the day.
pub fn second(second: i64) -> ServerTime {
    ServerTime::from_unix_ms(DAY_MS + second * 1_000)
}

/// The default rulebook, as it is shipped.
pub fn rules() -> Rulebook {
    toml::from_str(include_str!("../../../../rules/default.toml")).expect("the shipped rulebook is sound")
}

/// On the road, and so far north of it.
pub fn road(km: f64, north_m: f64) -> Position {
    // Degrees at 6.95 south on WGS 84: 110,580 m of latitude, 110,512 m of longitude.
    Position {
        lat: -6.95 + north_m / 110_580.0,
        lon: 110.3 + km * 1_000.0 / 110_512.0,
    }
}

fn circle(name: &str, centre: Position, radius_m: f32) -> Area {
    Area {
        name: name.into(),
        code: None,
        shape: Shape::Circle { centre, radius_m },
    }
}

fn plan() -> RoutePlan {
    RoutePlan {
        name: "Jalan Lurus".into(),
        owner: OrganisationId(1),
        office: OfficeCode("060100".into()),
        points: (0..=20).map(|km| road(f64::from(km), 0.0)).collect(),
        half_widths_m: vec![100.0],
        origin: circle("TPS asal", road(0.0, 0.0), 300.0),
        destination: circle("TPS tujuan", road(20.0, 0.0), 300.0),
        stops: vec![circle("Rest area", road(5.0, 0.0), 200.0)],
        forbidden: vec![circle("Gudang liar", road(12.0, 900.0), 400.0)],
        no_coverage: vec![circle("Terowongan", road(15.0, 0.0), 1_000.0)],
        distance_m: 20_000,
        transit_time_s: 3_600,
        interval_s: 60,
    }
}

fn request(mode: TripMode) -> TripRequest {
    TripRequest {
        owner: OrganisationId(2),
        provider: OrganisationId(1),
        container: ContainerNumber::parse("CSQU3054383").expect("a sound number"),
        check_digit_confirmed: false,
        document: None,
        route: None,
        tps_origin: "KOJA".into(),
        tps_destination: "GRHA".into(),
        mode,
        plate: None,
        driver: None,
        install_wanted: None,
        start_window: None,
    }
}

impl World {
    /// The trip under way since 00:00.
    pub fn travelling() -> Self {
        Self::of_mode(TripMode::Sealed)
    }

    pub fn of_mode(mode: TripMode) -> Self {
        let mut world = Self {
            state: State::default(),
            rules: rules(),
            now: second(0),
            observed: Vec::new(),
            told: String::new(),
            alarms_ever: 0,
            stopped: false,
            log: Vec::new(),
        };
        for event in beginning(mode) {
            world.fold(&event, None);
        }
        world
    }

    fn fold(&mut self, event: &Event, principal: Option<Principal>) {
        let stamp = Stamp {
            at: self.now,
            principal,
        };
        apply(&mut self.state, event, &stamp);
        self.log.push(Logged::Event(Box::new(event.clone()), stamp));
    }

    /// The state that folding everything again gives.
    pub fn replayed(&self) -> State {
        let mut state = State::default();
        for logged in &self.log {
            match logged {
                Logged::Observed(observed) => observe(&mut state, observed),
                Logged::Event(event, stamp) => apply(&mut state, event, stamp),
            }
        }
        state
    }

    /// Lets everything come due until a moment, as the engine does.
    pub fn wait_until(&mut self, moment: ServerTime) {
        for _ in 0..TICKS_LIMIT {
            self.state.settle_limits(moment);
            match self
                .state
                .next_deadline()
                .filter(|due| *due <= moment && !self.stopped)
            {
                Some(due) => {
                    self.now = self.now.max(due);
                    self.take(&Input::Tick);
                }
                None => {
                    self.now = moment;
                    return;
                }
            }
        }
        panic!("ticks do not get on at {:?}", self.now);
    }

    /// Decides an input now, folds what was decided, and tells it.
    pub fn take(&mut self, input: &Input) -> Answer {
        let Decision {
            observed,
            events,
            answer,
        } = decide(&self.state, input, self.now, &self.rules);
        if let Some(observed) = observed {
            observe(&mut self.state, &observed);
            self.log.push(Logged::Observed(Box::new(observed.clone())));
            self.observed.push(observed);
        }
        let principal = match input {
            Input::Command(command) => Some(command.principal.clone()),
            _ => None,
        };
        for event in &events {
            self.fold(event, principal.clone());
            self.tell(event);
        }
        if let Answer::Refused(refusal) = &answer {
            self.say(&format!("refused: {}", refusal.code));
        }
        self.check_laws();
        answer
    }

    /// Law 6: "Alarms and obligations never disappear".
    fn check_laws(&mut self) {
        assert!(
            self.alarms_ever <= self.state.alarms.len(),
            "an alarm has vanished"
        );
        self.alarms_ever = self.state.alarms.len();
        for (id, alarm) in &self.state.alarms {
            assert_eq!(
                alarm.closed.is_some(),
                alarm.stage == AlarmStage::Closed,
                "alarm {id} is half closed"
            );
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.told, "{} {line}", clock(self.now.unix_ms)).expect("a string takes every line");
    }

    fn tell(&mut self, event: &Event) {
        let line = match event {
            Event::AlarmRaised { alarm, finding, .. } => {
                let late = if finding.known_late { ", known late" } else { "" };
                let (code, at) = (finding.code.name(), clock(finding.at.unix_ms));
                format!(
                    "{code} raised as {alarm}, {:?}, at {at}{late}: {}",
                    finding.severity, finding.why.en
                )
            }
            Event::AlarmWorsened { alarm, severity, why } => {
                format!("{alarm} worsened to {severity:?}: {}", why.en)
            }
            Event::AlarmRecurred { alarm, why, .. } => format!("{alarm} recurred: {}", why.en),
            Event::AlarmRecovered { alarm, at } => format!("{alarm} recovered at {}", clock(at.unix_ms)),
            Event::AlarmEscalated { alarm, step, .. } => format!("{alarm} escalated: {step:?}"),
            Event::AlarmUnsupported { alarm, .. } => format!("{alarm} unsupported"),
            Event::AlarmAcknowledged { alarm } => format!("{alarm} acknowledged"),
            Event::AlarmInvestigated { alarm, .. } => format!("{alarm} investigated"),
            Event::AlarmCommented { alarm, .. } => format!("{alarm} commented"),
            Event::AlarmClosureProposed { alarm, .. } => format!("{alarm} closure proposed"),
            Event::AlarmClosed { alarm, .. } => format!("{alarm} closed"),
            Event::SealClockMeasured { offset_ms, .. } => format!("clock off by {offset_ms} ms"),
            Event::RevisitAsked { from, until, .. } => {
                format!(
                    "revisit asked, {} to {}",
                    clock(from.unix_ms),
                    clock(until.unix_ms)
                )
            }
            Event::Revisited { .. } => "revisited".into(),
            Event::ServiceGap { .. } => "service gap".into(),
            Event::TripMoved { to, .. } => format!("trip {to:?}"),
            _ => return,
        };
        self.say(&line);
    }

    /// What has been told since the last call.
    pub fn told(&mut self) -> String {
        std::mem::take(&mut self.told)
    }

    /// One line of a story: `HH:MM[:SS] what …`.
    pub fn line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let moment = moment(words.next().expect("a line begins with a time"));
        self.wait_until(moment);
        let rest: Vec<&str> = words.collect();
        match rest.as_slice() {
            ["wait"] => {}
            ["stop"] => {
                self.take(&Input::Stopping);
                self.stopped = true;
            }
            ["start", since] => {
                self.stopped = false;
                let last_listened = Some(self::moment(since));
                self.take(&Input::Started { last_listened });
            }
            ["clock", "step", seconds] => {
                let by_ms = number(seconds) as i64 * 1_000;
                self.now = self.now.plus_ms(by_ms);
                self.take(&Input::ClockStepped { by_ms });
            }
            ["revisit"] => self.revisit(),
            ["revisit", "cut", until] => {
                let cut_at = self::moment(until).unix_ms;
                self.revisit_until(Some(EventTime::from_unix_ms(cut_at)));
            }
            ["opened", "under", "grant"] => self.go(TripState::RemovalGranted, TripState::Removing),
            ["taken", "off"] => self.go(TripState::Removing, TripState::Removed),
            ["report", how @ ..] => {
                let input = self.report(how);
                self.take(&Input::Report(input));
            }
            [what, alarm, "by", who] => {
                let command = on_alarm(what, AlarmId(number(alarm) as u64));
                self.ask(principal(who), command);
            }
            other => panic!("no such line: {other:?}"),
        }
    }

    fn go(&mut self, from: TripState, to: TripState) {
        let circumstance = Circumstance {
            at: EventTime::from_receipt(self.now),
            place: None,
            reason: "story".into(),
        };
        let trip = TRIP;
        self.fold(
            &Event::TripMoved {
                trip,
                from,
                to,
                circumstance,
            },
            None,
        );
    }

    /// Answers what the watch has asked for, with all that came so far.
    pub fn revisit(&mut self) {
        self.revisit_until(None);
    }

    /// Answers it with what happened before a moment: more is not handed in.
    fn revisit_until(&mut self, cut_at: Option<EventTime>) {
        let mut neighbours = self.observed.clone();
        neighbours.retain(|observed| cut_at.is_none_or(|cut_at| observed.at < cut_at));
        self.take(&Input::Revisit {
            trip: TRIP,
            neighbours,
            cut_at,
        });
    }

    fn ask(&mut self, principal: Principal, command: Command) {
        let input = CommandInput {
            principal,
            recorded: None,
            recorded_offset_ms: 0,
            command,
        };
        self.take(&Input::Command(input));
    }

    fn report(&self, how: &[&str]) -> ReportInput {
        let mut connection = 1;
        let mut report = plain_report(self.now);
        let mut words = how.iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().copied().expect("a word that wants another");
            match *word {
                "km" => report.fix = Some(fix(road(number(next()), 0.0))),
                "north" => {
                    let metres = number(next());
                    let fix = report.fix.as_mut().expect("km stands before north");
                    fix.position.lat += metres / 110_580.0;
                }
                "speed" => {
                    report.fix.as_mut().expect("km stands before speed").speed_kmh =
                        Some(number(next()) as f32)
                }
                "cell" => report.fix.as_mut().expect("km stands before cell").source = FixSource::Cell,
                "invalid" => report.fix.as_mut().expect("km stands before invalid").valid = false,
                "sent" => report.time = Some(DeviceTime::from_unix_ms(moment(next()).unix_ms)),
                "undated" => report.time = None,
                "backfill" => report.backfill = true,
                "heartbeat" => report.kind = ReportKind::Heartbeat,
                "event" => (report.kind, report.lock) = (ReportKind::Happening, Lock::default()),
                "sub" => {
                    report.kind = ReportKind::SubSeal;
                    report.fix = report.fix.map(Fix::of_host);
                    report.lock.cover = None;
                }
                "lost" => {
                    (report.kind, report.lock, report.fix) = (ReportKind::SubSeal, Lock::default(), None);
                    report.signals.push(Signal::SublockLost { sublock: None });
                }
                "motor" => report.lock.motor = Some(next() == "closed"),
                "serial" => report.serial = Some(number(next()) as u32),
                "connection" => connection = number(next()) as u64,
                "battery" => report.battery = Some(battery(number(next()) as u8, false)),
                "charging" => report.battery = Some(battery(number(next()) as u8, true)),
                "rope" => report.lock.rope = Some(next() == "in"),
                "signal" => report.signals.push(signal(next())),
                other => panic!("no such word: {other}"),
            }
        }
        ReportInput {
            protocol: Protocol::Jointech,
            connection,
            report,
        }
    }
}

pub fn plain_report(now: ServerTime) -> Report {
    Report {
        device: DeviceId("7591225008".into()),
        kind: ReportKind::Record,
        time: Some(DeviceTime::from_unix_ms(now.unix_ms)),
        received: now,
        backfill: false,
        fix: None,
        battery: None,
        lock: Lock {
            rope: Some(true),
            motor: Some(true),
            cover: Some(true),
        },
        signals: vec![],
        cell: None,
        serial: None,
        extra: vec![],
    }
}

pub fn fix(position: Position) -> Fix {
    Fix {
        position,
        valid: true,
        source: FixSource::Gnss,
        speed_kmh: None,
        course_deg: None,
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    }
}

pub fn battery(percent: u8, charging: bool) -> Battery {
    Battery {
        percent: Some(percent),
        charging,
        battery_mv: None,
    }
}

pub fn signal(name: &str) -> Signal {
    match name {
        "rope_cut" => Signal::RopeCut,
        "rope_out" => Signal::RopeOut,
        "shackle" => Signal::ShackleOpenedWhileSealed,
        "cover_open" => Signal::CoverOpen,
        "dismantled" => Signal::Dismantled,
        "motor_stuck" => Signal::MotorStuck,
        "low_battery" => Signal::LowBattery,
        "refused" => Signal::UnsealRefused {
            reason: UnsealRefusal::IllegalCard,
            actor: None,
        },
        "wrong_password" => Signal::UnsealRefused {
            reason: UnsealRefusal::BadPwd,
            actor: None,
        },
        "unsealed" => Signal::Unsealed {
            by: UnsealBy::Card,
            actor: None,
            fence: None,
        },
        other => panic!("no such signal: {other}"),
    }
}

fn on_alarm(what: &str, alarm: AlarmId) -> Command {
    let words = || "terlihat di kamera".to_string();
    match what {
        "acknowledge" => Command::AcknowledgeAlarm { alarm },
        "investigate" => Command::InvestigateAlarm { alarm, note: words() },
        "comment" => Command::CommentAlarm { alarm, note: words() },
        "close" => Command::CloseAlarm {
            alarm,
            outcome: AlarmOutcome::False,
            reason: words(),
        },
        "close_unsaid" => Command::CloseAlarm {
            alarm,
            outcome: AlarmOutcome::False,
            reason: "  ".into(),
        },
        other => panic!("nobody can {other} an alarm"),
    }
}

/// People by their parts; the same name is the same person.
fn principal(who: &str) -> Principal {
    let office = Belonging::Office(OfficeCode("060100".into()));
    let provider = Belonging::Organisation(OrganisationId(1));
    let owner = Belonging::Organisation(OrganisationId(2));
    let (person, role, belongs) = match who {
        "officer" => (1, Role::CustomsOfficer, office),
        "supervisor" => (2, Role::CustomsSupervisor, office),
        "second_supervisor" => (3, Role::CustomsSupervisor, office),
        "operator" => (4, Role::ProviderOperator, provider),
        "user" => (5, Role::ServiceUser, owner),
        other => panic!("nobody is called {other}"),
    };
    Principal::Person {
        person: PersonId(person),
        role,
        belongs,
    }
}

fn number(word: &str) -> f64 {
    word.parse().unwrap_or_else(|_| panic!("no number: {word}"))
}

/// `HH:MM[:SS]`; hours may go beyond a day.
fn moment(word: &str) -> ServerTime {
    let parts: Vec<i64> = word.split(':').map(|part| number(part) as i64).collect();
    match parts.as_slice() {
        [hours, minutes] => second(hours * 3_600 + minutes * 60),
        [hours, minutes, seconds] => second(hours * 3_600 + minutes * 60 + seconds),
        _ => panic!("no time: {word}"),
    }
}

fn clock(unix_ms: i64) -> String {
    let seconds = (unix_ms - DAY_MS).div_euclid(1_000);
    let (hours, minutes, rest) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    if rest == 0 {
        format!("{hours:02}:{minutes:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{rest:02}")
    }
}

fn beginning(mode: TripMode) -> Vec<Event> {
    let at = EventTime::from_receipt(second(0));
    let moved = |from, to| Event::TripMoved {
        trip: TRIP,
        from,
        to,
        circumstance: Circumstance {
            at,
            place: None,
            reason: "story".into(),
        },
    };
    let organisation = |id, kind| Event::OrganisationRegistered {
        organisation: OrganisationId(id),
        name: "PT Contoh".into(),
        kind,
        npwp: None,
    };
    let people = ["officer", "supervisor", "second_supervisor", "operator", "user"].map(joined);
    let begun = vec![
        organisation(1, OrganisationKind::Provider),
        organisation(2, OrganisationKind::Importer),
        Event::SealRegistered {
            seal: SEAL,
            registration: registration(),
        },
        Event::RouteProposed {
            route: ROUTE,
            plan: plan(),
            lint: vec![],
        },
        Event::RouteApproved {
            route: ROUTE,
            remark: String::new(),
        },
        Event::TripOpened {
            trip: TRIP,
            request: request(mode),
            edition: EditionNumber(1),
            lapses: None,
        },
        Event::DocumentRegistered {
            document: DocumentId(1),
            paper: paper(),
        },
        Event::DocumentAttached {
            trip: TRIP,
            document: DocumentId(1),
        },
        Event::TripPlanned {
            trip: TRIP,
            route: ROUTE,
        },
        Event::SealAssigned {
            trip: TRIP,
            seal: SEAL,
            technician: PersonId(9),
        },
        moved(TripState::RouteApproved, TripState::Assigned),
        moved(TripState::Assigned, TripState::Installing),
        Event::SealClosed {
            trip: TRIP,
            seal: SEAL,
            at,
            by_hand: None,
        },
        moved(TripState::Installing, TripState::Installed),
        moved(TripState::Installed, TripState::ReadyToDepart),
        moved(TripState::ReadyToDepart, TripState::InTransit),
    ];
    people.into_iter().chain(begun).collect()
}

fn joined(who: &str) -> Event {
    let Principal::Person {
        person,
        role,
        belongs,
    } = principal(who)
    else {
        panic!("{who} is a person")
    };
    let subject = SecretHash([0; 32]);
    Event::PersonJoined {
        person,
        invitation: InvitationId(person.0),
        role,
        belongs,
        subject,
    }
}

fn registration() -> SealRegistration {
    SealRegistration {
        protocol: Protocol::Jointech,
        device: DeviceId("7591225008".into()),
        label: "JT701-098231".into(),
        profile: "jt701d".into(),
        provider: OrganisationId(1),
        pool: None,
        certificate: None,
        certificate_needed: None,
    }
}

fn paper() -> Paper {
    let office = OfficeCode("060100".into());
    Paper {
        kind: DocumentKind::Plp,
        number: "016805".into(),
        date: Day {
            year: 2026,
            month: 11,
            day: 23,
        },
        valid_until: None,
        office: office.clone(),
        destination_office: office,
        tps_origin: "KOJA".into(),
        tps_destination: "GRHA".into(),
        bc11: None,
        submission_number: None,
        owner: OrganisationId(2),
        lines: vec![],
        scan: None,
    }
}
