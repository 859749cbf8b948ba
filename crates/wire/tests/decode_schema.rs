//! `schemas/decode.json` says what `segel decode` prints. Here the tool's own output is held against it: of lines made for
//! each kind of answer, and of every real frame where those are at hand.

#![allow(clippy::unwrap_used, reason = "a line that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_wire::Profile;
use segel_wire::tool::Tool;
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../schemas/decode.json")).expect("the schema is JSON")
}

/// Why a value is not as the schema says; only the words that this schema uses are known.
fn fault(root: &Value, rule: &Value, value: &Value, at: &str) -> Option<String> {
    for (word, asked) in rule.as_object().expect("a rule is an object") {
        let found = match word.as_str() {
            "$schema" | "title" | "description" | "$defs" => None,
            "$ref" => {
                let name = asked.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                fault(root, &root["$defs"][name], value, at)
            }
            "anyOf" => any_of(root, asked, value, at),
            "enum" => {
                let known = asked.as_array().unwrap().contains(value);
                (!known).then(|| format!("{at}: {value} is none of {asked}"))
            }
            "type" => (!is_of(asked, value)).then(|| format!("{at}: {value} is no {asked}")),
            "minimum" => out_of(value, |number| number < asked.as_f64().unwrap(), at),
            "maximum" => out_of(value, |number| asked.as_f64().unwrap() < number, at),
            "pattern" => {
                (!fits(asked.as_str().unwrap(), value)).then(|| format!("{at}: {value} does not fit"))
            }
            "required" => missing(asked, value, at),
            "properties" => properties(root, asked, value, at),
            "additionalProperties" => others(root, rule, asked, value, at),
            "items" => value
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
                .find_map(|(place, item)| fault(root, asked, item, &format!("{at}[{place}]"))),
            other => panic!("the test does not know the word {other}"),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn any_of(root: &Value, rules: &Value, value: &Value, at: &str) -> Option<String> {
    let faults: Vec<Option<String>> = rules
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| fault(root, rule, value, at))
        .collect();
    faults.iter().all(Option::is_some).then(|| {
        let all: Vec<String> = faults.into_iter().flatten().collect();
        all.join(", and ")
    })
}

fn is_of(types: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no such type: {other}"),
    };
    match types {
        Value::Array(any) => any.iter().any(one),
        name => one(name),
    }
}

fn out_of(value: &Value, out: impl Fn(f64) -> bool, at: &str) -> Option<String> {
    let number = value.as_f64()?;
    out(number).then(|| format!("{at}: {number} is out of range"))
}

/// The two patterns of this schema, by hand: hexadecimal pairs, and a moment with milliseconds.
fn fits(pattern: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    if pattern.contains("[0-9a-f]{2}") {
        let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        return text.len() % 2 == 0 && text.bytes().all(digits);
    }
    let form = b"0000-00-00T00:00:00.000Z";
    let same = |(byte, form): (u8, &u8)| {
        if *form == b'0' {
            byte.is_ascii_digit()
        } else {
            byte == *form
        }
    };
    text.len() == form.len() && text.bytes().zip(form).all(same)
}

fn missing(names: &Value, value: &Value, at: &str) -> Option<String> {
    let names = names.as_array().unwrap();
    let name = names
        .iter()
        .find(|name| value.get(name.as_str().unwrap()).is_none());
    name.map(|name| format!("{at}: no {name}"))
}

fn properties(root: &Value, rules: &Value, value: &Value, at: &str) -> Option<String> {
    rules.as_object().unwrap().iter().find_map(|(name, rule)| {
        let inside = value.get(name)?;
        fault(root, rule, inside, &format!("{at}.{name}"))
    })
}

fn others(root: &Value, rule: &Value, asked: &Value, value: &Value, at: &str) -> Option<String> {
    let known = rule.get("properties").and_then(Value::as_object);
    let fields = value.as_object()?;
    fields
        .iter()
        .filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name)))
        .find_map(|(name, inside)| match asked {
            Value::Bool(false) => Some(format!("{at}: nobody asked for {name}")),
            rule => fault(root, rule, inside, &format!("{at}.{name}")),
        })
}

fn now() -> ServerTime {
    ServerTime::from_unix_ms(1_770_111_020_000)
}

#[track_caller]
fn check(tool: &mut Tool, line: &Value) -> Value {
    let said: Value = serde_json::from_str(&tool.line(&line.to_string(), now())).expect("JSON");
    let schema = schema();
    assert_eq!(fault(&schema, &schema, &said, "line"), None, "{line}: {said}");
    said
}

#[test]
fn each_kind_of_answer_is_as_the_schema_says() {
    let mut seals = Tool::new(Protocol::Jointech, Profile::ANY);
    let lines = [
        json!({"text": "(7100000042,@JT)(7100000042,P22,2)"}),
        json!({"text": "(7100000042,P52,2,113271)"}),
        json!({"text": "(7100000042,P45,251126,093000,6.96856,S,110.42390,E,A,0,0,5,0,0000000000,0,0,3,58)"}),
        json!({"text": "(7100000042,X99,what)"}),
        json!({"hex": "ffffff"}),
        json!({"hex": "f"}),
        json!({"conn": "b", "text": "GET / HTTP/1.1\r\n\r\n"}),
    ];
    let said: Vec<Value> = lines.iter().map(|line| check(&mut seals, line)).collect();
    assert_eq!(said[1]["reports"][0]["extra"]["dynamic_password"], "113271");
    assert!(said[2]["reports"][0]["position"].is_object(), "{}", said[2]);
    assert!(said[5]["error"].is_string() && said[6]["close"].is_string());
    let mut phones = Tool::new(Protocol::Osmand, Profile::ANY);
    let url = "/?id=phone-1&lat=-6.95&lon=110.42&timestamp=1770111015&speed=10&batt=87.4&accuracy=4.5";
    check(&mut phones, &json!({"http": {"method": "GET", "url": url}}));
    check(
        &mut phones,
        &json!({"http": {"method": "GET", "url": "/favicon.ico"}}),
    );
}

/// The schema is no sieve without a bottom: what is missing, strange or of another sort is found.
#[test]
fn what_is_not_as_the_schema_says_is_found() {
    let mut tool = Tool::new(Protocol::Jointech, Profile::ANY);
    let good = check(&mut tool, &json!({"text": "(7100000042,@JT)"}));
    let schema = schema();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut line = good.clone();
        change(&mut line);
        fault(&schema, &schema, &line, "line")
    };
    assert_eq!(wrong(&|_| {}), None);
    assert!(wrong(&|line| line["n"] = json!(0)).is_some());
    assert!(wrong(&|line| line["more"] = json!(1)).is_some());
    assert!(wrong(&|line| line["replies"] = json!(["F"])).is_some());
    assert!(wrong(&|line| line["reports"][0]["kind"] = json!("letter")).is_some());
    assert!(wrong(&|line| line["reports"][0]["received"] = json!("today")).is_some());
    assert!(wrong(&|line| line["reports"][0]["battery_percent"] = json!(101)).is_some());
    assert!(wrong(&|line| line["reports"][0]["signals"] = json!(["opened"])).is_some());
    assert!(wrong(&|line| drop(line["reports"][0].as_object_mut().unwrap().remove("serial"))).is_some());
}

/// Decoder rows of JT/T 808 are frames after un-escaping.
fn on_the_wire(row: &Value, hex: &str) -> String {
    if row["kind"] != "decode" {
        return hex.into();
    }
    let bytes = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    let inside = bytes.clone().skip(1).take(hex.len() / 2 - 2);
    let escaped = inside.map(|byte| match byte {
        "7e" => "7d02",
        "7d" => "7d01",
        other => other,
    });
    format!("7e{}7e", escaped.collect::<String>())
}

/// Every real frame, where they are at hand.
#[test]
fn every_real_frame_is_answered_as_the_schema_says() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocols/vectors");
    let folder = std::env::var_os("SEGEL_VECTORS").map_or(beside, PathBuf::from);
    let asked = std::env::var_os("SEGEL_CONFORMANCE").is_some_and(|value| value == "1");
    if !folder.is_dir() {
        assert!(
            !asked,
            "no real frames at {}: set SEGEL_VECTORS",
            folder.display()
        );
        println!(
            "skipped: no real frames at {}; set SEGEL_VECTORS",
            folder.display()
        );
        return;
    }
    let files = [
        ("jt600.jsonl", Protocol::Jointech),
        ("vendor-jointech.jsonl", Protocol::Jointech),
        ("osmand.jsonl", Protocol::Osmand),
        ("eseal.jsonl", Protocol::Eseal),
        ("gl200.jsonl", Protocol::Queclink),
        ("teltonika.jsonl", Protocol::Teltonika),
        ("meitrack.jsonl", Protocol::Meitrack),
        ("jt808.jsonl", Protocol::Jt808),
        ("log-jt808-bsj.jsonl", Protocol::Jt808),
        ("flespi.jsonl", Protocol::Flespi),
        ("teratrack.jsonl", Protocol::Teratrack),
        ("orbcomm.jsonl", Protocol::Orbcomm),
    ];
    let mut silent = Vec::new();
    for (file, protocol) in files {
        let mut tool = Tool::new(protocol, Profile::ANY);
        let rows = fs::read_to_string(folder.join(file)).expect("the rows");
        for (number, row) in rows.lines().filter(|row| !row.trim().is_empty()).enumerate() {
            let row: Value = serde_json::from_str(row).expect("JSON");
            let mut line = row.clone();
            line["conn"] = json!(number);
            // Rows are frames without their end, which a stream needs.
            if let ("gl200.jsonl", Some(text)) = (file, row["text"].as_str()) {
                line["text"] = json!(format!("{}$", text.trim_end_matches('$')));
                line.as_object_mut().unwrap().remove("hex");
            }
            if row["kind"] == "encode" {
                continue;
            }
            if let Some(bytes) = row["hex"].as_str().filter(|hex| hex.starts_with("7e")) {
                line["hex"] = json!(on_the_wire(&row, bytes));
            }
            let said = check(&mut tool, &line);
            let reports = said["reports"].as_array().map_or(0, Vec::len);
            // Rows of nothing, and rows whose length was not mended when they were shortened.
            let is_nothing = row["expected"]["result"].is_null() || row["checks"]["len_ok"] == false;
            if row["kind"] == "decode" && reports == 0 && !is_nothing {
                silent.push(format!("{file} {}", number + 1));
            }
        }
    }
    assert_eq!(
        silent,
        Vec::<String>::new(),
        "a row that says what it holds was read as holding nothing"
    );
}
