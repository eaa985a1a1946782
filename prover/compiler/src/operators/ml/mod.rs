//! The operators of `ai.onnx.ml`, but for trees. Each is put together of affine maps, movements and operators of the default
//! domain ([`compose`]): so its integers, constraints and bytes are theirs, and what is said of their exactness holds here.
//!
//! Where the text of ONNX leaves a meaning open, it is onnxruntime's: the second class of a classifier with one row of
//! coefficients, votes of support vector machines, the largest element (not magnitude) of a normalization by `MAX`.

mod compose;
mod encode;
mod features;
pub(super) mod labels;
mod linear;
mod normalizer;
mod post;
mod svm;

use super::family::{Family, Import, OnnxOperator};
use crate::import::domain::ONNX_ML;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Classical models (ai.onnx.ml)",
    cost: "that of the affine maps, comparisons, tables and quotients that they are made of",
    operators: &[
        several(
            "LinearClassifier",
            linear::classifier,
            "labels are integers, of texts the index; without `SOFTMAX_ZERO`",
        ),
        OnnxOperator::ml("LinearRegressor", linear::regressor).folded().remarks("without `SOFTMAX_ZERO`"),
        several("SVMClassifier", svm::classifier, "probabilities of two classes; with support vectors"),
        OnnxOperator::ml("SVMRegressor", svm::regressor).remarks("`post_transform = NONE`"),
        OnnxOperator::ml("Normalizer", normalizer::import),
        OnnxOperator::ml("Binarizer", encode::binarizer),
        OnnxOperator::ml("LabelEncoder", encode::label_encoder)
            .remarks("of integers and texts; texts as results are indices"),
        OnnxOperator::ml("CategoryMapper", encode::category_mapper).remarks("texts as results are indices"),
        OnnxOperator::ml("OneHotEncoder", encode::one_hot).remarks("of integers and texts"),
        OnnxOperator::ml("ArrayFeatureExtractor", features::extractor),
        OnnxOperator::ml("FeatureVectorizer", features::vectorizer),
        OnnxOperator::ml("ZipMap", features::zip_map).remarks("the values, in the order of the labels"),
        OnnxOperator::ml("Imputer", features::imputer)
            .remarks("missing values are those of the model's inputs: free where nothing else reads the input, else 3 constraints each"),
    ],
    integers: &[],
};

/// An operator with several results.
const fn several(
    name: &'static str,
    import: fn(&Node<'_>, &mut Layers) -> Result<Vec<Value>, Refusal>,
    remarks: &'static str,
) -> OnnxOperator {
    OnnxOperator { domain: ONNX_ML, name, import: Import::Several(import), is_folded: false, remarks }
}
