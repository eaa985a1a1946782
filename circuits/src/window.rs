//! Sliding windows: the geometry that convolution and pooling share.
//!
//! Along one axis, output position `o` sees the input positions `o * stride - pad_before + k * dilation` for
//! `k` in `[0, kernel)`; those outside `[0, input)` are padding. There are
//! `floor((input + pad_before + pad_after - dilation * (kernel - 1) - 1) / stride) + 1` output positions,
//! as ONNX defines for `ceil_mode = 0`.
//!
//! Tensors are `[channels, height, width]`, row-major; a batch is one call an image. A 1-d layer has
//! height 1: [`Window::line`].

use crate::error::BuildError;

/// One axis of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Positions of the input.
    pub input: usize,
    /// Positions of the window.
    pub kernel: usize,
    /// Distance between windows.
    pub stride: usize,
    /// Distance between the positions of one window.
    pub dilation: usize,
    /// Padding before the input.
    pub pad_before: usize,
    /// Padding behind the input.
    pub pad_after: usize,
}

/// No size may exceed this; products of two and sums of three then fit any `usize` and `i64`.
const MAX_SIZE: usize = 1 << 24;

impl Axis {
    /// Stride and dilation 1, no padding.
    pub fn new(input: usize, kernel: usize) -> Self {
        Self { input, kernel, stride: 1, dilation: 1, pad_before: 0, pad_after: 0 }
    }

    /// The same axis with another stride.
    pub fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// The same axis with padding on both sides.
    pub fn pad(self, pad: usize) -> Self {
        Self { pad_before: pad, pad_after: pad, ..self }
    }

    /// The same axis with another dilation.
    pub fn dilation(self, dilation: usize) -> Self {
        Self { dilation, ..self }
    }

    /// Input positions that a window spans.
    fn span(self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Fails on an empty axis, a zero step, sizes above 2^24 and a window that is larger than the padded input.
    fn check(self, operation: &'static str) -> Result<(), BuildError> {
        let Self { input, kernel, stride, dilation, pad_before, pad_after } = self;
        if [input, kernel, stride, dilation].contains(&0) {
            return Err(BuildError::Empty { operation });
        }
        if [input, kernel, stride, dilation, pad_before, pad_after].iter().any(|&size| size > MAX_SIZE) {
            return Err(BuildError::TooLarge { what: "positions along an axis" });
        }
        let (padded, span) = (input + pad_before + pad_after, self.span());
        if padded < span {
            return Err(BuildError::Window { operation, span, padded });
        }
        Ok(())
    }

    /// Fails if a window sees nothing but padding: pooling has no value for it.
    fn check_covered(self, operation: &'static str) -> Result<(), BuildError> {
        let covered = |&o: &usize| (0..self.kernel).any(|k| self.position(o, k).is_some());
        match (0..self.output()).find(|o| !covered(o)) {
            Some(window) => Err(BuildError::OnlyPadding { operation, window }),
            None => Ok(()),
        }
    }

    /// Number of output positions.
    pub fn output(self) -> usize {
        let padded = self.input + self.pad_before + self.pad_after;
        padded.saturating_sub(self.span()) / self.stride.max(1) + 1
    }

    /// The input position that position `k` of window `o` sees, unless it is padding.
    pub fn position(self, o: usize, k: usize) -> Option<usize> {
        let position = (o * self.stride + k * self.dilation).checked_sub(self.pad_before)?;
        (position < self.input).then_some(position)
    }

    /// The windows in which position `k` is no padding: a range of `o`.
    fn windows(self, k: usize) -> std::ops::Range<usize> {
        // o * stride + offset >= pad_before, and < pad_before + input.
        let offset = k * self.dilation;
        let first = |bound: usize| bound.saturating_sub(offset).div_ceil(self.stride);
        let end = first(self.pad_before + self.input).min(self.output());
        first(self.pad_before).min(end)..end
    }
}

/// A window over the height and width of `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Channels of the input.
    pub channels: usize,
    /// Vertical axis.
    pub height: Axis,
    /// Horizontal axis.
    pub width: Axis,
}

impl Window {
    /// A window over `[channels, length]`.
    pub fn line(channels: usize, axis: Axis) -> Self {
        Self { channels, height: Axis::new(1, 1), width: axis }
    }

    /// Number of input values.
    pub fn inputs(&self) -> usize {
        self.channels * self.height.input * self.width.input
    }

    /// Height and width of the output.
    pub fn output(&self) -> (usize, usize) {
        (self.height.output(), self.width.output())
    }

    /// Positions of one window, padding included.
    pub fn size(&self) -> usize {
        self.height.kernel * self.width.kernel
    }

    /// Fails unless the axes are sound and `inputs` values fit them.
    pub(crate) fn check(&self, operation: &'static str, inputs: usize) -> Result<(), BuildError> {
        self.height.check(operation)?;
        self.width.check(operation)?;
        if self.channels == 0 {
            return Err(BuildError::Empty { operation });
        }
        let counts = [
            [self.channels, self.height.input, self.width.input],
            [self.channels, self.height.output(), self.width.output()],
            [self.channels, self.height.kernel, self.width.kernel],
        ];
        if counts.iter().any(|c| product(c).is_none()) {
            return Err(BuildError::TooLarge { what: "values of a tensor" });
        }
        let expected = self.inputs();
        if expected != inputs {
            return Err(BuildError::Length { operation, what: "inputs", expected, found: inputs });
        }
        Ok(())
    }

    /// As [`Self::check`], and fails if a window sees nothing but padding.
    pub(crate) fn check_pool(&self, operation: &'static str, inputs: usize) -> Result<(), BuildError> {
        self.check(operation, inputs)?;
        self.height.check_covered(operation)?;
        self.width.check_covered(operation)
    }

    /// For output position `(y, x)` and each position of the window that is no padding: its index within the window and
    /// the index within a channel of the input that it sees.
    pub(crate) fn positions(&self, y: usize, x: usize) -> impl Iterator<Item = (usize, usize)> {
        let (height, width) = (self.height, self.width);
        (0..height.kernel).filter_map(move |i| Some((i, height.position(y, i)?))).flat_map(move |(i, row)| {
            (0..width.kernel)
                .filter_map(move |j| Some((i * width.kernel + j, row * width.input + width.position(x, j)?)))
        })
    }

    /// Every row of outputs where tap `(i, j)` of the window is no padding, and what it sees there.
    pub(crate) fn rows(&self, i: usize, j: usize) -> impl Iterator<Item = Row> {
        let (height, width) = (self.height, self.width);
        let columns = width.windows(j);
        // Without a column nothing is read.
        let start = width.position(columns.start, j).unwrap_or(0);
        height.windows(i).filter_map(move |y| {
            let row = height.position(y, i).filter(|_| !columns.is_empty())?;
            let output = y * width.output();
            Some(Row {
                outputs: output + columns.start..output + columns.end,
                input: row * width.input + start,
                stride: width.stride,
            })
        })
    }
}

/// Output positions of one row, and what one tap of the window sees there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Positions within an output channel.
    pub(crate) outputs: std::ops::Range<usize>,
    /// Position within an input channel that the first of them sees.
    pub(crate) input: usize,
    /// Distance between what neighbours see.
    pub(crate) stride: usize,
}

/// The product, if it fits 32 bits: the indices of wires do.
fn product(factors: &[usize]) -> Option<usize> {
    factors.iter().try_fold(1usize, |product, &factor| {
        product.checked_mul(factor).filter(|&p| u32::try_from(p).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every axis with small sizes that is sound.
    pub(crate) fn axes() -> impl Iterator<Item = Axis> {
        let sizes = |to| 1..=to;
        sizes(6).flat_map(move |input| {
            sizes(4).flat_map(move |kernel| {
                sizes(3).flat_map(move |stride| {
                    sizes(3).flat_map(move |dilation| {
                        (0..3).flat_map(move |pad_before| {
                            (0..3).map(move |pad_after| Axis {
                                input,
                                kernel,
                                stride,
                                dilation,
                                pad_before,
                                pad_after,
                            })
                        })
                    })
                })
            })
        })
    }

    #[test]
    fn windows_tile_the_padded_input() {
        let mut sound = 0;
        for axis in axes().filter(|axis| axis.check("test").is_ok()) {
            sound += 1;
            let padded = axis.input + axis.pad_before + axis.pad_after;
            let last = (axis.output() - 1) * axis.stride + axis.span();
            assert!(last <= padded && last + axis.stride > padded, "{axis:?}");
            for k in 0..axis.kernel {
                let seen: Vec<_> = (0..axis.output()).filter(|&o| axis.position(o, k).is_some()).collect();
                assert_eq!(axis.windows(k).collect::<Vec<_>>(), seen, "{axis:?}, tap {k}");
            }
        }
        assert!(sound > 1000, "{sound}");
    }

    #[test]
    fn rows_and_positions_agree() {
        for height in [Axis::new(1, 1), Axis::new(5, 3).pad(1).stride(2), Axis::new(6, 2).dilation(3)] {
            for width in axes().filter(|axis| axis.check("test").is_ok()) {
                let window = Window { channels: 1, height, width };
                let (rows, columns) = window.output();
                let mut by_position = Vec::new();
                for o in 0..rows * columns {
                    for (tap, input) in window.positions(o / columns, o % columns) {
                        by_position.push((tap, o, input));
                    }
                }
                let mut by_row = Vec::new();
                for tap in 0..window.size() {
                    for row in window.rows(tap / width.kernel, tap % width.kernel) {
                        let inputs = (row.input..).step_by(row.stride);
                        by_row.extend(row.outputs.zip(inputs).map(|(o, input)| (tap, o, input)));
                    }
                }
                by_position.sort_unstable();
                by_row.sort_unstable();
                assert_eq!(by_position, by_row, "{window:?}");
            }
        }
    }

    #[test]
    fn unsound_geometry_is_refused() {
        let refuse = |axis: Axis| axis.check("test").err();
        assert_eq!(refuse(Axis::new(0, 1)), Some(BuildError::Empty { operation: "test" }));
        assert_eq!(refuse(Axis::new(4, 2).stride(0)), Some(BuildError::Empty { operation: "test" }));
        assert!(matches!(
            refuse(Axis::new(4, 3).dilation(2)),
            Some(BuildError::Window { span: 5, padded: 4, .. })
        ));
        let padding = |axis: Axis| axis.check_covered("test").err();
        assert_eq!(padding(Axis::new(4, 2).pad(1)), None);
        assert_eq!(
            padding(Axis::new(4, 2).pad(2)),
            Some(BuildError::OnlyPadding { operation: "test", window: 0 })
        );
        let skips = Axis { pad_before: 2, ..Axis::new(1, 2).dilation(3).pad(1) };
        assert_eq!(padding(skips), Some(BuildError::OnlyPadding { operation: "test", window: 0 }));
        assert!(matches!(refuse(Axis::new(1 << 25, 1)), Some(BuildError::TooLarge { .. })));
        let huge = Axis::new(1 << 24, 1);
        let window = Window { channels: 1, height: huge, width: huge };
        assert!(matches!(window.check("test", 1), Err(BuildError::TooLarge { .. })));
    }
}
