//! Our own presence: starting, stopping, steps of the clock. Our absence is not the seal's silence.

use alloc::string::String;

use segel_model::{Event, ServerTime};

use crate::Deciding;

/// Segel starts. The first start has no gap behind it.
pub fn started(deciding: &mut Deciding<'_>, last_listened: Option<ServerTime>) {
    let until = deciding.now();
    if let Some(from) = last_listened.filter(|from| *from < until) {
        deciding.emit(Event::ServiceGap { from, until });
    }
}

/// Segel stops in good order.
pub fn stopping(deciding: &mut Deciding<'_>) {
    deciding.emit(Event::ServiceStopped);
}

/// The wall clock was stepped.
pub fn clock_stepped(deciding: &mut Deciding<'_>, by_ms: i64) {
    deciding.emit(Event::ClockStepped { by_ms });
}

/// Staged reports became sealed blocks of history; their hashes become leaves of the evidence.
pub fn history_sealed(deciding: &mut Deciding<'_>, from_commit: u64, until_commit: u64, hashes: &[String]) {
    deciding.emit(Event::HistorySealed {
        from_commit,
        until_commit,
        hashes: hashes.to_vec(),
    });
}
