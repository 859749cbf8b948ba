//! Any value, taken apart into columns: one for each place in its shape.
//!
//! The place of a value is the path that leads to it (field 3 of field 9, the inside of an option), as a small hash. Values
//! of one place queue up in one column, in the order they were written; reading walks the same shape and takes them from
//! the front. So no list of fields stands here, and a new field of a report or a judgement finds its column by itself.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use serde::{Deserialize, Serialize, ser};

use crate::StoreError;
use crate::error::form;

use super::planes::{Packer, Unpacker};
use super::{frames, measures, numbers};
use crate::bytes::{Cursor, damaged, put_number};

/// The most columns a shape may have.
const COLUMNS_MAX: usize = 1024;

/// The most values in all columns of a block together: a few thousand reports of some hundred values.
const VALUES_MAX: usize = 1 << 23;

/// The most different texts of one column times their length; beyond it something is wrong.
const TEXT_BYTES_MAX: usize = 1 << 26;

/// What a column holds. The number is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number = 0,
    Measure = 1,
    Text = 2,
    Frame = 3,
}

#[derive(Debug)]
enum Column {
    Numbers(Vec<u64>),
    Measures(Vec<u64>),
    Texts(Texts),
    Frames(Vec<Vec<u8>>),
}

impl Column {
    const fn sort(&self) -> Sort {
        match self {
            Self::Numbers(_) => Sort::Number,
            Self::Measures(_) => Sort::Measure,
            Self::Texts(_) => Sort::Text,
            Self::Frames(_) => Sort::Frame,
        }
    }

    fn new(sort: Sort) -> Self {
        match sort {
            Sort::Number => Self::Numbers(Vec::new()),
            Sort::Measure => Self::Measures(Vec::new()),
            Sort::Text => Self::Texts(Texts::default()),
            Sort::Frame => Self::Frames(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) | Self::Measures(values) => values.len(),
            Self::Texts(texts) => texts.places.len(),
            Self::Frames(values) => values.len(),
        }
    }
}

/// A shape's place, as a hash of the way to it. Two places that share a hash share a column, which does no harm as long as
/// they hold the same sort of thing: the order of reading is the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Path(u32);

impl Path {
    const ROOT: Self = Self(0x811c_9dc5);

    const fn step(self, number: u32) -> Self {
        let mixed = (self.0 ^ number.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x0100_0193);
        Self(mixed ^ (mixed >> 15))
    }

    /// The inside of an option, of a list; the keys of a map.
    const fn inside(self) -> Self {
        self.step(0xffff_ffff)
    }

    const fn values(self) -> Self {
        self.step(0xffff_fffe)
    }
}

/// Columns being filled or emptied. Values of one shape follow each other in one order, so the column that came next the
/// last time is tried first.
struct Shelf<C> {
    columns: Vec<(Path, C)>,
    by_path: BTreeMap<Path, usize>,
    next: Vec<usize>,
    last: usize,
}

impl<C> Shelf<C> {
    const fn new() -> Self {
        Self {
            columns: Vec::new(),
            by_path: BTreeMap::new(),
            next: Vec::new(),
            last: 0,
        }
    }

    fn place(&mut self, path: Path) -> Option<usize> {
        let guess = self.next.get(self.last).copied().unwrap_or(0);
        let place = match self.columns.get(guess) {
            Some((there, _)) if *there == path => guess,
            _ => *self.by_path.get(&path)?,
        };
        self.next[self.last] = place;
        self.last = place;
        Some(place)
    }

    fn add(&mut self, path: Path, column: C) -> usize {
        let place = self.columns.len();
        self.columns.push((path, column));
        self.by_path.insert(path, place);
        self.next.push(0);
        place
    }
}

/// Values being taken apart.
pub(crate) struct Columns {
    shelf: Shelf<Column>,
}

impl Columns {
    pub(crate) const fn new() -> Self {
        Self { shelf: Shelf::new() }
    }

    /// Takes a value apart.
    pub(crate) fn push(&mut self, value: &impl Serialize) -> Result<(), StoreError> {
        value
            .serialize(Apart {
                columns: self,
                path: Path::ROOT,
            })
            .map_err(|Odd(detail)| form("take a report apart", &detail))
    }

    /// Writes all columns.
    pub(crate) fn write(&self, to: &mut Vec<u8>) -> Result<(), StoreError> {
        let mut packer = Packer::new()?;
        put_number(to, self.shelf.columns.len() as u64);
        let mut guides: Vec<&[u64]> = Vec::new();
        for (path, column) in &self.shelf.columns {
            to.extend(path.0.to_le_bytes());
            to.push(column.sort() as u8);
            put_number(to, column.len() as u64);
            match column {
                Column::Numbers(values) => {
                    numbers::put(to, values, &of_length(&guides, values.len()), &mut packer)?;
                    if is_wide(values) {
                        guides.push(values);
                    }
                }
                Column::Measures(values) => measures::put(to, values, &mut packer)?,
                Column::Texts(texts) => texts.put(to, &mut packer)?,
                Column::Frames(values) => frames::put(to, values, &mut packer)?,
            }
        }
        Ok(())
    }

    fn column(&mut self, path: Path, sort: Sort) -> &mut Column {
        let place = self.shelf.place(path).unwrap_or_else(|| {
            let place = self.shelf.add(path, Column::new(sort));
            self.shelf.last = place;
            place
        });
        &mut self.shelf.columns[place].1
    }
}

/// The newest columns of the same length: the ones nearest in the shape stand for the same rows.
fn of_length<'a>(guides: &[&'a [u64]], length: usize) -> Vec<&'a [u64]> {
    guides
        .iter()
        .rev()
        .copied()
        .filter(|guide| guide.len() == length)
        .collect()
}

/// A guide that says little guides nowhere. Looked at once for each column: looking at every guide again for every column
/// took two fifths of a block's making.
fn is_wide(guide: &[u64]) -> bool {
    guide.iter().any(|value| 0xffff < *value)
}

/// Texts repeat: a device says its name in every frame. Each is kept once.
#[derive(Debug, Default)]
struct Texts {
    list: Vec<Vec<u8>>,
    known: BTreeMap<String, u64>,
    places: Vec<u64>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        let last = self
            .places
            .last()
            .copied()
            .filter(|place| self.list[*place as usize] == text.as_bytes());
        let place = last
            .or_else(|| self.known.get(text).copied())
            .unwrap_or_else(|| self.add(text));
        self.places.push(place);
    }

    fn add(&mut self, text: &str) -> u64 {
        let place = self.list.len() as u64;
        self.list.push(text.into());
        self.known.insert(text.into(), place);
        place
    }

    fn put(&self, to: &mut Vec<u8>, packer: &mut Packer) -> Result<(), StoreError> {
        put_number(to, self.list.len() as u64);
        frames::put(to, &self.list, packer)?;
        numbers::put(to, &self.places, &[], packer)
    }
}

fn take_texts(
    from: &mut Cursor<'_>,
    count: usize,
    unpacker: &mut Unpacker,
) -> Result<Vec<String>, StoreError> {
    let listed = from.count(count)?;
    let list = frames::take(from, listed, unpacker)?;
    if TEXT_BYTES_MAX < list.iter().map(Vec::len).sum() {
        return Err(damaged(&"more text than any block has"));
    }
    let list: Vec<String> = list
        .into_iter()
        .map(|text| String::from_utf8(text).map_err(|_| damaged(&"text that is none")))
        .collect::<Result<_, _>>()?;
    let places = numbers::take(from, count, &[], unpacker)?;
    let pick = |place: u64| {
        usize::try_from(place)
            .ok()
            .and_then(|place| list.get(place))
            .cloned()
    };
    places
        .into_iter()
        .map(|place| pick(place).ok_or_else(|| damaged(&"a text outside its list")))
        .collect()
}

/// What serde finds odd.
#[derive(Debug)]
pub(crate) struct Odd(String);

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Odd {}

impl ser::Error for Odd {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Self(detail.to_string())
    }
}

impl de::Error for Odd {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Self(detail.to_string())
    }
}

/// Takes one value apart, standing at its place.
struct Apart<'a> {
    columns: &'a mut Columns,
    path: Path,
}

impl Apart<'_> {
    fn at(&mut self, path: Path) -> Apart<'_> {
        Apart {
            columns: self.columns,
            path,
        }
    }

    fn number(self, value: u64) -> Result<(), Odd> {
        match self.columns.column(self.path, Sort::Number) {
            Column::Numbers(values) => values.push(value),
            other => return Err(clash(other)),
        }
        Ok(())
    }
}

fn clash(column: &Column) -> Odd {
    Odd(format!(
        "two sorts of value in one column, {:?} first",
        column.sort()
    ))
}

macro_rules! numbers_apart {
    ($($name:ident $type:ty)*) => {$(
        fn $name(self, value: $type) -> Result<(), Odd> {
            self.number(value as u64)
        }
    )*};
}

impl<'a> ser::Serializer for Apart<'a> {
    type Ok = ();
    type Error = Odd;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    numbers_apart! {
        serialize_bool bool
        serialize_i8 i8
        serialize_i16 i16
        serialize_i32 i32
        serialize_i64 i64
        serialize_u8 u8
        serialize_u16 u16
        serialize_u32 u32
        serialize_u64 u64
    }

    fn serialize_char(self, value: char) -> Result<(), Odd> {
        self.number(u64::from(u32::from(value)))
    }

    fn serialize_f32(self, value: f32) -> Result<(), Odd> {
        self.number(u64::from(value.to_bits()))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Odd> {
        match self.columns.column(self.path, Sort::Measure) {
            Column::Measures(values) => values.push(value.to_bits()),
            other => return Err(clash(other)),
        }
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Odd> {
        match self.columns.column(self.path, Sort::Text) {
            Column::Texts(texts) => texts.push(value),
            other => return Err(clash(other)),
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Odd> {
        match self.columns.column(self.path, Sort::Frame) {
            Column::Frames(values) => values.push(value.into()),
            other => return Err(clash(other)),
        }
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Odd> {
        self.number(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Odd> {
        let path = self.path;
        self.at(path).number(1)?;
        value.serialize(self.at(path.inside()))
    }

    fn serialize_unit(self) -> Result<(), Odd> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Odd> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, variant: u32, _: &'static str) -> Result<(), Odd> {
        self.number(u64::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Odd> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Odd> {
        let path = self.path;
        self.at(path).number(u64::from(variant))?;
        value.serialize(self.at(path.step(variant)))
    }

    fn serialize_seq(mut self, length: Option<usize>) -> Result<Parts<'a>, Odd> {
        let length = length.ok_or_else(|| Odd("a list that does not know its length".into()))?;
        let path = self.path;
        self.at(path).number(length as u64)?;
        Ok(Parts::alike(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Odd> {
        Ok(Parts::different(self))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Odd> {
        Ok(Parts::different(self))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Odd> {
        let path = self.path;
        self.at(path).number(u64::from(variant))?;
        self.path = path.step(variant);
        Ok(Parts::different(self))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'a>, Odd> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Odd> {
        Ok(Parts::different(self))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        variant: u32,
        variant_name: &'static str,
        length: usize,
    ) -> Result<Parts<'a>, Odd> {
        self.serialize_tuple_variant(name, variant, variant_name, length)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The parts of a value: fields, each at its own place, or the items of a list, all at one.
struct Parts<'a> {
    of: Apart<'a>,
    field: Option<u32>,
}

impl<'a> Parts<'a> {
    const fn alike(of: Apart<'a>) -> Self {
        Self { of, field: None }
    }

    const fn different(of: Apart<'a>) -> Self {
        Self { of, field: Some(0) }
    }

    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Odd> {
        let path = match &mut self.field {
            None => self.of.path.inside(),
            Some(field) => {
                *field += 1;
                self.of.path.step(*field)
            }
        };
        value.serialize(self.of.at(path))
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Odd;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Odd> {
                self.part(value)
            }

            fn end(self) -> Result<(), Odd> {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! named_parts {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Odd;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Odd> {
                self.part(value)
            }

            fn end(self) -> Result<(), Odd> {
                Ok(())
            }
        }
    )*};
}

named_parts! {
    SerializeStruct
    SerializeStructVariant
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Odd;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Odd> {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Odd> {
        let path = self.of.path.values();
        value.serialize(self.of.at(path))
    }

    fn end(self) -> Result<(), Odd> {
        Ok(())
    }
}

/// Columns being put together again.
pub(crate) struct Together {
    shelf: Shelf<Queue>,
}

enum Queue {
    Numbers(std::vec::IntoIter<u64>),
    Measures(std::vec::IntoIter<u64>),
    Texts(std::vec::IntoIter<String>),
    Frames(std::vec::IntoIter<Vec<u8>>),
}

impl Together {
    /// Reads all columns.
    pub(crate) fn read(from: &mut Cursor<'_>) -> Result<Self, StoreError> {
        let mut unpacker = Unpacker::new()?;
        let mut shelf = Shelf::new();
        let mut guides: VecDeque<Vec<u64>> = VecDeque::new();
        let mut values_left = VALUES_MAX;
        for _ in 0..from.count(COLUMNS_MAX)? {
            let path = from
                .take(4)?
                .try_into()
                .map(u32::from_le_bytes)
                .map_err(|_| damaged(&"no path"))?;
            let sort = from.byte()?;
            let length = from.count(values_left)?;
            values_left -= length;
            let queue = read_queue(from, sort, length, &mut guides, &mut unpacker)?;
            shelf.add(Path(path), queue);
        }
        Ok(Self { shelf })
    }

    /// Puts the next value together.
    pub(crate) fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T, StoreError> {
        T::deserialize(Reading {
            from: self,
            path: Path::ROOT,
        })
        .map_err(|Odd(detail)| damaged(&detail))
    }

    /// Whether nothing is left over.
    pub(crate) fn is_empty(&self) -> bool {
        self.shelf.columns.iter().all(|(_, queue)| match queue {
            Queue::Numbers(left) | Queue::Measures(left) => left.len() == 0,
            Queue::Texts(left) => left.len() == 0,
            Queue::Frames(left) => left.len() == 0,
        })
    }

    fn queue(&mut self, path: Path) -> Result<&mut Queue, Odd> {
        let place = self
            .shelf
            .place(path)
            .ok_or_else(|| Odd("a column is missing".into()))?;
        Ok(&mut self.shelf.columns[place].1)
    }
}

fn read_queue(
    from: &mut Cursor<'_>,
    sort: u8,
    length: usize,
    guides: &mut VecDeque<Vec<u64>>,
    unpacker: &mut Unpacker,
) -> Result<Queue, StoreError> {
    const NUMBER: u8 = Sort::Number as u8;
    const MEASURE: u8 = Sort::Measure as u8;
    const TEXT: u8 = Sort::Text as u8;
    const FRAME: u8 = Sort::Frame as u8;
    Ok(match sort {
        NUMBER => {
            let before: Vec<&[u64]> = guides.iter().map(Vec::as_slice).collect();
            let values = numbers::take(from, length, &of_length(&before, length), unpacker)?;
            if is_wide(&values) {
                guides.push_back(values.clone());
            }
            Queue::Numbers(values.into_iter())
        }
        MEASURE => Queue::Measures(measures::take(from, length, unpacker)?.into_iter()),
        TEXT => Queue::Texts(take_texts(from, length, unpacker)?.into_iter()),
        FRAME => Queue::Frames(frames::take(from, length, unpacker)?.into_iter()),
        other => return Err(damaged(&format!("a column of unknown sort {other}"))),
    })
}

/// Puts one value together, standing at its place.
struct Reading<'a> {
    from: &'a mut Together,
    path: Path,
}

impl Reading<'_> {
    fn at(&mut self, path: Path) -> Reading<'_> {
        Reading {
            from: self.from,
            path,
        }
    }

    fn number(&mut self) -> Result<u64, Odd> {
        match self.from.queue(self.path)? {
            Queue::Numbers(values) => values.next().ok_or_else(ended),
            _ => Err(Odd("a number is something else".into())),
        }
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Odd> {
        T::try_from(self.number()?).map_err(|_| Odd("a number too large for its place".into()))
    }
}

fn ended() -> Odd {
    Odd("a column ends too early".into())
}

macro_rules! signed {
    ($($method:ident $visit:ident $type:ty)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
            let value = <$type>::try_from(self.number()? as i64).map_err(|_| Odd("a number too large for its place".into()))?;
            visitor.$visit(value)
        }
    )*};
}

macro_rules! unsigned {
    ($($method:ident $visit:ident $type:ty)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
            visitor.$visit(self.small::<$type>()?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reading<'_> {
    type Error = Odd;

    signed! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
    }

    unsigned! {
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd("columns do not say what they hold".into()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd("columns do not say what they hold".into()))
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        match self.number()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(Odd("neither yes nor no".into())),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        let letter = char::from_u32(self.small()?).ok_or_else(|| Odd("no letter".into()))?;
        visitor.visit_char(letter)
    }

    fn deserialize_f32<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_f32(f32::from_bits(self.small()?))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.from.queue(self.path)? {
            Queue::Measures(values) => visitor.visit_f64(f64::from_bits(values.next().ok_or_else(ended)?)),
            _ => Err(Odd("a measure is something else".into())),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.from.queue(self.path)? {
            Queue::Texts(values) => visitor.visit_string(values.next().ok_or_else(ended)?),
            _ => Err(Odd("a text is something else".into())),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.from.queue(self.path)? {
            Queue::Frames(values) => visitor.visit_byte_buf(values.next().ok_or_else(ended)?),
            _ => Err(Odd("a frame is something else".into())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        match self.number()? {
            0 => visitor.visit_none(),
            1 => {
                let inside = self.path.inside();
                visitor.visit_some(self.at(inside))
            }
            _ => Err(Odd("neither some nor none".into())),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Odd> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        let length = self.small::<u32>()? as usize;
        visitor.visit_seq(Pieces {
            of: self,
            left: length,
            field: None,
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_seq(Pieces {
            of: self,
            left: length,
            field: Some(0),
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Odd> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Odd> {
        let length = self.small::<u32>()? as usize;
        visitor.visit_map(Pieces {
            of: self,
            left: length,
            field: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        visitor.visit_enum(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Odd> {
        Err(Odd("columns have no names".into()))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<'de, 'a> de::EnumAccess<'de> for Reading<'a> {
    type Error = Odd;
    type Variant = Reading<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self), Odd> {
        let variant: u32 = self.small()?;
        let value = seed.deserialize(variant.into_deserializer())?;
        self.path = self.path.step(variant);
        Ok((value, self))
    }
}

impl<'de> de::VariantAccess<'de> for Reading<'_> {
    type Error = Odd;

    fn unit_variant(self) -> Result<(), Odd> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Odd> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Odd> {
        de::Deserializer::deserialize_tuple(self, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        de::Deserializer::deserialize_tuple(self, fields.len(), visitor)
    }
}

/// The parts of a value, read one after the other.
struct Pieces<'a> {
    of: Reading<'a>,
    left: usize,
    field: Option<u32>,
}

impl Pieces<'_> {
    fn path(&mut self) -> Path {
        match &mut self.field {
            None => self.of.path.inside(),
            Some(field) => {
                *field += 1;
                self.of.path.step(*field)
            }
        }
    }
}

impl<'de> de::SeqAccess<'de> for Pieces<'_> {
    type Error = Odd;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Odd> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let path = self.path();
        seed.deserialize(self.of.at(path)).map(Some)
    }
}

impl<'de> de::MapAccess<'de> for Pieces<'_> {
    type Error = Odd;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Odd> {
        de::SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Odd> {
        let path = self.of.path.values();
        seed.deserialize(self.of.at(path))
    }
}
