//! Whole worlds under one seed: all of Segel but sockets and HTTP on one thread, with a virtual clock and network, seals of
//! many moods, people, an SKP with bad days, crashes, disk faults and clocks that are set.
//!
//! A world is played to its end, then the laws are asked of what it left behind (`laws`). The same seed gives the same world,
//! event for event, so a seed that once failed is a test.

pub mod dice;
pub mod cast;
pub mod door;
pub mod segel;
pub mod skp;
pub mod seals;
pub mod people;
pub mod laws;
mod order;
mod planted;
mod tally;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use segel_model::event::Subject;
use segel_model::trip::TripState;
use segel_model::{Command, Rulebook, TripId};
use segel_server::ask::{Answer, IdempotencyKey, Side, Verdict};
use segel_server::clock::Hand;
use segel_sim::seal::device::Device;
use sha2::{Digest, Sha256};

use cast::{BEGINNING, ROAD_KM, SEALS, Who, asked};
use dice::Dice;
use laws::Broken;
use people::{CARD, Job, STOLEN_CARD, Wish};
use seals::{Deed, Mood, Seal};
use segel::Segel;
use skp::Office;

pub use planted::Planted;
pub use tally::Tally;

/// Lines of the trace that are kept to be shown.
const TAIL_LINES: usize = 60;
/// When a world begins, after its template was made.
const START_MS: i64 = BEGINNING.unix_ms + 3_600_000;

/// How a world ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// What occurred.
    pub tally: Tally,
    /// A hash over every entry of its journal, every word to SKP and its last state.
    pub trace: String,
    /// The laws that were broken.
    pub broken: Vec<Broken>,
    /// The last lines of what happened.
    pub tail: Vec<String>,
}

/// What a person asked and was told.
struct Asking {
    who: Who,
    command: Command,
    key: IdempotencyKey,
    answer: Answer,
    wrong: bool,
}

/// What can be done to a seal by hand.
type Act = fn(&Device);

/// A world that is being played.
pub struct World {
    dice: Dice,
    planted: Planted,
    rules: Arc<Rulebook>,
    place: PathBuf,
    lives: u32,
    hand: Hand,
    true_ms: i64,
    end_ms: i64,
    tick_ms: i64,
    segel: Option<Segel>,
    down_until_ms: i64,
    /// When nobody listened, in true time.
    absences: Vec<(i64, i64)>,
    /// True time by server time.
    moments: BTreeMap<i64, i64>,
    clock_was_set: bool,
    fault_planted: bool,
    seals: Vec<Seal>,
    jobs: Vec<Job>,
    office: Office,
    asked: Vec<Asking>,
    keys: u64,
    broken: Vec<Broken>,
    tally: Tally,
    tail: VecDeque<String>,
}

/// Plays the world of a seed and asks the laws.
pub fn play(seed: u64, planted: Planted) -> Result<Outcome> {
    let place = tempfile::Builder::new()
        .prefix("segel-world-")
        .tempdir_in(workplace())?;
    let mut world = World::new(seed, planted, place.path())?;
    while world.true_ms < world.end_ms {
        world.tick()?;
    }
    world.finish(seed)
}

/// A folder in memory where there is one: a world syncs a thousand times.
fn workplace() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.into()
    } else {
        std::env::temp_dir()
    }
}

/// The rules that come with the program.
fn rulebook() -> Result<Arc<Rulebook>> {
    let text = include_str!("../../../rules/default.toml");
    Ok(Arc::new(segel_server::rules::load(text)?))
}

/// The store every world begins with, made once in this process.
fn template() -> Result<&'static Path> {
    static TEMPLATE: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    let made = TEMPLATE.get_or_init(|| {
        let make = || -> Result<tempfile::TempDir> {
            let folder = tempfile::tempdir_in(workplace())?;
            cast::make_template(folder.path(), &rulebook()?)?;
            Ok(folder)
        };
        make().map_err(|failure| format!("{failure:#}"))
    });
    made.as_ref()
        .map(tempfile::TempDir::path)
        .map_err(|failure| anyhow::anyhow!("the template of all worlds: {failure}"))
}

impl World {
    fn new(seed: u64, planted: Planted, place: &Path) -> Result<Self> {
        let mut dice = Dice::new(seed);
        let end_ms = START_MS + dice.between(90, 180) * 60_000;
        let tick_ms = dice.between(6, 20) * 1000;
        let seals = (0..SEALS)
            .map(|number| Seal::new(number, dice.split(), (START_MS, end_ms)))
            .collect();
        let jobs = (0..dice.between(1, 3) as usize)
            .map(|number| Job::new(number, &mut dice, START_MS))
            .collect();
        let outages = (0..dice.between(0, 2))
            .map(|_| {
                let from = dice.between(START_MS, end_ms);
                (from, from + dice.between(1, 90) * 60_000)
            })
            .collect();
        let office = Office::new(dice.split(), outages, planted == Planted::SkpReversed);
        let mut world = Self {
            dice,
            planted,
            rules: rulebook()?,
            place: place.into(),
            lives: 0,
            hand: Hand::at(segel_model::ServerTime::from_unix_ms(START_MS)),
            true_ms: START_MS,
            end_ms,
            tick_ms,
            segel: None,
            down_until_ms: START_MS,
            absences: vec![(i64::MIN, START_MS)],
            moments: BTreeMap::new(),
            clock_was_set: false,
            fault_planted: false,
            seals,
            jobs,
            office,
            asked: Vec::new(),
            keys: 0,
            broken: Vec::new(),
            tally: Tally::default(),
            tail: VecDeque::new(),
        };
        segel::copy(template()?, &world.folder())?;
        world.tally.moods(&world.seals);
        world.start()?;
        Ok(world)
    }

    fn folder(&self) -> PathBuf {
        self.place.join(format!("life-{}", self.lives))
    }

    fn say(&mut self, what: impl FnOnce() -> String) {
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        let at_s = (self.true_ms - START_MS) / 1000;
        let line = format!(
            "{}:{:02}:{:02} {}",
            at_s / 3600,
            at_s / 60 % 60,
            at_s % 60,
            what()
        );
        if std::env::var_os("SEGEL_WORLD_TOLD").is_some() {
            eprintln!("{line}");
        }
        self.tail.push_back(line);
    }

    fn breaks(&mut self, law: &'static str, what: String) {
        self.say(|| format!("BROKEN {law}: {what}"));
        self.broken.push(Broken { law, what });
    }

    fn start(&mut self) -> Result<()> {
        let line = self.office.line();
        let segel = Segel::start(&self.folder(), &self.hand, &self.rules, self.planted, Some(line))?;
        if let Some(last) = self.absences.last_mut() {
            last.1 = self.true_ms;
        }
        self.segel = Some(segel);
        self.say(|| "segel starts".into());
        Ok(())
    }

    /// One moment of the world.
    fn tick(&mut self) -> Result<()> {
        self.true_ms += self.tick_ms;
        self.hand.pass_ms(self.tick_ms);
        self.office.set_time(self.true_ms);
        if self.segel.is_none() && self.down_until_ms <= self.true_ms {
            self.start()?;
        }
        self.set_clock();
        self.drive();
        self.suffer();
        let dies_at = self.dice.once_in(500).then(|| self.dice.below(4));
        let before = self.disk_before(dies_at)?;
        self.seals_speak();
        if dies_at == Some(0) {
            return self.die("with reports in its lanes", before);
        }
        self.converse();
        if dies_at == Some(1) {
            return self.die("after a commit, before the seals heard of it", before);
        }
        self.seals_listen();
        self.people_act();
        if dies_at == Some(2) {
            return self.die("after people were answered", before);
        }
        if let Some(segel) = &mut self.segel {
            segel.housekeeping()?;
        }
        self.converse();
        self.seals_listen();
        self.end_of_tick(dies_at, before)
    }

    fn end_of_tick(&mut self, dies_at: Option<usize>, before: Option<PathBuf>) -> Result<()> {
        let failed = self.segel.as_ref().and_then(Segel::failure);
        if let Some(why) = failed {
            if !self.fault_planted {
                self.breaks("the engine stops only for its disk", why);
            }
            self.tally.disk_faults += 1;
            return self.die("because a commit was refused", before);
        }
        if dies_at == Some(3) {
            return self.die("at rest", before);
        }
        if self.segel.is_some() && self.dice.once_in(1000) {
            return self.stop();
        }
        if self.segel.is_some() && !self.fault_planted && self.dice.once_in(1500) {
            planted::refuse_commits(&self.folder())?;
            self.fault_planted = true;
            self.say(|| "the disk refuses commits from now on".into());
        }
        Ok(())
    }

    /// Planted: the disk as it was before this moment is what a death leaves, as if nothing had been synced.
    fn disk_before(&self, dies_at: Option<usize>) -> Result<Option<PathBuf>> {
        let (Some(segel), Some(_), Planted::NothingSynced) = (&self.segel, dies_at, self.planted) else {
            return Ok(None);
        };
        let before = self.place.join(format!("before-{}", self.lives));
        segel.copy_disk(&before)?;
        Ok(Some(before))
    }

    fn die(&mut self, how: &str, before: Option<PathBuf>) -> Result<()> {
        let Some(segel) = self.segel.take() else {
            return Ok(());
        };
        self.lives += 1;
        let next = self.folder();
        match before {
            Some(before) => std::fs::rename(before, &next)?,
            None => segel.die(&next)?,
        }
        if std::mem::take(&mut self.fault_planted) {
            planted::allow_commits(&next)?;
        }
        self.tally.crashes += 1;
        self.away(how);
        Ok(())
    }

    fn stop(&mut self) -> Result<()> {
        let Some(segel) = self.segel.take() else {
            return Ok(());
        };
        if std::mem::take(&mut self.fault_planted) {
            planted::allow_commits(&self.folder())?;
        }
        segel.stop()?;
        self.tally.stops += 1;
        self.away("in good order");
        Ok(())
    }

    fn away(&mut self, how: &str) {
        let away_s = if self.dice.once_in(4) {
            self.dice.between(600, 2_400)
        } else {
            self.dice.between(2, 60)
        };
        self.down_until_ms = self.true_ms + away_s * 1000;
        self.absences.push((self.true_ms, i64::MAX));
        self.seals.iter_mut().for_each(Seal::cut_off);
        self.say(|| format!("segel ends {how}, for {away_s} s"));
    }

    /// Somebody sets the wall clock of the machine.
    fn set_clock(&mut self) {
        if !self.dice.once_in(2500) {
            return;
        }
        let by_ms = self.dice.between(-3_600, 3_600) * 1000;
        self.hand.step_ms(by_ms);
        self.clock_was_set = true;
        self.tally.clock_steps += 1;
        self.say(|| format!("the machine's clock is set by {} s", by_ms / 1000));
    }

    /// Where the trip of a job stands, and whether customs has let it go.
    fn state_of(&self, job: &Job) -> Option<(TripState, bool)> {
        let segel = self.segel.as_ref()?;
        segel
            .look(|state| {
                let trip = state.trip(job.trip?)?;
                Some((trip.state, trip.departure.is_some()))
            })
            .flatten()
    }

    /// Technicians put ropes in, trucks drive. While Segel is away nobody knows what may be done, and they wait.
    fn drive(&mut self) {
        for number in 0..self.jobs.len() {
            let Some((state, let_go)) = self.state_of(&self.jobs[number]) else {
                continue;
            };
            let job = &mut self.jobs[number];
            let seal = &mut self.seals[job.seal];
            if state == TripState::Installing {
                let at_ms = *job.rope_at_ms.get_or_insert(self.true_ms + 40_000);
                if at_ms <= self.true_ms && !seal.device.is_locked() {
                    seal.device.set_time(self.true_ms);
                    seal.device.put_rope_in();
                }
                continue;
            }
            let drives = job.drives(state, let_go, self.true_ms) && job.km < ROAD_KM;
            if drives {
                job.km = (job.km + job.speed_kmh * self.tick_ms as f64 / 3_600_000.0).min(ROAD_KM);
            }
            let speed_kmh = if drives { job.speed_kmh } else { 0.0 };
            seal.device.carry(job.place(), speed_kmh, 90.0);
        }
    }

    /// What bad people and gates do to seals by hand.
    fn suffer(&mut self) {
        for number in 0..self.jobs.len() {
            let Some((state, _)) = self.state_of(&self.jobs[number]) else {
                continue;
            };
            let (true_ms, trip) = (self.true_ms, self.jobs[number].trip);
            let seal = &mut self.seals[self.jobs[number].seal];
            seal.device.set_time(true_ms);
            let did = |deed| move |done: &seals::Done| done.deed == deed;
            let travels = matches!(state, TripState::InTransit | TripState::ReadyToDepart);
            let now = travels && self.dice.once_in(120) && seal.device.is_locked();
            let acts: [(Mood, Deed, Act); 3] = [
                (Mood::CutRope, Deed::RopeCut, Device::cut_rope),
                (Mood::OpenedCover, Deed::CoverOpened, Device::open_cover),
                (Mood::StolenCard, Deed::Opened, use_stolen_card),
            ];
            for (mood, deed, act) in acts {
                if now && seal.has(mood) && !seal.done.iter().any(did(deed)) {
                    seal.suffer(deed, true_ms, act);
                    self.tally.deeds += 1;
                    self.say(|| format!("{deed:?} of the seal of trip {trip:?}"));
                    break;
                }
            }
            let seal = &mut self.seals[self.jobs[number].seal];
            let gate = matches!(state, TripState::RemovalGranted) && self.dice.once_in(6);
            if gate && seal.device.is_locked() {
                seal.suffer(Deed::Opened, true_ms, |device| {
                    device.hold_card(CARD);
                });
                // A card the seal does not know opens nothing.
                if seal.device.is_locked() {
                    seal.done.pop();
                }
            }
        }
    }

    fn seals_speak(&mut self) {
        let true_ms = self.true_ms;
        let mut door = self.segel.as_mut().map(|segel| &mut segel.door);
        for seal in &mut self.seals {
            seal.live(true_ms, door.as_deref_mut());
        }
    }

    fn seals_listen(&mut self) {
        let true_ms = self.true_ms;
        let Some(segel) = &mut self.segel else { return };
        let now = segel.now();
        for seal in &mut self.seals {
            seal.listen(true_ms, now, &mut segel.door);
        }
    }

    fn converse(&mut self) {
        let Some(segel) = &mut self.segel else { return };
        segel.converse();
        self.moments.insert(segel.now().unix_ms, self.true_ms);
    }

    fn people_act(&mut self) {
        for number in 0..self.jobs.len() {
            if self.true_ms < self.jobs[number].rest_until_ms {
                continue;
            }
            let (mut job, mut dice) = (self.jobs[number].clone(), self.dice.split());
            let wish = self.looking(|state| job.next(state, &mut dice)).flatten();
            job.rest_until_ms = self.true_ms + dice.between(10, 240) * 1000;
            self.jobs[number] = job;
            if let Some(wish) = wish {
                let opens = matches!(wish.command, Command::OpenTrip(_));
                let answer = self.ask(wish);
                if let (true, Some(trip)) = (opens, answer.as_ref().and_then(opened)) {
                    self.jobs[number].trip = Some(trip);
                }
            }
        }
        if self.dice.once_in(10) {
            let mut dice = self.dice.split();
            if let Some(wish) = self.looking(|state| people::around(state, &mut dice)).flatten() {
                self.ask(wish);
            }
        }
        if self.dice.once_in(25) {
            let mut dice = self.dice.split();
            if let Some(wish) = self.looking(|state| people::wrong(state, &mut dice)).flatten() {
                self.ask(wish);
            }
        }
        if self.dice.once_in(20) {
            self.ask_again();
        }
    }

    fn looking<T>(&self, look: impl FnOnce(&segel_custody::State) -> T) -> Option<T> {
        self.segel.as_ref()?.look(look)
    }

    fn ask(&mut self, wish: Wish) -> Option<Answer> {
        self.keys += 1;
        let Wish { who, command, wrong } = wish;
        let key = IdempotencyKey {
            person: who.person(),
            key: format!("wish-{}", self.keys),
            request: Sha256::digest(format!("{command:?}")).into(),
        };
        let answer = self.put(who, &command, &key)?;
        let word = match &answer.verdict {
            Verdict::Done { .. } => "done".to_owned(),
            Verdict::Refused(why) => format!("refused: {}", why.code),
        };
        self.say(|| format!("{who:?} asks {}: {word}", command.name()));
        self.tally.commands += 1;
        self.tally.refused += u64::from(matches!(answer.verdict, Verdict::Refused(_)));
        self.asked.push(Asking {
            who,
            command,
            key,
            answer: answer.clone(),
            wrong,
        });
        Some(answer)
    }

    fn put(&self, who: Who, command: &Command, key: &IdempotencyKey) -> Option<Answer> {
        let side = Side {
            idempotency_key: Some(key.clone()),
            ..Side::default()
        };
        let asked = asked(who.principal(), command.clone(), side);
        self.segel.as_ref()?.handle().ask_blocking(asked).ok()
    }

    /// A phone that did not hear the answer asks again under the same key.
    fn ask_again(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let which = self.dice.below(self.asked.len());
        let Asking {
            who,
            command,
            key,
            answer,
            ..
        } = &self.asked[which];
        let Some(again) = self.put(*who, command, key) else {
            return;
        };
        self.tally.repeats += 1;
        if again != *answer {
            let what = format!("{}: {answer:?}, then {again:?}", command.name());
            self.breaks(laws::ASKED_TWICE, what);
        }
    }

    fn finish(mut self, seed: u64) -> Result<Outcome> {
        if self.segel.is_none() {
            self.start()?;
        }
        self.converse();
        let segel = self.segel.take().context("it has started")?;
        let end = laws::End::of(&self, &segel)?;
        let mut broken = std::mem::take(&mut self.broken);
        broken.extend(end.ask_all(&self, &segel)?);
        let trace = end.trace();
        end.count(&mut self.tally);
        for seal in &self.seals {
            self.tally.acknowledged += seal.acknowledged.len() as u64;
            self.tally.openings_let_out += seal.openings_let_out.len() as u64;
        }
        self.tally.skp(&self.office);
        drop(end);
        segel.stop()?;
        broken.extend(laws::stored_whole(&self.folder())?);
        Ok(Outcome {
            seed,
            tally: self.tally,
            trace,
            broken,
            tail: self.tail.into(),
        })
    }
}

fn opened(answer: &Answer) -> Option<TripId> {
    let Verdict::Done { about } = &answer.verdict else {
        return None;
    };
    about.iter().find_map(|subject| match subject {
        Subject::Trip(trip) => Some(*trip),
        _ => None,
    })
}

/// A thief lets a card in over the cable and opens with it. The seal's own word about the first is for the cable, too.
fn use_stolen_card(device: &Device) {
    let waiting = device.take_outgoing();
    device.hear(&mut format!("(P41,1,1,1,{STOLEN_CARD:010})").into_bytes());
    device.take_outgoing().clear();
    device.put_outgoing(waiting);
    device.hold_card(STOLEN_CARD);
}
