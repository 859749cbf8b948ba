//! Container numbers by ISO 6346.
//!
//! Boxes with a wrong check digit exist and travel (shipper-owned ones), so a wrong digit is a question, not a refusal.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// A container number of the right form, in capitals without spaces: `CSQU3054383`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerNumber(String);

/// What is wrong with a text that should be a container number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerFault {
    /// Not eleven characters.
    Length,
    /// The first three are not letters.
    Owner,
    /// The fourth is not U, J or Z.
    Category,
    /// The last seven are not digits.
    Digits,
}

impl ContainerNumber {
    /// Reads a number as people type it: small letters, spaces, dashes and slashes are forgiven.
    pub fn parse(typed: &str) -> Result<Self, ContainerFault> {
        let text: String = typed
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '/'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = text.as_bytes();
        if bytes.len() != 11 {
            return Err(ContainerFault::Length);
        }
        if !bytes[..3].iter().all(u8::is_ascii_uppercase) {
            return Err(ContainerFault::Owner);
        }
        if !matches!(bytes[3], b'U' | b'J' | b'Z') {
            return Err(ContainerFault::Category);
        }
        if !bytes[4..].iter().all(u8::is_ascii_digit) {
            return Err(ContainerFault::Digits);
        }
        Ok(Self(text))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The check digit that the first ten characters ask for.
    pub fn expected_check_digit(&self) -> u8 {
        let sum: u32 = self
            .0
            .bytes()
            .take(10)
            .zip(0..)
            .map(|(byte, place)| letter_value(byte) << place)
            .sum();
        (sum % 11 % 10) as u8
    }

    /// Whether the last digit is the one it should be.
    pub fn check_digit_holds(&self) -> bool {
        self.0.as_bytes()[10] - b'0' == self.expected_check_digit()
    }
}

impl fmt::Display for ContainerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// ISO 6346: A is 10, and 11, 22 and 33 are left out.
fn letter_value(byte: u8) -> u32 {
    if byte.is_ascii_digit() {
        return u32::from(byte - b'0');
    }
    let step = u32::from(byte - b'A');
    10 + step + step.div_ceil(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(typed: &str) -> bool {
        ContainerNumber::parse(typed)
            .expect("the form is right")
            .check_digit_holds()
    }

    #[test]
    fn check_digits_of_published_numbers_hold() {
        for number in [
            "CSQU3054383",
            "TEMU6079348",
            "HLXU2008419",
            "SUDU3070079",
            "FTAU1136748",
        ] {
            assert!(holds(number), "{number}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_known() {
        assert!(!holds("MSKU7829104"));
        assert!(!holds("CSQU3054384"));
    }

    #[test]
    fn remainder_ten_gives_check_digit_zero() {
        assert!(holds("ABCU0000070"));
    }

    #[test]
    fn typing_habits_are_forgiven_and_nonsense_is_not() {
        assert_eq!(
            ContainerNumber::parse("csqu 305438-3").map(|n| n.0),
            Ok("CSQU3054383".into())
        );
        assert_eq!(ContainerNumber::parse("CSQU305438"), Err(ContainerFault::Length));
        assert_eq!(ContainerNumber::parse("C5QU3054383"), Err(ContainerFault::Owner));
        assert_eq!(
            ContainerNumber::parse("CSQX3054383"),
            Err(ContainerFault::Category)
        );
        assert_eq!(ContainerNumber::parse("CSQU30543A3"), Err(ContainerFault::Digits));
        assert_eq!(ContainerNumber::parse("CSQU30543é"), Err(ContainerFault::Digits));
    }
}
