//! Whether every promise was kept: asked of the program after each start, and read from the folder as it lies there.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use segel_model::{DocumentId, Event};
use segel_sim::client::Client;
use segel_store::{Options, Reader, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::City;
use super::crew::{Entered, Reporter, Said, Stored};

/// Lines of one page.
const PAGE: usize = 200;
/// A report's event time is its own time corrected by what was measured of the seal's clock; never by so much here.
const CLOCK_MARGIN_S: i64 = 15;
/// Where the odometer stands in a record of a JT701D: after its head, date, time, place, speed and course; four bytes.
const ODOMETER: std::ops::Range<usize> = 27..31;

/// How far proof has come: what was found once is only looked for again at the end.
#[derive(Debug, Default)]
pub struct Proven {
    reports: Vec<usize>,
    commands: Vec<usize>,
    photos: Vec<usize>,
    trips: usize,
    journaled: Vec<usize>,
    /// What each message said when it was first seen, by its number.
    names: BTreeMap<u64, String>,
}

/// Something that was never promised, claimed for once: the proof must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FalseClaim {
    /// A report that no acknowledgement came for.
    Report,
    /// A command that was not answered.
    Command,
    /// A photo with other bytes.
    Photo,
}

impl City {
    /// Everything promised since the last proof is there.
    pub fn prove(&mut self) -> Result<()> {
        let proven = &mut self.proven;
        proven.reports.resize(self.reporters.len(), 0);
        for (one, from) in self.reporters.iter().zip(&mut proven.reports) {
            reports_are_there(&self.operator, one, &one.acknowledged[*from..])?;
            *from = one.acknowledged.len();
        }
        proven.commands.resize(self.clerks.len(), 0);
        for (one, from) in self.clerks.iter().zip(&mut proven.commands) {
            one.entered[*from..]
                .iter()
                .try_for_each(|entered| document_is_there(&self.importer, entered))?;
            *from = one.entered.len();
        }
        proven.photos.resize(self.photographers.len(), 0);
        for (one, from) in self.photographers.iter().zip(&mut proven.photos) {
            one.stored[*from..]
                .iter()
                .try_for_each(|stored| photo_is_there(&self.officer, stored))?;
            *from = one.stored.len();
        }
        for underway in &self.dispatcher.sent[proven.trips..] {
            trip_is_under_way(&self.officer, underway.trip)?;
        }
        proven.trips = self.dispatcher.sent.len();
        let (newest, _) = page(&self.operator, "/messages", None)?;
        self.names_hold(&newest)
    }

    /// Everything ever promised is there, and nothing twice that was asked for once.
    pub fn prove_everything(&mut self) -> Result<()> {
        self.proven = Proven {
            names: std::mem::take(&mut self.proven.names),
            ..Proven::default()
        };
        self.prove()?;
        let every_message = pages(&self.operator, "/messages", None)?;
        self.names_hold(&every_message)?;
        self.each_document_once()
    }

    /// The folder holds what it should while nobody works in it: every chain and blob is whole, every answered command is in
    /// the journal, and the state from the snapshot is the one that journal and history give.
    pub fn inspect(&mut self) -> Result<()> {
        let data = self.house.data().display().to_string();
        for word in ["rebuild", "verify"] {
            let said = self.house.run(&[word, "--data", &data])?;
            let (out, err) = (
                String::from_utf8_lossy(&said.stdout),
                String::from_utf8_lossy(&said.stderr),
            );
            println!("{word}: {}", out.trim());
            ensure!(
                said.status.success(),
                "segel {word} found that something does not hold: {err}"
            );
        }
        let log = self.house.log();
        ensure!(!log.contains("panicked"), "the program panicked, as its log says");
        self.commands_are_journaled()
    }

    /// How many messages SKP has taken; each of them under one name and with the same facts however often it came.
    pub fn messages(&self) -> Result<u64> {
        let taken = self.skp.taken()?;
        let mut facts = BTreeMap::new();
        for message in &taken {
            let name = message["idPesan"].to_string();
            ensure!(
                message["changed"] == json!(0),
                "{name} came again with other facts: {message}"
            );
            if let Some(other) = facts.insert(without_name(&message["message"]), name.clone()) {
                bail!("one effect went out under two names, {other} and {name}");
            }
        }
        Ok(taken.len() as u64)
    }

    /// Claims a promise that nobody gave.
    pub fn claim(&mut self, claim: FalseClaim) {
        match claim {
            FalseClaim::Report => {
                let reporter = &mut self.reporters[0];
                let never_sent = Said {
                    odometer: reporter.last_said + 1,
                    unix_s: reporter.acknowledged.last().map_or(0, |said| said.unix_s),
                };
                reporter.acknowledged.push(never_sent);
            }
            FalseClaim::Command => {
                let number = "000000".to_owned();
                self.clerks[0].entered.push(Entered {
                    id: u64::from(u32::MAX),
                    seq: 1,
                    number,
                });
            }
            FalseClaim::Photo => {
                if let Some(stored) = self.photographers[0].stored.last().cloned() {
                    self.photographers[0].stored.push(Stored {
                        sha256: [0; 32],
                        ..stored
                    });
                }
            }
        }
    }

    /// Takes the last claim of that sort back.
    pub fn withdraw(&mut self, claim: FalseClaim) {
        match claim {
            FalseClaim::Report => drop(self.reporters[0].acknowledged.pop()),
            FalseClaim::Command => drop(self.clerks[0].entered.pop()),
            FalseClaim::Photo => drop(self.photographers[0].stored.pop()),
        }
    }

    fn names_hold(&mut self, messages: &[Value]) -> Result<()> {
        for message in messages {
            let id = message["id"].as_u64().context("a message has no number")?;
            let facts = format!("{} {} {}", message["code"], message["trip"], message["queued"]);
            let known = self.proven.names.entry(id).or_insert_with(|| facts.clone());
            ensure!(*known == facts, "message {id} was {known} and is {facts}");
        }
        Ok(())
    }

    fn each_document_once(&self) -> Result<()> {
        let documents = pages(&self.importer, "/documents", None)?;
        let mut numbers = BTreeSet::new();
        for document in &documents {
            let number = document["number"].as_str().context("a document has a number")?;
            ensure!(numbers.insert(number), "document {number} was entered twice");
        }
        let known: BTreeSet<u64> = documents
            .iter()
            .filter_map(|document| document["id"].as_u64())
            .collect();
        let entered = self.clerks.iter().flat_map(|clerk| &clerk.entered);
        for one in entered {
            ensure!(
                known.contains(&one.id),
                "document {} is not in the list",
                one.number
            );
        }
        Ok(())
    }

    fn commands_are_journaled(&mut self) -> Result<()> {
        let opened = Store::open(
            self.house.data(),
            Options {
                free_floor_bytes: 0,
                ..Options::default()
            },
        )?;
        self.proven.journaled.resize(self.clerks.len(), 0);
        for (clerk, from) in self.clerks.iter().zip(&mut self.proven.journaled) {
            clerk.entered[*from..]
                .iter()
                .try_for_each(|entered| is_journaled(&opened.reader, entered))?;
            *from = clerk.entered.len();
        }
        Ok(())
    }
}

fn is_journaled(reader: &Reader, entered: &Entered) -> Result<()> {
    let line = reader.journal_after(entered.seq.saturating_sub(1), 1)?.pop();
    let said = line.is_some_and(|line| {
        line.entry.events.iter().any(|event| {
            matches!(event, Event::DocumentRegistered { document, .. } if *document == DocumentId(entered.id))
        })
    });
    ensure!(
        said,
        "entry {} does not say that document {} was entered",
        entered.seq,
        entered.number
    );
    Ok(())
}

fn reports_are_there(reader: &Client, reporter: &Reporter, promised: &[Said]) -> Result<()> {
    let mut missing: BTreeSet<u32> = promised.iter().map(|said| said.odometer).collect();
    let Some(first_s) = promised.iter().map(|said| said.unix_s).min() else {
        return Ok(());
    };
    let from = jiff::Timestamp::from_second(first_s - CLOCK_MARGIN_S)?;
    let path = format!("/seals/{}/reports?from={from}", reporter.id);
    let mut cursor = None;
    while !missing.is_empty() {
        let (reports, next) = page(reader, &path, cursor.as_deref())?;
        for report in &reports {
            let Some(odometer) = odometer(report) else {
                continue;
            };
            ensure!(
                odometer <= reporter.last_said,
                "a report with odometer {odometer} was never sent"
            );
            missing.remove(&odometer);
        }
        if next.is_none() && !missing.is_empty() {
            bail!(
                "acknowledged reports of seal {} are lost: odometers {missing:?}",
                reporter.id
            );
        }
        cursor = next;
    }
    Ok(())
}

/// The reading of a `$` record; nothing for other frames, and nothing for those of the seal's first conversation.
fn odometer(report: &Value) -> Option<u32> {
    let hex = report["raw"]["hex"].as_str()?;
    let digits = hex.get(ODOMETER.start * 2..ODOMETER.end * 2)?;
    let is_record = hex.starts_with("24");
    u32::from_str_radix(digits, 16).ok().filter(|_| is_record)
}

fn document_is_there(reader: &Client, entered: &Entered) -> Result<()> {
    let found = reader.get(&format!("/documents/{}", entered.id));
    let found = found.with_context(|| format!("an answered command is lost: document {}", entered.number))?;
    ensure!(
        found["number"] == json!(entered.number),
        "document {} is now {}",
        entered.number,
        found["number"]
    );
    Ok(())
}

fn photo_is_there(reader: &Client, stored: &Stored) -> Result<()> {
    let bytes = reader.get_bytes(&format!("/photos/{}/original", stored.id));
    let bytes = bytes.with_context(|| format!("a stored photo is lost: {}", stored.id))?;
    let same = <[u8; 32]>::from(Sha256::digest(&bytes)) == stored.sha256;
    ensure!(same, "photo {} has other bytes than were uploaded", stored.id);
    Ok(())
}

fn trip_is_under_way(reader: &Client, trip: u64) -> Result<()> {
    let found = reader
        .get(&format!("/trips/{trip}"))
        .with_context(|| format!("trip {trip} is lost"))?;
    ensure!(
        found["state"] == json!("in_transit"),
        "trip {trip} had departed and is now {}",
        found["state"]
    );
    Ok(())
}

/// Facts of a message that are its own: without its name and the time it was sent.
fn without_name(message: &Value) -> String {
    let mut facts = message.clone();
    if let Some(fields) = facts.as_object_mut() {
        fields.remove("idPesan");
        fields.remove("waktuKirim");
    }
    facts.to_string()
}

/// Every line of a list.
fn pages(reader: &Client, path: &str, mut cursor: Option<String>) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    loop {
        let (mut items, next) = page(reader, path, cursor.as_deref())?;
        all.append(&mut items);
        if next.is_none() {
            return Ok(all);
        }
        cursor = next;
    }
}

fn page(reader: &Client, path: &str, cursor: Option<&str>) -> Result<(Vec<Value>, Option<String>)> {
    let cursor = cursor
        .map(|cursor| format!("&cursor={cursor}"))
        .unwrap_or_default();
    let more = if path.contains('?') { '&' } else { '?' };
    let page = reader.get(&format!("{path}{more}limit={PAGE}{cursor}"))?;
    let items = page["items"].as_array().context("a page has no items")?.clone();
    Ok((items, page["next"].as_str().map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use segel_sim::seal::jointech::JointechSeal;
    use segel_sim::seal::moment::Moment;

    #[test]
    fn the_odometer_is_read_where_the_seal_writes_it() {
        let road = segel_sim::convoy::Road::of_pieces(2);
        let moment = Moment {
            mileage_km: 0x0102_0304,
            ..super::super::city::sealed_at(&road)
        };
        let (frame, _) = JointechSeal::new(8_000_000_001).record(&moment);
        let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(odometer(&json!({"raw": {"hex": hex}})), Some(0x0102_0304));
        assert_eq!(odometer(&json!({"raw": {"hex": "28313233"}})), None);
    }

    #[test]
    fn a_message_without_its_name_is_its_facts() {
        let one = json!({"idPesan": "1-0", "waktuKirim": "10:00", "kodePesan": "E04"});
        let other = json!({"idPesan": "2-0", "waktuKirim": "11:00", "kodePesan": "E04"});
        assert_eq!(without_name(&one), without_name(&other));
    }
}
