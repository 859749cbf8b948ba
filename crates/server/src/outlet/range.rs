//! Which locations a range message holds: those decided up to its own entry and after that of the range before.
//!
//! The order of deciding, not the time of the fix, says in which message a location lies. So what a blind area kept back
//! lies in the next range however old it is, no location lies in two, and a second sending says what the first said.

use segel_model::observed::Standing;
use segel_model::skp::Detail;
use segel_model::{EventTime, MessageId};
use segel_store::outbox::Outgoing;
use segel_store::{Reader, StoreError, Stored};

/// A place in the one order of journal and reports: commit, and ordinal in it.
type Place = (u64, u32);

/// What a range message holds.
pub(super) struct Range {
    pub(super) from: EventTime,
    pub(super) until: EventTime,
    after: Option<Place>,
    up_to: Place,
}

impl Range {
    /// The range of a message; nothing where it has none.
    pub(super) fn of(outgoing: &Outgoing, reader: &Reader) -> Result<Option<Self>, StoreError> {
        let Detail::Range { from, until, after } = outgoing.envelope.detail else {
            return Ok(None);
        };
        let up_to = place_of(outgoing.seq, reader)?.unwrap_or((u64::MAX, u32::MAX));
        let after = match after {
            Some(message) => place_of_message(message, reader)?,
            None => None,
        };
        Ok(Some(Self {
            from,
            until,
            after,
            up_to,
        }))
    }

    /// Whether a report belongs to it. What was said before is told already.
    pub(super) fn holds(&self, stored: &Stored) -> bool {
        let place = (stored.commit, stored.staged.ordinal);
        let observed = &stored.staged.observed;
        observed.standing != Standing::Repeat
            && place <= self.up_to
            && self.after.is_none_or(|after| after < place)
    }
}

fn place_of_message(message: MessageId, reader: &Reader) -> Result<Option<Place>, StoreError> {
    match reader.message(message)? {
        Some(before) => place_of(before.seq, reader),
        None => Ok(None),
    }
}

fn place_of(seq: u64, reader: &Reader) -> Result<Option<Place>, StoreError> {
    let lines = reader.journal_after(seq.saturating_sub(1), 1)?;
    let entry = lines
        .first()
        .map(|line| &line.entry)
        .filter(|entry| entry.seq == seq);
    Ok(entry.map(|entry| (entry.commit, entry.ordinal)))
}
