//! Stages the built web app for embedding, or a page that says how to build it, and notes the toolchain for the bench.
//!
//! It never builds the app itself: a `cargo build` without Node gives the whole server, and nothing here needs a network.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io};

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"id\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Segel</title>
<body style=\"font:1rem/1.5 system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem\">
<h1>Segel</h1>
<p>Aplikasi web belum dibangun. Jalankan <code>make web</code>, lalu bangun ulang program ini. API sudah berjalan di <a href=\"/api/v1/openapi.json\">/api/v1</a>.</p>
<p lang=\"en\">The web app has not been built. Run <code>make web</code>, then build this program again. The API runs at <a href=\"/api/v1/openapi.json\">/api/v1</a>.</p>
";

fn main() -> io::Result<()> {
    println!("cargo::rustc-env=SEGEL_TOOLCHAIN={}", toolchain());
    let web = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../../web");
    let (built, source) = (web.join("dist"), web.join("src"));
    let staged = Path::new(&variable("OUT_DIR")).join("web");
    for watched in [&built, &source] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    fs::create_dir_all(&staged)?;
    if !built.join("index.html").exists() {
        return fs::write(staged.join("index.html"), PLACEHOLDER);
    }
    if newest(&built)? < newest(&source)? {
        println!(
            "cargo::warning=web/dist is older than web/src: run `make web` to embed the app as it is now"
        );
    }
    copy(&built, &staged)
}

/// What compiles this, as it names itself.
fn toolchain() -> String {
    let asked = Command::new(variable("RUSTC")).arg("--version").output();
    let said = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "an unknown toolchain".to_owned())
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it for build scripts")
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in files(from)? {
        let target = to.join(file.strip_prefix(from).expect("it lies inside"));
        fs::create_dir_all(target.parent().expect("it lies inside"))?;
        fs::copy(&file, target)?;
    }
    Ok(())
}

fn newest(folder: &Path) -> io::Result<Option<SystemTime>> {
    if !folder.exists() {
        return Ok(None);
    }
    let times = files(folder)?
        .into_iter()
        .map(|file| fs::metadata(file)?.modified());
    Ok(times.collect::<io::Result<Vec<_>>>()?.into_iter().max())
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
