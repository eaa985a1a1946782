//! Points and field elements between arkworks and the interface's bytes (EIP-197: big-endian, G2 as c1 || c0).

use ark_bn254::{Fq, Fq2, Fr};
use ark_ec::{AffineRepr, short_weierstrass::Affine};
use ark_ff::{BigInteger256, PrimeField};
use assay_interface::{
    field::Scalar,
    groth16::{G1_LEN, G2_LEN},
};
use thiserror::Error;

/// Why bytes are not a point that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PointError {
    /// The point is the identity, where none may stand.
    #[error("it is the identity")]
    Identity,
    /// A coordinate is not below the order of the base field.
    #[error("a coordinate is not below the order of the base field")]
    NotCanonical,
    /// The coordinates do not satisfy the curve's equation.
    #[error("it is not on the curve")]
    NotOnCurve,
    /// A point of the curve outside the subgroup of prime order.
    #[error("it is not in the subgroup of prime order")]
    NotInSubgroup,
}

impl From<assay_engine::PointError> for PointError {
    fn from(error: assay_engine::PointError) -> PointError {
        match error {
            assay_engine::PointError::Coordinate => PointError::NotCanonical,
            assay_engine::PointError::Curve => PointError::NotOnCurve,
            assay_engine::PointError::Subgroup => PointError::NotInSubgroup,
        }
    }
}

/// The interface's form of a field element.
pub fn scalar(element: Fr) -> Scalar {
    let mut bytes = [0; 32];
    put_be(&mut bytes, &element.into_bigint());
    // Below the modulus, as every `Fr` is.
    Scalar::from_be_bytes(bytes).unwrap_or_default()
}

/// The field element of a scalar.
pub fn element(scalar: &Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(scalar.as_be_bytes())
}

/// A curve point with a fixed encoding.
pub(crate) trait Point: AffineRepr + Send + Sync {
    /// Appends the encoding; the identity is all zeros.
    fn put(&self, out: &mut Vec<u8>);
    /// The point in its encoding, checked in full; the identity is refused.
    fn read(bytes: &[u8]) -> Result<Self, PointError>;
}

impl Point for Affine<ark_bn254::g1::Config> {
    fn put(&self, out: &mut Vec<u8>) {
        match self.xy() {
            Some((x, y)) => [x, y].iter().for_each(|coordinate| put_fq(out, coordinate)),
            None => out.resize(out.len() + G1_LEN, 0),
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, PointError> {
        let [x, y] = read_coordinates(bytes)?;
        let point = Affine::new_unchecked(x, y);
        // G1 has prime order: every point of the curve is in the group.
        if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
    }
}

impl Point for Affine<ark_bn254::g2::Config> {
    fn put(&self, out: &mut Vec<u8>) {
        match self.xy() {
            Some((x, y)) => [x.c1, x.c0, y.c1, y.c0].iter().for_each(|coordinate| put_fq(out, coordinate)),
            None => out.resize(out.len() + G2_LEN, 0),
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, PointError> {
        let [x1, x0, y1, y0] = read_coordinates(bytes)?;
        let point = Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
        if !point.is_on_curve() {
            return Err(PointError::NotOnCurve);
        }
        if point.is_in_correct_subgroup_assuming_on_curve() {
            Ok(point)
        } else {
            Err(PointError::NotInSubgroup)
        }
    }
}

/// The encoding of one point in an array of its size.
pub(crate) fn point_bytes<P: Point, const N: usize>(point: &P) -> [u8; N] {
    let mut bytes = Vec::with_capacity(N);
    point.put(&mut bytes);
    std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0))
}

fn put_fq(out: &mut Vec<u8>, coordinate: &Fq) {
    let mut bytes = [0; 32];
    put_be(&mut bytes, &coordinate.into_bigint());
    out.extend_from_slice(&bytes);
}

fn put_be(out: &mut [u8; 32], integer: &BigInteger256) {
    for (slot, limb) in out.as_chunks_mut::<8>().0.iter_mut().zip(integer.as_ref().iter().rev()) {
        *slot = limb.to_be_bytes();
    }
}

fn read_coordinates<const N: usize>(bytes: &[u8]) -> Result<[Fq; N], PointError> {
    if bytes.iter().all(|&byte| byte == 0) {
        return Err(PointError::Identity);
    }
    let mut coordinates = [Fq::default(); N];
    for (slot, bytes) in coordinates.iter_mut().zip(bytes.as_chunks::<32>().0) {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
            *limb = u64::from_be_bytes(*bytes);
        }
        *slot = Fq::from_bigint(BigInteger256::new(limbs)).ok_or(PointError::NotCanonical)?;
    }
    Ok(coordinates)
}

/// A decimal integer below `modulus`, in its one decimal form: no sign, no leading zero.
pub(crate) fn from_decimal<F: PrimeField>(text: &str) -> Option<F> {
    let canonical = !text.is_empty()
        && text.len() <= 78
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    // arkworks reduces what is too large: only the element's own decimal form may come back.
    let element: F = canonical.then(|| text.parse().ok())??;
    (element.into_bigint().to_string() == text).then_some(element)
}

/// The decimal form that [`from_decimal`] takes.
pub(crate) fn to_decimal<F: PrimeField>(element: &F) -> String {
    element.into_bigint().to_string()
}
