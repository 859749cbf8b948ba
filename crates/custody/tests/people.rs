//! People, firms and their invitations; papers and seals as they are entered.

mod story;

use expect_test::expect;
use segel_custody::Answer;
use segel_model::document::{Day, DocumentKind};
use segel_model::principal::OrganisationKind;
use segel_model::seal::SealCondition;
use segel_model::trip::TripRequest;
use segel_model::{
    Command, DocumentId, InvitationId, OfficeCode, OrganisationId, PersonId, Principal, Role, RouteId,
    SealId, TokenId, TripId,
};
use story::*;

/// The code of a refusal, or `accepted`.
fn code(answer: Answer) -> String {
    match answer {
        Answer::Refused(refusal) => refusal.code,
        _ => "accepted".into(),
    }
}

fn invite(world: &World, number: u64, seconds: i64) -> Command {
    let until = world.now.plus_s(seconds);
    let belongs = Home::Firm(PROVIDER).belongs();
    Command::Invite {
        role: Role::Technician,
        belongs,
        code: secret(number),
        until,
    }
}

fn join(number: u64) -> Command {
    Command::Join {
        code: secret(number),
        subject: secret(2_000 + number),
    }
}

/// An invitation is used once.
#[test]
fn an_invitation_lets_one_person_in() {
    let mut world = World::with_cast();
    let command = invite(&world, 70, 60);
    world.accepted(principal("ayu"), command.clone());
    assert_eq!(code(world.asks(principal("ayu"), command)), "code_in_use");
    let newcomer = PersonId(CAST.len() as u64 + 1);
    assert_eq!(
        world.accepted(Principal::System, join(70)),
        Some(segel_model::event::Subject::Person(newcomer))
    );
    assert_eq!(
        code(world.asks(Principal::System, join(70))),
        "no_such_invitation"
    );
    assert_eq!(world.state.persons[&newcomer].role, Role::Technician);
}

/// A second before its end it holds; at its end a tick ends it.
#[test]
fn an_invitation_runs_out() {
    let mut world = World::with_cast();
    let command = invite(&world, 70, 60);
    world.accepted(principal("ayu"), command);
    let command = invite(&world, 71, 60);
    world.accepted(principal("ayu"), command);
    world.told.clear();
    world.play("0:00:59 nothing");
    assert_eq!(code(world.asks(Principal::System, join(70))), "accepted");
    world.play("0:01 nothing");
    assert_eq!(
        code(world.asks(Principal::System, join(71))),
        "no_such_invitation"
    );
    expect![[r#"
        0:00:59 PersonJoined
        0:01 InvitationEnded
        0:01 refused: no_such_invitation
    "#]]
    .assert_eq(&world.told);
    let gone = invite(&world, 72, 0);
    assert_eq!(code(world.asks(principal("ayu"), gone)), "already_over");
}

/// An invitation that was taken back is worth nothing.
#[test]
fn an_invitation_is_taken_back() {
    let mut world = World::with_cast();
    let command = invite(&world, 70, 60);
    world.accepted(principal("ayu"), command);
    let invitation = InvitationId(CAST.len() as u64 + 1);
    world.accepted(principal("ayu"), Command::RevokeInvitation { invitation });
    assert_eq!(
        code(world.asks(Principal::System, join(70))),
        "no_such_invitation"
    );
    assert_eq!(
        code(world.asks(principal("ayu"), Command::RevokeInvitation { invitation })),
        "no_such_invitation"
    );
}

/// Who is shut out takes their tokens along, and is shut out once.
#[test]
fn a_person_is_shut_out_with_their_tokens() {
    let mut world = World::with_cast();
    let until = world.now.plus_s(60);
    let token = Command::IssueToken {
        label: "gate".into(),
        hash: secret(80),
        until,
    };
    world.accepted(principal("tia"), token.clone());
    assert_eq!(code(world.asks(principal("teo"), token)), "code_in_use");
    let disable = |reason: &str| Command::DisablePerson {
        person: person("tia"),
        reason: reason.into(),
    };
    assert_eq!(code(world.asks(principal("ayu"), disable("  "))), "reason_needed");
    world.accepted(principal("ayu"), disable("left"));
    assert!(world.state.tokens.is_empty());
    assert_eq!(
        code(world.asks(principal("ayu"), disable("again"))),
        "no_such_person"
    );
    let revoke = Command::RevokeToken { token: TokenId(1) };
    assert_eq!(code(world.asks(principal("ayu"), revoke)), "no_such_token");
}

/// A seal is entered once, by device and by printed number.
#[test]
fn a_seal_is_entered_once() {
    let mut world = World::with_cast();
    let register = |device: &str, label: &str| Command::RegisterSeal(registration(device, label, PROVIDER));
    assert_eq!(
        code(world.asks(principal("ayu"), register("7001", "JT701-8"))),
        "seal_already_known"
    );
    assert_eq!(
        code(world.asks(principal("ayu"), register("7008", "JT701-1"))),
        "seal_already_known"
    );
    assert_eq!(
        code(world.asks(principal("ayu"), register("7008", " "))),
        "empty_text"
    );
    assert_eq!(
        code(world.asks(principal("ayu"), register("7008", "JT701-8"))),
        "accepted"
    );
}

/// A seal on a trip is set aside only after it.
#[test]
fn a_seal_on_a_trip_is_not_set_aside() {
    let mut world = World::with_cast();
    world.given("given assigned");
    let set = |condition| Command::SetSealCondition {
        seal: SealId(1),
        condition,
    };
    let aside = SealCondition::SetAside {
        reason: "rope frayed".into(),
    };
    assert_eq!(
        code(world.asks(principal("ayu"), set(aside.clone()))),
        "seal_on_trip"
    );
    world.given("0:03 opi releases");
    assert_eq!(code(world.asks(principal("ayu"), set(aside))), "accepted");
}

/// A paper must make sense before an officer sees it.
#[test]
fn a_paper_without_sense_is_refused_by_name() {
    let mut world = World::with_cast();
    let mut says = |change: &dyn Fn(&mut segel_model::document::Paper)| {
        let mut paper = paper();
        paper.number = "016807".into();
        change(&mut paper);
        code(world.asks(principal("umar"), Command::RegisterDocument(paper)))
    };
    assert_eq!(
        says(&|paper| paper.number = "016805".into()),
        "document_already_known"
    );
    assert_eq!(says(&|paper| paper.number = " ".into()), "empty_text");
    assert_eq!(says(&|paper| paper.lines.clear()), "document_without_lines");
    assert_eq!(
        says(&|paper| paper.lines[1] = paper.lines[0].clone()),
        "container_listed_twice"
    );
    assert_eq!(
        says(&|paper| paper.lines = vec![paper.lines[0].clone(); 501]),
        "document_too_long"
    );
    assert_eq!(
        says(&|paper| paper.office = OfficeCode("999999".into())),
        "no_such_office"
    );
    assert_eq!(
        says(&|paper| paper.destination_office = OfficeCode(TANJUNG_PRIOK.into())),
        "plp_between_offices"
    );
    assert_eq!(says(&|paper| paper.owner = OrganisationId(4)), "role_may_not");
    assert_eq!(says(&|_| {}), "accepted");
}

/// An officer approves lines that are there, at least one, once.
#[test]
fn a_document_is_verified_line_by_line() {
    let mut world = World::with_cast();
    let mut second = paper();
    second.number = "2".into();
    world.accepted(principal("umar"), Command::RegisterDocument(second));
    let verify = |approved: Vec<u16>| Command::VerifyDocument {
        document: DocumentId(2),
        approved,
        remark: String::new(),
    };
    assert_eq!(
        code(world.asks(principal("oka"), verify(vec![]))),
        "nothing_approved"
    );
    assert_eq!(
        code(world.asks(principal("oka"), verify(vec![3]))),
        "no_such_line"
    );
    assert_eq!(code(world.asks(principal("oka"), verify(vec![2, 2]))), "accepted");
    assert_eq!(
        code(world.asks(principal("oka"), verify(vec![2]))),
        "document_already_decided"
    );
}

/// A route must be drawable; what is merely odd is remarked on for the officer.
#[test]
fn a_route_is_refused_or_remarked_on() {
    let mut world = World::with_cast();
    let mut says = |change: &dyn Fn(&mut segel_model::route::RoutePlan)| {
        let mut plan = route_plan();
        change(&mut plan);
        let answer = code(world.asks(principal("umar"), Command::ProposeRoute(plan)));
        let newest = world
            .state
            .routes
            .values()
            .next_back()
            .expect("one route at least");
        (
            answer,
            newest
                .lint
                .iter()
                .map(|remark| remark.en.clone())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(says(&|plan| plan.points.truncate(1)).0, "route_not_drawable");
    assert_eq!(says(&|plan| plan.half_widths_m = vec![]).0, "route_not_drawable");
    assert_eq!(says(&|plan| plan.interval_s = 9).0, "interval_implausible");
    assert_eq!(says(&|plan| plan.interval_s = 1_801).0, "interval_implausible");
    assert_eq!(
        says(&|plan| plan.stops = vec![area("origin"); 201]).0,
        "route_too_complex"
    );
    assert_eq!(says(&|plan| plan.interval_s = 10), ("accepted".into(), vec![]));
    let (answer, remarks) = says(&|plan| plan.distance_m = 20_000);
    assert_eq!(
        (answer.as_str(), remarks),
        ("accepted", vec!["declared 20000 m, drawn 8841 m".to_string()])
    );
}

/// "User that supplies its own": same flows, the provider is its own organisation.
#[test]
fn a_user_with_its_own_seals_fits_them_itself() {
    let mut world = World::with_cast();
    let own = Home::Firm(IMPORTER).belongs();
    for (number, role) in [(90, Role::ProviderAdmin), (91, Role::Technician)] {
        let until = world.now.plus_s(60);
        let invite = Command::Invite {
            role,
            belongs: own.clone(),
            code: secret(number),
            until,
        };
        world.accepted(principal("sita"), invite);
        world.accepted(Principal::System, join(number));
    }
    let next = CAST.len() as u64;
    let keeper = Principal::Person {
        person: PersonId(next + 1),
        role: Role::ProviderAdmin,
        belongs: own,
    };
    world.accepted(
        keeper.clone(),
        Command::RegisterSeal(registration("7004", "JT701-4", IMPORTER)),
    );
    world.seal_says(4, |_| {});
    let request = TripRequest {
        provider: IMPORTER,
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(request));
    world.given("0:00 umar submits\n0:01 umar plans");
    let technician = PersonId(next + 2);
    world.accepted(
        keeper,
        Command::AssignSeal {
            trip: TripId(1),
            seal: SealId(4),
            technician,
        },
    );
    world.told.clear();
    world.play(
        "0:02 teo begins install label JT701-4
         0:03 umar begins install label JT701-4
         0:05 seal 4 at origin locked says sealed
         0:06 umar photos install",
    );
    expect![[r#"
        0:02 refused: no_such_trip
        0:03 trip 1 scanned
        0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:03 trip 1 Install starts at 0:03, limit 5 min
        0:05 trip 1 closed at 0:05
        0:05 trip 1 Install took 120 s, met
        0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
        0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
        0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
        0:05 interval set by order 1
        0:05 SKP message 4: E04
        0:06 photo 1 DoorWithNumber
        0:06 photo 2 SealCloseUp
        0:06 photo 3 LockingRods
        0:06 photo 4 TruckWithPlate
        0:06 trip 1 InstallPhotos took 60 s, met
        0:06 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
        0:06 SKP message 5: E05
    "#]]
    .assert_eq(&world.told);
}

/// BC 1.2: both offices see the trip, and either's officer may act on it; a third may not.
#[test]
fn a_trip_between_offices_belongs_to_both() {
    let mut world = World::with_cast();
    let mut bc12 = paper();
    bc12.kind = DocumentKind::Bc12;
    bc12.number = "000009".into();
    bc12.destination_office = OfficeCode(TANJUNG_PRIOK.into());
    world.accepted(principal("umar"), Command::RegisterDocument(bc12));
    let (document, approved) = (DocumentId(2), vec![0]);
    world.accepted(
        principal("oka"),
        Command::VerifyDocument {
            document,
            approved,
            remark: String::new(),
        },
    );
    let request = TripRequest {
        document: Some(document),
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(request));
    world.given(
        "0:00 umar submits
         0:01 umar plans
         0:02 opi assigns seal 1 to teo
         0:03 teo begins install
         0:05 seal 1 at origin locked says sealed
         0:06 teo photos install
         0:08 oka authorises departure
         0:09 seal 1 at road locked
         0:10 seal 1 at road locked",
    );
    world.told.clear();
    world.play("0:15 prio confirms arrival\n0:16 prio checks\n0:17 prio grants command to teo");
    expect![[r#"
        0:15 IntervalUnmet
        0:15 ALARM 1 A23 S3: the location sharing interval was not confirmed in time
        0:15 SKP message 6: E06
        0:15 SKP message 7: E07
        0:15 trip 1 9 InTransit > 10 Arrived (reason)
        0:15 SKP message 8: E11
        0:16 checked: number true, look true
        0:16 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
        0:17 grant 1 until 0:47
        0:17 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
        0:17 SKP message 9: E12
    "#]]
    .assert_eq(&world.told);
}

/// A20: "document … expired during trip": alarmed at midnight of the office, once, and stops nothing.
#[test]
fn a_document_that_runs_out_on_the_way_alarms_once() {
    let mut world = World::with_cast();
    let mut short = paper();
    short.number = "2".into();
    short.valid_until = Some(Day {
        year: 2026,
        month: 11,
        day: 24,
    });
    world.accepted(principal("umar"), Command::RegisterDocument(short));
    let (document, approved) = (DocumentId(2), vec![0]);
    world.accepted(
        principal("oka"),
        Command::VerifyDocument {
            document,
            approved,
            remark: String::new(),
        },
    );
    let request = TripRequest {
        document: Some(document),
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(request));
    world.given(
        "15:40 seal 1 at origin
         15:40 umar submits
         15:41 umar plans
         15:42 opi assigns seal 1 to teo
         15:43 teo begins install
         15:45 seal 1 at origin locked says sealed
         15:45 order 1 done
         15:46 teo photos install
         15:48 oka authorises departure
         15:49 seal 1 at road locked
         15:50 seal 1 at road locked
         15:59 seal 1 at road locked",
    );
    world.told.clear();
    world.play("15:59:59 tick\n16:01 seal 1 at road locked\n16:04 nothing");
    expect![[r#"
        16:00 document 2 ran out
        16:00 ALARM 1 A20 S2: the document ran out on the way
        16:00 SKP message 7: E06
        16:00 SKP message 8: E07
    "#]]
    .assert_eq(&world.told);
}

/// A route plan is approved by an officer of its office, once.
#[test]
fn a_route_is_decided_once_by_its_office() {
    let mut world = World::with_cast();
    world.accepted(principal("umar"), Command::ProposeRoute(route_plan()));
    let approve = || Command::ApproveRoute {
        route: RouteId(2),
        remark: String::new(),
    };
    assert_eq!(code(world.asks(principal("prio"), approve())), "no_such_route");
    assert_eq!(code(world.asks(principal("oka"), approve())), "accepted");
    assert_eq!(
        code(world.asks(principal("oka"), approve())),
        "route_already_decided"
    );
}

/// A broker keeps no stock of seals.
#[test]
fn a_broker_supplies_no_seals() {
    let mut world = World::with_cast();
    let register = Command::RegisterOrganisation {
        name: "PPJK".into(),
        kind: OrganisationKind::Broker,
        npwp: None,
    };
    world.accepted(principal("sita"), register);
    let until = world.now.plus_s(60);
    let belongs = Home::Firm(OrganisationId(5)).belongs();
    let invite = Command::Invite {
        role: Role::ProviderAdmin,
        belongs,
        code: secret(95),
        until,
    };
    assert_eq!(
        code(world.asks(principal("sita"), invite)),
        "role_does_not_fit_place"
    );
}

/// Table b: customs accounts are created only by customs; a supervisor brings the first supervisor of another office, who
/// brings its other people.
#[test]
fn a_supervisor_invites_the_first_supervisor_of_another_office_and_nobody_else_there() {
    let mut world = World::with_cast();
    let until = world.now.plus_s(86_400);
    let perak = || segel_model::principal::Belonging::Office(OfficeCode("070100".into()));
    let invite = |role: Role, number: u64| Command::Invite {
        role,
        belongs: perak(),
        code: secret(number),
        until,
    };
    assert_eq!(
        code(world.asks(principal("sita"), invite(Role::CustomsOfficer, 80))),
        "not_your_people",
        "an officer before there is a supervisor"
    );
    for name in ["oka", "hadi", "ayu", "aud"] {
        let answer = code(world.asks(principal(name), invite(Role::CustomsSupervisor, 81)));
        assert!(
            ["role_may_not", "only_customs_invites_customs"].contains(&answer.as_str()),
            "{name}: {answer}"
        );
    }
    world.accepted(principal("sita"), invite(Role::CustomsSupervisor, 82));
    world.accepted(Principal::System, join(82));
    assert_eq!(
        code(world.asks(principal("sita"), invite(Role::CustomsSupervisor, 83))),
        "not_your_people",
        "a second one is the first one's to invite"
    );
    let first = PersonId(CAST.len() as u64 + 1);
    let first = Principal::Person {
        person: first,
        role: Role::CustomsSupervisor,
        belongs: perak(),
    };
    world.accepted(first, invite(Role::CustomsOfficer, 84));
}
