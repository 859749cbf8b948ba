//! The nouns of Segel.
#![no_std]
extern crate alloc;
