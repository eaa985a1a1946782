//! Dense layer with fixed weights: `acc_r = sum_c w[r, c] * x_c + bias_r`.
//!
//! Cost: no constraint and no wire, whatever the size: the weights are constants, so each
//! accumulator is a linear combination, with an interval from the weights' signs.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;

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
    _b: &mut Builder,
    x: &[Bounded],
    weights: &Weights,
    bias: &[i64],
) -> Result<Vec<Bounded>, BuildError> {
    weights.check(x.len(), bias)?;
    let rows = weights.w.chunks_exact(weights.cols);
    rows.zip(bias).map(|(row, &bias)| Bounded::weighted_sum(x, row, bias)).collect()
}
