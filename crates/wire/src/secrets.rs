//! Where in a raw frame secrets stand.
//!
//! Stored frames stay whole, because they are evidence; whatever shows one to a person masks it first.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use segel_model::report::Protocol;

use crate::{jointech::frame, jointech_cloud, jt808, queclink, teltonika};

/// What stands in place of a secret in text.
pub(crate) const MASK: &str = "******";
/// Commands whose fields may be passwords, in either direction: unlocking, changing, one-time passwords.
const COMMANDS: [&[u8]; 3] = [b"P43", b"P44", b"P52"];
/// Their other fields are results, counters and sub-commands, which are shorter than this; passwords have six letters.
const SHORTEST: usize = 4;

/// Whether that field of a text command is a secret.
pub(crate) fn is_secret(command: &[u8], field: &[u8]) -> bool {
    COMMANDS.contains(&command) && SHORTEST <= field.len()
}

/// Where secrets stand in `raw`, frames of either direction.
pub fn secret_ranges(protocol: Protocol, raw: &[u8]) -> Vec<Range<usize>> {
    match protocol {
        Protocol::Jointech if raw.first() == Some(&frame::BINARY) => Vec::new(),
        Protocol::Jointech => jointech(raw),
        Protocol::Osmand => http(raw),
        Protocol::Gt06 => words(raw),
        Protocol::Kingwo => Vec::new(), // It tells cards and no passwords.
        // Its frames hold no password: whoever may send may open.
        Protocol::Eseal => Vec::new(),
        Protocol::Queclink => queclink::secrets(raw),
        // No word of theirs is documented to hold a password.
        Protocol::Meitrack => Vec::new(),
        Protocol::Teltonika => teltonika::text::secret_ranges(raw),
        Protocol::Jt808 => jt808::secrets::ranges(raw),
        // What platforms pass on has no word for a password; what they sign in with is not kept.
        Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive => Vec::new(),
        // A mailbox is asked with a password; its messages hold none.
        Protocol::Orbcomm => Vec::new(),
        Protocol::JointechCloud => jointech_cloud::secrets::ranges(raw),
    }
}

/// `raw` with every byte of a secret replaced by an asterisk.
pub fn mask_secrets(protocol: Protocol, raw: &[u8]) -> Vec<u8> {
    let mut masked = raw.to_vec();
    for range in secret_ranges(protocol, raw) {
        masked[range].fill(b'*');
    }
    masked
}

fn jointech(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut command: &[u8] = b"";
    let mut start = 0;
    for field in raw.split(|byte| matches!(byte, b',' | b'(' | b')')) {
        if start == 0 || raw[start - 1] == frame::TEXT {
            command = b"";
        }
        if is_secret(command, field) {
            secrets.push(start..start + field.len());
        }
        if COMMANDS.contains(&field) {
            command = field;
        }
        start += field.len() + 1;
    }
    secrets
}

/// Commands in words whose numbers are passwords (GT06).
const WORDS: [&[u8]; 5] = [b"DYD", b"HFYD", b"PASSWORD", b"PWD", b"UNLOCK"];

/// Numbers behind such a command, up to the end of its words.
fn words(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut is_behind = false;
    let mut start = 0;
    for word in raw.split(|byte| !byte.is_ascii_alphanumeric()) {
        let end = start + word.len();
        let is_number = word.iter().all(u8::is_ascii_digit) && SHORTEST <= word.len();
        if is_behind && is_number {
            secrets.push(start..end);
        }
        // The bytes before the words may happen to be letters.
        is_behind |= WORDS.iter().any(|known| ends_with(word, known));
        is_behind &= !matches!(raw.get(end), Some(b'#' | b';'));
        start = end + 1;
    }
    secrets
}

fn ends_with(word: &[u8], known: &[u8]) -> bool {
    let tail = word.len().checked_sub(known.len()).map(|at| &word[at..]);
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(known))
}

/// Words of a seal with every password in them masked.
pub(crate) fn mask_words(said: &str) -> String {
    let mut masked = String::new();
    let mut from = 0;
    for range in words(said.as_bytes()) {
        masked.push_str(&said[from..range.start]);
        masked.push_str(MASK);
        from = range.end;
    }
    masked.push_str(&said[from..]);
    masked
}

/// Headers by which a phone's app may sign in somewhere on the way to us.
const HEADERS: [&[u8]; 3] = [b"authorization", b"proxy-authorization", b"cookie"];

fn http(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut start = 0;
    for line in raw.split(|&byte| byte == b'\n') {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(0);
        if HEADERS
            .iter()
            .any(|header| line[..colon].eq_ignore_ascii_case(header))
        {
            let end = line.trim_ascii_end().len();
            secrets.push(start + colon + 1..start + end);
        }
        start += line.len() + 1;
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, masked: &str) {
        let ours = mask_secrets(Protocol::Jointech, raw.as_bytes());
        assert_eq!(core::str::from_utf8(&ours).unwrap(), masked);
    }

    #[test]
    fn passwords_are_masked_in_both_directions() {
        check("(7100000042,P52,2,113271)", "(7100000042,P52,2,******)");
        check("(P52,2,113271)", "(P52,2,******)");
        check(
            "(7100000042,P52,0,000000,386531)",
            "(7100000042,P52,0,******,******)",
        );
        check("(P52,3,223457)", "(P52,3,******)");
        check("(P43,888888)", "(P43,******)");
        check("(P44,12#aAM,888888)", "(P44,******,******)");
        check("(7100000042,P44,888888)", "(7100000042,P44,******)");
    }

    #[test]
    fn results_and_everything_else_stay_readable() {
        for raw in [
            "(7100000042,P43,1,0)",
            "(7100000042,P52,3,1,12)",
            "(7100000042,P44,1)",
            "(7100000042,P41,1,2,0006734739,0006688921)",
            "(7100000042,@JT)",
        ] {
            check(raw, raw);
        }
    }

    #[test]
    fn a_secret_does_not_reach_into_the_next_frame() {
        check(
            "(7100000042,P43,1,0)(7100000042,@JT)(7100000042,P52,2,113271",
            "(7100000042,P43,1,0)(7100000042,@JT)(7100000042,P52,2,******",
        );
    }

    #[test]
    fn what_a_phone_signs_in_with_is_masked() {
        let raw = b"GET /?id=a HTTP/1.1\r\nAUTHORIZATION: Bearer abc\r\nHost: x\r\n\r\n";
        let masked = mask_secrets(Protocol::Osmand, raw);
        assert_eq!(
            masked,
            b"GET /?id=a HTTP/1.1\r\nAUTHORIZATION:***********\r\nHost: x\r\n\r\n"
        );
        assert_eq!(
            secret_ranges(Protocol::Osmand, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            []
        );
        assert_eq!(mask_secrets(Protocol::Osmand, b"cookie:a"), b"cookie:*");
    }

    #[test]
    fn passwords_in_words_are_masked() {
        for (said, masked) in [
            ("DYD,000000#", "DYD,******#"),
            ("XHFYD,123456#RELAY,1234#", "XHFYD,******#RELAY,1234#"),
            ("PASSWORD,123456,654321#", "PASSWORD,******,******#"),
            ("DYD=Success!", "DYD=Success!"),
            ("FENCE=Fence,OFF,0,0.000000", "FENCE=Fence,OFF,0,0.000000"),
        ] {
            assert_eq!(mask_words(said), masked);
        }
        let raw = b"\x78\x78\x15\x80\x0F\0\x01\xA9\x58DYD,000000#\0\xA0";
        let masked = b"\x78\x78\x15\x80\x0F\0\x01\xA9\x58DYD,******#\0\xA0";
        assert_eq!(mask_secrets(Protocol::Gt06, raw), masked);
    }

    #[test]
    fn binary_frames_hold_none() {
        assert_eq!(secret_ranges(Protocol::Jointech, b"$,P52,2,113271"), []);
    }
}
