//! A backup is whole or says what it lacks; a changed byte is found.

mod common;

use common::{START, entry, fresh, reports_of};
use rusqlite::Connection;
use segel_custody::State;
use segel_model::{Event, TripId};
use segel_store::history::Rules;
use segel_store::{
    Checkpointer, Compactor, Folder, Opened, Options, Position, Progress, SideRow, Snapshots, Store,
    Verified, backup, rebuild, restore, verify,
};
use tempfile::TempDir;

/// A store with all there is: entries, reports in history (merged and not) and staged, a blob.
fn furnished() -> (TempDir, Opened) {
    let (folder, opened) = fresh();
    let snapshots = Snapshots::new(&Folder::at(folder.path()), 7);
    let rules = Rules {
        run_reports: 6,
        run_age_s: 300,
        merged_runs: 2,
        merged_reports_max: 12,
    };
    let mut compactor = Compactor::new(
        opened.store.clone(),
        opened.reader.clone(),
        snapshots.clone(),
        rules,
    );
    let photo = opened.blobs.put(b"a photo").expect("a blob");
    for commit in (1..=12).step_by(2) {
        let mut batch = reports_of(commit, 3);
        batch.entries = vec![entry(opened.store.position().seq + 1, commit, 5, vec![])];
        batch.side = vec![SideRow::BlobNamed {
            blob: photo.hash,
            trip: TripId(1),
            size_bytes: photo.size_bytes,
        }];
        opened.store.commit(&batch).expect("a commit");
        let position = Position {
            commit: commit.saturating_sub(2),
            seq: 0,
        };
        snapshots
            .write(position, [0; 32], &State::default().freeze())
            .expect("a snapshot");
        compact(&opened, &mut compactor, commit + 1);
    }
    (folder, opened)
}

fn compact(opened: &Opened, compactor: &mut Compactor, mut commit: u64) {
    loop {
        match compactor.step(START.plus_s(20)).expect("a step") {
            Progress::Idle => return,
            Progress::Sealed {
                input:
                    segel_model::Input::HistorySealed {
                        from_commit,
                        until_commit,
                        hashes,
                    },
                ..
            } => {
                let event = Event::HistorySealed {
                    from_commit,
                    until_commit,
                    hashes,
                };
                let seq = opened.store.position().seq + 1;
                opened
                    .store
                    .commit(&common::entry_of(commit, seq, vec![event]))
                    .expect("a commit");
                commit += 1;
            }
            _ => {}
        }
    }
}

#[test]
fn a_furnished_store_verifies_and_says_how_much_it_verified() {
    let (folder, opened) = furnished();
    let (position, head) = (opened.store.position(), last_hash(&opened));
    drop(opened);
    let verified = verify(folder.path()).expect("a look");
    assert_eq!(verified.findings, [""; 0]);
    assert_eq!((verified.position, verified.head), (position, head));
    assert_eq!(
        (verified.entries, verified.reports, verified.blobs),
        (position.seq, 18, 1)
    );
    assert_eq!(verified.blocks, 1, "two runs of one block each were merged");
}

fn last_hash(opened: &Opened) -> [u8; 32] {
    let lines = opened
        .reader
        .journal_after(opened.store.position().seq - 1, 1)
        .expect("the journal");
    lines[0].hash
}

fn checkpointer(opened: &Opened) -> Checkpointer {
    Checkpointer::new(opened.store.folder(), opened.reader.clone())
}

fn checkpoint(opened: &Opened) -> Option<u64> {
    checkpointer(opened).step().expect("a checkpoint")
}

#[test]
fn a_checkpoint_is_written_once_for_what_the_journal_holds_and_holds_as_it_grows() {
    let (folder, opened) = furnished();
    let entries = opened.store.position().seq;
    let mut checkpointer = checkpointer(&opened);
    assert_eq!(checkpointer.step().expect("a step"), Some(entries));
    assert_eq!(checkpointer.step().expect("a step"), None, "nothing came since");
    assert_eq!(checkpoint(&opened), None, "a start does not write it again");
    let commit = opened.store.position().commit + 1;
    opened
        .store
        .commit(&common::entry_of(commit, entries + 1, vec![]))
        .expect("a commit");
    assert_eq!(checkpointer.step().expect("a step"), Some(entries + 1));
    drop((checkpointer, opened));
    let verified = verify(folder.path()).expect("a look");
    assert_eq!((verified.findings, verified.checkpoints), (vec![], 2));
}

fn one_more(opened: &Opened) -> u64 {
    let position = opened.store.position();
    let entry = common::entry_of(position.commit + 1, position.seq + 1, vec![]);
    opened.store.commit(&entry).expect("a commit");
    position.seq + 1
}

/// What was read once is not read again: its entries are made unreadable, and the next start does not notice.
#[test]
fn a_start_goes_on_with_the_tree_where_the_last_one_left_it() {
    let (folder, opened) = furnished();
    let last = checkpoint(&opened).expect("a checkpoint");
    let connection = Connection::open(folder.path().join("segel.db")).expect("the file");
    let damage = "UPDATE journal SET body = x'00' WHERE seq < ?1";
    connection.execute(damage, [last as i64]).expect("damage");
    assert_eq!(checkpoint(&opened), None);
    let next = one_more(&opened);
    assert_eq!(checkpoint(&opened), Some(next));
    std::fs::remove_file(folder.path().join("checkpoints/tree.json")).expect("a tree");
    checkpointer(&opened)
        .step()
        .expect_err("it is read from the first entry");
}

/// A tree is believed only where a checkpoint of its length has its root, and never beyond the journal.
#[test]
fn a_tree_that_no_checkpoint_vouches_for_is_passed_over() {
    let (folder, opened) = furnished();
    let first = checkpoint(&opened).expect("a checkpoint");
    let tree = folder.path().join("checkpoints/tree.json");
    let older = std::fs::read(&tree).expect("a tree");
    for bad in [&b"{}"[..], &older[..older.len() / 2], b"[9,[]]"] {
        std::fs::write(&tree, bad).expect("written");
        let next = one_more(&opened);
        assert_eq!(checkpoint(&opened), Some(next));
    }
    let vouched = folder.path().join(format!("checkpoints/{first:012}.txt"));
    std::fs::write(&tree, &older).expect("written");
    std::fs::remove_file(vouched).expect("a checkpoint");
    let next = one_more(&opened);
    assert_eq!(checkpoint(&opened), Some(next));
    drop(opened);
    let verified = verify(folder.path()).expect("a look");
    assert_eq!((verified.findings, verified.checkpoints), (vec![], 4));
}

/// Whoever rewrites an entry can write its hash anew; the root that somebody kept cannot be had with other entries.
#[test]
fn an_entry_rewritten_with_its_hash_is_found_by_the_checkpoint_alone() {
    let (folder, opened) = furnished();
    let last = checkpoint(&opened).expect("a checkpoint");
    let before = opened.reader.head_at(last - 1).expect("a hash");
    let body = opened.reader.journal_after(last - 1, 1).expect("the last entry")[0]
        .body
        .clone();
    drop(opened);
    let other = String::from_utf8(body)
        .expect("JSON")
        .replace("\"shard\":0", "\"shard\":1");
    let hash = segel_store::chain::link(&before, other.as_bytes());
    let connection = Connection::open(folder.path().join("segel.db")).expect("the file");
    let changed = connection
        .execute(
            "UPDATE journal SET body = ?1, hash = ?2 WHERE seq = ?3",
            rusqlite::params![other.as_bytes(), hash, last as i64],
        )
        .expect("a change");
    assert_eq!(changed, 1);
    drop(connection);
    assert_eq!(
        verify(folder.path()).expect("a look").findings,
        [format!(
            "the first {last} entries are not those of the checkpoint over them"
        )]
    );
}

#[test]
fn entries_cut_off_behind_a_checkpoint_are_missed() {
    let (folder, opened) = furnished();
    let last = checkpoint(&opened).expect("a checkpoint");
    drop(opened);
    let connection = Connection::open(folder.path().join("segel.db")).expect("the file");
    connection
        .execute_batch(&format!(
            "PRAGMA foreign_keys=OFF; DELETE FROM journal WHERE seq = {last}"
        ))
        .expect("a change");
    drop(connection);
    let findings = verify(folder.path()).expect("a look").findings;
    let missed = format!(
        "a checkpoint is over {last} entries, but the journal ends after {}",
        last - 1
    );
    assert!(findings.contains(&missed), "{findings:?}");
}

#[test]
fn a_file_that_is_no_checkpoint_is_found() {
    let (folder, opened) = furnished();
    checkpoint(&opened).expect("a checkpoint");
    drop(opened);
    std::fs::write(
        folder.path().join("checkpoints/000000000001.txt"),
        "segel/journal\n1\n",
    )
    .expect("written");
    let findings = verify(folder.path()).expect("a look").findings;
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].ends_with("000000000001.txt is no checkpoint: a checkpoint has three lines, each ended"),
        "{findings:?}"
    );
}

#[test]
fn a_backup_carries_the_checkpoints_along() {
    let (folder, opened) = furnished();
    checkpoint(&opened).expect("a checkpoint");
    let (copy, again) = (folder.path().join("copy"), folder.path().join("again"));
    backup(&opened.store, &copy, START).expect("a backup");
    let restored = restore(&copy, &again).expect("a restored store");
    assert_eq!((restored.findings, restored.checkpoints), (vec![], 1));
}

#[test]
fn a_folder_at_work_is_not_verified_behind_its_back() {
    let (folder, _opened) = furnished();
    let error = verify(folder.path()).expect_err("in use");
    assert!(
        error.to_string().starts_with("another Segel already works in"),
        "{error}"
    );
}

/// Changes something in a file and says what verification finds.
fn findings_after(file: &str, sql: &str) -> Vec<String> {
    let (folder, opened) = furnished();
    drop(opened);
    let connection = Connection::open(folder.path().join(file)).expect("the file");
    connection
        .execute_batch("PRAGMA foreign_keys=OFF")
        .expect("a free hand");
    let changed = connection.execute(sql, []).expect("a change");
    assert!(0 < changed, "nothing was changed");
    drop(connection);
    verify(folder.path()).expect("a look").findings
}

#[test]
fn a_flipped_byte_in_the_journal_is_found_at_its_entry() {
    let sql = "UPDATE journal SET body = cast(replace(cast(body AS TEXT), '\"shard\":0', '\"shard\":1') AS BLOB) WHERE seq = 3";
    let found = findings_after("segel.db", sql);
    assert_eq!(
        found,
        ["journal: entry 3 is not what its hash says, or an entry before it is missing"]
    );
}

#[test]
fn a_removed_entry_is_found() {
    let found = findings_after("segel.db", "DELETE FROM journal WHERE seq = 2");
    assert_eq!(
        found,
        [
            "journal: entry 3 follows entry 1",
            "journal: entry 3 is not what its hash says, or an entry before it is missing"
        ]
    );
}

#[test]
fn a_changed_staged_report_is_found_at_its_commit() {
    let sql = "UPDATE staged SET body = cast(body || x'00' AS BLOB) WHERE commit_no = 11";
    assert_eq!(
        findings_after("segel.db", sql),
        ["staged reports of commit 11 are not what their hash says"]
    );
}

#[test]
fn a_staged_row_taken_away_is_found_by_the_next() {
    let found = findings_after("segel.db", "DELETE FROM staged WHERE commit_no = 9");
    assert_eq!(
        found,
        ["staged reports of commit 11 are not what their hash says"]
    );
}

#[test]
fn a_flipped_byte_in_a_block_is_found() {
    let (folder, opened) = furnished();
    drop(opened);
    let connection = Connection::open(folder.path().join("history.db")).expect("the file");
    let body: Vec<u8> = connection
        .query_row("SELECT body FROM block", [], |row| row.get(0))
        .expect("a block");
    let mut forged = body;
    let last = forged.len() - 1;
    forged[last] ^= 1;
    connection
        .execute("UPDATE block SET body = ?1", [forged])
        .expect("a forgery");
    drop(connection);
    assert!(!verify(folder.path()).expect("a look").is_whole());
}

#[test]
fn hashes_changed_together_with_a_block_are_not_those_the_journal_names() {
    let found = findings_after("history.db", "UPDATE part SET hash = zeroblob(32)");
    assert!(
        found
            .iter()
            .any(|what| what.contains("not the ones the journal names")),
        "{found:?}"
    );
}

#[test]
fn a_missing_blob_and_a_changed_one_are_found() {
    let (folder, opened) = furnished();
    let hash = opened.blobs.put(b"a photo").expect("a blob").hash;
    drop(opened);
    let name = hash.to_string();
    let path = folder.path().join("blobs").join(&name[..2]).join(&name);
    std::fs::write(&path, b"another photo").expect("a change");
    let found = verify(folder.path()).expect("a look").findings;
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("its content is not what its name says"),
        "{found:?}"
    );
    std::fs::remove_file(&path).expect("a loss");
    assert_eq!(
        verify(folder.path()).expect("a look").findings,
        [format!("blob {name} is missing")]
    );
}

#[test]
fn a_torn_page_is_found_named_and_never_opened_for_work() {
    let (folder, opened) = furnished();
    opened.store.checkpoint().expect("a checkpoint");
    drop(opened);
    let path = folder.path().join("segel.db");
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'journal'";
    let file = Connection::open(&path).expect("the file");
    let page: u32 = file
        .query_row(sql, [], |row| row.get(0))
        .expect("the journal's first page");
    let page = page as usize;
    drop(file);
    let mut bytes = std::fs::read(&path).expect("the file");
    bytes[8192 * (page - 1)..8192 * page].fill(0xA5);
    std::fs::write(&path, bytes).expect("a torn page");

    let found = verify(folder.path()).expect("a look").findings;
    assert!(found.iter().any(|what| what.starts_with("segel.db")), "{found:?}");
    let Err(error) = Store::open(folder.path(), Options::default()) else {
        panic!("worked on a torn journal")
    };
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert!(error.to_string().contains("restore the latest backup"), "{error}");
}

#[test]
fn a_backup_of_a_running_store_restores_to_the_same_store() {
    let (folder, opened) = furnished();
    let copies = tempfile::tempdir().expect("a folder");
    let (kept, back) = (copies.path().join("kept"), copies.path().join("back"));
    let list = backup(&opened.store, &kept, START).expect("a backup");
    assert_eq!(
        (list.position.seq, list.head.0, list.blobs),
        (opened.store.position().seq, last_hash(&opened), 1)
    );
    let fingerprint = rebuild(&opened.reader).expect("a state").state.fingerprint();
    drop(opened);

    let restored = restore(&kept, &back).expect("a restore");
    assert_eq!(
        restored,
        Verified {
            findings: Vec::new(),
            ..verify(folder.path()).expect("a look")
        }
    );
    let again = Store::open(&back, Options::default()).expect("the restored store");
    assert_eq!(
        rebuild(&again.reader).expect("a state").state.fingerprint(),
        fingerprint
    );
    again
        .store
        .commit(&reports_of(again.position.commit + 1, 1))
        .expect("it goes on");
}

#[test]
fn a_backup_goes_into_an_empty_folder_only() {
    let (folder, opened) = furnished();
    let error = backup(&opened.store, folder.path(), START).expect_err("not empty");
    assert!(
        error
            .to_string()
            .starts_with("could not copy into a folder that is not empty"),
        "{error}"
    );
}

#[test]
fn a_backup_that_was_cut_short_is_refused() {
    let (_folder, opened) = furnished();
    let copies = tempfile::tempdir().expect("a folder");
    let kept = copies.path().join("kept");
    backup(&opened.store, &kept, START).expect("a backup");
    std::fs::remove_file(kept.join("backup.json")).expect("cut short");
    let error = restore(&kept, copies.path().join("back")).expect_err("incomplete");
    assert!(
        error.to_string().ends_with("this is no complete backup"),
        "{error}"
    );
}

#[test]
fn a_backup_that_lost_a_photo_says_which() {
    let (_folder, opened) = furnished();
    let copies = tempfile::tempdir().expect("a folder");
    let kept = copies.path().join("kept");
    backup(&opened.store, &kept, START).expect("a backup");
    std::fs::remove_dir_all(kept.join("blobs")).expect("a loss");
    let hash = opened.blobs.put(b"a photo").expect("a blob").hash;
    let restored = restore(&kept, copies.path().join("back")).expect("a restore");
    assert_eq!(restored.findings, [format!("blob {hash} is missing")]);
}
