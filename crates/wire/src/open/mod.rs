//! Open: our own JSON, by which any other platform passes on what its seals say.
//!
//! One object a report, with every value that a report can have, by the same names as in the house (`docs/intake.md`). It is read
//! strictly: a report of which one value is wrong is refused with the name of that value, because a platform can mend and send
//! again what a seal cannot.

mod report;
mod signal;

pub(crate) use report::read;

pub use report::AHEAD_S;
