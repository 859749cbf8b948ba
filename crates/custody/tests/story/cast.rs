//! The people, places, seals and papers of the stories. They come into being through decisions, like everybody.

use segel_custody::{Answer, State};
use segel_geo::Position;
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Day, DocumentKind, Paper};
use segel_model::event::Subject;
use segel_model::input::{CommandInput, ReportInput};
use segel_model::observed::FixUse;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::{Battery, Fix, FixSource, Lock, Protocol, ReportKind};
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::seal::{Certificate, SealRegistration};
use segel_model::{
    Command, DeviceId, DeviceTime, Input, OfficeCode, OrganisationId, PersonId, Principal, Report, Role,
    SecretHash, ServerTime, Signal,
};

use super::{MIDNIGHT_MS, World, rulebook};

pub const TANJUNG_EMAS: &str = "060100";
pub const TANJUNG_PRIOK: &str = "040300";
pub const CONTAINER: &str = "CSQU3054383";
pub const SECOND_CONTAINER: &str = "TEMU6079348";
/// Listed on document 1, but its line was not approved.
pub const UNAPPROVED_CONTAINER: &str = "HLXU2008419";

pub const PROVIDER: OrganisationId = OrganisationId(1);
pub const IMPORTER: OrganisationId = OrganisationId(2);
pub const OTHER_PROVIDER: OrganisationId = OrganisationId(3);
pub const OTHER_IMPORTER: OrganisationId = OrganisationId(4);

/// Everybody, in the order in which they join: name, role, where they belong.
pub const CAST: [(&str, Role, Home); 17] = [
    ("sita", Role::CustomsSupervisor, Home::Office(TANJUNG_EMAS)),
    ("ayu", Role::ProviderAdmin, Home::Firm(PROVIDER)),
    ("oka", Role::CustomsOfficer, Home::Office(TANJUNG_EMAS)),
    ("hadi", Role::CustomsHq, Home::Nation),
    ("opi", Role::ProviderOperator, Home::Firm(PROVIDER)),
    ("teo", Role::Technician, Home::Firm(PROVIDER)),
    ("umar", Role::ServiceUser, Home::Firm(IMPORTER)),
    ("didi", Role::Driver, Home::Firm(IMPORTER)),
    ("aud", Role::Auditor, Home::Nation),
    ("tia", Role::Technician, Home::Firm(PROVIDER)),
    ("supri", Role::CustomsSupervisor, Home::Office(TANJUNG_PRIOK)),
    ("prio", Role::CustomsOfficer, Home::Office(TANJUNG_PRIOK)),
    ("rival", Role::ProviderAdmin, Home::Firm(OTHER_PROVIDER)),
    ("riop", Role::ProviderOperator, Home::Firm(OTHER_PROVIDER)),
    ("ritek", Role::Technician, Home::Firm(OTHER_PROVIDER)),
    ("ursa", Role::ServiceUser, Home::Firm(OTHER_IMPORTER)),
    ("dodo", Role::Driver, Home::Firm(OTHER_IMPORTER)),
];

#[derive(Debug, Clone, Copy)]
pub enum Home {
    Office(&'static str),
    Firm(OrganisationId),
    Nation,
}

impl Home {
    pub fn belongs(self) -> Belonging {
        match self {
            Self::Office(code) => Belonging::Office(OfficeCode(code.into())),
            Self::Firm(organisation) => Belonging::Organisation(organisation),
            Self::Nation => Belonging::Nation,
        }
    }
}

pub fn principal(name: &str) -> Principal {
    let place = CAST
        .iter()
        .position(|(known, ..)| *known == name)
        .unwrap_or_else(|| panic!("who is {name}?"));
    let (_, role, home) = CAST[place];
    Principal::Person {
        person: PersonId(place as u64 + 1),
        role,
        belongs: home.belongs(),
    }
}

pub fn person(name: &str) -> PersonId {
    principal(name).person().expect("the cast are persons")
}

pub fn secret(number: u64) -> SecretHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    SecretHash(hash)
}

/// The hash under which a person's erasable record is known.
pub fn subject_of(name: &str) -> SecretHash {
    secret(1_000 + person(name).0)
}

pub fn place(name: &str) -> Position {
    let (lat, lon) = match name {
        "origin" => (-6.950, 110.420),
        "road" => (-6.950, 110.460),
        "destination" => (-6.950, 110.500),
        "away" => (-6.900, 110.460),
        _ => panic!("where is {name}?"),
    };
    Position::new(lat, lon).expect("a place on earth")
}

pub fn area(name: &str) -> Area {
    let code = if name == "origin" { "TPKS" } else { "GDGB" };
    Area {
        name: name.into(),
        code: Some(code.into()),
        shape: Shape::Circle {
            centre: place(name),
            radius_m: 500.0,
        },
    }
}

pub fn route_plan() -> RoutePlan {
    RoutePlan {
        name: "TPKS to GDGB".into(),
        owner: IMPORTER,
        office: OfficeCode(TANJUNG_EMAS.into()),
        points: vec![place("origin"), place("road"), place("destination")],
        half_widths_m: vec![200.0],
        origin: area("origin"),
        destination: area("destination"),
        stops: vec![],
        forbidden: vec![],
        no_coverage: vec![],
        distance_m: 8_840,
        transit_time_s: 3_600,
        interval_s: 60,
    }
}

pub fn container(number: &str) -> ContainerNumber {
    ContainerNumber::parse(number).expect("a container number")
}

pub fn paper() -> Paper {
    let line = |number: &str| ContainerLine {
        container: container(number),
        size_ft: 40,
        size_type: None,
    };
    Paper {
        kind: DocumentKind::Plp,
        number: "016805".into(),
        date: Day {
            year: 2026,
            month: 11,
            day: 23,
        },
        valid_until: None,
        office: OfficeCode(TANJUNG_EMAS.into()),
        destination_office: OfficeCode(TANJUNG_EMAS.into()),
        tps_origin: "TPKS".into(),
        tps_destination: "GDGB".into(),
        bc11: None,
        submission_number: None,
        owner: IMPORTER,
        lines: vec![
            line(CONTAINER),
            line(SECOND_CONTAINER),
            line(UNAPPROVED_CONTAINER),
        ],
        scan: None,
    }
}

pub fn registration(device: &str, label: &str, provider: OrganisationId) -> SealRegistration {
    SealRegistration {
        protocol: Protocol::Jointech,
        device: DeviceId(device.into()),
        label: label.into(),
        profile: "jt701d".into(),
        provider,
        pool: None,
        certificate: Some(Certificate {
            number: "C-1".into(),
            issuer: "DIKC".into(),
            valid_until: Day {
                year: 2027,
                month: 12,
                day: 31,
            },
            kind: None,
        }),
        certificate_needed: None,
    }
}

/// What a seal says, at its simplest: awake in the origin, open, nine tenths full, its clock right.
pub fn report(device: &str, now: ServerTime, serial: u32) -> Report {
    Report {
        device: DeviceId(device.into()),
        kind: ReportKind::Record,
        time: Some(DeviceTime::from_unix_ms(now.unix_ms)),
        received: now,
        backfill: false,
        fix: Some(Fix {
            position: place("origin"),
            valid: true,
            source: FixSource::Gnss,
            speed_kmh: Some(0.0),
            course_deg: None,
            altitude_m: None,
            satellites: Some(9),
            accuracy_m: None,
        }),
        battery: Some(Battery {
            percent: Some(90),
            charging: false,
            battery_mv: None,
        }),
        lock: Lock {
            rope: Some(false),
            motor: Some(false),
            cover: Some(true),
        },
        signals: Vec::<Signal>::new(),
        cell: None,
        serial: Some(serial),
        extra: Vec::new(),
    }
}

impl World {
    /// A world an hour before the stories' midnight: everybody has joined, one document and one route are approved, two
    /// seals lie ready.
    pub fn with_cast() -> Self {
        let now = ServerTime::from_unix_ms(MIDNIGHT_MS - 3_600_000);
        let mut world = Self {
            state: State::default(),
            rules: rulebook(),
            now,
            serial: 0,
            told: String::new(),
            silent: true,
            decisions: 0,
            record: None,
        };
        world.firms_and_people();
        world.papers_and_seals();
        world.until(ServerTime::from_unix_ms(MIDNIGHT_MS));
        for seal in 1..=3 {
            world.seal_says(seal, |_| {});
        }
        world.silent = false;
        world
    }

    fn firms_and_people(&mut self) {
        self.input(&Input::Started { last_listened: None });
        self.firm(Principal::System, "Segel Nusantara", OrganisationKind::Provider);
        for (number, (name, role, _)) in (0..).zip(CAST) {
            if number == 2 {
                self.firm(principal("sita"), "Importir Satu", OrganisationKind::Importer);
                self.firm(principal("sita"), "Segel Lain", OrganisationKind::Provider);
                self.firm(principal("sita"), "Importir Dua", OrganisationKind::Importer);
            }
            let host = match name {
                // The first supervisor of an office and the first administrator are invited by Segel itself.
                "sita" | "supri" => Principal::System,
                "ayu" => Principal::System,
                "prio" => principal("supri"),
                _ => principal("sita"),
            };
            self.joins(host, name, role, number);
        }
    }

    fn joins(&mut self, host: Principal, name: &str, role: Role, number: u64) {
        let (code, until) = (secret(number), self.now.plus_s(86_400));
        let (.., home) = CAST
            .iter()
            .find(|(known, ..)| *known == name)
            .expect("one of the cast");
        self.accepted(
            host,
            Command::Invite {
                role,
                belongs: home.belongs(),
                code,
                until,
            },
        );
        self.accepted(
            Principal::System,
            Command::Join {
                code,
                subject: subject_of(name),
            },
        );
    }

    fn firm(&mut self, by: Principal, name: &str, kind: OrganisationKind) {
        self.accepted(
            by,
            Command::RegisterOrganisation {
                name: name.into(),
                kind,
                npwp: None,
            },
        );
    }

    fn papers_and_seals(&mut self) {
        self.accepted(principal("umar"), Command::RegisterDocument(paper()));
        let verified = Command::VerifyDocument {
            document: segel_model::DocumentId(1),
            approved: vec![0, 1],
            remark: String::new(),
        };
        self.accepted(principal("oka"), verified);
        self.accepted(principal("umar"), Command::ProposeRoute(route_plan()));
        let approved = Command::ApproveRoute {
            route: segel_model::RouteId(1),
            remark: String::new(),
        };
        self.accepted(principal("oka"), approved);
        self.accepted(
            principal("ayu"),
            Command::RegisterSeal(registration("7001", "JT701-1", PROVIDER)),
        );
        self.accepted(
            principal("ayu"),
            Command::RegisterSeal(registration("7002", "JT701-2", PROVIDER)),
        );
        self.accepted(
            principal("rival"),
            Command::RegisterSeal(registration("7003", "JT701-3", OTHER_PROVIDER)),
        );
    }

    /// A command that must be accepted; what it created.
    pub fn accepted(&mut self, by: Principal, command: Command) -> Option<Subject> {
        let name = command.name();
        match self.asks(by, command) {
            Answer::Accepted { created } => created,
            other => panic!("{name} was not accepted: {other:?}"),
        }
    }

    /// Somebody asks.
    pub fn asks(&mut self, by: Principal, command: Command) -> Answer {
        self.input(&Input::Command(CommandInput {
            principal: by,
            recorded: None,
            recorded_offset_ms: 0,
            command,
        }))
    }

    /// A seal says something: its simplest report, changed by the caller.
    pub fn seal_says(&mut self, seal: u64, change: impl FnOnce(&mut Report)) {
        self.serial += 1;
        let mut report = report(&format!("700{seal}"), self.now, self.serial);
        change(&mut report);
        self.input(&Input::Report(ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report,
        }));
    }

    /// Whether a fix of that seal that may judge is known; stories that need one say so early.
    pub fn has_judged_fix(&self, seal: u64) -> bool {
        let judged = self
            .state
            .seal(segel_model::SealId(seal))
            .and_then(|seal| seal.moving.judged);
        judged.is_some_and(|here| here.place.use_ == FixUse::Judges)
    }
}
