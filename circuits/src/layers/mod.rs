//! Layers of a quantized network. Each file holds the operator's integer meaning (`reference`), the
//! constraints that equal it bit for bit (`constrain`), and their cost.

pub mod argmax;
pub mod clip;
pub mod dense;
pub mod relu;
pub mod requantize;
pub mod threshold;
