//! `snapshot`: the program computes a position's features at a final minute and stores them. Anyone may.
//!
//! Whoever calls chooses the position, which of the last two minutes, and the second within these two minutes. Prices and
//! hours are final entries of the pinned sources, the same for every caller. The second enters by the interest of at most two
//! minutes and by two minutes of the ten over which the utilization is averaged. The position is as it is; who changes it
//! first, its owner by a loan, gets another snapshot, not this one's place: the address holds the revision.
//!
//! A snapshot that exists stays as it is, and taking it again succeeds: nobody blocks a transaction by taking it first.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck, create_account_signed, find_program_address};
use assay_feed_interface::{RingError, Source, source::last_hour_before};
use assay_interface::price::Price;
use assay_lending_interface::{closes, features, seeds::SNAPSHOT};

use super::now;
use crate::{
    errors::{LendingError, MathResult},
    events::SnapshotTaken,
    math::{interest::PPB, value::ltv_bps},
    oracle::{SNAPSHOT_CONFIDENCE_BPS, clamped},
    prices::{Prices, with_source},
    state::{Market, Position, Snapshot, VERSION, epoch_start, may_be_taken},
};

/// Hours before the final minute that the features read.
const HOURS: usize = features::WINDOW - 1;

/// Accounts of `snapshot`.
#[derive(Accounts)]
pub struct TakeSnapshot {
    /// 0. `[signer, writable]` Pays for the account, and gets it back when it is closed.
    #[account(mut)]
    pub payer: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[]` The position.
    #[account(constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[writable]` The snapshot, at `["snapshot", position, epoch, revision]`.
    #[account(mut)]
    pub snapshot: UncheckedAccount,
    /// 4. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 5. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 6. `[]` The system program.
    pub system_program: Program<System>,
}

/// What the sources say of one final minute.
struct Observed {
    prices: Prices,
    hours: [u64; HOURS],
}

/// Takes the snapshot of a final minute, if it is not there.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<TakeSnapshot>, epoch: u32) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let revision = accounts.position.revision;
    let (epoch_seed, revision_seed) = (epoch.to_le_bytes(), revision.to_le_bytes());
    let position = *accounts.position.address();
    let seeds: [&[u8]; 4] = [SNAPSHOT, position.as_ref(), &epoch_seed, &revision_seed];
    let (address, bump) = find_program_address(&seeds, &crate::ID);
    let target = accounts.snapshot.account();
    if *target.address() != address {
        return Err(LendingError::WrongAddress.into());
    }
    if target.owned_by(&crate::ID) {
        return Ok(());
    }
    if !target.is_data_empty() || !target.owned_by(&System::id()) {
        return Err(LendingError::SnapshotOccupied.into());
    }
    if !may_be_taken(epoch, now) {
        return Err(LendingError::WrongEpoch.into());
    }
    accounts.position.require_settled()?;
    if accounts.position.debt_shares == 0 {
        return Err(LendingError::NoDebt.into());
    }
    accounts.market.accrue(now)?;
    let observed = accounts.observe(epoch, now)?;
    let (features, ltv_bps) = compute(&accounts.market, &accounts.position, &observed)?;
    let expires_at = epoch_start(epoch).saturating_add(i64::from(accounts.market.params.snapshot_expiry));

    let [label, parent, first, second] = seeds;
    let signed: [&[u8]; 5] = [label, parent, first, second, &[bump]];
    let space = Snapshot::DISCRIMINATOR.len() + size_of::<Snapshot>();
    create_account_signed(accounts.payer.account(), target, space, &crate::ID, &signed)?;
    let snapshot = Snapshot {
        market: *accounts.market.address(),
        position,
        payer: *accounts.payer.address(),
        features,
        epoch,
        revision,
        taken_at: now,
        expires_at,
        ltv_bps,
        bump,
        version: VERSION,
        padding: [0; 4],
        reserved: [0; 2],
    };
    write(target, &snapshot)?;
    emit!(SnapshotTaken {
        market: snapshot.market,
        position: snapshot.position,
        epoch,
        revision,
        taken_at: snapshot.taken_at,
        expires_at: snapshot.expires_at,
        features: snapshot.features,
    });
    Ok(accounts.market.invariant()?)
}

impl TakeSnapshot {
    /// Final minute and hours of both sources.
    fn observe(&self, epoch: u32, now: i64) -> Result<Observed> {
        let params = &self.market.params;
        let at = epoch_start(epoch);
        let (collateral, hours) =
            with_source(self.collateral_price.account(), &params.collateral_source, |source| {
                let last = last_hour_before(at).ok_or(LendingError::HistoryIncomplete)?;
                let hours = source.hours(last, now).map_err(|_| LendingError::HistoryIncomplete)?;
                Ok((final_minute(source, at, now)?, hours))
            })?;
        let debt = with_source(self.debt_price.account(), &params.debt_source, |source| {
            final_minute(source, at, now)
        })?;
        Ok(Observed { prices: Prices { collateral, debt }, hours })
    }
}

/// The price of a final minute, its confidence interval as wide as features count it.
fn final_minute(source: &Source, at: i64, now: i64) -> MathResult<Price> {
    let minute = source.minute(at, now).map_err(|error| match error {
        RingError::Time(_) | RingError::Missing(_) | RingError::Open { .. } => LendingError::MinuteNotFinal,
    })?;
    Ok(clamped(minute, SNAPSHOT_CONFIDENCE_BPS))
}

/// The model's inputs and the loan-to-value ratio, at the minute's mid prices: the confidence interval is a feature of its own.
fn compute(
    market: &Market,
    position: &Position,
    observed: &Observed,
) -> Result<([i16; features::COUNT], u16)> {
    let Observed { prices, hours } = observed;
    let exposure = prices.exposure(market, position)?;
    let (collateral, debt) = (exposure.collateral_value(), exposure.debt_value());
    let features = features::compute(&features::Inputs {
        closes: &closes(hours, prices.collateral.price),
        confidence: prices.collateral.confidence,
        ema: prices.collateral.ema,
        collateral_value: collateral.get(),
        debt_value: debt.get(),
        liquidation_threshold_bps: market.params.liquidation_threshold_bps,
        borrowed: u128::from(market.utilization),
        supplied: u128::from(PPB),
    });
    let features = features.map_err(|_| LendingError::FeaturesUndefined)?;
    Ok((features, u16::try_from(ltv_bps(debt, collateral)).unwrap_or(u16::MAX)))
}

/// Writes a snapshot into the account that was created for it.
fn write(target: &AccountView, snapshot: &Snapshot) -> Result<()> {
    let mut view = *target;
    let mut data = view.try_borrow_mut()?;
    let (kind, body) =
        data.split_at_mut_checked(Snapshot::DISCRIMINATOR.len()).ok_or(ProgramError::AccountDataTooSmall)?;
    kind.copy_from_slice(Snapshot::DISCRIMINATOR);
    body.copy_from_slice(bytemuck::bytes_of(snapshot));
    Ok(())
}
