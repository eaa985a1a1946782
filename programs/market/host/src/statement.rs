//! What a resolution proves: context and limbs, as the program rebuilds them.

use assay_interface::{
    field::{FieldError, Scalar},
    statement::{PackError, StatementError, digest_of_encoded},
};
use assay_market::state::{Observation, Place, Question};
use assay_market_interface::{Resolution, context, limbs};
use solana_address::Address;
use thiserror::Error;

/// The context of a proof that `prover` brings.
pub fn resolution_context(
    question: &Address,
    observation: &Observation,
    place: Place,
    prover: &Address,
) -> [u8; 32] {
    context(&Resolution {
        program: assay_market::ID.to_bytes(),
        question: question.to_bytes(),
        observation: observation.hash,
        place: place as u8,
        prover: prover.to_bytes(),
    })
}

/// Limbs and digest of the statement that the model of `place` gives `output`; the digest names its receipt.
///
/// # Errors
/// The features are outside their bits, or the domain is no field element: not for accounts of the program.
pub fn statement(
    question: &Question,
    observation: &Observation,
    place: Place,
    output: i16,
    context: &[u8; 32],
) -> Result<(Vec<Scalar>, Scalar), UnprovableError> {
    let limbs = limbs(&observation.features, output)?;
    let encoded: Vec<[u8; 32]> = limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    let [first, second] = question.domains;
    let domain = match place {
        Place::First => first,
        Place::Second => second,
    };
    let domain = Scalar::from_be_bytes(domain)?;
    let digest = digest_of_encoded(&domain, context, &encoded)?;
    Ok((limbs, digest))
}

/// Why nothing can be proven of a question's accounts.
#[derive(Debug, Error)]
pub enum UnprovableError {
    /// A feature outside its bits.
    #[error(transparent)]
    Features(#[from] PackError),
    /// A domain that is no field element.
    #[error(transparent)]
    Domain(#[from] FieldError),
    /// A statement without a digest.
    #[error(transparent)]
    Statement(#[from] StatementError),
}
