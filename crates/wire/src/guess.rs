//! Which protocol does a capture speak? Every language reads it, and the one that makes sense of most of it is named, if it
//! stands apart from the others.

use alloc::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use segel_model::{
    DeviceId, ServerTime,
    report::{Oddity, Protocol},
};

use crate::{
    jointech, jt808,
    limits::{Limits, ODDITY_BYTES},
    objects,
    output::Output,
    profile::{Dialect, Profile},
    session::Session,
};

/// What a language must have made sense of to be named, in thousandths.
const ENOUGH: u16 = 500;
/// How far it must stand apart from the next.
const APART: u16 = 150;
/// What a frame counts in which something is odd, in thousandths of one in which nothing is.
const ODD: usize = 250;
/// Oddities that say nothing against a frame: captures begin in the middle of conversations and hold those of many.
const EXCUSED: [&str; 2] = ["another_device", "not_logged_in"];
/// Whose frames those are that came without a log-in.
const NOBODY: &str = "unknown";

/// How one language reads a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The language.
    pub protocol: Protocol,
    /// The dialect that its frames show, if they show one.
    pub dialect: Option<Dialect>,
    /// Thousandths of the capture that it makes sense of.
    pub score: u16,
    /// Frames that it reads.
    pub frames: usize,
    /// Those of them in which nothing is odd; where the language has a checksum, it holds.
    pub sound: usize,
    /// What they report.
    pub reports: usize,
    /// Bytes that are in no frame.
    pub left: usize,
}

/// How all languages read a capture, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// One for each language.
    pub readings: Vec<Reading>,
}

impl Guess {
    /// The language that it is, or why none is named.
    pub fn named(&self) -> Result<&Reading, &'static str> {
        let (Some(best), Some(next)) = (self.readings.first(), self.readings.get(1)) else {
            return Err("there are no languages");
        };
        if best.score < ENOUGH {
            return Err("no protocol makes sense of even half of these bytes");
        }
        if best.score < next.score.saturating_add(APART) {
            return Err(
                "several protocols make sense of these bytes; name the right one, or give more of them",
            );
        }
        Ok(best)
    }
}

/// Lets every language read a capture, of which each stream is one connection's bytes. `received` is when they came.
pub fn guess(streams: &[Vec<u8>], received: ServerTime) -> Guess {
    let mut readings: Vec<Reading> = Protocol::ALL
        .into_iter()
        .map(|protocol| read(protocol, streams, received))
        .collect();
    readings.sort_by_key(|reading| core::cmp::Reverse((reading.score, reading.sound)));
    Guess { readings }
}

fn read(protocol: Protocol, streams: &[Vec<u8>], received: ServerTime) -> Reading {
    let mut sums = Sums::default();
    for stream in streams {
        match said_to(protocol, stream) {
            Some(said) => sums.add(protocol, &said, received),
            None => sums.bytes += stream.len(),
        }
    }
    sums.reading(protocol)
}

/// What a language reads of a stream. Who speaks in bare objects posts them, or begins with one: objects stand inside the messages of
/// others, too.
fn said_to(protocol: Protocol, stream: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !objects::are_bare(protocol) {
        return Some(Cow::Borrowed(stream));
    }
    if let Some(bodies) = objects::body::posted(stream) {
        return Some(Cow::Owned(bodies));
    }
    let begins = stream.trim_ascii_start().first();
    matches!(begins, Some(b'{' | b'[')).then_some(Cow::Borrowed(stream))
}

/// What one language makes of the streams read so far.
#[derive(Default)]
struct Sums {
    bytes: usize,
    sound_bytes: usize,
    odd_bytes: usize,
    frames: usize,
    sound: usize,
    reports: usize,
    /// How many frames show each dialect.
    dialects: BTreeMap<&'static str, usize>,
}

impl Sums {
    fn add(&mut self, protocol: Protocol, stream: &[u8], received: ServerTime) {
        let (frames, reports, oddities) = hear(protocol, stream, received);
        let odd: BTreeSet<Vec<u8>> = oddities
            .into_iter()
            .filter(|oddity| !EXCUSED.contains(&oddity.what.as_str()))
            .map(|oddity| oddity.bytes)
            .collect();
        // What two frames share, and a frame that is kept twice, is counted once.
        let mut room = stream.len();
        for frame in &frames {
            let length = frame.len().min(room);
            room -= length;
            if odd.contains(&frame[..frame.len().min(ODDITY_BYTES)]) {
                self.odd_bytes += length;
            } else {
                self.sound_bytes += length;
                self.sound += 1;
            }
            if let Some(dialect) = shown(protocol, frame) {
                *self.dialects.entry(dialect.name()).or_default() += 1;
            }
        }
        self.bytes += stream.len();
        self.frames += frames.len();
        self.reports += reports;
    }

    fn reading(self, protocol: Protocol) -> Reading {
        let sense = self.sound_bytes * 1000 + self.odd_bytes * ODD;
        let most = self.dialects.iter().max_by_key(|(_, count)| **count);
        Reading {
            protocol,
            dialect: most.and_then(|(name, _)| Dialect::from_name(name)),
            score: sense.checked_div(self.bytes).unwrap_or_default() as u16,
            frames: self.frames,
            sound: self.sound,
            reports: self.reports,
            left: self.bytes - self.sound_bytes - self.odd_bytes,
        }
    }
}

/// The frames that a language finds in a stream, how many reports they give, and what is odd.
fn hear(protocol: Protocol, stream: &[u8], received: ServerTime) -> (Vec<Vec<u8>>, usize, Vec<Oddity>) {
    let mut session = Session::new(protocol, Profile::ANY, Limits::default());
    session.continue_as(DeviceId(NOBODY.into()));
    session.receive(received, stream);
    let (mut frames, mut reports, mut oddities) = (Vec::new(), 0, Vec::new());
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, received);
                reports += 1;
                // A frame of many reports is one frame, and a single byte proves nothing.
                let is_fresh = reported.part == 0 || frames.last() != Some(&reported.raw);
                if is_fresh && 1 < reported.raw.len() {
                    frames.push(reported.raw);
                }
            }
            Output::Oddity(oddity) => oddities.push(oddity),
            Output::Transmit(_) | Output::Answered(..) | Output::Learned(_) | Output::Close(_) => {}
        }
    }
    (frames, reports, oddities)
}

/// The dialect that a frame shows by itself.
fn shown(protocol: Protocol, frame: &[u8]) -> Option<Dialect> {
    match protocol {
        Protocol::Jointech => jointech::record::dialect_shown(frame),
        Protocol::Jt808 => jt808::message::dialect_shown(frame),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);

    fn of(streams: &[&[u8]]) -> Guess {
        let streams: Vec<Vec<u8>> = streams.iter().map(|stream| stream.to_vec()).collect();
        guess(&streams, NOW)
    }

    #[test]
    fn what_is_read_and_what_is_left_is_told() {
        let text = b"xx(7100000042,@JT)(7100000042,U99)";
        let guess = of(&[text]);
        let best = guess.named().map(|reading| reading.protocol);
        assert_eq!(best, Ok(Protocol::Jointech));
        let reading = &guess.readings[0];
        assert_eq!(
            (
                reading.protocol,
                reading.frames,
                reading.sound,
                reading.reports,
                reading.left
            ),
            (Protocol::Jointech, 2, 1, 2, 2)
        );
        // Sixteen bytes in which nothing is odd and sixteen that nobody knows, of thirty-four.
        assert_eq!(reading.score, ((16 * 1000 + 16 * 250) / 34) as u16);
    }

    #[test]
    fn nothing_is_named_where_there_is_nothing() {
        for bytes in [&b""[..], b"hello world", &[0xFF; 300]] {
            assert!(of(&[bytes]).named().is_err(), "{bytes:?}");
        }
        assert!(guess(&[], NOW).named().is_err());
    }

    #[test]
    fn several_connections_are_one_capture() {
        let beat = b"(7100000042,@JT)".to_vec();
        let streams = vec![beat.clone(), b"(710000004".to_vec(), beat];
        let guess = guess(&streams, NOW);
        let best = guess.named().expect("two of three are whole");
        assert_eq!(
            (best.protocol, best.sound, best.left),
            (Protocol::Jointech, 2, 10)
        );
    }
}
