//! What a tensor is while the graph is walked: elements as affine maps of atoms, or constants.

use std::collections::HashSet;
use std::sync::Arc;

pub use crate::model::Kind;
use crate::model::{Map, Row};

/// What `-inf` is in constants, times -1: finite, so that it folds, and beyond all that models compute with. Where a layer reads one, the
/// model is refused.
pub(crate) const INFINITY: f64 = (1u128 << 100) as f64 * (1u128 << 100) as f64;

/// Terms up to which a matrix or a convolution is folded into what reads it; a larger one becomes a layer.
pub(crate) const MAX_FOLDED: usize = 1 << 18;

/// Terms up to which a map is composed with another one that multiplies them; the results of a map of more become a layer's.
pub(crate) const MAX_COMPOSED: u128 = 1 << 22;

/// A tensor during the walk.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Numbers.
    Tensor(Tensor),
    /// Constants that are strings: categories and labels.
    Strings { shape: Vec<usize>, data: Arc<Vec<String>> },
    /// Text that depends on the inputs. An element's row has the atom of the text input that it depends on, which is the position of
    /// its value in a list, and as its constant the number of what became of it ([`Layers::text`](super::graph::Layers::text)).
    Categories(Tensor),
    /// Several of them, one behind the other.
    Sequence(Vec<Value>),
}

/// The elements of a tensor, row-major. Each is an affine map of the atoms.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// None depends on an atom.
    Constants(Arc<Vec<f64>>),
    /// One by one ([`Map::Rows`]), or the rows of a matrix or a convolution.
    Variable(Arc<Map>),
}

#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub kind: Kind,
    pub data: Data,
    /// Names of the nodes folded into the elements since the last layer.
    pub trail: Vec<String>,
}

/// A tensor whose elements are atoms, each times a factor and plus an offset.
pub(crate) struct Selection {
    pub atoms: Vec<Option<u32>>,
    pub factors: Vec<f64>,
    pub offsets: Vec<f64>,
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Self {
        Value::Tensor(tensor)
    }
}

impl Value {
    /// Its dimensions.
    pub fn shape(&self) -> &[usize] {
        match self {
            Value::Tensor(tensor) | Value::Categories(tensor) => &tensor.shape,
            Value::Strings { shape, .. } => shape,
            Value::Sequence(_) => &[],
        }
    }

    /// What an operator goes through that reads it.
    pub fn extent(&self) -> usize {
        match self {
            Value::Tensor(tensor) | Value::Categories(tensor) => tensor.extent(),
            Value::Strings { shape, data } => {
                shape.len() + data.iter().map(|text| name_size(text)).sum::<usize>()
            }
            Value::Sequence(parts) => parts.iter().map(|part| 1 + part.extent()).sum(),
        }
    }

    /// What it takes in memory beside what it shares.
    pub fn size(&self) -> usize {
        match self {
            Value::Tensor(tensor) | Value::Categories(tensor) => tensor.size(),
            Value::Strings { data, .. } if Arc::strong_count(data) == 1 => self.extent(),
            Value::Strings { shape, .. } => shape.len(),
            Value::Sequence(parts) => parts.iter().map(|part| 4 + part.size()).sum(),
        }
    }
}

impl Tensor {
    pub fn new(shape: Vec<usize>, rows: Vec<Row>) -> Self {
        if rows.iter().all(|row| row.terms.is_empty()) {
            return Tensor::constants(shape, rows.into_iter().map(|row| row.bias).collect());
        }
        Tensor::of_map(shape, Map::Rows(rows))
    }

    pub fn of_map(shape: Vec<usize>, map: Map) -> Self {
        Tensor { shape, kind: Kind::Real, data: Data::Variable(Arc::new(map)), trail: Vec::new() }
    }

    pub fn constants(shape: Vec<usize>, data: Vec<f64>) -> Self {
        Tensor { shape, kind: Kind::Real, data: Data::Constants(Arc::new(data)), trail: Vec::new() }
    }

    /// The elements, if none depends on an input.
    pub fn as_constants(&self) -> Option<&[f64]> {
        match &self.data {
            Data::Constants(data) => Some(data),
            Data::Variable(_) => None,
        }
    }

    /// The elements one by one, where they are kept so and some depend on an atom.
    pub fn as_rows(&self) -> Option<&[Row]> {
        match &self.data {
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) => Some(rows),
                _ => None,
            },
            Data::Constants(_) => None,
        }
    }

    /// An element, where the elements are kept one by one.
    pub fn row(&self, position: usize) -> Option<Row> {
        match self.as_constants() {
            Some(constants) => constants.get(position).copied().map(Row::constant),
            None => self.as_rows()?.get(position).cloned(),
        }
    }

    pub fn is_constant(&self) -> bool {
        matches!(self.data, Data::Constants(_))
    }

    pub fn len(&self) -> usize {
        match &self.data {
            Data::Constants(data) => data.len(),
            Data::Variable(map) => map.rows(),
        }
    }

    /// Rows and coefficients, dimensions and names: what the tensor takes in memory beside what it shares.
    pub fn size(&self) -> usize {
        let data = match &self.data {
            Data::Constants(data) if Arc::strong_count(data) == 1 => data.len(),
            Data::Variable(map) if Arc::strong_count(map) == 1 => match map.as_ref() {
                Map::Rows(rows) => rows.iter().map(|row| 2 + row.terms.len()).sum(),
                map => map.parameters(),
            },
            Data::Constants(_) | Data::Variable(_) => 0,
        };
        let names: usize = self.trail.iter().map(|name| name_size(name)).sum();
        data + self.shape.len() + names
    }

    /// What an operator goes through that reads the tensor: elements, dimensions and names.
    pub fn extent(&self) -> usize {
        let names: usize = self.trail.iter().map(|name| name_size(name)).sum();
        self.len() + self.shape.len() + names
    }

    pub fn with_shape(&self, shape: Vec<usize>) -> Self {
        Tensor { shape, ..self.clone() }
    }

    /// The same elements, of another kind.
    pub fn of_kind(self, kind: Kind) -> Self {
        Tensor { kind, ..self }
    }

    pub fn with_trail(self, trail: Vec<String>) -> Self {
        Tensor { trail, ..self }
    }

    /// Terms of all rows, written out.
    pub fn terms(&self) -> usize {
        match &self.data {
            Data::Constants(_) => 0,
            Data::Variable(map) => map.terms(),
        }
    }

    /// Terms of the longest row, at least one.
    pub fn widest(&self) -> usize {
        let widest = match &self.data {
            Data::Constants(_) => 0,
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) => rows.iter().map(|row| row.terms.len()).max().unwrap_or(0),
                map => map.terms().div_ceil(map.rows().max(1)),
            },
        };
        widest.max(1)
    }

    /// The elements as rows; a matrix or a convolution is written out. Whoever calls this has spent the terms.
    pub fn rows(&self) -> Vec<Row> {
        match &self.data {
            Data::Constants(data) => data.iter().copied().map(Row::constant).collect(),
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) => rows.clone(),
                map => (0..map.rows()).map(|row| map.row(row)).collect(),
            },
        }
    }

    /// The elements as affine functions of one atom each, if they are.
    pub fn selection(&self) -> Option<Selection> {
        let Data::Variable(map) = &self.data else { return None };
        let Map::Rows(rows) = map.as_ref() else { return None };
        let mut selection = Selection {
            atoms: Vec::with_capacity(rows.len()),
            factors: Vec::with_capacity(rows.len()),
            offsets: Vec::with_capacity(rows.len()),
        };
        for row in rows {
            let (atom, factor) = match row.terms.as_slice() {
                [] => (None, 0.0),
                &[(atom, factor)] => (Some(atom), factor),
                _ => return None,
            };
            selection.atoms.push(atom);
            selection.factors.push(factor);
            selection.offsets.push(row.bias);
        }
        Some(selection)
    }

    /// `factor · x_i + offset` with the pair of each element, or `None` for a convolution whose filter gets different
    /// pairs for its outputs.
    pub fn affine(&self, pairs: &[(f64, f64)]) -> Option<Tensor> {
        let data = match &self.data {
            Data::Constants(data) => {
                let scaled = data.iter().zip(pairs).map(|(value, (factor, offset))| value * factor + offset);
                Data::Constants(Arc::new(scaled.collect()))
            }
            Data::Variable(map) => Data::Variable(Arc::new(map.scaled(|i| pairs[i].0, |i| pairs[i].1)?)),
        };
        let tensor = Tensor { shape: self.shape.clone(), kind: self.kind, data, trail: self.trail.clone() };
        Some(tensor.settled())
    }

    /// Rows that have lost all their terms are constants.
    fn settled(self) -> Tensor {
        match &self.data {
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) if rows.iter().all(|row| row.terms.is_empty()) => {
                    let data = rows.iter().map(|row| row.bias).collect();
                    Tensor { data: Data::Constants(Arc::new(data)), ..self }
                }
                _ => self,
            },
            Data::Constants(_) => self,
        }
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        match &self.data {
            Data::Constants(data) => data.iter().all(|value| value.is_finite()),
            Data::Variable(map) => map.is_finite(),
        }
    }
}

/// The elements in another order, or `None` where one is missing.
pub(crate) fn gather<T: Clone>(elements: &[T], order: impl Iterator<Item = usize>) -> Option<Vec<T>> {
    order.map(|at| elements.get(at).cloned()).collect()
}

/// What a name takes, in units of an element.
pub(crate) fn name_size(name: &str) -> usize {
    2 + name.len() / 16
}

/// The names of several trails, each once, in order.
pub(crate) fn merged<'a>(trails: impl Iterator<Item = &'a Vec<String>>) -> Vec<String> {
    let mut seen = HashSet::new();
    trails.flatten().filter(|name| seen.insert(name.as_str())).cloned().collect()
}

impl Selection {
    /// Whether the elements are whole rows of neighbours: the first atom, if they are `first, first + 1, ...`.
    pub fn first(&self) -> Option<u32> {
        let first = self.atoms.first().copied().flatten()?;
        let follows = |(i, atom): (usize, &Option<u32>)| *atom == first.checked_add(i as u32);
        self.atoms.iter().enumerate().all(follows).then_some(first)
    }
}

/// `Σ coefficient · row`, accumulated in the order given.
pub(crate) struct Accumulator {
    sums: Vec<f64>,
    touched: Vec<u32>,
    seen: Vec<bool>,
}

impl Accumulator {
    /// For rows over atoms `0..atoms`.
    pub fn new(atoms: usize) -> Self {
        Accumulator { sums: vec![0.0; atoms], touched: Vec::new(), seen: vec![false; atoms] }
    }

    pub fn add(&mut self, row: &Row, factor: f64) {
        for &(atom, coefficient) in &row.terms {
            let index = atom as usize;
            self.sums[index] += coefficient * factor;
            if !std::mem::replace(&mut self.seen[index], true) {
                self.touched.push(atom);
            }
        }
    }

    /// The row summed so far, with `bias`; the accumulator is empty again.
    pub fn take(&mut self, bias: f64) -> Row {
        self.touched.sort_unstable();
        let mut terms = Vec::with_capacity(self.touched.len());
        for atom in self.touched.drain(..) {
            let index = atom as usize;
            let sum = std::mem::replace(&mut self.sums[index], 0.0);
            if sum != 0.0 {
                terms.push((atom, sum));
            }
            self.seen[index] = false;
        }
        Row { terms, bias }
    }
}
