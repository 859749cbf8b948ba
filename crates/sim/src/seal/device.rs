//! A Jointech seal as a thing: it keeps what is not acknowledged, sends it again, loses coverage, obeys commands, and is
//! locked, opened, cut and carried about by whoever holds its handle.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::jointech::{JointechSeal, LockEvent, Moment, Status};
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
    seal: JointechSeal,
    moment: Moment,
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
    serial: u8,
    frame: Vec<u8>,
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
    pub fn switch_on(number: u64, condition: Condition, server: SocketAddr, tempo: Tempo) -> Self {
        let body = Arc::new(Mutex::new(Body::new(number, condition, tempo)));
        tokio::spawn(live(Arc::clone(&body), server));
        Self { body }
    }

    /// A seal whose time and whose network are in somebody's hand: it does what is due when it is told what time it is.
    pub fn in_hand(number: u64, condition: Condition, unix_ms: i64) -> Self {
        let tempo = Tempo::from(unix_ms, 0.0);
        let body = Arc::new(Mutex::new(Body::new(number, condition, tempo)));
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

    /// The frames that nobody has acknowledged, as they would be sent next, with their serials.
    pub fn kept(&self) -> Vec<(u8, Vec<u8>)> {
        let body = self.lock();
        body.kept
            .iter()
            .map(|kept| (kept.serial, kept.frame.clone()))
            .collect()
    }

    /// The ten digits it calls itself.
    pub fn id(&self) -> String {
        self.lock().seal.id().to_owned()
    }

    /// The same as a number.
    pub fn number(&self) -> u64 {
        self.id().parse().expect("an id is ten digits")
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
        body.say_lock_event(LockEvent::AutoLocked);
        body.say_record();
    }

    /// Pulls the rope out; of a locked seal that is tampering.
    pub fn pull_rope_out(&self) {
        let mut body = self.lock();
        body.moment.status.rope_in = false;
        body.moment.woken_by = 4;
        body.say_record();
    }

    /// Cuts the rope.
    pub fn cut_rope(&self) {
        let mut body = self.lock();
        body.moment.status.rope_cut = true;
        body.moment.status.rope_in = false;
        body.moment.woken_by = 4;
        body.say_record();
    }

    /// Opens the back cover.
    pub fn open_cover(&self) {
        let mut body = self.lock();
        body.moment.status.cover_alarm = true;
        body.moment.status.cover_closed = false;
        body.moment.woken_by = 3;
        body.say_record();
    }

    /// Holds a card to it; says whether it opened.
    pub fn hold_card(&self, card: u32) -> bool {
        let mut body = self.lock();
        let known = body.cards.contains(&card);
        body.moment.woken_by = 6;
        if known {
            body.unlock(LockEvent::Card(card));
        } else {
            body.say_lock_event(LockEvent::IllegalCard(card));
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
    fn new(number: u64, condition: Condition, tempo: Tempo) -> Self {
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
            seal: JointechSeal::new(number),
            moment,
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
            self.say_record();
        }
        if self.reachable() {
            self.send_again();
        }
    }

    fn say_record(&mut self) {
        self.last_report_ms = Some(self.tempo.now_unix_ms());
        self.moment.unix_s = self.now();
        self.moment.stored = !self.covered;
        let (frame, serial) = self.seal.record(&self.moment);
        self.moment.stored = false;
        self.say(frame, serial);
    }

    fn say_lock_event(&mut self, event: LockEvent) {
        self.moment.unix_s = self.now();
        let (frame, serial) = self.seal.lock_event(&self.moment, event);
        self.say(frame, serial);
    }

    fn say(&mut self, frame: Vec<u8>, serial: u8) {
        if self.dead {
            return;
        }
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        let sent_ms = self.reachable().then(|| self.tempo.now_unix_ms());
        if sent_ms.is_some() {
            self.outgoing.push_back(frame.clone());
        }
        self.kept.push_back(Kept {
            serial,
            frame,
            sent_ms,
        });
    }

    /// What was never sent, or sent and not acknowledged, goes out again as stored data, oldest first.
    fn send_again(&mut self) {
        let now_ms = self.tempo.now_unix_ms();
        for kept in &mut self.kept {
            if kept
                .sent_ms
                .is_some_and(|sent_ms| now_ms - sent_ms < AGAIN_AFTER_MS)
            {
                continue;
            }
            if kept.frame[0] == b'$' {
                kept.frame = JointechSeal::sent_again(&kept.frame);
            }
            kept.sent_ms = Some(now_ms);
            self.outgoing.push_back(kept.frame.clone());
        }
    }

    /// A connection broke: nothing on the way counts as sent.
    fn disconnected(&mut self) {
        self.outgoing.clear();
        self.kept.iter_mut().for_each(|kept| kept.sent_ms = None);
    }

    /// A sentence of the server, between its brackets.
    fn hear(&mut self, sentence: &str) {
        let words: Vec<&str> = sentence.split(',').collect();
        match words.as_slice() {
            ["P69", "0", serial] => self.acknowledged(serial),
            ["P43", password] => self.try_password(password, false),
            ["P52", "3", password] => self.try_password(password, true),
            ["P52", "1", "1", on, ..] => self.switch_one_time_passwords(*on == "1", sentence),
            ["P41", "1", "1", _, cards @ ..] => self.change_cards(cards, true, sentence),
            ["P41", "1", "2", _, cards @ ..] => self.change_cards(cards, false, sentence),
            ["P44", new, old] => self.change_password(new, old),
            ["P04", "1", awake_s, ..] => self.change_interval(awake_s, sentence),
            ["P54", "1", on] => self.stay_awake(*on == "1", sentence),
            ["P22", _] => self.answer("P22,1"),
            ["P59", ..] => self.answer(&without_flag(sentence)),
            _ => {}
        }
    }

    fn acknowledged(&mut self, serial: &str) {
        let Ok(serial) = serial.parse::<u8>() else {
            return;
        };
        if let Some(place) = self
            .kept
            .iter()
            .position(|kept| kept.serial == serial && kept.sent_ms.is_some())
        {
            self.kept.remove(place);
        }
    }

    fn try_password(&mut self, tried: &str, one_time: bool) {
        let right = if one_time {
            self.one_time.as_deref() == Some(tried)
        } else {
            self.password == tried
        };
        let event = match one_time {
            true => LockEvent::DynamicPassword { right },
            false => LockEvent::StaticPassword { right },
        };
        let (done, wrong) = (u8::from(right), u8::from(!right));
        self.answer(&if one_time {
            format!("P52,3,{done},{wrong}")
        } else {
            format!("P43,{done},{wrong}")
        });
        if right {
            self.unlock(event);
        } else {
            self.say_lock_event(event);
        }
    }

    fn unlock(&mut self, event: LockEvent) {
        self.moment.status.locked = false;
        self.say_lock_event(event);
        self.say_record();
    }

    fn switch_one_time_passwords(&mut self, on: bool, sentence: &str) {
        self.answer(sentence);
        self.one_time = on.then(|| format!("{:06}", self.now().rem_euclid(1_000_000)));
        if let Some(password) = &self.one_time {
            let frame = self.seal.announce_password(password);
            self.outgoing.push_back(frame);
        }
    }

    fn change_cards(&mut self, cards: &[&str], add: bool, sentence: &str) {
        for card in cards.iter().filter_map(|card| card.parse().ok()) {
            if add {
                self.cards.insert(card);
            } else {
                self.cards.remove(&card);
            }
        }
        self.answer(sentence);
    }

    fn change_password(&mut self, new: &str, old: &str) {
        let changed = old == self.password && self.kept_in_memory(new);
        if changed {
            self.password = new.to_owned();
        }
        self.answer(if changed { "P44,1" } else { "P44,0" });
    }

    /// What cannot be kept is not taken: the old password goes on opening it.
    fn kept_in_memory(&self, password: &str) -> bool {
        self.memory
            .as_ref()
            .is_none_or(|file| fs::write(file, password).is_ok())
    }

    fn change_interval(&mut self, awake_s: &str, sentence: &str) {
        if self.refuses_interval {
            return;
        }
        if let Ok(seconds @ 5..=600) = awake_s.parse::<u64>() {
            self.interval = Duration::from_secs(seconds);
            self.answer(&without_flag(sentence));
        }
    }

    fn stay_awake(&mut self, on: bool, sentence: &str) {
        self.always_awake = on;
        self.answer(&without_flag(sentence));
    }

    fn answer(&mut self, words: &str) {
        let frame = self.seal.answer(words);
        self.outgoing.push_back(frame);
    }
}

/// A seal repeats what it was told without the 1 that says "set" (manual, answers of P04, P54, P59).
fn without_flag(sentence: &str) -> String {
    sentence.replacen(",1,", ",", 1)
}

/// Connects, converses, and again.
async fn live(body: Arc<Mutex<Body>>, server: SocketAddr) {
    let tempo = lock(&body).tempo;
    let pause = tempo.real(BEAT).max(LEAST_BEAT);
    while !lock(&body).off {
        lock(&body).beat();
        let reachable = lock(&body).reachable();
        if reachable && let Ok(stream) = TcpStream::connect(server).await {
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
    while let Some(end) = heard.iter().position(|byte| *byte == b')') {
        let sentence: Vec<u8> = heard.drain(..=end).collect();
        if let Some(words) = std::str::from_utf8(&sentence)
            .ok()
            .and_then(|text| text.strip_prefix('('))
        {
            lock(body).hear(words.trim_end_matches(')'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Body {
        let place = segel_geo::Position {
            lat: -6.94,
            lon: 110.42,
        };
        let condition = Condition {
            place,
            battery_percent: 90,
            interval_s: 60,
            clock_error_s: 0,
            refuses_interval: false,
            locked: false,
        };
        Body::new(8_000_620_011, condition, Tempo::true_time())
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
