//! A disk that runs out: a clear answer in both languages, nothing lost, and on it goes when there is room again.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use segel_e2e::disk::SmallDisk;
use segel_e2e::house::{House, Running};
use segel_sim::client::accept_invitation;
use segel_sim::convoy::{Line, Road};
use serde_json::{Value, json};

/// Room for a fresh store and its logs, and some to fill.
const DISK_MIB: u32 = 48;
const MIB: u64 = 1 << 20;
/// A report that is not acknowledged within this time is not acknowledged.
const NO_ANSWER: Duration = Duration::from_millis(700);
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
const DEVICE: u64 = 8_500_000_001;

/// A house on a small disk, or nothing where the machine allows none.
fn house(floor_bytes: u64) -> Option<(House, SmallDisk)> {
    let mut house = House::new().expect("a folder");
    house.set_disk_floor(floor_bytes).expect("configured");
    match SmallDisk::under(&mut house, DISK_MIB).expect("a disk") {
        Some(disk) => Some((house, disk)),
        None => {
            println!("passed over: this machine allows no user namespaces, so there is no small disk");
            None
        }
    }
}

fn start(house: &House) -> Running {
    house.start().unwrap_or_else(|failure| panic!("{failure:#}"))
}

fn line(running: &Running) -> Line {
    Line::connect(running.doors.jointech, DEVICE, Road::of_pieces(2).standing()).expect("it connects")
}

/// Asks until the answer has this status; gives its body.
fn readiness(running: &Running, status: u16) -> Value {
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let began = std::time::Instant::now();
    loop {
        let mut answer = agent
            .get(format!("{}/readyz", running.doors.base))
            .call()
            .expect("it answers");
        if answer.status().as_u16() == status {
            let text = answer.body_mut().read_to_string().expect("text");
            return serde_json::from_str(&text).unwrap_or(json!(text));
        }
        assert!(began.elapsed() < PATIENCE, "never {status}");
        std::thread::yield_now();
    }
}

/// "Below a floor of free disk, sockets stop being read and commands are refused with a sentence, before any commit can fail."
#[test]
fn a_nearly_full_disk_refuses_commands_in_both_languages_and_reads_no_seal_until_there_is_room() {
    let Some((house, disk)) = house(16 * MIB) else {
        return;
    };
    let running = start(&house);
    let (customs, provider) = running.doors.codes.clone().expect("a first start invites");
    let join = |code: &str, login: &str| {
        accept_invitation(&running.doors.base, code, login, "a long password", "Bambang")
    };
    join(&customs, "bambang").expect("there is room");
    line(&running).report().expect("there is room");

    disk.fill(8 * MIB).expect("filled");
    let answer = readiness(&running, 507);
    assert_eq!(answer["code"], "disk_low");
    assert_eq!(
        (&answer["detail"], &answer["detail_en"]),
        (
            &json!("Ruang penyimpanan hampir habis; kosongkan dulu, lalu coba lagi."),
            &json!("the disk is nearly full; free some space, then ask again")
        )
    );
    let refused = join(&provider, "rudi").expect_err("there is no room");
    assert!(format!("{refused:#}").contains("disk_low"), "{refused:#}");
    let mut seal = TcpStream::connect(running.doors.jointech).expect("the door is open");
    seal.write_all(
        format!("({DEVICE},P45,251126,093015,6.95,S,110.42,E,A,0,0,5,0,0000000000,0,0,9)").as_bytes(),
    )
    .expect("the socket takes it");
    seal.set_read_timeout(Some(NO_ANSWER)).expect("a limit");
    let mut answer = [0; 9];
    seal.read_exact(&mut answer)
        .expect_err("it is not read, so it is not acknowledged");

    disk.empty().expect("room again");
    readiness(&running, 200);
    seal.set_read_timeout(Some(PATIENCE)).expect("a limit");
    seal.read_exact(&mut answer).expect("now it is");
    assert_eq!(&answer, b"(P69,0,9)");
    join(&provider, "rudi").expect("the code was not used up");
}

/// Where the floor is set too low, a commit fails: the program ends, says why, and what it acknowledged is there.
#[test]
fn a_full_disk_ends_the_program_with_a_sentence_and_loses_nothing() {
    let Some((house, disk)) = house(0) else { return };
    let running = start(&house);
    let mut seal = line(&running);
    seal.report().expect("there is room");
    disk.fill(MIB / 2).expect("filled");
    let mut acknowledged = 1;
    while seal.report().is_ok() {
        acknowledged += 1;
        assert!(acknowledged < 1_000_000, "the disk is never full");
    }
    let status = running.wait().expect("it ends by itself");
    assert!(!status.success());
    let log = house.log();
    assert!(
        log.contains("no space left on the disk; make room, then start again"),
        "{log}"
    );
    assert!(log.contains("Ruang penyimpanan penuh"), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    let started = house.start_in_vain().expect("it ends");
    assert!(!started.status.success(), "it starts on a full disk");
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(said.contains("Ruang penyimpanan penuh"), "{said}");

    disk.empty().expect("room again");
    let running = start(&house);
    line(&running).report().expect("on it goes");
    running.stop().expect("it stops");
    let verified = house
        .run(&["verify", "--data", &house.data().display().to_string()])
        .expect("it runs");
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}");
    let reports: u64 = said
        .split(", ")
        .find_map(|part| part.strip_suffix(" reports")?.parse().ok())
        .expect("it counts reports");
    assert!(
        acknowledged < reports && reports <= acknowledged + 2,
        "{acknowledged} and one more were acknowledged, {reports} are there"
    );
}
