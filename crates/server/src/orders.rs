//! Orders that wait for their seals. A sleeping seal hears nothing, so an order lies here until the seal's next frame;
//! the connection that hears it takes the order along.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use segel_custody::State;
use segel_model::order::Ordered;
use segel_model::{Event, OrderId, SealId, SealOrder};

/// The waiting orders of all seals, in the order of their issue.
#[derive(Default)]
pub struct Orders {
    waiting: Mutex<HashMap<SealId, Vec<Waiting>>>,
}

struct Waiting {
    ordered: Ordered,
    /// A connection has it in hand.
    taken: bool,
}

impl Orders {
    /// The first order of the seal that may go and that no connection has in hand; from now on one has.
    pub fn take(&self, seal: SealId, may_go: impl Fn(&SealOrder) -> bool) -> Option<Ordered> {
        let mut waiting = self.lock();
        let next = waiting
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
            .get_mut(&seal)
            .and_then(|all| all.iter_mut().find(|one| one.ordered.id == order))
        {
            found.taken = false;
        }
    }

    /// How many orders wait for the seal.
    pub fn count(&self, seal: SealId) -> usize {
        self.lock().get(&seal).map_or(0, Vec::len)
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
        self.lock().entry(ordered.seal).or_default().push(waiting);
    }

    fn end(&self, order: OrderId) {
        self.lock().retain(|_, waiting| {
            waiting.retain(|one| one.ordered.id != order);
            !waiting.is_empty()
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SealId, Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
