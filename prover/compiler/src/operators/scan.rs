//! Scan, where no step waits for the one before: states that stay as they are, and results that are the same function of them and
//! of an element of each list. That is how distances to the points of a table are written. The steps become one, with an axis for
//! the elements of the lists in front; other loops are refused. Reference: ONNX, "Scan".

use std::collections::HashMap;

use super::family::{Family, Import, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::Value;
use crate::onnx::{AttributeProto, AttributeType, DataType, GraphProto, NodeProto, TensorProto};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Steps over lists",
    cost: "that of the steps",
    operators: &[OnnxOperator { import: Import::Nodes(written_out), ..OnnxOperator::onnx("Scan", alone) }
        .remarks("where no step changes a state: element by element, and reductions")],
    integers: &[],
};

/// Functions of elements that broadcast.
const ELEMENTWISE: [&str; 13] =
    ["Identity", "Add", "Sub", "Mul", "Div", "Neg", "Abs", "Sqrt", "Exp", "Log", "Pow", "Max", "Min"];
const REDUCTIONS: [&str; 8] = [
    "ReduceSumSquare",
    "ReduceSum",
    "ReduceMean",
    "ReduceL1",
    "ReduceL2",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
];

/// A scan stands in a graph only.
fn alone(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    Err(wrong(node, "inside another operator"))
}

fn wrong(node: &Node<'_>, found: impl Into<String>) -> Refusal {
    let allowed = "a graph that leaves each state as it is, and makes results of states and elements by functions of elements \
                   and reductions; export the model with its loop written out";
    node.bad_attribute("body", found.into(), allowed)
}

/// A tensor of the body.
#[derive(Clone)]
struct Known {
    /// Its name outside.
    name: String,
    /// Dimensions in the body.
    rank: usize,
    /// The state that it is.
    state: Option<usize>,
    /// Whether it has an element for each step.
    of_steps: bool,
    /// Whether a reduction has dropped axes.
    is_reduced: bool,
}

/// The nodes that say the same.
fn written_out(node: &Node<'_>) -> Result<Vec<NodeProto>, Refusal> {
    let attribute = |name: &str| node.proto.attribute.iter().find(|attribute| attribute.name == name);
    let body = attribute("body").and_then(|attribute| attribute.g.as_deref());
    let body = body.ok_or_else(|| wrong(node, "absent"))?;
    if node.opset < 9 {
        return Err(wrong(node, "that of operator set 8"));
    }
    for name in
        ["scan_input_axes", "scan_output_axes", "scan_input_directions", "scan_output_directions"]
    {
        if attribute(name).is_some_and(|attribute| attribute.ints.iter().any(|&value| value != 0)) {
            return Err(wrong(node, format!("with {name} other than 0")));
        }
    }
    let lists = usize::try_from(node.int("num_scan_inputs", 0)?).ok();
    let operands: Option<Vec<(&str, &Value)>> = node.operands.iter().copied().collect();
    let operands = operands.ok_or_else(|| wrong(node, "without one of its inputs"))?;
    let states = lists.filter(|&lists| lists > 0).and_then(|lists| operands.len().checked_sub(lists));
    let states = states.ok_or_else(|| wrong(node, "without lists"))?;
    if body.input.len() != operands.len() || body.output.len() < states {
        return Err(wrong(node, "with another number of inputs or outputs"));
    }
    let mut steps = Steps { node, body, states, rank: 0, known: HashMap::new(), nodes: Vec::new() };
    steps.inputs(&operands)?;
    for inner in &body.node {
        steps.step(inner)?;
    }
    steps.outputs()?;
    Ok(steps.nodes)
}

struct Steps<'a> {
    node: &'a Node<'a>,
    body: &'a GraphProto,
    states: usize,
    /// Dimensions of the widest operand in the body.
    rank: usize,
    known: HashMap<&'a str, Known>,
    nodes: Vec<NodeProto>,
}

impl<'a> Steps<'a> {
    fn wrong(&self, found: impl Into<String>) -> Refusal {
        wrong(self.node, found)
    }

    fn name(&self, inner: &str) -> String {
        format!("{}/{inner}", self.node.name.name)
    }

    fn push(&mut self, op_type: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: input.iter().map(|&name| name.into()).collect(),
            output: vec![output.into()],
            name: self.name(output.rsplit('/').next().unwrap_or(output)),
            op_type: op_type.into(),
            attribute,
            ..NodeProto::default()
        });
    }

    fn integers(&mut self, name: &str, values: Vec<i64>) {
        let value = TensorProto {
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: values,
            ..TensorProto::default()
        };
        self.constant(name, value);
    }

    fn constant(&mut self, name: &str, value: TensorProto) {
        let attribute = AttributeProto {
            name: "value".into(),
            r#type: AttributeType::Tensor as i32,
            t: Some(value),
            ..AttributeProto::default()
        };
        self.push("Constant", &[], name, vec![attribute]);
    }

    /// States and lists, with the axis of the steps in front and as many axes behind it as the widest has.
    fn inputs(&mut self, operands: &[(&str, &Value)]) -> Result<(), Refusal> {
        let mut steps = None;
        let mut shapes = Vec::with_capacity(operands.len());
        for (position, (_, value)) in operands.iter().enumerate() {
            let (count, rest) = match value.shape() {
                all if position < self.states => (1, all),
                [count, rest @ ..] => (*count, rest),
                [] => return Err(self.wrong("with a list that is a number")),
            };
            if position >= self.states && *steps.get_or_insert(count) != count {
                return Err(self.wrong("with lists of different lengths"));
            }
            self.rank = self.rank.max(rest.len());
            shapes.push((count, rest));
        }
        if steps == Some(0) {
            return Err(self.wrong("without steps"));
        }
        let inner = self.body.input.iter().map(|input| input.name.as_str());
        for (position, (((outer, _), (count, rest)), inner)) in operands.iter().zip(shapes).zip(inner).enumerate() {
            let ones = std::iter::repeat_n(1, self.rank - rest.len());
            let shape = std::iter::once(count).chain(ones).chain(rest.iter().copied());
            let (name, of_shape) = (self.name(inner), self.name(&format!("{inner}.shape")));
            self.integers(&of_shape, shape.map(|size| size as i64).collect());
            self.push("Reshape", &[outer, &of_shape], &name, Vec::new());
            let state = (position < self.states).then_some(position);
            let known =
                Known { name, rank: rest.len(), state, of_steps: state.is_none(), is_reduced: false };
            self.known.insert(inner, known);
        }
        for initializer in &self.body.initializer {
            let name = self.name(&initializer.name);
            self.constant(&name, initializer.clone());
            let rank = initializer.dims.len();
            let known = Known { name, rank, state: None, of_steps: false, is_reduced: false };
            self.known.insert(&initializer.name, known);
        }
        Ok(())
    }

    fn operand(&self, name: &str) -> Result<Known, Refusal> {
        let known = self.known.get(name).cloned();
        known.ok_or_else(|| self.wrong(format!("that reads '{name}' from outside")))
    }

    fn step(&mut self, inner: &'a NodeProto) -> Result<(), Refusal> {
        let op_type = inner.op_type.as_str();
        let [output] = inner.output.as_slice() else {
            return Err(self.wrong(format!("with {op_type} of several results")));
        };
        let is_plain = inner.domain.is_empty() || inner.domain == "ai.onnx";
        let result = if is_plain && ELEMENTWISE.contains(&op_type) {
            self.elementwise(inner, output)?
        } else if is_plain && REDUCTIONS.contains(&op_type) {
            self.reduction(inner, output)?
        } else {
            return Err(self.wrong(format!("with {op_type}")));
        };
        self.known.insert(output, result);
        Ok(())
    }

    fn elementwise(&mut self, inner: &NodeProto, output: &str) -> Result<Known, Refusal> {
        let operands = inner.input.iter().map(|name| self.operand(name)).collect::<Result<Vec<_>, _>>()?;
        let first = operands.first().ok_or_else(|| self.wrong("with a node without operands"))?;
        if inner.op_type == "Identity" {
            return Ok(first.clone());
        }
        let rank = operands.iter().map(|operand| operand.rank).max().unwrap_or(0);
        let is_reduced = operands.iter().any(|operand| operand.is_reduced);
        if rank > self.rank || (is_reduced && operands.len() > 1) {
            return Err(self.wrong(format!("with {} of shapes that do not align", inner.op_type)));
        }
        let of_steps = operands.iter().any(|operand| operand.of_steps);
        let name = self.name(output);
        let names: Vec<&str> = operands.iter().map(|operand| operand.name.as_str()).collect();
        self.push(&inner.op_type, &names, &name, inner.attribute.clone());
        Ok(Known { name, rank, state: None, of_steps, is_reduced })
    }

    fn reduction(&mut self, inner: &NodeProto, output: &str) -> Result<Known, Refusal> {
        let op_type = inner.op_type.as_str();
        let x = self.operand(inner.input.first().map_or("", String::as_str))?;
        let given = inner.attribute.iter().find(|attribute| attribute.name == "axes");
        let by_operand = inner.input.get(1).filter(|name| !name.is_empty());
        let axes = match (given, by_operand) {
            (Some(axes), _) => Some(axes.ints.clone()),
            (None, Some(name)) => self.axes(name)?,
            (None, None) => None,
        };
        let axes = axes.filter(|axes| !axes.is_empty());
        let axes = axes.ok_or_else(|| self.wrong(format!("with {op_type} along no constant axes")))?;
        if x.rank != self.rank || x.is_reduced || !x.of_steps {
            return Err(self.wrong(format!("with {op_type} of another shape than the widest operand's")));
        }
        let keeps = inner.attribute.iter().find(|attribute| attribute.name == "keepdims").is_none_or(|a| a.i != 0);
        // The axis of the steps stands in front; from the end axes are where they were.
        let axes: Vec<i64> = axes.into_iter().map(|axis| if axis < 0 { axis } else { axis.saturating_add(1) }).collect();
        if axes.iter().any(|&axis| axis.checked_add(self.rank as i64).is_none_or(|axis| axis < 0)) {
            return Err(self.wrong(format!("with {op_type} along an axis that is not there")));
        }
        let rank = if keeps { x.rank } else { x.rank.saturating_sub(axes.len()) };
        let name = self.name(output);
        let mut attributes = inner.attribute.clone();
        if given.is_some() {
            let of_axes = attributes.iter_mut().filter(|attribute| attribute.name == "axes");
            of_axes.for_each(|attribute| attribute.ints.clone_from(&axes));
            self.push(op_type, &[&x.name], &name, attributes);
        } else {
            let of_axes = self.name(&format!("{output}.axes"));
            self.integers(&of_axes, axes);
            self.push(op_type, &[&x.name, &of_axes], &name, attributes);
        }
        Ok(Known { name, rank, state: None, of_steps: true, is_reduced: !keeps })
    }

    /// The integers of an initializer.
    fn axes(&self, name: &str) -> Result<Option<Vec<i64>>, Refusal> {
        let Some(initializer) = self.body.initializer.iter().find(|tensor| tensor.name == name) else {
            return Ok(None);
        };
        let Value::Tensor(axes) = tensor::read(initializer, name)? else { return Ok(None) };
        Ok(axes.as_constants().map(|axes| axes.iter().map(|&axis| axis as i64).collect()))
    }

    fn outputs(&mut self) -> Result<(), Refusal> {
        for (position, inner) in self.body.output.iter().enumerate() {
            let made = self.operand(&inner.name)?;
            let from = if position < self.states {
                if made.state != Some(position) {
                    return Err(self.wrong(format!("that changes the state '{}'", inner.name)));
                }
                self.node.proto.input.get(position).cloned().unwrap_or_default()
            } else {
                if !made.of_steps || (made.rank != self.rank && !made.is_reduced) {
                    return Err(self.wrong(format!("whose result '{}' is of no list", inner.name)));
                }
                made.name
            };
            if let Some(outer) = self.node.proto.output.get(position).filter(|outer| !outer.is_empty()) {
                self.push("Identity", &[&from], outer, Vec::new());
            }
        }
        Ok(())
    }
}
