//! Reports of other platforms, sent over HTTP as their machines send them.

mod people;

use std::io::{Read, Write};
use std::net::TcpStream;

use people::cast::{TERMINAL, cast};
use people::{Answer, House, PATIENCE, Person, organisation};
use segel_model::ServerTime;
use segel_server::auth::secrets;
use segel_server::clock::Hand;
use segel_wire::calendar::{Clock, rfc3339};
use serde_json::{Value, json};

/// 2026-11-26T09:31:00Z.
const START: ServerTime = ServerTime::from_unix_ms(1_795_685_460_000);

/// A machine with the token of a person.
struct Machine<'a> {
    person: Person<'a>,
    token: u64,
    bearer: String,
    signing_secret: String,
}

impl<'a> Machine<'a> {
    fn of(person: &Person<'a>) -> Self {
        let issued = person.post("/tokens", json!({"label": "platform"})).done().json;
        let text = |name: &str| issued[name].as_str().expect("words").to_owned();
        Self {
            person: person.clone(),
            token: issued["id"].as_u64().expect("a number"),
            bearer: format!("Bearer {}", text("token")),
            signing_secret: text("signing_secret"),
        }
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, body.to_string().into_bytes(), None)
    }

    fn post_as(&self, path: &str, body: &Value, key: &str) -> Answer {
        self.send(path, body.to_string().into_bytes(), Some(key))
    }

    fn send(&self, path: &str, body: Vec<u8>, key: Option<&str>) -> Answer {
        let mut headers = vec![("authorization", self.bearer.as_str())];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.person.send("POST", path, body, &headers)
    }
}

/// A provider's administrator, and a machine of theirs.
fn provider(house: &House) -> (Person<'_>, Machine<'_>) {
    let admin = house.join(&house.provider_code, "admin");
    let machine = Machine::of(&admin);
    (admin, machine)
}

fn register(admin: &Person<'_>, protocol: &str, device: &str) -> u64 {
    let seal = json!({"protocol": protocol, "device": device, "label": format!("L-{protocol}-{device}"), "profile": "any"});
    admin.post("/seals", seal).id()
}

/// What a seal says so many milliseconds after it was heard first.
fn said(device: &str, after_ms: i64) -> Value {
    json!({
        "device": device, "time": rfc3339(START.unix_ms - 60_000 + after_ms),
        "fix": {"lat": -6.9435, "lon": 110.4243, "source": "gnss", "accuracy_m": 5},
        "battery": {"percent": 97}
    })
}

fn reports(person: &Person<'_>, seal: u64) -> Vec<Value> {
    let path = format!(
        "/seals/{seal}/reports?limit=200&until={}",
        rfc3339(START.unix_ms + 3_600_000)
    );
    let page = person.get(&path).done().json;
    page["items"].as_array().expect("a list").clone()
}

/// How many reports of a protocol went to the engine.
fn counted(house: &House, metric: &str, protocol: &str) -> u64 {
    let printed = house.service().engine().print_metrics();
    let line = format!("segel_gateway_{metric}_total{{protocol=\"{protocol}\"}} ");
    let count = printed.lines().find_map(|one| one.strip_prefix(&line));
    count.map_or(0, |count| count.parse().expect("a number"))
}

#[test]
fn one_report_is_durable_when_it_is_answered_and_its_own_bytes_are_kept() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seal = register(&admin, "open", "TRK-1");
    let body = said("TRK-1", 0);
    let answer = machine.post("/intake/reports", &body).done().json;
    assert_eq!(
        answer,
        json!({"reports": 1, "kept": 1, "refused": 0, "results": [{"at": 0, "outcome": "kept"}]})
    );
    let kept = reports(&admin, seal);
    let raw: String = body
        .to_string()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (
            &kept[0]["raw"]["hex"],
            &kept[0]["raw"]["protocol"],
            &kept[0]["standing"]
        ),
        (&json!(raw), &json!("open"), &json!("fresh"))
    );
    assert_eq!(kept[0]["reads_differently"], false, "{}", kept[0]);
    assert_eq!(counted(&house, "reports", "open"), 1);
    let seal = admin.get(&format!("/seals/{seal}")).done().json;
    assert_eq!(
        (
            &seal["last"]["battery_percent"],
            &seal["last"]["fix"]["position"]["lat"]
        ),
        (&json!(97), &json!(-6.9435))
    );
}

/// "one report or a batch up to 10,000 reports a request".
#[test]
fn ten_thousand_reports_are_one_request_and_one_more_is_too_many() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seals: Vec<u64> = (0..100)
        .map(|n| register(&admin, "open", &format!("TRK-{n}")))
        .collect();
    let all = (0..10_000).map(|n| said(&format!("TRK-{}", n % 100), i64::from(n / 100)));
    let mut body: Vec<Value> = all.collect();
    let answer = machine.post("/intake/reports", &json!(body)).done().json;
    assert_eq!(
        (&answer["kept"], answer["results"].as_array().map(Vec::len)),
        (&json!(10_000), Some(10_000))
    );
    assert_eq!(counted(&house, "reports", "open"), 10_000);
    for seal in [seals[0], seals[99]] {
        let kept = reports(&admin, seal);
        assert_eq!(kept.len(), 100);
        assert!(kept.iter().all(|report| report["standing"] == "fresh"));
    }
    body.push(said("TRK-0", 1_000));
    let answer = machine.post("/intake/reports", &json!(body));
    assert_eq!((answer.status, answer.code()), (413, "too_many_reports"));
    assert!(
        answer.json["detail"]
            .as_str()
            .is_some_and(|say| say.contains("10000")),
        "{answer:?}"
    );
    assert_eq!(
        counted(&house, "reports", "open"),
        10_000,
        "nothing of it was taken"
    );
}

#[test]
fn a_request_under_a_key_is_taken_once_and_answered_alike() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seal = register(&admin, "open", "TRK-1");
    let body = json!([said("TRK-1", 0), {"device": "TRK-1"}, said("TRK-1", 1)]);
    let first = machine.post_as("/intake/reports", &body, "k-1").done().json;
    assert_eq!((&first["kept"], &first["refused"]), (&json!(2), &json!(1)));
    let again = machine.post_as("/intake/reports", &body, "k-1").done().json;
    assert_eq!(again, first);
    assert_eq!(
        (reports(&admin, seal).len(), counted(&house, "reports", "open")),
        (2, 2)
    );
    let other = machine.post_as("/intake/reports", &said("TRK-1", 2), "k-1");
    assert_eq!((other.status, other.code()), (400, "idempotency_key_used"));
}

/// "each report has a key of its own so that a resent batch makes no double judgement".
#[test]
fn a_batch_sent_again_without_a_key_is_kept_again_and_judged_once() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seal = register(&admin, "open", "TRK-1");
    let mut late = said("TRK-1", 3);
    late["backfill"] = json!(true);
    let undated = json!({"device": "TRK-1", "time": null, "fix": null, "signals": ["vibration"]});
    for _ in 0..2 {
        let body = json!([said("TRK-1", 1), said("TRK-1", 2), undated, late]);
        assert_eq!(machine.post("/intake/reports", &body).done().json["kept"], 4);
    }
    let standings: Vec<String> = reports(&admin, seal)
        .iter()
        .map(|report| report["standing"].as_str().expect("a word").into())
        .collect();
    let of = |standing: &str| standings.iter().filter(|one| *one == standing).count();
    assert_eq!(
        (of("fresh"), of("undated"), of("repeat")),
        (3, 1, 4),
        "{standings:?}"
    );
}

/// One connection may speak for several seals: what is said of a smaller one is its own, and its host's registration is not its.
#[test]
fn a_smaller_seal_is_one_of_its_own() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let host = register(&admin, "open", "TRK-1");
    let seal = register(&admin, "open", "685304");
    let of = |sublock: &str| {
        let mut report = said("TRK-1", 0);
        report["sublock"] = json!(sublock);
        report
    };
    let body = json!([of("685304"), of("224779"), of("685304")]);
    let answer = machine.post("/intake/reports", &body).done().json;
    assert_eq!((&answer["kept"], &answer["refused"]), (&json!(2), &json!(1)));
    let stranger = &answer["results"][1];
    assert_eq!(
        (&stranger["code"], &stranger["field"]),
        (&json!("unknown_seal"), &json!("sublock"))
    );
    assert_eq!(reports(&admin, host), Vec::<Value>::new());
    let told: Vec<Value> = reports(&admin, seal)
        .iter()
        .map(|report| {
            json!([
                report["standing"],
                report["through"],
                report["place"]["source"],
                report["reads_differently"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["fresh", "TRK-1", "host", false]),
            json!(["repeat", "TRK-1", "host", false])
        ]
    );
}

/// What a forwarder passes on beside the speaker's own object: the object stands, whoever the smaller seals are.
#[test]
fn an_object_is_taken_with_smaller_seals_that_nobody_knows() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let host = register(&admin, "teratrack", "007100000042");
    let seal = register(&admin, "teratrack", "685304");
    let slave = |name: &str| json!({"SDeviceId": name, "SLockCutOff": "1"});
    let body = json!({"MDeviceID": "007100000042", "Slave": [slave("685304"), slave("224779")]});
    machine.post("/intake/teratrack", &body).done();
    let signals = |seal: u64| -> Vec<Value> {
        let told = reports(&admin, seal);
        told.iter().map(|report| report["signals"].clone()).collect()
    };
    assert_eq!(signals(host), [json!([])]);
    assert_eq!(signals(seal), [json!(["rope_cut"])]);
    let strangers = admin.get("/quarantine").done().json["items"].clone();
    assert_eq!(strangers[0]["device"], "224779", "{strangers}");
}

#[test]
fn who_has_no_token_of_a_provider_sends_nothing() {
    let house = House::open();
    let cast = cast(&house);
    register(&cast.admin, "open", "TRK-1");
    let body = json!({"device": "TRK-1", "time": null, "fix": null});
    for path in [
        "/intake/reports",
        "/intake/flespi",
        "/intake/teratrack",
        "/intake/tive",
    ] {
        let bearer = |text: &str| {
            let headers = [("authorization", text)];
            let answer = house
                .stranger()
                .send("POST", path, body.to_string().into_bytes(), &headers);
            (answer.status, answer.code().to_owned())
        };
        let nobody = (401, "not_signed_in".to_owned());
        assert_eq!(bearer("Bearer segel_1_00"), nobody);
        assert_eq!(bearer("Bearer nonsense"), nobody);
        assert_eq!(bearer(""), nobody);
    }
    for person in [&cast.user, &cast.technician, &cast.officer, &cast.supervisor] {
        let answer = Machine::of(person).post("/intake/reports", &body);
        assert_eq!((answer.status, answer.code()), (403, "not_allowed"));
    }
    assert_eq!(counted(&house, "reports", "open"), 0);
}

/// "a provider may only report for its own seals, a report for another's or an unknown seal is answered per report, not swallowed".
#[test]
fn another_providers_seal_and_nobodys_are_answered_in_the_same_words() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let supervisor = house.join(&house.customs_code, "supervisor");
    let (admin, machine) = provider(&house);
    let firm = json!({"name": "PT Segel Lain", "kind": "provider"});
    let firm = supervisor.post("/organisations", firm).id();
    let theirs = supervisor.brings("their-admin", "provider_admin", organisation(firm));
    register(&admin, "open", "TRK-1");
    let foreign = register(&theirs, "open", "TRK-9");
    let mut cut = said("TRK-9", 0);
    cut["signals"] = json!(["rope_cut"]);
    let body = json!([said("TRK-1", 0), cut, said("TRK-77", 0)]);
    let answer = machine.post("/intake/reports", &body).done().json;
    assert_eq!((&answer["kept"], &answer["refused"]), (&json!(1), &json!(2)));
    let (another, nobody) = (&answer["results"][1], &answer["results"][2]);
    assert_eq!(
        (&another["code"], &another["field"]),
        (&json!("unknown_seal"), &json!("device"))
    );
    for name in ["outcome", "code", "field", "detail", "detail_en"] {
        assert_eq!(another[name], nobody[name], "{name}");
    }
    assert_eq!(reports(&theirs, foreign), Vec::<Value>::new());
    let strangers = admin.get("/quarantine").done().json["items"].clone();
    let devices: Vec<&str> = strangers
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|stranger| stranger["device"].as_str())
        .collect();
    assert_eq!(
        devices,
        ["TRK-77"],
        "what nobody has registered waits, and no other"
    );
    let alone = machine.post("/intake/reports", &said("TRK-9", 1));
    assert_eq!((alone.status, alone.code()), (404, "unknown_seal"));
    assert_eq!(alone.json["fields"][0]["field"], "device");
}

#[test]
fn half_of_a_bad_batch_is_kept_and_each_refusal_says_where_and_why() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seal = register(&admin, "open", "TRK-1");
    let mut wrong = said("TRK-1", 1);
    wrong["fix"]["lat"] = json!("south");
    let mut ahead = said("TRK-1", 0);
    ahead["time"] = json!("2026-11-26T16:30:15Z");
    let body =
        json!([said("TRK-1", 0), wrong, {"device": "TRK-1", "time": null}, ahead, "x", said("TRK-1", 2)]);
    let answer = machine.post("/intake/reports", &body).done().json;
    let told: Vec<(Value, Value)> = answer["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|result| (result["code"].clone(), result["field"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (Value::Null, Value::Null),
            (json!("wrong_type"), json!("fix.lat")),
            (json!("missing"), json!("fix")),
            (json!("time_in_future"), json!("time")),
            (json!("wrong_type"), Value::Null),
            (Value::Null, Value::Null),
        ]
    );
    assert_eq!(answer["results"][3]["at"], 3);
    let words = |name: &str| answer["results"][3][name].as_str().expect("words").to_owned();
    assert!(words("detail").contains("zona waktunya") && words("detail_en").contains("check its zone"));
    assert_eq!(reports(&admin, seal).len(), 2);
    assert_eq!(
        counted(&house, "oddities", "open"),
        4,
        "what is refused is counted"
    );
}

#[test]
fn a_request_of_which_nothing_is_kept_is_a_problem_that_says_what_to_do() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    register(&admin, "open", "TRK-1");
    let mut wrong = said("TRK-1", 1);
    wrong["battery"]["percent"] = json!(101);
    let one = machine.post("/intake/reports", &wrong);
    assert_eq!((one.status, one.code()), (400, "out_of_range"));
    assert_eq!(one.header("content-type"), "application/problem+json");
    assert_eq!(one.json["fields"][0]["field"], "battery.percent");
    let many = machine.post("/intake/reports", &json!([wrong, {"device": "TRK-1"}]));
    assert_eq!((many.status, many.code()), (400, "nothing_kept"));
    let fields = many.json["fields"].as_array().expect("a list");
    let places: Vec<&str> = fields
        .iter()
        .filter_map(|field| field["field"].as_str())
        .collect();
    assert_eq!(places, ["[0].battery.percent", "[1].time"]);
    for (body, code, says) in [
        ("[{\n},{]", "malformed", "baris 2"),
        ("[]", "malformed", "Tidak ada laporan"),
        ("", "malformed", "bukan JSON"),
    ] {
        let answer = machine.send("/intake/reports", body.into(), None);
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
        assert!(
            answer.json["detail"]
                .as_str()
                .is_some_and(|say| say.contains(says)),
            "{answer:?}"
        );
    }
    assert_eq!(counted(&house, "reports", "open"), 0);
}

#[test]
fn a_body_beyond_its_limit_is_refused_and_too_many_requests_wait() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    register(&admin, "open", "TRK-1");
    let large = vec![b' '; (16 << 20) + 1];
    let answer = machine.send("/intake/reports", large, None);
    assert_eq!((answer.status, answer.code()), (413, "too_large"));
    let large = vec![b' '; (1 << 20) + 1];
    let answer = machine.send("/intake/tive", large, None);
    assert_eq!((answer.status, answer.code()), (413, "too_large"));
    // The clock stands still, so that none comes back.
    let waits = (0..600).map(|_| machine.send("/intake/reports", b"[]".to_vec(), None));
    let waits = waits
        .into_iter()
        .find(|answer| answer.status == 429)
        .expect("too many");
    assert_eq!((waits.code(), waits.header("retry-after")), ("too_often", "1"));
    hand.pass_ms(10);
    assert_eq!(machine.post("/intake/reports", &said("TRK-1", 0)).status, 200);
}

/// Each shape through its own address; what a seal says is the same whoever passes it on.
#[test]
fn every_shape_is_taken_at_its_own_address() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seconds = START.unix_ms / 1000;
    let time = rfc3339(START.unix_ms);
    let tera = json!({"MDeviceID": "A", "DateTime": time, "Latitude": "-6.9435", "Longitude": "110.4243", "LockCutOff": "1", "MessageAck": "1", "Slave": [{"SDeviceId": "1", "SLockRope": "1"}]});
    for (protocol, path, body, signal) in [
        (
            "flespi",
            "/intake/flespi",
            json!([{"ident": "A", "timestamp": seconds, "position.latitude": -6.9435, "position.longitude": 110.4243, "position.satellites": 9, "back.cap.open.alarm": true}, {"no": "ident"}]),
            "cover_open",
        ),
        ("teratrack", "/intake/teratrack", tera, "rope_cut"),
        (
            "osmand",
            "/intake/background-geolocation",
            json!({"device_id": "A", "location": [{"timestamp": time, "coords": {"latitude": -6.9435, "longitude": 110.4243, "accuracy": 5}}]}),
            "",
        ),
        (
            "tive",
            "/intake/tive",
            json!({"DeviceId": "A", "EntryTimeEpoch": START.unix_ms, "Location": {"Latitude": -6.9435, "Longitude": 110.4243, "LocationMethod": "gps"}, "Alert": "tamper"}),
            "dismantled",
        ),
    ] {
        let seal = register(&admin, protocol, "A");
        let answer = machine.post(path, &body).done().json;
        assert_eq!(answer["kept"], 1, "{protocol}: {answer}");
        let all = reports(&admin, seal);
        assert_eq!(all.len(), 1, "{protocol}");
        assert_eq!(all[0]["place"]["position"]["lat"], -6.9435, "{protocol}");
        assert_eq!(all[0]["reads_differently"], false, "{protocol}: {}", all[0]);
        let signals = all[0]["signals"].as_array().expect("a list");
        assert_eq!(
            signals.first().and_then(Value::as_str).unwrap_or_default(),
            signal,
            "{protocol}"
        );
        // That of the smaller seal waits in quarantine.
        let heard = if protocol == "teratrack" { 2 } else { 1 };
        assert_eq!(counted(&house, "reports", protocol), heard, "{protocol}");
        machine.post(path, &body).done();
        let standings = reports(&admin, seal);
        let repeats = standings
            .iter()
            .filter(|report| report["standing"] == "repeat")
            .count();
        assert_eq!(
            repeats, 1,
            "a delivery that is repeated is judged once: {protocol}"
        );
    }
    let strangers = machine.post("/intake/tive", &json!({"DeviceId": "B", "EntryTimeEpoch": 1}));
    assert_eq!(
        (strangers.status, &strangers.json["refused"]),
        (200, &json!(1)),
        "or it would come for ever"
    );
}

/// "HMAC or bearer secret per provider".
#[test]
fn a_signed_webhook_is_believed_and_one_that_was_touched_is_not() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    let seal = register(&admin, "tive", "A");
    let body = json!({"DeviceId": "A", "EntryTimeEpoch": START.unix_ms})
        .to_string()
        .into_bytes();
    let signature = secrets::hex(&secrets::keyed(machine.signing_secret.as_bytes(), &body));
    let send = |token: u64, body: &[u8], signature: &str| {
        let headers = [("x-signature", signature)];
        let path = format!("/intake/tive/{token}");
        house
            .stranger()
            .send("POST", &path, body.to_vec(), &headers)
            .status
    };
    assert_eq!(send(machine.token, &body, &format!("sha256={signature}")), 200);
    assert_eq!(send(machine.token, &body, &signature), 200);
    let touched = [body.as_slice(), b" "].concat();
    assert_eq!(send(machine.token, &touched, &signature), 401);
    assert_eq!(send(machine.token, &body, ""), 401);
    assert_eq!(send(machine.token + 1, &body, &signature), 401);
    assert_eq!(reports(&admin, seal).len(), 2);
    let plain = machine.bearer.strip_prefix("Bearer ").expect("a bearer's");
    let by_header = house.stranger().send(
        "POST",
        "/intake/tive",
        body.clone(),
        &[("x-tive-client-secret", plain)],
    );
    assert_eq!(by_header.status, 200);
    admin
        .call("DELETE", &format!("/tokens/{}", machine.token), Vec::new(), &[])
        .done();
    assert_eq!(
        send(machine.token, &body, &signature),
        401,
        "it ends with its token"
    );
}

/// Nothing can be told to a seal that nobody can reach this way: a person who tries is told so at once.
#[test]
fn an_order_is_refused_at_once() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, _) = provider(&house);
    let seal = register(&admin, "open", "TRK-1");
    let answer = admin.post(&format!("/seals/{seal}/orders"), json!({"kind": "set_time"}));
    let told = answer.json["detail_en"].as_str().expect("words");
    assert!(told.contains("takes no orders"), "{answer:?}");
}

/// What the seal of the two trips below says.
#[derive(Clone, Copy)]
enum Saying {
    Open,
    Closed,
    Cut,
}

/// A trip whose seal closes itself and is cut; the alarms that its officer sees, by code, severity and explanation.
fn cut_on_the_way(
    protocol: &str,
    device: &str,
    says: impl Fn(&House, &Person<'_>, Saying, i64),
) -> Vec<Value> {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let cast = cast(&house);
    let now = || house.service().engine().clock().now().unix_ms;
    let certificate = json!({"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"});
    let seal = json!({"protocol": protocol, "device": device, "label": "S-1", "profile": "any", "certificate": certificate});
    let seal = cast.admin.post("/seals", seal).id();
    says(&house, &cast.admin, Saying::Open, now());
    let mut trip = people::trip(cast.provider, "CSQU3054383");
    trip["mode"] = json!("sealed");
    let id = cast.planned(trip).trip;
    let ask = |person: &Person<'_>, step: &str, body: Value| {
        person.post(&format!("/trips/{id}/{step}"), body).done();
    };
    ask(
        &cast.admin,
        "assign",
        json!({"seal": seal, "technician": cast.technician.id}),
    );
    let scan = json!({"container": "CSQU3054383", "seal_label": "S-1", "place": {"lat": TERMINAL.0, "lon": TERMINAL.1}});
    ask(&cast.technician, "begin-install", scan);
    for saying in [Saying::Closed, Saying::Cut] {
        hand.pass_ms(20_000);
        says(&house, &cast.admin, saying, now());
    }
    let alarms = cast.officer.get("/alarms").done().json;
    let mut told: Vec<Value> = alarms["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|alarm| json!([alarm["code"], alarm["severity"], alarm["why"], alarm["trip"]]))
        .collect();
    told.dedup();
    told
}

/// A record of a JT701D by the maker's table (manual V1.4), at the terminal.
fn record(device: &str, saying: Saying, unix_ms: i64) -> (Vec<u8>, u8) {
    let bcd = |digits: &str| -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2);
        pairs
            .map(|pair| ((pair[0] - b'0') << 4) | (pair[1] - b'0'))
            .collect()
    };
    let [year, month, day, hour, minute, second] = Clock::from_unix_ms(unix_ms).two_digits();
    let status: u16 = match saying {
        Saying::Open => 0x2020,
        Saying::Closed => 0x20E0,
        Saying::Cut => 0x20E8,
    };
    let serial = saying as u8 + 1;
    let mut frame = vec![0x24];
    frame.extend(bcd(device));
    frame.extend([0x19, 0x11, 0x00, 0x34]);
    frame.extend(bcd(&format!(
        "{day:02}{month:02}{year:02}{hour:02}{minute:02}{second:02}"
    )));
    frame.extend(bcd("06566100")); // 06 degrees 56.61 minutes
    frame.extend(bcd("11025458")); // 110 degrees 25.458 minutes, and then 0 and the flags: fixed, south, east
    frame.extend([0x0D, 0, 0, 0, 0, 1, 0x2C, 9, 0, 0, 0, 0]);
    frame.extend(status.to_be_bytes());
    frame.extend([0x57, 0x12, 0x34, 0x56, 0x78, 0x18, 0x00, 0x01, 0x00, 0x0F]);
    frame.extend([0x0F; 8]);
    frame.extend([0x00, 0x01, 0x01, 0xFE, 0x0A, serial]);
    (frame, serial)
}

fn say_over_jointech(house: &House, device: &str, saying: Saying, unix_ms: i64) {
    let mut seal = TcpStream::connect(house.service().doors().jointech).expect("it listens");
    seal.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let (frame, serial) = record(device, saying, unix_ms);
    seal.write_all(&frame).expect("sent");
    let wanted = format!("(P69,0,{serial})");
    let mut heard = Vec::new();
    while !heard.ends_with(wanted.as_bytes()) {
        let mut byte = [0];
        seal.read_exact(&mut byte).expect("an answer");
        heard.push(byte[0]);
    }
}

fn say_over_open(admin: &Person<'_>, device: &str, saying: Saying, unix_ms: i64) {
    let closed = !matches!(saying, Saying::Open);
    let signals: &[&str] = if matches!(saying, Saying::Cut) {
        &["rope_cut"]
    } else {
        &[]
    };
    let body = json!({
        "device": device, "time": rfc3339(unix_ms), "battery": {"percent": 87},
        "fix": {"lat": TERMINAL.0, "lon": TERMINAL.1, "source": "gnss"},
        "lock": {"rope": closed, "motor": closed, "cover": true}, "signals": signals
    });
    Machine::of(admin).post("/intake/reports", &body).done();
}

/// "a lock event over Open JSON raises its alarm like one over Jointech does".
#[test]
fn a_cut_rope_is_the_same_alarm_whoever_passes_it_on() {
    let over_open = cut_on_the_way("open", "TRK-1", |_, admin, saying, at| {
        say_over_open(admin, "TRK-1", saying, at);
    });
    let over_jointech = cut_on_the_way("jointech", "7100000042", |house, _, saying, at| {
        say_over_jointech(house, "7100000042", saying, at);
    });
    let cut = |alarms: &[Value]| -> Vec<Value> {
        let cut = alarms.iter().filter(|alarm| alarm[0] == "A01");
        cut.cloned().collect()
    };
    assert_eq!(cut(&over_open).len(), 1, "{over_open:?}");
    assert_eq!(cut(&over_open)[0][2]["en"], "the rope of the seal was cut");
    assert_eq!(cut(&over_open), cut(&over_jointech));
    let said = |alarm: &Value| {
        alarm[2]["en"]
            .as_str()
            .is_some_and(|why| why.contains("not spoken by the seal"))
    };
    assert!(
        over_open.iter().any(said),
        "its interval could not be ordered: {over_open:?}"
    );
}

/// Every example of the page for platforms, word for word.
#[test]
fn the_examples_of_the_page_are_taken_as_it_says() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let (admin, machine) = provider(&house);
    for (protocol, device) in [
        ("open", "TRK-000042"),
        ("open", "685304"),
        ("open", "TRK-000043"),
        ("flespi", "7100000042"),
        ("teratrack", "007100000042"),
        ("osmand", "phone-1"),
        ("tive", "866000000000001"),
    ] {
        register(&admin, protocol, device);
    }
    let page = include_str!("../../../docs/intake.md");
    let examples: Vec<&str> = page
        .split("```http\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect();
    assert!(6 <= examples.len(), "{examples:?}");
    for example in examples {
        let (head, body) = example.split_once("\n\n").expect("a head and a body");
        let path = head
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("POST /api/v1"));
        let path = path.expect("an address");
        let (path, headers) = match path.split_once("/{token}") {
            None => (path.to_owned(), vec![("authorization", machine.bearer.clone())]),
            Some((path, _)) => {
                let key = machine.signing_secret.as_bytes();
                let signature = secrets::hex(&secrets::keyed(key, body.as_bytes()));
                (
                    format!("{path}/{}", machine.token),
                    vec![("x-signature", signature)],
                )
            }
        };
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = house.stranger().send("POST", &path, body.into(), &headers);
        assert_eq!(
            (answer.status, &answer.json["refused"]),
            (200, &json!(0)),
            "{example}\n{answer:?}"
        );
    }
}
