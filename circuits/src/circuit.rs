//! A compiled circuit: constraints and the program that solves them.

use ark_bn254::Fr;

use crate::commitment::Commitment;
use crate::error::SolveError;
use crate::instruction::{HashOutput, InputTensor, Instruction};
use crate::machine;
use crate::program::WitnessProgram;
use crate::r1cs::R1cs;
use crate::weights::Weights;
use crate::witness::{Assignment, Randomness, Witness};

/// Constraint system and witness program, built once and solved for many inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// The constraints.
    pub r1cs: R1cs,
    pub(crate) program: WitnessProgram,
    /// What is committed to before the challenge; present exactly if the circuit uses lookups.
    pub commitment: Option<Commitment>,
    /// What another commitment binds, once for many proofs; present exactly if the circuit has weights.
    pub weights: Option<Weights>,
}

/// Sizes of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Instance wires: 2, or 3 with the challenge.
    pub instance: usize,
    /// Witness wires.
    pub witness: usize,
    /// Nonzero entries of A, B and C together.
    pub nonzeros: usize,
    /// Distinct coefficients.
    pub coefficients: usize,
    /// Instructions of the witness program.
    pub instructions: usize,
    /// Points of the domain that Groth16 needs: [`domain_size`] of constraints and instance wires.
    pub domain: usize,
}

/// Points of the smallest evaluation domain with one for each row: `2^k`, `3 * 2^k` or `9 * 2^k`, which are the orders of
/// subgroups of BN254's scalar field that transforms are fast over. Of more rows than any domain has, `usize::MAX`.
pub fn domain_size(rows: usize) -> usize {
    let size = |odd: usize| odd.checked_mul(rows.div_ceil(odd).max(1).checked_next_power_of_two()?);
    [1, 3, 9].into_iter().filter_map(size).min().unwrap_or(usize::MAX)
}

impl Circuit {
    /// The input tensors that [`Assignment::inputs`] must hold.
    pub fn inputs(&self) -> &[InputTensor] {
        self.program.inputs()
    }

    /// The witness program.
    pub fn program(&self) -> &WitnessProgram {
        &self.program
    }

    /// Whether the digest is bound; false only for [`crate::Builder::finish_gadget`].
    pub fn has_statement(&self) -> bool {
        let to_digest =
            |i: &Instruction| matches!(i, Instruction::Poseidon { output: HashOutput::Digest, .. });
        self.program.instructions.iter().any(to_digest)
    }

    /// Computes the witness: all of it for a plain circuit, all that does not depend on mask and
    /// challenge for one with lookups; [`Circuit::complete`] does the rest. A complete witness satisfies
    /// the constraints of a circuit that [`crate::Builder`] made; for one read from untrusted bytes,
    /// ask [`R1cs::first_violation`].
    pub fn solve(&self, assignment: &Assignment) -> Result<Witness, SolveError> {
        machine::solve(&self.program, assignment)
    }

    /// Fills in mask, challenge and every wire behind the challenge; changes nothing in a plain
    /// circuit. A witness that is complete already is completed anew.
    ///
    /// Fails if the challenge is the value of a table entry or query, where a fraction has no value: of
    /// 2^248 challenges, as many as there are entries and queries. Another mask gives another challenge.
    pub fn complete(&self, witness: Witness, mask: Fr, challenge: Fr) -> Result<Witness, SolveError> {
        match &self.commitment {
            None => Ok(witness),
            Some(commitment) => {
                machine::complete(&self.program, commitment, witness, Randomness { mask, challenge })
            }
        }
    }

    /// Sizes.
    pub fn stats(&self) -> Stats {
        let constraints = self.r1cs.num_constraints();
        Stats {
            constraints,
            instance: self.r1cs.num_instance,
            witness: self.r1cs.num_witness,
            nonzeros: self.r1cs.a.nonzeros() + self.r1cs.b.nonzeros() + self.r1cs.c.nonzeros(),
            coefficients: self.r1cs.values.len(),
            instructions: self.program.instructions.len(),
            domain: domain_size(constraints + self.r1cs.num_instance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::domain_size;

    #[test]
    fn domains_are_the_smallest_that_fit() {
        let is_size = |n: usize| matches!(n >> n.trailing_zeros(), 1 | 3 | 9);
        for rows in 0..3000 {
            let size = domain_size(rows);
            assert!(is_size(size) && size >= rows.max(1));
            assert!(!(rows.max(1)..size).any(is_size), "{rows} rows: {size}");
        }
    }
}
