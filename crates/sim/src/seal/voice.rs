//! The seam between a seal's life and its language. The life is one: it keeps what is not acknowledged, loses its network,
//! is locked and opened. A voice says that in a maker's own bytes, and understands what the server answers and orders.

use super::moment::{Happening, Moment};

/// By what an acknowledgement names what it acknowledges: a number, a sort of message, or both, as the language has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub u32);

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    /// How its acknowledgement will name it; nothing where the server never acknowledges such words.
    pub mark: Option<Mark>,
}

impl Said {
    /// Words that are acknowledged under a mark.
    pub fn marked(bytes: Vec<u8>, mark: u32) -> Self {
        Self {
            bytes,
            mark: Some(Mark(mark)),
        }
    }

    /// Words that nobody acknowledges.
    pub fn unmarked(bytes: Vec<u8>) -> Self {
        Self { bytes, mark: None }
    }
}

/// Something heard from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It has taken what was said under this mark.
    Acknowledged(Mark),
    /// The log-in is over: now it may report.
    Welcome,
    /// The language itself has this answer, whatever the seal thinks of it.
    Reply(Vec<u8>),
    /// It wants something done. The answer repeats some of its words.
    Order(Order, Asked),
    /// Nothing that concerns a seal.
    Nothing,
}

/// What of an order its answer repeats, in the language's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked(pub Vec<u8>);

/// What a server orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Open.
    Open {
        /// With this password, where the language has a place for it.
        password: Option<String>,
        /// Whether it is the one-time password.
        one_time: bool,
    },
    /// Have one-time passwords, or no more.
    OneTimePasswords {
        /// On or off.
        on: bool,
    },
    /// Know these cards, or no more.
    Cards {
        /// Which.
        cards: Vec<u32>,
        /// Whether they are let in.
        add: bool,
    },
    /// Have another fixed password.
    Password {
        /// The new one.
        new: String,
        /// The one in force, where it must be told.
        old: Option<String>,
    },
    /// Report every so many seconds while awake.
    Interval {
        /// How many.
        seconds: u64,
    },
    /// Never sleep, or sleep again.
    StayAwake {
        /// On or off.
        on: bool,
    },
    /// Anything else that it does and confirms.
    Setting,
}

/// A language, with one seal's name and the numbers it has used.
pub trait Voice: std::fmt::Debug + Send {
    /// What it calls itself.
    fn device(&self) -> &str;

    /// The first words of a new connection, where nothing else may be said before the server has let it in.
    fn greet(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Where it is and how it fares.
    fn record(&mut self, moment: &Moment) -> Said;

    /// What happened; nothing where the language has no word for it.
    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said>;

    /// A sign of life, where it says something that no record does.
    fn heartbeat(&mut self, _moment: &Moment) -> Option<Said> {
        None
    }

    /// What was said before, as it is sent again.
    fn again(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    /// Whether an order was carried out.
    fn answer(&mut self, moment: &Moment, order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>>;

    /// Tells the server its new one-time password.
    fn announce_password(&mut self, _password: &str) -> Option<Vec<u8>> {
        None
    }

    /// Takes what the server said off the front of what was heard; nothing where its end has not come.
    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard>;

    /// A record in a form that the server acknowledges one by one: what a load of this language counts.
    fn counted(&mut self, moment: &Moment) -> Said {
        self.record(moment)
    }

    /// How much may be said before an acknowledgement must come.
    fn in_flight_max(&self) -> usize {
        usize::MAX
    }
}
