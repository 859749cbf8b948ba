//! `segel serve`: Segel itself, until it is told to stop.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use segel_model::Rulebook;
use segel_server::clock::Clock;
use segel_server::config::{Config, DataFolder};
use segel_server::service::{Door, Service, Setup, descriptors};
use segel_server::{api, rules};
use tokio::signal::unix::{SignalKind, signal};

use crate::web::{self, Basemap};

/// What may be set on the command line; it has the last word over the configuration.
#[derive(Debug, Args)]
pub struct Options {
    /// The configuration, TOML; see docs/operating.md.
    #[arg(long, env = "SEGEL_CONFIG")]
    config: Option<PathBuf>,
    /// Where Segel keeps everything.
    #[arg(long, env = "SEGEL_DATA_FOLDER")]
    data: Option<PathBuf>,
    /// A rulebook of your own.
    #[arg(long, env = "SEGEL_RULES")]
    rules: Option<PathBuf>,
    /// A basemap of your own, one PMTiles file.
    #[arg(long, env = "SEGEL_BASEMAP")]
    basemap: Option<PathBuf>,
    /// The address of all doors, such as 0.0.0.0; the ports stay.
    #[arg(long)]
    listen: Option<IpAddr>,
    /// The door for people.
    #[arg(long)]
    http: Option<SocketAddr>,
    /// The door for Jointech seals.
    #[arg(long)]
    jointech: Option<SocketAddr>,
    /// The door for phones.
    #[arg(long)]
    osmand: Option<SocketAddr>,
}

/// Serves until it is ended.
pub fn run(options: Options) -> Result<()> {
    crate::log::start();
    segel_server::descriptors::raise()?;
    let stop = StopSignal::listen()?;
    let config = options.config()?;
    let rules = rulebook(config.rules.as_deref())?;
    let secure = config.tls.is_some();
    let basemap = config.basemap.as_deref().map(Basemap::open).transpose()?;
    let settings = api::Settings {
        secure,
        basemap_url: basemap.as_ref().map(|_| Basemap::PATH.to_owned()),
        proxies: config.proxies.clone(),
        ..api::Settings::default()
    };
    let setup = Setup {
        config,
        rules,
        clock: Box::new(Clock::system),
        http: people(settings, basemap),
    };
    let mut service = Service::start(setup)?;
    print_doors(&service, secure);
    if let Some(codes) = service.take_first_codes() {
        print_invitations(&codes.customs, &codes.provider);
    }
    println!("ready");
    until_stopped(service, &stop)
}

/// What people see: the API, and the web app around it.
pub fn people(settings: api::Settings, basemap: Option<Basemap>) -> Door {
    Box::new(|engine| {
        let metrics = {
            let engine = engine.clone();
            Arc::new(move || engine.print_metrics())
        };
        let api = api::start(api::Parts {
            engine: engine.clone(),
            settings,
            metrics,
        })?;
        Ok(api::router(api, web::router(basemap)))
    })
}

/// The wish of a person or of the system that Segel ends, by SIGINT or SIGTERM. It is listened for from the first moment,
/// so that a wish that comes while Segel still starts is kept until it has started, and ends it in good order too.
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let told = Arc::new(AtomicBool::new(false));
        let tells = Arc::clone(&told);
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                });
                tells.store(true, Ordering::Release);
            })?;
        Ok(Self(told))
    }

    fn came(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Waits for the wish to stop, or for the engine to end by itself because a commit failed.
pub fn until_stopped(service: Service, stop: &StopSignal) -> Result<()> {
    while !stop.came() {
        if let Some(ended) = service.wait(Duration::from_millis(100)) {
            ended.context("the engine stopped, because memory ahead of the disk must not speak")?;
            break;
        }
    }
    eprintln!("segel: stopping");
    service.stop().context("could not stop in good order")
}

fn print_doors(service: &Service, secure: bool) {
    let doors = service.doors();
    let scheme = if secure { "https" } else { "http" };
    println!("people      {scheme}://{}", doors.http);
    println!("jointech    {} (TCP)", doors.jointech);
    println!("osmand      http://{}", doors.osmand);
    for (protocol, address) in &doors.seals {
        println!("{:<11} {address} (TCP)", protocol.name());
    }
    for (protocol, address) in &doors.udp {
        println!("{:<11} {address} (UDP)", protocol.name());
    }
    if let Some(address) = doors.mqtt {
        println!("mqtt        {address} (MQTT)");
    }
    if let Some(descriptors) = descriptors() {
        println!("descriptors {descriptors} (each connection takes one)");
    }
}

/// Printed once and kept nowhere: whoever stands at the terminal hands them on.
fn print_invitations(customs: &str, provider: &str) {
    println!();
    println!("Nobody can sign in yet. Two one-time invitations, good for seven days, shown only here:");
    println!("  customs supervisor      {customs}");
    println!("  provider administrator  {provider}");
    println!(
        "Open the address above, choose \"Saya punya undangan\" (I have an invitation), and type the code."
    );
}

impl Options {
    fn config(&self) -> Result<Config> {
        let mut config = match &self.config {
            Some(path) => {
                let text =
                    fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
                Config::load(&text).with_context(|| format!("in {}", path.display()))?
            }
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.data = DataFolder(data.clone());
        }
        config.rules = self.rules.clone().or(config.rules);
        config.basemap = self.basemap.clone().or(config.basemap);
        let listen = &mut config.listen;
        if let Some(address) = self.listen {
            let doors = [&mut listen.http, &mut listen.jointech, &mut listen.osmand];
            doors
                .into_iter()
                .chain(listen.seals.values_mut())
                .chain(listen.udp.values_mut())
                .chain(&mut listen.mqtt)
                .for_each(|door| door.set_ip(address));
        }
        listen.http = self.http.unwrap_or(listen.http);
        listen.jointech = self.jointech.unwrap_or(listen.jointech);
        listen.osmand = self.osmand.unwrap_or(listen.osmand);
        Ok(config)
    }
}

/// The operator's rulebook, or the one that comes with the program.
pub fn rulebook(path: Option<&Path>) -> Result<Rulebook> {
    let Some(path) = path else {
        return Ok(rules::load(rules::DEFAULT)?);
    };
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    rules::load(&text).with_context(|| format!("in {}", path.display()))
}
