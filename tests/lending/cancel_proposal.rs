use crate::support::{TestMarket, refused};

#[test]
fn a_cancelled_proposal_cannot_be_applied() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let cancel = test.keys.cancel_proposal(admin);
    refused(&test.admin_sends(cancel.clone()), "NothingPending");
    let propose = test.keys.propose_params(admin, test.params);
    test.admin_sends(propose).expect_ok();
    test.admin_sends(cancel).expect_ok();
    test.pass_timelock();
    let apply = test.apply();
    refused(&test.admin_sends(apply), "NothingPending");
}

#[test]
fn only_the_admin_cancels() {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_params(test.admin.address(), test.params);
    test.admin_sends(propose).expect_ok();
    let cancel = test.keys.cancel_proposal(test.stranger.address());
    refused(&test.stranger_sends(cancel), "WrongAuthority");
    assert!(test.market().proposal.waits());
}
