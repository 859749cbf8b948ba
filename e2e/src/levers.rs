//! The levers under a Segel, as the test holds them: see `e2e/levers`.

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};

use crate::house::House;
use crate::program::levers;

/// Sets the wall clock of a house's program and slows its disk, also while it runs.
pub struct Levers {
    file: File,
}

impl Levers {
    /// Levers under this house, from its next start on. Nothing is set yet.
    pub fn under(house: &mut House) -> Result<Self> {
        let path = house.beside("levers");
        let file = File::create(&path).context("could not make the file of the levers")?;
        let held = Self { file };
        held.set_clock_wrong_by_ms(0)?;
        held.set_syncs_slower_by_ms(0)?;
        house.set_environment("LD_PRELOAD", levers());
        house.set_environment("SEGEL_LEVERS", path);
        Ok(held)
    }

    /// The wall clock shows so much more than this machine's.
    pub fn set_clock_wrong_by_ms(&self, ms: i64) -> Result<()> {
        self.set(0, ms)
    }

    /// Each sync takes so much longer.
    pub fn set_syncs_slower_by_ms(&self, ms: i64) -> Result<()> {
        self.set(1, ms)
    }

    fn set(&self, lever: u64, to: i64) -> Result<()> {
        let place = lever * size_of::<i64>() as u64;
        self.file
            .write_all_at(&to.to_ne_bytes(), place)
            .context("could not move a lever")
    }
}
