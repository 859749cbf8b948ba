//! The simulator's time: true, or running ahead of the world so that a demo's past is made in seconds.
//!
//! Everything simulated asks here for the time and sleeps here, and the server it speaks to is given the same clock.

use std::time::{Duration, Instant};

/// A clock that started somewhere and runs at some speed.
#[derive(Debug, Clone, Copy)]
pub struct Tempo {
    started: Instant,
    started_unix_ms: i64,
    speed: f64,
}

impl Tempo {
    /// The world's own time.
    pub fn true_time() -> Self {
        Self::from(jiff::Timestamp::now().as_millisecond(), 1.0)
    }

    /// Time that starts at a moment and runs `speed` times as fast as the world's.
    pub fn from(unix_ms: i64, speed: f64) -> Self {
        Self {
            started: Instant::now(),
            started_unix_ms: unix_ms,
            speed,
        }
    }

    /// Milliseconds since 1970.
    pub fn now_unix_ms(&self) -> i64 {
        self.started_unix_ms + (self.started.elapsed().as_secs_f64() * 1000.0 * self.speed) as i64
    }

    /// Seconds since 1970.
    pub fn now_unix_s(&self) -> i64 {
        self.now_unix_ms().div_euclid(1000)
    }

    /// How long the world must wait for so much simulated time.
    pub fn real(&self, simulated: Duration) -> Duration {
        simulated.div_f64(self.speed)
    }

    /// Waits for simulated time, holding this thread.
    pub fn pause(&self, simulated: Duration) {
        std::thread::sleep(self.real(simulated));
    }

    /// Waits for simulated time.
    pub async fn sleep(&self, simulated: Duration) {
        tokio::time::sleep(self.real(simulated)).await;
    }

    /// Whether it is the world's own time.
    pub fn is_true(&self) -> bool {
        self.speed == 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_passes_in_six_seconds() {
        let tempo = Tempo::from(0, 600.0);
        assert_eq!(tempo.real(Duration::from_secs(3600)), Duration::from_secs(6));
    }

    #[test]
    fn true_time_is_the_systems() {
        let off_ms = Tempo::true_time().now_unix_ms() - jiff::Timestamp::now().as_millisecond();
        assert!(off_ms.abs() < 1000, "{off_ms}");
    }
}
