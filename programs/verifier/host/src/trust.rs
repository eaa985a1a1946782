//! Instructions around models: attestors, series, and the closing of accounts.

use anchor_lang::Id as _;
use anchor_lang::programs::System;
use assay_interface::verifier::{attestor_set_id, series_id};
use assay_verifier::{
    AttestorSetArgs, ID, SeriesArgs, accounts, attestation_seeds, attestor_set_seeds, instruction,
    series_seeds,
};
use solana_address::Address;
use solana_instruction::Instruction;

/// A set of attestors to create, or to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestors {
    members: Vec<[u8; 32]>,
    threshold: u8,
}

impl Attestors {
    /// `threshold` of `members`, in any order. That the set is one the program accepts, the program says.
    pub fn new(threshold: u8, members: &[Address]) -> Self {
        let mut members: Vec<[u8; 32]> = members.iter().map(Address::to_bytes).collect();
        members.sort_unstable();
        Self { members, threshold }
    }

    /// Address of the set's account.
    pub fn address(&self) -> Address {
        let id = attestor_set_id(self.threshold, &self.members);
        Address::find_program_address(&attestor_set_seeds(&id), &ID).0
    }

    /// `create_attestor_set`; the payer signs.
    pub fn create(&self, payer: Address) -> Instruction {
        let args = AttestorSetArgs { attestors: self.members.clone().into(), threshold: self.threshold };
        let accounts =
            accounts::CreateAttestorSet { payer, set: self.address(), system_program: System::id() };
        instruction::CreateAttestorSet { args }.to_instruction(accounts)
    }
}

/// Address of what `set` attests about `model`.
pub fn attestation_address(set: &Address, model: &Address) -> Address {
    Address::find_program_address(&attestation_seeds(set, model), &ID).0
}

/// `attest`; attestor and payer sign.
pub fn attest(attestor: Address, payer: Address, set: Address, model: Address) -> Instruction {
    let attestation = attestation_address(&set, &model);
    let accounts =
        accounts::Attest { attestor, payer, set, model, attestation, system_program: System::id() };
    instruction::Attest {}.to_instruction(accounts)
}

/// A series to create, or to find.
#[derive(Clone, Copy, Debug)]
pub struct NewSeries<'a> {
    /// Who will propose its models; signs.
    pub creator: Address,
    /// Who pays; signs.
    pub payer: Address,
    /// Its name, 1 to 32 bytes.
    pub name: &'a str,
    /// The first model.
    pub model: Address,
    /// Domain of its models: that of the first.
    pub domain: [u8; 32],
    /// The set that attests its models; zeros for none.
    pub attestor_set: Address,
    /// Seconds from a proposal to its effect.
    pub timelock: i64,
}

impl NewSeries<'_> {
    /// Address of the series' account.
    pub fn address(&self) -> Address {
        let id = series_id(self.timelock, &self.domain, self.attestor_set.as_array(), self.name.as_bytes());
        Address::find_program_address(&series_seeds(&self.creator, &id), &ID).0
    }

    /// `create_series`.
    pub fn create(&self) -> Instruction {
        let (name, attestor_set, timelock) =
            (self.name.as_bytes().to_vec(), self.attestor_set, self.timelock);
        let args = SeriesArgs { name: name.into(), attestor_set, timelock };
        instruction::CreateSeries { args }.to_instruction(accounts::CreateSeries {
            creator: self.creator,
            payer: self.payer,
            model: self.model,
            series: self.address(),
            system_program: System::id(),
        })
    }
}

/// `propose_series`, signed by the authority.
pub fn propose_series(authority: Address, series: Address, model: Address) -> Instruction {
    instruction::ProposeSeries {}.to_instruction(accounts::ProposeSeries { authority, model, series })
}

/// `apply_series`, signed by the authority, for a series whose models `attestor_set` attests; zeros where none does.
pub fn apply_series(
    authority: Address,
    series: Address,
    model: Address,
    attestor_set: Address,
) -> Instruction {
    let attestation = attestation_address(&attestor_set, &model);
    let accounts = accounts::ApplySeries { authority, model, series, set: attestor_set, attestation };
    instruction::ApplySeries {}.to_instruction(accounts)
}

/// `cancel_series`, signed by the authority.
pub fn cancel_series(authority: Address, series: Address) -> Instruction {
    instruction::CancelSeries {}.to_instruction(accounts::ManageSeries { authority, series })
}

/// `renounce_series`, signed by the authority, for good.
pub fn renounce_series(authority: Address, series: Address) -> Instruction {
    instruction::RenounceSeries {}.to_instruction(accounts::ManageSeries { authority, series })
}

/// `close_receipt`, signed by who paid for it.
pub fn close_receipt(payer: Address, receipt: Address) -> Instruction {
    instruction::CloseReceipt {}.to_instruction(accounts::CloseReceipt { payer, receipt })
}

/// `close_model`, signed by the authority; the rent goes to who paid for it.
pub fn close_model(authority: Address, payer: Address, model: Address) -> Instruction {
    instruction::CloseModel {}.to_instruction(accounts::CloseModel { authority, payer, model })
}

/// `close_attestor_set`, signed by who paid for it.
pub fn close_attestor_set(payer: Address, set: Address) -> Instruction {
    instruction::CloseAttestorSet {}.to_instruction(accounts::CloseAttestorSet { payer, set })
}

/// `close_attestation`, signed by who paid for it.
pub fn close_attestation(payer: Address, set: Address, model: Address) -> Instruction {
    let attestation = attestation_address(&set, &model);
    instruction::CloseAttestation {}.to_instruction(accounts::CloseAttestation { payer, model, attestation })
}

/// `close_series`, signed by the authority; `model` is its current one, the rent goes to who paid for it.
pub fn close_series(authority: Address, payer: Address, model: Address, series: Address) -> Instruction {
    instruction::CloseSeries {}.to_instruction(accounts::CloseSeries { authority, payer, model, series })
}
