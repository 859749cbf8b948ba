//! What a principal may see. An office sees every trip that touches it, an organisation its own, a technician their job, a
//! driver the trip under way, headquarters and auditors what their mandate covers.
//!
//! Every read takes a scope; what is outside of it is answered as if it did not exist.

use segel_model::event::Subject;
use segel_model::principal::Belonging;
use segel_model::{
    AlarmId, DocumentId, GrantId, InvitationId, MessageId, OfficeCode, OrderId, OrganisationId, PersonId,
    PhotoId, Principal, Role, RouteId, SealId, TokenId, TripId,
};

use crate::state::{Document, Invitation, Person, Route, Seal, State, Trip};

/// Whether a principal may see a thing.
pub fn sees(state: &State, principal: &Principal, what: Subject) -> bool {
    match what {
        Subject::Trip(id) => sees_trip(state, principal, id),
        Subject::Seal(id) => sees_seal(state, principal, id),
        Subject::Document(id) => sees_document(state, principal, id),
        Subject::Route(id) => sees_route(state, principal, id),
        Subject::Alarm(id) => sees_alarm(state, principal, id),
        Subject::Grant(id) => sees_grant(state, principal, id),
        Subject::Photo(id) => sees_photo(state, principal, id),
        Subject::Person(id) => sees_person(state, principal, id),
        Subject::Organisation(id) => sees_organisation(state, principal, id),
        Subject::Invitation(id) => sees_invitation(state, principal, id),
        Subject::Token(id) => sees_token(state, principal, id),
        Subject::Order(id) => sees_order(state, principal, id),
        Subject::Message(id) => sees_message(state, principal, id),
    }
}

/// Whether the principal's mandate covers the whole nation, or is Segel itself.
pub fn sees_all(principal: &Principal) -> bool {
    match principal {
        Principal::System => true,
        Principal::Person { role, belongs, .. } => {
            matches!(
                (role, belongs),
                (Role::CustomsHq | Role::Auditor, Belonging::Nation)
            )
        }
    }
}

/// The offices of a trip, origin first; nothing before it has a document.
pub fn offices_of<'s>(state: &'s State, trip: &Trip) -> Option<(&'s OfficeCode, &'s OfficeCode)> {
    let paper = &state.documents.get(&trip.document?)?.paper;
    Some((&paper.office, &paper.destination_office))
}

/// Whether a principal may see a trip.
pub fn sees_trip(state: &State, principal: &Principal, id: TripId) -> bool {
    state
        .trips
        .get(&id)
        .is_some_and(|trip| in_trip_scope(state, principal, trip))
}

fn in_trip_scope(state: &State, principal: &Principal, trip: &Trip) -> bool {
    if sees_all(principal) {
        return true;
    }
    let Principal::Person {
        person,
        role,
        belongs,
    } = principal
    else {
        return false;
    };
    match role {
        Role::Driver => drives(state, *person, trip),
        Role::Technician => trip.technician == Some(*person) || executes(state, *person, trip),
        _ => touches(state, belongs, trip),
    }
}

fn touches(state: &State, belongs: &Belonging, trip: &Trip) -> bool {
    match belongs {
        Belonging::Office(office) => offices_of(state, trip)
            .is_some_and(|(origin, destination)| office == origin || office == destination),
        Belonging::Organisation(organisation) => {
            [trip.request.owner, trip.request.provider].contains(organisation)
        }
        Belonging::Nation => false,
    }
}

/// A driver sees the trip under way, and nothing of it afterwards.
fn drives(state: &State, person: PersonId, trip: &Trip) -> bool {
    let subject = state.persons.get(&person).map(|person| person.subject);
    subject.is_some() && trip.request.driver == subject && !trip.is_off()
}

fn executes(state: &State, person: PersonId, trip: &Trip) -> bool {
    let grant = trip.grant.and_then(|grant| state.grants.get(&grant));
    grant.is_some_and(|grant| grant.grant.executor == person)
}

/// Whether a principal may see a seal.
pub fn sees_seal(state: &State, principal: &Principal, id: SealId) -> bool {
    state
        .seals
        .get(&id)
        .is_some_and(|seal| in_seal_scope(state, principal, seal))
}

fn in_seal_scope(state: &State, principal: &Principal, seal: &Seal) -> bool {
    if sees_all(principal) {
        return true;
    }
    let Principal::Person { role, belongs, .. } = principal else {
        return false;
    };
    let stock = match (role, belongs) {
        (Role::Technician | Role::Driver, _) => false,
        (_, Belonging::Organisation(organisation)) => seal.registration.provider == *organisation,
        (_, Belonging::Office(office)) => is_for(seal, office),
        (_, Belonging::Nation) => false,
    };
    let trip = seal.trip.or(seal.past.map(|past| past.trip));
    stock || trip.is_some_and(|trip| sees_trip(state, principal, trip))
}

/// A seal without a pool may serve any office, until it is on a trip.
fn is_for(seal: &Seal, office: &OfficeCode) -> bool {
    match &seal.registration.pool {
        Some(pool) => pool == office,
        None => seal.trip.is_none(),
    }
}

/// Whether a principal may see the devices that nobody has registered: people who keep stock.
pub fn sees_quarantine(principal: &Principal) -> bool {
    sees_all(principal)
        || matches!(
            principal.role(),
            Some(Role::ProviderAdmin | Role::ProviderOperator | Role::CustomsSupervisor)
        )
}

/// Whether a principal may see a document.
pub fn sees_document(state: &State, principal: &Principal, id: DocumentId) -> bool {
    state
        .documents
        .get(&id)
        .is_some_and(|document| in_document_scope(state, principal, document))
}

fn in_document_scope(state: &State, principal: &Principal, document: &Document) -> bool {
    if sees_all(principal) {
        return true;
    }
    let Principal::Person { role, belongs, .. } = principal else {
        return false;
    };
    let paper = &document.paper;
    let own = match (role, belongs) {
        (Role::Driver, _) => return false,
        (Role::Technician, _) | (_, Belonging::Nation) => false,
        (_, Belonging::Office(office)) => [&paper.office, &paper.destination_office].contains(&office),
        (_, Belonging::Organisation(organisation)) => {
            paper.owner == *organisation || registered_by(state, document.registered.by, *organisation)
        }
    };
    // Whoever works on a trip sees the document that backs it.
    own || document
        .backing
        .values()
        .any(|trip| sees_trip(state, principal, *trip))
}

fn registered_by(state: &State, person: Option<PersonId>, organisation: OrganisationId) -> bool {
    let record = person.and_then(|person| state.persons.get(&person));
    record.is_some_and(|record| record.belongs == Belonging::Organisation(organisation))
}

/// Whether a principal may see a route plan.
pub fn sees_route(state: &State, principal: &Principal, id: RouteId) -> bool {
    state
        .routes
        .get(&id)
        .is_some_and(|route| in_route_scope(state, principal, id, route))
}

fn in_route_scope(state: &State, principal: &Principal, id: RouteId, route: &Route) -> bool {
    if sees_all(principal) {
        return true;
    }
    let Principal::Person { role, belongs, .. } = principal else {
        return false;
    };
    let own = match (role, belongs) {
        (Role::Driver | Role::Technician, _) => false,
        (_, Belonging::Office(office)) => route.plan.office == *office,
        (_, Belonging::Organisation(organisation)) => route.plan.owner == *organisation,
        (_, Belonging::Nation) => false,
    };
    let mut trips = state.index.trips_on(Subject::Route(id));
    own || trips.any(|trip| sees_trip(state, principal, trip))
}

/// Whether a principal may see an alarm.
pub fn sees_alarm(state: &State, principal: &Principal, id: AlarmId) -> bool {
    let Some(alarm) = state.alarms.get(&id) else {
        return false;
    };
    match (alarm.finding.trip, alarm.finding.seal) {
        (Some(trip), _) => sees_trip(state, principal, trip),
        (None, Some(seal)) => sees_seal(state, principal, seal),
        (None, None) => sees_all(principal),
    }
}

/// Whether a principal may see a grant.
pub fn sees_grant(state: &State, principal: &Principal, id: GrantId) -> bool {
    state
        .grants
        .get(&id)
        .is_some_and(|grant| sees_trip(state, principal, grant.grant.trip))
}

/// Whether a principal may see a photo.
pub fn sees_photo(state: &State, principal: &Principal, id: PhotoId) -> bool {
    state
        .index
        .trip_with_photo(id)
        .is_some_and(|trip| sees_trip(state, principal, trip))
}

/// Whether a principal may see a person: colleagues, and for customs everybody who is not of another office.
pub fn sees_person(state: &State, principal: &Principal, id: PersonId) -> bool {
    let Some(person) = state.persons.get(&id) else {
        return false;
    };
    principal.person() == Some(id) || in_people_scope(principal, &person.belongs)
}

/// Whether people of that belonging are in the principal's reach.
pub(crate) fn in_people_scope(principal: &Principal, theirs: &Belonging) -> bool {
    if sees_all(principal) {
        return true;
    }
    let Principal::Person { role, belongs, .. } = principal else {
        return false;
    };
    match (role, belongs, theirs) {
        (Role::CustomsSupervisor, Belonging::Office(_), Belonging::Organisation(_)) => true,
        (Role::Technician | Role::Driver, ..) => false,
        _ => belongs == theirs,
    }
}

/// Whether somebody is a person of the principal's reach; for the people pages.
pub fn is_colleague(principal: &Principal, person: &Person) -> bool {
    in_people_scope(principal, &person.belongs)
}

/// Whether a principal may see an organisation: firms are public names, so everybody signed in may, drivers aside.
pub fn sees_organisation(state: &State, principal: &Principal, id: OrganisationId) -> bool {
    state.organisations.contains_key(&id)
        && (principal.role() != Some(Role::Driver) || principal.organisation() == Some(id))
}

/// Whether a principal may see an invitation: its inviter's colleagues, and customs every one.
pub fn sees_invitation(state: &State, principal: &Principal, id: InvitationId) -> bool {
    let sees = |invitation: &Invitation| {
        in_people_scope(principal, &invitation.belongs) || principal.role() == Some(Role::CustomsSupervisor)
    };
    state.invitations.get(&id).is_some_and(sees)
}

/// Whether a principal may see a token.
pub fn sees_token(state: &State, principal: &Principal, id: TokenId) -> bool {
    state
        .tokens
        .get(&id)
        .is_some_and(|token| sees_person(state, principal, token.person))
}

/// Whether a principal may see an order to a seal.
pub fn sees_order(state: &State, principal: &Principal, id: OrderId) -> bool {
    let Some(order) = state.orders.get(&id) else {
        return false;
    };
    match order.trip {
        Some(trip) => sees_trip(state, principal, trip),
        None => sees_seal(state, principal, order.ordered.seal),
    }
}

/// Whether a principal may see a message to SKP.
pub fn sees_message(state: &State, principal: &Principal, id: MessageId) -> bool {
    let hidden = matches!(principal.role(), Some(Role::Technician | Role::Driver));
    let trip = state.messages.get(&id).map(|message| message.trip);
    !hidden && trip.is_some_and(|trip| sees_trip(state, principal, trip))
}
