//! A setup on one machine, for development.
//!
//! It draws alpha, beta, gamma, delta and tau from the caller's generator. Whoever learns one of them (the *toxic
//! waste*) can prove anything, so the keys carry [`SetupKind::Development`] for good, and consumer programs can refuse
//! them. Keys for real funds come from a ceremony.

use ark_bn254::Bn254;
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, NUM_INSTANCE};
use assay_interface::groth16::{KeyError, SetupKind, check_key};
use thiserror::Error;

use crate::{
    key::{ProvingKey, VerifyingKey},
    qap::CosetReduction,
};

/// The wire of the public input.
const DIGEST_WIRE: u32 = 1;

/// Why a circuit has no keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SetupError {
    /// Another number of instance wires than the constant one and the digest.
    #[error(
        "the circuit has {found} instance wires; a statement has {NUM_INSTANCE}: the constant one and the digest"
    )]
    Instance {
        /// Instance wires of the circuit.
        found: usize,
    },
    /// The digest is in no constraint: a proof would hold for any statement.
    #[error(
        "the digest wire is in no constraint: a proof would hold for any statement; bind the statement first"
    )]
    UnboundDigest,
    /// More constraints than the field has roots of unity for.
    #[error("{constraints} constraints are more than a domain of BN254 holds (2^27)")]
    TooLarge {
        /// Constraints of the circuit.
        constraints: usize,
    },
    /// A key that its own check refuses: the digest wire is in no constraint, or the generator repeats itself.
    #[error(
        "the key fails its own check ({0}): the digest is in no constraint, or the random generator is broken"
    )]
    Key(#[from] KeyError),
    /// arkworks refused the circuit.
    #[error("arkworks cannot make keys for the circuit: {0}")]
    Generator(SynthesisError),
}

/// Keys for `circuit`, marked as development keys. Seconds for a million constraints a core, most of it fixed-base
/// multiplication.
pub fn setup_development(
    circuit: &Circuit,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(ProvingKey, VerifyingKey), SetupError> {
    let found = circuit.r1cs.num_instance;
    if found != NUM_INSTANCE {
        return Err(SetupError::Instance { found });
    }
    if [&circuit.r1cs.a, &circuit.r1cs.b, &circuit.r1cs.c]
        .iter()
        .all(|matrix| !matrix.col.contains(&DIGEST_WIRE))
    {
        return Err(SetupError::UnboundDigest);
    }
    let constraints = circuit.r1cs.num_constraints();
    let key = Groth16::<Bn254, CosetReduction>::generate_random_parameters_with_reduction(
        circuit.synthesizer(),
        rng,
    )
    .map_err(|error| match error {
        SynthesisError::PolynomialDegreeTooLarge => SetupError::TooLarge { constraints },
        other => SetupError::Generator(other),
    })?;
    let key = ProvingKey::from_arkworks(&key, circuit, SetupKind::Development);
    let verifying_key = key.verifying_key().clone();
    check_key(&verifying_key.to_interface())?;
    Ok((key, verifying_key))
}
