//! What the documents claim about the house, checked: which crate may know which, which paths exist, what is banned where.
//!
//! A rule that no program checks is a wish. Each rule here is a function from the tree to a list of sentences, and each
//! has a test that shows it biting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which of our crates each crate may know. An arrow that is not here is not finished thinking.
const ARROWS: &[(&str, &[&str])] = &[
    ("geo", &[]),
    ("model", &["geo"]),
    ("wire", &["geo", "model"]),
    // Custody asks one thing of a language: whether it has words for an order.
    ("custody", &["geo", "model", "wire"]),
    ("evidence", &[]),
    ("store", &["model", "custody", "evidence"]),
    (
        "server",
        &["geo", "model", "wire", "custody", "evidence", "store"],
    ),
    ("sim", &["geo"]),
    ("measure", &["geo", "model", "wire", "custody", "store"]),
    (
        "segel",
        &[
            "geo", "model", "wire", "custody", "evidence", "store", "server", "sim", "measure",
        ],
    ),
];

/// Told the time, never asking; no disk, socket, thread, randomness or hash order.
const PURE: &[&str] = &["geo", "model", "wire", "custody", "evidence"];

/// Words that have no place in a pure crate, and why.
const BANNED_IN_PURE: &[(&str, &str)] = &[
    ("extern crate std", "a pure crate has no standard library"),
    ("std::", "a pure crate has no standard library"),
    ("HashMap", "hash order would leak into verdicts"),
    ("HashSet", "hash order would leak into verdicts"),
    ("getrandom", "a verdict is never random"),
    ("unsafe ", "nothing here needs it"),
];

/// Unfinished work and silenced tests.
const BANNED_EVERYWHERE: &[&str] = &["todo!(", "unimplemented!(", "dbg!(", "#[ignore"];

/// The only files that ask the operating system for the time.
const CLOCK_READERS: &[&str] = &[
    "crates/server/src/clock.rs",
    "crates/sim/",
    "crates/segel/",
    "e2e/",
    "xtask/",
];

/// Documents whose backticked paths must exist.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "ROADMAP.md",
];

/// The tree as the rules see it: text files by path from the root.
pub struct House {
    root: PathBuf,
    files: BTreeMap<String, String>,
}

impl House {
    /// The checkout this program was built in.
    pub fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask lies in the root")
            .to_path_buf();
        let mut files = BTreeMap::new();
        gather(&root, &root, &mut files);
        Self { root, files }
    }

    fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn has(&self, path: &str) -> bool {
        self.root.join(path).exists() || self.files.keys().any(|known| known.starts_with(path))
    }
}

/// Every broken rule, one sentence each.
pub fn faults(house: &House) -> Vec<String> {
    let rules: [fn(&House) -> Vec<String>; 8] = [
        wrong_arrows,
        impure_crates,
        clock_readers,
        unfinished_work,
        missing_module_comments,
        dead_paths,
        unexplained_dependencies,
        names_of_a_workplace,
    ];
    rules.iter().flat_map(|rule| rule(house)).collect()
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let entries = std::fs::read_dir(folder).expect("the checkout can be read");
    for entry in entries {
        let path = entry.expect("the checkout can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if matches!(
            name.as_str(),
            "target" | "node_modules" | ".git" | "dist" | "package-lock.json"
        ) {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let short = path.strip_prefix(root).expect("gathered below the root");
            files.insert(short.to_string_lossy().into_owned(), text);
        }
    }
}

fn wrong_arrows(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, manifest) in &house.files {
        let Some(name) = path
            .strip_prefix("crates/")
            .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{path}: no arrows are written down for the crate {name}"));
            continue;
        };
        let strangers = known_crates(manifest)
            .into_iter()
            .filter(|other| !allowed.contains(&other.as_str()));
        faults.extend(strangers.map(|other| format!("{path}: {name} may not know {other}")));
    }
    faults
}

/// Our crates among the dependencies of a manifest; what only tests use does not count.
fn known_crates(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut known = Vec::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        }
        if section == "dependencies"
            && let Some(rest) = line.strip_prefix("segel-")
        {
            known.push(rest.split([' ', '=', '.']).next().unwrap_or_default().to_owned());
        }
    }
    known
}

fn impure_crates(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for pure in PURE {
        let root = format!("crates/{pure}/src/lib.rs");
        if !house
            .files
            .get(&root)
            .is_some_and(|text| text.contains("#![no_std]"))
        {
            faults.push(format!("{root}: a pure crate says #![no_std]"));
        }
        let inside = format!("crates/{pure}/src/");
        for (path, text) in house.rust().filter(|(path, _)| path.starts_with(&inside)) {
            faults.extend(banned_words(path, text));
        }
    }
    faults
}

fn banned_words(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in product_lines(text) {
        for (word, why) in BANNED_IN_PURE {
            if has_word(line, word) {
                faults.push(format!("{path}:{number}: `{word}`: {why}"));
            }
        }
    }
    faults
}

/// The lines of a file before its unit tests, without comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"));
    lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

/// Whether a line holds a word that is not the tail of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

fn clock_readers(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in house.rust() {
        if CLOCK_READERS.iter().any(|allowed| path.starts_with(allowed)) || is_test_file(path) {
            continue;
        }
        for (number, line) in product_lines(text) {
            if line.contains("SystemTime::now")
                || line.contains("Timestamp::now")
                || line.contains("Zoned::now")
            {
                faults.push(format!(
                    "{path}:{number}: only crates/server/src/clock.rs asks for the time"
                ));
            }
        }
    }
    faults
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/benches/") || path.contains("/examples/")
}

fn unfinished_work(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in house.rust().filter(|(path, _)| !path.starts_with("xtask/")) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let found = BANNED_EVERYWHERE.iter().find(|word| code.contains(**word));
            faults.extend(found.map(|word| format!("{path}:{}: `{word}` is unfinished work", number + 1)));
        }
    }
    faults
}

fn missing_module_comments(house: &House) -> Vec<String> {
    let silent = house
        .rust()
        .filter(|(_, text)| !text.trim_start().starts_with("//!"));
    silent
        .map(|(path, _)| format!("{path}: a file opens with a comment that says why it exists"))
        .collect()
}

fn dead_paths(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    let documents = house
        .files
        .iter()
        .filter(|(path, _)| DOCUMENTS.contains(&path.as_str()) || path.starts_with("docs/"));
    for (document, text) in documents.filter(|(path, _)| path.ends_with(".md")) {
        for path in named_paths(text) {
            if !house.has(&path) {
                faults.push(format!("{document}: there is no {path}"));
            }
        }
    }
    faults
}

/// Backticked words that look like a path of this repository.
fn named_paths(text: &str) -> Vec<String> {
    let roots = [
        "crates/",
        "web/",
        "e2e/",
        "docs/",
        "fixtures/",
        "fuzz/",
        "xtask/",
        "schemas/",
        "rules/",
        "deploy/",
    ];
    let quoted = text.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|word| roots.iter().any(|root| word.starts_with(root)));
    let plain =
        paths.filter(|word| !word.contains(['*', ' ', '{', '<', '…', '\n']) && !word.contains("/dist"));
    plain
        .map(|word| {
            word.split("::")
                .next()
                .unwrap_or(word)
                .trim_end_matches('/')
                .to_owned()
        })
        .collect()
}

fn unexplained_dependencies(house: &House) -> Vec<String> {
    let manifest = house
        .files
        .get("Cargo.toml")
        .map(String::as_str)
        .unwrap_or_default();
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let lines = section
        .lines()
        .filter(|line| line.contains('=') && !line.starts_with("segel-"));
    let silent = lines.filter(|line| !line.contains('#'));
    silent
        .map(|line| format!("Cargo.toml: say what this guest does for us: {line}"))
        .collect()
}

/// The project stands by itself: it names no machine that it was made on.
fn names_of_a_workplace(house: &House) -> Vec<String> {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/tmp/", "bash"),
        concat!(".lib", "rary/"),
    ];
    let mut faults = Vec::new();
    for (path, text) in &house.files {
        let found = words.iter().find(|word| text.contains(**word));
        faults.extend(found.map(|word| format!("{path}: names a workplace: {word}")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> House {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        House {
            root: PathBuf::from("/nowhere"),
            files,
        }
    }

    #[test]
    fn the_house_keeps_its_rules() {
        let faults = faults(&House::here());
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    }

    #[test]
    fn an_arrow_the_other_way_is_noticed() {
        let manifest =
            "[dependencies]\nsegel-store = { workspace = true }\n[dev-dependencies]\nsegel-sim = \"1\"";
        let faults = wrong_arrows(&house(&[("crates/custody/Cargo.toml", manifest)]));
        assert_eq!(faults, ["crates/custody/Cargo.toml: custody may not know store"]);
    }

    #[test]
    fn a_crate_without_arrows_is_noticed() {
        let faults = wrong_arrows(&house(&[("crates/extra/Cargo.toml", "")]));
        assert_eq!(
            faults,
            ["crates/extra/Cargo.toml: no arrows are written down for the crate extra"]
        );
    }

    #[test]
    fn the_standard_library_in_a_pure_crate_is_noticed_but_not_in_its_tests_or_comments() {
        let text = "//! Why.\nuse std::fmt; // std::io\n#[cfg(test)]\nuse std::io;";
        assert_eq!(
            banned_words("a.rs", text),
            ["a.rs:2: `std::`: a pure crate has no standard library"]
        );
    }

    #[test]
    fn asking_for_the_time_is_noticed_outside_the_clock() {
        let line = "//! Why.\nlet now = SystemTime::now();";
        let found = clock_readers(&house(&[("crates/server/src/engine.rs", line)]));
        assert_eq!(found.len(), 1);
        assert!(clock_readers(&house(&[("crates/server/src/clock.rs", line)])).is_empty());
    }

    #[test]
    fn unfinished_work_is_noticed() {
        assert_eq!(
            unfinished_work(&house(&[("crates/a/src/b.rs", "fn f() { todo!() }")])).len(),
            1
        );
    }

    #[test]
    fn a_file_without_a_reason_is_noticed() {
        assert_eq!(missing_module_comments(&house(&[("a.rs", "fn f() {}")])).len(), 1);
        assert!(missing_module_comments(&house(&[("a.rs", "//! Why.\nfn f() {}")])).is_empty());
    }

    #[test]
    fn a_path_that_is_gone_is_noticed() {
        let text = "See `crates/geo/src/lib.rs`, `crates/gone.rs` and `make run`.";
        let faults = dead_paths(&house(&[
            ("ARCHITECTURE.md", text),
            ("crates/geo/src/lib.rs", ""),
        ]));
        assert_eq!(faults, ["ARCHITECTURE.md: there is no crates/gone.rs"]);
    }

    #[test]
    fn a_guest_without_a_reason_is_noticed() {
        let manifest = "[workspace.dependencies]\na = \"1\" # why\nb = \"1\"\n[profile.dev]\nc = 1";
        let faults = unexplained_dependencies(&house(&[("Cargo.toml", manifest)]));
        assert_eq!(faults, ["Cargo.toml: say what this guest does for us: b = \"1\""]);
    }
}
