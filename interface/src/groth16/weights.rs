//! Verification with weights: proofs of a circuit whose weights a commitment fixes, once for a model.
//!
//! The key has one point more, -sigma_w gamma, and the verifier keeps `D_w = sum w_j G_j` beside it. All else is as without
//! weights:
//!
//! ```text
//! registration  e(D_w, -sigma_w gamma) e(PoK_w, gamma) = 1                                  [`check_weights`]
//! proof         e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta)                            [`verify_with_weights`]
//!               V = IC_0 + d IC_1 [+ h IC_2 + D] + D_w
//! committed     e(D, -sigma gamma) e(PoK, gamma) = 1, folded into the other by rho as without weights
//!
//! h   = first 31 bytes of SHA-256("assay:challenge:weights:v1\0" || key hash || D_w || D || digest)
//! rho = first 16 bytes of SHA-256("assay:fold:weights:v1\0" || key hash || D_w || proof || digest)
//! ```
//!
//! What this proves, and under which assumptions, stands in the module `weights` of `assay_groth16`. What a verifier has to
//! see to:
//!
//! - **D_w comes from where the verifier put it, never from a proof's sender.** It passed [`check_weights`] under this very
//!   key, or under one that [shares](share_weights) its weights, before it was put there. D_w - t IC_1 would turn the proof
//!   of one digest into that of another. [`WeightsCommitment`] is a type of its own so that one cannot be mistaken for a
//!   point of a proof.
//! - **The knowledge check is no authorship and no proof of knowing an opening.** Anybody can shift, scale and add
//!   commitments of others, with their PoK_w. Nobody can prove under what comes out, but a copy accepts its owner's
//!   published proofs. So the statement of every proof binds the *place* of the commitment, such as the address of an
//!   account; D_w alone does not tell two places apart. A registration ends with a proof, under the second key, whose
//!   statement holds that place.
//! - **Ranges of weights are proven by the registration's circuit.** Without it an owner may choose between outputs.
//! - h and rho hash D_w. h has to follow it, since queries read weights. rho has to cover whatever stands in an equation
//!   that it folds: otherwise `D_w' = D_w - rho Y, PoK' = PoK + Y` leaves the fold as it was, and both equations false.
//!
//! # Bytes
//!
//! ```text
//! key with weights = the key without them, 576 or 768 | -sigma_w gamma G2 128          (704 or 896 bytes; compressed 352 or 448)
//! D_w, PoK_w       = a point of G1, 64
//! ```
//!
//! Proofs are those without weights, byte for byte as long. A key with weights is of another type than one without, so that
//! neither is taken for the other; their lengths differ, so their hashes do too.
//!
//! # Cost
//!
//! Compute units on chain, by the runtime's prices: a proof takes one addition more (334), and with lookups two hashes
//! longer by 64 bytes each. [`check_weights`] takes a product of two pairings, about 49,000; [`check_weights_key`] takes
//! that of [`check_key`] and 37,000. No [batch](super::batch) takes such proofs.

use bytemuck::{Pod, Zeroable};
use thiserror::Error;

use super::{
    check::{check_encoding, check_g2, check_independent, check_key},
    error::{KeyError, KeyPoint, VerifyError},
    forms::{BASE_MODULUS, COMMITTED_KEY_LEN, Form, G1_LEN, G2_LEN, PLAIN_KEY_LEN, is_zero},
    key::{CommittedKey, KeyRef, PlainKey},
    proof::{CommittedProof, PlainProof, ProofRef},
    transcript::{fold_factor_of, scalar_of},
    verify::{add, add_multiple, check_committed_points, check_points, check_product, multiple},
};
use crate::{bytes::Hex, field::Scalar, syscalls::sha256};

mod compressed;

pub use compressed::{COMMITTED_WEIGHTS_KEY_COMPRESSED_LEN, PLAIN_WEIGHTS_KEY_COMPRESSED_LEN};

/// Bytes of a [`PlainWeightsKey`].
pub const PLAIN_WEIGHTS_KEY_LEN: usize = PLAIN_KEY_LEN + G2_LEN;
/// Bytes of a [`CommittedWeightsKey`].
pub const COMMITTED_WEIGHTS_KEY_LEN: usize = COMMITTED_KEY_LEN + G2_LEN;

const CHALLENGE_PREFIX: &[u8] = b"assay:challenge:weights:v1\0";
const FOLD_PREFIX: &[u8] = b"assay:fold:weights:v1\0";

/// The 704 bytes of a plain key with weights, not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct PlainWeightsKey {
    /// What a plain key holds.
    pub key: PlainKey,
    /// -sigma_w gamma in G2: what the knowledge of a commitment to weights is checked against.
    pub sigma_weights_negated: [u8; G2_LEN],
}

/// The 896 bytes of a committed key with weights, not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct CommittedWeightsKey {
    /// What a committed key holds.
    pub key: CommittedKey,
    /// -sigma_w gamma in G2.
    pub sigma_weights_negated: [u8; G2_LEN],
}

/// A verifying key with weights of either form, not yet checked: run [`check_weights_key`] once, when a key arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightsKey {
    /// Without lookups.
    Plain(PlainWeightsKey),
    /// With lookups.
    Committed(CommittedWeightsKey),
}

/// A verifying key with weights where it lies; not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightsKeyRef<'a> {
    /// Without lookups.
    Plain(&'a PlainWeightsKey),
    /// With lookups.
    Committed(&'a CommittedWeightsKey),
}

/// D_w, a commitment to the weights of a model, as it is stored: it passed [`check_weights`] before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct WeightsCommitment(pub [u8; G1_LEN]);

/// PoK_w = sigma_w D_w, which shows that D_w is a commitment to weights and to nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct WeightsKnowledge(pub [u8; G1_LEN]);

/// A point of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsPoint {
    /// D_w.
    Commitment,
    /// PoK_w.
    Knowledge,
}

/// Why a commitment to weights may not be stored, or two keys may not share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WeightsError {
    /// Another length than that of a key with weights.
    #[error(
        "{0} bytes are not a verifying key with weights, which has {PLAIN_WEIGHTS_KEY_LEN}, or with lookups \
         {COMMITTED_WEIGHTS_KEY_LEN} (compressed half of that)"
    )]
    KeyLength(usize),
    /// A point of the key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A point is the identity.
    #[error("{0} is the identity: an honest commitment holds a random mask")]
    Identity(WeightsPoint),
    /// A coordinate is not below the order of the base field.
    #[error("a coordinate of {0} is not below the order of the base field")]
    NotCanonical(WeightsPoint),
    /// The equation does not hold, or a point is not on the curve.
    #[error(
        "PoK_w is not sigma_w D_w: the commitment is of another key, or holds something else than weights"
    )]
    NotWeights,
    /// Two keys that do not share what a commitment to weights depends on.
    #[error(
        "{0} of the keys differs: a commitment to weights of one is none of the other; make both keys in one setup"
    )]
    NotShared(KeyPoint),
}

impl core::fmt::Display for WeightsPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            WeightsPoint::Commitment => "D_w",
            WeightsPoint::Knowledge => "PoK_w",
        })
    }
}

impl WeightsKey {
    /// What `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &[u8]) -> Result<WeightsKey, WeightsError> {
        WeightsKeyRef::from_slice(bytes).map(WeightsKeyRef::to_owned)
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> WeightsKeyRef<'_> {
        match self {
            WeightsKey::Plain(key) => WeightsKeyRef::Plain(key),
            WeightsKey::Committed(key) => WeightsKeyRef::Committed(key),
        }
    }

    /// Which form it has.
    pub fn form(&self) -> Form {
        self.as_ref().form()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_ref().as_bytes()
    }

    /// See [`WeightsKeyRef::key_hash`].
    pub fn key_hash(&self) -> [u8; 32] {
        self.as_ref().key_hash()
    }
}

impl<'a> WeightsKeyRef<'a> {
    /// What `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &'a [u8]) -> Result<WeightsKeyRef<'a>, WeightsError> {
        if let Ok(bytes) = <&[u8; PLAIN_WEIGHTS_KEY_LEN]>::try_from(bytes) {
            Ok(WeightsKeyRef::Plain(bytemuck::must_cast_ref(bytes)))
        } else if let Ok(bytes) = <&[u8; COMMITTED_WEIGHTS_KEY_LEN]>::try_from(bytes) {
            Ok(WeightsKeyRef::Committed(bytemuck::must_cast_ref(bytes)))
        } else {
            Err(WeightsError::KeyLength(bytes.len()))
        }
    }

    /// A copy.
    pub fn to_owned(self) -> WeightsKey {
        match self {
            WeightsKeyRef::Plain(key) => WeightsKey::Plain(*key),
            WeightsKeyRef::Committed(key) => WeightsKey::Committed(*key),
        }
    }

    /// Which form it has.
    pub fn form(self) -> Form {
        self.key().form()
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            WeightsKeyRef::Plain(key) => bytemuck::bytes_of(key),
            WeightsKeyRef::Committed(key) => bytemuck::bytes_of(key),
        }
    }

    /// SHA-256 of the bytes: its name, which transcripts bind.
    pub fn key_hash(self) -> [u8; 32] {
        sha256(&[self.as_bytes()])
    }

    /// The key but for -sigma_w gamma. It is no key by itself: what it accepts are proofs for weights that are all zero.
    pub fn key(self) -> KeyRef<'a> {
        match self {
            WeightsKeyRef::Plain(key) => KeyRef::Plain(&key.key),
            WeightsKeyRef::Committed(key) => KeyRef::Committed(&key.key),
        }
    }

    /// -sigma_w gamma.
    pub fn sigma_weights_negated(self) -> &'a [u8; G2_LEN] {
        match self {
            WeightsKeyRef::Plain(key) => &key.sigma_weights_negated,
            WeightsKeyRef::Committed(key) => &key.sigma_weights_negated,
        }
    }
}

impl<'a> From<&'a WeightsKey> for WeightsKeyRef<'a> {
    fn from(key: &'a WeightsKey) -> WeightsKeyRef<'a> {
        key.as_ref()
    }
}

impl core::fmt::Debug for WeightsKeyRef<'_> {
    /// The form and the hash.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}WeightsKey({})", self.form(), Hex(&self.key_hash()))
    }
}

impl core::fmt::Debug for WeightsKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl core::fmt::Debug for WeightsCommitment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WeightsCommitment({})", Hex(&self.0))
    }
}

impl core::fmt::Debug for WeightsKnowledge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WeightsKnowledge({})", Hex(&self.0))
    }
}

/// Whether a key with weights may be trusted to bind proofs: what [`check_key`] says of the key without them, and the same of
/// -sigma_w gamma, which is independent of every other point of G2 as far as bytes show.
///
/// With `sigma_w gamma = k gamma`, k known, D_w may hold a public wire; with `sigma_w = k sigma`, D may hold weights, so that each
/// proof could have weights of its own.
pub fn check_weights_key<'a>(key: impl Into<WeightsKeyRef<'a>>) -> Result<(), KeyError> {
    let key = key.into();
    check_key(key.key())?;
    let sigma_weights = (KeyPoint::SigmaWeights, key.sigma_weights_negated());
    check_encoding(KeyPoint::SigmaWeights, sigma_weights.1)?;
    let plain = key.key().plain();
    let [beta, gamma, delta] = [
        (KeyPoint::Beta, &plain.beta_g2),
        (KeyPoint::Gamma, &plain.gamma_g2),
        (KeyPoint::Delta, &plain.delta_g2),
    ];
    match key {
        WeightsKeyRef::Plain(_) => check_independent(&[beta, gamma, delta, sigma_weights])?,
        WeightsKeyRef::Committed(key) => {
            let sigma = (KeyPoint::SigmaGamma, &key.key.sigma_gamma_negated);
            check_independent(&[beta, gamma, delta, sigma, sigma_weights])?;
        }
    }
    check_g2(KeyPoint::SigmaWeights, sigma_weights.1)
}

/// Whether a commitment holds weights and nothing else, under a key that passed [`check_weights_key`]: what has to be asked before
/// it is stored. It does not say who made it, nor that anybody knows what it holds.
#[inline(never)]
pub fn check_weights<'a>(
    key: impl Into<WeightsKeyRef<'a>>,
    commitment: &WeightsCommitment,
    knowledge: &WeightsKnowledge,
) -> Result<(), WeightsError> {
    let key = key.into();
    check_weights_point(WeightsPoint::Commitment, &commitment.0)?;
    check_weights_point(WeightsPoint::Knowledge, &knowledge.0)?;
    let gamma = &key.key().plain().gamma_g2;
    check_product(&[(&commitment.0, key.sigma_weights_negated()), (&knowledge.0, gamma)])
        .map_err(|_| WeightsError::NotWeights)
}

/// Refuses the identity, and every second encoding: D_w is hashed.
fn check_weights_point(point: WeightsPoint, bytes: &[u8; G1_LEN]) -> Result<(), WeightsError> {
    if is_zero(bytes) {
        return Err(WeightsError::Identity(point));
    }
    if bytes.as_chunks::<32>().0.iter().any(|coordinate| *coordinate >= BASE_MODULUS) {
        return Err(WeightsError::NotCanonical(point));
    }
    Ok(())
}

/// Fails where two keys show that a commitment to weights of one is none of the other: alpha, beta, gamma and sigma_w are shared by
/// keys of one setup. That tau, the domain and the home rows are equal no verifying key shows: `assay_groth16` compares the points
/// themselves, which proving keys hold.
pub fn share_weights<'a, 'b>(
    left: impl Into<WeightsKeyRef<'a>>,
    right: impl Into<WeightsKeyRef<'b>>,
) -> Result<(), WeightsError> {
    let (left, right) = (left.into(), right.into());
    let (a, b) = (left.key().plain(), right.key().plain());
    let equal = [
        (KeyPoint::Alpha, a.alpha_g1 == b.alpha_g1),
        (KeyPoint::Beta, a.beta_g2 == b.beta_g2),
        (KeyPoint::Gamma, a.gamma_g2 == b.gamma_g2),
        (KeyPoint::SigmaWeights, left.sigma_weights_negated() == right.sigma_weights_negated()),
    ];
    match equal.into_iter().find(|(_, is_equal)| !is_equal) {
        Some((point, _)) => Err(WeightsError::NotShared(point)),
        None => Ok(()),
    }
}

/// The challenge h for a commitment `D` to the wires of a proof of `digest`, under the weights that `weights` holds.
pub fn weights_challenge(
    key_hash: &[u8; 32],
    weights: &WeightsCommitment,
    commitment: &[u8; G1_LEN],
    digest: &Scalar,
) -> Scalar {
    scalar_of(sha256(&[CHALLENGE_PREFIX, key_hash, &weights.0, commitment, digest.as_be_bytes()]))
}

fn fold_factor(
    key_hash: &[u8; 32],
    weights: &WeightsCommitment,
    proof: &CommittedProof,
    digest: &Scalar,
) -> [u8; 32] {
    fold_factor_of(sha256(&[FOLD_PREFIX, key_hash, &weights.0, proof.as_bytes(), digest.as_be_bytes()]))
}

/// Accepts exactly the proofs of `digest` under `key` for the weights in `weights`. The key has passed [`check_weights_key`], and
/// `weights` is what
/// the verifier itself stored after [`check_weights`]; where it is no point, the answer is [`VerifyError::MalformedKey`].
pub fn verify_with_weights<'k, 'p>(
    key: impl Into<WeightsKeyRef<'k>>,
    weights: &WeightsCommitment,
    proof: impl Into<ProofRef<'p>>,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    let (key, proof) = (key.into(), proof.into());
    check_weights_point(WeightsPoint::Commitment, &weights.0).map_err(|_| VerifyError::MalformedKey)?;
    match (key, proof) {
        (WeightsKeyRef::Plain(key), ProofRef::Plain(proof)) => verify_plain(&key.key, weights, proof, digest),
        (WeightsKeyRef::Committed(key), ProofRef::Committed(proof)) => {
            verify_committed(key, weights, proof, digest)
        }
        (key, proof) => Err(VerifyError::Form { key: key.form(), proof: proof.form() }),
    }
}

#[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
fn verify_plain(
    key: &PlainKey,
    weights: &WeightsCommitment,
    proof: &PlainProof,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    check_points(proof)?;
    let [ic0, ic1] = &key.ic;
    let inputs = add_multiple(ic0, ic1, digest.as_be_bytes())
        .and_then(|sum| add(&sum, &weights.0))
        .ok_or(VerifyError::MalformedKey)?;
    check_product(&[
        (&proof.a_negated, &proof.b),
        (&key.alpha_g1, &key.beta_g2),
        (&inputs, &key.gamma_g2),
        (&proof.c, &key.delta_g2),
    ])
}

#[inline(never)]
fn verify_committed(
    key: &CommittedWeightsKey,
    weights: &WeightsCommitment,
    proof: &CommittedProof,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    let CommittedProof { plain, commitment, knowledge } = proof;
    check_committed_points(proof)?;
    let key_hash = WeightsKeyRef::Committed(key).key_hash();
    let challenge = weights_challenge(&key_hash, weights, commitment, digest);
    let factor = fold_factor(&key_hash, weights, proof, digest);

    let CommittedKey { plain: PlainKey { alpha_g1, beta_g2, gamma_g2, delta_g2, ic: [ic0, ic1] }, .. } =
        &key.key;
    let inputs = add_multiple(ic0, ic1, digest.as_be_bytes())
        .and_then(|sum| add_multiple(&sum, &key.key.ic_challenge, challenge.as_be_bytes()))
        .and_then(|sum| add(&sum, &weights.0))
        .ok_or(VerifyError::MalformedKey)?;
    let folded = add(&inputs, commitment)
        .and_then(|sum| add_multiple(&sum, knowledge, &factor))
        .ok_or(VerifyError::Invalid)?;
    let commitment = multiple(commitment, &factor).ok_or(VerifyError::Invalid)?;
    check_product(&[
        (&plain.a_negated, &plain.b),
        (alpha_g1, beta_g2),
        (&folded, gamma_g2),
        (&plain.c, delta_g2),
        (&commitment, &key.key.sigma_gamma_negated),
    ])
}

#[cfg(test)]
mod tests;
