//! The door for makers' clouds (MQTT 3.1.1): a machine of a provider comes in with its token and passes on what seals told their
//! maker.
//!
//! Segel is no broker: it takes messages and sends none. A message is answered once its reports are durable; one that was not
//! answered comes again. Whoever runs a broker lets it pass messages on to here.

mod client;
mod guests;
mod mail;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Gateway;
use super::connections::TurnedAway;
use super::conversation::End;
use crate::metrics::{ByProtocol, ByReason};

use client::Client;
use guests::Guests;

/// Under what its connections are counted.
const LABEL: ByProtocol = ByProtocol { protocol: "mqtt" };
/// When the process has no descriptor left, accepting again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections of this door share.
struct Hall {
    gateway: Arc<Gateway>,
    places: Arc<Semaphore>,
    guests: Arc<Guests>,
    connections: Gauge,
    accepted: Counter,
}

/// A place in the hall; leaving the scope gives it back.
struct Seat {
    connections: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.dec();
    }
}

/// Keeps the door open.
pub async fn keep_mqtt(gateway: Arc<Gateway>, door: std::net::TcpListener) {
    let door = match TcpListener::from_std(door) {
        Ok(door) => door,
        Err(failure) => return tracing::error!(%failure, "the door for makers' clouds cannot be opened"),
    };
    let hall = Hall::of(gateway);
    loop {
        match door.accept().await {
            Ok((stream, peer)) => hall.welcome(stream, peer),
            Err(failure) => {
                tracing::warn!(%failure, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Hall {
    fn of(gateway: Arc<Gateway>) -> Self {
        let metrics = &gateway.engine.metrics().gateway;
        let connections = metrics.connections.get_or_create(&LABEL).clone();
        let accepted = metrics.accepted.get_or_create(&LABEL).clone();
        Self {
            places: Arc::new(Semaphore::new(gateway.limits.connections_of_clouds as usize)),
            guests: Arc::default(),
            connections,
            accepted,
            gateway,
        }
    }

    fn welcome(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(seat) = self.seat() else {
            return self.turn_away(TurnedAway::Full);
        };
        let admitted = match self.gateway.connections.admit(peer.ip(), &Arc::default(), 0) {
            Ok(admitted) => admitted,
            Err(why) => return self.turn_away(why),
        };
        self.accepted.inc();
        let (gateway, guests) = (Arc::clone(&self.gateway), Arc::clone(&self.guests));
        let client = Client::new(gateway, guests, (stream, peer), admitted);
        tokio::spawn(async move {
            client.serve().await;
            drop(seat);
        });
    }

    fn seat(&self) -> Option<Seat> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        self.connections.inc();
        Some(Seat {
            connections: self.connections.clone(),
            _permit: permit,
        })
    }

    fn turn_away(&self, why: TurnedAway) {
        let turned_away = &self.gateway.engine.metrics().gateway.turned_away;
        turned_away.get_or_create(&ByReason { reason: why.name() }).inc();
    }
}

/// A connection has ended, and this is why.
fn note_end(gateway: &Gateway, connection: u64, end: End) {
    if let End::Closed(reason) = end {
        let closed = &gateway.engine.metrics().gateway.closed;
        closed.get_or_create(&ByReason { reason }).inc();
        tracing::debug!(connection, reason, "connection of a cloud closed");
    }
}
