//! Positions, distances, corridors and fences.
//!
//! A verdict about a place must be the same on every machine, so every float here goes through `libm`.
#![no_std]
extern crate alloc;

pub mod position;

pub use position::Position;
