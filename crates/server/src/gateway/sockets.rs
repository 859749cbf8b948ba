//! Threads that carry bytes between sockets and desks. Each waits for all of its sockets at once, reads what may be read,
//! and writes what may be written; what the bytes mean is the desk's.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use segel_model::ServerTime;
use segel_model::report::Protocol;

use super::Gateway;
use super::datagrams::DatagramDoor;
use super::desk::Desk;
use super::inbox::{Inbox, LineKey};

/// One reading of a socket.
const READ_BYTES: usize = 64 * 1024;
/// What one wait may bring; more comes with the next.
const EVENTS: usize = 1024;
/// The longest a thread waits: by then it looks at the time again.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// When the process has no descriptor left, accepting again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Threads at most; each serves tens of thousands of seals.
const THREADS_MAX: usize = 8;

const WAKER: Token = Token(usize::MAX);

/// The open doors: threads that serve seals until they are closed.
pub struct Doors {
    close: Arc<AtomicBool>,
    inboxes: Vec<Arc<Inbox>>,
    threads: Vec<JoinHandle<()>>,
}

impl Doors {
    /// Opens these doors for connections.
    pub fn open(gateway: &Arc<Gateway>, doors: Vec<(std::net::TcpListener, Protocol)>) -> io::Result<Self> {
        Self::open_all(gateway, doors, Vec::new())
    }

    /// Opens these doors for connections, and those for datagrams.
    pub fn open_all(
        gateway: &Arc<Gateway>,
        doors: Vec<(std::net::TcpListener, Protocol)>,
        for_datagrams: Vec<(std::net::UdpSocket, Protocol)>,
    ) -> io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from) / 2;
        let count = count.clamp(1, THREADS_MAX);
        let close = Arc::<AtomicBool>::default();
        let mut clerks: Vec<Clerk> = (0..count)
            .map(|_| Clerk::new(gateway, &close))
            .collect::<io::Result<_>>()?;
        let shelves: Vec<_> = clerks
            .iter()
            .map(|clerk| (Arc::clone(&clerk.shelf), Arc::clone(clerk.desk.inbox())))
            .collect();
        let inboxes = shelves.iter().map(|(_, inbox)| Arc::clone(inbox)).collect();
        // The first one lets them in, and hands them round.
        clerks[0].let_in(doors, shelves)?;
        for (number, (socket, protocol)) in (0..).zip(for_datagrams) {
            let door = DatagramDoor::new(gateway, number, socket, protocol);
            clerks[number as usize % count].take_datagrams(door)?;
        }
        let threads = clerks.into_iter().map(Clerk::start).collect::<io::Result<_>>()?;
        Ok(Self {
            close,
            inboxes,
            threads,
        })
    }

    /// Lets nobody in any more, says what is durable by now, and hangs up.
    pub fn close(self) {
        self.close.store(true, Ordering::Release);
        self.inboxes.iter().for_each(|inbox| inbox.wake());
        for thread in self.threads {
            // A thread that panicked has said so.
            let _panicked = thread.join();
        }
    }
}

/// Accepted connections that wait for their clerk.
type Shelf = Mutex<Vec<(TcpStream, SocketAddr, Protocol)>>;

/// One thread's sockets and its desk.
struct Clerk {
    gateway: Arc<Gateway>,
    desk: Desk,
    poll: Poll,
    listeners: Vec<(TcpListener, Protocol)>,
    for_datagrams: Vec<DatagramDoor>,
    shelves: Vec<(Arc<Shelf>, Arc<Inbox>)>,
    next_shelf: usize,
    accept_again: Option<Instant>,
    shelf: Arc<Shelf>,
    /// By the slot of their line.
    sockets: Vec<Option<Socket>>,
    /// Slots that may have something to read.
    ready: Vec<usize>,
    buffer: Vec<u8>,
    close: Arc<AtomicBool>,
}

struct Socket {
    stream: TcpStream,
    key: LineKey,
    /// Something may be there; the kernel tells that once.
    readable: bool,
    /// The other side has said its last word. The kernel tells that once, too, perhaps together with the word itself, so it is
    /// read on until the end is met.
    ended: bool,
    /// It stands among those that are ready.
    queued: bool,
}

impl Clerk {
    fn new(gateway: &Arc<Gateway>, close: &Arc<AtomicBool>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let desk = Desk::new(Arc::clone(gateway));
        let waker = Waker::new(poll.registry(), WAKER)?;
        desk.inbox().wake_by(move || {
            // It fails only where the thread has ended.
            let _gone = waker.wake();
        });
        Ok(Self {
            gateway: Arc::clone(gateway),
            desk,
            poll,
            listeners: Vec::new(),
            for_datagrams: Vec::new(),
            shelves: Vec::new(),
            next_shelf: 0,
            accept_again: None,
            shelf: Arc::default(),
            sockets: Vec::new(),
            ready: Vec::new(),
            buffer: vec![0; READ_BYTES],
            close: Arc::clone(close),
        })
    }

    fn let_in(
        &mut self,
        doors: Vec<(std::net::TcpListener, Protocol)>,
        shelves: Vec<(Arc<Shelf>, Arc<Inbox>)>,
    ) -> io::Result<()> {
        self.shelves = shelves;
        for (number, (listener, protocol)) in doors.into_iter().enumerate() {
            let mut listener = TcpListener::from_std(listener);
            let token = door_token(number);
            self.poll
                .registry()
                .register(&mut listener, token, Interest::READABLE)?;
            self.listeners.push((listener, protocol));
        }
        Ok(())
    }

    /// Its token follows those of the listeners, which came before.
    fn take_datagrams(&mut self, mut door: DatagramDoor) -> io::Result<()> {
        let token = door_token(self.listeners.len() + self.for_datagrams.len());
        door.register(self.poll.registry(), token)?;
        self.for_datagrams.push(door);
        Ok(())
    }

    fn start(self) -> io::Result<JoinHandle<()>> {
        std::thread::Builder::new()
            .name("seals".into())
            .spawn(move || self.run())
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            // Asked before the step, so that what is durable by the time of closing is still acknowledged.
            let closing = self.close.load(Ordering::Acquire);
            let now = self.gateway.now();
            self.round(&events, now);
            if closing {
                return;
            }
            let wait = self.wait(now);
            match self.poll.poll(&mut events, Some(wait)) {
                Ok(()) => {}
                Err(failure) if failure.kind() == io::ErrorKind::Interrupted => events.clear(),
                Err(failure) => {
                    tracing::error!(%failure, "the sockets of the seals cannot be waited for");
                    std::thread::sleep(ACCEPT_PAUSE);
                }
            }
        }
    }

    fn wait(&self, now: ServerTime) -> Duration {
        let datagrams = self.for_datagrams.iter().any(|door| door.is_busy(&self.desk));
        if datagrams || !self.ready.is_empty() && self.desk.takes_bytes() {
            return Duration::ZERO;
        }
        let due = self.desk.next_due(now);
        let due = due.map_or(WAIT_MAX, |due| self.gateway.engine.clock().until(now, due));
        let accept = self
            .accept_again
            .map_or(WAIT_MAX, |again| again.saturating_duration_since(Instant::now()));
        // A millisecond at least: what is due in none was due in this round.
        due.min(accept).clamp(Duration::from_millis(1), WAIT_MAX)
    }

    fn round(&mut self, events: &Events, now: ServerTime) {
        for event in events {
            self.look_at(event, now);
        }
        if self.accept_again.is_some_and(|again| again <= Instant::now()) {
            self.accept_again = None;
            (0..self.listeners.len()).for_each(|number| self.accept(number));
        }
        self.take_from_shelf();
        self.desk.step(now);
        self.serve_touched(now);
        self.read_ready(now);
        self.read_datagrams(now);
        self.desk.step(now);
        self.serve_touched(now);
    }

    fn look_at(&mut self, event: &Event, now: ServerTime) {
        match event.token() {
            WAKER => {}
            token if door_number(token) < self.doors() => self.look_at_door(door_number(token)),
            Token(slot) => {
                if event.is_writable() {
                    self.may_write(slot, now);
                }
                let ended = event.is_read_closed() || event.is_error();
                if event.is_readable() || ended {
                    self.may_read(slot, ended);
                }
            }
        }
    }

    fn doors(&self) -> usize {
        self.listeners.len() + self.for_datagrams.len()
    }

    fn look_at_door(&mut self, number: usize) {
        match number.checked_sub(self.listeners.len()) {
            None => self.accept(number),
            Some(number) => self.for_datagrams[number].may_read(),
        }
    }

    fn read_datagrams(&mut self, now: ServerTime) {
        for door in &mut self.for_datagrams {
            door.read(&mut self.desk, &mut self.buffer, now);
        }
    }

    fn accept(&mut self, number: usize) {
        loop {
            let (listener, protocol) = &self.listeners[number];
            match listener.accept() {
                Ok((stream, peer)) => self.hand_round(stream, peer, *protocol),
                Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => return,
                Err(failure) if is_of_one_connection(&failure) => {}
                Err(failure) => {
                    tracing::warn!(%failure, "could not accept a connection");
                    self.accept_again = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    fn hand_round(&mut self, stream: TcpStream, peer: SocketAddr, protocol: Protocol) {
        let (shelf, inbox) = &self.shelves[self.next_shelf];
        let mut waiting = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((stream, peer, protocol));
        drop(waiting);
        if self.next_shelf != 0 {
            inbox.wake();
        }
        self.next_shelf = (self.next_shelf + 1) % self.shelves.len();
    }

    fn take_from_shelf(&mut self) {
        let arrived = std::mem::take(&mut *self.shelf.lock().unwrap_or_else(PoisonError::into_inner));
        for (stream, peer, protocol) in arrived {
            self.welcome(stream, peer, protocol);
        }
    }

    fn welcome(&mut self, mut stream: TcpStream, peer: SocketAddr, protocol: Protocol) {
        let Ok(key) = self.desk.open(peer, protocol) else {
            return;
        };
        let slot = key.slot as usize;
        // An acknowledgement of ten bytes waits for nobody; where this fails the connection is already gone.
        let _gone = stream.set_nodelay(true);
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(failure) = self.poll.registry().register(&mut stream, Token(slot), both) {
            tracing::warn!(%failure, "a connection cannot be waited for");
            self.desk.hang_up(key, self.gateway.now());
            return self.desk.forget(key);
        }
        if self.sockets.len() <= slot {
            self.sockets.resize_with(slot + 1, || None);
        }
        self.sockets[slot] = Some(Socket {
            stream,
            key,
            readable: false,
            ended: false,
            queued: false,
        });
    }

    fn may_read(&mut self, slot: usize, ended: bool) {
        let Some(Some(socket)) = self.sockets.get_mut(slot) else {
            return;
        };
        socket.readable = true;
        socket.ended |= ended;
        if !std::mem::replace(&mut socket.queued, true) {
            self.ready.push(slot);
        }
    }

    /// Reads from each line that is ready and listens, as long as the desk takes bytes.
    fn read_ready(&mut self, now: ServerTime) {
        let ready = std::mem::take(&mut self.ready);
        let mut left = ready.into_iter();
        while self.desk.takes_bytes() {
            let Some(slot) = left.next() else { break };
            self.read(slot, now);
        }
        self.ready.extend(left);
    }

    fn read(&mut self, slot: usize, now: ServerTime) {
        let Some(Some(socket)) = self.sockets.get_mut(slot) else {
            return;
        };
        socket.queued = false;
        // A line that does not listen is touched when it does, and is read then.
        if !self.desk.listens(socket.key) {
            return;
        }
        match socket.stream.read(&mut self.buffer) {
            Ok(0) => self.desk.hang_up(socket.key, now),
            Ok(count) => {
                // Less than was asked for is all there was: the kernel tells when more has come, but not the end again.
                socket.readable = count == self.buffer.len() || socket.ended;
                self.desk.receive(socket.key, &self.buffer[..count], now);
            }
            Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => socket.readable = false,
            Err(failure) if failure.kind() == io::ErrorKind::Interrupted => self.may_read(slot, false),
            Err(_) => self.desk.hang_up(socket.key, now),
        }
    }

    /// Writes what the desk has to say, closes what is over, and reads again where that was put off.
    fn serve_touched(&mut self, now: ServerTime) {
        loop {
            let touched = self.desk.take_touched();
            if touched.is_empty() {
                return;
            }
            for key in touched {
                self.serve(key, now);
            }
        }
    }

    fn serve(&mut self, key: LineKey, now: ServerTime) {
        let mut doors = self.for_datagrams.iter_mut();
        if doors.any(|door| door.serve(key, &mut self.desk, now)) {
            return;
        }
        let slot = key.slot as usize;
        let known = |socket: &Option<Socket>| socket.as_ref().is_some_and(|socket| socket.key == key);
        if !self.sockets.get(slot).is_some_and(known) {
            return;
        }
        self.write(slot, now);
        if self.desk.is_over(key) && self.desk.outgoing(key).is_empty() {
            self.sockets[slot] = None;
            return self.desk.forget(key);
        }
        let unread = |socket: &Socket| socket.readable && self.desk.listens(key);
        if self.sockets[slot].as_ref().is_some_and(unread) {
            self.may_read(slot, false);
        }
    }

    /// The kernel takes bytes again.
    fn may_write(&mut self, slot: usize, now: ServerTime) {
        let Some(Some(socket)) = self.sockets.get(slot) else {
            return;
        };
        let key = socket.key;
        if !self.desk.outgoing(key).is_empty() {
            self.serve(key, now);
        }
    }

    fn write(&mut self, slot: usize, now: ServerTime) {
        let Some(Some(socket)) = self.sockets.get_mut(slot) else {
            return;
        };
        let key = socket.key;
        let outgoing = self.desk.outgoing(key);
        if outgoing.is_empty() {
            return;
        }
        match write_some(&mut socket.stream, outgoing) {
            Ok(count) => self.desk.sent(key, count, now),
            Err(_) => self.desk.hang_up(key, now),
        }
    }
}

/// Writes what the kernel takes right now, perhaps nothing.
fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match stream.write(bytes) {
            Err(failure) if failure.kind() == io::ErrorKind::Interrupted => {}
            Err(failure) if failure.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            other => return other,
        }
    }
}

/// Doors count down from below the waker's token, lines up from zero.
const fn door_token(number: usize) -> Token {
    Token(usize::MAX - 1 - number)
}

/// A line's token gives a number beyond all doors.
const fn door_number(token: Token) -> usize {
    (usize::MAX - 1).saturating_sub(token.0)
}

/// A connection that went away before it was accepted says nothing about the next.
fn is_of_one_connection(failure: &io::Error) -> bool {
    matches!(
        failure.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
