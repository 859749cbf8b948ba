//! Where seals are now. What moved is looked up and put into words a few times a second, once for all readers; each takes out of it
//! what lies on its own map and what it may see. A reader whose map was moved, or who missed a round, looks at the whole fleet.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use segel_model::SealId;
use segel_store::RecordKind;
use tokio::sync::{Semaphore, watch};

use crate::api::Api;
use crate::api::types::{LivePosition, Viewport};
use crate::fleet::{LastFix, SealNow};

/// At most four times a second;
const EVERY: Duration = Duration::from_millis(250);
/// once a second where more than so many moved: then each round is much for everybody.
const CROWD: usize = 500;
const EVERY_IN_A_CROWD: Duration = Duration::from_secs(1);
/// The most positions of one message; beyond it the map is too far out to tell them apart.
const POSITIONS_MAX: usize = 5_000;
/// Who may see a seal is asked of the store again after so many rounds: a seal changes trips, and so readers.
const KEYS_ROUNDS: u64 = 40;
/// Looks at the whole fleet at once; the others wait.
const LOOKS: usize = 2;

/// Who may see a seal. Seals that the same may see share it.
type Keys = Arc<BTreeSet<String>>;

/// What moved in one round. They are numbered from 1.
struct Round {
    number: u64,
    /// The fleet's version when it ended.
    version: u64,
    moved: Vec<Moved>,
}

impl Round {
    /// Before anything has moved.
    const FIRST: Self = Self {
        number: 1,
        version: 0,
        moved: Vec::new(),
    };
}

/// A seal that moved.
struct Moved {
    lat: f64,
    lon: f64,
    keys: Keys,
    /// As JSON.
    said: Box<str>,
}

/// The rounds, and who may see which seal.
pub struct Feed {
    rounds: watch::Sender<Arc<Round>>,
    keys: Mutex<KnownKeys>,
    looks: Semaphore,
}

#[derive(Default)]
struct KnownKeys {
    /// Asked in which round.
    of_seals: HashMap<SealId, (u64, Keys)>,
    shared: BTreeSet<Keys>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            rounds: watch::channel(Arc::new(Round::FIRST)).0,
            keys: Mutex::default(),
            looks: Semaphore::new(LOOKS),
        }
    }
}

/// Makes a round whenever a seal has moved and somebody looks.
pub async fn run(api: Api) {
    let (mut number, mut seen) = (Round::FIRST.number, Round::FIRST.version);
    loop {
        tokio::time::sleep(pause(&api)).await;
        let version = api.engine().fleet().version();
        if version == seen {
            continue;
        }
        number += 1;
        let from = std::mem::replace(&mut seen, version);
        // Nobody is told; who comes now looks at the whole fleet first.
        let listened = 0 < api.inner.live.positions.rounds.receiver_count();
        let made = api.block(move |api| {
            let moved = if listened {
                moved_since(api, from, number, |_| true)
            } else {
                Vec::new()
            };
            Ok(Round {
                number,
                version,
                moved,
            })
        });
        if let Ok(round) = made.await {
            api.inner.live.positions.rounds.send_replace(Arc::new(round));
        }
    }
}

fn pause(api: &Api) -> Duration {
    if CROWD < api.inner.live.positions.rounds.borrow().moved.len() {
        EVERY_IN_A_CROWD
    } else {
        EVERY
    }
}

/// Every seal that moved since a version of the fleet and is at a place that is wanted.
fn moved_since(api: &Api, version: u64, round: u64, wanted: impl Fn(&LastFix) -> bool) -> Vec<Moved> {
    let mut moved = Vec::new();
    api.engine().fleet().changed_since(version, |seal| {
        if seal.fix.as_ref().is_some_and(&wanted) {
            moved.push(*seal);
        }
    });
    let moved = moved.iter().filter_map(|seal| {
        let shown = shown(seal)?;
        Some(Moved {
            lat: shown.lat,
            lon: shown.lon,
            keys: keys_of(api, seal.seal, round),
            said: serde_json::to_string(&shown).unwrap_or_default().into(),
        })
    });
    moved.collect()
}

/// One reader's look at the fleet.
pub struct Follower {
    keys: Option<BTreeSet<String>>,
    rounds: watch::Receiver<Arc<Round>>,
    viewport: watch::Receiver<Option<Viewport>>,
    /// The last round it was told, and the fleet's version then; zeros where it must see everything on its map.
    told: (u64, u64),
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
            told: (0, 0),
            due: false,
        }
    }

    /// The next message, as JSON: what moved inside the map, or everything inside after the map was moved.
    pub async fn next(&mut self, api: &Api) -> String {
        loop {
            if !self.due {
                self.wait().await;
            }
            let message = self.look(api).await;
            self.due = false;
            if let Some(message) = message {
                return message;
            }
        }
    }

    /// Until a seal has moved or the map was moved; then everything on it is new.
    async fn wait(&mut self) {
        tokio::select! {
            biased;
            changed = self.viewport.changed() => match changed {
                Ok(()) => self.told = (0, 0),
                Err(_) => std::future::pending().await,
            },
            _ = self.rounds.changed() => {}
        }
        self.due = true;
    }

    async fn look(&mut self, api: &Api) -> Option<String> {
        let viewport = (*self.viewport.borrow())?;
        let round = Arc::clone(&self.rounds.borrow());
        let (number, version) = self.told;
        if number == round.number {
            return None;
        }
        if number != 0 && number + 1 == round.number {
            self.told = (round.number, round.version);
            return message(&round.moved, viewport, self.keys.as_ref());
        }
        let keys = self.keys.clone();
        // It counts as told once it has been looked at: a look may be broken off.
        let turn = api.inner.live.positions.looks.acquire().await;
        let looked = api.block(move |api| {
            let inside = |fix: &LastFix| viewport.holds(fix.position.lat, fix.position.lon);
            let moved = moved_since(api, version, round.number, inside);
            Ok((
                (round.number, round.version),
                message(&moved, viewport, keys.as_ref()),
            ))
        });
        let (told, message) = looked.await.ok()?;
        drop(turn);
        self.told = told;
        message
    }
}

/// What of it lies on a map and may be seen; nothing where nothing does.
fn message(moved: &[Moved], viewport: Viewport, keys: Option<&BTreeSet<String>>) -> Option<String> {
    let mut seen: HashMap<*const BTreeSet<String>, bool> = HashMap::new();
    let mut sees = |theirs: &Keys| match keys {
        None => true,
        Some(keys) => *seen
            .entry(Arc::as_ptr(theirs))
            .or_insert_with(|| !keys.is_disjoint(theirs)),
    };
    let theirs: Vec<&str> = moved
        .iter()
        .filter(|seal| viewport.holds(seal.lat, seal.lon))
        .filter(|seal| sees(&seal.keys))
        .map(|seal| &*seal.said)
        .collect();
    let shown = &theirs[..theirs.len().min(POSITIONS_MAX)];
    let left_out = theirs.len() - shown.len();
    let message = || format!("{{\"items\":[{}],\"left_out\":{left_out}}}", shown.join(","));
    (!shown.is_empty()).then(message)
}

fn keys_of(api: &Api, seal: SealId, round: u64) -> Keys {
    let known = &api.inner.live.positions.keys;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((asked, keys)) = known.of_seals.get(&seal)
        && round < asked + KEYS_ROUNDS
    {
        return Arc::clone(keys);
    }
    let keys = api.reader().keys(RecordKind::Seal, seal.0).unwrap_or_default();
    let keys = known.share(keys.into_iter().collect());
    known.of_seals.insert(seal, (round, Arc::clone(&keys)));
    keys
}

impl KnownKeys {
    /// The same keys as before, where somebody has them.
    fn share(&mut self, keys: BTreeSet<String>) -> Keys {
        if let Some(shared) = self.shared.get(&keys) {
            return Arc::clone(shared);
        }
        self.shared.retain(|keys| 1 < Arc::strong_count(keys));
        let keys = Arc::new(keys);
        self.shared.insert(Arc::clone(&keys));
        keys
    }
}

fn shown(seal: &SealNow) -> Option<LivePosition> {
    let fix = seal.fix?;
    Some(LivePosition {
        seal: seal.seal.0,
        trip: seal.trip.map(|trip| trip.0),
        lat: on_a_map(fix.position.lat),
        lon: on_a_map(fix.position.lon),
        at: fix.at.into(),
        course_deg: fix.course_deg,
        speed_kmh: fix.speed_kmh,
        sealed: seal.lock.sealed(),
        battery_percent: seal.battery_percent,
    })
}

/// To a decimetre: no map shows more, and digits cost each reader.
fn on_a_map(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
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
    use crate::api::types::LivePositions;

    fn moved(seal: u64, lon: f64, keys: &Keys) -> Moved {
        let shown = LivePosition {
            seal,
            trip: None,
            lat: -7.0,
            lon,
            at: segel_model::ServerTime::from_unix_ms(0).into(),
            course_deg: None,
            speed_kmh: None,
            sealed: None,
            battery_percent: None,
        };
        Moved {
            lat: shown.lat,
            lon,
            keys: Arc::clone(keys),
            said: serde_json::to_string(&shown).expect("JSON").into(),
        }
    }

    fn told(moved: &[Moved], keys: Option<&BTreeSet<String>>) -> Option<(Vec<u64>, u32)> {
        let java = Viewport {
            west: 110.0,
            south: -8.0,
            east: 112.0,
            north: -6.0,
        };
        let told: LivePositions = serde_json::from_str(&message(moved, java, keys)?).expect("a message");
        Some((told.items.iter().map(|seal| seal.seal).collect(), told.left_out))
    }

    #[test]
    fn each_reader_is_told_what_lies_on_its_map_and_what_it_may_see() {
        let keys = |key: &str| BTreeSet::from([key.to_owned()]);
        let (ours, others) = (Arc::new(keys("office:060100")), Arc::new(keys("office:040300")));
        let all = [
            moved(1, 110.4, &ours),
            moved(2, 120.0, &ours),
            moved(3, 110.5, &others),
            moved(4, 111.0, &ours),
        ];
        assert_eq!(told(&all, Some(&ours)), Some((vec![1, 4], 0)));
        assert_eq!(told(&all, Some(&others)), Some((vec![3], 0)));
        assert_eq!(told(&all, None), Some((vec![1, 3, 4], 0)));
        assert_eq!(told(&all[1..2], None), None);
        let crowd: Vec<Moved> = (0..POSITIONS_MAX as u64 + 3)
            .map(|seal| moved(seal, 110.4, &ours))
            .collect();
        let (items, left_out) = told(&crowd, None).expect("a message");
        assert_eq!((items.len(), left_out), (POSITIONS_MAX, 3));
    }

    #[test]
    fn seals_that_the_same_may_see_share_their_keys() {
        let mut known = KnownKeys::default();
        let keys = |key: &str| BTreeSet::from([key.to_owned()]);
        let (one, two) = (known.share(keys("a")), known.share(keys("a")));
        assert!(Arc::ptr_eq(&one, &two));
        drop((one, two));
        known.share(keys("b"));
        assert_eq!(known.shared.len(), 1, "what nobody has is forgotten");
    }

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
