//! The proof of uniqueness claims nothing that is false.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use super::solve;
use crate::bounded::Bounded;
use crate::error::BuildError;
use crate::gadgets::lookup::function;
use crate::instruction::Instruction;
use crate::linear::{Lc, Wire};
use crate::lookups::Ranges;
use crate::testing::{assign, gadget, gadget_by, unique};

/// Rho as the challenge itself: different pairs then share poles, so the values of a function are not proven, whatever the
/// constraint is called.
#[test]
fn a_table_whose_rho_is_no_hash_proves_nothing() -> Result<(), BuildError> {
    let squares: Vec<i64> = (-8..8).map(|x: i64| x * x).collect();
    let circuit =
        gadget_by(Ranges::Lookup, 1, 4, |b, x| Ok(vec![function::constrain(b, &x[0], -8, &squares)?]))?;
    let Ok(witness) = solve(&circuit, &assign(&[3])) else { panic!("3 is an input") };
    assert!(unique(&circuit, &witness).is_clean());

    let mut weakened = circuit.clone();
    let r1cs = &mut weakened.r1cs;
    let name = "lookup/rho/rho * 1 = hash of the challenge";
    let row = (0..r1cs.num_constraints()).find(|&row| r1cs.violation(row).block == name);
    let Some(row) = row else { panic!("no constraint {name}") };
    let one = r1cs.values.iter().position(|value| value.is_one()).unwrap_or(0) as u32;
    let (start, end) = (r1cs.c.row_ptr[row] as usize, r1cs.c.row_ptr[row + 1] as usize);
    r1cs.c.col.splice(start..end, [Wire::CHALLENGE.0]);
    r1cs.c.coeff.splice(start..end, [one]);
    let removed = (end - start - 1) as u32;
    r1cs.c.row_ptr[row + 1..].iter_mut().for_each(|end| *end -= removed);
    // The program follows: its last combination of elements is rho.
    let program = &mut weakened.program;
    let last = program.elements.ptr.len() - 2;
    program.elements.terms.truncate(program.elements.ptr[last] as usize);
    program.elements.terms.push((Wire::CHALLENGE.0, program.constants.len() as u32));
    program.constants.push(Fr::one());
    program.elements.ptr[last + 1] = program.elements.ptr[last] + 1;

    let Ok(witness) = solve(&weakened, &assign(&[3])) else { panic!("3 is an input") };
    assert_eq!(weakened.r1cs.first_violation(&witness), None);
    let report = unique(&weakened, &witness);
    // The value, a committed wire, is what nothing proves.
    assert!(!report.findings.is_empty());
    Ok(())
}

/// Two solutions, of which one has a sum of 2^100: more than the audit takes for a small integer, and no contradiction.
#[test]
fn a_sum_at_the_limit_of_small_integers_is_possible() -> Result<(), BuildError> {
    const HALF: u128 = 1 << 99;
    let mut wires = Vec::new();
    let circuit = gadget(1, 1, |b, x| {
        let one = Lc::constant(Fr::one());
        let mut wire = || -> Result<Bounded, BuildError> {
            b.instruct(Instruction::Quotient { shift: 0 }, &[&x[0]])?;
            b.bounded_wire(1)
        };
        let (u, v, t) = (wire()?, wire()?, wire()?);
        // u and v are 2^99 - 1 or 2^99, t is a bit, and u + v = 2^100 - 1 + t.
        for value in [&u, &v] {
            let low = value.to_lc().minus(&Lc::constant(Fr::from(HALF - 1)));
            b.enforce("u is one of two", &low, &low.minus(&one), &Lc::zero())?;
        }
        b.enforce_bit("t is a bit", &t.to_lc())?;
        let sum = u.to_lc().plus(&v.to_lc()).minus(&t.to_lc());
        b.enforce("the sum", &sum, &one, &Lc::constant(Fr::from(2 * HALF - 1)))?;
        wires =
            [&u, &v, &t].iter().filter_map(|value| value.terms().first()).map(|&(wire, _)| wire).collect();
        Ok(Vec::new())
    })?;
    // A circuit without a challenge has its wires one lower.
    let [u, v, t] = [0, 1, 2].map(|i: usize| wires[i].index() - 1);
    let Ok(mut witness) = circuit.solve(&assign(&[0])) else { panic!("0 is an input") };
    let (low, high) = (Fr::from(HALF - 1), Fr::from(HALF));
    for values in [[low, high, Fr::zero()], [high, low, Fr::zero()], [high, high, Fr::one()]] {
        [witness.values[u], witness.values[v], witness.values[t]] = values;
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
        let findings = unique(&circuit, &witness).findings;
        for wire in [u, v, t] {
            assert!(findings.iter().any(|finding| finding.wire.index() == wire), "{wire}: {findings:?}");
        }
    }
    Ok(())
}

/// Two rows of which one is named, with digits of which the last wraps around the modulus: `Q - u + W v_1 + ... + W^4 v_4 = r` where `s` is
/// 1, and `Q - u = 2` where it is 0.
fn wrapping(u: i64, s: i64, v: [i64; 4]) -> Result<crate::circuit::Circuit, BuildError> {
    gadget_by(Ranges::Lookup, 1, 4, |b, x| {
        let entry = x[0].add_const(8)?;
        let table = b.combinations(std::slice::from_ref(&entry))?;
        let copy = |b: &mut crate::Builder, value: &Bounded| -> Result<Wire, BuildError> {
            b.instruct(Instruction::Quotient { shift: 0 }, &[value])?;
            b.integer_wire()
        };
        let one = Lc::constant(Fr::one());
        let q = copy(b, &entry)?;
        b.query_combinations(table, q)?;
        let u = copy(b, &Bounded::constant(u)?)?;
        let bounded = b.proven(u, 15);
        crate::gadgets::lookup::digits::assert_width(b, &bounded, 4)?;
        let s = copy(b, &Bounded::constant(s)?)?;
        b.enforce_bit("s is a bit", &Lc::wire(s))?;
        let mut word = Lc::from_terms(vec![(q, Fr::one()), (u, -Fr::one())]);
        let (mut weight, mut record) = (Fr::one(), Fr::from(5u64));
        for (value, k) in v.into_iter().zip([1u64, 1, 1, 49]) {
            let v = copy(b, &Bounded::constant(value)?)?;
            b.enforce("v = k s", &Lc::wire(v), &one, &Lc::from_terms(vec![(s, Fr::from(k))]))?;
            weight *= Fr::from(1u64 << 62);
            record += weight * Fr::from(k);
            word = word.plus(&Lc::from_terms(vec![(v, weight)]));
        }
        let second = Lc::from_terms(vec![(Wire::ONE, -Fr::from(2u64)), (q, Fr::one()), (u, -Fr::one())]);
        b.enforce("first row", &word.minus(&Lc::constant(record)), &Lc::wire(s), &Lc::zero())?;
        b.enforce("second row", &second, &one.minus(&Lc::wire(s)), &Lc::zero())?;
        Ok(Vec::new())
    })
}

#[test]
fn digits_that_wrap_refute_nothing() -> Result<(), BuildError> {
    // Both are witnesses of the same constraints.
    let circuit = wrapping(6, 0, [0; 4])?;
    for other in [circuit.clone(), wrapping(3, 1, [1, 1, 1, 49])?] {
        let Ok(witness) = solve(&other, &assign(&[0])) else { panic!("0 is an input") };
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
        assert!(!unique(&circuit, &witness).findings.is_empty());
    }
    Ok(())
}
