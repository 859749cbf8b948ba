//! The porter at the door for people: how many may be inside, how long one may say nothing, and how long one may take for its
//! answer. Whoever holds a connection and asks nothing would otherwise take the descriptors that seals need.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

use crate::config::Limits;
use crate::metrics::PeopleMetrics;

/// So many bytes tell HTTP/1 from HTTP/2; nobody else counts the time until they are here.
const GREETING_BYTES: usize = 24;
/// A browser that keeps HTTP/2 open is asked so often whether it is still there.
const ASKED_EVERY: Duration = Duration::from_secs(20);

/// Lets people in, at all doors together as many as the limits say.
#[derive(Clone)]
pub struct Porter {
    places: Arc<Semaphore>,
    greeting: Duration,
    answer: Duration,
    metrics: PeopleMetrics,
}

impl Porter {
    /// The porter of an empty house.
    pub fn new(limits: &Limits, metrics: &PeopleMetrics) -> Self {
        let places = limits.connections_of_people as usize;
        Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            greeting: Duration::from_secs(limits.greeting_s.into()),
            answer: Duration::from_secs(limits.write_s.into()),
            metrics: metrics.clone(),
        }
    }

    /// Lets people in at this door until the process ends.
    pub async fn keep(self, door: TcpListener, router: Router, tls: Option<RustlsConfig>) -> io::Result<()> {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let (server, greeting) = (axum_server::from_tcp(door)?, self.greeting);
        let Some(tls) = tls else {
            let mut server = server.acceptor(self.before(DefaultAcceptor::new()));
            hurry(server.http_builder(), greeting);
            return server.serve(service).await;
        };
        let handshake = RustlsAcceptor::new(tls).handshake_timeout(greeting);
        let mut server = server.acceptor(self.before(handshake));
        hurry(server.http_builder(), greeting);
        server.serve(service).await
    }

    fn before<A>(self, inner: A) -> Post<A> {
        Post { porter: self, inner }
    }

    fn place(&self) -> io::Result<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            self.metrics.turned_away.inc();
            io::Error::other("as many people are connected as this machine takes")
        })?;
        let connections = self.metrics.connections.clone();
        connections.inc();
        Ok(Place {
            connections,
            _permit: permit,
        })
    }
}

/// How long a request may take to be asked, and an open connection to ask for another one.
fn hurry(builder: &mut Builder<TokioExecutor>, greeting: Duration) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(greeting);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ASKED_EVERY)
        .keep_alive_timeout(greeting);
}

/// The porter's post at one door.
#[derive(Clone)]
struct Post<A> {
    porter: Porter,
    inner: A,
}

impl<A, S> Accept<TcpStream, S> for Post<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Guest<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (place, porter) = (self.porter.place(), self.porter.clone());
        let inner = self.inner.accept(stream, service);
        Box::pin(async move {
            let place = place?;
            let (stream, service) = inner.await?;
            Ok((Guest::new(stream, place, &porter), service))
        })
    }
}

/// A place inside; it is free again when this is gone.
struct Place {
    connections: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.dec();
    }
}

/// Somebody's connection: it must greet in time, and take its answer in time.
struct Guest<S> {
    stream: S,
    /// Bytes of a greeting that are still missing, and when they must be here.
    greeting: Option<(usize, Pin<Box<Sleep>>)>,
    /// Since the other side takes nothing: when it must have taken something.
    stuck: Option<Pin<Box<Sleep>>>,
    answer: Duration,
    given_up: Counter,
    _place: Place,
}

impl<S> Guest<S> {
    fn new(stream: S, place: Place, porter: &Porter) -> Self {
        Self {
            stream,
            greeting: Some((GREETING_BYTES, Box::pin(sleep(porter.greeting)))),
            stuck: None,
            answer: porter.answer,
            given_up: porter.metrics.given_up.clone(),
            _place: place,
        }
    }

    fn give_up(&self, why: &'static str) -> io::Error {
        self.given_up.inc();
        io::Error::new(io::ErrorKind::TimedOut, why)
    }

    fn greeted(&mut self, bytes: usize) {
        self.greeting = self.greeting.take().and_then(|(missing, until)| {
            Some((missing.checked_sub(bytes).filter(|left| *left != 0)?, until))
        });
    }

    /// What became of a write: while none succeeds, time runs.
    fn written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let answer = self.answer;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(answer)));
        if stuck.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Err(self.give_up("it takes nothing of its answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guest<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.greeted(buffer.filled().len() - before);
            return read;
        }
        let Some((_, until)) = &mut self.greeting else {
            return Poll::Pending;
        };
        if until.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Err(self.give_up("it does not say what it wants")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guest<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream as Visitor;

    use axum::routing::get;
    use tokio::runtime::Runtime;

    use super::*;

    /// More than the kernel keeps for somebody who reads nothing.
    const LONG_ANSWER: usize = 32 << 20;
    const PATIENCE: Duration = Duration::from_secs(30);

    struct House {
        metrics: PeopleMetrics,
        address: SocketAddr,
        _runtime: Runtime,
    }

    fn house(connections_of_people: u32) -> House {
        let (runtime, metrics) = (Runtime::new().expect("a runtime"), PeopleMetrics::default());
        let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
        door.set_nonblocking(true).expect("as axum wants it");
        let address = door.local_addr().expect("bound");
        let limits = Limits {
            connections_of_people,
            greeting_s: 1,
            write_s: 1,
            ..Limits::default()
        };
        let router = Router::new()
            .route("/", get(|| async { "come in" }))
            .route("/long", get(|| async { vec![b'x'; LONG_ANSWER] }));
        let porter = Porter::new(&limits, &metrics);
        runtime.spawn(porter.keep(door, router, None));
        House {
            metrics,
            address,
            _runtime: runtime,
        }
    }

    fn visit(house: &House, says: &str) -> Visitor {
        let mut visitor = Visitor::connect(house.address).expect("the door is open");
        visitor.set_read_timeout(Some(PATIENCE)).expect("a limit");
        visitor.write_all(says.as_bytes()).expect("it is heard");
        visitor
    }

    /// What it gets until the connection ends.
    fn hears(mut visitor: Visitor) -> String {
        let mut heard = Vec::new();
        // Closed or cut off, it is over; but over it must be.
        if let Err(failure) = visitor.read_to_end(&mut heard) {
            assert_ne!(failure.kind(), io::ErrorKind::WouldBlock, "it is still connected");
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    #[test]
    fn who_asks_is_answered_and_who_says_nothing_half_a_word_or_half_a_request_is_let_go() {
        let house = house(10);
        let asks = "GET / HTTP/1.1\r\nhost: segel\r\nconnection: close\r\n\r\n";
        let silent: Vec<Visitor> = ["", "PRI * HT", "GET / HTTP/1.1\r\nhost: segel\r\nx-slow: "]
            .map(|says| visit(&house, says))
            .into();
        assert!(hears(visit(&house, asks)).ends_with("come in"));
        for visitor in silent {
            let heard = hears(visitor);
            assert!(!heard.contains("come in"), "{heard}");
        }
        wait_until("everybody has left", || house.metrics.connections.get() == 0);
    }

    #[test]
    fn who_takes_nothing_of_its_answer_is_let_go() {
        let house = house(10);
        let _visitor = visit(&house, "GET /long HTTP/1.1\r\nhost: segel\r\n\r\n");
        wait_until("it has left", || house.metrics.given_up.get() == 1);
        wait_until("its place is free", || house.metrics.connections.get() == 0);
    }

    #[test]
    fn who_comes_to_a_full_house_is_turned_away_and_let_in_when_somebody_leaves() {
        let house = house(1);
        let first = visit(&house, "");
        wait_until("it is inside", || house.metrics.connections.get() == 1);
        let asks = "GET / HTTP/1.1\r\nhost: segel\r\nconnection: close\r\n\r\n";
        assert_eq!(hears(visit(&house, asks)), "");
        assert_eq!(house.metrics.turned_away.get(), 1);
        drop(first);
        wait_until("it has left", || house.metrics.connections.get() == 0);
        assert!(hears(visit(&house, asks)).ends_with("come in"));
    }

    fn wait_until(what: &str, is_so: impl Fn() -> bool) {
        let began = std::time::Instant::now();
        while !is_so() {
            assert!(began.elapsed() < PATIENCE, "never: {what}");
            std::thread::yield_now();
        }
    }
}
