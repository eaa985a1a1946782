//! The registry of operators: one file or folder for each family, with everything that it means: import from ONNX, its
//! meaning in real numbers and in integers, constraints, cost, and its bytes in files.
//!
//! Adding a family is its file and its name in the list below. Importer, refusals, files and `docs/operators.md` follow.

pub(crate) mod family;
pub mod operator;

use std::sync::Arc;

use family::{Encoded, Family, OnnxOperator, Shape};
use operator::IntegerOperator;

use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::Layer;
use crate::onnx::DataType;

/// Declares the families' modules, and lists their entries.
macro_rules! families {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// All families.
        const FAMILIES: &[Family] = &[$($module::FAMILY),*];
    };
}

families! {
    argmax, attention, bitwise, branches, by_index, cast, clip, comparison, constants, conv, conv_transpose, division, einsum, elementwise, extremum, function, fused, hardmax,
    layer_norm, linear, log_sum_exp, logic, loops, masked, missing, ml, modulo, movement, negation, norm, normalization, pool, power, prelu,
    product, quantized, quotient, recurrent, resize, rotary, selection, sequences, sign, softmax, sum, top_k, trees, whole,
}

mod axes;
mod bodies;
mod bounds;
mod broadcast;
mod call;
mod gated;
mod grid;
mod mask;
mod monotone;
mod nearest;
mod reduction;
mod scan;
pub(crate) mod texts;
mod written;

/// The operator of a model file, or `None` where it is not supported.
pub(crate) fn lookup(domain: &str, name: &str) -> Option<&'static OnnxOperator> {
    let mut operators = FAMILIES.iter().flat_map(|family| family.operators);
    operators.find(|operator| (operator.domain, operator.name) == (domain, name))
}

/// The integers of a type of at most 16 bits.
pub(crate) fn narrow_integers(data_type: DataType) -> Option<std::ops::RangeInclusive<i64>> {
    quantized::integers(data_type)
}

/// Refuses layers that compute with infinite numbers: a softmax alone takes masks of them.
pub(crate) fn check_finite(layers: &[Layer]) -> Result<(), Refusal> {
    mask::check(layers)
}

/// The truth values that an input of booleans holds.
pub(crate) fn proven_truth(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    comparison::proven_truth(node, layers, x)
}

/// Reads the integer operator behind a tag.
pub(crate) fn read(
    tag: u8,
    reader: &mut Reader<'_>,
    shape: &Shape<'_>,
) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let mut encoded = FAMILIES.iter().flat_map(|family| family.integers);
    let Encoded { read, .. } = encoded.find(|encoded| encoded.tag == tag).ok_or(ReadError::Step(tag))?;
    read(reader, shape)
}

/// The reference of supported operators, as Markdown: what `docs/operators.md` holds.
pub fn document() -> String {
    let mut page = String::from(HEAD);
    // A family without operators of its own is a part of others.
    let mut families: Vec<&Family> = FAMILIES.iter().filter(|family| !family.operators.is_empty()).collect();
    families.sort_by_key(|family| family.name);
    for family in families {
        page += &format!(
            "\n## {}\n\nCost: {}.\n\n| operator | domain | remarks |\n| --- | --- | --- |\n",
            family.name, family.cost
        );
        for operator in family.operators {
            page += &format!("| {} | {} | {} |\n", operator.name, operator.domain, operator.remarks);
        }
    }
    page
}

/// What stands above the families.
const HEAD: &str = "# Operators

What `assay compile` takes of ONNX, by family. This page is made from the registry of operators
(`prover/compiler/src/operators`); a test compares it, and `ASSAY_LEDGER=write cargo test --release -p assay-compiler
operators` writes it.

Operators on constants cost nothing: they are evaluated when the model is imported.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_and_each_tag_is_there_once() {
        let mut names: Vec<_> =
            FAMILIES.iter().flat_map(|family| family.operators).map(|o| (o.domain, o.name)).collect();
        let mut tags: Vec<u8> = FAMILIES.iter().flat_map(|family| family.integers).map(|e| e.tag).collect();
        let (of_names, of_tags) = (names.len(), tags.len());
        names.sort_unstable();
        names.dedup();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!((names.len(), tags.len()), (of_names, of_tags));
        // 0 and 1 are layers without an operator.
        assert!(tags.iter().all(|&tag| tag > 1));
    }

    #[test]
    fn the_page_of_operators_is_the_registry() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operators.md");
        if std::env::var("ASSAY_LEDGER").is_ok_and(|value| value == "write") {
            std::fs::write(path, document()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), document(), "write it with ASSAY_LEDGER=write");
    }
}
