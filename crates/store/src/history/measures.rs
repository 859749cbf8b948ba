//! A column of measured numbers. A seal says degrees as a count of something: ten-thousandths of a minute, millionths of a
//! degree. Where the count gives the very number back, the count is kept; it is half as long and runs smoothly.

use crate::StoreError;

use super::numbers;
use super::planes::{Packer, Unpacker};
use crate::bytes::{Cursor, damaged};

/// Ten-thousandths of a minute in a degree.
const MINUTES_E4: u64 = 600_000;

/// What a count may count. The place in this list is written down: never reorder, only append.
const UNITS: [Unit; 5] = [
    Unit::Minute,
    Unit::Part(1e5),
    Unit::Part(1e6),
    Unit::Part(1e7),
    Unit::Part(10.0),
];

/// Beyond this a count is none.
const COUNT_MAX: f64 = 1e15;

#[derive(Clone, Copy)]
enum Unit {
    /// Whole degrees, and ten-thousandths of a minute added to them, in this order of operations.
    Minute,
    /// So many parts of one.
    Part(f64),
}

impl Unit {
    fn count(self, value: f64) -> i64 {
        let parts = match self {
            Self::Minute => MINUTES_E4 as f64,
            Self::Part(parts) => parts,
        };
        let count = (value * parts).round();
        if count.abs() < COUNT_MAX { count as i64 } else { 0 }
    }

    fn value(self, count: i64) -> f64 {
        match self {
            Self::Part(parts) => count as f64 / parts,
            Self::Minute => {
                let (whole, minutes) = (
                    count.unsigned_abs() / MINUTES_E4,
                    count.unsigned_abs() % MINUTES_E4,
                );
                let value = whole as f64 + minutes as f64 / MINUTES_E4 as f64;
                if count < 0 { -value } else { value }
            }
        }
    }

    fn counts(self, bits: u64) -> bool {
        self.value(self.count(f64::from_bits(bits))).to_bits() == bits
    }
}

/// Writes numbers, given as their bits. Those that are no count of the chosen unit follow as they are.
pub(crate) fn put(to: &mut Vec<u8>, values: &[u64], packer: &mut Packer) -> Result<(), StoreError> {
    let uncounted = |unit: &Unit| values.iter().filter(|bits| !unit.counts(**bits)).count();
    let best = (0_u8..).zip(UNITS).min_by_key(|(_, unit)| uncounted(unit));
    let (place, unit) = best.unwrap_or((0, UNITS[0]));
    to.push(place);
    let odd: Vec<u64> = values.iter().map(|bits| u64::from(!unit.counts(*bits))).collect();
    numbers::put(to, &odd, &[], packer)?;
    let counts: Vec<u64> = values
        .iter()
        .map(|bits| {
            if unit.counts(*bits) {
                unit.count(f64::from_bits(*bits)) as u64
            } else {
                0
            }
        })
        .collect();
    numbers::put(to, &counts, &[], packer)?;
    let as_they_are: Vec<u64> = values
        .iter()
        .copied()
        .filter(|bits| !unit.counts(*bits))
        .collect();
    numbers::put(to, &as_they_are, &[], packer)
}

/// Reads numbers of a known count, as their bits.
pub(crate) fn take(
    from: &mut Cursor<'_>,
    length: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<u64>, StoreError> {
    let unit = *UNITS
        .get(usize::from(from.byte()?))
        .ok_or_else(|| damaged(&"an unknown unit"))?;
    let odd = numbers::take(from, length, &[], unpacker)?;
    let counts = numbers::take(from, length, &[], unpacker)?;
    let odd_count = odd.iter().filter(|odd| **odd != 0).count();
    let mut as_they_are = numbers::take(from, odd_count, &[], unpacker)?.into_iter();
    let values = odd.iter().zip(counts).map(|(odd, count)| match odd {
        0 => unit.value(count as i64).to_bits(),
        _ => as_they_are.next().unwrap_or_default(),
    });
    Ok(values.collect())
}
