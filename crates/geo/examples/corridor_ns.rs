//! How long a corridor check takes and how far it is off: `cargo run --release -p segel-geo --example corridor_ns`.
//!
//! Ten thousand corridors of 200 segments (about 40 km) and one of 450 km; a position every 50 m along each, up to 600 m
//! aside. "One trip" asks along one corridor after another; "all trips" asks every corridor once before the next position.

use std::{hint::black_box, time::Instant};

use geographiclib_rs::{DirectGeodesic, Geodesic};
use segel_geo::{Corridor, Position};

const CORRIDORS: usize = 10_000;
const SEGMENTS: usize = 200;

fn main() {
    let mut dice = Dice(7);
    let roads: Vec<Vec<Position>> = (0..CORRIDORS).map(|_| road(&mut dice, SEGMENTS, 200.0)).collect();
    let tracks: Vec<Vec<Position>> = roads.iter().map(|road| track(&mut dice, road)).collect();
    let started = Instant::now();
    let corridors: Vec<Corridor> = roads.into_iter().map(corridor).collect();
    println!(
        "build           {:8.1} us a corridor",
        started.elapsed().as_secs_f64() * 1e6 / CORRIDORS as f64
    );
    println!(
        "one trip        {:8.1} ns a check",
        one_trip_ns(&corridors, &tracks)
    );
    println!(
        "one trip, blind {:8.1} ns a check (no hint)",
        blind_ns(&corridors, &tracks)
    );
    println!(
        "all trips       {:8.1} ns a check",
        all_trips_ns(&corridors, &tracks)
    );
    println!(
        "verdict         {:8.1} ns a check",
        verdict_ns(&corridors[..100], &tracks[..100])
    );
    println!(
        "off the verdict {:8.1} mm at most",
        worst_mm(&corridors[..200], &tracks[..200])
    );
    let long = vec![corridor(road(&mut dice, 4_500, 100.0))];
    let long_track = vec![track(&mut dice, long[0].points())];
    println!(
        "450 km          {:8.1} ns a check",
        one_trip_ns(&long, &long_track)
    );
    println!("450 km off      {:8.1} mm at most", worst_mm(&long, &long_track));
}

fn corridor(points: Vec<Position>) -> Corridor {
    Corridor::new(points, vec![200.0]).expect("a drawn road is a corridor")
}

fn one_trip_ns(corridors: &[Corridor], tracks: &[Vec<Position>]) -> f64 {
    let started = Instant::now();
    for (corridor, track) in corridors.iter().zip(tracks) {
        let mut hint = Some(0);
        for position in track {
            hint = Some(black_box(corridor.locate(*position, hint)).segment);
        }
    }
    each_ns(started, tracks)
}

fn blind_ns(corridors: &[Corridor], tracks: &[Vec<Position>]) -> f64 {
    let started = Instant::now();
    for (corridor, track) in corridors.iter().zip(tracks) {
        for position in track {
            black_box(corridor.locate(*position, None));
        }
    }
    each_ns(started, tracks)
}

fn all_trips_ns(corridors: &[Corridor], tracks: &[Vec<Position>]) -> f64 {
    let mut hints = vec![0; corridors.len()];
    let shortest = tracks.iter().map(Vec::len).min().unwrap_or(0);
    let started = Instant::now();
    for step in 0..shortest {
        for ((corridor, track), hint) in corridors.iter().zip(tracks).zip(&mut hints) {
            *hint = black_box(corridor.locate(track[step], Some(*hint))).segment;
        }
    }
    started.elapsed().as_secs_f64() * 1e9 / (shortest * corridors.len()) as f64
}

fn verdict_ns(corridors: &[Corridor], tracks: &[Vec<Position>]) -> f64 {
    let started = Instant::now();
    for (corridor, track) in corridors.iter().zip(tracks) {
        for position in track {
            black_box(corridor.verdict(*position));
        }
    }
    each_ns(started, tracks)
}

fn worst_mm(corridors: &[Corridor], tracks: &[Vec<Position>]) -> f64 {
    let checks = corridors.iter().zip(tracks).flat_map(|(corridor, track)| {
        track.iter().filter_map(move |position| {
            let truth = corridor.verdict(*position)?.distance_m;
            Some((f64::from(corridor.locate(*position, None).distance_m) - truth).abs() * 1_000.0)
        })
    });
    checks.fold(0.0, f64::max)
}

fn each_ns(started: Instant, tracks: &[Vec<Position>]) -> f64 {
    started.elapsed().as_secs_f64() * 1e9 / tracks.iter().map(Vec::len).sum::<usize>() as f64
}

fn road(dice: &mut Dice, segments: usize, step_m: f64) -> Vec<Position> {
    let mut heading_deg = 360.0 * dice.roll();
    let mut here = Position {
        lat: -6.0 - 2.0 * dice.roll(),
        lon: 106.0 + 7.0 * dice.roll(),
    };
    let mut road = vec![here];
    for _ in 0..segments {
        heading_deg += 40.0 * (dice.roll() - 0.5);
        here = go(here, heading_deg, step_m * (0.5 + dice.roll()));
        road.push(here);
    }
    road
}

/// Four positions a segment, up to 600 m aside.
fn track(dice: &mut Dice, road: &[Position]) -> Vec<Position> {
    let mut track = Vec::new();
    for ends in road.windows(2) {
        for quarter in 0..4 {
            let share = f64::from(quarter) / 4.0;
            let lat = ends[0].lat + (ends[1].lat - ends[0].lat) * share;
            let lon = ends[0].lon + (ends[1].lon - ends[0].lon) * share;
            track.push(go(
                Position { lat, lon },
                360.0 * dice.roll(),
                600.0 * dice.roll() * dice.roll(),
            ));
        }
    }
    track
}

fn go(from: Position, bearing_deg: f64, distance_m: f64) -> Position {
    let (lat, lon): (f64, f64) = Geodesic::wgs84().direct(from.lat, from.lon, bearing_deg, distance_m);
    Position { lat, lon }
}

/// Numbers from 0 to 1 that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
