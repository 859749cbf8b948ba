//! The world at one entry: what a reader begins with, and begins anew with after a `reset`.
//!
//! Its number is read first and everything else after it, so nothing that happened up to that entry is missing; what
//! happened since may already be in it, and comes again as an event that says what to read.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use segel_store::record::Order as Sorting;
use segel_store::{Listing, RecordKind};

use crate::api::Api;
use crate::api::access::Caller;
use crate::api::alarms::{OPEN, work_list};
use crate::api::problem::{Problem, Refusals};
use crate::api::reading::{View, Wanted};
use crate::api::trips::live_states;
use crate::api::types::{Alarm, LiveSnapshot, Page, TripSummary};

/// Alarms and trips of a snapshot: one page of each; `next` goes on in their own lists.
const SNAPSHOT_ITEMS: u16 = 200;

/// Everything to begin with, at one entry: follow the stream with `?after=` its `seq`.
#[utoipa::path(
    get, path = "/live/snapshot", tag = "live",
    responses((status = 200, description = "the world at one entry", body = LiveSnapshot), Refusals)
)]
pub async fn read_snapshot(State(api): State<Api>, caller: Caller) -> Result<Json<LiveSnapshot>, Problem> {
    let seq = api.inner.live.latest.load(Ordering::Acquire);
    Ok(Json(at(&api, &caller, seq).await?))
}

/// The snapshot of a reader, at an entry that has been told.
pub async fn at(api: &Api, caller: &Caller, seq: u64) -> Result<LiveSnapshot, Problem> {
    let work = work_list(api, caller).await?;
    let (alarms, trips) = api
        .read(caller, |view| Ok((open_alarms(view)?, trips_under_work(view)?)))
        .await?;
    Ok(LiveSnapshot {
        seq,
        work,
        alarms,
        trips,
    })
}

fn wanted() -> Result<Wanted, Problem> {
    Wanted::read(None, Some(SNAPSHOT_ITEMS))
}

fn open_alarms(view: &View<'_>) -> Result<Page<Alarm>, Problem> {
    let listing = Listing {
        stages: OPEN.map(Into::into).to_vec(),
        order: Sorting::GravestFirst,
        ..view.listing(RecordKind::Alarm, wanted()?)
    };
    view.page(&listing, |record, alarm| view.show_alarm(record.id, alarm))
}

fn trips_under_work(view: &View<'_>) -> Result<Page<TripSummary>, Problem> {
    let listing = Listing {
        stages: live_states(),
        order: Sorting::GravestFirst,
        ..view.listing(RecordKind::Trip, wanted()?)
    };
    view.page(&listing, |record, trip| view.show_trip_summary(record, &trip))
}
