//! A solved circuit: the statement and the witness, before there is a proof.

use std::fmt;

use assay_circuits::{Assignment, Witness};
use assay_groth16::{element, scalar};
use assay_interface::{
    artifact::{self, Kind},
    field::Scalar,
    statement::{Statement, StatementError, TensorValue},
};

use crate::{
    causes::WitnessFileError,
    context::Context,
    error::Error,
    membership::Membership,
    model::Model,
    salts::Salts,
    tensor::Content,
    values::{Inputs, Outputs},
};

/// Separates the challenge of a check from that of a proof.
const CHALLENGE_PREFIX: &[u8] = b"assay:witness-check:v1\0";

/// What a model computed for some inputs, ready to be proven: [`crate::Prover::prove_execution`].
#[derive(Clone)]
pub struct Execution {
    pub(crate) model: Model,
    pub(crate) witness: Witness,
    pub(crate) statement: Statement,
    pub(crate) digest: Scalar,
    pub(crate) salts: Salts,
}

impl Model {
    /// Solves the circuit: the witness and the statement that it proves, without keys.
    ///
    /// # Errors
    /// [`Error::OtherModel`] for the inputs of another model, [`Error::SaltCount`] for too few or many salts,
    /// [`Error::Membership`] where the model has a member input and the inputs have no membership, [`Error::NeedsWeights`] for an
    /// architecture without weights.
    pub fn execute(&self, inputs: &Inputs, context: Context, salts: &Salts) -> Result<Execution, Error> {
        self.own(inputs)?;
        let contents = inputs.contents(salts)?;
        let witness = self.circuit().solve(&Assignment {
            inputs: inputs.values.clone(),
            context: context.0,
            salts: salts.as_slice().iter().map(element).collect(),
            member: inputs.membership.as_ref().map(Membership::for_circuit),
            weights: self.weight_values()?,
        })?;
        let tensors: Vec<TensorValue<'_>> = contents.iter().map(Content::as_value).collect();
        let outputs: Vec<&[i64]> = witness.outputs().iter().map(Vec::as_slice).collect();
        let statement = Statement::new(self.schema(), context.0, &tensors, &outputs)?;
        let digest = statement_digest(&statement)?;
        if digest != scalar(witness.digest()) {
            return Err(Error::Internal("the circuit and the interface disagree on the statement's digest"));
        }
        Ok(Execution { model: self.clone(), witness, statement, digest, salts: salts.clone() })
    }

    /// The digest of the statement that the witness in a `.wtns` artifact is of, after every constraint of the circuit was
    /// checked. The outputs that the file lists beside the wires are its writer's.
    ///
    /// A witness of a circuit with lookups is completed with a challenge that hashes the whole file, as a proof's hashes the
    /// commitment: a witness that breaks a lookup passes with the same negligible chance.
    ///
    /// # Errors
    /// [`Error::WitnessFile`] says what is wrong with the bytes, [`Error::Witness`] which constraint does not hold.
    pub fn check_witness(&self, bytes: &[u8]) -> Result<Scalar, Error> {
        let artifact = artifact::decode(Kind::Witness, bytes).map_err(WitnessFileError::from)?;
        if artifact.parent != self.circuit_digest() {
            return Err(WitnessFileError::WrongCircuit.into());
        }
        let witness = Witness::from_bytes(artifact.payload).map_err(WitnessFileError::from)?;
        let [head @ .., _] = artifact::digest(&[CHALLENGE_PREFIX, artifact.payload].concat());
        let challenge = element(&Scalar::from_be_bytes_31(&head));
        let witness = self
            .circuit()
            .complete(witness, element(&Scalar::from(1u64)), challenge)
            .map_err(WitnessFileError::Incomplete)?;
        match self.circuit().r1cs.first_violation(&witness) {
            Some(violation) => Err(Error::Witness(violation)),
            None => Ok(scalar(witness.digest())),
        }
    }
}

impl Execution {
    /// What a proof will state.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The statement's digest: the proof's public input.
    pub fn digest(&self) -> Scalar {
        self.digest
    }

    /// The outputs.
    pub fn outputs(&self) -> Outputs {
        Outputs { model: self.model.clone(), values: self.witness.outputs().to_vec() }
    }

    /// The values of all wires.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The `.wtns` artifact, for a file that only its owner can read: it holds every value of the computation. Its parent is
    /// the circuit digest.
    pub fn to_secret_bytes(&self) -> Vec<u8> {
        artifact::encode(Kind::Witness, self.model.circuit_digest(), &self.witness.to_bytes())
    }
}

impl fmt::Debug for Execution {
    /// Without the witness, which is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Execution({:?}, digest {})", self.model, self.digest)
    }
}

pub(crate) fn statement_digest(statement: &Statement) -> Result<Scalar, Error> {
    Ok(statement.digest().map_err(StatementError::from)?)
}
