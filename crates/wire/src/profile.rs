//! What is known of a seal's language before its frames say it: which dialect, and how its clock is set. Most say the dialect in
//! every frame; none says the clock.

use alloc::{borrow::Cow, format};

use segel_model::report::Protocol;

/// How a seal was registered to speak. Its text stands with each stored frame, so that years later the same words are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profile {
    /// Its dialect.
    pub dialect: Dialect,
    /// Minutes that its clock is ahead of UTC; nothing is what its protocol has by itself.
    pub clock_ahead_min: Option<i16>,
}

/// A maker's way of speaking a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Not known; believe the frames.
    #[default]
    Any,
    /// Jointech JT701 before protocol version 0x19: wants P46 after a lock event.
    Jt701,
    /// Jointech JT701D: ignores P35 and P46.
    Jt701d,
    /// Concox and Jimi of the older kind: no maker's own tails.
    Concox,
    /// Jimi LL and VL: alarm 0x30 is braking, not jamming.
    Jimi,
    /// LW: volts in the heartbeat, other driving alarms.
    Lw,
    /// Seeworld: cells of four bytes, whole volts in the heartbeat.
    Seeworld,
    /// R11: volts in the heartbeat where others have a level.
    R11,
    /// VXT01: state behind the cell of a position.
    Vxt01,
    /// Benway: inputs behind the cell of a position.
    Benway,
    /// S5: oil and temperature behind the cell of a position.
    S5,
    /// Wetrust: a driver's card behind the cell of a position.
    Wetrust,
    /// GT06E with a card reader.
    Gt06eCard,
    /// Queclink where acknowledging ("SACK") is switched on in the unit: it repeats what is not acknowledged.
    QueclinkSack,
    /// Teltonika FMB and FMC: their numbers of settings.
    Fmb,
    /// JT/T 808 as the standard has it, nothing of any maker's.
    Jt808,
    /// Jointech JT709 and JT707 over JT/T 808.
    Jt709,
    /// Jointech JT705 over JT/T 808.
    Jt705,
    /// HHD G-series padlocks over JT/T 808.
    Hhd,
    /// HHD G-360P and G-508P, whose alarm word has bits of its own.
    HhdP,
    /// BSJ trackers and padlocks over JT/T 808.
    Bsj,
    /// AOVX cargo trackers over JT/T 808.
    Aovx,
}

/// Every dialect, with its name.
pub(crate) const DIALECTS: [(Dialect, &str); 22] = [
    (Dialect::Any, "any"),
    (Dialect::Jt701, "jt701"),
    (Dialect::Jt701d, "jt701d"),
    (Dialect::Concox, "concox"),
    (Dialect::Jimi, "jimi"),
    (Dialect::Lw, "lw"),
    (Dialect::Seeworld, "seeworld"),
    (Dialect::R11, "r11"),
    (Dialect::Vxt01, "vxt01"),
    (Dialect::Benway, "benway"),
    (Dialect::S5, "s5"),
    (Dialect::Wetrust, "wetrust"),
    (Dialect::Gt06eCard, "gt06e_card"),
    (Dialect::QueclinkSack, "queclink_sack"),
    (Dialect::Fmb, "fmb"),
    (Dialect::Jt808, "jt808"),
    (Dialect::Jt709, "jt709"),
    (Dialect::Jt705, "jt705"),
    (Dialect::Hhd, "hhd"),
    (Dialect::HhdP, "hhd_p"),
    (Dialect::Bsj, "bsj"),
    (Dialect::Aovx, "aovx"),
];

impl Dialect {
    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        DIALECTS.iter().map(|(_, name)| *name)
    }

    /// The dialect of that name, as profiles, configurations and the command line write it.
    pub fn from_name(name: &str) -> Option<Self> {
        DIALECTS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(dialect, _)| *dialect)
    }

    /// The names of those that are ways of speaking this protocol, `any` first.
    pub fn names_of(protocol: Protocol) -> impl Iterator<Item = &'static str> {
        let of_it = move |dialect: Dialect| dialect.protocol().is_none_or(|spoken| spoken == protocol);
        DIALECTS
            .iter()
            .filter(move |(dialect, _)| of_it(*dialect))
            .map(|(_, name)| *name)
    }

    /// Of which protocol it is a way of speaking; nothing of one that goes with any.
    pub const fn protocol(self) -> Option<Protocol> {
        Some(match self {
            Self::Any => return None,
            Self::Jt701 | Self::Jt701d => Protocol::Jointech,
            Self::Concox
            | Self::Jimi
            | Self::Lw
            | Self::Seeworld
            | Self::R11
            | Self::Vxt01
            | Self::Benway
            | Self::S5
            | Self::Wetrust
            | Self::Gt06eCard => Protocol::Gt06,
            Self::QueclinkSack => Protocol::Queclink,
            Self::Fmb => Protocol::Teltonika,
            Self::Jt808 | Self::Jt709 | Self::Jt705 | Self::Hhd | Self::HhdP | Self::Bsj | Self::Aovx => {
                Protocol::Jt808
            }
        })
    }

    /// The name.
    pub fn name(self) -> &'static str {
        DIALECTS
            .iter()
            .find(|(dialect, _)| *dialect == self)
            .map_or("any", |(_, name)| name)
    }
}

impl Profile {
    /// Nothing is known of the seal.
    pub const ANY: Self = Self::of(Dialect::Any);

    /// A dialect, with the clock that its protocol has by itself.
    pub const fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            clock_ahead_min: None,
        }
    }

    /// Reads what `text` wrote: the dialect, and where its clock is another, `@` with minutes ahead of UTC (`hhd@480`). Before a
    /// stroke may stand by which data file that was chosen (`hhd-g300@v1/hhd@480`): the words are read alike without the file.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.rsplit_once('/').map_or(text, |(_, own)| own);
        let (name, clock) = match text.split_once('@') {
            Some((name, minutes)) => (name, Some(minutes.parse().ok()?)),
            None => (text, None),
        };
        Some(Self {
            dialect: Dialect::from_name(name)?,
            clock_ahead_min: clock,
        })
    }

    /// As it stands with a stored frame.
    pub fn text(self) -> Cow<'static, str> {
        let name = self.dialect.name();
        match self.clock_ahead_min {
            None => Cow::Borrowed(name),
            Some(minutes) => Cow::Owned(format!("{name}@{minutes}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_back_from_its_text() {
        for (dialect, _) in DIALECTS {
            for clock_ahead_min in [None, Some(480), Some(-210)] {
                let profile = Profile {
                    dialect,
                    clock_ahead_min,
                };
                assert_eq!(Profile::from_text(&profile.text()), Some(profile));
            }
        }
        let chosen = Profile {
            dialect: Dialect::Hhd,
            clock_ahead_min: Some(480),
        };
        assert_eq!(Profile::from_text("hhd-g300@v1/hhd@480"), Some(chosen));
        assert_eq!(Profile::from_text("hhd/hhd-g300@v1"), None);
        assert_eq!(Profile::from_text("nobody"), None);
        assert_eq!(Profile::from_text("any@noon"), None);
    }

    #[test]
    fn a_dialect_is_of_one_protocol_and_any_is_of_all() {
        let names = |protocol| Dialect::names_of(protocol).collect::<alloc::vec::Vec<_>>();
        assert_eq!(names(Protocol::Jointech), ["any", "jt701", "jt701d"]);
        assert_eq!(names(Protocol::Kingwo), ["any"]);
        let of_one = Protocol::ALL
            .into_iter()
            .map(|protocol| names(protocol).len() - 1);
        assert_eq!(of_one.sum::<usize>(), DIALECTS.len() - 1);
    }
}
