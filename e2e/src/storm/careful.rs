//! A seal that keeps each frame that was acknowledged to it, and looks for them in a folder at rest.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use segel_geo::Position;
use segel_model::{DeviceId, EventTime, SealId};
use segel_sim::seal::jointech::JointechSeal;
use segel_store::{Reader, ReportQuery};

use super::crowd::{await_serials, moment};

/// Where it stands.
const PLACE: Position = Position {
    lat: -6.95,
    lon: 110.42,
};

/// A stranger's seal with a good memory.
pub struct Careful {
    device: u64,
    seal: JointechSeal,
    acknowledged: Vec<Vec<u8>>,
}

impl Careful {
    /// The seal of that device.
    pub fn new(device: u64) -> Self {
        Self {
            device,
            seal: JointechSeal::new(device),
            acknowledged: Vec::new(),
        }
    }

    /// Reports, each time until it is acknowledged, until its line breaks. `told` counts the acknowledgements as they come.
    pub fn report_until_hung_up(&mut self, server: SocketAddr, told: &AtomicUsize) -> usize {
        // How its line ends is not its affair; what was acknowledged before is.
        let _hung_up = self.report(server, told);
        self.acknowledged.len()
    }

    fn report(&mut self, server: SocketAddr, told: &AtomicUsize) -> Result<()> {
        let mut line = TcpStream::connect(server)?;
        for number in 0.. {
            let mut moment = moment(PLACE, jiff::Timestamp::now().as_second(), false);
            moment.mileage_km = number;
            let (frame, serial) = self.seal.record(&moment);
            line.write_all(&frame)?;
            await_serials(&mut line, &mut vec![serial])?;
            self.acknowledged.push(frame);
            told.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Remembers an acknowledgement that never was, to show that it would be missed.
    pub fn claim(&mut self) {
        let moment = moment(PLACE, 0, true);
        self.acknowledged.push(self.seal.record(&moment).0);
    }

    /// Acknowledged frames that are not in the folder.
    pub fn missing(&self, reader: &Reader) -> Result<usize> {
        let always = (EventTime::from_unix_ms(0), EventTime::from_unix_ms(i64::MAX));
        let mut query = ReportQuery {
            seal: None,
            device: Some(DeviceId(self.device.to_string())),
            ..ReportQuery::of(SealId(0), always.0, always.1)
        };
        let mut stored = BTreeSet::new();
        loop {
            let page = reader.reports(&query)?;
            stored.extend(page.reports.into_iter().map(|report| report.staged.raw));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        Ok(self
            .acknowledged
            .iter()
            .filter(|frame| !stored.contains(*frame))
            .count())
    }
}
