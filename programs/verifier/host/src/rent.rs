//! Receipts whose rent returns: those that a wallet paid for, a week after they were written.

use assay_host::{Account, Watch, account::AccountError, account::decode};
use assay_verifier::Receipt;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::trust::close_receipt;

/// The receipts that a wallet paid for.
pub fn own_receipts(wallet: &Address) -> Watch {
    Watch::of::<Receipt>().holding(core::mem::offset_of!(Receipt, payer), wallet)
}

/// `close_receipt` of a receipt of the wallet's, once it may be closed.
///
/// # Errors
/// The account is no receipt.
pub fn close_when_due(
    address: &Address,
    found: &Account,
    wallet: &Address,
    now: i64,
) -> Result<Option<Instruction>, AccountError> {
    let receipt: Receipt = decode(&found.owner, &found.data)?;
    let closes_from = receipt.recorded_at.saturating_add(Receipt::LIFETIME);
    let is_due = receipt.payer == *wallet && now >= closes_from;
    Ok(is_due.then(|| close_receipt(*wallet, *address)))
}
