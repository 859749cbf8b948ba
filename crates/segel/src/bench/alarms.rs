//! From the bytes of a cut rope to the alarm on the live stream, as a browser gets it: over HTTP, in another process than
//! the server. The officer answers each alarm, which is the command during a flood of reports.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use segel_sim::convoy::{Line, Road, Underway};
use segel_sim::histogram::Histogram;
use segel_sim::seal::jointech::Status;
use serde_json::{Value, json};

use super::convoy::World;
use super::program::Program;

/// The load gets under way before the first rope is cut.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Between two cuts.
const PAUSE: Duration = Duration::from_millis(15);
/// An alarm that takes longer has not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sealed containers under way, each with its line to the server.
pub struct Probes(Vec<(u64, Line)>);

/// How long it took.
#[derive(Default)]
pub struct Measured {
    /// From the first byte of a cut to the line of its alarm.
    pub told: Histogram,
    /// From the officer's wish to its answer.
    pub answered: Histogram,
}

/// An alarm as the stream told it.
struct Told {
    trip: u64,
    alarm: u64,
    at: Instant,
}

impl Probes {
    /// Connects them all; each says once that it is sealed, so that its line is known.
    pub fn ready(program: &Program, road: &Road, cuts: &[Underway]) -> Result<Self> {
        let connect = |underway: &Underway| {
            let mut line = Line::connect(program.jointech, underway.device, road.standing())?;
            line.moment().status = Status::SEALED;
            line.report()?;
            Ok((underway.trip, line))
        };
        cuts.iter().map(connect).collect::<Result<_>>().map(Self)
    }

    /// How many.
    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// Cuts one rope after the other.
    pub fn cut(self, world: &World) -> Result<Measured> {
        let stream = world.officer().follow_live()?;
        let (tell, told) = channel();
        // It ends with the server, which ends the stream.
        std::thread::spawn(move || listen(stream, &tell));
        std::thread::sleep(FIRST_PAUSE);
        let mut measured = Measured::default();
        for (trip, mut line) in self.0 {
            line.moment().status.rope_cut = true;
            let began = Instant::now();
            line.report()?;
            let alarm = wait_for(&told, trip)?;
            measured.told.add(alarm.at.saturating_duration_since(began));
            let asked = Instant::now();
            let path = format!("/alarms/{}/acknowledge", alarm.alarm);
            world.officer().post(&path, json!({}))?;
            measured.answered.add(asked.elapsed());
            std::thread::sleep(PAUSE);
        }
        Ok(measured)
    }
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
