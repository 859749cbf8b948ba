//! Reads the working state back: the fold of the journal and of what was judged about each report, in the order in which
//! they were decided.

use std::iter::Peekable;

use segel_custody::{Stamp, State};
use segel_model::Observed;
use segel_store::{Line, Position, Reader, StoreError};

/// Entries read at once.
const PAGE_ENTRIES: usize = 1000;
/// Reports read at once.
const PAGE_REPORTS: u64 = 10_000;

/// The state as it was when the process ended.
pub fn state(reader: &Reader, until: Position) -> Result<State, StoreError> {
    replay(reader, State::default(), Position::default(), until)
}

/// Folds everything after `from` up to `until` into a state.
pub fn replay(
    reader: &Reader,
    mut state: State,
    from: Position,
    until: Position,
) -> Result<State, StoreError> {
    let mut entries = Entries {
        reader,
        after: from.seq,
        page: Vec::new().into_iter(),
        done: false,
    }
    .peekable();
    let mut reports = Reports {
        reader,
        after: from.commit,
        until: until.commit,
        page: Vec::new().into_iter(),
        done: false,
    }
    .peekable();
    loop {
        match earlier(&mut entries, &mut reports)? {
            Some(Earlier::Report(observed)) => segel_custody::observe(&mut state, &observed),
            Some(Earlier::Entry(line)) => {
                let stamp = Stamp::of_entry(&line.entry);
                line.entry
                    .events
                    .iter()
                    .for_each(|event| segel_custody::apply(&mut state, event, &stamp));
            }
            None => return Ok(state),
        }
    }
}

enum Earlier {
    Report(Observed),
    Entry(Box<Line>),
}

/// A report is folded before the events decided from it: both have the same commit and ordinal.
fn earlier(
    entries: &mut Peekable<Entries<'_>>,
    reports: &mut Peekable<Reports<'_>>,
) -> Result<Option<Earlier>, StoreError> {
    let entry_at = match entries.peek() {
        Some(Ok(line)) => Some((line.entry.commit, line.entry.ordinal)),
        Some(Err(_)) => {
            return Err(entries
                .next()
                .and_then(Result::err)
                .expect("it was seen to be a failure"));
        }
        None => None,
    };
    let report_at = match reports.peek() {
        Some(Ok((place, _))) => Some(*place),
        Some(Err(_)) => {
            return Err(reports
                .next()
                .and_then(Result::err)
                .expect("it was seen to be a failure"));
        }
        None => None,
    };
    let report_first = match (entry_at, report_at) {
        (Some(entry), Some(report)) => report <= entry,
        (entry, _) => entry.is_none(),
    };
    if report_first {
        let next = reports.next().transpose()?;
        return Ok(next.map(|(_, observed)| Earlier::Report(observed)));
    }
    let next = entries.next().transpose()?;
    Ok(next.map(|line| Earlier::Entry(Box::new(line))))
}

struct Entries<'a> {
    reader: &'a Reader,
    after: u64,
    page: std::vec::IntoIter<Line>,
    done: bool,
}

impl Iterator for Entries<'_> {
    type Item = Result<Line, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(line) = self.page.next() {
            self.after = line.entry.seq;
            return Some(Ok(line));
        }
        if self.done {
            return None;
        }
        match self.reader.journal_after(self.after, PAGE_ENTRIES) {
            Ok(page) => {
                self.done = page.is_empty();
                self.page = page.into_iter();
                self.next()
            }
            Err(failure) => {
                self.done = true;
                Some(Err(failure))
            }
        }
    }
}

type Place = (u64, u32);

struct Reports<'a> {
    reader: &'a Reader,
    after: u64,
    until: u64,
    page: std::vec::IntoIter<(Place, Observed)>,
    done: bool,
}

impl Reports<'_> {
    fn load(&mut self) -> Result<Vec<(Place, Observed)>, StoreError> {
        let mut page = Vec::new();
        for row in self.reader.staged_after(self.after, self.until, PAGE_REPORTS)? {
            self.after = row.commit;
            let commit = row.commit;
            page.extend(
                row.reports()?
                    .into_iter()
                    .map(|report| ((commit, report.ordinal), report.observed)),
            );
        }
        Ok(page)
    }
}

impl Iterator for Reports<'_> {
    type Item = Result<(Place, Observed), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(report) = self.page.next() {
            return Some(Ok(report));
        }
        if self.done {
            return None;
        }
        match self.load() {
            Ok(page) => {
                self.done = page.is_empty();
                self.page = page.into_iter();
                self.next()
            }
            Err(failure) => {
                self.done = true;
                Some(Err(failure))
            }
        }
    }
}
