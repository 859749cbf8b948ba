//! Limits, offices and rules as data: each edition has a source and the day it takes effect.
//!
//! A trip is judged to its end by the edition in force when it was opened.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::photo::PhotoKind;
use crate::{AlarmCode, OfficeCode, ServerTime, Severity};

/// All editions, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    /// At least one.
    pub editions: Vec<Edition>,
    /// The customs offices.
    pub offices: Vec<Office>,
    /// How seals speak that are registered by the name of their make. Stands in no rulebook's file: whoever loads the makes puts
    /// them here.
    #[serde(skip)]
    pub makes: Makes,
}

/// How seals speak, by the name of their make.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Makes(BTreeMap<String, Vec<Make>>);

/// How seals of one make speak from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Make {
    /// From when it is in force.
    pub since: ServerTime,
    /// Their way of speaking their protocol, as `wire` writes it: `hhd@480`.
    pub dialect: String,
    /// Orders, by name, that the dialect has words for and this make does not take.
    pub lacks: Vec<String>,
    /// How often it can be told to report, where that is known.
    pub interval: Option<Intervals>,
}

/// How often a seal can be told to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// The shortest, seconds while awake.
    pub awake_min_s: u32,
    /// The longest.
    pub awake_max_s: u32,
    /// The shortest between wakings while asleep.
    pub asleep_min_s: u32,
    /// The longest.
    pub asleep_max_s: u32,
}

impl Makes {
    /// One more version of a make.
    pub fn add(&mut self, name: &str, make: Make) {
        let versions = self.0.entry(name.into()).or_default();
        versions.push(make);
        versions.sort_by_key(|make| make.since);
    }

    /// The version in force at a moment: the newest that has taken effect, or the oldest there is.
    pub fn find(&self, name: &str, now: ServerTime) -> Option<&Make> {
        let versions = self.0.get(name)?;
        let newest = versions.iter().rev().find(|make| make.since <= now);
        newest.or(versions.first())
    }
}

/// Which edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EditionNumber(pub u32);

/// One edition of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its number, rising.
    pub number: EditionNumber,
    /// From when it is in force.
    pub effective_from: ServerTime,
    /// Where its numbers come from.
    pub source: String,
    /// Whether it is a demonstration's, with shortened times.
    pub demo: bool,
    /// The SOP's clocks.
    pub clocks: ClockRules,
    /// What must be photographed.
    pub photos: PhotoRules,
    /// The choice of a seal.
    pub assignment: AssignmentRules,
    /// Whether a device still looks like its seal.
    pub identity: IdentityRules,
    /// Opening.
    pub unlock: UnlockRules,
    /// Watching a trip.
    pub watch: WatchRules,
    /// How soon people must react, by alarm.
    pub reaction: BTreeMap<AlarmCode, Reaction>,
    /// Reports to SKP.
    pub skp: SkpRules,
    /// From when on something in a route plan is worth a remark.
    pub routes: segel_geo::lint::LintLimits,
    /// How long a trip that is over stays at hand, for late reports.
    pub finished_kept_s: u32,
    /// How long a request may stay a draft; it expires after that.
    #[serde(default = "month_s")]
    pub draft_kept_s: u32,
}

/// What a rulebook means that says nothing of drafts.
const fn month_s() -> u32 {
    30 * 24 * 3600
}

/// The four clocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRules {
    /// T1.
    pub install_limit_s: u32,
    /// T2.
    pub install_photos_limit_s: u32,
    /// T3.
    pub removal_limit_s: u32,
    /// T4.
    pub removal_photos_limit_s: u32,
    /// A phone's time for work done off line is believed up to this age.
    pub recorded_age_limit_s: u32,
}

/// What must be photographed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoRules {
    /// At the installation.
    pub install: Vec<PhotoKind>,
    /// At the removal.
    pub removal: Vec<PhotoKind>,
    /// The most bytes a photo may have.
    pub max_bytes: u64,
    /// The most photos a trip may have.
    pub max_per_trip: u16,
}

/// The choice of a seal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentRules {
    /// The least charge a seal may start with.
    pub battery_floor_percent: u8,
    /// How many times the trip's need the battery must hold.
    pub battery_factor: f32,
    /// What a seal uses in an hour at one report a minute, in hundredths of a per cent of its charge.
    pub battery_use_centipercent_h: u32,
    /// How old its last fix may be.
    pub fix_age_limit_s: u32,
    /// Whether it needs a certificate that still holds.
    pub certificate_required: bool,
    /// The phone that scans it may be this far from it before that is remarked on.
    pub scan_apart_m: f32,
}

/// Whether a device that connects anew still looks like the seal it speaks as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityRules {
    /// Two places further apart than this are no error of a position, by satellites or by cell towers …
    pub apart_m: f32,
    /// … and a doubt where nothing on the road, on rails or at sea gets from one to the other in the time.
    pub speed_kmh: f32,
    /// A modem does not change to another operator's network within this.
    pub network_s: u32,
}

/// Opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlockRules {
    /// How long a grant holds unless it says otherwise.
    pub grant_window_s: u32,
    /// The longest a grant may hold.
    pub grant_window_max_s: u32,
    /// How old the fix may be that an opening is checked against.
    pub fix_age_limit_s: u32,
    /// How long before or after its grant's window an opening may happen and still be matched (clock error).
    pub match_slack_s: u32,
}

/// Watching a trip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchRules {
    /// A08: this far beyond the corridor's border is outside.
    pub deviation_m: f32,
    /// A08: this many fixes in a row, or …
    pub deviation_fixes: u8,
    /// … this long.
    pub deviation_s: u32,
    /// A08 becomes critical at this distance …
    pub deviation_grave_m: f32,
    /// … or after this long.
    pub deviation_grave_s: u32,
    /// A08: coming back needs to be this far inside the border.
    pub deviation_return_m: f32,
    /// A11: this slow is standing.
    pub stop_speed_kmh: f32,
    /// A11: within this distance is standing.
    pub stop_radius_m: f32,
    /// A11: medium, high, critical after these.
    pub stop_s: [u32; 3],
    /// A12: silent after this many intervals, but not before `silence_s`.
    pub silence_intervals: u32,
    /// A12.
    pub silence_s: u32,
    /// A12 becomes critical after this.
    pub silence_grave_s: u32,
    /// A13.
    pub no_fix_s: u32,
    /// A14: late beyond this part of the plan (0.2 is a fifth) …
    pub late_part: f32,
    /// … or beyond this.
    pub late_s: u32,
    /// A14 becomes high this long after the planned arrival.
    pub late_grave_s: u32,
    /// A16: low, critical.
    pub battery_low_percent: u8,
    /// A16.
    pub battery_critical_percent: u8,
    /// A16: recovered at this much above.
    pub battery_hysteresis_percent: u8,
    /// A17: this many refusals …
    pub refusals: u8,
    /// … inside this.
    pub refusals_s: u32,
    /// A17: a card told by the seal and shown by its record within this is one try.
    pub refusal_pair_s: u32,
    /// Arrival: inside the destination this long.
    pub arrival_dwell_s: u32,
    /// Departure: outside the origin for this many fixes.
    pub departure_fixes: u8,
    /// A23: the clock of a seal may be off by this.
    pub clock_error_s: u32,
    /// A23: and it may gain or lose this in a day.
    pub clock_drift_s_day: f32,
    /// A23: the interval must be confirmed within this.
    pub interval_confirm_s: u32,
    /// How often a seal that stands and sleeps reports; never less than the trip's own interval.
    pub parked_interval_s: u32,
    /// A fix worse than this judges nothing.
    pub accuracy_limit_m: f32,
    /// A fix that asks for a speed above this is a jump and judges nothing.
    pub jump_speed_kmh: f32,
    /// A fix this much older than the newest is late: it goes through a revisit.
    pub late_data_s: u32,
    /// How many fixes of a trip are kept at hand.
    pub window_fixes: u16,
}

/// How soon people must react.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// How grave by default.
    pub severity: Severity,
    /// To acknowledge.
    pub acknowledge_s: u32,
    /// To act; none where no limit is set.
    pub act_s: Option<u32>,
    /// To escalate; zero is at once.
    pub escalate_s: Option<u32>,
}

/// Reports to SKP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkpRules {
    /// E06: a range of locations is sent this often.
    pub locations_every_s: u32,
    /// A22: stuck after this.
    pub stuck_s: u32,
}

/// A customs office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Six digits.
    pub code: OfficeCode,
    /// Its name.
    pub name: String,
    /// Hours east of UTC: 7 WIB, 8 WITA, 9 WIT.
    pub utc_offset_h: u8,
    /// Whether an officer must let each trip depart.
    pub departure_needs_officer: bool,
}

impl Rulebook {
    /// The edition of that number.
    pub fn edition(&self, number: EditionNumber) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.number == number)
    }

    /// The edition in force at a moment: the newest that has taken effect, or the oldest there is.
    ///
    /// # Panics
    /// Where the rulebook has no edition; loading one refuses that.
    pub fn in_force(&self, now: ServerTime) -> &Edition {
        let newest = self
            .editions
            .iter()
            .rev()
            .find(|edition| edition.effective_from <= now);
        newest
            .or(self.editions.first())
            .expect("a rulebook is loaded with at least one edition")
    }

    /// The office of that code.
    pub fn office(&self, code: &OfficeCode) -> Option<&Office> {
        self.offices.iter().find(|office| &office.code == code)
    }
}
