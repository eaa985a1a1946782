//! What stands in the cluster when it starts, and where.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use solana_account::Account;
use solana_program_option::COption;
use solana_program_pack::Pack;
use solana_pubkey::{Pubkey, pubkey};
use spl_token_interface::state::{Account as TokenAccount, AccountState, Mint};

use crate::prices::{ASSETS, Asset};

const SYSTEM_PROGRAM: Pubkey = pubkey!("11111111111111111111111111111111");
const TOKEN_PROGRAM: Pubkey = spl_token_interface::ID;
const ASSOCIATED_TOKEN_PROGRAM: Pubkey = pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// Whole tokens of each test mint in the wallet.
pub const TOKENS: u64 = 1_000_000;

/// A program to deploy.
pub struct Program {
    /// Its library's name, `assay_verifier`.
    pub library: String,
    /// Its address.
    pub id: Pubkey,
    /// Its bytecode.
    pub bytes: Vec<u8>,
}

/// The programs that `Anchor.toml` names for a local cluster, from `programs/bin`.
pub fn programs(repository: &Path) -> Result<Vec<Program>> {
    let manifest = repository.join("Anchor.toml");
    let text = std::fs::read_to_string(&manifest).with_context(|| {
        format!("cannot read {}: run `cargo xtask localnet` in the repository", manifest.display())
    })?;
    let value: toml::Value =
        toml::from_str(&text).with_context(|| format!("{} is not valid", manifest.display()))?;
    let table = value
        .get("programs")
        .and_then(|programs| programs.get("localnet")?.as_table())
        .with_context(|| format!("{} has no table [programs.localnet]", manifest.display()))?;
    let mut programs = Vec::new();
    for (library, id) in table {
        let id = id.as_str().and_then(|id| id.parse().ok());
        let id = id.with_context(|| format!("{}: {library} has no address", manifest.display()))?;
        let file = repository.join("programs/bin").join(format!("{library}.so"));
        let bytes = std::fs::read(&file).with_context(|| {
            format!("cannot read {}: `cargo xtask build` makes it from the sources", file.display())
        })?;
        programs.push(Program { library: library.clone(), id, bytes });
    }
    ensure!(!programs.is_empty(), "{} names no program under [programs.localnet]", manifest.display());
    Ok(programs)
}

/// Address of an asset's test mint: the same on every cluster.
pub fn mint_address(asset: &Asset) -> Pubkey {
    Pubkey::find_program_address(&[b"assay test mint", asset.name.as_bytes()], &TOKEN_PROGRAM).0
}

/// Where wallets keep a mint's tokens.
pub fn token_address(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), TOKEN_PROGRAM.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// The test mints, which `wallet` may mint, and its account with [`TOKENS`] of each.
pub fn tokens(wallet: &Pubkey) -> Result<Vec<(Pubkey, Account)>> {
    let mut accounts = Vec::new();
    for asset in &ASSETS {
        let address = mint_address(asset);
        let amount = TOKENS.checked_mul(10_u64.pow(asset.decimals.into())).context("too many tokens")?;
        let mint = Mint {
            mint_authority: COption::Some(*wallet),
            supply: amount,
            decimals: asset.decimals,
            is_initialized: true,
            freeze_authority: COption::None,
        };
        let held = TokenAccount {
            mint: address,
            owner: *wallet,
            amount,
            state: AccountState::Initialized,
            ..Default::default()
        };
        accounts.push((address, packed(&mint)));
        accounts.push((token_address(wallet, &address), packed(&held)));
    }
    Ok(accounts)
}

fn packed<T: Pack>(state: &T) -> Account {
    let mut data = vec![0; T::LEN];
    state.pack_into_slice(&mut data);
    owned(TOKEN_PROGRAM, data)
}

/// An account of a program's, with the lamports that keep it alive.
pub fn owned(owner: Pubkey, data: Vec<u8>) -> Account {
    Account { lamports: rent(data.len()), data, owner, executable: false, rent_epoch: u64::MAX }
}

/// An account of somebody's, with lamports and nothing else.
pub fn purse(lamports: u64) -> Account {
    Account { lamports, data: Vec::new(), owner: SYSTEM_PROGRAM, executable: false, rent_epoch: u64::MAX }
}

/// Lamports that keep `bytes` alive: two years of 3,480 for each byte, and 128 bytes of overhead.
pub fn rent(bytes: usize) -> u64 {
    (128 + bytes as u64).saturating_mul(2 * 3_480)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositorys_programs_are_found() {
        let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let programs = programs(repository).unwrap();
        assert_eq!(programs.len(), 5);
        assert!(programs.iter().all(|program| program.bytes.starts_with(b"\x7fELF")));
    }

    #[test]
    fn rent_is_mainnets() {
        assert_eq!((rent(0), rent(82), rent(165)), (890_880, 1_461_600, 2_039_280));
    }

    #[test]
    fn tokens_lie_where_wallets_look() {
        let owner = pubkey!("11111111111111111111111111111112");
        let mint = mint_address(&ASSETS[1]);
        let accounts = tokens(&owner).unwrap();
        assert_eq!(accounts.len(), 8);
        let held = accounts.iter().find(|(address, _)| *address == token_address(&owner, &mint)).unwrap();
        let held = TokenAccount::unpack(&held.1.data).unwrap();
        assert_eq!((held.mint, held.owner, held.amount), (mint, owner, 1_000_000_000_000));
    }
}
