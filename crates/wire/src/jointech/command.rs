//! What can be said to a seal: `(Pnn,fields…)`, without an id.
//!
//! A command holds only what the seal can take: [`Command::encode`] refuses anything else with a reason. The maker's
//! own server answers a failed unlocking by setting the password back to 888888; nothing here ever does.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write;

use segel_model::{ServerTime, order, order::SealCommand};

use crate::{calendar::Clock, output::NotSpoken, read::number};

/// How many cards one command may carry (manual, P41).
pub const CARDS: usize = 20;
/// How many corners one fence page may carry (manual, P29).
pub const NODES: usize = 10;
/// The highest card number: a UID of 32 bits.
const HIGHEST_CARD: u64 = 4_294_967_295;
/// The numbers of fences (manual, P24).
const FENCES: core::ops::RangeInclusive<u8> = 1..=10;
const NO_FENCE: &str = "this seal counts its fences from 1 to 10";
/// The longest name of a fence (manual, P24).
const FENCE_NAME: usize = 16;

/// A command (manual, chapter "commands"; S07, S09, S17 are of the older trackers).
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// P01: which firmware.
    Version,
    /// P03: sleep by rule: mode, setting, minutes.
    Sleep(u8, u8, u16),
    /// P04: how often to report.
    Interval {
        /// Seconds while awake, 5 to 600.
        awake_s: u32,
        /// Minutes between wakings, 5 to 1440.
        asleep_min: u32,
    },
    /// P06: which server to talk to.
    Server {
        /// 1 the first, 3 the second.
        slot: u8,
        /// Host, port, access point, user, password.
        fields: [String; 5],
    },
    /// P13: back to factory settings.
    Factory,
    /// P14: which IMEI.
    Imei,
    /// P15: restart.
    Restart,
    /// P22: the time.
    Time(Clock),
    /// P24: a fence: number, on or off, name.
    Fence(u8, bool, String),
    /// P29: corners of a fence, in ten-thousandths of a minute as the seal writes them: DDDMM.MMMM, longitude first.
    FenceNodes {
        /// Which fence.
        fence: u8,
        /// Which page, 1 to 5.
        page: u8,
        /// Longitude and latitude, each in ten-thousandths.
        nodes: Vec<(i64, i64)>,
    },
    /// P30: delete a fence.
    FenceDelete(u8),
    /// P31: no more fences.
    FenceDone,
    /// P32: sleep now.
    SleepNow,
    /// P37: how strong a shake wakes it, in thousandths of g.
    Motion(u16),
    /// P38: minutes until unlocked is too long, 3 to 180.
    LongUnlocked(u16),
    /// P39: minutes awake, 3 to 10.
    AwakeTime(u16),
    /// P40: where each of ten alarms goes: 0 nowhere, 1 network, 2 text message, 3 both.
    AlarmSwitches([u8; 10]),
    /// P41,0: the cards of a group of twenty, 1 to 25.
    ListCards(u8),
    /// P41,1,1: let these cards open it.
    AddCards(Vec<u64>),
    /// P41,1,2: take them away.
    DeleteCards(Vec<u64>),
    /// P41,1,3: take all away.
    DeleteAllCards,
    /// P42: learn the cards that are swiped now.
    LearnCards,
    /// P43: open with the fixed password.
    UnlockStatic(String),
    /// P44: change the fixed password: new, old.
    SetPassword(String, String),
    /// P44,1: tell the fixed password.
    AskPassword,
    /// P52,0: tell the one-time password.
    AskDynamicPassword,
    /// P52,1: one-time passwords on or off, bound to fences or not.
    DynamicPassword(bool, bool),
    /// P52,3: open with a one-time password.
    UnlockDynamic(String),
    /// P54: never sleep.
    AlwaysAwake(bool),
    /// P58: cards open only inside fences.
    CardsInFences(bool),
    /// P59: which ways of opening are on: text message, network, card, cable, Bluetooth.
    Channels([bool; 5]),
    /// P61: per cent below which the battery is low.
    LowBattery(u8),
    /// P62: set the mileage.
    Mileage(u32),
    /// P63: hold the position while it drifts.
    DriftFilter(bool),
    /// P68,1: which IMSI.
    Imsi,
    /// P68,2: which ICCID.
    Iccid,
    /// P98,10,0: how many records wait in flash.
    CountStored,
    /// P98,10,1: forget the records in flash.
    ClearStored,
    /// S07: old trackers: engine on or off.
    OldEngine(bool),
    /// S09: old trackers: minutes east of Greenwich.
    OldTimeZone(i16),
    /// S17: old trackers: restart.
    OldRestart,
}

impl Command {
    /// The command an order asks for. A time order tells `now`.
    pub fn from_order(order: &SealCommand, now: ServerTime) -> Result<Self, NotSpoken> {
        Ok(match order {
            SealCommand::UnlockStatic { password } => Self::UnlockStatic(password.clone()),
            SealCommand::UnlockDynamic { password } => Self::UnlockDynamic(password.clone()),
            SealCommand::AuthoriseCards { cards } => Self::AddCards(card_numbers(cards)?),
            SealCommand::WithdrawCards { cards } => Self::DeleteCards(card_numbers(cards)?),
            SealCommand::SetPassword { new, old } => Self::SetPassword(new.clone(), old.clone()),
            SealCommand::DynamicPassword { on } => Self::DynamicPassword(*on, false),
            SealCommand::Channels(channels) => Self::Channels(channel_bits(*channels)),
            SealCommand::Interval { awake_s, asleep_s } => Self::Interval {
                awake_s: *awake_s,
                asleep_min: whole_minutes(*asleep_s)?,
            },
            SealCommand::AlwaysAwake { on } => Self::AlwaysAwake(*on),
            SealCommand::SetTime => Self::Time(Clock::from_unix_ms(now.unix_ms)),
            SealCommand::Restart => Self::Restart,
            SealCommand::ClearFence { number, .. } => Self::FenceDelete(*number),
            other => return Err(without_words(other)),
        })
    }

    /// The bytes, or what in the command no seal can take.
    pub fn encode(&self) -> Result<Vec<u8>, NotSpoken> {
        self.check()?;
        Ok(self.text().into_bytes())
    }

    fn check(&self) -> Result<(), NotSpoken> {
        let (legal, why) = match self {
            Self::Interval { awake_s, .. } if !(5..=600).contains(awake_s) => {
                (false, "awake, a seal reports every 5 to 600 seconds")
            }
            Self::Interval { asleep_min, .. } => (
                (5..=1440).contains(asleep_min),
                "asleep, a seal wakes every 5 to 1440 minutes",
            ),
            Self::Server { slot, fields } => (
                matches!(slot, 1 | 3) && fields.iter().all(|field| is_plain(field)),
                "no such server setting",
            ),
            Self::Fence(fence, ..) | Self::FenceNodes { fence, .. } if !FENCES.contains(fence) => {
                (false, NO_FENCE)
            }
            Self::Fence(_, _, name) => (
                is_plain(name) && name.len() <= FENCE_NAME,
                "a fence has a name of at most 16 plain letters",
            ),
            Self::FenceNodes { page, nodes, .. } => {
                let counted = (1..=NODES).contains(&nodes.len());
                (
                    (1..=5).contains(page) && counted,
                    "a fence has 5 pages of 1 to 10 corners",
                )
            }
            Self::FenceDelete(fence) => (FENCES.contains(fence), NO_FENCE),
            Self::LongUnlocked(minutes) => ((3..=180).contains(minutes), "3 to 180 minutes"),
            Self::AwakeTime(minutes) => ((3..=10).contains(minutes), "3 to 10 minutes"),
            Self::AlarmSwitches(switches) => (
                switches.iter().all(|&to| to <= 3),
                "an alarm goes to 0, 1, 2 or 3",
            ),
            Self::ListCards(group) => ((1..=25).contains(group), "card groups are 1 to 25"),
            Self::AddCards(cards) | Self::DeleteCards(cards) => check_cards(cards),
            Self::UnlockStatic(password) => (is_password(password), NO_PASSWORD),
            Self::SetPassword(new, old) => (is_password(new) && is_password(old), NO_PASSWORD),
            Self::UnlockDynamic(password) => {
                let digits = password.bytes().all(|byte| byte.is_ascii_digit());
                (
                    digits && password.len() == 6,
                    "a one-time password has six digits",
                )
            }
            Self::LowBattery(percent) => ((1..=100).contains(percent), "1 to 100 per cent"),
            Self::OldTimeZone(minutes) => ((-720..=840).contains(minutes), "no such time zone"),
            _ => (true, ""),
        };
        if legal { Ok(()) } else { Err(NotSpoken { why }) }
    }

    fn text(&self) -> String {
        match self {
            Self::Version => "(P01)".into(),
            Self::Sleep(mode, setting, minutes) => format!("(P03,{mode},{setting},{minutes})"),
            Self::Interval { awake_s, asleep_min } => format!("(P04,1,{awake_s},{asleep_min})"),
            Self::Server { slot, fields } => format!("(P06,{slot},{})", fields.join(",")),
            Self::Factory => "(P13)".into(),
            Self::Imei => "(P14)".into(),
            Self::Restart => "(P15)".into(),
            Self::Time(clock) => time_text(*clock),
            Self::Fence(fence, on, name) => format!("(P24,1,{fence},{},{name})", u8::from(*on)),
            Self::FenceNodes { fence, page, nodes } => nodes_text(*fence, *page, nodes),
            Self::FenceDelete(fence) => format!("(P30,{fence})"),
            Self::FenceDone => "(P31)".into(),
            Self::SleepNow => "(P32)".into(),
            Self::Motion(milli_g) => format!("(P37,1,{milli_g})"),
            Self::LongUnlocked(minutes) => format!("(P38,1,{minutes})"),
            Self::AwakeTime(minutes) => format!("(P39,1,{minutes})"),
            Self::AlarmSwitches(switches) => format!("(P40,1,{})", list(switches)),
            Self::ListCards(group) => format!("(P41,0,{group})"),
            Self::AddCards(cards) => cards_text(1, cards),
            Self::DeleteCards(cards) => cards_text(2, cards),
            Self::DeleteAllCards => "(P41,1,3)".into(),
            Self::LearnCards => "(P42,1)".into(),
            Self::UnlockStatic(password) => format!("(P43,{password})"),
            Self::SetPassword(new, old) => format!("(P44,{new},{old})"),
            Self::AskPassword => "(P44,1)".into(),
            Self::AskDynamicPassword => "(P52,0)".into(),
            Self::DynamicPassword(on, in_fences) => {
                format!("(P52,1,1,{},{})", u8::from(*on), u8::from(*in_fences))
            }
            Self::UnlockDynamic(password) => format!("(P52,3,{password})"),
            Self::AlwaysAwake(on) => format!("(P54,1,{})", u8::from(*on)),
            Self::CardsInFences(on) => format!("(P58,1,{})", u8::from(*on)),
            Self::Channels(channels) => format!("(P59,1,{})", list(&channels.map(u8::from))),
            Self::LowBattery(percent) => format!("(P61,1,{percent})"),
            Self::Mileage(km) => format!("(P62,2,1,{km})"),
            Self::DriftFilter(on) => format!("(P63,1,{})", u8::from(*on)),
            Self::Imsi => "(P68,1,0)".into(),
            Self::Iccid => "(P68,2,0)".into(),
            Self::CountStored => "(P98,10,0)".into(),
            Self::ClearStored => "(P98,10,1,0,0)".into(),
            Self::OldEngine(on) => format!("(S07,{})", u8::from(*on)),
            Self::OldTimeZone(minutes) => format!("(S09,1,{minutes})"),
            Self::OldRestart => "(S17)".into(),
        }
    }

    /// Reads a command back: the other half of [`encode`](Self::encode).
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let inside = core::str::from_utf8(bytes)
            .ok()?
            .strip_prefix('(')?
            .strip_suffix(')')?;
        let mut fields = inside.split(',');
        let code = fields.next()?;
        let fields: Vec<&str> = fields.collect();
        let command = Self::from_fields(code, &fields)?;
        command.check().is_ok().then_some(command)
    }

    fn from_fields(code: &str, fields: &[&str]) -> Option<Self> {
        Some(match (code, fields) {
            ("P01", []) => Self::Version,
            ("P03", [mode, setting, minutes]) => {
                Self::Sleep(mode.parse().ok()?, setting.parse().ok()?, minutes.parse().ok()?)
            }
            ("P04", ["1", awake, asleep]) => Self::Interval {
                awake_s: awake.parse().ok()?,
                asleep_min: asleep.parse().ok()?,
            },
            ("P06", [slot, host, port, point, user, password]) => Self::Server {
                slot: slot.parse().ok()?,
                fields: [*host, *port, *point, *user, *password].map(String::from),
            },
            ("P13", []) => Self::Factory,
            ("P14", []) => Self::Imei,
            ("P15", []) => Self::Restart,
            ("P22", [time]) => Self::Time(clock(time)?),
            ("P24", ["1", fence, on, name]) => {
                Self::Fence(fence.parse().ok()?, switch(on)?, String::from(*name))
            }
            ("P29", ["1", fence, page, count, nodes @ ..]) => fence_nodes(fence, page, count, nodes)?,
            ("P30", [fence]) => Self::FenceDelete(fence.parse().ok()?),
            ("P31", []) => Self::FenceDone,
            ("P32", []) => Self::SleepNow,
            ("P37", ["1", milli_g]) => Self::Motion(milli_g.parse().ok()?),
            ("P38", ["1", minutes]) => Self::LongUnlocked(minutes.parse().ok()?),
            ("P39", ["1", minutes]) => Self::AwakeTime(minutes.parse().ok()?),
            ("P40", ["1", switches @ ..]) => Self::AlarmSwitches(all(switches, |to| to.parse().ok())?),
            ("P41", ["0", group]) => Self::ListCards(group.parse().ok()?),
            ("P41", ["1", "1", count, cards @ ..]) => Self::AddCards(cards_of(count, cards)?),
            ("P41", ["1", "2", count, cards @ ..]) => Self::DeleteCards(cards_of(count, cards)?),
            ("P41", ["1", "3"]) => Self::DeleteAllCards,
            ("P42", ["1"]) => Self::LearnCards,
            ("P43", [password]) => Self::UnlockStatic(String::from(*password)),
            ("P44", ["1"]) => Self::AskPassword,
            ("P44", [new, old]) => Self::SetPassword(String::from(*new), String::from(*old)),
            ("P52", ["0"]) => Self::AskDynamicPassword,
            ("P52", ["1", "1", on, in_fences]) => Self::DynamicPassword(switch(on)?, switch(in_fences)?),
            ("P52", ["3", password]) => Self::UnlockDynamic(String::from(*password)),
            ("P54", ["1", on]) => Self::AlwaysAwake(switch(on)?),
            ("P58", ["1", on]) => Self::CardsInFences(switch(on)?),
            ("P59", ["1", channels @ ..]) => Self::Channels(all(channels, switch)?),
            ("P61", ["1", percent]) => Self::LowBattery(percent.parse().ok()?),
            ("P62", ["2", "1", km]) => Self::Mileage(km.parse().ok()?),
            ("P63", ["1", on]) => Self::DriftFilter(switch(on)?),
            ("P68", ["1", "0"]) => Self::Imsi,
            ("P68", ["2", "0"]) => Self::Iccid,
            ("P98", ["10", "0"]) => Self::CountStored,
            ("P98", ["10", "1", "0", "0"]) => Self::ClearStored,
            ("S07", [on]) => Self::OldEngine(switch(on)?),
            ("S09", ["1", minutes]) => Self::OldTimeZone(minutes.parse().ok()?),
            ("S17", []) => Self::OldRestart,
            _ => return None,
        })
    }
}

/// What this language has no words for, or not as one command.
const fn without_words(order: &SealCommand) -> NotSpoken {
    let why = match order {
        SealCommand::Lock => "this seal locks by itself when its rope is put in",
        SealCommand::PositionNow => {
            "this seal cannot be asked where it is: shorten its interval, or keep it awake"
        }
        SealCommand::Track { .. } => "this seal reports densely only by its interval",
        SealCommand::Text { .. } => "this seal has no display",
        SealCommand::ConfirmAlarm => "this seal has no alarm that waits for a person",
        _ => "this seal answers no such order",
    };
    NotSpoken { why }
}

const NO_PASSWORD: &str = "a password has six letters, digits or symbols, none of them a comma or a bracket";

/// Six printable letters; commas and brackets would end the field or the frame, the equals sign escapes.
fn is_password(password: &str) -> bool {
    password.len() == 6 && is_plain(password)
}

fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b'(' | b')' | b'='))
}

fn check_cards(cards: &[u64]) -> (bool, &'static str) {
    if !(1..=CARDS).contains(&cards.len()) {
        return (false, "one command carries 1 to 20 cards");
    }
    let legal = cards.iter().all(|card| (1..=HIGHEST_CARD).contains(card));
    (legal, "card numbers are 0000000001 to 4294967295")
}

fn card_numbers(cards: &[String]) -> Result<Vec<u64>, NotSpoken> {
    let number = |card: &String| {
        let ten_digits = card.len() == 10 && card.bytes().all(|byte| byte.is_ascii_digit());
        ten_digits.then(|| card.parse().ok()).flatten()
    };
    let numbers: Option<Vec<u64>> = cards.iter().map(number).collect();
    numbers.ok_or(NotSpoken {
        why: "a card number has ten digits",
    })
}

fn whole_minutes(seconds: u32) -> Result<u32, NotSpoken> {
    let whole = seconds.is_multiple_of(60);
    if whole {
        Ok(seconds / 60)
    } else {
        Err(NotSpoken {
            why: "asleep, a seal counts in whole minutes",
        })
    }
}

const fn channel_bits(channels: order::Channels) -> [bool; 5] {
    let order::Channels {
        sms,
        network,
        rfid,
        serial,
        bluetooth,
    } = channels;
    [sms, network, rfid, serial, bluetooth]
}

/// `(P22,DDMMYYhhmmss)` in UTC.
pub(crate) fn time_text(clock: Clock) -> String {
    let [year, month, day, hour, minute, second] = clock.two_digits();
    format!("(P22,{day:02}{month:02}{year:02}{hour:02}{minute:02}{second:02})")
}

fn clock(text: &str) -> Option<Clock> {
    let digits = text.as_bytes().first_chunk::<12>().filter(|_| text.len() == 12)?;
    let pair = |at: usize| number::<u8>(&digits[at..at + 2]);
    let year = 2000 + u16::from(pair(4)?);
    let plain = digits.iter().all(u8::is_ascii_digit);
    if !plain {
        return None;
    }
    Clock::new(year, pair(2)?, pair(0)?, pair(6)?, pair(8)?, pair(10)?)
}

fn list(values: &[u8]) -> String {
    values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn cards_text(change: u8, cards: &[u64]) -> String {
    let mut text = format!("(P41,1,{change},{}", cards.len());
    for card in cards {
        write!(text, ",{card:010}").expect("writing to a string cannot fail");
    }
    text.push(')');
    text
}

fn nodes_text(fence: u8, page: u8, nodes: &[(i64, i64)]) -> String {
    let mut text = format!("(P29,1,{fence},{page},{}", nodes.len());
    for (lon_e4, lat_e4) in nodes {
        text.push(',');
        text.push_str(&ten_thousandths(*lon_e4));
        text.push(',');
        text.push_str(&ten_thousandths(*lat_e4));
    }
    text.push(')');
    text
}

/// `-75311858` is written `-7531.1858`, `8329230` as `832.923`: without zeros at the end.
fn ten_thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let whole = value.unsigned_abs() / 10_000;
    let text = format!("{sign}{whole}.{:04}", value.unsigned_abs() % 10_000);
    String::from(text.trim_end_matches('0').trim_end_matches('.'))
}

fn from_ten_thousandths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = whole
        .bytes()
        .chain(part.bytes())
        .all(|byte| byte.is_ascii_digit());
    if !plain || !(1..=5).contains(&whole.len()) || 4 < part.len() {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<4}").parse().ok()?;
    Some(sign * value)
}

fn fence_nodes(fence: &str, page: &str, count: &str, nodes: &[&str]) -> Option<Command> {
    let (pairs, odd) = nodes.as_chunks::<2>();
    let node = |[lon, lat]: &[&str; 2]| Some((from_ten_thousandths(lon)?, from_ten_thousandths(lat)?));
    let nodes: Vec<(i64, i64)> = pairs.iter().map(node).collect::<Option<_>>()?;
    let counted = odd.is_empty() && count.parse() == Ok(nodes.len());
    counted.then_some(Command::FenceNodes {
        fence: fence.parse().ok()?,
        page: page.parse().ok()?,
        nodes,
    })
}

fn cards_of(count: &str, cards: &[&str]) -> Option<Vec<u64>> {
    let numbers: Option<Vec<u64>> = cards.iter().map(|card| card.parse().ok()).collect();
    numbers.filter(|numbers| count.parse() == Ok(numbers.len()))
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// As many values as the array has, no more, no fewer.
fn all<T, const N: usize>(fields: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<[T; N]> {
    let values: Option<Vec<T>> = fields.iter().map(|field| read(field)).collect();
    values?.try_into().ok()
}
