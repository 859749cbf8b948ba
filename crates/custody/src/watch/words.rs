//! The sentences by which a finding explains itself, in Indonesian and in English.
//!
//! They are put together only when an alarm is raised or gets graver, never for each report.

use alloc::format;
use alloc::string::String;

use segel_model::alarm::Bilingual;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// From here on metres say no more than kilometres do.
const FAR_M: f32 = 10_000.0;

/// A sentence in both languages.
pub fn both(id: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual {
        id: id.into(),
        en: en.into(),
    }
}

/// A duration: `3 mnt 10 dtk`, `3 min 10 s`. The second unit is left out where it is zero.
pub fn duration(ms: i64) -> Bilingual {
    let ms = ms.max(0);
    let (hours, minutes, seconds) = (ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS, ms % MINUTE_MS / SECOND_MS);
    match (hours, minutes, seconds) {
        (0, 0, s) => both(format!("{s} dtk"), format!("{s} s")),
        (0, m, 0) => both(format!("{m} mnt"), format!("{m} min")),
        (0, m, s) => both(format!("{m} mnt {s} dtk"), format!("{m} min {s} s")),
        (h, 0, _) => both(format!("{h} jam"), format!("{h} h")),
        (h, m, _) => both(format!("{h} jam {m} mnt"), format!("{h} h {m} min")),
    }
}

/// A distance: `412 m`, from 10 km on `12,4 km` and `12.4 km`.
pub fn distance(metres: f32) -> Bilingual {
    if metres < FAR_M {
        let text = format!("{} m", libm::roundf(metres));
        return both(text.clone(), text);
    }
    let tenths = tenths_km(metres);
    both(format!("{} km", tenths.id), format!("{} km", tenths.en))
}

/// A place along a route: `km 17,2`, `km 17.2`.
pub fn kilometre(progress_m: f32) -> Bilingual {
    let tenths = tenths_km(progress_m);
    both(format!("km {}", tenths.id), format!("km {}", tenths.en))
}

/// Entered an area where it must not go.
pub fn forbidden(name: &str) -> Bilingual {
    both(
        format!("memasuki kawasan terlarang: {name}"),
        format!("entered a forbidden area: {name}"),
    )
}

fn tenths_km(metres: f32) -> Bilingual {
    let tenths = libm::roundf(metres.max(0.0) / 100.0) as i64;
    both(
        format!("{},{}", tenths / 10, tenths % 10),
        format!("{}.{}", tenths / 10, tenths % 10),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_say_two_units_at_most() {
        let say = |s: i64| duration(s * SECOND_MS).id;
        assert_eq!(say(0), "0 dtk");
        assert_eq!(say(59), "59 dtk");
        assert_eq!(say(60), "1 mnt");
        assert_eq!(say(190), "3 mnt 10 dtk");
        assert_eq!(say(3_600), "1 jam");
        assert_eq!(say(7_505), "2 jam 5 mnt");
        assert_eq!(duration(190_000).en, "3 min 10 s");
        assert_eq!(duration(-5).en, "0 s");
    }

    #[test]
    fn kilometres_have_a_comma_in_indonesian_and_a_point_in_english() {
        assert_eq!(kilometre(17_234.0), both("km 17,2", "km 17.2"));
        assert_eq!(kilometre(17_250.0), both("km 17,3", "km 17.3"));
        assert_eq!(distance(412.4), both("412 m", "412 m"));
        assert_eq!(distance(12_449.0), both("12,4 km", "12.4 km"));
    }
}
