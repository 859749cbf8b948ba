//! Random walks: whatever people, seals, SKP and clocks do in whatever order, what must always hold holds.
//!
//! The checks themselves are in the story language, made after every decision: no state skipped, one trip a seal, a container
//! and a line, no opening without a live grant, limits that fire once, a state that survives freezing.

mod story;

use proptest::prelude::*;
use story::World;

/// What may happen; most of it is wrong most of the time.
const DEEDS: [&str; 66] = [
    "umar opens trip",
    "umar opens trip TEMU6079348",
    "umar submits",
    "umar submits trip 2",
    "umar plans",
    "umar plans 1 trip 2",
    "umar cancels",
    "opi assigns seal 1 to teo",
    "opi assigns seal 2 to tia trip 2",
    "opi assigns seal 1 to teo trip 2",
    "opi releases",
    "teo begins install",
    "teo begins install recorded 0:05",
    "teo begins install label JT701-2",
    "oka records installed",
    "teo photos install",
    "teo photo door",
    "oka rejects photo 1",
    "oka authorises departure",
    "oka confirms arrival",
    "oka checks",
    "oka checks touched",
    "oka decides release",
    "oka decides hold",
    "oka grants command to teo",
    "oka grants card to teo",
    "oka grants dynamic to teo",
    "oka revokes grant 1",
    "oka vouches grant 1",
    "teo unlocks",
    "teo unlocks grant 2",
    "teo finishes removal",
    "teo photos removal",
    "sita closes alarm 1",
    "sita closes alarm 2",
    "oka cancels document 1",
    "oka clears doubt 1",
    "opi repairs 1",
    "seal 1 at origin",
    "seal 1 at origin locked says sealed",
    "seal 1 at origin locked says sealed time 0:04",
    "seal 1 at road locked",
    "seal 1 at road cell locked",
    "seal 1 at away locked",
    "seal 1 at destination locked",
    "seal 1 nofix locked",
    "seal 1 at road open says unsealed-by-password",
    "seal 1 at road open time 0:10",
    "seal 1 at destination open says unsealed-by-command",
    "seal 1 at destination open says unsealed-by-card",
    "seal 1 at destination locked says rope-cut",
    "seal 1 at road locked battery 10",
    "seal 2 at origin locked says sealed",
    "doubt 1",
    "order 1 sent",
    "order 1 done",
    "order 2 refused",
    "order 2 opening 1",
    "order 3 unanswered",
    "order 4 unanswered",
    "skp 1 taken",
    "skp 2 refused",
    "skp 3 stuck",
    "skp 3 taken",
    "clock steps 600",
    "nothing",
];

/// From which point a walk sets out.
const STAGES: [&str; 8] = [
    "submitted",
    "planned",
    "assigned",
    "installing",
    "ready",
    "travelling",
    "arrived",
    "granted",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_must_always_hold_holds_on_every_walk(
        stage in 0..STAGES.len(),
        steps in prop::collection::vec((0..DEEDS.len(), 0i64..700), 0..50),
    ) {
        let mut world = World::with_cast();
        world.given(&format!("given {}", STAGES[stage]));
        for (deed, wait_s) in steps {
            let then = world.now.plus_s(wait_s);
            world.given(&format!("{} {}", story::clock(then.unix_ms), DEEDS[deed]));
        }
    }
}
