//! Who keeps the program busy until its sockets break: seals, clerks, photographers, a dispatcher. Each remembers what was
//! promised to it, and says what it had under way when the end came.

use std::collections::VecDeque;
use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use segel_sim::client::{Client, random_key};
use segel_sim::convoy::{Convoy, Underway};
use segel_sim::load::acknowledged_serial;
use segel_sim::seal::jointech::JointechSeal;
use segel_sim::seal::moment::Moment;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Reports a seal keeps under way.
const IN_FLIGHT: usize = 4;
/// A seal breathes this long between bursts, so that the folder grows slowly enough to be read in full at the end.
const BREATH: Duration = Duration::from_millis(1);
/// Nobody waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was under way when the program was killed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Reports sent and not acknowledged.
    pub reports: u32,
    /// Commands sent and not answered.
    pub commands: u32,
    /// Uploads begun and not ended.
    pub photos: u32,
}

impl InFlight {
    /// Something of each sort.
    pub fn is_complete(self) -> bool {
        self.reports > 0 && self.commands > 0 && self.photos > 0
    }
}

impl AddAssign for InFlight {
    fn add_assign(&mut self, other: Self) {
        self.reports += other.reports;
        self.commands += other.commands;
        self.photos += other.photos;
    }
}

impl fmt::Display for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reports, {} commands, {} photos",
            self.reports, self.commands, self.photos
        )
    }
}

/// One life of the program, as those at work see it.
pub struct Life<'a> {
    /// The API.
    pub base: &'a str,
    /// The door for seals.
    pub jointech: SocketAddr,
    /// The kill is near: nobody begins anything, so that what is under way then was really sent.
    pub over: &'a AtomicBool,
}

impl Life<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }
}

/// Somebody at work.
pub trait Worker: Send {
    /// Works until the life is over; says what was under way then. A refusal is a failure: nothing here is wrong.
    fn work(&mut self, life: &Life<'_>) -> Result<InFlight>;
}

/// Nothing answered because nobody is there any more.
fn is_gone(failure: &anyhow::Error) -> bool {
    failure
        .chain()
        .any(|cause| cause.is::<std::io::Error>() || cause.is::<ureq::Error>())
}

/// Ends a life in good order where the other side is gone, and badly where it said no.
fn unless_refused(worked: Result<()>, in_flight: InFlight) -> Result<InFlight> {
    match worked {
        Err(failure) if !is_gone(&failure) => Err(failure),
        _ => Ok(in_flight),
    }
}

/// A report as the seal knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What its odometer showed: the number of the report.
    pub odometer: u32,
    /// When it was said, in seconds since 1970.
    pub unix_s: i64,
}

/// A seal that reports without pause. Its odometer numbers its reports, so each can be told from all others.
pub struct Reporter {
    /// Its number at the API.
    pub id: u64,
    seal: JointechSeal,
    moment: Moment,
    waiting: VecDeque<(u8, Said, Vec<u8>)>,
    /// Reports that were acknowledged.
    pub acknowledged: Vec<Said>,
    /// The last odometer reading it ever sent.
    pub last_said: u32,
}

impl Reporter {
    /// The seal of that device, in that condition.
    pub fn new(id: u64, device: u64, moment: Moment) -> Self {
        Self {
            id,
            seal: JointechSeal::new(device),
            moment,
            waiting: VecDeque::new(),
            acknowledged: Vec::new(),
            last_said: 0,
        }
    }

    fn report(&mut self, life: &Life<'_>) -> Result<()> {
        let mut stream = TcpStream::connect(life.jointech)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let again: Vec<u8> = self
            .waiting
            .iter()
            .flat_map(|(_, _, frame)| JointechSeal::sent_again(frame))
            .collect();
        stream.write_all(&again)?;
        let mut heard = Vec::new();
        loop {
            if life.goes_on() {
                stream.write_all(&self.fill())?;
            }
            // What comes before the end still counts, so it is read until the socket breaks.
            self.listen(&mut stream, &mut heard)?;
            std::thread::sleep(BREATH);
        }
    }

    fn fill(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.waiting.len() < IN_FLIGHT {
            self.last_said += 1;
            self.moment.mileage_km = self.last_said;
            self.moment.unix_s = now_unix_s();
            let (frame, serial) = self.seal.record(&self.moment);
            bytes.extend_from_slice(&frame);
            let said = Said {
                odometer: self.last_said,
                unix_s: self.moment.unix_s,
            };
            self.waiting.push_back((serial, said, frame));
        }
        bytes
    }

    fn listen(&mut self, stream: &mut TcpStream, heard: &mut Vec<u8>) -> Result<()> {
        let mut piece = [0; 512];
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        heard.extend_from_slice(&piece[..read]);
        while let Some(end) = heard.iter().position(|byte| *byte == b')') {
            let sentence: Vec<u8> = heard.drain(..=end).collect();
            if let Some(serial) = acknowledged_serial(&sentence) {
                self.acknowledge(serial)?;
            }
        }
        Ok(())
    }

    fn acknowledge(&mut self, serial: u8) -> Result<()> {
        let place = self.waiting.iter().position(|(waiting, ..)| *waiting == serial);
        let place =
            place.with_context(|| format!("an acknowledgement of serial {serial}, which does not wait"))?;
        if let Some((_, said, _)) = self.waiting.remove(place) {
            self.acknowledged.push(said);
        }
        Ok(())
    }
}

impl Worker for Reporter {
    fn work(&mut self, life: &Life<'_>) -> Result<InFlight> {
        let worked = self.report(life);
        let in_flight = InFlight {
            reports: self.waiting.len() as u32,
            ..InFlight::default()
        };
        unless_refused(worked, in_flight)
    }
}

/// A document that was entered.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Its number at the API.
    pub id: u64,
    /// The entry that says so.
    pub seq: u64,
    /// The number on it.
    pub number: String,
}

/// Enters documents, one after the other. What was not answered it asks again under the same key, as an app does.
pub struct Clerk {
    client: Client,
    office: &'static str,
    desk: u32,
    next: u32,
    unanswered: Option<(String, String)>,
    /// What was answered.
    pub entered: Vec<Entered>,
}

impl Clerk {
    /// The clerk of a desk.
    pub fn new(client: Client, office: &'static str, desk: u32) -> Self {
        Self {
            client,
            office,
            desk,
            next: 0,
            unanswered: None,
            entered: Vec::new(),
        }
    }

    fn enter(&mut self, life: &Life<'_>) -> Result<()> {
        while life.goes_on() {
            let (key, number) = match &self.unanswered {
                Some(asked) => asked.clone(),
                None => {
                    self.next += 1;
                    (random_key(), format!("{:02}{:06}", self.desk, self.next))
                }
            };
            self.unanswered = Some((key.clone(), number.clone()));
            let answer = self
                .client
                .post_under(&key, "/documents", document(&number, self.office))?;
            let id = answer["id"].as_u64().context("a document has no number")?;
            let seq = answer["seq"].as_u64().context("an answer names no entry")?;
            self.entered.push(Entered { id, seq, number });
            self.unanswered = None;
        }
        Ok(())
    }
}

fn document(number: &str, office: &str) -> serde_json::Value {
    json!({
        "kind": "plp", "number": number, "date": "2026-01-15", "valid_until": null, "office": office,
        "destination_office": office, "tps_origin": "TPKS", "tps_destination": "Gudang Barat", "bc11": null,
        "submission_number": null, "owner": null,
        "lines": [{"container": "CSQU3054383", "size_ft": 40, "size_type": "42G1"}], "scan": null
    })
}

impl Worker for Clerk {
    fn work(&mut self, life: &Life<'_>) -> Result<InFlight> {
        self.client = self.client.at(life.base);
        let worked = self.enter(life);
        let in_flight = InFlight {
            commands: u32::from(self.unanswered.is_some()),
            ..InFlight::default()
        };
        unless_refused(worked, in_flight)
    }
}

/// A photo that was stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its number at the API.
    pub id: u64,
    /// SHA-256 of what was uploaded.
    pub sha256: [u8; 32],
}

/// Uploads photos to one trip, each different in a comment that no eye sees.
pub struct Photographer {
    client: Client,
    trip: u64,
    jpeg: Vec<u8>,
    desk: u32,
    next: u32,
    under_way: bool,
    /// What was stored.
    pub stored: Vec<Stored>,
}

impl Photographer {
    /// Photographs one trip.
    pub fn new(client: Client, trip: u64, jpeg: Vec<u8>, desk: u32) -> Self {
        Self {
            client,
            trip,
            jpeg,
            desk,
            next: 0,
            under_way: false,
            stored: Vec::new(),
        }
    }

    fn upload(&mut self, life: &Life<'_>) -> Result<()> {
        self.under_way = false;
        while life.goes_on() {
            self.next += 1;
            let photo = commented(&self.jpeg, &format!("{} of {}", self.next, self.desk))?;
            self.under_way = true;
            let id = self.client.upload_photo(self.trip, "install", "other", &photo)?;
            self.under_way = false;
            self.stored.push(Stored {
                id,
                sha256: Sha256::digest(&photo).into(),
            });
        }
        Ok(())
    }
}

/// A JPEG with a comment segment after its first marker.
fn commented(jpeg: &[u8], comment: &str) -> Result<Vec<u8>> {
    let rest = jpeg.strip_prefix(&[0xff, 0xd8]).context("the photo is no JPEG")?;
    let length = u16::try_from(comment.len() + 2).context("the comment is long")?;
    ensure!(length > 2, "an empty comment tells nothing apart");
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xfe];
    bytes.extend(length.to_be_bytes());
    bytes.extend(comment.as_bytes());
    bytes.extend(rest);
    Ok(bytes)
}

impl Worker for Photographer {
    fn work(&mut self, life: &Life<'_>) -> Result<InFlight> {
        self.client = self.client.at(life.base);
        let worked = self.upload(life);
        let in_flight = InFlight {
            photos: u32::from(self.under_way),
            ..InFlight::default()
        };
        unless_refused(worked, in_flight)
    }
}

/// Sends containers on their way, one after the other: every step is a command, and most make a message to SKP.
pub struct Dispatcher {
    convoy: Convoy,
    documents: Vec<(u64, Vec<String>)>,
    next: usize,
    first_device: u64,
    /// What is under way.
    pub sent: Vec<Underway>,
}

impl Dispatcher {
    /// Sends off the containers of these documents.
    pub fn new(convoy: Convoy, documents: Vec<(u64, Vec<String>)>, first_device: u64) -> Self {
        Self {
            convoy,
            documents,
            next: 0,
            first_device,
            sent: Vec::new(),
        }
    }

    /// A container whose departure a kill broke off stays where it is; the next one is taken.
    fn send(&mut self, life: &Life<'_>) -> Result<()> {
        while life.goes_on() {
            let (document, container) = self
                .container(self.next)
                .context("every container is on its way")?;
            let device = self.first_device + self.next as u64;
            self.next += 1;
            self.sent
                .push(self.convoy.send_off(document, &container, device)?);
        }
        Ok(())
    }

    fn container(&self, number: usize) -> Option<(u64, String)> {
        let mut all = self.documents.iter().flat_map(|(document, containers)| {
            containers.iter().map(|container| (*document, container.clone()))
        });
        all.nth(number)
    }
}

impl Worker for Dispatcher {
    fn work(&mut self, life: &Life<'_>) -> Result<InFlight> {
        self.convoy.move_to(life.base, life.jointech);
        let worked = self.send(life);
        let in_flight = InFlight {
            commands: u32::from(worked.is_err()),
            ..InFlight::default()
        };
        unless_refused(worked, in_flight)
    }
}

fn now_unix_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_makes_another_photo_of_the_same_picture() {
        let photo = commented(&[0xff, 0xd8, 0xff, 0xd9], "1 of 2").expect("a JPEG");
        assert_eq!(
            photo,
            [b"\xff\xd8\xff\xfe\x00\x081 of 2".as_slice(), &[0xff, 0xd9]].concat()
        );
    }

    #[test]
    fn a_kill_counts_only_where_it_interrupts_something_of_each_sort() {
        let all = InFlight {
            reports: 1,
            commands: 1,
            photos: 1,
        };
        assert!(all.is_complete());
        assert!(!InFlight { reports: 0, ..all }.is_complete());
        assert!(!InFlight { commands: 0, ..all }.is_complete());
        assert!(!InFlight { photos: 0, ..all }.is_complete());
    }
}
