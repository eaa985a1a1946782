//! The witness that an audit starts from.

use ark_bn254::Fr;
use ark_ff::{MontFp, Zero};

use crate::circuit::Circuit;
use crate::error::{Missing, SolveError};
use crate::instruction::Instruction;
use crate::linear::Wire;
use crate::machine::Machine;
use crate::witness::{Assignment, Membership, Randomness, Witness};

/// Mask and challenge of all audits: any two elements.
pub(super) const RANDOMNESS: Randomness = Randomness {
    mask: MontFp!("1122334455667788990011223344556677889900112233445566778899001122334455667788"),
    challenge: MontFp!("314159265358979323846264338327950288419716939937510582097494459230781640628"),
};

/// The complete witness for an assignment, with a fixed mask and challenge. For audits: a proof's
/// challenge comes from its commitment.
pub fn solve(circuit: &Circuit, assignment: &Assignment) -> Result<Witness, SolveError> {
    circuit.complete(circuit.solve(assignment)?, RANDOMNESS.mask, RANDOMNESS.challenge)
}

/// Every wire of a program run for an assignment that need not be a valid one.
pub(super) fn run(circuit: &Circuit, assignment: &Assignment) -> Result<Vec<Fr>, Missing> {
    let mut machine = Machine::new(&circuit.program, RANDOMNESS);
    for &instruction in &circuit.program.instructions {
        machine.step(instruction, assignment)?;
    }
    Ok(machine.elements)
}

/// The wires that a prover chooses freely: inputs, context, salts and membership; and the constant one, the challenge and the
/// weights, which it does not choose at all.
pub(super) fn free_wires(circuit: &Circuit) -> Result<Vec<usize>, Missing> {
    let program = &circuit.program;
    let zeros = Assignment {
        inputs: program.inputs.iter().map(|tensor| vec![0; tensor.len as usize]).collect(),
        context: [0; 32],
        salts: vec![Fr::zero(); program.num_salts()],
        member: program.member_depth().map(|depth| Membership {
            secret: Fr::zero(),
            salt: Fr::zero(),
            position: 0,
            siblings: vec![Fr::zero(); usize::from(depth)],
            scope: [0; 32],
        }),
        weights: vec![0; program.num_weights()].into(),
    };
    let mut free = vec![Wire::ONE.index()];
    free.extend(circuit.commitment.iter().map(|_| Wire::CHALLENGE.index()));
    let mut machine = Machine::new(program, RANDOMNESS);
    for &instruction in &program.instructions {
        let start = machine.elements.len();
        machine.step(instruction, &zeros)?;
        if is_free(instruction) {
            free.extend(start..machine.elements.len());
        }
    }
    Ok(free)
}

/// Wires of the weights and of their mask: fixed by their commitment, and by no constraint.
pub(super) fn weights(circuit: &Circuit) -> impl Iterator<Item = usize> + '_ {
    circuit.weights.iter().flat_map(|weights| &weights.wires).map(|&wire| wire as usize)
}

/// Whether what an instruction writes is the prover's choice, or was.
pub(super) fn is_free(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(instruction, I::Weights | I::Input | I::Context | I::Salt | I::Member { .. })
}
