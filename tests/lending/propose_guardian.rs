use crate::support::{TestMarket, refused};

#[test]
fn a_proposed_guardian_has_no_rights_yet() {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_guardian(test.admin.address(), test.stranger.address());
    test.admin_sends(propose).expect_ok();
    assert_eq!(test.market().guardian, test.guardian.address());
    let halt = test.keys.set_pause(test.stranger.address(), 2);
    refused(&test.stranger_sends(halt), "WrongAuthority");
}

#[test]
fn neither_a_stranger_nor_the_guardian_proposes() {
    let mut test = TestMarket::new();
    let (stranger, guardian) = (test.stranger.address(), test.guardian.address());
    let as_stranger = test.keys.propose_guardian(stranger, stranger);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let as_guardian = test.keys.propose_guardian(guardian, stranger);
    refused(&test.guardian_sends(as_guardian), "WrongAuthority");
}
