//! What people must act on: alarms, obligations, messages to SKP, work lists; and the search.

use axum::Json;
use axum::extract::State;
use segel_model::{AlarmId, Command, MessageId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::openapi::PageQuery;
use super::problem::{Problem, Refusals};
use super::types::{
    Alarm, CloseAlarm, Found, Message, MessageState, Note, Obligation, Page, RepairMessage, WorkList,
};
use super::{Api, command};

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
    /// `open` (the default) or `closed`.
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
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<AlarmQuery>,
) -> Result<Json<Page<Alarm>>, Problem> {
    Err(Problem::not_ready())
}

/// One alarm with its whole life.
#[utoipa::path(
    get, path = "/alarms/{id}", tag = "alarms", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the alarm", body = Alarm), Refusals)
)]
async fn read_alarm(State(_api): State<Api>, _caller: Caller, Id(_id): Id) -> Result<Json<Alarm>, Problem> {
    Err(Problem::not_ready())
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
    State(_api): State<Api>,
    _caller: Caller,
    Query(_page): Query<PageQuery>,
) -> Result<Json<Page<Obligation>>, Problem> {
    Err(Problem::not_ready())
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
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<MessageQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    Err(Problem::not_ready())
}

/// One message to SKP.
#[utoipa::path(
    get, path = "/messages/{id}", tag = "messages", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the message", body = Message), Refusals)
)]
async fn read_message(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Json<Message>, Problem> {
    Err(Problem::not_ready())
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
async fn read_work_list(State(_api): State<Api>, _caller: Caller) -> Result<Json<WorkList>, Problem> {
    Err(Problem::not_ready())
}

/// What to look for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// The beginning of a container, seal, document number or plate; letters and digits count, nothing else.
    #[param(example = "CSQU305")]
    q: String,
}

/// Find containers, seals, documents and plates.
#[utoipa::path(
    get, path = "/search", tag = "trips", params(SearchQuery),
    responses((status = 200, description = "what was found, at most 20", body = Vec<Found>), Refusals)
)]
async fn search(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<SearchQuery>,
) -> Result<Json<Vec<Found>>, Problem> {
    Err(Problem::not_ready())
}
