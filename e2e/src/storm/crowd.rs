//! Thousands of seals, each on a connection of its own, that all speak in one moment.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use segel_geo::Position;
use segel_measure::{Plan, START};
use segel_sim::load::{acknowledged_serial, connect_from};
use segel_sim::seal::jointech::JointechSeal;
use segel_sim::seal::moment::{Moment, Status};
use socket2::SockRef;

/// Hands that move the seals.
const HANDS: usize = 4;
/// Nobody waits longer for an acknowledgement.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two reports kept in a shadow.
const KEPT_EVERY_S: i64 = 60;
/// A piece of the road, and how fast they drive on it: forty kilometres an hour.
const PIECE_M: f64 = 250.0;
const SPEED_M_S: f64 = 11.1;
/// Where on the road they are when the world has been founded, in pieces.
const FIRST_PIECE: f64 = 20.0;

/// The seals of a founded world.
pub struct Crowd {
    number: u32,
    road: Vec<Position>,
    seals: Vec<Seal>,
    /// Connections that nobody closed, as a network that goes away leaves them.
    twins: Vec<TcpStream>,
    twins_max: usize,
}

struct Seal {
    number: u32,
    seal: JointechSeal,
    line: Option<TcpStream>,
    /// Serials that are not acknowledged yet.
    waiting: Vec<u8>,
}

/// What became of all speaking at once.
#[derive(Debug, Clone, Copy)]
pub struct Wave {
    /// Reports, all of them acknowledged.
    pub reports: u64,
    /// From the first connection or word to the last acknowledgement.
    pub took: Duration,
}

impl Crowd {
    /// The seals of a world founded here. So many half-open twins may their connections leave behind.
    pub fn of(seals: u32, road: Vec<Position>, twins_max: u32) -> Self {
        let seal = |number: u32| Seal {
            number,
            seal: JointechSeal::new(Plan::device(u64::from(number) + 1)),
            line: None,
            waiting: Vec::new(),
        };
        Self {
            number: std::process::id(),
            road,
            seals: (0..seals).map(seal).collect(),
            twins: Vec::new(),
            twins_max: twins_max as usize,
        }
    }

    /// Connections that are left half open.
    pub fn twins(&self) -> usize {
        self.twins.len()
    }

    /// The network is gone: as many connections as may be stay half open, the others are cut.
    pub fn lose_network(&mut self) -> Result<()> {
        for line in self.seals.iter_mut().filter_map(|seal| seal.line.take()) {
            if self.twins.len() < self.twins_max {
                self.twins.push(line);
            } else {
                cut(&line)?;
            }
        }
        Ok(())
    }

    /// All connect in one moment, and each says what it kept and where it is.
    pub fn comes_back(&mut self, server: SocketAddr, unix_s: i64, kept: u32) -> Result<Wave> {
        let (crowd, words) = (self.number, self.words(unix_s, kept));
        self.wave(move |seal| {
            seal.line = Some(connect_from(server, crowd, seal.number)?);
            seal.say(&words)
        })
    }

    /// All but one say where they are.
    pub fn reports_but(&mut self, silent: Option<u32>, unix_s: i64) -> Result<Wave> {
        let words = self.words(unix_s, 0);
        self.wave(|seal| match silent {
            Some(silent) if silent == seal.number => Ok(()),
            _ => seal.say(&words),
        })
    }

    /// All leave.
    pub fn leave(&mut self) -> Result<()> {
        self.twins_max = 0;
        self.lose_network()?;
        self.twins.iter().try_for_each(cut)?;
        self.twins.clear();
        Ok(())
    }

    /// What each has to say: what it kept, then where it is. They drive in a convoy.
    fn words(&self, unix_s: i64, kept: u32) -> Vec<Moment> {
        let back = (0..=i64::from(kept)).rev();
        back.map(|back| {
            let then_s = unix_s - back * KEPT_EVERY_S;
            moment(at(&self.road, then_s), then_s, back != 0)
        })
        .collect()
    }

    fn wave(&mut self, act: impl Fn(&mut Seal) -> Result<()> + Sync) -> Result<Wave> {
        let began = Instant::now();
        let hand = |seals: &mut [Seal]| -> Result<u64> {
            seals.iter_mut().try_for_each(&act)?;
            let said = seals.iter().map(|seal| seal.waiting.len() as u64).sum();
            seals.iter_mut().try_for_each(Seal::hear)?;
            Ok(said)
        };
        let share = self.seals.len().div_ceil(HANDS).max(1);
        let reports = std::thread::scope(|scope| {
            let hands: Vec<_> = self
                .seals
                .chunks_mut(share)
                .map(|seals| scope.spawn(|| hand(seals)))
                .collect();
            let joined = hands.into_iter().map(|hand| hand.join());
            joined
                .map(|done| done.unwrap_or_else(|_| Err(anyhow!("a hand panicked"))))
                .sum::<Result<u64>>()
        })?;
        Ok(Wave {
            reports,
            took: began.elapsed(),
        })
    }
}

impl Seal {
    fn say(&mut self, words: &[Moment]) -> Result<()> {
        let mut bytes = Vec::new();
        for moment in words {
            let (frame, serial) = self.seal.record(moment);
            bytes.extend(frame);
            self.waiting.push(serial);
        }
        let line = self.line.as_mut().context("it is not connected")?;
        line.write_all(&bytes)
            .with_context(|| format!("seal {} could not say anything", self.number))
    }

    fn hear(&mut self) -> Result<()> {
        let Some(line) = &mut self.line else { return Ok(()) };
        await_serials(line, &mut self.waiting)
            .with_context(|| format!("seal {} was not acknowledged", self.number))
    }
}

/// Reads until each of these serials was acknowledged.
pub(super) fn await_serials(line: &mut TcpStream, waiting: &mut Vec<u8>) -> Result<()> {
    line.set_read_timeout(Some(PATIENCE))?;
    let (mut heard, mut piece) = (Vec::new(), [0; 256]);
    while !waiting.is_empty() {
        let read = line.read(&mut piece)?;
        ensure!(read != 0, "it was hung up on");
        heard.extend(&piece[..read]);
        while let Some(end) = heard.iter().position(|byte| *byte == b')') {
            let sentence: Vec<u8> = heard.drain(..=end).collect();
            let serial = acknowledged_serial(&sentence);
            waiting.retain(|waiting| Some(*waiting) != serial);
        }
    }
    Ok(())
}

/// Where on the road the convoy is at a moment.
fn at(road: &[Position], unix_s: i64) -> Position {
    let driven_m = (unix_s - START.unix_ms / 1000) as f64 * SPEED_M_S;
    let pieces = (FIRST_PIECE + driven_m / PIECE_M).min(road.len() as f64 - 2.0);
    let (from, to, share) = (road[pieces as usize], road[pieces as usize + 1], pieces.fract());
    Position {
        lat: from.lat + (to.lat - from.lat) * share,
        lon: from.lon + (to.lon - from.lon) * share,
    }
}

pub(super) fn moment(place: Position, unix_s: i64, stored: bool) -> Moment {
    Moment {
        unix_s,
        lat: place.lat,
        lon: place.lon,
        fixed: true,
        by_cell: false,
        speed_kmh: 40.0,
        course_deg: 90.0,
        mileage_km: 1200,
        satellites: 9,
        battery_percent: 255,
        status: Status::SEALED,
        stored,
        woken_by: 1,
    }
}

/// Closed without a farewell, so that its port is free at once.
pub(super) fn cut(line: &TcpStream) -> Result<()> {
    let line = SockRef::from(line);
    line.set_linger(Some(Duration::ZERO))
        .context("could not cut a connection")
}
