//! What is wrong with a route plan, and where, before an officer is asked to approve it.
//!
//! A finding is a remark, not a refusal: a ferry leg is a jump, and an officer may say so. It names the point or segment and
//! the kilometre, so that a person finds the place on the map. Every limit is passed in; the rulebook owns the numbers.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    corridor::Corridor,
    distance::{bearing_deg, distance_m},
    fence::Fence,
    position::{Position, turn_deg},
};

/// Findings kept of one route: what is wrong at more places than this is wrong as a whole.
pub const FINDINGS_LIMIT: usize = 200;

/// A route plan as drawn and declared, before anything of it is believed.
#[derive(Debug, Clone, Copy)]
pub struct RouteDraft<'a> {
    /// The centre line.
    pub points: &'a [Position],
    /// One half width for all segments, or one for each.
    pub half_widths_m: &'a [f32],
    /// Where the trip begins.
    pub origin: &'a Fence,
    /// Where it ends.
    pub destination: &'a Fence,
    /// Where it may stand.
    pub allowed_stops: &'a [Fence],
    /// Where it must not come.
    pub forbidden: &'a [Fence],
    /// The distance that was declared.
    pub distance_m: Option<f64>,
    /// The transit time that was declared.
    pub transit_s: Option<f64>,
}

/// From where on something is worth a remark.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LintLimits {
    /// Two points farther apart than this are a jump.
    pub jump_m: f64,
    /// A turn sharper than this is a spike; 180 is straight back.
    pub spike_turn_deg: f64,
    /// A half width below this is implausible.
    pub half_width_min_m: f32,
    /// A half width above this is implausible.
    pub half_width_max_m: f32,
    /// How far the declared distance may be off the drawn one, in percent of the drawn one.
    pub distance_off_percent: f64,
    /// An average speed above this is implausible.
    pub speed_max_kmh: f64,
    /// An average speed below this is implausible.
    pub speed_min_kmh: f64,
}

/// A place on the drawn line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The point, or the segment that begins at it, from 0.
    pub index: u32,
    /// Kilometres from the start along the drawn line.
    pub km: f64,
}

/// Something wrong with a route.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The line has fewer than two points.
    TooFewPoints {
        /// Points given.
        given: u32,
    },
    /// A point that is no place on earth. Nothing else is looked at until it is mended.
    BadPosition {
        /// Which point, from 0.
        index: u32,
    },
    /// A point at the place of the one before it.
    RepeatedPoint {
        /// The second of both.
        at: Mark,
    },
    /// Two points too far apart.
    Jump {
        /// The first of both.
        at: Mark,
        /// Metres between them.
        distance_m: f64,
    },
    /// The line turns back on itself.
    Spike {
        /// Where it turns.
        at: Mark,
        /// How sharply, 180 being straight back.
        turn_deg: f64,
    },
    /// The line does not start inside the origin area.
    StartOutsideOrigin {
        /// Metres from it.
        outside_m: f64,
    },
    /// The line does not end inside the destination area.
    EndOutsideDestination {
        /// Metres from it.
        outside_m: f64,
    },
    /// Neither one half width nor one for each segment.
    WidthCount {
        /// Half widths given.
        given: u32,
        /// Segments of the line.
        segments: u32,
    },
    /// A half width nobody means.
    ImplausibleWidth {
        /// The segment.
        at: Mark,
        /// Its half width.
        half_width_m: f32,
    },
    /// The declared distance does not fit the drawn line.
    DistanceOff {
        /// As declared.
        declared_m: f64,
        /// As drawn.
        drawn_m: f64,
    },
    /// The declared transit time asks for too high a speed.
    TooFast {
        /// The average it asks for.
        speed_kmh: f64,
    },
    /// The declared transit time asks for too low a speed.
    TooSlow {
        /// The average it asks for.
        speed_kmh: f64,
    },
    /// The centre line meets a forbidden area.
    ForbiddenOnRoute {
        /// Which forbidden area, from 0.
        area: u32,
        /// The first segment that meets it.
        at: Mark,
    },
    /// No part of an allowed stop lies in the corridor.
    StopOutsideCorridor {
        /// Which stop, from 0.
        stop: u32,
        /// The point of the route nearest to it.
        at: Mark,
        /// Metres from the border of the corridor to the middle of the stop.
        outside_m: f64,
    },
}

/// Everything that is wrong with a route, in the order of the list above; at most `FINDINGS_LIMIT`.
pub fn route(draft: &RouteDraft<'_>, limits: &LintLimits) -> Vec<Finding> {
    if let Some(index) = draft.points.iter().position(|point| !point.is_on_earth()) {
        return Vec::from([Finding::BadPosition { index: index as u32 }]);
    }
    let (Some(&start), Some(&end), true) =
        (draft.points.first(), draft.points.last(), draft.points.len() > 1)
    else {
        return Vec::from([Finding::TooFewPoints {
            given: draft.points.len() as u32,
        }]);
    };
    let line = Line::new(draft.points);
    let mut findings = Vec::new();
    findings.extend(line.repeated());
    findings.extend(line.jumps(limits));
    findings.extend(line.spikes(limits));
    findings.extend(ends(draft, start, end));
    findings.extend(widths(&line, draft.half_widths_m, limits));
    findings.extend(declared(&line, draft, limits));
    findings.extend(forbidden(&line, draft.forbidden));
    findings.extend(stops(&line, draft));
    findings.truncate(FINDINGS_LIMIT);
    findings
}

/// The drawn line with the metres at each point.
struct Line<'a> {
    points: &'a [Position],
    along_m: Vec<f64>,
}

impl<'a> Line<'a> {
    fn new(points: &'a [Position]) -> Self {
        let mut sum_m = 0.0;
        let steps = points.windows(2).map(|ends| distance_m(ends[0], ends[1]));
        let along_m = core::iter::once(0.0).chain(steps).map(|step_m| {
            sum_m += step_m;
            sum_m
        });
        Self {
            points,
            along_m: along_m.collect(),
        }
    }

    fn length_m(&self) -> f64 {
        self.along_m.last().copied().unwrap_or(0.0)
    }

    fn mark(&self, index: usize) -> Mark {
        Mark {
            index: index as u32,
            km: self.along_m.get(index).copied().unwrap_or(0.0) / 1_000.0,
        }
    }

    fn segments(&self) -> impl Iterator<Item = (usize, Position, Position)> + '_ {
        self.points
            .windows(2)
            .enumerate()
            .map(|(index, ends)| (index, ends[0], ends[1]))
    }

    fn repeated(&self) -> impl Iterator<Item = Finding> + '_ {
        let twice = self.segments().filter(|(_, a, b)| a == b);
        twice.map(|(index, ..)| Finding::RepeatedPoint {
            at: self.mark(index + 1),
        })
    }

    fn jumps(&self, limits: &LintLimits) -> impl Iterator<Item = Finding> + '_ {
        let jump_m = limits.jump_m;
        self.segments().filter_map(move |(index, ..)| {
            let distance_m = self.along_m[index + 1] - self.along_m[index];
            (distance_m > jump_m).then(|| Finding::Jump {
                at: self.mark(index),
                distance_m,
            })
        })
    }

    fn spikes(&self, limits: &LintLimits) -> impl Iterator<Item = Finding> + '_ {
        let limit_deg = limits.spike_turn_deg;
        let headings = self
            .segments()
            .filter(|(_, a, b)| a != b)
            .map(|(index, a, b)| (index, bearing_deg(a, b)));
        let mut before: Option<f64> = None;
        headings.filter_map(move |(index, heading_deg)| {
            let turn_deg = turn_deg(before.replace(heading_deg)?, heading_deg).abs();
            (turn_deg > limit_deg).then(|| Finding::Spike {
                at: self.mark(index),
                turn_deg,
            })
        })
    }
}

fn ends(draft: &RouteDraft<'_>, start: Position, end: Position) -> impl Iterator<Item = Finding> {
    let from_origin_m = draft.origin.outside_m(start);
    let from_destination_m = draft.destination.outside_m(end);
    let start = (from_origin_m > 0.0).then_some(Finding::StartOutsideOrigin {
        outside_m: from_origin_m,
    });
    let end = (from_destination_m > 0.0).then_some(Finding::EndOutsideDestination {
        outside_m: from_destination_m,
    });
    start.into_iter().chain(end)
}

fn widths<'a>(
    line: &'a Line<'_>,
    half_widths_m: &'a [f32],
    limits: &LintLimits,
) -> impl Iterator<Item = Finding> + 'a {
    let segments = line.points.len() - 1;
    let plausible = limits.half_width_min_m..=limits.half_width_max_m;
    let fits = half_widths_m.len() == 1 || half_widths_m.len() == segments;
    let count = Finding::WidthCount {
        given: half_widths_m.len() as u32,
        segments: segments as u32,
    };
    let odd = half_widths_m
        .iter()
        .enumerate()
        .filter(move |(_, width)| !plausible.contains(*width));
    let odd = odd.map(|(index, &half_width_m)| Finding::ImplausibleWidth {
        at: line.mark(index),
        half_width_m,
    });
    (!fits).then_some(count).into_iter().chain(odd)
}

fn declared(line: &Line<'_>, draft: &RouteDraft<'_>, limits: &LintLimits) -> impl Iterator<Item = Finding> {
    let drawn_m = line.length_m();
    let allowed_m = drawn_m * limits.distance_off_percent / 100.0;
    let distance = draft.distance_m.and_then(|declared_m| {
        let fits = (declared_m - drawn_m).abs() <= allowed_m;
        (!fits).then_some(Finding::DistanceOff { declared_m, drawn_m })
    });
    let speed = draft
        .transit_s
        .and_then(|transit_s| speed(drawn_m, transit_s, limits));
    distance.into_iter().chain(speed)
}

fn speed(drawn_m: f64, transit_s: f64, limits: &LintLimits) -> Option<Finding> {
    let speed_kmh = drawn_m / transit_s.max(0.0) * 3.6;
    if speed_kmh < limits.speed_min_kmh {
        return Some(Finding::TooSlow { speed_kmh });
    }
    let fits = speed_kmh <= limits.speed_max_kmh;
    (!fits).then_some(Finding::TooFast { speed_kmh })
}

fn forbidden<'a>(line: &'a Line<'_>, areas: &'a [Fence]) -> impl Iterator<Item = Finding> + 'a {
    (0u32..).zip(areas).filter_map(|(area, fence)| {
        let (index, ..) = line.segments().find(|(_, a, b)| fence.meets(*a, *b))?;
        Some(Finding::ForbiddenOnRoute {
            area,
            at: line.mark(index),
        })
    })
}

fn stops(line: &Line<'_>, draft: &RouteDraft<'_>) -> Vec<Finding> {
    // A line that makes no corridor has been remarked upon already.
    let Ok(corridor) = Corridor::new(draft.points.to_vec(), draft.half_widths_m.to_vec()) else {
        return Vec::new();
    };
    let outside = (0u32..)
        .zip(draft.allowed_stops)
        .filter(|(_, fence)| !corridor.reaches(fence));
    let findings = outside.filter_map(|(stop, fence)| {
        let verdict = corridor.verdict(fence.centroid())?;
        let at = line.mark(verdict.segment as usize);
        Some(Finding::StopOutsideCorridor {
            stop,
            at,
            outside_m: verdict.outside_m,
        })
    });
    findings.collect()
}
