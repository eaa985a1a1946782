//! An in-process Solana runtime with Assay's programs deployed.
