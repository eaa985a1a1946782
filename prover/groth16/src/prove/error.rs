//! Why no proof is made.

use assay_circuits::{SolveError, Violation, WeightsError};
use assay_engine::{BackendError, DomainError};
use thiserror::Error;

use crate::{memory::MemoryError, progress::Cancelled, system::SystemError};

/// Why no proof was made. Each is found before any group operation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProveError {
    /// The key is of another circuit.
    #[error("the proving key is for circuit {}, not for {}: run the setup for this circuit", hex(.key), hex(.circuit))]
    WrongCircuit {
        /// Digest in the key.
        key: [u8; 32],
        /// Digest of the circuit.
        circuit: [u8; 32],
    },
    /// The key's sizes are not the circuit's although it names it: the file was assembled by hand.
    #[error(
        "the proving key has {found} {what}, the circuit needs {expected}: the key is not this circuit's"
    )]
    KeySize {
        /// What is counted.
        what: &'static str,
        /// Count that the circuit needs.
        expected: usize,
        /// Count of the key.
        found: usize,
    },
    /// The key has points for other wires than the circuit's matrices use.
    #[error(
        "the wires of the proving key's {what} are not those that the circuit's matrices use: the key was altered"
    )]
    KeyWires {
        /// Which points.
        what: &'static str,
    },
    /// A commitment to weights under other keys.
    #[error("the weights were committed to under a key of another setup: commit to them under this one")]
    OtherSetup,
    /// A witness of other weights than those of the commitment.
    #[error(
        "weight {index} of the witness is not the one that was committed to: solve with the committed weights"
    )]
    OtherWeight {
        /// Position among the weights.
        index: usize,
    },
    /// Weights of the circuit that a commitment cannot bind.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The constraint system has an index that points outside it.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The witness has another number of wires.
    #[error("the witness has {found} wires, the circuit {expected}: it was solved for another circuit")]
    WitnessLength {
        /// Wires of the circuit.
        expected: usize,
        /// Wires of the witness.
        found: usize,
    },
    /// Wire 0 of the witness is not one.
    #[error("wire 0 of the witness is not one")]
    ConstantWire,
    /// The witness breaks a constraint: there is nothing to prove.
    #[error("the witness is not valid: {0}")]
    Unsatisfied(#[from] Violation),
    /// The wires behind the challenge have no values.
    #[error("the witness cannot be completed: {0}")]
    Incomplete(#[from] SolveError),
    /// The key has points for a domain that does not exist, or that another count of values was made for.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The working set does not fit into memory.
    #[error("proving {0}")]
    Memory(#[from] MemoryError),
    /// The implementation that the environment asks for cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
