//! How long a frame takes in each language, from its bytes to its acknowledgement: a connection that has said who it is hears
//! a position over and over, each durable at once.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_wire::{Limits, Output, Profile, Session, tool};
use serde_json::Value;

use super::Setting;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "decode";
const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);
/// What a frame may take.
const PROMISED_NS: f64 = 1000.0;

/// Which golden frame of each language is a position as they come all day.
const POSITIONS: [(Protocol, &str, &str); 15] = [
    (
        Protocol::Jointech,
        "a sealed JT701D on the road",
        include_str!("../../../../fixtures/golden/jointech.jsonl"),
    ),
    (
        Protocol::Osmand,
        "a query",
        include_str!("../../../../fixtures/golden/osmand.jsonl"),
    ),
    (
        Protocol::Gt06,
        "on the road, sent late",
        include_str!("../../../../fixtures/golden/gt06.jsonl"),
    ),
    (
        Protocol::Kingwo,
        "a lock on the road",
        include_str!("../../../../fixtures/golden/kingwo.jsonl"),
    ),
    (
        Protocol::Eseal,
        "a closed seal on the road",
        include_str!("../../../../fixtures/golden/eseal.jsonl"),
    ),
    (
        Protocol::Queclink,
        "a unit on cargo",
        include_str!("../../../../fixtures/golden/queclink.jsonl"),
    ),
    (
        Protocol::Teltonika,
        "on the road, codec 8",
        include_str!("../../../../fixtures/golden/teltonika.jsonl"),
    ),
    (
        Protocol::Meitrack,
        "on the road, as text",
        include_str!("../../../../fixtures/golden/meitrack.jsonl"),
    ),
    (
        Protocol::Meitrack,
        "as numbered values, locked",
        include_str!("../../../../fixtures/golden/meitrack.jsonl"),
    ),
    (
        Protocol::Jt808,
        "a vehicle terminal on the road",
        include_str!("../../../../fixtures/golden/jt808.jsonl"),
    ),
    (
        Protocol::Open,
        "everything a report can say",
        include_str!("../../../../fixtures/golden/open.jsonl"),
    ),
    (
        Protocol::Flespi,
        "a closed seal on the road",
        include_str!("../../../../fixtures/golden/flespi.jsonl"),
    ),
    (
        Protocol::Teratrack,
        "a closed seal on the road",
        include_str!("../../../../fixtures/golden/teratrack.jsonl"),
    ),
    (
        Protocol::Tive,
        "a tracker in the sun",
        include_str!("../../../../fixtures/golden/tive.jsonl"),
    ),
    (
        Protocol::JointechCloud,
        "a sealed box on its way",
        include_str!("../../../../fixtures/golden/jointech_cloud.jsonl"),
    ),
];

/// Nanoseconds a frame in each language.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let (rounds, frames) = if setting.quick { (3, 20) } else { (51, 4_000) };
    for (protocol, name, golden) in POSITIONS {
        let (mut session, frame) = begun(protocol, name, golden)?;
        let ours = median_ns(rounds, frames, || hear(&mut session, black_box(&frame)));
        let copied = median_ns(rounds, frames, || black_box(&frame).to_vec().len().min(1));
        let (heard, all) = (ours.1, rounds * frames);
        ensure!(
            heard == all,
            "{heard} reports of {all} frames of {}",
            protocol.name()
        );
        let reading = Reading::of(
            format!("{}, {name}, {} bytes", protocol.name(), frame.len()),
            "ns",
            ours.0,
        )
        .beside("its bytes copied", copied.0)
        .promised(Promise::AtMost(PROMISED_NS));
        table.take(GROUP, reading);
    }
    Ok(())
}

/// A session that has heard a golden frame, with whatever log-in stands before it, and the frame.
fn begun(protocol: Protocol, name: &str, golden: &str) -> Result<(Session, Vec<u8>)> {
    let rows = golden.lines().map(serde_json::from_str::<Value>);
    let rows: Vec<Value> = rows.collect::<Result<_, _>>().context("golden frames are JSON")?;
    let row = rows.iter().find(|row| row["name"] == name);
    let row = row.with_context(|| format!("there is no golden frame {name}"))?;
    let profile = Profile::from_text(row["profile"].as_str().unwrap_or("any")).context("a profile")?;
    let posted = row["line"]["http"]
        .get("body")
        .filter(|_| protocol != Protocol::Osmand);
    let bytes = match posted {
        Some(object) => object.to_string().into_bytes(),
        None => tool::bytes(&row["line"]).map_err(|why| anyhow::anyhow!(why))?,
    };
    let mut session = Session::new(protocol, profile, Limits::default());
    let mut frame = Vec::new();
    session.receive(NOW, &bytes);
    while let Some(output) = session.poll() {
        if let Output::Report(reported) = output {
            session.acknowledge(reported.token, NOW);
            frame = reported.raw;
        }
    }
    Ok((session, frame))
}

/// How many reports came of it, each acknowledged.
fn hear(session: &mut Session, frame: &[u8]) -> usize {
    session.receive(NOW, frame);
    let mut reports = 0;
    while let Some(output) = session.poll() {
        if let Output::Report(reported) = &output {
            session.acknowledge(reported.token, NOW);
            reports += 1;
        }
        black_box(&output);
    }
    reports
}

/// The median over rounds of what each act of a round takes, and what all acts gave.
fn median_ns(rounds: usize, acts: usize, mut act: impl FnMut() -> usize) -> (f64, usize) {
    let mut gave = 0;
    let mut rounds_ns: Vec<f64> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            gave += (0..acts).map(|_| act()).sum::<usize>();
            begun.elapsed().as_nanos() as f64 / acts as f64
        })
        .collect();
    rounds_ns.sort_by(f64::total_cmp);
    (rounds_ns[rounds / 2], gave)
}
