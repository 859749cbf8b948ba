//! Our MQTT beside an independent reader's: packets of ours and golden ones as a capture, which Wireshark's `tshark` takes apart and
//! whose fields are compared one by one (`make dissect`). It fails on the first difference. Of all languages of seals MQTT is the only
//! one for which tshark has a dissector.

use std::error::Error;
use std::process::Command;

use segel_model::report::Protocol;
use segel_wire::mqtt::packet::{Connect, Packet, Publish, Will};
use segel_wire::tool;
use serde_json::Value;

const GOLDEN: &str = include_str!("../../../fixtures/golden/jointech_cloud.jsonl");
/// What is asked of tshark, in this order.
const FIELDS: [&str; 12] = [
    "mqtt.msgtype",
    "mqtt.qos",
    "mqtt.dupflag",
    "mqtt.retain",
    "mqtt.msgid",
    "mqtt.topic",
    "mqtt.msg",
    "mqtt.clientid",
    "mqtt.kalive",
    "mqtt.username",
    "mqtt.passwd",
    "mqtt.sub.qos",
];

fn main() -> Result<(), Box<dyn Error>> {
    let packets = packets()?;
    let file = std::env::temp_dir().join(format!("segel-dissect-{}.pcap", std::process::id()));
    std::fs::write(&file, capture(&packets))?;
    let mut ask = Command::new("tshark");
    ask.args([
        "-d",
        "tcp.port==1883,mqtt",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-r",
    ]);
    ask.arg(&file)
        .args(FIELDS.iter().flat_map(|field| ["-e", *field]));
    let told = ask.output()?;
    std::fs::remove_file(&file)?;
    let told = String::from_utf8(told.stdout)?;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), packets.len(), "tshark says nothing of some packets");
    for (packet, theirs) in packets.iter().zip(lines) {
        let ours = row(&Packet::read(packet).map_err(|wrong| format!("{wrong:?}"))?).join("|");
        assert_eq!(ours, theirs, "ours and tshark's");
    }
    println!(
        "{} packets of MQTT: tshark reads of each what we read",
        packets.len()
    );
    Ok(())
}

/// The golden ones, and one of each sort that a client says.
fn packets() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    assert_eq!(
        Protocol::from_name("jointech_cloud"),
        Some(Protocol::JointechCloud)
    );
    let mut packets = Vec::new();
    for line in GOLDEN.lines() {
        let row: Value = serde_json::from_str(line)?;
        packets.push(tool::bytes(&row["line"])?);
    }
    let will = Will {
        topic: "cloud/state",
        message: b"lost",
        qos: 1,
        retain: true,
    };
    let bare = Connect {
        client: "bridge-1",
        clean: true,
        keep_alive_s: 60,
        user: None,
        password: None,
        will: None,
    };
    let full = Connect {
        clean: false,
        user: Some("segel"),
        password: Some(b"segel_1_00"),
        will: Some(will),
        ..bare.clone()
    };
    let publish = Publish {
        topic: "upload/k3y/7100000042/alarm",
        qos: 1,
        id: Some(0xFFFF),
        repeated: true,
        retain: true,
        payload: b"{}",
    };
    let said = [
        Packet::Connect(bare),
        Packet::Connect(full),
        Packet::Publish(Publish {
            qos: 0,
            id: None,
            repeated: false,
            retain: false,
            ..publish.clone()
        }),
        Packet::Publish(publish),
        Packet::Subscribe {
            id: 7,
            filters: vec![("down/+/#", 1), ("up", 0)],
        },
        Packet::Unsubscribe {
            id: 8,
            filters: vec!["up"],
        },
        Packet::Ping,
        Packet::Disconnect,
    ];
    packets.extend(said.iter().map(Packet::write));
    Ok(packets)
}

/// A packet in tshark's words.
fn row(packet: &Packet<'_>) -> [String; FIELDS.len()] {
    let mut row: [String; FIELDS.len()] = Default::default();
    let mut put = |name: &str, value: String| {
        let place = FIELDS.iter().position(|field| *field == name);
        row[place.expect("it is asked for")] = value;
    };
    match packet {
        Packet::Connect(connect) => {
            put("mqtt.msgtype", "1".into());
            put("mqtt.clientid", connect.client.into());
            put("mqtt.kalive", connect.keep_alive_s.to_string());
            put("mqtt.username", connect.user.unwrap_or_default().into());
            put(
                "mqtt.passwd",
                String::from_utf8_lossy(connect.password.unwrap_or_default()).into(),
            );
        }
        Packet::Publish(publish) => {
            put("mqtt.msgtype", "3".into());
            put("mqtt.qos", publish.qos.to_string());
            put("mqtt.dupflag", flag(publish.repeated));
            put("mqtt.retain", flag(publish.retain));
            put(
                "mqtt.msgid",
                publish.id.map(|id| id.to_string()).unwrap_or_default(),
            );
            put("mqtt.topic", publish.topic.into());
            put(
                "mqtt.msg",
                publish.payload.iter().map(|byte| format!("{byte:02x}")).collect(),
            );
        }
        Packet::Subscribe { id, filters } => {
            put("mqtt.msgtype", "8".into());
            put("mqtt.msgid", id.to_string());
            put(
                "mqtt.topic",
                filters
                    .iter()
                    .map(|(topic, _)| *topic)
                    .collect::<Vec<_>>()
                    .join(","),
            );
            put(
                "mqtt.sub.qos",
                filters
                    .iter()
                    .map(|(_, qos)| qos.to_string())
                    .collect::<Vec<_>>()
                    .join(","),
            );
        }
        Packet::Unsubscribe { id, filters } => {
            put("mqtt.msgtype", "10".into());
            put("mqtt.msgid", id.to_string());
            put("mqtt.topic", filters.join(","));
        }
        Packet::Ping => put("mqtt.msgtype", "12".into()),
        Packet::Disconnect => put("mqtt.msgtype", "14".into()),
        Packet::OtherVersion => put("mqtt.msgtype", "another version".into()),
    }
    row
}

fn flag(set: bool) -> String {
    u8::from(set).to_string()
}

/// A capture file (libpcap, raw IP) of one TCP connection, a packet in each segment.
fn capture(packets: &[Vec<u8>]) -> Vec<u8> {
    const RAW_IP: u32 = 101;
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0]);
    file.extend([0; 8]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(RAW_IP.to_le_bytes());
    let mut sequence = 1_u32;
    for (second, packet) in (0_u32..).zip(packets) {
        let segment = segment(sequence, packet);
        sequence += packet.len() as u32;
        for word in [second, 0, segment.len() as u32, segment.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(segment);
    }
    file
}

/// Heads of IP and TCP before the bytes.
fn segment(sequence: u32, bytes: &[u8]) -> Vec<u8> {
    const TCP: u8 = 6;
    const PUSH_ACK: u8 = 0x18;
    let length = (40 + bytes.len()) as u16;
    let mut segment = vec![0x45, 0];
    segment.extend(length.to_be_bytes());
    segment.extend([0, 0, 0x40, 0, 64, TCP, 0, 0, 127, 0, 0, 2, 127, 0, 0, 1]);
    segment.extend(50_000_u16.to_be_bytes());
    segment.extend(1883_u16.to_be_bytes());
    segment.extend(sequence.to_be_bytes());
    segment.extend(1_u32.to_be_bytes());
    segment.extend([0x50, PUSH_ACK, 0xFF, 0xFF, 0, 0, 0, 0]);
    segment.extend(bytes);
    segment
}
