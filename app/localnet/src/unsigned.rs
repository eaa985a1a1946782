//! Transactions without signatures: variations of others, which nobody has signed.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::v1::TransactionConfig;
use solana_message::{Message, VersionedMessage, v0, v1};
use solana_transaction::versioned::VersionedTransaction;

use crate::{Localnet, MAX_LOADED_DATA, Outcome, outcome, wire_size};

/// Most compute units of a transaction.
const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// What a transaction may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Without a version.
    Legacy,
    /// Version 0, without a table of addresses.
    V0,
    /// Version 1, with the limits of its header at their greatest.
    V1,
}

impl Localnet {
    /// The runtime without its check of signatures: whoever is marked as a signer counts as one.
    #[must_use]
    pub fn without_signatures(mut self) -> Self {
        self.svm = std::mem::take(&mut self.svm).with_sigverify(false).with_transaction_history(0);
        self
    }

    /// What an unsigned transaction, paid for by `payer`, would do to a runtime that checks no signatures.
    pub fn try_unsigned(&self, instructions: &[Instruction], payer: &Address) -> Outcome {
        let transaction = self.unsigned(instructions, payer);
        let size = wire_size(&transaction);
        let simulated = self.svm.simulate_transaction(transaction).map(|done| done.meta);
        outcome::outcome(&self.errors, simulated, size)
    }

    /// The same in a transaction of a version; `None` where that version cannot hold the instructions.
    pub fn try_unsigned_in(
        &self,
        version: Version,
        instructions: &[Instruction],
        payer: &Address,
    ) -> Option<Outcome> {
        let blockhash = self.svm.latest_blockhash();
        let message = match version {
            Version::Legacy => return Some(self.try_unsigned(instructions, payer)),
            Version::V0 => {
                VersionedMessage::V0(v0::Message::try_compile(payer, instructions, &[], blockhash).ok()?)
            }
            Version::V1 => {
                let config = TransactionConfig::empty()
                    .with_priority_fee(0)
                    .with_compute_unit_limit(MAX_COMPUTE_UNITS)
                    .with_loaded_accounts_data_size_limit(MAX_LOADED_DATA);
                let budget = assay_host::compute_budget::ID;
                let calls: Vec<Instruction> = // its header says what the compute budget's instructions would
                    instructions.iter().filter(|call| call.program_id != budget).cloned().collect();
                let message = v1::Message::try_compile_with_config(payer, &calls, blockhash, config);
                VersionedMessage::V1(message.ok()?)
            }
        };
        let signatures = vec![Default::default(); usize::from(message.header().num_required_signatures)];
        let transaction = VersionedTransaction { signatures, message };
        let size = wire_size(&transaction);
        let simulated = self.svm.simulate_transaction(transaction).map(|done| done.meta);
        Some(outcome::outcome(&self.errors, simulated, size))
    }

    /// Sends an unsigned transaction, paid for by `payer`, to a runtime that checks no signatures.
    pub fn send_unsigned(&mut self, instructions: &[Instruction], payer: &Address) -> Outcome {
        let transaction = self.unsigned(instructions, payer);
        let size = wire_size(&transaction);
        outcome::outcome(&self.errors, self.svm.send_transaction(transaction), size)
    }

    fn unsigned(&self, instructions: &[Instruction], payer: &Address) -> VersionedTransaction {
        let message = Message::new_with_blockhash(instructions, Some(payer), &self.svm.latest_blockhash());
        let signatures = vec![Default::default(); usize::from(message.header.num_required_signatures)];
        VersionedTransaction { signatures, message: VersionedMessage::Legacy(message) }
    }
}
