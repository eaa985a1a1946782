//! For programs that act on a proof: one call of Assay's verifier, with every check that its answer needs.
//!
//! ```ignore
//! /// The score of the model, as its schema packs it: one value of 16 bits, after one limb of inputs.
//! const SCORE: Tensor<1> = Tensor::at(1, 16);
//!
//! let expect = Expect { model: &state.model, key: Key::OfModel, domain: &DOMAIN, setups: Setups::CEREMONY };
//! let claim = Claim { proof: &args.proof, context: &context, limbs: &args.limbs };
//! let proven = assay_cpi::verify(model_account, &claim, &expect)?;
//! let [score] = proven.values(&SCORE)?;
//! ```
//!
//! # What a successful call says
//!
//! The verifier program at [`VERIFIER`], and no other, checked that the model at the address `expect.model` gives, in
//! `claim.context`, the outputs among `claim.limbs` for the inputs among them. The model's key and domain are those that
//! were expected, and its key was made in a way that is accepted. A [`Proven`] exists only after all of that.
//!
//! [`record`] says the same and leaves a receipt, or finds one and saves the pairing. Before a program takes up a model it may
//! ask for more: that nobody can stop it ([`require_immutable`]), that people whom it trusts attested its ceremony
//! ([`require_attested`]); and it may follow a series of models instead of pinning one ([`Choice`]).
//!
//! [`verify_batch`] asks for several statements at once, for about a quarter of the cost each.
//!
//! # What stays the caller's
//!
//! - **Context**: 32 bytes that say what this proof is for. The program derives it from its own state, a nonce among it that
//!   the action changes: proofs are malleable, so one that was used is stopped by the changed nonce only.
//! - **Inputs**: limbs that the program packs itself ([`Tensor::pack`]), or compares with what it knows, or that it does not
//!   care about. The proof says that the outputs follow from the inputs, not where these come from.
//! - **Time**: a proof does not age. What it was made from must carry a time.
//! - **The rule** on the outputs.
//!
//! # Cost
//!
//! About 1,000 compute units beside those of the verifier (82,000, with a commitment 109,000) and of the call itself; no
//! allocation but the call's data. `no_std`; the features `pinocchio` and `solana-program` bring the two kinds of accounts
//! that the frameworks have, and any other implements [`Account`].

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

mod account;
mod batch;
mod error;
mod expect;
mod proven;
mod runtime;
mod tensor;
mod trust;
mod verify;

#[cfg(feature = "solana-program")]
mod account_info;
#[cfg(feature = "pinocchio")]
mod account_view;

pub use account::{Account, Role};
pub use assay_interface::field::Scalar;
pub use assay_interface::groth16::SetupKind;
pub use assay_interface::sha256;
pub use assay_interface::verifier::{ModelFacts, Series, Status};
pub use batch::{BatchClaim, digest, verify_batch};
pub use error::CpiError;
pub use expect::{Expect, Key, Setups};
pub use proven::{Claim, Proven};
pub use runtime::ReturnData;
pub use tensor::Tensor;
pub use trust::{Choice, model_facts, require_attested, require_immutable, series_facts};
pub use verify::{RecordAccounts, record, verify};

/// Address of the verifier program.
pub const VERIFIER: [u8; 32] = five8_const::decode_32_const("AVr5RWTqtrW1qMaUQ9B6LqbGBP2LQ4gvtpxgHugwPkzN");
