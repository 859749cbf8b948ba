//! Doors for datagrams (UDP): who sends them, what waits to be heard, what is dropped.
//!
//! Each address that sends has a line on the desk, as if it had connected: so answers, orders, doubts and time-outs are the same
//! code as over a connection. But an address costs its sender nothing, and may be forged. So it holds no descriptor, takes no
//! place from a connection, and is forgotten when it has been silent for a while, or when others need its place; strangers go
//! first. That costs a seal nothing: its next datagram says everything anew.

mod peers;

use std::io;
use std::net::SocketAddr;

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use segel_model::ServerTime;
use segel_model::report::Protocol;

use super::Gateway;
use super::desk::{Desk, Speaker};
use super::inbox::LineKey;
use crate::metrics::ByReason;

use peers::{Arrived, Peers};

/// What one door takes from the kernel at once: other doors and lines want to be served too.
const TAKEN_AT_ONCE: usize = 512;
/// The longest datagram there is.
const LONGEST: usize = u16::MAX as usize;

/// A door and everybody who sends through it.
pub(super) struct DatagramDoor {
    socket: UdpSocket,
    protocol: Protocol,
    peers: Peers,
    /// Longer ones hold no frame that is believed.
    longest: usize,
    /// The kernel has something; it tells that once.
    readable: bool,
    counts: Counts,
}

/// What an operator watches.
struct Counts {
    disk_low: Counter,
    full: Counter,
    too_long: Counter,
    not_sent: Counter,
    forgotten: Counter,
    peers: Gauge,
    waiting: Gauge,
}

impl DatagramDoor {
    pub(super) fn new(
        gateway: &Gateway,
        number: u32,
        socket: std::net::UdpSocket,
        protocol: Protocol,
    ) -> Self {
        Self {
            socket: UdpSocket::from_std(socket),
            protocol,
            peers: Peers::new(gateway.limits.peers as usize),
            longest: gateway.limits.frame_bytes as usize,
            readable: true,
            counts: Counts::of(gateway, number),
        }
    }

    pub(super) fn register(&mut self, with: &Registry, token: Token) -> io::Result<()> {
        with.register(&mut self.socket, token, Interest::READABLE)
    }

    /// The kernel has something.
    pub(super) fn may_read(&mut self) {
        self.readable = true;
    }

    /// Whether it has something to do though nobody tells.
    pub(super) fn is_busy(&self, desk: &Desk) -> bool {
        self.readable || desk.takes_bytes() && self.peers.has_ready()
    }

    /// Takes in what the kernel has, and hears what the desk takes. What waits is bounded, and dropped beyond: a seal that is not
    /// answered says it again.
    pub(super) fn read(&mut self, desk: &mut Desk, buffer: &mut [u8], now: ServerTime) {
        if self.readable {
            self.take_in(desk, buffer);
        }
        self.hear(desk, now);
        self.counts.peers.set(self.peers.count() as i64);
        self.counts.waiting.set(self.peers.waiting() as i64);
    }

    fn take_in(&mut self, desk: &mut Desk, buffer: &mut [u8]) {
        for _ in 0..TAKEN_AT_ONCE {
            match self.socket.recv_from(buffer) {
                Ok((length, peer)) => self.arrive(peer, &buffer[..length], desk),
                Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    return;
                }
                // What became of one datagram of ours says nothing about the others.
                Err(_) => {}
            }
        }
    }

    fn arrive(&mut self, peer: SocketAddr, datagram: &[u8], desk: &mut Desk) {
        if datagram.is_empty() {
            return;
        }
        if self.longest < datagram.len() {
            self.counts.too_long.inc();
        } else if desk.is_shut() {
            self.counts.disk_low.inc();
        } else {
            self.keep(peer, datagram.to_vec(), desk);
        }
    }

    fn keep(&mut self, peer: SocketAddr, datagram: Vec<u8>, desk: &mut Desk) {
        if !self.peers.knows(peer) {
            self.make_room(desk);
            self.peers.enter(peer, desk.open_peer(peer, self.protocol));
        }
        if self.peers.arrive(peer, datagram) == Arrived::Full {
            self.counts.full.inc();
        }
    }

    fn make_room(&mut self, desk: &mut Desk) {
        while let Some((line, lost)) = self.peers.beyond_limit() {
            self.counts.forgotten.inc();
            self.counts.full.inc_by(lost as u64);
            desk.hang_up(line, desk.now());
            desk.forget(line);
        }
    }

    /// Hears what waits, each peer in its turn.
    fn hear(&mut self, desk: &mut Desk, now: ServerTime) {
        while desk.takes_bytes() {
            let Some((peer, line)) = self.peers.next_ready() else {
                return;
            };
            // A line that does not listen is touched when it does, and its datagrams are heard then.
            if !desk.listens(line) {
                continue;
            }
            let Some(datagram) = self.peers.take(peer) else {
                continue;
            };
            desk.receive(line, &datagram, now);
            if desk.speaker(line) == Speaker::Nobody {
                // Who has said nothing that names it is not remembered.
                desk.hang_up(line, now);
                self.let_go(peer, line, desk);
            } else {
                self.look_at(peer, line, desk);
            }
        }
    }

    /// Registered seals are remembered best; and what waits of a peer may be heard when its line listens.
    fn look_at(&mut self, peer: SocketAddr, line: LineKey, desk: &Desk) {
        if desk.speaker(line) == Speaker::Seal {
            self.peers.is_seal(peer);
        }
        if desk.listens(line) {
            self.peers.may_be_ready(peer);
        }
    }

    /// Says what a line has to say, and forgets it where it is over. Whether the line is one of this door's.
    pub(super) fn serve(&mut self, line: LineKey, desk: &mut Desk, now: ServerTime) -> bool {
        let Some(peer) = self.peers.of(line) else {
            return false;
        };
        for message in unpack(desk.outgoing(line)) {
            // The kernel has no room, or no way there: the seal says it again.
            if self.socket.send_to(message, peer).is_err() {
                self.counts.not_sent.inc();
            }
        }
        desk.sent(line, desk.outgoing(line).len(), now);
        if desk.is_over(line) {
            self.let_go(peer, line, desk);
        } else {
            self.look_at(peer, line, desk);
        }
        true
    }

    /// What still waits of it begins a new line.
    fn let_go(&mut self, peer: SocketAddr, line: LineKey, desk: &mut Desk) {
        desk.forget(line);
        for datagram in self.peers.leave(peer) {
            self.keep(peer, datagram, desk);
        }
    }
}

impl Counts {
    fn of(gateway: &Gateway, number: u32) -> Self {
        let metrics = gateway.engine.metrics();
        let dropped = |reason| {
            let dropped = &metrics.gateway.datagrams_dropped;
            dropped.get_or_create(&ByReason { reason }).clone()
        };
        let peers_max = gateway.limits.peers as usize;
        Self {
            disk_low: dropped("disk_low"),
            full: dropped("full"),
            too_long: dropped("too_long"),
            not_sent: dropped("not_sent"),
            forgotten: metrics.gateway.peers_forgotten.clone(),
            peers: metrics.queues.gauge("datagram_peers", Some(number), peers_max),
            waiting: metrics
                .queues
                .gauge("datagrams", Some(number), peers::WAITING_MAX),
        }
    }
}

/// Writes a message behind its length. One that no datagram holds is cut; none of ours is a hundredth as long.
pub(super) fn pack(to: &mut Vec<u8>, message: &[u8]) {
    let message = &message[..message.len().min(LONGEST)];
    to.extend((message.len() as u16).to_be_bytes());
    to.extend_from_slice(message);
}

/// The messages that were written so.
pub(super) fn unpack(mut packed: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = packed.split_first_chunk()?;
        let (message, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        packed = rest;
        Some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_apart() {
        let mut packed = Vec::new();
        for message in [&b"one"[..], b"", b"three"] {
            pack(&mut packed, message);
        }
        assert_eq!(unpack(&packed).collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
        assert_eq!(unpack(&packed[..4]).count(), 0, "half a message is none");
        assert_eq!(unpack(&[]).count(), 0);
    }
}
