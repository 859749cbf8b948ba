//! `segel backup`, `restore`, `verify` and `rebuild`: what an administrator does with the data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;
use segel_model::ServerTime;
use segel_server::background::{BACKUP_ANSWER, BACKUP_REQUEST, BackupAnswer};
use segel_store::{BackupList, Options as StoreOptions, Store, StoreError, Verified, rebuild, recover};

/// How long a running Segel may take to answer that it has begun; the copy itself takes as long as it takes.
const ANSWER_LIMIT: Duration = Duration::from_secs(3600);

/// Which folder.
#[derive(Debug, Args)]
pub struct Folder {
    /// The data folder.
    #[arg(long, env = "SEGEL_DATA_FOLDER", default_value = "data")]
    data: PathBuf,
}

/// From where to where a backup goes.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    folder: Folder,
    /// An empty folder that gets the copy.
    #[arg(long)]
    to: PathBuf,
}

/// From where to where a backup is put back.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    #[arg(long)]
    from: PathBuf,
    /// An empty folder that becomes the data folder.
    #[arg(long)]
    data: PathBuf,
}

/// Copies a data folder, whether Segel runs in it or not.
pub fn backup(options: &Backup) -> Result<()> {
    let made = now();
    let list = match Store::open(&options.folder.data, StoreOptions::default()) {
        Ok(opened) => segel_store::backup(&opened.store, &options.to, made)?,
        Err(StoreError::InUse { folder }) => ask_running(&folder, &options.to)?,
        Err(failure) => return Err(failure.into()),
    };
    println!(
        "backed up to {}: {} entries, {} files, journal ends with {}",
        options.to.display(),
        list.position.seq,
        list.blobs,
        list.head
    );
    Ok(())
}

/// Puts a backup into an empty folder and verifies it there.
pub fn restore(options: &Restore) -> Result<()> {
    let verified = segel_store::restore(&options.from, &options.data)?;
    tell(&options.data, &verified)
}

/// Reads everything again and says what does not hold.
pub fn verify(options: &Folder) -> Result<()> {
    let verified = segel_store::verify(&options.data)?;
    tell(&options.data, &verified)
}

/// Builds the state from the first entry on and compares it with the one a start would take.
pub fn rebuild_state(options: &Folder) -> Result<()> {
    let opened = Store::open(&options.data, StoreOptions::default())?;
    let snapshots = segel_store::Snapshots::of_this_program(opened.store.folder())?;
    let quick = recover(&opened.reader, &snapshots)?;
    let whole = rebuild(&opened.reader)?;
    let prints = [quick.state.fingerprint(), whole.state.fingerprint()];
    println!(
        "from the first entry: {} entries, {} reports, fingerprint {:016x}",
        whole.entries, whole.reports, prints[1]
    );
    println!(
        "as a start takes it:  {} entries, {} reports, fingerprint {:016x}",
        quick.entries, quick.reports, prints[0]
    );
    if prints[0] != prints[1] {
        bail!(
            "the two states differ: delete {} and start again, then tell us",
            opened.store.folder().snapshots().display()
        );
    }
    Ok(())
}

fn tell(folder: &Path, verified: &Verified) -> Result<()> {
    println!(
        "{}: {} entries, {} reports, {} blocks, {} files, {} checkpoints",
        folder.display(),
        verified.entries,
        verified.reports,
        verified.blocks,
        verified.blobs,
        verified.checkpoints
    );
    for finding in &verified.findings {
        println!("  {finding}");
    }
    if verified.more_findings != 0 {
        println!("  and {} more", verified.more_findings);
    }
    if !verified.is_whole() {
        bail!("not everything holds");
    }
    println!("everything holds");
    Ok(())
}

/// A Segel that runs holds the folder; it is asked by a file beside its data, so whoever may write there may ask.
fn ask_running(data: &Path, to: &Path) -> Result<BackupList> {
    let target = std::path::absolute(to)?;
    let (request, answer) = (data.join(BACKUP_REQUEST), data.join(BACKUP_ANSWER));
    if answer.exists() {
        fs::remove_file(&answer).context("could not remove an old answer")?;
    }
    let (written, ready) = (serde_json::to_vec(&target)?, data.join("backup-request.part"));
    fs::write(&ready, written).context("could not ask the running Segel")?;
    fs::rename(&ready, &request).context("could not ask the running Segel")?;
    let asked = Instant::now();
    while asked.elapsed() < ANSWER_LIMIT {
        if let Ok(bytes) = fs::read(&answer) {
            fs::remove_file(&answer).context("could not remove the answer")?;
            return match serde_json::from_slice(&bytes)? {
                BackupAnswer::Done(list) => Ok(list),
                BackupAnswer::Failed(why) => bail!("the running Segel could not do it: {why}"),
            };
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("the running Segel did not answer")
}

fn now() -> ServerTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ServerTime::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
