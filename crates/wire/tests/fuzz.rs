//! Any bytes at all, in any pieces, to every decoder.
//!
//! `cargo test` runs each target for a moment. For longer, say how long in milliseconds:
//! `BOLERO_RANDOM_TEST_TIME_MS=60000 cargo test --release -p segel-wire --test fuzz`.

use segel_model::{OrderId, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{
    Limits, Output, Profile, Session, Transport, decode_of, gt06,
    jointech::command::Command,
    jt808, mask_secrets, meitrack,
    mqtt::packet::{Packet, Publish},
    objects::body,
    secrets::secret_ranges,
    teltonika::{datagram::Datagram, frame},
    tool::Tool,
};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

/// Two bytes say how long the next piece is; whatever they cut, every report is acknowledged and nothing panics.
fn talk(protocol: Protocol, bytes: &[u8]) {
    let mut session = Session::new(protocol, Profile::ANY, Limits::default());
    let refused = session
        .send(OrderId(1), &SealCommand::AlwaysAwake { on: true }, NOW)
        .is_err();
    assert_eq!(refused, protocol != Protocol::Jointech);
    let mut rest = bytes;
    let mut now = NOW;
    while let [length, wait, tail @ ..] = rest {
        let (piece, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        now = now.plus_s(i64::from(*wait));
        session.tick(now);
        session.receive(now, piece);
        drain(&mut session, protocol, now);
    }
}

fn drain(session: &mut Session, protocol: Protocol, now: ServerTime) {
    drain_as(session, protocol, Profile::ANY, now);
}

fn drain_as(session: &mut Session, protocol: Protocol, profile: Profile, now: ServerTime) {
    while let Some(output) = session.poll() {
        if let Output::Report(reported) = output {
            session.acknowledge(reported.token, now);
            assert!(reported.raw.len() <= Limits::default().request_bytes as usize);
            let device = &reported.report.device;
            let again = decode_of(device, protocol, profile, now, &reported.raw);
            let found = again.reports.get(usize::from(reported.part));
            assert_eq!(
                found,
                Some(&reported.report),
                "a stored frame reads again as it did"
            );
        }
    }
}

#[test]
fn any_bytes_from_a_seal() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Jointech, bytes));
}

#[test]
fn any_bytes_from_an_eseal() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Eseal, bytes));
}

#[test]
fn any_bytes_from_a_queclink_unit() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Queclink, bytes));
}

/// Random bytes seldom look like frames; these begin and end like one.
#[test]
fn any_bytes_inside_a_line() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let length = bytes.len().min(600) as u16 + 26;
        let [high, low] = length.to_be_bytes();
        let frames: [(Protocol, &[u8], &[u8]); 5] = [
            (Protocol::Eseal, b"##S,eSeal,7100042,256,3.0.6,", b",E##\r\n"),
            (
                Protocol::Eseal,
                b"##S,eSeal,7,256,3.0.6,Normal,1,2026-02-03,09:30:15,15,A,",
                b",E##",
            ),
            (
                Protocol::Queclink,
                b"+RESP:GTERI,6E0A03,860599000000042,,",
                b",20260203093015,11F0$",
            ),
            (
                Protocol::Queclink,
                b"+ACK:GTHBD,1A0102,860599000000042,,",
                b",20260203093015,11F0$",
            ),
            (
                Protocol::Queclink,
                &[
                    b'+', b'R', b'S', b'P', 7, 0, 0xFC, 0x1F, 0xBF, high, low, 0x45, 1, 2, 2, 9, 86, 50, 84,
                    3, 0, 3, 67, 5,
                ],
                b"\r\n",
            ),
        ];
        for (protocol, head, end) in frames {
            let whole = [head, &bytes[..bytes.len().min(600)], end].concat();
            let mut session = Session::new(protocol, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, protocol, NOW);
        }
    });
}

#[test]
fn any_bytes_from_a_teltonika_unit() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Teltonika, bytes));
}

/// Random bytes seldom have a checksum; these are packets and datagrams of every codec.
#[test]
fn any_bytes_inside_a_packet() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let bytes = &bytes[..bytes.len().min(1200)];
        for codec in [0x07, 0x08, 0x8E, 0x10, 0x0C, 0x0D, 0x0E] {
            let body = [&[codec], bytes].concat();
            let mut whole = [frame::login("356307042441013"), frame::wrap(&body)].concat();
            let damaged = whole.len() - 1;
            let mut session = Session::new(Protocol::Teltonika, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::Teltonika, NOW);
            whole[damaged] ^= 0xFF;
            session.receive(NOW, &[whole.as_slice(), b"\xFF\xFF"].concat());
            drain(&mut session, Protocol::Teltonika, NOW);
            let head = b"\xCA\xFE\x01\x05\x00\x0F356307042441013";
            let length = (head.len() + body.len()) as u16;
            let datagram = [&length.to_be_bytes(), head.as_slice(), &body].concat();
            let read = Datagram::read(&datagram, NOW).expect("a datagram");
            assert!(!read.reports.is_empty(), "nothing that came is dropped");
            session.receive(NOW, &datagram);
            drain(&mut session, Protocol::Teltonika, NOW);
            mask_secrets(Protocol::Teltonika, &whole);
        }
    });
}

#[test]
fn any_bytes_from_a_meitrack_unit() {
    bolero::check!().for_each(|bytes: &[u8]| {
        talk(Protocol::Meitrack, bytes);
        for said in [
            b"AAA,".as_slice(),
            b"AFF,",
            b"CCC,",
            b"CCE,",
            b"CCE,\0\0\0\0\x01\0\xFF\0\0\0",
            b"A12,",
        ] {
            let bytes = &bytes[..bytes.len().min(1200)];
            let whole = meitrack::frame::wrap(b"$$", b'A', "356307042441013", &[said, bytes].concat());
            let mut session = Session::new(Protocol::Meitrack, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::Meitrack, NOW);
        }
    });
}

#[test]
fn any_bytes_from_a_phone() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Osmand, bytes));
}

#[test]
fn any_bytes_from_a_platform() {
    bolero::check!().for_each(|bytes: &[u8]| {
        for protocol in PLATFORMS {
            talk(protocol, bytes);
        }
    });
}

const PLATFORMS: [Protocol; 4] = [
    Protocol::Open,
    Protocol::Flespi,
    Protocol::Teratrack,
    Protocol::Tive,
];

/// Random bytes are seldom JSON; these stand where a value does, as one value and as text.
#[test]
fn any_value_of_a_platform() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let bytes = &bytes[..bytes.len().min(600)];
        let text = String::from_utf8_lossy(bytes);
        let quoted = serde_json::to_string(&text).expect("text is JSON");
        for (protocol, object) in PLATFORMS.into_iter().zip(OBJECTS) {
            for value in [text.as_ref(), quoted.as_str()] {
                let whole = object.replace('?', value);
                let mut session = Session::new(protocol, Profile::ANY, Limits::default());
                session.receive(NOW, whole.as_bytes());
                drain(&mut session, protocol, NOW);
                let read = body::read(protocol, whole.as_bytes(), NOW, 10);
                for item in read.into_iter().flatten() {
                    assert!(item.raw.len() <= whole.len());
                }
            }
        }
    });
}

/// One object of each, with the values that are read most closely left open.
const OBJECTS: [&str; 4] = [
    r#"{"device":"A","time":?,"fix":{"lat":?,"lon":1,"source":"gnss"},"signals":[?],"extra":{"a":?}}"#,
    r#"[{"ident":"A","timestamp":?,"position.latitude":?,"position.longitude":1,"back.cap.open.alarm":?,"x":?}]"#,
    r#"{"MDeviceID":"A","DateTime":?,"Latitude":?,"Longitude":1,"LockCutOff":?,"Slave":[{"SDeviceId":"1","SPower":?},?]}"#,
    r#"{"DeviceId":"A","EntryTimeEpoch":?,"Location":{"Latitude":?,"Longitude":1,"Accuracy":?},"Battery":?,"Alert":?}"#,
];

#[test]
fn any_bytes_from_a_gt06_seal() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Gt06, bytes));
}

/// Whole messages of any number with any body, behind a log-in; and what is inside a command.
#[test]
fn any_body_of_a_gt06_seal() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let [message, body @ ..] = bytes else { return };
        let body = &body[..body.len().min(gt06::frame::SHORT_BODY)];
        for long in [false, true] {
            let mut session = Session::new(Protocol::Gt06, Profile::ANY, Limits::default());
            session.receive(NOW, &gt06::frame::write(false, 1, &[8; 8], 1));
            session.receive(NOW, &gt06::frame::write(long, *message, body, 2));
            drain(&mut session, Protocol::Gt06, NOW);
        }
        gt06::command::Command::decode(bytes);
        mask_secrets(Protocol::Gt06, bytes);
    });
}

/// Random bytes seldom are JSON; these stand inside a page and a message.
#[test]
fn any_bytes_in_a_mailbox() {
    bolero::check!().for_each(|bytes: &[u8]| {
        talk(Protocol::Orbcomm, bytes);
        let field = String::from_utf8_lossy(bytes).replace(['"', '\\'], "");
        let value = format!(
            r#"{{"ID":7,"MobileID":"1","MessageUTC":"{field}","Payload":{{"Fields":[{{"Name":"{field}","Value":"{field}"}},{{"Name":"Latitude","Value":"{field}"}},{{"Name":"EventTime","Value":"{field}"}}]}}}}"#
        );
        let page = [br#"{"ErrorID":0,"NextStartUTC":"","Messages":["#, bytes, b"]}"].concat();
        for whole in [value.as_bytes(), &page] {
            let mut session = Session::new(Protocol::Orbcomm, Profile::ANY, Limits::default());
            session.receive(NOW, whole);
            drain(&mut session, Protocol::Orbcomm, NOW);
        }
    });
}

#[test]
fn any_bytes_from_a_kingwo_seal() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Kingwo, bytes));
}

#[test]
fn any_field_of_a_kingwo_seal() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let heads: [&[u8]; 3] = [
            b"*HQ200866000000000017,BA&",
            b"*VK201866000000000017,AH&",
            b"*HQ200866000000000017,GY&",
        ];
        for head in heads {
            let whole = [head, bytes, b"#"].concat();
            let mut session = Session::new(Protocol::Kingwo, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::Kingwo, NOW);
        }
    });
}

#[test]
fn any_bytes_from_a_terminal() {
    bolero::check!().for_each(|bytes: &[u8]| talk(Protocol::Jt808, bytes));
}

/// Frames whose length and checksum hold, with anything in them, whole and in pieces.
#[test]
fn any_body_of_a_terminal() {
    const MESSAGES: [u16; 16] = [
        0x0001, 0x0002, 0x0100, 0x0102, 0x0104, 0x0107, 0x0200, 0x0201, 0x0210, 0x0704, 0x0900, 0x1300,
        0x5501, 0x5502, 0x6006, 0x0500,
    ];
    let device = [1, 0x35, 0x11, 0x22, 0x11, 0x22];
    bolero::check!().for_each(|bytes: &[u8]| {
        let [message, flags, body @ ..] = bytes else {
            return;
        };
        let id = MESSAGES[usize::from(message % 16)];
        let body = &body[..body.len().min(1023)];
        let properties = body.len() as u16 | u16::from(flags & 0xE0) << 8;
        let head = [&id.to_be_bytes()[..], &properties.to_be_bytes(), &device].concat();
        for delimiter in [0x7E, 0xE7] {
            let whole = jt808::frame::close(delimiter, &[&head, body].concat());
            for name in ["any", "jt808", "jt709", "hhd", "hhd_p", "bsj", "aovx"] {
                let profile = Profile::from_text(name).expect("a dialect");
                let mut session = Session::new(Protocol::Jt808, profile, Limits::default());
                session.receive(NOW, &whole);
                drain_as(&mut session, Protocol::Jt808, profile, NOW);
            }
            mask_secrets(Protocol::Jt808, &whole);
        }
    });
}

/// Random bytes seldom look like frames; these begin like one.
#[test]
fn any_bytes_inside_a_frame() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let length = bytes.len().min(600) as u16;
        let [high, low] = length.to_be_bytes();
        let head: [&[u8]; 3] = [
            &[b'$', 0x71, 0, 0, 0, 0x42, 0x19, 0x11, high, low],
            b"(7100000042,",
            b"(7100000042,1,110,WLNET,5,2,",
        ];
        for head in head {
            let whole = [head, bytes, b")"].concat();
            let mut session = Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::Jointech, NOW);
        }
    });
}

#[test]
fn any_body_of_a_phone() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let head = format!("POST /?id=a HTTP/1.1\r\nContent-Length: {}\r\n\r\n", bytes.len());
        let json = [b"{\"device_id\":1,\"location\":[", bytes, b"]}"].concat();
        let json_head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", json.len());
        for whole in [
            [head.as_bytes(), bytes].concat(),
            [json_head.as_bytes(), &json].concat(),
        ] {
            let mut session = Session::new(Protocol::Osmand, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::Osmand, NOW);
        }
    });
}

#[test]
fn any_bytes_as_a_command_a_secret_or_a_line() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Some(command) = Command::decode(bytes) {
            assert!(command.encode().is_ok(), "what was read is legal");
        }
        let masked = mask_secrets(Protocol::Jointech, bytes);
        assert_eq!(masked.len(), bytes.len());
        mask_secrets(Protocol::Eseal, bytes);
        mask_secrets(Protocol::Queclink, bytes);
        mask_secrets(Protocol::Osmand, bytes);
        mask_secrets(Protocol::Teltonika, bytes);
        mask_secrets(Protocol::Jt808, bytes);
        for range in secret_ranges(Protocol::Jointech, bytes) {
            assert!(masked[range].iter().all(|byte| *byte == b'*'));
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            Tool::new(Protocol::Jointech, Profile::ANY).line(text, NOW);
        }
    });
}

/// Datagrams of any bytes, and of whole frames with anything behind them: nothing is kept for the next one.
#[test]
fn any_datagrams() {
    bolero::check!().for_each(|bytes: &[u8]| {
        for protocol in Protocol::ALL {
            if !Transport::Datagrams.carries(protocol) {
                continue;
            }
            let mut session = Session::over(Transport::Datagrams, protocol, Profile::ANY, Limits::default());
            let mut rest = bytes;
            while let [length, tail @ ..] = rest {
                let (datagram, after) = tail.split_at(usize::from(*length).min(tail.len()));
                rest = after;
                session.receive(NOW, datagram);
                drain(&mut session, protocol, NOW);
            }
            let heads: [&[u8]; 4] = [b"+RESP:GTFRI,", b"$$A", b"\x00\x36\xCA\xFE\x01", b"\x7E\x02\x00"];
            for head in heads {
                session.receive(NOW, &[head, bytes].concat());
                drain(&mut session, protocol, NOW);
            }
        }
    });
}

#[test]
fn any_bytes_from_a_cloud() {
    bolero::check!().for_each(|bytes: &[u8]| {
        talk(Protocol::JointechCloud, bytes);
        if let Ok(packet) = Packet::read(bytes) {
            let written = packet.write();
            assert!(
                packet == Packet::OtherVersion || Packet::read(&written) == Ok(packet),
                "it reads back"
            );
        }
        let masked = mask_secrets(Protocol::JointechCloud, bytes);
        assert_eq!(masked.len(), bytes.len());
    });
}

/// Random bytes seldom are objects; these are messages with anything for a payload, and objects with anything for a value.
#[test]
fn any_message_of_a_cloud() {
    const NAMES: [&str; 12] = [
        "gpsTime",
        "latitude",
        "longitude",
        "locType",
        "battery",
        "cells",
        "statusJson",
        "EventSource",
        "FenceAlarm",
        "Slave",
        "Index",
        "lockRope",
    ];
    bolero::check!().for_each(|bytes: &[u8]| {
        let [name, kind, value @ ..] = bytes else { return };
        let name = NAMES[usize::from(name % 12)];
        let kind = ["location", "alarm", "event", "cmd", "else"][usize::from(kind % 5)];
        let value = String::from_utf8_lossy(value);
        let object = format!("{{\"{name}\": {value}, \"longitude\": 110, \"latitude\": \"{value}\"}}");
        for payload in [value.as_bytes(), object.as_bytes()] {
            let message = Publish {
                topic: &format!("upload/k/7100000042/{kind}"),
                qos: 1,
                id: Some(7),
                repeated: false,
                retain: false,
                payload,
            };
            let whole = Packet::Publish(message).write();
            if Limits::default().request_bytes < whole.len() as u32 {
                return;
            }
            let mut session = Session::new(Protocol::JointechCloud, Profile::ANY, Limits::default());
            session.receive(NOW, &whole);
            drain(&mut session, Protocol::JointechCloud, NOW);
            mask_secrets(Protocol::JointechCloud, &whole);
        }
    });
}
