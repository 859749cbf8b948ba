//! Organisations, offices, persons, invitations, tokens, and the rules everybody works by.

use axum::Json;
use axum::extract::State;
use segel_model::{Command, InvitationId, PersonId, TokenId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::{Ask, Body, Nothing};
use super::openapi::{Headers, PageQuery};
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{
    AcceptInvitation, Done, Invitation, InvitationIssued, NewInvitation, NewOrganisation, NewToken, Office,
    Organisation, Page, Person, Reason, Rules, Session, Token, TokenIssued,
};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_organisations, register_organisation))
        .routes(routes!(list_offices))
        .routes(routes!(read_rules))
        .routes(routes!(list_people))
        .routes(routes!(disable_person))
        .routes(routes!(list_invitations, invite))
        .routes(routes!(accept_invitation))
        .routes(routes!(revoke_invitation))
        .routes(routes!(list_tokens, issue_token))
        .routes(routes!(revoke_token))
}

/// Organisations the asker may know: their own, and those they work with.
#[utoipa::path(
    get, path = "/organisations", tag = "people", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<Organisation>), Refusals)
)]
async fn list_organisations(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Organisation>>, Problem> {
    Err(Problem::not_ready())
}

/// Enter an organisation.
#[utoipa::path(
    post, path = "/organisations", tag = "people", params(Headers), request_body = NewOrganisation,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn register_organisation(
    State(api): State<Api>,
    ask: Ask<NewOrganisation>,
) -> Result<Json<Done>, Problem> {
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).collect();
    let command = Command::RegisterOrganisation {
        name: ask.body.name.clone(),
        kind: ask.body.kind.into(),
        npwp: ask.body.npwp.as_ref().map(digits),
    };
    Ok(Json(ask.run(&api, command).await?))
}

/// The customs offices.
#[utoipa::path(
    get, path = "/offices", tag = "people",
    responses((status = 200, description = "all of them", body = Vec<Office>), Refusals)
)]
async fn list_offices(State(_api): State<Api>, _caller: Caller) -> Result<Json<Vec<Office>>, Problem> {
    Err(Problem::not_ready())
}

/// The rules: every edition, and which is in force now.
#[utoipa::path(
    get, path = "/rulebook", tag = "people",
    responses((status = 200, description = "the rules", body = Rules), Refusals)
)]
async fn read_rules(State(_api): State<Api>, _caller: Caller) -> Result<Json<Rules>, Problem> {
    Err(Problem::not_ready())
}

/// People of the asker's own side; customs supervisors see those of their office and of the firms that work there.
#[utoipa::path(
    get, path = "/people", tag = "people", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<Person>), Refusals)
)]
async fn list_people(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Person>>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// Shut somebody out. Their sessions and tokens end.
    disable_person, "people", "/people/{id}/disable", |id, body: Reason| Command::DisablePerson {
        person: PersonId(id), reason: body.reason.clone(),
    }
}

/// Invitations of the asker's own side.
#[utoipa::path(
    get, path = "/invitations", tag = "people", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<Invitation>), Refusals)
)]
async fn list_invitations(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Invitation>>, Problem> {
    Err(Problem::not_ready())
}

/// Invite somebody into a role. The one-time code is shown in this answer only.
#[utoipa::path(
    post, path = "/invitations", tag = "people", params(Headers), request_body = NewInvitation,
    responses((status = 200, description = "it is done and durable", body = InvitationIssued), Verdicts)
)]
async fn invite(
    State(_api): State<Api>,
    _ask: Ask<NewInvitation>,
) -> Result<Json<InvitationIssued>, Problem> {
    Err(Problem::not_ready())
}

/// Join by an invitation, and be signed in.
#[utoipa::path(
    post, path = "/invitations/accept", tag = "people", request_body = AcceptInvitation, security(()),
    responses((status = 200, description = "joined and signed in", body = Session), Verdicts)
)]
async fn accept_invitation(
    State(_api): State<Api>,
    Body(_accept): Body<AcceptInvitation>,
) -> Result<Json<Session>, Problem> {
    Err(Problem::not_ready())
}

/// Take back an invitation nobody has used.
#[utoipa::path(
    delete, path = "/invitations/{id}", tag = "people", params(("id" = u64, Path, description = "its number"), Headers),
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn revoke_invitation(
    State(api): State<Api>,
    Id(id): Id,
    ask: Ask<Nothing>,
) -> Result<Json<Done>, Problem> {
    let command = Command::RevokeInvitation {
        invitation: InvitationId(id),
    };
    Ok(Json(ask.run(&api, command).await?))
}

/// The asker's own tokens.
#[utoipa::path(
    get, path = "/tokens", tag = "people", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<Token>), Refusals)
)]
async fn list_tokens(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Token>>, Problem> {
    Err(Problem::not_ready())
}

/// Give a machine a bearer token that acts as the asker. It is shown in this answer only.
#[utoipa::path(
    post, path = "/tokens", tag = "people", params(Headers), request_body = NewToken,
    responses((status = 200, description = "it is done and durable", body = TokenIssued), Verdicts)
)]
async fn issue_token(State(_api): State<Api>, _ask: Ask<NewToken>) -> Result<Json<TokenIssued>, Problem> {
    Err(Problem::not_ready())
}

/// Take a token back.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "people", params(("id" = u64, Path, description = "its number"), Headers),
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn revoke_token(State(api): State<Api>, Id(id): Id, ask: Ask<Nothing>) -> Result<Json<Done>, Problem> {
    let command = Command::RevokeToken { token: TokenId(id) };
    Ok(Json(ask.run(&api, command).await?))
}
