//! The API under `/api/v1`: everything a person does, and everything they may see.
//!
//! A handler parses, asks the engine or reads the store, and answers; it decides nothing. What may be asked is decided
//! by `custody`, what may be seen by the scope that every read takes.

mod access;
mod asking;
mod problem;
mod reading;
mod rehearsal;
mod rights;
mod say;
mod telling;
mod types;
mod view;

mod session;
mod people;
mod seals;
mod documents;
mod routes;
mod trips;
mod photos;
mod alarms;
mod journal;
mod live;
mod intake;

mod openapi;
mod service;

use std::sync::Arc;

use segel_model::{Rulebook, ServerTime};
use segel_store::{Blobs, Reader, Store};
use tokio::sync::broadcast;

use crate::EngineHandle;
use crate::auth::attempts::Attempts;
use crate::auth::passwords::Passwords;
use crate::auth::sessions::Ended;
use crate::handle::ENTRIES_KEPT;
use crate::proxies::Proxies;
use problem::Problem;

pub use openapi::{openapi, openapi_json};
pub use service::{router, start};
pub use types::{DemoCard, Role};

/// What the API is made of.
pub struct Parts {
    /// The way to the engine.
    pub engine: EngineHandle,
    /// What an administrator has set.
    pub settings: Settings,
    /// The text of `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// The demonstration's cards, filled while the server already runs.
pub type DemoCards = Arc<std::sync::Mutex<Vec<DemoCard>>>;

/// What an administrator has set for the API and the web app.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The cookie is sent over TLS only.
    pub secure: bool,
    /// A demonstration: shortened times, a card for each role.
    pub demo: bool,
    /// Where the demonstration keeps its cards; read anew each time, because people join after the start.
    pub demo_cards: DemoCards,
    /// The most entries a reader of the live stream who comes back is given one by one; nothing is `live::RESUME_MAX`.
    pub live_resume_max: Option<u64>,
    /// The operator's own basemap (PMTiles).
    pub basemap_url: Option<String>,
    /// Proxies that are believed when they say whom they speak for.
    pub proxies: Proxies,
}

/// What every handler holds.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    passwords: Passwords,
    attempts: Attempts,
    ended: broadcast::Sender<Ended>,
    /// Words that must come out the same again are made with it; it lies in the store's settings.
    key: [u8; 32],
    /// One who joins at a time: two must not take the same name.
    joining: tokio::sync::Mutex<()>,
    live: live::Hub,
    photos: photos::Desk,
    intake: crate::intake::Desk,
}

impl Api {
    fn engine(&self) -> &EngineHandle {
        &self.inner.parts.engine
    }

    fn store(&self) -> &Store {
        self.engine().store()
    }

    fn reader(&self) -> &Reader {
        self.engine().reader()
    }

    fn rules(&self) -> &Rulebook {
        self.engine().rules()
    }

    fn blobs(&self) -> &Blobs {
        self.engine().blobs()
    }

    fn settings(&self) -> &Settings {
        &self.inner.parts.settings
    }

    fn now(&self) -> ServerTime {
        self.engine().clock().now()
    }

    /// Sets the figures of queues that nobody keeps as they fill.
    fn show_queues(&self) {
        let metrics = self.engine().metrics();
        let queues = &metrics.queues;
        self.inner.live.show(metrics);
        let (passwords, places) = self.inner.passwords.waiting();
        queues.set("passwords", passwords, places);
        let (photos, places) = self.inner.photos.waiting();
        queues.set("photos", photos, places);
        let (bodies, places) = self.inner.intake.waiting();
        queues.set("intake", bodies, places);
        queues.set("live_entries", self.engine().entries_waiting(), ENTRIES_KEPT);
    }

    /// Tells every live stream of theirs.
    fn end(&self, what: Ended) {
        let _nobody_listens = self.inner.ended.send(what);
    }

    /// Runs work that blocks (a read, a write of a session) away from the threads that serve sockets.
    async fn block<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Api) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let api = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&api)).await;
        done.map_err(|failure| Problem::failed(&failure))?
    }
}

/// Declares the handler of one command: how it is asked over HTTP, and the command it becomes.
macro_rules! command {
    ($(#[doc = $doc:literal])+ $name:ident, $tag:literal, $path:literal, |$id:ident, $body:ident: $Body:ty| $command:expr) => {
        $(#[doc = $doc])+
        #[utoipa::path(
            post, path = $path, tag = $tag,
            params(("id" = u64, Path, description = "its number"), crate::api::openapi::Headers),
            request_body = $Body,
            responses((status = 200, description = "it is done and durable", body = crate::api::types::Done), crate::api::problem::Verdicts)
        )]
        pub(super) async fn $name(
            axum::extract::State(api): axum::extract::State<crate::api::Api>,
            crate::api::access::Id($id): crate::api::access::Id,
            ask: crate::api::asking::Ask<$Body>,
        ) -> Result<axum::Json<crate::api::types::Done>, crate::api::problem::Problem> {
            let $body = &ask.body;
            let command = $command;
            Ok(axum::Json(ask.run(&api, command).await?))
        }
    };
    ($(#[doc = $doc:literal])+ $name:ident, $tag:literal, $path:literal, |$id:ident| $command:expr) => {
        $(#[doc = $doc])+
        #[utoipa::path(
            post, path = $path, tag = $tag,
            params(("id" = u64, Path, description = "its number"), crate::api::openapi::Headers),
            responses((status = 200, description = "it is done and durable", body = crate::api::types::Done), crate::api::problem::Verdicts)
        )]
        pub(super) async fn $name(
            axum::extract::State(api): axum::extract::State<crate::api::Api>,
            crate::api::access::Id($id): crate::api::access::Id,
            ask: crate::api::asking::Ask<crate::api::asking::Nothing>,
        ) -> Result<axum::Json<crate::api::types::Done>, crate::api::problem::Problem> {
            let command = $command;
            Ok(axum::Json(ask.run(&api, command).await?))
        }
    };
}
use command;
