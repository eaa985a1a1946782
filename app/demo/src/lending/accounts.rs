//! Mints, price sources, and who has which token accounts.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use assay_lending_host::PriceAccounts;

/// Mints and price sources, shared by the markets.
#[derive(Clone, Copy, Debug)]
pub struct Assets {
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint of the debt asset.
    pub debt_mint: Address,
    /// The price sources.
    pub prices: PriceAccounts,
}

/// A party: a key and its two token accounts.
#[derive(Debug)]
pub struct Party {
    /// Key.
    pub keypair: Keypair,
    /// Collateral tokens.
    pub collateral_account: Address,
    /// Debt tokens.
    pub debt_account: Address,
}

impl Party {
    /// The key's address.
    pub fn address(&self) -> Address {
        self.keypair.pubkey()
    }
}
