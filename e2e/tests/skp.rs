//! The customs computer system is away while trips go on; when it is back it hears everything, once and in order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use segel_e2e::house::House;
use segel_e2e::skp::Skp;
use segel_sim::cast::{Cast, EMAS};
use segel_sim::client::Client;
use segel_sim::convoy::{Convoy, Road};
use segel_sim::story::{Pace, Stage};
use segel_sim::tempo::Tempo;
use serde_json::{Value, json};

/// What was not taken after this never will be. Its tries wait up to five minutes; this absence is too short for that.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Law 13: "SKP never holds up local work". Law 9: delivery is at least once under one name.
#[test]
fn trips_go_on_while_skp_is_down_and_afterwards_it_has_each_message_once_in_the_order_of_its_lane() {
    let (house, skp) = (House::new().expect("a folder"), Skp::start().expect("a SKP"));
    skp.mood(json!({"down": true})).expect("it is down");
    house.configure(Some(&skp.account()), &[]).expect("configured");
    let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
    let (customs, provider) = running.doors.codes.clone().expect("a first start invites");
    let cast = Cast::assemble(&running.doors.base, &customs, &provider).expect("people join");
    let pace = Pace {
        interval_s: 60,
        haste: 1.0,
    };
    let stage = Stage::set(
        &running.doors.base,
        &cast,
        (EMAS, "officer"),
        Tempo::true_time(),
        pace,
    )
    .expect("they sign in");
    let convoy = Convoy::plan(
        stage.clone(),
        running.doors.jointech,
        Road::of_pieces(200),
        "Jalan lingkar",
    )
    .expect("a road");
    let containers = Convoy::containers(1, 2);
    let document = convoy.document("016805", &containers).expect("a document");
    for (container, device) in containers.iter().zip(8_500_000_000..) {
        convoy
            .send_off(document, container, device)
            .expect("it departs though SKP is down");
    }
    assert_eq!(skp.taken().expect("a list"), Vec::<Value>::new());
    let decided = messages(&stage.operator);
    assert!(
        decided.len() >= 6,
        "two departures say at least E02, E04 and E05: {decided:?}"
    );

    skp.mood(json!({"lose_answers": 2}))
        .expect("it is back, and a little confused");
    await_all_taken(&stage.operator);
    let taken = skp.taken().expect("a list");
    assert_eq!(taken.len(), messages(&stage.operator).len());
    assert!(
        taken.iter().all(|message| message["changed"] == json!(0)),
        "{taken:?}"
    );
    in_lane_order(&taken);
}

fn messages(reader: &Client) -> Vec<Value> {
    let page = reader.get("/messages?limit=200").expect("a page");
    page["items"].as_array().expect("a list").clone()
}

fn await_all_taken(reader: &Client) {
    let began = Instant::now();
    loop {
        let waiting: Vec<Value> = messages(reader)
            .into_iter()
            .filter(|message| message["state"] != json!("taken"))
            .collect();
        if waiting.is_empty() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "never taken: {waiting:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Of one container and one lane, the names rise: they are the entries that decided them.
fn in_lane_order(taken: &[Value]) {
    let mut last: BTreeMap<(String, &str), (u64, u64)> = BTreeMap::new();
    for message in taken {
        let lane = match message["kodePesan"].as_str().expect("a code") {
            "E07" => "alarms",
            "E06" => "locations",
            _ => "milestones",
        };
        let (entry, place) = message["message"]["nomorEntri"]
            .as_str()
            .and_then(|name| name.split_once('-'))
            .expect("a name is entry-place");
        let name = (entry.parse().expect("a number"), place.parse().expect("a number"));
        let container = message["message"]["nomorKontainer"].to_string();
        let before = last.insert((container, lane), name);
        assert!(
            before.is_none_or(|before| before < name),
            "{name:?} came after {before:?}"
        );
    }
}
