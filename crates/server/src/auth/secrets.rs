//! Random words that open something, and the hashes by which they are known again. Only hashes are ever stored.

use segel_model::SecretHash;
use sha2::{Digest, Sha256};

/// Letters and digits that nobody confuses when reading aloud: no 0, O, 1, I, L, U.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Four groups of four: 78 bits, and a code lives for days.
const CODE_LETTERS: usize = 16;
const BLOCK: usize = 64;

/// Fresh random bytes.
///
/// # Panics
/// Where the machine has no randomness: then nothing here may go on.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A fresh random word of 256 bits, in hexadecimal.
pub fn word() -> String {
    hex(&random::<32>())
}

/// A one-time code, from 16 letters' worth of bytes: `K7QD-2MXA-9PVT-5HRC`.
pub fn code(from: &[u8; 32]) -> String {
    let letters = from.iter().take(CODE_LETTERS).enumerate();
    letters.fold(String::new(), |mut code, (place, byte)| {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        code
    })
}

/// The hash by which a code is known, however it was typed.
pub fn code_hash(typed: &str) -> SecretHash {
    let normal: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    hash("invitation", normal.to_ascii_uppercase().as_bytes())
}

/// The hash by which a word of one purpose is known.
pub fn hash(purpose: &str, word: &[u8]) -> SecretHash {
    let hash = Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(word)
        .finalize();
    SecretHash(hash.into())
}

/// HMAC with SHA-256 (RFC 2104), for words that must come out the same again, and for what others sign.
pub fn keyed(key: &[u8], message: &[u8]) -> [u8; 32] {
    assert!(key.len() <= BLOCK, "a longer key would have to be hashed first");
    let padded = |pad: u8| {
        let mut block = [pad; BLOCK];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

/// Compares without telling by its time where they differ.
pub fn same(one: &SecretHash, other: &SecretHash) -> bool {
    let differences = one.0.iter().zip(&other.0).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_keyed_hash_is_hmac_sha_256() {
        assert_eq!(
            hex(&keyed(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = code(&random());
        assert_eq!(code.len(), 19);
        let typed = code.replace('-', " ").to_ascii_lowercase();
        assert!(same(&code_hash(&code), &code_hash(&typed)));
        assert!(!same(&code_hash(&code), &code_hash(&code[1..])));
    }

    #[test]
    fn one_word_has_another_hash_for_each_purpose() {
        assert_ne!(hash("session", b"word"), hash("csrf", b"word"));
    }
}
