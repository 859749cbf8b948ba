//! Proofs, and how an outsider checks them.
//!
//! Nothing here needs our journal, our database or our word: only an entry's bytes, a checkpoint that was kept, and a proof.
//! The checks are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2, over the tree of RFC 6962.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::Checkpoint,
    hash::Hash,
    merkle::{empty_root, leaf_hash, node_hash},
};

/// Proof that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inclusion {
    /// Which entry, from 0.
    pub index: u64,
    /// Entries of the log.
    pub size: u64,
    /// The sibling of the entry and of each node above it, from the leaf up.
    pub path: Vec<Hash>,
}

/// Proof that a log only grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// Entries of the log before.
    pub older: u64,
    /// Entries of the log after.
    pub newer: u64,
    /// Nodes from which both roots can be built.
    pub path: Vec<Hash>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofFault {
    /// The checkpoints are of different logs.
    OtherLog,
    /// The proof is for a log of another size than the checkpoint's.
    OtherSize,
    /// The entry's number is not below the size, or the older log is the larger one.
    OutOfRange,
    /// The path is longer or shorter than the sizes ask for.
    WrongLength,
    /// The path does not lead to the older root.
    WrongOlderRoot,
    /// The path does not lead to the root.
    WrongRoot,
}

impl fmt::Display for ProofFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherLog => "the checkpoints are of different logs",
            Self::OtherSize => "the proof is for a log of another size",
            Self::OutOfRange => "the proof names an entry or a size beyond the log",
            Self::WrongLength => "the path has the wrong length",
            Self::WrongOlderRoot => "the path does not lead to the older root",
            Self::WrongRoot => "the path does not lead to the root",
        })
    }
}

impl core::error::Error for ProofFault {}

/// Checks that an entry stood in the log when a checkpoint was made.
pub fn check_entry(checkpoint: &Checkpoint, entry: &[u8], proof: &Inclusion) -> Result<(), ProofFault> {
    if proof.size != checkpoint.size() {
        return Err(ProofFault::OtherSize);
    }
    proof.check(leaf_hash(entry), checkpoint.root())
}

/// Checks that between two checkpoints of a log nothing was changed or taken out.
pub fn check_growth(older: &Checkpoint, newer: &Checkpoint, proof: &Consistency) -> Result<(), ProofFault> {
    if older.origin() != newer.origin() {
        return Err(ProofFault::OtherLog);
    }
    if (proof.older, proof.newer) != (older.size(), newer.size()) {
        return Err(ProofFault::OtherSize);
    }
    proof.check(older.root(), newer.root())
}

impl Inclusion {
    /// Checks that the path leads from a leaf to a root.
    pub fn check(&self, leaf: Hash, root: Hash) -> Result<(), ProofFault> {
        if self.index >= self.size {
            return Err(ProofFault::OutOfRange);
        }
        let mut climb = Climb {
            node: self.index,
            last: self.size - 1,
        };
        let mut hash = leaf;
        for sibling in &self.path {
            hash = match climb.step().ok_or(ProofFault::WrongLength)? {
                Side::Left => node_hash(sibling, &hash),
                Side::Right => node_hash(&hash, sibling),
            };
        }
        climb.check_done()?;
        (hash == root).then_some(()).ok_or(ProofFault::WrongRoot)
    }
}

impl Consistency {
    /// Checks that the path leads to both roots. That nothing was before is consistent with everything.
    pub fn check(&self, older_root: Hash, newer_root: Hash) -> Result<(), ProofFault> {
        if self.older > self.newer {
            return Err(ProofFault::OutOfRange);
        }
        if self.older == 0 || self.older == self.newer {
            return self.check_trivial(older_root, newer_root);
        }
        let mut climb = Climb {
            node: self.older - 1,
            last: self.newer - 1,
        };
        climb.skip_complete();
        // A complete older tree is itself the first node; the path leaves it out.
        let complete = self.older.is_power_of_two().then_some(older_root);
        let mut path = complete.iter().chain(&self.path);
        let start = *path.next().ok_or(ProofFault::WrongLength)?;
        let (mut before, mut after) = (start, start);
        for sibling in path {
            match climb.step().ok_or(ProofFault::WrongLength)? {
                Side::Left => (before, after) = (node_hash(sibling, &before), node_hash(sibling, &after)),
                Side::Right => after = node_hash(&after, sibling),
            }
        }
        climb.check_done()?;
        if before != older_root {
            return Err(ProofFault::WrongOlderRoot);
        }
        (after == newer_root).then_some(()).ok_or(ProofFault::WrongRoot)
    }

    fn check_trivial(&self, older_root: Hash, newer_root: Hash) -> Result<(), ProofFault> {
        if !self.path.is_empty() {
            return Err(ProofFault::WrongLength);
        }
        if self.older == 0 && older_root != empty_root() {
            return Err(ProofFault::WrongOlderRoot);
        }
        let same = self.older < self.newer || older_root == newer_root;
        same.then_some(()).ok_or(ProofFault::WrongRoot)
    }
}

/// The way from a node up to the root of a tree, as two numbers: the node's and the last node's of its level.
struct Climb {
    node: u64,
    last: u64,
}

/// On which side the sibling stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// One sibling further up; nothing at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let is_right = self.node % 2 == 1;
        let side = if is_right || self.node == self.last {
            Side::Left
        } else {
            Side::Right
        };
        if !is_right && self.node == self.last {
            // A last node without a sibling rises unchanged until it is a right child.
            let rise = self.node.trailing_zeros();
            (self.node, self.last) = (self.node >> rise, self.last >> rise);
        }
        (self.node, self.last) = (self.node >> 1, self.last >> 1);
        Some(side)
    }

    /// Up to the root of the complete subtree that ends with this node.
    fn skip_complete(&mut self) {
        let rise = self.node.trailing_ones();
        (self.node, self.last) = (self.node >> rise, self.last >> rise);
    }

    fn check_done(&self) -> Result<(), ProofFault> {
        (self.last == 0).then_some(()).ok_or(ProofFault::WrongLength)
    }
}
