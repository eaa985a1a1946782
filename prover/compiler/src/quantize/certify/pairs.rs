//! The affine map of a layer with both its coefficients: the float model's, and the integers' as real numbers.

use super::super::error::{Feasible, PlanError};
use super::super::linear::Linear;
use super::super::plan::Plan;
use super::super::profile::Wiring;
use crate::internal::Expected;
use crate::model::{Convolution, Map};
use crate::number::pow2;

/// The maps of a layer.
pub(super) struct Pairs {
    terms: Terms,
    /// Constants of each row, or of each filter.
    bias: Vec<(f64, f64)>,
    /// Rows that share a constant.
    run: usize,
    /// Binary scale of each row's integers.
    pub scales: Vec<i32>,
}

enum Terms {
    /// Atom, coefficient of the float model, coefficient of the integers.
    Rows { ends: Vec<usize>, terms: Vec<(u32, f64, f64)> },
    /// A convolution with the integers' coefficients.
    Taps(Convolution, Vec<f64>),
}

impl Pairs {
    /// The maps of a layer.
    pub fn new(
        map: &Map,
        integers: &Linear,
        wiring: &Wiring,
        plan: &Plan,
        scales: &[i32],
    ) -> Result<Self, PlanError> {
        const WHAT: &str = "equally many rows for each scale";
        let rows = map.rows();
        let of_scale =
            rows.checked_div(scales.len()).filter(|run| run * scales.len() == rows).expected(WHAT)?;
        let scales: Vec<i32> =
            scales.iter().flat_map(|&scale| std::iter::repeat_n(scale, of_scale)).collect();
        if let (Map::Convolution(conv), Linear::Convolution(quantized)) = (map, integers) {
            let (run, source) = (conv.positions().max(1), plan.source_scale(wiring.source()?)?);
            let scale = |filter: usize| scales.get(filter * run).copied().expected("the scale of a filter");
            let taps = quantized
                .w
                .iter()
                .enumerate()
                .map(|(tap, &w)| Ok(w as f64 * pow2(source - scale(tap / conv.filter_len().max(1))?)));
            let taps = taps.collect::<Result<Vec<f64>, PlanError>>()?;
            let bias = conv.bias.iter().zip(&quantized.bias).enumerate();
            let bias = bias.map(|(filter, (&b, &q))| Ok((b, exact(q)? * pow2(-scale(filter)?))));
            let bias = bias.collect::<Result<_, PlanError>>()?;
            return Ok(Pairs { terms: Terms::Taps(conv.clone(), taps), bias, run, scales });
        }
        let (mut ends, mut terms, mut bias) =
            (Vec::with_capacity(rows), Vec::new(), Vec::with_capacity(rows));
        for (row, &scale) in scales.iter().enumerate() {
            let of_row = Weights::of(integers, row)?;
            let mut outcome = Ok(());
            map.for_each_term(row, |atom, coefficient| {
                let mut add = || -> Result<(), PlanError> {
                    let column = wiring.column(atom)?;
                    let source = plan.element_scale(column.source, column.element)?;
                    let weight = of_row.at(column.column) as f64 * pow2(source - scale);
                    if coefficient != 0.0 || weight != 0.0 {
                        terms.push((atom, coefficient, weight));
                    }
                    Ok(())
                };
                if outcome.is_ok() {
                    outcome = add();
                }
            });
            outcome?;
            ends.push(terms.len());
            bias.push((map.bias(row), exact(of_row.bias)? * pow2(-scale)));
        }
        Ok(Pairs { terms: Terms::Rows { ends, terms }, bias, run: 1, scales })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// Terms of all rows together.
    pub fn terms(&self) -> usize {
        match &self.terms {
            Terms::Rows { terms, .. } => terms.len(),
            Terms::Taps(conv, taps) => conv.positions().saturating_mul(taps.len()),
        }
    }

    /// Both constants of a row.
    pub fn bias(&self, row: usize) -> (f64, f64) {
        self.bias.get(row / self.run.max(1)).copied().unwrap_or((f64::NAN, f64::NAN))
    }

    /// Calls `term(atom, float, integer)` for every term of a row.
    pub fn for_each(&self, row: usize, mut term: impl FnMut(usize, f64, f64)) {
        match &self.terms {
            Terms::Rows { ends, terms } => {
                let start = row.checked_sub(1).and_then(|row| ends.get(row)).copied().unwrap_or(0);
                let end = ends.get(row).copied().unwrap_or(start);
                let terms = terms.get(start..end).unwrap_or_default();
                terms.iter().for_each(|&(atom, w, q)| term(atom as usize, w, q));
            }
            Terms::Taps(conv, taps) => conv.for_each_tap(row, |element, tap| {
                let (w, q) = (conv.w.get(tap), taps.get(tap));
                let (w, q) = (w.copied().unwrap_or(f64::NAN), q.copied().unwrap_or(f64::NAN));
                term(conv.first as usize + element, w, q);
            }),
        }
    }
}

/// A constant as a number; not feasible where it has more digits.
fn exact(integer: i64) -> Result<f64, PlanError> {
    Some(integer as f64).filter(|_| integer.unsigned_abs() <= 1 << 53).feasible()
}

/// The integers of a row.
struct Weights<'a> {
    dense: &'a [i64],
    sparse: &'a [(u32, i64)],
    bias: i64,
}

impl<'a> Weights<'a> {
    fn of(map: &'a Linear, row: usize) -> Result<Self, PlanError> {
        match map {
            Linear::Dense(weights, bias) => {
                let dense = weights.w.get(row * weights.cols..(row + 1) * weights.cols);
                let dense = dense.expected("the weights of a row")?;
                Ok(Weights { dense, sparse: &[], bias: *bias.get(row).expected("the bias of a row")? })
            }
            Linear::Sparse(rows) => {
                let bias = *rows.bias.get(row).expected("the bias of a row")?;
                Ok(Weights { dense: &[], sparse: rows.row(row)?, bias })
            }
            Linear::Convolution(_) => Err(PlanError::Internal("the rows of a map")),
        }
    }

    fn at(&self, column: usize) -> i64 {
        if let Some(weight) = self.dense.get(column) {
            return *weight;
        }
        let found = self.sparse.binary_search_by_key(&column, |&(column, _)| column as usize);
        found.ok().and_then(|at| self.sparse.get(at)).map_or(0, |&(_, weight)| weight)
    }
}
