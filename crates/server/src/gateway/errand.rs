//! What a conversation cannot settle by itself: it needs the engine's word, or the vault, before it goes on. An errand takes
//! the conversation along and brings it back; meanwhile its line is not read. It reads from top to bottom like the law that
//! it keeps: nothing leaves before what it speaks of is durable.

use std::pin::Pin;

use segel_model::order::{Ordered, Outcome};
use segel_model::{DeviceId, Event, Input, OrderId, SealId};
use segel_store::{SecretKind, SideRow};
use segel_wire::{Learned, NO_WAY};

use super::conversation::{Conversation, Doubt, Drained, End, UnderWay, word};
use super::vault::{self, Tongue};
use crate::ask::Side;
use crate::profiles::Reading;
use crate::reported::ReportBatch;

/// A conversation that comes back, and how it went.
pub(super) type Errand = Pin<Box<dyn Future<Output = (Box<Conversation>, Result<(), End>)> + Send>>;

/// What became of an order that was to be handed over.
enum Delivery {
    /// It has gone out, or has ended.
    Settled,
    /// Another of its kind is under way: it waits.
    Held,
}

/// Settles what came of the session until nothing more comes of it, then hands over orders that wait.
pub(super) fn converse(mut conversation: Box<Conversation>, drained: Drained, doubts: Vec<Doubt>) -> Errand {
    Box::pin(async move {
        let end = conversation.converse(drained, doubts).await;
        (conversation, end)
    })
}

/// Whatever went out and was not answered has no answer now.
pub(super) fn leave(mut conversation: Box<Conversation>) -> Errand {
    Box::pin(async move {
        for one in std::mem::take(&mut conversation.under_way) {
            // While Segel stops, the order ends at the next start instead.
            let _stopping = conversation
                .tell_end(one.ordered.id, Outcome::NoAnswer, Vec::new())
                .await;
        }
        (conversation, Ok(()))
    })
}

impl Conversation {
    async fn converse(&mut self, mut drained: Drained, mut doubts: Vec<Doubt>) -> Result<(), End> {
        while !drained.is_empty() {
            self.settle(drained, doubts).await?;
            (drained, doubts) = self.drain_more();
        }
        self.deliver_orders().await
    }

    fn drain_more(&mut self) -> (Drained, Vec<Doubt>) {
        let mut drained = Drained::default();
        self.drain(&mut drained);
        let doubts = self.doubts(&drained.heard, self.gateway.now());
        (drained, doubts)
    }

    /// Nothing that a drain gave leaves before the reports of that drain are durable.
    async fn settle(&mut self, drained: Drained, doubts: Vec<Doubt>) -> Result<(), End> {
        let Drained {
            heard,
            tokens,
            transmit,
            outcomes,
            learned,
            close,
        } = drained;
        for (seal, why) in doubts {
            self.tell_doubt(seal, why).await?;
        }
        let side = self.secrets(learned);
        if !heard.is_empty() {
            self.counts.reports.inc_by(heard.len() as u64);
            let batch = ReportBatch { reports: heard, side };
            self.gateway.engine.report(batch).await?;
        } else if !side.is_empty() {
            self.gateway.write_side(side).await?;
        }
        let now = self.gateway.now();
        tokens
            .into_iter()
            .for_each(|token| self.session.acknowledge(token, now));
        for (order, outcome) in outcomes {
            self.end_order(order, outcome).await?;
        }
        self.write(transmit);
        match close {
            Some(reason) => Err(End::Closed(word(reason))),
            None => Ok(()),
        }
    }

    fn write(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.tray.put(self.key(), bytes);
        }
    }

    async fn tell_doubt(&mut self, seal: SealId, why: String) -> Result<(), End> {
        if self.doubted_here.contains(&seal) {
            return Ok(());
        }
        self.doubted_here.push(seal);
        let connection = self.admitted.place.number;
        tracing::warn!(seal = seal.0, connection, why, "identity in doubt");
        let input = Input::IdentityDoubt { seal, why };
        self.gateway.engine.tell(input, Side::default()).await?;
        Ok(())
    }

    /// What the seal told goes into the vault with its report, or not at all.
    fn secrets(&self, learned: Vec<Learned>) -> Vec<SideRow> {
        let now = self.gateway.now();
        let row = |learned| {
            let (device, kind, password) = match learned {
                Learned::DynamicPassword { device, password } => {
                    (device, SecretKind::DynamicPassword, password)
                }
                Learned::StaticPassword { device, password } => {
                    (device, SecretKind::StaticPassword, password)
                }
            };
            let known = self.gateway.engine.roster().find(self.protocol, &device)?;
            Some(vault::secret(known.seal, kind, password, now))
        };
        learned.into_iter().filter_map(row).collect()
    }

    /// Hands the seal every order that waits for it. A sleeping seal hears nothing: this comes right after its frames.
    async fn deliver_orders(&mut self) -> Result<(), End> {
        if !self.has_orders() {
            return Ok(());
        }
        let own = self.admitted.seal().zip(self.session.device().cloned());
        let others = self.others.iter().filter(|(seal, _)| self.is_its_way(*seal));
        let seals: Vec<(SealId, DeviceId)> = own.into_iter().chain(others.cloned()).collect();
        for (seal, device) in seals {
            let mut held = Vec::new();
            let delivered = self.deliver_all(seal, &device, &mut held).await;
            for id in held {
                self.gateway.engine.orders().put_back(seal, id);
            }
            delivered?;
        }
        Ok(())
    }

    /// Those it could not hand over are `held`.
    async fn deliver_all(
        &mut self,
        seal: SealId,
        device: &DeviceId,
        held: &mut Vec<OrderId>,
    ) -> Result<(), End> {
        while let Some(ordered) = self.next_order(seal, device) {
            let id = ordered.id;
            match self.deliver(ordered, device).await {
                Ok(Delivery::Settled) => {}
                Ok(Delivery::Held) => held.push(id),
                Err(end) => {
                    // What went out and was not answered ends with the connection; it is not sent a second time.
                    if !self.under_way.iter().any(|one| one.ordered.id == id) {
                        held.push(id);
                    }
                    return Err(end);
                }
            }
        }
        Ok(())
    }

    fn next_order(&self, seal: SealId, device: &DeviceId) -> Option<Ordered> {
        let engine = &self.gateway.engine;
        let known = engine.roster().find(self.protocol, device)?;
        engine
            .orders()
            .take(seal, |order| !(known.doubted && vault::holds_secret(order)))
    }

    /// Nothing lies between the look at a grant and the sending: an order behind one of its kind is held here, not in the
    /// session, where nobody would look again.
    async fn deliver(&mut self, ordered: Ordered, device: &DeviceId) -> Result<Delivery, End> {
        let tongue = self.tongue_of(device);
        if !self.session.address(device, tongue.profile) {
            return self.not_spoken(ordered.id, NO_WAY.why).await;
        }
        let now = self.gateway.now();
        let resolved = match self.gateway.resolve(&ordered, tongue, now).await? {
            Ok(resolved) => resolved,
            Err(why) => return self.not_spoken(ordered.id, why).await,
        };
        if !self.session.takes(&resolved.command, self.gateway.now()) {
            return Ok(Delivery::Held);
        }
        if !self.opening_may_go(&ordered).await? {
            return Ok(Delivery::Settled);
        }
        let now = self.gateway.now();
        if let Err(refused) = self.session.send(ordered.id, &resolved.command, now) {
            return self.not_spoken(ordered.id, refused.why).await;
        }
        let side = Side {
            rows: resolved.before,
            ..Side::default()
        };
        self.gateway
            .engine
            .tell(Input::OrderSent { order: ordered.id }, side)
            .await?;
        self.gateway.engine.metrics().gateway.orders_sent.inc();
        self.under_way.push(UnderWay {
            ordered,
            command: resolved.command,
        });
        let (drained, doubts) = self.drain_more();
        Box::pin(self.settle(drained, doubts)).await?;
        Ok(Delivery::Settled)
    }

    /// How a device on this line speaks: each as it was registered.
    fn tongue_of(&self, device: &DeviceId) -> Tongue {
        if self.session.device() == Some(device) {
            return self.tongue();
        }
        let engine = &self.gateway.engine;
        let known = engine.roster().find(self.protocol, device);
        let reading = known.map(|known| engine.profiles().reading(&known.profile, self.gateway.now()));
        Tongue {
            profile: reading.unwrap_or(Reading::ANY).wire,
            ..self.tongue()
        }
    }

    /// A queued opening asks again at the moment of sending, against the report that woke the seal.
    async fn opening_may_go(&self, ordered: &Ordered) -> Result<bool, End> {
        if !ordered.order.opens() {
            return Ok(true);
        }
        let Some(grant) = ordered.grant else {
            let why = "it names no grant".to_owned();
            self.tell_end(ordered.id, Outcome::Withheld { why }, Vec::new())
                .await?;
            return Ok(false);
        };
        let check = Input::CheckOpening {
            order: ordered.id,
            grant,
        };
        let durable = self.gateway.engine.tell(check, Side::default()).await?;
        let ended = |event: &Event| matches!(event, Event::OrderEnded { order, .. } if *order == ordered.id);
        Ok(!durable.events.iter().any(ended))
    }

    async fn not_spoken(&self, order: OrderId, why: &str) -> Result<Delivery, End> {
        self.tell_end(order, Outcome::NotSpoken { why: why.into() }, Vec::new())
            .await?;
        Ok(Delivery::Settled)
    }

    async fn end_order(&mut self, order: OrderId, outcome: Outcome) -> Result<(), End> {
        let place = self.under_way.iter().position(|one| one.ordered.id == order);
        let rows = place
            .map(|place| self.under_way.swap_remove(place))
            .map(|one| vault::after(&one.ordered, &one.command, &outcome, self.gateway.now()));
        self.tell_end(order, outcome, rows.unwrap_or_default()).await
    }

    async fn tell_end(&self, order: OrderId, outcome: Outcome, rows: Vec<SideRow>) -> Result<(), End> {
        let side = Side {
            rows,
            ..Side::default()
        };
        self.gateway
            .engine
            .tell(Input::OrderEnded { order, outcome }, side)
            .await?;
        Ok(())
    }
}
