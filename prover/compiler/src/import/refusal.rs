//! Why a model is refused. Import collects every refusal before it fails, so that one run names everything
//! that has to change in the model.

use std::fmt;

use assay_interface::schema::MAX_TENSORS;

use super::names::{fewer_inputs, names, or_none};
use super::prepare::problem::ExternalProblem;
use crate::budget::OverBudget;
use crate::internal::InternalError;

/// A tensor's dimensions, displayed as `[1, 16]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub Vec<usize>);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Shape(dims.to_vec())
    }
}

/// A node as messages name it: its own name, or its first output where the exporter left the name empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeName {
    /// The node's name, or `→ output` where it has none.
    pub name: String,
    /// Operator type, such as `Gemm`.
    pub operator: String,
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node '{}' ({})", self.name, self.operator)
    }
}

/// Import failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The bytes are no protobuf `ModelProto`.
    #[error("not an ONNX model: {0}")]
    NotOnnx(String),
    /// The protobuf message has no graph.
    #[error("the ONNX file holds no graph")]
    NoGraph,
    /// Everything in the model that cannot be compiled.
    #[error("the model cannot be compiled, {} found:{}", count(.0.len()), list(.0))]
    Refused(Vec<Refusal>),
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".into() } else { format!("{problems} problems") }
}

fn list(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("\n  - {refusal}")).collect()
}

/// One thing in the model that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An operator outside the supported set.
    #[error("{node}: operator {operator} of domain '{domain}' is not supported", operator = .node.operator)]
    Operator {
        /// The node.
        node: NodeName,
        /// ONNX operator domain; the default domain is spelled `ai.onnx`.
        domain: String,
    },
    /// A weight that is NaN or infinite.
    #[error("tensor '{tensor}' holds {value} at index {index} ({count} such values)")]
    Weight {
        /// Initializer or constant.
        tensor: String,
        /// First offending element.
        index: Shape,
        /// `NaN`, `inf` or `-inf`.
        value: String,
        /// Number of such elements.
        count: usize,
    },
    /// An input dimension without a fixed size, other than a batch dimension.
    #[error(
        "input '{input}': dimension {dimension} is free ({label}), and a circuit has one size: give it one \
         (--shape {name}=SIZE), or export the model with static shapes; only a free first dimension is taken as 1"
    )]
    DynamicDimension {
        /// Graph input.
        input: String,
        /// Position of the dimension.
        dimension: usize,
        /// Symbol, or value, that stands in the file.
        label: String,
        /// Name of the dimension for [`Options::shapes`](crate::Options::shapes).
        name: String,
    },
    /// A size for a dimension that has another one.
    #[error(
        "input '{input}': dimension {dimension} is {fixed}, and is to be {asked}: only free dimensions take a size"
    )]
    FixedDimension {
        /// Graph input.
        input: String,
        /// Position of the dimension.
        dimension: usize,
        /// Its size in the file.
        fixed: i64,
        /// The size asked for.
        asked: usize,
    },
    /// A size for a dimension that does not exist.
    #[error("no dimension is called '{name}'; free ones: {}", or_none(.free))]
    UnknownDimension {
        /// Name that was given.
        name: String,
        /// Names of the free dimensions that have no size yet.
        free: Vec<String>,
    },
    /// An output was asked for that does not exist.
    #[error("no tensor is called '{name}'; the model's outputs: {}", or_none(.outputs))]
    UnknownOutput {
        /// Name that was given.
        name: String,
        /// The model's outputs.
        outputs: Vec<String>,
    },
    /// Nodes that know different values of one text, where other values are refused.
    #[error(
        "{node}: refuses values of a text that another node knows: export the model with the same categories for both, or \
         with unknown ones handled"
    )]
    CategoriesDiffer {
        /// The node that refuses.
        node: NodeName,
    },
    /// A function of the file that calls itself.
    #[error("{node}: function {operator} of the file calls itself", operator = .node.operator)]
    RecursiveFunction {
        /// The node that calls it again.
        node: NodeName,
    },
    /// A function of the file that imports another version of an operator set than the model.
    #[error(
        "function '{function}' of the file uses operator set '{domain}' version {version}, and the model version {model}: \
         export the model with one version"
    )]
    FunctionOpset {
        /// The function.
        function: String,
        /// Domain; the default domain is spelled `ai.onnx`.
        domain: String,
        /// Version that the function imports.
        version: i64,
        /// Version that the model, or another function, imports.
        model: i64,
    },
    /// An input without shape information.
    #[error("input '{input}' declares no shape: export the model with static shapes")]
    InputShape {
        /// Graph input.
        input: String,
    },
    /// An input that is not a tensor of numbers.
    #[error(
        "input '{input}' has element type {data_type}: tensors of floats, integers and bool are supported"
    )]
    InputType {
        /// Graph input.
        input: String,
        /// ONNX data type.
        data_type: String,
    },
    /// A parameter (shape, axes, bounds, statistics) that must be a constant.
    #[error("{node}: '{operand}' must be a constant")]
    NonConstantParameter {
        /// The node.
        node: NodeName,
        /// Tensor name.
        operand: String,
    },
    /// A tensor that no node, input or initializer makes.
    #[error("{node}: input tensor '{tensor}' is made by no node, input or initializer")]
    MissingTensor {
        /// The node that reads it.
        node: NodeName,
        /// Tensor name.
        tensor: String,
    },
    /// A graph output that nothing makes.
    #[error("graph output '{output}' is made by no node, input or initializer")]
    UnconnectedOutput {
        /// Graph output.
        output: String,
    },
    /// A graph output that does not depend on any input.
    #[error(
        "graph output '{output}' is a constant: it depends on no input; leave it out (--output NAME, once for each other)"
    )]
    ConstantOutput {
        /// Graph output.
        output: String,
    },
    /// A graph without inputs.
    #[error("the graph has no inputs")]
    NoInputs,
    /// A graph without outputs.
    #[error("the graph has no outputs")]
    NoOutputs,
    /// A name that is given twice.
    #[error("tensor '{tensor}' is defined more than once")]
    Redefined {
        /// Tensor name.
        tensor: String,
    },
    /// Nodes that wait for each other.
    #[error("the graph has a cycle through {}", join(.nodes))]
    Cycle {
        /// The nodes that are on a cycle or behind one.
        nodes: Vec<NodeName>,
    },
    /// Elements in another file that cannot be had.
    #[error("tensor '{tensor}' {problem}")]
    ExternalData {
        /// Tensor name.
        tensor: String,
        /// Why.
        problem: ExternalProblem,
    },
    /// A sparse initializer that contradicts itself.
    #[error(
        "tensor '{tensor}' is stored sparse, and its values, indices and shape do not fit: save it dense"
    )]
    Sparse {
        /// Tensor name.
        tensor: String,
    },
    /// A constant of an element type that no supported operator takes.
    #[error("tensor '{tensor}' has element type {data_type}: floats, integers, bool and text are supported")]
    TensorType {
        /// Tensor name.
        tensor: String,
        /// ONNX data type.
        data_type: String,
    },
    /// A constant whose data does not fill its shape.
    #[error("tensor '{tensor}' of shape {dims:?} holds {found} elements")]
    TensorLength {
        /// Tensor name.
        tensor: String,
        /// Dimensions as the file has them.
        dims: Vec<i64>,
        /// Elements found.
        found: usize,
    },
    /// More inputs than a statement holds, once columns are joined.
    #[error(
        "the model has {count} inputs{}, and a statement holds {MAX_TENSORS}: {}",
        if *.joined == 0 { String::new() } else { format!(", {left} after {joined} of them were joined") },
        fewer_inputs(.wide, .apart)
    )]
    TooManyInputs {
        /// Inputs of the file.
        count: usize,
        /// Those that were joined with others.
        joined: usize,
        /// Inputs after that.
        left: usize,
        /// Inputs of several values a row.
        wide: Vec<String>,
        /// Inputs that are committed to or members.
        apart: Vec<String>,
    },
    /// More outputs than a statement holds.
    #[error(
        "the model has {} outputs, and a statement holds {MAX_TENSORS}: choose some (--output NAME, once for each) of {}",
        .outputs.len(), names(.outputs)
    )]
    TooManyOutputs {
        /// Their names.
        outputs: Vec<String>,
    },
    /// No version, or an unsupported version, of an operator set.
    #[error("operator set '{domain}' version {version} is not supported: versions {lowest} to {highest} are")]
    Opset {
        /// Domain; the default domain is spelled `ai.onnx`.
        domain: String,
        /// Version the model imports.
        version: i64,
        /// Lowest supported version.
        lowest: i64,
        /// Highest supported version.
        highest: i64,
    },
    /// The operator set of a node's domain is not imported.
    #[error("the model imports no version of operator set '{domain}'")]
    MissingOpset {
        /// Domain; the default domain is spelled `ai.onnx`.
        domain: String,
    },
    /// Operands whose shapes do not go together.
    #[error("{node}: shapes {left} and {right} do not fit")]
    ShapeMismatch {
        /// The node.
        node: NodeName,
        /// First operand.
        left: Shape,
        /// Second operand.
        right: Shape,
    },
    /// An operand of a rank the operator is not supported for.
    #[error("{node}: operand of shape {shape} has rank {}, allowed: {allowed}", .shape.0.len())]
    Rank {
        /// The node.
        node: NodeName,
        /// The operand's shape.
        shape: Shape,
        /// Allowed ranks, in words.
        allowed: &'static str,
    },
    /// A reshape that changes the number of elements.
    #[error("{node}: cannot reshape {from} to {to:?}")]
    Reshape {
        /// The node.
        node: NodeName,
        /// Operand's shape.
        from: Shape,
        /// Target, with its 0 and -1 entries.
        to: Vec<i64>,
    },
    /// An axis outside the operand's rank.
    #[error("{node}: axis {axis} is outside shape {shape}")]
    Axis {
        /// The node.
        node: NodeName,
        /// The axis.
        axis: i64,
        /// Operand's shape.
        shape: Shape,
    },
    /// A constant index outside an axis.
    #[error("{node}: index {index} is outside an axis of {size}")]
    Index {
        /// The node.
        node: NodeName,
        /// The index.
        index: i64,
        /// Length of the axis.
        size: usize,
    },
    /// An attribute with a missing or unsupported value.
    #[error("{node}: attribute {attribute} = {value} is not supported, allowed: {allowed}")]
    Attribute {
        /// The node.
        node: NodeName,
        /// Attribute name.
        attribute: &'static str,
        /// Value found, or `absent`.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Too few or too many operands or results.
    #[error("{node}: has {found} {what}, allowed: {allowed}")]
    Arity {
        /// The node.
        node: NodeName,
        /// `inputs` or `outputs`.
        what: &'static str,
        /// Number found.
        found: usize,
        /// Number allowed, in words.
        allowed: &'static str,
    },
    /// An operator over numbers applied to strings.
    #[error("{node}: operand '{operand}' holds strings, and {operator} is supported on numbers only", operator = .node.operator)]
    StringOperand {
        /// The node.
        node: NodeName,
        /// Tensor name.
        operand: String,
    },
    /// Texts in a place that takes numbers, though others are taken there.
    #[error("{node}: {why}")]
    Text {
        /// The node, or the output.
        node: NodeName,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// Nodes of a tree ensemble that make no trees.
    #[error("{node}: tree {tree}, node {at}: {why}; export the model anew")]
    Tree {
        /// The node of the graph.
        node: NodeName,
        /// The tree, as the file numbers it.
        tree: i64,
        /// The node of the tree, as the file numbers it.
        at: i64,
        /// What is wrong.
        why: &'static str,
    },
    /// A node that takes numbers only, and reads a value that may be missing.
    #[error(
        "{node} reads '{feature}', which may be missing, and takes numbers only, as all but trees, Imputer, IsNaN and Where with \
         IsNaN do: put an Imputer in front of it, or let no value be missing"
    )]
    Missing {
        /// The node.
        node: NodeName,
        /// The feature: an element of an input.
        feature: String,
    },
    /// A node that computes with an input whose numbers are taken exactly, by their order.
    #[error(
        "{node} computes with '{input}', whose float32 numbers are taken exactly, by their order: tree ensembles may read such an input, \
         what moves its elements or casts them to float or double, and what scales them one by one, by constants, in front of trees. Take \
         exactly those inputs that trees alone read, or let this one be rounded"
    )]
    ExactOperand {
        /// The node.
        node: NodeName,
        /// The input.
        input: String,
    },
    /// An input that is to be taken exactly and is not of single precision.
    #[error(
        "input '{input}' holds {data_type} and is to be taken exactly, as float32 numbers are: export the model with a float input, or let \
         this one be as it is"
    )]
    ExactType {
        /// The input.
        input: String,
        /// ONNX data type.
        data_type: String,
    },
    /// Folding the node's constants overflows (a variance of zero, for example).
    #[error("{node}: folding its constants gives a value that is not finite")]
    NotFinite {
        /// The node.
        node: NodeName,
    },
    /// A number without bounds that is no mask of a softmax.
    #[error(
        "layer '{layer}' computes with -inf: a constant of it is taken where it is added to the scores of a Softmax, or chosen in place of \
         them; elsewhere let the model use a number"
    )]
    Infinite {
        /// Layer name.
        layer: String,
    },
    /// A tensor or a folded layer beyond what import makes of a file of its length.
    #[error("{what} {over}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How much it asks for.
        over: OverBudget,
    },
    /// What import knows of a node contradicts itself.
    #[error("{node}: {error}")]
    Internal {
        /// The node.
        node: NodeName,
        /// What is missing.
        error: InternalError,
    },
    /// `feature_names` in the metadata does not name every input element once.
    #[error("metadata 'feature_names' lists {found} names for {expected} input elements")]
    FeatureCount {
        /// Input elements.
        expected: usize,
        /// Names listed.
        found: usize,
    },
    /// `feature_names` in the metadata repeats a name, or holds an empty one.
    #[error("metadata 'feature_names': '{name}' is empty or listed twice")]
    FeatureName {
        /// The name.
        name: String,
    },
}

fn join(names: &[NodeName]) -> String {
    names.iter().map(|node| node.to_string()).collect::<Vec<_>>().join(", ")
}
