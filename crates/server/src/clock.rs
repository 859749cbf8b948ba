//! Server time: the one file that reads the clock.
//!
//! Server time never runs back. A wall clock stepped forward is adopted at once; one stepped back is waited for at a
//! creep, so that two moments are still told apart. Either is noted, so that the engine journals it as an event.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use segel_model::ServerTime;
use segel_model::time::CREEP_PART;

/// A difference above this is a step; below it the wall clock is being slewed, or a reading was late.
const STEP_NS: i64 = 1_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// The two clocks of a machine. A test brings its own.
pub trait Reader: Send {
    /// The wall clock: nanoseconds since 1970, may jump.
    fn wall_ns(&mut self) -> i64;
    /// Nanoseconds since some moment; never runs back, knows no date.
    fn steady_ns(&mut self) -> i64;
    /// How much quicker than the world it runs right now.
    fn speed(&mut self) -> f64 {
        1.0
    }
}

/// Server time, shared by all threads.
#[derive(Clone)]
pub struct Clock {
    inner: Arc<Mutex<Inner>>,
    leaped_ms: Arc<AtomicI64>,
}

struct Inner {
    reader: Box<dyn Reader>,
    server_ns: i64,
    steady_ns: i64,
    waiting: bool,
    steps_ms: Vec<i64>,
    leaped_ms: Arc<AtomicI64>,
}

/// The most steps kept until somebody takes them; a clock that jumps more often is summed up in the last.
const STEPS_KEPT: usize = 16;

impl Clock {
    /// The clock of this machine, never before `floor` (the last moment the journal knows).
    pub fn system(floor: Option<ServerTime>) -> Self {
        Self::new(
            Box::new(System {
                started: Instant::now(),
            }),
            floor,
        )
    }

    /// A clock that reads `reader`.
    pub fn new(mut reader: Box<dyn Reader>, floor: Option<ServerTime>) -> Self {
        let wall_ns = reader.wall_ns();
        let leaped_ms = Arc::<AtomicI64>::default();
        let floor_ns = floor.map_or(i64::MIN, |floor| floor.unix_ms.saturating_mul(NS_PER_MS));
        let mut inner = Inner {
            steady_ns: reader.steady_ns(),
            reader,
            server_ns: wall_ns.max(floor_ns),
            waiting: false,
            steps_ms: Vec::new(),
            leaped_ms: Arc::clone(&leaped_ms),
        };
        if STEP_NS < inner.server_ns.saturating_sub(wall_ns) {
            inner.wait_for(wall_ns);
        }
        Self {
            inner: Arc::new(Mutex::new(inner)),
            leaped_ms,
        }
    }

    /// Whether it runs quicker than the world right now, as a demonstration's past does.
    pub fn is_virtual(&self) -> bool {
        self.lock().reader.speed() != 1.0
    }

    /// What time it is.
    pub fn now(&self) -> ServerTime {
        let mut inner = self.lock();
        inner.advance();
        ServerTime::from_unix_ms(inner.server_ns / NS_PER_MS)
    }

    /// How long the world takes from one moment of server time to another: as long, unless a demonstration's clock rushes.
    pub fn until(&self, now: ServerTime, then: ServerTime) -> Duration {
        let ms = then.since_ms(now).max(0).unsigned_abs();
        Duration::from_millis(ms).div_f64(self.lock().reader.speed())
    }

    /// The steps of the wall clock since this was last asked, in milliseconds, forward positive.
    pub fn take_steps(&self) -> Vec<i64> {
        std::mem::take(&mut self.lock().steps_ms)
    }

    /// How much of the server time that has passed since the start never did: the wall clock was set forward, or the machine
    /// slept. Who waits for somebody else does not count it.
    pub fn leaped_ms(&self) -> i64 {
        self.leaped_ms.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn advance(&mut self) {
        let steady_ns = self.reader.steady_ns();
        let elapsed_ns = steady_ns.saturating_sub(self.steady_ns).max(0);
        self.steady_ns = steady_ns;
        let wall_ns = self.reader.wall_ns();
        let ahead_ns = wall_ns.saturating_sub(self.server_ns.saturating_add(elapsed_ns));
        if self.server_ns <= wall_ns {
            self.waiting = false;
            // A clock that is set right before it was waited for leaps, too: who spoke meanwhile spoke a moment ago.
            if STEP_NS < ahead_ns {
                self.note(ahead_ns);
                self.leaped_ms.fetch_add(ahead_ns / NS_PER_MS, Ordering::Relaxed);
            }
            self.server_ns = wall_ns;
            return;
        }
        if ahead_ns < -STEP_NS {
            self.wait_for(wall_ns);
        }
        self.server_ns = self.server_ns.saturating_add(elapsed_ns / CREEP_PART);
    }

    /// The wall clock lies behind: noted once for each wait.
    fn wait_for(&mut self, wall_ns: i64) {
        if !std::mem::replace(&mut self.waiting, true) {
            self.note(wall_ns.saturating_sub(self.server_ns));
        }
    }

    fn note(&mut self, by_ns: i64) {
        let by_ms = by_ns / NS_PER_MS;
        let full = STEPS_KEPT <= self.steps_ms.len();
        match self.steps_ms.last_mut() {
            Some(last) if full => *last = last.saturating_add(by_ms),
            _ => self.steps_ms.push(by_ms),
        }
    }
}

struct System {
    started: Instant,
}

impl Reader for System {
    fn wall_ns(&mut self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    fn steady_ns(&mut self) -> i64 {
        i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }
}

/// A clock that begins in the past and rushes until it has caught up with the world: a demonstration plays its past so.
pub struct Rushing {
    system: System,
    from_ns: i64,
    speed: f64,
}

impl Rushing {
    /// Begins `behind` before now and runs `speed` times as fast as the world.
    pub fn new(behind: Duration, speed: f64) -> Self {
        let mut system = System {
            started: Instant::now(),
        };
        let behind_ns = i64::try_from(behind.as_nanos()).unwrap_or(i64::MAX);
        Self {
            from_ns: system.wall_ns().saturating_sub(behind_ns),
            system,
            speed,
        }
    }

    fn rushed_ns(&mut self) -> i64 {
        let rushed = self.system.steady_ns() as f64 * self.speed;
        self.from_ns.saturating_add(rushed as i64)
    }
}

impl Reader for Rushing {
    fn wall_ns(&mut self) -> i64 {
        self.rushed_ns().min(self.system.wall_ns())
    }

    /// The same as the wall clock: catching up is no step of it.
    fn steady_ns(&mut self) -> i64 {
        self.wall_ns()
    }

    fn speed(&mut self) -> f64 {
        if self.rushed_ns() < self.system.wall_ns() {
            self.speed
        } else {
            1.0
        }
    }
}

/// A clock moved by hand, for tests and simulations.
#[derive(Clone, Default)]
pub struct Hand {
    times_ns: Arc<Mutex<(i64, i64)>>,
}

impl Hand {
    /// A hand clock that shows this moment.
    pub fn at(now: ServerTime) -> Self {
        let hand = Self::default();
        hand.step_ms(now.unix_ms);
        hand
    }

    /// Time passes.
    pub fn pass_ms(&self, ms: i64) {
        let mut times_ns = self.times_ns.lock().unwrap_or_else(PoisonError::into_inner);
        times_ns.0 += ms * NS_PER_MS;
        times_ns.1 += ms * NS_PER_MS;
    }

    /// Somebody sets the wall clock.
    pub fn step_ms(&self, ms: i64) {
        self.times_ns.lock().unwrap_or_else(PoisonError::into_inner).0 += ms * NS_PER_MS;
    }

    /// A clock that reads this hand.
    pub fn clock(&self) -> Clock {
        Clock::new(Box::new(self.clone()), None)
    }
}

impl Reader for Hand {
    fn wall_ns(&mut self) -> i64 {
        self.times_ns.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn steady_ns(&mut self) -> i64 {
        self.times_ns.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: ServerTime = ServerTime::from_unix_ms(1_767_225_600_000);

    fn since_start_ms(clock: &Clock) -> i64 {
        clock.now().since_ms(START)
    }

    #[test]
    fn time_passes_with_the_wall_clock_and_leaves_no_event() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.pass_ms(5);
        assert_eq!(since_start_ms(&clock), 5);
        hand.step_ms(1000); // Exactly a second is still no step.
        assert_eq!(since_start_ms(&clock), 1005);
        assert!(clock.take_steps().is_empty());
    }

    #[test]
    fn a_step_forward_is_adopted_and_noted_once() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.pass_ms(10);
        hand.step_ms(60_000);
        assert_eq!(since_start_ms(&clock), 60_010);
        assert_eq!(since_start_ms(&clock), 60_010);
        assert_eq!(clock.take_steps(), [60_000]);
        assert!(clock.take_steps().is_empty());
        assert_eq!(clock.leaped_ms(), 60_000);
    }

    #[test]
    fn what_is_set_back_and_forward_again_leaps_only_by_what_lies_beyond() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.step_ms(-60_000);
        assert_eq!(since_start_ms(&clock), 0);
        hand.step_ms(150_000);
        hand.pass_ms(500);
        assert_eq!(since_start_ms(&clock), 90_500);
        assert_eq!(clock.leaped_ms(), 90_000);
        hand.pass_ms(500);
        assert_eq!((since_start_ms(&clock), clock.leaped_ms()), (91_000, 90_000));
        assert_eq!(clock.take_steps(), [-60_000, 90_000]);
    }

    /// Five minutes of the wait are five seconds of server time; set right, it leaps by the rest of them, and says so.
    #[test]
    fn a_clock_set_right_before_it_was_waited_for_leaps() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.step_ms(-3_600_000);
        clock.now();
        hand.pass_ms(320_000);
        assert_eq!(since_start_ms(&clock), 5_000);
        hand.step_ms(3_600_000);
        assert_eq!(since_start_ms(&clock), 320_000);
        assert_eq!(clock.take_steps(), [-3_600_000, 315_000]);
        assert_eq!(clock.leaped_ms(), 315_000);
    }

    #[test]
    fn a_step_back_is_waited_for_at_a_creep_and_noted_once() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.step_ms(-60_000);
        assert_eq!(since_start_ms(&clock), 0);
        hand.pass_ms(6_400);
        assert_eq!(since_start_ms(&clock), 100, "a sixty-fourth of its speed");
        assert_eq!(clock.take_steps(), [-60_000]);
        hand.pass_ms(64_000);
        assert_eq!(since_start_ms(&clock), 10_400, "the wall clock has caught up");
        assert!(clock.take_steps().is_empty());
        hand.step_ms(-60_000);
        clock.now();
        assert_eq!(clock.take_steps(), [-60_000], "the next step is another event");
    }

    #[test]
    fn a_small_step_back_never_runs_back_and_leaves_no_event() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        hand.pass_ms(100);
        assert_eq!(since_start_ms(&clock), 100);
        hand.step_ms(-1000);
        assert_eq!(since_start_ms(&clock), 100);
        assert!(clock.take_steps().is_empty());
    }

    #[test]
    fn a_wall_clock_behind_the_journal_is_waited_for_from_the_start() {
        let hand = Hand::at(START);
        let clock = Clock::new(Box::new(hand), Some(START.plus_s(3600)));
        assert_eq!(since_start_ms(&clock), 3_600_000);
        assert_eq!(clock.take_steps(), [-3_600_000]);
    }

    #[test]
    fn steps_that_nobody_takes_are_summed_up() {
        let hand = Hand::at(START);
        let clock = hand.clock();
        for _ in 0..20 {
            hand.step_ms(2000);
            clock.now();
        }
        let steps = clock.take_steps();
        assert_eq!((steps.len(), steps.iter().sum::<i64>()), (STEPS_KEPT, 40_000));
    }
}
