//! Who must not notice a storm: an honest seal that reports, somebody who reads, somebody whose commands must become durable,
//! and somebody whose screen follows what happens.

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use segel_sim::cast::EMAS;
use segel_sim::client::{Client, accept_invitation};
use segel_sim::convoy::{Line, Road};
use serde_json::json;

use crate::house::Running;

/// The honest seal; nobody has registered it, which makes no difference to its acknowledgements.
const DEVICE: u64 = 8_600_000_001;
/// A breath between two of anything, so that the storm and not the witness is the load.
const BREATH: Duration = Duration::from_millis(10);
const PASSWORD: &str = "a long password";

/// The honest ones.
pub struct Witness {
    jointech: SocketAddr,
    base: String,
    supervisor: Client,
}

/// How often something was done, and how long it took at most.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The longest.
    pub longest: Duration,
}

/// What the honest ones had while a storm went on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// Reports, from their bytes to their acknowledgement.
    pub reports: Tally,
    /// Reads of a list and of the page itself.
    pub reads: Tally,
    /// Commands, durable when answered.
    pub commands: Tally,
}

impl Witness {
    /// A supervisor who joins by the invitation of a first start.
    pub fn join(running: &Running) -> Result<Self> {
        let (customs, _) = running.doors.codes.clone().context("nobody has joined yet")?;
        let base = running.doors.base.clone();
        accept_invitation(&base, &customs, "bambang", PASSWORD, "Bambang Santoso")?;
        Ok(Self {
            jointech: running.doors.jointech,
            supervisor: Client::sign_in(&base, "bambang", PASSWORD)?,
            base,
        })
    }

    /// The program has started again.
    pub fn move_to(&mut self, running: &Running) {
        self.jointech = running.doors.jointech;
        self.base.clone_from(&running.doors.base);
        self.supervisor = self.supervisor.at(&self.base);
    }

    /// Lets a storm pass while all of them work; a refusal or a broken line of theirs is a failure.
    pub fn through<T>(&self, storm: impl FnOnce() -> Result<T>) -> Result<(T, Held)> {
        let shift = Shift::default();
        let (passed, held) = std::thread::scope(|scope| {
            let seal = scope.spawn(|| {
                let mut line = None;
                shift.work("the honest seal", || self.report(&mut line))
            });
            let reader = scope.spawn(|| shift.work("who reads", || self.read()));
            let commander = scope.spawn(|| shift.work("who commands", || self.command()));
            let follower = scope.spawn(|| shift.work("who follows", || self.follow(&shift)));
            let passed = storm();
            shift.over.store(true, Ordering::Release);
            // So that the stream has one more thing to tell.
            shift.work("who commands", || self.command());
            let held = Held {
                reports: joined(seal)?,
                reads: joined(reader)?,
                commands: joined(commander)?,
            };
            joined(follower)?;
            Ok::<_, anyhow::Error>((passed, held))
        })?;
        shift.ended()?;
        Ok((passed?, held))
    }

    fn report(&self, line: &mut Option<Line>) -> Result<()> {
        if line.is_none() {
            let place = Road::of_pieces(2).standing();
            *line = Some(Line::connect(self.jointech, DEVICE, place)?);
        }
        line.as_mut().context("it is connected")?.report()
    }

    fn read(&self) -> Result<()> {
        self.supervisor.get("/alarms")?;
        let page = ureq::get(&format!("{}/", self.base)).call();
        page.context("the page itself does not come")?;
        Ok(())
    }

    /// An invitation; its answer comes once it is durable, and the live stream tells it to who invites.
    pub fn command(&self) -> Result<()> {
        let belongs = json!({"kind": "office", "office": EMAS});
        let body = json!({"role": "customs_officer", "belongs": belongs, "valid_hours": 24});
        self.supervisor.post("/invitations", body)?;
        Ok(())
    }

    /// The live stream tells what is commanded, without breaking off, until it is over.
    fn follow(&self, shift: &Shift) -> Result<()> {
        for line in self.supervisor.follow_live()?.lines() {
            line.context("the live stream broke off")?;
            if shift.is_over() {
                return Ok(());
            }
        }
        Err(anyhow!("the live stream ended"))
    }
}

/// The time that the honest ones work, and the first thing that failed in it.
#[derive(Default)]
struct Shift {
    over: AtomicBool,
    failed: Mutex<Option<anyhow::Error>>,
}

impl Shift {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Does it again and again until it is over; once at least.
    fn work(&self, who: &'static str, mut act: impl FnMut() -> Result<()>) -> Tally {
        let mut tally = Tally::default();
        loop {
            let began = Instant::now();
            if let Err(failure) = act() {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.get_or_insert(failure.context(who));
                return tally;
            }
            tally.count += 1;
            tally.longest = tally.longest.max(began.elapsed());
            if self.is_over() {
                return tally;
            }
            std::thread::sleep(BREATH);
        }
    }

    fn ended(self) -> Result<()> {
        let failed = self.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), Err)
    }
}

fn joined(one: ScopedJoinHandle<'_, Tally>) -> Result<Tally> {
    one.join().map_err(|_| anyhow!("an honest one panicked"))
}
