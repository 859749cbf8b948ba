//! Bytes of one meaning, side by side: the third byte of every frame, the low byte of every time step. Alike bytes
//! compress; mixed ones do not.

use crate::StoreError;
use crate::error::form;

use crate::bytes::{Cursor, damaged, put_number};

/// zstd's level: higher ones gain little on planes this short.
const LEVEL: i32 = 3;

mod tag {
    pub const SAME: u8 = 0;
    pub const PLAIN: u8 = 1;
    pub const PACKED: u8 = 2;
}

/// Packs planes; holds what zstd would otherwise set up for each.
pub(crate) struct Packer(zstd::bulk::Compressor<'static>);

/// Unpacks them.
pub(crate) struct Unpacker(zstd::bulk::Decompressor<'static>);

impl Packer {
    pub(crate) fn new() -> Result<Self, StoreError> {
        zstd::bulk::Compressor::new(LEVEL)
            .map(Self)
            .map_err(|error| form("start compressing", &error))
    }

    /// Writes a plane in its shortest form; the reader knows its length.
    pub(crate) fn put(&mut self, to: &mut Vec<u8>, plane: &[u8]) -> Result<(), StoreError> {
        let Some(first) = plane.first() else { return Ok(()) };
        if plane.iter().all(|byte| byte == first) {
            to.extend([tag::SAME, *first]);
            return Ok(());
        }
        let packed = self
            .0
            .compress(plane)
            .map_err(|error| form("compress a block", &error))?;
        if packed.len() < plane.len() {
            to.push(tag::PACKED);
            put_number(to, packed.len() as u64);
            to.extend(packed);
        } else {
            to.push(tag::PLAIN);
            to.extend(plane);
        }
        Ok(())
    }
}

impl Unpacker {
    pub(crate) fn new() -> Result<Self, StoreError> {
        zstd::bulk::Decompressor::new()
            .map(Self)
            .map_err(|error| form("start decompressing", &error))
    }

    /// Reads a plane of a known length.
    pub(crate) fn take(&mut self, from: &mut Cursor<'_>, length: usize) -> Result<Vec<u8>, StoreError> {
        if length == 0 {
            return Ok(Vec::new());
        }
        match from.byte()? {
            tag::SAME => Ok(vec![from.byte()?; length]),
            tag::PLAIN => Ok(from.take(length)?.to_vec()),
            tag::PACKED => self.unpack(from, length),
            other => Err(damaged(&format!("a plane of unknown form {other}"))),
        }
    }

    fn unpack(&mut self, from: &mut Cursor<'_>, length: usize) -> Result<Vec<u8>, StoreError> {
        let count = from.count(length)?;
        let plane = self
            .0
            .decompress(from.take(count)?, length)
            .map_err(|error| damaged(&error))?;
        if plane.len() == length {
            Ok(plane)
        } else {
            Err(damaged(&"a plane of another length"))
        }
    }
}
