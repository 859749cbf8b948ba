//! Makers' clouds over MQTT: who may come in, what is answered and when, what they cannot do.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use segel_model::event::Subject;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::Protocol;
use segel_model::{Command, DeviceId, EventTime, OfficeCode, Principal, Role, SealId, SealOrder, Signal};
use segel_server::ask::Verdict;
use segel_server::auth::{secrets, sessions};
use segel_server::config::Limits;
use segel_server::gateway::{Gateway, keep_mqtt, listen};
use segel_server::metrics::ByReason;
use segel_store::{RecordKind, Scope};
use segel_wire::mqtt::packet::{Connect, Packet, Publish, Will};
use support::{House, Provider, by};
use tokio::runtime::Runtime;

const DEVICE: &str = "7100000042";
/// What must happen soon has not happened when this has passed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A house with a door for makers' clouds.
struct Hut {
    house: House,
    door: SocketAddr,
    provider: Provider,
    token: String,
    _runtime: Runtime,
}

impl Hut {
    fn open() -> Self {
        Self::open_with(Limits::default())
    }

    fn open_with(limits: Limits) -> Self {
        let house = House::open();
        let runtime = Runtime::new().expect("a runtime");
        let beside = Some(runtime.handle().clone());
        let gateway = Gateway::new(house.engine.clone(), limits, Arc::clone(&house.oddities), beside);
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let door = listener.local_addr().expect("bound");
        runtime.spawn(keep_mqtt(gateway, listener));
        let provider = house.provider();
        let token = token(&house, &provider.admin, "0123456789abcdef");
        Self {
            house,
            door,
            provider,
            token,
            _runtime: runtime,
        }
    }

    fn stock(&self) -> SealId {
        self.house
            .stock_of(Protocol::JointechCloud, &self.provider, DEVICE, "any")
    }

    /// Comes in as a machine of the provider.
    fn cloud(&self, client: &str) -> Cloud {
        let mut cloud = self.stranger();
        cloud.says(&greeting(client, &self.token));
        assert_eq!(cloud.hears(4), [0x20, 2, 0, 0]);
        cloud
    }

    /// Somebody who has not said anything.
    fn stranger(&self) -> Cloud {
        let stream = TcpStream::connect(self.door).expect("it listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        Cloud(stream)
    }

    fn closed(&self, reason: &'static str) -> u64 {
        let closed = &self.house.engine.metrics().gateway.closed;
        closed.get_or_create(&ByReason { reason }).get()
    }

    /// What is kept of a seal: raw bytes and signals by name.
    fn kept(&self, seal: SealId) -> Vec<(Vec<u8>, Vec<&'static str>)> {
        let end = EventTime::from_receipt(self.house.engine.clock().now().plus_s(60));
        let all = segel_store::ReportQuery::of(seal, EventTime::from_unix_ms(0), end);
        let page = self.house.engine.reader().reports(&all).expect("the store reads");
        let kept = page.reports.iter().map(|stored| {
            let staged = &stored.staged;
            (staged.raw.to_vec(), staged.observed.signals.names().collect())
        });
        kept.collect()
    }

    fn oddities(&self) -> Vec<(String, u64)> {
        let all = self.house.engine.reader().oddities(100).expect("the store reads");
        all.into_iter().map(|one| (one.what, one.count)).collect()
    }
}

/// A token of this person.
fn token(house: &House, whose: &Principal, secret: &str) -> String {
    let issue = Command::IssueToken {
        label: "awan Jointech".into(),
        hash: secrets::hash("token", secret.as_bytes()),
        until: house.engine.clock().now().plus_s(3600),
    };
    match house.done(by(whose, issue)) {
        Subject::Token(id) => sessions::token_text(id, secret),
        other => panic!("{other:?} is no token"),
    }
}

struct Cloud(TcpStream);

impl Cloud {
    fn says(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("sent");
    }

    fn hears(&mut self, count: usize) -> Vec<u8> {
        let mut answer = vec![0; count];
        self.0.read_exact(&mut answer).expect("an answer");
        answer
    }

    /// Waits until the other side has closed; what it said before that.
    fn is_left(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(failure) => assert_eq!(failure.kind(), ErrorKind::ConnectionReset),
        }
        rest
    }
}

fn greeting(client: &str, token: &str) -> Vec<u8> {
    let connect = Connect {
        client,
        clean: true,
        keep_alive_s: 60,
        user: Some("jointech"),
        password: Some(token.as_bytes()),
        will: None,
    };
    Packet::Connect(connect).write()
}

fn message(topic: &str, id: Option<u16>, payload: &str) -> Vec<u8> {
    let publish = Publish {
        topic,
        qos: u8::from(id.is_some()),
        id,
        repeated: false,
        retain: false,
        payload: payload.as_bytes(),
    };
    Packet::Publish(publish).write()
}

fn location(id: Option<u16>, second: u8) -> Vec<u8> {
    let payload = format!(
        r#"{{"gpsTime": "2026-02-03T09:30:{second:02}Z", "latitude": -6.96872, "longitude": 110.42387, "locType": 1, "battery": 87}}"#
    );
    message(&format!("upload/k3y/{DEVICE}/location"), id, &payload)
}

fn cut(id: u16) -> Vec<u8> {
    let payload =
        r#"{"DateTime": "2026-02-03 09:31:15", "LockCutOff": "1", "LockRope": "0", "LockStatus": "1"}"#;
    message(&format!("upload/k3y/{DEVICE}/alarm"), Some(id), payload)
}

#[test]
fn a_message_is_answered_once_it_is_durable_and_one_that_wants_no_answer_is_kept_too() {
    let hut = Hut::open();
    let seal = hut.stock();
    let mut cloud = hut.cloud("a");
    let (quiet, sure) = (location(None, 1), location(Some(7), 2));
    cloud.says(&[quiet.as_slice(), &sure].concat());
    assert_eq!(cloud.hears(4), [0x40, 2, 0, 7]);
    let raw: Vec<Vec<u8>> = hut.kept(seal).into_iter().map(|(raw, _)| raw).collect();
    assert_eq!(raw, [quiet, sure], "byte for byte");
    let alive = hut
        .house
        .engine
        .fleet()
        .get(seal)
        .and_then(|now| now.battery_percent);
    assert_eq!(alive, Some(87));
}

#[test]
fn an_alarm_of_the_cloud_is_the_seals_signal() {
    let hut = Hut::open();
    let seal = hut.stock();
    let mut cloud = hut.cloud("a");
    cloud.says(&cut(9));
    assert_eq!(cloud.hears(4), [0x40, 2, 0, 9]);
    let signals: Vec<_> = hut
        .kept(seal)
        .into_iter()
        .flat_map(|(_, signals)| signals)
        .collect();
    assert_eq!(signals, [Signal::RopeCut.name()]);
}

#[test]
fn many_messages_in_one_breath_are_answered_in_their_order() {
    let hut = Hut::open();
    hut.stock();
    let mut cloud = hut.cloud("a");
    let all: Vec<u8> = (1..=200)
        .flat_map(|id| location(Some(id), (id % 60) as u8))
        .collect();
    cloud.says(&all);
    let expected: Vec<u8> = (1..=200_u16)
        .flat_map(|id| [0x40, 2, (id >> 8) as u8, id as u8])
        .collect();
    assert_eq!(cloud.hears(800), expected);
}

#[test]
fn what_comes_behind_the_greeting_is_heard() {
    let hut = Hut::open();
    hut.stock();
    let mut hasty = hut.stranger();
    hasty.says(&[greeting("h", &hut.token), location(Some(3), 1)].concat());
    assert_eq!(hasty.hears(8), [0x20, 2, 0, 0, 0x40, 2, 0, 3]);
}

#[test]
fn a_device_nobody_registered_waits_in_quarantine() {
    let hut = Hut::open();
    let mut cloud = hut.cloud("a");
    cloud.says(&location(Some(1), 1));
    assert_eq!(cloud.hears(4), [0x40, 2, 0, 1]);
    let listing = segel_store::Listing::of(RecordKind::Quarantine, Scope::Nation);
    let strangers = hut
        .house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads");
    assert_eq!(strangers.records.len(), 1);
    assert!(strangers.records[0].body.contains(DEVICE));
}

/// "Nobody sees what is not theirs", and nobody speaks for it.
#[test]
fn a_machine_cannot_speak_for_the_seal_of_another_provider() {
    let hut = Hut::open();
    let register = Command::RegisterOrganisation {
        name: "PT Penyedia Lain".into(),
        kind: OrganisationKind::Provider,
        npwp: None,
    };
    let Subject::Organisation(other) = hut.house.done(by(&Principal::System, register)) else {
        panic!("an organisation")
    };
    let admin = joined(&hut.house, Role::ProviderAdmin, Belonging::Organisation(other));
    let theirs = Provider {
        organisation: other,
        admin,
    };
    let seal = hut
        .house
        .stock_of(Protocol::JointechCloud, &theirs, DEVICE, "any");
    let mut cloud = hut.cloud("a");
    cloud.says(&cut(1));
    assert_eq!(cloud.hears(4), [0x40, 2, 0, 1], "or it would be said for ever");
    assert!(hut.kept(seal).is_empty());
    assert_eq!(hut.oddities(), [("seal_of_another_provider".to_owned(), 1)]);
}

fn joined(house: &House, role: Role, belongs: Belonging) -> Principal {
    let code = segel_model::SecretHash([42; 32]);
    let invite = Command::Invite {
        role,
        belongs: belongs.clone(),
        code,
        until: house.engine.clock().now().plus_s(3600),
    };
    house.done(by(&Principal::System, invite));
    let join = Command::Join {
        code,
        subject: segel_model::SecretHash([43; 32]),
    };
    match house.done(by(&Principal::System, join)) {
        Subject::Person(person) => Principal::Person {
            person,
            role,
            belongs,
        },
        other => panic!("{other:?} is no person"),
    }
}

#[test]
fn only_a_machine_of_a_provider_with_its_token_comes_in() {
    let hut = Hut::open();
    let office = Belonging::Office(OfficeCode("060100".into()));
    let officer = joined(&hut.house, Role::CustomsSupervisor, office);
    let of_officer = token(&hut.house, &officer, "fedcba9876543210");
    let wrong = hut.token.replace("0123", "0124");
    for (token, code) in [
        (wrong.as_str(), 4),
        ("", 4),
        ("segel_1", 4),
        (of_officer.as_str(), 5),
    ] {
        let mut stranger = hut.stranger();
        stranger.says(&greeting("a", token));
        assert_eq!(stranger.is_left(), [0x20, 2, 0, code], "{token}");
    }
    assert_eq!((hut.closed("bad_password"), hut.closed("not_allowed")), (3, 1));
}

#[test]
fn a_token_that_is_taken_back_ends_its_connections_at_once() {
    let hut = Hut::open();
    let mut cloud = hut.cloud("a");
    cloud.says(&[0xC0, 0]);
    assert_eq!(cloud.hears(2), [0xD0, 0]);
    let (id, _) = sessions::read_token(&hut.token).expect("a token");
    hut.house
        .done_or_nothing(by(&hut.provider.admin, Command::RevokeToken { token: id }));
    assert_eq!(cloud.is_left(), [0_u8; 0]);
    assert_eq!(hut.closed("token_ended"), 1);
    let mut again = hut.stranger();
    again.says(&greeting("a", &hut.token));
    assert_eq!(again.is_left(), [0x20, 2, 0, 4]);
}

/// Standard [MQTT-3.1.4-2].
#[test]
fn who_comes_again_under_its_name_takes_the_place_of_the_older_connection() {
    let hut = Hut::open();
    let mut older = hut.cloud("a");
    let mut other = hut.cloud("b");
    let mut newer = hut.cloud("a");
    assert_eq!(older.is_left(), [0_u8; 0]);
    for cloud in [&mut newer, &mut other] {
        cloud.says(&[0xC0, 0]);
        assert_eq!(cloud.hears(2), [0xD0, 0]);
    }
}

#[test]
fn wishes_to_be_sent_something_are_refused_and_a_will_is_passed_over() {
    let hut = Hut::open();
    let mut cloud = hut.stranger();
    let connect = Connect {
        client: "w",
        clean: false,
        keep_alive_s: 0,
        user: Some("u"),
        password: Some(hut.token.as_bytes()),
        will: Some(Will {
            topic: "gone",
            message: b"bye",
            qos: 1,
            retain: true,
        }),
    };
    cloud.says(&Packet::Connect(connect).write());
    assert_eq!(
        cloud.hears(4),
        [0x20, 2, 0, 0],
        "no session is kept, so none is resumed"
    );
    let wish = Packet::Subscribe {
        id: 5,
        filters: vec![("upload/#", 1), ("cmd/+", 0)],
    };
    cloud.says(&wish.write());
    assert_eq!(cloud.hears(6), [0x90, 4, 0, 5, 0x80, 0x80]);
    let no_more = Packet::Unsubscribe {
        id: 6,
        filters: vec!["upload/#"],
    };
    cloud.says(&no_more.write());
    assert_eq!(cloud.hears(4), [0xB0, 2, 0, 6]);
    cloud.says(&Packet::Disconnect.write());
    assert_eq!(cloud.is_left(), [0_u8; 0]);
}

#[test]
fn what_is_not_spoken_here_closes_the_connection_and_what_came_before_is_answered() {
    let hut = Hut::open();
    hut.stock();
    let twice = Publish {
        topic: "upload/k/7/location",
        qos: 2,
        id: Some(8),
        repeated: false,
        retain: false,
        payload: b"{}",
    };
    let mut cloud = hut.cloud("q");
    cloud.says(&[location(Some(7), 1), Packet::Publish(twice).write()].concat());
    assert_eq!(cloud.is_left(), [0x40, 2, 0, 7]);
    assert_eq!(hut.closed("qos2"), 1);
    let far_too_long = [0x30, 0xFF, 0xFF, 0x7F];
    for wrong in [
        &[0x00, 0x00][..],
        &[0x36, 0],
        &far_too_long,
        &greeting("x", "y"),
        &[0x20, 2, 0, 0],
    ] {
        let mut cloud = hut.cloud("m");
        cloud.says(wrong);
        assert_eq!(cloud.is_left(), [0_u8; 0], "{wrong:x?}");
    }
    assert_eq!(hut.closed("bad_request"), 5);
}

#[test]
fn other_versions_and_other_languages_are_told_apart() {
    let hut = Hut::open();
    let mut five = hut.stranger();
    five.says(b"\x10\x0E\0\x04MQTT\x05\x02\0\x3C\0\0\x01a");
    assert_eq!(five.is_left(), [0x20, 2, 0, 1]);
    let mut browser = hut.stranger();
    browser.says(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(browser.is_left(), [0_u8; 0]);
    assert_eq!(hut.closed("not_a_seal"), 1);
    let mut nameless = hut.stranger();
    let connect = Connect {
        client: "",
        clean: false,
        keep_alive_s: 0,
        user: None,
        password: None,
        will: None,
    };
    nameless.says(&Packet::Connect(connect).write());
    assert_eq!(nameless.is_left(), [0x20, 2, 0, 2]);
}

#[test]
fn messages_about_something_else_are_kept_counted_and_answered() {
    let hut = Hut::open();
    let mut cloud = hut.cloud("a");
    cloud.says(&message("home/lamp", Some(1), "on"));
    cloud.says(&message("upload/k3y/no device/location", Some(2), "{}"));
    assert_eq!(cloud.hears(8), [0x40, 2, 0, 1, 0x40, 2, 0, 2]);
    assert_eq!(hut.oddities(), [("unknown_topic".to_owned(), 2)]);
}

/// Its maker's platform tells it things; nothing of ours would ever reach it.
#[test]
fn an_order_for_a_seal_behind_a_cloud_is_refused_with_where_to_give_it() {
    let hut = Hut::open();
    let seal = hut.stock();
    let order = Command::OrderSeal {
        seal,
        order: SealOrder::SetTime,
        reason: String::new(),
    };
    let asked = hut.house.engine.ask_blocking(by(&hut.provider.admin, order));
    let Verdict::Refused(refusal) = asked.expect("the engine answers").verdict else {
        panic!("it was taken")
    };
    assert!(refusal.say.en.contains("maker's cloud"), "{}", refusal.say.en);
    assert!(
        refusal.say.id.contains("platform pembuatnya"),
        "{}",
        refusal.say.id
    );
    assert_eq!(hut.house.engine.orders().count(seal), 0);
}

#[test]
fn who_says_nothing_is_let_go_and_a_full_house_takes_nobody() {
    let hut = Hut::open_with(Limits {
        greeting_s: 1,
        connections_of_clouds: 1,
        ..Limits::default()
    });
    assert_eq!(hut.stranger().is_left(), [0_u8; 0]);
    let in_vain = Instant::now();
    while hut.closed("no_greeting") == 0 {
        assert!(in_vain.elapsed() < PATIENCE, "it is not counted");
        std::thread::yield_now();
    }
    let mut cloud = loop {
        let mut cloud = hut.stranger();
        let said = cloud.0.write_all(&greeting("a", &hut.token));
        if said.and_then(|()| cloud.0.read_exact(&mut [0; 4])).is_ok() {
            break cloud;
        }
        assert!(in_vain.elapsed() < PATIENCE, "its place is not free");
    };
    assert_eq!(hut.stranger().is_left(), [0_u8; 0], "one is here already");
    cloud.says(&[0xC0, 0]);
    assert_eq!(cloud.hears(2), [0xD0, 0]);
}

#[test]
fn a_promise_to_speak_every_second_is_held_to_half_as_long_again() {
    let hut = Hut::open();
    let mut cloud = hut.stranger();
    let connect = Connect {
        client: "k",
        clean: true,
        keep_alive_s: 1,
        user: Some("u"),
        password: Some(hut.token.as_bytes()),
        will: None,
    };
    cloud.says(&Packet::Connect(connect).write());
    assert_eq!(cloud.hears(4), [0x20, 2, 0, 0]);
    let began = Instant::now();
    assert_eq!(cloud.is_left(), [0_u8; 0]);
    assert!(Duration::from_secs(1) < began.elapsed(), "not before its time");
    assert_eq!(hut.closed("idle"), 1);
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let hut = Hut::open();
    let seal = hut.stock();
    let mut cloud = hut.cloud("a");
    cloud.says(&cut(1));
    assert_eq!(cloud.hears(4), [0x40, 2, 0, 1]);
    drop(cloud);
    let Hut { house, _runtime, .. } = hut;
    drop(_runtime);
    let house = house.reopen();
    let known = house
        .engine
        .roster()
        .find(Protocol::JointechCloud, &DeviceId(DEVICE.into()));
    assert_eq!(known.map(|known| known.seal), Some(seal));
    let end = EventTime::from_receipt(house.engine.clock().now().plus_s(60));
    let all = segel_store::ReportQuery::of(seal, EventTime::from_unix_ms(0), end);
    let page = house.engine.reader().reports(&all).expect("the store reads");
    assert_eq!(page.reports.len(), 1);
}
