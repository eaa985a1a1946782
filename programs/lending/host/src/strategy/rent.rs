//! What a keeper closes: its own snapshots and receipts, whose rent returns to it.

use assay_host::strategy::{Action, Decision, View};
use assay_lending::state::Snapshot;
use assay_verifier_host::{Receipt, close_receipt};
use solana_address::Address;

use super::reasons::{CLOSE_RECEIPT, CLOSE_SNAPSHOT, NOT_DUE};
use crate::{error::ReadError, keys::MarketKeys};

/// Closes a snapshot that has expired.
pub(super) fn snapshot(
    view: &View<'_>,
    address: &Address,
    snapshot: &Snapshot,
) -> Result<Decision, ReadError> {
    if snapshot.payer != view.chain.wallet() || view.chain.unix_time()? <= snapshot.expires_at {
        return Ok(Decision::Leave(NOT_DUE));
    }
    let close = MarketKeys::close_snapshot(*address, snapshot.payer);
    Ok(Decision::Settle(Action::of(CLOSE_SNAPSHOT, close)))
}

/// Closes a receipt a week after it was written, of whichever program.
pub(super) fn receipt(view: &View<'_>, address: &Address, receipt: &Receipt) -> Result<Decision, ReadError> {
    let closes_from = receipt.recorded_at.saturating_add(Receipt::LIFETIME);
    if receipt.payer != view.chain.wallet() || view.chain.unix_time()? < closes_from {
        return Ok(Decision::Leave(NOT_DUE));
    }
    Ok(Decision::Settle(Action::of(CLOSE_RECEIPT, close_receipt(receipt.payer, *address))))
}
