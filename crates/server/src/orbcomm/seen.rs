//! Which messages of a mailbox are durable already. The last minutes are asked for again and again, so that a message that
//! shows up late is not overlooked; those that came before are dropped here, where nothing is stored for them.

use std::collections::{HashSet, VecDeque};

/// Numbers remembered; of a mailbox that takes a hundred messages a second, those of a quarter of an hour. A repeat beyond them is
/// stored again, and known by what it says.
const SEEN_MAX: usize = 100_000;

/// The numbers of messages that are durable.
#[derive(Default)]
pub struct Seen {
    numbers: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Whether a message is among them.
    pub fn has(&self, id: u64) -> bool {
        self.numbers.contains(&id)
    }

    /// It is durable now.
    pub fn remember(&mut self, id: u64) {
        if !self.numbers.insert(id) {
            return;
        }
        self.order.push_back(id);
        if SEEN_MAX < self.order.len()
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_number_is_forgotten_beyond_the_limit_and_not_before() {
        let mut seen = Seen::default();
        (0..SEEN_MAX as u64).for_each(|id| seen.remember(id));
        seen.remember(0);
        assert!(seen.has(0));
        seen.remember(u64::MAX);
        assert!(!seen.has(0) && seen.has(1) && seen.has(u64::MAX));
    }
}
