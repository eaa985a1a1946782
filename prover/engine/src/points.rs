//! Points as plain bytes, the form of keys in memory and in files.
//!
//! A coordinate is four 64-bit words, the least significant first, in Montgomery form: the integer `x 2^256 mod q`. This is
//! arkworks' form and that of snarkjs' `.zkey`. The all-zero point is the identity, for (0, 0) is on neither curve.
//! Every bit pattern is a value of these types; [`G1Point::check`] and [`G2Point::check`] tell points from other bytes.
//! Conversion from arkworks gives valid points, and conversion to arkworks assumes them.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, PrimeField, Zero};
use bytemuck::{Pod, Zeroable};
use thiserror::Error;

/// A point of G1, affine: 64 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct G1Point {
    /// First coordinate: `x 2^256 mod q`, little-endian words.
    pub x: [u64; 4],
    /// Second coordinate, likewise.
    pub y: [u64; 4],
}

/// A point of G2, affine: 128 bytes. A coordinate is `c_0 + c_1 u` with `u^2 = -1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct G2Point {
    /// First coordinate: c_0, c_1, each as in [`G1Point`].
    pub x: [[u64; 4]; 2],
    /// Second coordinate, likewise.
    pub y: [[u64; 4]; 2],
}

/// Why bytes are no point of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PointError {
    /// A coordinate is not below the field's modulus, so the point would have two encodings.
    #[error("a coordinate is not below the modulus of the base field")]
    Coordinate,
    /// The curve's equation does not hold.
    #[error("the point is not on the curve")]
    Curve,
    /// On the curve but outside the subgroup of prime order, which only G2 has room for.
    #[error("the point is not in the subgroup of prime order")]
    Subgroup,
}

impl G1Point {
    /// The neutral element.
    pub const IDENTITY: G1Point = G1Point { x: [0; 4], y: [0; 4] };

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        *self == G1Point::IDENTITY
    }

    /// Whether these words are a point of G1. Cost: two products and a square; G1 is the whole curve.
    pub fn check(&self) -> Result<(), PointError> {
        if !(below_modulus(&self.x) && below_modulus(&self.y)) {
            return Err(PointError::Coordinate);
        }
        if !G1Affine::from(*self).is_on_curve() {
            return Err(PointError::Curve);
        }
        Ok(())
    }
}

impl G2Point {
    /// The neutral element.
    pub const IDENTITY: G2Point = G2Point { x: [[0; 4]; 2], y: [[0; 4]; 2] };

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        *self == G2Point::IDENTITY
    }

    /// Whether these words are a point of G2. Cost: a scalar multiplication of 64 bits, for the subgroup.
    pub fn check(&self) -> Result<(), PointError> {
        self.check_on_curve()?;
        if !G2Affine::from(*self).is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::Subgroup);
        }
        Ok(())
    }

    /// Whether these words are a point of G2's curve, in the subgroup or not: what [`crate::msm::in_subgroup`] leaves to check of many.
    pub fn check_on_curve(&self) -> Result<(), PointError> {
        if !self.x.iter().chain(&self.y).all(below_modulus) {
            return Err(PointError::Coordinate);
        }
        if !G2Affine::from(*self).is_on_curve() {
            return Err(PointError::Curve);
        }
        Ok(())
    }
}

impl From<G1Affine> for G1Point {
    fn from(point: G1Affine) -> G1Point {
        match point.xy() {
            Some((x, y)) => G1Point { x: x.0.0, y: y.0.0 },
            None => G1Point::IDENTITY,
        }
    }
}

/// Assumes a valid point: see [`G1Point::check`]. On other words the result is some value, not undefined behaviour.
impl From<G1Point> for G1Affine {
    fn from(point: G1Point) -> G1Affine {
        let (x, y) = (element(point.x), element(point.y));
        if x.is_zero() && y.is_zero() { G1Affine::identity() } else { G1Affine::new_unchecked(x, y) }
    }
}

impl From<G2Affine> for G2Point {
    fn from(point: G2Affine) -> G2Point {
        match point.xy() {
            Some((x, y)) => G2Point { x: [x.c0.0.0, x.c1.0.0], y: [y.c0.0.0, y.c1.0.0] },
            None => G2Point::IDENTITY,
        }
    }
}

/// Assumes a valid point: see [`G2Point::check`]. On other words the result is some value, not undefined behaviour.
impl From<G2Point> for G2Affine {
    fn from(point: G2Point) -> G2Affine {
        let [x, y] = [point.x, point.y].map(|[c0, c1]| Fq2::new(element(c0), element(c1)));
        if x.is_zero() && y.is_zero() { G2Affine::identity() } else { G2Affine::new_unchecked(x, y) }
    }
}

/// The field element whose Montgomery form these words are.
fn element(words: [u64; 4]) -> Fq {
    Fq::new_unchecked(BigInt(words))
}

fn below_modulus(words: &[u64; 4]) -> bool {
    BigInt(*words) < Fq::MODULUS
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, G1Projective, G2Projective};
    use ark_ec::{CurveGroup, PrimeGroup};
    use ark_ff::BigInteger;

    use super::*;

    #[test]
    fn points_come_back_from_bytes() {
        for scalar in [0u64, 1, 2, 3, u64::MAX].map(Fr::from) {
            let g1 = (G1Projective::generator() * scalar).into_affine();
            let point = G1Point::from(g1);
            let read: G1Point = bytemuck::pod_read_unaligned(bytemuck::bytes_of(&point));
            assert_eq!((G1Affine::from(read), read.check()), (g1, Ok(())));
            assert_eq!(read.is_identity(), scalar.is_zero());

            let g2 = (G2Projective::generator() * scalar).into_affine();
            let point = G2Point::from(g2);
            let read: G2Point = bytemuck::pod_read_unaligned(bytemuck::bytes_of(&point));
            assert_eq!((G2Affine::from(read), read.check()), (g2, Ok(())));
            assert_eq!(read.is_identity(), scalar.is_zero());
        }
        assert_eq!((size_of::<G1Point>(), size_of::<G2Point>()), (64, 128));
    }

    #[test]
    fn other_bytes_are_refused() {
        let g1 = G1Point::from(G1Affine::generator());
        let mut unreduced = g1;
        // x + q: the same residue, a second encoding.
        let mut sum = BigInt(g1.x);
        assert!(!sum.add_with_carry(&Fq::MODULUS));
        unreduced.x = sum.0;
        assert_eq!(unreduced.check(), Err(PointError::Coordinate));
        assert_eq!(G1Point { y: [u64::MAX; 4], ..g1 }.check(), Err(PointError::Coordinate));
        assert_eq!(G1Point { x: g1.y, y: g1.x }.check(), Err(PointError::Curve));
        assert_eq!(G1Point { x: [0; 4], ..g1 }.check(), Err(PointError::Curve));

        let g2 = G2Point::from(G2Affine::generator());
        assert_eq!(G2Point { y: g2.x, x: g2.y }.check(), Err(PointError::Curve));
        assert_eq!(G2Point { y: [g2.y[0], [u64::MAX; 4]], ..g2 }.check(), Err(PointError::Coordinate));
        // A point of the twist outside the subgroup: the cofactor is large, so nearly every point is.
        let outside = (1u64..)
            .find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
            .map(G2Point::from)
            .unwrap();
        assert_eq!(outside.check(), Err(PointError::Subgroup));
    }
}
