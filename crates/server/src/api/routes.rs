//! Route plans: drawn, imported, proposed, approved or refused.

mod drawing;

use axum::Json;
use axum::extract::State;
use segel_model::route::RoutePlan as Plan;
use segel_model::{Command, OrganisationId, Role, RouteId};
use segel_store::{Listing, RecordKind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query, office, on_earth};
use super::asking::Ask;
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::Wanted;
use super::rehearsal::Rehearsal;
use super::types::{Area, Done, Page, Reason, Remark, Route, RouteDraft, RoutePlan, RouteSummary, Shape};
use super::{Api, command};

/// The most points of a line: one every ten metres from Jakarta to Cirebon.
pub const POINTS_MAX: usize = 20_000;
/// The most areas of one sort.
pub const AREAS_MAX: usize = 200;

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
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<RouteQuery>,
) -> Result<Json<Page<RouteSummary>>, Problem> {
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| {
        let stages = query.status.into_iter().collect();
        let listing = Listing {
            stages,
            ..view.listing(RecordKind::Route, wanted)
        };
        view.page(&listing, |record, route| {
            view.show_route_summary(record.id, route)
        })
    });
    Ok(Json(page.await?))
}

/// Propose a route plan. What the lint finds stands beside it for the officer.
#[utoipa::path(
    post, path = "/routes", tag = "routes", params(Headers), request_body = RoutePlan,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn propose_route(State(api): State<Api>, ask: Ask<RoutePlan>) -> Result<Json<Done>, Problem> {
    let owner = ask.caller.organisation_or(ask.body.owner);
    let plan = plan(ask.body.clone(), owner)?;
    Ok(Json(ask.run(&api, Command::ProposeRoute(plan)).await?))
}

fn plan(sent: RoutePlan, owner: OrganisationId) -> Result<Plan, Problem> {
    if POINTS_MAX < sent.points.len() || POINTS_MAX < sent.half_widths_m.len() {
        return Err(Problem::field(
            "points",
            "Paling banyak 20.000 titik.",
            "20,000 points at most",
        ));
    }
    Ok(Plan {
        name: sent.name.trim().into(),
        owner,
        office: office("office", &sent.office)?,
        points: sent.points.into_iter().map(on_earth).collect::<Result<_, _>>()?,
        half_widths_m: sent.half_widths_m,
        origin: area(sent.origin)?,
        destination: area(sent.destination)?,
        stops: areas("stops", sent.stops)?,
        forbidden: areas("forbidden", sent.forbidden)?,
        no_coverage: areas("no_coverage", sent.no_coverage)?,
        distance_m: sent.distance_m,
        transit_time_s: sent.transit_time_s,
        interval_s: sent.interval_s,
    })
}

fn areas(field: &str, sent: Vec<Area>) -> Result<Vec<segel_model::route::Area>, Problem> {
    if AREAS_MAX < sent.len() {
        return Err(Problem::field(
            field,
            "Paling banyak 200 kawasan.",
            "200 areas at most",
        ));
    }
    sent.into_iter().map(area).collect()
}

/// Turn a drawing (GeoJSON or GPX) into a plan to look over. Nothing is stored.
#[utoipa::path(
    post, path = "/routes/import", tag = "routes", params(ImportQuery),
    request_body(content((String = "application/geo+json"), (String = "application/gpx+xml")), description = "the drawing"),
    responses((status = 200, description = "a plan to look over", body = RouteDraft), Refusals)
)]
async fn import_route(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    text: String,
) -> Result<Json<RouteDraft>, Problem> {
    caller.only(&[Role::ServiceUser, Role::ProviderAdmin, Role::ProviderOperator])?;
    let own = caller.principal.organisation().unwrap_or(OrganisationId(0));
    let asker = caller.clone();
    let draft = api.read(&caller, move |view| {
        let drawn = drawing::read(&text)?;
        let office = match query.office.as_deref() {
            Some(code) => office("office", code)?.0,
            None => view
                .rules()
                .offices
                .first()
                .map(|office| office.code.0.clone())
                .unwrap_or_default(),
        };
        let sent = drawing::plan(drawn, query.name, office, query.half_width_m);
        let lint = Rehearsal::bare(view).lint(&asker, plan(sent.clone(), own)?);
        Ok(RouteDraft { plan: sent, lint })
    });
    Ok(Json(draft.await?))
}

/// One route plan.
#[utoipa::path(
    get, path = "/routes/{id}", tag = "routes", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the route", body = Route), Refusals)
)]
async fn read_route(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Route>, Problem> {
    let route = api.read(&caller, move |view| {
        let (_, route) = view.seen(RecordKind::Route, id)?;
        view.show_route(id, route)
    });
    Ok(Json(route.await?))
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
