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
use crate::domain::Domain;
use crate::error::BuildError;
use crate::gadgets::bits::{assert_bits, high_bits};
use crate::gadgets::lookup::digits::{assert_loose, assert_width, assert_within};
use crate::gadgets::range::{at_most, comparisons};
use crate::instruction::Instruction;
use crate::integer::{LIMIT_BITS, bit_length, magnitude};
use crate::linear::Lc;
use crate::lookups::Ranges;
use ark_bn254::Fr;
use ark_ff::One;

const OPERATION: &str = "input domain";

/// Integer reference.
pub fn reference(x: i64, domain: &Domain) -> bool {
    domain.contains(x)
}

/// Constrains `x` to a domain; its interval is not relied upon.
pub(crate) fn assert(b: &mut Builder, x: &Bounded, domain: &Domain) -> Result<(), BuildError> {
    b.check_owner(OPERATION, x)?;
    let domain = &domain.joined();
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
pub fn cost(t: &mut Tally, domain: &Domain, count: usize) {
    let domain = domain.joined();
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
