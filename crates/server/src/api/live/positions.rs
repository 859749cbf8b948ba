//! Where seals are now: looked up a few times a second for all readers together, and given to each for its own map.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use segel_model::SealId;
use segel_store::RecordKind;
use tokio::sync::watch;

use crate::api::Api;
use crate::api::types::{LivePosition, LivePositions, Viewport};
use crate::fleet::SealNow;

/// At most four times a second.
const EVERY: Duration = Duration::from_millis(250);
/// The most positions of one message; beyond it the map is too far out to tell them apart.
const POSITIONS_MAX: usize = 5_000;
/// Who may see a seal is asked of the store again after so many rounds: a seal changes trips, and so readers.
const KEYS_ROUNDS: u64 = 40;

/// Who may see a seal.
type Keys = Arc<BTreeSet<String>>;

/// Counts rounds, and remembers who may see which seal.
pub struct Feed {
    rounds: watch::Sender<u64>,
    keys: Mutex<HashMap<SealId, (u64, Keys)>>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            rounds: watch::channel(0).0,
            keys: Mutex::default(),
        }
    }
}

/// Calls a round whenever a seal has moved and somebody looks.
pub async fn run(api: Api) {
    let feed = &api.inner.live.positions;
    let mut seen = 0;
    let mut clock = tokio::time::interval(EVERY);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let version = api.engine().fleet().version();
        if version != seen {
            seen = version;
            feed.rounds.send_modify(|round| *round += 1);
        }
    }
}

/// One reader's look at the fleet.
pub struct Follower {
    keys: Option<BTreeSet<String>>,
    rounds: watch::Receiver<u64>,
    viewport: watch::Receiver<Option<Viewport>>,
    seen: u64,
    /// There is something to look at; stays so when a look is broken off for something more urgent.
    due: bool,
}

impl Follower {
    /// A reader that has seen nothing yet.
    pub fn new(
        api: &Api,
        keys: Option<BTreeSet<String>>,
        viewport: watch::Receiver<Option<Viewport>>,
    ) -> Self {
        let rounds = api.inner.live.positions.rounds.subscribe();
        Self {
            keys,
            rounds,
            viewport,
            seen: 0,
            due: false,
        }
    }

    /// The next message: what moved inside the map, or everything inside after the map was moved.
    pub async fn next(&mut self, api: &Api) -> LivePositions {
        loop {
            if !self.due {
                self.wait().await;
            }
            let viewport = *self.viewport.borrow();
            let positions = match viewport {
                Some(viewport) => self.look(api, viewport).await,
                None => LivePositions {
                    items: Vec::new(),
                    left_out: 0,
                },
            };
            self.due = false;
            if !positions.items.is_empty() {
                return positions;
            }
        }
    }

    /// Until a seal has moved or the map was moved; then everything on it is new.
    async fn wait(&mut self) {
        tokio::select! {
            biased;
            changed = self.viewport.changed() => match changed {
                Ok(()) => self.seen = 0,
                Err(_) => std::future::pending().await,
            },
            _ = self.rounds.changed() => {}
        }
        self.due = true;
    }

    async fn look(&mut self, api: &Api, viewport: Viewport) -> LivePositions {
        let (seen, keys) = (self.seen, self.keys.clone());
        let version = api.engine().fleet().version();
        let round = *self.rounds.borrow();
        let looked = api
            .block(move |api| Ok(look(api, viewport, seen, keys.as_ref(), round)))
            .await;
        self.seen = version;
        looked.unwrap_or(LivePositions {
            items: Vec::new(),
            left_out: 0,
        })
    }
}

fn look(
    api: &Api,
    viewport: Viewport,
    seen: u64,
    keys: Option<&BTreeSet<String>>,
    round: u64,
) -> LivePositions {
    let mut moved = Vec::new();
    api.engine().fleet().changed_since(seen, |seal| {
        if seal
            .fix
            .is_some_and(|fix| viewport.holds(fix.position.lat, fix.position.lon))
        {
            moved.push(*seal);
        }
    });
    moved.retain(|seal| keys.is_none_or(|keys| !keys.is_disjoint(&keys_of(api, seal.seal, round))));
    let left_out = moved.len().saturating_sub(POSITIONS_MAX) as u32;
    moved.truncate(POSITIONS_MAX);
    LivePositions {
        items: moved.iter().filter_map(shown).collect(),
        left_out,
    }
}

fn keys_of(api: &Api, seal: SealId, round: u64) -> Keys {
    let known = &api.inner.live.positions.keys;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((asked, keys)) = known.get(&seal)
        && round < asked + KEYS_ROUNDS
    {
        return Arc::clone(keys);
    }
    let keys = api.reader().keys(RecordKind::Seal, seal.0).unwrap_or_default();
    let keys: Arc<BTreeSet<String>> = Arc::new(keys.into_iter().collect());
    known.insert(seal, (round, Arc::clone(&keys)));
    keys
}

fn shown(seal: &SealNow) -> Option<LivePosition> {
    let fix = seal.fix?;
    Some(LivePosition {
        seal: seal.seal.0,
        trip: seal.trip.map(|trip| trip.0),
        lat: fix.position.lat,
        lon: fix.position.lon,
        at: fix.at.into(),
        course_deg: fix.course_deg,
        speed_kmh: fix.speed_kmh,
        sealed: seal.lock.sealed(),
        battery_percent: seal.battery_percent,
    })
}

impl Viewport {
    /// Whether a place is inside; a map across the date line has its west east of its east.
    fn holds(&self, lat: f64, lon: f64) -> bool {
        let between = if self.west <= self.east {
            (self.west..=self.east).contains(&lon)
        } else {
            self.west <= lon || lon <= self.east
        };
        between && (self.south..=self.north).contains(&lat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_holds_what_lies_on_its_border_and_may_cross_the_date_line() {
        let semarang = Viewport {
            west: 110.2,
            south: -7.1,
            east: 110.6,
            north: -6.9,
        };
        assert!(semarang.holds(-6.9, 110.2));
        assert!(!semarang.holds(-6.89, 110.4));
        let pacific = Viewport {
            west: 170.0,
            south: -20.0,
            east: -170.0,
            north: 20.0,
        };
        assert!(pacific.holds(0.0, 175.0) && pacific.holds(0.0, -175.0));
        assert!(!pacific.holds(0.0, 110.0));
    }
}
