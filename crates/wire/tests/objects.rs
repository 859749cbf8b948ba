//! What other platforms post: bodies of our own, made by hand, and what each of their objects is read as; and how a TeraTrack
//! forwarder is spoken with.
#![allow(clippy::unwrap_used, reason = "a body that cannot be read fails its test")]

mod talk;

use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};
use segel_model::{ServerTime, report::Protocol};
use segel_wire::{
    Profile, decode_of,
    objects::body::{Item, NoBody, read},
};
use serde_json::{Value, json};

/// 2026-02-03T09:30:00Z.
const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

fn items(protocol: Protocol, body: &Value) -> Vec<Item> {
    read(protocol, body.to_string().as_bytes(), NOW, 100).expect("JSON")
}

/// A report that is whole.
fn whole() -> Value {
    json!({
        "device": "TRK-000042", "time": "2026-02-03T09:29:55Z",
        "fix": {"lat": -6.96856, "lon": 110.42387, "source": "gnss", "accuracy_m": 5},
        "battery": {"percent": 87}, "lock": {"rope": true, "motor": true}, "signals": ["vibration"],
        "cell": {"cid": 7}, "serial": 17, "extra": {"temperature_c": 24.5}
    })
}

/// What is wrong with a report in which one value is another; where there is none, what it is.
fn fault(pointer: &str, value: Value) -> String {
    let mut report = whole();
    let (object, name) = pointer.rsplit_once('/').unwrap();
    report.pointer_mut(object).unwrap()[name] = value;
    fault_of(&report)
}

fn fault_without(name: &str) -> String {
    let mut report = whole();
    report.as_object_mut().unwrap().remove(name);
    fault_of(&report)
}

fn fault_of(report: &Value) -> String {
    match &items(Protocol::Open, report)[0].said {
        Ok(said) => format!("read as {:?}", said.reports[0].kind),
        Err(unread) => format!("{} {}", unread.what, unread.field),
    }
}

#[test]
fn a_report_is_refused_with_the_name_of_the_value_that_is_wrong() {
    assert_eq!(fault_of(&whole()), "read as Record");
    for (pointer, value, said) in [
        ("/device", json!(42), "wrong_type device"),
        ("/device", json!(""), "no_such_device_id device"),
        ("/device", json!("a b"), "no_such_device_id device"),
        ("/device", Value::Null, "missing device"),
        ("/time", json!(1_770_110_995), "wrong_type time"),
        ("/time", json!("yesterday"), "no_such_time time"),
        ("/time", json!("2026-02-30T09:29:55Z"), "no_such_time time"),
        ("/time", json!("1960-01-01T00:00:00Z"), "no_such_time time"),
        ("/kind", json!("letter"), "unknown_word kind"),
        ("/kind", json!("sub_seal"), "missing sublock"),
        ("/backfill", json!("yes"), "wrong_type backfill"),
        ("/fix", json!([-6.9, 110.4]), "wrong_type fix"),
        ("/fix/lat", json!("-6.9"), "wrong_type fix.lat"),
        ("/fix/lat", json!(-90.1), "out_of_range fix.lat"),
        ("/fix/lon", json!(180.1), "out_of_range fix.lon"),
        ("/fix/lon", Value::Null, "missing fix.lon"),
        ("/fix/source", Value::Null, "missing fix.source"),
        ("/fix/source", json!("gps"), "unknown_word fix.source"),
        ("/fix/speed_kmh", json!(-1), "out_of_range fix.speed_kmh"),
        ("/fix/course_deg", json!(361), "out_of_range fix.course_deg"),
        ("/fix/satellites", json!(9.5), "out_of_range fix.satellites"),
        ("/fix/accuracy", json!(5), "unknown_field fix.accuracy"),
        ("/battery", json!(87), "wrong_type battery"),
        ("/battery/percent", json!(101), "out_of_range battery.percent"),
        ("/battery/percent", json!(-1), "out_of_range battery.percent"),
        ("/battery/percent", json!("87"), "wrong_type battery.percent"),
        ("/lock/rope", json!(1), "wrong_type lock.rope"),
        ("/signals", json!("rope_cut"), "wrong_type signals"),
        ("/signals", json!(["rope_cutt"]), "unknown_word signals[0]"),
        ("/signals", json!(["vibration", 7]), "wrong_type signals[1]"),
        ("/signals", json!(["unsealed"]), "no_such_particulars signals[0]"),
        (
            "/signals",
            json!([{"signal": "unsealed", "by": "magic"}]),
            "no_such_particulars signals[0]",
        ),
        (
            "/signals",
            json!([{"signal": "rope_cut", "by": "card"}]),
            "no_such_particulars signals[0]",
        ),
        ("/signals", json!(["vibration"]), "read as Record"),
        (
            "/signals",
            Value::Array(vec![json!("vibration"); 33]),
            "too_many signals",
        ),
        ("/cell/cid", Value::Null, "missing cell.cid"),
        ("/cell/mcc", json!(1000), "out_of_range cell.mcc"),
        ("/serial", json!(4_294_967_296_u64), "out_of_range serial"),
        ("/sublock", json!(""), "no_such_device_id sublock"),
        ("/sublock", json!("685304"), "read as SubSeal"),
        ("/extra", json!([1]), "wrong_type extra"),
        ("/extra/inside", json!({"a": 1}), "no_single_value extra.inside"),
        (
            "/extra/long",
            json!("x".repeat(129)),
            "no_single_value extra.long",
        ),
        ("/sginals", json!(["rope_cut"]), "unknown_field sginals"),
    ] {
        assert_eq!(fault(pointer, value.clone()), said, "{pointer} {value}");
    }
    assert_eq!(fault_of(&json!(7)), "wrong_type ");
    assert_eq!(fault_of(&json!("text")), "wrong_type ");
}

/// A report that says nothing of its time or place is one whose sender forgot them; one that says null knows that it has none.
#[test]
fn time_and_place_must_be_said_if_only_that_there_are_none() {
    assert_eq!(fault_without("time"), "missing time");
    assert_eq!(fault_without("fix"), "missing fix");
    assert_eq!(fault("/time", Value::Null), "read as Record");
    assert_eq!(fault("/fix", Value::Null), "read as Record");
    for name in ["battery", "lock", "signals", "cell", "serial", "extra"] {
        assert_eq!(fault_without(name), "read as Record", "{name}");
    }
}

#[test]
fn a_time_has_its_zone_and_lies_at_most_ten_minutes_ahead() {
    for (time, said) in [
        ("2026-02-03T16:29:55+07:00", "read as Record"),
        ("2026-02-03T09:29:55", "no_such_time time"),
        ("2026-02-03 09:29:55", "no_such_time time"),
        ("2026-02-03T09:40:00Z", "read as Record"),
        ("2026-02-03T09:40:00.001Z", "time_in_future time"),
        ("2026-02-03T16:29:55Z", "time_in_future time"),
    ] {
        assert_eq!(fault("/time", json!(time)), said, "{time}");
    }
}

#[test]
fn half_a_bad_batch_is_read_and_each_object_keeps_its_own_bytes() {
    let body = br#" [ {"device":"A","time":null,"fix":null} ,7, {"device":"B"} ,
        {"device":"C","time":null,"fix":null,"extra":{"note":"]},{"}} ] "#;
    let items = read(Protocol::Open, body, NOW, 4).unwrap();
    let told: Vec<String> = items
        .iter()
        .map(|item| {
            let raw = std::str::from_utf8(&item.raw).unwrap();
            match &item.said {
                Ok(said) => format!("{} of {raw}", said.reports[0].device),
                Err(unread) => format!("{} {} of {raw}", unread.what, unread.field),
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"A of {"device":"A","time":null,"fix":null}"#,
            "wrong_type  of 7",
            r#"missing time of {"device":"B"}"#,
            r#"C of {"device":"C","time":null,"fix":null,"extra":{"note":"]},{"}}"#,
        ]
    );
}

#[test]
fn a_body_that_is_no_json_or_too_much_is_not_read_at_all() {
    let of = |body: &str| read(Protocol::Open, body.as_bytes(), NOW, 2).map(|items| items.len());
    assert_eq!(of("[{},{}]"), Ok(2));
    assert_eq!(of("[{},{},{}]"), Err(NoBody::TooMany(3)));
    assert_eq!(of("[]"), Err(NoBody::Empty));
    assert_eq!(of(""), Err(NoBody::NotJson { line: 1, column: 0 }));
    assert_eq!(of("[{\n},{]"), Err(NoBody::NotJson { line: 2, column: 4 }));
    assert_eq!(of("{} {}"), Err(NoBody::NotJson { line: 1, column: 4 }));
    let seals = read(Protocol::Jointech, b"{}", NOW, 2);
    assert_eq!(seals.map(|items| items.len()), Err(NoBody::NotPosted));
}

#[test]
fn an_object_that_could_not_be_read_again_is_refused() {
    let note = |bytes: usize| json!({"device": "A", "time": null, "fix": null, "note": "x".repeat(bytes)});
    let of = |bytes| {
        items(Protocol::Open, &note(bytes))[0]
            .said
            .clone()
            .unwrap_err()
            .what
    };
    assert_eq!(of(100), "unknown_field");
    assert_eq!(of(31 * 1024), "object_too_long");
}

/// Law 4: what is kept is kept "byte for byte with what is needed to read them again".
#[test]
fn what_is_kept_of_each_shape_reads_again_as_it_did() {
    let tera = json!({"MDeviceID": "A", "DateTime": "2026-02-03 09:29:55", "Slave": [{"SDeviceId": "1", "SLockRope": "1"}, {"SDeviceId": "2", "STimeOut": "1"}]});
    let location =
        json!({"coords": {"latitude": -6.9, "longitude": 110.4}, "timestamp": "2026-02-03T09:29:55Z"});
    for (protocol, body, reports) in [
        (Protocol::Open, json!([whole(), whole()]), 2),
        (
            Protocol::Flespi,
            json!([{"ident": "A", "timestamp": 1_770_110_995}]),
            1,
        ),
        (Protocol::Teratrack, json!([tera]), 3),
        (
            Protocol::Tive,
            json!({"DeviceId": "A", "EntryTimeEpoch": 1_770_110_995_000_i64}),
            1,
        ),
        (
            Protocol::Osmand,
            json!({"device_id": "A", "location": [location, location]}),
            2,
        ),
    ] {
        let mut read = 0;
        for item in items(protocol, &body) {
            let said = item.said.expect("it is read");
            let device = said.reports[0].device.clone();
            let again = decode_of(&device, protocol, Profile::ANY, NOW, &item.raw);
            assert_eq!(again.reports, said.reports, "{protocol:?}");
            read += said.reports.len();
        }
        assert_eq!(read, reports, "{protocol:?}");
    }
}

fn check(story: &str, expected: Expect) {
    talk::check(Protocol::Teratrack, Profile::ANY, story, expected);
}

/// Handbook 9: "answer `{01}` if MessageAck = "1""; nothing before the reports are durable, the smaller seals' too.
#[test]
fn an_object_that_asks_is_answered_once_when_all_of_it_is_durable() {
    check(
        r#"00:00 says {"MDeviceID":"007100000042","MessageAck":"1","LockCutOff":"1","Slave":[{"SDeviceId":"685304","STimeOut":"1"}]}
           00:01 tick
           00:02 durable
           00:03 durable
           00:04 says {"MDeviceID":"007100000042","MessageAck":"0"}{"MDeviceID":"007100000043","MessageAck":"1"}
           00:05 durable"#,
        expect![[r#"
            00:00 report Record of 007100000042 rope_cut
            00:00 report SubSeal of 685304 sublock_lost
            00:02 sends {01}
            00:04 report Record of 007100000042
            00:04 report Record of 007100000043
            00:05 sends {01}
        "#]],
    );
}

#[test]
fn an_object_in_drips_is_one_and_what_is_none_is_passed_over() {
    check(
        r#"00:00 drips {"MDeviceID":"007100000042","CardNo":"}{"}
           00:01 says nonsense{"IMEI":"1"}{"MDeviceID":"007100000042"}
           00:02 cuts {"MDeviceID":"0071
           01:03 tick"#,
        expect![[r#"
            00:00 report Record of 007100000042
            00:01 oddity garbage of 8 bytes at 44
            00:01 oddity not_a_device_id of 12 bytes at 52
            00:01 report Record of 007100000042
            01:03 oddity frame_not_finished of 18 bytes at 94
        "#]],
    );
}

/// Nothing can be said to the forwarder.
#[test]
fn orders_are_refused_at_once() {
    check(
        "00:00 order unlock 888888",
        expect![[r#"
            00:00 not spoken: another platform passes on what this seal says and takes no orders for it
        "#]],
    );
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let object = prop_oneof![
        Just(br#"{"MDeviceID":"007100000042","MessageAck":"1","Index":"7"}"#.to_vec()),
        Just(br#"{"MDeviceID":"007100000043","CardNo":"}\"{","Slave":[{"SDeviceId":"1"}]}"#.to_vec()),
        Just(br#"{"IMEI":"1"}"#.to_vec()),
        Just(b"[ ,\r\n]".to_vec()),
        vec(any::<u8>(), 0..20),
    ];
    vec(object, 0..8).prop_map(|objects| objects.concat())
}

proptest! {
    #[test]
    fn cuts_change_nothing_that_a_forwarder_says(
        bytes in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk::hear(Protocol::Teratrack, &[&bytes]);
        prop_assert_eq!(talk::hear(Protocol::Teratrack, &talk::cut(&bytes, &cuts)), whole);
    }
}
