//! Each language through a whole trip, through the built program and its API: what a seal says must close, watch and open it, and
//! what is done to it on the road must raise its alarm.
//!
//! A clean trip and one with trouble of every language and main dialect go at once through one program. The seals are simulated from
//! their makers' documents, so a decoder that reads them wrongly shows here.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use segel_e2e::house::{Doors, House, Running};
use segel_geo::Position;
use segel_sim::cast::{Cast, EMAS};
use segel_sim::client::Client;
use segel_sim::convoy::{Convoy, Road};
use segel_sim::seal::device::{Condition, Device};
use segel_sim::seal::languages::{LANGUAGES, Language};
use segel_sim::seal::platforms::{CloudSeal, PostedSeal};
use segel_sim::seal::voice::Voice;
use segel_sim::story::{Pace, Stage};
use segel_sim::tempo::Tempo;
use serde_json::{Value, json};
use tokio::runtime::{Handle, Runtime};

/// What did not come after this never will.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// Seals count time in whole seconds: two records of one second are one.
const STEP_EVERY: Duration = Duration::from_millis(1_020);
/// A trip's reports are rarer than this; the same awake and parked, for seals that have one interval.
const INTERVAL_S: u32 = 300;
/// Pieces of the road: both its ends lie in areas of 250 m, and each piece is too short to be a jump.
const PIECES: u32 = 14;
/// How far the trips with trouble drive: they have left by then.
const HALF_WAY: usize = 8;
/// The dwell at the destination, in place of five minutes.
const RULES: &[(&str, &str)] = &[("arrival_dwell_s = 300", "arrival_dwell_s = 1")];
/// The first number of seals and containers.
const FIRST_SEAL: u64 = 8_600_000_000;
/// The card that opens seals which are opened by card.
const CARD: u32 = 90_025_499;

/// What custody goes by when the seal is closed.
#[derive(Clone, Copy, PartialEq)]
enum Closed {
    /// Its own words or its contacts.
    BySeal,
    /// The technician's word: the language has none for it, so the trip claims no lock.
    ByHand,
}

/// How it is opened, and what the timeline says of that.
#[derive(Clone, Copy, PartialEq)]
enum Opened {
    /// We order it; the seal says that it obeyed.
    Command(&'static str),
    /// A card under the grant. The language has no order to open, and the seal was told its cards by its maker's tool.
    Card(&'static str),
    /// The technician, who says so.
    Hand,
}

/// What is done to it on the road, and the alarm that it raises; nothing where the language cannot say any of it.
type Beat = Option<(fn(&Device), &'static str)>;

const CUT: Beat = Some((Device::cut_rope, "A01"));
const TAKEN_OFF: Beat = Some((Device::open_cover, "A03"));
const OPENED: Beat = Some((open_without_leave, "A02"));

/// One language's story.
struct Story {
    language: (&'static str, &'static str),
    closed: Closed,
    opened: Opened,
    beat: Beat,
}

const fn lock(language: (&'static str, &'static str), opened: Opened, beat: Beat) -> Story {
    Story {
        language,
        closed: Closed::BySeal,
        opened,
        beat,
    }
}

const fn tracker(language: (&'static str, &'static str), beat: Beat) -> Story {
    Story {
        language,
        closed: Closed::ByHand,
        opened: Opened::Hand,
        beat,
    }
}

/// Seals behind their maker's cloud, which speaks MQTT and shows a token.
const CLOUD: (&str, &str) = ("jointech_cloud", "any");

/// Seals behind a provider's own platform, which posts Open JSON and shows a token.
const OPEN: (&str, &str) = ("open", "any");

const STORIES: [Story; LANGUAGES.len() + 2] = [
    lock(("jointech", "jt701d"), Opened::Command("by fixed password"), CUT),
    lock(("jt808", "jt709"), Opened::Card("by card"), CUT),
    lock(("jt808", "jt705"), Opened::Card("by card"), CUT),
    lock(("jt808", "hhd"), Opened::Command("by command"), CUT),
    // Bits that many makers add: it was taken off.
    tracker(("jt808", "any"), TAKEN_OFF),
    // The standard alone says nothing of a seal.
    tracker(("jt808", "jt808"), None),
    tracker(("jt808", "bsj"), TAKEN_OFF),
    tracker(("jt808", "aovx"), TAKEN_OFF),
    lock(
        ("gt06", "concox"),
        Opened::Card("in a way that it does not say"),
        TAKEN_OFF,
    ),
    // What its lock states mean is published nowhere.
    tracker(("kingwo", "any"), TAKEN_OFF),
    // Its door is what holds the container shut.
    lock(("eseal", "any"), Opened::Command("by command"), CUT),
    tracker(("queclink", "any"), TAKEN_OFF),
    tracker(("queclink", "queclink_sack"), TAKEN_OFF),
    tracker(("teltonika", "fmb"), TAKEN_OFF),
    // Sensors at a door have numbers that codec 8 cannot write.
    tracker(("teltonika", "any"), None),
    // It tells the state of its lock in each record, and nothing of how that came about.
    lock(("meitrack", "any"), Opened::Card("shown by its contacts"), OPENED),
    lock(("teratrack", "any"), Opened::Card("shown by its contacts"), CUT),
    lock(CLOUD, Opened::Card("by card"), CUT),
    lock(OPEN, Opened::Card("by card"), CUT),
];

fn open_without_leave(device: &Device) {
    device.know_card(CARD);
    device.hold_card(CARD);
}

/// The people, the road and the doors.
struct Yard {
    convoy: Convoy,
    road: Road,
    doors: Doors,
    document: u64,
    runtime: Handle,
}

/// A seal on a trip.
struct Traveller<'a> {
    yard: &'a Yard,
    story: &'a Story,
    device: Device,
    seal: u64,
    label: String,
    trip: u64,
    container: String,
}

/// A door for each protocol; that of Jointech is open by itself. It goes on where the configuration lists doors.
fn doors_of_all() -> String {
    let protocols: BTreeSet<&str> = LANGUAGES.iter().map(|one| one.protocol).collect();
    let others = protocols.into_iter().filter(|one| *one != "jointech");
    let doors = others.map(|protocol| format!("{protocol} = \"127.0.0.1:0\"\n"));
    format!(
        "mqtt = \"127.0.0.1:0\"\n[listen.seals]\n{}",
        doors.collect::<String>()
    )
}

fn open_yard(house: &mut House) -> (Running, Yard, Runtime) {
    house.set_more_settings(&doors_of_all());
    house.configure(None, RULES).expect("configured");
    let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
    let (customs, provider) = running.doors.codes.clone().expect("a first start invites");
    let base = &running.doors.base;
    let cast = Cast::assemble(base, &customs, &provider).expect("people join");
    let pace = Pace {
        interval_s: INTERVAL_S,
        haste: 1.0,
    };
    let stage = Stage::set(base, &cast, (EMAS, "officer"), Tempo::true_time(), pace).expect("they sign in");
    let road = Road::of_pieces(PIECES);
    let convoy = Convoy::plan(stage, running.doors.jointech, road.clone(), "Jalan bahasa").expect("a road");
    let containers = Convoy::containers(FIRST_SEAL, 2 * STORIES.len() as u32);
    let document = convoy.document("016806", &containers).expect("a document");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let yard = Yard {
        convoy,
        road,
        doors: running.doors.clone(),
        document,
        runtime: runtime.handle().clone(),
    };
    (running, yard, runtime)
}

impl Yard {
    fn stage(&self) -> &Stage {
        self.convoy.stage()
    }

    /// How the seal of that number speaks, and where; behind a platform it shows a token of its provider.
    fn voice(&self, language: (&str, &str), number: u64) -> (Box<dyn Voice>, SocketAddr) {
        let name = number.to_string();
        match language {
            CLOUD => (
                Box::new(CloudSeal::new(&name, &self.token(number))),
                self.doors.seals["mqtt"],
            ),
            OPEN => {
                let people = self.doors.base.trim_start_matches("http://");
                (
                    Box::new(PostedSeal::new(&name, &self.token(number))),
                    people.parse().expect("an address"),
                )
            }
            (protocol, profile) => {
                let known = Language::find(protocol, Some(profile)).expect("it is known");
                (known.voice(number), self.doors.seals[protocol])
            }
        }
    }

    fn token(&self, number: u64) -> String {
        let label = json!({"label": format!("platform {number}")});
        let issued = self.stage().operator.post("/tokens", label).expect("a token");
        issued["token"].as_str().expect("it is shown once").to_owned()
    }

    /// Enters the seal into stock, switches it on at the beginning of the road, and waits until it is heard of.
    fn stocked(&self, language: (&str, &str), number: u64) -> (u64, String, Device) {
        let (protocol, profile) = language;
        let (voice, server) = self.voice(language, number);
        let label = format!("SIM-{number}");
        let body = json!({
            "protocol": protocol, "device": voice.device(), "label": label, "profile": profile,
            "provider": null, "pool": EMAS,
            "certificate": {"number": format!("SERT-{number}"), "issuer": "DJBC (contoh)", "valid_until": "2035-12-31"}
        });
        let seal = self.stage().operator.create("/seals", body).expect("a seal");
        let condition = Condition {
            place: self.road.points[0],
            battery_percent: 99,
            interval_s: INTERVAL_S,
            clock_error_s: 0,
            refuses_interval: false,
            locked: false,
        };
        let _inside = self.runtime.enter();
        let device = Device::switch_on(voice, condition, server, Tempo::true_time());
        let heard = || {
            let found = self.stage().operator.get(&format!("/seals/{seal}"));
            let last = found.expect("it is in stock")["last"].clone();
            !last["fix"].is_null() && !last["battery_percent"].is_null()
        };
        await_that(&format!("{language:?} is heard of"), heard);
        (seal, label, device)
    }

    fn request(&self, container: &str, claims_lock: bool) -> u64 {
        let importer = &self.stage().importer;
        let body = json!({
            "owner": null, "provider": self.stage().provider, "container": container, "check_digit_confirmed": true,
            "document": self.document, "route": self.convoy.route(), "tps_origin": "TPKS", "tps_destination": "Gudang Barat",
            "mode": if claims_lock { "sealed" } else { "cargo_tracker" }, "plate": "H 1 BH", "driver": "Budi Setiawan",
            "driver_phone": null, "install_wanted": null, "start_from": null, "start_until": null
        });
        let trip = importer.create("/trips", body).expect("a trip");
        post(importer, &format!("/trips/{trip}/submit"), json!({}));
        if state(self.stage(), trip) == "submitted" {
            post(
                importer,
                &format!("/trips/{trip}/plan"),
                json!({"route": self.convoy.route()}),
            );
        }
        trip
    }
}

impl<'a> Traveller<'a> {
    /// From the request to the road.
    fn sent_off(yard: &'a Yard, story: &'a Story, number: u64) -> Self {
        let (seal, label, device) = yard.stocked(story.language, number);
        let container = Convoy::containers(number, 1).remove(0);
        let traveller = Self {
            trip: yard.request(&container, story.closed == Closed::BySeal),
            yard,
            story,
            device,
            seal,
            label,
            container,
        };
        traveller.install();
        traveller
    }

    fn stage(&self) -> &Stage {
        self.yard.stage()
    }

    fn install(&self) {
        let (stage, trip) = (self.stage(), self.trip);
        let body = json!({"seal": self.seal, "technician": stage.technician.person});
        post(&stage.operator, &format!("/trips/{trip}/assign"), body);
        let body = json!({
            "container": self.container, "seal_label": self.label, "place": at(self.device.place())["place"],
            "bolt_seal": format!("ID{trip:07}")
        });
        post(&stage.technician, &format!("/trips/{trip}/begin-install"), body);
        stage.tempo.pause(STEP_EVERY);
        self.device.put_rope_in();
        if self.story.closed == Closed::ByHand {
            let body = json!({"reason": "pelacak terpasang"});
            post(
                &stage.technician,
                &format!("/trips/{trip}/record-installed"),
                body,
            );
        }
        self.await_past("installing");
        self.photograph(
            "install",
            &[
                "door_with_number",
                "seal_close_up",
                "locking_rods",
                "truck_with_plate",
            ],
        );
        self.await_past("installed");
        let body = json!({"remark": "segel dan foto sesuai"});
        post(
            &stage.officer,
            &format!("/trips/{trip}/authorise-departure"),
            body,
        );
    }

    /// Along the road to one of its points; the seal reports at each.
    fn drive(&self, from: usize, to: usize) {
        for point in &self.yard.road.points[from..=to] {
            self.stage().tempo.pause(STEP_EVERY);
            self.device.carry(*point, 40.0, 270.0);
            self.device.wake();
        }
    }

    fn open(&self) {
        let (stage, trip) = (self.stage(), self.trip);
        let body = json!({"number_matches": true, "looks_untouched": true, "remark": ""});
        post(&stage.officer, &format!("/trips/{trip}/check-seal"), body);
        let method = match self.story.opened {
            Opened::Command(_) => json!({"kind": "command"}),
            Opened::Card(_) => json!({"kind": "card", "cards": [format!("{CARD:010}")]}),
            Opened::Hand => json!({"kind": "by_hand"}),
        };
        let body = json!({
            "executor": stage.technician.person, "method": method, "place": null, "window_s": null,
            "reason": "pemeriksaan segel sesuai"
        });
        let grant = stage
            .officer
            .create(&format!("/trips/{trip}/grants"), body)
            .expect("a grant");
        self.photograph("removal", &["seal_before_opening"]);
        stage.tempo.pause(STEP_EVERY);
        let here = at(self.device.place());
        match self.story.opened {
            Opened::Command(_) => post(&stage.technician, &format!("/grants/{grant}/unlock"), here),
            Opened::Card(_) => {
                self.device.know_card(CARD);
                assert!(self.device.hold_card(CARD), "{:?}", self.story.language);
            }
            Opened::Hand => post(&stage.technician, &format!("/grants/{grant}/record-opened"), here),
        }
        self.await_past("removal_granted");
    }

    fn take_off(&self) {
        let (stage, trip) = (self.stage(), self.trip);
        stage.tempo.pause(STEP_EVERY);
        self.device.pull_rope_out();
        let here = at(self.device.place());
        post(&stage.technician, &format!("/trips/{trip}/finish-removal"), here);
        self.await_past("removing");
        self.photograph("removal", &["door_after_removal", "device_condition"]);
        self.await_past("removed");
    }

    fn photograph(&self, step: &str, kinds: &[&str]) {
        for kind in kinds {
            let technician = &self.stage().technician;
            technician
                .upload_photo(self.trip, step, kind, self.yard.convoy.photo())
                .expect("a photo");
        }
    }

    fn await_past(&self, left: &str) {
        let what = format!("{:?} leaves {left}", self.story.language);
        await_that(&what, || state(self.stage(), self.trip) != left);
    }

    fn timeline(&self) -> String {
        let told = self
            .stage()
            .officer
            .get(&format!("/trips/{}/timeline?limit=200", self.trip));
        told.expect("a timeline").to_string()
    }

    /// The codes of all alarms of the trip.
    fn alarms(&self) -> BTreeSet<String> {
        let path = format!("/alarms?stage=all&limit=200&trip={}", self.trip);
        let found = self.stage().supervisor.get(&path).expect("alarms");
        let alarms = found["items"].as_array().expect("a list").iter();
        alarms
            .map(|alarm| alarm["code"].as_str().expect("a code").to_owned())
            .collect()
    }

    /// What the seal reported: neither signs of life nor answers.
    fn reports(&self) -> Vec<Value> {
        let path = format!("/seals/{}/reports?limit=200", self.seal);
        let found = self.stage().operator.get(&path).expect("reports");
        let reports = found["items"].as_array().expect("a list").iter();
        let told = |report: &&Value| report["kind"] == "record" || report["kind"] == "happening";
        reports.filter(told).cloned().collect()
    }
}

fn at(place: Position) -> Value {
    json!({"place": {"lat": place.lat, "lon": place.lon}})
}

fn post(who: &Client, path: &str, body: Value) {
    who.post(path, body)
        .unwrap_or_else(|failure| panic!("{path}: {failure:#}"));
}

fn state(stage: &Stage, trip: u64) -> String {
    let found = stage.officer.get(&format!("/trips/{trip}")).expect("a trip");
    found["state"].as_str().expect("a state").to_owned()
}

fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it never came about that {what}");
        thread::sleep(LOOK_EVERY);
    }
}

/// The whole trip; afterwards everything that the seal said is there, and says what it meant.
fn clean_trip(yard: &Yard, story: &Story, number: u64) {
    let traveller = Traveller::sent_off(yard, story, number);
    traveller.drive(1, PIECES as usize - 2);
    traveller.await_past("ready_to_depart");
    traveller.await_past("in_transit");
    traveller.open();
    traveller.take_off();
    let name = format!("{:?}", story.language);
    assert_eq!(state(yard.stage(), traveller.trip), "completed", "{name}");

    let timeline = traveller.timeline();
    let closed = match story.closed {
        Closed::BySeal => "the seal says it is locked",
        Closed::ByHand => "closed, recorded by hand",
    };
    let opened = match story.opened {
        Opened::Command(how) | Opened::Card(how) => how,
        Opened::Hand => "by hand",
    };
    assert!(timeline.contains(closed), "{name} was not {closed}: {timeline}");
    assert!(
        timeline.contains(opened),
        "{name} was not opened {opened}: {timeline}"
    );

    // A23 tells of orders that the language has no words for: an interval, a password, cards.
    let alarms = traveller.alarms();
    assert!(alarms.iter().all(|code| code == "A23"), "{name}: {alarms:?}");
    let path = format!("/trips/{}/assessment", traveller.trip);
    let assessment = yard.stage().officer.get(&path).expect("an assessment");
    // Answers and signs of life have no date, and judge nothing.
    let (findings, weak) = (&assessment["findings"], &assessment["weak_fixes"]);
    assert_eq!((findings, weak), (&json!([]), &json!(0)), "{name}");

    let said = traveller.device.said() as usize;
    await_that(&format!("all {said} reports of {name} are there"), || {
        traveller.reports().len() == said
    });
    for report in traveller.reports() {
        assert_eq!(report["reads_differently"], false, "{name}: {report}");
        assert_ne!(report["standing"], "repeat", "{name}: {report}");
        assert_eq!(report["raw"]["protocol"], story.language.0, "{name}");
        assert!(!report["place"].is_null(), "{name}: {report}");
    }
    traveller.device.switch_off();
}

/// What is done to a seal on the road is an alarm of its trip.
fn trip_with_trouble(yard: &Yard, story: &Story, number: u64) {
    let Some((act, code)) = story.beat else { return };
    let traveller = Traveller::sent_off(yard, story, number);
    traveller.drive(1, HALF_WAY);
    traveller.await_past("ready_to_depart");
    let name = format!("{:?}", story.language);
    assert!(!traveller.alarms().contains(code), "{name} has an alarm before");
    yard.stage().tempo.pause(STEP_EVERY);
    act(&traveller.device);
    await_that(&format!("{name} raises {code}"), || {
        traveller.alarms().contains(code)
    });
    traveller.device.switch_off();
}

/// Issue: every seal's language. "All protocols normalise to one `Report`": what custody makes of it is the same for all.
#[test]
fn every_language_goes_through_a_whole_trip_and_tells_what_is_done_to_it() {
    let mut house = House::new().expect("a folder");
    let (_running, yard, _runtime) = open_yard(&mut house);
    let told: BTreeSet<_> = STORIES.iter().map(|story| story.language).collect();
    let known = LANGUAGES.iter().map(|one| (one.protocol, one.profile));
    let known: BTreeSet<_> = known.chain([CLOUD, OPEN]).collect();
    assert_eq!(told, known, "each language has its story");
    thread::scope(|scope| {
        for (story, number) in STORIES.iter().zip((FIRST_SEAL..).step_by(2)) {
            let yard = &yard;
            scope.spawn(move || clean_trip(yard, story, number));
            scope.spawn(move || trip_with_trouble(yard, story, number + 1));
        }
    });
}

/// What `segel sim` says of these words.
fn simulated(house: &House, words: &[&str]) -> String {
    let ended = house.run(&[&["sim"], words].concat()).expect("it runs");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{words:?}: {told}");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// A load counts an acknowledgement only where it names what was said, in every language.
#[test]
fn every_language_makes_a_load_of_which_each_report_is_acknowledged() {
    let mut house = House::new().expect("a folder");
    house.set_more_settings(&doors_of_all());
    house.configure(None, &[]).expect("configured");
    let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
    for language in LANGUAGES {
        let target = running.doors.seals[language.protocol].to_string();
        let spoken = [
            "load",
            "--protocol",
            language.protocol,
            "--profile",
            language.profile,
        ];
        let size = ["--seals", "3", "--seconds", "0.3", "--in-flight", "4"];
        let said = simulated(
            &house,
            &[&spoken[..], &size, &["--target", &target, "--json"]].concat(),
        );
        let outcome: Value = serde_json::from_str(&said).expect("JSON");
        assert!(
            3 < outcome["sent"].as_u64().expect("a number"),
            "{language:?}: {said}"
        );
        assert_eq!(outcome["acknowledged"], outcome["sent"], "{language:?}: {said}");
        assert_eq!(outcome["strange"], 0, "{language:?}: {said}");
        assert_eq!(outcome["broken"], 0, "{language:?}: {said}");
    }
}

/// One seal that drives its road, is opened by its card at the end, and tells of it.
#[test]
fn one_seal_lives_its_trip_from_the_command_line() {
    let mut house = House::new().expect("a folder");
    house.set_more_settings(&doors_of_all());
    house.configure(None, &[]).expect("configured");
    let running = house.start().unwrap_or_else(|failure| panic!("{failure:#}"));
    let target = running.doors.seals["gt06"].to_string();
    let spoken = [
        "seal",
        "--protocol",
        "gt06",
        "--device",
        "866000000000017",
        "--target",
        &target,
    ];
    let life = [
        "--road=-6.9472,110.4245,-6.9480,110.4245",
        "--speed-kmh=200",
        "--open-s=0.5",
        "--trouble=cover",
        "--card=90025499",
    ];
    let said = simulated(&house, &[&spoken[..], &life].concat());
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        "device 866000000000017 speaks to",
        "locked",
        "its cover is opened",
        "arrived",
        "opened by card 0090025499",
    ];
    for (line, begin) in lines.iter().zip(expected) {
        assert!(line.starts_with(begin), "{said}");
    }
    let end = lines.last().expect("it says how it went");
    assert!(end.ends_with("reports said, 0 not acknowledged"), "{said}");
}
