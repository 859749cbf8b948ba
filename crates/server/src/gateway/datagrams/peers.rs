//! Addresses that sent datagrams, and what of theirs waits to be heard. Bounded whatever comes, for an address costs nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use crate::gateway::LineKey;

/// Datagrams that wait for one peer's line: a unit that comes out of a blind area sends a few ahead of their answers.
const OF_ONE: usize = 16;
/// Datagrams that wait in all: the desk hears as many in two flights, and at their longest they take 16 MiB.
pub(super) const WAITING_MAX: usize = 4096;

/// All peers of one door.
pub(super) struct Peers {
    all: HashMap<SocketAddr, Peer>,
    lines: BTreeMap<LineKey, SocketAddr>,
    /// Whoever was heard longest ago comes first.
    strangers: BTreeMap<Turn, SocketAddr>,
    seals: BTreeMap<Turn, SocketAddr>,
    last_turn: Turn,
    /// Peers with something to hear.
    ready: VecDeque<SocketAddr>,
    waiting: usize,
    most: usize,
}

/// Rises with each datagram.
type Turn = u64;

struct Peer {
    line: LineKey,
    turn: Turn,
    is_seal: bool,
    waiting: VecDeque<Vec<u8>>,
    /// It stands among those that are ready.
    queued: bool,
}

/// What becomes of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// It waits to be heard.
    Waits,
    /// Too many wait: it is dropped.
    Full,
}

impl Peers {
    /// Nobody yet, and never more than so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            all: HashMap::new(),
            lines: BTreeMap::new(),
            strangers: BTreeMap::new(),
            seals: BTreeMap::new(),
            last_turn: 0,
            ready: VecDeque::new(),
            waiting: 0,
            most: most.max(1),
        }
    }

    pub(super) fn knows(&self, peer: SocketAddr) -> bool {
        self.all.contains_key(&peer)
    }

    /// The peer of a line.
    pub(super) fn of(&self, line: LineKey) -> Option<SocketAddr> {
        self.lines.get(&line).copied()
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Datagrams that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Forgets one whose place is needed for another: a stranger before a seal, and who was heard longest ago before others.
    /// Gives its line and what of its datagrams is lost.
    pub(super) fn beyond_limit(&mut self) -> Option<(LineKey, usize)> {
        if self.all.len() < self.most {
            return None;
        }
        let oldest = self.strangers.first_key_value().or(self.seals.first_key_value());
        let peer = *oldest?.1;
        let line = self.all.get(&peer)?.line;
        Some((line, self.leave(peer).len()))
    }

    /// A peer that has a line now.
    pub(super) fn enter(&mut self, peer: SocketAddr, line: LineKey) {
        self.leave(peer);
        self.last_turn += 1;
        let turn = self.last_turn;
        self.strangers.insert(turn, peer);
        self.lines.insert(line, peer);
        self.all.insert(
            peer,
            Peer {
                line,
                turn,
                is_seal: false,
                waiting: VecDeque::new(),
                queued: false,
            },
        );
    }

    /// A datagram of a known peer has come.
    pub(super) fn arrive(&mut self, peer: SocketAddr, datagram: Vec<u8>) -> Arrived {
        self.heard(peer);
        let Some(known) = self.all.get_mut(&peer) else {
            return Arrived::Full;
        };
        if OF_ONE <= known.waiting.len() || WAITING_MAX <= self.waiting {
            return Arrived::Full;
        }
        known.waiting.push_back(datagram);
        self.waiting += 1;
        self.may_be_ready(peer);
        Arrived::Waits
    }

    /// It was heard now.
    fn heard(&mut self, peer: SocketAddr) {
        self.last_turn += 1;
        let turn = self.last_turn;
        let Some(known) = self.all.get_mut(&peer) else {
            return;
        };
        let order = match known.is_seal {
            true => &mut self.seals,
            false => &mut self.strangers,
        };
        order.remove(&std::mem::replace(&mut known.turn, turn));
        order.insert(turn, peer);
    }

    /// It is a registered seal.
    pub(super) fn is_seal(&mut self, peer: SocketAddr) {
        let Some(known) = self.all.get_mut(&peer).filter(|known| !known.is_seal) else {
            return;
        };
        known.is_seal = true;
        self.strangers.remove(&known.turn);
        self.seals.insert(known.turn, peer);
    }

    /// Its line listens: it stands among those that are ready where something of it waits.
    pub(super) fn may_be_ready(&mut self, peer: SocketAddr) {
        let Some(known) = self.all.get_mut(&peer) else {
            return;
        };
        if !known.waiting.is_empty() && !std::mem::replace(&mut known.queued, true) {
            self.ready.push_back(peer);
        }
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next peer that may be heard, with its line; it stands among them no longer.
    pub(super) fn next_ready(&mut self) -> Option<(SocketAddr, LineKey)> {
        let peer = self.ready.pop_front()?;
        let known = self.all.get_mut(&peer)?;
        known.queued = false;
        Some((peer, known.line))
    }

    /// The next datagram of a peer.
    pub(super) fn take(&mut self, peer: SocketAddr) -> Option<Vec<u8>> {
        let datagram = self.all.get_mut(&peer)?.waiting.pop_front()?;
        self.waiting -= 1;
        Some(datagram)
    }

    /// Forgets a peer; what of it waited comes back.
    pub(super) fn leave(&mut self, peer: SocketAddr) -> VecDeque<Vec<u8>> {
        let Some(known) = self.all.remove(&peer) else {
            return VecDeque::new();
        };
        self.lines.remove(&known.line);
        self.strangers.remove(&known.turn);
        self.seals.remove(&known.turn);
        self.waiting -= known.waiting.len();
        if known.queued {
            self.ready.retain(|other| *other != peer);
        }
        known.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u16) -> SocketAddr {
        ([10, 0, 0, 1], number).into()
    }

    fn line(number: u16) -> LineKey {
        LineKey {
            slot: number.into(),
            number: number.into(),
        }
    }

    fn peers(most: usize, known: &[u16]) -> Peers {
        let mut peers = Peers::new(most);
        for &number in known {
            peers.enter(peer(number), line(number));
        }
        peers
    }

    fn forgotten(peers: &mut Peers) -> Option<u32> {
        peers.beyond_limit().map(|(line, _)| line.slot)
    }

    #[test]
    fn who_was_heard_longest_ago_goes_first_and_strangers_before_seals() {
        let mut peers = peers(4, &[1, 2, 3, 4]);
        peers.is_seal(peer(1));
        assert_eq!(peers.arrive(peer(2), vec![1]), Arrived::Waits);
        let order: Vec<Option<u32>> = (0..2)
            .map(|_| {
                let gone = forgotten(&mut peers);
                let number = 5 + peers.last_turn as u16;
                peers.enter(peer(number), line(number));
                gone
            })
            .collect();
        assert_eq!(order, [Some(3), Some(4)]);
        assert_eq!(forgotten(&mut peers), Some(2));
        assert_eq!(peers.waiting(), 0, "what waited of it is gone too");
        assert!(peers.knows(peer(1)), "the seal stays");
        assert_eq!(forgotten(&mut peers), None, "one place is free");
    }

    #[test]
    fn where_all_are_seals_the_one_heard_longest_ago_goes() {
        let mut peers = peers(2, &[1, 2]);
        peers.is_seal(peer(1));
        peers.is_seal(peer(2));
        peers.arrive(peer(1), vec![1]);
        assert_eq!(forgotten(&mut peers), Some(2));
    }

    #[test]
    fn twenty_thousand_addresses_take_no_more_than_their_places() {
        let mut peers = Peers::new(100);
        for number in 0..20_000_u64 {
            let address = SocketAddr::from((std::net::Ipv4Addr::from_bits(number as u32), 7));
            while peers.beyond_limit().is_some() {}
            peers.enter(
                address,
                LineKey {
                    slot: (number % 100) as u32,
                    number,
                },
            );
            peers.arrive(address, vec![0; 4]);
        }
        assert_eq!(
            (peers.count(), peers.lines.len(), peers.strangers.len()),
            (100, 100, 100)
        );
        assert_eq!(
            (peers.waiting(), peers.ready.len()),
            (100, 100),
            "and nobody hears them"
        );
    }

    #[test]
    fn what_waits_is_bounded_for_one_and_for_all() {
        let mut all = peers(usize::MAX, &[1]);
        let kept = (0..20).filter(|_| all.arrive(peer(1), vec![0]) == Arrived::Waits);
        assert_eq!(kept.count(), OF_ONE);
        for number in 2..1000 {
            all.enter(peer(number), line(number));
            (0..OF_ONE).for_each(|_| {
                all.arrive(peer(number), vec![0]);
            });
        }
        assert_eq!(all.waiting(), WAITING_MAX);
    }

    #[test]
    fn each_peer_is_heard_in_its_turn_and_in_its_own_order() {
        let mut peers = peers(9, &[1, 2]);
        for (number, said) in [(1, b"a"), (1, b"b"), (2, b"c")] {
            peers.arrive(peer(number), said.to_vec());
        }
        let mut heard = Vec::new();
        while let Some((ready, _)) = peers.next_ready() {
            heard.extend(peers.take(ready));
            peers.may_be_ready(ready);
        }
        assert_eq!(heard, [b"a", b"c", b"b"]);
        assert!(!peers.has_ready() && peers.waiting() == 0);
    }

    #[test]
    fn what_still_waits_comes_back_when_a_peer_leaves() {
        let mut peers = peers(9, &[1]);
        peers.arrive(peer(1), b"a".to_vec());
        assert_eq!(peers.of(line(1)), Some(peer(1)));
        assert_eq!(peers.leave(peer(1)), [b"a".to_vec()]);
        assert_eq!((peers.of(line(1)), peers.count(), peers.waiting()), (None, 0, 0));
        assert_eq!(peers.next_ready(), None, "who has left is passed over");
    }
}
