//! A mailbox of satellite messages, fetched by the built program from a gateway that is a program of its own, through kills.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use segel_e2e::house::House;
use segel_e2e::program::program;
use segel_sim::client::figure;
use segel_store::{Options, Store};
use serde_json::{Value, json};

/// What has not come after this never will.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often somebody looks whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Up to when all is durable.
const CURSOR: &str = "segel_orbcomm_cursor_seconds{mailbox=\"kapal\"}";
/// Messages in the mailbox.
const MESSAGES: u64 = 60;

/// `segel orbcomm-sim`, until this goes.
struct Gateway {
    child: Child,
    base: String,
}

impl Gateway {
    fn start() -> Self {
        let mut child = Command::new(program())
            .args([
                "orbcomm-sim",
                "--listen",
                "127.0.0.1:0",
                "--access-id",
                "7001",
                "--page",
                "3",
            ])
            .env("SEGEL_ORBCOMM_PASSWORD", "s3cret")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        said.read_line(&mut line).expect("it says where it is");
        let base = line.split_whitespace().last().expect("an address").to_owned();
        Self { child, base }
    }

    fn files(&self, messages: &[Value]) {
        ureq::post(format!("{}/_messages", self.base))
            .send_json(messages)
            .expect("they are filed");
    }

    fn mood(&self, mood: Value) {
        ureq::put(format!("{}/_mood", self.base))
            .send_json(mood)
            .expect("its mood is set");
    }

    fn asked(&self) -> usize {
        let mut answer = ureq::get(format!("{}/_asked", self.base))
            .call()
            .expect("it answers");
        let said: Value = answer.body_mut().read_json().expect("JSON");
        said["asked"].as_array().map_or(0, Vec::len)
    }

    fn awaits_asked(&self, times: usize) {
        awaits(|| times <= self.asked());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

fn awaits(mut come: impl FnMut() -> bool) {
    let began = Instant::now();
    while !come() {
        assert!(began.elapsed() < PATIENCE, "it never came");
        std::thread::sleep(LOOK_EVERY);
    }
}

fn message(id: u64, at: jiff::Timestamp) -> Value {
    let utc = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let seconds = at.as_second().to_string();
    json!({
        "ID": id, "MessageUTC": utc, "ReceiveUTC": utc, "SIN": 126, "MobileID": "01459999SKYA001",
        "Payload": {"Name": "MovingIntervalSat", "SIN": 126, "MIN": 22, "Fields": [
            {"Name": "Latitude", "Value": "-417000"}, {"Name": "Longitude", "Value": "6625200"},
            {"Name": "EventTime", "Value": seconds}]}
    })
}

/// The numbers of the messages that lie in a store at rest.
fn kept(house: &House) -> BTreeSet<u64> {
    let options = Options {
        free_floor_bytes: 0,
        ..Options::default()
    };
    let opened = Store::open(house.data(), options).expect("the store opens");
    let rows = opened
        .reader
        .staged_after(0, i64::MAX as u64, u64::MAX)
        .expect("it reads");
    let reports = rows.iter().flat_map(|row| row.reports().expect("a row reads"));
    let raw = reports.map(|staged| serde_json::from_slice::<Value>(&staged.raw).expect("JSON"));
    raw.filter_map(|message| message["ID"].as_u64()).collect()
}

/// "Cursor durable over kill -9, no message skipped."
#[test]
fn a_mailbox_fetched_through_kills_and_a_moody_gateway_is_whole() {
    let gateway = Gateway::start();
    let mut house = House::new().expect("a folder");
    house.set_environment("SEGEL_MAILBOX_PASSWORD", "s3cret");
    house.set_more_settings(&format!(
        "[[orbcomm]]\nname = \"kapal\"\nurl = {:?}\naccess_id = \"7001\"\npassword = {{ env = \"SEGEL_MAILBOX_PASSWORD\" }}\ninterval_s = 1\noverlap_s = 20\n",
        gateway.base
    ));
    house.configure(None, &[]).expect("configured");
    let now = jiff::Timestamp::now();
    let at = |id: u64| now - jiff::SignedDuration::from_secs(3_600 - 10 * id as i64);
    let messages: Vec<Value> = (1..=MESSAGES).map(|id| message(id, at(id))).collect();
    gateway.files(&messages);
    gateway.mood(json!({"slow_ms": 30, "shuffled": true, "halves": 2, "same_again": 1}));
    let mut asked = 0;
    for _ in 0..4 {
        let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
        gateway.awaits_asked(asked + 5);
        running.kill().expect("killed");
        asked = gateway.asked();
    }
    let part = kept(&house);
    assert!(!part.is_empty(), "something is durable by then");

    gateway.mood(json!({}));
    let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
    let last = u64::try_from(at(MESSAGES).as_second()).expect("after 1970");
    let cursor = || figure(&running.doors.base, CURSOR).expect("a figure");
    awaits(|| cursor() == last);
    running.stop().expect("it stops");
    assert_eq!(kept(&house), (1..=MESSAGES).collect(), "{}", house.log());
    assert!(!house.log().contains("s3cret"), "no password in the log");
}

/// A password that is not where it should be is found at the start, with a sentence.
#[test]
fn a_mailbox_without_its_password_is_no_start() {
    let mut house = House::new().expect("a folder");
    house.set_more_settings(
        "[[orbcomm]]\nname = \"kapal\"\nurl = \"http://127.0.0.1:9\"\naccess_id = \"7001\"\npassword = { file = \"/no/such/password\" }\n",
    );
    house.configure(None, &[]).expect("configured");
    let ended = house.start_in_vain().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(
        said.contains("kapal") && said.contains("/no/such/password"),
        "{said}"
    );
}
