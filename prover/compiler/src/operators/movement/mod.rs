//! Operators that move elements and compute nothing: maps of indices, which cost no constraint. They move numbers,
//! constant strings and text alike.

mod axes;
mod blocks;
mod concat;
mod gather;
mod moves;
mod pad;
mod repeat;
mod reshape;
mod scatter;
mod slice;
mod split;
mod transpose;

use super::family::{Family, OnnxOperator};

/// What reading by other than constant indices costs.
const BY_INDEX: &str = "by indices that are not constant the bits of each, and a product for each row of a table, or each value";

/// What writing at other than constant indices takes and costs.
const SCATTERED: &str = "`reduction` costs what the operator of its name does; by indices that are not constant, and not negative, an equality \
                         and a product for each pair of a place and an update, without `reduction`";

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Movements of elements",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("Compress", gather::compress).remarks("the condition is constant"),
        OnnxOperator::onnx("Concat", concat::concat),
        OnnxOperator::onnx("DepthToSpace", blocks::depth_to_space),
        OnnxOperator::several("Dropout", reshape::dropout).remarks("as in inference: nothing is dropped"),
        OnnxOperator::onnx("Expand", repeat::expand).remarks("the shape is constant"),
        OnnxOperator::onnx("Flatten", reshape::flatten),
        OnnxOperator::onnx("Gather", gather::gather).remarks(BY_INDEX),
        OnnxOperator::onnx("GatherElements", gather::gather_elements).remarks(BY_INDEX),
        OnnxOperator::onnx("GatherND", gather::gather_nd).remarks(BY_INDEX),
        OnnxOperator::onnx("Identity", reshape::identity),
        OnnxOperator::onnx("Pad", pad::pad).remarks("pads, axes and value are constant"),
        OnnxOperator::onnx("Reshape", reshape::reshape).remarks("the shape is constant"),
        OnnxOperator::onnx("ReverseSequence", transpose::reverse_sequence).remarks("the lengths are constant"),
        OnnxOperator::onnx("Scatter", scatter::elements).remarks(SCATTERED),
        OnnxOperator::onnx("ScatterElements", scatter::elements).remarks(SCATTERED),
        OnnxOperator::onnx("ScatterND", scatter::nd)
            .remarks("the indices are constant; `reduction` costs what the operator of its name does"),
        OnnxOperator::onnx("Slice", slice::slice).remarks("starts, ends, axes and steps are constant"),
        OnnxOperator::onnx("SpaceToDepth", blocks::space_to_depth),
        OnnxOperator::several("Split", split::split).remarks("the sizes are constant"),
        OnnxOperator::onnx("Squeeze", reshape::squeeze),
        OnnxOperator::onnx("Tile", repeat::tile).remarks("the repeats are constant"),
        OnnxOperator::onnx("Transpose", transpose::transpose),
        OnnxOperator::onnx("Trilu", repeat::trilu).remarks("`k` is constant"),
        OnnxOperator::onnx("Unsqueeze", reshape::unsqueeze),
    ],
    integers: &[],
};
