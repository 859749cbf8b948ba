//! The Merkle log against RFC 6962's shape (by `ct-merkle`), and its proofs against every way of bending them.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use segel_evidence::{
    Checkpoint, Consistency, Frontier, Hash, Inclusion, Log, ProofFault,
    merkle::{self, Node, SIZE_LIMIT, empty_root, leaf_hash},
    proof,
};
use sha2_oracle::Sha256;

/// Proofs of all logs up to this size are looked at one by one.
const SMALL: u64 = 33;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn log(size: u64) -> Log {
    let mut log = Log::new();
    (0..size).for_each(|index| log.append(&entry(index)));
    log
}

fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(entry(index)));
    tree
}

fn joined(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.bytes().to_vec()).collect()
}

fn inclusion(log: &Log, index: u64, size: u64) -> Inclusion {
    log.prove_inclusion(index, size).expect("the entry is in the log")
}

fn consistency(log: &Log, older: u64, newer: u64) -> Consistency {
    log.prove_consistency(older, newer).expect("the log has grown")
}

fn root(log: &Log, size: u64) -> Hash {
    log.root_at(size).expect("the log is large enough")
}

/// The eight entries and roots with which certificate transparency logs are tested.
#[test]
fn roots_are_those_of_certificate_transparency() {
    let entries: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        ],
    ];
    let mut log = Log::new();
    assert_eq!(
        log.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    log.append(entries[0]);
    assert_eq!(
        log.root().to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    log.append(entries[1]);
    assert_eq!(
        log.root().to_string(),
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    );
    entries[2..].iter().for_each(|entry| log.append(entry));
    assert_eq!(
        log.root().to_string(),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
}

#[test]
fn roots_and_proofs_of_small_logs_are_the_oracles() {
    for size in 1..=SMALL {
        let (log, tree) = (log(size), oracle(size));
        assert_eq!(log.root().bytes().as_slice(), tree.root().as_bytes().as_slice());
        for index in 0..size {
            let ours = inclusion(&log, index, size);
            assert_eq!(
                joined(&ours.path),
                tree.prove_inclusion(index as usize).as_bytes()
            );
            assert_eq!(ours.check(leaf_hash(&entry(index)), log.root()), Ok(()));
        }
        for older in 1..=size {
            let ours = consistency(&log, older, size);
            assert_eq!(
                joined(&ours.path),
                tree.prove_consistency((size - older) as usize).as_bytes()
            );
            assert_eq!(ours.check(root(&log, older), log.root()), Ok(()));
        }
    }
}

#[test]
fn a_large_log_proves_its_past_as_it_was() {
    let log = log(1_000);
    for size in [1, 2, 511, 512, 513, 999, 1_000] {
        assert_eq!(root(&log, size), self::log(size).root());
        assert_eq!(
            inclusion(&log, size / 2, size),
            inclusion(&self::log(size), size / 2, size)
        );
    }
    assert_eq!(log.root_at(1_001), None);
    assert_eq!(log.prove_inclusion(0, 1_001), None);
    assert_eq!(log.prove_consistency(3, 1_001), None);
}

#[test]
fn what_is_not_in_the_log_cannot_be_proven() {
    let log = log(5);
    assert_eq!(log.prove_inclusion(5, 5), None);
    assert_eq!(log.prove_inclusion(0, 0), None);
    assert_eq!(log.prove_consistency(4, 3), None);
}

#[test]
fn every_flipped_bit_of_an_inclusion_proof_fails() {
    for size in 1..=9 {
        let log = log(size);
        for index in 0..size {
            let (whole, leaf) = (inclusion(&log, index, size), leaf_hash(&entry(index)));
            for bit in 0..whole.path.len() * 256 {
                let mut bent = whole.clone();
                bent.path[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
                assert_eq!(bent.check(leaf, log.root()), Err(ProofFault::WrongRoot));
            }
            for bit in 0..256 {
                assert_eq!(
                    whole.check(flipped(leaf, bit), log.root()),
                    Err(ProofFault::WrongRoot)
                );
                assert_eq!(
                    whole.check(leaf, flipped(log.root(), bit)),
                    Err(ProofFault::WrongRoot)
                );
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_a_consistency_proof_fails() {
    for newer in 1..=9 {
        let log = log(newer);
        for older in 1..=newer {
            let whole = consistency(&log, older, newer);
            let (before, after) = (root(&log, older), log.root());
            for bit in 0..whole.path.len() * 256 {
                let mut bent = whole.clone();
                bent.path[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
                assert!(bent.check(before, after).is_err());
            }
            for bit in 0..256 {
                assert!(whole.check(flipped(before, bit), after).is_err());
                assert_eq!(
                    whole.check(before, flipped(after, bit)),
                    Err(ProofFault::WrongRoot)
                );
            }
        }
    }
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash(bytes)
}

#[test]
fn a_proof_for_another_entry_or_size_fails() {
    for size in 1..=17 {
        let log = log(size);
        for index in 0..size {
            let whole = inclusion(&log, index, size);
            for other in (0..size + 2).filter(|other| *other != index) {
                let bent = Inclusion {
                    index: other,
                    ..whole.clone()
                };
                assert!(
                    bent.check(leaf_hash(&entry(index)), log.root()).is_err(),
                    "{index} as {other} of {size}"
                );
                assert!(whole.check(leaf_hash(&entry(other)), log.root()).is_err());
            }
        }
    }
}

#[test]
fn a_path_too_short_or_too_long_fails() {
    let log = log(11);
    let leaf = leaf_hash(&entry(6));
    let whole = inclusion(&log, 6, 11);
    let mut short = whole.clone();
    short.path.pop();
    assert_eq!(short.check(leaf, log.root()), Err(ProofFault::WrongLength));
    let mut long = whole;
    long.path.push(leaf);
    assert_eq!(long.check(leaf, log.root()), Err(ProofFault::WrongLength));

    let (before, after) = (root(&log, 6), log.root());
    let whole = consistency(&log, 6, 11);
    let mut short = whole.clone();
    short.path.pop();
    assert_eq!(short.check(before, after), Err(ProofFault::WrongLength));
    let mut long = whole.clone();
    long.path.push(leaf);
    assert_eq!(long.check(before, after), Err(ProofFault::WrongLength));
    let none = Consistency {
        path: vec![],
        ..whole
    };
    assert_eq!(none.check(before, after), Err(ProofFault::WrongLength));
}

#[test]
fn a_log_is_consistent_with_itself_and_with_nothing_before() {
    let log = log(4);
    assert_eq!(consistency(&log, 4, 4).check(log.root(), log.root()), Ok(()));
    assert_eq!(
        consistency(&log, 4, 4).check(root(&log, 3), log.root()),
        Err(ProofFault::WrongRoot)
    );
    assert_eq!(consistency(&log, 0, 4).check(empty_root(), log.root()), Ok(()));
    assert_eq!(
        consistency(&log, 0, 4).check(log.root(), log.root()),
        Err(ProofFault::WrongOlderRoot)
    );
    let padded = Consistency {
        older: 0,
        newer: 4,
        path: vec![log.root()],
    };
    assert_eq!(
        padded.check(empty_root(), log.root()),
        Err(ProofFault::WrongLength)
    );
    let backward = Consistency {
        older: 5,
        newer: 4,
        path: vec![],
    };
    assert_eq!(
        backward.check(log.root(), log.root()),
        Err(ProofFault::OutOfRange)
    );
}

#[test]
fn a_rewritten_past_is_not_consistent() {
    let honest = log(6);
    let mut rewritten = Log::new();
    for index in 0..9 {
        rewritten.append(if index == 2 {
            b"another truth".as_slice()
        } else {
            b"x"
        });
    }
    let proof = consistency(&rewritten, 6, 9);
    assert_eq!(
        proof.check(honest.root(), rewritten.root()),
        Err(ProofFault::WrongOlderRoot)
    );
}

fn checkpoint(origin: &str, log: &Log, size: u64) -> Checkpoint {
    Checkpoint::new(origin, size, root(log, size)).expect("the origin is plain")
}

#[test]
fn an_outsider_checks_an_entry_and_growth_by_checkpoints_alone() {
    let log = log(20);
    let (older, newer) = (
        checkpoint("segel.example/log", &log, 12),
        checkpoint("segel.example/log", &log, 20),
    );
    let proof = inclusion(&log, 7, 12);
    assert_eq!(proof::check_entry(&older, &entry(7), &proof), Ok(()));
    assert_eq!(
        proof::check_entry(&older, &entry(8), &proof),
        Err(ProofFault::WrongRoot)
    );
    assert_eq!(
        proof::check_entry(&newer, &entry(7), &proof),
        Err(ProofFault::OtherSize)
    );
    let growth = consistency(&log, 12, 20);
    assert_eq!(proof::check_growth(&older, &newer, &growth), Ok(()));
    assert_eq!(
        proof::check_growth(&newer, &older, &growth),
        Err(ProofFault::OtherSize)
    );
    let other = checkpoint("segel.example/other", &log, 20);
    assert_eq!(
        proof::check_growth(&older, &other, &growth),
        Err(ProofFault::OtherLog)
    );
}

#[test]
fn proofs_and_frontiers_are_kept_as_text_and_as_bytes() {
    let log = log(5);
    let proof = inclusion(&log, 4, 5);
    let json = serde_json::to_string(&proof).unwrap();
    assert_eq!(
        json,
        format!(r#"{{"index":4,"size":5,"path":["{}"]}}"#, root(&log, 4))
    );
    assert_eq!(serde_json::from_str::<Inclusion>(&json).unwrap(), proof);
    let mut frontier = Frontier::new();
    (0..5).for_each(|index| frontier.append(leaf_hash(&entry(index)), |_, _| ()));
    let bytes = postcard::to_allocvec(&frontier).unwrap();
    assert_eq!(bytes.len(), 1 + 1 + 2 * 32);
    let read: Frontier = postcard::from_bytes(&bytes).unwrap();
    assert_eq!((read.size(), read.root()), (5, log.root()));
}

#[test]
fn a_frontier_that_cannot_be_is_refused_on_reading() {
    let read = |size: u64, roots: &[Hash]| {
        serde_json::from_value::<Frontier>(serde_json::json!({"size": size, "roots": roots}))
    };
    let hash = leaf_hash(b"x");
    assert!(read(5, &[hash, hash]).is_ok());
    assert!(read(5, &[hash]).is_err());
    assert!(read(0, &[hash]).is_err());
    assert!(read(SIZE_LIMIT, &[hash]).is_ok());
    assert!(read(SIZE_LIMIT << 1, &[hash]).is_err());
    assert!(read(u64::MAX, &[hash; 64]).is_err());
}

#[test]
fn each_node_is_kept_once_and_for_good() {
    let mut kept: Vec<Node> = vec![];
    let mut frontier = Frontier::new();
    (0..6).for_each(|index| frontier.append(leaf_hash(&entry(index)), |node, _| kept.push(node)));
    let levels: Vec<(u8, u64)> = kept.iter().map(|node| (node.level, node.index)).collect();
    assert_eq!(
        levels,
        [
            (0, 0),
            (0, 1),
            (1, 0),
            (0, 2),
            (0, 3),
            (1, 1),
            (2, 0),
            (0, 4),
            (0, 5),
            (1, 2)
        ]
    );
}

#[test]
fn a_node_that_is_not_there_makes_no_proof() {
    assert_eq!(merkle::prove_inclusion(2, 7, &mut |_| None), None);
    assert_eq!(merkle::prove_consistency(3, 7, &mut |_| None), None);
    assert_eq!(merkle::root(7, &mut |_| None), None);
    assert_eq!(merkle::root(0, &mut |_| None), Some(empty_root()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn proofs_of_larger_logs_are_the_oracles(size in 1u64..700, index: prop::sample::Index, older: prop::sample::Index) {
        let (log, tree) = (log(size), oracle(size));
        let (index, older) = (index.index(size as usize) as u64, older.index(size as usize) as u64 + 1);
        let root_bytes = log.root().bytes().to_vec();
        prop_assert_eq!(root_bytes, tree.root().as_bytes().to_vec());
        let ours = inclusion(&log, index, size);
        prop_assert_eq!(joined(&ours.path), tree.prove_inclusion(index as usize).as_bytes().to_vec());
        prop_assert_eq!(ours.check(leaf_hash(&entry(index)), log.root()), Ok(()));
        let ours = consistency(&log, older, size);
        let additions = (size - older) as usize;
        prop_assert_eq!(joined(&ours.path), tree.prove_consistency(additions).as_bytes().to_vec());
        prop_assert_eq!(ours.check(root(&log, older), log.root()), Ok(()));
    }

    #[test]
    fn checking_is_total(index: u64, size: u64, older: u64, path: Vec<[u8; 32]>, leaf: [u8; 32]) {
        let path: Vec<Hash> = path.into_iter().map(Hash).collect();
        let included = Inclusion { index, size, path: path.clone() }.check(Hash(leaf), Hash(leaf));
        prop_assert!(included.is_err() || size == 1);
        for (older, newer) in [(older, size), (size, older), (size, size), (u64::MAX, u64::MAX), (1, u64::MAX)] {
            let _ = Consistency { older, newer, path: path.clone() }.check(Hash(leaf), empty_root());
        }
    }
}
