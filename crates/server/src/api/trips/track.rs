//! The track of a trip for other programs: GeoJSON and GPX, gaps left open.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use segel_custody::state;
use segel_model::observed::{FixUse, Observed, Place, Standing};
use segel_model::trip::TripState;
use segel_model::{EventTime, ServerTime, TripId};
use segel_store::{RecordKind, ReportQuery};
use serde_json::{Value, json};

use crate::api::problem::Problem;
use crate::api::reading::View;
use crate::api::types::{FixSource, FixUse as ShownUse, Moment, Standing as ShownStanding};

/// The most fixes of one track: a week at one every ten seconds.
pub const FIXES_MAX: usize = 60_480;
/// A longer silence is a gap: the line is not drawn across it.
const GAP_MS: i64 = 10 * 60 * 1000;
/// Reports before the lock closed and after it opened that still belong to the trip.
const MARGIN_S: i64 = 3600;

/// One fix of a track.
pub struct Step {
    at: EventTime,
    place: Place,
    sealed: Option<bool>,
    standing: Standing,
}

/// The reports of a trip; nothing where no seal was on it.
pub fn reports_of(id: TripId, trip: &state::Trip, now: ServerTime) -> Option<ReportQuery> {
    let begun = trip
        .closed
        .as_ref()
        .map_or(trip.opened.at.unix_ms, |closed| closed.at.unix_ms);
    let removed = trip.moves.iter().find(|step| step.to == TripState::Removed);
    let until = removed.map_or(now, |step| step.signed.at).plus_s(MARGIN_S);
    let from = EventTime::from_unix_ms(begun).plus_s(-MARGIN_S);
    Some(ReportQuery {
        trip: Some(id),
        ..ReportQuery::of(trip.seal?, from, EventTime::from_unix_ms(until.unix_ms))
    })
}

/// The fixes of a trip the asker may see, by event time.
pub fn read(view: &View<'_>, id: u64) -> Result<Vec<Step>, Problem> {
    let (_, trip): (_, state::Trip) = view.seen(RecordKind::Trip, id)?;
    let mut steps = Vec::new();
    let Some(mut query) = reports_of(TripId(id), &trip, view.api.now()) else {
        return Ok(steps);
    };
    while steps.len() < FIXES_MAX {
        let page = view.api.reader().reports(&query)?;
        steps.extend(
            page.reports
                .iter()
                .filter_map(|stored| step(&stored.staged.observed)),
        );
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    steps.truncate(FIXES_MAX);
    Ok(steps)
}

/// A fix that the seal vouches for. One from a cell tower is shown as what it is, but no line goes through it.
fn step(observed: &Observed) -> Option<Step> {
    let place = observed.place?;
    (place.use_ != FixUse::NotValid).then_some(Step {
        at: observed.at,
        place,
        sealed: observed.lock.sealed(),
        standing: observed.standing,
    })
}

/// As a FeatureCollection: a line for each leg without a gap, then each fix.
pub fn geo_json(steps: &[Step]) -> String {
    let lines = legs(steps).into_iter().filter(|leg| 1 < leg.len()).map(|leg| {
        let first = leg.first().map(|step| Moment::from(step.at).text());
        let last = leg.last().map(|step| Moment::from(step.at).text());
        feature(
            json!({"type": "LineString", "coordinates": leg.iter().map(|step| at(step)).collect::<Vec<_>>()}),
            json!({"kind": "leg", "from": first, "until": last}),
        )
    });
    let points = steps
        .iter()
        .map(|step| feature(json!({"type": "Point", "coordinates": at(step)}), facts(step)));
    let features: Vec<Value> = lines.chain(points).collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn feature(geometry: Value, properties: Value) -> Value {
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn at(step: &Step) -> [f64; 2] {
    [step.place.position.lon, step.place.position.lat]
}

fn facts(step: &Step) -> Value {
    json!({
        "kind": "fix",
        "at": Moment::from(step.at).text(),
        "source": FixSource::from(step.place.source),
        "use": ShownUse::from(step.place.use_),
        "standing": ShownStanding::from(step.standing),
        "speed_kmh": step.place.speed_kmh,
        "course_deg": step.place.course_deg,
        "outside_m": step.place.corridor.map(|corridor| corridor.outside_m),
        "progress_m": step.place.corridor.map(|corridor| corridor.progress_m),
        "sealed": step.sealed,
    })
}

/// Fixes that judge, cut where nothing came for long.
fn legs(steps: &[Step]) -> Vec<Vec<&Step>> {
    let mut legs: Vec<Vec<&Step>> = Vec::new();
    for step in steps.iter().filter(|step| step.place.use_ == FixUse::Judges) {
        let follows = |leg: &Vec<&Step>| leg.last().is_some_and(|last| step.at.since_ms(last.at) <= GAP_MS);
        match legs.last_mut().filter(|leg| follows(leg)) {
            Some(leg) => leg.push(step),
            None => legs.push(vec![step]),
        }
    }
    legs
}

/// As GPX 1.1: a segment for each leg without a gap.
pub fn gpx(steps: &[Step]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Segel\" \
         xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk>\n",
    );
    for leg in legs(steps) {
        text.push_str("<trkseg>\n");
        for step in leg {
            let position = step.place.position;
            let time = Moment::from(step.at).text();
            text.push_str(&format!(
                "<trkpt lat=\"{}\" lon=\"{}\"><time>{time}</time></trkpt>\n",
                position.lat, position.lon
            ));
        }
        text.push_str("</trkseg>\n");
    }
    text.push_str("</trk>\n</gpx>\n");
    text
}

/// A track as a file to keep.
pub fn file(text: String, media_type: &'static str, trip: u64, ending: &str) -> Response {
    let name = format!("attachment; filename=\"trip-{trip}.{ending}\"");
    (
        [
            (header::CONTENT_TYPE, media_type.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        text,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use segel_geo::Position;
    use segel_model::report;

    use super::*;

    fn fix(at_s: i64, use_: FixUse) -> Step {
        Step {
            at: EventTime::from_unix_ms(1_795_000_000_000).plus_s(at_s),
            place: Place {
                position: Position {
                    lat: -6.9,
                    lon: 110.4,
                },
                source: report::FixSource::Gnss,
                speed_kmh: None,
                course_deg: None,
                use_,
                corridor: None,
                areas: Default::default(),
                still: None,
            },
            sealed: Some(true),
            standing: Standing::Late,
        }
    }

    #[test]
    fn the_line_is_cut_at_a_gap_and_goes_through_no_fix_of_a_cell_tower() {
        let steps = [
            fix(0, FixUse::Judges),
            fix(60, FixUse::Judges),
            fix(90, FixUse::WrongSource),
            fix(660, FixUse::Judges),
            fix(1261, FixUse::Judges),
        ];
        let lengths: Vec<usize> = legs(&steps).iter().map(Vec::len).collect();
        assert_eq!(lengths, [3, 1], "600 s is no gap yet, 601 s is one");
        let track: Value = serde_json::from_str(&geo_json(&steps)).expect("JSON");
        assert_eq!(track["features"].as_array().map(Vec::len), Some(1 + 5));
        assert_eq!(
            track["features"][1]["properties"]["standing"], "late",
            "what came late is marked so"
        );
        assert_eq!(gpx(&steps).matches("<trkpt").count(), 4);
    }
}
