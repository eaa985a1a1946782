use solana_address::Address;

use crate::support::{TestMarket, refused, unsigned};

#[test]
fn the_successor_takes_over_and_the_predecessor_has_no_rights_left() {
    let mut test = TestMarket::new();
    let (admin, successor) = (test.admin.address(), test.stranger.address());
    let name = test.keys.propose_admin(admin, successor);
    test.admin_sends(name).expect_ok();
    let accept = test.keys.accept_admin(successor);
    test.stranger_sends(accept.clone()).expect_ok();
    assert_eq!((test.market().admin, test.market().pending_admin), (successor, Address::default()));
    let pause = test.keys.set_pause(admin, 1);
    refused(&test.admin_sends(pause), "WrongAuthority");
    let pause = test.keys.set_pause(successor, 1);
    test.stranger_sends(pause).expect_ok();
    refused(&test.stranger_sends(accept), "WrongAuthority");
}

#[test]
fn nobody_else_accepts() {
    let mut test = TestMarket::new();
    let name = test.keys.propose_admin(test.admin.address(), test.stranger.address());
    test.admin_sends(name).expect_ok();
    let as_lender = test.keys.accept_admin(test.lender.address());
    refused(&test.lender_sends(as_lender), "WrongAuthority");
    let as_successor = test.keys.accept_admin(test.stranger.address());
    refused(&test.lender_sends(unsigned(as_successor, 0)), "MissingRequiredSignature");
}

#[test]
fn without_a_proposal_the_zero_address_cannot_accept() {
    let mut test = TestMarket::new();
    let accept = unsigned(test.keys.accept_admin(Address::default()), 0);
    refused(&test.stranger_sends(accept), "MissingRequiredSignature");
}
