//! Poseidon with fewer constants and fewer products in its partial rounds; the function is the same.
//!
//! A partial round is `x' = M (x + c)` with the first element of `x + c` raised to the fifth power. Two changes of view, neither of
//! which changes a digest:
//!
//! 1. *One constant a round.* What a round adds to elements that no S-box touches passes through `M` and may be added later: so
//!    each partial round keeps one constant, and the first full round behind them takes what is left.
//! 2. *A shift in place of a matrix.* Write `A` for `M` without its first column, `b` for that column, `y = x_0 + c` and
//!    `s = y^5`. Then `x' = A x + b s`, and S-boxes see `x_0` alone. In the coordinates `z_i = (A^i x)_0` this is
//!
//!    ```text
//!    z'_i = z_(i+1) + beta_i s,   z'_(t-1) = sum alpha_i z_i + beta_(t-1) s
//!    ```
//!
//!    by Cayley and Hamilton, with `beta = O b`, where the rows of `O` are the first rows of the powers of `A`. `alpha_0` is zero since
//!    `A` has no first column. That is 2 t - 1 products a round in place of t^2, with **the same 2 t - 1 constants in every round**: sparse
//!    factorizations, which take as many products, have other constants in each, too many for a contract's 24,576 bytes.
//!
//! The last full round before the partial ones multiplies by `O M`, the last partial round by `[b | A O^-1]`, which leads back.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use super::matrix::{Matrix, inverse, product, row_times};

/// Full rounds before the partial ones, and behind them.
pub const HALF: usize = 4;

/// What a permutation of one width computes with.
pub struct Optimized {
    /// Elements of the state.
    pub width: usize,
    /// Added in the full rounds: [`HALF`] lists before the partial rounds, [`HALF`] behind.
    pub full: Vec<Vec<Fr>>,
    /// Added to the first element in each partial round.
    pub partial: Vec<Fr>,
    /// `M`: behind each full round but the last before the partial ones.
    pub mix: Matrix,
    /// `O M`: behind that one.
    pub enter: Matrix,
    /// `alpha`: how the last coordinate follows from the others; the first is zero.
    pub alpha: Vec<Fr>,
    /// `beta`: what the S-box's result adds to each coordinate.
    pub beta: Vec<Fr>,
    /// `[b | A O^-1]`: the last partial round, of `(s, z_1, ..)`.
    pub leave: Matrix,
}

impl Optimized {
    /// For a state of `width` elements; `None` unless 2 to 13.
    pub fn new(width: usize) -> Option<Optimized> {
        let known = assay_poseidon::parameters(width)?;
        let mix = known.mds.clone();
        let mut constants = known.ark.chunks(width).map(<[Fr]>::to_vec);
        let mut full: Vec<Vec<Fr>> = constants.by_ref().take(HALF).collect();
        let mut partial = Vec::with_capacity(known.partial_rounds);
        let mut carried = vec![Fr::zero(); width];
        for list in constants.by_ref().take(known.partial_rounds) {
            let mut list: Vec<Fr> = list.iter().zip(&carried).map(|(own, carried)| *own + carried).collect();
            partial.push(std::mem::take(list.first_mut()?));
            carried = mix.iter().map(|row| dot(row, &list)).collect();
        }
        for (list, carried) in constants.zip([carried].into_iter().map(Some).chain(std::iter::repeat(None))) {
            full.push(match carried {
                Some(carried) => list.iter().zip(&carried).map(|(own, carried)| *own + carried).collect(),
                None => list,
            });
        }

        let without_first = |row: &Vec<Fr>| [Fr::zero()].iter().chain(row.iter().skip(1)).copied().collect();
        let a: Matrix = mix.iter().map(without_first).collect();
        let b: Vec<Fr> = mix.iter().filter_map(|row| row.first().copied()).collect();
        let mut row = vec![Fr::zero(); width];
        *row.first_mut()? = Fr::one();
        let mut observed = Matrix::with_capacity(width);
        for _ in 0..width {
            let next = row_times(&row, &a);
            observed.push(std::mem::replace(&mut row, next));
        }
        let back = inverse(&observed)?;
        let alpha = row_times(&row, &back); // row is now the first of A^t
        let beta = observed.iter().map(|row| dot(row, &b)).collect();
        let through: Matrix = product(&a, &back);
        let leave = through
            .iter()
            .zip(&b)
            .map(|(row, b)| [*b].iter().chain(row.iter().skip(1)).copied().collect())
            .collect();
        let enter = product(&observed, &mix);
        Some(Optimized { width, full, partial, mix, enter, alpha, beta, leave })
    }

    /// The permutation's first element, from the capacity element 0 and `inputs`, by the steps of the contract.
    #[cfg(test)]
    pub fn hash(&self, inputs: &[Fr]) -> Fr {
        let fifth = |x: Fr| x * x * x * x * x;
        let times = |matrix: &Matrix, x: &[Fr]| -> Vec<Fr> { matrix.iter().map(|row| dot(row, x)).collect() };
        let mut state: Vec<Fr> = [Fr::zero()].iter().chain(inputs).copied().collect();
        let boxed = |state: &[Fr], constants: &[Fr]| -> Vec<Fr> {
            state.iter().zip(constants).map(|(x, c)| fifth(*x + c)).collect()
        };
        let (before, behind) = self.full.split_at(HALF);
        for (round, constants) in before.iter().enumerate() {
            let matrix = if round + 1 == HALF { &self.enter } else { &self.mix };
            state = times(matrix, &boxed(&state, constants));
        }
        let (last, others) = self.partial.split_last().expect("every width has partial rounds");
        for constant in others {
            let s = fifth(state[0] + constant);
            let next = dot(&self.alpha, &state);
            state.remove(0);
            state.push(next);
            state.iter_mut().zip(&self.beta).for_each(|(z, beta)| *z += s * beta);
        }
        state[0] = fifth(state[0] + last);
        state = times(&self.leave, &state);
        for constants in behind {
            state = times(&self.mix, &boxed(&state, constants));
        }
        state[0]
    }
}

fn dot(left: &[Fr], right: &[Fr]) -> Fr {
    left.iter().zip(right).map(|(left, right)| *left * right).sum()
}

#[cfg(test)]
mod tests {
    use light_poseidon::PoseidonHasher;

    use super::*;

    #[test]
    fn every_width_gives_the_digests_of_the_plain_permutation() {
        for width in 2..=13 {
            let optimized = Optimized::new(width).expect("a width that there is");
            assert_eq!(optimized.full.len(), 2 * HALF);
            assert_eq!(optimized.alpha.first(), Some(&Fr::zero()));
            let mut hasher = assay_poseidon::hasher(width - 1).expect("a width that there is");
            for seed in [0u64, 1, 77] {
                let inputs: Vec<Fr> = (1..width as u64).map(|i| -Fr::from(seed * i * i)).collect();
                let wanted = hasher.hash(&inputs).expect("as many elements as its width takes");
                assert_eq!(optimized.hash(&inputs), wanted, "width {width}");
            }
        }
    }

    #[test]
    fn other_widths_have_none() {
        assert!([0, 1, 14].into_iter().all(|width| Optimized::new(width).is_none()));
    }
}
