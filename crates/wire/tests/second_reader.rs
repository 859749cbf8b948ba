//! Teltonika packets read a second time by somebody else's decoder (nom-teltonika, MIT), which shares no line with ours: golden frames, real
//! frames, and whatever our encoder writes. Of no other language of ours is there such a reader; see `docs/protocols.md`.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

mod frames;

use std::path::{Path, PathBuf};

use frames::golden;
use nom_teltonika::{
    decoder::{parse_frame, take_datagram},
    protocol::{AvlPacket, AvlRecord, Frame, GprsPacket, IoValue},
};
use proptest::{collection::vec, prelude::*};
use segel_model::{Report, ServerTime, report::Extra, report::Protocol};
use segel_wire::{
    Limits, Output, Profile, Session,
    limits::FRAME_BYTES,
    teltonika::{
        datagram::Datagram,
        frame,
        record::{Element, Layout, Record, decode, encode},
        text::Text,
    },
};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);
const LOGIN: &str = "356307042441013";

/// What they make of a packet; nothing where they refuse it.
fn theirs(packet: &[u8]) -> Option<Frame> {
    let (rest, frame) = parse_frame(packet).ok()?;
    assert!(rest.is_empty());
    Some(frame.evaluate())
}

/// What we make of it, and what we find odd.
fn ours(packet: &[u8]) -> (Vec<Report>, Vec<String>) {
    let mut session = Session::new(Protocol::Teltonika, Profile::ANY, Limits::default());
    session.receive(NOW, &frame::login(LOGIN));
    while session.poll().is_some() {}
    session.receive(NOW, packet);
    let (mut reports, mut oddities) = (Vec::new(), Vec::new());
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => reports.push(reported.report),
            Output::Oddity(oddity) => oddities.push(oddity.what),
            _ => {}
        }
    }
    (reports, oddities)
}

/// Says whether both read it; then they read the same.
fn compare(packet: &[u8]) -> bool {
    let (reports, oddities) = ours(packet);
    match theirs(packet) {
        Some(Frame::Avl(avl)) => compare_records(packet, &avl, &reports),
        Some(Frame::Gprs(words)) => compare_words(packet, &words, &reports),
        _ => {
            assert!(
                !oddities.is_empty() || is_known_to_us_alone(packet),
                "{packet:02x?}: {reports:?}"
            );
            return false;
        }
    }
    true
}

/// Codecs they do not read, and values of sixteen bytes behind codec 8, which no document tells.
fn is_known_to_us_alone(packet: &[u8]) -> bool {
    let body = frame::body(packet);
    match Layout::of(body[0]) {
        None => true,
        Some(layout) => {
            let read = decode(body, layout.with_sixteens());
            read.iter()
                .any(|record| record.elements.iter().any(|element| element.value.len() == 16))
        }
    }
}

fn compare_records(packet: &[u8], theirs: &AvlPacket, reports: &[Report]) {
    let body = frame::body(packet);
    let records = decode(body, Layout::of(body[0]).unwrap());
    assert_eq!(
        (records.len(), reports.len()),
        (theirs.records().len(), theirs.records().len())
    );
    for ((ours, report), theirs) in records.iter().zip(reports).zip(theirs.records()) {
        compare_record(ours, theirs);
        if let Some(fix) = report.fix {
            assert_eq!(fix.position.lat, theirs.gps().latitude_degrees());
            assert_eq!(fix.position.lon, theirs.gps().longitude_degrees());
            assert_eq!(fix.valid, theirs.gps().satellites != 0);
        } else {
            assert!(!theirs.gps().is_position_valid());
        }
        if let Some(time) = report.time {
            assert_eq!(time.unix_ms as u64, u64::from(theirs.timestamp()));
        }
    }
}

fn compare_record(ours: &Record<'_>, theirs: &AvlRecord) {
    let gps = theirs.gps();
    assert_eq!(ours.time_ms, u64::from(theirs.timestamp()));
    assert_eq!(i32::from(ours.priority), theirs.priority() as i32);
    assert_eq!(
        (ours.longitude_e7, ours.latitude_e7),
        (gps.longitude_raw, gps.latitude_raw)
    );
    assert_eq!(
        (ours.altitude_m.cast_unsigned(), ours.course_deg),
        (gps.altitude_meters, gps.angle_degrees)
    );
    assert_eq!((ours.satellites, ours.speed_kmh), (gps.satellites, gps.speed_kph));
    assert_eq!(ours.event, theirs.event_io_id().map_or(0, u16::from));
    assert_eq!(
        ours.generation.map(i32::from),
        theirs.generation_type().map(|why| why as i32)
    );
    let said: Vec<(u16, Vec<u8>)> = theirs
        .io_elements()
        .iter()
        .map(|element| (u16::from(element.id()), value(element.value())))
        .collect();
    let elements = ours
        .elements
        .iter()
        .map(|element| (element.id, element.value.to_vec()));
    assert_eq!(elements.collect::<Vec<_>>(), said);
}

fn value(theirs: &IoValue) -> Vec<u8> {
    match theirs {
        IoValue::U8(value) => value.to_be_bytes().to_vec(),
        IoValue::U16(value) => value.to_be_bytes().to_vec(),
        IoValue::U32(value) => value.to_be_bytes().to_vec(),
        IoValue::U64(value) => value.to_be_bytes().to_vec(),
        IoValue::Bytes(bytes) => bytes.clone(),
    }
}

fn compare_words(packet: &[u8], theirs: &GprsPacket, reports: &[Report]) {
    let text = Text::decode(frame::body(packet)).unwrap();
    let said: Vec<&[u8]> = theirs
        .messages()
        .iter()
        .map(|message| message.payload())
        .collect();
    assert_eq!(said, [text.said]);
    let shown = reports[0].extra.iter().find(|(name, _)| name == "text");
    if let Some((_, Extra::Text(shown))) = shown {
        assert!(!shown.is_empty());
    }
}

fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (frames, _) = frame::split(bytes, FRAME_BYTES as usize);
    frames
        .into_iter()
        .filter(|frame| frame.starts_with(&[0; 4]))
        .collect()
}

#[test]
fn golden_packets_are_read_alike() {
    let packets: Vec<Vec<u8>> = golden(Protocol::Teltonika)
        .iter()
        .flat_map(|frame| packets(&frame.bytes))
        .collect();
    let alike = packets.iter().filter(|packet| compare(packet)).count();
    // All but the one whose checksum is wrong, which they refuse and we keep.
    assert_eq!((alike, packets.len()), (packets.len() - 1, 6));
}

#[test]
fn golden_datagrams_are_read_alike() {
    let frames = golden(Protocol::Teltonika);
    let bytes = &frames
        .iter()
        .find(|frame| frame.name == "a datagram")
        .unwrap()
        .bytes;
    let mut rest = bytes.as_slice();
    let (theirs, ours) = (
        take_datagram(&mut rest).unwrap().evaluate(),
        Datagram::read(bytes, NOW).unwrap(),
    );
    assert!(rest.is_empty());
    assert_eq!(theirs.imei().as_str(), ours.reports[0].device.0);
    assert_eq!(theirs.packet().records().len(), ours.reports.len());
    let [_, _, high, low, _, avl, count] = ours.answer;
    assert_eq!(theirs.packet_id(), u16::from_be_bytes([high, low]));
    assert_eq!(
        (theirs.avl_packet_id(), theirs.packet().records().len()),
        (avl, usize::from(count))
    );
}

/// Where the real frames are, as for the conformance tests.
fn vectors() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocols/vectors");
    let file = std::env::var_os("SEGEL_VECTORS").map_or(beside, PathBuf::from);
    Some(file.join("teltonika.jsonl")).filter(|file| file.is_file())
}

#[test]
fn real_packets_are_read_alike() {
    let Some(file) = vectors() else {
        println!("skipped: no real frames; set SEGEL_VECTORS");
        return;
    };
    let rows = std::fs::read_to_string(file).unwrap();
    let (mut alike, mut all) = (0, 0);
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let Ok(bytes) = segel_wire::tool::bytes(&row) else {
            continue;
        };
        for packet in packets(&bytes) {
            alike += usize::from(compare(&packet));
            all += 1;
        }
    }
    println!("{alike} of {all} real packets are read alike; they refuse the others");
    assert!(all / 2 < alike, "{alike} of {all}");
}

/// What a record holds; a record borrows it.
type Owner = (
    (u64, u8, i32, i32),
    (i16, u16, u8, u16),
    u8,
    u8,
    Vec<(u8, Vec<u8>)>,
);

fn owner() -> impl Strategy<Value = Owner> {
    let value = prop_oneof![Just(1_usize), Just(2), Just(4), Just(8)]
        .prop_flat_map(|length| vec(any::<u8>(), length));
    let head = (0_u64..4_102_444_800_000, 0_u8..3, any::<i32>(), any::<i32>());
    (
        head,
        any::<(i16, u16, u8, u16)>(),
        any::<u8>(),
        0_u8..8,
        vec((any::<u8>(), value), 0..8),
    )
}

proptest! {
    /// They read what our encoder writes.
    #[test]
    fn written_packets_are_read_alike(
        codec in prop_oneof![Just(0x08_u8), Just(0x8E), Just(0x10)],
        owners in vec(owner(), 1..4),
        any_length in proptest::option::of(vec(any::<u8>(), 0..40)),
    ) {
        let any_length = any_length.filter(|_| codec == 0x8E);
        let record = |owner: &'_ Owner| -> Vec<(u16, Vec<u8>, bool)> {
            let mut values: Vec<_> = owner.4.iter().map(|(id, value)| (u16::from(*id), value.clone(), false)).collect();
            values.sort_by_key(|(_, value, _)| value.len());
            values.extend(any_length.iter().map(|value| (300, value.clone(), true)));
            values
        };
        let values: Vec<_> = owners.iter().map(record).collect();
        let records: Vec<Record<'_>> = owners.iter().zip(&values).map(|(owner, values)| Record {
            time_ms: owner.0.0,
            priority: owner.0.1,
            longitude_e7: owner.0.2,
            latitude_e7: owner.0.3,
            altitude_m: owner.1.0,
            course_deg: owner.1.1,
            satellites: owner.1.2,
            speed_kmh: owner.1.3,
            event: owner.2.into(),
            generation: (codec == 0x10).then_some(owner.3),
            elements: values
                .iter()
                .map(|(id, value, any_length)| Element { id: *id, value, any_length: *any_length })
                .collect(),
        }).collect();
        let packet = frame::wrap(&encode(codec, Layout::of(codec).unwrap(), &records));
        prop_assert!(compare(&packet), "they refuse it");
    }
}
