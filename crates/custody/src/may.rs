//! Who may do what: the table of rights as one pure function.
//!
//! First the role, then whether the record is theirs (what they may not see does not exist for them), then what no role may
//! do alone: nobody decides about their own request, customs people are created only by customs, and a provider never has
//! any part in allowing an opening.

use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::trip::{TripMode, TripRequest};
use segel_model::{Command, OrganisationId, PersonId, Principal, Refusal, Role, SealId, SealOrder, TripId};

use crate::state::State;
use crate::{refusals, scope, subjects};

use Role::{
    CustomsOfficer, CustomsSupervisor, Driver, ProviderAdmin, ProviderOperator, ServiceUser, Technician,
};

/// Customs people who decide.
const CUSTOMS: &[Role] = &[CustomsOfficer, CustomsSupervisor];
/// Provider people in the office.
const PROVIDER: &[Role] = &[ProviderAdmin, ProviderOperator];
/// Who asks for a seal: the user, or the provider on the user's behalf.
const REQUESTERS: &[Role] = &[ServiceUser, ProviderAdmin, ProviderOperator];
/// Who works at the container: a technician, or a user with its own seals.
const FITTERS: &[Role] = &[Technician, ServiceUser];
/// Who works at alarms; provider operators are the first line.
const ALARM_PEOPLE: &[Role] = &[CustomsOfficer, CustomsSupervisor, ProviderAdmin, ProviderOperator];

/// Whether a principal may ask for something. Whether it is possible is another question.
pub fn may(principal: &Principal, command: &Command, state: &State) -> Result<(), Refusal> {
    let Principal::Person {
        person,
        role,
        belongs,
    } = principal
    else {
        return system_may(command);
    };
    still_who_they_were(state, *person, *role, belongs)?;
    if !roles(command).contains(role) {
        return Err(refusals::role_may_not());
    }
    in_reach(principal, command, state)?;
    alone(principal, command, state)
}

/// Segel itself invites the first people and lets the bearer of a code in, and nothing more.
fn system_may(command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Join { .. } => Ok(()),
        Command::RegisterOrganisation {
            kind: OrganisationKind::Provider,
            ..
        } => Ok(()),
        Command::Invite {
            role: CustomsSupervisor,
            belongs: Belonging::Office(_),
            ..
        } => Ok(()),
        Command::Invite {
            role: ProviderAdmin,
            belongs: Belonging::Organisation(_),
            ..
        } => Ok(()),
        _ => Err(refusals::role_may_not()),
    }
}

/// A session may be older than the change of a person.
fn still_who_they_were(
    state: &State,
    person: PersonId,
    role: Role,
    belongs: &Belonging,
) -> Result<(), Refusal> {
    let stands = state
        .persons
        .get(&person)
        .is_some_and(|record| record.disabled.is_none() && record.role == role && record.belongs == *belongs);
    if stands {
        Ok(())
    } else {
        Err(refusals::person_disabled())
    }
}

/// Which roles have the right at all.
pub fn roles(command: &Command) -> &'static [Role] {
    use Command as C;
    match command {
        C::RegisterOrganisation { .. } => &[CustomsSupervisor, ProviderAdmin],
        C::Invite { .. } | C::RevokeInvitation { .. } | C::DisablePerson { .. } => {
            &[CustomsSupervisor, ProviderAdmin, ServiceUser]
        }
        // Only Segel itself, on behalf of the bearer of a code.
        C::Join { .. } => &[],
        C::IssueToken { .. } | C::RevokeToken { .. } => &Role::ALL,
        C::RegisterSeal(_) | C::CertifySeal { .. } | C::SetSealCondition { .. } => PROVIDER,
        C::OrderSeal { order, .. } => orderers(order),
        C::ClearDoubt { .. } => CUSTOMS,
        // What opens a seal: who answers for the office, and who answers for the devices.
        C::UnmaskReport { .. } => &[CustomsSupervisor, ProviderAdmin],
        C::RegisterDocument(_) => REQUESTERS,
        C::VerifyDocument { .. } | C::RefuseDocument { .. } | C::CancelDocument { .. } => CUSTOMS,
        C::ProposeRoute(_) | C::PlanTrip { .. } => REQUESTERS,
        C::ApproveRoute { .. } | C::RefuseRoute { .. } => CUSTOMS,
        C::OpenTrip(_)
        | C::AttachDocument { .. }
        | C::SubmitTrip { .. }
        | C::NameDriver { .. }
        | C::CancelTrip { .. } => REQUESTERS,
        C::AssignSeal { .. } | C::ReleaseSeal { .. } => PROVIDER,
        C::BeginInstall { .. } | C::FinishRemoval { .. } => FITTERS,
        C::RecordInstalled { .. } => &[CustomsOfficer, CustomsSupervisor, Technician, ServiceUser],
        C::AuthoriseDeparture { .. } | C::ConfirmArrival { .. } | C::CheckSeal { .. } => CUSTOMS,
        C::DecideHeldTrip { .. } => CUSTOMS,
        C::GrantRemoval { .. } | C::RevokeGrant { .. } | C::VouchPlace { .. } => CUSTOMS,
        C::Unlock { .. } | C::RecordOpened { .. } => &[Technician],
        C::AddPhoto { .. } => &[Technician, ServiceUser, ProviderOperator],
        C::RejectPhoto { .. } => CUSTOMS,
        C::AcknowledgeAlarm { .. } | C::InvestigateAlarm { .. } | C::CloseAlarm { .. } => ALARM_PEOPLE,
        C::CommentAlarm { .. } => &[
            CustomsOfficer,
            CustomsSupervisor,
            ProviderAdmin,
            ProviderOperator,
            ServiceUser,
            Driver,
        ],
        C::RepairMessage { .. } => PROVIDER,
    }
}

/// Who may send an order that opens nothing. Where a seal is and that it is locked concerns whoever stands beside it or answers
/// for the trip; what it watches over, who answers for the trip; how it works, whose it is.
pub fn orderers(order: &SealOrder) -> &'static [Role] {
    match order {
        SealOrder::PositionNow | SealOrder::Lock => &[
            CustomsOfficer,
            CustomsSupervisor,
            ProviderAdmin,
            ProviderOperator,
            Technician,
        ],
        SealOrder::Track { .. }
        | SealOrder::Text { .. }
        | SealOrder::ConfirmAlarm
        | SealOrder::Fence(_)
        | SealOrder::ClearFence { .. } => ALARM_PEOPLE,
        SealOrder::Restart => &[ProviderAdmin, ProviderOperator, Technician],
        _ => PROVIDER,
    }
}

/// Whether the record is theirs. What is not is answered as if it did not exist.
fn in_reach(principal: &Principal, command: &Command, state: &State) -> Result<(), Refusal> {
    use Command as C;
    match command {
        C::CertifySeal { seal, .. }
        | C::SetSealCondition { seal, .. }
        | C::ClearDoubt { seal, .. }
        | C::UnmaskReport { seal, .. }
        | C::OrderSeal { seal, .. } => {
            seen(scope::sees_seal(state, principal, *seal), refusals::no_such_seal)
        }
        C::VerifyDocument { document, .. }
        | C::RefuseDocument { document, .. }
        | C::CancelDocument { document, .. } => seen(
            scope::sees_document(state, principal, *document),
            refusals::no_such_document,
        ),
        C::ApproveRoute { route, .. } | C::RefuseRoute { route, .. } => seen(
            scope::sees_route(state, principal, *route),
            refusals::no_such_route,
        ),
        C::AttachDocument { trip, document } => {
            seen(scope::sees_trip(state, principal, *trip), refusals::no_such_trip)?;
            seen(
                scope::sees_document(state, principal, *document),
                refusals::no_such_document,
            )
        }
        C::PlanTrip { trip, route } => {
            seen(scope::sees_trip(state, principal, *trip), refusals::no_such_trip)?;
            seen(
                scope::sees_route(state, principal, *route),
                refusals::no_such_route,
            )
        }
        C::AssignSeal { trip, seal, .. } => {
            seen(scope::sees_trip(state, principal, *trip), refusals::no_such_trip)?;
            seen(scope::sees_seal(state, principal, *seal), refusals::no_such_seal)
        }
        C::OpenTrip(request) => request_in_reach(principal, request, state),
        C::RevokeGrant { grant, .. }
        | C::VouchPlace { grant, .. }
        | C::Unlock { grant, .. }
        | C::RecordOpened { grant, .. } => seen(
            scope::sees_grant(state, principal, *grant),
            refusals::no_such_grant,
        ),
        C::RejectPhoto { photo, .. } => seen(
            scope::sees_photo(state, principal, *photo),
            refusals::no_such_photo,
        ),
        C::AcknowledgeAlarm { alarm }
        | C::InvestigateAlarm { alarm, .. }
        | C::CommentAlarm { alarm, .. }
        | C::CloseAlarm { alarm, .. } => seen(
            scope::sees_alarm(state, principal, *alarm),
            refusals::no_such_alarm,
        ),
        C::RepairMessage { message, .. } => seen(
            scope::sees_message(state, principal, *message),
            refusals::no_such_message,
        ),
        C::RevokeInvitation { invitation } => seen(
            scope::sees_invitation(state, principal, *invitation),
            refusals::no_such_invitation,
        ),
        C::DisablePerson { person, .. } => seen(
            scope::sees_person(state, principal, *person),
            refusals::no_such_person,
        ),
        C::RevokeToken { token } => seen(
            scope::sees_token(state, principal, *token),
            refusals::no_such_token,
        ),
        other => match subjects::trip_of(state, other) {
            Some(trip) => seen(scope::sees_trip(state, principal, trip), refusals::no_such_trip),
            None => Ok(()),
        },
    }
}

fn seen(sees: bool, refusal: fn() -> Refusal) -> Result<(), Refusal> {
    if sees { Ok(()) } else { Err(refusal()) }
}

fn request_in_reach(principal: &Principal, request: &TripRequest, state: &State) -> Result<(), Refusal> {
    if let Some(document) = request.document {
        seen(
            scope::sees_document(state, principal, document),
            refusals::no_such_document,
        )?;
    }
    if let Some(route) = request.route {
        seen(
            scope::sees_route(state, principal, route),
            refusals::no_such_route,
        )?;
    }
    Ok(())
}

/// What a right does not cover: other people's names, one's own requests, rights that need a second person.
fn alone(principal: &Principal, command: &Command, state: &State) -> Result<(), Refusal> {
    use Command as C;
    match command {
        C::Invite { role, belongs, .. } => may_invite(principal, *role, belongs, state),
        C::DisablePerson { person, .. } => may_disable(principal, *person, state),
        C::RevokeToken { token } => {
            may_revoke_token(principal, state.tokens.get(token).map(|token| token.person))
        }
        C::RegisterSeal(registration) => own(principal, registration.provider),
        C::CertifySeal { seal, .. } | C::SetSealCondition { seal, .. } => own_seal(principal, *seal, state),
        C::OrderSeal { seal, order, .. } => {
            if !principal.role().is_some_and(Role::is_customs) {
                own_seal(principal, *seal, state)?;
            }
            may_restart(principal, *seal, order, state)
        }
        C::RegisterDocument(paper) => for_owner(principal, paper.owner),
        C::ProposeRoute(plan) => for_owner(principal, plan.owner),
        C::OpenTrip(request) => {
            for_owner(principal, request.owner)?;
            if principal.role() == Some(ServiceUser) {
                Ok(())
            } else {
                own(principal, request.provider)
            }
        }
        C::VerifyDocument { document, .. } | C::RefuseDocument { document, .. } => not_own(
            principal,
            state
                .documents
                .get(document)
                .and_then(|document| document.registered.by),
        ),
        C::ApproveRoute { route, .. } | C::RefuseRoute { route, .. } => not_own(
            principal,
            state.routes.get(route).and_then(|route| route.proposed.by),
        ),
        C::AssignSeal { trip, .. } | C::ReleaseSeal { trip, .. } => {
            let provider = state.trips.get(trip).map(|trip| trip.request.provider);
            provider.map_or(Ok(()), |provider| own(principal, provider))
        }
        C::BeginInstall { trip, .. } => at_the_container(principal, *trip, state),
        C::FinishRemoval { trip, .. } => at_the_container(principal, *trip, state),
        C::RecordInstalled { trip, .. } => by_hand(principal, *trip, state),
        C::AddPhoto { trip, .. } if principal.role() == Some(ServiceUser) => {
            at_the_container(principal, *trip, state)
        }
        C::GrantRemoval { executor, .. } => not_own(principal, Some(*executor)),
        _ => Ok(()),
    }
}

fn own_seal(principal: &Principal, seal: SealId, state: &State) -> Result<(), Refusal> {
    let provider = state.seals.get(&seal).map(|seal| seal.registration.provider);
    provider.map_or(Ok(()), |provider| own(principal, provider))
}

/// While it starts anew a seal watches nothing: one that is closed on a trip is started anew only by who watches it day and
/// night.
fn may_restart(principal: &Principal, seal: SealId, order: &SealOrder, state: &State) -> Result<(), Refusal> {
    let restarts = *order == SealOrder::Restart && principal.role() != Some(ProviderOperator);
    if restarts && is_sealed_on_trip(state, seal) {
        return Err(refusals::restart_by_operator());
    }
    Ok(())
}

/// Whether a seal is closed on a container on its way.
pub(crate) fn is_sealed_on_trip(state: &State, seal: SealId) -> bool {
    let trip = state.seals.get(&seal).and_then(|seal| seal.trip);
    trip.and_then(|trip| state.trips.get(&trip))
        .is_some_and(|trip| trip.state.is_sealed())
}

fn own(principal: &Principal, organisation: OrganisationId) -> Result<(), Refusal> {
    let theirs = principal.organisation() == Some(organisation);
    if theirs {
        Ok(())
    } else {
        Err(refusals::role_may_not())
    }
}

/// A user for itself; a provider for a user, which the entry shows.
fn for_owner(principal: &Principal, owner: OrganisationId) -> Result<(), Refusal> {
    match principal.role() {
        Some(ServiceUser) => own(principal, owner),
        _ => Ok(()),
    }
}

fn not_own(principal: &Principal, asked_by: Option<PersonId>) -> Result<(), Refusal> {
    let same = asked_by.is_some() && principal.person() == asked_by;
    if same {
        Err(refusals::own_request())
    } else {
        Ok(())
    }
}

/// The technician named for it; of a user only where the user supplies its own seals.
fn at_the_container(principal: &Principal, trip: TripId, state: &State) -> Result<(), Refusal> {
    let Some(trip) = state.trips.get(&trip) else {
        return Ok(());
    };
    match principal.role() {
        Some(ServiceUser) if trip.request.owner == trip.request.provider => Ok(()),
        Some(Technician) => Ok(()),
        _ => Err(refusals::role_may_not()),
    }
}

/// That a seal is closed is recorded by an officer; only a tracker, which has no lock, by those who fit it.
fn by_hand(principal: &Principal, id: TripId, state: &State) -> Result<(), Refusal> {
    if principal.role().is_some_and(Role::is_customs) {
        return Ok(());
    }
    let tracker = state
        .trips
        .get(&id)
        .is_some_and(|trip| trip.request.mode == TripMode::CargoTracker);
    if tracker {
        at_the_container(principal, id, state)
    } else {
        Err(refusals::role_may_not())
    }
}

/// Customs creates customs people and may invite anybody; a provider its own people and a new customer's first; a user its
/// own.
fn may_invite(principal: &Principal, role: Role, belongs: &Belonging, state: &State) -> Result<(), Refusal> {
    fits_place(role, belongs, state)?;
    let customs = principal.role() == Some(CustomsSupervisor);
    if role.is_customs() || role == Role::Auditor {
        let first_there = role == CustomsSupervisor && is_empty(belongs, state);
        let at_home =
            matches!(belongs, Belonging::Nation) || principal.office() == office_of(belongs) || first_there;
        return match (customs, at_home) {
            (true, true) => Ok(()),
            (true, false) => Err(refusals::not_your_people()),
            (false, _) => Err(refusals::only_customs_invites_customs()),
        };
    }
    let theirs = *belongs == organisation_of(principal);
    let allowed = match principal.role() {
        Some(CustomsSupervisor) => true,
        Some(ProviderAdmin) => theirs || (role == ServiceUser && is_empty(belongs, state)),
        Some(ServiceUser) => theirs && matches!(role, ServiceUser | Driver | Technician),
        _ => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(refusals::not_your_people())
    }
}

/// A provider brings in the first user of a new customer, a supervisor the first supervisor of another office; after that
/// it would be reading along in somebody else's house.
fn is_empty(belongs: &Belonging, state: &State) -> bool {
    !state.persons.values().any(|person| person.belongs == *belongs)
}

fn organisation_of(principal: &Principal) -> Belonging {
    principal
        .organisation()
        .map_or(Belonging::Nation, Belonging::Organisation)
}

fn office_of(belongs: &Belonging) -> Option<&segel_model::OfficeCode> {
    match belongs {
        Belonging::Office(office) => Some(office),
        _ => None,
    }
}

/// Officers sit in an office, headquarters in the nation, everybody else in an organisation of the right kind.
fn fits_place(role: Role, belongs: &Belonging, state: &State) -> Result<(), Refusal> {
    let kind = match belongs {
        Belonging::Organisation(organisation) => {
            state.organisations.get(organisation).map(|known| known.kind)
        }
        _ => None,
    };
    let fits = match (role, belongs) {
        (CustomsOfficer | CustomsSupervisor, Belonging::Office(_)) => true,
        (Role::CustomsHq, Belonging::Nation) => true,
        (Role::Auditor, _) => true,
        // A user that supplies its own seals (KEP-97, dictum 3) keeps its own stock; a broker has none.
        (ProviderAdmin | ProviderOperator, Belonging::Organisation(_)) => {
            kind.is_some_and(|kind| kind != OrganisationKind::Broker)
        }
        (Technician | Driver, Belonging::Organisation(_)) => true,
        (ServiceUser, Belonging::Organisation(_)) => kind != Some(OrganisationKind::Provider),
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(refusals::role_does_not_fit_place())
    }
}

fn may_disable(principal: &Principal, person: PersonId, state: &State) -> Result<(), Refusal> {
    if principal.person() == Some(person) {
        return Err(refusals::not_yourself());
    }
    let Some(record) = state.persons.get(&person) else {
        return Err(refusals::no_such_person());
    };
    let customs = principal.role() == Some(CustomsSupervisor);
    if customs || record.belongs == organisation_of(principal) {
        Ok(())
    } else {
        Err(refusals::not_your_people())
    }
}

/// Everybody their own; administrators those of their people.
fn may_revoke_token(principal: &Principal, holder: Option<PersonId>) -> Result<(), Refusal> {
    let own = holder.is_some() && principal.person() == holder;
    let administers = matches!(principal.role(), Some(CustomsSupervisor | ProviderAdmin));
    if own || administers {
        Ok(())
    } else {
        Err(refusals::not_your_people())
    }
}
