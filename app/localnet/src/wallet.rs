//! The runtime with somebody's key: a chain, as keepers see one.

use assay_host::{Account, Action, Chain, ChainError, Executed, SendError, Watch};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::{Localnet, Outcome, Refusal};

/// The runtime and a key that pays and signs.
pub struct Wallet<'a> {
    net: &'a mut Localnet,
    keypair: &'a Keypair,
    outcomes: Vec<Outcome>,
}

impl<'a> Wallet<'a> {
    /// The chain of `net` for whoever has `keypair`.
    pub fn new(net: &'a mut Localnet, keypair: &'a Keypair) -> Self {
        Self { net, keypair, outcomes: Vec::new() }
    }

    /// What came of the transactions that were sent, in order.
    pub fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}

impl Chain for Wallet<'_> {
    fn wallet(&self) -> Address {
        self.keypair.pubkey()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        Ok(self.net.account(address).map(|found| Account { owner: found.owner, data: found.data }))
    }

    fn addresses(&self, watch: &Watch) -> Result<Vec<Address>, ChainError> {
        Ok(self.net.listed(watch).into_iter().map(|(address, _)| address).collect())
    }

    fn unix_time(&self) -> Result<i64, ChainError> {
        Ok(self.net.now())
    }

    fn simulate(&mut self, action: &Action) -> Result<Option<Executed>, SendError> {
        self.net.simulate(&action.instructions, &[self.keypair]).executed().map(Some).map_err(refused)
    }

    fn send(&mut self, action: &Action) -> Result<Executed, SendError> {
        let outcome = self.net.send(&action.instructions, &[self.keypair]);
        let executed = outcome.executed();
        self.outcomes.push(outcome);
        executed.map_err(refused)
    }
}

fn refused(refusal: Refusal) -> SendError {
    SendError::Refused { code: refusal.code, message: refusal.to_string() }
}
