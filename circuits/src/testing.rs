//! What this crate's tests share: a gadget over input values, run against its reference and audited.

use ark_bn254::Fr;
use ark_ff::One;

use crate::audit;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::circuit::Circuit;
use crate::cost::{Size, Tally};
use crate::error::BuildError;
use crate::integer::Interval;
use crate::linear::Wire;
use crate::lookups::Ranges;
use crate::witness::{Assignment, Witness};

/// A circuit of one gadget over `len` signed inputs of `bits` bits.
pub(crate) fn gadget(
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<Circuit, BuildError> {
    gadget_by(Ranges::Bits, len, bits, build)
}

/// As [`gadget`], with ranges proven in either way.
pub(crate) fn gadget_by(
    ranges: Ranges,
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<Circuit, BuildError> {
    gadget_of(Inputs::Proven, ranges, len, bits, build)
}

/// Where the ranges of a gadget's inputs are proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inputs {
    /// Before the gadget, which cannot do it any more.
    Proven,
    /// In it, or behind it.
    Open,
}

/// As [`gadget_by`], over such inputs.
pub(crate) fn gadget_of(
    inputs: Inputs,
    ranges: Ranges,
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<Circuit, BuildError> {
    let mut b = Builder::with_ranges(ranges);
    let x = b.input("x", len, bits)?;
    if inputs == Inputs::Proven {
        b.close_all()?;
    }
    let y = build(&mut b, &x)?;
    b.finish_gadget(&[&y])
}

/// Outputs equal the reference and all constraints hold, with lookups and without; with lookups, every wire is proven
/// unique for two of the inputs.
pub(crate) fn check_both(
    len: usize,
    bits: u8,
    build: impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
    inputs: impl IntoIterator<Item = Vec<i64>> + Clone,
    reference: impl Fn(&[i64]) -> Vec<i64>,
) -> Result<(), BuildError> {
    check_values(&gadget(len, bits, &build)?, inputs.clone(), &reference);
    let circuit = gadget_by(Ranges::Lookup, len, bits, &build)?;
    check_values(&circuit, inputs.clone(), &reference);
    // The first and one from the middle.
    let count = inputs.clone().into_iter().count();
    for x in inputs.into_iter().step_by(count.div_ceil(2).max(1)) {
        let witness = audit::solve(&circuit, &assign(&x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
        let report = unique(&circuit, &witness);
        assert!(report.is_clean(), "inputs {x:?}: {:?}", report.findings);
    }
    Ok(())
}

/// A gadget has the constraints that its `cost` function adds, with lookups and without.
pub(crate) fn assert_costs(
    len: usize,
    bits: u8,
    build: impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
    cost: impl Fn(&mut Tally, &[Interval]),
) -> Result<(), BuildError> {
    let half = 1i128 << (bits - 1);
    let x = vec![(-half, half - 1); len];
    for inputs in [Inputs::Proven, Inputs::Open] {
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let circuit = gadget_of(inputs, ranges, len, bits, &build)?;
            let mut tally = Tally::new(ranges);
            let ((), open) = tally.with_open(vec![inputs == Inputs::Open; len], |tally| cost(tally, &x));
            let proven = |open: &bool| inputs == Inputs::Proven || *open;
            tally.exact(bits.into(), open.iter().filter(|open| proven(open)).count());
            let of = format!("{len} inputs of {bits} bits, {ranges:?}, {inputs:?}");
            assert_eq!(tally.size(), Size::of(&circuit), "{of}");
        }
    }
    Ok(())
}

/// As [`gadget`], and the proven intervals of its outputs.
pub(crate) fn gadget_with_bounds(
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<(Circuit, Vec<(i128, i128)>), BuildError> {
    gadget_with_bounds_by(Ranges::Bits, len, bits, build)
}

/// As [`gadget_with_bounds`], with ranges proven in either way.
pub(crate) fn gadget_with_bounds_by(
    ranges: Ranges,
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<(Circuit, Vec<(i128, i128)>), BuildError> {
    let mut bounds = Vec::new();
    let circuit = gadget_by(ranges, len, bits, |b, x| {
        let y = build(b, x)?;
        bounds = y.iter().map(|y| (y.lo(), y.hi())).collect();
        Ok(y)
    })?;
    Ok((circuit, bounds))
}

/// The proof of uniqueness; the mask of a circuit with lookups is free.
pub(crate) fn unique(circuit: &Circuit, witness: &Witness) -> audit::Report {
    let report = audit::uniqueness(circuit, witness, &audit::mask(circuit));
    report.unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn assign(x: &[i64]) -> Assignment {
    Assignment { inputs: vec![x.to_vec()], ..Assignment::default() }
}

/// Runs the gadget on the inputs: outputs equal the reference and lie in their intervals, all
/// constraints hold, and every wire is proven unique.
pub(crate) fn check(
    circuit: &Circuit,
    bounds: &[(i128, i128)],
    inputs: impl IntoIterator<Item = Vec<i64>>,
    reference: impl Fn(&[i64]) -> Vec<i64>,
) {
    for x in inputs {
        let witness = audit::solve(circuit, &assign(&x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
        let y = &witness.outputs()[0];
        assert_eq!(*y, reference(&x), "inputs {x:?}");
        assert_eq!(circuit.r1cs.first_violation(&witness), None, "inputs {x:?}");
        for (&y, &(lo, hi)) in y.iter().zip(bounds) {
            assert!((lo..=hi).contains(&i128::from(y)), "inputs {x:?}: {y} outside [{lo}, {hi}]");
        }
        let report = unique(circuit, &witness);
        assert!(report.is_clean(), "inputs {x:?}: {:?}", report.findings);
    }
}

/// As [`check`], without the proof of uniqueness: for many inputs.
pub(crate) fn check_values(
    circuit: &Circuit,
    inputs: impl IntoIterator<Item = Vec<i64>>,
    reference: impl Fn(&[i64]) -> Vec<i64>,
) {
    for x in inputs {
        let witness = audit::solve(circuit, &assign(&x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
        assert_eq!(witness.outputs()[0], reference(&x), "inputs {x:?}");
        assert_eq!(circuit.r1cs.first_violation(&witness), None, "inputs {x:?}");
    }
}

/// All signed values of `bits` bits.
pub(crate) fn all(bits: u8) -> impl Iterator<Item = i64> + Clone {
    let half = 1i64 << (bits - 1);
    -half..half
}

/// All pairs of signed values of `bits` bits.
pub(crate) fn all_pairs(bits: u8) -> impl Iterator<Item = Vec<i64>> {
    all(bits).flat_map(move |x| all(bits).map(move |y| vec![x, y]))
}

/// The wires whose booleanity, or other one-wire left factor, the constraints of a block state.
pub(crate) fn wires_of(circuit: &Circuit, block: &str) -> Vec<Wire> {
    let r1cs = &circuit.r1cs;
    (0..r1cs.num_constraints())
        .filter(|&i| r1cs.violation(i).block.ends_with(block))
        .filter_map(|i| r1cs.a.row(i).next().map(|(wire, _)| Wire(wire)))
        .collect()
}

/// Changes some wires of the honest witness, and names the block of the constraint that breaks.
pub(crate) fn forge(circuit: &Circuit, x: &[i64], changes: &[(Wire, Fr)]) -> String {
    let mut witness = audit::solve(circuit, &assign(x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
    assert_eq!(circuit.r1cs.first_violation(&witness), None);
    for &(wire, value) in changes {
        witness.values[wire.index()] = value;
    }
    circuit.r1cs.first_violation(&witness).map_or_else(|| "accepted".into(), |violation| violation.block)
}

/// Every constraint behind the inputs' own is needed: without it, some wire of some witness is no
/// longer unique.
pub(crate) fn assert_every_constraint_is_needed(circuit: &Circuit, inputs: &[Vec<i64>]) {
    for row in 0..circuit.r1cs.num_constraints() {
        let name = circuit.r1cs.violation(row);
        // The mask is free by design.
        if name.block.starts_with("input ") || name.block.ends_with("mask * 1 = mask") {
            continue;
        }
        let weakened = without(circuit, row);
        let open = inputs.iter().any(|x| {
            let witness = audit::solve(circuit, &assign(x)).unwrap_or_else(|e| panic!("{x:?}: {e}"));
            !unique(&weakened, &witness).is_clean()
        });
        assert!(open, "nothing changes without constraint {name:?}");
    }
}

/// The circuit with constraint `row` made trivial: `0 * 0 = 0`.
fn without(circuit: &Circuit, row: usize) -> Circuit {
    let mut weakened = circuit.clone();
    let r1cs = &mut weakened.r1cs;
    for matrix in [&mut r1cs.a, &mut r1cs.b, &mut r1cs.c] {
        let (start, end) = (matrix.row_ptr[row], matrix.row_ptr[row + 1]);
        matrix.col.drain(start as usize..end as usize);
        matrix.coeff.drain(start as usize..end as usize);
        matrix.row_ptr[row + 1..].iter_mut().for_each(|p| *p -= end - start);
    }
    weakened
}

/// 1 in the field.
pub(crate) fn one() -> Fr {
    Fr::one()
}

/// Property tests try the same cases every time.
pub(crate) fn property(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}
