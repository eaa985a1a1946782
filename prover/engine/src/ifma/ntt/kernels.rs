//! The inner loops: levels of a transform on columns and on rows.
//!
//! Values between levels are [`Loose`]: signed limbs, value in [0, 84 p]; only what is multiplied has its carries
//! propagated. A level adds less than 2^57 to a limb, so thirty levels stay below 2^62.

use ark_bn254::Fr;
use bytemuck::Zeroable;

use super::tables::{ForwardLevel, Limbs, Tables};
use crate::ifma::{
    Ifma,
    field::{Block, Fe8, Loose},
    lanes::Lanes,
    modulus::{Modulus, Scalar, multiple},
};

/// `3 p`: what a product is below.
const THREE: Limbs = multiple(Scalar::P, 3);

type Element = Fe8<Scalar>;
type Sum = Loose<Scalar>;

/// What one thread needs for eight columns.
pub(super) struct Scratch {
    /// Eight columns of up to three polynomials: a block for each row.
    columns: [Vec<Block>; 3],
    /// Roots of the columns' forward levels, level by level: the root, and at radix 3 its square after it.
    roots: Vec<Block>,
}

impl Scratch {
    pub(super) fn new(tables: &Tables) -> Scratch {
        let roots =
            tables.columns_forward.iter().map(|level| level.row_factors.len() * (level.radix - 1)).sum();
        let column = || vec![Block::zeroed(); tables.rows];
        Scratch { columns: [column(), column(), column()], roots: vec![Block::zeroed(); roots] }
    }
}

/// Step 1 for A, B and C = A B: columns `8 group..8 group + 8` of both inputs.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn columns_of_product(
    ifma: Ifma,
    tables: &Tables,
    group: usize,
    [a, b]: [&[Fr]; 2],
    scratch: &mut Scratch,
    out: [Vec<&mut [Block]>; 3],
) {
    let [column_a, column_b, column_c] = &mut scratch.columns;
    let places = column_a.iter_mut().zip(column_b).zip(column_c);
    for (((place_a, place_b), place_c), (a, b)) in
        places.zip(eights(tables, group, a).zip(eights(tables, group, b)))
    {
        let (a, b) = (read(ifma, a), read(ifma, b));
        a.store(place_a);
        b.store(place_b);
        a.mul(b).store(place_c);
    }
    for (column, out) in scratch.columns.iter_mut().zip(out) {
        columns_to_coefficients(ifma, tables, column);
        copy_out(column, out);
    }
}

/// Step 1 for one polynomial.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn columns_of_values(
    ifma: Ifma,
    tables: &Tables,
    group: usize,
    values: &[Fr],
    scratch: &mut Scratch,
    out: [Vec<&mut [Block]>; 1],
) {
    let [column, _, _] = &mut scratch.columns;
    for (place, values) in column.iter_mut().zip(eights(tables, group, values)) {
        read(ifma, values).store(place);
    }
    columns_to_coefficients(ifma, tables, column);
    let [out] = out;
    copy_out(column, out);
}

/// Step 2 for one row of each polynomial.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn row(
    ifma: Ifma,
    tables: &Tables,
    row: usize,
    polynomials: Vec<&mut [Block]>,
    roots: &mut [Vec<Block>],
) {
    let factors = &tables.row_factors[row * roots.len()..][..roots.len()];
    for ((factor, base), roots) in factors.iter().zip(&tables.row_inverse).zip(roots.iter_mut()) {
        let factor = Element::splat(ifma, factor);
        for (base, root) in base.iter().zip(roots) {
            factor.mul(Element::load(ifma, base)).reduce().store(root);
        }
    }
    let (nodes, [roots_4, roots_2, roots_1]) = roots.split_at(roots.len() - 3) else { return };
    for blocks in polynomials {
        let mut length = blocks.len();
        for roots in nodes {
            for (node, values) in blocks.chunks_exact_mut(length).enumerate() {
                let root = Element::broadcast(ifma, &roots[node / 8], node % 8);
                halves_by_one_root(ifma, values, root);
            }
            length /= 2;
        }
        let (tiles, _) = blocks.as_chunks_mut::<8>();
        for (index, tile) in tiles.iter_mut().enumerate() {
            let (roots_2, roots_1) = (&roots_2[2 * index..][..2], &roots_1[4 * index..][..4]);
            let [even, odd] = [0, 1].map(|i| &roots_2[i]);
            let last = [0, 1, 2, 3].map(|i| &roots_1[i]);
            tile_of_64(ifma, tile, &roots_4[index], [even, odd], last, &tables.row_forward_small);
        }
        for roots in &tables.row_forward {
            for values in blocks.chunks_exact_mut(2 * roots.len()) {
                halves_by_roots(ifma, values, roots);
            }
        }
    }
}

/// Step 3 for A, B and C: to `A B - C` at the odd points.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn columns_to_quotient(
    ifma: Ifma,
    tables: &Tables,
    group: usize,
    polynomials: [&[Block]; 3],
    scratch: &mut Scratch,
    out: Vec<&mut [Fr]>,
) {
    column_roots(ifma, tables, group, &mut scratch.roots);
    for (polynomial, column) in polynomials.into_iter().zip(&mut scratch.columns) {
        copy_in(tables, group, polynomial, column);
        columns_to_points(ifma, tables, column, &scratch.roots);
    }
    let (size, last) = (Element::splat(ifma, &tables.size), Element::splat(ifma, &tables.last_of_quotient));
    let [a, b, c] = &scratch.columns;
    for (((a, b), c), out) in a.iter().zip(b).zip(c).zip(out) {
        let [a, b, c] = [a, b, c].map(|block| Sum::load(ifma, block).carry_signed());
        // The values are below 81 p, so the product below 0.01182 * 81^2 + 2 = 80 p, and the difference below 83 p.
        let difference = a.mul_loose(b).sub(c.mul_loose(size)).add_multiple(3).carry_signed();
        write(difference.mul(last), out);
    }
}

/// Step 3 for one polynomial.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn columns_to_values(
    ifma: Ifma,
    tables: &Tables,
    group: usize,
    polynomial: &[Block],
    scratch: &mut Scratch,
    out: Vec<&mut [Fr]>,
) {
    column_roots(ifma, tables, group, &mut scratch.roots);
    let [column, _, _] = &mut scratch.columns;
    copy_in(tables, group, polynomial, column);
    columns_to_points(ifma, tables, column, &scratch.roots);
    let last = Element::splat(ifma, &tables.last_of_values);
    for (block, out) in column.iter().zip(out) {
        write(Sum::load(ifma, block).carry_signed().mul(last), out);
    }
}

/// All levels that combine rows, to coefficients.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn columns_to_coefficients(ifma: Ifma, tables: &Tables, column: &mut [Block]) {
    let cube_root = Element::splat(ifma, &tables.inverse_cube_root);
    let mut length = column.len();
    for level in &tables.columns_inverse {
        for (node, (values, root)) in column.chunks_exact_mut(length).zip(&level.roots).enumerate() {
            let root = Element::splat(ifma, root);
            let without_product = level.without_product.as_ref().filter(|_| node == 0);
            let without_product = without_product.map(|multiple| Sum::splat(ifma, multiple));
            match (level.radix, without_product) {
                (2, Some(multiple)) => halves_without_product(ifma, values, multiple),
                (2, None) => halves_by_one_root(ifma, values, root),
                (_, Some(multiple)) => thirds_without_product(ifma, values, cube_root, multiple),
                (_, None) => thirds_by_one_root(ifma, values, root, cube_root),
            }
        }
        length /= level.radix;
    }
}

/// All levels that combine rows, to values.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn columns_to_points(ifma: Ifma, tables: &Tables, column: &mut [Block], mut roots: &[Block]) {
    let cube_root = Element::splat(ifma, &tables.cube_root);
    for level in &tables.columns_forward {
        let h = level.row_factors.len();
        let (of_level, rest) = roots.split_at(h * (level.radix - 1));
        roots = rest;
        for values in column.chunks_exact_mut(h * level.radix) {
            if level.radix == 2 {
                halves_by_roots(ifma, values, of_level);
            } else {
                thirds_by_roots(ifma, values, of_level, cube_root);
            }
        }
    }
}

/// Roots of [`columns_to_points`] for columns `8 group..8 group + 8`.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn column_roots(ifma: Ifma, tables: &Tables, group: usize, mut roots: &mut [Block]) {
    for ForwardLevel { radix, column_factors, row_factors } in &tables.columns_forward {
        let of_columns = Element::load(ifma, &column_factors[group]);
        let (of_level, rest) = roots.split_at_mut(row_factors.len() * (radix - 1));
        roots = rest;
        for (places, factor) in of_level.chunks_exact_mut(radix - 1).zip(row_factors) {
            let root = of_columns.mul(Element::splat(ifma, factor)).reduce();
            root.store(&mut places[0]);
            if let Some(place) = places.get_mut(1) {
                root.square().reduce().store(place);
            }
        }
    }
}

/// `(u, v) -> (u + z v, u - z v + 3 p)`: the product is below 3 p.
#[inline(always)]
fn butterfly(u: Sum, v: Element, z: Element) -> (Sum, Sum) {
    let product = v.mul_loose(z);
    (u.add(product), u.sub(product).add_multiple(3))
}

/// One root for a node's two halves.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn halves_by_one_root(ifma: Ifma, values: &mut [Block], root: Element) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    for (u, v) in low.iter_mut().zip(high) {
        let (sum, difference) = butterfly(Sum::load(ifma, u), Sum::load(ifma, v).carry_signed(), root);
        sum.store(u);
        difference.store(v);
    }
}

/// A root for each place of two nodes that are combined.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn halves_by_roots(ifma: Ifma, values: &mut [Block], roots: &[Block]) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    for ((u, v), root) in low.iter_mut().zip(high).zip(roots) {
        let root = Element::load(ifma, root);
        let (sum, difference) = butterfly(Sum::load(ifma, u), Sum::load(ifma, v).carry_signed(), root);
        sum.store(u);
        difference.store(v);
    }
}

/// The root one: sums and differences, with a multiple of p that v is below.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn halves_without_product(ifma: Ifma, values: &mut [Block], multiple: Sum) {
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
fn thirds_by_one_root(ifma: Ifma, values: &mut [Block], root: Element, w: Element) {
    let square = root.square().reduce();
    let (low, rest) = values.split_at_mut(values.len() / 3);
    let (middle, high) = rest.split_at_mut(low.len());
    for ((a, b), c) in low.iter_mut().zip(middle).zip(high) {
        thirds_with(ifma, [a, b, c], [root, square], w);
    }
}

/// A root and its square for each place of three nodes that are combined.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn thirds_by_roots(ifma: Ifma, values: &mut [Block], roots: &[Block], w: Element) {
    let (low, rest) = values.split_at_mut(values.len() / 3);
    let (middle, high) = rest.split_at_mut(low.len());
    let (roots, _) = roots.as_chunks::<2>();
    for (((a, b), c), [root, square]) in low.iter_mut().zip(middle).zip(high).zip(roots) {
        thirds_with(ifma, [a, b, c], [Element::load(ifma, root), Element::load(ifma, square)], w);
    }
}

/// The root one, with a multiple of p that the values are below.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn thirds_without_product(ifma: Ifma, values: &mut [Block], w: Element, multiple: Sum) {
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
fn tile_of_64(
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

/// In every row the elements of columns `8 group..8 group + 8`.
fn eights<'a>(tables: &Tables, group: usize, values: &'a [Fr]) -> impl Iterator<Item = &'a [Fr; 8]> {
    let (eights, _) = values.as_chunks::<8>();
    eights.iter().skip(group).step_by(tables.width / 8)
}

/// Elements as they are: with R = 2^260, their 16th part.
#[inline(always)]
fn read(ifma: Ifma, elements: &[Fr; 8]) -> Element {
    Element::unpack(Lanes::gather(ifma, elements.each_ref().map(Scalar::words)))
}

/// The unique representatives below p, to eight elements.
#[inline(always)]
fn write(value: Element, out: &mut [Fr]) {
    if let Ok(out) = <&mut [Fr; 8]>::try_from(out) {
        Lanes::scatter(value.canonical().pack(), out.each_mut().map(Scalar::words_mut));
    }
}

fn copy_out(column: &[Block], out: Vec<&mut [Block]>) {
    column.iter().zip(out).for_each(|(block, out)| out.copy_from_slice(std::slice::from_ref(block)));
}

fn copy_in(tables: &Tables, group: usize, polynomial: &[Block], column: &mut [Block]) {
    let blocks = polynomial.iter().skip(group).step_by(tables.width / 8);
    column.iter_mut().zip(blocks).for_each(|(place, block)| *place = *block);
}
