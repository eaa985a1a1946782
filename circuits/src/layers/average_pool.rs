//! Average pooling of `[channels, height, width]`: the sum of each window, and where needed its division by the count.
//!
//! ```text
//! sum     = sum of the window's values; padding counts as 0
//! average = floor((sum + floor(count / 2)) / count)
//! ```
//!
//! The sums cost nothing. Prefer them where a linear layer or a requantization follows: `1 / count` then goes into the
//! weights or, for a power of two, into the shift. [`constrain`] divides exactly, for everything else: a window
//! costs the bits of its quotient and of its remainder, see [`crate::gadgets::divide`].

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::divide;
use crate::layers::max_pool::pool;
use crate::layers::window::Window;

/// What a sum is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// The window's size, padding included (ONNX `count_include_pad = 1`).
    Window,
    /// The values that are no padding (ONNX's default).
    Values,
}

impl Count {
    fn of(self, window: &Window, values: usize) -> i64 {
        let count = match self {
            Self::Window => window.size(),
            Self::Values => values,
        };
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

/// Integer reference of [`sums`]. Fails on a wrong length and where a sum leaves 64 bits.
pub fn reference_sums(x: &[i64], window: &Window) -> Result<Vec<i64>, BuildError> {
    pool(x, window, |values| {
        let sum = values.iter().map(|&&x| i128::from(x)).sum();
        i64::try_from(sum).map_err(|_| BuildError::Overflow {
            operation: "average pooling",
            lo: sum,
            hi: sum,
        })
    })
}

/// Integer reference of [`constrain`].
pub fn reference(x: &[i64], window: &Window, count: Count) -> Result<Vec<i64>, BuildError> {
    pool(x, window, |values| {
        let (sum, n) = (
            values.iter().map(|&&x| i128::from(x)).sum::<i128>(),
            i128::from(count.of(window, values.len())),
        );
        // An average lies between the smallest and the largest value, or 0.
        let average = (sum + n / 2).div_euclid(n);
        i64::try_from(average).map_err(|_| BuildError::Overflow {
            operation: "average pooling",
            lo: average,
            hi: average,
        })
    })
}

/// The sum of each window: linear, without constraints.
pub fn sums(_b: &mut Builder, x: &[Bounded], window: &Window) -> Result<Vec<Bounded>, BuildError> {
    pool(x, window, sum)
}

/// The average of each window, rounded half up.
pub fn constrain(
    b: &mut Builder,
    x: &[Bounded],
    window: &Window,
    count: Count,
) -> Result<Vec<Bounded>, BuildError> {
    b.scope("average_pool", |b| {
        pool(x, window, |values| {
            let n = count.of(window, values.len());
            Ok(divide::by_constant(b, &sum(values)?.add_const(n / 2)?, n)?.quotient)
        })
    })
}

fn sum(values: &[&Bounded]) -> Result<Bounded, BuildError> {
    let terms: Vec<_> = values.iter().map(|&x| (x, 1)).collect();
    Bounded::combine("average pooling", &terms, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::window::Axis;
    use crate::testing::{all_pairs, check, check_both, gadget_with_bounds};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn counts_and_rounding() -> Result<(), BuildError> {
        let window = Window::line(1, Axis::new(4, 3).stride(2).pad(1));
        // (0, 1, 2) and (2, 3, 4), of which the first has one padding.
        let x = [1, 2, 3, 5];
        assert_eq!(reference_sums(&x, &window)?, [3, 10]);
        assert_eq!(reference(&x, &window, Count::Window)?, [1, 3]);
        assert_eq!(reference(&x, &window, Count::Values)?, [2, 3]);
        let negative = [-1, -2, -3, -5];
        assert_eq!(reference(&negative, &window, Count::Values)?, [-1, -3]); // -3/2 up, -10/3
        Ok(())
    }

    #[test]
    fn averages_of_two() -> Result<(), BuildError> {
        let window = Window::line(1, Axis::new(2, 2));
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &window, Count::Values);
        let (circuit, bounds) = gadget_with_bounds(2, 5, build)?;
        assert_eq!(bounds, [(-16, 15)]);
        let expected = |x: &[i64]| vec![(x[0] + x[1] + 1).div_euclid(2)];
        check(&circuit, &bounds, all_pairs(5), expected);
        check_both(2, 5, build, all_pairs(5).collect::<Vec<_>>(), expected)
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        for axis in [Axis::new(4, 2).stride(2), Axis::new(5, 3).stride(2).pad(1), Axis::new(3, 3)] {
            let window = Window { channels: 2, height: axis, width: axis };
            let inputs: Vec<Vec<i64>> = (0..9)
                .map(|i| (0..window.inputs()).map(|_| rng.gen_range(-128..128i64) >> i).collect())
                .collect();
            for count in [Count::Window, Count::Values] {
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &window, count);
                let (circuit, bounds) = gadget_with_bounds(window.inputs(), 8, build)?;
                let expected = |x: &[i64]| reference(x, &window, count).unwrap_or_default();
                check(&circuit, &bounds, inputs.iter().take(2).cloned(), expected);
                check_both(window.inputs(), 8, build, inputs.clone(), expected)?;
            }
            let (circuit, bounds) = gadget_with_bounds(window.inputs(), 8, |b, x| sums(b, x, &window))?;
            assert_eq!(circuit.stats().constraints, window.inputs() * 8, "sums are free");
            check(&circuit, &bounds, inputs, |x| reference_sums(x, &window).unwrap_or_default());
        }
        Ok(())
    }
}
