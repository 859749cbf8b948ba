//! A stream of objects: how it is cut, and what it is answered.

use segel_model::{ServerTime, order::SealCommand};

use super::{Read, frame};
use crate::{
    limits::Limits,
    output::{self, NotSpoken},
    stream::{Language, Next, NoFrame, Talk},
};

/// What a platform that wants to know is told once its object is durable (handbook of protocols, section 9).
const ANSWER: &[u8] = b"{01}";

/// The language of one connection.
pub(crate) struct Objects {
    read: Read,
}

impl Objects {
    /// A connection whose objects are read so.
    pub(crate) const fn new(read: Read) -> Self {
        Self { read }
    }
}

impl Language for Objects {
    fn next(&self, bytes: &[u8], limits: &Limits) -> Next {
        frame::next(bytes, limits.request_bytes as usize)
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::beginning(bytes, from)
    }

    fn hear(&mut self, object: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let said = (self.read)(object, now).map_err(|unread| NoFrame {
            bytes: object.len(),
            what: unread.what,
        })?;
        if let Some(what) = said.oddity {
            talk.oddity(what, object);
        }
        let mut left = said.reports.len();
        for (part, report) in (0..).zip(said.reports) {
            left -= 1;
            let owed = if left == 0 && said.wants_answer {
                output::Owed::Objects
            } else {
                output::Owed::Nothing
            };
            // A platform speaks for all its seals on one connection, which is nothing odd.
            talk.device.get_or_insert_with(|| report.device.clone());
            talk.report_of_another(report, object, part, owed);
        }
        Ok(())
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _now: ServerTime) {
        if owed == output::Owed::Objects {
            talk.transmit(ANSWER.to_vec());
        }
    }

    fn speaks(&self, _order: &SealCommand) -> Result<(), NotSpoken> {
        Err(NotSpoken {
            why: super::NO_ORDERS,
        })
    }
}
