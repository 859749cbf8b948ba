//! One file of the modelled disk: what is surely on it, and what may or may not be.
//!
//! The disk writes sectors of 512 bytes, whole, in any order, each with the content that memory had at some moment since the
//! last sync. The length is written apart from the content.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::chance::Chance;

/// Written whole or not at all.
pub const SECTOR: usize = 512;

/// A change that no sync has reached yet.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// How the disk treats what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// All of it is lost.
    Lost,
    /// All of it is there.
    Kept,
    /// What came first is there; the last of it is torn.
    Torn,
    /// Some writes are there and some are not.
    Picked,
    /// Each sector has some moment of its own.
    Shuffled,
}

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// Bytes of writes that are not there.
    pub bytes_lost: u64,
    /// Writes of which a part is there.
    pub torn: u64,
    /// Writes that are there though an earlier one is not.
    pub reordered: u64,
    /// Names that are not as they were.
    pub names_undone: u64,
}

impl std::ops::AddAssign for Loss {
    fn add_assign(&mut self, other: Self) {
        self.bytes_lost += other.bytes_lost;
        self.torn += other.torn;
        self.reordered += other.reordered;
        self.names_undone += other.names_undone;
    }
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    durable: Vec<u8>,
    /// Sectors of changes whose sync failed: the system thinks they are written, and they may not be.
    doubtful: BTreeMap<usize, Vec<u8>>,
    changes: Vec<Change>,
    /// How many changes were made durable or doubtful before.
    settled: u64,
}

impl File {
    /// A file that is all on the disk.
    pub fn durable(bytes: Vec<u8>) -> Self {
        Self {
            durable: bytes,
            ..Self::default()
        }
    }

    /// Bytes are written.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.changes.push(Change::Write {
            offset: offset as usize,
            bytes: bytes.to_vec(),
        });
    }

    /// It is cut, or grows.
    pub fn resize(&mut self, length: u64) {
        self.changes.push(Change::Resize(length as usize));
    }

    /// Whether anything is not synced.
    pub fn is_dirty(&self) -> bool {
        !self.changes.is_empty()
    }

    /// How many changes there ever were: what a sync that begins now will reach.
    pub fn reach(&self) -> u64 {
        self.settled + self.changes.len() as u64
    }

    /// A sync that reached so far has ended well.
    pub fn sync(&mut self, reach: u64) {
        for change in self.take(reach) {
            let (sectors, _) = extent(&change);
            for sector in sectors {
                if let Some(bytes) = self.doubtful.remove(&sector) {
                    put(&mut self.durable, sector * SECTOR, &bytes);
                }
            }
            apply(&mut self.durable, &change);
        }
    }

    /// A sync that reached so far has failed. The system gives what it should have written up as clean, so that no later sync
    /// writes it: only what is written again is.
    pub fn fail(&mut self, reach: u64) {
        let mut content = self.volatile(0);
        for change in self.take(reach) {
            apply(&mut content, &change);
            let (sectors, _) = extent(&change);
            for sector in sectors {
                let (from, until) = (sector * SECTOR, (sector + 1) * SECTOR);
                let piece = content
                    .get(from..until.min(content.len()))
                    .unwrap_or_default()
                    .to_vec();
                match self.doubtful.entry(sector) {
                    Entry::Vacant(free) => drop(free.insert(piece)),
                    Entry::Occupied(mut held) => *held.get_mut() = piece,
                }
            }
        }
    }

    /// What a power loss leaves of it.
    pub fn after(&self, fate: Fate, chance: &mut Chance) -> (Vec<u8>, Loss) {
        let count = self.changes.len();
        let kept: Vec<bool> = match fate {
            Fate::Lost => vec![false; count],
            Fate::Kept => vec![true; count],
            Fate::Torn => {
                let first = chance.below(count + 1);
                (0..count).map(|at| at <= first).collect()
            }
            Fate::Picked | Fate::Shuffled => (0..count).map(|_| chance.coin()).collect(),
        };
        let torn_at = (fate == Fate::Torn).then(|| kept.iter().filter(|kept| **kept).count().wrapping_sub(1));
        let mut versions: BTreeMap<usize, usize> = BTreeMap::new();
        let mut loss = Loss::default();
        for (at, change) in self.changes.iter().enumerate() {
            let (sectors, length) = extent(change);
            let count = sectors.len();
            let is_torn = |chance: &mut Chance| match fate {
                Fate::Shuffled => chance.coin(),
                _ => torn_at == Some(at) && chance.coin(),
            };
            let mut here = 0;
            for sector in sectors {
                if kept[at] != is_torn(chance) {
                    versions.insert(sector, at + 1);
                    here += 1;
                }
            }
            loss.bytes_lost += (length * (count - here)).checked_div(count).unwrap_or(0) as u64;
            loss.torn += u64::from(0 < here && here < count);
            loss.reordered += u64::from(0 < at && 0 < here && !kept[at - 1]);
        }
        let bytes = self.composed(&versions, fate, chance);
        (bytes, loss)
    }

    /// Each sector at its version, the length at some moment.
    fn composed(&self, versions: &BTreeMap<usize, usize>, fate: Fate, chance: &mut Chance) -> Vec<u8> {
        let mut image = self.durable.clone();
        for (sector, bytes) in &self.doubtful {
            if chance.coin() {
                put(&mut image, sector * SECTOR, bytes);
            }
        }
        let mut lengths = vec![image.len()];
        let mut now = image.clone();
        for (at, change) in self.changes.iter().enumerate() {
            apply(&mut now, change);
            lengths.push(now.len());
            for sector in extent(change).0 {
                // A sector has its version from the last kept change of it on; later ones that were lost leave it alone.
                if versions.get(&sector) == Some(&(at + 1)) {
                    let (from, until) = (sector * SECTOR, ((sector + 1) * SECTOR).min(now.len()));
                    if let Some(piece) = now.get(from..until) {
                        put(&mut image, from, piece);
                    }
                }
            }
        }
        let length = match fate {
            Fate::Lost => lengths[0],
            Fate::Kept => lengths[lengths.len() - 1],
            _ => lengths[chance.below(lengths.len())],
        };
        image.resize(length, 0);
        image
    }

    fn volatile(&self, count: usize) -> Vec<u8> {
        let mut content = self.durable.clone();
        for (sector, bytes) in &self.doubtful {
            put(&mut content, sector * SECTOR, bytes);
        }
        self.changes[..count]
            .iter()
            .for_each(|change| apply(&mut content, change));
        content
    }

    fn take(&mut self, reach: u64) -> Vec<Change> {
        let count = (reach.saturating_sub(self.settled) as usize).min(self.changes.len());
        self.settled += count as u64;
        self.changes.drain(..count).collect()
    }
}

/// The sectors of a change, and its length. A cut is a matter of length alone; what is written beyond it later is new.
fn extent(change: &Change) -> (std::ops::Range<usize>, usize) {
    match change {
        Change::Write { offset, bytes } => (
            offset / SECTOR..(offset + bytes.len()).div_ceil(SECTOR),
            bytes.len(),
        ),
        Change::Resize(_) => (0..0, 0),
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => put(content, *offset, bytes),
        Change::Resize(length) => content.resize(*length, 0),
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if content.len() < offset + bytes.len() {
        content.resize(offset + bytes.len(), 0);
    }
    content[offset..offset + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> File {
        let mut file = File::durable(vec![1; 2 * SECTOR]);
        file.write(0, &vec![2; 2 * SECTOR]);
        file.write(SECTOR as u64, &vec![3; 2 * SECTOR]);
        file
    }

    fn sectors(file: &File, fate: Fate, seed: u64) -> Vec<u8> {
        let (bytes, _) = file.after(fate, &mut Chance::of(seed));
        bytes.chunks(SECTOR).map(|sector| sector[0]).collect()
    }

    #[test]
    fn what_was_synced_is_there_whatever_happens() {
        let mut file = written();
        file.sync(file.reach());
        for fate in [Fate::Lost, Fate::Kept, Fate::Torn, Fate::Picked, Fate::Shuffled] {
            assert_eq!(sectors(&file, fate, 1), [2, 3, 3]);
        }
    }

    #[test]
    fn what_was_not_synced_is_lost_kept_torn_or_reordered() {
        let file = written();
        assert_eq!(sectors(&file, Fate::Lost, 1), [1, 1]);
        assert_eq!(sectors(&file, Fate::Kept, 1), [2, 3, 3]);
        let seen: std::collections::BTreeSet<Vec<u8>> = (0..500)
            .map(|seed| sectors(&file, Fate::Shuffled, seed))
            .collect();
        assert!(
            seen.contains(&vec![1, 3, 0]),
            "the later write alone, torn: {seen:?}"
        );
        assert!(
            seen.contains(&vec![2, 1]),
            "the first write alone, torn: {seen:?}"
        );
        assert!(seen.iter().all(|sectors| sectors[0] != 3), "{seen:?}");
    }

    /// What is written while a sync runs may be lost with the next power cut.
    #[test]
    fn a_sync_reaches_only_what_was_written_before_it_began() {
        let mut file = File::durable(vec![1; SECTOR]);
        file.write(0, &[2]);
        let reach = file.reach();
        file.write(1, &[3]);
        file.sync(reach);
        assert_eq!(file.after(Fate::Lost, &mut Chance::of(1)).0[..3], [2, 1, 1]);
        assert!(file.is_dirty());
    }

    /// The next sync says that all is well, though what the failed one should have written is on no disk.
    #[test]
    fn after_a_failed_sync_only_what_is_written_again_is_durable() {
        let mut file = File::durable(vec![1; 2 * SECTOR]);
        file.write(0, &vec![2; 2 * SECTOR]);
        file.fail(file.reach());
        file.write(0, &[3; SECTOR]);
        file.sync(file.reach());
        let seen: std::collections::BTreeSet<Vec<u8>> =
            (0..50).map(|seed| sectors(&file, Fate::Kept, seed)).collect();
        assert_eq!(seen, [vec![3, 1], vec![3, 2]].into());
    }
}
