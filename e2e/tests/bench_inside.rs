//! `segel bench` without sockets, as small as it goes: that each figure is read, not how quick anything is.

use segel_e2e::program::quick_bench;

/// Growth, ground, memory, start and disk, each beside its reference where it has one.
#[test]
fn the_figures_from_inside_the_process_are_all_read() {
    let said = quick_bench("decode,ground,growth,state,start,month,frames");
    for figure in [
        "jointech, a sealed JT701D on the road",
        "osmand, a query",
        "jt808, a vehicle terminal on the road",
        "a check in trip order, 20 corridors of 200 pieces",
        "the worst error within 400 m of the border",
        "which of 100 fences hold a place",
        "a report of any seal in turn, 100 registered",
        "a report of 10 travelling seals, 100 registered",
        "a report of a travelling seal, 20 kept of each",
        "bytes to acknowledgement, judged, 20 corridors of one port",
        "state of a seal that has reported, 1000 registered",
        "exec to accepting after a crash, 4000 reports, 20 trips",
        "the same after a flood",
        "rebuild without a snapshot",
        "a report of a driving seal in history.db",
        "bytes written for each byte kept",
        "reports staged at most",
        "the last positions of 50 seals",
        "a day of one seal, cold",
        "the track of a trip of 36 h",
        "a Jointech record (62 bytes)",
        "a Jointech lock event",
        "an OsmAnd request",
    ] {
        assert!(said.contains(figure), "no {figure}: {said}");
    }
}
