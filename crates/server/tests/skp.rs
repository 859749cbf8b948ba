//! The outlet's promises: everything is told, in order, once, however long SKP is away; what it refuses is seen and repaired.

mod door;
mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use segel_model::skp::Delivery;
use segel_model::{AlarmCode, Command, Event, MessageId, ServerTime};
use segel_server::config::Skp as Config;
use segel_server::outlet::overdue;
use segel_server::outlet::skp::Skp;
use segel_store::outbox::OutboxState;
use serde_json::{Value, json};
use support::{House, by};

/// How the fake answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Down,
    Refuses,
    LosesAnswers,
    Scolds,
    ForgetsTokens,
}

struct Fake {
    mood: Mood,
    logins: u32,
    /// Code, entry and number of each message it took, in order; a repeat is not taken again.
    taken: Vec<(String, String, String)>,
    /// Messages of this container are answered as by a gateway that lost its back end.
    failing: String,
    last: Value,
}

type Shared = Arc<Mutex<Fake>>;

/// SKP's side of the dialect, on a thread of its own.
fn fake() -> (SocketAddr, Shared) {
    let shared: Shared = Arc::new(Mutex::new(Fake {
        mood: Mood::Well,
        logins: 0,
        taken: Vec::new(),
        failing: String::new(),
        last: Value::Null,
    }));
    let router = Router::new()
        .route("/v1/openapi-auth/user/login", post(login))
        .route("/v1/eseal/{code}", post(take))
        .with_state(Arc::clone(&shared));
    (door::serve(router), shared)
}

fn lock(fake: &Shared) -> std::sync::MutexGuard<'_, Fake> {
    fake.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn login(State(fake): State<Shared>, Json(_): Json<Value>) -> Json<Value> {
    let mut fake = lock(&fake);
    fake.logins += 1;
    Json(
        json!({"status": "success", "item": {"access_token": format!("t{}", fake.logins), "expires_in": 300}}),
    )
}

async fn take(
    State(fake): State<Shared>,
    Path(code): Path<String>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut fake = lock(&fake);
    let failed = |status, words: &str| (status, Json(json!({"status": "Failed", "message": words})));
    let current = format!("Bearer t{}", fake.logins);
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    if fake.mood == Mood::ForgetsTokens {
        fake.mood = Mood::Well;
        return failed(StatusCode::UNAUTHORIZED, "Token tidak berlaku");
    }
    if fake.mood == Mood::Down {
        return failed(StatusCode::SERVICE_UNAVAILABLE, "Layanan sedang tidak tersedia");
    }
    if token != Some(current.as_str()) {
        return failed(StatusCode::UNAUTHORIZED, "Token tidak berlaku");
    }
    fake.last = message.clone();
    let word = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    let (id, entry) = (word("idPesan"), word("nomorEntri"));
    if word("nomorKontainer") == fake.failing {
        return failed(StatusCode::BAD_GATEWAY, "Bad Gateway");
    }
    let corrected = message["nomorDokumen"] == "000124";
    if fake.mood == Mood::Refuses && !corrected {
        return failed(StatusCode::OK, "1023 nomorDokumen tidak sesuai pola");
    }
    if fake.taken.iter().any(|(.., known)| *known == id) {
        return failed(StatusCode::OK, "Duplikat idPesan");
    }
    fake.taken.push((code, entry, id));
    match fake.mood {
        Mood::LosesAnswers => failed(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
        _ => (
            StatusCode::OK,
            Json(json!({"status": "Success", "item": {"nomorReferensi": "SKP1"}})),
        ),
    }
}

fn outlet(house: &House, address: SocketAddr) -> Skp {
    let config = Config {
        url: format!("http://{address}"),
        api_key: "key".into(),
        username: "segel".into(),
        password: "secret".into(),
        provider_code: "TT01".into(),
        call_limit_s: 10,
    };
    Skp::new(house.engine.clone(), config).expect("an outlet")
}

/// Steps until nothing is due any more by that time.
fn run(outlet: &mut Skp, until: ServerTime) {
    while outlet
        .step(until)
        .expect("the outlet steps")
        .is_some_and(|next| next <= until)
    {}
}

fn states(house: &House) -> Vec<(u64, OutboxState)> {
    (1..=2)
        .filter_map(|number| {
            house
                .engine
                .reader()
                .message(MessageId(number))
                .expect("the store reads")
        })
        .map(|message| (message.message.0, message.state))
        .collect()
}

fn codes(fake: &Shared) -> Vec<String> {
    lock(fake).taken.iter().map(|(code, ..)| code.clone()).collect()
}

#[test]
fn request_and_route_are_told_in_order_and_once_with_one_log_in() {
    let (house, (address, fake)) = (House::open(), fake());
    house.submitted();
    let mut outlet = outlet(&house, address);
    let now = house.engine.clock().now();
    run(&mut outlet, now.plus_s(1));
    assert_eq!(codes(&fake), ["E02", "E03"]);
    assert_eq!(states(&house), [(1, OutboxState::Taken), (2, OutboxState::Taken)]);
    assert_eq!(
        outlet.step(now.plus_s(3600)).expect("it steps"),
        None,
        "nothing waits"
    );
    assert_eq!((codes(&fake).len(), lock(&fake).logins), (2, 1));
}

/// SKP down for a day: nothing lost, nothing taken twice; people see it once.
#[test]
fn a_day_without_skp_loses_nothing_doubles_nothing_and_is_seen_once() {
    let (house, (address, fake)) = (House::open(), fake());
    let mut entries = house.engine.subscribe_entries();
    let submitted = house.submitted();
    let names_before: Vec<String> = (1..=2)
        .filter_map(|number| {
            house
                .engine
                .reader()
                .message(MessageId(number))
                .expect("the store reads")
        })
        .map(|message| format!("{}-{}", message.seq, message.ordinal))
        .collect();
    lock(&fake).mood = Mood::Down;
    let mut outlet = outlet(&house, address);
    let start = house.engine.clock().now();
    for minute in 0..24 * 60 {
        let now = start.plus_s(minute * 60);
        outlet.step(now).expect("the outlet steps");
        overdue::step(&house.engine, now).expect("the keeper looks");
    }
    let stuck = house.awaits(&mut entries, |event| match event {
        Event::AlarmRaised { finding, .. } if finding.code == AlarmCode::A22 => Some(finding.trip),
        _ => None,
    });
    assert_eq!(stuck, Some(submitted.trip));
    assert!(entries.try_recv().is_err(), "it is told once");
    assert_eq!(
        states(&house),
        [(1, OutboxState::Waiting), (2, OutboxState::Waiting)]
    );

    lock(&fake).mood = Mood::Well;
    run(&mut outlet, start.plus_s(25 * 3600));
    assert_eq!(codes(&fake), ["E02", "E03"]);
    let names: Vec<String> = lock(&fake)
        .taken
        .iter()
        .map(|(_, entry, _)| entry.clone())
        .collect();
    assert_eq!(names, names_before, "no effect changes its name");
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again_and_taken_once() {
    let (house, (address, fake)) = (House::open(), fake());
    house.submitted();
    let mut outlet = outlet(&house, address);
    let now = house.engine.clock().now();
    lock(&fake).mood = Mood::LosesAnswers;
    outlet.step(now.plus_s(1)).expect("the outlet steps");
    assert_eq!(states(&house)[0], (1, OutboxState::Waiting));
    lock(&fake).mood = Mood::Scolds;
    run(&mut outlet, now.plus_s(3600));
    assert_eq!(codes(&fake), ["E02", "E03"]);
    assert_eq!(states(&house), [(1, OutboxState::Taken), (2, OutboxState::Taken)]);
}

#[test]
fn a_refused_message_holds_its_lane_until_a_person_repairs_it() {
    let (house, (address, fake)) = (House::open(), fake());
    let submitted = house.submitted();
    let mut outlet = outlet(&house, address);
    let now = house.engine.clock().now();
    lock(&fake).mood = Mood::Refuses;
    run(&mut outlet, now.plus_s(3600));
    assert_eq!(
        states(&house),
        [(1, OutboxState::Refused), (2, OutboxState::Waiting)]
    );
    assert_eq!(codes(&fake), [""; 0], "the route waits behind the request");
    let refused = house
        .engine
        .reader()
        .message(MessageId(1))
        .expect("the store reads");
    assert_eq!(
        refused.and_then(|message| message.last_error),
        Some("1023 nomorDokumen tidak sesuai pola".into())
    );

    let corrections = vec![("nomorDokumen".to_owned(), "000124".to_owned())];
    let repair = Command::RepairMessage {
        message: MessageId(1),
        corrections,
        reason: "salah ketik".into(),
    };
    house.done_or_nothing(by(&submitted.provider.admin, repair));
    lock(&fake).mood = Mood::Well;
    run(&mut outlet, now.plus_s(2 * 3600));
    assert_eq!(codes(&fake), ["E02", "E03"]);
}

/// A22 "SKP message stuck: age > 10 min", judged by the clock alone: no outlet runs here at all.
#[test]
fn a_message_older_than_ten_minutes_is_told_without_any_outlet() {
    let house = House::open();
    let submitted = house.submitted();
    let mut entries = house.engine.subscribe_entries();
    let queued = house
        .engine
        .reader()
        .message(MessageId(1))
        .expect("the store reads")
        .expect("it was queued")
        .queued;
    for seconds in [0, 599, 600] {
        overdue::step(&house.engine, queued.plus_s(seconds)).expect("the keeper looks");
        assert!(entries.try_recv().is_err(), "not stuck after {seconds} s");
    }
    overdue::step(&house.engine, queued.plus_s(600).plus_ms(1)).expect("the keeper looks");
    let stuck = house.awaits(&mut entries, |event| match event {
        Event::AlarmRaised { finding, .. } if finding.code == AlarmCode::A22 => Some(finding.trip),
        _ => None,
    });
    assert_eq!(stuck, Some(submitted.trip));
    overdue::step(&house.engine, queued.plus_s(3_600)).expect("the keeper looks");
    assert!(entries.try_recv().is_err(), "it is told once");
}

/// A trip that SKP cannot digest waits by itself: the others are told in the same step, again and again.
#[test]
fn one_failing_trip_does_not_close_the_outlet_for_all() {
    let (house, (address, fake)) = (House::open(), fake());
    let first = house.submitted();
    let second = house.another(&first);
    lock(&fake).failing = "CSQU3054383".into();
    let mut outlet = outlet(&house, address);
    let now = house.engine.clock().now();
    run(&mut outlet, now.plus_s(1));
    let of = |trip| {
        let all = (1..=4).filter_map(|number| {
            house
                .engine
                .reader()
                .message(MessageId(number))
                .expect("the store reads")
        });
        let of_trip = all.filter(|message| message.trip == trip);
        of_trip.map(|message| message.state).collect::<Vec<_>>()
    };
    assert_eq!(of(first.trip), [OutboxState::Waiting, OutboxState::Waiting]);
    assert_eq!(of(second), [OutboxState::Taken, OutboxState::Taken]);
    lock(&fake).failing.clear();
    run(&mut outlet, now.plus_s(10));
    assert_eq!(of(first.trip), [OutboxState::Taken, OutboxState::Taken]);
}

#[test]
fn a_token_that_is_no_longer_good_is_renewed_once_and_the_message_goes_out() {
    let (house, (address, fake)) = (House::open(), fake());
    house.submitted();
    let mut outlet = outlet(&house, address);
    lock(&fake).mood = Mood::ForgetsTokens;
    let now = house.engine.clock().now();
    run(&mut outlet, now.plus_s(1));
    assert_eq!((codes(&fake).len(), lock(&fake).logins), (2, 2));
}

/// The engine's own word on it: a message that was taken leaves the working state with its reference kept.
#[test]
fn what_skp_took_is_journaled_with_its_reference() {
    let (house, (address, _fake)) = (House::open(), fake());
    let mut entries = house.engine.subscribe_entries();
    house.submitted();
    let now = house.engine.clock().now();
    run(&mut outlet(&house, address), now.plus_s(1));
    let delivery = house.awaits(&mut entries, |event| match event {
        Event::MessageAnswered { delivery, .. } => Some(delivery.clone()),
        _ => None,
    });
    assert_eq!(
        delivery,
        Delivery::Taken {
            reference: Some("SKP1".into())
        }
    );
}
