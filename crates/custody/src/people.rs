//! Organisations, people and their invitations. Everybody comes in by an invitation, the first two included; names lie in
//! erasable records elsewhere, so that evidence outlives a deletion.

use segel_model::event::Subject;
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::{Event, InvitationId, PersonId, Role, SecretHash, ServerTime, TokenId};

use crate::deciding::Outcome;
use crate::{Deciding, refusals};

/// Enters an organisation.
pub fn register(
    deciding: &mut Deciding<'_>,
    name: &str,
    kind: OrganisationKind,
    npwp: Option<&str>,
) -> Outcome {
    if name.trim().is_empty() {
        return Err(refusals::empty_text());
    }
    let organisation = deciding.next().organisation;
    let npwp = npwp.map(|text| text.chars().filter(char::is_ascii_digit).collect());
    deciding.emit(Event::OrganisationRegistered {
        organisation,
        name: name.trim().into(),
        kind,
        npwp,
    });
    Ok(Some(Subject::Organisation(organisation)))
}

/// Invites somebody into a role.
pub fn invite(
    deciding: &mut Deciding<'_>,
    role: Role,
    belongs: &Belonging,
    code: SecretHash,
    until: ServerTime,
) -> Outcome {
    belonging_exists(deciding, belongs)?;
    if until <= deciding.now() {
        return Err(refusals::already_over());
    }
    if deciding
        .base
        .invitations
        .values()
        .any(|invitation| invitation.code == code)
    {
        return Err(refusals::code_in_use());
    }
    let invitation = deciding.next().invitation;
    deciding.emit(Event::Invited {
        invitation,
        role,
        belongs: belongs.clone(),
        code,
        until,
    });
    Ok(Some(Subject::Invitation(invitation)))
}

fn belonging_exists(deciding: &Deciding<'_>, belongs: &Belonging) -> Result<(), segel_model::Refusal> {
    match belongs {
        Belonging::Office(office) => deciding
            .rules
            .office(office)
            .map(|_| ())
            .ok_or_else(refusals::no_such_office),
        Belonging::Organisation(organisation) => {
            let known = deciding.base.organisations.contains_key(organisation);
            known.then_some(()).ok_or_else(refusals::no_such_organisation)
        }
        Belonging::Nation => Ok(()),
    }
}

/// Lets the bearer of a code join.
pub fn join(deciding: &mut Deciding<'_>, code: SecretHash, subject: SecretHash) -> Outcome {
    let found = deciding
        .base
        .invitations
        .iter()
        .find(|(_, invitation)| invitation.code == code);
    let (&invitation, record) = found.ok_or_else(refusals::no_such_invitation)?;
    if record.until <= deciding.now() {
        return Err(refusals::invitation_expired());
    }
    let person = deciding.next().person;
    let (role, belongs) = (record.role, record.belongs.clone());
    deciding.emit(Event::PersonJoined {
        person,
        invitation,
        role,
        belongs,
        subject,
    });
    Ok(Some(Subject::Person(person)))
}

/// Takes back an invitation nobody has used.
pub fn revoke_invitation(deciding: &mut Deciding<'_>, invitation: InvitationId) -> Outcome {
    if !deciding.base.invitations.contains_key(&invitation) {
        return Err(refusals::no_such_invitation());
    }
    deciding.emit(Event::InvitationEnded { invitation });
    Ok(None)
}

/// An invitation that nobody used in time ends.
pub fn tick(deciding: &mut Deciding<'_>, invitation: InvitationId) {
    deciding.emit(Event::InvitationEnded { invitation });
}

/// Shuts somebody out; their tokens go with them.
pub fn disable(deciding: &mut Deciding<'_>, person: PersonId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    let record = deciding
        .base
        .persons
        .get(&person)
        .ok_or_else(refusals::no_such_person)?;
    if record.disabled.is_some() {
        return Err(refusals::no_such_person());
    }
    deciding.emit(Event::PersonDisabled { person, reason });
    Ok(None)
}

/// Gives a machine a token that acts as the asking person.
pub fn issue_token(deciding: &mut Deciding<'_>, label: &str, hash: SecretHash, until: ServerTime) -> Outcome {
    let person = deciding.person().ok_or_else(refusals::role_may_not)?;
    if label.trim().is_empty() {
        return Err(refusals::empty_text());
    }
    if until <= deciding.now() {
        return Err(refusals::already_over());
    }
    if deciding.base.tokens.values().any(|token| token.hash == hash) {
        return Err(refusals::code_in_use());
    }
    let token = deciding.next().token;
    deciding.emit(Event::TokenIssued {
        token,
        person,
        label: label.trim().into(),
        hash,
        until,
    });
    Ok(Some(Subject::Token(token)))
}

/// Takes a token back.
pub fn revoke_token(deciding: &mut Deciding<'_>, token: TokenId) -> Outcome {
    if !deciding.base.tokens.contains_key(&token) {
        return Err(refusals::no_such_token());
    }
    deciding.emit(Event::TokenRevoked { token });
    Ok(None)
}

/// A reason that says something.
pub(crate) fn said(reason: &str) -> Result<alloc::string::String, segel_model::Refusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        Err(refusals::reason_needed())
    } else {
        Ok(reason.into())
    }
}
