//! An object of the cloud: numbers may be written as numbers or as text, whole objects as text inside of it.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use serde_json::{Map, Value};

/// What a message or a part of it says, by name.
pub(crate) struct Object(Map<String, Value>);

/// Objects that stand inside of the message as text: what is in them counts as if it stood in the message itself.
const INNER: [&str; 2] = ["statusJson", "expandInfo"];

impl Object {
    /// Reads a payload.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, &'static str> {
        match serde_json::from_slice(payload) {
            Ok(Value::Object(map)) => Ok(Self(map).opened()),
            Ok(_) => Err("no_object"),
            Err(_) => Err("no_such_json"),
        }
    }

    /// A value that is an object itself.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    fn opened(mut self) -> Self {
        for name in INNER {
            let inner = match self.0.get(name) {
                Some(Value::String(text)) => serde_json::from_str(text).ok(),
                Some(Value::Object(map)) => Some(map.clone()),
                _ => None,
            };
            let Some(inner): Option<Map<String, Value>> = inner else {
                continue;
            };
            self.0.remove(name);
            for (name, value) in inner {
                self.0.entry(name).or_insert(value);
            }
        }
        self
    }

    /// The first of these names that is there and says something.
    pub(crate) fn text(&self, names: &[&str]) -> Option<Cow<'_, str>> {
        names.iter().find_map(|name| match self.0.get(*name)? {
            Value::String(text) if text.is_empty() || text == "null" => None,
            Value::String(text) => Some(Cow::Borrowed(text.trim())),
            Value::Number(number) => Some(Cow::Owned(format!("{number}"))),
            Value::Bool(is) => Some(Cow::Borrowed(if *is { "1" } else { "0" })),
            _ => None,
        })
    }

    /// A measured number.
    pub(crate) fn number(&self, names: &[&str]) -> Option<f64> {
        let number: f64 = self.text(names)?.parse().ok()?;
        number.is_finite().then_some(number)
    }

    /// A whole number.
    pub(crate) fn whole<T: TryFrom<i64>>(&self, names: &[&str]) -> Option<T> {
        let number = self.number(names)?;
        let fits = libm::trunc(number) == number && libm::fabs(number) < 9e15;
        fits.then(|| T::try_from(number as i64).ok())?
    }

    /// Yes or no: 1 or 0. Anything else is neither.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<bool> {
        match self.whole::<i64>(names)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Whether any of these names is there at all.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains_key(*name))
    }

    /// The objects of a list.
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Self::of).collect()
    }

    /// Everything but these names.
    pub(crate) fn others<'a>(&'a self, but: &'a [&str]) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0
            .iter()
            .filter(move |(name, _)| !but.contains(&name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::read(text.as_bytes()).unwrap_or_else(|what| panic!("{what}"))
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let said =
            object(r#"{"a": "1", "b": 1, "c": true, "d": "-6.5", "e": "", "f": "null", "g": [1], "h": "x"}"#);
        assert_eq!(["a", "b", "c"].map(|name| said.flag(&[name])), [Some(true); 3]);
        assert_eq!(said.number(&["d"]), Some(-6.5));
        assert_eq!(said.whole::<u8>(&["d"]), None);
        for nothing in ["e", "f", "g", "h", "i"] {
            assert_eq!(said.number(&[nothing]), None, "{nothing}");
        }
        assert_eq!(
            said.flag(&["i", "e", "a"]),
            Some(true),
            "the first that says something"
        );
    }

    #[test]
    fn objects_written_as_text_count_as_what_they_say() {
        let said = object(r#"{"statusJson": "{\"lockRope\": 0}", "expandInfo": {"lux": "3.0"}, "lux": 4}"#);
        assert_eq!(said.whole(&["lockRope"]), Some(0));
        assert_eq!(said.whole(&["lux"]), Some(4), "what stands outside comes first");
        assert!(!said.has(&["statusJson", "expandInfo"]));
    }

    #[test]
    fn what_is_no_object_is_told_apart() {
        assert_eq!(Object::read(b"[]").err(), Some("no_object"));
        assert_eq!(Object::read(b"{").err(), Some("no_such_json"));
        assert_eq!(Object::read(b"").err(), Some("no_such_json"));
    }
}
