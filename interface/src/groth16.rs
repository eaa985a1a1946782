//! Groth16 over BN254 with one public input, the statement's digest: bytes, key checks, verification.
//!
//! A proof (A, B, C) of digest d is accepted when `e(A, B) = e(alpha, beta) e(IC_0 + d IC_1, gamma) e(C, delta)`.
//! A proof stores -A, so that this is one product of four pairings that equals 1.
//!
//! Points are big-endian and uncompressed as in EIP-197: G1 is x || y, G2 is x.c1 || x.c0 || y.c1 || y.c0; the
//! identity would be all zeros and is refused everywhere.
//!
//! ```text
//! key   = alpha G1 64 | beta G2 128 | gamma G2 128 | delta G2 128 | IC_0 G1 64 | IC_1 G1 64    (576 bytes)
//! proof = -A G1 64 | B G2 128 | C G1 64                                                        (256 bytes)
//! ```
//!
//! Cost on chain: `verify` about 78,300 compute units, `check_key` about 62,000. Proof bytes are malleable: whoever
//! has one proof makes others of the same statement. Replay protection keys on the digest.

use bytemuck::{Pod, Zeroable};
use groth16_solana::{
    errors::Groth16Error,
    groth16::{Groth16Verifier, Groth16Verifyingkey},
};
use thiserror::Error;

use crate::{
    field::Scalar,
    syscalls::{g1_add, g2_add, pairing, sha256},
};

/// Bytes of a G1 point.
pub const G1_LEN: usize = 64;
/// Bytes of a G2 point.
pub const G2_LEN: usize = 128;
/// Bytes of a [`VerifyingKey`].
pub const VERIFYING_KEY_LEN: usize = 3 * G1_LEN + 3 * G2_LEN;
/// Bytes of a [`Proof`].
pub const PROOF_LEN: usize = 2 * G1_LEN + G2_LEN;

/// The order of BN254's base field, big-endian: coordinates are below it.
pub const BASE_MODULUS: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97,
    0x81, 0x6a, 0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];

/// How the secrets behind a key were made. The byte stays with the key for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SetupKind {
    /// One machine knew the secrets: whoever ran it could forge proofs. For development only.
    Development = 0,
    /// A ceremony: sound while one contributor was honest.
    Ceremony = 1,
}

impl SetupKind {
    /// The kind that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<SetupKind> {
        match byte {
            0 => Some(SetupKind::Development),
            1 => Some(SetupKind::Ceremony),
            _ => None,
        }
    }

    /// The byte that stands for the kind.
    pub const fn to_byte(self) -> u8 {
        self as u8
    }
}

/// A verifying key's 576 bytes, not yet checked: run [`check_key`] once, when a key arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct VerifyingKey {
    /// alpha in G1.
    pub alpha_g1: [u8; G1_LEN],
    /// beta in G2.
    pub beta_g2: [u8; G2_LEN],
    /// gamma in G2.
    pub gamma_g2: [u8; G2_LEN],
    /// delta in G2.
    pub delta_g2: [u8; G2_LEN],
    /// IC_0, the constant term, and IC_1, the factor of the digest, in G1.
    pub ic: [[u8; G1_LEN]; 2],
}

/// A proof's 256 bytes, with A negated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct Proof {
    /// -A in G1.
    pub a_negated: [u8; G1_LEN],
    /// B in G2.
    pub b: [u8; G2_LEN],
    /// C in G1.
    pub c: [u8; G1_LEN],
}

/// A point of a verifying key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPoint {
    /// alpha in G1.
    Alpha,
    /// beta in G2.
    Beta,
    /// gamma in G2.
    Gamma,
    /// delta in G2.
    Delta,
    /// IC_0 in G1: the constant term.
    Ic0,
    /// IC_1 in G1: the factor of the digest.
    Ic1,
}

impl core::fmt::Display for KeyPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            KeyPoint::Alpha => "alpha",
            KeyPoint::Beta => "beta",
            KeyPoint::Gamma => "gamma",
            KeyPoint::Delta => "delta",
            KeyPoint::Ic0 => "IC_0",
            KeyPoint::Ic1 => "IC_1",
        })
    }
}

/// A point of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPoint {
    /// A in G1 (negated).
    A,
    /// B in G2.
    B,
    /// C in G1.
    C,
}

impl core::fmt::Display for ProofPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ProofPoint::A => "A",
            ProofPoint::B => "B",
            ProofPoint::C => "C",
        })
    }
}

/// Why bytes are not a verifying key that may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Another length than that of a key with one public input.
    #[error("{0} bytes are not a verifying key with one public input, which has {VERIFYING_KEY_LEN}")]
    Length(usize),
    /// A point is the identity, which removes its term from the equation.
    #[error("{0} is the identity")]
    Identity(KeyPoint),
    /// A coordinate is not below the order of the base field.
    #[error("a coordinate of {0} is not below the order of the base field")]
    NotCanonical(KeyPoint),
    /// A point does not satisfy its curve's equation.
    #[error("{0} is not on its curve")]
    NotOnCurve(KeyPoint),
    /// A point of G2's curve outside the subgroup of prime order.
    #[error("{0} is not in the subgroup of prime order")]
    NotInSubgroup(KeyPoint),
    /// Two points that must be independent are equal. gamma = delta, beta = gamma and beta = delta each let
    /// anyone forge proofs.
    #[error("{0} equals {1}: with this key anyone can forge proofs")]
    Equal(KeyPoint, KeyPoint),
    /// Two points that must be independent are each other's negation, which is as forgeable as equality.
    #[error("{0} is the negation of {1}: with this key anyone can forge proofs")]
    Opposite(KeyPoint, KeyPoint),
    /// The runtime refused the pairing although it takes each point alone.
    #[error("the runtime refused the pairing syscall")]
    Syscall,
}

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Another length than a proof's.
    #[error("{0} bytes are not a proof, which has {PROOF_LEN}")]
    Length(usize),
    /// A point of the proof is the identity.
    #[error("proof point {0} is the identity")]
    Identity(ProofPoint),
    /// The key's points refuse arithmetic: it never passed [`check_key`].
    #[error("the verifying key is malformed: check it before use")]
    MalformedKey,
    /// The pairing equation does not hold, or a point is not in its group: the proof proves another statement,
    /// is of another key, or is not a proof.
    #[error("the proof does not verify: it is of another statement or key, or was altered")]
    Invalid,
}

impl VerifyingKey {
    /// Bytes of a key.
    pub const LEN: usize = VERIFYING_KEY_LEN;

    /// A key from its bytes; nothing but the length is checked.
    pub fn from_bytes(bytes: [u8; VERIFYING_KEY_LEN]) -> VerifyingKey {
        bytemuck::must_cast(bytes)
    }

    /// A key where it lies, without a copy; nothing but the length is checked.
    pub fn from_ref(bytes: &[u8; VERIFYING_KEY_LEN]) -> &VerifyingKey {
        bytemuck::must_cast_ref(bytes)
    }

    /// A key where it lies, without a copy; nothing but the length is checked.
    pub fn from_slice(bytes: &[u8]) -> Result<&VerifyingKey, KeyError> {
        bytes.try_into().map(VerifyingKey::from_ref).map_err(|_| KeyError::Length(bytes.len()))
    }

    /// The 576 bytes.
    pub fn as_bytes(&self) -> &[u8; VERIFYING_KEY_LEN] {
        bytemuck::must_cast_ref(self)
    }

    /// SHA-256 of the 576 bytes: the key's name in accounts and logs.
    pub fn key_hash(&self) -> [u8; 32] {
        sha256(&[self.as_bytes()])
    }
}

impl Proof {
    /// Bytes of a proof.
    pub const LEN: usize = PROOF_LEN;

    /// A proof from its bytes; nothing but the length is checked.
    pub fn from_bytes(bytes: [u8; PROOF_LEN]) -> Proof {
        bytemuck::must_cast(bytes)
    }

    /// A proof where it lies, without a copy; nothing but the length is checked.
    pub fn from_ref(bytes: &[u8; PROOF_LEN]) -> &Proof {
        bytemuck::must_cast_ref(bytes)
    }

    /// A proof where it lies, without a copy; nothing but the length is checked.
    pub fn from_slice(bytes: &[u8]) -> Result<&Proof, VerifyError> {
        bytes.try_into().map(Proof::from_ref).map_err(|_| VerifyError::Length(bytes.len()))
    }

    /// The 256 bytes.
    pub fn as_bytes(&self) -> &[u8; PROOF_LEN] {
        bytemuck::must_cast_ref(self)
    }
}

impl core::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VerifyingKey(sha256 ")?;
        self.key_hash().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Proof(")?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// Accepts exactly the proofs of `digest` under `key`, which must have passed [`check_key`].
#[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
pub fn verify(key: &VerifyingKey, proof: &Proof, digest: &Scalar) -> Result<(), VerifyError> {
    let points =
        [(ProofPoint::A, &proof.a_negated[..]), (ProofPoint::B, &proof.b[..]), (ProofPoint::C, &proof.c[..])];
    if let Some((point, _)) = points.into_iter().find(|(_, bytes)| is_zero(bytes)) {
        return Err(VerifyError::Identity(point));
    }
    let key = Groth16Verifyingkey {
        nr_pubinputs: 1,
        vk_alpha_g1: key.alpha_g1,
        vk_beta_g2: key.beta_g2,
        vk_gamma_g2: key.gamma_g2,
        vk_delta_g2: key.delta_g2,
        vk_ic: &key.ic,
        vk_commitment: None,
    };
    let inputs = [digest.to_be_bytes()];
    Groth16Verifier::new(&proof.a_negated, &proof.b, &proof.c, &inputs, &key)
        .and_then(|mut verifier| verifier.verify())
        .map_err(|error| match error {
            Groth16Error::ProofVerificationFailed => VerifyError::Invalid,
            _ => VerifyError::MalformedKey,
        })
}

/// Whether a key may be trusted to bind proofs: every point canonical, not the identity, on its curve and in its
/// subgroup, and no relation among beta, gamma, delta, or between the two IC points, that would let anyone forge.
///
/// With gamma = k delta for a known k, `A = alpha, B = beta + t delta, C = t alpha - k V` satisfies the equation
/// for any t; beta = k gamma and beta = k delta break it likewise. Here k = 1 and k = -1 are refused; other
/// relations cannot be seen from a key, which is why a setup is a ceremony.
pub fn check_key(key: &VerifyingKey) -> Result<(), KeyError> {
    let [ic0, ic1] = &key.ic;
    let g1 = [(KeyPoint::Alpha, &key.alpha_g1), (KeyPoint::Ic0, ic0), (KeyPoint::Ic1, ic1)];
    let g2 =
        [(KeyPoint::Beta, &key.beta_g2), (KeyPoint::Gamma, &key.gamma_g2), (KeyPoint::Delta, &key.delta_g2)];
    g1.iter().try_for_each(|(point, bytes)| check_encoding(*point, &bytes[..]))?;
    g2.iter().try_for_each(|(point, bytes)| check_encoding(*point, &bytes[..]))?;
    let [_, ic0, ic1] = g1;
    let [beta, gamma, delta] = g2;
    check_independent(gamma, delta)?;
    check_independent(beta, gamma)?;
    check_independent(beta, delta)?;
    check_independent(ic0, ic1)?;
    check_groups(&g1, &g2)
}

/// One product of three pairings takes all six points through the runtime's checks; only a refusal is looked into.
#[inline(never)]
fn check_groups(
    g1: &[(KeyPoint, &[u8; G1_LEN]); 3],
    g2: &[(KeyPoint, &[u8; G2_LEN]); 3],
) -> Result<(), KeyError> {
    const PAIR: usize = G1_LEN + G2_LEN;
    let mut input = [0; 3 * PAIR];
    for (pair, ((_, p), (_, q))) in input.as_chunks_mut::<PAIR>().0.iter_mut().zip(g1.iter().zip(g2)) {
        let (left, right) = pair.split_at_mut(G1_LEN);
        left.copy_from_slice(&p[..]);
        right.copy_from_slice(&q[..]);
    }
    if pairing(&input).is_some() {
        return Ok(());
    }
    g1.iter().try_for_each(|(point, bytes)| check_g1(*point, bytes))?;
    g2.iter().try_for_each(|(point, bytes)| check_g2(*point, bytes))?;
    Err(KeyError::Syscall)
}

#[inline(never)]
fn check_g1(point: KeyPoint, bytes: &[u8; G1_LEN]) -> Result<(), KeyError> {
    let mut input = [0; 2 * G1_LEN]; // the point plus the identity
    input.split_at_mut(G1_LEN).0.copy_from_slice(bytes);
    g1_add(&input).map(drop).ok_or(KeyError::NotOnCurve(point))
}

#[inline(never)]
fn check_g2(point: KeyPoint, bytes: &[u8; G2_LEN]) -> Result<(), KeyError> {
    let mut input = [0; 2 * G2_LEN]; // addition checks the curve's equation, a pairing the subgroup as well
    input.split_at_mut(G2_LEN).0.copy_from_slice(bytes);
    g2_add(&input).ok_or(KeyError::NotOnCurve(point))?;
    let mut input = [0; G1_LEN + G2_LEN]; // the identity of G1 in front
    input.split_at_mut(G1_LEN).1.copy_from_slice(bytes);
    pairing(&input).map(drop).ok_or(KeyError::NotInSubgroup(point))
}

fn check_encoding(point: KeyPoint, bytes: &[u8]) -> Result<(), KeyError> {
    if is_zero(bytes) {
        return Err(KeyError::Identity(point));
    }
    if bytes.as_chunks::<32>().0.iter().any(|coordinate| *coordinate >= BASE_MODULUS) {
        return Err(KeyError::NotCanonical(point));
    }
    Ok(())
}

/// Two points share x exactly when they are equal or opposite; y decides which.
fn check_independent<const N: usize>(
    (left, p): (KeyPoint, &[u8; N]),
    (right, q): (KeyPoint, &[u8; N]),
) -> Result<(), KeyError> {
    let (p_x, p_y) = p.split_at(N / 2);
    let (q_x, q_y) = q.split_at(N / 2);
    match (p_x == q_x, p_y == q_y) {
        (true, true) => Err(KeyError::Equal(left, right)),
        (true, false) => Err(KeyError::Opposite(left, right)),
        (false, _) => Ok(()),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}
