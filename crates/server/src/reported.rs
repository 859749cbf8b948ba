//! Reports on their way from their connections to the engine.

use std::net::SocketAddr;

use segel_model::Report;
use segel_model::report::Protocol;
use segel_store::SideRow;

use crate::profiles::Reading;

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
    /// How it is read, by which profile.
    pub profile: Reading,
    /// The other end.
    pub peer: SocketAddr,
}

impl Heard {
    /// Reads its frame anew, now that it is known as what the seal was registered; the report is one `part` of the frame.
    pub fn read_as(&mut self, profile: Reading, part: u16) {
        self.source.profile = profile;
        let Report { device, received, .. } = &self.report;
        let again = profile.read(device, self.source.protocol, *received, &self.raw);
        if let Some(report) = again.reports.into_iter().nth(part.into()) {
            self.report = report;
        }
    }
}
