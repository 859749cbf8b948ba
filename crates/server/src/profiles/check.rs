//! What profiles must be together: one of each name and version, versions that follow each other, one family a name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use segel_wire::Dialect;

use super::failure::ProfileFailure;
use super::form::Placed;

/// Longest name of a profile; it stands with each stored frame.
const NAME_MAX: usize = 60;
/// Minutes that a clock may be ahead of UTC: all zones of the earth.
pub(super) const CLOCKS_MIN: RangeInclusive<i16> = -720..=840;

/// Whether a text may be a profile's name. Dialects have names of their own, and seals were registered by them.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(plain) && Dialect::from_name(name).is_none()
}

/// Checks all profiles beside each other.
pub(super) fn together(all: &[Placed]) -> Result<(), ProfileFailure> {
    let mut by_name: BTreeMap<&str, Vec<&Placed>> = BTreeMap::new();
    for placed in all {
        by_name.entry(&placed.profile.name).or_default().push(placed);
    }
    for versions in by_name.values_mut() {
        versions.sort_by_key(|placed| placed.profile.version);
        for pair in versions.windows(2) {
            follows(pair[0], pair[1])?;
        }
    }
    Ok(())
}

/// Whether a version follows another of the same name.
fn follows(before: &Placed, after: &Placed) -> Result<(), ProfileFailure> {
    let (old, new) = (&before.profile, &after.profile);
    let name = &new.name;
    if old.version == new.version {
        let (version, there) = (new.version, &before.place);
        return Err(ProfileFailure::new(
            &after.place,
            format!("profil \"{name}\" versi {version} sudah ada di {there}; beri nomor versi berikutnya"),
            format!(
                "profile \"{name}\" version {version} stands at {there} already; give it the next number"
            ),
        ));
    }
    if new.in_force <= old.in_force {
        let (first, second) = (old.version, new.version);
        return Err(ProfileFailure::new(
            &after.place,
            format!(
                "versi {second} dari \"{name}\" tumpang tindih dengan versi {first}; `in_force` harus sesudahnya"
            ),
            format!(
                "version {second} of \"{name}\" overlaps version {first}; its `in_force` must be a later day"
            ),
        ));
    }
    if (old.protocol, &old.maker, &old.model) != (new.protocol, &new.maker, &new.model) {
        return Err(ProfileFailure::new(
            &after.place,
            format!("versi \"{name}\" ini untuk pembuat, model, atau protokol lain; beri nama lain"),
            format!(
                "this version of \"{name}\" is of another maker, model or protocol; give it another name"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Profiles;

    const GOOD: &str = r#"[[profile]]
name = "uji"
version = 1
in_force = 2026-01-01
maker = "Uji"
model = "U1"
protocol = "gt06"
dialect = "concox"
senses = ["gps"]
battery_mv = [[3400, 0], [4200, 100]]
interval = { awake_min_s = 5, awake_max_s = 600, asleep_min_s = 60, asleep_max_s = 600 }
"#;

    /// Reads the good file with one text put for another, and says what was wrong in both languages.
    fn refused(from: &str, to: &str) -> (String, String) {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "the text to be replaced stands in the file");
        refused_text(&text)
    }

    fn refused_text(text: &str) -> (String, String) {
        let failure = Profiles::of_files([("uji.toml", text)]).expect_err("it makes no sense");
        (failure.to_string(), failure.indonesian())
    }

    #[test]
    fn a_good_file_is_accepted() {
        Profiles::of_files([("uji.toml", GOOD)]).unwrap_or_else(|failure| panic!("{failure}"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_file_its_line_and_what_to_do() {
        for (from, to, en, id) in [
            (
                "\"concox\"",
                "\"hhd\"",
                "uji.toml:8: there is no dialect \"hhd\" of protocol gt06; choose one of any, concox, jimi",
                "uji.toml:8: dialek \"hhd\" tidak ada untuk protokol gt06; pilih salah satu: any, concox, jimi",
            ),
            (
                "\"gt06\"",
                "\"gt07\"",
                "uji.toml:7: it is not the form of a profile file (unknown variant `gt07`",
                "uji.toml:7: tidak sesuai bentuk berkas profil (unknown variant `gt07`",
            ),
            (
                "senses",
                "sense",
                "uji.toml:9: it is not the form of a profile file (unknown field `sense`",
                "uji.toml:9: tidak sesuai bentuk",
            ),
            (
                "[4200, 100]",
                "[3400, 100]",
                "uji.toml:10: the battery's curve must rise: at least two points of [millivolts, per cent], at most 100 per cent; mend point 2",
                "uji.toml:10: kurva baterai harus naik",
            ),
            (
                "awake_max_s = 600",
                "awake_max_s = 4",
                "uji.toml:11: the shortest interval must be above 0 and not above the longest",
                "uji.toml:11: selang pelaporan terpendek",
            ),
            (
                "name = \"uji\"",
                "name = \"concox\"",
                "uji.toml:2: the name \"concox\" will not do",
                "uji.toml:2: nama \"concox\" tidak boleh",
            ),
            (
                "version = 1",
                "version = 0",
                "uji.toml:3: versions are counted from 1",
                "uji.toml:3: versi dihitung mulai 1",
            ),
            (
                "2026-01-01",
                "2026-01-01T08:00:00",
                "uji.toml:4: `in_force` is the day from which it holds",
                "uji.toml:4: `in_force` adalah hari mulai berlaku",
            ),
            (
                "maker = \"Uji\"",
                "maker = \" \"",
                "uji.toml:5: say maker and model",
                "uji.toml:5: pembuat dan model harus diisi",
            ),
            (
                "senses",
                "clock_ahead_min = 900\nsenses",
                "uji.toml:9: no clock is 900 minutes ahead of UTC",
                "uji.toml:9: jam 900 menit di depan UTC tidak ada",
            ),
            (
                "senses",
                "lacks = [\"sing\"]\nsenses",
                "uji.toml:9: its language has no order \"sing\" anyway",
                "uji.toml:9: bahasanya memang tidak mengenal perintah \"sing\"",
            ),
        ] {
            let (said, indonesian) = refused(from, to);
            assert!(
                said.starts_with(&format!("could not accept the profiles: {en}")),
                "{said}"
            );
            assert!(
                indonesian.starts_with(&format!("profil tidak dapat diterima: {id}")),
                "{indonesian}"
            );
        }
    }

    #[test]
    fn two_of_one_name_and_version_and_versions_that_overlap_are_refused() {
        let twice = GOOD.to_owned() + GOOD;
        assert_eq!(
            refused_text(&twice).0,
            "could not accept the profiles: uji.toml:13: profile \"uji\" version 1 stands at uji.toml:2 already; give it the next number"
        );
        let overlaps = GOOD.to_owned() + &GOOD.replace("version = 1", "version = 2");
        assert_eq!(
            refused_text(&overlaps).1,
            "profil tidak dapat diterima: uji.toml:13: versi 2 dari \"uji\" tumpang tindih dengan versi 1; `in_force` harus sesudahnya"
        );
        let later = GOOD
            .replace("version = 1", "version = 2")
            .replace("2026-01-01", "2026-07-01");
        let of_another = GOOD.to_owned() + &later.replace("\"U1\"", "\"U2\"");
        assert!(
            refused_text(&of_another)
                .0
                .contains("of another maker, model or protocol")
        );
        let follows = GOOD.to_owned() + &later;
        Profiles::of_files([("uji.toml", follows.as_str())]).unwrap_or_else(|failure| panic!("{failure}"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_refused_with_its_name() {
        let failure = Profiles::load(Some(std::path::Path::new("no/such/folder"))).expect_err("no folder");
        assert!(
            failure.to_string().contains("no/such/folder: it cannot be read"),
            "{failure}"
        );
        assert!(
            failure
                .indonesian()
                .contains("periksa `profiles` dalam konfigurasi")
        );
    }
}
