//! Groth16 over BN254: keys, development setup, prove, verify.
