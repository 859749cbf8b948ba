//! Reports on their way from a connection to the engine.

use std::net::SocketAddr;

use segel_model::Report;
use segel_model::report::Protocol;
use segel_store::SideRow;

/// What one reading of one socket gave.
pub struct ReportBatch {
    /// Through which door it came.
    pub protocol: Protocol,
    /// On which connection; a number is not used twice while the process runs.
    pub connection: u64,
    /// The profile it was read with.
    pub profile: &'static str,
    /// The other end.
    pub peer: SocketAddr,
    /// At least one, in the order of the bytes.
    pub reports: Vec<Heard>,
    /// Secrets the seal told, to be durable with them.
    pub side: Vec<SideRow>,
}

/// A report with the frame it was read from.
pub struct Heard {
    /// What the seal said.
    pub report: Report,
    /// The whole frame, byte for byte as it came.
    pub raw: Vec<u8>,
    /// Which report of the frame this is, from 0.
    pub part: u16,
}
