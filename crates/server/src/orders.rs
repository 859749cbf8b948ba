//! Orders that wait for their seals. A sleeping seal hears nothing, so an order lies here until the seal's next frame;
//! the connection that hears it takes the order along.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use segel_custody::State;
use segel_model::order::{Ordered, Outcome};
use segel_model::{Event, Input, OrderId, SealId, SealOrder};

/// The waiting orders of all seals, in the order of their issue.
#[derive(Default)]
pub struct Orders {
    board: Mutex<Board>,
    /// How many wait in all: mostly none, and then nobody asks for the board.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Board {
    waiting: HashMap<SealId, Vec<Waiting>>,
    seals: HashMap<OrderId, SealId>,
}

struct Waiting {
    ordered: Ordered,
    /// A connection has it in hand.
    taken: bool,
}

impl Orders {
    /// The first order of the seal that may go and that no connection has in hand; from now on one has.
    pub fn take(&self, seal: SealId, may_go: impl Fn(&SealOrder) -> bool) -> Option<Ordered> {
        let mut board = self.lock();
        let next = board
            .waiting
            .get_mut(&seal)?
            .iter_mut()
            .find(|order| !order.taken && may_go(&order.ordered.order))?;
        next.taken = true;
        Some(next.ordered.clone())
    }

    /// The connection could not deliver it: it waits for the next one.
    pub fn put_back(&self, seal: SealId, order: OrderId) {
        if let Some(found) = self
            .lock()
            .waiting
            .get_mut(&seal)
            .and_then(|all| all.iter_mut().find(|one| one.ordered.id == order))
        {
            found.taken = false;
        }
    }

    /// What ends the orders that wait for a seal of which it is heard that nothing can be told to it.
    pub fn give_up(&self, seal: SealId, why: &str) -> Vec<Input> {
        if !self.wait_for(seal) {
            return Vec::new();
        }
        let waiting = std::iter::from_fn(|| self.take(seal, |_| true));
        let ended = |ordered: Ordered| Input::OrderEnded {
            order: ordered.id,
            outcome: Outcome::NotSpoken { why: why.into() },
        };
        waiting.map(ended).collect()
    }

    /// Whether any order waits for the seal.
    pub fn wait_for(&self, seal: SealId) -> bool {
        self.waiting.load(Ordering::Acquire) != 0 && self.count(seal) != 0
    }

    /// How many orders wait for the seal.
    pub fn count(&self, seal: SealId) -> usize {
        self.lock().waiting.get(&seal).map_or(0, Vec::len)
    }

    /// Takes over what a state that was read back still waits for. Returns those that had been sent: whether they
    /// arrived is not known.
    pub(crate) fn fill(&self, state: &State) -> Vec<OrderId> {
        let open = state.orders.values().filter(|order| order.outcome.is_none());
        let (sent, unsent): (Vec<_>, Vec<_>) = open.partition(|order| order.sent_at.is_some());
        for order in unsent {
            self.issue(&order.ordered);
        }
        sent.into_iter().map(|order| order.ordered.id).collect()
    }

    /// A committed event may add or end one. Returns the seal that should be woken.
    pub(crate) fn publish(&self, event: &Event) -> Option<SealId> {
        match event {
            Event::OrderIssued { ordered, .. } => {
                self.issue(ordered);
                Some(ordered.seal)
            }
            Event::OrderEnded { order, .. } => {
                self.end(*order);
                None
            }
            _ => None,
        }
    }

    fn issue(&self, ordered: &Ordered) {
        let waiting = Waiting {
            ordered: ordered.clone(),
            taken: false,
        };
        let mut board = self.lock();
        board.seals.insert(ordered.id, ordered.seal);
        self.waiting.store(board.seals.len(), Ordering::Release);
        board.waiting.entry(ordered.seal).or_default().push(waiting);
    }

    fn end(&self, order: OrderId) {
        let mut board = self.lock();
        let Some(seal) = board.seals.remove(&order) else {
            return;
        };
        self.waiting.store(board.seals.len(), Ordering::Release);
        if let Some(waiting) = board.waiting.get_mut(&seal) {
            waiting.retain(|one| one.ordered.id != order);
            if waiting.is_empty() {
                board.waiting.remove(&seal);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(id: u64, order: SealOrder) -> Event {
        let ordered = Ordered {
            id: OrderId(id),
            seal: SealId(7),
            grant: None,
            order,
        };
        Event::OrderIssued { ordered, trip: None }
    }

    fn ended(id: u64) -> Event {
        Event::OrderEnded {
            order: OrderId(id),
            outcome: segel_model::order::Outcome::Done,
        }
    }

    #[test]
    fn orders_are_taken_in_their_order_each_by_one_connection() {
        let orders = Orders::default();
        for (id, order) in [(1, SealOrder::RotatePassword), (2, SealOrder::SetTime)] {
            assert_eq!(orders.publish(&issued(id, order)), Some(SealId(7)));
        }
        let any = |_: &SealOrder| true;
        let taken = || orders.take(SealId(7), any).map(|ordered| ordered.id.0);
        assert_eq!([taken(), taken(), taken()], [Some(1), Some(2), None]);
        orders.put_back(SealId(7), OrderId(1));
        assert_eq!(taken(), Some(1));
        orders.publish(&ended(1));
        orders.put_back(SealId(7), OrderId(1));
        assert_eq!(
            (taken(), orders.count(SealId(7))),
            (None, 1),
            "what has ended is never taken again"
        );
        orders.publish(&ended(2));
        assert_eq!(orders.count(SealId(7)), 0);
    }

    #[test]
    fn what_may_not_go_is_passed_over_and_stays() {
        let orders = Orders::default();
        orders.publish(&issued(1, SealOrder::RotatePassword));
        orders.publish(&issued(2, SealOrder::SetTime));
        let harmless = |order: &SealOrder| *order == SealOrder::SetTime;
        assert_eq!(
            orders.take(SealId(7), harmless).map(|ordered| ordered.id.0),
            Some(2)
        );
        assert_eq!(orders.take(SealId(7), harmless), None);
        assert_eq!(orders.count(SealId(7)), 2);
    }
}
