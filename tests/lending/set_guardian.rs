use crate::support::{TestMarket, refused};

#[test]
fn a_new_guardian_waits_for_the_exit_clock() {
    let mut test = TestMarket::new();
    let (admin, next) = (test.admin.address(), test.stranger.address());
    let propose = test.keys.propose_guardian(admin, next);
    test.admin_sends(propose).expect_ok();
    let set = test.keys.set_guardian(admin);
    refused(&test.admin_sends(set.clone()), "TimelockRunning");
    test.pass_timelock();
    test.admin_sends(set.clone()).expect_ok();
    assert_eq!(test.market().guardian, next);
    refused(&test.admin_sends(set), "NothingPending");
    let raise = test.keys.set_pause(next, 1);
    test.stranger_sends(raise).expect_ok();
}

#[test]
fn only_the_admin_and_only_what_was_proposed() {
    let mut test = TestMarket::new();
    let (admin, stranger) = (test.admin.address(), test.stranger.address());
    let propose = test.keys.propose_admin(admin, stranger);
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    let as_stranger = test.keys.set_guardian(stranger);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let as_admin = test.keys.set_guardian(admin);
    refused(&test.admin_sends(as_admin), "OtherProposal");
}
