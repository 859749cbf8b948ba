//! Who may see a document or a route because of the trips on it, counted, so that the ten-thousandth trip on a route costs
//! what the first did.
//!
//! It follows from the state alone: filled when that was read back, and told of each trip that an entry has moved.

use std::collections::{BTreeMap, BTreeSet};

use segel_model::TripId;
use segel_model::event::Subject;
use segel_store::ScopeKey;

/// What a trip gives to its papers: whom it concerns, and which document and route it is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lent {
    /// Its document and its route.
    pub papers: [Option<Subject>; 2],
    /// Whom it concerns.
    pub keys: BTreeSet<ScopeKey>,
}

/// Who may see papers because of the trips on them.
#[derive(Debug, Default)]
pub struct Readers {
    lent: BTreeMap<TripId, Lent>,
    counts: BTreeMap<Subject, BTreeMap<ScopeKey, u32>>,
}

impl Readers {
    /// What a trip lends from now on; nothing where it has left the state.
    pub fn put(&mut self, trip: TripId, now: Option<Lent>) {
        if self.lent.get(&trip) == now.as_ref() {
            return;
        }
        let before = match &now {
            Some(now) => self.lent.insert(trip, now.clone()),
            None => self.lent.remove(&trip),
        };
        for (paper, key) in now.iter().flat_map(Lent::pairs) {
            *self
                .counts
                .entry(paper)
                .or_default()
                .entry(key.clone())
                .or_default() += 1;
        }
        for (paper, key) in before.iter().flat_map(Lent::pairs) {
            self.take_back(paper, key);
        }
    }

    /// Who may see a paper because of its trips.
    pub fn of(&self, paper: Subject) -> impl Iterator<Item = ScopeKey> {
        self.counts
            .get(&paper)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .cloned()
    }

    fn take_back(&mut self, paper: Subject, key: &ScopeKey) {
        let Some(counts) = self.counts.get_mut(&paper) else {
            return;
        };
        if let Some(count) = counts.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(key);
            }
        }
        if counts.is_empty() {
            self.counts.remove(&paper);
        }
    }
}

impl Lent {
    fn pairs(&self) -> impl Iterator<Item = (Subject, &ScopeKey)> {
        let papers = self.papers.iter().flatten();
        papers.flat_map(|paper| self.keys.iter().map(|key| (*paper, key)))
    }
}

#[cfg(test)]
mod tests {
    use segel_model::{PersonId, RouteId};

    use super::*;

    const ROUTE: Subject = Subject::Route(RouteId(1));

    fn lent(people: &[u64]) -> Lent {
        Lent {
            papers: [None, Some(ROUTE)],
            keys: people.iter().map(|id| ScopeKey::Person(PersonId(*id))).collect(),
        }
    }

    fn seen_by(readers: &Readers) -> Vec<ScopeKey> {
        readers.of(ROUTE).collect()
    }

    #[test]
    fn a_reader_is_one_as_long_as_any_trip_says_so() {
        let mut readers = Readers::default();
        readers.put(TripId(1), Some(lent(&[7, 8])));
        readers.put(TripId(2), Some(lent(&[8])));
        assert_eq!(seen_by(&readers).len(), 2);
        readers.put(TripId(1), Some(lent(&[9])));
        let (eight, nine) = (ScopeKey::Person(PersonId(8)), ScopeKey::Person(PersonId(9)));
        assert_eq!(seen_by(&readers), [eight.clone(), nine]);
        readers.put(TripId(1), None);
        assert_eq!(seen_by(&readers), [eight]);
        readers.put(TripId(2), None);
        assert!(seen_by(&readers).is_empty() && readers.lent.is_empty() && readers.counts.is_empty());
    }
}
