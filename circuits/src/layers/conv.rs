//! Convolution with fixed weights, 1-d and 2-d, with stride, padding, dilation and groups:
//!
//! ```text
//! acc[o, y, x] = bias[o] + sum_{c, i, j} w[o, c, i, j] * in[g(o) * C/G + c, y*s - p + i*d, x*s - p + j*d]
//! ```
//!
//! where padding counts as 0. It is ONNX's `Conv` (a cross-correlation) of one image `[channels, height, width]`.
//!
//! Cost: as [`crate::layers::dense`]: nothing for kernels of up to [`MAX_TERMS`](accumulate::MAX_TERMS) values, one constraint and one
//! wire an output for larger ones.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::{BuildError, at};
use crate::gadgets::accumulate;
use crate::window::{Axis, Window};

/// A convolution: geometry, weights and biases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Input channels and the axes.
    pub window: Window,
    /// Output channels.
    pub filters: usize,
    /// Groups: filter `o` sees only the input channels of group `o / (filters / groups)`.
    pub groups: usize,
    /// Weights `[filters, channels / groups, kernel height, kernel width]`, row-major.
    pub w: Vec<i64>,
    /// One bias a filter.
    pub bias: Vec<i64>,
}

impl Convolution {
    /// Number of outputs, `filters * height * width`.
    pub fn outputs(&self) -> usize {
        let (height, width) = self.window.output();
        self.filters * height * width
    }

    /// The terms of one accumulator: position of the input and weight, in the order of the inputs; no weight is zero.
    /// `output` is its row-major index in `[filters, height, width]`.
    pub fn terms(&self, output: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        // As many weights as `check` asks for.
        let terms = self.taps(output).map(|(input, tap)| (input, self.w[tap]));
        terms.filter(|&(_, weight)| weight != 0)
    }

    /// The same with the position of each weight in place of the weight, zero or not.
    pub fn taps(&self, output: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let (height, width) = self.window.output();
        let (filter, y, x) = (output / (height * width), output / width % height, output % width);
        let (size, channel) = (self.window.size(), self.window.height.input * self.window.width.input);
        self.channels(filter).enumerate().flat_map(move |(c, source)| {
            let first = (filter * self.group_channels() + c) * size;
            let taps = self.window.positions(y, x);
            taps.map(move |(tap, position)| (source * channel + position, first + tap))
        })
    }

    /// Fails unless the geometry is sound and all lengths fit.
    pub fn check(&self, inputs: usize) -> Result<(), BuildError> {
        const OPERATION: &str = "convolution";
        self.window.check(OPERATION, inputs)?;
        if self.filters == 0 || self.groups == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        let length = |what, expected, found| {
            if expected == found {
                Ok(())
            } else {
                Err(BuildError::Length { operation: OPERATION, what, expected, found })
            }
        };
        let whole = |count: usize| count / self.groups * self.groups;
        length("channels, a multiple of the groups,", whole(self.window.channels), self.window.channels)?;
        length("filters, a multiple of the groups,", whole(self.filters), self.filters)?;
        let weights = self.group_channels().saturating_mul(self.window.size()).saturating_mul(self.filters);
        length("weights", weights, self.w.len())?;
        length("biases", self.filters, self.bias.len())?;
        let (height, width) = self.window.output();
        match self.filters.checked_mul(height * width).map(u32::try_from) {
            Some(Ok(_)) => Ok(()),
            _ => Err(BuildError::TooLarge { what: "outputs of a convolution" }),
        }
    }

    fn group_channels(&self) -> usize {
        self.window.channels / self.groups
    }

    /// The input channels that a filter sees.
    fn channels(&self, filter: usize) -> std::ops::Range<usize> {
        let group = filter / (self.filters / self.groups);
        group * self.group_channels()..(group + 1) * self.group_channels()
    }
}

/// Integer reference: `[filters, height, width]`. Fails on a wrong length and where a sum leaves 64 bits.
pub fn reference(x: &[i64], convolution: &Convolution) -> Result<Vec<i64>, BuildError> {
    convolution.check(x.len())?;
    // Where the sums of magnitudes fit 64 bits, no partial sum can leave them.
    let largest = x.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
    let terms = convolution.group_channels() * convolution.window.size();
    let fits = convolution.w.chunks_exact(terms).zip(&convolution.bias).all(|(filter, bias)| {
        let sum: u128 = filter.iter().map(|w| u128::from(w.unsigned_abs())).sum();
        sum.saturating_mul(largest.into()).saturating_add(bias.unsigned_abs().into()) <= i64::MAX as u128
    });
    if fits {
        return Ok(accumulate(x, convolution, |sum: &mut i64, w, x| *sum += w * x));
    }
    accumulate(x, convolution, |sum: &mut i128, w, x| {
        *sum = sum.saturating_add(i128::from(w) * i128::from(x));
    })
    .into_iter()
    .map(|sum| {
        i64::try_from(sum).map_err(|_| BuildError::Overflow { operation: "convolution", lo: sum, hi: sum })
    })
    .collect()
}

/// The sums, row by row: the inner loop runs along a row of outputs, for one weight. [`Convolution::check`] has proven that
/// every index exists.
fn accumulate<T: Copy + From<i64>>(
    x: &[i64],
    convolution: &Convolution,
    multiply_add: impl Fn(&mut T, i64, i64),
) -> Vec<T> {
    let window = &convolution.window;
    let (height, width) = window.output();
    let channel = window.height.input * window.width.input;
    let mut sums = Vec::with_capacity(convolution.outputs());
    let filters = convolution.w.chunks_exact(convolution.group_channels() * window.size());
    for (filter, (weights, &bias)) in filters.zip(&convolution.bias).enumerate() {
        let start = sums.len();
        sums.resize(start + height * width, T::from(bias));
        let sums = &mut sums[start..];
        let sources = convolution.channels(filter).map(|c| &x[c * channel..(c + 1) * channel]);
        for (source, taps) in sources.zip(weights.chunks_exact(window.size())) {
            for (tap, &weight) in taps.iter().enumerate().filter(|&(_, &weight)| weight != 0) {
                for row in window.rows(tap / window.width.kernel, tap % window.width.kernel) {
                    let inputs = source[row.input..].iter().step_by(row.stride);
                    let outputs = &mut sums[row.outputs];
                    outputs.iter_mut().zip(inputs).for_each(|(sum, &x)| multiply_add(sum, weight, x));
                }
            }
        }
    }
    sums
}

/// The accumulators, `[filters, height, width]`. An interval beyond ±2^60 is an error.
pub fn constrain(
    b: &mut Builder,
    x: &[Bounded],
    convolution: &Convolution,
) -> Result<Vec<Bounded>, BuildError> {
    convolution.check(x.len())?;
    let positions = convolution.outputs() / convolution.filters;
    (0..convolution.outputs())
        .map(|output| {
            let term = |(i, weight)| Ok((at("inputs", x, i)?, weight));
            let terms = convolution.terms(output).map(term).collect::<Result<Vec<_>, BuildError>>()?;
            let bias = *at("biases", &convolution.bias, output / positions)?;
            accumulate::constrain(b, &Bounded::combine("convolution", &terms, bias)?)
        })
        .collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("convolution of 2x4x4 to 3x4x4, 3x3", 32, 8, |b, x| {
    let axis = Axis::new(4, 3).pad(1);
    let window = Window { channels: 2, height: axis, width: axis };
    let w = (0..54).map(|i| i * 7 % 31 - 15).collect();
    constrain(b, x, &Convolution { window, filters: 3, groups: 1, w, bias: vec![1, -2, 3] })
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, gadget, gadget_with_bounds};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// The definition, term by term over the padded image.
    fn by_definition(x: &[i64], conv: &Convolution) -> Vec<i64> {
        let Window { channels, height, width } = conv.window;
        let (rows, columns) = conv.window.output();
        let mut sums = Vec::new();
        for o in 0..conv.filters {
            for y in 0..rows {
                for column in 0..columns {
                    let mut sum = conv.bias[o];
                    for c in 0..channels / conv.groups {
                        for i in 0..height.kernel {
                            for j in 0..width.kernel {
                                let row = (y * height.stride + i * height.dilation) as i64
                                    - height.pad_before as i64;
                                let col = (column * width.stride + j * width.dilation) as i64
                                    - width.pad_before as i64;
                                if !(0..height.input as i64).contains(&row)
                                    || !(0..width.input as i64).contains(&col)
                                {
                                    continue;
                                }
                                let source = o / (conv.filters / conv.groups) * (channels / conv.groups) + c;
                                let at = (source * height.input + row as usize) * width.input + col as usize;
                                let tap = ((o * (channels / conv.groups) + c) * height.kernel + i)
                                    * width.kernel
                                    + j;
                                sum += conv.w[tap] * x[at];
                            }
                        }
                    }
                    sums.push(sum);
                }
            }
        }
        sums
    }

    fn random(
        rng: &mut ChaCha8Rng,
        window: Window,
        filters: usize,
        groups: usize,
        bound: i64,
    ) -> Convolution {
        let count = filters * window.channels / groups * window.size();
        let mut values = |n: usize| (0..n).map(|_| rng.gen_range(-bound..=bound)).collect::<Vec<_>>();
        Convolution { window, filters, groups, w: values(count), bias: values(filters) }
    }

    fn geometries() -> Vec<(Window, usize, usize)> {
        let axis = Axis::new;
        let square = |channels, axis| Window { channels, height: axis, width: axis };
        vec![
            (square(1, axis(4, 3)), 2, 1),
            (square(2, axis(5, 3).pad(1)), 3, 1),
            (square(2, axis(5, 3).pad(1).stride(2)), 2, 2),
            (square(4, axis(3, 2)), 4, 4),
            (square(4, axis(3, 1)), 6, 2),
            (square(1, axis(6, 2).dilation(3).pad(2)), 1, 1),
            (Window { channels: 1, height: axis(3, 2), width: axis(5, 3).stride(2).pad(2) }, 2, 1),
            (Window::line(3, axis(7, 4).stride(3).pad(1)), 2, 1),
            (Window::line(2, Axis { pad_before: 2, ..axis(6, 2).dilation(2) }), 2, 2),
        ]
    }

    #[test]
    fn equals_the_definition() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (window, filters, groups) in geometries() {
            let conv = random(&mut rng, window, filters, groups, 127);
            for _ in 0..8 {
                let x: Vec<i64> = (0..window.inputs()).map(|_| rng.gen_range(-128..128)).collect();
                assert_eq!(reference(&x, &conv)?, by_definition(&x, &conv), "{conv:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for (window, filters, groups) in geometries() {
            let mut conv = random(&mut rng, window, filters, groups, 127);
            conv.w[0] = 0;
            let inputs = window.inputs();
            let (circuit, bounds) = gadget_with_bounds(inputs, 8, |b, x| constrain(b, x, &conv))?;
            assert_eq!(circuit.stats().constraints, inputs * 8, "a convolution costs nothing");
            let cases =
                (0..4).map(|_| (0..inputs).map(|_| rng.gen_range(-128..128)).collect()).collect::<Vec<_>>();
            check(&circuit, &bounds, cases, |x| by_definition(x, &conv));
            let terms: usize = (0..conv.outputs()).map(|o| conv.terms(o).count()).sum();
            assert!(terms <= conv.outputs() * conv.w.len() / conv.filters);
        }
        Ok(())
    }

    #[test]
    fn wide_sums_are_exact_or_refused() -> Result<(), BuildError> {
        let conv = |w: Vec<i64>| Convolution {
            window: Window::line(1, Axis::new(2, 2)),
            filters: 1,
            groups: 1,
            w,
            bias: vec![5],
        };
        // Magnitudes beyond 64 bits whose sum is small.
        assert_eq!(reference(&[i64::MAX, i64::MAX], &conv(vec![3, -3]))?, [5]);
        assert_eq!(reference(&[i64::MIN, -1], &conv(vec![1, 0]))?, [i64::MIN + 5]);
        let refused = reference(&[i64::MAX, i64::MAX], &conv(vec![1, 1]));
        assert!(matches!(refused, Err(BuildError::Overflow { operation: "convolution", .. })), "{refused:?}");
        let refused = gadget(2, 32, |b, x| constrain(b, x, &conv(vec![1 << 29, 1 << 29])));
        assert!(matches!(refused, Err(BuildError::Overflow { operation: "convolution", .. })), "{refused:?}");
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_refused() {
        let good = Convolution {
            window: Window { channels: 2, height: Axis::new(3, 2), width: Axis::new(3, 2) },
            filters: 2,
            groups: 1,
            w: vec![1; 16],
            bias: vec![0; 2],
        };
        assert_eq!(good.check(18), Ok(()));
        let what = |conv: &Convolution, inputs| match conv.check(inputs) {
            Err(BuildError::Length { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(what(&good, 17), "inputs");
        assert_eq!(what(&Convolution { w: vec![1; 15], ..good.clone() }, 18), "weights");
        assert_eq!(what(&Convolution { bias: vec![0], ..good.clone() }, 18), "biases");
        assert_eq!(
            what(&Convolution { groups: 3, ..good.clone() }, 18),
            "channels, a multiple of the groups,"
        );
        let uneven = Convolution { groups: 2, filters: 3, w: vec![1; 12], bias: vec![0; 3], ..good.clone() };
        assert_eq!(what(&uneven, 18), "filters, a multiple of the groups,");
        let none = Convolution { groups: 0, ..good };
        assert_eq!(none.check(18), Err(BuildError::Empty { operation: "convolution" }));
    }
}
