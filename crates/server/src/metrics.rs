//! What an operator watches, in one registry; `/metrics` prints it.

use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};

use segel_store::Figures;

use crate::lanes::{PEOPLE_LANE, REPORTS_LANE, RESULTS_LANE, Waiting};

/// All metrics; cheap to touch.
pub struct Metrics {
    /// Of the gateway.
    pub gateway: GatewayMetrics,
    /// Of the porter at the door for people.
    pub people: PeopleMetrics,
    /// Of the engine.
    pub engine: EngineMetrics,
    /// Of whatever waits somewhere.
    pub queues: QueueMetrics,
    /// Of the live stream.
    pub live: LiveMetrics,
    /// Of the outlet to SKP.
    pub skp: SkpMetrics,
    /// Of mailboxes at Orbcomm's.
    pub orbcomm: OrbcommMetrics,
    store: StoreMetrics,
    book: Book,
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

/// Which mailbox, by its name in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfMailbox {
    /// Its name.
    pub mailbox: String,
}

/// Which mailbox, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfMailboxBy {
    /// Its name.
    pub mailbox: String,
    /// A stable word, or an error of the gateway by its number.
    pub result: String,
}

/// Which queue, and at which desk where each desk has its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByQueue {
    queue: &'static str,
    desk: Option<u32>,
}

/// How full each queue is, and the most it takes.
#[derive(Default)]
pub struct QueueMetrics {
    waiting: Family<ByQueue, Gauge>,
    limit: Family<ByQueue, Gauge>,
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
    /// Datagrams that were not heard, or not sent.
    pub datagrams_dropped: Family<ByReason, Counter>,
    /// Addresses forgotten because others needed their place.
    pub peers_forgotten: Counter,
    /// Orders sent to seals.
    pub orders_sent: Counter,
    /// Times that a seal's identity was doubted.
    pub doubts: Counter,
}

/// What the porter of people sees.
#[derive(Clone, Default)]
pub struct PeopleMetrics {
    /// Open connections of people.
    pub connections: Gauge,
    /// Connections that found the house full.
    pub turned_away: Counter,
    /// Connections whose other side said too little, or took too little, for too long.
    pub given_up: Counter,
}

/// What the engine does.
pub struct EngineMetrics {
    /// Inputs that shared a commit.
    pub round_inputs: Histogram,
    /// How long a commit took.
    pub commit_s: Histogram,
    /// From the oldest receipt in a round to its commit being durable.
    pub receipt_to_durable_s: Histogram,
    /// How late a report is against the seal's own time.
    pub lateness_s: Histogram,
    /// Reports whose fix was judged against the corridor of a trip.
    pub corridor_judged: Counter,
    /// Commands refused.
    pub refused: Counter,
}

/// What the live stream does.
#[derive(Default)]
pub struct LiveMetrics {
    /// Streams that are open.
    pub readers: Gauge,
    /// Streams broken off because their reader did not read; it comes back and resumes.
    pub broken_off: Counter,
    /// Readers told to begin anew.
    pub resets: Family<ByReason, Counter>,
}

/// What the outlet to SKP does.
#[derive(Default)]
pub struct SkpMetrics {
    /// Attempts by how they ended.
    pub attempts: Family<ByReason, Counter>,
    /// Messages that wait.
    pub waiting: Gauge,
}

/// What comes out of mailboxes at Orbcomm's.
#[derive(Default)]
pub struct OrbcommMetrics {
    /// Calls by what they gave: a page, or why not.
    pub calls: Family<OfMailboxBy, Counter>,
    /// Messages, new and repeated.
    pub messages: Family<OfMailboxBy, Counter>,
    /// Up to when all is durable: seconds since 1970, by the gateway's clock.
    pub cursor_s: Family<OfMailbox, Gauge>,
    /// When it last gave a page: seconds since 1970.
    pub answered_s: Family<OfMailbox, Gauge>,
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
    staged_rows: Gauge,
    staged_reports: Gauge,
    staged_age_s: Gauge,
}

/// What is staged and has not moved to history yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows: each is one commit's reports.
    pub rows: u64,
    /// Reports in them.
    pub reports: u64,
    /// For how long the oldest has waited.
    pub age_s: u64,
}

/// A registry that knows by which names its metrics are printed, also those that have nothing to print yet.
#[derive(Default)]
struct Book {
    registry: Mutex<Registry>,
    names: Vec<String>,
}

impl Default for EngineMetrics {
    fn default() -> Self {
        Self {
            round_inputs: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            // A fifth of a millisecond to six and a half seconds.
            commit_s: Histogram::new(exponential_buckets(0.000_2, 2.0, 16)),
            receipt_to_durable_s: Histogram::new(exponential_buckets(0.000_25, 2.0, 14)),
            lateness_s: Histogram::new(exponential_buckets(1.0, 4.0, 10)),
            corridor_judged: Counter::default(),
            refused: Counter::default(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            gateway: GatewayMetrics::default(),
            people: PeopleMetrics::default(),
            engine: EngineMetrics::default(),
            queues: QueueMetrics::default(),
            live: LiveMetrics::default(),
            skp: SkpMetrics::default(),
            orbcomm: OrbcommMetrics::default(),
            store: StoreMetrics::default(),
            book: Book::default(),
        };
        metrics.gateway.enter(&mut metrics.book);
        metrics.people.enter(&mut metrics.book);
        metrics.engine.enter(&mut metrics.book);
        metrics.queues.enter(&mut metrics.book);
        metrics.live.enter(&mut metrics.book);
        metrics.skp.enter(&mut metrics.book);
        metrics.orbcomm.enter(&mut metrics.book);
        metrics.store.enter(&mut metrics.book);
        metrics
    }
}

impl Metrics {
    /// All metrics in the OpenMetrics text form.
    pub fn print(&self, lanes: Waiting, store: Figures, backlog: Backlog) -> String {
        self.queues.look(lanes);
        self.store.look(store, backlog);
        let mut text = String::new();
        let registry = self.book.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("a string takes every text");
        text
    }

    /// The name of each metric, as it is printed.
    pub fn names(&self) -> &[String] {
        &self.book.names
    }
}

impl Book {
    fn enter(&mut self, name: &str, help: &str, metric: impl Metric) {
        let name = format!("segel_{name}");
        let suffix = match metric.metric_type() {
            MetricType::Counter => "_total",
            _ => "",
        };
        self.names.push(format!("{name}{suffix}"));
        let registry = self.registry.get_mut().unwrap_or_else(PoisonError::into_inner);
        registry.register(name, help, metric);
    }
}

impl QueueMetrics {
    /// The fill of a queue that takes at most so many.
    pub fn gauge(&self, queue: &'static str, desk: Option<u32>, limit: usize) -> Gauge {
        let label = ByQueue { queue, desk };
        self.limit.get_or_create(&label).set(whole(limit as u64));
        self.waiting.get_or_create(&label).clone()
    }

    /// So many wait in a queue that takes at most so many.
    pub fn set(&self, queue: &'static str, waiting: usize, limit: usize) {
        self.gauge(queue, None, limit).set(whole(waiting as u64));
    }

    fn enter(&self, book: &mut Book) {
        book.enter("queue_waiting", "What waits in each queue", self.waiting.clone());
        book.enter("queue_limit", "The most each queue takes", self.limit.clone());
    }

    fn look(&self, lanes: Waiting) {
        let Waiting {
            people,
            results,
            reports,
        } = lanes;
        self.set("people", people, PEOPLE_LANE);
        self.set("results", results, RESULTS_LANE);
        self.set("reports", reports, REPORTS_LANE);
    }
}

impl GatewayMetrics {
    fn enter(&self, book: &mut Book) {
        let connections = self.connections.clone();
        book.enter("gateway_connections", "Open connections of seals", connections);
        let accepted = self.accepted.clone();
        book.enter("gateway_connections_accepted", "Connections accepted", accepted);
        let turned_away = self.turned_away.clone();
        book.enter(
            "gateway_connections_turned_away",
            "Connections turned away",
            turned_away,
        );
        let closed = self.closed.clone();
        book.enter("gateway_connections_closed", "Connections closed by us", closed);
        book.enter(
            "gateway_received_bytes",
            "Bytes read from seals",
            self.bytes.clone(),
        );
        book.enter(
            "gateway_reports",
            "Reports handed to the engine",
            self.reports.clone(),
        );
        book.enter(
            "gateway_oddities",
            "Strange things in the bytes",
            self.oddities.clone(),
        );
        book.enter(
            "gateway_datagrams_dropped",
            "Datagrams that were not heard, or not sent",
            self.datagrams_dropped.clone(),
        );
        book.enter(
            "gateway_peers_forgotten",
            "Addresses forgotten because others needed their place",
            self.peers_forgotten.clone(),
        );
        book.enter(
            "gateway_orders_sent",
            "Orders sent to seals",
            self.orders_sent.clone(),
        );
        let doubts = self.doubts.clone();
        book.enter("gateway_doubts", "Times a seal's identity was doubted", doubts);
    }
}

impl PeopleMetrics {
    fn enter(&self, book: &mut Book) {
        let connections = self.connections.clone();
        book.enter("people_connections", "Open connections of people", connections);
        let turned_away = self.turned_away.clone();
        book.enter(
            "people_turned_away",
            "Connections that found the house full",
            turned_away,
        );
        book.enter(
            "people_given_up",
            "Connections that said or took too little",
            self.given_up.clone(),
        );
    }
}

impl EngineMetrics {
    fn enter(&self, book: &mut Book) {
        book.enter(
            "engine_round_inputs",
            "Inputs that shared a commit",
            self.round_inputs.clone(),
        );
        book.enter("engine_commit_seconds", "One commit", self.commit_s.clone());
        let durable = self.receipt_to_durable_s.clone();
        book.enter(
            "engine_receipt_to_durable_seconds",
            "From receipt to durable",
            durable,
        );
        let lateness = self.lateness_s.clone();
        book.enter(
            "engine_lateness_seconds",
            "Receipt less the seal's own time",
            lateness,
        );
        book.enter(
            "engine_corridor_judged",
            "Reports judged against the corridor of a trip",
            self.corridor_judged.clone(),
        );
        book.enter(
            "engine_commands_refused",
            "Commands refused",
            self.refused.clone(),
        );
    }
}

impl LiveMetrics {
    fn enter(&self, book: &mut Book) {
        book.enter("live_readers", "Open live streams", self.readers.clone());
        let broken_off = self.broken_off.clone();
        book.enter("live_broken_off", "Streams whose reader did not read", broken_off);
        book.enter("live_resets", "Readers told to begin anew", self.resets.clone());
    }
}

impl SkpMetrics {
    fn enter(&self, book: &mut Book) {
        book.enter(
            "skp_attempts",
            "Attempts to send a message, by how they ended",
            self.attempts.clone(),
        );
        book.enter("skp_waiting", "Messages that wait", self.waiting.clone());
    }
}

impl OrbcommMetrics {
    fn enter(&self, book: &mut Book) {
        book.enter(
            "orbcomm_calls",
            "Calls to a mailbox at Orbcomm's, by what they gave",
            self.calls.clone(),
        );
        book.enter(
            "orbcomm_messages",
            "Messages out of a mailbox, new and repeated",
            self.messages.clone(),
        );
        book.enter(
            "orbcomm_cursor_seconds",
            "Up to when all of a mailbox is durable, since 1970",
            self.cursor_s.clone(),
        );
        book.enter(
            "orbcomm_answered_seconds",
            "When a mailbox last gave a page, since 1970",
            self.answered_s.clone(),
        );
    }
}

impl StoreMetrics {
    fn enter(&self, book: &mut Book) {
        let gauges = [
            ("commits", "Commits since the start", &self.commits),
            (
                "commit_us",
                "Microseconds spent in commits since the start",
                &self.commit_us,
            ),
            (
                "longest_commit_us",
                "The longest commit since the last look",
                &self.longest_commit_us,
            ),
            ("wal_bytes", "Length of the write-ahead log", &self.wal_bytes),
            (
                "wal_too_long",
                "1 where the write-ahead log is longer than its limit",
                &self.wal_too_long,
            ),
            (
                "disk_free_bytes",
                "Free bytes on the data disk",
                &self.disk_free_bytes,
            ),
            (
                "compacted_reports",
                "Reports moved to history",
                &self.compacted_reports,
            ),
            (
                "staged_rows",
                "Commits whose reports wait to be moved to history",
                &self.staged_rows,
            ),
            (
                "staged_reports",
                "Reports that wait to be moved to history",
                &self.staged_reports,
            ),
            (
                "staged_age_seconds",
                "For how long the oldest of them has waited",
                &self.staged_age_s,
            ),
        ];
        for (name, help, gauge) in gauges {
            book.enter(&format!("store_{name}"), help, gauge.clone());
        }
    }

    fn look(&self, figures: Figures, backlog: Backlog) {
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
        let Backlog { rows, reports, age_s } = backlog;
        self.staged_rows.set(whole(rows));
        self.staged_reports.set(whole(reports));
        self.staged_age_s.set(whole(age_s));
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const OPERATING: &str = include_str!("../../../docs/operating.md");

    /// Every name of a metric that the page for operators says.
    fn explained() -> BTreeSet<&'static str> {
        let words = OPERATING.split('`').skip(1).step_by(2);
        words.filter(|word| word.starts_with("segel_")).collect()
    }

    #[test]
    fn the_page_for_operators_explains_every_metric_and_no_other() {
        let metrics = Metrics::default();
        let printed: BTreeSet<&str> = metrics.names().iter().map(String::as_str).collect();
        assert_eq!(
            printed.len(),
            metrics.names().len(),
            "a name stands for one thing"
        );
        let unexplained: Vec<_> = printed.difference(&explained()).copied().collect();
        let unknown: Vec<_> = explained().difference(&printed).copied().collect();
        assert!(
            unexplained.is_empty() && unknown.is_empty(),
            "not explained: {unexplained:?}; not printed: {unknown:?}"
        );
    }

    #[test]
    fn a_queue_is_printed_beside_its_limit() {
        let metrics = Metrics::default();
        metrics.queues.gauge("desk_reports", Some(1), 2048).set(7);
        let lanes = Waiting {
            people: 3,
            results: 0,
            reports: 0,
        };
        let figures = segel_store::Metrics::default().look();
        let printed = metrics.print(lanes, figures, Backlog::default());
        for line in [
            "segel_queue_waiting{queue=\"people\",desk=\"\"} 3",
            "segel_queue_limit{queue=\"people\",desk=\"\"} 1024",
            "segel_queue_waiting{queue=\"desk_reports\",desk=\"1\"} 7",
            "segel_queue_limit{queue=\"desk_reports\",desk=\"1\"} 2048",
        ] {
            assert!(
                printed.lines().any(|printed| printed == line),
                "{line}\n{printed}"
            );
        }
    }

    /// What is printed has the name that the page explains.
    #[test]
    fn a_metric_is_printed_under_its_name() {
        let metrics = Metrics::default();
        metrics.live.broken_off.inc();
        let reason = "too_slow";
        metrics.live.resets.get_or_create(&ByReason { reason }).inc();
        let figures = segel_store::Metrics::default().look();
        let lanes = Waiting {
            people: 0,
            results: 0,
            reports: 0,
        };
        let printed = metrics.print(lanes, figures, Backlog::default());
        let of_samples: BTreeSet<&str> = printed
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split(['{', ' ']).next())
            .map(|name| {
                name.trim_end_matches("_bucket")
                    .trim_end_matches("_sum")
                    .trim_end_matches("_count")
            })
            .collect();
        let names: BTreeSet<&str> = metrics.names().iter().map(String::as_str).collect();
        let strange: Vec<_> = of_samples.difference(&names).collect();
        assert!(strange.is_empty(), "{strange:?}");
        assert!(of_samples.contains("segel_live_broken_off_total"));
    }
}
