//! One part of a report's way, on fixed inputs, for callgrind to count: `instructions PART`.
//!
//! Only what `weighed_here` calls is counted (`--toggle-collect`), so the world around it may grow as it likes. The test
//! `crates/measure/tests/instructions.rs` runs this and compares with the baseline.

use std::hint::black_box;

use segel_measure::{Layout, Plan, World};
use segel_model::input::ReportInput;
use segel_model::report::Protocol;
use segel_model::{Input, Report, ServerTime};
use segel_store::{Staged, Stored, measured};
use segel_wire::{Limits, Output, Profile, Session};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seals, each on its own corridor.
const SEALS: u64 = 64;
/// Reports counted: each seal says 32.
const REPORTS: usize = 2048;
/// After so many reports every seal's window and keys are full.
const FULL: usize = SEALS as usize * 80;

fn main() {
    let part = std::env::args().nth(1).expect("a part");
    let inputs = Inputs::make();
    match part.as_str() {
        "decode" => drop(decode(&inputs)),
        "decide" => decide(inputs),
        "apply" => apply(inputs),
        "stage" => drop(stage(&inputs)),
        "block" => block(&inputs),
        other => panic!("{other} is no part"),
    }
    println!("{REPORTS}");
}

/// Everything that a part may want, made beforehand.
struct Inputs {
    world: World,
    staged: Vec<Staged>,
}

impl Inputs {
    fn make() -> Self {
        let plan = Plan {
            seals: SEALS,
            trips: SEALS,
            routes: SEALS,
            layout: Layout::Spread,
            interval_s: 60,
        };
        let (mut world, mut ahead) = (World::new(plan), World::new(plan));
        world.commit(FULL);
        ahead.commit(FULL);
        let staged = ahead.commit(REPORTS).staged;
        Self { world, staged }
    }

    fn frames(&self) -> Vec<(ServerTime, Vec<u8>)> {
        let frame = |staged: &Staged| (staged.received, staged.raw.clone());
        self.staged.iter().map(frame).collect()
    }

    fn sessions() -> Vec<Session> {
        let session = |_| Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
        (0..SEALS).map(session).collect()
    }
}

/// What callgrind counts: the name is what it is told to look for.
#[inline(never)]
fn weighed_here<T>(part: impl FnOnce() -> T) -> T {
    let done = part();
    black_box(done)
}

/// Bytes in, reports out, acknowledged.
fn decode(inputs: &Inputs) -> Vec<Report> {
    let (frames, mut sessions) = (inputs.frames(), Inputs::sessions());
    let mut reports = Vec::with_capacity(frames.len());
    weighed_here(|| {
        for ((received, frame), place) in frames.iter().zip(0..) {
            let session: &mut Session = &mut sessions[place % SEALS as usize];
            session.receive(*received, frame);
            while let Some(output) = session.poll() {
                if let Output::Report(reported) = output {
                    session.acknowledge(reported.token, *received);
                    reports.push(reported.report);
                }
            }
        }
    });
    assert_eq!(reports.len(), REPORTS, "every frame is a report");
    reports
}

/// Each report judged by its corridor and rules, the one before it folded.
fn decide(mut inputs: Inputs) {
    let reports = inputs_of(&inputs);
    let world = &mut inputs.world;
    let mut judged = 0;
    for (now, input) in &reports {
        let decision = weighed_here(|| segel_custody::decide(&world.state, input, *now, world.rules()));
        let observed = decision.observed.expect("a report is judged");
        judged += usize::from(observed.place.is_some_and(|place| place.corridor.is_some()));
        segel_custody::observe(&mut world.state, &observed);
    }
    assert_eq!(judged, REPORTS, "every report is judged by its corridor");
}

/// What was judged, folded.
fn apply(mut inputs: Inputs) {
    weighed_here(|| {
        for staged in &inputs.staged {
            segel_custody::observe(&mut inputs.world.state, &staged.observed);
        }
    });
}

/// The row that a commit writes.
fn stage(inputs: &Inputs) -> Vec<u8> {
    weighed_here(|| measured::staged_body(&inputs.staged)).expect("bytes")
}

/// The block that the compactor writes.
fn block(inputs: &Inputs) {
    let mut reports: Vec<Stored> = (inputs.staged.iter().cloned())
        .map(|staged| Stored { commit: 1, staged })
        .collect();
    reports.sort_by_key(|stored| (stored.staged.observed.seal, stored.staged.ordinal));
    weighed_here(|| measured::block_body(reports)).expect("bytes");
}

fn inputs_of(inputs: &Inputs) -> Vec<(ServerTime, Input)> {
    let mut sessions = Inputs::sessions();
    let mut reports = Vec::new();
    for ((received, frame), place) in inputs.frames().into_iter().zip(0..) {
        let session = &mut sessions[place % SEALS as usize];
        session.receive(received, &frame);
        while let Some(output) = session.poll() {
            if let Output::Report(reported) = output {
                let input = ReportInput {
                    protocol: Protocol::Jointech,
                    connection: 1,
                    report: reported.report,
                };
                reports.push((received, Input::Report(input)));
            }
        }
    }
    reports
}
