//! The program and its folder, from outside: who may work in it, how it stops, what is kept, what is noticed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use segel_e2e::house::{House, Running, flip_a_byte};
use segel_e2e::program::program;
use segel_sim::client::accept_invitation;
use segel_sim::convoy::{Line, Road};
use serde_json::Value;

/// What an administrator is promised of a stop.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

fn house() -> House {
    House::new().expect("a folder")
}

fn start(house: &House) -> Running {
    house.start().unwrap_or_else(|failure| panic!("{failure:#}"))
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

fn segel(house: &House, words: &[&str]) -> Output {
    house.run(words).expect("it runs")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A stranger's seal says so much, each time until it is acknowledged.
fn reports(running: &Running, count: u32) {
    let place = Road::of_pieces(2).standing();
    let mut seal = Line::connect(running.doors.jointech, 8_400_000_001, place).expect("it connects");
    for _ in 0..count {
        seal.report().expect("it is acknowledged");
    }
}

#[test]
fn a_second_segel_on_one_folder_is_refused_with_a_sentence() {
    let house = house();
    let _first = start(&house);
    let second = house.start_in_vain().expect("it ends");
    assert!(!second.status.success());
    let complaint = said(&second);
    assert!(
        complaint.contains("another Segel already works in"),
        "{complaint}"
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let house = house();
    fs::write(house.data(), "a file, where a folder should be").expect("written");
    let started = house.start_in_vain().expect("it ends");
    assert!(!started.status.success());
    let complaint = said(&started);
    assert!(
        complaint.contains("could not") && complaint.contains(&text(&house.data())),
        "{complaint}"
    );
    assert!(!complaint.contains("panicked"), "{complaint}");
}

#[test]
fn a_stop_takes_less_than_five_seconds_and_loses_nothing() {
    let house = house();
    let running = start(&house);
    reports(&running, 20);
    let (status, took) = running.stop().expect("it stops");
    assert!(status.success(), "{status}: {}", house.log());
    assert!(took < STOP_LIMIT, "{took:?}");
    let verified = segel(&house, &["verify", "--data", &text(&house.data())]);
    assert!(
        verified.status.success() && said(&verified).contains(" 20 reports"),
        "{}",
        said(&verified)
    );
    start(&house).stop().expect("it starts and stops again");
}

/// A start writes down what the journal is, and `segel verify` holds the journal against it.
#[test]
fn a_checkpoint_is_written_at_a_start_and_verified() {
    let house = house();
    let running = start(&house);
    let written = house.data().join("checkpoints");
    let is_written =
        || fs::read_dir(&written).is_ok_and(|files| files.flatten().any(|file| is_text(&file.path())));
    let began = Instant::now();
    while !is_written() {
        assert!(began.elapsed() < PATIENCE, "no checkpoint comes");
        std::thread::yield_now();
    }
    running.stop().expect("it stops");
    let verified = segel(&house, &["verify", "--data", &text(&house.data())]);
    assert!(
        verified.status.success() && said(&verified).contains(" 1 checkpoints"),
        "{}",
        said(&verified)
    );
}

fn is_text(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "txt")
}

/// "The first start prints two one-time invitations": and once somebody has joined, no later start does.
#[test]
fn two_invitations_are_printed_until_somebody_has_joined_and_never_again() {
    let house = house();
    let first = start(&house);
    let (customs, provider) = first.doors.codes.clone().expect("a first start invites");
    assert_ne!(customs, provider);
    let join =
        |login: &str| accept_invitation(&first.doors.base, &customs, login, "a long password", "Bambang");
    join("bambang").expect("the code is good once");
    let again = join("bambang2").expect_err("and only once");
    assert!(format!("{again:#}").contains("refused"), "{again:#}");
    first.stop().expect("it stops");
    assert_eq!(start(&house).doors.codes, None);
    assert!(
        !house.log().contains(&customs) && !house.log().contains(&provider),
        "codes are never logged"
    );
}

#[test]
fn what_was_backed_up_while_it_ran_comes_back_whole() {
    let house = house();
    let (copy, again) = (house.beside("backup"), house.beside("again"));
    let running = start(&house);
    reports(&running, 5);
    let backed_up = segel(
        &house,
        &["backup", "--data", &text(&house.data()), "--to", &text(&copy)],
    );
    assert!(backed_up.status.success(), "{}", said(&backed_up));
    drop(running);
    let restored = segel(
        &house,
        &["restore", "--from", &text(&copy), "--data", &text(&again)],
    );
    assert!(
        restored.status.success() && said(&restored).contains(" 5 reports"),
        "{}",
        said(&restored)
    );
    let rebuilt = segel(&house, &["rebuild", "--data", &text(&again)]);
    assert!(rebuilt.status.success(), "{}", said(&rebuilt));
    let twice = segel(
        &house,
        &["restore", "--from", &text(&copy), "--data", &text(&again)],
    );
    assert!(
        !twice.status.success() && said(&twice).contains("not empty"),
        "{}",
        said(&twice)
    );
}

#[test]
fn one_flipped_bit_in_the_journal_is_noticed() {
    let house = house();
    let (copy, again) = copied(&house);
    let file = again.join("segel.db");
    flip_a_byte(&file, place_of(&file, b"\"cause\":")).expect("flipped");
    let verified = segel(&house, &["verify", "--data", &text(&again)]);
    assert!(!verified.status.success(), "{}", said(&verified));
    assert!(
        said(&verified).contains("not everything holds"),
        "{}",
        said(&verified)
    );
    let damaged = segel(
        &house,
        &[
            "restore",
            "--from",
            &text(&again),
            "--data",
            &text(&house.beside("third")),
        ],
    );
    assert!(
        !damaged.status.success(),
        "what is no backup is not restored: {}",
        said(&damaged)
    );
    assert!(copy.join("backup.json").is_file());
}

/// A Segel that ran for a moment, as a backup and as a folder restored from it: single files, without a log beside them.
fn copied(house: &House) -> (PathBuf, PathBuf) {
    start(house).stop().expect("it stops");
    let (copy, again) = (house.beside("backup"), house.beside("again"));
    let backed_up = segel(
        house,
        &["backup", "--data", &text(&house.data()), "--to", &text(&copy)],
    );
    assert!(backed_up.status.success(), "{}", said(&backed_up));
    let restored = segel(
        house,
        &["restore", "--from", &text(&copy), "--data", &text(&again)],
    );
    assert!(restored.status.success(), "{}", said(&restored));
    (copy, again)
}

/// Where a word stands in a file.
fn place_of(file: &Path, word: &[u8]) -> u64 {
    let bytes = fs::read(file).expect("it reads");
    let place = bytes.windows(word.len()).position(|window| window == word);
    place.expect("every entry names its cause") as u64
}

#[test]
fn a_file_of_a_newer_segel_is_refused_with_a_sentence() {
    let house = house();
    let (_, again) = copied(&house);
    set_schema(&again.join("segel.db"), 99);
    fs::remove_dir_all(house.data()).expect("removed");
    fs::rename(&again, house.data()).expect("in its place");
    let started = house.start_in_vain().expect("it ends");
    assert!(!started.status.success());
    assert!(
        said(&started).contains("start the newer Segel")
            && said(&started).contains("jalankan Segel itu, atau pulihkan cadangan"),
        "{}",
        said(&started)
    );
}

#[test]
fn a_file_that_is_damaged_at_its_head_is_refused_in_both_languages_and_left_as_it_is() {
    let house = house();
    let (_, again) = copied(&house);
    let file = again.join("segel.db");
    let mut bytes = fs::read(&file).expect("it reads");
    bytes[..16].copy_from_slice(&[0xff; 16]);
    fs::write(&file, &bytes).expect("it writes");
    fs::remove_dir_all(house.data()).expect("removed");
    fs::rename(&again, house.data()).expect("in its place");
    let started = house.start_in_vain().expect("it ends");
    assert!(!started.status.success());
    let complaint = said(&started);
    assert!(
        complaint.contains("segel.db is damaged") && complaint.contains("Berkas rusak dan tidak diubah"),
        "{complaint}"
    );
    assert_eq!(fs::read(house.data().join("segel.db")).expect("it reads"), bytes);
}

/// SQLite keeps the user version in the file's head, at byte 60, most significant byte first.
fn set_schema(file: &Path, version: u8) {
    let mut bytes = fs::read(file).expect("it reads");
    bytes[60..64].copy_from_slice(&[0, 0, 0, version]);
    fs::write(file, bytes).expect("it writes");
}

#[test]
fn decode_prints_a_line_of_json_for_each_line_it_reads() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/jointech.jsonl");
    let golden = fs::read_to_string(golden).expect("the golden frames are ours");
    let first: Value = serde_json::from_str(golden.lines().next().expect("a line")).expect("JSON");
    let lines = format!("{}\nno JSON\n", first["line"]);
    let printed = decode(&lines);
    let printed: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(printed.len(), 2);
    assert_eq!(
        printed[0]["reports"][0]["device"],
        first["expect"]["reports"][0]["device"]
    );
    assert_eq!(printed[0]["n"], 1);
    assert_eq!(
        (&printed[1]["n"], &printed[1]["error"]),
        (&2.into(), &"the line is no JSON".into())
    );
}

fn decode(lines: &str) -> String {
    let mut child = Command::new(program())
        .args(["decode", "--protocol", "jointech"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("it is ours");
    stdin.write_all(lines.as_bytes()).expect("it reads");
    drop(stdin);
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    String::from_utf8(ended.stdout).expect("text")
}
