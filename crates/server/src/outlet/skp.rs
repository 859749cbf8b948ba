//! The outlet to SKP: takes the heads of the lanes out of the outbox and sends them until they are taken.
//!
//! Each trip has three lanes; order holds inside a lane and none waits for another. A lost answer is asked for again
//! under the same name. Down for a day: everything waits, with growing pauses, and people see it (A22).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::StatusCode;

use segel_custody::state::Trip;
use segel_model::skp::Delivery;
use segel_model::{Input, MessageId, Observed, ServerTime, TripId};
use segel_store::outbox::Outgoing;
use segel_store::{RecordKind, ReportQuery, Scope, StoreError};

use super::envelope::{self, Setting};
use crate::EngineHandle;
use crate::ask::{Side, Unavailable};
use crate::config::Skp as Config;
use crate::metrics::ByReason;

/// Messages taken out at once; between two such rounds the outlet looks at the time again.
const ROUND_MESSAGES: usize = 32;
/// The pause after the first failure; each one doubles it.
const PAUSE_FIRST_MS: i64 = 2_000;
/// The longest pause: an outage that ends is noticed within it.
const PAUSE_MAX_MS: i64 = 300_000;
/// A token is renewed this long before it ends.
const TOKEN_MARGIN_S: i64 = 30;
/// Locations of one message; a range of days at one a minute fits.
const LOCATIONS_MAX: usize = 20_000;
/// How SKP scolds a repeat it has taken already.
const DUPLICATE: &str = "duplikat idpesan";
/// The most bytes believed of an answer.
const ANSWER_BYTES: u64 = 256 * 1024;

/// The outlet.
pub struct Skp {
    engine: EngineHandle,
    config: Config,
    agent: Agent,
    token: Option<Token>,
    told_stuck: BTreeSet<MessageId>,
    /// Nothing is sent before this: the last call failed in a way that the next one would too.
    closed_until: Option<ServerTime>,
    failures_in_a_row: u32,
}

struct Token {
    word: String,
    until: ServerTime,
}

/// How one attempt ended.
enum Attempt {
    /// SKP has answered for good.
    Answered(Delivery),
    /// It has not; this message is tried again.
    Failed(String),
}

/// What can stop the outlet.
#[derive(Debug, thiserror::Error)]
pub enum SkpFailure {
    /// The outbox cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine stops.
    #[error(transparent)]
    Stopping(#[from] Unavailable),
}

impl Skp {
    /// An outlet that has not logged in yet.
    pub fn new(engine: EngineHandle, config: Config) -> Self {
        let limit = Duration::from_secs(config.call_limit_s.into());
        let agent = Agent::new_with_config(
            Agent::config_builder()
                .timeout_global(Some(limit))
                .http_status_as_error(false)
                .build(),
        );
        Self {
            engine,
            config,
            agent,
            token: None,
            told_stuck: BTreeSet::new(),
            closed_until: None,
            failures_in_a_row: 0,
        }
    }

    /// Sends what is due, and says when something will be due next; nothing where nothing waits.
    pub fn step(&mut self, now: ServerTime) -> Result<Option<ServerTime>, SkpFailure> {
        let due = self.engine.reader().messages_due(now, ROUND_MESSAGES)?;
        for outgoing in &due {
            self.tell_if_stuck(outgoing, now)?;
            if self.closed_until.is_none_or(|until| until <= now) {
                self.send(outgoing, now)?;
            }
        }
        let (waiting, _) = self.engine.reader().message_backlog()?;
        self.engine
            .metrics()
            .skp
            .waiting
            .set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let next = self.engine.reader().next_message_due()?;
        Ok(next.map(|next| self.closed_until.map_or(next, |closed| next.max(closed))))
    }

    fn send(&mut self, outgoing: &Outgoing, now: ServerTime) -> Result<(), SkpFailure> {
        let message = self.message(outgoing, now)?;
        let attempt = self.attempt(outgoing, &message, now);
        self.engine
            .metrics()
            .skp
            .attempts
            .get_or_create(&ByReason {
                reason: attempt.word(),
            })
            .inc();
        match attempt {
            Attempt::Answered(delivery) => {
                (self.closed_until, self.failures_in_a_row) = (None, 0);
                self.told_stuck.remove(&outgoing.message);
                self.tell(outgoing.message, delivery)
            }
            Attempt::Failed(failure) => {
                tracing::warn!(
                    message = outgoing.message.0,
                    failure,
                    "SKP did not take a message"
                );
                self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
                self.closed_until = Some(now.plus_ms(pause_ms(self.failures_in_a_row)));
                let next_try = now.plus_ms(pause_ms(outgoing.attempts.saturating_add(1)));
                Ok(self
                    .engine
                    .store()
                    .message_tried(outgoing.message, &failure, next_try)?)
            }
        }
    }

    /// A message that waits too long is told once; it is tried on.
    fn tell_if_stuck(&mut self, outgoing: &Outgoing, now: ServerTime) -> Result<(), SkpFailure> {
        let limit_s = self.engine.rules().in_force(now).skp.stuck_s;
        let overdue = outgoing.queued.plus_s(limit_s.into()) <= now;
        if !overdue || !self.told_stuck.insert(outgoing.message) {
            return Ok(());
        }
        let failure = outgoing
            .last_error
            .clone()
            .unwrap_or_else(|| "not sent yet".into());
        self.tell(outgoing.message, Delivery::Stuck { failure })
    }

    fn tell(&self, message: MessageId, delivery: Delivery) -> Result<(), SkpFailure> {
        self.engine
            .tell_blocking(Input::Skp { message, delivery }, Side::default())?;
        Ok(())
    }

    fn message(&self, outgoing: &Outgoing, now: ServerTime) -> Result<Value, StoreError> {
        let locations = match envelope::range(&outgoing.envelope) {
            Some((from, until)) => self.locations(
                outgoing.trip,
                ReportQuery::of(segel_model::SealId(0), from, until),
            )?,
            None => Vec::new(),
        };
        let setting = Setting {
            provider_code: &self.config.provider_code,
            rules: self.engine.rules(),
            now,
        };
        Ok(envelope::message(outgoing, &setting, &locations))
    }

    /// The reports of a trip in a range, from staging and history alike.
    fn locations(&self, trip: TripId, range: ReportQuery) -> Result<Vec<Observed>, StoreError> {
        let reader = self.engine.reader();
        let record = reader.record(RecordKind::Trip, trip.0, &Scope::Nation)?;
        let body = record.and_then(|record| serde_json::from_str::<Trip>(&record.body).ok());
        let Some(seal) = body.and_then(|trip| trip.seal) else {
            return Ok(Vec::new());
        };
        let mut query = ReportQuery {
            seal: Some(seal),
            trip: Some(trip),
            ..range
        };
        let mut found = Vec::new();
        loop {
            let page = reader.reports(&query)?;
            found.extend(page.reports.into_iter().map(|stored| stored.staged.observed));
            query.after = page.next;
            if page.next.is_none() || LOCATIONS_MAX <= found.len() {
                return Ok(found);
            }
        }
    }

    /// One attempt, with one fresh log-in where the token is no longer good.
    fn attempt(&mut self, outgoing: &Outgoing, message: &Value, now: ServerTime) -> Attempt {
        for fresh in [false, true] {
            let token = match self.token(fresh, now) {
                Ok(token) => token,
                Err(failure) => return Attempt::Failed(failure),
            };
            match self.call(outgoing, message, &token) {
                Ok((StatusCode::UNAUTHORIZED, _)) => {}
                Ok((status, answer)) => return judge(status, &answer),
                Err(failure) => return Attempt::Failed(failure),
            }
        }
        Attempt::Failed("a fresh token was refused too".into())
    }

    fn call(&self, outgoing: &Outgoing, message: &Value, token: &str) -> Result<(StatusCode, Value), String> {
        let code = serde_json::to_value(outgoing.code).map_err(|failure| failure.to_string())?;
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

    /// A token that is still good, by logging in where there is none.
    fn token(&mut self, fresh: bool, now: ServerTime) -> Result<String, String> {
        if let Some(token) = self.token.as_ref().filter(|token| !fresh && now < token.until) {
            return Ok(token.word.clone());
        }
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
        let until = now.plus_s((seconds - TOKEN_MARGIN_S).max(1));
        self.token = Some(Token {
            word: word.into(),
            until,
        });
        Ok(word.into())
    }
}

impl Attempt {
    const fn word(&self) -> &'static str {
        match self {
            Self::Answered(Delivery::Taken { .. }) => "taken",
            Self::Answered(Delivery::Refused { .. }) => "refused",
            Self::Answered(Delivery::Stuck { .. }) | Self::Failed(_) => "failed",
        }
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

/// Doubles with each failure, and varies by a fifth, so that a thousand waiting messages do not come back at once.
fn pause_ms(failures: u32) -> i64 {
    let doubled = PAUSE_FIRST_MS
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(PAUSE_MAX_MS);
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("the system gives random bytes");
    doubled * (800 + i64::from(byte[0]) * 400 / 255) / 1000
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

    #[test]
    fn pauses_double_up_to_five_minutes_and_vary_by_a_fifth() {
        for (failures, middle) in [
            (1, 2_000),
            (2, 4_000),
            (5, 32_000),
            (9, 300_000),
            (u32::MAX, 300_000),
        ] {
            let pause = pause_ms(failures);
            assert!(
                (middle * 8 / 10..=middle * 12 / 10).contains(&pause),
                "{failures}: {pause}"
            );
        }
    }
}
