//! What holds for every byte: nothing panics, cuts change nothing, and what is written reads back the same.
#![allow(clippy::unwrap_used, reason = "a value that cannot be made fails its test")]

use proptest::{collection::vec, prelude::*};
use segel_model::{Report, ServerTime, report::Protocol};
use segel_wire::{
    Limits, Output, Profile, Session,
    calendar::Clock,
    decode, jointech,
    jointech::{
        command::Command,
        place::{Place, Said},
        record::{CellTail, FenceTail, Record},
        status::Status,
    },
    mask_secrets, meitrack,
    mqtt::packet::{Connect, Packet, Publish, Will},
    teltonika,
};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

fn said() -> impl Strategy<Value = Said> {
    let date = (0_u8..100, 1_u8..=12, 1_u8..=28, 0_u8..24, 0_u8..60, 0_u8..60);
    let dated = date.prop_map(|(year, month, day, hour, minute, second)| {
        Said::from_two_digits([day, month, year, hour, minute, second])
    });
    let zero = (0_u8..24, 0_u8..60, 0_u8..60).prop_map(|(h, m, s)| Said::Zero([h, m, s]));
    prop_oneof![9 => dated, 1 => zero]
}

fn place() -> impl Strategy<Value = Place> {
    let latitude = (0_u32..90, 0_u32..600_000).prop_map(|(degrees, minutes)| degrees * 1_000_000 + minutes);
    let longitude = (0_u32..180, 0_u32..600_000).prop_map(|(degrees, minutes)| degrees * 1_000_000 + minutes);
    (said(), latitude, longitude, 0_u8..16, any::<u8>(), 0_u8..=180).prop_map(
        |(clock, latitude, longitude, flags, speed_kn, course_half_deg)| Place {
            clock,
            latitude: Some(latitude),
            longitude: Some(longitude),
            flags,
            speed_kn,
            course_half_deg,
        },
    )
}

fn tails() -> impl Strategy<Value = (Option<FenceTail>, Option<CellTail>)> {
    let fence = any::<[u8; 4]>().prop_map(|[fence, expanded, mnc_high, reserved]| FenceTail {
        fence,
        expanded,
        mnc_high,
        reserved,
    });
    let cell = any::<([u8; 8], u16, u16, u8)>().prop_map(|(imei, cell_high, mcc, mnc_low)| CellTail {
        imei,
        cell_high,
        mcc,
        mnc_low,
    });
    (proptest::option::of(fence), proptest::option::of(cell))
        .prop_map(|(fence, cell)| (fence, cell.filter(|_| fence.is_some())))
}

prop_compose! {
    fn record()(
        place in place(),
        (fence, cell) in tails(),
        device in 0_u64..10_000_000_000,
        (version, device_type, data_type, satellites, csq, serial) in
            any::<(u8, u8, u8, u8, u8, u8)>().prop_map(|(a, b, c, d, e, f)| (a, b % 15 + 1, c % 16, d, e, f)),
        (mileage_km, vehicle, status, cell_low, lac) in any::<(u32, u32, u16, u16, u16)>(),
        battery in prop_oneof![0_u8..=100, Just(0xFF)],
    ) -> Record {
        Record {
            device, version, device_type, data_type, place, mileage_km, satellites, vehicle,
            status: Status(status), battery, cell_low, lac, csq, fence, cell, serial,
        }
    }
}

/// Bytes that look like what seals send, whole, cut and damaged.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        Just(b"(7100000042,@JT)".to_vec()),
        Just(b"(7100000042,P52,2,113271)".to_vec()),
        Just(b"(7100000042,P22,2)".to_vec()),
        Just(b"(7100000042,1,110,WLNET,5,2,=\x15\x00(".to_vec()),
        "\\([0-9]{8,12},[A-Z]{1,5}[0-9]{0,2}(,[0-9A-Z.@]{0,9}){0,18}\\)".prop_map(String::into_bytes),
    ];
    let piece = prop_oneof![
        3 => record().prop_map(|record| record.encode()),
        3 => text,
        1 => vec(any::<u8>(), 0..40),
        1 => (record(), any::<prop::sample::Index>()).prop_map(|(record, at)| {
            let mut bytes = record.encode();
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// What a record holds; a record borrows it.
#[derive(Debug, Clone)]
struct Owner {
    head: (u64, u8, i32, i32, i16, u16, u8, u16),
    event: u8,
    generation: Option<u8>,
    values: Vec<(u8, Vec<u8>)>,
}

impl Owner {
    fn record(&self) -> teltonika::record::Record<'_> {
        let (time_ms, priority, longitude_e7, latitude_e7, altitude_m, course_deg, satellites, speed_kmh) =
            self.head;
        // Values of one length stand together.
        let mut values: Vec<&(u8, Vec<u8>)> = self.values.iter().collect();
        values.sort_by_key(|(_, value)| value.len());
        teltonika::record::Record {
            time_ms,
            priority,
            longitude_e7,
            latitude_e7,
            altitude_m,
            course_deg,
            satellites,
            speed_kmh,
            event: self.event.into(),
            generation: self.generation,
            elements: values
                .into_iter()
                .map(|(id, value)| teltonika::record::Element {
                    id: (*id).into(),
                    value,
                    any_length: false,
                })
                .collect(),
        }
    }
}

fn teltonika_records() -> impl Strategy<Value = (u8, Vec<Owner>)> {
    let value = prop_oneof![Just(1_usize), Just(2), Just(4), Just(8)]
        .prop_flat_map(|length| vec(any::<u8>(), length));
    let record = (
        any::<(u64, u8, i32, i32, i16, u16, u8, u16)>(),
        any::<u8>(),
        vec((any::<u8>(), value), 0..8),
    );
    let codec = prop_oneof![Just(0x08_u8), Just(0x8E), Just(0x10)];
    (codec, vec(record, 1..4)).prop_map(|(codec, records)| {
        let owner = |(head, event, values)| Owner {
            head,
            event,
            generation: (codec == 0x10).then_some(6),
            values,
        };
        (codec, records.into_iter().map(owner).collect())
    })
}

fn teltonika_packet() -> impl Strategy<Value = Vec<u8>> {
    teltonika_records().prop_map(|(codec, records)| {
        let records: Vec<_> = records.iter().map(Owner::record).collect();
        let layout = teltonika::record::Layout::of(codec).unwrap();
        teltonika::frame::wrap(&teltonika::record::encode(codec, layout, &records))
    })
}

/// Bytes that look like what units send, whole, cut and damaged.
fn teltonika_stream() -> impl Strategy<Value = Vec<u8>> {
    let damaged =
        (teltonika_packet(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        });
    let shortened = (teltonika_packet(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len()));
        bytes
    });
    let piece = prop_oneof![
        2 => Just(teltonika::frame::login("356307042441013")),
        3 => teltonika_packet(),
        1 => damaged,
        1 => shortened,
        1 => Just(vec![teltonika::frame::PING]),
        1 => vec(any::<u8>(), 0..40),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Bytes that look like what units send, whole, cut and damaged.
fn meitrack_stream() -> impl Strategy<Value = Vec<u8>> {
    let said = prop_oneof![
        "(AAA|AFF|D82)(,[0-9A-Z.|-]{0,9}){0,20}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..200).prop_map(|bytes| [b"CCC,".as_slice(), &bytes].concat()),
        vec(any::<u8>(), 0..80)
            .prop_map(|bytes| [b"CCE,\0\0\0\0\x01\0\x40\0\0\0".as_slice(), &bytes].concat()),
        Just(b"D03,*41\r\n".to_vec()),
    ];
    let frame = said.prop_map(|said| meitrack::frame::wrap(b"$$", b'A', "356307042441013", &said));
    let piece =
        (frame, any::<prop::sample::Index>(), any::<u8>(), 0_u8..6).prop_map(|(mut bytes, at, byte, how)| {
            let at = at.index(bytes.len());
            match how {
                0 => bytes.truncate(at),
                1 => bytes[at] = byte,
                2 => bytes.insert(at, byte),
                _ => {}
            }
            bytes
        });
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A packet of a client, with everything that it may say.
fn mqtt_packet() -> impl Strategy<Value = Vec<u8>> {
    let name = "[a-z]{0,6}";
    let connect = (
        name,
        any::<(bool, u16, Option<bool>)>(),
        name,
        vec(any::<u8>(), 0..9),
    )
        .prop_map(|(client, (clean, keep_alive_s, is_named), user, password)| {
            let connect = Connect {
                client: &client,
                clean,
                keep_alive_s,
                user: is_named.map(|_| user.as_str()),
                password: is_named.filter(|is| *is).map(|_| password.as_slice()),
                will: clean.then_some(Will {
                    topic: &user,
                    message: &password,
                    qos: (keep_alive_s % 3) as u8,
                    retain: keep_alive_s % 2 == 0,
                }),
            };
            Packet::Connect(connect).write()
        });
    let payload = vec(any::<u8>(), 0..300);
    let publish = ("[a-z/]{1,9}", 0_u8..3, 1_u16.., any::<(bool, bool)>(), payload).prop_map(
        |(topic, qos, id, (repeated, retain), payload)| {
            let message = Publish {
                topic: &topic,
                qos,
                id: (qos != 0).then_some(id),
                repeated: repeated && qos != 0,
                retain,
                payload: &payload,
            };
            Packet::Publish(message).write()
        },
    );
    let subscribe = (1_u16.., vec(("[a-z/#+]{1,6}", 0_u8..3), 1..4)).prop_map(|(id, wishes)| {
        let filters = wishes
            .iter()
            .map(|(filter, qos)| (filter.as_str(), *qos))
            .collect();
        Packet::Subscribe { id, filters }.write()
    });
    let plain = prop_oneof![Just(Packet::Ping.write()), Just(Packet::Disconnect.write())];
    prop_oneof![2 => connect, 4 => publish, 1 => subscribe, 1 => plain]
}

/// Messages of a cloud among other packets.
fn cloud_stream() -> impl Strategy<Value = Vec<u8>> {
    let message = (0_u8..3, 1_u16.., 0_i32..90).prop_map(|(qos, id, degrees)| {
        let message = Publish {
            topic: "upload/k/7100000042/location",
            qos: qos.min(1),
            id: (qos != 0).then_some(id),
            repeated: false,
            retain: false,
            payload: &format!(r#"{{"latitude": {degrees}, "longitude": 110, "Index": {id}}}"#).into_bytes(),
        };
        Packet::Publish(message).write()
    });
    vec(prop_oneof![3 => message, 1 => mqtt_packet()], 1..6).prop_map(|packets| packets.concat())
}

/// Everything a session says about reports and answers, each acknowledged at once.
fn talk(protocol: Protocol, pieces: &[&[u8]]) -> (Vec<Report>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut session = Session::new(protocol, Profile::ANY, Limits::default());
    let (mut reports, mut raw, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        session.receive(NOW, piece);
        while let Some(output) = session.poll() {
            match output {
                Output::Report(reported) => {
                    session.acknowledge(reported.token, NOW);
                    reports.push(reported.report);
                    raw.push(reported.raw);
                }
                Output::Transmit(bytes) => sent.push(bytes),
                _ => {}
            }
        }
    }
    (reports, raw, sent)
}

fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn a_record_reads_back_as_it_was_written(record in record()) {
        let bytes = record.encode();
        prop_assert_eq!(Record::decode(&bytes), Some(record));
        prop_assert_eq!(record.nonsense(&bytes), None);
        prop_assert_eq!(jointech::frame::next(&bytes, 2048), jointech::frame::Next::Binary(bytes.len()));
    }

    /// `encode(decode(x)) == x` for every record in which nothing is nonsense.
    #[test]
    fn a_record_is_written_back_as_it_was_read(
        record in record(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = record.encode();
        for (at, byte) in damage {
            let at = 10 + at.index(bytes.len() - 10);
            bytes[at] = byte;
        }
        let read = Record::decode(&bytes).unwrap();
        if read.nonsense(&bytes).is_none() {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    #[test]
    fn cuts_change_nothing_that_a_seal_says(
        bytes in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk(Protocol::Jointech, &[&bytes]);
        prop_assert_eq!(talk(Protocol::Jointech, &cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn cuts_change_nothing_that_a_phone_says(
        ids in vec("[a-z]{1,8}", 1..4), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let requests: Vec<String> = ids
            .iter()
            .map(|id| match id.len() % 2 {
                0 => format!("POST /?id={id}&lat=-6.9&lon=110.4 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"),
                _ => format!(
                    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\nid={id}\r\n12\r\n&lat=-6.9&lon=10.4\r\n0\r\n\r\n",
                    3 + id.len()
                ),
            })
            .collect();
        let bytes = requests.concat().into_bytes();
        let whole = talk(Protocol::Osmand, &[&bytes]);
        prop_assert_eq!(whole.0.len(), ids.len());
        prop_assert_eq!(whole.2.len(), ids.len());
        prop_assert_eq!(talk(Protocol::Osmand, &cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn cuts_change_nothing_that_a_teltonika_unit_says(
        bytes in teltonika_stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk(Protocol::Teltonika, &[&bytes]);
        prop_assert_eq!(talk(Protocol::Teltonika, &cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn cuts_change_nothing_that_a_meitrack_unit_says(
        bytes in meitrack_stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk(Protocol::Meitrack, &[&bytes]);
        prop_assert_eq!(talk(Protocol::Meitrack, &cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn a_packet_of_mqtt_reads_back_as_it_was_written(bytes in mqtt_packet()) {
        let packet = Packet::read(&bytes);
        prop_assert!(packet.is_ok(), "{packet:?}");
        prop_assert_eq!(packet.unwrap().write(), bytes);
    }

    #[test]
    fn cuts_change_nothing_that_a_cloud_says(
        bytes in cloud_stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk(Protocol::JointechCloud, &[&bytes]);
        prop_assert_eq!(talk(Protocol::JointechCloud, &cut(&bytes, &cuts)), whole);
    }

    /// Records are read back as they were written, whatever the codec.
    #[test]
    fn a_teltonika_packet_reads_back_as_it_was_written((codec, records) in teltonika_records()) {
        let layout = teltonika::record::Layout::of(codec).unwrap();
        let records: Vec<_> = records.iter().map(Owner::record).collect();
        let body = teltonika::record::encode(codec, layout, &records);
        prop_assert_eq!(teltonika::record::decode(&body, layout), records);
    }

    /// Stored bytes read again say the same.
    #[test]
    fn a_stored_frame_reads_again_as_it_did(bytes in stream()) {
        let (reports, raw, _) = talk(Protocol::Jointech, &[&bytes]);
        for (report, raw) in reports.iter().zip(&raw) {
            let again = decode(Protocol::Jointech, Profile::ANY, NOW, raw);
            prop_assert!(again.reports.contains(report), "{report:?} is not in {:?}", again.reports);
        }
    }

    #[test]
    fn masking_keeps_the_length(bytes in stream()) {
        prop_assert_eq!(mask_secrets(Protocol::Jointech, &bytes).len(), bytes.len());
    }

    #[test]
    fn a_command_reads_back_as_it_was_written(text in "\\((P|S)[0-9]{2}(,-?[0-9]{1,4}(\\.[0-9]{1,4})?){0,8}\\)") {
        if let Some(command) = Command::decode(text.as_bytes()) {
            let written = command.encode().unwrap();
            prop_assert!(Command::decode(&written) == Some(command));
        }
    }

    #[test]
    fn dates_and_moments_agree(unix_s in -62_000_000_000_i64..250_000_000_000) {
        prop_assert_eq!(Clock::from_unix_ms(unix_s * 1000).unix_ms(), unix_s * 1000);
    }
}
