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

use segel_custody::{Stamp, State};
use segel_model::input::ReportInput;
use segel_model::observed::{CorridorPlace, Side};
use segel_model::report::Protocol;
use segel_model::rulebook::Rulebook;
use segel_model::seal::SealRegistration;
use segel_model::{DeviceId, Event, Input, OrganisationId, SealId, ServerTime};
use segel_store::history::Rules;
use segel_store::{Batch, Compactor, Opened, Options, Position, Progress, Snapshots, Staged, Store};
use segel_wire::calendar::Clock;
use segel_wire::jointech::place::{Place, Said};
use segel_wire::jointech::record::{CellTail, FenceTail, Record};
use segel_wire::jointech::status::Status;

const REPORTS_A_COMMIT: usize = 1000;
const START_MS: i64 = 1_700_000_000_000;
const INTERVAL_S: i64 = 30;

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
        let batch = road.batch(commit);
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

/// Seals on the road, each with its own way of driving.
struct Road {
    state: State,
    rules: Rulebook,
    seals: Vec<Driving>,
    next: usize,
    round: i64,
    chance: u64,
}

struct Driving {
    device: u64,
    latitude_e4: f64,
    longitude_e4: f64,
    course_deg: f64,
    speed_kn: f64,
    battery: u8,
    serial: u8,
    cell: u16,
    progress_m: f64,
    delay_ms: i64,
}

impl Road {
    fn new(seals: u64) -> Self {
        let mut road = Self {
            state: State::default(),
            rules: toml::from_str(include_str!("../../../rules/default.toml")).expect("the rulebook"),
            seals: Vec::new(),
            next: 0,
            round: 0,
            chance: 7,
        };
        for seal in 1..=seals {
            road.register(seal);
        }
        road
    }

    fn register(&mut self, seal: u64) {
        let device = 7_500_000_000 + seal * 17;
        let registration = SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(device.to_string()),
            label: format!("JT701-{seal:06}"),
            profile: "jt701d".into(),
            provider: OrganisationId(1),
            pool: None,
            certificate: None,
        };
        let stamp = Stamp {
            at: ServerTime::from_unix_ms(START_MS),
            principal: None,
        };
        segel_custody::apply(
            &mut self.state,
            &Event::SealRegistered {
                seal: SealId(seal),
                registration,
            },
            &stamp,
        );
        let driving = Driving {
            device,
            latitude_e4: 4_170_000.0 + self.between(0.0, 50_000.0),
            longitude_e4: 66_240_000.0 + self.between(0.0, 50_000.0),
            course_deg: self.between(0.0, 360.0),
            speed_kn: self.between(0.0, 40.0),
            battery: 60 + (seal % 40) as u8,
            serial: seal as u8,
            cell: seal as u16,
            progress_m: 0.0,
            delay_ms: 300,
        };
        self.seals.push(driving);
    }

    fn batch(&mut self, commit: u64) -> Batch {
        let mut batch = Batch::new(commit, self.now());
        batch.staged = (0..REPORTS_A_COMMIT as u32)
            .map(|ordinal| self.report(ordinal))
            .collect();
        batch
    }

    fn now(&self) -> ServerTime {
        let share = self.next as i64 * INTERVAL_S * 1000 / self.seals.len() as i64;
        ServerTime::from_unix_ms(START_MS + self.round * INTERVAL_S * 1000 + share)
    }

    fn report(&mut self, ordinal: u32) -> Staged {
        let said = self.now();
        let at = self.next;
        self.drive(at);
        self.next += 1;
        if self.next == self.seals.len() {
            (self.next, self.round) = (0, self.round + 1);
        }
        let driving = &self.seals[at];
        let record = driving.record(said);
        let received = said.plus_ms(driving.delay_ms);
        let report = record.report(received);
        let raw = record.encode();
        let input = Input::Report(ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report,
        });
        let decision = segel_custody::decide(&self.state, &input, received, &self.rules);
        let mut observed = decision.observed.expect("a report is judged");
        segel_custody::observe(&mut self.state, &observed);
        if let Some(place) = &mut observed.place {
            let progress_m = driving.progress_m as f32;
            place.corridor = Some(CorridorPlace {
                outside_m: 0.0,
                side: Side::Inside,
                piece: None,
                progress_m,
                segment: 3,
            });
        }
        Staged {
            ordinal,
            protocol: Protocol::Jointech,
            profile: "jt701d".into(),
            decoder_version: 1,
            device: DeviceId(driving.device.to_string()),
            peer: Some(
                (
                    [10, 20, (driving.device >> 8) as u8, driving.device as u8],
                    40_000,
                )
                    .into(),
            ),
            received,
            raw,
            observed,
            note: String::new(),
        }
    }

    fn drive(&mut self, at: usize) {
        let (turn, push, cell, sats) = (
            self.between(-8.0, 8.0),
            self.between(-4.0, 4.0),
            self.between(0.0, 20.0),
            self.between(0.0, 400.0),
        );
        let driving = &mut self.seals[at];
        driving.course_deg = (driving.course_deg + turn).rem_euclid(360.0);
        driving.speed_kn = (driving.speed_kn + push).clamp(0.0, 45.0);
        let step_e4 = driving.speed_kn * INTERVAL_S as f64 / 3600.0 * 10_000.0;
        driving.latitude_e4 += step_e4 * driving.course_deg.to_radians().cos();
        driving.longitude_e4 += step_e4 * driving.course_deg.to_radians().sin();
        driving.progress_m += driving.speed_kn * 0.514_444 * INTERVAL_S as f64;
        driving.serial = driving.serial.wrapping_add(1);
        driving.delay_ms = 250 + sats as i64;
        if cell < 1.0 {
            driving.cell = driving.cell.wrapping_mul(31).wrapping_add(7);
        }
    }

    /// Chance that repeats itself in every run.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        low + (high - low) * (self.chance >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Degrees and minutes as the frame writes them: whole degrees, then minutes in ten-thousandths.
fn digits(minutes_e4: f64) -> u32 {
    let whole = minutes_e4 as u32;
    whole / 600_000 * 1_000_000 + whole % 600_000
}

impl Driving {
    fn record(&self, said: ServerTime) -> Record {
        Record {
            device: self.device,
            version: 0x19,
            device_type: 1,
            data_type: 1,
            place: Place {
                clock: Said::At(Clock::from_unix_ms(said.unix_ms)),
                latitude: Some(digits(self.latitude_e4)),
                longitude: Some(digits(self.longitude_e4)),
                flags: 0b1101,
                speed_kn: self.speed_kn as u8,
                course_half_deg: (self.course_deg / 2.0) as u8,
            },
            mileage_km: (self.progress_m / 1000.0) as u32 + 2000,
            satellites: 8 + (self.serial & 3),
            vehicle: 0,
            status: Status(0x20E0),
            battery: self.battery,
            cell_low: self.cell,
            lac: 10_342,
            csq: 20 + (self.serial.wrapping_mul(37) >> 5),
            fence: Some(FenceTail {
                fence: 0,
                expanded: 1,
                mnc_high: 0,
                reserved: 0,
            }),
            cell: Some(CellTail {
                imei: [0x0f; 8],
                cell_high: 0,
                mcc: 510,
                mnc_low: 10,
            }),
            serial: self.serial,
        }
    }
}
