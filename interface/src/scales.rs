//! What the integers of a tensor's elements stand for: binary scales, one for all elements or one for each position along one axis; or the
//! numbers of single precision, without a scale.
//!
//! Element q at scale s stands for the real number `q * 2^-s`. Features of very different size in one input, or the channels of an
//! image, have a position of their own along an axis, and so a scale of their own; all elements have equally many bits. Scales
//! say what integers mean and nothing else: packing, commitments and the number of limbs do not depend on them. The domain
//! binds them.
//!
//! Elements without a scale are order keys ([`crate::float32`]): integer q stands for the one number with that key, which models take that
//! compare their inputs and do nothing else with them.
//!
//! A tensor has one form for each meaning: along an axis, two positions differ at least, so [`Scales::One`] is the only form
//! of equal scales, and the scales along one axis are those along no other.

use alloc::vec::Vec;
use core::fmt;

/// Most positions along an axis that have scales of their own. A scale is a byte of the schema, and an account of the registry
/// holds 256 bytes of it: with 128 scales a matrix as input, a matrix as output and the model, each with the longest name,
/// take 253.
pub const MAX_SCALES: usize = 128;

/// What the integers of a tensor's elements stand for. A [`crate::schema::ModelSchema`] holds valid ones; by themselves they are claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scales {
    /// All elements have this one.
    One(i8),
    /// Each position along an axis has its own.
    Axis {
        /// The axis, counted from 0.
        axis: u8,
        /// A scale for each position along it: 2 to [`MAX_SCALES`], not all equal.
        scales: Vec<i8>,
    },
    /// None has one: each integer is the order key of a single-precision number, in [`crate::float32::BITS`] bits.
    Float32,
}

impl Scales {
    /// The scales along `axis`, in the one form for what they mean: [`Scales::One`] where they are equal.
    pub fn along(axis: u8, scales: Vec<i8>) -> Scales {
        match scales.split_first() {
            Some((&first, rest)) if rest.iter().all(|&scale| scale == first) => Scales::One(first),
            _ => Scales::Axis { axis, scales },
        }
    }

    /// The scales of a tensor of this shape whose elements have these, in row-major order; `None` where they are no function of
    /// the position along one axis of at most [`MAX_SCALES`].
    pub fn of_elements(scales: &[i8], shape: &[u32]) -> Option<Scales> {
        let first = *scales.first()?;
        if scales.iter().all(|&scale| scale == first) {
            return Some(Scales::One(first));
        }
        (0..u8::try_from(shape.len()).ok()?).find_map(|axis| {
            let length = usize::try_from(*shape.get(usize::from(axis))?).ok()?;
            if length > MAX_SCALES {
                return None;
            }
            let inner = inner_elements(axis, shape);
            let along = (0..length).map(|position| scales.get(position.checked_mul(inner)?).copied());
            let found = Scales::Axis { axis, scales: along.collect::<Option<_>>()? };
            let fits = found.each(shape).zip(scales).all(|(found, &scale)| found == Some(scale));
            fits.then_some(found)
        })
    }

    /// The one scale of all elements; `None` where they have several, or none.
    pub fn single(&self) -> Option<i8> {
        match self {
            Scales::One(scale) => Some(*scale),
            Scales::Axis { .. } | Scales::Float32 => None,
        }
    }

    /// The scale of an element, counted in row-major order, of a tensor of this shape; `None` where elements have none. Scales that do not
    /// fit the shape, which no schema holds, give 0.
    pub fn of(&self, element: usize, shape: &[u32]) -> Option<i8> {
        match self {
            Scales::One(scale) => Some(*scale),
            Scales::Float32 => None,
            Scales::Axis { axis, scales } => {
                let inner = inner_elements(*axis, shape);
                let position = element.checked_div(inner).and_then(|outer| outer.checked_rem(scales.len()));
                Some(position.and_then(|position| scales.get(position)).copied().unwrap_or(0))
            }
        }
    }

    /// The scales of a tensor's elements, in row-major order, each `None` where they have none; they repeat without end, to be zipped with
    /// the elements.
    pub fn each<'a>(&'a self, shape: &'a [u32]) -> impl Iterator<Item = Option<i8>> + 'a {
        (0usize..).map(move |element| self.of(element, shape))
    }

    /// The distinct positions' scales: one, those along the axis, or none.
    pub fn as_slice(&self) -> &[i8] {
        match self {
            Scales::One(scale) => core::slice::from_ref(scale),
            Scales::Axis { scales, .. } => scales,
            Scales::Float32 => &[],
        }
    }
}

/// Elements behind one position of an axis: the product of the dimensions after it.
fn inner_elements(axis: u8, shape: &[u32]) -> usize {
    let after = shape.iter().skip(usize::from(axis).saturating_add(1));
    after.fold(1usize, |product, &dim| product.saturating_mul(dim as usize))
}

impl From<i8> for Scales {
    fn from(scale: i8) -> Scales {
        Scales::One(scale)
    }
}

impl fmt::Display for Scales {
    /// `12`, `12 8 -3 along axis 1`, or `float32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scales::One(scale) => write!(f, "{scale}"),
            Scales::Axis { axis, scales } => {
                scales.iter().try_for_each(|scale| write!(f, "{scale} "))?;
                write!(f, "along axis {axis}")
            }
            Scales::Float32 => f.write_str("float32"),
        }
    }
}
