//! One container through the API: what each page says on the way, down to the closing report.

mod people;

use people::cast::{Cast, PHONE, TERMINAL, cast};
use people::{House, Person, document, report, report_of, route, trip};
use segel_model::ServerTime;
use segel_server::clock::Hand;
use serde_json::{Value, json};

fn steps(trip: &Value) -> Vec<(String, bool)> {
    let steps = trip["next_steps"].as_array().expect("a list");
    let step = |step: &Value| {
        (
            step["command"].as_str().unwrap_or("").to_owned(),
            step["allowed"] == true,
        )
    };
    steps.iter().map(step).collect()
}

fn may(trip: &Value, command: &str) -> Option<bool> {
    steps(trip)
        .into_iter()
        .find(|(name, _)| name == command)
        .map(|(_, allowed)| allowed)
}

fn holds(trip: &Value, code: &str) -> bool {
    let checks = trip["checks"].as_array().expect("a list");
    checks
        .iter()
        .any(|check| check["code"] == code && check["holds"] == true)
}

#[test]
fn each_page_says_what_can_be_asked_next_and_why_not() {
    let house = House::open();
    let cast = cast(&house);
    let (user, officer) = (&cast.user, &cast.officer);
    let paper = user
        .post("/documents", document(None, "016805", "CSQU3054383"))
        .id();
    let id = user.post("/trips", trip(cast.provider, "csqu 305438-3")).id();
    let read = |person: &Person<'_>| person.get(&format!("/trips/{id}")).done().json;
    let ask =
        |person: &Person<'_>, step: &str, body: Value| person.post(&format!("/trips/{id}/{step}"), body);

    let draft = read(user);
    assert_eq!(
        (&draft["state"], &draft["state_number"], &draft["stage"]),
        (&json!("draft"), &json!(1), &json!("expected"))
    );
    assert_eq!(
        (&draft["container"], &draft["plate"]),
        (&json!("CSQU3054383"), &json!("H 1234 AB"))
    );
    assert_eq!(may(&draft, "attach_document"), Some(true));
    assert!(holds(&draft, "container_check_digit") && !holds(&draft, "document_given"));

    ask(user, "attach-document", json!({"document": paper})).done();
    let waiting = read(user);
    assert_eq!(
        (&waiting["state"], may(&waiting, "submit_trip")),
        (&json!("manual_verification"), Some(false))
    );
    let refused = ask(user, "submit", json!({}));
    let submit = waiting["next_steps"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|step| step["command"] == "submit_trip");
    let submit = submit.expect("the step is named");
    assert_eq!(
        (refused.status, refused.code()),
        (422, submit["refusal"]["code"].as_str().unwrap_or("")),
        "as it was rehearsed"
    );
    let seen_by_officer = read(officer);
    assert_eq!(
        (
            may(&seen_by_officer, "verify_document"),
            may(&waiting, "verify_document")
        ),
        (Some(true), Some(false))
    );

    officer
        .post(&format!("/documents/{paper}/verify"), json!({"approved": [0]}))
        .done();
    assert_eq!(may(&read(user), "submit_trip"), Some(true));
    ask(user, "submit", json!({})).done();
    let submitted = read(user);
    assert!(holds(&submitted, "gate_passed") && !holds(&submitted, "route_approved"));
    assert_eq!(
        submitted["document"],
        json!({"id": paper, "kind": "plp", "number": "016805"})
    );
    let line = &user.get(&format!("/documents/{paper}")).json["lines"][0];
    assert_eq!((&line["approved"], &line["trip"]), (&json!(true), &json!(id)));
    assert_eq!(cast.supervisor.get("/work-list").json["expected"], 1);
}

#[test]
fn a_wrong_check_digit_asks_for_confirmation_and_a_wrong_form_is_malformed() {
    let house = House::open();
    let cast = cast(&house);
    let mut wrong = trip(cast.provider, "CSQU3054384");
    assert_eq!(cast.user.post("/trips", wrong.clone()).status, 428);
    wrong["check_digit_confirmed"] = json!(true);
    let id = cast.user.post("/trips", wrong).id();
    assert!(!holds(
        &cast.user.get(&format!("/trips/{id}")).json,
        "container_check_digit"
    ));
    let answer = cast
        .user
        .post("/containers/check", json!({"number": "CSQU 305438-4"}))
        .json;
    assert_eq!(
        answer,
        json!({"number": "CSQU3054384", "fault": null, "check_digit_holds": false, "expected_check_digit": 3})
    );
    assert_eq!(
        cast.user.post("/trips", trip(cast.provider, "CSQU")).json["fields"][0]["field"],
        "container"
    );
}

#[test]
fn a_trip_under_way_shows_its_clocks_timeline_track_and_report() {
    let house = House::open();
    let cast = cast(&house);
    let Cast {
        officer,
        admin,
        technician,
        user,
        ..
    } = &cast;
    let seal = json!({"protocol": "osmand", "device": "86001", "label": "HP-1", "profile": "any", "certificate": {"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"}});
    let seal = admin.post("/seals", seal).id();
    report(&house, "86001", -6.9435, 110.4243);
    let paper = user
        .post("/documents", document(None, "016805", "CSQU3054383"))
        .id();
    officer
        .post(&format!("/documents/{paper}/verify"), json!({"approved": [0]}))
        .done();
    let way = user.post("/routes", route(None)).id();
    assert_eq!(
        officer.get("/routes?status=proposed").json["items"][0]["id"],
        json!(way)
    );
    officer.post(&format!("/routes/{way}/approve"), json!({})).done();
    let id = user.post("/trips", trip(cast.provider, "CSQU3054383")).id();
    let ask = |person: &Person<'_>, step: &str, body: Value| {
        person.post(&format!("/trips/{id}/{step}"), body).done()
    };
    ask(user, "attach-document", json!({"document": paper}));
    ask(user, "submit", json!({}));
    ask(user, "plan", json!({"route": way}));
    let stock = admin.get(&format!("/trips/{id}/fit-seals")).done().json;
    assert_eq!(
        (&stock["items"][0]["seal"]["id"], &stock["items"][0]["fit"]),
        (&json!(seal), &json!(true)),
        "{stock}"
    );
    ask(
        admin,
        "assign",
        json!({"seal": seal, "technician": technician.id}),
    );
    assert_eq!(
        admin.get("/seals?stage=on_trip").json["items"][0]["trip"],
        json!(id)
    );
    ask(
        technician,
        "begin-install",
        json!({"container": "CSQU3054383", "seal_label": "HP-1", "place": {"lat": -6.9435, "lon": 110.4243}}),
    );

    let trip = technician.get(&format!("/trips/{id}")).done().json;
    let clock = &trip["clocks"][0];
    assert_eq!(
        (&clock["name"], &clock["state"], &clock["limit_s"]),
        (&json!("T1"), &json!("running"), &json!(300))
    );
    assert!(
        clock["remaining_s"]
            .as_i64()
            .is_some_and(|left| (1..=300).contains(&left)),
        "{clock}"
    );
    let due = technician.get("/obligations").json;
    assert_eq!(
        (&due["items"][0]["kind"], &due["items"][0]["clock"]),
        (&json!("clock"), &json!("install"))
    );
    ask(
        technician,
        "record-installed",
        json!({"reason": "pelacak tanpa kunci"}),
    );
    let trip = user.get(&format!("/trips/{id}")).done().json;
    assert_eq!(trip["clocks"][0]["state"], "met");
    assert_eq!(
        trip["photo_set"].as_array().map(Vec::len),
        Some(7),
        "four at the installation, three at the removal"
    );
    assert_eq!(trip["last"]["battery_percent"], 97);
    assert!(
        steps(&trip).iter().all(|(_, allowed)| !allowed),
        "the next step is the technician's: {:?}",
        steps(&trip)
    );

    let timeline = officer.get(&format!("/trips/{id}/timeline")).done().json;
    let kinds: Vec<&str> = timeline["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect();
    for kind in [
        "trip_opened",
        "line_backed",
        "seal_assigned",
        "install_begun",
        "seal_closed",
        "clock_stopped",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let begun = timeline["items"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|line| line["kind"] == "install_begun")
        .expect("it began");
    assert_eq!(
        (&begun["actor"]["person"]["name"], &begun["actor"]["role"]),
        (&json!("Ibu technician"), &json!("technician"))
    );
    assert_eq!(
        user.get("/search?q=016805").json.as_array().map(|found| found
            .iter()
            .filter_map(|one| one["kind"].as_str().map(String::from))
            .collect::<Vec<_>>()),
        Some(vec!["trip".into(), "document".into()])
    );

    report(&house, "86001", -6.9440, 110.4240);
    let reports = officer.get(&format!("/seals/{seal}/reports")).done().json;
    let first = &reports["items"][0];
    assert_eq!(
        (&first["raw"]["protocol"], &first["place"]["position"]["lat"]),
        (&json!("osmand"), &json!(-6.9435))
    );
    let one = officer
        .get(&format!(
            "/seals/{seal}/reports?commit={}&ordinal={}",
            first["commit"], first["ordinal"]
        ))
        .done()
        .json;
    assert_eq!(&one["items"][0], first);
    let track: Value = serde_json::from_slice(&user.get(&format!("/trips/{id}/track.geojson")).done().bytes)
        .expect("GeoJSON");
    assert_eq!(track["type"], "FeatureCollection");

    let closing = user.get(&format!("/trips/{id}/closing-report")).done().json;
    assert_eq!(closing["sha256"].as_str().map(str::len), Some(64));
    for (lang, title) in [("id", "Laporan Penutup E-Seal"), ("en", "E-Seal Closing Report")] {
        let page = user
            .get(&format!("/trips/{id}/closing-report.html?lang={lang}"))
            .done();
        let page = String::from_utf8(page.bytes).expect("text");
        assert!(
            page.contains(title)
                && page.contains("PT &lt;Impor&gt; &amp; Rekan")
                && !page.contains("<Impor>")
        );
        assert!(page.contains("WIB"), "times are the office's");
    }
}

#[test]
fn the_process_says_that_it_lives_and_takes_commands() {
    let house = House::open();
    let base = format!("http://{}", house.service().doors().http);
    for (path, starts) in [("/healthz", "ok"), ("/readyz", "ready"), ("/metrics", "# EOF")] {
        let text = ureq::get(format!("{base}{path}"))
            .call()
            .expect("an answer")
            .body_mut()
            .read_to_string();
        assert!(text.expect("text").starts_with(starts), "{path}");
    }
    let document: Value =
        serde_json::from_slice(&house.stranger().get("/openapi.json").done().bytes).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
}

/// Every minute the telephone says where it is, `silent_min` minutes after the last time.
fn drive(house: &House, hand: &Hand, way: &[(i64, f64, f64)]) {
    for (minutes, lat, lon) in way {
        hand.pass_ms(minutes * 60_000);
        report(house, PHONE, *lat, *lon);
    }
}

/// The assessment once the trip has been looked at again because of what came late, which happens beside the main path: then
/// the deviation is an alarm. So does the look for messages that no SKP takes here.
fn revisited(read: impl Fn() -> Value) -> Value {
    let began = std::time::Instant::now();
    loop {
        let shown = read();
        let alarms = shown["alarms"].as_array().expect("a list");
        let told = |code| alarms.iter().any(|alarm| alarm["code"] == code);
        if told("A08") && told("A22") {
            return shown;
        }
        assert!(
            began.elapsed().as_secs() < 60,
            "it is not looked at again: {shown:#}"
        );
        std::thread::yield_now();
    }
}

/// "Corridor judging ... explains itself", over all reports of a trip, on its page and on paper.
#[test]
fn the_assessment_says_what_all_reports_show_and_which_alarms_they_do_not_support() {
    let hand = Hand::at(ServerTime::from_unix_ms(1_795_500_000_000));
    let house = House::open_at(&hand);
    let cast = cast(&house);
    let path = |id: u64, what: &str| format!("/trips/{id}/{what}");
    let draft = cast.user.post("/trips", trip(cast.provider, "TEMU6079348")).id();
    let none = cast.user.get(&path(draft, "assessment")).done().json;
    assert_eq!((&none["since"], &none["findings"]), (&Value::Null, &json!([])));

    let journey = cast.sealed(&house);
    drive(
        &house,
        &hand,
        &[
            (1, TERMINAL.0, TERMINAL.1),
            (1, -6.9470, 110.4110),
            (1, -6.9500, 110.3995),
            (1, -6.9434, 110.3900),
            (2, -6.9434, 110.3900),
            (1, -6.9550, 110.3800),
            (20, -6.9625, 110.3560),
        ],
    );
    let shown = cast.officer.get(&path(journey.trip, "assessment")).done().json;
    assert_eq!(
        shown["reports"],
        json!({
            "expected": 27, "received": 7,
            "longest_gap": {"from": "2026-11-24T06:07:00.000Z", "until": "2026-11-24T06:27:00.000Z", "lasted_s": 1200}
        })
    );
    assert_eq!(
        (
            &shown["judged"],
            &shown["undated"],
            &shown["weak_fixes"],
            &shown["complete"]
        ),
        (&json!(7), &json!(0), &json!(0), &json!(true))
    );
    assert_eq!(
        found(&shown),
        [
            ("A08", "764 m di luar koridor selama 2 mnt dekat km 3,7"),
            ("A12", "tidak ada laporan selama 20 mnt"),
        ]
    );
    assert_eq!(support(&shown, "A12"), "shown");
    assert_eq!(
        support(&shown, "A06"),
        "not_judged",
        "no fix of a report alone shows it"
    );
    assert_eq!(shown["driven"]["say"]["en"], "8584 m driven, 10.7 km planned");
    assert_eq!(
        (
            &shown["outside"]["times"],
            &shown["outside"]["lasted_s"],
            &shown["outside"]["say"]["en"]
        ),
        (
            &json!(1),
            &json!(120),
            &json!("once outside the corridor, 2 min in all, 764 m at the furthest")
        )
    );

    // What was kept in a blind area comes late, and the silence was none.
    report_of(&house, PHONE, -6.9570, 110.3750, 14 * 60);
    report_of(&house, PHONE, -6.9600, 110.3650, 7 * 60);
    let late = revisited(|| cast.officer.get(&path(journey.trip, "assessment")).done().json);
    assert_eq!(found(&late).len(), 1, "the silence is gone: {late:#}");
    assert_eq!(support(&late, "A12"), "not_shown");
    assert_eq!(
        (
            &late["reports"]["received"],
            &late["reports"]["longest_gap"]["lasted_s"]
        ),
        (&json!(9), &json!(420))
    );
    let page = cast.officer.get(&format!("/trips/{}", journey.trip)).done().json;
    assert_eq!(page["reports"], late["reports"]);
    let report = cast
        .officer
        .get(&path(journey.trip, "closing-report"))
        .done()
        .json;
    assert_eq!(report["assessment"], late);
    for (lang, said) in [
        (
            "id",
            [
                "8586 m ditempuh",
                "1 kali di luar koridor",
                "tidak didukung laporan mana pun",
                "7 menit (",
            ],
        ),
        (
            "en",
            [
                "8586 m driven",
                "once outside the corridor",
                "no report supports it",
                "7 min (",
            ],
        ),
    ] {
        let page = cast
            .officer
            .get(&path(journey.trip, &format!("closing-report.html?lang={lang}")))
            .done();
        let page = String::from_utf8(page.bytes).expect("text");
        for words in said {
            assert!(page.contains(words), "{words} in {page}");
        }
    }
}

fn found(assessment: &Value) -> Vec<(&str, &str)> {
    let findings = assessment["findings"].as_array().expect("a list");
    findings
        .iter()
        .filter_map(|found| Some((found["code"].as_str()?, found["why"]["id"].as_str()?)))
        .collect()
}

fn support<'a>(assessment: &'a Value, code: &str) -> &'a str {
    let alarms = assessment["alarms"].as_array().expect("a list");
    let alarm = alarms.iter().find(|alarm| alarm["code"] == code);
    alarm
        .and_then(|alarm| alarm["support"].as_str())
        .unwrap_or("no such alarm")
}

/// Table b: a driver sees "own trip", whenever they were named, with its route, and nothing of anybody else's.
#[test]
fn a_driver_named_later_sees_the_trip_and_its_route_and_another_driver_neither() {
    let house = House::open();
    let cast = cast(&house);
    let provider = people::organisation(cast.provider);
    let (ours, other) = (
        cast.admin.brings("driver", "driver", provider.clone()),
        cast.admin.brings("another", "driver", provider),
    );
    let journey = cast.planned(trip(cast.provider, "CSQU3054383"));
    let (trip, route) = (
        format!("/trips/{}", journey.trip),
        format!("/routes/{}", journey.route),
    );
    let sees = |person: &Person<'_>| (person.get(&trip).status, person.get(&route).status);
    assert_eq!((sees(&ours), sees(&other)), ((404, 404), (404, 404)));
    let name = |body: Value| cast.user.post(&format!("{trip}/driver"), body);
    name(json!({"driver_person": ours.id})).done();
    assert_eq!((sees(&ours), sees(&other)), ((200, 200), (404, 404)));
    assert_eq!(ours.get("/trips").json["items"][0]["id"], json!(journey.trip));
    assert_eq!(other.get("/trips").json["items"], json!([]));
    name(json!({"driver_person": other.id})).done();
    assert_eq!((sees(&ours), sees(&other)), ((404, 404), (200, 200)));
    name(json!({"driver": "Pak Slamet", "driver_phone": "0811"})).done();
    assert_eq!((sees(&ours), sees(&other)), ((404, 404), (404, 404)));
    assert_eq!(cast.user.get(&trip).json["driver"], "Pak Slamet");
    assert_eq!(
        name(json!({"driver_person": cast.officer.id})).status,
        400,
        "no driver"
    );
}
