//! What people must act on: alarms, obligations, messages to SKP, work lists; and the search.

use axum::Json;
use axum::extract::State;
use segel_custody::state;
use segel_model::event::Subject;
use segel_model::{AlarmId, Command, MessageId, Role, TripId};
use segel_store::record::{Order as Sorting, PAGE_RECORDS_MAX};
use segel_store::{Count, Cursor, Listing, Record, RecordKind, Scope};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::openapi::PageQuery;
use super::problem::{Problem, Refusals};
use super::reading::{View, Wanted};
use super::say::{About, say};
use super::types::{
    Alarm, AlarmLine, Bilingual, ClockView, CloseAlarm, Found, FoundKind, Message, MessageState, Note,
    Obligation, Page, RepairMessage, Stage, WorkList,
};
use super::view::{severity, stage, state_word, states_of};
use super::{Api, command};

/// Entries of an alarm's life that are shown.
const HISTORY_MAX: usize = 200;
/// Things found of each sort.
const FOUND_MAX: usize = 10;
/// The shortest text that is looked for.
const SEARCH_MIN: usize = 3;
/// Stages of an open alarm, as words.
pub(super) const OPEN: [&str; 3] = ["raised", "acknowledged", "investigating"];

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_alarms))
        .routes(routes!(read_alarm))
        .routes(routes!(acknowledge_alarm))
        .routes(routes!(investigate_alarm))
        .routes(routes!(comment_alarm))
        .routes(routes!(close_alarm))
        .routes(routes!(list_obligations))
        .routes(routes!(list_messages))
        .routes(routes!(read_message))
        .routes(routes!(repair_message))
        .routes(routes!(read_work_list))
        .routes(routes!(search))
}

/// Which alarms.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AlarmQuery {
    /// `open` (the default), `closed` or `all`.
    stage: Option<String>,
    /// Only those of this trip.
    trip: Option<u64>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// The queue: open alarms, gravest first, then oldest first.
#[utoipa::path(
    get, path = "/alarms", tag = "alarms", params(AlarmQuery),
    responses((status = 200, description = "a page", body = Page<Alarm>), Refusals)
)]
async fn list_alarms(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<AlarmQuery>,
) -> Result<Json<Page<Alarm>>, Problem> {
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| {
        let (stages, order) = match query.stage.as_deref() {
            Some("closed") => (vec!["closed".into()], Sorting::NewestFirst),
            Some("all") => (Vec::new(), Sorting::NewestFirst),
            _ => (OPEN.map(Into::into).to_vec(), Sorting::GravestFirst),
        };
        let trip = query.trip.map(TripId);
        let listing = Listing {
            stages,
            order,
            trip,
            ..view.listing(RecordKind::Alarm, wanted)
        };
        view.page(&listing, |record, alarm| view.show_alarm(record.id, alarm))
    });
    Ok(Json(page.await?))
}

/// One alarm with its whole life.
#[utoipa::path(
    get, path = "/alarms/{id}", tag = "alarms", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the alarm", body = Alarm), Refusals)
)]
async fn read_alarm(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Alarm>, Problem> {
    let alarm = api.read(&caller, move |view| {
        let (_, alarm) = view.seen(RecordKind::Alarm, id)?;
        let mut alarm = view.show_alarm(id, alarm)?;
        alarm.history = history(view, AlarmId(id))?;
        Ok(alarm)
    });
    Ok(Json(alarm.await?))
}

/// Everything that happened to an alarm, oldest first.
fn history(view: &View<'_>, id: AlarmId) -> Result<Vec<AlarmLine>, Problem> {
    let entries = view
        .api
        .reader()
        .timeline(&Subject::Alarm(id), u64::MAX, HISTORY_MAX)?;
    let mut lines = Vec::new();
    for line in entries.iter().rev() {
        let by = super::telling::actor(view, &line.entry.cause)?.person;
        for event in &line.entry.events {
            let about = About::of(event);
            if about.alarm == Some(id) {
                lines.push(AlarmLine {
                    seq: line.entry.seq,
                    at: line.entry.at.into(),
                    kind: about.name,
                    by: by.clone(),
                    say: say(event),
                });
            }
        }
    }
    Ok(lines)
}

command! {
    /// Somebody has seen the alarm.
    acknowledge_alarm, "alarms", "/alarms/{id}/acknowledge", |id| Command::AcknowledgeAlarm { alarm: AlarmId(id) }
}

command! {
    /// Somebody is at it.
    investigate_alarm, "alarms", "/alarms/{id}/investigate", |id, body: Note| Command::InvestigateAlarm {
        alarm: AlarmId(id), note: body.note.clone(),
    }
}

command! {
    /// A remark on an alarm.
    comment_alarm, "alarms", "/alarms/{id}/comment", |id, body: Note| Command::CommentAlarm {
        alarm: AlarmId(id), note: body.note.clone(),
    }
}

command! {
    /// Close an alarm, or propose to, as the role may.
    close_alarm, "alarms", "/alarms/{id}/close", |id, body: CloseAlarm| Command::CloseAlarm {
        alarm: AlarmId(id), outcome: body.outcome.into(), reason: body.reason.clone(),
    }
}

/// What must be done by a moment, soonest first: the clocks of trips, the limits of alarms.
#[utoipa::path(
    get, path = "/obligations", tag = "alarms", params(PageQuery),
    responses((status = 200, description = "a page", body = Page<Obligation>), Refusals)
)]
async fn list_obligations(
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Obligation>>, Problem> {
    let wanted = page.wanted()?;
    let page = api.read(&caller, move |view| {
        let mut all = clocks(view)?;
        all.extend(reactions(view)?);
        all.sort_by_key(|obligation| obligation.due);
        let skip = wanted.after.map_or(0, |after| after.id as usize);
        let more = skip + wanted.limit < all.len();
        let items = all.into_iter().skip(skip).take(wanted.limit).collect();
        let next = more.then(|| {
            super::reading::write_cursor(Cursor {
                value: 0,
                id: (skip + wanted.limit) as u64,
            })
        });
        Ok(Page { items, next })
    });
    Ok(Json(page.await?))
}

/// Clocks that run, of at most a page of trips: those that are being sealed or opened right now.
fn clocks(view: &View<'_>) -> Result<Vec<Obligation>, Problem> {
    use segel_model::trip::TripState as Stand;
    let busy = [
        Stand::Installing,
        Stand::Installed,
        Stand::Removing,
        Stand::Removed,
    ];
    let listing = Listing {
        stages: busy.map(state_word).to_vec(),
        ..Listing::of(RecordKind::Trip, view.scope.clone())
    };
    let mut all = Vec::new();
    for record in view.api.reader().records(&listing)?.records {
        let trip: state::Trip = super::reading::body(&record)?;
        let running = view.clocks(&trip).into_iter().filter(ClockView::is_running);
        all.extend(running.map(|clock| clock_obligation(&record, &trip, &clock)));
    }
    Ok(all)
}

fn clock_obligation(record: &Record, trip: &state::Trip, clock: &ClockView) -> Obligation {
    Obligation {
        kind: "clock".into(),
        trip: Some(record.id),
        alarm: None,
        clock: Some(clock.clock),
        container: Some(trip.request.container.as_str().into()),
        due: clock.due,
        remaining_s: clock.remaining_s.unwrap_or_default(),
        severity: record.severity.and_then(severity),
        say: clock_say(clock),
    }
}

fn clock_say(clock: &ClockView) -> Bilingual {
    use super::types::Clock;
    let (id, en) = match clock.clock {
        Clock::Install => ("Pasang segel", "Fit the seal"),
        Clock::InstallPhotos => ("Unggah foto pemasangan", "Upload the installation photos"),
        Clock::Removal => ("Lepas segel", "Take the seal off"),
        Clock::RemovalPhotos => ("Unggah foto pelepasan", "Upload the removal photos"),
    };
    Bilingual::new(format!("{} {id}", clock.name), format!("{} {en}", clock.name))
}

/// Limits of open alarms, the gravest page of them.
fn reactions(view: &View<'_>) -> Result<Vec<Obligation>, Problem> {
    let listing = Listing {
        stages: vec!["raised".into(), "acknowledged".into()],
        order: Sorting::GravestFirst,
        limit: PAGE_RECORDS_MAX,
        ..Listing::of(RecordKind::Alarm, view.scope.clone())
    };
    let page = view.page(&listing, |record, alarm| view.show_alarm(record.id, alarm))?;
    let now = view.api.now();
    Ok(page
        .items
        .iter()
        .filter_map(|alarm| reaction(alarm, now))
        .collect())
}

fn reaction(alarm: &Alarm, now: segel_model::ServerTime) -> Option<Obligation> {
    let (kind, due, id, en) = match (alarm.acknowledge_due, alarm.act_due) {
        (Some(due), _) => ("acknowledge_alarm", due, "Tanggapi alarm", "Acknowledge alarm"),
        (None, Some(due)) => ("act_on_alarm", due, "Tindak lanjuti alarm", "Act on alarm"),
        (None, None) => return None,
    };
    let say = |verb: &str, title: &str| format!("{verb} {} {title}", alarm.code);
    Some(Obligation {
        kind: kind.into(),
        trip: alarm.trip,
        alarm: Some(alarm.id),
        clock: None,
        container: alarm.container.clone(),
        due,
        remaining_s: (due.unix_ms - now.unix_ms).div_euclid(1000),
        severity: Some(alarm.severity),
        say: Bilingual::new(say(id, &alarm.title.id), say(en, &alarm.title.en)),
    })
}

/// Which messages.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    /// Only those in this state.
    state: Option<MessageState>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Messages to SKP, newest first.
#[utoipa::path(
    get, path = "/messages", tag = "messages", params(MessageQuery),
    responses((status = 200, description = "a page", body = Page<Message>), Refusals)
)]
async fn list_messages(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    caller.only(&MESSAGE_READERS)?;
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| {
        let word = |state| match state {
            MessageState::Waiting => "waiting",
            MessageState::Taken => "taken",
            MessageState::Refused => "refused",
            MessageState::Stuck => "stuck",
        };
        let stages = query.state.map(word).map(Into::into).into_iter().collect();
        let listing = Listing {
            stages,
            ..view.listing(RecordKind::Message, wanted)
        };
        view.page(&listing, |record, _: serde_json::Value| view.show_message(record))
    });
    Ok(Json(page.await?))
}

/// Who reads what SKP was told.
const MESSAGE_READERS: [Role; 7] = super::seals::READERS_OF_REPORTS;

/// One message to SKP.
#[utoipa::path(
    get, path = "/messages/{id}", tag = "messages", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the message", body = Message), Refusals)
)]
async fn read_message(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Message>, Problem> {
    caller.only(&MESSAGE_READERS)?;
    let message = api.read(&caller, move |view| {
        let (record, _): (Record, serde_json::Value) = view.seen(RecordKind::Message, id)?;
        view.show_message(&record)
    });
    Ok(Json(message.await?))
}

command! {
    /// Repair what SKP refused; it is tried again.
    repair_message, "messages", "/messages/{id}/repair", |id, body: RepairMessage| Command::RepairMessage {
        message: MessageId(id),
        corrections: body.corrections.iter().map(|one| (one.field.clone(), one.value.clone())).collect(),
        reason: body.reason.clone(),
    }
}

/// How much waits, by stage and by sort.
#[utoipa::path(
    get, path = "/work-list", tag = "trips",
    responses((status = 200, description = "the counts", body = WorkList), Refusals)
)]
async fn read_work_list(State(api): State<Api>, caller: Caller) -> Result<Json<WorkList>, Problem> {
    Ok(Json(work_list(&api, &caller).await?))
}

/// How much waits for somebody.
pub(super) async fn work_list(api: &Api, caller: &Caller) -> Result<WorkList, Problem> {
    let list = api.read(caller, |view| {
        let counts = |kind| view.api.reader().counts(kind, &view.scope);
        let mut list = WorkList::default();
        counts(RecordKind::Trip)?
            .iter()
            .for_each(|count| list.take_trips(count));
        let alarms = counts(RecordKind::Alarm)?;
        list.alarms_open = sum(&alarms, &OPEN);
        list.alarms_unacknowledged = sum(&alarms, &["raised"]);
        list.documents_waiting = sum(&counts(RecordKind::Document)?, &["submitted"]);
        list.routes_waiting = sum(&counts(RecordKind::Route)?, &["proposed"]);
        list.messages_problem = sum(&counts(RecordKind::Message)?, &["refused", "stuck"]);
        Ok(list)
    });
    let mut list = list.await?;
    if matches!(
        caller.role,
        Role::CustomsSupervisor | Role::ProviderAdmin | Role::ProviderOperator
    ) {
        let strangers = api.block(|api| Ok(api.reader().counts(RecordKind::Quarantine, &Scope::Nation)?));
        list.quarantined = sum(&strangers.await?, &[crate::projection::STRANGER]);
    }
    Ok(list)
}

fn sum(counts: &[Count], stages: &[&str]) -> u32 {
    let counted = counts
        .iter()
        .filter(|count| stages.contains(&count.stage.as_str()));
    u32::try_from(counted.map(|count| count.records).sum::<u64>()).unwrap_or(u32::MAX)
}

impl WorkList {
    /// Counts trips where their list shows them, and grave ones among the problems too.
    fn take_trips(&mut self, count: &Count) {
        let stages = [
            Stage::Expected,
            Stage::Sealing,
            Stage::UnderWay,
            Stage::Arriving,
            Stage::Problem,
        ];
        let state = stages
            .into_iter()
            .flat_map(states_of)
            .find(|state| state_word(*state) == count.stage);
        let Some(state) = state else { return };
        let records = u32::try_from(count.records).unwrap_or(u32::MAX);
        if stage(state, count.severity.and_then(severity)) == Stage::Problem {
            self.problem += records;
        }
        match stage(state, None) {
            Stage::Expected => self.expected += records,
            Stage::Sealing => self.sealing += records,
            Stage::UnderWay => self.under_way += records,
            Stage::Arriving => self.arriving += records,
            Stage::Problem | Stage::Finished => {}
        }
    }
}

/// What to look for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// The beginning of a container, seal or document number, or a whole plate; letters and digits count, nothing else.
    #[param(example = "CSQU305")]
    q: String,
}

/// Find containers, seals, documents and plates.
#[utoipa::path(
    get, path = "/search", tag = "trips", params(SearchQuery),
    responses((status = 200, description = "what was found, at most 20", body = Vec<Found>), Refusals)
)]
async fn search(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Vec<Found>>, Problem> {
    if query.q.chars().filter(|letter| letter.is_alphanumeric()).count() < SEARCH_MIN {
        return Ok(Json(Vec::new()));
    }
    let found = api.read(&caller, move |view| {
        let mut found = found_trips(view, &query.q)?;
        for record in view
            .api
            .reader()
            .search(&query.q, RecordKind::Seal, &view.scope, FOUND_MAX)?
        {
            let seal: state::Seal = super::reading::body(&record)?;
            found.push(Found {
                kind: FoundKind::Seal,
                id: record.id,
                label: seal.registration.label,
                detail: seal.registration.device.0,
            });
        }
        for record in view
            .api
            .reader()
            .search(&query.q, RecordKind::Document, &view.scope, FOUND_MAX)?
        {
            let document: state::Document = super::reading::body(&record)?;
            found.push(Found {
                kind: FoundKind::Document,
                id: record.id,
                label: document.paper.number,
                detail: view.organisation(document.paper.owner)?.name,
            });
        }
        Ok(found)
    });
    Ok(Json(found.await?))
}

/// Trips by container, seal or document number; by a whole plate too, which is known by its keyed hash only.
fn found_trips(view: &View<'_>, text: &str) -> Result<Vec<Found>, Problem> {
    let plate = crate::auth::secrets::hex(&super::trips::plate_hash(view.api, text).0);
    let reader = view.api.reader();
    let mut records = reader.search(text, RecordKind::Trip, &view.scope, FOUND_MAX)?;
    records.extend(reader.search(&plate, RecordKind::Trip, &view.scope, FOUND_MAX)?);
    let show = |record: &Record| {
        let trip: state::Trip = super::reading::body(record)?;
        let summary = view.show_trip_summary(record, &trip)?;
        let document = summary
            .document
            .map(|document| document.number)
            .unwrap_or_default();
        let seal = summary.seal.map(|seal| seal.name).unwrap_or_default();
        let parts = [document, seal, summary.plate.unwrap_or_default()];
        let parts: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        Ok(Found {
            kind: FoundKind::Trip,
            id: record.id,
            label: summary.container,
            detail: parts.join(" · "),
        })
    };
    records.iter().map(show).collect()
}
