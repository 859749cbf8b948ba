//! Drawings made elsewhere: a line of GeoJSON or GPX becomes a plan to look over.
//!
//! In GeoJSON a polygon, or a point with `radius_m`, is an area: its property `role` says which (`origin`,
//! `destination`, `stop`, `forbidden`, `no_coverage`). What is missing is guessed, and the person sees the guess.

use geojson::{Feature, FeatureCollection, GeoJson, GeometryValue};
use segel_geo::{Position as Place, length_m};

use super::POINTS_MAX;
use crate::api::problem::Problem;
use crate::api::types::{Area, Position, RoutePlan, Shape};

/// Half the corridor's width where nothing is said.
const HALF_WIDTH_M: f32 = 150.0;
/// The radius of an end where none is drawn.
const END_RADIUS_M: f32 = 300.0;
/// The speed by which a transit time is guessed: a truck through a port city.
const SPEED_M_PER_S: f64 = 30.0 / 3.6;
/// The Location Sharing Interval where nothing is said.
const INTERVAL_S: u32 = 60;

/// What a drawing shows.
#[derive(Debug, Default, PartialEq)]
pub struct Drawn {
    name: Option<String>,
    points: Vec<Position>,
    half_width_m: Option<f32>,
    areas: Vec<(Role, Area)>,
    transit_time_s: Option<u32>,
    interval_s: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Origin,
    Destination,
    Stop,
    Forbidden,
    NoCoverage,
}

/// Reads GeoJSON or GPX, whichever it is.
pub fn read(text: &str) -> Result<Drawn, Problem> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let drawn = if text.starts_with('<') {
        gpx(text)
    } else {
        geo_json(text)?
    };
    if drawn.points.len() < 2 {
        return Err(Problem::malformed(
            "Gambar tidak memuat garis rute (LineString, trk atau rte).",
            "The drawing holds no line of a route (LineString, trk or rte).",
        ));
    }
    if POINTS_MAX < drawn.points.len() {
        return Err(Problem::malformed(
            "Paling banyak 20.000 titik.",
            "20,000 points at most.",
        ));
    }
    Ok(drawn)
}

/// The plan a drawing suggests.
pub fn plan(drawn: Drawn, name: Option<String>, office: String, half_width_m: Option<f32>) -> RoutePlan {
    let line: Vec<Place> = drawn
        .points
        .iter()
        .filter_map(|at| Place::new(at.lat, at.lon))
        .collect();
    let length_m = length_m(&line).max(0.0);
    let first = drawn.points.first().copied();
    let last = drawn.points.last().copied();
    let of = |role: Role| {
        let areas = drawn.areas.iter().filter(move |(its, _)| *its == role);
        areas.map(|(_, area)| area.clone()).collect::<Vec<_>>()
    };
    let end =
        |role: Role, name: &str, at: Option<Position>| of(role).pop().unwrap_or_else(|| around(name, at));
    RoutePlan {
        name: name.or(drawn.name.clone()).unwrap_or_else(|| "Rute".into()),
        owner: None,
        office,
        half_widths_m: vec![half_width_m.or(drawn.half_width_m).unwrap_or(HALF_WIDTH_M)],
        origin: end(Role::Origin, "Asal", first),
        destination: end(Role::Destination, "Tujuan", last),
        stops: of(Role::Stop),
        forbidden: of(Role::Forbidden),
        no_coverage: of(Role::NoCoverage),
        distance_m: length_m.round() as u32,
        transit_time_s: drawn
            .transit_time_s
            .unwrap_or((length_m / SPEED_M_PER_S).round() as u32),
        interval_s: drawn.interval_s.unwrap_or(INTERVAL_S),
        points: drawn.points,
    }
}

fn around(name: &str, at: Option<Position>) -> Area {
    Area {
        name: name.into(),
        code: None,
        shape: Shape::Circle {
            centre: at.unwrap_or(Position { lat: 0.0, lon: 0.0 }),
            radius_m: END_RADIUS_M,
        },
    }
}

fn geo_json(text: &str) -> Result<Drawn, Problem> {
    let parsed: GeoJson = text.parse().map_err(|why| {
        Problem::malformed(
            "Bukan GeoJSON atau GPX.",
            format!("neither GeoJSON nor GPX: {why}"),
        )
    })?;
    let features = match parsed {
        GeoJson::FeatureCollection(FeatureCollection { features, .. }) => features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![Feature::from(geometry)],
    };
    let mut drawn = Drawn::default();
    features.iter().for_each(|feature| drawn.take(feature));
    Ok(drawn)
}

impl Drawn {
    fn take(&mut self, feature: &Feature) {
        let Some(geometry) = &feature.geometry else { return };
        match &geometry.value {
            GeometryValue::LineString { coordinates } => self.line(feature, coordinates.iter().map(position)),
            GeometryValue::MultiLineString { coordinates } => {
                self.line(feature, coordinates.iter().flatten().map(position));
            }
            GeometryValue::Polygon { coordinates } => {
                let ring = coordinates
                    .first()
                    .map(|ring| ring.iter().filter_map(position).collect());
                self.area(feature, ring.map(|points| Shape::Polygon { points }));
            }
            GeometryValue::Point { coordinates } => {
                let radius_m = number(feature, "radius_m").unwrap_or(f64::from(END_RADIUS_M)) as f32;
                let centre = position(coordinates);
                self.area(feature, centre.map(|centre| Shape::Circle { centre, radius_m }));
            }
            _ => {}
        }
    }

    /// The first line is the route; a second one is no route of this plan.
    fn line(&mut self, feature: &Feature, points: impl Iterator<Item = Option<Position>>) {
        if !self.points.is_empty() {
            return;
        }
        self.points = points.flatten().collect();
        self.name = word(feature, "name");
        self.half_width_m = number(feature, "half_width_m").map(|metres| metres as f32);
        self.transit_time_s = number(feature, "transit_time_s").map(|seconds| seconds as u32);
        self.interval_s = number(feature, "interval_s").map(|seconds| seconds as u32);
    }

    fn area(&mut self, feature: &Feature, shape: Option<Shape>) {
        let role = match word(feature, "role").as_deref() {
            Some("origin") => Role::Origin,
            Some("destination") => Role::Destination,
            Some("stop") => Role::Stop,
            Some("forbidden") => Role::Forbidden,
            Some("no_coverage") => Role::NoCoverage,
            _ => return,
        };
        let Some(shape) = shape else { return };
        let name = word(feature, "name").unwrap_or_default();
        let code = word(feature, "code");
        self.areas.push((role, Area { name, code, shape }));
    }
}

fn position(coordinates: &geojson::Position) -> Option<Position> {
    let coordinates = coordinates.as_slice();
    Some(Position {
        lat: *coordinates.get(1)?,
        lon: *coordinates.first()?,
    })
}

fn word(feature: &Feature, name: &str) -> Option<String> {
    feature.property(name)?.as_str().map(Into::into)
}

fn number(feature: &Feature, name: &str) -> Option<f64> {
    feature.property(name)?.as_f64()
}

/// GPX needs no more of XML than this: tags, two attributes, and the text of a name. Anything else is passed over.
fn gpx(text: &str) -> Drawn {
    let track: Vec<Position> = points(text, "trkpt");
    Drawn {
        points: if track.is_empty() {
            points(text, "rtept")
        } else {
            track
        },
        name: text_of(text, "name"),
        ..Drawn::default()
    }
}

fn points(text: &str, tag: &str) -> Vec<Position> {
    let open = format!("<{tag}");
    let tags = text
        .split(&open)
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    let point = |tag: &str| {
        Some(Position {
            lat: attribute(tag, "lat")?,
            lon: attribute(tag, "lon")?,
        })
    };
    tags.filter_map(point).take(POINTS_MAX + 1).collect()
}

fn attribute(tag: &str, name: &str) -> Option<f64> {
    let after = tag
        .split(name)
        .nth(1)?
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    after[1..].split(quote).next()?.trim().parse().ok()
}

fn text_of(text: &str, tag: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    let name = rest.split('<').next()?.trim();
    (!name.is_empty()).then(|| name.chars().take(120).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GPX: &str = r#"<?xml version="1.0"?><gpx version="1.1"><trk><name>TPKS ke Wijayakusuma</name><trkseg>
        <trkpt lat="-6.9435" lon="110.4243"><ele>3</ele></trkpt>
        <trkpt lon='110.3312' lat = '-6.9702'/></trkseg></trk></gpx>"#;

    #[test]
    fn a_gpx_track_becomes_a_plan_with_guessed_ends() {
        let drawn = read(GPX).expect("a track of two points");
        let plan = plan(drawn, None, "060100".into(), None);
        assert_eq!(plan.name, "TPKS ke Wijayakusuma");
        assert_eq!(
            plan.points[1],
            Position {
                lat: -6.9702,
                lon: 110.3312
            }
        );
        assert_eq!(plan.half_widths_m, [150.0]);
        assert_eq!((plan.distance_m, plan.interval_s), (10_703, 60));
        assert_eq!(
            plan.destination.shape,
            Shape::Circle {
                centre: Position {
                    lat: -6.9702,
                    lon: 110.3312
                },
                radius_m: 300.0
            }
        );
    }

    #[test]
    fn geojson_areas_take_the_role_they_say() {
        let drawn = read(
            r#"{"type": "FeatureCollection", "features": [
                {"type": "Feature", "properties": {"name": "Jalur 1", "half_width_m": 80, "interval_s": 30},
                 "geometry": {"type": "LineString", "coordinates": [[110.42, -6.94], [110.33, -6.97]]}},
                {"type": "Feature", "properties": {"role": "destination", "name": "GRHA", "code": "GRHA", "radius_m": 200},
                 "geometry": {"type": "Point", "coordinates": [110.33, -6.97]}},
                {"type": "Feature", "properties": {"role": "forbidden", "name": "Pasar"},
                 "geometry": {"type": "Polygon", "coordinates": [[[110.40, -6.95], [110.41, -6.95], [110.41, -6.96], [110.40, -6.95]]]}},
                {"type": "Feature", "properties": {"role": "nonsense"}, "geometry": {"type": "Point", "coordinates": [0, 0]}}
            ]}"#,
        )
        .expect("a drawing with a line");
        let plan = plan(drawn, Some("Rute A".into()), "060100".into(), None);
        assert_eq!(
            (plan.name.as_str(), plan.half_widths_m.as_slice(), plan.interval_s),
            ("Rute A", &[80.0][..], 30)
        );
        assert_eq!(plan.destination.code.as_deref(), Some("GRHA"));
        assert_eq!((plan.forbidden.len(), plan.stops.len()), (1, 0));
    }

    #[test]
    fn what_holds_no_line_is_refused_and_nothing_panics() {
        for nonsense in [
            "",
            "hello",
            "{}",
            "<gpx/>",
            "<gpx><trkpt lat=\"1\" lon=\"x\"></gpx>",
            "<trkpt lat=\"",
            "<trkpt lat=1 lon=2><trkpt lat=",
            r#"{"type": "Point", "coordinates": [110, -6]}"#,
            r#"{"type": "LineString", "coordinates": [[110, -6]]}"#,
        ] {
            assert!(read(nonsense).is_err(), "{nonsense}");
        }
    }
}
