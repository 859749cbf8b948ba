//! Conversation after conversation with one decoder, until so many bytes were said or so much time has passed; and what they
//! took.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use segel_model::report::Protocol;

use crate::{Conversation, conversation::Told, dice::Dice, stream::Maker};

/// No input may take longer for each of its KiB, begun or whole.
pub const SLOWEST_NS_A_KIB: u64 = 1_000_000;
/// One conversation in so many is looked at twice over, which takes longer than to hold it.
const CHECKED_ONE_IN: u64 = 16;
/// How often a slow conversation is held again; the quickest counts, for machines are busy.
const HELD_AGAIN: usize = 5;
/// Bytes of a find that are shown.
const SHOWN: usize = 512;
/// How often a find is made smaller.
const SMALLER: usize = 2_000;

/// How long a run is.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// Until so many bytes were said.
    Bytes(u64),
    /// Until so much time has passed.
    Time(Duration),
}

/// What a run took.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Which decoder.
    pub protocol: Protocol,
    /// Bytes said.
    pub bytes: u64,
    /// Conversations held.
    pub conversations: u64,
    /// What they reported.
    pub reports: u64,
    /// What was odd in them.
    pub oddities: u64,
    /// How many the session ended.
    pub closed: u64,
    /// Processor time spent in the decoder.
    pub decoding: Duration,
    /// The slowest input, in nanoseconds for each KiB.
    pub slowest_ns: u64,
    /// The number of its conversation.
    pub slowest_seed: u64,
    /// The most bytes that a session held, drained.
    pub held: usize,
    /// The most bytes of memory at once, reports and all.
    pub most: usize,
}

/// Something that must not be.
#[derive(Debug, Clone)]
pub struct Find {
    /// In which decoder.
    pub protocol: Protocol,
    /// The number of the conversation.
    pub seed: u64,
    /// What is wrong.
    pub what: String,
    /// What was said, made smaller where that shows the same.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: conversation {}: {}",
            self.protocol.name(),
            self.seed,
            self.what
        )?;
        if SHOWN < self.bytes.len() {
            return write!(f, "{} bytes", self.bytes.len());
        }
        write!(f, "a line for fuzz/corpus/{}.txt: ", self.protocol.name())?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Holds conversations from a number on.
pub fn run(protocol: Protocol, first_seed: u64, limit: Limit) -> Result<Figures, Find> {
    let (maker, begun) = (Maker::default(), Instant::now());
    let mut figures = Figures::none(protocol);
    let mut bytes = Vec::new();
    for seed in first_seed.. {
        let is_over = match limit {
            Limit::Bytes(bytes) => bytes <= figures.bytes,
            // A look at the clock costs as much as a report.
            Limit::Time(time) => seed.is_multiple_of(64) && time <= begun.elapsed(),
        };
        if is_over {
            break;
        }
        maker.fill(protocol, &mut Dice::of(seed), &mut bytes);
        let conversation = Conversation {
            protocol,
            seed,
            bytes: &bytes,
        };
        figures.add(&conversation)?;
    }
    Ok(figures)
}

impl Figures {
    fn none(protocol: Protocol) -> Self {
        Self {
            protocol,
            bytes: 0,
            conversations: 0,
            reports: 0,
            oddities: 0,
            closed: 0,
            decoding: Duration::ZERO,
            slowest_ns: 0,
            slowest_seed: 0,
            held: 0,
            most: 0,
        }
    }

    fn add(&mut self, conversation: &Conversation<'_>) -> Result<(), Find> {
        let begun = worked();
        let told = find(conversation, |conversation| conversation.hold())?;
        let took = worked().saturating_sub(begun);
        self.tell(conversation, &told, took);
        self.look_at_slow(conversation, took)?;
        if conversation.seed.is_multiple_of(CHECKED_ONE_IN) {
            find(conversation, |conversation| conversation.check())?;
        }
        Ok(())
    }

    fn tell(&mut self, conversation: &Conversation<'_>, told: &Told, took: Duration) {
        self.bytes += conversation.bytes.len() as u64;
        self.conversations += 1;
        self.reports += told.reports;
        self.oddities += told.oddities;
        self.closed += u64::from(told.closed);
        self.decoding += took;
        self.held = self.held.max(told.held);
        self.most = self.most.max(told.most);
    }

    fn look_at_slow(&mut self, conversation: &Conversation<'_>, took: Duration) -> Result<(), Find> {
        if ns_a_kib(conversation, took) <= self.slowest_ns {
            return Ok(());
        }
        let again = (0..HELD_AGAIN).map(|_| {
            let begun = worked();
            conversation.hold();
            worked().saturating_sub(begun)
        });
        let quickest = again.fold(took, Duration::min);
        let ns = ns_a_kib(conversation, quickest);
        if self.slowest_ns < ns {
            (self.slowest_ns, self.slowest_seed) = (ns, conversation.seed);
        }
        // What is not optimised is not judged.
        if cfg!(debug_assertions) || ns <= SLOWEST_NS_A_KIB {
            return Ok(());
        }
        Err(Find {
            protocol: conversation.protocol,
            seed: conversation.seed,
            what: format!("{ns} ns for each KiB, more than {SLOWEST_NS_A_KIB}"),
            bytes: conversation.bytes.to_vec(),
        })
    }
}

/// Processor time of this thread so far.
fn worked() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), used.tv_nsec as u32)
}

fn ns_a_kib(conversation: &Conversation<'_>, took: Duration) -> u64 {
    let kib = conversation.bytes.len().div_ceil(1024).max(1) as u64;
    took.as_nanos() as u64 / kib
}

thread_local! {
    /// Whether a panic of this thread is a find, and what the last one said.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps what a panic says for the find that it is, instead of printing it two thousand times. Other panics are printed as ever.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_ours = CAUGHT.with_borrow_mut(|caught| {
                let said = caught.as_mut().map(|caught| *caught = panic.to_string());
                said.is_some()
            });
            if !is_ours {
                others(panic);
            }
        }));
    });
}

/// What it said where it panicked.
fn caught<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    keep_panics();
    CAUGHT.set(Some(String::new()));
    let done = catch_unwind(AssertUnwindSafe(act));
    let said = CAUGHT.take().unwrap_or_default();
    done.map_err(|_| said)
}

/// Does something with a conversation; a panic is a find.
fn find<T>(conversation: &Conversation<'_>, act: fn(&Conversation<'_>) -> T) -> Result<T, Find> {
    caught(|| act(conversation)).map_err(|what| Find {
        protocol: conversation.protocol,
        seed: conversation.seed,
        what,
        bytes: smaller(conversation, |conversation| caught(|| act(conversation)).is_err()),
    })
}

/// The bytes without parts that it takes none of.
fn smaller(conversation: &Conversation<'_>, fails: impl Fn(&Conversation<'_>) -> bool) -> Vec<u8> {
    let mut bytes = conversation.bytes.to_vec();
    let mut dice = Dice::of(conversation.seed);
    for _ in 0..SMALLER {
        if bytes.is_empty() {
            break;
        }
        let from = dice.below(bytes.len());
        let length = 1 + dice.below(bytes.len() - from);
        let mut shorter = bytes.clone();
        shorter.drain(from..from + length);
        let less = Conversation {
            bytes: &shorter,
            ..*conversation
        };
        if fails(&less) {
            bytes = shorter;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_is_made_smaller_while_it_shows_the_same() {
        let conversation = Conversation {
            protocol: Protocol::Kingwo,
            seed: 7,
            bytes: b"many bytes around a # and behind it",
        };
        let bytes = smaller(&conversation, |conversation| conversation.bytes.contains(&b'#'));
        assert_eq!(bytes, b"#");
    }

    #[test]
    fn a_conversation_is_told_by_its_number() {
        let figures = |seed| {
            let figures = run(Protocol::Kingwo, seed, Limit::Bytes(20_000)).expect("no find");
            (
                figures.bytes,
                figures.conversations,
                figures.reports,
                figures.oddities,
            )
        };
        assert_eq!(figures(5), figures(5));
        assert_ne!(figures(5), figures(6));
        assert!(0 < figures(5).2);
    }
}
