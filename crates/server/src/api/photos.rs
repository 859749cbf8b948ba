//! Photos: resumable upload, originals never altered, small copies beside them.

mod upload;

use std::sync::Arc;

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use segel_custody::state;
use segel_model::{BlobHash, Command, PhotoId, Role, TripId};
use segel_store::RecordKind;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::access::{Caller, Id, Word};
use super::asking::{Ask, AskBytes};
use super::documents::stored_file;
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::View;
use super::types::{NewUpload, Photo, Reason, Upload};
use super::{Api, command};
use crate::photos::{Unusable, sniff};

pub(super) use upload::{Desk, sweep};

/// The most bytes of one piece of an upload: a whole photo fits; a phone in a shadow sends smaller ones.
pub const PIECE_MAX_BYTES: usize = 12 << 20;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(start_upload))
        .routes(
            routes!(read_upload, continue_upload, drop_upload).layer(DefaultBodyLimit::max(PIECE_MAX_BYTES)),
        )
        .routes(routes!(read_photo))
        .routes(routes!(read_original))
        .routes(routes!(read_preview))
        .routes(routes!(reject_photo))
}

/// Start a resumable upload of a photo. Its bytes follow with `PATCH`; the last one makes it durable and enters it.
#[utoipa::path(
    post, path = "/uploads", tag = "photos", params(Headers), request_body = NewUpload,
    responses((status = 200, description = "send the bytes", body = Upload), Verdicts)
)]
async fn start_upload(State(api): State<Api>, ask: Ask<NewUpload>) -> Result<Json<Upload>, Problem> {
    ask.caller
        .only(&[Role::Technician, Role::ServiceUser, Role::ProviderOperator])?;
    let role = ask.caller.role;
    let id = crate::auth::secrets::hex(&ask.secret(&api, "upload")[..16]);
    let (sent, person) = (ask.body.clone(), ask.caller.person);
    let upload = api.read(&ask.caller, move |view| {
        let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, sent.trip)?;
        // A user takes photos only where it supplies its own seals.
        if role == Role::ServiceUser && trip.request.owner != trip.request.provider {
            return Err(Problem::not_allowed());
        }
        upload::check_new(view, &trip, &sent)?;
        upload::begin(view.api, id, person, sent)
    });
    Ok(Json(upload.await?))
}

/// How far an upload is: where to go on after a break.
#[utoipa::path(
    get, path = "/uploads/{id}", tag = "photos", params(("id" = String, Path, description = "its name")),
    responses((status = 200, description = "how far it is", body = Upload), Refusals)
)]
async fn read_upload(State(api): State<Api>, caller: Caller, Word(id): Word) -> Result<Response, Problem> {
    let upload = api
        .block(move |api| upload::find(api, &id, caller.person)?.show(api))
        .await?;
    Ok(with_offset(upload))
}

/// An upload as an answer; tus-minded clients look at the header.
fn with_offset(upload: Upload) -> Response {
    let offset = [("upload-offset", HeaderValue::from(upload.offset))];
    (offset, Json(upload)).into_response()
}

/// Send the next bytes. `Upload-Offset` must be the offset the server has; a wrong one is answered 409 with the right one.
/// With the last byte the photo is checked, stored durably and entered; `photo` then says which.
#[utoipa::path(
    patch, path = "/uploads/{id}", tag = "photos",
    params(
        ("id" = String, Path, description = "its name"),
        ("Upload-Offset" = u64, Header, description = "how many bytes were sent before"),
        Headers
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream", description = "the next bytes, at most 4 MiB"),
    responses(
        (status = 200, description = "the bytes are here; the photo is durable where `photo` says so", body = Upload,
            headers(("Upload-Offset" = u64, description = "how many bytes are here now"))),
        Verdicts
    )
)]
async fn continue_upload(
    State(api): State<Api>,
    Word(id): Word,
    headers: HeaderMap,
    AskBytes { ask, bytes }: AskBytes,
) -> Result<Response, Problem> {
    let offset = headers
        .get("upload-offset")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let offset: u64 = offset.ok_or_else(|| {
        Problem::field(
            "Upload-Offset",
            "Sebutkan posisi byte.",
            "say the offset in bytes",
        )
    })?;
    let one_at_a_time = api.inner.photos.lock(&id);
    let _turn = one_at_a_time.lock().await;
    let (name, person) = (id.clone(), ask.caller.person);
    let kept = api.block(move |api| {
        let kept = upload::find(api, &name, person)?;
        kept.append(api, offset, &bytes)
    });
    let kept = kept.await?;
    if kept.is_complete(&api) && kept.done().is_none() {
        return Ok(with_offset(upload::finish(&api, ask, kept).await?));
    }
    let upload = api.block(move |api| kept.show(api)).await?;
    Ok(with_offset(upload))
}

/// Give an upload up.
#[utoipa::path(
    delete, path = "/uploads/{id}", tag = "photos", params(("id" = String, Path, description = "its name"), Headers),
    responses((status = 204, description = "it is gone"), Refusals)
)]
async fn drop_upload(State(api): State<Api>, caller: Caller, Word(id): Word) -> Result<StatusCode, Problem> {
    api.block(move |api| upload::find(api, &id, caller.person)?.drop(api))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is known of one photo.
#[utoipa::path(
    get, path = "/photos/{id}", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the photo's facts", body = Photo), Refusals)
)]
async fn read_photo(State(api): State<Api>, caller: Caller, Id(id): Id) -> Result<Json<Photo>, Problem> {
    caller.no_driver()?;
    let photo = api.read(&caller, move |view| {
        let (record, photo) = view.seen(RecordKind::Photo, id)?;
        view.show_photo(id, record.trip.unwrap_or(TripId(0)), photo)
    });
    Ok(Json(photo.await?))
}

/// The original, byte for byte as it was uploaded.
#[utoipa::path(
    get, path = "/photos/{id}/original", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals)
)]
async fn read_original(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response<Bytes>, Problem> {
    caller.no_driver()?;
    let file = api
        .read(&caller, move |view| original(view, id).map(|(_, file)| file))
        .await?;
    let media_type = sniff::scan(&file).unwrap_or("application/octet-stream");
    Ok(stored_file(file, media_type))
}

fn original(view: &View<'_>, id: u64) -> Result<(BlobHash, Vec<u8>), Problem> {
    let (_, photo): (_, state::Photo) = view.seen(RecordKind::Photo, id)?;
    let hash = photo.facts.blob;
    let file = view.api.blobs().get(&hash)?.ok_or_else(Problem::not_found)?;
    Ok((hash, file))
}

/// A smaller copy for the screen, upright, at most 1280 pixels. HEIC has none: that is answered 404 `no_preview`.
#[utoipa::path(
    get, path = "/photos/{id}/preview", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a JPEG", body = Vec<u8>, content_type = "image/jpeg"), Refusals)
)]
async fn read_preview(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response<Bytes>, Problem> {
    caller.no_driver()?;
    let found = api.read(&caller, move |view| {
        let (_, photo): (_, state::Photo) = view.seen(RecordKind::Photo, id)?;
        if !photo.facts.has_preview {
            return Err(no_preview());
        }
        Ok((photo.facts.blob, upload::kept_copy(view.api, &photo.facts.blob)))
    });
    let (hash, copy) = found.await?;
    let copy = match copy {
        Some(copy) => copy,
        None => make_again(&api, &caller, id, hash).await?,
    };
    Ok(stored_file(copy, "image/jpeg"))
}

/// The copy is a cache: where it is gone, it is made of the original again.
async fn make_again(api: &Api, caller: &Caller, id: u64, hash: BlobHash) -> Result<Vec<u8>, Problem> {
    let (_, file) = api.read(caller, move |view| original(view, id)).await?;
    let looked = api.inner.photos.look(Arc::new(file), 0).await?;
    let copy = looked.copy.ok_or_else(no_preview)?;
    let again = copy.clone();
    api.block(move |api| {
        upload::keep_copy(api, &hash, &again);
        Ok(())
    })
    .await?;
    Ok(copy)
}

fn no_preview() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_preview",
        "Foto HEIC disimpan utuh, tetapi tanpa pratinjau; unduh aslinya.",
        "A HEIC photo is kept whole but has no preview; download the original.",
    )
}

impl From<Unusable> for Problem {
    fn from(why: Unusable) -> Self {
        let (status, code, id, en) = match why {
            Unusable::NoPicture => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_a_photo",
                "Berkas ini bukan foto JPEG, PNG, WebP atau HEIC; ambil foto lagi.",
                "This file is no JPEG, PNG, WebP or HEIC photo; take it again.",
            ),
            Unusable::Damaged => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "photo_damaged",
                "Foto ini rusak dan tidak dapat dibuka; ambil foto lagi.",
                "This photo is damaged and cannot be opened; take it again.",
            ),
            Unusable::TooManyPixels => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_pixels",
                "Foto ini terlalu besar; pakai paling banyak 50 megapiksel.",
                "This photo is too large; use 50 megapixels at most.",
            ),
            Unusable::TooSlow => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "photo_too_slow",
                "Foto ini tidak dapat dibuka dalam waktu wajar; ambil foto lagi.",
                "This photo cannot be opened in reasonable time; take it again.",
            ),
            Unusable::Crowded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "crowded",
                "Terlalu banyak foto sedang diproses; coba lagi.",
                "Too many photos are being looked at; try again.",
            ),
        };
        let problem = Self::new(status, code, id, en);
        if why == Unusable::Crowded {
            problem.retry_after_s(3)
        } else {
            problem
        }
    }
}

command! {
    /// A photo is not good enough; it stays, and another is needed.
    reject_photo, "photos", "/photos/{id}/reject", |id, body: Reason| Command::RejectPhoto {
        photo: PhotoId(id), reason: body.reason.clone(),
    }
}
