//! What can be said to a device: a number that says which, and a body. Nothing here opens a lock by itself: who may send
//! what is decided elsewhere.
//!
//! A command holds only what a device can take: [`Command::encode`] refuses anything else with a reason.

use alloc::{string::String, vec::Vec};

use segel_model::order::{Fence, FenceShape, FenceSort, PlaceE6 as Place, SealCommand};

use super::header::{Address, LONGEST_BODY};
use crate::{output::NotSpoken, profile::Dialect, read::to_bcd};

/// Numbers of messages to a device (standard, "message table").
pub mod id {
    #![allow(missing_docs, reason = "the standard's own words")]

    pub const GENERAL_ANSWER: u16 = 0x8001;
    pub const SEND_AGAIN: u16 = 0x8003;
    pub const TIME_2019: u16 = 0x8004;
    pub const REGISTERED: u16 = 0x8100;
    pub const SET_PARAMETERS: u16 = 0x8103;
    pub const ASK_PARAMETERS: u16 = 0x8104;
    pub const CONTROL_TERMINAL: u16 = 0x8105;
    pub const ASK_SOME_PARAMETERS: u16 = 0x8106;
    pub const ASK_PROPERTIES: u16 = 0x8107;
    pub const TIME: u16 = 0x8109;
    pub const ASK_POSITION: u16 = 0x8201;
    pub const TRACK: u16 = 0x8202;
    pub const CONFIRM_ALARM: u16 = 0x8203;
    pub const TEXT: u16 = 0x8300;
    pub const CONTROL_VEHICLE: u16 = 0x8500;
    pub const CIRCLES: u16 = 0x8600;
    pub const DELETE_CIRCLES: u16 = 0x8601;
    pub const RECTANGLES: u16 = 0x8602;
    pub const DELETE_RECTANGLES: u16 = 0x8603;
    pub const POLYGON: u16 = 0x8604;
    pub const DELETE_POLYGONS: u16 = 0x8605;
    pub const ROUTE: u16 = 0x8606;
    pub const DELETE_ROUTES: u16 = 0x8607;
    pub const PASS_THROUGH: u16 = 0x8900;
    /// HHD's own: set parameters, and ask for them.
    pub const HHD_SET: u16 = 0x0310;
    pub const HHD_ASK: u16 = 0x0312;
}

/// Jointech's own answer.
pub(crate) const JOINTECH_ANSWER: u16 = 0x4401;

/// Parameters of the standard ("parameter table").
pub mod parameter {
    #![allow(missing_docs, reason = "the standard's own words")]

    pub const HEARTBEAT_S: u32 = 0x0001;
    pub const SERVER: u32 = 0x0013;
    pub const TCP_PORT: u32 = 0x0018;
    pub const REPORT_STRATEGY: u32 = 0x0020;
    pub const ASLEEP_INTERVAL_S: u32 = 0x0027;
    pub const EMERGENCY_INTERVAL_S: u32 = 0x0028;
    pub const INTERVAL_S: u32 = 0x0029;
    pub const DISTANCE_M: u32 = 0x002C;
    pub const ASLEEP_DISTANCE_M: u32 = 0x002E;
    pub const EMERGENCY_DISTANCE_M: u32 = 0x002F;
}

/// Parameters of HHD's padlocks (handbook 2.5).
pub(crate) mod hhd {
    pub(crate) const INTERVAL_S: u8 = 0x06;
    pub(crate) const ACTION: u8 = 0x23;
    pub(crate) const RESTART: u8 = 3;
    pub(crate) const SEAL: u8 = 0x24;
    pub(crate) const PASSWORD: u8 = 0x26;
}

/// A place in millionths of a degree, north and east.
pub type PlaceE6 = (i32, i32);

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A byte.
    Byte(u8),
    /// Two bytes.
    Word(u16),
    /// Four bytes.
    Double(u32),
    /// Letters.
    Text(String),
}

/// A round area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// Its number on the device.
    pub id: u32,
    /// Its middle.
    pub middle: PlaceE6,
    /// From there to its border.
    pub radius_m: u32,
}

/// A turn of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its number on the device, and that of the segment it begins.
    pub id: u32,
    /// Where.
    pub place: PlaceE6,
    /// How wide the segment is.
    pub width_m: u8,
}

/// A command.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// 0x8103: set parameters.
    SetParameters(Vec<(u32, Value)>),
    /// 0x8104: tell all parameters.
    AskParameters,
    /// 0x8106: tell these parameters.
    AskSomeParameters(Vec<u32>),
    /// 0x8107: tell maker, model and versions.
    AskProperties,
    /// 0x8105: a word of control, and letters behind it: 4 restarts.
    ControlTerminal(u8, String),
    /// 0x8201: tell the position now.
    AskPosition,
    /// 0x8202: report every so many seconds, for so many seconds.
    Track {
        /// Between two reports.
        every_s: u16,
        /// Until it reports as before.
        for_s: u32,
    },
    /// 0x8203: an alarm has been seen by a person.
    ConfirmAlarm {
        /// Number of the message with the alarm; 0 all.
        serial: u16,
        /// Which alarms, by their bits.
        alarms: u32,
    },
    /// 0x8300: words for the driver, or for the device.
    Text {
        /// What shall be done with them.
        flags: u8,
        /// Plain letters.
        text: String,
    },
    /// 0x8500: lock the doors, or unlock them.
    Lock(bool),
    /// 0x8600: round areas, beside those there are.
    AddCircles(Vec<Circle>),
    /// 0x8602: areas from a north-western to a south-eastern corner.
    AddRectangles(Vec<(u32, PlaceE6, PlaceE6)>),
    /// 0x8604: an area of many corners.
    AddPolygon(u32, Vec<PlaceE6>),
    /// 0x8606: a route, as a corridor around its turns.
    AddRoute(u32, Vec<Turn>),
    /// 0x8601, 0x8603, 0x8605, 0x8607: delete areas or routes of the sort that this message is about; none means all.
    Delete(Sort, Vec<u32>),
    /// 0x8900: bytes in a form of the maker's own.
    PassThrough(u8, Vec<u8>),
    /// 0x0310: lock an HHD padlock, or unlock it, in the name of somebody.
    HhdSeal(bool, String),
    /// 0x0310: how often an HHD padlock reports.
    HhdInterval(u32),
    /// 0x0310: restart an HHD padlock.
    HhdRestart,
    /// 0x0310: the password of an HHD padlock.
    HhdPassword(String),
    /// 0x0312: tell these parameters.
    HhdAsk(Vec<u8>),
}

/// What is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Round areas.
    Circles,
    /// Areas of two corners.
    Rectangles,
    /// Areas of many corners.
    Polygons,
    /// Routes.
    Routes,
}

/// 0x8105: restart.
const RESTART: u8 = 4;
/// 0x8300, flags: show it on the display.
const ON_DISPLAY: u8 = 1 << 2;
/// 0x8203: every alarm that the standard lets a person confirm: SOS, danger, areas, routes, time on a segment, ignition and
/// movement without right.
const CONFIRMABLE: u32 = 1 | 1 << 3 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 27 | 1 << 28;
/// The longest words on a display.
const TEXT_LETTERS: usize = 200;
/// Corners and turns that fit into one message.
const CORNERS: usize = 126;
const TURNS: usize = 56;
/// In whose name a padlock is unlocked.
const NAME: &str = "segel";
/// Letters of a password of HHD's.
const HHD_PASSWORD: usize = 8;

const NO_DIALECT: NotSpoken = NotSpoken {
    why: "a seal that speaks JT/T 808 is opened only once its dialect is registered",
};
const NO_LOCKING: NotSpoken = NotSpoken {
    why: "a seal that speaks JT/T 808 is locked from afar only once its dialect is registered",
};
const NOT_PUBLIC: NotSpoken = NotSpoken {
    why: "of this seal's commands none for this is public",
};
const NO_LOCK: NotSpoken = NotSpoken {
    why: "a cargo tracker has no lock",
};
const NO_WORDS: NotSpoken = NotSpoken {
    why: "this seal has no such order",
};

impl Command {
    /// The command an order asks for. What opens a lock differs from maker to maker, so it needs the registered dialect.
    pub fn from_order(order: &SealCommand, dialect: Dialect) -> Result<Self, NotSpoken> {
        let hhd = matches!(dialect, Dialect::Hhd | Dialect::HhdP);
        match order {
            SealCommand::UnlockStatic { .. } => unlock(dialect),
            SealCommand::SetPassword { new, .. } if hhd => Ok(Self::HhdPassword(new.clone())),
            SealCommand::Interval { awake_s, asleep_s } if hhd => {
                let one = NotSpoken {
                    why: "this seal has one interval: awake and asleep must be the same",
                };
                (awake_s == asleep_s)
                    .then_some(Self::HhdInterval(*awake_s))
                    .ok_or(one)
            }
            SealCommand::Interval { awake_s, asleep_s } => Ok(Self::SetParameters(Vec::from([
                (parameter::INTERVAL_S, Value::Double(*awake_s)),
                (parameter::ASLEEP_INTERVAL_S, Value::Double(*asleep_s)),
            ]))),
            SealCommand::SetTime => Err(NotSpoken {
                why: "this seal asks for the time itself",
            }),
            SealCommand::Lock => lock(dialect),
            // Every dialect answers the standard's own question.
            SealCommand::PositionNow => Ok(Self::AskPosition),
            SealCommand::Restart if hhd => Ok(Self::HhdRestart),
            SealCommand::Restart => Ok(Self::ControlTerminal(RESTART, String::new())),
            SealCommand::Text { .. }
            | SealCommand::ConfirmAlarm
            | SealCommand::Track { .. }
            | SealCommand::Fence(_)
            | SealCommand::ClearFence { .. } => Self::of_the_standard(order, dialect),
            _ => Err(NO_WORDS),
        }
    }

    /// What the standard has and the makers of locks have not, or have in words of their own.
    fn of_the_standard(order: &SealCommand, dialect: Dialect) -> Result<Self, NotSpoken> {
        if matches!(
            dialect,
            Dialect::Hhd | Dialect::HhdP | Dialect::Jt705 | Dialect::Jt709
        ) {
            return Err(NOT_PUBLIC);
        }
        match order {
            SealCommand::Text { .. } if dialect == Dialect::Aovx => Err(NotSpoken {
                why: "this seal has no display",
            }),
            SealCommand::Text { text } => Ok(Self::Text {
                flags: ON_DISPLAY,
                text: text.clone(),
            }),
            SealCommand::ConfirmAlarm => Ok(Self::ConfirmAlarm {
                serial: 0,
                alarms: CONFIRMABLE,
            }),
            SealCommand::Track { every_s, for_s } => Ok(Self::Track {
                every_s: u16::try_from(*every_s).map_err(|_| TOO_RARE)?,
                for_s: *for_s,
            }),
            SealCommand::Fence(fence) => Ok(Self::fence(fence)),
            SealCommand::ClearFence { number, sort } => {
                Ok(Self::Delete(Sort::of(*sort), Vec::from([u32::from(*number)])))
            }
            _ => Err(NO_WORDS),
        }
    }

    fn fence(fence: &Fence) -> Self {
        let id = u32::from(fence.number);
        match &fence.shape {
            FenceShape::Circle { centre, radius_m } => Self::AddCircles(Vec::from([Circle {
                id,
                middle: place(centre),
                radius_m: *radius_m,
            }])),
            FenceShape::Rectangle {
                north_west,
                south_east,
            } => Self::AddRectangles(Vec::from([(id, place(north_west), place(south_east))])),
            FenceShape::Polygon(corners) => Self::AddPolygon(id, corners.iter().map(place).collect()),
            FenceShape::Route { turns, width_m } => {
                let turn = |(id, at): (u32, &Place)| Turn {
                    id,
                    place: place(at),
                    width_m: *width_m,
                };
                Self::AddRoute(id, (1..).zip(turns).map(turn).collect())
            }
        }
    }

    /// Which message.
    pub const fn id(&self) -> u16 {
        match self {
            Self::SetParameters(_) => id::SET_PARAMETERS,
            Self::AskParameters => id::ASK_PARAMETERS,
            Self::AskSomeParameters(_) => id::ASK_SOME_PARAMETERS,
            Self::AskProperties => id::ASK_PROPERTIES,
            Self::ControlTerminal(..) => id::CONTROL_TERMINAL,
            Self::AskPosition => id::ASK_POSITION,
            Self::Track { .. } => id::TRACK,
            Self::ConfirmAlarm { .. } => id::CONFIRM_ALARM,
            Self::Text { .. } => id::TEXT,
            Self::Lock(_) => id::CONTROL_VEHICLE,
            Self::AddCircles(_) => id::CIRCLES,
            Self::AddRectangles(_) => id::RECTANGLES,
            Self::AddPolygon(..) => id::POLYGON,
            Self::AddRoute(..) => id::ROUTE,
            Self::Delete(Sort::Circles, _) => id::DELETE_CIRCLES,
            Self::Delete(Sort::Rectangles, _) => id::DELETE_RECTANGLES,
            Self::Delete(Sort::Polygons, _) => id::DELETE_POLYGONS,
            Self::Delete(Sort::Routes, _) => id::DELETE_ROUTES,
            Self::PassThrough(..) => id::PASS_THROUGH,
            Self::HhdSeal(..) | Self::HhdInterval(_) | Self::HhdRestart | Self::HhdPassword(_) => id::HHD_SET,
            Self::HhdAsk(_) => id::HHD_ASK,
        }
    }

    /// The frame for a device, or what in the command no device can take.
    pub fn encode(&self, address: &Address, serial: u16) -> Result<Vec<u8>, NotSpoken> {
        let body = self.body(address.is_of_2019())?;
        Ok(address.message(self.id(), serial, &body))
    }

    /// The body alone, for a device that has not said its name yet.
    pub(crate) fn body(&self, of_2019: bool) -> Result<Vec<u8>, NotSpoken> {
        self.check()?;
        let mut body = Vec::new();
        self.write(&mut body, of_2019);
        if LONGEST_BODY < body.len() {
            return Err(NotSpoken {
                why: "one command has at most 1023 bytes",
            });
        }
        Ok(body)
    }

    fn check(&self) -> Result<(), NotSpoken> {
        let (legal, why) = match self {
            Self::SetParameters(values) => (
                (1..=MOST).contains(&values.len()) && values.iter().all(|(_, value)| value.is_legal()),
                "one command sets 1 to 255 parameters, of plain letters",
            ),
            Self::AskSomeParameters(names) => ((1..=MOST).contains(&names.len()), "1 to 255 parameters"),
            Self::ControlTerminal(_, text) => (is_plain(text), "only plain letters can be sent"),
            Self::Text { text, .. } => (
                is_plain(text) && (1..=TEXT_LETTERS).contains(&text.len()),
                "words for a display are 1 to 200 plain letters",
            ),
            Self::Track { every_s: 0, .. } => (false, TOO_RARE.why),
            Self::AddCircles(circles) => ((1..=MOST).contains(&circles.len()), "1 to 255 areas"),
            Self::AddRectangles(areas) => ((1..=MOST).contains(&areas.len()), "1 to 255 areas"),
            Self::AddPolygon(_, corners) => (
                (3..=CORNERS).contains(&corners.len()),
                "an area of this seal has 3 to 126 corners",
            ),
            Self::AddRoute(_, turns) => (
                (2..=TURNS).contains(&turns.len()),
                "a route of this seal has 2 to 56 turns",
            ),
            Self::Delete(_, ids) => (ids.len() <= MOST, "at most 255 areas or routes"),
            Self::HhdSeal(_, name) => (
                is_plain(name) && (1..=NAME_LONGEST).contains(&name.len()),
                "a user's name has 1 to 32 plain letters",
            ),
            Self::HhdPassword(password) => (
                password.len() == HHD_PASSWORD && is_plain(password),
                "a password of this seal has eight letters or digits",
            ),
            Self::HhdAsk(names) => ((1..=MOST).contains(&names.len()), "1 to 255 parameters"),
            _ => (true, ""),
        };
        if legal { Ok(()) } else { Err(NotSpoken { why }) }
    }

    fn write(&self, to: &mut Vec<u8>, of_2019: bool) {
        match self {
            Self::SetParameters(values) => {
                to.push(values.len() as u8);
                values.iter().for_each(|(name, value)| value.write(*name, to));
            }
            Self::AskParameters | Self::AskProperties | Self::AskPosition => {}
            Self::AskSomeParameters(names) => write_ids(names, to),
            Self::ControlTerminal(word, text) => {
                to.push(*word);
                to.extend(text.bytes());
            }
            Self::Track { every_s, for_s } => {
                to.extend(every_s.to_be_bytes());
                to.extend(for_s.to_be_bytes());
            }
            Self::ConfirmAlarm { serial, alarms } => {
                to.extend(serial.to_be_bytes());
                to.extend(alarms.to_be_bytes());
            }
            Self::Text { flags, text } => {
                to.push(*flags);
                if of_2019 {
                    to.push(NOTICE);
                }
                to.extend(text.bytes());
            }
            // The edition of 2019 has a list of controls: one, the doors, and nought for shut.
            Self::Lock(lock) if of_2019 => to.extend([0, 1, 0, DOORS, u8::from(!*lock)]),
            Self::Lock(lock) => to.push(u8::from(*lock)),
            Self::AddCircles(circles) => write_circles(circles, of_2019, to),
            Self::AddRectangles(areas) => write_rectangles(areas, of_2019, to),
            Self::AddPolygon(id, corners) => write_polygon(*id, corners, of_2019, to),
            Self::AddRoute(id, turns) => write_route(*id, turns, of_2019, to),
            Self::Delete(_, ids) => write_ids(ids, to),
            Self::PassThrough(kind, bytes) => {
                to.push(*kind);
                to.extend(bytes);
            }
            Self::HhdSeal(seal, name) => {
                let value = [&[u8::from(*seal)], name.as_bytes()].concat();
                write_hhd(hhd::SEAL, &value, to);
            }
            Self::HhdInterval(seconds) => write_hhd(hhd::INTERVAL_S, &seconds.to_be_bytes(), to),
            Self::HhdRestart => write_hhd(hhd::ACTION, &[hhd::RESTART], to),
            Self::HhdPassword(password) => write_hhd(hhd::PASSWORD, password.as_bytes(), to),
            Self::HhdAsk(names) => {
                to.push(names.len() as u8);
                to.extend(names);
            }
        }
    }
}

/// How many things one command may count.
const MOST: usize = 255;
/// The longest name of a user.
const NAME_LONGEST: usize = 32;
/// Text of the edition of 2019: a notice.
const NOTICE: u8 = 1;
/// Control of the edition of 2019: the doors.
const DOORS: u8 = 1;

const TOO_RARE: NotSpoken = NotSpoken {
    why: "this seal is followed at every 1 to 65535 seconds",
};

const fn place(place: &Place) -> PlaceE6 {
    (place.lat, place.lon)
}

impl Sort {
    const fn of(sort: FenceSort) -> Self {
        match sort {
            FenceSort::Circle => Self::Circles,
            FenceSort::Rectangle => Self::Rectangles,
            FenceSort::Polygon => Self::Polygons,
            FenceSort::Route => Self::Routes,
        }
    }
}

/// The maker's words for locking, which are those for opening with another sign.
fn lock(dialect: Dialect) -> Result<Command, NotSpoken> {
    match dialect {
        Dialect::Hhd | Dialect::HhdP => Ok(Command::HhdSeal(true, NAME.into())),
        Dialect::Jt808 | Dialect::Bsj => Ok(Command::Lock(true)),
        Dialect::Jt709 | Dialect::Jt705 => Err(NotSpoken {
            why: "this seal locks by itself when its rope is put in",
        }),
        Dialect::Aovx => Err(NO_LOCK),
        _ => Err(NO_LOCKING),
    }
}

/// The maker's words for opening. JT709 and JT705 have some; they are not public.
fn unlock(dialect: Dialect) -> Result<Command, NotSpoken> {
    match dialect {
        Dialect::Hhd | Dialect::HhdP => Ok(Command::HhdSeal(false, NAME.into())),
        Dialect::Jt808 | Dialect::Bsj => Ok(Command::Lock(false)),
        Dialect::Jt709 | Dialect::Jt705 => Err(NotSpoken {
            why: "how this seal is opened by command is not public",
        }),
        Dialect::Aovx => Err(NO_LOCK),
        _ => Err(NO_DIALECT),
    }
}

impl Value {
    fn write(&self, name: u32, to: &mut Vec<u8>) {
        let mut put = |value: &[u8]| {
            to.extend(name.to_be_bytes());
            to.push(value.len() as u8);
            to.extend(value);
        };
        match self {
            Self::Byte(value) => put(&[*value]),
            Self::Word(value) => put(&value.to_be_bytes()),
            Self::Double(value) => put(&value.to_be_bytes()),
            Self::Text(value) => put(value.as_bytes()),
        }
    }

    fn is_legal(&self) -> bool {
        match self {
            Self::Text(text) => is_plain(text) && text.len() <= MOST,
            _ => true,
        }
    }
}

/// Letters that read the same in the standard's alphabet and in ours.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn write_ids(ids: &[u32], to: &mut Vec<u8>) {
    to.push(ids.len() as u8);
    to.extend(ids.iter().flat_map(|id| id.to_be_bytes()));
}

fn write_hhd(name: u8, value: &[u8], to: &mut Vec<u8>) {
    to.extend([1, name, value.len() as u8]);
    to.extend(value);
}

/// Areas and routes (standard, "area properties"): report to the platform going in and going out, and which hemisphere. They
/// hold at all times and for every speed, so neither is written.
mod area {
    pub const TELL_IN: u16 = 1 << 3;
    pub const TELL_OUT: u16 = 1 << 5;
    pub const SOUTH: u16 = 1 << 6;
    pub const WEST: u16 = 1 << 7;
    /// Routes have no hemisphere in their properties.
    pub const ROUTE: u16 = TELL_IN | TELL_OUT;
    /// Beside those there are.
    pub const APPEND: u8 = 1;
    /// The edition of 2019 gives each a name; ours have none.
    pub const NO_NAME: [u8; 2] = [0; 2];
    /// Segments of a route: which hemisphere.
    pub const SEGMENT_SOUTH: u8 = 1 << 2;
    pub const SEGMENT_WEST: u8 = 1 << 3;
}

const fn properties((north, east): PlaceE6) -> u16 {
    let south = if north < 0 { area::SOUTH } else { 0 };
    let west = if east < 0 { area::WEST } else { 0 };
    area::ROUTE | south | west
}

fn write_place((north, east): PlaceE6, to: &mut Vec<u8>) {
    to.extend(north.unsigned_abs().to_be_bytes());
    to.extend(east.unsigned_abs().to_be_bytes());
}

fn write_name(of_2019: bool, to: &mut Vec<u8>) {
    if of_2019 {
        to.extend(area::NO_NAME);
    }
}

fn write_circles(circles: &[Circle], of_2019: bool, to: &mut Vec<u8>) {
    to.extend([area::APPEND, circles.len() as u8]);
    for circle in circles {
        to.extend(circle.id.to_be_bytes());
        to.extend(properties(circle.middle).to_be_bytes());
        write_place(circle.middle, to);
        to.extend(circle.radius_m.to_be_bytes());
        write_name(of_2019, to);
    }
}

fn write_rectangles(areas: &[(u32, PlaceE6, PlaceE6)], of_2019: bool, to: &mut Vec<u8>) {
    to.extend([area::APPEND, areas.len() as u8]);
    for (id, north_west, south_east) in areas {
        to.extend(id.to_be_bytes());
        to.extend(properties(*north_west).to_be_bytes());
        write_place(*north_west, to);
        write_place(*south_east, to);
        write_name(of_2019, to);
    }
}

fn write_polygon(id: u32, corners: &[PlaceE6], of_2019: bool, to: &mut Vec<u8>) {
    to.extend(id.to_be_bytes());
    to.extend(properties(corners[0]).to_be_bytes());
    to.extend((corners.len() as u16).to_be_bytes());
    corners.iter().for_each(|corner| write_place(*corner, to));
    write_name(of_2019, to);
}

fn write_route(id: u32, turns: &[Turn], of_2019: bool, to: &mut Vec<u8>) {
    to.extend(id.to_be_bytes());
    to.extend(area::ROUTE.to_be_bytes());
    to.extend((turns.len() as u16).to_be_bytes());
    for turn in turns {
        to.extend(turn.id.to_be_bytes());
        to.extend(turn.id.to_be_bytes());
        write_place(turn.place, to);
        let (north, east) = turn.place;
        let south = if north < 0 { area::SEGMENT_SOUTH } else { 0 };
        let west = if east < 0 { area::SEGMENT_WEST } else { 0 };
        to.extend([turn.width_m, south | west]);
    }
    write_name(of_2019, to);
}

/// A general answer: all is well with the message of that number.
pub(crate) fn general_answer(serial: u16, message: u16) -> [u8; 5] {
    let ([s1, s2], [m1, m2]) = (serial.to_be_bytes(), message.to_be_bytes());
    [s1, s2, m1, m2, 0]
}

/// A registration is taken; the token is what the device shall log in with, which we do not ask for.
pub(crate) fn registered(serial: u16, token: &str) -> Vec<u8> {
    let [s1, s2] = serial.to_be_bytes();
    [&[s1, s2, 0], token.as_bytes()].concat()
}

/// The time in UTC (handbook 2.2): the year in two bytes, then one each, and that all is well.
pub(crate) fn time(clock: crate::calendar::Clock) -> [u8; 8] {
    let [_, month, day, hour, minute, second] = clock.two_digits();
    let [high, low] = clock.year().to_be_bytes();
    [high, low, month, day, hour, minute, second, 0]
}

/// The time in UTC as the edition of 2019 has it: six binary-coded decimal bytes.
pub(crate) fn time_of_2019(clock: crate::calendar::Clock) -> [u8; 6] {
    clock.two_digits().map(to_bcd)
}

/// Send pieces of a message again. The edition of 2019 counts them with two bytes.
pub(crate) fn send_again(first_serial: u16, pieces: &[u16], of_2019: bool) -> Vec<u8> {
    let mut body = Vec::from(first_serial.to_be_bytes());
    let count = pieces.len() as u16;
    if of_2019 {
        body.extend(count.to_be_bytes());
    } else {
        body.push(count as u8);
    }
    body.extend(pieces.iter().flat_map(|piece| piece.to_be_bytes()));
    body
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[track_caller]
    fn check(command: &Command, of_2013: &[u8], of_2019: &[u8]) {
        let body = |edition| command.body(edition).map_err(|refused| refused.why);
        assert_eq!(body(false).as_deref(), Ok(of_2013));
        assert_eq!(body(true).as_deref(), Ok(of_2019));
    }

    #[track_caller]
    fn same(command: &Command, body: &[u8]) {
        check(command, body, body);
    }

    /// Handbook 2.7, with the standard's tables of each message.
    #[test]
    fn commands_are_written_as_the_standard_has_them() {
        same(
            &Command::SetParameters(vec![
                (parameter::HEARTBEAT_S, Value::Double(60)),
                (parameter::SERVER, Value::Text("a.b".into())),
                (0x0084, Value::Byte(1)),
                (0x0081, Value::Word(31)),
            ]),
            &[
                4, 0, 0, 0, 1, 4, 0, 0, 0, 60, 0, 0, 0, 0x13, 3, b'a', b'.', b'b', 0, 0, 0, 0x84, 1, 1, 0, 0,
                0, 0x81, 2, 0, 31,
            ],
        );
        same(&Command::AskParameters, &[]);
        same(&Command::AskSomeParameters(vec![0x29]), &[1, 0, 0, 0, 0x29]);
        same(&Command::AskProperties, &[]);
        same(&Command::ControlTerminal(4, String::new()), &[4]);
        same(&Command::AskPosition, &[]);
        same(
            &Command::Track {
                every_s: 5,
                for_s: 300,
            },
            &[0, 5, 0, 0, 1, 44],
        );
        same(
            &Command::ConfirmAlarm { serial: 7, alarms: 1 },
            &[0, 7, 0, 0, 0, 1],
        );
        check(
            &Command::Text {
                flags: 1,
                text: "hi".into(),
            },
            &[1, b'h', b'i'],
            &[1, 1, b'h', b'i'],
        );
        check(&Command::Lock(false), &[0], &[0, 1, 0, 1, 1]);
        check(&Command::Lock(true), &[1], &[0, 1, 0, 1, 0]);
        same(&Command::PassThrough(0xF0, b"TEST".to_vec()), b"\xF0TEST");
    }

    /// Handbook 2.5: "0x0310: u8 count, then (u8 id, u8 len, value)".
    #[test]
    fn padlocks_have_commands_of_their_own() {
        same(&Command::HhdSeal(false, "segel".into()), b"\x01\x24\x06\x00segel");
        same(&Command::HhdSeal(true, "segel".into()), b"\x01\x24\x06\x01segel");
        same(&Command::HhdInterval(600), &[1, 6, 4, 0, 0, 2, 88]);
        same(&Command::HhdRestart, &[1, 0x23, 1, 3]);
        same(&Command::HhdPassword("12345678".into()), b"\x01\x26\x0812345678");
        same(&Command::HhdAsk(vec![0x30, 0x94]), &[2, 0x30, 0x94]);
    }

    #[test]
    fn areas_and_routes_are_written_with_their_hemisphere() {
        let semarang = (-6_950_000, 110_420_000);
        let place = [0, 0x6A, 0x0C, 0x70, 0x06, 0x94, 0xE0, 0x20];
        let [circles, rectangles] = [[1, 1, 0, 0, 0, 9, 0, 0x68]; 2];
        let circle = [&circles[..], &place, &[0, 0, 1, 44]].concat();
        let command = Command::AddCircles(vec![Circle {
            id: 9,
            middle: semarang,
            radius_m: 300,
        }]);
        check(&command, &circle, &[&circle[..], &[0, 0]].concat());
        let rectangle = [&rectangles[..], &place, &place].concat();
        let command = Command::AddRectangles(vec![(9, semarang, semarang)]);
        check(&command, &rectangle, &[&rectangle[..], &[0, 0]].concat());
        let polygon = [&[0, 0, 0, 9, 0, 0x68, 0, 3][..], &place, &place, &place].concat();
        let command = Command::AddPolygon(9, vec![semarang; 3]);
        check(&command, &polygon, &[&polygon[..], &[0, 0]].concat());
        let turn = [&[0, 0, 0, 1, 0, 0, 0, 1][..], &place, &[50, 4]].concat();
        let route = [&[0, 0, 0, 9, 0, 0x28, 0, 2][..], &turn, &turn].concat();
        let one = Turn {
            id: 1,
            place: semarang,
            width_m: 50,
        };
        check(
            &Command::AddRoute(9, vec![one.clone(), one]),
            &route,
            &[&route[..], &[0, 0]].concat(),
        );
        for sort in [Sort::Circles, Sort::Rectangles, Sort::Polygons, Sort::Routes] {
            same(&Command::Delete(sort, vec![9]), &[1, 0, 0, 0, 9]);
        }
    }

    #[test]
    fn what_no_device_can_take_is_refused() {
        for command in [
            Command::SetParameters(vec![]),
            Command::Text {
                flags: 1,
                text: "粤".into(),
            },
            Command::Text {
                flags: 1,
                text: String::new(),
            },
            Command::Text {
                flags: 1,
                text: "a".repeat(201),
            },
            Command::Track {
                every_s: 0,
                for_s: 60,
            },
            Command::AddPolygon(1, vec![(0, 0); 127]),
            Command::AddRoute(1, vec![turn(); 57]),
            Command::AddPolygon(1, vec![(0, 0); 2]),
            Command::AddPolygon(1, vec![(0, 0); 200]),
            Command::AddRoute(1, vec![]),
            Command::HhdSeal(false, String::new()),
            Command::HhdPassword("123456".into()),
            Command::PassThrough(0, vec![0; 1023]),
        ] {
            assert!(command.body(false).is_err());
        }
        for command in [
            Command::PassThrough(0, vec![0; 1022]),
            Command::AddPolygon(1, vec![(0, 0); 126]),
            Command::AddRoute(1, vec![turn(); 56]),
        ] {
            assert!(command.body(false).is_ok());
        }
        assert!(Command::AddPolygon(1, vec![(0, 0); 126]).body(true).is_ok());
        assert!(Command::AddRoute(1, vec![turn(); 56]).body(true).is_ok());
    }

    fn turn() -> Turn {
        Turn {
            id: 1,
            place: (0, 0),
            width_m: 50,
        }
    }

    #[track_caller]
    fn order(order: &SealCommand, dialect: Dialect) -> Result<(u16, Vec<u8>), &'static str> {
        let command = Command::from_order(order, dialect).map_err(|refused| refused.why)?;
        let body = command.body(false).map_err(|refused| refused.why)?;
        Ok((command.id(), body))
    }

    #[test]
    fn orders_are_said_in_the_words_of_the_dialect() {
        let said = |wish: &SealCommand, dialect| order(wish, dialect).expect("it has words for it");
        assert_eq!(said(&SealCommand::Lock, Dialect::Bsj), (0x8500, vec![1]));
        assert_eq!(
            said(&SealCommand::Lock, Dialect::Hhd),
            (0x0310, b"\x01\x24\x06\x01segel".to_vec())
        );
        assert_eq!(said(&SealCommand::PositionNow, Dialect::Jt709), (0x8201, vec![]));
        assert_eq!(said(&SealCommand::Restart, Dialect::Jt808), (0x8105, vec![4]));
        assert_eq!(
            said(&SealCommand::Restart, Dialect::HhdP),
            (0x0310, vec![1, 0x23, 1, 3])
        );
        let text = SealCommand::Text { text: "hi".into() };
        assert_eq!(said(&text, Dialect::Jt808), (0x8300, vec![4, b'h', b'i']));
        assert_eq!(
            said(&SealCommand::ConfirmAlarm, Dialect::Jt808),
            (0x8203, vec![0, 0, 0x18, 0x70, 0, 9])
        );
        let track = SealCommand::Track {
            every_s: 10,
            for_s: 600,
        };
        assert_eq!(said(&track, Dialect::Aovx), (0x8202, vec![0, 10, 0, 0, 2, 88]));
        let clear = SealCommand::ClearFence {
            number: 3,
            sort: FenceSort::Polygon,
        };
        assert_eq!(said(&clear, Dialect::Jt808), (0x8605, vec![1, 0, 0, 0, 3]));
    }

    #[test]
    fn fences_keep_their_shape() {
        let semarang = Place {
            lat: -6_950_000,
            lon: 110_420_000,
        };
        let place = [0, 0x6A, 0x0C, 0x70, 0x06, 0x94, 0xE0, 0x20];
        let said = |shape| {
            let fence = SealCommand::Fence(Fence { number: 9, shape });
            order(&fence, Dialect::Jt808).expect("it holds fences")
        };
        let circle = said(FenceShape::Circle {
            centre: semarang,
            radius_m: 300,
        });
        let wanted = [&[1, 1, 0, 0, 0, 9, 0, 0x68][..], &place, &[0, 0, 1, 44]].concat();
        assert_eq!(circle, (0x8600, wanted));
        let rectangle = said(FenceShape::Rectangle {
            north_west: semarang,
            south_east: semarang,
        });
        let wanted = [&[1, 1, 0, 0, 0, 9, 0, 0x68][..], &place, &place].concat();
        assert_eq!(rectangle, (0x8602, wanted));
        let polygon = said(FenceShape::Polygon(vec![semarang; 3]));
        let wanted = [&[0, 0, 0, 9, 0, 0x68, 0, 3][..], &place, &place, &place].concat();
        assert_eq!(polygon, (0x8604, wanted));
        let route = said(FenceShape::Route {
            turns: vec![semarang; 2],
            width_m: 50,
        });
        let first = [&[0, 0, 0, 1, 0, 0, 0, 1][..], &place, &[50, 4]].concat();
        let second = [&[0, 0, 0, 2, 0, 0, 0, 2][..], &place, &[50, 4]].concat();
        let wanted = [&[0, 0, 0, 9, 0, 0x28, 0, 2][..], &first, &second].concat();
        assert_eq!(route, (0x8606, wanted));
    }

    #[test]
    fn what_a_dialect_has_no_words_for_is_said_so() {
        let refused = |wish: &SealCommand, dialect| order(wish, dialect).expect_err("it has no words");
        assert_eq!(refused(&SealCommand::Lock, Dialect::Any), NO_LOCKING.why);
        assert_eq!(refused(&SealCommand::Lock, Dialect::Aovx), NO_LOCK.why);
        assert_eq!(refused(&SealCommand::ConfirmAlarm, Dialect::Hhd), NOT_PUBLIC.why);
        let track = SealCommand::Track {
            every_s: 65_536,
            for_s: 1,
        };
        assert_eq!(refused(&track, Dialect::Jt808), TOO_RARE.why);
    }

    #[test]
    fn a_lock_is_opened_only_in_a_dialect_that_is_known() {
        let order = SealCommand::UnlockStatic {
            password: "888888".into(),
        };
        let command = |dialect| Command::from_order(&order, dialect);
        assert!(
            command(Dialect::Hhd).is_ok_and(|command| command == Command::HhdSeal(false, "segel".into()))
        );
        assert!(command(Dialect::Jt808).is_ok_and(|command| command == Command::Lock(false)));
        for dialect in [
            Dialect::Any,
            Dialect::Jt709,
            Dialect::Jt705,
            Dialect::Aovx,
            Dialect::Jt701,
        ] {
            assert!(command(dialect).is_err());
        }
    }

    #[test]
    fn pieces_are_asked_for_again_by_their_places() {
        assert_eq!(send_again(7, &[2, 3], false), [0, 7, 2, 0, 2, 0, 3]);
        assert_eq!(send_again(7, &[2, 3], true), [0, 7, 0, 2, 0, 2, 0, 3]);
    }
}
