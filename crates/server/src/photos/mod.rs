//! Photos as files from strangers: what they are by their bytes, what their camera says, a small copy to show.
//!
//! The original is never altered. Whatever is looked at here may be hostile: every look has a limit in bytes, pixels,
//! memory and time, and none of them can fail for a photo that is only odd.

pub mod exif;
pub mod preview;
pub mod sniff;
