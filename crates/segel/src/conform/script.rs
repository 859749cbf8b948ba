//! The script: which steps, in which order, with which time. Without a file it follows from the profile.

use anyhow::{Result, ensure};
use segel_model::order::SealCommand;
use segel_server::profiles::{SealProfile, Sense};
use segel_wire::{Limits, Session};
use serde::Deserialize;

/// The steps in their order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub step: Vec<Step>,
}

/// One step; `limit_s` is how long the seal, or the tester, may take.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// It connects and says who it is.
    LogIn { limit_s: f64 },
    /// It takes a new interval, says so, and keeps it.
    Interval {
        awake_s: u32,
        asleep_s: u32,
        limit_s: f64,
    },
    /// What is not acknowledged comes again.
    Resend { limit_s: f64 },
    /// The line is cut for `cut_s`; what was recorded meanwhile comes as recorded.
    BlindArea { cut_s: f64, limit_s: f64 },
    /// The tester closes it; it says that it is sealed.
    Close { limit_s: f64 },
    /// A wrong password does not open it.
    WrongPassword { limit_s: f64 },
    /// The right one does.
    Unlock { limit_s: f64 },
    /// The tester does something that must alarm; one of these signals must come.
    Alarm { act: Act, limit_s: f64 },
    /// In the whole conversation no frame was broken.
    Frames,
}

/// What the tester is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Cut the rope, or force the shackle.
    CutRope,
    /// Open the back cover.
    OpenCover,
    /// Hold a card to it that it does not know.
    UnknownCard,
    /// Shake it.
    Shake,
    /// Bring it from dark into light.
    Light,
    /// Open the door on which its contact sits.
    OpenDoor,
}

/// How long a person may take to do as asked.
const PERSON_S: f64 = 180.0;
/// How long a seal may take that sleeps: it wakes every half hour at the latest, and is woken by hand before.
const SEAL_S: f64 = 300.0;
/// How long a blind area lasts: longer than any seal waits before it sends something again.
const CUT_S: f64 = 180.0;
/// Seconds awake and asleep that are tried, the first that profile and language take.
const INTERVALS_S: [(u32, u32); 4] = [(60, 60), (60, 300), (30, 1800), (300, 300)];

impl Act {
    /// The signals of which one must come.
    pub const fn signals(self) -> &'static [&'static str] {
        match self {
            Self::CutRope => &["rope_cut", "shackle_opened_while_sealed", "rope_out"],
            Self::OpenCover => &["cover_open", "dismantled"],
            Self::UnknownCard => &["unseal_refused"],
            Self::Shake => &["vibration"],
            Self::Light => &["dismantled", "cover_open"],
            Self::OpenDoor => &[
                "cover_open",
                "shackle_opened_while_sealed",
                "rope_out",
                "dismantled",
            ],
        }
    }

    /// What the seal must feel for it.
    pub const fn sense(self) -> Sense {
        match self {
            Self::CutRope => Sense::Rope,
            Self::OpenCover => Sense::Cover,
            Self::UnknownCard => Sense::Card,
            Self::Shake => Sense::Motion,
            Self::Light => Sense::Light,
            Self::OpenDoor => Sense::Door,
        }
    }

    const ALL: [Self; 6] = [
        Self::UnknownCard,
        Self::Shake,
        Self::Light,
        Self::OpenDoor,
        Self::OpenCover,
        Self::CutRope,
    ];
}

impl Script {
    /// Reads a script as written in TOML.
    pub fn read(text: &str) -> Result<Self> {
        let script: Self = toml::from_str(text)?;
        ensure!(!script.step.is_empty(), "a script has at least one [[step]]");
        for step in &script.step {
            let times = step.times();
            ensure!(
                times
                    .iter()
                    .all(|time| time.is_finite() && 0.0 < *time && *time <= 86_400.0),
                "the time of {step:?} does not lie between 0 and 86400 seconds"
            );
        }
        Ok(script)
    }

    /// The usual steps; what harms the seal comes last.
    pub fn usual(profile: &SealProfile) -> Self {
        let (person, seal) = (PERSON_S, SEAL_S);
        let (awake_s, asleep_s) = interval(profile);
        let mut step = vec![
            Step::LogIn { limit_s: seal },
            Step::Interval {
                awake_s,
                asleep_s,
                limit_s: seal,
            },
            Step::Resend { limit_s: seal },
            Step::BlindArea {
                cut_s: CUT_S,
                limit_s: seal,
            },
            Step::Close { limit_s: person },
            Step::WrongPassword { limit_s: seal },
            Step::Unlock { limit_s: seal },
            Step::Close { limit_s: person },
        ];
        step.extend(Act::ALL.map(|act| Step::Alarm { act, limit_s: person }));
        step.push(Step::Frames);
        Self { step }
    }
}

impl Step {
    /// Its times, in seconds.
    fn times(&self) -> Vec<f64> {
        match *self {
            Self::BlindArea { cut_s, limit_s } => vec![cut_s, limit_s],
            Self::LogIn { limit_s }
            | Self::Interval { limit_s, .. }
            | Self::Resend { limit_s }
            | Self::Close { limit_s }
            | Self::WrongPassword { limit_s }
            | Self::Unlock { limit_s }
            | Self::Alarm { limit_s, .. } => vec![limit_s],
            Self::Frames => Vec::new(),
        }
    }
}

/// An interval that profile and language take.
fn interval(profile: &SealProfile) -> (u32, u32) {
    let in_range = |(awake_s, asleep_s): &(u32, u32)| {
        profile.interval.is_none_or(|range| {
            (range.awake_min_s..=range.awake_max_s).contains(awake_s)
                && (range.asleep_min_s..=range.asleep_max_s).contains(asleep_s)
        })
    };
    let spoken = |(awake_s, asleep_s): &(u32, u32)| {
        let command = SealCommand::Interval {
            awake_s: *awake_s,
            asleep_s: *asleep_s,
        };
        let session = Session::new(profile.protocol, profile.wire, Limits::default());
        session.speaks(&command).is_ok()
    };
    let mut fitting = INTERVALS_S.into_iter().filter(in_range);
    let first = fitting.clone().next();
    fitting.find(spoken).or(first).unwrap_or(INTERVALS_S[0])
}
