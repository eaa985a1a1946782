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

/// Something waits for the exit clock.
#[event]
pub struct Proposed {
    /// The market.
    pub market: Address,
    /// 1 parameters, 2 admin, 3 guardian, 4 withdrawal of reserves.
    pub kind: u8,
    /// Proposed admin or guardian.
    pub address: Address,
    /// Proposed withdrawal.
    pub amount: u64,
    /// The exit clock, seconds.
    pub clock: u64,
}

/// What waited was dropped.
#[event]
pub struct ProposalCancelled {
    /// The market.
    pub market: Address,
    /// What it was, see [`Proposed`].
    pub kind: u8,
}

/// The proposed parameters are in force.
#[event]
pub struct ParamsApplied {
    /// The market.
    pub market: Address,
    /// The model that is accepted from now on, or the series whose current one is.
    pub model: [u8; 32],
}

/// The admin changed.
#[event]
pub struct AdminChanged {
    /// The market.
    pub market: Address,
    /// The admin from now on; zero: the parameters are final.
    pub admin: Address,
}

/// The guardian changed.
#[event]
pub struct GuardianChanged {
    /// The market.
    pub market: Address,
    /// The guardian from now on.
    pub guardian: Address,
}

/// Reserves left the market.
#[event]
pub struct ReservesWithdrawn {
    /// The market.
    pub market: Address,
    /// Units of the debt asset.
    pub amount: u64,
    /// What is left of them.
    pub reserves: u64,
}

/// The pause level moved.
#[event]
pub struct PauseChanged {
    /// The market.
    pub market: Address,
    /// 0 open, 1 reduce-only, 2 halted.
    pub level: u8,
    /// First second after the last halt.
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

/// Features of a position were taken.
#[event]
pub struct SnapshotTaken {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// Final minute of its prices, Unix minutes.
    pub epoch: u32,
    /// How often risk had been added to the position.
    pub revision: u32,
    /// When it was taken.
    pub taken_at: i64,
    /// Last second at which it may be used.
    pub expires_at: i64,
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

/// A score was proven; what it opened or closed follows in the same instruction.
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
    /// Final minute of the snapshot, Unix minutes.
    pub epoch: u32,
    /// The snapshot's revision of the position.
    pub revision: u32,
    /// Since when the position stands flagged after it, Unix seconds; zero: it does not.
    pub flagged_since: i64,
}

/// The decisions that proofs opened, up to this one.
#[event]
pub struct DecisionChained {
    /// The market.
    pub market: Address,
    /// The chain after it.
    pub chain: [u8; 32],
    /// When, Unix seconds.
    pub at: i64,
}

/// What part of a position's debt no collateral pays was assessed anew.
#[event]
pub struct Impaired {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// That part of its debt.
    pub impaired: u64,
    /// The sum over the market.
    pub total: u64,
}

/// A debt without collateral was written off.
#[event]
pub struct Socialized {
    /// The market.
    pub market: Address,
    /// The position.
    pub position: Address,
    /// What the reserves and the suppliers lost.
    pub lost: u64,
    /// Collateral that was too little to sell.
    pub dust: u64,
}

/// A market was closed.
#[event]
pub struct MarketClosed {
    /// The market.
    pub market: Address,
}
