//! arkworks' points and elements in the interface's bytes, and back.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use assay_interface::field::Scalar;

pub fn g1(point: G1Affine) -> [u8; 64] {
    let mut out = [0; 64];
    if let Some((x, y)) = point.xy() {
        out[..32].copy_from_slice(&x.into_bigint().to_bytes_be());
        out[32..].copy_from_slice(&y.into_bigint().to_bytes_be());
    }
    out
}

pub fn g2(point: G2Affine) -> [u8; 128] {
    let mut out = [0; 128];
    if let Some((x, y)) = point.xy() {
        for (slot, coordinate) in out.chunks_exact_mut(32).zip([x.c1, x.c0, y.c1, y.c0]) {
            slot.copy_from_slice(&coordinate.into_bigint().to_bytes_be());
        }
    }
    out
}

/// A point of G1 from its bytes, which must be on the curve.
pub fn read_g1(bytes: &[u8]) -> G1Affine {
    let [x, y] = [0, 32].map(|at| Fq::from_be_bytes_mod_order(&bytes[at..at + 32]));
    G1Affine::new(x, y)
}

/// A point of G2 from its bytes, which must be on the curve.
pub fn read_g2(bytes: &[u8]) -> G2Affine {
    let [x1, x0, y1, y0] = [0, 32, 64, 96].map(|at| Fq::from_be_bytes_mod_order(&bytes[at..at + 32]));
    let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
    assert!(point.is_on_curve());
    point
}

pub fn scalar(element: Fr) -> Scalar {
    Scalar::from_be_bytes(element.into_bigint().to_bytes_be().try_into().expect("32 bytes"))
        .expect("canonical")
}

pub fn element(scalar: &Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(scalar.as_be_bytes())
}

/// The point with the other y.
pub fn negated<const N: usize>(point: &[u8; N]) -> [u8; N] {
    let mut out = *point;
    for coordinate in out[N / 2..].chunks_exact_mut(32) {
        let y = -Fq::from_be_bytes_mod_order(coordinate);
        coordinate.copy_from_slice(&y.into_bigint().to_bytes_be());
    }
    out
}

/// A point of G2's curve that is not in the subgroup of prime order: all but one in about 2^254 are not.
pub fn outside_the_subgroup() -> [u8; 128] {
    let mut x = Fq2::new(Fq::ONE, Fq::ONE);
    loop {
        match G2Affine::get_point_from_x_unchecked(x, false) {
            Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => return g2(point),
            _ => x += Fq2::ONE,
        }
    }
}
