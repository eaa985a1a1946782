//! The on-chain model registry and proof verifier.
