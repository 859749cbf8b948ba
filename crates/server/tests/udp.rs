//! Seals over UDP: heard, kept and answered like those over connections; and whoever forges addresses stops nobody.

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use segel_model::order::Outcome;
use segel_model::report::Protocol;
use segel_model::{Command, Event, EventTime, SealOrder};
use segel_server::config::Limits;
use segel_server::gateway::{Doors, Gateway, listen_for_datagrams};
use segel_server::metrics::ByReason;
use segel_store::{RecordKind, Scope};
use support::{House, by};

const IMEI: &str = "860599000000042";
/// What must happen soon has not happened when this has passed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A house with a door for datagrams.
struct Hut {
    house: House,
    door: SocketAddr,
    doors: Option<Doors>,
}

impl Hut {
    fn open(protocol: Protocol) -> Self {
        Self::open_with(protocol, Limits::default())
    }

    fn open_with(protocol: Protocol, limits: Limits) -> Self {
        let house = House::open();
        let gateway = Gateway::new(house.engine.clone(), limits, Arc::clone(&house.oddities), None);
        let socket = listen_for_datagrams(([127, 0, 0, 1], 0).into()).expect("a free port");
        let door = socket.local_addr().expect("bound");
        let doors = Doors::open_all(&gateway, Vec::new(), vec![(socket, protocol)]).expect("the door opens");
        Self {
            house,
            door,
            doors: Some(doors),
        }
    }

    /// A seal behind an address of its own.
    fn seal(&self) -> Seal {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.connect(self.door).expect("an address");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        Seal(socket)
    }

    fn dropped(&self, reason: &'static str) -> u64 {
        let dropped = &self.house.engine.metrics().gateway.datagrams_dropped;
        dropped.get_or_create(&ByReason { reason }).get()
    }

    /// Raw frames of a seal, in the order in which they are kept.
    fn kept(&self, seal: segel_model::SealId) -> Vec<Vec<u8>> {
        let end = EventTime::from_receipt(self.house.engine.clock().now().plus_s(60));
        let all = segel_store::ReportQuery::of(seal, EventTime::from_unix_ms(0), end);
        let page = self.house.engine.reader().reports(&all).expect("the store reads");
        page.reports
            .iter()
            .map(|stored| stored.staged.raw.to_vec())
            .collect()
    }
}

impl Drop for Hut {
    fn drop(&mut self) {
        if let Some(doors) = self.doors.take() {
            doors.close();
        }
    }
}

struct Seal(UdpSocket);

impl Seal {
    fn says(&self, datagram: &[u8]) {
        self.0.send(datagram).expect("sent");
    }

    /// Waits for the next datagram.
    fn hears(&self) -> Vec<u8> {
        let mut answer = [0; 2048];
        let length = self.0.recv(&mut answer).expect("an answer");
        answer[..length].to_vec()
    }

    fn hears_text(&self) -> String {
        String::from_utf8_lossy(&self.hears()).into_owned()
    }
}

/// A report of a Queclink unit, with its own number.
fn report(imei: &str, number: u16) -> Vec<u8> {
    format!("+RESP:GTFRI,1A0102,{imei},box,0,0,1,1,42.0,90,15.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141,00,87,20260203093020,{number:04X}$").into_bytes()
}

fn heartbeat(imei: &str, number: u16) -> Vec<u8> {
    format!("+ACK:GTHBD,1A0102,{imei},,20260203093015,{number:04X}$").into_bytes()
}

/// Codec 8, one record: its time, a place on the road of Semarang, nine satellites, no values.
fn teltonika(packet: u8) -> Vec<u8> {
    let mut bytes = vec![0, 54, 0xCA, packet, 1, 5, 0, 15];
    bytes.extend(b"356307042441013");
    bytes.extend([8, 1, 0, 0, 0x01, 0x9C, 0x22, 0xC3, 0x51, 0x40, 0]);
    bytes.extend([
        0x41, 0xD1, 0x29, 0x90, 0xFB, 0xD8, 0xB2, 0x40, 0, 12, 0, 90, 9, 0, 37,
    ]);
    bytes.extend([0, 0, 0, 0, 0, 0, 1]);
    bytes
}

fn interval() -> SealOrder {
    SealOrder::Interval {
        awake_s: 300,
        asleep_s: 300,
    }
}

fn ended(event: &Event) -> Option<Outcome> {
    match event {
        Event::OrderEnded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    }
}

#[test]
fn a_datagram_is_answered_to_where_it_came_from_and_its_bytes_are_kept() {
    let hut = Hut::open(Protocol::Queclink);
    let id = hut
        .house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let (seal, other) = (hut.seal(), hut.seal());
    seal.says(&report(IMEI, 0x11F0));
    assert_eq!(seal.hears_text(), "+SACK:11F0$");
    other.says(&heartbeat("860599000000043", 1));
    assert_eq!(other.hears_text(), "+SACK:GTHBD,1A0102,0001$");
    assert_eq!(hut.kept(id), [report(IMEI, 0x11F0)]);
    let connected = hut.house.engine.fleet().get(id).map(|now| now.connections);
    assert_eq!(connected, Some(1));
}

#[test]
fn a_teltonika_unit_is_answered_with_the_numbers_of_its_datagram() {
    let hut = Hut::open(Protocol::Teltonika);
    let seal = hut.seal();
    seal.says(&teltonika(1));
    assert_eq!(seal.hears(), [0, 5, 0xCA, 1, 1, 5, 1]);
    let listing = segel_store::Listing::of(RecordKind::Quarantine, Scope::Nation);
    let strangers = hut
        .house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads");
    let stages: Vec<_> = strangers.records.iter().map(|one| one.stage.as_str()).collect();
    assert_eq!(
        stages,
        ["stranger"],
        "whoever nobody registered waits in quarantine"
    );
}

/// Frames that come in one datagram are answered in datagrams of their own.
#[test]
fn each_answer_leaves_in_a_datagram_of_its_own() {
    let hut = Hut::open(Protocol::Queclink);
    hut.house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let seal = hut.seal();
    seal.says(&report(IMEI, 1));
    assert_eq!(seal.hears_text(), "+SACK:0001$");
    seal.says(&[report(IMEI, 2), heartbeat(IMEI, 3)].concat());
    assert_eq!(seal.hears_text(), "+SACK:0002$");
    assert_eq!(seal.hears_text(), "+SACK:GTHBD,1A0102,0003$");
}

/// A unit that comes out of a blind area does not wait for its answers.
#[test]
fn datagrams_that_come_ahead_of_their_answers_are_all_heard_in_their_order() {
    let hut = Hut::open(Protocol::Queclink);
    hut.house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let seal = hut.seal();
    seal.says(&report(IMEI, 0));
    assert_eq!(seal.hears_text(), "+SACK:0000$");
    for number in 1..=12 {
        seal.says(&report(IMEI, number));
    }
    for number in 1..=12 {
        assert_eq!(seal.hears_text(), format!("+SACK:{number:04X}$"));
    }
}

#[test]
fn an_order_goes_out_right_after_the_datagram_that_woke_the_seal_and_ends_by_its_answer() {
    let hut = Hut::open(Protocol::Queclink);
    let provider = hut.house.provider();
    let id = hut
        .house
        .stock_of(Protocol::Queclink, &provider, IMEI, "queclink_sack");
    let mut entries = hut.house.engine.subscribe_entries();
    let order = Command::OrderSeal {
        seal: id,
        order: interval(),
        reason: String::new(),
    };
    hut.house.done(by(&provider.admin, order));
    let seal = hut.seal();
    seal.says(&report(IMEI, 1));
    assert_eq!(seal.hears_text(), "+SACK:0001$");
    let told = seal.hears_text();
    assert!(told.starts_with("AT+GTFRI=gl300,1,,,,,,300,300,"), "{told}");
    let number = told
        .trim_end_matches('$')
        .rsplit(',')
        .next()
        .expect("a number")
        .to_owned();
    seal.says(format!("+ACK:GTFRI,1A0102,{IMEI},,{number},20260203093015,0002$").as_bytes());
    assert_eq!(hut.house.awaits(&mut entries, ended), Outcome::Done);
}

/// While its address is fresh: a network gives it to another soon.
#[test]
fn an_order_for_a_seal_that_has_just_spoken_goes_to_its_last_address_at_once() {
    let hut = Hut::open(Protocol::Queclink);
    let provider = hut.house.provider();
    let id = hut
        .house
        .stock_of(Protocol::Queclink, &provider, IMEI, "queclink_sack");
    let (older, newer) = (hut.seal(), hut.seal());
    for (seal, number) in [(&older, 1), (&newer, 2)] {
        seal.says(&report(IMEI, number));
        assert_eq!(seal.hears_text(), format!("+SACK:{number:04X}$"));
    }
    let order = Command::OrderSeal {
        seal: id,
        order: interval(),
        reason: String::new(),
    };
    hut.house.done(by(&provider.admin, order));
    assert!(newer.hears_text().starts_with("AT+GTFRI"));
}

/// Law 5: "doubt means that both speak".
#[test]
fn two_addresses_that_both_speak_as_one_seal_are_a_doubt() {
    let limits = Limits {
        supersede_grace_s: 0,
        ..Limits::default()
    };
    let hut = Hut::open_with(Protocol::Queclink, limits);
    let id = hut
        .house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let mut entries = hut.house.engine.subscribe_entries();
    let (older, newer) = (hut.seal(), hut.seal());
    for (seal, number) in [(&older, 1), (&newer, 2), (&older, 3)] {
        seal.says(&report(IMEI, number));
        assert_eq!(seal.hears_text(), format!("+SACK:{number:04X}$"));
    }
    let doubted = hut.house.awaits(&mut entries, |event| match event {
        Event::SealDoubted { seal, .. } => Some(*seal),
        _ => None,
    });
    assert_eq!(doubted, id);
}

/// Law 12: an address costs its sender nothing, and us no more than its place.
#[test]
fn a_flood_from_a_thousand_addresses_takes_ten_places_and_stops_nobody() {
    let limits = Limits {
        peers: 10,
        connections: 1,
        ..Limits::default()
    };
    let hut = Hut::open_with(Protocol::Queclink, limits);
    hut.house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let seal = hut.seal();
    seal.says(&report(IMEI, 0));
    assert_eq!(seal.hears_text(), "+SACK:0000$");
    for number in 1..=1000_u16 {
        let stranger = hut.seal();
        stranger.says(&heartbeat(&format!("86059900001{number:04}"), number));
        stranger.says(b"nonsense");
        if number.is_multiple_of(100) {
            seal.says(&report(IMEI, number));
            assert_eq!(seal.hears_text(), format!("+SACK:{number:04X}$"));
        }
    }
    let forgotten = hut.house.engine.metrics().gateway.peers_forgotten.get();
    assert!(0 < forgotten, "others needed their places");
    let printed = hut.house.engine.print_metrics();
    let of = |line: &str| -> Option<u32> {
        line.strip_prefix("segel_queue_waiting{queue=\"datagram_peers\",desk=\"0\"} ")?
            .parse()
            .ok()
    };
    let peers = printed.lines().find_map(of).expect("it is shown");
    assert!(peers <= 10, "{peers}");
}

#[test]
fn an_address_that_is_silent_for_its_time_is_forgotten_and_no_connection_is_said_to_be_closed() {
    let limits = Limits {
        peer_s: 1,
        ..Limits::default()
    };
    let hut = Hut::open_with(Protocol::Queclink, limits);
    let id = hut
        .house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let seal = hut.seal();
    seal.says(&report(IMEI, 1));
    assert_eq!(seal.hears_text(), "+SACK:0001$");
    let began = Instant::now();
    let connections = || hut.house.engine.fleet().get(id).map(|now| now.connections);
    while connections() != Some(0) {
        assert!(began.elapsed() < PATIENCE, "it is still remembered");
        std::thread::yield_now();
    }
    let closed = &hut.house.engine.metrics().gateway.closed;
    assert_eq!(closed.get_or_create(&ByReason { reason: "idle" }).get(), 0);
    seal.says(&report(IMEI, 2));
    assert_eq!(seal.hears_text(), "+SACK:0002$", "and begins anew");
}

#[test]
fn what_cannot_be_heard_is_dropped_counted_and_never_answered() {
    let hut = Hut::open(Protocol::Queclink);
    hut.house
        .stock_of(Protocol::Queclink, &hut.house.provider(), IMEI, "queclink_sack");
    let seal = hut.seal();
    seal.says(&vec![b'+'; 5000]);
    hut.house.engine.set_disk_low(true);
    seal.says(&report(IMEI, 1));
    let began = Instant::now();
    while hut.dropped("disk_low") == 0 || hut.dropped("too_long") == 0 {
        assert!(began.elapsed() < PATIENCE, "they are not counted");
        std::thread::yield_now();
    }
    hut.house.engine.set_disk_low(false);
    seal.says(&report(IMEI, 2));
    assert_eq!(
        seal.hears_text(),
        "+SACK:0002$",
        "the first is not answered, and comes again"
    );
}

#[test]
fn nonsense_is_counted_and_not_remembered() {
    let hut = Hut::open(Protocol::Queclink);
    let seal = hut.seal();
    seal.says(b"GET / HTTP/1.1\r\n\r\n");
    seal.says(b"\x00\x01\x02");
    seal.says(&report(IMEI, 7)[..30]);
    seal.says(&heartbeat(IMEI, 8));
    assert_eq!(seal.hears_text(), "+SACK:GTHBD,1A0102,0008$");
    let queclink = segel_server::metrics::ByProtocol { protocol: "queclink" };
    let metrics = &hut.house.engine.metrics().gateway;
    assert_eq!(metrics.oddities.get_or_create(&queclink).get(), 3);
    assert_eq!(metrics.connections.get_or_create(&queclink).get(), 1);
}
