//! The whole of Segel but sockets and HTTP, on one thread: every part is moved by its own `step`, and whoever waits for the
//! engine moves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use segel_model::{Rulebook, ServerTime};
use segel_server::EngineHandle;
use segel_server::background;
use segel_server::clock::{Clock, Hand};
use segel_server::config::Skp as SkpConfig;
use segel_server::engine::{Engine, Parts, Stepped};
use segel_server::gateway::Oddities;
use segel_server::keeper::Keeper;
use segel_server::outlet::Line;
use segel_server::outlet::skp::Skp;
use segel_store::history::Rules as CompactionRules;
use segel_store::{Checkpointer, Compactor, Options, Snapshots, Store};

use super::Planted;
use super::door::Door;

/// Between two snapshots; short, so that compaction has something to do in a world of a few hours.
const SNAPSHOT_EVERY_MS: i64 = 900_000;
/// Between two checkpoints of the journal.
const CHECKPOINT_EVERY_MS: i64 = 3_600_000;
/// How often the compactor looks; its own rules say when there is enough to do.
const COMPACT_EVERY_MS: i64 = 120_000;
/// How often the keeper looks: more seldom than in a house, where a second is not a tenth of a world.
const KEEPER_EVERY_MS: i64 = 20_000;
/// How often the outlet looks into the outbox.
const OUTLET_EVERY_MS: i64 = 10_000;

/// Steps of one moment: an opening is checked, told as sent, said, heard and acknowledged within them.
const CONVERSATION_STEPS: usize = 6;

/// A running Segel.
pub struct Segel {
    folder: PathBuf,
    engine: Arc<Mutex<Option<Engine>>>,
    /// Why a commit failed, once one has.
    failure: Arc<Mutex<Option<String>>>,
    handle: EngineHandle,
    /// The connections.
    pub door: Door,
    keeper: Keeper,
    compactor: Compactor,
    snapshots: Snapshots,
    checkpointer: Checkpointer,
    outlet: Option<Skp>,
    next_snapshot: ServerTime,
    next_checkpoint: ServerTime,
    next_compaction: ServerTime,
    next_keeping: ServerTime,
    next_sending: ServerTime,
}

impl Segel {
    /// Starts on a folder, as a process does.
    pub fn start(
        folder: &Path,
        hand: &Hand,
        rules: &Arc<Rulebook>,
        planted: Planted,
        skp: Option<Box<dyn Line>>,
    ) -> Result<Self> {
        let opened = Store::open(folder, Options::default())?;
        let (store, reader) = (opened.store.clone(), opened.reader.clone());
        let snapshots = Snapshots::of_this_program(store.folder())?;
        let clock = Clock::new(Box::new(hand.clone()), opened.last_listened);
        let (engine, handle) = Engine::start(Parts {
            opened,
            rules: Arc::clone(rules),
            profiles: Arc::default(),
            clock,
        })?;
        let engine = Arc::new(Mutex::new(Some(engine.simulated(planted.decide()))));
        let failure = Arc::default();
        let handle = handle.moved_by(turn(&engine, &failure, handle.clock()));
        let outlet = skp
            .map(|line| Skp::over(line, handle.clone(), skp_config()))
            .transpose()?;
        let (now, oddities) = (handle.clock().now(), Arc::<Oddities>::default());
        Ok(Self {
            folder: folder.into(),
            engine,
            failure,
            door: Door::new(handle.clone(), Arc::clone(&oddities)),
            keeper: Keeper::new(handle.clone(), oddities),
            compactor: Compactor::new(
                store.clone(),
                reader.clone(),
                snapshots.clone(),
                CompactionRules::default(),
            ),
            checkpointer: Checkpointer::new(store.folder(), reader),
            snapshots,
            outlet,
            next_snapshot: now.plus_ms(SNAPSHOT_EVERY_MS),
            next_checkpoint: now.plus_ms(CHECKPOINT_EVERY_MS),
            next_compaction: now.plus_ms(COMPACT_EVERY_MS),
            next_keeping: now,
            next_sending: now,
            handle,
        })
    }

    /// The way to the engine; waiting on it moves it.
    pub const fn handle(&self) -> &EngineHandle {
        &self.handle
    }

    /// Server time.
    pub fn now(&self) -> ServerTime {
        self.handle.clock().now()
    }

    /// Looks at the working state; nothing where the engine has stopped.
    pub fn look<T>(&self, look: impl FnOnce(&segel_custody::State) -> T) -> Option<T> {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map(|engine| look(engine.state()))
    }

    /// Why it stopped by itself, once it has.
    pub fn failure(&self) -> Option<String> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The engine takes what waits.
    pub fn turn(&self) {
        step_all(&self.engine, &self.failure, self.handle.clock());
    }

    /// Connections and engine, until both have nothing more to do.
    pub fn converse(&mut self) {
        for _ in 0..CONVERSATION_STEPS {
            let now = self.now();
            self.door.step(now);
            self.turn();
        }
        let now = self.now();
        self.door.step(now);
    }

    /// What is due beside the main path.
    pub fn housekeeping(&mut self) -> Result<()> {
        let now = self.now();
        background::revisit(&self.handle).context("the revisits")?;
        if self.next_keeping <= now {
            self.next_keeping = now.plus_ms(KEEPER_EVERY_MS);
            self.keeper.step(now).context("the keeper")?;
        }
        if let Some(outlet) = self.outlet.as_mut().filter(|_| self.next_sending <= now) {
            self.next_sending = now.plus_ms(OUTLET_EVERY_MS);
            // An engine that has stopped is told of nothing more.
            let _stopping = outlet.step(now);
        }
        if self.next_snapshot <= now {
            self.next_snapshot = now.plus_ms(SNAPSHOT_EVERY_MS);
            background::write_snapshot(&self.snapshots, &self.handle).context("the snapshots")?;
        }
        if self.next_compaction <= now {
            self.next_compaction = now.plus_ms(COMPACT_EVERY_MS);
            background::compact(&mut self.compactor, &self.handle).context("the compactor")?;
            background::clear(self.handle.store()).context("the clearer")?;
        }
        if self.next_checkpoint <= now {
            self.next_checkpoint = now.plus_ms(CHECKPOINT_EVERY_MS);
            background::write_checkpoint(&mut self.checkpointer).context("the checkpoints")?;
        }
        Ok(())
    }

    /// Stops in good order.
    pub fn stop(self) -> Result<()> {
        self.handle.stop();
        self.turn();
        background::write_snapshot(&self.snapshots, &self.handle).context("the last snapshot")?;
        Ok(())
    }

    /// The process dies: what is on disk right now is all that is left. It lies in another folder then, because closing a
    /// database in good order would tidy it up.
    pub fn die(self, into: &Path) -> Result<()> {
        copy(&self.folder, into)
    }

    /// What is on disk right now.
    pub fn copy_disk(&self, into: &Path) -> Result<()> {
        copy(&self.folder, into)
    }
}

fn turn(
    engine: &Arc<Mutex<Option<Engine>>>,
    failure: &Arc<Mutex<Option<String>>>,
    clock: &Clock,
) -> segel_server::handle::Turn {
    let (engine, failure, clock) = (Arc::clone(engine), Arc::clone(failure), clock.clone());
    Arc::new(move || step_all(&engine, &failure, &clock))
}

/// An engine that stops or fails is dropped: whoever waits for it is told so.
fn step_all(engine: &Mutex<Option<Engine>>, failure: &Mutex<Option<String>>, clock: &Clock) {
    let mut slot = engine.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(running) = slot.as_mut() {
        match running.step(clock.now()) {
            Ok(Stepped::Worked(_)) => {}
            Ok(Stepped::Idle) => return,
            Ok(Stepped::Stopped) => *slot = None,
            Err(why) => {
                *slot = None;
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(why.to_string());
            }
        }
    }
}

fn skp_config() -> SkpConfig {
    SkpConfig {
        url: "http://skp.invalid".into(),
        api_key: String::new(),
        username: String::new(),
        password: String::new(),
        provider_code: "TT01".into(),
        call_limit_s: 20,
    }
}

/// Copies a folder, file by file.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), &target).with_context(|| format!("copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}
