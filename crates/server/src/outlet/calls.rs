//! One call to SKP: its log-in, its token, and what its answer means. Several threads call at once and share one token.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::StatusCode;

use segel_model::skp::{Delivery, MessageCode};
use segel_model::{MessageId, ServerTime};

use crate::config::Skp as Config;

/// A token is renewed this long before it ends.
const TOKEN_MARGIN_S: i64 = 30;
/// How SKP scolds a repeat it has taken already.
const DUPLICATE: &str = "duplikat idpesan";
/// The most bytes believed of an answer.
const ANSWER_BYTES: u64 = 256 * 1024;

/// The way to SKP: calls go out, answers come back in whatever order. A simulation brings its own, without threads.
pub trait Line: Send {
    /// Begins a call.
    fn call(&mut self, message: MessageId, code: MessageCode, body: Value, now: ServerTime);
    /// The next answer; waits for it at most this long.
    fn answer(&mut self, patience: Duration) -> Option<(MessageId, Attempt)>;
}

/// HTTP, each call on a thread of its own.
pub(super) struct Http {
    calls: Arc<Calls>,
    ended: Receiver<(MessageId, Attempt)>,
    end: Sender<(MessageId, Attempt)>,
}

impl Http {
    pub(super) fn new(config: Config) -> Self {
        let (end, ended) = channel();
        Self {
            calls: Arc::new(Calls::new(config)),
            ended,
            end,
        }
    }
}

impl Line for Http {
    fn call(&mut self, message: MessageId, code: MessageCode, body: Value, now: ServerTime) {
        let (calls, end) = (Arc::clone(&self.calls), self.end.clone());
        std::thread::spawn(move || {
            let attempt = calls.attempt(code, &body, now);
            // Whoever asked has stopped where the receiver is gone; the message is still in the outbox.
            let _gone = end.send((message, attempt));
        });
    }

    fn answer(&mut self, patience: Duration) -> Option<(MessageId, Attempt)> {
        self.ended.recv_timeout(patience).ok()
    }
}

/// What the calls share.
struct Calls {
    config: Config,
    agent: Agent,
    /// Held while one logs in, so that the others wait for its token instead of logging in too.
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    word: String,
    until: ServerTime,
}

/// How one attempt ended.
#[derive(Debug)]
pub enum Attempt {
    /// SKP has answered for good.
    Answered(Delivery),
    /// It has not; this message is tried again.
    Failed(String),
}

impl Attempt {
    /// What an answer means: its HTTP status and its body.
    pub fn judged(status: u16, answer: &Value) -> Self {
        StatusCode::from_u16(status).map_or_else(
            |_| Self::Failed(format!("no HTTP status: {status}")),
            |status| judge(status, answer),
        )
    }

    /// As the metrics count it.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Answered(Delivery::Taken { .. }) => "taken",
            Self::Answered(Delivery::Refused { .. }) => "refused",
            Self::Answered(Delivery::Stuck { .. }) | Self::Failed(_) => "failed",
        }
    }
}

impl Calls {
    /// Nobody has logged in yet.
    fn new(config: Config) -> Self {
        let limit = Duration::from_secs(config.call_limit_s.into());
        let agent = Agent::new_with_config(
            Agent::config_builder()
                .timeout_global(Some(limit))
                .http_status_as_error(false)
                .build(),
        );
        Self {
            config,
            agent,
            token: Mutex::new(None),
        }
    }

    /// One attempt, with one fresh log-in where the token is no longer good.
    fn attempt(&self, code: MessageCode, message: &Value, now: ServerTime) -> Attempt {
        let mut refused = None;
        for _ in 0..2 {
            let token = match self.token(refused.as_deref(), now) {
                Ok(token) => token,
                Err(failure) => return Attempt::Failed(failure),
            };
            match self.call(code, message, &token) {
                Ok((StatusCode::UNAUTHORIZED, _)) => refused = Some(token),
                Ok((status, answer)) => return judge(status, &answer),
                Err(failure) => return Attempt::Failed(failure),
            }
        }
        Attempt::Failed("a fresh token was refused too".into())
    }

    fn call(&self, code: MessageCode, message: &Value, token: &str) -> Result<(StatusCode, Value), String> {
        let code = serde_json::to_value(code).map_err(|failure| failure.to_string())?;
        let url = format!(
            "{}/v1/eseal/{}",
            self.config.url.trim_end_matches('/'),
            code.as_str().unwrap_or_default()
        );
        self.post(&url, message, Some(token))
    }

    fn post(&self, url: &str, body: &Value, token: Option<&str>) -> Result<(StatusCode, Value), String> {
        let mut request = self
            .agent
            .post(url)
            .header("beacukai-api-key", &self.config.api_key);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request
            .send_json(body)
            .map_err(|failure| format!("could not reach SKP: {failure}"))?;
        let status = answer.status();
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .read_to_string();
        let text = text.map_err(|failure| format!("could not read the answer of SKP: {failure}"))?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// A token that is still good and is not the one SKP refused, by logging in where there is none.
    fn token(&self, refused: Option<&str>, now: ServerTime) -> Result<String, String> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |token: &&Token| now < token.until && Some(token.word.as_str()) != refused;
        if let Some(token) = token.as_ref().filter(good) {
            return Ok(token.word.clone());
        }
        let fresh = self.log_in(now)?;
        Ok(token.insert(fresh).word.clone())
    }

    fn log_in(&self, now: ServerTime) -> Result<Token, String> {
        let login = json!({"username": self.config.username, "password": self.config.password});
        let url = format!(
            "{}/v1/openapi-auth/user/login",
            self.config.url.trim_end_matches('/')
        );
        let (status, answer) = self.post(&url, &login, None)?;
        let item = &answer["item"];
        let (Some(word), Some(seconds)) = (item["access_token"].as_str(), item["expires_in"].as_i64()) else {
            return Err(format!("SKP refused the log-in (HTTP {})", status.as_u16()));
        };
        Ok(Token {
            word: word.into(),
            until: now.plus_s((seconds - TOKEN_MARGIN_S).max(1)),
        })
    }
}

/// HTTP 200 that says `Failed` is a refusal; so is an answer that blames the request. All else is tried again.
fn judge(status: StatusCode, answer: &Value) -> Attempt {
    let said = answer["message"].as_str().unwrap_or_default();
    let failed = answer["status"]
        .as_str()
        .is_some_and(|word| word.eq_ignore_ascii_case("failed"));
    let taken = answer["status"]
        .as_str()
        .is_some_and(|word| word.eq_ignore_ascii_case("success"));
    let blames = matches!(status.as_u16(), 400 | 404 | 409 | 413 | 415 | 422);
    if said.to_lowercase().starts_with(DUPLICATE) {
        return Attempt::Answered(Delivery::Taken { reference: None });
    }
    if status.is_success() && taken {
        let reference = answer["item"]["nomorReferensi"].as_str().map(str::to_owned);
        return Attempt::Answered(Delivery::Taken { reference });
    }
    if (status.is_success() && failed) || blames {
        let reason = if said.is_empty() {
            format!("HTTP {}", status.as_u16())
        } else {
            said.to_owned()
        };
        return Attempt::Answered(Delivery::Refused { reason });
    }
    Attempt::Failed(format!("HTTP {} {said}", status.as_u16()).trim_end().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(status: u16, answer: Value) -> (&'static str, Option<String>) {
        let status = StatusCode::from_u16(status).expect("a status");
        match judge(status, &answer) {
            Attempt::Answered(Delivery::Taken { reference }) => ("taken", reference),
            Attempt::Answered(Delivery::Refused { reason }) => ("refused", Some(reason)),
            Attempt::Answered(Delivery::Stuck { .. }) => ("stuck", None),
            Attempt::Failed(failure) => ("failed", Some(failure)),
        }
    }

    #[test]
    fn answers_are_judged_by_their_body_and_not_by_their_status_alone() {
        let success =
            json!({"status": "Success", "message": "Proses Berhasil", "item": {"nomorReferensi": "SKP1"}});
        assert_eq!(word(200, success), ("taken", Some("SKP1".into())));
        let failed = json!({"status": "Failed", "message": "1023 E04 tidak sesuai pola"});
        assert_eq!(
            word(200, failed),
            ("refused", Some("1023 E04 tidak sesuai pola".into()))
        );
        let duplicate = json!({"status": "Failed", "message": "Duplikat idPesan"});
        assert_eq!(word(200, duplicate), ("taken", None));
        let container = json!({"status": "Failed", "message": "Duplikat Kontainer"});
        assert_eq!(
            word(200, container),
            ("refused", Some("Duplikat Kontainer".into()))
        );
    }

    #[test]
    fn an_outage_is_no_refusal() {
        let down = json!({"status": "Failed", "message": "Layanan sedang tidak tersedia"});
        assert_eq!(
            word(503, down),
            ("failed", Some("HTTP 503 Layanan sedang tidak tersedia".into()))
        );
        assert_eq!(word(504, Value::Null), ("failed", Some("HTTP 504".into())));
        assert_eq!(word(200, Value::Null), ("failed", Some("HTTP 200".into())));
        assert_eq!(word(422, Value::Null), ("refused", Some("HTTP 422".into())));
    }
}
