//! From a request to a question for the engine: who asks, under which idempotency key, at which time of their phone.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, request};
use segel_model::event::Subject;
use segel_model::input::CommandInput;
use segel_model::{Command, RecordedTime, ServerTime};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::Api;
use super::access::Caller;
use super::problem::Problem;
use super::types::{Done, Moment};
use crate::ask::{Answer, Asked, IdempotencyKey, Side, Verdict};
use crate::auth::secrets;

/// The longest idempotency key; a UUID has 36.
const KEY_MAX: usize = 120;
/// How long a command may take until its durable answer; the engine answers in milliseconds unless the disk hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A command's request: who asks, how, and its body.
pub struct Ask<T> {
    /// Who asks.
    pub caller: Caller,
    /// What they sent.
    pub body: T,
    key: Option<IdempotencyKey>,
    recorded: Option<RecordedTime>,
    offset_ms: i64,
}

/// A body that need not be there.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Nothing {}

/// A command whose body is no JSON but bytes.
pub struct AskBytes {
    /// Who asks, and how.
    pub ask: Ask<()>,
    /// What they sent.
    pub bytes: Bytes,
}

impl FromRequest<Api> for AskBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, api).await?;
        let now = api.now();
        let recorded = moment(&parts.headers, "x-recorded-at")?;
        let phone = moment(&parts.headers, "x-clock")?;
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
            .await
            .map_err(|why| unread(why.status()))?;
        let ask = Ask {
            key: key(&parts, &caller, &bytes)?,
            body: (),
            recorded: recorded.map(|moment| RecordedTime::from_unix_ms(moment.unix_ms)),
            offset_ms: phone.map_or(0, |phone| phone.unix_ms.saturating_sub(now.unix_ms)),
            caller,
        };
        Ok(Self { ask, bytes })
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Ask<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let AskBytes { ask, bytes } = AskBytes::from_request(request, api).await?;
        let Ask {
            caller,
            body: (),
            key,
            recorded,
            offset_ms,
        } = ask;
        Ok(Self {
            caller,
            body: parse(&bytes)?,
            key,
            recorded,
            offset_ms,
        })
    }
}

impl Ask<()> {
    /// The same wish under a name of ours, so that its effect is there once however often it is sent.
    pub fn named(mut self, name: String) -> Self {
        let request = Sha256::digest(name.as_bytes()).into();
        self.key = Some(IdempotencyKey {
            person: self.caller.person,
            key: name,
            request,
        });
        self
    }
}

impl<T> Ask<T> {
    /// Secret bytes for what this request makes. Asked again under the same key they are the same, so that a repeated
    /// request shows the same code.
    pub fn secret(&self, api: &Api, purpose: &str) -> [u8; 32] {
        let Some(key) = &self.key else {
            return secrets::random();
        };
        let mut message = purpose.as_bytes().to_vec();
        message.extend(key.person.0.to_le_bytes());
        message.extend(key.request);
        message.extend(key.key.as_bytes());
        secrets::keyed(&api.inner.key, &message)
    }

    /// Asks, and answers once it is durable.
    pub async fn run(&self, api: &Api, command: Command) -> Result<Done, Problem> {
        self.run_beside(api, command, Side::default()).await
    }

    /// The same, with what must become durable beside it.
    pub async fn run_beside(&self, api: &Api, command: Command, mut side: Side) -> Result<Done, Problem> {
        side.idempotency_key.clone_from(&self.key);
        let input = CommandInput {
            principal: self.caller.principal.clone(),
            recorded: self.recorded,
            recorded_offset_ms: self.offset_ms,
            command,
        };
        ask(api, Asked { input, side }).await
    }
}

/// Asks the engine and waits for the durable answer.
pub async fn ask(api: &Api, asked: Asked) -> Result<Done, Problem> {
    let name = asked.input.command.name();
    let answer = tokio::time::timeout(ANSWER_LIMIT, api.engine().ask(asked));
    let answer = answer.await.map_err(|_| slow())??;
    tracing::info!(entry_seq = answer.seq, command = name, "command_answered");
    done(answer)
}

fn done(answer: Answer) -> Result<Done, Problem> {
    let Answer { seq, at: _, verdict } = answer;
    match verdict {
        Verdict::Done { about } => Ok(Done {
            seq,
            id: about.first().copied().map(number),
        }),
        Verdict::Refused(refusal) => Err(refusal.into()),
    }
}

fn number(subject: Subject) -> u64 {
    match subject {
        Subject::Trip(id) => id.0,
        Subject::Seal(id) => id.0,
        Subject::Document(id) => id.0,
        Subject::Route(id) => id.0,
        Subject::Alarm(id) => id.0,
        Subject::Grant(id) => id.0,
        Subject::Photo(id) => id.0,
        Subject::Person(id) => id.0,
        Subject::Organisation(id) => id.0,
        Subject::Invitation(id) => id.0,
        Subject::Token(id) => id.0,
        Subject::Order(id) => id.0,
        Subject::Message(id) => id.0,
    }
}

fn slow() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "slow",
        "Belum ada jawaban; ulangi dengan Idempotency-Key yang sama.",
        "No answer yet; ask again under the same Idempotency-Key.",
    )
    .retry_after_s(5)
}

pub(super) fn unread(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(
            status,
            "too_large",
            "Isi terlalu besar; kirim dalam bagian yang lebih kecil.",
            "The body is too large; send it in smaller parts.",
        );
    }
    Problem::malformed(
        "Isi tidak terbaca sampai selesai.",
        "The body could not be read to its end.",
    )
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes)
        .map_err(|why| Problem::malformed("Isi JSON tidak sesuai.", format!("the JSON does not fit: {why}")))
}

fn moment(headers: &HeaderMap, name: &'static str) -> Result<Option<ServerTime>, Problem> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let moment = value.to_str().ok().and_then(Moment::parse);
    let moment =
        moment.ok_or_else(|| Problem::field(name, "Bukan waktu RFC 3339.", "not a moment by RFC 3339"))?;
    Ok(Some(moment.into()))
}

/// The key with a hash of the request, so that one key never answers another wish.
pub(super) fn key(
    parts: &request::Parts,
    caller: &Caller,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = parts.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || KEY_MAX < key.len() {
        let en = format!("1 to {KEY_MAX} visible characters");
        return Err(Problem::field(
            "Idempotency-Key",
            format!("1 sampai {KEY_MAX} karakter."),
            en,
        ));
    }
    let request = Sha256::new()
        .chain_update(parts.method.as_str())
        .chain_update([0])
        .chain_update(parts.uri.path())
        .chain_update([0])
        .chain_update(body)
        .finalize();
    Ok(Some(IdempotencyKey {
        person: caller.person,
        key: key.into(),
        request: request.into(),
    }))
}

/// A JSON body outside of commands.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _api: &Api) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, &()).await;
        let bytes = bytes.map_err(|why| unread(why.status()))?;
        Ok(Self(parse(&bytes)?))
    }
}
