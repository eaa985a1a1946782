//! The place that a tuple of indices names, in real numbers, in integers and in files.

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::index;
use assay_circuits::{Bounded, BuildError, Builder};

use crate::bytes::{ReadError, Reader};
use crate::operators::operator::{ArgumentFormat, Sink};
use crate::quantize::error::{Feasible, PlanError};

/// Most axes.
const MAX_AXES: u8 = 8;

/// Sizes of the axes that a tuple of indices counts along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place(Vec<u32>);

impl Place {
    pub fn new(sizes: Vec<u32>) -> Self {
        Place(sizes)
    }

    /// Indices of a tuple.
    pub fn axes(&self) -> usize {
        self.0.len()
    }

    /// Number of places, if they are few enough.
    pub fn length(&self) -> Option<usize> {
        let most = usize::try_from(index::MAX_ELEMENTS).ok()?;
        let length = self.0.iter().try_fold(1usize, |all, &size| all.checked_mul(usize::try_from(size).ok()?))?;
        (length <= most && self.0.len() <= usize::from(MAX_AXES)).then_some(length)
    }

    /// The place of each tuple; `None` where it has none.
    pub fn apply<'a>(&'a self, indices: &'a [f64]) -> impl Iterator<Item = Option<usize>> + 'a {
        let place = |tuple: &[f64]| {
            tuple.iter().zip(&self.0).try_fold(0usize, |place, (&x, &size)| {
                let size = f64::from(size);
                let is_index = x.fract() == 0.0 && (-size..size).contains(&x);
                is_index.then(|| place * size as usize + x.rem_euclid(size) as usize)
            })
        };
        indices.chunks_exact(self.0.len().max(1)).map(place)
    }

    /// Indices are what they say only where they are integers.
    pub fn quantize(arguments: &[ArgumentFormat]) -> Result<(), PlanError> {
        match arguments.first() {
            Some(ArgumentFormat::Exact(scales)) if scales.iter().all(|&scale| scale == 0) => Ok(()),
            _ => None.feasible(),
        }
    }

    pub fn reference(&self, indices: &[i64]) -> Result<Vec<i64>, BuildError> {
        index::reference(indices, &self.0)
    }

    pub fn constrain(&self, b: &mut Builder, indices: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        index::constrain(b, indices, &self.0)
    }

    pub fn cost(&self, t: &mut Tally, indices: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        index::cost(t, indices, &self.0)
    }

    pub fn write(&self, out: &mut dyn Sink) {
        out.bytes(&[self.0.len() as u8]); // at most MAX_AXES
        for &size in &self.0 {
            out.bytes(&size.to_le_bytes());
        }
    }

    /// The sizes, and the number of places, of `indices` indices; and how many tuples those are.
    pub fn read(reader: &mut Reader<'_>, indices: usize) -> Result<(Self, usize, usize), ReadError> {
        let axes = reader.byte()?;
        if axes == 0 || axes > MAX_AXES || !indices.is_multiple_of(usize::from(axes)) {
            return Err(ReadError::Count { what: "axes of indices", expected: 1, found: axes.into() });
        }
        let sizes = (0..axes).map(|_| Ok(u32::from_le_bytes(reader.fixed()?))).collect::<Result<_, ReadError>>()?;
        let place = Place(sizes);
        let length = place.length().filter(|&length| length > 0);
        let length = length.ok_or(ReadError::Count { what: "places of indices", expected: 1, found: 0 })?;
        Ok((place, length, indices / usize::from(axes)))
    }
}
