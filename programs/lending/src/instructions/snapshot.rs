//! `snapshot`: the program computes a position's features from accounts and stores them. Anyone may.
//!
//! Whoever calls supplies no feature and chooses only the moment, and that hardly: a position has one live snapshot, a new
//! one must wait for the spacing, and an old one expires. A snapshot overwrites the one before it.

use anchor_lang::prelude::*;
use assay_lending_interface::{SnapshotId, context, features, seeds::SNAPSHOT};

use super::now;
use crate::{
    errors::LendingError,
    events::SnapshotTaken,
    prices::Prices,
    state::{Market, Position, PriceHistory, Snapshot, VERSION},
};

/// Accounts of `snapshot`.
#[derive(Accounts)]
pub struct TakeSnapshot {
    /// 0. `[signer, writable]` Pays the rent, which comes back when a liquidation consumes the snapshot.
    #[account(mut)]
    pub payer: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[writable]` The position's snapshot.
    #[account(init_if_needed, payer = payer, seeds = [SNAPSHOT, position], bump)]
    pub snapshot: Account<Snapshot>,
    /// 4. `[]` The market's price history.
    #[account(constraint = history.market == *market.address() @ LendingError::WrongMarket)]
    pub history: Account<PriceHistory>,
    /// 5. `[]` Price of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 6. `[]` Price of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 7. `[]` The system program.
    pub system_program: Program<System>,
}

/// Takes the snapshot.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<TakeSnapshot>) -> Result<()> {
    let bump = ctx.bumps.snapshot;
    let TakeSnapshot { payer, market, position, snapshot, history, collateral_price, debt_price, .. } =
        &mut ctx.accounts;
    let now = now()?;
    let due = position.last_snapshot_at.saturating_add(i64::from(market.params.snapshot_spacing));
    if position.snapshot_nonce > 0 && now < due {
        return Err(LendingError::SnapshotTooSoon.into());
    }
    if position.debt_shares == 0 {
        return Err(LendingError::NoDebt.into());
    }
    market.accrue(now)?;

    let prices = Prices::load(collateral_price, debt_price, &market.params, now)?;
    let features = compute_features(market, position, history, &prices, now)?;
    position.snapshot_nonce = position.snapshot_nonce.checked_add(1).ok_or(LendingError::MathOverflow)?;
    position.last_snapshot_at = now;

    // The first payer gets the rent back, also where a later snapshot overwrites this one.
    if snapshot.nonce == 0 {
        snapshot.payer = *payer.address();
    }
    snapshot.market = *market.address();
    snapshot.position = *position.address();
    snapshot.bump = bump;
    snapshot.version = VERSION;
    snapshot.nonce = position.snapshot_nonce;
    snapshot.taken_at = now;
    snapshot.expires_at = now.saturating_add(i64::from(market.params.snapshot_expiry));
    snapshot.features = features;
    snapshot.context = context(&SnapshotId {
        program: crate::ID.to_bytes(),
        market: market.address().to_bytes(),
        position: position.address().to_bytes(),
        snapshot: snapshot.address().to_bytes(),
        nonce: snapshot.nonce,
        taken_at: now,
    });
    emit!(SnapshotTaken {
        market: snapshot.market,
        position: snapshot.position,
        nonce: snapshot.nonce,
        taken_at: snapshot.taken_at,
        expires_at: snapshot.expires_at,
        context: snapshot.context,
        features: snapshot.features,
    });
    position.invariant(market)?;
    Ok(market.invariant()?)
}

/// The model's inputs, at mid prices: the confidence interval is a feature of its own.
fn compute_features(
    market: &Market,
    position: &Position,
    history: &PriceHistory,
    prices: &Prices,
    now: i64,
) -> Result<[i16; features::COUNT]> {
    let closes = history.window(&market.params.collateral_feed, now, prices.collateral.price)?;
    let exposure = prices.exposure(market, position)?;
    let features = features::compute(&features::Inputs {
        closes: &closes,
        confidence: prices.collateral.confidence,
        ema: prices.collateral.ema,
        collateral_value: exposure.collateral_value().get(),
        debt_value: exposure.debt_value().get(),
        liquidation_threshold_bps: market.params.liquidation_threshold_bps,
        borrowed: u128::from(market.settled_debt),
        supplied: u128::from(market.settled_debt) + u128::from(market.settled_cash),
    });
    features.map_err(|_| LendingError::FeaturesUndefined.into())
}
