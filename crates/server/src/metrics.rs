//! What an operator watches, in one registry; `/metrics` prints it.

use std::sync::Mutex;
use std::sync::PoisonError;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use segel_store::Figures;

use crate::lanes::Waiting;

/// All metrics; cheap to touch.
pub struct Metrics {
    /// Of the gateway.
    pub gateway: GatewayMetrics,
    /// Of the engine.
    pub engine: EngineMetrics,
    /// Of the outlet to SKP.
    pub skp: SkpMetrics,
    store: StoreMetrics,
    registry: Mutex<Registry>,
}

/// Which protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByProtocol {
    /// Its name.
    pub protocol: &'static str,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByReason {
    /// A stable word.
    pub reason: &'static str,
}

/// Which lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByLane {
    lane: &'static str,
}

/// What the doors see.
#[derive(Default)]
pub struct GatewayMetrics {
    /// Open connections of seals.
    pub connections: Family<ByProtocol, Gauge>,
    /// Connections accepted.
    pub accepted: Family<ByProtocol, Counter>,
    /// Connections turned away.
    pub turned_away: Family<ByReason, Counter>,
    /// Connections closed by us.
    pub closed: Family<ByReason, Counter>,
    /// Bytes read.
    pub bytes: Family<ByProtocol, Counter>,
    /// Reports handed to the engine.
    pub reports: Family<ByProtocol, Counter>,
    /// Strange things in the bytes.
    pub oddities: Family<ByProtocol, Counter>,
    /// Orders sent to seals.
    pub orders_sent: Counter,
}

/// What the engine does.
pub struct EngineMetrics {
    /// Inputs that shared a commit.
    pub round_inputs: Histogram,
    /// From the oldest receipt in a round to its commit being durable.
    pub receipt_to_durable_s: Histogram,
    /// How late a report is against the seal's own time.
    pub lateness_s: Histogram,
    /// Reports whose fix was judged against the corridor of a trip.
    pub corridor_judged: Counter,
    /// Commands refused.
    pub refused: Counter,
    waiting: Family<ByLane, Gauge>,
}

/// What the outlet to SKP does.
#[derive(Default)]
pub struct SkpMetrics {
    /// Attempts by how they ended.
    pub attempts: Family<ByReason, Counter>,
    /// Messages that wait.
    pub waiting: Gauge,
}

#[derive(Default)]
struct StoreMetrics {
    commits: Gauge,
    commit_us: Gauge,
    longest_commit_us: Gauge,
    wal_bytes: Gauge,
    wal_too_long: Gauge,
    disk_free_bytes: Gauge,
    compacted_reports: Gauge,
}

impl Default for EngineMetrics {
    fn default() -> Self {
        Self {
            round_inputs: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            receipt_to_durable_s: Histogram::new(exponential_buckets(0.000_25, 2.0, 14)),
            lateness_s: Histogram::new(exponential_buckets(1.0, 4.0, 10)),
            corridor_judged: Counter::default(),
            refused: Counter::default(),
            waiting: Family::default(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            gateway: GatewayMetrics::default(),
            engine: EngineMetrics::default(),
            skp: SkpMetrics::default(),
            store: StoreMetrics::default(),
            registry: Mutex::default(),
        };
        let mut registry = Registry::with_prefix("segel");
        metrics
            .gateway
            .register(registry.sub_registry_with_prefix("gateway"));
        metrics
            .engine
            .register(registry.sub_registry_with_prefix("engine"));
        metrics.skp.register(registry.sub_registry_with_prefix("skp"));
        metrics.store.register(registry.sub_registry_with_prefix("store"));
        metrics.registry = Mutex::new(registry);
        metrics
    }
}

impl Metrics {
    /// All metrics in the OpenMetrics text form.
    pub fn print(&self, waiting: Waiting, store: Figures) -> String {
        self.engine.look(waiting);
        self.store.look(store);
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("a string takes every text");
        text
    }
}

impl GatewayMetrics {
    fn register(&self, to: &mut Registry) {
        to.register(
            "connections",
            "Open connections of seals",
            self.connections.clone(),
        );
        to.register(
            "connections_accepted",
            "Connections accepted",
            self.accepted.clone(),
        );
        to.register(
            "connections_turned_away",
            "Connections turned away",
            self.turned_away.clone(),
        );
        to.register(
            "connections_closed",
            "Connections closed by us",
            self.closed.clone(),
        );
        to.register_with_unit(
            "received",
            "Bytes read from seals",
            Unit::Bytes,
            self.bytes.clone(),
        );
        to.register("reports", "Reports handed to the engine", self.reports.clone());
        to.register("oddities", "Strange things in the bytes", self.oddities.clone());
        to.register("orders_sent", "Orders sent to seals", self.orders_sent.clone());
    }
}

impl EngineMetrics {
    fn register(&self, to: &mut Registry) {
        to.register(
            "round_inputs",
            "Inputs that shared a commit",
            self.round_inputs.clone(),
        );
        let durable = self.receipt_to_durable_s.clone();
        to.register_with_unit(
            "receipt_to_durable",
            "From receipt to durable",
            Unit::Seconds,
            durable,
        );
        let lateness = self.lateness_s.clone();
        to.register_with_unit(
            "lateness",
            "Receipt less the seal's own time",
            Unit::Seconds,
            lateness,
        );
        to.register(
            "corridor_judged",
            "Reports judged against the corridor of a trip",
            self.corridor_judged.clone(),
        );
        to.register("commands_refused", "Commands refused", self.refused.clone());
        to.register("waiting", "What waits in each lane", self.waiting.clone());
    }

    fn look(&self, waiting: Waiting) {
        let lanes = [
            ("people", waiting.people),
            ("results", waiting.results),
            ("reports", waiting.reports),
        ];
        for (lane, count) in lanes {
            self.waiting
                .get_or_create(&ByLane { lane })
                .set(whole(count as u64));
        }
    }
}

impl SkpMetrics {
    fn register(&self, to: &mut Registry) {
        to.register(
            "attempts",
            "Attempts to send a message, by how they ended",
            self.attempts.clone(),
        );
        to.register("waiting", "Messages that wait", self.waiting.clone());
    }
}

impl StoreMetrics {
    fn register(&self, to: &mut Registry) {
        to.register("commits", "Commits since the start", self.commits.clone());
        to.register(
            "commit_us",
            "Microseconds spent in commits since the start",
            self.commit_us.clone(),
        );
        to.register(
            "longest_commit_us",
            "The longest commit since the last look",
            self.longest_commit_us.clone(),
        );
        to.register(
            "wal_bytes",
            "Length of the write-ahead log",
            self.wal_bytes.clone(),
        );
        to.register(
            "wal_too_long",
            "1 where the write-ahead log is longer than its limit",
            self.wal_too_long.clone(),
        );
        to.register(
            "disk_free_bytes",
            "Free bytes on the data disk",
            self.disk_free_bytes.clone(),
        );
        to.register(
            "compacted_reports",
            "Reports moved to history",
            self.compacted_reports.clone(),
        );
    }

    fn look(&self, figures: Figures) {
        let Figures {
            commits,
            reports: _,
            entries: _,
            commit_us,
            longest_commit_us,
            wal_bytes,
            wal_too_long,
            disk_free_bytes,
            compacted_reports,
        } = figures;
        self.commits.set(whole(commits));
        self.commit_us.set(whole(commit_us));
        self.longest_commit_us.set(whole(longest_commit_us));
        self.wal_bytes.set(whole(wal_bytes));
        self.wal_too_long.set(i64::from(wal_too_long));
        self.disk_free_bytes.set(whole(disk_free_bytes));
        self.compacted_reports.set(whole(compacted_reports));
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
