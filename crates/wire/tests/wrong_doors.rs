//! What no seal should send and some send: another language, a scanner's greeting, a wrong checksum, frames glued, cut, repeated
//! and shuffled, a clock that was never set. The same table for every language: it is kept, it is counted, it is never fatal.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

mod frames;

use std::collections::BTreeMap;

use frames::{Golden, golden};
use segel_model::{Report, ServerTime, Signal, report::Protocol};
use segel_wire::{Limits, Output, Output::Close, Profile, Reason, Session, teltonika};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);

/// What left a session.
#[derive(Debug, Default, Clone, PartialEq)]
struct Left {
    reports: Vec<Report>,
    raw: Vec<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    oddities: Vec<String>,
    closed: Option<Reason>,
}

struct Door {
    session: Session,
    left: Left,
}

impl Door {
    fn of(protocol: Protocol, profile: Profile) -> Self {
        Self {
            session: Session::new(protocol, profile, Limits::default()),
            left: Left::default(),
        }
    }

    /// Everything that is reported is durable at once.
    fn hear(&mut self, now: ServerTime, bytes: &[u8]) {
        self.session.receive(now, bytes);
        self.drain(now);
    }

    /// Until nothing that was begun is waited for.
    fn wait(&mut self) {
        while let Some(deadline) = self.session.next_deadline() {
            self.session.tick(deadline);
            self.drain(deadline);
        }
    }

    fn drain(&mut self, now: ServerTime) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Report(reported) => {
                    self.session.acknowledge(reported.token, now);
                    self.left.reports.push(reported.report);
                    self.left.raw.push(reported.raw);
                }
                Output::Transmit(bytes) => self.left.sent.push(bytes),
                Output::Oddity(oddity) => self.left.oddities.push(oddity.what),
                Close(reason) => self.left.closed = Some(reason),
                Output::Answered(..) | Output::Learned(_) => {}
            }
        }
    }
}

fn hear(protocol: Protocol, profile: Profile, pieces: &[&[u8]]) -> Left {
    let mut door = Door::of(protocol, profile);
    for piece in pieces {
        door.hear(NOW, piece);
    }
    door.left
}

fn hear_frame(protocol: Protocol, frame: &Golden) -> Left {
    hear(protocol, frame.profile, &[&frame.bytes])
}

fn seals() -> impl Iterator<Item = Protocol> {
    frames::languages().filter(|protocol| *protocol != Protocol::Osmand)
}

/// What finds every open port: browsers, TLS clients of several ages, SSH clients.
const STRANGERS: [&[u8]; 7] = [
    b"GET / HTTP/1.1\r\nHost: segel\r\n\r\n",
    b"POST /login HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
    b"HEAD / HTTP/1.1\r\n\r\n",
    b"OPTIONS / RTSP/1.0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
    b"\x16\x03\x03\x00\x50\x01\x00\x00\x4C\x03\x03",
    b"SSH-2.0-OpenSSH_9.6\r\n",
];

#[test]
fn strangers_are_told_by_their_first_bytes_and_sent_away() {
    let wanted = Left {
        oddities: vec!["another_protocol".into()],
        closed: Some(Reason::NotASeal),
        ..Left::default()
    };
    for protocol in seals() {
        for stranger in STRANGERS {
            let whole = hear(protocol, Profile::ANY, &[stranger]);
            assert_eq!(whole, wanted, "{} {stranger:?}", protocol.name());
            let single: Vec<&[u8]> = stranger.chunks(1).collect();
            let trickling = hear(protocol, Profile::ANY, &single);
            assert_eq!(trickling, wanted, "{} {stranger:?}", protocol.name());
        }
    }
}

/// Phones speak HTTP, so only what is none is sent away from their door.
#[test]
fn strangers_at_the_phones_door_are_answered_or_sent_away() {
    for stranger in STRANGERS {
        let left = hear(Protocol::Osmand, Profile::ANY, &[stranger]);
        assert_eq!(left.reports, [], "{stranger:?}");
        assert_eq!(left.oddities.len(), 1, "{stranger:?}");
        let asks = stranger[0].is_ascii_uppercase() && !stranger.starts_with(b"SSH");
        let is_answered = left.sent.len() == 1 && left.closed != Some(Reason::NotASeal);
        assert_eq!(is_answered, asks, "{stranger:?}: {left:?}");
    }
}

/// A language at another's door: no place is ever made of it, and none of it passes unseen, now or once its beginning is given up.
#[test]
fn another_language_is_counted_and_tells_no_place() {
    for door_of in frames::languages() {
        for speaks in frames::languages().filter(|speaks| *speaks != door_of) {
            for frame in golden(speaks) {
                let what = format!(
                    "{} at the door of {}: {}",
                    speaks.name(),
                    door_of.name(),
                    frame.name
                );
                let mut door = Door::of(door_of, Profile::ANY);
                door.hear(NOW, &frame.bytes);
                door.wait();
                let left = &door.left;
                let places = left.reports.iter().filter(|report| report.fix.is_some()).count();
                assert_eq!(places, 0, "{what}: {left:?}");
                assert!(
                    !left.oddities.is_empty() || left.closed.is_some(),
                    "{what}: {left:?}"
                );
            }
        }
    }
}

/// Whoever came to the wrong door and was not sent away is heard once the right words come.
#[test]
fn the_right_words_are_heard_behind_wrong_ones() {
    for protocol in seals() {
        let frames = golden(protocol);
        let own = &frames[0];
        let alone = hear_frame(protocol, own);
        for speaks in seals().filter(|speaks| *speaks != protocol) {
            for frame in golden(speaks) {
                let mut door = Door::of(protocol, own.profile);
                door.hear(NOW, &frame.bytes);
                door.wait();
                if door.left.closed.is_some() {
                    continue;
                }
                door.left = Left::default();
                door.hear(NOW, &own.bytes);
                let heard: Vec<_> = door.left.reports.iter().map(|report| &report.kind).collect();
                let wanted: Vec<_> = alone.reports.iter().map(|report| &report.kind).collect();
                assert_eq!(
                    heard,
                    wanted,
                    "{} behind {} {}",
                    protocol.name(),
                    speaks.name(),
                    frame.name
                );
            }
        }
    }
}

/// Which byte of a whole frame, counted from its end, is of the checksum.
fn checksum_at(protocol: Protocol) -> Option<usize> {
    match protocol {
        Protocol::Gt06 => Some(3),
        Protocol::Teltonika => Some(1),
        Protocol::Meitrack => Some(3),
        Protocol::Jt808 => Some(2),
        // Theirs have none.
        Protocol::Jointech
        | Protocol::Osmand
        | Protocol::Kingwo
        | Protocol::Eseal
        | Protocol::Queclink
        | Protocol::JointechCloud => None,
        Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive | Protocol::Orbcomm => None,
    }
}

/// Positions with nothing odd in them, by their names.
const POSITIONS: [(Protocol, &str); 4] = [
    (Protocol::Gt06, "on the road, sent late"),
    (Protocol::Teltonika, "on the road, codec 8"),
    (Protocol::Meitrack, "on the road, as text"),
    (Protocol::Jt808, "a vehicle terminal on the road"),
];

#[test]
fn a_wrong_checksum_is_kept_counted_and_answered() {
    for (protocol, name) in POSITIONS {
        let frame = golden(protocol)
            .into_iter()
            .find(|frame| frame.name == name)
            .unwrap();
        let right = hear_frame(protocol, &frame);
        assert_eq!(right.oddities, Vec::<String>::new(), "{name}");
        let mut bytes = frame.bytes.clone();
        let at = bytes.len() - checksum_at(protocol).unwrap();
        bytes[at] ^= 1;
        let wrong = hear(protocol, frame.profile, &[&bytes]);
        assert_eq!(wrong.oddities, ["wrong_checksum"], "{}", protocol.name());
        assert_eq!(
            (&wrong.reports, &wrong.sent),
            (&right.reports, &right.sent),
            "{}",
            protocol.name()
        );
    }
}

#[test]
fn glued_frames_are_what_they_are_one_by_one() {
    for protocol in frames::languages() {
        let frames = golden(protocol);
        let pieces: Vec<&[u8]> = frames.iter().map(|frame| frame.bytes.as_slice()).collect();
        let one_by_one = hear(protocol, Profile::ANY, &pieces);
        assert!(frames.len() <= one_by_one.reports.len() + one_by_one.oddities.len());
        assert_eq!(
            hear(protocol, Profile::ANY, &[&pieces.concat()]),
            one_by_one,
            "{}",
            protocol.name()
        );
        let all = pieces.concat();
        let single: Vec<&[u8]> = all.chunks(1).collect();
        let trickling = hear(protocol, Profile::ANY, &single);
        assert_eq!(trickling.reports, one_by_one.reports, "{}", protocol.name());
        assert_eq!(trickling.sent, one_by_one.sent, "{}", protocol.name());
    }
}

#[test]
fn a_frame_cut_at_any_byte_says_the_same() {
    for protocol in frames::languages() {
        for frame in golden(protocol) {
            let whole = hear_frame(protocol, &frame);
            for at in 1..frame.bytes.len() {
                let (begin, end) = frame.bytes.split_at(at);
                let cut = hear(protocol, frame.profile, &[begin, end]);
                let what = format!("{} {} cut at {at}", protocol.name(), frame.name);
                assert_eq!(
                    (&cut.reports, &cut.raw, &cut.sent),
                    (&whole.reports, &whole.raw, &whole.sent),
                    "{what}"
                );
            }
        }
    }
}

/// Half a frame, and after a while whole ones: the connection was never lost, only bytes were.
#[test]
fn a_cut_frame_costs_only_itself() {
    for protocol in seals() {
        for frame in golden(protocol) {
            let alone = hear_frame(protocol, &frame);
            for cut in [
                1,
                frame.bytes.len() / 3,
                frame.bytes.len() / 2,
                frame.bytes.len() - 1,
            ] {
                let mut door = Door::of(protocol, frame.profile);
                door.hear(NOW, &frame.bytes[..cut]);
                door.wait();
                let before = door.left.reports.len();
                door.hear(NOW, &frame.bytes);
                let heard = &door.left.reports[before..];
                assert_eq!(
                    heard,
                    alone.reports,
                    "{} {} cut at {cut}",
                    protocol.name(),
                    frame.name
                );
                assert_eq!(door.left.closed, None);
            }
        }
    }
}

/// A request of a phone that is not finished ends its connection: nobody could tell where the next begins.
#[test]
fn a_cut_request_ends_its_connection() {
    for frame in golden(Protocol::Osmand) {
        let mut door = Door::of(Protocol::Osmand, Profile::ANY);
        door.hear(NOW, &frame.bytes[..frame.bytes.len() - 1]);
        door.wait();
        assert_eq!(door.left.closed, Some(Reason::BadRequest), "{}", frame.name);
    }
}

/// What a seal repeats is kept and answered each time: whoever judges knows repeats, and a seal that is not answered goes on.
#[test]
fn repeated_frames_are_kept_and_answered_each_time() {
    for protocol in frames::languages() {
        for frame in golden(protocol) {
            let once = hear_frame(protocol, &frame);
            let thrice = hear(protocol, frame.profile, &[&frame.bytes.repeat(3)]);
            assert_eq!(
                thrice.reports.len(),
                3 * once.reports.len(),
                "{} {}",
                protocol.name(),
                frame.name
            );
            assert_eq!(
                thrice.raw,
                vec![once.raw.clone(); 3].concat(),
                "{} {}",
                protocol.name(),
                frame.name
            );
            // The time is told once a connection.
            assert!(
                once.sent.len() <= thrice.sent.len(),
                "{} {}",
                protocol.name(),
                frame.name
            );
        }
    }
}

/// What each frame says does not depend on what came before it. (Pieces of a message are put together for the first eight devices of a
/// connection alone.)
#[test]
fn shuffled_frames_say_the_same() {
    for protocol in frames::languages() {
        let mut frames = golden(protocol);
        frames.retain(|frame| !frame.name.contains("in two pieces"));
        let in_order: Vec<&[u8]> = frames.iter().map(|frame| frame.bytes.as_slice()).collect();
        let wanted = counted(&hear(protocol, Profile::ANY, &in_order));
        for step in [2, 3, 5] {
            let mut shuffled: Vec<&[u8]> = (0..step)
                .flat_map(|from| in_order.iter().skip(from).step_by(step).copied())
                .collect();
            assert_eq!(
                counted(&hear(protocol, Profile::ANY, &shuffled)),
                wanted,
                "{}",
                protocol.name()
            );
            shuffled.reverse();
            assert_eq!(
                counted(&hear(protocol, Profile::ANY, &shuffled)),
                wanted,
                "{}",
                protocol.name()
            );
        }
    }
}

/// Reports, and how often each came.
fn counted(left: &Left) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for report in &left.reports {
        *counts.entry(format!("{report:?}")).or_default() += 1;
    }
    counts
}

/// A report of each language whose clock shows a year in which clocks start.
fn unset(protocol: Protocol) -> Vec<u8> {
    let named = |name: &str| {
        let frame = golden(protocol).into_iter().find(|frame| frame.name == name);
        frame.unwrap_or_else(|| panic!("no {name}")).bytes
    };
    match protocol {
        Protocol::Jointech => named("a seal whose clock was not set"),
        Protocol::Gt06 => named("its clock is not set"),
        Protocol::Kingwo => named("no fix and no clock"),
        Protocol::Eseal => named("its clock is not set"),
        Protocol::Jt808 | Protocol::JointechCloud => named("a clock that was never set"),
        Protocol::Open => br#"{"device":"A","time":"2000-01-01T00:00:00Z","fix":null}"#.to_vec(),
        Protocol::Flespi => br#"{"ident":"A","timestamp":946684800}"#.to_vec(),
        Protocol::Teratrack => br#"{"MDeviceID":"A","DateTime":"2000-01-01 00:00:00"}"#.to_vec(),
        Protocol::Tive => br#"{"DeviceId":"A","EntryTimeEpoch":946684800000}"#.to_vec(),
        Protocol::Orbcomm => named("a clock that was never set"),
        Protocol::Osmand => {
            b"GET /?id=phone-1&lat=-6.9&lon=110.4&timestamp=946684800 HTTP/1.1\r\n\r\n".to_vec()
        }
        // When it was there, and when it said so.
        Protocol::Queclink => {
            let place = replaced(&named("a unit on cargo"), b"20260203093015", b"20000101000015");
            replaced(&place, b"20260203093020", b"20000101000020")
        }
        Protocol::Meitrack => {
            let line = b"AAA,35,-6.968560,110.423900,000101000015,A,9,24,37,90,0.8,12,15075,999999,510|10|8100|4F4F,0000,,,";
            segel_wire::meitrack::frame::wrap(b"$$", b'A', "356307042441013", line)
        }
        Protocol::Teltonika => {
            let head = [b"\x08\x01".as_slice(), &946_684_800_000_u64.to_be_bytes(), &[0]].concat();
            let place = b"\x41\xD1\x29\x90\xFB\xD8\xB2\x40\x00\x0C\x00\x5A\x09\x00\x25";
            let body = [head.as_slice(), place, &[0; 6], &[1]].concat();
            [
                teltonika::frame::login("356307042441013"),
                teltonika::frame::wrap(&body),
            ]
            .concat()
        }
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = bytes.to_vec();
    let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
    replaced[at..at + to.len()].copy_from_slice(to);
    replaced
}

/// Handbook of protocols 0.1: "year 2000/2010 dates or 00-00-00 mean clock not set".
#[test]
fn a_clock_that_was_never_set_says_no_time_in_any_language() {
    for protocol in frames::languages() {
        let left = hear(protocol, Profile::ANY, &[&unset(protocol)]);
        let report = left.reports.last().unwrap();
        assert_eq!(report.time, None, "{}: {report:?}", protocol.name());
        let says = report.signals.contains(&Signal::ClockUnset);
        assert!(says, "{}: {report:?}", protocol.name());
    }
}
