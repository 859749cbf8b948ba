//! Messages that came together, sorted: what seals said, what is strange, what is answered when all of it is durable.

use std::net::SocketAddr;

use segel_model::report::{Oddity, Protocol};
use segel_model::{DeviceId, OrganisationId, Report, SealId, ServerTime};
use segel_store::{OddityRow, SideRow};
use segel_wire::jointech_cloud::topic::Topic;
use segel_wire::limits::ODDITY_BYTES;
use segel_wire::mqtt::packet::Publish;
use segel_wire::{Profile, decode};

use super::super::Gateway;
use crate::profiles::Reading;
use crate::reported::{Heard, Source};
use crate::roster::Known;

/// What came together.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) heard: Vec<Heard>,
    /// Oddities of messages that are no report: they are durable before they are answered, too.
    pub(super) rows: Vec<SideRow>,
    /// To be sent once all is durable, in the order of what it answers.
    pub(super) answers: Vec<u8>,
    /// Registered seals that spoke.
    pub(super) seals: Vec<SealId>,
}

/// Who hands messages in.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    /// Whose machine it is: it speaks for the seals of its own organisation, and for strangers.
    pub(super) organisation: OrganisationId,
    pub(super) connection: u64,
    pub(super) peer: SocketAddr,
}

impl Sender {
    fn source(self, protocol: Protocol) -> Source {
        Source {
            protocol,
            connection: self.connection,
            profile: Reading::ANY,
            peer: Some(self.peer),
        }
    }
}

impl Mail {
    /// Sorts a message in; `raw` is its whole packet.
    pub(super) fn take(
        &mut self,
        gateway: &Gateway,
        sender: Sender,
        message: &Publish<'_>,
        raw: &[u8],
        now: ServerTime,
    ) {
        let Some(protocol) = language(message.topic) else {
            return self.put_aside(
                gateway,
                (Protocol::JointechCloud, None),
                "unknown_topic",
                raw,
                now,
            );
        };
        let said = decode(protocol, Profile::ANY, now, raw);
        let Some(first) = said.reports.first() else {
            let what = said
                .oddities
                .first()
                .map_or("unknown_topic", |oddity| oddity.what.as_str());
            return self.put_aside(gateway, (protocol, None), what, raw, now);
        };
        let counts = gateway.counts(protocol);
        for oddity in said.oddities {
            counts.oddities.inc();
            gateway
                .oddities
                .note(protocol, Some(first.device.clone()), oddity);
        }
        for (part, report) in (0..).zip(said.reports) {
            self.hear(gateway, (sender, protocol), report, (raw, part), now);
        }
    }

    /// A report of a message: the seal's whose topic it is, or of a smaller one that speaks through it.
    fn hear(
        &mut self,
        gateway: &Gateway,
        (sender, protocol): (Sender, Protocol),
        report: Report,
        (raw, part): (&[u8], u16),
        now: ServerTime,
    ) {
        let known = gateway.engine.roster().find(protocol, &report.device);
        let is_mine = |known: &Known| known.provider == sender.organisation;
        if known.as_ref().is_some_and(|known| !is_mine(known)) {
            let whose = (protocol, Some(report.device));
            return self.put_aside(gateway, whose, "seal_of_another_provider", raw, now);
        }
        gateway.counts(protocol).reports.inc();
        let mut heard = Heard {
            source: sender.source(protocol),
            report,
            raw: raw.to_vec(),
        };
        if let Some(known) = known {
            heard.read_as(gateway.engine.profiles().reading(&known.profile, now), part);
            self.seals.push(known.seal);
        }
        self.heard.push(heard);
    }

    /// A message that is no report of a seal that this sender may speak for. It is answered all the same: a client would say it
    /// for ever, and MQTT has no word for no.
    fn put_aside(
        &mut self,
        gateway: &Gateway,
        (protocol, device): (Protocol, Option<DeviceId>),
        what: &str,
        raw: &[u8],
        now: ServerTime,
    ) {
        gateway.counts(protocol).oddities.inc();
        let bytes = &raw[..raw.len().min(ODDITY_BYTES)];
        self.rows.push(SideRow::Oddity(OddityRow {
            protocol,
            device,
            what: what.to_owned(),
            count: 1,
            at: now,
            bytes: bytes.to_vec(),
        }));
    }
}

/// Which language the messages of a topic are in.
fn language(topic: &str) -> Option<Protocol> {
    Topic::is_of_cloud(topic).then_some(Protocol::JointechCloud)
}

/// Bytes that are no packet.
pub(super) fn malformed(what: &str, bytes: &[u8]) -> Oddity {
    Oddity {
        offset: 0,
        what: what.to_owned(),
        bytes: bytes[..bytes.len().min(ODDITY_BYTES)].to_vec(),
    }
}
