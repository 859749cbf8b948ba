//! Seals in stock: who is a stranger, which seal fits a trip and why not, whose an idle seal is.

mod people;

use people::cast::{TERMINAL, cast};
use people::{House, Person, office, report, trip};
use serde_json::{Value, json};

/// "Unknown seals are quarantined (kept, listed, never judged, no command) until registered".
#[test]
fn a_stranger_is_listed_with_what_it_last_did_until_it_is_registered() {
    let house = House::open();
    let cast = cast(&house);
    let listed = |person: &Person<'_>| person.get("/quarantine").done().json["items"].clone();
    assert_eq!(listed(&cast.admin), json!([]));
    for _ in 0..3 {
        report(&house, "99001", TERMINAL.0, TERMINAL.1);
    }
    report(&house, "99002", TERMINAL.0, TERMINAL.1);
    let all = listed(&cast.admin);
    let one = |device: &str| -> Value {
        let all = all.as_array().expect("a list");
        all.iter()
            .find(|found| found["device"] == device)
            .cloned()
            .unwrap_or_default()
    };
    let stranger = one("99001");
    assert_eq!(
        (
            &stranger["protocol"],
            &stranger["frames"],
            &one("99002")["frames"]
        ),
        (&json!("osmand"), &json!(3), &json!(1))
    );
    let peer = stranger["peer"].as_str().unwrap_or_default();
    assert!(peer.starts_with("127.0.0.1:"), "{stranger}");
    let (first, last) = (stranger["first_seen"].as_str(), stranger["last_seen"].as_str());
    assert!(first.is_some() && first <= last, "{stranger}");
    assert_eq!(cast.supervisor.get("/work-list").json["quarantined"], 2);
    assert_eq!(listed(&cast.supervisor), all);
    assert_eq!(cast.officer.get("/quarantine").status, 403);

    let seal = json!({"protocol": "osmand", "device": "99001", "label": "HP-9", "profile": "any"});
    cast.admin.post("/seals", seal).done();
    let left = listed(&cast.admin);
    assert_eq!(
        (left[0]["device"].as_str(), left.as_array().map(Vec::len)),
        (Some("99002"), Some(1))
    );
    report(&house, "99001", TERMINAL.0, TERMINAL.1);
    assert_eq!(
        listed(&cast.admin),
        left,
        "a registered seal is no stranger any more"
    );
}

#[test]
fn a_seal_that_does_not_fit_says_every_reason() {
    let house = House::open();
    let cast = cast(&house);
    let stock = |body: Value| cast.admin.post("/seals", body).id();
    let certificate = json!({"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"});
    let fit = stock(
        json!({"protocol": "osmand", "device": "86001", "label": "HP-1", "profile": "any", "certificate": certificate}),
    );
    let unfit = stock(
        json!({"protocol": "osmand", "device": "86002", "label": "HP-2", "profile": "any", "pool": "040300"}),
    );
    cast.admin
        .post(
            &format!("/seals/{unfit}/condition"),
            json!({"state": "set_aside", "reason": "retak"}),
        )
        .done();
    report(&house, "86001", TERMINAL.0, TERMINAL.1);
    let planned = cast.planned(trip(cast.provider, "CSQU3054383"));
    let fitness = cast
        .admin
        .get(&format!("/trips/{}/fit-seals", planned.trip))
        .done()
        .json;
    let items = fitness["items"].as_array().expect("a list");
    assert_eq!(
        (&items[0]["seal"]["id"], &items[0]["because"]),
        (&json!(fit), &json!([]))
    );
    let because: Vec<&str> = items[1]["because"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|reason| reason["en"].as_str())
        .collect();
    assert_eq!(
        (&items[1]["seal"]["id"], &items[1]["fit"]),
        (&json!(unfit), &json!(false))
    );
    assert_eq!(
        because,
        [
            "that seal is set aside or retired; choose another",
            "that seal belongs to another office's pool; choose another",
            "the seal's certificate is missing or runs out before the trip ends; renew it",
            "the battery is unknown; wake the seal and wait for its report",
            "the seal has sent no recent position; take it outside and wait",
        ]
    );
}

/// Law 5: "in doubt no secret is sent until an officer clears it"; a seal without a pool may serve any office.
#[test]
fn the_doubt_of_an_idle_seal_is_cleared_by_customs_of_its_pool_and_without_a_pool_by_any_office() {
    let house = House::open();
    let cast = cast(&house);
    let elsewhere = cast
        .supervisor
        .brings("elsewhere", "customs_supervisor", office("040300"));
    let stock = |device: &str, pool: Value| {
        let seal = json!({"protocol": "osmand", "device": device, "label": format!("HP-{device}"), "profile": "any", "pool": pool});
        cast.admin.post("/seals", seal).id()
    };
    let (ours, anybodys) = (stock("86001", json!("060100")), stock("86002", Value::Null));
    let clear = |person: &Person<'_>, seal: u64| {
        let answer = person.post(
            &format!("/seals/{seal}/clear-doubt"),
            json!({"reason": "diperiksa"}),
        );
        (answer.status, answer.code().to_owned())
    };
    let no_doubt = (409, "no_doubt".to_owned());
    assert_eq!(clear(&cast.officer, ours), no_doubt);
    assert_eq!(clear(&cast.officer, anybodys), no_doubt);
    assert_eq!(clear(&elsewhere, anybodys), no_doubt);
    assert_eq!(clear(&elsewhere, ours).0, 404);
    assert_eq!(
        clear(&cast.admin, anybodys).0,
        403,
        "a provider never clears a doubt"
    );
    let sees = |person: &Person<'_>, seal: u64| person.get(&format!("/seals/{seal}")).status;
    assert_eq!(
        (sees(&cast.officer, anybodys), sees(&elsewhere, anybodys)),
        (200, 200)
    );
    assert_eq!((sees(&cast.officer, ours), sees(&elsewhere, ours)), (200, 404));
}

/// What a seal cannot do is refused at once, in both languages and with what it can do instead; its page shows only what it takes
/// and what the asker may send.
#[test]
fn a_seal_is_told_only_what_it_can_do() {
    let house = House::open();
    let cast = cast(&house);
    let stock = |protocol: &str, device: &str, profile: &str| {
        let label = format!("S-{device}");
        let seal = json!({"protocol": protocol, "device": device, "label": label, "profile": profile});
        cast.admin.post("/seals", seal).id()
    };
    let (phone, lock) = (
        stock("osmand", "87001", "any"),
        stock("jt808", "013800138000", "bsj"),
    );
    let offered = |seal: u64| cast.admin.get(&format!("/seals/{seal}")).done().json["orders"].clone();
    assert_eq!(offered(phone), json!([]));
    let shown = offered(lock);
    let shows = |name: &str| shown.as_array().is_some_and(|all| all.contains(&json!(name)));
    assert!(
        shows("lock") && shows("position_now") && shows("fence"),
        "{shown}"
    );
    assert!(!shows("channels") && !shows("unlock_static"), "{shown}");

    let orders = |seal: u64| format!("/seals/{seal}/orders");
    let refused = cast.admin.post(&orders(phone), json!({"kind": "position_now"}));
    assert_eq!(refused.code(), "not_spoken");
    let said = refused.json.to_string();
    assert!(said.contains("telepon tidak menerima perintah"), "{said}");
    assert!(said.contains("a phone takes no orders"), "{said}");
    assert_eq!(cast.admin.get(&orders(phone)).done().json["items"], json!([]));

    let area = json!({"kind": "circle", "centre": {"lat": -6.97, "lon": 110.33}, "radius_m": 300.0});
    let fence = json!({"kind": "fence", "number": 1, "shape": area, "reason": "perjalanan malam"});
    cast.admin.post(&orders(lock), fence).done();
    let listed = cast.admin.get(&orders(lock)).done().json["items"].clone();
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["state"]),
        (&json!("fence"), &json!("waiting"))
    );
    let nowhere = json!({"kind": "circle", "centre": {"lat": 95.0, "lon": 110.33}, "radius_m": 300.0});
    let fence = json!({"kind": "fence", "number": 1, "shape": nowhere});
    assert_eq!(cast.admin.post(&orders(lock), fence).code(), "fence_not_drawable");
}
