//! The tables of `docs/protocols.md` are made from the code: from the profiles, from the signals that each language declares,
//! and from the orders that each encoder takes. `SEGEL_BLESS=1` renews them; read that diff.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use segel_server::profiles::{Profiles, SealProfile, orders_of};
use segel_wire::{Dialect, signals};
use serde_json::Value;

const BEGIN: &str =
    "<!-- made from the code: SEGEL_BLESS=1 cargo test -p segel-server --test protocols -->\n";
const END: &str = "<!-- end of what is made from the code -->";

/// Names as they stand in profiles, for people.
fn names<T: serde::Serialize>(of: &[T]) -> String {
    let name = |one: &T| match serde_json::to_value(one) {
        Ok(Value::String(name)) => name,
        other => panic!("{other:?} is no name"),
    };
    listed(&of.iter().map(name).collect::<Vec<_>>())
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    if names.is_empty() {
        return "–".into();
    }
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// What each language says and is told, in each dialect that some profile has.
fn languages(profiles: &Profiles) -> String {
    let spoken: BTreeMap<(&str, &str), &SealProfile> = profiles
        .all()
        .map(|profile| ((profile.protocol.name(), profile.wire.dialect.name()), profile))
        .collect();
    let mut table = String::from(
        "| protocol | dialect | signals it can say | orders it can be told |\n|---|---|---|---|\n",
    );
    for ((protocol, dialect), profile) in spoken {
        let says = signals(profile.protocol, profile.wire.dialect);
        let told = orders_of(profile.protocol, profile.wire);
        let _ = writeln!(
            table,
            "| {protocol} | {dialect} | {} | {} |",
            listed(&says),
            listed(&told)
        );
    }
    table
}

/// What each profile feels, how it opens, and what it takes.
fn makes(profiles: &Profiles) -> String {
    let mut table = String::from(
        "| profile | seal | speaks | feels and tells | opens by | takes | reports every | certificate |\n|---|---|---|---|---|---|---|---|\n",
    );
    for profile in profiles.all() {
        let speaks = match profile.wire.dialect {
            Dialect::Any => profile.protocol.name().to_owned(),
            dialect => format!("{}, {}", profile.protocol.name(), dialect.name()),
        };
        let every = profile.interval.map_or_else(
            || "–".into(),
            |range| format!("{} to {} s", range.awake_min_s, range.awake_max_s),
        );
        let _ = writeln!(
            table,
            "| `{}` v{} | {} {} | {speaks} | {} | {} | {} | {every} | {} |",
            profile.name,
            profile.version,
            profile.maker,
            profile.model,
            names(&profile.senses),
            names(&profile.opens),
            listed(&profile.orders()),
            profile.certificate.map_or("–", |kind| kind.name()),
        );
    }
    table
}

#[test]
fn the_tables_of_protocols_are_those_that_the_code_makes() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocols.md");
    let profiles = Profiles::load(None).unwrap_or_else(|failure| panic!("{failure}"));
    let made = format!(
        "\n### By language\n\n{}\n### By make\n\n{}\n",
        languages(&profiles),
        makes(&profiles)
    );
    let text = std::fs::read_to_string(&path).expect("docs/protocols.md is there");
    let (before, rest) = text.split_once(BEGIN).expect("the mark where the tables begin");
    let (committed, after) = rest.split_once(END).expect("the mark where they end");
    if std::env::var_os("SEGEL_BLESS").is_some() {
        let whole = format!("{before}{BEGIN}{made}{END}{after}");
        std::fs::write(&path, whole).expect("the document is writable");
    } else {
        assert!(
            committed == made,
            "docs/protocols.md is old: renew it with SEGEL_BLESS=1 and read the diff"
        );
    }
}
