//! Seeds of the feed program's addresses. Lists are in the order of `find_program_address`.

/// Source: `[SOURCE, kind (one byte), pinned account]`.
pub const SOURCE: &[u8] = b"source";
/// Feed: `[FEED, creator, nonce (u64, little-endian)]`.
pub const FEED: &[u8] = b"feed";
/// Round of a feed: `[ROUND, feed, minute (u32, little-endian)]`.
pub const ROUND: &[u8] = b"round";
