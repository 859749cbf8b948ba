//! Which commands a role may ask at all, for the web app to show. The truth is `custody::may`, which is asked here with
//! one example of each command.

use std::sync::OnceLock;

use segel_custody::may::roles;
use segel_geo::Position;
use segel_model::alarm::AlarmOutcome;
use segel_model::container::ContainerNumber;
use segel_model::document::{Day, DocumentKind, Paper};
use segel_model::grant::UnlockMethod;
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::Protocol;
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::seal::{Certificate, SealCondition, SealRegistration};
use segel_model::trip::{TripMode, TripRequest};
use segel_model::{
    AlarmId, BlobHash, Command, DeviceId, DocumentId, GrantId, InvitationId, MessageId, OfficeCode,
    OrganisationId, PersonId, PhotoId, Role, RouteId, SealId, SealOrder, SecretHash, ServerTime, TokenId,
    TripId,
};

/// The names of the commands a role has a right to.
pub fn of(role: Role) -> impl Iterator<Item = &'static str> {
    static EXAMPLES: OnceLock<Vec<Command>> = OnceLock::new();
    let examples = EXAMPLES.get_or_init(examples);
    examples
        .iter()
        .filter(move |command| roles(command).contains(&role))
        .map(Command::name)
}

const DAY: Day = Day {
    year: 2026,
    month: 1,
    day: 1,
};
const HASH: SecretHash = SecretHash([0; 32]);
const NEVER: ServerTime = ServerTime::from_unix_ms(0);
const OWNER: OrganisationId = OrganisationId(0);
const TRIP: TripId = TripId(0);
const SEAL: SealId = SealId(0);
const GRANT: GrantId = GrantId(0);
const ALARM: AlarmId = AlarmId(0);
const DOCUMENT: DocumentId = DocumentId(0);

/// One of each. What is said in them does not matter: a right is by name.
fn examples() -> Vec<Command> {
    let all = [people(), stock(), papers(), sealing(), opening(), watching()];
    all.into_iter().flatten().collect()
}

fn words() -> String {
    String::new()
}

fn people() -> Vec<Command> {
    vec![
        Command::RegisterOrganisation {
            name: words(),
            kind: OrganisationKind::Carrier,
            npwp: None,
        },
        Command::Invite {
            role: Role::Driver,
            belongs: Belonging::Nation,
            code: HASH,
            until: NEVER,
        },
        Command::RevokeInvitation {
            invitation: InvitationId(0),
        },
        Command::DisablePerson {
            person: PersonId(0),
            reason: words(),
        },
        Command::IssueToken {
            label: words(),
            hash: HASH,
            until: NEVER,
        },
        Command::RevokeToken { token: TokenId(0) },
    ]
}

fn stock() -> Vec<Command> {
    let certificate = Certificate {
        number: words(),
        issuer: words(),
        valid_until: DAY,
        kind: None,
    };
    vec![
        Command::RegisterSeal(SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(words()),
            label: words(),
            profile: words(),
            provider: OWNER,
            pool: None,
            certificate: None,
            certificate_needed: None,
        }),
        Command::CertifySeal {
            seal: SEAL,
            certificate,
        },
        Command::SetSealCondition {
            seal: SEAL,
            condition: SealCondition::Ready,
        },
        Command::ClearDoubt {
            seal: SEAL,
            reason: words(),
        },
        Command::UnmaskReport {
            seal: SEAL,
            commit: 0,
            ordinal: 0,
            trip: None,
            reason: words(),
        },
        Command::OrderSeal {
            seal: SEAL,
            order: SealOrder::SetTime,
            reason: String::new(),
        },
    ]
}

fn papers() -> Vec<Command> {
    let office = || OfficeCode(words());
    let area = || Area {
        name: words(),
        code: None,
        shape: Shape::Polygon(Vec::<Position>::new()),
    };
    vec![
        Command::RegisterDocument(Paper {
            kind: DocumentKind::Plp,
            number: words(),
            date: DAY,
            valid_until: None,
            office: office(),
            destination_office: office(),
            tps_origin: words(),
            tps_destination: words(),
            bc11: None,
            submission_number: None,
            owner: OWNER,
            lines: Vec::new(),
            scan: None,
        }),
        Command::VerifyDocument {
            document: DOCUMENT,
            approved: Vec::new(),
            remark: words(),
        },
        Command::RefuseDocument {
            document: DOCUMENT,
            reason: words(),
        },
        Command::CancelDocument {
            document: DOCUMENT,
            reason: words(),
        },
        Command::ProposeRoute(RoutePlan {
            name: words(),
            owner: OWNER,
            office: office(),
            points: Vec::new(),
            half_widths_m: Vec::new(),
            origin: area(),
            destination: area(),
            stops: Vec::new(),
            forbidden: Vec::new(),
            no_coverage: Vec::new(),
            distance_m: 0,
            transit_time_s: 0,
            interval_s: 0,
        }),
        Command::ApproveRoute {
            route: RouteId(0),
            remark: words(),
        },
        Command::RefuseRoute {
            route: RouteId(0),
            reason: words(),
        },
    ]
}

fn sealing() -> Vec<Command> {
    let container = ContainerNumber::parse("CSQU3054383").expect("a published number");
    let facts = no_photo();
    vec![
        Command::OpenTrip(TripRequest {
            owner: OWNER,
            provider: OWNER,
            container,
            check_digit_confirmed: false,
            document: None,
            route: None,
            tps_origin: words(),
            tps_destination: words(),
            mode: TripMode::Sealed,
            plate: None,
            driver: None,
            install_wanted: None,
            start_window: None,
        }),
        Command::AttachDocument {
            trip: TRIP,
            document: DOCUMENT,
        },
        Command::SubmitTrip { trip: TRIP },
        Command::PlanTrip {
            trip: TRIP,
            route: RouteId(0),
        },
        Command::NameDriver {
            trip: TRIP,
            driver: None,
        },
        Command::CancelTrip {
            trip: TRIP,
            reason: words(),
        },
        Command::AssignSeal {
            trip: TRIP,
            seal: SEAL,
            technician: PersonId(0),
        },
        Command::ReleaseSeal {
            trip: TRIP,
            reason: words(),
        },
        Command::BeginInstall {
            trip: TRIP,
            container: words(),
            seal_label: words(),
            place: None,
            bolt_seal: None,
        },
        Command::RecordInstalled {
            trip: TRIP,
            reason: words(),
        },
        Command::AddPhoto {
            trip: TRIP,
            step: PhotoStep::Install,
            kind: PhotoKind::Other,
            facts,
        },
        Command::RejectPhoto {
            photo: PhotoId(0),
            reason: words(),
        },
    ]
}

/// Facts of a photo that nobody has taken.
pub fn no_photo() -> PhotoFacts {
    PhotoFacts {
        blob: BlobHash([0; 32]),
        media_type: words(),
        bytes: 0,
        taken: None,
        taken_at: None,
        distance_to_seal_m: None,
        has_preview: false,
    }
}

fn opening() -> Vec<Command> {
    vec![
        Command::AuthoriseDeparture {
            trip: TRIP,
            remark: words(),
        },
        Command::ConfirmArrival {
            trip: TRIP,
            reason: words(),
        },
        Command::CheckSeal {
            trip: TRIP,
            number_matches: true,
            looks_untouched: true,
            remark: words(),
        },
        Command::DecideHeldTrip {
            trip: TRIP,
            release: true,
            reason: words(),
        },
        Command::GrantRemoval {
            trip: TRIP,
            executor: PersonId(0),
            method: UnlockMethod::Command,
            place: None,
            window_s: None,
            reason: words(),
        },
        Command::RevokeGrant {
            grant: GRANT,
            reason: words(),
        },
        Command::VouchPlace {
            grant: GRANT,
            reason: words(),
        },
        Command::Unlock {
            grant: GRANT,
            place: None,
        },
        Command::RecordOpened {
            grant: GRANT,
            place: None,
        },
        Command::FinishRemoval {
            trip: TRIP,
            place: None,
        },
    ]
}

fn watching() -> Vec<Command> {
    vec![
        Command::AcknowledgeAlarm { alarm: ALARM },
        Command::InvestigateAlarm {
            alarm: ALARM,
            note: words(),
        },
        Command::CommentAlarm {
            alarm: ALARM,
            note: words(),
        },
        Command::CloseAlarm {
            alarm: ALARM,
            outcome: AlarmOutcome::Resolved,
            reason: words(),
        },
        Command::RepairMessage {
            message: MessageId(0),
            corrections: Vec::new(),
            reason: words(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_example_of_each_command_but_joining() {
        let names: std::collections::BTreeSet<_> = examples().iter().map(Command::name).collect();
        assert_eq!((names.len(), names.contains("join")), (46, false));
    }

    #[test]
    fn a_provider_is_never_shown_the_right_to_grant_an_opening() {
        for role in [
            Role::ProviderAdmin,
            Role::ProviderOperator,
            Role::Technician,
            Role::ServiceUser,
        ] {
            assert!(!of(role).any(|right| right == "grant_removal"), "{role:?}");
        }
        assert!(of(Role::CustomsOfficer).any(|right| right == "grant_removal"));
    }
}
