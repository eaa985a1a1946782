//! What Assay's programs share that needs their framework, and the rules of a pool of loans, which two programs have; what
//! needs neither is in `interface`.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`bounded`] | lists in instructions whose claimed length is bounded |
//! | [`math`] | shares, indices, interest, with their rounding directions |
//! | [`exit`] | how long suppliers were free to leave |
//! | [`pause`] | pause levels, and a halt that ends by itself |
//! | [`timelock`] | when a proposal may be carried out |
//! | [`rules`] | why one of these refuses |

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

pub mod bounded;
pub mod exit;
pub mod math;
pub mod pause;
pub mod rules;
pub mod timelock;
