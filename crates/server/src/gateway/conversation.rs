//! One connection, from its first byte to its last, without the socket.
//!
//! Bytes go into the session; its reports go to the engine; when they are durable the session gives the answers it owes.
//! While any of that is under way the line is not read, so what one connection can pile up is one reading of it. Nearly all
//! that seals say is plain reports, and those the desk gathers of many lines at once; whatever else there is to do is an
//! errand (`errand`).

use std::net::SocketAddr;
use std::sync::Arc;

use segel_model::order::{Ordered, Outcome, SealCommand};
use segel_model::report::Protocol;
use segel_model::{DeviceId, OrderId, SealId, ServerTime};
use segel_wire::{AckToken, Learned, Output, Profile, Reason, Reported, Session, Transport};

use super::connections::Admitted;
use super::inbox::LineKey;
use super::vault::Tongue;
use super::{Counts, Gateway, Tray};
use crate::ask::Unavailable;
use crate::metrics::ByReason;
use crate::profiles::Reading;
use crate::reported::{Heard, Source};

/// The most seals that speak through one; a host of the makers we know has a handful.
const OTHERS_MAX: usize = 64;
/// For so long an address that sent a datagram is believed to lead back to its seal: a carrier keeps the way open for half a
/// minute at least, and then gives the address to another.
const FRESH_S: i64 = 30;

/// One connection.
pub(super) struct Conversation {
    pub(super) gateway: Arc<Gateway>,
    pub(super) counts: Arc<Counts>,
    pub(super) tray: Arc<Tray>,
    pub(super) session: Session,
    pub(super) admitted: Admitted,
    pub(super) protocol: Protocol,
    transport: Transport,
    /// Orders that went out and have not been answered.
    pub(super) under_way: Vec<UnderWay>,
    /// Seals that were doubted on this connection; each once.
    pub(super) doubted_here: Vec<SealId>,
    /// Seals that speak through this one's connection; each once.
    pub(super) others: Vec<(SealId, DeviceId)>,
    peer: SocketAddr,
    profile: Reading,
    known: Option<Remembered>,
    accepted: ServerTime,
    last_heard: Option<ServerTime>,
    /// How far the clock had leaped by then.
    leaped_ms: i64,
}

/// An order that went out on this connection and has not been answered.
pub(super) struct UnderWay {
    pub(super) ordered: Ordered,
    pub(super) command: SealCommand,
}

/// The registered seal behind a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) seal: SealId,
    pub(super) doubted: bool,
}

/// What the roster said, and when that was.
#[derive(Clone, Copy)]
struct Remembered {
    version: u64,
    who: Option<Who>,
}

/// A seal that may be two, and why.
pub(super) type Doubt = (SealId, String);

/// Why a conversation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side closed, or its network did.
    Gone,
    /// We close; a stable word says why.
    Closed(&'static str),
    /// Segel is stopping.
    Stopping,
}

impl From<Unavailable> for End {
    fn from(_: Unavailable) -> Self {
        Self::Stopping
    }
}

/// What one drain of the session gave.
#[derive(Default)]
pub(super) struct Drained {
    pub(super) heard: Vec<Heard>,
    pub(super) tokens: Vec<AckToken>,
    pub(super) transmit: Vec<u8>,
    pub(super) outcomes: Vec<(OrderId, Outcome)>,
    pub(super) learned: Vec<Learned>,
    pub(super) close: Option<Reason>,
}

impl Conversation {
    pub(super) fn new(
        gateway: Arc<Gateway>,
        tray: Arc<Tray>,
        (peer, transport): (SocketAddr, Transport),
        protocol: Protocol,
        admitted: Admitted,
    ) -> Self {
        Self {
            session: Session::over(transport, protocol, Profile::ANY, gateway.wire_limits),
            accepted: gateway.now(),
            leaped_ms: gateway.engine.clock().leaped_ms(),
            counts: gateway.counts(protocol),
            gateway,
            tray,
            peer,
            protocol,
            transport,
            admitted,
            profile: Reading::ANY,
            known: None,
            last_heard: None,
            under_way: Vec::new(),
            doubted_here: Vec::new(),
            others: Vec::new(),
        }
    }

    /// What the seal speaks, as it is registered.
    pub(super) fn tongue(&self) -> Tongue {
        Tongue {
            protocol: self.protocol,
            profile: self.profile.wire,
        }
    }

    /// Where its line is.
    pub(super) fn key(&self) -> LineKey {
        self.admitted.place.key()
    }

    /// Bytes have come.
    pub(super) fn hear(&mut self, now: ServerTime, bytes: &[u8]) {
        self.session.receive(now, bytes);
        self.last_heard = Some(now);
        self.leaped_ms = self.gateway.engine.clock().leaped_ms();
        self.counts.bytes.inc_by(bytes.len() as u64);
        // An address that a newer one took over may come back: a network gives and takes them as it likes.
        let over_datagrams = self.transport == Transport::Datagrams;
        if over_datagrams && self.admitted.place.superseded().is_some() && self.admitted.others() == 0 {
            self.admitted.place.speaks_alone();
        }
    }

    /// Takes out of the session what came of it, into an empty place.
    pub(super) fn drain(&mut self, to: &mut Drained) {
        let source = self.source();
        let mut parts = Vec::new();
        while let Some(output) = self.session.poll() {
            match output {
                Output::Report(reported) => {
                    if self.admitted.seal().is_none() {
                        parts.push(reported.part);
                    }
                    to.report(*reported, source);
                }
                Output::Transmit(bytes) => to.transmit(bytes, self.transport),
                Output::Answered(order, outcome) => to.outcomes.push((order, outcome)),
                Output::Oddity(oddity) => {
                    let device = self.session.device().cloned();
                    self.gateway.oddities.note(self.protocol, device, oddity);
                    self.counts.oddities.inc();
                }
                Output::Learned(learned) => to.learned.push(learned),
                Output::Close(reason) => to.close = Some(reason),
            }
        }
        self.identify(to, &parts);
        self.meet(&to.heard);
    }

    fn source(&self) -> Source {
        Source {
            protocol: self.protocol,
            connection: self.admitted.place.number,
            profile: self.profile,
            peer: Some(self.peer),
        }
    }

    /// The seal behind the connection, once it has said its name and somebody has registered it.
    pub(super) fn who(&mut self) -> Option<Who> {
        let roster = self.gateway.engine.roster();
        let version = roster.version();
        if let Some(remembered) = self.known.filter(|known| known.version == version) {
            return remembered.who;
        }
        let device = self.session.device()?;
        let who = roster.find(self.protocol, device).map(|known| Who {
            seal: known.seal,
            doubted: known.doubted,
        });
        self.known = Some(Remembered { version, who });
        who
    }

    /// Before anything is answered: how a seal wants to be answered may depend on what it is. What it said before we knew is read
    /// anew as what it is: its clock may be another.
    fn identify(&mut self, drained: &mut Drained, parts: &[u16]) {
        if self.admitted.seal().is_some() {
            return;
        }
        let Some(device) = self.session.device() else {
            return;
        };
        let Some(known) = self.gateway.engine.roster().find(self.protocol, device) else {
            return;
        };
        let speaking = self.admitted.identify(known.seal, self.gateway.now());
        self.gateway.engine.fleet().connected(known.seal, clamp(speaking));
        let profiles = self.gateway.engine.profiles();
        self.profile = profiles.reading(&known.profile, self.gateway.now());
        self.session.assume(self.profile.wire);
        for (heard, part) in drained.heard.iter_mut().zip(parts) {
            heard.read_as(self.profile, *part);
        }
    }

    /// Seals that speak through this one: their orders go, or end, here.
    fn meet(&mut self, heard: &[Heard]) {
        for report in heard.iter().map(|heard| &heard.report) {
            let device = &report.device;
            let known_here = self.others.iter().any(|(_, known)| known == device);
            if self.session.device() == Some(device) || known_here || OTHERS_MAX <= self.others.len() {
                continue;
            }
            let Some(known) = self.gateway.engine.roster().find(self.protocol, device) else {
                continue;
            };
            let profiles = self.gateway.engine.profiles();
            let profile = profiles.reading(&known.profile, self.gateway.now()).wire;
            // Whoever only pretends to be another seal on a line of its own takes no orders of that seal.
            if report.through().is_some() || self.session.address(device, profile) {
                self.others.push((known.seal, device.clone()));
                self.admitted.speaks_for(known.seal);
            }
        }
    }

    /// Law 5: both speak, or what speaks does not look like the seal. Each report is compared with its own seal: some devices
    /// speak for others. Each seal is named once.
    pub(super) fn doubts(&mut self, heard: &[Heard], now: ServerTime) -> Vec<Doubt> {
        let known = self.who();
        let connection = self.admitted.place.number;
        let engine = &self.gateway.engine;
        let rules = &engine.rules().in_force(now).identity;
        let mut found: Vec<Doubt> = Vec::new();
        for report in heard.iter().map(|heard| &heard.report) {
            let speaks_for_itself = self.session.device() == Some(&report.device);
            let own = match known.filter(|_| speaks_for_itself) {
                Some(known) => Some(known),
                None => engine
                    .roster()
                    .find(self.protocol, &report.device)
                    .map(|other| Who {
                        seal: other.seal,
                        doubted: other.doubted,
                    }),
            };
            let Some(Who { seal, doubted }) = own else {
                continue;
            };
            let last = || engine.fleet().get(seal).and_then(|now| now.fix);
            let why = self.gateway.looks.compare(seal, connection, report, rules, last);
            found.extend(why.filter(|_| !doubted).map(|why| (seal, why)));
        }
        if let Some(known) = known.filter(|known| !known.doubted && self.speaks_though_superseded(now)) {
            let why = "an older connection still speaks beside a newer one".to_owned();
            found.push((known.seal, why));
        }
        found.retain(|(seal, _)| !self.doubted_here.contains(seal));
        found
    }

    fn speaks_though_superseded(&self, now: ServerTime) -> bool {
        let grace_ms = i64::from(self.gateway.limits.supersede_grace_s) * 1000;
        let since = self.admitted.place.superseded();
        since.is_some_and(|since| grace_ms <= now.since_ms(since)) && 0 < self.admitted.others()
    }

    /// Whether an order may go out on this line. A sleeping seal hears nothing: orders go right after its frames.
    pub(super) fn has_orders(&self) -> bool {
        let speaks = || self.admitted.place.superseded().is_none() && self.leads_back();
        let waits = |seal: SealId| self.gateway.engine.orders().wait_for(seal);
        let others = || {
            self.others
                .iter()
                .any(|(seal, _)| waits(*seal) && self.is_its_way(*seal))
        };
        (self.admitted.seal().is_some_and(waits) || others()) && speaks()
    }

    /// Whether a seal that speaks through this one has no line of its own.
    pub(super) fn is_its_way(&self, other: SealId) -> bool {
        let now = self.gateway.engine.fleet().get(other);
        now.is_none_or(|now| now.connections == 0)
    }

    /// Whether what is said on this line reaches the seal: a connection does, an address only for a while.
    fn leads_back(&self) -> bool {
        match self.transport {
            Transport::Stream => true,
            Transport::Datagrams => self
                .last_heard
                .is_some_and(|heard| self.gateway.now() < heard.plus_s(FRESH_S)),
        }
    }

    /// As which registered seal it speaks.
    pub(super) fn seal(&self) -> Option<SealId> {
        self.admitted.seal()
    }

    /// Whether it has said who it is.
    pub(super) fn has_greeted(&self) -> bool {
        self.session.device().is_some()
    }

    /// Whether it must close because too many connections speak as its seal.
    pub(super) fn is_dismissed(&self) -> bool {
        self.admitted.place.is_dismissed()
    }

    /// Why it must close now, if it must: it has said nothing for too long.
    pub(super) fn overdue(&self, now: ServerTime) -> Option<End> {
        let end = match (self.transport, self.session.device()) {
            // An address is forgotten and nothing is closed.
            (Transport::Datagrams, _) => End::Gone,
            (Transport::Stream, Some(_)) => End::Closed("idle"),
            (Transport::Stream, None) => End::Closed("no_greeting"),
        };
        (self.silent_until() <= now).then_some(end)
    }

    /// When something must be done about it unless bytes come before.
    pub(super) fn next_due(&self) -> ServerTime {
        let silent = self.silent_until();
        self.session.next_deadline().map_or(silent, |due| due.min(silent))
    }

    /// Until when it may go on saying nothing. Bytes that do not say who it is are no greeting, however many there are.
    /// Law 7: what the clock leaped since then is no silence of theirs.
    fn silent_until(&self) -> ServerTime {
        let limits = &self.gateway.limits;
        let (idle_s, greeting_s) = match self.transport {
            Transport::Stream => (limits.idle_s, limits.greeting_s),
            Transport::Datagrams => (limits.peer_s, limits.peer_s),
        };
        let until = match self.last_heard.filter(|_| self.session.device().is_some()) {
            Some(heard) => heard.plus_s(idle_s.into()),
            None => self.accepted.plus_s(greeting_s.into()),
        };
        until.plus_ms(self.gateway.engine.clock().leaped_ms() - self.leaped_ms)
    }

    /// It has ended, and this is why.
    pub(super) fn note_end(&self, end: End) {
        if let End::Closed(reason) = end {
            let closed = &self.gateway.engine.metrics().gateway.closed;
            closed.get_or_create(&ByReason { reason }).inc();
            let connection = self.admitted.place.number;
            tracing::debug!(connection, reason, "connection closed");
        }
        self.counts.connections.dec();
        if let Some(seal) = self.admitted.seal() {
            let others = clamp(self.admitted.others());
            self.gateway.engine.fleet().connected(seal, others);
        }
    }
}

impl Drained {
    fn report(&mut self, reported: Reported, source: Source) {
        let Reported {
            mut report,
            raw,
            token,
            ..
        } = reported;
        source.profile.complete(&mut report);
        self.heard.push(Heard { source, report, raw });
        self.tokens.push(token);
    }

    /// Over datagrams each message stands behind its length, so that it leaves in a datagram of its own.
    fn transmit(&mut self, bytes: Vec<u8>, transport: Transport) {
        if transport == Transport::Datagrams {
            super::datagrams::pack(&mut self.transmit, &bytes);
        } else {
            self.transmit.extend(bytes);
        }
    }

    /// Nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.heard.is_empty() && self.transmit.is_empty() && self.is_plain()
    }

    /// Nothing but reports, and bytes to send once they are durable.
    pub(super) fn is_plain(&self) -> bool {
        self.outcomes.is_empty() && self.learned.is_empty() && self.close.is_none()
    }
}

pub(super) const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::NotASeal => "not_a_seal",
        Reason::TooMuchGarbage => "garbage",
        Reason::BadRequest => "bad_request",
        Reason::Asked => "asked",
    }
}

fn clamp(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The promise is 2 KiB for an idle connected seal; its line, its place and its socket come on top of this.
    #[test]
    fn a_quiet_conversation_holds_less_than_half_a_kilobyte() {
        let quiet = std::mem::size_of::<Conversation>();
        assert!(quiet < 640, "{quiet} bytes");
    }
}
