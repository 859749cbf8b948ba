//! Route plans: drawn, imported, proposed, approved or refused.

use axum::Json;
use axum::extract::State;
use segel_model::{Command, RouteId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query, on_earth};
use super::asking::Ask;
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{Area, Done, Page, Reason, Remark, Route, RouteDraft, RoutePlan, RouteSummary, Shape};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_routes, propose_route))
        .routes(routes!(import_route))
        .routes(routes!(read_route))
        .routes(routes!(approve_route))
        .routes(routes!(refuse_route))
}

/// Which routes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RouteQuery {
    /// Only `proposed`, `approved` or `refused` ones.
    status: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// How a drawing is to be read.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// What to call it; the drawing's own name where nothing is said.
    name: Option<String>,
    /// The office whose officers approve it.
    office: Option<String>,
    /// Half the corridor's width; 150 m where nothing is said.
    half_width_m: Option<f32>,
}

/// Route plans the asker may see, newest first.
#[utoipa::path(
    get, path = "/routes", tag = "routes", params(RouteQuery),
    responses((status = 200, description = "a page", body = Page<RouteSummary>), Refusals)
)]
async fn list_routes(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<RouteQuery>,
) -> Result<Json<Page<RouteSummary>>, Problem> {
    Err(Problem::not_ready())
}

/// Propose a route plan. What the lint finds stands beside it for the officer.
#[utoipa::path(
    post, path = "/routes", tag = "routes", params(Headers), request_body = RoutePlan,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn propose_route(State(_api): State<Api>, _ask: Ask<RoutePlan>) -> Result<Json<Done>, Problem> {
    Err(Problem::not_ready())
}

/// Turn a drawing (GeoJSON or GPX) into a plan to look over. Nothing is stored.
#[utoipa::path(
    post, path = "/routes/import", tag = "routes", params(ImportQuery),
    request_body(content((String = "application/geo+json"), (String = "application/gpx+xml")), description = "the drawing"),
    responses((status = 200, description = "a plan to look over", body = RouteDraft), Refusals)
)]
async fn import_route(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<ImportQuery>,
    _drawing: axum::body::Bytes,
) -> Result<Json<RouteDraft>, Problem> {
    Err(Problem::not_ready())
}

/// One route plan.
#[utoipa::path(
    get, path = "/routes/{id}", tag = "routes", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the route", body = Route), Refusals)
)]
async fn read_route(State(_api): State<Api>, _caller: Caller, Id(_id): Id) -> Result<Json<Route>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// An officer approves a route plan.
    approve_route, "routes", "/routes/{id}/approve", |id, body: Remark| Command::ApproveRoute {
        route: RouteId(id), remark: body.remark.clone(),
    }
}

command! {
    /// An officer refuses a route plan.
    refuse_route, "routes", "/routes/{id}/refuse", |id, body: Reason| Command::RefuseRoute {
        route: RouteId(id), reason: body.reason.clone(),
    }
}

/// An area as sent, with its places checked.
pub(super) fn area(sent: Area) -> Result<segel_model::route::Area, Problem> {
    let Area { name, code, shape } = sent;
    Ok(segel_model::route::Area {
        name,
        code,
        shape: outline(shape)?,
    })
}

fn outline(sent: Shape) -> Result<segel_model::route::Shape, Problem> {
    use segel_model::route::Shape as Model;
    Ok(match sent {
        Shape::Polygon { points } => {
            Model::Polygon(points.into_iter().map(on_earth).collect::<Result<_, _>>()?)
        }
        Shape::Circle { centre, radius_m } => Model::Circle {
            centre: on_earth(centre)?,
            radius_m,
        },
    })
}
