//! A small disk for one Segel, really full when it is full: a file system in memory that only the program under test and
//! this test see. It needs user namespaces, which some machines forbid; there the tests that want it say so and pass.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::house::House;
use crate::program::program;

/// Written at once when the disk is filled.
const PIECE: usize = 64 * 1024;

/// The disk under a house's data folder; it is gone when this is dropped.
pub struct SmallDisk {
    holder: Child,
    data: PathBuf,
}

impl SmallDisk {
    /// Puts a disk of so many mebibytes under the house; nothing where the machine forbids it.
    pub fn under(house: &mut House, mebibytes: u32) -> Result<Option<Self>> {
        fs::create_dir_all(house.data())?;
        let data = house.data();
        // The namespace lives as long as the shell in it, which reads until its input is closed.
        let mount = format!(
            "mount -t tmpfs -o size={mebibytes}m tmpfs '{}' && echo mounted && read -r end",
            data.display()
        );
        let held = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut holder) = held else { return Ok(None) };
        let mut said = String::new();
        let stdout = holder.stdout.take().context("its output is ours")?;
        BufReader::new(stdout).read_line(&mut said)?;
        let disk = Self { holder, data };
        if said.trim() != "mounted" {
            return Ok(None);
        }
        house.run_by(disk.entrance(house)?);
        Ok(Some(disk))
    }

    /// A program that enters the namespace and is Segel there, under the process number it was started with.
    fn entrance(&self, house: &House) -> Result<PathBuf> {
        let path = house.beside("segel-on-a-small-disk");
        let script = format!(
            "#!/bin/sh\nexec nsenter --preserve-credentials --user --mount --target {} '{}' \"$@\"\n",
            self.holder.id(),
            program().display()
        );
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// Fills it until it has no more than so many bytes to give.
    pub fn fill(&self, but_bytes: u64) -> Result<()> {
        let mut filler = File::options().create(true).append(true).open(self.filler())?;
        while filler.write_all(&[7; PIECE]).is_ok() {}
        let kept = filler.metadata()?.len().saturating_sub(but_bytes);
        filler.set_len(kept).context("could not leave some room")
    }

    /// Makes room again.
    pub fn empty(&self) -> Result<()> {
        fs::remove_file(self.filler()).context("could not make room")
    }

    /// The disk as it is seen from outside its namespace.
    fn filler(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        let inside = self.data.strip_prefix("/").unwrap_or(&self.data);
        root.join(inside).join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = self.holder.kill();
        let _gone = self.holder.wait();
    }
}
