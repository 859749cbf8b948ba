//! The first beat: one report of one seal over a real socket, durable, then acknowledged.

mod support;

use segel_model::{EventTime, SealId};
use segel_store::ReportQuery;
use support::{House, record};

fn everything(seal: Option<SealId>) -> ReportQuery {
    let (from, until) = (
        EventTime::from_unix_ms(i64::MIN),
        EventTime::from_unix_ms(i64::MAX),
    );
    ReportQuery {
        seal,
        ..ReportQuery::of(SealId(0), from, until)
    }
}

#[test]
fn a_report_is_durable_before_its_acknowledgement() {
    let house = House::open();
    let mut seal = house.connect();
    let frame = record("7100000042", 7);
    seal.says(&frame);
    seal.hears("(P69,0,7)");

    let page = house
        .engine
        .reader()
        .reports(&everything(None))
        .expect("the store reads");
    let stored = &page.reports[0].staged;
    assert_eq!(page.reports.len(), 1);
    assert_eq!(stored.raw, frame, "byte for byte as it came");
    assert_eq!(
        (stored.device.0.as_str(), stored.observed.seal),
        ("7100000042", None),
        "nobody registered it"
    );
    assert_eq!(stored.peer, seal.stream.local_addr().ok());
}

#[test]
fn frames_cut_anywhere_are_one_report_each_and_acknowledged_in_order() {
    let house = House::open();
    let mut seal = house.connect();
    for piece in [record("7100000042", 1), record("7100000042", 2)]
        .concat()
        .chunks(13)
    {
        seal.says(piece);
    }
    seal.hears("(P69,0,1)(P69,0,2)");
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let house = House::open();
    let mut seal = house.connect();
    seal.says(&record("7100000042", 9));
    seal.hears("(P69,0,9)");
    let house = house.reopen();
    let page = house
        .engine
        .reader()
        .reports(&everything(None))
        .expect("the store reads");
    let raw: Vec<_> = page.reports.into_iter().map(|stored| stored.staged.raw).collect();
    assert_eq!(raw, [record("7100000042", 9)]);
}
