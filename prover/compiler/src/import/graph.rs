//! The layers found so far in the walk, the numbering of their elements (atoms), and what the file may still ask for.

use std::ops::Range;
use std::sync::Arc;

use super::categories::Texts;
use super::decisions::Decisions;
use super::exact::ExactInputs;
use super::integers::Integers;
use super::missing::MissingValues;
use super::node::Node;
use super::refusal::Refusal;
use super::single::{Precision, Singles, Step};
use super::tensor::{extent, shape_len};
use super::value::{Data, Kind, MAX_COMPOSED, MAX_FOLDED, Tensor, Value, merged, name_size};
use crate::budget::Budget;
use crate::model::{Axis, Convolution, Layer, LayerFunction, Map, Row, Window, clip};
use crate::operators::operator::Operator;

/// Layers in the order of the walk, with the atom at which each one's elements begin.
pub(crate) struct Layers {
    /// Elements of each input.
    inputs: Vec<usize>,
    layers: Vec<Layer>,
    starts: Vec<usize>,
    atoms: usize,
    budget: Resources,
    /// What is known of texts.
    pub(super) texts: Texts,
    /// Elements of integer inputs.
    whole: Vec<Range<u32>>,
    /// What stands for missing elements of inputs.
    pub missing: MissingValues,
    /// Inputs whose numbers are not rounded.
    pub exact: ExactInputs,
    /// Which atoms are integers of quantized layers.
    pub integers: Integers,
    /// How elements are computed from single atoms.
    pub singles: Singles,
    /// What conditions decide of elements.
    pub decisions: Decisions,
}

/// What import may make of a file.
pub(crate) struct Resources {
    /// Rows, terms and constants that are kept, of some 25 bytes each.
    pub(crate) memory: Budget,
    /// Elements and terms that are gone through.
    pub(crate) work: Budget,
}

impl Resources {
    /// For a file of `bytes` bytes. The bases are for small models of pictures, which are shapes more than weights: 200 MB,
    /// and some tenths of a second. All that is kept stays below 3.5 GiB, and atoms below 2^27.
    ///
    /// What files take (`budgets.rs`): a dense network keeps 0.25 units a byte, one a weight, and takes as many steps; small
    /// convolutions up to 1.4 and 1.9. Of the largest network here, 18 million weights in 72 MB, 7 times as much may be
    /// kept, and of any other 30 times. A weight of four bytes that is written out at each of 32 x 32 places takes 256
    /// steps a byte; 2^34 steps, a minute, are the most.
    pub fn new(bytes: usize) -> Self {
        Resources {
            memory: Budget::new(bytes, 1 << 23, 32).at_most(1 << 27),
            work: Budget::new(bytes, 1 << 27, 1024).at_most(1 << 34),
        }
    }

    /// Refuses a shape of more elements than could be kept, before they are made.
    pub fn check_size(&self, dims: &[usize], what: impl Fn() -> String) -> Result<usize, Refusal> {
        // More than can be addressed is more than any budget; of tensors without elements, too, operators go along single axes.
        let elements = shape_len(dims).unwrap_or(usize::MAX);
        let kept = self.memory.check("elements", extent(dims) as u64);
        kept.map(|()| elements).map_err(|over| Refusal::TooLarge { what: what(), over })
    }

    /// Spends memory.
    pub fn keep(&mut self, units: usize, what: impl Fn() -> String) -> Result<(), Refusal> {
        let spent = self.memory.spend("elements", units as u64);
        spent.map_err(|over| Refusal::TooLarge { what: what(), over })
    }
}

impl Layers {
    /// No layers; the first atoms are the input elements.
    pub fn new(inputs: Vec<usize>, budget: Resources) -> Self {
        let atoms = inputs.iter().sum();
        Layers {
            inputs,
            layers: Vec::new(),
            starts: Vec::new(),
            atoms,
            budget,
            texts: Texts::default(),
            whole: Vec::new(),
            missing: MissingValues::default(),
            exact: ExactInputs::default(),
            integers: Integers::default(),
            singles: Singles::default(),
            decisions: Decisions::default(),
        }
    }

    /// Refuses a result of more elements than could be kept; their number.
    pub fn check_size(&self, node: &Node<'_>, dims: &[usize]) -> Result<usize, Refusal> {
        self.budget.check_size(dims, || node.name.to_string())
    }

    /// Spends the terms that an operator is about to make, and refuses more than could be kept.
    pub fn spend_terms(&mut self, node: &Node<'_>, terms: u128) -> Result<(), Refusal> {
        let kept = self.budget.memory.check("terms", terms);
        kept.map_err(|over| Refusal::TooLarge { what: node.name.to_string(), over })?;
        self.spend_work(node, terms)
    }

    /// Spends the steps of an operator that makes nothing of them.
    pub fn spend_work(&mut self, node: &Node<'_>, steps: u128) -> Result<(), Refusal> {
        let spent = self.budget.work.spend("steps", steps);
        spent.map_err(|over| Refusal::TooLarge { what: node.name.to_string(), over })
    }

    /// Spends what a node's operands are read for.
    pub fn spend_operands(&mut self, node: &Node<'_>) -> Result<(), Refusal> {
        let read = node.operands.iter().flatten().map(|(_, value)| value.extent() as u64).sum::<u64>();
        self.spend_work(node, read.into())
    }

    /// Spends memory for what a node makes beside its result.
    pub fn keep_units(&mut self, node: &Node<'_>, units: usize) -> Result<(), Refusal> {
        self.budget.keep(units, || format!("the graph up to {}", node.name))
    }

    /// Units of memory that are left.
    pub fn units_left(&self) -> usize {
        usize::try_from(self.budget.memory.left()).unwrap_or(usize::MAX)
    }

    /// Whether so many terms may be written out of what is kept, where a model goes without.
    pub fn affords(&self, terms: usize) -> bool {
        terms <= MAX_FOLDED && terms <= self.units_left() && terms as u64 <= self.budget.work.left()
    }

    /// Spends the memory of a node's result.
    pub fn keep(&mut self, what: impl Fn() -> String, value: &Value) -> Result<(), Refusal> {
        self.budget.keep(value.size(), what)
    }

    /// The elements of `x` as rows, written out at the node's expense.
    pub fn rows(&mut self, node: &Node<'_>, x: &Tensor) -> Result<Vec<Row>, Refusal> {
        self.spend_terms(node, x.terms() as u128)?;
        Ok(x.rows())
    }

    /// Whether the elements of `x` are whole numbers: sums of whole multiples of integer inputs, and of results that are whole.
    pub fn is_whole_numbers(&self, x: &Tensor) -> bool {
        let Data::Variable(map) = &x.data else { return false };
        let Map::Rows(rows) = map.as_ref() else { return false };
        let is_whole = |row: &Row| {
            let of_atom = |&(atom, factor): &(u32, f64)| factor.fract() == 0.0 && self.is_whole_number(atom);
            row.bias.fract() == 0.0 && row.terms.iter().all(of_atom)
        };
        rows.iter().all(is_whole)
    }

    fn is_whole_number(&self, atom: u32) -> bool {
        let owner = self.starts.partition_point(|&start| start <= atom as usize).checked_sub(1);
        match owner.and_then(|owner| self.layers.get(owner)) {
            Some(layer) => layer.function.is_whole(),
            None => self.whole.iter().any(|atoms| atoms.contains(&atom)),
        }
    }

    /// Notes that inputs are integers.
    pub fn are_whole_numbers(&mut self, atoms: Range<u32>) {
        self.whole.push(atoms);
    }

    /// `factor · x_i + offset` with the pair of each element; what has no other form is written out.
    pub fn affine(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        pair: impl Fn(usize) -> Option<(f64, f64)>,
    ) -> Result<Tensor, Refusal> {
        let pairs: Vec<(f64, f64)> = node.expected((0..x.len()).map(pair).collect())?;
        if let Some(tensor) = x.affine(&pairs) {
            return Ok(tensor);
        }
        let rows = self.rows(node, x)?;
        let rows = rows.iter().zip(&pairs).map(|(row, &(factor, offset))| row.scaled(factor, offset));
        Ok(Tensor::new(x.shape.clone(), rows.collect()).with_trail(x.trail.clone()))
    }

    /// An operation of each element with a constant, which the file has as such: [`Layers::affine`], and how it is computed.
    pub fn step(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        step: impl Fn(usize) -> Option<Step>,
    ) -> Result<Tensor, Refusal> {
        let result = self.affine(node, x, |i| step(i).map(Step::pair))?;
        let (Some(from), Some(to), true) = (x.as_rows(), result.as_rows(), self.singles.is_read()) else {
            return Ok(result);
        };
        // Integers are as they are, but in a Scaler.
        let precision = match (x.kind, node.proto.op_type.as_str()) {
            (Kind::Real, _) => node.precision,
            (_, "Scaler") => Precision::Single,
            _ => Precision::Double,
        };
        let mut size = 0;
        for (i, (from, to)) in from.iter().zip(to).enumerate() {
            size += self.singles.record((from, node.expected(step(i))?, precision), to);
        }
        self.budget.keep(size, || format!("the graph up to {}", node.name))?;
        Ok(result)
    }

    pub fn atoms(&self) -> usize {
        self.atoms
    }

    /// The layers, and what is left of the budget.
    pub fn into_layers(self) -> (Vec<Layer>, Resources) {
        (self.layers, self.budget)
    }

    /// Clips `x` elementwise. A clip of a clip becomes one layer with the combined bounds; a clip of a max pooling
    /// becomes one with it.
    pub fn clip(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        low: Option<f64>,
        high: Option<f64>,
    ) -> Result<Tensor, Refusal> {
        if let Some(constants) = x.as_constants() {
            let clipped = constants.iter().map(|&value| clip(value, low, high)).collect();
            return Ok(Tensor::constants(x.shape.clone(), clipped));
        }
        if let Some(layer) = self.owner(x).map(|position| &self.layers[position]) {
            let function = match &layer.function {
                // clip(clip(x, a, b), c, d) = clip(x, clip(a, c, d), clip(b, c, d)).
                &LayerFunction::Clip { low: a, high: b } => Some(LayerFunction::Clip {
                    low: a.map_or(low, |a| Some(clip(a, low, high))),
                    high: b.map_or(high, |b| Some(clip(b, low, high))),
                }),
                LayerFunction::Sum | LayerFunction::Linear if layer.pool.is_some() => {
                    Some(LayerFunction::Clip { low, high })
                }
                _ => None,
            };
            if let Some(function) = function {
                let layer = Layer {
                    name: format!("{} + {}", layer.name, node.name.name),
                    map: Arc::clone(&layer.map),
                    pool: layer.pool,
                    function,
                };
                return self.push_layer(layer, x.shape.clone());
            }
        }
        self.push(node, x, LayerFunction::Clip { low, high }, x.shape.clone())
    }

    /// The largest elements of windows over `x`, which has the shape that the window is for. Where `x` is a layer that
    /// clips, the two become one layer.
    pub fn max_pool(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        window: Window,
        shape: Vec<usize>,
    ) -> Result<Tensor, Refusal> {
        let owner = self.owner(x);
        if let Some(layer) = owner.map(|position| &self.layers[position])
            && layer.pool.is_none()
            && matches!(layer.function, LayerFunction::Clip { .. } | LayerFunction::Linear)
        {
            let name = format!("{} + {}", layer.name, node.name.name);
            let layer = Layer { name, pool: Some(window), ..layer.clone() };
            return self.push_layer(layer, shape);
        }
        let mut trail = x.trail.clone();
        trail.push(node.name.name.clone());
        let name = trail.join(" + ");
        if let Some(first) = self.whole_value(x) {
            // The elements as they are, each channel through a kernel of one position.
            let same = |axis: Axis| Axis::new(axis.input, 1);
            let identity = Window { height: same(window.height), width: same(window.width), ..window };
            let map = Arc::new(Map::Convolution(Convolution::ones(first, identity)));
            let layer = Layer { name, map, pool: Some(window), function: LayerFunction::Sum };
            return self.push_layer(layer, shape);
        }
        let Data::Variable(map) = &x.data else { return Err(node.not_constant(0)) };
        let layer = Layer { name, map: Arc::clone(map), pool: Some(window), function: LayerFunction::Linear };
        self.push_layer(layer, shape)
    }

    /// Ends a layer with an operator of all elements of `arguments`, one tensor behind the other; of constants its results
    /// are constants. The results form a tensor of the given shape.
    pub fn apply(
        &mut self,
        node: &Node<'_>,
        operator: Arc<dyn Operator>,
        arguments: &[&Tensor],
        shape: Vec<usize>,
    ) -> Result<Tensor, Refusal> {
        self.check_size(node, &shape)?;
        let constants: Option<Vec<&[f64]>> = arguments.iter().map(|tensor| tensor.as_constants()).collect();
        if let Some(constants) = constants {
            return Ok(Tensor::constants(shape, operator.apply(&constants.concat())));
        }
        let function = LayerFunction::Operator(operator);
        if let &[x] = arguments {
            return self.push(node, x, function, shape);
        }
        let arguments = arguments.iter().map(|x| self.foldable(x)).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        for argument in &arguments {
            rows.extend(self.rows(node, argument)?);
        }
        let trail = merged(arguments.iter().map(|argument| &argument.trail));
        self.push(node, &Tensor::new(vec![rows.len()], rows).with_trail(trail), function, shape)
    }

    /// Ends a layer: its results become new atoms, in a tensor of the given shape.
    pub fn push(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        function: LayerFunction,
        shape: Vec<usize>,
    ) -> Result<Tensor, Refusal> {
        let mut trail = x.trail.clone();
        trail.push(node.name.name.clone());
        self.push_named(trail.join(" + "), x, function, shape)
    }

    pub fn push_named(
        &mut self,
        name: String,
        x: &Tensor,
        function: LayerFunction,
        shape: Vec<usize>,
    ) -> Result<Tensor, Refusal> {
        let map = match &x.data {
            Data::Variable(map) => Arc::clone(map),
            Data::Constants(data) => Arc::new(Map::Rows(data.iter().copied().map(Row::constant).collect())),
        };
        self.push_layer(Layer { name, map, pool: None, function }, shape)
    }

    /// Appends a layer whose results form a tensor of the given shape.
    pub fn push_layer(&mut self, layer: Layer, shape: Vec<usize>) -> Result<Tensor, Refusal> {
        let what = || format!("layer '{}'", layer.name);
        // Three units an atom: the row that stands for it in what reads the layer.
        let size = layer.len().saturating_mul(3).saturating_add(name_size(&layer.name));
        self.budget.keep(size, what)?;
        let (start, end) = (self.atoms, self.atoms + layer.len());
        let atom = |at: usize| u32::try_from(at).map(Row::atom).map_err(|_| at);
        let rows = (start..end).map(atom).collect::<Result<Vec<Row>, usize>>();
        let rows = rows.expect("the budget ends before atoms leave 32 bits");
        self.layers.push(layer);
        self.starts.push(start);
        self.atoms = end;
        Ok(Tensor::new(shape, rows))
    }

    /// `x` with elements that may be folded into what reads them: a large matrix or convolution becomes a layer.
    pub fn foldable(&mut self, x: &Tensor) -> Result<Tensor, Refusal> {
        let is_rows = matches!(&x.data, Data::Variable(map) if matches!(map.as_ref(), Map::Rows(_)));
        if x.is_constant() || is_rows || x.terms() <= MAX_FOLDED {
            return Ok(x.clone());
        }
        self.push_named(x.trail.join(" + "), x, LayerFunction::Linear, x.shape.clone())
    }

    /// `x` as [`Layers::foldable`] has it, for a map of its elements that asks for so many terms written out. Sums that would be
    /// written out too often become a layer, whose results are one term each.
    pub fn composable(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        terms: impl Fn(&Tensor) -> u128,
    ) -> Result<Tensor, Refusal> {
        let x = self.foldable(x)?;
        if terms(&x) <= MAX_COMPOSED || x.terms() <= x.len() {
            return Ok(x);
        }
        let name = if x.trail.is_empty() { node.name.name.clone() } else { x.trail.join(" + ") };
        Ok(self.push_named(name, &x, LayerFunction::Linear, x.shape.clone())?.of_kind(x.kind))
    }

    /// The layer whose results are exactly the elements of `x`, in order.
    pub fn owner(&self, x: &Tensor) -> Option<usize> {
        let first = self.atoms_in_order(x)? as usize;
        let position = self.starts.partition_point(|&start| start <= first).checked_sub(1)?;
        let (layer, start) = (self.layers.get(position)?, *self.starts.get(position)?);
        (start == first && layer.len() == x.len()).then_some(position)
    }

    /// The layer that an atom is a result of, and its place there; `None` for an element of an input.
    pub fn maker(&self, atom: u32) -> Option<(usize, usize)> {
        let position = self.starts.partition_point(|&start| start <= atom as usize).checked_sub(1)?;
        let element = (atom as usize).checked_sub(*self.starts.get(position)?)?;
        (element < self.layers.get(position)?.len()).then_some((position, element))
    }

    /// The first result of the layer at a position.
    pub fn first(&self, position: usize) -> Option<u32> {
        self.starts.get(position).and_then(|&start| u32::try_from(start).ok())
    }

    /// The layer at a position.
    pub fn layer(&self, position: usize) -> Option<&Layer> {
        self.layers.get(position)
    }

    /// Whether an element of `x` depends on an input itself, and not only on results of layers.
    pub fn reads_inputs(&self, x: &Tensor) -> bool {
        let inputs: usize = self.inputs.iter().sum();
        let mut reads = false;
        if let Data::Variable(map) = &x.data {
            map.for_each_atom(|atom| reads |= (atom as usize) < inputs);
        }
        reads
    }

    /// The first atom, if the elements of `x` are those of one input or of one layer, in order.
    pub fn whole_value(&self, x: &Tensor) -> Option<u32> {
        let first = self.atoms_in_order(x)?;
        self.is_whole(first, x.len()).then_some(first)
    }

    /// Whether one input or one layer owns exactly these atoms.
    pub fn is_whole(&self, first: u32, len: usize) -> bool {
        let first = first as usize;
        if let Ok(at) = self.starts.binary_search(&first) {
            return self.layers.get(at).is_some_and(|layer| layer.len() == len);
        }
        let mut start = 0;
        for &input in &self.inputs {
            if start == first {
                return input == len;
            }
            start += input;
        }
        false
    }

    fn atoms_in_order(&self, x: &Tensor) -> Option<u32> {
        let Data::Variable(map) = &x.data else { return None };
        let Map::Rows(rows) = map.as_ref() else { return None };
        let first = rows.first()?.as_atom()?;
        let follows = |(i, row): (usize, &Row)| row.as_atom() == first.checked_add(i as u32);
        rows.iter().enumerate().all(follows).then_some(first)
    }

    /// Drops layers that no output depends on, and numbers the atoms anew. `outputs` are positions of layers here; every
    /// layer and every atom has a new number or is read by nothing.
    pub fn prune(&mut self, outputs: &mut [usize]) {
        let mut used = vec![false; self.layers.len()];
        outputs.iter().for_each(|&layer| used[layer] = true);
        for position in (0..self.layers.len()).rev() {
            if !used[position] {
                continue;
            }
            self.layers[position].map.for_each_atom(|atom| {
                let owner = self.starts.partition_point(|&start| start <= atom as usize);
                // Atoms before the first layer are those of inputs.
                if let Some(owner) = owner.checked_sub(1) {
                    used[owner] = true;
                }
            });
        }
        if used.iter().all(|&used| used) {
            return;
        }
        let inputs: usize = self.inputs.iter().sum();
        let mut atoms: Vec<u32> = (0..inputs as u32).collect();
        let mut positions = Vec::with_capacity(used.len());
        let (mut next, mut kept) = (inputs as u32, 0);
        for (layer, &used) in self.layers.iter().zip(&used) {
            positions.push(kept);
            for _ in 0..layer.len() {
                atoms.push(next);
                next += u32::from(used);
            }
            kept += usize::from(used);
        }
        let mut flags = used.iter();
        self.layers.retain(|_| flags.next() == Some(&true));
        for layer in &mut self.layers {
            let renumbered = layer.map.renumbered(|atom| atoms[atom as usize]);
            layer.map = Arc::new(renumbered);
        }
        for output in outputs {
            *output = positions[*output];
        }
    }
}
