//! Proofs on chains with the Ethereum virtual machine: a verifying key as a Solidity contract, proofs as calldata.
//!
//! The contract makes the checks of [`assay_interface::groth16::verify`], on the same bytes: the precompiled contracts of EIP-196 and
//! EIP-197 read points as the interface writes them, and SHA-256, which gives challenge and fold factor, is one of them too. With the model's
//! schema it also computes a statement's digest, so that whoever calls it can act on the statement's values.
//!
//! `tests/evm` compiles contracts and runs them in a virtual machine.

mod calldata;
mod contract;
mod poseidon;

pub use calldata::{verify_calldata, verify_statement_calldata};
pub use contract::{Contract, ContractError, is_contract_name, key_hash_line};
pub use poseidon::MOST_ELEMENTS;
