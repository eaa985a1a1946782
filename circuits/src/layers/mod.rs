//! Layers of a quantized network. Each file holds the operator's integer meaning (`reference`), the
//! constraints that equal it bit for bit (`constrain`), and their cost.
//!
//! | | layers | constraints |
//! | --- | --- | --- |
//! | linear | [`dense`], [`conv`], [`add`], sums of [`average_pool`], [`shape`] | none, or one a long sum |
//! | rounding | [`requantize`], [`clip`], [`relu`], [`leaky_relu`], [`average_pool`] | range proofs |
//! | choosing | [`max_pool`], [`argmax`], [`threshold`] | a comparison a value |
//! | functions | [`function`] | a table, or a selection by bits |
//! | normalizing | [`softmax`], [`layer_norm`] | products, one division or root a group |
//!
//! Tensors are row-major, `[channels, height, width]` where there is space. No layer uses floating point: the tables of
//! [`function`] are correctly rounded integers.

pub mod add;
pub mod argmax;
pub mod average_pool;
pub mod clip;
pub mod conv;
pub mod dense;
pub mod function;
pub mod layer_norm;
pub mod leaky_relu;
pub mod max_pool;
pub mod relu;
pub mod requantize;
pub mod shape;
pub mod softmax;
pub mod sparse;
pub mod threshold;
pub mod window;
