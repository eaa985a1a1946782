//! The key that pays.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use solana_keypair::{Keypair, read_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer as _;

/// A key file and its address.
pub struct Wallet {
    /// Where it lies.
    pub file: PathBuf,
    /// Its address.
    pub address: Pubkey,
}

/// The given key file; or that of Solana's command line, where there is one; or the repository's, which everybody has.
pub fn find(given: Option<&Path>, repository: &Path) -> Result<Wallet> {
    let usual = std::env::home_dir().map(|home| home.join(".config/solana/id.json"));
    let file = match (given, usual) {
        (Some(given), _) => given.to_path_buf(),
        (None, Some(usual)) if usual.is_file() => usual,
        (None, _) => repository.join("tools/cluster/test-only-wallet.json"),
    };
    let keypair: Keypair = read_keypair_file(&file)
        .map_err(|error| anyhow!("{} is no key file of Solana's: {error}", file.display()))?;
    let file = std::fs::canonicalize(&file).unwrap_or(file);
    Ok(Wallet { file, address: keypair.pubkey() })
}
