//! Reports on their way from their connections to the engine.

use std::net::SocketAddr;

use segel_model::Report;
use segel_model::report::Protocol;
use segel_store::SideRow;
use segel_wire::Profile;

/// What one or many connections heard, to be made durable together.
#[derive(Default)]
pub struct ReportBatch {
    /// Of each connection in the order of its bytes.
    pub reports: Vec<Heard>,
    /// Secrets the seals told, to be durable with them.
    pub side: Vec<SideRow>,
}

/// A report with the frame it was read from.
pub struct Heard {
    /// From whom it came.
    pub source: Source,
    /// What the seal said.
    pub report: Report,
    /// The whole frame, byte for byte as it came.
    pub raw: Vec<u8>,
}

/// One connection, as its reports name it.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Through which door it came.
    pub protocol: Protocol,
    /// Its number; not used twice while the process runs.
    pub connection: u64,
    /// The profile it is read with.
    pub profile: Profile,
    /// The other end.
    pub peer: SocketAddr,
}
