//! Orders on their way to a seal, and which answer is whose.
//!
//! Many answers carry no number of ours, only the command's, so only one order of a kind is under way at a time; the
//! next of that kind waits for its end.

use alloc::vec::Vec;

use segel_model::{OrderId, ServerTime, order::Outcome};

use crate::{limits::Limits, output::NotSpoken, stream::Talk};

/// What ends an order of some language.
pub(crate) trait Wanted {
    /// Whether an answer to one may be taken for an answer to the other.
    fn is_same_kind(&self, other: &Self) -> bool;
}

/// Orders in the order they came. Holds no memory while empty.
pub(crate) struct Orders<W>(Vec<Order<W>>);

struct Order<W> {
    id: OrderId,
    wanted: W,
    bytes: Vec<u8>,
    /// Nothing while it waits to be sent.
    sent: Option<ServerTime>,
}

/// Orders that cannot be written before the seal has said who or what it is. Holds no memory while empty.
pub(crate) struct Early<C>(Vec<(OrderId, C)>);

impl<C> Default for Early<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> Early<C> {
    /// Keeps one until it can be written.
    pub(crate) fn keep(&mut self, id: OrderId, command: C, talk: &Talk) -> Result<(), NotSpoken> {
        room_for_one(self.0.len(), talk)?;
        self.0.push((id, command));
        Ok(())
    }

    /// All of them, in the order they came; none is kept.
    pub(crate) fn take(&mut self) -> Vec<(OrderId, C)> {
        core::mem::take(&mut self.0)
    }
}

/// Whether one more may wait.
fn room_for_one(waiting: usize, talk: &Talk) -> Result<(), NotSpoken> {
    if waiting < usize::from(talk.limits.orders) {
        return Ok(());
    }
    Err(NotSpoken {
        why: "too many orders already wait for this seal",
    })
}

/// Ends an order that could not be sent after all.
pub(crate) fn end_unsent(id: OrderId, sent: Result<(), NotSpoken>, talk: &mut Talk) {
    if let Err(NotSpoken { why }) = sent {
        talk.answered(id, Outcome::NotSpoken { why: why.into() });
    }
}

impl<W> Default for Orders<W> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<W: Wanted> Orders<W> {
    /// Whether an order would go out at once: none of its kind is under way.
    pub(crate) fn takes(&self, wanted: &W) -> bool {
        !self.0.iter().any(|order| order.wanted.is_same_kind(wanted))
    }

    /// Sends an order, or keeps it until it may go.
    pub(crate) fn push(
        &mut self,
        order: (OrderId, W),
        bytes: Vec<u8>,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        self.keep(order, bytes, talk)?;
        self.send(talk, now);
        Ok(())
    }

    /// Keeps an order until orders may be sent.
    pub(crate) fn keep(
        &mut self,
        (id, wanted): (OrderId, W),
        bytes: Vec<u8>,
        talk: &Talk,
    ) -> Result<(), NotSpoken> {
        room_for_one(self.0.len(), talk)?;
        self.0.push(Order {
            id,
            wanted,
            bytes,
            sent: None,
        });
        Ok(())
    }

    /// Finishes what could not be written before the seal had said who it is.
    pub(crate) fn finish(&mut self, mut finish: impl FnMut(&mut W, &mut Vec<u8>)) {
        for order in self.0.iter_mut().filter(|order| order.sent.is_none()) {
            finish(&mut order.wanted, &mut order.bytes);
        }
    }

    /// Sends what may go. A sleeping seal hears nothing: that is once it has spoken.
    pub(crate) fn send(&mut self, talk: &mut Talk, now: ServerTime) {
        if talk.device.is_none() || talk.closed {
            return;
        }
        while let Some(bytes) = self.next_to_send(now) {
            talk.transmit(bytes);
        }
    }

    /// The bytes of the next order that may go: the first unsent one of a kind that is not under way.
    fn next_to_send(&mut self, now: ServerTime) -> Option<Vec<u8>> {
        let may_go = |at: usize| {
            let order = &self.0[at];
            let busy = self.0[..at]
                .iter()
                .any(|before| before.wanted.is_same_kind(&order.wanted));
            order.sent.is_none() && !busy
        };
        let at = (0..self.0.len()).find(|&at| may_go(at))?;
        let order = &mut self.0[at];
        order.sent = Some(now);
        Some(core::mem::take(&mut order.bytes))
    }

    /// Ends the first order under way that an answer ends, if it ends any; `outcome` says how.
    pub(crate) fn answer(&mut self, talk: &mut Talk, outcome: impl Fn(&W) -> Option<Outcome>) {
        let ended = |order: &Order<W>| order.sent.and_then(|_| outcome(&order.wanted));
        let found = (0..)
            .zip(&self.0)
            .find_map(|(at, order)| Some((at, ended(order)?)));
        if let Some((at, outcome)) = found {
            let id = self.remove(at).id;
            talk.answered(id, outcome);
        }
    }

    /// Ends what has waited too long for its answer, and sends what waited behind it.
    pub(crate) fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        let limit_s = i64::from(talk.limits.answer_s);
        let is_late = |order: &Order<W>| order.sent.is_some_and(|sent| sent.plus_s(limit_s) <= now);
        while let Some(at) = self.0.iter().position(is_late) {
            let id = self.remove(at).id;
            talk.answered(id, Outcome::NoAnswer);
        }
        self.send(talk, now);
    }

    pub(crate) fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        let first = self.0.iter().filter_map(|order| order.sent).min()?;
        Some(first.plus_s(i64::from(limits.answer_s)))
    }

    fn remove(&mut self, at: usize) -> Order<W> {
        let order = self.0.remove(at);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        order
    }
}
