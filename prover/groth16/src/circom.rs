//! circom's and snarkjs' binary files: proving keys (`.zkey`) and witnesses (`.wtns`).
//!
//! Both are sections: magic, version u32, count u32, then for each section its number u32, its length u64, its bytes. Integers
//! are little-endian. Points are affine in Montgomery form, as the engine has them, the identity all zeros.
//!
//! ```text
//! zkey 1: protocol u32 (1 = Groth16)
//!      2: 32 u32, order of Fq | 32 u32, order of Fr | wires u32 | public u32 | domain u32
//!         | alpha G1 | beta G1 | beta G2 | gamma G2 | delta G1 | delta G2
//!      3: IC G1, one and each public wire      4: count u32, then entries of A and B: matrix, row, wire u32, value R^2 32
//!      5: A G1, each wire   6: B G1, each wire   7: B G2, each wire   8: C G1, each private wire   9: H G1, each row
//! wtns 1: 32 u32, order of Fr | wires u32      2: values 32
//! ```
//!
//! The matrices hold the rows `A[n + s] = wire s` of the public wires already, and there is no C: the prover cannot name the
//! constraint that a wrong witness breaks, its proof just does not verify. H is as in our keys (the module `qap`). Reading
//! checks every count, index, coefficient and point, and the verifying key as registration does;
//! [`ValidatedKeys`](crate::ValidatedKeys) remembers that the queries' points were checked, and nothing else. Cost and memory
//! are bounded by the bytes that are there.

mod error;
mod matrices;
mod points;
mod sections;
mod witness;
mod zkey;

pub use error::CircomError;
pub use sections::{Reader, Sections};
pub use witness::read_wtns;
pub use zkey::Zkey;
