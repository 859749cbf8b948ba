//! Who asks: the session's cookie of a person, or the bearer token of a machine.

use axum::extract::{FromRequestParts, Path};
use axum::http::request;
use segel_model::{PersonId, Principal};

use super::Api;
use super::problem::Problem;
use super::types::Position;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As the rules know them.
    pub principal: Principal,
    /// The person, or the one whose token it is.
    pub person: PersonId,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut request::Parts, _api: &Api) -> Result<Self, Problem> {
        Err(Problem::not_ready())
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
