//! What the creator of a question decides, once: nothing of it changes, and nobody may change it.

use anchor_lang::prelude::*;
use assay_cpi::Setups;
use assay_feed_interface::Interval;
use assay_market_interface::features::{MAX_HOURS, MAX_SOURCES, MIN_RETURNS};
use bytemuck::{Pod, Zeroable};

use crate::errors::{MarketError, Rule};

/// Most outcomes, and most buckets of the model's output.
pub const MAX_OUTCOMES: usize = 8;

/// What a row sums to: the whole of a set.
pub const WHOLE: u16 = 10_000;

/// Flag: the models may be ones that an authority can suspend.
pub const TRUSTS_AUTHORITY: u8 = 1;

/// Flag: trading may go on while the window is observed.
pub const LATE_CLOSE: u8 = 2;

/// Least lamports of a bond and of a bounty that is not zero: half of it must keep an empty account alive, or a payment to one
/// would make every settlement fail.
pub const LEAST_STAKE: u64 = 10_000_000;

/// Bounds of a window for disputes, seconds.
const WINDOW: core::ops::RangeInclusive<u32> = 3_600..=30 * 86_400;

/// A share of a set for each outcome, in units of 1/10,000.
pub type Row = [u16; MAX_OUTCOMES];

/// The terms: 280 bytes, no implicit padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct Terms {
    /// End of the window, Unix seconds, a full hour: its last price.
    pub ends_at: i64,
    /// From when on no set is made, Unix seconds.
    pub close_at: i64,
    /// Until when prices may be observed; void after.
    pub observe_by: i64,
    /// Until when the first proof may come; void after.
    pub resolve_by: i64,
    /// Lamports that a dispute costs, until it proves right.
    pub bond: u64,
    /// Lamports for whoever completes the observation.
    pub observe_bounty: u64,
    /// Lamports for whoever brings the first proof.
    pub resolve_bounty: u64,
    /// Seconds for a dispute, for the answer to it, and for the council.
    pub window: u32,
    /// Seconds after the end from which on prices that nobody brought count as absent.
    pub patience: u32,
    /// Share of each outcome for each bucket of the output: rows sum to 10,000.
    pub rows: [[u16; MAX_OUTCOMES]; MAX_OUTCOMES], // spelled out, and not as rows: the IDL knows no other name of a type
    /// Shares when the question is void.
    pub fallback: [u16; MAX_OUTCOMES],
    /// The output's buckets: bucket b holds outputs from threshold b - 1 on, below threshold b.
    pub thresholds: [i16; MAX_OUTCOMES - 1],
    /// Number of outcomes.
    pub outcomes: u8,
    /// Number of buckets.
    pub buckets: u8,
    /// Hourly returns of the window.
    pub returns: u8,
    /// Number of sources.
    pub sources: u8,
    /// Setup kinds of the models' keys that are accepted: bit 0 development, bit 1 ceremony.
    pub setups: u8,
    /// [`TRUSTS_AUTHORITY`], [`LATE_CLOSE`].
    pub flags: u8,
    /// Zero.
    pub padding: [u8; 4],
}

const _: () = assert!(size_of::<Terms>() == 232);

impl Terms {
    /// Start of the window, Unix seconds: its first price.
    pub const fn starts_at(&self) -> i64 {
        self.ends_at.saturating_sub(self.returns as i64 * Interval::Hour.seconds())
    }

    /// Prices of a source in the window.
    pub const fn hours(&self) -> u8 {
        self.returns.saturating_add(1)
    }

    /// Which bucket an output lies in. The buckets partition all outputs.
    pub fn bucket(&self, output: i16) -> u8 {
        let used = usize::from(self.buckets.saturating_sub(1));
        let passed = self.thresholds.iter().take(used).filter(|threshold| output >= **threshold);
        u8::try_from(passed.count()).unwrap_or(u8::MAX)
    }

    /// The row of a bucket.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn row(&self, bucket: u8) -> Rule<&Row> {
        let row = self.rows.get(usize::from(bucket)).filter(|_| bucket < self.buckets);
        row.ok_or(MarketError::InvariantViolated)
    }

    /// Fails where a bound or the order of the parts is violated, at the time `now`.
    ///
    /// # Errors
    /// One of [`MarketError`]'s for each part.
    pub fn validate(&self, now: i64) -> Rule<()> {
        self.validate_rows()?;
        self.validate_times(now)?;
        if self.padding != [0; 4] || self.flags & !(TRUSTS_AUTHORITY | LATE_CLOSE) != 0 {
            return Err(MarketError::ReservedNotZero);
        }
        if !(1..=MAX_SOURCES).contains(&usize::from(self.sources)) {
            return Err(MarketError::InvalidSources);
        }
        if Setups::from_bits(self.setups).is_none() {
            return Err(MarketError::InvalidSetupKinds);
        }
        let pays = |bounty: u64| bounty == 0 || bounty >= LEAST_STAKE;
        let stakes = [self.bond, self.observe_bounty, self.resolve_bounty];
        let total = stakes.iter().try_fold(0u64, |total, stake| total.checked_add(*stake));
        if self.bond < LEAST_STAKE || !stakes.into_iter().all(pays) || total.is_none_or(|sum| sum > 1 << 60) {
            return Err(MarketError::InvalidStakes);
        }
        Ok(())
    }

    fn validate_rows(&self) -> Rule<()> {
        let count = 2..=MAX_OUTCOMES;
        let (outcomes, buckets) = (usize::from(self.outcomes), usize::from(self.buckets));
        if !count.contains(&outcomes) || !count.contains(&buckets) {
            return Err(MarketError::InvalidRows);
        }
        let sums_up = |row: &Row| {
            let sum: u32 = row.iter().copied().map(u32::from).sum();
            sum == u32::from(WHOLE) && row.iter().skip(outcomes).all(|share| *share == 0)
        };
        let unused = self.rows.iter().skip(buckets).all(|row| *row == [0; MAX_OUTCOMES]);
        if !self.rows.iter().take(buckets).all(sums_up) || !unused || !sums_up(&self.fallback) {
            return Err(MarketError::InvalidRows);
        }
        let (used, rest) =
            self.thresholds.split_at_checked(buckets - 1).ok_or(MarketError::InvalidThresholds)?;
        let rises = used.array_windows().all(|[low, high]| low < high);
        if !rises || rest.iter().any(|threshold| *threshold != 0) || used.first() == Some(&i16::MIN) {
            return Err(MarketError::InvalidThresholds);
        }
        Ok(())
    }

    fn validate_times(&self, now: i64) -> Rule<()> {
        let returns = usize::from(self.returns);
        let window = MIN_RETURNS..MAX_HOURS;
        let is_hour = Interval::Hour.index(self.ends_at).is_some();
        let last_hour_final = Interval::Hour.closes_at(self.ends_at);
        let patience = self.ends_at.saturating_add(i64::from(self.patience));
        let sound = window.contains(&returns)
            && is_hour
            && now < self.close_at
            && self.close_at <= self.ends_at
            && last_hour_final <= patience
            && patience < self.observe_by
            && self.observe_by < self.resolve_by
            && self.resolve_by < 1 << 40
            && WINDOW.contains(&self.window);
        if !sound {
            return Err(MarketError::InvalidTimes);
        }
        if self.close_at >= self.starts_at() && self.flags & LATE_CLOSE == 0 {
            return Err(MarketError::LateClose);
        }
        Ok(())
    }
}
