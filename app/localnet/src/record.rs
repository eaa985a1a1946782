//! Keeping the transactions that went through, each with the state that it met, so that variations of it can be tried.

use std::cell::RefCell;

use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};
use solana_transaction::versioned::VersionedTransaction;

use crate::{Localnet, Outcome, outcome, wire_size};

/// A transaction that went through.
#[derive(Clone)]
pub struct Accepted {
    /// The runtime as the transaction met it; it checks no signatures.
    pub before: Localnet,
    /// What was sent.
    pub instructions: Vec<Instruction>,
    /// Who paid.
    pub payer: Address,
}

thread_local! {
    static RECORD: RefCell<Option<Vec<Accepted>>> = const { RefCell::new(None) };
}

/// Every transaction that `run` sends on this thread and that goes through, in order.
pub fn record(run: impl FnOnce()) -> Vec<Accepted> {
    RECORD.set(Some(Vec::new()));
    run();
    RECORD.take().into_iter().flatten().collect()
}

/// The state before a transaction, where somebody keeps it.
pub(crate) fn before(net: &Localnet) -> Option<Localnet> {
    RECORD.with_borrow(|record| record.as_ref().map(|_| net.clone().without_signatures()))
}

/// Keeps a transaction that went through.
pub(crate) fn keep(before: Localnet, instructions: &[Instruction], payer: Address) {
    let accepted = Accepted { before, instructions: instructions.to_vec(), payer };
    RECORD.with_borrow_mut(|record| record.iter_mut().for_each(|list| list.push(accepted.clone())));
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
