//! The languages that simulated seals speak, by the names of the protocol and the profile a seal is registered with.

use super::eseal::Eseal;
use super::gt06::Gt06Seal;
use super::jointech::JointechSeal;
use super::jt808::{Dialect, Edition, Terminal};
use super::kingwo::KingwoSeal;
use super::meitrack::MeitrackUnit;
use super::platforms::ForwardedSeal;
use super::queclink::QueclinkUnit;
use super::teltonika::{Codec, TeltonikaUnit};
use super::voice::Voice;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// The protocol's name.
    pub protocol: &'static str,
    /// The profile's name.
    pub profile: &'static str,
    sort: Sort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Jointech,
    Jt808(Dialect, Edition),
    Gt06,
    Kingwo,
    Eseal,
    Queclink { acknowledged: bool },
    Teltonika(Codec),
    Meitrack,
    Teratrack,
}

const fn language(protocol: &'static str, profile: &'static str, sort: Sort) -> Language {
    Language {
        protocol,
        profile,
        sort,
    }
}

/// All of them; the first of a protocol is meant where no profile is named.
pub const LANGUAGES: [Language; 17] = [
    language("jointech", "jt701d", Sort::Jointech),
    language("jt808", "any", Sort::Jt808(Dialect::Plain, Edition::Of2013)),
    language("jt808", "jt808", Sort::Jt808(Dialect::Plain, Edition::Of2019)),
    language("jt808", "jt709", Sort::Jt808(Dialect::Jt709, Edition::Of2013)),
    language("jt808", "jt705", Sort::Jt808(Dialect::Jt705, Edition::Of2013)),
    language("jt808", "hhd", Sort::Jt808(Dialect::Hhd, Edition::Of2013)),
    language("jt808", "bsj", Sort::Jt808(Dialect::Bsj, Edition::Of2013)),
    language("jt808", "aovx", Sort::Jt808(Dialect::Aovx, Edition::Of2019)),
    language("gt06", "concox", Sort::Gt06),
    language("kingwo", "any", Sort::Kingwo),
    language("eseal", "any", Sort::Eseal),
    language("queclink", "any", Sort::Queclink { acknowledged: false }),
    language("queclink", "queclink_sack", Sort::Queclink { acknowledged: true }),
    language("teltonika", "fmb", Sort::Teltonika(Codec::EightExtended)),
    language("teltonika", "any", Sort::Teltonika(Codec::Eight)),
    language("meitrack", "any", Sort::Meitrack),
    language("teratrack", "any", Sort::Teratrack),
];

/// What everybody means who does not say.
pub const JOINTECH: Language = LANGUAGES[0];

impl Language {
    /// The language of that protocol, and of that profile where one is named.
    pub fn find(protocol: &str, profile: Option<&str>) -> Option<Self> {
        LANGUAGES
            .into_iter()
            .find(|one| one.protocol == protocol && profile.is_none_or(|profile| one.profile == profile))
    }

    /// A seal of that number: noughts stand before it where a device has more digits.
    pub fn voice(self, number: u64) -> Box<dyn Voice> {
        let name = number.to_string();
        match self.sort {
            Sort::Jointech => Box::new(JointechSeal::new(number)),
            Sort::Jt808(dialect, edition) => Box::new(Terminal::new(&name, dialect, edition)),
            Sort::Gt06 => Box::new(Gt06Seal::new(&name)),
            Sort::Kingwo => Box::new(KingwoSeal::new(&name)),
            Sort::Eseal => Box::new(Eseal::new(&name)),
            Sort::Queclink { acknowledged } => Box::new(QueclinkUnit::new(&name, acknowledged)),
            Sort::Teltonika(codec) => Box::new(TeltonikaUnit::new(&name, codec)),
            Sort::Meitrack => Box::new(MeitrackUnit::new(&name)),
            Sort::Teratrack => Box::new(ForwardedSeal::new(&name)),
        }
    }

    /// Whether the server can order such a seal to open. Others are opened by a card that their maker's tool let in, or have no
    /// lock.
    pub const fn opens_by_order(self) -> bool {
        matches!(
            self.sort,
            Sort::Jointech | Sort::Jt808(Dialect::Hhd, _) | Sort::Eseal
        )
    }

    /// The model that stands on it, before its number.
    pub const fn model(self) -> &'static str {
        match self.sort {
            Sort::Jointech => "JT701",
            Sort::Jt808(Dialect::Plain, _) => "T808",
            Sort::Jt808(Dialect::Jt709, _) => "JT709",
            Sort::Jt808(Dialect::Jt705, _) => "JT705",
            Sort::Jt808(Dialect::Hhd, _) => "G300",
            Sort::Jt808(Dialect::Bsj, _) => "BSJ",
            Sort::Jt808(Dialect::Aovx, _) => "GL100",
            Sort::Gt06 => "LL302",
            Sort::Kingwo => "NT68",
            Sort::Eseal => "CTC",
            Sort::Queclink { .. } => "GL300",
            Sort::Teltonika(_) => "TAT100",
            Sort::Meitrack => "K211G",
            Sort::Teratrack => "JT701",
        }
    }

    /// What a load in this language counts.
    pub const fn counted(self) -> &'static str {
        match self.sort {
            Sort::Jointech => "records by their serial",
            Sort::Jt808(Dialect::Jt705, _) => "records by message and number of one byte (4401)",
            Sort::Jt808(..) => "positions by message and number (8001)",
            Sort::Gt06 => "places by message and number",
            Sort::Kingwo => "messages by their two letters, in order: it has no numbers",
            Sort::Eseal => "lines by their index",
            Sort::Queclink { .. } => "positions by the count of a heartbeat that follows each",
            Sort::Teltonika(_) => "packets of one record, one at a time",
            Sort::Meitrack => "blocks (CCC) by the sign of their frame: other records are not acknowledged",
            Sort::Teratrack => "objects, one at a time: what is told of one names none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_without_a_profile_is_its_first_language() {
        assert_eq!(Language::find("jointech", None), Some(JOINTECH));
        assert_eq!(Language::find("jt808", None).map(|one| one.profile), Some("any"));
        let hhd = Language::find("jt808", Some("hhd")).expect("it is known");
        assert_eq!(hhd.voice(7).device(), "000000000007");
        assert_eq!(Language::find("jt808", Some("jt701d")), None);
        assert_eq!(Language::find("osmand", None), None);
    }

    #[test]
    fn a_device_has_as_many_digits_as_its_maker_gives_it() {
        for (protocol, profile, digits) in [
            ("jointech", "jt701d", 10),
            ("jt808", "jt808", 20),
            ("jt808", "jt709", 12),
            ("gt06", "concox", 15),
            ("meitrack", "any", 15),
            ("eseal", "any", 10),
        ] {
            let language = Language::find(protocol, Some(profile)).expect("it is known");
            assert_eq!(
                language.voice(8_100_000_000).device().len(),
                digits,
                "{protocol} {profile}"
            );
        }
    }
}
