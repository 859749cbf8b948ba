//! Customs documents, their scans, and container numbers.

use axum::Json;
use axum::body::{Body as Bytes, Bytes as Whole};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use segel_custody::state;
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Paper};
use segel_model::{BlobHash, Command, DocumentId, Role};
use segel_store::{Listing, RecordKind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::router::UtoipaMethodRouterExt as _;
use utoipa_axum::routes;

use super::access::{Caller, Id, Query, office};
use super::asking::{Ask, Body};
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::Wanted;
use super::types::{
    ContainerAnswer, ContainerFault, ContainerQuestion, Document, Done, NewDocument, NewDocumentLine, Page,
    Reason, StoredScan, VerifyDocument,
};
use super::{Api, command};
use crate::photos::sniff;

/// The largest scan: some twenty pages in colour.
pub const SCAN_MAX_BYTES: usize = 20 << 20;
/// The most containers on one document: a PLP of a whole vessel has some hundreds.
pub const LINES_MAX: usize = 500;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_documents, register_document))
        .routes(routes!(store_scan).layer(DefaultBodyLimit::max(SCAN_MAX_BYTES)))
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
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<DocumentQuery>,
) -> Result<Json<Page<Document>>, Problem> {
    caller.no_driver()?;
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| {
        let stages = query.status.into_iter().collect();
        let listing = Listing {
            stages,
            ..view.listing(RecordKind::Document, wanted)
        };
        view.page(&listing, |record, document| {
            view.show_document(record.id, document)
        })
    });
    Ok(Json(page.await?))
}

/// Enter a document.
#[utoipa::path(
    post, path = "/documents", tag = "documents", params(Headers), request_body = NewDocument,
    responses((status = 200, description = "it is done and durable", body = Done), Verdicts)
)]
async fn register_document(State(api): State<Api>, ask: Ask<NewDocument>) -> Result<Json<Done>, Problem> {
    let paper = paper(&ask)?;
    if let Some(scan) = paper.scan
        && !api.block(move |api| Ok(api.blobs().exists(&scan))).await?
    {
        return Err(Problem::field(
            "scan",
            "Berkas pindaian belum diunggah.",
            "no such file was stored",
        ));
    }
    Ok(Json(ask.run(&api, Command::RegisterDocument(paper)).await?))
}

fn paper(ask: &Ask<NewDocument>) -> Result<Paper, Problem> {
    let sent = &ask.body;
    if sent.lines.is_empty() || LINES_MAX < sent.lines.len() {
        return Err(Problem::field(
            "lines",
            "1 sampai 500 kontainer.",
            "1 to 500 containers",
        ));
    }
    let issuer = office("office", &sent.office)?;
    let other_end = sent
        .destination_office
        .as_deref()
        .map(|code| office("destination_office", code));
    let scan = sent.scan.as_deref().map(|hex| {
        let unknown = || Problem::field("scan", "Bukan SHA-256.", "not a SHA-256 in hexadecimal");
        BlobHash::from_hex(hex).ok_or_else(unknown)
    });
    Ok(Paper {
        kind: sent.kind.into(),
        number: sent.number.trim().into(),
        date: sent.date.0,
        valid_until: sent.valid_until.map(|day| day.0),
        destination_office: other_end.transpose()?.unwrap_or_else(|| issuer.clone()),
        office: issuer,
        tps_origin: sent.tps_origin.trim().into(),
        tps_destination: sent.tps_destination.trim().into(),
        bc11: sent.bc11.clone(),
        submission_number: sent.submission_number.clone(),
        owner: ask.caller.organisation_or(sent.owner),
        lines: sent.lines.iter().zip(0..).map(line).collect::<Result<_, _>>()?,
        scan: scan.transpose()?,
    })
}

fn line((sent, position): (&NewDocumentLine, usize)) -> Result<ContainerLine, Problem> {
    let field = format!("lines[{position}].container");
    Ok(ContainerLine {
        container: container(&field, &sent.container)?,
        size_ft: sent.size_ft,
        size_type: sent.size_type.clone(),
    })
}

/// A container number as typed.
pub(super) fn container(field: &str, typed: &str) -> Result<ContainerNumber, Problem> {
    ContainerNumber::parse(typed).map_err(|fault| {
        let (id, en) = match ContainerFault::from(fault) {
            ContainerFault::Length => (
                "Nomor kontainer terdiri dari 11 karakter.",
                "a container number has 11 characters",
            ),
            ContainerFault::Owner => (
                "Tiga karakter pertama harus huruf.",
                "the first three are letters",
            ),
            ContainerFault::Category => ("Karakter keempat harus U, J atau Z.", "the fourth is U, J or Z"),
            ContainerFault::Digits => (
                "Tujuh karakter terakhir harus angka.",
                "the last seven are digits",
            ),
        };
        Problem::field(field, id, en)
    })
}

/// Store the scan of a paper (PDF, JPEG, PNG, WebP, HEIC); name its hash when the document is entered.
#[utoipa::path(
    post, path = "/scans", tag = "documents",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, description = "it is stored and durable", body = StoredScan), Verdicts)
)]
async fn store_scan(
    State(api): State<Api>,
    caller: Caller,
    file: Whole,
) -> Result<Json<StoredScan>, Problem> {
    caller.only(&[Role::ServiceUser, Role::ProviderAdmin, Role::ProviderOperator])?;
    let media_type = sniff::scan(&file).ok_or_else(|| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_scan",
            "Berkas ini bukan PDF, JPEG, PNG, WebP atau HEIC.",
            "This file is no PDF, JPEG, PNG, WebP or HEIC.",
        )
    })?;
    let blob = api.block(move |api| Ok(api.blobs().put(&file)?)).await?;
    Ok(Json(StoredScan {
        sha256: blob.hash.to_string(),
        media_type: media_type.into(),
        bytes: blob.size_bytes,
    }))
}

/// One document.
#[utoipa::path(
    get, path = "/documents/{id}", tag = "documents", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the document", body = Document), Refusals)
)]
async fn read_document(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Document>, Problem> {
    caller.no_driver()?;
    let document = api.read(&caller, move |view| {
        let (_, document) = view.seen(RecordKind::Document, id)?;
        view.show_document(id, document)
    });
    Ok(Json(document.await?))
}

/// The paper itself, as it was stored.
#[utoipa::path(
    get, path = "/documents/{id}/scan", tag = "documents", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals)
)]
async fn read_scan(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Response<Bytes>, Problem> {
    caller.no_driver()?;
    let file = api.read(&caller, move |view| {
        let (_, document): (_, state::Document) = view.seen(RecordKind::Document, id)?;
        let hash = document.paper.scan.ok_or_else(Problem::not_found)?;
        view.api.blobs().get(&hash)?.ok_or_else(Problem::not_found)
    });
    let file = file.await?;
    let media_type = sniff::scan(&file).unwrap_or("application/octet-stream");
    Ok(stored_file(file, media_type))
}

/// A stored file as an answer. It is shown, never run: no script in it may reach the web app.
pub(super) fn stored_file(file: Vec<u8>, media_type: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
        ),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
    ];
    (headers, file).into_response()
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
