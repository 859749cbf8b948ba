//! What an event is about: for read models, timelines, and the few records that a decision must copy before it changes them.

use alloc::vec::Vec;

use segel_model::event::Subject;
use segel_model::{AlarmId, Command, Event, GrantId, MessageId, OrderId, TripId};

use crate::State;

/// What an event is about. `state` is the state that already knows the event.
pub fn subjects(state: &State, event: &Event) -> Vec<Subject> {
    let mut found = named(event);
    for what in found.clone() {
        found.extend(owner(state, what));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The records that folding an event changes.
pub(crate) fn touched(state: &State, event: &Event) -> Vec<Subject> {
    let mut found = subjects(state, event);
    for what in found.clone() {
        let Subject::Trip(id) = what else { continue };
        let Some(trip) = state.trips.get(&id) else {
            continue;
        };
        found.extend(trip.seal.map(Subject::Seal));
        found.extend(trip.document.map(Subject::Document));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The trip that a command is about, where it is about one.
pub fn trip_of(state: &State, command: &Command) -> Option<TripId> {
    use Command as C;
    match command {
        C::AttachDocument { trip, .. }
        | C::SubmitTrip { trip }
        | C::PlanTrip { trip, .. }
        | C::NameDriver { trip, .. }
        | C::CancelTrip { trip, .. }
        | C::AssignSeal { trip, .. }
        | C::ReleaseSeal { trip, .. }
        | C::BeginInstall { trip, .. }
        | C::RecordInstalled { trip, .. }
        | C::AuthoriseDeparture { trip, .. }
        | C::ConfirmArrival { trip, .. }
        | C::CheckSeal { trip, .. }
        | C::DecideHeldTrip { trip, .. }
        | C::GrantRemoval { trip, .. }
        | C::FinishRemoval { trip, .. }
        | C::AddPhoto { trip, .. } => Some(*trip),
        C::RevokeGrant { grant, .. }
        | C::VouchPlace { grant, .. }
        | C::Unlock { grant, .. }
        | C::RecordOpened { grant, .. } => trip_of_grant(state, *grant),
        C::RejectPhoto { photo, .. } => state.index.trip_with_photo(*photo),
        C::AcknowledgeAlarm { alarm }
        | C::InvestigateAlarm { alarm, .. }
        | C::CommentAlarm { alarm, .. }
        | C::CloseAlarm { alarm, .. } => trip_of_alarm(state, *alarm),
        C::RepairMessage { message, .. } => trip_of_message(state, *message),
        C::UnmaskReport { trip, .. } => *trip,
        C::OrderSeal { seal, .. } => state.seal(*seal).and_then(|seal| seal.trip),
        C::RegisterOrganisation { .. }
        | C::Invite { .. }
        | C::Join { .. }
        | C::RevokeInvitation { .. }
        | C::DisablePerson { .. }
        | C::IssueToken { .. }
        | C::RevokeToken { .. }
        | C::RegisterSeal(_)
        | C::CertifySeal { .. }
        | C::SetSealCondition { .. }
        | C::ClearDoubt { .. }
        | C::RegisterDocument(_)
        | C::VerifyDocument { .. }
        | C::RefuseDocument { .. }
        | C::CancelDocument { .. }
        | C::ProposeRoute(_)
        | C::ApproveRoute { .. }
        | C::RefuseRoute { .. }
        | C::OpenTrip(_) => None,
    }
}

fn trip_of_grant(state: &State, grant: GrantId) -> Option<TripId> {
    state.grants.get(&grant).map(|grant| grant.grant.trip)
}

fn trip_of_alarm(state: &State, alarm: AlarmId) -> Option<TripId> {
    state.alarms.get(&alarm).and_then(|alarm| alarm.finding.trip)
}

fn trip_of_message(state: &State, message: MessageId) -> Option<TripId> {
    state.messages.get(&message).map(|message| message.trip)
}

fn trip_of_order(state: &State, order: OrderId) -> Option<TripId> {
    state.orders.get(&order).and_then(|order| order.trip)
}

/// The trip that a thing belongs to.
fn owner(state: &State, what: Subject) -> Option<Subject> {
    let trip = match what {
        Subject::Grant(id) => trip_of_grant(state, id),
        Subject::Alarm(id) => trip_of_alarm(state, id),
        Subject::Message(id) => trip_of_message(state, id),
        Subject::Order(id) => trip_of_order(state, id),
        _ => None,
    };
    trip.map(Subject::Trip)
}

/// What the event itself names, the thing it is mainly about among them.
pub fn named(event: &Event) -> Vec<Subject> {
    use Event as E;
    use Subject as S;
    match event {
        E::Refused { principal, trip, .. } => principal
            .person()
            .map(S::Person)
            .into_iter()
            .chain(trip.map(S::Trip))
            .collect(),
        E::ServiceGap { .. }
        | E::ServiceStopped
        | E::ClockStepped { .. }
        | E::HistorySealed { .. }
        | E::DeviceQuarantined { .. } => Vec::new(),
        E::OrganisationRegistered { organisation, .. } => [S::Organisation(*organisation)].into(),
        E::Invited { invitation, .. } | E::InvitationEnded { invitation } => {
            [S::Invitation(*invitation)].into()
        }
        E::PersonJoined {
            person, invitation, ..
        } => [S::Person(*person), S::Invitation(*invitation)].into(),
        E::PersonDisabled { person, .. } => [S::Person(*person)].into(),
        E::TokenIssued { token, person, .. } => [S::Token(*token), S::Person(*person)].into(),
        E::TokenRevoked { token } => [S::Token(*token)].into(),
        E::SealRegistered { seal, .. }
        | E::SealCertified { seal, .. }
        | E::SealConditionSet { seal, .. }
        | E::SealDoubted { seal, .. }
        | E::SealModemKnown { seal, .. }
        | E::SealDoubtCleared { seal, .. }
        | E::SealClockMeasured { seal, .. } => [S::Seal(*seal)].into(),
        E::SecretsUnmasked { seal, trip, .. } => {
            let related = trip.map(S::Trip);
            [S::Seal(*seal)].into_iter().chain(related).collect()
        }
        E::DocumentRegistered { document, .. }
        | E::DocumentVerified { document, .. }
        | E::DocumentRefused { document, .. }
        | E::DocumentCancelled { document, .. } => [S::Document(*document)].into(),
        E::RouteProposed { route, .. } | E::RouteApproved { route, .. } | E::RouteRefused { route, .. } => {
            [S::Route(*route)].into()
        }
        E::DocumentAttached { trip, document }
        | E::LineBacked { trip, document, .. }
        | E::DocumentRanOut { trip, document } => [S::Trip(*trip), S::Document(*document)].into(),
        E::TripPlanned { trip, route } => [S::Trip(*trip), S::Route(*route)].into(),
        E::SealAssigned { trip, seal, .. }
        | E::SealReleased { trip, seal, .. }
        | E::SealClosed { trip, seal, .. } => [S::Trip(*trip), S::Seal(*seal)].into(),
        E::TripOpened { trip, .. }
        | E::DriverNamed { trip, .. }
        | E::InstallBegun { trip, .. }
        | E::RecordedTimeNotBelieved { trip, .. }
        | E::DepartureAuthorised { trip, .. }
        | E::SealChecked { trip, .. }
        | E::HeldTripDecided { trip, .. }
        | E::TripMoved { trip, .. }
        | E::TripKept { trip, .. }
        | E::TripArchived { trip }
        | E::RemovalFinished { trip, .. }
        | E::ClockStarted { trip, .. }
        | E::ClockStopped { trip, .. }
        | E::ClockBreached { trip, .. }
        | E::ClockAmended { trip, .. }
        | E::IntervalUnmet { trip }
        | E::StepRefused { trip, .. }
        | E::LocationsDue { trip, .. }
        | E::RevisitAsked { trip, .. }
        | E::Revisited { trip }
        | E::TripLooked { trip, .. } => [S::Trip(*trip)].into(),
        E::PhotoStored { photo, trip, .. } | E::PhotoRejected { photo, trip, .. } => {
            [S::Photo(*photo), S::Trip(*trip)].into()
        }
        E::Granted { grant, what } => [S::Grant(*grant), S::Trip(what.trip), S::Seal(what.seal)].into(),
        E::PlaceVouched { grant, .. } | E::GrantEnded { grant, .. } => [S::Grant(*grant)].into(),
        E::SealOpened {
            seal, trip, grant, ..
        } => {
            let related = trip.map(S::Trip).into_iter().chain(grant.map(S::Grant));
            [S::Seal(*seal)].into_iter().chain(related).collect()
        }
        E::AlarmRaised { alarm, finding, .. } => {
            let related = finding
                .trip
                .map(S::Trip)
                .into_iter()
                .chain(finding.seal.map(S::Seal));
            [S::Alarm(*alarm)].into_iter().chain(related).collect()
        }
        E::AlarmWorsened { alarm, .. }
        | E::AlarmRecurred { alarm, .. }
        | E::AlarmEscalated { alarm, .. }
        | E::AlarmRecovered { alarm, .. }
        | E::AlarmUnsupported { alarm, .. }
        | E::AlarmAcknowledged { alarm }
        | E::AlarmInvestigated { alarm, .. }
        | E::AlarmCommented { alarm, .. }
        | E::AlarmClosureProposed { alarm, .. }
        | E::AlarmClosed { alarm, .. }
        | E::AlarmKept { alarm, .. }
        | E::AlarmArchived { alarm } => [S::Alarm(*alarm)].into(),
        E::OrderIssued { ordered, trip } => [S::Order(ordered.id), S::Seal(ordered.seal)]
            .into_iter()
            .chain(trip.map(S::Trip))
            .collect(),
        E::OrderSent { order } | E::OrderEnded { order, .. } => [S::Order(*order)].into(),
        E::IntervalOrdered { trip, order, .. } => [S::Trip(*trip), S::Order(*order)].into(),
        E::MessageQueued { message, trip, .. } => [S::Message(*message), S::Trip(*trip)].into(),
        E::MessageAnswered { message, .. } | E::MessageRepaired { message, .. } => {
            [S::Message(*message)].into()
        }
    }
}
