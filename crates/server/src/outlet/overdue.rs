//! Messages that SKP has not taken in time (A22), judged by their age alone: also where no outlet is set up, and while the
//! outlet pauses between two tries.

use segel_model::skp::Delivery;
use segel_model::{Input, ServerTime};

use super::skp::SkpFailure;
use crate::EngineHandle;
use crate::ask::Side;

/// Trips told of in one step; the others are told of in the next.
const STEP_TRIPS: usize = 100;

/// Tells of each trip whose oldest message has waited longer than the rules allow; once, until it has been taken. Says
/// whether there may be more.
pub fn step(engine: &EngineHandle, now: ServerTime) -> Result<bool, SkpFailure> {
    let limit_s = i64::from(engine.rules().in_force(now).skp.stuck_s);
    let overdue = engine
        .reader()
        .messages_overdue(now.plus_s(-limit_s), STEP_TRIPS)?;
    let more = overdue.len() == STEP_TRIPS;
    for outgoing in overdue {
        let failure = outgoing.last_error.unwrap_or_else(|| "not sent yet".into());
        let input = Input::Skp {
            message: outgoing.message,
            delivery: Delivery::Stuck { failure },
        };
        engine.tell_blocking(input, Side::default())?;
    }
    Ok(more)
}
