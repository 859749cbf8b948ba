//! Backup of a running Segel into an empty folder, and the way back.
//!
//! `segel.db` first, then `history.db`, then blobs: what moves meanwhile is then in both or in the later one, never in
//! neither. The compactor waits for the copies, so that history never runs ahead of the journal. A list written last
//! says that the backup is complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use segel_model::{BlobHash, ServerTime};
use serde::{Deserialize, Serialize};

use crate::blob::path_of;
use crate::error::{Doing, OnFile, form};
use crate::folder::{Folder, sync_folder_of, write_whole};
use crate::reader::Reader;
use crate::store::{Position, Store};
use crate::verify::{Verified, verify};
use crate::{StoreError, chain, checkpoints, journal, schema};

/// The list's name.
const LIST: &str = "backup.json";

/// Blobs named by the database at once.
const PAGE_BLOBS: usize = 1000;

/// What a backup holds; written last, so a folder without it is no whole backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupList {
    /// When it was made.
    pub made: ServerTime,
    /// How far the journal reaches in it.
    pub position: Position,
    /// The journal's last hash in it.
    pub head: BlobHash,
    /// How many blobs it holds.
    pub blobs: u64,
}

/// Copies everything into an empty folder while the engine runs.
pub fn backup(store: &Store, target: impl Into<PathBuf>, made: ServerTime) -> Result<BackupList, StoreError> {
    let target = Folder::at(target);
    refuse_unless_empty(target.root())?;
    target.create()?;
    // Before the journal, so that none of them is over entries that the copy has not.
    copy_checkpoints(store.folder(), &target)?;
    let history = store.history();
    copy_database(&store.folder().truth(), &schema::TRUTH, &target.truth())?;
    copy_database(&store.folder().history(), &schema::HISTORY, &target.history())?;
    drop(history);
    let blobs = copy_blobs(store.folder(), &target)?;
    let list = list_of(&target, made, blobs)?;
    let text = serde_json::to_vec_pretty(&list).doing("write the list of a backup")?;
    write_whole(&target.root().join(LIST), &text)?;
    Ok(list)
}

/// Puts a backup into an empty folder and verifies it there: what is missing or changed is a finding.
pub fn restore(from: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Result<Verified, StoreError> {
    let (from, target) = (Folder::at(from), Folder::at(target));
    let list = read_list(&from)?;
    refuse_unless_empty(target.root())?;
    target.create()?;
    copy_file(&from.truth(), &target.truth())?;
    copy_file(&from.history(), &target.history())?;
    copy_blobs(&from, &target)?;
    copy_checkpoints(&from, &target)?;
    let mut verified = verify(target.root())?;
    if verified.head != list.head.0 {
        verified.findings.push(format!(
            "the journal does not end with {}, as the backup's list says",
            list.head
        ));
    }
    Ok(verified)
}

fn copy_checkpoints(from: &Folder, target: &Folder) -> Result<(), StoreError> {
    for file in checkpoints::files(from)? {
        if let Some(name) = file.file_name() {
            copy_file(&file, &target.checkpoints().join(name))?;
        }
    }
    Ok(())
}

fn refuse_unless_empty(folder: &Path) -> Result<(), StoreError> {
    if !folder.exists() {
        return Ok(());
    }
    match fs::read_dir(folder).on_file("list", folder)?.next() {
        None => Ok(()),
        Some(_) => Err(form("copy into a folder that is not empty", &folder.display())),
    }
}

fn read_list(from: &Folder) -> Result<BackupList, StoreError> {
    let path = from.root().join(LIST);
    if !path.is_file() {
        return Err(StoreError::Missing {
            what: format!("{}: this is no complete backup", path.display()),
        });
    }
    let text = fs::read(&path).on_file("read", &path)?;
    serde_json::from_slice(&text).doing("read the list of a backup")
}

/// One read of the whole file as it is at this moment, whatever is written meanwhile.
fn copy_database(from: &Path, schema: &schema::Schema, to: &Path) -> Result<(), StoreError> {
    let from = schema::open_to_read(from, schema)?;
    let mut target = Connection::open(to).doing("create a copy")?;
    let copy = Backup::new(&from, &mut target).doing("begin a copy")?;
    match copy.step(-1).doing("copy a database")? {
        StepResult::Done => Ok(()),
        _ => Err(form("copy a database", &"it stayed busy")),
    }
}

/// The blobs that the copied database names. Blobs are durable before they are named and never change.
fn copy_blobs(from: &Folder, target: &Folder) -> Result<u64, StoreError> {
    let reader = Reader::new(target.clone());
    let (mut after, mut copied) = (None, 0);
    loop {
        let names = reader.named_blobs_after(after.as_ref(), PAGE_BLOBS)?;
        let Some(last) = names.last() else {
            return Ok(copied);
        };
        after = Some(*last);
        for name in &names {
            copied += u64::from(copy_blob(from, target, name)?);
        }
    }
}

/// False where it is missing: verification tells it, and the rest is worth having.
fn copy_blob(from: &Folder, target: &Folder, name: &BlobHash) -> Result<bool, StoreError> {
    let (from, to) = (path_of(&from.blobs(), name), path_of(&target.blobs(), name));
    if !from.is_file() {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).on_file("create folder", folder)?;
        sync_folder_of(folder)?;
    }
    copy_file(&from, &to).map(|()| true)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).on_file("copy", from)?;
    File::open(to)
        .and_then(|copy| copy.sync_all())
        .on_file("sync", to)?;
    sync_folder_of(to)
}

fn list_of(target: &Folder, made: ServerTime, blobs: u64) -> Result<BackupList, StoreError> {
    let truth = schema::open_to_read(&target.truth(), &schema::TRUTH)?;
    let (seq, commit, head) = journal::head(&truth)?.unwrap_or((0, 0, chain::START));
    Ok(BackupList {
        made,
        position: Position { commit, seq },
        head: BlobHash(head),
        blobs,
    })
}
