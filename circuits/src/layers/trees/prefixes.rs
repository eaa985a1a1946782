//! Bits of thresholds by prefixes of the feature's own bits.
//!
//! `y = x - lo` has `n` bits, the highest first `b_1, ..., b_n`. With `e_p` the indicator that `y` begins with the bits `p`:
//!
//! ```text
//! e_1 = b_1      e_0 = 1 - b_1      e_p * b_l = e_(p,1)      e_(p,0) = e_p - e_(p,1)
//! [y >= T] = sum of e_(q,1) over the prefixes q of T behind which T has a 0, + e_T       T without its trailing zeros
//! ```
//!
//! A number is at least `T` if it begins like `T` and then has a 1 for a 0, or begins with all of `T`: these cases exclude each
//! other. So a prefix needs its product only if a threshold lies strictly within it, and thresholds share those of what they have in
//! common.
//!
//! *Soundness.* The bits prove that `y` is an integer of `[0, 2^n)` whatever the wire holds (see [`crate::gadgets::bits`]), hence, compared with its end, the range
//! of an input, and everything else is a function of them.
//!
//! *Cost*: `n`, and a product for each prefix but the empty one within which a threshold lies. If missing values are the
//! least integer, their threshold 1 lies within all prefixes of zeros: then [`crate::gadgets::zero`] tells whether `y` is 0, by 3.

use std::collections::{BTreeMap, BTreeSet};

use super::affine::narrow;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::assert_bits;
use crate::gadgets::range::{at_most, comparisons};
use crate::gadgets::zero;
use crate::integer::{Interval, bit_length};

/// Products that are shared, and the thresholds that they are for.
pub(super) struct Prefixes {
    lo: i128,
    /// Bits of `y`.
    bits: u32,
    /// Thresholds of `y`.
    thresholds: Vec<i128>,
    /// Length and value of each prefix that gets a product, the shorter first.
    products: BTreeSet<(u32, i128)>,
    least: Least,
    /// The largest value of `y`.
    span: i128,
    /// Whether the bits are to be compared with it.
    bounds: bool,
}

/// How the threshold 1 is met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Least {
    /// By its prefixes, as others are; also where it does not occur.
    ByPrefixes,
    /// By a test for zero.
    ByZero,
}

/// Constraints of a test for zero.
const ZERO: usize = 3;

impl Prefixes {
    /// For thresholds inside of an interval; `None` for one value, for more bits than decompositions take, and beyond so many
    /// products.
    pub(super) fn new((lo, hi): Interval, thresholds: &[i64], most: usize) -> Option<Self> {
        let bits = bit_length(hi - lo);
        let thresholds: Vec<i128> = thresholds.iter().map(|&t| i128::from(t) - lo).collect();
        if !(2..=32).contains(&bits) {
            return None;
        }
        let within =
            |t: i128| (1..bits.saturating_sub(t.trailing_zeros())).map(move |l| (l, t >> (bits - l)));
        let mut products = BTreeSet::new();
        for &t in thresholds.iter().filter(|&&t| t != 1) {
            products.extend(within(t));
            if products.len() > most {
                return None;
            }
        }
        let mut least = Least::ByPrefixes;
        if thresholds.contains(&1) {
            let zeros: Vec<_> = within(1).filter(|prefix| !products.contains(prefix)).collect();
            match zeros.len() > ZERO {
                true => least = Least::ByZero,
                false => products.extend(zeros),
            }
        }
        Some(Self { lo, bits, thresholds, products, least, span: hi - lo, bounds: false })
    }

    /// The same, proving that the feature is in its interval: its bits say that by themselves where that has `2^n` values.
    pub(super) fn bounding(self) -> Self {
        Self { bounds: true, ..self }
    }

    /// Constraints.
    pub(super) fn cost(&self) -> usize {
        let zero = if self.least == Least::ByZero { ZERO } else { 0 };
        self.bits as usize + self.products.len() + zero + if self.bounds { comparisons(self.span) } else { 0 }
    }

    /// `[x >= t]` for each threshold. Proves by itself that `x - lo` is in `[0, 2^n)`, and in its interval where it is [`Self::bounding`].
    pub(super) fn constrain(&self, b: &mut Builder, x: &Bounded) -> Result<Vec<Bounded>, BuildError> {
        b.scope("prefixes", |b| {
            let y = x.add_const(narrow(-self.lo)?)?;
            let lowest_first = assert_bits(b, &y, self.bits)?;
            if self.bounds {
                at_most(b, &lowest_first, self.span)?;
            }
            let bits: Vec<&Bounded> = lowest_first.iter().rev().collect();
            let missing = || BuildError::Empty { operation: "prefixes" };
            let first = *bits.first().ok_or_else(missing)?;
            let mut begins = BTreeMap::from([((1, 1), first.clone()), ((1, 0), first.sub_from_const(1)?)]);
            for &(length, prefix) in &self.products {
                let (here, bit) = (begins.get(&(length, prefix)), bits.get(length as usize));
                let (here, bit) = (here.ok_or_else(missing)?.clone(), bit.ok_or_else(missing)?);
                let zero = Bounded::constant(0)?;
                let with_one = b.product_wire("begins * bit = begins with both", &here, bit, &zero, 1)?;
                begins.insert((length + 1, 2 * prefix), here.sub(&with_one)?.proven(0, 1));
                begins.insert((length + 1, 2 * prefix + 1), with_one);
            }
            let mut all = Vec::with_capacity(self.thresholds.len());
            for &t in &self.thresholds {
                if t == 1 && self.least == Least::ByZero {
                    all.push(zero::is_zero(b, &y)?.sub_from_const(1)?);
                    continue;
                }
                let length = self.bits - t.trailing_zeros();
                let zeros = (1..length).filter(|l| (t >> (self.bits - l)) & 1 == 0);
                let larger = zeros.map(|l| (l, (t >> (self.bits - l)) | 1));
                let cases = larger.chain([(length, t >> (self.bits - length))]);
                let cases = cases.map(|prefix| begins.get(&prefix).map(|begins| (begins, 1)));
                let cases = cases.collect::<Option<Vec<_>>>().ok_or_else(missing)?;
                all.push(Bounded::combine("prefixes", &cases, 0)?.proven(0, 1));
            }
            Ok(all)
        })
    }
}
