//! A world at work: the state, the seals that drive in it, and commits as the engine would make them.

use segel_custody::{Stamp, State};
use segel_model::entry::{Cause, ENTRY_VERSION};
use segel_model::input::ReportInput;
use segel_model::report::Protocol;
use segel_model::{DeviceId, Entry, Event, Input, Report, Rulebook, ServerTime};
use segel_store::{Batch, Journaled, Position, Staged, Store, StoreError};

use crate::{Driving, Plan, START, founding};

/// Entries of one commit while a world is founded.
const ENTRIES_A_COMMIT: usize = 4096;

/// A state with its seals.
pub struct World {
    /// Everything decided so far, folded.
    pub state: State,
    /// The seals.
    pub driving: Driving,
    /// Where the last commit stands.
    pub position: Position,
    rules: Rulebook,
    plan: Plan,
    next: usize,
    reported: u64,
}

impl World {
    /// A world as it stands after its founding, in memory alone.
    pub fn new(plan: Plan) -> Self {
        let mut world = Self::empty(plan);
        founding(plan).for_each(|event| world.apply(&event, START));
        world
    }

    /// The same, with every event journaled in a new store.
    pub fn found(plan: Plan, store: &Store) -> Result<Self, StoreError> {
        let mut world = Self::empty(plan);
        let mut events = founding(plan).peekable();
        while events.peek().is_some() {
            let mut batch = Batch::new(world.position.commit + 1, START);
            for event in events.by_ref().take(ENTRIES_A_COMMIT) {
                world.apply(&event, START);
                world.enter(&mut batch, Cause::Input(Input::Tick), vec![event]);
            }
            store.commit(&batch)?;
            world.position.commit = batch.commit;
        }
        Ok(world)
    }

    fn empty(plan: Plan) -> Self {
        Self {
            state: State::default(),
            driving: Driving::of(&plan, START),
            position: Position::default(),
            rules: rules(),
            plan,
            next: 0,
            reported: 0,
        }
    }

    /// The rules it is judged by.
    pub fn rules(&self) -> &Rulebook {
        &self.rules
    }

    /// What time it is: every seal reports once an interval, in turn.
    pub fn now(&self) -> ServerTime {
        let passed_ms = u128::from(self.reported) * u128::from(self.plan.interval_s) * 1000;
        let seals = self.driving.len().max(1) as u128;
        START.plus_ms(1_000 + i64::try_from(passed_ms / seals).unwrap_or(i64::MAX))
    }

    /// The next commit: so many reports of seals in turn, with what was decided about them.
    pub fn commit(&mut self, reports: usize) -> Batch {
        let mut batch = Batch::new(self.position.commit + 1, self.now());
        for ordinal in 0..reports as u32 {
            self.report(&mut batch, ordinal);
        }
        self.position.commit = batch.commit;
        batch
    }

    /// An entry of our own between the reports, such as one that vouches for history.
    pub fn enter_alone(&mut self, input: Input, events: Vec<Event>) -> Batch {
        let mut batch = Batch::new(self.position.commit + 1, self.now());
        events.iter().for_each(|event| self.apply(event, batch.at));
        self.enter(&mut batch, Cause::Input(input), events);
        self.position.commit = batch.commit;
        batch
    }

    fn apply(&mut self, event: &Event, at: ServerTime) {
        let stamp = Stamp { at, principal: None };
        segel_custody::apply(&mut self.state, event, &stamp);
    }

    fn report(&mut self, batch: &mut Batch, ordinal: u32) {
        let received = self.now();
        let said = ServerTime::from_unix_ms(received.unix_ms / 1000 * 1000);
        let record = self.driving.drive(self.next, said);
        self.next = (self.next + 1) % self.driving.len();
        self.reported += 1;
        self.hear(
            batch,
            ordinal,
            Protocol::Jointech,
            record.report(received),
            record.encode(),
        );
    }

    /// A report of any protocol joins a commit, judged and folded.
    pub fn hear(
        &mut self,
        batch: &mut Batch,
        ordinal: u32,
        protocol: Protocol,
        report: Report,
        raw: Vec<u8>,
    ) {
        let (device, received) = (report.device.clone(), report.received);
        let input = Input::Report(ReportInput {
            protocol,
            connection: 1,
            report,
        });
        let decision = segel_custody::decide(&self.state, &input, received, &self.rules);
        let observed = decision.observed.expect("a report is judged");
        segel_custody::observe(&mut self.state, &observed);
        batch
            .staged
            .push(staged(ordinal, protocol, device, received, raw, observed));
        if !decision.events.is_empty() {
            // As a replay will: an entry knows when its commit was decided.
            decision
                .events
                .iter()
                .for_each(|event| self.apply(event, batch.at));
            self.enter_at(batch, ordinal, Cause::Report, decision.events);
        }
    }

    fn enter(&mut self, batch: &mut Batch, cause: Cause, events: Vec<Event>) {
        let ordinal = batch.entries.len() as u32;
        self.enter_at(batch, ordinal, cause, events);
    }

    fn enter_at(&mut self, batch: &mut Batch, ordinal: u32, cause: Cause, events: Vec<Event>) {
        self.position.seq += 1;
        let mut subjects: Vec<_> = events
            .iter()
            .flat_map(|event| segel_custody::subjects(&self.state, event))
            .collect();
        subjects.sort_unstable();
        subjects.dedup();
        let entry = Entry {
            version: ENTRY_VERSION,
            seq: self.position.seq,
            commit: batch.commit,
            ordinal,
            at: batch.at,
            shard: 0,
            virtual_time: false,
            cause,
            events,
        };
        batch.entries.push(Journaled { entry, subjects });
    }
}

fn rules() -> Rulebook {
    toml::from_str(include_str!("../../../rules/default.toml")).expect("the rulebook that comes with us")
}

fn staged(
    ordinal: u32,
    protocol: Protocol,
    device: DeviceId,
    received: ServerTime,
    raw: Vec<u8>,
    observed: segel_model::Observed,
) -> Staged {
    let seal = observed.seal.map_or(0, |seal| seal.0);
    let peer = ([10, (seal >> 16) as u8, (seal >> 8) as u8, seal as u8], 40_000);
    Staged {
        ordinal,
        protocol,
        profile: "jt701d".into(),
        decoder_version: 1,
        device,
        peer: Some(peer.into()),
        received,
        raw,
        observed,
        note: String::new(),
    }
}
