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
mod portable;

use ark_bn254::{Fr, g1, g2};
use ark_ec::{
    CurveConfig,
    short_weierstrass::{Projective, SWCurveConfig},
};

pub(crate) use self::{
    adder::{Adder, Kernel, List, Pair, Ref},
    images::with_images,
};
use crate::{G1Point, G2Point};

/// A point of one of the two groups, as plain bytes: [`G1Point`] or [`G2Point`], and no other type.
pub trait Point: sealed::Coordinates {
    /// arkworks' description of the curve.
    type Curve: SWCurveConfig + CurveConfig<ScalarField = Fr, BaseField = Self::Field>;
}

/// What a sum of points comes as: arkworks' point in Jacobian coordinates.
pub type Sum<P> = Projective<<P as Point>::Curve>;

impl Point for G1Point {
    type Curve = g1::Config;
}

impl Point for G2Point {
    type Curve = g2::Config;
}

/// A point in arkworks' Jacobian coordinates; its own need not be below the modulus.
pub(crate) fn to_sum<P: Point>(point: P) -> Sum<P> {
    let point = point.canonical();
    if point == P::default() {
        return Sum::<P>::default();
    }
    let (x, y) = point.coordinates();
    ark_ec::short_weierstrass::Affine::<P::Curve>::new_unchecked(x, y).into()
}

pub(crate) mod sealed {
    use std::fmt::Debug;

    use ark_bn254::{Fq, Fq2};
    use ark_ff::{BigInt, BigInteger, Field, MontFp, PrimeField};
    use bytemuck::Pod;

    use super::{adder::Kernel, portable};
    use crate::{Backend, G1Point, G2Point};

    /// What both kinds of points have. Their default, all zeros, is the identity.
    pub trait Coordinates: Copy + Debug + Default + PartialEq + Send + Sync + Pod {
        /// arkworks' type of a coordinate.
        type Field: Field;

        /// The cube root of unity b of the endomorphism: see [`super::images`].
        const ROOT: Fq;

        /// The components of the first coordinate.
        fn first(&self) -> &[[u64; 4]];

        /// The same, to write.
        fn first_mut(&mut self) -> &mut [[u64; 4]];

        /// The same point with coordinates below the modulus, which sums of a kernel may pass.
        fn canonical(self) -> Self;

        /// Both coordinates, of a canonical point.
        fn coordinates(self) -> (Self::Field, Self::Field);

        /// The point with these coordinates.
        fn from_coordinates(x: Self::Field, y: Self::Field) -> Self;

        /// What adds such points on a backend.
        fn kernel(backend: Backend) -> Box<dyn Kernel<Self>>;
    }

    impl Coordinates for G1Point {
        type Field = Fq;

        const ROOT: Fq =
            MontFp!("21888242871839275220042445260109153167277707414472061641714758635765020556616");

        fn first(&self) -> &[[u64; 4]] {
            std::slice::from_ref(&self.x)
        }

        fn first_mut(&mut self) -> &mut [[u64; 4]] {
            std::slice::from_mut(&mut self.x)
        }

        fn canonical(self) -> Self {
            G1Point { x: residue(self.x), y: residue(self.y) }
        }

        fn coordinates(self) -> (Fq, Fq) {
            (Fq::new_unchecked(BigInt(self.x)), Fq::new_unchecked(BigInt(self.y)))
        }

        fn from_coordinates(x: Fq, y: Fq) -> Self {
            G1Point { x: x.0.0, y: y.0.0 }
        }

        fn kernel(backend: Backend) -> Box<dyn Kernel<Self>> {
            #[cfg(target_arch = "x86_64")]
            if let Some(ifma) = backend.ifma() {
                return Box::new(crate::ifma::Pairs::<crate::ifma::Fq8>::new(ifma));
            }
            match backend {
                Backend::Portable | Backend::Avx512Ifma => Box::new(portable::Pairs::default()),
            }
        }
    }

    impl Coordinates for G2Point {
        type Field = Fq2;

        /// The square of that of G1.
        const ROOT: Fq = MontFp!("2203960485148121921418603742825762020974279258880205651966");

        fn first(&self) -> &[[u64; 4]] {
            &self.x
        }

        fn first_mut(&mut self) -> &mut [[u64; 4]] {
            &mut self.x
        }

        fn canonical(self) -> Self {
            G2Point { x: self.x.map(residue), y: self.y.map(residue) }
        }

        fn coordinates(self) -> (Fq2, Fq2) {
            let [x, y] = [self.x, self.y].map(|coordinate| {
                let [c0, c1] = coordinate.map(|words| Fq::new_unchecked(BigInt(words)));
                Fq2::new(c0, c1)
            });
            (x, y)
        }

        fn from_coordinates(x: Fq2, y: Fq2) -> Self {
            G2Point { x: [x.c0.0.0, x.c1.0.0], y: [y.c0.0.0, y.c1.0.0] }
        }

        fn kernel(backend: Backend) -> Box<dyn Kernel<Self>> {
            #[cfg(target_arch = "x86_64")]
            if let Some(ifma) = backend.ifma() {
                return Box::new(crate::ifma::Pairs::<crate::ifma::Fq2x8>::new(ifma));
            }
            match backend {
                Backend::Portable | Backend::Avx512Ifma => Box::new(portable::Pairs::default()),
            }
        }
    }

    /// The integer below the modulus that is congruent to these words; at most five subtractions.
    fn residue(words: [u64; 4]) -> [u64; 4] {
        let mut integer = BigInt(words);
        while integer >= Fq::MODULUS {
            integer.sub_with_borrow(&Fq::MODULUS);
        }
        integer.0
    }
}

#[cfg(test)]
mod tests;
