//! Design: "The assessment of a trip is its findings over all its reports ... It is the same for every order of arrival."

use proptest::prelude::*;
use segel_custody::assessment::{Basis, assess};
use segel_model::input::ReportInput;
use segel_model::observed::Standing;
use segel_model::report::{FixSource, Protocol, Report, ReportKind};
use segel_model::{DeviceTime, Input, ServerTime, Signal};

use crate::world::{SEAL, TRIP, World, fix, plain_report, road, second};

/// What a seal says at one moment of its journey.
#[derive(Debug, Clone)]
struct Said {
    after_s: i64,
    advance_km: f64,
    north_m: f64,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Fix,
    Standing,
    Cell,
    Jump,
    Heartbeat,
    RopeCut,
    Refused,
    LowBattery,
    Undated,
}

/// How one report comes in.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// At once, less than two seconds under way.
    Live { delay_ms: i64 },
    /// Kept by the seal and sent later.
    Kept { for_s: i64 },
    /// At once, and again later.
    Twice { again_after_s: i64 },
}

fn said() -> impl Strategy<Value = Said> {
    let north_m = prop_oneof![6 => Just(0.0), 1 => Just(250.0), 3 => Just(650.0), 1 => Just(2_600.0)];
    let what = prop_oneof![
        12 => Just(What::Fix),
        6 => Just(What::Standing),
        1 => Just(What::Cell),
        1 => Just(What::Jump),
        2 => Just(What::Heartbeat),
        1 => Just(What::RopeCut),
        2 => Just(What::Refused),
        1 => Just(What::LowBattery),
        1 => Just(What::Undated),
    ];
    (20..900_i64, 0.0..1.5_f64, north_m, what).prop_map(|(after_s, advance_km, north_m, what)| Said {
        after_s,
        advance_km,
        north_m,
        what,
    })
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        3 => (0..1_900_i64).prop_map(|delay_ms| Way::Live { delay_ms }),
        2 => (1..20_000_i64).prop_map(|for_s| Way::Kept { for_s }),
        1 => (1..9_000_i64).prop_map(|again_after_s| Way::Twice { again_after_s }),
    ]
}

/// The reports of a journey, as the seal writes them.
fn reports(journey: &[Said]) -> Vec<Report> {
    let (mut at_s, mut km) = (0, 0.0);
    let mut reports = Vec::new();
    for (serial, said) in (0..).zip(journey) {
        at_s += said.after_s;
        km = f64::min(
            km + if said.what == What::Standing {
                0.0
            } else {
                said.advance_km
            },
            20.0,
        );
        reports.push(Report {
            serial: Some(serial),
            ..report(said, second(at_s), km)
        });
    }
    reports
}

fn report(said: &Said, at: ServerTime, km: f64) -> Report {
    let mut report = plain_report(at);
    let mut seen = fix(road(km, said.north_m));
    match said.what {
        What::Fix | What::Standing => {}
        What::Cell => seen.source = FixSource::Cell,
        What::Jump => seen.position = road(km, 200_000.0),
        What::Heartbeat => report.kind = ReportKind::Heartbeat,
        What::RopeCut => report.signals.push(Signal::RopeCut),
        What::Refused => report.signals.push(crate::world::signal("refused")),
        What::LowBattery => report.battery = Some(crate::world::battery(20, false)),
        What::Undated => report.time = None,
    }
    report.fix = (said.what != What::Heartbeat).then_some(seen);
    report
}

/// Every arrival of these reports, in the order of arrival.
fn arrivals(reports: &[Report], ways: &[Way]) -> Vec<Report> {
    let mut arrivals = Vec::new();
    for (report, way) in reports.iter().zip(ways) {
        let later = |ms: i64, backfill| Report {
            received: report.received.plus_ms(ms),
            backfill,
            ..report.clone()
        };
        match *way {
            Way::Live { delay_ms } => arrivals.push(later(delay_ms, false)),
            Way::Kept { for_s } => arrivals.push(later(for_s * 1_000, true)),
            Way::Twice { again_after_s } => {
                arrivals.push(later(100, false));
                arrivals.push(later(again_after_s * 1_000, true));
            }
        }
    }
    arrivals.sort_by_key(|report| report.received);
    arrivals
}

/// The trip after these arrivals, every limit and every question of the watch served in between.
fn live_through(arrivals: &[Report]) -> World {
    let mut world = World::travelling();
    for report in arrivals {
        world.wait_until(report.received);
        let input = ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report: report.clone(),
        };
        world.take(&Input::Report(input));
        if world.state.pending_revisits().next().is_some() {
            world.revisit();
        }
    }
    world
}

fn assessed(world: &World) -> String {
    let (trip, seal) = (&world.state.trips[&TRIP], &world.state.seals[&SEAL]);
    let route = &world.state.routes[&trip.route.expect("the trip has a route")];
    let basis = Basis::from_records(trip, seal, route, &world.rules.editions[0]).expect("the seal is closed");
    assess(&basis, &world.observed).text()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_assessment_is_the_same_for_every_order_of_arrival(
        journey in prop::collection::vec(said(), 5..60),
        one in prop::collection::vec(way(), 60),
        other in prop::collection::vec(way(), 60),
    ) {
        let reports = reports(&journey);
        let straight = live_through(&arrivals(&reports, &vec![Way::Live { delay_ms: 0 }; reports.len()]));
        let first = live_through(&arrivals(&reports, &one));
        let second = live_through(&arrivals(&reports, &other));
        prop_assert_eq!(assessed(&straight), assessed(&first));
        prop_assert_eq!(assessed(&first), assessed(&second));
    }

    /// "The state is the fold of events", and "Alarms ... never disappear" (looked at after every input).
    #[test]
    fn the_state_is_the_fold_of_what_was_decided(
        journey in prop::collection::vec(said(), 5..60),
        ways in prop::collection::vec(way(), 60),
    ) {
        let world = live_through(&arrivals(&reports(&journey), &ways));
        prop_assert_eq!(world.replayed().fingerprint(), world.state.fingerprint());
    }

    /// "A signal of alarm is judged when it arrives, however old."
    #[test]
    fn a_cut_rope_alarms_in_every_order_of_arrival(
        journey in prop::collection::vec(said(), 5..40),
        ways in prop::collection::vec(way(), 40),
        cut in 0..5_usize,
    ) {
        let mut journey = journey;
        journey[cut].what = What::RopeCut;
        let world = live_through(&arrivals(&reports(&journey), &ways));
        let told = world.state.alarms.values().any(|alarm| alarm.finding.code == segel_model::AlarmCode::A01);
        prop_assert!(told);
    }

    /// "It suppresses judging, never storing."
    #[test]
    fn a_report_said_twice_in_a_row_is_kept_twice_and_judged_once(journey in prop::collection::vec(said(), 1..30)) {
        let reports = reports(&journey);
        let ways = vec![Way::Twice { again_after_s: 1 }; reports.len()];
        let world = live_through(&arrivals(&reports, &ways));
        prop_assert_eq!(world.observed.len(), 2 * reports.len());
        let repeats = world.observed.iter().filter(|observed| observed.standing == Standing::Repeat).count();
        prop_assert_eq!(repeats, reports.len());
        prop_assert_eq!(world.state.seals[&SEAL].moving.reports, reports.len() as u64);
    }
}

/// The measured clock stands in the journal, so a clock that is off changes nothing but the dates.
#[test]
fn a_report_of_a_clock_that_was_never_set_is_left_out_and_counted() {
    let mut world = World::travelling();
    world.line("00:01 report km 1");
    let mut unset = plain_report(second(120));
    unset.time = Some(DeviceTime::from_unix_ms(946_684_800_000));
    world.wait_until(second(120));
    world.take(&Input::Report(ReportInput {
        protocol: Protocol::Jointech,
        connection: 1,
        report: unset,
    }));
    assert_eq!(
        assessed(&world),
        "1 reports judged, 1 without a date, 0 weak fixes\n\
         0 m driven, 20.0 km planned; never outside the corridor; 60000 ms at most without a report\n"
    );
}

#[test]
fn the_assessment_adds_up_what_was_driven_what_was_outside_and_where_nothing_was_heard() {
    let mut world = World::travelling();
    for line in [
        "00:01 report km 1",
        "00:02 report km 2",
        "00:03 report km 2 north 500",
        "00:05 report km 2 north 600",
        "00:06 report km 2",
        "00:15 report km 4",
    ] {
        world.line(line);
    }
    let text = assessed(&world);
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        "4200 m driven, 20.0 km planned; once outside the corridor, 2 min in all, 500 m at the furthest; \
         540000 ms at most without a report"
    );
}
