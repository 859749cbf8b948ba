//! The kit against a simulated Jointech seal, which is a thread of its own and speaks over a real socket: a good one passes,
//! and each way of misbehaving fails exactly its own step.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use segel_geo::Position;
use segel_sim::seal::device::{Condition, Device, FACTORY_PASSWORD};
use segel_sim::seal::jointech::JointechSeal;
use segel_sim::tempo::Tempo;
use serde_json::json;

use super::script::Act;
use super::*;

/// A minute of the seal passes in half a second.
const SPEED: f64 = 120.0;
const NUMBER: u64 = 7_100_000_042;

/// Whoever stands beside the simulated seal.
struct Hand(Device);

impl Tester for Hand {
    fn told(&mut self, wanted: &Wanted, _say: &Bilingual) {
        match wanted {
            Wanted::SwitchOn => {}
            Wanted::Close => self.0.put_rope_in(),
            Wanted::Do(Act::CutRope) => self.0.cut_rope(),
            Wanted::Do(Act::OpenCover) => self.0.open_cover(),
            Wanted::Do(Act::UnknownCard) => assert!(!self.0.hold_card(99), "it knows no card"),
            Wanted::Do(other) => panic!("a JT701D does not feel {other:?}"),
        }
    }
}

/// A seal that is switched on in a thread of its own; it lives until the test ends.
fn seal(server: SocketAddr, refuses_interval: bool) -> Device {
    let condition = Condition {
        place: Position {
            lat: -6.9435,
            lon: 110.4243,
        },
        battery_percent: 91,
        interval_s: 30,
        clock_error_s: 0,
        refuses_interval,
        locked: false,
    };
    let tempo = Tempo::from(1_770_111_020_000, SPEED);
    let (give, given) = mpsc::channel();
    thread::spawn(move || {
        waiting_for(async {
            let voice = Box::new(JointechSeal::new(NUMBER));
            give.send(Device::switch_on(voice, condition, server, tempo))
                .expect("the test waits for it");
            std::future::pending::<()>().await;
        });
    });
    given.recv().expect("a seal")
}

/// Steps whose times are those of a quick seal: what passes takes a moment, and `limit_s` is waited for only by what fails.
fn script(limit_s: f64) -> Script {
    Script::read(&format!(
        r#"
        [[step]]
        kind = "log_in"
        limit_s = 60
        [[step]]
        kind = "interval"
        awake_s = 20
        asleep_s = 300
        limit_s = {limit_s}
        [[step]]
        kind = "resend"
        limit_s = {limit_s}
        [[step]]
        kind = "blind_area"
        cut_s = 1.0
        limit_s = 60
        [[step]]
        kind = "close"
        limit_s = 60
        [[step]]
        kind = "wrong_password"
        limit_s = 60
        [[step]]
        kind = "unlock"
        limit_s = 60
        [[step]]
        kind = "alarm"
        act = "unknown_card"
        limit_s = 60
        [[step]]
        kind = "alarm"
        act = "open_cover"
        limit_s = 60
        [[step]]
        kind = "alarm"
        act = "cut_rope"
        limit_s = 60
        [[step]]
        kind = "alarm"
        act = "light"
        limit_s = 60
        [[step]]
        kind = "frames"
        "#
    ))
    .expect("a script")
}

fn profile(name: &str) -> &'static SealProfile {
    let profiles = Profiles::load(None).expect("the profiles that come with the program");
    profiles
        .find(name, Clock::system(None).now())
        .expect("a profile that comes with the program")
}

/// What comes of it.
fn waiting_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// What stands between the seal and the kit, if anything does.
type Between = fn(SocketAddr) -> SocketAddr;

/// Takes a simulated seal through the script.
fn conformed(script: &Script, refuses_interval: bool, between: Between) -> Report {
    waiting_for(async {
        let anywhere = ([127, 0, 0, 1], 0).into();
        let stand = Stand::listen(profile("jointech-jt701d"), anywhere, Clock::system(None));
        let stand = stand.await.expect("a free port");
        let device = seal(between(stand.address), refuses_interval);
        let mut hand = Hand(device);
        let report = conform(stand, script, Some(FACTORY_PASSWORD.to_owned()), &mut hand).await;
        hand.0.switch_off();
        report.expect("the stand works")
    })
}

/// The titles of the steps that failed.
fn failed(report: &Report) -> Vec<String> {
    let json = report.json("uji.frames");
    let steps = json["steps"].as_array().expect("steps").iter();
    let failed = steps.filter(|step| step["result"] == "failed");
    failed
        .map(|step| step["title"]["en"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_good_seal_passes_every_step_that_its_profile_has() {
    let report = conformed(&script(60.0), false, |kit| kit);
    assert_eq!(failed(&report), Vec::<String>::new());
    let json = report.json("uji.frames");
    let results: Vec<&str> = json["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["result"].as_str())
        .collect();
    let light = 10;
    assert_eq!(results[light], "not_applicable", "it feels no light");
    assert_eq!(results.iter().filter(|result| **result == "passed").count(), 11);
    assert_eq!(
        (
            &json["seal"],
            &json["profile"]["text"],
            &json["firmware"],
            &json["passed"]
        ),
        (
            &json!("7100000042"),
            &json!("jointech-jt701d@v1/jt701d"),
            &json!("0x19"),
            &json!(true)
        )
    );
}

/// The report is signed by hand, so it has everything in both languages, and the hash of the log that lies beside it.
#[test]
fn the_report_can_be_signed_and_its_log_be_checked() {
    let script = Script::read("[[step]]\nkind = \"log_in\"\nlimit_s = 60\n[[step]]\nkind = \"frames\"")
        .expect("a script");
    let report = conformed(&script, false, |kit| kit);
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("uji.html");
    report.write(&page).expect("written");
    let read = |ending: &str| fs::read_to_string(page.with_extension(ending)).expect("it is there");
    let (html, json, frames) = (read("html"), read("json"), read("frames"));
    for part in [
        "LULUS: tidak ada langkah yang gagal",
        "PASSED: no step failed",
        "jointech-jt701d@v1/jt701d",
        "7100000042",
        "Tanda tangan <i>Signature</i>",
        "Menyambung dan menyebut namanya <i>It connects and says who it is</i>",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let sha256 = json["frame_log"]["sha256"].as_str().expect("a hash");
    let own: String = <sha2::Sha256 as sha2::Digest>::digest(frames.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(sha256, own);
    assert!(html.contains(sha256));
    assert!(frames.lines().any(|line| line.contains(" in 24")), "{frames}");
    assert!(frames.lines().any(|line| line.contains(" out ")), "{frames}");
}

#[test]
fn a_seal_that_ignores_the_interval_fails_that_step_alone() {
    let report = conformed(&script(5.0), true, |kit| kit);
    assert_eq!(
        failed(&report),
        ["It takes an interval of 20 s awake and 300 s asleep, and keeps it"]
    );
}

/// What it sends a second time is lost on the way: for the kit it never comes again.
#[test]
fn a_seal_that_does_not_send_again_fails_that_step_alone() {
    let forgetful: Between = |kit| between(kit, forget_seconds);
    let report = conformed(&script(5.0), false, forgetful);
    assert_eq!(failed(&report), ["It sends again what is not acknowledged"]);
}

/// One of its records has a digit that is none, as a seal with a bad memory writes: what comes is not of its language.
#[test]
fn a_seal_whose_frames_are_broken_fails_that_step_alone() {
    let broken: Between = |kit| between(kit, break_one);
    let report = conformed(&script(60.0), false, broken);
    assert_eq!(failed(&report), ["Every frame is whole and of its language"]);
}

/// A line of a seal with a checksum, and the same with a wrong one (GT06 manual: CRC over length to serial).
#[test]
fn a_wrong_checksum_is_found_by_the_step_of_the_frames() {
    const LOG_IN: [u8; 18] = [
        0x78, 0x78, 0x0D, 0x01, 0x08, 0x66, 0x00, 0x00, 0x00, 0x00, 0x00, 0x17, 0x00, 0x01, 0x7B, 0xF5, 0x0D,
        0x0A,
    ];
    let wrong = {
        let mut frame = LOG_IN;
        frame[14] ^= 0xFF;
        frame
    };
    assert_eq!(failed(&gt06(LOG_IN)), Vec::<String>::new());
    assert_eq!(failed(&gt06(wrong)), ["Every frame is whole and of its language"]);
}

/// A GT06 tracker that logs in with this frame and waits for the answer.
fn gt06(log_in: [u8; 18]) -> Report {
    let script = Script::read("[[step]]\nkind = \"log_in\"\nlimit_s = 60\n[[step]]\nkind = \"frames\"")
        .expect("a script");
    waiting_for(async {
        let anywhere = ([127, 0, 0, 1], 0).into();
        let stand = Stand::listen(profile("concox-gt06n"), anywhere, Clock::system(None));
        let stand = stand.await.expect("a free port");
        let address = stand.address;
        let speaks = thread::spawn(move || {
            let mut line = TcpStream::connect(address).expect("the kit listens");
            line.write_all(&log_in).expect("sent");
            let mut answer = [0; 10];
            line.read_exact(&mut answer).expect("an answer");
        });
        let report = conform(stand, &script, None, &mut Nobody)
            .await
            .expect("the stand works");
        speaks.join().expect("it was answered");
        report
    })
}

/// Nobody stands beside it.
struct Nobody;

impl Tester for Nobody {
    fn told(&mut self, _wanted: &Wanted, _say: &Bilingual) {}
}

/// Without a password nothing is opened, and the report says why.
#[test]
fn without_a_password_nothing_is_opened() {
    let script = Script::read("[[step]]\nkind = \"unlock\"\nlimit_s = 60").expect("a script");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let report = runtime.block_on(async {
        let anywhere = ([127, 0, 0, 1], 0).into();
        let stand = Stand::listen(profile("jointech-jt701d"), anywhere, Clock::system(None));
        conform(stand.await.expect("a free port"), &script, None, &mut Nobody).await
    });
    let json = report.expect("the stand works").json("uji.frames");
    assert_eq!(
        (&json["steps"][0]["result"], &json["steps"][0]["why"]["en"]),
        (&json!("not_applicable"), &json!("no test password was given"))
    );
}

#[test]
fn the_usual_script_of_every_profile_can_be_played_and_a_wrong_script_is_refused() {
    let profiles = Profiles::load(None).expect("the profiles that come with the program");
    for profile in profiles.all() {
        let usual = Script::usual(profile);
        assert_eq!(usual.step.len(), 15, "{}", profile.name);
    }
    for (text, why) in [
        ("step = []", "a script has at least one"),
        ("[[step]]\nkind = \"sing\"", "unknown variant `sing`"),
        (
            "[[step]]\nkind = \"log_in\"\nlimit_s = 0",
            "does not lie between 0 and 86400",
        ),
        ("[[step]]\nkind = \"log_in\"\nlimit = 9", "unknown field `limit`"),
    ] {
        let failure = Script::read(text).expect_err("it makes no sense");
        assert!(format!("{failure:#}").contains(why), "{failure:#}");
    }
}

/// What a spoiler does with a reading of the seal.
type Spoil = fn(&mut Spoiled, Vec<u8>) -> Vec<u8>;

/// What a spoiler remembers.
#[derive(Default)]
struct Spoiled {
    has_broken: bool,
    /// The beginning of a frame.
    rest: Vec<u8>,
    heard: std::collections::BTreeSet<u8>,
}

/// A line between seal and kit that spoils what the seal says. Where the kit hangs up, so does the line.
fn between(kit: SocketAddr, spoil: Spoil) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let mut spoiled = Spoiled::default();
        for seal in listener.incoming() {
            let seal = seal.expect("a seal");
            // Where the kit does not listen there is no network: the seal's line ends at once.
            spoiled.rest.clear();
            if let Ok(kit) = TcpStream::connect(kit) {
                carry(seal, kit, &mut spoiled, spoil);
            }
        }
    });
    address
}

/// Carries until either side hangs up.
fn carry(mut seal: TcpStream, mut kit: TcpStream, spoiled: &mut Spoiled, spoil: Spoil) {
    let (mut back, mut from_kit) = (
        seal.try_clone().expect("a second handle"),
        kit.try_clone().expect("a second handle"),
    );
    let returns = thread::spawn(move || {
        // Either side may be gone already; then both are.
        let _ended = std::io::copy(&mut from_kit, &mut back);
        let _gone = back.shutdown(std::net::Shutdown::Both);
    });
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = seal.read(&mut buffer) {
        if kit.write_all(&spoil(spoiled, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    let _gone = kit.shutdown(std::net::Shutdown::Both);
    returns.join().expect("it does not panic");
}

/// Takes whole frames off the front; the beginning of another stays.
fn frames(bytes: &mut Vec<u8>) -> Vec<Vec<u8>> {
    const RECORD: usize = 62;
    let mut frames = Vec::new();
    while let Some(first) = bytes.first() {
        let end = match first {
            b'$' => RECORD,
            _ => bytes
                .iter()
                .position(|byte| *byte == b')')
                .map_or(usize::MAX, |at| at + 1),
        };
        if bytes.len() < end {
            break;
        }
        let rest = bytes.split_off(end);
        frames.push(std::mem::replace(bytes, rest));
    }
    frames
}

/// Lets a record through once, by its number; the second time it is lost. What was recorded out of reach comes for the first
/// time, so it passes.
fn forget_seconds(spoiled: &mut Spoiled, bytes: Vec<u8>) -> Vec<u8> {
    let mut passed = Vec::new();
    spoiled.rest.extend(bytes);
    for frame in frames(&mut spoiled.rest) {
        let is_record = frame[0] == b'$';
        if !is_record || spoiled.heard.insert(frame[frame.len() - 1]) {
            passed.extend(frame);
        }
    }
    passed
}

/// Where the minutes of the latitude stand in a record (manual, positional data).
const PLACE: usize = 17;

/// One record has a place whose digits are none.
fn break_one(spoiled: &mut Spoiled, bytes: Vec<u8>) -> Vec<u8> {
    let mut passed = Vec::new();
    spoiled.rest.extend(bytes);
    for mut frame in frames(&mut spoiled.rest) {
        if frame[0] == b'$' && !spoiled.has_broken {
            spoiled.has_broken = true;
            frame[PLACE] = 0xFF;
        }
        passed.extend(frame);
    }
    passed
}
