//! The watch over a travelling seal, told as stories. A line is what happens; what Segel decides stands below it.

mod world;

mod alarms;
mod journey;
mod late;
mod order;
mod presence;
mod sublock;
mod tampering;

use expect_test::Expect;
use world::World;

/// Tells a story in the world of a travelling trip and compares what was decided.
fn check(story: &str, expected: Expect) {
    check_in(World::travelling(), story, expected);
}

fn check_in(mut world: World, story: &str, expected: Expect) {
    story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .for_each(|line| world.line(line));
    expected.assert_eq(&world.told());
    let thawed = segel_custody::State::thaw(&world.state.freeze()).expect("what was frozen thaws");
    assert_eq!(thawed.fingerprint(), world.state.fingerprint());
    assert_eq!(
        world.replayed().fingerprint(),
        world.state.fingerprint(),
        "the state is the fold of what was decided"
    );
    world
        .state
        .settle_limits(segel_model::ServerTime::from_unix_ms(i64::MAX));
    assert_eq!(
        thawed.next_deadline(),
        world.state.next_deadline(),
        "limits are still due after a restart"
    );
}
