//! What a tensor is while the graph is walked: real elements as affine maps of atoms, or integer constants.

use std::sync::Arc;

use crate::model::Row;

/// Terms that one tensor's rows may have together: 2^23 (128 MiB).
pub(crate) const MAX_TERMS: usize = 1 << 23;
/// Rows and terms of all tensors together: 2^26 (about 1 GiB).
pub(crate) const MAX_TOTAL: usize = 1 << 26;

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

/// Elements, each an affine map of the atoms; a constant has no terms.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub rows: Arc<Vec<Row>>,
    /// Names of the nodes folded into the rows since the last layer.
    pub trail: Vec<String>,
}

impl Tensor {
    pub fn new(shape: Vec<usize>, rows: Vec<Row>) -> Self {
        Tensor { shape, rows: Arc::new(rows), trail: Vec::new() }
    }

    pub fn constants(shape: Vec<usize>, data: &[f64]) -> Self {
        Tensor::new(shape, data.iter().copied().map(Row::constant).collect())
    }

    /// The elements, if none depends on an input.
    pub fn as_constants(&self) -> Option<Vec<f64>> {
        self.rows.iter().map(|row| row.terms.is_empty().then_some(row.bias)).collect()
    }

    /// Rows and terms: what the tensor takes in memory.
    pub fn size(&self) -> usize {
        self.rows.iter().map(|row| 2 + row.terms.len()).sum()
    }

    pub fn is_constant(&self) -> bool {
        self.rows.iter().all(|row| row.terms.is_empty())
    }

    pub fn with_shape(&self, shape: Vec<usize>) -> Self {
        Tensor { shape, rows: Arc::clone(&self.rows), trail: self.trail.clone() }
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
