//! Words about a data folder at rest: verify it, back it up, restore it, build its state again from the first entry.
//!
//! Each takes the folder for itself, so none runs beside a Segel that works there. What is found goes to standard output;
//! a folder that does not hold ends the program with a failure, so that a script notices.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use segel_server::clock::Clock;
use segel_store::{Opened, Recovered, Snapshots, Store, Verified};
use serde_json::json;

/// A folder to look at.
#[derive(Debug, Args)]
pub struct One {
    /// The data folder.
    folder: PathBuf,
}

/// From one folder to another.
#[derive(Debug, Args)]
pub struct Two {
    /// Read from here.
    from: PathBuf,
    /// Written to here: a folder that is empty or does not exist.
    to: PathBuf,
}

/// Reads everything and says what does not hold.
pub fn verify(options: &One) -> Result<()> {
    tell(&segel_store::verify(&options.folder)?)
}

/// Copies everything into an empty folder.
pub fn backup(options: &Two) -> Result<()> {
    let opened = open(&options.from)?;
    let made = Clock::system(opened.last_listened).now();
    let list = segel_store::backup(&opened.store, &options.to, made)?;
    println!("{}", serde_json::to_string(&list)?);
    Ok(())
}

/// Puts a backup into an empty folder and verifies it there.
pub fn restore(options: &Two) -> Result<()> {
    tell(&segel_store::restore(&options.from, &options.to)?)
}

/// Builds the state from the first entry on and compares it with the one from the latest snapshot.
pub fn rebuild(options: &One) -> Result<()> {
    let opened = open(&options.folder)?;
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    let quick = segel_store::recover(&opened.reader, &snapshots)?;
    let slow = segel_store::rebuild(&opened.reader)?;
    println!("{}", compared(&quick, &slow));
    if quick.state.fingerprint() != slow.state.fingerprint() {
        bail!(
            "the state from the snapshot is not the one that journal and history give; delete the folder's snapshots"
        );
    }
    Ok(())
}

/// Opens a folder that is there; a mistyped name must not become a new Segel.
fn open(folder: &PathBuf) -> Result<Opened> {
    if !folder.join("segel.db").is_file() {
        bail!("there is no Segel in {}", folder.display());
    }
    Store::open(folder, segel_store::Options::default())
        .with_context(|| format!("could not open {}", folder.display()))
}

fn compared(quick: &Recovered, slow: &Recovered) -> serde_json::Value {
    json!({
        "commit": slow.position.commit,
        "seq": slow.position.seq,
        "entries": slow.entries,
        "reports": slow.reports,
        "from_snapshot_at": quick.from.map(|position| position.commit),
        "after_snapshot": {"entries": quick.entries, "reports": quick.reports},
        "fingerprint": format!("{:016x}", slow.state.fingerprint()),
        "same": quick.state.fingerprint() == slow.state.fingerprint(),
    })
}

fn tell(verified: &Verified) -> Result<()> {
    let Verified {
        position,
        head,
        entries,
        reports,
        blocks,
        blobs,
        findings,
        more_findings,
    } = verified;
    let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    println!(
        "{}",
        json!({
            "commit": position.commit, "seq": position.seq, "head": head, "entries": entries, "reports": reports,
            "blocks": blocks, "blobs": blobs, "findings": findings, "more_findings": more_findings,
        })
    );
    if !verified.is_whole() {
        bail!(
            "{} things do not hold; the first: {}",
            findings.len() as u64 + more_findings,
            findings[0]
        );
    }
    Ok(())
}
