//! The records of codecs 8, 8 extended and 16: when, where, and numbered values in groups by their length.
//!
//! Some units put a group of 16-byte values behind the four of codec 8 and do not say so. Only where the packet ends tells: the
//! count of the records stands there a second time.

use alloc::{borrow::Cow, vec::Vec};

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Extra, Fix, FixSource, ReportKind},
};

use super::{
    element::{self, Gathered},
    frame::{self, codec},
    old,
};
use crate::{
    cursor::Cursor,
    read::{bare, put, set_time},
};

/// What every record begins with: time, priority, place.
pub const HEAD: usize = 24;

/// How a codec writes its records (codecs, tables "AVL data").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Numbers of values have two bytes.
    wide_ids: bool,
    /// Counts have two bytes.
    wide_counts: bool,
    /// Says why the record was made.
    generation: bool,
    /// A last group of values that say their length.
    any_length: bool,
    /// A last group of values of 16 bytes.
    sixteens: bool,
}

impl Layout {
    /// The layout of a codec, as it is documented.
    pub const fn of(codec: u8) -> Option<Self> {
        let plain = Self {
            wide_ids: false,
            wide_counts: false,
            generation: false,
            any_length: false,
            sixteens: false,
        };
        match codec {
            codec::EIGHT => Some(plain),
            codec::EIGHT_EXTENDED => Some(Self {
                wide_ids: true,
                wide_counts: true,
                any_length: true,
                ..plain
            }),
            codec::SIXTEEN => Some(Self {
                wide_ids: true,
                generation: true,
                ..plain
            }),
            _ => None,
        }
    }

    /// The same with values of 16 bytes behind the others.
    pub const fn with_sixteens(self) -> Self {
        Self {
            sixteens: true,
            ..self
        }
    }

    /// The lengths of the groups.
    fn groups(self) -> impl Iterator<Item = usize> {
        let sixteens = self.sixteens.then_some(16);
        [1, 2, 4, 8].into_iter().chain(sixteens)
    }
}

/// A value with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Teltonika's number for what it is.
    pub id: u16,
    /// The value, highest byte first.
    pub value: &'a [u8],
    /// It stands in the group of values that say their length.
    pub any_length: bool,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Milliseconds since 1970, in UTC.
    pub time_ms: u64,
    /// 0 low, 1 high, 2 panic.
    pub priority: u8,
    /// Ten-millionths of a degree east.
    pub longitude_e7: i32,
    /// Ten-millionths of a degree north.
    pub latitude_e7: i32,
    /// Metres.
    pub altitude_m: i16,
    /// Degrees from north.
    pub course_deg: u16,
    /// Satellites; none means that the place is the last one known.
    pub satellites: u8,
    /// Kilometres an hour.
    pub speed_kmh: u16,
    /// Number of the value that the record was made for; 0 for none.
    pub event: u16,
    /// Codec 16: why it was made.
    pub generation: Option<u8>,
    /// Everything else.
    pub elements: Vec<Element<'a>>,
}

/// Where the records of a body end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Behind so many bytes, with the count a second time.
    At(usize),
    /// Behind the bytes that are there.
    Cut,
    /// Where the count should stand a second time is something else.
    Broken,
}

/// What a body says, and what is odd in it.
pub(crate) struct Said {
    pub(crate) reports: Vec<Report>,
    pub(crate) oddities: Vec<&'static str>,
}

impl<'a> Record<'a> {
    /// Reads the next record. Values that were cut away are missing, and then it says so with `false`.
    fn read(cursor: &mut Cursor<'a>, layout: Layout) -> Option<(Self, bool)> {
        let mut record = Self::read_head(&mut Cursor::new(cursor.take(HEAD)?))?;
        let whole = record.read_elements(cursor, layout).is_some();
        Some((record, whole))
    }

    fn read_head(head: &mut Cursor<'_>) -> Option<Self> {
        Some(Self {
            time_ms: head.u64()?,
            priority: head.u8()?,
            longitude_e7: head.u32()? as i32,
            latitude_e7: head.u32()? as i32,
            altitude_m: head.u16()? as i16,
            course_deg: head.u16()?,
            satellites: head.u8()?,
            speed_kmh: head.u16()?,
            event: 0,
            generation: None,
            elements: Vec::new(),
        })
    }

    fn read_elements(&mut self, cursor: &mut Cursor<'a>, layout: Layout) -> Option<()> {
        self.event = cursor.number(layout.wide_ids)?;
        if layout.generation {
            self.generation = Some(cursor.u8()?);
        }
        cursor.number(layout.wide_counts)?; // How many in all; each group counts its own.
        for length in layout.groups() {
            for _ in 0..cursor.number(layout.wide_counts)? {
                self.read_element(cursor, layout, Some(length))?;
            }
        }
        let any = if layout.any_length { cursor.u16()? } else { 0 };
        for _ in 0..any {
            self.read_element(cursor, layout, None)?;
        }
        Some(())
    }

    fn read_element(&mut self, cursor: &mut Cursor<'a>, layout: Layout, length: Option<usize>) -> Option<()> {
        let id = cursor.number(layout.wide_ids)?;
        let counted = match length {
            Some(length) => length,
            None => usize::from(cursor.u16()?),
        };
        self.elements.push(Element {
            id,
            value: cursor.take(counted)?,
            any_length: length.is_none(),
        });
        Some(())
    }

    fn encode(&self, to: &mut Vec<u8>, layout: Layout) {
        to.extend(self.time_ms.to_be_bytes());
        to.push(self.priority);
        to.extend(self.longitude_e7.to_be_bytes());
        to.extend(self.latitude_e7.to_be_bytes());
        to.extend(self.altitude_m.to_be_bytes());
        to.extend(self.course_deg.to_be_bytes());
        to.push(self.satellites);
        to.extend(self.speed_kmh.to_be_bytes());
        put_number(to, self.event, layout.wide_ids);
        to.extend(self.generation.filter(|_| layout.generation));
        put_number(to, self.elements.len() as u16, layout.wide_counts);
        for length in layout.groups() {
            let group = |element: &&Element<'_>| !element.any_length && element.value.len() == length;
            self.encode_group(to, layout, group);
        }
        if layout.any_length {
            self.encode_group(to, layout, |element| element.any_length);
        }
    }

    fn encode_group(&self, to: &mut Vec<u8>, layout: Layout, is_in: impl Fn(&&Element<'_>) -> bool) {
        let group: Vec<&Element<'_>> = self.elements.iter().filter(is_in).collect();
        put_number(to, group.len() as u16, layout.wide_counts);
        for element in group {
            put_number(to, element.id, layout.wide_ids);
            if element.any_length {
                to.extend((element.value.len() as u16).to_be_bytes());
            }
            to.extend(element.value);
        }
    }

    /// What the record means, and what is odd in it.
    fn report(&self, device: &DeviceId, received: ServerTime, oddities: &mut Vec<&'static str>) -> Report {
        let mut report = bare(device.clone(), ReportKind::Record, received);
        report.fix = self.fix();
        oddities.extend(report.fix.is_none().then_some("no_such_place"));
        oddities.extend(set_time(&mut report, self.time_ms));
        put(&mut report, "priority", Extra::Whole(i64::from(self.priority)));
        if self.event != 0 {
            put(&mut report, "event", Extra::Whole(i64::from(self.event)));
        }
        if let Some(generation) = self.generation {
            put(&mut report, "generation", generation_name(generation));
        }
        let mut gathered = Gathered::default();
        for element in &self.elements {
            oddities.extend(element::add(&mut report, &mut gathered, *element));
        }
        gathered.finish(&mut report);
        report
    }

    /// Without satellites the place is the last one known.
    fn fix(&self) -> Option<Fix> {
        Some(Fix {
            position: Position::new(
                f64::from(self.latitude_e7) / 1e7,
                f64::from(self.longitude_e7) / 1e7,
            )?,
            valid: self.satellites != 0,
            source: FixSource::Gnss,
            speed_kmh: Some(f32::from(self.speed_kmh)),
            course_deg: (self.course_deg <= 360).then(|| f32::from(self.course_deg)),
            altitude_m: Some(f32::from(self.altitude_m)),
            satellites: Some(self.satellites),
            accuracy_m: None,
        })
    }
}

/// Why a record was made (codecs, codec 16, "generation type").
fn generation_name(generation: u8) -> Extra {
    const NAMES: [&str; 8] = [
        "on_exit",
        "on_entrance",
        "on_both",
        "reserved",
        "hysteresis",
        "on_change",
        "eventual",
        "periodical",
    ];
    match NAMES.get(usize::from(generation)) {
        Some(name) => Extra::Text(Cow::Borrowed(name)),
        None => Extra::Whole(i64::from(generation)),
    }
}

fn put_number(to: &mut Vec<u8>, number: u16, wide: bool) {
    let bytes = number.to_be_bytes();
    to.extend(if wide { &bytes[..] } else { &bytes[1..] });
}

/// Writes the body that a packet of these records has.
pub fn encode(codec: u8, layout: Layout, records: &[Record<'_>]) -> Vec<u8> {
    let count = records.len() as u8;
    let mut body = Vec::from([codec, count]);
    for record in records {
        record.encode(&mut body, layout);
    }
    body.push(count);
    body
}

/// Reads the records of a body as they are laid out, as far as they can be read.
pub fn decode(body: &[u8], layout: Layout) -> Vec<Record<'_>> {
    read_all(body, layout).0
}

fn read_all(body: &[u8], layout: Layout) -> (Vec<Record<'_>>, End) {
    let mut cursor = Cursor::new(body.get(2..).unwrap_or_default());
    let count = frame::count(body);
    let mut records = Vec::new();
    for _ in 0..count {
        let Some((record, whole)) = Record::read(&mut cursor, layout) else {
            return (records, End::Cut);
        };
        records.push(record);
        if !whole {
            return (records, End::Cut);
        }
    }
    let end = match cursor.u8() {
        None => End::Cut,
        Some(again) if again == count => End::At(body.len() - cursor.rest().len()),
        Some(_) => End::Broken,
    };
    (records, end)
}

/// The layout by which the records end where the body does, or else the documented one; and whether they end there.
fn layout(body: &[u8], layout: Layout) -> (Layout, bool) {
    let fits = |layout| read_all(body, layout).1 == End::At(body.len());
    let documented = fits(layout);
    let with_sixteens = !documented && !layout.any_length && fits(layout.with_sixteens());
    let known = if with_sixteens {
        layout.with_sixteens()
    } else {
        layout
    };
    (known, documented || with_sixteens)
}

fn end(content: &[u8]) -> End {
    let Some(documented) = content.first().and_then(|&codec| Layout::of(codec)) else {
        return End::Broken;
    };
    match read_all(content, documented).1 {
        End::Broken if !documented.any_length => read_all(content, documented.with_sixteens()).1,
        end => end,
    }
}

/// How long a body is by its records alone, where they end within these bytes.
pub(crate) fn body_length(content: &[u8]) -> Option<usize> {
    match end(content) {
        End::At(length) => Some(length),
        End::Cut | End::Broken => None,
    }
}

/// What a body of records says. Records behind one that cannot be read are kept in the raw frame only.
pub(crate) fn reports(body: &[u8], device: &DeviceId, received: ServerTime) -> Said {
    let mut oddities = Vec::new();
    let codec = body.first().copied().unwrap_or_default();
    let (reports, fits) = match Layout::of(codec) {
        Some(documented) => {
            let (layout, fits) = layout(body, documented);
            let records = decode(body, layout);
            let report = |record: &Record<'_>| record.report(device, received, &mut oddities);
            (records.iter().map(report).collect(), fits)
        }
        None if codec == codec::OLD => old::reports(body, device, received, &mut oddities),
        None => {
            oddities.push("unknown_codec");
            (Vec::new(), true)
        }
    };
    oddities.extend((!fits).then_some("records_do_not_fit"));
    Said { reports, oddities }
}

impl Said {
    /// A body without a record that can be read is kept all the same, as a bare report.
    pub(crate) fn or_bare(mut self, device: &DeviceId, received: ServerTime) -> Self {
        if self.reports.is_empty() {
            self.reports
                .push(bare(device.clone(), ReportKind::Record, received));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record<'static> {
        let element = |id, value| Element {
            id,
            value,
            any_length: false,
        };
        Record {
            time_ms: 1_770_111_000_000,
            priority: 1,
            longitude_e7: 1_104_239_000,
            latitude_e7: -69_685_600,
            altitude_m: -3,
            course_deg: 90,
            satellites: 9,
            speed_kmh: 37,
            event: 249,
            generation: None,
            elements: Vec::from([
                element(249, &[1]),
                element(66, &[0x2F, 0x13]),
                element(199, &[0, 0, 1, 2]),
                element(78, &[1, 0, 0, 0, 0, 0, 0, 0]),
            ]),
        }
    }

    #[test]
    fn records_read_back_as_they_were_written() {
        for codec in [codec::EIGHT, codec::EIGHT_EXTENDED, codec::SIXTEEN] {
            let layout = Layout::of(codec).unwrap();
            let mut written = record();
            written.generation = layout.generation.then_some(7);
            if layout.any_length {
                written.elements.push(Element {
                    id: 256,
                    value: b"VIN",
                    any_length: true,
                });
            }
            let body = encode(codec, layout, &[written.clone(), written.clone()]);
            assert_eq!(decode(&body, layout), [written.clone(), written]);
            assert_eq!(body_length(&body), Some(body.len()));
        }
    }

    /// Where the documented layout does not end with the packet, the one with 16-byte values may.
    #[test]
    fn values_of_sixteen_bytes_are_found_by_where_the_packet_ends() {
        let documented = Layout::of(codec::EIGHT).unwrap();
        let mut written = record();
        written.elements.push(Element {
            id: 203,
            value: &[7; 16],
            any_length: false,
        });
        let body = encode(
            codec::EIGHT,
            documented.with_sixteens(),
            &[written.clone(), written.clone()],
        );
        assert_eq!(layout(&body, documented), (documented.with_sixteens(), true));
        assert_eq!(
            decode(&body, documented.with_sixteens()),
            [written.clone(), written]
        );
    }

    #[test]
    fn a_cut_record_keeps_its_place() {
        let body = encode(codec::EIGHT, Layout::of(codec::EIGHT).unwrap(), &[record()]);
        let said = reports(
            &body[..2 + HEAD],
            &DeviceId("356307042441013".into()),
            ServerTime::from_unix_ms(0),
        );
        assert_eq!(said.oddities, ["records_do_not_fit"]);
        assert!(said.reports[0].fix.is_some_and(|fix| fix.valid));
        let none = reports(
            &body[..1 + HEAD],
            &DeviceId("356307042441013".into()),
            ServerTime::from_unix_ms(0),
        );
        assert!(none.reports.is_empty());
    }
}
