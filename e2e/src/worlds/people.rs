//! What people do in a world: mostly what the SOP wants next, some time after it may be done; and now and then something
//! they must not.

use std::collections::BTreeSet;

use segel_custody::State;
use segel_custody::state::Trip;
use segel_model::alarm::AlarmOutcome;
use segel_model::grant::UnlockMethod;
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::trip::{TripMode, TripRequest, TripState as T};
use segel_model::{AlarmId, BlobHash, Command, GrantId, SealId, SealOrder, TripId};

use super::cast::{
    CONTAINERS, DOCUMENT, IMPORTER, OTHER_IMPORTER, PROVIDER, ROUTE, UNLISTED, Who, container, hash, label,
    road,
};
use super::dice::Dice;

/// A container that is to travel.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which container of the document.
    pub container: usize,
    /// Which seal in stock.
    pub seal: usize,
    /// The trip, once opened.
    pub trip: Option<TripId>,
    /// Nobody does anything for it before that.
    pub rest_until_ms: i64,
    /// Kilometres driven.
    pub km: f64,
    /// How fast it drives, kilometres an hour.
    pub speed_kmh: f64,
    /// Metres beside the road while it leaves it.
    pub detour_m: f64,
    /// From where to where it leaves the road.
    pub detour_km: (f64, f64),
    /// It stands still from then to then.
    pub stands_ms: (i64, i64),
    /// It leaves though nobody has let it.
    pub impatient: bool,
    /// How the seal is to be opened.
    pub method: UnlockMethod,
    /// Customs takes the grant back once.
    pub revokes: bool,
    /// The rope goes in then.
    pub rope_at_ms: Option<i64>,
}

/// The card of the gate's shift.
pub const CARD: u32 = 1_234_567_890;
/// A card that somebody stole and let into a seal behind everybody's back.
pub const STOLEN_CARD: u32 = 4_242;

/// A wish and whether it must be refused.
pub struct Wish {
    /// Who asks.
    pub who: Who,
    /// What.
    pub command: Command,
    /// Nobody may say yes to it.
    pub wrong: bool,
}

impl Wish {
    const fn right(who: Who, command: Command) -> Self {
        Self {
            who,
            command,
            wrong: false,
        }
    }
}

impl Job {
    /// A job of a world.
    pub fn new(number: usize, dice: &mut Dice, start_ms: i64) -> Self {
        let detour_from = dice.between(10, 60) as f64 / 10.0;
        let stands_from = start_ms + dice.between(900, 5_400) * 1000;
        let method = match dice.below(4) {
            0 => UnlockMethod::Card {
                cards: vec![format!("{CARD:010}")],
            },
            1 => UnlockMethod::DynamicPassword,
            _ => UnlockMethod::Command,
        };
        Self {
            container: number,
            seal: number,
            trip: None,
            rest_until_ms: start_ms + dice.between(60, 900) * 1000,
            km: 0.0,
            speed_kmh: dice.between(15, 70) as f64,
            detour_m: [0.0, 0.0, 650.0, 2_600.0][dice.below(4)],
            detour_km: (detour_from, detour_from + dice.between(5, 25) as f64 / 10.0),
            stands_ms: (stands_from, stands_from + dice.between(0, 1_500) * 1000),
            impatient: dice.once_in(12),
            method,
            revokes: dice.once_in(3),
            rope_at_ms: None,
        }
    }

    /// Whether the truck drives: customs has let it go, or the driver does not wait for that.
    pub fn drives(&self, state: T, let_go: bool, now_ms: i64) -> bool {
        let may = state == T::InTransit || (state == T::ReadyToDepart && (let_go || self.impatient));
        let stands = (self.stands_ms.0..self.stands_ms.1).contains(&now_ms);
        may && !stands
    }

    /// Where the truck is.
    pub fn place(&self) -> segel_geo::Position {
        let (from, until) = self.detour_km;
        let beside = (from..until).contains(&self.km);
        road(self.km, if beside { self.detour_m } else { 0.0 })
    }

    /// What is to be done next for it; nothing where others or the road must do something first.
    pub fn next(&mut self, state: &State, dice: &mut Dice) -> Option<Wish> {
        let Some(id) = self.trip else {
            return Some(Wish::right(Who::Umar, Command::OpenTrip(self.request())));
        };
        let trip = state.trip(id)?;
        let officer = if dice.once_in(4) { Who::Sita } else { Who::Oka };
        let reason = String::from("reason");
        let remark = String::new();
        Some(match trip.state {
            T::Draft | T::AwaitingDocument => Wish::right(Who::Umar, Command::SubmitTrip { trip: id }),
            T::Submitted | T::RouteProposed => Wish::right(
                Who::Umar,
                Command::PlanTrip {
                    trip: id,
                    route: ROUTE,
                },
            ),
            T::RouteApproved => Wish::right(
                Who::Opi,
                Command::AssignSeal {
                    trip: id,
                    seal: SealId(self.seal as u64 + 1),
                    technician: Who::Teo.person(),
                },
            ),
            T::Assigned => Wish::right(Who::Teo, self.scan(id)),
            T::Installed => Wish::right(Who::Teo, photo(id, trip, PhotoStep::Install)?),
            T::ReadyToDepart if trip.departure.is_none() => {
                Wish::right(officer, Command::AuthoriseDeparture { trip: id, remark })
            }
            T::InTransit if self.is_there() && dice.once_in(30) => {
                Wish::right(officer, Command::ConfirmArrival { trip: id, reason })
            }
            T::Arrived => Wish::right(
                officer,
                Command::CheckSeal {
                    trip: id,
                    number_matches: true,
                    looks_untouched: !dice.once_in(15),
                    remark,
                },
            ),
            T::Compromised => Wish::right(
                Who::Sita,
                Command::DecideHeldTrip {
                    trip: id,
                    release: true,
                    reason,
                },
            ),
            T::SealCheck if trip.decision.is_none() && held(state, id) => Wish::right(
                Who::Sita,
                Command::DecideHeldTrip {
                    trip: id,
                    release: true,
                    reason,
                },
            ),
            T::SealCheck => Wish::right(officer, self.grant(id, dice)),
            T::RemovalGranted => self.open(state, trip, dice)?,
            T::Removing => Wish::right(
                Who::Teo,
                Command::FinishRemoval {
                    trip: id,
                    place: None,
                },
            ),
            T::Removed => Wish::right(Who::Teo, photo(id, trip, PhotoStep::Removal)?),
            _ => return None,
        })
    }

    fn is_there(&self) -> bool {
        super::cast::ROAD_KM - 0.3 < self.km
    }

    fn request(&self) -> TripRequest {
        TripRequest {
            owner: IMPORTER,
            provider: PROVIDER,
            container: container(CONTAINERS[self.container]),
            check_digit_confirmed: true,
            document: Some(DOCUMENT),
            route: None,
            tps_origin: "TPKS".into(),
            tps_destination: "GDGB".into(),
            mode: TripMode::Sealed,
            plate: None,
            driver: Some(hash(1_000 + Who::Didi.person().0)),
            install_wanted: None,
            start_window: None,
        }
    }

    fn scan(&self, trip: TripId) -> Command {
        Command::BeginInstall {
            trip,
            container: CONTAINERS[self.container].into(),
            seal_label: label(self.seal),
            place: Some(road(0.0, 0.0)),
            bolt_seal: None,
        }
    }

    fn grant(&self, trip: TripId, dice: &mut Dice) -> Command {
        Command::GrantRemoval {
            trip,
            executor: Who::Teo.person(),
            method: self.method.clone(),
            place: None,
            window_s: dice.once_in(3).then(|| dice.between(60, 900) as u32),
            reason: "arrived whole".into(),
        }
    }

    fn open(&mut self, state: &State, trip: &Trip, dice: &mut Dice) -> Option<Wish> {
        let grant = trip.grant?;
        if self.revokes && dice.once_in(3) {
            self.revokes = false;
            let reason = "called away".into();
            return Some(Wish::right(Who::Oka, Command::RevokeGrant { grant, reason }));
        }
        if dice.once_in(6) {
            let reason = "I stand beside it".into();
            return Some(Wish::right(Who::Oka, Command::VouchPlace { grant, reason }));
        }
        let asks = matches!(self.method, UnlockMethod::Command | UnlockMethod::DynamicPassword);
        let live = state
            .grants
            .get(&grant)
            .is_some_and(|grant| grant.ended.is_none());
        (asks && live).then(|| Wish::right(Who::Teo, Command::Unlock { grant, place: None }))
    }
}

/// Whether critical alarms keep the trip from being opened until an officer decides.
fn held(state: &State, trip: TripId) -> bool {
    state.alarms.values().any(|alarm| {
        alarm.finding.trip == Some(trip)
            && alarm.severity == segel_model::Severity::S1
            && alarm.closed.is_none()
    })
}

/// The next photo that the rules want and the trip has not.
fn photo(id: TripId, trip: &Trip, step: PhotoStep) -> Option<Command> {
    use PhotoKind as K;
    let wanted: &[PhotoKind] = match step {
        PhotoStep::Install => &[
            K::DoorWithNumber,
            K::SealCloseUp,
            K::LockingRods,
            K::TruckWithPlate,
        ],
        PhotoStep::Removal => &[K::SealBeforeOpening, K::DoorAfterRemoval, K::DeviceCondition],
    };
    let there: BTreeSet<PhotoKind> = trip
        .photos
        .values()
        .filter(|photo| photo.step == step && photo.rejected.is_none())
        .map(|photo| photo.kind)
        .collect();
    let kind = wanted.iter().copied().find(|kind| !there.contains(kind))?;
    let mut blob = [0; 32];
    blob[..4].copy_from_slice(&[id.0 as u8, step as u8, kind as u8, trip.photos.len() as u8]);
    Some(Command::AddPhoto {
        trip: id,
        step,
        kind,
        facts: PhotoFacts {
            blob: BlobHash(blob),
            media_type: "image/jpeg".into(),
            bytes: 1_000,
            taken: None,
            taken_at: None,
            distance_to_seal_m: None,
            has_preview: true,
        },
    })
}

/// What people beside the trips do: look at alarms, repair messages, clear doubts, order something harmless.
pub fn around(state: &State, dice: &mut Dice) -> Option<Wish> {
    let reason = String::from("reason");
    match dice.below(6) {
        0 | 1 => about_alarm(state, dice),
        2 => {
            let refused = state
                .messages
                .iter()
                .find(|(_, message)| message.trouble.is_some());
            let (message, _) = refused?;
            Some(Wish::right(
                Who::Opi,
                Command::RepairMessage {
                    message: *message,
                    corrections: Vec::new(),
                    reason,
                },
            ))
        }
        3 => {
            let (seal, _) = state.seals.iter().find(|(_, seal)| seal.doubt.is_some())?;
            Some(Wish::right(Who::Oka, Command::ClearDoubt { seal: *seal, reason }))
        }
        4 => Some(Wish::right(
            Who::Opi,
            Command::OrderSeal {
                seal: SealId(dice.between(1, 4) as u64),
                order: SealOrder::SetTime,
                reason: String::new(),
            },
        )),
        _ => {
            let trip = state
                .trips
                .iter()
                .find(|(_, trip)| trip.state == T::RouteApproved)?;
            dice.once_in(20).then(|| {
                Wish::right(
                    Who::Umar,
                    Command::CancelTrip {
                        trip: *trip.0,
                        reason,
                    },
                )
            })
        }
    }
}

fn about_alarm(state: &State, dice: &mut Dice) -> Option<Wish> {
    let open: Vec<AlarmId> = state
        .alarms
        .iter()
        .filter(|(_, alarm)| alarm.is_open())
        .map(|(id, _)| *id)
        .collect();
    let alarm = *open.get(dice.below(open.len()))?;
    let (note, reason) = (String::from("looking"), String::from("seen on the spot"));
    let outcome = AlarmOutcome::Confirmed;
    Some(match dice.below(4) {
        0 => Wish::right(Who::Opi, Command::AcknowledgeAlarm { alarm }),
        1 => Wish::right(Who::Opi, Command::InvestigateAlarm { alarm, note }),
        2 => Wish::right(
            Who::Opi,
            Command::CloseAlarm {
                alarm,
                outcome,
                reason,
            },
        ),
        _ => Wish::right(
            Who::Sita,
            Command::CloseAlarm {
                alarm,
                outcome,
                reason,
            },
        ),
    })
}

/// Something that must be refused, whatever the state.
pub fn wrong(state: &State, dice: &mut Dice) -> Option<Wish> {
    let ended = state.grants.iter().find(|(_, grant)| grant.ended.is_some());
    if let (Some((grant, _)), true) = (ended, dice.once_in(3)) {
        // The technician named in it, but it is over.
        let (grant, place) = (*grant, None);
        return Some(Wish {
            who: Who::Teo,
            command: Command::Unlock { grant, place },
            wrong: true,
        });
    }
    let trip = *state.trips.keys().next()?;
    let reason = String::from("please");
    let seal = SealId(1);
    let grant = state.grants.keys().next().copied().unwrap_or(GrantId(1));
    let grants = Command::GrantRemoval {
        trip,
        executor: Who::Teo.person(),
        method: UnlockMethod::Command,
        place: None,
        window_s: None,
        reason: reason.clone(),
    };
    let opening = Command::OrderSeal {
        seal,
        order: SealOrder::UnlockStatic,
        reason: String::new(),
    };
    let remark = String::new();
    let (who, command) = match dice.below(14) {
        0 => (Who::Teo, grants),
        1 => (Who::Umar, grants),
        2 => (Who::Opi, grants),
        3 => (Who::Supri, grants),
        4 => (Who::Opi, opening),
        5 => (Who::Oka, opening),
        6 => (
            Who::Riop,
            Command::OrderSeal {
                seal,
                order: SealOrder::SetTime,
                reason: String::new(),
            },
        ),
        7 => (Who::Ursa, Command::CancelTrip { trip, reason }),
        8 => (Who::Didi, Command::Unlock { grant, place: None }),
        9 => (Who::Oka, Command::Unlock { grant, place: None }),
        10 => (Who::Umar, Command::AuthoriseDeparture { trip, remark }),
        11 => (Who::Aud, Command::ClearDoubt { seal, reason }),
        12 => {
            let mut request = request_for(UNLISTED);
            request.owner = OTHER_IMPORTER;
            (Who::Umar, Command::OpenTrip(request))
        }
        _ => {
            let alarm = *state.alarms.keys().next()?;
            let outcome = AlarmOutcome::False;
            let command = Command::CloseAlarm {
                alarm,
                outcome,
                reason,
            };
            (if dice.once_in(2) { Who::Didi } else { Who::Aud }, command)
        }
    };
    Some(Wish {
        who,
        command,
        wrong: true,
    })
}

fn request_for(number: &str) -> TripRequest {
    TripRequest {
        owner: IMPORTER,
        provider: PROVIDER,
        container: container(number),
        check_digit_confirmed: true,
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
