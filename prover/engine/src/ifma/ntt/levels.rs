//! One level of a transform, or two, on nodes of whole vectors; and the innermost six, within vectors.
//!
//! Values between levels are [`Loose`]: signed limbs, value in [0, 84 p]; only what is multiplied has its carries
//! propagated. A level adds less than 2^57 to a limb, so thirty levels stay below 2^62.

use super::tables::Limbs;
use crate::ifma::{
    Ifma,
    field::{Block, Fe8, Loose},
    modulus::{Modulus, Scalar, multiple},
};

pub(super) type Element = Fe8<Scalar>;
pub(super) type Sum = Loose<Scalar>;

/// `3 p`: what a product is below.
const THREE: Limbs = multiple(Scalar::P, 3);

/// `(u, v) -> (u + z v, u - z v + 3 p)`: the product is below 3 p.
#[inline(always)]
fn butterfly(u: Sum, v: Element, z: Element) -> (Sum, Sum) {
    let product = v.mul_loose(z);
    (u.add(product), u.sub(product).add_multiple(3))
}

/// One root for a node's two halves.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn halves_by_one_root(ifma: Ifma, values: &mut [Block], root: Element) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    for (u, v) in low.iter_mut().zip(high) {
        let (sum, difference) = butterfly(Sum::load(ifma, u), Sum::load(ifma, v).carry_signed(), root);
        sum.store(u);
        difference.store(v);
    }
}

/// A root for each place of two nodes that are combined.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn halves_by_roots(ifma: Ifma, values: &mut [Block], roots: &[Block]) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    for ((u, v), root) in low.iter_mut().zip(high).zip(roots) {
        let root = Element::load(ifma, root);
        let (sum, difference) = butterfly(Sum::load(ifma, u), Sum::load(ifma, v).carry_signed(), root);
        sum.store(u);
        difference.store(v);
    }
}

/// Two levels at once, so that values are loaded and stored half as often: [`halves_by_one_root`], then each half by its own.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn quarters_by_one_root(
    ifma: Ifma,
    values: &mut [Block],
    root: Element,
    [low, high]: [Element; 2],
) {
    for [a, b, c, d] in quarters(values) {
        let (sum_ac, difference_ac) = butterfly(Sum::load(ifma, a), Sum::load(ifma, c).carry_signed(), root);
        let (sum_bd, difference_bd) = butterfly(Sum::load(ifma, b), Sum::load(ifma, d).carry_signed(), root);
        let (sum, difference) = butterfly(sum_ac, sum_bd.carry_signed(), low);
        sum.store(a);
        difference.store(b);
        let (sum, difference) = butterfly(difference_ac, difference_bd.carry_signed(), high);
        sum.store(c);
        difference.store(d);
    }
}

/// Two levels at once: [`halves_by_roots`] for each half, then for the whole.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn quarters_by_roots(ifma: Ifma, values: &mut [Block], first: &[Block], second: &[Block]) {
    let (second_low, second_high) = second.split_at(first.len());
    let roots = first.iter().zip(second_low).zip(second_high);
    for ([a, b, c, d], ((root, low), high)) in quarters(values).zip(roots) {
        let root = Element::load(ifma, root);
        let (sum_ab, difference_ab) = butterfly(Sum::load(ifma, a), Sum::load(ifma, b).carry_signed(), root);
        let (sum_cd, difference_cd) = butterfly(Sum::load(ifma, c), Sum::load(ifma, d).carry_signed(), root);
        let (sum, difference) = butterfly(sum_ab, sum_cd.carry_signed(), Element::load(ifma, low));
        sum.store(a);
        difference.store(c);
        let (sum, difference) =
            butterfly(difference_ab, difference_cd.carry_signed(), Element::load(ifma, high));
        sum.store(b);
        difference.store(d);
    }
}

/// The same place of each quarter.
fn quarters(values: &mut [Block]) -> impl Iterator<Item = [&mut Block; 4]> {
    let quarter = values.len() / 4;
    let (low, high) = values.split_at_mut(2 * quarter);
    let (a, b) = low.split_at_mut(quarter);
    let (c, d) = high.split_at_mut(quarter);
    a.iter_mut().zip(b).zip(c.iter_mut().zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
}

/// The root one: sums and differences, with a multiple of p that v is below.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn halves_without_product(ifma: Ifma, values: &mut [Block], multiple: Sum) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    for (place_u, place_v) in low.iter_mut().zip(high) {
        let (u, v) = (Sum::load(ifma, place_u), Sum::load(ifma, place_v));
        u.add(v).store(place_u);
        u.sub(v).add(multiple).store(place_v);
    }
}

/// `(a, s, t) -> (a + s + t, a + w s + w^2 t, a + w^2 s + w t)` for s and t below the multiple of p: with
/// `m = w (s - t)` and `1 + w + w^2 = 0` the last two are `a - t + m` and `a - s - m`.
#[inline(always)]
fn thirds(a: Sum, s: Sum, t: Sum, w: Element, multiple: Sum) -> [Sum; 3] {
    let m = s.sub(t).add(multiple).carry_signed().mul_loose(w);
    [a.add(s).add(t), a.sub(t).add(m).add(multiple), a.sub(s).sub(m).add(multiple).add_multiple(3)]
}

/// Products with a root and its square, then [`thirds`].
#[inline(always)]
fn thirds_with(ifma: Ifma, [a, b, c]: [&mut Block; 3], [z, z_squared]: [Element; 2], w: Element) {
    let s = Sum::load(ifma, b).carry_signed().mul_loose(z);
    let t = Sum::load(ifma, c).carry_signed().mul_loose(z_squared);
    let [first, second, third] = thirds(Sum::load(ifma, a), s, t, w, Sum::splat(ifma, &THREE));
    first.store(a);
    second.store(b);
    third.store(c);
}

/// One root for a node's three parts.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn thirds_by_one_root(ifma: Ifma, values: &mut [Block], root: Element, w: Element) {
    let square = root.square().reduce();
    let (low, rest) = values.split_at_mut(values.len() / 3);
    let (middle, high) = rest.split_at_mut(low.len());
    for ((a, b), c) in low.iter_mut().zip(middle).zip(high) {
        thirds_with(ifma, [a, b, c], [root, square], w);
    }
}

/// A root and its square for each place of three nodes that are combined.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn thirds_by_roots(ifma: Ifma, values: &mut [Block], roots: &[Block], w: Element) {
    let (low, rest) = values.split_at_mut(values.len() / 3);
    let (middle, high) = rest.split_at_mut(low.len());
    let (roots, _) = roots.as_chunks::<2>();
    for (((a, b), c), [root, square]) in low.iter_mut().zip(middle).zip(high).zip(roots) {
        thirds_with(ifma, [a, b, c], [Element::load(ifma, root), Element::load(ifma, square)], w);
    }
}

/// The root one, with a multiple of p that the values are below.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn thirds_without_product(ifma: Ifma, values: &mut [Block], w: Element, multiple: Sum) {
    let (low, rest) = values.split_at_mut(values.len() / 3);
    let (middle, high) = rest.split_at_mut(low.len());
    for ((a, b), c) in low.iter_mut().zip(middle).zip(high) {
        let [first, second, third] =
            thirds(Sum::load(ifma, a), Sum::load(ifma, b), Sum::load(ifma, c), w, multiple);
        first.store(a);
        second.store(b);
        third.store(c);
    }
}

/// The last three levels to coefficients and the first three to values, on 64 points: those of a lane become those of eight
/// vectors, by a transpose, and go back.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn tile_of_64(
    ifma: Ifma,
    tile: &mut [Block; 8],
    roots_4: &Block,
    roots_2: [&Block; 2],
    roots_1: [&Block; 4],
    forward: &[Limbs; 7],
) {
    let mut x = Sum::transpose(tile.each_ref().map(|block| Sum::load(ifma, block)));
    let root = Element::load(ifma, roots_4);
    step(&mut x, 0, 4, root);
    step(&mut x, 1, 5, root);
    step(&mut x, 2, 6, root);
    step(&mut x, 3, 7, root);
    let [even, odd] = [Element::load(ifma, roots_2[0]), Element::load(ifma, roots_2[1])];
    step(&mut x, 0, 2, even);
    step(&mut x, 1, 3, even);
    step(&mut x, 4, 6, odd);
    step(&mut x, 5, 7, odd);
    let mut pair = 0;
    while pair < 4 {
        let (i, j) = (2 * pair, 2 * pair + 1);
        step(&mut x, i, j, Element::load(ifma, roots_1[pair]));
        // Coefficients: the one place where values are reduced. Then the first level to values.
        let (u, v) = (x[i].carry_signed().reduce(), x[j].carry_signed().reduce());
        (x[i], x[j]) = butterfly(u.loose(), v, Element::splat(ifma, &forward[0]));
        pair += 1;
    }
    let [first, second] = [Element::splat(ifma, &forward[1]), Element::splat(ifma, &forward[2])];
    step(&mut x, 0, 2, first);
    step(&mut x, 1, 3, second);
    step(&mut x, 4, 6, first);
    step(&mut x, 5, 7, second);
    step(&mut x, 0, 4, Element::splat(ifma, &forward[3]));
    step(&mut x, 1, 5, Element::splat(ifma, &forward[4]));
    step(&mut x, 2, 6, Element::splat(ifma, &forward[5]));
    step(&mut x, 3, 7, Element::splat(ifma, &forward[6]));
    let x = Sum::transpose(x);
    let mut row = 0;
    while row < 8 {
        x[row].store(&mut tile[row]);
        row += 1;
    }
}

/// A [`butterfly`] on two of eight vectors.
#[inline(always)]
fn step(x: &mut [Sum; 8], i: usize, j: usize, root: Element) {
    (x[i], x[j]) = butterfly(x[i], x[j].carry_signed(), root);
}
