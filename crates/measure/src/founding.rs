//! The events that found a world: seals registered, routes approved, trips sealed and sent off.

use segel_geo::Position;
use segel_model::container::ContainerNumber;
use segel_model::document::{ContainerLine, Day, DocumentKind, Paper};
use segel_model::principal::OrganisationKind;
use segel_model::report::Protocol;
use segel_model::route::{Area, RoutePlan, Shape};
use segel_model::rulebook::EditionNumber;
use segel_model::seal::SealRegistration;
use segel_model::trip::{Circumstance, TripMode, TripRequest, TripState};
use segel_model::{
    DeviceId, DocumentId, Event, EventTime, OfficeCode, OrganisationId, PersonId, RouteId, SealId,
    ServerTime, TripId,
};

use crate::ground::{Layout, PIECES, road};

/// When every world begins: 2026-11-24 00:00 UTC.
pub const START: ServerTime = ServerTime::from_unix_ms(1_795_478_400_000);

/// Long enough that a seal near the start of its road is not late after a month.
const TRANSIT_TIME_S: u32 = 20_000 * 3600;
/// Half the width of every corridor.
const HALF_WIDTH_M: f32 = 150.0;

/// SKP is told where a trip was as often as this.
const LOCATIONS_EVERY_S: i64 = 900;

/// How large a world is.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Seals registered.
    pub seals: u64,
    /// Of them, from the first on, on a sealed trip under way.
    pub trips: u64,
    /// Different routes of these trips, each of 200 pieces; trips take them in turn.
    pub routes: u64,
    /// How the routes lie to each other.
    pub layout: Layout,
    /// How often a seal reports.
    pub interval_s: u32,
}

impl Plan {
    /// The route of a trip.
    pub fn route_of(&self, trip: u64) -> u64 {
        (trip - 1) % self.routes.max(1) + 1
    }

    /// What the seal of that number calls itself.
    pub fn device(seal: u64) -> u64 {
        7_500_000_000 + seal
    }
}

/// All events that found a world, in order.
pub fn founding(plan: Plan) -> impl Iterator<Item = Event> {
    let provider = std::iter::once(Event::OrganisationRegistered {
        organisation: OrganisationId(1),
        name: "PT Segel Nusantara".into(),
        kind: OrganisationKind::Provider,
        npwp: None,
    });
    let seals = (1..=plan.seals).map(registered);
    let routes = (1..=plan.routes.min(plan.trips)).flat_map(move |number| route(number, plan));
    let trips = (1..=plan.trips).flat_map(move |trip| sent_off(trip, plan.route_of(trip)));
    provider.chain(seals).chain(routes).chain(trips)
}

fn registered(seal: u64) -> Event {
    Event::SealRegistered {
        seal: SealId(seal),
        registration: SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(Plan::device(seal).to_string()),
            label: format!("JT701-{seal:07}"),
            profile: "jt701d".into(),
            provider: OrganisationId(1),
            pool: None,
            certificate: None,
            certificate_needed: None,
        },
    }
}

fn route(number: u64, plan: Plan) -> [Event; 2] {
    let points = road(number, plan.layout);
    let drawn = RoutePlan {
        name: format!("Rute {number}"),
        owner: OrganisationId(1),
        office: office(),
        origin: around("TPS asal", points[0]),
        destination: around("TPS tujuan", points[PIECES]),
        points,
        half_widths_m: vec![HALF_WIDTH_M],
        stops: Vec::new(),
        forbidden: Vec::new(),
        no_coverage: Vec::new(),
        distance_m: 50_000,
        transit_time_s: TRANSIT_TIME_S,
        interval_s: plan.interval_s,
    };
    let (route, remark) = (RouteId(number), String::new());
    [
        Event::RouteProposed {
            route,
            plan: drawn,
            lint: Vec::new(),
        },
        Event::RouteApproved { route, remark },
    ]
}

fn around(name: &str, centre: Position) -> Area {
    Area {
        name: name.into(),
        code: None,
        shape: Shape::Circle {
            centre,
            radius_m: 300.0,
        },
    }
}

fn office() -> OfficeCode {
    OfficeCode::new("040300").expect("six digits")
}

/// The document of a trip: a BC 1.2 of one container.
fn paper(trip: u64) -> Paper {
    Paper {
        kind: DocumentKind::Bc12,
        number: format!("{trip:06}"),
        date: Day {
            year: 2026,
            month: 11,
            day: 23,
        },
        valid_until: None,
        office: office(),
        destination_office: office(),
        tps_origin: "KOJA".into(),
        tps_destination: "GRHA".into(),
        bc11: None,
        submission_number: None,
        owner: OrganisationId(1),
        lines: vec![ContainerLine {
            container: container(trip),
            size_ft: 40,
            size_type: None,
        }],
        scan: None,
    }
}

/// A wrong check digit is nothing to the fold; the number must only be another for each trip.
fn container(trip: u64) -> ContainerNumber {
    ContainerNumber::parse(&format!("SGLU{:07}", trip % 10_000_000)).expect("four letters and seven digits")
}

/// What a trip is asked for with.
pub fn request(trip: u64, route: u64) -> TripRequest {
    TripRequest {
        owner: OrganisationId(1),
        provider: OrganisationId(1),
        container: container(trip),
        check_digit_confirmed: true,
        document: Some(DocumentId(trip)),
        route: Some(RouteId(route)),
        tps_origin: "KOJA".into(),
        tps_destination: "GRHA".into(),
        mode: TripMode::Sealed,
        plate: None,
        driver: None,
        install_wanted: None,
        start_window: None,
    }
}

/// The life of a trip up to its departure, no state skipped.
fn sent_off(number: u64, route: u64) -> Vec<Event> {
    let (trip, seal, at) = (TripId(number), SealId(number), EventTime::from_receipt(START));
    let document = DocumentId(number);
    let moved = |from, to| Event::TripMoved {
        trip,
        from,
        to,
        circumstance: Circumstance {
            at,
            place: None,
            reason: String::new(),
        },
    };
    use TripState as T;
    vec![
        Event::DocumentRegistered {
            document,
            paper: paper(number),
        },
        Event::DocumentVerified {
            document,
            approved: vec![0],
            remark: String::new(),
        },
        Event::TripOpened {
            trip,
            request: request(number, route),
            edition: EditionNumber(1),
            lapses: None,
        },
        moved(T::Draft, T::AwaitingDocument),
        moved(T::AwaitingDocument, T::Submitted),
        Event::DocumentAttached { trip, document },
        Event::LineBacked {
            trip,
            document,
            line: 0,
            expires: None,
        },
        moved(T::Submitted, T::RouteProposed),
        Event::TripPlanned {
            trip,
            route: RouteId(route),
        },
        moved(T::RouteProposed, T::RouteApproved),
        Event::SealAssigned {
            trip,
            seal,
            technician: PersonId(1),
        },
        moved(T::RouteApproved, T::Assigned),
        Event::InstallBegun {
            trip,
            bolt_seal: None,
            remarks: Vec::new(),
        },
        moved(T::Assigned, T::Installing),
        Event::SealClosed {
            trip,
            seal,
            at,
            by_hand: None,
        },
        moved(T::Installing, T::Installed),
        moved(T::Installed, T::ReadyToDepart),
        moved(T::ReadyToDepart, T::InTransit),
        Event::LocationsDue {
            trip,
            at: Some(START.plus_s(LOCATIONS_EVERY_S)),
        },
    ]
}
