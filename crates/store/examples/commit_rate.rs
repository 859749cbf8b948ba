//! How quick is a durable commit, and how many bytes does a report keep? Run it on the disk that matters:
//!
//! `cargo run --release -p segel-store --example commit_rate -- FOLDER [SEALS] [COMMITS]`
//!
//! Seals drive with the noise of real ones and speak Jointech; each commit holds a thousand reports. The reference, in
//! the same run, is a bare file to which the same bytes are appended and synced.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use segel_custody::State;
use segel_model::{Event, Input, ServerTime};
use segel_store::history::Rules;
use segel_store::{Batch, Compactor, Opened, Options, Position, Progress, Snapshots, Store};

#[path = "../tests/common/road.rs"]
mod road;

use road::{Road, START_MS};

const REPORTS_A_COMMIT: usize = 1000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder on the disk to measure"));
    let seals = arguments
        .next()
        .map_or(1000, |text| text.parse().expect("how many seals"));
    let commits = arguments
        .next()
        .map_or(500, |text| text.parse().expect("how many commits"));
    let opened = Store::open(folder.join("store"), Options::default()).expect("a store");
    let mut road = Road::new(seals);

    let mut times = Vec::new();
    let mut bodies = Vec::new();
    for commit in 1..=commits {
        let batch = road.batch(commit, REPORTS_A_COMMIT);
        let started = Instant::now();
        opened.store.commit(&batch).expect("a commit");
        times.push(started.elapsed());
        if commit <= 200 {
            bodies.push(
                opened
                    .reader
                    .staged_after(commit - 1, commit, 1)
                    .expect("the row")[0]
                    .body
                    .clone(),
            );
        }
        if commit % 200 == 0 {
            opened.store.checkpoint().expect("a checkpoint");
        }
    }
    let reports = commits as usize * REPORTS_A_COMMIT;
    tell("durable commits", &mut times, reports);
    tell(
        "bare append and sync",
        &mut appended(&folder, &bodies),
        bodies.len() * REPORTS_A_COMMIT,
    );
    let staged_bytes: usize = bodies.iter().map(Vec::len).sum();
    println!(
        "staged: {:.1} bytes a report",
        staged_bytes as f64 / (bodies.len() * REPORTS_A_COMMIT) as f64
    );
    compact(&opened, commits, reports);
}

fn appended(folder: &Path, bodies: &[Vec<u8>]) -> Vec<Duration> {
    let mut file = File::create(folder.join("reference")).expect("a file");
    let append = |body: &Vec<u8>| {
        let started = Instant::now();
        file.write_all(body)
            .and_then(|()| file.sync_data())
            .expect("appended");
        started.elapsed()
    };
    bodies.iter().map(append).collect()
}

fn tell(what: &str, times: &mut [Duration], reports: usize) {
    times.sort_unstable();
    let total: Duration = times.iter().sum();
    let at = |part: usize| times[(times.len() - 1) * part / 1000].as_secs_f64() * 1000.0;
    println!(
        "{what}: {:.0} reports/s, median {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        reports as f64 / total.as_secs_f64(),
        at(500),
        at(990),
        at(1000)
    );
}

fn compact(opened: &Opened, commits: u64, reports: usize) {
    let snapshots = Snapshots::new(opened.store.folder(), 0);
    let position = Position {
        commit: commits,
        seq: 0,
    };
    snapshots
        .write(position, [0; 32], &State::default().freeze())
        .expect("a snapshot");
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    let mut compactor = Compactor::new(store, reader, snapshots, Rules::default());
    let started = Instant::now();
    let mut next = commits;
    loop {
        match compactor
            .step(ServerTime::from_unix_ms(START_MS + 1_000_000_000))
            .expect("a step")
        {
            Progress::Idle => break,
            Progress::Sealed { input, .. } => {
                next += 1;
                vouch(opened, input, next);
            }
            Progress::Deleted { .. } | Progress::Merged { .. } => {}
        }
    }
    let took = started.elapsed().as_secs_f64();
    opened.store.checkpoint().expect("a checkpoint");
    let bytes = std::fs::metadata(opened.store.folder().history())
        .expect("the file")
        .len();
    println!(
        "compacted: {:.0} reports/s, {:.1} bytes a report in history.db",
        reports as f64 / took,
        bytes as f64 / reports as f64
    );
}

fn vouch(opened: &Opened, input: Input, commit: u64) {
    let Input::HistorySealed {
        from_commit,
        until_commit,
        hashes,
    } = input
    else {
        return;
    };
    let entry = segel_model::Entry {
        version: segel_model::entry::ENTRY_VERSION,
        seq: opened.store.position().seq + 1,
        commit,
        ordinal: 0,
        at: ServerTime::from_unix_ms(START_MS),
        shard: 0,
        virtual_time: false,
        cause: segel_model::entry::Cause::Input(Input::Tick),
        events: vec![Event::HistorySealed {
            from_commit,
            until_commit,
            hashes,
        }],
    };
    let mut batch = Batch::new(commit, entry.at);
    batch.entries.push(segel_store::Journaled {
        entry,
        subjects: Vec::new(),
    });
    opened.store.commit(&batch).expect("a commit");
}
