//! Seeds of the feed program's addresses. Lists are in the order of `find_program_address`.

/// Source: `[SOURCE, kind (one byte), pinned account]`.
pub const SOURCE: &[u8] = b"source";
