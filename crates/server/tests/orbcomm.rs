//! A mailbox at a satellite operator's: nothing in it is missed and nothing taken twice, whatever the gateway does.

mod door;
mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use segel_model::observed::Standing;
use segel_model::report::Protocol;
use segel_model::{Command, Event, EventTime, SealId, SealOrder};
use segel_server::ask::Verdict;
use segel_server::config::{Orbcomm as Config, PasswordAt};
use segel_server::orbcomm::Mailbox;
use segel_store::{RecordKind, ReportQuery, Scope};
use segel_wire::orbcomm::MailboxTime;
use serde_json::{Value, json};
use support::{House, Provider, by};

const TERMINAL: &str = "01459999SKYA001";
/// What must happen has not happened when this has passed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the gateway answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Down,
    SaysNo,
    Halves,
    /// It tells a moment so many seconds ahead.
    Ahead(i64),
}

struct Gateway {
    mood: Mood,
    page: usize,
    /// In the order of filing: when the gateway had it, and the message.
    messages: Vec<(i64, Value)>,
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Gateway>>;

fn lock(gateway: &Shared) -> MutexGuard<'_, Gateway> {
    gateway.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(serde::Deserialize)]
struct Wish {
    access_id: String,
    password: String,
    start_utc: String,
}

async fn give(State(gateway): State<Shared>, Query(wish): Query<Wish>) -> Response {
    let mut gateway = lock(&gateway);
    gateway.asked.push(wish.start_utc.clone());
    assert_eq!(
        (wish.access_id.as_str(), wish.password.as_str()),
        ("7001", "s3 cret&")
    );
    let start = MailboxTime::parse(&wish.start_utc).expect("a moment").unix_s;
    let page = gateway.page(start).to_string();
    match gateway.mood {
        Mood::Down => (StatusCode::SERVICE_UNAVAILABLE, "down").into_response(),
        Mood::SaysNo => json!({"ErrorID": 21785, "NextStartUTC": "", "Messages": null})
            .to_string()
            .into_response(),
        Mood::Halves => page[..page.len() / 2].to_owned().into_response(),
        Mood::Well | Mood::Ahead(_) => page.into_response(),
    }
}

impl Gateway {
    /// The last message of a page comes again with the next.
    fn page(&self, start: i64) -> Value {
        let mut found: Vec<&(i64, Value)> = self.messages.iter().filter(|(at, _)| start <= *at).collect();
        found.sort_by_key(|(at, _)| *at);
        let more = self.page < found.len();
        found.truncate(self.page);
        let ahead = match self.mood {
            Mood::Ahead(seconds) => seconds,
            _ => 0,
        };
        let next = found.last().map_or(String::new(), |(at, _)| {
            MailboxTime::from_unix_s(at + ahead).to_string()
        });
        let messages: Vec<&Value> = found.iter().map(|(_, message)| message).collect();
        json!({"ErrorID": 0, "NextStartUTC": next, "More": more, "Messages": messages})
    }

    fn file(&mut self, id: u64, device: &str, at: i64) {
        let utc = MailboxTime::from_unix_s(at).to_string();
        let message = json!({
            "ID": id, "MessageUTC": utc, "ReceiveUTC": utc, "SIN": 126, "MobileID": device, "Transport": 1,
            "Payload": {"Name": "MovingIntervalSat", "SIN": 126, "MIN": 22, "Fields": [
                {"Name": "Latitude", "Value": "-417000"}, {"Name": "Longitude", "Value": "6625200"},
                {"Name": "Speed", "Value": "12"}, {"Name": "Heading", "Value": "361"},
                {"Name": "EventTime", "Value": (at - 5).to_string()}]}
        });
        self.messages.push((at, message));
    }
}

fn gateway(page: usize) -> (SocketAddr, Shared) {
    let shared: Shared = Arc::new(Mutex::new(Gateway {
        mood: Mood::Well,
        page,
        messages: Vec::new(),
        asked: Vec::new(),
    }));
    let path = "/GLGW/2/RestMessages.svc/JSON/get_return_messages/";
    let router = Router::new()
        .route(path, get(give))
        .with_state(Arc::clone(&shared));
    (door::serve(router), shared)
}

/// A house with a mailbox.
struct Scene {
    house: House,
    address: SocketAddr,
    gateway: Shared,
    seal: SealId,
    provider: Provider,
    /// Some minutes ago, in whole seconds.
    began: i64,
    password: std::path::PathBuf,
}

impl Scene {
    fn set(page: usize) -> Self {
        let house = House::open();
        let (address, gateway) = gateway(page);
        let provider = house.provider();
        let seal = house.stock_of(Protocol::Orbcomm, &provider, TERMINAL, "any");
        let began = house.engine.clock().now().unix_ms / 1000 - 600;
        let password = house.folder.path().join("password");
        std::fs::write(&password, "s3 cret&\n").expect("written");
        Self {
            house,
            address,
            gateway,
            seal,
            provider,
            began,
            password,
        }
    }

    /// A fetcher as a start makes it.
    fn mailbox(&self) -> Mailbox {
        let config = Config {
            name: "kapal".into(),
            url: format!("http://{}/", self.address),
            access_id: "7001".into(),
            password: PasswordAt::File(self.password.clone()),
            interval_s: 1,
            overlap_s: 60,
            first_hours: 24,
            call_limit_s: 10,
        };
        let (engine, oddities) = (self.house.engine.clone(), Arc::clone(&self.house.oddities));
        Mailbox::new(engine, oddities, config, 0).expect("the cursor is read")
    }

    fn files(&self, messages: impl IntoIterator<Item = (u64, i64)>) {
        for (id, second) in messages {
            lock(&self.gateway).file(id, TERMINAL, self.began + second);
        }
    }

    fn mood(&self, mood: Mood) {
        lock(&self.gateway).mood = mood;
    }

    fn asked(&self) -> usize {
        lock(&self.gateway).asked.len()
    }

    /// The numbers of the stored reports, those that were judged, and how many are known as repeats.
    fn stored(&self) -> (Vec<u64>, usize) {
        let end = EventTime::from_receipt(self.house.engine.clock().now().plus_s(60));
        let mut query = ReportQuery::of(self.seal, EventTime::from_unix_ms(0), end);
        let (mut judged, mut repeats) = (Vec::new(), 0);
        loop {
            let page = self
                .house
                .engine
                .reader()
                .reports(&query)
                .expect("the store reads");
            for stored in page.reports {
                let observed = &stored.staged.observed;
                match observed.standing {
                    Standing::Repeat => repeats += 1,
                    _ => judged.push(u64::from(observed.serial.expect("a number"))),
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                judged.sort_unstable();
                return (judged, repeats);
            }
        }
    }

    fn metrics(&self) -> String {
        self.house.engine.print_metrics()
    }

    fn cursor(&self) -> Option<i64> {
        let name = format!("orbcomm_cursor http://{} 7001", self.address);
        let kept = self
            .house
            .engine
            .reader()
            .setting(&name)
            .expect("the store reads");
        kept.as_deref()
            .and_then(MailboxTime::parse)
            .map(|time| time.unix_s - self.began)
    }
}

/// Steps until one fetch has ended, well or not.
fn fetch(mailbox: &mut Mailbox) {
    let began = Instant::now();
    let mut worked = false;
    loop {
        let pause = mailbox.step().expect("it steps");
        worked |= pause.is_zero();
        if worked && !pause.is_zero() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "the fetch does not end");
        std::thread::yield_now();
    }
}

#[test]
fn pages_are_followed_until_there_is_no_more_and_each_message_is_taken_once() {
    let scene = Scene::set(10);
    scene.files((1..=25).map(|id| (id, id as i64)));
    let mut mailbox = scene.mailbox();
    fetch(&mut mailbox);
    assert_eq!(scene.stored(), ((1..=25).collect(), 0));
    assert_eq!((scene.asked(), scene.cursor()), (3, Some(25)));
    let first = lock(&scene.gateway).asked[0].clone();
    let first = MailboxTime::parse(&first).expect("a moment").unix_s;
    assert!(
        (first - (scene.began + 600 - 24 * 3600)).abs() < PATIENCE.as_secs() as i64,
        "a day back"
    );

    scene.files([(26, 26)]);
    fetch(&mut mailbox);
    assert_eq!(
        scene.stored(),
        ((1..=26).collect(), 0),
        "what came before is dropped"
    );
    let metrics = scene.metrics();
    let new = r#"segel_orbcomm_messages_total{mailbox="kapal",result="new"} 26"#;
    assert!(metrics.lines().any(|line| line == new), "{metrics}");
}

/// "A crash can repeat messages but never skip one (doubles are recognised)".
#[test]
fn a_fetcher_that_was_killed_begins_before_its_cursor_and_repeats_are_known() {
    let scene = Scene::set(10);
    scene.files((1..=5).map(|id| (id, id as i64)));
    fetch(&mut scene.mailbox());
    scene.files([(6, 6)]);
    fetch(&mut scene.mailbox());
    assert_eq!(scene.stored(), ((1..=6).collect(), 5), "kept again, judged once");
    let second = lock(&scene.gateway).asked[1].clone();
    let second = MailboxTime::parse(&second).map(|time| time.unix_s - scene.began);
    assert_eq!(second, Some(5 - 60), "an overlap before the cursor");
}

#[test]
fn a_message_that_is_filed_late_is_found() {
    let scene = Scene::set(10);
    scene.files([(1, 10), (3, 50)]);
    let mut mailbox = scene.mailbox();
    fetch(&mut mailbox);
    assert_eq!(scene.cursor(), Some(50));
    scene.files([(2, 20)]);
    fetch(&mut mailbox);
    assert_eq!(scene.stored(), (vec![1, 2, 3], 0));
    assert_eq!(scene.cursor(), Some(50), "the cursor does not go back");
}

#[test]
fn whatever_the_gateway_does_nothing_is_taken_by_halves_and_nothing_is_missed() {
    let scene = Scene::set(10);
    scene.files((1..=8).map(|id| (id, id as i64)));
    for mood in [Mood::Down, Mood::SaysNo, Mood::Halves] {
        scene.mood(mood);
        fetch(&mut scene.mailbox());
        assert_eq!((scene.stored(), scene.cursor()), ((vec![], 0), None));
    }
    scene.mood(Mood::Well);
    fetch(&mut scene.mailbox());
    assert_eq!(scene.stored(), ((1..=8).collect(), 0));
    let metrics = scene.metrics();
    for result in ["http_503", "error_21785", "no_page", "page"] {
        let line = format!("segel_orbcomm_calls_total{{mailbox=\"kapal\",result=\"{result}\"}} 1");
        assert!(
            metrics.lines().any(|printed| printed == line),
            "{line}\n{metrics}"
        );
    }
}

#[test]
fn an_outage_ends_by_itself() {
    let scene = Scene::set(10);
    scene.files([(1, 1)]);
    scene.mood(Mood::Down);
    let mut mailbox = scene.mailbox();
    fetch(&mut mailbox);
    scene.files([(2, 2)]);
    scene.mood(Mood::Well);
    fetch(&mut mailbox);
    assert_eq!(scene.stored(), (vec![1, 2], 0));
}

#[test]
fn a_gateway_whose_clock_runs_ahead_makes_us_skip_nothing() {
    let scene = Scene::set(10);
    scene.files([(1, 1)]);
    scene.mood(Mood::Ahead(7 * 24 * 3600));
    let mut mailbox = scene.mailbox();
    fetch(&mut mailbox);
    let now_s = scene.house.engine.clock().now().unix_ms / 1000 - scene.began;
    assert!(
        scene.cursor().is_some_and(|cursor| cursor <= now_s),
        "{:?}",
        scene.cursor()
    );
    scene.mood(Mood::Well);
    scene.files([(2, now_s)]);
    fetch(&mut mailbox);
    assert_eq!(scene.stored(), (vec![1, 2], 0));
}

#[test]
fn a_terminal_nobody_registered_waits_in_quarantine_and_one_without_a_name_is_counted() {
    let scene = Scene::set(10);
    lock(&scene.gateway).file(1, "01459999SKYB002", scene.began);
    let nameless = json!({"ID": 2, "MessageUTC": MailboxTime::from_unix_s(scene.began).to_string()});
    lock(&scene.gateway).messages.push((scene.began, nameless));
    fetch(&mut scene.mailbox());
    let listing = segel_store::Listing::of(RecordKind::Quarantine, Scope::Nation);
    let listed = scene
        .house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads");
    let strangers = listed.records.iter().filter(|one| one.stage == "stranger");
    let bodies: Vec<&str> = strangers.map(|one| one.body.as_str()).collect();
    assert!(
        bodies.len() == 1 && bodies[0].contains("01459999SKYB002"),
        "{bodies:?}"
    );
    let rows = scene.house.oddities.take(scene.house.engine.clock().now());
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(format!("{rows:?}").contains("no_device_id"), "{rows:?}");
}

/// What a terminal can be told is in no public document, so an order is refused when it is given.
#[test]
fn an_order_for_a_terminal_is_refused_at_once() {
    let scene = Scene::set(10);
    let order = Command::OrderSeal {
        seal: scene.seal,
        order: SealOrder::Interval {
            awake_s: 60,
            asleep_s: 1800,
        },
        reason: String::new(),
    };
    let asked = by(&scene.provider.admin, order);
    let answer = scene.house.engine.ask_blocking(asked).expect("it answers");
    match answer.verdict {
        Verdict::Refused(refusal) => assert_eq!(refusal.code, "not_spoken"),
        Verdict::Done { .. } => panic!("there are no words for it"),
    }
}

/// An outage of hours comes out of the mailbox in a moment: that says nothing of a clock.
#[test]
fn how_long_messages_lay_in_the_mailbox_is_no_fault_of_the_terminals_clock() {
    let scene = Scene::set(50);
    let mut entries = scene.house.engine.subscribe_entries();
    scene.files((1..=40).map(|id| (id, id as i64 - 3_000)));
    fetch(&mut scene.mailbox());
    assert_eq!(scene.stored().0.len(), 40);
    let told = std::iter::from_fn(|| entries.try_recv().ok());
    let measured = told
        .flat_map(|published| published.entry.events.clone())
        .any(|event| matches!(event, Event::SealClockMeasured { .. }));
    assert!(!measured);
}
