//! A SHA-256 hash: thirty-two bytes, read and written as hexadecimal by people, as they are by machines.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of some parts, one after the other.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is not sixty-four hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAHash;

impl fmt::Display for NotAHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a hash is 64 hexadecimal digits")
    }
}

impl core::error::Error for NotAHash {}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotAHash)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn digit(character: u8) -> Result<u8, NotAHash> {
    let value = char::from(character).to_digit(16).ok_or(NotAHash)?;
    Ok(value as u8)
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Digits)
        } else {
            <[u8; 32]>::deserialize(deserializer).map(Self)
        }
    }
}

struct Digits;

impl de::Visitor<'_> for Digits {
    type Value = Hash;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "64 hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Hash, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// FIPS 180-4, example "abc".
    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(Hash::of(&[b"abc"]).to_string(), OF_ABC);
        assert_eq!(Hash::of(&[b"a", b"", b"bc"]).to_string(), OF_ABC);
    }

    #[test]
    fn people_read_digits_and_machines_bytes() {
        let hash = Hash::of(&[b"abc"]);
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(json, alloc::format!("\"{OF_ABC}\""));
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
        let bytes = postcard::to_allocvec(&hash).unwrap();
        assert_eq!(bytes, hash.bytes());
        assert_eq!(postcard::from_bytes::<Hash>(&bytes).unwrap(), hash);
    }

    #[test]
    fn what_is_not_sixty_four_digits_is_no_hash() {
        assert_eq!(OF_ABC.to_uppercase().parse(), Ok(Hash::of(&[b"abc"])));
        for text in [
            "",
            &OF_ABC[1..],
            &alloc::format!("{OF_ABC}0"),
            &OF_ABC.replace('b', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(text.parse::<Hash>(), Err(NotAHash));
        }
    }
}
