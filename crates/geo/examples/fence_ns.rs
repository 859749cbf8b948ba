//! How long it takes to find which of 10,000 fences hold a position: `cargo run --release -p segel-geo --example fence_ns`.

use std::{hint::black_box, time::Instant};

use segel_geo::{Fence, FenceIndex, Position, ahead};

const FENCES: u32 = 10_000;
const CORNERS: u32 = 30;
const QUESTIONS: u32 = 1_000_000;

fn main() {
    let fences: Vec<Fence> = (0..FENCES).map(|number| fence(place(number))).collect();
    let started = Instant::now();
    let index = FenceIndex::new(fences).expect("no more fences than an index holds");
    println!("build    {:8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let questions: Vec<Position> = (0..QUESTIONS)
        .map(|number| ahead(place(number % FENCES), 77.0, f64::from(number % 900)))
        .collect();
    let started = Instant::now();
    let mut found = 0u32;
    for position in &questions {
        index.containing(black_box(*position), &mut |_| found += 1);
    }
    println!(
        "question {:8.1} ns",
        started.elapsed().as_secs_f64() * 1e9 / f64::from(QUESTIONS)
    );
    println!(
        "found    {:8.2} fences a question",
        f64::from(found) / f64::from(QUESTIONS)
    );
}

/// Scattered over Java, the same in every run.
fn place(number: u32) -> Position {
    let scattered = |factor: u32| f64::from(number.wrapping_mul(factor) % 100_003) / 100_003.0;
    Position {
        lat: -8.0 + 2.0 * scattered(7_919),
        lon: 106.0 + 8.0 * scattered(104_729),
    }
}

fn fence(centre: Position) -> Fence {
    let ring = (0..CORNERS).map(|corner| {
        let bearing_deg = 360.0 / f64::from(CORNERS) * f64::from(corner);
        ahead(centre, bearing_deg, 400.0 + f64::from(corner % 3) * 50.0)
    });
    Fence::polygon(ring.collect()).expect("a star is a fence")
}
