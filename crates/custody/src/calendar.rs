//! Days of an office's calendar: whether a paper still holds is asked in the office's own zone, not in UTC.

use segel_model::document::Day;
use segel_model::{OfficeCode, Rulebook, ServerTime};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Western Indonesia, for an office the rulebook does not name.
const WIB_OFFSET_H: u8 = 7;

/// The day it is at an office.
pub fn today(now: ServerTime, office: &OfficeCode, rules: &Rulebook) -> Day {
    civil(
        now.unix_ms
            .saturating_add(offset_ms(office, rules))
            .div_euclid(DAY_MS),
    )
}

/// The first moment at which a paper that holds until `day` no longer holds at an office.
pub fn end_of(day: Day, office: &OfficeCode, rules: &Rulebook) -> ServerTime {
    ServerTime::from_unix_ms((days_since_1970(day) + 1) * DAY_MS - offset_ms(office, rules))
}

fn offset_ms(office: &OfficeCode, rules: &Rulebook) -> i64 {
    let offset_h = rules
        .office(office)
        .map_or(WIB_OFFSET_H, |office| office.utc_offset_h);
    i64::from(offset_h) * HOUR_MS
}

/// The Gregorian day, counted from 1 March of year 0 so that the leap day comes last.
fn civil(days_since_1970: i64) -> Day {
    let days = days_since_1970 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Day {
        year: year as i16,
        month: month as u8,
        day: day as u8,
    }
}

fn days_since_1970(day: Day) -> i64 {
    let month = i64::from(day.month);
    let year = i64::from(day.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day.day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_their_numbers_agree() {
        for (number, year, month, day) in [
            (0, 1970, 1, 1),
            (19_782, 2024, 2, 29),
            (19_783, 2024, 3, 1),
            (20_781, 2026, 11, 24),
            (-1, 1969, 12, 31),
        ] {
            let expected = Day { year, month, day };
            assert_eq!(civil(number), expected);
            assert_eq!(days_since_1970(expected), number);
        }
    }

    #[test]
    fn a_paper_ends_at_midnight_of_its_office() {
        let rules = Rulebook {
            editions: alloc::vec![],
            offices: alloc::vec![],
            makes: Default::default(),
        };
        let office = OfficeCode("060100".into());
        let end = end_of(
            Day {
                year: 2026,
                month: 11,
                day: 24,
            },
            &office,
            &rules,
        );
        assert_eq!(end.unix_ms, 20_781 * DAY_MS + 17 * HOUR_MS);
        assert_eq!(
            today(end, &office, &rules),
            Day {
                year: 2026,
                month: 11,
                day: 25
            }
        );
        assert_eq!(
            today(end.plus_ms(-1), &office, &rules),
            Day {
                year: 2026,
                month: 11,
                day: 24
            }
        );
    }
}
