//! The layers found so far in the walk, and the numbering of their elements (atoms).

use std::sync::Arc;

use super::node::Node;
use super::refusal::Refusal;
use super::value::{MAX_TERMS, Tensor, Value};
use crate::import::tensor::Constant;
use crate::model::{Function, Layer, Row, clip};

/// Layers in the order of the walk, with the atom at which each one's elements begin.
pub(crate) struct Layers {
    inputs: usize,
    layers: Vec<Layer>,
    starts: Vec<usize>,
    atoms: usize,
}

impl Layers {
    /// No layers; atoms `0..inputs` are the input elements.
    pub fn new(inputs: usize) -> Self {
        Layers { inputs, layers: Vec::new(), starts: Vec::new(), atoms: inputs }
    }

    pub fn atoms(&self) -> usize {
        self.atoms
    }

    pub fn into_layers(self) -> Vec<Layer> {
        self.layers
    }

    /// Clips `x` elementwise. A clip of a clip becomes one layer with the combined bounds.
    pub fn clip(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        low: Option<f64>,
        high: Option<f64>,
    ) -> Result<Tensor, Refusal> {
        if x.is_constant() {
            let rows = x.rows.iter().map(|row| Row::constant(clip(row.bias, low, high))).collect();
            return Ok(Tensor::new(x.shape.clone(), rows));
        }
        if let Some((inner, rows)) = self.as_clip(x) {
            // clip(clip(x, a, b), c, d) = clip(x, clip(a, c, d), clip(b, c, d)).
            let (Function::Clip { low: a, high: b }, trail) =
                (inner.function.clone(), vec![inner.name.clone()])
            else {
                return Err(Refusal::NotFinite { node: node.name.clone() });
            };
            let function = Function::Clip {
                low: a.map_or(low, |a| Some(clip(a, low, high))),
                high: b.map_or(high, |b| Some(clip(b, low, high))),
            };
            let x = Tensor { shape: x.shape.clone(), rows: Arc::new(rows), trail };
            return self.push(node, &x, function, x.shape.clone());
        }
        self.push(node, x, Function::Clip { low, high }, x.shape.clone())
    }

    /// The clip layer whose results `x` selects, with its affine rows in the order of `x`.
    fn as_clip(&self, x: &Tensor) -> Option<(&Layer, Vec<Row>)> {
        let first = x.rows.first()?.as_atom()? as usize;
        let position = self.starts.partition_point(|&start| start <= first).checked_sub(1)?;
        let (layer, start) = (self.layers.get(position)?, *self.starts.get(position)?);
        if !matches!(layer.function, Function::Clip { .. }) {
            return None;
        }
        let rows =
            x.rows.iter().map(|row| layer.rows.get((row.as_atom()? as usize).checked_sub(start)?).cloned());
        Some((layer, rows.collect::<Option<Vec<Row>>>()?))
    }

    /// Ends a layer: its results become new atoms, in a tensor of the given shape.
    pub fn push(
        &mut self,
        node: &Node<'_>,
        x: &Tensor,
        function: Function,
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
        function: Function,
        shape: Vec<usize>,
    ) -> Result<Tensor, Refusal> {
        let layer = Layer { name, rows: Arc::clone(&x.rows), function };
        let (start, len) = (self.atoms, layer.len());
        let end = start + len;
        if end > MAX_TERMS {
            let what = format!("layer '{}'", layer.name);
            return Err(Refusal::TooLarge { what, elements: end as u128, limit: MAX_TERMS });
        }
        let rows = (start..end).map(|atom| Row::atom(u32::try_from(atom).unwrap_or(u32::MAX))).collect();
        self.layers.push(layer);
        self.starts.push(start);
        self.atoms = end;
        Ok(Tensor::new(shape, rows))
    }

    /// The layer whose results are exactly the elements of `x`, in order.
    pub fn owner(&self, x: &Tensor) -> Option<usize> {
        let first = x.rows.first()?.as_atom()? as usize;
        let position = self.starts.partition_point(|&start| start <= first).checked_sub(1)?;
        let (layer, start) = (self.layers.get(position)?, *self.starts.get(position)?);
        let whole = layer.len() == x.rows.len()
            && x.rows.iter().enumerate().all(|(i, row)| row.as_atom() == u32::try_from(start + i).ok());
        whole.then_some(position)
    }

    /// Drops layers that no output depends on, and numbers the atoms anew. `outputs` are layer positions.
    pub fn prune(&mut self, outputs: &mut [usize]) {
        let mut used = vec![false; self.layers.len()];
        outputs.iter().for_each(|&layer| used.iter_mut().skip(layer).take(1).for_each(|used| *used = true));
        for position in (0..self.layers.len()).rev() {
            if used.get(position) != Some(&true) {
                continue;
            }
            let rows = self.layers.get(position).map(|layer| Arc::clone(&layer.rows)).unwrap_or_default();
            for &(atom, _) in rows.iter().flat_map(|row| &row.terms) {
                let owner = self.starts.partition_point(|&start| start <= atom as usize);
                if let Some(slot) = owner.checked_sub(1).and_then(|owner| used.get_mut(owner)) {
                    *slot = true;
                }
            }
        }
        if used.iter().all(|&used| used) {
            return;
        }
        let mut atoms: Vec<u32> = (0..self.inputs as u32).collect();
        let mut positions = Vec::with_capacity(used.len());
        let (mut next, mut kept) = (self.inputs as u32, 0);
        for (layer, &used) in self.layers.iter().zip(&used) {
            positions.push(kept);
            for _ in 0..layer.len() {
                atoms.push(next);
                next += u32::from(used);
            }
            kept += usize::from(used);
        }
        let renumber = |row: &Row| Row {
            terms: row
                .terms
                .iter()
                .map(|&(atom, c)| (atoms.get(atom as usize).copied().unwrap_or(0), c))
                .collect(),
            bias: row.bias,
        };
        let mut flags = used.iter();
        self.layers.retain(|_| flags.next() == Some(&true));
        for layer in &mut self.layers {
            layer.rows = Arc::new(layer.rows.iter().map(renumber).collect());
        }
        for output in outputs {
            *output = positions.get(*output).copied().unwrap_or(0);
        }
    }
}

impl From<Constant> for Value {
    fn from(constant: Constant) -> Self {
        match constant {
            Constant::Floats { shape, data } => Value::Real(Tensor::constants(shape, &data)),
            Constant::Integers { shape, data } => Value::Integers { shape, data: Arc::new(data) },
        }
    }
}
