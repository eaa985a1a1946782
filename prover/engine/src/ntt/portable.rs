//! Transforms with arkworks' arithmetic, one element at a time.
//!
//! To coefficients by decimation in frequency, `(u, v) -> (u + v, (u - v) w^-j)` and then each half; to values by
//! decimation in time, each half and then `(u, v) -> (u + v x_j, u - v x_j)` at the odd points `x_j`. Radix 3 likewise.

use ark_bn254::Fr;
use ark_ff::{Field, One};
use rayon::prelude::*;

use super::shape::{Shape, powers};

/// Below this size, one thread.
const PARALLEL: usize = 1 << 11;

/// Roots of every level. The first level is the whole domain.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    levels: Vec<Level>,
    /// `w^(N/3)`, and its inverse; one where 3 does not divide N.
    cube_root: Fr,
    inverse_cube_root: Fr,
}

/// Nodes of n points, split into `radix` of h each.
#[derive(Clone, Debug)]
struct Level {
    radix: usize,
    /// `w_n^-j`, j < h.
    inverse: Vec<Fr>,
    /// `g^(N/n) w_n^j`, j < h.
    forward: Vec<Fr>,
}

impl Tables {
    pub(super) fn new(shape: &Shape) -> Tables {
        let (mut n, mut omega, mut shift) = (shape.size, shape.omega, shape.shift);
        let mut levels = Vec::new();
        for radix in shape.radices() {
            let inverse_omega = omega.pow([n as u64 - 1]);
            levels.push(Level {
                radix,
                inverse: powers(Fr::one(), inverse_omega, n / radix),
                forward: powers(shift, omega, n / radix),
            });
            n /= radix;
            omega = omega.pow([radix as u64]);
            shift = shift.pow([radix as u64]);
        }
        let cube_root = match shape.threes {
            0 => Fr::one(),
            _ => shape.omega.pow([shape.size as u64 / 3]),
        };
        Tables { levels, cube_root, inverse_cube_root: cube_root * cube_root }
    }

    /// N times the coefficients, by reversed digits of their index.
    pub(super) fn coefficients(&self, values: &mut [Fr], depth: usize) {
        let Some(level) = self.levels.get(depth) else { return };
        let h = values.len() / level.radix;
        if level.radix == 2 {
            let (low, high) = values.split_at_mut(h);
            let split = |((u, v), root): ((&mut Fr, &mut Fr), &Fr)| {
                let difference = *u - *v;
                *u += *v;
                *v = if h == 1 { difference } else { difference * root };
            };
            each(low, high, &level.inverse, split);
        } else {
            let (low, rest) = values.split_at_mut(h);
            let (middle, high) = rest.split_at_mut(h);
            let w = self.inverse_cube_root;
            let split = |(((a, b), c), root): (((&mut Fr, &mut Fr), &mut Fr), &Fr)| {
                let (first, second) = thirds(a, *b, *c, w);
                *b = first * root;
                *c = second * root * root;
            };
            each_three(low, middle, high, &level.inverse, split);
        }
        self.children(values, h, |child| self.coefficients(child, depth + 1));
    }

    /// Values at the odd points, from coefficients as [`Tables::coefficients`] leaves them.
    fn evaluate(&self, values: &mut [Fr], depth: usize) {
        let Some(level) = self.levels.get(depth) else { return };
        let h = values.len() / level.radix;
        self.children(values, h, |child| self.evaluate(child, depth + 1));
        if level.radix == 2 {
            let (low, high) = values.split_at_mut(h);
            each(low, high, &level.forward, |((u, v), root)| {
                let product = *v * root;
                *v = *u - product;
                *u += product;
            });
        } else {
            let (low, rest) = values.split_at_mut(h);
            let (middle, high) = rest.split_at_mut(h);
            let w = self.cube_root;
            each_three(low, middle, high, &level.forward, |(((a, b), c), root)| {
                (*b, *c) = thirds(a, *b * root, *c * root * root, w);
            });
        }
    }

    fn children(&self, values: &mut [Fr], h: usize, transform: impl Fn(&mut [Fr]) + Sync + Send) {
        if h == 1 {
            return;
        }
        if values.len() < PARALLEL {
            values.chunks_mut(h).for_each(transform);
        } else {
            values.par_chunks_mut(h).for_each(transform);
        }
    }
}

/// The transform of three: a becomes the sum; returned are `a + w b + w^2 c` and `a + w^2 b + w c`. With `1 + w + w^2 = 0`
/// that is one product: `a - c + m` and `a - b - m` for `m = w (b - c)`.
fn thirds(a: &mut Fr, b: Fr, c: Fr, w: Fr) -> (Fr, Fr) {
    let m = w * (b - c);
    let rotated = (*a - c + m, *a - b - m);
    *a += b + c;
    rotated
}

fn each<'a>(
    low: &'a mut [Fr],
    high: &'a mut [Fr],
    roots: &'a [Fr],
    split: impl Fn(((&'a mut Fr, &'a mut Fr), &'a Fr)) + Sync + Send,
) {
    if low.len() < PARALLEL {
        low.iter_mut().zip(high).zip(roots).for_each(split);
    } else {
        low.par_iter_mut().zip(high).zip(roots).with_min_len(PARALLEL / 2).for_each(split);
    }
}

fn each_three<'a>(
    low: &'a mut [Fr],
    middle: &'a mut [Fr],
    high: &'a mut [Fr],
    roots: &'a [Fr],
    split: impl Fn((((&'a mut Fr, &'a mut Fr), &'a mut Fr), &'a Fr)) + Sync + Send,
) {
    if low.len() < PARALLEL {
        low.iter_mut().zip(middle).zip(high).zip(roots).for_each(split);
    } else {
        low.par_iter_mut().zip(middle).zip(high).zip(roots).with_min_len(PARALLEL / 2).for_each(split);
    }
}

/// See [`super::Domain::quotient`]; the result replaces a.
pub(super) fn quotient(shape: &Shape, tables: &Tables, a: &mut [Fr], mut b: Vec<Fr>) {
    let mut c: Vec<Fr> = a.par_iter().zip(&b).map(|(a, b)| *a * b).collect();
    let transform = |values: &mut [Fr]| {
        tables.coefficients(values, 0);
        tables.evaluate(values, 0);
    };
    rayon::join(|| transform(a), || rayon::join(|| transform(&mut b), || transform(&mut c)));
    // The transforms leave N A, N B and N C.
    let n = Fr::from(shape.size as u64);
    let factor = inverse_square(n);
    a.par_iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = (*a * b - n * c) * factor);
}

/// See [`super::Domain::to_odd_points`].
pub(super) fn to_odd_points(shape: &Shape, tables: &Tables, values: &mut [Fr]) {
    tables.coefficients(values, 0);
    tables.evaluate(values, 0);
    let n = Fr::from(shape.size as u64);
    let factor = inverse_square(n) * n;
    values.par_iter_mut().for_each(|value| *value *= factor);
}

/// `1 / n^2` for a size n.
fn inverse_square(n: Fr) -> Fr {
    n.square().inverse().expect("a domain's size divides r - 1, so it is not zero in the field")
}
