//! The seals of a world, each with its moods, and the network between them and Segel.

use std::collections::{BTreeSet, HashSet, VecDeque};

use segel_model::ServerTime;
use segel_sim::seal::device::{Condition, Device};

use super::cast::{device_number, road};
use super::dice::Dice;
use super::door::{Door, Line};

/// What can be wrong with a seal or its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// What it sends is long under way.
    Late,
    /// Each frame goes out twice.
    Doubled,
    /// What goes out together goes out in any order.
    Shuffled,
    /// Its clock is wrong, by seconds or by hours.
    WrongClock,
    /// Its battery runs down.
    DyingBattery,
    /// Frames arrive in pieces, and the network sometimes breaks between two of them.
    HalfFrames,
    /// Frames arrive stuck together.
    Glued,
    /// A reconnect leaves the old connection open, and late bytes may still come on it.
    Twins,
    /// It loses coverage, and sends later what it kept.
    BlindAreas,
    /// Its rope is cut on the way.
    CutRope,
    /// Its back cover is opened on the way.
    OpenedCover,
    /// A stolen card opens it on the way.
    StolenCard,
    /// Noise comes between its frames.
    Noise,
    /// It does not take a new interval.
    RefusesInterval,
    /// It dies and comes back.
    Dead,
}

impl Mood {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Late,
        Self::Doubled,
        Self::Shuffled,
        Self::WrongClock,
        Self::DyingBattery,
        Self::HalfFrames,
        Self::Glued,
        Self::Twins,
        Self::BlindAreas,
        Self::CutRope,
        Self::OpenedCover,
        Self::StolenCard,
        Self::Noise,
        Self::RefusesInterval,
        Self::Dead,
    ];
}

/// What was done to a seal by somebody's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Its rope was cut.
    RopeCut,
    /// Its cover was opened.
    CoverOpened,
    /// Its motor opened.
    Opened,
}

/// A deed, when it was done, and the frames in which the seal said so.
#[derive(Debug, Clone)]
pub struct Done {
    /// What.
    pub deed: Deed,
    /// When, in true time.
    pub at_ms: i64,
    /// The frames that say so, without the mark of a second sending.
    pub frames: Vec<Vec<u8>>,
}

/// Bytes under way.
struct UnderWay {
    due_ms: i64,
    line: Line,
    bytes: Vec<u8>,
}

/// A seal with its network.
pub struct Seal {
    /// The thing itself.
    pub device: Device,
    /// What is wrong with it.
    pub moods: BTreeSet<Mood>,
    /// What was done to it.
    pub done: Vec<Done>,
    /// Frames it has been told are taken, without the mark of a second sending.
    pub acknowledged: HashSet<Vec<u8>>,
    /// Every frame it ever sent, as sent.
    pub sent: HashSet<Vec<u8>>,
    /// When Segel let an opening out to it, in true time.
    pub openings_let_out: Vec<i64>,
    dice: Dice,
    line: Option<Line>,
    twins: Vec<Line>,
    connect_at_ms: i64,
    under_way: VecDeque<UnderWay>,
    heard: Vec<u8>,
    blind: Vec<(i64, i64)>,
    dead: Vec<(i64, i64)>,
    hours_ms: (i64, i64),
}

/// The frame without the mark that it is sent a second time.
pub fn unmarked(frame: &[u8]) -> Vec<u8> {
    let mut plain = frame.to_vec();
    if plain.first() == Some(&b'$') && 7 < plain.len() {
        plain[7] = 0;
    }
    plain
}

impl Seal {
    /// A seal at the beginning of the road, with moods of its own.
    pub fn new(number: usize, mut dice: Dice, hours_ms: (i64, i64)) -> Self {
        let moods = moods(&mut dice);
        let clock_error_s = match moods.contains(&Mood::WrongClock) {
            true if dice.once_in(3) => dice.between(-7_200, 7_200),
            true => dice.between(-90, 90),
            false => 0,
        };
        let condition = Condition {
            place: road(0.0, 0.0),
            battery_percent: dice.between(84, 99) as u8,
            interval_s: 60,
            clock_error_s,
            refuses_interval: moods.contains(&Mood::RefusesInterval),
            locked: false,
        };
        let device = Device::in_hand(device_number(number), condition, hours_ms.0);
        let mut windows = |mood, longest_s| match moods.contains(&mood) {
            true => (0..dice.between(1, 3))
                .map(|_| window(&mut dice, hours_ms, longest_s))
                .collect(),
            false => Vec::new(),
        };
        let (blind, dead) = (windows(Mood::BlindAreas, 3_000), windows(Mood::Dead, 2_400));
        Self {
            device,
            moods,
            done: Vec::new(),
            acknowledged: HashSet::new(),
            sent: HashSet::new(),
            openings_let_out: Vec::new(),
            dice,
            line: None,
            twins: Vec::new(),
            connect_at_ms: hours_ms.0,
            under_way: VecDeque::new(),
            heard: Vec::new(),
            blind,
            dead,
            hours_ms,
        }
    }

    /// Whether it has a mood.
    pub fn has(&self, mood: Mood) -> bool {
        self.moods.contains(&mood)
    }

    /// Does something to it by hand and remembers in which frames it says so.
    pub fn suffer(&mut self, deed: Deed, now_ms: i64, act: impl FnOnce(&Device)) {
        let before: HashSet<Vec<u8>> = self.kept().into_iter().collect();
        act(&self.device);
        self.note(deed, now_ms, &before);
    }

    fn note(&mut self, deed: Deed, now_ms: i64, before: &HashSet<Vec<u8>>) {
        let new = self.kept().into_iter();
        let frames: Vec<Vec<u8>> = new.filter(|frame| !before.contains(frame)).collect();
        if !frames.is_empty() {
            self.done.push(Done {
                deed,
                at_ms: now_ms,
                frames,
            });
        }
    }

    fn kept(&self) -> Vec<Vec<u8>> {
        let kept = self.device.kept().into_iter();
        kept.map(|frame| unmarked(&frame)).collect()
    }

    /// Time passes: what is due is said and goes into the network.
    pub fn live(&mut self, now_ms: i64, door: Option<&mut Door>) {
        self.device.set_time(now_ms);
        self.device.set_covered(!within(&self.blind, now_ms));
        self.device.set_dead(within(&self.dead, now_ms));
        if self.has(Mood::DyingBattery) {
            let (from, until) = self.hours_ms;
            let part = (now_ms - from) as f64 / (until - from).max(1) as f64;
            self.device.set_battery((95.0 - 90.0 * part).max(2.0) as u8);
        }
        let Some(door) = door else {
            self.cut_off();
            self.device.beat();
            self.device.take_outgoing().clear();
            self.device.disconnected();
            return;
        };
        self.keep_connected(now_ms, door);
        self.device.beat();
        if self.line.is_some() {
            self.send(now_ms);
        } else {
            self.device.take_outgoing().clear();
            self.device.disconnected();
        }
        self.carry(now_ms, door);
    }

    /// The other side is gone: every connection is broken.
    pub fn cut_off(&mut self) {
        self.line = None;
        self.twins.clear();
        self.under_way.clear();
        self.heard.clear();
        self.device.disconnected();
    }

    fn keep_connected(&mut self, now_ms: i64, door: &mut Door) {
        let breaks = self
            .dice
            .once_in(if self.has(Mood::HalfFrames) { 60 } else { 400 });
        if let Some(line) = self.line
            && (!self.device.is_reachable() || breaks)
        {
            self.lose(line, now_ms, door);
        }
        if self.line.is_none() && self.device.is_reachable() && self.connect_at_ms <= now_ms {
            self.line = door.open();
            self.heard.clear();
        }
    }

    /// The network breaks: in good order, or so that Segel does not notice.
    fn lose(&mut self, line: Line, now_ms: i64, door: &mut Door) {
        self.line = None;
        self.connect_at_ms = now_ms + self.dice.between(1, 45) * 1000;
        self.device.disconnected();
        let lost_on_the_way = !self.has(Mood::Twins) || self.dice.once_in(2);
        if lost_on_the_way {
            self.under_way.retain(|one| one.line != line);
        }
        if self.has(Mood::Twins) {
            self.twins.push(line);
        } else {
            door.hang_up(line);
        }
        if 3 < self.twins.len() {
            door.hang_up(self.twins.remove(0));
        }
    }

    fn send(&mut self, now_ms: i64) {
        let Some(line) = self.line else { return };
        let mut frames = self.device.take_outgoing();
        self.sent.extend(frames.iter().cloned());
        if self.has(Mood::Shuffled) {
            self.dice.shuffle(&mut frames);
        }
        if self.has(Mood::Doubled) {
            frames = frames
                .into_iter()
                .flat_map(|frame| [frame.clone(), frame])
                .collect();
        }
        if self.has(Mood::Noise) && self.dice.once_in(12) {
            frames.insert(0, b"\x00\xff)garbage((".to_vec());
        }
        if self.has(Mood::Glued) {
            frames = vec![frames.concat()];
        }
        let mut due_ms = now_ms;
        if self.has(Mood::Late) {
            due_ms += self.dice.between(0, 120_000);
        }
        // One connection keeps its order.
        let before = self.under_way.iter().filter(|one| one.line == line);
        due_ms = before.map(|one| one.due_ms).fold(due_ms, i64::max);
        for bytes in frames.into_iter().filter(|bytes| !bytes.is_empty()) {
            let cut = if self.has(Mood::HalfFrames) {
                self.dice.below(bytes.len())
            } else {
                0
            };
            let (head, tail) = bytes.split_at(cut);
            for part in [head, tail].into_iter().filter(|part| !part.is_empty()) {
                self.under_way.push_back(UnderWay {
                    due_ms,
                    line,
                    bytes: part.to_vec(),
                });
                due_ms += if cut == 0 { 0 } else { 1_500 };
            }
        }
    }

    fn carry(&mut self, now_ms: i64, door: &mut Door) {
        let (due, rest): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition(|one| one.due_ms <= now_ms);
        self.under_way = rest;
        for one in due {
            door.receive(one.line, &one.bytes);
        }
    }

    /// Takes what Segel sent, and notes what it acknowledges and what it opens.
    pub fn listen(&mut self, now_ms: i64, now: ServerTime, door: &mut Door) {
        let Some(line) = self.line else { return };
        let Some(bytes) = door.take(line, now) else {
            // Segel has closed the connection.
            self.line = None;
            self.device.disconnected();
            return;
        };
        if bytes.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if ["P43,", "P52,3,", "P41,1,1,"]
            .iter()
            .any(|word| text.contains(word))
        {
            self.openings_let_out.push(now_ms);
        }
        self.heard.extend(bytes);
        let (before, was_locked) = (self.kept(), self.device.is_locked());
        let mut heard = std::mem::take(&mut self.heard);
        self.device.hear(&mut heard);
        self.heard = heard;
        let after: HashSet<Vec<u8>> = self.kept().into_iter().collect();
        let gone = before.iter().filter(|frame| !after.contains(*frame));
        self.acknowledged.extend(gone.cloned());
        if was_locked && !self.device.is_locked() {
            let before = before.into_iter().collect();
            self.note(Deed::Opened, now_ms, &before);
        }
    }
}

fn moods(dice: &mut Dice) -> BTreeSet<Mood> {
    let count = dice.between(0, 4);
    (0..count)
        .map(|_| Mood::ALL[dice.below(Mood::ALL.len())])
        .collect()
}

fn window(dice: &mut Dice, (from_ms, until_ms): (i64, i64), longest_s: i64) -> (i64, i64) {
    let begin = dice.between(from_ms, until_ms);
    (begin, begin + dice.between(60, longest_s) * 1000)
}

fn within(windows: &[(i64, i64)], now_ms: i64) -> bool {
    windows
        .iter()
        .any(|(from, until)| (*from..*until).contains(&now_ms))
}
