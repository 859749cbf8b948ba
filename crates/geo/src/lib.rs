//! Positions, distances, corridors and fences.
//!
//! A verdict about a place must be the same on every machine, so every float here goes through `libm`.
//! Everything is total: a position that is no place on earth is infinitely far from everything and inside nothing.
//!
//! ```
//! use segel_geo::{Corridor, Fence, Position};
//!
//! let at = |lat, lon| Position::new(lat, lon).expect("a place on earth");
//! let road = vec![at(-6.9500, 110.4200), at(-6.9700, 110.4100), at(-6.9900, 110.4150)];
//! let corridor = Corridor::new(road, vec![200.0]).expect("a line with one half width");
//!
//! let first = corridor.locate(at(-6.9600, 110.4160), None);
//! assert_eq!((first.segment, first.outside_m), (0, 0.0));
//! let next = corridor.locate(at(-6.9800, 110.4180), Some(first.segment));
//! assert_eq!((next.segment, next.outside_m.round()), (1, 390.0));
//!
//! let gate = Fence::circle(at(-6.9500, 110.4200), 150.0).expect("a centre and a radius");
//! assert!(gate.contains(at(-6.9505, 110.4205)));
//! ```
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
