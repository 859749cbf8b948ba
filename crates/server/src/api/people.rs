//! Organisations, offices, persons, invitations, tokens, and the rules everybody works by.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use segel_custody::state;
use segel_model::input::CommandInput;
use segel_model::principal::Belonging as Belongs;
use segel_model::{Command, InvitationId, OrganisationId, PersonId, Principal, Role, ServerTime, TokenId};
use segel_store::record::Order;
use segel_store::{Listing, Record, RecordKind, Scope, ScopeKey, SideRow, SubjectRow};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query, signing_secret};
use super::asking::{self, Ask, Body, Nothing};
use super::openapi::{Headers, PageQuery};
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::{View, Wanted};
use super::session::{self, Peer};
use super::types::{
    AcceptInvitation, Belonging, Done, Edition, Invitation, InvitationIssued, InvitationState, NewInvitation,
    NewOrganisation, NewToken, Office, Organisation, Page, Person, Reason, Rules, Session, Token,
    TokenIssued,
};
use super::{Api, command};
use crate::ask::{Asked, NewAccount, Side};
use crate::auth::{passwords, secrets, sessions};

/// How long an invitation holds unless it says otherwise.
const INVITATION_HOURS: u16 = 72;
/// The longest: a month, then the world has changed.
const INVITATION_HOURS_MAX: u16 = 720;
/// How long a token holds unless it says otherwise.
const TOKEN_DAYS: u16 = 90;
/// The longest: a year.
const TOKEN_DAYS_MAX: u16 = 366;
/// The longest name of a person.
const NAME_MAX: usize = 120;

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
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Organisation>>, Problem> {
    let wanted = page.wanted()?;
    let scope = organisations_scope(&caller);
    let page = api.read(&caller, move |view| {
        let listing = Listing {
            scope,
            order: Order::OldestFirst,
            ..view.listing(RecordKind::Organisation, wanted)
        };
        view.page(&listing, |record, organisation: state::Organisation| {
            Ok(show(record.id, organisation))
        })
    });
    Ok(Json(page.await?))
}

/// Firms are public names, and whoever asks for a seal must find its provider. A driver knows its own.
fn organisations_scope(caller: &Caller) -> Scope {
    match (&caller.role, &caller.belongs) {
        (Role::Driver, Belongs::Organisation(own)) => Scope::Keys(vec![ScopeKey::Organisation(*own)]),
        (Role::Driver, _) => Scope::Keys(Vec::new()),
        _ => Scope::Nation,
    }
}

fn show(id: u64, organisation: state::Organisation) -> Organisation {
    let state::Organisation { name, kind, npwp } = organisation;
    Organisation {
        id,
        name,
        kind: kind.into(),
        npwp,
    }
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
async fn list_offices(State(api): State<Api>, _caller: Caller) -> Json<Vec<Office>> {
    Json(api.rules().offices.iter().map(Office::of).collect())
}

/// The rules: every edition, and which is in force now.
#[utoipa::path(
    get, path = "/rulebook", tag = "people",
    responses((status = 200, description = "the rules", body = Rules), Refusals)
)]
async fn read_rules(State(api): State<Api>, _caller: Caller) -> Json<Rules> {
    Json(Rules {
        in_force: api.rules().in_force(api.now()).number.0,
        editions: api.rules().editions.iter().map(Edition::of).collect(),
    })
}

/// Whose people.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PeopleQuery {
    /// Those of this organisation: customs may ask, to name who opens a seal.
    organisation: Option<u64>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// People of the asker's own side; for customs also those of a firm.
#[utoipa::path(
    get, path = "/people", tag = "people", params(PeopleQuery),
    responses((status = 200, description = "a page", body = Page<Person>), Refusals)
)]
async fn list_people(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<Page<Person>>, Problem> {
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let (key, inside) = people_key(&caller, query.organisation)?;
    let page = api.read(&caller, move |view| {
        let scope = match &key {
            Some(key) => Scope::Keys(vec![key.clone()]),
            None => view.scope.clone(),
        };
        let listing = Listing {
            scope,
            order: Order::OldestFirst,
            ..view.listing(RecordKind::Person, wanted)
        };
        view.page(&listing, |record, person: state::Person| {
            view.show_person(record.id, &person, inside)
        })
    });
    Ok(Json(page.await?))
}

/// Which people, and whether they are of the asker's own side. Customs names who may open a seal, so it may look
/// into the firms; without their names at the door.
fn people_key(caller: &Caller, organisation: Option<u64>) -> Result<(Option<ScopeKey>, bool), Problem> {
    let own = match &caller.belongs {
        Belongs::Organisation(own) => Some(own.0),
        _ => None,
    };
    match organisation {
        None => Ok((None, true)),
        asked if asked == own && !matches!(caller.role, Role::Technician | Role::Driver) => Ok((None, true)),
        Some(asked) => {
            caller.only(&[
                Role::CustomsOfficer,
                Role::CustomsSupervisor,
                Role::CustomsHq,
                Role::Auditor,
            ])?;
            Ok((Some(ScopeKey::Organisation(OrganisationId(asked))), false))
        }
    }
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
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Invitation>>, Problem> {
    caller.only(&[
        Role::CustomsSupervisor,
        Role::ProviderAdmin,
        Role::ServiceUser,
        Role::CustomsHq,
        Role::Auditor,
    ])?;
    let wanted = page.wanted()?;
    // Customs sees every invitation that anybody issues.
    let everything = caller.role == Role::CustomsSupervisor;
    let page = api.read(&caller, move |view| {
        let scope = if everything {
            Scope::Nation
        } else {
            view.scope.clone()
        };
        let listing = Listing {
            scope,
            ..view.listing(RecordKind::Invitation, wanted)
        };
        view.page(&listing, |record, invitation: state::Invitation| {
            show_invitation(view, record, invitation)
        })
    });
    Ok(Json(page.await?))
}

fn show_invitation(
    view: &View<'_>,
    record: &Record,
    invitation: state::Invitation,
) -> Result<Invitation, Problem> {
    let over = invitation.until <= view.api.now();
    Ok(Invitation {
        id: record.id,
        role: invitation.role.into(),
        belongs_name: view.belongs_name(&invitation.belongs, invitation.role)?,
        belongs: invitation.belongs.into(),
        until: invitation.until.into(),
        state: match record.stage.as_str() {
            "used" => InvitationState::Used,
            "open" if !over => InvitationState::Open,
            _ => InvitationState::Ended,
        },
        invited_by: invitation.invited.by.map(|by| by.0),
    })
}

/// Invite somebody into a role. The one-time code is shown in this answer only.
#[utoipa::path(
    post, path = "/invitations", tag = "people", params(Headers), request_body = NewInvitation,
    responses((status = 200, description = "it is done and durable", body = InvitationIssued), Verdicts)
)]
async fn invite(State(api): State<Api>, ask: Ask<NewInvitation>) -> Result<Json<InvitationIssued>, Problem> {
    let hours = ask.body.valid_hours.unwrap_or(INVITATION_HOURS);
    if hours == 0 || INVITATION_HOURS_MAX < hours {
        return Err(Problem::field(
            "valid_hours",
            "1 sampai 720 jam.",
            "1 to 720 hours",
        ));
    }
    let code = secrets::code(&ask.secret(&api, "invitation"));
    let until = api.now().plus_s(i64::from(hours) * 3600);
    let command = Command::Invite {
        role: ask.body.role.into(),
        belongs: belonging(&ask.body.belongs)?,
        code: secrets::code_hash(&code),
        until,
    };
    let done = ask.run(&api, command).await?;
    Ok(Json(InvitationIssued {
        id: done.id.unwrap_or_default(),
        seq: done.seq,
        code,
        until: until.into(),
    }))
}

fn belonging(sent: &Belonging) -> Result<Belongs, Problem> {
    Ok(match sent {
        Belonging::Office { office } => Belongs::Office(super::access::office("belongs.office", office)?),
        Belonging::Organisation { organisation } => Belongs::Organisation(OrganisationId(*organisation)),
        Belonging::Nation => Belongs::Nation,
    })
}

/// Join by an invitation, and be signed in.
#[utoipa::path(
    post, path = "/invitations/accept", tag = "people", request_body = AcceptInvitation, security(()),
    responses((status = 200, description = "joined and signed in", body = Session), Verdicts)
)]
async fn accept_invitation(
    State(api): State<Api>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Body(accept): Body<AcceptInvitation>,
) -> Result<Response, Problem> {
    api.inner
        .attempts
        .take(&accept.code, peer, api.now())
        .map_err(Problem::too_often)?;
    check_joining(&accept)?;
    let password = api.inner.passwords.hash(accept.password.clone()).await?;
    let subject = subject(
        "person",
        &PersonSubject {
            name: accept.name.trim(),
            phone: accept.phone.as_deref(),
        },
        api.now(),
    );
    let one_at_a_time = api.inner.joining.lock().await;
    let login = accept.login.trim().to_lowercase();
    let taken = login.clone();
    if api
        .block(move |api| Ok(api.reader().account_by_login(&taken)?.is_some()))
        .await?
    {
        return Err(Problem::field(
            "login",
            "Nama masuk sudah dipakai.",
            "the name is taken",
        ));
    }
    let command = Command::Join {
        code: secrets::code_hash(&accept.code),
        subject: subject.hash,
    };
    let side = Side {
        rows: vec![SideRow::Subject(subject)],
        account: Some(NewAccount { login, password }),
        ..Side::default()
    };
    let input = CommandInput {
        principal: Principal::System,
        recorded: None,
        recorded_offset_ms: 0,
        command,
    };
    let done = asking::ask(&api, Asked { input, side }).await?;
    // A right code was no guess: a whole office may join in a minute.
    api.inner.attempts.succeeded("an invitation");
    drop(one_at_a_time);
    session::open(&api, PersonId(done.id.unwrap_or_default()), &headers).await
}

fn check_joining(accept: &AcceptInvitation) -> Result<(), Problem> {
    let login = accept.login.trim();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@');
    if !(3..=40).contains(&login.len()) || !login.chars().all(legal) {
        let en = "3 to 40 letters, digits, dots, dashes";
        return Err(Problem::field(
            "login",
            "3 sampai 40 huruf, angka, titik, tanda hubung.",
            en,
        ));
    }
    if !(passwords::LENGTH_MIN..=passwords::LENGTH_MAX).contains(&accept.password.chars().count()) {
        return Err(Problem::field(
            "password",
            "Paling sedikit 10 karakter.",
            "at least 10 characters",
        ));
    }
    if accept.name.trim().is_empty() || NAME_MAX < accept.name.chars().count() {
        return Err(Problem::field("name", "Isi nama Anda.", "say your name"));
    }
    Ok(())
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
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Token>>, Problem> {
    let wanted = page.wanted()?;
    let own = Scope::Keys(vec![ScopeKey::Person(caller.person)]);
    let page = api.read(&caller, move |view| {
        let listing = Listing {
            scope: own,
            ..view.listing(RecordKind::Token, wanted)
        };
        view.page(&listing, |record, token: state::Token| {
            Ok(Token {
                id: record.id,
                label: token.label,
                until: token.until.into(),
                revoked: record.stage != "active",
            })
        })
    });
    Ok(Json(page.await?))
}

/// Give a machine a bearer token that acts as the asker. It is shown in this answer only.
#[utoipa::path(
    post, path = "/tokens", tag = "people", params(Headers), request_body = NewToken,
    responses((status = 200, description = "it is done and durable", body = TokenIssued), Verdicts)
)]
async fn issue_token(State(api): State<Api>, ask: Ask<NewToken>) -> Result<Json<TokenIssued>, Problem> {
    let days = ask.body.valid_days.unwrap_or(TOKEN_DAYS);
    if days == 0 || TOKEN_DAYS_MAX < days {
        return Err(Problem::field(
            "valid_days",
            "1 sampai 366 hari.",
            "1 to 366 days",
        ));
    }
    let secret = secrets::hex(&ask.secret(&api, "token"));
    let until = api.now().plus_s(i64::from(days) * 24 * 3600);
    let command = Command::IssueToken {
        label: ask.body.label.clone(),
        hash: secrets::hash("token", secret.as_bytes()),
        until,
    };
    let done = ask.run(&api, command).await?;
    let id = done.id.unwrap_or_default();
    let token = sessions::token_text(TokenId(id), &secret);
    Ok(Json(TokenIssued {
        id,
        seq: done.seq,
        token,
        signing_secret: signing_secret(&api, TokenId(id)),
        until: until.into(),
    }))
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

impl Office {
    fn of(office: &segel_model::rulebook::Office) -> Self {
        Self {
            code: office.code.0.clone(),
            name: office.name.clone(),
            utc_offset_h: office.utc_offset_h,
            zone: zone(office.utc_offset_h).into(),
            departure_needs_officer: office.departure_needs_officer,
        }
    }
}

/// The name of an Indonesian zone.
pub(super) const fn zone(utc_offset_h: u8) -> &'static str {
    match utc_offset_h {
        7 => "WIB",
        8 => "WITA",
        9 => "WIT",
        _ => "UTC",
    }
}

/// A name, plate or driver as an erasable row. Its hash is salted by the row itself, so that after an erasure nobody can
/// try names against it.
pub(super) fn subject(kind: &str, body: &impl Serialize, at: ServerTime) -> SubjectRow {
    let mut fields = serde_json::to_value(body).unwrap_or_default();
    fields["salt"] = secrets::hex(&secrets::random::<16>()).into();
    let body = fields.to_string();
    SubjectRow {
        hash: secrets::hash(kind, body.as_bytes()),
        kind: kind.into(),
        body,
        at,
    }
}

/// What is kept of a person.
#[derive(Serialize)]
pub(super) struct PersonSubject<'a> {
    pub(super) name: &'a str,
    pub(super) phone: Option<&'a str>,
}
