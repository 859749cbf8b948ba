//! The live stream: what happened and where seals are, as far as the reader may see it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::access::{Caller, Query, Word};
use super::asking::Body;
use super::problem::{Problem, Refusals};
use super::types::Viewport;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(follow))
        .routes(routes!(set_viewport))
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LiveQuery {
    /// The newest entry the reader knows; `Last-Event-ID` says the same. Without either the stream starts now.
    after: Option<u64>,
}

/// Follow what happens (`text/event-stream`): `hello` first, then `events` (durable, in order, `id:` is the entry) and
/// `positions` (no id, newest wins, at most four a second, inside the viewport). `reset` asks to read everything anew.
#[utoipa::path(
    get, path = "/live", tag = "live",
    params(LiveQuery, ("Last-Event-ID" = Option<u64>, Header, description = "the newest entry the reader knows")),
    responses((status = 200, description = "the stream; see LiveHello, LiveEntry, LivePositions, LiveReset", body = String, content_type = "text/event-stream"), Refusals)
)]
async fn follow(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<LiveQuery>,
) -> Result<Response, Problem> {
    Err(Problem::not_ready())
}

/// Say what the reader's map shows; positions are sent only for seals inside it.
#[utoipa::path(
    put, path = "/live/{stream}/viewport", tag = "live",
    params(("stream" = String, Path, description = "the stream's name, from `hello`"), ("X-CSRF-Token" = Option<String>, Header, description = "with a session cookie")),
    request_body = Viewport,
    responses((status = 204, description = "from now on"), Refusals)
)]
async fn set_viewport(
    State(_api): State<Api>,
    _caller: Caller,
    Word(_stream): Word,
    Body(_viewport): Body<Viewport>,
) -> Result<StatusCode, Problem> {
    Err(Problem::not_ready())
}

/// All live streams.
#[derive(Default)]
pub(super) struct Hub {}

/// Follows the engine.
pub(super) fn run(_api: &Api) {}
