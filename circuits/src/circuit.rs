//! A compiled circuit: constraints and the program that solves them.

use ark_bn254::Fr;

use crate::commitment::Commitment;
use crate::error::{DecodeError, SolveError};
use crate::machine::Randomness;
use crate::program::{InputTensor, WitnessProgram};
use crate::r1cs::R1cs;

/// Constraint system and witness program, built once and solved for many inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// The constraints.
    pub r1cs: R1cs,
    pub(crate) program: WitnessProgram,
    /// What is committed to before the challenge; present exactly if the circuit uses lookups.
    pub commitment: Option<Commitment>,
}

/// What a prover chooses: the inputs, the context that binds the proof, and a salt for each
/// committed input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The input tensors in the order of declaration.
    pub inputs: Vec<Vec<i64>>,
    /// The caller's 32 bytes.
    pub context: [u8; 32],
    /// One salt for each committed input, in the order of the inputs.
    pub salts: Vec<Fr>,
}

/// Values of all wires, and the outputs as integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Wire 0 is one, wire 1 the digest; with lookups, wire 2 is the challenge.
    pub values: Vec<Fr>,
    pub(crate) outputs: Vec<Vec<i64>>,
    /// Between the phases: which table entry each query hits. It only saves work: empty is right too.
    pub(crate) positions: Vec<u32>,
}

impl Witness {
    /// The output tensors of the statement.
    pub fn outputs(&self) -> &[Vec<i64>] {
        &self.outputs
    }

    /// The digest: the proof's public input.
    pub fn digest(&self) -> Fr {
        self.values.get(1).copied().unwrap_or_default()
    }
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
/// subgroups of BN254's scalar field that transforms are fast over.
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
        self.program.instructions.iter().any(|i| {
            matches!(
                i,
                crate::program::Instruction::Poseidon { output: crate::program::HashOutput::Digest, .. }
            )
        })
    }

    /// Computes the witness: all of it for a plain circuit, all that does not depend on mask and
    /// challenge for one with lookups; [`Circuit::complete`] does the rest. A complete witness satisfies
    /// the constraints of a circuit that [`crate::Builder`] made; for one read from untrusted bytes,
    /// ask [`R1cs::first_violation`].
    pub fn solve(&self, assignment: &Assignment) -> Result<Witness, SolveError> {
        self.program.run(assignment)
    }

    /// Fills in mask, challenge and every wire behind the challenge; changes nothing in a plain
    /// circuit. A witness that is complete already is completed anew.
    ///
    /// Fails if the challenge is the value of a table entry or query, where a fraction has no value: of
    /// 2^248 challenges, as many as there are entries and queries. Another mask gives another challenge.
    pub fn complete(&self, witness: Witness, mask: Fr, challenge: Fr) -> Result<Witness, SolveError> {
        match &self.commitment {
            None => Ok(witness),
            Some(commitment) => self.program.complete(commitment, witness, Randomness { mask, challenge }),
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

    /// The canonical encoding: equal circuits have equal bytes, and no other bytes are accepted.
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::encoding::encode(self)
    }

    /// Reads a circuit, checking every index, count and element.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        crate::encoding::decode(bytes)
    }

    /// SHA-256 of the canonical encoding: the identity that keys and proofs refer to.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest;
        sha2::Sha256::digest(self.to_bytes()).into()
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
