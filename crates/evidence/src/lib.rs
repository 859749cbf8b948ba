//! Evidence that an outsider can check: a hash chain, a Merkle log, checkpoints and proofs.
//!
//! The *chain* ties the journal together for us: a changed, lost or swapped entry breaks every head after it. The *Merkle
//! log* lets others check without our journal: who kept one checkpoint can be shown that an entry stood in it, and that
//! nothing before it was changed since. Both are plain SHA-256 in published shapes, so that other tools can check them too.
//!
//! ```
//! use segel_evidence::{Checkpoint, Log, proof};
//!
//! let mut log = Log::new();
//! for entry in ["sealed", "departed", "arrived"] {
//!     log.append(entry.as_bytes());
//! }
//! // What is published: three lines of text.
//! let published = Checkpoint::new("example.com/segel", log.size(), log.root()).expect("a plain origin").encode();
//! let inclusion = log.prove_inclusion(1, 3).expect("the log holds three entries");
//!
//! // What an outsider does, holding the text, the entry and the proof.
//! let checkpoint = Checkpoint::parse(&published).expect("well formed");
//! assert!(proof::check_entry(&checkpoint, b"departed", &inclusion).is_ok());
//! assert!(proof::check_entry(&checkpoint, b"never left", &inclusion).is_err());
//! ```
#![no_std]
extern crate alloc;

pub mod hash;

pub mod chain;
pub mod merkle;

pub mod checkpoint;
pub mod proof;

pub use chain::Head;
pub use checkpoint::{Checkpoint, CheckpointFault};
pub use hash::Hash;
pub use merkle::{Frontier, Log};
pub use proof::{Consistency, Inclusion, ProofFault};
