//! Bits or lookups: how a circuit proves its ranges.
//!
//! Lookups need a quarter of the constraints of bits, or less. But each of their queries and entries has a wire of full size
//! (a fraction), which costs the prover more than its constraint does, and their commitment costs a fifth pair and two
//! multiplications on chain and 128 bytes of the proof.
//!
//! # The rule
//!
//! Of the two, the one with the smaller product of proving time and compute units: lookups are taken exactly if they
//! divide the proving time by more than they multiply the cost on chain by. That is 1.3 ([`ComputeUnits::verify_by_cpi`] of
//! each), so they must prove in 77% of the time or less. An option forces either.
//!
//! # The estimate
//!
//! ```text
//! microseconds = fixed + point * N + hash * h + fraction * f
//! ```
//!
//! for a domain of `N` points, `h` constraints of hashes and `f` fractions. A point stands for a constraint: its term in the
//! sum over H, its share of the transforms and its small wires. The constants are a [`Machine`]'s. The choice always takes
//! those of [`Machine::WITH_IFMA`], and measures nothing: it is the same on every machine. What a report shows is another
//! matter: see [`Report::with_proving_time`](crate::Report::with_proving_time).
//!
//! This measures the constants of the machine that it runs on, and prints them:
//!
//! ```sh
//! cargo bench -p assay-tests --bench ranges
//! ```

use assay_circuits::cost::Size;
use assay_circuits::{Ranges, domain_size};
use assay_interface::schema::ModelSchema;

use crate::compute_units::ComputeUnits;
use crate::options::{Options, Strategy};
use crate::quantize::bounds::LayerIntervals;
use crate::quantize::candidate::Search;
use crate::quantize::cost;
use crate::quantize::error::SearchError;
use crate::quantize::graph::QuantGraph;

/// What the operations of a proof take on a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// Microseconds of every proof.
    pub fixed_us: f64,
    /// Microseconds of a point of the domain.
    pub point_us: f64,
    /// Microseconds of a constraint of a hash, beyond its point: a wire of full size, two of three in a sum in G2.
    pub hash_us: f64,
    /// Microseconds of a query or an entry of a table, beyond its point: a wire of full size.
    pub fraction_us: f64,
}

impl Machine {
    /// Two idle cores of a Xeon server with AVX-512 IFMA: the least-squares fit, in relative error, to witness and proof
    /// together of four networks from 1,300 to 330,000 constraints, each by bits and by lookups. Each is met to within 10%.
    pub const WITH_IFMA: Machine =
        Machine { fixed_us: 3_000.0, point_us: 0.96, hash_us: 3.6, fraction_us: 1.33 };
    /// The same two cores with the portable arithmetic. Not fitted: the constants above times about what the portable
    /// arithmetic takes longer for sums in G1 and transforms (4 to 5) and in G2 (6.5 for the mixture of a hash), by
    /// `BENCHMARKS.md`. Good for a range to show; nothing is decided by it.
    pub const WITHOUT_IFMA: Machine =
        Machine { fixed_us: 15_000.0, point_us: 4.1, hash_us: 23.0, fraction_us: 5.7 };

    /// Estimated time of witness and proof of a circuit of this size, in milliseconds.
    pub fn proving_ms(&self, size: Size, ranges: Ranges) -> f64 {
        let instance = assay_circuits::NUM_INSTANCE + usize::from(ranges == Ranges::Lookup);
        let points = domain_size(size.constraints.saturating_add(instance)) as f64;
        let full_size = self.hash_us * size.hashes as f64 + self.fraction_us * size.fractions as f64;
        (self.fixed_us + self.point_us * points + full_size) / 1e3
    }
}

/// What one way to prove ranges costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Time of witness and proof with AVX-512 IFMA, in milliseconds: what the choice compares.
    pub with_ifma_ms: f64,
    /// The same without.
    pub without_ifma_ms: f64,
    /// Cost on chain.
    pub compute_units: ComputeUnits,
}

impl Estimate {
    /// For a circuit of this size and a schema.
    pub fn new(size: Size, schema: &ModelSchema, ranges: Ranges) -> Self {
        Estimate {
            constraints: size.constraints,
            with_ifma_ms: Machine::WITH_IFMA.proving_ms(size, ranges),
            without_ifma_ms: Machine::WITHOUT_IFMA.proving_ms(size, ranges),
            compute_units: ComputeUnits::new(schema, ranges),
        }
    }

    fn product(&self) -> f64 {
        self.with_ifma_ms * self.compute_units.verify_by_cpi as f64
    }
}

/// The cheaper way by the rule.
pub fn cheaper(bits: &Estimate, lookups: &Estimate) -> Ranges {
    if lookups.product() < bits.product() { Ranges::Lookup } else { Ranges::Bits }
}

/// The way that the options ask for, or, if it is left open, the cheaper one for the model at uniform widths.
pub(crate) fn choose(
    search: &Search<'_, '_>,
    options: &Options,
    schema: impl Fn(&QuantGraph) -> Option<ModelSchema>,
) -> Result<Ranges, SearchError> {
    match options.ranges {
        Strategy::Bits => return Ok(Ranges::Bits),
        Strategy::Lookup => return Ok(Ranges::Lookup),
        Strategy::Auto => {}
    }
    // What is not feasible is so either way: the search says why.
    let Some(first) = search.first()? else { return Ok(Ranges::Bits) };
    let Some(schema) = schema(&first.graph) else { return Ok(Ranges::Bits) };
    let estimate = |ranges| estimate(&first.graph, &first.intervals, &schema, ranges);
    Ok(cheaper(&estimate(Ranges::Bits), &estimate(Ranges::Lookup)))
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
    let inputs = schema.inputs().iter().map(|tensor| (tensor.packed_limbs(), tensor.visibility));
    let statement = assay_circuits::statement::cost(inputs, schema.output_limbs());
    let mut size = cost::of_graph(graph, intervals, ranges);
    size.constraints += statement;
    size.hashes += statement;
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute_units::{VERIFY_BY_CPI, VERIFY_BY_CPI_COMMITTED};

    fn estimate(constraints: usize, fractions: usize, ranges: Ranges) -> Estimate {
        let size = Size { constraints, hashes: 400, fractions };
        let verify_by_cpi = if ranges == Ranges::Bits { VERIFY_BY_CPI } else { VERIFY_BY_CPI_COMMITTED };
        Estimate {
            constraints,
            with_ifma_ms: Machine::WITH_IFMA.proving_ms(size, ranges),
            without_ifma_ms: Machine::WITHOUT_IFMA.proving_ms(size, ranges),
            compute_units: ComputeUnits { verify_alone: 0, verify_by_cpi },
        }
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
}
