//! The API as a service: its routes, and what surrounds every answer (request number, problem body, security headers,
//! limits, one line of log).

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use segel_store::{SideRow, StoreError};

use super::openapi::{BASE, documented, openapi_json};
use super::problem::{self, Problem};
use super::{Api, Inner, Parts, live, photos};
use crate::auth::{secrets, sessions};

/// The largest JSON body: a route of 20,000 points is half of it.
pub const BODY_MAX_BYTES: usize = 2 << 20;
/// How long an answer may take; the live stream is no answer, it never ends.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// The setting that holds the key for words that must come out the same again.
const KEY: &str = "api_key";

/// The web app may load what is its own, draw on a canvas and run workers it made; nobody may frame it.
const CONTENT_SECURITY: &str = "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; \
     worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// Makes the API ready to serve; its live stream follows the engine from now on.
///
/// # Errors
/// Where the store's settings can be neither read nor written.
///
/// # Panics
/// Outside of a runtime.
pub fn start(parts: Parts) -> Result<Api, StoreError> {
    let key = key(&parts)?;
    let api = Api {
        inner: std::sync::Arc::new(Inner {
            parts,
            passwords: Default::default(),
            attempts: Default::default(),
            ended: sessions::endings(),
            key,
            joining: tokio::sync::Mutex::new(()),
            live: live::Hub::default(),
            photos: photos::Desk::default(),
            intake: Default::default(),
        }),
    };
    if let Err(failure) = photos::sweep(&api) {
        tracing::warn!(%failure, "old uploads could not be removed");
    }
    live::run(&api);
    Ok(api)
}

/// The key, made at the first start.
fn key(parts: &Parts) -> Result<[u8; 32], StoreError> {
    let known = parts.engine.reader().setting(KEY)?;
    if let Some(key) = known.as_deref().and_then(segel_model::hex32::parse) {
        return Ok(key);
    }
    let key = secrets::random();
    parts.engine.store().write(&[SideRow::Setting {
        name: KEY.into(),
        value: secrets::hex(&key),
    }])?;
    Ok(key)
}

/// All routes; whatever they do not know goes to the web app.
pub fn router(api: Api, web: Router) -> Router {
    let (routes, _document) = documented().split_for_parts();
    let under_base = routes
        .route("/openapi.json", get(document))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES));
    Router::new()
        .nest(BASE, under_base)
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(api.clone())
        .fallback_service(web)
        .layer(middleware::from_fn_with_state(api, surround))
}

async fn document() -> impl IntoResponse {
    static DOCUMENT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let document = DOCUMENT.get_or_init(openapi_json).as_str();
    ([(header::CONTENT_TYPE, "application/json")], document)
}

async fn unknown() -> Problem {
    Problem::not_found()
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "Alamat ini ada, tetapi tidak dengan cara itu.",
        "There is such an address, but not with that method.",
    )
}

/// The process lives.
async fn healthy() -> &'static str {
    "ok\n"
}

/// Commands are taken.
async fn ready(State(api): State<Api>) -> Result<&'static str, Problem> {
    api.engine().ready()?;
    Ok("ready\n")
}

async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, Problem> {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let print = |api: &Api| {
        api.show_queues();
        Ok((api.inner.parts.metrics)())
    };
    Ok(([(header::CONTENT_TYPE, media_type)], api.block(print).await?))
}

/// What surrounds every answer.
async fn surround(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = secrets::hex(&secrets::random::<8>());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let client = super::session::client(&api, request.extensions(), request.headers());
    let response = in_time(request, next, &path).await;
    let mut response = problem::write(response, &request_id);
    secure(&mut response, &path);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    let status = response.status().as_u16();
    let took_ms = started.elapsed().as_millis() as u64;
    let client = client.map(tracing::field::display);
    tracing::debug!(request_id, %method, path, status, took_ms, client, "request_answered");
    response
}

async fn in_time(request: Request, next: Next, path: &str) -> Response {
    if path.ends_with("/live") {
        return next.run(request).await;
    }
    match tokio::time::timeout(ANSWER_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::not_ready().into_response(),
    }
}

fn secure(response: &mut Response, path: &str) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), geolocation=(self), microphone=()",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if path.starts_with(BASE) {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
}
