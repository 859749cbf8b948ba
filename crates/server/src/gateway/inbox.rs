//! What reaches a desk from other threads: that reports are durable, that an order waits, that an answer has come.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Wake;

/// A line of a desk: the slot it sits in, and the number of its connection, which is not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// Its slot, free again when the line is over.
    pub slot: u32,
    /// Its number.
    pub number: u64,
}

/// One thing to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The reports of that flight are durable.
    Durable(u64),
    /// The reports of that flight never will be: the engine has ended.
    Lost(u64),
    /// An order waits for the line, or it must close.
    Rung(LineKey),
    /// What the line waited for has come.
    Woken(LineKey),
}

/// The notes of one desk. Each line can be the cause of few at a time, so that they are as bounded as the lines.
#[derive(Default)]
pub struct Inbox {
    notes: Mutex<Vec<Note>>,
    waker: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Inbox {
    /// Names what wakes the desk's thread; without it nobody sleeps.
    pub fn wake_by(&self, waker: impl Fn() + Send + Sync + 'static) {
        let first = self.waker.set(Box::new(waker));
        assert!(first.is_ok(), "a desk has one thread");
    }

    /// Wakes the desk's thread.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker();
        }
    }

    /// Leaves a note. Who finds others lying there need not wake anybody.
    pub fn put(&self, note: Note) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(note);
        let first = notes.len() == 1;
        drop(notes);
        if first {
            self.wake();
        }
    }

    /// Takes all of them, in their order.
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A flight that the engine has in hand. Whatever becomes of it, the desk hears it.
pub(super) struct InHand {
    pub(super) inbox: Arc<Inbox>,
    pub(super) flight: u64,
    pub(super) durable: bool,
}

impl InHand {
    pub(super) fn land(mut self) {
        self.durable = true;
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.inbox.put(if self.durable {
            Note::Durable(self.flight)
        } else {
            Note::Lost(self.flight)
        });
    }
}

/// Leaves a note when what a line waits for has come.
pub(super) struct LineWaker {
    pub(super) inbox: Arc<Inbox>,
    pub(super) key: LineKey,
}

impl Wake for LineWaker {
    fn wake(self: Arc<Self>) {
        self.inbox.put(Note::Woken(self.key));
    }
}
