//! Loads the rulebook and refuses one that would make the watch blind: a rule that is wrong is worse than no start.

use segel_model::rulebook::{Edition, WatchRules};
use segel_model::{AlarmCode, OfficeCode, Rulebook};

/// The rulebook that comes with the program.
pub const DEFAULT: &str = include_str!("../../../rules/default.toml");

/// What is wrong with a rulebook.
#[derive(Debug, thiserror::Error)]
pub enum RulesFailure {
    /// It does not read.
    #[error("could not read the rulebook: {0}")]
    Form(#[from] toml::de::Error),
    /// It reads, and makes no sense.
    #[error("could not accept the rulebook: {0}")]
    Sense(String),
}

/// Every alarm must say how soon people react.
const ALARMS: [AlarmCode; 16] = [
    AlarmCode::A01,
    AlarmCode::A02,
    AlarmCode::A03,
    AlarmCode::A06,
    AlarmCode::A08,
    AlarmCode::A09,
    AlarmCode::A11,
    AlarmCode::A12,
    AlarmCode::A13,
    AlarmCode::A14,
    AlarmCode::A16,
    AlarmCode::A17,
    AlarmCode::A20,
    AlarmCode::A21,
    AlarmCode::A22,
    AlarmCode::A23,
];

/// The furthest any zone lies from UTC.
const UTC_OFFSET_MAX_H: u8 = 14;

/// Reads a rulebook as written in TOML.
pub fn load(text: &str) -> Result<Rulebook, RulesFailure> {
    let rules: Rulebook = toml::from_str(text)?;
    check(&rules).map_err(RulesFailure::Sense)?;
    Ok(rules)
}

fn check(rules: &Rulebook) -> Result<(), String> {
    claim(!rules.editions.is_empty(), || "it has no edition".into())?;
    for pair in rules.editions.windows(2) {
        let rising = pair[0].number < pair[1].number && pair[0].effective_from < pair[1].effective_from;
        claim(rising, || {
            format!(
                "edition {} does not follow {}",
                pair[1].number.0, pair[0].number.0
            )
        })?;
    }
    for edition in &rules.editions {
        edition_makes_sense(edition).map_err(|why| format!("edition {}: {why}", edition.number.0))?;
    }
    offices_make_sense(rules)
}

fn edition_makes_sense(edition: &Edition) -> Result<(), String> {
    let clocks = &edition.clocks;
    let limits = [
        clocks.install_limit_s,
        clocks.install_photos_limit_s,
        clocks.removal_limit_s,
        clocks.removal_photos_limit_s,
    ];
    claim(limits.iter().all(|limit| 0 < *limit), || {
        "a clock has no limit".into()
    })?;
    claim(!edition.photos.install.is_empty(), || {
        "no photo is required at the installation".into()
    })?;
    claim(!edition.photos.removal.is_empty(), || {
        "no photo is required at the removal".into()
    })?;
    let unlock = &edition.unlock;
    claim(
        0 < unlock.grant_window_s && unlock.grant_window_s <= unlock.grant_window_max_s,
        || "grant_window_s must lie between 1 and grant_window_max_s".into(),
    )?;
    for code in ALARMS {
        claim(edition.reaction.contains_key(&code), || {
            format!("{} has no reaction", code.name())
        })?;
    }
    watch_makes_sense(&edition.watch)
}

fn watch_makes_sense(watch: &WatchRules) -> Result<(), String> {
    let metres = [
        watch.deviation_m,
        watch.deviation_grave_m,
        watch.deviation_return_m,
        watch.stop_radius_m,
        watch.accuracy_limit_m,
        watch.jump_speed_kmh,
    ];
    claim(
        metres.iter().all(|value| value.is_finite() && 0.0 <= *value),
        || "a distance or speed is no number".into(),
    )?;
    claim(watch.deviation_m <= watch.deviation_grave_m, || {
        "deviation_grave_m lies below deviation_m".into()
    })?;
    claim(watch.stop_s.is_sorted(), || "stop_s must rise".into())?;
    claim(watch.battery_critical_percent < watch.battery_low_percent, || {
        "battery_critical_percent must lie below battery_low_percent".into()
    })?;
    claim(0 < watch.silence_intervals && 0 < watch.silence_s, || {
        "silence is never noticed".into()
    })?;
    claim(0 < watch.window_fixes, || "window_fixes must not be zero".into())
}

fn offices_make_sense(rules: &Rulebook) -> Result<(), String> {
    for (place, office) in rules.offices.iter().enumerate() {
        let code = &office.code;
        claim(OfficeCode::new(&code.0).is_some(), || {
            format!("office code {code} is not six digits")
        })?;
        claim(office.utc_offset_h <= UTC_OFFSET_MAX_H, || {
            format!("office {code} lies in no zone")
        })?;
        let first = rules.offices.iter().position(|other| &other.code == code);
        claim(first == Some(place), || format!("office {code} stands twice"))?;
    }
    Ok(())
}

fn claim(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads the default with one text put for another, and says what was wrong.
    fn refused(from: &str, to: &str) -> String {
        let text = DEFAULT.replacen(from, to, 1);
        assert_ne!(text, DEFAULT, "the text to be replaced stands in the default");
        load(&text).expect_err("it makes no sense").to_string()
    }

    /// SOP: fitting 5 minutes, its photos 10, taking off 5, its photos 10.
    #[test]
    fn the_default_has_the_clocks_of_the_sop() {
        let rules = load(DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
        let clocks = &rules.editions[0].clocks;
        assert_eq!(
            (clocks.install_limit_s, clocks.install_photos_limit_s),
            (300, 600)
        );
        assert_eq!(
            (clocks.removal_limit_s, clocks.removal_photos_limit_s),
            (300, 600)
        );
        assert_eq!(
            (
                rules.editions[0].photos.install.len(),
                rules.editions[0].photos.removal.len()
            ),
            (4, 3)
        );
    }

    #[test]
    fn a_misspelt_rule_is_refused_and_not_overlooked() {
        assert!(refused("install_limit_s", "instal_limit_s").contains("instal_limit_s"));
    }

    #[test]
    fn rules_without_sense_are_refused_by_name() {
        for (from, to, why) in [
            (
                "install_limit_s = 300",
                "install_limit_s = 0",
                "edition 1: a clock has no limit",
            ),
            (
                "A22 = { severity = \"S3\", acknowledge_s = 900, act_s = 1800, escalate_s = 3600 }",
                "",
                "edition 1: A22 has no reaction",
            ),
            (
                "[900, 1800, 7200]",
                "[1800, 900, 7200]",
                "edition 1: stop_s must rise",
            ),
            (
                "deviation_m = 300.0",
                "deviation_m = nan",
                "edition 1: a distance or speed is no number",
            ),
            ("\"060100\"", "\"06010\"", "office code 06010 is not six digits"),
            ("\"060100\"", "\"040300\"", "office 040300 stands twice"),
            (
                "utc_offset_h = 7",
                "utc_offset_h = 15",
                "office 060100 lies in no zone",
            ),
        ] {
            assert_eq!(refused(from, to), format!("could not accept the rulebook: {why}"));
        }
    }

    #[test]
    fn an_edition_that_does_not_follow_the_one_before_is_refused() {
        let mut rules = load(DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
        rules.editions.push(rules.editions[0].clone());
        assert_eq!(check(&rules), Err("edition 1 does not follow 1".into()));
        rules.editions.clear();
        assert_eq!(check(&rules), Err("it has no edition".into()));
    }
}
