//! A Kingwo logistics lock as it speaks (handbook of protocols, section 8): text between `*HQ20` and `#`, fields that begin with
//! `&` and a letter. Times in UTC. It is told nothing, and what its lock states mean is published nowhere.

use super::bytes::clock_text;
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// Of an NT68, with its acknowledgement wanted.
const HEAD: &str = "*HQ201";
/// How an acknowledgement begins.
const ANSWER: &[u8] = b"*HQ20Y";
/// A place by its timer.
const RECORD: &str = "BA";
/// Metres of one unit of mileage: half a second of an arc at one knot.
const MILEAGE_UNIT_M: f64 = 2.0 * 1852.0 / 3600.0;

/// A lock.
#[derive(Debug)]
pub struct KingwoSeal {
    id: String,
}

impl KingwoSeal {
    /// The lock of that number.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned() }
    }
}

impl Voice for KingwoSeal {
    fn device(&self) -> &str {
        &self.id
    }

    fn record(&mut self, moment: &Moment) -> Said {
        let status = moment.status;
        let text = format!(
            "{HEAD}{},{RECORD}&A{}&B00000000{}0&C{}&F{:04.0}&R23{:02}&T{:02}&W{:02}&l{}000#",
            self.id,
            place(moment),
            alarm_digit(moment),
            mileage(moment.mileage_km),
            moment.speed_kmh / 1.852 * 10.0,
            moment.satellites.min(99),
            moment.battery_percent.min(99),
            u8::from(status.cover_alarm) << 2,
            if status.locked { 2 } else { 1 },
        );
        Said::marked(text.into_bytes(), mark(RECORD.as_bytes()))
    }

    /// Its records tell everything.
    fn happening(&mut self, _moment: &Moment, _what: Happening) -> Option<Said> {
        None
    }

    fn answer(&mut self, _: &Moment, _: &Order, _: &Asked, _: bool) -> Option<Vec<u8>> {
        None
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let end = heard.iter().position(|byte| *byte == b'#')?;
        let message: Vec<u8> = heard.drain(..=end).collect();
        let code = message.strip_prefix(ANSWER).and_then(|code| code.get(..2));
        Some(code.map_or(Heard::Nothing, |code| Heard::Acknowledged(Mark(mark(code)))))
    }
}

/// The two letters of a message: its acknowledgement says no more.
fn mark(code: &[u8]) -> u32 {
    code.iter().fold(0, |mark, letter| mark << 8 | u32::from(*letter))
}

/// hhmmss, DDMMmmmm, DDDMMmmmm, flags, two knots each, ten degrees each, ddmmyy.
fn place(moment: &Moment) -> String {
    let flags = u8::from(!moment.fixed) | u8::from(moment.lat >= 0.0) << 1 | u8::from(moment.lon >= 0.0) << 2;
    format!(
        "{}{}{}{flags}{:02}{:02}{}",
        clock_text(moment.unix_s, "%H%M%S"),
        degrees_minutes(moment.lat, 2),
        degrees_minutes(moment.lon, 3),
        (moment.speed_kmh / 1.852 / 2.0).clamp(0.0, 99.0) as u8,
        (moment.course_deg.rem_euclid(360.0) / 10.0) as u8,
        clock_text(moment.unix_s, "%d%m%y"),
    )
}

/// Degrees, then minutes with four decimals, as digits.
fn degrees_minutes(degrees: f64, width: usize) -> String {
    let ten_thousandths = (degrees.abs() * 600_000.0).round() as u64;
    let (whole, rest) = (ten_thousandths / 600_000, ten_thousandths % 600_000);
    format!("{whole:0width$}{rest:06}")
}

/// The fourth alarm: bit 1 tampering, bit 2 low power.
fn alarm_digit(moment: &Moment) -> u8 {
    u8::from(moment.status.cover_alarm) << 1 | u8::from(moment.status.battery_low) << 2
}

/// Hexadecimal whose digits run on behind `9`, eight of them.
fn mileage(mileage_km: u32) -> String {
    let units = (f64::from(mileage_km) * 1000.0 / MILEAGE_UNIT_M) as u32;
    (0..8)
        .rev()
        .map(|place| char::from(b'0' + (units >> (4 * place) & 0x0F) as u8))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::moment;
    use super::*;

    /// Counted out by hand from the handbook, "A" to "l": ten times two knots, nine times ten degrees.
    #[test]
    fn a_record_is_the_fields_of_the_table() {
        let said = KingwoSeal::new("862407688000021").record(&moment());
        assert_eq!(
            String::from_utf8(said.bytes).expect("text"),
            "*HQ201862407688000021,BA&A160000065633331102543334 1009241125&B0000000000&C0003=383&F0200&R2309&T87&W00&l2000#"
                .replace(' ', "")
        );
    }

    #[test]
    fn an_acknowledgement_names_the_sort_of_message() {
        let mut seal = KingwoSeal::new("1");
        let said = seal.record(&moment());
        let mut heard = b"*HQ20YAH#*HQ20YBA#".to_vec();
        assert_ne!(seal.hear(&mut heard), said.mark.map(Heard::Acknowledged));
        assert_eq!(seal.hear(&mut heard), said.mark.map(Heard::Acknowledged));
        assert_eq!(seal.hear(&mut heard), None);
    }
}
