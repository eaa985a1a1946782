//! Additions of many pairs of affine points, sharing one inversion.
//!
//! An affine addition needs the inverse of `x_2 - x_1`. Montgomery's trick inverts many field elements at the price of one
//! inversion and three products each, so that an addition costs five products and a square: fewer than any projective
//! formula. [`Adder`] collects additions that do not depend on each other and computes them together, on either backend;
//! [`Adder::sum_lists`] adds up any number of lists with it, as trees.
//!
//! Every case of the group law is met: equal points are doubled, opposite ones and identities give what they should.

mod adder;
mod images;
mod kernel;
mod multiples;
mod point;
mod portable;
mod sparse;

pub(crate) use self::point::sealed;
use self::sealed::Kernels;
pub(crate) use self::{
    adder::{Adder, List},
    images::with_images,
    kernel::{Kernel, Pair, Ref},
    multiples::images,
    point::to_sum,
};
pub use self::{
    multiples::{add_each, multiply_all, multiply_each, subtract_each},
    point::{Point, Sum},
    sparse::Sums,
};
use crate::{Backend, G1Point, G2Point};

/// The kernel of a backend for points with coordinates in `$vector`, eight at a time.
macro_rules! kernels {
    ($point:ty, $vector:ident) => {
        impl Kernels for $point {
            fn kernel(backend: Backend) -> Box<dyn Kernel<Self>> {
                #[cfg(target_arch = "x86_64")]
                if let Some(ifma) = backend.ifma() {
                    return Box::new(crate::vector::Pairs::<crate::ifma::$vector>::new(ifma));
                }
                #[cfg(target_arch = "x86_64")]
                if let Some(avx2) = backend.avx2() {
                    return Box::new(crate::vector::Pairs::<crate::avx2::$vector>::new(avx2));
                }
                let _ = backend;
                Box::new(portable::Pairs::default())
            }
        }
    };
}

kernels!(G1Point, Fq8);
kernels!(G2Point, Fq2x8);

#[cfg(test)]
mod tests;
