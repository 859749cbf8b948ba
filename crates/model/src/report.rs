//! What a seal said, decoded, whatever its protocol.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, DeviceTime, ServerTime, Signal};

/// A language that seals speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Jointech JT701, JT701D and clones.
    Jointech,
    /// OsmAnd over HTTP: any phone.
    Osmand,
    /// GT06 of Concox, Jimi and many others.
    Gt06,
    /// Kingwo and Upro: NT68 logistics locks and trackers.
    Kingwo,
    /// eSeal CT-C: lines of text.
    Eseal,
    /// Queclink @Track: trackers without a lock, as text or binary.
    Queclink,
    /// Teltonika trackers and vehicle units.
    Teltonika,
    /// Meitrack locks and vehicle units.
    Meitrack,
    /// JT/T 808 and the dialects of its lock makers.
    Jt808,
    /// Our own JSON, for any other platform.
    Open,
    /// Flespi: the messages of its channels.
    Flespi,
    /// TeraTrack: JSON of a forwarder, over a stream or over HTTP.
    Teratrack,
    /// Tive: webhooks of trackers.
    Tive,
    /// Orbcomm IDP: satellite terminals, whose messages lie at a gateway until we fetch them.
    Orbcomm,
    /// Jointech's cloud, which passes on over MQTT what its seals told it.
    JointechCloud,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Jointech,
        Self::Osmand,
        Self::Gt06,
        Self::Kingwo,
        Self::Eseal,
        Self::Queclink,
        Self::Teltonika,
        Self::Meitrack,
        Self::Jt808,
        Self::Open,
        Self::Flespi,
        Self::Teratrack,
        Self::Tive,
        Self::Orbcomm,
        Self::JointechCloud,
    ];

    /// The protocol of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The name used on the command line, in the API and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jointech => "jointech",
            Self::Osmand => "osmand",
            Self::Gt06 => "gt06",
            Self::Kingwo => "kingwo",
            Self::Eseal => "eseal",
            Self::Queclink => "queclink",
            Self::Teltonika => "teltonika",
            Self::Meitrack => "meitrack",
            Self::Jt808 => "jt808",
            Self::Open => "open",
            Self::Flespi => "flespi",
            Self::Teratrack => "teratrack",
            Self::Tive => "tive",
            Self::Orbcomm => "orbcomm",
            Self::JointechCloud => "jointech_cloud",
        }
    }

    /// Whether seals speak it at a door of their own. What has none is posted to the API by somebody who has signed in.
    pub const fn has_door(self) -> bool {
        !matches!(self, Self::Open | Self::Flespi | Self::Tive | Self::Orbcomm)
    }

    /// Its reports lie somewhere until we fetch them: no seal connects, and how late they come says nothing of a seal's clock.
    pub const fn is_fetched(self) -> bool {
        matches!(self, Self::Orbcomm)
    }
}

/// One report of one seal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Who speaks, as on the wire.
    pub device: DeviceId,
    /// What sort of thing was said; part of the key by which repeats are known.
    pub kind: ReportKind,
    /// What the seal's clock says; nothing where the clock was not set.
    pub time: Option<DeviceTime>,
    /// When the bytes arrived.
    pub received: ServerTime,
    /// Kept by the seal while it could not send (blind area).
    pub backfill: bool,
    /// Where it is.
    pub fix: Option<Fix>,
    /// How full the battery is.
    pub battery: Option<Battery>,
    /// What the lock's own contacts say.
    pub lock: Lock,
    /// What happened to the seal, in the order the frame says it.
    pub signals: Vec<Signal>,
    /// The mobile cell it is camped on.
    pub cell: Option<Cell>,
    /// The frame's own number; small, wraps, restarts.
    pub serial: Option<u32>,
    /// Everything else the frame said, by the protocol's own names.
    pub extra: Extras,
}

impl Report {
    /// The device through which a smaller seal spoke.
    pub fn through(&self) -> Option<&str> {
        if self.kind != ReportKind::SubSeal {
            return None;
        }
        self.extra.iter().find_map(|(name, value)| match value {
            Extra::Text(device) if name == HOST => Some(device.as_ref()),
            _ => None,
        })
    }
}

/// The value beside a smaller seal's report that names the device through which it spoke.
pub const HOST: &str = "host";

/// Values beside the report, in the order the frame says them. Nearly all names and words are known beforehand and
/// cost no allocation.
pub type Extras = Vec<(Cow<'static, str>, Extra)>;

/// What sort of thing a report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// A position and state record.
    Record,
    /// Something that happened (a lock event).
    Happening,
    /// A sign of life with nothing else.
    Heartbeat,
    /// An answer to something we sent.
    Answer,
    /// What a smaller seal said through another device, and, of that device, that it heard it.
    SubSeal,
}

/// A position and how it was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// Where.
    pub position: Position,
    /// Whether the seal itself vouches for it; a seal without a fix repeats its last.
    pub valid: bool,
    /// How it was found.
    pub source: FixSource,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north, clockwise.
    pub course_deg: Option<f32>,
    /// Metres above the ellipsoid or the sea, as the maker likes.
    pub altitude_m: Option<f32>,
    /// Satellites used.
    pub satellites: Option<u8>,
    /// The seal's own claim of accuracy.
    pub accuracy_m: Option<f32>,
}

impl Fix {
    /// The same for a smaller seal that this device heard: it has no place of its own, so that of the device stands in for it.
    #[must_use]
    pub const fn of_host(self) -> Self {
        let source = match self.source {
            FixSource::Gnss => FixSource::Host,
            other => other,
        };
        Self { source, ..self }
    }
}

/// How a position was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixSource {
    /// Satellites.
    Gnss,
    /// Cell towers: good to a kilometre, judges nothing.
    Cell,
    /// Wireless networks.
    Wifi,
    /// A phone that does not say.
    Unknown,
    /// Satellites, seen by the device through which a smaller seal speaks: that one has no place of its own.
    Host,
}

/// How full the battery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Battery {
    /// Per cent, 0 to 100; nothing while a charging seal does not say.
    pub percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// Volts, in thousandths.
    pub battery_mv: Option<u16>,
}

/// What the lock's own contacts say; nothing where the seal has no such contact or did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lock {
    /// Rope (or shackle) inserted.
    pub rope: Option<bool>,
    /// Motor locked.
    pub motor: Option<bool>,
    /// Back cover closed.
    pub cover: Option<bool>,
}

impl Lock {
    /// Whether every contact says closed. A seal that has no cover contact is judged by the others; one that says
    /// nothing of its motor is never called sealed.
    pub fn sealed(self) -> Option<bool> {
        let motor = self.motor?;
        Some(motor && self.rope != Some(false) && self.cover != Some(false))
    }
}

/// A mobile cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Mobile country code; 510 is Indonesia.
    pub mcc: Option<u16>,
    /// Mobile network code.
    pub mnc: Option<u16>,
    /// Location area code.
    pub lac: Option<u32>,
    /// Cell identity.
    pub cid: u64,
    /// Signal strength as the seal counts it (0 to 31).
    pub csq: Option<u8>,
}

/// A value beside the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A measured number.
    Number(f64),
    /// Words or hexadecimal.
    Text(Cow<'static, str>),
}

/// Something in the bytes that was understood to be strange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddity {
    /// Where, counted in bytes since the connection began; wraps after 4 GiB.
    pub offset: u32,
    /// What is strange, a short stable name such as `unknown_command`.
    pub what: String,
    /// The bytes concerned, at most 256 of them.
    pub bytes: Vec<u8>,
}
