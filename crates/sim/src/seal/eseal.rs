//! An eSeal CT-C as it speaks (handbook of protocols, section 7): lines of fields between `##S` and `E##`, times in UTC. It
//! opens without a password: whoever speaks with it may open it.

use super::bytes::clock_text;
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// What stands behind its name in every line: its customer and its version.
const CUSTOMER_AND_VERSION: &str = "256,3.0.6";

/// A seal and the number of its next line.
#[derive(Debug)]
pub struct Eseal {
    id: String,
    index: u32,
    /// It has said that it started.
    started: bool,
    /// Its index at the start and the settings that it was told then, to be said back.
    settings: Option<String>,
}

impl Eseal {
    /// The seal of that number.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            index: 0,
            started: false,
            settings: None,
        }
    }

    fn line(&mut self, kind: &str, moment: &Moment) -> Said {
        self.index += 1;
        let index = self.index;
        let line = format!(
            "##S,eSeal,{},{CUSTOMER_AND_VERSION},{kind},{index},{},{},15,{},{} {},{:.0},{:.0},{},0.71,0:0:3:0,{:.1},-73,E##\r\n",
            self.id,
            clock_text(moment.unix_s, "%Y-%m-%d"),
            clock_text(moment.unix_s, "%H:%M:%S"),
            if moment.fixed { 'A' } else { 'V' },
            degrees(moment.lat, ['N', 'S']),
            degrees(moment.lon, ['E', 'W']),
            moment.course_deg,
            moment.speed_kmh,
            if moment.status.rope_in { "Close" } else { "Open" },
            volts(moment.battery_percent),
        );
        Said::marked(line.into_bytes(), index)
    }

    fn words(&self, words: &str) -> Vec<u8> {
        format!("##S,eSeal,{},{CUSTOMER_AND_VERSION},{words},E##\r\n", self.id).into_bytes()
    }

    /// `kind ACK,index` with settings behind it where it has started, or a command.
    fn understand(&mut self, fields: &[&str]) -> Heard {
        let Some((kind, rest)) = fields.split_first() else {
            return Heard::Nothing;
        };
        if *kind == "RC-Unlock" {
            let order = Order::Open {
                password: None,
                one_time: false,
            };
            return Heard::Order(order, Asked(Vec::new()));
        }
        let index = rest.first().and_then(|index| index.parse().ok());
        let Some(index) = index.filter(|_| kind.ends_with(" ACK")) else {
            return Heard::Nothing;
        };
        if *kind == "Startup ACK" {
            self.settings = Some(rest.join(","));
        }
        Heard::Acknowledged(Mark(index))
    }
}

impl Voice for Eseal {
    fn device(&self) -> &str {
        &self.id
    }

    fn record(&mut self, moment: &Moment) -> Said {
        let kind = if std::mem::replace(&mut self.started, true) {
            "Normal"
        } else {
            "Startup"
        };
        self.line(kind, moment)
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        let kind = match what {
            Happening::AutoLocked => "Event-Lock",
            Happening::StaticPassword { right: true } => "Event-RC-Unlock",
            Happening::RopeCut | Happening::RopePulled => "Event-Door",
            Happening::CoverOpened => "Event-Shock",
            _ => return None,
        };
        Some(self.line(kind, moment))
    }

    fn answer(&mut self, _moment: &Moment, order: &Order, _asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let opens = matches!(order, Order::Open { .. });
        opens.then(|| self.words(if done { "RC-Unlock ACK" } else { "RC-Unlock ERROR" }))
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        if let Some(settings) = self.settings.take() {
            return Some(Heard::Reply(self.words(&format!("Startup OK,{settings}"))));
        }
        let end = heard.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = heard.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line).into_owned();
        let fields: Vec<&str> = line.trim_end().split(',').collect();
        Some(match fields[..] {
            ["##S", "eSeal", id, _, _, ref words @ .., "E##"] if id == self.id => self.understand(words),
            _ => Heard::Nothing,
        })
    }
}

/// Decimal degrees and a letter.
fn degrees(degrees: f64, [positive, negative]: [char; 2]) -> String {
    let letter = if degrees < 0.0 { negative } else { positive };
    format!("{:.6}{letter}", degrees.abs())
}

/// A cell that is empty at 3.3 V and full at 4.2 V.
fn volts(percent: u8) -> f64 {
    3.3 + 0.9 * f64::from(percent.min(100)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::moment;
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).expect("text")
    }

    /// The handbook's form, and its examples: it starts, is told its settings and says them back.
    #[test]
    fn it_starts_and_says_its_settings_back() {
        let mut seal = Eseal::new("1000821");
        let said = seal.record(&moment());
        assert_eq!(
            text(said.bytes),
            "##S,eSeal,1000821,256,3.0.6,Startup,1,2025-11-24,16:00:00,15,A,6.938889S 110.423889E,90,37,Close,0.71,0:0:3:0,4.1,-73,E##\r\n"
        );
        let mut heard = b"##S,eSeal,1000821,256,3.0.6,Startup ACK,1,180,30,30,16,1,E##\r\n".to_vec();
        assert_eq!(seal.hear(&mut heard), Some(Heard::Acknowledged(Mark(1))));
        let Some(Heard::Reply(reply)) = seal.hear(&mut heard) else {
            panic!("it says them back")
        };
        assert_eq!(
            text(reply),
            "##S,eSeal,1000821,256,3.0.6,Startup OK,1,180,30,30,16,1,E##\r\n"
        );
        assert_eq!(seal.hear(&mut heard), None);
        assert!(text(seal.record(&moment()).bytes).contains(",Normal,2,"));
    }

    #[test]
    fn only_its_own_name_opens_it() {
        let mut seal = Eseal::new("1000821");
        let mut heard = b"##S,eSeal,1000822,256,3.0.8,RC-Unlock,E##\r\n".to_vec();
        assert_eq!(seal.hear(&mut heard), Some(Heard::Nothing));
        let mut heard = b"##S,eSeal,1000821,256,3.0.8,RC-Unlock,E##\r\n".to_vec();
        assert!(matches!(
            seal.hear(&mut heard),
            Some(Heard::Order(Order::Open { .. }, _))
        ));
    }
}
