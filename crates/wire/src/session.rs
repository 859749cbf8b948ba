//! One connection, whatever its protocol.

use alloc::vec::Vec;

use segel_model::{DeviceId, OrderId, ServerTime, order::SealCommand, report::Protocol};

use crate::{
    jointech,
    limits::{Limits, Profile},
    osmand,
    output::{AckToken, NotSpoken, Output, Owed},
};

/// One connection of one seal. Mutate it, then [`poll`](Self::poll) until nothing comes.
pub struct Session {
    talk: Talk,
}

enum Talk {
    Jointech(jointech::Session),
    Osmand(osmand::Session),
}

impl Session {
    /// A connection that has just been accepted.
    pub fn new(protocol: Protocol, profile: Profile, limits: Limits) -> Self {
        let talk = match protocol {
            Protocol::Jointech => Talk::Jointech(jointech::Session::new(profile, limits)),
            Protocol::Osmand => Talk::Osmand(osmand::Session::new(limits)),
        };
        Self { talk }
    }

    /// The seal is known by now: its registered profile holds until its frames say otherwise.
    pub fn assume(&mut self, profile: Profile) {
        match &mut self.talk {
            Talk::Jointech(session) => session.assume(profile),
            Talk::Osmand(_) => {}
        }
    }

    /// Bytes have come. Any bytes will do.
    pub fn receive(&mut self, now: ServerTime, bytes: &[u8]) {
        match &mut self.talk {
            Talk::Jointech(session) => session.receive(now, bytes),
            Talk::Osmand(session) => session.receive(now, bytes),
        }
    }

    /// Time has passed: gives up frames that were never finished and orders that were never answered.
    pub fn tick(&mut self, now: ServerTime) {
        match &mut self.talk {
            Talk::Jointech(session) => session.tick(now),
            Talk::Osmand(session) => session.tick(now),
        }
    }

    /// When [`tick`](Self::tick) next has something to do.
    pub fn next_deadline(&self) -> Option<ServerTime> {
        match &self.talk {
            Talk::Jointech(session) => session.next_deadline(),
            Talk::Osmand(session) => session.next_deadline(),
        }
    }

    /// The next thing that leaves.
    pub fn poll(&mut self) -> Option<Output> {
        match &mut self.talk {
            Talk::Jointech(session) => session.poll(),
            Talk::Osmand(session) => session.poll(),
        }
    }

    /// The report of this token is durable: sends the answer the protocol owes, each once.
    pub fn acknowledge(&mut self, token: AckToken, now: ServerTime) {
        match (&mut self.talk, token.0) {
            (Talk::Jointech(session), Owed::Jointech(owed)) => session.acknowledge(owed, now),
            (Talk::Osmand(session), Owed::Osmand) => session.acknowledge(now),
            // A token of another protocol is of another connection; nothing is owed here.
            (_, Owed::Nothing) | (Talk::Osmand(_), Owed::Jointech(_)) | (Talk::Jointech(_), Owed::Osmand) => {
            }
        }
    }

    /// Whether an order would go out at once, or be refused at once. What waits in a session asks nobody again, so an opening is
    /// sent only where this is so.
    pub fn takes(&self, command: &SealCommand, now: ServerTime) -> bool {
        match &self.talk {
            Talk::Jointech(session) => session.takes(command, now),
            Talk::Osmand(_) => true,
        }
    }

    /// Sends an order, or keeps it until the seal has said who it is. The outcome comes as [`Output::Answered`].
    pub fn send(&mut self, id: OrderId, command: &SealCommand, now: ServerTime) -> Result<(), NotSpoken> {
        match &mut self.talk {
            Talk::Jointech(session) => session.send(id, command, now),
            Talk::Osmand(_) => Err(NotSpoken {
                why: "a phone takes no orders",
            }),
        }
    }

    /// Takes back an order that still waits (its grant has ended). False where it has gone out or is unknown.
    pub fn withdraw(&mut self, id: OrderId) -> bool {
        match &mut self.talk {
            Talk::Jointech(session) => session.withdraw(id),
            Talk::Osmand(_) => false,
        }
    }

    /// Orders without an outcome and whether each has gone out: what to settle when the connection ends.
    pub fn pending_orders(&self) -> Vec<(OrderId, bool)> {
        match &self.talk {
            Talk::Jointech(session) => session.pending_orders(),
            Talk::Osmand(_) => Vec::new(),
        }
    }

    /// Who speaks, once its first frame has said so.
    pub fn device(&self) -> Option<&DeviceId> {
        match &self.talk {
            Talk::Jointech(session) => session.device(),
            Talk::Osmand(session) => session.device(),
        }
    }
}
