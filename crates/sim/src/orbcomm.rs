//! A fake gateway of Orbcomm's: a mailbox of satellite messages behind HTTP, as a program of its own, that can be down, slow, say
//! no, cut its answer in half, give the same page twice, file messages late or out of order. It writes down what it was asked
//! for, so that a fetch can be checked from outside.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How the fake is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who may ask.
    pub access_id: String,
    /// With which password.
    pub password: String,
    /// Messages of one page.
    pub page: usize,
}

/// How the fake misbehaves; set at any time by `PUT /_mood`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mood {
    /// Answers 503 to everything.
    pub down: bool,
    /// Each answer waits this long.
    pub slow_ms: u64,
    /// Gives nothing but this error; 0 is none.
    pub error: i64,
    /// So many answers are cut in half, though they say that they are whole.
    pub halves: u32,
    /// So many answers are the page before once more, whatever is asked for.
    pub same_again: u32,
    /// The messages of a page come in the wrong order.
    pub shuffled: bool,
    /// Its clock is so many seconds ahead: in that time it says to ask next.
    pub ahead_s: i64,
}

/// What the fake says of a wrong name or password. The number is its own.
const NO_ENTRY: i64 = 21_785;

struct Fake {
    setup: Setup,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    mood: Mood,
    /// In the order of filing.
    messages: Vec<Value>,
    asked: Vec<String>,
    last: String,
}

/// What is asked for.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    access_id: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    start_utc: String,
}

/// Serves until the listener is closed.
pub async fn serve(listener: TcpListener, setup: Setup) -> Result<()> {
    axum::serve(listener, router(setup))
        .await
        .context("the fake gateway stopped")
}

/// The fake as a service, for tests.
pub fn router(setup: Setup) -> Router {
    let fake = Arc::new(Fake {
        setup,
        inner: Mutex::default(),
    });
    Router::new()
        .route(
            "/GLGW/2/RestMessages.svc/JSON/get_return_messages/",
            get(return_messages),
        )
        .route("/_messages", post(file))
        .route("/_mood", put(set_mood))
        .route("/_asked", get(asked))
        .with_state(fake)
}

async fn return_messages(State(fake): State<Arc<Fake>>, Query(wish): Query<Asked>) -> Response {
    let slow_ms = fake.lock().mood.slow_ms;
    tokio::time::sleep(Duration::from_millis(slow_ms)).await;
    let mut inner = fake.lock();
    inner.asked.push(wish.start_utc.clone());
    if inner.mood.down {
        return (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    }
    let known = wish.access_id == fake.setup.access_id && wish.password == fake.setup.password;
    let error = if known { inner.mood.error } else { NO_ENTRY };
    if error != 0 {
        return page(json!({"ErrorID": error, "NextStartUTC": "", "Messages": null}).to_string());
    }
    if inner.mood.same_again > 0 && !inner.last.is_empty() {
        inner.mood.same_again -= 1;
        return page(inner.last.clone());
    }
    let text = inner.page(&wish.start_utc, fake.setup.page);
    inner.last.clone_from(&text);
    if inner.mood.halves > 0 {
        inner.mood.halves -= 1;
        return page(text[..text.len() / 2].to_owned());
    }
    page(text)
}

/// Files messages; each is a message as the gateway writes it.
async fn file(State(fake): State<Arc<Fake>>, Json(messages): Json<Vec<Value>>) -> Json<Value> {
    let mut inner = fake.lock();
    inner.messages.extend(messages);
    Json(json!({"filed": inner.messages.len()}))
}

async fn set_mood(State(fake): State<Arc<Fake>>, Json(mood): Json<Mood>) -> Json<Mood> {
    fake.lock().mood = mood.clone();
    Json(mood)
}

async fn asked(State(fake): State<Arc<Fake>>) -> Json<Value> {
    let inner = fake.lock();
    Json(json!({"asked": inner.asked, "filed": inner.messages.len()}))
}

impl Fake {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The first messages from that moment on, and from when on to ask next: from the moment of the last one, which comes again.
    fn page(&self, start: &str, size: usize) -> String {
        let mut found: Vec<&Value> = self
            .messages
            .iter()
            .filter(|message| start <= when(message))
            .collect();
        found.sort_by_key(|message| when(message).to_owned());
        let last = found.get(size.saturating_sub(1).min(found.len().saturating_sub(1)));
        let more = size < found.len();
        let next = last.map_or(String::new(), |last| self.told(when(last)));
        found.truncate(size);
        if self.mood.shuffled {
            found.reverse();
        }
        json!({"ErrorID": 0, "NextStartUTC": next, "More": more, "Messages": found}).to_string()
    }

    fn told(&self, moment: &str) -> String {
        let parsed = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", moment);
        let ahead = jiff::Span::new().try_seconds(self.mood.ahead_s);
        let told = parsed.and_then(|parsed| parsed.checked_add(ahead?));
        told.map_or(moment.to_owned(), |told| {
            told.strftime("%Y-%m-%d %H:%M:%S").to_string()
        })
    }
}

/// When the gateway had a message.
fn when(message: &Value) -> &str {
    message["MessageUTC"].as_str().unwrap_or_default()
}

fn page(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64, second: u64) -> Value {
        json!({"ID": id, "MessageUTC": format!("2026-02-03 09:30:{second:02}"), "MobileID": "A"})
    }

    fn inner(mood: Mood) -> Inner {
        Inner {
            mood,
            messages: vec![message(1, 10), message(2, 30), message(3, 20)],
            ..Inner::default()
        }
    }

    fn read(inner: &Inner, start: &str, size: usize) -> (Vec<u64>, String, bool) {
        let page: Value = serde_json::from_str(&inner.page(start, size)).expect("JSON");
        let ids = page["Messages"].as_array().expect("a list").iter();
        let ids = ids.filter_map(|message| message["ID"].as_u64()).collect();
        let next = page["NextStartUTC"].as_str().expect("a moment").to_owned();
        (ids, next, page["More"] == true)
    }

    #[test]
    fn pages_go_by_time_and_the_last_message_comes_again() {
        let inner = inner(Mood::default());
        let first = read(&inner, "2026-02-03 09:30:00", 2);
        assert_eq!(first, (vec![1, 3], "2026-02-03 09:30:20".into(), true));
        let second = read(&inner, &first.1, 2);
        assert_eq!(second, (vec![3, 2], "2026-02-03 09:30:30".into(), false));
        assert_eq!(
            read(&inner, "2026-02-03 09:31:00", 2),
            (vec![], String::new(), false)
        );
    }

    #[test]
    fn a_shuffled_page_has_the_same_messages_and_a_fast_clock_another_moment() {
        let inner = inner(Mood {
            shuffled: true,
            ahead_s: 3600,
            ..Mood::default()
        });
        let (ids, next, _) = read(&inner, "2026-02-03 09:30:00", 3);
        assert_eq!((ids, next.as_str()), (vec![2, 3, 1], "2026-02-03 10:30:30"));
    }
}
