//! Photos: resumable upload, originals never altered, small copies beside them.

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use segel_model::{Command, PhotoId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Id, Word};
use super::asking::Ask;
use super::openapi::Headers;
use super::problem::{Problem, Refusals, Verdicts};
use super::types::{NewUpload, Photo, Reason, Upload};
use super::{Api, command};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(start_upload))
        .routes(routes!(read_upload, continue_upload, drop_upload))
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
async fn start_upload(State(_api): State<Api>, _ask: Ask<NewUpload>) -> Result<Json<Upload>, Problem> {
    Err(Problem::not_ready())
}

/// How far an upload is: where to go on after a break.
#[utoipa::path(
    get, path = "/uploads/{id}", tag = "photos", params(("id" = String, Path, description = "its name")),
    responses((status = 200, description = "how far it is", body = Upload), Refusals)
)]
async fn read_upload(
    State(_api): State<Api>,
    _caller: Caller,
    Word(_id): Word,
) -> Result<Json<Upload>, Problem> {
    Err(Problem::not_ready())
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
    State(_api): State<Api>,
    _caller: Caller,
    Word(_id): Word,
    _bytes: axum::body::Bytes,
) -> Result<Json<Upload>, Problem> {
    Err(Problem::not_ready())
}

/// Give an upload up.
#[utoipa::path(
    delete, path = "/uploads/{id}", tag = "photos", params(("id" = String, Path, description = "its name"), Headers),
    responses((status = 204, description = "it is gone"), Refusals)
)]
async fn drop_upload(
    State(_api): State<Api>,
    _caller: Caller,
    Word(_id): Word,
) -> Result<axum::http::StatusCode, Problem> {
    Err(Problem::not_ready())
}

/// What is known of one photo.
#[utoipa::path(
    get, path = "/photos/{id}", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the photo's facts", body = Photo), Refusals)
)]
async fn read_photo(State(_api): State<Api>, _caller: Caller, Id(_id): Id) -> Result<Json<Photo>, Problem> {
    Err(Problem::not_ready())
}

/// The original, byte for byte as it was uploaded.
#[utoipa::path(
    get, path = "/photos/{id}/original", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals)
)]
async fn read_original(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}

/// A smaller copy for the screen, upright, at most 1280 pixels. HEIC has none: that is answered 404 `no_preview`.
#[utoipa::path(
    get, path = "/photos/{id}/preview", tag = "photos", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "a JPEG", body = Vec<u8>, content_type = "image/jpeg"), Refusals)
)]
async fn read_preview(
    State(_api): State<Api>,
    _caller: Caller,
    Id(_id): Id,
) -> Result<Response<Bytes>, Problem> {
    Err(Problem::not_ready())
}

command! {
    /// A photo is not good enough; it stays, and another is needed.
    reject_photo, "photos", "/photos/{id}/reject", |id, body: Reason| Command::RejectPhoto {
        photo: PhotoId(id), reason: body.reason.clone(),
    }
}

/// Where photos are looked at: at most so many at once.
#[derive(Default)]
pub(super) struct Desk {}
