//! The people of the bench, and the trips they send off through the API, as the SOP wants it: document, route, request,
//! seal, installation with its photos, authorised departure.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use segel_sim::cast::{Cast, EMAS};
use segel_sim::client::Client;
use segel_sim::convoy::{Convoy, PER_DOCUMENT, Road, Underway};
use segel_sim::story::{Pace, Stage};
use segel_sim::tempo::Tempo;

use super::program::Program;

/// So many containers are prepared at once: commits are shared, as in an office.
const AT_ONCE: usize = 8;

/// Containers of a group at most: groups are numbered so far apart.
const IN_GROUP_MAX: u32 = 100_000;

/// Containers that are sent off for one purpose; they and their seals are numbered by it.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    number: u32,
}

impl Group {
    /// Those whose seals report.
    pub const REPORTING: Self = Self { number: 1 };
    /// Those whose ropes are cut.
    pub const CUT: Self = Self { number: 2 };

    /// The number of its first seal; the others follow.
    pub fn first_device(self) -> u64 {
        7_000_000_000 + u64::from(self.number * IN_GROUP_MAX)
    }
}

/// Who is there.
pub struct World {
    convoy: Convoy,
}

impl World {
    /// Lets everybody join and has the route approved.
    pub fn found(program: &Program, road: &Road) -> Result<Self> {
        let (customs, provider) = &program.codes;
        let cast = Cast::assemble(&program.base, customs, provider)?;
        let pace = Pace {
            interval_s: 60,
            haste: 1.0,
        };
        let stage = Stage::set(&program.base, &cast, (EMAS, "officer"), Tempo::true_time(), pace)?;
        let convoy = Convoy::plan(stage, program.jointech, road.clone(), "Jalan lingkar")?;
        Ok(Self { convoy })
    }

    /// The officer of the port.
    pub fn officer(&self) -> &Client {
        &self.convoy.stage().officer
    }

    /// Sends off so many containers of a group.
    pub fn send_off(&self, group: Group, count: u32) -> Result<Vec<Underway>> {
        let mut sent = Vec::with_capacity(count as usize);
        for first in (0..count).step_by(PER_DOCUMENT as usize) {
            let more = (count - first).min(PER_DOCUMENT);
            sent.append(&mut self.send_off_one_document(group, first, more)?);
        }
        Ok(sent)
    }

    fn send_off_one_document(&self, group: Group, first: u32, count: u32) -> Result<Vec<Underway>> {
        let containers = Convoy::containers(u64::from(group.number * IN_GROUP_MAX + first), count);
        let number = format!("{:01}{first:05}", group.number);
        let first_device = group.first_device() + u64::from(first);
        let document = self.convoy.document(&number, &containers)?;
        let (next, sent) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || -> Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(container) = containers.get(at) else {
                    return Ok(());
                };
                let underway = self
                    .convoy
                    .send_off(document, container, first_device + at as u64)?;
                sent.lock()
                    .map_err(|_| anyhow!("somebody at work panicked"))?
                    .push(underway);
            }
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            all.into_iter()
                .try_for_each(|one| one.join().map_err(|_| anyhow!("somebody at work panicked"))?)
        })?;
        sent.into_inner()
            .map_err(|_| anyhow!("somebody at work panicked"))
    }
}
