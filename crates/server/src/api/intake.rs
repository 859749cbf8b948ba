//! Reports of other platforms: who sends, how much, and what became of each.
//!
//! What is sent is read by `segel-wire` and kept by `crate::intake`; here stand the addresses, the credentials and the words.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, request};
use segel_model::report::Protocol;
use segel_model::{OrganisationId, Role, TokenId};
use segel_wire::objects::Unread;
use segel_wire::objects::body::NoBody;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::Api;
use super::access::{self, Caller};
use super::asking::{key, unread};
use super::openapi::Headers;
use super::problem::{Problem, Verdicts};
use super::say;
use super::session::client;
use super::types::{FieldProblem, OpenReports, Taken, TakenOutcome, TakenReport};
use crate::ask::{IdempotencyKey, key_used};
use crate::intake::{self, REPORTS_MAX, Sender, Sent, UNKNOWN_SEAL};

/// The most bytes of a batch whose objects are one report each: 10,000 reports of 1.6 KiB.
pub const BATCH_MAX_BYTES: usize = 16 << 20;
/// The most bytes of one delivery of phones and trackers: each report is kept with all of its object.
pub const DELIVERY_MAX_BYTES: usize = 1 << 20;
/// Who sends: those who register seals.
const SENDERS: [Role; 2] = [Role::ProviderAdmin, Role::ProviderOperator];

pub(super) fn router() -> OpenApiRouter<Api> {
    let batch = || DefaultBodyLimit::max(BATCH_MAX_BYTES);
    let delivery = || DefaultBodyLimit::max(DELIVERY_MAX_BYTES);
    OpenApiRouter::new()
        .routes(routes!(take_reports).layer(batch()))
        .routes(routes!(take_flespi).layer(batch()))
        .routes(routes!(take_teratrack).layer(delivery()))
        .routes(routes!(take_background_geolocation).layer(delivery()))
        .routes(routes!(take_tive).layer(delivery()))
        .routes(routes!(take_signed_tive).layer(delivery()))
}

/// Send reports of your own seals in our own JSON, one or a list. Answered once all that is kept is durable, with what became of
/// each. Where none is kept, the answer is a problem whose `fields` say why.
#[utoipa::path(
    post, path = "/intake/reports", tag = "intake", params(Headers), request_body = OpenReports,
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_reports(State(api): State<Api>, posted: Posted) -> Result<Json<Taken>, Problem> {
    let many = posted.bytes.trim_ascii_start().first() == Some(&b'[');
    let Answer { objects, refused } = take(&api, Protocol::Open, posted).await?;
    if refused.len() == objects {
        return Err(nothing_kept(&refused, many));
    }
    Ok(Json(show(objects, &refused)))
}

/// Take messages of a Flespi channel, as its streams post them.
#[utoipa::path(
    post, path = "/intake/flespi", tag = "intake", params(Headers),
    request_body(content = Vec<serde_json::Value>, description = "messages with `ident` and `timestamp`"),
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_flespi(State(api): State<Api>, posted: Posted) -> Result<Json<Taken>, Problem> {
    take_all(&api, Protocol::Flespi, posted).await
}

/// Take objects of a TeraTrack forwarder.
#[utoipa::path(
    post, path = "/intake/teratrack", tag = "intake", params(Headers),
    request_body(content = serde_json::Value, description = "one object with `MDeviceID`, or a list of them"),
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_teratrack(State(api): State<Api>, posted: Posted) -> Result<Json<Taken>, Problem> {
    take_all(&api, Protocol::Teratrack, posted).await
}

/// Take places of background-geolocation apps, whose phones are registered under the protocol `osmand`.
#[utoipa::path(
    post, path = "/intake/background-geolocation", tag = "intake", params(Headers),
    request_body(content = serde_json::Value, description = "`device_id` and `location`, one or a list"),
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_background_geolocation(State(api): State<Api>, posted: Posted) -> Result<Json<Taken>, Problem> {
    take_all(&api, Protocol::Osmand, posted).await
}

/// Take a webhook of Tive trackers. The token may stand in `X-Tive-Client-Secret` instead.
#[utoipa::path(
    post, path = "/intake/tive", tag = "intake", params(Headers),
    request_body(content = serde_json::Value, description = "one webhook, or a list of them"),
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_tive(State(api): State<Api>, posted: Posted) -> Result<Json<Taken>, Problem> {
    take_all(&api, Protocol::Tive, posted).await
}

/// The same from a platform that signs: `X-Signature` is the HMAC with SHA-256 of the body, in hexadecimal, under the token's
/// signing secret.
#[utoipa::path(
    post, path = "/intake/tive/{token}", tag = "intake", security(()),
    params(
        ("token" = u64, Path, description = "the token's number"),
        ("X-Signature" = String, Header, description = "`sha256=` and 64 hexadecimal digits")
    ),
    request_body(content = serde_json::Value, description = "one webhook, or a list of them"),
    responses((status = 200, description = "what is kept is durable", body = Taken), Verdicts)
)]
async fn take_signed_tive(State(api): State<Api>, Signed(posted): Signed) -> Result<Json<Taken>, Problem> {
    take_all(&api, Protocol::Tive, posted).await
}

/// What a platform of another's posts would be posted again and again if it were refused as a whole, so the answer says it in its
/// body only.
async fn take_all(api: &Api, protocol: Protocol, posted: Posted) -> Result<Json<Taken>, Problem> {
    let Answer { objects, refused } = take(api, protocol, posted).await?;
    Ok(Json(show(objects, &refused)))
}

/// Something that was posted, by somebody who may.
struct Posted {
    sender: Sender,
    key: Option<IdempotencyKey>,
    bytes: Bytes,
    /// Given back when everything is done.
    _place: OwnedSemaphorePermit,
}

impl FromRequest<Api> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = match tive_secret(&parts.headers) {
            Some(token) => Caller::of_token(api, token).await?,
            None => Caller::from_request_parts(&mut parts, api).await?,
        };
        let sender = sender(api, &caller, &parts)?;
        let _place = place(api)?;
        let bytes = read(Request::from_parts(parts.clone(), body)).await?;
        Ok(Self {
            sender,
            key: key(&parts, &caller, &bytes)?,
            bytes,
            _place,
        })
    }
}

/// The same, where the body itself shows who sent it.
struct Signed(Posted);

impl FromRequest<Api> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Path(token) = Path::<u64>::from_request_parts(&mut parts, api).await?;
        let bytes = read(Request::from_parts(parts.clone(), body)).await?;
        let signature = parts
            .headers
            .get("x-signature")
            .and_then(|value| value.to_str().ok());
        let (signature, signed) = (signature.unwrap_or_default().to_owned(), bytes.clone());
        let caller = api
            .block(move |api| access::of_signature(api, TokenId(token), &signed, &signature))
            .await?;
        Ok(Self(Posted {
            sender: sender(api, &caller, &parts)?,
            key: key(&parts, &caller, &bytes)?,
            bytes,
            _place: place(api)?,
        }))
    }
}

/// Some webhooks name their secret in a header of their own.
fn tive_secret(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-tive-client-secret")?.to_str().ok()?;
    Some(value.trim().into())
}

/// For whom somebody sends, where they may and not too often.
fn sender(api: &Api, caller: &Caller, parts: &request::Parts) -> Result<Sender, Problem> {
    caller.only(&SENDERS)?;
    let organisation: OrganisationId = caller.principal.organisation().ok_or_else(Problem::not_allowed)?;
    let desk = &api.inner.intake;
    desk.count(organisation, api.now()).map_err(Problem::too_often)?;
    let from = client(api, &parts.extensions, &parts.headers);
    let peer = SocketAddr::new(from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), 0);
    Ok(Sender { organisation, peer })
}

fn place(api: &Api) -> Result<OwnedSemaphorePermit, Problem> {
    api.inner.intake.place().ok_or_else(|| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "crowded",
            "Terlalu banyak kiriman sedang diproses; kirim lagi sebentar lagi.",
            "Too much is being taken in; send it again in a moment.",
        )
        .retry_after_s(1)
    })
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    let bytes = Bytes::from_request(request, &()).await;
    bytes.map_err(|why| unread(why.status()))
}

/// What became of a request; kept under its key, so that the same request has the same answer.
#[derive(Clone, Serialize, Deserialize)]
struct Answer {
    objects: usize,
    refused: Vec<Refused>,
}

/// One that is refused.
#[derive(Clone, Serialize, Deserialize)]
struct Refused {
    at: usize,
    code: String,
    field: String,
}

impl From<(usize, Unread)> for Refused {
    fn from((at, Unread { what, field }): (usize, Unread)) -> Self {
        Self {
            at,
            code: what.into(),
            field: field.into_owned(),
        }
    }
}

/// Reads, keeps, and answers once it is durable.
async fn take(api: &Api, protocol: Protocol, posted: Posted) -> Result<Answer, Problem> {
    let Posted {
        sender,
        key,
        bytes,
        _place,
    } = posted;
    api.engine().ready()?;
    let turn = key.as_ref().map(|key| api.inner.intake.turn(key));
    let _turn = match &turn {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    if let Some(answer) = known(api, key.clone()).await? {
        return Ok(answer);
    }
    let received = api.now();
    let sent =
        api.block(move |api| intake::read(api.engine(), sender, protocol, &bytes, received).map_err(no_body));
    let sent: Sent = sent.await?;
    let answer = Answer {
        objects: sent.objects,
        refused: sent.refused.iter().cloned().map(Refused::from).collect(),
    };
    let kept_any = answer.refused.len() < answer.objects;
    let last = key.filter(|_| kept_any).map(|key| {
        let written = serde_json::to_string(&answer).expect("an answer is text and numbers");
        key.kept(written, received)
    });
    sent.keep(api.engine(), protocol, last).await?;
    Ok(answer)
}

/// The answer that this very request has had.
async fn known(api: &Api, key: Option<IdempotencyKey>) -> Result<Option<Answer>, Problem> {
    let Some(key) = key else { return Ok(None) };
    api.block(move |api| {
        let Some(kept) = api.reader().answered(&key.principal(), &key.key)? else {
            return Ok(None);
        };
        if kept.question.0 != key.request {
            return Err(key_used().into());
        }
        Ok(serde_json::from_str(&kept.answer).ok())
    })
    .await
}

fn show(objects: usize, refused: &[Refused]) -> Taken {
    let mut results: Vec<TakenReport> = (0..objects).map(kept).collect();
    for one in refused {
        if let Some(result) = results.get_mut(one.at) {
            *result = shown(one);
        }
    }
    Taken {
        reports: objects as u32,
        kept: objects.saturating_sub(refused.len()) as u32,
        refused: refused.len() as u32,
        results,
    }
}

fn kept(at: usize) -> TakenReport {
    TakenReport {
        at: at as u32,
        outcome: TakenOutcome::Kept,
        code: None,
        field: None,
        detail: None,
        detail_en: None,
    }
}

fn shown(refused: &Refused) -> TakenReport {
    let say = say::intake::refusal(&refused.code);
    TakenReport {
        at: refused.at as u32,
        outcome: TakenOutcome::Refused,
        code: Some(refused.code.clone()),
        field: (!refused.field.is_empty()).then(|| refused.field.clone()),
        detail: Some(say.id),
        detail_en: Some(say.en),
    }
}

/// Where all are refused for one reason, the problem is that reason.
fn nothing_kept(refused: &[Refused], many: bool) -> Problem {
    let fields = refused.iter().map(|one| {
        let say = say::intake::refusal(&one.code);
        FieldProblem {
            field: field(one, many),
            detail: say.id,
            detail_en: say.en,
        }
    });
    let first = refused.first().map_or("", |one| one.code.as_str());
    let all_alike = refused.iter().all(|one| one.code == first);
    let status = if all_alike && first == UNKNOWN_SEAL {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::BAD_REQUEST
    };
    let problem = if all_alike {
        let say = say::intake::refusal(first);
        Problem::new(status, first, say.id, say.en)
    } else {
        Problem::new(
            status,
            "nothing_kept",
            "Tidak satu laporan pun disimpan; lihat sebabnya satu per satu di fields.",
            "No report is kept; fields say why, one by one.",
        )
    };
    problem.about(fields.collect())
}

fn field(refused: &Refused, many: bool) -> String {
    match (many, refused.field.as_str()) {
        (false, field) => field.into(),
        (true, "") => format!("[{}]", refused.at),
        (true, field) => format!("[{}].{field}", refused.at),
    }
}

fn no_body(why: NoBody) -> Problem {
    match why {
        NoBody::NotJson { line, column } => Problem::malformed(
            format!(
                "Isi bukan JSON yang utuh (baris {line}, kolom {column}); perbaiki lalu kirim semuanya lagi."
            ),
            format!(
                "the body is no whole JSON (line {line}, column {column}); mend it, then send all of it again"
            ),
        ),
        NoBody::Empty => Problem::malformed(
            "Tidak ada laporan di dalamnya; kirim satu laporan atau daftar laporan.",
            "there is no report in it; send one report, or a list of them",
        ),
        NoBody::TooMany(count) => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_reports",
            format!(
                "Ada {count} laporan; paling banyak {REPORTS_MAX} sekaligus, bagi menjadi beberapa kiriman."
            ),
            format!("There are {count} reports; {REPORTS_MAX} at once at most, send them in parts."),
        ),
        NoBody::NotPosted => Problem::not_found(),
    }
}
