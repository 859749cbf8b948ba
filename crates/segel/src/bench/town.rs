//! The world of the bench: a Segel with people, an approved route and thousands of sealed containers under way, all sent off
//! through the API and the wire as the SOP wants it. That takes minutes, so it is done once; each section gets a copy of
//! the folder, starts Segel in it and cannot disturb another.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use segel_sim::cast::{Cast, EMAS};
use segel_sim::client::{Client, accept_invitation, figure, random_key};
use segel_sim::convoy::{Convoy, Road};
use segel_sim::story::{Pace, Stage};
use segel_sim::tempo::Tempo;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Setting;
use super::program::{Load, Loaded, Program};

/// Pieces of the route that every seal travels.
pub const PIECES: u32 = 200;
/// So many containers are prepared at once: commits are shared, as in a large office.
const AT_ONCE: usize = 24;
/// How long a Segel may have to do after its start,
const SETTLES_MAX: Duration = Duration::from_secs(120);
/// how long it is looked at,
const SETTLE_LOOK: Duration = Duration::from_secs(1);
/// and how many seconds of a processor it may use meanwhile and be at rest.
const SETTLED_S: f64 = 0.25;
/// How long seals report before they are measured.
const WARMING: Duration = Duration::from_secs(3);
/// Containers of one document: small, because each step of a trip reads its document again.
const PER_DOCUMENT: u32 = 40;
/// Containers of a group at most: groups are numbered so far apart.
const IN_GROUP_MAX: u32 = 100_000;
/// The longest interval a route may have: thousands of seals that are not connected in a group must not fall silent, each with
/// an alarm, in the middle of what is measured. The load reports far oftener.
const INTERVAL_S: u32 = 1800;
/// The counter of reports that were judged against a corridor.
const JUDGED: &str = "segel_engine_corridor_judged_total";
/// Open connections of seals.
const CONNECTIONS: &str = "segel_gateway_connections{protocol=\"jointech\"}";
/// Streams of one person at most, as the API allows.
const STREAMS_OF_PERSON: u32 = 10;
/// What should be so within a moment is waited for so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Seals that are there for one purpose; they and their containers are numbered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    number: u32,
}

impl Group {
    /// On trips; they report.
    pub const REPORTING: Self = Self { number: 1 };
    /// On trips; their ropes are cut.
    pub const CUT: Self = Self { number: 2 };
    /// In stock: connected, on no trip.
    pub const IDLE: Self = Self { number: 3 };

    /// The number of one of its seals.
    pub fn device(self, number: u32) -> u64 {
        7_000_000_000 + u64::from(self.number * IN_GROUP_MAX + number)
    }
}

/// How many of each group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// Seals on trips that report.
    pub reporting: u32,
    /// Seals on trips whose ropes are cut.
    pub cut: u32,
    /// Seals in stock.
    pub idle: u32,
    /// Streams that watch.
    pub watchers: u32,
}

/// A folder in which everything is under way, and who may go in.
#[derive(Debug, Clone)]
pub struct Prepared {
    folder: PathBuf,
    roll: Roll,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Roll {
    crowd: Crowd,
    cast: Cast,
    /// Name and password of officers whose screens follow the live stream.
    watchers: Vec<(String, String)>,
    /// Trips whose seals will be cut, and the numbers of the seals.
    cuts: Vec<(u64, u64)>,
}

impl Prepared {
    /// What was prepared in that folder before, if it is as large as wanted; else it is prepared now.
    pub fn in_folder(folder: &Path, crowd: Crowd) -> Result<Self> {
        let list = folder.join("roll.json");
        if let Ok(text) = fs::read(&list) {
            let roll: Roll = serde_json::from_slice(&text).context("could not read who was prepared")?;
            if roll.crowd != crowd {
                bail!("{} holds another crowd: {:?}", folder.display(), roll.crowd);
            }
            // Snapshots of another build are passed over: they are written anew, so that no group pays for that.
            Program::start(folder)?.stop()?;
            return Ok(Self {
                folder: folder.to_owned(),
                roll,
            });
        }
        let began = Instant::now();
        fs::create_dir_all(folder).context("could not create a folder")?;
        let roll = prepare(folder, crowd)?;
        fs::write(&list, serde_json::to_vec(&roll)?).context("could not write who was prepared")?;
        let took_s = began.elapsed().as_secs_f64();
        eprintln!("prepared {crowd:?} through the API in {took_s:.0} s");
        Ok(Self {
            folder: folder.to_owned(),
            roll,
        })
    }
}

/// A Segel that was off for hours has limits of thousands of trips to look at: what it then does for some seconds is no part of
/// a measurement.
pub fn settle(program: &Program) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < SETTLES_MAX {
        let before = program.usage()?.cpu_s;
        std::thread::sleep(SETTLE_LOOK);
        if program.usage()?.cpu_s - before < SETTLED_S {
            return Ok(());
        }
    }
    bail!("Segel did not come to rest within {} s", SETTLES_MAX.as_secs())
}

fn prepare(folder: &Path, crowd: Crowd) -> Result<Roll> {
    let program = Program::start(folder)?;
    let codes = program.codes.as_ref().context("the folder is not new")?;
    let cast = Cast::assemble(&program.base, &codes.0, &codes.1)?;
    let stage = stage(&program, &cast)?;
    let watchers = invite_watchers(&program, &stage, crowd.watchers.div_ceil(STREAMS_OF_PERSON))?;
    let convoy = Convoy::plan(stage, program.jointech, Road::of_pieces(PIECES), "Jalan lingkar")?;
    send_off(&convoy, Group::REPORTING, crowd.reporting)?;
    let cuts = send_off(&convoy, Group::CUT, crowd.cut)?;
    in_chunks(crowd.idle, |numbers| {
        for number in numbers {
            convoy.register(Group::IDLE.device(number))?;
        }
        Ok(())
    })?;
    drop(convoy);
    program.stop()?;
    Ok(Roll {
        crowd,
        cast,
        watchers,
        cuts,
    })
}

fn stage(program: &Program, cast: &Cast) -> Result<Stage> {
    let pace = Pace {
        interval_s: INTERVAL_S,
        haste: 1.0,
    };
    Stage::set(&program.base, cast, (EMAS, "officer"), Tempo::true_time(), pace)
}

fn invite_watchers(program: &Program, stage: &Stage, count: u32) -> Result<Vec<(String, String)>> {
    let invite = |number: u32| {
        let belongs = json!({"kind": "office", "office": EMAS});
        let body = json!({"role": "customs_officer", "belongs": belongs, "valid_hours": 24});
        let issued = stage.supervisor.post("/invitations", body)?;
        let code = issued["code"].as_str().context("an invitation has no code")?;
        let (login, password) = (format!("pemantau{number}"), random_key());
        accept_invitation(&program.base, code, &login, &password, "Petugas Pemantau")?;
        Ok((login, password))
    };
    (0..count).map(invite).collect()
}

/// Sends off so many containers of a group; gives their trips and seals.
fn send_off(convoy: &Convoy, group: Group, count: u32) -> Result<Vec<(u64, u64)>> {
    let sent = Mutex::new(Vec::with_capacity(count as usize));
    in_chunks(count, |numbers| {
        let first = u64::from(group.number * IN_GROUP_MAX + numbers.start);
        let containers = Convoy::containers(first, numbers.end - numbers.start);
        let document = convoy.document(&format!("{}{:05}", group.number, numbers.start), &containers)?;
        for (number, container) in numbers.zip(&containers) {
            let underway = convoy.send_off(document, container, group.device(number))?;
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push((underway.trip, underway.device));
        }
        Ok(())
    })?;
    Ok(sent.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Many hands take chunks of so many numbers until none is left.
fn in_chunks(count: u32, work: impl Fn(std::ops::Range<u32>) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicU32::new(0);
    let hand = || -> Result<()> {
        loop {
            let first = next.fetch_add(PER_DOCUMENT, Ordering::Relaxed);
            if count <= first {
                return Ok(());
            }
            work(first..count.min(first + PER_DOCUMENT))?;
        }
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(hand)).collect();
        hands
            .into_iter()
            .try_for_each(|one| one.join().map_err(|_| anyhow!("somebody at work panicked"))?)
    })
}

/// A running Segel in a copy of what was prepared.
pub struct Town {
    /// The process.
    pub program: Program,
    /// Where its data lies.
    pub data: PathBuf,
    /// The road that all seals travel.
    pub road: Road,
    roll: Roll,
}

impl Town {
    /// Copies and starts.
    pub fn open(setting: &Setting, name: &str) -> Result<Self> {
        let prepared = setting.prepared()?;
        let folder = setting.folder.join(name);
        copy(&prepared.folder.join("data"), &folder.join("data"))?;
        let program = Program::start(&folder)?;
        settle(&program)?;
        Ok(Self {
            program,
            data: folder.join("data"),
            road: Road::of_pieces(PIECES),
            roll: prepared.roll,
        })
    }

    /// The officer of the port.
    pub fn officer(&self) -> Result<Client> {
        self.roll.cast.sign_in(&self.program.base, "officer")
    }

    /// The screens that watch: so many streams, ten of each person.
    pub fn watchers(&self) -> Result<Vec<Client>> {
        let sign_in =
            |(login, password): &(String, String)| Client::sign_in(&self.program.base, login, password);
        let people: Vec<Client> = self.roll.watchers.iter().map(sign_in).collect::<Result<_>>()?;
        let streams = people.iter().cycle().take(self.roll.crowd.watchers as usize);
        Ok(streams.cloned().collect())
    }

    /// Trips whose seals can be cut, and the numbers of the seals.
    pub fn cuts(&self) -> &[(u64, u64)] {
        &self.roll.cuts
    }

    /// A load of the seals of a group, one report of each under way, as fast as acknowledgements come.
    pub fn load(&self, group: Group, seals: u32, lasting: Duration) -> Load {
        Load {
            target: self.program.jointech,
            seals,
            first_id: group.device(0),
            rate: None,
            in_flight: 1,
            lasting,
            hold: Duration::ZERO,
            road: self.road.middle(),
        }
    }

    /// How many reports were judged against a corridor.
    pub fn judged(&self) -> Result<u64> {
        figure(&self.program.base, JUDGED)
    }

    /// Lets the seals of a load report for a moment, uncounted: the first word after hours of silence ends alarms and starts
    /// clocks, and belongs to no measurement of reports.
    pub fn warm_up(&self, load: &Load) -> Result<()> {
        let warming = Load {
            lasting: load.lasting.min(WARMING),
            ..*load
        };
        warming.run().map(drop)
    }

    /// A load of seals on trips, and a sentence on how many reports were judged: every one, or it is no measurement.
    pub fn loaded(&self, load: &Load) -> Result<(Loaded, String)> {
        let before = self.judged()?;
        let loaded = load.run()?;
        let judged = self.judged()? - before;
        if judged != loaded.acknowledged {
            bail!(
                "{judged} of {} reports were judged against a corridor",
                loaded.acknowledged
            );
        }
        Ok((
            loaded,
            format!("all {judged} reports were judged against their corridor"),
        ))
    }

    /// Waits until so many seals are connected.
    pub fn await_connections(&self, count: u32) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while figure(&self.program.base, CONNECTIONS)? != u64::from(count) {
            if until < Instant::now() {
                bail!("not all of {count} seals came");
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).context("could not create a folder")?;
    for entry in fs::read_dir(from).with_context(|| format!("could not list {}", from.display()))? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("an entry has a name")?);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("could not copy {}", path.display()))?;
        }
    }
    Ok(())
}
