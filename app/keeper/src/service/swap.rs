//! What an action brings after everything it costs, and where the tokens for it come from.
//!
//! Everything is counted in lamports, by a token's worth: lamports for 10^9 base units. What comes in is rounded down and what goes out up,
//! so a profit that is shown is one.

use std::collections::BTreeMap;

use solana_address::Address;
use solana_instruction::Instruction;
use thiserror::Error;

use super::config::Fees;

/// Base units that a token's worth is of.
const UNITS: u128 = 1_000_000_000;
/// Basis points of everything.
const WHOLE: u128 = 10_000;

/// An amount of a token, and its worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// Base units.
    pub units: u64,
    /// Lamports for 10^9 of them.
    pub lamports_per_billion: u64,
}

impl Worth {
    fn product(self) -> u128 {
        u128::from(self.units) * u128::from(self.lamports_per_billion)
    }
}

/// What an action takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// What comes in.
    pub receives: Worth,
    /// How much less of it may come, or be had for it, basis points.
    pub slippage_bps: u16,
    /// What goes out.
    pub pays: Worth,
    /// Lamports of rent that do not return.
    pub rent: u64,
    /// Lamports of fees, of everything that had to be sent for it.
    pub fees: u64,
}

impl Trade {
    /// What it brings in the worst case that it allows, lamports. Negative where it costs.
    pub fn profit(&self) -> i128 {
        let kept = WHOLE.saturating_sub(u128::from(self.slippage_bps));
        // Products of 64 bits by 64 bits; the quotient leaves room for the factor.
        let received = self.receives.product() / UNITS;
        let received = received.saturating_mul(kept) / WHOLE;
        let paid = self.pays.product().div_ceil(UNITS);
        let signed = |amount: u128| i128::try_from(amount).unwrap_or(i128::MAX);
        let costs = signed(paid).saturating_add(self.rent.into()).saturating_add(self.fees.into());
        signed(received).saturating_sub(costs)
    }
}

/// Most lamports of fees that an action is worth, which brings `gain` before fees; none where it is not worth sending.
pub fn most_fee(gain: i128, fees: &Fees) -> Option<u64> {
    let gain = u128::try_from(gain).ok()?;
    let left = gain.checked_sub(fees.least_profit.into())?;
    let share = gain.saturating_mul(fees.percent_of_profit.into()) / 100;
    u64::try_from(left.min(share).min(fees.most_lamports.into())).ok()
}

/// What it takes to have more of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Most lamports that go out for it.
    pub lamports: u64,
    /// What has to be sent before the token is used, in the same transaction or before it.
    pub instructions: Vec<Instruction>,
}

/// Why nothing can be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SwapError {
    /// Nobody sells it here.
    #[error("{0} cannot be bought here")]
    Unknown(Address),
    /// It costs more than lamports can count.
    #[error("{units} of {mint} cost more than there is")]
    TooMuch {
        /// The token.
        mint: Address,
        /// How much was asked for.
        units: u64,
    },
    /// Whoever was asked did not answer.
    #[error("no quote: {0}")]
    Unanswered(String),
}

/// Somebody who sells tokens for lamports.
pub trait Swap: Send + Sync {
    /// What `units` more of a token take.
    ///
    /// # Errors
    /// [`SwapError`].
    fn quote(&self, mint: &Address, units: u64) -> Result<Quote, SwapError>;
}

/// What has to be bought so that `need` of a token can be spent where there is `have`; none where there is enough.
///
/// # Errors
/// [`SwapError`].
pub fn restock(swap: &dyn Swap, mint: &Address, have: u64, need: u64) -> Result<Option<Quote>, SwapError> {
    match need.checked_sub(have) {
        None | Some(0) => Ok(None),
        Some(lacking) => swap.quote(mint, lacking).map(Some),
    }
}

/// Sells at a price that never moves, by no instruction: for tests, and for who keeps an inventory by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedPrice {
    /// Lamports for 10^9 base units, by mint.
    pub prices: BTreeMap<Address, u64>,
    /// What is asked for above them, basis points.
    pub spread_bps: u16,
}

impl Swap for FixedPrice {
    fn quote(&self, mint: &Address, units: u64) -> Result<Quote, SwapError> {
        let price = *self.prices.get(mint).ok_or(SwapError::Unknown(*mint))?;
        let worth = Worth { units, lamports_per_billion: price }.product().div_ceil(UNITS);
        let asked = worth.checked_mul(WHOLE + u128::from(self.spread_bps)).map(|asked| asked.div_ceil(WHOLE));
        let lamports = asked.and_then(|asked| u64::try_from(asked).ok());
        let lamports = lamports.ok_or(SwapError::TooMuch { mint: *mint, units })?;
        Ok(Quote { lamports, instructions: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: u64 = 1_000_000_000;

    fn worth(units: u64, lamports_per_billion: u64) -> Worth {
        Worth { units, lamports_per_billion }
    }

    fn trade() -> Trade {
        // 1.05 SOL for 150 USDC at 150 USDC a SOL: 10^9 base units, 1,000 USDC, are worth 6.666666666 SOL.
        let pays = worth(150_000_000, 6_666_666_666);
        Trade { receives: worth(1_050_000_000, SOL), slippage_bps: 0, pays, rent: 0, fees: 0 }
    }

    /// Worked out by hand: 1.05 SOL less 150e6 * 6,666,666,666 / 1e9 = 999,999,999.9, rounded up to 1e9.
    #[test]
    fn profit_is_what_comes_less_all_that_goes() {
        assert_eq!(trade().profit(), 50_000_000);
        assert_eq!(Trade { fees: 5_000, ..trade() }.profit(), 49_995_000);
        assert_eq!(Trade { rent: 2_000_000, fees: 5_000, ..trade() }.profit(), 47_995_000);
        // Half a percent less of 1.05 SOL.
        assert_eq!(Trade { slippage_bps: 50, ..trade() }.profit(), 44_750_000);
        assert_eq!(Trade { slippage_bps: 500, ..trade() }.profit(), -2_500_000);
        assert_eq!(Trade { slippage_bps: 20_000, ..trade() }.profit(), -1_000_000_000);
    }

    #[test]
    fn roundings_go_against_the_keeper_and_nothing_overflows() {
        let one = Trade { receives: worth(1, SOL - 1), slippage_bps: 0, pays: worth(1, 1), rent: 0, fees: 0 };
        assert_eq!(one.profit(), -1);
        let most = worth(u64::MAX, u64::MAX);
        let same = Trade { receives: most, slippage_bps: 0, pays: most, rent: 0, fees: 0 };
        assert_eq!(same.profit(), -1);
        let worst =
            Trade { receives: worth(0, 0), slippage_bps: 0, pays: most, rent: u64::MAX, fees: u64::MAX };
        assert!(worst.profit() < -(1 << 90));
        assert!(Trade { pays: worth(0, 0), ..same }.profit() > 1 << 90);
    }

    #[test]
    fn fees_are_bounded_by_the_profit() {
        let fees = Fees {
            price: None,
            most_price: 1,
            most_lamports: 1_000,
            percent_of_profit: 50,
            least_profit: 100,
        };
        for (gain, most) in [
            (-1, None),
            (99, None),
            (100, Some(0)),
            (150, Some(50)),
            (300, Some(150)),
            (10_000, Some(1_000)),
            (i128::MAX, Some(1_000)),
            (i128::from(u64::MAX), Some(1_000)),
        ] {
            assert_eq!(most_fee(gain, &fees), most, "{gain}");
        }
        assert_eq!(most_fee(0, &Fees { least_profit: 0, ..fees }), Some(0));
    }

    #[test]
    fn what_lacks_is_bought_and_no_more() {
        let mint = Address::new_from_array([1; 32]);
        let swap = FixedPrice { prices: [(mint, 6_666_666_666)].into(), spread_bps: 30 };
        let lamports = |have, need| restock(&swap, &mint, have, need).unwrap().map(|quote| quote.lamports);
        assert_eq!((lamports(5, 5), lamports(6, 5)), (None, None));
        // 1,000,000 units: 6,666,667 lamports rounded up, and 0.3 percent, rounded up again.
        assert_eq!(lamports(1, 1_000_001), Some(6_686_668));
        let other = Address::new_from_array([2; 32]);
        assert_eq!(restock(&swap, &other, 0, 1), Err(SwapError::Unknown(other)));
        let dear = FixedPrice { prices: [(mint, u64::MAX)].into(), spread_bps: 0 };
        assert!(matches!(dear.quote(&mint, u64::MAX), Err(SwapError::TooMuch { .. })));
    }
}
