//! The gate and the assignment: every reason for a refusal has a name, and a good request passes.

mod story;

use expect_test::expect;
use segel_custody::Answer;
use segel_model::document::Day;
use segel_model::seal::{Certificate, CertificateKind, SealCondition};
use segel_model::{Command, DocumentId, RouteId, SealId, TripId};
use story::{CONTAINER, World, check, paper, principal, request, route_plan};

/// The code of a refusal, or `accepted`.
fn code(answer: &Answer) -> &str {
    match answer {
        Answer::Refused(refusal) => &refusal.code,
        _ => "accepted",
    }
}

/// Registers a changed paper as document 2 and verifies it, then submits a trip with it on a given day.
fn gate_says(change: impl FnOnce(&mut segel_model::document::Paper), words: &[&str]) -> String {
    let mut world = World::with_cast();
    let mut paper = paper();
    paper.number = "016806".into();
    change(&mut paper);
    world.accepted(principal("umar"), Command::RegisterDocument(paper));
    let approved = vec![0, 1];
    let verify = Command::VerifyDocument {
        document: DocumentId(2),
        approved,
        remark: String::new(),
    };
    world.accepted(principal("oka"), verify);
    let request = segel_model::trip::TripRequest {
        document: Some(DocumentId(2)),
        ..request(words)
    };
    world.accepted(principal("umar"), Command::OpenTrip(request));
    code(&world.asks(principal("umar"), Command::SubmitTrip { trip: TripId(1) })).to_string()
}

/// Invariant 1: no request reaches DIAJUKAN without a document that is approved, current, lists the container, and whose TPS
/// match those the request names.
#[test]
fn every_reason_for_a_refusal_at_the_gate_has_its_name() {
    assert_eq!(gate_says(|_| {}, &[CONTAINER]), "accepted");
    assert_eq!(gate_says(|_| {}, &["HLXU2008419"]), "line_not_approved");
    assert_eq!(gate_says(|_| {}, &["FTAU1136748"]), "container_not_listed");
    assert_eq!(gate_says(|_| {}, &["from-elsewhere"]), "tps_origin_differs");
    assert_eq!(gate_says(|_| {}, &["to-elsewhere"]), "tps_destination_differs");
}

/// Invariant 1, "current": the last day counts in the office's own zone. The story is on 24 November, 08:00 WIB.
#[test]
fn a_document_holds_to_the_end_of_its_last_day() {
    let until = |day| {
        move |paper: &mut segel_model::document::Paper| {
            paper.valid_until = Some(Day {
                year: 2026,
                month: 11,
                day,
            });
        }
    };
    assert_eq!(gate_says(until(23), &[CONTAINER]), "document_expired");
    assert_eq!(gate_says(until(24), &[CONTAINER]), "accepted");
}

/// Invariant 1, "approved": nobody has decided, refused, cancelled.
#[test]
fn a_document_nobody_verified_lets_nothing_through() {
    let mut world = World::with_cast();
    let mut second = paper();
    second.number = "2".into();
    world.accepted(principal("umar"), Command::RegisterDocument(second));
    let wish = segel_model::trip::TripRequest {
        document: Some(DocumentId(2)),
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(wish));
    let submit = || Command::SubmitTrip { trip: TripId(1) };
    assert_eq!(
        code(&world.asks(principal("umar"), submit())),
        "document_not_verified"
    );
    let refuse = Command::RefuseDocument {
        document: DocumentId(2),
        reason: "unreadable".into(),
    };
    world.accepted(principal("oka"), refuse);
    assert_eq!(code(&world.asks(principal("umar"), submit())), "wrong_state");
}

/// "refused: DITOLAK": a trip that waited for the document ends with it, and says why.
#[test]
fn a_refused_document_refuses_the_trip_that_waited() {
    let mut world = World::with_cast();
    let mut second = paper();
    second.number = "2".into();
    world.accepted(principal("umar"), Command::RegisterDocument(second));
    let wish = segel_model::trip::TripRequest {
        document: Some(DocumentId(2)),
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(wish));
    world.told.clear();
    world.play("0:01 oka refuses document 2\n0:02 oka refuses document 2");
    expect![[r#"
        0:01 document 2 refused
        0:01 trip 1 2 ManualVerification > Refused (document refused: reason)
        0:01 trip 1 kept
        0:02 refused: document_already_decided
    "#]]
    .assert_eq(&world.told);
}

/// Invariant 3: a document line backs at most one active trip; a trip given up gives its line back.
#[test]
fn a_line_backs_one_trip_at_a_time() {
    check(
        "given submitted
         0:01 umar opens trip
         0:01 umar submits trip 2
         0:02 umar cancels trip 1
         0:03 umar submits trip 2",
        expect![[r#"
            0:01 trip 2 opened
            0:01 trip 2 has document 1
            0:01 trip 2 1 Draft > 2 AwaitingDocument (document given)
            0:01 refused: line_in_use
            0:02 trip 1 3 Submitted > Cancelled (reason)
            0:02 trip 1 kept
            0:03 trip 2 backed by line 0 of document 1
            0:03 trip 2 2 AwaitingDocument > 3 Submitted (the gate let it through)
            0:03 SKP message 2: E02
        "#]],
    );
}

/// Invariant 2: at most one active trip a container, even with another document; other containers are free.
#[test]
fn a_container_is_on_one_trip_at_a_time() {
    let mut world = World::with_cast();
    world.given("given submitted");
    let mut second = paper();
    second.number = "2".into();
    world.accepted(principal("umar"), Command::RegisterDocument(second));
    let approved = vec![0, 1];
    let verify = Command::VerifyDocument {
        document: DocumentId(2),
        approved,
        remark: String::new(),
    };
    world.accepted(principal("oka"), verify);
    let wish = segel_model::trip::TripRequest {
        document: Some(DocumentId(2)),
        ..request(&[])
    };
    world.accepted(principal("umar"), Command::OpenTrip(wish));
    let answer = world.asks(principal("umar"), Command::SubmitTrip { trip: TripId(2) });
    assert_eq!(code(&answer), "container_on_other_trip");
    world.told.clear();
    world.play("0:02 umar opens trip TEMU6079348\n0:02 umar submits trip 3");
    expect![[r#"
        0:02 trip 3 opened
        0:02 trip 3 has document 1
        0:02 trip 3 1 Draft > 2 AwaitingDocument (document given)
        0:02 trip 3 backed by line 1 of document 1
        0:02 trip 3 2 AwaitingDocument > 3 Submitted (the gate let it through)
        0:02 SKP message 2: E02
    "#]]
    .assert_eq(&world.told);
}

/// A wrong check digit asks for confirmation; a confirmed one passes.
#[test]
fn a_wrong_check_digit_is_a_question() {
    let mut world = World::with_cast();
    let asked = |words: &[&str]| Command::OpenTrip(request(words));
    let answer = world.asks(principal("umar"), asked(&["bare", "MSKU7829104"]));
    assert_eq!(code(&answer), "check_digit_wrong");
    let answer = world.asks(principal("umar"), asked(&["bare", "MSKU7829104", "confirmed"]));
    assert_eq!(code(&answer), "accepted");
}

/// Invariant 1, in brackets: the route's ends are checked against the request's TPS at state 4.
#[test]
fn a_route_must_start_and_end_where_the_request_says() {
    let mut world = World::with_cast();
    world.given("given submitted");
    let mut elsewhere = route_plan();
    elsewhere.origin.code = Some("KOJA".into());
    world.accepted(principal("umar"), Command::ProposeRoute(elsewhere));
    let mut nowhere = route_plan();
    nowhere.destination.code = None;
    world.accepted(principal("umar"), Command::ProposeRoute(nowhere));
    let plan = |route| Command::PlanTrip {
        trip: TripId(1),
        route: RouteId(route),
    };
    assert_eq!(
        code(&world.asks(principal("umar"), plan(2))),
        "route_origin_differs"
    );
    assert_eq!(
        code(&world.asks(principal("umar"), plan(3))),
        "route_destination_differs"
    );
    assert_eq!(code(&world.asks(principal("umar"), plan(1))), "accepted");
}

/// SOP: "Route Plan: route, geofence, distance, time estimate": a plan without them says nothing of lateness or battery.
#[test]
fn a_route_without_distance_or_time_is_refused_and_with_the_least_it_is_taken() {
    let says = |change: fn(&mut segel_model::route::RoutePlan)| {
        let mut plan = route_plan();
        change(&mut plan);
        code(&World::with_cast().asks(principal("umar"), Command::ProposeRoute(plan))).to_owned()
    };
    assert_eq!(says(|plan| plan.distance_m = 0), "route_without_distance");
    assert_eq!(says(|plan| plan.transit_time_s = 0), "route_without_time");
    assert_eq!(
        says(|plan| (plan.distance_m, plan.transit_time_s) = (1, 1)),
        "accepted"
    );
}

/// "refused: back": a trip whose route is refused chooses another; one whose route is approved goes on.
#[test]
fn a_proposed_route_waits_for_the_officer() {
    let mut world = World::with_cast();
    world.given("given submitted");
    for name in ["second", "third"] {
        let plan = segel_model::route::RoutePlan {
            name: name.into(),
            ..route_plan()
        };
        world.accepted(principal("umar"), Command::ProposeRoute(plan));
    }
    world.told.clear();
    world.play("0:01 umar plans 2\n0:02 opi assigns seal 1 to teo");
    let refuse = Command::RefuseRoute {
        route: RouteId(2),
        reason: "too long".into(),
    };
    world.accepted(principal("oka"), refuse);
    world.play("0:03 umar plans 2\n0:04 umar plans 3");
    world.accepted(
        principal("oka"),
        Command::ApproveRoute {
            route: RouteId(3),
            remark: String::new(),
        },
    );
    expect![[r#"
        0:01 trip 1 by route 2
        0:01 trip 1 3 Submitted > 4 RouteProposed (route chosen)
        0:02 refused: wrong_state
        0:02 RouteRefused
        0:02 trip 1 4 RouteProposed > 3 Submitted (route refused: too long)
        0:03 refused: route_was_refused
        0:04 trip 1 by route 3
        0:04 trip 1 3 Submitted > 4 RouteProposed (route chosen)
        0:04 RouteApproved
        0:04 trip 1 4 RouteProposed > 4 RouteApproved (route approved)
        0:04 SKP message 2: E03
    "#]]
    .assert_eq(&world.told);
}

/// Assigns seal 1 after a change, and says how that went.
fn assigning(change: impl FnOnce(&mut World)) -> String {
    let mut world = World::with_cast();
    world.given("given planned");
    change(&mut world);
    let technician = story::person("teo");
    let assign = Command::AssignSeal {
        trip: TripId(1),
        seal: SealId(1),
        technician,
    };
    code(&world.asks(principal("opi"), assign)).to_string()
}

fn condition(reason: &str) -> Command {
    let condition = SealCondition::SetAside {
        reason: reason.into(),
    };
    Command::SetSealCondition {
        seal: SealId(1),
        condition,
    }
}

/// State 5: "device healthy, battery enough, last fix recent, not on another trip, same office pool".
#[test]
fn a_seal_that_will_not_do_is_refused_by_name() {
    assert_eq!(assigning(|_| {}), "accepted");
    assert_eq!(
        assigning(|world| world.seal_says(1, |report| battery(report, 79))),
        "battery_too_low"
    );
    assert_eq!(
        assigning(|world| world.seal_says(1, |report| battery(report, 80))),
        "accepted"
    );
    assert_eq!(
        assigning(|world| {
            world.accepted(principal("ayu"), condition("repair"));
        }),
        "seal_not_ready"
    );
    assert_eq!(assigning(|world| world.play("0:01 doubt 1")), "seal_in_doubt");
    assert_eq!(
        assigning(|world| world.play("0:01 doubt 1\n0:01 oka clears doubt 1")),
        "accepted"
    );
    assert_eq!(assigning(|world| world.play("1:00 nothing")), "accepted");
    assert_eq!(assigning(|world| world.play("1:00:01 nothing")), "fix_too_old");
}

fn battery(report: &mut segel_model::Report, percent: u8) {
    report
        .battery
        .as_mut()
        .expect("the simplest report has one")
        .percent = Some(percent);
}

/// State 5: "not on another trip" (invariant 2: at most one active trip a device), and the provider's own.
#[test]
fn a_seal_is_on_one_trip_and_is_the_providers() {
    check(
        "given assigned
         0:03 umar opens trip TEMU6079348
         0:03 umar submits trip 2
         0:03 umar plans 1 trip 2
         0:04 opi assigns seal 1 to teo trip 2
         0:04 opi assigns seal 3 to teo trip 2
         0:04 riop assigns seal 3 to ritek trip 2
         0:04 opi assigns seal 2 to ritek trip 2
         0:04 opi assigns seal 2 to umar trip 2
         0:04 opi assigns seal 2 to tia trip 2",
        expect![[r#"
            0:03 trip 2 opened
            0:03 trip 2 has document 1
            0:03 trip 2 1 Draft > 2 AwaitingDocument (document given)
            0:03 trip 2 backed by line 1 of document 1
            0:03 trip 2 2 AwaitingDocument > 3 Submitted (the gate let it through)
            0:03 SKP message 4: E02
            0:03 trip 2 by route 1
            0:03 trip 2 3 Submitted > 4 RouteProposed (route chosen)
            0:03 trip 2 4 RouteProposed > 4 RouteApproved (the route was approved before)
            0:03 SKP message 5: E03
            0:04 refused: seal_on_trip
            0:04 refused: no_such_seal
            0:04 refused: no_such_trip
            0:04 refused: not_a_technician
            0:04 refused: not_a_technician
            0:04 trip 2 has seal 2, fitter 10
            0:04 trip 2 4 RouteApproved > 5 Assigned (seal assigned)
            0:04 SKP message 6: E02
        "#]],
    );
}

/// State 5: the battery must hold the trip's need times one and a half: 60 hundredths an hour at a report a minute.
#[test]
fn a_long_trip_needs_more_than_the_floor() {
    let needs = |hours: u32, interval_s: u32| {
        let mut world = World::with_cast();
        let plan = segel_model::route::RoutePlan {
            transit_time_s: hours * 3_600,
            interval_s,
            ..route_plan()
        };
        world.accepted(principal("umar"), Command::ProposeRoute(plan));
        let rules = &world.rules.editions[0].assignment;
        let route = world.state.routes.get(&RouteId(2)).expect("just proposed");
        segel_custody::assign::needed_percent(route, rules)
    };
    assert_eq!(needs(1, 60), 80);
    assert_eq!(needs(88, 60), 80);
    assert_eq!(needs(90, 60), 81);
    assert_eq!(needs(45, 30), 81);
    assert_eq!(needs(10_000, 10), 255);
}

/// "certificate … block expired": it must hold until the trip's end.
#[test]
fn a_certificate_must_outlast_the_trip() {
    let certified = |day| {
        assigning(move |world| {
            let valid_until = Day {
                year: 2026,
                month: 11,
                day,
            };
            let certificate = segel_model::seal::Certificate {
                number: "C-2".into(),
                issuer: "DIKC".into(),
                valid_until,
                kind: None,
            };
            world.accepted(
                principal("ayu"),
                Command::CertifySeal {
                    seal: SealId(1),
                    certificate,
                },
            );
        })
    };
    assert_eq!(certified(23), "certificate_missing");
    assert_eq!(certified(24), "accepted");
}

/// KEP-97, dictum 5: "supply e-seals that are certified": as what the seal's profile says that it is, and as nothing else.
#[test]
fn a_certificate_must_be_of_the_sort_that_the_profile_asks_for() {
    let asks_for_e_seal = |world: &mut World| {
        let seal = world.state.seals.get_mut(&SealId(1)).expect("in stock");
        seal.registration.certificate_needed = Some(CertificateKind::ESeal);
    };
    let certify = |world: &mut World, kind| {
        let certificate = Certificate {
            number: "C-2".into(),
            issuer: "DIKC".into(),
            valid_until: Day {
                year: 2027,
                month: 1,
                day: 1,
            },
            kind,
        };
        let seal = SealId(1);
        code(&world.asks(principal("ayu"), Command::CertifySeal { seal, certificate })).to_string()
    };
    let other = "certificate_of_another_kind";
    assert_eq!(assigning(asks_for_e_seal), other, "its certificate says nothing");
    let certified = assigning(|world| {
        asks_for_e_seal(world);
        assert_eq!(certify(world, Some(CertificateKind::Tracker)), other);
        assert_eq!(certify(world, None), other);
        assert_eq!(certify(world, Some(CertificateKind::ESeal)), "accepted");
    });
    assert_eq!(certified, "accepted");
    let of_any_sort = assigning(|world| {
        assert_eq!(certify(world, Some(CertificateKind::Tracker)), "accepted");
    });
    assert_eq!(of_any_sort, "accepted", "no profile asks for a sort");
}

/// The same where a seal comes into stock.
#[test]
fn a_seal_does_not_come_into_stock_with_a_certificate_of_another_sort() {
    let mut world = World::with_cast();
    let mut registers = |device: &str, kind| {
        let mut seal = story::registration(device, device, story::PROVIDER);
        seal.certificate_needed = Some(CertificateKind::Tracker);
        if let Some(certificate) = &mut seal.certificate {
            certificate.kind = kind;
        }
        code(&world.asks(principal("ayu"), Command::RegisterSeal(seal))).to_string()
    };
    assert_eq!(registers("7011", None), "certificate_of_another_kind");
    assert_eq!(
        registers("7012", Some(CertificateKind::ESeal)),
        "certificate_of_another_kind"
    );
    assert_eq!(registers("7013", Some(CertificateKind::Tracker)), "accepted");
}

/// A PLP can be cancelled: the gate is asked again until the seal is fitted.
#[test]
fn a_document_cancelled_before_the_seal_ends_the_trip() {
    check(
        "given assigned\n0:03 oka cancels document 1\n0:04 teo begins install",
        expect![[r#"
        0:03 document 1 cancelled
        0:03 trip 1 gives seal 1 back
        0:03 trip 1 5 Assigned > Refused (document cancelled: reason)
        0:03 trip 1 kept
        0:04 refused: no_such_trip
    "#]],
    );
}

/// Invariant 14: a cancelled PLP while travelling raises an alarm to customs, not a silent stop.
#[test]
fn a_document_cancelled_on_the_way_alarms_and_stops_nothing() {
    check(
        "given travelling
         0:16 oka cancels document 1
         0:17 oka cancels document 1
         0:20 seal 1 at destination locked",
        expect![[r#"
            0:16 document 1 cancelled
            0:16 ALARM 1 A20 S2: the document was cancelled on the way: reason
            0:16 SKP message 7: E07
            0:17 refused: document_already_decided
            0:20 SKP message 8: E06
        "#]],
    );
}
