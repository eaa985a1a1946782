use solana_address::Address;

use crate::support::{TestMarket, refused, unsigned};

#[test]
fn without_an_admin_the_parameters_are_final_and_the_guardian_moves_the_level() {
    let mut test = TestMarket::new();
    let (admin, guardian) = (test.admin.address(), test.guardian.address());
    let propose = test.keys.propose_params(admin, test.params);
    test.admin_sends(propose.clone()).expect_ok();
    let renounce = test.keys.renounce_admin(admin);
    test.admin_sends(renounce).expect_ok();
    assert_eq!((test.market().admin, test.market().proposal.waits()), (Address::default(), false));
    test.pass_timelock();
    let apply = test.apply();
    refused(&test.admin_sends(apply), "WrongAuthority");
    refused(&test.admin_sends(propose), "WrongAuthority");
    let raise = test.keys.set_pause(guardian, 2);
    test.guardian_sends(raise).expect_ok();
    let lower = test.keys.lower_pause(guardian, None, 0);
    test.guardian_sends(lower).expect_ok();
    let as_nobody = unsigned(test.keys.propose_params(Address::default(), test.params), 0);
    refused(&test.stranger_sends(as_nobody), "MissingRequiredSignature");
}

#[test]
fn only_the_admin_renounces() {
    let mut test = TestMarket::new();
    for address in [test.stranger.address(), test.guardian.address()] {
        let renounce = test.keys.renounce_admin(address);
        let key = if address == test.stranger.address() { &test.stranger.key } else { &test.guardian.key };
        let key = key.insecure_clone();
        refused(&test.net.send(&[renounce], &[&key]), "WrongAuthority");
    }
}
