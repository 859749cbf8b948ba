//! The API under `/api/v1`: everything a person does, and everything they may see.
//!
//! A handler parses, asks the engine or reads the store, and answers; it decides nothing. What may be asked is decided
//! by `custody::may`, what may be seen by the scope that every read takes.

mod access;
mod asking;
mod problem;
mod types;

mod alarms;
mod documents;
mod live;
mod people;
mod photos;
mod routes;
mod seals;
mod session;
mod trips;

mod openapi;

use std::sync::Arc;

use segel_model::ServerTime;

use crate::EngineHandle;
use problem::Problem;

pub use openapi::{openapi, openapi_json};

/// What every handler holds.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Option<EngineHandle>,
}

impl Api {
    fn engine(&self) -> Result<&EngineHandle, Problem> {
        self.inner.engine.as_ref().ok_or_else(Problem::not_ready)
    }

    fn now(&self) -> ServerTime {
        self.inner
            .engine
            .as_ref()
            .map_or(ServerTime::from_unix_ms(0), |engine| engine.clock().now())
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
