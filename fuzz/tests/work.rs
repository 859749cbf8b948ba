//! No input is slow, in whatever pieces it comes: callgrind counts what each hostile stream takes. Instructions, not seconds, because
//! they are the same on a busy machine. `SEGEL_VALGRIND=1`, as in `make test`, makes a missing valgrind a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use segel_fuzz::hostile::{Comes, all};

/// Bytes of each stream: twice what may come between two reports, and less than a socket is read by.
const BYTES: usize = 9 * 1024;
/// A millisecond for each KiB is a microsecond a byte, in which this program counts some eight thousand. Half of that leaves room for slower
/// machines.
const INSTRUCTIONS_A_BYTE: u64 = 4_000;

fn build() -> PathBuf {
    let target = std::env::current_exe().expect("a program knows its own file");
    let target = target.ancestors().nth(3).expect("target/debug/deps").to_owned();
    let built = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--locked", "--profile", "measure"])
        .args(["-p", "segel-fuzz", "--example", "work"])
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the counted program does not build");
    target.join("measure/examples/work")
}

fn count(program: &Path, number: usize, comes: Comes, bytes: usize) -> u64 {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*weighed_here*")
        .arg(program)
        .args([&number.to_string(), comes.name(), &bytes.to_string()])
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("no count in {said}"))
}

fn hostile_count() -> usize {
    all().len()
}

#[test]
fn no_hostile_stream_takes_long_for_any_of_its_bytes() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        let is_asked = std::env::var_os("SEGEL_VALGRIND").is_some();
        assert!(!is_asked, "valgrind is not installed");
        eprintln!("instructions are not counted: valgrind is not installed");
        return;
    }
    let (program, hostile) = (build(), all());
    let count = |number: usize, comes: Comes| {
        let each = count(&program, number, comes, BYTES) / BYTES as u64;
        let (protocol, name) = (hostile[number].protocol.name(), hostile[number].name);
        let line = format!(
            "{each:>6} instructions a byte: {protocol} {} {name}",
            comes.name()
        );
        println!("{line}");
        (INSTRUCTIONS_A_BYTE < each).then_some(line)
    };
    let slow: Vec<String> = std::thread::scope(|scope| {
        let both = Comes::ALL.map(|comes| {
            let count = &count;
            scope.spawn(move || {
                (0..hostile_count())
                    .filter_map(|number| count(number, comes))
                    .collect::<Vec<_>>()
            })
        });
        both.into_iter()
            .flat_map(|counted| counted.join().expect("valgrind runs"))
            .collect()
    });
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
