//! The threads beside the engine. Each does one thing in small steps and asks nothing but the time; a simulator may call
//! the same steps on one thread.

use std::fs;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use segel_custody::state::Trip;
use segel_model::{EventTime, Input, Observed, ServerTime, TripId};
use segel_store::side::Sweep;
use segel_store::{
    BackupList, Checkpointer, Compactor, Progress, Reader, RecordKind, ReportQuery, Scope, Snapshots, Store,
    StoreError,
};

use crate::EngineHandle;
use crate::ask::Side;
use crate::config::Upkeep;

/// How long a thread with nothing to do sleeps: new work is noticed within it.
const PAUSE_IDLE: Duration = Duration::from_millis(500);
/// After a failure of the disk, the thread tries again; the engine itself stops at its own first failure.
const PAUSE_FAILED: Duration = Duration::from_secs(5);
/// Between two deletions: each keeps commits waiting for some milliseconds, and a lock is not given in the order in which it is asked for.
const PAUSE_CLEARING: Duration = Duration::from_millis(20);
/// Reports handed to one revisit; a trip of a week at one a minute fits.
const NEIGHBOURS_MAX: usize = 20_000;

/// Between two sweeps.
const SWEEP_PAUSE: Duration = Duration::from_secs(3600);
/// An answer is kept so long for a repeat of its request: a phone that was off line over a night asks again.
const ANSWER_KEPT_S: i64 = 2 * 24 * 3600;
/// A session that nobody used so long is over.
const SESSION_KEPT_S: i64 = 30 * 24 * 3600;
/// Uploads, and files no entry names, are kept so long: longer than an upload may be resumed.
const FILE_KEPT_S: i64 = 14 * 24 * 3600;

/// Tells every background thread to end.
#[derive(Clone, Default)]
pub struct Curfew {
    inner: Arc<(AtomicBool, Mutex<()>, Condvar)>,
}

impl Curfew {
    /// Everybody ends after the step at hand.
    pub fn call(&self) {
        let (called, lock, bell) = &*self.inner;
        called.store(true, Ordering::Release);
        let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
        bell.notify_all();
    }

    fn is_called(&self) -> bool {
        self.inner.0.load(Ordering::Acquire)
    }

    fn sleep(&self, pause: Duration) {
        let (_, lock, bell) = &*self.inner;
        let held = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _woken = bell.wait_timeout_while(held, pause, |()| !self.is_called());
    }
}

/// How far a thread steps back behind those who serve seals and people: steps of the scheduler, 0 to 19. Whoever writes into the file
/// of the truth never does: while it waited for the processor with the pen in its hand, all commits would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Courtesy(i32);

impl Courtesy {
    /// It is one of those who serve.
    pub const NONE: Self = Self(0);
    /// It must keep up in the long run: a start after a crash folds what it has not.
    pub const SOME: Self = Self(5);
    /// It may fall behind while there is much to do.
    pub const MUCH: Self = Self(10);

    /// Where the system will not have it, the thread works all the same.
    fn show(self) {
        if self != Self::NONE
            && let Err(refused) = rustix::process::nice(self.0)
        {
            tracing::warn!(%refused, "a background thread could not step back");
        }
    }
}

/// Runs `step` again and again until curfew; it says how long nothing is due. A failure is told and tried again.
pub fn repeat<F: std::fmt::Display>(
    (name, courtesy): (&str, Courtesy),
    curfew: &Curfew,
    mut step: impl FnMut() -> Result<Duration, F> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let (curfew, called) = (curfew.clone(), name.to_owned());
    std::thread::Builder::new().name(name.into()).spawn(move || {
        courtesy.show();
        while !curfew.is_called() {
            let pause = step().unwrap_or_else(|failure| {
                if !curfew.is_called() {
                    tracing::error!(thread = called, %failure, "a background step failed");
                }
                PAUSE_FAILED
            });
            curfew.sleep(pause);
        }
    })
}

/// Moves staged reports into history, and has the journal vouch for their hashes.
pub fn compact(compactor: &mut Compactor, engine: &EngineHandle) -> Result<Duration, StoreError> {
    match compactor.pack(engine.clock().now())? {
        Progress::Idle => Ok(PAUSE_IDLE),
        Progress::Sealed { input, .. } => {
            // While Segel stops, the next start asks again.
            let _stopping = engine.tell_blocking(input, Side::default());
            Ok(Duration::ZERO)
        }
        Progress::Deleted { .. } | Progress::Merged { .. } => Ok(Duration::ZERO),
    }
}

/// Deletes staged reports that lie in history, and lets whoever waits for the pen have it in between.
pub fn clear(store: &Store) -> Result<Duration, StoreError> {
    Ok(match store.delete_sealed()? {
        0 => PAUSE_IDLE,
        _ => PAUSE_CLEARING,
    })
}

/// Writes the next snapshot, if anything was committed since the last.
pub fn write_snapshot(snapshots: &Snapshots, engine: &EngineHandle) -> Result<(), StoreError> {
    if let Some(position) = snapshots.advance(engine.reader())? {
        tracing::info!(commit = position.commit, "snapshot written");
    }
    Ok(())
}

/// Does something on a thread of its own. A thread that ends gives back the memory it needed, here as much as the whole state takes;
/// one that sleeps until the next time would keep it.
fn and_give_back<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        scope
            .spawn(work)
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// When snapshots are written: after so long, and after so many reports, so that a start after a flood folds no more than one
/// after a quiet hour.
pub struct SnapshotPace {
    every: Upkeep,
    next: ServerTime,
    reports: u64,
}

impl SnapshotPace {
    /// The first is due at once.
    pub fn new(every: Upkeep) -> Self {
        Self {
            every,
            next: ServerTime::from_unix_ms(i64::MIN),
            reports: 0,
        }
    }

    /// Writes one if it is due, and says when to look again.
    pub fn step(&mut self, snapshots: &Snapshots, engine: &EngineHandle) -> Result<Duration, StoreError> {
        let (now, reports) = (engine.clock().now(), engine.store().metrics().reports());
        let came = reports.saturating_sub(self.reports);
        if now < self.next && came < self.every.snapshot_reports {
            return Ok(PAUSE_IDLE.min(engine.clock().until(now, self.next)));
        }
        let every_ms = i64::try_from(self.every.snapshot_ms).unwrap_or(i64::MAX);
        (self.next, self.reports) = (now.plus_ms(every_ms), reports);
        and_give_back(|| write_snapshot(snapshots, engine))?;
        Ok(Duration::ZERO)
    }
}

/// Writes down what the journal is, for those who keep it elsewhere.
pub fn write_checkpoint(checkpointer: &mut Checkpointer) -> Result<(), StoreError> {
    if let Some(entries) = checkpointer.step()? {
        tracing::info!(entries, "checkpoint written");
    }
    Ok(())
}

/// A file in the data folder that asks for a backup: JSON, the target's path.
pub const BACKUP_REQUEST: &str = "backup-request.json";
/// The file that answers it.
pub const BACKUP_ANSWER: &str = "backup-answer.json";

/// How a backup that was asked for ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupAnswer {
    /// It is complete.
    Done(BackupList),
    /// Why it is not.
    Failed(String),
}

/// Makes a backup, where somebody who may write into the data folder asks for one.
pub fn back_up(engine: &EngineHandle) -> std::io::Result<Duration> {
    let folder = engine.store().folder().root();
    let request = folder.join(BACKUP_REQUEST);
    let Ok(asked) = fs::read(&request) else {
        return Ok(PAUSE_IDLE);
    };
    fs::remove_file(&request)?;
    let answer = match serde_json::from_slice::<PathBuf>(&asked) {
        Ok(target) => segel_store::backup(engine.store(), target, engine.clock().now()).map_or_else(
            |failure| BackupAnswer::Failed(failure.to_string()),
            BackupAnswer::Done,
        ),
        Err(failure) => BackupAnswer::Failed(failure.to_string()),
    };
    tracing::info!(done = matches!(answer, BackupAnswer::Done(_)), "backup");
    let ready = folder.join("backup-answer.part");
    fs::write(&ready, serde_json::to_vec(&answer)?)?;
    fs::rename(&ready, folder.join(BACKUP_ANSWER))?;
    Ok(PAUSE_IDLE)
}

/// Forgets what is too old to matter: answers, sessions, uploads, files that no entry names.
pub fn sweep(engine: &EngineHandle) -> Result<Duration, StoreError> {
    let now = engine.clock().now();
    let forgotten = engine.store().sweep(&Sweep {
        answers: now.plus_s(-ANSWER_KEPT_S),
        sessions: now.plus_s(-SESSION_KEPT_S),
        uploads: now.plus_s(-FILE_KEPT_S),
    })?;
    let files = engine.blobs().sweep(now.plus_s(-FILE_KEPT_S))?;
    tracing::debug!(rows = forgotten, files, "swept");
    Ok(SWEEP_PAUSE)
}

/// Loads the neighbours of reports that came too late for the window at hand, and hands them in.
pub fn revisit(engine: &EngineHandle) -> Result<Duration, StoreError> {
    for (trip, from, until) in engine.take_revisits() {
        let (neighbours, cut_at) = neighbours(engine.reader(), trip, from, until)?;
        let input = Input::Revisit {
            trip,
            neighbours,
            cut_at,
        };
        let _stopping = engine.tell_blocking(input, Side::default());
    }
    Ok(PAUSE_IDLE)
}

/// The reports of a trip, and from when on they are missing because there are more than may be handed in.
fn neighbours(
    reader: &Reader,
    trip: TripId,
    from: EventTime,
    until: EventTime,
) -> Result<(Vec<Observed>, Option<EventTime>), StoreError> {
    let record = reader.record(RecordKind::Trip, trip.0, &Scope::Nation)?;
    let body = record.and_then(|record| serde_json::from_str::<Trip>(&record.body).ok());
    let Some(seal) = body.and_then(|trip| trip.seal) else {
        return Ok((Vec::new(), None));
    };
    let mut query = ReportQuery {
        trip: Some(trip),
        ..ReportQuery::of(seal, from, until)
    };
    let mut found = Vec::new();
    loop {
        let page = reader.reports(&query)?;
        found.extend(page.reports.into_iter().map(|stored| stored.staged.observed));
        query.after = page.next;
        let Some(next) = page.next else {
            return Ok((found, None));
        };
        if NEIGHBOURS_MAX <= found.len() {
            return Ok((found, Some(next.at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_background_thread_steps_back_and_its_maker_does_not() {
        let (tell, told) = mpsc::channel();
        let curfew = Curfew::default();
        let own = || rustix::process::getpriority_process(None).expect("a priority");
        let before = own();
        let thread = repeat(("behind", Courtesy::MUCH), &curfew, move || {
            tell.send(own()).map(|()| Duration::from_secs(60))
        });
        assert_eq!(told.recv().expect("a step"), (before + 10).min(19));
        curfew.call();
        thread.expect("a thread").join().expect("it ends");
        assert_eq!(own(), before);
    }
}
