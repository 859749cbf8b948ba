//! Streams that are nearly a seal's. Random bytes seldom get past the first look of a decoder; frames that were damaged do.

use segel_model::report::Protocol;

use crate::{dice::Dice, seeds::Seeds};

/// The longest stream. Longer than any frame or request, so that whatever grows with more than its length shows.
pub const LONGEST: usize = 40 * 1024;
/// The most pieces of a stream that is not long.
const PIECES: usize = 8;
/// One stream in so many is long.
const LONG_ONE_IN: usize = 200;
/// The longest run of repeated bytes in a stream that is not long.
const RUN: usize = 600;
/// The most damages of one frame.
const DAMAGES: usize = 4;
/// Bytes that mean something to some decoder: marks of frames, escapes, digits, ends of lines, ends of ranges.
const MARKS: &[u8] =
    b"$()#*,&=+@:;\r\n\0\x01\x02\x0D\x10\x3D\x3E\x7D\x7E\x78\x79\x7F\x80\xE6\xE7\xFE\xFF09AZ";

/// Makes streams of all languages.
#[derive(Debug)]
pub struct Maker {
    all: Vec<(Protocol, Seeds)>,
}

impl Default for Maker {
    fn default() -> Self {
        Self {
            all: crate::SPOKEN
                .map(|protocol| (protocol, Seeds::of(protocol)))
                .into(),
        }
    }
}

impl Maker {
    /// A stream for a decoder, instead of what stands in `to`.
    pub fn fill(&self, protocol: Protocol, dice: &mut Dice, to: &mut Vec<u8>) {
        to.clear();
        let is_long = dice.one_in(LONG_ONE_IN);
        let (pieces, run) = match is_long {
            true => (1 + dice.below(100), LONGEST / 2),
            false => (1 + dice.below(PIECES), RUN),
        };
        for _ in 0..pieces {
            let from = to.len();
            self.add(protocol, dice, run, to);
            if !dice.one_in(3) {
                damage(dice, from, to);
            }
            to.truncate(LONGEST);
        }
    }

    fn add(&self, protocol: Protocol, dice: &mut Dice, run: usize, to: &mut Vec<u8>) {
        match dice.below(40) {
            0 => (0..dice.below(64)).for_each(|_| to.push(dice.byte())),
            1 => (0..dice.below(64)).for_each(|_| to.push(*dice.one_of(MARKS))),
            2 | 3 => self.add_run(protocol, dice, run, to),
            4 => {
                let (stranger, _) = dice.one_of(&self.all);
                to.extend_from_slice(self.frame(*stranger, dice));
            }
            5 | 6 => self.splice(protocol, dice, to),
            _ => to.extend_from_slice(self.frame(protocol, dice)),
        }
    }

    fn frame(&self, protocol: Protocol, dice: &mut Dice) -> &[u8] {
        let found = self.all.iter().find(|(known, _)| *known == protocol);
        let (_, seeds) = found.unwrap_or(&self.all[0]);
        let frames = if dice.one_in(5) {
            &seeds.finds
        } else {
            &seeds.golden
        };
        dice.one_of(frames).as_slice()
    }

    /// The same few bytes over and over.
    fn add_run(&self, protocol: Protocol, dice: &mut Dice, run: usize, to: &mut Vec<u8>) {
        let frame = self.frame(protocol, dice);
        let from = dice.below(frame.len());
        let length = (1 + dice.below(12)).min(frame.len() - from);
        let part = &frame[from..from + length];
        for _ in 0..dice.below(run) / length {
            to.extend_from_slice(part);
        }
    }

    /// The beginning of one frame and the end of another.
    fn splice(&self, protocol: Protocol, dice: &mut Dice, to: &mut Vec<u8>) {
        let (one, other) = (self.frame(protocol, dice), self.frame(protocol, dice));
        to.extend_from_slice(&one[..dice.below(one.len())]);
        to.extend_from_slice(&other[dice.below(other.len())..]);
    }
}

fn damage(dice: &mut Dice, from: usize, to: &mut Vec<u8>) {
    for _ in 0..=dice.below(DAMAGES) {
        let length = to.len() - from;
        if length == 0 {
            return;
        }
        let at = from + dice.below(length);
        match dice.below(8) {
            0 => to[at] = dice.byte(),
            1 => to[at] = *dice.one_of(MARKS),
            2 => to[at] ^= 1 << dice.below(8),
            3 => to.insert(at, *dice.one_of(MARKS)),
            4 => {
                let end = to.len().min(at + 1 + dice.below(8));
                to.drain(at..end);
            }
            5 => write_number(dice, &mut to[at..]),
            6 if dice.one_in(4) => to.truncate(at),
            _ => twice(dice, at, to),
        }
    }
}

/// Lengths and counts are numbers of one, two or four bytes, in either order.
fn write_number(dice: &mut Dice, to: &mut [u8]) {
    const NUMBERS: [u32; 14] = [
        0,
        1,
        2,
        5,
        0x7F,
        0x80,
        0xFF,
        0x100,
        0x3FF,
        0x7FF,
        0x0FF0,
        0x1000,
        0xFFFF,
        u32::MAX,
    ];
    let number = *dice.one_of(&NUMBERS);
    let width = *dice.one_of(&[1, 2, 4]);
    let (low_first, high_first) = (number.to_le_bytes(), number.to_be_bytes());
    let from = match dice.one_in(2) {
        true => &low_first[..width],
        false => &high_first[4 - width..],
    };
    let length = width.min(to.len());
    to[..length].copy_from_slice(&from[..length]);
}

/// A part stands twice.
fn twice(dice: &mut Dice, at: usize, to: &mut Vec<u8>) {
    let end = to.len().min(at + 1 + dice.below(40));
    let part = to[at..end].to_vec();
    to.splice(at..at, part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_stream_and_none_is_endless() {
        let maker = Maker::default();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let (mut bytes, mut long) = (0, 0);
        for seed in 0..2_000 {
            maker.fill(Protocol::Gt06, &mut Dice::of(seed), &mut one);
            maker.fill(Protocol::Gt06, &mut Dice::of(seed), &mut other);
            assert_eq!(one, other);
            assert!(one.len() <= LONGEST);
            bytes += one.len();
            long += usize::from(8 * 1024 < one.len());
        }
        assert!(100 * 2_000 < bytes, "{bytes} bytes are few");
        assert!(0 < long, "none is long");
    }
}
