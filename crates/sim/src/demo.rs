//! The demonstration's world: a past made at a run, then a present in true time with something of everything going on, and
//! three things that wait for the visitor.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use segel_geo::Position;
use serde_json::{Value, json};
use tokio::runtime::{Handle, Runtime};

use crate::cast::{Cast, EMAS, PRIOK};
use crate::client::Client;
use crate::roads::Roads;
use crate::seal::device::{Condition, Device, FACTORY_PASSWORD};
use crate::seal::languages::{JOINTECH, Language};
use crate::story::{Driver, Pace, Script, Stage, StockedSeal, Stop, Trouble};
use crate::tempo::Tempo;

/// How the present goes: a report every ten seconds, trucks in a hurry, so that a trip fits into a visit.
const PRESENT: Pace = Pace {
    interval_s: 10,
    haste: 2.2,
};
/// How the past went.
const PAST: Pace = Pace {
    interval_s: 30,
    haste: 1.0,
};
/// The past ran this much faster than the world.
pub const PAST_SPEED: f64 = 250.0;
/// How long the past lasts, from its first document to the present.
pub const PAST_LASTS: Duration = Duration::from_secs(3 * 3600);
/// Device numbers of the demonstration's seals start here.
const FIRST_DEVICE: u64 = 8_000_000_101;
/// How long a visitor who granted a removal may take to unlock it with their own hands.
const VISITOR_HAS: Duration = Duration::from_secs(90);
/// How often a container that waits is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A story that has ended begins again after this.
const INTERMISSION: Duration = Duration::from_secs(20);
/// How long a seal may take to be heard of after it was switched on, in the world's own time: it waits for the machine.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// Where the world is played.
pub struct Demo {
    /// The API, `http://127.0.0.1:8080`.
    pub base: String,
    /// The doors of seals, by the name of their protocol.
    pub seals: BTreeMap<String, SocketAddr>,
    /// The people.
    pub cast: Cast,
    roads: Roads,
    numbers: AtomicU64,
    memories: PathBuf,
}

impl Demo {
    /// A world for this server and these people; `seed` keeps container numbers of one start apart from another's, and
    /// `memories` is the folder of what the seals remember while they are switched off.
    pub fn new(
        base: &str,
        seals: BTreeMap<String, SocketAddr>,
        cast: Cast,
        seed: u64,
        memories: PathBuf,
    ) -> Result<Self> {
        Ok(Self {
            base: base.to_owned(),
            seals,
            cast,
            roads: Roads::sketch()?,
            numbers: AtomicU64::new(seed % 900_000),
            memories,
        })
    }

    /// Plays what has been: three finished trips, and one that has arrived and waits for its removal.
    pub fn past(self: &Arc<Self>, tempo: Tempo) -> Result<()> {
        let runtime = runtime()?;
        let stage = self.stage((EMAS, "officer"), tempo, PAST)?;
        let stories = [
            self.script(Yard::Kaligawe, Trouble::None, Stop::Never),
            self.script(Yard::Genuk, Trouble::Detour, Stop::Never),
            self.script(Yard::Terboyo, Trouble::LatePhotos, Stop::Never),
            self.script(Yard::Lik, Trouble::None, Stop::AtRemoval),
        ];
        let mut threads = Vec::new();
        for (place, script) in (0..).zip(stories) {
            let device = (JOINTECH, FIRST_DEVICE + place);
            let seal = self.stocked(&stage, &script, device, runtime.handle())?;
            let (demo, stage) = (Arc::clone(self), stage.clone());
            threads.push(std::thread::spawn(move || {
                let played = stage.play(&script, &seal, &demo.roads);
                played.with_context(|| format!("container {}", script.container))
            }));
        }
        for thread in threads {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a story of the past panicked"))??;
        }
        catch_up(tempo);
        Ok(())
    }

    /// Plays the present until the process ends; returns once a truck is on the road, so that a visitor sees it move.
    pub fn present(self: &Arc<Self>) -> Result<Runtime> {
        let runtime = runtime()?;
        let tempo = Tempo::true_time();
        let emas = self.stage((EMAS, "officer"), tempo, PRESENT)?;
        let priok = self.stage((PRIOK, "officer_priok"), tempo, PRESENT)?;
        self.document_to_verify(&emas)?;
        let lanes = [
            (&emas, Yard::Terboyo, Trouble::CutInBlindArea, Stop::Never),
            (&emas, Yard::Kaligawe, Trouble::None, Stop::Never),
            (&emas, Yard::Genuk, Trouble::Detour, Stop::Never),
            (&emas, Yard::Candi, Trouble::Silence, Stop::Never),
            (&emas, Yard::Lik, Trouble::None, Stop::AtRemoval),
            (&priok, Yard::Cilincing, Trouble::LatePhotos, Stop::Never),
            (&priok, Yard::Marunda, Trouble::LowBattery, Stop::Never),
        ];
        for (place, (stage, yard, trouble, stop)) in (10..).zip(lanes) {
            let device = (yard.language(), FIRST_DEVICE + place);
            let (demo, stage, handle) = (Arc::clone(self), stage.clone(), runtime.handle().clone());
            std::thread::Builder::new()
                .name(format!("story {yard:?}"))
                .spawn(move || demo.lane(&stage, yard, trouble, stop, device, &handle))
                .context("could not start a story")?;
        }
        await_first_truck(&emas);
        Ok(runtime)
    }

    /// One way's stories, one after the other.
    fn lane(
        &self,
        stage: &Stage,
        yard: Yard,
        trouble: Trouble,
        stop: Stop,
        device: SpokenDevice,
        handle: &Handle,
    ) {
        loop {
            let script = self.script(yard, trouble, stop);
            if let Err(failure) = self.next_story(stage, yard, script, device, handle) {
                tracing::warn!(story = ?yard, failure = format!("{failure:#}"), "a story of the demonstration broke off");
            }
            stage.tempo.pause(INTERMISSION);
        }
    }

    /// Takes up what an earlier run left on this way, or begins anew; then waits with whatever waits for the visitor.
    fn next_story(
        &self,
        stage: &Stage,
        yard: Yard,
        mut script: Script,
        device: SpokenDevice,
        handle: &Handle,
    ) -> Result<()> {
        let (trip, seal) = match unfinished(stage, yard)? {
            Some(left) => {
                script.container = word(&left, "container")?;
                let trip = left["id"].as_u64().context("a trip has no number")?;
                let seal = self.woken(stage, &left, handle)?;
                let gone_on = stage.go_on(&script, trip, &seal, &self.roads);
                gone_on.with_context(|| format!("container {}", script.container))?;
                (trip, seal)
            }
            None => {
                let spare = self.spare(&stage.operator, device)?;
                let seal = self.stocked(stage, &script, spare, handle)?;
                stage.bring_back(&script, &seal, &self.roads)?;
                let played = stage.play(&script, &seal, &self.roads);
                (
                    played.with_context(|| format!("container {}", script.container))?,
                    seal,
                )
            }
        };
        self.attend(stage, &mut script, trip, &seal)?;
        seal.device.switch_off();
        Ok(())
    }

    /// Waits with a container that is the visitor's to decide. Hands take the rope out when the seal has been unlocked;
    /// where the visitor granted and went away, the simulated people do the rest.
    fn attend(&self, stage: &Stage, script: &mut Script, trip: u64, seal: &StockedSeal) -> Result<()> {
        let mut last = String::new();
        let mut since = Instant::now();
        loop {
            let state = stage.state(trip)?;
            if state != last {
                (last, since) = (state, Instant::now());
                if last == "removing" {
                    seal.device.pull_rope_out();
                }
            }
            match last.as_str() {
                "arrived" | "compromised" | "seal_check" => {}
                "removal_granted" | "removing" | "removed" if since.elapsed() < VISITOR_HAS => {}
                "removal_granted" | "removing" | "removed" => {
                    script.stop = Stop::Never;
                    return stage.go_on(script, trip, seal, &self.roads);
                }
                _ => return Ok(()),
            }
            stage.tempo.pause(LOOK_EVERY);
        }
    }

    /// One document that waits for its officer.
    fn document_to_verify(&self, stage: &Stage) -> Result<()> {
        let waiting = stage.officer.get("/documents?status=submitted")?;
        if waiting["items"].as_array().is_some_and(Vec::is_empty) {
            let script = self.script(Yard::Wijaya, Trouble::None, Stop::Never);
            stage.play_document_only(&script, &self.roads)?;
        }
        Ok(())
    }

    fn stage(&self, office: (&'static str, &str), tempo: Tempo, pace: Pace) -> Result<Stage> {
        Stage::set(&self.base, &self.cast, office, tempo, pace)
    }

    fn script(&self, yard: Yard, trouble: Trouble, stop: Stop) -> Script {
        let number = self.numbers.fetch_add(1, Relaxed);
        let (from, to, detour) = yard.way();
        Script {
            container: container_number(number),
            document_kind: yard.document_kind(),
            document_number: format!("{:06}", number % 1_000_000),
            from,
            to,
            detour: (trouble == Trouble::Detour).then_some(detour).flatten(),
            plate: yard.plate(),
            driver: yard.driver(),
            trouble,
            stop,
        }
    }

    /// A seal of that device number, registered where it is not yet, switched on where it was last and heard of; one that
    /// was never heard of lies where its way begins.
    fn stocked(
        &self,
        stage: &Stage,
        script: &Script,
        device: SpokenDevice,
        handle: &Handle,
    ) -> Result<StockedSeal> {
        let begins = stage.drive(script, &self.roads)?.at_s(0.0).position;
        let known = find_seal(&stage.operator, device)?;
        let condition = Condition {
            place: known.as_ref().and_then(last_place).unwrap_or(begins),
            battery_percent: 96,
            interval_s: stage.pace.interval_s,
            clock_error_s: 0,
            refuses_interval: false,
            locked: false,
        };
        let (id, label) = registered(stage, known, device)?;
        let card = card_of(device.0);
        let device = self.switched_on(device, condition, stage, handle)?;
        await_first_report(stage, id)?;
        Ok(StockedSeal {
            id,
            label,
            device,
            card,
        })
    }

    /// The seal of a trip that an earlier run left: where it was, and as it was.
    fn woken(&self, stage: &Stage, trip: &Value, handle: &Handle) -> Result<StockedSeal> {
        let id = trip["seal"]["id"].as_u64().context("a trip has no seal")?;
        let seal = stage.operator.get(&format!("/seals/{id}"))?;
        let last = &seal["last"];
        let condition = Condition {
            place: last_place(&seal).context("a seal on a trip was never heard of")?,
            battery_percent: last["battery_percent"].as_u64().unwrap_or(90) as u8,
            interval_s: stage.pace.interval_s,
            clock_error_s: 0,
            refuses_interval: false,
            locked: last["lock"]["motor"] == true,
        };
        let (protocol, profile) = (word(&seal, "protocol")?, word(&seal, "profile")?);
        let language = Language::find(&protocol, Some(&profile)).context("a seal speaks nothing we know")?;
        let number = word(&seal, "device")?.parse()?;
        let device = self.switched_on((language, number), condition, stage, handle)?;
        if condition.locked && last["lock"]["rope"] == false {
            device.cut_rope();
        }
        Ok(StockedSeal {
            id,
            label: word(&seal, "label")?,
            device,
            card: card_of(language),
        })
    }

    fn switched_on(
        &self,
        (language, number): SpokenDevice,
        condition: Condition,
        stage: &Stage,
        handle: &Handle,
    ) -> Result<Device> {
        let _runtime = handle.enter();
        let door = self.seals.get(language.protocol);
        let door = *door.with_context(|| format!("there is no door for {}", language.protocol))?;
        let device = Device::switch_on(language.voice(number), condition, door, stage.tempo);
        if let Some(card) = card_of(language) {
            device.know_card(card);
        }
        let memory = self.memories.join(format!("{number:010}"));
        device
            .remember_in(memory)
            .context("a seal could not read its memory")?;
        Ok(device)
    }

    /// The number itself, or the next in its hundreds whose seal is not bound to a trip.
    fn spare(&self, operator: &Client, (language, number): SpokenDevice) -> Result<SpokenDevice> {
        for candidate in (number..number + 10_000).step_by(100) {
            let candidate = (language, candidate);
            match find_seal(operator, candidate)? {
                Some(seal) if !seal["trip"].is_null() => {}
                _ => return Ok(candidate),
            }
        }
        anyhow::bail!("every seal of the demonstration is on a trip")
    }
}

/// A seal by its language and its number.
type SpokenDevice = (Language, u64);

/// The card that opens seals which no order opens.
const CARD: u32 = 90_025_499;

fn card_of(language: Language) -> Option<u32> {
    (!language.opens_by_order()).then_some(CARD)
}

/// The ways of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yard {
    Kaligawe,
    Lik,
    Terboyo,
    Genuk,
    Candi,
    Wijaya,
    Cilincing,
    Marunda,
}

type End = (&'static str, &'static str);

impl Yard {
    /// Where from, where to, and where a detour would lead.
    fn way(self) -> (End, End, Option<&'static str>) {
        let tpks = ("gate_tpks", "tpks");
        let koja = ("gate_koja", "koja_terminal");
        match self {
            Self::Kaligawe => (tpks, ("gate_tps_kaligawe", "tps_kaligawe"), None),
            Self::Lik => (tpks, ("gate_ki_lik", "ki_lik"), None),
            Self::Terboyo => (tpks, ("gate_ki_terboyo", "ki_terboyo"), None),
            Self::Genuk => (tpks, ("gate_tps_genuk", "tps_genuk"), Some("gate_pusat_logistik")),
            Self::Candi => (tpks, ("gate_ki_candi", "ki_candi"), None),
            Self::Wijaya => (tpks, ("gate_tps_wijaya", "tps_wijaya"), None),
            Self::Cilincing => (koja, ("gate_tps_cilincing", "tps_cilincing"), None),
            Self::Marunda => (koja, ("gate_tps_marunda", "tps_marunda"), None),
        }
    }

    /// What the seals of this way speak: not all are of one maker.
    fn language(self) -> Language {
        let spoken = match self {
            Self::Kaligawe => Language::find("jt808", Some("hhd")),
            Self::Genuk => Language::find("gt06", None),
            Self::Candi => Language::find("jt808", Some("jt709")),
            _ => None,
        };
        spoken.unwrap_or(JOINTECH)
    }

    fn document_kind(self) -> &'static str {
        match self {
            Self::Lik | Self::Terboyo | Self::Candi => "storage_permit",
            Self::Wijaya => "bc12",
            _ => "plp",
        }
    }

    fn driver(self) -> Driver {
        match self {
            Self::Kaligawe => Driver::OfTheCast,
            Self::Lik | Self::Terboyo => Driver::Named("Slamet Riyadi"),
            Self::Genuk | Self::Candi | Self::Wijaya => Driver::Named("Joko Purnomo"),
            Self::Cilincing | Self::Marunda => Driver::Named("Asep Hidayat"),
        }
    }

    fn plate(self) -> &'static str {
        match self {
            Self::Kaligawe => "H 1834 KA",
            Self::Lik => "H 9021 LK",
            Self::Terboyo => "H 1477 TB",
            Self::Genuk => "H 8105 GN",
            Self::Candi => "H 1290 CD",
            Self::Wijaya => "H 1611 WK",
            Self::Cilincing => "B 9344 CL",
            Self::Marunda => "B 9870 MR",
        }
    }
}

/// A fictitious owner's number with its true check digit (ISO 6346).
pub fn container_number(number: u64) -> String {
    let ten = format!("SGLU{:06}", number % 1_000_000);
    format!("{ten}{}", check_digit(&ten))
}

fn check_digit(ten: &str) -> u32 {
    let sum: u32 = ten
        .bytes()
        .zip(0..)
        .map(|(byte, place)| value_of(byte) << place)
        .sum();
    sum % 11 % 10
}

/// Letters count from 10, and multiples of 11 are left out.
fn value_of(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => (10..=38)
            .filter(|value| value % 11 != 0)
            .nth(usize::from(byte - b'A'))
            .unwrap_or(0),
    }
}

/// Where a seal was last.
fn last_place(seal: &Value) -> Option<Position> {
    let place = &seal["last"]["fix"]["position"];
    Some(Position {
        lat: place["lat"].as_f64()?,
        lon: place["lon"].as_f64()?,
    })
}

/// The number and label of a seal, registered where it is not known.
fn registered(
    stage: &Stage,
    known: Option<Value>,
    (language, number): SpokenDevice,
) -> Result<(u64, String)> {
    if let Some(seal) = known {
        return Ok((
            seal["id"].as_u64().context("a seal has no number")?,
            word(&seal, "label")?,
        ));
    }
    let label = format!("{}-{:06}", language.model(), number % 1_000_000);
    let password = (language == JOINTECH).then_some(FACTORY_PASSWORD);
    let body = json!({
        "protocol": language.protocol, "device": language.voice(number).device(), "label": label,
        "profile": language.profile, "provider": null, "pool": stage.office, "password": password,
        "certificate": {"number": format!("SERT-DEMO-{}", number % 10_000), "issuer": "DJBC (contoh)", "valid_until": "2030-12-31"}
    });
    Ok((stage.operator.create("/seals", body)?, label))
}

/// The trip that an earlier run left unfinished on this way. One that has no seal yet is cancelled, and its way is free.
fn unfinished(stage: &Stage, yard: Yard) -> Result<Option<Value>> {
    for name in ["expected", "sealing", "under_way", "arriving", "problem"] {
        let listed = stage.officer.get(&format!("/trips?stage={name}&limit=200"))?;
        let trips = listed["items"].as_array().context("trips are no list")?;
        for trip in trips.iter().filter(|trip| trip["plate"] == yard.plate()) {
            if !trip["seal"].is_null() {
                return Ok(Some(trip.clone()));
            }
            let body = json!({"reason": "peragaan dimulai lagi"});
            stage
                .importer
                .post(&format!("/trips/{}/cancel", trip["id"]), body)?;
        }
    }
    Ok(None)
}

fn word(value: &Value, name: &str) -> Result<String> {
    let found = value[name].as_str();
    Ok(found
        .with_context(|| format!("an answer has no {name}"))?
        .to_owned())
}

fn find_seal(operator: &Client, (language, number): SpokenDevice) -> Result<Option<Value>> {
    let device = language.voice(number).device().to_owned();
    let found = operator.get(&format!("/seals?q={device}"))?;
    let device = json!(device);
    let seals = found["items"].as_array().context("seals are no list")?;
    Ok(seals.iter().find(|seal| seal["device"] == device).cloned())
}

fn await_first_report(stage: &Stage, seal: u64) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < HEARD_WITHIN {
        let found = stage.operator.get(&format!("/seals/{seal}"))?;
        if !found["last"]["fix"].is_null() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("seal {seal} was switched on and never heard of")
}

/// A visitor is not kept waiting for a story that broke off.
fn await_first_truck(stage: &Stage) {
    let started = Instant::now();
    while stage.left.load(Relaxed) == 0 && started.elapsed() < HEARD_WITHIN {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until simulated time is the world's. The seals of the past report until then: nobody falls silent in between.
fn catch_up(tempo: Tempo) {
    let behind_ms = Tempo::true_time().now_unix_ms() - tempo.now_unix_ms();
    let real_ms = behind_ms.max(0) as f64 / (PAST_SPEED - 1.0);
    std::thread::sleep(Duration::from_secs_f64(real_ms / 1000.0));
}

fn runtime() -> Result<Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    built.context("could not start a runtime for the simulated seals")
}

/// The cast as written down at the first start; nothing where there is none.
pub fn remembered_cast(file: &Path) -> Result<Option<Cast>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(
            serde_json::from_slice(&bytes).context("the demonstration's cast is malformed")?,
        )),
        Err(failure) if failure.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(failure) => Err(failure).context("could not read the demonstration's cast"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_numbers() {
        for number in ["CSQU3054383", "TEMU6079348", "HLXU2008419", "ABCU0000070"] {
            assert_eq!(check_digit(&number[..10]).to_string(), number[10..], "{number}");
        }
        assert_eq!(container_number(1_000_042)[..10], *"SGLU000042");
    }

    #[test]
    fn every_way_of_the_demonstration_exists() {
        let roads = Roads::sketch().expect("the sketch is well formed");
        for yard in [
            Yard::Kaligawe,
            Yard::Lik,
            Yard::Terboyo,
            Yard::Genuk,
            Yard::Candi,
            Yard::Wijaya,
            Yard::Cilincing,
            Yard::Marunda,
        ] {
            let (from, to, detour) = yard.way();
            let ends = [from, to].map(|(gate, place)| {
                roads.place(place).expect("the place exists");
                roads.node_of_gate(gate).expect("the gate exists").to_owned()
            });
            roads.drive(&ends[0], &ends[1]).expect("a road leads there");
            if let Some(gate) = detour {
                roads.node_of_gate(gate).expect("the detour exists");
            }
        }
    }
}
