//! The other processes: Segel, the bare loop, and the seals that load them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use segel_sim::histogram::Histogram;
use serde_json::Value;

/// A clock tick of `/proc/<process>/stat`: a hundredth of a second on every Linux there is.
const TICK_S: f64 = 0.01;

/// Seals speak only while they are measured, and there is no SKP. Under the rules as they are, each of tens of thousands would be
/// missed minutes later, and what a storm of alarms costs is another question (`make storm`). So the bench's rules wait for a
/// week where these wait for minutes.
const WAITING: [&str; 6] = [
    "late_grave_s",
    "late_s",
    "no_fix_s",
    "silence_grave_s",
    "silence_s",
    "stuck_s",
];
const A_WEEK_S: u32 = 7 * 86_400;
/// Containers are sealed on the road that they travel, and have left once their departure is authorised: the third fix.
const DEPARTURE_FIXES: u8 = 3;

/// A process of the bench's; none is left behind when the bench fails.
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Segel at work in a folder.
pub struct Program {
    held: Held,
    /// The API.
    pub base: String,
    /// The door for seals.
    pub jointech: SocketAddr,
    /// The two invitations of its first start.
    pub codes: Option<(String, String)>,
}

/// What a process takes.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Memory it holds that is no copy of a file: neither its own program nor pages of the database.
    pub memory_bytes: f64,
    /// Processor time so far.
    pub cpu_s: f64,
}

impl Program {
    /// Starts this very binary with its data in that folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let log = File::create(folder.join("log")).context("could not create a log")?;
        let rules = folder.join("rules.toml");
        std::fs::write(&rules, patient(segel_server::rules::DEFAULT)).context("could not write rules")?;
        let mut serve = this_program()?;
        serve.arg("serve").arg("--data").arg(folder.join("data"));
        serve.arg("--rules").arg(rules);
        for door in ["--http", "--jointech", "--osmand"] {
            serve.arg(door).arg("127.0.0.1:0");
        }
        let (held, doors) = opened(serve, log).with_context(|| {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            format!("segel serve did not start: {log}")
        })?;
        Ok(Self {
            held,
            base: doors.base.context("it named no door for people")?,
            jointech: doors.jointech,
            codes: doors.codes,
        })
    }

    /// Ends it without warning, as a power cut does to a process.
    pub fn kill(self) -> Result<()> {
        let mut held = self.held;
        held.0.kill().context("could not kill segel serve")?;
        held.0.wait().context("could not wait for its end")?;
        Ok(())
    }

    /// Ends it in good order.
    pub fn stop(self) -> Result<()> {
        let mut held = self.held;
        kill_process(Pid::from_child(&held.0), Signal::TERM).context("could not stop segel serve")?;
        let ended = held.0.wait().context("could not wait for its end")?;
        ensure!(ended.success(), "segel serve did not stop in good order");
        Ok(())
    }

    /// What it takes now.
    pub fn usage(&self) -> Result<Usage> {
        let process = self.held.0.id();
        let read = |file: &str| {
            let path = format!("/proc/{process}/{file}");
            std::fs::read_to_string(&path).with_context(|| format!("could not read {path}"))
        };
        let (status, stat) = (read("status")?, read("stat")?);
        let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let own_kib: Option<f64> = own.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        // Behind the name in brackets, which may hold spaces, the 12th and 13th word are user and system time.
        let words = stat.rsplit(") ").next().unwrap_or_default();
        let ticks = words.split(' ').skip(11).take(2).map(str::parse::<f64>);
        Ok(Usage {
            memory_bytes: own_kib.context("no memory is told")? * 1024.0,
            cpu_s: ticks.map(|ticks| ticks.unwrap_or_default()).sum::<f64>() * TICK_S,
        })
    }
}

/// The bare loop, in a process of its own.
pub struct Bare {
    _held: Held,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Bare {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let mut bare = this_program()?;
        bare.args(["sim", "bare"]);
        let (held, doors) = opened(bare, Stdio::inherit()).context("the bare loop did not start")?;
        Ok(Self {
            _held: held,
            address: doors.jointech,
        })
    }
}

/// The rules, but that they wait for a week.
fn patient(rules: &str) -> String {
    let of_the_bench = |line: &str| match line.split(" = ").next()? {
        "departure_fixes" => Some(format!("departure_fixes = {DEPARTURE_FIXES}\n")),
        name if WAITING.contains(&name) => Some(format!("{name} = {A_WEEK_S}\n")),
        _ => None,
    };
    rules
        .lines()
        .map(|line| of_the_bench(line).unwrap_or_else(|| format!("{line}\n")))
        .collect()
}

fn this_program() -> Result<Command> {
    Ok(Command::new(
        std::env::current_exe().context("a program knows its own file")?,
    ))
}

struct Doors {
    base: Option<String>,
    jointech: SocketAddr,
    codes: Option<(String, String)>,
}

fn opened(mut program: Command, stderr: impl Into<Stdio>) -> Result<(Held, Doors)> {
    let mut child = program
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()?;
    let stdout = child.stdout.take().context("its output is ours")?;
    let held = Held(child);
    Ok((held, read_doors(stdout)?))
}

fn read_doors(stdout: ChildStdout) -> Result<Doors> {
    let (mut base, mut jointech, mut customs, mut provider) = (None, None, None, None);
    for line in BufReader::new(stdout).lines() {
        let line = line.context("could not read its output")?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["people", address, ..] => base = Some(address.to_owned()),
            ["jointech", address, ..] => jointech = Some(address.parse()?),
            ["customs", "supervisor", code] => customs = Some(code.to_owned()),
            ["provider", "administrator", code] => provider = Some(code.to_owned()),
            ["ready"] => break,
            _ => {}
        }
    }
    Ok(Doors {
        base,
        jointech: jointech.context("it named no door for seals")?,
        codes: customs.zip(provider),
    })
}

/// What the seals do.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The server.
    pub target: SocketAddr,
    /// How many.
    pub seals: u32,
    /// The number of the first.
    pub first_id: u64,
    /// Reports a second over all; as fast as acknowledgements come where there is none.
    pub rate: Option<f64>,
    /// Reports a seal may have unacknowledged.
    pub in_flight: usize,
    /// How long.
    pub lasting: Duration,
    /// How long they stay connected and silent afterwards.
    pub hold: Duration,
    /// Where they drive, there and back.
    pub road: [(f64, f64); 2],
}

/// What came of it.
pub struct Loaded {
    /// Reports acknowledged; all that were sent.
    pub acknowledged: u64,
    /// Acknowledged a second.
    pub per_second: f64,
    /// When the first report was due.
    pub began_unix_ms: i64,
    /// From due to acknowledged.
    pub latency: Histogram,
    /// The same for each slice of a paced load.
    pub slices: Vec<Histogram>,
}

/// A generator at work.
pub struct Loading(Held);

impl Load {
    /// Starts the generator as a process of its own.
    pub fn start(&self) -> Result<Loading> {
        let [(lat0, lon0), (lat1, lon1)] = self.road;
        let mut sim = this_program()?;
        sim.args(["sim", "load", "--json", "--slices"])
            .args(["--target", &self.target.to_string()])
            .args(["--seals", &self.seals.to_string()])
            .args(["--first-id", &self.first_id.to_string()])
            .args(["--in-flight", &self.in_flight.to_string()])
            .args(["--seconds", &self.lasting.as_secs_f64().to_string()])
            .args(["--hold", &self.hold.as_secs_f64().to_string()])
            .args(["--road", &format!("{lat0},{lon0},{lat1},{lon1}")]);
        if let Some(rate) = self.rate {
            sim.args(["--rate", &rate.to_string()]);
        }
        let started = sim.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Ok(Loading(Held(started.context("could not run segel sim load")?)))
    }

    /// Runs it to its end.
    pub fn run(&self) -> Result<Loaded> {
        self.start()?.end()
    }
}

impl Loading {
    /// Waits for its end, and demands that everything was acknowledged.
    pub fn end(self) -> Result<Loaded> {
        let mut held = self.0;
        let stdout = held.0.stdout.take().context("its output is ours")?;
        let said = serde_json::from_reader(BufReader::new(stdout)).context("segel sim load says no JSON")?;
        let ended = held.0.wait().context("could not wait for segel sim load")?;
        ensure!(ended.success(), "segel sim load failed");
        loaded(&said)
    }
}

fn loaded(said: &Value) -> Result<Loaded> {
    let count = |name: &str| {
        said[name]
            .as_u64()
            .with_context(|| format!("segel sim load says no {name}"))
    };
    let (sent, acknowledged) = (count("sent")?, count("acknowledged")?);
    let (strange, broken) = (count("strange")?, count("broken")?);
    ensure!(
        acknowledged == sent && strange == 0 && broken == 0,
        "{acknowledged} of {sent} reports were acknowledged, {strange} answers were strange, {broken} connections broke"
    );
    let slices = said["slices"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(Loaded {
        acknowledged,
        per_second: said["acknowledged_per_s"].as_f64().context("no rate is told")?,
        began_unix_ms: said["began_unix_ms"].as_i64().context("no beginning is told")?,
        latency: histogram(&said["latency"])?,
        slices: slices.iter().map(histogram).collect::<Result<_>>()?,
    })
}

fn histogram(said: &Value) -> Result<Histogram> {
    let parts: Vec<(usize, u64)> =
        serde_json::from_value(said["parts"].clone()).context("latencies are told otherwise")?;
    let worst = Duration::from_nanos(said["worst_ns"].as_u64().unwrap_or_default());
    Ok(Histogram::of_parts(&parts, worst))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_bench_wait_for_a_week_and_are_rules() {
        let rules = segel_server::rules::load(&patient(segel_server::rules::DEFAULT)).expect("rules");
        let edition = &rules.editions[0];
        let waits = [edition.watch.silence_s, edition.watch.late_s, edition.skp.stuck_s];
        assert_eq!(
            (waits, edition.watch.departure_fixes),
            ([A_WEEK_S; 3], DEPARTURE_FIXES)
        );
    }
}
