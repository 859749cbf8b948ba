//! The supervised journey: asked for, sealed, watched, opened under a grant, closed with a report.

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use segel_model::{Command, DocumentId, GrantId, PersonId, RouteId, SealId, TripId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::Ask;
use super::openapi::{Headers, PageQuery};
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{
    AssignSeal, AtPlace, AttachDocument, BeginInstall, CheckSeal, ClosingReport, DecideTrip, Done, Message,
    NewGrant, NewTrip, Page, Photo, PlanTrip, Reason, Remark, Report, Stage, TimelineLine, Trip, TripSummary,
};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_trips, open_trip))
        .routes(routes!(read_trip))
        .routes(routes!(attach_document))
        .routes(routes!(submit_trip))
        .routes(routes!(plan_trip))
        .routes(routes!(cancel_trip))
        .routes(routes!(assign_seal))
        .routes(routes!(release_seal))
        .routes(routes!(begin_install))
        .routes(routes!(record_installed))
        .routes(routes!(authorise_departure))
        .routes(routes!(confirm_arrival))
        .routes(routes!(check_seal))
        .routes(routes!(decide_held_trip))
        .routes(routes!(grant_removal))
        .routes(routes!(finish_removal))
        .routes(routes!(revoke_grant))
        .routes(routes!(vouch_place))
        .routes(routes!(unlock))
        .routes(routes!(record_opened))
        .routes(routes!(read_timeline))
        .routes(routes!(read_track_geojson))
        .routes(routes!(read_track_gpx))
        .routes(routes!(list_trip_reports))
        .routes(routes!(list_photos))
        .routes(routes!(list_trip_messages))
        .routes(routes!(read_closing_report))
        .routes(routes!(print_closing_report))
}

/// Which trips.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TripQuery {
    /// Only those of this stage.
    stage: Option<Stage>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Trips the asker may see, newest first; of the stage `problem` the gravest first.
#[utoipa::path(
    get, path = "/trips", tag = "trips", params(TripQuery),
    responses((status = 200, description = "a page", body = Page<TripSummary>), Refusals)
)]
async fn list_trips(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<TripQuery>,
) -> Result<Json<Page<TripSummary>>, Problem> {
    Err(Problem::not_ready())
}

/// Open a trip: a draft.
#[utoipa::path(
    post, path = "/trips", tag = "trips", params(Headers), request_body = NewTrip,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn open_trip(State(_api): State<Api>, _ask: Ask<NewTrip>) -> Result<Json<Done>, Problem> {
    Err(Problem::not_ready())
}

/// A whole trip, with what can be asked next and, for each, whether the asker may.
#[utoipa::path(
    get, path = "/trips/{id}", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the trip", body = Trip), Refusals)
)]
async fn read_trip(State(_api): State<Api>, _caller: Caller, Id(_id): Id) -> Result<Json<Trip>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// Put a document under a draft.
    attach_document, "trips", "/trips/{id}/attach-document", |id, body: AttachDocument| Command::AttachDocument {
        trip: TripId(id), document: DocumentId(body.document),
    }
}

command! {
    /// Ask for the seal: the gate.
    submit_trip, "trips", "/trips/{id}/submit", |id| Command::SubmitTrip { trip: TripId(id) }
}

command! {
    /// Choose the route of a submitted trip.
    plan_trip, "trips", "/trips/{id}/plan", |id, body: PlanTrip| Command::PlanTrip {
        trip: TripId(id), route: RouteId(body.route),
    }
}

command! {
    /// Give up before a seal is on.
    cancel_trip, "trips", "/trips/{id}/cancel", |id, body: Reason| Command::CancelTrip {
        trip: TripId(id), reason: body.reason.clone(),
    }
}

command! {
    /// Choose the seal and who fits it.
    assign_seal, "trips", "/trips/{id}/assign", |id, body: AssignSeal| Command::AssignSeal {
        trip: TripId(id), seal: SealId(body.seal), technician: PersonId(body.technician),
    }
}

command! {
    /// Take the seal back before it is fitted.
    release_seal, "trips", "/trips/{id}/release", |id, body: Reason| Command::ReleaseSeal {
        trip: TripId(id), reason: body.reason.clone(),
    }
}

command! {
    /// The technician has scanned container and seal and starts: T1.
    begin_install, "trips", "/trips/{id}/begin-install", |id, body: BeginInstall| Command::BeginInstall {
        trip: TripId(id),
        container: body.container.clone(),
        seal_label: body.seal_label.clone(),
        place: super::access::place(body.place)?,
        bolt_seal: body.bolt_seal.clone(),
    }
}

command! {
    /// Record by hand that the seal is closed though its *locked* did not come.
    record_installed, "trips", "/trips/{id}/record-installed", |id, body: Reason| Command::RecordInstalled {
        trip: TripId(id), reason: body.reason.clone(),
    }
}

command! {
    /// Customs lets it go.
    authorise_departure, "trips", "/trips/{id}/authorise-departure", |id, body: Remark| Command::AuthoriseDeparture {
        trip: TripId(id), remark: body.remark.clone(),
    }
}

command! {
    /// An officer confirms the arrival.
    confirm_arrival, "trips", "/trips/{id}/confirm-arrival", |id, body: Reason| Command::ConfirmArrival {
        trip: TripId(id), reason: body.reason.clone(),
    }
}

command! {
    /// The seal is compared with its papers, photos and alarms.
    check_seal, "trips", "/trips/{id}/check-seal", |id, body: CheckSeal| Command::CheckSeal {
        trip: TripId(id),
        number_matches: body.number_matches,
        looks_untouched: body.looks_untouched,
        remark: body.remark.clone(),
    }
}

command! {
    /// An officer decides about a trip that is held for a discrepancy.
    decide_held_trip, "trips", "/trips/{id}/decide", |id, body: DecideTrip| Command::DecideHeldTrip {
        trip: TripId(id), release: body.release, reason: body.reason.clone(),
    }
}

command! {
    /// Customs lets the seal be opened, by this person, at this place, in this window, in this way.
    grant_removal, "trips", "/trips/{id}/grants", |id, body: NewGrant| Command::GrantRemoval {
        trip: TripId(id),
        executor: PersonId(body.executor),
        method: body.method.clone().into(),
        place: body.place.clone().map(super::routes::area).transpose()?,
        window_s: body.window_s,
        reason: body.reason.clone(),
    }
}

command! {
    /// The seal is off: T3 ends, T4 starts.
    finish_removal, "trips", "/trips/{id}/finish-removal", |id, body: AtPlace| Command::FinishRemoval {
        trip: TripId(id), place: super::access::place(body.place)?,
    }
}

command! {
    /// Customs takes a grant back.
    revoke_grant, "grants", "/grants/{id}/revoke", |id, body: Reason| Command::RevokeGrant {
        grant: GrantId(id), reason: body.reason.clone(),
    }
}

command! {
    /// An officer on the spot vouches for the place where the seal has no fix.
    vouch_place, "grants", "/grants/{id}/vouch", |id, body: Reason| Command::VouchPlace {
        grant: GrantId(id), reason: body.reason.clone(),
    }
}

command! {
    /// The executor asks for the opening: Segel sends it, if the grant is live.
    unlock, "grants", "/grants/{id}/unlock", |id, body: AtPlace| Command::Unlock {
        grant: GrantId(id), place: super::access::place(body.place)?,
    }
}

command! {
    /// For a tracker without a lock: the executor has opened by hand.
    record_opened, "grants", "/grants/{id}/record-opened", |id, body: AtPlace| Command::RecordOpened {
        grant: GrantId(id), place: super::access::place(body.place)?,
    }
}

/// Everything that happened on a trip, newest first, each line with what stands behind it.
#[utoipa::path(
    get, path = "/trips/{id}/timeline", tag = "trips",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<TimelineLine>), Refusals)
)]
async fn read_timeline(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<TimelineLine>>, Problem> {
    Err(Problem::not_ready())
}

/// The track as GeoJSON: one line a leg without gaps, and each fix with its time and what it is good for.
#[utoipa::path(
    get, path = "/trips/{id}/track.geojson", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a FeatureCollection", body = Object, content_type = "application/geo+json"), Refusals)
)]
async fn read_track_geojson(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}

/// The track as GPX 1.1.
#[utoipa::path(
    get, path = "/trips/{id}/track.gpx", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a GPX file", body = String, content_type = "application/gpx+xml"), Refusals)
)]
async fn read_track_gpx(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}

/// The reports of a trip, newest first.
#[utoipa::path(
    get, path = "/trips/{id}/reports", tag = "trips",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Report>), Refusals)
)]
async fn list_trip_reports(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Report>>, Problem> {
    Err(Problem::not_ready())
}

/// The photos of a trip, rejected ones too, oldest first.
#[utoipa::path(
    get, path = "/trips/{id}/photos", tag = "photos",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Photo>), Refusals)
)]
async fn list_photos(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Photo>>, Problem> {
    Err(Problem::not_ready())
}

/// What SKP was told of a trip.
#[utoipa::path(
    get, path = "/trips/{id}/messages", tag = "messages",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Message>), Refusals)
)]
async fn list_trip_messages(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    Err(Problem::not_ready())
}

/// The closing report.
#[utoipa::path(
    get, path = "/trips/{id}/closing-report", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the report", body = ClosingReport), Refusals)
)]
async fn read_closing_report(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Json<ClosingReport>, Problem> {
    Err(Problem::not_ready())
}

/// In which language to print.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PrintQuery {
    /// `id` (the default) or `en`.
    lang: Option<String>,
}

/// The closing report as a page to print.
#[utoipa::path(
    get, path = "/trips/{id}/closing-report.html", tag = "trips",
    params(("id" = u64, Path, description = "its number"), PrintQuery),
    responses((status = 200, description = "a page to print", body = String, content_type = "text/html"), Refusals)
)]
async fn print_closing_report(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
    Query(_query): Query<PrintQuery>,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}
