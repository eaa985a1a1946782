//! The same constraints and witness as arkworks takes them.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use assay_circuits::{Csr, R1cs, Witness};

/// A constraint system, with or without a witness.
#[derive(Clone, Copy, Debug)]
pub struct Synthesizer<'a> {
    /// The constraints.
    pub r1cs: &'a R1cs,
    /// For a setup none, for a proof or a check of satisfaction the values of all wires.
    pub witness: Option<&'a Witness>,
}

/// A, B and C: (coefficient, wire) for each entry of each row, as `create_proof_with_reduction_and_matrices` takes them.
pub fn matrices(r1cs: &R1cs) -> Vec<Vec<Vec<(Fr, usize)>>> {
    let row = |matrix: &Csr, i: usize| {
        matrix.row(i).map(|(wire, index)| (r1cs.values[index as usize], wire as usize)).collect()
    };
    let matrix = |matrix: &Csr| (0..matrix.rows()).map(|i| row(matrix, i)).collect();
    [&r1cs.a, &r1cs.b, &r1cs.c].map(matrix).into()
}

impl ConstraintSynthesizer<Fr> for Synthesizer<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let value = |wire: usize| {
            let values = &self.witness.ok_or(SynthesisError::AssignmentMissing)?.values;
            values.get(wire).copied().ok_or(SynthesisError::AssignmentMissing)
        };
        let mut variables = vec![Variable::One];
        for wire in 1..self.r1cs.num_instance {
            variables.push(cs.new_input_variable(|| value(wire))?);
        }
        for wire in self.r1cs.num_instance..self.r1cs.num_wires() {
            variables.push(cs.new_witness_variable(|| value(wire))?);
        }
        let combination = |row: &[(Fr, usize)]| {
            LinearCombination(row.iter().map(|&(coefficient, wire)| (coefficient, variables[wire])).collect())
        };
        let matrices = matrices(self.r1cs);
        let [a, b, c] = &matrices[..] else { return Err(SynthesisError::AssignmentMissing) };
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            cs.enforce_r1cs_constraint(|| combination(a), || combination(b), || combination(c))?;
        }
        Ok(())
    }
}
