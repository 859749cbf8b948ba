//! The outbox: what SKP must be told, written in the transaction that decided it, taken out by an outlet at its own pace.
//!
//! A message's name is the entry and the place in it where it was decided; it is the same after every crash, so a
//! receiver can drop repeats. Each trip has three lanes; order holds inside a lane and none waits for another.

use rusqlite::{Connection, OptionalExtension, params};
use segel_model::skp::{Delivery, Envelope, Lane, MessageCode};
use segel_model::{Entry, Event, MessageId, ServerTime, TripId};

use crate::StoreError;
use crate::error::Doing;
use crate::staged::clamped;

/// The most messages one listing returns.
pub const OUTBOX_PAGE_MAX: usize = 500;

/// A message as the outlet needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Which.
    pub message: MessageId,
    /// The entry that decided it: with `ordinal`, its stable name.
    pub seq: u64,
    /// Its place among that entry's events.
    pub ordinal: u32,
    /// Of which trip.
    pub trip: TripId,
    /// In which lane.
    pub lane: Lane,
    /// Which message.
    pub code: MessageCode,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was decided.
    pub queued: ServerTime,
    /// When it is tried next.
    pub next_try: ServerTime,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// SKP's own reference, once it has taken it.
    pub reference: Option<String>,
    /// What a person corrected, by field name.
    pub corrections: Vec<(String, String)>,
    /// The facts.
    pub envelope: Envelope,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    /// To be sent.
    Waiting,
    /// SKP refused it: its lane waits for a person.
    Refused,
    /// SKP has it.
    Taken,
}

impl OutboxState {
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Taken => "taken",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "taken" => Self::Taken,
            "refused" => Self::Refused,
            _ => Self::Waiting,
        }
    }
}

const fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Alarms => "alarms",
        Lane::Milestones => "milestones",
        Lane::Locations => "locations",
    }
}

/// Folds an entry's events into the outbox.
pub(crate) fn project(to: &Connection, entry: &Entry) -> Result<(), StoreError> {
    for (ordinal, event) in entry.events.iter().enumerate() {
        match event {
            Event::MessageQueued {
                message,
                trip,
                code,
                envelope,
            } => {
                queue(to, entry, ordinal, (*message, *trip, *code), envelope)?;
            }
            Event::MessageAnswered { message, delivery } => answer(to, *message, delivery)?,
            Event::MessageRepaired {
                message, corrections, ..
            } => repair(to, entry.at, *message, corrections)?,
            _ => {}
        }
    }
    Ok(())
}

fn queue(
    to: &Connection,
    entry: &Entry,
    ordinal: usize,
    (message, trip, code): (MessageId, TripId, MessageCode),
    envelope: &Envelope,
) -> Result<(), StoreError> {
    let code_name = serde_json::to_string(&code).doing("write a message")?;
    let envelope = serde_json::to_string(envelope).doing("write a message")?;
    to.prepare_cached(
        "INSERT INTO outbox (message, seq, ordinal, trip, lane, code, state, attempts, queued_ms, next_try_ms,
                             corrections, envelope)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', 0, ?7, ?7, '[]', ?8)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            message.0 as i64,
            entry.seq as i64,
            ordinal as i64,
            trip.0 as i64,
            lane_name(code.lane()),
            code_name.trim_matches('"'),
            entry.at.unix_ms,
            envelope
        ])
    })
    .doing("put a message into the outbox")?;
    Ok(())
}

fn answer(to: &Connection, message: MessageId, delivery: &Delivery) -> Result<(), StoreError> {
    let (state, reference, error) = match delivery {
        Delivery::Taken { reference } => (OutboxState::Taken, reference.as_deref(), None),
        Delivery::Refused { reason } => (OutboxState::Refused, None, Some(reason.as_str())),
        Delivery::Stuck { failure } => (OutboxState::Waiting, None, Some(failure.as_str())),
    };
    // That a message is stuck is known by the clock; why, the tries know better.
    let sql = match delivery {
        Delivery::Stuck { .. } => {
            "UPDATE outbox SET state = ?2, reference = ?3, last_error = coalesce(last_error, ?4) WHERE message = ?1"
        }
        _ => "UPDATE outbox SET state = ?2, reference = ?3, last_error = ?4 WHERE message = ?1",
    };
    to.prepare_cached(sql)
        .and_then(|mut update| update.execute(params![message.0 as i64, state.name(), reference, error]))
        .doing("note the answer to a message")?;
    Ok(())
}

fn repair(
    to: &Connection,
    at: ServerTime,
    message: MessageId,
    corrections: &[(String, String)],
) -> Result<(), StoreError> {
    let corrections = serde_json::to_string(corrections).doing("write corrections")?;
    to.prepare_cached(
        "UPDATE outbox SET state = 'waiting', corrections = ?2, next_try_ms = ?3, attempts = 0 WHERE message = ?1",
    )
    .and_then(|mut update| update.execute(params![message.0 as i64, corrections, at.unix_ms]))
    .doing("note the repair of a message")?;
    Ok(())
}

/// Notes a failed try; the message stays at the head of its lane.
pub(crate) fn tried(
    to: &Connection,
    message: MessageId,
    failure: &str,
    next_try: ServerTime,
) -> Result<(), StoreError> {
    to.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, last_error = ?2, next_try_ms = ?3
         WHERE message = ?1 AND state = 'waiting'",
    )
    .and_then(|mut update| update.execute(params![message.0 as i64, failure, next_try.unix_ms]))
    .doing("note a try of a message")?;
    Ok(())
}

const COLUMNS: &str = "message, seq, ordinal, trip, lane, code, state, attempts, queued_ms, next_try_ms, last_error, \
                       corrections, envelope, reference";

/// The heads of every trip's lane that are due, the longest due first. A refused head holds its lane until it is repaired.
pub(crate) fn due(
    from: &Connection,
    lane: Lane,
    now: ServerTime,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND next_try_ms <= ?1 AND message IN
             (SELECT min(message) FROM outbox WHERE state IN ('waiting', 'refused') AND lane = ?3 GROUP BY trip)
         ORDER BY next_try_ms, message LIMIT ?2"
    );
    select(
        from,
        &sql,
        params![now.unix_ms, limit.min(OUTBOX_PAGE_MAX) as i64, lane_name(lane)],
    )
}

/// The oldest waiting message of each trip, where it was queued before that moment and no other of its trip is known to
/// be stuck or refused: somebody has been told of those.
pub(crate) fn overdue(
    from: &Connection,
    before: ServerTime,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE queued_ms < ?1 AND message IN
             (SELECT min(message) FROM outbox WHERE state = 'waiting' GROUP BY trip)
             AND NOT EXISTS (SELECT 1 FROM record WHERE kind = 'message' AND record.trip = outbox.trip
                             AND stage IN ('stuck', 'refused'))
         ORDER BY message LIMIT ?2"
    );
    select(
        from,
        &sql,
        params![before.unix_ms, limit.min(OUTBOX_PAGE_MAX) as i64],
    )
}

/// When the next head of a lane is due; nothing where nothing waits.
pub(crate) fn next_due(from: &Connection) -> Result<Option<ServerTime>, StoreError> {
    from.query_row(
        "SELECT min(next_try_ms) FROM outbox WHERE state = 'waiting' AND message IN
             (SELECT min(message) FROM outbox WHERE state IN ('waiting', 'refused') GROUP BY trip, lane)",
        [],
        |row| row.get::<_, Option<i64>>(0),
    )
    .map(|due| due.map(ServerTime::from_unix_ms))
    .doing("look for the next message")
}

/// One message.
pub(crate) fn find(from: &Connection, message: MessageId) -> Result<Option<Outgoing>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE message = ?1");
    Ok(select(from, &sql, params![message.0 as i64])?.pop())
}

/// Messages of a state after a message, oldest first.
pub(crate) fn page(
    from: &Connection,
    state: OutboxState,
    after: u64,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM outbox WHERE state = ?1 AND message > ?2 ORDER BY message LIMIT ?3");
    select(
        from,
        &sql,
        params![state.name(), clamped(after), limit.min(OUTBOX_PAGE_MAX) as i64],
    )
}

/// How many messages wait, and since when the oldest does.
pub(crate) fn backlog(from: &Connection) -> Result<(u64, Option<ServerTime>), StoreError> {
    from.query_row(
        "SELECT count(*), min(queued_ms) FROM outbox WHERE state IN ('waiting', 'refused')",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)?.unsigned_abs(),
                row.get::<_, Option<i64>>(1)?.map(ServerTime::from_unix_ms),
            ))
        },
    )
    .optional()
    .map(Option::unwrap_or_default)
    .doing("count the outbox")
}

fn select(
    from: &Connection,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Outgoing>, StoreError> {
    let mut select = from.prepare_cached(sql).doing("read the outbox")?;
    let mut rows = select.query(values).doing("read the outbox")?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().doing("read the outbox")? {
        found.push(outgoing(row)?);
    }
    Ok(found)
}

fn outgoing(row: &rusqlite::Row<'_>) -> Result<Outgoing, StoreError> {
    let text = |column| row.get::<_, String>(column).doing("read the outbox");
    let number = |column| row.get::<_, i64>(column).doing("read the outbox");
    let code: MessageCode = serde_json::from_value(text(5)?.into()).doing("read a message's code")?;
    Ok(Outgoing {
        message: MessageId(number(0)? as u64),
        seq: number(1)? as u64,
        ordinal: number(2)? as u32,
        trip: TripId(number(3)? as u64),
        lane: code.lane(),
        code,
        state: OutboxState::from_name(&text(6)?),
        attempts: number(7)? as u32,
        queued: ServerTime::from_unix_ms(number(8)?),
        next_try: ServerTime::from_unix_ms(number(9)?),
        last_error: row.get(10).doing("read the outbox")?,
        corrections: serde_json::from_str(&text(11)?).doing("read a message's corrections")?,
        envelope: serde_json::from_str(&text(12)?).doing("read a message's facts")?,
        reference: row.get(13).doing("read the outbox")?,
    })
}
