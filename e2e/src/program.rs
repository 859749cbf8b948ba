//! The program under test: the binary as it is built from this tree, so that no test ever passes on an old one.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where the binary is; `SEGEL_PROGRAM` names another one. Builds it first, once a process.
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("SEGEL_PROGRAM") {
        Some(given) => given.into(),
        None => build(&[]),
    })
}

/// Builds the binary with features and says where it is. Features get a folder of their own, so that a sabotaged binary
/// never stands where the honest one is looked for; what is built on the way is shared.
pub fn build(features: &[&str]) -> PathBuf {
    let folder = target().join(features.join("-"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "segel"]);
    if !features.is_empty() {
        cargo.arg("--features").arg(features.join(","));
        cargo.arg("--target-dir").arg(&folder);
        cargo.env("CARGO_BUILD_BUILD_DIR", target());
    }
    let built = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the binary could not be built");
    folder.join("debug/segel")
}

/// What `segel bench` says of these groups, as small as it goes.
pub fn quick_bench(groups: &str) -> String {
    let bench = Command::new(program())
        .args(["bench", "--quick", "--only", groups])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&bench.stdout).into_owned();
    let told = String::from_utf8_lossy(&bench.stderr);
    assert!(bench.status.success(), "{said}{told}");
    said
}

/// Builds the recorder of the crash laboratory and says where it is.
pub fn recorder() -> PathBuf {
    library("segel-recorder")
}

/// Builds the levers under a program and says where they are.
pub fn levers() -> PathBuf {
    library("segel-levers")
}

fn library(package: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "{package} could not be built");
    target().join(format!("debug/lib{}.so", package.replace('-', "_")))
}

/// The folder that cargo builds into, from the place of this very program: `target/debug/deps/test`.
fn target() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its own file");
    let profile = own
        .ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    let target = profile.and_then(|profile| profile.parent());
    target
        .expect("tests are built into target/<profile>")
        .to_path_buf()
}
