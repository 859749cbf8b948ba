//! The seals of one thread.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use segel_geo::{Position, distance_m};

use super::frame::{BYTES, Now};
use super::speech::{Speech, Understood};
use super::{Load, Outcome, SLICE};
use crate::histogram::Histogram;

/// Forty kilometres an hour.
const SPEED_M_S: f64 = 11.1;
/// Reports of one seal under way at most: half of its serials, so that each acknowledgement has one meaning.
const IN_FLIGHT_MAX: usize = 128;
/// Sockets heard in one look.
const EVENTS: usize = 1024;
/// Bytes read from one socket at once: more than all acknowledgements of a seal take.
const READ_BYTES: usize = 16 * 1024;
/// How long the wait for acknowledgements lasts at most before time is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The seals of one thread, and what came of them so far.
pub struct Share<'a> {
    load: &'a Load,
    started: Instant,
    until: Instant,
    in_flight: usize,
    epoll: OwnedFd,
    talkers: Vec<Talker>,
    pace: Option<Pace>,
    now: Now,
    now_s: i64,
    /// Acknowledgements that are waited for, over all talkers.
    waiting: u64,
    outcome: Outcome,
    last: Instant,
    spoken: Vec<u8>,
    heard: Vec<u8>,
    understood: Understood,
}

/// One seal on its connection.
struct Talker {
    stream: TcpStream,
    speech: Speech,
    /// What was said and not acknowledged yet, and since when it was due.
    waiting: VecDeque<(u32, Instant)>,
    /// When reports were due that must wait until there is room under way.
    owed: VecDeque<Instant>,
    /// The beginning of an answer whose end has not come.
    half: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
    silent: bool,
}

/// Who reports next, and when: one after the other, evenly.
struct Pace {
    first: Instant,
    every_s: f64,
    said: u64,
}

impl Pace {
    /// Counted from the first, so that no rounding adds up.
    fn next_due(&self) -> Instant {
        self.first + Duration::from_secs_f64(self.said as f64 * self.every_s)
    }
}

impl<'a> Share<'a> {
    /// The seals of these numbers, each with its connection.
    pub fn new(load: &'a Load, streams: Vec<(u32, TcpStream)>, started: Instant) -> Result<Self> {
        let place = at(load.road[0]);
        let first = streams.first().map_or(0, |(number, _)| *number);
        let pace = load.rate.map(|rate| Pace {
            first: started + Duration::from_secs_f64(f64::from(first) / rate),
            every_s: f64::from(load.seals) / rate / streams.len().max(1) as f64,
            said: 0,
        });
        let epoll = epoll::create(CreateFlags::CLOEXEC).context("could not make an epoll")?;
        for (index, (_, stream)) in streams.iter().enumerate() {
            epoll::add(&epoll, stream, EventData::new_u64(index as u64), EventFlags::IN)
                .context("could not watch a connection")?;
        }
        let speech = |number: u32| Speech::of(load.language, load.first_id + u64::from(number), place);
        let talker = |(number, stream)| Talker::new(speech(number), stream);
        Ok(Self {
            started,
            until: started + load.lasting,
            in_flight: load.in_flight.clamp(1, IN_FLIGHT_MAX),
            epoll,
            talkers: streams.into_iter().map(talker).collect(),
            pace,
            now: Now::at(place, 0),
            now_s: 0,
            waiting: 0,
            outcome: Outcome::default(),
            last: started,
            spoken: Vec::with_capacity(IN_FLIGHT_MAX * BYTES),
            heard: vec![0; READ_BYTES],
            understood: Understood::default(),
            load,
        })
    }

    /// Speaks until it is over, and waits for the last acknowledgements.
    pub fn speak(mut self) -> Result<Outcome> {
        self.drive_on();
        self.greet()?;
        if self.pace.is_none() {
            for index in 0..self.talkers.len() {
                self.talk(index, Instant::now())?;
            }
        }
        let mut events = Vec::with_capacity(EVENTS);
        let mut now = Instant::now();
        while !self.is_over(now) {
            self.drive_on();
            self.speak_what_is_due(now)?;
            let pause = self.pause(Instant::now());
            events.clear();
            let heard = epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&pause),
            );
            match heard {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(failure) => return Err(failure).context("could not wait for answers"),
            }
            for event in events.drain(..) {
                self.attend(event.data.u64() as usize)?;
            }
            now = Instant::now();
        }
        std::thread::sleep(self.load.hold);
        let unheard = self
            .talkers
            .iter()
            .filter(|one| !one.silent && !one.waiting.is_empty());
        self.outcome.broken += unheard.count() as u64;
        self.outcome.took = self.last - self.started;
        Ok(self.outcome)
    }

    fn greet(&mut self) -> Result<()> {
        for index in 0..self.talkers.len() {
            let talker = &mut self.talkers[index];
            let greeting = talker.speech.greeting();
            if talker.say(&greeting).is_err() {
                self.give_up(index);
            } else {
                self.watch(index)?;
            }
        }
        Ok(())
    }

    /// Everything is said and acknowledged, or what is missing will not come.
    fn is_over(&self, now: Instant) -> bool {
        let said = match &self.pace {
            Some(pace) => self.until <= pace.next_due(),
            None => self.until <= now,
        };
        (said && self.waiting == 0) || self.until + self.load.patience <= now
    }

    /// Until the next report is due, in whole milliseconds, as epoll counts.
    fn pause(&self, now: Instant) -> Timespec {
        let due = self.pace.as_ref().map(Pace::next_due);
        let pause = match due.filter(|due| *due < self.until) {
            Some(due) => due.saturating_duration_since(now).min(LOOK_EVERY),
            None if now < self.until => (self.until - now).min(LOOK_EVERY),
            None => LOOK_EVERY,
        };
        Timespec {
            tv_sec: 0,
            tv_nsec: pause.subsec_nanos().into(),
        }
    }

    /// There and back along the road, as fast as a truck drives. All seals are in one place; their receivers differ.
    fn drive_on(&mut self) {
        let unix_s = jiff::Timestamp::now().as_second();
        if unix_s == self.now_s {
            return;
        }
        let [from, to] = self.load.road.map(at);
        let driven_m = self.started.elapsed().as_secs_f64() * SPEED_M_S;
        let part = driven_m / distance_m(from, to).max(1.0);
        let along = 1.0 - (part.rem_euclid(2.0) - 1.0).abs();
        let place = Position {
            lat: from.lat + (to.lat - from.lat) * along,
            lon: from.lon + (to.lon - from.lon) * along,
        };
        (self.now, self.now_s) = (Now::at(place, unix_s), unix_s);
    }

    fn speak_what_is_due(&mut self, now: Instant) -> Result<()> {
        let count = self.talkers.len().max(1) as u64;
        while let Some(pace) = &mut self.pace {
            let (due, index) = (pace.next_due(), (pace.said % count) as usize);
            if now < due || self.until <= due {
                break;
            }
            pace.said += 1;
            self.talkers[index].owed.push_back(due);
            self.talk(index, now)?;
        }
        Ok(())
    }

    /// Says as much as may be under way and is due, in one write.
    fn talk(&mut self, index: usize, now: Instant) -> Result<()> {
        let talker = &mut self.talkers[index];
        if talker.silent {
            return Ok(());
        }
        self.spoken.clear();
        let in_flight = self.in_flight.min(talker.speech.in_flight_max());
        while talker.waiting.len() < in_flight {
            let due = match &self.pace {
                Some(_) => talker.owed.pop_front(),
                None => Some(now).filter(|now| *now < self.until),
            };
            let Some(due) = due else { break };
            let mark = talker.speech.say(&self.now, &mut self.spoken);
            talker.waiting.push_back((mark, due));
            self.outcome.sent += 1;
            self.waiting += 1;
        }
        if talker.say(&self.spoken).is_err() {
            self.give_up(index);
            return Ok(());
        }
        self.watch(index)
    }

    /// Where a socket is full, room is waited for too.
    fn watch(&mut self, index: usize) -> Result<()> {
        let talker = &self.talkers[index];
        if talker.unsent.is_empty() {
            return Ok(());
        }
        let both = EventFlags::IN | EventFlags::OUT;
        epoll::modify(
            &self.epoll,
            &talker.stream,
            EventData::new_u64(index as u64),
            both,
        )
        .context("could not watch a connection")
    }

    fn attend(&mut self, index: usize) -> Result<()> {
        if !self.talkers[index].silent && !self.talkers[index].unsent.is_empty() {
            self.flush(index)?;
        }
        let talker = &mut self.talkers[index];
        if talker.silent {
            return Ok(());
        }
        let kept = talker.half.len();
        self.heard[..kept].copy_from_slice(&talker.half);
        let read = match talker.stream.read(&mut self.heard[kept..]) {
            Ok(0) => None,
            Ok(read) => Some(read),
            Err(failure) if failure.kind() == ErrorKind::WouldBlock => Some(0),
            Err(_) => None,
        };
        let Some(read) = read else {
            self.give_up(index);
            return Ok(());
        };
        let now = Instant::now();
        let talker = &mut self.talkers[index];
        talker
            .speech
            .understand(&self.heard[..kept + read], &mut talker.half, &mut self.understood);
        self.take_answers(index, now);
        if self.reply(index).is_err() {
            self.give_up(index);
            return Ok(());
        }
        self.talk(index, now)
    }

    fn flush(&mut self, index: usize) -> Result<()> {
        let talker = &mut self.talkers[index];
        let unsent = std::mem::take(&mut talker.unsent);
        if talker.say(&unsent).is_err() {
            self.give_up(index);
            return Ok(());
        }
        if !talker.unsent.is_empty() {
            return Ok(());
        }
        epoll::modify(
            &self.epoll,
            &talker.stream,
            EventData::new_u64(index as u64),
            EventFlags::IN,
        )
        .context("could not watch a connection")
    }

    fn take_answers(&mut self, index: usize, now: Instant) {
        let talker = &mut self.talkers[index];
        for mark in self.understood.marks.drain(..) {
            let Some(due) = talker.acknowledged(mark) else {
                self.outcome.strange += 1;
                continue;
            };
            self.outcome.acknowledged += 1;
            self.waiting -= 1;
            self.last = now;
            let latency = now.saturating_duration_since(due);
            self.outcome.latency.add(latency);
            if self.pace.is_some() {
                slice(&mut self.outcome.slices, due - self.started).add(latency);
            }
        }
    }

    fn reply(&mut self, index: usize) -> std::io::Result<()> {
        let said = self.talkers[index].say(&self.understood.replies);
        self.understood.replies.clear();
        said
    }

    /// This connection is broken; what it waits for will not come.
    fn give_up(&mut self, index: usize) {
        let talker = &mut self.talkers[index];
        talker.silent = true;
        self.waiting -= talker.waiting.len() as u64;
        self.outcome.broken += 1;
        // A socket that is watched and not read would be told of for ever. It is closed with its talker.
        let _unwatched = epoll::delete(&self.epoll, &talker.stream);
    }
}

impl Talker {
    fn new(speech: Speech, stream: TcpStream) -> Self {
        Self {
            stream,
            speech,
            waiting: VecDeque::new(),
            owed: VecDeque::new(),
            half: Vec::new(),
            unsent: Vec::new(),
            silent: false,
        }
    }

    /// Writes what the socket takes now, behind what it did not take before.
    fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let written = match self.stream.write(bytes) {
            Ok(written) => written,
            Err(failure) if failure.kind() == ErrorKind::WouldBlock => 0,
            Err(failure) => return Err(failure),
        };
        self.unsent.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Since when the report of that mark was due; nothing where none waits for it. They come in order, nearly always.
    fn acknowledged(&mut self, mark: u32) -> Option<Instant> {
        let place = self.waiting.iter().position(|(waiting, _)| *waiting == mark)?;
        self.waiting.remove(place).map(|(_, due)| due)
    }
}

fn slice(slices: &mut Vec<Histogram>, since_start: Duration) -> &mut Histogram {
    let index = (since_start.as_nanos() / SLICE.as_nanos()) as usize;
    if slices.len() <= index {
        slices.resize_with(index + 1, Histogram::default);
    }
    &mut slices[index]
}

fn at((lat, lon): (f64, f64)) -> Position {
    Position { lat, lon }
}
