//! The configuration: one TOML file, every value with a default, unknown names refused.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::{fmt, fs, io};

use segel_model::report::Protocol;
use segel_wire::Transport;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::first_start::First;
use crate::proxies::Proxies;

/// Everything an administrator can set. Rules of the SOP are not here: they stand in the rulebook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where Segel keeps everything.
    pub data: DataFolder,
    /// A rulebook of your own; without it the one that comes with the program is in force.
    pub rules: Option<PathBuf>,
    /// A folder of profiles of your own, beside those that come with the program.
    pub profiles: Option<PathBuf>,
    /// A basemap of your own, one PMTiles file; without it a sketch of our own is drawn.
    pub basemap: Option<PathBuf>,
    /// Where Segel listens.
    pub listen: Listen,
    /// Certificate and key for HTTPS.
    pub tls: Option<Tls>,
    /// Proxies in front of the web app that say whom they speak for; none are believed unless they are named.
    pub proxies: Proxies,
    /// How much strangers may ask of this machine.
    pub limits: Limits,
    /// How often Segel looks after its folder.
    pub upkeep: Upkeep,
    /// The customs computer system; without it messages wait.
    pub skp: Option<Skp>,
    /// Mailboxes of satellite terminals at Orbcomm's, which are asked for their messages.
    pub orbcomm: Vec<Orbcomm>,
    /// Whom the first start invites.
    pub first: First,
}

/// The data folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DataFolder(pub PathBuf);

/// Where Segel listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// People: the web app and the API.
    pub http: SocketAddr,
    /// People again, without TLS: for a proxy on the same machine that has its own.
    pub http_plain: Option<SocketAddr>,
    /// Jointech seals, TCP.
    pub jointech: SocketAddr,
    /// Phones that speak OsmAnd, HTTP.
    pub osmand: SocketAddr,
    /// Seals of other protocols, TCP, by the protocol's name. A door that nobody needs stays shut.
    #[serde(deserialize_with = "doors")]
    pub seals: BTreeMap<Protocol, SocketAddr>,
    /// Seals over UDP, by the protocol's name.
    pub udp: BTreeMap<Protocol, SocketAddr>,
    /// Makers' clouds that pass on what seals told them, MQTT 3.1.1.
    pub mqtt: Option<SocketAddr>,
}

/// Certificate and key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// How much strangers may ask of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections of seals in all; more are not accepted until one goes. A process may hold some ten thousand
    /// descriptors on most machines; the start prints how many.
    pub connections: u32,
    /// Connections that may speak as one seal: the living one, and half-open twins that its reconnects left behind.
    pub connections_per_seal: u16,
    /// Connections from one network (a /24 of IPv4, a /64 of IPv6). A mobile carrier puts thousands behind one address.
    pub connections_per_network: u32,
    /// Connections of people in all; a browser holds two or three.
    pub connections_of_people: u32,
    /// Connections of makers' clouds in all; a provider has one or two.
    pub connections_of_clouds: u32,
    /// Addresses that a UDP door remembers. When others come, strangers are forgotten first; it costs a seal nothing.
    pub peers: u32,
    /// An address that sends nothing for so long is forgotten; by then its network has given it to another.
    pub peer_s: u32,
    /// A connection that says nothing for so long is closed. A sleeping seal keeps none; an awake one reports at least
    /// every ten minutes.
    pub idle_s: u32,
    /// A connection that has not said who it is by then is closed; and a person's that has not said what it wants.
    pub greeting_s: u32,
    /// How long a slow reader may take to take its acknowledgements or its answer; meanwhile its socket is not read.
    pub write_s: u32,
    /// What an older connection may still say after a newer one began to speak as the same seal: bytes that were on
    /// the way. After this, both speak, and that is a doubt.
    pub supersede_grace_s: u32,
    /// The longest frame believed.
    pub frame_bytes: u32,
    /// Below this much free disk, sockets are not read and commands are refused, before any commit can fail.
    pub disk_floor_bytes: u64,
}

/// How often Segel looks after its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upkeep {
    /// Between two snapshots: a start after a crash folds at most so much,
    pub snapshot_ms: u64,
    /// or so many reports, if they come sooner.
    pub snapshot_reports: u64,
    /// Between two checkpoints of the journal: each is kept for ever.
    pub checkpoint_ms: u64,
    /// Staged reports move into history when so many wait,
    pub run_reports: u64,
    /// or when the oldest has waited so long.
    pub run_age_s: u32,
    /// So many runs of history become one.
    pub merged_runs: u32,
}

/// The customs computer system.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skp {
    /// Its address, such as `https://apis-gw.beacukai.go.id`.
    pub url: String,
    /// The key of the header `beacukai-api-key`.
    pub api_key: String,
    /// Who logs in.
    pub username: String,
    /// With which password.
    pub password: String,
    /// The provider's code, as SKP knows it.
    pub provider_code: String,
    /// How long one call may take.
    #[serde(default = "call_limit_s")]
    pub call_limit_s: u32,
}

/// A mailbox of satellite terminals at Orbcomm's.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orbcomm {
    /// Its name, in logs and metrics; each mailbox has its own.
    pub name: String,
    /// The gateway's address, such as `https://isatdatapro.orbcomm.com`.
    pub url: String,
    /// Who asks.
    pub access_id: String,
    /// Where the password is found; it never stands here.
    pub password: PasswordAt,
    /// Between two fetches.
    #[serde(default = "fetch_s")]
    pub interval_s: u32,
    /// Each fetch begins so much before the end of the last: a gateway may file a message late.
    #[serde(default = "overlap_s")]
    pub overlap_s: u32,
    /// How far the first fetch ever goes back.
    #[serde(default = "first_hours")]
    pub first_hours: u32,
    /// How long one call may take.
    #[serde(default = "mailbox_call_limit_s")]
    pub call_limit_s: u32,
}

/// Where a password is found. It is read anew for each call, so that a new one needs no new start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordAt {
    /// The first line of a file that Segel's user alone may read.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
}

impl PasswordAt {
    /// The password.
    pub fn read(&self) -> io::Result<String> {
        let found = match self {
            Self::File(path) => fs::read_to_string(path)?,
            Self::Env(name) => std::env::var(name).map_err(io::Error::other)?,
        };
        let password = found.lines().next().unwrap_or_default().trim();
        if password.is_empty() {
            return Err(io::Error::other("it is empty"));
        }
        Ok(password.into())
    }
}

/// The file or the variable, never what is in it.
impl fmt::Display for PasswordAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the variable {name}"),
        }
    }
}

/// A terminal at sea reports some times an hour; an alarm should not lie longer than this.
const fn fetch_s() -> u32 {
    30
}

/// Longer than a gateway takes to file what a satellite brought.
const fn overlap_s() -> u32 {
    300
}

/// A day, so that a mailbox that is connected in the morning has the night.
const fn first_hours() -> u32 {
    24
}

/// A page of some hundred messages over a slow line.
const fn mailbox_call_limit_s() -> u32 {
    60
}

/// What a public gateway takes on a bad day.
const fn call_limit_s() -> u32 {
    20
}

/// Doors by their protocols. What is posted to the API has none, for there everybody who sends has signed in.
fn doors<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Protocol, SocketAddr>, D::Error> {
    let doors = BTreeMap::<Protocol, SocketAddr>::deserialize(from)?;
    match doors.keys().find(|protocol| !protocol.has_door()) {
        None => Ok(doors),
        Some(protocol) if protocol.is_fetched() => Err(D::Error::custom(format_args!(
            "{0} has no door: its mailbox is named in [[{0}]]",
            protocol.name()
        ))),
        Some(protocol) => Err(D::Error::custom(format_args!(
            "{} has no door: it is posted to the API, see docs/intake.md",
            protocol.name()
        ))),
    }
}

impl Default for DataFolder {
    fn default() -> Self {
        Self("data".into())
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            http: ([127, 0, 0, 1], 8080).into(),
            http_plain: None,
            jointech: ([0, 0, 0, 0], 5014).into(),
            osmand: ([0, 0, 0, 0], 5055).into(),
            seals: BTreeMap::new(),
            udp: BTreeMap::new(),
            mqtt: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 200_000,
            connections_per_seal: 4,
            connections_per_network: 100_000,
            connections_of_people: 10_000,
            connections_of_clouds: 256,
            peers: 20_000,
            peer_s: 120,
            idle_s: 1800,
            greeting_s: 60,
            write_s: 30,
            supersede_grace_s: 10,
            frame_bytes: segel_wire::limits::FRAME_BYTES,
            disk_floor_bytes: 256 * 1024 * 1024,
        }
    }
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            snapshot_ms: 60_000,
            snapshot_reports: 1_000_000,
            checkpoint_ms: 3_600_000,
            run_reports: 65_536,
            run_age_s: 300,
            merged_runs: 8,
        }
    }
}

impl Upkeep {
    /// When runs of history close and merge.
    pub fn compaction(&self) -> segel_store::history::Rules {
        segel_store::history::Rules {
            run_reports: self.run_reports,
            run_age_s: self.run_age_s.into(),
            merged_runs: self.merged_runs as usize,
            ..segel_store::history::Rules::default()
        }
    }
}

/// Credentials are never printed.
impl fmt::Debug for Skp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skp")
            .field("url", &self.url)
            .field("provider_code", &self.provider_code)
            .finish_non_exhaustive()
    }
}

/// Who asks is not printed either.
impl fmt::Debug for Orbcomm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orbcomm")
            .field("name", &self.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("could not read the configuration: {0}")]
pub struct ConfigFailure(#[from] toml::de::Error);

impl Config {
    /// Reads a configuration as written in TOML.
    pub fn load(text: &str) -> Result<Self, ConfigFailure> {
        let config: Self = toml::from_str(text)?;
        match config.fault() {
            None => Ok(config),
            Some(fault) => Err(toml::de::Error::custom(fault).into()),
        }
    }

    /// What no single value shows to be wrong.
    fn fault(&self) -> Option<String> {
        self.listen.fault().or_else(|| self.mailbox_fault())
    }

    fn mailbox_fault(&self) -> Option<String> {
        let mut names = BTreeSet::new();
        let twice = self.orbcomm.iter().find(|mailbox| !names.insert(&mailbox.name));
        if let Some(mailbox) = twice {
            return Some(format!(
                "two mailboxes of [[orbcomm]] have the name {}",
                mailbox.name
            ));
        }
        let idle = self.orbcomm.iter().find(|mailbox| mailbox.interval_s == 0);
        idle.map(|mailbox| format!("interval_s of the mailbox {} must be 1 or more", mailbox.name))
    }
}

impl Listen {
    /// A door through which nobody can come is a mistake.
    fn fault(&self) -> Option<String> {
        let unspoken = |doors: &BTreeMap<Protocol, SocketAddr>, transport: Transport| {
            let mut named = doors.keys().copied();
            named.find(|protocol| !transport.carries(*protocol))
        };
        let refuse = |protocol: Protocol, how| format!("{} is spoken over {how}", protocol.name());
        let over_tcp = unspoken(&self.seals, Transport::Stream);
        let over_udp = unspoken(&self.udp, Transport::Datagrams);
        over_tcp
            .map(|protocol| refuse(protocol, "no plain TCP: see [listen] mqtt and [[orbcomm]]"))
            .or_else(|| over_udp.map(|protocol| refuse(protocol, "no UDP: see [listen.seals]")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKP: &str = "[skp]
        url = 'http://127.0.0.1:9'
        api_key = 'key-secret'
        username = 'user-secret'
        password = 'password-secret'
        provider_code = 'TT01'";

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::load("").expect("it reads"), Config::default());
    }

    /// `deploy/segel.toml` says that it lists every default.
    #[test]
    fn the_documented_configuration_is_the_default() {
        let documented = include_str!("../../../deploy/segel.toml");
        assert_eq!(Config::load(documented).expect("it reads"), Config::default());
        let uncommented = documented
            .replace("# [skp]", "[skp]")
            .replacen("# url", "url", 1)
            .replace("# api_key", "api_key");
        let failure = Config::load(&uncommented).expect_err("an SKP without a user");
        assert!(
            failure.to_string().contains("missing field `username`"),
            "{failure}"
        );
    }

    #[test]
    fn a_door_is_named_by_its_protocol() {
        let config = Config::load("[listen.seals]\ngt06 = '0.0.0.0:5023'").expect("it reads");
        let door = ([0, 0, 0, 0], 5023).into();
        assert_eq!(config.listen.seals, BTreeMap::from([(Protocol::Gt06, door)]));
        let failure = Config::load("[listen.seals]\ngt07 = '0.0.0.0:1'").expect_err("no such protocol");
        assert!(
            failure.to_string().contains("unknown variant `gt07`"),
            "{failure}"
        );
    }

    #[test]
    fn what_is_posted_to_the_api_has_no_door() {
        for name in ["open", "flespi", "tive"] {
            let text = format!("[listen.seals]\n{name} = '0.0.0.0:1'");
            let failure = Config::load(&text).expect_err("no door");
            assert!(
                failure.to_string().contains(&format!("{name} has no door")),
                "{failure}"
            );
        }
        assert!(Config::load("[listen.seals]\nteratrack = '0.0.0.0:5239'").is_ok());
    }

    #[test]
    fn a_door_for_datagrams_or_messages_is_named_and_shut_by_default() {
        let config =
            Config::load("[listen]\nmqtt = '0.0.0.0:1883'\n[listen.udp]\nteltonika = '0.0.0.0:5027'");
        let listen = config.expect("it reads").listen;
        let door = ([0, 0, 0, 0], 5027).into();
        assert_eq!(listen.udp, BTreeMap::from([(Protocol::Teltonika, door)]));
        assert_eq!(listen.mqtt, Some(([0, 0, 0, 0], 1883).into()));
        assert_eq!((Listen::default().mqtt, Listen::default().udp.len()), (None, 0));
    }

    #[test]
    fn a_door_through_which_nobody_can_come_is_refused() {
        for (doors, why) in [
            ("[listen.udp]\ngt06 = '0.0.0.0:1'", "gt06 is spoken over no UDP"),
            (
                "[listen.seals]\njointech_cloud = '0.0.0.0:1'",
                "jointech_cloud is spoken over no plain TCP",
            ),
        ] {
            let failure = Config::load(doors).expect_err("no such door");
            assert!(failure.to_string().contains(why), "{failure}");
        }
    }

    #[test]
    fn a_misspelt_name_is_refused_and_not_overlooked() {
        let failure = Config::load("[listen]\njointek = '0.0.0.0:1'").expect_err("no such name");
        assert!(
            failure.to_string().contains("unknown field `jointek`"),
            "{failure}"
        );
    }

    #[test]
    fn proxies_are_named_by_address_or_network_and_a_wrong_one_is_refused() {
        let config = Config::load("[proxies]\ntrusted = ['10.8.0.7', 'fd00::/8']\nheader = 'forwarded'");
        let named: Vec<String> = config
            .expect("it reads")
            .proxies
            .trusted
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(named, ["10.8.0.7/32", "fd00::/8"]);
        let failure = Config::load("[proxies]\ntrusted = ['proxy']").expect_err("no network");
        assert!(
            failure.to_string().contains("no address and no network: proxy"),
            "{failure}"
        );
    }

    #[test]
    fn the_default_of_upkeep_is_the_stores_own() {
        assert_eq!(
            Upkeep::default().compaction(),
            segel_store::history::Rules::default()
        );
    }

    const MAILBOX: &str = "[[orbcomm]]
        name = 'kapal'
        url = 'http://127.0.0.1:9'
        access_id = 'access-secret'
        password = { env = 'SEGEL_NO_SUCH_PASSWORD' }";

    #[test]
    fn a_mailbox_is_named_once_and_says_where_its_password_is() {
        let config = Config::load(MAILBOX).expect("it reads");
        let [mailbox] = &config.orbcomm[..] else {
            panic!("one mailbox")
        };
        assert_eq!((mailbox.interval_s, mailbox.overlap_s), (30, 300));
        assert!(!format!("{config:?}").contains("secret"));
        assert!(mailbox.password.read().is_err(), "it is not set");
        let refused = |text: &str| Config::load(text).expect_err("it is wrong").to_string();
        assert!(refused(&format!("{MAILBOX}\n{MAILBOX}")).contains("have the name kapal"));
        assert!(refused(&format!("{MAILBOX}\ninterval_s = 0")).contains("1 or more"));
        let in_clear = MAILBOX.replace("{ env = 'SEGEL_NO_SUCH_PASSWORD' }", "'in clear'");
        assert!(refused(&in_clear).contains("password"));
        assert!(refused("[listen.seals]\norbcomm = '0.0.0.0:1'").contains("[[orbcomm]]"));
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("password");
        fs::write(&path, "s3cret \n# of the mailbox\n").expect("written");
        let at = PasswordAt::File(path.clone());
        assert_eq!(at.read().expect("a password"), "s3cret");
        fs::write(&path, "\n").expect("written");
        assert!(at.read().is_err() && !at.to_string().contains("s3cret"));
    }

    #[test]
    fn values_that_are_set_leave_the_others_alone() {
        let config = Config::load("[limits]\nidle_s = 5").expect("it reads");
        assert_eq!(
            config.limits,
            Limits {
                idle_s: 5,
                ..Limits::default()
            }
        );
    }

    #[test]
    fn credentials_are_never_printed() {
        let config = Config::load(SKP).expect("it reads");
        let printed = format!("{config:?}");
        assert!(
            printed.contains("TT01") && !printed.contains("secret"),
            "{printed}"
        );
    }
}
