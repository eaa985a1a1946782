//! BN254 arithmetic for the prover: fields, transforms, and sums of scaled points.
//!
//! Every operation exists more than once. The *portable* path computes with arkworks' types and runs everywhere. The *IFMA*
//! path computes eight field elements at once with the 52-bit multiply-add instructions of AVX-512, on processors that have
//! them; the *AVX2* path adds points likewise where only those are, with 32-bit products, and leaves the rest to the portable
//! one. [`Backend`] says which; [`Backend::detect`] chooses at run time. All return the same bits.
//!
//! Field elements cross this crate's boundary as arkworks' `Fr` and `Fq`, and points as [`G1Point`] and [`G2Point`]: plain
//! bytes that a file can hold and a memory map can lend.
//!
//! Not constant-time: time and memory access depend on the values, as in every prover of this kind. Run it where nobody
//! measures.

#![warn(missing_docs)]

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions; each block states why the processor has them")]
mod avx2;
mod backend;
mod curve;
pub mod fixed_base;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions; each block states why the processor has them")]
mod ifma;
#[allow(unsafe_code, reason = "a memory map is unsafe to make; the block argues about foreign writers")]
mod map;
#[doc(hidden)]
pub mod measure;
pub mod msm;
mod ntt;
mod pages;
mod points;
#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "vector kernels write into memory that they read from; each block argues about bounds"
)]
mod vector;
pub mod vectors;

pub use backend::{Backend, BackendError, VARIABLE};
pub use curve::{Point, Sum, Sums, add_each, multiply_all, multiply_each, subtract_each};
pub use map::MappedFile;
pub use ntt::{Domain, DomainError};
pub use pages::Pages;
pub use points::{G1Point, G2Point, PointError};
