//! Many containers under way at once, brought there through the API and the wire as fast as the SOP allows: for load,
//! benches and crash tests, which want seals whose reports are really judged.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segel_geo::Position;
use serde_json::{Value, json};

use crate::client::Client;
use crate::demo::container_number;
use crate::load::{acknowledged_serial, interval_answer};
use crate::photo::snapshot;
use crate::seal::jointech::JointechSeal;
use crate::seal::moment::{Happening, Moment, Status};
use crate::story::Stage;

/// Half the width of the corridor.
const HALF_WIDTH_M: f64 = 150.0;
/// Metres between two points of the road.
const STEP_M: f64 = 55.0;
/// How far the road swings to either side of its straight line.
const SWING_M: f64 = 180.0;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// Where the road starts: the gate of Tanjung Emas.
const START: Position = Position {
    lat: -6.9472,
    lon: 110.4245,
};
/// An acknowledgement that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Containers of one document; the API takes some more.
pub const PER_DOCUMENT: u32 = 400;

/// The road of a convoy: so many straight pieces, winding westwards.
#[derive(Debug, Clone)]
pub struct Road {
    /// Its points, one more than its pieces.
    pub points: Vec<Position>,
}

impl Road {
    /// A road of so many pieces.
    pub fn of_pieces(pieces: u32) -> Self {
        let point = |number: u32| {
            let along_m = f64::from(number) * STEP_M;
            let aside_m = SWING_M * (along_m / 400.0).sin();
            Position {
                lat: START.lat + aside_m / DEGREE_M,
                lon: START.lon - along_m / (DEGREE_M * START.lat.to_radians().cos()),
            }
        };
        Self {
            points: (0..=pieces).map(point).collect(),
        }
    }

    /// Where the seals of a convoy stand, so that no later drive begins with a leap.
    pub fn standing(&self) -> Position {
        self.points[self.points.len() / 2]
    }

    /// The two ends of its middle piece, on which a seal can drive there and back and stay inside.
    pub fn middle(&self) -> [(f64, f64); 2] {
        let middle = self.points.len() / 2;
        let end = |index: usize| (self.points[index].lat, self.points[index].lon);
        [end(middle.saturating_sub(1)), end(middle)]
    }
}

/// A container under way.
#[derive(Debug, Clone)]
pub struct Underway {
    /// Its trip.
    pub trip: u64,
    /// Its seal's number at the API.
    pub seal: u64,
    /// What the seal calls itself.
    pub device: u64,
    /// The container.
    pub container: String,
}

/// What a convoy needs beside its people: its road, approved, and one photo for all.
pub struct Convoy {
    stage: Stage,
    jointech: SocketAddr,
    road: Road,
    route: u64,
    photo: Vec<u8>,
}

impl Convoy {
    /// Draws the road and has it approved.
    pub fn plan(stage: Stage, jointech: SocketAddr, road: Road, name: &str) -> Result<Self> {
        let route = approved_route(&stage, &road, name)?;
        Ok(Self {
            photo: snapshot()?,
            stage,
            jointech,
            road,
            route,
        })
    }

    /// The people.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The server's doors are elsewhere now; the people stay signed in.
    pub fn move_to(&mut self, base: &str, jointech: SocketAddr) {
        self.stage = self.stage.at(base);
        self.jointech = jointech;
    }

    /// The route on its road, approved.
    pub fn route(&self) -> u64 {
        self.route
    }

    /// The photo that stands for all.
    pub fn photo(&self) -> &[u8] {
        &self.photo
    }

    /// One verified document for the containers of these numbers, at most `PER_DOCUMENT`.
    pub fn document(&self, number: &str, containers: &[String]) -> Result<u64> {
        let today = self.stage.today();
        let lines: Vec<Value> = containers
            .iter()
            .map(|one| json!({"container": one, "size_ft": 40, "size_type": "42G1"}))
            .collect();
        let approved: Vec<usize> = (0..lines.len()).collect();
        let body = json!({
            "kind": "plp", "number": number, "date": today, "valid_until": null,
            "office": self.stage.office, "destination_office": self.stage.office,
            "tps_origin": "TPKS", "tps_destination": "Gudang Barat",
            "bc11": format!("001234 {today}"), "submission_number": null, "owner": null, "lines": lines, "scan": null
        });
        let document = self.stage.importer.create("/documents", body)?;
        let verdict = json!({"approved": approved, "remark": "sesuai"});
        self.stage
            .officer
            .post(&format!("/documents/{document}/verify"), verdict)?;
        Ok(document)
    }

    /// Containers of these numbers.
    pub fn containers(first: u64, count: u32) -> Vec<String> {
        (first..first + u64::from(count)).map(container_number).collect()
    }

    /// Enters the seal of that device into stock; gives its number.
    pub fn register(&self, device: u64) -> Result<u64> {
        Ok(registered(&self.stage, device)?.0)
    }

    /// Takes one container from the request to its departure.
    pub fn send_off(&self, document: u64, container: &str, device: u64) -> Result<Underway> {
        let mut seal = Line::connect(self.jointech, device, self.road.standing())?;
        let (id, label) = registered(&self.stage, device)?;
        seal.report()?;
        let trip = self.request(document, container)?;
        self.install(trip, id, container, &label, &mut seal)?;
        let remark = json!({"remark": "segel dan foto sesuai"});
        self.stage
            .officer
            .post(&format!("/trips/{trip}/authorise-departure"), remark)?;
        seal.report()?;
        Ok(Underway {
            trip,
            seal: id,
            device,
            container: container.to_owned(),
        })
    }

    fn request(&self, document: u64, container: &str) -> Result<u64> {
        let body = json!({
            "owner": null, "provider": self.stage.provider, "container": container, "check_digit_confirmed": true,
            "document": document, "route": self.route, "tps_origin": "TPKS", "tps_destination": "Gudang Barat",
            "mode": "sealed", "plate": "H 1 K", "driver": "Budi Setiawan", "driver_phone": null,
            "install_wanted": null, "start_from": null, "start_until": null
        });
        let trip = self.stage.importer.create("/trips", body)?;
        self.stage
            .importer
            .post(&format!("/trips/{trip}/submit"), json!({}))?;
        let plan = json!({"route": self.route});
        if state(&self.stage.officer, trip)? == "submitted" {
            self.stage.importer.post(&format!("/trips/{trip}/plan"), plan)?;
        }
        Ok(trip)
    }

    fn install(&self, trip: u64, seal: u64, container: &str, label: &str, line: &mut Line) -> Result<()> {
        let here = self.road.standing();
        let body = json!({"seal": seal, "technician": self.stage.technician.person});
        self.stage.operator.post(&format!("/trips/{trip}/assign"), body)?;
        let body = json!({
            "container": container, "seal_label": label, "place": {"lat": here.lat, "lon": here.lon},
            "bolt_seal": format!("ID{trip:07}")
        });
        self.stage
            .technician
            .post(&format!("/trips/{trip}/begin-install"), body)?;
        line.close()?;
        for kind in [
            "door_with_number",
            "seal_close_up",
            "locking_rods",
            "truck_with_plate",
        ] {
            self.stage
                .technician
                .upload_photo(trip, "install", kind, &self.photo)?;
        }
        match state(&self.stage.officer, trip)?.as_str() {
            "ready_to_depart" => Ok(()),
            other => bail!("trip {trip} is {other} after its installation"),
        }
    }
}

fn approved_route(stage: &Stage, road: &Road, name: &str) -> Result<u64> {
    let (first, last) = (road.points[0], road.points[road.points.len() - 1]);
    let points: Vec<Value> = road
        .points
        .iter()
        .map(|point| json!({"lat": point.lat, "lon": point.lon}))
        .collect();
    let plan = json!({
        "name": name, "owner": null, "office": stage.office, "points": points, "half_widths_m": [HALF_WIDTH_M],
        "origin": area("TPKS", first), "destination": area("Gudang Barat", last),
        "stops": [], "forbidden": [], "no_coverage": [],
        "distance_m": ((road.points.len() - 1) as f64 * STEP_M) as u32, "transit_time_s": 7200, "interval_s": stage.pace.interval_s
    });
    let route = stage.importer.create("/routes", plan)?;
    let remark = json!({"remark": "rute disetujui"});
    stage.officer.post(&format!("/routes/{route}/approve"), remark)?;
    Ok(route)
}

fn area(name: &str, centre: Position) -> Value {
    let centre = json!({"lat": centre.lat, "lon": centre.lon});
    json!({"name": name, "code": null, "shape": {"kind": "circle", "centre": centre, "radius_m": 250.0}})
}

fn state(reader: &Client, trip: u64) -> Result<String> {
    let found = reader.get(&format!("/trips/{trip}"))?;
    Ok(found["state"].as_str().context("a trip has no state")?.to_owned())
}

/// Enters the seal of that device into stock.
fn registered(stage: &Stage, device: u64) -> Result<(u64, String)> {
    let label = format!("JT701-{device:010}");
    let body = json!({
        "protocol": "jointech", "device": format!("{device:010}"), "label": label, "profile": "jt701d",
        "provider": null, "pool": stage.office,
        "certificate": {"number": format!("SERT-{device}"), "issuer": "DJBC (contoh)", "valid_until": "2035-12-31"}
    });
    Ok((stage.operator.create("/seals", body)?, label))
}

/// A seal on one connection that waits for each of its acknowledgements.
pub struct Line {
    device: u64,
    stream: TcpStream,
    seal: JointechSeal,
    moment: Moment,
    heard: Vec<u8>,
}

impl Line {
    /// Connects an open seal that stands somewhere.
    pub fn connect(server: SocketAddr, device: u64, place: Position) -> Result<Self> {
        let stream = TcpStream::connect(server).with_context(|| format!("could not connect to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let moment = Moment {
            unix_s: 0,
            lat: place.lat,
            lon: place.lon,
            fixed: true,
            by_cell: false,
            speed_kmh: 0.0,
            course_deg: 270.0,
            mileage_km: 0,
            satellites: 9,
            battery_percent: 96,
            status: Status::OPEN,
            stored: false,
            woken_by: 1,
        };
        Ok(Self {
            device,
            stream,
            seal: JointechSeal::new(device),
            moment,
            heard: Vec::new(),
        })
    }

    /// What it says of itself; the next report says it.
    pub fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    /// Says where it is and waits until that is acknowledged.
    pub fn report(&mut self) -> Result<()> {
        self.moment.unix_s = jiff::Timestamp::now().as_second();
        let (frame, serial) = self.seal.record(&self.moment);
        self.say(&frame, serial)
    }

    /// Locks itself and says so.
    pub fn close(&mut self) -> Result<()> {
        self.moment.status = Status::SEALED;
        self.moment.unix_s = jiff::Timestamp::now().as_second();
        if let Some((frame, serial)) = self.seal.lock_event(&self.moment, Happening::AutoLocked) {
            self.say(&frame, serial)?;
        }
        self.report()
    }

    fn say(&mut self, frame: &[u8], serial: u8) -> Result<()> {
        self.stream.write_all(frame).context("could not send a report")?;
        while !self.take_answer(serial)? {
            let mut piece = [0; 256];
            let read = self.stream.read(&mut piece).context("no acknowledgement came")?;
            if read == 0 {
                let closed = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
                return Err(closed).context("the connection was closed before the acknowledgement");
            }
            self.heard.extend(&piece[..read]);
        }
        Ok(())
    }

    /// Takes sentences out of what was heard, up to the acknowledgement of that serial. It reports as often as it is told; other
    /// orders pass unheard.
    fn take_answer(&mut self, serial: u8) -> Result<bool> {
        while let Some(end) = self.heard.iter().position(|byte| *byte == b')') {
            let sentence: Vec<u8> = self.heard.drain(..=end).collect();
            if acknowledged_serial(&sentence) == Some(serial) {
                return Ok(true);
            }
            if let Some(answer) = interval_answer(&sentence, self.device) {
                let sent = self.stream.write_all(answer.as_bytes());
                sent.context("could not answer an order")?;
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_road_has_its_pieces_and_each_is_as_long_as_a_truck_drives_in_four_seconds() {
        let road = Road::of_pieces(200);
        assert_eq!(road.points.len(), 201);
        for piece in road.points.windows(2) {
            let length_m = segel_geo::distance_m(piece[0], piece[1]);
            assert!((STEP_M - 1.0..STEP_M * 1.2).contains(&length_m), "{length_m}");
        }
    }

    #[test]
    fn the_middle_is_one_piece_of_the_road() {
        let road = Road::of_pieces(10);
        let [from, to] = road.middle();
        assert_eq!(
            (from, to),
            (
                (road.points[4].lat, road.points[4].lon),
                (road.points[5].lat, road.points[5].lon)
            )
        );
    }
}
