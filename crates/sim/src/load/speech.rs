//! How a seal under load speaks: Jointech in bytes that stay and of which little changes, every other language as its voice says
//! it, some microseconds slower.

use segel_geo::Position;

use super::frame::{FIX_NOISE_DEG, Frame, Noise, Now, standing_at};
use super::{acknowledged_serial, interval_answer};
use crate::seal::languages::{JOINTECH, Language};
use crate::seal::moment::Moment;
use crate::seal::voice::{Heard, Order, Voice};

/// An answer that is longer is none.
const SENTENCE_BYTES_MAX: usize = 1024;

/// A seal's way of speaking.
pub enum Speech {
    /// Jointech: the seal of that number.
    Quick(Frame, u64),
    /// Any other.
    Other(Box<Other>),
}

/// A seal that speaks by its voice.
pub struct Other {
    voice: Box<dyn Voice>,
    moment: Moment,
    noise: Noise,
    welcome: bool,
}

/// What came of some bytes that were heard.
#[derive(Default)]
pub struct Understood {
    /// What is acknowledged.
    pub marks: Vec<u32>,
    /// What must be said at once.
    pub replies: Vec<u8>,
}

impl Speech {
    /// Of the seal of that number.
    pub fn of(language: Language, number: u64, place: Position) -> Self {
        if language == JOINTECH {
            return Self::Quick(Frame::of(number, place), number);
        }
        Self::Other(Box::new(Other {
            voice: language.voice(number),
            moment: standing_at(place),
            noise: Noise::of(number),
            welcome: true,
        }))
    }

    /// What it says before anything else.
    pub fn greeting(&mut self) -> Vec<u8> {
        let Self::Other(other) = self else {
            return Vec::new();
        };
        let greeting = other.voice.greet();
        other.welcome = greeting.is_none();
        greeting.unwrap_or_default()
    }

    /// How many reports it may have under way; none before it is let in.
    pub fn in_flight_max(&self) -> usize {
        match self {
            Self::Quick(..) => usize::MAX,
            Self::Other(other) if other.welcome => other.voice.in_flight_max(),
            Self::Other(_) => 0,
        }
    }

    /// The next report, at the end of `to`; gives its mark.
    pub fn say(&mut self, now: &Now, to: &mut Vec<u8>) -> u32 {
        match self {
            Self::Quick(frame, _) => frame.say(now, to).into(),
            Self::Other(other) => other.say(now, to),
        }
    }

    /// Takes the answers out of what was heard; the beginning of one whose end has not come stays in `half`.
    pub fn understand(&mut self, heard: &[u8], half: &mut Vec<u8>, understood: &mut Understood) {
        half.clear();
        match self {
            Self::Quick(_, device) => {
                let rest = sentences(heard, *device, understood);
                if rest.len() <= SENTENCE_BYTES_MAX {
                    half.extend_from_slice(rest);
                }
            }
            Self::Other(other) => {
                half.extend_from_slice(heard);
                other.understand(half, understood);
                if SENTENCE_BYTES_MAX < half.len() {
                    half.clear();
                }
            }
        }
    }
}

/// Takes whole sentences, and says what is left.
fn sentences<'a>(heard: &'a [u8], device: u64, understood: &mut Understood) -> &'a [u8] {
    let mut rest = heard;
    while let Some(end) = rest.iter().position(|byte| *byte == b')') {
        let (sentence, after) = rest.split_at(end + 1);
        rest = after;
        match acknowledged_serial(sentence) {
            Some(serial) => understood.marks.push(serial.into()),
            None => understood
                .replies
                .extend(interval_answer(sentence, device).unwrap_or_default().into_bytes()),
        }
    }
    rest
}

impl Other {
    fn say(&mut self, now: &Now, to: &mut Vec<u8>) -> u32 {
        self.moment.unix_s = now.unix_s;
        self.moment.lat = now.place.lat + self.noise.next(FIX_NOISE_DEG);
        self.moment.lon = now.place.lon + self.noise.next(FIX_NOISE_DEG);
        self.moment.speed_kmh = 40.0 + self.noise.next(5.0);
        let said = self.voice.counted(&self.moment);
        to.extend_from_slice(&said.bytes);
        let mark = said.mark.expect("what is counted is acknowledged");
        mark.0
    }

    fn understand(&mut self, half: &mut Vec<u8>, understood: &mut Understood) {
        while let Some(heard) = self.voice.hear(half) {
            match heard {
                Heard::Acknowledged(mark) => understood.marks.push(mark.0),
                Heard::Welcome => self.welcome = true,
                Heard::Reply(bytes) => understood.replies.extend(bytes),
                // It is ordered to report as often as its trip needs, and says yes.
                Heard::Order(order @ Order::Interval { .. }, asked) => {
                    let answer = self.voice.answer(&self.moment, &order, &asked, true);
                    understood.replies.extend(answer.unwrap_or_default());
                }
                Heard::Order(..) | Heard::Nothing => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::languages::LANGUAGES;

    /// A load counts acknowledgements, so in each language there must be something to count.
    #[test]
    fn every_language_says_something_that_is_acknowledged() {
        let place = Position {
            lat: -6.95,
            lon: 110.42,
        };
        for language in LANGUAGES {
            let mut speech = Speech::of(language, 8_100_000_000, place);
            speech.greeting();
            let mut said = Vec::new();
            speech.say(&Now::at(place, 1_764_000_000), &mut said);
            assert!(!said.is_empty(), "{language:?}");
        }
    }
}
