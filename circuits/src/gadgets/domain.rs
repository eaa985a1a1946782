//! Which integers an input may be, and the constraints that say so of whatever field element its wire holds.
//!
//! A domain is `lo, lo + 2^s, ..., hi`, and perhaps one integer below them that says that a value is missing. With `u = x - lo`, `M = (hi - lo) / 2^s`
//! of `n` bits:
//!
//! | domain | by bits | by lookup |
//! | --- | --- | --- |
//! | one value | 1 | 1 |
//! | `M = 2^n - 1` | `n` | `u` in `[0, 2^n)` |
//! | any other | `n`, and the bits compared with those of `M` ([`super::range`]) | `u` in `[0, 2^N)` for some `N >= n`, and `hi - x` likewise |
//! | with steps of `2^s` | 1 more: `u` is a sum of bits `s` and up | as by bits |
//! | with a missing value `m` | 2 more | 2 more |
//!
//! So the integers of a format cost what their bits cost, and a domain that needs fewer bits costs less.
//!
//! *Soundness.* By bits, `u` is a sum of powers of two with bits for factors whatever the wire holds, hence an integer, and comparing those bits with
//! `M`'s says `u <= M 2^s`. By lookup the digits of `u` say that it is an integer of `[0, 2^60)`, so `hi - x` is one within ±2^61, and that its digits are of
//! `[0, 2^N)` says that it is not negative. A missing value: `c` is a bit, `(1 - c) (x - m) = 0`, and what is proven in range is
//! `x + (1 - c) (lo - m)`: `lo` where `x` is missing, and `x` elsewhere. `m` is below `lo`, so `c = 1` excludes it, and `c` is determined.
//!
//! Every witness is unique.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::{assert_bits, high_bits};
use crate::gadgets::lookup::digits::{assert_loose, assert_width, assert_within};
use crate::gadgets::range::{at_most, comparisons};
use crate::instruction::Instruction;
use crate::integer::{Interval, LIMIT_BITS, bit_length, half, magnitude};
use crate::linear::Lc;
use crate::lookups::Ranges;
use ark_bn254::Fr;
use ark_ff::One;

const OPERATION: &str = "input domain";

/// The integers that an input may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain {
    lo: i64,
    hi: i64,
    /// They are `2^step` apart.
    step: u8,
    /// One more, less than the others.
    missing: Option<i64>,
}

impl Domain {
    /// All signed integers of so many bits, 1 to 32.
    pub fn whole(bits: u8) -> Self {
        let half = half(bits.min(32).into());
        Self { lo: -half, hi: half - 1, step: 0, missing: None }
    }

    /// The integers from `lo` to `hi`.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] where there are none.
    pub fn new(lo: i64, hi: i64) -> Result<Self, BuildError> {
        let domain = Self { lo, hi, step: 0, missing: None };
        if lo > hi { Err(domain.empty()) } else { Ok(domain) }
    }

    /// Of these integers, those that are a multiple of `2^step` from the first.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] where the last is none of them.
    pub fn stepping(self, step: u8) -> Result<Self, BuildError> {
        let fits = step < 32 && (i128::from(self.hi) - i128::from(self.lo)) % (1 << step.min(32)) == 0;
        // Steps between one value are none.
        let step = if self.lo == self.hi { 0 } else { step };
        if fits || step == 0 { Ok(Self { step, ..self }) } else { Err(self.empty()) }
    }

    /// These integers, and one that says that the value is missing.
    ///
    /// # Errors
    /// [`BuildError::EmptyRange`] unless it is less than the others.
    pub fn or_missing(self, code: i64) -> Result<Self, BuildError> {
        if code >= self.lo {
            return Err(self.empty());
        }
        // The integer below them is as good as one of them.
        if code + 1 == self.lo && self.step == 0 {
            return Ok(Self { lo: code, ..self });
        }
        Ok(Self { missing: Some(code), ..self })
    }

    fn empty(self) -> BuildError {
        BuildError::EmptyRange { operation: OPERATION, lo: self.lo.into(), hi: self.hi.into() }
    }

    /// Whether an integer is in it.
    pub fn contains(&self, x: i64) -> bool {
        let steps = (i128::from(x) - i128::from(self.lo)) % (1 << self.step.min(32)) == 0;
        self.missing == Some(x) || ((self.lo..=self.hi).contains(&x) && steps)
    }

    /// The smallest interval that holds it.
    pub fn interval(&self) -> Interval {
        (self.missing.unwrap_or(self.lo).into(), self.hi.into())
    }

    /// The first and the last one that is not missing; where that is the integer before them, it may count as one.
    pub fn numbers(&self) -> (i64, i64) {
        (self.lo, self.hi)
    }

    /// Whether it is all of its interval, so that whatever proves the one proves the other.
    pub fn is_interval(&self) -> bool {
        self.step == 0 && self.missing.is_none()
    }

    /// Whether it has integers of so many bits only.
    pub fn fits(&self, bits: u8) -> bool {
        let half = i128::from(half(bits.min(32).into()));
        self.interval().0 >= -half && self.interval().1 < half
    }

    /// How many integers it has, the one of a missing value aside.
    pub fn count(&self) -> u64 {
        self.span() as u64 + 1
    }

    /// One of them, by its position; the last one beyond.
    pub fn number(&self, position: u64) -> i64 {
        self.lo + ((position.min(self.span() as u64) as i64) << self.step.min(32))
    }

    /// `(hi - lo) / 2^step`.
    fn span(&self) -> i128 {
        (i128::from(self.hi) - i128::from(self.lo)) >> self.step.min(32)
    }
}

/// Integer reference.
pub fn reference(x: i64, domain: &Domain) -> bool {
    domain.contains(x)
}

/// Constrains `x` to a domain; its interval is not relied upon.
pub(crate) fn assert(b: &mut Builder, x: &Bounded, domain: &Domain) -> Result<(), BuildError> {
    b.check_owner(OPERATION, x)?;
    let u = x.add_const(narrow(OPERATION, -i128::from(domain.lo))?)?;
    let Some(code) = domain.missing else { return assert_steps(b, &u, domain) };
    let to_code = i128::from(code) - i128::from(domain.lo); // negative
    let from = magnitude((to_code, i128::from(domain.hi) - i128::from(domain.lo)));
    let moved = u.add_const(narrow(OPERATION, 1i128 << from.min(60))?)?;
    let from = u8::try_from(from).map_err(|_| BuildError::TooLarge { what: "bits" })?;
    b.instruct(Instruction::Bits { from, count: 1 }, &[&moved])?;
    let known = b.bit_wire("whether it is known is a bit")?;
    let missing = Lc::constant(Fr::one()).minus(&known.to_lc());
    let distance = x.add_const(narrow(OPERATION, -i128::from(code))?)?;
    b.enforce("known or missing", &missing, &distance.to_lc(), &Lc::zero())?;
    let to_code = narrow(OPERATION, to_code)?;
    let moved = Bounded::combine(OPERATION, &[(&u, 1), (&known, to_code)], -to_code)?;
    assert_steps(b, &moved, domain)
}

/// `u` is one of `0, 2^step, ..., hi - lo`.
fn assert_steps(b: &mut Builder, u: &Bounded, domain: &Domain) -> Result<(), BuildError> {
    let (span, step) = (domain.span(), u32::from(domain.step));
    let n = bit_length(span);
    if step > 0 {
        let bits = high_bits(b, u, step, n, "bit")?;
        let mut parts = vec![(u, 1)];
        parts.extend((step..).zip(&bits).map(|(i, bit)| (bit, -(1i64 << i.min(62)))));
        let rest = Bounded::combine(OPERATION, &parts, 0)?;
        b.enforce("bits make up the sum", &rest.to_lc(), &Lc::constant(Fr::one()), &Lc::zero())?;
        return at_most(b, &bits, span);
    }
    if span == 0 || span.trailing_ones() == n {
        return assert_width(b, u, n);
    }
    if b.ranges() == Ranges::Lookup {
        assert_within(b, u, n, LIMIT_BITS)?;
        let hi = i128::from(domain.hi) - i128::from(domain.lo);
        let left = Bounded::combine(OPERATION, &[(u, -1)], narrow(OPERATION, hi)?)?;
        return assert_loose(b, &left, n);
    }
    let bits = assert_bits(b, u, n)?;
    at_most(b, &bits, span)
}

/// Adds what `count` inputs of a domain cost.
pub(crate) fn cost(t: &mut Tally, domain: &Domain, count: usize) {
    let (span, n) = (domain.span(), bit_length(domain.span()));
    if domain.missing.is_some() {
        t.add(count.saturating_mul(2));
    }
    let is_whole = span.trailing_ones() == n;
    if domain.step > 0 || (t.ranges() == Ranges::Bits && span > 0) {
        let compared = if is_whole { 0 } else { comparisons(span) };
        let sum = usize::from(domain.step > 0);
        t.add(count.saturating_mul(n as usize + sum + compared));
    } else if span == 0 {
        t.add(count);
    } else if is_whole {
        t.demand().add_exact(n, count);
    } else {
        t.within(n, LIMIT_BITS, count);
        t.demand().add_loose(n, count);
    }
}

/// What audits and ledger see of it, behind the inputs' own ranges.
pub(crate) const CASES: &[Case] = &[
    Case::new("domain of 16 bits", 1, 16, |b, x| asserted(b, x, Domain::new(-1000, 1000)))
        .within(-1000, 1000),
    Case::new("domain of 16 bits, fewer by a power of two", 1, 16, |b, x| {
        asserted(b, x, Domain::new(-100, 411))
    })
    .within(-100, 411),
    Case::new("domain of one value", 1, 16, |b, x| asserted(b, x, Domain::new(7, 7))).within(7, 7),
    Case::new("domain of 16 bits or missing", 1, 16, |b, x| {
        asserted(b, x, Domain::new(-1000, 1000)?.or_missing(-32_768))
    })
    .within(-1000, 1000),
    Case::new("domain of a flag at 2^12", 1, 16, |b, x| {
        asserted(b, x, Domain::new(0, 1 << 12)?.stepping(12))
    })
    .within(0, 0),
];

fn asserted(
    b: &mut Builder,
    x: &[Bounded],
    domain: Result<Domain, BuildError>,
) -> Result<Vec<Bounded>, BuildError> {
    let domain = domain?;
    b.scope("domain", |b| x.iter().try_for_each(|x| assert(b, x, &domain)))?;
    Ok(x.to_vec())
}

#[cfg(test)]
mod tests;
