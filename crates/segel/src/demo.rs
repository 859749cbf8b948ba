//! `segel demo`: everything on one machine, with nothing to set up: Segel, a stand-in for SKP, and a world of simulated
//! seals and people that use its doors like anybody else.
//!
//! The first start plays three hours of the past at a run, on a clock that rushes until it has caught up; from then on
//! time is true. People's passwords are made at random and kept beside the demonstration's data, for its sign-in cards.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Args;
use segel_model::report::Protocol;
use segel_model::rulebook::EditionNumber;
use segel_model::{Rulebook, ServerTime};
use segel_server::api::{DemoCard, DemoCards, Settings};
use segel_server::clock::{Clock, Rushing};
use segel_server::config::{Config, DataFolder, Listen, Skp, Tls};
use segel_server::rules;
use segel_server::service::{Doors, Service, Setup};
use segel_sim::cast::Cast;
use segel_sim::client::random_key;
use segel_sim::demo::{Demo, PAST_LASTS, PAST_SPEED, remembered_cast};
use segel_sim::skp;
use segel_sim::tempo::Tempo;
use serde::de::DeserializeOwned;

use crate::serve::{StopSignal, people, until_stopped};
use crate::web::Basemap;

/// The demonstration's rules: those of the SOP, with the times shortened that would keep a visitor waiting.
const RULES: &str = include_str!("../../../rules/demo.toml");

/// Where the demonstration is played.
#[derive(Debug, Args)]
pub struct Options {
    /// Where it keeps everything.
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
    /// The address of all doors; 0.0.0.0 opens them to your network.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// The port for people.
    #[arg(long, default_value_t = 8080)]
    http_port: u16,
    /// The port for Jointech seals.
    #[arg(long, default_value_t = 5014)]
    jointech_port: u16,
    /// The port for seals that speak JT/T 808.
    #[arg(long, default_value_t = 5015)]
    jt808_port: u16,
    /// The port for GT06 seals.
    #[arg(long, default_value_t = 5023)]
    gt06_port: u16,
    /// The port for phones.
    #[arg(long, default_value_t = 5055)]
    osmand_port: u16,
    /// HTTPS with a certificate of its own, which a phone's camera and position need; the browser will ask once.
    #[arg(long)]
    tls: bool,
    /// Begins anew: what the demonstration kept is deleted.
    #[arg(long)]
    fresh: bool,
    /// A basemap of your own, one PMTiles file.
    #[arg(long)]
    basemap: Option<PathBuf>,
}

/// Plays until it is ended.
pub fn run(options: Options) -> Result<()> {
    crate::log::start();
    if options.fresh && options.data.exists() {
        fs::remove_dir_all(&options.data).context("could not delete the old demonstration")?;
    }
    fs::create_dir_all(&options.data)
        .with_context(|| format!("could not create {}", options.data.display()))?;
    let mut stage = Stage::set(&options)?;
    let mut service = Service::start(stage.setup(&options)?)?;
    let cast = stage.cast(&mut service)?;
    let doors = service.doors();
    stage.show(&cast);
    let _present = stage.play(cast, doors)?;
    // Only now: until the past is played, Ctrl-C ends the demonstration at once.
    let stop = StopSignal::listen()?;
    print_welcome(&options, doors);
    until_stopped(service, &stop)
}

/// What stands before Segel starts.
struct Stage {
    data: PathBuf,
    first: bool,
    tempo: Tempo,
    /// Begun together with `tempo`, so that seals and server agree on the time.
    rushing: Option<Rushing>,
    skp: Skp,
    cards: DemoCards,
    _skp_runs: tokio::runtime::Runtime,
}

impl Stage {
    fn set(options: &Options) -> Result<Self> {
        let first = remembered_cast(&options.data.join("cast.json"))?.is_none();
        let (skp, runtime) = start_skp(&options.data)?;
        let rushing = first.then(|| Rushing::new(PAST_LASTS, PAST_SPEED));
        let begins_ms = now_ms() - millis(PAST_LASTS);
        let tempo = if first {
            Tempo::from(begins_ms, PAST_SPEED)
        } else {
            Tempo::true_time()
        };
        let data = options.data.clone();
        Ok(Self {
            data,
            first,
            tempo,
            rushing,
            skp,
            cards: DemoCards::default(),
            _skp_runs: runtime,
        })
    }

    fn setup(&mut self, options: &Options) -> Result<Setup> {
        let at = |port| SocketAddr::new(options.listen, port);
        let tls = options
            .tls
            .then(|| certificate(&options.data, options.listen))
            .transpose()?;
        let listen = Listen {
            http: at(options.http_port),
            http_plain: options.tls.then(|| ([127, 0, 0, 1], 0).into()),
            jointech: at(options.jointech_port),
            osmand: at(options.osmand_port),
            seals: BTreeMap::from([
                (Protocol::Jt808, at(options.jt808_port)),
                (Protocol::Gt06, at(options.gt06_port)),
            ]),
            ..Listen::default()
        };
        let basemap = options.basemap.as_deref().map(Basemap::open).transpose()?;
        let settings = Settings {
            secure: options.tls,
            demo: true,
            demo_cards: self.cards.clone(),
            basemap_url: basemap.as_ref().map(|_| Basemap::PATH.to_owned()),
            ..Settings::default()
        };
        let rushing = self.rushing.take();
        Ok(Setup {
            config: Config {
                data: DataFolder(options.data.join("segel")),
                listen,
                tls,
                skp: Some(self.skp.clone()),
                ..Config::default()
            },
            rules: self.rules()?,
            clock: Box::new(move |last| match rushing {
                Some(rushing) => Clock::new(Box::new(rushing), last),
                None => Clock::system(last),
            }),
            http: people(settings, basemap),
        })
    }

    /// Two editions: one for the past, which says that it was played at a run, and one for the present. Where the one
    /// ends is written down at the first start, because no edition may change once it was in force.
    fn rules(&self) -> Result<Rulebook> {
        let file = self.data.join("present-since.json");
        let since = match read(&file)? {
            Some(since) => since,
            None => {
                let since = ServerTime::from_unix_ms(now_ms());
                write(&file, &since)?;
                since
            }
        };
        let mut rules = rules::load(RULES)?;
        let present = rules
            .editions
            .last_mut()
            .context("the demonstration's rulebook has no edition")?;
        present.effective_from = since;
        let mut past = rules::load(rules::DEFAULT)?.editions.swap_remove(0);
        past.number = EditionNumber(1);
        past.effective_from = ServerTime::from_unix_ms(0);
        past.demo = true;
        past.source = format!(
            "demonstration: a past played at {PAST_SPEED} times the speed of the world; {}",
            past.source
        );
        rules.editions.insert(0, past);
        Ok(rules)
    }

    /// Who plays: as written down, or, at the first start, whoever joins by the two first invitations.
    fn cast(&self, service: &mut Service) -> Result<Cast> {
        let file = self.data.join("cast.json");
        if let Some(cast) = remembered_cast(&file)? {
            return Ok(cast);
        }
        let codes = service
            .take_first_codes()
            .context("the demonstration's people are forgotten: start with --fresh")?;
        println!("segel demo: people join");
        let cast = Cast::assemble(&base(service.doors()), &codes.customs, &codes.provider)?;
        write(&file, &cast)?;
        Ok(cast)
    }

    /// Puts a card for each person on the sign-in page.
    fn show(&self, cast: &Cast) {
        let card = |member: &segel_sim::cast::Member| {
            Some(DemoCard {
                role: serde_json::from_value(member.role.clone().into()).ok()?,
                name: member.name.clone(),
                belongs_name: member.belongs_name.clone(),
                login: member.login.clone(),
                password: member.password.clone(),
            })
        };
        let cards = cast.members.values().filter_map(card).collect();
        *self.cards.lock().unwrap_or_else(PoisonError::into_inner) = cards;
    }

    /// Plays the past, where there is none yet, then the present.
    fn play(&self, cast: Cast, doors: &Doors) -> Result<tokio::runtime::Runtime> {
        let seed = now_ms().unsigned_abs() / 1000;
        let memories = self.data.join("seals");
        fs::create_dir_all(&memories).context("could not create the folder of the seals' memories")?;
        let others = doors.seals.iter();
        let mut seals: BTreeMap<String, SocketAddr> = others
            .map(|(protocol, door)| (protocol.name().to_owned(), loopback(*door)))
            .collect();
        seals.insert(Protocol::Jointech.name().to_owned(), loopback(doors.jointech));
        let demo = Arc::new(Demo::new(&base(doors), seals, cast, seed, memories)?);
        if self.first {
            println!("segel demo: plays three hours of the past, in three quarters of a minute");
            demo.past(self.tempo)?;
        }
        demo.present()
    }
}

/// The fake SKP, on a free port, with words of its own.
fn start_skp(data: &Path) -> Result<(Skp, tokio::runtime::Runtime)> {
    let (api_key, password) = (random_key(), random_key());
    let setup = skp::Setup {
        api_key: api_key.clone(),
        username: "segel".into(),
        password: password.clone(),
        token_lasts: Duration::from_secs(300),
        log: Some(data.join("skp-taken.jsonl")),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}", listener.local_addr()?);
    runtime.spawn(async move {
        if let Err(failure) = skp::serve(listener, setup).await {
            tracing::error!(failure = format!("{failure:#}"), "the fake SKP ended");
        }
    });
    let skp = Skp {
        url,
        api_key,
        username: "segel".into(),
        password,
        provider_code: "DEMO".into(),
        call_limit_s: 10,
    };
    Ok((skp, runtime))
}

/// A certificate of our own, made once.
fn certificate(data: &Path, address: IpAddr) -> Result<Tls> {
    let tls = Tls {
        certificate: data.join("certificate.pem"),
        key: data.join("key.pem"),
    };
    if tls.certificate.exists() && tls.key.exists() {
        return Ok(tls);
    }
    let names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        reachable(address).to_string(),
    ];
    let made = rcgen::generate_simple_self_signed(names).context("could not make a certificate")?;
    fs::write(&tls.certificate, made.cert.pem()).context("could not write the certificate")?;
    fs::write(&tls.key, made.signing_key.serialize_pem()).context("could not write the key")?;
    Ok(tls)
}

/// The address the simulated people use: without TLS, on this machine.
fn base(doors: &Doors) -> String {
    format!("http://{}", loopback(doors.http_plain.unwrap_or(doors.http)))
}

fn loopback(door: SocketAddr) -> SocketAddr {
    if door.ip().is_unspecified() {
        SocketAddr::new([127, 0, 0, 1].into(), door.port())
    } else {
        door
    }
}

/// The address others know this machine by, where a door is open to all of them.
fn reachable(address: IpAddr) -> IpAddr {
    if address.is_unspecified() {
        on_the_network().unwrap_or(address)
    } else {
        address
    }
}

/// The address packets to elsewhere leave from; none is sent to find it out (192.0.2.1 is nobody, RFC 5737).
fn on_the_network() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn print_welcome(options: &Options, doors: &Doors) {
    let scheme = if options.tls { "https" } else { "http" };
    let machine = reachable(options.listen);
    println!();
    println!("Segel demo: {scheme}://{}", loopback(doors.http));
    if options.listen.is_unspecified() {
        println!(
            "  From other machines and phones: {scheme}://{machine}:{}",
            doors.http.port()
        );
    }
    println!(
        "  Each role has a card on the sign-in page. Three things wait for you: a document to verify, an alarm"
    );
    println!("  to decide, a removal to grant. Begin with the customs supervisor.");
    println!("  A phone with OsmAnd: http://{machine}:{}/", doors.osmand.port());
    println!(
        "  A Jointech seal: {machine}, port {}. Ctrl-C ends it.",
        doors.jointech.port()
    );
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match fs::read(file) {
        Ok(bytes) => {
            let value =
                serde_json::from_slice(&bytes).with_context(|| format!("{} is malformed", file.display()))?;
            Ok(Some(value))
        }
        Err(failure) if failure.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(failure) => Err(failure).with_context(|| format!("could not read {}", file.display())),
    }
}

fn write<T: serde::Serialize>(file: &Path, value: &T) -> Result<()> {
    fs::write(file, serde_json::to_vec_pretty(value)?)
        .with_context(|| format!("could not write {}", file.display()))
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    millis(since)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_demonstration_say_that_they_are_its_own() {
        let rules = rules::load(RULES).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(
            rules
                .editions
                .iter()
                .all(|edition| edition.demo && edition.source.contains("demonstration"))
        );
        let default = rules::load(rules::DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(
            rules.editions[0].clocks.install_limit_s,
            default.editions[0].clocks.install_limit_s
        );
    }
}
