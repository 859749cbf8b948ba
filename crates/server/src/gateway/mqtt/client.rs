//! One connection of a maker's cloud, from its greeting to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use segel_model::order::Outcome;
use segel_model::principal::Belonging;
use segel_model::report::Protocol;
use segel_model::{Event, Input, OrganisationId, Role, SealId};
use segel_wire::jointech_cloud::NO_ORDERS;
use segel_wire::mqtt::frame::{self, Next};
use segel_wire::mqtt::packet::{
    Connect, PINGRESP, Packet, Publish, Welcome, connack, puback, suback_refusing, unsuback,
};

use super::super::Gateway;
use super::super::connections::Admitted;
use super::super::conversation::End;
use super::guests::{Guest, Guests};
use super::mail::{Mail, Sender, malformed};
use super::{LABEL, note_end};
use crate::ask::{Side, Unavailable};
use crate::auth::tokens::{self, Holder};
use crate::handle::Published;
use crate::reported::ReportBatch;

/// The longest greeting: names, a token, and a will that nobody hears.
const GREETING_BYTES: usize = 8 * 1024;
/// One reading; the messages in it share a commit.
const READ_BYTES: usize = 64 * 1024;
/// How often a full disk is looked at again.
const DISK_LOW_PAUSE: Duration = Duration::from_millis(500);

/// One connection.
pub(super) struct Client {
    gateway: Arc<Gateway>,
    guests: Arc<Guests>,
    line: Line,
    peer: SocketAddr,
    admitted: Admitted,
}

/// The socket and what came of it.
struct Line {
    stream: TcpStream,
    /// Packets that are not read yet, the last one perhaps cut.
    unread: Vec<u8>,
    write_limit: Duration,
    bytes: Counter,
}

/// A machine that was let in.
struct Standing {
    holder: Holder,
    organisation: OrganisationId,
    guest: Guest,
    /// So long it may say nothing.
    silence: Duration,
    /// By which it is noticed that its token was taken back.
    entries: broadcast::Receiver<Arc<Published>>,
}

impl Client {
    pub(super) fn new(
        gateway: Arc<Gateway>,
        guests: Arc<Guests>,
        (stream, peer): (TcpStream, SocketAddr),
        admitted: Admitted,
    ) -> Self {
        let write_limit = Duration::from_secs(gateway.limits.write_s.into());
        let bytes = &gateway.engine.metrics().gateway.bytes;
        let bytes = bytes.get_or_create(&LABEL).clone();
        Self {
            gateway,
            guests,
            line: Line {
                stream,
                unread: Vec::new(),
                write_limit,
                bytes,
            },
            peer,
            admitted,
        }
    }

    /// Serves it to its end.
    pub(super) async fn serve(mut self) {
        let end = match self.greet().await {
            Ok(mut standing) => self.converse(&mut standing).await,
            Err(end) => Err(end),
        };
        let end = end.err().unwrap_or(End::Gone);
        note_end(&self.gateway, self.admitted.place.number, end);
    }

    async fn greet(&mut self) -> Result<Standing, End> {
        let limit = Duration::from_secs(self.gateway.limits.greeting_s.into());
        let greeting = timeout(limit, self.line.greeting()).await;
        let greeting = greeting.map_err(|_| End::Closed("no_greeting"))??;
        match Packet::read(&greeting) {
            Ok(Packet::Connect(connect)) => self.let_in(connect).await,
            Ok(Packet::OtherVersion) => self.refuse(Welcome::OtherVersion, "bad_request").await,
            _ => Err(End::Closed("bad_request")),
        }
    }

    async fn let_in(&mut self, connect: Connect<'_>) -> Result<Standing, End> {
        if connect.client.is_empty() && !connect.clean {
            return self.refuse(Welcome::BadClient, "bad_request").await;
        }
        // Listened to before the token is looked at, so that nothing is missed between.
        let entries = self.gateway.engine.subscribe_entries();
        let (holder, organisation) = match self.recognise(&connect).await? {
            Ok(known) => known,
            Err(Welcome::NotAuthorised) => {
                return self.refuse(Welcome::NotAuthorised, "not_allowed").await;
            }
            Err(Welcome::Unavailable) => return self.refuse(Welcome::Unavailable, "failed").await,
            Err(welcome) => return self.refuse(welcome, "bad_password").await,
        };
        self.line.write(&connack(Welcome::Accepted)).await?;
        let connection = self.admitted.place.number;
        Ok(Standing {
            holder,
            organisation,
            guest: self.guests.enter(organisation, connect.client, connection),
            silence: self.silence(connect.keep_alive_s),
            entries,
        })
    }

    async fn refuse(&mut self, welcome: Welcome, reason: &'static str) -> Result<Standing, End> {
        self.line.write(&connack(welcome)).await?;
        Err(End::Closed(reason))
    }

    /// Whose token its password is. Only a provider's people hand in what seals say.
    async fn recognise(
        &self,
        connect: &Connect<'_>,
    ) -> Result<Result<(Holder, OrganisationId), Welcome>, End> {
        let Some(token) = connect
            .password
            .and_then(|password| std::str::from_utf8(password).ok())
        else {
            return Ok(Err(Welcome::BadPassword));
        };
        let (reader, now) = (self.gateway.engine.reader().clone(), self.gateway.now());
        let token = token.to_owned();
        let look_up = move || tokens::machine(&reader, &token, now);
        let found = self.gateway.beside(look_up).await?;
        Ok(match found {
            Ok(Some((holder, person))) => match (person.role, person.belongs) {
                (Role::ProviderAdmin | Role::ProviderOperator, Belonging::Organisation(own)) => {
                    Ok((holder, own))
                }
                _ => Err(Welcome::NotAuthorised),
            },
            Ok(None) => Err(Welcome::BadPassword),
            Err(failure) => {
                tracing::error!(%failure, "a token could not be looked up");
                Err(Welcome::Unavailable)
            }
        })
    }

    /// Standard, 3.1.2.10: half as long again as it promised. One that promised nothing is treated like a seal.
    fn silence(&self, keep_alive_s: u16) -> Duration {
        let most = Duration::from_secs(self.gateway.limits.idle_s.into());
        match keep_alive_s {
            0 => most,
            promised => Duration::from_millis(u64::from(promised) * 1500).min(most),
        }
    }

    /// Hears it until it ends, which is never `Ok`. What came behind its greeting is heard before anything else is read.
    async fn converse(&mut self, standing: &mut Standing) -> Result<(), End> {
        loop {
            let (mail, end) = self.sort(standing);
            self.deliver(mail).await?;
            end?;
            self.wait_for_disk().await?;
            let silence = standing.silence;
            tokio::select! {
                // Whoever may not speak any more is not heard once more.
                biased;
                end = standing.ended() => return Err(end),
                read = timeout(silence, self.line.read()) => read.map_err(|_| End::Closed("idle"))??,
            }
            if standing.holder.until <= self.gateway.now() {
                return Err(End::Closed("token_ended"));
            }
        }
    }

    /// Below the floor of free disk nothing is read.
    async fn wait_for_disk(&self) -> Result<(), End> {
        loop {
            match self.gateway.engine.ready() {
                Ok(()) => return Ok(()),
                Err(Unavailable::Stopping) => return Err(End::Stopping),
                Err(_) => tokio::time::sleep(DISK_LOW_PAUSE).await,
            }
        }
    }

    /// Sorts every whole packet that has come, up to one that ends the conversation.
    fn sort(&mut self, standing: &Standing) -> (Mail, Result<(), End>) {
        let unread = std::mem::take(&mut self.line.unread);
        let longest = self.gateway.wire_limits.request_bytes as usize;
        let (mut mail, mut used, mut end) = (Mail::default(), 0, Ok(()));
        while end.is_ok() {
            let rest = &unread[used..];
            match frame::next(rest, longest) {
                Next::More => break,
                Next::Malformed(what) => end = self.malformed(what, rest),
                Next::Packet(length) => {
                    end = self.hear(&rest[..length], standing, &mut mail);
                    used += length;
                }
            }
        }
        self.line.unread = unread[used..].to_vec();
        (mail, end)
    }

    fn hear(&self, packet: &[u8], standing: &Standing, mail: &mut Mail) -> Result<(), End> {
        match Packet::read(packet) {
            Ok(Packet::Publish(message)) => return self.hear_message(&message, packet, standing, mail),
            // Segel sends nothing, so there is nothing to be sent: each wish is refused.
            Ok(Packet::Subscribe { id, filters }) => {
                mail.answers.extend(suback_refusing(id, filters.len()));
            }
            Ok(Packet::Unsubscribe { id, .. }) => mail.answers.extend(unsuback(id)),
            Ok(Packet::Ping) => mail.answers.extend(PINGRESP),
            Ok(Packet::Disconnect) => return Err(End::Gone),
            Ok(Packet::Connect(_) | Packet::OtherVersion) => return self.malformed("second_greeting", &[]),
            Err(what) => return self.malformed(what, packet),
        }
        Ok(())
    }

    fn hear_message(
        &self,
        message: &Publish<'_>,
        packet: &[u8],
        standing: &Standing,
        mail: &mut Mail,
    ) -> Result<(), End> {
        if message.qos == 2 {
            self.note_oddity("qos2", packet);
            return Err(End::Closed("qos2"));
        }
        let sender = Sender {
            organisation: standing.organisation,
            connection: self.admitted.place.number,
            peer: self.peer,
        };
        mail.take(&self.gateway, sender, message, packet, self.gateway.now());
        mail.answers.extend(message.id.map(puback).into_iter().flatten());
        Ok(())
    }

    fn malformed(&self, what: &str, bytes: &[u8]) -> Result<(), End> {
        self.note_oddity(what, bytes);
        Err(End::Closed("bad_request"))
    }

    fn note_oddity(&self, what: &str, bytes: &[u8]) {
        let protocol = Protocol::JointechCloud;
        self.gateway.counts(protocol).oddities.inc();
        self.gateway.oddities.note(protocol, None, malformed(what, bytes));
    }

    /// Nothing is answered before what it answers is durable.
    async fn deliver(&mut self, mail: Mail) -> Result<(), End> {
        let Mail {
            heard,
            rows,
            answers,
            seals,
        } = mail;
        if !heard.is_empty() {
            let batch = ReportBatch {
                reports: heard,
                side: rows,
            };
            self.gateway.engine.report(batch).await?;
        } else if !rows.is_empty() {
            self.gateway.write_side(rows).await?;
        }
        self.line.write(&answers).await?;
        for seal in seals {
            self.end_orders(seal).await?;
        }
        Ok(())
    }

    /// What waits for a seal that no order reaches would wait for ever.
    async fn end_orders(&self, seal: SealId) -> Result<(), End> {
        let engine = &self.gateway.engine;
        while engine.orders().wait_for(seal)
            && let Some(ordered) = engine.orders().take(seal, |_| true)
        {
            let outcome = Outcome::NotSpoken {
                why: NO_ORDERS.why.into(),
            };
            let input = Input::OrderEnded {
                order: ordered.id,
                outcome,
            };
            engine.tell(input, Side::default()).await?;
        }
        Ok(())
    }
}

impl Line {
    /// The first packet. Who begins with anything but a greeting is no client.
    async fn greeting(&mut self) -> Result<Vec<u8>, End> {
        const CONNECT: u8 = 0x10;
        loop {
            if self.unread.first().is_some_and(|&first| first != CONNECT) {
                return Err(End::Closed("not_a_seal"));
            }
            match frame::next(&self.unread, GREETING_BYTES) {
                Next::More => self.read_at_most(GREETING_BYTES).await?,
                Next::Malformed(_) => return Err(End::Closed("bad_request")),
                Next::Packet(length) => {
                    let rest = self.unread.split_off(length);
                    return Ok(std::mem::replace(&mut self.unread, rest));
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), End> {
        self.read_at_most(READ_BYTES).await
    }

    async fn read_at_most(&mut self, bytes: usize) -> Result<(), End> {
        self.unread.reserve(bytes);
        let mut limited = (&mut self.stream).take(bytes as u64);
        match limited.read_buf(&mut self.unread).await {
            Ok(0) | Err(_) => Err(End::Gone),
            Ok(count) => {
                self.bytes.inc_by(count as u64);
                Ok(())
            }
        }
    }

    /// A reader too slow for its own answers loses the connection.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        match timeout(self.write_limit, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Closed("slow_reader")),
        }
    }
}

impl Standing {
    /// Waits until its token is taken back, its person shut out, or another comes under its name.
    async fn ended(&mut self) -> End {
        let holder = self.holder;
        let ends = |event: &Event| match event {
            Event::TokenRevoked { token } => *token == holder.token,
            Event::PersonDisabled { person, .. } => *person == holder.person,
            _ => false,
        };
        loop {
            tokio::select! {
                () = self.guest.must_go() => return End::Closed("superseded"),
                published = self.entries.recv() => match published {
                    Ok(published) if published.entry.events.iter().any(ends) => return End::Closed("token_ended"),
                    Ok(_) => {}
                    // It may have been among those that were missed: the token is shown again.
                    Err(RecvError::Lagged(_)) => return End::Closed("token_unsure"),
                    Err(RecvError::Closed) => return End::Stopping,
                },
            }
        }
    }
}
