//! Signing in and out; and what everybody may know before that.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use segel_custody::state;
use segel_model::PersonId;
use segel_store::{RecordKind, Scope};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::access::{Caller, Credential, cookie};
use super::asking::Body;
use super::problem::{Problem, Refusals, Verdicts};
use super::reading::View;
use super::types::{Session, Settings, SignIn};
use crate::auth::passwords::Crowded;
use crate::auth::sessions::{self, Ended};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, who_am_i, sign_out))
        .routes(routes!(settings))
}

/// Sign in. The answer sets the cookie `segel_session`; an unknown name and a wrong password are answered alike.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 200, description = "signed in", body = Session), Verdicts)
)]
async fn sign_in(
    State(api): State<Api>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Body(sign_in): Body<SignIn>,
) -> Result<Response, Problem> {
    let SignIn { login, password } = sign_in;
    api.inner
        .attempts
        .take(&login, peer, api.now())
        .map_err(Problem::too_often)?;
    let typed = login.clone();
    let account = api
        .block(move |api| Ok(api.reader().account_by_login(&typed)?))
        .await?;
    let account = account.filter(|account| account.closed.is_none());
    let hash = account.as_ref().map(|account| account.password.clone());
    let fits = api.inner.passwords.verify(password, hash).await?;
    let client = peer.map(tracing::field::display);
    let Some(account) = account.filter(|_| fits) else {
        tracing::warn!(client, "sign_in_refused");
        return Err(wrong());
    };
    api.inner.attempts.succeeded(&login);
    tracing::info!(person = account.person.0, client, "signed_in");
    open(&api, account.person, &headers).await
}

/// Who is signed in, and what they may ask for.
#[utoipa::path(
    get, path = "/session", tag = "session",
    responses((status = 200, description = "who is signed in", body = Session), Refusals)
)]
async fn who_am_i(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<Session>, Problem> {
    let csrf = cookie(&headers)
        .map(|word| sessions::csrf(&word))
        .unwrap_or_default();
    let until = caller.until;
    let session = api
        .block(move |api| show(api, caller.person, csrf, until))
        .await?;
    Ok(Json(session))
}

/// Sign out. The session ends everywhere, its live stream too.
#[utoipa::path(
    delete, path = "/session", tag = "session",
    params(("X-CSRF-Token" = Option<String>, Header, description = "with a session cookie")),
    responses((status = 204, description = "signed out"), Refusals)
)]
async fn sign_out(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    let Credential::Session(hash) = caller.credential else {
        return Err(Problem::not_allowed());
    };
    api.block(move |api| Ok(api.store().revoke_session(&hash, api.now())?))
        .await?;
    api.end(Ended::Session(hash));
    let gone = Cookie::build(sessions::COOKIE).path("/").removal().build();
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone.to_string())]).into_response())
}

/// What the web app needs before anybody has signed in.
#[utoipa::path(
    get, path = "/settings", tag = "session", security(()),
    responses((status = 200, description = "the settings", body = Settings), Refusals)
)]
async fn settings(State(api): State<Api>) -> Json<Settings> {
    let settings = api.settings();
    Json(Settings {
        version: env!("CARGO_PKG_VERSION").into(),
        demo: settings.demo,
        demo_cards: if settings.demo {
            settings
                .demo_cards
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone()
        } else {
            Vec::new()
        },
        basemap_url: settings.basemap_url.clone(),
        languages: vec!["id".into(), "en".into()],
        now: api.now().into(),
    })
}

/// Opens a session of a person and answers with its cookie.
pub(super) async fn open(api: &Api, person: PersonId, headers: &HeaderMap) -> Result<Response, Problem> {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let opened = sessions::open(person, agent.unwrap_or_default(), api.now());
    let cookie = Cookie::build((sessions::COOKIE, opened.token))
        .path("/")
        .http_only(true)
        .secure(api.settings().secure)
        .same_site(SameSite::Strict)
        .build();
    let (row, csrf) = (opened.row, opened.csrf);
    let session = api
        .block(move |api| {
            let session = show(api, person, csrf, sessions::until(&row))?;
            api.store().open_session(&row)?;
            Ok(session)
        })
        .await?;
    Ok(([(header::SET_COOKIE, cookie.to_string())], Json(session)).into_response())
}

fn show(api: &Api, id: PersonId, csrf: String, until: segel_model::ServerTime) -> Result<Session, Problem> {
    let view = View::new(api, Scope::Nation);
    let (_, person): (_, state::Person) = view.seen(RecordKind::Person, id.0).map_err(|_| wrong())?;
    if person.disabled.is_some() {
        return Err(wrong());
    }
    Ok(Session {
        rights: super::rights::of(person.role).map(Into::into).collect(),
        person: view.show_person(id.0, &person, true)?,
        csrf,
        until: until.into(),
        now: api.now().into(),
    })
}

fn wrong() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong_credentials",
        "Nama atau kata sandi salah.",
        "The name or the password is wrong.",
    )
}

impl From<Crowded> for Problem {
    fn from(_: Crowded) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "crowded",
            "Terlalu banyak orang sedang masuk; coba beberapa detik lagi.",
            "Too many people are signing in; try again in some seconds.",
        )
        .retry_after_s(3)
    }
}

/// Whom a request comes from, past the proxies that are believed.
pub(super) fn client(api: &Api, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(api.settings().proxies.client(peer.ip(), headers))
}

/// Where a request comes from; nothing where the server was started without it.
pub(super) struct Peer(pub Option<IpAddr>);

impl FromRequestParts<Api> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self(client(api, &parts.extensions, &parts.headers)))
    }
}
