//! HHD's padlocks: what happened stands in field 60, and in every report the password in clear letters.

use super::tracker::{battery_mv, location, place_bits, push_cell, push_field};
use super::{Order, open};
use crate::seal::moment::{Happening, Moment};

/// What an event is.
const NORMAL: u8 = 0;
const ALARM: u8 = 1;

/// Parameters that can be set.
mod parameter {
    pub const INTERVAL_S: u8 = 0x06;
    pub const SEAL: u8 = 0x24;
    pub const PASSWORD: u8 = 0x26;
}

/// An event: its number, whether it is an alarm, who did it.
pub(super) fn event(what: Happening, locked: bool) -> Option<Vec<u8>> {
    let told = |number: u8, sort: u8, by: &str| [&[0, number, sort][..], by.as_bytes()].concat();
    Some(match what {
        Happening::RopePulled if locked => told(0x0F, ALARM, ""),
        Happening::RopePulled => told(0x01, NORMAL, ""),
        Happening::AutoLocked => told(0x02, NORMAL, ""),
        Happening::Card(card) => told(0x04, NORMAL, &format!("{card:08}")),
        Happening::Bluetooth => told(0x06, NORMAL, "08123456"),
        Happening::StaticPassword { right: true } | Happening::DynamicPassword { right: true } => {
            told(0x08, NORMAL, "segel")
        }
        Happening::IllegalCard(card) => told(0x0C, NORMAL, &format!("{card:08}")),
        Happening::CoverOpened => told(0x10, ALARM, ""),
        Happening::RopeCut => told(0x11, ALARM, ""),
        Happening::StaticPassword { right: false } | Happening::DynamicPassword { right: false } => {
            told(0x13, ALARM, "")
        }
    })
}

/// A position, with an event where there is one.
pub(super) fn position(moment: &Moment, password: &str, event: Option<&[u8]>) -> Vec<u8> {
    let mut body = location(moment, 0, place_bits(moment));
    if let Some(event) = event {
        push_field(&mut body, 0x60, event);
    }
    // Country, then strength, network, cell, area of each.
    let mut cells = vec![0x01, 0xFE, 23, 0, 10];
    push_cell(&mut cells);
    push_field(&mut body, 0x66, &cells);
    push_field(&mut body, 0x67, password.as_bytes());
    let hundredths = u16::from(moment.battery_percent.min(100)) * 100;
    push_field(&mut body, 0x68, &hundredths.to_be_bytes());
    push_field(&mut body, 0x69, &(battery_mv(moment) / 10).to_be_bytes());
    push_field(&mut body, 0x6A, &[23]);
    push_field(&mut body, 0x6B, &[moment.satellites]);
    body
}

/// What a parameter orders; nothing for one that it does not know.
pub(super) fn order(name: u8, value: &[u8]) -> Option<Order> {
    Some(match (name, value) {
        (parameter::SEAL, [0, ..]) => open(),
        (parameter::INTERVAL_S, &[a, b, c, d]) => Order::Interval {
            seconds: u32::from_be_bytes([a, b, c, d]).into(),
        },
        (parameter::PASSWORD, letters) => Order::Password {
            new: String::from_utf8_lossy(letters).into_owned(),
            old: None,
        },
        (parameter::SEAL, _) => Order::Setting,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::moment::testing::{hex, moment};

    /// Handbook 2.5: event 0x0004 of type 0 with a card, as in a real frame; the password in clear letters; per cent and volts in
    /// hundredths.
    #[test]
    fn an_event_and_what_follows_are_the_fields_of_the_table() {
        let card = event(Happening::Card(90_025_499), true).expect("it says so");
        let body = position(&moment(), "12345678", Some(&card));
        assert_eq!(
            hex(&body[28..]),
            "600b 0004 00 3930303235343939 660b 01fe 17 000a 015a2b67 0ce3 6708 3132333435363738 6802 21fc 6902 0198 6a01 17 6b01 09"
                .replace(' ', "")
        );
    }

    #[test]
    fn a_rope_pulled_while_it_is_locked_is_an_alarm() {
        assert_eq!(event(Happening::RopePulled, true), Some(vec![0, 0x0F, 1]));
        assert_eq!(event(Happening::RopePulled, false), Some(vec![0, 0x01, 0]));
    }
}
