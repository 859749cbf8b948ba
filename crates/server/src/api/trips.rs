//! The supervised journey: asked for, sealed, watched, opened under a grant, closed with a report.

mod assessing;
mod closing;
mod timeline;
mod track;

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use segel_custody::state;
use segel_model::photo::PhotoStep as Step;
use segel_model::trip::TripRequest;
use segel_model::{
    Command, DocumentId, GrantId, OrganisationId, PersonId, Role, RouteId, SealId, SecretHash, ServerTime,
    TripId,
};
use segel_store::record::Order as Sorting;
use segel_store::{Listing, Record, RecordKind, Scope, SideRow, SubjectRow};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::Ask;
use super::documents::container;
use super::openapi::{Headers, PageQuery};
use super::people::subject;
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::{View, Wanted};
use super::rehearsal::Rehearsal;
use super::seals::{READERS_OF_REPORTS, page_of_reports};
use super::types::{
    AssignSeal, AtPlace, AttachDocument, BeginInstall, CheckSeal, ClosingReport, DecideTrip, Done, Message,
    MessageCount, NameDriver, NewGrant, NewTrip, Page, Photo, PhotoSlot, PlanTrip, Reason, Remark, Report,
    ReportCount, Stage, TimelineLine, Trip, TripAssessment, TripSummary,
};
use super::view::{show_order, state_word, states_of};
use super::{Api, command};
use crate::ask::Side;
use crate::auth::secrets;
use timeline::Told;

/// Who reads what happened, line by line.
const READERS_OF_TIMELINES: [Role; 7] = READERS_OF_REPORTS;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_trips, open_trip))
        .routes(routes!(read_trip))
        .routes(routes!(attach_document))
        .routes(routes!(name_driver))
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
        .routes(routes!(read_assessment))
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
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<TripQuery>,
) -> Result<Json<Page<TripSummary>>, Problem> {
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| match query.stage {
        Some(Stage::Problem) => problems(view, wanted),
        stage => {
            let stages = stage.map(words_of).unwrap_or_default();
            let listing = Listing {
                stages,
                ..view.listing(RecordKind::Trip, wanted)
            };
            view.page(&listing, |record, trip| view.show_trip_summary(record, &trip))
        }
    });
    Ok(Json(page.await?))
}

/// The states of trips under work, as words.
pub(super) fn live_states() -> Vec<String> {
    let live = [
        Stage::Expected,
        Stage::Sealing,
        Stage::UnderWay,
        Stage::Arriving,
        Stage::Problem,
    ];
    live.into_iter().flat_map(words_of).collect()
}

fn words_of(stage: Stage) -> Vec<String> {
    states_of(stage).into_iter().map(state_word).collect()
}

/// Held trips and trips with a critical or high alarm, the gravest first. Every trip under work is in the listing, so the
/// page ends where the grave ones do.
fn problems(view: &View<'_>, wanted: Wanted) -> Result<Page<TripSummary>, Problem> {
    let listing = Listing {
        stages: live_states(),
        order: Sorting::GravestFirst,
        ..view.listing(RecordKind::Trip, wanted)
    };
    let mut page = view.page(&listing, |record, trip| view.show_trip_summary(record, &trip))?;
    let all = page.items.len();
    page.items.retain(|trip| trip.stage == Stage::Problem);
    page.next = page.next.filter(|_| page.items.len() == all);
    Ok(page)
}

/// Open a trip: a draft.
#[utoipa::path(
    post, path = "/trips", tag = "trips", params(Headers), request_body = NewTrip,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn open_trip(State(api): State<Api>, ask: Ask<NewTrip>) -> Result<Json<Done>, Problem> {
    let sent = &ask.body;
    let mut rows = Vec::new();
    let plate = sent.plate.as_deref().filter(|plate| !plate.trim().is_empty());
    let plate = plate.map(|plate| keep(&mut rows, plate_subject(&api, plate)));
    let named = NameDriver {
        driver_person: sent.driver_person,
        driver: sent.driver.clone(),
        driver_phone: sent.driver_phone.clone(),
    };
    let driver = driver(&api, &ask.caller, &named, &mut rows).await?;
    let request = TripRequest {
        owner: ask.caller.organisation_or(sent.owner),
        provider: OrganisationId(sent.provider),
        container: container("container", &sent.container)?,
        check_digit_confirmed: sent.check_digit_confirmed,
        document: sent.document.map(DocumentId),
        route: sent.route.map(RouteId),
        tps_origin: sent.tps_origin.trim().into(),
        tps_destination: sent.tps_destination.trim().into(),
        mode: sent.mode.into(),
        plate,
        driver,
        install_wanted: sent.install_wanted.map(Into::into),
        start_window: start_window(sent)?,
    };
    let side = Side {
        rows,
        ..Side::default()
    };
    Ok(Json(
        ask.run_beside(&api, Command::OpenTrip(request), side).await?,
    ))
}

fn keep(rows: &mut Vec<SideRow>, row: SubjectRow) -> SecretHash {
    let hash = row.hash;
    rows.push(SideRow::Subject(row));
    hash
}

/// A plate is found by searching for it, so its hash must come out the same for every trip: it is keyed, not salted.
fn plate_subject(api: &Api, typed: &str) -> SubjectRow {
    let body = serde_json::json!({"plate": typed.trim()}).to_string();
    SubjectRow {
        hash: plate_hash(api, typed),
        kind: "plate".into(),
        body,
        at: api.now(),
    }
}

/// The hash under which trips with a plate are found.
pub(super) fn plate_hash(api: &Api, typed: &str) -> SecretHash {
    let normal: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    let message = format!("plate {}", normal.to_ascii_uppercase());
    SecretHash(secrets::keyed(&api.inner.key, message.as_bytes()))
}

/// A driver with an account is known by it, and so sees the trip; another one is a name in an erasable record.
async fn driver(
    api: &Api,
    caller: &Caller,
    named: &NameDriver,
    rows: &mut Vec<SideRow>,
) -> Result<Option<SecretHash>, Problem> {
    if let Some(id) = named.driver_person {
        let person = api.read(caller, move |view| {
            view.mentioned::<state::Person>(RecordKind::Person, id)
        });
        let person = person.await?.filter(|person| person.role == Role::Driver);
        let unknown = || {
            Problem::field(
                "driver_person",
                "Bukan sopir yang terdaftar.",
                "no driver of that number",
            )
        };
        return person.map(|person| Some(person.subject)).ok_or_else(unknown);
    }
    let Some(name) = named.driver.as_deref().filter(|name| !name.trim().is_empty()) else {
        return Ok(None);
    };
    let body = super::people::PersonSubject {
        name: name.trim(),
        phone: named.driver_phone.as_deref(),
    };
    Ok(Some(keep(rows, subject("driver", &body, api.now()))))
}

fn start_window(sent: &NewTrip) -> Result<Option<(ServerTime, ServerTime)>, Problem> {
    match (sent.start_from, sent.start_until) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) => Ok(Some((from.into(), until.into()))),
        _ => Err(Problem::field(
            "start_from",
            "Isi kedua ujung jendela waktu.",
            "say both ends of the window",
        )),
    }
}

/// A whole trip, with what can be asked next and, for each, whether the asker may.
#[utoipa::path(
    get, path = "/trips/{id}", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the trip", body = Trip), Refusals)
)]
async fn read_trip(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Trip>, Problem> {
    let asker = caller.clone();
    let trip = api.read(&caller, move |view| {
        let (record, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let route = route_of(view, &trip)?;
        let assessed = assessing::assessed(view, TripId(id), &trip, route.as_ref())?;
        let reports = assessing::report_count(view, &trip, route.as_ref(), assessed.as_ref());
        whole(view, &asker, &record, &trip, reports)
    });
    Ok(Json(trip.await?))
}

/// A whole trip, with the count of its reports.
fn whole(
    view: &View<'_>,
    caller: &Caller,
    record: &Record,
    trip: &state::Trip,
    reports: ReportCount,
) -> Result<Trip, Problem> {
    let id = TripId(record.id);
    let small = Rehearsal::of_trip(view, id)?;
    let route = route_of(view, trip)?;
    let moved_to = |to| {
        trip.moves
            .iter()
            .find(|step| step.to == to)
            .map(|step| step.circumstance.at)
    };
    let departed = moved_to(segel_model::trip::TripState::InTransit);
    let transit_s = route.as_ref().map(|route| i64::from(route.plan.transit_time_s));
    Ok(Trip {
        summary: view.show_trip_summary(record, trip)?,
        driver: view.erasable(trip.request.driver)?.map(|subject| subject.name),
        install_wanted: trip.request.install_wanted.map(Into::into),
        start_from: trip.request.start_window.map(|(from, _)| from.into()),
        start_until: trip.request.start_window.map(|(_, until)| until.into()),
        edition: trip.edition.0,
        departed: departed.map(Into::into),
        planned_arrival: departed
            .zip(transit_s)
            .map(|(at, transit_s)| at.plus_s(transit_s).into()),
        arrived: moved_to(segel_model::trip::TripState::Arrived).map(Into::into),
        departure_authorised: trip.departure.map(|signed| signed.at.into()),
        clocks: view.clocks(trip),
        checks: small.checks(id),
        next_steps: small.next_steps(caller, id),
        photo_set: photo_set(view, trip),
        grants: grants(view, id)?,
        orders: orders(view, id)?,
        reports,
        messages: message_count(view, id)?,
        skp_completed: trip.skp.queued > 0 && trip.skp.queued == trip.skp.taken,
    })
}

fn route_of(view: &View<'_>, trip: &state::Trip) -> Result<Option<state::Route>, Problem> {
    Ok(trip.route.map(|id| view.route(id)).transpose()?.flatten())
}

fn photo_set(view: &View<'_>, trip: &state::Trip) -> Vec<PhotoSlot> {
    let edition = view.edition_of(trip);
    let install = edition.photos.install.iter().map(|kind| (Step::Install, *kind));
    let removal = edition.photos.removal.iter().map(|kind| (Step::Removal, *kind));
    let newest = |step, kind| {
        let fitting = trip
            .photos
            .iter()
            .filter(|(_, photo)| photo.step == step && photo.kind == kind && photo.rejected.is_none());
        fitting.map(|(id, _)| id.0).next_back()
    };
    let slot = |(step, kind): (Step, segel_model::photo::PhotoKind)| PhotoSlot {
        step: step.into(),
        kind: kind.into(),
        photo: newest(step, kind),
    };
    install.chain(removal).map(slot).collect()
}

fn grants(view: &View<'_>, trip: TripId) -> Result<Vec<super::types::Grant>, Problem> {
    let all = view.of_trip(RecordKind::Grant, trip)?;
    all.into_iter()
        .map(|(record, grant)| view.show_grant(record.id, grant))
        .collect()
}

fn orders(view: &View<'_>, trip: TripId) -> Result<Vec<super::types::Order>, Problem> {
    let all: Vec<(Record, state::Order)> = view.of_trip(RecordKind::Order, trip)?;
    Ok(all
        .iter()
        .map(|(record, order)| show_order(record.id, order))
        .collect())
}

fn message_count(view: &View<'_>, trip: TripId) -> Result<MessageCount, Problem> {
    let mut count = MessageCount::default();
    for (record, _) in view.of_trip::<serde_json::Value>(RecordKind::Message, trip)? {
        match record.stage.as_str() {
            "taken" => count.taken += 1,
            "refused" | "stuck" => count.problem += 1,
            _ => count.waiting += 1,
        }
    }
    Ok(count)
}

/// Say who drives, or that it is open again: a driver with an account then sees the trip and its route.
#[utoipa::path(
    post, path = "/trips/{id}/driver", tag = "trips",
    params(("id" = u64, Path, description = "its number"), Headers), request_body = NameDriver,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn name_driver(
    State(api): State<Api>,
    Id(id): Id,
    ask: Ask<NameDriver>,
) -> Result<Json<Done>, Problem> {
    let mut rows = Vec::new();
    let driver = driver(&api, &ask.caller, &ask.body, &mut rows).await?;
    let command = Command::NameDriver {
        trip: TripId(id),
        driver,
    };
    let side = Side {
        rows,
        ..Side::default()
    };
    Ok(Json(ask.run_beside(&api, command, side).await?))
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
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<TimelineLine>>, Problem> {
    caller.only(&READERS_OF_TIMELINES)?;
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let told = Told::of(TripId(id), &trip);
        let before = wanted.after.map_or(u64::MAX, |after| after.id);
        let lines = told.entries(view, before, wanted.limit)?;
        let next = lines
            .last()
            .filter(|_| lines.len() == wanted.limit)
            .map(|line| format!("0.{}", line.entry.seq));
        let mut items = Vec::new();
        for line in &lines {
            items.extend(told.lines(view, &line.entry)?);
        }
        Ok(Page { items, next })
    });
    Ok(Json(page.await?))
}

/// The track as GeoJSON: one line a leg without gaps, and each fix with its time and what it is good for.
#[utoipa::path(
    get, path = "/trips/{id}/track.geojson", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a FeatureCollection", body = Object, content_type = "application/geo+json"), Refusals)
)]
async fn read_track_geojson(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response<Bytes>, Problem> {
    let track = api
        .read(&caller, move |view| Ok(track::geo_json(&track::read(view, id)?)))
        .await?;
    Ok(track::file(track, "application/geo+json", id, "geojson"))
}

/// The track as GPX 1.1.
#[utoipa::path(
    get, path = "/trips/{id}/track.gpx", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a GPX file", body = String, content_type = "application/gpx+xml"), Refusals)
)]
async fn read_track_gpx(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response<Bytes>, Problem> {
    let track = api
        .read(&caller, move |view| Ok(track::gpx(&track::read(view, id)?)))
        .await?;
    Ok(track::file(track, "application/gpx+xml", id, "gpx"))
}

/// The reports of a trip, newest first.
#[utoipa::path(
    get, path = "/trips/{id}/reports", tag = "trips",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Report>), Refusals)
)]
async fn list_trip_reports(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Report>>, Problem> {
    caller.only(&READERS_OF_REPORTS)?;
    let page = api.read(&caller, move |view| {
        let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        match track::reports_of(TripId(id), &trip, view.api.now()) {
            Some(query) => page_of_reports(view, query, (page.cursor.as_deref(), page.limit)),
            None => Ok(Page {
                items: Vec::new(),
                next: None,
            }),
        }
    });
    Ok(Json(page.await?))
}

/// The photos of a trip, rejected ones too, oldest first.
#[utoipa::path(
    get, path = "/trips/{id}/photos", tag = "photos",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Photo>), Refusals)
)]
async fn list_photos(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Photo>>, Problem> {
    caller.no_driver()?;
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let (_, _trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let listing = Listing {
            trip: Some(TripId(id)),
            order: Sorting::OldestFirst,
            scope: Scope::Nation,
            ..view.listing(RecordKind::Photo, wanted)
        };
        view.page(&listing, |record, photo| {
            view.show_photo(record.id, TripId(id), photo)
        })
    });
    Ok(Json(page.await?))
}

/// What SKP was told of a trip.
#[utoipa::path(
    get, path = "/trips/{id}/messages", tag = "messages",
    params(("id" = u64, Path, description = "its number"), PageQuery),
    responses((status = 200, description = "a page", body = Page<Message>), Refusals)
)]
async fn list_trip_messages(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    caller.only(&READERS_OF_TIMELINES)?;
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let (_, _trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let listing = Listing {
            trip: Some(TripId(id)),
            order: Sorting::OldestFirst,
            scope: Scope::Nation,
            ..view.listing(RecordKind::Message, wanted)
        };
        view.page(&listing, |record, _: serde_json::Value| view.show_message(record))
    });
    Ok(Json(page.await?))
}

/// What all reports of a trip show together: findings, alarms they do not support, the way and its gaps.
#[utoipa::path(
    get, path = "/trips/{id}/assessment", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the assessment", body = TripAssessment), Refusals)
)]
async fn read_assessment(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<TripAssessment>, Problem> {
    caller.only(&READERS_OF_TIMELINES)?;
    let assessment = api.read(&caller, move |view| {
        let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
        let route = route_of(view, &trip)?;
        let assessed = assessing::assessed(view, TripId(id), &trip, route.as_ref())?;
        let reports = assessing::report_count(view, &trip, route.as_ref(), assessed.as_ref());
        assessing::show(view, TripId(id), &trip, reports, assessed.as_ref())
    });
    Ok(Json(assessment.await?))
}

/// The closing report.
#[utoipa::path(
    get, path = "/trips/{id}/closing-report", tag = "trips", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the report", body = ClosingReport), Refusals)
)]
async fn read_closing_report(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<ClosingReport>, Problem> {
    caller.only(&READERS_OF_TIMELINES)?;
    let asker = caller.clone();
    Ok(Json(
        api.read(&caller, move |view| closing::report(view, &asker, id))
            .await?,
    ))
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
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Query(query): Query<PrintQuery>,
) -> Result<Response<Bytes>, Problem> {
    caller.only(&READERS_OF_TIMELINES)?;
    let asker = caller.clone();
    let report = api
        .read(&caller, move |view| closing::report(view, &asker, id))
        .await?;
    let offset_h = report
        .trip
        .summary
        .office
        .as_deref()
        .and_then(segel_model::OfficeCode::new)
        .and_then(|code| api.rules().office(&code))
        .map_or(7, |office| office.utc_offset_h);
    let language = if query.lang.as_deref() == Some("en") {
        closing::Language::En
    } else {
        closing::Language::Id
    };
    Ok(closing::print(&report, language, offset_h))
}
