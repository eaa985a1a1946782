//! What a resolution's proof is bound to.
//!
//! ```text
//! observation hash = SHA-256("assay:market:observation:v1\0" || question || hours u8 || sources u8 ||
//!                            for each source, for each hour: price u64)
//! context          = SHA-256("assay:market:resolution:v1\0" || program || question || observation hash || model place u8 || prover)
//! ```
//!
//! The prover is part of it: a proof that somebody copies from a transaction pays the copier nothing.

use assay_interface::sha256;

use crate::features::Prices;

/// A resolution: by which model of the question, from what, for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The market program.
    pub program: [u8; 32],
    /// The question.
    pub question: [u8; 32],
    /// Hash of its observation.
    pub observation: [u8; 32],
    /// 1: the question's model; 2: the second, after a dispute.
    pub place: u8,
    /// Who signs, and gets the bounty.
    pub prover: [u8; 32],
}

/// The context of a resolution's statement.
pub fn context(resolution: &Resolution) -> [u8; 32] {
    let Resolution { program, question, observation, place, prover } = resolution;
    sha256(&[b"assay:market:resolution:v1\0", program, question, observation, &[*place], prover])
}

/// The hash of what was observed: the first `hours` prices of each source.
pub fn observation_hash(question: &[u8; 32], sources: &[Prices], hours: u8) -> [u8; 32] {
    let mut hash = [hours, u8::try_from(sources.len()).unwrap_or(u8::MAX)].to_vec();
    for prices in sources {
        prices.iter().take(usize::from(hours)).for_each(|price| hash.extend_from_slice(&price.to_le_bytes()));
    }
    sha256(&[b"assay:market:observation:v1\0", question, &hash])
}
