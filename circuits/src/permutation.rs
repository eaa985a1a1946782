//! Poseidon's permutation on values, with circomlib's parameters for BN254: what [`crate::gadgets::poseidon`] states in
//! constraints, and the witness program computes.
//!
//! Parameters: `light-poseidon`, the crate that Solana's `sol_poseidon` runs.
//! Reference: <https://eprint.iacr.org/2019/458>, circomlib `poseidon.circom`.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use assay_poseidon::PoseidonParameters;

pub use assay_interface::poseidon::MAX_ARITY;

const WIDTHS: usize = MAX_ARITY + 2;

/// Parameters of one width, and the linear layers of its partial rounds multiplied out.
pub(crate) struct Width {
    pub(crate) parameters: &'static PoseidonParameters<Fr>,
    /// S-box input of each partial round, then the `t` state elements after the last one, over the
    /// basis (1, `t` outputs of the full round before, outputs of the partial rounds so far).
    pub(crate) partial: Vec<Vec<Fr>>,
}

pub(crate) fn width(t: usize) -> Option<&'static Width> {
    static CACHE: [OnceLock<Option<Width>>; WIDTHS] = [const { OnceLock::new() }; WIDTHS];
    let build = || {
        let parameters = assay_poseidon::parameters(t)?;
        let partial = multiply_out(parameters);
        Some(Width { parameters, partial })
    };
    CACHE.get(t)?.get_or_init(build).as_ref()
}

fn multiply_out(p: &PoseidonParameters<Fr>) -> Vec<Vec<Fr>> {
    let (t, half) = (p.width, p.full_rounds / 2);
    let basis = 1 + t + p.partial_rounds;
    let unit = |k: usize| {
        let mut row = vec![Fr::zero(); basis];
        row[k] = Fr::one();
        row
    };
    let mut state = mix(p, &(0..t).map(|i| unit(1 + i)).collect::<Vec<_>>());
    let mut rows = Vec::with_capacity(p.partial_rounds + t);
    for round in 0..p.partial_rounds {
        for (row, constant) in state.iter_mut().zip(&p.ark[(half + round) * t..]) {
            row[0] += constant;
        }
        rows.push(std::mem::replace(&mut state[0], unit(1 + t + round)));
        state = mix(p, &state);
    }
    rows.extend(state);
    rows
}

/// The MDS matrix times rows of coefficients.
fn mix(p: &PoseidonParameters<Fr>, state: &[Vec<Fr>]) -> Vec<Vec<Fr>> {
    p.mds
        .iter()
        .map(|weights| {
            let mut sum = vec![Fr::zero(); state.first().map_or(0, Vec::len)];
            for (weight, row) in weights.iter().zip(state) {
                for (s, c) in sum.iter_mut().zip(row).filter(|(_, c)| !c.is_zero()) {
                    *s += *weight * c;
                }
            }
            sum
        })
        .collect()
}

/// Runs the permutation on (value, is constant), appends the wires of all S-boxes that are not
/// constant to `wires`, and returns the hash; `None` for a width without parameters.
pub(crate) fn trace(input: &[(Fr, bool)], wires: &mut Vec<Fr>) -> Option<Fr> {
    let t = input.len();
    let p = width(t)?.parameters;
    let mut state: Vec<Fr> = input.iter().map(|&(value, _)| value).collect();
    let mut mixed = vec![Fr::zero(); t];
    let half = p.full_rounds / 2;
    for round in 0..p.full_rounds + p.partial_rounds {
        for (element, constant) in state.iter_mut().zip(&p.ark[round * t..]) {
            *element += constant;
        }
        let is_full = round < half || round >= half + p.partial_rounds;
        for (i, x) in state.iter_mut().enumerate().take(if is_full { t } else { 1 }) {
            let x2 = x.square();
            let x4 = x2.square();
            *x *= x4;
            if round > 0 || !input[i].1 {
                wires.extend([x2, x4, *x]);
            }
        }
        for (sum, weights) in mixed.iter_mut().zip(&p.mds) {
            *sum = weights.iter().zip(&state).map(|(w, x)| *w * x).sum();
        }
        std::mem::swap(&mut state, &mut mixed);
    }
    state.first().copied()
}

/// Wires of a hash of `arity` elements where `constants` elements of the first state are constant; `None`
/// for an arity without parameters.
pub(crate) fn wires(arity: usize, constants: usize) -> Option<usize> {
    let p = width(arity + 1)?.parameters;
    Some(3 * (p.full_rounds * p.width + p.partial_rounds - constants.min(p.width)))
}

/// [`wires`] of one element that is no constant: two lanes, 8 full rounds and 56 partial ones.
pub(crate) const WIRES_OF_ONE_ELEMENT: usize = 3 * (8 * 2 + 56 - 1);

/// Integer reference: the hash of field elements; `None` unless there are 1 to 12 of them.
pub fn reference(elements: &[Fr]) -> Option<Fr> {
    if elements.is_empty() {
        return None;
    }
    let state: Vec<_> =
        std::iter::once(Fr::zero()).chain(elements.iter().copied()).map(|e| (e, true)).collect();
    trace(&state, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_element_has_the_wires_that_rho_is_counted_with() {
        assert_eq!(wires(1, 1), Some(WIRES_OF_ONE_ELEMENT));
        assert_eq!((wires(0, 0), wires(MAX_ARITY + 1, 0)), (None, None));
    }
}
