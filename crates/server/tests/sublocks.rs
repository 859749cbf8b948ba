//! A seal that hears two padlocks: each padlock is a seal of its own, on a trip of its own.

mod people;
mod radio;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use people::cast::{Cast, TERMINAL, cast};
use people::{House, PATIENCE, Person, document, route, trip};
use radio::{Says, wlnet};
use serde_json::{Value, json};

const HOST: &str = "7100000042";
const PADLOCKS: [&str; 2] = ["E017260004", "E017260005"];
const CONTAINERS: [&str; 2] = ["CSQU3054383", "TEMU6079348"];

/// The line of the seal that hears the padlocks.
struct Line<'a> {
    house: &'a House,
    stream: TcpStream,
    serial: u8,
}

impl<'a> Line<'a> {
    fn open(house: &'a House) -> Self {
        let stream = TcpStream::connect(house.service().doors().jointech).expect("the door is open");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        Self {
            house,
            stream,
            serial: 0,
        }
    }

    /// Passes on what a padlock said, and waits until that is durable.
    fn passes_on(&mut self, padlock: &str, says: Says) {
        self.serial += 1;
        let now = self.house.service().engine().clock().now();
        let frame = wlnet(HOST, padlock, self.serial, now, says);
        self.stream.write_all(&frame).expect("sent");
        let wanted = format!("(P69,0,{})", self.serial);
        let mut answer = vec![0; wanted.len()];
        self.stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), wanted);
    }
}

fn registered(admin: &Person<'_>, device: &str, label: &str) -> u64 {
    let certificate = json!({"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"});
    let seal = json!({"protocol": "jointech", "device": device, "label": label, "profile": "any", "certificate": certificate});
    admin.post("/seals", seal).id()
}

/// A trip of that container, up to the moment in which its seal is locked.
fn installing(cast: &Cast<'_>, place: usize, seal: u64) -> u64 {
    let container = CONTAINERS[place];
    let paper = document(None, &format!("01680{place}"), container);
    let paper = cast.user.post("/documents", paper).id();
    cast.officer
        .post(&format!("/documents/{paper}/verify"), json!({"approved": [0]}))
        .done();
    let way = cast.user.post("/routes", route(None)).id();
    cast.officer
        .post(&format!("/routes/{way}/approve"), json!({}))
        .done();
    let mut opened = trip(cast.provider, container);
    opened["mode"] = json!("sealed");
    let id = cast.user.post("/trips", opened).id();
    let ask = |person: &Person<'_>, step: &str, body: Value| {
        person.post(&format!("/trips/{id}/{step}"), body).done();
    };
    ask(&cast.user, "attach-document", json!({"document": paper}));
    ask(&cast.user, "submit", json!({}));
    ask(&cast.user, "plan", json!({"route": way}));
    ask(
        &cast.admin,
        "assign",
        json!({"seal": seal, "technician": cast.technician.id}),
    );
    let scan = json!({"container": container, "seal_label": format!("JT709-{place}"), "place": {"lat": TERMINAL.0, "lon": TERMINAL.1}});
    ask(&cast.technician, "begin-install", scan);
    id
}

/// Codes of the alarms of a trip, each with its seal. That the interval of a padlock cannot be set, A23 says on every trip.
fn alarms(person: &Person<'_>, trip: u64) -> Vec<(String, u64)> {
    let page = person.get("/alarms?stage=all&limit=200").done().json;
    let all = page["items"].as_array().expect("a list").iter();
    let own = all.filter(|alarm| alarm["trip"] == json!(trip) && alarm["code"] != "A23");
    own.map(|alarm| {
        let code = alarm["code"].as_str().expect("a code").to_owned();
        (code, alarm["seal"]["id"].as_u64().expect("a seal"))
    })
    .collect()
}

/// "Each sub-lock its own reports and its own custody": one of two padlocks behind one seal is cut, and its own trip alarms.
#[test]
fn of_two_padlocks_behind_one_seal_the_one_that_is_cut_alarms_on_its_own_trip_alone() {
    let house = House::open();
    let cast = cast(&house);
    let host = registered(&cast.admin, HOST, "JT701-1");
    let mut line = Line::open(&house);
    line.passes_on(PADLOCKS[0], Says::LiesOpen);
    let waiting = cast.admin.get("/quarantine").done().json;
    let stranger = &waiting["items"][0];
    assert_eq!(
        (&stranger["device"], &stranger["through"]),
        (&json!(PADLOCKS[0]), &json!(HOST)),
        "{waiting}"
    );

    let seals = [0, 1].map(|place| registered(&cast.admin, PADLOCKS[place], &format!("JT709-{place}")));
    PADLOCKS
        .iter()
        .for_each(|padlock| line.passes_on(padlock, Says::LiesOpen));
    let trips = [0, 1].map(|place| installing(&cast, place, seals[place]));
    PADLOCKS
        .iter()
        .for_each(|padlock| line.passes_on(padlock, Says::Locked));
    for trip in trips {
        let shown = cast.user.get(&format!("/trips/{trip}")).done().json;
        assert_eq!(
            (
                &shown["state"],
                &shown["clocks"][0]["state"],
                &shown["last"]["battery_percent"]
            ),
            (&json!("installed"), &json!("met"), &json!(97)),
            "its own locking closed it"
        );
    }

    line.passes_on(PADLOCKS[0], Says::Cut);
    line.passes_on(PADLOCKS[1], Says::StaysClosed);
    assert_eq!(alarms(&cast.officer, trips[0]), [("A01".to_owned(), seals[0])]);
    assert_eq!(alarms(&cast.officer, trips[1]), []);

    line.passes_on(PADLOCKS[1], Says::Lost);
    assert_eq!(alarms(&cast.officer, trips[1]), [("A12".to_owned(), seals[1])]);
    let seal = cast.admin.get(&format!("/seals/{}", seals[1])).done().json;
    assert_eq!(
        (&seal["last"]["through"], &seal["last"]["fix"]["source"]),
        (&json!(HOST), &json!("host"))
    );
    let reports = cast
        .officer
        .get(&format!("/seals/{}/reports", seals[0]))
        .done()
        .json;
    let last = reports["items"]
        .as_array()
        .and_then(|items| items.last())
        .expect("reports");
    assert_eq!(
        (&last["through"], &last["signals"]),
        (&json!(HOST), &json!(["rope_cut"])),
        "{last}"
    );
    let own = cast.admin.get(&format!("/seals/{host}")).done().json;
    assert_eq!(
        (&own["last"]["through"], &own["last"]["lock"]["rope"]),
        (&Value::Null, &Value::Null)
    );
}

/// Nobody knows how a padlock is told anything through its host, so what it was to be told ends as not spoken when it is next heard;
/// and its page says so, trip or none.
#[test]
fn what_a_padlock_in_stock_was_to_be_told_is_shown_with_how_it_ended() {
    let house = House::open();
    let cast = cast(&house);
    registered(&cast.admin, HOST, "JT701-1");
    let padlock = registered(&cast.admin, PADLOCKS[0], "JT709-0");
    let orders = format!("/seals/{padlock}/orders");
    let state = || cast.admin.get(&orders).done().json["items"][0]["state"].clone();
    cast.admin.post(&orders, json!({"kind": "set_time"})).done();
    assert_eq!(state(), "waiting");
    let mut line = Line::open(&house);
    line.passes_on(PADLOCKS[0], Says::LiesOpen);
    let heard = Instant::now();
    while state() == "waiting" && heard.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(state(), "not_spoken");
}
