//! `segel bench`, as small as it goes: that it measures what it says, not how quick anything is.

use std::process::Command;

use segel_e2e::program::program;

/// "Durable acknowledged reports/s with corridors judged, p99 bytes-in to live-stream-out at half load, ns a corridor check,
/// bytes a report on disk", each beside a reference in the same run.
#[test]
fn the_bench_prints_every_figure_beside_its_reference_and_judges_every_report() {
    let bench = Command::new(program())
        .args(["bench", "--only", "sockets,corridor"])
        .args(["--seals", "4", "--cuts", "3", "--seconds", "1"])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&bench.stdout);
    assert!(
        bench.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&bench.stderr)
    );
    for (figure, reference) in [
        ("durable acknowledged reports, 1 under way", "a bare loop"),
        ("durable acknowledged reports, 16 under way", "a bare loop"),
        ("to its alarm on the live stream", "append and sync"),
        ("a check in trip order, 200 pieces", "great circles"),
        ("a report on disk", "the raw frame alone"),
    ] {
        let at = said.find(figure).unwrap_or_else(|| panic!("no {figure}: {said}"));
        assert!(
            said[at..].contains(reference),
            "no {reference} after {figure}: {said}"
        );
    }
    let judged = said.matches("reports were judged against a corridor (100.0 %)");
    assert_eq!(judged.count(), 3, "{said}");
    assert!(said.contains("of 3\n"), "{said}");
    assert!(said.contains("every chain holds"), "{said}");
}
