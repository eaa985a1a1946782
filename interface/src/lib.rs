//! Every byte that applications share, on chain and off, and the framework-free Groth16 verifier.
//!
//! Chain and host must agree on each byte of a statement, a proof, a key, a schema and an account: this crate
//! writes each layout down once. What only one application has stands in that application's interface crate. It is `no_std`, knows no program framework, and builds for the host and for
//! SBPF. Where the runtime has a syscall (Poseidon, SHA-256, the alt_bn128 group) the chain uses it and the
//! host uses the same function in pure Rust; that one module holds all the `unsafe` code.
//!
//! | module | what it fixes |
//! | --- | --- |
//! | [`field`] | elements of BN254's scalar field, canonical by construction |
//! | [`poseidon`] | circomlib's Poseidon, and absorption of longer lists |
//! | [`schema`] | a model's tensors: shape, bits, scales, what may be missing, visibility; its domain tag |
//! | [`scales`] | what integers stand for: binary scales, one of a tensor or one for each position along an axis; or float32 numbers |
//! | [`float32`] | integers that compare as float32 numbers do |
//! | [`missing`] | inputs that may be missing, and the integer that says so |
//! | [`member`] | keys, leaves, nullifiers; the tree that they are in |
//! | [`tag`] | what hashed lists begin with: kind, bits and count |
//! | [`statement`] | packing of integers into limbs, commitments, the digest that a proof is about |
//! | [`groth16`] | proof and key bytes, the key checks, verification |
//! | [`artifact`] | the container of every file on disk |
//! | [`proof_file`] | a proof with its statement, as a file |
//! | [`pda`], [`verifier`] | the registry: seeds, instruction and return data |
//! | [`price`] | a checked price |
//! | [`bytes`] | a reader that stays within its bytes, hexadecimal text |

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod artifact;
pub mod bytes;
pub mod field;
pub mod float32;
pub mod groth16;
pub mod member;
pub mod missing;
pub mod pda;
pub mod poseidon;
pub mod price;
pub mod proof_file;
pub mod scales;
pub mod schema;
pub mod statement;
pub mod tag;
pub mod verifier;

mod packing;
mod syscalls;

pub use syscalls::sha256;
