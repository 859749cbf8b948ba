//! What figures are taken with: worlds of any size, built from the events that a life through the screens would have left,
//! and seals that drive in them and speak Jointech with the noise of real ones.
//!
//! A million seals registered by hand would take a day. Here the same events are applied and journaled; nothing else about
//! the state is made up. Everything follows from numbers that repeat themselves, so two runs measure the same.

pub mod callgrind;
mod dice;
mod ground;
mod founding;
mod driving;
mod world;

pub use dice::Dice;
pub use driving::Driving;
pub use founding::{Plan, START, founding, request};
pub use ground::{Layout, PIECES, road};
pub use world::World;
