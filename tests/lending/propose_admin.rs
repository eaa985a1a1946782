use crate::support::{TestMarket, refused};

#[test]
fn a_named_successor_has_no_rights_yet() {
    let mut test = TestMarket::new();
    let successor = test.stranger.address();
    let name = test.keys.propose_admin(test.admin.address(), successor);
    test.admin_sends(name).expect_ok();
    assert_eq!((test.market().admin, test.market().proposal.address), (test.admin.address(), successor));
    let propose = test.keys.propose_params(successor, test.params);
    refused(&test.stranger_sends(propose), "WrongAuthority");
}

#[test]
fn only_the_admin_names_a_successor() {
    let mut test = TestMarket::new();
    let stranger = test.stranger.address();
    let name = test.keys.propose_admin(stranger, stranger);
    refused(&test.stranger_sends(name), "WrongAuthority");
}
