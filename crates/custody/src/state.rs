//! The working state: everything that a decision may look at, and nothing that can be looked up elsewhere.
//!
//! It is the fold of events and of `Observed`; nothing else moves it (`fold.rs`). Ordered maps only, because order is part
//! of the result. Finished trips leave it (`TripArchived`), so its size follows the work in hand, not the years.

mod frozen;
pub mod index;
mod records;

use alloc::collections::BTreeMap;

use segel_model::report::Protocol;
use segel_model::{
    AlarmId, DeviceId, DocumentId, GrantId, InvitationId, MessageId, OrderId, OrganisationId, PersonId,
    PhotoId, RouteId, SealId, ServerTime, TokenId, TripId,
};
use serde::{Deserialize, Serialize};

pub use self::frozen::Unreadable;
pub use self::index::{Due, Index, alarm_key};
pub use self::records::*;

/// Strangers that are remembered at most. Beyond it they are only counted: somebody knocks with made-up names.
pub const QUARANTINE_LIMIT: usize = 1_000;
/// Absences of our own that are remembered. Older ones are in the journal.
pub const GAPS_LIMIT: usize = 64;

/// Everything that a decision may look at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The next number of each kind.
    pub next: Counters,
    /// Our own presence.
    pub service: Service,
    /// Firms and bodies outside customs.
    pub organisations: BTreeMap<OrganisationId, Organisation>,
    /// Who can sign in.
    pub persons: BTreeMap<PersonId, Person>,
    /// Who was asked to join.
    pub invitations: BTreeMap<InvitationId, Invitation>,
    /// Tokens of machines.
    pub tokens: BTreeMap<TokenId, Token>,
    /// Seals in stock and on the road.
    pub seals: BTreeMap<SealId, Seal>,
    /// Which seal a device is.
    pub devices: BTreeMap<Protocol, BTreeMap<DeviceId, SealId>>,
    /// Devices nobody has registered.
    pub quarantine: Quarantine,
    /// Customs documents.
    pub documents: BTreeMap<DocumentId, Document>,
    /// Route plans.
    pub routes: BTreeMap<RouteId, Route>,
    /// Trips that are not archived.
    pub trips: BTreeMap<TripId, Trip>,
    /// Permissions to open, of trips that are not archived.
    pub grants: BTreeMap<GrantId, GrantRecord>,
    /// Alarms that are open, and closed ones of trips that are not archived.
    pub alarms: BTreeMap<AlarmId, Alarm>,
    /// Orders to seals that have not ended, and ended ones of trips that are not archived.
    pub orders: BTreeMap<OrderId, Order>,
    /// Messages that SKP has not taken.
    pub messages: BTreeMap<MessageId, Message>,
    /// What is found quicker here than by looking through the rest. Derived, so never stored and never fingerprinted.
    #[serde(skip)]
    pub index: Index,
}

/// The next number of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Next trip.
    pub trip: TripId,
    /// Next seal.
    pub seal: SealId,
    /// Next document.
    pub document: DocumentId,
    /// Next route.
    pub route: RouteId,
    /// Next person.
    pub person: PersonId,
    /// Next invitation.
    pub invitation: InvitationId,
    /// Next token.
    pub token: TokenId,
    /// Next organisation.
    pub organisation: OrganisationId,
    /// Next alarm.
    pub alarm: AlarmId,
    /// Next grant.
    pub grant: GrantId,
    /// Next photo.
    pub photo: PhotoId,
    /// Next order.
    pub order: OrderId,
    /// Next message.
    pub message: MessageId,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            trip: TripId(1),
            seal: SealId(1),
            document: DocumentId(1),
            route: RouteId(1),
            person: PersonId(1),
            invitation: InvitationId(1),
            token: TokenId(1),
            organisation: OrganisationId(1),
            alarm: AlarmId(1),
            grant: GrantId(1),
            photo: PhotoId(1),
            order: OrderId(1),
            message: MessageId(1),
        }
    }
}

impl State {
    /// The seal that speaks under that name, if somebody registered it.
    pub fn seal_of(&self, protocol: Protocol, device: &DeviceId) -> Option<SealId> {
        let is_that = |seal: &Seal| {
            let registration = &seal.registration;
            registration.protocol == protocol && registration.device == *device
        };
        let likely = self.index.seal_named(protocol, device);
        let found = likely.filter(|id| self.seals.get(id).is_some_and(is_that));
        found.or_else(|| self.devices.get(&protocol)?.get(device).copied())
    }

    /// The next moment at which a limit may be due; the engine sends `Input::Tick` then.
    pub fn next_deadline(&self) -> Option<ServerTime> {
        self.index.first_due()
    }

    /// A trip by its number.
    pub fn trip(&self, trip: TripId) -> Option<&Trip> {
        self.trips.get(&trip)
    }

    /// A seal by its number.
    pub fn seal(&self, seal: SealId) -> Option<&Seal> {
        self.seals.get(&seal)
    }
}
