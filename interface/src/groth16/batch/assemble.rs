//! A batch out of whole proofs: what its sender does, on a host.

use alloc::vec::Vec;

use super::{
    error::{BatchError, MAX_PROOFS, ProofFault},
    layout::{Batch, Layout},
    sum::one_less,
    transcript::{Coefficients, seed},
};
use crate::{
    field::Scalar,
    groth16::{
        error::ProofPoint,
        forms::G1_LEN,
        key::KeyRef,
        proof::ProofRef,
        verify::{add, multiple},
    },
    statement::Statement,
};

/// A whole proof and what it proves.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// The proof.
    pub proof: ProofRef<'a>,
    /// Its statement.
    pub statement: &'a Statement,
}

/// The bytes of the batch of `proofs`, with their C and PoK summed. None of them is verified here: a batch with a bad one is
/// refused as a whole, so verify each before.
///
/// # Errors
/// [`BatchError::Count`]; [`BatchError::Form`]; [`BatchError::Proof`] where limbs are of another count than the first
/// proof's, or a point to be summed is none.
pub fn assemble<'k>(key: impl Into<KeyRef<'k>>, proofs: &[Whole<'_>]) -> Result<Vec<u8>, BatchError> {
    let key = key.into();
    let [first, ..] = proofs else { return Err(BatchError::Count(0)) };
    if proofs.len() > MAX_PROOFS {
        return Err(BatchError::Count(proofs.len()));
    }
    let layout = Layout { form: key.form(), limbs: first.statement.limbs.len() };
    let mut bytes = Vec::with_capacity(layout.len(proofs.len()));
    bytes.push(proofs.len() as u8); // at most 64
    bytes.resize(1 + layout.sums_len(), 0);
    for (index, whole) in proofs.iter().enumerate() {
        put_member(&mut bytes, layout, index, whole)?;
    }

    let mut digests = Vec::with_capacity(proofs.len());
    for (index, whole) in proofs.iter().enumerate() {
        let digest =
            whole.statement.digest().map_err(|error| at(index, ProofFault::Statement(error.into())))?;
        digests.push(digest);
    }
    let coefficients =
        coefficients(&seed(&key.key_hash(), &Batch::read(&bytes, layout)?, &digests), proofs.len());
    let c = combine(ProofPoint::C, &coefficients, proofs.iter().map(|whole| Some(&whole.proof.plain().c)))?;
    let knowledge = match key {
        KeyRef::Plain(_) => None,
        KeyRef::Committed(_) => {
            let points = proofs.iter().map(|whole| match whole.proof {
                ProofRef::Plain(_) => None,
                ProofRef::Committed(proof) => Some(&proof.knowledge),
            });
            Some(combine(ProofPoint::Knowledge, &coefficients, points)?)
        }
    };
    let sums = c.iter().chain(knowledge.iter().flatten());
    bytes.iter_mut().skip(1).zip(sums).for_each(|(place, byte)| *place = *byte);
    Ok(bytes)
}

fn put_member(
    bytes: &mut Vec<u8>,
    layout: Layout,
    index: usize,
    whole: &Whole<'_>,
) -> Result<(), BatchError> {
    let Whole { proof, statement } = *whole;
    if proof.form() != layout.form {
        return Err(BatchError::Form { key: layout.form, proofs: proof.form() });
    }
    if statement.limbs.len() != layout.limbs {
        let fault = ProofFault::LimbCount { expected: layout.limbs, given: statement.limbs.len() };
        return Err(at(index, fault));
    }
    bytes.extend_from_slice(&proof.plain().a_negated);
    bytes.extend_from_slice(&proof.plain().b);
    if let ProofRef::Committed(proof) = proof {
        bytes.extend_from_slice(&proof.commitment);
    }
    bytes.extend_from_slice(&statement.context);
    statement.limbs.iter().for_each(|limb| bytes.extend_from_slice(limb.as_be_bytes()));
    Ok(())
}

/// r_1..r_n, as the multiplication takes them.
fn coefficients(seed: &[u8; 32], count: usize) -> Vec<Scalar> {
    let mut drawn = Coefficients::new(seed);
    let mut all = Vec::with_capacity(count);
    all.resize(count, Scalar::ZERO);
    all.iter_mut().skip(1).for_each(|place| *place = u128::from_be_bytes(drawn.draw().bytes).into());
    all.iter_mut().take(1).for_each(|place| *place = one_less(&drawn.total()));
    all
}

/// `sum r_i P_i`.
fn combine<'a>(
    name: ProofPoint,
    coefficients: &[Scalar],
    points: impl Iterator<Item = Option<&'a [u8; G1_LEN]>>,
) -> Result<[u8; G1_LEN], BatchError> {
    let mut sum = [0; G1_LEN];
    for (index, (point, coefficient)) in points.zip(coefficients).enumerate() {
        sum = point
            .and_then(|point| multiple(point, coefficient.as_be_bytes()))
            .and_then(|term| add(&sum, &term))
            .ok_or(at(index, ProofFault::NotOnCurve(name)))?;
    }
    Ok(sum)
}

fn at(index: usize, fault: ProofFault) -> BatchError {
    BatchError::Proof { index, fault }
}
