//! Permission to open: given by customs, bound to seal, trip, place, window, way and person; checked again at the moment of
//! sending; gone from the seal when it ends.

use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::event::Subject;
use segel_model::grant::{Grant, GrantEnd, UnlockMethod};
use segel_model::order::{Ordered, Outcome as OrderOutcome};
use segel_model::principal::Belonging;
use segel_model::route::Area;
use segel_model::trip::{TripMode, TripState};
use segel_model::{
    AlarmCode, Event, EventTime, GrantId, OrderId, PersonId, Refusal, Role, SealId, SealOrder, TripId,
};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{GrantRecord, Seal, Trip};
use crate::words::Tongue;
use crate::{Answer, Deciding, check, may, notice, refusals, reporting, routes, trip};

/// Cards one grant may let in: a gate's shift.
pub const CARDS_LIMIT: usize = 10;
/// How often the withdrawal of a secret is tried before a person is told.
pub const WITHDRAWALS_LIMIT: usize = 5;

/// What customs wants to grant.
pub struct Wish<'a> {
    /// Who may do it.
    pub executor: PersonId,
    /// How.
    pub method: &'a UnlockMethod,
    /// Where; nothing is the route's destination.
    pub place: Option<&'a Area>,
    /// How long; nothing is the rulebook's window.
    pub window_s: Option<u32>,
}

/// Customs lets the seal be opened.
pub fn grant(
    deciding: &mut Deciding<'_>,
    id: TripId,
    wish: &Wish<'_>,
    reason: &str,
    at: EventTime,
) -> Outcome {
    let reason = said(reason)?;
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::SealCheck])?;
    check::expect_clear(deciding, id, trip)?;
    let what = bind(deciding, id, trip, wish, reason)?;
    let (grant, seal, method) = (deciding.next().grant, what.seal, what.method.clone());
    deciding.emit(Event::Granted { grant, what });
    trip::go(
        deciding,
        id,
        TripState::RemovalGranted,
        at,
        "customs lets it be opened",
    );
    if let UnlockMethod::Card { cards } = method {
        let order = SealOrder::AuthoriseCards { cards };
        issue_if_spoken(deciding, id, seal, Some(grant), order);
    }
    Ok(Some(Subject::Grant(grant)))
}

fn bind(
    deciding: &Deciding<'_>,
    id: TripId,
    trip: &Trip,
    wish: &Wish<'_>,
    reason: String,
) -> Result<Grant, Refusal> {
    let seal = trip.seal.ok_or_else(refusals::no_seal_assigned)?;
    let carrier = deciding.find_seal(seal)?;
    if carrier.doubt.is_some() {
        return Err(refusals::seal_in_doubt());
    }
    let tongue = deciding.tongue_of(carrier);
    tongue.expect_way(wish.method)?;
    way(trip, &tongue, wish.method)?;
    executor(deciding, trip, wish.executor)?;
    let rules = &deciding.edition_of(trip).unlock;
    let window_s = wish.window_s.unwrap_or(rules.grant_window_s);
    if window_s == 0 || window_s > rules.grant_window_max_s {
        return Err(refusals::window_too_long());
    }
    Ok(Grant {
        seal,
        trip: id,
        executor: wish.executor,
        place: place(deciding, trip, wish.place)?,
        from: deciding.now(),
        until: deciding.now().plus_s(i64::from(window_s)),
        method: wish.method.clone(),
        reason,
        vouched: None,
    })
}

fn way(trip: &Trip, tongue: &Tongue<'_>, method: &UnlockMethod) -> Result<(), Refusal> {
    match method {
        UnlockMethod::ByHand if !opens_by_hand(trip, tongue) => Err(refusals::by_hand_only_without_lock()),
        UnlockMethod::Card { cards } if !(1..=CARDS_LIMIT).contains(&cards.len()) => {
            Err(refusals::bad_cards())
        }
        UnlockMethod::Card { cards } if !cards.iter().all(|card| is_card(card)) => Err(refusals::bad_cards()),
        _ => Ok(()),
    }
}

/// A tracker has no lock; a seal that nothing sent opens has its key.
fn opens_by_hand(trip: &Trip, tongue: &Tongue<'_>) -> bool {
    trip.request.mode == TripMode::CargoTracker || tongue.opens_only_by_itself()
}

fn is_card(card: &str) -> bool {
    card.len() == 10 && card.bytes().all(|byte| byte.is_ascii_digit())
}

fn executor(deciding: &Deciding<'_>, trip: &Trip, person: PersonId) -> Result<(), Refusal> {
    let theirs = [trip.request.provider, trip.request.owner].map(Belonging::Organisation);
    let fits = deciding.base.persons.get(&person).is_some_and(|person| {
        person.role == Role::Technician && person.disabled.is_none() && theirs.contains(&person.belongs)
    });
    if fits {
        Ok(())
    } else {
        Err(refusals::executor_not_allowed())
    }
}

fn place(deciding: &Deciding<'_>, trip: &Trip, wish: Option<&Area>) -> Result<Area, Refusal> {
    let destination = trip
        .route
        .and_then(|route| deciding.route(route))
        .map(|route| &route.plan.destination);
    let area = wish.or(destination).ok_or_else(refusals::place_not_drawable)?;
    if routes::fence(area).is_none() {
        Err(refusals::place_not_drawable())
    } else {
        Ok(area.clone())
    }
}

/// Customs takes a grant back.
pub fn revoke(deciding: &mut Deciding<'_>, id: GrantId, reason: &str, at: EventTime) -> Outcome {
    let reason = said(reason)?;
    let trip = live(deciding, id)?.grant.trip;
    end(deciding, id, GrantEnd::Revoked, &reason);
    back_to_check(deciding, trip, at, &reason);
    Ok(None)
}

/// The window closes.
pub fn tick(deciding: &mut Deciding<'_>, id: GrantId) {
    let now = deciding.now();
    let Some(record) = deciding
        .grant(id)
        .filter(|record| record.ended.is_none() && record.grant.until <= now)
    else {
        return;
    };
    let trip = record.grant.trip;
    end(deciding, id, GrantEnd::Expired, "the window closed");
    back_to_check(
        deciding,
        trip,
        EventTime::from_receipt(now),
        "the grant's window closed unused",
    );
}

/// The trip is held: a live grant ends.
pub(crate) fn freeze(deciding: &mut Deciding<'_>, id: TripId, at: EventTime, reason: &str) {
    let grant = deciding.trip(id).and_then(|trip| trip.grant);
    let live = grant.filter(|grant| {
        deciding
            .grant(*grant)
            .is_some_and(|record| record.ended.is_none())
    });
    if let Some(grant) = live {
        end(deciding, grant, GrantEnd::TripHeld, reason);
        back_to_check(deciding, id, at, reason);
    }
}

fn back_to_check(deciding: &mut Deciding<'_>, trip: TripId, at: EventTime, reason: &str) {
    if deciding
        .trip(trip)
        .is_some_and(|trip| trip.state == TripState::RemovalGranted)
    {
        trip::go(deciding, trip, TripState::SealCheck, at, reason);
    }
}

/// Ends a grant, withholds what waits under it and takes its secrets out of the seal.
pub(crate) fn end(deciding: &mut Deciding<'_>, id: GrantId, why: GrantEnd, reason: &str) {
    let Some(record) = deciding.grant(id) else { return };
    let (trip, seal, method) = (record.grant.trip, record.grant.seal, record.grant.method.clone());
    deciding.emit(Event::GrantEnded {
        grant: id,
        why,
        reason: reason.into(),
    });
    let opening = orders_under(deciding, id);
    // A seal that opened has had its order, whether or not we have been told that it went out.
    let used = why == GrantEnd::Used;
    let any_sent = opening.iter().any(|(_, sent)| *sent || used);
    for (order, sent) in opening {
        if !sent && !used {
            let why = String::from("the grant is over");
            deciding.emit(Event::OrderEnded {
                order,
                outcome: OrderOutcome::Withheld { why },
            });
        }
    }
    match method {
        UnlockMethod::Card { cards } => {
            issue_if_spoken(deciding, trip, seal, None, SealOrder::WithdrawCards { cards });
        }
        UnlockMethod::Command if any_sent => {
            issue_if_spoken(deciding, trip, seal, None, SealOrder::RotatePassword);
        }
        UnlockMethod::Command | UnlockMethod::DynamicPassword | UnlockMethod::ByHand => {}
    }
}

/// Orders under a grant that have not ended, and whether each has gone out.
fn orders_under(deciding: &Deciding<'_>, grant: GrantId) -> Vec<(OrderId, bool)> {
    let Some(trip) = deciding.grant(grant).map(|record| record.grant.trip) else {
        return Vec::new();
    };
    deciding
        .orders_of(trip)
        .filter(|(_, order)| order.ordered.grant == Some(grant) && order.outcome.as_ref().is_none_or(is_done))
        .map(|(id, order)| (id, order.sent_at.is_some()))
        .collect()
}

fn is_done(outcome: &OrderOutcome) -> bool {
    *outcome == OrderOutcome::Done
}

/// An officer on the spot vouches for the place where the seal has no fix.
pub fn vouch(deciding: &mut Deciding<'_>, id: GrantId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    if live(deciding, id)?.grant.vouched.is_some() {
        return Err(refusals::already_vouched());
    }
    deciding.emit(Event::PlaceVouched { grant: id, reason });
    Ok(None)
}

/// The executor asks for the opening; it goes out when the seal is next heard, if the grant is still live then.
pub fn ask(deciding: &mut Deciding<'_>, id: GrantId, _phone: Option<Position>) -> Outcome {
    let record = live(deciding, id)?;
    expect_executor(deciding, record)?;
    let (trip, seal) = (record.grant.trip, record.grant.seal);
    let order = match record.grant.method {
        UnlockMethod::Command => SealOrder::UnlockStatic,
        UnlockMethod::DynamicPassword => SealOrder::UnlockDynamic,
        UnlockMethod::Card { .. } => return Err(refusals::use_the_card()),
        UnlockMethod::ByHand => return Err(refusals::open_by_hand()),
    };
    let carrier = deciding.find_seal(seal)?;
    if carrier.doubt.is_some() {
        return Err(refusals::seal_in_doubt());
    }
    deciding.tongue_of(carrier).expect(&order)?;
    if stands(deciding, record, carrier) == Stand::Outside {
        return Err(refusals::outside_place());
    }
    let waits = deciding
        .orders_of(trip)
        .any(|(_, order)| order.ordered.grant == Some(id) && order.outcome.is_none());
    if waits {
        return Err(refusals::opening_waits());
    }
    let order = issue(deciding, trip, seal, Some(id), order);
    Ok(Some(Subject::Order(order)))
}

pub(crate) fn expect_executor(deciding: &Deciding<'_>, record: &GrantRecord) -> Result<(), Refusal> {
    let named = deciding.person() == Some(record.grant.executor);
    if named {
        Ok(())
    } else {
        Err(refusals::not_the_named_person())
    }
}

/// The grant, if it may still be used.
pub(crate) fn live<'d>(deciding: &'d Deciding<'_>, id: GrantId) -> Result<&'d GrantRecord, Refusal> {
    let record = deciding.grant(id).ok_or_else(refusals::no_such_grant)?;
    let now = deciding.now();
    let open = record.ended.is_none() && record.grant.from <= now && now < record.grant.until;
    let granted = deciding.trip(record.grant.trip).map(|trip| trip.state) == Some(TripState::RemovalGranted);
    if open && granted {
        Ok(record)
    } else {
        Err(refusals::grant_over())
    }
}

/// How a seal stands to the place of its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// A fix that may judge, new enough, lies inside; or an officer vouches where none is known.
    Inside,
    /// Such a fix lies outside.
    Outside,
    /// There is no such fix.
    Unknown,
}

/// How a seal stands to the place of its grant now. Only fixes that judge count, so cell towers never do; an officer's word
/// replaces a missing fix, never a fix that says otherwise.
pub fn stands(deciding: &Deciding<'_>, record: &GrantRecord, seal: &Seal) -> Stand {
    let rules = deciding
        .trip(record.grant.trip)
        .map(|trip| &deciding.edition_of(trip).unlock);
    let age_limit_s = rules.map_or(0, |rules| rules.fix_age_limit_s);
    let oldest = deciding.now().plus_s(-i64::from(age_limit_s));
    let recent = seal
        .moving
        .judged
        .filter(|here| here.at.unix_ms >= oldest.unix_ms);
    stand_of(record, recent.map(|here| here.place.position))
}

pub(crate) fn stand_of(record: &GrantRecord, position: Option<Position>) -> Stand {
    match (position, routes::fence(&record.grant.place)) {
        (Some(position), Some(fence)) if fence.contains(position) => Stand::Inside,
        (Some(_), _) => Stand::Outside,
        (None, _) if record.grant.vouched.is_some() => Stand::Inside,
        (None, _) => Stand::Unknown,
    }
}

/// The last look before an opening goes out, against the report that woke the seal.
pub(crate) fn check_opening(deciding: &mut Deciding<'_>, order: OrderId, grant: GrantId) -> Answer {
    let Err(refusal) = may_go_out(deciding, order, grant) else {
        return Answer::Accepted { created: None };
    };
    let waits = deciding.order(order).is_some_and(|order| order.outcome.is_none());
    if waits {
        let why = refusal.say.en.clone();
        deciding.emit(Event::OrderEnded {
            order,
            outcome: OrderOutcome::Withheld { why },
        });
    }
    Answer::Refused(refusal)
}

fn may_go_out(deciding: &Deciding<'_>, order: OrderId, grant: GrantId) -> Result<(), Refusal> {
    let record = live(deciding, grant)?;
    let ordered = deciding
        .order(order)
        .filter(|order| order.outcome.is_none())
        .ok_or_else(refusals::grant_over)?;
    let same = ordered.ordered.grant == Some(grant) && ordered.ordered.seal == record.grant.seal;
    if !same {
        return Err(refusals::grant_over());
    }
    let seal = deciding.find_seal(record.grant.seal)?;
    if seal.doubt.is_some() {
        return Err(refusals::seal_in_doubt());
    }
    match stands(deciding, record, seal) {
        Stand::Inside => Ok(()),
        Stand::Outside => Err(refusals::outside_place()),
        Stand::Unknown => Err(refusals::no_fix()),
    }
}

/// Somebody sends something harmless to a seal: it opens nothing, and the seal has words for it.
pub fn order_harmless(deciding: &mut Deciding<'_>, seal: SealId, order: &SealOrder, reason: &str) -> Outcome {
    let carrier = deciding.find_seal(seal)?;
    let trip = carrier.trip;
    // One-time passwords and channels decide who can open; on a trip they belong to customs.
    let guards_opening = matches!(order, SealOrder::DynamicPassword { .. } | SealOrder::Channels(_));
    if order.opens() || (guards_opening && trip.is_some()) {
        return Err(refusals::opening_needs_grant());
    }
    if let SealOrder::Fence(fence) = order
        && !fence.shape.is_on_earth()
    {
        return Err(refusals::fence_not_drawable());
    }
    deciding.tongue_of(carrier).expect(order)?;
    if *order == SealOrder::Restart && may::is_sealed_on_trip(deciding.base, seal) {
        said(reason)?;
    }
    reporting::expect_no_slacker(deciding, seal, order)?;
    let id = deciding.next().order;
    let ordered = Ordered {
        id,
        seal,
        grant: None,
        order: order.clone(),
    };
    deciding.emit(Event::OrderIssued { ordered, trip });
    Ok(Some(Subject::Order(id)))
}

/// What a seal was never told it need not forget, and what it cannot be told is not tried.
fn issue_if_spoken(
    deciding: &mut Deciding<'_>,
    trip: TripId,
    seal: SealId,
    grant: Option<GrantId>,
    order: SealOrder,
) {
    let spoken = deciding
        .seal(seal)
        .is_some_and(|seal| deciding.tongue_of(seal).speaks(&order).is_ok());
    if spoken {
        issue(deciding, trip, seal, grant, order);
    }
}

pub(crate) fn issue(
    deciding: &mut Deciding<'_>,
    trip: TripId,
    seal: SealId,
    grant: Option<GrantId>,
    order: SealOrder,
) -> OrderId {
    let id = deciding.next().order;
    deciding.emit(Event::OrderIssued {
        ordered: Ordered {
            id,
            seal,
            grant,
            order,
        },
        trip: Some(trip),
    });
    id
}

/// An order went out.
pub(crate) fn order_sent(deciding: &mut Deciding<'_>, order: OrderId) {
    if deciding.order(order).is_some_and(|order| order.sent_at.is_none()) {
        deciding.emit(Event::OrderSent { order });
    }
}

/// An order ended; a withdrawal that failed is tried again, and after that a person is told.
pub(crate) fn order_ended(deciding: &mut Deciding<'_>, id: OrderId, outcome: &OrderOutcome) {
    let Some(order) = deciding.order(id).filter(|order| order.outcome.is_none()) else {
        return;
    };
    let (ordered, trip) = (order.ordered.clone(), order.trip);
    deciding.emit(Event::OrderEnded {
        order: id,
        outcome: outcome.clone(),
    });
    let Some(trip) = trip else { return };
    reporting::order_ended(deciding, trip, &ordered, outcome);
    let takes_away = matches!(
        ordered.order,
        SealOrder::WithdrawCards { .. } | SealOrder::RotatePassword
    );
    if takes_away && !is_done(outcome) {
        withdraw_again(deciding, trip, &ordered);
    }
}

fn withdraw_again(deciding: &mut Deciding<'_>, trip: TripId, ordered: &Ordered) {
    let tried = deciding
        .orders_of(trip)
        .filter(|(_, order)| order.ordered.order == ordered.order)
        .count();
    if tried < WITHDRAWALS_LIMIT {
        issue(deciding, trip, ordered.seal, None, ordered.order.clone());
        return;
    }
    let why = notice::both(
        "rahasia pembukaan belum dapat ditarik dari segel",
        "a secret that opens the seal could not be withdrawn from it",
    );
    let at = EventTime::from_receipt(deciding.now());
    notice::raise(deciding, AlarmCode::A23, trip, at, why);
}
