//! Checkpoints: every so often, how many entries the journal has and the Merkle root over them, as three lines of text
//! beside the database.
//!
//! The chain of the journal finds a changed entry, but not that the last ones were cut off. A checkpoint that was carried
//! away (mailed, printed, kept by a witness) finds both, and with it an outsider can be shown that an entry stood in the
//! journal. Checkpoints are not signed: who can write into the folder can write them anew, so only those kept elsewhere
//! are proof against its owner.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use segel_evidence::merkle::leaf_hash;
use segel_evidence::{Checkpoint, Frontier};

use crate::error::{OnFile, form};
use crate::folder::{Folder, write_whole};
use crate::journal::PAGE_ENTRIES_MAX;
use crate::reader::Reader;
use crate::{StoreError, Verified};

/// The name of the log that checkpoints are of.
pub const ORIGIN: &str = "segel/journal";

/// Where the tree stands, beside the checkpoints: a start goes on from it, and does not read the journal from its first entry.
const TREE: &str = "tree.json";

/// Writes checkpoints, and goes on with the tree where it was left.
pub struct Checkpointer {
    reader: Reader,
    folder: PathBuf,
    /// Nothing before the first step, and after one that failed.
    tree: Option<Frontier>,
}

impl Checkpointer {
    /// One for a folder.
    pub fn new(folder: &Folder, reader: Reader) -> Self {
        Self {
            reader,
            folder: folder.checkpoints(),
            tree: None,
        }
    }

    /// Writes a checkpoint over all durable entries and says how many they are; nothing where none came since the last.
    pub fn step(&mut self) -> Result<Option<u64>, StoreError> {
        let mut tree = match self.tree.take() {
            Some(tree) => tree,
            None => self.kept_tree()?.unwrap_or_default(),
        };
        while self.take_page(&mut tree)? {}
        let written = self.write(&tree)?;
        self.tree = Some(tree);
        Ok(written)
    }

    fn write(&self, tree: &Frontier) -> Result<Option<u64>, StoreError> {
        let size = tree.size();
        let path = path_of(&self.folder, size);
        if size == 0 || path.exists() {
            return Ok(None);
        }
        let checkpoint =
            Checkpoint::new(ORIGIN, size, tree.root()).map_err(|fault| form("make a checkpoint", &fault))?;
        write_whole(&path, checkpoint.encode().as_bytes())?;
        let kept = serde_json::to_vec(tree).map_err(|fault| form("write down a tree", &fault))?;
        write_whole(&self.folder.join(TREE), &kept)?;
        Ok(Some(size))
    }

    /// Takes the next page of the journal into the tree; false where there is none.
    fn take_page(&self, tree: &mut Frontier) -> Result<bool, StoreError> {
        let lines = self.reader.journal_after(tree.size(), PAGE_ENTRIES_MAX)?;
        for line in &lines {
            let expected = tree.size() + 1;
            if line.entry.seq != expected {
                let detail = format!("entry {} stands where {expected} should", line.entry.seq);
                return Err(form("make a checkpoint", &detail));
            }
            tree.append(leaf_hash(&line.body), |_, _| {});
        }
        Ok(!lines.is_empty())
    }

    /// The tree as it was left, where a checkpoint vouches for it. A folder that was put back to an earlier day has a journal
    /// that does not reach so far.
    fn kept_tree(&self) -> Result<Option<Frontier>, StoreError> {
        let Some(tree) = read_tree(&self.folder).filter(|tree| is_vouched_for(tree, &self.folder)) else {
            return Ok(None);
        };
        let newest = self.reader.journal_before(u64::MAX, 1)?;
        let reaches = newest.first().is_some_and(|line| tree.size() <= line.entry.seq);
        Ok(reaches.then_some(tree))
    }
}

fn read_tree(folder: &Path) -> Option<Frontier> {
    let bytes = fs::read(folder.join(TREE)).ok()?;
    let tree = serde_json::from_slice(&bytes);
    tree.inspect_err(|fault| tracing::warn!(%fault, "the kept tree is passed over"))
        .ok()
}

/// Whether the checkpoint over as many entries has its root.
fn is_vouched_for(tree: &Frontier, folder: &Path) -> bool {
    let text = fs::read_to_string(path_of(folder, tree.size())).unwrap_or_default();
    Checkpoint::parse(&text).is_ok_and(|checkpoint| checkpoint.root() == tree.root())
}

fn path_of(folder: &Path, size: u64) -> PathBuf {
    folder.join(format!("{size:012}.txt"))
}

/// The files of all checkpoints; nothing where there is no folder yet.
pub(crate) fn files(folder: &Folder) -> Result<Vec<PathBuf>, StoreError> {
    let path = folder.checkpoints();
    if !path.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&path).on_file("list", &path)?;
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .on_file("list", &path)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}

/// What is checked while the journal is read from its first entry.
pub(crate) struct Check {
    frontier: Frontier,
    waiting: BTreeMap<u64, Checkpoint>,
}

impl Check {
    /// Against the checkpoints of a folder; a file that is none is a finding.
    pub(crate) fn of(folder: &Folder, verified: &mut Verified) -> Result<Self, StoreError> {
        let mut waiting = BTreeMap::new();
        for file in files(folder)? {
            let text = fs::read_to_string(&file).on_file("read", &file)?;
            match Checkpoint::parse(&text) {
                Ok(checkpoint) => drop(waiting.insert(checkpoint.size(), checkpoint)),
                Err(fault) => verified.found(format!("{} is no checkpoint: {fault}", file.display())),
            }
        }
        Ok(Self {
            frontier: Frontier::new(),
            waiting,
        })
    }

    /// Takes the next entry.
    pub(crate) fn take(&mut self, body: &[u8], verified: &mut Verified) {
        self.frontier.append(leaf_hash(body), |_, _| {});
        let size = self.frontier.size();
        match self.waiting.remove(&size) {
            Some(checkpoint) if checkpoint.root() == self.frontier.root() => verified.checkpoints += 1,
            Some(_) => verified.found(format!(
                "the first {size} entries are not those of the checkpoint over them"
            )),
            None => {}
        }
    }

    /// The journal ends here.
    pub(crate) fn finish(self, verified: &mut Verified) {
        let size = self.frontier.size();
        for beyond in self.waiting.keys() {
            verified.found(format!(
                "a checkpoint is over {beyond} entries, but the journal ends after {size}"
            ));
        }
    }
}
