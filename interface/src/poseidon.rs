//! Poseidon over BN254's scalar field with circomlib's parameters (x^5, 8 full rounds), and absorption of lists
//! longer than one permutation takes.
//!
//! `hash(x_1..x_n)` is circomlib's `Poseidon(n)`: state width n + 1, capacity element 0, first element of the
//! final state. On chain it is the `sol_poseidon` syscall (61 n^2 + 542 compute units), elsewhere
//! `light-poseidon`, and in a circuit `assay-circuits`' gadget: three implementations, one function.
//!
//! `absorb` chains: `H(x_1..x_12)`, then `H(running, next 11)` until the list ends. The width separates lists of
//! one hash each, but a longer list shares its digest with the shorter one that starts with a running digest:
//! what is absorbed must have a length that its first element fixes. Statements satisfy that: their first
//! element is the domain, a tag of the schema, which fixes the count. Every other list begins with a [`crate::tag`].
//! Source of the construction: Grassi et al., Poseidon, USENIX Security 2021; circomlib's `poseidon.circom`.

use thiserror::Error;

use crate::{field::Scalar, syscalls};

/// The most elements that one hash takes: the limit of the syscall.
pub const MAX_ARITY: usize = 12;

/// Why a list could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PoseidonError {
    /// Nothing was given: there is no Poseidon of zero elements.
    #[error("Poseidon needs at least one element")]
    Empty,
    /// More than [`MAX_ARITY`] elements for one hash; [`absorb`] takes any number.
    #[error("{0} elements do not fit one Poseidon hash (at most {MAX_ARITY}); absorb them instead")]
    TooMany(usize),
    /// The runtime refused the call. With elements that are canonical this means that it lacks the syscall.
    #[error("the runtime refused the Poseidon syscall")]
    Syscall,
}

/// Poseidon of 1 to 12 elements.
pub fn hash(elements: &[Scalar]) -> Result<Scalar, PoseidonError> {
    if elements.len() > MAX_ARITY {
        return Err(PoseidonError::TooMany(elements.len()));
    }
    absorb(elements)
}

/// Digest of one or more elements: one hash up to 12, chained beyond.
pub fn absorb(elements: &[Scalar]) -> Result<Scalar, PoseidonError> {
    absorb_canonical(elements.iter().map(Scalar::as_be_bytes))
}

/// `absorb` over encodings that the caller knows to be canonical, wherever they lie: nothing is copied.
pub(crate) fn absorb_canonical<'a>(
    elements: impl IntoIterator<Item = &'a [u8; 32]>,
) -> Result<Scalar, PoseidonError> {
    let mut elements = elements.into_iter();
    let mut running = hash_next(None, &mut elements)?.ok_or(PoseidonError::Empty)?;
    while let Some(next) = hash_next(Some(&running), &mut elements)? {
        running = next;
    }
    Ok(Scalar::from_trusted(running))
}

/// One hash over the running digest, if there is one, and as many elements as still fit; `None` when none is left.
fn hash_next<'b, 'a: 'b>(
    running: Option<&'b [u8; 32]>,
    elements: &mut impl Iterator<Item = &'a [u8; 32]>,
) -> Result<Option<[u8; 32]>, PoseidonError> {
    let mut inputs: [&[u8]; MAX_ARITY] = [&[]; MAX_ARITY];
    let chained = usize::from(running.is_some());
    let mut count = 0;
    let elements = elements.map(|element| -> &'b [u8; 32] { element });
    for (slot, element) in inputs.iter_mut().zip(running.into_iter().chain(elements)) {
        *slot = element;
        count += 1;
    }
    if count == chained {
        return Ok(None);
    }
    let filled = inputs.get(..count).ok_or(PoseidonError::TooMany(count))?;
    syscalls::poseidon(filled).map(Some).ok_or(PoseidonError::Syscall)
}
