use solana_address::Address;

use crate::support::{TestMarket, refused};

#[test]
fn a_named_successor_has_no_rights_yet() {
    let mut test = TestMarket::new();
    let successor = test.stranger.address();
    let name = test.keys.propose_admin(test.admin.address(), successor);
    test.admin_sends(name).expect_ok();
    assert_eq!((test.market().admin, test.market().pending_admin), (test.admin.address(), successor));
    let pause = test.keys.set_pause(successor, 1);
    refused(&test.stranger_sends(pause), "WrongAuthority");
}

#[test]
fn a_proposal_can_be_taken_back() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let name = test.keys.propose_admin(admin, test.stranger.address());
    test.admin_sends(name).expect_ok();
    let take_back = test.keys.propose_admin(admin, Address::default());
    test.admin_sends(take_back).expect_ok();
    let accept = test.keys.accept_admin(test.stranger.address());
    refused(&test.stranger_sends(accept), "WrongAuthority");
}

#[test]
fn only_the_admin_names_a_successor() {
    let mut test = TestMarket::new();
    let stranger = test.stranger.address();
    let name = test.keys.propose_admin(stranger, stranger);
    refused(&test.stranger_sends(name), "WrongAuthority");
}
