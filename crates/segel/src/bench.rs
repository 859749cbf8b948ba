//! `segel bench`: figures of speed and size, each beside a reference measured in the same run. Absolute numbers drift with
//! the machine; the ratios are what to compare.
//!
//! As in life there are several processes, though on one machine: Segel itself (`segel serve`), the seals (`segel sim load`),
//! the bare loop that Segel is held against (`segel sim bare`), and this one, which plays the people and follows the live
//! stream. Every seal is sealed and in transit on a trip, and a counter of the server must have grown by one for each report
//! that was judged against its corridor. Everything acknowledged must be in the folder after Segel was killed.

pub mod table;
pub mod machine;

mod program;
mod town;
mod rates;
mod alarms;
mod tail;
mod live;
mod memory;
mod disk;
mod reference;

mod decode;
mod cost;
mod inside;
mod ground;
mod growth;
mod state;
mod start;
mod month;
mod frames;

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use segel_sim::convoy::Road;

use machine::Machine;
use table::Table;
use town::{Crowd, PIECES, Prepared};

/// How large and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Only these groups of figures, by name; all of them without.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often everything is measured; the table shows the median and the range.
    #[arg(long, default_value_t = 1)]
    repeat: u32,
    /// Writes the table as JSON, too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// As small as it goes: shows that everything is measured, not how quick anything is.
    #[arg(long)]
    quick: bool,
    /// The most seals at once: a smaller bench is prepared sooner, and the table says how small it was.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..))]
    seals: Option<u32>,
    /// Where the bench keeps its files; it makes a folder of its own there.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// A folder with everything under way, made there if there is none: making it takes minutes. It grows stale within
    /// hours, because trips that nobody ends become late.
    #[arg(long)]
    prepared: Option<PathBuf>,
    /// Seconds of each measurement of rates.
    #[arg(long)]
    seconds: Option<f64>,
    /// Reports of the month; as many as a thousand seals say in one at one a minute.
    #[arg(long, default_value_t = 43_200_000)]
    month_reports: u64,
    /// Reports in the store that is started on after a crash.
    #[arg(long, default_value_t = 10_000_000)]
    start_reports: u64,
    /// For the bench itself: found so many seals and say what they take in memory.
    #[arg(long, hide = true)]
    state_of: Option<u64>,
}

/// One group of figures, and how they are read. A group needs nothing of another, so that each runs alone.
pub struct Section {
    /// Its name, for `--only`.
    pub group: &'static str,
    /// Reads each figure once.
    pub measure: fn(&Setting, &mut Table) -> Result<()>,
}

/// What a section needs to know.
pub struct Setting {
    /// An empty folder of its own, deleted afterwards.
    pub folder: PathBuf,
    /// As small as it goes.
    pub quick: bool,
    /// What was asked for.
    pub options: Options,
    /// Where it runs.
    pub machine: Machine,
    prepared: RefCell<Option<Prepared>>,
    above: PathBuf,
}

/// How large a bench is.
pub struct Size {
    /// Connections of the measurements in lockstep, the usual number among them.
    connections: Vec<u32>,
    /// Connections of everything else.
    usual: u32,
    /// Connections whose memory is weighed.
    weighed: Vec<u32>,
    /// Connections of each of several servers.
    of_each_server: u32,
    /// How long latencies are watched for what goes on in the background; a snapshot is written every minute.
    tail: Duration,
    /// Who is there.
    crowd: Crowd,
}

impl Size {
    /// As the issue asks for: 18,000 is what fits into 20,000 descriptors.
    const MOST: u32 = 18_000;

    /// With so many seals at most.
    fn of(seals: u32) -> Self {
        let up_to = |some: &[u32]| {
            let mut fitting: Vec<u32> = some.iter().copied().filter(|count| *count < seals).collect();
            fitting.push(seals);
            fitting
        };
        Self {
            connections: up_to(&[200, 1_000, 10_000]),
            usual: seals.min(1_000),
            weighed: up_to(&[10_000]),
            of_each_server: seals.min(16_700),
            tail: Duration::from_secs(130),
            crowd: Crowd {
                reporting: seals,
                cut: seals.min(1_000),
                idle: seals,
                watchers: 200,
            },
        }
    }

    /// As small as it goes.
    fn quick() -> Self {
        Self {
            connections: vec![2, 4],
            usual: 4,
            weighed: vec![4],
            of_each_server: 4,
            tail: Duration::from_secs(1),
            crowd: Crowd {
                reporting: 4,
                cut: 3,
                idle: 4,
                watchers: 3,
            },
        }
    }
}

impl Setting {
    /// How large it is.
    pub fn size(&self) -> Size {
        if self.quick {
            Size::quick()
        } else {
            Size::of(self.options.seals.unwrap_or(Size::MOST))
        }
    }

    /// How long a rate is measured.
    pub fn seconds(&self) -> Duration {
        let usual = if self.quick { 0.5 } else { 6.0 };
        Duration::from_secs_f64(self.options.seconds.unwrap_or(usual).clamp(0.1, 3600.0))
    }

    /// Everything under way, prepared once.
    fn prepared(&self) -> Result<Prepared> {
        if let Some(prepared) = self.prepared.borrow().as_ref() {
            return Ok(prepared.clone());
        }
        let folder = self.options.prepared.clone();
        let folder = folder.unwrap_or_else(|| self.above.join("prepared"));
        let prepared = Prepared::in_folder(&folder, self.size().crowd)?;
        *self.prepared.borrow_mut() = Some(prepared.clone());
        Ok(prepared)
    }
}

/// All of them, in the order of the table.
const SECTIONS: &[Section] = &[
    Section {
        group: "rates",
        measure: rates::measure,
    },
    Section {
        group: "alarms",
        measure: alarms::measure,
    },
    Section {
        group: "tail",
        measure: tail::measure,
    },
    Section {
        group: "live",
        measure: live::measure,
    },
    Section {
        group: "memory",
        measure: memory::measure,
    },
    Section {
        group: "many",
        measure: memory::measure_many,
    },
    Section {
        group: "corridor",
        measure: |_, table| reference::corridor(&Road::of_pieces(PIECES).points, table),
    },
    Section {
        group: "decode",
        measure: decode::measure,
    },
    Section {
        group: "ground",
        measure: ground::measure,
    },
    Section {
        group: "growth",
        measure: growth::measure,
    },
    Section {
        group: "state",
        measure: state::measure,
    },
    Section {
        group: "start",
        measure: start::measure,
    },
    Section {
        group: "month",
        measure: month::measure,
    },
    Section {
        group: "frames",
        measure: frames::measure,
    },
];

/// Measures and prints.
pub fn run(options: Options) -> Result<()> {
    if let Some(seals) = options.state_of {
        state::look_at_itself(seals);
        return Ok(());
    }
    let sections = chosen(&options.only)?;
    let above = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = above.join(format!("segel-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("could not create a folder")?;
    let setting = Setting {
        machine: Machine::this(&folder),
        quick: options.quick,
        folder: folder.join("section"),
        above: folder.clone(),
        prepared: RefCell::default(),
        options,
    };
    let table = measure_all(&setting, &sections);
    std::fs::remove_dir_all(&folder).context("could not delete the bench's folder")?;
    let table = table?;
    print!("{}", table.text());
    if let Some(file) = &setting.options.json {
        let text = serde_json::to_string_pretty(&table.json()).context("could not write JSON")?;
        std::fs::write(file, text + "\n").with_context(|| format!("could not write {}", file.display()))?;
    }
    let failures = table.failures();
    ensure!(
        failures.is_empty(),
        "not everything was measured: {}",
        failures.join("; ")
    );
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Section>> {
    for wanted in only {
        let names: Vec<_> = SECTIONS.iter().map(|section| section.group).collect();
        ensure!(
            names.contains(&wanted.as_str()),
            "there is no group {wanted}, only {}",
            names.join(", ")
        );
    }
    let wanted = |section: &&Section| only.is_empty() || only.iter().any(|one| one == section.group);
    Ok(SECTIONS.iter().filter(wanted).collect())
}

/// A section that fails leaves its place empty and the others as they are.
fn measure_all(setting: &Setting, sections: &[&Section]) -> Result<Table> {
    let times = setting.options.repeat;
    let size = match setting.options.seals {
        _ if setting.quick => ", as small as it goes".into(),
        Some(seals) => format!(", with {seals} seals at most"),
        None => String::new(),
    };
    let mut table = Table::new(setting.machine.clone(), format!("measured {times} times{size}"));
    for _ in 0..times {
        for section in sections {
            std::fs::create_dir_all(&setting.folder).context("could not create a folder")?;
            if let Err(failure) = (section.measure)(setting, &mut table) {
                table.take_failure(section.group, &failure);
            }
            std::fs::remove_dir_all(&setting.folder).context("could not delete a section's folder")?;
        }
    }
    Ok(table)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_bench_measures_the_same_with_fewer_seals() {
        assert_eq!(Size::of(Size::MOST).connections, [200, 1_000, 10_000, 18_000]);
        let small = Size::of(700);
        assert_eq!(small.connections, [200, 700]);
        assert_eq!(
            (small.usual, small.weighed, small.crowd.cut),
            (700, vec![700], 700)
        );
    }
}
