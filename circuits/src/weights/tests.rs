use ark_bn254::Fr;
use ark_ff::Field;

use super::*;
use crate::audit;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::circuit::Circuit;
use crate::error::{BuildError, DecodeError, SolveError};
use crate::lookups::Ranges;
use crate::statement::{StatementInput, StatementOutput, Visibility};
use crate::witness::{Assignment, Witness};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const TENSORS: &[(&str, usize, u8)] = &[("w", 6, 8), ("bias", 2, 12), ("spare", 1, 5)];

/// Two neurons of three inputs, and their inputs; the last weight is used by nothing.
fn neurons(ranges: Ranges) -> Result<(Builder, [Vec<Bounded>; 2]), BuildError> {
    let mut b = Builder::with_ranges(ranges);
    let weights = b.weights(TENSORS)?;
    let x = b.input("x", 3, 6)?;
    let mut y = Vec::new();
    for neuron in 0..2 {
        let bias = b.scope("bias", |b| b.copy_weight(&weights[1][neuron]))?;
        y.push(b.scope("dense", |b| b.weighted_sum(&weights[0][3 * neuron..3 * neuron + 3], &x, &bias))?);
    }
    Ok((b, [x, y]))
}

fn inference(ranges: Ranges) -> Result<Circuit, BuildError> {
    let (mut b, [x, y]) = neurons(ranges)?;
    let inputs = [StatementInput { values: &x, bits: 6, visibility: Visibility::Public }];
    b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &y, bits: 16 }])?;
    b.finish()
}

/// What proves that the weights are integers of their bits.
fn proving(ranges: Ranges, tensors: &[(&str, usize, u8)]) -> Result<Builder, BuildError> {
    let mut b = Builder::with_ranges(ranges);
    for (tensor, &(name, ..)) in b.weights(tensors)?.iter().zip(tensors) {
        b.scope(name, |b| tensor.iter().try_for_each(|weight| b.prove_weight(weight)))?;
    }
    Ok(b)
}

fn registration(ranges: Ranges, tensors: &[(&str, usize, u8)]) -> Result<Circuit, BuildError> {
    let mut b = proving(ranges, tensors)?;
    b.bind_statement(8u64.into(), &[], &[])?;
    b.finish()
}

fn weights() -> Vec<i64> {
    vec![-128, 127, 3, 0, -1, 50, -2048, 2047, 15]
}

fn assignment(inputs: &[&[i64]], weights: &[i64]) -> Assignment {
    let inputs = inputs.iter().map(|values| values.to_vec()).collect();
    Assignment { inputs, context: [5; 32], weights: weights.into(), ..Assignment::default() }
}

fn solve(circuit: &Circuit, inputs: &[&[i64]], weights: &[i64]) -> Result<Witness, SolveError> {
    audit::solve(circuit, &assignment(inputs, weights))
}

#[test]
fn circuits_compute_with_weights_that_they_do_not_hold() -> Outcome {
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let circuit = inference(ranges)?;
        let wires = circuit.weights.as_ref().expect("there are weights");
        assert_eq!((wires.len(), wires.wires.len(), wires.check(&circuit.r1cs, None)), (9, 10, Ok(())));
        for x in [[31, -32, 1], [0, 0, 0], [-7, 5, 12]] {
            let w = weights();
            let witness = solve(&circuit, &[&x], &w)?;
            assert_eq!(circuit.r1cs.first_violation(&witness), None);
            let y = |n: usize| w[6 + n] + (0..3).map(|i| w[3 * n + i] * x[i]).sum::<i64>();
            assert_eq!(witness.outputs(), &[vec![y(0), y(1)]]);
            let of_wires: Vec<Fr> = wires.wires.iter().map(|&wire| witness.values[wire as usize]).collect();
            assert_eq!(of_wires, w.iter().map(|&w| Fr::from(w)).chain([Fr::from(0)]).collect::<Vec<_>>());
            // The mask may be anything.
            let mut masked = witness.clone();
            masked.values[wires.mask().unwrap() as usize] = Fr::from(77u64);
            assert_eq!(circuit.r1cs.first_violation(&masked), None);
            // Other weights are other outputs: these are not those of the digest.
            let mut other = witness;
            other.values[wires.wires[1] as usize] += Fr::from(1u64);
            assert_eq!(circuit.r1cs.first_violation(&other).is_some(), x[1] != 0);
        }
        // Names and order: products, the unused one, the mask; then everything else.
        let name = |row| circuit.r1cs.violation(row).block;
        assert_eq!(name(0), "dense/weight * x = sum - sum before");
        assert_eq!((name(6), name(7)), ("bias/weight * x = sum - sum before".into(), name(6)));
        assert_eq!((name(8), name(9)), ("weights/weight * 0 = 0".into(), "weights/mask * 0 = 0".into()));
    }
    Ok(())
}

#[test]
fn audits_find_nothing() -> Outcome {
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        // A statement's hash costs an audit more than all else here: one of them has it.
        let inference = match ranges {
            Ranges::Bits => inference(ranges)?,
            Ranges::Lookup => {
                let (b, [_, y]) = neurons(ranges)?;
                b.finish_gadget(&[&y])?
            }
        };
        let registration = proving(ranges, TENSORS)?.finish_gadget(&[])?;
        let circuits = [(inference, vec![&[31i64, -32, 1][..]]), (registration, vec![])];
        for (circuit, inputs) in circuits {
            let allow = audit::mask(&circuit);
            let given = assignment(&inputs, &weights());
            let witness = audit::solve(&circuit, &given)?;
            for report in [
                audit::sweep(&circuit, &witness, &allow)?,
                audit::advice_sweep(&circuit, &given, &allow)?,
                audit::uniqueness(&circuit, &witness, &allow)?,
            ] {
                assert!(report.is_clean(), "{ranges:?}: {:?}, {:?}", report.findings, report.stale);
            }
        }
    }
    Ok(())
}

#[test]
fn circuits_with_weights_have_one_encoding() -> Outcome {
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        for circuit in [inference(ranges)?, registration(ranges, TENSORS)?] {
            let bytes = circuit.to_bytes();
            assert_eq!(Circuit::from_bytes(&bytes)?, circuit);
            // The version of a circuit without weights does not take it.
            let mut older = bytes.clone();
            older[8] -= 3;
            assert!(Circuit::from_bytes(&older).is_err());
        }
    }
    Ok(())
}

/// The points of a commitment: which row a weight stands in, and nothing else, in every circuit of these weights.
#[test]
fn the_columns_of_weights_are_equal_in_all_circuits() -> Outcome {
    let column = |circuit: &Circuit, wire: u32| -> Vec<(usize, Fr)> {
        let r1cs = &circuit.r1cs;
        let rows = (0..r1cs.num_constraints()).flat_map(|row| r1cs.a.row(row).map(move |entry| (row, entry)));
        rows.filter(|(_, (w, _))| *w == wire).map(|(row, (_, c))| (row, r1cs.values[c as usize])).collect()
    };
    let all = [inference(Ranges::Bits)?, inference(Ranges::Lookup)?, registration(Ranges::Lookup, TENSORS)?];
    for circuit in &all {
        for (row, &wire) in circuit.weights.as_ref().unwrap().wires.iter().enumerate() {
            assert_eq!(column(circuit, wire), [(row, Fr::from(1u64))]);
        }
    }
    Ok(())
}

/// Every integer of the bits passes and no other element: integers beyond them, and fractions, of which one would give two outputs for one
/// input.
#[test]
fn ranges_of_weights_are_exact() -> Outcome {
    let two = Fr::from(2u64);
    for (bits, count) in [(8u8, 260), (1, 1), (3, 2), (5, 40), (12, 3), (16, 130), (20, 5), (60, 2)] {
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let circuit = registration(ranges, &[("w", count, bits)])?;
            assert_eq!(circuit.commitment.is_some(), ranges == Ranges::Lookup);
            let (lo, hi) = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
            let w: Vec<i64> = (0..count).map(|i| if i % 2 == 0 { hi } else { lo }).collect();
            let witness = solve(&circuit, &[], &w)?;
            assert_eq!(circuit.r1cs.first_violation(&witness), None, "{bits} bits, {ranges:?}");
            let error = solve(
                &circuit,
                &[],
                &w.iter().map(|w| if *w == hi { hi + 1 } else { *w }).collect::<Vec<_>>(),
            );
            assert!(matches!(error, Err(SolveError::WeightRange { index: 0, .. })));
            // Nobody has to ask the solver.
            let wire = circuit.weights.as_ref().unwrap().wires[0] as usize;
            for wrong in [
                Fr::from(hi) + Fr::from(1u64),
                Fr::from(lo) - Fr::from(1u64),
                two.pow([8]).inverse().unwrap(),
                two.pow([u64::from(bits)]).inverse().unwrap(),
                two.pow([200]),
            ] {
                let mut other = witness.clone();
                other.values[wire] = wrong;
                assert!(circuit.r1cs.first_violation(&other).is_some(), "{bits} bits, {ranges:?}: {wrong}");
                // The witness that follows from it, wherever the program can compute one.
                let Some(integer) = [hi + 1, lo - 1].into_iter().find(|value| Fr::from(*value) == wrong)
                else {
                    continue;
                };
                let mut machine_weights = w.clone();
                machine_weights[0] = integer;
                let followed = followed(&circuit, &machine_weights);
                assert!(
                    circuit.r1cs.first_violation_of(&followed).is_some(),
                    "{bits} bits, {ranges:?}: {integer}"
                );
            }
        }
    }
    Ok(())
}

/// What the program computes for weights that its check refuses.
fn followed(circuit: &Circuit, weights: &[i64]) -> Vec<Fr> {
    use crate::machine::Machine;
    use crate::witness::Randomness;
    let randomness = Randomness { mask: Fr::from(3u64), challenge: Fr::from(1u64 << 62) };
    let mut machine = Machine::new(circuit.program(), randomness);
    let assignment = assignment(&[], weights);
    for &instruction in circuit.program().instructions() {
        machine.step(instruction, &assignment).unwrap();
    }
    machine.elements
}

/// A weight whose bits are those of the table costs its home row alone; one of more bits a query a further digit.
#[test]
fn ranges_of_weights_cost_little() -> Outcome {
    let constraints = |count, bits| -> Result<usize, BuildError> {
        Ok(registration(Ranges::Lookup, &[("w", count, bits)])?.r1cs.num_constraints())
    };
    assert_eq!(constraints(700, 8)? - constraints(600, 8)?, 100);
    assert_eq!(constraints(700, 16)? - constraints(600, 16)?, 200);
    // 700 home rows, the weights' mask, 256 entries, a sum, the lookups' mask, and the statement.
    let statement = crate::statement::cost([], 0);
    assert_eq!(constraints(700, 8)?, 700 + 1 + 256 + 1 + 1 + statement);
    Ok(())
}

#[test]
fn weights_are_declared_first_and_used_once() -> Outcome {
    let mut b = Builder::new();
    let x = b.input("x", 1, 8)?;
    assert_eq!(b.weights(TENSORS).err(), Some(BuildError::WeightsLate));
    let mut other = Builder::new();
    let w = other.weights(TENSORS)?;
    assert_eq!(other.weights(TENSORS).err(), Some(BuildError::WeightsLate));
    assert_eq!(w.iter().map(Vec::len).collect::<Vec<_>>(), [6, 2, 1]);
    assert_eq!((w[1][1].index(), w[1][1].bits()), (7, 12));
    let foreign = |operation| Some(BuildError::ForeignValue { operation });
    let (zero, operation) = (Bounded::constant(0)?, "product with a weight");
    assert_eq!(b.weigh(&w[0][0], &x[0], &zero).err(), foreign(operation));
    assert_eq!(other.weigh(&w[0][0], &x[0], &zero).err(), foreign(operation));
    other.copy_weight(&w[0][3])?;
    assert_eq!(other.copy_weight(&w[0][3]).err(), Some(BuildError::WeightTwice { index: 3 }));
    assert_eq!(other.prove_weight(&w[0][3]).err(), Some(BuildError::WeightTwice { index: 3 }));
    let bits = |bits| Builder::new().weights(&[("w", 1, bits)]).err();
    assert!(
        matches!(bits(0), Some(BuildError::Bits { .. })) && matches!(bits(61), Some(BuildError::Bits { .. }))
    );
    for tensors in [&[][..], &[("w", 0, 8)]] {
        assert_eq!(Builder::new().weights(tensors).err(), Some(BuildError::Empty { operation: "weights" }));
    }
    // Beyond what intervals can hold.
    let mut wide = Builder::new();
    let w = wide.weights(&[("w", 1, 60)])?[0][0];
    let x = wide.input("x", 1, 8)?;
    assert!(matches!(wide.weigh(&w, &x[0], &Bounded::constant(0)?), Err(BuildError::Overflow { .. })));
    Ok(())
}

#[test]
fn other_numbers_of_weights_and_larger_ones_are_refused() -> Outcome {
    let circuit = inference(Ranges::Bits)?;
    for wrong in [&weights()[1..], &[]] {
        let error = solve(&circuit, &[&[1, 2, 3]], wrong).err();
        assert_eq!(error, Some(SolveError::WeightCount { expected: 9, found: wrong.len() }));
    }
    let mut large = weights();
    large[7] = 2048;
    let (name, lo, hi) = ("bias".into(), -2048, 2047);
    let expected = SolveError::WeightRange { name, index: 1, value: 2048, lo, hi, bits: 12 };
    assert_eq!(solve(&circuit, &[&[1, 2, 3]], &large).err(), Some(expected));
    let mut b = Builder::new();
    let x = b.input("x", 1, 8)?;
    let plain = b.finish_gadget(&[&x])?;
    let error = solve(&plain, &[&[1]], &[1]).err();
    assert_eq!(error, Some(SolveError::WeightCount { expected: 0, found: 1 }));
    Ok(())
}

/// The term of `wire` in row `row` of `csr`, made that of another wire.
fn rename(csr: &mut Csr, row: usize, from: u32, to: u32) {
    let range = csr.row_ptr[row] as usize..csr.row_ptr[row + 1] as usize;
    let mut entries: Vec<(u32, u32)> = range.clone().map(|i| (csr.col[i], csr.coeff[i])).collect();
    entries.iter_mut().filter(|(wire, _)| *wire == from).for_each(|(wire, _)| *wire = to);
    entries.sort_unstable();
    for (i, (wire, coefficient)) in range.zip(entries) {
        (csr.col[i], csr.coeff[i]) = (wire, coefficient);
    }
}

/// Circuits that nobody built: each is refused by the check and by the reader.
#[test]
fn weights_elsewhere_than_at_home_are_refused() -> Outcome {
    let circuit = registration(Ranges::Lookup, TENSORS)?;
    let weights = circuit.weights.clone().unwrap();
    let (first, second) = (weights.wires[0], weights.wires[1]);
    let behind = weights.wires.len();
    let in_b = (behind..circuit.r1cs.num_constraints())
        .find(|&row| circuit.r1cs.b.row(row).any(|(w, _)| w > second));
    let in_b = in_b.expect("a constraint with a wire in B");
    let wire_in_b = circuit.r1cs.b.row(in_b).last().unwrap().0;
    let in_c = (behind..circuit.r1cs.num_constraints())
        .find(|&row| circuit.r1cs.c.row(row).any(|(w, _)| w > second));
    let in_c = in_c.expect("a constraint with a wire in C");
    let wire_in_c = circuit.r1cs.c.row(in_c).last().unwrap().0;
    let in_a = (behind..circuit.r1cs.num_constraints())
        .find(|&row| circuit.r1cs.a.row(row).any(|(w, _)| w > second));
    let in_a = in_a.expect("a constraint with a wire in A");
    let wire_in_a = circuit.r1cs.a.row(in_a).last().unwrap().0;
    let mask = weights.mask().unwrap();
    type Change = Box<dyn Fn(&mut R1cs)>;
    let elsewhere = |matrix, row| WeightsError::Elsewhere { index: 0, wire: first, matrix, row };
    let cases: Vec<(Change, WeightsError)> = vec![
        (Box::new(move |s| rename(&mut s.b, in_b, wire_in_b, first)), elsewhere("B", in_b)),
        (Box::new(move |s| rename(&mut s.c, in_c, wire_in_c, first)), elsewhere("C", in_c)),
        (Box::new(move |s| rename(&mut s.a, in_a, wire_in_a, first)), elsewhere("A", in_a)),
        // Home rows exchanged.
        (
            Box::new(move |s| {
                rename(&mut s.a, 0, first, second);
                rename(&mut s.a, 1, second, first);
            }),
            WeightsError::Home { index: 0, wire: first },
        ),
        // Another coefficient.
        (
            Box::new(move |s| {
                let at = s.a.col.iter().position(|wire| *wire == first).unwrap();
                s.a.coeff[at] = s.values.iter().position(|value| !value.is_one()).unwrap() as u32;
            }),
            WeightsError::Home { index: 0, wire: first },
        ),
        // The mask's row says something.
        (
            Box::new(move |s| {
                let (row, coefficient) = (behind - 1, s.values.iter().position(One::is_one).unwrap() as u32);
                let at = s.b.row_ptr[row] as usize;
                s.b.col.insert(at, 0);
                s.b.coeff.insert(at, coefficient);
                s.b.row_ptr[row + 1..].iter_mut().for_each(|end| *end += 1);
            }),
            WeightsError::Mask(behind - 1),
        ),
    ];
    assert_eq!(weights.check(&circuit.r1cs, circuit.commitment.as_ref()), Ok(()));
    for (change, expected) in cases {
        let mut other = circuit.clone();
        change(&mut other.r1cs);
        assert_eq!(weights.check(&other.r1cs, None), Err(expected.clone()));
        let read = Circuit::from_bytes(&other.to_bytes()).err();
        // Coefficients may also be out of order, or a wire in no constraint.
        let is_refused = matches!(&read, Some(DecodeError::Weights(error)) if *error == expected)
            || matches!(&read, Some(DecodeError::NotCanonical { .. }));
        assert!(is_refused, "{expected}: {read:?}");
    }
    // Lists of wires that are none.
    let check = |wires: Vec<u32>| Weights { wires }.check(&circuit.r1cs, None).err();
    assert_eq!(check(vec![]), Some(WeightsError::Count(0)));
    assert_eq!(check(vec![mask]), Some(WeightsError::Count(1)));
    let one = WeightsError::Wire { index: 0, wire: 2 };
    assert_eq!(check([2].into_iter().chain(weights.wires.clone()).collect()), Some(one));
    let twice = WeightsError::Wire { index: 1, wire: first };
    assert_eq!(check([first].into_iter().chain(weights.wires.clone()).collect()), Some(twice));
    let beyond = circuit.r1cs.num_wires() as u32;
    let last = WeightsError::Wire { index: behind, wire: beyond };
    assert_eq!(check(weights.wires.iter().copied().chain([beyond]).collect()), Some(last));
    // One that lookups commit to as well: it would be free in every proof.
    let mut both = circuit.commitment.clone().unwrap();
    assert!(!both.committed.iter().any(|wire| weights.wires.contains(wire)));
    both.committed.insert(0, second);
    let committed = WeightsError::Committed { index: 1, wire: second };
    assert_eq!(weights.check(&circuit.r1cs, Some(&both)), Err(committed));
    Ok(())
}
