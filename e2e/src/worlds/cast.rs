//! The people, firms, papers, seals and the road of every simulated world, and the store they begin with: made once by
//! decisions, like everybody's, and copied for each world.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use segel_geo::Position;
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Day, DocumentKind, Paper};
use segel_model::input::CommandInput;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::Protocol;
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::seal::{Certificate, SealRegistration};
use segel_model::{
    Command, DeviceId, DocumentId, OfficeCode, OrganisationId, PersonId, Principal, Role, RouteId, Rulebook,
    SecretHash, ServerTime,
};
use segel_server::ask::{Asked, Side, Verdict};
use segel_server::clock::Hand;
use segel_store::SideRow;

use super::segel::Segel;

/// 24 November 2026, 07:00 WIB: when the template of every world is made.
pub const BEGINNING: ServerTime = ServerTime::from_unix_ms(1_795_478_400_000);
/// Seals in stock.
pub const SEALS: usize = 4;
/// The office of the road.
pub const OFFICE: &str = "060100";
/// Another office, which must not see the trips of the first.
pub const OTHER_OFFICE: &str = "040300";
/// The provider.
pub const PROVIDER: OrganisationId = OrganisationId(1);
/// Whose containers travel.
pub const IMPORTER: OrganisationId = OrganisationId(2);
/// A competitor of the importer.
pub const OTHER_IMPORTER: OrganisationId = OrganisationId(3);
/// A competitor of the provider.
pub const OTHER_PROVIDER: OrganisationId = OrganisationId(4);
/// The document that is verified.
pub const DOCUMENT: DocumentId = DocumentId(1);
/// The route that is approved.
pub const ROUTE: RouteId = RouteId(1);
/// The containers of the document.
pub const CONTAINERS: [&str; 3] = ["CSQU3054383", "TEMU6079348", "HLXU2008419"];
/// One that no document lists.
pub const UNLISTED: &str = "MSKU0000006";

/// Somebody in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Customs supervisor.
    Sita,
    /// Administrator of the provider.
    Ayu,
    /// Customs officer.
    Oka,
    /// Operator of the provider.
    Opi,
    /// Technician.
    Teo,
    /// Service user of the importer.
    Umar,
    /// Driver of the importer.
    Didi,
    /// Service user of another importer.
    Ursa,
    /// Operator of another provider.
    Riop,
    /// Supervisor of another office.
    Supri,
    /// Auditor.
    Aud,
}

const EVERYBODY: [Who; 11] = [
    Who::Sita,
    Who::Ayu,
    Who::Supri,
    Who::Oka,
    Who::Opi,
    Who::Teo,
    Who::Umar,
    Who::Didi,
    Who::Ursa,
    Who::Riop,
    Who::Aud,
];

impl Who {
    /// Role and belonging.
    fn part(self) -> (Role, Belonging) {
        let office = |code: &str| Belonging::Office(OfficeCode(code.into()));
        let firm = Belonging::Organisation;
        match self {
            Self::Sita => (Role::CustomsSupervisor, office(OFFICE)),
            Self::Ayu => (Role::ProviderAdmin, firm(PROVIDER)),
            Self::Oka => (Role::CustomsOfficer, office(OFFICE)),
            Self::Opi => (Role::ProviderOperator, firm(PROVIDER)),
            Self::Teo => (Role::Technician, firm(PROVIDER)),
            Self::Umar => (Role::ServiceUser, firm(IMPORTER)),
            Self::Didi => (Role::Driver, firm(IMPORTER)),
            Self::Ursa => (Role::ServiceUser, firm(OTHER_IMPORTER)),
            Self::Riop => (Role::ProviderOperator, firm(OTHER_PROVIDER)),
            Self::Supri => (Role::CustomsSupervisor, office(OTHER_OFFICE)),
            Self::Aud => (Role::Auditor, Belonging::Nation),
        }
    }

    /// The person's number: people join in the order of the list.
    pub fn person(self) -> PersonId {
        let place = EVERYBODY.iter().position(|who| *who == self);
        PersonId(place.expect("everybody is in the list") as u64 + 1)
    }

    /// As they ask.
    pub fn principal(self) -> Principal {
        let (role, belongs) = self.part();
        Principal::Person {
            person: self.person(),
            role,
            belongs,
        }
    }
}

/// A hash that stands for a secret or an erasable record.
pub fn hash(number: u64) -> SecretHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    SecretHash(hash)
}

/// The number a seal calls itself.
pub const fn device_number(seal: usize) -> u64 {
    7_590_000_001 + seal as u64
}

/// The number printed on it.
pub fn label(seal: usize) -> String {
    format!("JT701-{}", seal + 1)
}

/// A place on the road: kilometres from its beginning, metres north of it.
pub fn road(km: f64, north_m: f64) -> Position {
    Position {
        lat: -6.950 + north_m / 110_574.0,
        lon: 110.420 + km / 110.54,
    }
}

/// The length of the road.
pub const ROAD_KM: f64 = 8.84;

fn area(name: &str, code: &str, km: f64) -> Area {
    Area {
        name: name.into(),
        code: Some(code.into()),
        shape: Shape::Circle {
            centre: road(km, 0.0),
            radius_m: 500.0,
        },
    }
}

fn route() -> RoutePlan {
    RoutePlan {
        name: "TPKS to GDGB".into(),
        owner: IMPORTER,
        office: OfficeCode(OFFICE.into()),
        points: [0.0, 4.0, ROAD_KM].map(|km| road(km, 0.0)).into(),
        half_widths_m: vec![200.0],
        origin: area("origin", "TPKS", 0.0),
        destination: area("destination", "GDGB", ROAD_KM),
        stops: vec![],
        forbidden: vec![],
        no_coverage: vec![],
        distance_m: 8_840,
        transit_time_s: 3_600,
        interval_s: 60,
    }
}

/// The container of that number.
pub fn container(number: &str) -> ContainerNumber {
    ContainerNumber::parse(number).expect("a container number")
}

fn paper() -> Paper {
    let day = |day| Day {
        year: 2026,
        month: 11,
        day,
    };
    let line = |number: &str| ContainerLine {
        container: container(number),
        size_ft: 40,
        size_type: None,
    };
    Paper {
        kind: DocumentKind::Plp,
        number: "016805".into(),
        date: day(23),
        valid_until: None,
        office: OfficeCode(OFFICE.into()),
        destination_office: OfficeCode(OFFICE.into()),
        tps_origin: "TPKS".into(),
        tps_destination: "GDGB".into(),
        bc11: None,
        submission_number: None,
        owner: IMPORTER,
        lines: CONTAINERS.into_iter().map(line).collect(),
        scan: None,
    }
}

fn registration(seal: usize) -> SealRegistration {
    SealRegistration {
        protocol: Protocol::Jointech,
        device: DeviceId(device_number(seal).to_string()),
        label: label(seal),
        profile: "jt701d".into(),
        provider: PROVIDER,
        pool: None,
        certificate: Some(Certificate {
            number: format!("C-{seal}"),
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

/// A command as the API hands it to the engine, by a phone whose clock is right.
pub fn asked(principal: Principal, command: Command, side: Side) -> Asked {
    Asked {
        input: CommandInput {
            principal,
            recorded: None,
            recorded_offset_ms: 0,
            command,
        },
        side,
    }
}

/// Makes the store that every world begins with.
pub fn make_template(folder: &Path, rules: &Arc<Rulebook>) -> Result<()> {
    let hand = Hand::at(BEGINNING);
    let segel = Segel::start(folder, &hand, rules, super::Planted::Nothing, None)?;
    // Chance has no place here: the machine's number goes into the name of every message.
    segel.handle().store().write(&[SideRow::Setting {
        name: "skp_machine".into(),
        value: "5e9e1000-0000-4000-8000-000000000001".into(),
    }])?;
    for (by, command) in beginnings() {
        let name = command.name();
        hand.pass_ms(1000);
        let answer = segel.handle().ask_blocking(asked(by, command, Side::default()))?;
        if let Verdict::Refused(why) = answer.verdict {
            bail!("the template's {name} was refused: {}", why.code);
        }
    }
    segel.stop()
}

fn beginnings() -> Vec<(Principal, Command)> {
    let system = || Principal::System;
    let firm = |name: &str, kind| Command::RegisterOrganisation {
        name: name.into(),
        kind,
        npwp: None,
    };
    let mut all = vec![(system(), firm("Segel Nusantara", OrganisationKind::Provider))];
    for (number, who) in (0..).zip(EVERYBODY) {
        if number == 3 {
            let sita = || Who::Sita.principal();
            all.push((sita(), firm("Importir Satu", OrganisationKind::Importer)));
            all.push((sita(), firm("Importir Dua", OrganisationKind::Importer)));
            all.push((sita(), firm("Segel Lain", OrganisationKind::Provider)));
        }
        all.extend(joining(number, who));
    }
    all.push((Who::Umar.principal(), Command::RegisterDocument(paper())));
    let verified = Command::VerifyDocument {
        document: DOCUMENT,
        approved: vec![0, 1, 2],
        remark: String::new(),
    };
    all.push((Who::Oka.principal(), verified));
    all.push((Who::Umar.principal(), Command::ProposeRoute(route())));
    let approved = Command::ApproveRoute {
        route: ROUTE,
        remark: String::new(),
    };
    all.push((Who::Oka.principal(), approved));
    all.extend((0..SEALS).map(|seal| (Who::Ayu.principal(), Command::RegisterSeal(registration(seal)))));
    all
}

fn joining(number: u64, who: Who) -> [(Principal, Command); 2] {
    let host = match who {
        Who::Sita | Who::Supri | Who::Ayu => Principal::System,
        _ => Who::Sita.principal(),
    };
    let ((role, belongs), code) = (who.part(), hash(number));
    let invite = Command::Invite {
        role,
        belongs,
        code,
        until: BEGINNING.plus_s(86_400),
    };
    let join = Command::Join {
        code,
        subject: hash(1_000 + who.person().0),
    };
    [(host, invite), (Principal::System, join)]
}
