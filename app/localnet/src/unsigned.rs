//! Transactions without signatures: variations of others, which nobody has signed.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};
use solana_transaction::versioned::VersionedTransaction;

use crate::{Localnet, Outcome, outcome, wire_size};

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
