//! The trip: its states in the order of the SOP, none ever skipped.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use segel_model::Observed;
use segel_model::observed::{FixUse, Standing};
use segel_model::rulebook::EditionNumber;
use segel_model::trip::{TripRequest, TripState};

use crate::state::{Journey, Signed, SkpProgress, Trip};
use crate::watch::TripWatch;

impl Trip {
    /// A trip as it is opened.
    pub fn opened(request: TripRequest, edition: EditionNumber, opened: Signed) -> Self {
        Self {
            route: None,
            document: None,
            request,
            edition,
            state: TripState::Draft,
            opened,
            line: None,
            seal: None,
            technician: None,
            bolt_seal: None,
            closed: None,
            departure: None,
            check: None,
            decision: None,
            grant: None,
            openings: Vec::new(),
            clocks: BTreeMap::new(),
            photos: BTreeMap::new(),
            moves: Vec::new(),
            journey: Journey::default(),
            received_reports: 0,
            interval: None,
            skp: SkpProgress::default(),
            watch: TripWatch::default(),
            archive_due: None,
        }
    }
}

impl Journey {
    /// The journey after one more report. Only fixes that judge count, and only in the order of the road.
    #[must_use]
    pub fn after(self, observed: &Observed) -> Self {
        let in_order =
            observed.standing == Standing::Fresh && self.newest.is_none_or(|newest| newest <= observed.at);
        let Some(place) = observed
            .place
            .filter(|place| in_order && place.use_ == FixUse::Judges)
        else {
            return self;
        };
        let stay = self.destination_since.unwrap_or(observed.at);
        Self {
            outside_origin: if place.areas.origin {
                0
            } else {
                self.outside_origin.saturating_add(1)
            },
            destination_since: place.areas.destination.then_some(stay),
            newest: Some(observed.at),
        }
    }
}
