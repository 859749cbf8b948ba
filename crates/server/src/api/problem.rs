//! Why something was not done, as problem+json (RFC 9457) with both readers in mind: a sentence for the person, a code
//! for the machine, a request number for whoever reads the log.

use std::collections::BTreeMap;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use segel_model::Refusal;
use segel_model::refusal::RefusalSort;
use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response as Documented, ResponseBuilder};

use super::types::{FieldProblem, ProblemBody};
use crate::ask::Unavailable;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: String,
    id: String,
    en: String,
    fields: Vec<FieldProblem>,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem with its sentence in both languages.
    pub fn new(status: StatusCode, code: &str, id: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            id: id.into(),
            en: en.into(),
            fields: Vec::new(),
            retry_after_s: None,
        }
    }

    /// Nobody is signed in.
    pub fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "Anda belum masuk, atau sesi sudah berakhir; silakan masuk.",
            "You are not signed in, or the session is over; sign in.",
        )
    }

    /// There is no such thing, or it is not theirs to see. Both are said with the same words.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Tidak ada, atau bukan untuk Anda.",
            "There is no such thing, or it is not yours to see.",
        )
    }

    /// The role may not.
    pub fn not_allowed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_allowed",
            "Peran Anda tidak berwenang untuk ini.",
            "Your role may not do this.",
        )
    }

    /// The request itself is malformed.
    pub fn malformed(id: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", id, en)
    }

    /// One field of the request is wrong.
    pub fn field(field: &str, id: impl Into<String>, en: impl Into<String>) -> Self {
        let mut problem = Self::malformed("Isian belum benar.", "A field is not right.");
        problem.fields.push(FieldProblem {
            field: field.into(),
            detail: id.into(),
            detail_en: en.into(),
        });
        problem
    }

    /// Something of ours failed. What exactly stands in the log under the request's number, not in the answer.
    pub fn failed(what: &dyn std::fmt::Display) -> Self {
        tracing::error!(failure = %what, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "Terjadi kegagalan di pihak kami; sebutkan nomor permintaan ini bila meminta bantuan.",
            "Something of ours failed; quote this request's number when asking for help.",
        )
    }

    /// Segel has not started far enough to answer.
    pub fn not_ready() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            "Segel belum siap; coba sebentar lagi.",
            "Segel is not ready yet; ask again in a moment.",
        )
        .retry_after_s(2)
    }

    /// Too often; ask again later.
    pub fn too_often(retry_after_s: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_often",
            format!("Terlalu sering; coba lagi dalam {retry_after_s} detik."),
            format!("Too often; try again in {retry_after_s} seconds."),
        )
        .retry_after_s(retry_after_s)
    }

    /// Says which parts of the request are wrong.
    #[must_use]
    pub fn about(mut self, fields: Vec<FieldProblem>) -> Self {
        self.fields = fields;
        self
    }

    /// Says when to ask again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    fn title(&self) -> &'static str {
        match self.status.as_u16() {
            400 => "Permintaan tidak benar",
            401 => "Belum masuk",
            403 => "Tidak berwenang",
            404 => "Tidak ditemukan",
            405 => "Cara tidak didukung",
            409 => "Keadaan tidak memungkinkan",
            413 => "Terlalu besar",
            415 => "Jenis isi tidak didukung",
            422 => "Aturan tidak mengizinkan",
            428 => "Perlu konfirmasi",
            429 => "Terlalu sering",
            503 => "Belum siap",
            507 => "Penyimpanan penuh",
            _ => "Gagal",
        }
    }

    fn body(self, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:segel:problem:{}", self.code),
            title: self.title().into(),
            status: self.status.as_u16(),
            detail: self.id,
            detail_en: self.en,
            code: self.code,
            instance: format!("urn:segel:request:{request_id}"),
            request_id: request_id.into(),
            fields: self.fields,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.sort {
            RefusalSort::NotAllowed => StatusCode::FORBIDDEN,
            RefusalSort::NotFound => StatusCode::NOT_FOUND,
            RefusalSort::WrongState => StatusCode::CONFLICT,
            RefusalSort::Rule => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalSort::Malformed => StatusCode::BAD_REQUEST,
            RefusalSort::NeedsConfirmation => StatusCode::PRECONDITION_REQUIRED,
        };
        Self::new(status, &refusal.code, refusal.say.id, refusal.say.en)
    }
}

impl From<Unavailable> for Problem {
    fn from(why: Unavailable) -> Self {
        let (status, code, id) = match why {
            Unavailable::Stopping => (503, "stopping", "Segel sedang berhenti; coba sebentar lagi."),
            Unavailable::Busy => (
                503,
                "busy",
                "Terlalu banyak permintaan menunggu; coba sebentar lagi.",
            ),
            Unavailable::DiskLow => (
                507,
                "disk_low",
                "Ruang penyimpanan hampir habis; kosongkan dulu, lalu coba lagi.",
            ),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        Self::new(status, code, id, why.to_string()).retry_after_s(2)
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<QueryRejection> for Problem {
    fn from(why: QueryRejection) -> Self {
        Self::malformed("Parameter alamat tidak benar.", why.body_text())
    }
}

/// The answer carries the problem along; the request's number is put in by the layer that knows it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the problem that an answer carries as its body.
pub fn write(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(problem) = parts.extensions.remove::<Problem>() else {
        return Response::from_parts(parts, body);
    };
    let json = serde_json::to_vec(&problem.body(request_id)).unwrap_or_default();
    let media_type = HeaderValue::from_static("application/problem+json");
    parts.headers.insert(header::CONTENT_TYPE, media_type);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, json.into())
}

/// The refusals that every documented route may answer with.
pub struct Refusals;

/// What else a command may be refused with.
pub struct Verdicts;

const REFUSALS: [(u16, &str); 5] = [
    (400, "malformed; `fields` says where"),
    (401, "nobody is signed in"),
    (403, "the role may not"),
    (404, "no such thing, or not theirs to see"),
    (503, "Segel cannot answer now; ask again"),
];

const VERDICTS: [(u16, &str); 4] = [
    (
        409,
        "not in a state for it, or the idempotency key was used for another request",
    ),
    (422, "a rule says no"),
    (428, "it must be confirmed first"),
    (429, "too often; `Retry-After` says when to ask again"),
];

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        REFUSALS.iter().map(|(status, _)| named(*status)).collect()
    }
}

impl IntoResponses for Verdicts {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        let all = REFUSALS.iter().chain(&VERDICTS);
        all.map(|(status, _)| named(*status)).collect()
    }
}

fn named(status: u16) -> (String, RefOr<Documented>) {
    let name = format!("#/components/responses/Problem{status}");
    (status.to_string(), RefOr::Ref(Ref::new(name)))
}

/// Every refusal, documented once, by the name that routes refer to.
pub fn documented() -> impl Iterator<Item = (String, Documented)> {
    let all = REFUSALS.iter().chain(&VERDICTS);
    all.map(|(status, say)| {
        let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
        let response = ResponseBuilder::new()
            .description(*say)
            .content("application/problem+json", content);
        (format!("Problem{status}"), response.build())
    })
}
