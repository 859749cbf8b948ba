//! Drives the built binary from outside: real sockets, real files.

pub mod program;
pub mod house;
pub mod skp;
pub mod disk;

mod chance;
pub mod crash;
pub mod lab;
pub mod worlds;
