//! What an administrator does, with the built binary: start, stop, start again, back up while it runs, restore, verify.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary beside this test: `make test` builds it before.
fn segel() -> Command {
    let here = std::env::current_exe().expect("a test has a path");
    let built = here.ancestors().nth(2).expect("target/<profile>").join("segel");
    assert!(built.exists(), "build it first: cargo build -p segel");
    Command::new(built)
}

/// A running Segel on free ports.
struct Running {
    child: Child,
    jointech: SocketAddr,
    codes: Vec<String>,
}

fn serve(data: &Path) -> Running {
    let any = [
        "--http",
        "127.0.0.1:0",
        "--jointech",
        "127.0.0.1:0",
        "--osmand",
        "127.0.0.1:0",
    ];
    let mut child = segel()
        .args(["serve", "--data"])
        .arg(data)
        .args(any)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let (mut jointech, mut codes) = (None, Vec::new());
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["jointech", address, ..] => jointech = address.parse().ok(),
            ["customs" | "provider", _, code] => codes.push(code.to_owned()),
            _ => {}
        }
        if codes.len() == 2 {
            break;
        }
    }
    // The rest is read away, so that the program never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    Running {
        child,
        jointech: jointech.expect("it says where it listens"),
        codes,
    }
}

impl Running {
    /// Asks it to stop, and returns how long that took.
    fn stop(mut self) -> Duration {
        let asked = Instant::now();
        let killed = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(killed.expect("kill runs").success());
        let status = wait(&mut self.child);
        assert!(status.success(), "{status}");
        asked.elapsed()
    }

    /// A seal reports and is acknowledged.
    fn hears_a_seal(&self, serial: u8) {
        let mut seal = TcpStream::connect(self.jointech).expect("it listens");
        seal.set_read_timeout(Some(PATIENCE))
            .expect("a socket takes a limit");
        seal.write_all(&lock_event(serial)).expect("sent");
        let expected = format!("(P69,0,{serial})");
        let mut answer = vec![0; expected.len()];
        seal.read_exact(&mut answer).expect("an acknowledgement");
        assert_eq!(String::from_utf8_lossy(&answer), expected);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

/// A P45 of a JT701D by the maker's manual: locked by putting the rope in.
fn lock_event(serial: u8) -> Vec<u8> {
    format!("(7100000042,P45,251126,093015,6.95,S,110.42,E,A,0,0,5,0,0000000000,0,0,{serial})").into_bytes()
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        std::thread::yield_now();
    }
}

fn run(words: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = segel();
    command.args(words);
    for (option, path) in paths {
        command.arg(option).arg(path);
    }
    command.output().expect("it runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    (folder, data)
}

#[test]
fn the_first_start_prints_two_invitations_and_each_start_prints_new_ones_until_somebody_joins() {
    let (_folder, data) = folder();
    let first = serve(&data);
    assert_eq!(first.codes.len(), 2);
    let codes = first.codes.clone();
    let took = first.stop();
    assert!(took < Duration::from_secs(5), "stopping took {took:?}");
    let second = serve(&data);
    assert_eq!(second.codes.len(), 2);
    assert_ne!(second.codes, codes);
}

#[test]
fn a_second_segel_on_the_same_folder_is_refused_with_a_sentence() {
    let (_folder, data) = folder();
    let _first = serve(&data);
    let doors = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--jointech",
        "127.0.0.1:0",
        "--osmand",
        "127.0.0.1:0",
    ];
    let second = run(&doors, &[("--data", &data)]);
    assert!(!second.status.success());
    assert!(
        said(&second).contains("another Segel already works in"),
        "{}",
        said(&second)
    );
}

#[test]
fn a_backup_made_while_it_runs_restores_verifies_and_rebuilds() {
    let (folder, data) = folder();
    let running = serve(&data);
    (1..=20).for_each(|serial| running.hears_a_seal(serial));
    let (copy, again) = (folder.path().join("copy"), folder.path().join("again"));
    let backup = run(&["backup"], &[("--data", &data), ("--to", &copy)]);
    assert!(backup.status.success(), "{}", said(&backup));
    running.stop();
    let restore = run(&["restore"], &[("--from", &copy), ("--data", &again)]);
    assert!(restore.status.success(), "{}", said(&restore));
    assert!(
        said(&restore).contains("20 reports") && said(&restore).contains("everything holds"),
        "{}",
        said(&restore)
    );
    for word in ["verify", "rebuild"] {
        let done = run(&[word], &[("--data", &again)]);
        assert!(done.status.success(), "{}", said(&done));
    }
    let twice = run(&["restore"], &[("--from", &copy), ("--data", &again)]);
    assert!(!twice.status.success(), "the folder is not empty any more");
}

#[test]
fn a_changed_byte_in_the_data_is_found() {
    let (folder, data) = folder();
    let running = serve(&data);
    running.hears_a_seal(1);
    running.stop();
    let copy = folder.path().join("copy");
    assert!(
        run(&["backup"], &[("--data", &data), ("--to", &copy)])
            .status
            .success()
    );
    let file = copy.join("segel.db");
    let mut bytes = std::fs::read(&file).expect("the copy");
    let frame = b"7100000042,P45";
    let place = bytes
        .windows(frame.len())
        .position(|window| window == frame)
        .expect("the raw frame lies there as it came");
    bytes[place] = b'8';
    std::fs::write(&file, bytes).expect("written");
    let verified = run(&["verify"], &[("--data", &copy)]);
    assert!(!verified.status.success(), "{}", said(&verified));
}

#[test]
fn a_misspelt_setting_is_refused_by_name() {
    let (folder, data) = folder();
    let config = folder.path().join("segel.toml");
    std::fs::write(&config, "[limits]\nidel_s = 5\n").expect("written");
    let started = run(&["serve"], &[("--data", &data), ("--config", &config)]);
    assert!(!started.status.success());
    assert!(said(&started).contains("idel_s"), "{}", said(&started));
}
