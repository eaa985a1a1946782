//! The linear maps of [`crate::layers`] with weights that are wires: the same integers, whatever the weights are.
//!
//! ```text
//! dense, sparse    w_j * x_j = s_j - s_(j-1)     the home row of w_j; s_0 is a copy of the bias, by its home row
//! convolution      w_j * 1 = c_j                 the home row; c_j stands for the weight in each position
//!                  c_j * x = s_j - s_(j-1)       a row a use
//! ```
//!
//! Of weights the circuit knows their bits and nothing else ([`crate::Weights`]): intervals are those of all weights of so many bits. The
//! last sum is the accumulator: one wire.
//!
//! Cost: a row a weight and a bias. A convolution of several positions takes a row a use more; one of a single position takes none.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::error::{BuildError, at};
use crate::layers::conv::Convolution;
use crate::layers::sparse::Rows;
use crate::weights::Weight;

fn length(
    operation: &'static str,
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), BuildError> {
    match expected == found {
        true => Ok(()),
        false => Err(BuildError::Length { operation, what, expected, found }),
    }
}

/// The accumulators of a matrix `[rows, x.len()]`, row-major, with one bias a row.
///
/// # Errors
/// [`BuildError::Length`] where the numbers do not fit; an interval beyond ±2^60.
pub fn dense(
    b: &mut Builder,
    x: &[Bounded],
    weights: &[Weight],
    bias: &[Weight],
) -> Result<Vec<Bounded>, BuildError> {
    const OPERATION: &str = "dense with weights";
    if x.is_empty() || bias.is_empty() {
        return Err(BuildError::Empty { operation: OPERATION });
    }
    length(OPERATION, "weights", bias.len().saturating_mul(x.len()), weights.len())?;
    let rows = weights.chunks_exact(x.len()).zip(bias);
    rows.map(|(row, bias)| {
        let start = b.copy_weight(bias)?;
        b.weighted_sum(row, x, &start)
    })
    .collect()
}

/// The accumulators of rows of few terms: a weight a term, in the order of `rows`, whose own weights and biases mean nothing here.
///
/// # Errors
/// As [`dense`].
pub fn sparse(
    b: &mut Builder,
    x: &[Bounded],
    rows: &Rows,
    weights: &[Weight],
    bias: &[Weight],
) -> Result<Vec<Bounded>, BuildError> {
    const OPERATION: &str = "sparse rows with weights";
    rows.check(x.len())?;
    length(OPERATION, "weights", rows.terms.len(), weights.len())?;
    length(OPERATION, "biases", rows.bias.len(), bias.len())?;
    let mut weights = weights.iter();
    let of_row = |(row, bias): (usize, &Weight)| {
        let mut sum = b.copy_weight(bias)?;
        for (&(column, _), weight) in rows.row(row)?.iter().zip(&mut weights) {
            sum = b.weigh(weight, at("inputs", x, column as usize)?, &sum)?;
        }
        Ok(sum)
    };
    bias.iter().enumerate().map(of_row).collect()
}

/// The accumulators of a convolution, `[filters, height, width]`: weights in the order of its own, which mean nothing here.
///
/// # Errors
/// As [`dense`].
pub fn convolution(
    b: &mut Builder,
    x: &[Bounded],
    convolution: &Convolution,
    weights: &[Weight],
    bias: &[Weight],
) -> Result<Vec<Bounded>, BuildError> {
    const OPERATION: &str = "convolution with weights";
    convolution.check(x.len())?;
    length(OPERATION, "weights", convolution.w.len(), weights.len())?;
    length(OPERATION, "biases", convolution.filters, bias.len())?;
    let starts = bias.iter().map(|bias| b.copy_weight(bias)).collect::<Result<Vec<_>, _>>()?;
    let positions = convolution.outputs() / convolution.filters;
    if positions == 1 {
        return starts
            .iter()
            .enumerate()
            .map(|(filter, start)| {
                convolution.taps(filter).try_fold(start.clone(), |sum, (input, tap)| {
                    b.weigh(at("weights", weights, tap)?, at("inputs", x, input)?, &sum)
                })
            })
            .collect();
    }
    let copies = weights.iter().map(|weight| b.copy_weight(weight)).collect::<Result<Vec<_>, _>>()?;
    (0..convolution.outputs())
        .map(|output| {
            let start = at("biases", &starts, output / positions)?.clone();
            convolution.taps(output).try_fold(start, |sum, (input, tap)| {
                add_product(b, at("weights", &copies, tap)?, at("inputs", x, input)?, &sum)
            })
        })
        .collect()
}

/// `sum + weight * x`, by a wire that holds it less its least value.
fn add_product(b: &mut Builder, weight: &Bounded, x: &Bounded, sum: &Bounded) -> Result<Bounded, BuildError> {
    const OPERATION: &str = "product with a weight";
    let ends = [(weight.lo(), x.lo()), (weight.lo(), x.hi()), (weight.hi(), x.lo()), (weight.hi(), x.hi())];
    // At most 2^60 each: no product leaves 2^120.
    let products = ends.map(|(w, x)| w * x);
    let [first, ..] = products;
    let (least, most) = products.iter().fold((first, first), |(lo, hi), &p| (lo.min(p), hi.max(p)));
    let (lo, hi) = (least + sum.lo(), most + sum.hi());
    let lo = narrow(OPERATION, lo)?;
    let from_least = sum.add_const(-lo)?;
    let hi = narrow(OPERATION, hi - i128::from(lo))?;
    b.product_wire("weight * x = sum - sum before", weight, x, &from_least, hi)?.add_const(lo)
}

#[cfg(test)]
mod tests;
