//! Verifying keys of both forms: owned, and where they lie in an account or an instruction.

use bytemuck::{Pod, Zeroable};

use super::{COMMITTED_KEY_LEN, Form, G1_LEN, G2_LEN, KeyError, PLAIN_KEY_LEN, write_hex};
use crate::syscalls::sha256;

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

/// A verifying key of either form, not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerifyingKey {
    /// Without a commitment.
    Plain(PlainKey),
    /// With one.
    Committed(CommittedKey),
}

/// A verifying key of either form where it lies, without a copy; not yet checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRef<'a> {
    /// Without a commitment.
    Plain(&'a PlainKey),
    /// With one.
    Committed(&'a CommittedKey),
}

impl PlainKey {
    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; PLAIN_KEY_LEN]) -> PlainKey {
        bytemuck::must_cast(bytes)
    }

    /// The 576 bytes.
    pub fn as_bytes(&self) -> &[u8; PLAIN_KEY_LEN] {
        bytemuck::must_cast_ref(self)
    }
}

impl CommittedKey {
    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; COMMITTED_KEY_LEN]) -> CommittedKey {
        bytemuck::must_cast(bytes)
    }

    /// The 768 bytes.
    pub fn as_bytes(&self) -> &[u8; COMMITTED_KEY_LEN] {
        bytemuck::must_cast_ref(self)
    }

    /// SHA-256 of the 768 bytes, which transcripts bind.
    pub fn key_hash(&self) -> [u8; 32] {
        sha256(&[self.as_bytes()])
    }
}

impl VerifyingKey {
    /// The key that `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        KeyRef::from_slice(bytes).map(KeyRef::to_owned)
    }

    /// The same key, borrowed.
    pub fn as_ref(&self) -> KeyRef<'_> {
        match self {
            VerifyingKey::Plain(key) => KeyRef::Plain(key),
            VerifyingKey::Committed(key) => KeyRef::Committed(key),
        }
    }

    /// Which form the key has.
    pub fn form(&self) -> Form {
        self.as_ref().form()
    }

    /// The part that both forms have.
    pub fn plain(&self) -> &PlainKey {
        self.as_ref().plain()
    }

    /// The part that both forms have, to change.
    pub fn plain_mut(&mut self) -> &mut PlainKey {
        match self {
            VerifyingKey::Plain(key) => key,
            VerifyingKey::Committed(key) => &mut key.plain,
        }
    }

    /// The 576 or 768 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_ref().as_bytes()
    }

    /// See [`KeyRef::key_hash`].
    pub fn key_hash(&self) -> [u8; 32] {
        self.as_ref().key_hash()
    }
}

impl<'a> KeyRef<'a> {
    /// The key that `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &'a [u8]) -> Result<KeyRef<'a>, KeyError> {
        if let Ok(bytes) = <&[u8; PLAIN_KEY_LEN]>::try_from(bytes) {
            Ok(KeyRef::Plain(bytemuck::must_cast_ref(bytes)))
        } else if let Ok(bytes) = <&[u8; COMMITTED_KEY_LEN]>::try_from(bytes) {
            Ok(KeyRef::Committed(bytemuck::must_cast_ref(bytes)))
        } else {
            Err(KeyError::Length(bytes.len()))
        }
    }

    /// A copy of the key.
    pub fn to_owned(self) -> VerifyingKey {
        match self {
            KeyRef::Plain(key) => VerifyingKey::Plain(*key),
            KeyRef::Committed(key) => VerifyingKey::Committed(*key),
        }
    }

    /// Which form the key has.
    pub fn form(self) -> Form {
        match self {
            KeyRef::Plain(_) => Form::Plain,
            KeyRef::Committed(_) => Form::Committed,
        }
    }

    /// The part that both forms have.
    pub fn plain(self) -> &'a PlainKey {
        match self {
            KeyRef::Plain(key) => key,
            KeyRef::Committed(key) => &key.plain,
        }
    }

    /// The 576 or 768 bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            KeyRef::Plain(key) => bytemuck::bytes_of(key),
            KeyRef::Committed(key) => bytemuck::bytes_of(key),
        }
    }

    /// SHA-256 of the key's bytes: its name in accounts and logs. The two forms differ in length, so no plain key
    /// shares its hash with a committed one.
    pub fn key_hash(self) -> [u8; 32] {
        sha256(&[self.as_bytes()])
    }
}

impl From<PlainKey> for VerifyingKey {
    fn from(key: PlainKey) -> VerifyingKey {
        VerifyingKey::Plain(key)
    }
}

impl From<CommittedKey> for VerifyingKey {
    fn from(key: CommittedKey) -> VerifyingKey {
        VerifyingKey::Committed(key)
    }
}

impl<'a> From<&'a PlainKey> for KeyRef<'a> {
    fn from(key: &'a PlainKey) -> KeyRef<'a> {
        KeyRef::Plain(key)
    }
}

impl<'a> From<&'a CommittedKey> for KeyRef<'a> {
    fn from(key: &'a CommittedKey) -> KeyRef<'a> {
        KeyRef::Committed(key)
    }
}

impl<'a> From<&'a VerifyingKey> for KeyRef<'a> {
    fn from(key: &'a VerifyingKey) -> KeyRef<'a> {
        key.as_ref()
    }
}

impl core::fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        KeyRef::Plain(self).fmt(f)
    }
}

impl core::fmt::Debug for CommittedKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        KeyRef::Committed(self).fmt(f)
    }
}

impl core::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl core::fmt::Debug for KeyRef<'_> {
    /// The form and the hash.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = match self {
            KeyRef::Plain(_) => "PlainKey",
            KeyRef::Committed(_) => "CommittedKey",
        };
        write_hex(f, name, &self.key_hash())
    }
}
