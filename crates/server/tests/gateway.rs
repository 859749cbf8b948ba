//! The gateway's promises: orders reach their seals, strangers and twins are seen, one connection costs the others nothing.

mod radio;
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use radio::{Says, position, sublocks, wlnet};
use segel_model::order::{Fence, FenceShape, Outcome, PlaceE6};
use segel_model::report::{FixSource, Protocol};
use segel_model::{Command, DeviceId, Event, SealOrder};
use segel_server::config::Limits;
use segel_server::gateway::{Desk, Gateway};
use segel_server::metrics::ByProtocol;
use segel_store::{RecordKind, Scope};
use segel_wire::jt808::header::Address;
use support::{House, by, record};

const DEVICE: &str = "7100000042";
/// More desks than a house may have.
const OTHER_DESKS: u32 = 16;
/// What must happen soon has not happened when this has passed.
const PATIENCE: Duration = Duration::from_secs(20);

fn interval() -> SealOrder {
    SealOrder::Interval {
        awake_s: 60,
        asleep_s: 1800,
    }
}

fn sent(event: &Event) -> Option<u64> {
    match event {
        Event::OrderSent { order } => Some(order.0),
        _ => None,
    }
}

fn ended(event: &Event) -> Option<Outcome> {
    match event {
        Event::OrderEnded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    }
}

#[test]
fn an_order_waits_for_the_seal_and_goes_out_right_after_its_first_frame() {
    let house = House::open();
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut entries = house.engine.subscribe_entries();
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order: interval(),
            reason: String::new(),
        },
    ));
    assert_eq!(house.engine.orders().count(id), 1);

    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)(P04,1,60,30)");
    house.awaits(&mut entries, sent);
    seal.says(b"(7100000042,P04,60,30)");
    assert_eq!(house.awaits(&mut entries, ended), Outcome::Done);
    assert_eq!(house.engine.orders().count(id), 0);
}

#[test]
fn an_order_for_a_connected_seal_goes_out_at_once() {
    let house = House::open();
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)");
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order: interval(),
            reason: String::new(),
        },
    ));
    seal.hears("(P04,1,60,30)");
}

/// From the wish to the answer: three commands go out in one piece, and the last answer ends the order.
#[test]
fn a_fence_goes_to_the_seal_in_its_makers_words_and_is_done_when_the_seal_says_so() {
    let house = House::open();
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut entries = house.engine.subscribe_entries();
    let corner = |lat, lon| PlaceE6 { lat, lon };
    let order = SealOrder::Fence(Fence {
        number: 1,
        shape: FenceShape::Rectangle {
            north_west: corner(-6_950_000, 110_420_000),
            south_east: corner(-6_960_000, 110_430_000),
        },
    });
    let reason = "perjalanan malam".into();
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order,
            reason,
        },
    ));
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)(P24,1,1,1,segel)(P29,1,1,1,4,11025.2,-657,11025.8,-657,11025.8,-657.6,11025.2,-657.6)(P31)");
    house.awaits(&mut entries, sent);
    seal.says(b"(7100000042,P31)");
    assert_eq!(house.awaits(&mut entries, ended), Outcome::Done);
}

/// Law 5: a queued opening is looked at again at the moment of sending, so nothing waits where nobody would look again.
#[test]
fn an_order_behind_one_of_its_kind_is_not_handed_over_before_that_has_ended() {
    let house = House::open();
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut entries = house.engine.subscribe_entries();
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)");
    let order = || {
        house.done(by(
            &provider.admin,
            Command::OrderSeal {
                seal: id,
                order: interval(),
                reason: String::new(),
            },
        ))
    };
    order();
    seal.hears("(P04,1,60,30)");
    order();
    seal.says(&record(DEVICE, 2));
    seal.hears("(P69,0,2)");
    let mut sent_since = || {
        let told = std::iter::from_fn(|| entries.try_recv().ok());
        told.flat_map(|published| published.entry.events.clone())
            .filter_map(|event| sent(&event))
            .count()
    };
    assert_eq!(sent_since(), 1, "the second waits");
    seal.says(b"(7100000042,P04,60,30)");
    seal.hears("(P04,1,60,30)");
    assert_eq!(sent_since(), 1);
}

#[test]
fn an_order_that_went_out_and_was_not_answered_ends_with_the_connection() {
    let house = House::open();
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut entries = house.engine.subscribe_entries();
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order: interval(),
            reason: String::new(),
        },
    ));
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)(P04,1,60,30)");
    drop(seal);
    assert_eq!(house.awaits(&mut entries, ended), Outcome::NoAnswer);
}

#[test]
fn a_device_nobody_registered_is_kept_and_listed_but_never_ordered() {
    let house = House::open();
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)");
    let listing = segel_store::Listing::of(RecordKind::Quarantine, Scope::Nation);
    let strangers = house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads")
        .records;
    assert_eq!(
        strangers.iter().map(|one| one.stage.as_str()).collect::<Vec<_>>(),
        ["stranger"]
    );
    assert!(strangers[0].body.contains(DEVICE));
    house.stock(&house.provider(), DEVICE);
    let after = house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads")
        .records;
    assert_eq!(after[0].stage, "registered");
}

/// A log-in and a place eight hours ahead of UTC in one reading: when the seal is known, the place has been read already.
#[test]
fn what_a_seal_says_before_it_is_known_is_read_as_what_it_is() {
    const LOG_IN_AND_PLACE: &str = "78780d01086600000000001700017bf50d0a787826221a0203091e0fc900bf66ac0bd8e20c25105a01fe0a56780a12340100010000012c0002e4ab0d0a";
    let house = House::open();
    let seal = house.stock_of(Protocol::Gt06, &house.provider(), "866000000000017", "concox@480");
    let byte = |at: usize| u8::from_str_radix(&LOG_IN_AND_PLACE[at..at + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..LOG_IN_AND_PLACE.len()).step_by(2).map(byte).collect();
    let mut line = house.connect_to(house.gt06);
    line.says(&bytes);
    line.hears_bytes(10 + 10);
    let end = segel_model::EventTime::from_receipt(house.engine.clock().now().plus_s(60));
    let all = segel_store::ReportQuery::of(seal, segel_model::EventTime::from_unix_ms(0), end);
    let page = house.engine.reader().reports(&all).expect("the store reads");
    let mut kept = page.reports.iter().map(|stored| &stored.staged);
    let place = kept
        .find(|staged| staged.observed.place.is_some())
        .expect("a place");
    assert_eq!(
        (
            place.observed.device_time.map(|time| time.unix_ms),
            &*place.profile
        ),
        (Some(1_770_082_215_000), "concox@480"),
        "2026-02-03 01:30:15 UTC"
    );
}

/// Handbook of protocols 1.5: a JT701 wants `(P46)` for a P45. Its first frame may be that P45: then only the roster knows.
#[test]
fn a_registered_jt701_that_begins_with_a_lock_event_is_answered_as_a_jt701() {
    let house = House::open();
    let provider = house.provider();
    let lock_event = |device: &str| {
        format!("({device},P45,251126,093000,6.96856,S,110.42390,E,A,0,0,5,0,0000000000,0,0,3,58)")
            .into_bytes()
    };
    let old = house.stock_as(&provider, DEVICE, "jt701");
    house.stock_as(&provider, "7100000043", "jt701d");
    let mut seal = house.connect();
    seal.says(&lock_event(DEVICE));
    seal.hears("(P69,0,3)(P46)");
    let mut newer = house.connect();
    newer.says(&lock_event("7100000043"));
    newer.says(b"(7100000043,P22,2)");
    newer.hears("(P69,0,3)(P22,");

    let end = segel_model::EventTime::from_receipt(house.engine.clock().now().plus_s(60));
    let all = segel_store::ReportQuery::of(old, segel_model::EventTime::from_unix_ms(0), end);
    let page = house.engine.reader().reports(&all).expect("the store reads");
    let kept = &page.reports[0].staged;
    assert_eq!(
        (&*kept.profile, kept.decoder_version),
        (
            "jt701",
            segel_wire::decoder_version(segel_model::report::Protocol::Jointech)
        )
    );
}

/// Law 4: "Raw frames are kept byte for byte": also of a message that nobody can read.
#[test]
fn a_message_nobody_can_read_is_stored_whole() {
    let house = House::open();
    let id = house.stock(&house.provider(), DEVICE);
    let strange = format!("({DEVICE},X99,{})", "z".repeat(600));
    let mut seal = house.connect();
    seal.says(strange.as_bytes());
    seal.says(format!("({DEVICE},U01,251126,093000,T,x,S,110.4,E,0,0,9,80%,0,1,2,20,58,3)").as_bytes());
    seal.hears("(S39)");
    let end = segel_model::EventTime::from_receipt(house.engine.clock().now().plus_s(60));
    let all = segel_store::ReportQuery::of(id, segel_model::EventTime::from_unix_ms(0), end);
    let page = house.engine.reader().reports(&all).expect("the store reads");
    let kept: Vec<&[u8]> = page.reports.iter().map(|stored| &*stored.staged.raw).collect();
    assert_eq!((kept.len(), kept.contains(&strange.as_bytes())), (2, true));
}

/// Law 5: a silent older connection is superseded; that both speak is a doubt.
#[test]
fn an_older_connection_that_still_speaks_beside_a_newer_one_is_a_doubt_seen_by_people() {
    let house = House::open_with(Limits {
        supersede_grace_s: 0,
        ..Limits::default()
    });
    let provider = house.provider();
    let id = house.stock(&provider, DEVICE);
    let mut entries = house.engine.subscribe_entries();
    let (mut older, mut newer) = (house.connect(), house.connect());
    older.says(&record(DEVICE, 1));
    older.hears("(P69,0,1)");
    newer.says(&record(DEVICE, 2));
    newer.hears("(P69,0,2)");
    assert_eq!(
        house
            .engine
            .roster()
            .find(
                segel_model::report::Protocol::Jointech,
                &segel_model::DeviceId(DEVICE.into())
            )
            .map(|known| known.doubted),
        Some(false)
    );
    older.says(&record(DEVICE, 3));
    older.hears("(P69,0,3)");
    let doubted = house.awaits(&mut entries, |event| match event {
        Event::SealDoubted { seal, why } => Some((*seal, why.clone())),
        _ => None,
    });
    assert_eq!(
        doubted,
        (id, "an older connection still speaks beside a newer one".into())
    );
}

/// Law 5: in doubt no secret is sent until an officer clears it.
#[test]
fn in_doubt_no_secret_is_sent_until_an_officer_clears_it_and_harmless_orders_go_on() {
    let house = House::open();
    let submitted = house.submitted();
    let provider = submitted.provider;
    let id = house.stock(&provider, DEVICE);
    let mut seal = house.connect();
    seal.says(&record(DEVICE, 1));
    seal.hears("(P69,0,1)");
    let doubt = segel_model::Input::IdentityDoubt {
        seal: id,
        why: "dua perangkat".into(),
    };
    house
        .engine
        .tell_blocking(doubt, segel_server::ask::Side::default())
        .expect("the engine takes it");
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order: SealOrder::RotatePassword,
            reason: String::new(),
        },
    ));
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: id,
            order: interval(),
            reason: String::new(),
        },
    ));
    seal.hears("(P04,1,60,30)");
    seal.says(b"(7100000042,P04,60,30)");
    seal.says(&record(DEVICE, 2));
    seal.hears("(P69,0,2)");
    let cleared = Command::ClearDoubt {
        seal: id,
        reason: "diperiksa di tempat".into(),
    };
    house.done_or_nothing(by(&submitted.supervisor, cleared));
    seal.hears("(P44,");
}

#[test]
fn a_silent_older_connection_is_superseded_without_a_doubt() {
    let house = House::open_with(Limits {
        supersede_grace_s: 0,
        connections_per_seal: 1,
        ..Limits::default()
    });
    let id = house.stock(&house.provider(), DEVICE);
    let (mut older, mut newer) = (house.connect(), house.connect());
    older.says(&record(DEVICE, 1));
    older.hears("(P69,0,1)");
    newer.says(&record(DEVICE, 2));
    newer.hears("(P69,0,2)");
    older.is_left();
    newer.says(&record(DEVICE, 3));
    newer.hears("(P69,0,3)");
    let record = house
        .engine
        .reader()
        .record(RecordKind::Seal, id.0, &Scope::Nation)
        .expect("the store reads");
    assert_eq!(record.map(|record| record.stage), Some("ready".into()));
}

#[test]
fn a_connection_that_says_nothing_or_speaks_another_language_is_closed() {
    let house = House::open_with(Limits {
        greeting_s: 1,
        ..Limits::default()
    });
    house.connect().is_left();
    let mut browser = house.connect();
    browser.says(b"GET / HTTP/1.1\r\nHost: segel\r\n\r\n");
    browser.is_left();
}

/// Who sends a byte now and then and never says a name would keep a place for half an hour.
#[test]
fn bytes_that_do_not_say_who_speaks_are_no_greeting() {
    let house = House::open_with(Limits {
        greeting_s: 1,
        ..Limits::default()
    });
    let frame = record(DEVICE, 1);
    let mut known = house.connect();
    known.says(&frame);
    known.hears("(P69,0,1)");
    let mut half = house.connect();
    half.says(&frame[..4]);
    half.is_left();
    known.says(&record(DEVICE, 2));
    known.hears("(P69,0,2)");
}

/// Law 12: a stranger that comes and goes leaves nothing, not even the reminder to look after it.
#[test]
fn ten_thousand_that_come_and_go_leave_no_reminders_behind() {
    let house = House::open();
    let limits = Limits::default();
    let gateway = Gateway::new(house.engine.clone(), limits, Arc::clone(&house.oddities), None);
    // The house's own desks have the lowest numbers, and show their own figures under them.
    let mut desks: Vec<Desk> = (0..=OTHER_DESKS)
        .map(|_| Desk::new(Arc::clone(&gateway)))
        .collect();
    let desk = desks.last_mut().expect("one at least");
    let (peer, now) = (([127, 0, 0, 1], 9).into(), house.engine.clock().now());
    for _ in 0..10_000 {
        let line = desk.open(peer, Protocol::Jointech).expect("there is room");
        desk.hang_up(line, now);
        desk.forget(line);
    }
    desk.step(now);
    let printed = house.engine.print_metrics();
    let of_it = format!("segel_queue_waiting{{queue=\"desk_reminders\",desk=\"{OTHER_DESKS}\"}} ");
    let counts = printed
        .lines()
        .filter_map(|line| line.strip_prefix(&of_it)?.parse().ok());
    let reminders: Vec<u32> = counts.collect();
    assert!(matches!(reminders[..], [count] if count < 2_000), "{reminders:?}");
}

/// The kernel may tell of a last word and of the end in one breath, and only once.
#[test]
fn who_says_something_and_leaves_at_once_leaves_no_connection_behind() {
    let house = House::open();
    for number in 0..200_u8 {
        let mut hasty = house.connect();
        let frame = record(DEVICE, number);
        let said = if number.is_multiple_of(2) { 20 } else { frame.len() };
        hasty.says(&frame[..said]);
    }
    let jointech = ByProtocol { protocol: "jointech" };
    let connections = &house.engine.metrics().gateway.connections;
    let began = Instant::now();
    while connections.get_or_create(&jointech).get() != 0 {
        assert!(began.elapsed() < PATIENCE, "some are still here");
        std::thread::yield_now();
    }
}

#[test]
fn a_network_beyond_its_limit_is_turned_away_and_let_in_when_one_leaves() {
    let house = House::open_with(Limits {
        connections_per_network: 1,
        ..Limits::default()
    });
    let mut first = house.connect();
    first.says(&record(DEVICE, 1));
    first.hears("(P69,0,1)");
    house.connect().is_left();
    drop(first);
    let answered = (0..200).any(|_| {
        let mut next = house.connect();
        next.tries(&record(DEVICE, 2), "(P69,0,2)")
    });
    assert!(answered, "its place is free again");
}

/// Law 12: a flood, and a reader that does not read, cost the others nothing.
#[test]
fn a_flood_from_a_seal_that_never_reads_does_not_keep_another_from_its_answer() {
    let house = House::open();
    let flood: Vec<u8> = (0..4000)
        .flat_map(|number| record("7100000001", number as u8))
        .collect();
    let mut rude = house.connect();
    let writer = std::thread::spawn(move || {
        rude.says(&flood);
        rude
    });
    for serial in 1..=20 {
        let mut polite = house.connect();
        polite.says(&record(DEVICE, serial));
        polite.hears(&format!("(P69,0,{serial})"));
    }
    drop(writer.join().expect("all of it was sent"));
}

/// "limits on ... connections per seal": of three connections of a seal that may have two, the oldest goes and the others stay.
#[test]
fn a_seal_beyond_its_connections_loses_the_oldest_and_keeps_the_others() {
    let house = House::open_with(Limits {
        connections_per_seal: 2,
        ..Limits::default()
    });
    house.stock(&house.provider(), DEVICE);
    let mut lines = [house.connect(), house.connect(), house.connect()];
    for (serial, seal) in (1..).zip(&mut lines) {
        seal.says(&record(DEVICE, serial));
        seal.hears(&format!("(P69,0,{serial})"));
    }
    let [oldest, middle, newest] = &mut lines;
    oldest.is_left();
    for (serial, seal) in [(4, newest), (5, middle)] {
        seal.says(&record(DEVICE, serial));
        seal.hears(&format!("(P69,0,{serial})"));
    }
    let mut another = house.connect();
    another.says(&record("7100000099", 1));
    another.hears("(P69,0,1)");
}

/// "slow readers ... cost the others nothing": who asks on and never takes an answer is left after `write_s`; who reads stays.
#[test]
fn a_seal_that_never_reads_its_answers_is_left_and_one_that_reads_is_not() {
    let house = House::open_with(Limits {
        write_s: 1,
        ..Limits::default()
    });
    let mut polite = house.connect();
    polite.says(&record(DEVICE, 1));
    polite.hears("(P69,0,1)");
    let began = std::time::Instant::now();
    let rude = narrow(house.jointech);
    let ended = asks_without_end(rude);
    assert!(
        matches!(
            ended.kind(),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe
        ),
        "it is the gateway that ends it: {ended}"
    );
    assert!(
        std::time::Duration::from_secs(1) <= began.elapsed(),
        "not before its second"
    );
    polite.says(&record(DEVICE, 2));
    polite.hears("(P69,0,2)");
}

/// A connection that takes in so little that answers pile up at the sender soon.
fn narrow(address: std::net::SocketAddr) -> std::net::TcpStream {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(2_048).expect("a small buffer");
        socket.connect(address).await.expect("the gateway listens")
    });
    let stream = stream.into_std().expect("a plain socket");
    stream.set_nonblocking(false).expect("it may block");
    stream
        .set_write_timeout(Some(std::time::Duration::from_secs(20)))
        .expect("a socket takes a limit");
    stream
}

/// Asks for the time again and again until the connection is gone; why it is.
fn asks_without_end(mut stream: std::net::TcpStream) -> std::io::Error {
    use std::io::Write;
    let questions = "(7100000077,P22,2)".repeat(100);
    loop {
        if let Err(ended) = stream.write_all(questions.as_bytes()) {
            return ended;
        }
    }
}

const HOST: &str = "013511221122";
const LOCK: &str = "CD91FE1314DA";
const STRANGER: &str = "C3A19A6F6F3A";

/// A message of a host of HHD's that hears these locks.
fn hears_locks(house: &House, host: &str, serial: u16, locks: &[(&str, bool)]) -> Vec<u8> {
    let body = position(house.engine.clock().now(), &sublocks(locks));
    let address = Address::from_device(host).expect("a number");
    address.message(0x0200, serial, &body)
}

/// Which message a frame of ours is.
fn message_of(frame: &[u8]) -> u16 {
    u16::from_be_bytes([frame[1], frame[2]])
}

#[test]
fn a_smaller_lock_that_is_registered_is_a_seal_of_its_own_and_another_waits_in_quarantine() {
    let house = House::open();
    let provider = house.provider();
    let host = house.stock_of(Protocol::Jt808, &provider, HOST, "hhd");
    let lock = house.stock_of(Protocol::Jt808, &provider, LOCK, "hhd");
    let mut line = house.connect_to(house.jt808);
    line.says(&hears_locks(&house, HOST, 1, &[(LOCK, true), (STRANGER, false)]));
    assert_eq!(message_of(&line.hears_frame()), 0x8001, "one answer a message");
    let fleet = house.engine.fleet();
    let now = fleet.get(lock).expect("it spoke");
    assert_eq!((now.lock.rope, now.lock.motor), (Some(true), Some(true)));
    assert_eq!(
        now.fix.map(|fix| fix.source),
        Some(FixSource::Host),
        "a place that stands in"
    );
    assert!(now.last_seen.is_some() && now.connections == 0);
    assert_eq!(
        (fleet.through(lock).as_deref(), fleet.through(host)),
        (Some(HOST), None)
    );
    let own = fleet.get(host).expect("it spoke");
    assert_eq!(
        (own.lock.motor, own.fix.map(|fix| fix.source)),
        (None, Some(FixSource::Gnss))
    );
    let stranger = DeviceId(STRANGER.into());
    let stranger = house.engine.strangers().get(Protocol::Jt808, &stranger);
    assert_eq!(
        stranger.and_then(|stranger| stranger.through).as_deref(),
        Some(HOST)
    );
    assert!(
        house
            .engine
            .strangers()
            .get(Protocol::Jt808, &DeviceId(LOCK.into()))
            .is_none()
    );
}

/// What is meant for a lock would be done by its host: 0x0310 names no lock. So nothing is sent, and the order says why.
#[test]
fn an_order_for_a_smaller_lock_ends_untried_and_one_for_its_host_goes_out() {
    let house = House::open();
    let provider = house.provider();
    let host = house.stock_of(Protocol::Jt808, &provider, HOST, "hhd");
    let lock = house.stock_of(Protocol::Jt808, &provider, LOCK, "hhd");
    let mut entries = house.engine.subscribe_entries();
    let mut line = house.connect_to(house.jt808);
    line.says(&hears_locks(&house, HOST, 1, &[(LOCK, true)]));
    line.hears_frame();
    let order = |seal| {
        let order = SealOrder::Interval {
            awake_s: 300,
            asleep_s: 300,
        };
        let reason = String::new();
        house.done(by(&provider.admin, Command::OrderSeal { seal, order, reason }));
    };
    order(lock);
    let outcome = house.awaits(&mut entries, ended);
    assert!(matches!(outcome, Outcome::NotSpoken { .. }), "{outcome:?}");
    assert_eq!(house.engine.orders().count(lock), 0);
    order(host);
    assert_eq!(
        message_of(&line.hears_frame()),
        0x0310,
        "the first thing that is sent is the host's"
    );
    house.awaits(&mut entries, sent);
}

/// Several terminals of JT/T 808 behind one line, each under its own number: each is told what is meant for it.
#[test]
fn an_order_for_a_terminal_that_speaks_over_anothers_line_goes_out_under_its_own_number() {
    const OTHER: &str = "013511221133";
    let house = House::open();
    let provider = house.provider();
    house.stock_of(Protocol::Jt808, &provider, HOST, "jt808");
    let other = house.stock_of(Protocol::Jt808, &provider, OTHER, "jt808");
    let mut line = house.connect_to(house.jt808);
    for (serial, device) in [(1, HOST), (2, OTHER)] {
        line.says(&hears_locks(&house, device, serial, &[]));
        line.hears_frame();
    }
    house.done(by(
        &provider.admin,
        Command::OrderSeal {
            seal: other,
            order: interval(),
            reason: String::new(),
        },
    ));
    let frame = line.hears_frame();
    assert_eq!(message_of(&frame), 0x8103);
    assert_eq!(frame[5..11], [0x01, 0x35, 0x11, 0x22, 0x11, 0x33], "{frame:02x?}");
}

#[test]
fn two_hosts_that_hear_the_same_lock_are_no_twins() {
    const SECOND: &str = "013511221133";
    let house = House::open();
    let provider = house.provider();
    house.stock_of(Protocol::Jt808, &provider, LOCK, "hhd");
    let (mut first, mut second) = (house.connect_to(house.jt808), house.connect_to(house.jt808));
    for serial in 1..4 {
        for (line, host) in [(&mut first, HOST), (&mut second, SECOND)] {
            line.says(&hears_locks(&house, host, serial, &[(LOCK, true)]));
            line.hears_frame();
        }
    }
    let known = house
        .engine
        .roster()
        .find(Protocol::Jt808, &DeviceId(LOCK.into()));
    assert!(known.is_some_and(|known| !known.doubted));
    assert_eq!(house.engine.metrics().gateway.doubts.get(), 0);
}

#[test]
fn a_padlock_heard_by_a_seal_is_a_seal_of_its_own_and_answered_once() {
    const PADLOCK: &str = "E017260004";
    let house = House::open();
    let provider = house.provider();
    let host = house.stock(&provider, DEVICE);
    let padlock = house.stock_as(&provider, PADLOCK, "any");
    let mut line = house.connect();
    let now = || house.engine.clock().now();
    line.says(&wlnet(DEVICE, PADLOCK, 7, now(), Says::Cut));
    line.hears("(P69,0,7)");
    let fleet = house.engine.fleet();
    let (own, heard) = (
        fleet.get(host).expect("it spoke"),
        fleet.get(padlock).expect("it spoke"),
    );
    assert_eq!((own.lock.rope, heard.lock.rope), (None, Some(false)));
    assert_eq!((own.received, heard.received), (1, 1));
    assert_eq!(
        (heard.battery_percent, fleet.through(padlock)),
        (Some(97), Some(DEVICE.to_owned()))
    );

    let seen = heard.last_seen;
    line.says(&wlnet(DEVICE, PADLOCK, 8, now().plus_s(1), Says::Lost));
    line.hears("(P69,0,8)");
    let lost = fleet.get(padlock).expect("it spoke");
    assert_eq!(
        (lost.last_seen, lost.received),
        (seen, 2),
        "that it is lost is no sign of life"
    );
}
