//! Identity in doubt: does the device that speaks as a seal still look like that seal?
//!
//! Many seals have no log-in; a name is all they give. So the modem's own number, and where the seal can be by now, are
//! compared with what it said before. Only what comes live is compared: data kept in a blind area may be old.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use segel_model::report::{Extra, FixSource};
use segel_model::{DeviceTime, Report, SealId};

/// Two places further apart than this are no error of a fix.
const APART_MIN_M: f64 = 20_000.0;
/// No truck, train or ferry is quicker; a plane is, and a seal inside one is worth a question.
const SPEED_MAX_MPS: f64 = 150.0;

/// What each seal looked like.
#[derive(Default)]
pub struct Looks {
    seals: Mutex<HashMap<SealId, Look>>,
}

#[derive(Default, Clone)]
struct Look {
    connection: u64,
    imei: Option<Box<str>>,
    fix: Option<(DeviceTime, segel_geo::Position)>,
}

impl Looks {
    /// Compares a report with what the seal said before, and remembers it. Returns why it does not fit.
    pub fn compare(&self, seal: SealId, connection: u64, report: &Report) -> Option<String> {
        let imei = imei(report);
        let fix = live_fix(report);
        if imei.is_none() && fix.is_none() {
            return None;
        }
        let mut seals = self.seals.lock().unwrap_or_else(PoisonError::into_inner);
        let look = seals.entry(seal).or_default();
        let why = other_modem(look, imei).or_else(|| other_place(look, connection, fix));
        look.connection = connection;
        look.fix = fix.or(look.fix);
        if let Some(imei) = imei.filter(|imei| look.imei.as_deref() != Some(*imei)) {
            look.imei = Some(imei.into());
        }
        why
    }
}

fn other_modem(look: &Look, imei: Option<&str>) -> Option<String> {
    let (before, now) = (look.imei.as_deref()?, imei?);
    (before != now).then(|| "its modem has another IMEI than before".into())
}

/// Within one connection a jump is a bad fix, and custody judges it; between two it may be two devices.
fn other_place(
    look: &Look,
    connection: u64,
    fix: Option<(DeviceTime, segel_geo::Position)>,
) -> Option<String> {
    let ((then, there), (now, here)) = (look.fix?, fix?);
    if look.connection == connection {
        return None;
    }
    let apart_m = segel_geo::distance_m(there, here);
    let elapsed_s = (now.since_ms(then).abs() as f64 / 1000.0).max(1.0);
    let impossible = APART_MIN_M < apart_m && SPEED_MAX_MPS < apart_m / elapsed_s;
    impossible.then(|| {
        format!(
            "two connections are {:.0} km apart after {elapsed_s:.0} s",
            apart_m / 1000.0
        )
    })
}

fn imei(report: &Report) -> Option<&str> {
    report.extra.iter().find_map(|(name, value)| match value {
        Extra::Text(text) if name == "imei" => Some(text.as_ref()),
        _ => None,
    })
}

fn live_fix(report: &Report) -> Option<(DeviceTime, segel_geo::Position)> {
    let fix = report
        .fix
        .filter(|fix| fix.valid && fix.source == FixSource::Gnss && !report.backfill)?;
    Some((report.time?, fix.position))
}

#[cfg(test)]
mod tests {
    use segel_model::report::{Extra, Fix, FixSource, Lock, ReportKind};
    use segel_model::{DeviceId, ServerTime};

    use super::*;

    const SEMARANG: (f64, f64) = (-6.95, 110.42);
    const JAKARTA: (f64, f64) = (-6.10, 106.88);

    fn report(second: i64, (lat, lon): (f64, f64), imei: Option<&'static str>) -> Report {
        Report {
            device: DeviceId("7100000042".into()),
            kind: ReportKind::Record,
            time: Some(DeviceTime::from_unix_ms(second * 1000)),
            received: ServerTime::from_unix_ms(second * 1000),
            backfill: false,
            fix: Some(Fix {
                position: segel_geo::Position { lat, lon },
                valid: true,
                source: FixSource::Gnss,
                speed_kmh: None,
                course_deg: None,
                altitude_m: None,
                satellites: None,
                accuracy_m: None,
            }),
            battery: None,
            lock: Lock::default(),
            signals: Vec::new(),
            cell: None,
            serial: None,
            extra: imei
                .map(|imei| ("imei".into(), Extra::Text(imei.into())))
                .into_iter()
                .collect(),
        }
    }

    fn doubts(reports: &[(u64, Report)]) -> Vec<Option<String>> {
        let looks = Looks::default();
        reports
            .iter()
            .map(|(connection, report)| looks.compare(SealId(1), *connection, report))
            .collect()
    }

    #[test]
    fn a_jump_between_two_connections_is_a_doubt_and_within_one_it_is_not() {
        let there = report(0, SEMARANG, None);
        let here = report(60, JAKARTA, None);
        let why = Some("two connections are 403 km apart after 60 s".to_owned());
        assert_eq!(doubts(&[(1, there.clone()), (2, here.clone())]), [None, why]);
        assert_eq!(doubts(&[(1, there.clone()), (1, here)]), [None, None]);
        assert_eq!(
            doubts(&[(1, there), (2, report(4 * 3600, JAKARTA, None))]),
            [None, None],
            "a truck may do it"
        );
    }

    #[test]
    fn data_kept_in_a_blind_area_is_not_compared() {
        let mut old = report(60, JAKARTA, None);
        old.backfill = true;
        assert_eq!(doubts(&[(1, report(0, SEMARANG, None)), (2, old)]), [None, None]);
    }

    #[test]
    fn another_modem_is_a_doubt_once() {
        let first = report(0, SEMARANG, Some("860000000000001"));
        let silent = report(1, SEMARANG, None);
        let other = report(2, SEMARANG, Some("860000000000002"));
        let why = Some("its modem has another IMEI than before".to_owned());
        assert_eq!(
            doubts(&[(1, first), (1, silent), (1, other.clone()), (1, other)]),
            [None, None, why, None]
        );
    }
}
