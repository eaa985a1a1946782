//! Verifying keys of both forms: owned, and where they lie in an account or an instruction.

use bytemuck::{Pod, Zeroable};

use super::{
    error::KeyError,
    forms::{COMMITTED_KEY_LEN, Form, G1_LEN, G2_LEN, PLAIN_KEY_LEN, two_forms},
};
use crate::{bytes::Hex, syscalls::sha256};

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

/// The 576 bytes of a plain key, not yet checked: run [`super::check_key`] once, when a key arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct PlainKey {
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

/// The 768 bytes of a key with a commitment, not yet checked: run [`super::check_key`] once, when a key arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct CommittedKey {
    /// What a plain key holds.
    pub plain: PlainKey,
    /// IC_2, the factor of the challenge, in G1.
    pub ic_challenge: [u8; G1_LEN],
    /// -sigma gamma in G2: what the knowledge of a commitment is checked against.
    pub sigma_gamma_negated: [u8; G2_LEN],
}

two_forms! {
    /// A verifying key of either form, not yet checked.
    owned VerifyingKey;
    /// A verifying key of either form where it lies, without a copy; not yet checked.
    borrowed KeyRef;
    plain PlainKey, PLAIN_KEY_LEN;
    committed CommittedKey, COMMITTED_KEY_LEN;
    length error KeyError
}

impl CommittedKey {
    /// SHA-256 of the 768 bytes, which transcripts bind.
    pub fn key_hash(&self) -> [u8; 32] {
        KeyRef::Committed(self).key_hash()
    }
}

impl VerifyingKey {
    /// See [`KeyRef::key_hash`].
    pub fn key_hash(&self) -> [u8; 32] {
        self.as_ref().key_hash()
    }
}

impl KeyRef<'_> {
    /// SHA-256 of the key's bytes: its name in accounts and logs. The two forms differ in length, so no plain key
    /// shares its hash with a committed one.
    pub fn key_hash(self) -> [u8; 32] {
        sha256(&[self.as_bytes()])
    }
}

impl core::fmt::Debug for KeyRef<'_> {
    /// The form and the hash.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}Key({})", self.form(), Hex(&self.key_hash()))
    }
}
