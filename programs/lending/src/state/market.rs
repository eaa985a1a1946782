//! A market: one collateral mint, one debt mint, their vaults, the rules, and the books.
//!
//! The books are the program's own: a token sent to a vault from outside is not an asset of anyone.
//!
//! | part | in |
//! | --- | --- |
//! | interest, assets, losses | [`books`] |
//! | pause levels, proposals, the exit clock | [`government`] |
//!
//! Always `liquidity vault >= cash` and `collateral vault >= collateral_total`.

mod books;
mod government;

use anchor_lang::prelude::*;
use assay_lending_interface::seeds::MARKET;

use crate::{
    errors::{LendingError, MathResult},
    math::fixed::ONE_Q64,
    state::{ExitClock, Guard, Proposal, RiskParams, VERSION},
};

pub use books::Decision;

/// The loans stop to accrue interest where their total would exceed this: they can always be repaid.
const MAX_TOTAL_DEBT: u64 = 1 << 62;

/// A market. 1,136 bytes after the discriminator.
#[account]
pub struct Market {
    /// Who created it and paid for its accounts; part of its address.
    pub creator: Address,
    /// Who may propose; zero once renounced.
    pub admin: Address,
    /// Who may raise the pause level.
    pub guardian: Address,
    /// Whose token accounts reserves go to.
    pub reserve_owner: Address,
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint that is supplied and borrowed.
    pub debt_mint: Address,
    /// Token account of the collateral; its authority is the market.
    pub collateral_vault: Address,
    /// Token account of the debt asset; its authority is the market.
    pub liquidity_vault: Address,
    /// The rules in force.
    pub params: RiskParams,
    /// What the admin proposed.
    pub proposal: Proposal,
    /// Seconds in which suppliers could leave.
    pub exit: ExitClock,
    /// The pause level and its times.
    pub guard: Guard,
    /// Suppliers' shares.
    pub supply_shares: u64,
    /// Units of the debt asset that the books count in the vault.
    pub cash: u64,
    /// Borrowers' shares.
    pub debt_shares: u64,
    /// Interest set aside against bad debt, part of cash and loans.
    pub reserves: u64,
    /// All positions' collateral.
    pub collateral_total: u64,
    /// Debt that no collateral pays, over all positions, as it was last assessed.
    pub impaired: u64,
    /// Moving average of the utilization, parts per billion.
    pub utilization: u64,
    /// When interest last accrued, Unix seconds.
    pub last_accrual: i64,
    /// Debt of one share, 64.64 fixed point; starts at one.
    pub borrow_index: PodU128,
    /// Hash chain over the decisions that proofs opened, see [`Market::chain_decision`].
    pub decision_chain: [u8; 32],
    /// Decimals of the collateral mint.
    pub collateral_decimals: u8,
    /// Decimals of the debt mint.
    pub debt_decimals: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// Zero; for later versions.
    pub reserved: [u64; 14],
}

const _: () = assert!(size_of::<Market>() == 1136);

impl Market {
    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`LendingError::InvariantViolated`], or the error of the parameter that is out of bounds.
    pub fn invariant(&self) -> MathResult<()> {
        self.assets()?;
        let debt = self.debt_total()?;
        let sound = self.version == VERSION
            && self.borrow_index.get() >= ONE_Q64
            && debt <= MAX_TOTAL_DEBT
            && (self.debt_shares > 0 || (debt == 0 && self.impaired == 0))
            && self.collateral_mint != self.debt_mint
            && self.collateral_vault != self.liquidity_vault;
        if sound { Ok(()) } else { Err(LendingError::InvariantViolated) }
    }

    /// Seeds of this address without the bump, for signing as the vaults' authority.
    pub fn seeds(&self) -> [&[u8]; 4] {
        [MARKET, self.creator.as_ref(), self.collateral_mint.as_ref(), self.debt_mint.as_ref()]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::state::params::tests::sound;
    use bytemuck::Zeroable;

    /// An empty market with sound rules, created at second 0.
    pub(crate) fn market() -> Market {
        Market {
            params: sound(),
            version: VERSION,
            borrow_index: PodU128::from(ONE_Q64),
            exit: ExitClock::start(0),
            debt_mint: Address::new_from_array([1; 32]),
            liquidity_vault: Address::new_from_array([1; 32]),
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn an_empty_market_is_sound_and_a_broken_one_is_not() {
        market().invariant().unwrap();
        let broken = [
            Market { version: VERSION - 1, ..market() },
            Market { borrow_index: PodU128::from(ONE_Q64 - 1), ..market() },
            Market { reserves: 1, ..market() },
            Market { impaired: 1, ..market() },
            Market { debt_mint: market().collateral_mint, ..market() },
        ];
        for market in broken {
            assert_eq!(market.invariant(), Err(LendingError::InvariantViolated));
        }
    }
}
