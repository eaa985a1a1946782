//! Bits or lookups: how a circuit proves its ranges.
//!
//! Lookups need a quarter of the constraints of bits, or less. But a query has a wire of full size (an inverse), which costs
//! the prover about as much again as its constraint, and the commitment costs about 30,000 compute units of the
//! verifier and 128 bytes of the proof. Small circuits are better off without.
//!
//! The choice rests on a formula and on no measurement, so that it is the same on every machine.

use assay_circuits::Ranges;

use crate::options::{Options, Strategy};
use crate::quantize::search::Search;

/// Microseconds a constraint takes, by the order of magnitude: a point of the sum over H, its share of the transforms, and
/// small values elsewhere. Two cores with AVX-512 IFMA.
const CONSTRAINT_US: f64 = 0.85;
/// Microseconds that a full-size wire takes beyond that: a point each of the sums over A and L.
const FULL_SIZE_US: f64 = 0.8;
/// Microseconds that are worth what a commitment costs on chain.
const COMMITMENT_US: f64 = 5_000.0;

/// The way that the options ask for, or, if it is left open, the better one for the model at uniform widths.
pub(crate) fn choose(search: &Search<'_>, options: &Options) -> Ranges {
    match options.ranges {
        Strategy::Bits => return Ranges::Bits,
        Strategy::Lookup => return Ranges::Lookup,
        Strategy::Auto => {}
    }
    let Some(first) = search.first() else { return Ranges::Bits };
    let count = |ranges| crate::quantize::constraints(&first.graph, &first.intervals, ranges);
    let saved =
        microseconds(Ranges::Bits, count(Ranges::Bits)) - microseconds(Ranges::Lookup, count(Ranges::Lookup));
    if saved > COMMITMENT_US { Ranges::Lookup } else { Ranges::Bits }
}

/// Time of proving that many constraints, to compare the two ways by. With lookups nearly every constraint is a query or
/// a table entry, and has an inverse.
pub(crate) fn microseconds(ranges: Ranges, constraints: u64) -> f64 {
    let each = match ranges {
        Ranges::Bits => CONSTRAINT_US,
        Ranges::Lookup => CONSTRAINT_US + FULL_SIZE_US,
    };
    constraints as f64 * each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_circuits_take_bits_and_large_ones_lookups() {
        let saved = |bits, lookups| microseconds(Ranges::Bits, bits) - microseconds(Ranges::Lookup, lookups);
        // A risk score, and a convolutional network.
        assert!(saved(1_900, 1_100) < COMMITMENT_US);
        assert!(saved(180_000, 45_000) > COMMITMENT_US);
    }
}
