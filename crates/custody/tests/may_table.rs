//! Every command with every role and another tenant's people, against the handbook's table of rights (b), typed by hand.
//!
//! A line names who may; everybody else in the cast must be refused. The home tenants are oka (officer), sita (supervisor),
//! hadi (headquarters), ayu (provider admin), opi (operator), teo (the trip's technician), umar (user), didi (the trip's
//! driver) and aud (auditor); tia is another technician of the provider. prio and supri are of another office, rival, riop
//! and ritek of another provider, ursa and dodo of another user: they may nothing that names a record of the first ones.

mod story;

use std::collections::BTreeSet;

use segel_custody::may::may;
use segel_model::alarm::AlarmOutcome;
use segel_model::grant::UnlockMethod;
use segel_model::photo::{PhotoKind, PhotoStep};
use segel_model::principal::OrganisationKind;
use segel_model::seal::{Certificate, SealCondition};
use segel_model::*;
use story::*;

const REASON: &str = "reason";
const ALL: &str = "sita ayu oka hadi opi teo umar didi aud tia supri prio rival riop ritek ursa dodo";

/// Who may, by the command; the trip of the first tenants stands at state 12, with an open alarm.
fn table() -> Vec<(&'static str, Command)> {
    let (trip, seal, document, route) = (TripId(1), SealId(1), DocumentId(1), RouteId(1));
    let (grant, alarm, message, photo) = (GrantId(1), AlarmId(1), MessageId(1), PhotoId(1));
    let reason = || REASON.to_string();
    let until = ServerTime::from_unix_ms(MIDNIGHT_MS + 86_400_000);
    let invite = |role, home: Home| Command::Invite {
        role,
        belongs: home.belongs(),
        code: secret(77),
        until,
    };
    let certificate = Certificate {
        number: "C".into(),
        issuer: "DIKC".into(),
        valid_until: document::Day {
            year: 2027,
            month: 1,
            day: 1,
        },
        kind: None,
    };
    let open = |own_seals: bool| {
        let provider = if own_seals { IMPORTER } else { PROVIDER };
        Command::OpenTrip(trip::TripRequest {
            provider,
            ..request(&[])
        })
    };
    vec![
        // Not in the table: who enters firms and people. Customs people only by customs.
        (
            "sita supri ayu rival",
            Command::RegisterOrganisation {
                name: "x".into(),
                kind: OrganisationKind::Importer,
                npwp: None,
            },
        ),
        ("sita", invite(Role::CustomsOfficer, Home::Office(TANJUNG_EMAS))),
        ("sita supri", invite(Role::CustomsHq, Home::Nation)),
        ("sita supri", invite(Role::Auditor, Home::Nation)),
        ("", invite(Role::CustomsOfficer, Home::Firm(PROVIDER))),
        ("sita supri", invite(Role::ProviderAdmin, Home::Firm(IMPORTER))),
        ("", invite(Role::ServiceUser, Home::Firm(PROVIDER))),
        (
            "sita supri ayu",
            invite(Role::ProviderOperator, Home::Firm(PROVIDER)),
        ),
        ("sita supri ayu", invite(Role::Technician, Home::Firm(PROVIDER))),
        ("sita supri umar", invite(Role::ServiceUser, Home::Firm(IMPORTER))),
        ("sita supri umar", invite(Role::Driver, Home::Firm(IMPORTER))),
        (
            "",
            Command::Join {
                code: secret(1),
                subject: secret(2),
            },
        ),
        (
            "sita supri ayu",
            Command::RevokeInvitation {
                invitation: InvitationId(18),
            },
        ),
        (
            "sita supri ayu",
            Command::DisablePerson {
                person: person("tia"),
                reason: reason(),
            },
        ),
        (
            ALL,
            Command::IssueToken {
                label: "x".into(),
                hash: secret(9),
                until,
            },
        ),
        ("sita supri ayu teo", Command::RevokeToken { token: TokenId(1) }),
        // Device inventory, firmware, keys, RFID cards: provider admin and operator.
        (
            "ayu opi",
            Command::RegisterSeal(registration("7009", "JT701-9", PROVIDER)),
        ),
        ("ayu opi", Command::CertifySeal { seal, certificate }),
        (
            "ayu opi",
            Command::SetSealCondition {
                seal,
                condition: SealCondition::Ready,
            },
        ),
        (
            "ayu opi",
            Command::OrderSeal {
                seal,
                order: SealOrder::SetTime,
                reason: String::new(),
            },
        ),
        // Law 5: "unmasking is a logged right".
        (
            "sita ayu",
            Command::UnmaskReport {
                seal,
                commit: 1,
                ordinal: 0,
                trip: Some(trip),
                reason: reason(),
            },
        ),
        // Law 5: an officer clears a doubt.
        (
            "oka sita",
            Command::ClearDoubt {
                seal,
                reason: reason(),
            },
        ),
        // Register documents / request e-seal: the user; the provider on behalf, flagged.
        ("umar ayu opi rival riop", Command::RegisterDocument(paper())),
        ("umar ayu opi", open(false)),
        ("umar", open(true)),
        ("umar ayu opi", Command::AttachDocument { trip, document }),
        ("umar ayu opi", Command::SubmitTrip { trip }),
        ("umar ayu opi", Command::NameDriver { trip, driver: None }),
        (
            "umar ayu opi",
            Command::CancelTrip {
                trip,
                reason: reason(),
            },
        ),
        // Verify or reject document: officer and supervisor.
        (
            "oka sita",
            Command::VerifyDocument {
                document,
                approved: vec![0],
                remark: reason(),
            },
        ),
        (
            "oka sita",
            Command::RefuseDocument {
                document,
                reason: reason(),
            },
        ),
        (
            "oka sita",
            Command::CancelDocument {
                document,
                reason: reason(),
            },
        ),
        // Author Route Plan: user, provider. Approve: officer and supervisor.
        ("umar ayu opi rival riop", Command::ProposeRoute(route_plan())),
        ("umar ayu opi", Command::PlanTrip { trip, route }),
        (
            "oka sita",
            Command::ApproveRoute {
                route,
                remark: reason(),
            },
        ),
        (
            "oka sita",
            Command::RefuseRoute {
                route,
                reason: reason(),
            },
        ),
        // Assign / release device: provider admin and operator.
        (
            "ayu opi",
            Command::AssignSeal {
                trip,
                seal,
                technician: person("teo"),
            },
        ),
        (
            "ayu opi",
            Command::ReleaseSeal {
                trip,
                reason: reason(),
            },
        ),
        // Start / finish install, upload photos: the technician; officer confirms, operator assists.
        (
            "teo",
            Command::BeginInstall {
                trip,
                container: CONTAINER.into(),
                seal_label: "JT701-1".into(),
                place: None,
                bolt_seal: None,
            },
        ),
        (
            "oka sita",
            Command::RecordInstalled {
                trip,
                reason: reason(),
            },
        ),
        ("teo opi", add_photo(trip, PhotoStep::Install, PhotoKind::Other)),
        (
            "oka sita",
            Command::RejectPhoto {
                photo,
                reason: reason(),
            },
        ),
        ("teo", Command::FinishRemoval { trip, place: None }),
        // Authorise departure, and what else customs decides on the way.
        (
            "oka sita",
            Command::AuthoriseDeparture {
                trip,
                remark: reason(),
            },
        ),
        (
            "oka sita",
            Command::ConfirmArrival {
                trip,
                reason: reason(),
            },
        ),
        (
            "oka sita",
            Command::CheckSeal {
                trip,
                number_matches: true,
                looks_untouched: true,
                remark: reason(),
            },
        ),
        (
            "oka sita",
            Command::DecideHeldTrip {
                trip,
                release: true,
                reason: reason(),
            },
        ),
        // Authorise unlock/removal: customs, a provider never alone, a technician executes only.
        (
            "oka sita",
            Command::GrantRemoval {
                trip,
                executor: person("teo"),
                method: UnlockMethod::Command,
                place: None,
                window_s: None,
                reason: reason(),
            },
        ),
        (
            "oka sita",
            Command::RevokeGrant {
                grant,
                reason: reason(),
            },
        ),
        (
            "oka sita",
            Command::VouchPlace {
                grant,
                reason: reason(),
            },
        ),
        ("teo", Command::Unlock { grant, place: None }),
        ("teo", Command::RecordOpened { grant, place: None }),
        // Alarms: acknowledge and act; close, or propose to; users and drivers comment and explain.
        ("oka sita ayu opi", Command::AcknowledgeAlarm { alarm }),
        (
            "oka sita ayu opi",
            Command::InvestigateAlarm {
                alarm,
                note: reason(),
            },
        ),
        (
            "oka sita ayu opi",
            Command::CloseAlarm {
                alarm,
                outcome: AlarmOutcome::False,
                reason: reason(),
            },
        ),
        (
            "oka sita ayu opi umar didi",
            Command::CommentAlarm {
                alarm,
                note: reason(),
            },
        ),
        // SKP credentials and outbox: the provider.
        (
            "ayu opi",
            Command::RepairMessage {
                message,
                corrections: vec![],
                reason: reason(),
            },
        ),
    ]
}

/// The first tenants' trip at state 12 with an open alarm, an unused invitation and a token.
fn world() -> World {
    let mut world = World::with_cast();
    let until = world.now.plus_s(86_400);
    let home = Home::Firm(PROVIDER).belongs();
    let invite = Command::Invite {
        role: Role::ProviderOperator,
        belongs: home,
        code: secret(50),
        until,
    };
    world.accepted(principal("ayu"), invite);
    world.accepted(
        principal("teo"),
        Command::IssueToken {
            label: "x".into(),
            hash: secret(8),
            until,
        },
    );
    world.given("given granted");
    world.given("0:27 skp 1 stuck");
    world
}

#[test]
fn every_command_may_be_asked_by_those_the_table_names_and_by_nobody_else() {
    let world = world();
    for (allowed, command) in table() {
        let expected: BTreeSet<&str> = allowed.split_whitespace().collect();
        let may = |name: &&str| may(&principal(name), &command, &world.state).is_ok();
        let found: BTreeSet<&str> = CAST.iter().map(|(name, ..)| *name).filter(may).collect();
        assert_eq!(found, expected, "{command:?}");
    }
}

#[test]
fn the_table_leaves_no_command_out() {
    let asked: BTreeSet<&str> = table().iter().map(|(_, command)| command.name()).collect();
    let source = include_str!("../../model/src/command.rs");
    let names = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split('"').nth(1));
    let known: BTreeSet<&str> = names.collect();
    assert_eq!(asked, known);
}

/// What somebody may not see does not exist for them: the refusal does not tell a secret by its code.
#[test]
fn another_tenants_record_is_answered_as_if_it_did_not_exist() {
    let world = world();
    let (trip, document, alarm) = (TripId(1), DocumentId(1), AlarmId(1));
    let code = |name: &str, command: Command| {
        may(&principal(name), &command, &world.state)
            .expect_err("another tenant's record")
            .code
    };
    assert_eq!(
        code("ursa", Command::SubmitTrip { trip }),
        code("ursa", Command::SubmitTrip { trip: TripId(99) })
    );
    let cancel = |document| Command::CancelDocument {
        document,
        reason: REASON.into(),
    };
    assert_eq!(
        code("prio", cancel(document)),
        code("prio", cancel(DocumentId(99)))
    );
    let comment = |alarm| Command::CommentAlarm {
        alarm,
        note: REASON.into(),
    };
    assert_eq!(code("dodo", comment(alarm)), code("dodo", comment(AlarmId(99))));
}

/// "no self-approval": customs cannot decide about what the same person asked for, nor grant themselves an opening.
#[test]
fn nobody_decides_about_their_own_request() {
    let world = world();
    let grant = Command::GrantRemoval {
        trip: TripId(1),
        executor: person("oka"),
        method: UnlockMethod::Command,
        place: None,
        window_s: None,
        reason: REASON.into(),
    };
    let refusal = may(&principal("oka"), &grant, &world.state).expect_err("oneself");
    assert_eq!(refusal.code, "own_request");
    assert_eq!(may(&principal("sita"), &grant, &world.state), Ok(()));
}

/// A session that is older than a change of the person is worth nothing.
#[test]
fn who_was_shut_out_or_moved_may_nothing() {
    let mut world = world();
    let token = |until| Command::IssueToken {
        label: "x".into(),
        hash: secret(9),
        until,
    };
    let until = world.now.plus_s(86_400);
    world.accepted(
        principal("ayu"),
        Command::DisablePerson {
            person: person("tia"),
            reason: REASON.into(),
        },
    );
    let refusal = may(&principal("tia"), &token(until), &world.state).expect_err("shut out");
    assert_eq!(refusal.code, "person_disabled");
    let forged = Principal::Person {
        person: person("teo"),
        role: Role::CustomsSupervisor,
        belongs: Home::Office(TANJUNG_EMAS).belongs(),
    };
    let refusal = may(&forged, &token(until), &world.state).expect_err("another role");
    assert_eq!(refusal.code, "person_disabled");
    let oneself = Command::DisablePerson {
        person: person("sita"),
        reason: REASON.into(),
    };
    assert_eq!(
        may(&principal("sita"), &oneself, &world.state)
            .expect_err("oneself")
            .code,
        "not_yourself"
    );
}

/// The first start invites a customs supervisor and a provider's administrator, and lets nobody else in.
#[test]
fn segel_itself_invites_the_first_two_and_may_nothing_else() {
    let world = world();
    for (_, command) in table() {
        let allowed = match &command {
            Command::Join { .. } => true,
            Command::RegisterOrganisation { kind, .. } => *kind == OrganisationKind::Provider,
            Command::Invite {
                role: Role::ProviderAdmin,
                ..
            } => true,
            _ => false,
        };
        assert_eq!(
            may(&Principal::System, &command, &world.state).is_ok(),
            allowed,
            "{command:?}"
        );
    }
    let until = world.now.plus_s(60);
    let belongs = Home::Office(TANJUNG_EMAS).belongs();
    let first = Command::Invite {
        role: Role::CustomsSupervisor,
        belongs,
        code: secret(60),
        until,
    };
    assert_eq!(may(&Principal::System, &first, &world.state), Ok(()));
}

/// A provider brings in the first user of a new customer, and nobody into a house that is lived in.
#[test]
fn a_provider_invites_only_a_customers_first_user() {
    let mut world = world();
    let register = Command::RegisterOrganisation {
        name: "new".into(),
        kind: OrganisationKind::Importer,
        npwp: None,
    };
    world.accepted(principal("ayu"), register);
    let until = world.now.plus_s(60);
    let invite = |firm: u64| Command::Invite {
        role: Role::ServiceUser,
        belongs: Home::Firm(OrganisationId(firm)).belongs(),
        code: secret(60),
        until,
    };
    assert_eq!(may(&principal("ayu"), &invite(5), &world.state), Ok(()));
    assert_eq!(
        may(&principal("ayu"), &invite(2), &world.state)
            .expect_err("lived in")
            .code,
        "not_your_people"
    );
}

/// What each may see: an office its trips, an organisation its own, a technician the job, a driver the trip under way.
#[test]
fn every_read_has_its_scope() {
    use segel_custody::scope::sees;
    use segel_model::event::Subject as S;
    let world = world();
    let seen_by = |what: S| -> String {
        let sees = |name: &&str| sees(&world.state, &principal(name), what);
        CAST.iter()
            .map(|(name, ..)| *name)
            .filter(sees)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        seen_by(S::Trip(TripId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Alarm(AlarmId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Grant(GrantId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Photo(PhotoId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Seal(SealId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Order(OrderId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Document(DocumentId(1))),
        "sita ayu oka hadi opi teo umar aud"
    );
    assert_eq!(
        seen_by(S::Route(RouteId(1))),
        "sita ayu oka hadi opi teo umar didi aud"
    );
    assert_eq!(
        seen_by(S::Message(MessageId(1))),
        "sita ayu oka hadi opi umar aud"
    );
    assert_eq!(
        seen_by(S::Seal(SealId(3))),
        "sita oka hadi aud supri prio rival riop"
    );
    assert_eq!(
        seen_by(S::Person(person("teo"))),
        "sita ayu hadi opi teo aud supri"
    );
    assert_eq!(seen_by(S::Person(person("oka"))), "sita oka hadi aud");
    assert_eq!(seen_by(S::Token(TokenId(1))), "sita ayu hadi opi teo aud supri");
}

/// A driver's privacy: once the seal is off, the trip is gone for them.
#[test]
fn a_driver_sees_the_trip_only_while_it_is_under_way() {
    let mut world = world();
    let sees =
        |world: &World, name| segel_custody::scope::sees_trip(&world.state, &principal(name), TripId(1));
    assert!(sees(&world, "didi"));
    world.given(
        "0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command",
    );
    assert!(sees(&world, "didi"));
    world.given("0:31 teo finishes removal");
    assert!(!sees(&world, "didi"));
    assert!(sees(&world, "umar"));
}
