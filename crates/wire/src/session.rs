//! One connection, whatever its protocol.

use alloc::boxed::Box;

use segel_model::{DeviceId, OrderId, ServerTime, order::SealCommand, report::Protocol};

use crate::{
    eseal::Eseal,
    flespi,
    gt06::Gt06,
    jointech::Jointech,
    jointech_cloud::JointechCloud,
    jt808::Jt808,
    kingwo::Kingwo,
    limits::Limits,
    meitrack::Meitrack,
    objects::{Objects, Read},
    open,
    orbcomm::Orbcomm,
    osmand,
    output::{AckToken, NotSpoken, Output, Owed},
    profile::Profile,
    queclink::Queclink,
    stream::{Connection, Stream},
    teltonika::Teltonika,
    teratrack, tive,
};

/// One connection of one seal. Mutate it, then [`poll`](Self::poll) until nothing comes.
pub struct Session {
    connection: Box<dyn Connection>,
}

/// Why an order for a seal that speaks through another is not tried: it might be done by the other.
pub const NO_WAY: NotSpoken = NotSpoken {
    why: "this seal speaks through another device, and how it is told something that way is not public",
};

/// What carries the bytes between a seal and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A stream, cut anywhere (TCP).
    Stream,
    /// Whole frames in each piece that comes, and each message of ours in a piece of its own (UDP).
    Datagrams,
}

impl Transport {
    /// Whether seals of a protocol speak over it.
    pub const fn carries(self, protocol: Protocol) -> bool {
        match self {
            Self::Stream => !matches!(protocol, Protocol::JointechCloud | Protocol::Orbcomm),
            Self::Datagrams => matches!(
                protocol,
                Protocol::Queclink | Protocol::Teltonika | Protocol::Meitrack | Protocol::Jt808
            ),
        }
    }
}

impl Session {
    /// A connection that has just been accepted.
    pub fn new(protocol: Protocol, profile: Profile, limits: Limits) -> Self {
        Self::over(Transport::Stream, protocol, profile, limits)
    }

    /// A conversation over such a transport that has just begun.
    pub fn over(transport: Transport, protocol: Protocol, profile: Profile, limits: Limits) -> Self {
        let mut connection = Self::connection(protocol, profile, limits);
        if transport == Transport::Datagrams {
            connection.take_datagrams();
        }
        Self { connection }
    }

    fn connection(protocol: Protocol, profile: Profile, limits: Limits) -> Box<dyn Connection> {
        match protocol {
            Protocol::Jointech => Box::new(Stream::new(Jointech::new(profile), limits)),
            Protocol::Osmand => Box::new(osmand::Session::new(limits)),
            Protocol::Gt06 => Box::new(Stream::new(Gt06::new(profile), limits)),
            Protocol::Kingwo => Box::new(Stream::new(Kingwo::new(profile), limits)),
            Protocol::Eseal => Box::new(Stream::new(Eseal::default(), limits)),
            Protocol::Queclink => Box::new(Stream::new(Queclink::new(profile), limits)),
            Protocol::Meitrack => Box::new(Stream::new(Meitrack::default(), limits)),
            Protocol::Teltonika => Box::new(Stream::new(Teltonika::new(profile), limits)),
            Protocol::Jt808 => Box::new(Stream::new(Jt808::new(profile), limits)),
            Protocol::Open => objects(open::read, limits),
            Protocol::Flespi => objects(flespi::read, limits),
            Protocol::Teratrack => objects(teratrack::read, limits),
            Protocol::Tive => objects(tive::read, limits),
            Protocol::Orbcomm => Box::new(Stream::new(Orbcomm, limits)),
            Protocol::JointechCloud => Box::new(Stream::new(JointechCloud::new(profile), limits)),
        }
    }

    /// The seal is known by now: its registered profile holds until its frames say otherwise.
    pub fn assume(&mut self, profile: Profile) {
        self.connection.assume(profile);
    }

    /// The bytes that come are this device's: they were stored under its name, and the log-in that told it stands elsewhere.
    pub fn continue_as(&mut self, device: DeviceId) {
        self.connection.continue_as(device);
    }

    /// Bytes, or one datagram, have come. Any bytes will do.
    pub fn receive(&mut self, now: ServerTime, bytes: &[u8]) {
        self.connection.receive(now, bytes);
    }

    /// Time has passed: gives up frames that were never finished and orders that were never answered.
    pub fn tick(&mut self, now: ServerTime) {
        self.connection.tick(now);
    }

    /// When [`tick`](Self::tick) next has something to do.
    pub fn next_deadline(&self) -> Option<ServerTime> {
        self.connection.next_deadline()
    }

    /// The next thing that leaves.
    pub fn poll(&mut self) -> Option<Output> {
        self.connection.poll()
    }

    /// The report of this token is durable: sends the answer the protocol owes, each once. A token of another connection is owed
    /// nothing here.
    pub fn acknowledge(&mut self, token: AckToken, now: ServerTime) {
        if token.0 != Owed::Nothing {
            self.connection.acknowledge(token.0, now);
        }
    }

    /// Whether the seal's language has words for an order, with these values. Nothing is sent.
    pub fn speaks(&self, command: &SealCommand) -> Result<(), NotSpoken> {
        self.connection.speaks(command)
    }

    /// The next orders are for this device: the connection's own, or another one that speaks over it and was registered so. Says
    /// whether the language has words for it: a smaller seal is heard through its host, and how it is told something that way is
    /// mostly not public.
    pub fn address(&mut self, device: &DeviceId, profile: Profile) -> bool {
        self.connection.address(device, profile)
    }

    /// Whether an order would go out at once, or be refused at once. What waits in a session asks nobody again, so an opening is
    /// sent only where this is so.
    pub fn takes(&self, command: &SealCommand, now: ServerTime) -> bool {
        self.connection.takes(command, now)
    }

    /// Sends an order, or keeps it until the seal has said who it is. The outcome comes as [`Output::Answered`].
    pub fn send(&mut self, id: OrderId, command: &SealCommand, now: ServerTime) -> Result<(), NotSpoken> {
        self.connection.send(id, command, now)
    }

    /// Who speaks, once its first frame has said so.
    pub fn device(&self) -> Option<&DeviceId> {
        self.connection.device()
    }
}

fn objects(read: Read, limits: Limits) -> Box<dyn Connection> {
    Box::new(Stream::new(Objects::new(read), limits))
}
