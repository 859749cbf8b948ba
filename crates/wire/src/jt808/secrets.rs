//! Where in a raw frame passwords stand: those in lock events, that which a padlock tells in every report, those of access
//! points, the token of a log-in.

use alloc::vec::Vec;
use core::ops::Range;

use super::{
    command,
    fields::Fields,
    frame::{self, Next},
    header::Header,
    location::LENGTH,
    lock_event,
    message::id,
    session_messages::{SECRETS, parameter},
    text,
};
use crate::{limits::FRAME_BYTES, read::u16_at};

/// A password that an HHD padlock tells in every report, and its length.
const TOLD_PASSWORD: (u8, usize) = (0x67, 8);
/// What happened to a Jointech lock.
const LOCK_EVENT: u8 = 0x0B;
/// Bytes before the fields of Jointech's own messages.
const BEFORE_FIELDS: usize = 35;

/// Ranges of secrets in frames of either direction.
pub(crate) fn ranges(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut bodies: Vec<Body> = Vec::new();
    let mut used = 0;
    loop {
        let rest = &raw[used..];
        let (length, frame) = match frame::next(rest, FRAME_BYTES as usize) {
            Next::More if rest.is_empty() => break,
            // Its end is missing: what is shown of an oddity is cut.
            Next::More => (rest.len(), rest),
            Next::Binary(length) | Next::Shared(length) | Next::Text(length) => (length, &rest[..length]),
            Next::Nothing(length) | Next::Garbage(length, _) => (length, &[][..]),
        };
        match frame {
            [] => {}
            [frame::TEXT, ..] => secrets.extend(moved(text::secrets(frame), used)),
            _ => join(&mut bodies, Body::read(frame, used)),
        }
        used += length;
    }
    secrets.extend(bodies.iter().flat_map(Body::secrets));
    secrets
}

fn moved(ranges: Vec<Range<usize>>, by: usize) -> impl Iterator<Item = Range<usize>> {
    ranges
        .into_iter()
        .map(move |range| range.start + by..range.end + by)
}

/// A body, and where each of its bytes stands in the raw frame.
struct Body {
    header: Header,
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
    /// Pieces that are in it.
    pieces: u16,
}

/// Puts a piece behind those before it; the frames of a message are stored in their order.
fn join(bodies: &mut Vec<Body>, body: Option<Body>) {
    let Some(body) = body else { return };
    let follows = |last: &Body| match (last.header.piece, body.header.piece) {
        (Some(first), Some(piece)) => {
            first.index == 1 && first.total == piece.total && piece.index == last.pieces + 1
        }
        _ => false,
    };
    match bodies.last_mut().filter(|last| follows(last)) {
        Some(last) => {
            last.bytes.extend(body.bytes);
            last.places.extend(body.places);
            last.pieces += 1;
        }
        None => bodies.push(body),
    }
}

impl Body {
    /// Reads a frame, whole or cut. The first delimiter may be missing, and so may the end; the checksum behind a whole body is
    /// taken for a part of it, which hurts nobody.
    fn read(raw: &[u8], at: usize) -> Option<Self> {
        let delimiter = match raw.first() {
            Some(&frame::OTHER_DELIMITER) => frame::OTHER_DELIMITER,
            _ => frame::DELIMITER,
        };
        let inside = raw.strip_prefix(&[delimiter]).unwrap_or(raw);
        let start = at + raw.len() - inside.len();
        let inside = inside.strip_suffix(&[delimiter]).unwrap_or(inside);
        let (places, plain) = plain(delimiter, inside, start);
        let (header, from) = Header::read(delimiter, &plain)?;
        let length = usize::from(header.length()).min(plain.len() - from);
        // A frame whose length is wrong has its body to the end.
        let told = from + length;
        let end = if told + 1 == plain.len() {
            told
        } else {
            plain.len()
        };
        Some(Self {
            header,
            places: places[from..end].to_vec(),
            bytes: plain[from..end].to_vec(),
            pieces: 1,
        })
    }

    fn secrets(&self) -> Vec<Range<usize>> {
        let whole = self
            .header
            .piece
            .is_none_or(|piece| piece.index == 1 && piece.total == self.pieces);
        let secrets = if whole {
            body_secrets(&self.header, &self.bytes)
        } else {
            // Where fields begin in the middle of a message cannot be told.
            one(0..self.bytes.len())
        };
        secrets.into_iter().flat_map(|range| self.place(range)).collect()
    }

    /// Where some bytes stand; those of two pieces stand apart.
    fn place(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for place in self.places.get(range).unwrap_or_default() {
            match runs.last_mut().filter(|run| run.end == place.start) {
                Some(run) => run.end = place.end,
                None => runs.push(place.clone()),
            }
        }
        runs
    }
}

/// The bytes between the delimiters, escapes undone, and where each of them stands.
fn plain(delimiter: u8, inside: &[u8], at: usize) -> (Vec<Range<usize>>, Vec<u8>) {
    let mut places = Vec::with_capacity(inside.len());
    let mut bytes = Vec::with_capacity(inside.len());
    let mut used = 0;
    while let Some((byte, length)) = frame::front(delimiter, &inside[used..]) {
        let start = at + used;
        places.push(start..start + length);
        bytes.push(byte);
        used += length;
    }
    (places, bytes)
}

fn one(secret: Range<usize>) -> Vec<Range<usize>> {
    core::iter::once(secret).collect()
}

fn body_secrets(header: &Header, body: &[u8]) -> Vec<Range<usize>> {
    match header.message {
        id::POSITION => in_fields(body, LENGTH),
        id::POSITION_ANSWER | id::CONTROL_ANSWER => in_fields(body, 2 + LENGTH),
        id::REAL_TIME | id::BLIND_AREA => in_fields(body, BEFORE_FIELDS),
        id::BATCH => in_records(body, 3, 2),
        id::SMALL_BATCH => in_records(body, 0, 1),
        id::LOG_IN => one(token(header, body)),
        command::id::REGISTERED => one(3.min(body.len())..body.len()),
        id::PARAMETERS => in_parameters(body, 3),
        command::id::SET_PARAMETERS => in_parameters(body, 1),
        command::id::HHD_SET => in_padlock_parameters(body),
        _ => Vec::new(),
    }
}

fn token(header: &Header, body: &[u8]) -> Range<usize> {
    match body.first() {
        Some(length) if header.is_of_2019() => 1..body.len().min(1 + usize::from(*length)),
        _ => 0..body.len(),
    }
}

fn in_fields(body: &[u8], from: usize) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = from;
    for (which, value) in Fields::all(body.get(from..).unwrap_or_default()) {
        at += 2;
        if which == LOCK_EVENT
            && let Some(password) = lock_event::password(value)
        {
            secrets.push(at + password.start..at + password.end);
        }
        if (which, value.len()) == TOLD_PASSWORD {
            secrets.push(at..at + value.len());
        }
        at += value.len();
    }
    with_rest(secrets, at, body)
}

/// What is left is a field that was cut off, and may be one of these.
fn with_rest(mut secrets: Vec<Range<usize>>, at: usize, body: &[u8]) -> Vec<Range<usize>> {
    if at < body.len() {
        secrets.push(at..body.len());
    }
    secrets
}

/// Records of a batch, each behind a length of one byte or of two.
fn in_records(body: &[u8], from: usize, length_bytes: usize) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = from;
    loop {
        let length = match length_bytes {
            1 => body.get(at).map(|length| usize::from(*length)),
            _ => u16_at(body, at).map(usize::from),
        };
        let start = at + length_bytes;
        let end = length.map_or(start, |length| body.len().min(start + length));
        let Some(record) = body.get(start..end).filter(|_| start < end) else {
            return secrets;
        };
        secrets.extend(moved(in_fields(record, LENGTH), start));
        at = start + record.len();
    }
}

fn in_parameters(body: &[u8], from: usize) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut rest = body.get(from..).unwrap_or_default();
    while let Some((name, value, after)) = parameter(rest) {
        let end = body.len() - after.len();
        if SECRETS.contains(&name) {
            secrets.push(end - value.len()..end);
        }
        rest = after;
    }
    with_rest(secrets, body.len() - rest.len(), body)
}

fn in_padlock_parameters(body: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = 1;
    for (which, value) in Fields::all(body.get(1..).unwrap_or_default()) {
        at += 2;
        if which == command::hhd::PASSWORD {
            secrets.push(at..at + value.len());
        }
        at += value.len();
    }
    with_rest(secrets, at, body)
}
