//! Seals over datagrams: each holds whole frames, and has nothing to do with the one before.

use segel_model::{OrderId, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{Dialect, Limits, Output, Profile, Session, Transport};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);

const QUECLINK: &[u8] = b"+RESP:GTFRI,1A0102,860599000000042,box,0,0,1,1,42.0,90,15.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141,00,87,20260203093020,11F0$";

fn session(protocol: Protocol, dialect: Dialect) -> Session {
    Session::over(
        Transport::Datagrams,
        protocol,
        Profile::of(dialect),
        Limits::default(),
    )
}

/// What came of a datagram, everything durable at once, a line each.
fn heard(session: &mut Session, datagram: &[u8]) -> Vec<String> {
    let mut said = Vec::new();
    session.receive(NOW, datagram);
    while let Some(output) = session.poll() {
        said.push(match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, NOW);
                format!("report of {}", reported.report.device)
            }
            Output::Transmit(bytes) => format!("sends {}", bytes.escape_ascii()),
            Output::Oddity(oddity) => format!("oddity {}", oddity.what),
            Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
            Output::Learned(secret) => format!("learned {secret:?}"),
            Output::Close(reason) => format!("closes {reason:?}"),
        });
    }
    said
}

/// Codec 8, one record: its time, a place on the road of Semarang, nine satellites, no values.
fn teltonika() -> Vec<u8> {
    let mut bytes = vec![0, 54, 0xCA, 0xFE, 1, 5, 0, 15];
    bytes.extend(b"356307042441013");
    bytes.extend([8, 1, 0, 0, 0x01, 0x9C, 0x22, 0xC3, 0x51, 0x40, 0]);
    bytes.extend([
        0x41, 0xD1, 0x29, 0x90, 0xFB, 0xD8, 0xB2, 0x40, 0, 12, 0, 90, 9, 0, 37,
    ]);
    bytes.extend([0, 0, 0, 0, 0, 0, 1]);
    bytes
}

#[test]
fn every_whole_frame_of_a_datagram_is_heard_and_answered_on_its_own() {
    let mut unit = session(Protocol::Queclink, Dialect::QueclinkSack);
    let two = [QUECLINK, b"\r\n", QUECLINK].concat();
    assert_eq!(
        heard(&mut unit, &two),
        [
            "report of 860599000000042",
            "report of 860599000000042",
            "sends +SACK:11F0$",
            "sends +SACK:11F0$"
        ]
    );
    let mut unit = session(Protocol::Teltonika, Dialect::Any);
    assert_eq!(
        heard(&mut unit, &teltonika()),
        [
            "report of 356307042441013",
            "sends \\x00\\x05\\xca\\xfe\\x01\\x05\\x01"
        ]
    );
}

/// The rest of a frame never comes: what the next datagram begins with is not its end.
#[test]
fn a_datagram_that_is_cut_says_nothing_and_swallows_nothing() {
    let mut unit = session(Protocol::Queclink, Dialect::QueclinkSack);
    assert_eq!(heard(&mut unit, &QUECLINK[..40]), ["oddity frame_not_finished"]);
    assert_eq!(unit.next_deadline(), None, "nothing is waited for");
    assert_eq!(heard(&mut unit, &QUECLINK[40..]), ["oddity garbage"]);
    assert_eq!(
        heard(&mut unit, QUECLINK),
        ["report of 860599000000042", "sends +SACK:11F0$"]
    );
}

#[test]
fn an_order_goes_out_where_the_language_has_words_for_it_over_datagrams() {
    let every_minute = SealCommand::Interval {
        awake_s: 60,
        asleep_s: 60,
    };
    let mut unit = session(Protocol::Queclink, Dialect::Any);
    heard(&mut unit, QUECLINK);
    assert!(unit.takes(&every_minute, NOW));
    unit.send(OrderId(7), &every_minute, NOW).expect("it is spoken");
    assert_eq!(
        heard(
            &mut unit,
            b"+ACK:GTFRI,1A0102,860599000000042,,0007,20260203093015,11F1$"
        ),
        [
            "sends AT+GTFRI=gl300,1,,,,,,60,60,,,,,,,,,,,,0007$",
            "report of 860599000000042",
            "order 7 ends Done"
        ]
    );
    let mut unit = session(Protocol::Teltonika, Dialect::Fmb);
    heard(&mut unit, &teltonika());
    assert!(
        unit.takes(&every_minute, NOW),
        "it is refused at once, and not put off"
    );
    let refused = unit
        .send(OrderId(8), &every_minute, NOW)
        .expect_err("no public words");
    assert!(refused.why.contains("TCP"), "{}", refused.why);
}

#[test]
fn four_languages_are_spoken_over_datagrams_and_a_cloud_over_no_plain_stream() {
    let over = |transport: Transport| {
        let all = Protocol::ALL.into_iter();
        all.filter(|protocol| transport.carries(*protocol))
            .map(Protocol::name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        over(Transport::Datagrams),
        ["queclink", "teltonika", "meitrack", "jt808"]
    );
    assert!(!over(Transport::Stream).contains(&"jointech_cloud"));
}
