//! Drives the built binary from outside: real sockets, real files.

pub mod program;
pub mod house;
pub mod served;
pub mod skp;
pub mod disk;
pub mod levers;

mod chance;
pub mod crash;
pub mod lab;
pub mod storm;
pub mod worlds;
