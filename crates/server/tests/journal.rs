//! The journal as people read it: who sees which entries, in words, with their links in the chain; and what an unmasked
//! secret leaves in it.

mod people;

use people::cast::{PHONE, TERMINAL, cast};
use people::{House, Person, document, office, route, trip};
use segel_model::ServerTime;
use segel_server::clock::Hand;
use serde_json::{Value, json};

fn entries(person: &Person<'_>, query: &str) -> Vec<Value> {
    let page = person.get(&format!("/journal?limit=200{query}")).done().json;
    assert_eq!(page["next"], Value::Null, "one page is enough here");
    page["items"].as_array().expect("a list").clone()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    let lines = entries
        .iter()
        .flat_map(|entry| entry["lines"].as_array().expect("a list"));
    lines.filter_map(|line| line["kind"].as_str()).collect()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or("nothing")
}

/// Design 5: "decided entries, chained by hash": each link is shown, and the next begins where it ends.
#[test]
fn the_journal_is_read_newest_first_page_by_page_and_its_links_hold_together() {
    let house = House::open();
    let supervisor = house.join(&house.customs_code, "supervisor");
    let hq = supervisor.brings("headquarters", "customs_hq", people::nation());
    let auditor = supervisor.brings("auditor", "auditor", people::nation());
    let all = entries(&auditor, "");
    assert_eq!(kinds(&all), kinds(&entries(&hq, "")));
    assert_eq!(all[0]["seq"], json!(all.len()), "without gaps, newest first");
    assert_eq!(
        text(&all[all.len() - 1], "/previous"),
        hex(segel_store::chain::START)
    );
    for pair in all.windows(2) {
        assert_eq!(text(&pair[0], "/previous"), text(&pair[1], "/hash"));
    }
    assert_eq!(text(&all[0], "/lines/0/say/id"), "Bergabung sebagai auditor");
    assert_eq!(text(&all[0], "/command"), "join");

    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = auditor.get(&format!("/journal?limit=2{cursor}")).done().json;
        read.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(read, all, "each once, in order");
}

#[test]
fn an_office_reads_what_concerns_it_and_an_organisation_its_own() {
    let house = House::open();
    let cast = cast(&house);
    let elsewhere = cast
        .supervisor
        .brings("elsewhere", "customs_supervisor", office("040300"));
    let planned = cast.planned(trip(cast.provider, "CSQU3054383"));
    let of_trip = format!("&trip={}", planned.trip);
    for person in [&cast.supervisor, &cast.officer, &cast.admin, &cast.user] {
        let seen = entries(person, &of_trip);
        assert!(kinds(&seen).contains(&"line_backed"), "{seen:#?}");
    }
    assert_eq!(entries(&elsewhere, &of_trip), Vec::<Value>::new());
    assert!(!kinds(&entries(&elsewhere, "")).contains(&"trip_opened"));
    assert!(
        kinds(&entries(&elsewhere, "")).contains(&"person_joined"),
        "people of its own office"
    );

    let verified = entries(&cast.officer, "&kind=document_verified");
    assert_eq!(verified.len(), 1);
    assert_eq!(text(&verified[0], "/actor/person/name"), "Ibu officer");
    assert_eq!(text(&verified[0], "/actor/role"), "customs_officer");
    assert_eq!(text(&verified[0], "/command"), "verify_document");
    let by_officer = entries(&cast.officer, &format!("&person={}", cast.officer.id));
    assert_eq!(kinds(&by_officer)[..2], ["route_approved", "document_verified"]);
    assert_eq!(entries(&cast.officer, "&actor=seal"), Vec::<Value>::new());
    assert_eq!(
        kinds(&entries(&cast.user, &format!("&route={}", planned.route))),
        [
            "trip_planned",
            "trip_moved",
            "trip_moved",
            "message_queued",
            "route_approved",
            "route_proposed"
        ]
    );
}

#[test]
fn a_stretch_of_time_is_read_from_its_first_moment_to_before_its_last() {
    let hand = Hand::at(ServerTime::from_unix_ms(1_795_500_000_000));
    let house = House::open_at(&hand);
    let cast = cast(&house);
    hand.pass_ms(60_000);
    let first = cast.user.post("/routes", route(None)).id();
    hand.pass_ms(1);
    let second = cast.user.post("/routes", route(None)).id();
    let routes = |from: &str, until: &str| -> Vec<u64> {
        entries(
            &cast.user,
            &format!("&kind=route_proposed&from={from}&until={until}"),
        )
        .iter()
        .filter_map(|entry| entry["lines"][0]["links"]["route"].as_u64())
        .collect()
    };
    let (at, just_after) = ("2026-11-24T06:01:00.000Z", "2026-11-24T06:01:00.001Z");
    assert_eq!(routes(at, "2027-01-01T00:00:00Z"), [second, first]);
    assert_eq!(routes(at, just_after), [first], "the end is no part of it");
    assert_eq!(routes(just_after, "2027-01-01T00:00:00Z"), [second]);
    assert_eq!(routes("2026-11-24T06:02:00Z", "2027-01-01T00:00:00Z"), [0_u64; 0]);
    assert_eq!(
        cast.user.get("/journal?from=kemarin").json["fields"][0]["field"],
        "from"
    );
}

/// Law 5: "unmasking is a logged right": who, when, which seal, why; before anything is shown.
#[test]
fn who_looks_at_a_secret_of_a_seal_stands_in_the_journal() {
    let house = House::open();
    let cast = cast(&house);
    let journey = cast.sealed(&house);
    let seal = journey.seal;
    let now_s = house.service().engine().clock().now().unix_ms / 1000;
    let door = house.service().doors().osmand;
    let url = format!(
        "http://{door}/?id={PHONE}&lat={}&lon={}&timestamp={now_s}",
        TERMINAL.0, TERMINAL.1
    );
    let told = ureq::get(&url)
        .header("Authorization", "rahasia-9")
        .call()
        .expect("the door is open");
    assert_eq!(told.status(), 200);
    let reports = cast.officer.get(&format!("/seals/{seal}/reports")).done().json;
    let masked = reports["items"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|report| report["raw"]["masked"] == true);
    let masked = masked.expect("one carries a secret");
    assert!(!text(masked, "/raw/hex").contains(&hex("rahasia-9")));

    let body =
        |reason: &str| json!({"commit": masked["commit"], "ordinal": masked["ordinal"], "reason": reason});
    let unmask =
        |person: &Person<'_>, reason: &str| person.post(&format!("/seals/{seal}/unmask"), body(reason));
    assert_eq!(unmask(&cast.officer, "ingin tahu").status, 403);
    assert_eq!(unmask(&cast.supervisor, " ").status, 400, "not without a reason");
    let seen = |entries: &[Value]| {
        kinds(entries)
            .iter()
            .filter(|kind| **kind == "secrets_unmasked")
            .count()
    };
    assert_eq!(seen(&entries(&cast.supervisor, &format!("&seal={seal}"))), 0);

    let shown = unmask(&cast.supervisor, "kartu hilang").done().json;
    assert!(text(&shown, "/raw/hex").contains(&hex("rahasia-9")) && shown["raw"]["masked"] == false);
    let entry = &entries(&cast.supervisor, "&kind=secrets_unmasked")[0];
    assert_eq!(
        text(entry, "/lines/0/say/en"),
        "Secrets inside a report of the seal shown: kartu hilang"
    );
    assert_eq!(text(entry, "/actor/person/name"), "Ibu supervisor");
    assert_eq!(entry["lines"][0]["links"]["seal"], json!(seal));
    let timeline = cast
        .officer
        .get(&format!("/trips/{}/timeline", journey.trip))
        .done()
        .json;
    assert_eq!(text(&timeline, "/items/0/kind"), "secrets_unmasked");
    assert!(
        !entries(&cast.supervisor, "")
            .iter()
            .any(|entry| entry.to_string().contains("rahasia-9"))
    );
    let again = cast.officer.get(&format!("/seals/{seal}/reports")).done().json;
    assert_eq!(again, reports, "for everybody else nothing has changed");
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// "timeline of everything": decisions about the document and the route of a trip belong to it.
#[test]
fn a_trips_timeline_tells_what_was_decided_about_its_papers() {
    let house = House::open();
    let cast = cast(&house);
    let planned = cast.planned(trip(cast.provider, "CSQU3054383"));
    let other = cast
        .user
        .post("/documents", document(None, "016806", "TEMU6079348"))
        .id();
    cast.officer
        .post(
            &format!("/documents/{other}/refuse"),
            json!({"reason": "bukan PLP"}),
        )
        .done();
    let read = |query: &str| {
        cast.user
            .get(&format!("/trips/{}/timeline{query}", planned.trip))
            .done()
            .json
    };
    let lines = read("")["items"].as_array().expect("a list").clone();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    for (kind, times) in [
        ("document_registered", 1),
        ("document_verified", 1),
        ("document_attached", 1),
        ("route_proposed", 1),
        ("route_approved", 1),
        ("document_refused", 0),
    ] {
        assert_eq!(
            kinds.iter().filter(|told| **told == kind).count(),
            times,
            "{kind} in {kinds:?}"
        );
    }
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = read(&format!("?limit=2{cursor}"));
        paged.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, lines);
}
