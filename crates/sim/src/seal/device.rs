//! A seal as a thing, whatever it speaks: it keeps what is not acknowledged, sends it again, loses coverage, obeys orders, and is
//! locked, opened, cut and carried about by whoever holds its handle.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::jointech::JointechSeal;
use super::moment::{Happening, Moment, Status};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};
use crate::tempo::Tempo;

/// How often a seal looks whether something is due, in its own time; never less than a real `LEAST_BEAT`.
const BEAT: Duration = Duration::from_millis(200);
/// Time that runs ahead must not spin the machine.
const LEAST_BEAT: Duration = Duration::from_millis(5);
/// Records a seal keeps unacknowledged; the maker says 20,000 and more.
const KEPT: usize = 20_000;
/// An unacknowledged record is sent again after this.
const AGAIN_AFTER_MS: i64 = 15_000;
/// How long it waits before it connects again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);
/// The password a seal leaves the factory with.
pub const FACTORY_PASSWORD: &str = "888888";

/// The handle: what can be done to a seal from outside.
#[derive(Debug, Clone)]
pub struct Device {
    body: Arc<Mutex<Body>>,
}

#[derive(Debug)]
struct Body {
    tempo: Tempo,
    voice: Box<dyn Voice>,
    /// Its language begins with a greeting.
    greets: bool,
    /// It has not been let in yet, and may not report.
    greeting: bool,
    moment: Moment,
    /// Reports said so far, each once.
    said: u64,
    clock_error_s: i64,
    off: bool,
    covered: bool,
    dead: bool,
    interval: Duration,
    always_awake: bool,
    password: String,
    memory: Option<PathBuf>,
    one_time: Option<String>,
    cards: BTreeSet<u32>,
    kept: VecDeque<Kept>,
    outgoing: VecDeque<Vec<u8>>,
    last_report_ms: Option<i64>,
    refuses_interval: bool,
}

#[derive(Debug)]
struct Kept {
    said: Said,
    sent_ms: Option<i64>,
}

/// What a seal is like from the factory and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// Where it stands.
    pub place: segel_geo::Position,
    /// Battery, per cent.
    pub battery_percent: u8,
    /// Seconds between reports until it is told otherwise.
    pub interval_s: u32,
    /// Its clock is fast by this.
    pub clock_error_s: i64,
    /// It answers no to a new interval.
    pub refuses_interval: bool,
    /// It is locked already.
    pub locked: bool,
}

impl Device {
    /// A seal that is switched on: it connects to the server and reports until the runtime ends.
    pub fn switch_on(voice: Box<dyn Voice>, condition: Condition, server: SocketAddr, tempo: Tempo) -> Self {
        let body = Arc::new(Mutex::new(Body::new(voice, condition, tempo)));
        tokio::spawn(live(Arc::clone(&body), server));
        Self { body }
    }

    /// A Jointech seal whose time and whose network are in somebody's hand: it does what is due when it is told what time it is.
    pub fn in_hand(number: u64, condition: Condition, unix_ms: i64) -> Self {
        let tempo = Tempo::from(unix_ms, 0.0);
        let voice = Box::new(JointechSeal::new(number));
        let body = Arc::new(Mutex::new(Body::new(voice, condition, tempo)));
        Self { body }
    }

    /// Says what time it is, of a seal in somebody's hand; it does nothing yet.
    pub fn set_time(&self, unix_ms: i64) {
        self.lock().tempo = Tempo::from(unix_ms, 0.0);
    }

    /// What is due at the time it was told.
    pub fn beat(&self) {
        self.lock().beat();
    }

    /// What it wants to send, frame by frame.
    pub fn take_outgoing(&self) -> Vec<Vec<u8>> {
        self.lock().outgoing.drain(..).collect()
    }

    /// Puts frames back that were taken and not sent, before all others.
    pub fn put_outgoing(&self, frames: Vec<Vec<u8>>) {
        let mut body = self.lock();
        frames
            .into_iter()
            .rev()
            .for_each(|frame| body.outgoing.push_front(frame));
    }

    /// Bytes of the server; whole sentences are obeyed and taken out.
    pub fn hear(&self, heard: &mut Vec<u8>) {
        hear_all(&self.body, heard);
    }

    /// Its connection broke: nothing on the way counts as sent.
    pub fn disconnected(&self) {
        self.lock().disconnected();
    }

    /// Whether it can reach the network.
    pub fn is_reachable(&self) -> bool {
        self.lock().reachable()
    }

    /// The clock in it is wrong by so much from now on.
    pub fn set_clock_error_s(&self, clock_error_s: i64) {
        self.lock().clock_error_s = clock_error_s;
    }

    /// The frames that nobody has acknowledged, as they would be sent next.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        let body = self.lock();
        body.kept.iter().map(|kept| kept.said.bytes.clone()).collect()
    }

    /// What it calls itself.
    pub fn id(&self) -> String {
        self.lock().voice.device().to_owned()
    }

    /// How many reports it has said, each counted once, signs of life not at all.
    pub fn said(&self) -> u64 {
        self.lock().said
    }

    /// Lets a card in by the maker's own tool, as is done with seals that take no cards from a server.
    pub fn know_card(&self, card: u32) {
        self.lock().cards.insert(card);
    }

    /// Shaken awake: it reports now.
    pub fn wake(&self) {
        let mut body = self.lock();
        body.moment.woken_by = 2;
        body.say_record();
    }

    /// Switches it off for good: it leaves the network and forgets what it kept.
    pub fn switch_off(&self) {
        self.lock().off = true;
    }

    /// Remembers its password in a file, as a seal does in its own memory: it outlives being switched off.
    pub fn remember_in(&self, file: PathBuf) -> std::io::Result<()> {
        let mut body = self.lock();
        match fs::read_to_string(&file) {
            Ok(password) => body.password = password,
            Err(failure) if failure.kind() == std::io::ErrorKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
        body.memory = Some(file);
        Ok(())
    }

    /// Where it is.
    pub fn place(&self) -> segel_geo::Position {
        let body = self.lock();
        segel_geo::Position {
            lat: body.moment.lat,
            lon: body.moment.lon,
        }
    }

    /// Carries it somewhere.
    pub fn carry(&self, place: segel_geo::Position, speed_kmh: f64, course_deg: f64) {
        let mut body = self.lock();
        (body.moment.lat, body.moment.lon) = (place.lat, place.lon);
        (body.moment.speed_kmh, body.moment.course_deg) = (speed_kmh, course_deg);
    }

    /// Puts the rope in: it locks itself and says so.
    pub fn put_rope_in(&self) {
        let mut body = self.lock();
        body.moment.status = Status::SEALED;
        body.moment.woken_by = 4;
        body.say_happening(Happening::AutoLocked);
        body.say_record();
    }

    /// Pulls the rope out; of a locked seal that is tampering.
    pub fn pull_rope_out(&self) {
        let mut body = self.lock();
        body.moment.status.rope_in = false;
        body.moment.woken_by = 4;
        body.say_happening(Happening::RopePulled);
        body.say_record();
    }

    /// Cuts the rope.
    pub fn cut_rope(&self) {
        let mut body = self.lock();
        body.moment.status.rope_cut = true;
        body.moment.status.rope_in = false;
        body.moment.woken_by = 4;
        body.say_happening(Happening::RopeCut);
        body.say_record();
    }

    /// Opens the back cover.
    pub fn open_cover(&self) {
        let mut body = self.lock();
        body.moment.status.cover_alarm = true;
        body.moment.status.cover_closed = false;
        body.moment.woken_by = 3;
        body.say_happening(Happening::CoverOpened);
        body.say_record();
    }

    /// Holds a card to it; says whether it opened.
    pub fn hold_card(&self, card: u32) -> bool {
        let mut body = self.lock();
        let known = body.cards.contains(&card);
        body.moment.woken_by = 6;
        if known {
            body.unlock(Happening::Card(card));
        } else {
            body.say_happening(Happening::IllegalCard(card));
        }
        known
    }

    /// In or out of the network's reach.
    pub fn set_covered(&self, covered: bool) {
        self.lock().covered = covered;
    }

    /// Dead: it neither reports nor keeps anything.
    pub fn set_dead(&self, dead: bool) {
        self.lock().dead = dead;
    }

    /// Battery, per cent.
    pub fn set_battery(&self, percent: u8) {
        let mut body = self.lock();
        body.moment.battery_percent = percent;
        body.moment.status.battery_low = percent < 30;
    }

    /// Whether the motor is locked.
    pub fn is_locked(&self) -> bool {
        self.lock().moment.status.locked
    }

    /// How many records wait for their acknowledgement.
    pub fn unacknowledged(&self) -> usize {
        self.lock().kept.len()
    }

    /// The seconds between reports it now keeps.
    pub fn interval_s(&self) -> u64 {
        self.lock().interval.as_secs()
    }

    fn lock(&self) -> MutexGuard<'_, Body> {
        lock(&self.body)
    }
}

fn lock(body: &Mutex<Body>) -> MutexGuard<'_, Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Body {
    fn new(mut voice: Box<dyn Voice>, condition: Condition, tempo: Tempo) -> Self {
        let greets = voice.greet().is_some();
        let contacts = if condition.locked {
            Status::SEALED
        } else {
            Status::OPEN
        };
        let moment = Moment {
            unix_s: 0,
            lat: condition.place.lat,
            lon: condition.place.lon,
            fixed: true,
            by_cell: false,
            speed_kmh: 0.0,
            course_deg: 0.0,
            mileage_km: 4200,
            satellites: 9,
            battery_percent: condition.battery_percent,
            status: Status {
                battery_low: condition.battery_percent < 30,
                ..contacts
            },
            stored: false,
            woken_by: 1,
        };
        Self {
            tempo,
            voice,
            greets,
            greeting: greets,
            moment,
            said: 0,
            clock_error_s: condition.clock_error_s,
            off: false,
            covered: true,
            dead: false,
            interval: Duration::from_secs(u64::from(condition.interval_s)),
            always_awake: false,
            password: FACTORY_PASSWORD.to_owned(),
            memory: None,
            one_time: None,
            cards: BTreeSet::new(),
            kept: VecDeque::new(),
            outgoing: VecDeque::new(),
            last_report_ms: None,
            refuses_interval: condition.refuses_interval,
        }
    }

    fn now(&self) -> i64 {
        self.tempo.now_unix_s() + self.clock_error_s
    }

    fn reachable(&self) -> bool {
        self.covered && !self.dead && !self.off
    }

    /// What is due now.
    fn beat(&mut self) {
        if self.dead {
            return;
        }
        let now_ms = self.tempo.now_unix_ms();
        if self
            .last_report_ms
            .is_none_or(|last_ms| now_ms - last_ms >= self.interval.as_millis() as i64)
        {
            self.moment.woken_by = 1;
            self.say_heartbeat();
            self.say_record();
        }
        if self.reachable() && !self.greeting {
            self.send_again();
        }
    }

    fn say_record(&mut self) {
        self.last_report_ms = Some(self.tempo.now_unix_ms());
        self.look_around();
        let said = self.voice.record(&self.moment);
        self.say_report(said);
    }

    fn say_happening(&mut self, what: Happening) {
        self.look_around();
        if let Some(said) = self.voice.happening(&self.moment, what) {
            self.say_report(said);
        }
    }

    fn say_heartbeat(&mut self) {
        self.look_around();
        if let Some(said) = self.voice.heartbeat(&self.moment) {
            self.say(said);
        }
    }

    fn look_around(&mut self) {
        self.moment.unix_s = self.now();
        self.moment.stored = !self.covered;
    }

    fn say_report(&mut self, said: Said) {
        self.said += u64::from(!self.dead);
        self.say(said);
    }

    /// Says it now if it may, and keeps it until it is acknowledged; what never is, it keeps until it is sent.
    fn say(&mut self, said: Said) {
        if self.dead {
            return;
        }
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        let sent_ms = self.may_say().then(|| self.tempo.now_unix_ms());
        if sent_ms.is_some() {
            self.outgoing.push_back(said.bytes.clone());
        }
        if said.mark.is_some() || sent_ms.is_none() {
            self.kept.push_back(Kept { said, sent_ms });
        }
    }

    fn may_say(&self) -> bool {
        self.reachable() && !self.greeting && 0 < self.room()
    }

    /// How much more may be under way.
    fn room(&self) -> usize {
        let under_way = || self.kept.iter().filter(|kept| kept.sent_ms.is_some()).count();
        match self.voice.in_flight_max() {
            usize::MAX => usize::MAX,
            most => most.saturating_sub(under_way()),
        }
    }

    /// What was never sent, or sent and not acknowledged, goes out again as stored data, oldest first.
    fn send_again(&mut self) {
        let now_ms = self.tempo.now_unix_ms();
        let mut room = self.room();
        for kept in &mut self.kept {
            let fresh = kept.sent_ms.is_none();
            if (fresh && room == 0)
                || kept
                    .sent_ms
                    .is_some_and(|sent_ms| now_ms - sent_ms < AGAIN_AFTER_MS)
            {
                continue;
            }
            room -= usize::from(fresh);
            kept.said.bytes = self.voice.again(&kept.said.bytes);
            kept.sent_ms = Some(now_ms);
            self.outgoing.push_back(kept.said.bytes.clone());
        }
        self.kept
            .retain(|kept| kept.said.mark.is_some() || kept.sent_ms.is_none());
    }

    /// A connection is there: the greeting goes before anything else.
    fn connected(&mut self) {
        if let Some(greeting) = self.voice.greet() {
            self.outgoing.push_front(greeting);
        }
    }

    /// A connection broke: nothing on the way counts as sent.
    fn disconnected(&mut self) {
        self.greeting = self.greets;
        self.outgoing.clear();
        self.kept.iter_mut().for_each(|kept| kept.sent_ms = None);
    }

    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Acknowledged(mark) => self.acknowledged(mark),
            Heard::Welcome => {
                self.greeting = false;
                self.send_again();
            }
            Heard::Reply(bytes) => self.outgoing.push_back(bytes),
            Heard::Order(order, asked) => self.obey(&order, &asked),
            Heard::Nothing => {}
        }
    }

    fn acknowledged(&mut self, mark: Mark) {
        if let Some(place) = self
            .kept
            .iter()
            .position(|kept| kept.said.mark == Some(mark) && kept.sent_ms.is_some())
        {
            self.kept.remove(place);
        }
    }

    fn obey(&mut self, order: &Order, asked: &Asked) {
        match order {
            Order::Open { password, one_time } => {
                return self.try_password(password.as_deref(), *one_time, order, asked);
            }
            Order::OneTimePasswords { on } => {
                self.answer(order, asked, true);
                return self.switch_one_time_passwords(*on);
            }
            Order::Cards { cards, add: true } => self.cards.extend(cards),
            Order::Cards { cards, add: false } => self.cards.retain(|card| !cards.contains(card)),
            Order::Password { new, old } => {
                let changed = self.change_password(new, old.as_deref());
                return self.answer(order, asked, changed);
            }
            Order::Interval { .. } if self.refuses_interval => return,
            Order::Interval { seconds } => self.interval = Duration::from_secs(*seconds),
            Order::StayAwake { on } => self.always_awake = *on,
            Order::Setting => {}
        }
        self.answer(order, asked, true);
    }

    /// Where the language has no place for a password, whoever speaks with the seal may open it.
    fn try_password(&mut self, tried: Option<&str>, one_time: bool, order: &Order, asked: &Asked) {
        let right = match one_time {
            true => self.one_time.is_some() && self.one_time.as_deref() == tried,
            false => tried.is_none_or(|tried| self.password == tried),
        };
        let what = match one_time {
            true => Happening::DynamicPassword { right },
            false => Happening::StaticPassword { right },
        };
        self.answer(order, asked, right);
        if right {
            self.unlock(what);
        } else {
            self.say_happening(what);
        }
    }

    fn unlock(&mut self, how: Happening) {
        self.moment.status.locked = false;
        self.say_happening(how);
        self.say_record();
    }

    fn switch_one_time_passwords(&mut self, on: bool) {
        self.one_time = on.then(|| format!("{:06}", self.now().rem_euclid(1_000_000)));
        let announced = self
            .one_time
            .as_ref()
            .and_then(|password| self.voice.announce_password(password));
        self.outgoing.extend(announced);
    }

    fn change_password(&mut self, new: &str, old: Option<&str>) -> bool {
        let changed = old.is_none_or(|old| old == self.password) && self.kept_in_memory(new);
        if changed {
            self.password = new.to_owned();
        }
        changed
    }

    /// What cannot be kept is not taken: the old password goes on opening it.
    fn kept_in_memory(&self, password: &str) -> bool {
        self.memory
            .as_ref()
            .is_none_or(|file| fs::write(file, password).is_ok())
    }

    fn answer(&mut self, order: &Order, asked: &Asked, done: bool) {
        self.look_around();
        let said = self.voice.answer(&self.moment, order, asked, done);
        self.outgoing.extend(said);
    }
}

/// Connects, converses, and again.
async fn live(body: Arc<Mutex<Body>>, server: SocketAddr) {
    let tempo = lock(&body).tempo;
    let pause = tempo.real(BEAT).max(LEAST_BEAT);
    while !lock(&body).off {
        lock(&body).beat();
        let reachable = lock(&body).reachable();
        if reachable && let Ok(stream) = TcpStream::connect(server).await {
            lock(&body).connected();
            if let Err(failure) = converse(&body, stream, pause).await {
                tracing::debug!(%failure, "a simulated seal lost its connection");
            }
            lock(&body).disconnected();
            tempo.sleep(RECONNECT_AFTER).await;
        } else {
            tokio::time::sleep(pause).await;
        }
    }
}

async fn converse(body: &Mutex<Body>, mut stream: TcpStream, pause: Duration) -> std::io::Result<()> {
    let mut beat = tokio::time::interval(pause);
    let mut heard = Vec::new();
    loop {
        tokio::select! {
            _ = beat.tick() => {
                if !lock(body).reachable() {
                    return Ok(());
                }
                lock(body).beat();
            }
            read = stream.read_buf(&mut heard) => {
                if read? == 0 {
                    return Ok(());
                }
                hear_all(body, &mut heard);
            }
        }
        let outgoing: Vec<Vec<u8>> = lock(body).outgoing.drain(..).collect();
        stream.write_all(&outgoing.concat()).await?;
    }
}

fn hear_all(body: &Mutex<Body>, heard: &mut Vec<u8>) {
    let mut body = lock(body);
    while let Some(said) = body.voice.hear(heard) {
        body.take(said);
    }
}

#[cfg(test)]
mod tests {
    use super::super::jt808::{Dialect, Edition, Terminal};
    use super::super::meitrack::MeitrackUnit;
    use super::super::teltonika::{Codec, TeltonikaUnit};
    use super::*;

    fn condition() -> Condition {
        Condition {
            place: segel_geo::Position {
                lat: -6.94,
                lon: 110.42,
            },
            battery_percent: 90,
            interval_s: 60,
            clock_error_s: 0,
            refuses_interval: false,
            locked: false,
        }
    }

    fn body() -> Body {
        let voice = Box::new(JointechSeal::new(8_000_620_011));
        Body::new(voice, condition(), Tempo::true_time())
    }

    impl Body {
        fn hear(&mut self, sentence: &str) {
            let mut heard = format!("({sentence})").into_bytes();
            while let Some(said) = self.voice.hear(&mut heard) {
                self.take(said);
            }
        }
    }

    fn said(body: &mut Body) -> Vec<String> {
        let lines = body.outgoing.drain(..).map(|frame| match frame[0] {
            b'$' => format!("$ type {:02x} serial {}", frame[7], frame[61]),
            _ => String::from_utf8(frame).expect("text"),
        });
        lines.collect()
    }

    #[test]
    fn a_record_is_kept_until_its_own_serial_is_acknowledged() {
        let mut body = body();
        body.say_record();
        body.hear("P69,0,9");
        assert_eq!(body.kept.len(), 1);
        body.hear("P69,0,0");
        assert_eq!(body.kept.len(), 0);
    }

    #[test]
    fn what_happened_out_of_coverage_comes_later_as_stored_data() {
        let mut body = body();
        body.covered = false;
        body.moment.status.rope_cut = true;
        body.say_record();
        assert!(said(&mut body).is_empty());
        body.covered = true;
        body.send_again();
        assert_eq!(said(&mut body), ["$ type 13 serial 0"]);
    }

    #[test]
    fn the_right_password_opens_and_the_wrong_one_is_told() {
        let mut body = body();
        body.moment.status = Status::SEALED;
        body.hear("P43,000000");
        assert!(body.moment.status.locked);
        assert_eq!(said(&mut body)[0], "(8000620011,P43,0,1)");
        body.hear("P43,888888");
        assert!(!body.moment.status.locked);
        assert_eq!(said(&mut body)[0], "(8000620011,P43,1,0)");
    }

    #[test]
    fn a_changed_password_replaces_the_factory_one() {
        let mut body = body();
        body.hear("P44,A1B2C3,888888");
        body.moment.status = Status::SEALED;
        body.hear("P43,888888");
        assert!(body.moment.status.locked);
        body.hear("P43,A1B2C3");
        assert!(!body.moment.status.locked);
    }

    #[test]
    fn cards_open_only_while_they_are_let_in() {
        let device = Device {
            body: Arc::new(Mutex::new(body())),
        };
        lock(&device.body).moment.status = Status::SEALED;
        assert!(!device.hold_card(17));
        lock(&device.body).hear("P41,1,1,1,0000000017");
        assert!(device.hold_card(17));
        lock(&device.body).hear("P41,1,2,1,0000000017");
        assert!(!device.hold_card(17));
    }

    #[test]
    fn a_broken_connection_makes_everything_unsent() {
        let mut body = body();
        body.say_record();
        body.disconnected();
        assert!(said(&mut body).is_empty());
        body.send_again();
        assert_eq!(said(&mut body), ["$ type 13 serial 0"]);
    }

    /// A seal whose language begins with a log-in reports once it is let in, and again after each new connection.
    #[test]
    fn nothing_is_said_before_the_log_in_is_answered() {
        let voice = Box::new(TeltonikaUnit::new("352093081452251", Codec::Eight));
        let mut body = Body::new(voice, condition(), Tempo::true_time());
        body.say_record();
        body.connected();
        assert_eq!(body.outgoing.len(), 1, "its name");
        body.outgoing.clear();
        body.take(Heard::Welcome);
        assert_eq!((body.outgoing.len(), body.room()), (1, 0));
        body.say_record();
        assert_eq!(body.outgoing.len(), 1, "it waits for the first answer");
        body.take(Heard::Acknowledged(Mark(1)));
        body.send_again();
        assert_eq!((body.outgoing.len(), body.kept.len()), (2, 1));
        body.disconnected();
        body.beat();
        assert!(body.outgoing.is_empty(), "it has to log in again");
        assert_eq!(body.said, 2);
    }

    /// What is never acknowledged is kept only until it is sent.
    #[test]
    fn what_nobody_acknowledges_is_sent_once() {
        let voice = Box::new(MeitrackUnit::new("864606044993987"));
        let mut body = Body::new(voice, condition(), Tempo::true_time());
        body.covered = false;
        body.say_record();
        assert_eq!((body.outgoing.len(), body.kept.len()), (0, 1));
        body.covered = true;
        body.send_again();
        body.say_record();
        assert_eq!((body.outgoing.len(), body.kept.len()), (2, 0));
    }

    /// Whoever holds an HHD padlock's connection may open it; it says how.
    #[test]
    fn an_order_without_a_password_opens() {
        let voice = Box::new(Terminal::new("7", Dialect::Hhd, Edition::Of2013));
        let mut body = Body::new(voice, condition(), Tempo::true_time());
        body.moment.status = Status::SEALED;
        let order = Order::Open {
            password: None,
            one_time: false,
        };
        body.take(Heard::Order(order, Asked(vec![0, 1, 0x03, 0x10])));
        assert!(!body.moment.status.locked);
        assert_eq!(body.outgoing.len(), 3, "an answer, an event and a record");
    }

    #[test]
    fn the_interval_is_taken_and_confirmed_or_refused_in_silence() {
        let mut body = body();
        body.hear("P04,1,30,30");
        assert_eq!(
            (body.interval.as_secs(), said(&mut body)),
            (30, vec!["(8000620011,P04,30,30)".to_owned()])
        );
        body.refuses_interval = true;
        body.hear("P04,1,10,30");
        assert_eq!((body.interval.as_secs(), said(&mut body).len()), (30, 0));
    }
}
