//! The load generator: many seals that each wait for their acknowledgements, against any server that speaks Jointech.
//!
//! An acknowledgement counts only if its serial is the one that is waited for. Latency runs from the moment a report was
//! due (not the moment it could be written), so a server that stalls cannot hide it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::histogram::Histogram;
use crate::seal::jointech::{JointechSeal, Moment, Status};

/// What to send, where, how fast.
#[derive(Debug, Clone)]
pub struct Load {
    /// The server.
    pub target: SocketAddr,
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
    /// Where the seals drive: from here to there and back.
    pub road: [(f64, f64); 2],
    /// How far back the clocks of the seals start where they report as fast as they can.
    pub lag_s: i64,
}

/// Connections opened at once, so that a listener's backlog is not what is measured.
const OPENING_AT_ONCE: usize = 256;
/// One loopback address serves this many connections before the next is used: below the range of ephemeral ports.
const CONNECTIONS_PER_ADDRESS: u32 = 4000;

/// Forty kilometres an hour.
const SPEED_M_S: f32 = 11.1;
/// How far a fix strays from the truth: some five metres.
const FIX_NOISE_DEG: f64 = 0.000_045;
/// Reports of one seal with one time: serials repeat after 256.
const PER_SECOND: u32 = 250;
/// How far back the clock of a seal usually starts that reports as fast as it can.
pub const LAG_S: i64 = 600;

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Reports written.
    pub sent: u64,
    /// Acknowledgements with the right serial.
    pub acknowledged: u64,
    /// Answers with a serial nobody waited for.
    pub strange: u64,
    /// Connections that broke.
    pub broken: u64,
    /// From the first report to the last acknowledgement.
    pub took: Duration,
    /// From due to acknowledged.
    pub latency: Histogram,
}

impl Outcome {
    /// Acknowledged reports a second.
    pub fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

#[derive(Default)]
struct Counters {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    strange: AtomicU64,
    broken: AtomicU64,
}

/// Connects every seal, then lets them all speak, then waits for the last acknowledgements.
pub async fn run(load: &Load) -> Result<Outcome> {
    let connections = connect(load).await?;
    let counters = Arc::new(Counters::default());
    let started = Instant::now();
    let mut speakers = Vec::with_capacity(connections.len());
    for (number, stream) in connections.into_iter().enumerate() {
        let speaker = Speaker::new(load, number as u32, started, Arc::clone(&counters));
        speakers.push(tokio::spawn(speaker.speak(stream)));
    }
    let mut latency = Histogram::default();
    let mut last = started;
    for speaker in speakers {
        let (own, finished) = speaker.await.context("a simulated seal panicked")?;
        latency.merge(&own);
        last = last.max(finished);
    }
    Ok(Outcome {
        sent: counters.sent.load(Relaxed),
        acknowledged: counters.acknowledged.load(Relaxed),
        strange: counters.strange.load(Relaxed),
        broken: counters.broken.load(Relaxed),
        took: last - started,
        latency,
    })
}

async fn connect(load: &Load) -> Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(load.seals as usize);
    let numbers: Vec<u32> = (0..load.seals).collect();
    for group in numbers.chunks(OPENING_AT_ONCE) {
        let opening: Vec<_> = group
            .iter()
            .map(|number| tokio::spawn(open(load.target, *number)))
            .collect();
        for stream in opening {
            streams.push(stream.await.context("opening a connection panicked")??);
        }
    }
    Ok(streams)
}

async fn open(target: SocketAddr, number: u32) -> Result<TcpStream> {
    let socket = if target.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if target.ip().is_loopback() && target.is_ipv4() {
        let block = (number / CONNECTIONS_PER_ADDRESS) as u8;
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, block, 2)), 0))?;
    }
    let stream = socket
        .connect(target)
        .await
        .with_context(|| format!("could not connect to {target}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One seal at work.
struct Speaker {
    seal: JointechSeal,
    moment: Moment,
    road: [(f64, f64); 2],
    first: Instant,
    every: Duration,
    until: Instant,
    patience: Duration,
    in_flight: usize,
    waiting: std::collections::VecDeque<(u8, Instant)>,
    counters: Arc<Counters>,
    latency: Histogram,
    calendar: Calendar,
    noise: Noise,
}

impl Speaker {
    fn new(load: &Load, number: u32, started: Instant, counters: Arc<Counters>) -> Self {
        let every = load.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(f64::from(load.seals) / rate)
        });
        let share = f64::from(number) / f64::from(load.seals.max(1));
        Self {
            seal: JointechSeal::new(load.first_id + u64::from(number)),
            moment: standing_at(load.road[0]),
            road: load.road,
            first: started + every.mul_f64(share),
            every,
            until: started + load.lasting,
            patience: load.patience,
            in_flight: load.in_flight.clamp(1, 128),
            waiting: std::collections::VecDeque::new(),
            counters,
            latency: Histogram::default(),
            noise: Noise(load.first_id + u64::from(number)),
            calendar: Calendar::starting(if load.rate.is_none() { load.lag_s } else { 0 }),
        }
    }

    async fn speak(mut self, mut stream: TcpStream) -> (Histogram, Instant) {
        if self.converse(&mut stream).await.is_err() {
            self.counters.broken.fetch_add(1, Relaxed);
        }
        (self.latency, Instant::now())
    }

    async fn converse(&mut self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut heard = Vec::with_capacity(512);
        let mut due = self.first;
        while due < self.until {
            tokio::time::sleep_until(due.into()).await;
            let mut bytes = Vec::new();
            while self.waiting.len() < self.in_flight && due <= Instant::now() && due < self.until {
                self.say(&mut bytes, due);
                due = if self.every.is_zero() {
                    Instant::now()
                } else {
                    due + self.every
                };
            }
            stream.write_all(&bytes).await?;
            if self.waiting.len() >= self.in_flight || self.every.is_zero() {
                self.listen(stream, &mut heard).await?;
                due = if self.every.is_zero() { Instant::now() } else { due };
            }
        }
        while !self.waiting.is_empty() {
            self.listen(stream, &mut heard).await?;
        }
        Ok(())
    }

    fn say(&mut self, bytes: &mut Vec<u8>, due: Instant) {
        self.advance();
        let (frame, serial) = self.seal.record(&self.moment);
        bytes.extend(frame);
        self.waiting.push_back((serial, due));
        self.counters.sent.fetch_add(1, Relaxed);
    }

    /// Drives on: there and back along the road, as fast as a truck does by the seal's own clock.
    fn advance(&mut self) {
        self.moment.unix_s = self.calendar.next(now_unix_s());
        let [from, to] = self.road.map(|(lat, lon)| segel_geo::Position { lat, lon });
        let driven_m = self.calendar.passed_s() * f64::from(SPEED_M_S);
        let part = driven_m / segel_geo::distance_m(from, to).max(1.0);
        let along = 1.0 - (part.rem_euclid(2.0) - 1.0).abs();
        self.moment.lat = from.lat + (to.lat - from.lat) * along + self.noise.next(FIX_NOISE_DEG);
        self.moment.lon = from.lon + (to.lon - from.lon) * along + self.noise.next(FIX_NOISE_DEG);
        self.moment.speed_kmh = 40.0 + self.noise.next(6.0);
        self.moment.course_deg = 90.0 + self.noise.next(8.0);
        self.moment.satellites = (9.0 + self.noise.next(3.0)) as u8;
    }

    async fn listen(&mut self, stream: &mut TcpStream, heard: &mut Vec<u8>) -> std::io::Result<()> {
        let enough = self.until + self.patience;
        if tokio::time::timeout_at(enough.into(), stream.read_buf(heard)).await?? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        while let Some(end) = heard.iter().position(|byte| *byte == b')') {
            self.take_answer(end, heard);
            heard.drain(..=end);
        }
        Ok(())
    }

    fn take_answer(&mut self, end: usize, heard: &[u8]) {
        let Some(serial) = acknowledged_serial(&heard[..=end]) else {
            return;
        };
        let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == serial) else {
            self.counters.strange.fetch_add(1, Relaxed);
            return;
        };
        if let Some((_, due)) = self.waiting.remove(place) {
            self.latency.add(due.elapsed());
            self.counters.acknowledged.fetch_add(1, Relaxed);
        }
    }
}

/// What a receiver adds to the truth; without it all frames of a seal would be nearly the same, and take no room on disk.
struct Noise(u64);

impl Noise {
    /// Something between minus and plus `most`, without a pattern (splitmix64).
    fn next(&mut self, most: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        most * ((bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    }
}

/// The seal's own clock. Where reports come faster than serials can tell apart within a second, it runs ahead of the
/// world, from so far back that it never comes after it: so no report is taken for a repeat of another.
struct Calendar {
    lag_s: i64,
    first_s: Option<i64>,
    now_s: i64,
    said: u32,
}

impl Calendar {
    fn starting(lag_s: i64) -> Self {
        Self {
            lag_s,
            first_s: None,
            now_s: 0,
            said: 0,
        }
    }

    /// The time of the next report.
    fn next(&mut self, world_s: i64) -> i64 {
        let least = world_s - self.lag_s;
        self.said += 1;
        if self.now_s < least {
            (self.now_s, self.said) = (least, 0);
        } else if self.said >= PER_SECOND {
            (self.now_s, self.said) = ((self.now_s + 1).min(world_s), 0);
        }
        self.first_s.get_or_insert(self.now_s);
        self.now_s
    }

    fn passed_s(&self) -> f64 {
        (self.now_s - self.first_s.unwrap_or(self.now_s)) as f64
    }
}

/// The serial of `(P69,0,serial)`; nothing for any other sentence.
pub fn acknowledged_serial(sentence: &[u8]) -> Option<u8> {
    let words = std::str::from_utf8(sentence)
        .ok()?
        .strip_prefix("(P69,0,")?
        .strip_suffix(')')?;
    words.parse().ok()
}

fn standing_at((lat, lon): (f64, f64)) -> Moment {
    Moment {
        unix_s: now_unix_s(),
        lat,
        lon,
        fixed: true,
        by_cell: false,
        speed_kmh: 42.0,
        course_deg: 90.0,
        mileage_km: 1200,
        satellites: 9,
        battery_percent: 91,
        status: Status::SEALED,
        stored: false,
        woken_by: 1,
    }
}

fn now_unix_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn load(target: SocketAddr, in_flight: usize, rate: Option<f64>) -> Load {
        Load {
            target,
            seals: 3,
            first_id: 8_000_000_000,
            rate,
            in_flight,
            lasting: Duration::from_millis(200),
            patience: Duration::from_secs(5),
            road: [(-6.94, 110.42), (-6.98, 110.30)],
            lag_s: LAG_S,
        }
    }

    /// Answers each record with its serial, or with `shift` added to it.
    async fn server(shift: u8) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut frame = [0; 62];
                    while stream.read_exact(&mut frame).await.is_ok() {
                        let answer = format!("(P69,0,{})", frame[61].wrapping_add(shift));
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn every_report_is_acknowledged_in_lockstep() {
        let outcome = run(&load(server(0).await, 1, None))
            .await
            .expect("the server answers");
        assert!(outcome.sent > 3, "{outcome:?}");
        assert_eq!(
            (outcome.acknowledged, outcome.strange, outcome.broken),
            (outcome.sent, 0, 0)
        );
        assert_eq!(outcome.latency.count(), outcome.sent);
    }

    #[tokio::test]
    async fn sixteen_in_flight_are_all_acknowledged() {
        let outcome = run(&load(server(0).await, 16, None))
            .await
            .expect("the server answers");
        assert_eq!((outcome.acknowledged, outcome.broken), (outcome.sent, 0));
    }

    #[tokio::test]
    async fn a_paced_run_sends_what_was_asked() {
        let outcome = run(&load(server(0).await, 4, Some(300.0)))
            .await
            .expect("the server answers");
        assert_eq!((outcome.sent, outcome.acknowledged), (60, 60));
    }

    #[tokio::test]
    async fn a_wrong_serial_is_no_acknowledgement() {
        let mut load = load(server(100).await, 1, Some(15.0));
        load.seals = 1;
        load.patience = Duration::from_millis(50);
        let outcome = run(&load).await.expect("the server answers");
        assert_eq!((outcome.sent, outcome.acknowledged, outcome.strange), (1, 0, 1));
        assert_eq!(outcome.broken, 1, "it gave up waiting");
    }

    #[test]
    fn a_seal_in_haste_never_says_one_serial_twice_at_one_time_nor_a_time_to_come() {
        let mut calendar = Calendar::starting(LAG_S);
        let times: Vec<i64> = (0..5000).map(|_| calendar.next(10_000)).collect();
        assert_eq!(
            (times[0], times[249], times[250], times[4999]),
            (9400, 9400, 9401, 9419)
        );
        let mut calendar = Calendar {
            now_s: 10_000,
            said: 249,
            ..Calendar::starting(LAG_S)
        };
        assert_eq!(calendar.next(10_000), 10_000);
    }

    #[test]
    fn noise_strays_to_both_sides_and_no_further_than_told() {
        let mut noise = Noise(7);
        let strays: Vec<f64> = (0..1000).map(|_| noise.next(5.0)).collect();
        assert!(strays.iter().all(|stray| (-5.0..5.0).contains(stray)));
        assert!(strays.iter().any(|stray| *stray < -4.0) && strays.iter().any(|stray| 4.0 < *stray));
    }

    #[test]
    fn only_the_positive_answer_counts() {
        assert_eq!(acknowledged_serial(b"(P69,0,255)"), Some(255));
        assert_eq!(acknowledged_serial(b"(P69,1,3)"), None);
        assert_eq!(acknowledged_serial(b"(P69,0,256)"), None);
        assert_eq!(acknowledged_serial(b"(P35)"), None);
    }
}
