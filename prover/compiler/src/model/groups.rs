//! An axis of an array, and the groups of elements along it.

use assay_circuits::{BuildError, at_mut, gather};

use crate::bytes::{ReadError, Reader};
use crate::operators::operator::Sink;

/// An axis of an array `[outer, length, inner]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Product of the dimensions before the axis.
    pub outer: usize,
    /// Length of the axis.
    pub length: usize,
    /// Product of the dimensions behind the axis.
    pub inner: usize,
}

impl Groups {
    /// The positions of the elements along the axis, group by group.
    pub fn positions(self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        let Groups { outer, length, inner } = self;
        (0..outer).flat_map(move |o| {
            (0..inner).map(move |i| (0..length).map(move |k| (o * length + k) * inner + i))
        })
    }

    /// Number of groups.
    pub fn count(self) -> usize {
        self.outer * self.inner
    }

    /// The values of all groups, one group behind the other.
    ///
    /// # Errors
    /// Where the groups have other values.
    pub(crate) fn in_order<T: Clone>(self, values: &[T]) -> Result<Vec<T>, BuildError> {
        self.check(values.len())?;
        Ok(gather("a value of a group", values, self.positions().flatten())?)
    }

    /// Values of all groups, one group behind the other, back in their places.
    ///
    /// # Errors
    /// Where the groups have other values.
    pub(crate) fn back_in_place<T: Clone>(self, values: Vec<T>) -> Result<Vec<T>, BuildError> {
        self.check(values.len())?;
        let mut all = values.clone();
        for (position, value) in self.positions().flatten().zip(values) {
            *at_mut("a value of a group", &mut all, position)? = value;
        }
        Ok(all)
    }

    /// The values of each group.
    pub(crate) fn gathered(self, values: &[f64]) -> impl Iterator<Item = Vec<f64>> {
        let value = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
        self.positions().map(move |group| group.map(value).collect())
    }

    /// Each group changed in its place.
    pub(crate) fn mapped(self, values: &[f64], change: impl Fn(&mut [f64])) -> Vec<f64> {
        let mut values = values.to_vec();
        for (positions, mut group) in self.positions().zip(self.gathered(&values.clone())) {
            change(&mut group);
            for (at, value) in positions.zip(group) {
                if let Some(slot) = values.get_mut(at) {
                    *slot = value;
                }
            }
        }
        values
    }

    /// Appends the three dimensions.
    pub(crate) fn write(self, out: &mut dyn Sink) {
        [self.outer, self.length, self.inner].into_iter().for_each(|dim| out.count(dim));
    }

    /// Reads the dimensions of an array of `len` elements.
    pub(crate) fn read(reader: &mut Reader<'_>, len: usize) -> Result<Groups, ReadError> {
        let mut dim = || reader.count("elements along an axis", len);
        let groups = Groups { outer: dim()?, length: dim()?, inner: dim()? };
        let found = groups.outer.saturating_mul(groups.length).saturating_mul(groups.inner);
        if found != len {
            return Err(ReadError::Count { what: "scores", expected: len, found });
        }
        Ok(groups)
    }

    fn check(self, found: usize) -> Result<(), BuildError> {
        match self.count() * self.length {
            expected if expected == found => Ok(()),
            expected => Err(BuildError::Length { operation: "groups", what: "values", expected, found }),
        }
    }
}
