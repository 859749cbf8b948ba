//! A conversation with one seal, told line by line: `mm:ss what`, and what left under the same clock.

use std::fmt::Write;

use expect_test::Expect;
use segel_model::{OrderId, Report, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{AckToken, Limits, Output, Profile, Session};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;

struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

/// Tells a story. `says` is text with its end of line, `drips` the same byte by byte, `cuts` the beginning of text; reports wait
/// until the story says `durable`.
pub fn check(protocol: Protocol, profile: Profile, story: &str, expected: Expect) {
    let mut told = Story {
        session: Session::new(protocol, profile, Limits::default()),
        pending: Vec::new(),
        orders: 0,
        log: String::new(),
    };
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (clock, what) = line.split_once(' ').unwrap();
        told.step(clock, what);
    }
    expected.assert_eq(&told.log);
}

impl Story {
    fn step(&mut self, clock: &str, what: &str) {
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let seconds: i64 = minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap();
        let now = ServerTime::from_unix_ms(START_MS).plus_s(seconds);
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "says" => self.session.receive(now, format!("{rest}\r\n").as_bytes()),
            "cuts" => self.session.receive(now, rest.as_bytes()),
            "drips" => {
                for byte in format!("{rest}\r\n").bytes() {
                    self.session.receive(now, &[byte]);
                }
            }
            "durable" => {
                for token in std::mem::take(&mut self.pending) {
                    self.session.acknowledge(token, now);
                }
            }
            "registered" => self.session.assume(Profile::from_text(rest).unwrap()),
            "order" => self.order(rest, now, clock),
            "tick" => self.session.tick(now),
            other => panic!("no such step: {other}"),
        }
        self.drain(clock);
    }

    fn order(&mut self, what: &str, now: ServerTime, clock: &str) {
        self.orders += 1;
        let sent = self.session.send(OrderId(self.orders), &command(what), now);
        if let Err(refused) = sent {
            writeln!(self.log, "{clock} not spoken: {}", refused.why).unwrap();
        }
    }

    fn drain(&mut self, clock: &str) {
        while let Some(output) = self.session.poll() {
            let line = match output {
                Output::Report(reported) => {
                    self.pending.push(reported.token);
                    report_line(&reported.report)
                }
                Output::Transmit(bytes) => format!("sends {}", String::from_utf8(bytes).unwrap()),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => format!(
                    "oddity {} of {} bytes at {}",
                    oddity.what,
                    oddity.bytes.len(),
                    oddity.offset
                ),
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

fn report_line(report: &Report) -> String {
    let signals: Vec<&str> = report.signals.iter().map(|signal| signal.name()).collect();
    let late = if report.backfill { "late " } else { "" };
    format!(
        "{late}report {:?} of {} {}",
        report.kind,
        report.device,
        signals.join(" ")
    )
}

fn command(what: &str) -> SealCommand {
    let words: Vec<&str> = what.split(' ').collect();
    let text = |at: usize| String::from(words[at]);
    match words[0] {
        "unlock" => SealCommand::UnlockStatic { password: text(1) },
        "unlock_dynamic" => SealCommand::UnlockDynamic { password: text(1) },
        "interval" => SealCommand::Interval {
            awake_s: words[1].parse().unwrap(),
            asleep_s: words[2].parse().unwrap(),
        },
        "awake" => SealCommand::AlwaysAwake { on: true },
        other => panic!("no such order: {other}"),
    }
}

/// Everything a session says about reports and answers, each report acknowledged at once.
pub fn hear(protocol: Protocol, pieces: &[&[u8]]) -> (Vec<Report>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut session = Session::new(protocol, Profile::ANY, Limits::default());
    let (mut reports, mut raw, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    let now = ServerTime::from_unix_ms(START_MS);
    for piece in pieces {
        session.receive(now, piece);
        while let Some(output) = session.poll() {
            match output {
                Output::Report(reported) => {
                    session.acknowledge(reported.token, now);
                    reports.push(reported.report);
                    raw.push(reported.raw);
                }
                Output::Transmit(bytes) => sent.push(bytes),
                _ => {}
            }
        }
    }
    (reports, raw, sent)
}

/// The pieces that cuts at these places leave.
pub fn cut<'a>(bytes: &'a [u8], cuts: &[proptest::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}
