//! Signing in and out; and what everybody may know before that.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::access::Caller;
use super::asking::Body;
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{Session, Settings, SignIn};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, who_am_i, sign_out))
        .routes(routes!(settings))
}

/// Sign in. The answer sets the cookie `segel_session`; an unknown name and a wrong password are answered alike.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 200, description = "signed in", body = Session), Verdicts)
)]
async fn sign_in(State(_api): State<Api>, Body(_sign_in): Body<SignIn>) -> Result<Json<Session>, Problem> {
    Err(Problem::not_ready())
}

/// Who is signed in, and what they may ask for.
#[utoipa::path(
    get, path = "/session", tag = "session",
    responses((status = 200, description = "who is signed in", body = Session), Refusals)
)]
async fn who_am_i(State(_api): State<Api>, _caller: Caller) -> Result<Json<Session>, Problem> {
    Err(Problem::not_ready())
}

/// Sign out. The session ends everywhere, its live stream too.
#[utoipa::path(
    delete, path = "/session", tag = "session",
    responses((status = 204, description = "signed out"), Refusals)
)]
async fn sign_out(State(_api): State<Api>, _caller: Caller) -> Result<StatusCode, Problem> {
    Err(Problem::not_ready())
}

/// What the web app needs before anybody has signed in.
#[utoipa::path(
    get, path = "/settings", tag = "session", security(()),
    responses((status = 200, description = "the settings", body = Settings), Refusals)
)]
async fn settings(State(_api): State<Api>) -> Result<Json<Settings>, Problem> {
    Err(Problem::not_ready())
}
