//! Each language through its own door of the built program: a seal says one thing, and is answered once it is durable.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A protocol and its golden frames: the first that is answered is said.
const LANGUAGES: [(&str, &str); 6] = [
    ("gt06", include_str!("../../fixtures/golden/gt06.jsonl")),
    ("jt808", include_str!("../../fixtures/golden/jt808.jsonl")),
    ("kingwo", include_str!("../../fixtures/golden/kingwo.jsonl")),
    ("eseal", include_str!("../../fixtures/golden/eseal.jsonl")),
    ("queclink", include_str!("../../fixtures/golden/queclink.jsonl")),
    ("teratrack", include_str!("../../fixtures/golden/teratrack.jsonl")),
];

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _gone_already = self.0.wait();
    }
}

/// Hexadecimal, or the text itself.
fn bytes(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let read: Option<Vec<u8>> = (0..text.len()).step_by(2).map(pair).collect();
    read.unwrap_or_else(|| text.as_bytes().to_vec())
}

/// What is said and what must be answered, of the first golden frame that is answered whatever the profile.
fn said_and_answered(frames: &str) -> (Vec<u8>, Vec<u8>) {
    let frames = frames
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let answered = |frame: &Value| {
        let reply = frame["expect"]["replies"][0].as_str()?;
        let said = frame["line"]["hex"]
            .as_str()
            .or_else(|| frame["line"]["text"].as_str())?;
        frame["profile"].is_null().then(|| (bytes(said), bytes(reply)))
    };
    frames
        .filter_map(|frame| answered(&frame))
        .next()
        .expect("a frame that is answered")
}

/// Starts the program with a door for each language, and gives where they are.
fn start(folder: &std::path::Path) -> (Running, Vec<(String, SocketAddr)>) {
    let mut config = format!(
        "data = {:?}\n[listen]\nhttp = \"127.0.0.1:0\"\njointech = \"127.0.0.1:0\"\nosmand = \"127.0.0.1:0\"\n[listen.seals]\n",
        folder.join("data")
    );
    for (name, _) in LANGUAGES {
        config += &format!("{name} = \"127.0.0.1:0\"\n");
    }
    let file = folder.join("segel.toml");
    std::fs::write(&file, config).expect("a configuration");
    let here = std::env::current_exe().expect("a test has a path");
    let program = here.ancestors().nth(2).expect("target/<profile>").join("segel");
    assert!(program.exists(), "build it first: cargo build -p segel");
    let mut child = Command::new(program)
        .args(["serve", "--config"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let running = Running(child);
    let mut doors = Vec::new();
    for line in lines.map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["ready", ..] => return (running, doors),
            [name, address, "(TCP)"] => doors.push((name.to_owned(), address.parse().expect("an address"))),
            _ => {}
        }
    }
    panic!("it ended before it was ready");
}

#[test]
fn every_language_is_heard_and_answered_at_its_own_door() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (_running, doors) = start(folder.path());
    for (name, frames) in LANGUAGES {
        let (said, answer) = said_and_answered(frames);
        let door = doors.iter().find(|(door, _)| door == name).expect("a door").1;
        let mut seal = TcpStream::connect(door).expect("it listens");
        seal.set_read_timeout(Some(PATIENCE)).expect("a limit");
        seal.write_all(&said).expect("sent");
        // A stream of text needs its end; more than it does is passed over.
        let mut heard = vec![0; answer.len()];
        seal.read_exact(&mut heard)
            .unwrap_or_else(|failure| panic!("{name} is not answered: {failure}"));
        assert_eq!(heard, answer, "{name}");
    }
}
