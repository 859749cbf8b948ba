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
    mask_secrets,
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
