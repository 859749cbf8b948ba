//! A trip on the road and SKP: three lanes that do not wait for each other, and locations that are told once, however
//! late they came.

mod door;
mod people;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use people::cast::{Cast, Journey, PHONE, TERMINAL, cast};
use people::{House, PATIENCE, report, report_of};
use segel_model::input::CommandInput;
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::principal::Belonging;
use segel_model::{BlobHash, Command, OrganisationId, PersonId, Principal, Role, ServerTime, TripId};
use segel_server::ask::{Asked, Side, Verdict};
use segel_server::clock::Hand;
use segel_server::config::Skp as Config;
use segel_server::outlet::skp::Skp;
use segel_store::outbox::OutboxState;
use serde_json::{Value, json};

/// SKP's side: takes everything, but lets messages of one code wait until the gate is opened.
#[derive(Default)]
struct Fake {
    held: Mutex<Held>,
    opened: Condvar,
}

#[derive(Default)]
struct Held {
    /// Messages of this code wait.
    slow: Option<&'static str>,
    waiting: usize,
    most_waiting: usize,
    taken: Vec<Value>,
}

impl Fake {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slow(&self, code: Option<&'static str>) {
        self.lock().slow = code;
        self.opened.notify_all();
    }

    fn take(&self, code: &str, message: Value) {
        let mut held = self.lock();
        if held.slow == Some(code) {
            held.waiting += 1;
            held.most_waiting = held.most_waiting.max(held.waiting);
            let shut = |held: &mut Held| held.slow == Some(code);
            let (mut open, _) = self
                .opened
                .wait_timeout_while(held, PATIENCE, shut)
                .unwrap_or_else(PoisonError::into_inner);
            open.waiting -= 1;
            open.taken.push(message);
        } else {
            held.taken.push(message);
        }
    }

    fn codes(&self) -> Vec<String> {
        let held = self.lock();
        let code = |message: &Value| message["kodePesan"].as_str().map(str::to_owned);
        held.taken.iter().filter_map(code).collect()
    }

    /// Every location of every E06, in the order in which they were told.
    fn locations(&self) -> Vec<(String, f64)> {
        let held = self.lock();
        let ranges = held.taken.iter().filter(|message| message["kodePesan"] == "E06");
        let all = ranges.flat_map(|message| {
            message["payload"]["lokasi"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        });
        all.map(|one| {
            (
                one["waktu"].as_str().unwrap_or_default().to_owned(),
                one["lintang"].as_f64().unwrap_or_default(),
            )
        })
        .collect()
    }
}

fn fake() -> (SocketAddr, Arc<Fake>) {
    let shared = Arc::<Fake>::default();
    let router = Router::new()
        .route("/v1/openapi-auth/user/login", post(login))
        .route("/v1/eseal/{code}", post(take))
        .with_state(Arc::clone(&shared));
    (door::serve(router), shared)
}

async fn login() -> Json<Value> {
    Json(json!({"status": "success", "item": {"access_token": "t", "expires_in": 86_400}}))
}

async fn take(
    State(fake): State<Arc<Fake>>,
    Path(code): Path<String>,
    Json(message): Json<Value>,
) -> Json<Value> {
    let taken = tokio::task::spawn_blocking(move || fake.take(&code, message)).await;
    taken.expect("the fake does not panic");
    Json(json!({"status": "Success", "item": {"nomorReferensi": "SKP1"}}))
}

fn outlet(house: &House, address: SocketAddr) -> Skp {
    let config = Config {
        url: format!("http://{address}"),
        api_key: "key".into(),
        username: "segel".into(),
        password: "secret".into(),
        provider_code: "TT01".into(),
        call_limit_s: 60,
    };
    Skp::new(house.service().engine().clone(), config).expect("an outlet")
}

/// A journey that has left its terminal, at midnight of the hand's clock and three minutes.
fn under_way(house: &House, hand: &Hand, cast: &Cast<'_>) -> Journey {
    let journey = cast.sealed(house);
    let technician = Principal::Person {
        person: PersonId(cast.technician.id),
        role: Role::Technician,
        belongs: Belonging::Organisation(OrganisationId(cast.provider)),
    };
    let rules = house
        .service()
        .engine()
        .rules()
        .in_force(house.service().engine().clock().now());
    for (number, kind) in (1..).zip(rules.photos.install.clone()) {
        let asked = photo(&technician, TripId(journey.trip), kind, number);
        let answer = house.service().engine().ask_blocking(asked).expect("an answer");
        assert!(
            matches!(answer.verdict, Verdict::Done { .. }),
            "{:?}",
            answer.verdict
        );
    }
    cast.officer
        .post(&format!("/trips/{}/authorise-departure", journey.trip), json!({}))
        .done();
    drives(
        house,
        hand,
        &[
            (1, TERMINAL.0, TERMINAL.1),
            (1, -6.9470, 110.4110),
            (1, -6.9500, 110.3995),
        ],
    );
    assert_eq!(
        cast.officer.get(&format!("/trips/{}", journey.trip)).json["state"],
        "in_transit"
    );
    journey
}

fn photo(by: &Principal, trip: TripId, kind: PhotoKind, number: u8) -> Asked {
    let facts = PhotoFacts {
        blob: BlobHash([number; 32]),
        media_type: "image/jpeg".into(),
        bytes: 1_000,
        taken: None,
        taken_at: None,
        distance_to_seal_m: None,
        has_preview: false,
    };
    let command = Command::AddPhoto {
        trip,
        step: PhotoStep::Install,
        kind,
        facts,
    };
    Asked {
        input: CommandInput {
            principal: by.clone(),
            recorded: None,
            recorded_offset_ms: 0,
            command,
        },
        side: Side::default(),
    }
}

/// The phone reports at each place, so many minutes after the one before.
fn drives(house: &House, hand: &Hand, way: &[(i64, f64, f64)]) {
    for (minutes, lat, lon) in way {
        hand.pass_ms(minutes * 60_000);
        report(house, PHONE, *lat, *lon);
    }
}

/// Waits until so many ranges of locations were decided.
fn await_ranges(house: &House, count: usize) {
    let began = Instant::now();
    while ranges(house) < count {
        assert!(began.elapsed() < PATIENCE, "{} of {count} ranges", ranges(house));
        std::thread::yield_now();
    }
}

fn ranges(house: &House) -> usize {
    let reader = house.service().engine().reader();
    let of = |state| reader.messages(state, 0, 500).expect("the outbox");
    let all = of(OutboxState::Waiting).into_iter().chain(of(OutboxState::Taken));
    all.filter(|message| message.code == segel_model::skp::MessageCode::E06)
        .count()
}

/// Steps until nothing is due any more.
fn run(outlet: &mut Skp, now: ServerTime) {
    let began = Instant::now();
    while outlet
        .step(now)
        .expect("it steps")
        .is_some_and(|next| next <= now)
    {
        assert!(began.elapsed() < PATIENCE, "it never comes to an end");
    }
}

/// E06, end to end: coverage is cut, the newest fix comes first and its range is taken, and only then the seal delivers
/// what it kept; at the end SKP has every fix once.
#[test]
fn what_a_blind_area_kept_reaches_skp_once_after_its_range_was_taken() {
    let hand = Hand::at(ServerTime::from_unix_ms(1_795_500_000_000));
    let house = House::open_at(&hand);
    let cast = cast(&house);
    let (address, fake) = fake();
    let mut outlet = outlet(&house, address);
    under_way(&house, &hand, &cast);

    // Nothing is heard for ten minutes; then the present place comes first, and its range is due and taken.
    drives(&house, &hand, &[(10, -6.9550, 110.3800)]);
    await_ranges(&house, 1);
    hand.pass_ms(301_000);
    report(&house, PHONE, -6.9560, 110.3770);
    await_ranges(&house, 2);
    run(&mut outlet, hand.clock().now());
    let before = fake.locations();
    // What the blind area kept, eight to six minutes older than the range that was taken.
    for (lat, seconds_ago) in [(-6.9510, 700), (-6.9520, 640), (-6.9530, 580)] {
        report_of(&house, PHONE, lat, 110.3900, seconds_ago);
    }
    report_of(&house, PHONE, -6.9510, 110.3900, 700);
    hand.pass_ms(301_000);
    await_ranges(&house, 3);
    run(&mut outlet, hand.clock().now());

    let all = fake.locations();
    let late: Vec<f64> = all[before.len()..].iter().map(|(_, lat)| *lat).collect();
    assert_eq!(
        late,
        [-6.9510, -6.9520, -6.9530, -6.9560],
        "by their own time, the repeat left out"
    );
    let mut times = BTreeMap::<&str, u32>::new();
    all.iter().for_each(|(at, _)| *times.entry(at).or_default() += 1);
    assert!(
        times.values().all(|times| *times == 1),
        "nothing is sent twice as new: {times:?}"
    );
    let lats: Vec<f64> = before.iter().map(|(_, lat)| *lat).collect();
    assert_eq!(lats, [TERMINAL.0, -6.9470, -6.9500, -6.9550]);

    hand.pass_ms(301_000);
    run(&mut outlet, hand.clock().now());
    assert_eq!(
        fake.locations(),
        all,
        "nothing more was heard, so nothing more is told"
    );
}

/// "three lanes per trip (alarms, milestones, locations)": slow locations hold neither an alarm nor a milestone, and no
/// more than two of them wait at SKP at once.
#[test]
fn a_slow_lane_holds_no_other() {
    let hand = Hand::at(ServerTime::from_unix_ms(1_795_500_000_000));
    let house = House::open_at(&hand);
    let cast = cast(&house);
    let (address, fake) = fake();
    let mut outlet = outlet(&house, address);
    let journey = under_way(&house, &hand, &cast);
    hand.pass_ms(301_000);
    report(&house, PHONE, -6.9550, 110.3800);
    await_ranges(&house, 1);
    fake.slow(Some("E06"));
    let began = Instant::now();
    outlet.step(hand.clock().now()).expect("it steps");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "a step does not wait for the slow one"
    );
    let (alarms, milestones): (Vec<String>, Vec<String>) =
        fake.codes().into_iter().partition(|code| code == "E07");
    assert_eq!(milestones, ["E02", "E03", "E02", "E04", "E05"]);

    // Far outside its corridor: an alarm, queued behind the location that is still under way, arrives all the same.
    drives(
        &house,
        &hand,
        &[
            (1, -6.9000, 110.3800),
            (3, -6.9000, 110.3800),
            (3, -6.9000, 110.3790),
        ],
    );
    outlet.step(hand.clock().now()).expect("it steps");
    cast.officer
        .post(
            &format!("/trips/{}/confirm-arrival", journey.trip),
            json!({"reason": "terlihat"}),
        )
        .done();
    outlet.step(hand.clock().now()).expect("it steps");
    let codes = fake.codes();
    let alarms_now = codes.iter().filter(|code| *code == "E07").count();
    assert!(
        alarms.len() < alarms_now && codes.contains(&"E11".into()),
        "{codes:?}"
    );
    assert!(!codes.contains(&"E06".into()), "{codes:?}");
    assert_eq!(
        fake.lock().most_waiting,
        1,
        "one lane of one trip has one message under way"
    );

    fake.slow(None);
    run(&mut outlet, hand.clock().now());
    let ranges = fake.codes().iter().filter(|code| *code == "E06").count();
    assert!(1 <= ranges, "the slow lane goes on where it was");
    let reader = house.service().engine().reader();
    assert_eq!(
        reader
            .messages(OutboxState::Waiting, 0, 10)
            .expect("the outbox")
            .len(),
        0
    );
}
