//! One connection of one phone.
//!
//! Requests are read one at a time: the next waits until the reports of the one before are durable and it has its
//! answer, so answers come in the order of requests.

use alloc::{boxed::Box, format, vec::Vec};

use segel_model::{DeviceId, OrderId, Report, ServerTime, order::SealCommand};

use super::{
    http::{Next, Progress, Request},
    json, query,
};
use crate::{
    limits::Limits,
    output::{AckToken, NotSpoken, Output, Outputs, Owed, Reason, Reported},
    profile::Profile,
    stream::Connection,
};

/// Requests a phone may send ahead of their answers, in longest requests.
const AHEAD: usize = 2;

/// A connection.
pub(crate) struct Session {
    limits: Limits,
    /// Bytes that are not read yet; empty, and without memory, most of the time.
    unread: Vec<u8>,
    unread_since: Option<ServerTime>,
    /// How far the first request among them has been read.
    progress: Progress,
    /// Bytes of the stream before `unread`.
    seen: u32,
    /// Reports of the last request that are not durable yet.
    owed: u16,
    keeps_alive: bool,
    closed: bool,
    device: Option<DeviceId>,
    outputs: Outputs,
}

impl Session {
    /// A connection that has just been accepted.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            unread: Vec::new(),
            unread_since: None,
            progress: Progress::default(),
            seen: 0,
            owed: 0,
            keeps_alive: true,
            closed: false,
            device: None,
            outputs: Outputs::default(),
        }
    }

    fn read(&mut self, now: ServerTime) {
        let unread = core::mem::take(&mut self.unread);
        let mut used = 0;
        while self.owed == 0 && !self.closed && used < unread.len() {
            let next = self
                .progress
                .next(&unread[used..], self.limits.request_bytes as usize);
            match next {
                Next::More => break,
                Next::Request(request) => {
                    self.progress = Progress::default();
                    let raw = &unread[used..used + request.length];
                    self.hear(now, request, raw);
                    used += raw.len();
                    self.seen = self.seen.wrapping_add(raw.len() as u32);
                }
                Next::Refused(status) => self.refuse(status, &unread[used..]),
                Next::NotHttp => self.refuse_stranger(&unread[used..]),
            }
        }
        self.keep(unread, used);
    }

    fn keep(&mut self, mut unread: Vec<u8>, used: usize) {
        if self.closed || unread.len() == used {
            self.unread_since = None;
            return;
        }
        unread.drain(..used);
        self.unread = unread;
    }

    fn hear(&mut self, now: ServerTime, request: Request<'_>, raw: &[u8]) {
        self.keeps_alive = request.keeps_alive;
        match understand(request, now) {
            Ok(reports) if !reports.is_empty() => self.report(reports, raw),
            Ok(_) => self.answer("200 OK"),
            Err(what) => {
                self.outputs.oddity(self.seen, what, raw);
                self.answer("400 Bad Request");
            }
        }
    }

    fn report(&mut self, reports: Vec<Report>, raw: &[u8]) {
        self.owed = reports.len() as u16;
        for (part, report) in (0..).zip(reports) {
            if report.fix.is_none() && report.cell.is_none() {
                self.outputs.oddity(self.seen, "no_such_place", raw);
            }
            self.device = Some(report.device.clone());
            let token = AckToken(Owed::Osmand);
            self.outputs.push(Output::Report(Box::new(Reported {
                report,
                raw: raw.to_vec(),
                part,
                token,
            })));
        }
    }

    fn answer(&mut self, status: &str) {
        let connection = if self.keeps_alive { "keep-alive" } else { "close" };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: {connection}\r\n\r\n");
        self.outputs.transmit(answer.into_bytes());
        if !self.keeps_alive {
            self.close(Reason::Asked);
        }
    }

    fn refuse(&mut self, status: &str, bytes: &[u8]) {
        self.outputs.oddity(self.seen, "bad_request", bytes);
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        self.outputs.transmit(answer.into_bytes());
        self.close(Reason::BadRequest);
    }

    fn refuse_stranger(&mut self, bytes: &[u8]) {
        self.outputs.oddity(self.seen, "another_protocol", bytes);
        self.close(Reason::NotASeal);
    }

    fn close(&mut self, reason: Reason) {
        self.closed = true;
        self.unread = Vec::new();
        self.progress = Progress::default();
        self.unread_since = None;
        self.outputs.push(Output::Close(reason));
    }
}

impl Connection for Session {
    fn receive(&mut self, now: ServerTime, bytes: &[u8]) {
        if self.closed || bytes.is_empty() {
            return;
        }
        self.unread.extend_from_slice(bytes);
        self.unread_since = Some(now);
        self.read(now);
        if (self.limits.request_bytes as usize) * AHEAD < self.unread.len() {
            self.close(Reason::BadRequest);
        }
    }

    /// One report of the request is durable; the last one is answered.
    fn acknowledge(&mut self, owed: Owed, now: ServerTime) {
        if owed != Owed::Osmand || self.owed == 0 {
            return;
        }
        self.owed -= 1;
        if self.owed == 0 {
            self.answer("200 OK");
            self.read(now);
        }
    }

    /// A request that was never finished is given up.
    fn tick(&mut self, now: ServerTime) {
        if self.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.close(Reason::BadRequest);
        }
    }

    /// A request that waits for the one before is not the phone's fault.
    fn next_deadline(&self) -> Option<ServerTime> {
        let since = self.unread_since.filter(|_| self.owed == 0)?;
        Some(since.plus_s(i64::from(self.limits.partial_s)))
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    fn assume(&mut self, _profile: Profile) {}

    fn speaks(&self, _command: &SealCommand) -> Result<(), NotSpoken> {
        Err(NO_ORDERS)
    }

    fn takes(&self, _command: &SealCommand, _now: ServerTime) -> bool {
        true
    }

    fn send(&mut self, _id: OrderId, _command: &SealCommand, _now: ServerTime) -> Result<(), NotSpoken> {
        Err(NO_ORDERS)
    }

    fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }
}

const NO_ORDERS: NotSpoken = NotSpoken {
    why: "a phone takes no orders",
};

/// Some apps name their sender in the address and nowhere in the JSON.
fn understand(request: Request<'_>, received: ServerTime) -> Result<Vec<Report>, &'static str> {
    let body = request.body.trim_ascii();
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    if matches!(body.first(), Some(b'{' | b'[')) {
        return json::reports(body, query::sender(query).as_ref(), received);
    }
    let form = core::str::from_utf8(body).map_err(|_| "no_such_form")?;
    let source = if query.is_empty() { form } else { query };
    Ok(Vec::from([query::report(source, received)?]))
}
