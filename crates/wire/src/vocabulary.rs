//! What a seal can be told, known before anybody tries.
//!
//! There is no list of it: the encoder of the language is asked, with the order itself or, where secrets are still missing, with
//! an example of them.

use alloc::{string::String, vec::Vec};

use segel_model::{
    SealOrder,
    order::{Channels, Fence, FenceShape, FenceSort, PlaceE6, SealCommand},
    report::Protocol,
};

use crate::{
    limits::Limits,
    output::NotSpoken,
    profile::{Dialect, Profile},
    session::Session,
};

/// Whether a seal of that language can be told this; nothing is sent.
pub fn speaks(protocol: Protocol, profile: Profile, order: &SealOrder) -> Result<(), NotSpoken> {
    let session = Session::new(protocol, profile, Limits::default());
    session.speaks(&fit(&session, example(profile, order)))
}

/// The order as near to the wish as a seal of that language can take it. Only intervals bend: a seal reports at least as often as
/// asked while it is awake, and asleep as often as it can wake.
pub fn fitted(protocol: Protocol, profile: Profile, command: SealCommand) -> SealCommand {
    fit(&Session::new(protocol, profile, Limits::default()), command)
}

/// How many letters the fixed password of a seal has.
pub const fn password_letters(profile: Profile) -> usize {
    match profile.dialect {
        Dialect::Hhd | Dialect::HhdP => 8,
        _ => 6,
    }
}

/// One of each order, with values that most seals would take.
pub fn examples() -> Vec<SealOrder> {
    let cards = || Vec::from([String::from("0000000001")]);
    let channels = Channels {
        sms: false,
        network: true,
        rfid: true,
        serial: false,
        bluetooth: false,
    };
    Vec::from([
        SealOrder::PositionNow,
        SealOrder::Lock,
        SealOrder::Restart,
        SealOrder::Interval {
            awake_s: 60,
            asleep_s: 300,
        },
        SealOrder::AlwaysAwake { on: true },
        SealOrder::Track {
            every_s: 10,
            for_s: 600,
        },
        SealOrder::Text {
            text: String::from("segel"),
        },
        SealOrder::ConfirmAlarm,
        SealOrder::Fence(Fence {
            number: 1,
            shape: FenceShape::Polygon(triangle()),
        }),
        SealOrder::ClearFence {
            number: 1,
            sort: FenceSort::Polygon,
        },
        SealOrder::SetTime,
        SealOrder::RotatePassword,
        SealOrder::DynamicPassword { on: true },
        SealOrder::Channels(channels),
        SealOrder::WithdrawCards { cards: cards() },
        SealOrder::AuthoriseCards { cards: cards() },
        SealOrder::UnlockStatic,
        SealOrder::UnlockDynamic,
    ])
}

fn triangle() -> Vec<PlaceE6> {
    let corner = |(lat, lon)| PlaceE6 { lat, lon };
    [
        (-6_950_000, 110_420_000),
        (-6_950_000, 110_430_000),
        (-6_960_000, 110_430_000),
    ]
    .map(corner)
    .into()
}

/// The order with secrets that could be its own.
fn example(profile: Profile, order: &SealOrder) -> SealCommand {
    let password = || "A".repeat(password_letters(profile));
    match order.clone() {
        SealOrder::UnlockStatic => SealCommand::UnlockStatic { password: password() },
        SealOrder::UnlockDynamic => SealCommand::UnlockDynamic {
            password: "0".repeat(6),
        },
        SealOrder::RotatePassword => SealCommand::SetPassword {
            new: password(),
            old: password(),
        },
        SealOrder::AuthoriseCards { cards } => SealCommand::AuthoriseCards { cards },
        SealOrder::WithdrawCards { cards } => SealCommand::WithdrawCards { cards },
        SealOrder::DynamicPassword { on } => SealCommand::DynamicPassword { on },
        SealOrder::Channels(channels) => SealCommand::Channels(channels),
        SealOrder::Interval { awake_s, asleep_s } => SealCommand::Interval { awake_s, asleep_s },
        SealOrder::AlwaysAwake { on } => SealCommand::AlwaysAwake { on },
        SealOrder::SetTime => SealCommand::SetTime,
        SealOrder::Lock => SealCommand::Lock,
        SealOrder::PositionNow => SealCommand::PositionNow,
        SealOrder::Restart => SealCommand::Restart,
        SealOrder::Text { text } => SealCommand::Text { text },
        SealOrder::ConfirmAlarm => SealCommand::ConfirmAlarm,
        SealOrder::Track { every_s, for_s } => SealCommand::Track { every_s, for_s },
        SealOrder::Fence(fence) => SealCommand::Fence(fence),
        SealOrder::ClearFence { number, sort } => SealCommand::ClearFence { number, sort },
    }
}

/// What P04 of a Jointech seal can set, as other seals with two intervals can too: seconds awake, whole minutes asleep.
const AWAKE_S: core::ops::RangeInclusive<u32> = 5..=600;
const ASLEEP_MIN: core::ops::RangeInclusive<u32> = 5..=1440;

/// The first of the ways to say an interval that the language takes; the wish as it is where it takes none.
fn fit(session: &Session, command: SealCommand) -> SealCommand {
    let SealCommand::Interval { awake_s, asleep_s } = command else {
        return command;
    };
    let ways = ways(awake_s, asleep_s);
    let spoken = ways.into_iter().find(|way| session.speaks(way).is_ok());
    spoken.unwrap_or(command)
}

/// As asked; in whole minutes within bounds; and, of seals with one interval, the shorter of both, in whole tens if need be.
fn ways(awake_s: u32, asleep_s: u32) -> [SealCommand; 4] {
    let both = |awake_s, asleep_s| SealCommand::Interval { awake_s, asleep_s };
    let asleep_min = asleep_s
        .div_ceil(60)
        .clamp(*ASLEEP_MIN.start(), *ASLEEP_MIN.end());
    let one = awake_s.min(asleep_s);
    let tens = (one / 10).max(1) * 10;
    [
        both(awake_s, asleep_s),
        both(awake_s.clamp(*AWAKE_S.start(), *AWAKE_S.end()), asleep_min * 60),
        both(one, one),
        both(tens, tens),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::DIALECTS;

    fn names(protocol: Protocol, dialect: Dialect) -> Vec<&'static str> {
        let spoken = |order: &SealOrder| speaks(protocol, Profile::of(dialect), order).is_ok();
        examples()
            .iter()
            .filter(|order| spoken(order))
            .map(SealOrder::name)
            .collect()
    }

    fn interval(protocol: Protocol, dialect: Dialect, awake_s: u32, asleep_s: u32) -> Option<(u32, u32)> {
        let command = SealCommand::Interval { awake_s, asleep_s };
        match fitted(protocol, Profile::of(dialect), command) {
            SealCommand::Interval { awake_s, asleep_s } => Some((awake_s, asleep_s)),
            _ => None,
        }
    }

    #[test]
    fn each_language_says_what_it_has_words_for() {
        let jointech = [
            "restart",
            "interval",
            "always_awake",
            "fence",
            "clear_fence",
            "set_time",
            "rotate_password",
            "dynamic_password",
            "channels",
            "withdraw_cards",
            "authorise_cards",
            "unlock_static",
            "unlock_dynamic",
        ];
        assert_eq!(names(Protocol::Jointech, Dialect::Jt701d), jointech);
        assert_eq!(names(Protocol::Eseal, Dialect::Any), ["unlock_static"]);
        let asked = ["position_now", "restart", "interval"];
        assert_eq!(names(Protocol::Gt06, Dialect::Jimi), asked);
        assert_eq!(names(Protocol::Meitrack, Dialect::Any), asked);
        assert_eq!(names(Protocol::Queclink, Dialect::Any), asked);
        assert_eq!(names(Protocol::Teltonika, Dialect::Fmb), asked);
        assert_eq!(
            names(Protocol::Teltonika, Dialect::Any),
            ["position_now", "restart"]
        );
        assert!(names(Protocol::Kingwo, Dialect::Any).is_empty());
        assert!(names(Protocol::Osmand, Dialect::Any).is_empty());
    }

    #[test]
    fn the_dialects_of_jt_t_808_differ_by_their_locks() {
        let jt808 = |dialect| names(Protocol::Jt808, dialect);
        assert_eq!(
            jt808(Dialect::Bsj),
            [
                "position_now",
                "lock",
                "restart",
                "interval",
                "track",
                "text",
                "confirm_alarm",
                "fence",
                "clear_fence",
                "unlock_static"
            ]
        );
        let hhd = [
            "position_now",
            "lock",
            "restart",
            "interval",
            "rotate_password",
            "unlock_static",
        ];
        assert_eq!(jt808(Dialect::Hhd), hhd);
        assert_eq!(
            jt808(Dialect::Jt709),
            ["position_now", "restart", "interval"],
            "it opens by card and key"
        );
        assert!(!jt808(Dialect::Any).contains(&"unlock_static"));
    }

    #[test]
    fn a_seal_reports_at_least_as_often_as_asked_while_awake_and_wakes_as_often_as_it_can() {
        let jointech = |awake_s, asleep_s| interval(Protocol::Jointech, Dialect::Jt701d, awake_s, asleep_s);
        assert_eq!(jointech(30, 30), Some((30, 300)));
        assert_eq!(jointech(60, 1800), Some((60, 1800)));
        assert_eq!(jointech(60, 1801), Some((60, 1860)));
        assert_eq!(jointech(900, 100_000), Some((600, 86_400)));
    }

    #[test]
    fn a_seal_with_one_interval_takes_the_shorter() {
        assert_eq!(
            interval(Protocol::Queclink, Dialect::Any, 60, 300),
            Some((60, 60))
        );
        assert_eq!(interval(Protocol::Jt808, Dialect::Hhd, 60, 300), Some((60, 60)));
        assert_eq!(
            interval(Protocol::Meitrack, Dialect::Any, 75, 300),
            Some((70, 70))
        );
        assert_eq!(interval(Protocol::Gt06, Dialect::Any, 30, 90), Some((30, 90)));
    }

    /// Orders with odd values too, so that every sentence of an encoder comes up that a person can cause.
    fn odd() -> Vec<SealOrder> {
        let fence = |number, shape| SealOrder::Fence(Fence { number, shape });
        let corner = triangle()[0];
        let text = |text: &str| SealOrder::Text { text: text.into() };
        let track = |every_s| SealOrder::Track { every_s, for_s: 60 };
        let many = |count| Vec::from([corner]).repeat(count);
        let route = |count| FenceShape::Route {
            turns: many(count),
            width_m: 50,
        };
        Vec::from([
            text(""),
            text("\u{7ca4}"),
            track(0),
            track(100_000),
            fence(11, FenceShape::Polygon(triangle())),
            fence(1, FenceShape::Polygon(many(2))),
            fence(1, FenceShape::Polygon(many(200))),
            fence(1, route(1)),
            fence(1, route(200)),
            SealOrder::WithdrawCards { cards: Vec::new() },
            SealOrder::WithdrawCards {
                cards: Vec::from([String::from("7")]),
            },
            SealOrder::WithdrawCards {
                cards: Vec::from([String::from("0000000000")]),
            },
            SealOrder::Interval {
                awake_s: 0,
                asleep_s: 0,
            },
            SealOrder::Interval {
                awake_s: u32::MAX,
                asleep_s: u32::MAX,
            },
        ])
    }

    #[test]
    fn whatever_a_seal_cannot_be_told_is_explained_in_indonesian_too() {
        for protocol in Protocol::ALL {
            for (dialect, _) in DIALECTS {
                for order in examples().into_iter().chain(odd()) {
                    if let Err(refused) = speaks(protocol, Profile::of(dialect), &order) {
                        let told = crate::indonesian::of(refused.why);
                        assert!(told.is_some(), "no Indonesian for: {}", refused.why);
                    }
                }
            }
        }
    }
}
