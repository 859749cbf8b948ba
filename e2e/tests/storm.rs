//! Storms over one Segel, small with every `make test` and as large as the promise with `make storm`: while thousands come back
//! at once, say nothing or talk nonsense, an honest seal is acknowledged, people are answered, nobody is called silent who
//! is not, and afterwards nothing is left over.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use segel_e2e::house::{House, Running};
use segel_e2e::lab::scratch;
use segel_e2e::levers::Levers;
use segel_e2e::program::program;
use segel_e2e::skp::Skp;
use segel_e2e::storm::{
    Careful, Crowd, Garbage, Held, Silence, Size, Tally, Wave, Witness, called_silent, descriptors, found,
    memory_kib, wait_until_left, wait_until_memory,
};
use segel_measure::START;
use segel_model::SealId;
use segel_sim::client::figure;
use segel_sim::load::{self, Load};
use segel_sim::seal::languages::JOINTECH;
use segel_store::{Options, Store};

/// However hard it blows, nobody honest waits longer than this.
const NOBODY_WAITS_LONGER: Duration = Duration::from_secs(10);
/// What a storm may leave in memory: what is remembered of seals and of nonsense, and what the allocator keeps at hand.
const LEFT_KIB: u64 = 24 * 1024;
/// What the program may take for reports that it holds back: flights under way, gathering, in lanes.
const HELD_BACK_KIB: u64 = 96 * 1024;
/// Silence is called so early in these worlds that a storm would show it: how often seals report, and after how long one that
/// does not is called silent. A larger crowd takes longer to speak.
const INTERVAL_S: u32 = 5;
const SILENCE_AT_LEAST_S: u32 = 3 * INTERVAL_S;
const SEALS_OF_A_SECOND: u32 = 400;
const ABSENCE_MS: i64 = 30 * 60 * 1000;
const HOUR_MS: i64 = 3_600_000;
const FOUNDED_BEFORE_MS: i64 = 60_000;
/// Reports that each seal kept while Segel was away.
const KEPT: u32 = 2;
/// Seals that remember what was acknowledged to them.
const CAREFUL: u64 = 8;
/// So much was acknowledged to them before the stop.
const PROMISED: usize = 40;
/// What an administrator is promised of a stop.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// What a bad disk adds to each sync.
const SLOW_SYNC_MS: i64 = 200;
/// Reports of the first desk that wait for the next flight.
const GATHERING: &str = "segel_queue_waiting{queue=\"desk_reports\",desk=\"0\"}";
/// As many may; one reading of a socket may go beyond it.
const FLIGHT_REPORTS: u64 = 2048;
const ONE_READING: u64 = 64 * 1024 / 62;
/// What is printed within a moment is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number in its crowd of the seal that falls silent.
const SILENT: u32 = 7;

/// Storms blow one after the other: each is a load for the whole machine.
fn alone() -> MutexGuard<'static, ()> {
    static STORM: Mutex<()> = Mutex::new(());
    STORM.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(house: &House) -> Running {
    house.start().unwrap_or_else(|failure| panic!("{failure:#}"))
}

fn say(what: &str, held: &Held) {
    let Held {
        reports,
        reads,
        commands,
    } = held;
    let told = |of: &str, tally: &Tally| format!("{} {of} (longest {:.1?})", tally.count, tally.longest);
    println!(
        "{what}: {}, {}, {}",
        told("reports", reports),
        told("reads", reads),
        told("commands", commands)
    );
}

/// Nobody honest was kept waiting.
fn check(what: &str, held: &Held) {
    check_people(what, held);
    assert_quick(what, held.reports);
}

/// No person was, and the honest seal was acknowledged in its turn.
fn check_people(what: &str, held: &Held) {
    say(what, held);
    assert!(0 < held.reports.count, "{what}: no report was acknowledged");
    assert_quick(what, held.reads);
    assert_quick(what, held.commands);
}

fn assert_quick(what: &str, tally: Tally) {
    assert!(0 < tally.count, "{what}: somebody did nothing");
    assert!(tally.longest < NOBODY_WAITS_LONGER, "{what}: {:?}", tally.longest);
}

/// The clocks of the machine under Segel and of the world around it.
struct Time {
    levers: Levers,
    world_ahead_ms: i64,
}

impl Time {
    /// Soon after the world was founded.
    fn after_founding(levers: Levers) -> Self {
        let time = Self {
            levers,
            world_ahead_ms: START.unix_ms + FOUNDED_BEFORE_MS - now_ms(),
        };
        time.set_clock_wrong_by(0);
        time
    }

    fn passes(&mut self, ms: i64) {
        self.world_ahead_ms += ms;
        self.set_clock_wrong_by(0);
    }

    fn set_clock_wrong_by(&self, ms: i64) {
        let moved = self.levers.set_clock_wrong_by_ms(self.world_ahead_ms + ms);
        moved.expect("the lever moves");
    }

    /// What a seal's clock shows, which is right.
    fn unix_s(&self) -> i64 {
        (now_ms() + self.world_ahead_ms) / 1000
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_millis()).expect("not so far after it")
}

/// "reconnect storm of 18,000 seals at once … clock steps of an hour both ways, a restart after 30 minutes of absence: service
/// holds, no storm of false silence alarms (law 7), memory returns".
#[test]
fn seals_that_all_come_back_at_once_are_acknowledged_and_none_is_called_silent_but_the_one_that_is() {
    let (_alone, size) = (alone(), Size::asked());
    let free = descriptors().expect("descriptors");
    assert!(
        size.seals <= free,
        "{} seals need as many descriptors, and there are {free}",
        size.seals
    );
    let mut house = House::new().expect("a folder");
    let silence_s = SILENCE_AT_LEAST_S + size.seals / SEALS_OF_A_SECOND;
    let early = format!("silence_s = {silence_s}");
    let rules = [("silence_s = 600", early.as_str())];
    house.configure(None, &rules).expect("configured");
    let road = found(&house.data(), size.seals, INTERVAL_S).expect("founded");
    let mut time = Time::after_founding(Levers::under(&mut house).expect("levers"));
    let running = start(&house);
    let mut witness = Witness::join(&running).unwrap_or_else(|failure| panic!("{failure:#}"));
    let twins = size.seals.min(free - size.seals);
    let mut crowd = Crowd::of(size.seals, road, twins);
    let wave = |what: &str, witness: &Witness, act: &mut dyn FnMut() -> anyhow::Result<Wave>| {
        let (wave, held) = witness
            .through(act)
            .unwrap_or_else(|failure| panic!("{what}: {failure:#}"));
        println!(
            "{what}: {} reports acknowledged in {:.1?}",
            wave.reports, wave.took
        );
        check(what, &held);
    };

    let doors = running.doors.clone();
    wave("all come", &witness, &mut || {
        crowd.comes_back(doors.jointech, time.unix_s(), 0)
    });
    let full_kib = memory_kib(&running).expect("memory");
    running.stop().expect("it stops");
    time.passes(ABSENCE_MS);
    let running = start(&house);
    witness.move_to(&running);
    let doors = running.doors.clone();
    wave("all come after 30 minutes of our absence", &witness, &mut || {
        crowd.comes_back(doors.jointech, time.unix_s(), KEPT)
    });
    crowd.lose_network().expect("lost");
    println!("{} connections stay half open", crowd.twins());
    wave("all come back at once", &witness, &mut || {
        crowd.comes_back(doors.jointech, time.unix_s(), KEPT)
    });

    // One says nothing, for longer than the limit; the others report in time.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(u64::from(silence_s) + 3) {
        wave("all report but one", &witness, &mut || {
            crowd.reports_but(Some(SILENT), time.unix_s())
        });
        std::thread::sleep(Duration::from_secs(u64::from(INTERVAL_S) / 2));
    }
    for by_ms in [HOUR_MS, 0] {
        time.set_clock_wrong_by(by_ms);
        wave("the clock was set by an hour", &witness, &mut || {
            crowd.reports_but(None, time.unix_s())
        });
    }

    crowd.leave().expect("they leave");
    wait_until_left(&running, 0, 6).unwrap_or_else(|failure| panic!("{failure:#}"));
    let kib =
        wait_until_memory(&running, full_kib + LEFT_KIB).unwrap_or_else(|failure| panic!("{failure:#}"));
    println!("memory: {full_kib} KiB with all connected once, {kib} KiB after all has passed");
    let (status, took) = running.stop().expect("it stops");
    assert!(status.success(), "{}", house.log());
    println!("stopped in {took:.1?}");
    assert_eq!(
        called_silent(&house.data()).expect("the journal"),
        [SealId(u64::from(SILENT) + 1)]
    );
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

/// "5,000 slow or silent connections".
#[test]
fn who_holds_a_place_and_says_nothing_is_let_go_and_costs_the_others_nothing() {
    let (_alone, size) = (alone(), Size::asked());
    let free = descriptors().expect("descriptors");
    assert!(size.silent <= free, "{} descriptors are free", free);
    let mut house = House::new().expect("a folder");
    house.set_more_settings("[limits]\ngreeting_s = 5\n");
    house.configure(None, &[]).expect("configured");
    let running = start(&house);
    let witness = Witness::join(&running).unwrap_or_else(|failure| panic!("{failure:#}"));
    let before_kib = memory_kib(&running).expect("memory");
    let doors = running.doors.clone();
    let crowd = std::process::id().wrapping_add(1);
    let (most, held) = witness
        .through(|| {
            let take = |number| Silence::take_place(&doors, crowd, number);
            let mut silent = (0..size.silent).map(take).collect::<anyhow::Result<Vec<_>>>()?;
            silent.iter_mut().try_for_each(Silence::dribble)?;
            let most_kib = memory_kib(&running)?;
            for one in &mut silent {
                one.dribble()?;
                one.is_let_go()?;
            }
            Ok(most_kib)
        })
        .unwrap_or_else(|failure| panic!("{failure:#}"));
    check(&format!("{} slow or silent connections", size.silent), &held);
    wait_until_left(&running, 0, 6).unwrap_or_else(|failure| panic!("{failure:#}"));
    let kib =
        wait_until_memory(&running, before_kib + LEFT_KIB).unwrap_or_else(|failure| panic!("{failure:#}"));
    println!("memory: {before_kib} KiB before, {most} KiB with all of them, {kib} KiB after");
}

/// "1,000,000 garbage connections in sequence, oversize and endless frames".
#[test]
fn garbage_is_hung_up_on_and_leaves_nothing_behind() {
    let (_alone, size) = (alone(), Size::asked());
    let house = House::new().expect("a folder");
    let running = start(&house);
    let witness = Witness::join(&running).unwrap_or_else(|failure| panic!("{failure:#}"));
    let (server, crowd) = (running.doors.jointech, std::process::id().wrapping_add(2));
    let visits = |from: u32, until: u32| {
        let kinds = Garbage::ALL.iter().cycle();
        (from..until)
            .zip(kinds)
            .try_for_each(|(number, kind)| kind.visit(server, crowd, number))
    };
    // The first thousand fill what is remembered of nonsense.
    visits(0, 1_000).unwrap_or_else(|failure| panic!("{failure:#}"));
    let before_kib = memory_kib(&running).expect("memory");
    let began = Instant::now();
    let ((), held) = witness
        .through(|| visits(1_000, size.garbage))
        .unwrap_or_else(|failure| panic!("{failure:#}"));
    check(
        &format!(
            "{} connections of garbage in {:.0?}",
            size.garbage,
            began.elapsed()
        ),
        &held,
    );
    wait_until_left(&running, 0, 6).unwrap_or_else(|failure| panic!("{failure:#}"));
    let kib =
        wait_until_memory(&running, before_kib + LEFT_KIB).unwrap_or_else(|failure| panic!("{failure:#}"));
    println!("memory: {before_kib} KiB before, {kib} KiB after");
    let (status, _) = running.stop().expect("it stops");
    assert!(status.success(), "{}", house.log());
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

/// "Graceful stop within 5 s that loses nothing; start while the old process still runs is refused with a sentence."
#[test]
fn a_stop_in_the_middle_of_a_flood_takes_less_than_five_seconds_and_loses_nothing_acknowledged() {
    let _alone = alone();
    let house = House::new().expect("a folder");
    let running = start(&house);
    let server = running.doors.jointech;
    let mut careful: Vec<Careful> = (0..CAREFUL)
        .map(|number| Careful::new(8_610_000_000 + number))
        .collect();
    let (flood, told) = (flood(server, 16, Duration::from_secs(5)), AtomicUsize::new(0));
    let (took, acknowledged) = std::thread::scope(|scope| {
        let flooding = scope.spawn(|| load::run(&flood));
        let at_work: Vec<_> = careful
            .iter_mut()
            .map(|seal| scope.spawn(|| seal.report_until_hung_up(server, &told)))
            .collect();
        let second = house.start_in_vain().expect("it ends");
        assert!(!second.status.success());
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(said.contains("another Segel already works in"), "{said}");
        let began = Instant::now();
        while told.load(Ordering::Relaxed) < PROMISED {
            assert!(
                began.elapsed() < PATIENCE,
                "the careful seals are not acknowledged"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let (status, took) = running.stop().expect("it stops");
        assert!(status.success(), "{status}: {}", house.log());
        let acknowledged: Vec<usize> = at_work
            .into_iter()
            .map(|seal| seal.join().expect("it does not panic"))
            .collect();
        let flooded = flooding.join().expect("it does not panic").expect("it floods");
        println!("{} reports of the flood were acknowledged", flooded.acknowledged);
        assert!(0 < flooded.acknowledged);
        (took, acknowledged)
    });
    println!(
        "stopped in {took:.1?} in the middle of a flood; acknowledged to careful seals: {acknowledged:?}"
    );
    assert!(took < STOP_LIMIT, "{took:?}");
    let opened = Store::open(house.data(), Options::default()).expect("the folder at rest");
    for seal in &mut careful {
        assert_eq!(seal.missing(&opened.reader).expect("it reads"), 0);
        seal.claim();
        assert_eq!(seal.missing(&opened.reader).expect("it reads"), 1);
    }
}

/// Strangers that report as fast as they are acknowledged, and keep so many reports under way.
fn flood(target: SocketAddr, in_flight: usize, lasting: Duration) -> Load {
    let road = [(-6.94, 110.42), (-6.98, 110.30)];
    Load {
        language: JOINTECH,
        target,
        seals: 100,
        first_id: 8_620_000_000,
        rate: None,
        in_flight,
        lasting,
        patience: Duration::from_secs(1),
        hold: Duration::ZERO,
        road,
        threads: 1,
    }
}

/// "Back-pressure end to end (full disk queue stops sockets, people keep their lane)".
#[test]
fn a_slow_disk_holds_the_sockets_back_and_people_keep_their_lane() {
    let _alone = alone();
    // In memory, so that the only slow disk is the one that the lever makes.
    let folder = scratch().expect("a folder");
    let mut house = House::on(folder, program().clone()).expect("a house");
    let levers = Levers::under(&mut house).expect("levers");
    let running = start(&house);
    let witness = Witness::join(&running).unwrap_or_else(|failure| panic!("{failure:#}"));
    let before_kib = memory_kib(&running).expect("memory");
    levers.set_syncs_slower_by_ms(SLOW_SYNC_MS).expect("slow");
    // Several times what may gather and be under way.
    let flood = flood(running.doors.jointech, 128, Duration::from_secs(4));
    let base = running.doors.base.clone();
    let (fullest, held) = witness
        .through(|| {
            std::thread::scope(|scope| {
                let flooding = scope.spawn(|| load::run(&flood));
                let mut fullest = 0;
                while !flooding.is_finished() {
                    fullest = fullest.max(figure(&base, GATHERING)?);
                    std::thread::sleep(Duration::from_millis(20));
                }
                let flooded = flooding.join().expect("it does not panic")?;
                println!(
                    "{} reports sent, {} acknowledged",
                    flooded.sent, flooded.acknowledged
                );
                assert!(0 < flooded.acknowledged, "reports go on");
                Ok(fullest)
            })
        })
        .unwrap_or_else(|failure| panic!("{failure:#}\n{}", house.log()));
    check_people("a disk that takes 200 ms longer for each sync", &held);
    let full_kib = memory_kib(&running).expect("memory");
    println!("{fullest} reports gathered at most; memory {before_kib} KiB before, {full_kib} KiB after");
    assert!(FLIGHT_REPORTS <= fullest, "{fullest}: nothing was ever held back");
    assert!(
        fullest <= FLIGHT_REPORTS + ONE_READING,
        "{fullest}: it was read on"
    );
    assert!(full_kib < before_kib + HELD_BACK_KIB, "{full_kib} KiB");
}

/// The page for operators names each queue, and no other.
#[test]
fn every_queue_is_explained() {
    let (mut house, skp) = (House::new().expect("a folder"), Skp::start().expect("an SKP"));
    house.set_more_settings("[listen.udp]\nqueclink = \"127.0.0.1:0\"\n");
    house.configure(Some(&skp.account()), &[]).expect("configured");
    let running = start(&house);
    let began = Instant::now();
    let (mut printed, explained) = (BTreeSet::new(), explained());
    while printed != explained {
        assert!(
            began.elapsed() < PATIENCE,
            "printed {printed:?}, explained {explained:?}"
        );
        let text = text_of(&format!("{}/metrics", running.doors.base));
        printed = queues(&text, "segel_queue_waiting");
        assert_eq!(printed, queues(&text, "segel_queue_limit"));
    }
}

fn text_of(url: &str) -> String {
    let mut answer = ureq::get(url).call().expect("it answers");
    answer.body_mut().read_to_string().expect("text")
}

/// The queues that stand in the figures under this name.
fn queues(text: &str, name: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix("{queue=\""));
    lines
        .filter_map(|line| Some(line.split_once('"')?.0.to_owned()))
        .collect()
}

/// The queues that stand in the table of the page for operators.
fn explained() -> BTreeSet<String> {
    let page = include_str!("../../docs/operating.md");
    let (_, table) = page
        .split_once("| queue | what waits in it |")
        .expect("a table of queues");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    rows.filter_map(|line| line.split('`').nth(1).map(ToOwned::to_owned))
        .collect()
}
