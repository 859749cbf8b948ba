//! A strict look at an object: each value is of its type and within its bounds, or the cause is named.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Unread;
use crate::limits::EXTRA_BYTES;

/// The values of an object, with the way to it.
pub(crate) struct Fields<'a> {
    values: &'a Map<String, Value>,
    /// Where it stands: empty, or ending with a point.
    way: Cow<'static, str>,
}

impl<'a> Fields<'a> {
    /// The object that a value is; it may hold nothing but these names.
    pub(crate) fn of(value: &'a Value, way: Cow<'static, str>, known: &[&str]) -> Result<Self, Unread> {
        let Value::Object(values) = value else {
            return Err(Unread {
                what: "wrong_type",
                field: String::from(way.trim_end_matches('.')).into(),
            });
        };
        let fields = Self { values, way };
        match values.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(fields.unread("unknown_field", name)),
            None => Ok(fields),
        }
    }

    /// Names a value as the cause.
    pub(crate) fn unread(&self, what: &'static str, name: &str) -> Unread {
        let kept: String = name.chars().take(EXTRA_BYTES).collect();
        Unread {
            what,
            field: format!("{}{kept}", self.way).into(),
        }
    }

    /// The value must be there, if only as null.
    pub(crate) fn must(&self, name: &str) -> Result<(), Unread> {
        if self.values.contains_key(name) {
            Ok(())
        } else {
            Err(self.unread("missing", name))
        }
    }

    /// A value that is there and is not null.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Words.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Unread> {
        self.typed(name, Value::as_str)
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Unread> {
        self.typed(name, Value::as_bool)
    }

    /// A number within bounds.
    pub(crate) fn number(&self, name: &str, bounds: RangeInclusive<f64>) -> Result<Option<f64>, Unread> {
        match self.typed(name, Value::as_f64)? {
            Some(number) if !bounds.contains(&number) => Err(self.unread("out_of_range", name)),
            number => Ok(number),
        }
    }

    /// A whole number up to a limit.
    pub(crate) fn whole<T: TryFrom<u64>>(&self, name: &str, most: u64) -> Result<Option<T>, Unread> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        if !value.is_number() {
            return Err(self.unread("wrong_type", name));
        }
        let number = value.as_u64().filter(|number| *number <= most);
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.unread("out_of_range", name)),
        }
    }

    /// One of these words, and what it stands for.
    pub(crate) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Unread> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meant)) => Ok(Some(*meant)),
            None => Err(self.unread("unknown_word", name)),
        }
    }

    /// An object inside.
    pub(crate) fn object(&self, name: &str, known: &[&str]) -> Result<Option<Self>, Unread> {
        let inside = self.value(name).map(|value| {
            let way = format!("{}{name}.", self.way).into();
            Self::of(value, way, known)
        });
        inside.transpose()
    }

    /// A list inside.
    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value], Unread> {
        Ok(self.typed(name, Value::as_array)?.map_or(&[], Vec::as_slice))
    }

    fn typed<T>(&self, name: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Unread> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(self.unread("wrong_type", name)),
        }
    }
}
