//! The gateway's desk without its sockets: bytes of a virtual network go in, bytes for the seals come out.
//!
//! A line that does not listen is not read: what the network has brought waits before the door, as it would in a kernel.

use std::collections::BTreeMap;
use std::sync::Arc;

use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_server::EngineHandle;
use segel_server::config::Limits;
use segel_server::gateway::{Desk, Gateway, LineKey, Oddities};

/// A connection, as a seal knows it.
pub type Line = LineKey;

/// All connections of seals.
pub struct Door {
    desk: Desk,
    /// What has come and was not read yet, by the order in which the lines were opened.
    arrived: BTreeMap<Line, Vec<u8>>,
    gone: Vec<Line>,
}

impl Door {
    /// Nobody is connected.
    pub fn new(engine: EngineHandle, oddities: Arc<Oddities>) -> Self {
        Self {
            desk: Desk::new(Gateway::new(engine, Limits::default(), oddities, None)),
            arrived: BTreeMap::new(),
            gone: Vec::new(),
        }
    }

    /// A seal connects; nothing where it is turned away.
    pub fn open(&mut self) -> Option<Line> {
        let peer = ([10, 0, 0, 1], 5_000).into();
        let line = self.desk.open(peer, Protocol::Jointech).ok()?;
        self.arrived.insert(line, Vec::new());
        Some(line)
    }

    /// Bytes have come.
    pub fn receive(&mut self, line: Line, bytes: &[u8]) {
        if let Some(arrived) = self.arrived.get_mut(&line) {
            arrived.extend_from_slice(bytes);
        }
    }

    /// Bytes for the seal; nothing where the connection is over.
    pub fn take(&mut self, line: Line, now: ServerTime) -> Option<Vec<u8>> {
        let bytes = self.desk.outgoing(line).to_vec();
        self.desk.sent(line, bytes.len(), now);
        let over = !self.arrived.contains_key(&line) || self.desk.is_over(line);
        (!over || !bytes.is_empty()).then_some(bytes)
    }

    /// The connection is gone; the door notices with its next step.
    pub fn hang_up(&mut self, line: Line) {
        self.gone.push(line);
    }

    /// Reads what has come, looks at what has happened, hands over.
    pub fn step(&mut self, now: ServerTime) {
        for line in std::mem::take(&mut self.gone) {
            self.desk.hang_up(line, now);
            self.desk.forget(line);
            self.arrived.remove(&line);
        }
        for (line, arrived) in &mut self.arrived {
            if !arrived.is_empty() && self.desk.takes_bytes() && self.desk.listens(*line) {
                self.desk.receive(*line, arrived, now);
                arrived.clear();
            }
        }
        self.desk.step(now);
        let over: Vec<Line> = self
            .desk
            .take_touched()
            .into_iter()
            .filter(|line| self.desk.is_over(*line) && self.desk.outgoing(*line).is_empty())
            .collect();
        for line in over {
            self.desk.forget(line);
            self.arrived.remove(&line);
        }
    }
}
