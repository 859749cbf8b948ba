//! Orders on their way to a seal, and which answer is whose.
//!
//! A seal's answer carries no number of ours, only the command's, so only one order of a kind is under way at a time;
//! the next of that kind waits for its end.

use alloc::{format, string::String, vec::Vec};

use segel_model::{OrderId, ServerTime, order::Outcome};

use super::{command::Command, text::Text};

/// Orders in the order they came. Holds no memory while empty.
#[derive(Default)]
pub(crate) struct Orders(Vec<Order>);

struct Order {
    id: OrderId,
    wanted: Wanted,
    bytes: Vec<u8>,
    /// Nothing while it waits to be sent.
    sent: Option<ServerTime>,
}

/// Which answer ends an order, and what it must say.
#[derive(Clone, PartialEq, Eq)]
struct Wanted {
    code: &'static str,
    /// Sub-command that the answer repeats.
    lead: Option<&'static str>,
    says: Says,
}

#[derive(Clone, PartialEq, Eq)]
enum Says {
    /// The next field is 1 for yes.
    Yes,
    /// These fields come next: what we set, read back.
    Back(String),
    /// Anything.
    Something,
}

impl Wanted {
    /// The answer that a command calls for (manual, "answer" of each command). Commands that are never sent as orders
    /// have none.
    fn from_command(command: &Command) -> Option<Self> {
        let wanted = |code, lead, says| Some(Self { code, lead, says });
        let flag = |on: bool| String::from(if on { "1" } else { "0" });
        match command {
            Command::UnlockStatic(_) => wanted("P43", None, Says::Yes),
            Command::UnlockDynamic(_) => wanted("P52", Some("3"), Says::Yes),
            Command::SetPassword(..) => wanted("P44", None, Says::Yes),
            Command::AddCards(_) | Command::DeleteCards(_) => wanted("P41", None, Says::Something),
            Command::DynamicPassword(on, _) => wanted("P52", Some("1"), Says::Back(flag(*on))),
            Command::AlwaysAwake(on) => wanted("P54", None, Says::Back(flag(*on))),
            Command::Interval { awake_s, asleep_min } => {
                wanted("P04", None, Says::Back(format!("{awake_s},{asleep_min}")))
            }
            Command::Channels(channels) => wanted("P59", None, Says::Back(channels.map(flag).join(","))),
            // A seal that has the time from satellites already says no; its clock is right all the same.
            Command::Time(_) => wanted("P22", None, Says::Something),
            _ => None,
        }
    }

    fn is_answered_by(&self, text: &Text<'_>) -> bool {
        let lead_matches = self
            .lead
            .is_none_or(|lead| text.field(0) == Some(lead.as_bytes()));
        text.command == self.code.as_bytes() && lead_matches
    }

    fn outcome(&self, text: &Text<'_>) -> Outcome {
        let from = usize::from(self.lead.is_some());
        let done = match &self.says {
            Says::Something => true,
            Says::Yes => text.field(from) == Some(b"1"),
            Says::Back(set) => set
                .split(',')
                .enumerate()
                .all(|(at, value)| text.field(from + at) == Some(value.as_bytes())),
        };
        let refused = || Outcome::Refused {
            answer: format!("{},{}", self.code, text.masked()),
        };
        if done { Outcome::Done } else { refused() }
    }

    fn is_same_kind(&self, other: &Self) -> bool {
        self.code == other.code && self.lead == other.lead
    }
}

impl Orders {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether an order would go out at once: none of its kind is under way, or there is nothing to wait for.
    pub(crate) fn takes(&self, command: &Command) -> bool {
        Wanted::from_command(command)
            .is_none_or(|wanted| !self.0.iter().any(|order| order.wanted.is_same_kind(&wanted)))
    }

    /// Puts an order at the end. Gives it back as not kept where its command has no answer to wait for.
    pub(crate) fn push(&mut self, id: OrderId, command: &Command, bytes: Vec<u8>) -> bool {
        let Some(wanted) = Wanted::from_command(command) else {
            return false;
        };
        self.0.push(Order {
            id,
            wanted,
            bytes,
            sent: None,
        });
        true
    }

    /// The bytes of the next order that may go: the first unsent one of a kind that is not under way.
    pub(crate) fn next_to_send(&mut self, now: ServerTime) -> Option<Vec<u8>> {
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

    /// Ends the order that this text answers, if any.
    pub(crate) fn answer(&mut self, text: &Text<'_>) -> Option<(OrderId, Outcome)> {
        let answered = |order: &Order| order.sent.is_some() && order.wanted.is_answered_by(text);
        let at = self.0.iter().position(answered)?;
        let order = self.remove(at);
        Some((order.id, order.wanted.outcome(text)))
    }

    /// Takes back an order that has not gone out yet.
    pub(crate) fn withdraw(&mut self, id: OrderId) -> bool {
        let at = self
            .0
            .iter()
            .position(|order| order.id == id && order.sent.is_none());
        at.map(|at| self.remove(at)).is_some()
    }

    /// Every order without an outcome, and whether it has gone out.
    pub(crate) fn pending(&self) -> Vec<(OrderId, bool)> {
        self.0
            .iter()
            .map(|order| (order.id, order.sent.is_some()))
            .collect()
    }

    /// Ends one order that has waited too long.
    pub(crate) fn overdue(&mut self, now: ServerTime, limit_s: u32) -> Option<OrderId> {
        let is_late = |order: &Order| {
            order
                .sent
                .is_some_and(|sent| sent.plus_s(i64::from(limit_s)) <= now)
        };
        let at = self.0.iter().position(is_late)?;
        Some(self.remove(at).id)
    }

    fn remove(&mut self, at: usize) -> Order {
        let order = self.0.remove(at);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        order
    }

    pub(crate) fn next_deadline(&self, limit_s: u32) -> Option<ServerTime> {
        let first = self.0.iter().filter_map(|order| order.sent).min()?;
        Some(first.plus_s(i64::from(limit_s)))
    }
}
