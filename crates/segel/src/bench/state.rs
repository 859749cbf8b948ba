//! What a registered seal takes in memory. A process of its own founds the seals and looks at itself before and after,
//! because memory that another measurement gave back would be taken again unseen.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use segel_measure::{Layout, Plan, World};
use serde_json::{Value, json};

use super::Setting;
use super::cost::resident_bytes;
use super::table::{Reading, Table};

const GROUP: &str = "state";

/// Bytes of the working state for each of a million seals.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let seals: u64 = if setting.quick { 1_000 } else { 1_000_000 };
    let program = std::env::current_exe().context("a program knows its own file")?;
    let ran = Command::new(program)
        .args(["bench", "--state-of", &seals.to_string()])
        .output()
        .context("could not run the process that looks at itself")?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said: Value = serde_json::from_slice(&ran.stdout).context("it says no JSON")?;
    let bytes = |name: &str| {
        said[name]
            .as_f64()
            .with_context(|| format!("it does not say {name}"))
    };
    let spoke = bytes("spoke")?;
    let reading = Reading::of(
        format!("state of a seal in stock, {seals} registered"),
        "bytes",
        bytes("registered")?,
    )
    .remarking("it has not spoken yet; memory of the process, registered less empty");
    table.take(GROUP, reading);
    let reading = Reading::of(
        format!("state of a seal that has reported, {seals} registered"),
        "bytes",
        spoke,
    )
    .beside("its bytes in a snapshot", bytes("frozen")?);
    table.take(GROUP, reading);
    Ok(())
}

/// In the process of its own: founds so many seals, lets each speak once, and says what they take.
pub fn look_at_itself(seals: u64) {
    let plan = Plan {
        seals,
        trips: 0,
        routes: 1,
        layout: Layout::Spread,
        interval_s: 60,
    };
    let before = resident_bytes();
    let driving = segel_measure::Driving::of(&plan, segel_measure::START);
    let driven = resident_bytes();
    let mut world = World::new(plan);
    let registered = resident_bytes();
    for _ in 0..seals.div_ceil(1000) {
        drop(world.commit(1000));
    }
    let spoke = resident_bytes();
    // The world holds seals that drive, too: as many bytes as those that were counted by themselves.
    let around = driven.saturating_sub(before);
    let each = |bytes: u64| bytes.saturating_sub(driven + around) as f64 / seals as f64;
    let frozen = world.state.freeze().len() as f64 / seals as f64;
    println!(
        "{}",
        json!({ "registered": each(registered), "spoke": each(spoke), "frozen": frozen })
    );
    drop(driving);
}
