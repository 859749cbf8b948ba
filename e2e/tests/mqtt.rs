//! The door for makers' clouds of the built program, with another's clients: Debian's `mosquitto_pub` and `mosquitto_sub`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use segel_e2e::served::Served;
use segel_sim::client::{Client, accept_invitation};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "kata sandi yang panjang";
const DEVICE: &str = "7100000042";
const DOOR: &str = "mqtt = \"127.0.0.1:0\"\n";
/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Messages that must have been answered before the power goes.
const ANSWERED: usize = 40;
/// Messages that are begun.
const BEGUN: usize = 4000;

/// A provider's people, its machine's token, and one seal in stock.
struct Stage {
    served: Served,
    door: SocketAddr,
    admin: Client,
    token: String,
    seal: u64,
}

impl Stage {
    fn set(folder: &Path) -> Result<Self> {
        let served = Served::start(folder, DOOR)?;
        let code = served.codes.get(1).context("a first start invites")?;
        accept_invitation(&served.base, code, "rudi", PASSWORD, "Rudi Hartono")?;
        let admin = Client::sign_in(&served.base, "rudi", PASSWORD)?;
        let issued = admin.post("/tokens", json!({"label": "awan Jointech"}))?;
        let token = issued["token"].as_str().context("a token")?.to_owned();
        let registration = json!({
            "protocol": "jointech_cloud", "device": DEVICE, "label": format!("JT701-{DEVICE}"), "profile": "any",
            "provider": null, "pool": null, "certificate": null
        });
        let seal = admin.create("/seals", registration)?;
        Ok(Self {
            door: served.door("mqtt", "MQTT")?,
            served,
            admin,
            token,
            seal,
        })
    }

    /// One of the clients, with the token for a password.
    fn client(&self, program: &str, words: &[&str]) -> Result<Output> {
        client(program, self.door, &self.token, words)?
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not run {program}"))
    }

    /// The seal's reports, by their own numbers.
    fn numbers(&self) -> Result<BTreeSet<u64>> {
        let (mut numbers, mut cursor) = (BTreeSet::new(), String::new());
        loop {
            let page = self
                .admin
                .get(&format!("/seals/{}/reports?limit=200{cursor}", self.seal))?;
            let items = page["items"].as_array().context("a page has items")?;
            numbers.extend(items.iter().filter_map(|report| report["serial"].as_u64()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(numbers),
            }
        }
    }
}

fn client(program: &str, door: SocketAddr, token: &str, words: &[&str]) -> Result<Command> {
    let found = Command::new(program).arg("--help").output();
    ensure!(
        found.is_ok(),
        "{program} is not installed: apt-get install mosquitto-clients (make test does it)"
    );
    let mut command = Command::new(program);
    command
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &door.port().to_string(),
            "-V",
            "mqttv311",
        ])
        .args(["-u", "jointech", "-P", token])
        .args(words);
    Ok(command)
}

fn said(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// What the seal says now, with a number of its own.
fn now(number: usize, more: &str) -> String {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        r#"{{"gpsTime": "{time}", "latitude": -6.96872, "longitude": 110.42387, "locType": 1, "battery": 87, "Index": {number}{more}}}"#
    )
}

#[test]
fn messages_that_want_an_answer_and_those_that_want_none_are_kept() -> Result<()> {
    let folder = TempDir::new()?;
    let stage = Stage::set(folder.path())?;
    let topic = format!("upload/k3y/{DEVICE}/location");
    let sure = stage.client(
        "mosquitto_pub",
        &["-q", "1", "-i", "sure", "-t", &topic, "-m", &now(1, "")],
    )?;
    ensure!(sure.status.success(), "{}", said(&sure));
    ensure!(
        stage.numbers()? == BTreeSet::from([1]),
        "answered, so it is there"
    );
    let quiet = stage.client("mosquitto_pub", &["-q", "0", "-t", &topic, "-m", &now(2, "")])?;
    ensure!(quiet.status.success(), "{}", said(&quiet));
    // Nobody says when it is kept.
    let deadline = Instant::now() + PATIENCE;
    while stage.numbers()? != BTreeSet::from([1, 2]) {
        ensure!(Instant::now() < deadline, "it never came");
        std::thread::yield_now();
    }
    let reports = stage.admin.get(&format!("/seals/{}/reports", stage.seal))?;
    ensure!(reports["items"][0]["battery_percent"] == 87, "{reports}");
    ensure!(
        !reports.to_string().contains("k3y"),
        "the account at the cloud is a secret"
    );
    Ok(())
}

#[test]
fn a_wrong_password_is_refused_and_so_are_wishes_and_what_is_answered_twice() -> Result<()> {
    let folder = TempDir::new()?;
    let stage = Stage::set(folder.path())?;
    let publish = ["-q", "1", "-t", "upload/k/7/location", "-m", "{}"];
    let wrong = client("mosquitto_pub", stage.door, "segel_1_wrong", &publish)?.output()?;
    ensure!(
        !wrong.status.success() && said(&wrong).contains("bad user name or password"),
        "{}",
        said(&wrong)
    );
    let listener = stage.client("mosquitto_sub", &["-t", "upload/#", "-W", "20"])?;
    ensure!(said(&listener).contains("denied"), "{}", said(&listener));
    let twice = stage.client(
        "mosquitto_pub",
        &["-q", "2", "-t", "upload/k/7/location", "-m", "{}"],
    )?;
    ensure!(!twice.status.success(), "{}", said(&twice));
    Ok(())
}

#[test]
fn an_alarm_that_a_cloud_passes_on_is_an_alarm() -> Result<()> {
    let folder = TempDir::new()?;
    let stage = Stage::set(folder.path())?;
    let topic = format!("upload/k3y/{DEVICE}/alarm");
    let stuck = now(1, r#", "LockStuck": "1""#);
    let told = stage.client("mosquitto_pub", &["-q", "1", "-t", &topic, "-m", &stuck])?;
    ensure!(told.status.success(), "{}", said(&told));
    let alarms = stage.admin.get("/alarms")?;
    let items = alarms["items"].as_array().context("a page has items")?;
    let of_seal = |alarm: &&Value| alarm["seal"] == stage.seal || alarm["seal"]["id"] == stage.seal;
    let alarm = items
        .iter()
        .find(of_seal)
        .with_context(|| format!("no alarm of the seal: {alarms}"))?;
    ensure!(alarm["code"] == "A23", "{alarm}");
    ensure!(alarm.to_string().contains("motor segel macet"), "{alarm}");
    Ok(())
}

/// Law 1: the power goes while messages are under way. Whatever was answered is there afterwards.
#[test]
fn what_was_answered_before_the_power_went_is_there_afterwards() -> Result<()> {
    let folder = TempDir::new()?;
    let mut stage = Stage::set(folder.path())?;
    let (answered, publisher) = publish_until_many_are_answered(&stage)?;
    stage.served.kill()?;
    drop(publisher);
    stage.served = Served::start(folder.path(), DOOR)?;
    stage.admin = Client::sign_in(&stage.served.base, "rudi", PASSWORD)?;
    stage.door = stage.served.door("mqtt", "MQTT")?;
    let kept = stage.numbers()?;
    let lost: Vec<u64> = answered.difference(&kept).copied().collect();
    ensure!(lost.is_empty(), "answered and lost: {lost:?}");
    let topic = format!("upload/k3y/{DEVICE}/location");
    let again = stage.client(
        "mosquitto_pub",
        &["-q", "1", "-t", &topic, "-m", &now(BEGUN + 1, "")],
    )?;
    ensure!(again.status.success(), "{}", said(&again));
    Ok(())
}

/// Begins many messages, and gives the numbers of those that are answered so far, while others are under way.
fn publish_until_many_are_answered(stage: &Stage) -> Result<(BTreeSet<u64>, Publisher)> {
    let topic = format!("upload/k3y/{DEVICE}/location");
    let words = ["-q", "1", "-d", "-l", "-i", "busy", "-t", &topic];
    let publisher = client("mosquitto_pub", stage.door, &stage.token, &words)?;
    // It writes its lines in blocks where nobody looks on.
    let mut command = Command::new("stdbuf");
    command
        .arg("-oL")
        .arg(publisher.get_program())
        .args(publisher.get_args());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let child = command
        .spawn()
        .context("could not run stdbuf and mosquitto_pub")?;
    let mut publisher = Publisher(child);
    let mut stdin = publisher.0.stdin.take().context("its input is ours")?;
    std::thread::spawn(move || {
        // It ends before all are said.
        let _ended = (1..=BEGUN).try_for_each(|number| writeln!(stdin, "{}", now(number, "")));
    });
    let stdout = publisher.0.stdout.take().context("its output is ours")?;
    let mut answered = BTreeSet::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.context("could not read its output")?;
        answered.extend(answered_in(&line));
        if ANSWERED <= answered.len() {
            return Ok((answered, publisher));
        }
    }
    bail!("only {} were answered", answered.len())
}

/// `Client busy received PUBACK (Mid: 7, RC:0)`: the numbers of messages count from one, as ours do.
fn answered_in(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("received PUBACK (Mid: ")?;
    rest.split([',', ')']).next()?.parse().ok()
}

struct Publisher(Child);

impl Drop for Publisher {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _gone_already = self.0.wait();
    }
}
