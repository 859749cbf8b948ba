//! Instructions of an example, counted by callgrind: the same on a busy machine. What a function named `weighed_here` calls counts, and
//! nothing else.

use std::path::PathBuf;
use std::process::Command;

/// An example, built the way a release is, beside the tests.
pub struct Counted(PathBuf);

/// Whether valgrind is there. With `SEGEL_VALGRIND`, as in `make test`, it must be.
pub fn is_installed() -> bool {
    let installed = Command::new("valgrind").arg("--version").output().is_ok();
    let is_asked = std::env::var_os("SEGEL_VALGRIND").is_some();
    assert!(installed || !is_asked, "valgrind is not installed");
    if !installed {
        eprintln!("instructions are not counted: valgrind is not installed");
    }
    installed
}

impl Counted {
    /// Builds an example of a package of this workspace.
    pub fn build(package: &str, example: &str) -> Self {
        let target = std::env::current_exe().expect("a program knows its own file");
        let target = target.ancestors().nth(3).expect("target/debug/deps").to_owned();
        let built = Command::new(env!("CARGO"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--quiet", "--locked", "--profile", "measure"])
            .args(["-p", package, "--example", example])
            .arg("--target-dir")
            .arg(&target)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the counted program does not build");
        Self(target.join("measure/examples").join(example))
    }

    /// Instructions of one run.
    pub fn count(&self, words: &[&str]) -> u64 {
        let ran = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg("--toggle-collect=*weighed_here*")
            .arg(&self.0)
            .args(words)
            .output()
            .expect("valgrind runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{words:?}: {said}");
        let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
        collected
            .and_then(|count| count.trim().parse().ok())
            .unwrap_or_else(|| panic!("{words:?}: no count in {said}"))
    }
}
