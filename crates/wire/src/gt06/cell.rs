//! Mobile cells and wireless networks (handbook, "LBS block"). Four sorts of messages write the same fields in different widths.

use alloc::string::String;

use segel_model::report::Cell;

use super::reading::{Reading, hex};
use crate::cursor::Cursor;
use crate::read::digits;

/// How wide network, area and cell are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// One, two and three bytes: the old networks.
    Narrow,
    /// One, two and four.
    LongCell,
    /// Two, two and four.
    Wide,
    /// One, four and eight: messages of fourth-generation seals.
    FourG,
    /// One, two and two: the oldest.
    Old,
}

/// The highest bit of the country: the network has two bytes, whatever the width.
const LONG_NETWORK: u16 = 1 << 15;
/// Neighbours that are shown; a message tells six.
const SHOWN: usize = 16;

impl Width {
    const fn has_long_network(self, mcc: u16) -> bool {
        matches!(self, Self::Wide) || mcc & LONG_NETWORK != 0
    }

    const fn area(self) -> usize {
        match self {
            Self::FourG => 4,
            _ => 2,
        }
    }

    const fn cell(self) -> usize {
        match self {
            Self::Old => 2,
            Self::Narrow => 3,
            Self::LongCell | Self::Wide => 4,
            Self::FourG => 8,
        }
    }
}

fn network(body: &mut Cursor<'_>, width: Width) -> Option<(u16, u16)> {
    let mcc = body.u16()?;
    let mnc = if width.has_long_network(mcc) {
        body.u16()?
    } else {
        u16::from(body.u8()?)
    };
    Some((mcc & !LONG_NETWORK, mnc))
}

fn area_and_cell(body: &mut Cursor<'_>, width: Width) -> Option<(u32, u64)> {
    let whole = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
    };
    let area = whole(body.take(width.area())?);
    Some((area as u32, whole(body.take(width.cell())?)))
}

fn cell((mcc, mnc): (u16, u16), (lac, cid): (u32, u64)) -> Option<Cell> {
    let somewhere = lac != 0 || cid != 0;
    somewhere.then(|| Cell {
        mcc: (mcc != 0).then_some(mcc),
        mnc: (mcc != 0).then_some(mnc),
        lac: Some(lac),
        cid,
        csq: None,
    })
}

/// One cell.
pub(super) fn read(reading: &mut Reading<'_>, width: Width) -> Option<()> {
    let network = network(&mut reading.body, width)?;
    reading.report.cell = cell(network, area_and_cell(&mut reading.body, width)?);
    Some(())
}

/// One cell behind its own length. Some makers count the length byte, some do not, some write anything: the fields count
/// themselves, and what lies behind them is passed over where it leaves `behind` bytes for what must follow.
pub(super) fn read_counted(reading: &mut Reading<'_>, width: Width, behind: usize) -> Option<()> {
    let said = usize::from(reading.body.u8()?);
    if said == 0 {
        return Some(());
    }
    let before = reading.body.left();
    read(reading, width)?;
    let read = before - reading.body.left();
    let more = said.saturating_sub(1 + read);
    if more + behind <= reading.body.left() {
        reading.body.take(more)?;
    }
    Some(())
}

/// The cell it is camped on and its neighbours, each with a signal strength.
pub(super) fn read_many(reading: &mut Reading<'_>, width: Width, count: usize) -> Option<()> {
    let network = network(&mut reading.body, width)?;
    read_cells(reading, width, network, count)
}

/// The same with a count of its own.
pub(super) fn read_listed(reading: &mut Reading<'_>, width: Width) -> Option<()> {
    let network = network(&mut reading.body, width)?;
    let count = usize::from(reading.body.u8()?);
    read_cells(reading, width, network, count)
}

fn read_cells(reading: &mut Reading<'_>, width: Width, network: (u16, u16), count: usize) -> Option<()> {
    let mut neighbours = String::new();
    for at in 0..count {
        let (lac, cid) = area_and_cell(&mut reading.body, width)?;
        let rssi = reading.body.u8()?;
        if at == 0 {
            reading.report.cell = cell(network, (lac, cid));
            reading.whole("cell_rssi", rssi);
        } else if at < SHOWN {
            add_neighbour(&mut neighbours, (lac, cid), rssi);
        }
    }
    put_neighbours(reading, neighbours);
    Some(())
}

fn add_neighbour(neighbours: &mut String, (lac, cid): (u32, u64), rssi: u8) {
    if (lac, cid) != (0, 0) {
        let parts = [u64::from(lac), cid, u64::from(rssi)].map(|part| digits(part, 10, 1));
        add(neighbours, &parts.join("/"));
    }
}

fn put_neighbours(reading: &mut Reading<'_>, neighbours: String) {
    if !neighbours.is_empty() {
        reading.text("neighbour_cells", neighbours);
    }
}

/// Neighbours of the AZ735: area, cell and strength of six bytes each, in a block of so many bytes.
pub(super) fn read_neighbours(reading: &mut Reading<'_>, length: usize) -> Option<()> {
    let mut block = Cursor::new(reading.body.take(length)?);
    let mut neighbours = String::new();
    while let Some((lac, cid)) = area_and_cell(&mut block, Width::Narrow) {
        let rssi = block.u8().unwrap_or_default();
        add_neighbour(&mut neighbours, (lac, cid), rssi);
    }
    put_neighbours(reading, neighbours);
    Some(())
}

/// Wireless networks: addresses with a signal strength behind each.
pub(super) fn read_wifi(reading: &mut Reading<'_>, count: usize) -> Option<()> {
    let mut networks = String::new();
    for _ in 0..count {
        let address = reading.body.take(6)?;
        let rssi = reading.body.u8()?;
        if address != [0; 6] {
            let parts = [hex(address), digits(u64::from(rssi), 10, 1)];
            add(&mut networks, &parts.join("/"));
        }
    }
    put_wifi(reading, networks);
    Some(())
}

/// Wireless networks of message 0xF3: two bytes before each address, no signal strength.
pub(super) fn read_wifi_addresses(reading: &mut Reading<'_>, count: usize) -> Option<()> {
    let mut networks = String::new();
    for _ in 0..count {
        reading.body.take(2)?;
        let address = reading.body.take(6)?;
        add(&mut networks, &hex(address));
    }
    put_wifi(reading, networks);
    Some(())
}

fn put_wifi(reading: &mut Reading<'_>, networks: String) {
    if !networks.is_empty() {
        reading.text("wifi", networks);
    }
}

fn add(list: &mut String, entry: &str) {
    if !list.is_empty() {
        list.push(' ');
    }
    list.push_str(entry);
}
