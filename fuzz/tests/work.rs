//! No input is slow, in whatever pieces it comes: callgrind counts what each hostile stream takes. Instructions, not seconds, because
//! they are the same on a busy machine. `SEGEL_VALGRIND=1`, as in `make test`, makes a missing valgrind a failure.

use segel_fuzz::hostile::{Comes, all};
use segel_measure::callgrind::{self, Counted};

/// Bytes of each stream: twice what may come between two reports, and less than a socket is read by.
const BYTES: usize = 9 * 1024;
/// A millisecond for each KiB is a microsecond a byte, in which this program counts some eight thousand. Half of that leaves room for slower
/// machines.
const INSTRUCTIONS_A_BYTE: u64 = 4_000;

fn hostile_count() -> usize {
    all().len()
}

#[test]
fn no_hostile_stream_takes_long_for_any_of_its_bytes() {
    if !callgrind::is_installed() {
        return;
    }
    let (program, hostile) = (Counted::build("segel-fuzz", "work"), all());
    let count = |number: usize, comes: Comes| {
        let words = [number.to_string(), comes.name().to_owned(), BYTES.to_string()];
        let each = program.count(&words.each_ref().map(String::as_str)) / BYTES as u64;
        let (protocol, name) = (hostile[number].protocol.name(), hostile[number].name);
        let line = format!(
            "{each:>6} instructions a byte: {protocol} {} {name}",
            comes.name()
        );
        println!("{line}");
        (INSTRUCTIONS_A_BYTE < each).then_some(line)
    };
    let slow: Vec<String> = std::thread::scope(|scope| {
        let both = Comes::ALL.map(|comes| {
            let count = &count;
            scope.spawn(move || {
                (0..hostile_count())
                    .filter_map(|number| count(number, comes))
                    .collect::<Vec<_>>()
            })
        });
        both.into_iter()
            .flat_map(|counted| counted.join().expect("valgrind runs"))
            .collect()
    });
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
