//! Which unit speaks: the first letters of its protocol version.

/// What a unit is for. It decides what stands before and behind its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// With a battery of its own, on cargo.
    Asset,
    /// Fed by a vehicle.
    Vehicle,
}

/// A unit's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model<'a> {
    code: &'a str,
}

/// Codes of battery trackers, with the maker's password where the name of the model is known: the name in small letters (manual,
/// "Password"). The codes are those of the handbook and of real frames.
const ASSETS: [(&str, Option<&str>); 20] = [
    ("02", Some("gl200")),
    ("07", None),
    ("0A", None),
    ("11", None),
    ("12", None),
    ("1A", Some("gl300")),
    ("21", None),
    ("28", None),
    ("2C", Some("gl300w")),
    ("2E", None),
    ("30", Some("gl300")),
    ("40", Some("gl500")),
    ("42", None),
    ("44", Some("gl530")),
    ("52", None),
    ("55", None),
    ("66", None),
    ("C3", Some("gl320m")),
    ("DE", Some("gl500m")),
    ("F5", Some("gl300m")),
];
/// Models that say the number of the vehicle before their own name.
const WITH_VIN: [&str; 3] = ["1F", "2D", "36"];

impl<'a> Model<'a> {
    /// The model of a protocol version of six letters (`1A0102`), or of ten whose model has six (`8020040305`).
    pub fn of(version: &'a str) -> Self {
        let letters = if version.len() == 10 { 6 } else { 2 };
        Self {
            code: version.get(..letters).unwrap_or_default(),
        }
    }

    /// What it is for. A unit that nobody knows is taken for a vehicle's: there are more of those.
    pub fn family(self) -> Family {
        if ASSETS.iter().any(|(code, _)| self.is(code)) {
            Family::Asset
        } else {
            Family::Vehicle
        }
    }

    /// The password it has from the maker.
    pub fn password(self) -> Option<&'static str> {
        let known = ASSETS.iter().find(|(code, _)| self.is(code));
        known.and_then(|(_, password)| *password)
    }

    /// Whether the number of the vehicle stands before the name.
    pub fn says_vin(self) -> bool {
        WITH_VIN.contains(&self.code)
    }

    /// Whether it has this code.
    pub fn is(self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_model() {
        assert_eq!(Model::of("1A0102").family(), Family::Asset);
        assert_eq!(Model::of("DE0115").family(), Family::Asset);
        assert_eq!(Model::of("060228").family(), Family::Vehicle);
        assert_eq!(Model::of("8020040305").family(), Family::Vehicle);
        assert_eq!(Model::of("").family(), Family::Vehicle);
        assert_eq!(Model::of("1A0102").password(), Some("gl300"));
        assert_eq!(Model::of("060228").password(), None);
        assert!(Model::of("360100").says_vin() && !Model::of("060100").says_vin());
    }
}
