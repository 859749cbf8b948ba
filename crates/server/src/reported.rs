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
    /// The other end; nothing where there is no connection of the seal's.
    pub peer: Option<SocketAddr>,
}

/// How the remark beside a stored report begins that came through another device; its name follows.
const THROUGH: &str = "through ";

/// The remark beside a stored report.
pub fn note(report: &Report) -> String {
    report
        .through()
        .map_or_else(String::new, |device| format!("{THROUGH}{device}"))
}

/// Through which device a stored report came, as the remark beside it says.
pub fn through(note: &str) -> Option<&str> {
    note.strip_prefix(THROUGH)
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
