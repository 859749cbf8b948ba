//! Four times that are never mixed.
//!
//! *Server time* is when we knew; it fires deadlines. *Device time* is what the seal believes, *recorded time* what a
//! person's phone believes. *Event time* is either of them corrected by its measured offset: it orders and judges
//! durations, and never lies after receipt. All count milliseconds since 1970 in UTC.

use serde::{Deserialize, Serialize};

macro_rules! moment {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name {
            /// Milliseconds since 1970-01-01T00:00:00Z.
            pub unix_ms: i64,
        }

        impl $name {
            /// The moment that many milliseconds after 1970.
            pub const fn from_unix_ms(unix_ms: i64) -> Self {
                Self { unix_ms }
            }

            /// The moment `seconds` later; stops at the end of time instead of wrapping.
            #[must_use]
            pub const fn plus_s(self, seconds: i64) -> Self {
                self.plus_ms(seconds.saturating_mul(1000))
            }

            /// The moment `milliseconds` later.
            #[must_use]
            pub const fn plus_ms(self, milliseconds: i64) -> Self {
                Self { unix_ms: self.unix_ms.saturating_add(milliseconds) }
            }

            /// Milliseconds from `earlier` to this moment; negative where it is later.
            pub const fn since_ms(self, earlier: Self) -> i64 {
                self.unix_ms.saturating_sub(earlier.unix_ms)
            }
        }
    )*};
}

moment! {
    /// When we knew.
    ServerTime
    /// What the seal believes, as it said it.
    DeviceTime
    /// What a person's phone believes.
    RecordedTime
    /// When it happened, as well as we can tell: a corrected device or recorded time, never after receipt.
    EventTime
}

/// While it waits for a wall clock that was set back, server time runs at this part of its speed.
pub const CREEP_PART: i64 = 64;

impl ServerTime {
    /// Where a deadline lies after the wall clock was set by so much (forward positive) at `now`, so that it still comes
    /// when it should. Server time does not run back: it waits at a creep for a clock that was set back, so a deadline
    /// inside the wait is drawn near, and never lies before now for that alone.
    #[must_use]
    pub fn stepped(self, by_ms: i64, now: Self) -> Self {
        let left_ms = self.since_ms(now);
        match by_ms {
            0.. => self.plus_ms(by_ms),
            _ if left_ms <= 0 => self,
            _ => self.plus_ms(by_ms).max(now.plus_ms(left_ms / CREEP_PART)),
        }
    }
}

impl EventTime {
    /// A seal's time less its measured offset (seal minus server), never after receipt.
    pub fn from_device(said: DeviceTime, offset_ms: i64, received: ServerTime) -> Self {
        Self {
            unix_ms: said.unix_ms.saturating_sub(offset_ms).min(received.unix_ms),
        }
    }

    /// A phone's time less its measured offset, never after receipt.
    pub fn from_recorded(said: RecordedTime, offset_ms: i64, received: ServerTime) -> Self {
        Self {
            unix_ms: said.unix_ms.saturating_sub(offset_ms).min(received.unix_ms),
        }
    }

    /// Where nothing better is known: the moment of receipt.
    pub fn from_receipt(received: ServerTime) -> Self {
        Self {
            unix_ms: received.unix_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a deadline `left_s` after now lies once the clock was set by so many seconds; both from now.
    fn stepped(left_s: i64, by_s: i64) -> i64 {
        let now = ServerTime::from_unix_ms(1_800_000_000_000);
        now.plus_s(left_s).stepped(by_s * 1000, now).since_ms(now)
    }

    #[test]
    fn a_deadline_goes_forward_with_the_clock_and_never_comes_at_once_because_it_was_set_back() {
        assert_eq!(stepped(60, 3600), 3_660_000);
        assert_eq!(
            stepped(64, -3600),
            1_000,
            "a minute of the wait is a second of server time"
        );
        assert_eq!(stepped(4000, -3600), 400_000);
        assert_eq!(stepped(-5, -3600), -5_000, "what was due stays due");
    }
}
