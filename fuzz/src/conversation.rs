//! One session and what is said to it, in pieces, with everything that happens in between.

use segel_model::{
    OrderId, Report, ServerTime,
    order::{Channels, SealCommand},
    report::Protocol,
};
use segel_wire::{
    AckToken, Dialect, Limits, Output, Profile, Session, decode_of,
    limits::{HELD_BYTES, LEAVES_TIMES},
};

use crate::{dice::Dice, memory, pairs};

/// When every conversation begins.
const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);
/// What a socket is read by at most.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of the stored frame of a message in eight pieces, escapes and all, are fewer than a request's.
const RAW_BYTES: usize = 32 * 1024;

/// A decoder, a number, and the bytes that are said to it.
#[derive(Debug, Clone, Copy)]
pub struct Conversation<'a> {
    /// Which decoder.
    pub protocol: Protocol,
    /// The number that decides everything but the bytes.
    pub seed: u64,
    /// What is said.
    pub bytes: &'a [u8],
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Reports.
    pub reports: u64,
    /// Oddities.
    pub oddities: u64,
    /// Whether the session wanted its connection closed.
    pub closed: bool,
    /// The most bytes that the session held once it was drained.
    pub held: usize,
    /// The most bytes that session, reports and everything else took together.
    pub most: usize,
}

impl Conversation<'_> {
    /// Holds it.
    pub fn hold(&self) -> Told {
        let mut dice = Dice::of(!self.seed);
        let mut waiting = Vec::with_capacity(1 << 12);
        let before = memory::held();
        memory::watch();
        let mut talk = Talk::new(self.protocol, &mut dice, &mut waiting);
        for piece in pieces(self.bytes, dice.clone()) {
            talk.between(&mut dice);
            talk.session.receive(talk.now, piece);
            talk.drain();
            talk.weigh(before);
            if talk.told.closed {
                break;
            }
        }
        talk.end();
        talk.weigh(before);
        let mut told = talk.told;
        told.most = (memory::most() - before).max(0).cast_unsigned();
        self.judge(&told);
        told
    }

    fn judge(&self, told: &Told) {
        assert!(
            told.held <= HELD_BYTES,
            "a session holds {} bytes, more than {HELD_BYTES}",
            told.held
        );
        let limit = HELD_BYTES + LEAVES_TIMES * self.bytes.len();
        assert!(
            told.most <= limit,
            "{} bytes became {}, more than {limit}",
            self.bytes.len(),
            told.most
        );
    }

    /// Asks what takes longer to ask: that every stored frame reads again as it did, that pieces change nothing, and that what is
    /// written reads back.
    pub fn check(&self) {
        let mut dice = Dice::of(!self.seed);
        let profile = profile(self.protocol, &mut dice);
        let whole = hear(self.protocol, profile, [self.bytes]);
        for (report, raw, part) in &whole {
            let again = decode_of(&report.device, self.protocol, profile, NOW, raw);
            let found = again.reports.get(usize::from(*part));
            assert_eq!(found, Some(report), "a stored frame reads again as it did");
        }
        let pieces = hear(self.protocol, profile, pieces(self.bytes, dice));
        assert!(whole == pieces, "pieces change what is heard");
        pairs::check(self.protocol, self.bytes);
    }
}

/// Everything that is reported, each report acknowledged at once.
fn hear<'a>(
    protocol: Protocol,
    profile: Profile,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<(Report, Vec<u8>, u16)> {
    let mut session = Session::new(protocol, profile, Limits::default());
    let mut heard = Vec::new();
    for piece in pieces {
        session.receive(NOW, piece);
        while let Some(output) = session.poll() {
            if let Output::Report(reported) = output {
                session.acknowledge(reported.token, NOW);
                heard.push((reported.report, reported.raw, reported.part));
            }
        }
    }
    heard
}

/// Cuts bytes: not at all, now and then, or behind each.
fn pieces(mut rest: &[u8], mut dice: Dice) -> impl Iterator<Item = &[u8]> {
    let longest = match dice.below(10) {
        0 => 1,
        1 => 8,
        2..=4 => 200,
        _ => READ_BYTES,
    };
    std::iter::from_fn(move || {
        let length = if longest == READ_BYTES {
            longest
        } else {
            1 + dice.below(longest)
        };
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A session while it is spoken with.
struct Talk<'a> {
    session: Session,
    now: ServerTime,
    /// What is not durable yet.
    waiting: &'a mut Vec<AckToken>,
    orders: u64,
    told: Told,
}

impl<'a> Talk<'a> {
    fn new(protocol: Protocol, dice: &mut Dice, waiting: &'a mut Vec<AckToken>) -> Self {
        Self {
            session: Session::new(protocol, profile(protocol, dice), Limits::default()),
            now: NOW,
            waiting,
            orders: 0,
            told: Told::default(),
        }
    }

    /// Time passes, reports become durable, orders come, the seal's registration is learned.
    fn between(&mut self, dice: &mut Dice) {
        match dice.below(12) {
            0 => self.wait(dice.below(3) as i64),
            1 => self.wait(dice.below(100) as i64),
            2 | 3 => self.order(dice),
            4 => self.acknowledge(1),
            5 => self.session.assume(Profile::ANY),
            6..=9 => self.acknowledge(usize::MAX),
            _ => {}
        }
    }

    fn wait(&mut self, seconds: i64) {
        self.now = self.now.plus_s(seconds);
        self.session.tick(self.now);
        if let Some(next) = self.session.next_deadline() {
            assert!(self.now < next, "what was due is not due again at once");
        }
    }

    fn acknowledge(&mut self, count: usize) {
        let count = count.min(self.waiting.len());
        for token in self.waiting.drain(..count) {
            self.session.acknowledge(token, self.now);
        }
    }

    fn order(&mut self, dice: &mut Dice) {
        let order = order(dice);
        self.session.takes(&order, self.now);
        self.orders += 1;
        // A refusal is an answer too.
        let _sent = self.session.send(OrderId(self.orders), &order, self.now);
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Report(reported) => {
                    assert!(
                        reported.raw.len() <= RAW_BYTES,
                        "a frame of {} bytes",
                        reported.raw.len()
                    );
                    self.told.reports += 1;
                    self.waiting.push(reported.token);
                }
                Output::Oddity(_) => self.told.oddities += 1,
                Output::Close(_) => self.told.closed = true,
                Output::Transmit(_) | Output::Answered(..) | Output::Learned(_) => {}
            }
        }
    }

    fn weigh(&mut self, before: isize) {
        // The list of what is not durable is the desk's, not the session's.
        let held = memory::held() - before;
        self.told.held = self.told.held.max(held.max(0).cast_unsigned());
    }

    /// Everything becomes durable, and then nobody says anything for long. A phone's next request is read only once the one before
    /// is durable, so that goes on for a while.
    fn end(&mut self) {
        while !self.waiting.is_empty() {
            self.acknowledge(usize::MAX);
            self.drain();
        }
        for _ in 0..4 {
            self.wait(61);
            self.drain();
        }
    }
}

fn profile(protocol: Protocol, dice: &mut Dice) -> Profile {
    let dialects: &[Dialect] = match protocol {
        Protocol::Jointech => &[Dialect::Any, Dialect::Jt701, Dialect::Jt701d],
        Protocol::Gt06 => &[
            Dialect::Any,
            Dialect::Concox,
            Dialect::Jimi,
            Dialect::Lw,
            Dialect::Seeworld,
            Dialect::R11,
            Dialect::Vxt01,
            Dialect::Benway,
            Dialect::S5,
            Dialect::Wetrust,
            Dialect::Gt06eCard,
        ],
        Protocol::Queclink => &[Dialect::Any, Dialect::QueclinkSack],
        Protocol::Teltonika => &[Dialect::Any, Dialect::Fmb],
        Protocol::Jt808 => &[
            Dialect::Any,
            Dialect::Any,
            Dialect::Jt808,
            Dialect::Jt709,
            Dialect::Jt705,
            Dialect::Hhd,
            Dialect::HhdP,
            Dialect::Bsj,
            Dialect::Aovx,
        ],
        _ => &[Dialect::Any],
    };
    Profile {
        dialect: *dice.one_of(dialects),
        clock_ahead_min: dice.one_in(4).then_some(480),
    }
}

fn order(dice: &mut Dice) -> SealCommand {
    let password = || String::from("113271");
    match dice.below(10) {
        0 => SealCommand::UnlockStatic { password: password() },
        1 => SealCommand::UnlockDynamic { password: password() },
        2 => SealCommand::AuthoriseCards {
            cards: vec!["0008627839".into(); 1 + dice.below(20)],
        },
        3 => SealCommand::WithdrawCards {
            cards: vec!["0008627839".into()],
        },
        4 => SealCommand::SetPassword {
            new: "abc123".into(),
            old: password(),
        },
        5 => SealCommand::DynamicPassword { on: dice.one_in(2) },
        6 => SealCommand::Channels(Channels {
            sms: dice.one_in(2),
            network: true,
            rfid: dice.one_in(2),
            serial: false,
            bluetooth: true,
        }),
        7 => SealCommand::AlwaysAwake { on: true },
        8 => SealCommand::SetTime,
        _ => SealCommand::Interval {
            awake_s: 30 + dice.below(600) as u32,
            asleep_s: 600,
        },
    }
}
