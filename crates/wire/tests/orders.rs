//! Orders of each language: the bytes that go out, built by hand after the makers' documents, and which answer ends them how.
#![allow(clippy::unwrap_used, reason = "a frame that cannot be read fails its test")]

use segel_model::{
    OrderId, ServerTime,
    order::{Fence, FenceShape, FenceSort, Outcome, PlaceE6, SealCommand},
    report::Protocol,
};
use segel_wire::{Limits, Output, Profile, Session};

/// 2026-02-03T09:30:00Z.
const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

/// A seal that has said who it is, with an order on its way.
struct Told {
    session: Session,
    sent: Vec<u8>,
}

impl Told {
    fn new(protocol: Protocol, profile: &str, greeting: &[u8], order: &SealCommand) -> Self {
        let profile = Profile::from_text(profile).unwrap();
        let mut session = Session::new(protocol, profile, Limits::default());
        assert_eq!(session.speaks(order), Ok(()));
        session.receive(NOW, greeting);
        // A Teltonika unit takes any byte before the answer to its log-in for that answer.
        let welcomes = protocol == Protocol::Teltonika;
        while let Some(output) = session.poll() {
            if let Output::Report(reported) = output
                && welcomes
            {
                session.acknowledge(reported.token, NOW);
            }
        }
        assert!(session.takes(order, NOW));
        session.send(OrderId(1), order, NOW).unwrap();
        let mut sent = Vec::new();
        while let Some(output) = session.poll() {
            if let Output::Transmit(bytes) = output {
                sent.extend(bytes);
            }
        }
        Self { session, sent }
    }

    /// How the order ends by these bytes, if it ends.
    fn hears(&mut self, bytes: &[u8]) -> Option<Outcome> {
        self.session.receive(NOW, bytes);
        let mut ended = None;
        while let Some(output) = self.session.poll() {
            if let Output::Answered(id, outcome) = output {
                assert_eq!(id, OrderId(1));
                ended = Some(outcome);
            }
        }
        ended
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn is_refused(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Refused { .. }))
}

fn corner(lat: i32, lon: i32) -> PlaceE6 {
    PlaceE6 { lat, lon }
}

fn fence(number: u8, shape: FenceShape) -> SealCommand {
    SealCommand::Fence(Fence { number, shape })
}

mod jointech {
    use super::*;

    fn told(order: &SealCommand) -> Told {
        Told::new(Protocol::Jointech, "jt701d", b"(7100000042,@JT)", order)
    }

    /// Manual, P15: "(P15)", answered "(8130630001,P15)".
    #[test]
    fn a_restart_is_p15() {
        let mut told = told(&SealCommand::Restart);
        assert_eq!(told.sent, b"(P15)");
        assert_eq!(told.hears(b"(7100000042,@JT)"), None);
        assert_eq!(told.hears(b"(7100000042,P15)"), Some(Outcome::Done));
    }

    /// Manual, P24, P29, P31: a name, corners with longitude first, and that no more come.
    #[test]
    fn a_fence_is_three_commands_ended_by_the_last_answer() {
        let corners = [
            (-6_950_000, 110_420_000),
            (-6_950_000, 110_430_000),
            (-6_960_000, 110_430_000),
        ];
        let ring = corners.map(|(lat, lon)| corner(lat, lon));
        let mut told = told(&fence(3, FenceShape::Polygon(ring.into())));
        let words = "(P24,1,3,1,segel)(P29,1,3,1,3,11025.2,-657,11025.8,-657,11025.8,-657.6)(P31)";
        assert_eq!(String::from_utf8_lossy(&told.sent), words);
        assert_eq!(told.hears(b"(7100000042,P24,3,1,segel)"), None);
        assert_eq!(told.hears(b"(7100000042,P29,3,1,3)"), None);
        assert_eq!(told.hears(b"(7100000042,P31)"), Some(Outcome::Done));
    }

    /// Manual, P30: "(P30,3)", answered "(8130630001,P30,1)".
    #[test]
    fn a_fence_is_deleted_by_its_number_whatever_its_sort() {
        let clear = SealCommand::ClearFence {
            number: 3,
            sort: FenceSort::Circle,
        };
        let mut first = told(&clear);
        assert_eq!(first.sent, b"(P30,3)");
        assert_eq!(first.hears(b"(7100000042,P30,1)"), Some(Outcome::Done));
        assert!(is_refused(told(&clear).hears(b"(7100000042,P30,0)")));
    }

    /// Handbook of protocols, 1.6: "There is no position now over TCP".
    #[test]
    fn it_cannot_be_asked_where_it_is_nor_told_to_lock() {
        let session = Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
        for order in [
            SealCommand::PositionNow,
            SealCommand::Lock,
            SealCommand::ConfirmAlarm,
        ] {
            assert!(session.speaks(&order).is_err());
        }
    }
}

mod gt06 {
    use super::*;

    fn told(order: &SealCommand) -> Told {
        let login = unhex("7878 0d 01 0866000000000017 0001 7bf5 0d0a");
        Told::new(Protocol::Gt06, "concox", &login, order)
    }

    /// Handbook of protocols, section 3: "`WHERE#`" in message 0x80; the answer repeats the flag.
    #[test]
    fn the_place_is_asked_by_where_and_told_in_words() {
        let mut told = told(&SealCommand::PositionNow);
        assert_eq!(
            told.sent,
            unhex("7878 10 80 0a 00000001 574845524523 0001 389f 0d0a")
        );
        let place = unhex(
            "7878 66 15 5e 00000001 43757272656e7420706f736974696f6e214c61743a53362e39352c4c6f6e3a453131302e34322c\
             436f757273653a302e30302c53706565643a302e30302c4461746554696d653a323032362d30322d30332030393a33303a3135 \
             0002 0002 f6a3 0d0a",
        );
        assert_eq!(told.hears(&place), Some(Outcome::Done));
    }

    #[test]
    fn words_instead_of_a_place_are_a_refusal() {
        let none = unhex("7878 14 15 0c 00000001 4e6f206461746121 0002 0002 d1fa 0d0a");
        assert!(is_refused(told(&SealCommand::PositionNow).hears(&none)));
    }

    #[test]
    fn a_restart_is_reset_and_the_seal_says_when() {
        let mut told = told(&SealCommand::Restart);
        assert_eq!(
            told.sent,
            unhex("7878 10 80 0a 00000001 524553455423 0001 807d 0d0a")
        );
        let will_restart = unhex(
            "7878 30 15 28 00000001 546865207465726d696e616c2077696c6c207265737461727420616674657220363073210002 \
             0002 24e4 0d0a",
        );
        assert_eq!(told.hears(&will_restart), Some(Outcome::Done));
    }
}

mod teltonika {
    use super::*;

    fn told(order: &SealCommand) -> Told {
        Told::new(Protocol::Teltonika, "fmb", b"\0\x0F356307042441013", order)
    }

    /// Codecs, codec 12: `getgps`; its answer tells latitude and longitude.
    #[test]
    fn the_place_is_asked_by_getgps() {
        let mut told = told(&SealCommand::PositionNow);
        let sent = unhex("00000000 0000000e 0c 01 05 00000006 676574677073 01 0000ccd7");
        assert_eq!(told.sent, sent);
        let inputs = unhex("00000000 00000013 0c 01 06 0000000b 4449313a31204449323a30 01 00005481");
        assert_eq!(told.hears(&inputs), None, "an answer to something else");
        let place = unhex(
            "00000000 00000046 0c 01 06 0000003e 4750533a31205361743a37204c61743a2d362e393530303030204c6f6e673a3131302e\
             34323030303020416c743a31322053706565643a30204469723a30 01 00006362",
        );
        assert_eq!(told.hears(&place), Some(Outcome::Done));
    }

    #[test]
    fn a_restart_is_cpureset() {
        let mut first = told(&SealCommand::Restart);
        let sent = unhex("00000000 00000010 0c 01 05 00000008 6370757265736574 01 00007a75");
        assert_eq!(first.sent, sent);
        let restarts =
            unhex("00000000 00000019 0c 01 06 00000011 4350552077696c6c206265207265736574 01 00003ab1");
        assert_eq!(first.hears(&restarts), Some(Outcome::Done));
        let unknown = unhex(
            "00000000 00000020 0c 01 06 00000018 5741524e494e473a20556e6b6e6f776e20636f6d6d616e64 01 000038bf",
        );
        assert!(is_refused(told(&SealCommand::Restart).hears(&unknown)));
    }
}

mod queclink {
    use super::*;

    const HEARTBEAT: &[u8] = b"+ACK:GTHBD,1A0102,860599000000042,,20260203093000,11F0$";

    /// Handbook of protocols, section 5: "`AT+GTRTO=pwd,1,,,,,,FFFF$` position now, `…,3,…` reboot"; the answer repeats the
    /// number.
    #[test]
    fn place_and_restart_are_gtrto() {
        for (order, words) in [
            (SealCommand::PositionNow, "AT+GTRTO=gl300,1,,,,,,0001$"),
            (SealCommand::Restart, "AT+GTRTO=gl300,3,,,,,,0001$"),
        ] {
            let mut told = Told::new(Protocol::Queclink, "any", HEARTBEAT, &order);
            assert_eq!(String::from_utf8_lossy(&told.sent), words);
            let other = b"+ACK:GTRTO,1A0102,860599000000042,,RTL,0002,20260203093015,11F1$";
            assert_eq!(told.hears(other), None, "another number");
            let ours = b"+ACK:GTRTO,1A0102,860599000000042,,RTL,0001,20260203093015,11F2$";
            assert_eq!(told.hears(ours), Some(Outcome::Done));
        }
    }
}

mod meitrack {
    use super::*;

    const PASSING: &[u8] = b"$$A144,356307042441013,AAA,35,-6.968467,110.422670,260203093000,A,9,24,37,90,0.8,12,15075,934591,510|10|0081|4F4F,0401,0000|0000|0000|018D|04CB,,*D9\r\n";
    const ASKED: &[u8] = b"$$A144,356307042441013,AAA,34,-6.968467,110.422670,260203093000,A,9,24,37,90,0.8,12,15075,934591,510|10|0081|4F4F,0401,0000|0000|0000|018D|04CB,,*D8\r\n";

    fn told(order: &SealCommand) -> Told {
        Told::new(Protocol::Meitrack, "any", PASSING, order)
    }

    /// Handbook of protocols, section 6: "A10 position"; the record that answers it has event 34.
    #[test]
    fn the_place_is_asked_by_a10_and_told_by_a_record() {
        let mut told = told(&SealCommand::PositionNow);
        assert_eq!(told.sent, b"@@A25,356307042441013,A10*47\r\n");
        assert_eq!(told.hears(PASSING), None, "a record of its own");
        assert_eq!(told.hears(ASKED), Some(Outcome::Done));
    }

    #[test]
    fn a_restart_is_f01() {
        let mut told = told(&SealCommand::Restart);
        assert_eq!(told.sent, b"@@A25,356307042441013,F01*4C\r\n");
        assert_eq!(told.hears(ASKED), None, "no answer to a restart");
        assert_eq!(
            told.hears(b"$$A28,356307042441013,F01,OK*DD\r\n"),
            Some(Outcome::Done)
        );
    }
}

mod jt808 {
    use super::*;

    fn told(profile: &str, order: &SealCommand) -> Told {
        let heartbeat = unhex("7e 0002 0000 013800138000 0001 a9 7e");
        Told::new(Protocol::Jt808, profile, &heartbeat, order)
    }

    /// The frame that goes out, and the general answers that it was done and that it is not known.
    #[track_caller]
    fn check(profile: &str, order: &SealCommand, sent: &str, done: &str, not_known: &str) {
        let mut first = told(profile, order);
        assert_eq!(first.sent, unhex(sent));
        assert_eq!(first.hears(&unhex(done)), Some(Outcome::Done));
        assert!(is_refused(told(profile, order).hears(&unhex(not_known))));
    }

    /// Handbook of protocols, 2.7: "0x8201 query position (empty) → 0x0201".
    #[test]
    fn the_place_is_asked_by_8201_and_told_by_0201() {
        let mut first = told("jt709", &SealCommand::PositionNow);
        assert_eq!(first.sent, unhex("7e 8201 0000 013800138000 0000 29 7e"));
        let place = unhex(
            "7e 0201 001e 013800138000 0003 0000 00000000 00000006 006a0c70 0694e020 0000 0000 0000 260203173015 e3 7e",
        );
        assert_eq!(first.hears(&place), Some(Outcome::Done));
        let not_known = unhex("7e 0001 0005 013800138000 0002 0000 8201 03 2c 7e");
        assert!(is_refused(
            told("jt709", &SealCommand::PositionNow).hears(&not_known)
        ));
    }

    #[test]
    fn a_restart_is_8105_with_the_word_four() {
        check(
            "bsj",
            &SealCommand::Restart,
            "7e 8105 0001 013800138000 0000 04 2b 7e",
            "7e 0001 0005 013800138000 0002 0000 8105 00 28 7e",
            "7e 0001 0005 013800138000 0002 0000 8105 03 2b 7e",
        );
    }

    #[test]
    fn locking_is_8500_with_the_lowest_bit() {
        check(
            "bsj",
            &SealCommand::Lock,
            "7e 8500 0001 013800138000 0000 01 2f 7e",
            "7e 0001 0005 013800138000 0002 0000 8500 00 29 7e",
            "7e 0001 0005 013800138000 0002 0000 8500 03 2a 7e",
        );
    }

    /// Handbook of protocols, 2.5: "`24` seal state: 01 seal / 00 unseal + user name", "`23` = 03 restart".
    #[test]
    fn padlocks_of_hhd_lock_and_restart_by_0310() {
        let done = "7e 0001 0005 013800138000 0002 0000 0310 00 bf 7e";
        let not_known = "7e 0001 0005 013800138000 0002 0000 0310 03 bc 7e";
        check(
            "hhd",
            &SealCommand::Lock,
            "7e 0310 0009 013800138000 0000 01 24 06 01 736567656c ea 7e",
            done,
            not_known,
        );
        check(
            "hhd",
            &SealCommand::Restart,
            "7e 0310 0004 013800138000 0000 01 23 01 03 9d 7e",
            done,
            not_known,
        );
    }

    #[test]
    fn words_for_the_display_are_8300() {
        check(
            "jt808",
            &SealCommand::Text {
                text: "Berhenti".into(),
            },
            "7e 8300 0009 013800138000 0000 04 42657268656e7469 0f 7e",
            "7e 0001 0005 013800138000 0002 0000 8300 00 2f 7e",
            "7e 0001 0005 013800138000 0002 0000 8300 03 2c 7e",
        );
    }

    #[test]
    fn alarms_are_confirmed_all_at_once_by_8203() {
        check(
            "jt808",
            &SealCommand::ConfirmAlarm,
            "7e 8203 0006 013800138000 0000 0000 18700009 4c 7e",
            "7e 0001 0005 013800138000 0002 0000 8203 00 2d 7e",
            "7e 0001 0005 013800138000 0002 0000 8203 03 2e 7e",
        );
    }

    #[test]
    fn following_is_8202_with_interval_and_duration() {
        check(
            "aovx",
            &SealCommand::Track {
                every_s: 10,
                for_s: 600,
            },
            "7e 8202 0006 013800138000 0000 000a 00000258 7c 7e",
            "7e 0001 0005 013800138000 0002 0000 8202 00 2c 7e",
            "7e 0001 0005 013800138000 0002 0000 8202 03 2f 7e",
        );
    }

    #[test]
    fn fences_are_8604_and_go_by_8605() {
        let gate = corner(-6_950_000, 110_420_000);
        let polygon = fence(1, FenceShape::Polygon([gate; 3].into()));
        let mut first = told("jt808", &polygon);
        let sent = "7e 8604 0020 013800138000 0000 00000001 0068 0003 006a0c70 0694e020 006a0c70 0694e020 006a0c70 \
                    0694e020 26 7e";
        assert_eq!(first.sent, unhex(sent));
        let done = unhex("7e 0001 0005 013800138000 0002 0000 8604 00 2e 7e");
        assert_eq!(first.hears(&done), Some(Outcome::Done));
        let clear = SealCommand::ClearFence {
            number: 1,
            sort: FenceSort::Polygon,
        };
        assert_eq!(told("jt808", &clear).sent[1..3], [0x86, 0x05]);
    }
}

/// Nobody answers: the order ends without one, and the next of its kind may go.
#[test]
fn an_order_without_an_answer_ends_after_its_time() {
    let mut told = Told::new(
        Protocol::Jointech,
        "jt701d",
        b"(7100000042,@JT)",
        &SealCommand::Restart,
    );
    let due = told.session.next_deadline().unwrap();
    told.session.tick(due);
    let mut ended = Vec::new();
    while let Some(output) = told.session.poll() {
        if let Output::Answered(_, outcome) = output {
            ended.push(outcome);
        }
    }
    assert_eq!(ended, [Outcome::NoAnswer]);
    assert!(told.session.takes(&SealCommand::Restart, NOW));
}
