//! Addresses of a market and of what belongs to it.

use assay_lending::state::{Evidence, Market};
use assay_lending_interface::seeds::{
    COLLATERAL_VAULT, DEPOSIT, LIQUIDITY_VAULT, MARKET, POSITION, SNAPSHOT,
};
use solana_address::Address;

/// The addresses of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketKeys {
    /// The market.
    pub market: Address,
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint that is supplied and borrowed.
    pub debt_mint: Address,
    /// Vault of the collateral.
    pub collateral_vault: Address,
    /// Vault of the debt asset.
    pub liquidity_vault: Address,
}

impl MarketKeys {
    /// The market that `creator` has, or would create, for a pair of mints.
    pub fn derive(creator: &Address, collateral_mint: Address, debt_mint: Address) -> Self {
        let seeds = [MARKET, creator.as_ref(), collateral_mint.as_ref(), debt_mint.as_ref()];
        let market = address(&seeds);
        let of_market = |label: &[u8]| address(&[label, market.as_ref()]);
        Self {
            market,
            collateral_mint,
            debt_mint,
            collateral_vault: of_market(COLLATERAL_VAULT),
            liquidity_vault: of_market(LIQUIDITY_VAULT),
        }
    }

    /// The addresses of a market whose account was read.
    pub fn of(market: &Market) -> Self {
        Self::derive(&market.creator, market.collateral_mint, market.debt_mint)
    }

    /// The position of a borrower.
    pub fn position(&self, owner: &Address) -> Address {
        address(&[POSITION, self.market.as_ref(), owner.as_ref()])
    }

    /// The deposit account of a supplier.
    pub fn deposit(&self, owner: &Address) -> Address {
        address(&[DEPOSIT, self.market.as_ref(), owner.as_ref()])
    }

    /// The snapshot of a position at a final minute and revision.
    pub fn snapshot(position: &Address, evidence: Evidence) -> Address {
        let (epoch, revision) = (evidence.epoch.to_le_bytes(), evidence.revision.to_le_bytes());
        address(&[SNAPSHOT, position.as_ref(), &epoch, &revision])
    }
}

fn address(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &assay_lending::ID).0
}
