//! What a look at the ground costs and how true it is: a corridor in trip order, a place among 10,000 fences.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, anyhow};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use segel_geo::{Corridor, Fence, FenceIndex, Position, ahead};
use segel_measure::{Dice, Layout, road};

use super::Setting;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "ground";
/// Half the width of every corridor.
const HALF_WIDTH_M: f32 = 150.0;
/// Places between two points of a road: a seal that reports every 60 m.
const PLACES_A_PIECE: usize = 4;
/// Times that everything is asked; the quickest is the one nobody disturbed.
const TRIES: usize = 5;

/// Corridors and fences.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let (corridors, fences) = if setting.quick {
        (20, 100)
    } else {
        (10_000, 10_000)
    };
    let ground = Ground::survey(corridors)?;
    corridor_ns(&ground, table);
    corridor_error(&ground, if setting.quick { 1 } else { 40 }, table);
    fence_ns(fences, table)
}

/// Corridors, and a drive along each.
struct Ground {
    corridors: Vec<Corridor>,
    tracks: Vec<Vec<Position>>,
}

impl Ground {
    fn survey(count: u64) -> Result<Self> {
        let mut dice = Dice::new(count);
        let (mut corridors, mut tracks) = (Vec::new(), Vec::new());
        for number in 1..=count {
            let points = road(number, Layout::Spread);
            tracks.push(track(&points, &mut dice));
            let corridor = Corridor::new(points, vec![HALF_WIDTH_M]);
            corridors.push(corridor.map_err(|fault| anyhow!("a road is no corridor: {fault:?}"))?);
        }
        Ok(Self { corridors, tracks })
    }

    fn checks(&self) -> usize {
        self.tracks.iter().map(Vec::len).sum()
    }
}

/// Along the road, up to 550 m beside it: within 400 m of both sides of the border.
fn track(road: &[Position], dice: &mut Dice) -> Vec<Position> {
    let mut track = Vec::with_capacity(road.len() * PLACES_A_PIECE);
    for ends in road.windows(2) {
        for place in 0..PLACES_A_PIECE {
            let share = place as f64 / PLACES_A_PIECE as f64;
            let middle = Position {
                lat: ends[0].lat + (ends[1].lat - ends[0].lat) * share,
                lon: ends[0].lon + (ends[1].lon - ends[0].lon) * share,
            };
            let aside_m = 550.0 * dice.roll() * dice.roll();
            track.push(ahead(middle, dice.between(0.0, 360.0), aside_m));
        }
    }
    track
}

fn corridor_ns(ground: &Ground, table: &mut Table) {
    let asked = quickest(|| {
        for (corridor, track) in ground.corridors.iter().zip(&ground.tracks) {
            let mut hint = Some(0);
            for place in track {
                hint = Some(black_box(corridor.locate(*place, hint)).segment);
            }
        }
    });
    let plain = quickest(|| {
        for (corridor, track) in ground.corridors.iter().zip(&ground.tracks).take(20) {
            for place in track.iter().step_by(40) {
                let distances = corridor
                    .points()
                    .iter()
                    .map(|point| segel_geo::distance_m(*place, *point));
                black_box(distances.fold(f64::INFINITY, f64::min));
            }
        }
    });
    let plain_checks: usize = ground
        .tracks
        .iter()
        .take(20)
        .map(|track| track.len().div_ceil(40))
        .sum();
    let name = format!(
        "a check in trip order, {} corridors of 200 pieces",
        ground.corridors.len()
    );
    let reading = Reading::of(name, "ns", asked / ground.checks() as f64)
        .beside(
            "geodesics to every point of the route",
            plain / plain_checks as f64,
        )
        .promised(Promise::AtMost(135.0));
    table.take(GROUP, reading);
}

fn quickest(mut work: impl FnMut()) -> f64 {
    let once = || {
        let began = Instant::now();
        work();
        began.elapsed().as_nanos() as f64
    };
    std::iter::repeat_with(once)
        .take(TRIES)
        .fold(f64::INFINITY, f64::min)
}

fn corridor_error(ground: &Ground, corridors: usize, table: &mut Table) {
    let mut worst_m = 0.0_f64;
    let mut checks = 0;
    for (corridor, track) in ground.corridors.iter().zip(&ground.tracks).take(corridors) {
        for place in track.iter().step_by(3) {
            let said_m = f64::from(corridor.locate(*place, None).distance_m);
            worst_m = worst_m.max((said_m - truth_m(*place, corridor.points())).abs());
            checks += 1;
        }
    }
    let reading = Reading::of("the worst error within 400 m of the border", "mm", worst_m * 1e3)
        .promised(Promise::AtMost(100.0))
        .remarking(format!("{checks} places against Karney's geodesics"));
    table.take(GROUP, reading);
}

/// Metres to a line by geodesics: the piece is halved by golden section where it can be the nearest.
fn truth_m(place: Position, line: &[Position]) -> f64 {
    let earth = Geodesic::wgs84();
    let apart_m = |a: Position, b: Position| -> f64 { earth.inverse(a.lat, a.lon, b.lat, b.lon) };
    let ends: Vec<f64> = line.iter().map(|point| apart_m(place, *point)).collect();
    let mut best_m = ends.iter().copied().fold(f64::INFINITY, f64::min);
    for (at, pair) in line.windows(2).enumerate() {
        let (length_m, azimuth, _, _): (f64, f64, f64, f64) =
            earth.inverse(pair[0].lat, pair[0].lon, pair[1].lat, pair[1].lon);
        if best_m <= (ends[at] + ends[at + 1] - length_m) / 2.0 {
            continue;
        }
        let aside_m = |along_m: f64| {
            let (lat, lon): (f64, f64) = earth.direct(pair[0].lat, pair[0].lon, azimuth, along_m);
            apart_m(place, Position { lat, lon })
        };
        best_m = best_m.min(least(aside_m, length_m));
    }
    best_m
}

/// The least of a function with one valley between nought and `until`.
fn least(of: impl Fn(f64) -> f64, until: f64) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.0, until);
    while 0.002 < high - low {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if of(left) < of(right) {
            high = right;
        } else {
            low = left;
        }
    }
    of((low + high) / 2.0)
}

/// Which of 10,000 stars of thirty corners hold a place, against asking each of them.
fn fence_ns(count: u32, table: &mut Table) -> Result<()> {
    let fences: Vec<Fence> = (0..count)
        .map(|number| star(middle(number)))
        .collect::<Result<_>>()?;
    let questions: Vec<Position> = (0..200_000)
        .map(|number| ahead(middle(number % count), 77.0, f64::from(number % 900)))
        .collect();
    let plain = quickest(|| {
        for place in questions.iter().step_by(20_000) {
            black_box(fences.iter().filter(|fence| fence.contains(*place)).count());
        }
    });
    let index = FenceIndex::new(fences).map_err(|fault| anyhow!("no index: {fault:?}"))?;
    let mut found = 0_u64;
    let asked = quickest(|| {
        for place in &questions {
            index.containing(black_box(*place), &mut |_| found += 1);
        }
    });
    let reading = Reading::of(
        format!("which of {count} fences hold a place"),
        "ns",
        asked / questions.len() as f64,
    )
    .beside("asking each of them", plain / 10.0)
    .remarking(format!(
        "{:.2} found a question",
        found as f64 / (TRIES * questions.len()) as f64
    ));
    table.take(GROUP, reading);
    Ok(())
}

/// Scattered over Java, the same in every run.
fn middle(number: u32) -> Position {
    road(u64::from(number) + 1, Layout::Spread)[0]
}

fn star(centre: Position) -> Result<Fence> {
    let corner = |corner: u32| {
        let bearing_deg = 12.0 * f64::from(corner);
        ahead(centre, bearing_deg, 400.0 + f64::from(corner % 3) * 50.0)
    };
    Fence::polygon((0..30).map(corner).collect()).map_err(|fault| anyhow!("a star is no fence: {fault:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The oracle is not the thing it judges.
    #[test]
    fn the_truth_beside_a_straight_road_is_how_far_aside_it_was_laid() {
        let start = Position {
            lat: -6.95,
            lon: 110.4,
        };
        let line = [start, ahead(start, 90.0, 500.0), ahead(start, 90.0, 1_000.0)];
        let middle = ahead(start, 90.0, 700.0);
        for aside_m in [0.0, 149.0, 550.0] {
            let place = ahead(middle, 0.0, aside_m);
            assert!((truth_m(place, &line) - aside_m).abs() < 0.01, "{aside_m}");
        }
    }
}
