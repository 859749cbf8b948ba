//! The whole of Segel as one running thing: store, engine, doors, outlets, and how it stops.

mod porter;

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use tokio::runtime::Runtime;

use segel_model::report::Protocol;
use segel_model::{Rulebook, ServerTime};
use segel_store::{Checkpointer, Compactor, Options, Snapshots, Store, StoreError};

use crate::EngineHandle;
use crate::background::{self, Courtesy, Curfew, SnapshotPace, repeat};
use crate::clock::Clock;
use crate::config::{Config, Tls};
use crate::engine::{Engine, Parts};
use crate::first_start::{self, FirstCodes};
use crate::gateway::{Doors as SealDoors, Gateway, Oddities, keep_mqtt, listen, listen_for_datagrams};
use crate::keeper::Keeper;
use crate::orbcomm::Mailbox;
use crate::outlet::skp::{Skp, SkpFailure};
use crate::profiles::{ProfileFailure, Profiles};

use porter::Porter;

/// What a start needs.
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The rules in force.
    pub rules: Rulebook,
    /// Makes the clock; it is told the last moment that the store knows.
    pub clock: Box<dyn FnOnce(Option<ServerTime>) -> Clock>,
    /// Makes what people see: the API and the web app. Runs inside the runtime.
    pub http: Door,
}

/// Makes what people see, once the engine runs.
pub type Door = Box<dyn FnOnce(&EngineHandle) -> Result<Router, StartFailure>>;

/// Why Segel cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A profile file.
    #[error(transparent)]
    Profiles(#[from] ProfileFailure),
    /// A door.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Certificate or key.
    #[error("could not read the certificate {path} or its key: {source}")]
    Tls {
        /// The certificate.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The password of a mailbox.
    #[error("could not read the password of the mailbox {mailbox} from {place}: {source}")]
    Password {
        /// Which mailbox.
        mailbox: String,
        /// Where it should be.
        place: String,
        /// Why not.
        source: io::Error,
    },
    /// A thread or the runtime.
    #[error("could not start a thread: {0}")]
    Thread(#[from] io::Error),
    /// The first invitations.
    #[error("could not issue the first invitations: {0}")]
    FirstStart(String),
}

/// Where Segel listens.
#[derive(Debug, Clone)]
pub struct Doors {
    /// People.
    pub http: SocketAddr,
    /// People, without TLS.
    pub http_plain: Option<SocketAddr>,
    /// Jointech seals.
    pub jointech: SocketAddr,
    /// Phones.
    pub osmand: SocketAddr,
    /// Seals of other protocols.
    pub seals: Vec<(Protocol, SocketAddr)>,
    /// Seals over UDP.
    pub udp: Vec<(Protocol, SocketAddr)>,
    /// Makers' clouds.
    pub mqtt: Option<SocketAddr>,
}

/// A running Segel.
pub struct Service {
    engine: EngineHandle,
    doors: Doors,
    first_codes: Option<FirstCodes>,
    snapshots: Snapshots,
    curfew: Curfew,
    ended: Receiver<Result<(), StoreError>>,
    threads: Vec<JoinHandle<()>>,
    seals: Option<SealDoors>,
    runtime: Option<Runtime>,
}

/// How soon a new message is noticed.
const SKP_PAUSE: Duration = Duration::from_millis(250);
/// However quickly a demonstration's clock runs, the keeper need not look more often.
const KEEPER_PAUSE_MIN: Duration = Duration::from_millis(100);
/// How long connections may take to write what is durable already when Segel stops.
const FAREWELL: Duration = Duration::from_millis(500);

impl Service {
    /// Starts everything; when this returns, seals and people are let in.
    pub fn start(setup: Setup) -> Result<Self, StartFailure> {
        let Setup {
            config,
            rules,
            clock,
            http,
        } = setup;
        let profiles = Profiles::load(config.profiles.as_deref())?;
        passwords_can_be_read(&config)?;
        let sockets = Sockets::bind(&config)?;
        let doors = sockets.doors()?;
        let options = Options {
            free_floor_bytes: config.limits.disk_floor_bytes,
            ..Options::default()
        };
        let opened = Store::open(&config.data.0, options)?;
        let snapshots = Snapshots::of_this_program(opened.store.folder())?;
        let clock = clock(opened.last_listened);
        let (engine, handle) = Engine::start(Parts {
            opened,
            rules: Arc::new(rules),
            profiles: Arc::new(profiles),
            clock,
        })?;
        let (end, ended) = channel();
        let mut service = Self {
            engine: handle,
            doors,
            first_codes: None,
            snapshots,
            curfew: Curfew::default(),
            ended,
            threads: Vec::new(),
            seals: None,
            runtime: None,
        };
        service.run_engine(engine, end)?;
        let invited = first_start::invite(&service.engine, &config.first);
        service.first_codes = invited.map_err(|failure| service.deeper(failure))?;
        let oddities = Arc::clone(service.engine.oddities());
        service.run_background(&config, &oddities)?;
        service.open_doors(config, sockets, oddities, http)?;
        Ok(service)
    }

    /// Where the engine has ended, why it did is the cause, not that it was asked in vain.
    fn deeper(&self, failure: StartFailure) -> StartFailure {
        match self.ended.recv_timeout(FAREWELL) {
            Ok(Err(why)) => why.into(),
            _ => failure,
        }
    }

    /// The way to the engine.
    pub fn engine(&self) -> &EngineHandle {
        &self.engine
    }

    /// Where it listens; ports that were asked for as 0 are known now.
    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// The two codes of a first start; taken once, printed once, kept nowhere.
    pub fn take_first_codes(&mut self) -> Option<FirstCodes> {
        self.first_codes.take()
    }

    /// Waits until the engine ends by itself, which it only does when a commit fails; or until `at_most` has passed.
    pub fn wait(&self, at_most: Duration) -> Option<Result<(), StoreError>> {
        self.ended.recv_timeout(at_most).ok()
    }

    /// Stops in good order: nothing new is taken, what waits is finished, the state is kept for a quick start.
    pub fn stop(mut self) -> Result<(), StoreError> {
        self.engine.stop();
        let ended = self.ended.recv().unwrap_or(Ok(()));
        self.curfew.call();
        if let Some(seals) = self.seals.take() {
            seals.close();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(FAREWELL);
        }
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; the others still have to end.
            let _panicked = thread.join();
        }
        background::write_snapshot(&self.snapshots, &self.engine)?;
        ended
    }

    fn run_engine(&mut self, mut engine: Engine, end: Sender<Result<(), StoreError>>) -> io::Result<()> {
        let run = move || {
            // Whoever waited has gone where the receiver has.
            let _gone = end.send(engine.run());
        };
        self.threads
            .push(std::thread::Builder::new().name("engine".into()).spawn(run)?);
        Ok(())
    }

    fn run_background(&mut self, config: &Config, oddities: &Arc<Oddities>) -> io::Result<()> {
        let engine = || self.engine.clone();
        let mut keeper = Keeper::new(engine(), Arc::clone(oddities));
        let keep = {
            let engine = engine();
            move || {
                let now = engine.clock().now();
                keeper
                    .step(now)
                    .map(|next| engine.clock().until(now, next).max(KEEPER_PAUSE_MIN))
            }
        };
        let mut compactor = Compactor::new(
            self.engine.store().clone(),
            self.engine.reader().clone(),
            self.snapshots.clone(),
            config.upkeep.compaction(),
        );
        let compact = {
            let engine = engine();
            move || background::compact(&mut compactor, &engine)
        };
        let clear = {
            let store = self.engine.store().clone();
            move || background::clear(&store)
        };
        let snapshot = {
            let (engine, snapshots) = (engine(), self.snapshots.clone());
            let mut pace = SnapshotPace::new(config.upkeep);
            move || pace.step(&snapshots, &engine)
        };
        let checkpoint = {
            let mut checkpointer =
                Checkpointer::new(self.engine.store().folder(), self.engine.reader().clone());
            let pause = Duration::from_millis(config.upkeep.checkpoint_ms);
            move || background::write_checkpoint(&mut checkpointer).map(|()| pause)
        };
        let revisit = {
            let engine = engine();
            move || background::revisit(&engine)
        };
        let back_up = {
            let engine = engine();
            move || background::back_up(&engine)
        };
        let sweep = {
            let engine = engine();
            move || background::sweep(&engine)
        };
        let mut threads = vec![
            repeat(("keeper", Courtesy::NONE), &self.curfew, keep)?,
            repeat(("compactor", Courtesy::MUCH), &self.curfew, compact)?,
            repeat(("clearer", Courtesy::NONE), &self.curfew, clear)?,
            repeat(("snapshotter", Courtesy::SOME), &self.curfew, snapshot)?,
            repeat(("checkpoints", Courtesy::MUCH), &self.curfew, checkpoint)?,
            repeat(("revisits", Courtesy::SOME), &self.curfew, revisit)?,
            repeat(("backups", Courtesy::MUCH), &self.curfew, back_up)?,
            repeat(("sweeper", Courtesy::NONE), &self.curfew, sweep)?,
        ];
        if let Some(skp) = &config.skp {
            let (engine, mut outlet) = (
                engine(),
                Skp::new(engine(), skp.clone()).map_err(io::Error::other)?,
            );
            threads.push(repeat(("skp", Courtesy::NONE), &self.curfew, move || {
                skp_step(&mut outlet, &engine)
            })?);
        }
        for (place, mailbox) in config.orbcomm.iter().enumerate() {
            let opened = Mailbox::new(engine(), Arc::clone(oddities), mailbox.clone(), place);
            let mut mailbox = opened.map_err(io::Error::other)?;
            threads.push(repeat(("orbcomm", Courtesy::NONE), &self.curfew, move || {
                mailbox.step()
            })?);
        }
        self.threads.append(&mut threads);
        Ok(())
    }

    fn open_doors(
        &mut self,
        config: Config,
        sockets: Sockets,
        oddities: Arc<Oddities>,
        http: Door,
    ) -> Result<(), StartFailure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("segel")
            .build()?;
        let inside = runtime.enter();
        let beside = Some(runtime.handle().clone());
        let porter = Porter::new(&config.limits, &self.engine.metrics().people);
        let gateway = Gateway::new(self.engine.clone(), config.limits, oddities, beside);
        let mut seals = sockets.seals;
        seals.push((sockets.jointech, Protocol::Jointech));
        seals.push((sockets.osmand, Protocol::Osmand));
        self.seals = Some(SealDoors::open_all(&gateway, seals, sockets.udp)?);
        if let Some(door) = sockets.mqtt {
            runtime.spawn(keep_mqtt(gateway, door));
        }
        let router = http(&self.engine)?;
        if let Some(plain) = sockets.http_plain {
            runtime.spawn(keep_open(porter.clone(), plain, router.clone(), None));
        }
        let tls = certificate(&runtime, config.tls.as_ref())?;
        runtime.spawn(keep_open(porter, sockets.http, router, tls));
        drop(inside);
        self.runtime = Some(runtime);
        Ok(())
    }
}

/// A password that is missing is found before anything else, not at the first fetch.
fn passwords_can_be_read(config: &Config) -> Result<(), StartFailure> {
    for mailbox in &config.orbcomm {
        mailbox.password.read().map_err(|source| StartFailure::Password {
            mailbox: mailbox.name.clone(),
            place: mailbox.password.to_string(),
            source,
        })?;
    }
    Ok(())
}

fn skp_step(outlet: &mut Skp, engine: &EngineHandle) -> Result<Duration, SkpFailure> {
    let now = engine.clock().now();
    let next = outlet.step(now)?;
    Ok(next.map_or(SKP_PAUSE, |next| engine.clock().until(now, next).min(SKP_PAUSE)))
}

fn certificate(runtime: &Runtime, tls: Option<&Tls>) -> Result<Option<RustlsConfig>, StartFailure> {
    let Some(tls) = tls else { return Ok(None) };
    let read = RustlsConfig::from_pem_file(&tls.certificate, &tls.key);
    let config = runtime.block_on(read).map_err(|source| StartFailure::Tls {
        path: tls.certificate.display().to_string(),
        source,
    })?;
    Ok(Some(config))
}

async fn keep_open(porter: Porter, door: TcpListener, router: Router, tls: Option<RustlsConfig>) {
    if let Err(failure) = porter.keep(door, router, tls).await {
        tracing::error!(%failure, "the door for people closed");
    }
}

struct Sockets {
    http: TcpListener,
    http_plain: Option<TcpListener>,
    jointech: TcpListener,
    osmand: TcpListener,
    seals: Vec<(TcpListener, Protocol)>,
    udp: Vec<(UdpSocket, Protocol)>,
    mqtt: Option<TcpListener>,
}

impl Sockets {
    /// All doors are bound before anything else: a port in use is found before the store is touched.
    fn bind(config: &Config) -> Result<Self, StartFailure> {
        let bind = |address| listen(address).map_err(|source| StartFailure::Listen { address, source });
        let bind_udp = |address| {
            listen_for_datagrams(address).map_err(|source| StartFailure::Listen { address, source })
        };
        let seals = config.listen.seals.iter();
        let seals = seals.map(|(protocol, address)| Ok((bind(*address)?, *protocol)));
        let udp = config.listen.udp.iter();
        let udp = udp.map(|(protocol, address)| Ok((bind_udp(*address)?, *protocol)));
        Ok(Self {
            seals: seals.collect::<Result<_, StartFailure>>()?,
            udp: udp.collect::<Result<_, StartFailure>>()?,
            mqtt: config.listen.mqtt.map(bind).transpose()?,
            http: bind(config.listen.http)?,
            http_plain: config.listen.http_plain.map(bind).transpose()?,
            jointech: bind(config.listen.jointech)?,
            osmand: bind(config.listen.osmand)?,
        })
    }

    fn doors(&self) -> io::Result<Doors> {
        Ok(Doors {
            http: self.http.local_addr()?,
            http_plain: self
                .http_plain
                .as_ref()
                .map(TcpListener::local_addr)
                .transpose()?,
            jointech: self.jointech.local_addr()?,
            osmand: self.osmand.local_addr()?,
            seals: self
                .seals
                .iter()
                .map(|(door, protocol)| Ok((*protocol, door.local_addr()?)))
                .collect::<io::Result<_>>()?,
            udp: self
                .udp
                .iter()
                .map(|(door, protocol)| Ok((*protocol, door.local_addr()?)))
                .collect::<io::Result<_>>()?,
            mqtt: self.mqtt.as_ref().map(TcpListener::local_addr).transpose()?,
        })
    }
}

/// How many descriptors this process may hold, where the machine says so: each connection takes one.
pub fn descriptors() -> Option<u64> {
    let limits = std::fs::read_to_string(Path::new("/proc/self/limits")).ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}
