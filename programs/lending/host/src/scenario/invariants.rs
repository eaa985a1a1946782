//! What must hold when everything is over, read from the accounts alone.

use assay_client::{
    lending::{Deposit, Market},
    verifier::{self, Model},
};
use assay_interface::verifier::{audit_extend, audit_start};
use assay_keeper::ProvenScore;
use assay_lending::math::shares::assets_for_shares;
use assay_verifier::{Receipt, VerifierError};
use solana_address::Address;

use crate::{
    error::DemoError,
    market::{Party, Venue},
    outcome::Check,
    page::thousands,
    world::{Expected, World},
};

/// The books of a market against its vaults and its members.
///
/// # Errors
/// An account cannot be read.
pub fn books(world: &World, venue: &Venue, names: [&'static str; 3]) -> Result<[Check; 3], DemoError> {
    let market: Market = venue.read(world)?;
    let [vaults, members, owed] = names;

    let liquidity = world.balance(&venue.keys.liquidity_vault);
    let collateral = world.balance(&venue.keys.collateral_vault);
    let vaults = Check {
        name: vaults,
        detail: format!(
            "vaults {} and {} >= books {} and {}",
            thousands(liquidity),
            thousands(collateral),
            thousands(market.cash),
            thousands(market.collateral_total),
        ),
        holds: liquidity >= market.cash && collateral >= market.collateral_total,
    };

    let (mut shares, mut pledged) = (0u64, 0u64);
    for borrower in &venue.borrowers {
        let position = venue.read_position(world, borrower)?;
        shares = shares.saturating_add(position.debt_shares);
        pledged = pledged.saturating_add(position.collateral);
    }
    let members = Check {
        name: members,
        detail: format!(
            "debt shares {} = {}, collateral {} = {}",
            thousands(shares),
            thousands(market.debt_shares),
            thousands(pledged),
            thousands(market.collateral_total),
        ),
        holds: shares == market.debt_shares && pledged == market.collateral_total,
    };

    let assets = market.assets().map_err(|_| DemoError::Books)?;
    let mut claims = 0u64;
    for supplier in &venue.suppliers {
        let deposit: Deposit = world.read(&venue.keys.deposit(&supplier.address()))?;
        let claim = assets_for_shares(deposit.shares, assets, market.supply_shares);
        claims = claims.saturating_add(claim.map_err(|_| DemoError::Books)?);
    }
    let owed = Check {
        name: owed,
        detail: format!("cash and loans less reserves {} >= claims {}", thousands(assets), thousands(claims)),
        holds: assets >= claims && market.invariant().is_ok(),
    };
    Ok([vaults, members, owed])
}

/// Records each proven decision once, tries to record one again under another proof of the same statement, and
/// recomputes the model's audit chain from the receipts.
///
/// # Errors
/// A first record was refused, or an account cannot be read.
pub fn audit(
    world: &mut World,
    payer: &Party,
    model: Address,
    proven: &[ProvenScore],
    again: Option<&ProvenScore>,
) -> Result<Vec<Check>, DemoError> {
    let record = |proven: &ProvenScore| {
        verifier::record(payer.address(), model, &proven.proof, proven.context, &proven.limbs, &proven.digest)
    };
    for decision in proven {
        world.send("record", &payer.keypair, &[record(decision)])?;
    }
    let account: Model = world.read(&model)?;
    let mut receipts = Vec::new();
    for decision in proven {
        let receipt: Receipt = world.read(&verifier::receipt_address(&model, &decision.digest))?;
        receipts.push(receipt);
    }
    receipts.sort_by_key(|receipt| receipt.index);
    let chain = receipts.iter().fold(audit_start(&account.id), |chain, receipt| {
        audit_extend(&chain, &receipt.digest, receipt.recorded_at)
    });
    let mut checks = vec![Check {
        name: "audit chain recomputed from the receipts",
        detail: format!("{} receipts, chain {}...", receipts.len(), hex(&chain, 8)),
        holds: chain == account.audit_chain && account.accepted == receipts.len() as u64,
    }];
    if let Some(again) = again {
        let outcome = world.attempt(&payer.keypair, &[record(again)]).map(drop);
        let judged = Expected::verifier(VerifierError::ReceiptExists).judge("second record", outcome);
        checks.push(Check {
            name: "a statement is recorded once, whatever the proof's bytes",
            detail: format!("another proof of the first decision: {}", judged.got),
            holds: judged.refused && proven.first().is_some_and(|first| first.proof != again.proof),
        });
    }
    Ok(checks)
}

/// The first `count` bytes in hexadecimal.
pub fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}
