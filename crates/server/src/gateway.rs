//! The doors for seals: desks that hold conversations with them, and threads that carry bytes between desks and sockets.

mod connections;
mod conversation;
mod datagrams;
mod desk;
mod doubt;
mod errand;
mod inbox;
mod mqtt;
mod oddities;
mod sockets;
mod vault;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use socket2::{Domain, Protocol as Transport, Socket, Type};
use tokio::runtime::Handle;

use segel_model::ServerTime;
use segel_model::order::Ordered;
use segel_model::report::Protocol;
use segel_store::SideRow;

use crate::EngineHandle;
use crate::config::Limits;
use crate::metrics::ByProtocol;

use connections::Connections;
use conversation::End;
use doubt::Looks;

pub use connections::TurnedAway;
pub use desk::{Desk, Speaker};
pub use inbox::{Inbox, LineKey};
pub use mqtt::keep_mqtt;
pub use oddities::Oddities;
pub use sockets::Doors;

/// Connections the kernel may hold for us: after a network comes back, all seals of a region knock at once.
const BACKLOG: i32 = 4096;

/// What all conversations share.
pub struct Gateway {
    engine: EngineHandle,
    limits: Limits,
    wire_limits: segel_wire::Limits,
    connections: Arc<Connections>,
    looks: Looks,
    oddities: Arc<Oddities>,
    counts: Mutex<HashMap<Protocol, Arc<Counts>>>,
    desks: AtomicU32,
    /// Where the vault is read and written, so that no desk waits for a disk; without it, on the spot.
    beside: Option<Handle>,
}

/// The metrics of one protocol, looked up once.
struct Counts {
    connections: Gauge,
    accepted: Counter,
    bytes: Counter,
    reports: Counter,
    oddities: Counter,
}

/// Bytes that errands leave for their lines, until the desk fetches them.
#[derive(Default)]
struct Tray(Mutex<Vec<(LineKey, Vec<u8>)>>);

impl Tray {
    fn put(&self, line: LineKey, bytes: Vec<u8>) {
        let mut lying = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lying.push((line, bytes));
    }

    fn take(&self) -> Vec<(LineKey, Vec<u8>)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
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

/// What the kernel may hold of one door's datagrams while its thread is busy; it gives less where it may not give so much.
const DATAGRAM_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Binds a door for datagrams.
pub fn listen_for_datagrams(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Transport::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(DATAGRAM_BUFFER_BYTES)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl Gateway {
    /// A gateway in front of the engine. The vault is read and written on threads of the runtime, where one is given.
    pub fn new(
        engine: EngineHandle,
        limits: Limits,
        oddities: Arc<Oddities>,
        beside: Option<Handle>,
    ) -> Arc<Self> {
        let wire_limits = segel_wire::Limits {
            frame_bytes: limits.frame_bytes,
            ..segel_wire::Limits::default()
        };
        let connections = Connections::new(&limits);
        let rung = Arc::clone(&connections);
        engine.on_order(move |seal| rung.ring(seal));
        Arc::new(Self {
            engine,
            connections,
            limits,
            wire_limits,
            looks: Looks::default(),
            oddities,
            counts: Mutex::default(),
            desks: AtomicU32::default(),
            beside,
        })
    }

    /// The number of a new desk.
    fn next_desk(&self) -> u32 {
        self.desks.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> ServerTime {
        self.engine.clock().now()
    }

    fn counts(&self, protocol: Protocol) -> Arc<Counts> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Counts::of(&self.engine.metrics().gateway, protocol));
        Arc::clone(counts.entry(protocol).or_insert_with(new))
    }

    async fn resolve(
        &self,
        ordered: &Ordered,
        tongue: vault::Tongue,
        now: ServerTime,
    ) -> Result<Result<vault::Resolved, &'static str>, End> {
        let (reader, ordered) = (self.engine.reader().clone(), ordered.clone());
        let resolved = self
            .beside(move || vault::resolve(&reader, &ordered, tongue, now))
            .await?;
        resolved.map_err(|failure| {
            tracing::error!(%failure, "the vault could not be read");
            End::Closed("vault")
        })
    }

    async fn write_side(&self, rows: Vec<SideRow>) -> Result<(), End> {
        let store = self.engine.store().clone();
        let written = self.beside(move || store.write(&rows)).await?;
        written.map_err(|failure| {
            tracing::error!(%failure, "the vault could not be written");
            End::Closed("vault")
        })
    }

    /// Work that waits for a disk.
    async fn beside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, End> {
        match &self.beside {
            Some(runtime) => runtime.spawn_blocking(work).await.map_err(|_| End::Stopping),
            None => Ok(work()),
        }
    }
}

impl Counts {
    fn of(metrics: &crate::metrics::GatewayMetrics, protocol: Protocol) -> Self {
        let label = ByProtocol {
            protocol: protocol.name(),
        };
        Self {
            connections: metrics.connections.get_or_create(&label).clone(),
            accepted: metrics.accepted.get_or_create(&label).clone(),
            bytes: metrics.bytes.get_or_create(&label).clone(),
            reports: metrics.reports.get_or_create(&label).clone(),
            oddities: metrics.oddities.get_or_create(&label).clone(),
        }
    }
}
