//! The checkpoint: what is published of a log, in the text form of C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint).
//!
//! Three lines: the log's name, its size, its root. Signatures follow after an empty line in the published form; they are
//! deliberately not made or checked here yet. Until they are, a checkpoint proves only as much as the way by which it was
//! handed over and kept: printed on the closing report, mailed to customs, written down by a witness.

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::hash::Hash;

/// Bytes of an origin; witnesses take no longer one.
pub const ORIGIN_LIMIT: usize = 255;
/// Bytes of a text that is looked at: three lines, and room for what others add to them.
pub const TEXT_LIMIT: usize = 16 * 1024;

/// The state of a log at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointFault {
    /// Longer than `TEXT_LIMIT`.
    TooLong,
    /// Fewer than three lines, or the last one not ended.
    Unfinished,
    /// An origin that is empty, longer than `ORIGIN_LIMIT`, or has a space, a plus or a control character in it.
    BadOrigin,
    /// A size that is no plain decimal number.
    BadSize,
    /// A root that is not the base64 of thirty-two bytes.
    BadRoot,
}

impl fmt::Display for CheckpointFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "a checkpoint is at most {TEXT_LIMIT} bytes long"),
            Self::Unfinished => write!(f, "a checkpoint has three lines, each ended"),
            Self::BadOrigin => {
                write!(
                    f,
                    "an origin has 1 to {ORIGIN_LIMIT} bytes, no space, plus or control character"
                )
            }
            Self::BadSize => write!(f, "the size on line 2 is no plain decimal number"),
            Self::BadRoot => write!(f, "the root on line 3 is not the base64 of 32 bytes"),
        }
    }
}

impl core::error::Error for CheckpointFault {}

impl Checkpoint {
    /// The checkpoint of a log by name, size and root.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointFault> {
        let plain =
            |character: char| !character.is_whitespace() && !character.is_control() && character != '+';
        let fits = (1..=ORIGIN_LIMIT).contains(&origin.len()) && origin.chars().all(plain);
        fits.then(|| Self {
            origin: origin.to_string(),
            size,
            root,
        })
        .ok_or(CheckpointFault::BadOrigin)
    }

    /// Reads the text form. What follows the third line (extensions, signatures) is not looked at.
    pub fn parse(text: &str) -> Result<Self, CheckpointFault> {
        if text.len() > TEXT_LIMIT {
            return Err(CheckpointFault::TooLong);
        }
        let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
        let mut line = || lines.next().flatten().ok_or(CheckpointFault::Unfinished);
        let (origin, size, root) = (line()?, line()?, line()?);
        Self::new(origin, parse_size(size)?, parse_root(root)?)
    }

    /// The text form.
    pub fn encode(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(self.root.bytes()))
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Entries of the log.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.root
    }
}

impl From<Checkpoint> for String {
    fn from(checkpoint: Checkpoint) -> Self {
        checkpoint.encode()
    }
}

impl TryFrom<String> for Checkpoint {
    type Error = CheckpointFault;

    fn try_from(text: String) -> Result<Self, CheckpointFault> {
        Self::parse(&text)
    }
}

/// Decimal without sign or leading zeros, so that one size has one text.
fn parse_size(line: &str) -> Result<u64, CheckpointFault> {
    let size: u64 = line.parse().map_err(|_| CheckpointFault::BadSize)?;
    if size.to_string() == line {
        Ok(size)
    } else {
        Err(CheckpointFault::BadSize)
    }
}

/// Base64 of thirty-two bytes, written the one canonical way.
fn parse_root(line: &str) -> Result<Hash, CheckpointFault> {
    let digits = line
        .strip_suffix('=')
        .filter(|digits| digits.len() == 43)
        .ok_or(CheckpointFault::BadRoot)?;
    let mut bytes = [0; 32];
    let (mut bits, mut count, mut place) = (0u32, 0, 0);
    for character in digits.bytes() {
        let value = ALPHABET
            .iter()
            .position(|digit| *digit == character)
            .ok_or(CheckpointFault::BadRoot)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes[place] = (bits >> count) as u8;
            place += 1;
        }
    }
    let root = Hash(bytes);
    // The last digit carries two bits too many; they must be zero, so that one root has one text.
    if base64(root.bytes()) == line {
        Ok(root)
    } else {
        Err(CheckpointFault::BadRoot)
    }
}

/// RFC 4648, section 4.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(44);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, index| {
            bits << 8 | u32::from(three.get(index).copied().unwrap_or(0))
        });
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= three.len() {
                char::from(ALPHABET[value as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the published form.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_published_form_reads_and_writes_back() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(
            checkpoint.root().to_string(),
            "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
        );
        assert_eq!(checkpoint.encode(), EXAMPLE);
    }

    #[test]
    fn what_follows_the_third_line_is_not_looked_at() {
        let signed = format!("{EXAMPLE}extension\n\n— example.com/behind-the-sofa Az3grlgt\n");
        assert_eq!(Checkpoint::parse(&signed), Checkpoint::parse(EXAMPLE));
    }

    fn fault(text: &str) -> CheckpointFault {
        Checkpoint::parse(text).unwrap_err()
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_with_its_line() {
        use CheckpointFault::*;
        assert_eq!(fault(""), Unfinished);
        assert_eq!(fault("a\n1\n"), Unfinished);
        assert_eq!(fault(EXAMPLE.trim_end()), Unfinished);
        assert_eq!(
            fault(&EXAMPLE.replace("example.com/behind-the-sofa", "")),
            BadOrigin
        );
        assert_eq!(fault(&EXAMPLE.replace("behind-the", "behind the")), BadOrigin);
        assert_eq!(fault(&EXAMPLE.replace("behind-the", "behind+the")), BadOrigin);
        assert_eq!(fault(&EXAMPLE.replace("sofa\n", "sofa\r\n")), BadOrigin);
        for size in ["", "-1", "+1", "01", "1 ", "0x1", "18446744073709551616"] {
            assert_eq!(fault(&EXAMPLE.replace("20852163", size)), BadSize, "{size}");
        }
        for root in [
            "",
            "q2I=",
            "CsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=",
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=",
        ] {
            assert_eq!(
                fault(&EXAMPLE.replace("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", root)),
                BadRoot,
                "{root}"
            );
        }
        assert_eq!(fault(&format!("{EXAMPLE}{}\n", "x".repeat(TEXT_LIMIT))), TooLong);
    }

    #[test]
    fn an_origin_has_a_limit() {
        let root = Hash([7; 32]);
        assert!(Checkpoint::new(&"o".repeat(255), 1, root).is_ok());
        assert_eq!(
            Checkpoint::new(&"o".repeat(256), 1, root),
            Err(CheckpointFault::BadOrigin)
        );
        // Nobody frames another checkpoint by the name of a log.
        assert_eq!(
            Checkpoint::new("evil\n999", 1, root),
            Err(CheckpointFault::BadOrigin)
        );
    }

    #[test]
    fn a_checkpoint_is_kept_as_its_text() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        let json = serde_json::to_string(&checkpoint).unwrap();
        assert_eq!(json, serde_json::to_string(EXAMPLE).unwrap());
        assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint);
        assert!(serde_json::from_str::<Checkpoint>("\"a\\n1\\nb\\n\"").is_err());
    }

    proptest! {
        #[test]
        fn every_checkpoint_reads_back(origin in "[!-*,-~]{1,60}", size: u64, root: [u8; 32]) {
            let checkpoint = Checkpoint::new(&origin, size, Hash(root)).unwrap();
            prop_assert_eq!(Checkpoint::parse(&checkpoint.encode()), Ok(checkpoint));
        }

        #[test]
        fn reading_is_total_and_one_state_has_one_text(text in "(a|é| |\\+){0,3}\n?[0-9+]{0,3}\n?[A-Za-z0-9+/=]{0,46}\n?") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.encode(), text);
            }
        }
    }
}
