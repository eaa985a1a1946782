//! The end of building: ranges of inputs that are open, ranges and functions that were asked for are proven, wires get their final numbers.

use crate::bounded::Bounded;
use crate::builder::{Builder, push_integer};
use crate::circuit::Circuit;
use crate::error::BuildError;
use crate::linear::Wire;

impl Builder {
    /// The circuit. The statement must be bound: a digest that occurs in no constraint would let a
    /// proof be used for any statement.
    pub fn finish(self) -> Result<Circuit, BuildError> {
        if !self.has_digest() {
            return Err(BuildError::StatementMissing);
        }
        self.into_circuit()
    }

    pub(crate) fn into_circuit(mut self) -> Result<Circuit, BuildError> {
        self.close_all()?;
        let lookups = std::mem::take(self.lookups());
        let tables = lookups.count(&mut self)?;
        for values in std::mem::take(&mut self.outputs) {
            let count =
                u32::try_from(values.len()).map_err(|_| BuildError::TooLarge { what: "output values" })?;
            self.program.outputs.push(count);
            values.iter().try_for_each(|value| push_integer(&mut self.program.integers, value))?;
        }
        let has_challenge = !tables.is_empty();
        if has_challenge {
            self.behind_challenge = true;
            tables.prove(&mut self)?;
        }
        self.place_home_rows()?;
        if !has_challenge {
            self.drop_challenge();
        }
        self.r1cs.num_instance = self.program.num_instance();
        self.r1cs.num_witness = self.program.num_wires as usize - self.r1cs.num_instance;
        let (commitment, weights) = (self.program.commitment()?, self.program.committed_weights());
        Ok(Circuit { r1cs: self.r1cs, program: self.program, commitment, weights })
    }

    /// Moves all wires behind the challenge down by one: nothing uses it.
    fn drop_challenge(&mut self) {
        let lower = |wire: &mut u32| *wire -= u32::from(*wire > Wire::CHALLENGE.0);
        let r1cs = &mut self.r1cs;
        [&mut r1cs.a, &mut r1cs.b, &mut r1cs.c].into_iter().flat_map(|m| &mut m.col).for_each(lower);
        let program = &mut self.program;
        program.integers.terms.iter_mut().for_each(|(wire, _)| lower(wire));
        program.elements.terms.iter_mut().for_each(|(wire, _)| lower(wire));
        program.num_wires -= 1;
    }

    /// A circuit without a statement, to test a gadget alone: the digest is zero and unconstrained.
    /// No proof can use it: the setup refuses a circuit whose digest is in no constraint, and so does
    /// [`Circuit::from_bytes`].
    pub fn finish_gadget(mut self, outputs: &[&[Bounded]]) -> Result<Circuit, BuildError> {
        outputs.iter().try_for_each(|values| self.output(values))?;
        self.into_circuit()
    }
}
