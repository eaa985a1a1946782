//! Seeds of the lending program's addresses. Lists are in the order of `find_program_address`.

/// Market: `[MARKET, creator, collateral mint, debt mint]`. It is the authority of its vaults.
pub const MARKET: &[u8] = b"market";
/// Token account that holds a market's collateral: `[COLLATERAL_VAULT, market]`.
pub const COLLATERAL_VAULT: &[u8] = b"collateral-vault";
/// Token account that holds a market's lendable tokens: `[LIQUIDITY_VAULT, market]`.
pub const LIQUIDITY_VAULT: &[u8] = b"liquidity-vault";
/// A borrower's position: `[POSITION, market, owner]`.
pub const POSITION: &[u8] = b"position";
/// A lender's deposit: `[DEPOSIT, market, owner]`.
pub const DEPOSIT: &[u8] = b"deposit";
/// The features of a position at one final minute: `[SNAPSHOT, position, epoch: u32, revision: u32]`, little-endian.
pub const SNAPSHOT: &[u8] = b"snapshot";
