//! Measurements: what a model costs on this machine, and what the machine is.
//!
//! Each run draws its own input from the model's domain, so that no run profits from the last one. A time is the median
//! over all runs, beside it the least, the greatest and the median absolute deviation (MAD).

pub mod corpus;
pub mod machine;
pub mod measure;
pub mod series;
