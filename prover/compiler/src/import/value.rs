//! What a tensor is while the graph is walked: real elements as affine maps of atoms, or integer constants.

use std::sync::Arc;

use super::refusal::Refusal;
use crate::model::{Map, Row};

/// Terms that one tensor's rows may have together: 2^23 (128 MiB).
pub(crate) const MAX_TERMS: usize = 1 << 23;
/// Rows, terms and constants of all tensors together: 2^27 (about 2 GiB).
pub(crate) const MAX_TOTAL: usize = 1 << 27;
/// Terms up to which a matrix or a convolution is folded into what reads it; a larger one becomes a layer.
pub(crate) const MAX_FOLDED: usize = 1 << 18;

/// A tensor during the walk.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Real numbers.
    Real(Tensor),
    /// Indices that ArgMax made: they may be reshaped and be an output, nothing else.
    Index(Tensor),
    /// Integer constants: shapes and axes.
    Integers { shape: Vec<usize>, data: Arc<Vec<i64>> },
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

impl Tensor {
    pub fn new(shape: Vec<usize>, rows: Vec<Row>) -> Self {
        if rows.iter().all(|row| row.terms.is_empty()) {
            return Tensor::constants(shape, rows.into_iter().map(|row| row.bias).collect());
        }
        Tensor::of_map(shape, Map::Rows(rows))
    }

    pub fn of_map(shape: Vec<usize>, map: Map) -> Self {
        Tensor { shape, data: Data::Variable(Arc::new(map)), trail: Vec::new() }
    }

    pub fn constants(shape: Vec<usize>, data: Vec<f64>) -> Self {
        Tensor { shape, data: Data::Constants(Arc::new(data)), trail: Vec::new() }
    }

    /// The elements, if none depends on an input.
    pub fn as_constants(&self) -> Option<&[f64]> {
        match &self.data {
            Data::Constants(data) => Some(data),
            Data::Variable(_) => None,
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

    /// Rows and coefficients: what the tensor takes in memory.
    pub fn size(&self) -> usize {
        match &self.data {
            Data::Constants(data) => data.len(),
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) => rows.iter().map(|row| 2 + row.terms.len()).sum(),
                map => map.parameters(),
            },
        }
    }

    pub fn with_shape(&self, shape: Vec<usize>) -> Self {
        Tensor { shape, ..self.clone() }
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

    /// The elements as rows; a matrix or a convolution is written out.
    pub fn rows(&self, what: impl Fn() -> String) -> Result<Vec<Row>, Refusal> {
        let elements = self.terms();
        if elements > MAX_TERMS {
            return Err(Refusal::TooLarge { what: what(), elements: elements as u128, limit: MAX_TERMS });
        }
        Ok(match &self.data {
            Data::Constants(data) => data.iter().copied().map(Row::constant).collect(),
            Data::Variable(map) => match map.as_ref() {
                Map::Rows(rows) => rows.clone(),
                map => (0..map.rows()).map(|row| map.row(row)).collect(),
            },
        })
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

    /// `factor_i · x_i + offset_i` for every element. A convolution whose filter gets different factors for its outputs
    /// is written out.
    pub fn affine(
        &self,
        what: impl Fn() -> String,
        factor: impl Fn(usize) -> f64,
        offset: impl Fn(usize) -> f64,
    ) -> Result<Tensor, Refusal> {
        let data = match &self.data {
            Data::Constants(data) => {
                let scaled = data.iter().enumerate().map(|(i, value)| value * factor(i) + offset(i));
                Data::Constants(Arc::new(scaled.collect()))
            }
            Data::Variable(map) => match map.scaled(&factor, &offset) {
                Some(map) => Data::Variable(Arc::new(map)),
                None => {
                    let rows = self.rows(what)?;
                    let rows = rows.iter().enumerate().map(|(i, row)| row.scaled(factor(i), offset(i)));
                    return Ok(Tensor::new(self.shape.clone(), rows.collect()).with_trail(self.trail.clone()));
                }
            },
        };
        let tensor = Tensor { shape: self.shape.clone(), data, trail: self.trail.clone() };
        Ok(tensor.settled())
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
            if let (Some(sum), Some(seen)) = (self.sums.get_mut(index), self.seen.get_mut(index)) {
                *sum += coefficient * factor;
                if !std::mem::replace(seen, true) {
                    self.touched.push(atom);
                }
            }
        }
    }

    /// The row summed so far, with `bias`; the accumulator is empty again.
    pub fn take(&mut self, bias: f64) -> Row {
        self.touched.sort_unstable();
        let mut terms = Vec::with_capacity(self.touched.len());
        for atom in self.touched.drain(..) {
            let index = atom as usize;
            if let (Some(sum), Some(seen)) = (self.sums.get_mut(index), self.seen.get_mut(index)) {
                if *sum != 0.0 {
                    terms.push((atom, *sum));
                }
                *sum = 0.0;
                *seen = false;
            }
        }
        Row { terms, bias }
    }
}
