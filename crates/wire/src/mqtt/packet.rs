//! What clients say and what they are answered (standard, 3).

use alloc::vec::Vec;
use core::str::from_utf8;

use super::frame::{head, wrap};
use crate::cursor::Cursor;

/// What a client says. What only a server says, or what answers messages of ours, which are never sent, is none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// It wants to come in.
    Connect(Connect<'a>),
    /// It wants to come in and speaks another version, or something else by that name.
    OtherVersion,
    /// A message.
    Publish(Publish<'a>),
    /// It wants to be sent messages.
    Subscribe {
        /// Its number.
        id: u16,
        /// Which, and how surely.
        filters: Vec<(&'a str, u8)>,
    },
    /// It wants to be sent them no more.
    Unsubscribe {
        /// Its number.
        id: u16,
        /// Which.
        filters: Vec<&'a str>,
    },
    /// Is somebody there?
    Ping,
    /// It goes, in good order.
    Disconnect,
}

/// Who wants to come in (standard, 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect<'a> {
    /// What it calls itself; empty where it leaves that to us.
    pub client: &'a str,
    /// Nothing of an earlier conversation shall count.
    pub clean: bool,
    /// At most so long it says nothing; zero where it promises nothing.
    pub keep_alive_s: u16,
    /// Its name.
    pub user: Option<&'a str>,
    /// Its password.
    pub password: Option<&'a [u8]>,
    /// What others shall be told when it is lost.
    pub will: Option<Will<'a>>,
}

/// What others shall be told when a client is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will<'a> {
    /// Under which topic.
    pub topic: &'a str,
    /// What.
    pub message: &'a [u8],
    /// How surely: 0, 1 or 2.
    pub qos: u8,
    /// To be kept for those who come later.
    pub retain: bool,
}

/// A message (standard, 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish<'a> {
    /// What it is about.
    pub topic: &'a str,
    /// How surely it shall arrive: 0 is not answered, 1 is answered, 2 is answered twice.
    pub qos: u8,
    /// Its number, where it wants an answer.
    pub id: Option<u16>,
    /// It may have come before.
    pub repeated: bool,
    /// To be kept for those who come later.
    pub retain: bool,
    /// What it says.
    pub payload: &'a [u8],
}

/// The sorts of packets (standard, table 2.1).
pub(crate) mod sort {
    pub const CONNECT: u8 = 1;
    pub const CONNACK: u8 = 2;
    pub const PUBLISH: u8 = 3;
    pub const PUBACK: u8 = 4;
    pub const SUBSCRIBE: u8 = 8;
    pub const SUBACK: u8 = 9;
    pub const UNSUBSCRIBE: u8 = 10;
    pub const UNSUBACK: u8 = 11;
    pub const PINGREQ: u8 = 12;
    pub const PINGRESP: u8 = 13;
    pub const DISCONNECT: u8 = 14;
}

/// Flags of a message (standard, 3.3.1).
mod publish {
    pub const REPEATED: u8 = 0x08;
    pub const RETAIN: u8 = 0x01;
}

/// How surely a message shall arrive, among its flags.
pub(crate) const QOS: u8 = 0x06;

/// Flags of who wants to come in (standard, 3.1.2.3).
mod connect {
    pub const USER: u8 = 0x80;
    pub const PASSWORD: u8 = 0x40;
    pub const WILL_RETAIN: u8 = 0x20;
    pub const WILL_QOS: u8 = 0x18;
    pub const WILL: u8 = 0x04;
    pub const CLEAN: u8 = 0x02;
    pub const RESERVED: u8 = 0x01;
}

/// The flags that SUBSCRIBE and UNSUBSCRIBE must have [MQTT-3.8.1-1, MQTT-3.10.1-1].
const ASKING: u8 = 0x02;
/// Version 3.1.1.
const LEVEL: u8 = 4;
/// Some servers that pass messages on to another one say with this bit of the version that they are no ordinary client.
const BRIDGE: u8 = 0x80;

/// How an answer to CONNECT ends (standard, table 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// Come in.
    Accepted = 0,
    /// Not in this version.
    OtherVersion = 1,
    /// Not under this name.
    BadClient = 2,
    /// Not now.
    Unavailable = 3,
    /// Not with this password.
    BadPassword = 4,
    /// Not you.
    NotAuthorised = 5,
}

/// The answer to CONNECT. Nothing is kept of earlier conversations, so none is resumed.
pub const fn connack(welcome: Welcome) -> [u8; 4] {
    [sort::CONNACK << 4, 2, 0, welcome as u8]
}

/// The answer to a message.
pub const fn puback(id: u16) -> [u8; 4] {
    numbered(sort::PUBACK, id)
}

/// The answer to UNSUBSCRIBE.
pub const fn unsuback(id: u16) -> [u8; 4] {
    numbered(sort::UNSUBACK, id)
}

/// The answer to SUBSCRIBE that refuses each of so many wishes.
pub fn suback_refusing(id: u16, wishes: usize) -> Vec<u8> {
    const REFUSED: u8 = 0x80;
    let mut body = Vec::from(id.to_be_bytes());
    body.resize(2 + wishes, REFUSED);
    wrap(sort::SUBACK << 4, &body)
}

/// The answer to a ping.
pub const PINGRESP: [u8; 2] = [sort::PINGRESP << 4, 0];

const fn numbered(sort: u8, id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [sort << 4, 2, high, low]
}

/// Why bytes are no packet of a client: a stable word.
type Wrong = &'static str;

impl<'a> Packet<'a> {
    /// Reads one whole packet.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let (body, whole) = head(bytes)?.ok_or("packet_too_short")?;
        let (&first, body) = bytes
            .first()
            .zip(bytes.get(body..whole))
            .ok_or("packet_too_short")?;
        let (kind, flags) = (first >> 4, first & 0x0F);
        let mut body = Cursor::new(body);
        let packet = match (kind, flags) {
            (sort::PUBLISH, _) => Self::Publish(read_publish(flags, &mut body)?),
            (sort::CONNECT, 0) => read_connect(&mut body)?,
            (sort::SUBSCRIBE, ASKING) => read_subscribe(&mut body)?,
            (sort::UNSUBSCRIBE, ASKING) => read_unsubscribe(&mut body)?,
            (sort::PINGREQ, 0) => Self::Ping,
            (sort::DISCONNECT, 0) => Self::Disconnect,
            _ => return Err("unexpected_packet"),
        };
        match body.left() {
            0 => Ok(packet),
            _ => Err("packet_too_long"),
        }
    }

    /// Writes it.
    pub fn write(&self) -> Vec<u8> {
        match self {
            Self::Connect(connect) => connect.write(),
            Self::OtherVersion => wrap(sort::CONNECT << 4, b"\0\x04MQTT\x05\0\0\0"),
            Self::Publish(publish) => publish.write(),
            Self::Subscribe { id, filters } => {
                let mut body = Vec::from(id.to_be_bytes());
                for (filter, qos) in filters {
                    put(&mut body, filter.as_bytes());
                    body.push(*qos);
                }
                wrap(sort::SUBSCRIBE << 4 | ASKING, &body)
            }
            Self::Unsubscribe { id, filters } => {
                let mut body = Vec::from(id.to_be_bytes());
                filters
                    .iter()
                    .for_each(|filter| put(&mut body, filter.as_bytes()));
                wrap(sort::UNSUBSCRIBE << 4 | ASKING, &body)
            }
            Self::Ping => wrap(sort::PINGREQ << 4, &[]),
            Self::Disconnect => wrap(sort::DISCONNECT << 4, &[]),
        }
    }
}

impl Connect<'_> {
    fn write(&self) -> Vec<u8> {
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let will = self.will.as_ref().map_or(0, |will| {
            connect::WILL | will.qos << 3 | flag(will.retain, connect::WILL_RETAIN)
        });
        let flags = will
            | flag(self.user.is_some(), connect::USER)
            | flag(self.password.is_some(), connect::PASSWORD)
            | flag(self.clean, connect::CLEAN);
        let mut body = Vec::from(*b"\0\x04MQTT");
        body.extend([LEVEL, flags]);
        body.extend(self.keep_alive_s.to_be_bytes());
        put(&mut body, self.client.as_bytes());
        if let Some(will) = &self.will {
            put(&mut body, will.topic.as_bytes());
            put(&mut body, will.message);
        }
        if let Some(user) = self.user {
            put(&mut body, user.as_bytes());
        }
        if let Some(password) = self.password {
            put(&mut body, password);
        }
        wrap(sort::CONNECT << 4, &body)
    }
}

impl Publish<'_> {
    fn write(&self) -> Vec<u8> {
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let flags =
            self.qos << 1 | flag(self.repeated, publish::REPEATED) | flag(self.retain, publish::RETAIN);
        let mut body = Vec::new();
        put(&mut body, self.topic.as_bytes());
        if let Some(id) = self.id {
            body.extend(id.to_be_bytes());
        }
        body.extend_from_slice(self.payload);
        wrap(sort::PUBLISH << 4 | flags, &body)
    }
}

/// A message whose topic names more than one thing, or that has no legal number, is none.
fn read_publish<'a>(flags: u8, body: &mut Cursor<'a>) -> Result<Publish<'a>, Wrong> {
    let qos = (flags & QOS) >> 1;
    let repeated = flags & publish::REPEATED != 0;
    if 2 < qos || repeated && qos == 0 {
        return Err("no_such_qos");
    }
    let topic = text(body)?;
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err("no_such_topic");
    }
    let id = match qos {
        0 => None,
        _ => Some(number(body)?),
    };
    Ok(Publish {
        topic,
        qos,
        id,
        repeated,
        retain: flags & publish::RETAIN != 0,
        payload: body.take_rest(),
    })
}

/// What another version says behind its number is not known, so nothing of it is read.
fn read_connect<'a>(body: &mut Cursor<'a>) -> Result<Packet<'a>, Wrong> {
    let name = text(body)?;
    let level = body.u8().ok_or("packet_too_short")?;
    if name != "MQTT" || level & !BRIDGE != LEVEL {
        body.take_rest();
        return Ok(Packet::OtherVersion);
    }
    let flags = body.u8().ok_or("packet_too_short")?;
    if !are_legal(flags) {
        return Err("no_such_flags");
    }
    let keep_alive_s = body.u16().ok_or("packet_too_short")?;
    let client = text(body)?;
    let has = |flag| flags & flag != 0;
    let will = match has(connect::WILL) {
        true => Some(Will {
            topic: text(body)?,
            message: counted(body)?,
            qos: (flags & connect::WILL_QOS) >> 3,
            retain: has(connect::WILL_RETAIN),
        }),
        false => None,
    };
    let user = has(connect::USER).then(|| text(body)).transpose()?;
    let password = has(connect::PASSWORD).then(|| counted(body)).transpose()?;
    Ok(Packet::Connect(Connect {
        client,
        clean: has(connect::CLEAN),
        keep_alive_s,
        user,
        password,
        will,
    }))
}

/// The reserved flag is clear, a will has all of its flags or none, and no password comes without a name
/// [MQTT-3.1.2-3, MQTT-3.1.2-11 to 15, MQTT-3.1.2-22].
const fn are_legal(flags: u8) -> bool {
    const OF_WILL: u8 = connect::WILL_QOS | connect::WILL_RETAIN;
    let will = match flags & connect::WILL {
        0 => flags & OF_WILL == 0,
        _ => flags & connect::WILL_QOS != connect::WILL_QOS,
    };
    let password = flags & connect::PASSWORD == 0 || flags & connect::USER != 0;
    will && password && flags & connect::RESERVED == 0
}

fn read_subscribe<'a>(body: &mut Cursor<'a>) -> Result<Packet<'a>, Wrong> {
    let id = number(body)?;
    let mut filters = Vec::new();
    while body.left() != 0 {
        let filter = filter(body)?;
        let qos = body.u8().ok_or("packet_too_short")?;
        if 2 < qos {
            return Err("no_such_qos");
        }
        filters.push((filter, qos));
    }
    match filters.is_empty() {
        true => Err("no_such_topic"),
        false => Ok(Packet::Subscribe { id, filters }),
    }
}

fn read_unsubscribe<'a>(body: &mut Cursor<'a>) -> Result<Packet<'a>, Wrong> {
    let id = number(body)?;
    let mut filters = Vec::new();
    while body.left() != 0 {
        filters.push(filter(body)?);
    }
    match filters.is_empty() {
        true => Err("no_such_topic"),
        false => Ok(Packet::Unsubscribe { id, filters }),
    }
}

fn filter<'a>(body: &mut Cursor<'a>) -> Result<&'a str, Wrong> {
    match text(body)? {
        "" => Err("no_such_topic"),
        filter => Ok(filter),
    }
}

/// A number that an answer repeats; zero is none [MQTT-2.3.1-1].
fn number(body: &mut Cursor<'_>) -> Result<u16, Wrong> {
    match body.u16() {
        None => Err("packet_too_short"),
        Some(0) => Err("no_such_number"),
        Some(number) => Ok(number),
    }
}

/// Text with its length before it; a zero has no place in it [MQTT-1.5.3-1, MQTT-1.5.3-2].
fn text<'a>(body: &mut Cursor<'a>) -> Result<&'a str, Wrong> {
    let text = from_utf8(counted(body)?).map_err(|_| "no_such_text")?;
    match text.contains('\0') {
        true => Err("no_such_text"),
        false => Ok(text),
    }
}

fn counted<'a>(body: &mut Cursor<'a>) -> Result<&'a [u8], Wrong> {
    let length = body.u16().ok_or("packet_too_short")?;
    body.take(length.into()).ok_or("packet_too_short")
}

fn put(body: &mut Vec<u8>, bytes: &[u8]) {
    let kept = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    body.extend((kept.len() as u16).to_be_bytes());
    body.extend_from_slice(kept);
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn connect<'a>() -> Connect<'a> {
        Connect {
            client: "cloud",
            clean: true,
            keep_alive_s: 60,
            user: Some("jointech"),
            password: Some(b"segel_1_abc"),
            will: None,
        }
    }

    /// Standard, figure 3.6, with our words.
    #[test]
    fn who_wants_to_come_in_is_read() {
        let bytes = b"\x10\x25\0\x04MQTT\x04\xC2\0\x3C\0\x05cloud\0\x08jointech\0\x08segel_1_";
        assert_eq!(Packet::read(&bytes[..bytes.len() - 1]), Err("packet_too_short"));
        let read = Packet::read(bytes);
        let expected = Connect {
            password: Some(b"segel_1_"),
            ..connect()
        };
        assert_eq!(read, Ok(Packet::Connect(expected)));
    }

    #[test]
    fn a_will_is_read_and_stands_before_the_name() {
        let will = Will {
            topic: "gone",
            message: b"bye",
            qos: 1,
            retain: true,
        };
        let with_will = Packet::Connect(Connect {
            will: Some(will),
            ..connect()
        });
        assert_eq!(Packet::read(&with_will.write()), Ok(with_will));
    }

    #[test]
    fn another_version_is_told_from_nonsense_and_a_bridge_is_a_client() {
        let of = |name: &[u8], level: u8| {
            let head = [
                &(name.len() as u16).to_be_bytes()[..],
                name,
                &[level, 0x02, 0, 0, 0, 0],
            ]
            .concat();
            wrap(0x10, &head)
        };
        assert_eq!(Packet::read(&of(b"MQTT", 5)), Ok(Packet::OtherVersion));
        assert_eq!(Packet::read(&of(b"MQIsdp", 3)), Ok(Packet::OtherVersion));
        let bridge = of(b"MQTT", 0x84);
        assert!(matches!(Packet::read(&bridge), Ok(Packet::Connect(_))));
    }

    #[test]
    fn flags_that_contradict_each_other_are_malformed() {
        let of = |flags: u8| {
            let body = [
                b"\0\x04MQTT\x04".as_slice(),
                &[flags],
                b"\0\0\0\0\0\0\0\0\0\0\0\0",
            ]
            .concat();
            Packet::read(&wrap(0x10, &body)).err()
        };
        for flags in [0x01, 0x08, 0x20, 0x1C, 0x40] {
            assert_eq!(of(flags), Some("no_such_flags"), "{flags:#x}");
        }
        assert_eq!(Packet::read(&wrap(0x11, b"")), Err("unexpected_packet"));
    }

    #[test]
    fn a_message_is_read_and_its_number_stands_only_where_it_is_answered() {
        let plain = Publish {
            topic: "a/b",
            qos: 0,
            id: None,
            repeated: false,
            retain: false,
            payload: b"hello",
        };
        assert_eq!(plain.write(), b"\x30\x0A\0\x03a/bhello");
        let answered = Publish {
            qos: 1,
            id: Some(10),
            repeated: true,
            retain: true,
            ..plain.clone()
        };
        assert_eq!(answered.write(), b"\x3B\x0C\0\x03a/b\0\x0Ahello");
        for message in [plain, answered] {
            let packet = Packet::Publish(message);
            assert_eq!(Packet::read(&packet.write()), Ok(packet));
        }
    }

    #[test]
    fn what_is_no_message_is_refused_with_a_word() {
        for (bytes, what) in [
            (&b"\x36\x04\0\x01a\0"[..], "no_such_qos"),
            (b"\x38\x03\0\x01a", "no_such_qos"),
            (b"\x30\x02\0\0", "no_such_topic"),
            (b"\x30\x05\0\x03a/+", "no_such_topic"),
            (b"\x30\x05\0\x03a/#", "no_such_topic"),
            (b"\x30\x03\0\x01\xFF", "no_such_text"),
            (b"\x30\x04\0\x02a\0", "no_such_text"),
            (b"\x30\x03\0\x02a", "packet_too_short"),
            (b"\x32\x03\0\x01a", "packet_too_short"),
            (b"\x32\x05\0\x01a\0\0", "no_such_number"),
            (b"\xC0\x01a", "packet_too_long"),
            (b"\x40\x02\0\x01", "unexpected_packet"),
            (b"\x00\x00", "unexpected_packet"),
            (b"\xF0\x00", "unexpected_packet"),
            (b"\x80\x06\0\x01\0\x01a\0", "unexpected_packet"),
            (b"\x82\x02\0\x01", "no_such_topic"),
            (b"\x82\x06\0\x01\0\x01a\x03", "no_such_qos"),
            (b"\xA2\x02\0\x01", "no_such_topic"),
        ] {
            assert_eq!(Packet::read(bytes), Err(what), "{bytes:x?}");
        }
    }

    #[test]
    fn wishes_to_be_sent_something_are_read_and_refused_one_by_one() {
        let wish = Packet::Subscribe {
            id: 3,
            filters: vec![("a/#", 1), ("+/cmd", 0)],
        };
        assert_eq!(Packet::read(&wish.write()), Ok(wish));
        assert_eq!(suback_refusing(3, 2), [0x90, 4, 0, 3, 0x80, 0x80]);
        let no_more = Packet::Unsubscribe {
            id: 4,
            filters: vec!["a/#"],
        };
        assert_eq!(Packet::read(&no_more.write()), Ok(no_more));
        assert_eq!(unsuback(4), [0xB0, 2, 0, 4]);
    }

    #[test]
    fn answers_are_written_as_the_standard_says() {
        assert_eq!(connack(Welcome::Accepted), [0x20, 2, 0, 0]);
        assert_eq!(connack(Welcome::NotAuthorised), [0x20, 2, 0, 5]);
        assert_eq!(puback(0x1234), [0x40, 2, 0x12, 0x34]);
        assert_eq!(PINGRESP, [0xD0, 0]);
    }
}
