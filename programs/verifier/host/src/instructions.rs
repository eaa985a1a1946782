//! One builder for each instruction of the verifier, and the addresses of its accounts.

use anchor_lang::Id as _;
use anchor_lang::programs::System;
use assay_interface::field::Scalar;
use assay_interface::groth16::{KeyError, ProofRef, SetupKind, VerifyingKey};
use assay_interface::schema::ModelSchema;
use assay_interface::verifier::model_id;
use assay_verifier::{
    BatchArgs, ID, MIN_TIMELOCK, ProofArgs, RegisterArgs, accounts, instruction, model_seeds, receipt_seeds,
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// A model to register.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// Who will manage the model; signs.
    pub authority: Address,
    /// Who pays for the account; signs.
    pub payer: Address,
    /// The verifying key.
    pub key: &'a VerifyingKey,
    /// The schema of the key's statements.
    pub schema: &'a ModelSchema,
    /// How the key was made.
    pub setup: SetupKind,
    /// SHA-256 of the ceremony's transcript; zeros for a development setup.
    pub transcript_hash: [u8; 32],
    /// Seconds from registration to the earliest activation.
    pub timelock: i64,
    /// Who may suspend the model beside the authority; zeros for nobody.
    pub guardian: Address,
}

impl<'a> Registration<'a> {
    /// A key of a development setup, which the authority pays for and may activate after a day, without a guardian.
    pub fn development(authority: Address, key: &'a VerifyingKey, schema: &'a ModelSchema) -> Self {
        Self {
            authority,
            payer: authority,
            key,
            schema,
            setup: SetupKind::Development,
            transcript_hash: [0; 32],
            timelock: MIN_TIMELOCK,
            guardian: Address::default(),
        }
    }

    /// What the model is.
    pub fn id(&self) -> [u8; 32] {
        model_id(self.setup, &self.transcript_hash, self.key, &self.schema.encode())
    }

    /// Address of the model's account.
    pub fn model(&self) -> Address {
        model_address(&self.authority, &self.id())
    }

    /// `register`.
    ///
    /// # Errors
    /// A point of the key is not on its curve.
    pub fn instruction(&self) -> Result<Instruction, KeyError> {
        let register = instruction::Register {
            args: RegisterArgs {
                key: self.key.compress()?.into(),
                schema: self.schema.encode().into(),
                setup: self.setup.to_byte(),
                transcript_hash: self.transcript_hash,
                timelock: self.timelock,
                guardian: self.guardian,
            },
        };
        Ok(register.to_instruction(accounts::Register {
            authority: self.authority,
            payer: self.payer,
            model: self.model(),
            system_program: System::id(),
        }))
    }
}

/// Address of the model that `registrar` registers with this id.
pub fn model_address(registrar: &Address, id: &[u8; 32]) -> Address {
    Address::find_program_address(&model_seeds(registrar, id), &ID).0
}

/// Address of the receipt of the statement with `digest`, under `model`.
pub fn receipt_address(model: &Address, digest: &Scalar) -> Address {
    Address::find_program_address(&receipt_seeds(model, digest), &ID).0
}

/// `activate`, signed by the authority.
pub fn activate(authority: Address, model: Address) -> Instruction {
    instruction::Activate {}.to_instruction(accounts::Manage { authority, model })
}

/// `suspend`, signed by the authority or the guardian.
pub fn suspend(signer: Address, model: Address) -> Instruction {
    instruction::Suspend {}.to_instruction(accounts::Suspend { signer, model })
}

/// `resume`, signed by the authority.
pub fn resume(authority: Address, model: Address) -> Instruction {
    instruction::Resume {}.to_instruction(accounts::Manage { authority, model })
}

/// `retire`, signed by the authority.
pub fn retire(authority: Address, model: Address) -> Instruction {
    instruction::Retire {}.to_instruction(accounts::Manage { authority, model })
}

/// `propose_authority`, signed by the authority; the zero address withdraws an offer.
pub fn propose_authority(authority: Address, model: Address, proposed: Address) -> Instruction {
    instruction::ProposeAuthority { proposed }.to_instruction(accounts::Manage { authority, model })
}

/// `accept_authority`, signed by the proposed authority.
pub fn accept_authority(proposed: Address, model: Address) -> Instruction {
    instruction::AcceptAuthority {}.to_instruction(accounts::AcceptAuthority { proposed, model })
}

/// `propose_guardian`, signed by the authority; the zero address to have none.
pub fn propose_guardian(authority: Address, model: Address, proposed: Address) -> Instruction {
    instruction::ProposeGuardian { proposed }.to_instruction(accounts::Manage { authority, model })
}

/// `apply_guardian`, signed by the authority.
pub fn apply_guardian(authority: Address, model: Address) -> Instruction {
    instruction::ApplyGuardian {}.to_instruction(accounts::Manage { authority, model })
}

/// `cancel_guardian`, signed by the authority.
pub fn cancel_guardian(authority: Address, model: Address) -> Instruction {
    instruction::CancelGuardian {}.to_instruction(accounts::Manage { authority, model })
}

/// `renounce_authority`, signed by the authority, for good.
pub fn renounce_authority(authority: Address, model: Address) -> Instruction {
    instruction::RenounceAuthority {}.to_instruction(accounts::Manage { authority, model })
}

/// `verify`: returns [`Verified`](crate::Verified) as return data; no one signs.
pub fn verify<'a>(
    model: Address,
    proof: impl Into<ProofRef<'a>>,
    context: [u8; 32],
    limbs: &[Scalar],
) -> Instruction {
    instruction::Verify { args: proof_args(proof, context, limbs) }.to_instruction(accounts::Verify { model })
}

/// `record`: writes the receipt of the statement whose digest is `digest`, unless there is one; the payer signs. Returns
/// what `verify` returns.
pub fn record<'a>(
    payer: Address,
    model: Address,
    proof: impl Into<ProofRef<'a>>,
    context: [u8; 32],
    limbs: &[Scalar],
    digest: &Scalar,
) -> Instruction {
    let args = proof_args(proof, context, limbs);
    instruction::Record { args }.to_instruction(record_accounts(payer, model, digest))
}

/// `record` without a proof, of a statement that has a receipt: says that it was proven, and changes nothing.
pub fn record_without_proof(
    payer: Address,
    model: Address,
    context: [u8; 32],
    limbs: &[Scalar],
    digest: &Scalar,
) -> Instruction {
    let limbs: Vec<_> = limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    let args = ProofArgs { proof: Vec::new().into(), context, limbs: limbs.into() };
    instruction::Record { args }.to_instruction(record_accounts(payer, model, digest))
}

/// `verify_batch`: returns [`VerifiedBatch`](crate::VerifiedBatch) as return data; no one signs.
pub fn verify_batch(model: Address, batch: &[u8]) -> Instruction {
    instruction::VerifyBatch { args: batch_args(batch) }.to_instruction(accounts::VerifyBatch { model })
}

/// `record_batch`: writes the receipts of the batch's statements, whose digests are `digests` in this order, where there are
/// none; the payer signs. Returns what `verify_batch` returns.
pub fn record_batch(payer: Address, model: Address, batch: &[u8], digests: &[Scalar]) -> Instruction {
    let accounts = accounts::RecordBatch { payer, model, system_program: System::id() };
    let mut instruction = instruction::RecordBatch { args: batch_args(batch) }.to_instruction(accounts);
    let receipts = digests.iter().map(|digest| AccountMeta::new(receipt_address(&model, digest), false));
    instruction.accounts.extend(receipts);
    instruction
}

fn batch_args(batch: &[u8]) -> BatchArgs {
    BatchArgs { batch: batch.to_vec().into() }
}

fn record_accounts(payer: Address, model: Address, digest: &Scalar) -> accounts::Record {
    accounts::Record { payer, model, receipt: receipt_address(&model, digest), system_program: System::id() }
}

fn proof_args<'a>(proof: impl Into<ProofRef<'a>>, context: [u8; 32], limbs: &[Scalar]) -> ProofArgs {
    let limbs: Vec<_> = limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    ProofArgs { proof: proof.into().as_bytes().to_vec().into(), context, limbs: limbs.into() }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator as _;
    use assay_interface::verifier::put_arguments;

    use super::*;

    #[test]
    fn instruction_data_is_the_interfaces_layout() {
        for length in [256, 384] {
            let proof: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let proof = ProofRef::from_slice(&proof).unwrap();
            let limbs = [Scalar::from(5_u64), Scalar::from(1_u64 << 40)];
            let mut expected = instruction::Verify::DISCRIMINATOR.to_vec();
            put_arguments(&mut expected, proof, &[9; 32], &limbs);
            assert_eq!(verify(ID, proof, [9; 32], &limbs).data, expected);
        }
    }
}
