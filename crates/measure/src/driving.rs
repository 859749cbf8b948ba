//! Seals under way. Each drives up and down its road at its own changing pace, a few metres beside the middle, and says
//! so in the binary record of the JT701D.

use segel_geo::{Position, ahead, bearing_deg};
use segel_model::ServerTime;
use segel_wire::calendar::Clock;
use segel_wire::jointech::place::{Place, Said};
use segel_wire::jointech::record::{CellTail, FenceTail, Record};
use segel_wire::jointech::status::Status;

use crate::ground::{LENGTH_M, along, road};
use crate::{Dice, Plan};

/// Between these parts of its road a seal turns round: it never arrives.
const TURNS_AT: (f64, f64) = (0.05, 0.85);
/// The truck powers it: no battery outlasts a journey that never ends.
const CHARGING: u8 = 0xff;
/// Rope in, motor locked, the way a seal on the road says it.
const SEALED: Status = Status(0x20E0);

/// Seals under way.
pub struct Driving {
    roads: Vec<Vec<Position>>,
    seals: Vec<Wheels>,
    dice: Dice,
}

struct Wheels {
    device: u64,
    road: usize,
    along_m: f64,
    forth: bool,
    speed_kmh: f64,
    said: ServerTime,
    mileage_km: f64,
    serial: u8,
    cell: u16,
}

impl Driving {
    /// All seals of a plan, each somewhere on its road. Those on no trip drive on the first roads.
    pub fn of(plan: &Plan, from: ServerTime) -> Self {
        let count = plan.routes.max(1);
        let mut dice = Dice::new(plan.seals);
        let seals = (1..=plan.seals)
            .map(|seal| Wheels::new(seal, plan, from, &mut dice))
            .collect();
        Self {
            roads: (1..=count).map(|number| road(number, plan.layout)).collect(),
            seals,
            dice,
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.seals.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.seals.is_empty()
    }

    /// The seal at that place (the number is one more) drives on until `now` and says where it is.
    pub fn drive(&mut self, seal: usize, now: ServerTime) -> Record {
        let wheels = &mut self.seals[seal];
        let road = &self.roads[wheels.road];
        wheels.roll_on(now, &mut self.dice);
        let aside_m = self.dice.between(0.0, 8.0);
        let middle = along(road, wheels.along_m);
        let place = ahead(middle, self.dice.between(0.0, 360.0), aside_m);
        let sign = if wheels.forth { 1.0 } else { -1.0 };
        let course_deg = bearing_deg(middle, along(road, wheels.along_m + sign * 100.0));
        wheels.record(place, course_deg, now, &mut self.dice)
    }
}

impl Wheels {
    fn new(seal: u64, plan: &Plan, from: ServerTime, dice: &mut Dice) -> Self {
        Self {
            device: Plan::device(seal),
            road: (plan.route_of(seal) - 1) as usize,
            along_m: LENGTH_M * dice.between(TURNS_AT.0, TURNS_AT.1),
            forth: seal.is_multiple_of(2),
            speed_kmh: dice.between(20.0, 70.0),
            said: from,
            mileage_km: dice.between(1_000.0, 40_000.0),
            serial: seal as u8,
            cell: seal as u16,
        }
    }

    fn roll_on(&mut self, now: ServerTime, dice: &mut Dice) {
        let hours = now.since_ms(self.said).max(0) as f64 / 3_600_000.0;
        self.said = now;
        self.speed_kmh = (self.speed_kmh + dice.between(-9.0, 9.0)).clamp(8.0, 80.0);
        let driven_m = self.speed_kmh * hours * 1_000.0;
        self.mileage_km += driven_m / 1_000.0;
        self.along_m += if self.forth { driven_m } else { -driven_m };
        let (near, far) = (LENGTH_M * TURNS_AT.0, LENGTH_M * TURNS_AT.1);
        self.forth = if self.along_m <= near {
            true
        } else {
            self.forth && self.along_m < far
        };
        self.along_m = self.along_m.clamp(near, far);
        self.serial = self.serial.wrapping_add(1);
        if dice.roll() < 0.05 {
            self.cell = self.cell.wrapping_mul(31).wrapping_add(7);
        }
    }

    fn record(&self, place: Position, course_deg: f64, now: ServerTime, dice: &mut Dice) -> Record {
        Record {
            device: self.device,
            version: 0x19,
            device_type: 1,
            data_type: 1,
            place: Place {
                clock: Said::At(Clock::from_unix_ms(now.unix_ms)),
                latitude: Some(digits(place.lat)),
                longitude: Some(digits(place.lon)),
                flags: flags(place),
                speed_kn: (self.speed_kmh / 1.852) as u8,
                course_half_deg: (course_deg / 2.0) as u8,
            },
            mileage_km: self.mileage_km as u32,
            satellites: dice.between(7.0, 12.0) as u8,
            vehicle: 0,
            status: SEALED,
            battery: CHARGING,
            cell_low: self.cell,
            lac: 10_342,
            csq: dice.between(18.0, 26.0) as u8,
            fence: Some(FenceTail {
                fence: 0,
                expanded: 1,
                mnc_high: 0,
                reserved: 0,
            }),
            cell: Some(CellTail {
                imei: [0x0f; 8],
                cell_high: 0,
                mcc: 510,
                mnc_low: 10,
            }),
            serial: self.serial,
        }
    }
}

/// There is a fix; north or south, east or west.
fn flags(place: Position) -> u8 {
    0b1001 | u8::from(0.0 <= place.lat) << 1 | u8::from(0.0 <= place.lon) << 2
}

/// Degrees and minutes as the frame writes them: whole degrees, then minutes in ten-thousandths.
fn digits(degrees: f64) -> u32 {
    let minutes_e4 = (degrees.abs() * 600_000.0).round() as u32;
    minutes_e4 / 600_000 * 1_000_000 + minutes_e4 % 600_000
}

#[cfg(test)]
mod tests {
    use segel_geo::distance_m;

    use super::*;
    use crate::{Layout, START};

    #[test]
    fn a_seal_says_where_it_is_to_a_few_metres_and_never_arrives() {
        let plan = Plan {
            seals: 3,
            trips: 3,
            routes: 3,
            layout: Layout::Spread,
            interval_s: 60,
        };
        let (mut driving, mut before) = (Driving::of(&plan, START), None);
        let end = road(2, Layout::Spread)[crate::PIECES];
        for minute in 1..2_000 {
            let record = driving.drive(1, START.plus_s(60 * minute));
            let place = record.place.position().expect("a place");
            assert!(1_000.0 < distance_m(place, end), "minute {minute}");
            let apart_m = before.map_or(0.0, |before| distance_m(before, place));
            assert!(apart_m < 1_400.0, "{apart_m} m in minute {minute}");
            before = Some(place);
        }
    }
}
