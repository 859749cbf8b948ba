//! Seals behind a platform, as the platform passes them on: TeraTrack's forwarder, JSON on a bare connection (handbook of protocols,
//! section 9), Jointech's cloud, the same seals in messages of MQTT (the maker's page "Data push"; the OASIS standard
//! *MQTT 3.1.1*), and a platform that posts Open JSON (docs/intake.md).

use serde_json::{Map, Value, json};

use super::bytes::{clock_text, padded};
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// What the forwarder is told once its object is durable. It names nothing, so one object is under way at a time.
const TAKEN: &[u8] = b"{01}";
const ONLY: u32 = 0;

/// A seal behind TeraTrack.
#[derive(Debug)]
pub struct ForwardedSeal {
    id: String,
    index: u32,
}

impl ForwardedSeal {
    /// The seal of that number.
    pub fn new(id: &str) -> Self {
        Self {
            id: padded(id, 12),
            index: 0,
        }
    }

    fn object(&mut self, moment: &Moment, card: Option<u32>) -> Said {
        self.index += 1;
        let mut object = status_word(moment, card);
        object.insert("MDeviceID".into(), self.id.clone().into());
        object.insert("MessageAck".into(), "1".into());
        object.insert("Index".into(), self.index.to_string().into());
        Said::marked(Value::Object(object).to_string().into_bytes(), ONLY)
    }
}

impl Voice for ForwardedSeal {
    fn device(&self) -> &str {
        &self.id
    }

    fn record(&mut self, moment: &Moment) -> Said {
        self.object(moment, None)
    }

    /// It has no word for what moved its lock: its contacts tell.
    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        match what {
            Happening::IllegalCard(card) => Some(self.object(moment, Some(card))),
            Happening::StaticPassword { .. } | Happening::DynamicPassword { .. } => None,
            _ => Some(self.object(moment, None)),
        }
    }

    /// Its platform takes no orders for it.
    fn answer(&mut self, _: &Moment, _: &Order, _: &Asked, _: bool) -> Option<Vec<u8>> {
        None
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let end = heard.iter().position(|byte| *byte == b'}')?;
        let word: Vec<u8> = heard.drain(..=end).collect();
        Some(match word == TAKEN {
            true => Heard::Acknowledged(Mark(ONLY)),
            false => Heard::Nothing,
        })
    }

    fn in_flight_max(&self) -> usize {
        1
    }
}

/// A seal behind Jointech's cloud, whose bridge shows a machine's token at the door.
#[derive(Debug)]
pub struct CloudSeal {
    id: String,
    token: String,
    packet: u16,
}

impl CloudSeal {
    /// The seal of that number.
    pub fn new(id: &str, token: &str) -> Self {
        Self {
            id: padded(id, 10),
            token: token.to_owned(),
            packet: 0,
        }
    }

    /// A message that wants an answer (QoS 1).
    fn message(&mut self, sort: &str, body: &Map<String, Value>) -> Said {
        // Nought is no number.
        self.packet = self.packet.checked_add(1).unwrap_or(1);
        let mut content = text(&format!("upload/k3y/{}/{sort}", self.id));
        content.extend(self.packet.to_be_bytes());
        content.extend(Value::Object(body.clone()).to_string().into_bytes());
        Said::marked(packet(0x32, &content), self.packet.into())
    }
}

impl Voice for CloudSeal {
    fn device(&self) -> &str {
        &self.id
    }

    fn greet(&mut self) -> Option<Vec<u8>> {
        const NAME_PASSWORD_AND_CLEAN: u8 = 0xC2;
        let mut content = text("MQTT");
        content.extend([4, NAME_PASSWORD_AND_CLEAN, 0, 60]);
        for word in [&format!("bridge-{}", self.id), "jointech", &self.token] {
            content.extend(text(word));
        }
        Some(packet(0x10, &content))
    }

    fn record(&mut self, moment: &Moment) -> Said {
        self.message("location", &pushed(moment))
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        let (source, verify, card) = match what {
            Happening::Card(card) => (1, 98, card),
            Happening::IllegalCard(card) => (2, 0, card),
            Happening::AutoLocked => (5, 0, 0),
            Happening::Bluetooth => (7, 0, 0),
            Happening::RopeCut | Happening::RopePulled | Happening::CoverOpened => {
                return Some(self.message("alarm", &status_word(moment, None)));
            }
            Happening::StaticPassword { .. } | Happening::DynamicPassword { .. } => return None,
        };
        let mut body = pushed(moment);
        body.insert("EventSource".into(), source.into());
        body.insert("Verify".into(), verify.into());
        body.insert("CardNo".into(), format!("{card:010}").into());
        Some(self.message("event", &body))
    }

    /// Nobody is sent anything through this door.
    fn answer(&mut self, _: &Moment, _: &Order, _: &Asked, _: bool) -> Option<Vec<u8>> {
        None
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        // All that a server says to one who sends has four bytes: welcome, and a message's number.
        if heard.len() < 4 {
            return None;
        }
        let word: Vec<u8> = heard.drain(..4).collect();
        Some(match word[..] {
            [0x20, 2, _, 0] => Heard::Welcome,
            [0x40, 2, high, low] => Heard::Acknowledged(Mark(u16::from_be_bytes([high, low]).into())),
            _ => Heard::Nothing,
        })
    }
}

/// A seal behind a provider's own platform, which posts what it says and shows a machine's token.
#[derive(Debug)]
pub struct PostedSeal {
    id: String,
    token: String,
}

impl PostedSeal {
    /// The seal of that number.
    pub fn new(id: &str, token: &str) -> Self {
        Self {
            id: format!("TRK-{id}"),
            token: token.to_owned(),
        }
    }

    fn post(&self, moment: &Moment, kind: &str, signals: &Value) -> Said {
        let fix = json!({
            "lat": moment.lat, "lon": moment.lon, "source": "gnss", "speed_kmh": moment.speed_kmh,
            "course_deg": moment.course_deg, "satellites": moment.satellites
        });
        let body = json!({
            "device": self.id, "time": clock_text(moment.unix_s, "%Y-%m-%dT%H:%M:%SZ"), "kind": kind, "backfill": moment.stored,
            "fix": if moment.fixed { fix } else { Value::Null },
            "battery": {"percent": moment.battery_percent.min(100)},
            "lock": {
                "rope": moment.status.rope_in, "motor": moment.status.locked, "cover": moment.status.cover_closed
            },
            "signals": signals
        })
        .to_string();
        let request = format!(
            "POST /api/v1/intake/reports HTTP/1.1\r\nHost: segel\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        Said::marked(request.into_bytes(), ONLY)
    }
}

impl Voice for PostedSeal {
    fn device(&self) -> &str {
        &self.id
    }

    fn record(&mut self, moment: &Moment) -> Said {
        self.post(moment, "record", &json!([]))
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        let signal = match what {
            Happening::AutoLocked => json!("sealed"),
            Happening::Card(card) => {
                json!({"signal": "unsealed", "by": "card", "actor": format!("{card:010}")})
            }
            Happening::IllegalCard(card) => {
                json!({"signal": "unseal_refused", "reason": "illegal_card", "actor": format!("{card:010}")})
            }
            Happening::Bluetooth => json!({"signal": "unsealed", "by": "bt_app"}),
            Happening::RopeCut => json!("rope_cut"),
            Happening::RopePulled => json!("rope_out"),
            Happening::CoverOpened => json!("cover_open"),
            Happening::StaticPassword { .. } | Happening::DynamicPassword { .. } => return None,
        };
        Some(self.post(moment, "happening", &json!([signal])))
    }

    /// Its platform takes no orders for it.
    fn answer(&mut self, _: &Moment, _: &Order, _: &Asked, _: bool) -> Option<Vec<u8>> {
        None
    }

    /// An answer names nothing, so one request is under way at a time.
    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        const HEAD_END: &[u8] = b"\r\n\r\n";
        let head = heard.windows(HEAD_END.len()).position(|part| part == HEAD_END)?;
        let words = String::from_utf8_lossy(&heard[..head]).to_ascii_lowercase();
        let length = words
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse::<usize>().ok())?;
        let end = head + HEAD_END.len() + length;
        if heard.len() < end {
            return None;
        }
        let answer: Vec<u8> = heard.drain(..end).collect();
        let body: Value = serde_json::from_slice(&answer[head + HEAD_END.len()..]).unwrap_or_default();
        let is_kept = words.starts_with("http/1.1 200") && body["refused"] == 0;
        Some(if is_kept {
            Heard::Acknowledged(Mark(ONLY))
        } else {
            Heard::Nothing
        })
    }

    fn in_flight_max(&self) -> usize {
        1
    }
}

/// What the forwarder calls the bits of the seal's status word, and where it is. All values are text.
fn status_word(moment: &Moment, card: Option<u32>) -> Map<String, Value> {
    let status = moment.status;
    let flags = [
        ("LockCutOff", status.rope_cut),
        ("SealTampered", false),
        ("LockRope", status.rope_in),
        ("LockStatus", status.locked),
        ("LockOpen", status.open_too_long),
        ("PasswordError", status.wrong_passwords),
        ("IllegalCard", status.illegal_card),
        ("LowPower", status.battery_low),
        ("UnCoverBack", status.cover_alarm),
        ("CoverStatus", status.cover_closed),
        ("LockStuck", status.motor_stuck),
        ("FenceAlarm", false),
    ];
    let mut object: Map<String, Value> = flags
        .into_iter()
        .map(|(name, set)| (name.to_owned(), u8::from(set).to_string().into()))
        .collect();
    let mut put = |name: &str, value: String| object.insert(name.to_owned(), value.into());
    put("DataType", if moment.stored { "3" } else { "1" }.into());
    put("DateTime", clock_text(moment.unix_s, "%Y-%m-%d %H:%M:%S"));
    if moment.fixed {
        put("Latitude", format!("{:.6}", moment.lat));
        put("Longitude", format!("{:.6}", moment.lon));
        put("LatitudeState", u8::from(moment.lat >= 0.0).to_string());
        put("LongitudeState", u8::from(moment.lon >= 0.0).to_string());
    }
    put("Speed", format!("{:.0}", moment.speed_kmh));
    put("Mileage", moment.mileage_km.to_string());
    put("Power", moment.battery_percent.to_string());
    put("CardNo", format!("{:010}", card.unwrap_or_default()));
    object
}

/// The push service's own names; of contacts 0 is closed.
fn pushed(moment: &Moment) -> Map<String, Value> {
    let contacts = json!({
        "lockRope": u8::from(!moment.status.rope_in), "lockStatus": u8::from(!moment.status.locked), "lockBar": -1
    });
    let said = json!({
        "latitude": (moment.lat * 1e6).round() / 1e6, "longitude": (moment.lon * 1e6).round() / 1e6,
        "speed": moment.speed_kmh.round(), "direction": moment.course_deg.round(), "mileage": moment.mileage_km,
        "gpsTime": clock_text(moment.unix_s, "%Y-%m-%dT%H:%M:%SZ"), "locType": u8::from(moment.fixed),
        "gnssSignal": moment.satellites, "battery": moment.battery_percent, "statusJson": contacts.to_string()
    });
    match said {
        Value::Object(said) => said,
        _ => Map::new(),
    }
}

/// A text with its length before it.
fn text(words: &str) -> Vec<u8> {
    let mut bytes = (words.len() as u16).to_be_bytes().to_vec();
    bytes.extend(words.bytes());
    bytes
}

/// Sort and flags, the length in pieces of seven bits, the content.
fn packet(first: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = content.len();
    while 127 < left {
        bytes.push((left % 128) as u8 | 128);
        left /= 128;
    }
    bytes.push(left as u8);
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::{hex, moment};
    use super::*;

    #[test]
    fn the_forwarder_says_the_status_word_in_text_and_is_told_that_it_is_taken() {
        let mut seal = ForwardedSeal::new("7100000042");
        let said: Value = serde_json::from_slice(&seal.record(&moment()).bytes).expect("JSON");
        for (name, value) in [
            ("MDeviceID", "007100000042"),
            ("DateTime", "2025-11-24 16:00:00"),
            ("Latitude", "-6.938889"),
            ("LatitudeState", "0"),
            ("LockRope", "1"),
            ("LockCutOff", "0"),
            ("Power", "87"),
            ("Index", "1"),
        ] {
            assert_eq!(said[name], value, "{name}");
        }
        let mut heard = b"{01}{0".to_vec();
        assert_eq!(seal.hear(&mut heard), Some(Heard::Acknowledged(Mark(ONLY))));
        assert_eq!(seal.hear(&mut heard), None);
    }

    #[test]
    fn a_platform_posts_with_its_token_and_is_answered_that_it_is_kept() {
        let mut seal = PostedSeal::new("42", "segel_1_00");
        let said = seal.happening(&moment(), Happening::RopeCut).expect("it says so");
        let request = String::from_utf8(said.bytes).expect("text");
        let (head, body) = request.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains("Authorization: Bearer segel_1_00"), "{head}");
        assert!(
            head.ends_with(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(
            (&body["device"], &body["signals"]),
            (&json!("TRK-42"), &json!(["rope_cut"]))
        );
        let answer = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut heard = [
            answer(r#"{"kept":1,"refused":0}"#),
            answer(r#"{"kept":0,"refused":1}"#),
        ]
        .concat()
        .into_bytes();
        assert_eq!(seal.hear(&mut heard), Some(Heard::Acknowledged(Mark(ONLY))));
        assert_eq!(seal.hear(&mut heard), Some(Heard::Nothing));
        assert_eq!(seal.hear(&mut heard), None);
    }

    /// The standard, figures 3.6 and 3.11: how packets of these sorts begin.
    #[test]
    fn the_cloud_shows_its_token_and_numbers_its_messages() {
        let mut seal = CloudSeal::new("7100000042", "segel_1_00");
        let greeting = hex(&seal.greet().expect("it greets"));
        assert!(greeting.starts_with("103300044d51545404c2003c0011"), "{greeting}");
        let mut heard = [0x20, 2, 0, 0, 0x40, 2, 0, 1].to_vec();
        assert_eq!(seal.hear(&mut heard), Some(Heard::Welcome));
        assert_eq!(seal.hear(&mut heard), Some(Heard::Acknowledged(Mark(1))));
        let first = seal.record(&moment());
        assert_eq!((first.bytes[0], first.mark), (0x32, Some(Mark(1))));
        let topic = b"upload/k3y/7100000042/location";
        assert!(first.bytes.windows(topic.len()).any(|part| part == topic));
        let event = seal
            .happening(&moment(), Happening::AutoLocked)
            .expect("it says so");
        assert_eq!(event.mark, Some(Mark(2)));
    }
}
