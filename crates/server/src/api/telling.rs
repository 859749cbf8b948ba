//! Entries of the journal as lines that people read: on the timeline of a trip, on an alarm, in the journal itself.

use segel_custody::state;
use segel_model::entry::Cause;
use segel_model::{Entry, Event, Input, Principal};
use segel_store::RecordKind;

use super::problem::Problem;
use super::reading::View;
use super::say::{About, say};
use super::types::{Actor, ReportRef, TimelineLine, TimelineLinks};

/// An event of an entry in words, with what stands behind it.
pub fn line(
    view: &View<'_>,
    entry: &Entry,
    event: &Event,
    ordinal: u32,
    about: &About,
) -> Result<TimelineLine, Problem> {
    Ok(TimelineLine {
        seq: entry.seq,
        ordinal,
        known: entry.at.into(),
        at: about.at.map_or(entry.at.into(), Into::into),
        virtual_time: entry.virtual_time,
        kind: about.name.clone(),
        actor: actor(view, &entry.cause)?,
        say: say(event),
        place: about.place,
        links: TimelineLinks {
            report: report_behind(view, entry, about)?,
            photo: about.photo.map(|id| id.0),
            message: about.message.map(|id| id.0),
            alarm: about.alarm.map(|id| id.0),
            order: about.order.map(|id| id.0),
            grant: about.grant.map(|id| id.0),
            trip: about.trip.map(|id| id.0),
            seal: about.seal.map(|id| id.0),
            document: about.document.map(|id| id.0),
            route: about.route.map(|id| id.0),
        },
    })
}

fn report_behind(view: &View<'_>, entry: &Entry, about: &About) -> Result<Option<ReportRef>, Problem> {
    if entry.cause != Cause::Report {
        return Ok(None);
    }
    let seal = match about.seal {
        Some(seal) => Some(seal),
        None => {
            let trip: Option<state::Trip> = match about.trip {
                Some(trip) => view.mentioned(RecordKind::Trip, trip.0)?,
                None => None,
            };
            trip.and_then(|trip| trip.seal)
        }
    };
    Ok(seal.map(|seal| ReportRef {
        seal: seal.0,
        commit: entry.commit,
        ordinal: entry.ordinal,
    }))
}

/// Who or what moved an entry.
pub fn actor(view: &View<'_>, cause: &Cause) -> Result<Actor, Problem> {
    let plain = |kind: &str| Actor {
        kind: kind.into(),
        person: None,
        role: None,
    };
    Ok(match cause {
        Cause::Report => plain("seal"),
        Cause::Input(Input::Command(command)) => match &command.principal {
            Principal::Person { person, role, .. } => Actor {
                kind: "person".into(),
                person: Some(view.person(*person)?),
                role: Some((*role).into()),
            },
            Principal::System => plain("system"),
        },
        Cause::Input(Input::Tick) => plain("clock"),
        Cause::Input(Input::Skp { .. }) => plain("skp"),
        Cause::Input(Input::OrderEnded { .. } | Input::OrderSent { .. } | Input::Report(_)) => plain("seal"),
        Cause::Input(_) => plain("system"),
    })
}
