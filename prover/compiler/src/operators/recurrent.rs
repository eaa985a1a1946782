//! RNN, GRU and LSTM, as the steps that they stand for. Reference: ONNX, "RNN", "GRU" and "LSTM".

use super::family::{Family, OnnxOperator};
use super::written::{Written, float, int};
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

/// The operator set since which bounds are operands of Clip.
const BOUNDS_ARE_OPERANDS: i64 = 11;

const RESULTS: &str = "lengths of all steps; default activations or Sigmoid, Tanh, Relu";

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
    /// Whether an LSTM forgets as much as it does not take in.
    is_coupled: bool,
    /// Bound of what gates are functions of.
    clip: Option<f64>,
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
        _ => {
            return Err(Refusal::Rank {
                node: node.name.clone(),
                shape: x.shape.as_slice().into(),
                allowed: "3",
            });
        }
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
    let is_coupled = node.int("input_forget", 0)? != 0;
    let clip = node.optional_float("clip")?.filter(|&clip| clip != 0.0); // 0 is onnxruntime's "none"
    if let Some(clip) = clip.filter(|clip| !(clip.is_finite() && *clip > 0.0)) {
        return Err(node.bad_attribute("clip", clip.to_string(), "a positive number"));
    }
    Ok(Shape { gates, steps, batch, hidden, directions, is_batch_first, is_reset_after, is_coupled, clip })
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
    let wrong = || {
        node.bad_attribute(
            "activations",
            names.join(", "),
            "Sigmoid, Tanh or Relu for each gate and direction",
        )
    };
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
    if node.operand(LENGTHS).is_some()
        && node.constant(LENGTHS)?.1.iter().any(|&length| length != shape.steps as f64)
    {
        return Err(node.bad_attribute(
            "sequence_lens",
            "shorter than the sequence".into(),
            "those of all steps",
        ));
    }
    let is_reversed: &[bool] = match (node.text("direction")?.as_deref(), shape.directions) {
        (None | Some("forward"), 1) => &[false],
        (Some("reverse"), 1) => &[true],
        (Some("bidirectional"), 2) => &[false, true],
        (other, _) => {
            let found = other.unwrap_or("forward").to_owned();
            return Err(node.bad_attribute(
                "direction",
                found,
                "forward, reverse or bidirectional, as the weights have it",
            ));
        }
    };
    layers.check_size(node, &[shape.batch, shape.hidden])?;
    // Some forty nodes a step, of names as long as its result's.
    let front = node.proto.output.iter().map(String::len).max().unwrap_or(0) + node.name.name.len();
    layers.keep_units(
        node,
        shape.steps.saturating_mul(shape.directions).saturating_mul(52 * (12 + front / 8)),
    )?;
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
    /// What the cell adds to the input's, the output's and the forget gate, by elements.
    of_cell: Option<[String; 3]>,
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
        let of_cell = match written.node.operand(PEEPHOLES) {
            Some(_) if shape.gates == 4 => {
                let all = written.element(written.operand(PEEPHOLES)?, &named("p"), place, 0);
                let size = shape.hidden;
                let of_gate = |(gate, name): (usize, &str)| {
                    written.part(&all, &named(name), (gate * size, (gate + 1) * size), 0)
                };
                Some([(0, "p of i"), (1, "p of o"), (2, "p of f")].map(of_gate))
            }
            _ => None,
        };
        Ok(Direction { shape, number, activations, of_inputs, of_states, of_cell, hidden, cell })
    }

    /// `x w + b`.
    fn sums(written: &mut Written<'_>, x: &str, [matrix, bias]: &[String; 2], name: &str) -> String {
        let product = written.push("MatMul", &[x, matrix], &format!("{name} product"), vec![]);
        written.push("Add", &[&product, bias], name, vec![])
    }

    /// A gate: an activation of a sum, which is clipped.
    fn gate(&self, written: &mut Written<'_>, activation: usize, sum: &str, name: &str) -> String {
        let mut sum = sum.to_owned();
        if let Some(clip) = self.shape.clip {
            let clip = clip as f32; // as it was read
            let clipped = format!("{name} clipped");
            sum = match written.node.opset < BOUNDS_ARE_OPERANDS {
                true => {
                    written.push("Clip", &[&sum], &clipped, vec![float("min", -clip), float("max", clip)])
                }
                false => {
                    let low = written.floats(&format!("{name} low"), vec![], vec![-clip]);
                    let high = written.floats(&format!("{name} high"), vec![], vec![clip]);
                    written.push("Clip", &[&sum, &low, &high], &clipped, vec![])
                }
            };
        }
        written.push(self.activation(activation), &[&sum], name, vec![])
    }

    fn activation(&self, number: usize) -> &str {
        self.activations.get(number).map_or("Tanh", String::as_str)
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
        let part = |written: &mut Written<'_>, x: &str, number: usize, name: &str| {
            written.part(x, &named(name), (number * size, (number + 1) * size), 1)
        };
        let hidden = match self.shape.gates {
            1 => {
                let sum = written.push("Add", &[&of_inputs, &of_states], &named("sum"), vec![]);
                self.gate(written, 0, &sum, &named("state"))
            }
            3 => {
                // z, r and h: z h' + (1 - z) n(x w + r h').
                let mut opened = |number: usize, name: &str| {
                    let left = part(written, &of_inputs, number, &format!("{name} of x"));
                    let right = part(written, &of_states, number, &format!("{name} of h"));
                    let sum = written.push("Add", &[&left, &right], &named(&format!("{name} sum")), vec![]);
                    self.gate(written, 0, &sum, &named(name))
                };
                let (z, r) = (opened(0, "z"), opened(1, "r"));
                let of_x = part(written, &of_inputs, 2, "n of x");
                let of_h = match self.shape.is_reset_after {
                    true => {
                        let of_h = part(written, &of_states, 2, "n of h");
                        written.push("Mul", &[&r, &of_h], &named("reset"), vec![])
                    }
                    false => {
                        let kept = written.push("Mul", &[&r, &self.hidden], &named("kept"), vec![]);
                        let of_kept = Self::sums(written, &kept, &self.of_states, &named("of kept"));
                        part(written, &of_kept, 2, "n of kept")
                    }
                };
                let sum = written.push("Add", &[&of_x, &of_h], &named("n sum"), vec![]);
                let n = self.gate(written, 1, &sum, &named("n"));
                // n + z (h' - n): one product.
                let change = written.push("Sub", &[&self.hidden, &n], &named("change"), vec![]);
                let moved = written.push("Mul", &[&z, &change], &named("part"), vec![]);
                written.push("Add", &[&n, &moved], &named("state"), vec![])
            }
            _ => {
                let sums = written.push("Add", &[&of_inputs, &of_states], &named("sums"), vec![]);
                let cell = written.node.expected(self.cell.take())?;
                let [of_i, of_o, of_f] =
                    self.of_cell.as_ref().map_or([None; 3], |all| all.each_ref().map(Some));
                let opened = |written: &mut Written<'_>,
                              place: (usize, usize),
                              seen: Option<(&String, &String)>,
                              name: &str| {
                    let (number, activation) = place;
                    let mut sum = part(written, &sums, number, &format!("{name} sum"));
                    if let Some((weights, cell)) = seen {
                        let of_cell =
                            written.push("Mul", &[cell, weights], &named(&format!("{name} of cell")), vec![]);
                        sum = written.push(
                            "Add",
                            &[&sum, &of_cell],
                            &named(&format!("{name} sum with cell")),
                            vec![],
                        );
                    }
                    self.gate(written, activation, &sum, &named(name))
                };
                let i = opened(written, (0, 0), of_i.map(|weights| (weights, &cell)), "i");
                let c = opened(written, (3, 1), None, "c");
                let before = match self.shape.is_coupled {
                    // c' + i (c - c'): one product.
                    true => {
                        let change = written.push("Sub", &[&c, &cell], &named("change"), vec![]);
                        let moved = written.push("Mul", &[&i, &change], &named("part"), vec![]);
                        [cell.clone(), moved]
                    }
                    false => {
                        let f = opened(written, (2, 0), of_f.map(|weights| (weights, &cell)), "f");
                        let kept = written.push("Mul", &[&f, &cell], &named("kept"), vec![]);
                        let added = written.push("Mul", &[&i, &c], &named("added"), vec![]);
                        [kept, added]
                    }
                };
                let cell = written.push("Add", &[&before[0], &before[1]], &named("cell"), vec![]);
                let o = opened(written, (1, 0), of_o.map(|weights| (weights, &cell)), "o");
                let shown = written.push(self.activation(2), &[&cell], &named("shown"), vec![]);
                self.cell = Some(cell);
                written.push("Mul", &[&o, &shown], &named("state"), vec![])
            }
        };
        self.hidden.clone_from(&hidden);
        Ok(hidden)
    }
}
