//! Cells and wireless networks, which every maker writes in another order.

use alloc::{
    format,
    string::{String, ToString},
};

use segel_model::report::{Cell, Extra};

use super::{header::hex, reading::Reading};
use crate::read::{u16_at, u32_at};

/// Where in some bytes a cell's numbers stand, and how long such a cell is.
pub(crate) struct Layout {
    pub(crate) length: usize,
    pub(crate) mcc: usize,
    /// Of one byte, or of two.
    pub(crate) mnc: Number,
    pub(crate) lac: Number,
    pub(crate) cid: Number,
}

/// A number of one, two or four bytes, at its place.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    One(usize),
    Two(usize),
    Four(usize),
}

impl Number {
    fn at(self, bytes: &[u8]) -> Option<u32> {
        match self {
            Self::One(at) => bytes.get(at).map(|byte| u32::from(*byte)),
            Self::Two(at) => u16_at(bytes, at).map(u32::from),
            Self::Four(at) => u32_at(bytes, at),
        }
    }
}

impl Layout {
    /// The cell in these bytes; nothing where there is none, or only zeros.
    pub(crate) fn cell(&self, bytes: &[u8]) -> Option<Cell> {
        self.cell_in(bytes, u16_at(bytes, self.mcc)?)
    }

    /// The same where the country stands elsewhere.
    pub(crate) fn cell_in(&self, bytes: &[u8], mcc: u16) -> Option<Cell> {
        let (lac, cid) = (self.lac.at(bytes)?, self.cid.at(bytes)?);
        let somewhere = mcc != 0 && (lac, cid) != (0, 0);
        let mnc = u16::try_from(self.mnc.at(bytes)?).ok()?;
        somewhere.then_some(Cell {
            mcc: Some(mcc),
            mnc: Some(mnc),
            lac: Some(lac),
            cid: cid.into(),
            csq: None,
        })
    }

    /// Reads a list of cells: the first is the one it is camped on, and all stand beside the report.
    pub(crate) fn read_all(&self, reading: &mut Reading, bytes: &[u8]) -> bool {
        let whole = !bytes.is_empty() && bytes.len().is_multiple_of(self.length);
        if whole {
            keep(
                reading,
                bytes.chunks(self.length).filter_map(|each| self.cell(each)),
            );
        }
        whole
    }
}

/// Keeps the first cell as the one it is camped on; where there are more, all stand beside the report.
pub(crate) fn keep(reading: &mut Reading, mut found: impl Iterator<Item = Cell>) {
    let Some(first) = found.next() else { return };
    reading.cell(first);
    let others = list(found.map(|cell| words(&cell)));
    if !others.is_empty() {
        reading.put("other_cells", Extra::Text(others.into()));
    }
}

fn words(cell: &Cell) -> String {
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    format!(
        "{}-{}-{}-{}",
        number(cell.mcc.map(u32::from)),
        number(cell.mnc.map(u32::from)),
        number(cell.lac),
        cell.cid
    )
}

fn list(words: impl Iterator<Item = String>) -> String {
    words.fold(String::new(), |mut all, word| {
        if !all.is_empty() {
            all.push(' ');
        }
        all + &word
    })
}

/// Wireless networks: six bytes of address and how strong it is, in dBm.
pub(crate) fn wifi(reading: &mut Reading, bytes: &[u8]) -> bool {
    let (networks, rest) = bytes.as_chunks::<7>();
    if networks.is_empty() || !rest.is_empty() {
        return false;
    }
    let networks = networks.iter().map(|network| {
        let (address, strength) = (&network[..6], network[6].cast_signed());
        format!("{}{strength:+}", hex(address))
    });
    reading.put("wifi", Extra::Text(list(networks).into()));
    true
}
