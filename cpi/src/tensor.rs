//! Where a tensor lies among a statement's limbs, declared once in a program and held against the model's schema in its
//! tests.

use core::borrow::Borrow;

use alloc::vec::Vec;

use assay_interface::field::Scalar;
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{MAX_BITS, ModelSchema, Visibility};
use assay_interface::statement::{limbs_for, pack, unpack_into};

use crate::CpiError;

/// A public tensor of `COUNT` integers.
///
/// Inputs come first, then outputs, in the schema's order; each starts a new limb, and a committed input takes one:
///
/// ```
/// use assay_cpi::Tensor;
///
/// const FEATURES: Tensor<16> = Tensor::at(0, 15);
/// const SCORE: Tensor<1> = Tensor::at(FEATURES.end(), 16);
/// assert_eq!((FEATURES.end(), SCORE.end()), (1, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor<const COUNT: usize> {
    first_limb: usize,
    bits: u8,
}

impl<const COUNT: usize> Tensor<COUNT> {
    /// The tensor of `bits` an element that starts at the limb `first_limb`.
    ///
    /// # Panics
    /// Bits outside 1 to 32; in a constant that is an error of the compiler.
    pub const fn at(first_limb: usize, bits: u8) -> Self {
        assert!(bits >= 1 && bits <= MAX_BITS, "a tensor has 1 to 32 bits an element");
        Self { first_limb, bits }
    }

    /// The limb behind its last: where the next tensor starts.
    pub const fn end(&self) -> usize {
        self.first_limb.saturating_add(limbs_for(COUNT, self.bits))
    }

    /// The limbs of `values`, for a program that knows the inputs itself.
    ///
    /// # Errors
    /// [`CpiError::TensorLayout`]: a value does not fit the bits.
    pub fn pack(&self, values: &[i64; COUNT]) -> Result<Vec<Scalar>, CpiError> {
        pack(values, self.bits).map_err(|_| CpiError::TensorLayout)
    }

    /// The values that a statement's limbs hold. They say something only once the statement is proven:
    /// [`crate::Proven::values`] reads those of a claim that is.
    ///
    /// # Errors
    /// [`CpiError::TensorLayout`]: the limbs hold no such tensor.
    pub fn unpack<L: Borrow<[u8; 32]>>(&self, limbs: &[L]) -> Result<[i64; COUNT], CpiError> {
        let limbs = limbs.get(self.first_limb..self.end()).ok_or(CpiError::TensorLayout)?;
        let mut values = [0; COUNT];
        unpack_into(limbs, self.bits, &mut values).map_err(|_| CpiError::TensorLayout)?;
        Ok(values)
    }

    /// Whether this is the tensor `name` of `schema`: its place, its elements and its bits, and every integer is a number at a scale: none
    /// may be missing, and none is the order key of a float32 number. For a program's tests.
    pub fn is(&self, schema: &ModelSchema, name: &str) -> bool {
        let mut first_limb = 0;
        for tensor in schema.inputs().iter().chain(schema.outputs()) {
            if tensor.name == name {
                return tensor.visibility == Visibility::Public
                    && tensor.missing == Missing::Never
                    && tensor.scales != Scales::Float32
                    && (first_limb, tensor.elements(), tensor.bits) == (self.first_limb, COUNT, self.bits);
            }
            first_limb += tensor.statement_limbs();
        }
        false
    }
}
