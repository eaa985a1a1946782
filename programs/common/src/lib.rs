//! What Assay's programs share that needs their framework; what needs none is in `interface`.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

pub mod bounded;
