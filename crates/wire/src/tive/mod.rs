//! Tive: webhooks of trackers that ride along in a container. They have no lock: they say where they are and what they feel.
//!
//! No specification is public. The names are those that receivers of such webhooks are seen to expect (`EntryTimeEpoch`,
//! `Location.Latitude`, `Light.Lux`), and beside them the plain ones that `docs/intake.md` documents; capitals and underscores do
//! not count.

mod webhook;

pub(crate) use webhook::read;

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "dismantled",
    "low_battery",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "clock_unset",
];
