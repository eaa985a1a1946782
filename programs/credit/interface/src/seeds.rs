//! Seeds of the credit program's addresses. Lists are in the order of `find_program_address`.

/// An issuer: `[ISSUER, authority]`.
pub const ISSUER: &[u8] = b"issuer";
/// The tree of an issuer's epoch: `[TREE, issuer, epoch (u32, little-endian)]`.
pub const TREE: &[u8] = b"tree";
/// A pool: `[POOL, creator, nonce (u64, little-endian)]`. It is the authority of its vault, and the scope of its nullifiers.
pub const POOL: &[u8] = b"pool";
/// Token account that holds a pool's cash: `[VAULT, pool]`.
pub const VAULT: &[u8] = b"vault";
/// A supplier's deposit: `[DEPOSIT, pool, owner]`.
pub const DEPOSIT: &[u8] = b"deposit";
/// A line of credit: `[LINE, pool, nullifier (32 bytes, big-endian)]`. One for each person in a pool, for ever.
pub const LINE: &[u8] = b"line";
