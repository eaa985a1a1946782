//! `void`: time alone ends a question that nobody resolves, and never before.

use assay_market_host::{LEAST_STAKE, Status};

use crate::support::{T, WINDOW, World, refused, terms};

#[test]
fn silence_in_each_state_is_the_fallback() {
    let mut unobserved = World::new();
    unobserved.net.set_time(terms().observe_by);
    refused(&unobserved.void(), "WindowOpen");
    unobserved.net.advance(1);
    unobserved.void().expect_ok();

    let mut unproven = World::observed(50);
    unproven.net.set_time(terms().resolve_by);
    refused(&unproven.void(), "WindowOpen");
    unproven.net.advance(1);
    unproven.void().expect_ok();

    let mut unanswered = World::proposed(50);
    unanswered.dispute().expect_ok();
    let before = unanswered.lamports(&unanswered.challenger.address());
    unanswered.net.advance(WINDOW);
    refused(&unanswered.void(), "WindowOpen");
    unanswered.net.advance(1);
    unanswered.void().expect_ok();
    // The payout is another row than the disputed one: the bond comes back.
    assert_eq!(unanswered.lamports(&unanswered.challenger.address()), before + 2 * LEAST_STAKE);

    for world in [unobserved, unproven, unanswered] {
        assert_eq!((world.status(), world.question().payout), (Status::Void, terms().fallback));
    }
}

#[test]
fn a_row_that_stands_is_settled_and_never_void() {
    let mut world = World::proposed(50);
    world.net.set_time(T + 10_000_000);
    refused(&world.void(), "WrongState");
    world.settle().expect_ok();
    refused(&world.void(), "WrongState");
}
