//! The state as text that a person reads: for tests and for those who look for a fault. Everything is taken apart by name,
//! so that a new field cannot hide.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use segel_model::TripId;

use crate::state::{State, Trip};

impl State {
    /// The whole state, record by record.
    pub fn describe(&self) -> String {
        let Self {
            next,
            service,
            organisations,
            persons,
            invitations,
            tokens,
            seals,
            devices,
            quarantine,
            documents,
            routes,
            trips,
            grants,
            alarms,
            orders,
            messages,
            index: _,
        } = self;
        let mut text = format!("next {next:?}\nservice {service:?}\n");
        records(&mut text, "organisation", organisations);
        records(&mut text, "person", persons);
        records(&mut text, "invitation", invitations);
        records(&mut text, "token", tokens);
        records(&mut text, "seal", seals);
        records(&mut text, "devices", devices);
        text.push_str(&format!("quarantine {quarantine:?}\n"));
        records(&mut text, "document", documents);
        for (id, route) in routes {
            text.push_str(&format!("route {id} {:?} {:?}\n", route.plan.name, route.status));
        }
        for id in trips.keys() {
            text.push_str(&trip(self, *id));
        }
        records(&mut text, "grant", grants);
        records(&mut text, "alarm", alarms);
        records(&mut text, "order", orders);
        records(&mut text, "message", messages);
        text
    }
}

fn records<K: Debug, V: Debug>(text: &mut String, name: &str, records: &alloc::collections::BTreeMap<K, V>) {
    for (id, record) in records {
        text.push_str(&format!("{name} {id:?} {record:?}\n"));
    }
}

/// One trip, line by line; what is empty is left out.
pub fn trip(state: &State, id: TripId) -> String {
    let Some(trip) = state.trip(id) else {
        return format!("trip {id} is not here\n");
    };
    let Trip {
        request,
        edition,
        state: stands,
        opened,
        document,
        line,
        route,
        seal,
        technician,
        bolt_seal,
        closed,
        departure,
        check,
        decision,
        grant,
        openings,
        clocks,
        photos,
        moves,
        journey,
        received_reports,
        interval,
        skp,
        watch: _,
        document_expires,
        archive_due,
        lapse_due: _,
    } = trip;
    let mut text = format!(
        "trip {id} {stands:?}, edition {}, {}\n",
        edition.0, request.container
    );
    let mut line_of = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("  {name} {value}\n"));
        }
    };
    line_of("opened by", opened.by.map(|by| format!("{by}")));
    line_of("document", document.map(|id| format!("{id} line {line:?}")));
    line_of("route", route.map(|id| format!("{id}")));
    line_of(
        "seal",
        seal.map(|id| format!("{id} fitter {technician:?} bolt {bolt_seal:?}")),
    );
    line_of("closed", said(closed));
    line_of("departure", said(departure));
    line_of("check", said(check));
    line_of("decision", said(decision));
    line_of("grant", grant.map(|id| format!("{id}")));
    line_of(
        "openings",
        (!openings.is_empty()).then(|| format!("{openings:?}")),
    );
    for (clock, run) in clocks {
        line_of(
            &format!("{clock:?}"),
            Some(format!("met {:?}, breached {:?}", run.met(), run.breached)),
        );
    }
    let kinds: Vec<_> = photos.values().map(|photo| photo.kind).collect();
    line_of("photos", (!kinds.is_empty()).then(|| format!("{kinds:?}")));
    let states: Vec<_> = moves.iter().filter_map(|step| step.to.number()).collect();
    line_of("states", Some(format!("{states:?}")));
    line_of(
        "journey",
        Some(format!("{journey:?}, {received_reports} reports")),
    );
    line_of(
        "interval",
        interval.map(|order| format!("confirmed {}, unmet {}", order.confirmed, order.unmet)),
    );
    line_of("SKP", Some(format!("{} queued, {} taken", skp.queued, skp.taken)));
    line_of("document expires", said(document_expires));
    line_of("kept until", said(archive_due));
    line_of("expires", said(&trip.lapse_due()));
    text
}

fn said<T: Debug>(value: &Option<T>) -> Option<String> {
    value.as_ref().map(|value| format!("{value:?}"))
}
