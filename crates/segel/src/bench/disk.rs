//! What a report takes on disk once it lies in history, and whether everything that was acknowledged is there after the
//! kill.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use segel_model::ServerTime;
use segel_store::history::Rules;
use segel_store::{Compactor, Options, Snapshots, Store, verify};

use super::table::{Promise, Reading, Table};

/// Bytes of the load's frames.
const FRAME_BYTES: f64 = 62.0;

/// Moves all reports to history, as the compactor does with time, weighs the file, and reads everything again.
pub fn weigh(data: &Path, promised: u64, table: &mut Table) -> Result<()> {
    let history = compact(data)?;
    let bytes = std::fs::metadata(history)
        .context("could not weigh history")?
        .len() as f64;
    let verified = verify(data)?;
    ensure!(
        verified.is_whole(),
        "after the kill not everything holds: {:?}",
        verified.findings
    );
    ensure!(
        promised <= verified.reports,
        "{promised} reports were acknowledged, {} are there",
        verified.reports
    );
    let reading = Reading::of(
        "a report on disk, in history, raw frame included",
        "bytes",
        bytes / verified.reports as f64,
    )
    .beside("the raw frame alone", FRAME_BYTES)
    .promised(Promise::AtMost(40.0))
    .remarking(format!(
        "after a kill: {promised} reports were acknowledged, {} are there, every chain holds",
        verified.reports
    ));
    table.take("rates", reading);
    Ok(())
}

fn compact(data: &Path) -> Result<std::path::PathBuf> {
    let opened = Store::open(data, Options::default())?;
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    snapshots.advance(&opened.reader)?;
    drop_all_but_the_newest(&opened.store.folder().snapshots())?;
    let rules = Rules {
        run_age_s: 0,
        ..Rules::default()
    };
    let compactor = Compactor::new(opened.store.clone(), opened.reader.clone(), snapshots, rules);
    while compactor.seal(ServerTime::from_unix_ms(i64::MAX))? {}
    while 0 < opened.store.delete_sealed()? {}
    opened.store.checkpoint()?;
    Ok(opened.store.folder().history())
}

/// Compaction goes no further than the oldest snapshot.
fn drop_all_but_the_newest(folder: &Path) -> Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .context("could not list snapshots")?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    files.pop();
    files
        .iter()
        .try_for_each(std::fs::remove_file)
        .context("could not delete a snapshot")
}
