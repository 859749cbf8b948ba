//! The journal's chain: each hash covers the one before it and the entry's bytes.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// What stands before the first entry.
pub const START: Hash = [0; 32];

/// Starts every hash over an entry, so that no other chain's bytes can be taken for one.
const DOMAIN: &[u8] = b"segel journal 1\0";

/// The chain's next link.
pub fn link(previous: &Hash, body: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(previous)
        .chain_update(body)
        .finalize()
        .into()
}
