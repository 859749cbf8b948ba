//! The trip: its states in the order of the SOP, none ever skipped.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::observed::{FixUse, Standing};
use segel_model::rulebook::EditionNumber;
use segel_model::trip::{Circumstance, TripRequest, TripState};
use segel_model::{Event, EventTime, Observed, Refusal, SecretHash, ServerTime, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Journey, Signed, SkpProgress, Trip};
use crate::watch::TripWatch;
use crate::{Deciding, assign, refusals};

/// Whether the SOP knows a transition. None skips a state; a side branch (2m, 11 held) leads back to its state.
pub const fn follows(from: TripState, to: TripState) -> bool {
    use TripState as T;
    match (from, to) {
        (T::Draft, T::AwaitingDocument)
        | (T::AwaitingDocument, T::ManualVerification | T::Submitted)
        | (T::ManualVerification, T::Submitted)
        | (T::Submitted, T::RouteProposed)
        | (T::RouteProposed, T::RouteApproved | T::Submitted)
        | (T::RouteApproved, T::RouteProposed | T::Assigned)
        | (T::Assigned, T::RouteApproved | T::Installing)
        | (T::Installing, T::RouteApproved | T::Installed)
        | (T::Installed, T::ReadyToDepart)
        | (T::ReadyToDepart, T::InTransit)
        | (T::InTransit, T::Arrived)
        | (T::Arrived, T::SealCheck)
        | (T::SealCheck, T::Compromised | T::RemovalGranted)
        | (T::Compromised, T::SealCheck)
        | (T::RemovalGranted, T::SealCheck | T::Removing)
        | (T::Removing, T::Removed)
        | (T::Removed, T::Completed) => true,
        (from, T::Cancelled | T::Expired) => from.is_before_closing(),
        (from, T::Refused) => from.is_before_closing() && !matches!(from, T::Installing),
        _ => false,
    }
}

/// Moves a trip, where its seal is now.
pub(crate) fn go(deciding: &mut Deciding<'_>, id: TripId, to: TripState, at: EventTime, reason: &str) {
    let place = deciding.trip(id).and_then(|trip| deciding.place_of(trip));
    go_at(deciding, id, to, at, place, reason);
}

/// Moves a trip, at a place that a person or report names.
pub(crate) fn go_at(
    deciding: &mut Deciding<'_>,
    id: TripId,
    to: TripState,
    at: EventTime,
    place: Option<Position>,
    reason: &str,
) {
    let Some(from) = deciding.trip(id).map(|trip| trip.state) else {
        return;
    };
    if !follows(from, to) {
        // A slip of a rule. Ending the process would end it again at every start, because a seal repeats what it said;
        // so the trip stays where it is, and the journal says what was wanted of it.
        deciding.emit(Event::StepRefused { trip: id, from, to });
        return;
    }
    let circumstance = Circumstance {
        at,
        place,
        reason: reason.into(),
    };
    deciding.emit(Event::TripMoved {
        trip: id,
        from,
        to,
        circumstance,
    });
    if to.is_over() {
        keep(deciding, id);
    }
}

/// Refuses unless the trip is in one of these states.
pub(crate) fn expect(trip: &Trip, states: &[TripState]) -> Result<(), Refusal> {
    if states.contains(&trip.state) {
        Ok(())
    } else {
        Err(refusals::wrong_state(trip.state))
    }
}

/// Gives a trip up before its seal is closed.
pub fn cancel(deciding: &mut Deciding<'_>, id: TripId, reason: &str, at: EventTime) -> Outcome {
    let reason = said(reason)?;
    let trip = deciding.find_trip(id)?;
    if trip.state.is_over() {
        return Err(refusals::wrong_state(trip.state));
    }
    if !trip.state.is_before_closing() {
        return Err(refusals::sealed_cannot_cancel());
    }
    assign::take_back(deciding, id, &reason);
    go(deciding, id, TripState::Cancelled, at, &reason);
    Ok(None)
}

/// Says who drives, as long as there is something to drive.
pub fn name_driver(deciding: &mut Deciding<'_>, id: TripId, driver: Option<SecretHash>) -> Outcome {
    let trip = deciding.find_trip(id)?;
    if trip.is_off() {
        return Err(refusals::wrong_state(trip.state));
    }
    deciding.emit(Event::DriverNamed { trip: id, driver });
    Ok(None)
}

/// A draft that nobody asks for expires. What waits for an officer does not: that is not its asker's delay.
pub fn lapse(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let due = |trip: &&Trip| trip.lapse_due().is_some_and(|due| due <= now);
    if deciding.trip(id).filter(due).is_some() {
        let at = EventTime::from_receipt(now);
        go(
            deciding,
            id,
            TripState::Expired,
            at,
            "nobody asked for it in time",
        );
    }
}

/// A trip that is over leaves once nothing hangs on it: no open alarm, no message that SKP has not taken.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let due = |trip: &&Trip| trip.archive_due.is_some_and(|due| due <= now);
    let Some(trip) = deciding.trip(id).filter(due) else {
        return;
    };
    let all_told = trip.skp.taken == trip.skp.queued && trip.skp.locations_due.is_none();
    if all_told && deciding.open_alarms_of(id).is_empty() {
        deciding.emit(Event::TripArchived { trip: id });
    } else {
        keep(deciding, id);
    }
}

fn keep(deciding: &mut Deciding<'_>, id: TripId) {
    let Some(trip) = deciding.trip(id) else { return };
    let kept_s = deciding.edition_of(trip).finished_kept_s.max(1);
    let until: ServerTime = deciding.now().plus_s(i64::from(kept_s));
    deciding.emit(Event::TripKept { trip: id, until });
}

impl Trip {
    /// The reason of the last step where nothing is to be remarked.
    pub const CLEAN: &str = "complete";

    /// The verdict given when it was completed: whether it went without remarks.
    pub fn ended_clean(&self) -> Option<bool> {
        let last = self.moves.last().filter(|step| step.to == TripState::Completed)?;
        Some(last.circumstance.reason == Self::CLEAN)
    }

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
            document_expires: None,
            archive_due: None,
            lapse_due: None,
        }
    }

    /// Whether the seal is off, or the trip ended without one.
    pub fn is_off(&self) -> bool {
        self.state.is_over() || self.state == TripState::Removed
    }

    /// Whether the seal should have been closed at that moment: after its lock, and before the opening that led to removal.
    pub fn is_sealed_at(&self, at: EventTime) -> bool {
        let closed = self.closed.as_ref().is_some_and(|closed| closed.at <= at);
        closed && self.removing_since().is_none_or(|removing| at < removing)
    }

    /// When its seal was opened under a grant.
    pub fn removing_since(&self) -> Option<EventTime> {
        let removal = self.moves.iter().find(|step| step.to == TripState::Removing);
        removal.map(|step| step.circumstance.at)
    }

    /// When it expires, while it is a draft.
    pub fn lapse_due(&self) -> Option<ServerTime> {
        self.lapse_due
            .filter(|_| matches!(self.state, TripState::Draft | TripState::AwaitingDocument))
    }

    /// When its document runs out, while that still matters.
    pub fn paper_due(&self) -> Option<ServerTime> {
        self.document_expires
            .filter(|_| self.state.is_sealed() || self.state == TripState::Installing)
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

#[cfg(test)]
mod tests {
    use segel_model::container::ContainerNumber;
    use segel_model::trip::TripMode;
    use segel_model::{Input, OrganisationId, Rulebook};

    use super::*;
    use crate::Stamp;
    use crate::state::State;

    fn request() -> TripRequest {
        TripRequest {
            owner: OrganisationId(1),
            provider: OrganisationId(2),
            container: ContainerNumber::parse("CSQU3054383").expect("a number"),
            check_digit_confirmed: false,
            document: None,
            route: None,
            tps_origin: "TPKS".into(),
            tps_destination: "GDGB".into(),
            mode: TripMode::Sealed,
            plate: None,
            driver: None,
            install_wanted: None,
            start_window: None,
        }
    }

    /// Invariant 4: no state is skipped, not even by a rule that is wrong; and no input can end the process by it.
    #[test]
    fn a_step_the_sop_does_not_know_is_refused_and_seen() {
        let rules: Rulebook =
            toml::from_str(include_str!("../../../rules/default.toml")).expect("the rules read");
        let (now, id) = (ServerTime::from_unix_ms(1_795_482_000_000), TripId(1));
        let signed = Signed { by: None, at: now };
        let mut state = State::default();
        state
            .trips
            .insert(id, Trip::opened(request(), EditionNumber(1), signed));
        let mut deciding = Deciding::new(&state, &rules, Stamp::of(&Input::Tick, now));
        let at = EventTime::from_receipt(now);
        go_at(&mut deciding, id, TripState::Completed, at, None, "a slip");
        let refused = Event::StepRefused {
            trip: id,
            from: TripState::Draft,
            to: TripState::Completed,
        };
        assert_eq!(deciding.events(), [refused]);
        assert_eq!(deciding.trip(id).map(|trip| trip.state), Some(TripState::Draft));
        go_at(&mut deciding, id, TripState::AwaitingDocument, at, None, "a step");
        assert_eq!(
            deciding.trip(id).map(|trip| trip.state),
            Some(TripState::AwaitingDocument)
        );
    }
}
