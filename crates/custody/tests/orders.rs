//! What may be sent to a seal, by whom and why; and that what it cannot do is refused before anybody tries.

mod story;

use segel_custody::words::Tongue;
use segel_custody::{Answer, State};
use segel_model::order::{Fence, FenceShape, FenceSort, PlaceE6};
use segel_model::report::Protocol;
use segel_model::{AlarmCode, Command, Event, Refusal, Role, SealId, SealOrder, ServerTime};
use story::{World, principal};

const SEAL: SealId = SealId(1);

/// A world at a stage, whose seal 1 then turns out to speak otherwise.
fn world(stage: &str, protocol: Protocol, profile: &str) -> World {
    let mut world = World::with_cast();
    if !stage.is_empty() {
        world.given(&format!("given {stage}"));
    }
    let seal = world
        .state
        .seals
        .get_mut(&SEAL)
        .expect("the stories have a seal 1");
    (seal.registration.protocol, seal.registration.profile) = (protocol, profile.into());
    world.state = State::thaw(&world.state.freeze()).expect("a frozen state thaws");
    world
}

fn asks(world: &mut World, who: &str, order: SealOrder, reason: &str) -> Result<(), Refusal> {
    let command = Command::OrderSeal {
        seal: SEAL,
        order,
        reason: reason.into(),
    };
    match world.asks(principal(who), command) {
        Answer::Refused(refusal) => Err(refusal),
        _ => Ok(()),
    }
}

fn code(world: &mut World, who: &str, order: SealOrder, reason: &str) -> String {
    asks(world, who, order, reason).map_or_else(|refusal| refusal.code, |()| "accepted".into())
}

fn around_the_gate() -> SealOrder {
    SealOrder::Fence(Fence {
        number: 1,
        shape: FenceShape::Circle {
            centre: PlaceE6 {
                lat: -6_950_000,
                lon: 110_420_000,
            },
            radius_m: 300,
        },
    })
}

#[test]
fn what_a_seal_has_no_words_for_is_refused_at_once_and_nothing_waits_for_it() {
    let mut world = world("", Protocol::Jointech, "jt701d");
    let refusal = asks(&mut world, "opi", SealOrder::PositionNow, "").expect_err("it has no such word");
    assert_eq!(refusal.code, "not_spoken");
    assert!(
        refusal.say.id.contains("tidak dapat ditanyai posisinya")
            && refusal.say.id.contains("jarak waktu laporan"),
        "{}",
        refusal.say.id
    );
    assert!(refusal.say.en.contains("restart"), "{}", refusal.say.en);
    assert!(world.state.orders.is_empty(), "no order is journaled");
    assert_eq!(code(&mut world, "opi", SealOrder::Restart, ""), "accepted");
    assert_eq!(world.state.orders.len(), 1);
}

#[test]
fn a_value_that_a_seal_cannot_take_is_refused_at_once_too() {
    let mut world = world("", Protocol::Jointech, "jt701d");
    let fence = |corners: usize| {
        let corner = PlaceE6 {
            lat: -6_950_000,
            lon: 110_420_000,
        };
        SealOrder::Fence(Fence {
            number: 1,
            shape: FenceShape::Polygon(vec![corner; corners]),
        })
    };
    assert_eq!(code(&mut world, "opi", fence(50), ""), "accepted");
    assert_eq!(code(&mut world, "opi", fence(51), ""), "not_spoken");
    let nowhere = SealOrder::Fence(Fence {
        number: 1,
        shape: FenceShape::Circle {
            centre: PlaceE6 {
                lat: 95_000_000,
                lon: 0,
            },
            radius_m: 300,
        },
    });
    assert_eq!(code(&mut world, "opi", nowhere, ""), "fence_not_drawable");
}

/// Handbook of the domain, (b): a technician works at the container, an officer answers for the trip, a provider for its
/// seals; nobody else tells a seal anything.
#[test]
fn who_may_send_what_to_a_seal_on_a_trip() {
    let clear = SealOrder::ClearFence {
        number: 1,
        sort: FenceSort::Circle,
    };
    let track = SealOrder::Track {
        every_s: 10,
        for_s: 600,
    };
    let text = SealOrder::Text {
        text: "berhenti".into(),
    };
    let interval = SealOrder::Interval {
        awake_s: 30,
        asleep_s: 30,
    };
    for (order, allowed) in [
        (SealOrder::PositionNow, "sita ayu oka opi teo"),
        (SealOrder::Lock, "sita ayu oka opi teo"),
        (around_the_gate(), "sita ayu oka opi"),
        (clear, "sita ayu oka opi"),
        (track, "sita ayu oka opi"),
        (text, "sita ayu oka opi"),
        (SealOrder::ConfirmAlarm, "sita ayu oka opi"),
        (SealOrder::Restart, "opi"),
        (interval, "ayu opi"),
    ] {
        let may = |who: &&str| {
            let mut world = world("travelling", Protocol::Jt808, "bsj");
            code(&mut world, who, order.clone(), "alasan") == "accepted"
        };
        let people = story::CAST.map(|(name, ..)| name);
        let they: Vec<&str> = people.into_iter().filter(may).collect();
        assert_eq!(they.join(" "), allowed, "{}", order.name());
    }
}

/// "`Lock` never opens, so it needs no grant": the order stands in the journal with its trip, and without one.
#[test]
fn locking_needs_no_grant() {
    let mut world = world("travelling", Protocol::Jt808, "hhd");
    world.record = Some(Vec::new());
    assert_eq!(
        code(&mut world, "oka", SealOrder::Lock, "pintu dicoba"),
        "accepted"
    );
    let events = world.record.take().expect("they were recorded");
    let [Event::OrderIssued { ordered, trip }] = events.as_slice() else {
        panic!("one order: {events:?}");
    };
    assert_eq!((ordered.grant, trip.is_some()), (None, true));
    assert!(!ordered.order.opens());
}

/// While it starts anew a seal watches nothing.
#[test]
fn a_seal_on_a_container_is_started_anew_only_by_an_operator_who_says_why() {
    let restart = |stage: &str, who: &str, reason: &str| {
        let mut world = world(stage, Protocol::Jointech, "jt701d");
        code(&mut world, who, SealOrder::Restart, reason)
    };
    assert_eq!(restart("travelling", "opi", "tidak melapor"), "accepted");
    assert_eq!(restart("travelling", "opi", " "), "reason_needed");
    assert_eq!(
        restart("travelling", "ayu", "tidak melapor"),
        "restart_by_operator"
    );
    assert_eq!(
        restart("travelling", "teo", "tidak melapor"),
        "restart_by_operator"
    );
    assert_eq!(restart("travelling", "oka", "tidak melapor"), "role_may_not");
    assert_eq!(restart("", "ayu", ""), "accepted", "in stock it watches nothing");
    assert_eq!(
        restart("assigned", "teo", ""),
        "accepted",
        "nor before it is closed"
    );
}

/// A seal whose maker has published no word for opening: the officer hears it when granting, not the technician at the door.
#[test]
fn an_opening_that_the_seal_has_no_word_for_is_refused_when_it_is_granted() {
    let mut world = world("checked", Protocol::Jt808, "jt709");
    world.told.clear();
    world.play("0:27 oka grants command to teo\n0:27 oka grants dynamic to teo");
    assert_eq!(
        world.told.matches("refused: not_opened_from_here").count(),
        2,
        "{}",
        world.told
    );
    assert!(world.state.grants.is_empty());
}

#[test]
fn a_card_that_the_seal_knows_already_is_granted_without_an_order() {
    let mut world = world("checked", Protocol::Jt808, "jt709");
    let before = world.state.orders.len();
    world.play("0:27 oka grants card to teo\n0:28 seal 1 at destination open says unsealed-by-card");
    assert_eq!(world.state.grants.len(), 1);
    assert_eq!(world.state.orders.len(), before, "{}", world.told);
    assert!(!raised(&world, AlarmCode::A02), "{}", world.told);
}

#[test]
fn a_key_opens_by_hand_what_nothing_sent_opens() {
    let mut by_key = world("checked", Protocol::Jt808, "jt709");
    by_key.play("0:27 oka grants hand to teo\n0:28 seal 1 at destination open says unsealed-by-key");
    assert!(!raised(&by_key, AlarmCode::A02), "{}", by_key.told);
    let mut by_app = world("checked", Protocol::Jt808, "jt709");
    by_app.play("0:27 oka grants hand to teo\n0:28 seal 1 at destination open says unsealed-by-bluetooth");
    assert!(raised(&by_app, AlarmCode::A02), "another way than was granted");
    let mut opened_from_here = world("checked", Protocol::Jointech, "jt701d");
    opened_from_here.told.clear();
    opened_from_here.play("0:27 oka grants hand to teo");
    assert!(
        opened_from_here
            .told
            .contains("refused: by_hand_only_without_lock")
    );
}

fn raised(world: &World, code: AlarmCode) -> bool {
    world
        .state
        .alarms
        .values()
        .any(|alarm| alarm.finding.code == code)
}

/// The page of a seal shows what it takes and what the asker may send, and nothing that opens.
#[test]
fn a_seal_offers_what_it_takes_to_whom_may_send_it() {
    let registration = |protocol, profile: &str| {
        let mut seal = story::registration("7001", "S-1", story::PROVIDER);
        (seal.protocol, seal.profile) = (protocol, profile.into());
        seal
    };
    let rules = story::rulebook();
    let names = |protocol, profile: &str, role| {
        let seal = registration(protocol, profile);
        let orders = Tongue::of(&seal, &rules, ServerTime::from_unix_ms(0)).offered(role);
        orders.iter().map(SealOrder::name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Protocol::Jointech, "jt701d", Role::CustomsOfficer),
        ["fence", "clear_fence"]
    );
    assert_eq!(names(Protocol::Jointech, "jt701d", Role::Technician), ["restart"]);
    assert!(names(Protocol::Kingwo, "any", Role::ProviderOperator).is_empty());
    assert!(names(Protocol::Jt808, "hhd", Role::Driver).is_empty());
}
