//! A column of numbers: each told by the one before it, by another column of the same row, or by a short list, and what is
//! left over written byte plane by byte plane.
//!
//! Which of these is the shortest is not known beforehand: all are tried, judged by the entropy of what is left.

use std::collections::BTreeMap;

use crate::StoreError;

use super::planes::{Packer, Unpacker};
use crate::bytes::{Cursor, damaged, put_number};

/// A list longer than this is no longer short.
const LIST_MAX: usize = 256;

/// How many of the columns before are tried as a guide: times of one report stand close together.
const GUIDES_MAX: usize = 8;

mod tag {
    pub const PLAIN: u8 = 0;
    pub const STEP: u8 = 1;
    pub const STEP_OF_STEP: u8 = 2;
    pub const LIST: u8 = 3;
    /// This and all above: the distance to column `tag - GUIDED`.
    pub const GUIDED: u8 = 4;
}

/// So many values are looked at to choose a telling; all of them would take longer than the packing itself.
const SAMPLE: usize = 512;

/// A way to tell numbers, with what is left to be written.
struct Telling {
    tag: u8,
    list: Vec<u64>,
    rest: Vec<u64>,
}

/// Writes a column. `guides` are columns of the same length that the reader has by then.
pub(crate) fn put(
    to: &mut Vec<u8>,
    values: &[u64],
    guides: &[&[u64]],
    packer: &mut Packer,
) -> Result<(), StoreError> {
    let Some(first) = values.first() else {
        return Ok(());
    };
    let all_alike = values.iter().all(|value| value == first);
    let tag = if all_alike {
        tag::PLAIN
    } else {
        best_tag(values, guides)
    };
    let telling = telling(tag, values, guides).unwrap_or_else(|| Telling::plain(values));
    to.push(telling.tag);
    if telling.tag == tag::LIST {
        put_number(to, telling.list.len() as u64);
        telling.list.iter().for_each(|value| put_number(to, *value));
    }
    put_planes(to, &telling.rest, packer)
}

fn best_tag(values: &[u64], guides: &[&[u64]]) -> u8 {
    let length = values.len().min(SAMPLE);
    let guides: Vec<&[u64]> = guides
        .iter()
        .take(GUIDES_MAX)
        .map(|guide| &guide[..length])
        .collect();
    let tags = (tag::PLAIN..tag::GUIDED).chain((tag::GUIDED..).take(guides.len()));
    let told = tags.filter_map(|tag| telling(tag, &values[..length], &guides));
    told.min_by_key(cost).map_or(tag::PLAIN, |best| best.tag)
}

impl Telling {
    fn plain(values: &[u64]) -> Self {
        Self {
            tag: tag::PLAIN,
            list: Vec::new(),
            rest: values.to_vec(),
        }
    }
}

/// The numbers told one way; nothing where that way does not carry them.
fn telling(tag: u8, values: &[u64], guides: &[&[u64]]) -> Option<Telling> {
    let rest = match tag {
        tag::PLAIN => return Some(Telling::plain(values)),
        tag::STEP => steps(values),
        tag::STEP_OF_STEP => steps_of_steps(values),
        tag::LIST => return listed(values),
        _ => distances(values, guides.get(usize::from(tag - tag::GUIDED))?),
    };
    Some(Telling {
        tag,
        list: Vec::new(),
        rest,
    })
}

fn distances(values: &[u64], guide: &[u64]) -> Vec<u64> {
    values
        .iter()
        .zip(guide)
        .map(|(value, guide)| folded(value.wrapping_sub(*guide)))
        .collect()
}

fn steps(values: &[u64]) -> Vec<u64> {
    let before = std::iter::once(&0).chain(values);
    values
        .iter()
        .zip(before)
        .map(|(value, before)| folded(value.wrapping_sub(*before)))
        .collect()
}

fn steps_of_steps(values: &[u64]) -> Vec<u64> {
    let (mut before, mut step_before) = (0_u64, 0_u64);
    let tell = |value: &u64| {
        let step = value.wrapping_sub(before);
        let rest = step.wrapping_sub(step_before);
        (before, step_before) = (*value, step);
        folded(rest)
    };
    values.iter().map(tell).collect()
}

fn listed(values: &[u64]) -> Option<Telling> {
    let mut places = BTreeMap::new();
    let mut list = Vec::new();
    let mut rest = Vec::with_capacity(values.len());
    for value in values {
        let place = *places.entry(*value).or_insert_with(|| {
            list.push(*value);
            list.len() as u64 - 1
        });
        if LIST_MAX <= place as usize {
            return None;
        }
        rest.push(place);
    }
    Some(Telling {
        tag: tag::LIST,
        list,
        rest,
    })
}

/// Small negatives become small: 0, -1, 1, -2 … are 0, 1, 2, 3 …
fn folded(number: u64) -> u64 {
    (number << 1) ^ (((number as i64) >> 63) as u64)
}

fn unfolded(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

fn width(values: &[u64]) -> usize {
    let all = values.iter().fold(0, |all, value| all | value);
    8 - all.leading_zeros() as usize / 8
}

/// About how many bits the telling takes.
fn cost(telling: &Telling) -> u64 {
    let list_bits: u64 = telling
        .list
        .iter()
        .map(|value| 8 * (1 + u64::from(64 - value.leading_zeros()) / 7))
        .sum();
    let planes = (0..width(&telling.rest))
        .map(|place| entropy_bits(telling.rest.iter().map(|value| byte(*value, place))));
    list_bits + planes.sum::<u64>()
}

fn byte(value: u64, place: usize) -> u8 {
    (value >> (8 * place)) as u8
}

/// Bits that the best code for single bytes would take.
pub(crate) fn entropy_bits(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut counts = [0_u32; 256];
    let mut total = 0_u32;
    for byte in bytes {
        counts[usize::from(byte)] += 1;
        total += 1;
    }
    let seen = counts.iter().filter(|count| 0 < **count);
    let bits: f64 = seen
        .map(|count| f64::from(*count) * (f64::from(total) / f64::from(*count)).log2())
        .sum();
    bits as u64
}

fn put_planes(to: &mut Vec<u8>, values: &[u64], packer: &mut Packer) -> Result<(), StoreError> {
    let width = width(values);
    to.push(width as u8);
    for place in 0..width {
        let plane: Vec<u8> = values.iter().map(|value| byte(*value, place)).collect();
        packer.put(to, &plane)?;
    }
    Ok(())
}

/// Reads a column of a known length.
pub(crate) fn take(
    from: &mut Cursor<'_>,
    length: usize,
    guides: &[&[u64]],
    unpacker: &mut Unpacker,
) -> Result<Vec<u64>, StoreError> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let tag = from.byte()?;
    let list = if tag == tag::LIST {
        take_list(from)?
    } else {
        Vec::new()
    };
    let rest = take_planes(from, length, unpacker)?;
    told(tag, &list, rest, guides)
}

fn take_list(from: &mut Cursor<'_>) -> Result<Vec<u64>, StoreError> {
    let count = from.count(LIST_MAX)?;
    (0..count).map(|_| from.number()).collect()
}

fn take_planes(
    from: &mut Cursor<'_>,
    length: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<u64>, StoreError> {
    let width = from.byte()?;
    if 8 < width {
        return Err(damaged(&"a number wider than eight bytes"));
    }
    let mut values = vec![0; length];
    for place in 0..usize::from(width) {
        let plane = unpacker.take(from, length)?;
        values
            .iter_mut()
            .zip(plane)
            .for_each(|(value, byte)| *value |= u64::from(byte) << (8 * place));
    }
    Ok(values)
}

fn told(tag: u8, list: &[u64], mut rest: Vec<u64>, guides: &[&[u64]]) -> Result<Vec<u64>, StoreError> {
    match tag {
        tag::PLAIN => {}
        tag::STEP => sum(&mut rest),
        tag::STEP_OF_STEP => sum_of_sums(&mut rest),
        tag::LIST => pick(&mut rest, list)?,
        _ => guide(&mut rest, guides, usize::from(tag - tag::GUIDED))?,
    }
    Ok(rest)
}

fn sum(rest: &mut [u64]) {
    let mut value = 0_u64;
    for step in rest {
        value = value.wrapping_add(unfolded(*step));
        *step = value;
    }
}

fn sum_of_sums(rest: &mut [u64]) {
    let (mut value, mut step) = (0_u64, 0_u64);
    for change in rest {
        step = step.wrapping_add(unfolded(*change));
        value = value.wrapping_add(step);
        *change = value;
    }
}

fn pick(rest: &mut [u64], list: &[u64]) -> Result<(), StoreError> {
    for place in rest {
        let found = usize::try_from(*place).ok().and_then(|place| list.get(place));
        *place = *found.ok_or_else(|| damaged(&"a place outside its list"))?;
    }
    Ok(())
}

fn guide(rest: &mut [u64], guides: &[&[u64]], which: usize) -> Result<(), StoreError> {
    let guide = guides
        .get(which)
        .ok_or_else(|| damaged(&"a guide that is not there"))?;
    rest.iter_mut()
        .zip(*guide)
        .for_each(|(distance, guide)| *distance = unfolded(*distance).wrapping_add(*guide));
    Ok(())
}
