//! The time of a mailbox: whole seconds of UTC, as the gateway writes them. By it the mailbox is asked from where on.

use alloc::string::String;
use core::fmt;

use crate::calendar::{parse_rfc3339, rfc3339};

/// A moment by the gateway's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailboxTime {
    /// Seconds since 1970, UTC.
    pub unix_s: i64,
}

impl MailboxTime {
    /// That many seconds since 1970.
    pub const fn from_unix_s(unix_s: i64) -> Self {
        Self { unix_s }
    }

    /// Reads `2022-02-17 08:44:45`. Parts of a second are dropped: to ask from a little earlier repeats, and skips nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let unix_ms = parse_rfc3339(text.trim())?;
        Some(Self::from_unix_s(unix_ms.div_euclid(1000)))
    }

    /// So many seconds earlier.
    #[must_use]
    pub const fn less_s(self, seconds: i64) -> Self {
        Self::from_unix_s(self.unix_s.saturating_sub(seconds))
    }
}

/// As the gateway writes it.
impl fmt::Display for MailboxTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = rfc3339(self.unix_s.saturating_mul(1000));
        let (day, time) = (text.get(..10), text.get(11..19));
        write!(f, "{} {}", day.unwrap_or_default(), time.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn what_the_gateway_writes_is_read_and_written_back() {
        let text = "2022-02-17 08:44:45";
        let time = MailboxTime::parse(text).expect("a time");
        assert_eq!((time.unix_s, time.to_string().as_str()), (1_645_087_485, text));
        assert_eq!(MailboxTime::parse("2022-02-17 08:44:45.900"), Some(time));
        assert_eq!(MailboxTime::parse(""), None);
        assert_eq!(MailboxTime::parse("2022-02-30 08:44:45"), None);
    }
}
