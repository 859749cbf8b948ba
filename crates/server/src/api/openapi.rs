//! The OpenAPI document, made of the routes themselves; `schemas/openapi.json` is its committed copy.

use serde::Deserialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContactBuilder, InfoBuilder, License, OpenApi, SecurityRequirement, Server};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;
use super::reading::Wanted;
use super::types::{
    LiveEntry, LiveEvent, LiveHello, LivePosition, LivePositions, LiveReset, LiveSnapshot, ProblemBody,
};
use super::{
    Api, alarms, documents, intake, journal, live, people, photos, problem, routes, seals, session, trips,
};

/// Where the API lies.
pub const BASE: &str = "/api/v1";

/// What every command may carry beside its body.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct Headers {
    /// Your own name for this wish: asked twice under it, it is done once and answered alike.
    #[serde(rename = "Idempotency-Key")]
    #[param(example = "0f3a9c1d-5a0b-4a9d-9d0b-7f6f4f0d9a11")]
    idempotency_key: Option<String>,
    /// Needed with a session cookie: the `csrf` of `GET /session`.
    #[serde(rename = "X-CSRF-Token")]
    csrf: Option<String>,
    /// When it was done, by the phone's clock, for work done off line.
    #[serde(rename = "X-Recorded-At")]
    #[param(example = "2026-11-24T08:15:00.000Z")]
    recorded_at: Option<String>,
    /// The phone's clock at the moment of sending, from which its offset is measured.
    #[serde(rename = "X-Clock")]
    #[param(example = "2026-11-24T08:15:02.000Z")]
    clock: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many lines, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

impl PageQuery {
    /// The page asked for.
    pub fn wanted(&self) -> Result<Wanted, Problem> {
        Wanted::read(self.cursor.as_deref(), self.limit)
    }
}

/// All documented routes.
pub(super) fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(head())
        .merge(session::router())
        .merge(people::router())
        .merge(seals::router())
        .merge(documents::router())
        .merge(routes::router())
        .merge(trips::router())
        .merge(photos::router())
        .merge(alarms::router())
        .merge(journal::router())
        .merge(live::router())
        .merge(intake::router())
}

/// The OpenAPI 3.1 document.
pub fn openapi() -> OpenApi {
    documented().into_openapi()
}

/// The document as it is committed and served.
pub fn openapi_json() -> String {
    let mut json =
        serde_json::to_string_pretty(&openapi()).expect("the document holds only text and numbers");
    json.push('\n');
    json
}

fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Segel")
        .version("1")
        .description(Some(
            "Custody of containers under electronic seals. Sentences come in Indonesian and English; moments are UTC.",
        ))
        .license(Some(License::new("Apache-2.0")))
        .contact(Some(ContactBuilder::new().name(Some("Segel")).build()))
        .build();
    let mut api = OpenApi::new(info, utoipa::openapi::Paths::new());
    api.servers = Some(vec![Server::new(BASE)]);
    api.components = Some(components());
    api.security = Some(vec![
        SecurityRequirement::new("session", Vec::<String>::new()),
        SecurityRequirement::new("token", Vec::<String>::new()),
    ]);
    api
}

/// Schemas that no path names (what the live stream says, what is refused), and how to sign in.
fn components() -> utoipa::openapi::Components {
    let mut components = utoipa::openapi::Components::new();
    add::<ProblemBody>(&mut components);
    add::<LiveHello>(&mut components);
    add::<LiveEntry>(&mut components);
    add::<LiveEvent>(&mut components);
    add::<LiveReset>(&mut components);
    add::<LiveSnapshot>(&mut components);
    add::<LivePositions>(&mut components);
    add::<LivePosition>(&mut components);
    for (name, response) in problem::documented() {
        components.responses.insert(name, response.into());
    }
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("segel_session")));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("token", bearer);
    components
}

fn add<T: ToSchema + PartialSchema>(components: &mut utoipa::openapi::Components) {
    let mut needed = Vec::new();
    T::schemas(&mut needed);
    components.schemas.insert(T::name().into_owned(), T::schema());
    components.schemas.extend(needed);
}
