//! A scan where no step waits for the one before: states that stay as they are, and results that are the same function of them and of an
//! element of each list. That is how distances to the points of a table are written. The steps become one, with an axis for the elements of
//! the lists in front.

use std::collections::HashMap;

use super::written::Written;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::tensor;
use crate::import::value::Value;
use crate::onnx::{GraphProto, NodeProto};

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

/// The nodes that say the same; `None` of another scan.
pub(super) fn at_once<'a>(node: &'a Node<'a>, layers: &Layers) -> Option<Written<'a>> {
    let attribute = |name: &str| node.proto.attribute.iter().find(|attribute| attribute.name == name);
    let body = attribute("body")?.g.as_deref()?;
    let is_plain =
        |name: &str| attribute(name).is_none_or(|attribute| attribute.ints.iter().all(|&value| value == 0));
    let plain = ["scan_input_axes", "scan_output_axes", "scan_input_directions", "scan_output_directions"];
    if node.opset < 9 || !plain.into_iter().all(is_plain) {
        return None;
    }
    let lists = usize::try_from(node.int("num_scan_inputs", 0).ok()?).ok().filter(|&lists| lists > 0)?;
    let operands: Vec<(&str, &Value)> = node.operands.iter().copied().collect::<Option<_>>()?;
    let states = operands.len().checked_sub(lists)?;
    if body.input.len() != operands.len() || body.output.len() < states {
        return None;
    }
    let mut steps =
        Steps { body, states, rank: 0, known: HashMap::new(), written: Written::new(node, layers) };
    steps.inputs(&operands)?;
    for inner in &body.node {
        steps.step(inner)?;
    }
    steps.outputs()?;
    Some(steps.written)
}

struct Steps<'a> {
    body: &'a GraphProto,
    states: usize,
    /// Dimensions of the widest operand in the body.
    rank: usize,
    known: HashMap<&'a str, Known>,
    written: Written<'a>,
}

impl<'a> Steps<'a> {
    /// States and lists, with the axis of the steps in front and as many axes behind it as the widest has.
    fn inputs(&mut self, operands: &[(&str, &Value)]) -> Option<()> {
        let mut steps = None;
        let mut shapes = Vec::with_capacity(operands.len());
        for (position, (_, value)) in operands.iter().enumerate() {
            let (count, rest) = match value.shape() {
                all if position < self.states => (1, all),
                [count, rest @ ..] => (*count, rest),
                [] => return None,
            };
            if count == 0 || (position >= self.states && *steps.get_or_insert(count) != count) {
                return None;
            }
            self.rank = self.rank.max(rest.len());
            shapes.push((count, rest));
        }
        let inner = self.body.input.iter().map(|input| input.name.as_str());
        for (position, (((outer, _), (count, rest)), inner)) in
            operands.iter().zip(shapes).zip(inner).enumerate()
        {
            let ones = std::iter::repeat_n(1, self.rank - rest.len());
            let shape: Vec<usize> = std::iter::once(count).chain(ones).chain(rest.iter().copied()).collect();
            let name = self.written.reshaped(outer, inner, &shape);
            let state = (position < self.states).then_some(position);
            let known = Known { name, rank: rest.len(), state, of_steps: state.is_none(), is_reduced: false };
            self.known.insert(inner, known);
        }
        for initializer in &self.body.initializer {
            let name = self.written.constant(&initializer.name, initializer.clone());
            let rank = initializer.dims.len();
            let known = Known { name, rank, state: None, of_steps: false, is_reduced: false };
            self.known.insert(&initializer.name, known);
        }
        Some(())
    }

    fn step(&mut self, inner: &'a NodeProto) -> Option<()> {
        let op_type = inner.op_type.as_str();
        let [output] = inner.output.as_slice() else { return None };
        let is_plain = inner.domain.is_empty() || inner.domain == "ai.onnx";
        let result = if is_plain && ELEMENTWISE.contains(&op_type) {
            self.elementwise(inner, output)?
        } else if is_plain && REDUCTIONS.contains(&op_type) {
            self.reduction(inner, output)?
        } else {
            return None;
        };
        self.known.insert(output, result);
        Some(())
    }

    fn elementwise(&mut self, inner: &NodeProto, output: &str) -> Option<Known> {
        let operands = inner
            .input
            .iter()
            .map(|name| self.known.get(name.as_str()).cloned())
            .collect::<Option<Vec<_>>>()?;
        let first = operands.first()?;
        if inner.op_type == "Identity" {
            return Some(first.clone());
        }
        let rank = operands.iter().map(|operand| operand.rank).max().unwrap_or(0);
        let is_reduced = operands.iter().any(|operand| operand.is_reduced);
        // Reduced, shapes do not align.
        if rank > self.rank || (is_reduced && operands.len() > 1) {
            return None;
        }
        let of_steps = operands.iter().any(|operand| operand.of_steps);
        let names: Vec<&str> = operands.iter().map(|operand| operand.name.as_str()).collect();
        let name = self.written.push(&inner.op_type, &names, output, inner.attribute.clone());
        Some(Known { name, rank, state: None, of_steps, is_reduced })
    }

    fn reduction(&mut self, inner: &NodeProto, output: &str) -> Option<Known> {
        let op_type = inner.op_type.as_str();
        let x = self.known.get(inner.input.first()?.as_str()).cloned()?;
        let given = inner.attribute.iter().find(|attribute| attribute.name == "axes");
        let by_operand = inner.input.get(1).filter(|name| !name.is_empty());
        let axes = match (given, by_operand) {
            (Some(axes), _) => axes.ints.clone(),
            (None, Some(name)) => self.axes(name)?,
            (None, None) => return None,
        };
        // Of another shape than the widest operand's, axes are not what they were.
        if axes.is_empty() || x.rank != self.rank || x.is_reduced || !x.of_steps {
            return None;
        }
        let keeps =
            inner.attribute.iter().find(|attribute| attribute.name == "keepdims").is_none_or(|a| a.i != 0);
        // The axis of the steps stands in front; from the end axes are where they were.
        let axes: Vec<i64> =
            axes.into_iter().map(|axis| if axis < 0 { axis } else { axis.saturating_add(1) }).collect();
        if axes.iter().any(|&axis| axis.checked_add(self.rank as i64).is_none_or(|axis| axis < 0)) {
            return None;
        }
        let rank = if keeps { x.rank } else { x.rank.saturating_sub(axes.len()) };
        let mut attributes = inner.attribute.clone();
        let name = if given.is_some() {
            let of_axes = attributes.iter_mut().filter(|attribute| attribute.name == "axes");
            of_axes.for_each(|attribute| attribute.ints.clone_from(&axes));
            self.written.push(op_type, &[&x.name], output, attributes)
        } else {
            let of_axes = self.written.integers(&format!("{output} axes"), axes);
            self.written.push(op_type, &[&x.name, &of_axes], output, attributes)
        };
        Some(Known { name, rank, state: None, of_steps: true, is_reduced: !keeps })
    }

    /// The integers of an initializer.
    fn axes(&self, name: &str) -> Option<Vec<i64>> {
        let initializer = self.body.initializer.iter().find(|tensor| tensor.name == name)?;
        let Value::Tensor(axes) = tensor::read(initializer, name).ok()? else { return None };
        axes.as_constants().map(|axes| axes.iter().map(|&axis| axis as i64).collect())
    }

    fn outputs(&mut self) -> Option<()> {
        for (position, inner) in self.body.output.iter().enumerate() {
            let made = self.known.get(inner.name.as_str()).cloned()?;
            let from = if position < self.states {
                // One that changes makes steps wait.
                (made.state == Some(position)).then_some(())?;
                self.written.node.proto.input.get(position).cloned()?
            } else {
                (made.of_steps && (made.rank == self.rank || made.is_reduced)).then_some(())?;
                made.name
            };
            self.written.result(position, &from);
        }
        Some(())
    }
}
