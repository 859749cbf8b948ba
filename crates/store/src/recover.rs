//! The state after a crash: the latest snapshot that fits, and everything after it in the order it was decided.
//!
//! Journal and reports are two streams of one order, (commit, ordinal); where both have a line at one place, the judgement
//! of the report was folded before the events decided from it.

use std::collections::VecDeque;

use segel_custody::{Stamp, State};
use segel_model::{Entry, Observed};

use crate::journal::PAGE_ENTRIES_MAX;
use crate::reader::Reader;
use crate::snapshot::{Snapshot, Snapshots};
use crate::store::Position;
use crate::{StoreError, history};

/// Reports read at once.
const REPORTS_AT_ONCE: u64 = 20_000;

/// The state as it was when the last commit was made.
#[derive(Debug)]
pub struct Recovered {
    /// The state.
    pub state: State,
    /// How far it reaches.
    pub position: Position,
    /// The snapshot it started from; nothing where it was built from the first entry on.
    pub from: Option<Position>,
    /// Entries folded.
    pub entries: u64,
    /// Reports folded.
    pub reports: u64,
}

/// Recovers the state from the latest snapshot that fits, or from nothing.
pub fn recover(reader: &Reader, snapshots: &Snapshots) -> Result<Recovered, StoreError> {
    recover_until(reader, snapshots, u64::MAX)
}

/// Recovers the state as it was after a commit, while later ones may be made.
pub(crate) fn recover_until(
    reader: &Reader,
    snapshots: &Snapshots,
    commit: u64,
) -> Result<Recovered, StoreError> {
    let snapshot = snapshots
        .latest(|position, head| Ok(position.commit <= commit && reader.is_past(position, head)?))?;
    match snapshot {
        Some(Snapshot { position, state, .. }) => {
            replay(state, Some(position), Replay::between(reader, position, commit))
        }
        None => replay(
            State::default(),
            None,
            Replay::between(reader, Position::default(), commit),
        ),
    }
}

/// Builds the state from the first entry on, without any snapshot.
pub fn rebuild(reader: &Reader) -> Result<Recovered, StoreError> {
    replay(State::default(), None, Replay::after(reader, Position::default()))
}

fn replay(state: State, from: Option<Position>, steps: Replay<'_>) -> Result<Recovered, StoreError> {
    let position = from.unwrap_or_default();
    let mut recovered = Recovered {
        state,
        position,
        from,
        entries: 0,
        reports: 0,
    };
    for step in steps {
        recovered.fold(step?);
    }
    Ok(recovered)
}

impl Recovered {
    fn fold(&mut self, step: Step) {
        match step {
            Step::Report { commit, observed, .. } => {
                segel_custody::observe(&mut self.state, &observed);
                self.position.commit = self.position.commit.max(commit);
                self.reports += 1;
            }
            Step::Entry(entry) => {
                let stamp = Stamp::of_entry(&entry);
                entry
                    .events
                    .iter()
                    .for_each(|event| segel_custody::apply(&mut self.state, event, &stamp));
                self.position = Position {
                    commit: self.position.commit.max(entry.commit),
                    seq: entry.seq,
                };
                self.entries += 1;
            }
        }
    }
}

/// One thing to fold.
#[allow(clippy::large_enum_variant, reason = "both are moved once and dropped")]
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A judged report.
    Report {
        /// Its commit.
        commit: u64,
        /// Its place in the commit.
        ordinal: u32,
        /// The judgement.
        observed: Observed,
    },
    /// An entry.
    Entry(Entry),
}

impl Step {
    /// Reports sort before the entry of the same place.
    fn place(&self) -> (u64, u32, bool) {
        match self {
            Self::Report { commit, ordinal, .. } => (*commit, *ordinal, false),
            Self::Entry(entry) => (entry.commit, entry.ordinal, true),
        }
    }
}

/// All steps after a position, in the order of decisions, read page by page.
pub struct Replay<'a> {
    reader: &'a Reader,
    reports: VecDeque<Step>,
    entries: VecDeque<Step>,
    commit: u64,
    until_commit: u64,
    seq: u64,
    reports_end: bool,
    entries_end: bool,
}

impl<'a> Replay<'a> {
    /// Everything after a position.
    pub fn after(reader: &'a Reader, position: Position) -> Self {
        Self::between(reader, position, u64::MAX)
    }

    /// Everything after a position up to and with a commit.
    pub fn between(reader: &'a Reader, position: Position, until_commit: u64) -> Self {
        Self {
            reader,
            reports: VecDeque::new(),
            entries: VecDeque::new(),
            commit: position.commit,
            until_commit,
            seq: position.seq,
            reports_end: false,
            entries_end: false,
        }
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        while self.reports.is_empty() && !self.reports_end {
            self.fill_reports()?;
        }
        if self.entries.is_empty() && !self.entries_end {
            self.fill_entries()?;
        }
        Ok(())
    }

    /// The next commits that hold reports, from history as far as it reaches and from the staged rows after it. History
    /// is asked once more after the staged rows were read: the compactor may have moved some in between.
    fn fill_reports(&mut self) -> Result<(), StoreError> {
        if self.fill_from_history()? {
            return Ok(());
        }
        let rows = self
            .reader
            .staged_after(self.commit, self.until_commit, REPORTS_AT_ONCE)?;
        if self.fill_from_history()? {
            return Ok(());
        }
        self.reports_end = rows.is_empty();
        for row in rows {
            self.commit = row.commit;
            self.reports
                .extend(row.judged()?.into_iter().map(|(ordinal, observed)| Step::Report {
                    commit: row.commit,
                    ordinal,
                    observed,
                }));
        }
        Ok(())
    }

    fn fill_from_history(&mut self) -> Result<bool, StoreError> {
        let run = self
            .reader
            .with(|desk| history::run_after(&desk.history, self.commit))?;
        let Some((until_commit, reports)) = run else {
            return Ok(false);
        };
        let until = self.until_commit;
        self.reports
            .extend(reports.into_iter().filter(|step| step.place().0 <= until));
        self.commit = until_commit;
        Ok(true)
    }

    fn fill_entries(&mut self) -> Result<(), StoreError> {
        let lines = self.reader.journal_after(self.seq, PAGE_ENTRIES_MAX)?;
        let until = self.until_commit;
        self.seq = lines.last().map_or(self.seq, |line| line.entry.seq);
        self.entries_end = lines.last().is_none_or(|line| until < line.entry.commit);
        let wanted = lines
            .into_iter()
            .map(|line| line.entry)
            .take_while(|entry| entry.commit <= until);
        self.entries.extend(wanted.map(Step::Entry));
        Ok(())
    }
}

impl Iterator for Replay<'_> {
    type Item = Result<Step, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            (self.reports_end, self.entries_end) = (true, true);
            return Some(Err(error));
        }
        let report_first = match (self.reports.front(), self.entries.front()) {
            (Some(report), Some(entry)) => report.place() < entry.place(),
            (report, _) => report.is_some(),
        };
        let queue = if report_first {
            &mut self.reports
        } else {
            &mut self.entries
        };
        queue.pop_front().map(Ok)
    }
}
