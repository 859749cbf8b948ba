//! Hash chain and Merkle log.
#![no_std]
extern crate alloc;
