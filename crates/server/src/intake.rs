//! Reports that come over HTTP from other platforms, beside the doors at which seals speak for themselves.
//!
//! Whoever sends has signed in, so that each report can be held against the sender's own stock: what is another's is not judged as
//! if its seal had said it, and what nobody has registered waits in quarantine. The rest goes to the engine in flights, and the
//! sender is answered when the last of them is durable.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use segel_model::report::{Protocol, ReportKind};
use segel_model::{DeviceId, OrganisationId, PersonId, Report, SealId, ServerTime};
use segel_store::SideRow;
use segel_wire::objects::body::{self, Item, NoBody};
use segel_wire::objects::{NO_ORDERS, Said, Unread};
use segel_wire::oddity;

use crate::EngineHandle;
use crate::ask::{IdempotencyKey, Side, Unavailable};
use crate::auth::attempts::{Buckets, Pace};
use crate::metrics::ByProtocol;
use crate::profiles::Reading;
use crate::reported::{Heard, ReportBatch, Source};

/// The most objects of one request.
pub const REPORTS_MAX: usize = 10_000;
/// Reports handed to the engine at once: as many as a desk's flight, so that a batch delays nobody more than seals do.
const FLIGHT_REPORTS: usize = 2048;
/// Bodies that may be in hand at once; each may be as large as its limit.
pub const BODIES_MAX: usize = 32;
/// Requests of one organisation: a platform that posts each report by itself has a hundred a second.
const PACE: Pace = Pace {
    most: 600,
    refill_ms: 10,
};
/// Connections count from nought; an organisation's reports are those of one line that never ends.
const LINES: u64 = 1 << 63;

/// What is said of a seal that is not the sender's, whether it is another's or nobody's: both in the same words.
pub const UNKNOWN_SEAL: &str = "unknown_seal";

/// Whose turn it is under a key.
pub type Turn = tokio::sync::Mutex<()>;

/// Where what is sent is counted: how much at once, how often, and what is in hand under which key.
pub struct Desk {
    places: Arc<Semaphore>,
    paces: Mutex<Buckets<u64>>,
    in_hand: Mutex<HashMap<(PersonId, String), Weak<Turn>>>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(BODIES_MAX)),
            paces: Mutex::default(),
            in_hand: Mutex::default(),
        }
    }
}

impl Desk {
    /// How many bodies are in hand, and how many may be.
    pub fn waiting(&self) -> (usize, usize) {
        (BODIES_MAX - self.places.available_permits(), BODIES_MAX)
    }

    /// A place for a body; nothing where all are taken.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// One more request of that organisation, or after how many seconds it may ask again.
    pub fn count(&self, organisation: OrganisationId, now: ServerTime) -> Result<(), u32> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.take(organisation.0, PACE, now)
    }

    /// The turn of a key: a request that is sent again while the first is in hand waits for the first one's answer.
    pub fn turn(&self, key: &IdempotencyKey) -> Arc<Turn> {
        let name = (key.person, key.key.clone());
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = in_hand.get(&name).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        in_hand.insert(name, Arc::downgrade(&turn));
        turn
    }
}

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// For which organisation: only its own seals are heard.
    pub organisation: OrganisationId,
    /// From where; over HTTP a port tells nothing and is nought.
    pub peer: SocketAddr,
}

impl Sender {
    const fn source(self, protocol: Protocol, profile: Reading) -> Source {
        Source {
            protocol,
            connection: LINES | self.organisation.0,
            profile,
            peer: Some(self.peer),
        }
    }
}

/// What was sent, looked at and not yet kept.
pub struct Sent {
    /// How many objects there were.
    pub objects: usize,
    /// Which of them are refused, by their places, and why.
    pub refused: Vec<(usize, Unread)>,
    /// What goes to the engine: the reports of all others, and those of strangers for quarantine.
    pub heard: Vec<Heard>,
    seals: BTreeSet<SealId>,
}

/// Reads a body and looks whose seals it speaks of.
pub fn read(
    engine: &EngineHandle,
    sender: Sender,
    protocol: Protocol,
    body: &[u8],
    received: ServerTime,
) -> Result<Sent, NoBody> {
    let label = ByProtocol {
        protocol: protocol.name(),
    };
    let counted = &engine.metrics().gateway;
    counted.bytes.get_or_create(&label).inc_by(body.len() as u64);
    let note = |device: Option<DeviceId>, what: &str, raw: &[u8]| {
        counted.oddities.get_or_create(&label).inc();
        engine.oddities().note(protocol, device, oddity(0, what, raw));
    };
    let items = body::read(protocol, body, received, REPORTS_MAX)
        .inspect_err(|why| note(None, unread_body(*why), body))?;
    let mut sent = Sent {
        objects: items.len(),
        refused: Vec::new(),
        heard: Vec::with_capacity(items.len()),
        seals: BTreeSet::new(),
    };
    for (at, Item { raw, said }) in items.into_iter().enumerate() {
        match said {
            Ok(said) => {
                if let Some(what) = said.oddity {
                    note(None, what, &raw);
                }
                for stranger in sent.take(engine, (sender, protocol), said, &raw) {
                    note(Some(stranger.device), UNKNOWN_SEAL, &raw);
                    // The object is its speaker's: that a smaller seal is not known is no fault of it.
                    if stranger.is_speaker {
                        sent.refused.push((at, unknown_seal(stranger.field)));
                    }
                }
            }
            Err(unread) => {
                note(None, unread.what, &raw);
                sent.refused.push((at, unread));
            }
        }
    }
    Ok(sent)
}

impl Sent {
    /// Takes the reports of one object: its speaker's, and those of smaller seals that speak through it. Gives back what is none of the
    /// sender's; what is nobody's goes to quarantine.
    fn take(
        &mut self,
        engine: &EngineHandle,
        (sender, protocol): (Sender, Protocol),
        said: Said,
        raw: &[u8],
    ) -> Vec<Stranger> {
        let mut strangers = Vec::new();
        for (part, report) in said.reports.into_iter().enumerate() {
            let known = engine.roster().find(protocol, &report.device);
            let is_mine = known.as_ref().map(|known| known.provider == sender.organisation);
            if is_mine != Some(true) {
                strangers.push(Stranger::of(&report, part));
            }
            match known {
                Some(known) if is_mine == Some(true) => {
                    let profile = engine.profiles().reading(&known.profile, engine.clock().now());
                    self.hear(sender.source(protocol, profile), report, raw);
                    self.seals.insert(known.seal);
                }
                Some(_) => {}
                None => self.hear(sender.source(protocol, Reading::ANY), report, raw),
            }
        }
        strangers
    }

    fn hear(&mut self, source: Source, mut report: Report, raw: &[u8]) {
        source.profile.complete(&mut report);
        let raw = raw.to_vec();
        self.heard.push(Heard { source, report, raw });
    }

    /// Hands everything over, and returns when it is durable; `last` becomes durable with the last of it.
    pub async fn keep(
        self,
        engine: &EngineHandle,
        protocol: Protocol,
        last: Option<SideRow>,
    ) -> Result<(), Unavailable> {
        let label = ByProtocol {
            protocol: protocol.name(),
        };
        let reports = engine.metrics().gateway.reports.get_or_create(&label).clone();
        let (mut left, mut side) = (self.heard, Vec::from_iter(last));
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(FLIGHT_REPORTS));
            let flight = std::mem::replace(&mut left, rest);
            reports.inc_by(flight.len() as u64);
            let side = if left.is_empty() {
                std::mem::take(&mut side)
            } else {
                Vec::new()
            };
            let batch = ReportBatch {
                reports: flight,
                side,
            };
            engine.report(batch).await?;
        }
        end_orders(engine, self.seals).await
    }
}

/// Nothing can be told to a seal that speaks through its platform: an order for it ends with the seal's next report, so that whoever
/// gave it knows.
async fn end_orders(engine: &EngineHandle, seals: BTreeSet<SealId>) -> Result<(), Unavailable> {
    for seal in seals {
        for input in engine.orders().give_up(seal, NO_ORDERS) {
            engine.tell(input, Side::default()).await?;
        }
    }
    Ok(())
}

/// Who spoke and is not a seal of the sender's.
struct Stranger {
    device: DeviceId,
    /// Whether the object is its own, and not one of a host that heard it.
    is_speaker: bool,
    /// Where it is named.
    field: &'static str,
}

impl Stranger {
    fn of(report: &Report, part: usize) -> Self {
        let named_beside = report.kind == ReportKind::SubSeal;
        Self {
            device: report.device.clone(),
            is_speaker: part == 0,
            field: if named_beside { "sublock" } else { "device" },
        }
    }
}

fn unknown_seal(field: &'static str) -> Unread {
    Unread {
        what: UNKNOWN_SEAL,
        field: field.into(),
    }
}

fn unread_body(why: NoBody) -> &'static str {
    match why {
        NoBody::NotJson { .. } => "no_such_json",
        NoBody::Empty => "nothing_sent",
        NoBody::TooMany(_) => "too_many_reports",
        NoBody::NotPosted => "unknown_command",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_795_000_000_000);

    #[test]
    fn an_organisation_has_six_hundred_requests_and_then_a_hundred_a_second() {
        let desk = Desk::default();
        let (ours, theirs) = (OrganisationId(1), OrganisationId(2));
        for _ in 0..PACE.most {
            assert_eq!(desk.count(ours, NOW), Ok(()));
        }
        assert_eq!(desk.count(ours, NOW), Err(1));
        assert_eq!(desk.count(theirs, NOW), Ok(()), "others are not held back");
        assert_eq!(desk.count(ours, NOW.plus_ms(10)), Ok(()));
        assert_eq!(desk.count(ours, NOW.plus_ms(10)), Err(1));
        assert_eq!(desk.count(ours, NOW.plus_ms(1_010)), Ok(()));
    }

    #[test]
    fn as_many_bodies_as_there_are_places_are_in_hand_at_once() {
        let desk = Desk::default();
        let mut places: Vec<_> = (0..BODIES_MAX).map_while(|_| desk.place()).collect();
        assert_eq!(
            (places.len(), desk.waiting()),
            (BODIES_MAX, (BODIES_MAX, BODIES_MAX))
        );
        assert!(desk.place().is_none());
        places.pop();
        assert!(desk.place().is_some());
    }

    #[test]
    fn a_key_has_one_turn_at_a_time_and_another_key_its_own() {
        let desk = Desk::default();
        let key = |name: &str| IdempotencyKey {
            person: PersonId(1),
            key: name.into(),
            request: [0; 32],
        };
        let (first, again, other) = (desk.turn(&key("a")), desk.turn(&key("a")), desk.turn(&key("b")));
        let _held = first.try_lock().expect("nobody has it");
        assert!(again.try_lock().is_err() && other.try_lock().is_ok());
    }
}
