//! The machine a bench ran on, as far as it says so itself: a figure without its machine means nothing.

use std::fs::read_to_string;
use std::path::Path;

use serde_json::{Value, json};

/// What it is, and what else it did when the bench began.
#[derive(Debug, Clone)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: f64,
    kernel: String,
    disk: String,
    load_average: String,
    descriptors: u64,
    toolchain: &'static str,
    profile: &'static str,
}

impl Machine {
    /// This one; the bench works in that folder.
    pub fn this(folder: &Path) -> Self {
        let memory_kib = field("/proc/meminfo", "MemTotal:");
        let memory_kib = memory_kib.split_whitespace().next().map(str::parse::<f64>);
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_kib.and_then(Result::ok).unwrap_or_default() / 1024.0 / 1024.0,
            kernel: line("/proc/sys/kernel/osrelease"),
            disk: disk(folder),
            load_average: line("/proc/loadavg"),
            descriptors: segel_server::service::descriptors().unwrap_or_default(),
            toolchain: env!("SEGEL_TOOLCHAIN"),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            },
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        format!(
            "machine: {}, {} cores, {:.1} GiB, Linux {}, disk {}, {} descriptors a process\n\
             program: segel {}, {} build, {}; load average at the start {}",
            self.processor,
            self.cores,
            self.memory_gib,
            self.kernel,
            self.disk,
            self.descriptors,
            env!("CARGO_PKG_VERSION"),
            self.profile,
            self.toolchain,
            self.load_average
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "processor": self.processor, "cores": self.cores, "memory_gib": self.memory_gib, "kernel": self.kernel,
            "disk": self.disk, "load_average": self.load_average, "descriptors": self.descriptors,
            "segel": env!("CARGO_PKG_VERSION"), "toolchain": self.toolchain, "profile": self.profile,
        })
    }

    /// How many descriptors a process may hold.
    pub fn descriptors(&self) -> u64 {
        self.descriptors
    }

    /// Why a rate is what it is, in one sentence.
    pub fn excuse(&self) -> String {
        format!(
            "{} cores of {} for server, generator and people; load average {} before the first report",
            self.cores, self.processor, self.load_average
        )
    }

    /// A machine of which nothing is known, for tests.
    #[cfg(test)]
    pub fn unknown() -> Self {
        Self::this(Path::new("/nowhere"))
    }
}

fn line(file: &str) -> String {
    let text = read_to_string(file).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// The value of a `name: value` line.
fn field(file: &str, name: &str) -> String {
    let text = read_to_string(file).unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(name));
    let value = found.map(|rest| rest.trim_start_matches([':', ' ', '\t']).trim());
    value.unwrap_or("unknown").to_owned()
}

/// The file system that a folder lies on: the mount with the longest path above it.
fn disk(folder: &Path) -> String {
    let mounts = read_to_string("/proc/self/mounts").unwrap_or_default();
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, at, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(at).then_some((at.len(), device, kind))
    });
    let deepest = above.max_by_key(|(length, _, _)| *length);
    deepest.map_or("unknown".to_owned(), |(_, device, kind)| {
        format!("{kind} on {device}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_names_its_processor_kernel_and_toolchain() {
        let machine = Machine::this(&std::env::temp_dir());
        let value = machine.json();
        for name in ["processor", "kernel", "disk", "toolchain"] {
            let text = value[name].as_str().unwrap_or_default();
            assert!(!text.is_empty() && text != "unknown", "{name}: {value}");
            assert!(machine.text().contains(text), "{name}");
        }
        assert!(value["cores"].as_u64() >= Some(1) && value["memory_gib"].as_f64() > Some(0.1));
    }
}
