//! Who is connected: how many in all, from each network, as each seal.
//!
//! A seal that loses its network leaves its old connection half open. So a newer connection *supersedes* a silent older
//! one; only when the older one speaks again do two devices claim one name, and that is a doubt.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use segel_model::{SealId, ServerTime};

use super::inbox::{Inbox, LineKey, Note};
use crate::config::Limits;

/// All connections of seals.
pub struct Connections {
    inner: Mutex<Inner>,
    connections_max: u32,
    per_network_max: u32,
    per_seal_max: usize,
}

#[derive(Default)]
struct Inner {
    last_number: u64,
    open: u32,
    networks: HashMap<Network, u32>,
    seals: HashMap<SealId, Vec<Arc<Place>>>,
    /// Of seals that speak through another's connection, the one that last began to.
    through: HashMap<SealId, Arc<Place>>,
}

/// A /24 of IPv4 or a /64 of IPv6.
type Network = [u8; 8];

/// The place of one connection among all.
pub struct Place {
    /// Its number; not used twice while the process runs.
    pub number: u64,
    /// The desk it is served at, rung when an order waits or the connection must close.
    desk: Arc<Inbox>,
    /// The slot of its line there.
    slot: u32,
    /// Since when a newer connection speaks as this seal; zero where none does.
    superseded_ms: AtomicI64,
    dismissed: AtomicBool,
}

/// A connection that was let in; leaving the scope gives its place back.
pub struct Admitted {
    /// Its place.
    pub place: Arc<Place>,
    connections: Arc<Connections>,
    /// Where it counts; a peer that sends datagrams holds no descriptor, and its door counts it.
    network: Option<Network>,
    seal: Option<SealId>,
    /// Seals that speak through it.
    others: Vec<SealId>,
}

/// Why a connection is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// As many as this machine takes are open.
    Full,
    /// As many as one network may have are open.
    Network,
}

impl TurnedAway {
    /// A stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Network => "network",
        }
    }
}

impl Inner {
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn leave(&mut self, network: Network) {
        self.open -= 1;
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Connections {
    /// Nobody yet.
    pub fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            connections_max: limits.connections,
            per_network_max: limits.connections_per_network,
            per_seal_max: usize::from(limits.connections_per_seal).max(1),
        })
    }

    /// Lets a connection in to a desk's slot, if there is room.
    pub fn admit(
        self: &Arc<Self>,
        peer: IpAddr,
        desk: &Arc<Inbox>,
        slot: u32,
    ) -> Result<Admitted, TurnedAway> {
        let network = network_of(peer);
        let mut inner = self.lock();
        if self.connections_max <= inner.open {
            return Err(TurnedAway::Full);
        }
        let from_there = inner.networks.entry(network).or_default();
        if self.per_network_max <= *from_there {
            return Err(TurnedAway::Network);
        }
        *from_there += 1;
        inner.open += 1;
        let number = inner.next_number();
        drop(inner);
        Ok(self.give_place((desk, slot), number, Some(network)))
    }

    /// Lets in a peer that sends datagrams to a desk's slot: how many there are is its door's to limit.
    pub fn admit_peer(self: &Arc<Self>, desk: &Arc<Inbox>, slot: u32) -> Admitted {
        let number = self.next_number();
        self.give_place((desk, slot), number, None)
    }

    /// A number that is not used twice while the process runs.
    pub fn next_number(&self) -> u64 {
        self.lock().next_number()
    }

    fn give_place(
        self: &Arc<Self>,
        (desk, slot): (&Arc<Inbox>, u32),
        number: u64,
        network: Option<Network>,
    ) -> Admitted {
        Admitted {
            place: Arc::new(Place {
                number,
                desk: Arc::clone(desk),
                slot,
                superseded_ms: AtomicI64::new(0),
                dismissed: AtomicBool::new(false),
            }),
            connections: Arc::clone(self),
            network,
            seal: None,
            others: Vec::new(),
        }
    }

    /// Rings every connection of a seal.
    pub fn ring(&self, seal: SealId) {
        let inner = self.lock();
        let own = inner.seals.get(&seal).into_iter().flatten();
        own.chain(inner.through.get(&seal)).for_each(|place| place.ring());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// As which seal it speaks.
    pub const fn seal(&self) -> Option<SealId> {
        self.seal
    }

    /// It has said who it is. Older connections of the seal are superseded, and the oldest beyond the limit dismissed.
    /// Returns how many speak as the seal now.
    pub fn identify(&mut self, seal: SealId, now: ServerTime) -> usize {
        let mut inner = self.connections.lock();
        let places = inner.seals.entry(seal).or_default();
        for older in places.iter() {
            let since = older.superseded_ms.load(Ordering::Acquire);
            if since == 0 {
                older.superseded_ms.store(now.unix_ms, Ordering::Release);
            }
        }
        places.push(Arc::clone(&self.place));
        let beyond = places.len().saturating_sub(self.connections.per_seal_max);
        for oldest in places.iter().take(beyond) {
            oldest.dismissed.store(true, Ordering::Release);
            oldest.ring();
        }
        self.seal = Some(seal);
        places.len()
    }

    /// Another seal speaks through it. That is no second connection of that seal: it supersedes none and is superseded by none.
    pub fn speaks_for(&mut self, seal: SealId) {
        let place = Arc::clone(&self.place);
        self.connections.lock().through.insert(seal, place);
        self.others.push(seal);
    }

    /// How many connections speak as this one's seal, this one left out.
    pub fn others(&self) -> usize {
        let Some(seal) = self.seal else { return 0 };
        self.connections
            .lock()
            .seals
            .get(&seal)
            .map_or(0, |places| places.len() - 1)
    }
}

impl Place {
    /// Where its line is.
    pub const fn key(&self) -> LineKey {
        LineKey {
            slot: self.slot,
            number: self.number,
        }
    }

    fn ring(&self) {
        self.desk.put(Note::Rung(self.key()));
    }

    /// Since when a newer connection speaks as the same seal.
    pub fn superseded(&self) -> Option<ServerTime> {
        let since = self.superseded_ms.load(Ordering::Acquire);
        (since != 0).then(|| ServerTime::from_unix_ms(since))
    }

    /// It speaks, and nobody else does as its seal.
    pub fn speaks_alone(&self) {
        self.superseded_ms.store(0, Ordering::Release);
    }

    /// It must close: too many connections speak as its seal, and it is the oldest.
    pub fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Acquire)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut inner = self.connections.lock();
        if let Some(network) = self.network {
            inner.leave(network);
        }
        for other in &self.others {
            let is_here = |place: &Arc<Place>| place.number == self.place.number;
            if inner.through.get(other).is_some_and(is_here) {
                inner.through.remove(other);
            }
        }
        let Some(seal) = self.seal else { return };
        if let Some(places) = inner.seals.get_mut(&seal) {
            places.retain(|place| place.number != self.place.number);
            if places.is_empty() {
                inner.seals.remove(&seal);
            }
        }
    }
}

fn network_of(peer: IpAddr) -> Network {
    match peer.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [0, 0, 0, 4, a, b, c, 0]
        }
        IpAddr::V6(address) => {
            let octets = address.octets();
            [
                octets[0], octets[1], octets[2], octets[3], octets[4], octets[5], octets[6], octets[7],
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_767_225_600_000);

    fn connections(limits: Limits) -> Arc<Connections> {
        Connections::new(&limits)
    }

    fn admitted(to: &Arc<Connections>) -> Admitted {
        admit(to, "10.1.1.1").unwrap_or_else(|why| panic!("{why:?}"))
    }

    fn admit(to: &Arc<Connections>, from: &str) -> Result<Admitted, TurnedAway> {
        to.admit(address(from), &Arc::default(), 0)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_has_its_own_limit_and_leaving_gives_the_place_back() {
        let connections = connections(Limits {
            connections_per_network: 2,
            ..Limits::default()
        });
        let first = admit(&connections, "10.1.1.1").ok();
        let second = admit(&connections, "10.1.1.200").ok();
        assert!(first.is_some() && second.is_some());
        assert_eq!(
            admit(&connections, "::ffff:10.1.1.3").err(),
            Some(TurnedAway::Network)
        );
        assert!(
            admit(&connections, "10.1.2.1").is_ok(),
            "the neighbour network has its own"
        );
        drop(first);
        assert!(admit(&connections, "10.1.1.3").is_ok());
    }

    #[test]
    fn peers_that_send_datagrams_take_no_place_of_a_connection() {
        let connections = connections(Limits {
            connections: 1,
            connections_per_network: 1,
            ..Limits::default()
        });
        let mut peers: Vec<Admitted> = (0..3)
            .map(|slot| connections.admit_peer(&Arc::default(), slot))
            .collect();
        let first = admitted(&connections);
        let numbers: Vec<u64> = peers.iter().map(|peer| peer.place.number).collect();
        assert_eq!((numbers, first.place.number), (vec![1, 2, 3], 4));
        peers.iter_mut().for_each(|peer| {
            peer.identify(SealId(7), NOW);
        });
        assert_eq!(peers[2].others(), 2, "as seals they are counted like any other");
        drop(peers);
        drop(first);
        assert!(admit(&connections, "10.1.1.3").is_ok());
    }

    #[test]
    fn a_full_house_takes_nobody() {
        let connections = connections(Limits {
            connections: 1,
            ..Limits::default()
        });
        let _first = admit(&connections, "10.1.1.1").ok();
        assert_eq!(admit(&connections, "10.9.9.9").err(), Some(TurnedAway::Full));
    }

    #[test]
    fn two_that_hear_the_same_smaller_seal_are_no_twins_and_the_last_to_hear_it_is_rung() {
        let connections = connections(Limits::default());
        let [mut first, mut second] = [admitted(&connections), admitted(&connections)];
        first.identify(SealId(1), NOW);
        second.identify(SealId(2), NOW);
        first.speaks_for(SealId(7));
        second.speaks_for(SealId(7));
        assert_eq!((first.place.superseded(), first.others()), (None, 0));
        let rung = || {
            connections
                .lock()
                .through
                .get(&SealId(7))
                .map(|place| place.number)
        };
        assert_eq!(rung(), Some(second.place.number));
        drop(first);
        assert_eq!(rung(), Some(second.place.number));
        drop(second);
        assert_eq!(rung(), None);
    }

    #[test]
    fn a_newer_connection_supersedes_and_the_oldest_beyond_the_limit_is_dismissed() {
        let connections = connections(Limits {
            connections_per_seal: 2,
            ..Limits::default()
        });
        let mut admitted: Vec<Admitted> = (0..3).map(|_| admitted(&connections)).collect();
        let counts: Vec<usize> = admitted
            .iter_mut()
            .map(|one| one.identify(SealId(7), NOW))
            .collect();
        assert_eq!(counts, [1, 2, 3]);
        let superseded: Vec<bool> = admitted
            .iter()
            .map(|one| one.place.superseded().is_some())
            .collect();
        assert_eq!(superseded, [true, true, false]);
        let dismissed: Vec<bool> = admitted.iter().map(|one| one.place.is_dismissed()).collect();
        assert_eq!(dismissed, [true, false, false]);
        admitted.remove(0);
        assert_eq!(admitted[1].others(), 1);
    }
}
