//! The other processes: Segel, and the seals that load it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Segel at work in a folder.
pub struct Program {
    child: Child,
    /// The API.
    pub base: String,
    /// The door for seals.
    pub jointech: SocketAddr,
    /// The two invitations of its first start.
    pub codes: (String, String),
}

impl Program {
    /// Starts this very binary in an empty folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let log = File::create(folder.join("log")).context("could not create a log")?;
        let mut serve = this_program()?;
        serve.arg("serve").arg("--data").arg(folder.join("data"));
        for door in ["--http", "--jointech", "--osmand"] {
            serve.arg(door).arg("127.0.0.1:0");
        }
        let mut child = serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("could not start segel serve")?;
        let stdout = child.stdout.take().context("its output is ours")?;
        let doors = read_doors(stdout);
        let (base, jointech, codes) = doors.with_context(|| {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            format!("segel serve did not start: {log}")
        })?;
        Ok(Self {
            child,
            base,
            jointech,
            codes,
        })
    }

    /// Ends it without warning, as a power cut does to a process.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("could not kill segel serve")?;
        self.child.wait().context("could not wait for its end")?;
        Ok(())
    }
}

/// A bench that fails leaves no process behind.
impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn this_program() -> Result<Command> {
    Ok(Command::new(
        std::env::current_exe().context("a program knows its own file")?,
    ))
}

type Doors = (String, SocketAddr, (String, String));

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
    Ok((
        base.context("it named no door for people")?,
        jointech.context("it named no door for seals")?,
        customs.zip(provider).context("it invited nobody")?,
    ))
}

/// What the seals do.
#[derive(Debug, Clone)]
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
    /// Where they drive, there and back.
    pub road: [(f64, f64); 2],
}

/// What came of it.
pub struct Loaded {
    /// Reports sent.
    pub sent: u64,
    /// Reports acknowledged.
    pub acknowledged: u64,
    /// Answers with a serial nobody waited for.
    pub strange: u64,
    /// Connections that broke.
    pub broken: u64,
    /// Acknowledged a second.
    pub per_second: f64,
    /// From due to acknowledged, in words.
    pub latency: String,
}

/// Runs the load generator as a process of its own.
pub fn load(load: &Load) -> Result<Loaded> {
    let [(lat0, lon0), (lat1, lon1)] = load.road;
    let mut sim = this_program()?;
    sim.args(["sim", "load", "--json", "--lag-s", "0"])
        .args(["--target", &load.target.to_string()])
        .args(["--seals", &load.seals.to_string()])
        .args(["--first-id", &load.first_id.to_string()])
        .args(["--in-flight", &load.in_flight.to_string()])
        .args(["--seconds", &load.lasting.as_secs_f64().to_string()])
        .args(["--road", &format!("{lat0},{lon0},{lat1},{lon1}")]);
    if let Some(rate) = load.rate {
        sim.args(["--rate", &rate.to_string()]);
    }
    let ended = sim
        .stderr(Stdio::inherit())
        .output()
        .context("could not run segel sim load")?;
    ensure!(ended.status.success(), "segel sim load failed");
    let said = serde_json::from_slice(&ended.stdout).context("segel sim load says no JSON")?;
    loaded(&said).context("segel sim load does not say everything")
}

fn loaded(said: &Value) -> Option<Loaded> {
    let count = |name: &str| said[name].as_u64();
    let ms = |name: &str| said["latency_us"][name].as_f64().map(|us| us / 1e3);
    let (p50, p99, max) = (ms("p50")?, ms("p99")?, ms("max")?);
    Some(Loaded {
        sent: count("sent")?,
        acknowledged: count("acknowledged")?,
        strange: count("strange")?,
        broken: count("broken")?,
        per_second: said["acknowledged_per_s"].as_f64()?,
        latency: format!("p50 {p50:6.2} ms  p99 {p99:6.2} ms  max {max:6.2} ms"),
    })
}
