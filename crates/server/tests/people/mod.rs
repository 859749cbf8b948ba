//! A whole Segel on ports of its own, with people who speak to it over HTTP as browsers and machines do.
#![allow(dead_code, reason = "each test takes what it needs")]

pub mod cast;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use segel_server::clock::{Clock, Hand};
use segel_server::config::{Config, DataFolder};
use segel_server::proxies::Proxies;
use segel_server::service::{Service, Setup};
use segel_server::{api, rules};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Everybody's password; a long one is a good one.
pub const PASSWORD: &str = "correct horse battery staple";

/// A running Segel.
pub struct House {
    service: Option<Service>,
    pub customs_code: String,
    pub provider_code: String,
    folder: TempDir,
    agent: ureq::Agent,
}

impl House {
    /// Opens a new one.
    pub fn open() -> Self {
        Self::open_set(api::Settings::default())
    }

    /// Opens a new one with these settings of its API.
    pub fn open_set(settings: api::Settings) -> Self {
        Self::open_with(Box::new(Clock::system), settings)
    }

    /// Opens a new one whose clock is moved by hand.
    pub fn open_at(hand: &Hand) -> Self {
        let clock = hand.clock();
        Self::open_with(Box::new(move |_| clock), api::Settings::default())
    }

    /// Opens a new one whose configuration is changed before.
    pub fn open_configured(change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut setup = setup(&folder, Box::new(Clock::system), api::Settings::default());
        change(&mut setup.config);
        Self::start(setup, folder)
    }

    fn open_with(clock: Start, settings: api::Settings) -> Self {
        let folder = TempDir::new().expect("a folder");
        Self::start(setup(&folder, clock, settings), folder)
    }

    /// Opens a new one behind proxies that are believed.
    pub fn open_behind(proxies: Proxies, hand: &Hand) -> Self {
        let clock = hand.clock();
        let settings = api::Settings {
            proxies,
            ..api::Settings::default()
        };
        Self::open_with(Box::new(move |_| clock), settings)
    }

    fn start(setup: Setup, folder: TempDir) -> Self {
        let mut service = Service::start(setup).expect("it starts");
        let codes = service.take_first_codes().expect("a first start");
        // A refused request is answered before its body is read, and its connection ends with it: each has its own.
        let agent = ureq::Agent::config_builder()
            .max_idle_connections(0)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            service: Some(service),
            customs_code: codes.customs,
            provider_code: codes.provider,
            folder,
            agent: agent.into(),
        }
    }

    /// The running service.
    pub fn service(&self) -> &Service {
        self.service.as_ref().expect("it runs until it is dropped")
    }

    /// The folder it works in.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The address of a path of the API.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.service().doors().http)
    }

    /// Somebody whom nobody knows.
    pub fn stranger(&self) -> Person<'_> {
        Person {
            house: self,
            cookie: String::new(),
            csrf: String::new(),
            id: 0,
        }
    }

    /// Somebody joins by a code.
    pub fn join(&self, code: &str, login: &str) -> Person<'_> {
        let body =
            json!({"code": code, "login": login, "password": PASSWORD, "name": format!("Ibu {login}")});
        self.signed_in(self.stranger().post("/invitations/accept", body))
    }

    /// Somebody signs in.
    pub fn sign_in(&self, login: &str) -> Person<'_> {
        self.signed_in(
            self.stranger()
                .post("/session", json!({"login": login, "password": PASSWORD})),
        )
    }

    fn signed_in(&self, answer: Answer) -> Person<'_> {
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie");
        Person {
            house: self,
            cookie: cookie.split(';').next().unwrap_or_default().into(),
            csrf: answer.json["csrf"].as_str().expect("a csrf word").into(),
            id: answer.json["person"]["id"].as_u64().expect("a number"),
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().expect("it stops in good order");
        }
    }
}

/// The clock a server starts with.
type Start = Box<dyn FnOnce(Option<segel_model::ServerTime>) -> Clock>;

fn setup(folder: &TempDir, clock: Start, settings: api::Settings) -> Setup {
    let mut config = Config {
        data: DataFolder(folder.path().into()),
        ..Config::default()
    };
    let anywhere = ([127, 0, 0, 1], 0).into();
    config.listen.http = anywhere;
    config.listen.jointech = anywhere;
    config.listen.osmand = anywhere;
    Setup {
        config,
        rules: rules::load(rules::DEFAULT).expect("the rules that come with the program"),
        clock,
        http: Box::new(move |engine| {
            let parts = api::Parts {
                engine: engine.clone(),
                settings,
                metrics: Arc::new(|| "# EOF\n".into()),
            };
            Ok(api::router(api::start(parts)?, axum::Router::new()))
        }),
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Person<'a> {
    pub house: &'a House,
    pub cookie: String,
    pub csrf: String,
    pub id: u64,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
    pub json: Value,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.json)
    }
}

impl Answer {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The number of the thing that was made.
    pub fn id(&self) -> u64 {
        assert_eq!(self.status, 200, "{self:?}");
        self.json["id"].as_u64().expect("something was made")
    }

    /// The problem's code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Insists that it was done.
    pub fn done(self) -> Self {
        assert_eq!(self.status, 200, "{self:?}");
        self
    }
}

impl<'a> Person<'a> {
    /// Reads.
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Vec::new(), &[])
    }

    /// Asks.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body.to_string().into_bytes(), &[])
    }

    /// Asks under a key.
    pub fn post_as(&self, path: &str, body: Value, key: &str) -> Answer {
        self.call(
            "POST",
            path,
            body.to_string().into_bytes(),
            &[("idempotency-key", key)],
        )
    }

    /// Any request, as a browser sends it.
    pub fn call(&self, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![
            ("cookie", self.cookie.as_str()),
            ("x-csrf-token", self.csrf.as_str()),
        ];
        all.retain(|(_, value)| !value.is_empty());
        all.extend(headers);
        self.send(method, path, body, &all)
    }

    /// A request with nothing but these headers.
    pub fn send(&self, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(self.house.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a legal request");
        let mut response = self.house.agent.run(request).expect("an answer");
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().into(), value.to_str().unwrap_or_default().into()));
        let headers = headers.collect();
        let status = response.status().as_u16();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .expect("a body");
        Answer {
            status,
            headers,
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        }
    }

    /// Invites somebody, who joins.
    pub fn brings(&self, login: &str, role: &str, belongs: Value) -> Person<'a> {
        let invited = self
            .post("/invitations", json!({"role": role, "belongs": belongs}))
            .done();
        let code = invited.json["code"].as_str().expect("a code").to_owned();
        self.house.join(&code, login)
    }

    /// Follows the live stream.
    pub fn follow(&self, after: Option<u64>) -> Live {
        let address = self.house.service().doors().http;
        let mut stream = TcpStream::connect(address).expect("the door is open");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let request = format!(
            "GET /api/v1/live{query} HTTP/1.1\r\nHost: segel\r\nCookie: {}\r\nAccept: text/event-stream\r\n\r\n",
            self.cookie
        );
        stream.write_all(request.as_bytes()).expect("sent");
        Live {
            lines: BufReader::new(stream),
        }
    }
}

/// The reading end of a live stream.
pub struct Live {
    lines: BufReader<TcpStream>,
}

/// One event of a live stream.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveEvent {
    pub name: String,
    pub id: Option<u64>,
    pub data: Value,
}

impl Live {
    /// The next event; nothing where the stream has ended.
    pub fn next(&mut self) -> Option<LiveEvent> {
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        loop {
            let mut line = String::new();
            if self
                .lines
                .read_line(&mut line)
                .expect("the stream is read in time")
                == 0
            {
                return None;
            }
            let line = line.trim_end();
            if let Some(word) = line.strip_prefix("event: ") {
                name = word.into();
            } else if let Some(number) = line.strip_prefix("id: ") {
                id = number.parse().ok();
            } else if let Some(json) = line.strip_prefix("data: ") {
                data = json.into();
            } else if line.is_empty() && !data.is_empty() {
                return Some(LiveEvent {
                    name,
                    id,
                    data: serde_json::from_str(&data).expect("JSON"),
                });
            } else if line == "0" {
                return None;
            }
        }
    }

    /// The next event of that name.
    pub fn next_of(&mut self, name: &str) -> LiveEvent {
        loop {
            let event = self.next().expect("the stream goes on");
            if event.name == name {
                return event;
            }
        }
    }

    /// Waits for something that happened.
    pub fn until(&mut self, kind: &str) -> LiveEvent {
        loop {
            let event = self.next_of("events");
            let happened = event.data["happened"].as_array().expect("a list");
            if happened.iter().any(|one| one["kind"] == kind) {
                return event;
            }
        }
    }
}

/// An office as people belong to it.
pub fn office(code: &str) -> Value {
    json!({"kind": "office", "office": code})
}

/// An organisation as people belong to it.
pub fn organisation(id: u64) -> Value {
    json!({"kind": "organisation", "organisation": id})
}

/// The nation.
pub fn nation() -> Value {
    json!({"kind": "nation"})
}

/// A PLP of Tanjung Emas.
pub fn document(owner: Option<u64>, number: &str, container: &str) -> Value {
    json!({
        "kind": "plp", "number": number, "date": "2026-11-20", "office": "060100", "tps_origin": "TPKS",
        "tps_destination": "GRHA", "owner": owner, "lines": [{"container": container, "size_ft": 40}]
    })
}

/// A route from the terminal to a warehouse west of the city.
pub fn route(owner: Option<u64>) -> Value {
    let circle = |name: &str, code: &str, lat: f64, lon: f64| json!({"name": name, "code": code, "shape": {"kind": "circle", "centre": {"lat": lat, "lon": lon}, "radius_m": 400.0}});
    json!({
        "name": "TPKS – GRHA", "owner": owner, "office": "060100",
        "points": [{"lat": -6.9435, "lon": 110.4243}, {"lat": -6.9550, "lon": 110.3800}, {"lat": -6.9702, "lon": 110.3312}],
        "half_widths_m": [200.0],
        "origin": circle("TPKS", "TPKS", -6.9435, 110.4243), "destination": circle("GRHA", "GRHA", -6.9702, 110.3312),
        "distance_m": 10800, "transit_time_s": 3600, "interval_s": 60
    })
}

/// A trip of that container, only followed.
pub fn trip(provider: u64, container: &str) -> Value {
    json!({
        "provider": provider, "container": container, "tps_origin": "TPKS", "tps_destination": "GRHA",
        "mode": "cargo_tracker", "plate": "H 1234 AB"
    })
}

/// A phone reports where it is.
pub fn report(house: &House, device: &str, lat: f64, lon: f64) {
    report_of(house, device, lat, lon, 0);
}

/// A phone reports where it was so many seconds ago.
pub fn report_of(house: &House, device: &str, lat: f64, lon: f64, seconds_ago: i64) {
    let at_s = house.service().engine().clock().now().unix_ms / 1000 - seconds_ago;
    report_at(house, device, lat, lon, &at_s.to_string());
}

/// A phone reports where it is, to the millisecond: as often as one likes in a second, and no report repeats another.
pub fn report_now(house: &House, device: &str, lat: f64, lon: f64) {
    let now = house.service().engine().clock().now();
    report_at(house, device, lat, lon, &now.unix_ms.to_string());
}

fn report_at(house: &House, device: &str, lat: f64, lon: f64, timestamp: &str) {
    let url = format!(
        "http://{}/?id={device}&lat={lat}&lon={lon}&timestamp={timestamp}&batt=97&accuracy=5&speed=0",
        house.service().doors().osmand
    );
    assert_eq!(ureq::get(&url).call().expect("the door is open").status(), 200);
}
