//! A fake SKP: a CEISA-like gateway as a program of its own, that can be slow, down, refuse, lose its answer after it has
//! taken a message, or answer twice. It counts what it took, so that "nothing taken twice" can be checked from outside.

mod shape;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How the fake is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The api key it wants in `beacukai-api-key`.
    pub api_key: String,
    /// Who may log in.
    pub username: String,
    /// With which password.
    pub password: String,
    /// How long a token holds.
    pub token_lasts: Duration,
    /// Where each taken message is written as a line of JSON; nothing keeps them in memory only.
    pub log: Option<PathBuf>,
}

/// How the fake misbehaves; set at any time by `PUT /_mood`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mood {
    /// Each answer waits this long.
    pub slow_ms: u64,
    /// Only answers to messages of these codes wait; all do where none is named.
    pub slow_codes: Vec<String>,
    /// Answers 503 to everything.
    pub down: bool,
    /// Refuses messages of these codes (`E04`) with HTTP 200 and `"status": "Failed"`.
    pub refuse_codes: Vec<String>,
    /// Refuses messages of these containers.
    pub refuse_containers: Vec<String>,
    /// Takes this many messages and answers 504, as a gateway does that lost its back end's answer.
    pub lose_answers: u32,
    /// Answers a repeated message with `"Failed"` and the words for a duplicate, instead of the first answer again.
    pub scold_repeats: bool,
    /// Throws away every token it gave, once.
    pub forget_tokens: bool,
}

/// A message the fake has taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// Its name; a repeat has the same.
    #[serde(rename = "idPesan")]
    pub id: String,
    /// Its code.
    #[serde(rename = "kodePesan")]
    pub code: String,
    /// The reference it was answered with.
    #[serde(rename = "nomorReferensi")]
    pub reference: String,
    /// How often it was sent.
    pub times: u32,
    /// How often it came under the same name with other facts than at first (the time of sending aside).
    #[serde(default)]
    pub changed: u32,
    /// The message.
    pub message: Value,
}

/// The most messages kept at hand; older ones stay in the log file alone.
const KEPT: usize = 100_000;

struct Fake {
    setup: Setup,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    mood: Mood,
    tokens: BTreeMap<String, Instant>,
    taken: BTreeMap<String, Taken>,
    order: Vec<String>,
    logins: u64,
}

/// Serves until the listener is closed.
pub async fn serve(listener: TcpListener, setup: Setup) -> Result<()> {
    axum::serve(listener, router(setup))
        .await
        .context("the fake SKP stopped")
}

/// The fake as a service, for tests.
pub fn router(setup: Setup) -> Router {
    let fake = Arc::new(Fake {
        setup,
        inner: Mutex::default(),
    });
    Router::new()
        .route("/v1/openapi-auth/user/login", post(log_in))
        .route("/v1/eseal/{code}", post(take))
        .route("/_mood", get(mood).put(set_mood))
        .route("/_taken", get(taken))
        .with_state(fake)
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

async fn log_in(State(fake): State<Arc<Fake>>, headers: HeaderMap, Json(login): Json<Login>) -> Response {
    if let Some(answer) = fake.temper("").await {
        return answer;
    }
    let known = login.username == fake.setup.username && login.password == fake.setup.password;
    if !fake.has_key(&headers) || !known {
        return failed(StatusCode::UNAUTHORIZED, "Username atau password salah");
    }
    let token = random_token();
    let mut inner = fake.lock();
    inner.logins += 1;
    inner
        .tokens
        .insert(token.clone(), Instant::now() + fake.setup.token_lasts);
    let seconds = fake.setup.token_lasts.as_secs();
    Json(json!({
        "status": "success",
        "message": "Login berhasil",
        "item": {"access_token": token, "expires_in": seconds, "refresh_token": random_token(),
                 "refresh_expires_in": seconds * 2, "token_type": "Bearer"}
    }))
    .into_response()
}

async fn take(
    State(fake): State<Arc<Fake>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Response {
    if let Some(answer) = fake.temper(&code).await {
        return answer;
    }
    if !fake.has_key(&headers) || !fake.has_token(&headers) {
        return failed(StatusCode::UNAUTHORIZED, "Token tidak berlaku");
    }
    let Some(id) = message["idPesan"].as_str().map(str::to_owned) else {
        return failed(StatusCode::OK, "1028 idPesan wajib diisi");
    };
    if let Some(reason) = fake
        .refuses(&code, &message)
        .or_else(|| shape::missing(&code, &message))
    {
        return failed(StatusCode::OK, &reason);
    }
    fake.keep(id, code, message)
}

async fn mood(State(fake): State<Arc<Fake>>) -> Json<Mood> {
    Json(fake.lock().mood.clone())
}

async fn set_mood(State(fake): State<Arc<Fake>>, Json(mood): Json<Mood>) -> Json<Mood> {
    let mut inner = fake.lock();
    if mood.forget_tokens {
        inner.tokens.clear();
    }
    inner.mood = Mood {
        forget_tokens: false,
        ..mood
    };
    Json(inner.mood.clone())
}

async fn taken(State(fake): State<Arc<Fake>>) -> Json<Value> {
    let inner = fake.lock();
    let messages: Vec<&Taken> = inner.order.iter().filter_map(|id| inner.taken.get(id)).collect();
    Json(json!({"logins": inner.logins, "messages": messages}))
}

impl Fake {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as the mood says, and answers at once where the fake is down.
    async fn temper(&self, code: &str) -> Option<Response> {
        let (slow_ms, down) = {
            let mood = &self.lock().mood;
            let slow = mood.slow_codes.is_empty() || mood.slow_codes.iter().any(|slow| slow == code);
            (if slow { mood.slow_ms } else { 0 }, mood.down)
        };
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
        down.then(|| failed(StatusCode::SERVICE_UNAVAILABLE, "Layanan sedang tidak tersedia"))
    }

    fn has_key(&self, headers: &HeaderMap) -> bool {
        headers
            .get("beacukai-api-key")
            .is_some_and(|key| key.as_bytes() == self.setup.api_key.as_bytes())
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
        let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        self.lock()
            .tokens
            .get(token)
            .is_some_and(|until| Instant::now() < *until)
    }

    fn refuses(&self, code: &str, message: &Value) -> Option<String> {
        let inner = self.lock();
        if inner.mood.refuse_codes.iter().any(|refused| refused == code) {
            return Some(format!("1023 {code} tidak sesuai pola"));
        }
        let container = message["nomorKontainer"].as_str().unwrap_or_default();
        let refused = inner
            .mood
            .refuse_containers
            .iter()
            .any(|refused| refused == container);
        refused.then(|| format!("Kontainer {container} tidak ditemukan"))
    }

    fn keep(&self, id: String, code: String, message: Value) -> Response {
        let mut inner = self.lock();
        if let Some(known) = inner.taken.get_mut(&id) {
            known.times += 1;
            known.changed += u32::from(facts(&known.message) != facts(&message));
            let reference = known.reference.clone();
            return if inner.mood.scold_repeats {
                failed(StatusCode::OK, "Duplikat idPesan")
            } else {
                success(&reference)
            };
        }
        let reference = format!("SKP{:010}", inner.taken.len() + 1);
        let taken = Taken {
            id: id.clone(),
            code,
            reference: reference.clone(),
            times: 1,
            changed: 0,
            message,
        };
        if let Err(failure) = self.write_down(&taken) {
            tracing::error!(%failure, "the fake SKP could not write its log");
            return failed(StatusCode::INTERNAL_SERVER_ERROR, "Kesalahan internal");
        }
        inner.remember(id, taken);
        if inner.mood.lose_answers > 0 {
            inner.mood.lose_answers -= 1;
            return failed(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout");
        }
        success(&reference)
    }

    fn write_down(&self, taken: &Taken) -> std::io::Result<()> {
        let Some(path) = &self.setup.log else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(taken)?;
        line.push(b'\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?
            .write_all(&line)
    }
}

impl Inner {
    fn remember(&mut self, id: String, taken: Taken) {
        if self.order.len() >= KEPT {
            let oldest = self.order.remove(0);
            self.taken.remove(&oldest);
        }
        self.order.push(id.clone());
        self.taken.insert(id, taken);
    }
}

/// A message without what may differ from one sending to the next.
fn facts(message: &Value) -> Value {
    let mut facts = message.clone();
    if let Some(fields) = facts.as_object_mut() {
        fields.remove("waktuKirim");
    }
    facts
}

fn success(reference: &str) -> Response {
    Json(json!({"status": "Success", "message": "Proses Berhasil", "item": {"nomorReferensi": reference}}))
        .into_response()
}

fn failed(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"status": "Failed", "message": message}))).into_response()
}

fn random_token() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Client {
        base: String,
        token: String,
    }

    impl Client {
        fn post(&self, path: &str, body: Value) -> (u16, Value) {
            let agent = ureq::Agent::new_with_config(
                ureq::config::Config::builder()
                    .http_status_as_error(false)
                    .build(),
            );
            let mut answer = agent
                .post(format!("{}{path}", self.base))
                .header("beacukai-api-key", "key")
                .header("authorization", format!("Bearer {}", self.token))
                .send_json(body)
                .expect("the fake answers");
            (
                answer.status().as_u16(),
                answer.body_mut().read_json().expect("JSON"),
            )
        }

        fn mood(&self, mood: Value) {
            ureq::put(format!("{}/_mood", self.base))
                .send_json(mood)
                .expect("the mood is set");
        }

        fn taken(&self) -> Value {
            ureq::get(format!("{}/_taken", self.base))
                .call()
                .expect("answers")
                .body_mut()
                .read_json()
                .expect("JSON")
        }
    }

    fn start() -> Client {
        let (give, base) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                give.send(format!("http://{}", listener.local_addr().expect("bound")))
                    .expect("the test waits");
                let setup = Setup {
                    api_key: "key".into(),
                    username: "segel".into(),
                    password: "secret".into(),
                    token_lasts: Duration::from_secs(60),
                    log: None,
                };
                serve(listener, setup).await.expect("serves");
            });
        });
        let mut client = Client {
            base: base.recv().expect("started"),
            token: String::new(),
        };
        let login = json!({"username": "segel", "password": "secret"});
        let (_, answer) = client.post("/v1/openapi-auth/user/login", login);
        assert_eq!(answer["item"]["expires_in"], 60);
        client.token = answer["item"]["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        client
    }

    /// A whole message; `code` says which payload it has.
    fn message_of(code: &str, id: &str) -> Value {
        let mut message = shape::examples::message(code);
        message["idPesan"] = json!(id);
        message
    }

    fn message(id: &str) -> Value {
        message_of("E04", id)
    }

    #[test]
    fn a_repeat_gets_the_first_answer_and_is_taken_once() {
        let client = start();
        let first = client.post("/v1/eseal/E04", message("7-0"));
        assert_eq!(first, client.post("/v1/eseal/E04", message("7-0")));
        let taken = client.taken();
        assert_eq!(taken["messages"].as_array().map(Vec::len), Some(1));
        assert_eq!(taken["messages"][0]["times"], 2);
        assert_eq!(taken["messages"][0]["changed"], 0);
    }

    #[test]
    fn other_facts_under_a_known_name_are_noticed() {
        let client = start();
        client.post("/v1/eseal/E04", message("7-0"));
        let mut sent_later = message("7-0");
        sent_later["waktuKirim"] = json!("24-11-2026 10:00:00");
        client.post("/v1/eseal/E04", sent_later);
        assert_eq!(client.taken()["messages"][0]["changed"], 0);
        let mut other = message("7-0");
        other["nomorKontainer"] = json!("MSKU1234565");
        client.post("/v1/eseal/E04", other);
        assert_eq!(client.taken()["messages"][0]["changed"], 1);
    }

    /// It is no blind mailbox: what a message must say and does not is refused by name, and not taken.
    #[test]
    fn a_message_that_lacks_a_field_is_refused_and_not_taken() {
        let client = start();
        let mut message = message("7-0");
        message["payload"]
            .as_object_mut()
            .expect("fields")
            .remove("petugas");
        let (status, answer) = client.post("/v1/eseal/E04", message);
        assert_eq!(
            (status, &answer["status"], &answer["message"]),
            (200, &json!("Failed"), &json!("1028 payload.petugas wajib diisi"))
        );
        assert_eq!(client.taken()["messages"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn a_lost_answer_was_taken_all_the_same() {
        let client = start();
        client.mood(json!({"lose_answers": 1}));
        assert_eq!(client.post("/v1/eseal/E11", message_of("E11", "8-0")).0, 504);
        assert_eq!(
            client.post("/v1/eseal/E11", message_of("E11", "8-0")).1["status"],
            "Success"
        );
        assert_eq!(client.taken()["messages"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_refusal_is_http_200_that_says_failed() {
        let client = start();
        client.mood(json!({"refuse_codes": ["E05"]}));
        let (status, answer) = client.post("/v1/eseal/E05", message_of("E05", "9-0"));
        assert_eq!((status, answer["status"].as_str()), (200, Some("Failed")));
        assert_eq!(client.taken()["messages"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn down_is_down_and_forgotten_tokens_are_refused() {
        let client = start();
        client.mood(json!({"down": true}));
        assert_eq!(client.post("/v1/eseal/E04", message("1-0")).0, 503);
        client.mood(json!({"forget_tokens": true}));
        assert_eq!(client.post("/v1/eseal/E04", message("1-0")).0, 401);
    }

    #[test]
    fn a_wrong_password_is_refused() {
        let client = start();
        let (status, _) = client.post(
            "/v1/openapi-auth/user/login",
            json!({"username": "segel", "password": "x"}),
        );
        assert_eq!(status, 401);
    }
}
