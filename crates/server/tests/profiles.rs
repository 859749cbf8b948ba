//! Profiles as data: a new make of a known family needs a file and no code, and a wrong one is refused in both languages.

mod people;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use people::cast::{Cast, cast};
use people::{House, PATIENCE};
use segel_model::report::Protocol;
use segel_wire::calendar::rfc3339;
use serde_json::{Value, json};

/// A make that nobody has seen before, of a family that Segel speaks: its battery is another, so is its certificate.
const NEW_MAKE: &str = r#"[[profile]]
name = "uji-ct-x"
version = 1
in_force = 2020-01-01
maker = "Uji Coba"
model = "CT-X"
protocol = "eseal"
opens = ["platform", "card"]
senses = ["gps", "rope", "battery_volts"]
battery_mv = [[3000, 0], [4000, 100]]
certificate = "e_seal"
remarks.id = "Contoh"
remarks.en = "An example"
"#;

/// A closed seal on the road with 3.8 volts, at this moment (handbook of protocols 7).
fn said(house: &House) -> String {
    let now = rfc3339(house.service().engine().clock().now().unix_ms);
    let (day, time) = (&now[..10], &now[11..19]);
    format!(
        "##S,eSeal,7100042,256,3.0.6,Normal,34,{day},{time},15,A,6.968560S 110.423900E,90,42,Close,0.71,0:0:3:0,3.8,-73,E##\r\n"
    )
}

const ACKNOWLEDGED: &str = "##S,eSeal,7100042,256,3.0.6,Normal ACK,34,E##\r\n";

/// A Segel that was started with a folder in which this file lies.
fn house_with(file: &str) -> House {
    House::open_configured(|config| {
        let folder = config.data.0.join("profiles");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("uji.toml"), file).expect("a file");
        config.profiles = Some(folder);
        config.listen.seals = BTreeMap::from([(Protocol::Eseal, ([127, 0, 0, 1], 0).into())]);
    })
}

fn new_seal(profile: &str, kind: &str) -> Value {
    json!({
        "protocol": "eseal", "device": "7100042", "label": "CTX-7100042", "profile": profile,
        "certificate": {"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31", "kind": kind},
    })
}

/// The seal speaks and waits until what it said is durable.
fn speaks(house: &House) {
    let door = house.service().doors().seals[0].1;
    let mut line = TcpStream::connect(door).expect("the door is open");
    line.set_read_timeout(Some(PATIENCE))
        .expect("a socket takes a limit");
    line.write_all(said(house).as_bytes()).expect("sent");
    let mut answer = vec![0; ACKNOWLEDGED.len()];
    line.read_exact(&mut answer).expect("an answer");
    assert_eq!(String::from_utf8_lossy(&answer), ACKNOWLEDGED);
}

#[test]
fn a_new_make_of_a_known_family_needs_a_file_and_no_code() {
    let house = house_with(NEW_MAKE);
    let Cast { admin, .. } = cast(&house);
    let listed = admin.get("/profiles?protocol=eseal").done().json;
    let names: Vec<&str> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|profile| profile["name"].as_str())
        .collect();
    assert_eq!(names, ["eseal-ct-c", "uji-ct-x"]);
    let seal = admin.post("/seals", new_seal("uji-ct-x", "e_seal")).id();
    speaks(&house);

    let shown = admin.get(&format!("/seals/{seal}")).done().json;
    assert_eq!(
        (
            &shown["profile"],
            &shown["certificate_needed"],
            &shown["last"]["battery_percent"]
        ),
        (&json!("uji-ct-x"), &json!("e_seal"), &json!(80)),
        "3.8 volts on its own curve"
    );
    let reports = admin.get(&format!("/seals/{seal}/reports")).done().json;
    let report = &reports["items"][0];
    assert_eq!(
        (
            &report["raw"]["profile"],
            &report["battery_percent"],
            &report["reads_differently"]
        ),
        (&json!("uji-ct-x@v1/any"), &json!(80), &json!(false)),
        "name and version stand with the frame, and it is read again alike"
    );
}

#[test]
fn a_seal_is_not_registered_by_a_profile_that_is_not_there_or_not_its_protocols() {
    let house = house_with(NEW_MAKE);
    let Cast { admin, .. } = cast(&house);
    let refused = |profile: &str| {
        let answer = admin.post("/seals", new_seal(profile, "e_seal"));
        assert_eq!(answer.status, 400, "{answer:?}");
        let field = answer.json["fields"][0].clone();
        assert_eq!(field["field"], "profile", "{answer:?}");
        let say = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
        (say("detail"), say("detail_en"))
    };
    let (id, en) = refused("uji-ct-y");
    assert!(
        id.starts_with("Profil \"uji-ct-y\" tidak dikenal untuk protokol ini; pilih"),
        "{id}"
    );
    assert!(
        en.starts_with("there is no profile \"uji-ct-y\" for this protocol; choose"),
        "{en}"
    );
    let (id, en) = refused("jointech-jt701d");
    assert!(
        id.starts_with("Profil \"jointech-jt701d\" untuk protokol jointech, bukan eseal"),
        "{id}"
    );
    assert!(
        en.starts_with("profile \"jointech-jt701d\" is of protocol jointech, not eseal"),
        "{en}"
    );
    refused("hhd@480");
    let answer = admin.post("/seals", new_seal("uji-ct-x", "tracker"));
    assert_eq!(
        (answer.status, answer.code()),
        (422, "certificate_of_another_kind")
    );
    admin.post("/seals", new_seal("any@420", "tracker")).done();
}

/// "nobody sees what is not theirs": who does not look into the stock has no use for what may be in it.
#[test]
fn profiles_are_listed_for_those_who_look_into_the_stock() {
    let house = House::open();
    let cast = cast(&house);
    let all = cast.admin.get("/profiles").done().json;
    let all = all["items"].as_array().expect("a list");
    assert!(40 < all.len(), "{all:?}");
    let makers = all.iter().filter_map(|profile| profile["maker"].as_str());
    assert!(makers.map(str::to_lowercase).is_sorted(), "by maker");
    let jt701d = all.iter().find(|profile| profile["name"] == "jointech-jt701d");
    let jt701d = jt701d.expect("it is there");
    assert_eq!(
        (
            &jt701d["dialect"],
            &jt701d["certificate"],
            &jt701d["interval"]["awake_max_s"]
        ),
        (&json!("jt701d"), &json!("e_seal"), &json!(600))
    );
    assert!(
        jt701d["orders"]
            .as_array()
            .is_some_and(|orders| orders.contains(&json!("unlock_static"))),
        "{jt701d}"
    );
    assert_eq!(cast.user.get("/profiles").status, 403);
    assert_eq!(house.stranger().get("/profiles").status, 401);
}

/// A wrong file is found at the start, before the store is touched.
#[test]
fn segel_does_not_start_with_a_profile_that_makes_no_sense() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let wrong = NEW_MAKE.replace("[4000, 100]", "[2000, 100]");
    std::fs::write(folder.path().join("uji.toml"), wrong).expect("a file");
    let failure = segel_server::profiles::Profiles::load(Some(folder.path())).expect_err("its curve falls");
    assert!(failure.place.ends_with("uji.toml:10"), "{failure}");
    assert!(
        failure.indonesian().contains("kurva baterai harus naik"),
        "{failure}"
    );
}
