//! Signing in, staying in, being shut out; and asking twice.

mod people;

use people::{House, PASSWORD, Person, document, office, organisation};
use segel_model::ServerTime;
use segel_server::clock::Hand;
use serde_json::{Value, json};

const START: ServerTime = ServerTime::from_unix_ms(1_795_500_000_000);
const TEN_HOURS_MS: i64 = 10 * 3_600_000;

fn wrong(house: &House, login: &str, password: &str) -> people::Answer {
    house
        .stranger()
        .post("/session", json!({"login": login, "password": password}))
}

#[test]
fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let house = House::open();
    house.join(&house.customs_code, "sari");
    let answer = house
        .stranger()
        .post("/session", json!({"login": "SARI", "password": PASSWORD}));
    let cookie = answer.header("set-cookie");
    assert_eq!(answer.status, 200);
    for word in ["segel_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this door has no TLS");
}

#[test]
fn an_unknown_name_and_a_wrong_password_are_answered_alike() {
    let house = House::open();
    house.join(&house.customs_code, "sari");
    let (unknown, known) = (wrong(&house, "nobody", "x"), wrong(&house, "sari", "x"));
    let told = |answer: &people::Answer| {
        (
            answer.status,
            answer.code().to_owned(),
            answer.json["detail"].clone(),
            answer.header("set-cookie").to_owned(),
        )
    };
    assert_eq!(told(&unknown), told(&known));
    assert_eq!((known.status, known.code()), (401, "wrong_credentials"));
}

#[test]
fn an_account_is_tried_eight_times_and_then_waits_even_with_the_right_password() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    house.join(&house.customs_code, "sari");
    for _ in 0..8 {
        assert_eq!(wrong(&house, "sari", "x").status, 401);
    }
    let held = wrong(&house, "sari", PASSWORD);
    assert_eq!((held.status, held.header("retry-after")), (429, "30"));
    hand.pass_ms(30_000);
    assert_eq!(wrong(&house, "sari", PASSWORD).status, 200);
}

#[test]
fn a_change_without_the_csrf_word_is_refused_and_a_read_needs_none() {
    let house = House::open();
    let sari = house.join(&house.customs_code, "sari");
    let cookie = [("cookie", sari.cookie.as_str())];
    assert_eq!(sari.send("GET", "/session", Vec::new(), &cookie).status, 200);
    let body = || {
        json!({"name": "PT Baru", "kind": "carrier"})
            .to_string()
            .into_bytes()
    };
    let without = sari.send("POST", "/organisations", body(), &cookie);
    assert_eq!((without.status, without.code()), (403, "csrf"));
    let other = [("cookie", sari.cookie.as_str()), ("x-csrf-token", "00")];
    assert_eq!(sari.send("POST", "/organisations", body(), &other).code(), "csrf");
    assert_eq!(
        sari.send("DELETE", "/session", Vec::new(), &cookie).code(),
        "csrf"
    );
    assert_eq!(
        sari.post("/organisations", json!({"name": "PT Baru", "kind": "carrier"}))
            .status,
        200
    );
}

#[test]
fn a_session_ends_after_twelve_idle_hours_and_use_keeps_it() {
    let hand = Hand::at(START);
    let house = House::open_at(&hand);
    let sari = house.join(&house.customs_code, "sari");
    hand.pass_ms(TEN_HOURS_MS);
    assert_eq!(sari.get("/session").status, 200);
    hand.pass_ms(12 * 3_600_000 - 1);
    assert_eq!(sari.get("/session").status, 200, "ten hours later it was used");
    hand.pass_ms(12 * 3_600_000);
    assert_eq!(
        (
            sari.get("/session").status,
            sari.get("/session").code().to_owned()
        ),
        (401, "not_signed_in".into())
    );
}

#[test]
fn signing_out_ends_the_session_everywhere() {
    let house = House::open();
    let sari = house.join(&house.customs_code, "sari");
    let phone = house.sign_in("sari");
    assert_eq!(sari.call("DELETE", "/session", Vec::new(), &[]).status, 204);
    assert_eq!(sari.get("/session").status, 401);
    assert_eq!(
        phone.get("/session").status,
        200,
        "another session is another session"
    );
}

#[test]
fn who_is_shut_out_is_out_with_sessions_tokens_and_password() {
    let house = House::open();
    let sari = house.join(&house.customs_code, "sari");
    let budi = sari.brings("budi", "customs_officer", office("060100"));
    let token = budi.post("/tokens", json!({"label": "mesin"})).done().json["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let bearer = format!("Bearer {token}");
    let machine = |path: &str| budi.send("GET", path, Vec::new(), &[("authorization", &bearer)]);
    assert_eq!(
        machine("/trips").status,
        200,
        "a machine needs no csrf word and no cookie"
    );
    sari.post(
        &format!("/people/{}/disable", budi.id),
        json!({"reason": "pindah tugas"}),
    )
    .done();
    assert_eq!(budi.get("/session").status, 401);
    assert_eq!(machine("/trips").status, 401);
    assert_eq!(wrong(&house, "budi", PASSWORD).status, 401);
}

#[test]
fn a_token_acts_as_its_person_until_it_is_taken_back() {
    let house = House::open();
    let admin = house.join(&house.provider_code, "admin");
    let issued = admin.post("/tokens", json!({"label": "TMS"})).done();
    let bearer = format!("Bearer {}", issued.json["token"].as_str().expect("a token"));
    let headers = [("authorization", bearer.as_str())];
    let seal = json!({"protocol": "osmand", "device": "1", "label": "A", "profile": "any"}).to_string();
    assert_eq!(
        admin.send("POST", "/seals", seal.into_bytes(), &headers).status,
        200
    );
    assert!(
        admin.get("/tokens").bytes.windows(5).all(|word| word != b"segel"),
        "its text is shown once"
    );
    admin
        .call("DELETE", &format!("/tokens/{}", issued.id()), Vec::new(), &[])
        .done();
    assert_eq!(admin.send("GET", "/seals", Vec::new(), &headers).status, 401);
    assert_eq!(
        admin
            .send(
                "GET",
                "/seals",
                Vec::new(),
                &[("authorization", "Bearer segel_1_00")]
            )
            .status,
        401
    );
}

#[test]
fn an_invitation_is_used_once_and_two_people_never_have_one_name() {
    let house = House::open();
    let sari = house.join(&house.customs_code, "sari");
    let join = |code: &str, login: &str, password: &str| {
        house.stranger().post(
            "/invitations/accept",
            json!({"code": code, "login": login, "password": password, "name": "X Y"}),
        )
    };
    assert_eq!(join(&house.customs_code, "other", PASSWORD).status, 404, "used");
    let invite = || {
        let body = json!({"role": "customs_officer", "belongs": office("060100")});
        sari.post("/invitations", body).done().json["code"]
            .as_str()
            .expect("a code")
            .to_owned()
    };
    let code = invite();
    let taken = join(&code, "Sari", PASSWORD);
    assert_eq!(
        (taken.status, &taken.json["fields"][0]["field"]),
        (400, &json!("login"))
    );
    assert_eq!(
        join(&code, "budi", "short").json["fields"][0]["field"],
        "password"
    );
    assert_eq!(
        join(&code.to_lowercase().replace('-', " "), "budi", PASSWORD).status,
        200,
        "however it is typed"
    );
    assert_eq!(join("AAAA-BBBB-CCCC-DDDD", "nobody", PASSWORD).status, 404);
    let states: Vec<Value> = sari.get("/invitations").done().json["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["state"].clone())
        .collect();
    assert!(
        states.contains(&json!("used")) && states.contains(&json!("open")),
        "{states:?}"
    );
}

fn user(house: &House) -> Person<'_> {
    let sari = house.join(&house.customs_code, "sari");
    let firm = sari
        .post("/organisations", json!({"name": "PT Impor", "kind": "importer"}))
        .id();
    sari.brings("user", "service_user", organisation(firm))
}

#[test]
fn asking_twice_under_one_key_is_done_once_and_answered_alike() {
    let house = House::open();
    let user = user(&house);
    let body = document(None, "016805", "CSQU3054383");
    let first = user.post_as("/documents", body.clone(), "wish-1");
    let again = user.post_as("/documents", body, "wish-1");
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.json, again.json);
    assert_eq!(
        user.get("/documents").json["items"].as_array().map(Vec::len),
        Some(1)
    );
    let other_wish = user.post_as("/documents", document(None, "016806", "TEMU6079348"), "wish-1");
    assert_eq!(other_wish.code(), "idempotency_key_used");
    let next = user.post_as("/documents", document(None, "016806", "TEMU6079348"), "wish-2");
    assert_eq!(next.id(), first.id() + 1);
}

#[test]
fn a_repeated_invitation_shows_the_same_code() {
    let house = House::open();
    let sari = house.join(&house.customs_code, "sari");
    let body = json!({"role": "customs_officer", "belongs": office("060100")});
    let first = sari.post_as("/invitations", body.clone(), "wish-1").done();
    // The time until which it holds is asked of the clock anew; the code and the entry are the first one's.
    let again = sari.post_as("/invitations", body, "wish-1").done();
    assert_eq!(
        (&first.json["code"], &first.json["seq"]),
        (&again.json["code"], &again.json["seq"])
    );
}

#[test]
fn what_is_malformed_is_said_by_field_and_with_a_number_to_quote() {
    let house = House::open();
    let user = user(&house);
    let wrong = user.post("/documents", document(None, "1", "CSQX3054383"));
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.header("content-type"), "application/problem+json");
    assert_eq!(wrong.json["fields"][0]["field"], "lines[0].container");
    assert_eq!(
        wrong.json["request_id"].as_str(),
        Some(wrong.header("x-request-id"))
    );
    let no_json = user.call("POST", "/documents", b"{".to_vec(), &[]);
    assert_eq!((no_json.status, no_json.code()), (400, "malformed"));
    let too_large = user.call("POST", "/documents", vec![b' '; (2 << 20) + 1], &[]);
    assert_eq!((too_large.status, too_large.code()), (413, "too_large"));
    assert_eq!(user.get("/no-such-thing").code(), "not_found");
    assert_eq!(
        user.call("PUT", "/documents", Vec::new(), &[]).code(),
        "wrong_method"
    );
}

#[test]
fn every_answer_carries_its_security_headers() {
    let house = House::open();
    let answer = house.stranger().get("/settings");
    assert!(
        answer
            .header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json["languages"], json!(["id", "en"]));
    assert_eq!(
        answer.json["demo_cards"],
        json!([]),
        "cards are for a demonstration only"
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let house = House::open();
    let user = user(&house);
    for number in 0..7 {
        user.post("/documents", document(None, &number.to_string(), "CSQU3054383"))
            .done();
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = user.get(&format!("/documents?limit=3{cursor}")).done().json;
        seen.extend(
            page["items"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["number"].as_str().unwrap_or("").to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    assert_eq!(user.get("/documents?cursor=x").status, 400);
}

/// How many codes a network may try at once as it is counted for a client that says it is another one each time.
fn tries(house: &House, forwarded: impl Fn(usize) -> String) -> usize {
    let stranger = house.stranger();
    let tries = |number: usize| {
        let body =
            json!({"code": format!("AAAA-{number:04}"), "login": "siapa", "password": "x", "name": "x"});
        let forwarded = forwarded(number);
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", forwarded.as_str()),
        ];
        let answer = stranger.send(
            "POST",
            "/invitations/accept",
            body.to_string().into_bytes(),
            &headers,
        );
        answer.status
    };
    (0..103).map(tries).take_while(|status| *status != 429).count()
}

/// Who stands behind a proxy is counted by what the proxy says; who only says that they do is counted as themselves.
#[test]
fn a_client_is_who_a_named_proxy_says_and_never_who_the_client_says() {
    let somebody_else = |number: usize| format!("10.{}.{}.1", number / 250, number % 250);
    // No try comes back while the test runs.
    let hand = Hand::at(ServerTime::from_unix_ms(1_795_500_000_000));
    let alone = House::open_at(&hand);
    assert_eq!(
        tries(&alone, somebody_else),
        100,
        "a header of its own buys a client nothing"
    );

    let proxies = segel_server::proxies::Proxies {
        trusted: vec!["127.0.0.1".parse().expect("an address")],
        ..Default::default()
    };
    let behind = House::open_behind(proxies, &hand);
    assert_eq!(
        tries(&behind, somebody_else),
        103,
        "each of the proxy's clients for itself"
    );
    assert_eq!(
        tries(&behind, |number| format!("9.9.9.{number}, 203.0.113.7")),
        100,
        "one client, whatever it invents"
    );
}
