//! What is proven for a model, in the parts that `verify`, `record` and their batches share: the digest of a statement, the
//! check of a proof, the count of what was recorded.

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, ProofRef};
use assay_interface::statement::digest_of_encoded;
use assay_interface::verifier::{Status, audit_extend};

use super::Model;
use crate::VerifierError;

impl Model {
    /// The model is of this layout, and active: nothing is proven for any other.
    pub fn require_active(&self) -> Result<()> {
        require!(self.version == Self::VERSION, VerifierError::ModelVersion);
        match self.status()? {
            Status::Active => Ok(()),
            Status::Proposed => Err(VerifierError::ModelProposed.into()),
            Status::Suspended => Err(VerifierError::ModelSuspended.into()),
            Status::Retired => Err(VerifierError::ModelRetired.into()),
        }
    }

    /// The digest of a statement of this model's. About 2,500 compute units for five elements.
    pub fn digest(&self, context: &[u8; 32], limbs: &[[u8; 32]]) -> Result<Scalar> {
        require!(limbs.len() == usize::from(self.limb_count), VerifierError::LimbCount);
        let domain = Scalar::from_be_bytes(self.domain).map_err(|_| VerifierError::Invariant)?;
        digest_of_encoded(&domain, context, limbs).map_err(|error| VerifierError::from(error).into())
    }

    /// The proof proves the statement of this digest under this model's key. About 76,000 compute units, with a commitment
    /// 102,000.
    pub fn check_proof(&self, proof: &[u8], digest: &Scalar) -> Result<()> {
        let proof = ProofRef::from_slice(proof).map_err(VerifierError::from)?;
        groth16::verify(self.key()?, proof, digest).map_err(|error| VerifierError::from(error).into())
    }

    /// Counts a recorded statement, and chains it: see [`audit_extend`].
    pub fn extend_audit_chain(&mut self, digest: &Scalar, now: i64) -> Result<()> {
        self.audit_chain = audit_extend(&self.audit_chain, digest.as_be_bytes(), now);
        self.accepted = self.accepted.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
        self.last_accepted_at = now;
        Ok(())
    }
}
