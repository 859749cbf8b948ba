//! A whole engine and store inside this process, and a generator behind the same lanes as the gateway: bytes go into a
//! session, its reports to the engine, and the acknowledgement comes back once they are durable. Only sockets are
//! missing, so a figure here is what Segel itself costs, and a million seals need no descriptors.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use segel_measure::{Driving, Plan, START, World};
use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_server::EngineHandle;
use segel_server::clock::Hand;
use segel_server::engine::{Engine, Parts};
use segel_server::reported::{Heard, ReportBatch, Source};
use segel_store::history::Rules;
use segel_store::{Compactor, Opened, Options, Progress, Snapshots, Store, StoreError};
use segel_wire::{Dialect, Limits, Output, Profile, Reported, Session};

use super::cost::Watch;

/// Reports under way at once, one of a seal at most: what a busy gateway has waiting.
const IN_FLIGHT: usize = 1024;
/// Reports made at once, beside the clock.
const AT_ONCE: usize = 50_000;

/// An engine at work.
pub struct Inside {
    /// The way to it.
    pub engine: EngineHandle,
    store: Store,
    compactor: Compactor,
    snapshots: Snapshots,
    hand: Hand,
    thread: Option<JoinHandle<Result<(), StoreError>>>,
    seals: Arc<Vec<Mutex<Session>>>,
    turns: Turns,
}

/// What a report cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Microseconds of processor, all threads.
    pub cpu_us: f64,
    /// Reports a second.
    pub per_second: f64,
}

/// Who speaks next, and when.
struct Turns {
    driving: Driving,
    next: usize,
    said: u64,
    interval_s: u32,
    among: usize,
    now: ServerTime,
}

/// Bytes of a seal on their way in.
struct Spoken {
    seal: usize,
    at: ServerTime,
    bytes: Vec<u8>,
}

/// Founds a world in a folder and keeps its state, so that an engine starts on it.
pub fn found(folder: &Path, plan: Plan) -> Result<World> {
    let opened = Store::open(folder, Options::default())?;
    let world = World::found(plan, &opened.store)?;
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    keep(&opened, &world, &snapshots)?;
    Ok(world)
}

/// Writes the state of a world as the next snapshot.
pub fn keep(opened: &Opened, world: &World, snapshots: &Snapshots) -> Result<()> {
    let head = opened.reader.head_at(world.position.seq)?;
    Ok(snapshots.write(world.position, head, &world.state.freeze())?)
}

impl Inside {
    /// An engine on a founded world.
    pub fn start(folder: &Path, plan: Plan) -> Result<Self> {
        drop(found(folder, plan)?);
        let opened = Store::open(folder, Options::default())?;
        let (store, reader) = (opened.store.clone(), opened.reader.clone());
        let snapshots = Snapshots::of_this_program(store.folder())?;
        let hand = Hand::at(START.plus_s(1));
        let rules = segel_server::rules::load(segel_server::rules::DEFAULT)?;
        let (mut engine, handle) = Engine::start(Parts {
            opened,
            rules: Arc::new(rules),
            profiles: Arc::default(),
            clock: hand.clock(),
        })?;
        let run = move || engine.run();
        let thread = std::thread::Builder::new().name("engine".into()).spawn(run)?;
        let session = |_| {
            Mutex::new(Session::new(
                Protocol::Jointech,
                Profile::of(Dialect::Jt701d),
                Limits::default(),
            ))
        };
        Ok(Self {
            engine: handle,
            compactor: Compactor::new(store.clone(), reader, snapshots.clone(), Rules::default()),
            store,
            snapshots,
            hand,
            thread: Some(thread),
            seals: Arc::new((0..plan.seals).map(session).collect()),
            turns: Turns {
                driving: Driving::of(&plan, START),
                next: 0,
                said: 0,
                interval_s: plan.interval_s,
                among: plan.seals as usize,
                now: START.plus_s(2),
            },
        })
    }

    /// From now on only the first so many seals speak.
    pub fn only_the_first(&mut self, seals: usize) {
        (self.turns.among, self.turns.next) = (seals, 0);
    }

    /// So many reports of seals in turn, each acknowledged. What they cost; making them is not counted.
    pub fn report(&mut self, reports: usize) -> Result<Cost> {
        let (mut cpu, mut wall) = (Duration::ZERO, Duration::ZERO);
        for first in (0..reports).step_by(AT_ONCE) {
            let spoken = self.turns.speak(AT_ONCE.min(reports - first));
            let watch = Watch::start();
            self.hand_in(spoken)?;
            cpu += watch.cpu();
            wall += watch.wall();
            self.tidy_up()?;
        }
        Ok(Cost {
            cpu_us: cpu.as_secs_f64() * 1e6 / reports as f64,
            per_second: reports as f64 / wall.as_secs_f64(),
        })
    }

    /// What the threads beside the engine do, here between two measurements.
    fn tidy_up(&mut self) -> Result<()> {
        self.store.checkpoint()?;
        if self.store.position().commit < self.snapshots.oldest_commit()?.unwrap_or(0) + 500 {
            return Ok(());
        }
        self.snapshots.advance(self.engine.reader())?;
        loop {
            match self.compactor.step(self.turns.now)? {
                Progress::Idle => return Ok(()),
                Progress::Sealed { input, .. } => {
                    let told = self
                        .engine
                        .tell_blocking(input, segel_server::ask::Side::default());
                    told.map_err(|why| anyhow!("the engine took no word of history: {why:?}"))?;
                }
                Progress::Deleted { .. } | Progress::Merged { .. } => {}
            }
        }
    }

    fn hand_in(&self, spoken: Vec<Spoken>) -> Result<()> {
        let count = spoken.len();
        let queue = Arc::new(Mutex::new(spoken.into_iter()));
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let under_way = IN_FLIGHT.min(self.turns.among);
        let acknowledged = runtime.block_on(async {
            let mut gate = tokio::task::JoinSet::new();
            for _ in 0..under_way {
                let line = Line {
                    engine: self.engine.clone(),
                    seals: Arc::clone(&self.seals),
                    hand: self.hand.clone(),
                    queue: Arc::clone(&queue),
                };
                gate.spawn(line.work());
            }
            let mut acknowledged = 0;
            while let Some(done) = gate.join_next().await {
                acknowledged += done.context("a line panicked")??;
            }
            Ok::<usize, anyhow::Error>(acknowledged)
        })?;
        ensure!(
            acknowledged == count,
            "{acknowledged} of {count} reports were acknowledged"
        );
        Ok(())
    }
}

/// The engine is asked to stop; its store is free when this is gone.
impl Drop for Inside {
    fn drop(&mut self) {
        self.engine.stop();
        let _failed = self.thread.take().map(JoinHandle::join);
    }
}

impl Turns {
    /// Each seal speaks once an interval.
    fn speak(&mut self, reports: usize) -> Vec<Spoken> {
        let spoken = (0..reports).map(|_| {
            let step_us = u64::from(self.interval_s) * 1_000_000 / self.among as u64;
            self.said += step_us;
            self.now = START.plus_ms(2_000 + (self.said / 1000) as i64);
            let seal = self.next;
            self.next = (seal + 1) % self.among;
            let at = ServerTime::from_unix_ms(self.now.unix_ms / 1000 * 1000);
            Spoken {
                seal,
                at: self.now,
                bytes: self.driving.drive(seal, at).encode(),
            }
        });
        spoken.collect()
    }
}

/// One of the connections that have something under way.
struct Line {
    engine: EngineHandle,
    seals: Arc<Vec<Mutex<Session>>>,
    hand: Hand,
    queue: Arc<Mutex<std::vec::IntoIter<Spoken>>>,
}

impl Line {
    async fn work(self) -> Result<usize> {
        let mut acknowledged = 0;
        while let Some(spoken) = self.next() {
            let ahead_ms = spoken.at.since_ms(self.engine.clock().now());
            self.hand.pass_ms(ahead_ms.max(0));
            for reported in self.read(&spoken)? {
                let token = reported.token;
                let told = self.engine.report(batch(&spoken, reported)).await;
                told.map_err(|why| anyhow!("a report was not taken: {why:?}"))?;
                acknowledged += self.acknowledge(&spoken, token);
            }
        }
        Ok(acknowledged)
    }

    fn next(&self) -> Option<Spoken> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn read(&self, spoken: &Spoken) -> Result<Vec<Reported>> {
        let mut session = self.session(spoken.seal);
        session.receive(spoken.at, &spoken.bytes);
        let mut reports = Vec::with_capacity(1);
        while let Some(output) = session.poll() {
            match output {
                Output::Report(reported) => reports.push(*reported),
                Output::Oddity(oddity) => return Err(anyhow!("a driving seal is odd: {oddity:?}")),
                _ => {}
            }
        }
        Ok(reports)
    }

    /// Whether the seal is answered.
    fn acknowledge(&self, spoken: &Spoken, token: segel_wire::AckToken) -> usize {
        let mut session = self.session(spoken.seal);
        session.acknowledge(token, spoken.at);
        let mut answered = 0;
        while let Some(output) = session.poll() {
            answered += usize::from(matches!(output, Output::Transmit(_)));
        }
        answered
    }

    fn session(&self, seal: usize) -> std::sync::MutexGuard<'_, Session> {
        self.seals[seal].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn batch(spoken: &Spoken, reported: Reported) -> ReportBatch {
    let source = Source {
        protocol: Protocol::Jointech,
        connection: spoken.seal as u64,
        profile: Profile::of(Dialect::Jt701d).into(),
        peer: Some(([127, 0, 0, 1], 40_000).into()),
    };
    let Reported { report, raw, .. } = reported;
    ReportBatch {
        reports: vec![Heard { source, report, raw }],
        side: Vec::new(),
    }
}
