//! Layers of a quantized network. Each file holds the operator's integer meaning (`reference`), the
//! constraints that equal it bit for bit (`constrain`), and their cost.
//!
//! | | layers | constraints |
//! | --- | --- | --- |
//! | linear | [`dense`], [`conv`], [`sparse`] | none, or one a long sum |
//! | rounding | [`requantize`] | range proofs |
//! | of two variables | [`product`], [`quotient`] | one a product; two a bit of the quotient |
//! | choosing | [`max_pool`], [`extremum`], [`argmax`], [`hardmax`], [`top_k`] | a comparison a value |
//! | deciding | [`comparison`], [`logic`], [`selection`], [`magnitude`], [`missing`] | a comparison, or 1 to 3 |
//! | by number | [`index`], [`rows`], [`choice`] | the bits of a number, and a product an entry |
//! | whole numbers | [`whole`], [`modulo`], [`division`] | a division |
//! | functions | [`function`] | a table, or a selection by bits |
//! | of wide arguments | [`wide`], [`logarithm`], [`exponential`], [`interpolated`] | the bits of arguments and results |
//! | trees | [`trees`] | one a threshold and half a branch |
//! | normalizing | [`softmax`], [`log_sum_exp`], [`layer_norm`] | products, one division or root a group |
//! | reducing | [`norm`] | a product a value, perhaps a root |
//!
//! Tensors are row-major, `[channels, height, width]` where there is space. No layer uses floating point: the tables of
//! [`function`] are correctly rounded integers.

use crate::case::{Module, modules};

pub mod argmax;
pub mod choice;
pub mod comparison;
pub mod conv;
pub mod dense;
pub mod division;
pub mod exponential;
pub mod extremum;
pub mod function;
pub mod hardmax;
pub mod index;
pub mod interpolated;
pub mod layer_norm;
pub mod log_sum_exp;
pub mod logarithm;
pub mod logic;
pub mod magnitude;
pub mod max_pool;
pub mod missing;
pub mod modulo;
pub mod norm;
pub mod product;
pub mod quotient;
pub mod requantize;
pub mod rows;
pub mod selection;
pub mod softmax;
pub mod sparse;
pub mod top_k;
pub mod trees;
pub mod whole;
pub mod wide;

pub use crate::window;

/// Every layer with its cases.
pub(crate) const MODULES: &[Module] = modules![
    argmax,
    choice,
    comparison,
    conv,
    dense,
    division,
    exponential,
    extremum,
    function,
    hardmax,
    index,
    interpolated,
    layer_norm,
    log_sum_exp,
    logarithm,
    logic,
    magnitude,
    max_pool,
    missing,
    modulo,
    norm,
    product,
    quotient,
    requantize,
    rows,
    selection,
    softmax,
    sparse,
    top_k,
    trees,
    whole,
    wide
];
