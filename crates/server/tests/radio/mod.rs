//! What smaller seals say over short-range radio, as the devices that hear them pass it on: built from the makers' tables.
#![allow(dead_code, reason = "each test takes what it needs")]

use segel_model::ServerTime;

/// What a padlock says (handbook of protocols 1.4, WLNET type 4).
#[derive(Clone, Copy)]
pub enum Says {
    /// Bit 6: a timed report of an open one.
    LiesOpen,
    /// Bit 0.
    Locked,
    /// Bit 6: a timed report of a closed one.
    StaysClosed,
    /// Bit 4, and the rope is out.
    Cut,
    /// Bit 14: said of it, not by it.
    Lost,
}

impl Says {
    /// Event bits and status word.
    const fn words(self) -> (u16, u16) {
        match self {
            Self::LiesOpen => (1 << 6, 1),
            Self::Locked => (1, 0),
            Self::StaysClosed => (1 << 6, 0),
            Self::Cut => (1 << 4, 1),
            Self::Lost => (1 << 14, 0),
        }
    }
}

/// A padlock heard by a Jointech seal at the terminal of the stories; `id` are the ten digits of the padlock's number.
pub fn wlnet(host: &str, id: &str, serial: u8, now: ServerTime, says: Says) -> Vec<u8> {
    let (event, status) = says.words();
    let clock = clock(now);
    let mut binary = bcd(&clock);
    binary.extend(bcd("06566100")); // 06 degrees 56.61 minutes
    binary.extend(bcd("110254580D")); // 110 degrees 25.458 minutes; fixed, south, east
    binary.extend([0, 0]);
    binary.extend(bcd(&clock));
    binary.extend(bcd(id));
    binary.push(serial);
    binary.extend([0x01, 0x9A, 97, 60, 4]); // 4.10 volts, 97 per cent, -60 dBm, a padlock
    binary.extend(event.to_be_bytes());
    binary.extend(status.to_be_bytes());
    binary.extend([0, 1, 0]);
    let head = format!("({host},1,110,WLNET,5,2,");
    [head.as_bytes(), &escaped(&binary), b")"].concat()
}

/// DDMMYYhhmmss in UTC.
fn clock(now: ServerTime) -> String {
    let at = jiff::Timestamp::from_millisecond(now.unix_ms).expect("a moment");
    at.strftime("%d%m%y%H%M%S").to_string()
}

/// Brackets, commas and the sign of escape stand behind that sign in what is binary.
fn escaped(binary: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        0x28 => vec![0x3D, 0x15],
        0x29 => vec![0x3D, 0x14],
        0x2C => vec![0x3D, 0x11],
        0x3D => vec![0x3D, 0x00],
        other => vec![*other],
    };
    binary.iter().flat_map(escape).collect()
}

fn bcd(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// A position record of JT/T 808 at Semarang (standard, message 0x0200) with some fields behind it, in the standard's own time.
pub fn position(now: ServerTime, fields: &[u8]) -> Vec<u8> {
    let beijing = jiff::Timestamp::from_millisecond(now.unix_ms + 8 * 3_600_000).expect("a moment");
    let mut body = vec![0, 0, 0, 0, 0, 0, 0, 6]; // no alarm; fixed, south
    body.extend(6_943_500_u32.to_be_bytes());
    body.extend(110_424_300_u32.to_be_bytes());
    body.extend([0; 6]);
    body.extend(bcd(&beijing.strftime("%y%m%d%H%M%S").to_string()));
    body.extend(fields);
    body
}

/// Field 63 of HHD (handbook of protocols 2.5): smaller locks by their numbers, each sealed or not.
pub fn sublocks(locks: &[(&str, bool)]) -> Vec<u8> {
    let mut field = vec![0x63, 11 * locks.len() as u8];
    for (id, sealed) in locks {
        field.extend(bcd(id));
        field.extend([
            0x10,
            0x36,
            0x30 + u8::from(*sealed),
            0x80 + u8::from(*sealed),
            0x22,
        ]);
    }
    field
}
