//! Who takes part: two suppliers, eight borrowers, and the market's rules.
//!
//! The borrowers open at the real price of the replay's first hour, from far below the limit to just under it. Nothing
//! here knows what the price does next.

use crate::error::DemoError;
use assay_lending::state::{RiskParams, SETUP_DEVELOPMENT};
use assay_lending_host::PriceAccounts;

/// Decimals of the collateral mint, as SOL has them.
pub const COLLATERAL_DECIMALS: u8 = 9;

/// Decimals of the debt mint, as USDC has them.
pub const DEBT_DECIMALS: u8 = 6;

/// Base units of one collateral token.
pub const COLLATERAL_UNIT: u64 = 1_000_000_000;

/// Base units of one debt token.
pub const DEBT_UNIT: u64 = 1_000_000;

/// Pyth's feed id of SOL/USD.
pub const COLLATERAL_FEED: [u8; 32] = [
    0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39, //
    0x2a, 0x0d, 0x2f, 0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
];

/// Pyth's feed id of USDC/USD.
pub const DEBT_FEED: [u8; 32] = [
    0xea, 0xa0, 0x20, 0xc6, 0x1c, 0xc4, 0x79, 0x71, 0x28, 0x13, 0x46, 0x1c, 0xe1, 0x53, 0x89, 0x4a, //
    0x96, 0xa6, 0xc0, 0x0b, 0x21, 0xed, 0x0c, 0xfc, 0x27, 0x98, 0xd1, 0xf9, 0xa9, 0xe9, 0xc9, 0x4a,
];

/// Price of the debt asset throughout, 1e-8 USD: it is not what the demo is about.
pub const DEBT_PRICE: u64 = 1_0000_0000;

/// Its confidence interval, 1e-8 USD.
pub const DEBT_CONFIDENCE: u64 = 4_0000;

/// Seconds from registration to activation of the model: a day.
pub const TIMELOCK: i64 = 86_400;

/// Seconds from a price's publication to the transactions that use it.
pub const LATENCY: i64 = 5;

/// A lender.
pub struct Supplier {
    /// Name in the output.
    pub name: &'static str,
    /// Debt tokens supplied.
    pub amount: u64,
}

/// A borrower.
pub struct Borrower {
    /// Name in the output.
    pub name: &'static str,
    /// Collateral tokens.
    pub collateral: u64,
    /// Loan-to-value ratio at the opening, at mid price, basis points.
    pub ltv_bps: u32,
}

/// The lenders.
pub const SUPPLIERS: [Supplier; 2] =
    [Supplier { name: "Lena", amount: 450_000 }, Supplier { name: "Marc", amount: 300_000 }];

/// The borrowers, riskiest first.
pub const BORROWERS: [Borrower; 8] = [
    Borrower { name: "Ada", collateral: 400, ltv_bps: 7_700 },
    Borrower { name: "Ben", collateral: 1_200, ltv_bps: 7_650 },
    Borrower { name: "Cleo", collateral: 250, ltv_bps: 7_600 },
    Borrower { name: "Dev", collateral: 900, ltv_bps: 7_550 },
    Borrower { name: "Eve", collateral: 600, ltv_bps: 7_500 },
    Borrower { name: "Finn", collateral: 1_500, ltv_bps: 7_200 },
    Borrower { name: "Gita", collateral: 800, ltv_bps: 6_000 },
    Borrower { name: "Hugo", collateral: 1_000, ltv_bps: 3_500 },
];

/// What a keeper's wallet starts with, debt tokens.
pub const KEEPER_FUNDS: u64 = 1_000_000;

/// The market's rules.
pub fn rules(
    model: [u8; 32],
    statement_domain: [u8; 32],
    score_threshold: i16,
    prices: PriceAccounts,
) -> RiskParams {
    RiskParams {
        model,
        statement_domain,
        collateral_source: prices.collateral.to_bytes(),
        debt_source: prices.debt.to_bytes(),
        supply_cap: 10_000_000 * DEBT_UNIT,
        collateral_cap: 1_000_000 * COLLATERAL_UNIT,
        min_borrow: 100 * DEBT_UNIT,
        score_threshold,
        accepted_setup_kinds: SETUP_DEVELOPMENT,
        ..RiskParams::TEMPLATE
    }
}

/// Debt of a borrower at the opening, base units.
///
/// # Errors
/// The price is beyond any that the replay has.
pub fn opening_debt(borrower: &Borrower, price: u64) -> Result<u64, DemoError> {
    // Values in 1e-8 USD; a debt token is worth DEBT_PRICE of them.
    let value = u128::from(borrower.collateral) * u128::from(price) * u128::from(borrower.ltv_bps) / 10_000;
    let units = value * u128::from(DEBT_UNIT) / u128::from(DEBT_PRICE);
    u64::try_from(units).map_err(|_| DemoError::Scenario("debts fit 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_sound() {
        let prices = PriceAccounts {
            collateral: solana_address::Address::new_from_array([2; 32]),
            debt: solana_address::Address::new_from_array([3; 32]),
        };
        rules([1; 32], [0; 32], 170, prices).validate().unwrap();
    }

    #[test]
    fn every_borrower_opens_within_the_limit_and_the_supply() {
        let price = 113_6900_0000;
        let debts: Vec<u64> =
            BORROWERS.iter().map(|borrower| opening_debt(borrower, price).unwrap()).collect();
        let supplied: u64 = SUPPLIERS.iter().map(|supplier| supplier.amount * DEBT_UNIT).sum();
        assert!(debts.iter().sum::<u64>() < supplied * 8 / 10, "utilization stays below the kink");
        assert!(BORROWERS.iter().all(|borrower| borrower.ltv_bps < 7_800));
        assert!(debts.iter().all(|&debt| debt >= 100 * DEBT_UNIT));
        assert_eq!(debts[0], 35_016_520_000); // 400 * 113.69 * 0.77
    }
}
