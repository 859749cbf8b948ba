//! The load generator: many seals that each wait for their acknowledgements, against any server that speaks their language.
//!
//! An acknowledgement counts only if it names what is waited for, by its serial or whatever the language has. Latency runs from the moment a report was
//! due (not the moment it could be written), so a server that stalls cannot hide it.
//!
//! It shares the machine with what it measures, so it is lean: a thread or two, each with an epoll of its own, records that
//! are changed and not built, one read and one write for whatever a seal has to say. A seal's clock knows seconds only and
//! its serials repeat after 256, so a seal that reports faster than that says the same time and serial twice; Segel
//! remembers the newest 64 of each seal and judges both.

mod frame;
mod speech;
mod share;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::histogram::Histogram;
use crate::seal::languages::Language;

use share::Share;

/// What to send, where, how fast.
#[derive(Debug, Clone)]
pub struct Load {
    /// The server.
    pub target: SocketAddr,
    /// What the seals speak.
    pub language: Language,
    /// How many seals, each with its own connection.
    pub seals: u32,
    /// The id of the first; the others follow.
    pub first_id: u64,
    /// Reports a second over all seals; none is as fast as acknowledgements come.
    pub rate: Option<f64>,
    /// How many reports a seal may have unacknowledged.
    pub in_flight: usize,
    /// How long to send.
    pub lasting: Duration,
    /// How long after the last report acknowledgements are still waited for.
    pub patience: Duration,
    /// How long the connections stay open and silent afterwards.
    pub hold: Duration,
    /// Where the seals drive: from here to there and back.
    pub road: [(f64, f64); 2],
    /// Threads that share the seals.
    pub threads: usize,
}

/// One loopback address serves this many connections before the next is used: below the range of ephemeral ports.
const CONNECTIONS_PER_ADDRESS: u32 = 4000;
/// Latencies are also kept by the moment a report was due, in slices of so long.
pub const SLICE: Duration = Duration::from_millis(100);

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Reports written.
    pub sent: u64,
    /// Acknowledgements that name what was waited for.
    pub acknowledged: u64,
    /// Answers that name what nobody waited for.
    pub strange: u64,
    /// Connections that broke.
    pub broken: u64,
    /// When the first report was due.
    pub began_unix_ms: i64,
    /// From the first report to the last acknowledgement.
    pub took: Duration,
    /// From due to acknowledged.
    pub latency: Histogram,
    /// The same of a paced load, by the moment a report was due: one for each `SLICE` since the first report.
    pub slices: Vec<Histogram>,
}

impl Outcome {
    /// Acknowledged reports a second.
    pub fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.took.as_secs_f64().max(1e-9)
    }

    fn merge(mut self, other: Self) -> Self {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.strange += other.strange;
        self.broken += other.broken;
        self.took = self.took.max(other.took);
        self.latency.merge(&other.latency);
        let slices = self.slices.len().max(other.slices.len());
        self.slices.resize_with(slices, Histogram::default);
        for (own, others) in self.slices.iter_mut().zip(&other.slices) {
            own.merge(others);
        }
        self
    }
}

/// Connects every seal, then lets them all speak, then waits for the last acknowledgements.
pub fn run(load: &Load) -> Result<Outcome> {
    let streams = connect(load)?;
    let threads = load.threads.clamp(1, load.seals.max(1) as usize);
    let mut shares: Vec<Vec<(u32, TcpStream)>> = (0..threads).map(|_| Vec::new()).collect();
    for (number, stream) in (0..).zip(streams) {
        shares[number as usize % threads].push((number, stream));
    }
    let (began_unix_ms, started) = (jiff::Timestamp::now().as_millisecond(), Instant::now());
    let speak = |streams| Share::new(load, streams, started)?.speak();
    let outcomes: Vec<Result<Outcome>> = std::thread::scope(|scope| {
        let running: Vec<_> = shares
            .into_iter()
            .map(|streams| scope.spawn(move || speak(streams)))
            .collect();
        let joined = running.into_iter().map(|one| one.join());
        joined
            .map(|one| one.unwrap_or_else(|_| Err(anyhow!("a thread of seals panicked"))))
            .collect()
    });
    let mut whole = Outcome {
        began_unix_ms,
        ..Outcome::default()
    };
    for outcome in outcomes {
        whole = whole.merge(outcome?);
    }
    Ok(whole)
}

fn connect(load: &Load) -> Result<Vec<TcpStream>> {
    (0..load.seals)
        .map(|number| {
            let opened = connect_from(load.target, std::process::id(), number).and_then(|stream| {
                stream.set_nonblocking(true)?;
                Ok(stream)
            });
            opened.with_context(|| format!("could not connect seal {number} to {}", load.target))
        })
        .collect()
}

/// A connection of its own number. On this machine alone, one address has too few ports for a storm: the numbers of each
/// `crowd` take turns at addresses that no other crowd uses.
pub fn connect_from(target: SocketAddr, crowd: u32, number: u32) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    if target.ip().is_loopback() && target.is_ipv4() {
        socket.bind(&SockAddr::from(SocketAddr::new(source(crowd, number), 0)))?;
    }
    socket.connect(&target.into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// Each process has addresses of its own: ports of an earlier run that has just ended are not free yet.
fn source(process: u32, number: u32) -> IpAddr {
    let [.., high, low] = process.to_be_bytes();
    let block = (number / CONNECTIONS_PER_ADDRESS) as u8;
    IpAddr::V4(Ipv4Addr::new(127, 1 + high % 250, low, 2 + block % 250))
}

/// The serial of `(P69,0,serial)`; nothing for any other sentence.
pub fn acknowledged_serial(sentence: &[u8]) -> Option<u8> {
    let digits = sentence.strip_prefix(b"(P69,0,")?.strip_suffix(b")")?;
    if digits.is_empty() || 3 < digits.len() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits
        .iter()
        .fold(0_u16, |number, digit| number * 10 + u16::from(digit - b'0'));
    u8::try_from(number).ok()
}

/// What a seal answers that was told how often to report: the same, without the 1 that says "set". Nothing for any other sentence.
pub fn interval_answer(sentence: &[u8], device: u64) -> Option<String> {
    let told = std::str::from_utf8(sentence).ok()?;
    let seconds = told.strip_prefix("(P04,1,")?;
    Some(format!("({device:010},P04,{seconds}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::seal::languages::JOINTECH;

    fn load(target: SocketAddr, in_flight: usize, rate: Option<f64>) -> Load {
        Load {
            target,
            language: JOINTECH,
            seals: 3,
            first_id: 8_000_000_000,
            rate,
            in_flight,
            lasting: Duration::from_millis(200),
            patience: Duration::from_secs(5),
            hold: Duration::ZERO,
            road: [(-6.94, 110.42), (-6.98, 110.30)],
            threads: 2,
        }
    }

    /// Answers each record with its serial, or with `shift` added to it, in pieces of so many bytes.
    fn server(shift: u8, piece: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                std::thread::spawn(move || {
                    let mut frame = [0; 62];
                    while stream.read_exact(&mut frame).is_ok() {
                        let answer = format!("(P35)(P69,0,{})", frame[61].wrapping_add(shift));
                        for piece in answer.as_bytes().chunks(piece) {
                            if stream.write_all(piece).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        address
    }

    #[test]
    fn every_report_is_acknowledged_in_lockstep() {
        let outcome = run(&load(server(0, 64), 1, None)).expect("the server answers");
        assert!(outcome.sent > 3, "{outcome:?}");
        assert_eq!(
            (outcome.acknowledged, outcome.strange, outcome.broken),
            (outcome.sent, 0, 0)
        );
        assert_eq!(outcome.latency.count(), outcome.sent);
    }

    #[test]
    fn sixteen_in_flight_are_all_acknowledged() {
        let outcome = run(&load(server(0, 64), 16, None)).expect("the server answers");
        assert_eq!((outcome.acknowledged, outcome.broken), (outcome.sent, 0));
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let outcome = run(&load(server(0, 5), 16, None)).expect("the server answers");
        assert_eq!(
            (outcome.acknowledged, outcome.strange, outcome.broken),
            (outcome.sent, 0, 0)
        );
    }

    #[test]
    fn a_paced_run_sends_what_was_asked_and_knows_when_it_was_due() {
        let outcome = run(&load(server(0, 64), 4, Some(300.0))).expect("the server answers");
        assert_eq!((outcome.sent, outcome.acknowledged), (60, 60));
        let by_slice: Vec<u64> = outcome.slices.iter().map(Histogram::count).collect();
        assert_eq!(by_slice, [30, 30]);
    }

    #[test]
    fn a_wrong_serial_is_no_acknowledgement() {
        let mut load = load(server(100, 64), 1, Some(15.0));
        load.seals = 1;
        load.lasting = Duration::from_millis(60);
        load.patience = Duration::from_millis(50);
        let outcome = run(&load).expect("the server answers");
        assert_eq!((outcome.sent, outcome.acknowledged, outcome.strange), (1, 0, 1));
        assert_eq!(outcome.broken, 1, "it gave up waiting");
    }

    /// What could not be sent in time, because acknowledgements were missing, is sent late and counts from when it was due.
    #[test]
    fn a_server_that_stalls_cannot_hide_it() {
        const STALL: Duration = Duration::from_millis(150);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let target = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut frame = [0; 62];
            let mut began = None;
            while stream.read_exact(&mut frame).is_ok() {
                let began = *began.get_or_insert_with(Instant::now);
                std::thread::sleep((began + STALL).saturating_duration_since(Instant::now()));
                let answer = format!("(P69,0,{})", frame[61]);
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        });
        let mut load = load(target, 1, Some(100.0));
        load.seals = 1;
        let outcome = run(&load).expect("the server answers");
        assert_eq!((outcome.sent, outcome.acknowledged), (20, 20));
        // Due at 0, 10, 20, ... 140 ms, all answered after 150.
        let late = outcome.latency.quantile(0.5);
        assert!(Duration::from_millis(40) < late, "{late:?}");
    }

    #[test]
    fn only_the_positive_answer_counts() {
        assert_eq!(acknowledged_serial(b"(P69,0,255)"), Some(255));
        assert_eq!(acknowledged_serial(b"(P69,0,0)"), Some(0));
        for other in [
            "(P69,1,3)",
            "(P69,0,256)",
            "(P69,0,)",
            "(P69,0,-1)",
            "(P69,0,0001)",
            "(P35)",
        ] {
            assert_eq!(acknowledged_serial(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn only_the_order_of_an_interval_is_answered() {
        assert_eq!(
            interval_answer(b"(P04,1,30,300)", 8_000_620_011).as_deref(),
            Some("(8000620011,P04,30,300)")
        );
        for other in ["(P69,0,1)", "(P04,0)", "(P22,0,1)"] {
            assert_eq!(interval_answer(other.as_bytes(), 1), None, "{other}");
        }
    }

    #[test]
    fn eighteen_thousand_connections_come_from_five_addresses_and_another_process_from_others() {
        let of = |process| -> std::collections::BTreeSet<IpAddr> {
            (0..18_000).map(|number| source(process, number)).collect()
        };
        assert_eq!(of(70_000).len(), 5);
        assert!(of(70_000).is_disjoint(&of(70_001)));
        assert!(of(70_000).iter().all(IpAddr::is_loopback));
    }
}
