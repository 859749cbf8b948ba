//! What is asked of a folder that a power loss left: does the store open, is everything promised there, does it all fit?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use segel_model::{EventTime, MessageId, SealId};
use segel_store::chain::Hash;
use segel_store::outbox::OutboxState;
use segel_store::{
    Opened, Options, Reader, ReportQuery, Snapshots, Store, rebuild, recover, restore, verify,
};

use super::promises::Kept;

/// Entries and messages read at once.
const PAGE: usize = 500;

/// What the folder became in the end, when nothing was lost: every past of it is a part of that.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    journal: Vec<Hash>,
    effects: BTreeMap<MessageId, (u64, u32, String)>,
}

impl Truth {
    /// How many entries there are in the end.
    pub fn entries(&self) -> u64 {
        self.journal.len() as u64
    }

    /// Reads it from a folder that no process works in.
    pub fn of(data: &Path) -> Result<Self> {
        let opened = open(data)?;
        Ok(Self {
            journal: journal(&opened.reader)?,
            effects: effects(&opened.reader)?,
        })
    }
}

/// Every rule, one after the other; the first broken one is told. `form` is that of the program whose snapshots lie there.
pub fn check(root: &Path, kept: &Kept, truth: &Truth, form: u64) -> Result<()> {
    let data = root.join("data");
    if !data.join("segel.db").exists() && kept.count() == 0 {
        return Ok(());
    }
    let opened = open(&data).context("the store does not open")?;
    journal_holds(&opened.reader, kept, truth)?;
    effects_keep_their_names(&opened.reader, truth)?;
    let seals = states_agree(&opened, form)?;
    reports_are_there(&opened.reader, kept, seals)?;
    drop(opened);
    everything_holds(&data)?;
    backup_holds(root, kept)
}

fn open(data: &Path) -> Result<Opened> {
    let options = Options {
        free_floor_bytes: 0,
        ..Options::default()
    };
    Ok(Store::open(data, options)?)
}

fn journal(reader: &Reader) -> Result<Vec<Hash>> {
    let mut hashes = Vec::new();
    loop {
        let page = reader.journal_after(hashes.len() as u64, PAGE)?;
        if page.is_empty() {
            return Ok(hashes);
        }
        hashes.extend(page.into_iter().map(|line| line.hash));
    }
}

/// Nothing was said before it was durable, and the chain is the one that went on.
fn journal_holds(reader: &Reader, kept: &Kept, truth: &Truth) -> Result<()> {
    let hashes = journal(reader)?;
    ensure!(
        kept.seq <= hashes.len() as u64,
        "entry {} was spoken of, and the journal ends with {}",
        kept.seq,
        hashes.len()
    );
    ensure!(
        truth.journal.starts_with(&hashes),
        "the journal has another past of {} entries",
        hashes.len()
    );
    Ok(())
}

fn effects(reader: &Reader) -> Result<BTreeMap<MessageId, (u64, u32, String)>> {
    let mut found = BTreeMap::new();
    for state in [OutboxState::Waiting, OutboxState::Refused, OutboxState::Taken] {
        let mut after = 0;
        loop {
            let page = reader.messages(state, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.message.0;
            found.extend(
                page.into_iter()
                    .map(|one| (one.message, (one.seq, one.ordinal, format!("{:?}", one.code)))),
            );
        }
    }
    Ok(found)
}

fn effects_keep_their_names(reader: &Reader, truth: &Truth) -> Result<()> {
    for (message, name) in effects(reader)? {
        let later = truth.effects.get(&message);
        ensure!(
            later == Some(&name),
            "message {message:?} was {name:?} and became {later:?}"
        );
    }
    Ok(())
}

/// The state from the snapshot is the one that journal and reports give. Says which seals it knows.
fn states_agree(opened: &Opened, form: u64) -> Result<Vec<SealId>> {
    let snapshots = Snapshots::new(opened.store.folder(), form);
    let quick = recover(&opened.reader, &snapshots).context("the state cannot be read back")?;
    let whole = rebuild(&opened.reader).context("the state cannot be rebuilt")?;
    ensure!(
        quick.position == opened.position && whole.position == opened.position,
        "the store reaches {:?}, its states {:?} and {:?}",
        opened.position,
        quick.position,
        whole.position
    );
    ensure!(
        quick.state.fingerprint() == whole.state.fingerprint(),
        "the state from the snapshot at {:?} is another than the one from the first entry",
        quick.from
    );
    Ok(whole.state.seals.into_keys().collect())
}

fn reports_are_there(reader: &Reader, kept: &Kept, seals: Vec<SealId>) -> Result<()> {
    let mut stored: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for seal in seals {
        frames_of(reader, Some(seal), &mut stored)?;
    }
    frames_of(reader, None, &mut stored)?;
    for (device, frames) in &kept.reports {
        let of_device = stored.get(device);
        let missing = frames
            .iter()
            .filter(|frame| of_device.is_none_or(|stored| !stored.contains(*frame)))
            .count();
        ensure!(
            missing == 0,
            "{missing} of {} acknowledged reports of {device} are lost",
            frames.len()
        );
    }
    Ok(())
}

fn frames_of(
    reader: &Reader,
    seal: Option<SealId>,
    into: &mut BTreeMap<String, BTreeSet<Vec<u8>>>,
) -> Result<()> {
    let always = (
        EventTime::from_unix_ms(i64::MIN),
        EventTime::from_unix_ms(i64::MAX),
    );
    let mut query = ReportQuery {
        seal,
        ..ReportQuery::of(SealId(0), always.0, always.1)
    };
    loop {
        let page = reader.reports(&query)?;
        for stored in page.reports {
            let staged = stored.staged;
            into.entry(staged.device.0).or_default().insert(staged.raw);
        }
        query.after = page.next;
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// Chains, blocks, checkpoints, and every photo that an entry names.
fn everything_holds(data: &Path) -> Result<()> {
    let verified = verify(data)?;
    ensure!(
        verified.is_whole(),
        "not everything holds: {}",
        verified.findings.join("; ")
    );
    Ok(())
}

/// A backup whose list is there is whole; one that was said to be complete has its list.
fn backup_holds(root: &Path, kept: &Kept) -> Result<()> {
    let backup = root.join("backup");
    if !backup.join("backup.json").exists() {
        ensure!(!kept.backup, "a backup was said to be complete and is not there");
        return Ok(());
    }
    let target = tempfile::tempdir_in(root)?;
    let restored = restore(&backup, target.path().join("data")).context("a backup cannot be restored")?;
    ensure!(
        restored.is_whole(),
        "a backup is not whole: {}",
        restored.findings.join("; ")
    );
    Ok(())
}
