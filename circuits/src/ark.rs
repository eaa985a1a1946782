//! Adapter to `ark-relations`: the same matrices and witness as a `ConstraintSynthesizer`.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};

use crate::circuit::Circuit;
use crate::r1cs::{Csr, R1cs};
use crate::witness::Witness;

/// A circuit, with or without a witness, for arkworks.
#[derive(Clone, Copy, Debug)]
pub struct Synthesizer<'a> {
    r1cs: &'a R1cs,
    witness: Option<&'a Witness>,
}

impl Circuit {
    /// For a setup: constraints only.
    pub fn synthesizer(&self) -> Synthesizer<'_> {
        Synthesizer { r1cs: &self.r1cs, witness: None }
    }

    /// For a proof by arkworks, or its `is_satisfied`.
    pub fn synthesizer_with<'a>(&'a self, witness: &'a Witness) -> Synthesizer<'a> {
        Synthesizer { r1cs: &self.r1cs, witness: Some(witness) }
    }
}

impl R1cs {
    /// One matrix in arkworks' form: (coefficient, wire) for each entry of each row.
    pub fn ark_matrix(&self, matrix: &Csr) -> Vec<Vec<(Fr, usize)>> {
        let coefficient = |index: u32| self.values.get(index as usize).copied().unwrap_or_default();
        (0..matrix.rows())
            .map(|i| matrix.row(i).map(|(wire, c)| (coefficient(c), wire as usize)).collect())
            .collect()
    }

    /// A, B and C in arkworks' form, as its `create_proof_with_reduction_and_matrices` takes them.
    pub fn ark_matrices(&self) -> Vec<Vec<Vec<(Fr, usize)>>> {
        [&self.a, &self.b, &self.c].map(|matrix| self.ark_matrix(matrix)).into()
    }
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
        let combination = |matrix: &Csr, i: usize| {
            let terms = matrix.row(i).map(|(wire, c)| {
                let coefficient = self.r1cs.values.get(c as usize).copied().unwrap_or_default();
                (coefficient, variables.get(wire as usize).copied().unwrap_or(Variable::Zero))
            });
            LinearCombination(terms.collect())
        };
        for i in 0..self.r1cs.num_constraints() {
            cs.enforce_r1cs_constraint(
                || combination(&self.r1cs.a, i),
                || combination(&self.r1cs.b, i),
                || combination(&self.r1cs.c, i),
            )?;
        }
        Ok(())
    }
}
