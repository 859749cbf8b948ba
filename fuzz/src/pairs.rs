//! What is read can be written, and what was written reads back the same: commands, records, words, escapes, masks.

use segel_model::{DeviceId, ServerTime, report::Protocol};
use segel_wire::{
    gt06, jointech,
    jointech::{place::Said, record::Record},
    jt808,
    jt808::location::Location,
    mask_secrets, meitrack,
    secrets::secret_ranges,
    teltonika,
    teltonika::{datagram::Datagram, text::Text},
};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);
/// The longest part of a stream that is looked at from one place.
const LONGEST: usize = 512;
/// From how many places.
const PLACES: usize = 8;

/// Asks it of a stream of some language, from several places in it.
pub fn check(protocol: Protocol, bytes: &[u8]) {
    let step = (bytes.len() / PLACES).max(1);
    for from in (0..bytes.len()).step_by(step) {
        let part = &bytes[from..bytes.len().min(from + LONGEST)];
        masks(protocol, part);
        match protocol {
            Protocol::Jointech => jointech(part),
            Protocol::Gt06 => gt06(part),
            Protocol::Teltonika => teltonika(part),
            Protocol::Jt808 => jt808(part),
            Protocol::Meitrack => meitrack(part),
            // Their orders are lines that nobody but the unit reads back.
            _ => {}
        }
    }
}

fn masks(protocol: Protocol, bytes: &[u8]) {
    let masked = mask_secrets(protocol, bytes);
    assert_eq!(masked.len(), bytes.len(), "a mask is as long as what it hides");
    for range in secret_ranges(protocol, bytes) {
        assert!(masked[range].iter().all(|byte| *byte == b'*'), "a secret shows");
    }
}

fn jointech(bytes: &[u8]) {
    let escaped = jointech::frame::escape(bytes);
    assert!(
        jointech::frame::unescape(&escaped) == bytes,
        "what was escaped comes back"
    );
    if let Some(command) = jointech::command::Command::decode(bytes) {
        let written = command.encode().expect("what was read is legal");
        assert!(
            jointech::command::Command::decode(&written) == Some(command),
            "a command reads back"
        );
    }
    if bytes.first() == Some(&jointech::frame::BINARY) && jointech::frame::is_long(bytes) {
        record(bytes);
    }
}

fn record(bytes: &[u8]) {
    let jointech::frame::Next::Binary(length) = jointech::frame::next(bytes, LONGEST) else {
        return;
    };
    let whole = &bytes[..length];
    if let Some(record) = Record::decode(whole).filter(|record| record.nonsense(whole).is_none()) {
        assert!(record.encode() == whole, "a record is written as it was read");
    }
}

fn gt06(bytes: &[u8]) {
    if let Some((command, envelope)) = gt06::command::Command::decode(bytes) {
        let written = command.encode(envelope).expect("what was read is legal");
        assert!(
            gt06::command::Command::decode(&written) == Some((command, envelope)),
            "a command reads back"
        );
    }
    let body = &bytes[..bytes.len().min(gt06::frame::SHORT_BODY)];
    let written = gt06::frame::write(false, 0x22, body, 7);
    let opened = gt06::frame::Frame::open(&written).expect("what was written is a message");
    assert!(
        opened.checksum_holds && opened.body == body,
        "a message reads back"
    );
}

fn teltonika(bytes: &[u8]) {
    if let Some(text) = Text::decode(bytes).filter(|text| text.fits) {
        let again = text.encode();
        assert!(Text::decode(&again) == Some(text), "words read back");
    }
    let codec = bytes.first().copied().unwrap_or_default();
    if let Some(layout) = teltonika::record::Layout::of(codec) {
        let records = teltonika::record::decode(bytes, layout);
        let count = usize::from(bytes.get(1).copied().unwrap_or_default());
        let written = teltonika::record::encode(codec, layout, &records);
        // The last record of a body that is cut lacks values, and why it was made: it is written with those that it has, and with how many
        // they are, so that it is longer. (That the count does not stand a second time is no cut of a record.)
        if records.len() == count && written.len() <= bytes.len() + 1 {
            assert!(
                teltonika::record::decode(&written, layout) == records,
                "records read back"
            );
        }
    }
    if let Some(datagram) = Datagram::read(bytes, NOW) {
        assert!(!datagram.reports.is_empty(), "nothing that came is dropped");
    }
    let packet = teltonika::frame::wrap(bytes);
    assert!(teltonika::frame::is_intact(&packet) && teltonika::frame::body(&packet) == bytes);
}

fn jt808(bytes: &[u8]) {
    for delimiter in [jt808::frame::DELIMITER, jt808::frame::OTHER_DELIMITER] {
        let escaped = jt808::frame::escape(delimiter, bytes);
        assert!(
            jt808::frame::unescape(delimiter, &escaped) == bytes,
            "what was escaped comes back"
        );
    }
    if let Some(location) = Location::decode(bytes).filter(|location| location.clock != Said::Nonsense) {
        let mut written = Vec::new();
        location.encode(&mut written);
        assert!(
            Location::decode(&written) == Some(location),
            "a position reads back"
        );
    }
    let address = jt808::header::Address::from_device("013511221122").expect("twelve digits");
    let frame = address.message(0x0200, 7, bytes);
    let opened = jt808::frame::Frame::open(&frame).expect("what was written is a frame");
    assert!(
        opened.fault().is_none() && opened.body == bytes,
        "a message reads back"
    );
}

fn meitrack(bytes: &[u8]) {
    let device = DeviceId("356307042441013".into());
    let wrapped = meitrack::frame::wrap(meitrack::frame::UP, b'A', &device.0, &[b"CCE,", bytes].concat());
    let frame = &wrapped[..wrapped.len() - meitrack::frame::LINE_END.len()];
    let opened = meitrack::frame::Frame::open(frame).expect("what was written is a frame");
    assert!(
        opened.length_holds && opened.checksum_holds && opened.said == Some(bytes),
        "a frame reads back"
    );
}
