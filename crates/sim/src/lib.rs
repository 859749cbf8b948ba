//! Simulated counterparts: seals, roads, people and a fake SKP. Each speaks the real interface from outside, builds its
//! bytes from the maker's document and shares no code with what it tests.

pub mod cast;
pub mod client;
pub mod convoy;
pub mod demo;
pub mod histogram;
pub mod load;
pub mod photo;
pub mod roads;
pub mod seal;
pub mod skp;
pub mod orbcomm;
pub mod story;
pub mod tempo;
