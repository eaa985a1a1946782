//! Roots for the vector transforms, and the count that shows that no value outgrows its bits.

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, Zero};

use crate::{
    ifma::{
        field::{Block, Fe8},
        modulus::{Modulus, Scalar, multiple, split},
    },
    ntt::shape::{Shape, powers},
};

/// One field element in limbs, for all lanes.
pub(super) type Limbs = [u64; 5];

/// Values stay below this many p: see `crate::ifma::field`.
const ROOM: u64 = 84;

/// Tables for one domain.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    /// Rows of the matrix, `3^e 2^l`.
    pub(super) rows: usize,
    /// Points of a row: a power of two, at least 64.
    pub(super) width: usize,
    /// Levels of the transform to coefficients that combine rows, whole columns first.
    pub(super) columns_inverse: Vec<InverseLevel>,
    /// Levels of the transform to values that combine rows, whole columns last.
    pub(super) columns_forward: Vec<ForwardLevel>,
    /// For row r and level t of its `log2 width` levels, at `r log2(width) + t`: the root of the level's first node.
    pub(super) row_factors: Vec<Limbs>,
    /// The roots of a row's nodes, each divided by that of the first node of its level.
    pub(super) row_inverse: RowRoots,
    /// Roots of the transform to values of a row, of levels that combine 1 + 1, 2 + 2, 4 + 4 points.
    pub(super) row_forward_small: [Limbs; 7],
    /// The same of levels that combine 8 + 8 points and more, eight roots a block.
    pub(super) row_forward: Vec<Vec<Block>>,
    /// The inverse of the root of unity of order 3 that [`InverseLevel`]s with radix 3 use, and the root itself.
    pub(super) inverse_cube_root: Limbs,
    pub(super) cube_root: Limbs,
    /// N, to bring the transform of C, which is N C, to the scale of that of A times that of B.
    pub(super) size: Limbs,
    /// What the last product multiplies by: from `N^2 (A B - C) / 2^8` with R = 2^260 to the integer `A B - C`.
    pub(super) last_of_quotient: Limbs,
    /// The same from `N A / 2^4` to A with R = 2^256.
    pub(super) last_of_values: Limbs,
}

/// Roots of the nodes of a row's transform to coefficients, eight a block.
#[derive(Clone, Debug)]
pub(super) struct RowRoots {
    /// For each level on whole vectors.
    pub(super) vectors: Vec<Vec<Block>>,
    /// For the last three levels, within tiles of 64 points. Of the second and the third block `2 q + i` and `4 q + i` hold those
    /// of nodes `2 (8 q + lane) + i` and `4 (8 q + lane) + i`.
    pub(super) tiles: [Vec<Block>; 3],
}

/// One level of the columns' transform to coefficients.
#[derive(Clone, Debug)]
pub(super) struct InverseLevel {
    /// Into how many a node splits: 2 or 3.
    pub(super) radix: usize,
    /// The root z of each node.
    pub(super) roots: Vec<Limbs>,
    /// The first node's root is one. Where the values still are small, the product is left out, and this multiple of p, at
    /// least their bound, keeps differences positive.
    pub(super) without_product: Option<Limbs>,
}

impl InverseLevel {
    /// Whether every node has two children and a product.
    pub(super) fn is_halves_by_products(&self) -> bool {
        self.radix == 2 && self.without_product.is_none()
    }
}

/// One level of the columns' transform to values.
#[derive(Clone, Debug)]
pub(super) struct ForwardLevel {
    /// How many nodes combine: 2 or 3.
    pub(super) radix: usize,
    /// `g^(N/n) w_n^i` for column i, eight a block, where n is the number of points of a combined node.
    pub(super) column_factors: Vec<Block>,
    /// `w_n^(width j)` for row j of the nodes that are combined.
    pub(super) row_factors: Vec<Limbs>,
}

impl Tables {
    /// Tables for a domain, or `None` if this path does not fit it: below 64 points in the power of two, or so many levels
    /// that values would outgrow their bits (past 2^26 points).
    ///
    /// Bounds in multiples of p. Input: a and b below 1, their product below 2.1; say 3. A level of radix 2 adds 3, for a
    /// product of anything below 84 with a root below 1.0001 is below 3. One of radix 3 adds 6. Where the product is left
    /// out, the bound doubles, or becomes three times as much. After the reduction all values are below 2, and grow again.
    pub(crate) fn new(shape: &Shape) -> Option<Tables> {
        if shape.twos < 6 {
            return None;
        }
        let log_size = shape.size.ilog2();
        // Rows longer than columns: a group of columns takes more of the cache than a row does.
        let log_width = (log_size.div_ceil(2) + 1).clamp(6, shape.twos);
        let width = 1usize << log_width;
        let rows = shape.size / width;
        let radices: Vec<usize> =
            shape.radices().take((shape.threes + shape.twos - log_width) as usize).collect();

        let inverse_omega = shape.omega.pow([shape.size as u64 - 1]);
        let mut bound = 3;
        // Of each node of n points the exponent E: its values are a polynomial modulo X^n - w^(-n E), and its points w^-(E + i N / n).
        let mut exponents = vec![0usize];
        let mut columns_inverse = Vec::new();
        for &radix in &radices {
            let nodes = exponents.len();
            let unit = inverse_omega.pow([(shape.size / (nodes * radix)) as u64]);
            let root_of = |exponent: &usize| limbs(unit.pow([*exponent as u64]));
            let small = nodes == 1 || (nodes <= 3 && radix == 2);
            columns_inverse.push(InverseLevel {
                radix,
                roots: exponents.iter().map(root_of).collect(),
                without_product: small.then(|| multiple(Scalar::P, bound)),
            });
            bound = if small { bound * radix as u64 } else { bound + 3 * (radix as u64 - 1) };
            exponents = exponents
                .iter()
                .flat_map(|exponent| (0..radix).map(move |child| exponent + child * nodes))
                .collect();
        }
        bound += 3 * u64::from(log_width);
        let forward_bound = 2 + 3 * u64::from(shape.twos) + 6 * u64::from(shape.threes);
        // The last step multiplies two values, and subtracts: see `kernels::columns_to_quotient`.
        if bound > ROOM || forward_bound > ROOM - 3 {
            return None;
        }

        let mut row_factors = vec![[0; 5]; rows * log_width as usize];
        for (exponent, factors) in exponents.iter().zip(row_factors.chunks_mut(log_width as usize)) {
            // At the last level the root is w^-E, one level before its square, and so on.
            let mut factor = inverse_omega.pow([*exponent as u64]);
            for place in factors.iter_mut().rev() {
                *place = limbs(factor);
                factor.square_in_place();
            }
        }
        let of_level = |level| row_inverse_level(shape, inverse_omega, level, log_width);
        let row_inverse = RowRoots {
            vectors: (0..log_width - 3).map(of_level).collect(),
            tiles: [log_width - 3, log_width - 2, log_width - 1].map(of_level),
        };

        let point = |n: usize| {
            let power = [(shape.size / n) as u64];
            (shape.shift.pow(power), shape.omega.pow(power))
        };
        let small: Vec<Limbs> = [1, 2, 4]
            .into_iter()
            .flat_map(|h| {
                let (first, ratio) = point(2 * h);
                powers(first, ratio, h)
            })
            .map(limbs)
            .collect();
        let row_forward = (4..=log_width)
            .map(|log_n| {
                let (first, ratio) = point(1 << log_n);
                blocks(&powers(first, ratio, 1 << (log_n - 1)))
            })
            .collect();
        let mut columns_forward = Vec::new();
        let mut combined = 1;
        for &radix in radices.iter().rev() {
            let h = combined;
            combined *= radix;
            let (first, ratio) = point(combined * width);
            let row_ratio = ratio.pow([width as u64]);
            columns_forward.push(ForwardLevel {
                radix,
                column_factors: blocks(&powers(first, ratio, width)),
                row_factors: powers(Fr::one(), row_ratio, h).into_iter().map(limbs).collect(),
            });
        }

        let cube_root = if shape.threes == 0 { Fr::one() } else { shape.omega.pow([shape.size as u64 / 3]) };
        let n = Fr::from(shape.size as u64);
        let inverse_n = n.inverse()?;
        Some(Tables {
            rows,
            width,
            columns_inverse,
            columns_forward,
            row_factors,
            row_inverse,
            row_forward_small: small.try_into().ok()?,
            row_forward,
            inverse_cube_root: limbs(cube_root.square()),
            cube_root: limbs(cube_root),
            size: limbs(n),
            // The integer x: a product with it takes from y 2^260 to x y.
            last_of_quotient: split((inverse_n.square() * Fr::from(256u64)).into_bigint().0),
            // Words of arkworks' form, x 2^256: to x y 2^256.
            last_of_values: split(*Scalar::words(&(inverse_n * Fr::from(16u64)))),
        })
    }

    /// Room for the roots of one row.
    pub(super) fn row_roots(&self) -> RowRoots {
        let empty = |level: &Vec<Block>| bytemuck::zeroed_vec(level.len());
        RowRoots {
            vectors: self.row_inverse.vectors.iter().map(empty).collect(),
            tiles: self.row_inverse.tiles.each_ref().map(empty),
        }
    }
}

impl RowRoots {
    /// All levels, whole row first.
    pub(super) fn levels(&self) -> impl Iterator<Item = &Vec<Block>> {
        self.vectors.iter().chain(&self.tiles)
    }

    /// The same, to write.
    pub(super) fn levels_mut(&mut self) -> impl Iterator<Item = &mut Vec<Block>> {
        self.vectors.iter_mut().chain(&mut self.tiles)
    }
}

/// Roots of the nodes of one level of a row, divided by that of the first node: node b has `w^-(reversed b N / 2^(level + 1))`.
fn row_inverse_level(shape: &Shape, inverse_omega: Fr, level: u32, log_width: u32) -> Vec<Block> {
    let nodes = 1usize << level;
    let natural = powers(Fr::one(), inverse_omega.pow([(shape.size >> (level + 1)) as u64]), nodes);
    let reversed = |b: usize| if level == 0 { 0 } else { b.reverse_bits() >> (usize::BITS - level) };
    // The last two levels are computed on the transpose of 8 x 8 points, where a lane holds two or four nodes.
    let per_lane = match log_width - level {
        1 => 4,
        2 => 2,
        _ => 1,
    };
    let roots: Vec<Fr> = (0..nodes)
        .map(|place| {
            let (block, lane) = (place / 8, place % 8);
            let node = per_lane * (8 * (block / per_lane) + lane) + block % per_lane;
            natural[reversed(node)]
        })
        .collect();
    blocks(&roots)
}

/// Elements by eights; the last block is filled with zeros.
fn blocks(elements: &[Fr]) -> Vec<Block> {
    let block = |chunk: &[Fr]| {
        let mut eight = [Fr::zero(); 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        Fe8::<Scalar>::block(&eight)
    };
    elements.chunks(8).map(block).collect()
}

fn limbs(element: Fr) -> Limbs {
    Fe8::<Scalar>::limbs_of(&element)
}
