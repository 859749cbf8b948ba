//! Seals: stock, condition, quarantine, what they say, what they are told.

use axum::Json;
use axum::extract::State;
use segel_model::{Command, SealId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::Ask;
use super::openapi::{Headers, PageQuery};
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{
    Certificate, Condition, Done, NewOrder, NewSeal, Order, Page, QuarantinedDevice, Reason, Report, Seal,
    SealFitness,
};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_seals, register_seal))
        .routes(routes!(list_quarantine))
        .routes(routes!(read_seal))
        .routes(routes!(certify_seal))
        .routes(routes!(set_seal_condition))
        .routes(routes!(clear_doubt))
        .routes(routes!(list_orders, order_seal))
        .routes(routes!(list_seal_reports))
        .routes(routes!(list_fit_seals))
}

/// Which seals.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SealQuery {
    /// Only `ready`, `set_aside`, `retired`, `on_trip` or `doubted` ones.
    stage: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Which reports, newest first.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// Received from then on (RFC 3339).
    from: Option<String>,
    /// Received until then.
    until: Option<String>,
    /// Only the reports of this commit …
    commit: Option<u64>,
    /// … at this place in it.
    ordinal: Option<u32>,
    /// Show secrets inside raw frames. A right of customs supervisors and provider administrators; it is logged.
    unmask: Option<bool>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Seals the asker may see.
#[utoipa::path(
    get, path = "/seals", tag = "seals", params(SealQuery),
    responses((status = 200, description = "a page", body = Page<Seal>), Refusals)
)]
async fn list_seals(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<SealQuery>,
) -> Result<Json<Page<Seal>>, Problem> {
    Err(Problem::not_ready())
}

/// Enter a seal into stock.
#[utoipa::path(
    post, path = "/seals", tag = "seals", params(Headers), request_body = NewSeal,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn register_seal(State(_api): State<Api>, _ask: Ask<NewSeal>) -> Result<Json<Done>, Problem> {
    Err(Problem::not_ready())
}

/// Devices that nobody registered: kept, listed, never judged.
#[utoipa::path(
    get, path = "/quarantine", tag = "seals", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<QuarantinedDevice>), Refusals)
)]
async fn list_quarantine(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<QuarantinedDevice>>, Problem> {
    Err(Problem::not_ready())
}

/// One seal.
#[utoipa::path(
    get, path = "/seals/{id}", tag = "seals", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the seal", body = Seal), Refusals)
)]
async fn read_seal(State(_api): State<Api>, _caller: Caller, Id(_id): Id) -> Result<Json<Seal>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// Give a seal a new certificate.
    certify_seal, "seals", "/seals/{id}/certify", |id, body: Certificate| Command::CertifySeal {
        seal: SealId(id), certificate: body.clone().into(),
    }
}

command! {
    /// Say whether a seal may be used.
    set_seal_condition, "seals", "/seals/{id}/condition", |id, body: Condition| Command::SetSealCondition {
        seal: SealId(id), condition: body.clone().into(),
    }
}

command! {
    /// Clear a doubt about who speaks as a seal.
    clear_doubt, "seals", "/seals/{id}/clear-doubt", |id, body: Reason| Command::ClearDoubt {
        seal: SealId(id), reason: body.reason.clone(),
    }
}

/// What was sent to a seal, newest first.
#[utoipa::path(
    get, path = "/seals/{id}/orders", tag = "seals",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Order>), Refusals)
)]
async fn list_orders(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Order>>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// Send something harmless to a seal; openings go out only under a grant.
    order_seal, "seals", "/seals/{id}/orders", |id, body: NewOrder| Command::OrderSeal {
        seal: SealId(id), order: body.clone().into(),
    }
}

/// What a seal said, newest first: decoded, judged, and the bytes as they came with secrets masked.
#[utoipa::path(
    get, path = "/seals/{id}/reports", tag = "seals",
    params(("id" = u64, Path, description = "its number"), ReportQuery),
    responses((status = 200, description = "a page", body = Page<Report>), Refusals)
)]
async fn list_seal_reports(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_query): Query<ReportQuery>,
) -> Result<Json<Page<Report>>, Problem> {
    Err(Problem::not_ready())
}

/// Seals of the provider's stock, fit ones first, each with the reasons why it will not last or may not be used on
/// this trip.
#[utoipa::path(
    get, path = "/trips/{id}/fit-seals", tag = "trips", params(("id" = u64, Path, description = "the trip"), PageQuery),
    responses((status = 200, description = "a page", body = Page<SealFitness>), Refusals)
)]
async fn list_fit_seals(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<SealFitness>>, Problem> {
    Err(Problem::not_ready())
}
