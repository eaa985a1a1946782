//! Layers of a quantized network. Each file holds the operator's integer meaning (`reference`), the
//! constraints that equal it bit for bit (`constrain`), and their cost.
//!
//! | | layers | constraints |
//! | --- | --- | --- |
//! | linear | [`dense`], [`conv`], [`sparse`] | none, or one a long sum |
//! | rounding | [`requantize`] | range proofs |
//! | choosing | [`max_pool`], [`argmax`] | a comparison a value |
//! | functions | [`function`] | a table, or a selection by bits |
//! | trees | [`trees`] | one a threshold and half a branch |
//! | normalizing | [`softmax`], [`log_sum_exp`], [`layer_norm`] | products, one division or root a group |
//! | reducing | [`norm`] | a product a value, perhaps a root |
//!
//! Tensors are row-major, `[channels, height, width]` where there is space. No layer uses floating point: the tables of
//! [`function`] are correctly rounded integers.

use crate::case::{Module, modules};

pub mod argmax;
pub mod conv;
pub mod dense;
pub mod function;
pub mod layer_norm;
pub mod log_sum_exp;
pub mod max_pool;
pub mod norm;
pub mod requantize;
pub mod softmax;
pub mod sparse;
pub mod trees;

pub use crate::window;

/// Every layer with its cases.
pub(crate) const MODULES: &[Module] = modules![
    argmax,
    conv,
    dense,
    function,
    layer_norm,
    log_sum_exp,
    max_pool,
    norm,
    requantize,
    softmax,
    sparse,
    trees
];
