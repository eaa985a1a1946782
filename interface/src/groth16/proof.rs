//! Proofs of both forms: owned, and where they lie in an instruction.

use bytemuck::{Pod, Zeroable};

use super::{COMMITTED_PROOF_LEN, Form, G1_LEN, G2_LEN, PLAIN_PROOF_LEN, VerifyError, write_hex};

/// The 256 bytes of a plain proof, with A negated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct PlainProof {
    /// -A in G1.
    pub a_negated: [u8; G1_LEN],
    /// B in G2.
    pub b: [u8; G2_LEN],
    /// C in G1.
    pub c: [u8; G1_LEN],
}

/// The 384 bytes of a proof with a commitment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct CommittedProof {
    /// What a plain proof holds.
    pub plain: PlainProof,
    /// D in G1: the commitment to the committed wires.
    pub commitment: [u8; G1_LEN],
    /// PoK = sigma D in G1: the proof that D is a commitment.
    pub knowledge: [u8; G1_LEN],
}

/// A proof of either form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Without a commitment.
    Plain(PlainProof),
    /// With one.
    Committed(CommittedProof),
}

/// A proof of either form where it lies, without a copy.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofRef<'a> {
    /// Without a commitment.
    Plain(&'a PlainProof),
    /// With one.
    Committed(&'a CommittedProof),
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
    /// D in G1.
    Commitment,
    /// PoK in G1.
    Knowledge,
}

impl core::fmt::Display for ProofPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ProofPoint::A => "A",
            ProofPoint::B => "B",
            ProofPoint::C => "C",
            ProofPoint::Commitment => "D",
            ProofPoint::Knowledge => "PoK",
        })
    }
}

impl PlainProof {
    /// A proof from its bytes; nothing is checked.
    pub fn from_bytes(bytes: [u8; PLAIN_PROOF_LEN]) -> PlainProof {
        bytemuck::must_cast(bytes)
    }

    /// The 256 bytes.
    pub fn as_bytes(&self) -> &[u8; PLAIN_PROOF_LEN] {
        bytemuck::must_cast_ref(self)
    }
}

impl CommittedProof {
    /// A proof from its bytes; nothing is checked.
    pub fn from_bytes(bytes: [u8; COMMITTED_PROOF_LEN]) -> CommittedProof {
        bytemuck::must_cast(bytes)
    }

    /// The 384 bytes.
    pub fn as_bytes(&self) -> &[u8; COMMITTED_PROOF_LEN] {
        bytemuck::must_cast_ref(self)
    }
}

impl Proof {
    /// The proof that `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &[u8]) -> Result<Proof, VerifyError> {
        ProofRef::from_slice(bytes).map(ProofRef::to_owned)
    }

    /// The same proof, borrowed.
    pub fn as_ref(&self) -> ProofRef<'_> {
        match self {
            Proof::Plain(proof) => ProofRef::Plain(proof),
            Proof::Committed(proof) => ProofRef::Committed(proof),
        }
    }

    /// Which form the proof has.
    pub fn form(&self) -> Form {
        self.as_ref().form()
    }

    /// The part that both forms have.
    pub fn plain(&self) -> &PlainProof {
        self.as_ref().plain()
    }

    /// The part that both forms have, to change.
    pub fn plain_mut(&mut self) -> &mut PlainProof {
        match self {
            Proof::Plain(proof) => proof,
            Proof::Committed(proof) => &mut proof.plain,
        }
    }

    /// The 256 or 384 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_ref().as_bytes()
    }
}

impl<'a> ProofRef<'a> {
    /// The proof that `bytes` hold; their length says which form it has, and nothing else is checked.
    pub fn from_slice(bytes: &'a [u8]) -> Result<ProofRef<'a>, VerifyError> {
        if let Ok(bytes) = <&[u8; PLAIN_PROOF_LEN]>::try_from(bytes) {
            Ok(ProofRef::Plain(bytemuck::must_cast_ref(bytes)))
        } else if let Ok(bytes) = <&[u8; COMMITTED_PROOF_LEN]>::try_from(bytes) {
            Ok(ProofRef::Committed(bytemuck::must_cast_ref(bytes)))
        } else {
            Err(VerifyError::Length(bytes.len()))
        }
    }

    /// A copy of the proof.
    pub fn to_owned(self) -> Proof {
        match self {
            ProofRef::Plain(proof) => Proof::Plain(*proof),
            ProofRef::Committed(proof) => Proof::Committed(*proof),
        }
    }

    /// Which form the proof has.
    pub fn form(self) -> Form {
        match self {
            ProofRef::Plain(_) => Form::Plain,
            ProofRef::Committed(_) => Form::Committed,
        }
    }

    /// The part that both forms have.
    pub fn plain(self) -> &'a PlainProof {
        match self {
            ProofRef::Plain(proof) => proof,
            ProofRef::Committed(proof) => &proof.plain,
        }
    }

    /// The 256 or 384 bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            ProofRef::Plain(proof) => bytemuck::bytes_of(proof),
            ProofRef::Committed(proof) => bytemuck::bytes_of(proof),
        }
    }
}

impl From<PlainProof> for Proof {
    fn from(proof: PlainProof) -> Proof {
        Proof::Plain(proof)
    }
}

impl From<CommittedProof> for Proof {
    fn from(proof: CommittedProof) -> Proof {
        Proof::Committed(proof)
    }
}

impl<'a> From<&'a PlainProof> for ProofRef<'a> {
    fn from(proof: &'a PlainProof) -> ProofRef<'a> {
        ProofRef::Plain(proof)
    }
}

impl<'a> From<&'a CommittedProof> for ProofRef<'a> {
    fn from(proof: &'a CommittedProof) -> ProofRef<'a> {
        ProofRef::Committed(proof)
    }
}

impl<'a> From<&'a Proof> for ProofRef<'a> {
    fn from(proof: &'a Proof) -> ProofRef<'a> {
        proof.as_ref()
    }
}

impl core::fmt::Debug for PlainProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        ProofRef::Plain(self).fmt(f)
    }
}

impl core::fmt::Debug for CommittedProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        ProofRef::Committed(self).fmt(f)
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl core::fmt::Debug for ProofRef<'_> {
    /// The form and the bytes.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = match self {
            ProofRef::Plain(_) => "PlainProof",
            ProofRef::Committed(_) => "CommittedProof",
        };
        write_hex(f, name, self.as_bytes())
    }
}
