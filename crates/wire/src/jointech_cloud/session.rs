//! Stored messages, and captures of them, read again. Who may send them and what they are answered live is not the seal's
//! language but MQTT's, and stands where the connections are.

use segel_model::{ServerTime, order::SealCommand};

use super::{message, topic::Topic};
use crate::{
    limits::Limits,
    mqtt::{
        frame::{self, Next},
        packet::{Packet, Publish, puback},
    },
    output::{self, NotSpoken},
    profile::Profile,
    stream::{self, Language, NoFrame, Talk},
};

/// The language.
pub(crate) struct JointechCloud {
    profile: Profile,
    /// Behind rubbish the next packet is looked for by its first message, wherever the stream was cut.
    lost: bool,
}

/// What a message is owed: its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed(u16);

/// Why an order for such a seal goes nowhere.
pub const NO_ORDERS: NotSpoken = NotSpoken {
    why: "this seal speaks to its maker's cloud, which takes no orders from here: give it there",
};

impl Language for JointechCloud {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        let before = if self.lost {
            frame::until_message(bytes, 0)
        } else {
            0
        };
        if 0 < before {
            return stream::Next::Garbage(before, "garbage");
        }
        match frame::next(bytes, limits.request_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Packet(length) => stream::Next::Frame(length),
            Next::Malformed(what) => stream::Next::Garbage(frame::until_message(bytes, 1), what),
        }
    }

    fn lost(&mut self) {
        self.lost = true;
    }

    fn may_end(&self, bytes: &[u8], _from: usize) -> bool {
        !matches!(frame::head(bytes), Ok(Some((_, whole))) if bytes.len() < whole)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_message(bytes, from)
    }

    fn hear(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        self.lost = false;
        match Packet::read(bytes) {
            Ok(Packet::Publish(message)) => {
                self.hear_message(&message, bytes, talk, now);
                Ok(())
            }
            // Whoever reads a capture meets them; they say nothing of a seal.
            Ok(_) => Ok(()),
            Err(what) => Err(NoFrame {
                bytes: bytes.len(),
                what,
            }),
        }
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _: ServerTime) {
        if let output::Owed::JointechCloud(Owed(id)) = owed {
            talk.transmit(puback(id).into());
        }
    }

    fn assume(&mut self, profile: Profile) {
        self.profile = profile;
    }

    fn speaks(&self, _: &SealCommand) -> Result<(), NotSpoken> {
        Err(NO_ORDERS)
    }
}

impl JointechCloud {
    /// Nothing has been said yet.
    pub(crate) const fn new(profile: Profile) -> Self {
        Self { profile, lost: false }
    }

    /// Many devices speak through one connection, which is nothing odd.
    fn hear_message(&self, message: &Publish<'_>, bytes: &[u8], talk: &mut Talk, now: ServerTime) {
        let Some(topic) = Topic::read(message.topic) else {
            return talk.oddity("unknown_topic", bytes);
        };
        let ahead_min = self.profile.clock_ahead_min.unwrap_or_default();
        let said = message::read(&topic, message.payload, ahead_min, now);
        for what in said.oddities {
            talk.oddity(what, bytes);
        }
        talk.device.get_or_insert(topic.device);
        let answer = message
            .id
            .map_or(output::Owed::Nothing, |id| output::Owed::JointechCloud(Owed(id)));
        let last = said.reports.len().saturating_sub(1);
        for (at, report) in said.reports.into_iter().enumerate() {
            let owed = if at == last { answer } else { output::Owed::Nothing };
            talk.report_of_another(report, bytes, at as u16, owed);
        }
    }
}
