//! R1CS builder, gadgets, layers and the compiled witness program.
//!
//! A circuit is built once and solved many times: [`Builder`] collects constraints and, beside them, the
//! instructions that compute each wire; [`Circuit::solve`] runs them for one assignment. Values are
//! [`Bounded`]: integers with an interval that the constraints prove. The one public input is a
//! Poseidon digest of everything that the proof is about, bound by [`Builder::bind_statement`].
//!
//! ```
//! use assay_circuits::layers::{dense, requantize};
//! use assay_circuits::{Assignment, Builder, StatementInput, StatementOutput, Visibility};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut b = Builder::new();
//! let x = b.input("features", 2, 8)?;
//! let weights = dense::Weights { rows: 1, cols: 2, w: vec![3, -5] };
//! let acc = dense::constrain(&mut b, &x, &weights, &[100])?;
//! let y = requantize::constrain(&mut b, &acc, requantize::Requantize::signed(3, 8))?;
//! b.bind_statement(
//!     7u64.into(),
//!     &[StatementInput { values: &x, bits: 8, visibility: Visibility::Public }],
//!     &[StatementOutput { values: &y, bits: 8 }],
//! )?;
//! let circuit = b.finish()?;
//!
//! let inputs = vec![vec![40, -20]];
//! let witness = circuit.solve(&Assignment { inputs, ..Assignment::default() })?;
//! assert_eq!(witness.outputs(), &[vec![(3 * 40 + 5 * 20 + 100 + 4) >> 3]]);
//! assert_eq!(circuit.r1cs.first_violation(&witness), None);
//! # Ok(())
//! # }
//! ```
//!
//! With [`Ranges::Lookup`] the same circuit proves its ranges by lookups. It then has a [`Commitment`],
//! and its witness two phases: [`Circuit::solve`] computes what the commitment binds, and
//! [`Circuit::complete`] what follows from the challenge. See [`gadgets::lookup`].
//!
//! Weights of a model are constants of its circuit, or wires that a commitment of their own fixes, once for many proofs: see
//! [`Weights`].
//!
//! The crate does no I/O and knows neither ONNX nor Solana.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod audit;
mod bounded;
mod builder;
mod case;
pub mod cases;
mod circuit;
mod commitment;
pub mod cost;
mod domain;
mod encoding;
mod error;
mod finish;
mod fractions;
pub mod gadgets;
mod home;
mod input;
mod instruction;
mod integer;
mod kinds;
pub mod layers;
mod linear;
mod lookups;
mod machine;
mod member;
mod permutation;
mod program;
mod r1cs;
pub mod statement;
#[cfg(test)]
mod testing;
pub mod weighted;
mod weights;
pub mod window;
mod witness;

pub use bounded::Bounded;
pub use builder::Builder;
pub use circuit::{Circuit, Stats, domain_size};
pub use commitment::Commitment;
pub use domain::Domain;
pub use error::{BuildError, DecodeError, Missing, SolveError, WeightsError, at, at_mut, gather};
pub use instruction::{Choice, Entries, HashOutput, InputTensor, Instruction, MAX_TENSOR_BITS, Table};
pub use integer::LIMIT_BITS;
pub use kinds::{Kinds, Part};
pub use linear::{Lc, Wire};
pub use lookups::Ranges;
pub use program::WitnessProgram;
pub use r1cs::{Block, Csr, NUM_INSTANCE, R1cs, Violation};
pub use statement::{StatementInput, StatementOutput, Visibility};
pub use weights::{MAX_WEIGHT_BITS, Weight, Weights};
pub use witness::{Assignment, Membership, Witness};
