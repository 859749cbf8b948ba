//! A message that comes in pieces, one to a frame, in any order.
//!
//! Each piece is kept at once as a bare report, so nothing is lost where the others never come. Once all are there, the whole
//! is read, and only that is answered: a device that waits for its answer sends everything again. Pieces that are missing are
//! asked for a few times.

use alloc::{boxed::Box, vec, vec::Vec};

use segel_model::ServerTime;

use super::{
    command::send_again,
    frame::Frame,
    header::{Header, Piece},
};

/// The most pieces that are put together: 8 KiB, a batch of a day in a blind area. Of longer messages, such as photos, each
/// piece is kept and answered by itself.
pub(crate) const PIECES: u16 = 8;
/// How long to wait for the next piece before asking: a few times the way there and back in a slow network.
const WAIT_S: i64 = 10;
/// How often to ask for what is missing.
const ASKS: u8 = 3;

/// The message that is not whole yet; no memory where there is none.
#[derive(Default)]
pub(crate) struct Pieces(Option<Box<Message>>);

struct Message {
    /// To whom to answer.
    to: u8,
    /// Which message.
    id: u16,
    /// Number of the first piece; the others count on from it, or have the same.
    first_serial: u16,
    /// Whether a piece after the first had its number.
    one_serial: bool,
    of_2019: bool,
    frames: Vec<Option<Vec<u8>>>,
    asked: u8,
    due: ServerTime,
}

/// What became of a piece.
pub(crate) enum Taken {
    /// Others are missing.
    Kept,
    /// It is not put together with others.
    Alone,
    /// It was the last one.
    Whole(Whole),
}

/// A message whose pieces are all there.
pub(crate) struct Whole {
    /// Head of the first piece.
    pub(crate) header: Header,
    pub(crate) body: Vec<u8>,
    /// The frames, in their order.
    pub(crate) raw: Vec<u8>,
    pub(crate) pieces: u8,
    /// How many numbers they had.
    pub(crate) serials: u8,
}

/// What is to be done about a message that is not whole.
pub(crate) enum Due {
    /// Ask for what is missing: to whom, and with which body.
    Ask(u8, Vec<u8>),
    /// It never will be: one of its frames, to be counted.
    Over(Vec<u8>),
}

impl Pieces {
    /// Takes a piece. The second value is a frame of another message that was given up for it.
    pub(crate) fn take(
        &mut self,
        to: u8,
        header: &Header,
        piece: Piece,
        (raw, now): (&[u8], ServerTime),
    ) -> (Taken, Option<Vec<u8>>) {
        let Piece { total, index } = piece;
        if !(1..=PIECES).contains(&total) || !(1..=total).contains(&index) {
            return (Taken::Alone, None);
        }
        let first_serial = header.serial.wrapping_sub(index - 1);
        let before = self.0.take();
        let (same, other) = match before {
            Some(message) if message.holds(to, header, total, first_serial) => (Some(message), None),
            other => (None, other),
        };
        let fresh = || Message {
            to,
            id: header.message,
            first_serial,
            one_serial: false,
            of_2019: header.is_of_2019(),
            frames: vec![None; total.into()],
            asked: 0,
            due: now,
        };
        let mut message = same.unwrap_or_else(|| Box::new(fresh()));
        message.one_serial |= message.first_serial != first_serial;
        message.frames[usize::from(index - 1)] = Some(raw.to_vec());
        message.due = now.plus_s(WAIT_S);
        let taken = match message.whole() {
            Some(whole) => Taken::Whole(whole),
            None => {
                self.0 = Some(message);
                Taken::Kept
            }
        };
        (taken, other.and_then(|message| message.into_first()))
    }

    /// What is due by now, if something is.
    pub(crate) fn due(&mut self, now: ServerTime) -> Option<Due> {
        let message = self.0.as_mut().filter(|message| message.due <= now)?;
        if message.asked < ASKS {
            message.asked += 1;
            message.due = now.plus_s(WAIT_S);
            return Some(Due::Ask(message.to, message.missing()));
        }
        self.0.take()?.into_first().map(Due::Over)
    }

    pub(crate) fn next_deadline(&self) -> Option<ServerTime> {
        self.0.as_ref().map(|message| message.due)
    }
}

impl Message {
    /// Whether a piece is of this message.
    fn holds(&self, to: u8, header: &Header, total: u16, first_serial: u16) -> bool {
        let counts_on = self.first_serial == first_serial;
        let repeats = self.first_serial == header.serial;
        (self.to, self.id, self.frames.len()) == (to, header.message, total.into()) && (counts_on || repeats)
    }

    fn missing(&self) -> Vec<u8> {
        let places = (1..).zip(&self.frames);
        let missing: Vec<u16> = places
            .filter(|(_, frame)| frame.is_none())
            .map(|(place, _)| place)
            .collect();
        send_again(self.first_serial, &missing, self.of_2019)
    }

    fn whole(&self) -> Option<Whole> {
        let frames: Vec<&[u8]> = self.frames.iter().map(Option::as_deref).collect::<Option<_>>()?;
        let opened: Vec<Frame> = frames.iter().map(|raw| Frame::open(raw)).collect::<Option<_>>()?;
        let pieces = frames.len() as u8;
        Some(Whole {
            header: opened.first()?.header,
            body: opened
                .iter()
                .flat_map(|frame| frame.body.iter().copied())
                .collect(),
            raw: frames.concat(),
            pieces,
            serials: if self.one_serial { 1 } else { pieces },
        })
    }

    fn into_first(self) -> Option<Vec<u8>> {
        self.frames.into_iter().flatten().next()
    }
}
