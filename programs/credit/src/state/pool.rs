//! A pool: one mint, its vault, the terms, and the books.
//!
//! The books are the program's own: a token sent to the vault from outside is not an asset of anyone.
//!
//! | part | in |
//! | --- | --- |
//! | interest, assets, losses | [`books`] |
//! | pause levels, proposals, the exit clock | [`government`] |
//!
//! Always `vault >= cash`. Admin, guardian and the reserves' owner are fixed for good: keys change behind the address of a
//! multisig, or the admin renounces.

mod books;
mod government;

use anchor_lang::prelude::*;
use assay_credit_interface::formats::TIERS;
use assay_program::math::fixed::ONE_Q64;
use bytemuck::{Pod, Zeroable};

use crate::{
    errors::{CreditError, Rule},
    state::{ExitClock, Guard, Proposal, Terms, VERSION},
};

pub use books::Decision;

/// The loans stop to accrue interest where their total would exceed this: they can always be repaid.
const MAX_TOTAL_DEBT: u64 = 1 << 62;

/// Loans of one tier. 32 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct TierBooks {
    /// Debt of one share, 64.64 fixed point; starts at one, and only grows.
    pub index: PodU128,
    /// Shares of all lines of the tier that have not defaulted.
    pub shares: u64,
    /// Zero.
    pub padding: u64,
}

impl TierBooks {
    /// Those of a tier without loans.
    pub fn empty() -> Self {
        Self { index: PodU128::from(ONE_Q64), ..Self::zeroed() }
    }
}

/// A pool. 1,088 bytes after the discriminator.
#[account]
pub struct Pool {
    /// Who created it and paid for its accounts; part of its address.
    pub creator: Address,
    /// Who may propose; zero once renounced.
    pub admin: Address,
    /// Who may raise the pause level.
    pub guardian: Address,
    /// Whose token accounts reserves go to.
    pub reserve_owner: Address,
    /// Mint that is supplied and borrowed.
    pub mint: Address,
    /// Token account of the cash; its authority is the pool.
    pub vault: Address,
    /// What it lends on.
    pub terms: Terms,
    /// What the admin proposed.
    pub proposal: Proposal,
    /// Seconds in which suppliers could leave.
    pub exit: ExitClock,
    /// The pause level and its times.
    pub guard: Guard,
    /// Loans by tier.
    pub books: [TierBooks; TIERS],
    /// Part of the address.
    pub nonce: u64,
    /// Suppliers' shares.
    pub supply_shares: u64,
    /// Base units that the books count in the vault.
    pub cash: u64,
    /// Interest and recovered losses set aside against losses, part of cash and loans.
    pub reserves: u64,
    /// Debts of defaulted lines that are not written off: in the books in full, and priced as lost.
    pub defaulted: u64,
    /// Debts that were written off and not paid back: no asset, but what the cap counts.
    pub written_off: u64,
    /// When interest last accrued, Unix seconds.
    pub last_accrual: i64,
    /// Hash chain over the tiers that proofs opened, see [`Pool::chain_decision`].
    pub decision_chain: [u8; 32],
    /// Decimals of the mint.
    pub decimals: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// Zero; for later versions.
    pub reserved: [u64; 15],
}

const _: () = assert!(size_of::<Pool>() == 1_088);

impl Pool {
    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`CreditError::InvariantViolated`].
    pub fn invariant(&self) -> Rule<()> {
        self.assets()?;
        let sound = self.version == VERSION
            && self.books.iter().all(|tier| tier.index.get() >= ONE_Q64)
            && self.debt_total()? <= MAX_TOTAL_DEBT
            && self.owed()? >= self.written_off;
        if sound { Ok(()) } else { Err(CreditError::InvariantViolated) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::state::terms::tests::sound;

    /// An empty pool on sound terms, created at second 0.
    pub(crate) fn pool() -> Pool {
        Pool {
            terms: sound(),
            version: VERSION,
            books: [TierBooks::empty(); TIERS],
            exit: ExitClock::start(0),
            ..Pool::zeroed()
        }
    }

    #[test]
    fn an_empty_pool_is_sound_and_a_broken_one_is_not() {
        pool().invariant().unwrap();
        let fallen = TierBooks { index: PodU128::from(ONE_Q64 - 1), ..TierBooks::empty() };
        let [first, second, third, _] = pool().books;
        let broken = [
            Pool { version: 0, ..pool() },
            Pool { reserves: 1, ..pool() },
            Pool { books: [first, second, third, fallen], ..pool() },
            Pool { defaulted: MAX_TOTAL_DEBT + 1, ..pool() },
        ];
        for pool in broken {
            assert_eq!(pool.invariant(), Err(CreditError::InvariantViolated));
        }
    }
}
