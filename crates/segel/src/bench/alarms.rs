//! From the bytes of a cut rope to the alarm on the live stream, as a browser gets it: over HTTP, in another process than
//! the server. Then the seals report as fast as they can, and an officer works and pages are read in that flood.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use segel_sim::client::Client;
use segel_sim::convoy::Line;
use segel_sim::histogram::Histogram;
use segel_sim::seal::moment::Status;
use serde_json::{Value, json};

use super::program::{Load, Loaded};
use super::rates::{half_of_full, spread};
use super::table::{Promise, Reading, Table};
use super::town::{Group, Town};
use super::{Setting, ms, reference};

/// The load gets under way before the first rope is cut.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Between two cuts, two decisions and two reads: a person's pace would take all day.
const PAUSE: Duration = Duration::from_millis(5);
/// An alarm that takes longer has not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// A cut, a decision or a read takes at most about so long, pause included; a load lasts for all of them.
const STEP_TAKES: Duration = Duration::from_millis(40);
/// What a page of the web app reads.
const SYNC: &str = "append and sync of 96 KiB, p99";

/// An alarm as the stream told it.
struct Told {
    trip: u64,
    alarm: u64,
    at: Instant,
}

/// Half load with cut ropes, then the flood.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let town = Town::open(setting, "alarms")?;
    let half = half_of_full(setting, &town)?;
    let syncs = reference::syncs(&setting.folder)?;
    let probes = probes(&town)?;
    let lasting = FIRST_PAUSE + STEP_TAKES * probes.len() as u32;
    let load = Load {
        rate: Some(half),
        ..town.load(Group::REPORTING, setting.size().usual, lasting)
    };
    let stream = town.officer()?.follow_live()?;
    let ((alarms, told), loaded) = beside(&load, || cut(probes, stream))?;
    let mut tell = |name: &str, latency: &Histogram, limit, loaded: &Loaded| {
        let reading = Reading::of(format!("{name}, p99"), "ms", ms(latency.quantile(0.99)))
            .beside(SYNC, ms(syncs.quantile(0.99)))
            .promised(limit)
            .remarking(format!(
                "{}; beside {:.0} reports/s",
                spread(latency),
                loaded.per_second
            ));
        table.take("alarms", reading);
    };
    let limit = Promise::AtMost(50.0);
    tell(
        "half load: a rope is cut, to its alarm on the live stream",
        &told,
        limit,
        &loaded,
    );

    let load = Load { rate: None, ..load };
    let ((commands, reads), loaded) = beside(&load, || flooded(&town, &alarms))?;
    tell(
        "full flood: an officer acknowledges an alarm",
        &commands,
        limit,
        &loaded,
    );
    for (name, latency) in &reads {
        tell(&format!("full flood: {name}"), latency, limit, &loaded);
    }
    town.program.kill()
}

/// Does something while the seals report; the load goes on for as long as it was told to.
fn beside<T>(load: &Load, work: impl FnOnce() -> Result<T>) -> Result<(T, Loaded)> {
    let loading = load.start()?;
    std::thread::sleep(FIRST_PAUSE.min(load.lasting / 2));
    let done = work()?;
    Ok((done, loading.end()?))
}

/// Sealed containers under way, each with its line to the server; each has said once that it is sealed.
fn probes(town: &Town) -> Result<Vec<(u64, Line)>> {
    let connect = |(trip, device): &(u64, u64)| {
        let mut line = Line::connect(town.program.jointech, *device, town.road.standing())?;
        line.moment().status = Status::SEALED;
        line.report()?;
        Ok((*trip, line))
    };
    town.cuts().iter().map(connect).collect()
}

/// Cuts one rope after the other; gives the alarms, and how long each took from the first byte written to its line.
fn cut(probes: Vec<(u64, Line)>, stream: impl BufRead + Send + 'static) -> Result<(Vec<u64>, Histogram)> {
    let (tell, told) = channel();
    // It ends with the server, which ends the stream.
    std::thread::spawn(move || listen(stream, &tell));
    let (mut alarms, mut latency) = (Vec::with_capacity(probes.len()), Histogram::default());
    for (trip, mut line) in probes {
        line.moment().status.rope_cut = true;
        let began = Instant::now();
        line.report()?;
        let alarm = wait_for(&told, trip)?;
        latency.add(alarm.at.saturating_duration_since(began));
        alarms.push(alarm.alarm);
        std::thread::sleep(PAUSE);
    }
    Ok((alarms, latency))
}

fn listen(stream: impl BufRead, tell: &Sender<Told>) {
    for line in stream.lines() {
        let at = Instant::now();
        let Ok(line) = line else { return };
        let Some(data) = line
            .strip_prefix("data:")
            .filter(|data| data.contains("alarm_raised"))
        else {
            continue;
        };
        let Ok(entry) = serde_json::from_str::<Value>(data.trim_start()) else {
            continue;
        };
        for alarm in raised(&entry, at) {
            if tell.send(alarm).is_err() {
                return;
            }
        }
    }
}

fn raised(entry: &Value, at: Instant) -> Vec<Told> {
    let happened = entry["happened"].as_array().map_or(&[][..], Vec::as_slice);
    let raised = happened.iter().filter(|event| event["kind"] == "alarm_raised");
    raised
        .filter_map(|event| {
            Some(Told {
                trip: event["trip"].as_u64()?,
                alarm: event["alarm"].as_u64()?,
                at,
            })
        })
        .collect()
}

fn wait_for(told: &Receiver<Told>, trip: u64) -> Result<Told> {
    loop {
        let alarm = told
            .recv_timeout(PATIENCE)
            .with_context(|| format!("no alarm came for trip {trip}, whose rope was cut"))?;
        if alarm.trip == trip {
            return Ok(alarm);
        }
    }
}

/// What the reads of a page took, by what was read.
type Reads = Vec<(&'static str, Histogram)>;

/// An officer decides one alarm after the other while somebody else reads pages.
fn flooded(town: &Town, alarms: &[u64]) -> Result<(Histogram, Reads)> {
    let (officer, reader) = (town.officer()?, town.officer()?);
    let trips: Vec<u64> = town.cuts().iter().map(|(trip, _)| *trip).collect();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| read_pages(&reader, &trips, &over));
        let commands = decide(&officer, alarms);
        over.store(true, Ordering::Relaxed);
        let reads = reading.join().expect("a reader does not panic");
        Ok((commands?, reads?))
    })
}

fn decide(officer: &Client, alarms: &[u64]) -> Result<Histogram> {
    let mut latency = Histogram::default();
    for alarm in alarms {
        let asked = Instant::now();
        officer.post(&format!("/alarms/{alarm}/acknowledge"), json!({}))?;
        latency.add(asked.elapsed());
        std::thread::sleep(PAUSE);
    }
    Ok(latency)
}

fn read_pages(reader: &Client, trips: &[u64], over: &AtomicBool) -> Result<Reads> {
    let names = ["the list of trips", "one trip", "a page of one trip's positions"];
    let mut reads: Reads = names.map(|name| (name, Histogram::default())).into();
    let mut rounds = trips.iter().cycle();
    while !over.load(Ordering::Relaxed) {
        let trip = rounds.next().context("nobody is under way")?;
        let pages = [
            "/trips?limit=50".to_owned(),
            format!("/trips/{trip}"),
            format!("/trips/{trip}/reports?limit=50"),
        ];
        for (page, (name, latency)) in pages.iter().zip(&mut reads) {
            let asked = Instant::now();
            let read = reader.get(page)?;
            latency.add(asked.elapsed());
            ensure!(!read.is_null(), "{name} is empty");
            std::thread::sleep(PAUSE);
        }
    }
    Ok(reads)
}
