//! How a Kingwo seal is heard. An answer it wants waits until its report is durable.

use segel_model::{DeviceId, ServerTime, Signal, order::SealCommand, report::ReportKind};

use super::{
    field,
    frame::{self, Frame, Next},
};
use crate::{
    limits::Limits,
    output::{self, NotSpoken},
    profile::Profile,
    read::bare,
    stream::{self, Language, NoFrame, Talk},
};

/// The language.
pub(crate) struct Kingwo {
    clock_ahead_min: i16,
}

/// What a report is owed: its own maker and code back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    maker: [u8; 2],
    code: [u8; 2],
}

impl Kingwo {
    /// A seal that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            clock_ahead_min: profile.clock_ahead_min.unwrap_or(0),
        }
    }
}

impl Language for Kingwo {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        if let [b'\r' | b'\n', ..] = bytes {
            return stream::Next::Nothing(1);
        }
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Whole(length) => stream::Next::Frame(length),
            Next::Garbage(length, what) => stream::Next::Garbage(length, what),
        }
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_beginning(bytes, from)
    }

    fn hear(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let frame = Frame::open(bytes).ok_or_else(|| NoFrame {
            bytes: frame::until_beginning(bytes, 1),
            what: "not_a_message",
        })?;
        let mut report = bare(DeviceId(frame.device.into()), kind(&frame), now);
        if report.kind == ReportKind::Heartbeat {
            report.signals.push(Signal::Heartbeat);
        }
        let reading = field::read(&frame, report, self.clock_ahead_min);
        if let Some(what) = reading.oddity {
            talk.oddity(what, bytes);
        }
        talk.report(reading.report, bytes, 0, owed(&frame));
        Ok(())
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _now: ServerTime) {
        if let output::Owed::Kingwo(Owed { maker, code }) = owed {
            talk.transmit(frame::answer(maker, code));
        }
    }

    fn assume(&mut self, profile: Profile) {
        *self = Self::new(profile);
    }

    fn speaks(&self, _order: &SealCommand) -> Result<(), NotSpoken> {
        Err(NO_COMMAND)
    }
}

const NO_COMMAND: NotSpoken = NotSpoken {
    why: "no command of this seal is published",
};

/// AH is a heartbeat, what begins with Y answers somebody.
fn kind(frame: &Frame<'_>) -> ReportKind {
    match frame.code {
        [b'A', b'H', ..] => ReportKind::Heartbeat,
        [b'Y', ..] => ReportKind::Answer,
        _ => ReportKind::Record,
    }
}

fn owed(frame: &Frame<'_>) -> output::Owed {
    if !frame.wants_answer {
        return output::Owed::Nothing;
    }
    output::Owed::Kingwo(Owed {
        maker: frame.maker,
        code: frame.code_letters(),
    })
}
