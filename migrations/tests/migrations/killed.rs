//! Runs that are killed, as `kill -9` does it, between any two transactions.

use std::thread;
use std::time::Duration;

use assay_host::Identity;

use crate::program;
use crate::world::{DAY, World, committed, replaced};

/// How many pieces of programs a run is let write before it is killed.
const PIECES: usize = 100;
/// Blocks that no blockhash outlives.
const LIFE: u64 = 400;

/// How many pieces of programs landed, and how many other transactions.
fn landed(world: &World) -> (usize, usize) {
    const WRITE: [u8; 4] = [1, 0, 0, 0];
    let state = world.state();
    let landed = state.sent.iter().filter(|(signature, _)| state.landed.contains_key(signature));
    let is_piece = |names: &Vec<[u8; 8]>| matches!(names.as_slice(), [only] if only.starts_with(&WRITE));
    let (pieces, others): (Vec<_>, Vec<_>) = landed.partition(|(_, names)| is_piece(names));
    (pieces.len(), others.len())
}

#[test]
fn killed_between_any_two_transactions_it_is_finished_by_the_next() {
    let world = World::new(30);
    let names = ["verifier", "feed", "lending"];
    let programs: [Identity; 3] = names.map(program);
    let some = format!("deploy = {names:?}\n[programs.keypairs]");
    let all = replaced(&world.describe_all(), "[programs.keypairs]", &some);
    let (mut kills, mut ended) = (0, None);
    for _ in 0..200 {
        let (pieces, others) = landed(&world);
        let mut child = world.start(&all);
        ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            let (written, done) = landed(&world);
            if done > others || written >= pieces + PIECES {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            thread::sleep(Duration::from_millis(1));
        };
        match ended {
            None => kills += 1,
            // The timelock.
            Some(1) => world.state().net.advance(DAY),
            Some(_) => break,
        }
        // Whatever was on its way is not any more.
        world.state().slot += LIFE;
    }
    assert_eq!(ended, Some(0));
    assert!(kills > 12, "{kills}");
    assert_eq!(landed(&world).1, 11, "buffers and deployments, sources, register, activate, market");
    for program in &programs {
        assert_eq!(world.program(program).unwrap().bytes, committed(program));
    }
    let executed = world.executed();
    world.run(&all, &["--yes"]).ends(0, "nothing to do");
    assert_eq!(world.executed(), executed);
    let refused = world.state().outcomes.iter().filter(|outcome| !outcome.is_ok()).count();
    assert_eq!(refused, 0, "nothing was done twice");
    let record = world.record();
    let signatures = |event: &str| record.iter().filter(|line| line["event"] == event).count();
    assert_eq!(signatures("landed"), 11);
    assert_eq!(signatures("sending"), signatures("landed") + signatures("expired"), "each has an end");
}
