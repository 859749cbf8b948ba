//! The Merkle log: RFC 6962, section 2.1.
//!
//! Appending needs only the *frontier*: the roots of the complete subtrees, one for each bit of the size, at most 64 hashes
//! however long the log. Proofs also need nodes inside; `Frontier::append` hands out each complete node the moment it is
//! final, so that whoever keeps them (here `Log`, in memory; elsewhere a database) never rewrites one.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    hash::Hash,
    proof::{Consistency, Inclusion},
};

/// RFC 6962 puts this byte before a leaf and that one before two children, so that neither is taken for the other.
const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// Entries of a log that is read back: at a million a second it takes nine years to fill.
pub const SIZE_LIMIT: u64 = 1 << 48;

/// The hash of an entry as a leaf.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::of(&[LEAF, entry])
}

/// The hash of a node over its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[NODE, left.bytes(), right.bytes()])
}

/// The root of a log without entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Hash::of(&[])
}

/// A complete subtree: level 0 are the leaves, and node `index` of a level covers `2^level` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Node {
    /// How far above the leaves.
    pub level: u8,
    /// Which one of its level, from the left.
    pub index: u64,
}

/// All that is needed to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Frontier {
    size: u64,
    /// The roots of the complete subtrees, the largest first.
    roots: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a log without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries appended.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry by its leaf hash. Every node that is complete from now on goes to `keep`, the leaf first.
    pub fn append(&mut self, leaf: Hash, mut keep: impl FnMut(Node, Hash)) {
        let mut node = Node {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf;
        keep(node, hash);
        while node.index % 2 == 1 {
            let left = self.roots.pop().expect("the size has a bit for every root");
            hash = node_hash(&left, &hash);
            node = Node {
                level: node.level + 1,
                index: node.index / 2,
            };
            keep(node, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root over all entries.
    pub fn root(&self) -> Hash {
        let from_the_right = self.roots.iter().rev().copied();
        from_the_right
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(empty_root)
    }
}

/// A frontier as it is written down.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Frontier")]
struct Kept {
    size: u64,
    roots: Vec<Hash>,
}

impl From<Frontier> for Kept {
    fn from(frontier: Frontier) -> Self {
        Self {
            size: frontier.size,
            roots: frontier.roots,
        }
    }
}

impl TryFrom<Kept> for Frontier {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, &'static str> {
        let fits = kept.size <= SIZE_LIMIT && kept.roots.len() == kept.size.count_ones() as usize;
        fits.then_some(Self {
            size: kept.size,
            roots: kept.roots,
        })
        .ok_or("a frontier has one root for each bit of its size")
    }
}

/// A log with all its nodes in memory: two hashes an entry. For the entries of a trip or a test, not for a journal.
#[derive(Debug, Clone, Default)]
pub struct Log {
    frontier: Frontier,
    /// Complete nodes by level.
    levels: Vec<Vec<Hash>>,
}

impl Log {
    /// A log without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry.
    pub fn append(&mut self, entry: &[u8]) {
        let levels = &mut self.levels;
        self.frontier.append(leaf_hash(entry), |node, hash| {
            let level = usize::from(node.level);
            if level == levels.len() {
                levels.push(Vec::new());
            }
            levels[level].push(hash);
        });
    }

    /// Entries appended.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all entries.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The root as it was over the first `size` entries; nothing if there are fewer.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        root(size, &mut |node| self.node(node))
    }

    /// Proof that entry `index` is among the first `size`; nothing if it is not, or there are fewer.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        prove_inclusion(index, size, &mut |node| self.node(node))
    }

    /// Proof that the first `older` entries are the same in the log of `newer`; nothing if there are fewer.
    pub fn prove_consistency(&self, older: u64, newer: u64) -> Option<Consistency> {
        prove_consistency(older, newer, &mut |node| self.node(node))
    }

    fn node(&self, node: Node) -> Option<Hash> {
        self.levels
            .get(usize::from(node.level))?
            .get(usize::try_from(node.index).ok()?)
            .copied()
    }
}

/// The root over the first `size` entries, from kept nodes; nothing if one is not there.
pub fn root(size: u64, kept: &mut dyn FnMut(Node) -> Option<Hash>) -> Option<Hash> {
    if size == 0 {
        Some(empty_root())
    } else {
        subtree(0, size, kept)
    }
}

/// Proof that entry `index` is among the first `size`, from kept nodes: RFC 6962, section 2.1.1.
pub fn prove_inclusion(
    index: u64,
    size: u64,
    kept: &mut dyn FnMut(Node) -> Option<Hash>,
) -> Option<Inclusion> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(subtree(middle, end, kept)?);
            end = middle;
        } else {
            path.push(subtree(start, middle, kept)?);
            start = middle;
        }
    }
    path.reverse();
    Some(Inclusion { index, size, path })
}

/// Proof that the first `older` entries are the same in the log of `newer`, from kept nodes: RFC 6962, section 2.1.2.
pub fn prove_consistency(
    older: u64,
    newer: u64,
    kept: &mut dyn FnMut(Node) -> Option<Hash>,
) -> Option<Consistency> {
    if older > newer {
        return None;
    }
    let mut path = Vec::new();
    if 0 < older && older < newer {
        let (mut start, mut end) = (0, newer);
        while end != older {
            let middle = start + split(end - start);
            if older <= middle {
                path.push(subtree(middle, end, kept)?);
                end = middle;
            } else {
                path.push(subtree(start, middle, kept)?);
                start = middle;
            }
        }
        // Where what is left begins at the first entry it is the older log itself, whose root the reader has.
        if start > 0 {
            path.push(subtree(start, end, kept)?);
        }
        path.reverse();
    }
    Some(Consistency { older, newer, path })
}

/// The root over the entries from `start` to before `end`.
fn subtree(start: u64, end: u64, kept: &mut dyn FnMut(Node) -> Option<Hash>) -> Option<Hash> {
    let size = end - start;
    if size.is_power_of_two() {
        return kept(Node {
            level: size.trailing_zeros() as u8,
            index: start / size,
        });
    }
    let middle = start + split(size);
    Some(node_hash(
        &subtree(start, middle, kept)?,
        &subtree(middle, end, kept)?,
    ))
}

/// How many entries go to the left: the largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}
