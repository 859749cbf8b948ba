//! The city that the program serves while it is killed: people who joined by its invitations, containers on their way, and
//! everybody at work. It outlives every kill and remembers what was promised.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use segel_sim::cast::{Cast, EMAS};
use segel_sim::client::Client;
use segel_sim::convoy::{Convoy, PER_DOCUMENT, Road};
use segel_sim::seal::moment::{Moment, Status};
use segel_sim::story::{Pace, Stage};
use segel_sim::tempo::Tempo;

use super::InFlight;
use super::crew::{Clerk, Dispatcher, Life, Photographer, Reporter, Worker};
use super::proof::Proven;
use crate::house::{House, Running};
use crate::skp::Skp;

/// Seals that report without pause.
const REPORTERS: u32 = 6;
/// Clerks and photographers: two each, so that one is busy while the other draws breath.
const DESKS: u32 = 2;
/// Documents for the dispatcher; their containers last for more kills than anybody runs.
const DOCUMENTS: u32 = 4;
/// The device number of the first reporter.
const FIRST_REPORTER: u64 = 8_200_000_000;
/// The device number of the dispatcher's first seal.
const FIRST_DISPATCHED: u64 = 8_300_000_000;
/// Pieces of the road: as many as the promise about corridors names.
const PIECES: u32 = 200;
/// What the people of this city are not bothered with: their photos are many.
const RULES: &[(&str, &str)] = &[("max_per_trip = 60", "max_per_trip = 60000")];

/// Everything that outlives a kill.
pub struct City {
    pub(crate) house: House,
    pub(super) skp: Skp,
    pub(super) officer: Client,
    pub(super) operator: Client,
    pub(super) importer: Client,
    pub(super) reporters: Vec<Reporter>,
    pub(super) clerks: Vec<Clerk>,
    pub(super) photographers: Vec<Photographer>,
    pub(super) dispatcher: Dispatcher,
    pub(super) proven: Proven,
}

impl City {
    /// Starts the program for the first time and lets the people join. It runs no more when this returns.
    pub fn found(program: PathBuf) -> Result<Self> {
        Self::found_in(House::of(program)?)
    }

    /// The same in a house that stands.
    pub fn found_in(house: House) -> Result<Self> {
        let skp = Skp::start()?;
        house.configure(Some(&skp.account()), RULES)?;
        let running = house.start()?;
        let doors = &running.doors;
        let (customs, provider) = doors.codes.clone().context("a first start invites")?;
        let cast = Cast::assemble(&doors.base, &customs, &provider)?;
        let pace = Pace {
            interval_s: 60,
            haste: 1.0,
        };
        let stage = Stage::set(&doors.base, &cast, (EMAS, "officer"), Tempo::true_time(), pace)?;
        let road = Road::of_pieces(PIECES);
        let convoy = Convoy::plan(stage.clone(), doors.jointech, road.clone(), "Jalan lingkar")?;
        let reporters = send_reporters(&convoy, &road)?;
        let trips = reporters.1;
        let photo = |desk: u32| {
            Photographer::new(
                stage.technician.clone(),
                trips[desk as usize],
                convoy.photo().to_vec(),
                desk,
            )
        };
        let clerk = |desk: u32| Clerk::new(stage.importer.clone(), EMAS, desk + 1);
        let (photographers, clerks) = ((0..DESKS).map(photo).collect(), (0..DESKS).map(clerk).collect());
        let documents = documents(&convoy)?;
        Ok(Self {
            house,
            skp,
            officer: stage.officer.clone(),
            operator: stage.operator.clone(),
            importer: stage.importer.clone(),
            reporters: reporters.0,
            clerks,
            photographers,
            dispatcher: Dispatcher::new(convoy, documents, FIRST_DISPATCHED),
            proven: Proven::default(),
        })
    }

    /// Starts the program again; everybody learns where its doors are.
    pub fn start(&mut self) -> Result<Running> {
        let running = self.house.start()?;
        let base = &running.doors.base;
        for person in [&mut self.officer, &mut self.operator, &mut self.importer] {
            *person = person.at(base);
        }
        Ok(running)
    }

    /// Everybody works for a while, then the program is killed. Says what was under way.
    pub fn live(&mut self, running: Running, pause: Duration) -> Result<InFlight> {
        self.live_beside(running, || {
            std::thread::sleep(pause);
            Ok(())
        })
    }

    /// Everybody works while something else goes on; when that is over, the program is killed.
    pub(crate) fn live_beside(
        &mut self,
        running: Running,
        beside: impl FnOnce() -> Result<()>,
    ) -> Result<InFlight> {
        let doors = running.doors.clone();
        let Self {
            reporters,
            clerks,
            photographers,
            dispatcher,
            ..
        } = self;
        let over = AtomicBool::new(false);
        let mut workers: Vec<&mut dyn Worker> = Vec::new();
        workers.extend(reporters.iter_mut().map(|one| one as &mut dyn Worker));
        workers.extend(clerks.iter_mut().map(|one| one as &mut dyn Worker));
        workers.extend(photographers.iter_mut().map(|one| one as &mut dyn Worker));
        workers.push(dispatcher);
        let life = Life {
            base: &doors.base,
            jointech: doors.jointech,
            over: &over,
        };
        std::thread::scope(|scope| {
            let at_work: Vec<_> = workers
                .into_iter()
                .map(|worker| scope.spawn(|| worker.work(&life)))
                .collect();
            let done = beside();
            over.store(true, Ordering::SeqCst);
            running.kill()?;
            done?;
            let mut all = InFlight::default();
            for one in at_work {
                all += one.join().map_err(|_| anyhow!("somebody at work panicked"))??;
            }
            Ok(all)
        })
    }

    /// Reports acknowledged, commands answered, photos stored, so far.
    pub fn kept(&self) -> (u64, u64, u64) {
        let reports = self
            .reporters
            .iter()
            .map(|one| one.acknowledged.len() as u64)
            .sum();
        let commands: u64 = self.clerks.iter().map(|one| one.entered.len() as u64).sum();
        let photos = self.photographers.iter().map(|one| one.stored.len() as u64).sum();
        (reports, commands + self.dispatcher.sent.len() as u64, photos)
    }

    /// The same in words.
    pub fn promises(&self) -> String {
        let (reports, commands, photos) = self.kept();
        format!("promised {reports} reports, {commands} commands, {photos} photos")
    }

    /// The house, when the city is no more.
    pub(crate) fn into_house(self) -> House {
        self.house
    }

    /// Leaves the folder for a look, and says where it is.
    pub fn keep(&mut self) -> PathBuf {
        self.house.keep()
    }
}

fn send_reporters(convoy: &Convoy, road: &Road) -> Result<(Vec<Reporter>, Vec<u64>)> {
    let containers = Convoy::containers(1, REPORTERS);
    let document = convoy.document("900000", &containers)?;
    let (mut reporters, mut trips) = (Vec::new(), Vec::new());
    for (container, device) in containers.iter().zip(FIRST_REPORTER..) {
        let underway = convoy.send_off(document, container, device)?;
        reporters.push(Reporter::new(underway.seal, device, sealed_at(road)));
        trips.push(underway.trip);
    }
    Ok((reporters, trips))
}

fn documents(convoy: &Convoy) -> Result<Vec<(u64, Vec<String>)>> {
    let each = |number: u32| {
        let containers = Convoy::containers(1000 + u64::from(number * PER_DOCUMENT), PER_DOCUMENT);
        let document = convoy.document(&format!("91{number:04}"), &containers)?;
        Ok((document, containers))
    };
    (0..DOCUMENTS).map(each).collect()
}

pub(crate) fn sealed_at(road: &Road) -> Moment {
    let place = road.standing();
    Moment {
        unix_s: 0,
        lat: place.lat,
        lon: place.lon,
        fixed: true,
        by_cell: false,
        speed_kmh: 40.0,
        course_deg: 270.0,
        mileage_km: 0,
        satellites: 9,
        battery_percent: 93,
        status: Status::SEALED,
        stored: false,
        woken_by: 1,
    }
}
