//! Roads to drive on: the same sketch of Semarang and Tanjung Priok that the map shows, as a graph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use anyhow::{Context, Result, bail};
use segel_geo::Position;
use serde::Deserialize;
use serde_json::Value;

/// The sketch, as committed with the project.
const SKETCH: &str = include_str!("../../../fixtures/places/java_sketch.geojson");

/// A network of roads between named nodes, and the places along it.
#[derive(Debug)]
pub struct Roads {
    pieces: Vec<Piece>,
    leaving: BTreeMap<String, Vec<usize>>,
    places: BTreeMap<String, Place>,
}

/// A place a truck can start from or go to.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its id in the sketch.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its outline, or a single point for a gate.
    pub outline: Vec<Position>,
    /// The node of the network at its gate, where it is one.
    pub node: Option<String>,
}

#[derive(Debug)]
struct Piece {
    from: String,
    to: String,
    points: Vec<Position>,
    speed_kmh: f64,
    length_m: f64,
}

#[derive(Deserialize)]
struct Properties {
    kind: String,
    id: String,
    #[serde(default)]
    name: String,
    from: Option<String>,
    to: Option<String>,
    node: Option<String>,
    speed_kmh: Option<f64>,
}

impl Roads {
    /// The network of the committed sketch.
    pub fn sketch() -> Result<Self> {
        Self::read(SKETCH)
    }

    /// Reads a network from GeoJSON with the sketch's properties.
    pub fn read(geojson: &str) -> Result<Self> {
        let collection: Value = serde_json::from_str(geojson).context("the sketch is no JSON")?;
        let features = collection["features"]
            .as_array()
            .context("the sketch has no features")?;
        let mut roads = Self {
            pieces: Vec::new(),
            leaving: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        for feature in features {
            roads.take(feature)?;
        }
        Ok(roads)
    }

    /// The place of that id.
    pub fn place(&self, id: &str) -> Result<&Place> {
        self.places
            .get(id)
            .with_context(|| format!("the sketch has no place {id}"))
    }

    /// The node at the gate of that id.
    pub fn node_of_gate(&self, id: &str) -> Result<&str> {
        self.place(id)?
            .node
            .as_deref()
            .with_context(|| format!("{id} is no gate"))
    }

    /// The quickest way from node to node.
    pub fn drive(&self, from: &str, to: &str) -> Result<Drive> {
        self.drive_via(&[from, to])
    }

    /// The quickest way through nodes in this order.
    pub fn drive_via(&self, nodes: &[&str]) -> Result<Drive> {
        let mut drive = Drive::default();
        for pair in nodes.windows(2) {
            for (piece, forward) in self.quickest(pair[0], pair[1])? {
                drive.append(&self.pieces[piece], forward);
            }
        }
        if drive.points.len() < 2 {
            bail!("a drive needs two different nodes: {nodes:?}");
        }
        Ok(drive)
    }

    fn take(&mut self, feature: &Value) -> Result<()> {
        let properties: Properties = serde_json::from_value(feature["properties"].clone())
            .context("a feature of the sketch is malformed")?;
        match properties.kind.as_str() {
            "road" | "toll" => self.take_piece(properties, &feature["geometry"]["coordinates"]),
            "yard" | "port" | "area" => {
                let outline = points(&feature["geometry"]["coordinates"][0])?;
                self.take_place(properties, outline);
                Ok(())
            }
            "gate" => {
                let outline = vec![point(&feature["geometry"]["coordinates"])?];
                self.take_place(properties, outline);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_piece(&mut self, properties: Properties, coordinates: &Value) -> Result<()> {
        let (Some(from), Some(to)) = (properties.from, properties.to) else {
            bail!("the road {} does not say where it ends", properties.id);
        };
        let points = points(coordinates)?;
        let length_m = points
            .windows(2)
            .map(|pair| segel_geo::distance_m(pair[0], pair[1]))
            .sum();
        let index = self.pieces.len();
        self.leaving.entry(from.clone()).or_default().push(index);
        self.leaving.entry(to.clone()).or_default().push(index);
        self.pieces.push(Piece {
            from,
            to,
            points,
            speed_kmh: properties.speed_kmh.unwrap_or(40.0),
            length_m,
        });
        Ok(())
    }

    fn take_place(&mut self, properties: Properties, outline: Vec<Position>) {
        let place = Place {
            id: properties.id.clone(),
            name: properties.name,
            outline,
            node: properties.node,
        };
        self.places.insert(properties.id, place);
    }

    /// Dijkstra over seconds; the pieces and whether each is driven forward.
    fn quickest(&self, from: &str, to: &str) -> Result<Vec<(usize, bool)>> {
        let mut best: BTreeMap<&str, (u64, Option<usize>)> = BTreeMap::from([(from, (0, None))]);
        let mut open = BinaryHeap::from([Reverse((0_u64, from))]);
        while let Some(Reverse((cost, node))) = open.pop() {
            if node == to {
                return Ok(self.trace(&best, to));
            }
            if best.get(node).is_some_and(|(known, _)| *known < cost) {
                continue;
            }
            for &index in self.leaving.get(node).map(Vec::as_slice).unwrap_or_default() {
                let piece = &self.pieces[index];
                let next = piece.other_end(node);
                let through = cost + piece.milliseconds();
                if best.get(next).is_none_or(|(known, _)| through < *known) {
                    best.insert(next, (through, Some(index)));
                    open.push(Reverse((through, next)));
                }
            }
        }
        bail!("no road leads from {from} to {to}")
    }

    fn trace(&self, best: &BTreeMap<&str, (u64, Option<usize>)>, to: &str) -> Vec<(usize, bool)> {
        let mut way = Vec::new();
        let mut node = to;
        while let Some((_, Some(index))) = best.get(node) {
            let piece = &self.pieces[*index];
            way.push((*index, piece.to == node));
            node = piece.other_end(node);
        }
        way.reverse();
        way
    }
}

impl Piece {
    fn other_end<'a>(&'a self, node: &str) -> &'a str {
        if self.from == node { &self.to } else { &self.from }
    }

    fn milliseconds(&self) -> u64 {
        (self.length_m / self.speed_kmh.max(1.0) * 3600.0) as u64
    }
}

/// A way to drive: points, how far along each is, when a truck passes it.
#[derive(Debug, Clone, Default)]
pub struct Drive {
    /// The way.
    pub points: Vec<Position>,
    along_m: Vec<f64>,
    passed_s: Vec<f64>,
    speed_kmh: Vec<f64>,
}

/// Where a truck is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whereabouts {
    /// Its place.
    pub position: Position,
    /// How fast it goes; zero at both ends.
    pub speed_kmh: f64,
    /// Where it heads.
    pub course_deg: f64,
    /// How far it has come.
    pub along_m: f64,
}

impl Drive {
    /// The same way, driven so many times as fast.
    #[must_use]
    pub fn hastened(mut self, times: f64) -> Self {
        self.passed_s.iter_mut().for_each(|passed| *passed /= times);
        self.speed_kmh.iter_mut().for_each(|speed| *speed *= times);
        self
    }

    /// How long the way is.
    pub fn length_m(&self) -> f64 {
        self.along_m.last().copied().unwrap_or(0.0)
    }

    /// How long it takes.
    pub fn lasts_s(&self) -> f64 {
        self.passed_s.last().copied().unwrap_or(0.0)
    }

    /// Where a truck is so many seconds after it left.
    pub fn at_s(&self, seconds: f64) -> Whereabouts {
        let after = self.passed_s.partition_point(|passed| *passed <= seconds);
        if after == 0 {
            return self.standing(0);
        }
        if after >= self.points.len() {
            return self.standing(self.points.len() - 1);
        }
        let (before, lasts) = (after - 1, self.passed_s[after] - self.passed_s[after - 1]);
        let part = ((seconds - self.passed_s[before]) / lasts.max(1e-9)).clamp(0.0, 1.0);
        let (a, b) = (self.points[before], self.points[after]);
        Whereabouts {
            position: Position {
                lat: a.lat + (b.lat - a.lat) * part,
                lon: a.lon + (b.lon - a.lon) * part,
            },
            speed_kmh: self.speed_kmh[after],
            course_deg: segel_geo::bearing_deg(a, b),
            along_m: self.along_m[before] + (self.along_m[after] - self.along_m[before]) * part,
        }
    }

    /// How many seconds after it left a truck passes a place, or the point of the way nearest to it.
    pub fn passes_s(&self, place: Position) -> f64 {
        let away_m = |seconds: f64| segel_geo::distance_m(self.at_s(seconds).position, place);
        let moments = (0..=self.lasts_s().ceil() as u32).map(f64::from);
        let nearest = moments.min_by(|a, b| away_m(*a).total_cmp(&away_m(*b)));
        nearest.unwrap_or(0.0)
    }

    fn standing(&self, index: usize) -> Whereabouts {
        Whereabouts {
            position: self.points[index],
            speed_kmh: 0.0,
            course_deg: 0.0,
            along_m: self.along_m[index],
        }
    }

    fn append(&mut self, piece: &Piece, forward: bool) {
        let mut points = piece.points.clone();
        if !forward {
            points.reverse();
        }
        let skip = usize::from(!self.points.is_empty());
        for point in points.into_iter().skip(skip) {
            self.push(point, piece.speed_kmh);
        }
    }

    fn push(&mut self, point: Position, speed_kmh: f64) {
        let step_m = self
            .points
            .last()
            .map_or(0.0, |last| segel_geo::distance_m(*last, point));
        self.along_m.push(self.length_m() + step_m);
        self.passed_s.push(self.lasts_s() + step_m / speed_kmh * 3.6);
        self.points.push(point);
        self.speed_kmh.push(speed_kmh);
    }
}

fn points(coordinates: &Value) -> Result<Vec<Position>> {
    coordinates
        .as_array()
        .context("coordinates are no list")?
        .iter()
        .map(point)
        .collect()
}

fn point(pair: &Value) -> Result<Position> {
    let (lon, lat) = (
        pair[0].as_f64().context("no longitude")?,
        pair[1].as_f64().context("no latitude")?,
    );
    Position::new(lat, lon).context("no place on earth")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive() -> Drive {
        let roads = Roads::sketch().expect("the sketch is well formed");
        let from = roads.node_of_gate("gate_tpks").expect("a gate").to_owned();
        let to = roads.node_of_gate("gate_tps_wijaya").expect("a gate").to_owned();
        roads.drive(&from, &to).expect("the sketch is connected")
    }

    #[test]
    fn a_truck_gets_from_the_port_to_a_yard() {
        let drive = drive();
        assert!(
            (5_000.0..30_000.0).contains(&drive.length_m()),
            "{}",
            drive.length_m()
        );
        let average_kmh = drive.length_m() / drive.lasts_s() * 3.6;
        assert!((20.0..90.0).contains(&average_kmh), "{average_kmh}");
    }

    #[test]
    fn it_stands_at_both_ends_and_moves_between() {
        let drive = drive();
        assert_eq!(drive.at_s(-1.0).speed_kmh, 0.0);
        assert_eq!(
            drive.at_s(drive.lasts_s() + 1.0).position,
            *drive.points.last().expect("points")
        );
        assert!(drive.at_s(drive.lasts_s() / 2.0).speed_kmh > 0.0);
    }

    #[test]
    fn it_never_jumps() {
        let drive = drive();
        let mut last = drive.at_s(0.0);
        for second in 1..drive.lasts_s() as i64 {
            let next = drive.at_s(second as f64);
            assert!(
                segel_geo::distance_m(last.position, next.position) < 30.0,
                "second {second}"
            );
            assert!(next.along_m >= last.along_m);
            last = next;
        }
    }

    #[test]
    fn every_gate_can_be_reached_from_its_port() {
        let roads = Roads::sketch().expect("the sketch is well formed");
        let gates: Vec<&Place> = roads
            .places
            .values()
            .filter(|place| place.node.is_some())
            .collect();
        assert!(gates.len() > 20);
        for gate in gates {
            let node = gate.node.as_deref().expect("filtered");
            let reached = node == "tpks_gate"
                || node == "koja_gate"
                || roads.drive("tpks_gate", node).is_ok()
                || roads.drive("koja_gate", node).is_ok();
            assert!(reached, "{}", gate.id);
        }
    }

    #[test]
    fn a_road_to_nowhere_is_said_so() {
        let roads = Roads::sketch().expect("the sketch is well formed");
        assert!(roads.drive("tpks_gate", "atlantis").is_err());
    }
}
