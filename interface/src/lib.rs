//! Every byte that chain and host share, and the framework-free Groth16 verifier.
