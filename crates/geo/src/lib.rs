//! Positions, distances, corridors and fences.
//!
//! A verdict about a place must be the same on every machine, so every float here goes through `libm`.
//! Everything is total: a position that is no place on earth is infinitely far from everything and inside nothing.
#![no_std]
extern crate alloc;

pub mod corridor;
pub mod distance;
pub mod fence;
pub mod lint;
pub mod plane;
pub mod position;
pub mod simplify;

pub use corridor::{Corridor, CorridorFault, Located};
pub use distance::{ahead, bearing_deg, distance_m, length_m};
pub use fence::{Fence, FenceFault, FenceIndex};

pub use position::Position;
pub use simplify::simplify;
