//! Identity in doubt: does the device that speaks as a seal still look like that seal?
//!
//! Many seals have no log-in; a name is all they give. So where a seal can be by now, and whose network it is on, are compared
//! with what it said before; its modem's own number is custody's to compare, which keeps it. Only what comes live is
//! compared: data kept in a blind area may be old. Area and cell of one network say nothing: a truck changes them on its way,
//! and a change is what makes it connect anew. A place found by cell towers is a place.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use segel_model::report::{Cell, Fix, FixSource};
use segel_model::rulebook::IdentityRules;
use segel_model::{Report, SealId, ServerTime};

use crate::fleet::LastFix;

/// What each seal looked like.
#[derive(Default)]
pub struct Looks {
    seals: Mutex<HashMap<SealId, Look>>,
}

/// Where, and when in milliseconds.
type Seen = (i64, segel_geo::Position);

#[derive(Default, Clone)]
struct Look {
    /// On which connection it last showed a place, and on which a network.
    connections: (u64, u64),
    fix: Option<Seen>,
    network: Option<(ServerTime, Network)>,
}

/// Country and operator.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Network {
    mcc: u16,
    mnc: Option<u16>,
}

impl Looks {
    /// Compares a report with what the seal said before, and remembers it. Returns why it does not fit. `last` is what is
    /// known of a seal that has not spoken since the process began.
    pub fn compare(
        &self,
        seal: SealId,
        connection: u64,
        report: &Report,
        rules: &IdentityRules,
        last: impl FnOnce() -> Option<LastFix>,
    ) -> Option<String> {
        let fix = live_fix(report);
        let network = report.cell.and_then(network).filter(|_| !report.backfill);
        if network.is_none() && fix.is_none() {
            return None;
        }
        let mut seals = self.seals.lock().unwrap_or_else(PoisonError::into_inner);
        let look = seals.entry(seal).or_insert_with(|| Look {
            fix: last().map(|last| (last.at.unix_ms, last.position)),
            ..Look::default()
        });
        let place = fix.and_then(|here| look.place(connection, here, rules));
        let network = network.and_then(|network| look.network(connection, report.received, network, rules));
        place.or(network)
    }
}

impl Look {
    /// Within one connection a jump is a bad fix, and custody judges it; between two it may be two devices.
    fn place(&mut self, connection: u64, (now, here): Seen, rules: &IdentityRules) -> Option<String> {
        let before = self.fix.replace((now, here));
        let same = std::mem::replace(&mut self.connections.0, connection) == connection;
        let (then, there) = before.filter(|_| !same)?;
        let apart_m = segel_geo::distance_m(there, here);
        let elapsed_s = ((now - then).abs() as f64 / 1000.0).max(1.0);
        let quicker = f64::from(rules.speed_kmh) < apart_m / elapsed_s * 3.6;
        (f64::from(rules.apart_m) < apart_m && quicker).then(|| {
            format!(
                "two connections are {:.0} km apart after {elapsed_s:.0} s",
                apart_m / 1000.0
            )
        })
    }

    /// A modem keeps its country, and its operator for a while.
    fn network(
        &mut self,
        connection: u64,
        now: ServerTime,
        network: Network,
        rules: &IdentityRules,
    ) -> Option<String> {
        let before = self.network.replace((now, network));
        let same = std::mem::replace(&mut self.connections.1, connection) == connection;
        let (then, known) = before.filter(|_| !same)?;
        if known.mcc != network.mcc {
            return Some(format!(
                "its network is of country {}, before it was {}",
                network.mcc, known.mcc
            ));
        }
        let soon = now.since_ms(then) <= i64::from(rules.network_s) * 1000;
        let (new, old) = network.mnc.zip(known.mnc)?;
        (soon && new != old).then(|| format!("its network is that of another operator ({new}, before {old})"))
    }
}

fn network(cell: Cell) -> Option<Network> {
    Some(Network {
        mcc: cell.mcc?,
        mnc: cell.mnc,
    })
}

/// A place by satellites that the seal vouches for, or one by cell towers: good to a kilometre, and enough for this.
fn live_fix(report: &Report) -> Option<Seen> {
    let somewhere = |fix: &Fix| fix.position.lat != 0.0 || fix.position.lon != 0.0;
    let good = |fix: &Fix| match fix.source {
        FixSource::Gnss | FixSource::Host => fix.valid,
        FixSource::Cell => somewhere(fix),
        FixSource::Wifi | FixSource::Unknown => false,
    };
    let fix = report.fix.filter(|fix| good(fix) && !report.backfill)?;
    Some((report.time?.unix_ms, fix.position))
}

#[cfg(test)]
mod tests {
    use segel_model::observed::FixUse;
    use segel_model::report::{Lock, ReportKind};
    use segel_model::{DeviceId, DeviceTime, EventTime};

    use super::*;

    const SEMARANG: (f64, f64) = (-6.95, 110.42);
    const JAKARTA: (f64, f64) = (-6.10, 106.88);

    fn rules() -> IdentityRules {
        let rules = crate::rules::load(crate::rules::DEFAULT).expect("the default rulebook");
        rules.editions[0].identity.clone()
    }

    fn report(second: i64, (lat, lon): (f64, f64)) -> Report {
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
            extra: Vec::new(),
        }
    }

    fn on_network(second: i64, mcc: u16, mnc: u16, lac: u32) -> Report {
        let cell = Cell {
            mcc: Some(mcc),
            mnc: Some(mnc),
            lac: Some(lac),
            cid: u64::from(lac),
            csq: None,
        };
        Report {
            cell: Some(cell),
            fix: None,
            ..report(second, SEMARANG)
        }
    }

    fn doubts_after(last: Option<LastFix>, reports: &[(u64, Report)]) -> Vec<Option<String>> {
        let looks = Looks::default();
        reports
            .iter()
            .map(|(connection, report)| looks.compare(SealId(1), *connection, report, &rules(), || last))
            .collect()
    }

    fn doubts(reports: &[(u64, Report)]) -> Vec<Option<String>> {
        doubts_after(None, reports)
    }

    #[test]
    fn a_jump_between_two_connections_is_a_doubt_and_within_one_it_is_not() {
        let there = report(0, SEMARANG);
        let here = report(60, JAKARTA);
        let why = Some("two connections are 403 km apart after 60 s".to_owned());
        assert_eq!(doubts(&[(1, there.clone()), (2, here.clone())]), [None, why]);
        assert_eq!(doubts(&[(1, there.clone()), (1, here)]), [None, None]);
        assert_eq!(
            doubts(&[(1, there), (2, report(4 * 3600, JAKARTA))]),
            [None, None],
            "a truck may do it"
        );
    }

    #[test]
    fn data_kept_in_a_blind_area_is_not_compared() {
        let mut old = report(60, JAKARTA);
        old.backfill = true;
        assert_eq!(doubts(&[(1, report(0, SEMARANG)), (2, old)]), [None, None]);
    }

    /// Law 5: "doubt means that ... IMEI, cell or position disagree". Without satellites the towers' place is compared.
    #[test]
    fn a_place_found_by_cell_towers_is_compared_and_an_empty_one_is_not() {
        let by_cell = |place| {
            let mut report = report(60, place);
            report.fix.as_mut().expect("a fix").source = FixSource::Cell;
            report
        };
        let why = Some("two connections are 403 km apart after 60 s".to_owned());
        assert_eq!(
            doubts(&[(1, report(0, SEMARANG)), (2, by_cell(JAKARTA))]),
            [None, why]
        );
        assert_eq!(
            doubts(&[(1, report(0, SEMARANG)), (2, by_cell((0.0, 0.0)))]),
            [None, None]
        );
    }

    #[test]
    fn another_country_is_a_doubt_and_another_operator_within_a_minute() {
        let home = |second, lac| on_network(second, 510, 1, lac);
        let abroad = Some("its network is of country 502, before it was 510".to_owned());
        assert_eq!(
            doubts(&[(1, home(0, 7)), (2, on_network(86_400, 502, 1, 7))]),
            [None, abroad]
        );
        let operator = Some("its network is that of another operator (10, before 1)".to_owned());
        let other = |second| on_network(second, 510, 10, 7);
        assert_eq!(doubts(&[(1, home(0, 7)), (2, other(60))]), [None, operator]);
        assert_eq!(doubts(&[(1, home(0, 7)), (2, other(61))]), [None, None]);
        assert_eq!(
            doubts(&[(1, home(0, 7)), (1, other(10))]),
            [None, None],
            "one connection"
        );
        assert_eq!(
            doubts(&[(1, home(0, 7)), (2, home(1, 8))]),
            [None, None],
            "the next cell of the same network"
        );
    }

    /// A restart forgets no place: what the state knows is compared with the first word after it.
    #[test]
    fn the_first_to_speak_after_a_restart_is_compared_with_what_is_known() {
        let last = LastFix {
            position: segel_geo::Position {
                lat: SEMARANG.0,
                lon: SEMARANG.1,
            },
            source: FixSource::Gnss,
            use_: FixUse::Judges,
            at: EventTime::from_unix_ms(0),
            speed_kmh: None,
            course_deg: None,
            outside_m: None,
            progress_m: None,
        };
        let why = Some("two connections are 403 km apart after 60 s".to_owned());
        assert_eq!(doubts_after(Some(last), &[(1, report(60, JAKARTA))]), [why]);
        assert_eq!(doubts_after(Some(last), &[(1, report(60, SEMARANG))]), [None]);
    }
}
