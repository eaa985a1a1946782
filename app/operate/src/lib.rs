//! What programs that run for days share: [`config`] reads their files, [`metrics`] shows what they do.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
pub mod metrics;
