//! A wire for a long sum: `acc * 1 = sum w_i * x_i + bias - lo`, where `lo` is the sum's smallest value.
//!
//! A linear combination is free, but every constraint that mentions it repeats all its terms, in A and B.
//! With a wire, the terms stand once, in C, which a prover never evaluates: it takes the product of A
//! and B. The witness program sums in machine integers. With lookups there is a second gain: one wire
//! is committed to in place of all that are summed.
//!
//! Cost: 1 constraint and 1 wire, for sums of more than [`MAX_TERMS`] terms; shorter ones stay as they are.
//!
//! The interval is that of the sum, since the wire equals it.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::instruction::Instruction;
use crate::linear::Lc;
use ark_bn254::Fr;
use ark_ff::One;

/// Most terms of a sum without a wire of its own. A term costs the prover a multiplication, three or more times
/// over; a constraint, a full-size scalar in the sum of H: about as much as 64 terms.
pub const MAX_TERMS: usize = 64;

/// The same value; a wire, if it is a sum of more than [`MAX_TERMS`] terms.
pub fn constrain(b: &mut Builder, sum: &Bounded) -> Result<Bounded, BuildError> {
    if sum.terms().len() <= MAX_TERMS {
        return Ok(sum.clone());
    }
    wire(b, sum)
}

/// The same value as a wire: 1 constraint.
pub(crate) fn wire(b: &mut Builder, sum: &Bounded) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "accumulator", lo: sum.lo(), hi: sum.hi() };
    let (Ok(lo), Ok(span)) = (i64::try_from(sum.lo()), i64::try_from(sum.hi() - sum.lo())) else {
        return Err(overflow);
    };
    b.scope("accumulator", |b| {
        let total = sum.add_const(-lo)?;
        b.instruct(Instruction::Quotient { shift: 0 }, &[&total])?;
        let acc = b.bounded_wire(span)?;
        b.enforce("acc * 1 = sum", &acc.to_lc(), &Lc::constant(Fr::one()), &total.to_lc())?;
        acc.add_const(lo)
    })
}

/// Constraints of a sum of so many terms.
pub fn cost(terms: usize) -> usize {
    usize::from(terms > MAX_TERMS)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("sum of 100 values, 4 bits", 100, 4, |b, x| {
    let weights: Vec<i64> = (0..100).map(|i| 3 - i % 7).collect();
    Ok(vec![constrain(b, &Bounded::weighted_sum(x, &weights, -5)?)?])
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_every_constraint_is_needed, check, forge, gadget, gadget_with_bounds};

    fn sum(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let weights: Vec<i64> = (0..).map(|i| 3 - i % 7).take(x.len()).collect();
        Ok(vec![constrain(b, &Bounded::weighted_sum(x, &weights, -5)?)?])
    }

    fn expected(x: &[i64]) -> Vec<i64> {
        vec![(0..).zip(x).map(|(i, x)| (3 - i % 7) * x).sum::<i64>() - 5]
    }

    #[test]
    fn long_sums_get_one_wire_and_one_constraint() -> Result<(), BuildError> {
        for (len, cost) in [(10, 0), (MAX_TERMS, 0), (100, 1)] {
            let (circuit, bounds) = gadget_with_bounds(len, 2, sum)?;
            assert_eq!(circuit.stats().constraints, 2 * len + cost);
            let inputs = [vec![-2; len], vec![1; len], (0..len).map(|i| i as i64 % 4 - 2).collect()];
            check(&circuit, &bounds, inputs, expected);
        }
        Ok(())
    }

    #[test]
    fn the_terms_stand_in_c_alone_and_bind() -> Result<(), BuildError> {
        let circuit = gadget(100, 2, sum)?;
        let row = circuit.r1cs.num_constraints() - 1;
        let r1cs = &circuit.r1cs;
        let terms = [&r1cs.a, &r1cs.b, &r1cs.c].map(|matrix| matrix.row(row).count());
        assert_eq!((terms[0], terms[1]), (1, 1));
        assert!(terms[2] > MAX_TERMS);
        let acc = crate::linear::Wire(r1cs.num_wires() as u32 - 1);
        assert_eq!(forge(&circuit, &[1; 100], &[(acc, Fr::one())]), "accumulator/acc * 1 = sum");
        assert_every_constraint_is_needed(&circuit, &[vec![0; 100]]);
        Ok(())
    }
}
