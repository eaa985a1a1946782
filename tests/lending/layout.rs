//! Accounts as this version writes them: later code must read these bytes. The fixtures are never rewritten.

use assay_host::account::decode;
use assay_lending_host::{Deposit, ID, Market, Position, Snapshot};

use crate::support::{SOL, TestMarket, USDC};

/// The accounts of a market in the middle of its life: a proposal waits, the level is raised, a position is flagged and has
/// spent a part of its budget.
fn lived() -> [(&'static str, Vec<u8>); 4] {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let early = test.early(&snapshot, 1_000 * USDC);
    test.liquidator_sends(early).expect_ok();
    let changed = assay_lending::state::RiskParams { min_borrow: 20 * USDC, ..test.params };
    let propose = test.keys.propose_params(test.admin.address(), changed);
    test.admin_sends(propose).expect_ok();
    let raise = test.keys.set_pause(test.guardian.address(), 1);
    test.guardian_sends(raise).expect_ok();
    let position = test.position_address();
    let accounts = [
        ("market-v2", test.keys.market),
        ("position-v2", position),
        ("deposit-v2", test.keys.deposit(&test.lender.address())),
        ("snapshot-v2", assay_lending_host::MarketKeys::snapshot(&position, snapshot.evidence())),
    ];
    accounts.map(|(name, address)| (name, test.net.account(&address).unwrap().data))
}

#[test]
fn the_accounts_are_written_as_the_fixtures_have_them() {
    for (name, data) in lived() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("lending/fixtures/{name}.bin"));
        if std::env::var_os("ASSAY_LEDGER").is_some_and(|value| value == "write")
            && std::fs::metadata(&path).map_or(0, |file| file.len()) == 0
        {
            std::fs::write(&path, &data).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap().len(), data.len(), "{name}");
    }
}

#[test]
fn a_market_of_version_2_is_read() {
    let market: Market = decode(&ID, include_bytes!("fixtures/market-v2.bin")).unwrap();
    market.invariant().unwrap();
    market.params.validate().unwrap();
    assert_eq!(
        (market.version, market.guard.level, market.collateral_decimals, market.debt_decimals),
        (2, 1, 9, 6)
    );
    assert_eq!((market.cash, market.proposal.kind), (994_100 * USDC, 1));
    assert_eq!((market.params.min_borrow, market.proposal.params.min_borrow), (10 * USDC, 20 * USDC));
    assert_ne!(market.decision_chain, [0; 32]);
}

#[test]
fn a_position_a_deposit_and_a_snapshot_of_version_2_are_read() {
    let market: Market = decode(&ID, include_bytes!("fixtures/market-v2.bin")).unwrap();
    let position: Position = decode(&ID, include_bytes!("fixtures/position-v2.bin")).unwrap();
    position.invariant(&market).unwrap();
    assert_eq!((position.version, position.revision, position.flag.state), (2, 1, 1));
    assert_eq!((position.budget.repaid, position.debt_shares), (1_000 * USDC, market.debt_shares));
    let deposit: Deposit = decode(&ID, include_bytes!("fixtures/deposit-v2.bin")).unwrap();
    assert_eq!((deposit.version, deposit.shares), (2, market.supply_shares));
    let snapshot: Snapshot = decode(&ID, include_bytes!("fixtures/snapshot-v2.bin")).unwrap();
    assert_eq!((snapshot.version, snapshot.revision, snapshot.features[0]), (2, 1, 6_573));
    assert_eq!(snapshot.expires_at, i64::from(snapshot.epoch) * 60 + 240);
}
