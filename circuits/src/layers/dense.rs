//! Dense layer with fixed weights: `acc_r = sum_c w[r, c] * x_c + bias_r`.
//!
//! Cost: no constraint and no wire up to [`MAX_TERMS`](crate::gadgets::accumulate::MAX_TERMS) inputs: the weights are constants, so
//! each accumulator is a linear combination, with an interval from the weights' signs. Beyond that, one of each an
//! output: see [`crate::gadgets::accumulate`].

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::gadgets::accumulate;

/// A weight matrix in row-major order: `rows` outputs, `cols` inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Number of outputs.
    pub rows: usize,
    /// Number of inputs.
    pub cols: usize,
    /// `rows * cols` integers.
    pub w: Vec<i64>,
}

impl Weights {
    fn check(&self, inputs: usize, bias: &[i64]) -> Result<(), BuildError> {
        let length = |what, expected, found| {
            if expected == found {
                Ok(())
            } else {
                Err(BuildError::Length { operation: "dense", what, expected, found })
            }
        };
        if self.rows == 0 || self.cols == 0 {
            return Err(BuildError::Empty { operation: "dense" });
        }
        length("weights", self.rows.saturating_mul(self.cols), self.w.len())?;
        length("inputs", self.cols, inputs)?;
        length("biases", self.rows, bias.len())
    }
}

/// Integer reference. Fails on a wrong length and where a sum leaves 64 bits.
pub fn reference(x: &[i64], weights: &Weights, bias: &[i64]) -> Result<Vec<i64>, BuildError> {
    weights.check(x.len(), bias)?;
    let rows = weights.w.chunks_exact(weights.cols);
    rows.zip(bias)
        .map(|(row, &bias)| {
            let sum = row
                .iter()
                .zip(x)
                .fold(i128::from(bias), |sum, (&w, &x)| sum.saturating_add(i128::from(w) * i128::from(x)));
            i64::try_from(sum).map_err(|_| BuildError::Overflow { operation: "dense", lo: sum, hi: sum })
        })
        .collect()
}

/// The accumulators. An interval beyond ±2^60 is an error.
pub fn constrain(
    b: &mut Builder,
    x: &[Bounded],
    weights: &Weights,
    bias: &[i64],
) -> Result<Vec<Bounded>, BuildError> {
    weights.check(x.len(), bias)?;
    let rows = weights.w.chunks_exact(weights.cols);
    rows.zip(bias)
        .map(|(row, &bias)| accumulate::constrain(b, &Bounded::weighted_sum(x, row, bias)?))
        .collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("dense 8 to 4", 8, 8, |b, x| {
    let w = (0..32).map(|i| i * 7 % 31 - 15).collect();
    constrain(b, x, &Weights { rows: 4, cols: 8, w }, &[1, -2, 3, -4])
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, gadget, gadget_with_bounds};
    use proptest::prelude::*;

    #[test]
    fn costs_nothing_and_bounds_each_accumulator() -> Result<(), BuildError> {
        let weights = Weights { rows: 2, cols: 3, w: vec![1, -2, 0, 5, 5, 5] };
        let (circuit, bounds) = gadget_with_bounds(3, 4, |b, x| constrain(b, x, &weights, &[10, -1]))?;
        assert_eq!(circuit.stats().constraints, 3 * 4);
        assert_eq!(bounds, [(10 - 8 - 14, 10 + 7 + 16), (-1 - 120, -1 + 105)]);
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_refused() {
        let cases = [
            (Weights { rows: 1, cols: 2, w: vec![1] }, vec![0], "weights"),
            (Weights { rows: 1, cols: 3, w: vec![1; 3] }, vec![0], "inputs"),
            (Weights { rows: 2, cols: 2, w: vec![1; 4] }, vec![0], "biases"),
        ];
        for (weights, bias, expected) in cases {
            let refused = gadget(2, 4, |b, x| constrain(b, x, &weights, &bias)).err();
            assert!(
                matches!(refused, Some(BuildError::Length { what, .. }) if what == expected),
                "{refused:?}"
            );
            assert_eq!(reference(&[0, 0], &weights, &bias).err(), refused);
        }
        let empty = Weights { rows: 0, cols: 2, w: vec![] };
        assert_eq!(reference(&[0, 0], &empty, &[]).err(), Some(BuildError::Empty { operation: "dense" }));
    }

    #[test]
    fn overflow_is_a_typed_error() {
        let weights = Weights { rows: 1, cols: 2, w: vec![1 << 29, 1 << 29] };
        let refused = gadget(2, 32, |b, x| constrain(b, x, &weights, &[-1]));
        assert!(
            matches!(refused, Err(BuildError::Overflow { operation: "weighted sum", .. })),
            "{refused:?}"
        );
        assert!(gadget(2, 31, |b, x| constrain(b, x, &weights, &[0])).is_ok());
        let huge = Weights { rows: 1, cols: 1, w: vec![i64::MAX] };
        assert!(matches!(reference(&[i64::MAX], &huge, &[0]), Err(BuildError::Overflow { .. })));
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn equals_the_reference(
            x in prop::collection::vec(any::<i16>(), 5),
            w in prop::collection::vec(any::<i16>(), 15),
            bias in prop::collection::vec(any::<i32>(), 3),
        ) {
            let widen = |v: &[i16]| v.iter().map(|&x| i64::from(x)).collect::<Vec<_>>();
            let weights = Weights { rows: 3, cols: 5, w: widen(&w) };
            let bias: Vec<i64> = bias.into_iter().map(i64::from).collect();
            let (circuit, bounds) = gadget_with_bounds(5, 16, |b, x| constrain(b, x, &weights, &bias))?;
            let expected = reference(&widen(&x), &weights, &bias)?;
            check(&circuit, &bounds, [widen(&x)], |_| expected.clone());
        }
    }
}
