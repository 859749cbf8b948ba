//! What a session holds at most, whatever is said to it and however long: endless beginnings, fragments, orders, reports that never
//! become durable. Bytes are counted where they are taken from the allocator.

use segel_fuzz::{memory, seeds::Seeds};
use segel_model::{OrderId, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{
    Dialect, Limits, Profile, Session, jt808,
    limits::{HELD_BYTES, ORDERS},
};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

/// What a session of each language may hold; `HELD_BYTES` is for all.
fn limit(protocol: Protocol) -> usize {
    match protocol {
        // A request that waits for the one before, and as much again where its buffer grew.
        Protocol::Osmand | Protocol::JointechCloud => HELD_BYTES,
        // Acknowledgements that wait.
        Protocol::Eseal => 128 * 1024,
        // The pieces of a message.
        Protocol::Jt808 => 48 * 1024,
        // The beginning of a frame in a buffer that grew, and orders.
        Protocol::Jointech
        | Protocol::Gt06
        | Protocol::Kingwo
        | Protocol::Queclink
        | Protocol::Teltonika
        | Protocol::Meitrack => 16 * 1024,
        Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive => HELD_BYTES,
        // No seal connects: a page that was fetched, in a buffer that grew.
        Protocol::Orbcomm => 2 * segel_wire::orbcomm::PAGE_BYTES,
    }
}

/// A session and what it held before.
struct Weighed {
    protocol: Protocol,
    session: Session,
    before: isize,
    most: isize,
}

impl Weighed {
    fn new(protocol: Protocol, profile: Profile) -> Self {
        let before = memory::held();
        let session = Session::new(protocol, profile, Limits::default());
        Self {
            protocol,
            session,
            before,
            most: 0,
        }
    }

    fn hear(&mut self, now: ServerTime, bytes: &[u8]) {
        self.session.receive(now, bytes);
        self.drain();
    }

    /// Nothing that is handed out is acknowledged.
    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            drop(output);
        }
        self.most = self.most.max(memory::held() - self.before);
    }

    fn judge(&self, what: &str) {
        let (most, limit) = (self.most, limit(self.protocol));
        println!(
            "{:<10} {most:>7} of {limit:>7} bytes: {what}",
            self.protocol.name()
        );
        assert!(
            most <= limit.cast_signed(),
            "{}: {what}: {most} bytes",
            self.protocol.name()
        );
    }
}

/// Half of each golden frame and then its rubbish, in pieces of many sizes, over and over, connection after connection.
#[test]
fn endless_beginnings() {
    for protocol in segel_fuzz::SPOKEN {
        for frame in Seeds::of(protocol).golden {
            for size in [1, 64 * 1024] {
                let begin = &frame[..frame.len() / 2];
                let endless: Vec<u8> = begin
                    .iter()
                    .chain(b"0000".iter().cycle())
                    .copied()
                    .take(if size == 1 { 5_000 } else { 100_000 })
                    .collect();
                let mut weighed = Weighed::new(protocol, Profile::ANY);
                for (seconds, piece) in (0..).zip(endless.chunks(size)) {
                    weighed.hear(NOW.plus_s(seconds / 50), piece);
                }
                weighed.judge("a beginning without an end");
            }
        }
    }
}

/// Whole frames, none of which ever becomes durable.
#[test]
fn endless_reports_that_nobody_keeps() {
    for protocol in segel_fuzz::SPOKEN {
        let frames = Seeds::of(protocol).golden.concat();
        let mut weighed = Weighed::new(protocol, Profile::ANY);
        for seconds in 0..100 {
            weighed.hear(NOW.plus_s(seconds), &frames);
        }
        weighed.judge("reports that are never durable");
    }
}

/// An eSeal's acknowledgement repeats what stands in its line, which may be long.
#[test]
fn endless_acknowledgements_that_wait() {
    let mut weighed = Weighed::new(Protocol::Eseal, Profile::ANY);
    let long = "1".repeat(3_900);
    for number in 0..2_000 {
        let line = format!(
            "##S,eSeal,7100042,{long},3.0.6,Normal,{number},2026-02-03,09:30:15,15,A,6.9S 110.4E,90,0,Close,1,0:0:0:0,3.9,-70,E##\r\n"
        );
        weighed.hear(NOW, line.as_bytes());
    }
    weighed.judge("acknowledgements that wait");
}

/// The first pieces of message after message, and pieces that claim to be of one of thousands.
#[test]
fn endless_fragments() {
    let address = jt808::header::Address::from_device("013511221122").expect("twelve digits");
    let mut weighed = Weighed::new(Protocol::Jt808, Profile::ANY);
    for serial in 0..2_000_u16 {
        for total in [8_u16, 9, 60_000] {
            let index = 1 + serial % 7;
            let mut frame = address.message(0x0704, serial, &[0x7E; 1000]);
            frame = in_pieces(&frame, total, index);
            weighed.hear(NOW.plus_s(i64::from(serial) / 100), &frame);
        }
    }
    weighed.judge("fragments of messages that are never whole");
}

/// Makes a message one piece of several.
fn in_pieces(frame: &[u8], total: u16, index: u16) -> Vec<u8> {
    let delimiter = jt808::frame::DELIMITER;
    let plain = jt808::frame::unescape(delimiter, &frame[1..frame.len() - 1]);
    let (head, body) = plain[..plain.len() - 1].split_at(12);
    let mut content = head.to_vec();
    content[2] |= 0x20;
    content.extend(total.to_be_bytes());
    content.extend(index.to_be_bytes());
    content.extend(body);
    jt808::frame::close(delimiter, &content)
}

/// Orders to a seal that never speaks, and to one that never answers.
#[test]
fn endless_orders() {
    for protocol in segel_fuzz::SPOKEN {
        let dialect = match protocol {
            Protocol::Teltonika => Dialect::Fmb,
            Protocol::Jt808 => Dialect::Hhd,
            _ => Dialect::Any,
        };
        for speaks in [false, true] {
            let mut weighed = Weighed::new(protocol, Profile::of(dialect));
            if speaks {
                weighed.hear(NOW, &Seeds::of(protocol).golden[0]);
            }
            let mut taken = 0;
            for number in 0..500 {
                for order in [
                    SealCommand::Interval {
                        awake_s: 60,
                        asleep_s: 60,
                    },
                    SealCommand::UnlockStatic {
                        password: "888888".into(),
                    },
                    SealCommand::AuthoriseCards {
                        cards: vec!["0008627839".into(); 20],
                    },
                ] {
                    taken += usize::from(weighed.session.send(OrderId(number), &order, NOW).is_ok());
                    weighed.drain();
                }
            }
            assert!(
                taken <= usize::from(ORDERS),
                "{}: {taken} orders wait",
                protocol.name()
            );
            weighed.judge("orders that nobody answers");
        }
    }
}
