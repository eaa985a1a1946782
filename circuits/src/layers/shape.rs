//! Concatenation, slices, transposes and flattening: the result is a selection of the operands' values, in another order.
//!
//! An [`IndexMap`] is that selection. Cost: none. The same [`IndexMap::apply`] moves integers, circuit values, intervals and
//! anything else, so there is one meaning and nothing to compare. Flattening a row-major tensor is the identity.

use crate::error::BuildError;

/// A selection of values: result `i` is value `indices[i]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexMap {
    /// Length of the operand.
    inputs: usize,
    /// One index below `inputs` for each result.
    indices: Vec<u32>,
}

/// Every `step`-th index of a dimension from `start`, `count` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// First index.
    pub start: usize,
    /// Number of indices.
    pub count: usize,
    /// Distance between them; negative to go down.
    pub step: isize,
}

impl IndexMap {
    /// Any selection from `inputs` values.
    pub fn new(inputs: usize, indices: Vec<u32>) -> Result<Self, BuildError> {
        match indices.iter().find(|&&index| index as usize >= inputs) {
            Some(&index) => Err(BuildError::Index { operation: "index map", index: index as usize, inputs }),
            None => Ok(Self { inputs, indices }),
        }
    }

    /// ONNX `Transpose` of a row-major tensor: dimension `i` of the result is dimension `order[i]` of the operand.
    pub fn transpose(shape: &[usize], order: &[usize]) -> Result<Self, BuildError> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..shape.len()) {
            let (expected, found) = (shape.len(), order.len());
            return Err(BuildError::Length {
                operation: "transpose",
                what: "dimensions in some order",
                expected,
                found,
            });
        }
        let strides = strides(shape);
        Self::strided(
            shape,
            0,
            order.iter().filter_map(|&d| Some((*shape.get(d)?, *strides.get(d)?))).collect(),
        )
    }

    /// ONNX `Slice` of a row-major tensor: one slice a dimension.
    pub fn slice(shape: &[usize], slices: &[Slice]) -> Result<Self, BuildError> {
        let (expected, found) = (shape.len(), slices.len());
        if expected != found {
            return Err(BuildError::Length {
                operation: "slice",
                what: "slices, one a dimension,",
                expected,
                found,
            });
        }
        let mut first = 0isize;
        let mut dimensions = Vec::with_capacity(shape.len());
        for ((&length, slice), stride) in shape.iter().zip(slices).zip(strides(shape)) {
            let index = |i: usize| {
                let offset = isize::try_from(i).ok()?.checked_mul(slice.step)?;
                slice.start.checked_add_signed(offset).filter(|&at| at < length)
            };
            let last = slice.count.checked_sub(1).ok_or(BuildError::Empty { operation: "slice" })?;
            if index(0).is_none() || index(last).is_none() {
                let index = slice.start.saturating_add_signed(slice.step.saturating_mul(last as isize));
                return Err(BuildError::Index {
                    operation: "slice",
                    index: index.max(slice.start),
                    inputs: length,
                });
            }
            first += slice.start as isize * stride;
            dimensions.push((slice.count, slice.step * stride));
        }
        Self::strided(shape, first, dimensions)
    }

    /// ONNX `Concat` of row-major tensors along `axis`, whose values come one tensor behind the other.
    pub fn concat(shapes: &[&[usize]], axis: usize) -> Result<Self, BuildError> {
        const OPERATION: &str = "concatenation";
        let first = *shapes.first().ok_or(BuildError::Empty { operation: OPERATION })?;
        let others = |shape: &[usize]| {
            shape.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, &n)| n).collect::<Vec<_>>()
        };
        for (index, shape) in shapes.iter().enumerate() {
            if shape.len() != first.len() || axis >= shape.len() {
                return Err(BuildError::Length {
                    operation: OPERATION,
                    what: "dimensions",
                    expected: first.len().max(axis + 1),
                    found: shape.len(),
                });
            }
            if others(shape) != others(first) {
                return Err(BuildError::Shape { operation: OPERATION, index });
            }
        }
        let inputs = shapes
            .iter()
            .try_fold(0usize, |sum, shape| sum.checked_add(elements(shape)?))
            .filter(|&n| u32::try_from(n).is_ok());
        let inputs = inputs.ok_or(BuildError::TooLarge { what: "values of a tensor" })?;
        let outer: usize = first.iter().take(axis).product();
        let mut indices = Vec::with_capacity(inputs);
        for i in 0..outer {
            let mut base = 0;
            for shape in shapes {
                let run: usize = shape.iter().skip(axis).product();
                indices.extend((base + i * run..base + (i + 1) * run).map(|index| index as u32));
                base += outer * run;
            }
        }
        Self::new(inputs, indices)
    }

    /// Row-major over dimensions of (length, stride), from `first`.
    fn strided(shape: &[usize], first: isize, dimensions: Vec<(usize, isize)>) -> Result<Self, BuildError> {
        let inputs = elements(shape).ok_or(BuildError::TooLarge { what: "values of a tensor" })?;
        let mut indices = vec![first];
        for (length, stride) in dimensions {
            indices = indices
                .iter()
                .flat_map(|&base| (0..length).map(move |i| base + i as isize * stride))
                .collect();
        }
        Self::new(inputs, indices.into_iter().map(|index| index as u32).collect())
    }

    /// Length of the operand.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The operand's index of each result.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The selected values: the reference, for integers, and the circuit's meaning, for [`crate::Bounded`].
    pub fn apply<T: Clone>(&self, x: &[T]) -> Result<Vec<T>, BuildError> {
        let (expected, found) = (self.inputs, x.len());
        if expected != found {
            return Err(BuildError::Length { operation: "index map", what: "values", expected, found });
        }
        Ok(self.indices.iter().filter_map(|&index| x.get(index as usize)).cloned().collect())
    }
}

/// Number of values, if it fits 32 bits.
fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n).filter(|&p| u32::try_from(p).is_ok()))
}

/// Row-major strides.
fn strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1isize;
    for &length in shape.iter().rev() {
        strides.push(stride);
        stride = stride.saturating_mul(isize::try_from(length).unwrap_or(isize::MAX));
    }
    strides.reverse();
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(count: usize) -> Slice {
        Slice { start: 0, count, step: 1 }
    }

    #[test]
    fn transposes() -> Result<(), BuildError> {
        // [2, 3] -> [3, 2]
        let map = IndexMap::transpose(&[2, 3], &[1, 0])?;
        assert_eq!(map.apply(&[0, 1, 2, 10, 11, 12])?, [0, 10, 1, 11, 2, 12]);
        // NHWC -> NCHW and back
        let (there, back) = (
            IndexMap::transpose(&[1, 4, 5, 3], &[0, 3, 1, 2])?,
            IndexMap::transpose(&[1, 3, 4, 5], &[0, 2, 3, 1])?,
        );
        let x: Vec<i64> = (0..60).collect();
        let y = there.apply(&x)?;
        assert_eq!(y[(2 * 4 + 1) * 5 + 4], x[(5 + 4) * 3 + 2]);
        assert_eq!(back.apply(&y)?, x);
        Ok(())
    }

    #[test]
    fn slices() -> Result<(), BuildError> {
        let x: Vec<i64> = (0..24).collect();
        let shape = [2, 3, 4];
        let map = IndexMap::slice(
            &shape,
            &[whole(2), Slice { start: 1, count: 2, step: 1 }, Slice { start: 3, count: 2, step: -2 }],
        )?;
        assert_eq!(map.apply(&x)?, [7, 5, 11, 9, 19, 17, 23, 21]);
        for (start, count, step) in [(0, 5, 1), (4, 1, 1), (1, 3, -1), (0, 2, isize::MAX), (usize::MAX, 1, 1)]
        {
            let slices = [whole(2), whole(3), Slice { start, count, step }];
            assert!(
                matches!(IndexMap::slice(&shape, &slices), Err(BuildError::Index { operation: "slice", .. })),
                "{slices:?}"
            );
        }
        let none = IndexMap::slice(&shape, &[whole(2), whole(3), whole(0)]);
        assert_eq!(none, Err(BuildError::Empty { operation: "slice" }));
        Ok(())
    }

    #[test]
    fn concatenations() -> Result<(), BuildError> {
        let x = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15];
        assert_eq!(
            IndexMap::concat(&[&[2, 2], &[2, 3]], 1)?.apply(&x)?,
            [0, 1, 10, 11, 12, 2, 3, 13, 14, 15]
        );
        assert_eq!(IndexMap::concat(&[&[2, 2], &[3, 2]], 0)?.apply(&x)?, x);
        assert!(matches!(IndexMap::concat(&[&[2, 2], &[3, 3]], 1), Err(BuildError::Shape { index: 1, .. })));
        assert!(matches!(IndexMap::concat(&[&[2, 2], &[4]], 0), Err(BuildError::Length { .. })));
        assert!(matches!(IndexMap::concat(&[&[2, 2]], 2), Err(BuildError::Length { .. })));
        Ok(())
    }

    #[test]
    fn wrong_maps_are_refused() -> Result<(), BuildError> {
        assert_eq!(
            IndexMap::new(2, vec![0, 2]),
            Err(BuildError::Index { operation: "index map", index: 2, inputs: 2 })
        );
        assert!(matches!(IndexMap::transpose(&[2, 2], &[0, 0]), Err(BuildError::Length { .. })));
        let huge = IndexMap::transpose(&[1 << 20, 1 << 20], &[1, 0]);
        assert!(matches!(huge, Err(BuildError::TooLarge { .. })));
        assert!(matches!(IndexMap::new(2, vec![1])?.apply(&[0]), Err(BuildError::Length { .. })));
        Ok(())
    }
}
