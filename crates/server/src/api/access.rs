//! Who asks: the session's cookie of a person, or the bearer token of a machine; and what they may see.

use axum::extract::{FromRequestParts, Path};
use axum::http::{HeaderMap, Method, StatusCode, header, request};
use segel_model::principal::Belonging;
use segel_model::{OrganisationId, PersonId, Principal, Role, SecretHash, ServerTime, TokenId};
use segel_store::{Scope, ScopeKey};

use super::Api;
use super::problem::Problem;
use super::types::Position;
use crate::auth::{secrets, sessions, tokens};

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As the rules know them.
    pub principal: Principal,
    /// The person, or the one whose token it is.
    pub person: PersonId,
    /// What they are for.
    pub role: Role,
    /// Where they belong.
    pub belongs: Belonging,
    /// By what they are known.
    pub credential: Credential,
    /// Until when that holds.
    pub until: ServerTime,
}

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A session's cookie.
    Session(SecretHash),
    /// A machine's token.
    Token(TokenId),
}

impl Caller {
    /// Who the bearer of a machine's token is.
    pub async fn of_token(api: &Api, token: String) -> Result<Self, Problem> {
        api.block(move |api| of_token(api, &token)).await
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, api: &Api) -> Result<Self, Problem> {
        let presented = Presented::read(parts)?;
        api.block(move |api| presented.recognise(api)).await
    }
}

/// What a request shows at the door.
enum Presented {
    Cookie {
        word: String,
        csrf: Option<String>,
        changes: bool,
    },
    Bearer(String),
}

impl Presented {
    fn read(parts: &request::Parts) -> Result<Self, Problem> {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(bearer) = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
            return Ok(Self::Bearer(bearer.trim().into()));
        }
        let word = cookie(&parts.headers).ok_or_else(Problem::not_signed_in)?;
        let csrf = parts
            .headers
            .get("x-csrf-token")
            .and_then(|value| value.to_str().ok());
        Ok(Self::Cookie {
            word,
            csrf: csrf.map(Into::into),
            changes: !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS),
        })
    }

    fn recognise(self, api: &Api) -> Result<Caller, Problem> {
        match self {
            Self::Cookie { word, csrf, changes } => {
                let caller = of_session(api, &word)?;
                if changes && csrf.as_deref() != Some(sessions::csrf(&word).as_str()) {
                    return Err(forged());
                }
                Ok(caller)
            }
            Self::Bearer(token) => of_token(api, &token),
        }
    }
}

/// The session's word in the cookie.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    let jar = axum_extra::extract::CookieJar::from_headers(headers);
    jar.get(sessions::COOKIE).map(|cookie| cookie.value().into())
}

fn of_session(api: &Api, word: &str) -> Result<Caller, Problem> {
    let hash = secrets::hash("session", word.as_bytes());
    let row = api.reader().session(&hash)?.ok_or_else(Problem::not_signed_in)?;
    let now = api.now();
    if !sessions::is_live(&row, now) {
        return Err(Problem::not_signed_in());
    }
    if sessions::TOUCH_S * 1000 <= now.since_ms(row.seen) {
        api.store().touch_session(&hash, now)?;
    }
    caller(api, row.person, Credential::Session(hash), sessions::until(&row))
}

fn of_token(api: &Api, text: &str) -> Result<Caller, Problem> {
    let holder = tokens::holder(api.reader(), text, api.now())?.ok_or_else(Problem::not_signed_in)?;
    caller(api, holder.person, Credential::Token(holder.token), holder.until)
}

/// What a machine that cannot send a token signs with instead. It is made of the token's number and a key of ours, so that it is
/// kept nowhere and ends with the token.
pub fn signing_secret(api: &Api, id: TokenId) -> String {
    secrets::hex(&secrets::keyed(
        &api.inner.key,
        format!("signing {id}").as_bytes(),
    ))
}

/// Who has signed a body: the one whose token it is.
pub fn of_signature(api: &Api, id: TokenId, body: &[u8], signature: &str) -> Result<Caller, Problem> {
    let digits = signature.trim();
    let said = segel_model::hex32::parse(digits.strip_prefix("sha256=").unwrap_or(digits));
    let said = said.ok_or_else(Problem::not_signed_in)?;
    let token = tokens::live(api.reader(), id, api.now())?.ok_or_else(Problem::not_signed_in)?;
    let made = secrets::keyed(signing_secret(api, id).as_bytes(), body);
    if !secrets::same(&SecretHash(said), &SecretHash(made)) {
        return Err(Problem::not_signed_in());
    }
    caller(api, token.person, Credential::Token(id), token.until)
}

fn caller(api: &Api, id: PersonId, credential: Credential, until: ServerTime) -> Result<Caller, Problem> {
    let person = tokens::person(api.reader(), id)?.ok_or_else(Problem::not_signed_in)?;
    Ok(Caller {
        principal: Principal::Person {
            person: id,
            role: person.role,
            belongs: person.belongs.clone(),
        },
        person: id,
        role: person.role,
        belongs: person.belongs,
        credential,
        until,
    })
}

impl From<tokens::LookUpFailure> for Problem {
    fn from(failure: tokens::LookUpFailure) -> Self {
        Self::failed(&failure)
    }
}

fn forged() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "Permintaan tidak membawa X-CSRF-Token yang benar; muat ulang halaman.",
        "The request does not carry the right X-CSRF-Token; load the page again.",
    )
}

impl Caller {
    /// What they may see: their office's, their organisation's, or their own jobs; everything only with a mandate for it.
    pub fn scope(&self) -> Scope {
        match (&self.role, &self.belongs) {
            (Role::Technician | Role::Driver, _) => Scope::Keys(vec![ScopeKey::Person(self.person)]),
            (_, Belonging::Office(office)) => {
                Scope::Keys(vec![ScopeKey::Office(office.clone()), ScopeKey::AnyOffice])
            }
            (_, Belonging::Organisation(organisation)) => Scope::Keys(vec![
                ScopeKey::Organisation(*organisation),
                ScopeKey::Person(self.person),
            ]),
            (_, Belonging::Nation) => Scope::Nation,
        }
    }

    /// The organisation they name, or their own. Who has neither has no right to what needs one, and is told that.
    pub fn organisation_or(&self, named: Option<u64>) -> OrganisationId {
        let own = self.principal.organisation();
        named.map(OrganisationId).or(own).unwrap_or(OrganisationId(0))
    }

    /// Refuses drivers: they see where their trip goes, not its papers.
    pub fn no_driver(&self) -> Result<(), Problem> {
        (self.role != Role::Driver)
            .then_some(())
            .ok_or_else(Problem::not_allowed)
    }

    /// Refuses every role but these.
    pub fn only(&self, roles: &[Role]) -> Result<(), Problem> {
        roles
            .contains(&self.role)
            .then_some(())
            .ok_or_else(Problem::not_allowed)
    }
}

/// The number in a path. What is no number is not found.
pub struct Id(pub u64);

impl FromRequestParts<Api> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, api: &Api) -> Result<Self, Problem> {
        let Path(id) = Path::<u64>::from_request_parts(parts, api).await?;
        Ok(Self(id))
    }
}

/// The parameters after the question mark.
pub struct Query<T>(pub T);

impl<T: serde::de::DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, api: &Api) -> Result<Self, Problem> {
        let axum::extract::Query(query) = axum::extract::Query::from_request_parts(parts, api).await?;
        Ok(Self(query))
    }
}

/// A name in a path.
pub struct Word(pub String);

impl FromRequestParts<Api> for Word {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, api: &Api) -> Result<Self, Problem> {
        let Path(word) = Path::<String>::from_request_parts(parts, api).await?;
        Ok(Self(word))
    }
}

/// A place as sent, or a refusal where the numbers are no place on earth.
pub fn place(sent: Option<Position>) -> Result<Option<segel_geo::Position>, Problem> {
    sent.map(on_earth).transpose()
}

/// One place, which must be on earth.
pub fn on_earth(sent: Position) -> Result<segel_geo::Position, Problem> {
    segel_geo::Position::new(sent.lat, sent.lon)
        .ok_or_else(|| Problem::field("lat, lon", "Bukan tempat di bumi.", "no place on earth"))
}

/// An office's code, which must be six digits.
pub fn office(field: &str, sent: &str) -> Result<segel_model::OfficeCode, Problem> {
    segel_model::OfficeCode::new(sent.trim()).ok_or_else(|| {
        Problem::field(
            field,
            "Kode kantor terdiri dari enam angka.",
            "an office code has six digits",
        )
    })
}
