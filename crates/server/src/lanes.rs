//! The lanes into the engine, each bounded. People and clocks go first, so that a flood of reports never delays an
//! officer; a full lane makes its sender wait, and so stops the reading of sockets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use segel_model::{Input, ServerTime};

use crate::ask::{Answer, Asked, Unavailable};
use crate::reported::ReportBatch;

/// People waiting for an answer; a thousand officers pressing a button in the same moment fit in.
pub const PEOPLE_LANE: usize = 1024;
/// Results of outlets and gateways; each of them has few things under way at once.
pub const RESULTS_LANE: usize = 4096;
/// Batches of reports. A desk of the gateway has two under way at most; others that report wait for room.
pub const REPORTS_LANE: usize = 1024;

/// A person's question and where its answer goes.
pub struct Question {
    /// What is asked.
    pub asked: Box<Asked>,
    /// Where the answer goes, once it is durable.
    pub answer: oneshot::Sender<Result<Answer, Unavailable>>,
}

/// What a gateway or an outlet has to say, and where the word goes that it is durable.
pub struct Told {
    /// What.
    pub input: Box<Input>,
    /// Secrets that must become durable with it.
    pub side: crate::ask::Side,
    /// Where the events decided from it go, once they are durable.
    pub durable: Option<oneshot::Sender<Durable>>,
}

/// Something said to the engine is durable.
pub struct Durable {
    /// When it was decided.
    pub at: ServerTime,
    /// What was decided.
    pub events: Vec<segel_model::Event>,
}

/// Reports and where the word goes that they are durable.
pub struct Delivered {
    /// The reports.
    pub batch: ReportBatch,
    /// Called once they are durable; dropped where they never will be.
    pub durable: WhenDurable,
}

/// What to do once something is durable.
pub type WhenDurable = Box<dyn FnOnce() + Send>;

/// Why reports were not taken.
pub enum NotDelivered {
    /// The lane is full; they are given back.
    Full(Delivered),
    /// Segel is stopping.
    Stopping,
}

/// The ends that senders hold.
#[derive(Clone)]
pub struct Senders {
    people: mpsc::Sender<Question>,
    results: mpsc::Sender<Told>,
    reports: mpsc::Sender<Delivered>,
    alarm_clock: Arc<AlarmClock>,
}

/// The ends that the engine holds.
pub struct Lanes {
    people: mpsc::Receiver<Question>,
    results: mpsc::Receiver<Told>,
    reports: mpsc::Receiver<Delivered>,
    alarm_clock: Arc<AlarmClock>,
}

/// What the engine takes next.
pub enum Next {
    /// A person asks.
    Question(Question),
    /// A gateway or an outlet tells.
    Told(Told),
    /// Seals report.
    Delivered(Delivered),
}

/// How full the lanes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Questions of people.
    pub people: usize,
    /// Results of outlets and gateways.
    pub results: usize,
    /// Batches of reports.
    pub reports: usize,
}

/// New lanes.
pub fn lanes() -> (Senders, Lanes) {
    let (people, people_out) = mpsc::channel(PEOPLE_LANE);
    let (results, results_out) = mpsc::channel(RESULTS_LANE);
    let (reports, reports_out) = mpsc::channel(REPORTS_LANE);
    let alarm_clock = Arc::new(AlarmClock::default());
    let senders = Senders {
        people,
        results,
        reports,
        alarm_clock: Arc::clone(&alarm_clock),
    };
    let lanes = Lanes {
        people: people_out,
        results: results_out,
        reports: reports_out,
        alarm_clock,
    };
    (senders, lanes)
}

impl Senders {
    /// A person's question; refused at once where a thousand others wait already.
    pub fn ask(&self, question: Question) -> Result<(), Unavailable> {
        let sent = self.people.try_send(question).map_err(|failure| match failure {
            mpsc::error::TrySendError::Full(_) => Unavailable::Busy,
            mpsc::error::TrySendError::Closed(_) => Unavailable::Stopping,
        });
        self.alarm_clock.ring();
        sent
    }

    /// Something a gateway has to say; waits for room.
    pub async fn tell(&self, told: Told) -> Result<(), Unavailable> {
        let sent = self.results.send(told).await.map_err(|_| Unavailable::Stopping);
        self.alarm_clock.ring();
        sent
    }

    /// The same from a thread of its own.
    pub fn tell_blocking(&self, told: Told) -> Result<(), Unavailable> {
        let sent = self
            .results
            .blocking_send(told)
            .map_err(|_| Unavailable::Stopping);
        self.alarm_clock.ring();
        sent
    }

    /// Reports; waits for room, and while it waits its socket is not read.
    pub async fn deliver(&self, delivered: Delivered) -> Result<(), Unavailable> {
        let sent = self
            .reports
            .send(delivered)
            .await
            .map_err(|_| Unavailable::Stopping);
        self.alarm_clock.ring();
        sent
    }

    /// The same from a thread of its own.
    pub fn deliver_blocking(&self, delivered: Delivered) -> Result<(), Unavailable> {
        let sent = self
            .reports
            .blocking_send(delivered)
            .map_err(|_| Unavailable::Stopping);
        self.alarm_clock.ring();
        sent
    }

    /// Reports, where there is room right now; otherwise they come back.
    pub fn try_deliver(&self, delivered: Delivered) -> Result<(), NotDelivered> {
        let sent = self.reports.try_send(delivered).map_err(|failure| match failure {
            mpsc::error::TrySendError::Full(delivered) => NotDelivered::Full(delivered),
            mpsc::error::TrySendError::Closed(_) => NotDelivered::Stopping,
        });
        self.alarm_clock.ring();
        sent
    }

    /// How full the lanes are.
    pub fn waiting(&self) -> Waiting {
        Waiting {
            people: self.people.max_capacity() - self.people.capacity(),
            results: self.results.max_capacity() - self.results.capacity(),
            reports: self.reports.max_capacity() - self.reports.capacity(),
        }
    }

    /// Wakes the engine, to look at something that is no lane (a wish to stop).
    pub fn wake(&self) {
        self.alarm_clock.ring();
    }
}

impl Lanes {
    /// The next thing that waits: people, then results, then reports.
    pub fn take(&mut self) -> Option<Next> {
        if let Ok(question) = self.people.try_recv() {
            return Some(Next::Question(question));
        }
        if let Ok(told) = self.results.try_recv() {
            return Some(Next::Told(told));
        }
        self.reports.try_recv().ok().map(Next::Delivered)
    }

    /// Sleeps until somebody sends, at most this long.
    pub fn sleep(&self, at_most: Duration) {
        self.alarm_clock.sleep(at_most, || {
            self.people.is_empty() && self.results.is_empty() && self.reports.is_empty()
        });
    }

    /// Takes nothing more in; what waits can still be taken out.
    pub fn close(&mut self) {
        self.people.close();
        self.results.close();
        self.reports.close();
    }
}

/// Wakes the engine's thread, and costs a sender next to nothing while it is awake.
#[derive(Default)]
struct AlarmClock {
    asleep: AtomicBool,
    sleeper: OnceLock<Thread>,
}

impl AlarmClock {
    fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }

    /// Says that it sleeps before it looks a last time: who sends after that look finds the sleeper and wakes it.
    fn sleep(&self, at_most: Duration, nothing_waits: impl FnOnce() -> bool) {
        self.sleeper.get_or_init(std::thread::current);
        self.asleep.store(true, Ordering::SeqCst);
        if nothing_waits() {
            std::thread::park_timeout(at_most);
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use segel_model::{Command, Principal, TripId};

    use super::*;

    fn question() -> Question {
        let command = Command::SubmitTrip { trip: TripId(1) };
        let principal = Principal::System;
        let input = segel_model::input::CommandInput {
            principal,
            recorded: None,
            recorded_offset_ms: 0,
            command,
        };
        let asked = Box::new(Asked {
            input,
            side: crate::ask::Side::default(),
        });
        Question {
            asked,
            answer: oneshot::channel().0,
        }
    }

    fn delivered() -> Delivered {
        Delivered {
            batch: ReportBatch::default(),
            durable: Box::new(|| ()),
        }
    }

    fn told() -> Told {
        Told {
            input: Box::new(Input::Tick),
            side: crate::ask::Side::default(),
            durable: None,
        }
    }

    fn order(lanes: &mut Lanes) -> String {
        let letter = |next| match next {
            Next::Question(_) => 'q',
            Next::Told(_) => 't',
            Next::Delivered(_) => 'd',
        };
        std::iter::from_fn(|| lanes.take()).map(letter).collect()
    }

    /// Law 12: a flood of reports never delays an officer.
    #[tokio::test]
    async fn people_go_first_however_late_they_come() {
        let (senders, mut lanes) = lanes();
        senders.deliver(delivered()).await.expect("there is room");
        senders.deliver(delivered()).await.expect("there is room");
        senders.tell(told()).await.expect("there is room");
        senders.ask(question()).expect("there is room");
        assert_eq!(
            senders.waiting(),
            Waiting {
                people: 1,
                results: 1,
                reports: 2
            }
        );
        assert_eq!(order(&mut lanes), "qtdd");
    }

    #[tokio::test]
    async fn a_full_lane_of_reports_makes_its_sender_wait_and_leaves_people_alone() {
        let (senders, mut lanes) = lanes();
        for _ in 0..REPORTS_LANE {
            senders.deliver(delivered()).await.expect("there is room");
        }
        let mut waiting = Box::pin(senders.deliver(delivered()));
        assert!(futures_poll(&mut waiting).is_pending());
        senders.ask(question()).expect("people have their own lane");
        lanes.take();
        lanes.take();
        waiting.await.expect("one place is free");
    }

    #[tokio::test]
    async fn a_full_lane_of_people_says_so_and_a_closed_one_too() {
        let (senders, mut lanes) = lanes();
        (0..PEOPLE_LANE).for_each(|_| senders.ask(question()).expect("there is room"));
        assert_eq!(senders.ask(question()), Err(Unavailable::Busy));
        lanes.close();
        assert_eq!(senders.ask(question()), Err(Unavailable::Stopping));
        assert_eq!(order(&mut lanes).len(), PEOPLE_LANE, "what waits is still taken");
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::Pin::new(future).poll(&mut context)
    }
}
