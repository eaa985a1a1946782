//! RNN, GRU and LSTM, as the steps that they stand for. Reference: ONNX, "RNN", "GRU" and "LSTM".

use super::family::{Family, OnnxOperator};
use super::written::{Written, int};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::onnx::NodeProto;

/// Operands of a node, by what it takes.
const OF_INPUTS: usize = 1;
const OF_STATES: usize = 2;
const BIAS: usize = 3;
const LENGTHS: usize = 4;
const HIDDEN: usize = 5;
const CELLS: usize = 6;
const PEEPHOLES: usize = 7;

const RESULTS: &str = "lengths of all steps; default activations or Sigmoid, Tanh, Relu; no `clip`, no peepholes";

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Recurrent networks",
    cost: "that of the steps: for each state a table for each gate, and their products",
    operators: &[
        OnnxOperator::written("RNN", written_out).remarks(RESULTS),
        OnnxOperator::written("GRU", written_out).remarks(RESULTS),
        OnnxOperator::written("LSTM", written_out).remarks(RESULTS),
    ],
    integers: &[],
};

/// What a node is.
struct Shape {
    gates: usize,
    steps: usize,
    batch: usize,
    hidden: usize,
    directions: usize,
    /// Whether the batch is the first axis.
    is_batch_first: bool,
    /// Whether a GRU multiplies what it has computed of the state, and not the state.
    is_reset_after: bool,
}

fn shape(node: &Node<'_>) -> Result<Shape, Refusal> {
    let gates = match node.proto.op_type.as_str() {
        "RNN" => 1,
        "GRU" => 3,
        _ => 4,
    };
    let is_batch_first = node.int("layout", 0)? != 0;
    let x = node.tensor(0)?;
    let (steps, batch) = match (x.shape.as_slice(), is_batch_first) {
        (&[steps, batch, _], false) | (&[batch, steps, _], true) => (steps, batch),
        _ => return Err(Refusal::Rank { node: node.name.clone(), shape: x.shape.as_slice().into(), allowed: "3" }),
    };
    let of_states = node.tensor(OF_STATES)?;
    let &[directions, rows, hidden] = of_states.shape.as_slice() else {
        return Err(node.mismatch(&x.shape, &of_states.shape));
    };
    let of_inputs = node.tensor(OF_INPUTS)?;
    let fits = rows == gates * hidden && of_inputs.shape.get(..2) == Some(&[directions, rows]) && steps > 0;
    if !fits {
        return Err(node.mismatch(&of_inputs.shape, &of_states.shape));
    }
    let is_reset_after = node.int("linear_before_reset", 0)? != 0;
    Ok(Shape { gates, steps, batch, hidden, directions, is_batch_first, is_reset_after })
}

/// The activations of each direction.
fn activations(node: &Node<'_>, shape: &Shape) -> Result<Vec<Vec<String>>, Refusal> {
    let defaults: &[&str] = match shape.gates {
        1 => &["Tanh"],
        3 => &["Sigmoid", "Tanh"],
        _ => &["Sigmoid", "Tanh", "Tanh"],
    };
    let given = node.strings("activations")?.filter(|names| !names.is_empty());
    let names = match given {
        Some(names) => names,
        None => defaults.repeat(shape.directions).into_iter().map(str::to_owned).collect(),
    };
    let known = |name: &String| {
        let known = ["Sigmoid", "Tanh", "Relu"].into_iter().find(|known| known.eq_ignore_ascii_case(name));
        known.map(str::to_owned)
    };
    let wrong = || node.bad_attribute("activations", names.join(", "), "Sigmoid, Tanh or Relu for each gate and direction");
    let all: Vec<String> = names.iter().map(known).collect::<Option<_>>().ok_or_else(wrong)?;
    if all.len() != defaults.len() * shape.directions {
        return Err(wrong());
    }
    Ok(all.chunks(defaults.len()).map(<[String]>::to_vec).collect())
}

fn written_out(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(3..=8, "3 to 8")?;
    let shape = shape(node)?;
    let activations = activations(node, &shape)?;
    if let Some(clip) = node.optional_float("clip")? {
        return Err(node.bad_attribute("clip", clip.to_string(), "none"));
    }
    if node.int("input_forget", 0)? != 0 || node.operand(PEEPHOLES).is_some() {
        return Err(node.bad_attribute("input_forget", "1, or peepholes".into(), "0, and no peepholes"));
    }
    if node.operand(LENGTHS).is_some() && node.constant(LENGTHS)?.1.iter().any(|&length| length != shape.steps as f64) {
        return Err(node.bad_attribute("sequence_lens", "shorter than the sequence".into(), "those of all steps"));
    }
    let is_reversed: &[bool] = match (node.text("direction")?.as_deref(), shape.directions) {
        (None | Some("forward"), 1) => &[false],
        (Some("reverse"), 1) => &[true],
        (Some("bidirectional"), 2) => &[false, true],
        (other, _) => {
            let found = other.unwrap_or("forward").to_owned();
            return Err(node.bad_attribute("direction", found, "forward, reverse or bidirectional, as the weights have it"));
        }
    };
    layers.check_size(node, &[shape.batch, shape.hidden])?;
    // Some thirty nodes a step, of names as long as its result's.
    let front = node.proto.output.iter().map(String::len).max().unwrap_or(0) + node.name.name.len();
    layers.keep_units(node, shape.steps.saturating_mul(shape.directions).saturating_mul(40 * (12 + front / 8)))?;
    let mut written = Written::new(node, layers);
    let (mut all, mut hidden, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (direction, (is_reversed, activations)) in is_reversed.iter().zip(&activations).enumerate() {
        let mut of_direction = Direction::new(&mut written, &shape, direction, activations)?;
        let mut made = Vec::with_capacity(shape.steps);
        for step in 0..shape.steps {
            let at = if *is_reversed { shape.steps - 1 - step } else { step };
            if written.is_over() {
                break;
            }
            made.push(of_direction.step(&mut written, at)?);
        }
        if *is_reversed {
            made.reverse();
        }
        all.push(made);
        hidden.push(of_direction.hidden);
        cells.extend(of_direction.cell);
    }
    results(&mut written, &shape, &all, [&hidden, &cells]);
    written.finish(layers)
}

/// All states, `[steps, directions, batch, hidden]`, and the last ones, `[directions, batch, hidden]`; where the batch is the first axis,
/// it is in front.
fn results(written: &mut Written<'_>, shape: &Shape, all: &[Vec<String>], last: [&[String]; 2]) {
    let stack = |written: &mut Written<'_>, parts: &[String], name: &str, dims: &[usize]| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let joined = written.push("Concat", &parts, &format!("{name} joined"), vec![int("axis", 0)]);
        written.reshaped(&joined, name, dims)
    };
    let &Shape { steps, batch, hidden, directions, is_batch_first, .. } = shape;
    let is_asked = |written: &Written<'_>, position: usize| {
        written.node.proto.output.get(position).is_some_and(|name| !name.is_empty())
    };
    if is_asked(written, 0) {
        let of_step = |step| all.iter().filter_map(move |made| made.get(step).cloned());
        let parts: Vec<String> = (0..steps).flat_map(of_step).collect();
        let mut y = stack(written, &parts, "all states", &[steps, directions, batch, hidden]);
        if is_batch_first {
            y = written.transposed(&y, "all by batch", &[2, 0, 1, 3]);
        }
        written.result(0, &y);
    }
    for (position, (parts, name)) in last.into_iter().zip(["last states", "last cells"]).enumerate() {
        if is_asked(written, position + 1) && !parts.is_empty() {
            let mut y = stack(written, parts, name, &[directions, batch, hidden]);
            if is_batch_first {
                y = written.transposed(&y, &format!("{name} by batch"), &[1, 0, 2]);
            }
            written.result(position + 1, &y);
        }
    }
}

/// The steps in one direction.
struct Direction<'a> {
    shape: &'a Shape,
    number: usize,
    activations: &'a [String],
    /// Transposed matrices, and what is added to their products.
    of_inputs: [String; 2],
    of_states: [String; 2],
    hidden: String,
    cell: Option<String>,
}

impl<'a> Direction<'a> {
    fn new(
        written: &mut Written<'_>,
        shape: &'a Shape,
        number: usize,
        activations: &'a [String],
    ) -> Result<Self, Refusal> {
        let named = |name: &str| format!("{number}/{name}");
        let rows = shape.gates * shape.hidden;
        let place = number as i64; // 0 or 1
        let mut matrix = |position: usize, name: &str| {
            let one = written.element(written.operand(position)?, &named(name), place, 0);
            Ok::<_, Refusal>(written.transposed(&one, &named(&format!("{name} turned")), &[1, 0]))
        };
        let (of_inputs, of_states) = (matrix(OF_INPUTS, "w")?, matrix(OF_STATES, "r")?);
        let biases = match written.node.operand(BIAS) {
            Some(_) => {
                let both = written.element(written.operand(BIAS)?, &named("b"), place, 0);
                [
                    written.part(&both, &named("b of inputs"), (0, rows), 0),
                    written.part(&both, &named("b of states"), (rows, 2 * rows), 0),
                ]
            }
            None => {
                let zeros = written.floats(&named("zeros"), vec![rows as i64], vec![0.0; rows]);
                [zeros.clone(), zeros]
            }
        };
        let [bias, of_state] = biases;
        let mut first = |position: usize, name: &str| {
            let dims = vec![shape.batch as i64, shape.hidden as i64];
            if written.node.operand(position).is_none() {
                return Ok(written.floats(&named(name), dims, vec![0.0; shape.batch * shape.hidden]));
            }
            let axis = i64::from(shape.is_batch_first);
            Ok::<_, Refusal>(written.element(written.operand(position)?, &named(name), place, axis))
        };
        let hidden = first(HIDDEN, "first state")?;
        let cell = if shape.gates == 4 { Some(first(CELLS, "first cell")?) } else { None };
        let (of_inputs, of_states) = ([of_inputs, bias], [of_states, of_state]);
        Ok(Direction { shape, number, activations, of_inputs, of_states, hidden, cell })
    }

    /// `x w + b`.
    fn sums(written: &mut Written<'_>, x: &str, [matrix, bias]: &[String; 2], name: &str) -> String {
        let product = written.push("MatMul", &[x, matrix], &format!("{name} product"), vec![]);
        written.push("Add", &[&product, bias], name, vec![])
    }

    /// The state behind a step.
    fn step(&mut self, written: &mut Written<'_>, at: usize) -> Result<String, Refusal> {
        let front = format!("{}/{at}", self.number);
        let named = |name: &str| format!("{front}/{name}");
        let axis = i64::from(self.shape.is_batch_first);
        let x = written.element(written.operand(0)?, &named("x"), at as i64, axis);
        let of_inputs = Self::sums(written, &x, &self.of_inputs, &named("of inputs"));
        let of_states = Self::sums(written, &self.hidden, &self.of_states, &named("of states"));
        let size = self.shape.hidden;
        let gate = |written: &mut Written<'_>, x: &str, number: usize, name: &str| {
            written.part(x, &named(name), (number * size, (number + 1) * size), 1)
        };
        let act = |number: usize| self.activations.get(number).map_or("Tanh", String::as_str);
        let hidden = match self.shape.gates {
            1 => {
                let sum = written.push("Add", &[&of_inputs, &of_states], &named("sum"), vec![]);
                written.push(act(0), &[&sum], &named("state"), vec![])
            }
            3 => {
                // z, r and h: z h' + (1 - z) n(x w + r h').
                let mut opened = |number: usize, name: &str| {
                    let left = gate(written, &of_inputs, number, &format!("{name} of x"));
                    let right = gate(written, &of_states, number, &format!("{name} of h"));
                    let sum = written.push("Add", &[&left, &right], &named(&format!("{name} sum")), vec![]);
                    written.push(act(0), &[&sum], &named(name), vec![])
                };
                let (z, r) = (opened(0, "z"), opened(1, "r"));
                let of_x = gate(written, &of_inputs, 2, "n of x");
                let of_h = match self.shape.is_reset_after {
                    true => {
                        let of_h = gate(written, &of_states, 2, "n of h");
                        written.push("Mul", &[&r, &of_h], &named("reset"), vec![])
                    }
                    false => {
                        let kept = written.push("Mul", &[&r, &self.hidden], &named("kept"), vec![]);
                        let of_kept = Self::sums(written, &kept, &self.of_states, &named("of kept"));
                        gate(written, &of_kept, 2, "n of kept")
                    }
                };
                let sum = written.push("Add", &[&of_x, &of_h], &named("n sum"), vec![]);
                let n = written.push(act(1), &[&sum], &named("n"), vec![]);
                // n + z (h' - n): one product.
                let change = written.push("Sub", &[&self.hidden, &n], &named("change"), vec![]);
                let part = written.push("Mul", &[&z, &change], &named("part"), vec![]);
                written.push("Add", &[&n, &part], &named("state"), vec![])
            }
            _ => {
                let sums = written.push("Add", &[&of_inputs, &of_states], &named("sums"), vec![]);
                let mut opened = |number: usize, activation: usize, name: &str| {
                    let sum = gate(written, &sums, number, &format!("{name} sum"));
                    written.push(act(activation), &[&sum], &named(name), vec![])
                };
                let (i, o, f, c) = (opened(0, 0, "i"), opened(1, 0, "o"), opened(2, 0, "f"), opened(3, 1, "c"));
                let cell = written.node.expected(self.cell.take())?;
                let kept = written.push("Mul", &[&f, &cell], &named("kept"), vec![]);
                let added = written.push("Mul", &[&i, &c], &named("added"), vec![]);
                let cell = written.push("Add", &[&kept, &added], &named("cell"), vec![]);
                let shown = written.push(act(2), &[&cell], &named("shown"), vec![]);
                self.cell = Some(cell);
                written.push("Mul", &[&o, &shown], &named("state"), vec![])
            }
        };
        self.hidden.clone_from(&hidden);
        Ok(hidden)
    }
}
