//! Transforms on the vector path.
//!
//! The N points are a matrix of `rows` x `width`, row by row, width a power of two of about the root of N. One polynomial
//! goes through memory three times, whatever N is:
//!
//! 1. *columns*: a few adjacent columns are copied into the cache, and the first levels of the transform to coefficients,
//!    those that combine rows, are done there;
//! 2. *rows*: the other levels, and of the second transform those that come first;
//! 3. *columns*: the other levels of the second transform.
//!
//! A, B and C go through each step together, so that they share the roots, which are made on the way from tables of size
//! `O(rows + width)`: one product for each root, a fifteenth of the work. Threads share columns, then rows.
//!
//! Both transforms multiply first and add after: `(u, v) -> (u + z v, u - z v)`. So a value grows by 3 p a level and not by a
//! factor of two, and one reduction, between the transforms, is all that is needed (see [`Tables::new`]). The transform to
//! coefficients takes the natural order to reversed digits, so a level's root z belongs to a whole node of the tree: its
//! values are a polynomial modulo `X^n - z^2`, and it splits them into those modulo `X^(n/2) - z` and `X^(n/2) + z`.
//! The transform to values takes reversed digits to the natural order; there the root depends on the place in the node.
//!
//! Input is read as it is, in Montgomery form with R = 2^256: as values of this path, where R is 2^260, that is 1/16 of the
//! input. All steps are linear in it or quadratic, so a constant in the last product sets it right, with the powers of N.

mod kernels;
mod levels;
mod tables;

use ark_bn254::Fr;
use rayon::prelude::*;

use self::kernels::{GROUP, Scratch};
pub(crate) use self::tables::Tables;
use super::{Ifma, field::Block};
use crate::Pages;

/// Memory of one quotient: 40 bytes for each point of three polynomials. A domain keeps it for the next one.
#[derive(Debug)]
pub(crate) struct Workspace(Pages<Block>);

impl Workspace {
    pub(crate) fn new(tables: &Tables) -> Workspace {
        Workspace(Pages::zeroed(3 * (tables.rows * tables.width / 8)))
    }

    fn polynomials(&mut self) -> [&mut [Block]; 3] {
        let len = self.0.len() / 3;
        let (a, rest) = self.0.split_at_mut(len);
        let (b, c) = rest.split_at_mut(len);
        [a, b, c]
    }
}

/// See `Domain::quotient`; the result's integers replace a's words.
pub(crate) fn quotient(ifma: Ifma, tables: &Tables, workspace: &mut Workspace, a: &mut [Fr], b: &[Fr]) {
    let mut polynomials = workspace.polynomials();
    let input: &[Fr] = a;
    each_column(tables, columns(tables, &mut polynomials), |scratch, group, out| {
        // SAFETY: an `Ifma` exists, so the processor has the features.
        unsafe { kernels::columns_of_product(ifma, tables, group, [input, b], scratch, out) }
    });
    each_row(ifma, tables, &mut polynomials);
    let polynomials = polynomials.each_ref().map(|polynomial| &**polynomial);
    each_column(tables, columns_of_elements(tables, a), |scratch, group, out| {
        // SAFETY: an `Ifma` exists, so the processor has the features.
        unsafe { kernels::columns_to_quotient(ifma, tables, group, polynomials, scratch, out) }
    });
}

/// See `Domain::to_odd_points`.
pub(crate) fn to_odd_points(ifma: Ifma, tables: &Tables, workspace: &mut Workspace, values: &mut [Fr]) {
    let [polynomial, _, _] = workspace.polynomials();
    let mut polynomials = [polynomial];
    let input: &[Fr] = values;
    each_column(tables, columns(tables, &mut polynomials), |scratch, group, out| {
        // SAFETY: an `Ifma` exists, so the processor has the features.
        unsafe { kernels::columns_of_values(ifma, tables, group, input, scratch, out) }
    });
    each_row(ifma, tables, &mut polynomials);
    let [polynomial] = polynomials;
    each_column(tables, columns_of_elements(tables, values), |scratch, group, out| {
        // SAFETY: an `Ifma` exists, so the processor has the features.
        unsafe { kernels::columns_to_values(ifma, tables, group, polynomial, scratch, out) }
    });
}

/// Steps 1 and 3: a task for each group of columns.
fn each_column<T: Send>(tables: &Tables, columns: Vec<T>, task: impl Fn(&mut Scratch, usize, T) + Sync) {
    let least = share(columns.len());
    columns
        .into_par_iter()
        .enumerate()
        .with_min_len(least)
        .for_each_init(|| Scratch::new(tables), |scratch, (group, column)| task(scratch, group, column));
}

/// Step 2 for every row of K polynomials.
fn each_row<const K: usize>(ifma: Ifma, tables: &Tables, polynomials: &mut [&mut [Block]; K]) {
    let mut rows: Vec<Vec<&mut [Block]>> = (0..tables.rows).map(|_| Vec::with_capacity(K)).collect();
    for polynomial in polynomials {
        rows.iter_mut()
            .zip(polynomial.chunks_mut(tables.width / 8))
            .for_each(|(row, blocks)| row.push(blocks));
    }
    let least = share(rows.len());
    rows.into_par_iter().enumerate().with_min_len(least).for_each_init(
        || tables.row_roots(),
        |roots, (row, polynomials)| {
            // SAFETY: an `Ifma` exists, so the processor has the features.
            unsafe { kernels::row(ifma, tables, row, polynomials, roots) }
        },
    );
}

/// Tasks that one thread takes at a time, so that each has scratch memory to make a few times only.
fn share(tasks: usize) -> usize {
    tasks.div_ceil(4 * rayon::current_num_threads())
}

/// For each group of columns, in each of K polynomials, its blocks row by row.
fn columns<'a, const K: usize>(
    tables: &Tables,
    polynomials: &'a mut [&mut [Block]; K],
) -> Vec<[Vec<&'a mut [Block; GROUP]>; K]> {
    let groups = tables.width / (8 * GROUP);
    let mut columns: Vec<_> = (0..groups).map(|_| [const { Vec::new() }; K]).collect();
    for (index, polynomial) in polynomials.iter_mut().enumerate() {
        let (blocks, _) = polynomial.as_chunks_mut();
        for (column, blocks) in columns.iter_mut().zip(columns_of(blocks, groups)) {
            column[index] = blocks;
        }
    }
    columns
}

/// The same of arkworks' elements.
fn columns_of_elements<'a>(tables: &Tables, elements: &'a mut [Fr]) -> Vec<Vec<&'a mut [[Fr; 8]; GROUP]>> {
    let (eights, _) = elements.as_chunks_mut();
    let (groups, _) = eights.as_chunks_mut();
    columns_of(groups, tables.width / (8 * GROUP))
}

/// A matrix by its columns.
fn columns_of<T>(matrix: &mut [T], width: usize) -> Vec<Vec<&mut T>> {
    let rows = matrix.len() / width;
    let mut columns: Vec<Vec<&mut T>> = (0..width).map(|_| Vec::with_capacity(rows)).collect();
    for row in matrix.chunks_mut(width) {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns
}
