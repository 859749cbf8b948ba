//! The binary form: `+RSP`, `+EVT`, `+INF`, `+HBD` and their kin.
//!
//! Which fields a message has depends on a mask in it and on the model, and few of those tables are public. What all have alike is
//! read: sender, send time, number, and places, which are found by their shape as in text. Everything else stays in the raw bytes;
//! units should be set to speak text.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use segel_geo::Position;
use segel_model::{
    DeviceId, DeviceTime, Report, ServerTime, Signal,
    report::{Cell, Extra, Fix, FixSource, ReportKind},
};

use super::{
    report::{Heard, level, put, put_text},
    tail::put_motion,
};
use crate::{
    calendar::Clock,
    read::{bare, digits, u16_at, u32_at},
};

/// Where things lie in every message but the newest form.
mod field {
    use core::ops::Range;

    pub const HEAD: Range<usize> = 0..4;
    pub const TYPE: usize = 4;
    pub const DEVICE_LETTERS: usize = 8;
    /// The checksum begins behind the head.
    pub const CHECKED_FROM: usize = 4;
    /// Checksum and end of line.
    pub const END: usize = 4;
    pub const COUNT: usize = 2;
    pub const SEND_TIME: usize = 7;
    pub const SHORTEST: usize = 30;
}

/// Where things lie in a place, counted from its accuracy.
mod place {
    pub const ACCURACY: usize = 0;
    /// Two bytes of kilometres an hour and one of tenths.
    pub const SPEED: usize = 1;
    pub const AZIMUTH: usize = 4;
    pub const ALTITUDE: usize = 6;
    pub const LONGITUDE: usize = 8;
    pub const LATITUDE: usize = 12;
    pub const TIME: usize = 16;
    pub const MCC: usize = 23;
    pub const MNC: usize = 25;
    pub const LAC: usize = 27;
    pub const CID: usize = 29;
    pub const LENGTH: usize = 32;
}

/// What a kind of message has by the bits of its mask (manual of the GV200, AT+GTHRM).
struct Shape {
    head: &'static [u8],
    kind: ReportKind,
    mask: Range<usize>,
    /// What stands between mask and sender: a bit, and how many bytes it brings.
    before_device: &'static [(u8, usize)],
    /// The sender is its own name, not its IMEI.
    named: u8,
    sent: u8,
    counted: u8,
}

const fn located(head: &'static [u8], kind: ReportKind) -> Shape {
    Shape {
        head,
        kind,
        mask: 5..9,
        // Length, device type, protocol version, firmware version.
        before_device: &[(7, 2), (8, 1), (9, 2), (10, 2)],
        named: 6,
        sent: 4,
        counted: 5,
    }
}

const fn short(head: &'static [u8], kind: ReportKind, mask: Range<usize>) -> Shape {
    Shape {
        head,
        kind,
        mask,
        before_device: &[(0, 1), (1, 1), (2, 2), (3, 2)],
        named: 4,
        sent: 5,
        counted: 6,
    }
}

const fn informing(head: &'static [u8]) -> Shape {
    Shape {
        head,
        kind: ReportKind::Record,
        mask: 5..7,
        before_device: &[(0, 2)],
        named: 1,
        sent: 5,
        counted: 6,
    }
}

/// Kinds whose table is not public: only a real log-in was seen.
const fn logging(head: &'static [u8]) -> Shape {
    Shape {
        head,
        kind: ReportKind::Record,
        mask: 4..6,
        before_device: &[(0, 9)],
        named: NEVER,
        sent: 5,
        counted: 6,
    }
}

/// A bit that no mask has.
const NEVER: u8 = 63;
/// Speed, azimuth, altitude and cell: without one of them a place has another shape.
const WHOLE_PLACE: u64 = 0xF;

const SHAPES: [Shape; 11] = [
    located(b"+RSP", ReportKind::Record),
    located(b"+BSP", ReportKind::Record),
    located(b"+EVT", ReportKind::Happening),
    located(b"+BVT", ReportKind::Happening),
    short(b"+ACK", ReportKind::Answer, 5..6),
    short(b"+HBD", ReportKind::Heartbeat, 4..5),
    informing(b"+INF"),
    informing(b"+BNF"),
    logging(b"+CRD"),
    logging(b"+BRD"),
    logging(b"+LGN"),
];

impl Shape {
    fn of(bytes: &[u8]) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| bytes.starts_with(shape.head))
    }

    fn mask(&self, bytes: &[u8]) -> u64 {
        let mask = bytes.get(self.mask.clone()).unwrap_or_default();
        mask.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
    }

    fn has(&self, bytes: &[u8], bit: u8) -> bool {
        self.mask(bytes) >> bit & 1 != 0
    }

    /// Where the sender stands.
    fn device(&self, bytes: &[u8]) -> usize {
        let brought = self.before_device.iter().filter(|(bit, _)| self.has(bytes, *bit));
        self.mask.end + brought.map(|(_, width)| width).sum::<usize>()
    }

    /// What stands between sender and send time.
    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let from = self.device(bytes) + field::DEVICE_LETTERS;
        bytes.get(from..self.send_time(bytes)).unwrap_or_default()
    }

    fn count(&self, bytes: &[u8]) -> usize {
        let width = if self.has(bytes, self.counted) {
            field::COUNT
        } else {
            0
        };
        bytes.len() - field::END - width
    }

    fn send_time(&self, bytes: &[u8]) -> usize {
        let width = if self.has(bytes, self.sent) {
            field::SEND_TIME
        } else {
            0
        };
        self.count(bytes) - width
    }
}

/// The newest form: eight bytes of digits from here on name the sender, and nothing else in it is public.
const NEWEST: &[u8] = b"+\0";
const NEWEST_DEVICE: usize = 5;

/// The model whose fields before the place are known from real frames.
const GB100: u8 = 0x45;

/// Whether the message ends as it must: its length is only a claim.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    if bytes.starts_with(NEWEST) {
        return bytes.ends_with(b"$") && NEWEST_DEVICE + field::DEVICE_LETTERS < bytes.len();
    }
    bytes.ends_with(b"\r\n") && field::SHORTEST <= bytes.len()
}

/// Understands a message. Nothing where it names no device.
pub(crate) fn hear(bytes: &[u8], received: ServerTime, ahead_min: i16) -> Option<Heard> {
    if bytes.starts_with(NEWEST) {
        return hear_newest(bytes, received);
    }
    let shape = Shape::of(bytes)?;
    let mut report = bare(DeviceId(device(bytes, shape)?), shape.kind, received);
    report.backfill = bytes[1] == b'B';
    if shape.has(bytes, shape.counted) {
        report.serial = u16_at(bytes, shape.count(bytes)).map(u32::from);
    }
    if shape.has(bytes, shape.sent) {
        report.time = clock(&bytes[shape.send_time(bytes)..])
            .map(|clock| DeviceTime::from_unix_ms(clock.unix_ms() - i64::from(ahead_min) * 60_000));
    }
    if shape.kind == ReportKind::Heartbeat {
        report.signals.push(Signal::Heartbeat);
    }
    put_text(&mut report.extra, "message", &bytes[field::HEAD]);
    read_head(bytes, shape, &mut report);
    Some(Heard {
        reports: at_places(report, bytes, shape),
        oddity: (!is_checked(bytes)).then_some("wrong_checksum"),
    })
}

/// Its sender; what else it says is kept with its bytes.
fn hear_newest(bytes: &[u8], received: ServerTime) -> Option<Heard> {
    let id = bytes.get(NEWEST_DEVICE..NEWEST_DEVICE + field::DEVICE_LETTERS)?;
    let number = crate::read::bcd(id)?;
    let report = bare(DeviceId(digits(number, 10, 15)), ReportKind::Record, received);
    Some(Heard {
        reports: alloc::vec![report],
        oddity: Some("unknown_command"),
    })
}

/// Each two digits of an IMEI are a byte, the last a byte of its own; or the first eight letters of the unit's name.
fn device(bytes: &[u8], shape: &Shape) -> Option<String> {
    let at = shape.device(bytes);
    let id = bytes.get(at..at + field::DEVICE_LETTERS)?;
    if shape.has(bytes, shape.named) {
        name(id)
    } else {
        imei(id)
    }
}

fn name(id: &[u8]) -> Option<String> {
    let letters = id.split(|&byte| byte == 0).next()?;
    let plain = !letters.is_empty() && letters.iter().all(u8::is_ascii_graphic);
    let padded = id[letters.len()..].iter().all(|&byte| byte == 0);
    (plain && padded).then(|| String::from_utf8_lossy(letters).into_owned())
}

fn imei(id: &[u8]) -> Option<String> {
    let (last, pairs) = id.split_last()?;
    let number = pairs.iter().try_fold(0_u64, |number, &pair| {
        (pair <= 99).then(|| number * 100 + u64::from(pair))
    })?;
    (*last <= 9).then(|| digits(number * 10 + u64::from(*last), 10, 15))
}

/// CRC-16 with polynomial 1021, beginning with ones, over everything between head and checksum; found from real frames.
fn is_checked(bytes: &[u8]) -> bool {
    let end = bytes.len() - field::END;
    let sum = bytes[field::CHECKED_FROM..end]
        .iter()
        .fold(0xFFFF, |sum, &byte| checksum(sum, byte));
    u16_at(bytes, end) == Some(sum)
}

fn checksum(sum: u16, byte: u8) -> u16 {
    (0..8).fold(sum ^ u16::from(byte) << 8, |sum, _| {
        if sum & 0x8000 == 0 {
            sum << 1
        } else {
            sum << 1 ^ 0x1021
        }
    })
}

/// What located messages have before the place, of the model whose table is known.
fn read_head(bytes: &[u8], shape: &Shape, report: &mut Report) {
    if shape.kind != ReportKind::Heartbeat {
        let kind = Extra::Whole(i64::from(bytes[field::TYPE]));
        put(&mut report.extra, "message_type", kind);
    }
    let is_known = shape.mask == (5..9) && bytes.get(shape.mask.end + 2) == Some(&GB100);
    let Some(&[per_cent, high, low, motion]) = shape.body(bytes).first_chunk().filter(|_| is_known) else {
        return;
    };
    report.battery = (per_cent <= 100).then(|| level(per_cent));
    let millivolts = u16::from_be_bytes([high, low]);
    put(
        &mut report.extra,
        "external_power_mv",
        Extra::Whole(i64::from(millivolts)),
    );
    put_motion(&mut report.extra, digits(u64::from(motion), 16, 2).as_bytes());
}

/// One report a place, or one where it has none.
fn at_places(report: Report, bytes: &[u8], shape: &Shape) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut rest = shape.body(bytes);
    let has_places = shape.mask == (5..9) && shape.mask(bytes) & WHOLE_PLACE == WHOLE_PLACE;
    while has_places && place::LENGTH <= rest.len() {
        let Some((fix, clock, cell)) = read_place(rest) else {
            rest = &rest[1..];
            continue;
        };
        let mut here = report.clone();
        here.time = Some(DeviceTime::from_unix_ms(clock.unix_ms()));
        here.fix = Some(fix);
        here.cell = cell;
        reports.push(here);
        rest = &rest[place::LENGTH..];
    }
    if reports.is_empty() {
        reports.push(report);
    }
    reports
}

/// A place is known by its own shape: a date and time, degrees on the globe, a course on the rose.
fn read_place(bytes: &[u8]) -> Option<(Fix, Clock, Option<Cell>)> {
    let clock = clock(&bytes[place::TIME..])?;
    let degrees = |at| Some(f64::from(u32_at(bytes, at)? as i32) / 1e6);
    let position = Position::new(degrees(place::LATITUDE)?, degrees(place::LONGITUDE)?)?;
    let azimuth = u16_at(bytes, place::AZIMUTH).filter(|&azimuth| azimuth <= 360)?;
    let tenths = bytes[place::SPEED + 2];
    if 9 < tenths {
        return None;
    }
    let kmh = f32::from(u16_at(bytes, place::SPEED)?) + f32::from(tenths) / 10.0;
    let fix = Fix {
        position,
        valid: bytes[place::ACCURACY] != 0,
        source: FixSource::Gnss,
        speed_kmh: Some(kmh),
        course_deg: Some(f32::from(azimuth)),
        altitude_m: Some(f32::from(u16_at(bytes, place::ALTITUDE)? as i16)),
        satellites: None,
        accuracy_m: None,
    };
    Some((fix, clock, cell(bytes)))
}

fn cell(bytes: &[u8]) -> Option<Cell> {
    let mcc = u16_at(bytes, place::MCC).filter(|&mcc| mcc != 0)?;
    Some(Cell {
        mcc: Some(mcc),
        mnc: u16_at(bytes, place::MNC),
        lac: u16_at(bytes, place::LAC).map(u32::from),
        cid: u64::from(u16_at(bytes, place::CID)?),
        csq: None,
    })
}

/// Year in two bytes, then month, day, hour, minute, second.
fn clock(bytes: &[u8]) -> Option<Clock> {
    let [_, _, month, day, hour, minute, second] = *bytes.first_chunk::<7>()?;
    let year = u16_at(bytes, 0).filter(|year| (2005..2100).contains(year) && *year != 2010)?;
    Clock::new(year, month, day, hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

    fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
        let sum = bytes[4..].iter().fold(0xFFFF, |sum, &byte| checksum(sum, byte));
        bytes.extend(sum.to_be_bytes());
        bytes.extend(b"\r\n");
        bytes
    }

    /// Manual of the GV200, +HBD: mask EB, which leaves out a version.
    fn heartbeat() -> Vec<u8> {
        let mut bytes = b"+HBD\xEB\x1E\x04\x02\x0C".to_vec();
        bytes.extend([13, 57, 90, 24, 68, 11, 22, 0]);
        bytes.extend([0x07, 0xEA, 2, 3, 9, 30, 15, 0x11, 0xF0]);
        with_checksum(bytes)
    }

    #[test]
    fn a_heartbeat_names_its_sender() {
        let bytes = heartbeat();
        assert!(is_whole(&bytes));
        let heard = hear(&bytes, NOW, 0).unwrap();
        let report = &heard.reports[0];
        assert_eq!(heard.oddity, None);
        assert_eq!(report.device.0, "135790246811220");
        assert_eq!(report.serial, Some(0x11F0));
        assert_eq!(report.time, Some(DeviceTime::from_unix_ms(1_770_111_015_000)));
        assert_eq!(report.signals, [Signal::Heartbeat]);
    }

    #[test]
    fn a_wrong_checksum_is_odd_and_nothing_more() {
        let mut bytes = heartbeat();
        bytes[19] ^= 1;
        let heard = hear(&bytes, NOW, 0).unwrap();
        assert_eq!(heard.oddity, Some("wrong_checksum"));
        assert_eq!(heard.reports.len(), 1);
    }

    /// Manual of the GV200, +RSP, with a place of our own.
    #[test]
    fn a_place_is_found_by_its_shape() {
        let mut bytes = b"+RSP\x0B\xFF\xFF\xFF\xBF\x00\x68\x04\x01\x02\x0C\x01".to_vec();
        bytes.extend([13, 57, 90, 24, 68, 11, 22, 0]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0x0C, 0, 0x41, 0x18, 0, 1]);
        bytes.extend([1, 0, 42, 5, 0, 90, 0, 15]);
        bytes.extend(110_423_900_i32.to_be_bytes());
        bytes.extend((-6_968_560_i32).to_be_bytes());
        bytes.extend([0x07, 0xEA, 2, 3, 9, 30, 15]);
        bytes.extend([0x01, 0xFE, 0, 10, 0x18, 0x78, 0x08, 0x73, 0]);
        bytes.extend([0; 20]);
        bytes.extend([0x07, 0xEA, 2, 3, 9, 30, 20, 0x00, 0x22]);
        let heard = hear(&with_checksum(bytes), NOW, 0).unwrap();
        assert_eq!((heard.reports.len(), heard.oddity), (1, None));
        let report = &heard.reports[0];
        let fix = report.fix.unwrap();
        assert_eq!((fix.position.lat, fix.position.lon), (-6.96856, 110.4239));
        assert_eq!(
            (fix.speed_kmh, fix.course_deg, fix.valid),
            (Some(42.5), Some(90.0), true)
        );
        assert_eq!(report.cell.unwrap().mcc, Some(510));
    }

    #[test]
    fn a_name_is_no_imei() {
        assert_eq!(name(b"gv200\0\0\0").as_deref(), Some("gv200"));
        assert_eq!(imei(b"gv200\0\0\0"), None);
        assert_eq!(name(&[86, 50, 84, 3, 0, 3, 67, 5]), None);
        assert_eq!(
            imei(&[86, 50, 84, 3, 0, 3, 67, 5]).as_deref(),
            Some("865084030003675")
        );
    }
}
