//! The live stream: what happened, in order, once, only to whom it concerns, and not a moment longer than the session.

mod people;

use people::{House, Person, document, organisation, report};
use serde_json::{Value, json};

struct Cast<'a> {
    supervisor: Person<'a>,
    user: Person<'a>,
    other: Person<'a>,
}

fn cast(house: &House) -> Cast<'_> {
    let supervisor = house.join(&house.customs_code, "sari");
    let firm = |name: &str| {
        supervisor
            .post("/organisations", json!({"name": name, "kind": "importer"}))
            .id()
    };
    let (one, two) = (firm("PT Satu"), firm("PT Dua"));
    Cast {
        user: supervisor.brings("user", "service_user", organisation(one)),
        other: supervisor.brings("other", "service_user", organisation(two)),
        supervisor,
    }
}

fn kinds(event: &people::LiveEvent) -> Vec<&str> {
    let happened = event.data["happened"].as_array().expect("a list");
    happened.iter().filter_map(|one| one["kind"].as_str()).collect()
}

#[test]
fn what_happens_is_heard_by_whom_it_concerns_and_by_nobody_else() {
    let house = House::open();
    let cast = cast(&house);
    let (mut user, mut other, mut customs) = (
        cast.user.follow(None),
        cast.other.follow(None),
        cast.supervisor.follow(None),
    );
    for live in [&mut user, &mut other, &mut customs] {
        assert_eq!(live.next().expect("hello").name, "hello");
    }
    let mine = cast
        .user
        .post("/documents", document(None, "1", "CSQU3054383"))
        .done();
    let theirs = cast
        .other
        .post("/documents", document(None, "2", "TEMU6079348"))
        .done();
    let heard = user.next_of("events");
    assert_eq!(
        (heard.id, kinds(&heard)),
        (mine.json["seq"].as_u64(), vec!["document_registered"])
    );
    assert_eq!(heard.data["happened"][0]["document"], mine.json["id"]);
    let heard = other.next_of("events");
    assert_eq!(
        heard.id,
        theirs.json["seq"].as_u64(),
        "the first it hears is its own"
    );
    let both: Vec<_> = [customs.next_of("events"), customs.next_of("events")]
        .iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(both, [mine.json["seq"].as_u64(), theirs.json["seq"].as_u64()]);
}

#[test]
fn who_invited_somebody_hears_that_they_came_in_and_a_stranger_hears_nothing() {
    let house = House::open();
    let cast = cast(&house);
    let (mut customs, mut other) = (cast.supervisor.follow(None), cast.other.follow(None));
    for live in [&mut customs, &mut other] {
        assert_eq!(live.next().expect("hello").name, "hello");
    }
    let office = json!({"kind": "office", "office": "060100"});
    cast.supervisor.brings("dewi", "customs_officer", office);
    let heard: Vec<_> = (0..2)
        .flat_map(|_| {
            let event = customs.next_of("events");
            kinds(&event).into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(heard, ["invited", "person_joined"]);
    let own = cast
        .other
        .post("/documents", document(None, "1", "CSQU3054383"))
        .done();
    assert_eq!(
        other.next_of("events").id,
        own.json["seq"].as_u64(),
        "the first it hears is its own"
    );
}

#[test]
fn who_comes_back_hears_what_was_missed_once_and_in_order() {
    let house = House::open();
    let cast = cast(&house);
    let mut live = cast.user.follow(None);
    let hello = live.next().expect("hello");
    let known = hello.data["seq"].as_u64().expect("a number");
    drop(live);
    let missed: Vec<_> = (0..3)
        .map(|number| {
            cast.user
                .post("/documents", document(None, &number.to_string(), "CSQU3054383"))
                .done()
                .json["seq"]
                .as_u64()
        })
        .collect();
    let mut live = cast.user.follow(Some(known));
    let next = cast
        .user
        .post("/documents", document(None, "9", "CSQU3054383"))
        .done()
        .json["seq"]
        .as_u64();
    let heard: Vec<_> = (0..4).map(|_| live.next_of("events").id).collect();
    assert_eq!(heard, [missed, vec![next]].concat());
}

#[test]
fn who_knows_more_than_there_is_is_told_to_read_everything_anew() {
    let house = House::open();
    let cast = cast(&house);
    let mut live = cast.user.follow(Some(1_000_000));
    let reset = live.next_of("reset");
    assert_eq!(reset.data["why"], "ahead");
    assert_eq!(live.next().expect("a snapshot").data["seq"], reset.data["seq"]);
    let next = cast
        .user
        .post("/documents", document(None, "1", "CSQU3054383"))
        .done();
    assert_eq!(
        live.next_of("events").id,
        next.json["seq"].as_u64(),
        "and goes on from there"
    );
}

/// "too old a resume is answered `reset` and a snapshot": here more than three entries are too many.
#[test]
fn who_was_away_too_long_begins_anew_with_a_snapshot() {
    let settings = segel_server::api::Settings {
        live_resume_max: Some(3),
        ..Default::default()
    };
    let house = House::open_set(settings);
    let cast = cast(&house);
    let known = cast.user.follow(None).next().expect("hello").data["seq"]
        .as_u64()
        .expect("a number");
    let mut last = 0;
    for number in 0..4 {
        let made = cast
            .user
            .post("/documents", document(None, &number.to_string(), "CSQU3054383"))
            .done();
        last = made.json["seq"].as_u64().expect("a number");
    }
    let mut live = cast.user.follow(Some(last - 3));
    assert_eq!(
        live.next_of("events").id,
        Some(last - 2),
        "three entries are given one by one"
    );
    let mut live = cast.user.follow(Some(known));
    assert_eq!(live.next().expect("hello").name, "hello");
    let reset = live.next().expect("a reset");
    assert_eq!(
        (reset.name.as_str(), reset.id, &reset.data),
        ("reset", None, &json!({"seq": last, "why": "too_old"}))
    );
    let snapshot = live.next().expect("a snapshot");
    assert_eq!((snapshot.name.as_str(), snapshot.id), ("snapshot", Some(last)));
    assert_eq!(snapshot.data["work"]["documents_waiting"], 4);
    assert_eq!(
        snapshot.data,
        cast.user.get("/live/snapshot").done().json,
        "the same as one may ask for"
    );
    assert_eq!(
        cast.other.get("/live/snapshot").done().json["work"]["documents_waiting"],
        0,
        "another's world is another"
    );
    let next = cast
        .user
        .post("/documents", document(None, "9", "CSQU3054383"))
        .done();
    assert_eq!(
        live.next_of("events").id,
        next.json["seq"].as_u64(),
        "and goes on from there"
    );
}

/// Positions: "newest wins, at most 4 a second", however often the seal speaks.
#[test]
fn positions_come_at_most_four_times_a_second() {
    let house = House::open();
    let admin = house.join(&house.provider_code, "admin");
    let seal = json!({"protocol": "osmand", "device": "86001", "label": "HP-1", "profile": "any"});
    admin.post("/seals", seal).id();
    let mut live = admin.follow(None);
    let stream = live.next().expect("hello").data["stream"]
        .as_str()
        .expect("a name")
        .to_owned();
    let map = json!({"west": 110.2, "south": -7.1, "east": 110.6, "north": -6.9}).to_string();
    let set = admin.call("PUT", &format!("/live/{stream}/viewport"), map.into_bytes(), &[]);
    assert_eq!(set.status, 204);
    let began = std::time::Instant::now();
    let (mut said, mut lat) = (0_u32, -6.95);
    while began.elapsed() < std::time::Duration::from_secs(2) {
        lat += 0.000_01;
        people::report_now(&house, "86001", lat, 110.42);
        said += 1;
    }
    // The newest place is told last, so everything before it has been read once it has come.
    let mut heard = 0;
    loop {
        heard += 1;
        let seen = live.next_of("positions");
        let newest = seen.data["items"][0]["lat"].as_f64().expect("a number");
        if (newest - lat).abs() < 0.000_001 {
            break;
        }
    }
    let most = began.elapsed().as_millis().div_ceil(250) + 1;
    assert!(u128::from(heard) <= most, "{heard} in {:?}", began.elapsed());
    assert!(2 <= heard && heard < u64::from(said), "{heard} of {said} reports");
}

#[test]
fn the_stream_ends_with_its_session() {
    let house = House::open();
    let cast = cast(&house);
    let phone = house.sign_in("user");
    let (mut here, mut there) = (cast.user.follow(None), phone.follow(None));
    for live in [&mut here, &mut there] {
        assert_eq!(live.next().expect("hello").name, "hello");
    }
    assert_eq!(cast.user.call("DELETE", "/session", Vec::new(), &[]).status, 204);
    assert_eq!(here.next(), None);
    let budi = cast.supervisor.post(
        &format!("/people/{}/disable", phone.id),
        json!({"reason": "keluar"}),
    );
    assert_eq!(budi.status, 200);
    let after: Vec<_> = std::iter::from_fn(|| there.next())
        .map(|event| event.name)
        .collect();
    assert!(
        after.iter().all(|name| name == "events"),
        "nothing but what came before it ended: {after:?}"
    );
    assert_eq!(cast.user.get("/live").status, 401);
}

#[test]
fn seals_are_seen_inside_the_map_and_only_by_whom_they_concern() {
    let house = House::open();
    let cast = cast(&house);
    let admin = house.join(&house.provider_code, "admin");
    let seal = admin
        .post(
            "/seals",
            json!({"protocol": "osmand", "device": "86001", "label": "HP-1", "profile": "any"}),
        )
        .id();
    let mut live = admin.follow(None);
    let stream = live.next().expect("hello").data["stream"]
        .as_str()
        .expect("a name")
        .to_owned();
    let look = |person: &Person<'_>, west: f64| {
        let map = json!({"west": west, "south": -7.1, "east": west + 0.4, "north": -6.9});
        person
            .call(
                "PUT",
                &format!("/live/{stream}/viewport"),
                map.to_string().into_bytes(),
                &[],
            )
            .status
    };
    assert_eq!(look(&cast.user, 110.2), 404, "another's stream does not exist");
    assert_eq!(look(&admin, 110.2), 204);
    report(&house, "86001", -6.9435, 110.4243);
    let seen = live.next_of("positions");
    assert_eq!(
        (
            seen.id,
            &seen.data["items"][0]["seal"],
            &seen.data["items"][0]["lat"]
        ),
        (None, &json!(seal), &json!(-6.9435))
    );

    // The map moves away: what moves outside of it is not sent, what lies inside is sent at once when it comes back.
    assert_eq!(look(&admin, 120.0), 204);
    report(&house, "86001", -6.95, 110.42);
    assert_eq!(look(&admin, 110.2), 204);
    let again = live.next_of("positions");
    assert_eq!(again.data["items"][0]["lat"], json!(-6.95));
    let others: Value = cast.other.get("/seals").json;
    assert_eq!(others["code"], "not_allowed");
}

#[test]
fn one_person_has_ten_streams_at_most() {
    let house = House::open();
    let cast = cast(&house);
    let mut streams: Vec<_> = (0..10).map(|_| cast.user.follow(None)).collect();
    for live in &mut streams {
        assert_eq!(live.next().expect("hello").name, "hello");
    }
    assert_eq!(cast.user.get("/live").status, 429);
}
