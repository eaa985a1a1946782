//! head
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use self::{
    sum::{Sum, one_less},
    transcript::{Coefficient, Coefficients, fold_factor, seed},
};
use super::{
    error::ProofPoint,
    forms::{G1_LEN, G2_LEN, is_zero},
    key::{CommittedKey, KeyRef, PlainKey},
    transcript::Transcript,
    verify::{add, add_multiple, has_excess_bits, multiple},
};
use crate::{field::Scalar, syscalls::pairing};

mod assemble;
mod error;
mod layout;
mod sum;
mod transcript;

pub use assemble::{Whole, assemble};
pub use error::{BatchError, ProofFault};
pub use layout::{Batch, Layout, MAX_PROOFS, Member, Members};

/// Pairs of the product that are no proof's: alpha, gamma, delta and sigma gamma.
const MOST_OTHER_PAIRS: usize = 4;

/// A pairing of the product.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Pair {
    p: [u8; G1_LEN],
    q: [u8; G2_LEN],
}

/// Accepts the batches whose every member is a proof of its digest under `key`, which must have passed
/// [`super::check_key`]; committed proofs are those of [`Transcript::Assay`]. The digests are the members', in their order.
///
/// # Errors
/// [`BatchError`], with the place of the proof at fault where it has one.
pub fn verify_batch<'k>(
    key: impl Into<KeyRef<'k>>,
    batch: &Batch<'_>,
    digests: &[Scalar],
) -> Result<(), BatchError> {
    let key = key.into();
    if key.form() != batch.layout().form {
        return Err(BatchError::Form { key: key.form(), proofs: batch.layout().form });
    }
    if digests.len() != batch.count() {
        return Err(BatchError::Digests { proofs: batch.count(), given: digests.len() });
    }
    check_points(batch)?;
    let key_hash = key.key_hash();
    let seed = seed(&key_hash, batch, digests);
    let bound = Bound { batch, digests, key_hash: &key_hash, seed: &seed };
    let Combined { mut pairs, digest, committed } = bound.combine()?;

    let PlainKey { alpha_g1, beta_g2, gamma_g2, delta_g2, ic: [ic0, ic1] } = key.plain();
    let mut inputs = add_multiple(ic0, ic1, digest.as_be_bytes()).ok_or(BatchError::MalformedKey)?;
    if let (KeyRef::Committed(key), Some(sums), Some(knowledge)) = (key, committed, batch.knowledge) {
        let factor = wide(&fold_factor(&seed, batch.c, knowledge));
        let CommittedKey { ic_challenge, sigma_gamma_negated, .. } = key;
        inputs = add_multiple(&inputs, ic_challenge, sums.challenge.as_be_bytes())
            .ok_or(BatchError::MalformedKey)?;
        inputs = add(&inputs, &sums.commitment)
            .and_then(|inputs| add_multiple(&inputs, knowledge, &factor))
            .ok_or(BatchError::Invalid)?;
        let p = multiple(&sums.commitment, &factor).ok_or(BatchError::Invalid)?;
        pairs.push(Pair { p, q: *sigma_gamma_negated });
    }
    pairs.push(Pair { p: *alpha_g1, q: *beta_g2 });
    pairs.push(Pair { p: inputs, q: *gamma_g2 });
    pairs.push(Pair { p: *batch.c, q: *delta_g2 });
    let one = Scalar::from(1_u64);
    if pairing(bytemuck::must_cast_slice(&pairs)).as_ref() == Some(one.as_be_bytes()) {
        Ok(())
    } else {
        Err(BatchError::Invalid)
    }
}

/// The members, combined.
struct Combined {
    /// `(-r_i A_i, B_i)`.
    pairs: Vec<Pair>,
    /// `sum r_i d_i`.
    digest: Scalar,
    committed: Option<CombinedCommitments>,
}

struct CombinedCommitments {
    /// `sum r_i h_i`.
    challenge: Scalar,
    /// `sum r_i D_i`.
    commitment: [u8; G1_LEN],
}

/// A batch with what its coefficients come from.
struct Bound<'a> {
    batch: &'a Batch<'a>,
    digests: &'a [Scalar],
    key_hash: &'a [u8; 32],
    seed: &'a [u8; 32],
}

impl Bound<'_> {
    #[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
    fn combine(&self) -> Result<Combined, BatchError> {
        let mut members = self.batch.members().zip(self.digests);
        let (first, first_digest) = members.next().ok_or(BatchError::Count(0))?;
        let mut coefficients = Coefficients::new(self.seed);
        let mut pairs = Vec::with_capacity(self.batch.count() + MOST_OTHER_PAIRS);
        let mut digest = Sum::starting_with(first_digest);
        let mut commitments =
            first.commitment.map(|point| Commitments::new(self.key_hash, point, first_digest));
        for (index, (member, member_digest)) in (1..).zip(members) {
            let Coefficient { bytes, digits } = coefficients.draw();
            let factor = wide(&bytes);
            pairs.push(pair(&member, &factor).ok_or_else(|| not_on_curve(index, ProofPoint::A))?);
            digest.add_product(&digits, member_digest);
            if let (Some(sums), Some(point)) = (&mut commitments, member.commitment) {
                sums.challenge.add_product(&digits, &challenge(self.key_hash, point, member_digest));
                sums.add(point, &factor).ok_or_else(|| not_on_curve(index, ProofPoint::Commitment))?;
            }
        }
        let total = coefficients.total();
        let factor = one_less(&total);
        pairs.push(pair(&first, factor.as_be_bytes()).ok_or_else(|| not_on_curve(0, ProofPoint::A))?);
        let committed = match (commitments, first.commitment) {
            (Some(mut sums), Some(point)) => {
                sums.add(point, factor.as_be_bytes())
                    .ok_or_else(|| not_on_curve(0, ProofPoint::Commitment))?;
                let challenge = sums.challenge.finish(&total, &sums.first);
                Some(CombinedCommitments { challenge, commitment: sums.commitment })
            }
            _ => None,
        };
        Ok(Combined { pairs, digest: digest.finish(&total, first_digest), committed })
    }
}

/// The challenges and the commitments while they are summed.
struct Commitments {
    /// h_1.
    first: Scalar,
    challenge: Sum,
    commitment: [u8; G1_LEN],
}

impl Commitments {
    fn new(key_hash: &[u8; 32], first: &[u8; G1_LEN], digest: &Scalar) -> Commitments {
        let first = challenge(key_hash, first, digest);
        Commitments { first, challenge: Sum::starting_with(&first), commitment: [0; G1_LEN] }
    }

    /// `None` where the point is none.
    fn add(&mut self, point: &[u8; G1_LEN], factor: &[u8; 32]) -> Option<()> {
        self.commitment = add_multiple(&self.commitment, point, factor)?;
        Some(())
    }
}

fn challenge(key_hash: &[u8; 32], commitment: &[u8; G1_LEN], digest: &Scalar) -> Scalar {
    Transcript::Assay.challenge(key_hash, commitment, digest)
}

/// `None` where A is no point; whether B is one, the product of pairings says.
fn pair(member: &Member<'_>, factor: &[u8; 32]) -> Option<Pair> {
    Some(Pair { p: multiple(member.a_negated, factor)?, q: *member.b })
}

fn not_on_curve(index: usize, point: ProofPoint) -> BatchError {
    BatchError::Proof { index, fault: ProofFault::NotOnCurve(point) }
}

/// Identities and second encodings are refused, as `super::verify` refuses them.
fn check_points(batch: &Batch<'_>) -> Result<(), BatchError> {
    for (point, bytes) in [(ProofPoint::C, Some(batch.c)), (ProofPoint::Knowledge, batch.knowledge)] {
        let Some(bytes) = bytes else { continue };
        if has_excess_bits(bytes) {
            return Err(BatchError::Encoding(point));
        }
        if is_zero(bytes) {
            return Err(BatchError::Identity(point));
        }
    }
    for (index, member) in batch.members().enumerate() {
        let check = |point, bytes: &[u8]| {
            let fault = if has_excess_bits(bytes) {
                ProofFault::Encoding(point)
            } else if is_zero(bytes) {
                ProofFault::Identity(point)
            } else {
                return Ok(());
            };
            Err(BatchError::Proof { index, fault })
        };
        check(ProofPoint::A, member.a_negated)?;
        check(ProofPoint::B, member.b)?;
        member.commitment.map_or(Ok(()), |bytes| check(ProofPoint::Commitment, bytes))?;
    }
    Ok(())
}

/// A coefficient as a multiplication takes it.
fn wide(coefficient: &[u8; 16]) -> [u8; 32] {
    bytemuck::must_cast([[0; 16], *coefficient])
}
