//! n proofs under one key, verified together: one product of n + 3 pairings, or of n + 4 with commitments.
//!
//! # Equations
//!
//! Proof i is (A_i, B_i) and, under a committed key, D_i, with its digest d_i and challenge h_i. The batch holds **one** C and
//! one K for all of them. r_2..r_n are coefficients of 128 bits and rho a factor of 128 bits, both hashes
//! (`transcript.rs`); r_1 = 1 - (r_2 + .. + r_n), so that the r_i sum to 1 and alpha and IC_0 need no multiplication.
//!
//! ```text
//! plain      prod e(-r_i A_i, B_i) e(alpha, beta) e(IC_0 + s IC_1, gamma) e(C, delta) = 1
//! committed  prod e(-r_i A_i, B_i) e(alpha, beta) e(IC_0 + s IC_1 + t IC_2 + D + rho K, gamma) e(C, delta)
//!                 e(rho D, -sigma gamma) = 1
//! s = sum r_i d_i,   t = sum r_i h_i,   D = sum r_i D_i
//! ```
//!
//! An honest sender has C = sum r_i C_i and K = sum r_i PoK_i. The verifier does not see the C_i and PoK_i, and saves a
//! multiplication and 64 bytes for each. With n = 1 the equation is that of [`super::verify`].
//!
//! # What an accepted batch says
//!
//! **Claim.** In the algebraic group model, with SHA-256 as a random oracle: from a prover that makes q hash queries and
//! sends an accepted batch, an extractor computes for every i a C_i, and a PoK_i, with which proof i is accepted *alone* by
//! [`super::verify`], but for a probability of at most `2 q / 2^128 + q^2 / 2^255` and that of a discrete logarithm. So each
//! digest of the batch is as well proven as by a proof of its own: Groth16's extractor, which is of this model too, goes on
//! from there to the witness.
//!
//! The assumption is none that a single proof does without: Groth16's knowledge soundness is shown in this model or the
//! generic one. The *argument* is ours, and stands in no paper that we know. Who wants neither verifies one proof at a time.
//!
//! **Argument.** An algebraic prover gives with every point that it sends or hashes a combination of the points that it was
//! given. Read the secrets alpha, beta, gamma, delta, tau, sigma as variables: every point of G1 is then an element of a known
//! finite-dimensional space V of Laurent polynomials, spanned by the points of the keys (and by those of other people's
//! proofs that the prover has seen), and those of G2 likewise. An equation between points that holds at the secrets and not
//! as one of polynomials gives away a discrete logarithm. So take equations as polynomials, and put
//!
//! ```text
//! E_i = A_i B_i - alpha beta - gamma (IC_0 + d_i IC_1 [+ h_i IC_2 + D_i])
//! ```
//!
//! 1. *Order.* The seed hashes the key, n, and every A_i, B_i, D_i and d_i, hence fixes every E_i and sigma D_i: h_i is a
//!    function of the key, D_i and d_i, and may be thought of as asked for with the seed. The r_i are answers to questions
//!    that contain the seed, and rho to one that contains the seed, C and K. A question asked before its seed was known is a
//!    guess of 256 bits, and two batches with one seed a collision: together at most `q^2 / 2^255`.
//! 2. *The fold.* The accepted equation reads `sum r_i E_i - delta C = rho gamma (K - sigma D)`, both sides but rho
//!    being fixed before rho. Unless `K = sigma D` and `sum r_i E_i = delta C`, at most one rho satisfies it: one in 2^128.
//! 3. *The quotient.* So the vector `sum r_i (E_i, sigma D_i)` lies in `delta V x V`, whatever C and K the prover chose after
//!    the r_i. In the quotient by that space it is zero. If all classes (E_i, sigma D_i) are equal, it is that class times the
//!    sum of the r_i, which is 1: the class is zero. If some class differs from the first, then
//!    `sum r_i c_i = c_1 + sum_{i >= 2} r_i (c_i - c_1)` vanishes for at most one value of that r_i, given the others: once in
//!    2^128 a seed. Otherwise every class is zero.
//! 4. *Extraction.* A class of zero says `E_i = delta C_i` with C_i in V, and `sigma D_i` in V; both are found by
//!    linear algebra, and as combinations of given points they are points. (A_i, B_i, C_i, D_i, sigma D_i) satisfies the single
//!    equations as polynomials, with the h_i that the verifier takes, for every factor that folds them. []
//!
//! C and K may hold anything in V, multiples of delta among it, and be chosen last: so may the C and PoK of a single proof,
//! which is why `delta V x V` is the right space to divide by. Where V holds other people's proofs, so it does for single
//! ones: whatever a prover can make of those in a batch, it can make alone. Proofs that it gets to see after the r_i hold
//! fresh blinding, of which no E_i knows: combinations in which that cancels use none of their points. The test `batch/algebra.rs` carries this out for a
//! circuit: it extracts, and finds a C and K for defects under no coefficients but the ones that the argument names.
//!
//! C and K must not be hashed into the seed: an honest sender sums with the r_i. That B_i, C and K are points of their groups,
//! the product of pairings checks; A_i and D_i, their multiplications.
//!
//! # Who chooses what
//!
//! The prover: every point, the statements, how many proofs, their order, then C and K. It may try many batches and send one:
//! each try is a query. The sender: the same, for proofs that it has. The program: key, domain, number of limbs; from these
//! and the instruction's bytes, the digests. Nobody: the r_i and rho.
//!
//! # What it does not say
//!
//! Which proof is bad, when the product is not 1. That anybody holds proof i by itself: an observer of a batch cannot tell
//! the C_i apart, and whoever keeps evidence keeps the batch. That its bytes are the only ones: whoever has whole proofs makes
//! other batches of the same statements. Replay protection keys on digests, as ever.
//!
//! # Cost
//!
//! Compute units on chain, with digests of five elements: about 70,100 + 19,900 n plain, 96,700 + 24,900 n committed
//! (`tests/ledger/compute-units.csv`). Of a further proof 12,313 are its pairing, 3,840 each of A and D, 2,067 the digest,
//! and 1,400 (2,000) hashes, arithmetic and copies. Memory: 192 bytes a pairing, 64 a proof.

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
    transcript::challenge,
    verify::{add, add_multiple, has_excess_bits, multiple},
};
use crate::{
    field::Scalar,
    syscalls::{g1_add, g1_mul_into, pairing},
};

mod assemble;
mod error;
mod layout;
mod sum;
mod transcript;

pub use assemble::{Whole, assemble};
pub use error::{BatchError, MAX_PROOFS, ProofFault};
pub use layout::{Batch, Layout, Member, Members};

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
/// [`super::check_key`]. The digests are the members', in their order.
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
        const NONE: BatchError = BatchError::Count(0); // a batch that was read has as many members as it says, at least one
        let mut members = self.batch.members();
        let first = members.next().ok_or(NONE)?;
        let (first_digest, digests) = self.digests.split_first().ok_or(NONE)?;
        let mut coefficients = Coefficients::new(self.seed);
        let mut scale = Multiplication::default();
        let mut pairs = Vec::with_capacity(self.batch.count() + MOST_OTHER_PAIRS);
        pairs.resize(self.batch.count(), Pair::zeroed());
        let (first_place, places) = pairs.split_first_mut().ok_or(NONE)?;
        let mut digest = Sum::starting_with(first_digest);
        let mut commitments =
            first.commitment.map(|point| Commitments::new(self.key_hash, point, first_digest));
        for ((index, member_digest), place) in (1..).zip(digests).zip(places) {
            let member = members.next().ok_or(NONE)?;
            let Coefficient { bytes, digits } = coefficients.draw();
            scale.by_coefficient(&bytes);
            place.q = *member.b;
            scale.apply(member.a_negated, &mut place.p).ok_or_else(|| not_on_curve(index, ProofPoint::A))?;
            digest.add_product(&digits, member_digest);
            if let (Some(sums), Some(point)) = (&mut commitments, member.commitment) {
                sums.challenge.add_product(&digits, &challenge(self.key_hash, point, member_digest));
                sums.add(&mut scale, point).ok_or_else(|| not_on_curve(index, ProofPoint::Commitment))?;
            }
        }
        let total = coefficients.total();
        scale.by(&one_less(&total));
        first_place.q = *first.b;
        scale.apply(first.a_negated, &mut first_place.p).ok_or_else(|| not_on_curve(0, ProofPoint::A))?;
        let committed = match (commitments, first.commitment) {
            (Some(mut sums), Some(point)) => {
                sums.add(&mut scale, point).ok_or_else(|| not_on_curve(0, ProofPoint::Commitment))?;
                let challenge = sums.challenge.finish(&total, &sums.first);
                Some(CombinedCommitments { challenge, commitment: sums.points.sum() })
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
    points: PointSum,
}

impl Commitments {
    fn new(key_hash: &[u8; 32], first: &[u8; G1_LEN], digest: &Scalar) -> Commitments {
        let first = challenge(key_hash, first, digest);
        Commitments { first, challenge: Sum::starting_with(&first), points: PointSum::default() }
    }

    /// `None` where the point is none.
    fn add(&mut self, scale: &mut Multiplication, point: &[u8; G1_LEN]) -> Option<()> {
        self.points.add(scale, point)
    }
}

/// A multiplication's input, kept from point to point: on chain a copy of 64 bytes costs as much as a hash.
struct Multiplication([u8; G1_LEN + 32]);

impl Default for Multiplication {
    fn default() -> Self {
        Multiplication([0; G1_LEN + 32])
    }
}

impl Multiplication {
    /// The factor of the next points: 16 bytes, under 16 zeros.
    fn by_coefficient(&mut self, coefficient: &[u8; 16]) {
        let (_, factor) = self.0.split_at_mut(G1_LEN);
        let (high, low) = factor.split_at_mut(16);
        high.fill(0);
        low.copy_from_slice(coefficient);
    }

    /// The factor of the next points.
    fn by(&mut self, factor: &Scalar) {
        self.0.split_at_mut(G1_LEN).1.copy_from_slice(factor.as_be_bytes());
    }

    /// Writes the multiple of `point` to `out`; `None` where it is no point.
    #[inline(always)]
    fn apply(&mut self, point: &[u8; G1_LEN], out: &mut [u8; G1_LEN]) -> Option<()> {
        self.0.split_at_mut(G1_LEN).0.copy_from_slice(point);
        g1_mul_into(&self.0, out)
    }
}

/// A sum of multiples: the sum, then the next term, as the addition takes them. It starts at the identity.
struct PointSum([[u8; G1_LEN]; 2]);

impl Default for PointSum {
    fn default() -> Self {
        PointSum([[0; G1_LEN]; 2])
    }
}

impl PointSum {
    fn add(&mut self, scale: &mut Multiplication, point: &[u8; G1_LEN]) -> Option<()> {
        let [_, term] = &mut self.0;
        scale.apply(point, term)?;
        let total = g1_add(bytemuck::must_cast_ref(&self.0))?;
        let [sum, _] = &mut self.0;
        *sum = total;
        Some(())
    }

    fn sum(&self) -> [u8; G1_LEN] {
        let [sum, _] = self.0;
        sum
    }
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
