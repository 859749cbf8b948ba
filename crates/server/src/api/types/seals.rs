//! Seals in stock, what they say, what they are told.

use segel_model as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Bilingual, Day, Moment, Named, Position};

mirror! {
    /// A way of opening a seal.
    Way of model::grant::Way { Command, Card, DynamicPassword, ByHand }
}

mirror! {
    /// A language that seals speak.
    Protocol of model::report::Protocol {
        Jointech, Osmand, Gt06, Kingwo, Eseal, Queclink, Teltonika, Meitrack, Jt808, Open, Flespi, Teratrack, Tive, Orbcomm,
        JointechCloud,
    }
}

mirror! {
    /// How a position was found.
    FixSource of model::report::FixSource { Gnss, Cell, Wifi, Unknown, Host }
}

mirror! {
    /// What a fix is good for; only one that judges moves corridors, areas and openings.
    FixUse of model::observed::FixUse { Judges, WrongSource, NotValid, Inaccurate, Jump }
}

mirror! {
    /// How a report stands to what was known when it came.
    Standing of model::observed::Standing { Fresh, Late, VeryLate, Repeat, Undated }
}

mirror! {
    /// What sort of thing a report says.
    ReportKind of model::report::ReportKind { Record, Happening, Heartbeat, Answer, SubSeal }
}

mirror! {
    /// What a device is certified as: a seal that locks, or a tracker that only tells where it is.
    CertificateKind of model::seal::CertificateKind { ESeal, Tracker }
}

/// A profile: what a make of seal is, in the version that is in force.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// By which seals are registered.
    #[schema(example = "jointech-jt701d")]
    pub name: String,
    /// Rising.
    pub version: u32,
    /// The day from which it holds.
    pub in_force: Day,
    /// Who makes the seal.
    pub maker: String,
    /// What the maker calls it.
    pub model: String,
    /// The oldest firmware of which it was written; nothing is any.
    pub firmware_from: Option<String>,
    /// The newest.
    pub firmware_to: Option<String>,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its way of speaking it.
    #[schema(example = "jt701d")]
    pub dialect: String,
    /// Minutes that its clock is ahead of UTC; nothing is what its protocol has by itself.
    pub clock_ahead_min: Option<i16>,
    /// How it can be opened.
    pub opens: Vec<Opening>,
    /// What it feels and tells.
    pub senses: Vec<Sense>,
    /// The orders that it takes, by name.
    #[schema(example = json!(["unlock_static", "interval"]))]
    pub orders: Vec<String>,
    /// Which certificate it must have; nothing where any will do.
    pub certificate: Option<CertificateKind>,
    /// How often it can be told to report.
    pub interval: Option<ProfileInterval>,
    /// What whoever registers it should know.
    pub remarks: Option<Bilingual>,
}

/// How often a seal can be told to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProfileInterval {
    /// The shortest, seconds while awake.
    pub awake_min_s: u32,
    /// The longest.
    pub awake_max_s: u32,
    /// The shortest between wakings while asleep.
    pub asleep_min_s: u32,
    /// The longest.
    pub asleep_max_s: u32,
}

mirror! {
    /// A way of opening a seal.
    Opening of crate::profiles::Opening {
        Platform, StaticPassword, DynamicPassword, Card, Bluetooth, Sms, Key, Cable,
    }
}

mirror! {
    /// Something a seal feels and tells.
    Sense of crate::profiles::Sense {
        Gps, Cell, Wifi, Rope, Cover, Motor, Card, Bluetooth, SubLocks, BatteryPercent, BatteryVolts, Motion, Light,
        Door, Temperature, Jamming,
    }
}

impl From<&crate::profiles::SealProfile> for Profile {
    fn from(profile: &crate::profiles::SealProfile) -> Self {
        let interval = profile.interval.map(|range| ProfileInterval {
            awake_min_s: range.awake_min_s,
            awake_max_s: range.awake_max_s,
            asleep_min_s: range.asleep_min_s,
            asleep_max_s: range.asleep_max_s,
        });
        Self {
            name: profile.name.clone(),
            version: profile.version,
            in_force: Day(profile.in_force),
            maker: profile.maker.clone(),
            model: profile.model.clone(),
            firmware_from: profile.firmware.from.clone(),
            firmware_to: profile.firmware.to.clone(),
            protocol: profile.protocol.into(),
            dialect: profile.wire.dialect.name().into(),
            clock_ahead_min: profile.wire.clock_ahead_min,
            opens: profile.opens.iter().copied().map(Into::into).collect(),
            senses: profile.senses.iter().copied().map(Into::into).collect(),
            orders: profile.orders().into_iter().map(Into::into).collect(),
            certificate: profile.certificate.map(Into::into),
            interval,
            remarks: profile.remarks.clone().map(Into::into),
        }
    }
}

/// A seal in stock or on a container.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Seal {
    /// Its number in Segel.
    pub id: u64,
    /// The number printed on it.
    #[schema(example = "JT701-098231")]
    pub label: String,
    /// What it calls itself on the wire.
    pub device: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// What it can do and how it says it: the name of a profile (`GET /profiles`), or a dialect.
    #[schema(example = "jointech-jt701d")]
    pub profile: String,
    /// Whose it is.
    pub provider: Named,
    /// The office whose pool it belongs to; nothing where it may serve any.
    pub pool: Option<String>,
    /// Whether it may be used.
    pub condition: Condition,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// The orders, by name, that its language has words for and that the asker may send. What opens it is not among them.
    #[schema(example = json!(["interval", "restart", "fence"]))]
    pub orders: Vec<String>,
    /// The ways in which a grant may have it opened.
    #[schema(example = json!(["command", "card"]))]
    pub opened_by: Vec<Way>,
    /// Which sort of certificate its profile asks for; nothing where any will do.
    pub certificate_needed: Option<CertificateKind>,
    /// Why its identity is in doubt; while it is, no secret is sent to it.
    pub doubt: Option<String>,
    /// The trip it is on.
    pub trip: Option<u64>,
    /// What it last said.
    pub last: SealNow,
}

/// What a seal last said. Each value may be old: `seen` says how old.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SealNow {
    /// When it last spoke; nothing where it never did.
    pub seen: Option<Moment>,
    /// Its last position.
    pub fix: Option<LastFix>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// Every contact says closed.
    pub sealed: Option<bool>,
    /// The contacts one by one.
    pub lock: Lock,
    /// Its clock less ours, where it was measured.
    pub clock_offset_ms: Option<i64>,
    /// Through which device it last spoke; nothing where it speaks for itself, or has not spoken since the server started.
    pub through: Option<String>,
}

/// A seal's last position.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LastFix {
    /// Where.
    pub position: Position,
    /// When it was there.
    pub at: Moment,
    /// How it was found.
    pub source: FixSource,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north.
    pub course_deg: Option<f32>,
}

/// What the lock's own contacts say; nothing where the seal has no such contact or did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lock {
    /// Rope (or shackle) inserted.
    pub rope: Option<bool>,
    /// Motor locked.
    pub motor: Option<bool>,
    /// Back cover closed.
    pub cover: Option<bool>,
}

impl From<model::report::Lock> for Lock {
    fn from(lock: model::report::Lock) -> Self {
        let model::report::Lock { rope, motor, cover } = lock;
        Self { rope, motor, cover }
    }
}

/// Proof that customs accepts this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"number": "SERT-2026-0117", "issuer": "DJBC", "valid_until": "2027-06-30"}))]
pub struct Certificate {
    /// Its number.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// The last day it holds.
    pub valid_until: Day,
    /// What it certifies the device as; a seal whose profile asks for a sort takes no other.
    #[serde(default)]
    pub kind: Option<CertificateKind>,
}

/// Whether a seal may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schema(example = json!({"state": "ready"}))]
pub enum Condition {
    /// May be assigned.
    Ready,
    /// Set aside.
    SetAside {
        /// Why.
        reason: String,
    },
    /// Gone for good.
    Retired {
        /// Why.
        reason: String,
    },
}

/// Enter a seal into stock.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "protocol": "jointech", "device": "7500000001", "label": "JT701-098231", "profile": "jointech-jt701d",
    "provider": 2, "pool": "060100",
    "certificate": {"number": "SERT-2026-0117", "issuer": "DJBC", "valid_until": "2027-06-30", "kind": "e_seal"}
}))]
pub struct NewSeal {
    /// What it speaks.
    pub protocol: Protocol,
    /// What it calls itself on the wire.
    pub device: String,
    /// The number printed on it.
    pub label: String,
    /// What it can do and how it says it: the name of a profile of its protocol (`GET /profiles`). Whoever has none writes the
    /// dialect, with `@` and minutes where its clock is ahead of UTC (`hhd@480`).
    pub profile: String,
    /// Whose it is; the asker's own organisation where nothing is said.
    pub provider: Option<u64>,
    /// The office whose pool it belongs to.
    pub pool: Option<String>,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// Its fixed password, where it was changed from the maker's. Kept apart from the journal, never shown again.
    #[serde(default, skip_serializing)]
    pub password: Option<String>,
}

/// Something harmless to send to a seal. Openings are sent only under a grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({"kind": "interval", "awake_s": 60, "asleep_s": 300}))]
pub enum NewOrder {
    /// How often to report.
    Interval {
        /// Seconds while awake.
        awake_s: u32,
        /// Seconds between wakings while asleep.
        asleep_s: u32,
    },
    /// Never sleep, or sleep again.
    AlwaysAwake {
        /// On or off.
        on: bool,
    },
    /// Set the clock.
    SetTime,
    /// Close the lock. It never opens.
    Lock,
    /// Say where it is, once, now.
    PositionNow,
    /// Start anew. On a trip only by an operator of the provider, with a reason.
    Restart,
    /// Show words on its display.
    Text {
        /// Plain letters.
        text: String,
    },
    /// Its alarms were seen by a person.
    ConfirmAlarm,
    /// Report densely for a while.
    Track {
        /// Seconds between reports.
        every_s: u32,
        /// For how many seconds.
        for_s: u32,
    },
    /// Hold an area or a route, and tell when it is left or entered.
    Fence {
        /// Its number on the seal, from 1.
        number: u8,
        /// Its outline.
        shape: FenceShape,
    },
    /// Forget an area or a route.
    ClearFence {
        /// Its number on the seal.
        number: u8,
        /// Of which sort it was.
        sort: FenceSort,
    },
    /// Switch one-time passwords on or off.
    DynamicPassword {
        /// On or off.
        on: bool,
    },
    /// Change the fixed password to a fresh one, which nobody sees.
    RotatePassword,
    /// Take cards away.
    WithdrawCards {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Which ways of opening are switched on.
    Channels {
        /// By text message.
        sms: bool,
        /// By command of the platform.
        network: bool,
        /// By card.
        rfid: bool,
        /// By cable.
        serial: bool,
        /// By Bluetooth.
        bluetooth: bool,
    },
}

/// What to send to a seal, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "restart", "reason": "tidak melapor sejak pagi"}))]
pub struct OrderWish {
    /// What.
    #[serde(flatten)]
    pub order: NewOrder,
    /// Why; the journal keeps it. Needed to start a seal anew that is on a container.
    pub reason: Option<String>,
}

/// What a seal watches over by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FenceShape {
    /// Around a point.
    Circle {
        /// Its middle.
        centre: Position,
        /// Its radius.
        radius_m: f32,
    },
    /// Between two corners.
    Rectangle {
        /// North-western corner.
        north_west: Position,
        /// South-eastern corner.
        south_east: Position,
    },
    /// A ring of points; the last need not repeat the first.
    Polygon {
        /// The ring.
        points: Vec<Position>,
    },
    /// A strip around a line.
    Route {
        /// Its turns.
        turns: Vec<Position>,
        /// How wide the strip is.
        width_m: u8,
    },
}

mirror! {
    /// Which sort of outline a seal holds.
    FenceSort of model::order::FenceSort { Circle, Rectangle, Polygon, Route }
}

/// Something sent to a seal, from the wish to its answer. Secrets and card numbers are not shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its number.
    pub id: u64,
    /// For which seal.
    pub seal: u64,
    /// On which trip.
    pub trip: Option<u64>,
    /// The grant it needs.
    pub grant: Option<u64>,
    /// What, by name.
    #[schema(example = "unlock_static")]
    pub kind: String,
    /// Where it stands.
    pub state: OrderState,
    /// What the seal answered, in its own words, or why it was not sent.
    pub answer: Option<Bilingual>,
    /// When it was wished.
    pub issued: Moment,
    /// When it went out.
    pub sent: Option<Moment>,
    /// When it ended.
    pub ended: Option<Moment>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Waits for the seal to speak.
    Waiting,
    /// Sent, not answered yet.
    Sent,
    /// The seal says it did it.
    Done,
    /// The seal says no.
    Refused,
    /// No answer in time.
    NoAnswer,
    /// The seal's protocol cannot say it.
    NotSpoken,
    /// The grant was no longer live, so nothing was sent.
    Withheld,
}

/// A device that nobody registered: kept, listed, never judged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuarantinedDevice {
    /// What it speaks.
    pub protocol: Protocol,
    /// What it calls itself.
    pub device: String,
    /// When it was first heard.
    pub first_seen: Moment,
    /// When it was last heard; nothing where it has said nothing since the server started.
    pub last_seen: Option<Moment>,
    /// Its frames since the server started.
    pub frames: u64,
    /// From where the last frame came.
    #[schema(example = "10.8.0.7:41022")]
    pub peer: Option<String>,
    /// By which profile its frames were read.
    #[schema(example = "jt701d")]
    pub profile: Option<String>,
    /// Through which device it last spoke; nothing where it speaks for itself.
    #[schema(example = "7100000042")]
    pub through: Option<String>,
}

/// One report of a seal, as decoded and judged, with its raw frame.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The commit it came with; with `ordinal` its name.
    pub commit: u64,
    /// Its place in that commit.
    pub ordinal: u32,
    /// Which seal.
    pub seal: Option<u64>,
    /// On which trip.
    pub trip: Option<u64>,
    /// When it happened, as well as we can tell.
    pub at: Moment,
    /// What the seal's clock said.
    pub device_time: Option<Moment>,
    /// When the bytes arrived.
    pub received: Moment,
    /// What sort of report.
    pub kind: ReportKind,
    /// How it stood to what was known.
    pub standing: Standing,
    /// Kept by the seal while it could not send.
    pub backfill: bool,
    /// Where, and what was judged of that.
    pub place: Option<ReportPlace>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// The contacts.
    pub lock: Lock,
    /// Every contact says closed.
    pub sealed: Option<bool>,
    /// What happened to the seal, by name.
    #[schema(example = json!(["rope_cut"]))]
    pub signals: Vec<String>,
    /// The frame's own number.
    pub serial: Option<u32>,
    /// Through which device a smaller seal spoke; its place is that device's.
    pub through: Option<String>,
    /// Today's decoder would read the bytes otherwise; what is shown is what was judged when they came.
    pub reads_differently: bool,
    /// The bytes as they came.
    pub raw: RawFrame,
}

/// Where a report puts the seal, and what was judged of that.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReportPlace {
    /// Where.
    pub position: Position,
    /// How it was found.
    pub source: FixSource,
    /// What it is good for.
    #[serde(rename = "use")]
    pub good_for: FixUse,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north.
    pub course_deg: Option<f32>,
    /// Metres beyond the corridor's border; zero inside; nothing without a route.
    pub outside_m: Option<f32>,
    /// Metres along the route.
    pub progress_m: Option<f32>,
}

/// Which report to show with its secrets, and why: it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unmask {
    /// The commit it came with.
    pub commit: u64,
    /// Its place in it.
    pub ordinal: u32,
    /// Why its secrets must be seen.
    #[schema(example = "kata sandi harus dibandingkan dengan kartu")]
    pub reason: String,
}

/// Bytes as they came, with secrets masked unless they were unmasked (a right that the journal keeps).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RawFrame {
    /// Through which door.
    pub protocol: Protocol,
    /// The profile it was read with.
    #[schema(example = "jt701d")]
    pub profile: String,
    /// The version of the decoder that read it.
    pub decoder_version: u16,
    /// Hexadecimal; masked digits are `*`.
    pub hex: String,
    /// Something in it is masked.
    pub masked: bool,
}

/// Why a seal cannot be assigned to a trip, or that it can.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SealFitness {
    /// Which seal.
    pub seal: Seal,
    /// It may be assigned.
    pub fit: bool,
    /// Every reason why not.
    pub because: Vec<Bilingual>,
}

impl From<Certificate> for model::seal::Certificate {
    fn from(certificate: Certificate) -> Self {
        let Certificate {
            number,
            issuer,
            valid_until,
            kind,
        } = certificate;
        Self {
            number,
            issuer,
            valid_until: valid_until.0,
            kind: kind.map(Into::into),
        }
    }
}

impl From<model::seal::Certificate> for Certificate {
    fn from(certificate: model::seal::Certificate) -> Self {
        let model::seal::Certificate {
            number,
            issuer,
            valid_until,
            kind,
        } = certificate;
        Self {
            number,
            issuer,
            valid_until: Day(valid_until),
            kind: kind.map(Into::into),
        }
    }
}

impl From<Condition> for model::seal::SealCondition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Ready => Self::Ready,
            Condition::SetAside { reason } => Self::SetAside { reason },
            Condition::Retired { reason } => Self::Retired { reason },
        }
    }
}

impl From<model::seal::SealCondition> for Condition {
    fn from(condition: model::seal::SealCondition) -> Self {
        use model::seal::SealCondition as Model;
        match condition {
            Model::Ready => Self::Ready,
            Model::SetAside { reason } => Self::SetAside { reason },
            Model::Retired { reason } => Self::Retired { reason },
        }
    }
}

impl From<NewOrder> for model::SealOrder {
    fn from(order: NewOrder) -> Self {
        match order {
            NewOrder::Interval { awake_s, asleep_s } => Self::Interval { awake_s, asleep_s },
            NewOrder::AlwaysAwake { on } => Self::AlwaysAwake { on },
            NewOrder::SetTime => Self::SetTime,
            NewOrder::Lock => Self::Lock,
            NewOrder::PositionNow => Self::PositionNow,
            NewOrder::Restart => Self::Restart,
            NewOrder::Text { text } => Self::Text {
                text: text.trim().into(),
            },
            NewOrder::ConfirmAlarm => Self::ConfirmAlarm,
            NewOrder::Track { every_s, for_s } => Self::Track { every_s, for_s },
            NewOrder::Fence { number, shape } => Self::Fence(model::order::Fence {
                number,
                shape: shape.into(),
            }),
            NewOrder::ClearFence { number, sort } => Self::ClearFence {
                number,
                sort: sort.into(),
            },
            NewOrder::DynamicPassword { on } => Self::DynamicPassword { on },
            NewOrder::RotatePassword => Self::RotatePassword,
            NewOrder::WithdrawCards { cards } => Self::WithdrawCards { cards },
            NewOrder::Channels {
                sms,
                network,
                rfid,
                serial,
                bluetooth,
            } => Self::Channels(model::order::Channels {
                sms,
                network,
                rfid,
                serial,
                bluetooth,
            }),
        }
    }
}

/// A seal counts in whole numbers. What is nowhere on earth stays so, and is refused.
fn place(position: Position) -> model::order::PlaceE6 {
    let e6 = |degrees: f64| (degrees * 1e6).round() as i32;
    model::order::PlaceE6 {
        lat: e6(position.lat),
        lon: e6(position.lon),
    }
}

impl From<FenceShape> for model::order::FenceShape {
    fn from(shape: FenceShape) -> Self {
        let places = |points: Vec<Position>| points.into_iter().map(place).collect::<Vec<_>>();
        match shape {
            FenceShape::Circle { centre, radius_m } => Self::Circle {
                centre: place(centre),
                radius_m: radius_m.ceil() as u32,
            },
            FenceShape::Rectangle {
                north_west,
                south_east,
            } => Self::Rectangle {
                north_west: place(north_west),
                south_east: place(south_east),
            },
            FenceShape::Polygon { points } => {
                let mut ring = places(points);
                if 1 < ring.len() && ring.first() == ring.last() {
                    ring.pop();
                }
                Self::Polygon(ring)
            }
            FenceShape::Route { turns, width_m } => Self::Route {
                turns: places(turns),
                width_m,
            },
        }
    }
}
