use assay_lending_host::MarketKeys;

use crate::liquidate_by_proof::risky;
use crate::support::{refused, with_account};

#[test]
fn anyone_closes_an_expired_snapshot_and_its_payer_gets_the_lamports() {
    let (mut test, snapshot) = risky();
    let address = MarketKeys::snapshot(&snapshot.position, snapshot.evidence());
    let close = MarketKeys::close_snapshot(address, snapshot.payer);
    refused(&test.lender_sends(close.clone()), "SnapshotAlive");
    test.advance(snapshot.expires_at - test.net.now());
    refused(&test.lender_sends(close.clone()), "SnapshotAlive");
    test.advance(1);
    let (payer, rent) = (test.lamports(&snapshot.payer), test.lamports(&address));
    refused(&test.lender_sends(with_account(close.clone(), 1, test.lender.address())), "WrongReceiver");
    test.lender_sends(close).expect_ok();
    assert_eq!((test.lamports(&snapshot.payer), test.lamports(&address)), (payer + rent, 0));
}

#[test]
fn nothing_but_a_snapshot_is_closed() {
    let (mut test, snapshot) = risky();
    for account in [test.keys.market, test.position_address(), test.keys.liquidity_vault] {
        let close = MarketKeys::close_snapshot(account, snapshot.payer);
        assert!(!test.lender_sends(close).is_ok(), "{account}");
    }
}
