//! Proofs of both forms: owned, and where they lie in an instruction.

use bytemuck::{Pod, Zeroable};

use super::{
    error::VerifyError,
    forms::{COMMITTED_PROOF_LEN, Form, G1_LEN, G2_LEN, PLAIN_PROOF_LEN, two_forms},
};
use crate::bytes::Hex;

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

two_forms! {
    /// A proof of either form.
    owned Proof;
    /// A proof of either form where it lies, without a copy.
    borrowed ProofRef;
    plain PlainProof, PLAIN_PROOF_LEN;
    committed CommittedProof, COMMITTED_PROOF_LEN;
    length error VerifyError
}

impl core::fmt::Debug for ProofRef<'_> {
    /// The form and the bytes.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}Proof({})", self.form(), Hex(self.as_bytes()))
    }
}
