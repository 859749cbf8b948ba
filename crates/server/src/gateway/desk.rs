//! A desk holds many conversations, without a socket, a thread or a wait: bytes come in, `step` looks at what has happened
//! since, bytes go out. A thread with sockets drives it (`sockets`), or a simulation.
//!
//! Plain reports of all its lines are gathered into *flights* to the engine. While one flight is made durable the next
//! gathers, so the slower the disk, the more reports share one sync. When a flight has landed, each of its lines says the
//! acknowledgements it owes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use prometheus_client::metrics::gauge::Gauge;
use slab::Slab;

use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_wire::{AckToken, Transport};

use super::connections::{Admitted, TurnedAway};
use super::conversation::{Conversation, Doubt, Drained, End};
use super::errand::{self, Errand};
use super::inbox::{InHand, Inbox, LineKey, LineWaker, Note};
use super::{Gateway, Tray};
use crate::ask::Unavailable;
use crate::lanes::NotDelivered;
use crate::metrics::ByReason;
use crate::reported::ReportBatch;

/// Reports of one flight; a line that finds it full is not read until the next. One reading may go beyond it.
const FLIGHT_REPORTS: usize = 2048;
/// Flights under way: one that the engine works on, one that waits for it.
const FLIGHTS_MAX: usize = 2;
/// When the engine's lane is full, it is tried again so much later.
const LANE_PAUSE_MS: i64 = 1;
/// Reminders of lines that are over lie about until they are due; beyond so many, and twice the lines, they are swept out.
const REMINDERS_ASIDE: usize = 1024;
/// How often a full disk is looked at again.
const DISK_LOW_PAUSE_MS: i64 = 500;

/// The conversations of one thread.
pub struct Desk {
    gateway: Arc<Gateway>,
    inbox: Arc<Inbox>,
    tray: Arc<Tray>,
    lines: Slab<Line>,
    gathering: Flight,
    flying: VecDeque<(u64, Owing)>,
    last_flight: u64,
    /// When lines are due; a line stands here once, and later than it says only if it moved on meanwhile.
    due: BinaryHeap<Reverse<(ServerTime, LineKey)>>,
    /// Nothing is handed over before this: the lane was full.
    not_before: Option<ServerTime>,
    /// Lines to look at: they have bytes to send, are over, or may be read again.
    touched: Vec<LineKey>,
    drained: Drained,
    /// Lines that are on an errand.
    errands: usize,
    fill: Fill,
}

/// How full the desk is, for `/metrics`; set once a step.
struct Fill {
    lines: Gauge,
    reports: Gauge,
    flights: Gauge,
    errands: Gauge,
    notes: Gauge,
    reminders: Gauge,
}

/// Who speaks on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Nobody has said a name.
    Nobody,
    /// A device nobody has registered, as far as can be seen.
    Stranger,
    /// A registered seal.
    Seal,
}

/// One line to a seal.
struct Line {
    key: LineKey,
    talk: Talk,
    /// What is not sent yet.
    outgoing: Vec<u8>,
    /// Since when the other side takes nothing.
    stuck_since: Option<ServerTime>,
    /// When `due` has it.
    due: Option<ServerTime>,
    /// An order came while it was busy.
    rung: bool,
    /// The other side has gone.
    gone: bool,
    /// Somebody still holds its socket.
    held: bool,
    touched: bool,
}

enum Talk {
    /// It listens.
    Idle(Box<Conversation>),
    /// Its reports are in a flight.
    Reporting(Box<Conversation>),
    /// It needs the engine's word.
    Errand(Errand),
    /// It has ended, and what it leaves behind is told.
    Leaving(Errand),
    /// It has ended.
    Over,
}

/// Reports that gather, and what is owed for them.
#[derive(Default)]
struct Flight {
    batch: ReportBatch,
    owing: Owing,
}

/// What is owed once a flight is durable.
#[derive(Default)]
struct Owing {
    tokens: Vec<AckToken>,
    lines: Vec<Debt>,
}

struct Debt {
    line: LineKey,
    /// How many of the tokens.
    tokens: usize,
    /// Bytes that wait with them.
    transmit: Vec<u8>,
}

impl Fill {
    fn of(gateway: &Gateway) -> Self {
        let queues = &gateway.engine.metrics().queues;
        let desk = gateway.next_desk();
        let limits = &gateway.limits;
        let doors = Protocol::ALL
            .into_iter()
            .filter(|protocol| Transport::Datagrams.carries(*protocol))
            .count();
        let peers = (limits.peers as usize).saturating_mul(doors);
        let lines = (limits.connections as usize).saturating_add(peers);
        // Each line is the cause of few notes, and of one errand.
        let notes = lines.saturating_add(FLIGHTS_MAX);
        let reminders = lines.saturating_mul(2).saturating_add(REMINDERS_ASIDE);
        let gauge = |queue, limit| queues.gauge(queue, Some(desk), limit);
        Self {
            lines: gauge("desk_lines", lines),
            reports: gauge("desk_reports", FLIGHT_REPORTS),
            flights: gauge("desk_flights", FLIGHTS_MAX),
            errands: gauge("desk_errands", lines),
            notes: gauge("desk_notes", notes),
            reminders: gauge("desk_reminders", reminders),
        }
    }
}

impl Desk {
    /// A desk without a line.
    pub fn new(gateway: Arc<Gateway>) -> Self {
        Self {
            fill: Fill::of(&gateway),
            errands: 0,
            gateway,
            inbox: Arc::default(),
            tray: Arc::default(),
            lines: Slab::new(),
            gathering: Flight::default(),
            flying: VecDeque::new(),
            last_flight: 0,
            due: BinaryHeap::new(),
            not_before: None,
            touched: Vec::new(),
            drained: Drained::default(),
        }
    }

    /// Where others leave word.
    pub fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// A connection was accepted.
    pub fn open(&mut self, peer: SocketAddr, protocol: Protocol) -> Result<LineKey, TurnedAway> {
        let slot = self.lines.vacant_key() as u32;
        let connections = &self.gateway.connections;
        let admitted = connections
            .admit(peer.ip(), &self.inbox, slot)
            .inspect_err(|why| {
                let turned_away = &self.gateway.engine.metrics().gateway.turned_away;
                turned_away.get_or_create(&ByReason { reason: why.name() }).inc();
            })?;
        Ok(self.begin(admitted, (peer, Transport::Stream), protocol))
    }

    /// An address sends its first datagram. Its line is like any other, but for what is said on it: each message stands behind
    /// its length (`datagrams::unpack`).
    pub fn open_peer(&mut self, peer: SocketAddr, protocol: Protocol) -> LineKey {
        let slot = self.lines.vacant_key() as u32;
        let admitted = self.gateway.connections.admit_peer(&self.inbox, slot);
        self.begin(admitted, (peer, Transport::Datagrams), protocol)
    }

    fn begin(&mut self, admitted: Admitted, peer: (SocketAddr, Transport), protocol: Protocol) -> LineKey {
        let counts = self.gateway.counts(protocol);
        counts.accepted.inc();
        counts.connections.inc();
        let key = admitted.place.key();
        let (gateway, tray) = (Arc::clone(&self.gateway), Arc::clone(&self.tray));
        let conversation = Conversation::new(gateway, tray, peer, protocol, admitted);
        self.lines.insert(Line {
            key,
            talk: Talk::Over,
            outgoing: Vec::new(),
            stuck_since: None,
            due: None,
            rung: false,
            gone: false,
            held: true,
            touched: false,
        });
        self.rest(key, Box::new(conversation));
        key
    }

    /// Whether Segel takes nothing at all: the disk is nearly full, or it stops.
    pub fn is_shut(&self) -> bool {
        self.gateway.engine.ready().is_err()
    }

    /// Server time.
    pub fn now(&self) -> ServerTime {
        self.gateway.now()
    }

    /// Whether bytes are taken at all: not while the disk is nearly full, nor while the engine is behind.
    pub fn takes_bytes(&self) -> bool {
        !self.is_shut() && self.gathering.batch.reports.len() < FLIGHT_REPORTS
    }

    /// Whether this line takes bytes. A line that does not says so by being touched when it does again.
    pub fn listens(&self, key: LineKey) -> bool {
        let listens = |line: &Line| matches!(line.talk, Talk::Idle(_)) && line.outgoing.is_empty();
        self.line(key).is_some_and(listens)
    }

    /// Bytes have come on a line that listens.
    pub fn receive(&mut self, key: LineKey, bytes: &[u8], now: ServerTime) {
        let Some(mut conversation) = self.idle(key) else {
            return;
        };
        conversation.hear(now, bytes);
        self.go_on(key, conversation, true, now);
    }

    /// The other side has gone, or its network has.
    pub fn hang_up(&mut self, key: LineKey, now: ServerTime) {
        if let Some(line) = self.line_mut(key) {
            line.gone = true;
            line.outgoing = Vec::new();
        }
        if let Some(conversation) = self.idle(key) {
            self.end(key, conversation, End::Gone, now);
        }
    }

    /// Looks at what has happened: durable flights, orders, limits. Then hands over what has gathered.
    pub fn step(&mut self, now: ServerTime) {
        let notes = self.inbox.take();
        self.fill.notes.set(notes.len() as i64);
        for note in notes {
            match note {
                Note::Durable(flight) => self.landed(flight, now),
                Note::Lost(flight) => self.lost(flight, now),
                Note::Rung(key) => self.rung(key, now),
                Note::Woken(key) => self.go_on_errand(key, now),
            }
        }
        while let Some(Reverse((due, key))) = self.due.peek().copied().filter(|Reverse((due, _))| *due <= now)
        {
            self.due.pop();
            self.is_due(key, due, now);
        }
        self.take_off(now);
        self.show_fill();
    }

    /// When `step` has something to do though nobody leaves word.
    pub fn next_due(&self, now: ServerTime) -> Option<ServerTime> {
        let line = self.due.peek().map(|Reverse((due, _))| *due);
        let low = self.gateway.engine.ready() == Err(Unavailable::DiskLow);
        let disk = low.then(|| now.plus_ms(DISK_LOW_PAUSE_MS));
        [line, disk, self.not_before].into_iter().flatten().min()
    }

    /// Lines to look at since this was last asked, each once.
    pub fn take_touched(&mut self) -> Vec<LineKey> {
        let touched = std::mem::take(&mut self.touched);
        for key in &touched {
            if let Some(line) = self.line_mut(*key) {
                line.touched = false;
            }
        }
        touched
    }

    /// What waits to be sent on a line.
    pub fn outgoing(&self, key: LineKey) -> &[u8] {
        self.line(key).map_or(&[], |line| &line.outgoing)
    }

    /// So much of it is sent. A reader too slow for its own answers loses the connection.
    pub fn sent(&mut self, key: LineKey, bytes: usize, now: ServerTime) {
        let limit_s = self.gateway.limits.write_s.into();
        let Some(line) = self.line_mut(key) else { return };
        if bytes == line.outgoing.len() {
            (line.outgoing, line.stuck_since) = (Vec::new(), None);
            return;
        }
        line.outgoing.drain(..bytes);
        if bytes != 0 || line.stuck_since.is_none() {
            line.stuck_since = Some(now);
            self.remind(key, now.plus_s(limit_s));
        }
    }

    /// Whether a line has ended; what waits to be sent on it still may be.
    pub fn is_over(&self, key: LineKey) -> bool {
        self.line(key)
            .is_none_or(|line| matches!(line.talk, Talk::Leaving(_) | Talk::Over))
    }

    /// Who speaks on a line, as far as can be seen now.
    pub fn speaker(&self, key: LineKey) -> Speaker {
        let talk = self.line(key).map(|line| &line.talk);
        match talk {
            Some(Talk::Idle(conversation) | Talk::Reporting(conversation)) => {
                match (conversation.seal(), conversation.has_greeted()) {
                    (Some(_), _) => Speaker::Seal,
                    (None, true) => Speaker::Stranger,
                    (None, false) => Speaker::Nobody,
                }
            }
            Some(Talk::Errand(_) | Talk::Leaving(_) | Talk::Over) | None => Speaker::Stranger,
        }
    }

    /// Nobody holds its socket any more.
    pub fn forget(&mut self, key: LineKey) {
        if let Some(line) = self.line_mut(key) {
            line.held = false;
        }
        self.clear(key);
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.lines.len()
    }
}

/// How a conversation goes on.
impl Desk {
    /// Drains the session until nothing more comes of it, or something has to be waited for. `spoke`: bytes or time were the
    /// cause, not an acknowledgement of ours.
    fn go_on(&mut self, key: LineKey, mut conversation: Box<Conversation>, mut spoke: bool, now: ServerTime) {
        let mut drained = std::mem::take(&mut self.drained);
        loop {
            conversation.drain(&mut drained);
            if drained.is_empty() {
                self.drained = drained;
                return self.settle_down(key, conversation, now);
            }
            let doubts = if spoke || !drained.heard.is_empty() {
                conversation.doubts(&drained.heard, now)
            } else {
                Vec::new()
            };
            if !drained.is_plain() || !doubts.is_empty() {
                self.gateway
                    .engine
                    .metrics()
                    .gateway
                    .doubts
                    .inc_by(doubts.len() as u64);
                return self.send_on_errand(key, conversation, drained, doubts, now);
            }
            if !drained.heard.is_empty() {
                self.board(key, conversation, &mut drained);
                self.drained = drained;
                return;
            }
            let transmit = std::mem::take(&mut drained.transmit);
            self.say(key, transmit);
            spoke = false;
        }
    }

    /// Nothing more comes of it: an order may go now, or it listens again.
    fn settle_down(&mut self, key: LineKey, conversation: Box<Conversation>, now: ServerTime) {
        let Some(line) = self.line_mut(key) else { return };
        let rung = std::mem::take(&mut line.rung);
        if line.gone {
            self.end(key, conversation, End::Gone, now);
        } else if rung && conversation.is_dismissed() {
            self.end(key, conversation, End::Closed("superseded"), now);
        } else if conversation.has_orders() {
            self.send_on_errand(key, conversation, Drained::default(), Vec::new(), now);
        } else {
            self.rest(key, conversation);
        }
    }

    /// It listens until something is due.
    fn rest(&mut self, key: LineKey, conversation: Box<Conversation>) {
        let due = conversation.next_due();
        if let Some(line) = self.line_mut(key) {
            line.talk = Talk::Idle(conversation);
        }
        self.remind(key, due);
        self.touch(key);
    }

    /// Its reports join the flight that gathers.
    fn board(&mut self, key: LineKey, conversation: Box<Conversation>, drained: &mut Drained) {
        conversation.counts.reports.inc_by(drained.heard.len() as u64);
        let Flight { batch, owing } = &mut self.gathering;
        batch.reports.append(&mut drained.heard);
        owing.lines.push(Debt {
            line: key,
            tokens: drained.tokens.len(),
            transmit: std::mem::take(&mut drained.transmit),
        });
        owing.tokens.append(&mut drained.tokens);
        if let Some(line) = self.line_mut(key) {
            line.talk = Talk::Reporting(conversation);
        }
    }

    /// Hands what has gathered to the engine, if it may take another flight.
    fn take_off(&mut self, now: ServerTime) {
        let waits = self.not_before.is_some_and(|not_before| now < not_before);
        if waits || self.gathering.batch.reports.is_empty() || FLIGHTS_MAX <= self.flying.len() {
            return;
        }
        self.not_before = None;
        let Flight { batch, owing } = std::mem::take(&mut self.gathering);
        self.last_flight += 1;
        let in_hand = InHand {
            inbox: Arc::clone(&self.inbox),
            flight: self.last_flight,
            durable: false,
        };
        let durable = Box::new(move || in_hand.land());
        match self.gateway.engine.try_report(batch, durable) {
            // Nothing is acknowledged while Segel stops: the desk hears that the flight is lost.
            Ok(()) | Err(NotDelivered::Stopping) => self.flying.push_back((self.last_flight, owing)),
            Err(NotDelivered::Full(back)) => {
                self.gathering = Flight {
                    batch: back.batch,
                    owing,
                };
                self.not_before = Some(now.plus_ms(LANE_PAUSE_MS));
            }
        }
    }

    /// All reports of a flight are durable: each of its lines says what it owes.
    fn landed(&mut self, flight: u64, now: ServerTime) {
        let Some(Owing { tokens, lines }) = self.arrived(flight) else {
            return;
        };
        let mut tokens = tokens.into_iter();
        for debt in lines {
            let owed = tokens.by_ref().take(debt.tokens);
            let Some(mut conversation) = self.reporting(debt.line) else {
                owed.for_each(drop);
                continue;
            };
            owed.for_each(|token| conversation.session.acknowledge(token, now));
            self.say(debt.line, debt.transmit);
            self.go_on(debt.line, conversation, false, now);
        }
    }

    /// The engine has ended before it could make a flight durable: nothing is acknowledged, and the seals say it again.
    fn lost(&mut self, flight: u64, now: ServerTime) {
        for debt in self.arrived(flight).unwrap_or_default().lines {
            if let Some(conversation) = self.reporting(debt.line) {
                self.end(debt.line, conversation, End::Stopping, now);
            }
        }
    }

    fn arrived(&mut self, flight: u64) -> Option<Owing> {
        let place = self.flying.iter().position(|(number, _)| *number == flight)?;
        self.flying.remove(place).map(|(_, owing)| owing)
    }

    fn show_fill(&self) {
        self.fill.lines.set(self.lines.len() as i64);
        self.fill.reports.set(self.gathering.batch.reports.len() as i64);
        self.fill.flights.set(self.flying.len() as i64);
        self.fill.errands.set(self.errands as i64);
        self.fill.reminders.set(self.due.len() as i64);
    }

    fn send_on_errand(
        &mut self,
        key: LineKey,
        conversation: Box<Conversation>,
        drained: Drained,
        doubts: Vec<Doubt>,
        now: ServerTime,
    ) {
        if let Some(line) = self.line_mut(key) {
            line.talk = Talk::Errand(errand::converse(conversation, drained, doubts));
            self.errands += 1;
        }
        self.go_on_errand(key, now);
    }

    /// What an errand waited for may have come.
    fn go_on_errand(&mut self, key: LineKey, now: ServerTime) {
        let inbox = Arc::clone(&self.inbox);
        let waker = Waker::from(Arc::new(LineWaker { inbox, key }));
        let Some(line) = self.line_mut(key) else { return };
        let (Talk::Errand(errand) | Talk::Leaving(errand)) = &mut line.talk else {
            return;
        };
        let Poll::Ready((conversation, end)) = errand.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return self.clear_tray();
        };
        let left = matches!(line.talk, Talk::Leaving(_));
        line.talk = Talk::Over;
        self.errands -= 1;
        self.clear_tray();
        match end {
            _ if left => self.clear(key),
            Ok(()) if self.line(key).is_some_and(|line| line.rung) => {
                self.settle_down(key, conversation, now)
            }
            Ok(()) if self.line(key).is_some_and(|line| line.gone) => {
                self.end(key, conversation, End::Gone, now)
            }
            Ok(()) => self.rest(key, conversation),
            Err(end) => self.end(key, conversation, end, now),
        }
    }

    fn clear_tray(&mut self) {
        for (key, bytes) in self.tray.take() {
            self.say(key, bytes);
        }
    }

    /// Bytes to be sent; nobody is there to hear them on a line whose other side has gone.
    fn say(&mut self, key: LineKey, mut bytes: Vec<u8>) {
        let Some(line) = self.line_mut(key).filter(|line| !line.gone && line.held) else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        if line.outgoing.is_empty() {
            line.outgoing = bytes;
        } else {
            line.outgoing.append(&mut bytes);
        }
        self.touch(key);
    }

    /// An order waits, or the line must close. One that is busy looks when it is done.
    fn rung(&mut self, key: LineKey, now: ServerTime) {
        if let Some(line) = self.line_mut(key) {
            line.rung = true;
        }
        if let Some(conversation) = self.idle(key) {
            self.settle_down(key, conversation, now);
        }
    }

    fn is_due(&mut self, key: LineKey, due: ServerTime, now: ServerTime) {
        let limit_s = self.gateway.limits.write_s.into();
        let Some(line) = self.line_mut(key).filter(|line| line.due == Some(due)) else {
            return;
        };
        line.due = None;
        if let Some(since) = line.stuck_since {
            if now < since.plus_s(limit_s) {
                return self.remind(key, since.plus_s(limit_s));
            }
            return self.give_up(key, now);
        }
        let Some(mut conversation) = self.idle(key) else {
            return;
        };
        let next = conversation.next_due();
        if now < next {
            return self.rest(key, conversation);
        }
        if let Some(end) = conversation.overdue(now) {
            return self.end(key, conversation, end, now);
        }
        conversation.session.tick(now);
        self.go_on(key, conversation, true, now);
    }

    /// It takes none of its answers.
    fn give_up(&mut self, key: LineKey, now: ServerTime) {
        if let Some(line) = self.line_mut(key) {
            (line.gone, line.stuck_since) = (true, None);
            line.outgoing = Vec::new();
        }
        self.touch(key);
        if let Some(conversation) = self.idle(key) {
            self.end(key, conversation, End::Closed("slow_reader"), now);
        }
    }

    fn end(&mut self, key: LineKey, conversation: Box<Conversation>, end: End, now: ServerTime) {
        conversation.note_end(end);
        self.touch(key);
        if conversation.under_way.is_empty() {
            drop(conversation);
            return self.clear(key);
        }
        if let Some(line) = self.line_mut(key) {
            line.talk = Talk::Leaving(errand::leave(conversation));
            self.errands += 1;
        }
        self.go_on_errand(key, now);
    }

    /// Frees the slot of a line that is over and that nobody holds.
    fn clear(&mut self, key: LineKey) {
        let over = |line: &Line| !line.held && matches!(line.talk, Talk::Over);
        if self.line(key).is_some_and(over) {
            self.lines.remove(key.slot as usize);
        }
    }

    /// Looks at the line then, unless it is looked at before anyway.
    fn remind(&mut self, key: LineKey, due: ServerTime) {
        let Some(line) = self.line_mut(key) else { return };
        if line.due.is_none_or(|known| due < known) {
            line.due = Some(due);
            self.due.push(Reverse((due, key)));
            self.sweep_reminders();
        }
    }

    /// A stranger costs a reminder for as long as it might have stayed, however soon it leaves: a million of them must not
    /// lie about.
    fn sweep_reminders(&mut self) {
        if self.due.len() <= REMINDERS_ASIDE + 2 * self.lines.len() {
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        due.retain(|Reverse((due, key))| self.line(*key).is_some_and(|line| line.due == Some(*due)));
        due.shrink_to(2 * due.len());
        self.due = due;
    }

    fn touch(&mut self, key: LineKey) {
        let first = |line: &mut Line| !std::mem::replace(&mut line.touched, true);
        if self.line_mut(key).is_some_and(first) {
            self.touched.push(key);
        }
    }

    /// Takes the conversation of an idle line; it must be put back.
    fn idle(&mut self, key: LineKey) -> Option<Box<Conversation>> {
        let talk = &mut self.line_mut(key)?.talk;
        match std::mem::replace(talk, Talk::Over) {
            Talk::Idle(conversation) => Some(conversation),
            other => {
                *talk = other;
                None
            }
        }
    }

    /// Takes the conversation of a line whose reports have flown; it must be put back.
    fn reporting(&mut self, key: LineKey) -> Option<Box<Conversation>> {
        let talk = &mut self.line_mut(key)?.talk;
        match std::mem::replace(talk, Talk::Over) {
            Talk::Reporting(conversation) => Some(conversation),
            other => {
                *talk = other;
                None
            }
        }
    }

    fn line(&self, key: LineKey) -> Option<&Line> {
        self.lines.get(key.slot as usize).filter(|line| line.key == key)
    }

    fn line_mut(&mut self, key: LineKey) -> Option<&mut Line> {
        self.lines
            .get_mut(key.slot as usize)
            .filter(|line| line.key == key)
    }
}
