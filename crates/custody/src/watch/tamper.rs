//! A01, A03, A17, A23: what a seal itself says was done to it.
//!
//! A signal of alarm is judged when it arrives, however old it is. What a seal says after it was opened under a grant, or
//! before it was closed, is no alarm; nor is an open contact on a tracker that never claimed to be a seal.

use segel_model::alarm::Bilingual;
use segel_model::signal::UnsealRefusal;
use segel_model::trip::TripMode;
use segel_model::{AlarmCode, Observed, Signal};

use super::has;
use super::levels::Levels;
use super::words::both;

/// A refusal to open, whatever its particulars.
pub const REFUSED: Signal = Signal::UnsealRefused {
    reason: UnsealRefusal::BadPwd,
    actor: None,
};

/// What was done to a closed seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tampering {
    /// The rope or cable was cut.
    RopeCut,
    /// The shackle was forced.
    ShackleOpened,
    /// The rope is out, without an opening.
    RopeOut,
    /// It was taken off or apart.
    Dismantled,
    /// Its cover is open.
    CoverOpen,
}

impl Tampering {
    /// The alarm it is.
    pub const fn code(self) -> AlarmCode {
        match self {
            Self::RopeCut | Self::ShackleOpened | Self::RopeOut => AlarmCode::A01,
            Self::Dismantled | Self::CoverOpen => AlarmCode::A03,
        }
    }

    /// The explanation.
    pub fn why(self) -> Bilingual {
        match self {
            Self::RopeCut => both("tali segel dipotong", "the rope of the seal was cut"),
            Self::ShackleOpened => both(
                "gembok dibuka paksa saat tersegel",
                "the shackle was opened while sealed",
            ),
            Self::RopeOut => both(
                "tali segel terlepas tanpa pembukaan yang diizinkan",
                "the rope came out without an authorised opening",
            ),
            Self::Dismantled => both("badan segel dibongkar", "the seal was taken apart"),
            Self::CoverOpen => both("penutup segel terbuka", "the cover of the seal is open"),
        }
    }

    /// The gravest thing of each alarm that a report of a closed seal says. Contacts are believed as signals are: the
    /// frame with the signal may be lost.
    pub fn said_by(observed: &Observed, mode: TripMode) -> impl Iterator<Item = Self> {
        let forced = [
            (Self::RopeCut, has(observed, &Signal::RopeCut)),
            (
                Self::ShackleOpened,
                has(observed, &Signal::ShackleOpenedWhileSealed),
            ),
            (
                Self::RopeOut,
                has(observed, &Signal::RopeOut) || observed.lock.rope == Some(false),
            ),
        ];
        let body = [
            (Self::Dismantled, has(observed, &Signal::Dismantled)),
            (
                Self::CoverOpen,
                has(observed, &Signal::CoverOpen) || observed.lock.cover == Some(false),
            ),
        ];
        let forced = forced
            .into_iter()
            .find(|(_, said)| *said && mode == TripMode::Sealed);
        let body = body.into_iter().find(|(_, said)| *said);
        [forced, body]
            .into_iter()
            .flatten()
            .map(|(tampering, _)| tampering)
    }
}

/// The level by which a record goes on saying what an alarm of tampering was raised for.
pub(super) const fn level(code: AlarmCode) -> Levels {
    match code {
        AlarmCode::A01 => Levels::FORCED,
        AlarmCode::A03 => Levels::BODY,
        _ => Levels::NONE,
    }
}

/// The seal cannot move its bolt.
pub fn why_stuck() -> Bilingual {
    both("motor segel macet", "the motor of the seal is stuck")
}

/// The clock of the seal is wrong.
pub fn why_clock(offset_ms: i64) -> Bilingual {
    let off = super::words::duration(offset_ms.abs());
    let (id, en) = if offset_ms < 0 {
        ("terlambat", "slow")
    } else {
        ("terlalu cepat", "fast")
    };
    both(
        alloc::format!("jam segel {id} {}", off.id),
        alloc::format!("the clock of the seal is {} {en}", off.en),
    )
}

/// The clock of the seal does not keep time.
pub fn why_drift(drift_s_day: f64) -> Bilingual {
    both(
        alloc::format!("jam segel bergeser {drift_s_day:+.1} dtk sehari"),
        alloc::format!("the clock of the seal drifts {drift_s_day:+.1} s a day"),
    )
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use segel_model::signal::SignalSet;

    use super::*;
    use crate::watch::testing::{at, observed_at};

    fn said(signals: &[Signal], mode: TripMode) -> Vec<Tampering> {
        let observed = Observed {
            signals: SignalSet::of(signals),
            ..observed_at(at(0))
        };
        Tampering::said_by(&observed, mode).collect()
    }

    #[test]
    fn of_each_alarm_the_gravest_is_said() {
        let signals = [Signal::RopeOut, Signal::RopeCut, Signal::CoverOpen];
        assert_eq!(
            said(&signals, TripMode::Sealed),
            [Tampering::RopeCut, Tampering::CoverOpen]
        );
        assert_eq!(
            said(&[Signal::Heartbeat, Signal::Vibration], TripMode::Sealed),
            []
        );
    }

    /// Issue: "Cargo-tracker mode of a seal or trip: dense reports, no claim of being sealed".
    #[test]
    fn a_tracker_makes_no_claim_of_being_sealed() {
        assert_eq!(
            said(&[Signal::RopeCut, Signal::RopeOut], TripMode::CargoTracker),
            []
        );
        assert_eq!(
            said(&[Signal::Dismantled], TripMode::CargoTracker),
            [Tampering::Dismantled]
        );
    }

    #[test]
    fn an_open_contact_says_as_much_as_a_signal() {
        let mut observed = observed_at(at(0));
        observed.lock.rope = Some(false);
        let of = |observed: &Observed| Tampering::said_by(observed, TripMode::Sealed).collect::<Vec<_>>();
        assert_eq!(of(&observed), [Tampering::RopeOut]);
        observed.lock.rope = Some(true);
        observed.lock.cover = Some(false);
        assert_eq!(of(&observed), [Tampering::CoverOpen]);
        observed.lock.cover = None;
        assert_eq!(of(&observed), []);
    }

    #[test]
    fn a_wrong_clock_says_which_way() {
        assert_eq!(why_clock(130_000).id, "jam segel terlalu cepat 2 mnt 10 dtk");
        assert_eq!(why_clock(-130_000).en, "the clock of the seal is 2 min 10 s slow");
    }
}
