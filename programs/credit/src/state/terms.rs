//! What a pool lends on: whose word, which model, how much to each tier. The creator sets them, everybody sees them, and they
//! change behind the exit clock.

use anchor_lang::prelude::*;
use assay_credit_interface::formats::TIERS;
use assay_interface::field::Scalar;
use assay_program::math::BASIS_POINTS;
use bytemuck::{Pod, Zeroable};

use crate::errors::{CreditError, Rule};

/// Bit of [`Terms::setups`]: development keys, whose maker can forge proofs.
pub const SETUP_DEVELOPMENT: u8 = 1;
/// Bit of [`Terms::setups`]: keys from a ceremony, attested by [`Terms::attestors`].
pub const SETUP_CEREMONY: u8 = 2;

/// Most base units that a pool takes: what keeps all sums of the books within 64 bits.
const MAX_CAP: u64 = 1 << 53;

const DAY: u32 = 86_400;

/// What one tier gets. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct Tier {
    /// Most base units that a line of the tier may owe when it draws.
    pub limit: u64,
    /// Yearly rate, basis points.
    pub rate_bps: u32,
    /// Zero.
    pub padding: u32,
}

/// The terms. 240 bytes, no implicit padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, SchemaWrite, SchemaRead, IdlType)]
pub struct Terms {
    /// The issuer whose people may borrow.
    pub issuer: [u8; 32],
    /// The model whose tiers count.
    pub model: [u8; 32],
    /// Domain of its statements.
    pub domain: [u8; 32],
    /// Set of attestors who must have attested the model, where its key is a ceremony's.
    pub attestors: [u8; 32],
    /// The tiers, the riskiest first.
    pub tiers: [Tier; TIERS],
    /// Most base units that suppliers may own together.
    pub supply_cap: u64,
    /// Most base units that borrowers may owe together, losses that nobody paid back included: what an issuer that attests
    /// people who do not exist can cost, but for interest.
    pub debt_cap: u64,
    /// Seconds from the first draw until the whole debt is due.
    pub term: u32,
    /// Seconds after that until the line can be marked as defaulted.
    pub grace: u32,
    /// Seconds after a defaulted debt was paid back until the line can be renewed.
    pub cool_off: u32,
    /// Share of the interest that stays as reserves against losses, basis points.
    pub reserve_factor_bps: u16,
    /// Share of the suppliers' assets that must lie in the vault for them to count as free to leave, basis points.
    pub exit_cash_bps: u16,
    /// Setup kinds of the model's key that are accepted: [`SETUP_DEVELOPMENT`], [`SETUP_CEREMONY`].
    pub setups: u8,
    /// Zero.
    pub reserved: [u8; 15],
}

const _: () = assert!(size_of::<Terms>() == 240);

impl Terms {
    /// What one tier gets.
    ///
    /// # Errors
    /// [`CreditError::TierOutOfRange`].
    pub fn tier(&self, tier: u8) -> Rule<&Tier> {
        self.tiers.get(usize::from(tier)).ok_or(CreditError::TierOutOfRange)
    }

    /// Fails unless the combination is sound.
    ///
    /// # Errors
    /// One for each group of fields.
    pub fn validate(&self) -> Rule<()> {
        self.validate_tiers()?;
        self.validate_times()?;
        self.validate_caps()?;
        self.validate_model()?;
        let shares = self.reserve_factor_bps <= 5_000 && (100..=5_000).contains(&self.exit_cash_bps);
        ensure(shares, CreditError::InvalidShares)?;
        let zero = self.reserved == [0; 15] && self.tiers.iter().all(|tier| tier.padding == 0);
        ensure(zero, CreditError::ReservedNotZero)
    }

    /// A better tier never gets less nor pays more, or a borrower would gain by looking riskier. At most 100 % a year.
    fn validate_tiers(&self) -> Rule<()> {
        let ordered = self
            .tiers
            .is_sorted_by(|worse, better| worse.limit <= better.limit && worse.rate_bps >= better.rate_bps);
        let bounded = self
            .tiers
            .iter()
            .all(|tier| tier.limit <= self.debt_cap && u64::from(tier.rate_bps) <= BASIS_POINTS);
        let lends = self.tiers.iter().any(|tier| tier.limit > 0);
        ensure(ordered && bounded && lends, CreditError::InvalidTiers)
    }

    /// A term of a day to five years, a grace of a day to ninety, a cool-off of a month to ten years.
    fn validate_times(&self) -> Rule<()> {
        let times = (DAY..=5 * 365 * DAY).contains(&self.term)
            && (DAY..=90 * DAY).contains(&self.grace)
            && (30 * DAY..=10 * 365 * DAY).contains(&self.cool_off);
        ensure(times, CreditError::InvalidTimes)
    }

    fn validate_caps(&self) -> Rule<()> {
        let caps = (1..=MAX_CAP).contains(&self.supply_cap) && (1..=MAX_CAP).contains(&self.debt_cap);
        ensure(caps, CreditError::InvalidCaps)
    }

    /// A field element, known kinds, and attestors where a ceremony counts.
    fn validate_model(&self) -> Rule<()> {
        ensure(Scalar::from_be_bytes(self.domain).is_ok(), CreditError::InvalidDomain)?;
        let known = self.setups != 0 && self.setups & !(SETUP_DEVELOPMENT | SETUP_CEREMONY) == 0;
        ensure(known, CreditError::InvalidSetupKinds)?;
        let attested = self.setups & SETUP_CEREMONY == 0 || self.attestors != [0; 32];
        ensure(attested, CreditError::AttestorsMissing)
    }

    /// Whether `next` trusts the same issuer and the same model, on the same terms.
    pub fn trusts_alike(&self, next: &Self) -> bool {
        (self.issuer, self.model, self.domain, self.attestors, self.setups)
            == (next.issuer, next.model, next.domain, next.attestors, next.setups)
    }

    /// Whether `next` differs from these terms only by lower limits and lower caps: that makes new risk smaller, and needs no
    /// exit. A pool short of cash stops its exit clock, and can still be made safer.
    pub fn only_tightens(&self, next: &Self) -> bool {
        let mut otherwise = Self { supply_cap: self.supply_cap, debt_cap: self.debt_cap, ..*next };
        let mut lower = next.supply_cap <= self.supply_cap && next.debt_cap <= self.debt_cap;
        for (other, tier) in otherwise.tiers.iter_mut().zip(&self.tiers) {
            lower &= other.limit <= tier.limit;
            other.limit = tier.limit;
        }
        lower && otherwise == *self
    }
}

fn ensure(holds: bool, error: CreditError) -> Rule<()> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Terms that pass: 0, 100, 500 and 2,000 units at 30 to 8 % a year, due in 60 days.
    pub(crate) fn sound() -> Terms {
        let tier = |limit, rate_bps| Tier { limit, rate_bps, padding: 0 };
        Terms {
            issuer: [1; 32],
            model: [2; 32],
            domain: [0; 32],
            attestors: [0; 32],
            tiers: [
                tier(0, 3_000),
                tier(100_000_000, 2_000),
                tier(500_000_000, 1_200),
                tier(2_000_000_000, 800),
            ],
            supply_cap: 1_000_000_000_000,
            debt_cap: 100_000_000_000,
            term: 60 * DAY,
            grace: 7 * DAY,
            cool_off: 180 * DAY,
            reserve_factor_bps: 1_000,
            exit_cash_bps: 500,
            setups: SETUP_DEVELOPMENT,
            reserved: [0; 15],
        }
    }

    #[test]
    fn each_bound_has_its_error() {
        assert_eq!(sound().validate(), Ok(()));
        type Change = fn(&mut Terms);
        let cases: &[(Change, CreditError)] = &[
            (|t| t.tiers[0].limit = 100_000_001, CreditError::InvalidTiers),
            (|t| t.tiers[3].limit = 1, CreditError::InvalidTiers),
            (|t| t.tiers[3].rate_bps = 1_201, CreditError::InvalidTiers),
            (|t| t.tiers[0].rate_bps = 10_001, CreditError::InvalidTiers),
            (|t| t.debt_cap = 1_999_999_999, CreditError::InvalidTiers),
            (|t| t.tiers.iter_mut().for_each(|tier| tier.limit = 0), CreditError::InvalidTiers),
            (|t| t.term = DAY - 1, CreditError::InvalidTimes),
            (|t| t.term = 5 * 365 * DAY + 1, CreditError::InvalidTimes),
            (|t| t.grace = DAY - 1, CreditError::InvalidTimes),
            (|t| t.grace = 90 * DAY + 1, CreditError::InvalidTimes),
            (|t| t.cool_off = 30 * DAY - 1, CreditError::InvalidTimes),
            (|t| t.cool_off = u32::MAX, CreditError::InvalidTimes),
            (|t| t.supply_cap = 0, CreditError::InvalidCaps),
            (|t| t.supply_cap = MAX_CAP + 1, CreditError::InvalidCaps),
            (|t| t.debt_cap = MAX_CAP + 1, CreditError::InvalidCaps),
            (|t| t.domain = [0xff; 32], CreditError::InvalidDomain),
            (|t| t.setups = 0, CreditError::InvalidSetupKinds),
            (|t| t.setups = 4, CreditError::InvalidSetupKinds),
            (|t| t.setups = SETUP_CEREMONY, CreditError::AttestorsMissing),
            (|t| t.reserve_factor_bps = 5_001, CreditError::InvalidShares),
            (|t| t.exit_cash_bps = 99, CreditError::InvalidShares),
            (|t| t.exit_cash_bps = 5_001, CreditError::InvalidShares),
            (|t| t.reserved[14] = 1, CreditError::ReservedNotZero),
            (|t| t.tiers[1].padding = 1, CreditError::ReservedNotZero),
        ];
        for (index, (change, error)) in cases.iter().enumerate() {
            let mut terms = sound();
            change(&mut terms);
            assert_eq!(terms.validate(), Err(*error), "case {index}");
        }
    }

    #[test]
    fn only_lower_limits_and_caps_tighten() {
        type Change = fn(&mut Terms);
        let tighter: [Change; 4] = [
            |_| {},
            |t| t.tiers[2].limit -= 1,
            |t| (t.supply_cap, t.debt_cap) = (1, 1),
            |t| t.tiers.iter_mut().for_each(|tier| tier.limit = 0),
        ];
        let others: [Change; 10] = [
            |t| t.tiers[2].limit += 1,
            |t| t.supply_cap += 1,
            |t| t.debt_cap += 1,
            |t| t.tiers[1].rate_bps -= 1,
            |t| t.issuer = [9; 32],
            |t| t.model = [9; 32],
            |t| t.term -= 1,
            |t| t.grace += 1,
            |t| t.cool_off += 1,
            |t| (t.tiers[2].limit, t.exit_cash_bps) = (0, 501),
        ];
        let tightens = |change: &Change| {
            let mut next = sound();
            change(&mut next);
            sound().only_tightens(&next)
        };
        assert!(tighter.iter().all(tightens));
        assert!(!others.iter().any(tightens));
    }
}
