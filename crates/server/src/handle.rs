//! What the rest of the server holds of the engine: a place to ask, the stream of committed entries, the fleet.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{broadcast, oneshot};

use segel_model::event::Subject;
use segel_model::{Entry, EventTime, Input, Rulebook, SealId, TripId};
use segel_store::{Blobs, Reader, ScopeKey, Store};

use crate::ask::{Answer, Asked, Side, Unavailable};
use crate::clock::Clock;
use crate::fleet::Fleet;
use crate::gateway::Oddities;
use crate::lanes::{Delivered, Durable, NotDelivered, Question, Senders, Told, Waiting, WhenDurable};
use crate::metrics::{Backlog, Metrics};
use crate::orders::Orders;
use crate::profiles::Profiles;
use crate::reported::ReportBatch;
use crate::roster::Roster;
use crate::strangers::Strangers;

/// Entries kept for a slow subscriber; one that falls behind is told so, and reads the journal instead.
pub const ENTRIES_KEPT: usize = 4096;

/// A committed entry with what it is about and who may see it.
#[derive(Debug)]
pub struct Published {
    /// The line of the journal.
    pub entry: Entry,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// Who may see it: a reader who holds any one of these keys does, besides those who see the nation.
    pub keys: Vec<ScopeKey>,
}

/// The way to the engine. Cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    shared: Arc<Shared>,
    /// Moves the engine where no thread of its own does.
    turn: Option<Turn>,
}

/// Makes the engine take what waits. When it returns, what waited is answered, or the engine is gone.
pub type Turn = Arc<dyn Fn() + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) senders: Senders,
    pub(crate) entries: broadcast::Sender<Arc<Published>>,
    pub(crate) fleet: Fleet,
    pub(crate) strangers: Strangers,
    pub(crate) roster: Roster,
    pub(crate) orders: Orders,
    pub(crate) rules: Arc<Rulebook>,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) blobs: Blobs,
    /// Rung for the seal for which a new order waits.
    pub(crate) bells: RwLock<Vec<Bell>>,
    pub(crate) clock: Clock,
    pub(crate) condition: Condition,
    pub(crate) metrics: Metrics,
    pub(crate) oddities: Arc<Oddities>,
    /// By trip: a later question covers an earlier one.
    pub(crate) revisits: Mutex<BTreeMap<TripId, (EventTime, EventTime)>>,
}

/// Told which seal an order waits for.
pub(crate) type Bell = Box<dyn Fn(SealId) + Send + Sync>;

impl Shared {
    pub(crate) fn ring(&self, seal: SealId) {
        let bells = self.bells.read().unwrap_or_else(PoisonError::into_inner);
        bells.iter().for_each(|bell| bell(seal));
    }

    pub(crate) fn put_revisit(&self, trip: TripId, from: EventTime, until: EventTime) {
        let mut revisits = self.revisits.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = revisits.entry(trip).or_insert((from, until));
        *asked = (asked.0.min(from), asked.1.max(until));
    }
}

/// Whether the engine takes things in, readable from any thread.
#[derive(Default)]
pub(crate) struct Condition(AtomicU8);

const RUNNING: u8 = 0;
const DISK_LOW: u8 = 1;
const STOPPING: u8 = 2;

impl EngineHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, turn: None }
    }

    /// A handle whose waiting moves the engine itself: on the one thread of a simulation nobody else would.
    #[must_use]
    pub fn moved_by(&self, turn: Turn) -> Self {
        Self {
            turn: Some(turn),
            ..self.clone()
        }
    }

    /// Asks and waits until the answer is durable.
    pub async fn ask(&self, asked: Asked) -> Result<Answer, Unavailable> {
        self.put(asked)?.await.unwrap_or(Err(Unavailable::Stopping))
    }

    /// The same from a thread of its own, outside the runtime.
    pub fn ask_blocking(&self, asked: Asked) -> Result<Answer, Unavailable> {
        let is_answered = self.put(asked)?;
        self.take_turn();
        is_answered.blocking_recv().unwrap_or(Err(Unavailable::Stopping))
    }

    /// Hands reports over and waits until they are durable. While this waits, the socket is not read.
    pub async fn report(&self, batch: ReportBatch) -> Result<(), Unavailable> {
        let (told, is_durable) = oneshot::channel();
        let durable = Box::new(move || {
            // Whoever waited may have gone; that is theirs.
            let _gone = told.send(());
        });
        self.shared.senders.deliver(Delivered { batch, durable }).await?;
        is_durable.await.map_err(|_| Unavailable::Stopping)
    }

    /// The same from a thread of its own, outside the runtime.
    pub fn report_blocking(&self, batch: ReportBatch) -> Result<(), Unavailable> {
        let (told, is_durable) = oneshot::channel();
        let durable = Box::new(move || {
            // Whoever waited may have gone; that is theirs.
            let _gone = told.send(());
        });
        self.shared
            .senders
            .deliver_blocking(Delivered { batch, durable })?;
        self.take_turn();
        is_durable.blocking_recv().map_err(|_| Unavailable::Stopping)
    }

    /// Hands reports over where there is room right now; `durable` is called once they are durable.
    pub fn try_report(&self, batch: ReportBatch, durable: WhenDurable) -> Result<(), NotDelivered> {
        self.shared.senders.try_deliver(Delivered { batch, durable })
    }

    /// Tells the engine something and waits until it is durable.
    pub async fn tell(&self, input: Input, side: Side) -> Result<Durable, Unavailable> {
        let (durable, is_durable) = oneshot::channel();
        let told = Told {
            input: Box::new(input),
            side,
            durable: Some(durable),
        };
        self.shared.senders.tell(told).await?;
        is_durable.await.map_err(|_| Unavailable::Stopping)
    }

    /// The same from a thread of its own, outside the runtime.
    pub fn tell_blocking(&self, input: Input, side: Side) -> Result<Durable, Unavailable> {
        let (durable, is_durable) = oneshot::channel();
        let told = Told {
            input: Box::new(input),
            side,
            durable: Some(durable),
        };
        self.shared.senders.tell_blocking(told)?;
        self.take_turn();
        is_durable.blocking_recv().map_err(|_| Unavailable::Stopping)
    }

    /// Every entry from now on, each once it is durable, in the order of their numbers. A subscriber that falls
    /// `ENTRIES_KEPT` behind gets `Lagged` and reads the journal.
    pub fn subscribe_entries(&self) -> broadcast::Receiver<Arc<Published>> {
        self.shared.entries.subscribe()
    }

    /// How many entries some subscriber has not taken yet.
    pub(crate) fn entries_waiting(&self) -> usize {
        self.shared.entries.len()
    }

    /// Each seal's moving parts.
    pub fn fleet(&self) -> &Fleet {
        &self.shared.fleet
    }

    /// What devices nobody has registered last did.
    pub fn strangers(&self) -> &Strangers {
        &self.shared.strangers
    }

    /// Which device is which seal.
    pub fn roster(&self) -> &Roster {
        &self.shared.roster
    }

    /// Orders that wait for their seals.
    pub fn orders(&self) -> &Orders {
        &self.shared.orders
    }

    /// Calls `bell` with each seal for which an order may go from now on, as soon as that is durable. It is called by the
    /// engine, so it must not wait for anything.
    pub fn on_order(&self, bell: impl Fn(SealId) + Send + Sync + 'static) {
        let mut bells = self.shared.bells.write().unwrap_or_else(PoisonError::into_inner);
        bells.push(Box::new(bell));
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<Rulebook> {
        &self.shared.rules
    }

    /// What makes of seals there are.
    pub fn profiles(&self) -> &Profiles {
        &self.shared.profiles
    }

    /// Reads records, reports, the journal.
    pub fn reader(&self) -> &Reader {
        &self.shared.reader
    }

    /// Writes what belongs to no decision: sessions, uploads.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// What an operator watches.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Strange things that came in, until they are written down.
    pub fn oddities(&self) -> &Arc<Oddities> {
        &self.shared.oddities
    }

    /// The text of `/metrics`.
    pub fn print_metrics(&self) -> String {
        self.metrics()
            .print(self.waiting(), self.store().metrics().look(), self.backlog())
    }

    /// What has not moved to history yet.
    fn backlog(&self) -> Backlog {
        let read = self.reader().staged_backlog();
        let (rows, reports, oldest) = read.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "staged reports could not be counted");
            (0, 0, None)
        });
        let age_ms = oldest.map_or(0, |oldest| self.clock().now().since_ms(oldest));
        Backlog {
            rows,
            reports,
            age_s: age_ms.max(0).unsigned_abs() / 1000,
        }
    }

    /// Trips that must be looked at again, with the event times of their reports.
    pub fn take_revisits(&self) -> Vec<(TripId, EventTime, EventTime)> {
        let mut revisits = self
            .shared
            .revisits
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *revisits)
            .into_iter()
            .map(|(trip, (from, until))| (trip, from, until))
            .collect()
    }

    /// Photos and documents.
    pub fn blobs(&self) -> &Blobs {
        &self.shared.blobs
    }

    /// Opens or shuts the doors for lack of disk; says whether that changed anything.
    pub fn set_disk_low(&self, low: bool) -> bool {
        self.shared.condition.disk_low(low)
    }

    /// Asks the engine to stop in good order: it takes nothing new, finishes what waits, and says so in the journal.
    pub fn stop(&self) {
        self.shared.condition.stop();
        self.shared.senders.wake();
    }

    /// Server time.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// How full the lanes are.
    pub fn waiting(&self) -> Waiting {
        self.shared.senders.waiting()
    }

    /// Whether commands are taken: `Ok`, or why not.
    pub fn ready(&self) -> Result<(), Unavailable> {
        self.shared.condition.check()
    }

    fn take_turn(&self) {
        if let Some(turn) = &self.turn {
            turn();
        }
    }

    fn put(&self, asked: Asked) -> Result<oneshot::Receiver<Result<Answer, Unavailable>>, Unavailable> {
        self.ready()?;
        let (answer, is_answered) = oneshot::channel();
        self.shared.senders.ask(Question {
            asked: Box::new(asked),
            answer,
        })?;
        Ok(is_answered)
    }
}

impl Condition {
    pub(crate) fn check(&self) -> Result<(), Unavailable> {
        match self.0.load(Ordering::Acquire) {
            RUNNING => Ok(()),
            DISK_LOW => Err(Unavailable::DiskLow),
            _ => Err(Unavailable::Stopping),
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.load(Ordering::Acquire) == STOPPING
    }

    fn stop(&self) {
        self.0.store(STOPPING, Ordering::Release);
    }

    /// Has no effect once stopping. Whether it changed anything.
    fn disk_low(&self, low: bool) -> bool {
        let (from, to) = if low {
            (RUNNING, DISK_LOW)
        } else {
            (DISK_LOW, RUNNING)
        };
        self.0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}
