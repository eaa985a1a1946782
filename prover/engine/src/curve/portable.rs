//! Additions of pairs with arkworks' field arithmetic.

use ark_bn254::Fq;
use ark_ff::{BigInt, Field};

use super::{
    kernel::{Kernel, Pair, Ref},
    point::Point,
};

/// Pairs that share an inversion.
const BATCH: usize = 1 << 12;

/// The portable [`Kernel`]: denominators of a batch's slopes, and the products before each.
#[derive(Default)]
pub(crate) struct Pairs<F> {
    denominators: Vec<F>,
    prefixes: Vec<F>,
}

impl<P: Point> Kernel<P> for Pairs<P::Field> {
    fn add_pairs(&mut self, points: &[P], pool: &mut [P], out: usize, pairs: &[Pair]) {
        for (batch, pairs) in pairs.chunks(BATCH).enumerate() {
            add_batch(self, points, pool, out + batch * BATCH, pairs);
        }
    }
}

fn add_batch<P: Point>(
    Pairs { denominators, prefixes }: &mut Pairs<P::Field>,
    points: &[P],
    pool: &mut [P],
    out: usize,
    pairs: &[Pair],
) {
    denominators.clear();
    prefixes.clear();
    let mut product = P::Field::ONE;
    for pair in pairs {
        let [left, right] = pair.map(|summand| fetch(points, pool, summand));
        let denominator = denominator(left, right);
        denominators.push(denominator);
        prefixes.push(product);
        product *= denominator;
    }
    // No denominator is zero for points of groups of odd order. Other bytes get some result, not a panic.
    let mut inverse = product.inverse().unwrap_or(P::Field::ONE);
    for (i, (denominator, prefix)) in denominators.iter().zip(prefixes.iter()).enumerate().rev() {
        let [left, right] = pairs[i].map(|summand| fetch(points, pool, summand));
        let sum = add(left, right, inverse * prefix);
        inverse *= denominator;
        pool[out + i] = sum.map_or(P::default(), |(x, y)| P::from_coordinates(x, y));
    }
}

/// Multiplies coordinates in Montgomery form by a factor.
pub(super) fn scale(x: &mut [[u64; 4]], factor: &Fq) {
    for words in x {
        *words = (Fq::new_unchecked(BigInt(*words)) * factor).0.0;
    }
}

/// The coordinates of a summand; `None` for the identity.
fn fetch<P: Point>(points: &[P], pool: &[P], summand: Ref) -> Option<(P::Field, P::Field)> {
    let point = if summand.is_pool() { pool[summand.index()] } else { points[summand.index()] };
    if point == P::default() {
        return None;
    }
    let (x, y) = point.coordinates();
    Some((x, if summand.is_negative() { -y } else { y }))
}

/// What the slope of the line through two points is divided by; one where no slope is needed.
fn denominator<F: Field>(left: Option<(F, F)>, right: Option<(F, F)>) -> F {
    match (left, right) {
        (Some((x1, _)), Some((x2, _))) if x1 != x2 => x2 - x1,
        (Some((_, y1)), Some((_, y2))) if y1 == y2 => y1.double(),
        _ => F::ONE,
    }
}

/// The sum of two points of a curve `y^2 = x^3 + b`, given the inverse of [`denominator`].
fn add<F: Field>(left: Option<(F, F)>, right: Option<(F, F)>, inverse: F) -> Option<(F, F)> {
    let (Some((x1, y1)), Some((x2, y2))) = (left, right) else {
        return left.or(right);
    };
    let slope = if x1 != x2 {
        (y2 - y1) * inverse
    } else if y1 == y2 {
        let square = x1.square();
        (square.double() + square) * inverse
    } else {
        return None;
    };
    let x3 = slope.square() - x1 - x2;
    Some((x3, slope * (x1 - x3) - y1))
}
