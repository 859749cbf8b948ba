//! The custody of a sealed container.
#![no_std]
extern crate alloc;
