//! Everything that can move the state. There is no other way in.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::order::Outcome;
use crate::report::{Oddity, Protocol, Report};
use crate::skp::Delivery;
use crate::{
    Command, DeviceId, EventTime, GrantId, MessageId, Observed, OrderId, Principal, RecordedTime, SealId,
    ServerTime, TripId,
};

/// Something that happened to Segel.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A seal said something. In an entry only its place in the staged reports is kept (see `Entry::report`).
    Report(ReportInput),
    /// A person asks.
    Command(CommandInput),
    /// Time passed and a limit is due.
    Tick,
    /// An order went out to the seal.
    OrderSent {
        /// Which.
        order: OrderId,
    },
    /// An order ended.
    OrderEnded {
        /// Which.
        order: OrderId,
        /// How.
        outcome: Outcome,
    },
    /// An opening order is about to be sent: is its grant live, against the report that woke the seal?
    CheckOpening {
        /// Which order.
        order: OrderId,
        /// Its grant.
        grant: GrantId,
    },
    /// A message to SKP was answered, or waits too long.
    Skp {
        /// Which.
        message: MessageId,
        /// How.
        delivery: Delivery,
    },
    /// Two connections speak as one seal, or the identity does not fit.
    IdentityDoubt {
        /// Which seal.
        seal: SealId,
        /// What was seen.
        why: String,
    },
    /// Reports older than the window at hand, with their neighbours from history.
    Revisit {
        /// Which trip.
        trip: TripId,
        /// All that history holds around them, by event time.
        neighbours: Vec<Observed>,
        /// There were more than may be handed in: what happened from this moment on is missing.
        #[serde(default)]
        cut_at: Option<EventTime>,
    },
    /// Segel starts; it did not listen between these.
    Started {
        /// When it last listened; nothing at the first start.
        last_listened: Option<ServerTime>,
    },
    /// Segel stops in good order.
    Stopping,
    /// The wall clock was stepped.
    ClockStepped {
        /// Forward positive.
        by_ms: i64,
    },
    /// Staged reports became sealed blocks of history.
    HistorySealed {
        /// First commit in them.
        from_commit: u64,
        /// Last commit in them.
        until_commit: u64,
        /// Chain over the staged batches, then the hash of each block, in hexadecimal.
        hashes: Vec<String>,
    },
    /// Raw bytes of a device that spoke nonsense, counted.
    Oddities {
        /// The language of the door.
        protocol: Protocol,
        /// Who, where known.
        device: Option<DeviceId>,
        /// What.
        oddities: Vec<Oddity>,
    },
}

/// A report with how it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportInput {
    /// Through which door.
    pub protocol: Protocol,
    /// On which connection; a number is not used twice while the process runs. Frames without a clock are repeats only
    /// within one connection.
    pub connection: u64,
    /// The report.
    pub report: Report,
}

/// A command with who asks and when their phone thinks it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandInput {
    /// Who asks.
    pub principal: Principal,
    /// When the phone recorded it, for work done off line.
    pub recorded: Option<RecordedTime>,
    /// The phone's clock less ours, measured when it was sent.
    pub recorded_offset_ms: i64,
    /// What is asked.
    pub command: Command,
}
