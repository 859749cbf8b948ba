//! One connection of one phone.

use crate::{
    limits::Limits,
    output::{Output, Outputs},
};

/// A connection.
pub struct Session {
    outputs: Outputs,
}

impl Session {
    /// A connection that has just been accepted.
    pub fn new(_limits: Limits) -> Self {
        Self {
            outputs: Outputs::default(),
        }
    }

    /// The next thing that leaves.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.poll()
    }
}
