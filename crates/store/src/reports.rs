//! Reports wherever they lie: still staged, or in sealed blocks of history.
//!
//! Staged rows are read before history: what moves from one to the other in between is then seen twice, never not at
//! all, and the second sight is dropped.

use std::collections::BTreeMap;

use segel_model::{DeviceId, EventTime, SealId, TripId};

use crate::reader::Desk;
use crate::{Staged, StoreError, history, staged};

/// The most reports one page holds.
pub const PAGE_REPORTS_MAX: usize = 2000;

/// A report with its place in the order of things.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The commit it came with.
    pub commit: u64,
    /// The report.
    pub staged: Staged,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportQuery {
    /// Of which seal; nothing is the devices nobody registered.
    pub seal: Option<SealId>,
    /// Only those of a device with this name: tells the strangers apart.
    pub device: Option<DeviceId>,
    /// Only those on this trip.
    pub trip: Option<TripId>,
    /// From this event time on.
    pub from: EventTime,
    /// Up to and with this one.
    pub until: EventTime,
    /// After this report of the page before.
    pub after: Option<ReportCursor>,
    /// How many, at most `PAGE_REPORTS_MAX`.
    pub limit: usize,
}

/// Where a page of reports ended. Its order is the order of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportCursor {
    /// Event time.
    pub at: EventTime,
    /// Commit.
    pub commit: u64,
    /// Ordinal.
    pub ordinal: u32,
}

/// A page, and where the next begins.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportPage {
    /// By event time, then in order of arrival.
    pub reports: Vec<Stored>,
    /// Pass it as `after`; nothing where this was the last page.
    pub next: Option<ReportCursor>,
    /// How many reports were read to find them: what the page cost.
    pub read: usize,
}

impl Stored {
    /// Its place in the order of pages.
    pub fn cursor(&self) -> ReportCursor {
        ReportCursor {
            at: self.staged.observed.at,
            commit: self.commit,
            ordinal: self.staged.ordinal,
        }
    }
}

impl ReportQuery {
    /// All reports of a seal between two moments.
    pub fn of(seal: SealId, from: EventTime, until: EventTime) -> Self {
        Self {
            seal: Some(seal),
            device: None,
            trip: None,
            from,
            until,
            after: None,
            limit: PAGE_REPORTS_MAX,
        }
    }

    /// Nothing that happened earlier is on the page.
    pub(crate) fn since(&self) -> EventTime {
        self.after.map_or(self.from, |after| after.at.max(self.from))
    }

    fn takes(&self, stored: &Stored) -> bool {
        let observed = &stored.staged.observed;
        observed.seal == self.seal
            && self
                .device
                .as_ref()
                .is_none_or(|device| *device == stored.staged.device)
            && self.trip.is_none_or(|trip| observed.trip == Some(trip))
            && (self.from..=self.until).contains(&observed.at)
            && self.after.is_none_or(|after| after < stored.cursor())
    }
}

/// A page of reports by event time. Its cost is that of the page, not of what is stored: rows and blocks are taken by the
/// earliest event in them, until no other can hold anything earlier than what was found.
pub(crate) fn page(desk: &Desk, query: &ReportQuery) -> Result<ReportPage, StoreError> {
    let limit = query.limit.clamp(1, PAGE_REPORTS_MAX);
    let Firsts { found, read, .. } = firsts(desk, query, limit + 1)?;
    let more = limit < found.len();
    let reports: Vec<_> = found.into_values().take(limit).collect();
    let next = reports.last().filter(|_| more).map(Stored::cursor);
    Ok(ReportPage { reports, next, read })
}

fn firsts(desk: &Desk, query: &ReportQuery, most: usize) -> Result<Firsts, StoreError> {
    let mut firsts = Firsts {
        most,
        found: BTreeMap::new(),
        read: 0,
    };
    let wanted = query.seal.map_or(0, |seal| seal.0);
    staged::visit_of(
        &desk.truth,
        wanted,
        (query.since(), query.until),
        |first, commit, body| {
            if firsts.is_complete_before(first) {
                return Ok(false);
            }
            let reports = staged::decode_of(&body, |seal| seal == wanted)?;
            firsts.take(query, reports.into_iter().map(|staged| Stored { commit, staged }));
            Ok(true)
        },
    )?;
    for block in history::blocks_of(&desk.history, query)? {
        if firsts.is_complete_before(block.first) {
            break;
        }
        firsts.take(query, block.read(&desk.history)?);
    }
    Ok(firsts)
}

/// The first so many reports of a query, from sources in any order. One seen twice is kept once.
struct Firsts {
    most: usize,
    found: BTreeMap<ReportCursor, Stored>,
    /// How many reports were read, kept or not.
    read: usize,
}

impl Firsts {
    fn take(&mut self, query: &ReportQuery, reports: impl IntoIterator<Item = Stored>) {
        for stored in reports {
            self.read += 1;
            if !query.takes(&stored) {
                continue;
            }
            self.found.insert(stored.cursor(), stored);
            if self.most < self.found.len() {
                self.found.pop_last();
            }
        }
    }

    /// Whether nothing that happened at `moment` or later can be among the first.
    fn is_complete_before(&self, moment: EventTime) -> bool {
        self.most <= self.found.len()
            && self
                .found
                .last_key_value()
                .is_some_and(|(last, _)| last.at < moment)
    }
}

/// One report by its place.
pub(crate) fn find(
    desk: &Desk,
    commit: u64,
    ordinal: u32,
    seal: Option<SealId>,
) -> Result<Option<Stored>, StoreError> {
    let Some(row) = staged::row_of(&desk.truth, commit)? else {
        return history::find(&desk.history, commit, ordinal, seal);
    };
    let is_of = |number| seal.is_none_or(|seal| seal.0 == number);
    let found = staged::decode_of(&row.body, is_of)?
        .into_iter()
        .find(|report| report.ordinal == ordinal);
    Ok(found.map(|staged| Stored { commit, staged }))
}
