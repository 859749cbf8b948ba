//! Profiles: what a make of seal is, as data. A file says in which protocol and dialect it speaks, how its clock is set, what
//! it can do and feel, how full its battery is at which voltage, and which certificate it must have; so a new make of a known
//! family needs a file and no code.
//!
//! A profile has versions, each in force from its day on. What a seal says is read by the version in force when its connection
//! began, and the name and version stand with each stored frame, beside the words of the wire that were chosen by them.

mod form;
mod check;
mod failure;

mod battery;
mod orders;
mod reading;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use segel_model::ServerTime;
use segel_model::alarm::Bilingual;
use segel_model::document::Day;
use segel_model::report::Protocol;
use segel_model::rulebook::{Intervals, Make, Makes};
use segel_model::seal::CertificateKind;
use serde::{Deserialize, Serialize};

pub use battery::Curve;
pub use failure::ProfileFailure;
pub use orders::orders_of;
pub use reading::Reading;

/// The profiles that come with the program, by file.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("aovx.toml", include_str!("../../../profiles/aovx.toml")),
    ("bsj.toml", include_str!("../../../profiles/bsj.toml")),
    ("concox.toml", include_str!("../../../profiles/concox.toml")),
    ("eseal.toml", include_str!("../../../profiles/eseal.toml")),
    ("hhd.toml", include_str!("../../../profiles/hhd.toml")),
    ("jointech.toml", include_str!("../../../profiles/jointech.toml")),
    ("kingwo.toml", include_str!("../../../profiles/kingwo.toml")),
    ("meitrack.toml", include_str!("../../../profiles/meitrack.toml")),
    ("phone.toml", include_str!("../../../profiles/phone.toml")),
    ("platform.toml", include_str!("../../../profiles/platform.toml")),
    ("queclink.toml", include_str!("../../../profiles/queclink.toml")),
    ("standard.toml", include_str!("../../../profiles/standard.toml")),
    ("teltonika.toml", include_str!("../../../profiles/teltonika.toml")),
];

/// Files read from a folder; there are some thirty makers of seals in the world.
const FILES_MAX: usize = 500;

/// One version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct SealProfile {
    /// By which seals are registered: `jointech-jt701d`.
    pub name: String,
    /// Rising.
    pub version: u32,
    /// The day from which it holds, from midnight WIB.
    pub in_force: Day,
    /// Who makes the seal.
    pub maker: String,
    /// What the maker calls it.
    pub model: String,
    /// Of which firmware it was written.
    pub firmware: Firmware,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its way of speaking it, and how its clock is set.
    pub wire: segel_wire::Profile,
    /// How it can be opened.
    pub opens: Vec<Opening>,
    /// What it feels and tells.
    pub senses: Vec<Sense>,
    /// Orders that its language has words for and this make does not take.
    pub lacks: Vec<String>,
    /// How full the battery is at which voltage, where the protocol tells volts alone.
    pub battery: Option<Curve>,
    /// Which certificate it must have; nothing where any will do.
    pub certificate: Option<CertificateKind>,
    /// How often it can be told to report.
    pub interval: Option<Intervals>,
    /// What whoever registers it should know.
    pub remarks: Option<Bilingual>,
    /// As it stands with each stored frame.
    text: String,
    since: ServerTime,
}

/// From which firmware to which, as the maker writes them; nothing is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Firmware {
    /// The oldest.
    pub from: Option<String>,
    /// The newest.
    pub to: Option<String>,
}

/// A way of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// An order of the platform.
    Platform,
    /// Its fixed password.
    StaticPassword,
    /// A one-time password.
    DynamicPassword,
    /// A card held to it.
    Card,
    /// A phone over Bluetooth.
    Bluetooth,
    /// A text message.
    Sms,
    /// A key.
    Key,
    /// A cable.
    Cable,
}

/// Something a seal feels and tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sense {
    /// Satellites.
    Gps,
    /// Its mobile cell.
    Cell,
    /// Wireless networks around it.
    Wifi,
    /// Whether its rope or shackle is in.
    Rope,
    /// Whether its cover is closed.
    Cover,
    /// Whether its motor is locked.
    Motor,
    /// Cards.
    Card,
    /// Bluetooth: phones and tags.
    Bluetooth,
    /// Smaller seals that speak through it.
    SubLocks,
    /// Its battery, per cent.
    BatteryPercent,
    /// Its battery, volts.
    BatteryVolts,
    /// Shaking and moving.
    Motion,
    /// Light, where there should be none.
    Light,
    /// A door's contact.
    Door,
    /// Temperature.
    Temperature,
    /// Jamming of its radio.
    Jamming,
}

/// All profiles, each in its versions. They live as long as the process.
#[derive(Debug, Default)]
pub struct Profiles {
    /// Versions rise.
    by_name: BTreeMap<String, Vec<&'static SealProfile>>,
}

impl Profiles {
    /// Those that come with the program, and those of a folder where one is named.
    pub fn load(folder: Option<&Path>) -> Result<Self, ProfileFailure> {
        let mut files: Vec<(String, String)> = DEFAULTS
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        if let Some(folder) = folder {
            files.extend(read_folder(folder)?);
        }
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        Self::of_files(files)
    }

    /// Those of these files, each with its name and text.
    pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ProfileFailure> {
        let mut all = Vec::new();
        for (file, text) in files {
            all.extend(form::read(file, text)?);
        }
        check::together(&all)?;
        let mut profiles = Self::default();
        for placed in all {
            let profile = placed.profile;
            let versions = profiles.by_name.entry(profile.name.clone()).or_default();
            // A profile stands beside every report, where counting its owners would cost more than it weighs.
            versions.push(Box::leak(Box::new(profile)));
            versions.sort_by_key(|each| each.version);
        }
        Ok(profiles)
    }

    /// Every version of every profile, by name.
    pub fn all(&self) -> impl Iterator<Item = &'static SealProfile> {
        self.by_name.values().flatten().copied()
    }

    /// The version of each profile that holds at a moment.
    pub fn in_force(&self, now: ServerTime) -> impl Iterator<Item = &'static SealProfile> {
        self.by_name
            .values()
            .filter_map(move |versions| newest(versions, now))
    }

    /// The version of a profile that holds at a moment.
    pub fn find(&self, name: &str, now: ServerTime) -> Option<&'static SealProfile> {
        newest(self.by_name.get(name)?, now)
    }

    /// One version of a profile.
    pub fn version(&self, name: &str, version: u32) -> Option<&'static SealProfile> {
        let versions = self.by_name.get(name)?;
        versions.iter().copied().find(|each| each.version == version)
    }

    /// How each make speaks, for the rules that ask what a seal can be told.
    pub fn makes(&self) -> Makes {
        let mut makes = Makes::default();
        for profile in self.all() {
            let make = Make {
                since: profile.since,
                dialect: profile.wire.text().into_owned(),
                lacks: profile.lacks.clone(),
                interval: profile.interval,
            };
            makes.add(&profile.name, make);
        }
        makes
    }

    /// How a seal registered so is read from a moment on. Before its first version holds, that one does: what a seal says is
    /// always read. What is no profile's name is a dialect, as seals were registered before there were profiles; what is
    /// neither tells nothing, and its frames are believed.
    pub fn reading(&self, registered: &str, now: ServerTime) -> Reading {
        let versions = self.by_name.get(registered);
        let found = versions.and_then(|all| newest(all, now).or(all.first().copied()));
        found.map_or_else(|| Reading::of_text(registered), Reading::by)
    }

    /// How a stored frame was read, by what stands with it: by its version where that is still loaded, otherwise by the
    /// words of the wire, which stand there too.
    pub fn stored(&self, text: &str) -> Reading {
        let named = text.split_once('/').and_then(|(named, _)| named.split_once("@v"));
        let found = named.and_then(|(name, version)| self.version(name, version.parse().ok()?));
        found
            .filter(|profile| profile.text == text)
            .map_or_else(|| Reading::of_text(text), Reading::by)
    }

    /// What a seal of that protocol may be registered as, and which certificate it then needs; or why it may not.
    pub fn accept(
        &self,
        protocol: Protocol,
        text: &str,
        now: ServerTime,
    ) -> Result<Option<CertificateKind>, Bilingual> {
        match (self.by_name.get(text), self.find(text, now)) {
            (Some(versions), _) if versions.iter().all(|each| each.protocol != protocol) => {
                Err(of_another(text, versions, protocol))
            }
            (Some(versions), None) => Err(not_yet(text, versions)),
            (Some(_), Some(profile)) => Ok(profile.certificate),
            (None, _) => is_dialect(protocol, text)
                .then_some(None)
                .ok_or_else(|| unknown(text)),
        }
    }

    /// Whether a registration of old or of today says something that is understood.
    pub fn knows(&self, registered: &str) -> bool {
        self.by_name.contains_key(registered) || segel_wire::Profile::from_text(registered).is_some()
    }
}

impl SealProfile {
    /// The orders that it takes, by name.
    pub fn orders(&self) -> Vec<&'static str> {
        let mut orders = orders_of(self.protocol, self.wire);
        orders.retain(|order| !self.lacks.iter().any(|lacks| lacks == order));
        orders
    }

    /// Its name and version, as they stand with each stored frame, and behind a stroke the words of the wire.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The newest version that holds at a moment.
fn newest(versions: &[&'static SealProfile], now: ServerTime) -> Option<&'static SealProfile> {
    versions.iter().rev().copied().find(|each| each.since <= now)
}

/// The files of a folder by name, in its order.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, ProfileFailure> {
    let failed = |source| ProfileFailure::folder(folder, source);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    if FILES_MAX < paths.len() {
        return Err(ProfileFailure::too_many(folder, FILES_MAX));
    }
    paths.sort();
    let read = |path: &Path| fs::read_to_string(path).map_err(|source| ProfileFailure::folder(path, source));
    paths
        .iter()
        .map(|path| Ok((path.display().to_string(), read(path)?)))
        .collect()
}

/// Whether a text is a dialect of a protocol, as seals are registered for whose make there is no profile.
fn is_dialect(protocol: Protocol, text: &str) -> bool {
    let plain = !text.contains('/');
    let wire = segel_wire::Profile::from_text(text).filter(|_| plain);
    wire.is_some_and(|wire| wire.dialect.protocol().is_none_or(|spoken| spoken == protocol))
}

fn unknown(text: &str) -> Bilingual {
    Bilingual {
        id: format!(
            "Profil \"{text}\" tidak dikenal untuk protokol ini; pilih dari daftar profil (GET /api/v1/profiles) atau tambahkan berkas profil."
        ),
        en: format!(
            "there is no profile \"{text}\" for this protocol; choose one of the list (GET /api/v1/profiles), or add a profile file"
        ),
    }
}

fn of_another(text: &str, versions: &[&'static SealProfile], protocol: Protocol) -> Bilingual {
    let own = versions.first().map_or("", |first| first.protocol.name());
    let asked = protocol.name();
    Bilingual {
        id: format!(
            "Profil \"{text}\" untuk protokol {own}, bukan {asked}; pilih protokol {own} atau profil lain."
        ),
        en: format!(
            "profile \"{text}\" is of protocol {own}, not {asked}; choose protocol {own} or another profile"
        ),
    }
}

fn not_yet(text: &str, versions: &[&'static SealProfile]) -> Bilingual {
    let day = versions
        .first()
        .map(|first| day_text(first.in_force))
        .unwrap_or_default();
    Bilingual {
        id: format!("Profil \"{text}\" baru berlaku mulai {day}; pilih profil lain sampai hari itu."),
        en: format!("profile \"{text}\" holds from {day} on; choose another until that day"),
    }
}

/// A day as people write it down for machines.
fn day_text(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-01 00:00 WIB.
    const JUNE: ServerTime = ServerTime::from_unix_ms(1_780_246_800_000);

    fn version(version: u32, day: &str, dialect: &str) -> String {
        format!(
            "[[profile]]\nname = \"uji\"\nversion = {version}\nin_force = {day}\nmaker = \"Uji\"\nmodel = \"U1\"\n\
             protocol = \"gt06\"\ndialect = \"{dialect}\"\nsenses = [\"gps\"]\n"
        )
    }

    fn two_versions() -> Profiles {
        let text = version(1, "2026-01-01", "concox") + &version(2, "2026-06-01", "jimi");
        Profiles::of_files([("uji.toml", text.as_str())]).unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn the_profiles_that_come_with_the_program_are_accepted() {
        let profiles = Profiles::load(None).unwrap_or_else(|failure| panic!("{failure}"));
        let names: Vec<&str> = profiles.all().map(|each| each.name.as_str()).collect();
        assert!(40 <= names.len(), "{names:?}");
        for protocol in Protocol::ALL {
            assert!(
                profiles.all().any(|each| each.protocol == protocol),
                "no profile of {}",
                protocol.name()
            );
        }
    }

    /// What follows a container and locks nothing is never told to open.
    #[test]
    fn a_tracker_takes_no_order_to_open() {
        let profiles = Profiles::load(None).unwrap_or_else(|failure| panic!("{failure}"));
        let trackers = profiles
            .all()
            .filter(|each| each.certificate == Some(CertificateKind::Tracker));
        for tracker in trackers {
            let orders = tracker.orders();
            let opens = orders.iter().any(|order| order.starts_with("unlock"));
            assert!(!opens && tracker.opens.is_empty(), "{}: {orders:?}", tracker.name);
        }
    }

    /// Every file of the folder is built in, and no other.
    #[test]
    fn every_profile_file_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles");
        let mut lying: Vec<String> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        lying.sort();
        let built_in: Vec<&str> = DEFAULTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(lying, built_in);
    }

    #[test]
    fn a_version_holds_from_midnight_wib_of_its_day() {
        let profiles = two_versions();
        let at = |now: ServerTime| profiles.reading("uji", now).text().into_owned();
        assert_eq!(at(JUNE.plus_ms(-1)), "uji@v1/concox");
        assert_eq!(at(JUNE), "uji@v2/jimi");
        assert_eq!(
            at(ServerTime::from_unix_ms(0)),
            "uji@v1/concox",
            "it is always read"
        );
        assert_eq!(
            profiles
                .accept(Protocol::Gt06, "uji", ServerTime::from_unix_ms(0))
                .map_err(|why| why.en),
            Err("profile \"uji\" holds from 2026-01-01 on; choose another until that day".into())
        );
    }

    /// "years later the same words are read": by the version that stood with the frame, also where its file is gone.
    #[test]
    fn a_stored_frame_is_read_by_its_own_version_and_without_its_file_by_its_words() {
        let profiles = two_versions();
        let wire = |profiles: &Profiles, text: &str| {
            let reading = profiles.stored(text);
            (reading.wire.text().into_owned(), reading.profile.is_some())
        };
        assert_eq!(wire(&profiles, "uji@v1/concox"), ("concox".into(), true));
        assert_eq!(wire(&profiles, "uji@v2/jimi"), ("jimi".into(), true));
        assert_eq!(wire(&Profiles::default(), "uji@v2/jimi"), ("jimi".into(), false));
        assert_eq!(
            wire(&profiles, "uji@v1/lw@480"),
            ("lw@480".into(), false),
            "the file was changed since"
        );
        assert_eq!(
            wire(&profiles, "hhd@480"),
            ("hhd@480".into(), false),
            "the old form"
        );
        assert_eq!(wire(&profiles, "phone"), ("any".into(), false));
    }

    #[test]
    fn what_is_neither_a_profile_nor_a_dialect_of_the_protocol_is_refused() {
        let profiles = two_versions();
        let accepts = |protocol, text| profiles.accept(protocol, text, JUNE).is_ok();
        assert!(accepts(Protocol::Gt06, "uji") && accepts(Protocol::Gt06, "concox@480"));
        assert!(accepts(Protocol::Osmand, "any"));
        assert!(!accepts(Protocol::Jt808, "uji") && !accepts(Protocol::Jt808, "concox"));
        assert!(!accepts(Protocol::Gt06, "nobody") && !accepts(Protocol::Gt06, "uji@v1/concox"));
    }
}
