//! `segel bench`, as small as it goes: that it measures what it says, not how quick anything is.

use segel_e2e::program::quick_bench;

/// "Durable acknowledged reports/s with corridors judged, p99 bytes-in to live-stream-out at half load, ns a corridor check,
/// bytes a report on disk", each beside a reference in the same run.
#[test]
fn the_bench_prints_every_figure_beside_its_reference_and_judges_every_report() {
    let said = quick_bench("rates,alarms,tail,live,memory,many,corridor");
    for (figure, reference) in [
        ("2 seals, 1 under way each", "a bare loop"),
        ("4 seals, 1 under way each", "a bare loop"),
        ("4 seals, 16 under way each", "a bare loop"),
        ("4 seals at half load, due to acknowledged", "a bare loop"),
        ("to its alarm on the live stream", "append and sync"),
        ("an officer acknowledges an alarm", "append and sync"),
        ("a page of one trip's positions", "append and sync"),
        ("3 screens watch", "nobody watches"),
        ("a check in trip order, 200 pieces", "great circles"),
        ("a report on disk", "the raw frame alone"),
    ] {
        let at = said.find(figure).unwrap_or_else(|| panic!("no {figure}: {said}"));
        assert!(
            said[at..].contains(reference),
            "no {reference} after {figure}: {said}"
        );
    }
    for figure in [
        "over all, due to acknowledged",
        "a connected idle seal, of 4",
        "a connected travelling seal, of 4",
        "24 connections, due to acknowledged",
        "every chain holds",
    ] {
        assert!(said.contains(figure), "no {figure}: {said}");
    }
    assert_eq!(
        said.matches("reports were judged against their corridor").count(),
        5,
        "{said}"
    );
}
