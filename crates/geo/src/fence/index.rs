//! Which of many fences hold a position?
//!
//! The outlines are sorted into a tree of eights (strips from west to east, each from south to north), so that a question
//! looks at a few nodes of eight boxes each, and only the fences whose box holds the position are asked.

use alloc::vec::Vec;
use core::fmt;

use super::{Bounds, Fence};
use crate::position::Position;

/// Fences an index may hold: every warehouse, yard and checkpoint of the country, four times over.
pub const FENCES_LIMIT: usize = 10_000;

const EIGHT: usize = 8;

/// Many fences, ready to be asked about a position.
#[derive(Debug, Clone)]
pub struct FenceIndex {
    fences: Vec<Fence>,
    /// Leaves first, the root last.
    nodes: Vec<Node>,
}

/// More fences than an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyFences {
    /// Fences given.
    pub given: usize,
}

impl fmt::Display for TooManyFences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an index holds at most {FENCES_LIMIT} fences, given {}",
            self.given
        )
    }
}

impl core::error::Error for TooManyFences {}

/// Eight boxes and what lies in them. Kept in `f32`, rounded outward.
#[derive(Debug, Clone)]
struct Node {
    west: [f32; EIGHT],
    south: [f32; EIGHT],
    east: [f32; EIGHT],
    north: [f32; EIGHT],
    /// Fences of a leaf, nodes of a branch.
    below: [u32; EIGHT],
    leaf: bool,
}

/// A box and what it stands for.
#[derive(Clone, Copy)]
struct Boxed {
    west: f32,
    south: f32,
    east: f32,
    north: f32,
    stands_for: u32,
}

impl FenceIndex {
    /// An index over fences; `containing` names them by their place in this list.
    pub fn new(fences: Vec<Fence>) -> Result<Self, TooManyFences> {
        if fences.len() > FENCES_LIMIT {
            return Err(TooManyFences { given: fences.len() });
        }
        let outlines = (0u32..)
            .zip(&fences)
            .map(|(index, fence)| Boxed::around(index, fence.bounds()));
        let mut level: Vec<Boxed> = outlines.collect();
        sort_by_strips(&mut level);
        let mut nodes = Vec::new();
        let mut leaf = true;
        while leaf || level.len() > 1 {
            level = level
                .chunks(EIGHT)
                .map(|eight| add(&mut nodes, eight, leaf))
                .collect();
            leaf = false;
        }
        Ok(Self { fences, nodes })
    }

    /// The fences, in the order given.
    pub fn fences(&self) -> &[Fence] {
        &self.fences
    }

    /// Hands the number of each fence that holds the position to `found`, in no particular but always the same order.
    pub fn containing(&self, position: Position, found: &mut dyn FnMut(u32)) {
        if let (true, Some(root)) = (position.is_on_earth(), self.nodes.len().checked_sub(1)) {
            self.descend(root, position, position.lon as f32, found);
            // A fence across the date line is kept by its western part, its east above 180.
            self.descend(root, position, (position.lon + 360.0) as f32, found);
        }
    }

    fn descend(&self, node: usize, position: Position, lon: f32, found: &mut dyn FnMut(u32)) {
        let node = &self.nodes[node];
        let mut holds = node.holds(position.lat as f32, lon);
        while holds != 0 {
            let below = node.below[holds.trailing_zeros() as usize];
            holds &= holds - 1;
            if !node.leaf {
                self.descend(below as usize, position, lon, found);
            } else if self.fences[below as usize].contains(position) {
                found(below);
            }
        }
    }
}

impl Node {
    /// Bit `place` is set where that box holds the place.
    fn holds(&self, lat: f32, lon: f32) -> u8 {
        let inside = |place: usize| {
            (self.west[place] <= lon)
                & (lon <= self.east[place])
                & (self.south[place] <= lat)
                & (lat <= self.north[place])
        };
        (0..EIGHT).fold(0, |holds, place| holds | u8::from(inside(place)) << place)
    }
}

impl Boxed {
    fn around(stands_for: u32, bounds: Bounds) -> Self {
        Self {
            west: (bounds.west as f32).next_down(),
            south: (bounds.south as f32).next_down(),
            east: (bounds.east as f32).next_up(),
            north: (bounds.north as f32).next_up(),
            stands_for,
        }
    }
}

/// Sort-tile-recursive packing (Leutenegger, Lopez and Edgington, 1997).
fn sort_by_strips(boxes: &mut [Boxed]) {
    let leaves = boxes.len().div_ceil(EIGHT);
    let strips = (1..=leaves).find(|strips| strips * strips >= leaves).unwrap_or(1);
    boxes.sort_by(|a, b| (a.west + a.east).total_cmp(&(b.west + b.east)));
    for strip in boxes.chunks_mut(leaves.div_ceil(strips).max(1) * EIGHT) {
        strip.sort_by(|a, b| (a.south + a.north).total_cmp(&(b.south + b.north)));
    }
}

/// Adds a node over up to eight boxes and returns the box around it.
fn add(nodes: &mut Vec<Node>, eight: &[Boxed], leaf: bool) -> Boxed {
    // Places left over hold nothing: their west is east of everything.
    let (far, zero) = ([f32::INFINITY; EIGHT], [0.0; EIGHT]);
    let mut node = Node {
        west: far,
        south: far,
        east: zero,
        north: zero,
        below: [0; EIGHT],
        leaf,
    };
    for (place, boxed) in eight.iter().enumerate() {
        (node.west[place], node.east[place]) = (boxed.west, boxed.east);
        (node.south[place], node.north[place]) = (boxed.south, boxed.north);
        node.below[place] = boxed.stands_for;
    }
    nodes.push(node);
    let least = |of: fn(&Boxed) -> f32| eight.iter().map(of).fold(f32::INFINITY, f32::min);
    let most = |of: fn(&Boxed) -> f32| eight.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
    Boxed {
        west: least(|boxed| boxed.west),
        south: least(|boxed| boxed.south),
        east: most(|boxed| boxed.east),
        north: most(|boxed| boxed.north),
        stands_for: (nodes.len() - 1) as u32,
    }
}
