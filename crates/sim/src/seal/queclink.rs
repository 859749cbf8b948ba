//! A Queclink GL300 as it speaks (handbook of protocols, section 5): text that ends with `$`, `+RESP` as it happens, `+BUFF` what
//! it kept. A tracker without a lock: its tamper switch says that it was taken off. Times in UTC.

use super::bytes::{clock_text, padded};
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// A GL300, by the first two letters.
const VERSION: &str = "300400";
/// The password it has from its maker.
const PASSWORD: &str = "gl300";
/// Country, network, area and cell.
const CELL: &str = "0510,0010,0CE3,2B67";
/// Beside the numbers of messages, those of heartbeats.
const HEARTBEAT: u32 = 1 << 16;

/// A unit and the number of its next message.
#[derive(Debug)]
pub struct QueclinkUnit {
    imei: String,
    count: u16,
    /// Whether acknowledging is switched on in it: then it waits for acknowledgements.
    acknowledged: bool,
}

impl QueclinkUnit {
    /// The unit with this IMEI.
    pub fn new(imei: &str, acknowledged: bool) -> Self {
        Self {
            imei: padded(imei, 15),
            count: 0,
            acknowledged,
        }
    }

    /// `lead:kind,version,IMEI,name,fields,send time,count$`; gives the count, too.
    fn message(&mut self, lead: &str, kind: &str, fields: &str, unix_s: i64) -> (Vec<u8>, u16) {
        self.count = self.count.wrapping_add(1);
        let (imei, sent, count) = (&self.imei, digits(unix_s), self.count);
        let text = format!("{lead}:{kind},{VERSION},{imei},GL300,{fields}{sent},{count:04X}$");
        (text.into_bytes(), count)
    }

    fn report(&mut self, kind: &str, fields: &str, moment: &Moment) -> Said {
        let lead = if moment.stored { "+BUFF" } else { "+RESP" };
        let (text, count) = self.message(lead, kind, fields, moment.unix_s);
        if self.acknowledged {
            Said::marked(text, count.into())
        } else {
            Said::unmarked(text)
        }
    }
}

impl Voice for QueclinkUnit {
    fn device(&self) -> &str {
        &self.imei
    }

    /// The general position report: its sort, how many places, the place, the battery.
    fn record(&mut self, moment: &Moment) -> Said {
        let fields = format!("0,0,1,1,{},,{},", place(moment), moment.battery_percent.min(100));
        self.report("GTFRI", &fields, moment)
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        if what != Happening::CoverOpened {
            return None;
        }
        let fields = format!("0,1,{},00,", place(moment));
        Some(self.report("GTTSW", &fields, moment))
    }

    fn answer(&mut self, moment: &Moment, _order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let words = String::from_utf8_lossy(&asked.0).into_owned();
        let (kind, number) = words.split_once(',')?;
        // What it cannot do it leaves unanswered.
        done.then(|| self.message("+ACK", kind, &format!("{number},"), moment.unix_s).0)
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let end = heard.iter().position(|byte| *byte == b'$')?;
        let message: Vec<u8> = heard.drain(..=end).collect();
        let text = String::from_utf8_lossy(&message).into_owned();
        Some(understand(text.trim().trim_end_matches('$')).unwrap_or(Heard::Nothing))
    }

    /// A position, and a heartbeat behind it: that one is always acknowledged.
    fn counted(&mut self, moment: &Moment) -> Said {
        let mut said = self.record(moment).bytes;
        let (heartbeat, count) = self.message("+ACK", "GTHBD", "", moment.unix_s);
        said.extend(heartbeat);
        Said::marked(said, HEARTBEAT | u32::from(count))
    }
}

fn understand(text: &str) -> Option<Heard> {
    if let Some(behind) = text.strip_prefix("+SACK:GTHBD,") {
        let (_, count) = behind.split_once(',')?;
        let count = u32::from_str_radix(count, 16).ok()?;
        return Some(Heard::Acknowledged(Mark(HEARTBEAT | count)));
    }
    if let Some(count) = text.strip_prefix("+SACK:") {
        let count = u32::from_str_radix(count, 16).ok()?;
        return Some(Heard::Acknowledged(Mark(count)));
    }
    let (kind, fields) = text.strip_prefix("AT+")?.split_once('=')?;
    let fields: Vec<&str> = fields.split(',').collect();
    let [PASSWORD, mode, .., number] = fields[..] else {
        return None;
    };
    let order = match (kind, mode, fields.get(7)) {
        ("GTFRI", "1", Some(seconds)) => Order::Interval {
            seconds: seconds.parse().ok()?,
        },
        _ => Order::Setting,
    };
    Some(Heard::Order(
        order,
        Asked(format!("{kind},{number}").into_bytes()),
    ))
}

/// Accuracy (nought is none), speed, course, height, longitude, latitude, time, cell.
fn place(moment: &Moment) -> String {
    format!(
        "{},{:.1},{:.0},12.0,{:.6},{:.6},{},{CELL}",
        u8::from(moment.fixed),
        moment.speed_kmh,
        moment.course_deg,
        moment.lon,
        moment.lat,
        digits(moment.unix_s),
    )
}

fn digits(unix_s: i64) -> String {
    clock_text(unix_s, "%Y%m%d%H%M%S")
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::moment;
    use super::*;

    /// The form of the maker's manual, "general position report", as real units write it.
    #[test]
    fn a_position_is_the_fields_of_the_manual() {
        let mut unit = QueclinkUnit::new("860599000306845", true);
        assert_eq!(
            String::from_utf8(unit.record(&moment()).bytes).expect("text"),
            "+RESP:GTFRI,300400,860599000306845,GL300,0,0,1,1,1,37.0,90,12.0,110.423889,-6.938889,20251124160000,\
             0510,0010,0CE3,2B67,,87,20251124160000,0001$"
        );
    }

    #[test]
    fn it_knows_its_acknowledgements_from_those_of_heartbeats() {
        let mut unit = QueclinkUnit::new("860599000306845", true);
        let (position, counted) = (unit.record(&moment()), unit.counted(&moment()));
        let mut heard = b"+SACK:0001$+SACK:GTHBD,300400,0003$".to_vec();
        assert_eq!(unit.hear(&mut heard), position.mark.map(Heard::Acknowledged));
        assert_eq!(unit.hear(&mut heard), counted.mark.map(Heard::Acknowledged));
    }

    /// Handbook, "Down": a wrong password is not obeyed.
    #[test]
    fn it_is_ordered_about_under_its_password() {
        let mut unit = QueclinkUnit::new("860599000306845", false);
        let mut heard = b"AT+GTFRI=gl300,1,,,,,,60,60,,,,,,,,,,,,0007$AT+GTRTO=gl200,3,,,,,,FFFF$".to_vec();
        let Some(Heard::Order(order, asked)) = unit.hear(&mut heard) else {
            panic!("it is ordered about")
        };
        assert_eq!(order, Order::Interval { seconds: 60 });
        let answer = unit.answer(&moment(), &order, &asked, true).expect("an answer");
        assert_eq!(
            String::from_utf8(answer).expect("text"),
            "+ACK:GTFRI,300400,860599000306845,GL300,0007,20251124160000,0001$"
        );
        assert_eq!(unit.hear(&mut heard), Some(Heard::Nothing));
    }
}
