//! The fleet: a read copy of each seal's moving parts, published after each commit.
//!
//! Maps and lists ask for positions far more often than people ask for records, so these never touch SQL. Seals are
//! numbered without gaps; a block of them shares a lock, so that a reader of all never stops the engine for long.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use segel_geo::Position;
use segel_model::observed::{FixUse, Place};
use segel_model::report::{FixSource, Lock};
use segel_model::{EventTime, Observed, SealId, ServerTime, TripId};

/// Seals that share a lock: copying a block out takes some microseconds.
const BLOCK: usize = 512;

/// What is known of a seal right now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SealNow {
    /// Which seal.
    pub seal: SealId,
    /// On which trip it last reported.
    pub trip: Option<TripId>,
    /// Where it was, and how good that is.
    pub fix: Option<LastFix>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// What the lock's own contacts said.
    pub lock: Lock,
    /// When it last said anything.
    pub last_seen: Option<ServerTime>,
    /// How many connections speak as this seal.
    pub connections: u16,
    /// Reports received since this process started.
    pub received: u64,
    /// Rises with every change of any seal; what changed since a number is what carries a higher one.
    pub version: u64,
}

/// The newest fix that may be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastFix {
    /// Where.
    pub position: Position,
    /// How it was found.
    pub source: FixSource,
    /// What it is good for.
    pub use_: FixUse,
    /// When it was taken.
    pub at: EventTime,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north.
    pub course_deg: Option<f32>,
    /// Metres beyond the corridor's border, where there is a corridor; zero inside.
    pub outside_m: Option<f32>,
    /// Metres along the route.
    pub progress_m: Option<f32>,
}

/// All seals.
#[derive(Default)]
pub struct Fleet {
    blocks: RwLock<Vec<RwLock<Vec<SealNow>>>>,
    /// Of seals that speak through another device, which that last was; begins anew with the process.
    through: RwLock<HashMap<SealId, String>>,
    version: AtomicU64,
}

impl Fleet {
    /// The seal, if it is registered.
    pub fn get(&self, seal: SealId) -> Option<SealNow> {
        let (block, place) = address(seal);
        let blocks = read(&self.blocks);
        let found = *read(blocks.get(block)?).get(place)?;
        (found.version != 0).then_some(found)
    }

    /// The highest version handed out.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Calls `take` with every seal that changed after `version`, in the order of their numbers. Take `version()`
    /// before, to ask from there next time.
    pub fn changed_since(&self, version: u64, mut take: impl FnMut(&SealNow)) {
        let count = read(&self.blocks).len();
        for block in 0..count {
            let blocks = read(&self.blocks);
            let seals = read(&blocks[block]);
            seals
                .iter()
                .filter(|seal| version < seal.version)
                .for_each(&mut take);
        }
    }

    /// A seal came into stock, or stood there when the process started.
    pub fn enter(&self, seal: SealId) {
        self.change(seal, |_| {});
    }

    /// A seal as the working state remembers it from before the process started.
    pub fn recover(&self, id: SealId, seal: &segel_custody::state::Seal) {
        let moving = &seal.moving;
        self.change(id, |now| {
            now.trip = seal.trip;
            now.fix = moving.place.map(|place| LastFix::of(&place.place, place.at));
            now.battery_percent = moving.battery_percent;
            now.charging = moving.charging;
            now.lock = moving.lock;
            now.last_seen = moving.last_seen;
        });
    }

    /// A committed report moves its seal.
    pub fn publish(&self, observed: &Observed) {
        let Some(seal) = observed.seal else { return };
        self.change(seal, |now| now.take(observed));
    }

    /// A committed report of a seal came through that device.
    pub fn heard_through(&self, seal: SealId, device: &str) {
        if read(&self.through).get(&seal).is_none_or(|known| known != device) {
            write(&self.through).insert(seal, device.into());
        }
    }

    /// Through which device the seal last spoke, where it speaks through one and has since the process started.
    pub fn through(&self, seal: SealId) -> Option<String> {
        read(&self.through).get(&seal).cloned()
    }

    /// A connection began or ceased to speak as the seal.
    pub fn connected(&self, seal: SealId, connections: u16) {
        self.change(seal, |now| now.connections = connections);
    }

    fn change(&self, seal: SealId, change: impl FnOnce(&mut SealNow)) {
        let (block, place) = address(seal);
        self.make_room(block);
        let blocks = read(&self.blocks);
        let mut seals = write(&blocks[block]);
        while seals.len() <= place {
            let next = SealId((block * BLOCK + seals.len()) as u64);
            seals.push(SealNow::unknown(next));
        }
        let now = &mut seals[place];
        change(now);
        now.version = self.version.fetch_add(1, Ordering::AcqRel) + 1;
    }

    fn make_room(&self, block: usize) {
        if block < read(&self.blocks).len() {
            return;
        }
        let mut blocks = write(&self.blocks);
        // Somebody else may have made room for more meanwhile.
        let wanted = blocks.len().max(block + 1);
        blocks.resize_with(wanted, RwLock::default);
    }
}

impl SealNow {
    const fn unknown(seal: SealId) -> Self {
        Self {
            seal,
            trip: None,
            fix: None,
            battery_percent: None,
            charging: false,
            lock: Lock {
                rope: None,
                motor: None,
                cover: None,
            },
            last_seen: None,
            connections: 0,
            received: 0,
            version: 0,
        }
    }

    /// A late report fills the history, not the present.
    fn take(&mut self, observed: &Observed) {
        self.received += 1;
        if !observed.is_sign_of_life() {
            return;
        }
        self.last_seen = self.last_seen.max(Some(observed.received));
        let newest = self.fix.is_none_or(|fix| fix.at <= observed.at);
        if let (Some(place), true) = (observed.place, newest) {
            self.fix = Some(LastFix::of(&place, observed.at));
        }
        if newest {
            self.trip = observed.trip;
            self.battery_percent = observed.battery_percent.or(self.battery_percent);
            self.charging = observed.charging;
            self.lock = said_last(self.lock, observed.lock);
        }
    }
}

impl LastFix {
    fn of(place: &Place, at: EventTime) -> Self {
        Self {
            position: place.position,
            source: place.source,
            use_: place.use_,
            at,
            speed_kmh: place.speed_kmh,
            course_deg: place.course_deg,
            outside_m: place.corridor.map(|corridor| corridor.outside_m),
            progress_m: place.corridor.map(|corridor| corridor.progress_m),
        }
    }
}

/// A report that does not mention a contact leaves it as it was last said.
fn said_last(before: Lock, now: Lock) -> Lock {
    Lock {
        rope: now.rope.or(before.rope),
        motor: now.motor.or(before.motor),
        cover: now.cover.or(before.cover),
    }
}

fn address(seal: SealId) -> (usize, usize) {
    let number = usize::try_from(seal.0).unwrap_or(usize::MAX);
    (number / BLOCK, number % BLOCK)
}

fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use segel_model::observed::{AreaMarks, Standing};
    use segel_model::report::ReportKind;
    use segel_model::signal::SignalSet;

    use super::*;

    fn observed(seal: u64, at_ms: i64) -> Observed {
        let position = Position::new(-6.95, 110.42).expect("a place in Semarang");
        Observed {
            seal: Some(SealId(seal)),
            trip: None,
            kind: ReportKind::Record,
            standing: Standing::Fresh,
            device_time: None,
            at: EventTime::from_unix_ms(at_ms),
            received: ServerTime::from_unix_ms(at_ms),
            backfill: false,
            serial: None,
            key: 0,
            signals: SignalSet::default(),
            place: Some(Place {
                position,
                source: FixSource::Gnss,
                speed_kmh: Some(at_ms as f32),
                course_deg: None,
                use_: FixUse::Judges,
                still: None,
                corridor: None,
                areas: AreaMarks::default(),
            }),
            battery_percent: Some(77),
            charging: false,
            lock: Lock::default(),
            look_again: None,
        }
    }

    fn changed(fleet: &Fleet, version: u64) -> Vec<u64> {
        let mut found = Vec::new();
        fleet.changed_since(version, |seal| found.push(seal.seal.0));
        found
    }

    #[test]
    fn a_seal_never_entered_is_unknown_even_beside_one_that_is() {
        let fleet = Fleet::default();
        fleet.enter(SealId(700));
        assert_eq!(fleet.get(SealId(699)), None);
        assert_eq!(fleet.get(SealId(70_000)), None);
        assert_eq!(fleet.get(SealId(700)).map(|seal| seal.received), Some(0));
    }

    #[test]
    fn a_late_report_counts_but_does_not_move_the_seal_back() {
        let fleet = Fleet::default();
        fleet.publish(&observed(3, 2000));
        fleet.publish(&observed(3, 1000));
        let seal = fleet.get(SealId(3)).expect("it reported");
        assert_eq!(
            (seal.received, seal.fix.map(|fix| fix.at.unix_ms)),
            (2, Some(2000))
        );
        assert_eq!(seal.last_seen, Some(ServerTime::from_unix_ms(2000)));
    }

    #[test]
    fn the_feed_gives_each_change_once() {
        let fleet = Fleet::default();
        fleet.publish(&observed(1, 1));
        fleet.publish(&observed(1000, 1));
        assert_eq!(changed(&fleet, 0), [1, 1000]);
        let seen = fleet.version();
        assert!(changed(&fleet, seen).is_empty());
        fleet.connected(SealId(1), 1);
        assert_eq!(changed(&fleet, seen), [1]);
    }

    #[test]
    fn contacts_that_a_report_does_not_mention_stay() {
        let fleet = Fleet::default();
        let mut first = observed(1, 1);
        first.lock.motor = Some(true);
        fleet.publish(&first);
        fleet.publish(&observed(1, 2));
        assert_eq!(fleet.get(SealId(1)).and_then(|seal| seal.lock.motor), Some(true));
    }
}
