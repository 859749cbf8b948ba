//! One datagram over UDP: who speaks, records, and the answer they are owed.
//!
//! ```
//! use segel_model::ServerTime;
//! use segel_wire::teltonika::datagram::Datagram;
//!
//! let mut bytes = vec![0, 54, 0xCA, 0xFE, 1, 5, 0, 15];
//! bytes.extend(b"356307042441013");
//! bytes.extend([8, 1]); // Codec 8, one record: its time, the road of Semarang, nine satellites, no values.
//! bytes.extend([0, 0, 0x01, 0x9C, 0x22, 0xC3, 0x51, 0x40, 0]);
//! bytes.extend([0x41, 0xD1, 0x29, 0x90, 0xFB, 0xD8, 0xB2, 0x40, 0, 12, 0, 90, 9, 0, 37]);
//! bytes.extend([0, 0, 0, 0, 0, 0, 1]);
//! let now = ServerTime::from_unix_ms(1_770_111_020_000);
//! let Some(datagram) = Datagram::read(&bytes, now) else { panic!("that is one") };
//! assert_eq!(datagram.reports.len(), 1);
//! assert_eq!(datagram.answer, [0, 5, 0xCA, 0xFE, 1, 5, 1]); // To be sent once the report is durable.
//! ```

use alloc::vec::Vec;

use segel_model::{DeviceId, Report, ServerTime};

use super::{
    frame::{self, Next, udp},
    record::{self, Said},
};
use crate::{limits::FRAME_BYTES, read::words};

/// What a datagram says.
#[derive(Debug, Clone, PartialEq)]
pub struct Datagram {
    /// What the unit said, a report a record. The whole datagram is the raw frame of each.
    pub reports: Vec<Report>,
    /// What is odd in it, by stable names.
    pub oddities: Vec<&'static str>,
    /// What to send back once all of the reports are durable.
    pub answer: [u8; 7],
}

impl Datagram {
    /// Reads a datagram; gives nothing where it is none.
    pub fn read(bytes: &[u8], received: ServerTime) -> Option<Self> {
        match frame::next(bytes, FRAME_BYTES as usize) {
            Next::Datagram(length) if length == bytes.len() => {}
            _ => return None,
        }
        let body = body(bytes)?;
        let Said { reports, oddities } = read(body, &device(bytes), received);
        Some(Self {
            reports,
            oddities,
            answer: answer(
                frame::number(bytes, udp::PACKET),
                bytes[udp::AVL_PACKET],
                frame::count(body),
            ),
        })
    }
}

/// What the records of a datagram say, or a bare report.
pub(crate) fn read(body: &[u8], device: &DeviceId, received: ServerTime) -> Said {
    record::reports(body, device, received).or_bare(device, received)
}

/// Codecs, "UDP channel": the number of the datagram, that of the packet, and how many records arrived.
pub(crate) const fn answer(packet: u16, avl_packet: u8, count: u8) -> [u8; 7] {
    let [high, low] = packet.to_be_bytes();
    [0, 5, high, low, 1, avl_packet, count]
}

/// Who speaks.
pub(crate) fn device(datagram: &[u8]) -> DeviceId {
    let digits = datagram.get(udp::IMEI..body_at(datagram)).unwrap_or_default();
    DeviceId(words(digits))
}

/// What follows the IMEI.
pub(crate) fn body(datagram: &[u8]) -> Option<&[u8]> {
    datagram.get(body_at(datagram)..)
}

fn body_at(datagram: &[u8]) -> usize {
    udp::IMEI + usize::from(frame::number(datagram, udp::IMEI_LENGTH))
}
