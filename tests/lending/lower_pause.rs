use assay_lending::state::LOWERING_SECONDS;

use crate::support::{TestMarket, refused, with_account};

fn raised(level: u8) -> TestMarket {
    let mut test = TestMarket::new();
    let raise = test.keys.set_pause(test.guardian.address(), level);
    test.guardian_sends(raise).expect_ok();
    test
}

#[test]
fn the_admin_alone_lowers_after_a_day() {
    let mut test = raised(1);
    let lower = test.keys.lower_pause(test.admin.address(), None, 0);
    test.advance(LOWERING_SECONDS - 1);
    refused(&test.admin_sends(lower.clone()), "LowerTooSoon");
    test.advance(1);
    test.admin_sends(lower.clone()).expect_ok();
    assert_eq!(test.market().guard.level, 0);
    refused(&test.admin_sends(lower), "NotALowering");
}

#[test]
fn with_the_guardian_it_is_lowered_at_once() {
    for level in [0, 1] {
        let mut test = raised(2);
        let lower = test.keys.lower_pause(test.admin.address(), Some(test.guardian.address()), level);
        let (admin, guardian) = (test.admin.key.insecure_clone(), test.guardian.key.insecure_clone());
        test.net.send(&[lower], &[&admin, &guardian]).expect_ok();
        assert_eq!((test.market().guard.level, test.market().guard.halted_until), (level, test.net.now()));
    }
}

#[test]
fn neither_the_guardian_alone_nor_a_stranger_lowers_and_nobody_raises_here() {
    let mut test = raised(1);
    let (admin, guardian, stranger) =
        (test.admin.address(), test.guardian.address(), test.stranger.address());
    refused(&test.guardian_sends(test.keys.lower_pause(guardian, None, 0)), "WrongAuthority");
    refused(&test.stranger_sends(test.keys.lower_pause(stranger, None, 0)), "WrongAuthority");
    let (admin_key, stranger_key) = (test.admin.key.insecure_clone(), test.stranger.key.insecure_clone());
    let with_stranger = test.keys.lower_pause(admin, Some(stranger), 0);
    refused(&test.net.send(&[with_stranger], &[&admin_key, &stranger_key]), "WrongAuthority");
    // The guardian's account without its signature.
    let mut unsigned = test.keys.lower_pause(admin, Some(guardian), 0);
    unsigned.accounts[2].is_signer = false;
    refused(&test.net.send(&[unsigned], &[&admin_key]), "MissingRequiredSignature");
    test.advance(LOWERING_SECONDS);
    for level in [1, 2] {
        refused(&test.admin_sends(test.keys.lower_pause(admin, None, level)), "NotALowering");
    }
    refused(&test.admin_sends(test.keys.lower_pause(admin, None, 3)), "UnknownPauseLevel");
    let other = test.second_market();
    let of_other = with_account(test.keys.lower_pause(admin, None, 0), 1, other.market);
    refused(&test.admin_sends(of_other), "WrongAuthority");
}
