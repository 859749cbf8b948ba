//! One Segel on this machine: a data folder, its configuration, and the program at work in it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::program::program;

/// A start that takes longer has failed.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a process is asked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A folder for one Segel; it goes when this goes, unless the test fails.
pub struct House {
    root: TempDir,
    program: PathBuf,
    environment: BTreeMap<String, OsString>,
    settings: String,
}

/// Where a running Segel listens.
#[derive(Debug, Clone)]
pub struct Doors {
    /// The API's base, `http://127.0.0.1:8080`.
    pub base: String,
    /// For Jointech seals.
    pub jointech: SocketAddr,
    /// For seals of each protocol that has a door, Jointech among them; `mqtt` is that of makers' clouds.
    pub seals: BTreeMap<String, SocketAddr>,
    /// The two codes of a first start, customs and provider.
    pub codes: Option<(String, String)>,
}

/// The program at work.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub doors: Doors,
}

/// A SKP that a Segel reports to.
#[derive(Debug, Clone)]
pub struct SkpAccount {
    /// Its address.
    pub url: String,
}

impl House {
    /// An empty one.
    pub fn new() -> Result<Self> {
        Self::of(program().clone())
    }

    /// An empty one for another build of the program.
    pub fn of(program: PathBuf) -> Result<Self> {
        Self::on(TempDir::new().context("could not make a folder")?, program)
    }

    /// An empty one in this folder.
    pub fn on(root: TempDir, program: PathBuf) -> Result<Self> {
        let house = Self {
            root,
            program,
            environment: BTreeMap::new(),
            settings: String::new(),
        };
        house.configure(None, &[])?;
        Ok(house)
    }

    /// Lets another program, such as one that starts Segel somewhere else, do its work from now on.
    pub fn run_by(&mut self, program: PathBuf) {
        self.program = program;
    }

    /// What the program finds in its environment at its next start, besides ours.
    pub fn set_environment(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Forgets what was set.
    pub fn unset_environment(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// More sections for the configuration, from the next time on that it is written.
    pub fn set_more_settings(&mut self, toml: &str) {
        toml.clone_into(&mut self.settings);
    }

    /// Below so much free disk it takes nothing new; the next start knows it.
    pub fn set_disk_floor(&self, bytes: u64) -> Result<()> {
        self.configure(None, &[])?;
        let mut config = OpenOptions::new().append(true).open(self.beside("segel.toml"))?;
        writeln!(config, "[limits]\ndisk_floor_bytes = {bytes}")?;
        Ok(())
    }

    /// Keeps the folder after the test, and says where.
    pub fn keep(&mut self) -> PathBuf {
        self.root.disable_cleanup(true);
        self.root.path().to_path_buf()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Anything else beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// What the program has written to standard error so far, over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.beside("log")).unwrap_or_default()
    }

    /// Writes the configuration, and a rulebook that differs from the shipped one in these words.
    pub fn configure(&self, skp: Option<&SkpAccount>, rules: &[(&str, &str)]) -> Result<()> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/default.toml");
        let mut rulebook = fs::read_to_string(shipped)?;
        for (from, to) in rules {
            if !rulebook.contains(from) {
                bail!("the shipped rulebook does not say {from}");
            }
            rulebook = rulebook.replace(from, to);
        }
        fs::write(self.beside("rules.toml"), rulebook)?;
        let mut config = format!(
            "data = {:?}\nrules = {:?}\n[listen]\nhttp = \"127.0.0.1:0\"\njointech = \"127.0.0.1:0\"\nosmand = \"127.0.0.1:0\"\n",
            self.data(),
            self.beside("rules.toml"),
        );
        if let Some(skp) = skp {
            config += &format!(
                "[skp]\nurl = {:?}\napi_key = \"key\"\nusername = \"segel\"\npassword = \"secret\"\nprovider_code = \"TT01\"\n",
                skp.url
            );
        }
        config += &self.settings;
        fs::write(self.beside("segel.toml"), config)?;
        Ok(())
    }

    /// Starts the program and waits until its doors are open.
    pub fn start(&self) -> Result<Running> {
        let mut child = self.spawn()?;
        let stdout = child.stdout.take().context("its output is ours")?;
        let mut watchdog = Watchdog::over(&child);
        let read = read_doors(stdout);
        watchdog.dismiss();
        match read {
            Ok(doors) => Ok(Running { child, doors }),
            Err(failure) => {
                let _gone = child.kill();
                let _gone = child.wait();
                Err(failure.context(format!(
                    "it did not start; its last words: {}",
                    last_lines(&self.log())
                )))
            }
        }
    }

    /// Starts the program and waits until it has ended by itself.
    pub fn start_in_vain(&self) -> Result<Output> {
        let child = self.spawn_with(Stdio::piped())?;
        let mut watchdog = Watchdog::over(&child);
        let ended = child.wait_with_output().context("could not wait")?;
        watchdog.dismiss();
        Ok(ended)
    }

    /// Runs another word of the program to its end.
    pub fn run(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(words).stdin(Stdio::null());
        command
            .output()
            .with_context(|| format!("could not run segel {words:?}"))
    }

    fn spawn(&self) -> Result<Child> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.beside("log"))?;
        self.spawn_with(Stdio::from(log))
    }

    fn spawn_with(&self, stderr: Stdio) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .arg("serve")
            .arg("--config")
            .arg(self.beside("segel.toml"));
        command
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        command
            .spawn()
            .with_context(|| format!("could not start {}", self.program.display()))
    }
}

impl Running {
    /// Its number among the processes.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut does to a process: nothing of it runs any more when this returns.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("could not kill")?;
        self.child.wait().context("could not wait")?;
        Ok(())
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> Result<ExitStatus> {
        self.wait_since(Instant::now()).map(|(status, _)| status)
    }

    /// Asks it to stop, as an administrator does, and says how it ended and how long that took.
    pub fn stop(mut self) -> Result<(ExitStatus, Duration)> {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status()?;
        if !told.success() {
            bail!("could not send a signal to {pid}");
        }
        self.wait_since(asked)
    }

    fn wait_since(&mut self, asked: Instant) -> Result<(ExitStatus, Duration)> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok((status, asked.elapsed()));
            }
            if asked.elapsed() > START_LIMIT {
                bail!("it did not stop within {START_LIMIT:?}");
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// A test that ends early leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Reads what it prints at its start. Afterwards the pipe stays open and empty: it prints nothing more.
fn read_doors(stdout: std::process::ChildStdout) -> Result<Doors> {
    let mut lines = BufReader::new(stdout).lines();
    let (mut base, mut customs, mut provider) = (None, None, None);
    let mut seals = BTreeMap::new();
    for line in &mut lines {
        let line = line.context("could not read its output")?;
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("people"), Some(address), _) => base = Some(address.to_owned()),
            (Some(protocol), Some(address), Some("(TCP)" | "(MQTT)")) => {
                seals.insert(protocol.to_owned(), address.parse()?);
            }
            (Some("customs"), Some("supervisor"), Some(code)) => customs = Some(code.to_owned()),
            (Some("provider"), Some("administrator"), Some(code)) => provider = Some(code.to_owned()),
            (Some("ready"), ..) => break,
            _ => {}
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Doors {
        base: base.context("it named no door for people")?,
        jointech: *seals.get("jointech").context("it named no door for seals")?,
        seals,
        codes: customs.zip(provider),
    })
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

/// Kills a process that takes too long to start, so that reading its output ends.
struct Watchdog {
    dismissed: std::sync::mpsc::Sender<()>,
}

impl Watchdog {
    fn over(child: &Child) -> Self {
        let (dismissed, wait) = std::sync::mpsc::channel::<()>();
        let pid = child.id().to_string();
        std::thread::spawn(move || {
            if wait
                .recv_timeout(START_LIMIT)
                .is_err_and(|why| why == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let _told = Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        Self { dismissed }
    }

    fn dismiss(&mut self) {
        let _gone = self.dismissed.send(());
    }
}

/// Flips the lowest bit of one byte of a file.
pub fn flip_a_byte(path: &Path, offset: u64) -> Result<()> {
    use std::io::{Read, Seek, SeekFrom, Write};
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&[byte[0] ^ 1])?;
    Ok(())
}
