//! Latency at half load through everything that goes on in the background: compaction, the checkpoint of the log, the
//! snapshot. When each happened is read from the files it writes, so that nothing in the server has to tell.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Result, ensure};
use segel_sim::histogram::Histogram;
use segel_sim::load::SLICE;

use super::program::{Load, Loaded};
use super::rates::{half_of_full, spread};
use super::table::{Promise, Reading, Table};
use super::town::{Group, Town};
use super::{Setting, ms};

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Work is thought to go on for so long before and after a file was seen to change.
const AROUND_MS: i64 = 100;

/// How many of the worst tenths of a second are told.
const WORST: usize = 12;

/// What goes on in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Compaction,
    Checkpoint,
    Snapshot,
}

/// Moments, in milliseconds since 1970, at which work was seen.
type Seen = Vec<(Work, i64)>;

/// Long enough that each kind of work is seen.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let town = Town::open(setting, "tail")?;
    let load = Load {
        rate: Some(half_of_full(setting, &town)?),
        ..town.load(Group::REPORTING, setting.size().usual, setting.size().tail)
    };
    let over = AtomicBool::new(false);
    let (loaded, seen) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&town.data, &over));
        let loaded = town.loaded(&load);
        over.store(true, Ordering::Relaxed);
        (loaded, watching.join().expect("who watches files does not panic"))
    });
    let (loaded, judged) = loaded?;
    for (work, name) in [
        (Work::Compaction, "during compaction"),
        (Work::Checkpoint, "during checkpoints of the log"),
        (Work::Snapshot, "during a snapshot"),
    ] {
        tell(&loaded, name, |at_ms| happens(&seen, work, at_ms), 50.0, table);
    }
    let nothing = |at_ms| {
        let all = [Work::Compaction, Work::Checkpoint, Work::Snapshot];
        !all.into_iter().any(|work| happens(&seen, work, at_ms))
    };
    tell(&loaded, "while none of them works", nothing, 20.0, table);
    let reading = Reading::of(
        "over all, due to acknowledged, p99",
        "ms",
        ms(loaded.latency.quantile(0.99)),
    )
    .promised(Promise::AtMost(50.0))
    .remarking(format!(
        "{:.0} reports/s for {:.0} s; {}; {}; {judged}",
        loaded.per_second,
        load.lasting.as_secs_f64(),
        spread(&loaded.latency),
        worst(&loaded)
    ));
    table.take("tail", reading);
    ensure!(
        setting.quick || seen.iter().any(|(work, _)| *work == Work::Snapshot),
        "no snapshot was written meanwhile"
    );
    town.program.kill()
}

fn tell(loaded: &Loaded, name: &str, inside: impl Fn(i64) -> bool, most_ms: f64, table: &mut Table) {
    let mut latency = Histogram::default();
    let mut slices = 0;
    for (index, slice) in (0..).zip(&loaded.slices) {
        if inside(loaded.began_unix_ms + index * SLICE.as_millis() as i64) {
            latency.merge(slice);
            slices += 1;
        }
    }
    if latency.count() == 0 {
        return;
    }
    let reading = Reading::of(
        format!("{name}, due to acknowledged, p99"),
        "ms",
        ms(latency.quantile(0.99)),
    )
    .promised(Promise::AtMost(most_ms))
    .remarking(format!(
        "{:.1} s in all; {}",
        f64::from(slices) * SLICE.as_secs_f64(),
        spread(&latency)
    ));
    table.take("tail", reading);
}

/// The tenths of a second in which reports waited longest: when, and how long.
fn worst(loaded: &Loaded) -> String {
    let longest = |slice: &Histogram| ms(slice.quantile(1.0));
    let mut slices: Vec<(usize, f64)> = loaded.slices.iter().map(longest).enumerate().collect();
    slices.sort_by(|one, other| other.1.total_cmp(&one.1));
    let told = slices.iter().take(WORST).map(|(index, waited)| {
        let at = *index as f64 * SLICE.as_secs_f64();
        format!("{waited:.0} ms at {at:.1} s")
    });
    format!("longest {}", told.collect::<Vec<_>>().join(", "))
}

/// Whether that work went on within the slice that begins then.
fn happens(seen: &Seen, work: Work, at_ms: i64) -> bool {
    let slice = at_ms - AROUND_MS..at_ms + SLICE.as_millis() as i64 + AROUND_MS;
    seen.iter()
        .any(|(one, moment)| *one == work && slice.contains(moment))
}

fn watch(data: &Path, over: &AtomicBool) -> Seen {
    let mut watch = Watch::over(data);
    while !over.load(Ordering::Relaxed) {
        watch.look();
        std::thread::sleep(LOOK_EVERY);
    }
    watch.seen
}

/// What is looked at, when each changed last, and what that meant.
struct Watch {
    looks: [(Work, PathBuf, Option<i64>); 3],
    seen: Seen,
}

impl Watch {
    /// History's log is written by the compactor alone, the file of the truth by checkpoints alone.
    fn over(data: &Path) -> Self {
        let look = |work, name| {
            let path = data.join(name);
            let changed = changed_ms(&path);
            (work, path, changed)
        };
        Self {
            looks: [
                look(Work::Compaction, "history.db-wal"),
                look(Work::Checkpoint, "segel.db"),
                look(Work::Snapshot, "snapshots"),
            ],
            seen: Seen::new(),
        }
    }

    fn look(&mut self) {
        for (work, path, last) in &mut self.looks {
            let changed = changed_ms(path);
            if changed != *last {
                self.seen.extend(changed.map(|at| (*work, at)));
                *last = changed;
            }
        }
    }
}

/// When a file, or the newest in a folder, was written last.
fn changed_ms(path: &Path) -> Option<i64> {
    let Ok(files) = std::fs::read_dir(path) else {
        return written_ms(path);
    };
    files.flatten().filter_map(|file| written_ms(&file.path())).max()
}

fn written_ms(file: &Path) -> Option<i64> {
    let written = std::fs::metadata(file).ok()?.modified().ok()?;
    Some(written.duration_since(UNIX_EPOCH).ok()?.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_happens_in_its_slice_and_around_it_and_not_beyond() {
        let seen = vec![(Work::Snapshot, 1_000)];
        let within = |at_ms| happens(&seen, Work::Snapshot, at_ms);
        assert_eq!(
            [800, 801, 1_000, 1_100, 1_101].map(within),
            [false, true, true, true, false]
        );
        assert!(!happens(&seen, Work::Checkpoint, 1_000));
    }

    #[test]
    fn a_file_that_was_written_is_seen_once_and_one_that_was_not_never() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, at_ms: u64| {
            let file = std::fs::File::create(path(name)).expect("it opens");
            let at = UNIX_EPOCH + Duration::from_millis(at_ms);
            file.set_modified(at).expect("it may");
        };
        std::fs::create_dir(path("snapshots")).expect("a folder");
        write("history.db-wal", 1);
        write("segel.db", 2);
        let mut watch = Watch::over(folder.path());
        watch.look();
        assert_eq!(watch.seen, []);
        write("segel.db", 3);
        write("snapshots/1", 4);
        watch.look();
        watch.look();
        assert_eq!(watch.seen, [(Work::Checkpoint, 3), (Work::Snapshot, 4)]);
    }
}
