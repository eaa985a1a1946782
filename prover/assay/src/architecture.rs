//! Architectures: keys that serve all models of one, what is public of a model's weights, and proofs for them.
//!
//! ```text
//! payload of a .commitment file = D_w: 64 bytes; PoK_w: 64; a `.proof` file of the registration
//! ```
//!
//! The parent of the file is the digest of the architecture's circuit. What it is worth [`WeightsRegistration::verify`] says, and nothing
//! else does.

use std::{fmt, path::Path, time::Instant};

use assay_circuits::{Assignment, Circuit};
use assay_compiler::{ModelWeights, committed};
use assay_groth16::{
    Observer, Proof, SetupSeed, ValidatedKeys, element,
    weights::{
        self, CommittedWeights, WeightsCommitment, WeightsKnowledge, WeightsProver, WeightsProvingKey,
        WeightsVerifyingKey,
    },
};
use assay_interface::{
    artifact::{self, Kind},
    field::Scalar,
    groth16::weights::{check_weights, share_weights},
    proof_file::ProofFile,
    statement::Statement,
};
use rand::{CryptoRng, RngCore};

use crate::{
    causes::{CommitmentError, WeightsFileError},
    error::Error,
    execution::{Execution, statement_digest},
    keys::CircuitBinding,
    model::{Model, SharedCircuit},
    prover::{Decision, Timings},
    scalars::draw_scalar,
    tensor::Tensors,
    verifier::Verified,
    weights::Weights,
};

/// Bytes of a point of G1.
const POINT: usize = 64;

impl Weights {
    /// The weights of a model that was compiled or fitted, under a fresh mask.
    ///
    /// # Errors
    /// [`Error::FixedWeights`] for a model whose circuit holds them, [`Error::NeedsWeights`] for an architecture without.
    pub fn draw(model: &Model, rng: &mut (impl RngCore + CryptoRng)) -> Result<Weights, Error> {
        if !model.is_committed() {
            return Err(Error::FixedWeights { model: model.name().into() });
        }
        let weights = model.compiled().weights().map_err(|error| Error::Internal(error.0))?;
        let weights = weights.ok_or_else(|| Error::NeedsWeights { model: model.name().into() })?;
        Ok(Weights::of(model.circuit_digest(), draw_scalar(rng), weights))
    }

    /// The weights in the bytes of a `.weights` file, for the architecture that it names. That each is in its format is checked.
    ///
    /// # Errors
    /// [`Error::WeightsFile`] says what is wrong with the bytes, or of which architecture they are.
    pub fn load(bytes: &[u8], architecture: &Model) -> Result<Weights, Error> {
        let artifact = artifact::decode(Kind::Weights, bytes).map_err(WeightsFileError::from)?;
        let circuit = architecture.circuit_digest();
        if artifact.parent != circuit {
            return Err(WeightsFileError::OtherArchitecture { file: artifact.parent, circuit }.into());
        }
        let (mask, rest) =
            artifact.payload.split_first_chunk::<{ Scalar::LEN }>().ok_or(WeightsFileError::Mask)?;
        let mask = Scalar::from_be_bytes(*mask).ok().filter(|mask| *mask != Scalar::ZERO);
        let mask = mask.ok_or(WeightsFileError::Mask)?;
        let model =
            ModelWeights::from_bytes(rest, architecture.compiled()).map_err(WeightsFileError::from)?;
        architecture.compiled().with_weights(&model).map_err(WeightsFileError::from)?;
        Ok(Weights::of(circuit, mask, model))
    }
}

/// The keys of an architecture: of its circuit, and of the circuit that proves the ranges of weights. They are made together and share
/// what a commitment to weights depends on.
#[derive(Clone, Debug)]
pub struct ArchitectureKeys {
    inference: WeightsProvingKey,
    registration: WeightsProvingKey,
}

impl ArchitectureKeys {
    /// Development keys from this seed. Whoever has it can forge proofs and commitments.
    ///
    /// # Errors
    /// [`Error::FixedWeights`] for a model that is no architecture, [`Error::Setup`], [`Error::Cancelled`].
    pub fn setup(model: &Model, seed: &SetupSeed, observer: Observer<'_>) -> Result<Self, Error> {
        let registration = registration_circuit(model)?;
        let keys = weights::setup_from_seed(&[model.circuit(), &registration], seed, observer)?;
        let [inference, registration] = <[WeightsProvingKey; 2]>::try_from(keys)
            .map_err(|_| Error::Internal("a setup gives a key for each circuit"))?;
        Ok(ArchitectureKeys { inference, registration })
    }

    /// The keys in two `.pk` files, every point checked, which share what commitments depend on.
    ///
    /// # Errors
    /// [`Error::KeyFile`] says which check failed, [`Error::Commitment`] where the two are not of one setup.
    pub fn open(inference: &Path, registration: &Path, validated: &ValidatedKeys) -> Result<Self, Error> {
        let keys = ArchitectureKeys {
            inference: open_weights_key(inference, validated, Observer::none())?,
            registration: open_weights_key(registration, validated, Observer::none())?,
        };
        keys.inference.shares_weights(&keys.registration).map_err(CommitmentError::from)?;
        Ok(keys)
    }

    /// The key that proves what models decide.
    pub fn inference(&self) -> &WeightsProvingKey {
        &self.inference
    }

    /// The key that proves ranges of weights.
    pub fn registration(&self) -> &WeightsProvingKey {
        &self.registration
    }
}

/// The key with weights in a `.pk` file.
///
/// # Errors
/// [`Error::KeyFile`] says which check failed; or the file cannot be read.
pub fn open_weights_key(
    path: &Path,
    validated: &ValidatedKeys,
    observer: Observer<'_>,
) -> Result<WeightsProvingKey, Error> {
    WeightsProvingKey::open_observed(path, validated, observer).map_err(|error| Error::key_open(path, error))
}

/// What is public of a model's weights: a commitment, and the proof that it holds weights of their formats and is meant for one place.
#[derive(Clone, PartialEq)]
pub struct WeightsRegistration {
    circuit: [u8; 32],
    commitment: WeightsCommitment,
    knowledge: WeightsKnowledge,
    proof: ProofFile,
}

impl WeightsRegistration {
    /// Commits to the weights of a model for an address: the place, such as an account, that the commitment will be kept at. It is checked
    /// before it is given.
    ///
    /// # Errors
    /// [`Error::NeedsWeights`] for a model without its weights, [`Error::Commitment`] where they do not fit the keys.
    pub fn make(
        model: &Model,
        keys: &ArchitectureKeys,
        address: [u8; 32],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<WeightsRegistration, Error> {
        let (key, circuit) = (keys.registration(), registration_circuit(model)?);
        let committed = committed_weights(model, keys.inference())?;
        let assignment =
            Assignment { context: address, weights: model.weight_values()?, ..Assignment::default() };
        let witness = circuit.solve(&assignment)?;
        let proof = WeightsProver::new(key, &circuit)?.prove(&committed, &witness, rng)?;
        let statement = statement(&model.circuit_digest(), address);
        let proof = ProofFile { proof: proof.to_interface(), statement, key: key.verifying_key().digest() };
        let registration = WeightsRegistration {
            circuit: model.circuit_digest(),
            commitment: committed.commitment(),
            knowledge: committed.knowledge(),
            proof,
        };
        registration.verify(keys.inference().verifying_key(), key.verifying_key())?;
        Ok(registration)
    }

    /// The commitment in the bytes of a `.commitment` file. Nothing is verified.
    ///
    /// # Errors
    /// [`Error::Commitment`] says what is wrong with the bytes.
    pub fn load(bytes: &[u8]) -> Result<WeightsRegistration, Error> {
        let artifact = artifact::decode(Kind::Commitment, bytes).map_err(CommitmentError::from)?;
        let points = artifact.payload.split_first_chunk::<POINT>();
        let points = points.and_then(|(first, rest)| Some((first, rest.split_first_chunk::<POINT>()?)));
        let (commitment, (knowledge, proof)) = points.ok_or(CommitmentError::Truncated)?;
        Ok(WeightsRegistration {
            circuit: artifact.parent,
            commitment: WeightsCommitment(*commitment),
            knowledge: WeightsKnowledge(*knowledge),
            proof: ProofFile::from_bytes(proof)?,
        })
    }

    /// The bytes of a `.commitment` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = [&self.commitment.0[..], &self.knowledge.0, &self.proof.to_bytes()].concat();
        artifact::encode(Kind::Commitment, self.circuit, &payload)
    }

    /// Whether these are a commitment to weights of their formats for the address that it names, under two keys of one setup. It does not
    /// say whose weights they are: a copy passes as well, and what tells the two apart is the address.
    ///
    /// # Errors
    /// [`Error::Commitment`] and [`Error::Verify`] say what does not hold. Both mean: invalid.
    pub fn verify(
        &self,
        inference: &WeightsVerifyingKey,
        registration: &WeightsVerifyingKey,
    ) -> Result<(), Error> {
        let (file, key) = (self.circuit, inference.circuit_digest());
        if file != key {
            return Err(CommitmentError::OtherCircuit { file, key }.into());
        }
        let (proof, key) = (self.proof.key, registration.digest());
        if proof != key {
            return Err(Error::ProofKey { proof, key });
        }
        let (of_inference, of_registration) = (inference.to_interface(), registration.to_interface());
        share_weights(&of_inference, &of_registration).map_err(CommitmentError::Points)?;
        check_weights(&of_inference, &self.commitment, &self.knowledge).map_err(CommitmentError::Points)?;
        if self.proof.statement != statement(&self.circuit, self.address()) {
            return Err(CommitmentError::OtherStatement.into());
        }
        let digest = statement_digest(&self.proof.statement)?;
        Ok(weights::verify(
            registration,
            &self.commitment,
            &Proof::from_interface(&self.proof.proof)?,
            &digest,
        )?)
    }

    /// Fails unless this is the commitment to these weights: for whoever is shown them, with their mask.
    ///
    /// # Errors
    /// [`Error::Commitment`] for other weights or another mask.
    pub fn audit(&self, model: &Model, key: &WeightsProvingKey) -> Result<(), Error> {
        let committed = committed_weights(model, key)?;
        match committed.commitment() == self.commitment && committed.knowledge() == self.knowledge {
            true => Ok(()),
            false => Err(CommitmentError::OtherWeights.into()),
        }
    }

    /// The place that the weights were registered for.
    pub fn address(&self) -> [u8; 32] {
        self.proof.statement.context
    }

    /// D_w: what a verifier keeps.
    pub fn commitment(&self) -> WeightsCommitment {
        self.commitment
    }

    /// Circuit digest of the architecture.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.circuit
    }
}

impl fmt::Debug for WeightsRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeightsRegistration({:?})", self.commitment)
    }
}

/// The statement of a registration: the architecture and the place.
fn statement(circuit: &[u8; 32], address: [u8; 32]) -> Statement {
    Statement { domain: committed::registration_domain(circuit), context: address, limbs: Vec::new() }
}

/// The circuit that proves the ranges of an architecture's weights.
///
/// # Errors
/// [`Error::FixedWeights`] for a model that is none.
pub fn registration_circuit(model: &Model) -> Result<Circuit, Error> {
    let circuit = committed::registration(model.compiled()).map_err(assay_compiler::CompileError::from)?;
    circuit.ok_or_else(|| Error::FixedWeights { model: model.name().into() })
}

/// The commitment of a model that was given its weights, with their mask.
fn committed_weights(model: &Model, key: &WeightsProvingKey) -> Result<CommittedWeights, Error> {
    let needed = || Error::NeedsWeights { model: model.name().into() };
    let mask = model.weights().map(Weights::mask).ok_or_else(needed)?;
    Ok(CommittedWeights::with_mask(key, model.weight_values()?, element(&mask))
        .map_err(CommitmentError::from)?)
}

/// A model with its weights, and the architecture's key: as [`crate::Prover`], for weights that are committed to.
#[derive(Debug)]
pub struct CommittedProver {
    model: Model,
    prover: WeightsProver<SharedCircuit>,
    key: WeightsVerifyingKey,
    weights: CommittedWeights,
}

impl CommittedProver {
    /// Pairs a model with the key. The commitment is made once, for all proofs.
    ///
    /// # Errors
    /// [`Error::NeedsWeights`] for a model without its weights, [`Error::Prove`] for a key of another circuit.
    pub fn new(model: &Model, key: &WeightsProvingKey) -> Result<CommittedProver, Error> {
        let weights = committed_weights(model, key)?;
        let prover = WeightsProver::new(key, model.shared_circuit())?;
        Ok(CommittedProver { model: model.clone(), prover, key: key.verifying_key().clone(), weights })
    }

    /// Proves what was executed before. The generator must be cryptographic and never be replayed.
    ///
    /// # Errors
    /// As [`crate::Prover::prove_execution`].
    pub fn prove_execution(
        &self,
        execution: &Execution,
        rng: &mut (impl RngCore + CryptoRng),
        observer: Observer<'_>,
    ) -> Result<Decision, Error> {
        let start = Instant::now();
        let (proof, phases) = self.prover.prove_timed(&self.weights, execution.witness(), rng, observer)?;
        let prove = start.elapsed();
        let start = Instant::now();
        weights::verify(&self.key, &self.weights.commitment(), &proof, &execution.digest())
            .map_err(Error::SelfCheck)?;
        let check = start.elapsed();
        Ok(Decision {
            statement: execution.statement().clone(),
            digest: execution.digest(),
            outputs: execution.outputs(),
            proof,
            salts: execution.salts.clone(),
            key: self.key.digest(),
            timings: Timings { solve: std::time::Duration::ZERO, prove, check, phases },
        })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// D_w, under which the proofs are valid.
    pub fn commitment(&self) -> WeightsCommitment {
        self.weights.commitment()
    }
}

/// Accepts the proofs for one commitment to weights, which was registered: see [`WeightsRegistration::verify`].
#[derive(Clone, Debug)]
pub struct CommittedVerifier {
    key: WeightsVerifyingKey,
    weights: WeightsCommitment,
    model: Option<Model>,
}

impl CommittedVerifier {
    /// A verifier for a commitment, after its registration was verified.
    ///
    /// # Errors
    /// As [`WeightsRegistration::verify`].
    pub fn new(
        key: WeightsVerifyingKey,
        registration_key: &WeightsVerifyingKey,
        registration: &WeightsRegistration,
    ) -> Result<CommittedVerifier, Error> {
        registration.verify(&key, registration_key)?;
        Ok(CommittedVerifier { key, weights: registration.commitment(), model: None })
    }

    /// The same for statements of this architecture only, which it decodes. That both keys are of its circuits, their files claim.
    ///
    /// # Errors
    /// [`Error::WrongCircuit`] where a key names another circuit.
    pub fn for_model(self, model: &Model, registration_key: &WeightsVerifyingKey) -> Result<Self, Error> {
        let registration = registration_circuit(model)?.digest();
        for (key, circuit) in [
            (self.key.circuit_digest(), model.circuit_digest()),
            (registration_key.circuit_digest(), registration),
        ] {
            if key != circuit {
                return Err(Error::WrongCircuit { key, model: model.name().into(), circuit });
            }
        }
        Ok(CommittedVerifier { model: Some(model.clone()), ..self })
    }

    /// Whether a `.proof` file holds a proof of its statement for these weights.
    ///
    /// # Errors
    /// [`Error::ProofKey`], [`Error::Verify`] and [`Error::Decode`]: invalid.
    pub fn verify_file(&self, file: &ProofFile) -> Result<Verified, Error> {
        let key = self.key.digest();
        if file.key != key {
            return Err(Error::ProofKey { proof: file.key, key });
        }
        let digest = statement_digest(&file.statement)?;
        weights::verify(&self.key, &self.weights, &Proof::from_interface(&file.proof)?, &digest)?;
        let tensors: Option<Tensors> =
            self.model.as_ref().map(|model| model.decode(&file.statement)).transpose()?;
        Ok(Verified {
            statement: file.statement.clone(),
            digest,
            circuit: self.key.circuit_digest(),
            binding: CircuitBinding::Claimed,
            setup: self.key.setup_kind(),
            tensors,
            // What is claimed of decisions is in the weights file, which a verifier does not have.
            decisions: Vec::new(),
        })
    }

    /// The key.
    pub fn key(&self) -> &WeightsVerifyingKey {
        &self.key
    }
}
