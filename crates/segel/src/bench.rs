//! `segel bench`: the first figures, each beside a reference measured in the same run. Absolute numbers drift with the
//! machine; the ratios are what to compare.
//!
//! Load generator and Segel share this machine. Every seal is on a trip, so every report is judged against a corridor.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use segel_geo::{Corridor, Position};
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Day, DocumentKind, Paper};
use segel_model::event::Subject;
use segel_model::input::CommandInput;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::Protocol;
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::seal::{Certificate, SealRegistration};
use segel_model::trip::{TripMode, TripRequest};
use segel_model::{
    Command, DeviceId, DocumentId, Event, OfficeCode, OrganisationId, PersonId, Principal, Role, RouteId,
    SealId, SecretHash, TripId,
};
use segel_server::EngineHandle;
use segel_server::ask::{Asked, NewAccount, Side, Verdict};
use segel_server::clock::Clock;
use segel_server::config::{Config, DataFolder, Listen};
use segel_server::rules;
use segel_server::service::{Service, Setup};
use segel_sim::histogram::Histogram;
use segel_sim::load::{self, Load, Outcome};
use segel_store::history::Rules;
use segel_store::{Compactor, Options as StoreOptions, Snapshots, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How large and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Seals, each on its own connection and its own trip.
    #[arg(long, default_value_t = 500)]
    seals: u32,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

const FIRST_ID: u64 = 7_000_000_000;
const ROAD: [(f64, f64); 2] = [(-6.9472, 110.4245), (-6.9860, 110.3320)];
/// Pieces of the route that every seal travels.
const SEGMENTS: usize = 200;
/// Bytes of the load's frames.
const FRAME_BYTES: f64 = 62.0;
/// Strangers that knock while the others report: each one is an event on the live stream.
const STRANGERS: u32 = 200;

/// Measures and prints.
pub fn run(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("segel-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("could not create a folder")?;
    let measured = measure(options, &folder);
    std::fs::remove_dir_all(&folder).context("could not delete the bench's folder")?;
    measured
}

fn measure(options: &Options, folder: &std::path::Path) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!(
        "segel bench: {} seals, {} s each, load and server on this machine",
        options.seals, options.seconds
    );
    let service = start(folder)?;
    let (engine, door) = (service.engine().clone(), service.doors().jointech);
    let first = load(options, door, 1, Some(f64::from(options.seals)));
    runtime.block_on(load::run(&Load {
        lasting: Duration::from_secs(2),
        ..first
    }))?;
    World::build(&engine)?.put_on_trips(options.seals)?;
    let bare = runtime.block_on(bare_loop())?;
    let mut half_rate = 1000.0;
    for in_flight in [1, 16] {
        let reference = runtime.block_on(load::run(&load(options, bare, in_flight, None)))?;
        let ours = runtime.block_on(load::run(&load(options, door, in_flight, None)))?;
        print_rate(in_flight, &ours, &reference);
        if in_flight == 1 {
            half_rate = ours.rate() / 2.0;
        }
    }
    let live = runtime.block_on(event_latency(options, &engine, door, half_rate))?;
    println!(
        "bytes in to live event at half load   p50 {}  p99 {}  ({} events)",
        ms(live.quantile(0.5)),
        ms(live.quantile(0.99)),
        live.count()
    );
    println!("  bare 96 KiB append and sync         {}", ms(bare_sync(folder)?));
    print_corridor();
    drop(engine);
    service.stop()?;
    print_disk(&folder.join("data"))
}

fn start(folder: &std::path::Path) -> Result<Service> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listen = Listen {
        http: any,
        http_plain: None,
        jointech: any,
        osmand: any,
    };
    let config = Config {
        data: DataFolder(folder.join("data")),
        listen,
        ..Config::default()
    };
    let http: segel_server::service::Door = Box::new(|_| Ok(axum::Router::new()));
    let rules = rules::load(rules::DEFAULT)?;
    Ok(Service::start(Setup {
        config,
        rules,
        clock: Box::new(Clock::system),
        http,
    })?)
}

fn load(options: &Options, target: SocketAddr, in_flight: usize, rate: Option<f64>) -> Load {
    Load {
        target,
        seals: options.seals,
        first_id: FIRST_ID,
        rate,
        in_flight,
        lasting: Duration::from_secs(options.seconds),
        patience: Duration::from_secs(10),
        road: ROAD,
    }
}

fn print_rate(in_flight: usize, ours: &Outcome, reference: &Outcome) {
    println!(
        "durable acknowledged reports/s, {in_flight:>2} in flight {:>8.0}   p99 {}   lost {}",
        ours.rate(),
        ms(ours.latency.quantile(0.99)),
        ours.sent - ours.acknowledged
    );
    println!(
        "  bare acknowledge loop               {:>8.0}   ratio {:.2}",
        reference.rate(),
        ours.rate() / reference.rate()
    );
}

/// What a TCP server does at least: read a frame, answer with its serial.
async fn bare_loop() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_frames(stream));
        }
    });
    Ok(address)
}

async fn answer_frames(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut kept) = (vec![0; 64 * 1024], Vec::new());
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        kept.extend_from_slice(&buffer[..read]);
        let (mut answers, mut at) = (Vec::new(), 0);
        while let Some(length) = kept
            .get(at + 8..at + 10)
            .map(|field| usize::from(field[0]) << 8 | usize::from(field[1]))
        {
            let Some(serial) = kept.get(at + length + 9) else {
                break;
            };
            answers.extend_from_slice(format!("(P69,0,{serial})").as_bytes());
            at += length + 10;
        }
        kept.drain(..at);
        stream.write_all(&answers).await?;
    }
}

/// From the first byte of a stranger's frame to the committed event that it is one, while the others report.
async fn event_latency(
    options: &Options,
    engine: &EngineHandle,
    door: SocketAddr,
    rate: f64,
) -> Result<Histogram> {
    let mut background = load(options, door, 1, Some(rate));
    background.lasting = Duration::from_millis(u64::from(STRANGERS) * 20 + 1000);
    let others = tokio::spawn(async move { load::run(&background).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut entries = engine.subscribe_entries();
    let mut latencies = Histogram::default();
    for number in 0..STRANGERS {
        let device = format!("{:010}", 9_000_000_000_u64 + u64::from(number));
        let mut stranger = TcpStream::connect(door).await?;
        let began = Instant::now();
        stranger.write_all(format!("({device},@JT)").as_bytes()).await?;
        loop {
            let published = entries.recv().await?;
            let is_theirs = |event: &Event| matches!(event, Event::DeviceQuarantined { device: found, .. } if found.0 == device);
            if published.entry.events.iter().any(is_theirs) {
                break;
            }
        }
        latencies.add(began.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    others.await??;
    Ok(latencies)
}

fn bare_sync(folder: &std::path::Path) -> Result<Duration> {
    const SYNCS: u32 = 200;
    let mut file = File::create(folder.join("sync"))?;
    let bytes = vec![7; 96 * 1024];
    let began = Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    Ok(began.elapsed() / SYNCS)
}

/// In trip order, against the same work done the plain way: the distance to every point of the route.
fn print_corridor() {
    const CHECKS: usize = 200_000;
    let Ok(corridor) = Corridor::new(route_points(), vec![300.0]) else {
        return;
    };
    let places: Vec<Position> = (0..CHECKS)
        .map(|check| along(check as f64 / CHECKS as f64))
        .collect();
    let (began, mut hint, mut sum) = (Instant::now(), None, 0.0);
    for place in &places {
        let located = corridor.locate(*place, hint);
        hint = Some(located.segment);
        sum += f64::from(located.segment);
    }
    let ours = began.elapsed().as_nanos() as f64 / CHECKS as f64;
    let began = Instant::now();
    for place in places.iter().step_by(100) {
        let distances = corridor
            .points()
            .iter()
            .map(|point| segel_geo::distance_m(*place, *point));
        sum += distances.fold(f64::INFINITY, f64::min);
    }
    let plain = began.elapsed().as_nanos() as f64 / (CHECKS / 100) as f64;
    std::hint::black_box(sum);
    println!("corridor check, {SEGMENTS} segments            {ours:>8.0} ns");
    println!(
        "  great circles to every point        {plain:>8.0} ns   ratio {:.4}",
        ours / plain
    );
}

/// Moves all reports to history, as the compactor does with time, and weighs the file.
fn print_disk(data: &std::path::Path) -> Result<()> {
    let opened = Store::open(data, StoreOptions::default())?;
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    for old in std::fs::read_dir(opened.store.folder().snapshots())? {
        std::fs::remove_file(old?.path())?;
    }
    snapshots.advance(&opened.reader)?;
    let rules = Rules {
        run_age_s: 0,
        ..Rules::default()
    };
    let compactor = Compactor::new(opened.store.clone(), opened.reader.clone(), snapshots, rules);
    let now = segel_model::ServerTime::from_unix_ms(i64::MAX);
    while compactor.seal(now)? {}
    opened.store.checkpoint()?;
    let reports = opened.store.metrics().look().compacted_reports.max(1) as f64;
    let history = std::fs::metadata(opened.store.folder().history())?.len() as f64;
    println!(
        "bytes a report in history, raw frame included {:.1} ({reports:.0} reports)",
        history / reports
    );
    println!(
        "  the raw frame alone                 {FRAME_BYTES:>8.0}   ratio {:.2}",
        history / reports / FRAME_BYTES
    );
    Ok(())
}

fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

fn along(part: f64) -> Position {
    let [(lat_from, lon_from), (lat_to, lon_to)] = ROAD;
    Position {
        lat: lat_from + (lat_to - lat_from) * part,
        lon: lon_from + (lon_to - lon_from) * part,
    }
}

/// The straight road, with bends of some metres so that no segment is like the next.
fn route_points() -> Vec<Position> {
    (0..=SEGMENTS)
        .map(|point| {
            let place = along(point as f64 / SEGMENTS as f64);
            Position {
                lat: place.lat + 0.0002 * f64::from(point as u32 % 2),
                ..place
            }
        })
        .collect()
}

/// The people and papers behind the trips.
struct World<'a> {
    engine: &'a EngineHandle,
    supervisor: Principal,
    admin: Principal,
    provider: OrganisationId,
    owner: OrganisationId,
    technician: PersonId,
    office: OfficeCode,
}

impl<'a> World<'a> {
    fn build(engine: &'a EngineHandle) -> Result<Self> {
        let office = OfficeCode("060100".into());
        let provider = OrganisationId(1);
        let supervisor = join(
            engine,
            &Principal::System,
            1,
            Role::CustomsSupervisor,
            Belonging::Office(office.clone()),
        )?;
        let home = Belonging::Organisation(provider);
        let admin = join(engine, &Principal::System, 2, Role::ProviderAdmin, home.clone())?;
        let technician = join(engine, &admin, 3, Role::Technician, home)?;
        let technician = technician.person().context("somebody joined")?;
        let register = Command::RegisterOrganisation {
            name: "PT Muatan".into(),
            kind: OrganisationKind::Importer,
            npwp: None,
        };
        let Some(Subject::Organisation(owner)) = ask(engine, &admin, register)? else {
            bail!("no importer")
        };
        Ok(Self {
            engine,
            supervisor,
            admin,
            provider,
            owner,
            technician,
            office,
        })
    }

    fn put_on_trips(&self, seals: u32) -> Result<()> {
        let document = self.document(seals)?;
        let route = self.route()?;
        for number in 0..seals {
            let seal = self.seal(FIRST_ID + u64::from(number))?;
            // A seal must have been heard of as itself before it may be chosen.
            self.hear(FIRST_ID + u64::from(number))?;
            self.trip(number, seal, document, route)?;
        }
        println!("{seals} seals are on trips");
        Ok(())
    }

    fn seal(&self, device: u64) -> Result<SealId> {
        let registration = SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(format!("{device:010}")),
            label: format!("JT701-{device}"),
            profile: "jt701d".into(),
            provider: self.provider,
            pool: None,
            certificate: Some(Certificate {
                number: "BENCH".into(),
                issuer: "bench".into(),
                valid_until: Day {
                    year: 2099,
                    month: 12,
                    day: 31,
                },
            }),
        };
        match ask(self.engine, &self.admin, Command::RegisterSeal(registration))? {
            Some(Subject::Seal(seal)) => Ok(seal),
            other => bail!("{other:?} is no seal"),
        }
    }

    fn hear(&self, device: u64) -> Result<()> {
        let [(lat, lon), _] = ROAD;
        let now = self.engine.clock().now();
        let heard = segel_server::reported::Heard {
            report: segel_model::Report {
                device: DeviceId(format!("{device:010}")),
                kind: segel_model::report::ReportKind::Record,
                time: Some(segel_model::DeviceTime::from_unix_ms(now.unix_ms)),
                received: now,
                backfill: false,
                fix: Some(segel_model::report::Fix {
                    position: Position { lat, lon },
                    valid: true,
                    source: segel_model::report::FixSource::Gnss,
                    speed_kmh: None,
                    course_deg: None,
                    altitude_m: None,
                    satellites: None,
                    accuracy_m: None,
                }),
                battery: Some(segel_model::report::Battery {
                    percent: Some(95),
                    charging: false,
                    battery_mv: None,
                }),
                lock: segel_model::report::Lock::default(),
                signals: Vec::new(),
                cell: None,
                serial: None,
                extra: Vec::new(),
            },
            raw: Vec::new(),
            part: 0,
        };
        let batch = segel_server::reported::ReportBatch {
            protocol: Protocol::Jointech,
            connection: u64::MAX,
            profile: "any",
            peer: ([127, 0, 0, 1], 1).into(),
            reports: vec![heard],
            side: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(runtime.block_on(self.engine.report(batch))?)
    }

    fn document(&self, lines: u32) -> Result<DocumentId> {
        let today = Day {
            year: 2026,
            month: 1,
            day: 1,
        };
        let paper = Paper {
            kind: DocumentKind::Plp,
            number: "000001".into(),
            date: today,
            valid_until: None,
            office: self.office.clone(),
            destination_office: self.office.clone(),
            tps_origin: "ASAL".into(),
            tps_destination: "TUJUAN".into(),
            bc11: None,
            submission_number: None,
            owner: self.owner,
            lines: (0..lines)
                .map(|number| {
                    Ok(ContainerLine {
                        container: container(number)?,
                        size_ft: 40,
                        size_type: None,
                    })
                })
                .collect::<Result<_>>()?,
            scan: None,
        };
        let Some(Subject::Document(document)) =
            ask(self.engine, &self.admin, Command::RegisterDocument(paper))?
        else {
            bail!("no document")
        };
        let approved = (0..lines).map(|line| line as u16).collect();
        ask(
            self.engine,
            &self.supervisor,
            Command::VerifyDocument {
                document,
                approved,
                remark: String::new(),
            },
        )?;
        Ok(document)
    }

    fn route(&self) -> Result<RouteId> {
        let points = route_points();
        let area = |name: &str, centre: Position| Area {
            name: name.into(),
            code: Some(name.into()),
            shape: Shape::Circle {
                centre,
                radius_m: 300.0,
            },
        };
        let (first, last) = (points[0], points[SEGMENTS]);
        let distance_m = segel_geo::length_m(&points) as u32;
        let plan = RoutePlan {
            name: "bench".into(),
            owner: self.provider,
            office: self.office.clone(),
            points,
            half_widths_m: vec![300.0],
            origin: area("ASAL", first),
            destination: area("TUJUAN", last),
            stops: Vec::new(),
            forbidden: Vec::new(),
            no_coverage: Vec::new(),
            distance_m,
            transit_time_s: distance_m / 8,
            interval_s: 60,
        };
        let Some(Subject::Route(route)) = ask(self.engine, &self.admin, Command::ProposeRoute(plan))? else {
            bail!("no route")
        };
        ask(
            self.engine,
            &self.supervisor,
            Command::ApproveRoute {
                route,
                remark: String::new(),
            },
        )?;
        Ok(route)
    }

    fn trip(&self, number: u32, seal: SealId, document: DocumentId, route: RouteId) -> Result<()> {
        let request = TripRequest {
            owner: self.owner,
            provider: self.provider,
            container: container(number)?,
            check_digit_confirmed: true,
            document: Some(document),
            route: Some(route),
            tps_origin: "ASAL".into(),
            tps_destination: "TUJUAN".into(),
            mode: TripMode::Sealed,
            plate: None,
            driver: None,
            install_wanted: None,
            start_window: None,
        };
        let Some(Subject::Trip(trip)) = ask(self.engine, &self.admin, Command::OpenTrip(request))? else {
            bail!("no trip")
        };
        let trip: TripId = trip;
        ask(self.engine, &self.admin, Command::SubmitTrip { trip })?;
        ask(
            self.engine,
            &self.admin,
            Command::AssignSeal {
                trip,
                seal,
                technician: self.technician,
            },
        )?;
        Ok(())
    }
}

fn container(number: u32) -> Result<ContainerNumber> {
    ContainerNumber::parse(&format!("BNCU{number:07}")).map_err(|fault| anyhow::anyhow!("{fault:?}"))
}

fn join(
    engine: &EngineHandle,
    by: &Principal,
    number: u8,
    role: Role,
    belongs: Belonging,
) -> Result<Principal> {
    let code = SecretHash([number; 32]);
    let until = engine.clock().now().plus_s(3600);
    ask(
        engine,
        by,
        Command::Invite {
            role,
            belongs: belongs.clone(),
            code,
            until,
        },
    )?;
    let command = Command::Join {
        code,
        subject: SecretHash([number; 32]),
    };
    let account = NewAccount {
        login: format!("bench{number}"),
        password: "none".into(),
    };
    let side = Side {
        account: Some(account),
        ..Side::default()
    };
    match verdict(engine, Principal::System, command, side)? {
        Some(Subject::Person(person)) => Ok(Principal::Person {
            person,
            role,
            belongs,
        }),
        other => bail!("{other:?} is no person"),
    }
}

fn ask(engine: &EngineHandle, by: &Principal, command: Command) -> Result<Option<Subject>> {
    verdict(engine, by.clone(), command, Side::default())
}

fn verdict(
    engine: &EngineHandle,
    principal: Principal,
    command: Command,
    side: Side,
) -> Result<Option<Subject>> {
    let name = command.name();
    let input = CommandInput {
        principal,
        recorded: None,
        recorded_offset_ms: 0,
        command,
    };
    match engine.ask_blocking(Asked { input, side })?.verdict {
        Verdict::Done { about } => Ok(about.first().copied()),
        Verdict::Refused(refusal) => bail!("{name}: {}", refusal.say.en),
    }
}
