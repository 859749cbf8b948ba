//! The people of one trip, and how they bring it until its seal is closed.

use serde_json::{Value, json};

use super::{House, Person, document, office, organisation, report, route, trip};

/// Who takes part in a trip.
pub struct Cast<'a> {
    pub supervisor: Person<'a>,
    pub officer: Person<'a>,
    pub admin: Person<'a>,
    pub technician: Person<'a>,
    pub user: Person<'a>,
    pub provider: u64,
}

/// What a trip is made of.
#[derive(Debug, Clone, Copy)]
pub struct Journey {
    pub trip: u64,
    pub seal: u64,
    pub document: u64,
    pub route: u64,
}

/// Where the seal is closed.
pub const TERMINAL: (f64, f64) = (-6.9435, 110.4243);
/// The telephone that plays the seal.
pub const PHONE: &str = "86001";

/// Everybody joins.
pub fn cast(house: &House) -> Cast<'_> {
    let supervisor = house.join(&house.customs_code, "supervisor");
    let admin = house.join(&house.provider_code, "admin");
    let provider = admin.get("/session").json["person"]["belongs"]["organisation"]
        .as_u64()
        .expect("a provider");
    let firm = json!({"name": "PT <Impor> & Rekan", "kind": "importer"});
    let firm = supervisor.post("/organisations", firm).id();
    Cast {
        officer: supervisor.brings("officer", "customs_officer", office("060100")),
        technician: admin.brings("technician", "technician", organisation(provider)),
        user: supervisor.brings("user", "service_user", organisation(firm)),
        supervisor,
        admin,
        provider,
    }
}

impl Cast<'_> {
    /// A submitted trip with its approved route, opened as `opened` says.
    pub fn planned(&self, opened: Value) -> Journey {
        let paper = document(None, "016805", "CSQU3054383");
        let document = self.user.post("/documents", paper).id();
        self.officer
            .post(&format!("/documents/{document}/verify"), json!({"approved": [0]}))
            .done();
        let route = self.user.post("/routes", route(None)).id();
        self.officer
            .post(&format!("/routes/{route}/approve"), json!({}))
            .done();
        let trip = self.user.post("/trips", opened).id();
        let ask = |step: &str, body: Value| self.user.post(&format!("/trips/{trip}/{step}"), body).done();
        ask("attach-document", json!({"document": document}));
        ask("submit", json!({}));
        ask("plan", json!({"route": route}));
        Journey {
            trip,
            seal: 0,
            document,
            route,
        }
    }

    /// A trip whose seal, a telephone, is closed at the terminal.
    pub fn sealed(&self, house: &House) -> Journey {
        let certificate = json!({"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"});
        let seal = json!({"protocol": "osmand", "device": PHONE, "label": "HP-1", "profile": "any", "certificate": certificate});
        let seal = self.admin.post("/seals", seal).id();
        report(house, PHONE, TERMINAL.0, TERMINAL.1);
        let planned = self.planned(trip(self.provider, "CSQU3054383"));
        let id = planned.trip;
        let ask = |person: &Person<'_>, step: &str, body: Value| {
            person.post(&format!("/trips/{id}/{step}"), body).done();
        };
        ask(
            &self.admin,
            "assign",
            json!({"seal": seal, "technician": self.technician.id}),
        );
        let scan = json!({"container": "CSQU3054383", "seal_label": "HP-1", "place": {"lat": TERMINAL.0, "lon": TERMINAL.1}});
        ask(&self.technician, "begin-install", scan);
        ask(
            &self.technician,
            "record-installed",
            json!({"reason": "pelacak tanpa kunci"}),
        );
        Journey { seal, ..planned }
    }
}
