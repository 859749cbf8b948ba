//! SKP in a simulated world: it has outages, loses answers, refuses, takes its time, and remembers every word it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use segel_model::skp::MessageCode;
use segel_model::{MessageId, ServerTime};
use segel_server::outlet::{Attempt, Line};
use serde_json::{Value, json};

use super::dice::Dice;

/// What SKP heard.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which message of ours.
    pub message: MessageId,
    /// Its code.
    pub code: MessageCode,
    /// The message as sent.
    pub body: Value,
    /// Whether SKP took it, though its answer may have been lost.
    pub taken: bool,
}

/// The office at the other end.
#[derive(Clone)]
pub struct Office {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    dice: Dice,
    now_ms: i64,
    /// From when to when it is down.
    outages: Vec<(i64, i64)>,
    told: Vec<Told>,
    /// Planted: a message is held back and let in after the next one.
    reverses: bool,
    held_back: Option<Told>,
    counts: Counts,
}

/// How often each mood of SKP occurred.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Calls while it was down.
    pub down: u64,
    /// Messages taken whose answer was lost.
    pub lost_answers: u64,
    /// Messages refused.
    pub refused: u64,
    /// Messages taken.
    pub taken: u64,
}

/// What is under way of one call.
struct Calls {
    office: Office,
    under_way: VecDeque<(i64, MessageId, Attempt)>,
}

impl Office {
    /// An office that will be down at these times.
    pub fn new(dice: Dice, outages: Vec<(i64, i64)>, reverses: bool) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                dice,
                now_ms: 0,
                outages,
                told: Vec::new(),
                reverses,
                held_back: None,
                counts: Counts::default(),
            })),
        }
    }

    /// Time passes there too.
    pub fn set_time(&self, now_ms: i64) {
        self.lock().now_ms = now_ms;
    }

    /// A line to it, for one life of the process.
    pub fn line(&self) -> Box<dyn Line> {
        Box::new(Calls {
            office: self.clone(),
            under_way: VecDeque::new(),
        })
    }

    /// Every word it was told, in order.
    pub fn told(&self) -> Vec<Told> {
        self.lock().told.clone()
    }

    /// What occurred.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Hears a message; when its answer comes and what it is.
    fn hear(&mut self, message: MessageId, code: MessageCode, body: Value) -> (i64, Attempt) {
        let now_ms = self.now_ms;
        let soon = now_ms
            + if self.dice.once_in(4) {
                self.dice.between(0, 90_000)
            } else {
                0
            };
        if self
            .outages
            .iter()
            .any(|(from, until)| (*from..*until).contains(&now_ms))
        {
            self.counts.down += 1;
            return (soon, Attempt::judged(503, &json!({"status": "Failed"})));
        }
        let known = body["idPesan"].clone();
        let again = self
            .told
            .iter()
            .any(|before| before.taken && before.body["idPesan"] == known);
        let refuses = !again && self.dice.once_in(25);
        self.keep(Told {
            message,
            code,
            body,
            taken: !refuses,
        });
        if refuses {
            self.counts.refused += 1;
            return (
                soon,
                Attempt::judged(422, &json!({"message": "1023 tidak sesuai pola"})),
            );
        }
        if self.dice.once_in(12) {
            self.counts.lost_answers += 1;
            return (soon, Attempt::Failed("no answer in time".into()));
        }
        self.counts.taken += 1;
        let answer = if again {
            json!({"status": "Failed", "message": "Duplikat idPesan"})
        } else {
            json!({"status": "Success", "item": {"nomorReferensi": "SKP1"}})
        };
        (soon, Attempt::judged(200, &answer))
    }

    fn keep(&mut self, told: Told) {
        if self.reverses && self.held_back.is_none() && self.dice.once_in(3) {
            self.held_back = Some(told);
            return;
        }
        self.told.push(told);
        self.told.extend(self.held_back.take());
    }
}

impl Line for Calls {
    fn call(&mut self, message: MessageId, code: MessageCode, body: Value, _now: ServerTime) {
        let (due, attempt) = self.office.lock().hear(message, code, body);
        self.under_way.push_back((due, message, attempt));
    }

    fn answer(&mut self, _patience: Duration) -> Option<(MessageId, Attempt)> {
        let now_ms = self.office.lock().now_ms;
        let place = self.under_way.iter().position(|(due, ..)| *due <= now_ms)?;
        self.under_way
            .remove(place)
            .map(|(_, message, attempt)| (message, attempt))
    }
}
