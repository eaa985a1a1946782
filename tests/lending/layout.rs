//! Accounts as version 1 wrote them: later code must read these bytes. The fixtures are never rewritten.

use assay_host::account::decode;
use assay_lending_host::{Deposit, ID, Market, Position, PriceHistory, Snapshot};

use crate::support::{SOL, USDC};

#[test]
fn a_market_of_version_1_is_read() {
    let market: Market = decode(&ID, include_bytes!("fixtures/market-v1.bin")).unwrap();
    market.invariant().unwrap();
    market.params.validate().unwrap();
    assert_eq!(
        (market.version, market.pause, market.collateral_decimals, market.debt_decimals),
        (1, 1, 9, 6)
    );
    assert_eq!((market.cash, market.collateral_total), (993_100 * USDC, 100 * SOL));
    assert_eq!((market.params.liquidation_threshold_bps, market.pending_params.max_ltv_bps), (8_500, 6_000));
    assert_eq!(market.pending_until, market.last_accrual + 172_800 + 60);
}

#[test]
fn a_position_and_a_deposit_of_version_1_are_read() {
    let market: Market = decode(&ID, include_bytes!("fixtures/market-v1.bin")).unwrap();
    let position: Position = decode(&ID, include_bytes!("fixtures/position-v1.bin")).unwrap();
    position.invariant(&market).unwrap();
    assert_eq!((position.version, position.collateral, position.snapshot_nonce), (1, 100 * SOL, 1));
    assert_eq!(position.last_snapshot_at, market.last_accrual);
    assert_eq!(position.debt_shares, market.debt_shares);
    let deposit: Deposit = decode(&ID, include_bytes!("fixtures/deposit-v1.bin")).unwrap();
    assert_eq!((deposit.version, deposit.shares), (1, market.supply_shares));
}

#[test]
fn a_snapshot_and_a_history_of_version_1_are_read() {
    let snapshot: Snapshot = decode(&ID, include_bytes!("fixtures/snapshot-v1.bin")).unwrap();
    assert_eq!((snapshot.version, snapshot.nonce, snapshot.features[0]), (1, 1, 6_573));
    assert_eq!(snapshot.expires_at, snapshot.taken_at + 120);
    let history: PriceHistory = decode(&ID, include_bytes!("fixtures/history-v1.bin")).unwrap();
    assert_eq!((history.version, history.count), (1, 25));
    assert_eq!(history.closes[24].price, 100_0000_0000);
    assert_eq!(history.closes[24].publish_time, snapshot.taken_at - 1_800);
}
