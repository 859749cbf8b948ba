//! One connection, from its first byte to its last.
//!
//! Bytes go into the session; its reports go to the engine; when they are durable the session gives the answers it owes.
//! While any of that is under way the socket is not read, so what one connection can pile up is one reading of it.
//! Between readings nothing is held but the session: a quiet seal costs next to nothing.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use segel_model::order::{Ordered, Outcome, SealCommand};
use segel_model::report::Protocol;
use segel_model::{Event, Input, OrderId, SealId, ServerTime};
use segel_store::{SecretKind, SideRow};
use segel_wire::{AckToken, Learned, Output, Profile, Reason, Reported, Session};

use super::connections::Admitted;
use super::{Gateway, vault};
use crate::ask::{Side, Unavailable};
use crate::metrics::{ByProtocol, ByReason};
use crate::reported::{Heard, ReportBatch};
use crate::roster::Known;

/// One reading of a socket; shared by all connections of a thread.
const READ_BYTES: usize = 64 * 1024;
/// How often a full disk is looked at again.
const DISK_LOW_PAUSE: Duration = Duration::from_millis(500);

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// One connection.
pub(super) struct Conversation {
    gateway: Arc<Gateway>,
    stream: TcpStream,
    peer: SocketAddr,
    protocol: Protocol,
    session: Session,
    admitted: Admitted,
    profile: Profile,
    accepted: ServerTime,
    last_heard: Option<ServerTime>,
    under_way: Vec<UnderWay>,
    /// Seals that were doubted on this connection; each once.
    doubted_here: Vec<SealId>,
}

/// An order that went out on this connection and has not been answered.
struct UnderWay {
    ordered: Ordered,
    command: SealCommand,
}

/// Why a conversation ends.
#[derive(Debug)]
pub(super) enum End {
    /// The other side closed, or its network did.
    Gone,
    /// We close; a stable word says why.
    Closed(&'static str),
    /// Segel is stopping.
    Stopping,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Unavailable> for End {
    fn from(_: Unavailable) -> Self {
        Self::Stopping
    }
}

/// What one drain of the session gave.
#[derive(Default)]
struct Drained {
    heard: Vec<Heard>,
    tokens: Vec<AckToken>,
    transmit: Vec<u8>,
    outcomes: Vec<(OrderId, Outcome)>,
    learned: Vec<Learned>,
    close: Option<Reason>,
}

impl Conversation {
    pub(super) fn new(
        gateway: Arc<Gateway>,
        stream: TcpStream,
        peer: SocketAddr,
        protocol: Protocol,
        admitted: Admitted,
    ) -> Self {
        let session = Session::new(protocol, Profile::Any, gateway.wire_limits);
        let accepted = gateway.now();
        Self {
            gateway,
            stream,
            peer,
            protocol,
            session,
            admitted,
            profile: Profile::Any,
            accepted,
            last_heard: None,
            under_way: Vec::new(),
            doubted_here: Vec::new(),
        }
    }

    /// Talks until one side has had enough.
    pub(super) async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.turn().await {
                break end;
            }
        };
        Box::pin(self.leave(end)).await;
    }

    /// Waits for bytes, an order or a limit, and deals with it. Only the waiting is part of a quiet connection's memory;
    /// the dealing lives in a box of its own while it lasts.
    async fn turn(&mut self) -> Result<(), End> {
        let wait = self.until_limit();
        tokio::select! {
            readable = self.stream.readable() => readable?,
            () = self.admitted.place.bell.notified() => return Box::pin(self.rung()).await,
            () = tokio::time::sleep(wait) => return Box::pin(self.limit()).await,
        }
        if self.gateway.engine.ready().is_err() {
            return Box::pin(self.pause()).await;
        }
        match self.read()? {
            0 => Ok(()),
            _ => Box::pin(self.converse()).await,
        }
    }

    /// Below the floor of free disk nothing is read: what the seal keeps is safer there.
    async fn pause(&mut self) -> Result<(), End> {
        match self.gateway.engine.ready() {
            Err(Unavailable::DiskLow) => tokio::time::sleep(DISK_LOW_PAUSE).await,
            Err(unavailable) => return Err(unavailable.into()),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Reads what is there into the session.
    fn read(&mut self) -> Result<usize, End> {
        let now = self.gateway.now();
        let read = READ_BUFFER.with_borrow_mut(|buffer| {
            let read = self.stream.try_read(buffer)?;
            self.session.receive(now, &buffer[..read]);
            io::Result::Ok(read)
        });
        match read {
            Ok(0) => Err(End::Gone),
            Ok(read) => {
                self.last_heard = Some(now);
                let metrics = &self.gateway.engine.metrics().gateway;
                metrics.bytes.get_or_create(&self.label()).inc_by(read as u64);
                Ok(read)
            }
            Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Drains the session until nothing more comes of it, then hands over orders that wait.
    async fn converse(&mut self) -> Result<(), End> {
        loop {
            let drained = self.drain();
            if drained.is_empty() {
                break;
            }
            self.settle(drained).await?;
        }
        self.deliver_orders().await
    }

    fn drain(&mut self) -> Drained {
        let mut drained = Drained::default();
        while let Some(output) = self.session.poll() {
            match output {
                Output::Report(reported) => drained.report(*reported),
                Output::Transmit(bytes) => drained.transmit.extend(bytes),
                Output::Answered(order, outcome) => drained.outcomes.push((order, outcome)),
                Output::Oddity(oddity) => {
                    let device = self.session.device().cloned();
                    self.gateway.oddities.note(self.protocol, device, oddity);
                    self.gateway
                        .engine
                        .metrics()
                        .gateway
                        .oddities
                        .get_or_create(&self.label())
                        .inc();
                }
                Output::Learned(learned) => drained.learned.push(learned),
                Output::Close(reason) => drained.close = Some(reason),
            }
        }
        drained
    }

    /// Nothing that a drain gave leaves before the reports of that drain are durable.
    async fn settle(&mut self, drained: Drained) -> Result<(), End> {
        let Drained {
            heard,
            tokens,
            transmit,
            outcomes,
            learned,
            close,
        } = drained;
        let known = self.identify();
        self.doubt(known.as_ref(), &heard).await?;
        let side = self.secrets(learned);
        if !heard.is_empty() {
            self.hand_over(heard, side).await?;
        } else if !side.is_empty() {
            self.gateway.write_side(side).await?;
        }
        let now = self.gateway.now();
        tokens
            .into_iter()
            .for_each(|token| self.session.acknowledge(token, now));
        for (order, outcome) in outcomes {
            self.end_order(order, outcome).await?;
        }
        self.write(&transmit).await?;
        match close {
            Some(reason) => Err(End::Closed(word(reason))),
            None => Ok(()),
        }
    }

    async fn hand_over(&mut self, heard: Vec<Heard>, side: Vec<SideRow>) -> Result<(), End> {
        let metrics = &self.gateway.engine.metrics().gateway;
        metrics
            .reports
            .get_or_create(&self.label())
            .inc_by(heard.len() as u64);
        let batch = ReportBatch {
            protocol: self.protocol,
            connection: self.admitted.place.number,
            profile: self.profile.name(),
            peer: self.peer,
            reports: heard,
            side,
        };
        Ok(self.gateway.engine.report(batch).await?)
    }

    /// The seal behind the connection, once it has said its name and somebody has registered it.
    fn identify(&mut self) -> Option<Known> {
        let device = self.session.device()?;
        let known = self.gateway.engine.roster().find(self.protocol, device)?;
        if self.admitted.seal().is_none() {
            let speaking = self.admitted.identify(known.seal, self.gateway.now());
            self.gateway.engine.fleet().connected(known.seal, clamp(speaking));
            // Before anything is answered: how it wants to be answered may depend on what it is.
            self.profile = Profile::from_name(&known.profile).unwrap_or_default();
            self.session.assume(self.profile);
        }
        Some(known)
    }

    /// Law 5: both speak, or what speaks does not look like the seal. Each report is compared with its own seal: some devices
    /// speak for others.
    async fn doubt(&mut self, known: Option<&Known>, heard: &[Heard]) -> Result<(), End> {
        let connection = self.admitted.place.number;
        let engine = &self.gateway.engine;
        let rules = &engine.rules().in_force(self.gateway.now()).identity;
        let mut found: Vec<(SealId, String)> = Vec::new();
        for report in heard.iter().map(|heard| &heard.report) {
            let speaks_for_itself = self.session.device() == Some(&report.device);
            let own = match known.filter(|_| speaks_for_itself) {
                Some(known) => Some((known.seal, known.doubted)),
                None => engine
                    .roster()
                    .find(self.protocol, &report.device)
                    .map(|other| (other.seal, other.doubted)),
            };
            let Some((seal, doubted)) = own else { continue };
            let last = || engine.fleet().get(seal).and_then(|now| now.fix);
            let why = self.gateway.looks.compare(seal, connection, report, rules, last);
            found.extend(why.filter(|_| !doubted).map(|why| (seal, why)));
        }
        if let Some(known) = known.filter(|known| !known.doubted && self.speaks_though_superseded()) {
            let why = "an older connection still speaks beside a newer one".to_owned();
            found.push((known.seal, why));
        }
        for (seal, why) in found {
            self.tell_doubt(seal, why).await?;
        }
        Ok(())
    }

    async fn tell_doubt(&mut self, seal: SealId, why: String) -> Result<(), End> {
        if self.doubted_here.contains(&seal) {
            return Ok(());
        }
        self.doubted_here.push(seal);
        let connection = self.admitted.place.number;
        tracing::warn!(seal = seal.0, connection, why, "identity in doubt");
        let input = Input::IdentityDoubt { seal, why };
        self.gateway.engine.tell(input, Side::default()).await?;
        Ok(())
    }

    fn speaks_though_superseded(&self) -> bool {
        let grace_ms = i64::from(self.gateway.limits.supersede_grace_s) * 1000;
        let since = self.admitted.place.superseded();
        since.is_some_and(|since| grace_ms <= self.gateway.now().since_ms(since))
            && 0 < self.admitted.others()
    }

    /// What the seal told goes into the vault with its report, or not at all.
    fn secrets(&self, learned: Vec<Learned>) -> Vec<SideRow> {
        let now = self.gateway.now();
        let row = |learned| {
            let (device, kind, password) = match learned {
                Learned::DynamicPassword { device, password } => {
                    (device, SecretKind::DynamicPassword, password)
                }
                Learned::StaticPassword { device, password } => {
                    (device, SecretKind::StaticPassword, password)
                }
            };
            let known = self.gateway.engine.roster().find(self.protocol, &device)?;
            Some(vault::secret(known.seal, kind, password, now))
        };
        learned.into_iter().filter_map(row).collect()
    }

    /// Hands the seal every order that waits for it. A sleeping seal hears nothing: this comes right after its frames.
    async fn deliver_orders(&mut self) -> Result<(), End> {
        let Some(seal) = self
            .admitted
            .seal()
            .filter(|_| self.admitted.place.superseded().is_none())
        else {
            return Ok(());
        };
        while let Some(ordered) = self.next_order(seal) {
            let id = ordered.id;
            if let Err(end) = self.deliver(ordered).await {
                // What went out and was not answered ends with the connection; it is not sent a second time.
                if !self.under_way.iter().any(|one| one.ordered.id == id) {
                    self.gateway.engine.orders().put_back(seal, id);
                }
                return Err(end);
            }
        }
        Ok(())
    }

    fn next_order(&self, seal: SealId) -> Option<Ordered> {
        let engine = &self.gateway.engine;
        let known = engine.roster().find(self.protocol, self.session.device()?)?;
        engine
            .orders()
            .take(seal, |order| !(known.doubted && vault::holds_secret(order)))
    }

    async fn deliver(&mut self, ordered: Ordered) -> Result<(), End> {
        if !self.opening_may_go(&ordered).await? {
            return Ok(());
        }
        let now = self.gateway.now();
        let resolved = match self.gateway.resolve(&ordered, now).await? {
            Ok(resolved) => resolved,
            Err(why) => return self.not_spoken(ordered.id, why).await,
        };
        if let Err(refused) = self.session.send(ordered.id, &resolved.command, now) {
            return self.not_spoken(ordered.id, refused.why).await;
        }
        let side = Side {
            rows: resolved.before,
            ..Side::default()
        };
        self.gateway
            .engine
            .tell(Input::OrderSent { order: ordered.id }, side)
            .await?;
        self.gateway.engine.metrics().gateway.orders_sent.inc();
        self.under_way.push(UnderWay {
            ordered,
            command: resolved.command,
        });
        let drained = self.drain();
        Box::pin(self.settle(drained)).await
    }

    /// A queued opening asks again at the moment of sending, against the report that woke the seal.
    async fn opening_may_go(&self, ordered: &Ordered) -> Result<bool, End> {
        if !ordered.order.opens() {
            return Ok(true);
        }
        let Some(grant) = ordered.grant else {
            let why = "it names no grant".to_owned();
            self.tell_end(ordered.id, Outcome::Withheld { why }, Vec::new())
                .await?;
            return Ok(false);
        };
        let check = Input::CheckOpening {
            order: ordered.id,
            grant,
        };
        let durable = self.gateway.engine.tell(check, Side::default()).await?;
        let ended = |event: &Event| matches!(event, Event::OrderEnded { order, .. } if *order == ordered.id);
        Ok(!durable.events.iter().any(ended))
    }

    async fn not_spoken(&self, order: OrderId, why: &str) -> Result<(), End> {
        self.tell_end(order, Outcome::NotSpoken { why: why.into() }, Vec::new())
            .await
    }

    async fn end_order(&mut self, order: OrderId, outcome: Outcome) -> Result<(), End> {
        let place = self.under_way.iter().position(|one| one.ordered.id == order);
        let rows = place
            .map(|place| self.under_way.swap_remove(place))
            .map(|one| vault::after(&one.ordered, &one.command, &outcome, self.gateway.now()));
        self.tell_end(order, outcome, rows.unwrap_or_default()).await
    }

    async fn tell_end(&self, order: OrderId, outcome: Outcome, rows: Vec<SideRow>) -> Result<(), End> {
        let side = Side {
            rows,
            ..Side::default()
        };
        self.gateway
            .engine
            .tell(Input::OrderEnded { order, outcome }, side)
            .await?;
        Ok(())
    }

    /// Writes all of it. A reader too slow for its own answers loses the connection.
    async fn write(&mut self, mut bytes: &[u8]) -> Result<(), End> {
        let limit = Duration::from_secs(self.gateway.limits.write_s.into());
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => {
                    timeout(limit, self.stream.writable())
                        .await
                        .map_err(|_| End::Closed("slow_reader"))??;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    async fn rung(&mut self) -> Result<(), End> {
        if self.admitted.place.is_dismissed() {
            return Err(End::Closed("superseded"));
        }
        self.deliver_orders().await
    }

    async fn limit(&mut self) -> Result<(), End> {
        let now = self.gateway.now();
        if self.silent_until() <= now {
            return Err(End::Closed(if self.last_heard.is_some() {
                "idle"
            } else {
                "no_greeting"
            }));
        }
        self.session.tick(now);
        self.converse().await
    }

    fn until_limit(&self) -> Duration {
        let silent = self.silent_until();
        let due = self.session.next_deadline().map_or(silent, |due| due.min(silent));
        self.gateway.engine.clock().until(self.gateway.now(), due)
    }

    /// Until when it may go on saying nothing.
    fn silent_until(&self) -> ServerTime {
        let limits = &self.gateway.limits;
        match self.last_heard {
            Some(heard) => heard.plus_s(limits.idle_s.into()),
            None => self.accepted.plus_s(limits.greeting_s.into()),
        }
    }

    /// Whatever went out and was not answered has no answer now.
    async fn leave(mut self, end: End) {
        if let End::Closed(reason) = end {
            self.gateway
                .engine
                .metrics()
                .gateway
                .closed
                .get_or_create(&ByReason { reason })
                .inc();
            tracing::debug!(
                connection = self.admitted.place.number,
                reason,
                "connection closed"
            );
        }
        for one in std::mem::take(&mut self.under_way) {
            // While Segel stops, the order ends at the next start instead.
            let _stopping = self.tell_end(one.ordered.id, Outcome::NoAnswer, Vec::new()).await;
        }
        self.gateway
            .engine
            .metrics()
            .gateway
            .connections
            .get_or_create(&self.label())
            .dec();
        if let Some(seal) = self.admitted.seal() {
            self.gateway
                .engine
                .fleet()
                .connected(seal, clamp(self.admitted.others()));
        }
    }

    fn label(&self) -> ByProtocol {
        ByProtocol {
            protocol: self.protocol.name(),
        }
    }
}

impl Drained {
    fn report(&mut self, reported: Reported) {
        let Reported {
            report,
            raw,
            part,
            token,
        } = reported;
        self.heard.push(Heard { report, raw, part });
        self.tokens.push(token);
    }

    fn is_empty(&self) -> bool {
        self.heard.is_empty()
            && self.transmit.is_empty()
            && self.outcomes.is_empty()
            && self.learned.is_empty()
            && self.close.is_none()
    }
}

const fn word(reason: Reason) -> &'static str {
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

    /// The promise is 2 KiB for an idle connected seal; tokio's own part of a socket and a timer comes on top of this.
    #[test]
    fn a_quiet_connection_holds_little_more_than_a_kilobyte() {
        fn size<F: Future>(_: fn(Conversation) -> F) -> usize {
            std::mem::size_of::<F>()
        }
        let quiet = size(Conversation::run);
        assert!(quiet < 1280, "{quiet} bytes");
    }
}
