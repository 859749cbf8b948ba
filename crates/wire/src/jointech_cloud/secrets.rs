//! Where secrets stand in a message: the account in its topic, and what may be a password in its object.

use alloc::vec::Vec;
use core::ops::Range;

use serde_json::Value;

use crate::{
    mqtt::{
        frame::head,
        packet::{Packet, QOS, sort::CONNECT, sort::PUBLISH},
    },
    read::u16_at,
};

/// Commands of the seals that carry passwords (handbook 1.6).
const COMMANDS: [&str; 3] = ["P43", "P44", "P52"];
/// Parts of names under which passwords stand.
const NAMES: [&str; 3] = ["password", "pwd", "passwd"];
/// Names that only sound like it: alarms and results.
const HARMLESS: [&str; 2] = ["passworderror", "passwordok"];

/// Whether a value may be a password, or a command or an answer that holds one.
pub(crate) fn is_secret(name: &str, value: &Value) -> bool {
    is_secret_name(name) || value.as_str().is_some_and(is_secret_text)
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !HARMLESS.contains(&name.as_str()) && NAMES.iter().any(|part| name.contains(part))
}

fn is_secret_text(text: &str) -> bool {
    COMMANDS.iter().any(|command| text.contains(command))
}

/// Where they stand in packets; the last one may be cut.
pub(crate) fn ranges(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = 0;
    while let Ok(Some((body, whole))) = head(&raw[at..]) {
        let packet = &raw[at..at.saturating_add(whole).min(raw.len())];
        let inside = of_packet(packet, body).into_iter();
        secrets.extend(inside.map(|range| at + range.start..at + range.end));
        at += packet.len();
    }
    secrets
}

fn of_packet(packet: &[u8], body: usize) -> Vec<Range<usize>> {
    match packet[0] >> 4 {
        CONNECT => Vec::from_iter(of_log_in(packet, body)),
        PUBLISH => of_message(packet, body),
        _ => Vec::new(),
    }
}

/// Its end, or all of it where it cannot be read.
fn of_log_in(packet: &[u8], body: usize) -> Option<Range<usize>> {
    let password = match Packet::read(packet) {
        Ok(Packet::Connect(connect)) => connect.password.map_or(0, <[u8]>::len),
        _ => packet.len().saturating_sub(body),
    };
    (password != 0).then(|| packet.len() - password..packet.len())
}

/// The account, and what the object holds.
fn of_message(packet: &[u8], body: usize) -> Vec<Range<usize>> {
    let within = |at: usize| at.min(packet.len());
    let Some(length) = u16_at(packet, body) else {
        return Vec::new();
    };
    let topic = within(body + 2)..within(body + 2 + usize::from(length));
    let number = if packet[0] & QOS == 0 { 0 } else { 2 };
    let payload = within(topic.end + number);
    let account = account(&packet[topic.clone()]).into_iter();
    let inside = in_object(&packet[payload..]).into_iter();
    account
        .map(|range| topic.start + range.start..topic.start + range.end)
        .chain(inside.map(|range| payload + range.start..payload + range.end))
        .collect()
}

/// Where the account stands in a topic, which may be cut.
fn account(topic: &[u8]) -> Option<Range<usize>> {
    let start = topic.iter().position(|&byte| byte == b'/')? + 1;
    let rest = topic[start..].iter();
    let length = rest.take_while(|&&byte| byte != b'/').count();
    (length != 0).then(|| start..start + length)
}

/// Texts that may be secret, their signs around them left out. It need not be an object: what looks like text in it is looked at.
fn in_object(payload: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut name: Option<Range<usize>> = None;
    let mut at = 0;
    let said = |range: &Range<usize>| core::str::from_utf8(&payload[range.clone()]).unwrap_or_default();
    while let Some(text) = next_text(payload, at) {
        at = text.end + 1;
        if let Some(value) = behind_colon(payload, at) {
            let number = unquoted(payload, value).filter(|_| is_secret_name(said(&text)));
            secrets.extend(number);
            name = Some(text);
            continue;
        }
        let secret =
            name.as_ref().is_some_and(|name| is_secret_name(said(name))) || is_secret_text(said(&text));
        if secret && !text.is_empty() {
            secrets.push(text);
        }
        name = None;
    }
    secrets
}

/// Where a value begins, if a name ends here.
fn behind_colon(payload: &[u8], from: usize) -> Option<usize> {
    let at = from
        + payload
            .get(from..)?
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
    (payload[at] == b':').then_some(at + 1)
}

/// A value that is no text, up to what ends it.
fn unquoted(payload: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from
        + payload
            .get(from..)?
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
    let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'"') || byte.is_ascii_whitespace();
    let length = payload[start..].iter().position(is_end)?;
    (length != 0).then(|| start..start + length)
}

/// The next text between two quotation marks, or up to the end where it is cut; a sign behind a backslash ends nothing.
fn next_text(payload: &[u8], from: usize) -> Option<Range<usize>> {
    let rest = payload.get(from..)?;
    let start = from + rest.iter().position(|&byte| byte == b'"')? + 1;
    let mut escaped = false;
    for (at, &byte) in payload.iter().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(start..at),
            _ => {}
        }
    }
    Some(start..payload.len())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use segel_model::report::Protocol;

    use super::*;
    use crate::{
        mask_secrets,
        mqtt::packet::{Connect, Publish},
    };

    fn masked(topic: &str, payload: &str) -> String {
        let message = Publish {
            topic,
            qos: 1,
            id: Some(7),
            repeated: false,
            retain: false,
            payload: payload.as_bytes(),
        };
        let raw = Packet::Publish(message).write();
        let masked = mask_secrets(Protocol::JointechCloud, &raw);
        assert_eq!(masked.len(), raw.len());
        String::from_utf8_lossy(&masked[4..]).replace("\0\u{7}", "|")
    }

    #[test]
    fn accounts_and_passwords_are_hidden_and_nothing_else() {
        assert_eq!(
            masked("upload/k3y/7/location", r#"{"battery": "87"}"#),
            r#"upload/***/7/location|{"battery": "87"}"#
        );
        assert_eq!(
            masked(
                "upload/k/7/cmd",
                r#"{"content": "(7,P43,888888)", "lockPassword" : "123456", "a": "b"}"#
            ),
            r#"upload/*/7/cmd|{"content": "**************", "lockPassword" : "******", "a": "b"}"#
        );
        assert_eq!(
            masked(
                "upload/k/7/alarm",
                r#"{"PasswordError": "1", "PasswordOk": "1", "pwd": 123456}"#
            ),
            r#"upload/*/7/alarm|{"PasswordError": "1", "PasswordOk": "1", "pwd": ******}"#
        );
    }

    #[test]
    fn the_password_of_a_log_in_is_hidden_wherever_it_stands() {
        let connect = Packet::Connect(Connect {
            client: "c",
            clean: true,
            keep_alive_s: 0,
            user: Some("u"),
            password: Some(b"segel_1_abc"),
            will: None,
        });
        let raw = [Packet::Ping.write(), connect.write(), Packet::Ping.write()].concat();
        let masked = mask_secrets(Protocol::JointechCloud, &raw);
        let text = String::from_utf8_lossy(&masked);
        assert!(text.contains("***********") && !text.contains("segel"), "{text}");
        assert_eq!(masked[masked.len() - 2..], [0xC0, 0]);
    }

    /// Oddities keep the first bytes of what is strange.
    #[test]
    fn a_message_that_is_cut_anywhere_shows_no_account_and_no_password() {
        let message = Publish {
            topic: "upload/k3y/7/cmd",
            qos: 0,
            id: None,
            repeated: false,
            retain: false,
            payload: br#"{"lockPassword": "123456"}"#,
        };
        let raw = Packet::Publish(message).write();
        for cut in 0..=raw.len() {
            let masked = mask_secrets(Protocol::JointechCloud, &raw[..cut]);
            let text = String::from_utf8_lossy(&masked);
            let shown = text.replace("lockPassword", "");
            assert!(!shown.contains(['3', 'y', '5']), "{text}");
        }
    }

    #[test]
    fn what_is_no_message_hides_nothing() {
        assert!(ranges(b"\xC0\0").is_empty() && ranges(b"").is_empty());
        let cut = in_object(b"{\"pwd\": \"abc");
        assert_eq!(
            cut.first(),
            Some(&(9..12)),
            "what is cut is hidden as far as it goes"
        );
        let escaped = in_object(b"\"pwd\":\"a\\\"b\"");
        assert_eq!(escaped.first(), Some(&(7..11)));
    }
}
