//! Images of points under the endomorphism `phi(x, y) = (b x, y)`, with a cube root of unity b in the base field.
//!
//! On either curve `y^2 = x^3 + c` this is a point again, and `phi(P) = l P` for a cube root of unity l modulo the group's order.
//! Of the two b the one is taken that gives the same l in both groups: arkworks' `LAMBDA` of G1. Cost: one product a
//! component of x.

use rayon::prelude::*;

use super::point::Point;
use crate::{Backend, Pages};

/// Points that one task takes.
const TASK: usize = 1 << 9;

/// The points that `indices` name, each followed by its image. Indices are below the number of points.
pub(crate) fn with_images<P: Point>(backend: Backend, points: &[P], indices: &[u32]) -> Pages<P> {
    let mut table = Pages::zeroed(2 * indices.len());
    let tasks = table.par_chunks_mut(2 * TASK).zip(indices.par_chunks(TASK));
    tasks.for_each(|(table, indices)| {
        let (pairs, _) = table.as_chunks_mut::<2>();
        for (pair, &index) in pairs.iter_mut().zip(indices) {
            *pair = [points[index as usize]; 2];
        }
        let mut x: Vec<[u64; 4]> = pairs.iter().flat_map(|[point, _]| point.first()).copied().collect();
        scale::<P>(backend, &mut x);
        let components = x.len() / pairs.len().max(1);
        for ([_, image], x) in pairs.iter_mut().zip(x.chunks(components.max(1))) {
            image.first_mut().copy_from_slice(x);
        }
    });
    table
}

/// Replaces each point by its image.
pub(super) fn endomorphism<P: Point>(backend: Backend, points: &mut [P]) {
    let mut x: Vec<[u64; 4]> = points.iter().flat_map(|point| point.first()).copied().collect();
    scale::<P>(backend, &mut x);
    let components = x.len() / points.len().max(1);
    for (point, x) in points.iter_mut().zip(x.chunks(components.max(1))) {
        point.first_mut().copy_from_slice(x);
    }
}

/// Multiplies coordinates by b; they stay below 1.0001 p.
fn scale<P: Point>(backend: Backend, x: &mut [[u64; 4]]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = backend.ifma() {
        return crate::ifma::vectors::scale(ifma, x, &P::ROOT);
    }
    let _ = backend;
    super::portable::scale(x, &P::ROOT);
}

#[cfg(test)]
mod tests {
    use ark_bn254::g1;
    use ark_ec::{CurveGroup, scalar_mul::glv::GLVConfig, short_weierstrass::Affine};
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{G1Point, G2Point, Sum, curve::to_sum};

    fn check<P: Point + From<Affine<P::Curve>>>() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut points: Vec<P> =
            (0..2 * TASK + 13).map(|_| P::from(Sum::<P>::rand(&mut rng).into_affine())).collect();
        points[5] = P::default();
        let indices: Vec<u32> = (0..points.len() as u32).filter(|index| index % 7 != 3).collect();
        for backend in Backend::ALL {
            let table = with_images(backend, &points, &indices);
            assert_eq!(table.len(), 2 * indices.len());
            for (pair, index) in table.chunks(2).zip(&indices) {
                let point = points[*index as usize];
                assert_eq!(pair[0], point);
                assert_eq!(to_sum(pair[1]), to_sum(point) * g1::Config::LAMBDA);
            }
            assert!(with_images(backend, &points, &[]).is_empty());
        }
    }

    #[test]
    fn an_image_is_a_multiple_in_both_groups() {
        check::<G1Point>();
        check::<G2Point>();
    }
}
