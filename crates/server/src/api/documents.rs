//! Customs documents, their scans, and container numbers.

use axum::Json;
use axum::body::{Body as Bytes, Bytes as Whole};
use axum::extract::State;
use axum::response::Response;
use segel_model::{Command, DocumentId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query};
use super::asking::{Ask, Body};
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{
    ContainerAnswer, ContainerQuestion, Document, Done, NewDocument, Page, Reason, StoredScan, VerifyDocument,
};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_documents, register_document))
        .routes(routes!(store_scan))
        .routes(routes!(read_document))
        .routes(routes!(read_scan))
        .routes(routes!(verify_document))
        .routes(routes!(refuse_document))
        .routes(routes!(cancel_document))
        .routes(routes!(check_container))
}

/// Which documents.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DocumentQuery {
    /// Only `submitted`, `verified`, `refused` or `cancelled` ones.
    status: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many lines, 1 to 200.
    limit: Option<u16>,
}

/// Documents the asker may see, newest first.
#[utoipa::path(
    get, path = "/documents", tag = "documents", params(DocumentQuery),
    responses((status = 200, description = "a page", body = Page<Document>), Refusals)
)]
async fn list_documents(
    State(_api): State<Api>,
    _caller: Caller,
    Query(_query): Query<DocumentQuery>,
) -> Result<Json<Page<Document>>, Problem> {
    Err(Problem::not_ready())
}

/// Enter a document.
#[utoipa::path(
    post, path = "/documents", tag = "documents", params(Headers), request_body = NewDocument,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn register_document(State(_api): State<Api>, _ask: Ask<NewDocument>) -> Result<Json<Done>, Problem> {
    Err(Problem::not_ready())
}

/// Store the scan of a paper (PDF, JPEG, PNG, WebP, HEIC); name its hash when the document is entered.
#[utoipa::path(
    post, path = "/scans", tag = "documents",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, description = "it is stored and durable", body = StoredScan), Verdicts)
)]
async fn store_scan(
    State(_api): State<Api>,
    _caller: Caller,
    _file: Whole,
) -> Result<Json<StoredScan>, Problem> {
    Err(Problem::not_ready())
}

/// One document.
#[utoipa::path(
    get, path = "/documents/{id}", tag = "documents", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the document", body = Document), Refusals)
)]
async fn read_document(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Json<Document>, Problem> {
    Err(Problem::not_ready())
}

/// The paper itself, as it was stored.
#[utoipa::path(
    get, path = "/documents/{id}/scan", tag = "documents", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals)
)]
async fn read_scan(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// An officer has seen the document and found it right.
    verify_document, "documents", "/documents/{id}/verify", |id, body: VerifyDocument| Command::VerifyDocument {
        document: DocumentId(id), approved: body.approved.clone(), remark: body.remark.clone(),
    }
}

command! {
    /// An officer refuses the document.
    refuse_document, "documents", "/documents/{id}/refuse", |id, body: Reason| Command::RefuseDocument {
        document: DocumentId(id), reason: body.reason.clone(),
    }
}

command! {
    /// The document was cancelled. On the way that raises an alarm, it stops nothing silently.
    cancel_document, "documents", "/documents/{id}/cancel", |id, body: Reason| Command::CancelDocument {
        document: DocumentId(id), reason: body.reason.clone(),
    }
}

/// What ISO 6346 says of a container number, as typed.
#[utoipa::path(
    post, path = "/containers/check", tag = "documents", request_body = ContainerQuestion,
    responses((status = 200, description = "the answer", body = ContainerAnswer), Refusals)
)]
async fn check_container(_caller: Caller, Body(question): Body<ContainerQuestion>) -> Json<ContainerAnswer> {
    Json(ContainerAnswer::of(&question.number))
}
