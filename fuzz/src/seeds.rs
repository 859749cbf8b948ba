//! What streams are made of: the golden frames, and former finds in `corpus`, a line of hexadecimal digits each.

use segel_model::report::Protocol;
use segel_wire::tool;
use serde_json::Value;

/// The frames of one language.
#[derive(Debug, Clone)]
pub struct Seeds {
    /// Whole frames, some with the log-in before them.
    pub golden: Vec<Vec<u8>>,
    /// Bytes that once found something, or that are made to be slow.
    pub finds: Vec<Vec<u8>>,
}

impl Seeds {
    /// Of a language.
    pub fn of(protocol: Protocol) -> Self {
        let (golden, finds) = texts(protocol);
        Self {
            golden: golden.lines().map(frame).collect(),
            finds: finds.lines().filter_map(find).collect(),
        }
    }
}

fn texts(protocol: Protocol) -> (&'static str, &'static str) {
    macro_rules! texts {
        ($name:literal) => {
            (
                include_str!(concat!("../../fixtures/golden/", $name, ".jsonl")),
                include_str!(concat!("../corpus/", $name, ".txt")),
            )
        };
    }
    match protocol {
        Protocol::Jointech => texts!("jointech"),
        Protocol::Osmand => texts!("osmand"),
        Protocol::Gt06 => texts!("gt06"),
        Protocol::Kingwo => texts!("kingwo"),
        Protocol::Eseal => texts!("eseal"),
        Protocol::Queclink => texts!("queclink"),
        Protocol::Teltonika => texts!("teltonika"),
        Protocol::Meitrack => texts!("meitrack"),
        Protocol::Jt808 => texts!("jt808"),
        Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive | Protocol::Orbcomm => {
            ("", "")
        }
        Protocol::JointechCloud => texts!("jointech_cloud"),
    }
}

fn frame(line: &str) -> Vec<u8> {
    let row: Value = serde_json::from_str(line).expect("a golden frame is JSON");
    tool::bytes(&row["line"]).expect("a golden frame has bytes")
}

/// The bytes of a line; nothing where it is empty or a comment.
fn find(line: &str) -> Option<Vec<u8>> {
    let digits: String = line.split('#').next()?.split_whitespace().collect();
    if digits.is_empty() {
        return None;
    }
    let line = serde_json::json!({ "hex": digits });
    Some(tool::bytes(&line).expect("a find is hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_frames_and_finds() {
        for protocol in crate::SPOKEN {
            let seeds = Seeds::of(protocol);
            assert!(
                4 < seeds.golden.len() && !seeds.finds.is_empty(),
                "{}",
                protocol.name()
            );
            assert!(seeds.golden.iter().all(|frame| !frame.is_empty()));
        }
    }
}
