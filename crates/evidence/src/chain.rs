//! The chain: each head covers everything before it.
//!
//! A head is SHA-256 over the name of this construction, the head before, what kind of thing is added, and its bytes. The
//! kind and its length are part of the hash, so that bytes of one kind are never taken for another's.

use crate::hash::Hash;

/// Starts every hash of a chain, so that no hash of anything else can be taken for a head.
const DOMAIN: &[u8] = b"segel chain 1\0";

/// The running hash of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Head(pub Hash);

/// One link as it was kept: what was added, and the head after it.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// What kind of thing was added.
    pub kind: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The head that was kept with it.
    pub head: Head,
}

impl Head {
    /// The head of a chain that nothing was added to: SHA-256 of the text `segel chain 1: genesis`.
    /// Not all zeros, so that a field nobody filled in is never the start of a chain.
    pub const GENESIS: Self = Self(Hash([
        0x35, 0x80, 0x1b, 0x8a, 0x41, 0x43, 0xcb, 0xb8, 0x57, 0xc8, 0xcc, 0xb3, 0xad, 0x7e, 0xaf, 0x9b, 0x35,
        0x61, 0xc8, 0x33, 0xdc, 0x58, 0x07, 0x7b, 0xd4, 0x74, 0x96, 0x3e, 0x54, 0x56, 0x39, 0x18,
    ]));

    /// The head after adding some bytes of a kind.
    #[must_use]
    pub fn extend(self, kind: &str, bytes: &[u8]) -> Self {
        let kind_length = (kind.len() as u64).to_be_bytes();
        Self(Hash::of(&[
            DOMAIN,
            self.0.bytes(),
            &kind_length,
            kind.as_bytes(),
            bytes,
        ]))
    }

    /// The thirty-two bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

impl core::fmt::Display for Head {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// The first link, counted from 0, whose kept head is not what the links up to it give; nothing where all fit.
pub fn first_break<'a>(start: Head, links: impl IntoIterator<Item = Link<'a>>) -> Option<u64> {
    let mut head = start;
    let broken = (0u64..).zip(links).find(|(_, link)| {
        head = head.extend(link.kind, link.bytes);
        head != link.head
    });
    broken.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    type Kept = Vec<(&'static str, Vec<u8>, Head)>;

    fn keep(entries: &[&[u8]]) -> Kept {
        let mut head = Head::GENESIS;
        let links = entries.iter().map(|entry| {
            head = head.extend("entry", entry);
            ("entry", entry.to_vec(), head)
        });
        links.collect()
    }

    fn broken(kept: &Kept) -> Option<u64> {
        first_break(
            Head::GENESIS,
            kept.iter().map(|(kind, bytes, head)| Link {
                kind,
                bytes,
                head: *head,
            }),
        )
    }

    #[test]
    fn the_genesis_is_the_hash_of_its_text() {
        assert_eq!(Head::GENESIS.0, Hash::of(&[b"segel chain 1: genesis"]));
    }

    /// Computed with `sha256sum` over the parts written one after the other: a change here breaks every chain that was kept.
    #[test]
    fn the_first_head_never_changes() {
        let parts: Vec<u8> = [
            b"segel chain 1\0".as_slice(),
            Head::GENESIS.bytes(),
            &[0, 0, 0, 0, 0, 0, 0, 5],
            b"entry",
            b"{\"trip\":7}",
        ]
        .concat();
        assert_eq!(
            Head::GENESIS.extend("entry", b"{\"trip\":7}").0,
            Hash::of(&[&parts])
        );
        assert_eq!(
            alloc::format!("{}", Head::GENESIS.extend("entry", b"{\"trip\":7}")),
            "a9ff642e401ca4331adce5aa87468cf813f0a83b110fa99a6ac54288270e56d7"
        );
    }

    #[test]
    fn a_kept_chain_fits() {
        assert_eq!(broken(&keep(&[])), None);
        assert_eq!(broken(&keep(&[b"a", b"", b"c"])), None);
    }

    #[test]
    fn kinds_are_apart_even_where_their_bytes_run_together() {
        let heads = [("entry", "x"), ("entr", "yx"), ("entryx", ""), ("staged", "x")]
            .map(|(kind, bytes)| Head::GENESIS.extend(kind, bytes.as_bytes()));
        for (index, head) in heads.iter().enumerate() {
            assert!(!heads[..index].contains(head));
        }
    }

    #[test]
    fn a_changed_lost_doubled_or_swapped_entry_is_found_where_it_stands() {
        let whole = keep(&[b"a", b"b", b"c", b"d"]);
        let spoilt = |spoil: fn(&mut Kept)| {
            let mut kept = whole.clone();
            spoil(&mut kept);
            broken(&kept)
        };
        assert_eq!(spoilt(|kept| kept[2].1 = vec![b'x']), Some(2));
        assert_eq!(spoilt(|kept| kept[1].0 = "photo"), Some(1));
        assert_eq!(spoilt(|kept| drop(kept.remove(1))), Some(1));
        assert_eq!(spoilt(|kept| kept.insert(3, kept[2].clone())), Some(3));
        assert_eq!(spoilt(|kept| kept.swap(0, 1)), Some(0));
        assert_eq!(spoilt(|kept| kept[3].2 = Head::GENESIS), Some(3));
        // What is cut off the end is not seen by the chain alone: that is what a published checkpoint is for.
        assert_eq!(spoilt(|kept| kept.truncate(2)), None);
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_found(entries: Vec<Vec<u8>>, which: prop::sample::Index, bit: prop::sample::Index) {
            let entries: Vec<Vec<u8>> = entries.into_iter().filter(|entry| !entry.is_empty()).collect();
            prop_assume!(!entries.is_empty());
            let mut kept = keep(&entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let which = which.index(kept.len());
            let bit = bit.index(kept[which].1.len() * 8);
            kept[which].1[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(broken(&kept), Some(which as u64));
        }
    }
}
