//! Bits or lookups: how a circuit proves its ranges.
//!
//! Lookups need a quarter of the constraints of bits, or less. But each of their queries and entries has a wire of full size
//! (a fraction), which costs the prover more than its constraint does, and their commitment costs a fifth pair and two
//! multiplications on chain and 128 bytes of the proof.
//!
//! # The rule
//!
//! Of the two, the one with the smaller product of proving time and compute units: lookups are taken exactly if they
//! divide the proving time by more than they multiply the cost on chain by. That is 1.3 by CPI ([`COMMITTED_BY_CPI`] over
//! [`VERIFY_BY_CPI`]), so they must prove in 77% of the time or less. An option forces either.
//!
//! # The estimate
//!
//! ```text
//! microseconds = FIXED_US + POINT_US * N + HASH_US * h + FRACTION_US * f
//! ```
//!
//! for a domain of `N` points, `h` constraints of hashes and `f` fractions. A point stands for a constraint: its term in the
//! sum over H, its share of the transforms and its small wires. The constants are measured, and not while compiling: the
//! choice is the same on every machine. They are the least-squares fit, in relative error, to witness and proof together of
//! four networks from 1,300 to 330,000 constraints, each by bits and by lookups, on two idle cores of a Xeon with AVX-512
//! IFMA; each is met to within 10%. This measures them and prints the constants that fit:
//!
//! ```sh
//! cargo bench -p assay-tests --bench ranges
//! ```

use assay_circuits::cost::Size;
use assay_circuits::{Ranges, domain_size};
use assay_interface::poseidon::MAX_ARITY;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};

use crate::options::{Options, Strategy};
use crate::quantize::graph::QuantGraph;
use crate::quantize::interval::LayerIntervals;
use crate::quantize::search::Search;

/// Microseconds of every proof.
pub const FIXED_US: f64 = 3_000.0;
/// Microseconds of a point of the domain.
pub const POINT_US: f64 = 0.96;
/// Microseconds of a constraint of a hash, beyond its point: a wire of full size, two of three in a sum in G2.
pub const HASH_US: f64 = 3.6;
/// Microseconds of a query or an entry of a table, beyond its point: a wire of full size.
pub const FRACTION_US: f64 = 1.33;

/// Compute units of `verify` by CPI, the caller's included, for a statement of [`MEASURED_ELEMENTS`]:
/// `tests/ledger/compute-units.csv`.
pub const VERIFY_BY_CPI: u64 = 87_421;
/// The same for a proof with a commitment.
pub const COMMITTED_BY_CPI: u64 = 113_981;
/// Elements of the statement that these two were measured for.
pub const MEASURED_ELEMENTS: usize = 5;

/// Elements of a statement beside its limbs: domain tag and two halves of the context.
const HEADER_ELEMENTS: usize = 3;

/// Estimated time of witness and proof of a circuit of this size, in milliseconds.
pub fn proving_ms(size: Size, ranges: Ranges) -> f64 {
    let instance = assay_circuits::NUM_INSTANCE + usize::from(ranges == Ranges::Lookup);
    let points = domain_size(size.constraints.saturating_add(instance)) as f64;
    let full_size = HASH_US * size.hashes as f64 + FRACTION_US * size.fractions as f64;
    (FIXED_US + POINT_US * points + full_size) / 1e3
}

/// What one way to prove ranges costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Time of witness and proof, in milliseconds.
    pub proving_ms: f64,
    /// Compute units of `verify` by CPI.
    pub verify_compute_units: u64,
}

impl Estimate {
    /// For a circuit of this size and a schema.
    pub fn new(size: Size, schema: &ModelSchema, ranges: Ranges) -> Self {
        let (constraints, proving_ms) = (size.constraints, proving_ms(size, ranges));
        Self { constraints, proving_ms, verify_compute_units: verify_compute_units(schema, ranges) }
    }

    fn product(&self) -> f64 {
        self.proving_ms * self.verify_compute_units as f64
    }
}

/// The cheaper way by the rule.
pub fn cheaper(bits: &Estimate, lookups: &Estimate) -> Ranges {
    if lookups.product() < bits.product() { Ranges::Lookup } else { Ranges::Bits }
}

/// Compute units of `verify` by CPI for a schema: as measured, with the hash of its own statement.
pub fn verify_compute_units(schema: &ModelSchema, ranges: Ranges) -> u64 {
    let measured = match ranges {
        Ranges::Bits => VERIFY_BY_CPI,
        Ranges::Lookup => COMMITTED_BY_CPI,
    };
    let elements = HEADER_ELEMENTS + schema.input_limbs() + schema.output_limbs();
    (measured + digest_units(elements)).saturating_sub(digest_units(MEASURED_ELEMENTS))
}

/// Compute units of the Poseidon syscalls for a statement: `61 n^2 + 542` for `n` elements at once. A further block
/// holds the running digest and up to 11 elements.
fn digest_units(elements: usize) -> u64 {
    let hash = |n: usize| 61 * (n as u64).pow(2) + 542;
    let first = elements.min(MAX_ARITY);
    let rest = elements - first;
    let (full, last) = (rest / (MAX_ARITY - 1), rest % (MAX_ARITY - 1));
    let last = if last > 0 { hash(last + 1) } else { 0 };
    hash(first) + full as u64 * hash(MAX_ARITY) + last
}

/// The way that the options ask for, or, if it is left open, the cheaper one for the model at uniform widths.
pub(crate) fn choose(
    search: &Search<'_>,
    options: &Options,
    schema: impl Fn(&QuantGraph) -> Option<ModelSchema>,
) -> Ranges {
    match options.ranges {
        Strategy::Bits => return Ranges::Bits,
        Strategy::Lookup => return Ranges::Lookup,
        Strategy::Auto => {}
    }
    let Some(first) = search.first() else { return Ranges::Bits };
    let Some(schema) = schema(&first.graph) else { return Ranges::Bits };
    let estimate = |ranges| estimate(&first.graph, &first.intervals, &schema, ranges);
    cheaper(&estimate(Ranges::Bits), &estimate(Ranges::Lookup))
}

/// What a graph costs, by formula.
pub(crate) fn estimate(
    graph: &QuantGraph,
    intervals: &[LayerIntervals],
    schema: &ModelSchema,
    ranges: Ranges,
) -> Estimate {
    Estimate::new(size(graph, intervals, schema, ranges), schema, ranges)
}

/// The size of a graph's circuit under its schema, by formula.
pub(crate) fn size(
    graph: &QuantGraph,
    intervals: &[LayerIntervals],
    schema: &ModelSchema,
    ranges: Ranges,
) -> Size {
    let is_committed = |tensor: &TensorSchema| tensor.visibility == Visibility::Committed;
    let inputs = schema.inputs().iter().map(|tensor| (tensor.packed_limbs(), is_committed(tensor)));
    let statement = assay_circuits::statement::cost(inputs, schema.output_limbs());
    let mut size = crate::quantize::size(graph, intervals, ranges);
    size.constraints += statement;
    size.hashes += statement;
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(constraints: usize, fractions: usize, ranges: Ranges) -> Estimate {
        let size = Size { constraints, hashes: 400, fractions };
        let verify_compute_units = if ranges == Ranges::Bits { VERIFY_BY_CPI } else { COMMITTED_BY_CPI };
        Estimate { constraints, proving_ms: proving_ms(size, ranges), verify_compute_units }
    }

    #[test]
    fn small_circuits_take_bits_and_large_ones_lookups() {
        let way = |bits, lookups, fractions| {
            cheaper(&estimate(bits, 0, Ranges::Bits), &estimate(lookups, fractions, Ranges::Lookup))
        };
        // A risk score, and a convolutional network.
        assert_eq!(way(1_900, 1_100, 400), Ranges::Bits);
        assert_eq!(way(180_000, 45_000, 42_000), Ranges::Lookup);
    }

    #[test]
    fn long_statements_are_hashed_in_blocks() {
        assert_eq!(digest_units(5), 61 * 25 + 542);
        assert_eq!(digest_units(12), 61 * 144 + 542);
        assert_eq!(digest_units(13), digest_units(12) + 61 * 4 + 542);
        assert_eq!(digest_units(23), 2 * digest_units(12));
        assert_eq!(digest_units(24), 2 * digest_units(12) + 61 * 4 + 542);
    }
}
