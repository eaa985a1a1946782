//! Points and field elements between arkworks and the interface's bytes (EIP-197: big-endian, G2 as c1 || c0).

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
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
    Scalar::from_be_bytes(big_endian(&element.into_bigint())).expect("an element is below the field's order")
}

/// The field element of a scalar.
pub fn element(scalar: &Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(scalar.as_be_bytes())
}

/// A curve point with an encoding of N bytes.
pub(crate) trait Point<const N: usize>: Sized {
    /// The encoding; the identity is all zeros.
    fn bytes(&self) -> [u8; N];
    /// The point in its encoding, checked in full; the identity is refused.
    fn read(bytes: &[u8; N]) -> Result<Self, PointError>;
}

impl Point<G1_LEN> for G1Affine {
    fn bytes(&self) -> [u8; G1_LEN] {
        let coordinates = self.xy().map_or([[0; 32]; 2], |(x, y)| [x, y].map(fq_bytes));
        bytemuck::must_cast(coordinates)
    }

    fn read(bytes: &[u8; G1_LEN]) -> Result<Self, PointError> {
        let [x, y] = read_coordinates(bytemuck::must_cast(*bytes))?;
        let point = G1Affine::new_unchecked(x, y);
        // G1 has prime order: every point of the curve is in the group.
        if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
    }
}

impl Point<G2_LEN> for G2Affine {
    fn bytes(&self) -> [u8; G2_LEN] {
        let coordinates = self.xy().map_or([[0; 32]; 4], |(x, y)| [x.c1, x.c0, y.c1, y.c0].map(fq_bytes));
        bytemuck::must_cast(coordinates)
    }

    fn read(bytes: &[u8; G2_LEN]) -> Result<Self, PointError> {
        let point = on_g2_curve(bytes)?;
        if point.is_in_correct_subgroup_assuming_on_curve() {
            Ok(point)
        } else {
            Err(PointError::NotInSubgroup)
        }
    }
}

/// A point of G2's curve in its encoding, which may be outside the subgroup; the identity is refused.
pub(crate) fn on_g2_curve(bytes: &[u8; G2_LEN]) -> Result<G2Affine, PointError> {
    let [x1, x0, y1, y0] = read_coordinates(bytemuck::must_cast(*bytes))?;
    let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
    if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
}

fn fq_bytes(coordinate: Fq) -> [u8; 32] {
    big_endian(&coordinate.into_bigint())
}

fn big_endian(integer: &BigInteger256) -> [u8; 32] {
    let [a, b, c, d] = integer.0;
    bytemuck::must_cast([d, c, b, a].map(u64::to_be_bytes))
}

fn read_coordinates<const N: usize>(coordinates: [[u8; 32]; N]) -> Result<[Fq; N], PointError> {
    if coordinates.as_flattened().iter().all(|&byte| byte == 0) {
        return Err(PointError::Identity);
    }
    let mut elements = [Fq::default(); N];
    for (element, bytes) in elements.iter_mut().zip(coordinates) {
        let [d, c, b, a] = bytemuck::must_cast::<_, [[u8; 8]; 4]>(bytes).map(u64::from_be_bytes);
        *element = Fq::from_bigint(BigInteger256::new([a, b, c, d])).ok_or(PointError::NotCanonical)?;
    }
    Ok(elements)
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
