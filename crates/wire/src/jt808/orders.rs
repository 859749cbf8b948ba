//! Which answer ends which order: it names the number and the kind of the message it answers.

use alloc::format;

use segel_model::order::Outcome;

use super::command::{Command, id};
use crate::orders;

/// An answer of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Number of the message it answers; nothing where it does not say.
    pub(crate) serial: Option<u16>,
    /// Which message that was.
    pub(crate) to: u16,
    /// How that went: 0 well, 1 failed, 2 not understood, 3 not known.
    pub(crate) result: u8,
}

impl Reply {
    /// An answer that by coming says that all is well.
    pub(crate) const fn to(to: u16, serial: Option<u16>) -> Self {
        Self {
            serial,
            to,
            result: 0,
        }
    }
}

/// The answer that ends an order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) message: u16,
    pub(crate) serial: u16,
    /// What is said once the device has told its address; nothing where that is done.
    pub(crate) unaddressed: Option<Command>,
}

impl Wanted {
    /// How the order ended, where this answer ends it.
    pub(crate) fn ended_by(&self, reply: Reply) -> Option<Outcome> {
        let own = reply.serial.is_none_or(|serial| serial == self.serial) && self.asked() == asked(reply.to);
        own.then(|| match reply.result {
            0 => Outcome::Done,
            result => Outcome::Refused {
                answer: format!("0001,{:04x},{result}", reply.to),
            },
        })
    }

    const fn asked(&self) -> u16 {
        asked(self.message)
    }
}

/// All parameters or some: the answer is the same.
const fn asked(message: u16) -> u16 {
    match message {
        id::ASK_SOME_PARAMETERS => id::ASK_PARAMETERS,
        other => other,
    }
}

impl orders::Wanted for Wanted {
    /// Two of a kind go one after the other, so that an opening and what came of it stand side by side.
    fn is_same_kind(&self, other: &Self) -> bool {
        self.message == other.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_the_order_of_its_number_and_kind() {
        let wanted = Wanted {
            message: id::CONTROL_VEHICLE,
            serial: 7,
            unaddressed: None,
        };
        let reply = |to, serial, result| {
            wanted.ended_by(Reply {
                serial: Some(serial),
                to,
                result,
            })
        };
        assert_eq!(reply(id::CONTROL_VEHICLE, 7, 0), Some(Outcome::Done));
        assert_eq!(
            reply(id::CONTROL_VEHICLE, 7, 3),
            Some(Outcome::Refused {
                answer: "0001,8500,3".into()
            })
        );
        assert_eq!(reply(id::CONTROL_VEHICLE, 8, 0), None);
        assert_eq!(reply(id::ASK_POSITION, 7, 0), None);
        let some = Wanted {
            message: id::ASK_SOME_PARAMETERS,
            serial: 7,
            unaddressed: None,
        };
        assert_eq!(
            some.ended_by(Reply::to(id::ASK_PARAMETERS, Some(7))),
            Some(Outcome::Done)
        );
    }
}
