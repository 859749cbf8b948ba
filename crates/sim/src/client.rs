//! A person at work through the API: signed in with a cookie as the web app is, one request at a time.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

/// Bytes of a photo sent in one piece.
const PIECE: usize = 256 * 1024;
/// The longest file read.
const FILE_BYTES_MAX: u64 = 32 << 20;
/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody signed in.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    cookie: String,
    csrf: String,
    /// Who.
    pub person: u64,
}

/// What the API refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// The sentence, in English.
    pub detail: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused with {} {}: {}", self.status, self.code, self.detail)
    }
}

impl std::error::Error for Refused {}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build();
    Agent::new_with_config(config)
}

/// Joins with the one-time code of an invitation.
pub fn accept_invitation(base: &str, code: &str, login: &str, password: &str, name: &str) -> Result<()> {
    let body = json!({"code": code, "login": login, "password": password, "name": name, "phone": null});
    let answer = agent()
        .post(format!("{base}/api/v1/invitations/accept"))
        .send_json(body);
    read(answer.context("could not accept an invitation")?)?;
    Ok(())
}

/// One of the figures that a server prints at `/metrics`; 0 where it has not counted yet.
pub fn figure(base: &str, name: &str) -> Result<u64> {
    let mut answer = agent()
        .get(format!("{base}/metrics"))
        .call()
        .context("could not read the figures")?;
    let text = answer
        .body_mut()
        .read_to_string()
        .context("could not read the figures")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(Ok(0), |value| {
        value.parse().with_context(|| format!("{name} is {value}"))
    })
}

impl Client {
    /// Signs in; `base` is `http://127.0.0.1:8080`.
    pub fn sign_in(base: &str, login: &str, password: &str) -> Result<Self> {
        let agent = agent();
        let body = json!({"login": login, "password": password});
        let answer = agent
            .post(format!("{base}/api/v1/session"))
            .send_json(body)
            .context("could not sign in")?;
        let cookie = answer
            .headers()
            .get("set-cookie")
            .and_then(|value| value.to_str().ok());
        let cookie = cookie
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let session = read(answer).with_context(|| format!("could not sign in as {login}"))?;
        Ok(Self {
            agent,
            base: base.to_owned(),
            cookie,
            csrf: session["csrf"]
                .as_str()
                .context("the session has no csrf token")?
                .to_owned(),
            person: session["person"]["id"]
                .as_u64()
                .context("the session has no person")?,
        })
    }

    /// Reads something; `path` is below `/api/v1`.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(self.url(path)).header("cookie", &self.cookie);
        read(request.call().with_context(|| format!("could not read {path}"))?)
    }

    /// Asks for something, once: the key makes a repeat of the same request harmless.
    pub fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.post_under(&random_key(), path, body)
    }

    /// Asks for something under a key of the caller's, who may ask again under it after an answer got lost.
    pub fn post_under(&self, key: &str, path: &str, body: Value) -> Result<Value> {
        let request = self.agent.post(self.url(path)).header("cookie", &self.cookie);
        let request = request
            .header("x-csrf-token", &self.csrf)
            .header("idempotency-key", key);
        read(
            request
                .send_json(body)
                .with_context(|| format!("could not ask for {path}"))?,
        )
    }

    /// Puts something in its place; a repeat changes nothing.
    pub fn put(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.agent.put(self.url(path)).header("cookie", &self.cookie);
        let request = request.header("x-csrf-token", &self.csrf);
        read(
            request
                .send_json(body)
                .with_context(|| format!("could not put {path}"))?,
        )
    }

    /// Asks for something that comes into being, and gives its number.
    pub fn create(&self, path: &str, body: Value) -> Result<u64> {
        let answer = self.post(path, body)?;
        let id = answer["id"].as_u64().or_else(|| answer["created"]["id"].as_u64());
        id.with_context(|| format!("{path} did not say what came into being: {answer}"))
    }

    /// Reads bytes; `path` is below `/api/v1`.
    pub fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let request = self.agent.get(self.url(path)).header("cookie", &self.cookie);
        let mut answer = request.call().with_context(|| format!("could not read {path}"))?;
        let status = answer.status().as_u16();
        if status != 200 {
            bail!("{path} answered {status}");
        }
        let read = answer
            .body_mut()
            .with_config()
            .limit(FILE_BYTES_MAX)
            .read_to_vec();
        read.with_context(|| format!("could not read {path}"))
    }

    /// Follows the live stream, line by line, until the server ends it; the stream begins now.
    pub fn follow_live(&self) -> Result<impl BufRead + Send + use<>> {
        let request = self.agent.get(self.url("/live")).header("cookie", &self.cookie);
        let request = request.config().timeout_global(None).build();
        let answer = request.call().context("could not follow the live stream")?;
        let status = answer.status().as_u16();
        if status != 200 {
            bail!("the live stream answered {status}");
        }
        Ok(BufReader::new(answer.into_body().into_reader()))
    }

    /// The same person at another address: after a restart the doors are elsewhere and the session goes on.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Uploads a photo in pieces, as a phone does, and gives its number.
    pub fn upload_photo(&self, trip: u64, step: &str, kind: &str, jpeg: &[u8]) -> Result<u64> {
        let body = json!({"trip": trip, "step": step, "kind": kind, "bytes": jpeg.len(), "sha256": null});
        let upload = self.post("/uploads", body)?;
        let id = upload["id"]
            .as_str()
            .context("the upload has no name")?
            .to_owned();
        let (mut offset, mut answer) = (0, Value::Null);
        for piece in jpeg.chunks(PIECE) {
            answer = self.send_piece(&id, offset, piece)?;
            offset += piece.len();
        }
        answer["photo"]["id"]
            .as_u64()
            .context("the last piece did not make a photo")
    }

    fn send_piece(&self, upload: &str, offset: usize, piece: &[u8]) -> Result<Value> {
        let request = self
            .agent
            .patch(self.url(&format!("/uploads/{upload}")))
            .header("cookie", &self.cookie);
        let request = request
            .header("x-csrf-token", &self.csrf)
            .header("upload-offset", offset.to_string());
        let request = request.header("content-type", "application/offset+octet-stream");
        read(request.send(piece).context("could not send a piece of a photo")?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }
}

fn read(mut answer: Response<Body>) -> Result<Value> {
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .read_to_string()
        .context("an answer could not be read")?;
    let value: Value = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or(json!(text))
    };
    if (200..300).contains(&status) {
        return Ok(value);
    }
    let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if value["code"].is_string() {
        bail!(Refused {
            status,
            code: word("code"),
            detail: word("detail_en")
        });
    }
    bail!("answered {status}: {text}")
}

/// Thirty-two hexadecimal digits nobody has used.
pub fn random_key() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
