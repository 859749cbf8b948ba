//! Passwords: argon2id on a bounded pool, because each hash costs a core some 15 ms and 19 MiB.

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::secrets;

/// Hashes at once; more would take the cores away from the engine.
pub const HASHING_AT_ONCE: usize = 2;
/// Sign-ins that may wait for their turn, half a second's worth each way; more are told to come back.
pub const HASHING_WAITING: usize = 64;
/// The shortest password: length is what counts, so nothing else is asked of it.
pub const LENGTH_MIN: usize = 10;
/// The longest: a limit only so that nobody sends a book.
pub const LENGTH_MAX: usize = 200;

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded;

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(HASHING_AT_ONCE)),
            places: Arc::new(Semaphore::new(HASHING_AT_ONCE + HASHING_WAITING)),
        }
    }
}

impl Passwords {
    /// How many are at it or wait for their turn, and how many may.
    pub fn waiting(&self) -> (usize, usize) {
        let places = HASHING_AT_ONCE + HASHING_WAITING;
        (places - self.places.available_permits(), places)
    }

    /// The password's hash, in the PHC form.
    pub async fn hash(&self, password: String) -> Result<String, Crowded> {
        self.in_turn(move || hash(&password)).await
    }

    /// Whether the password is the one of that hash. Without a hash it takes as long and says no, so that nobody learns
    /// which names exist.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Crowded> {
        self.in_turn(move || verify(&password, hash.as_deref())).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crowded> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Crowded)?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Crowded)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(|_| Crowded)
    }
}

fn hash(password: &str) -> String {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &secrets::random::<16>());
    hash.expect("a salt of 16 bytes and the default parameters are legal")
        .to_string()
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = || NOBODY.get_or_init(|| self::hash("nobody")).as_str();
    let fits = Argon2::default()
        .verify_password(password.as_bytes(), hash.unwrap_or_else(nobody))
        .is_ok();
    fits && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits_and_nobody_has_none() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash("correct horse".into())
            .await
            .expect("there is room");
        assert!(hash.starts_with("$argon2id$"));
        for (typed, stored, fits) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct horsE", Some(hash), false),
            ("nobody", None, false),
            ("correct horse", Some("no hash".into()), false),
        ] {
            assert_eq!(passwords.verify(typed.into(), stored).await, Ok(fits), "{typed}");
        }
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_is_told_so() {
        let passwords = Passwords::default();
        let places = Arc::clone(&passwords.places);
        let _all = places
            .acquire_many((HASHING_AT_ONCE + HASHING_WAITING) as u32)
            .await
            .expect("open");
        assert_eq!(passwords.hash("anything".into()).await, Err(Crowded));
    }
}
