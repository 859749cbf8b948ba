//! How often one may try to sign in: a bucket for each account and for each network, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use segel_model::ServerTime;

/// Tries an account has at once, before it must wait.
pub const ACCOUNT_TRIES: u32 = 8;
/// A try comes back to an account after so long.
pub const ACCOUNT_REFILL_S: u32 = 30;
/// Tries a network (a /24 of IPv4, a /64 of IPv6) has at once: an office of a hundred people behind one address.
pub const NETWORK_TRIES: u32 = 100;
/// A try comes back to a network after so long.
pub const NETWORK_REFILL_S: u32 = 3;
/// Buckets kept of each kind. When all are taken the fullest go: they have nothing to hold back.
pub const BUCKETS_MAX: usize = 10_000;

/// How often something may be done: so often at once, and once more after each of so many milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// At once.
    pub most: u32,
    /// Until one comes back.
    pub refill_ms: i64,
}

const ACCOUNT: Pace = Pace {
    most: ACCOUNT_TRIES,
    refill_ms: ACCOUNT_REFILL_S as i64 * 1000,
};
const NETWORK: Pace = Pace {
    most: NETWORK_TRIES,
    refill_ms: NETWORK_REFILL_S as i64 * 1000,
};

/// All attempts.
#[derive(Default)]
pub struct Attempts {
    accounts: Mutex<Buckets<[u8; 32]>>,
    networks: Mutex<Buckets<u64>>,
}

/// A bucket for each name, in bounded memory.
pub struct Buckets<K> {
    all: HashMap<K, Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: u32,
    counted: ServerTime,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self { all: HashMap::new() }
    }
}

impl Attempts {
    /// Takes a try of this account from this address, or says after how many seconds there is one again.
    pub fn take(&self, account: &str, address: Option<IpAddr>, now: ServerTime) -> Result<(), u32> {
        let account = super::secrets::hash("attempt", account.to_lowercase().as_bytes()).0;
        if let Some(address) = address {
            let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
            networks.take(network(address), NETWORK, now)?;
        }
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.take(account, ACCOUNT, now)
    }

    /// The right password gives an account its tries back.
    pub fn succeeded(&self, account: &str) {
        let account = super::secrets::hash("attempt", account.to_lowercase().as_bytes()).0;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.all.remove(&account);
    }
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    /// Takes one out of the bucket of that name, or says after how many seconds there is one again.
    pub fn take(&mut self, key: K, pace: Pace, now: ServerTime) -> Result<(), u32> {
        self.make_room(&key, pace, now);
        let full = Bucket {
            left: pace.most,
            counted: now,
        };
        let bucket = self.all.entry(key).or_insert(full);
        *bucket = bucket.refilled(pace, now);
        match bucket.left.checked_sub(1) {
            Some(left) => {
                bucket.left = left;
                Ok(())
            }
            None => Err(bucket.wait_s(pace, now)),
        }
    }

    fn make_room(&mut self, key: &K, pace: Pace, now: ServerTime) {
        if self.all.len() < BUCKETS_MAX || self.all.contains_key(key) {
            return;
        }
        self.all
            .retain(|_, bucket| bucket.refilled(pace, now).left < pace.most);
        if BUCKETS_MAX <= self.all.len() {
            let fullest = self.all.values().map(|bucket| bucket.left).max().unwrap_or(0);
            let victims: Vec<K> = self
                .all
                .iter()
                .filter(|(_, bucket)| bucket.left == fullest)
                .map(|(key, _)| *key)
                .take(BUCKETS_MAX / 10)
                .collect();
            victims.iter().for_each(|key| {
                self.all.remove(key);
            });
        }
    }
}

impl Bucket {
    fn refilled(self, Pace { most, refill_ms }: Pace, now: ServerTime) -> Self {
        let back = now.since_ms(self.counted).max(0) / refill_ms;
        let left = u32::try_from(back).unwrap_or(u32::MAX).saturating_add(self.left);
        if most <= left {
            return Self {
                left: most,
                counted: now,
            };
        }
        Self {
            left,
            counted: self.counted.plus_ms(back * refill_ms),
        }
    }

    fn wait_s(self, pace: Pace, now: ServerTime) -> u32 {
        let left_ms = pace.refill_ms - now.since_ms(self.counted).max(0);
        u32::try_from((left_ms + 999).div_euclid(1000).max(1)).unwrap_or(u32::MAX)
    }
}

/// A /24 of IPv4, a /64 of IPv6.
fn network(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits() >> 8),
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or((v6.to_bits() >> 64) as u64 | 1 << 63, |v4| {
                u64::from(v4.to_bits() >> 8)
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_795_000_000_000);

    #[test]
    fn an_account_has_eight_tries_and_one_comes_back_every_thirty_seconds() {
        let attempts = Attempts::default();
        for _ in 0..ACCOUNT_TRIES {
            assert_eq!(attempts.take("sari", None, NOW), Ok(()));
        }
        assert_eq!(attempts.take("SARI", None, NOW), Err(30), "however it is written");
        assert_eq!(
            attempts.take("budi", None, NOW),
            Ok(()),
            "others are not held back"
        );
        assert_eq!(attempts.take("sari", None, NOW.plus_ms(29_999)), Err(1));
        assert_eq!(attempts.take("sari", None, NOW.plus_ms(30_000)), Ok(()));
        assert_eq!(attempts.take("sari", None, NOW.plus_ms(30_000)), Err(30));
    }

    #[test]
    fn the_right_password_gives_the_tries_back() {
        let attempts = Attempts::default();
        for _ in 0..ACCOUNT_TRIES {
            assert_eq!(attempts.take("sari", None, NOW), Ok(()));
        }
        attempts.succeeded("sari");
        assert_eq!(attempts.take("sari", None, NOW), Ok(()));
    }

    #[test]
    fn one_network_tries_a_hundred_names_and_then_waits() {
        let attempts = Attempts::default();
        for name in 0..NETWORK_TRIES {
            let address = IpAddr::from([10, 0, 0, (name % 250) as u8]);
            assert_eq!(attempts.take(&name.to_string(), Some(address), NOW), Ok(()));
        }
        let same = IpAddr::from([10, 0, 0, 7]);
        assert_eq!(attempts.take("next", Some(same), NOW), Err(3));
        let other = IpAddr::from([10, 0, 1, 7]);
        assert_eq!(attempts.take("next", Some(other), NOW), Ok(()));
    }

    #[test]
    fn a_million_names_do_not_take_more_memory_than_the_limit() {
        let attempts = Attempts::default();
        for _ in 0..ACCOUNT_TRIES {
            assert_eq!(attempts.take("attacked", None, NOW), Ok(()));
        }
        for name in 0..3 * BUCKETS_MAX {
            assert_eq!(attempts.take(&format!("name {name}"), None, NOW), Ok(()));
        }
        let kept = attempts.accounts.lock().expect("no panic before").all.len();
        assert!(kept <= BUCKETS_MAX, "{kept}");
        assert_eq!(
            attempts.take("attacked", None, NOW),
            Err(30),
            "an empty bucket is never thrown away"
        );
    }
}
