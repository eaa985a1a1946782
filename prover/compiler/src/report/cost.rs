//! What the circuit costs the prover, and what its verification costs on chain.

use assay_circuits::{Circuit, Ranges};
use assay_interface::poseidon::MAX_ARITY;
use assay_interface::schema::ModelSchema;

use super::{Alternative, Evidence, KindReport, LayerReport, PartReport};
use crate::compiled::CompiledModel;
use crate::lower::scope;
use crate::number::pow2;
use crate::quantize::graph::{QuantLayer, Rounding, Step};
use crate::quantize::interval::Interval;
use crate::strategy;

/// Compute units of the pairing check over four pairs: 36,364, and 12,121 for each further pair, and 85, and one for
/// each of 4 · 192 bytes of input and 32 of output (agave `execution_budget.rs`).
pub const PAIRING_CHECK: u64 = 36_364 + 3 * 12_121 + 85 + 4 * 192 + 32;
/// Compute units of the public input: a multiplication (3,840) and an addition (334) in G1.
pub const PUBLIC_INPUT: u64 = 3_840 + 334;
/// Compute units that a commitment adds: a fifth pair; the challenge's term and the folded proof of knowledge, a
/// multiplication and an addition each; a multiplication of the commitment, and its addition; and the hashes of the
/// challenge and of the folding factor, over up to 768 bytes each.
pub const COMMITMENT: u64 = (12_121 + 192) + 2 * PUBLIC_INPUT + 3_840 + 334 + 2 * (85 + 768 / 2);
/// Compute units of a Poseidon hash of n elements: `POSEIDON_SQUARE · n² + POSEIDON_BASE`.
pub const POSEIDON_SQUARE: u64 = 61;
/// See [`POSEIDON_SQUARE`].
pub const POSEIDON_BASE: u64 = 542;

/// Elements of a statement beside its limbs: domain tag and two halves of the context.
const HEADER_ELEMENTS: usize = 3;

/// Compute units of the syscalls that verify a proof of this schema: the digest, the public input, the pairing check.
/// The verifier program's own instructions come on top.
pub fn verify_compute_units(schema: &ModelSchema, ranges: Ranges) -> u64 {
    let elements = HEADER_ELEMENTS + schema.input_limbs() + schema.output_limbs();
    let hash = |n: usize| POSEIDON_SQUARE * (n as u64).pow(2) + POSEIDON_BASE;
    let mut digest = hash(elements.min(MAX_ARITY));
    let mut rest = elements.saturating_sub(MAX_ARITY);
    while rest > 0 {
        // A further block holds the running digest and up to 11 elements.
        let block = rest.min(MAX_ARITY - 1);
        digest += hash(block + 1);
        rest -= block;
    }
    let commitment = if ranges == Ranges::Lookup { COMMITMENT } else { 0 };
    PAIRING_CHECK + PUBLIC_INPUT + commitment + digest
}

/// The word of reports for a way to prove ranges.
pub(super) fn ranges_name(ranges: Ranges) -> &'static str {
    match ranges {
        Ranges::Bits => "bits",
        Ranges::Lookup => "lookups",
    }
}

/// The same integers with their ranges proven the other way.
pub(super) fn alternative(compiled: &CompiledModel, evidence: &Evidence<'_>) -> Alternative {
    let taken = compiled.ranges();
    let other = match taken {
        Ranges::Bits => Ranges::Lookup,
        Ranges::Lookup => Ranges::Bits,
    };
    let count = |ranges| crate::quantize::constraints(&compiled.graph, &evidence.realized.intervals, ranges);
    // What the formula leaves out is the statement, which is the same either way.
    let built = compiled.circuit.r1cs.num_constraints() as u64;
    let constraints = count(other) + built.saturating_sub(count(taken));
    Alternative {
        ranges: ranges_name(other),
        constraints,
        relative_time: strategy::microseconds(other, constraints) / strategy::microseconds(taken, built),
        verify_compute_units: verify_compute_units(&compiled.schema, other),
    }
}

/// Constraints of a circuit by kind, the most first.
pub fn constraints_by_kind(circuit: &Circuit) -> Vec<KindReport> {
    kinds(&parts(circuit))
}

/// Constraints by kind, over all parts, the most first.
pub(super) fn kinds(parts: &[PartReport]) -> Vec<KindReport> {
    let mut kinds: Vec<KindReport> = Vec::new();
    for part in parts {
        match kinds.iter_mut().find(|known| known.kind == part.kind) {
            Some(known) => known.constraints += part.constraints,
            None => kinds.push(KindReport { kind: part.kind.clone(), constraints: part.constraints }),
        }
    }
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.constraints));
    kinds
}

/// Constraints by part and kind, in the order of the circuit.
pub(super) fn parts(circuit: &Circuit) -> Vec<PartReport> {
    let total = circuit.r1cs.num_constraints();
    let blocks = &circuit.r1cs.blocks;
    let ends = blocks.iter().skip(1).map(|block| block.start as usize).chain([total]);
    let mut parts: Vec<PartReport> = Vec::new();
    for (block, end) in blocks.iter().zip(ends) {
        let constraints = end.saturating_sub(block.start as usize);
        let mut names = block.name.split('/');
        let (part, kind) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        // The last name is the constraint's equation: inputs have nothing else behind the part.
        let kind = if names.next().is_none() { "range" } else { kind };
        match parts.iter_mut().find(|known| known.part == part && known.kind == kind) {
            Some(known) => known.constraints += constraints,
            None => parts.push(PartReport { part: part.to_owned(), kind: kind.to_owned(), constraints }),
        }
    }
    parts.retain(|part| part.constraints > 0);
    parts
}

pub(super) fn layers(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    parts: &[PartReport],
) -> Vec<LayerReport> {
    let layers = compiled.graph.layers.iter().zip(&evidence.realized.intervals).enumerate();
    layers
        .map(|(position, (layer, intervals))| {
            let part = scope(position, layer);
            let widest = |intervals: &[Interval]| intervals.iter().copied().reduce(Interval::union);
            let results = widest(&intervals.results).unwrap_or(Interval::new(0, 0));
            let exponents = evidence.exponents.get(position).map(Vec::as_slice).unwrap_or_default();
            let calibrated = evidence.profile.ranges.get(position).map(Vec::as_slice).unwrap_or_default();
            let unit = pow2(-i32::from(layer.scale));
            let proven: Vec<(f64, f64)> = intervals
                .results
                .iter()
                .map(|range| (range.lo as f64 * unit, range.hi as f64 * unit))
                .collect();
            LayerReport {
                name: layer.name.clone(),
                rows: layer.len(),
                columns: layer.map.columns(),
                step: step_name(layer),
                parameters: layer.map.weights().count(),
                weight_bits: layer
                    .map
                    .weights()
                    .map(|w| Interval::new(w.min(0), w.max(0)).signed_bits())
                    .max()
                    .unwrap_or(0),
                accumulator_bits: intervals
                    .accumulators
                    .iter()
                    .map(|acc| acc.signed_bits())
                    .max()
                    .unwrap_or(0),
                bits: results.signed_bits(),
                scale: layer.scale,
                saturates: saturates(layer, &intervals.accumulators),
                calibrated: union(calibrated, exponents),
                proven: union(&proven, exponents),
                constraints: parts
                    .iter()
                    .filter(|known| known.part == part)
                    .map(|known| known.constraints)
                    .sum(),
            }
        })
        .collect()
}

/// The range of all rows, each in the units it had before equalization.
fn union(rows: &[(f64, f64)], exponents: &[i32]) -> (f64, f64) {
    let factors = exponents.iter().map(|&exponent| pow2(-exponent)).chain(std::iter::repeat(1.0));
    let scaled = rows.iter().zip(factors).map(|(&(lo, hi), factor)| (lo * factor, hi * factor));
    scaled.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default()
}

fn step_name(layer: &QuantLayer) -> String {
    let step = match &layer.step {
        Step::Accumulate => "accumulate",
        Step::Requantize(Rounding { lo: 0, hi, .. }) if hi.count_ones() == hi.trailing_ones() => "relu",
        Step::Requantize(Rounding { lo, hi, .. }) if *lo == -*hi - 1 => "requantize",
        Step::Requantize(_) => "clip",
        Step::Table { activation, .. } => activation.name(),
        Step::ArgMax(_) => "argmax",
        Step::Softmax { .. } => "softmax",
        Step::LayerNorm { .. } => "layer norm",
    };
    match layer.pool {
        Some(_) => format!("max pool, {step}"),
        None => step.to_owned(),
    }
}

/// Whether an accumulator can exceed the upper bound, or the lower bound of a signed result.
fn saturates(layer: &QuantLayer, accumulators: &[Interval]) -> bool {
    let Some(rounding) = layer.step.rounding() else { return false };
    accumulators.iter().enumerate().any(|(i, acc)| {
        let p = rounding.of(i, accumulators.len());
        let half = (1i128 << p.shift) >> 1;
        let rounded = |value: i128| (value + half) >> p.shift;
        rounded(acc.hi) > i128::from(p.hi) || (p.lo != 0 && rounded(acc.lo) < i128::from(p.lo))
    })
}
