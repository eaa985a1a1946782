//! The statement's formats, stated once: program, hosts, compiler options and tests take them from here.

/// Depth of an issuer's tree: 2^20 people an epoch.
pub const DEPTH: usize = 20;

/// Latest roots of a tree that proofs may be for: who appends while somebody proves does not spoil the proof until it has
/// appended so many.
pub const ROOTS: usize = 64;

/// Tiers: 0 is the riskiest. Few, so that a tier says little of the numbers behind it.
pub const TIERS: usize = 4;

/// Bits of the model's one output, a signed integer of scale 0: the tier, by `ArgMax`.
pub const TIER_BITS: u8 = 3;

/// Bits of each of the borrower's numbers, signed integers of scale 0.
pub const APPLICANT_BITS: u8 = 5;

/// The borrower's numbers.
pub const APPLICANT_VALUES: usize = 20;
