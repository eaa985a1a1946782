//! Rows of few terms with fixed weights: `acc_r = sum_t w_t * x[column_t] + bias_r`.
//!
//! The same map as [`super::dense`], for matrices that are mostly zero: branches that are joined, sums of two layers,
//! poolings that overlap. Cost: none, it is linear; a long row gets a wire, see [`crate::gadgets::accumulate`].

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::{BuildError, Missing, at};
use crate::gadgets::accumulate;

/// A sparse matrix with one bias a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Number of inputs.
    pub inputs: usize,
    /// Where each row ends in `terms`, ascending; the first begins at 0.
    pub ends: Vec<u32>,
    /// Column and weight of each term, row by row; columns ascend strictly within a row.
    pub terms: Vec<(u32, i64)>,
    /// One bias a row.
    pub bias: Vec<i64>,
}

const OPERATION: &str = "sparse rows";

impl Rows {
    /// The terms of a row.
    pub fn row(&self, row: usize) -> Result<&[(u32, i64)], Missing> {
        let end = |row: usize| at("the end of a row", &self.ends, row).map(|&end| end as usize);
        let (start, end) = (row.checked_sub(1).map_or(Ok(0), end)?, end(row)?);
        let missing = Missing { what: "the terms of a row", index: end, len: self.terms.len() };
        self.terms.get(start..end).ok_or(missing)
    }

    /// Fails unless the lengths fit each other and every column exists.
    pub fn check(&self, inputs: usize) -> Result<(), BuildError> {
        let length = |what, expected, found| match expected == found {
            true => Ok(()),
            false => Err(BuildError::Length { operation: OPERATION, what, expected, found }),
        };
        if self.bias.is_empty() || self.inputs == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        length("inputs", self.inputs, inputs)?;
        length("biases", self.ends.len(), self.bias.len())?;
        length("terms", self.ends.last().map_or(0, |&end| end as usize), self.terms.len())?;
        let ordered = |row: usize| self.row(row).is_ok_and(|terms| terms.is_sorted_by(|a, b| a.0 < b.0));
        let ascending = self.ends.is_sorted() && (0..self.ends.len()).all(ordered);
        match self.terms.iter().find(|&&(column, _)| column as usize >= inputs || !ascending) {
            Some(&(column, _)) => {
                Err(BuildError::Index { operation: OPERATION, index: column as usize, inputs })
            }
            None => Ok(()),
        }
    }
}

/// Integer reference. Fails on wrong lengths and where a sum leaves 64 bits.
pub fn reference(x: &[i64], rows: &Rows) -> Result<Vec<i64>, BuildError> {
    rows.check(x.len())?;
    let sum = |(row, &bias): (usize, &i64)| {
        let mut sum = i128::from(bias);
        for &(column, w) in rows.row(row)? {
            let x = *at("inputs", x, column as usize)?;
            sum = sum.saturating_add(i128::from(w) * i128::from(x));
        }
        i64::try_from(sum).map_err(|_| BuildError::Overflow { operation: OPERATION, lo: sum, hi: sum })
    };
    rows.bias.iter().enumerate().map(sum).collect()
}

/// The accumulators. An interval beyond ±2^60 is an error.
pub fn constrain(b: &mut Builder, x: &[Bounded], rows: &Rows) -> Result<Vec<Bounded>, BuildError> {
    rows.check(x.len())?;
    let sum = |(row, &bias): (usize, &i64)| {
        let term = |&(column, w): &(u32, i64)| Ok((at("inputs", x, column as usize)?, w));
        let terms = rows.row(row)?.iter().map(term).collect::<Result<Vec<_>, BuildError>>()?;
        accumulate::constrain(b, &Bounded::combine(OPERATION, &terms, bias)?)
    };
    rows.bias.iter().enumerate().map(sum).collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("sparse 4 to 3", 4, 8, |b, x| {
    let terms = vec![(0, 3), (3, -1), (1, 2), (0, -5), (2, 7)];
    constrain(b, x, &Rows { inputs: 4, terms, ends: vec![2, 3, 5], bias: vec![1, -2, 3] })
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, gadget_with_bounds};

    fn rows() -> Rows {
        Rows { inputs: 3, ends: vec![2, 2, 3], terms: vec![(0, 2), (2, -3), (1, 5)], bias: vec![1, -7, 0] }
    }

    #[test]
    fn equals_the_matrix() -> Result<(), BuildError> {
        let matrix = crate::layers::dense::Weights { rows: 3, cols: 3, w: vec![2, 0, -3, 0, 0, 0, 0, 5, 0] };
        let rows = rows();
        let (circuit, bounds) = gadget_with_bounds(3, 4, |b, x| constrain(b, x, &rows))?;
        assert_eq!(circuit.stats().constraints, 3 * 4);
        assert_eq!(bounds, [(1 - 16 - 21, 1 + 14 + 24), (-7, -7), (-40, 35)]);
        let samples = [vec![-8, 7, 3], vec![0, 0, 0], vec![7, -8, -8]];
        for x in &samples {
            assert_eq!(reference(x, &rows), crate::layers::dense::reference(x, &matrix, &rows.bias));
        }
        check(&circuit, &bounds, samples, |x| reference(x, &rows).unwrap_or_default());
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refuse = |change: &dyn Fn(&mut Rows)| {
            let mut rows = rows();
            change(&mut rows);
            reference(&[1, 1, 1], &rows).err()
        };
        assert!(matches!(refuse(&|r| r.inputs = 2), Some(BuildError::Length { what: "inputs", .. })));
        assert!(matches!(refuse(&|r| r.bias.truncate(2)), Some(BuildError::Length { what: "biases", .. })));
        assert!(matches!(refuse(&|r| r.ends[2] = 4), Some(BuildError::Length { what: "terms", .. })));
        assert!(matches!(refuse(&|r| r.terms[0].0 = 3), Some(BuildError::Index { index: 3, .. })));
        assert!(matches!(refuse(&|r| r.terms[1].0 = 0), Some(BuildError::Index { .. })));
        assert!(matches!(refuse(&|r| r.ends = vec![2, 1, 3]), Some(BuildError::Index { .. })));
        assert!(matches!(refuse(&|r| r.bias.clear()), Some(BuildError::Empty { .. })));
        let wide = Rows { terms: vec![(0, i64::MAX), (2, 1), (1, 1)], ..rows() };
        assert!(matches!(reference(&[2, 0, 0], &wide), Err(BuildError::Overflow { .. })));
    }
}
