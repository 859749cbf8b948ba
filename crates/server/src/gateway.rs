//! The doors for seals: a listener for each protocol, a conversation for each connection.

mod connections;
mod conversation;
mod doubt;
mod oddities;
mod vault;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol as Transport, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;

use segel_model::ServerTime;
use segel_model::order::Ordered;
use segel_model::report::Protocol;
use segel_store::SideRow;

use crate::EngineHandle;
use crate::config::Limits;
use crate::metrics::{ByProtocol, ByReason};

use connections::Connections;
use conversation::{Conversation, End};
use doubt::Looks;
pub use oddities::Oddities;

/// Connections the kernel may hold for us: after a network comes back, all seals of a region knock at once.
const BACKLOG: i32 = 4096;
/// When the process has no descriptor left, accepting again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all conversations share.
pub struct Gateway {
    engine: EngineHandle,
    limits: Limits,
    wire_limits: segel_wire::Limits,
    connections: Arc<Connections>,
    looks: Looks,
    oddities: Arc<Oddities>,
}

/// Binds a listener with a backlog for a whole region.
pub fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Transport::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Gateway {
    /// A gateway in front of the engine.
    pub fn new(engine: EngineHandle, limits: Limits, oddities: Arc<Oddities>) -> Arc<Self> {
        let wire_limits = segel_wire::Limits {
            frame_bytes: limits.frame_bytes,
            ..segel_wire::Limits::default()
        };
        Arc::new(Self {
            engine,
            connections: Connections::new(&limits),
            limits,
            wire_limits,
            looks: Looks::default(),
            oddities,
        })
    }

    /// Lets seals in until the runtime ends.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, protocol: Protocol) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.welcome(stream, peer, protocol),
                Err(failure) => {
                    tracing::warn!(%failure, protocol = protocol.name(), "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Wakes the connections of seals for which orders wait, until the engine ends.
    pub async fn ring_for_orders(self: Arc<Self>) {
        let mut ordered = self.engine.subscribe_orders();
        loop {
            match ordered.recv().await {
                Ok(seal) => self.connections.ring(seal),
                Err(RecvError::Lagged(_)) => self.connections.ring_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn welcome(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, protocol: Protocol) {
        let label = ByProtocol {
            protocol: protocol.name(),
        };
        let admitted = match self.connections.admit(peer.ip()) {
            Ok(admitted) => admitted,
            Err(why) => {
                self.engine
                    .metrics()
                    .gateway
                    .turned_away
                    .get_or_create(&ByReason { reason: why.name() })
                    .inc();
                return;
            }
        };
        self.engine.metrics().gateway.accepted.get_or_create(&label).inc();
        self.engine
            .metrics()
            .gateway
            .connections
            .get_or_create(&label)
            .inc();
        // An acknowledgement of ten bytes waits for nobody; where this fails the connection is already gone.
        let _gone = stream.set_nodelay(true);
        tokio::spawn(Conversation::new(Arc::clone(self), stream, peer, protocol, admitted).run());
    }

    fn now(&self) -> ServerTime {
        self.engine.clock().now()
    }

    async fn resolve(
        &self,
        ordered: &Ordered,
        now: ServerTime,
    ) -> Result<Result<vault::Resolved, &'static str>, End> {
        let (reader, ordered) = (self.engine.reader().clone(), ordered.clone());
        let resolving = tokio::task::spawn_blocking(move || vault::resolve(&reader, &ordered, now));
        match resolving.await {
            Ok(Ok(resolved)) => Ok(resolved),
            Ok(Err(failure)) => {
                tracing::error!(%failure, "the vault could not be read");
                Err(End::Closed("vault"))
            }
            Err(_) => Err(End::Stopping),
        }
    }

    async fn write_side(&self, rows: Vec<SideRow>) -> Result<(), End> {
        let store = self.engine.store().clone();
        match tokio::task::spawn_blocking(move || store.write(&rows)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => {
                tracing::error!(%failure, "the vault could not be written");
                Err(End::Closed("vault"))
            }
            Err(_) => Err(End::Stopping),
        }
    }
}
