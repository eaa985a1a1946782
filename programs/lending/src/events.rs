//! One event for each change of state, so that an indexer needs no account reads.

use anchor_lang::prelude::*;

/// A market exists.
#[event]
pub struct MarketCreated {
    /// The market.
    pub market: Address,
    /// Its admin.
    pub admin: Address,
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint that is supplied and borrowed.
    pub debt_mint: Address,
}

/// Parameters wait for the timelock.
#[event]
pub struct ParamsProposed {
    /// The market.
    pub market: Address,
    /// First second at which they may be applied.
    pub applicable_at: i64,
}

/// The waiting parameters are in force.
#[event]
pub struct ParamsApplied {
    /// The market.
    pub market: Address,
    /// The model that is accepted from now on.
    pub model: [u8; 32],
}

/// The waiting parameters were dropped.
#[event]
pub struct ParamsCancelled {
    /// The market.
    pub market: Address,
}

/// A successor of the admin was named.
#[event]
pub struct AdminProposed {
    /// The market.
    pub market: Address,
    /// The successor; zero takes a proposal back.
    pub pending_admin: Address,
}

/// The successor accepted.
#[event]
pub struct AdminAccepted {
    /// The market.
    pub market: Address,
    /// The admin from now on.
    pub admin: Address,
}

/// The pause level moved.
#[event]
pub struct PauseChanged {
    /// The market.
    pub market: Address,
    /// 0 open, 1 reduce-only, 2 halted.
    pub level: u8,
    /// Until when a halt lasts.
    pub halted_until: i64,
}

/// A supplier deposited or withdrew.
#[event]
pub struct SupplyChanged {
    /// The market.
    pub market: Address,
    /// The supplier.
    pub owner: Address,
    /// Units of the debt asset that entered.
    pub deposited: u64,
    /// Units of the debt asset that left.
    pub withdrawn: u64,
    /// The supplier's shares after it.
    pub shares: u64,
}

/// A position's collateral or debt changed by its owner, or by whoever repaid.
#[event]
pub struct PositionChanged {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// Collateral after it.
    pub collateral: u64,
    /// Debt after it, rounded up.
    pub debt: u64,
    /// Debt shares after it.
    pub debt_shares: u64,
}

/// A close was written.
#[event]
pub struct PriceObserved {
    /// The market.
    pub market: Address,
    /// When the price was published.
    pub publish_time: i64,
    /// The price, 1e-8 USD.
    pub price: u64,
}

/// Features of a position were taken.
#[event]
pub struct SnapshotTaken {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// Number of the snapshot.
    pub nonce: u64,
    /// When it was taken.
    pub taken_at: i64,
    /// Last second at which it may be used.
    pub expires_at: i64,
    /// The statement's context.
    pub context: [u8; 32],
    /// The model's inputs.
    pub features: [i16; 16],
}

/// A position was liquidated.
#[event]
pub struct Liquidated {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// Who liquidated.
    pub liquidator: Address,
    /// Debt repaid.
    pub repaid: u64,
    /// Collateral seized.
    pub seized: u64,
    /// The bonus rule's bonus, basis points.
    pub bonus_bps: u16,
    /// Loan-to-value ratio before it at mid prices, basis points, rounded up.
    pub ltv_bps: u32,
    /// Debt written off because no collateral is left.
    pub bad_debt: u64,
}

/// The proof that opened an early liquidation; the [`Liquidated`] event of the same instruction follows.
#[event]
pub struct ScoreProven {
    /// The position.
    pub position: Address,
    /// The model.
    pub model: [u8; 32],
    /// Digest of the proven statement.
    pub digest: [u8; 32],
    /// The score.
    pub score: i16,
    /// Number of the snapshot.
    pub nonce: u64,
}
