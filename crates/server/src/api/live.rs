//! The live stream: what happened and where seals are, as far as the reader may see it.
//!
//! One task follows the engine and puts each entry into words once; every reader takes what is theirs from it. A reader
//! who comes back says the last entry they know and gets the rest from the journal; who was away too long, or reads too
//! slowly, is told to begin anew with a snapshot, and nothing is kept for them.

mod positions;
mod snapshot;

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Sse, KeepAlive, Sse as Stream};
use axum::response::{IntoResponse, Response};
use segel_model::event::Subject;
use segel_model::{Entry, Event};
use segel_store::{RecordKind, Scope, ScopeKey};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{broadcast, mpsc, watch};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::access::{Caller, Credential, Query, Word};
use super::asking::Body;
use super::problem::{Problem, Refusals};
use super::say::{About, is_bookkeeping, say};
use super::types::{LiveEntry, LiveEvent, LiveHello, LiveReset, Severity, Viewport};
use crate::auth::secrets;
use crate::auth::sessions::Ended;
use crate::metrics::{ByReason, Metrics};
use positions::Feed;

/// Entries in words kept for slow readers.
const ITEMS_KEPT: usize = 1024;
/// Events that wait for one slow reader; then it is told to read everything anew.
const QUEUE: usize = 256;
/// The most entries a reader who comes back is given one by one; reading everything anew is quicker beyond it.
pub const RESUME_MAX: u64 = 5_000;
/// Entries of the journal read at once.
const JOURNAL_PAGE: usize = 500;
/// Streams of one person: browser tabs share one, so these are devices.
const STREAMS_OF_PERSON: usize = 10;
/// A sign of life, so that proxies do not cut a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// All live streams.
pub(super) struct Hub {
    items: broadcast::Sender<Arc<Item>>,
    latest: AtomicU64,
    streams: Mutex<HashMap<String, Listener>>,
    positions: Feed,
}

struct Listener {
    person: segel_model::PersonId,
    viewport: watch::Sender<Option<Viewport>>,
    queue: mpsc::WeakSender<Sse>,
}

/// An entry in words, with who may see each event of it.
struct Item {
    entry: LiveEntry,
    keys: Vec<BTreeSet<String>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            items: broadcast::channel(ITEMS_KEPT).0,
            latest: AtomicU64::new(0),
            streams: Mutex::default(),
            positions: Feed::default(),
        }
    }
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(follow))
        .routes(routes!(snapshot::read_snapshot))
        .routes(routes!(set_viewport))
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LiveQuery {
    /// The newest entry the reader knows; `Last-Event-ID` says the same. Without either the stream starts now.
    after: Option<u64>,
}

/// Follow what happens (`text/event-stream`): `hello` first, then `events` (durable, in order, `id:` is the entry) and
/// `positions` (no id, newest wins, at most four a second, inside the viewport). After `reset` everything known is stale, and a
/// `snapshot` to begin anew with follows.
#[utoipa::path(
    get, path = "/live", tag = "live",
    params(LiveQuery, ("Last-Event-ID" = Option<u64>, Header, description = "the newest entry the reader knows")),
    responses((status = 200, description = "the stream; see LiveHello, LiveEntry, LivePositions, LiveReset, LiveSnapshot", body = String, content_type = "text/event-stream"), Refusals)
)]
async fn follow(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<LiveQuery>,
) -> Result<Response, Problem> {
    let header = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    // A browser that reconnects repeats the address it began with; what it has seen since stands in the header.
    let after: Option<u64> = header.max(query.after);
    let stream = secrets::hex(&secrets::random::<8>());
    let (sender, receiver) = mpsc::channel(QUEUE);
    let viewport = api.inner.live.enter(&stream, &caller, &sender)?;
    let reader = Reader {
        api,
        keys: keys_of(&caller.scope()),
        caller,
        stream,
        sender,
        seen: 0,
    };
    tokio::spawn(reader.run(after, viewport));
    let events = futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver
            .recv()
            .await
            .map(|event| (Ok::<Sse, Infallible>(event), receiver))
    });
    Ok(Stream::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}

/// Say what the reader's map shows; positions are sent only for seals inside it.
#[utoipa::path(
    put, path = "/live/{stream}/viewport", tag = "live",
    params(("stream" = String, Path, description = "the stream's name, from `hello`"), ("X-CSRF-Token" = Option<String>, Header, description = "with a session cookie")),
    request_body = Viewport,
    responses((status = 204, description = "from now on"), Refusals)
)]
async fn set_viewport(
    State(api): State<Api>,
    caller: Caller,
    Word(stream): Word,
    Body(viewport): Body<Viewport>,
) -> Result<StatusCode, Problem> {
    let numbers = [viewport.west, viewport.south, viewport.east, viewport.north];
    if numbers.iter().any(|number| !number.is_finite()) {
        return Err(Problem::field("west", "Bukan derajat.", "not degrees"));
    }
    let streams = api
        .inner
        .live
        .streams
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let listener = streams
        .get(&stream)
        .filter(|listener| listener.person == caller.person);
    listener
        .ok_or_else(Problem::not_found)?
        .viewport
        .send_replace(Some(viewport));
    Ok(StatusCode::NO_CONTENT)
}

impl Hub {
    fn enter(
        &self,
        stream: &str,
        caller: &Caller,
        queue: &mpsc::Sender<Sse>,
    ) -> Result<watch::Receiver<Option<Viewport>>, Problem> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = streams
            .values()
            .filter(|listener| listener.person == caller.person)
            .count();
        if STREAMS_OF_PERSON <= theirs {
            return Err(Problem::too_often(5));
        }
        let (viewport, follow) = watch::channel(None);
        streams.insert(
            stream.into(),
            Listener {
                person: caller.person,
                viewport,
                queue: queue.downgrade(),
            },
        );
        Ok(follow)
    }

    fn leave(&self, stream: &str) {
        self.streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(stream);
    }

    /// How many read, what the slowest of them have not taken, and the fullest queue of any.
    pub(super) fn show(&self, metrics: &Metrics) {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.live.readers.set(streams.len() as i64);
        let waits = |listener: &Listener| listener.queue.upgrade().map(|queue| QUEUE - queue.capacity());
        let fullest = streams.values().filter_map(waits).max().unwrap_or(0);
        metrics.queues.set("live_reader", fullest, QUEUE);
        metrics.queues.set("live_items", self.items.len(), ITEMS_KEPT);
    }
}

/// The keys of a scope as the store writes them; nothing for who sees everything.
fn keys_of(scope: &Scope) -> Option<BTreeSet<String>> {
    match scope {
        Scope::Nation => None,
        Scope::Keys(keys) => Some(keys.iter().map(ScopeKey::text).collect()),
    }
}

/// Follows the engine as long as the process lives.
pub(super) fn run(api: &Api) {
    let hub = &api.inner.live;
    hub.latest.store(api.store().position().seq, Ordering::Release);
    let entries = api.engine().subscribe_entries();
    tokio::spawn(tell(api.clone(), entries));
    tokio::spawn(positions::run(api.clone()));
}

async fn tell(api: Api, mut entries: broadcast::Receiver<Arc<crate::handle::Published>>) {
    loop {
        match entries.recv().await {
            Ok(published) => tell_one(&api, published).await,
            Err(RecvError::Lagged(_)) => catch_up(&api).await,
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell_one(api: &Api, published: Arc<crate::handle::Published>) {
    if published.entry.seq <= api.inner.live.latest.load(Ordering::Acquire) {
        return;
    }
    for event in &published.entry.events {
        match event {
            Event::PersonDisabled { person, .. } => api.end(Ended::Person(*person)),
            Event::TokenRevoked { token } => api.end(Ended::Token(*token)),
            _ => {}
        }
    }
    let seq = published.entry.seq;
    if let Ok(item) = api.block(move |api| item(api, &published.entry)).await {
        let _nobody_listens = api.inner.live.items.send(Arc::new(item));
    }
    api.inner.live.latest.store(seq, Ordering::Release);
}

/// So many entries came that some were missed: the journal has them.
async fn catch_up(api: &Api) {
    loop {
        let from = api.inner.live.latest.load(Ordering::Acquire);
        let Ok(items) = api.block(move |api| items_after(api, from)).await else {
            return;
        };
        let Some(last) = items.last() else { return };
        api.inner.live.latest.store(last.entry.seq, Ordering::Release);
        for item in items {
            let _nobody_listens = api.inner.live.items.send(Arc::new(item));
        }
    }
}

fn items_after(api: &Api, seq: u64) -> Result<Vec<Item>, Problem> {
    let lines = api.reader().journal_after(seq, JOURNAL_PAGE)?;
    lines.iter().map(|line| item(api, &line.entry)).collect()
}

/// An entry in words. An event about nothing that carries keys is for those who see everything.
fn item(api: &Api, entry: &Entry) -> Result<Item, Problem> {
    let mut happened = Vec::with_capacity(entry.events.len());
    let mut keys = Vec::with_capacity(entry.events.len());
    for event in entry.events.iter().filter(|event| !is_bookkeeping(event)) {
        let about = About::of(event);
        let mut theirs = BTreeSet::new();
        if let Some((kind, id)) = about.subject().map(crate::projection::address) {
            theirs.extend(api.reader().keys(kind, id)?);
        }
        if let Some(whom) = whom(event) {
            let (kind, id) = crate::projection::address(whom);
            theirs.extend(api.reader().keys(kind, id)?);
        }
        if let (Event::SealOpened { .. } | Event::SealClosed { .. }, Some(seal)) = (event, about.seal) {
            theirs.extend(api.reader().keys(RecordKind::Seal, seal.0)?);
        }
        happened.push(shown(event, about));
        keys.push(theirs);
    }
    Ok(Item {
        entry: LiveEntry {
            seq: entry.seq,
            at: entry.at.into(),
            happened,
        },
        keys,
    })
}

/// People and firms are no subject of a timeline, but whoever sees them in a list must hear that it changed.
fn whom(event: &Event) -> Option<Subject> {
    match event {
        Event::PersonJoined { person, .. } | Event::PersonDisabled { person, .. } => {
            Some(Subject::Person(*person))
        }
        Event::Invited { invitation, .. } | Event::InvitationEnded { invitation } => {
            Some(Subject::Invitation(*invitation))
        }
        Event::OrganisationRegistered { organisation, .. } => Some(Subject::Organisation(*organisation)),
        _ => None,
    }
}

fn shown(event: &Event, about: About) -> LiveEvent {
    LiveEvent {
        say: say(event),
        severity: severity(event),
        kind: about.name,
        trip: about.trip.map(|id| id.0),
        seal: about.seal.map(|id| id.0),
        alarm: about.alarm.map(|id| id.0),
        document: about.document.map(|id| id.0),
        route: about.route.map(|id| id.0),
        message: about.message.map(|id| id.0),
    }
}

fn severity(event: &Event) -> Option<Severity> {
    match event {
        Event::AlarmRaised { finding, .. } => Some(finding.severity.into()),
        Event::AlarmWorsened { severity, .. } => Some((*severity).into()),
        _ => None,
    }
}

/// One reader of the stream.
struct Reader {
    api: Api,
    caller: Caller,
    keys: Option<BTreeSet<String>>,
    stream: String,
    sender: mpsc::Sender<Sse>,
    seen: u64,
}

/// The reader is gone, or too slow, or shut out: the stream ends.
struct Over;

impl Reader {
    async fn run(mut self, after: Option<u64>, viewport: watch::Receiver<Option<Viewport>>) {
        let items = self.api.inner.live.items.subscribe();
        let ended = self.api.inner.ended.subscribe();
        let _over = self.serve(after, viewport, items, ended).await;
        self.api.inner.live.leave(&self.stream);
    }

    async fn serve(
        &mut self,
        after: Option<u64>,
        viewport: watch::Receiver<Option<Viewport>>,
        mut items: broadcast::Receiver<Arc<Item>>,
        mut ended: broadcast::Receiver<Ended>,
    ) -> Result<(), Over> {
        let latest = self.api.inner.live.latest.load(Ordering::Acquire);
        self.hello(latest)?;
        self.resume(after, latest).await?;
        let mut positions = positions::Follower::new(&self.api, self.keys.clone(), viewport);
        let until_ms = self.caller.until.since_ms(self.api.now()).max(0).unsigned_abs();
        let over = tokio::time::sleep(Duration::from_millis(until_ms));
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                () = &mut over => return Err(Over),
                what = ended.recv() => self.check(what).await?,
                item = items.recv() => self.hear(item).await?,
                moved = positions.next(&self.api) => self.send_event(event("positions", None, moved))?,
                () = self.sender.closed() => return Err(Over),
            }
        }
    }

    fn hello(&self, seq: u64) -> Result<(), Over> {
        let hello = LiveHello {
            stream: self.stream.clone(),
            seq,
            now: self.api.now().into(),
        };
        self.send("hello", None, &hello)
    }

    /// What happened while the reader was away.
    async fn resume(&mut self, after: Option<u64>, latest: u64) -> Result<(), Over> {
        self.seen = latest;
        let Some(after) = after else { return Ok(()) };
        if latest < after {
            return self.reset("ahead").await;
        }
        let resume_max = self.api.settings().live_resume_max.unwrap_or(RESUME_MAX);
        if resume_max < latest - after {
            return self.reset("too_old").await;
        }
        self.seen = after;
        while self.seen < latest {
            let from = self.seen;
            let items = self
                .api
                .block(move |api| items_after(api, from))
                .await
                .map_err(|_| Over)?;
            if items.is_empty() {
                break;
            }
            for item in &items {
                self.wait_and_tell(item).await?;
            }
        }
        Ok(())
    }

    /// Somebody's session ended: theirs?
    async fn check(&self, what: Result<Ended, RecvError>) -> Result<(), Over> {
        let credential = self.caller.credential;
        let theirs = match what {
            Ok(Ended::Session(hash)) => credential == Credential::Session(hash),
            Ok(Ended::Token(id)) => credential == Credential::Token(id),
            Ok(Ended::Person(person)) => self.caller.person == person,
            // Some were missed: better to end a stream that comes back than to keep one that must not live.
            Err(_) => true,
        };
        if theirs { Err(Over) } else { Ok(()) }
    }

    async fn hear(&mut self, item: Result<Arc<Item>, RecvError>) -> Result<(), Over> {
        match item {
            Ok(item) => self.tell(&item),
            Err(RecvError::Lagged(_)) => self.reset("too_slow").await,
            Err(RecvError::Closed) => Err(Over),
        }
    }

    fn tell(&mut self, item: &Item) -> Result<(), Over> {
        if item.entry.seq <= self.seen {
            return Ok(());
        }
        self.seen = item.entry.seq;
        match self.theirs(item) {
            Some(entry) => self.send("events", Some(item.entry.seq), &entry),
            None => Ok(()),
        }
    }

    /// While catching up the reader's own speed is the speed.
    async fn wait_and_tell(&mut self, item: &Item) -> Result<(), Over> {
        self.seen = item.entry.seq;
        let Some(entry) = self.theirs(item) else {
            return Ok(());
        };
        let event = event("events", Some(item.entry.seq), json(&entry));
        self.sender.send(event).await.map_err(|_| Over)
    }

    /// The part of an entry that the reader may see.
    fn theirs(&self, item: &Item) -> Option<LiveEntry> {
        let sees =
            |theirs: &BTreeSet<String>| self.keys.as_ref().is_none_or(|keys| !keys.is_disjoint(theirs));
        let all = item.entry.happened.iter().zip(&item.keys);
        let happened: Vec<LiveEvent> = all
            .filter(|(_, keys)| sees(keys))
            .map(|(event, _)| event.clone())
            .collect();
        (!happened.is_empty()).then_some(LiveEntry {
            seq: item.entry.seq,
            at: item.entry.at,
            happened,
        })
    }

    async fn reset(&mut self, why: &'static str) -> Result<(), Over> {
        let seq = self.api.inner.live.latest.load(Ordering::Acquire);
        self.seen = seq;
        let resets = &self.api.engine().metrics().live.resets;
        resets.get_or_create(&ByReason { reason: why }).inc();
        self.send("reset", None, &LiveReset { seq, why: why.into() })?;
        // The number goes with the snapshot: a reader that broke off between the two is told to begin anew once more.
        let snapshot = snapshot::at(&self.api, &self.caller, seq)
            .await
            .map_err(|_| Over)?;
        self.send("snapshot", Some(seq), &snapshot)
    }

    fn send(&self, name: &str, id: Option<u64>, body: &impl Serialize) -> Result<(), Over> {
        self.send_event(event(name, id, json(body)))
    }

    /// A full queue is a reader that does not read: the stream ends, and coming back it resumes.
    fn send_event(&self, event: Sse) -> Result<(), Over> {
        self.sender.try_send(event).map_err(|failure| match failure {
            TrySendError::Full(_) => {
                self.api.engine().metrics().live.broken_off.inc();
                Over
            }
            TrySendError::Closed(_) => Over,
        })
    }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

fn event(name: &str, id: Option<u64>, body: String) -> Sse {
    let event = Sse::default().event(name).data(body);
    match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use segel_model::principal::Belonging;
    use segel_model::{PersonId, Principal, Role, SecretHash, ServerTime};
    use segel_store::{Options, Store};

    use super::*;
    use crate::clock::Clock;
    use crate::engine::{Engine, Parts};

    /// An API over an empty store; nobody runs its engine.
    fn api(folder: &std::path::Path) -> Api {
        let opened = Store::open(folder, Options::default()).expect("a store");
        let rules = crate::rules::load(crate::rules::DEFAULT).unwrap_or_else(|failure| panic!("{failure}"));
        let clock = Clock::system(opened.last_listened);
        let (_engine, engine) = Engine::start(Parts {
            opened,
            rules: Arc::new(rules),
            profiles: Arc::default(),
            clock,
        })
        .expect("the engine starts");
        let parts = crate::api::Parts {
            engine,
            settings: crate::api::Settings::default(),
            metrics: Arc::new(String::new),
        };
        crate::api::start(parts).expect("the API starts")
    }

    fn caller() -> Caller {
        let (person, role, belongs) = (PersonId(1), Role::CustomsHq, Belonging::Nation);
        Caller {
            principal: Principal::Person {
                person,
                role,
                belongs: belongs.clone(),
            },
            person,
            role,
            belongs,
            credential: Credential::Session(SecretHash([1; 32])),
            until: ServerTime::from_unix_ms(i64::MAX),
        }
    }

    async fn words(mut receiver: mpsc::Receiver<Sse>) -> String {
        receiver.close();
        let mut words = String::new();
        while let Some(event) = receiver.recv().await {
            words.push_str(&format!("{event:?}\n"));
        }
        words
    }

    /// A reader behind whom entries were thrown away begins anew, with the snapshot of the number it goes on from.
    #[tokio::test]
    async fn who_reads_too_slowly_gets_a_reset_and_then_a_snapshot() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let api = api(folder.path());
        let (sender, receiver) = mpsc::channel(QUEUE);
        let mut reader = Reader {
            api: api.clone(),
            keys: None,
            caller: caller(),
            stream: "s".into(),
            sender,
            seen: 0,
        };
        assert!(reader.hear(Err(RecvError::Lagged(3))).await.is_ok());
        let latest = api.inner.live.latest.load(Ordering::Acquire);
        assert_eq!(reader.seen, latest, "it goes on after the snapshot");
        drop(reader);
        let words = words(receiver).await;
        let (reset, snapshot) = words.split_once('\n').expect("two events");
        assert!(
            reset.contains("event: reset") && reset.contains("too_slow"),
            "{reset}"
        );
        assert!(
            snapshot.contains("event: snapshot") && snapshot.contains(&format!("id: {latest}")),
            "{snapshot}"
        );
    }

    /// Who does not read at all is not waited for: the stream ends, and coming back it resumes.
    #[tokio::test]
    async fn who_does_not_read_at_all_is_left() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let (sender, _receiver) = mpsc::channel(1);
        let mut reader = Reader {
            api: api(folder.path()),
            keys: None,
            caller: caller(),
            stream: "s".into(),
            sender,
            seen: 0,
        };
        let entry = |seq| LiveEntry {
            seq,
            at: ServerTime::from_unix_ms(0).into(),
            happened: vec![shown(&Event::ServiceStopped, About::of(&Event::ServiceStopped))],
        };
        let item = |seq| Item {
            entry: entry(seq),
            keys: vec![BTreeSet::new()],
        };
        assert!(reader.tell(&item(1)).is_ok());
        assert!(reader.tell(&item(2)).is_err());
    }
}
