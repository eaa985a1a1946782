//! What must hold when everything is over, read from the accounts alone.

use assay_host::strategy::Answer;
use assay_interface::{
    bytes::Hex,
    verifier::{audit_extend, audit_start},
};
use assay_lending::{
    math::shares::assets_for_shares,
    state::{Deposit, Market},
};
use assay_verifier_host::{Model, Receipt, receipt_address, record};
use bytemuck::Zeroable;
use solana_address::Address;

use super::{accounts::Party, market::SimulatedMarket, replay::MarketReplay, simulation::Simulation};
use crate::error::DemoError;
use crate::{page::thousands, scenario::Check};

/// The books of a market against its vaults and its members.
///
/// # Errors
/// An account cannot be read.
pub fn books(
    simulation: &Simulation,
    market: &SimulatedMarket,
    names: [&'static str; 3],
) -> Result<[Check; 3], DemoError> {
    let books: Market = market.read(simulation)?;
    let [vaults, members, owed] = names;

    let liquidity = simulation.balance(&market.keys.liquidity_vault);
    let collateral = simulation.balance(&market.keys.collateral_vault);
    let vaults = Check {
        name: vaults,
        detail: format!(
            "vaults {} and {} >= books {} and {}",
            thousands(liquidity),
            thousands(collateral),
            thousands(books.cash),
            thousands(books.collateral_total),
        ),
        holds: liquidity >= books.cash && collateral >= books.collateral_total,
    };

    let (mut shares, mut pledged) = (0u64, 0u64);
    for borrower in &market.borrowers {
        let position = market.read_position(simulation, borrower)?;
        shares = shares.saturating_add(position.debt_shares);
        pledged = pledged.saturating_add(position.collateral);
    }
    let members = Check {
        name: members,
        detail: format!(
            "debt shares {} = {}, collateral {} = {}",
            thousands(shares),
            thousands(books.debt_shares),
            thousands(pledged),
            thousands(books.collateral_total),
        ),
        holds: shares == books.debt_shares && pledged == books.collateral_total,
    };

    let assets = books.assets().map_err(|_| DemoError::Books)?;
    let mut claims = 0u64;
    for supplier in &market.suppliers {
        let deposit: Deposit = simulation.read(&market.keys.deposit(&supplier.address()))?;
        let claim = assets_for_shares(deposit.shares, assets, books.supply_shares);
        claims = claims.saturating_add(claim.map_err(|_| DemoError::Books)?);
    }
    let owed = Check {
        name: owed,
        detail: format!("cash and loans less reserves {} >= claims {}", thousands(assets), thousands(claims)),
        holds: assets >= claims && books.invariant().is_ok(),
    };
    Ok([vaults, members, owed])
}

/// Finds the receipt of each proven decision, recomputes the model's audit chain from the receipts, and records one of them
/// again under another proof, which must change nothing.
///
/// # Errors
/// A receipt is missing, or an account cannot be read.
pub fn audit(
    simulation: &mut Simulation,
    payer: &Party,
    model: Address,
    proven: &[Answer],
    again: Option<&Answer>,
) -> Result<Vec<Check>, DemoError> {
    let account: Model = simulation.read(&model)?;
    let mut receipts = Vec::new();
    for decision in proven {
        let receipt: Receipt = simulation.read(&receipt_address(&model, &decision.digest))?;
        receipts.push(receipt);
    }
    receipts.sort_by_key(|receipt| receipt.index);
    let chain = receipts.iter().fold(audit_start(&account.id), |chain, receipt| {
        audit_extend(&chain, &receipt.digest, receipt.recorded_at)
    });
    let mut checks = vec![Check {
        name: "every decision left its receipt: the model's audit chain recomputed from them",
        detail: format!("{} receipts, chain {}...", receipts.len(), Hex(chain.split_at(8).0)),
        holds: chain == account.audit_chain && account.accepted == receipts.len() as u64,
    }];
    if let Some(again) = again {
        let record =
            record(payer.address(), model, &again.proof, again.question.context, &again.limbs, &again.digest);
        simulation.send("record (again)", &payer.keypair, &[record])?;
        let after: Model = simulation.read(&model)?;
        let is_same = (after.accepted, after.audit_chain) == (account.accepted, account.audit_chain);
        checks.push(Check {
            name: "recording a statement again blocks nobody and counts nothing",
            detail: "another proof of the first decision succeeds, and the audit chain stays".into(),
            holds: is_same && proven.first().is_some_and(|first| first.proof != again.proof),
        });
    }
    Ok(checks)
}

/// Recomputes the market's chain of decisions from what the keeper saw.
///
/// # Errors
/// The market cannot be read.
pub fn decisions(simulation: &Simulation, replayed: &MarketReplay<'_>) -> Result<Check, DemoError> {
    let books = replayed.market.read(simulation)?;
    let mut recomputed: Market = Zeroable::zeroed();
    replayed.decisions.iter().for_each(|decision| recomputed.chain_decision(decision));
    Ok(Check {
        name: "the market's chain of decisions recomputed from the liquidations",
        detail: format!(
            "{} decisions, chain {}...",
            replayed.decisions.len(),
            Hex(books.decision_chain.split_at(8).0)
        ),
        holds: recomputed.decision_chain == books.decision_chain,
    })
}
