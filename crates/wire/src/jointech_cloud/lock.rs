//! The lock: its contacts, its alarms, and what set it moving.
//!
//! The two vocabularies count the contacts the other way round. In the names of the status word (`LockRope`, handbook 1.3) 1 is
//! closed, as it is in the seal; in the push service's own (`lockRope`) 0 is closed, 1 is open and -1 is that there is none.

use alloc::vec::Vec;

use segel_model::{Signal, report::Lock};

use super::object::Object;
use crate::jointech::{
    event,
    status::{Status, bit},
};

/// The contacts by the names of the status word: 1 is closed.
const CONTACTS: [&str; 3] = ["LockRope", "LockStatus", "CoverStatus"];
/// The contacts by the names of the push service: 0 is closed. A bar stands where others have a rope.
const OPENINGS: [&str; 3] = ["lockRope", "lockBar", "lockStatus"];
/// The alarms by the names of the status word.
const ALARMS: [(&str, u16); 9] = [
    ("LockCutOff", bit::ROPE_CUT),
    ("SealTampered", bit::VIBRATION),
    ("SealTempered", bit::VIBRATION),
    ("LockOpen", bit::LONG_UNLOCKED),
    ("PasswordError", bit::BAD_PASSWORD),
    ("IllegalCard", bit::ILLEGAL_CARD),
    ("LowPower", bit::LOW_BATTERY),
    ("UnCoverBack", bit::COVER_OPENED),
    ("LockStuck", bit::MOTOR_STUCK),
];
const FENCE: &str = "FenceAlarm";
const FENCE_NUMBER: &str = "AreaAlarmID";
/// What set the lock moving, as text P45 of the seals says it (handbook 1.4).
const SOURCE: &str = "EventSource";
const VERIFY: &str = "Verify";
const CARD: &str = "CardNo";
const PASSWORD_OK: &str = "PasswordOk";

/// Names that are read into the report itself.
pub(crate) const READ: [&str; 18] = [
    "LockRope",
    "LockStatus",
    "CoverStatus",
    "lockRope",
    "lockBar",
    "lockStatus",
    "LockCutOff",
    "SealTampered",
    "SealTempered",
    "LockOpen",
    "PasswordError",
    "IllegalCard",
    "LowPower",
    "UnCoverBack",
    "LockStuck",
    FENCE,
    FENCE_NUMBER,
    "MessageAck",
];

/// What the contacts say.
pub(crate) fn contacts(said: &Object) -> Lock {
    let [rope, motor, cover] = CONTACTS.map(|name| said.flag(&[name]));
    let [is_out, is_bar_out, is_open] = OPENINGS.map(|name| said.flag(&[name]));
    let closed = |is_open: Option<bool>| is_open.map(|is_open| !is_open);
    Lock {
        rope: rope.or(closed(is_out)).or(closed(is_bar_out)),
        motor: motor.or(closed(is_open)),
        cover,
    }
}

/// One signal for each alarm, in the order of the status word; 1 at the fence is in and 2 is out.
pub(crate) fn alarms(said: &Object) -> Vec<Signal> {
    let set = ALARMS
        .into_iter()
        .filter(|(name, _)| said.flag(&[*name]) == Some(true));
    let fence = match said.whole(&[FENCE]) {
        Some(1) => bit::FENCE_IN,
        Some(2) => bit::FENCE_OUT,
        _ => 0,
    };
    let number: Option<u16> = said.whole(&[FENCE_NUMBER]);
    let number = number.filter(|&number| number != 0);
    Status(set.fold(fence, |all, (_, bit)| all | bit)).signals(number)
}

/// What set the lock moving, where the message says it as the seals do; an event we do not know is an oddity, not a guess.
pub(crate) fn moved(said: &Object, has_fix: bool) -> Result<Option<Signal>, &'static str> {
    if !said.has(&[SOURCE]) {
        return Ok(None);
    }
    let card = said.text(&[CARD]);
    let card = card
        .as_deref()
        .filter(|card| card.bytes().any(|digit| digit != b'0'));
    event::Lock {
        source: said.whole(&[SOURCE]),
        verify: said.whole(&[VERIFY]).unwrap_or_default(),
        card: card.map(str::as_bytes),
        password_ok: said.flag(&[PASSWORD_OK]) == Some(true),
        has_fix,
    }
    .signal()
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use segel_model::signal::UnsealBy;

    use super::*;

    fn object(text: &str) -> Object {
        Object::read(text.as_bytes()).unwrap_or_else(|what| panic!("{what}"))
    }

    #[test]
    fn each_vocabulary_counts_the_contacts_its_own_way() {
        let sealed = |text: &str| contacts(&object(text)).sealed();
        assert_eq!(
            sealed(r#"{"LockRope": "1", "LockStatus": "1", "CoverStatus": "1"}"#),
            Some(true)
        );
        assert_eq!(sealed(r#"{"LockRope": "0", "LockStatus": "1"}"#), Some(false));
        assert_eq!(
            sealed(r#"{"lockRope": 0, "lockStatus": 0, "lockBar": -1}"#),
            Some(true)
        );
        assert_eq!(sealed(r#"{"lockRope": 1, "lockStatus": 0}"#), Some(false));
        assert_eq!(
            sealed(r#"{"lockRope": -1, "lockBar": 1, "lockStatus": 0}"#),
            Some(false)
        );
        assert_eq!(sealed(r#"{"lockRope": -1, "lockStatus": 1}"#), Some(false));
        assert_eq!(sealed("{}"), None);
    }

    #[test]
    fn every_alarm_by_its_name_has_its_signal() {
        for (name, bit) in ALARMS {
            let said = object(&alloc::format!(r#"{{"{name}": "1"}}"#));
            assert_eq!(alarms(&said), Status(bit).signals(None), "{name}");
            let not = object(&alloc::format!(r#"{{"{name}": 0}}"#));
            assert_eq!(alarms(&not), vec![], "{name}");
        }
        let fence = |text: &str| alarms(&object(text));
        assert_eq!(
            fence(r#"{"FenceAlarm": "1", "AreaAlarmID": "5"}"#),
            [Signal::FenceIn { fence: Some(5) }]
        );
        assert_eq!(
            fence(r#"{"FenceAlarm": 2, "AreaAlarmID": 0}"#),
            [Signal::FenceOut { fence: None }]
        );
    }

    #[test]
    fn what_set_the_lock_moving_is_read_as_the_seals_say_it() {
        let of = |text: &str| moved(&object(text), true);
        let card = Signal::Unsealed {
            by: UnsealBy::Card,
            actor: Some("0012345678".into()),
            fence: None,
        };
        assert_eq!(
            of(r#"{"EventSource": 1, "Verify": 98, "CardNo": "0012345678"}"#),
            Ok(Some(card))
        );
        assert_eq!(of(r#"{"EventSource": "5"}"#), Ok(Some(Signal::Sealed)));
        assert_eq!(of(r#"{"EventSource": 77}"#), Err("unknown_event_source"));
        assert_eq!(of(r#"{"CardNo": "0012345678"}"#), Ok(None));
    }
}
