//! Units that speak over UDP, heard and answered by the built program.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use segel_e2e::served::Served;
use segel_sim::client::{Client, accept_invitation};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "kata sandi yang panjang";

const DOORS: &str = "[listen.udp]\nteltonika = \"127.0.0.1:0\"\nqueclink = \"127.0.0.1:0\"\nmeitrack = \"127.0.0.1:0\"\njt808 = \"127.0.0.1:0\"\n";

/// A unit behind an address of its own.
struct Unit(UdpSocket);

impl Unit {
    fn beside(door: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.connect(door)?;
        Ok(Self(socket))
    }

    /// Says something and waits for the answer.
    fn says(&self, datagram: &[u8]) -> Result<Vec<u8>> {
        self.0.send(datagram)?;
        self.hears()
    }

    fn hears(&self) -> Result<Vec<u8>> {
        let mut answer = [0; 2048];
        let length = self.0.recv(&mut answer).context("no answer came")?;
        Ok(answer[..length].to_vec())
    }
}

/// Teltonika, codecs, "UDP channel": one record of codec 8, its time, a place at Semarang, nine satellites, no values.
fn teltonika() -> Vec<u8> {
    let mut bytes = vec![0, 54, 0xCA, 0xFE, 1, 5, 0, 15];
    bytes.extend(b"356307042441013");
    bytes.extend([8, 1, 0, 0, 0x01, 0x9C, 0x22, 0xC3, 0x51, 0x40, 0]);
    bytes.extend([
        0x41, 0xD1, 0x29, 0x90, 0xFB, 0xD8, 0xB2, 0x40, 0, 12, 0, 90, 9, 0, 37,
    ]);
    bytes.extend([0, 0, 0, 0, 0, 0, 1]);
    bytes
}

/// Golden frames of a language: the first that is answered whatever the profile, and its answer.
fn golden(frames: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let answered = |line: &str| {
        let frame: Value = serde_json::from_str(line).ok()?;
        let said = frame["line"]["hex"]
            .as_str()
            .filter(|_| frame["profile"].is_null())?;
        Some((unhex(said)?, unhex(frame["expect"]["replies"][0].as_str()?)?))
    };
    frames.lines().find_map(answered).context("no frame is answered")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[test]
fn units_over_udp_are_heard_and_answered_by_the_built_program() -> Result<()> {
    let folder = TempDir::new()?;
    let served = Served::start(folder.path(), DOORS)?;
    let unit = Unit::beside(served.door("teltonika", "UDP")?)?;
    ensure!(unit.says(&teltonika())? == [0, 5, 0xCA, 0xFE, 1, 5, 1]);

    let unit = Unit::beside(served.door("queclink", "UDP")?)?;
    let answer = unit.says(b"+ACK:GTHBD,1A0102,860599000000042,,20260203093015,11F0$")?;
    ensure!(answer == b"+SACK:GTHBD,1A0102,11F0$", "{}", answer.escape_ascii());

    let (said, answer) = golden(include_str!("../../fixtures/golden/jt808.jsonl"))?;
    let unit = Unit::beside(served.door("jt808", "UDP")?)?;
    ensure!(unit.says(&said)? == answer);
    Ok(())
}

/// An order waits for the unit and goes out to where its report came from.
#[test]
fn an_order_reaches_a_unit_over_udp_right_after_its_report() -> Result<()> {
    let folder = TempDir::new()?;
    let served = Served::start(folder.path(), DOORS)?;
    let code = served.codes.get(1).context("a first start invites")?;
    accept_invitation(&served.base, code, "rudi", PASSWORD, "Rudi Hartono")?;
    let admin = Client::sign_in(&served.base, "rudi", PASSWORD)?;
    let registration = json!({
        "protocol": "queclink", "device": "860599000000042", "label": "GL300-42", "profile": "queclink_sack",
        "provider": null, "pool": null, "certificate": null
    });
    let seal = admin.create("/seals", registration)?;
    let order = json!({"kind": "interval", "awake_s": 300, "asleep_s": 300});
    admin.post(&format!("/seals/{seal}/orders"), order)?;

    let unit = Unit::beside(served.door("queclink", "UDP")?)?;
    let report = b"+RESP:GTFRI,1A0102,860599000000042,box,0,0,1,1,42.0,90,15.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141,00,87,20260203093020,0001$";
    ensure!(unit.says(report)? == b"+SACK:0001$");
    let told = String::from_utf8(unit.hears()?)?;
    ensure!(told.starts_with("AT+GTFRI=gl300,1,,,,,,300,300,"), "{told}");
    let number = told
        .trim_end_matches('$')
        .rsplit(',')
        .next()
        .context("it has a number")?;
    let done = format!("+ACK:GTFRI,1A0102,860599000000042,,{number},20260203093015,0002$");
    ensure!(unit.says(done.as_bytes())? == b"+SACK:0002$");
    let orders = admin.get(&format!("/seals/{seal}/orders"))?;
    ensure!(orders["items"][0]["sent"].is_string(), "{orders}");
    Ok(())
}
