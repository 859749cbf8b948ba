//! Every route with every role, and with another tenant's people. What is expected is typed by hand from the table of
//! rights (domain handbook, table b), not derived from the rules.

mod people;

use people::{House, Person, document, nation, office, organisation, report, route, trip};
use serde_json::{Value, json};

/// What a role may: `y` is let through (what then comes of it is another question), `.` is refused, `n` does not exist
/// for them or at all.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Value,
    /// Officer, supervisor, headquarters, provider's admin, operator, technician, user, driver, auditor.
    may: &'static str,
}

fn row(method: &'static str, path: &'static str, body: Value, may: &'static str) -> Row {
    assert_eq!(may.len(), 9, "{path}");
    Row {
        method,
        path,
        body,
        may,
    }
}

fn reason() -> Value {
    json!({"reason": "uji"})
}

fn nothing() -> Value {
    json!({})
}

/// Table (b), row by row.
#[rustfmt::skip]
fn table() -> Vec<Row> {
    vec![
        //                                                                   OSHAPTUDR
        row("GET",  "/session",                       nothing(),            "yyyyyyyyy"),
        row("GET",  "/offices",                       nothing(),            "yyyyyyyyy"),
        row("GET",  "/rulebook",                      nothing(),            "yyyyyyyyy"),
        row("GET",  "/organisations",                 nothing(),            "yyyyyyyyy"),
        row("GET",  "/people",                        nothing(),            "yyyyyyyyy"),
        row("GET",  "/people?organisation={user_org}", nothing(),           "yyy...y.y"),
        row("GET",  "/invitations",                   nothing(),            ".yyy..y.y"),
        row("GET",  "/tokens",                        nothing(),            "yyyyyyyyy"),
        row("GET",  "/work-list",                     nothing(),            "yyyyyyyyy"),
        row("GET",  "/search?q=CSQU",                 nothing(),            "yyyyyyyyy"),
        row("POST", "/containers/check",              json!({"number": "CSQU3054383"}), "yyyyyyyyy"),
        row("POST", "/organisations",                 json!({"name": "PT Baru", "kind": "carrier"}), ".y.y....."),
        row("POST", "/invitations",                   json!({"role": "technician", "belongs": "{provider_belongs}"}), ".y.y....."),
        // The supervisor has shut them out by the time the administrator asks.
        row("POST", "/people/{spare}/disable",        reason(),             ".y.n..n.."),
        row("DELETE", "/invitations/{invitation}",    nothing(),            ".y.n..n.."),
        row("POST", "/tokens",                        json!({"label": "mesin"}), "yyyyyyyyy"),
        // Device inventory: the provider; a supervisor sees it, a technician their own.
        row("GET",  "/seals",                         nothing(),            ".yyyyy..y"),
        row("GET",  "/profiles",                      nothing(),            ".yyyyy..y"),
        row("GET",  "/quarantine",                    nothing(),            ".yyyy...y"),
        row("POST", "/seals",                         json!({"protocol": "osmand", "device": "x", "label": "X", "profile": "any"}), "...yy...."),
        row("GET",  "/seals/{seal}",                  nothing(),            "yyyyyyyyy"),
        // The officer too: they may ask where it is, and see what came of it.
        row("GET",  "/seals/{seal}/orders",           nothing(),            "yyyyyy..y"),
        row("GET",  "/seals/{seal}/reports",          nothing(),            "yyyyy.y.y"),
        row("POST", "/seals/{seal}/unmask",           json!({"commit": 999, "ordinal": 0, "reason": "uji"}), ".n.n....."),
        row("POST", "/seals/{seal}/certify",          json!({"number": "1", "issuer": "DJBC", "valid_until": "2030-01-01"}), "...yy...."),
        row("POST", "/seals/{seal}/condition",        json!({"state": "ready"}), "...yy...."),
        row("POST", "/seals/{seal}/orders",           json!({"kind": "set_time"}), "...yy...."),
        row("POST", "/seals/{seal}/orders",           json!({"kind": "position_now"}), "yy.yyy..."),
        row("POST", "/seals/{seal}/orders",           json!({"kind": "lock", "reason": "uji"}), "yy.yyy..."),
        row("POST", "/seals/{seal}/orders",           json!({"kind": "clear_fence", "number": 1, "sort": "circle"}), "yy.yy...."),
        row("POST", "/seals/{seal}/orders",           json!({"kind": "restart", "reason": "uji"}), "...yyy..."),
        row("POST", "/seals/{seal}/clear-doubt",      reason(),             "yy......."),
        // Pass on what seals say: the provider, of its own.
        row("POST", "/intake/reports",                nothing(),            "...yy...."),
        row("POST", "/intake/flespi",                 nothing(),            "...yy...."),
        row("POST", "/intake/teratrack",              nothing(),            "...yy...."),
        row("POST", "/intake/background-geolocation", nothing(),            "...yy...."),
        row("POST", "/intake/tive",                   nothing(),            "...yy...."),
        // Register documents and ask for a seal: the user; the provider on behalf. Verify and refuse: customs.
        row("GET",  "/documents",                     nothing(),            "yyyyyyy.y"),
        row("GET",  "/documents/{document}",          nothing(),            "yyyyyyy.y"),
        row("POST", "/documents",                     json!("{document_body}"), "...yy.y.."),
        row("POST", "/documents/{document2}/verify",  json!({"approved": [0]}), "yy......."),
        row("POST", "/documents/{document2}/refuse",  reason(),             "yy......."),
        row("POST", "/documents/{document2}/cancel",  reason(),             "yy......."),
        // Author a route plan: the user and the provider; approve it: customs.
        row("GET",  "/routes",                        nothing(),            "yyyyyyyyy"),
        row("GET",  "/routes/{route}",                nothing(),            "yyyyyyyyy"),
        row("POST", "/routes",                        json!("{route_body}"), "...yy.y.."),
        row("POST", "/routes/import",                 json!({"type": "LineString", "coordinates": [[110.4, -6.9], [110.3, -6.9]]}), "...yy.y.."),
        row("POST", "/routes/{route2}/approve",       nothing(),            "yy......."),
        row("POST", "/routes/{route2}/refuse",        reason(),             "yy......."),
        row("GET",  "/trips",                         nothing(),            "yyyyyyyyy"),
        row("POST", "/trips",                         json!("{trip_body}"), "...yy.y.."),
        row("POST", "/trips/{draft}/attach-document", json!({"document": 999}), "...nn.n.."),
        row("POST", "/trips/{draft}/driver",          nothing(),            "...yy.y.."),
        row("POST", "/trips/{draft}/submit",          nothing(),            "...yy.y.."),
        row("POST", "/trips/{draft}/plan",            json!({"route": 999}), "...nn.n.."),
        // Assign and release the device: the provider.
        row("POST", "/trips/{draft}/assign",          json!({"seal": 1, "technician": 1}), "...yy...."),
        row("POST", "/trips/{draft}/release",         reason(),             "...yy...."),
        row("GET",  "/trips/{draft}/fit-seals",       nothing(),            "...yy...."),
        row("POST", "/trips/{draft}/cancel",          reason(),             "...yy.y.."),
        // See the trip: own office, own devices, own job, own trips, by mandate.
        row("GET",  "/trips/{trip}",                  nothing(),            "yyyyyyyyy"),
        row("GET",  "/trips/{trip}/track.geojson",    nothing(),            "yyyyyyyyy"),
        row("GET",  "/trips/{trip}/track.gpx",        nothing(),            "yyyyyyyyy"),
        row("GET",  "/trips/{trip}/photos",           nothing(),            "yyyyyyy.y"),
        // Read the audit trail: own office, own organisation, own trips, all in mandate.
        row("GET",  "/trips/{trip}/timeline",         nothing(),            "yyyyy.y.y"),
        row("GET",  "/trips/{trip}/reports",          nothing(),            "yyyyy.y.y"),
        row("GET",  "/trips/{trip}/messages",         nothing(),            "yyyyy.y.y"),
        row("GET",  "/trips/{trip}/assessment",       nothing(),            "yyyyy.y.y"),
        row("GET",  "/trips/{trip}/closing-report",   nothing(),            "yyyyy.y.y"),
        row("GET",  "/trips/{trip}/closing-report.html", nothing(),         "yyyyy.y.y"),
        // Install and photos: the technician; the operator assists with photos; a user with its own seals only.
        row("POST", "/uploads",                       json!({"trip": "{trip}", "step": "install", "kind": "other", "bytes": 10}), "....yy..."),
        row("POST", "/trips/{trip}/begin-install",    json!({"container": "CSQU3054383", "seal_label": "HP-1"}), ".....y..."),
        row("POST", "/trips/{trip}/record-installed", reason(),             "yy...y..."),
        row("POST", "/trips/{trip}/authorise-departure", nothing(),         "yy......."),
        row("POST", "/trips/{trip}/confirm-arrival",  reason(),             "yy......."),
        row("POST", "/trips/{trip}/check-seal",       json!({"number_matches": true, "looks_untouched": true}), "yy......."),
        row("POST", "/trips/{trip}/decide",           json!({"release": true, "reason": "uji"}), "yy......."),
        // Authorise an opening: customs; a provider never alone, a technician executes only.
        row("POST", "/trips/{trip}/grants",           json!({"executor": "{technician}", "method": {"kind": "by_hand"}, "reason": "uji"}), "yy......."),
        row("POST", "/trips/{trip}/finish-removal",   nothing(),            ".....y..."),
        row("POST", "/grants/999/revoke",             reason(),             "nn......."),
        row("POST", "/grants/999/vouch",              reason(),             "nn......."),
        row("POST", "/grants/999/unlock",             nothing(),            ".....n..."),
        row("POST", "/grants/999/record-opened",      nothing(),            ".....n..."),
        row("GET",  "/photos/999",                    nothing(),            "nnnnnnn.n"),
        row("GET",  "/photos/999/original",           nothing(),            "nnnnnnn.n"),
        row("GET",  "/photos/999/preview",            nothing(),            "nnnnnnn.n"),
        row("POST", "/photos/999/reject",             reason(),             "nn......."),
        row("GET",  "/uploads/999",                   nothing(),            "nnnnnnnnn"),
        // Alarms: provider's first line acknowledges, customs closes, a user comments, a driver explains.
        row("GET",  "/alarms",                        nothing(),            "yyyyyyyyy"),
        row("GET",  "/obligations",                   nothing(),            "yyyyyyyyy"),
        row("GET",  "/alarms/999",                    nothing(),            "nnnnnnnnn"),
        row("POST", "/alarms/999/acknowledge",        nothing(),            "nn.nn...."),
        row("POST", "/alarms/999/investigate",        json!({"note": "uji"}), "nn.nn...."),
        row("POST", "/alarms/999/comment",            json!({"note": "uji"}), "nn.nn.nn."),
        row("POST", "/alarms/999/close",              json!({"outcome": "false", "reason": "uji"}), "nn.nn...."),
        // Read the audit trail: not the provider's operator, not who works at the container.
        row("GET",  "/journal",                       nothing(),            "yyyy..y.y"),
        row("GET",  "/messages",                      nothing(),            "yyyyy.y.y"),
        row("GET",  "/messages/999",                  nothing(),            "nnnnn.n.n"),
        row("POST", "/messages/999/repair",           json!({"corrections": [], "reason": "uji"}), "...nn...."),
    ]
}

/// The people of table (b), in its order, and what they have in hand.
struct World<'a> {
    insiders: Vec<Person<'a>>,
    /// Other tenants: an officer of another office, another provider's admin, another user; with their column.
    outsiders: Vec<(usize, Person<'a>)>,
    names: Vec<(&'static str, Value)>,
}

impl<'a> World<'a> {
    fn build(house: &'a House) -> Self {
        let supervisor = house.join(&house.customs_code, "supervisor");
        let admin = house.join(&house.provider_code, "admin");
        let provider = admin.get("/session").json["person"]["belongs"]["organisation"]
            .as_u64()
            .expect("a provider");
        let register = |name: &str, kind: &str| {
            supervisor
                .post("/organisations", json!({"name": name, "kind": kind}))
                .id()
        };
        let (user_org, other_org) = (register("PT Impor", "importer"), register("PT Lain", "importer"));
        let other_provider = register("PT Segel Lain", "provider");
        let officer = supervisor.brings("officer", "customs_officer", office("060100"));
        let hq = supervisor.brings("headquarters", "customs_hq", nation());
        let auditor = supervisor.brings("auditor", "auditor", nation());
        let operator = admin.brings("operator", "provider_operator", organisation(provider));
        let technician = admin.brings("technician", "technician", organisation(provider));
        let driver = admin.brings("driver", "driver", organisation(provider));
        let spare = admin.brings("spare", "driver", organisation(provider));
        let user = supervisor.brings("user", "service_user", organisation(user_org));
        let other_user = supervisor.brings("other-user", "service_user", organisation(other_org));
        let other_admin = supervisor.brings("other-admin", "provider_admin", organisation(other_provider));
        let other_supervisor = supervisor.brings("other-supervisor", "customs_supervisor", office("040300"));
        let other_officer = other_supervisor.brings("other-officer", "customs_officer", office("040300"));
        let waiting = supervisor.post(
            "/invitations",
            json!({"role": "customs_officer", "belongs": office("060100")}),
        );

        let made = Made::prepare(house, &[&officer, &admin, &technician, &user, &driver], provider);
        let names = vec![
            ("{user_org}", json!(user_org)),
            ("{spare}", json!(spare.id)),
            ("{technician}", json!(technician.id)),
            ("{invitation}", json!(waiting.id())),
            ("{seal}", json!(made.seal)),
            ("{document}", json!(made.document)),
            ("{document2}", json!(made.document2)),
            ("{route}", json!(made.route)),
            ("{route2}", json!(made.route2)),
            ("{trip}", json!(made.trip)),
            ("{draft}", json!(made.draft)),
            ("{provider_belongs}", organisation(provider)),
            ("{document_body}", document(Some(user_org), "777", "TEMU6079348")),
            ("{route_body}", route(Some(user_org))),
            ("{trip_body}", {
                let mut body = trip(provider, "TEMU6079348");
                body["owner"] = json!(user_org);
                body
            }),
        ];
        Self {
            insiders: vec![
                officer, supervisor, hq, admin, operator, technician, user, driver, auditor,
            ],
            outsiders: vec![(0, other_officer), (3, other_admin), (6, other_user)],
            names,
        }
    }

    /// The path and body of a row, with what the world calls things.
    fn fill(&self, row: &Row) -> (String, Vec<u8>) {
        let mut path = row.path.to_owned();
        let mut body = row.body.to_string();
        for (name, value) in &self.names {
            path = path.replace(name, &value.to_string());
            body = body.replace(&format!("\"{name}\""), &value.to_string());
        }
        (path, body.into_bytes())
    }
}

/// What the people have in hand.
struct Made {
    seal: u64,
    document: u64,
    document2: u64,
    route: u64,
    route2: u64,
    trip: u64,
    draft: u64,
}

impl Made {
    /// A trip with its seal assigned, a draft, a second document and route that wait for an officer.
    fn prepare(house: &House, people: &[&Person<'_>; 5], provider: u64) -> Self {
        let [officer, admin, technician, user, driver] = people;
        let seal = admin.post("/seals", json!({
            "protocol": "osmand", "device": "860000000000001", "label": "HP-1", "profile": "any", "pool": "060100",
            "certificate": {"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"}
        }));
        let seal = seal.id();
        report(house, "860000000000001", -6.9435, 110.4243);
        let document1 = user
            .post("/documents", document(None, "016805", "CSQU3054383"))
            .id();
        officer
            .post(
                &format!("/documents/{document1}/verify"),
                json!({"approved": [0]}),
            )
            .done();
        let route1 = user.post("/routes", route(None)).id();
        officer
            .post(&format!("/routes/{route1}/approve"), nothing())
            .done();
        let mut body = trip(provider, "CSQU3054383");
        body["driver_person"] = json!(driver.id);
        let trip1 = user.post("/trips", body).id();
        user.post(
            &format!("/trips/{trip1}/attach-document"),
            json!({"document": document1}),
        )
        .done();
        user.post(&format!("/trips/{trip1}/submit"), nothing()).done();
        user.post(&format!("/trips/{trip1}/plan"), json!({"route": route1}))
            .done();
        let assign = json!({"seal": seal, "technician": technician.id});
        admin.post(&format!("/trips/{trip1}/assign"), assign).done();
        Self {
            seal,
            document: document1,
            document2: user
                .post("/documents", document(None, "016806", "HLXU2008419"))
                .id(),
            route: route1,
            route2: user.post("/routes", route(None)).id(),
            trip: trip1,
            draft: user.post("/trips", trip(provider, "SUDU3070079")).id(),
        }
    }
}

const ROLES: [&str; 9] = [
    "officer",
    "supervisor",
    "hq",
    "admin",
    "operator",
    "technician",
    "user",
    "driver",
    "auditor",
];

fn letter(status: u16) -> char {
    match status {
        403 => '.',
        404 => 'n',
        401 => '!',
        _ => 'y',
    }
}

#[test]
fn every_route_answers_every_role_as_the_table_of_rights_says() {
    let house = House::open();
    let world = World::build(&house);
    let mut wrong = Vec::new();
    for row in table() {
        let (path, body) = world.fill(&row);
        let answers: Vec<_> = world
            .insiders
            .iter()
            .map(|person| person.call(row.method, &path, body.clone(), &[]))
            .collect();
        let got: String = answers.iter().map(|answer| letter(answer.status)).collect();
        if got != row.may {
            let codes: Vec<_> = ROLES
                .iter()
                .zip(&answers)
                .map(|(role, answer)| format!("{role} {} {}", answer.status, answer.code()))
                .collect();
            wrong.push(format!(
                "{} {}: {} expected, {got} got ({})",
                row.method,
                row.path,
                row.may,
                codes.join(", ")
            ));
        }
        assert!(
            answers.iter().all(|answer| answer.status < 500),
            "{} {path}: {answers:?}",
            row.method
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_of_another_tenant_exists() {
    let house = House::open();
    let world = World::build(&house);
    let mut wrong = Vec::new();
    for row in table()
        .iter()
        .filter(|row| row.path.contains('{') && !row.path.contains('?'))
    {
        let (path, body) = world.fill(row);
        for (column, person) in &world.outsiders {
            let inside = row.may.as_bytes()[*column] as char;
            let answer = person.call(row.method, &path, body.clone(), &[]);
            let got = letter(answer.status);
            // Where the role has no right at all, either answer tells nothing of the thing.
            if got != 'n' && !(inside == '.' && got == '.') {
                let (role, status, code) = (ROLES[*column], answer.status, answer.code().to_owned());
                wrong.push(format!(
                    "{} {path} as another {role}: {status} {code}",
                    row.method
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lists_and_searches_show_nothing_of_another_tenant() {
    let house = House::open();
    let world = World::build(&house);
    for (_, person) in &world.outsiders {
        for path in [
            "/trips",
            "/trips?stage=expected",
            "/trips?stage=problem",
            "/documents",
            "/routes",
            "/alarms",
            "/messages",
            "/obligations",
        ] {
            let answer = person.get(path).done();
            assert_eq!(answer.json["items"], json!([]), "{path}");
        }
        assert_eq!(person.get("/search?q=CSQU3054383").json, json!([]));
        assert_eq!(person.get("/search?q=H1234AB").json, json!([]));
        assert_eq!(person.get("/work-list").json["expected"], 0);
    }
    let user = &world.insiders[6];
    assert_eq!(user.get("/search?q=csqu%20305").json[0]["label"], "CSQU3054383");
    let by_plate = user.get("/search?q=h1234ab").json;
    assert_eq!(
        by_plate.as_array().map(Vec::len),
        Some(2),
        "both trips have that plate: {by_plate}"
    );
}

/// The table names every route there is.
#[test]
fn the_table_names_every_route_there_is() {
    let document: Value = serde_json::from_str(&api_document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let known: std::collections::BTreeSet<(String, String)> = table()
        .iter()
        .map(|row| (row.method.to_lowercase(), shape(row.path)))
        .collect();
    // Signing in and out, joining, streams and files have stories of their own.
    let elsewhere = [
        ("post", "/session"),
        ("delete", "/session"),
        ("get", "/settings"),
        ("post", "/invitations/accept"),
        ("get", "/live"),
        ("get", "/live/snapshot"),
        ("put", "/live/*/viewport"),
        ("post", "/scans"),
        ("get", "/documents/*/scan"),
        ("patch", "/uploads/*"),
        ("delete", "/uploads/*"),
        ("delete", "/tokens/*"),
        ("post", "/intake/tive/*"),
    ];
    let mut missing = Vec::new();
    for (path, methods) in paths {
        for method in methods
            .as_object()
            .expect("methods")
            .keys()
            .filter(|key| *key != "parameters")
        {
            let route = (method.clone(), shape(path));
            let told = elsewhere
                .iter()
                .any(|(method, path)| route.0 == *method && route.1 == *path);
            if !known.contains(&route) && !told {
                missing.push(route);
            }
        }
    }
    assert_eq!(missing, []);
}

fn api_document() -> String {
    segel_server::api::openapi_json()
}

/// A path with every number and name left open.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let part = |part: &str| {
        if part.starts_with('{') || part == "999" {
            "*".to_owned()
        } else {
            part.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
