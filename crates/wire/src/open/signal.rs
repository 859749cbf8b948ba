//! One signal: its name where there is nothing more to say, otherwise an object with the name as `signal` and what it says.

use alloc::{format, string::String, vec::Vec};

use segel_model::{Signal, signal::SignalSet};
use serde_json::{Map, Value};

use crate::{limits::EXTRA_BYTES, objects::Unread};

/// Reads a signal that stands at that place of its list.
pub(crate) fn read(value: &Value, at: usize) -> Result<Signal, Unread> {
    let unread = |what| Unread {
        what,
        field: format!("signals[{at}]").into(),
    };
    let (name, particulars) = parts(value).ok_or_else(|| unread("wrong_type"))?;
    // A set of everything names every sort there is.
    if !SignalSet(u32::MAX).names().any(|known| known == name) {
        return Err(unread("unknown_word"));
    }
    if particulars.values().any(is_long) {
        return Err(unread("no_such_particulars"));
    }
    let is_plain = particulars.is_empty();
    let plain = serde_json::from_value(Value::String(name.into())).ok();
    let read = match plain.filter(|_| is_plain) {
        Some(plain) => Some(plain),
        None => with_particulars(name, particulars),
    };
    read.ok_or_else(|| unread("no_such_particulars"))
}

fn parts(value: &Value) -> Option<(&str, Map<String, Value>)> {
    match value {
        Value::String(name) => Some((name, Map::new())),
        Value::Object(all) => {
            let name = all.get("signal")?.as_str()?;
            let mut particulars = all.clone();
            particulars.remove("signal");
            Some((name, particulars))
        }
        _ => None,
    }
}

/// The signal in the form in which the house writes it down; nothing where a particular is missing, wrong or one too many.
fn with_particulars(name: &str, particulars: Map<String, Value>) -> Option<Signal> {
    let said: Vec<String> = particulars.keys().cloned().collect();
    let mut written = Map::new();
    written.insert(name.into(), Value::Object(particulars));
    let signal: Signal = serde_json::from_value(Value::Object(written)).ok()?;
    let back = serde_json::to_value(&signal).ok()?;
    let known = back.get(name)?.as_object()?;
    said.iter().all(|one| known.contains_key(one)).then_some(signal)
}

fn is_long(value: &Value) -> bool {
    value.as_str().is_some_and(|text| EXTRA_BYTES < text.len())
}
