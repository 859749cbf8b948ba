//! Pages and single messages as if they came over a stream: for reading stored messages again, and for `segel decode`.
//! Nothing is answered, because nobody listens.

use segel_model::{ServerTime, order::SealCommand};

use super::{
    PAGE_BYTES,
    message::{self, Message},
    page::{self, Page},
};
use crate::{
    limits::Limits,
    objects::frame,
    output::{NotSpoken, Owed},
    stream::{Language, Next, NoFrame, Talk},
};

/// The language; it remembers nothing.
#[derive(Default)]
pub(crate) struct Orbcomm;

impl Language for Orbcomm {
    fn next(&self, bytes: &[u8], _limits: &Limits) -> Next {
        frame::next(bytes, PAGE_BYTES)
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::beginning(bytes, from)
    }

    fn hear(&mut self, frame: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let no_json = || NoFrame {
            bytes: frame.len(),
            what: "no_such_json",
        };
        if !page::is_page(frame) {
            let text = core::str::from_utf8(frame).map_err(|_| no_json())?;
            if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                return Err(no_json());
            }
            tell(message::read(text, now), talk);
            return Ok(());
        }
        let page = Page::read(frame, now).map_err(|what| NoFrame {
            bytes: frame.len(),
            what,
        })?;
        if page.error != 0 {
            talk.oddity("gateway_error", frame);
        }
        page.messages.into_iter().for_each(|message| tell(message, talk));
        Ok(())
    }

    fn acknowledge(&mut self, _owed: Owed, _talk: &mut Talk, _now: ServerTime) {}

    fn speaks(&self, _command: &SealCommand) -> Result<(), NotSpoken> {
        Err(NO_ORDERS)
    }
}

/// What a terminal can be told is written in messages of its maker's own, of which none is public.
pub const NO_ORDERS: NotSpoken = NotSpoken {
    why: "no orders are known for a terminal of Orbcomm's",
};

/// Each message names its own terminal.
fn tell(message: Message, talk: &mut Talk) {
    let Message {
        report, oddity, raw, ..
    } = message;
    if let Some(what) = oddity {
        talk.oddity(what, raw.as_bytes());
    }
    if let Some(report) = report {
        talk.report_of_another(report, raw.as_bytes(), 0, Owed::Nothing);
    }
}
