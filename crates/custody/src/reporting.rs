//! How often the seal of a trip reports: the route's Location Sharing Interval, and never asleep where it only follows.
//!
//! Both are ordered when the seal is closed and must be confirmed within a limit. A seal that does not answer is asked again,
//! because it comes back in seconds; one that refuses, or has not confirmed when the limit is out, is told to a person.

use segel_model::order::{Ordered, Outcome};
use segel_model::trip::TripMode;
use segel_model::{AlarmCode, Event, EventTime, OrderId, Refusal, SealId, SealOrder, TripId};

use crate::state::{IntervalOrder, Trip};
use crate::{Deciding, notice, refusals, unlock};

/// How often one order is given again: a seal whose connection breaks at once would otherwise be asked without end.
const ISSUED_LIMIT: usize = 30;

/// Orders what the trip needs.
pub(crate) fn set(deciding: &mut Deciding<'_>, id: TripId, seal: SealId) {
    let Some((trip, wanted)) = deciding
        .trip(id)
        .and_then(|trip| Some((trip, wanted(deciding, trip)?)))
    else {
        return;
    };
    let tracker = trip.request.mode == TripMode::CargoTracker;
    let confirm_s = deciding.edition_of(trip).watch.interval_confirm_s;
    let due = deciding.now().plus_s(i64::from(confirm_s));
    let order = unlock::issue(deciding, id, seal, None, wanted);
    let awake = tracker.then(|| unlock::issue(deciding, id, seal, None, SealOrder::AlwaysAwake { on: true }));
    deciding.emit(Event::IntervalOrdered {
        trip: id,
        order,
        awake,
        due,
    });
}

/// The interval of a trip's route, as a seal is told it.
fn wanted(deciding: &Deciding<'_>, trip: &Trip) -> Option<SealOrder> {
    let interval_s = deciding.route(trip.route?)?.plan.interval_s;
    let parked_s = deciding.edition_of(trip).watch.parked_interval_s.max(interval_s);
    Some(SealOrder::Interval {
        awake_s: interval_s,
        // Asleep, seals count in whole minutes.
        asleep_s: parked_s.div_ceil(60) * 60,
    })
}

/// On a trip nobody makes a seal report more rarely than the trip needs.
pub(crate) fn expect_no_slacker(
    deciding: &Deciding<'_>,
    seal: SealId,
    order: &SealOrder,
) -> Result<(), Refusal> {
    let Some(trip) = deciding
        .find_seal(seal)?
        .trip
        .and_then(|trip| deciding.trip(trip))
    else {
        return Ok(());
    };
    let slacker = match (order, wanted(deciding, trip)) {
        (
            SealOrder::Interval { awake_s, asleep_s },
            Some(SealOrder::Interval {
                awake_s: awake_most_s,
                asleep_s: asleep_most_s,
            }),
        ) => awake_most_s < *awake_s || asleep_most_s < *asleep_s,
        (SealOrder::AlwaysAwake { on: false }, _) => trip.request.mode == TripMode::CargoTracker,
        _ => false,
    };
    if slacker {
        Err(refusals::slacker_than_trip())
    } else {
        Ok(())
    }
}

/// Not everything was confirmed in time.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let waits = deciding.trip(id).and_then(|trip| trip.interval);
    if let Some(late) = waits.filter(|interval| interval.waits() && interval.due <= now) {
        let of_interval = !late.confirmed;
        unmet(
            deciding,
            id,
            of_interval,
            ("tidak dikonfirmasi", "was not confirmed in time"),
        );
    }
}

/// An order to a seal on a trip has ended: one without answer is given again until the limit is out.
pub(crate) fn order_ended(deciding: &mut Deciding<'_>, id: TripId, ended: &Ordered, outcome: &Outcome) {
    let Some(interval) = deciding.trip(id).and_then(|trip| trip.interval) else {
        return;
    };
    let of_interval = interval.order == ended.id;
    let ours = of_interval || interval.awake == Some(ended.id);
    if !ours || interval.unmet {
        return;
    }
    match outcome {
        Outcome::Refused { .. } => unmet(
            deciding,
            id,
            of_interval,
            ("ditolak segel", "was refused by the seal"),
        ),
        Outcome::NotSpoken { .. } => {
            unmet(
                deciding,
                id,
                of_interval,
                ("tidak dikenal segel", "is not spoken by the seal"),
            );
        }
        Outcome::NoAnswer => again(deciding, id, ended, interval),
        Outcome::Done | Outcome::Withheld { .. } => {}
    }
}

fn again(deciding: &mut Deciding<'_>, id: TripId, ended: &Ordered, before: IntervalOrder) {
    let sealed = deciding.trip(id).is_some_and(|trip| trip.state.is_sealed());
    let issued = deciding
        .orders_of(id)
        .filter(|(_, order)| order.ordered.order == ended.order)
        .count();
    if !sealed || before.due <= deciding.now() || ISSUED_LIMIT <= issued {
        return;
    }
    let anew = unlock::issue(deciding, id, ended.seal, None, ended.order.clone());
    let swap = |order: OrderId| if order == ended.id { anew } else { order };
    deciding.emit(Event::IntervalOrdered {
        trip: id,
        order: swap(before.order),
        awake: before.awake.map(swap),
        due: before.due,
    });
}

fn unmet(deciding: &mut Deciding<'_>, id: TripId, of_interval: bool, (how_id, how_en): (&str, &str)) {
    deciding.emit(Event::IntervalUnmet { trip: id });
    let (what_id, what_en) = if of_interval {
        ("interval lokasi", "the location sharing interval")
    } else {
        ("mode selalu bangun", "staying always awake")
    };
    let why = notice::both(
        alloc::format!("{what_id} {how_id}"),
        alloc::format!("{what_en} {how_en}"),
    );
    let at = EventTime::from_receipt(deciding.now());
    notice::raise(deciding, AlarmCode::A23, id, at, why);
}
