//! `segel decode --protocol auto`: real frames name their protocol, a whole file of them and each alone.

use segel_model::report::Protocol;
use segel_wire::{guess, tool};

use crate::{Row, gt06, jt808, kingwo, meitrack, now, on_the_wire, queclink, rows, unhex, vectors};

/// Which language the rows of a file speak.
const FILES: [(&str, Protocol); 11] = [
    ("jt600.jsonl", Protocol::Jointech),
    ("vendor-jointech.jsonl", Protocol::Jointech),
    ("osmand.jsonl", Protocol::Osmand),
    ("gt06.jsonl", Protocol::Gt06),
    ("upro.jsonl", Protocol::Kingwo),
    ("eseal.jsonl", Protocol::Eseal),
    ("gl200.jsonl", Protocol::Queclink),
    ("teltonika.jsonl", Protocol::Teltonika),
    ("meitrack.jsonl", Protocol::Meitrack),
    ("jt808.jsonl", Protocol::Jt808),
    ("log-jt808-bsj.jsonl", Protocol::Jt808),
];

/// How many rows of a file name nothing when they stand alone: their checksums are wrong (some were published with other
/// numbers than they had), or what they say is in no document. None names another protocol.
const NOT_NAMED: [(&str, usize); 6] = [
    ("jt600.jsonl", 2),
    ("gt06.jsonl", 17),
    ("gl200.jsonl", 2),
    ("teltonika.jsonl", 8),
    ("meitrack.jsonl", 5),
    ("jt808.jsonl", 5),
];

/// What a seal says in a row; nothing where the row is of what is said to it, or of a frame that is cut.
fn bytes(row: &Row) -> Option<Vec<u8>> {
    let is_down = row.value["dir"] == "down";
    if is_down
        || !matches!(
            row.value["kind"].as_str(),
            Some("decode" | "position" | "text" | "wlnet5" | "stream" | "log")
        )
    {
        return None;
    }
    Some(match row.file {
        "jt600.jsonl" => on_the_wire(&unhex(row.text("hex"))),
        "osmand.jsonl" => tool::bytes(&row.value).ok()?,
        "gt06.jsonl" => gt06::bytes(row),
        "upro.jsonl" => kingwo::bytes(row),
        "eseal.jsonl" => format!("{}\r\n", row.text("text")).into_bytes(),
        "gl200.jsonl" => queclink::on_the_wire(row),
        "meitrack.jsonl" => meitrack::bytes(row),
        "jt808.jsonl" => jt808::on_the_wire(&unhex(row.text("hex"))),
        _ => unhex(row.text("hex")),
    })
}

#[test]
fn real_frames_name_their_protocol() {
    let Some(folder) = vectors() else { return };
    let mut not_named = Vec::new();
    for (file, protocol) in FILES {
        let streams: Vec<(String, Vec<u8>)> = rows(&folder, file)
            .iter()
            .filter_map(|row| Some((row.name(), bytes(row)?)))
            .collect();
        let all: Vec<Vec<u8>> = streams.iter().map(|(_, stream)| stream.clone()).collect();
        let together = guess(&all, now());
        let best = together.named().map(|reading| reading.protocol);
        assert_eq!(best, Ok(protocol), "{file}: {together:?}");
        let mut silent = Vec::new();
        for (row, stream) in streams {
            let alone = guess(&[stream], now());
            match alone.named() {
                Ok(reading) => assert_eq!(reading.protocol, protocol, "{file} {row}: {alone:?}"),
                Err(_) => silent.push(row),
            }
        }
        println!(
            "{file:<24} {} thousandths, the next {}; alone {} of {} name it",
            together.readings[0].score,
            together.readings[1].score,
            all.len() - silent.len(),
            all.len()
        );
        not_named.push((file, silent.len()));
    }
    not_named.retain(|(_, count)| *count != 0);
    assert_eq!(not_named, NOT_NAMED);
}
