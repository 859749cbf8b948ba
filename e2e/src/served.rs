//! The built program with doors of other sorts, which say themselves where they are.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::program::program;

/// The program at work.
pub struct Served {
    child: Child,
    /// The API's base, `http://127.0.0.1:8080`.
    pub base: String,
    /// The two codes of a first start, customs first.
    pub codes: Vec<String>,
    doors: Vec<(String, String, SocketAddr)>,
}

impl Served {
    /// Starts it on a folder, with these lines more in its section `listen`.
    pub fn start(folder: &Path, listen: &str) -> Result<Self> {
        let any = "\"127.0.0.1:0\"";
        let config = format!(
            "data = {:?}\n[listen]\nhttp = {any}\njointech = {any}\nosmand = {any}\n{listen}",
            folder.join("data")
        );
        let file = folder.join("segel.toml");
        fs::write(&file, config).context("could not write a configuration")?;
        let mut child = Command::new(program())
            .args(["serve", "--config"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start the program")?;
        let stdout = child.stdout.take().context("its output is ours")?;
        let mut served = Self {
            child,
            base: String::new(),
            codes: Vec::new(),
            doors: Vec::new(),
        };
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next() {
            let line = line.context("could not read its output")?;
            if served.hear(&line) {
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(served);
            }
        }
        bail!("it ended before it was ready")
    }

    /// Whether it is ready.
    fn hear(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["ready"] => return true,
            ["people", base] => base.clone_into(&mut self.base),
            ["customs" | "provider", _, code] => self.codes.push(code.to_owned()),
            [name, address, transport] => {
                if let Ok(address) = address.parse() {
                    self.doors.push((name.to_owned(), transport.to_owned(), address));
                }
            }
            _ => {}
        }
        false
    }

    /// The door of that name for such a transport, such as `UDP`.
    pub fn door(&self, name: &str, transport: &str) -> Result<SocketAddr> {
        let transport = format!("({transport})");
        let found = self
            .doors
            .iter()
            .find(|(known, by, _)| known == name && *by == transport);
        Ok(found
            .with_context(|| format!("it named no door {name} {transport}"))?
            .2)
    }

    /// Ends it at once, as a power cut does to a process: nothing of it runs any more when this returns.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().context("could not kill")?;
        self.child.wait().context("could not wait")?;
        Ok(())
    }
}

/// A test that ends early leaves no process behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
