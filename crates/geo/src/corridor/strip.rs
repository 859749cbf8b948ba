//! The corridor's centre line, laid out for speed.
//!
//! The line is cut into *lanes* (a segment, or a part of a long one), eight lanes make a *box*, eight boxes a *shelf*, up
//! to eight shelves a *sheet*. A sheet has a plane of its own and spans at most 40 km, so that `f32` metres on it are true
//! to a centimetre however long the route is. Coordinates lie in arrays of eight, which the compiler turns into vector
//! instructions. A search looks into the box of the last fix first; what it finds there rules nearly all others out.

use alloc::vec::Vec;

use super::{PLANE_REACH_M, straight};
use crate::{
    distance::{ECCENTRICITY_2, EQUATOR_RADIUS_M, distance_m},
    plane::{Plane, Point},
    position::{Position, turn_deg},
};

/// Lanes in a box, boxes in a shelf, shelves in a sheet.
const EIGHT: usize = 8;
const LANES_PER_SHEET: usize = EIGHT * EIGHT * EIGHT;
/// How far a sheet reaches from north to south and from west to east.
const SHEET_SPAN_M: f64 = 28_000.0;
/// Boxes are kept this much larger than their lanes, so that rounding never rules out the nearest one.
const BOX_MARGIN_M: f32 = 0.25;
/// Two passes of the route nearer to each other than this are one road: the hint decides which is meant.
const SAME_ROAD_M: f32 = 15.0;
/// Going back along the route is rarer than going on: a box behind the hint counts as this many times farther off.
const BACKWARD_WEIGHT: u32 = 4;

/// What a search found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub segment: u32,
    pub distance_m: f32,
    /// Metres beyond the nearest border; negative inside.
    pub signed_m: f32,
    pub progress_m: f64,
}

#[derive(Clone)]
pub(super) struct Strip {
    sheets: Vec<Sheet>,
    shelves: Vec<Shelf>,
    boxes: Vec<LaneBox>,
    /// The segment of each box's first lane.
    first_segments: Vec<u32>,
}

/// A part of the strip that has its own plane.
#[derive(Clone)]
struct Sheet {
    plane: Plane,
    /// Half of what the sheet spans, in degrees.
    half_lat: f64,
    half_lon: f64,
    /// A degree of longitude is at least this long within a degree of the sheet.
    lon_degree_m: f64,
    first_box: u32,
    first_shelf: u32,
    shelves: u32,
}

/// The outlines of eight boxes on their sheet's plane.
#[derive(Clone)]
struct Shelf {
    west: [f32; EIGHT],
    south: [f32; EIGHT],
    east: [f32; EIGHT],
    north: [f32; EIGHT],
}

/// Eight lanes in a row; unused ones repeat the last corner.
#[derive(Clone)]
struct LaneBox {
    x: [f32; EIGHT + 1],
    y: [f32; EIGHT + 1],
    /// Metres along the route at each corner, from the first one.
    along_m: [f32; EIGHT + 1],
    /// Metres along the route at the first corner.
    start_m: f64,
    /// Bit `lane` is set where that lane begins a segment.
    begins: u8,
}

/// A place on a sheet's plane.
#[derive(Clone, Copy)]
struct Spot {
    x: f32,
    y: f32,
}

impl Strip {
    /// The strip along a checked line.
    pub fn new(points: &[Position]) -> Self {
        let corners = corners(points);
        let mut strip = Self {
            sheets: Vec::new(),
            shelves: Vec::new(),
            boxes: Vec::new(),
            first_segments: Vec::new(),
        };
        let mut from = 0;
        while from + 1 < corners.len() {
            let to = sheet_end(&corners, from);
            strip.lay(&corners[from..=to]);
            from = to;
        }
        strip
    }

    fn lay(&mut self, corners: &[Corner]) {
        let (first_box, first_shelf) = (self.boxes.len(), self.shelves.len());
        let extent = Extent::of(corners);
        let plane = Plane::at(extent.middle());
        for start in (0..corners.len() - 1).step_by(EIGHT) {
            let end = (start + EIGHT).min(corners.len() - 1);
            self.boxes.push(LaneBox::new(&plane, &corners[start..=end]));
            self.first_segments.push(corners[start].segment);
        }
        for boxes in self.boxes[first_box..].chunks(EIGHT) {
            self.shelves.push(Shelf::around(boxes));
        }
        let shelves = (self.shelves.len() - first_shelf) as u32;
        self.sheets.push(Sheet::new(
            plane,
            &extent,
            first_box as u32,
            first_shelf as u32,
            shelves,
        ));
    }

    /// The nearest place on the strip. Nothing for a position that is no place on earth.
    pub fn locate(&self, position: Position, hint: Option<u32>, half_widths_m: &[f32]) -> Option<Found> {
        if !position.is_on_earth() {
            return None;
        }
        let hinted = hint.map(|segment| self.box_of(segment));
        let search = self.nearest(position, hinted, half_widths_m);
        let chosen = match hinted {
            Some(hinted) if search.index.abs_diff(hinted) > 1 => self.same_road(position, hinted, &search),
            _ => search.index,
        };
        Some(self.describe(position, chosen, &search))
    }

    fn nearest<'a>(
        &'a self,
        position: Position,
        hinted: Option<u32>,
        half_widths_m: &'a [f32],
    ) -> Search<'a> {
        let mut search = Search::new(self, half_widths_m);
        let start = hinted.unwrap_or(0);
        let home = self.sheet_of(start);
        let spot = self.sheets[home].spot(position);
        search.visit(start, spot);
        search.sweep(&self.sheets[home], spot, start);
        for (index, sheet) in self.sheets.iter().enumerate() {
            if index != home && sheet.may_hold(position, search.reach_2) {
                search.sweep(sheet, sheet.spot(position), start);
            }
        }
        search
    }

    /// Among the boxes as good as nearest, the one that the hint most likely means.
    fn same_road(&self, position: Position, hinted: u32, search: &Search<'_>) -> u32 {
        let reach_m = libm::sqrtf(search.distance_2) + SAME_ROAD_M;
        let reach_2 = reach_m * reach_m;
        let away = |index: u32| match index.checked_sub(hinted) {
            Some(onward) => onward,
            None => (hinted - index) * BACKWARD_WEIGHT,
        };
        let mut chosen = search.index;
        for sheet in self
            .sheets
            .iter()
            .filter(|sheet| sheet.may_hold(position, reach_2))
        {
            let spot = sheet.spot(position);
            sheet.each_within(&self.shelves, spot, reach_2, |index| {
                let near = self.boxes[index as usize].nearest_2(spot) <= reach_2;
                if near && away(index) < away(chosen) {
                    chosen = index;
                }
                reach_2
            });
        }
        self.settle(position, chosen)
    }

    /// From a box along the route to the nearest place of this pass.
    fn settle(&self, position: Position, index: u32) -> u32 {
        let nearest_2 = |index: u32| {
            let spot = self.sheets[self.sheet_of(index)].spot(position);
            self.boxes
                .get(index as usize)
                .map_or(f32::INFINITY, |lanes| lanes.nearest_2(spot))
        };
        let (mut settled, mut least_2) = (index, nearest_2(index));
        while let Some((next, next_2)) = [settled.saturating_sub(1), settled + 1]
            .map(|next| (next, nearest_2(next)))
            .into_iter()
            .find(|(_, next_2)| *next_2 < least_2)
        {
            (settled, least_2) = (next, next_2);
        }
        settled
    }

    fn describe(&self, position: Position, index: u32, search: &Search<'_>) -> Found {
        let sheet = &self.sheets[self.sheet_of(index)];
        let spot = sheet.spot(position);
        let lanes = &self.boxes[index as usize];
        let (lane, share) = lanes.nearest_lane(spot);
        let along_m = f64::from(lanes.along_m[lane])
            + f64::from(lanes.along_m[lane + 1] - lanes.along_m[lane]) * f64::from(share);
        let plane_m = libm::sqrtf(search.distance_2);
        let distance_m = if f64::from(plane_m) <= PLANE_REACH_M {
            plane_m
        } else {
            distance_m(position, sheet.plane.position(lanes.place(lane, share))) as f32
        };
        Found {
            segment: self.first_segments[index as usize] + lanes.segments_before(lane),
            distance_m,
            signed_m: search.signed_m() + (distance_m - plane_m),
            progress_m: lanes.start_m + along_m,
        }
    }

    fn sheet_of(&self, index: u32) -> usize {
        self.sheets
            .partition_point(|sheet| sheet.first_box <= index)
            .saturating_sub(1)
    }

    /// A box that holds a lane of the segment.
    fn box_of(&self, segment: u32) -> u32 {
        (self.first_segments.partition_point(|first| *first <= segment) as u32).saturating_sub(1)
    }
}

/// The nearest so far.
struct Search<'a> {
    strip: &'a Strip,
    half_widths_m: &'a [f32],
    widest_m: f32,
    index: u32,
    distance_2: f32,
    /// Metres beyond the nearest border, where the widths differ.
    mixed_signed_m: f32,
    /// Nothing farther than this matters any more.
    reach_2: f32,
}

impl<'a> Search<'a> {
    fn new(strip: &'a Strip, half_widths_m: &'a [f32]) -> Self {
        let widest_m = half_widths_m
            .iter()
            .fold(0.0, |widest: f32, width| widest.max(*width));
        let (far, index) = (f32::INFINITY, 0);
        Self {
            strip,
            half_widths_m,
            widest_m,
            index,
            distance_2: far,
            mixed_signed_m: far,
            reach_2: far,
        }
    }

    fn one_width(&self) -> bool {
        self.half_widths_m.len() == 1
    }

    fn signed_m(&self) -> f32 {
        if self.one_width() {
            libm::sqrtf(self.distance_2) - self.widest_m
        } else {
            self.mixed_signed_m
        }
    }

    fn sweep(&mut self, sheet: &Sheet, spot: Spot, start: u32) {
        let strip = self.strip;
        sheet.each_within(&strip.shelves, spot, self.reach_2, |index| {
            if index != start {
                self.visit(index, spot);
            }
            self.reach_2
        });
    }

    fn visit(&mut self, index: u32, spot: Spot) {
        let lanes = &self.strip.boxes[index as usize];
        let distances_2 = lanes.distances_2(spot);
        let nearest_2 = smallest(&distances_2);
        if nearest_2 < self.distance_2 {
            (self.distance_2, self.index) = (nearest_2, index);
        }
        if self.one_width() {
            self.reach_2 = self.distance_2;
        } else {
            self.weigh_widths(index, lanes, &distances_2);
        }
    }

    #[cold]
    fn weigh_widths(&mut self, index: u32, lanes: &LaneBox, distances_2: &[f32; EIGHT]) {
        let first = self.strip.first_segments[index as usize];
        for (lane, distance_2) in distances_2.iter().enumerate() {
            let segment = (first + lanes.segments_before(lane)) as usize;
            let width_m = self.half_widths_m.get(segment).copied().unwrap_or(0.0);
            self.mixed_signed_m = self.mixed_signed_m.min(libm::sqrtf(*distance_2) - width_m);
        }
        let reach_m = libm::sqrtf(self.distance_2).max(self.mixed_signed_m + self.widest_m);
        self.reach_2 = reach_m * reach_m;
    }
}

impl Sheet {
    fn new(plane: Plane, extent: &Extent, first_box: u32, first_shelf: u32, shelves: u32) -> Self {
        let (half_lat, half_lon) = extent.halves();
        let poleward = (plane.origin().lat.abs() + half_lat + 1.0).min(90.0);
        Self {
            plane,
            half_lat,
            half_lon,
            lon_degree_m: 0.98 * DEGREE_M * libm::cos(poleward.to_radians()),
            first_box,
            first_shelf,
            shelves,
        }
    }

    fn spot(&self, position: Position) -> Spot {
        let point = self.plane.place(position);
        Spot {
            x: point.x as f32,
            y: point.y as f32,
        }
    }

    /// Whether anything on the sheet may be within reach; never wrong when it says no.
    fn may_hold(&self, position: Position, reach_2: f32) -> bool {
        let origin = self.plane.origin();
        let lat_gap = ((position.lat - origin.lat).abs() - self.half_lat).max(0.0);
        let lon_gap = (turn_deg(origin.lon, position.lon).abs() - self.half_lon).clamp(0.0, 1.0);
        // Beyond a degree to the north or south the meridians may be nearer to each other than `lon_degree_m` says.
        let x = if lat_gap < 1.0 {
            lon_gap * self.lon_degree_m
        } else {
            0.0
        };
        let y = lat_gap * 0.98 * DEGREE_M;
        x * x + y * y <= f64::from(reach_2)
    }

    /// Hands out the boxes whose outline is within reach; the receiver says how far to reach from then on.
    fn each_within(&self, shelves: &[Shelf], spot: Spot, mut reach_2: f32, mut take: impl FnMut(u32) -> f32) {
        let first = self.first_shelf as usize;
        let mut index = self.first_box;
        for shelf in &shelves[first..first + self.shelves as usize] {
            let gaps_2 = shelf.gaps_2(spot);
            let mut near = within(&gaps_2, reach_2);
            while near != 0 {
                let place = near.trailing_zeros();
                near &= near - 1;
                if gaps_2[place as usize] <= reach_2 {
                    reach_2 = take(index + place);
                }
            }
            index += EIGHT as u32;
        }
    }
}

impl Shelf {
    /// Around up to eight boxes; places left over are infinitely far.
    fn around(boxes: &[LaneBox]) -> Self {
        let nowhere = [f32::INFINITY; EIGHT];
        let mut shelf = Self {
            west: nowhere,
            south: nowhere,
            east: nowhere,
            north: nowhere,
        };
        for (place, lanes) in boxes.iter().enumerate() {
            (shelf.west[place], shelf.east[place]) = range(&lanes.x);
            (shelf.south[place], shelf.north[place]) = range(&lanes.y);
        }
        shelf
    }

    /// For each outline the distance from a spot, squared; zero inside.
    #[inline]
    fn gaps_2(&self, spot: Spot) -> [f32; EIGHT] {
        let mut gaps_2 = [0.0; EIGHT];
        for (place, gap_2) in gaps_2.iter_mut().enumerate() {
            let x = larger(larger(self.west[place] - spot.x, spot.x - self.east[place]), 0.0);
            let y = larger(
                larger(self.south[place] - spot.y, spot.y - self.north[place]),
                0.0,
            );
            *gap_2 = x * x + y * y;
        }
        gaps_2
    }
}

impl LaneBox {
    fn new(plane: &Plane, corners: &[Corner]) -> Self {
        let corner = |index: usize| &corners[index.min(corners.len() - 1)];
        let start_m = corners[0].along_m;
        let mut lanes = Self {
            x: [0.0; EIGHT + 1],
            y: [0.0; EIGHT + 1],
            along_m: core::array::from_fn(|index| (corner(index).along_m - start_m) as f32),
            start_m,
            begins: 0,
        };
        for index in 0..=EIGHT {
            let point = plane.place(corner(index).position);
            (lanes.x[index], lanes.y[index]) = (point.x as f32, point.y as f32);
        }
        for lane in 1..corners.len() - 1 {
            lanes.begins |= u8::from(corners[lane].segment != corners[lane - 1].segment) << lane;
        }
        lanes
    }

    /// For each lane the distance from a spot, squared.
    #[inline]
    fn distances_2(&self, spot: Spot) -> [f32; EIGHT] {
        let mut distances_2 = [0.0; EIGHT];
        for (lane, distance_2) in distances_2.iter_mut().enumerate() {
            let share = self.share(lane, spot);
            let x = self.x[lane] + share * (self.x[lane + 1] - self.x[lane]) - spot.x;
            let y = self.y[lane] + share * (self.y[lane + 1] - self.y[lane]) - spot.y;
            *distance_2 = x * x + y * y;
        }
        distances_2
    }

    /// The distance of the nearest lane from a spot, squared.
    fn nearest_2(&self, spot: Spot) -> f32 {
        smallest(&self.distances_2(spot))
    }

    /// The share of a lane at which it comes nearest to a spot.
    #[inline]
    fn share(&self, lane: usize, spot: Spot) -> f32 {
        let (dx, dy) = (self.x[lane + 1] - self.x[lane], self.y[lane + 1] - self.y[lane]);
        let along = (spot.x - self.x[lane]) * dx + (spot.y - self.y[lane]) * dy;
        let share = along / larger(dx * dx + dy * dy, f32::MIN_POSITIVE);
        smaller(larger(share, 0.0), 1.0)
    }

    fn nearest_lane(&self, spot: Spot) -> (usize, f32) {
        let distances_2 = self.distances_2(spot);
        let lane = within(&distances_2, smallest(&distances_2)).trailing_zeros() as usize;
        (lane, self.share(lane, spot))
    }

    fn place(&self, lane: usize, share: f32) -> Point {
        let way = |from: f32, to: f32| f64::from(from) + f64::from(share) * f64::from(to - from);
        Point {
            x: way(self.x[lane], self.x[lane + 1]),
            y: way(self.y[lane], self.y[lane + 1]),
        }
    }

    /// How many segments begin after the first lane, up to and with this one.
    fn segments_before(&self, lane: usize) -> u32 {
        (self.begins & (0xff >> (7 - lane))).count_ones()
    }
}

/// A degree of latitude is nowhere shorter than this.
const DEGREE_M: f64 = EQUATOR_RADIUS_M * (1.0 - ECCENTRICITY_2) * core::f64::consts::PI / 180.0;

/// A corner of the line, where one lane ends and the next begins.
struct Corner {
    position: Position,
    /// The segment of the lane that begins here.
    segment: u32,
    along_m: f64,
}

fn corners(points: &[Position]) -> Vec<Corner> {
    let mut corners = Vec::with_capacity(points.len());
    let mut along_m = 0.0;
    let mut segment = 0;
    for ends in points.windows(2) {
        for (a, b) in straight::parts(ends[0], ends[1]) {
            corners.push(Corner {
                position: a,
                segment,
                along_m,
            });
            along_m += distance_m(a, b);
        }
        segment += 1;
    }
    corners.extend(points.last().map(|&position| Corner {
        position,
        segment,
        along_m,
    }));
    corners
}

/// The last corner of the sheet that begins at `from`: as many lanes as fit its size and its span, at least one.
fn sheet_end(corners: &[Corner], from: usize) -> usize {
    let last = (from + LANES_PER_SHEET).min(corners.len() - 1);
    let mut extent = Extent::of(&corners[from..=from + 1]);
    let mut to = from + 1;
    while to < last {
        extent.take(corners[to + 1].position);
        if extent.span_m() > SHEET_SPAN_M {
            break;
        }
        to += 1;
    }
    to
}

/// What a run of corners spans, in degrees, east counted from its first corner.
struct Extent {
    first: Position,
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl Extent {
    fn of(corners: &[Corner]) -> Self {
        let first = corners[0].position;
        let mut extent = Self {
            first,
            south: first.lat,
            north: first.lat,
            west: 0.0,
            east: 0.0,
        };
        for corner in corners {
            extent.take(corner.position);
        }
        extent
    }

    fn take(&mut self, position: Position) {
        let turn = turn_deg(self.first.lon, position.lon);
        (self.south, self.north) = (self.south.min(position.lat), self.north.max(position.lat));
        (self.west, self.east) = (self.west.min(turn), self.east.max(turn));
    }

    fn halves(&self) -> (f64, f64) {
        ((self.north - self.south) / 2.0, (self.east - self.west) / 2.0)
    }

    fn middle(&self) -> Position {
        let east = (self.west + self.east) / 2.0;
        Position {
            lat: (self.south + self.north) / 2.0,
            lon: turn_deg(0.0, self.first.lon + east),
        }
    }

    /// The larger of both spans, a little too long rather than too short.
    fn span_m(&self) -> f64 {
        let (half_lat, half_lon) = self.halves();
        let equatorward = if self.south * self.north < 0.0 {
            0.0
        } else {
            self.south.abs().min(self.north.abs())
        };
        let lon_share = libm::cos(equatorward.to_radians());
        (half_lat * 2.0).max(half_lon * 2.0 * lon_share) * EQUATOR_DEGREE_M
    }
}

/// A degree along the equator: no degree of latitude or longitude is longer by more than 0.4 %.
const EQUATOR_DEGREE_M: f64 = EQUATOR_RADIUS_M * core::f64::consts::PI / 180.0;

/// The larger of two numbers in the one instruction that vector units have for it.
#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller of two numbers, likewise.
#[inline]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The smallest of eight, found in three steps of halves.
#[inline]
fn smallest(numbers: &[f32; EIGHT]) -> f32 {
    let mut least = *numbers;
    for half in [4, 2, 1] {
        for index in 0..half {
            least[index] = smaller(least[index], least[index + half]);
        }
    }
    least[0]
}

/// Bit `index` is set where that number is not above the limit.
#[inline]
fn within(numbers: &[f32; EIGHT], limit: f32) -> u32 {
    (0..EIGHT).fold(0, |bits, index| {
        bits | u32::from(numbers[index] <= limit) << index
    })
}

/// The least and the greatest coordinate, with the margin that keeps rounding harmless.
fn range(coordinates: &[f32; EIGHT + 1]) -> (f32, f32) {
    let least = coordinates.iter().copied().fold(f32::INFINITY, f32::min);
    let greatest = coordinates.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (least - BOX_MARGIN_M, greatest + BOX_MARGIN_M)
}
