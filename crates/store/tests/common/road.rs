//! Seals on the road that speak Jointech, with the noise of real ones: what sizes and times are measured with.

use segel_custody::{Stamp, State};
use segel_model::input::ReportInput;
use segel_model::observed::{CorridorPlace, Side};
use segel_model::report::Protocol;
use segel_model::rulebook::Rulebook;
use segel_model::seal::SealRegistration;
use segel_model::{DeviceId, Event, Input, OrganisationId, SealId, ServerTime};
use segel_store::{Batch, Staged};
use segel_wire::calendar::Clock;
use segel_wire::jointech::place::{Place, Said};
use segel_wire::jointech::record::{CellTail, FenceTail, Record};
use segel_wire::jointech::status::Status;

/// The first moment.
pub const START_MS: i64 = 1_700_000_000_000;

/// Between two reports of a seal.
const INTERVAL_S: i64 = 30;

/// Seals on the road, each with its own way of driving.
pub struct Road {
    state: State,
    rules: Rulebook,
    seals: Vec<Driving>,
    next: usize,
    round: i64,
    chance: u64,
}

struct Driving {
    device: u64,
    latitude_e4: f64,
    longitude_e4: f64,
    course_deg: f64,
    speed_kn: f64,
    battery: u8,
    serial: u8,
    cell: u16,
    progress_m: f64,
    delay_ms: i64,
}

impl Road {
    /// So many seals, all registered.
    pub fn new(seals: u64) -> Self {
        let mut road = Self {
            state: State::default(),
            rules: toml::from_str(include_str!("../../../../rules/default.toml")).expect("the rulebook"),
            seals: Vec::new(),
            next: 0,
            round: 0,
            chance: 7,
        };
        for seal in 1..=seals {
            road.register(seal);
        }
        road
    }

    fn register(&mut self, seal: u64) {
        let device = 7_500_000_000 + seal * 17;
        let registration = SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(device.to_string()),
            label: format!("JT701-{seal:06}"),
            profile: "jt701d".into(),
            provider: OrganisationId(1),
            pool: None,
            certificate: None,
            certificate_needed: None,
        };
        let stamp = Stamp {
            at: ServerTime::from_unix_ms(START_MS),
            principal: None,
        };
        segel_custody::apply(
            &mut self.state,
            &Event::SealRegistered {
                seal: SealId(seal),
                registration,
            },
            &stamp,
        );
        let driving = Driving {
            device,
            latitude_e4: 4_170_000.0 + self.between(0.0, 50_000.0),
            longitude_e4: 66_240_000.0 + self.between(0.0, 50_000.0),
            course_deg: self.between(0.0, 360.0),
            speed_kn: self.between(0.0, 40.0),
            battery: 60 + (seal % 40) as u8,
            serial: seal as u8,
            cell: seal as u16,
            progress_m: 0.0,
            delay_ms: 300,
        };
        self.seals.push(driving);
    }

    /// A commit of reports; seals take turns.
    pub fn batch(&mut self, commit: u64, reports: usize) -> Batch {
        let mut batch = Batch::new(commit, self.now());
        batch.staged = (0..reports as u32).map(|ordinal| self.report(ordinal)).collect();
        batch
    }

    fn now(&self) -> ServerTime {
        let share = self.next as i64 * INTERVAL_S * 1000 / self.seals.len() as i64;
        ServerTime::from_unix_ms(START_MS + self.round * INTERVAL_S * 1000 + share)
    }

    fn report(&mut self, ordinal: u32) -> Staged {
        let said = self.now();
        let at = self.next;
        self.drive(at);
        self.next += 1;
        if self.next == self.seals.len() {
            (self.next, self.round) = (0, self.round + 1);
        }
        let driving = &self.seals[at];
        let record = driving.record(said);
        let received = said.plus_ms(driving.delay_ms);
        let report = record.report(received);
        let raw = record.encode();
        let input = Input::Report(ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report,
        });
        let decision = segel_custody::decide(&self.state, &input, received, &self.rules);
        let mut observed = decision.observed.expect("a report is judged");
        segel_custody::observe(&mut self.state, &observed);
        if let Some(place) = &mut observed.place {
            let progress_m = driving.progress_m as f32;
            place.corridor = Some(CorridorPlace {
                outside_m: 0.0,
                side: Side::Inside,
                piece: None,
                progress_m,
                segment: 3,
            });
        }
        Staged {
            ordinal,
            protocol: Protocol::Jointech,
            profile: "jt701d".into(),
            decoder_version: 1,
            device: DeviceId(driving.device.to_string()),
            peer: Some(
                (
                    [10, 20, (driving.device >> 8) as u8, driving.device as u8],
                    40_000,
                )
                    .into(),
            ),
            received,
            raw,
            observed,
            note: String::new(),
        }
    }

    fn drive(&mut self, at: usize) {
        let (turn, push, cell, sats) = (
            self.between(-8.0, 8.0),
            self.between(-4.0, 4.0),
            self.between(0.0, 20.0),
            self.between(0.0, 400.0),
        );
        let driving = &mut self.seals[at];
        driving.course_deg = (driving.course_deg + turn).rem_euclid(360.0);
        driving.speed_kn = (driving.speed_kn + push).clamp(0.0, 45.0);
        let step_e4 = driving.speed_kn * INTERVAL_S as f64 / 3600.0 * 10_000.0;
        driving.latitude_e4 += step_e4 * driving.course_deg.to_radians().cos();
        driving.longitude_e4 += step_e4 * driving.course_deg.to_radians().sin();
        driving.progress_m += driving.speed_kn * 0.514_444 * INTERVAL_S as f64;
        driving.serial = driving.serial.wrapping_add(1);
        driving.delay_ms = 250 + sats as i64;
        if cell < 1.0 {
            driving.cell = driving.cell.wrapping_mul(31).wrapping_add(7);
        }
    }

    /// Chance that repeats itself in every run.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        low + (high - low) * (self.chance >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Degrees and minutes as the frame writes them: whole degrees, then minutes in ten-thousandths.
fn digits(minutes_e4: f64) -> u32 {
    let whole = minutes_e4 as u32;
    whole / 600_000 * 1_000_000 + whole % 600_000
}

impl Driving {
    fn record(&self, said: ServerTime) -> Record {
        Record {
            device: self.device,
            version: 0x19,
            device_type: 1,
            data_type: 1,
            place: Place {
                clock: Said::At(Clock::from_unix_ms(said.unix_ms)),
                latitude: Some(digits(self.latitude_e4)),
                longitude: Some(digits(self.longitude_e4)),
                flags: 0b1101,
                speed_kn: self.speed_kn as u8,
                course_half_deg: (self.course_deg / 2.0) as u8,
            },
            mileage_km: (self.progress_m / 1000.0) as u32 + 2000,
            satellites: 8 + (self.serial & 3),
            vehicle: 0,
            status: Status(0x20E0),
            battery: self.battery,
            cell_low: self.cell,
            lac: 10_342,
            csq: 20 + (self.serial.wrapping_mul(37) >> 5),
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
