//! The three steps of a transform, each for one group of columns or one row.

use ark_bn254::Fr;

use super::{
    levels::{
        Element, Sum, halves_by_one_root, halves_by_roots, halves_without_product, quarters_by_one_root,
        quarters_by_roots, thirds_by_one_root, thirds_by_roots, thirds_without_product, tile_of_64,
    },
    tables::{ForwardLevel, RowRoots, Tables},
};
use crate::ifma::{
    Ifma,
    field::Block,
    lanes::Lanes,
    modulus::{Modulus, Scalar},
};

/// Blocks of eight columns that go through the cache together: a row's part is then a run of memory long enough to be worth
/// its page.
pub(super) const GROUP: usize = 4;

/// What one thread needs for a group of columns.
pub(super) struct Scratch {
    /// The columns of up to three polynomials: [`GROUP`] blocks for each row.
    columns: [Vec<Block>; 3],
    /// Roots of the columns' forward levels, level by level: the root, and at radix 3 its square after it.
    roots: Vec<Block>,
}

impl Scratch {
    pub(super) fn new(tables: &Tables) -> Scratch {
        let roots: usize =
            tables.columns_forward.iter().map(|level| level.row_factors.len() * (level.radix - 1)).sum();
        let column = || bytemuck::zeroed_vec(GROUP * tables.rows);
        Scratch { columns: [column(), column(), column()], roots: bytemuck::zeroed_vec(GROUP * roots) }
    }
}

/// Step 1 for A, B and C = A B, for one group of columns.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn columns_of_product(
    ifma: Ifma,
    tables: &Tables,
    group: usize,
    [a, b]: [&[Fr]; 2],
    scratch: &mut Scratch,
    out: [Vec<&mut [Block; GROUP]>; 3],
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
    out: [Vec<&mut [Block; GROUP]>; 1],
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
    roots: &mut RowRoots,
) {
    let levels = tables.row_inverse.levels().count();
    let factors = &tables.row_factors[row * levels..][..levels];
    for ((factor, base), roots) in factors.iter().zip(tables.row_inverse.levels()).zip(roots.levels_mut()) {
        let factor = Element::splat(ifma, factor);
        for (base, root) in base.iter().zip(roots) {
            factor.mul(Element::load(ifma, base)).reduce().store(root);
        }
    }
    let RowRoots { vectors, tiles: [roots_4, roots_2, roots_1] } = roots;
    for blocks in polynomials {
        row_to_tiles(ifma, blocks, vectors);
        let (tiles, _) = blocks.as_chunks_mut::<8>();
        for (index, tile) in tiles.iter_mut().enumerate() {
            let (roots_2, roots_1) = (&roots_2[2 * index..][..2], &roots_1[4 * index..][..4]);
            let [even, odd] = [0, 1].map(|i| &roots_2[i]);
            let last = [0, 1, 2, 3].map(|i| &roots_1[i]);
            tile_of_64(ifma, tile, &roots_4[index], [even, odd], last, &tables.row_forward_small);
        }
        tiles_to_row(ifma, blocks, &tables.row_forward);
    }
}

/// The levels to coefficients that combine whole vectors of a row; of each level the roots of its nodes.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn row_to_tiles(ifma: Ifma, blocks: &mut [Block], mut levels: &[Vec<Block>]) {
    let of_node = |roots: &[Block], node: usize| Element::broadcast(ifma, &roots[node / 8], node % 8);
    let mut length = blocks.len();
    while let [level, rest @ ..] = levels {
        levels = rest;
        let nodes = blocks.chunks_exact_mut(length).enumerate();
        if let [next, rest @ ..] = rest {
            for (node, values) in nodes {
                let children = [of_node(next, 2 * node), of_node(next, 2 * node + 1)];
                quarters_by_one_root(ifma, values, of_node(level, node), children);
            }
            length /= 4;
            levels = rest;
        } else {
            for (node, values) in nodes {
                halves_by_one_root(ifma, values, of_node(level, node));
            }
        }
    }
}

/// The levels to values that combine whole vectors of a row; of each level a root for each place.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn tiles_to_row(ifma: Ifma, blocks: &mut [Block], mut levels: &[Vec<Block>]) {
    while let [level, rest @ ..] = levels {
        levels = rest;
        if let [next, rest @ ..] = rest {
            for values in blocks.chunks_exact_mut(2 * next.len()) {
                quarters_by_roots(ifma, values, level, next);
            }
            levels = rest;
        } else {
            // The last level: its one node is the row.
            halves_by_roots(ifma, blocks, level);
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
    out: Vec<&mut [[Fr; 8]; GROUP]>,
) {
    column_roots(ifma, tables, group, &mut scratch.roots);
    for (polynomial, column) in polynomials.into_iter().zip(&mut scratch.columns) {
        copy_in(tables, group, polynomial, column);
        columns_to_points(ifma, tables, column, &scratch.roots);
    }
    let (size, last) = (Element::splat(ifma, &tables.size), Element::splat(ifma, &tables.last_of_quotient));
    let [a, b, c] = &scratch.columns;
    for (((a, b), c), out) in a.iter().zip(b).zip(c).zip(out.into_iter().flatten()) {
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
    out: Vec<&mut [[Fr; 8]; GROUP]>,
) {
    column_roots(ifma, tables, group, &mut scratch.roots);
    let [column, _, _] = &mut scratch.columns;
    copy_in(tables, group, polynomial, column);
    columns_to_points(ifma, tables, column, &scratch.roots);
    let last = Element::splat(ifma, &tables.last_of_values);
    for (block, out) in column.iter().zip(out.into_iter().flatten()) {
        write(Sum::load(ifma, block).carry_signed().mul(last), out);
    }
}

/// All levels that combine rows, to coefficients.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn columns_to_coefficients(ifma: Ifma, tables: &Tables, column: &mut [Block]) {
    let cube_root = Element::splat(ifma, &tables.inverse_cube_root);
    let mut length = column.len();
    let mut levels = tables.columns_inverse.as_slice();
    while let [level, rest @ ..] = levels {
        if let [next, rest @ ..] = rest
            && level.is_halves_by_products()
            && next.is_halves_by_products()
        {
            let (children, _) = next.roots.as_chunks::<2>();
            for ((values, root), children) in column.chunks_exact_mut(length).zip(&level.roots).zip(children)
            {
                let children = [0, 1].map(|i| Element::splat(ifma, &children[i]));
                quarters_by_one_root(ifma, values, Element::splat(ifma, root), children);
            }
            length /= 4;
            levels = rest;
            continue;
        }
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
        levels = rest;
    }
}

/// All levels that combine rows, to values.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn columns_to_points(ifma: Ifma, tables: &Tables, column: &mut [Block], mut roots: &[Block]) {
    let cube_root = Element::splat(ifma, &tables.cube_root);
    let mut levels = tables.columns_forward.as_slice();
    while let [level, rest @ ..] = levels {
        let h = GROUP * level.row_factors.len();
        let (of_level, of_rest) = roots.split_at(h * (level.radix - 1));
        if let [next, rest @ ..] = rest
            && level.radix == 2
            && next.radix == 2
        {
            let (of_next, of_rest) = of_rest.split_at(2 * h);
            for values in column.chunks_exact_mut(4 * h) {
                quarters_by_roots(ifma, values, of_level, of_next);
            }
            (levels, roots) = (rest, of_rest);
            continue;
        }
        for values in column.chunks_exact_mut(h * level.radix) {
            if level.radix == 2 {
                halves_by_roots(ifma, values, of_level);
            } else {
                thirds_by_roots(ifma, values, of_level, cube_root);
            }
        }
        (levels, roots) = (rest, of_rest);
    }
}

/// Roots of [`columns_to_points`] for one group of columns.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn column_roots(ifma: Ifma, tables: &Tables, group: usize, mut roots: &mut [Block]) {
    for ForwardLevel { radix, column_factors, row_factors } in &tables.columns_forward {
        let of_columns = &column_factors[GROUP * group..][..GROUP];
        let (of_level, rest) = roots.split_at_mut(GROUP * row_factors.len() * (radix - 1));
        roots = rest;
        for (of_row, factor) in of_level.chunks_exact_mut(GROUP * (radix - 1)).zip(row_factors) {
            let factor = Element::splat(ifma, factor);
            for (places, of_column) in of_row.chunks_exact_mut(radix - 1).zip(of_columns) {
                let root = Element::load(ifma, of_column).mul(factor).reduce();
                root.store(&mut places[0]);
                if let Some(place) = places.get_mut(1) {
                    root.square().reduce().store(place);
                }
            }
        }
    }
}

/// In every row the elements of a group of columns, by eights.
fn eights<'a>(tables: &Tables, group: usize, values: &'a [Fr]) -> impl Iterator<Item = &'a [Fr; 8]> {
    let (eights, _) = values.as_chunks::<8>();
    eights.chunks_exact(tables.width / 8).flat_map(move |row| &row[GROUP * group..][..GROUP])
}

/// Elements as they are: with R = 2^260, their 16th part.
#[inline(always)]
fn read(ifma: Ifma, elements: &[Fr; 8]) -> Element {
    Element::unpack(Lanes::gather(ifma, elements.each_ref().map(Scalar::words)))
}

/// The unique representatives below p.
#[inline(always)]
fn write(value: Element, out: &mut [Fr; 8]) {
    Lanes::scatter(value.canonical().pack(), out.each_mut().map(Scalar::words_mut));
}

fn copy_out(column: &[Block], out: Vec<&mut [Block; GROUP]>) {
    let (rows, _) = column.as_chunks::<GROUP>();
    rows.iter().zip(out).for_each(|(row, out)| *out = *row);
}

fn copy_in(tables: &Tables, group: usize, polynomial: &[Block], column: &mut [Block]) {
    let (places, _) = column.as_chunks_mut::<GROUP>();
    let (groups, _) = polynomial.as_chunks::<GROUP>();
    let rows = groups.iter().skip(group).step_by(tables.width / (8 * GROUP));
    places.iter_mut().zip(rows).for_each(|(place, row)| *place = *row);
}
