//! The bits of all thresholds of a feature: `c_t = [x >= t]`, in the way that is cheapest.
//!
//! | way | constraints, by bits | proves the range of an open input |
//! | --- | --- | --- |
//! | a comparison a threshold ([`crate::gadgets::compare`]) | the bits of the distance and 1, each | no |
//! | prefixes of the feature's bits ([`super::prefixes`]) | its bits, and 1 a prefix within which a threshold lies | yes |
//! | bins ([`super::bins`]) | 1 a threshold, and twice the bits of the widest bin | yes |
//!
//! So for dozens of thresholds bins are taken; for a flag, or few round numbers on a fine grid, prefixes: 1.0 at 20 bits is one product
//! beyond the bits of the range. What a way proves by itself is taken off its price: see [`super::feature`]. By lookups prefixes do
//! not pay, whose bits cost what bits cost; a query counts as in the choice between names and selects.
//!
//! An `x` of two values is its own bit.

use super::bins::Bins;
use super::feature::Feature;
use super::prefixes::Prefixes;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::compare;
use crate::gadgets::range::comparisons;
use crate::integer::{Interval, bit_length, magnitude};
use crate::lookups::Ranges;

/// How the bits are proven.
enum Way {
    Compare,
    Prefixes(Prefixes),
    Bins(Bins),
}

impl Way {
    fn new(ranges: Ranges, feature: &Feature, thresholds: &[i64]) -> Self {
        let (lo, hi) = feature.interval;
        let price = Price { ranges };
        let own = if feature.is_open() { price.domain(feature.interval) } else { 0 };
        let single = thresholds.iter().map(|&t| match (lo - i128::from(t), hi - i128::from(t)) {
            (-1, 0) => 0,
            distance => price.constraints(1).saturating_add(price.range(magnitude(distance))),
        });
        let compare = single.fold(own, usize::saturating_add);
        let bins = Bins::new(feature.interval, thresholds, |bits| price.range(bits), price.constraints(1));
        let of_bins = price
            .constraints(bins.equations())
            .saturating_add(price.range(bins.bits).saturating_mul(bins.ranges()));
        let least = compare.min(of_bins);
        let prefixes = match ranges {
            Ranges::Bits => Prefixes::new(feature.interval, thresholds, least)
                .map(|prefixes| if feature.is_open() { prefixes.bounding() } else { prefixes }),
            Ranges::Lookup => None,
        };
        if let Some(prefixes) = prefixes.filter(|prefixes| prefixes.cost() < least) {
            return Way::Prefixes(prefixes);
        }
        if compare <= of_bins { Way::Compare } else { Way::Bins(bins) }
    }
}

/// What parts cost: in constraints by bits, in thirds of them by lookups.
struct Price {
    ranges: Ranges,
}

impl Price {
    fn constraints(&self, count: usize) -> usize {
        count.saturating_mul(if self.ranges == Ranges::Bits { 1 } else { 3 })
    }

    /// Of the range of an input, whatever its wire holds.
    fn domain(&self, (lo, hi): Interval) -> usize {
        let (span, bits) = (hi - lo, bit_length(hi - lo));
        match self.ranges {
            _ if span.trailing_ones() == bits => self.range(bits),
            Ranges::Bits => self.range(bits).saturating_add(comparisons(span)),
            Ranges::Lookup => 2 * self.range(bits),
        }
    }

    /// Of a range proof. A query has a wire of full size; the width of the range table is not known here.
    fn range(&self, bits: u32) -> usize {
        match self.ranges {
            Ranges::Bits => bits.max(1) as usize,
            Ranges::Lookup => 7 * bits.div_ceil(8).max(1) as usize,
        }
    }
}

/// `[x >= t]` for each threshold. They ascend strictly, and lie behind the least value of `x` and not behind its largest.
pub(super) fn constrain(
    b: &mut Builder,
    x: &Bounded,
    feature: &Feature,
    thresholds: &[i64],
) -> Result<Vec<Bounded>, BuildError> {
    match Way::new(b.ranges(), feature, thresholds) {
        Way::Compare => {
            let compare = |&t| compare::at_least(b, x, &Bounded::constant(t)?);
            thresholds.iter().map(compare).collect()
        }
        Way::Prefixes(prefixes) => closing(b, x, feature, |b| prefixes.constrain(b, x)),
        Way::Bins(bins) => closing(b, x, feature, |b| bins.constrain(b, x)),
    }
}

/// What proves by itself that `x` is in its interval, if that of an input is still to be proven.
fn closing(
    b: &mut Builder,
    x: &Bounded,
    feature: &Feature,
    prove: impl FnOnce(&mut Builder) -> Result<Vec<Bounded>, BuildError>,
) -> Result<Vec<Bounded>, BuildError> {
    let bits = prove(b)?;
    if feature.is_open() {
        b.close(x);
    }
    Ok(bits)
}

/// Adds what [`constrain`] costs for the feature at a position.
pub(super) fn cost(t: &mut Tally, position: usize, feature: &Feature, thresholds: &[i64]) {
    match Way::new(t.ranges(), feature, thresholds) {
        Way::Compare => thresholds.iter().for_each(|&threshold| {
            let (lo, hi) = feature.interval;
            compare::cost(t, (lo - i128::from(threshold), hi - i128::from(threshold)));
        }),
        Way::Prefixes(prefixes) => {
            t.add(prefixes.cost());
            t.close(position);
        }
        Way::Bins(bins) => {
            t.add(bins.equations());
            (0..bins.ranges()).for_each(|_| t.loose(bins.bits));
            t.close(position);
        }
    }
}
