//! What this process has used: processor time, memory, bytes handed to the disk.

use std::fs::read_to_string;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Time since a moment, by the wall and by the processors.
pub struct Watch {
    wall: Instant,
    cpu: Duration,
}

impl Watch {
    /// From now on.
    pub fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu(),
        }
    }

    /// How long it has run.
    pub fn wall(&self) -> Duration {
        self.wall.elapsed()
    }

    /// Processor time of all threads since.
    pub fn cpu(&self) -> Duration {
        cpu().saturating_sub(self.cpu)
    }
}

fn cpu() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), used.tv_nsec as u32)
}

/// Bytes of memory in use, the kernel's view.
pub fn resident_bytes() -> u64 {
    1024 * number("/proc/self/status", "VmRSS:")
}

/// Bytes this process has had written to a disk so far.
pub fn written_bytes() -> u64 {
    number("/proc/self/io", "write_bytes:")
}

fn number(file: &str, field: &str) -> u64 {
    let text = read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_noticed() {
        let (watch, before) = (Watch::start(), resident_bytes());
        let taken: Vec<u64> = (0..4 << 20).collect();
        assert_eq!(taken.iter().sum::<u64>(), (4 << 20) * ((4 << 20) - 1) / 2);
        assert!(before + (30 << 20) < resident_bytes());
        assert!(Duration::ZERO < watch.cpu() && watch.cpu() < 64 * watch.wall() + Duration::from_secs(1));
    }
}
