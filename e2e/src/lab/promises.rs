//! What had been promised at each moment, read from the bytes on the sockets: reports that were acknowledged, entries that an
//! answer, a live update or a message to SKP spoke of, backups that were said to be complete.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use segel_sim::load::acknowledged_serial;

use super::log::Line;

/// Words before the number of an entry: in answers and live updates, and in messages to SKP.
const NAMES_OF_ENTRIES: [&str; 2] = ["\"seq\":", "\"nomorEntri\":\""];
/// A record of a Jointech seal: ten bytes of head, of which the last two say how many bytes follow.
const RECORD_HEAD: usize = 10;
/// The file that says that a backup is complete.
const BACKUP_ANSWER: &str = "backup-answer.json";

/// Everything promised up to a moment.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Frames that were acknowledged, by device.
    pub reports: BTreeMap<String, BTreeSet<Vec<u8>>>,
    /// The last entry that anybody outside knows of.
    pub seq: u64,
    /// Whether a backup was said to be complete.
    pub backup: bool,
}

impl Kept {
    /// How many promises these are.
    pub fn count(&self) -> u64 {
        self.reports
            .values()
            .map(|frames| frames.len() as u64)
            .sum::<u64>()
            + self.seq
    }
}

/// Follows the log and gathers.
#[derive(Debug, Default)]
pub struct Listener {
    kept: Kept,
    lines: HashMap<u64, Conversation>,
}

/// One connection of a seal.
#[derive(Debug, Default)]
struct Conversation {
    heard: Vec<u8>,
    said: Vec<u8>,
    waiting: VecDeque<(u8, String, Vec<u8>)>,
}

impl Listener {
    /// Goes on from what was promised before the log begins.
    pub fn after(kept: Kept) -> Self {
        Self {
            kept,
            lines: HashMap::new(),
        }
    }

    /// What is promised by now.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The next line happens.
    pub fn take(&mut self, line: &Line) {
        match line {
            Line::Heard { socket, bytes } => self.hear(*socket, bytes),
            Line::Sent { socket, bytes } => self.say(*socket, bytes),
            Line::Renamed { to, .. } if to.ends_with(BACKUP_ANSWER) => self.kept.backup = true,
            _ => {}
        }
    }

    fn hear(&mut self, socket: u64, bytes: &[u8]) {
        let is_known = self.lines.contains_key(&socket);
        if !is_known && !matches!(bytes.first(), Some(b'$' | b'(')) {
            return;
        }
        let conversation = self.lines.entry(socket).or_default();
        conversation.heard.extend_from_slice(bytes);
        while let Some(length) = frame_length(&conversation.heard) {
            let frame: Vec<u8> = conversation.heard.drain(..length).collect();
            if let Some((serial, device)) = serial_and_device(&frame) {
                conversation.waiting.push_back((serial, device, frame));
            }
        }
    }

    fn say(&mut self, socket: u64, bytes: &[u8]) {
        let Some(conversation) = self.lines.get_mut(&socket) else {
            let seq = last_entry_named(bytes).unwrap_or(0);
            self.kept.seq = self.kept.seq.max(seq);
            return;
        };
        conversation.said.extend_from_slice(bytes);
        while let Some(end) = conversation.said.iter().position(|byte| *byte == b')') {
            let sentence: Vec<u8> = conversation.said.drain(..=end).collect();
            let Some(serial) = acknowledged_serial(&sentence) else {
                continue;
            };
            let place = conversation.waiting.iter().position(|one| one.0 == serial);
            if let Some((_, device, frame)) = place.and_then(|place| conversation.waiting.remove(place)) {
                self.kept.reports.entry(device).or_default().insert(frame);
            }
        }
    }
}

/// The length of the first frame, where it is whole.
fn frame_length(heard: &[u8]) -> Option<usize> {
    let length = match heard.first()? {
        b'$' => RECORD_HEAD + usize::from(u16::from_be_bytes([*heard.get(8)?, *heard.get(9)?])),
        _ => heard.iter().position(|byte| *byte == b')')? + 1,
    };
    (length <= heard.len()).then_some(length)
}

/// What an acknowledgement of a frame would say, and who sent the frame.
fn serial_and_device(frame: &[u8]) -> Option<(u8, String)> {
    if frame.first() == Some(&b'$') {
        let device = frame[1..6].iter().map(|byte| format!("{byte:02x}")).collect();
        return Some((*frame.last()?, device));
    }
    let words: Vec<&str> = std::str::from_utf8(frame)
        .ok()?
        .trim_matches(['(', ')'])
        .split(',')
        .collect();
    let is_lock_event = words.get(1) == Some(&"P45");
    let serial = words.get(words.len().checked_sub(2)?)?.parse().ok();
    serial
        .filter(|_| is_lock_event)
        .map(|serial| (serial, words[0].to_owned()))
}

fn last_entry_named(bytes: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(bytes);
    let named = NAMES_OF_ENTRIES.iter().flat_map(|name| text.split(name).skip(1));
    named
        .filter_map(|rest| {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            rest[..digits].parse().ok()
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: u64, bytes: &[u8]) -> Line {
        Line::Heard {
            socket,
            bytes: bytes.to_vec(),
        }
    }

    fn sent(socket: u64, bytes: &[u8]) -> Line {
        Line::Sent {
            socket,
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn a_report_is_promised_when_its_own_acknowledgement_leaves() {
        let road = segel_sim::convoy::Road::of_pieces(2);
        let moment = crate::crash::sealed_at(&road);
        let mut seal = segel_sim::seal::jointech::JointechSeal::new(8_200_000_001);
        let frames: Vec<Vec<u8>> = (0..2).map(|_| seal.record(&moment).0).collect();
        let mut listener = Listener::default();
        // Both frames in two pieces that are cut anywhere.
        let all = frames.concat();
        for line in [
            heard(1, &all[..70]),
            heard(1, &all[70..]),
            sent(2, b"(P69,0,0)"),
            sent(1, b"(P69,"),
        ] {
            listener.take(&line);
            assert!(listener.kept().reports.is_empty());
        }
        listener.take(&sent(1, b"0,1)"));
        let promised = BTreeMap::from([("8200000001".to_owned(), BTreeSet::from([frames[1].clone()]))]);
        assert_eq!(listener.kept().reports, promised);
    }

    #[test]
    fn an_answer_a_live_update_and_a_message_to_skp_promise_the_entry_they_name() {
        let mut listener = Listener::default();
        for (said, seq) in [
            ("{\"seq\":7,\"id\":9}", 7),
            ("data: {\"seq\":5}", 7),
            ("{\"nomorEntri\":\"12-3\"}", 12),
        ] {
            listener.take(&sent(1, said.as_bytes()));
            assert_eq!(listener.kept().seq, seq);
        }
    }
}
