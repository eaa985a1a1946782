//! What a round's proof is bound to, and how published prices are chained.
//!
//! ```text
//! context = SHA-256("assay:feed:round:v1\0" || program || feed || round || minute u32 || prover)
//! chain'  = SHA-256("assay:feed:chain:v1\0" || chain || digest || minute u32 || price u64 || status u8)
//! ```
//!
//! The round's address is that of feed and minute already; both stand in the context all the same, so that no reader has to know
//! how addresses are made. The prover is part of it as in every context of the project: a copied proof is the copier's to
//! verify, not to send.

use assay_interface::sha256;

/// A round, and who proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundId {
    /// The feed program.
    pub program: [u8; 32],
    /// The feed.
    pub feed: [u8; 32],
    /// The round's account.
    pub round: [u8; 32],
    /// Unix seconds / 60.
    pub minute: u32,
    /// Who signs.
    pub prover: [u8; 32],
}

/// The context of a round's statement.
pub fn context(round: &RoundId) -> [u8; 32] {
    let RoundId { program, feed, round, minute, prover } = round;
    sha256(&[b"assay:feed:round:v1\0", program, feed, round, &minute.to_le_bytes(), prover])
}

/// A published price, as the feed's chain holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Digest of the statement that was proven; zero for a price of the fallback.
    pub digest: [u8; 32],
    /// Unix seconds / 60.
    pub minute: u32,
    /// The price, 1e-8 USD.
    pub price: u64,
    /// A status of the header.
    pub status: u8,
}

/// The next link of a feed's chain.
pub fn link(chain: &[u8; 32], published: &Published) -> [u8; 32] {
    let Published { digest, minute, price, status } = published;
    let (minute, price) = (minute.to_le_bytes(), price.to_le_bytes());
    sha256(&[b"assay:feed:chain:v1\0", chain, digest, &minute, &price, &[*status]])
}
