//! The test stand: one listener, one line, one session, and a log of every byte in either direction.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use segel_model::order::{Outcome, SealCommand};
use segel_model::report::{Extra, Oddity};
use segel_model::{DeviceId, OrderId, Report, ServerTime};
use segel_server::clock::Clock;
use segel_server::profiles::SealProfile;
use segel_wire::{AckToken, Limits, NotSpoken, Output, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

/// Lines of the log; a test of hours stays far below. What comes after is read and no longer logged.
const LOG_MAX: usize = 100_000;
/// Reports that are held unacknowledged at a time.
const HELD_MAX: usize = 10_000;
/// Names under which seals tell their firmware, or at least the version of their protocol.
const FIRMWARE: [&str; 3] = ["firmware", "version", "protocol_version"];
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// The test stand.
pub struct Stand {
    pub profile: &'static SealProfile,
    pub address: SocketAddr,
    /// Who speaks, once it has said so.
    pub device: Option<DeviceId>,
    /// What it calls its firmware, where it says so.
    pub firmware: Option<String>,
    pub log: Vec<Logged>,
    pub oddities: Vec<(ServerTime, Oddity)>,
    clock: Clock,
    listener: Option<TcpListener>,
    line: Option<Line>,
    holds: bool,
    held: Vec<AckToken>,
    last_order: u64,
}

struct Line {
    stream: TcpStream,
    session: Session,
}

/// One reading or writing of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub at: ServerTime,
    pub way: Way,
    pub bytes: Vec<u8>,
}

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the seal.
    In,
    /// To the seal.
    Out,
}

/// What the seal said.
pub enum Heard {
    Said(Said),
    Answered(OrderId, Outcome),
}

/// A report with its frame.
pub struct Said {
    pub report: Report,
    pub raw: Vec<u8>,
    /// Whether the seal waits for an answer to it.
    pub wants_answer: bool,
}

impl Stand {
    /// Listens on an address; port 0 takes a free one.
    pub async fn listen(
        profile: &'static SealProfile,
        address: SocketAddr,
        clock: Clock,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            profile,
            address: listener.local_addr()?,
            device: None,
            firmware: None,
            log: Vec::new(),
            oddities: Vec::new(),
            clock,
            listener: Some(listener),
            line: None,
            holds: false,
            held: Vec::new(),
            last_order: 0,
        })
    }

    /// The time.
    pub fn now(&self) -> ServerTime {
        self.clock.now()
    }

    /// From now on nothing is acknowledged.
    pub const fn hold(&mut self) {
        self.holds = true;
    }

    /// Acknowledges what was held, and everything from now on.
    pub fn release(&mut self) {
        self.holds = false;
        let (held, now) = (std::mem::take(&mut self.held), self.now());
        if let Some(line) = &mut self.line {
            held.into_iter()
                .for_each(|token| line.session.acknowledge(token, now));
        }
    }

    /// Hangs up and listens no more: for the seal there is no network.
    pub fn cut(&mut self) {
        self.listener = None;
        self.hang_up();
    }

    /// Listens again.
    pub async fn mend(&mut self) -> io::Result<()> {
        self.listener = Some(TcpListener::bind(self.address).await?);
        Ok(())
    }

    /// Sends an order to the seal on the line.
    pub fn send(&mut self, command: &SealCommand) -> Result<OrderId, NotSpoken> {
        const NO_LINE: NotSpoken = NotSpoken {
            why: "the seal has hung up",
        };
        let now = self.now();
        let line = self.line.as_mut().ok_or(NO_LINE)?;
        self.last_order += 1;
        let id = OrderId(self.last_order);
        line.session.send(id, command, now).map(|()| id)
    }

    /// The next thing that the seal says, until a moment.
    pub async fn heard(&mut self, until: Instant) -> io::Result<Option<Heard>> {
        loop {
            if let Some(heard) = self.drain().await {
                return Ok(Some(heard));
            }
            if until <= Instant::now() {
                return Ok(None);
            }
            self.wait(until).await?;
        }
    }

    /// Waits for a connection, for bytes, for what is due in the session, or for that moment.
    async fn wait(&mut self, until: Instant) -> io::Result<()> {
        let wake = self.next_due().map_or(until, |due| due.min(until));
        let mut buffer = Vec::with_capacity(READ_BYTES);
        let Self { listener, line, .. } = self;
        tokio::select! {
            accepted = accept(listener.as_ref()) => self.welcome(accepted?),
            read = read(line.as_mut(), &mut buffer) => self.receive(read.unwrap_or(0), &buffer),
            () = sleep_until(wake) => self.tick(),
        }
        Ok(())
    }

    /// A newer connection takes the place of an older one. What the older one was owed is gone with it.
    fn welcome(&mut self, stream: TcpStream) {
        self.held.clear();
        let profile = self.profile;
        let session = Session::new(profile.protocol, profile.wire, Limits::default());
        self.line = Some(Line { stream, session });
    }

    fn receive(&mut self, read: usize, bytes: &[u8]) {
        if read == 0 {
            return self.hang_up();
        }
        let now = self.now();
        self.note(now, Way::In, bytes);
        if let Some(line) = &mut self.line {
            line.session.receive(now, bytes);
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        if let Some(line) = &mut self.line {
            line.session.tick(now);
        }
    }

    fn next_due(&self) -> Option<Instant> {
        let due = self.line.as_ref()?.session.next_deadline()?;
        let left_ms = due.since_ms(self.now()).max(0).unsigned_abs();
        Some(Instant::now() + Duration::from_millis(left_ms))
    }

    /// What lies in the session: sends what it wants to send, and gives what it says.
    async fn drain(&mut self) -> Option<Heard> {
        while let Some(output) = self.line.as_mut().and_then(|line| line.session.poll()) {
            match output {
                Output::Report(reported) => {
                    let token = reported.token;
                    self.answer(token);
                    self.introduce(&reported.report);
                    return Some(Heard::Said(Said {
                        report: reported.report,
                        raw: reported.raw,
                        wants_answer: !token.is_nothing(),
                    }));
                }
                Output::Transmit(bytes) => self.transmit(bytes).await,
                Output::Answered(order, outcome) => return Some(Heard::Answered(order, outcome)),
                Output::Oddity(oddity) => {
                    let now = self.now();
                    self.oddities.push((now, oddity));
                }
                Output::Learned(_) => {}
                Output::Close(_) => self.hang_up(),
            }
        }
        None
    }

    /// Keeps what it first says of itself.
    fn introduce(&mut self, report: &Report) {
        if self.device.is_none() {
            self.device = Some(report.device.clone());
        }
        if self.firmware.is_none() {
            self.firmware = FIRMWARE.iter().find_map(|name| words(report, name));
        }
    }

    fn answer(&mut self, token: AckToken) {
        let now = self.now();
        match &mut self.line {
            Some(line) if !self.holds => line.session.acknowledge(token, now),
            _ if self.held.len() < HELD_MAX => self.held.push(token),
            _ => {}
        }
    }

    async fn transmit(&mut self, bytes: Vec<u8>) {
        let now = self.now();
        self.note(now, Way::Out, &bytes);
        let Some(line) = &mut self.line else { return };
        if line.stream.write_all(&bytes).await.is_err() {
            self.hang_up();
        }
    }

    fn hang_up(&mut self) {
        self.line = None;
        self.held.clear();
    }

    fn note(&mut self, at: ServerTime, way: Way, bytes: &[u8]) {
        if self.log.len() < LOG_MAX {
            let bytes = bytes.to_vec();
            self.log.push(Logged { at, way, bytes });
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => Ok(listener.accept().await?.0),
        None => std::future::pending().await,
    }
}

async fn read(line: Option<&mut Line>, buffer: &mut Vec<u8>) -> io::Result<usize> {
    match line {
        Some(line) => line.stream.read_buf(buffer).await,
        None => std::future::pending().await,
    }
}

/// Words that stand beside a report under that name.
fn words(report: &Report, name: &str) -> Option<String> {
    report.extra.iter().find_map(|(known, value)| match value {
        Extra::Text(text) if known == name => Some(text.clone().into_owned()),
        Extra::Whole(number) if known == name => Some(number.to_string()),
        _ => None,
    })
}
