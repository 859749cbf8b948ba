//! The protocols of seals.
#![no_std]
extern crate alloc;
