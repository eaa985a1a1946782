//! ONNX bytes into a [`Model`].
//!
//! The walk over the graph names every refusal as the file does. Each tensor is held as affine maps of the inputs and of the results of non-linear nodes, so that
//! linear operators fold into the layer that reads them while the graph is walked. Import collects everything it
//! has to refuse before it fails. What it makes of a file is bounded by the file's length: see [`graph::Resources`].

pub(crate) mod captured;
pub(crate) mod categories;
mod classes;
pub(crate) mod decisions;
pub(crate) mod domain;
pub(crate) mod exact;
mod file;
pub(crate) mod graph;
pub(crate) mod integers;
mod join;
pub(crate) mod missing;
mod names;
pub(crate) mod node;
mod order;
mod outputs;
mod prepare;
pub(crate) mod refusal;
mod signature;
pub(crate) mod single;
mod storage;
pub(crate) mod tensor;
mod texts;
pub(crate) mod value;

use std::collections::{HashMap, HashSet};

use prost::Message;

use crate::model::{Encoding, Model, in_model_order};
use crate::onnx::{GraphProto, ModelProto, NodeProto};
use crate::options::Options;
use crate::source::Source;
use assay_interface::schema::MAX_TENSORS;
use exact::ExactInputs;
use graph::{Layers, Resources};
use join::Joined;
use node::{Node, Scope};
pub use prepare::{external_files, problem::ExternalProblem};
pub use refusal::{ImportError, NodeName, Refusal, Shape};
use signature::Contents;
use single::Precision;
use value::Value;

use crate::operators;
use crate::operators::family::{Import, OnnxOperator};

pub(crate) use domain::ONNX_ML;
pub(crate) use file::decode;
pub(crate) use prepare::prepare;
pub(crate) use signature::domain_name;

/// Imports a model from an `.onnx` file, all of its outputs.
///
/// # Errors
/// [`ImportError::Refused`] lists everything that is not supported, with the names of nodes and tensors.
pub fn import<'a>(source: impl Into<Source<'a>>) -> Result<Model, ImportError> {
    let options = Options::default();
    import_proto(&prepare(&source.into(), &options)?, &options)
}

/// The name of a model's graph, unless it is one that its exporter gives to any graph: then a caller names the model
/// better, after its file for example.
///
/// # Errors
/// The bytes are no ONNX model, or one without a graph.
pub fn graph_name(onnx: &[u8]) -> Result<Option<String>, ImportError> {
    let graph = decode(onnx)?.graph.ok_or(ImportError::NoGraph)?;
    Ok(Some(graph.name).filter(|name| !signature::is_generic(name)))
}

/// A model before it is known what may be missing of its inputs: then outputs that say so are constants.
pub(crate) struct Draft {
    pub model: Model,
    constants: Vec<Refusal>,
}

impl Draft {
    /// The model, of which nothing is missing but what imputers replace.
    ///
    /// # Errors
    /// An output is a constant.
    pub fn settled(self) -> Result<Model, ImportError> {
        if self.constants.is_empty() { Ok(self.model) } else { Err(ImportError::Refused(self.constants)) }
    }
}

/// Imports a decoded model of which nothing is missing but what imputers replace.
pub(crate) fn import_proto(proto: &ModelProto, options: &Options) -> Result<Model, ImportError> {
    draft(proto, options)?.settled()
}

/// Imports a decoded model of which it is not known yet what may be missing.
pub(crate) fn draft(proto: &ModelProto, options: &Options) -> Result<Draft, ImportError> {
    import_within(proto, options, &[], Resources::new(proto.encoded_len())).map(|(draft, _)| draft)
}

/// Imports a decoded model of which these elements of all inputs may be missing, with their names.
pub(crate) fn import_missing(
    proto: &ModelProto,
    options: &Options,
    missing: &[(u32, String)],
) -> Result<Model, ImportError> {
    import_within(proto, options, missing, Resources::new(proto.encoded_len()))?.0.settled()
}

/// Imports a decoded model within a budget, and gives back what is left of it. The options say which inputs a statement is to hide.
pub(crate) fn import_within(
    proto: &ModelProto,
    options: &Options,
    missing: &[(u32, String)],
    budget: Resources,
) -> Result<(Draft, Resources), ImportError> {
    let graph = proto.graph.as_ref().ok_or(ImportError::NoGraph)?;
    let mut refusals = Vec::new();
    let opsets = signature::opsets(proto, &mut refusals);
    let mut walk = Walk::new(refusals);
    let Joined { mut inputs, file } = walk.sources(graph, options, budget);
    walk.layers.missing.are_coded(missing.iter().cloned());
    let feature_names = signature::feature_names(proto, &file, &mut walk.refusals);
    let feature_names = feature_names.and_then(|names| in_model_order(&file, &names));
    walk.check_names(graph);
    let mut reported = Vec::new();
    for node in order::topological(graph, &mut walk.refusals) {
        walk.node(node, &opsets, &mut reported);
    }
    // Nodes on a cycle are reported once: what they make is not at fault.
    for output in graph.node.iter().flat_map(|node| &node.output).filter(|output| !output.is_empty()) {
        walk.values.entry(output.clone()).or_insert(None);
    }
    let mut outputs = walk.outputs(graph, options);
    if !walk.layers.missing.is_asked() {
        walk.refusals.append(&mut walk.constants);
    }
    walk.categories(&mut inputs);
    walk.missing(&mut inputs);
    if outputs.len() > MAX_TENSORS {
        let outputs = outputs.iter().map(|output| output.name.clone()).collect();
        walk.refusals.push(Refusal::TooManyOutputs { outputs });
    }
    if !walk.refusals.is_empty() {
        return Err(ImportError::Refused(walk.refusals));
    }
    let mut positions: Vec<usize> = outputs.iter().map(|output| output.layer).collect();
    walk.layers.prune(&mut positions);
    for (output, layer) in outputs.iter_mut().zip(positions) {
        output.layer = layer;
    }
    let (layers, left) = walk.layers.into_layers();
    operators::check_finite(&layers).map_err(|refusal| ImportError::Refused(vec![refusal]))?;
    let name = graph.name.clone();
    let model = Model { name, inputs, file_inputs: file, layers, outputs, feature_names };
    Ok((Draft { model, constants: walk.constants }, left))
}

/// The state of a walk over the graph.
struct Walk {
    /// Tensors by name; `None` for the results of refused nodes, which are reported once, at their cause.
    values: HashMap<String, Option<Value>>,
    /// Tensors of another precision than single.
    precisions: HashMap<String, Precision>,
    layers: Layers,
    refusals: Vec<Refusal>,
    /// Outputs that depend on no input.
    constants: Vec<Refusal>,
}

impl Walk {
    /// Nothing is defined, and nothing may be.
    fn new(refusals: Vec<Refusal>) -> Self {
        let layers = Layers::new(Vec::new(), Resources::new(0));
        let (values, precisions) = (HashMap::new(), HashMap::new());
        Walk { values, precisions, layers, refusals, constants: Vec::new() }
    }

    /// Defines initializers and inputs.
    fn sources(&mut self, graph: &GraphProto, options: &Options, mut budget: Resources) -> Joined {
        for initializer in &graph.initializer {
            let value = tensor::read(initializer, &initializer.name).and_then(|value| {
                // Those with elements stand in the file one by one.
                if value.shape().contains(&0) {
                    budget.check_size(value.shape(), || format!("tensor '{}'", initializer.name))?;
                }
                Ok(value)
            });
            let value = self.record(value);
            self.define(&initializer.name, value);
        }
        for sparse in &graph.sparse_initializer {
            let name = sparse.values.as_ref().map_or_else(String::new, |values| values.name.clone());
            let constant = tensor::read_sparse(sparse, &name, |dims| {
                let what = || format!("tensor '{name}'");
                let elements = budget.check_size(dims, what)?;
                budget.keep(elements, what)
            });
            let value = self.record(constant);
            self.define(&name, value);
        }
        let initializers: HashSet<&str> =
            graph.initializer.iter().map(|initializer| initializer.name.as_str()).collect();
        let is_initializer = |name: &str| initializers.contains(name);
        let declared =
            signature::inputs(graph, is_initializer, &options.exact_floats, &mut budget, &mut self.refusals);
        let contents: Vec<Contents> = declared.iter().map(Contents::of).collect();
        let outputs = graph.output.iter().map(|output| output.name.as_str());
        let joined = join::join(declared, outputs, options, &mut self.refusals);
        self.layers = Layers::new(joined.inputs.iter().map(|input| input.len()).collect(), budget);
        if graph.node.iter().any(|node| decisions::compares(&node.op_type)) {
            self.layers.singles.are_read();
        }
        let (mut atom, mut exact) = (0, Vec::new());
        for input in &joined.inputs {
            let elements = atom..atom + input.len() as u32;
            atom = elements.end;
            if input.kind != value::Kind::Real {
                self.layers.are_whole_numbers(elements.clone());
            }
            if input.encoding == Encoding::Float32 {
                exact.push(elements);
            }
        }
        self.layers.exact = ExactInputs::new(exact, &joined.file);
        let precisions = signature::precisions(graph);
        let mut narrow = Vec::new();
        for (input, contents) in joined.file.iter().zip(contents) {
            if missing::is_imputed(graph, &input.name) {
                self.layers.missing.allow(input.clone());
            }
            // As many as the budget has let through.
            let rows = input.elements().map(|atom| crate::model::Row::atom(atom as u32)).collect();
            let tensor = value::Tensor::new(input.shape.clone(), rows);
            let precision = precisions.get(input.name.as_str()).copied().unwrap_or_default();
            self.is_of(&input.name, precision);
            let is_float = matches!(contents, Contents::Numbers(value::Kind::Real));
            let of_elements = if is_float { precision } else { Precision::Double };
            for atom in input.elements() {
                self.layers.singles.is_of(atom as u32, of_elements);
            }
            if let Some(ends) = signature::narrow_integers(graph, &input.name) {
                input.elements().for_each(|atom| narrow.push((atom as u32, ends)));
            }
            let value = match contents {
                Contents::Text => Some(Value::Categories(tensor.of_kind(value::Kind::Integer))),
                Contents::Numbers(value::Kind::Bool) => {
                    self.truth(&input.name, &tensor.of_kind(value::Kind::Bool))
                }
                Contents::Numbers(kind) => Some(tensor.of_kind(kind).into()),
            };
            self.define(&input.name, value);
        }
        narrow.sort_unstable_by_key(|&(atom, _)| atom);
        narrow.into_iter().for_each(|(atom, ends)| self.layers.integers.note(atom..atom + 1, ends));
        // Inputs that were refused still exist: nodes that read them are not at fault.
        for input in graph.input.iter().filter(|input| !is_initializer(&input.name)) {
            self.values.entry(input.name.clone()).or_insert(None);
        }
        joined
    }

    /// The truth values of an input of booleans.
    fn truth(&mut self, input: &str, tensor: &value::Tensor) -> Option<Value> {
        let truth = self.named(input, "input", |node, layers| operators::proven_truth(node, layers, tensor));
        self.record(truth).map(Value::from)
    }

    /// What the graph does itself, in a node's stead.
    fn named<T>(&mut self, name: &str, operator: &str, f: impl FnOnce(&Node<'_>, &mut Layers) -> T) -> T {
        let name = NodeName { name: name.to_owned(), operator: operator.to_owned() };
        let (proto, precision) = (&NodeProto::default(), Precision::default());
        f(&Node { name, proto, opset: 0, precision, operands: Vec::new() }, &mut self.layers)
    }

    /// The values of the text inputs, once every node that reads them has been imported.
    fn categories(&mut self, inputs: &mut [crate::model::Input]) {
        let mut atom = 0;
        for input in inputs {
            let known = (atom..).zip(&mut input.categories).map(|(atom, categories)| {
                self.layers.known_categories(atom).map(|known| *categories = known)
            });
            let known: Result<(), Refusal> = known.collect();
            atom += input.len() as u32;
            self.record(known);
        }
    }

    /// What becomes of missing elements, once every imputer has been imported.
    fn missing(&mut self, inputs: &mut [crate::model::Input]) {
        let mut atoms = 0u32..;
        for input in inputs {
            input.missing =
                atoms.by_ref().take(input.len()).map(|atom| self.layers.missing.of(atom)).collect();
        }
    }

    fn define(&mut self, name: &str, value: Option<Value>) {
        if self.values.insert(name.to_owned(), value).is_some() {
            self.refusals.push(Refusal::Redefined { tensor: name.to_owned() });
        }
    }

    /// Notes the precision of a tensor.
    fn is_of(&mut self, name: &str, precision: Precision) {
        if precision != Precision::Single {
            self.precisions.insert(name.to_owned(), precision);
        }
    }

    fn operand_precisions<'a>(&'a self, proto: &'a NodeProto) -> impl Iterator<Item = Precision> + 'a {
        proto.input.iter().map(move |name| self.precisions.get(name).copied().unwrap_or_default())
    }

    fn record<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.refusals.push(refusal)).ok()
    }

    /// Reports tensors that are read and made by nothing.
    fn check_names(&mut self, graph: &GraphProto) {
        let made: std::collections::HashSet<&str> =
            graph.node.iter().flat_map(|node| &node.output).map(String::as_str).collect();
        for node in &graph.node {
            for input in node.input.iter().filter(|input| !input.is_empty()) {
                if !self.values.contains_key(input) && !made.contains(input.as_str()) {
                    self.refusals.push(Refusal::MissingTensor {
                        node: signature::node_name(node),
                        tensor: input.clone(),
                    });
                    self.values.insert(input.clone(), None);
                }
            }
        }
    }

    /// Reports tensors that a node reads which is written out, and that nothing has made before.
    fn check_reads(&mut self, node: &NodeProto) {
        for name in captured::reads(node) {
            if !self.values.contains_key(name) {
                let (node, tensor) = (signature::node_name(node), name.to_owned());
                self.refusals.push(Refusal::MissingTensor { node, tensor });
                self.values.insert(name.to_owned(), None);
            }
        }
    }

    /// Imports one node whose operands are defined, or the nodes that stand in its place, which others may stand for again.
    fn node(&mut self, proto: &NodeProto, opsets: &HashMap<String, i64>, reported: &mut Vec<String>) {
        // The next one last.
        let mut waiting = self.one_node(proto, opsets, reported);
        waiting.reverse();
        while let Some(node) = waiting.pop() {
            self.check_reads(&node);
            waiting.extend(self.one_node(&node, opsets, reported).into_iter().rev());
        }
    }

    /// Imports one node, or gives the nodes that stand in its place.
    fn one_node(
        &mut self,
        proto: &NodeProto,
        opsets: &HashMap<String, i64>,
        reported: &mut Vec<String>,
    ) -> Vec<NodeProto> {
        let name = signature::node_name(proto);
        let domain = domain_name(&proto.domain);
        let results = match (operators::lookup(domain, &proto.op_type), opsets.get(domain)) {
            (None, _) => {
                self.refusals.push(Refusal::Operator { node: name, domain: domain.to_owned() });
                None
            }
            (Some(_), None) => {
                if !reported.iter().any(|known| known == domain) {
                    reported.push(domain.to_owned());
                    self.refusals.push(Refusal::MissingOpset { domain: domain.to_owned() });
                }
                None
            }
            (Some(operator), Some(&opset)) => {
                let operands = node::operands(&self.values, proto);
                let precision = self.operand_precisions(proto).next().unwrap_or_default();
                let node = operands.map(|operands| Node { name, proto, opset, precision, operands });
                if let Import::Nodes(write) = operator.import {
                    let nodes = node.map(|node| write(&node, &mut self.layers, &Scope(&self.values)));
                    if let Some(nodes) = nodes.and_then(|nodes| self.record(nodes)) {
                        return nodes;
                    }
                    None
                } else {
                    let results = node.map(|node| {
                        self.layers.exact.check_operands(&node, &self.layers.missing)?;
                        self.layers.missing.check_operands(&node)?;
                        import_node(&node, operator, &mut self.layers)
                    });
                    results.and_then(|results| self.record(results))
                }
            }
        };
        let precision = Precision::of_results(proto, self.operand_precisions(proto));
        for (position, output) in proto.output.iter().enumerate().filter(|(_, output)| !output.is_empty()) {
            self.is_of(output, precision);
            // Results that are missing were not asked for, or the node was refused.
            let result = results.as_ref().and_then(|results| results.get(position)).cloned();
            self.define(output, result);
        }
        Vec::new()
    }
}

/// The results of one node, within the budget.
fn import_node(node: &Node<'_>, operator: &OnnxOperator, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    layers.spend_operands(node)?;
    let results = match (operators::texts::import(node, layers)?, operator.import) {
        (Some(result), _) => vec![result],
        (None, Import::One(import)) => vec![import(node, layers)?],
        (None, Import::Several(import)) => import(node, layers)?,
        (None, Import::Nodes(_)) => Vec::new(),
    };
    layers.missing.check_results(node, &results)?;
    layers.exact.check_results(node, &results, &layers.singles)?;
    let asked = node.proto.output.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    if asked > results.len() {
        let (node, found) = (node.name.clone(), asked);
        return Err(Refusal::Arity { node, what: "outputs", found, allowed: "fewer" });
    }
    let results = results.into_iter().map(|value| {
        let value = finish(node, operator, value)?;
        if value.shape().contains(&0) {
            layers.check_size(node, value.shape())?;
        }
        layers.keep(|| format!("the graph up to {}", node.name), &value)?;
        Ok(value)
    });
    results.collect()
}

/// Checks a node's result and notes the node in its trail.
fn finish(node: &Node<'_>, operator: &OnnxOperator, value: Value) -> Result<Value, Refusal> {
    match value {
        Value::Tensor(mut tensor) => {
            if !tensor.is_finite() {
                return Err(Refusal::NotFinite { node: node.name.clone() });
            }
            // Nodes that end a layer have given it their name.
            // Nodes that move elements name nothing.
            if operator.is_folded && !tensor.is_constant() {
                tensor.trail.push(node.name.name.clone());
            }
            Ok(Value::Tensor(tensor))
        }
        value => Ok(value),
    }
}
