//! Seeds of the program-derived addresses. Lists are in the order of `find_program_address`.

/// Addresses of the verifier program.
pub mod verifier {
    /// Model: `[MODEL, authority, model id]`, see [`crate::verifier::model_id`].
    pub const MODEL: &[u8] = b"model";
    /// Receipt: `[RECEIPT, model address, digest (32 bytes)]`: one for a statement, so it cannot be written twice.
    pub const RECEIPT: &[u8] = b"receipt";
}

/// Addresses of the lending program.
pub mod lending {
    /// Market: `[MARKET, creator, collateral mint, debt mint]`. It is the authority of its vaults.
    pub const MARKET: &[u8] = b"market";
    /// Hourly closes of a market's collateral: `[HISTORY, market]`.
    pub const HISTORY: &[u8] = b"history";
    /// Token account that holds a market's collateral: `[COLLATERAL_VAULT, market]`.
    pub const COLLATERAL_VAULT: &[u8] = b"collateral-vault";
    /// Token account that holds a market's lendable tokens: `[LIQUIDITY_VAULT, market]`.
    pub const LIQUIDITY_VAULT: &[u8] = b"liquidity-vault";
    /// A borrower's position: `[POSITION, market, owner]`.
    pub const POSITION: &[u8] = b"position";
    /// A lender's deposit: `[DEPOSIT, market, owner]`.
    pub const DEPOSIT: &[u8] = b"deposit";
    /// The features of a position at one time: `[SNAPSHOT, position]`.
    pub const SNAPSHOT: &[u8] = b"snapshot";
}
