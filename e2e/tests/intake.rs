//! Another platform posts to the built program, which is killed as soon as it has answered: what was answered is there.

use jiff::{Timestamp, ToSpan};
use segel_e2e::house::{House, Running};
use segel_sim::client::{Client, accept_invitation};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";

/// A machine's answer to what was posted under a key.
fn post(running: &Running, bearer: &str, key: &str, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent
        .post(format!("{}/api/v1/intake/reports", running.doors.base))
        .header("authorization", bearer)
        .header("idempotency-key", key)
        .header("content-type", "application/json")
        .send(body.to_string())
        .expect("an answer");
    let json = answer.body_mut().read_json().expect("JSON");
    (answer.status().as_u16(), json)
}

fn start(house: &House) -> Running {
    house.start().unwrap_or_else(|failure| panic!("{failure:#}"))
}

/// Law 1: "Nothing leaves the process before its entry is durable".
#[test]
fn what_was_answered_outlives_a_kill_and_the_same_request_has_the_same_answer() {
    let house = House::new().expect("a folder");
    let running = start(&house);
    let (_, code) = running.doors.codes.clone().expect("a first start invites");
    accept_invitation(&running.doors.base, &code, "admin", PASSWORD, "Ibu Admin").expect("joined");
    let admin = Client::sign_in(&running.doors.base, "admin", PASSWORD).expect("signed in");
    let seal = json!({"protocol": "open", "device": "TRK-1", "label": "TRK-1", "profile": "any"});
    let seal = admin.create("/seals", seal).expect("a seal");
    let issued = admin
        .post("/tokens", json!({"label": "platform"}))
        .expect("a token");
    let bearer = format!("Bearer {}", issued["token"].as_str().expect("words"));
    let now = Timestamp::now();
    let said = |n: i64| {
        let time = now - (3_000 - n).seconds();
        json!({"device": "TRK-1", "time": format!("{time:.3}"), "fix": {"lat": -6.95, "lon": 110.42, "source": "gnss"}})
    };
    let mut body: Vec<Value> = (0..3_000).map(said).collect();
    body[7] = json!({"device": "TRK-2", "time": null, "fix": null});
    let body = Value::Array(body);
    let (status, first) = post(&running, &bearer, "k-1", &body);
    assert_eq!(
        (status, &first["kept"], &first["refused"]),
        (200, &json!(2_999), &json!(1))
    );
    running.kill().expect("killed");

    let running = start(&house);
    let admin = admin.at(&running.doors.base);
    let (status, again) = post(&running, &bearer, "k-1", &body);
    assert_eq!((status, &again), (200, &first));
    let mut count = 0;
    let mut path = format!("/seals/{seal}/reports?limit=200");
    loop {
        let page = admin.get(&path).expect("a page");
        count += page["items"].as_array().map_or(0, Vec::len);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/seals/{seal}/reports?limit=200&cursor={next}");
    }
    assert_eq!(count, 2_999, "all of it, and nothing twice");
}
