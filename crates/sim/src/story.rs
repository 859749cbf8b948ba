//! One container's story, played through the API by its people and through the wire by its seal: from the document to the
//! closing report, with whatever goes wrong on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segel_geo::Position;
use serde_json::{Value, json};

use crate::cast::{Cast, IMPORTER, PROVIDER};
use crate::client::Client;
use crate::photo::{Scene, Shot, take};
use crate::roads::{Drive, Roads};
use crate::seal::device::Device;
use crate::tempo::Tempo;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// The driver leaves the route and comes back.
    Detour,
    /// The rope is cut where there is no network; it is known late.
    CutInBlindArea,
    /// The seal falls silent for a while.
    Silence,
    /// The photos of the installation come late.
    LatePhotos,
    /// The battery runs down.
    LowBattery,
}

/// Where the story stops and waits for a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Plays to the closing report.
    Never,
    /// The container has arrived and is checked; the removal waits to be granted.
    AtRemoval,
}

/// Who drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// The cast's driver, who sees the trip on a phone.
    OfTheCast,
    /// Somebody without an account, known by name.
    Named(&'static str),
}

/// A story.
#[derive(Debug, Clone)]
pub struct Script {
    /// The container.
    pub container: String,
    /// The document's kind, as the API names it.
    pub document_kind: &'static str,
    /// The document's number.
    pub document_number: String,
    /// The gate it leaves by (an id of the sketch) and the place it leaves.
    pub from: (&'static str, &'static str),
    /// The gate it goes to and the place behind it.
    pub to: (&'static str, &'static str),
    /// Where the detour leads, where there is one.
    pub detour: Option<&'static str>,
    /// The truck.
    pub plate: &'static str,
    /// Who drives it.
    pub driver: Driver,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Where it stops.
    pub stop: Stop,
}

/// The stage of the stories: who, where, by which clock.
#[derive(Clone)]
pub struct Stage {
    /// The API.
    pub base: String,
    /// The clock.
    pub tempo: Tempo,
    /// The customs office.
    pub office: &'static str,
    /// Its officer.
    pub officer: Client,
    /// Its supervisor.
    pub supervisor: Client,
    /// The provider's operator.
    pub operator: Client,
    /// The technician.
    pub technician: Client,
    /// The service user.
    pub importer: Client,
    /// The driver's number.
    pub driver: u64,
    /// The importer's number.
    pub owner: u64,
    /// The provider's number.
    pub provider: u64,
    /// How quickly things go.
    pub pace: Pace,
    /// How many trucks have left on this stage so far.
    pub left: Arc<AtomicU32>,
}

/// How quickly things go in a story.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The Location Sharing Interval of the routes, in seconds.
    pub interval_s: u32,
    /// How much faster than the sketch's speeds the trucks drive.
    pub haste: f64,
}

/// A seal in the provider's stock.
#[derive(Clone)]
pub struct StockedSeal {
    /// Its number at the API.
    pub id: u64,
    /// Its printed number.
    pub label: String,
    /// The thing itself.
    pub device: Device,
    /// The card that opens it, where no order does.
    pub card: Option<u32>,
}

/// Half the width of the corridors.
const HALF_WIDTH_M: f64 = 150.0;
/// How often a truck's place is moved on, in simulated time.
const CARRY_EVERY: Duration = Duration::from_secs(1);
/// Nobody waits for the van that brings seals back; it takes less time than the truck.
const BACK_FASTER: f64 = 2.0;
/// How long something that must come (a state, a report) is waited for, in simulated time.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long hands are at work on a rope.
const HANDS_NEED: Duration = Duration::from_secs(2);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Stage {
    /// Signs everybody in; the office's officer has this part in the cast.
    pub fn set(
        base: &str,
        cast: &Cast,
        office: (&'static str, &str),
        tempo: Tempo,
        pace: Pace,
    ) -> Result<Self> {
        Ok(Self {
            base: base.to_owned(),
            tempo,
            office: office.0,
            officer: cast.sign_in(base, office.1)?,
            supervisor: cast.sign_in(base, &office.1.replace("officer", "supervisor"))?,
            operator: cast.sign_in(base, "operator")?,
            technician: cast.sign_in(base, "technician")?,
            importer: cast.sign_in(base, "importer")?,
            driver: cast.sign_in(base, "driver")?.person,
            owner: cast.organisation(IMPORTER)?,
            provider: cast.organisation(PROVIDER)?,
            pace,
            left: Arc::default(),
        })
    }

    /// The same people at a server that opened its doors elsewhere.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            officer: self.officer.at(base),
            operator: self.operator.at(base),
            technician: self.technician.at(base),
            importer: self.importer.at(base),
            ..self.clone()
        }
    }

    /// Plays only the beginning: a document that waits for its officer.
    pub fn play_document_only(&self, script: &Script, roads: &Roads) -> Result<u64> {
        self.register_document(script, roads)
    }

    /// Plays a story with a seal; gives the trip's number.
    pub fn play(&self, script: &Script, seal: &StockedSeal, roads: &Roads) -> Result<u64> {
        let document = self.register_document(script, roads)?;
        self.officer.post(
            &format!("/documents/{document}/verify"),
            json!({"approved": [0], "remark": "sesuai"}),
        )?;
        let route = self.route(script, roads, &self.drive(script, roads)?)?;
        let trip = self.request(script, document, route, roads)?;
        seal.device
            .carry(self.drive(script, roads)?.at_s(0.0).position, 0.0, 0.0);
        self.go_on(script, trip, seal, roads)?;
        Ok(trip)
    }

    /// Goes on with a trip from wherever it stands, until it is finished or waits for somebody who is not in the story.
    pub fn go_on(&self, script: &Script, trip: u64, seal: &StockedSeal, roads: &Roads) -> Result<()> {
        let plan = self.drive(script, roads)?;
        let (start, end) = (plan.at_s(0.0).position, plan.at_s(plan.lasts_s()).position);
        loop {
            match self.state(trip)?.as_str() {
                "route_approved" => self.assign(trip, seal)?,
                "assigned" => self.begin_install(script, trip, seal, start)?,
                "installing" => self.fit(trip, seal)?,
                "installed" => self.photograph_installation(script, trip, seal, start)?,
                "ready_to_depart" => self.depart(script, trip, seal, roads, &plan)?,
                "in_transit" => self.travel(script, trip, seal, roads, &plan)?,
                "arrived" if script.trouble == Trouble::CutInBlindArea => return Ok(()),
                "arrived" => self.check_seal(trip)?,
                "seal_check" if script.stop == Stop::AtRemoval => return Ok(()),
                "seal_check" => self.grant(trip, seal)?,
                "removal_granted" => self.unlock(script, trip, seal, end)?,
                "removing" => self.take_off(trip, seal, end)?,
                "removed" => self.photograph_removal(script, trip, seal, end)?,
                _ => return Ok(()),
            }
        }
    }

    fn register_document(&self, script: &Script, roads: &Roads) -> Result<u64> {
        let today = self.today();
        let body = json!({
            "kind": script.document_kind, "number": script.document_number, "date": today, "valid_until": null,
            "office": self.office, "destination_office": self.office,
            "tps_origin": roads.place(script.from.1)?.name, "tps_destination": roads.place(script.to.1)?.name,
            "bc11": format!("001234 {today}"), "submission_number": null, "owner": null,
            "lines": [{"container": script.container, "size_ft": 40, "size_type": "42G1"}], "scan": null
        });
        self.importer.create("/documents", body)
    }

    /// Drives a seal that was taken off back to where its way begins.
    pub fn bring_back(&self, script: &Script, seal: &StockedSeal, roads: &Roads) -> Result<()> {
        let way = self.drive(script, roads)?;
        let mut left_s = way.passes_s(seal.device.place());
        while left_s > 0.0 {
            let place = way.at_s(left_s);
            let course_deg = (place.course_deg + 180.0) % 360.0;
            seal.device.carry(place.position, place.speed_kmh, course_deg);
            self.tempo.pause(CARRY_EVERY);
            left_s -= CARRY_EVERY.as_secs_f64() * BACK_FASTER;
        }
        Ok(())
    }

    /// The planned way.
    pub fn drive(&self, script: &Script, roads: &Roads) -> Result<Drive> {
        let (from, to) = (
            roads.node_of_gate(script.from.0)?,
            roads.node_of_gate(script.to.0)?,
        );
        Ok(roads.drive(from, to)?.hastened(self.pace.haste))
    }

    /// The approved route between these places; drawn and approved where there is none yet.
    fn route(&self, script: &Script, roads: &Roads, drive: &Drive) -> Result<u64> {
        let name = format!(
            "{} – {}",
            roads.place(script.from.1)?.name,
            roads.place(script.to.1)?.name
        );
        let known = self.importer.get("/routes?status=approved")?;
        let found = known["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|route| route["name"] == json!(name));
        if let Some(id) = found.and_then(|route| route["id"].as_u64()) {
            return Ok(id);
        }
        let plan = json!({
            "name": name, "owner": null, "office": self.office, "points": points(&drive.points), "half_widths_m": [HALF_WIDTH_M],
            "origin": area(roads, script.from.1, drive.points.first())?,
            "destination": area(roads, script.to.1, drive.points.last())?,
            "stops": [], "forbidden": [], "no_coverage": [],
            "distance_m": drive.length_m() as u32,
            "transit_time_s": (drive.lasts_s() * 1.5) as u32 + 120,
            "interval_s": self.pace.interval_s
        });
        let route = self.importer.create("/routes", plan)?;
        self.officer.post(
            &format!("/routes/{route}/approve"),
            json!({"remark": "rute disetujui"}),
        )?;
        Ok(route)
    }

    fn request(&self, script: &Script, document: u64, route: u64, roads: &Roads) -> Result<u64> {
        let (driver, driver_person) = match script.driver {
            Driver::OfTheCast => (None, Some(self.driver)),
            Driver::Named(name) => (Some(name), None),
        };
        let body = json!({
            "owner": null, "provider": self.provider, "container": script.container, "check_digit_confirmed": true,
            "document": document, "route": route,
            "tps_origin": roads.place(script.from.1)?.name, "tps_destination": roads.place(script.to.1)?.name,
            "mode": "sealed", "plate": script.plate, "driver": driver, "driver_person": driver_person, "driver_phone": null,
            "install_wanted": null, "start_from": null, "start_until": null
        });
        let trip = self.importer.create("/trips", body)?;
        self.importer.post(&format!("/trips/{trip}/submit"), json!({}))?;
        if self.state(trip)? == "submitted" {
            self.importer
                .post(&format!("/trips/{trip}/plan"), json!({"route": route}))?;
        }
        Ok(trip)
    }

    fn assign(&self, trip: u64, seal: &StockedSeal) -> Result<()> {
        let body = json!({"seal": seal.id, "technician": self.technician.person});
        self.operator.post(&format!("/trips/{trip}/assign"), body)?;
        Ok(())
    }

    fn begin_install(&self, script: &Script, trip: u64, seal: &StockedSeal, start: Position) -> Result<()> {
        let body = json!({
            "container": script.container, "seal_label": seal.label,
            "place": {"lat": start.lat, "lon": start.lon}, "bolt_seal": format!("ID{:07}", trip * 7919 % 10_000_000)
        });
        self.technician
            .post(&format!("/trips/{trip}/begin-install"), body)?;
        Ok(())
    }

    fn fit(&self, trip: u64, seal: &StockedSeal) -> Result<()> {
        self.tempo.pause(HANDS_NEED);
        seal.device.put_rope_in();
        self.await_past(trip, "installing")
    }

    fn photograph_installation(
        &self,
        script: &Script,
        trip: u64,
        seal: &StockedSeal,
        start: Position,
    ) -> Result<()> {
        if script.trouble == Trouble::LatePhotos {
            self.tempo
                .pause(Duration::from_secs(u64::from(self.photos_limit_s()?) + 10));
        }
        let kinds = [
            ("door_with_number", Scene::Door),
            ("seal_close_up", Scene::Seal),
            ("locking_rods", Scene::Rods),
            ("truck_with_plate", Scene::Truck),
        ];
        self.photograph(script, trip, "install", &kinds, seal, start, false)?;
        self.await_past(trip, "installed")
    }

    fn depart(
        &self,
        script: &Script,
        trip: u64,
        seal: &StockedSeal,
        roads: &Roads,
        plan: &Drive,
    ) -> Result<()> {
        let found = self.officer.get(&format!("/trips/{trip}"))?;
        if found["departure_authorised"].is_null() {
            self.officer.post(
                &format!("/trips/{trip}/authorise-departure"),
                json!({"remark": "segel dan foto sesuai"}),
            )?;
        }
        self.travel(script, trip, seal, roads, plan)
    }

    fn photos_limit_s(&self) -> Result<u32> {
        let rules = self.technician.get("/rulebook")?;
        let in_force = rules["in_force"].clone();
        let edition = rules["editions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|edition| edition["number"] == in_force);
        let limit = edition.and_then(|edition| edition["clocks"]["install_photos_limit_s"].as_u64());
        Ok(limit.context("the rules say no limit for photos")? as u32)
    }

    fn travel(
        &self,
        script: &Script,
        trip: u64,
        seal: &StockedSeal,
        roads: &Roads,
        plan: &Drive,
    ) -> Result<()> {
        let way = self.way(script, roads, plan)?;
        let began_ms = self.tempo.now_unix_ms() - (way.passes_s(seal.device.place()) * 1000.0) as i64;
        let mut progress = Progress::default();
        self.left.fetch_add(1, Relaxed);
        loop {
            let driven_s = (self.tempo.now_unix_ms() - began_ms) as f64 / 1000.0;
            let place = way.at_s(driven_s);
            seal.device
                .carry(place.position, place.speed_kmh, place.course_deg);
            progress.meet(script.trouble, driven_s / way.lasts_s(), seal);
            if driven_s >= way.lasts_s() {
                break;
            }
            self.tempo.pause(CARRY_EVERY);
        }
        seal.device.set_covered(true);
        seal.device.set_dead(false);
        self.await_arrival(trip)
    }

    /// Four eyes: the operator sees a critical alarm, the supervisor decides about it. Until then no seal check is passed.
    fn decide_grave_alarms(&self, trip: u64) -> Result<()> {
        let open = self.supervisor.get(&format!("/alarms?stage=open&trip={trip}"))?;
        let grave = |alarm: &&serde_json::Value| alarm["severity"] == "S1";
        for alarm in open["items"].as_array().into_iter().flatten().filter(grave) {
            let id = alarm["id"].as_u64().context("an alarm has no number")?;
            if alarm["stage"] == "raised" {
                self.operator
                    .post(&format!("/alarms/{id}/acknowledge"), json!({}))?;
            }
            let body = json!({"outcome": "confirmed", "reason": "jalan dialihkan polisi; segel utuh"});
            self.supervisor.post(&format!("/alarms/{id}/close"), body)?;
        }
        Ok(())
    }

    /// The way that is really driven.
    fn way(&self, script: &Script, roads: &Roads, plan: &Drive) -> Result<Drive> {
        let Some(detour) = script.detour else {
            return Ok(plan.clone());
        };
        let stops = [
            roads.node_of_gate(script.from.0)?,
            roads.node_of_gate(detour)?,
            roads.node_of_gate(script.to.0)?,
        ];
        Ok(roads.drive_via(&stops)?.hastened(self.pace.haste))
    }

    fn check_seal(&self, trip: u64) -> Result<()> {
        self.decide_grave_alarms(trip)?;
        let body = json!({"number_matches": true, "looks_untouched": true, "remark": ""});
        self.officer.post(&format!("/trips/{trip}/check-seal"), body)?;
        self.await_past(trip, "arrived")
    }

    fn grant(&self, trip: u64, seal: &StockedSeal) -> Result<()> {
        let method = match seal.card {
            None => json!({"kind": "command"}),
            Some(card) => json!({"kind": "card", "cards": [format!("{card:010}")]}),
        };
        let body = json!({
            "executor": self.technician.person, "method": method, "place": null, "window_s": null,
            "reason": "pemeriksaan segel sesuai"
        });
        self.officer.post(&format!("/trips/{trip}/grants"), body)?;
        Ok(())
    }

    fn unlock(&self, script: &Script, trip: u64, seal: &StockedSeal, end: Position) -> Result<()> {
        let before = [("seal_before_opening", Scene::Seal)];
        self.photograph(script, trip, "removal", &before, seal, end, false)?;
        if let Some(card) = seal.card {
            seal.device.hold_card(card);
            return self.await_past(trip, "removal_granted");
        }
        let found = self.officer.get(&format!("/trips/{trip}"))?;
        let live = found["grants"]
            .as_array()
            .into_iter()
            .flatten()
            .rfind(|grant| grant["state"] == "live");
        let grant = live
            .and_then(|grant| grant["id"].as_u64())
            .context("the grant has ended")?;
        self.technician
            .post(&format!("/grants/{grant}/unlock"), at(end))?;
        self.await_past(trip, "removal_granted")
    }

    fn take_off(&self, trip: u64, seal: &StockedSeal, end: Position) -> Result<()> {
        seal.device.pull_rope_out();
        self.tempo.pause(HANDS_NEED);
        self.technician
            .post(&format!("/trips/{trip}/finish-removal"), at(end))?;
        self.await_past(trip, "removing")
    }

    fn photograph_removal(
        &self,
        script: &Script,
        trip: u64,
        seal: &StockedSeal,
        end: Position,
    ) -> Result<()> {
        let kinds = [
            ("door_after_removal", Scene::Door),
            ("device_condition", Scene::Seal),
        ];
        self.photograph(script, trip, "removal", &kinds, seal, end, true)?;
        self.await_past(trip, "removed")
    }

    /// Takes those photos of a step that are still missing.
    #[allow(clippy::too_many_arguments)]
    fn photograph(
        &self,
        script: &Script,
        trip: u64,
        step: &str,
        kinds: &[(&str, Scene)],
        seal: &StockedSeal,
        place: Position,
        open: bool,
    ) -> Result<()> {
        let found = self.technician.get(&format!("/trips/{trip}"))?;
        let slots = found["photo_set"].as_array().context("a trip has no photo set")?;
        let missing = |kind: &str| {
            slots
                .iter()
                .any(|slot| slot["step"] == step && slot["kind"] == kind && slot["photo"].is_null())
        };
        for (kind, scene) in kinds.iter().filter(|(kind, _)| missing(kind)) {
            let shot = Shot {
                scene: *scene,
                container: &script.container,
                seal_label: &seal.label,
                plate: script.plate,
                unix_s: self.tempo.now_unix_s(),
                place,
                open,
            };
            self.technician.upload_photo(trip, step, kind, &take(&shot)?)?;
        }
        Ok(())
    }

    /// The state of a trip, as the API names it.
    pub fn state(&self, trip: u64) -> Result<String> {
        let found = self.officer.get(&format!("/trips/{trip}"))?;
        Ok(found["state"].as_str().context("a trip has no state")?.to_owned())
    }

    /// Waits until it has arrived, or is held.
    fn await_arrival(&self, trip: u64) -> Result<()> {
        self.await_past(trip, "ready_to_depart")?;
        self.await_past(trip, "in_transit")
    }

    /// Waits until the trip has left a state.
    fn await_past(&self, trip: u64, left: &str) -> Result<()> {
        let until_ms = self.tempo.now_unix_ms() + PATIENCE.as_millis() as i64;
        while self.state(trip)? == left {
            if self.tempo.now_unix_ms() > until_ms {
                bail!("trip {trip} stayed {left}");
            }
            self.tempo.pause(LOOK_EVERY);
        }
        Ok(())
    }

    /// Today in western Indonesia.
    pub fn today(&self) -> String {
        let local = jiff::Timestamp::from_second(self.tempo.now_unix_s() + 7 * 3600)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        local.strftime("%Y-%m-%d").to_string()
    }
}

/// What has gone wrong so far on the way.
#[derive(Default)]
struct Progress {
    blind: bool,
    cut: bool,
    dead: bool,
    low: bool,
}

impl Progress {
    /// At these parts of the way things happen.
    fn meet(&mut self, trouble: Trouble, part: f64, seal: &StockedSeal) {
        match trouble {
            Trouble::CutInBlindArea => self.meet_thieves(part, seal),
            Trouble::Silence if !self.dead && part > 0.3 => {
                self.dead = true;
                seal.device.set_dead(true);
            }
            Trouble::Silence if self.dead && part > 0.8 => seal.device.set_dead(false),
            Trouble::LowBattery if !self.low && part > 0.3 => {
                self.low = true;
                seal.device.set_battery(22);
            }
            _ => {}
        }
    }

    fn meet_thieves(&mut self, part: f64, seal: &StockedSeal) {
        if !self.blind && part > 0.07 {
            self.blind = true;
            seal.device.set_covered(false);
        }
        if !self.cut && part > 0.11 {
            self.cut = true;
            seal.device.cut_rope();
        }
        if self.cut && part > 0.15 {
            seal.device.set_covered(true);
        }
    }
}

fn at(place: Position) -> Value {
    json!({"place": {"lat": place.lat, "lon": place.lon}})
}

fn points(line: &[Position]) -> Value {
    line.iter()
        .map(|point| json!({"lat": point.lat, "lon": point.lon}))
        .collect()
}

/// A place's outline as an area of a route. A gate at the edge of its place lies inside after widening to a circle.
fn area(roads: &Roads, place: &str, gate: Option<&Position>) -> Result<Value> {
    let place = roads.place(place)?;
    let gate = gate.context("a drive has two ends")?;
    let centre = json!({"lat": gate.lat, "lon": gate.lon});
    Ok(
        json!({"name": place.name, "code": null, "shape": {"kind": "circle", "centre": centre, "radius_m": 250.0}}),
    )
}
