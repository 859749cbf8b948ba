//! A column of raw frames. Frames of one length are laid side by side, and each place in the frame becomes a plane: digits
//! of a date, of a device, of a counter stand among their like.

use std::collections::BTreeMap;

use crate::StoreError;

use super::numbers::{self, entropy_bits};
use super::planes::{Packer, Unpacker};
use crate::bytes::{Cursor, damaged};

/// A frame longer than this is written as it is, in one piece with its like: planes of text gain nothing.
const PLANES_MAX: usize = 256;

/// Fewer frames of one length than this are too few for planes.
const ROWS_MIN: usize = 8;

/// No frame that the gateway lets in is longer.
const FRAME_BYTES_MAX: u64 = 1 << 20;

/// Places of the frames of one length, in order.
type Groups = BTreeMap<u64, Vec<usize>>;

fn groups(lengths: &[u64]) -> Groups {
    let mut groups = Groups::new();
    for (place, length) in lengths.iter().enumerate() {
        groups.entry(*length).or_default().push(place);
    }
    groups
}

fn in_planes(length: usize, rows: usize) -> bool {
    length <= PLANES_MAX && ROWS_MIN <= rows
}

/// Writes frames.
pub(crate) fn put(to: &mut Vec<u8>, frames: &[Vec<u8>], packer: &mut Packer) -> Result<(), StoreError> {
    let lengths: Vec<u64> = frames.iter().map(|frame| frame.len() as u64).collect();
    numbers::put(to, &lengths, &[], packer)?;
    for (length, places) in groups(&lengths) {
        let rows: Vec<&[u8]> = places.iter().map(|place| frames[*place].as_slice()).collect();
        if in_planes(length as usize, rows.len()) {
            put_planes(to, &rows, packer)?;
        } else {
            packer.put(to, &rows.concat())?;
        }
    }
    Ok(())
}

fn put_planes(to: &mut Vec<u8>, rows: &[&[u8]], packer: &mut Packer) -> Result<(), StoreError> {
    for place in 0..rows[0].len() {
        let plain: Vec<u8> = rows.iter().map(|row| row[place]).collect();
        let steps = steps(&plain);
        let by_steps = entropy_bits(steps.iter().copied()) < entropy_bits(plain.iter().copied());
        to.push(u8::from(by_steps));
        packer.put(to, if by_steps { &steps } else { &plain })?;
    }
    Ok(())
}

fn steps(plane: &[u8]) -> Vec<u8> {
    let before = std::iter::once(&0).chain(plane);
    plane
        .iter()
        .zip(before)
        .map(|(byte, before)| byte.wrapping_sub(*before))
        .collect()
}

/// Reads frames of a known number.
pub(crate) fn take(
    from: &mut Cursor<'_>,
    count: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let lengths = numbers::take(from, count, &[], unpacker)?;
    if lengths.iter().any(|length| FRAME_BYTES_MAX < *length) {
        return Err(damaged(&"a frame longer than any"));
    }
    let mut frames = vec![Vec::new(); count];
    for (length, places) in groups(&lengths) {
        let length = length as usize;
        let rows = if in_planes(length, places.len()) {
            take_planes(from, length, places.len(), unpacker)?
        } else {
            take_whole(from, length, places.len(), unpacker)?
        };
        places
            .into_iter()
            .zip(rows)
            .for_each(|(place, row)| frames[place] = row);
    }
    Ok(frames)
}

fn take_planes(
    from: &mut Cursor<'_>,
    length: usize,
    rows: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut frames = vec![vec![0; length]; rows];
    for place in 0..length {
        let by_steps = from.byte()? != 0;
        let mut plane = unpacker.take(from, rows)?;
        if by_steps {
            sum(&mut plane);
        }
        frames
            .iter_mut()
            .zip(plane)
            .for_each(|(frame, byte)| frame[place] = byte);
    }
    Ok(frames)
}

fn sum(plane: &mut [u8]) {
    let mut value = 0_u8;
    for step in plane {
        value = value.wrapping_add(*step);
        *step = value;
    }
}

fn take_whole(
    from: &mut Cursor<'_>,
    length: usize,
    rows: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<Vec<u8>>, StoreError> {
    if length == 0 {
        return Ok(vec![Vec::new(); rows]);
    }
    let whole = unpacker.take(from, length * rows)?;
    Ok(whole.chunks_exact(length).map(<[u8]>::to_vec).collect())
}
