//! The two kinds of points.

use ark_bn254::{Fr, g1, g2};
use ark_ec::{
    CurveConfig,
    short_weierstrass::{Projective, SWCurveConfig},
};

use crate::{G1Point, G2Point};

/// A point of one of the two groups, as plain bytes: [`G1Point`] or [`G2Point`], and no other type.
pub trait Point: sealed::Coordinates + sealed::Kernels {
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

    use crate::{Backend, G1Point, G2Point, curve::kernel::Kernel};

    /// What both kinds of points have. Their default, all zeros, is the identity.
    pub trait Coordinates: Copy + Debug + Default + PartialEq + Send + Sync + Pod {
        /// arkworks' type of a coordinate.
        type Field: Field;

        /// The cube root of unity b of the endomorphism: see the module `images`.
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
    }

    /// What adds such points on a backend.
    pub trait Kernels: Coordinates {
        /// The kernel of a backend.
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
