//! Streams that are made to be slow: as many beginnings as fit, each of which a careless decoder reads to its end. Between them stand
//! frames in which nothing is odd, for whoever only talks rubbish is hung up on.

use std::iter::repeat_n;

use segel_model::{ServerTime, report::Protocol};
use segel_wire::{Limits, Output, Profile, Session, limits::GARBAGE_BYTES};

use crate::seeds::Seeds;

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);
/// Rubbish between two frames: fewer than end a connection.
const RUBBISH: usize = GARBAGE_BYTES as usize - 300;

/// A stream that is made to be slow.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What it is full of.
    pub name: &'static str,
    /// For which decoder.
    pub protocol: Protocol,
    /// What it says over and over.
    unit: Vec<u8>,
}

/// How it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comes {
    /// As much as a socket is read by.
    Glued,
    /// Byte by byte.
    Trickling,
}

impl Comes {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Glued, Self::Trickling];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Glued => "glued",
            Self::Trickling => "trickling",
        }
    }

    const fn piece(self) -> usize {
        match self {
            Self::Glued => 64 * 1024,
            Self::Trickling => 1,
        }
    }
}

impl Hostile {
    /// So many bytes of it.
    pub fn stream(&self, length: usize) -> Vec<u8> {
        self.unit.iter().copied().cycle().take(length).collect()
    }

    /// Says a stream to a session of its decoder; how many reports it made of it.
    pub fn say(&self, stream: &[u8], comes: Comes) -> usize {
        let mut session = Session::new(self.protocol, Profile::ANY, Limits::default());
        let mut reports = 0;
        for piece in stream.chunks(comes.piece()) {
            session.receive(NOW, piece);
            while let Some(output) = session.poll() {
                if let Output::Report(reported) = output {
                    session.acknowledge(reported.token, NOW);
                    reports += 1;
                }
            }
        }
        reports
    }
}

/// All of them.
pub fn all() -> Vec<Hostile> {
    let repeated = REPEATED.iter().map(|&(protocol, name, part, end)| {
        let rubbish = part
            .iter()
            .copied()
            .cycle()
            .take(RUBBISH / part.len() * part.len());
        with_frame(protocol, name, rubbish.chain(end.iter().copied()).collect())
    });
    let made = [
        with_frame(
            Protocol::Gt06,
            "heads that all end where the line does",
            shared_ends(false),
        ),
        with_frame(Protocol::Gt06, "wrong heads before such heads", shared_ends(true)),
        Hostile {
            name: "a body in chunks of one byte",
            protocol: Protocol::Osmand,
            unit: chunks(),
        },
        Hostile {
            name: "a head of many lines",
            protocol: Protocol::Osmand,
            unit: head(),
        },
    ];
    repeated.chain(made).collect()
}

/// What is repeated, and what ends it.
type Repeated = (Protocol, &'static str, &'static [u8], &'static [u8]);

const REPEATED: &[Repeated] = &[
    (Protocol::Jointech, "brackets", b"(1", b")"),
    (Protocol::Jointech, "texts that begin", b"(12345,", b")"),
    (
        Protocol::Jointech,
        "texts that do not end",
        b"(12345,aaaaaaaa",
        b"$",
    ),
    (
        Protocol::Jointech,
        "short records that claim the most",
        b"$\x71\x00\x00\x00\x42\x11\x0F\x00\x00",
        b"",
    ),
    (Protocol::Jointech, "dollars", b"$", b""),
    (
        Protocol::Gt06,
        "messages nobody knows",
        b"\x78\x78\x05\xEE",
        b"\r\n",
    ),
    (
        Protocol::Gt06,
        "long messages nobody knows",
        b"\x79\x79\x00\x40\xEE",
        b"\r\n",
    ),
    (
        Protocol::Gt06,
        "networks that are none",
        b"\x78\x78\x02\x17",
        b"\r\n",
    ),
    (Protocol::Kingwo, "heads", b"*HQ2000", b"#"),
    (Protocol::Kingwo, "stars", b"*", b"#"),
    (Protocol::Kingwo, "one field", b"*HQ200866000000000017,BA&", b"#"),
    (Protocol::Eseal, "beginnings", b"##S,", b""),
    (Protocol::Eseal, "lines that do not end", b"##S,eSeal,7,", b""),
    (Protocol::Eseal, "hashes and commas", b"#,", b""),
    (Protocol::Queclink, "beginnings", b"+ACK:", b"$"),
    (Protocol::Queclink, "plus signs", b"+", b"$"),
    (
        Protocol::Queclink,
        "binary heads that claim the most",
        b"+RSP\x00\x00\x00\x00\x00\x0D\x00",
        b"\r\n",
    ),
    (
        Protocol::Teltonika,
        "packets of words that claim the most",
        b"\x00\x00\x00\x00\x00\x00\x0D\x00\x0C",
        b"",
    ),
    (
        Protocol::Teltonika,
        "packets of nothing that claim the most",
        b"\x00\x00\x00\x00\x00\x00\x0D\x00\x08\x00",
        b"",
    ),
    (
        Protocol::Teltonika,
        "packets of an unread codec",
        b"\x00\x00\x00\x00\x00\x00\x0D\x00\x0E",
        b"",
    ),
    (Protocol::Teltonika, "log-ins", b"\x00\x0F35630704244101", b""),
    (
        Protocol::Teltonika,
        "datagrams",
        b"\x0D\x00\xCA\xFE\x01\x05\x00\x0F",
        b"",
    ),
    (Protocol::Meitrack, "heads", b"$$A30,12345678,", b"\r\n"),
    (
        Protocol::Meitrack,
        "heads that claim the most",
        b"$$A3500,12345678,",
        b"\x00",
    ),
    (Protocol::Meitrack, "dollars", b"$$", b"\r\n"),
    (Protocol::Jt808, "brackets", b"(1", b")"),
    (
        Protocol::Jt808,
        "texts that do not end",
        b"(12345,aaaaaaaa",
        b"\x7E\x7E",
    ),
    (Protocol::Jt808, "delimiters", b"\x7E", b""),
    (Protocol::Jt808, "other delimiters", b"\xE7\x02\x00", b"\x7E\x7E"),
    (Protocol::Jt808, "escapes", b"\x7E\x02\x00\x7D\x01", b"\x7E"),
    (Protocol::Jt808, "no delimiters", b"\x02\x00", b"\x7E\x7E"),
];

fn with_frame(protocol: Protocol, name: &'static str, mut rubbish: Vec<u8>) -> Hostile {
    let seeds = Seeds::of(protocol);
    let frame = seeds.golden.first().map_or(&[][..], Vec::as_slice);
    // Whatever begins in the rubbish shall not end in the frame.
    rubbish.extend_from_slice(frame);
    Hostile {
        name,
        protocol,
        unit: rubbish,
    }
}

/// Long messages of which each ends with the same line, none with a right checksum; before them, where asked for, as many that end
/// nowhere.
fn shared_ends(wrong_first: bool) -> Vec<u8> {
    const HEAD: usize = 5;
    let heads = RUBBISH / HEAD;
    let wrong = if wrong_first { heads / 2 } else { 0 };
    let mut bytes: Vec<u8> = repeat_n(b"\x79\x79\x00\x06\xEE", wrong)
        .flatten()
        .copied()
        .collect();
    for at in wrong..heads {
        // From behind the length to the end of the line.
        let left = (heads - at) * HEAD - 4;
        bytes.extend([0x79, 0x79]);
        bytes.extend((left as u16).to_be_bytes());
        bytes.push(0xEE);
    }
    bytes.extend(b"\r\n");
    bytes
}

fn chunks() -> Vec<u8> {
    let head = b"POST /?id=a&lat=1&lon=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    [&head[..], &b"1\r\na\r\n".repeat(1_000), b"0\r\n\r\n"].concat()
}

fn head() -> Vec<u8> {
    [
        b"GET /?id=a&lat=1&lon=1 HTTP/1.1\r\n".as_slice(),
        &b"a:\n\r\n".repeat(1_500),
        b"\r\n",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is hung up on costs nothing more, and would prove nothing.
    #[test]
    fn nobody_is_hung_up_on() {
        let mut hung_up_on = Vec::new();
        for hostile in all() {
            let stream = hostile.stream(16 * 1024);
            let (glued, trickling) = (
                hostile.say(&stream, Comes::Glued),
                hostile.say(&stream, Comes::Trickling),
            );
            if glued != trickling || glued < 2 {
                hung_up_on.push((hostile.protocol.name(), hostile.name, glued, trickling));
            }
        }
        assert_eq!(hung_up_on, []);
    }
}
