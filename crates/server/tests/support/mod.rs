//! A whole server but for its HTTP, in a folder of its own, on ports of its own.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use segel_geo::Position;
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Day, DocumentKind, Paper};
use segel_model::event::Subject;
use segel_model::input::CommandInput;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::Protocol;
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::seal::SealRegistration;
use segel_model::trip::{TripMode, TripRequest};
use segel_model::{
    Command, DeviceId, DocumentId, Event, OfficeCode, OrganisationId, Principal, Role, RouteId, SealId,
    SecretHash, TripId,
};
use segel_server::EngineHandle;
use segel_server::ask::{Asked, NewAccount, Side, Verdict};
use segel_server::clock::Clock;
use segel_server::config::Limits;
use segel_server::engine::{Engine, Parts};
use segel_server::gateway::{Doors, Gateway, Oddities, listen};
use segel_server::handle::Published;
use segel_server::profiles::Profiles;
use segel_store::{Options, Store, StoreError};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::broadcast::error::TryRecvError;

/// A running Segel.
pub struct House {
    pub engine: EngineHandle,
    pub jointech: SocketAddr,
    pub gt06: SocketAddr,
    pub jt808: SocketAddr,
    pub oddities: Arc<Oddities>,
    limits: Limits,
    pub thread: Option<JoinHandle<Result<(), StoreError>>>,
    doors: Option<Doors>,
    runtime: Option<Runtime>,
    pub folder: Arc<TempDir>,
}

impl House {
    /// Opens a new one.
    pub fn open() -> Self {
        Self::open_with(Limits::default())
    }

    /// Opens a new one with these limits.
    pub fn open_with(limits: Limits) -> Self {
        Self::open_in(Arc::new(TempDir::new().expect("a folder")), limits)
    }

    fn open_in(folder: Arc<TempDir>, limits: Limits) -> Self {
        let (engine, thread) = start_engine(folder.path());
        let oddities = Arc::<Oddities>::default();
        let runtime = Runtime::new().expect("a runtime");
        let beside = Some(runtime.handle().clone());
        let gateway = Gateway::new(engine.clone(), limits.clone(), Arc::clone(&oddities), beside);
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let jointech = listener.local_addr().expect("bound");
        let second = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let gt06 = second.local_addr().expect("bound");
        let third = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let jt808 = third.local_addr().expect("bound");
        let all = vec![
            (listener, Protocol::Jointech),
            (second, Protocol::Gt06),
            (third, Protocol::Jt808),
        ];
        let doors = Doors::open(&gateway, all).expect("the doors open");
        let (thread, doors, runtime) = (Some(thread), Some(doors), Some(runtime));
        Self {
            engine,
            jointech,
            gt06,
            jt808,
            oddities,
            limits,
            thread,
            doors,
            runtime,
            folder,
        }
    }

    /// Stops in good order and starts again on the same folder.
    pub fn reopen(mut self) -> Self {
        self.stop();
        let Self {
            engine,
            folder,
            limits,
            ..
        } = self;
        drop(engine);
        Self::open_in(folder, limits)
    }

    /// Stops in good order.
    pub fn stop(&mut self) {
        self.engine.stop();
        if let Some(thread) = self.thread.take() {
            thread
                .join()
                .expect("the engine does not panic")
                .expect("every commit succeeded");
        }
        if let Some(doors) = self.doors.take() {
            doors.close();
        }
        drop(self.runtime.take());
    }

    /// A seal connects.
    pub fn connect(&self) -> Seal {
        self.connect_to(self.jointech)
    }

    /// A seal connects to that door.
    pub fn connect_to(&self, door: SocketAddr) -> Seal {
        let stream = TcpStream::connect(door).expect("the gateway listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        Seal { stream }
    }
}

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A seal's end of a connection.
pub struct Seal {
    pub stream: TcpStream,
}

impl Seal {
    /// Sends bytes.
    pub fn says(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sent");
    }

    /// Waits for exactly this answer.
    pub fn hears(&mut self, expected: &str) {
        let mut answer = vec![0; expected.len()];
        self.stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), expected);
    }

    /// Waits for so many bytes.
    pub fn hears_bytes(&mut self, count: usize) {
        self.stream.read_exact(&mut vec![0; count]).expect("an answer");
    }

    /// Waits for a whole frame of JT/T 808.
    pub fn hears_frame(&mut self) -> Vec<u8> {
        let mut frame = Vec::new();
        while frame.len() < 2 || frame.last() != Some(&0x7E) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("an answer");
            frame.push(byte[0]);
        }
        frame
    }

    /// Sends bytes and says whether exactly this answer came.
    pub fn tries(&mut self, bytes: &[u8], expected: &str) -> bool {
        let mut answer = vec![0; expected.len()];
        let heard = self
            .stream
            .write_all(bytes)
            .and_then(|()| self.stream.read_exact(&mut answer));
        heard.is_ok() && answer == expected.as_bytes()
    }

    /// Waits until the other side has closed, and asserts that nothing more came.
    pub fn is_left(&mut self) {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(failure) => assert_eq!(failure.kind(), std::io::ErrorKind::ConnectionReset),
        }
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

fn start_engine(folder: &Path) -> (EngineHandle, JoinHandle<Result<(), StoreError>>) {
    let opened = Store::open(
        folder,
        Options {
            free_floor_bytes: 0,
            ..Options::default()
        },
    )
    .expect("the store opens");
    let rules =
        segel_server::rules::load(segel_server::rules::DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
    let profiles = Profiles::load(None).unwrap_or_else(|failure| panic!("{failure}"));
    let clock = Clock::system(opened.last_listened);
    let (mut engine, handle) = Engine::start(Parts {
        opened,
        rules: Arc::new(rules),
        profiles: Arc::new(profiles),
        clock,
    })
    .expect("the engine starts");
    (handle, std::thread::spawn(move || engine.run()))
}

/// A record of a JT701D by the maker's table (manual V1.4, positional data): sealed, at Tanjung Emas, with this serial.
pub fn record(device: &str, serial: u8) -> Vec<u8> {
    let mut frame = vec![0x24];
    frame.extend(bcd(device));
    frame.extend([0x19, 0x11, 0x00, 0x34]);
    frame.extend(bcd("251126093015")); // 25 November 2026, 09:30:15 UTC
    frame.extend(bcd("06580123")); // 06 degrees 58.0123 minutes
    frame.extend(bcd("11025432")); // 110 degrees 25.432, and then 1 and the flags: fixed, south, east
    frame.extend([
        0x1D, 0x14, 0x2D, 0, 0, 1, 0x2C, 9, 0, 0, 0, 0, 0x20, 0xE0, 0x57, 0x12, 0x34, 0x56, 0x78, 0x18,
    ]);
    frame.extend([0x00, 0x01, 0x00, 0x0F]);
    frame.extend([0x0F; 8]);
    frame.extend([0x00, 0x01, 0x01, 0xFE, 0x0A]);
    frame.push(serial);
    frame
}

fn bcd(digits: &str) -> Vec<u8> {
    let value = |digit: u8| digit - b'0';
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| value(pair[0]) << 4 | value(pair[1]))
        .collect()
}

/// Somebody's question, as the API asks it.
pub fn by(principal: &Principal, command: Command) -> Asked {
    let input = CommandInput {
        principal: principal.clone(),
        recorded: None,
        recorded_offset_ms: 0,
        command,
    };
    Asked {
        input,
        side: Side::default(),
    }
}

/// Everybody and everything behind a submitted trip.
pub struct Submitted {
    pub supervisor: Principal,
    pub provider: Provider,
    pub trip: TripId,
}

impl House {
    /// A trip that has passed the gate and whose route is approved: SKP is to hear of the request (E02) and the route (E03).
    pub fn submitted(&self) -> Submitted {
        let provider = self.provider();
        let office = OfficeCode("060100".into());
        let supervisor = self.joined(1, Role::CustomsSupervisor, Belonging::Office(office));
        let trip = self.submits(&supervisor, &provider, "000123", container());
        Submitted {
            supervisor,
            provider,
            trip,
        }
    }

    /// One more such trip, of another container under another document.
    pub fn another(&self, first: &Submitted) -> TripId {
        let container = ContainerNumber::parse("TEMU6079348").expect("a published number");
        self.submits(&first.supervisor, &first.provider, "000124", container)
    }

    fn submits(
        &self,
        supervisor: &Principal,
        provider: &Provider,
        number: &str,
        container: ContainerNumber,
    ) -> TripId {
        let (admin, office) = (&provider.admin, OfficeCode("060100".into()));
        let register = Command::RegisterOrganisation {
            name: "PT Muatan".into(),
            kind: OrganisationKind::Importer,
            npwp: None,
        };
        let Subject::Organisation(owner) = self.done(by(admin, register)) else {
            panic!("an importer")
        };
        let paper = paper(owner, &office, number, container.clone());
        let Subject::Document(document) = self.done(by(admin, Command::RegisterDocument(paper))) else {
            panic!("a document")
        };
        let verify = Command::VerifyDocument {
            document,
            approved: vec![0],
            remark: String::new(),
        };
        self.done_or_nothing(by(supervisor, verify));
        let plan = plan(provider.organisation, &office);
        let Subject::Route(route) = self.done(by(admin, Command::ProposeRoute(plan))) else {
            panic!("a route")
        };
        self.done_or_nothing(by(
            supervisor,
            Command::ApproveRoute {
                route,
                remark: String::new(),
            },
        ));
        let request = request(owner, provider.organisation, document, route, container);
        let Subject::Trip(trip) = self.done(by(admin, Command::OpenTrip(request))) else {
            panic!("a trip")
        };
        self.done_or_nothing(by(admin, Command::SubmitTrip { trip }));
        trip
    }

    fn joined(&self, number: u8, role: Role, belongs: Belonging) -> Principal {
        let code = SecretHash([number; 32]);
        let until = self.engine.clock().now().plus_s(3600);
        self.done(by(
            &Principal::System,
            Command::Invite {
                role,
                belongs: belongs.clone(),
                code,
                until,
            },
        ));
        let join = Command::Join {
            code,
            subject: SecretHash([number; 32]),
        };
        match self.done(by(&Principal::System, join)) {
            Subject::Person(person) => Principal::Person {
                person,
                role,
                belongs,
            },
            other => panic!("{other:?} is no person"),
        }
    }

    /// Asks, and expects that it is done, whatever it made.
    pub fn done_or_nothing(&self, asked: Asked) {
        let verdict = self
            .engine
            .ask_blocking(asked)
            .expect("the engine answers")
            .verdict;
        assert!(matches!(verdict, Verdict::Done { .. }), "{verdict:?}");
    }
}

fn paper(owner: OrganisationId, office: &OfficeCode, number: &str, container: ContainerNumber) -> Paper {
    Paper {
        kind: DocumentKind::Plp,
        number: number.into(),
        date: Day {
            year: 2026,
            month: 11,
            day: 1,
        },
        valid_until: None,
        office: office.clone(),
        destination_office: office.clone(),
        tps_origin: "ASAL".into(),
        tps_destination: "TUJUAN".into(),
        bc11: None,
        submission_number: None,
        owner,
        lines: vec![ContainerLine {
            container,
            size_ft: 40,
            size_type: None,
        }],
        scan: None,
    }
}

fn container() -> ContainerNumber {
    ContainerNumber::parse("CSQU3054383").expect("a published number")
}

fn plan(owner: OrganisationId, office: &OfficeCode) -> RoutePlan {
    let points: Vec<_> = (0..20)
        .map(|n| Position {
            lat: -6.95,
            lon: 110.42 + 0.002 * f64::from(n),
        })
        .collect();
    let area = |name: &str, centre| Area {
        name: name.into(),
        code: Some(name.into()),
        shape: Shape::Circle {
            centre,
            radius_m: 200.0,
        },
    };
    RoutePlan {
        name: "jalan".into(),
        owner,
        office: office.clone(),
        origin: area("ASAL", points[0]),
        destination: area("TUJUAN", points[19]),
        distance_m: segel_geo::length_m(&points) as u32,
        points,
        half_widths_m: vec![300.0],
        stops: Vec::new(),
        forbidden: Vec::new(),
        no_coverage: Vec::new(),
        transit_time_s: 600,
        interval_s: 60,
    }
}

fn request(
    owner: OrganisationId,
    provider: OrganisationId,
    document: DocumentId,
    route: RouteId,
    container: ContainerNumber,
) -> TripRequest {
    TripRequest {
        owner,
        provider,
        container,
        check_digit_confirmed: false,
        document: Some(document),
        route: Some(route),
        tps_origin: "ASAL".into(),
        tps_destination: "TUJUAN".into(),
        mode: TripMode::Sealed,
        plate: None,
        driver: None,
        install_wanted: None,
        start_window: None,
    }
}

/// What a provider does with its seals.
pub struct Provider {
    pub organisation: OrganisationId,
    pub admin: Principal,
}

impl House {
    /// Asks, and expects that it is done; the first thing it made.
    pub fn done(&self, asked: Asked) -> Subject {
        match self
            .engine
            .ask_blocking(asked)
            .expect("the engine answers")
            .verdict
        {
            Verdict::Done { about } => about[0],
            Verdict::Refused(refusal) => panic!("{}: {}", refusal.code, refusal.say.en),
        }
    }

    /// The first provider, with its administrator.
    pub fn provider(&self) -> Provider {
        let (name, kind) = ("PT Segel Contoh".to_owned(), OrganisationKind::Provider);
        let register = Command::RegisterOrganisation {
            name,
            kind,
            npwp: None,
        };
        let Subject::Organisation(organisation) = self.done(by(&Principal::System, register)) else {
            panic!("an organisation was entered")
        };
        let belongs = Belonging::Organisation(organisation);
        let code = SecretHash([7; 32]);
        let until = self.engine.clock().now().plus_s(3600);
        let invite = Command::Invite {
            role: Role::ProviderAdmin,
            belongs: belongs.clone(),
            code,
            until,
        };
        self.done(by(&Principal::System, invite));
        let mut join = by(
            &Principal::System,
            Command::Join {
                code,
                subject: SecretHash([8; 32]),
            },
        );
        join.side.account = Some(NewAccount {
            login: "rudi".into(),
            password: "$argon2id$".into(),
        });
        let Subject::Person(person) = self.done(join) else {
            panic!("somebody joined")
        };
        Provider {
            organisation,
            admin: Principal::Person {
                person,
                role: Role::ProviderAdmin,
                belongs,
            },
        }
    }

    /// A seal in stock.
    pub fn stock(&self, provider: &Provider, device: &str) -> SealId {
        self.stock_as(provider, device, "jt701d")
    }

    /// A seal of that profile in stock.
    pub fn stock_as(&self, provider: &Provider, device: &str, profile: &str) -> SealId {
        self.stock_of(Protocol::Jointech, provider, device, profile)
    }

    /// A seal of that protocol and profile in stock.
    pub fn stock_of(&self, protocol: Protocol, provider: &Provider, device: &str, profile: &str) -> SealId {
        let registration = SealRegistration {
            protocol,
            device: DeviceId(device.into()),
            label: format!("JT701-{device}"),
            profile: profile.into(),
            provider: provider.organisation,
            pool: None,
            certificate: None,
            certificate_needed: None,
        };
        match self.done(by(&provider.admin, Command::RegisterSeal(registration))) {
            Subject::Seal(seal) => seal,
            other => panic!("{other:?} is no seal"),
        }
    }

    /// Waits for the first event that `wanted` finds something in.
    pub fn awaits<T>(&self, entries: &mut Entries, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            match entries.try_recv() {
                Ok(published) => {
                    if let Some(found) = published.entry.events.iter().find_map(&wanted) {
                        return found;
                    }
                }
                Err(TryRecvError::Empty) => {
                    assert!(std::time::Instant::now() < deadline, "it never came");
                    std::thread::yield_now();
                }
                Err(failure) => panic!("{failure}"),
            }
        }
    }
}

/// Committed entries as they come.
pub type Entries = tokio::sync::broadcast::Receiver<Arc<Published>>;
