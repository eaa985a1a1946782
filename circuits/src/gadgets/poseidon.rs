//! Poseidon with circomlib's parameters for BN254: x^5, widths 2 to 13 (1 to 12 elements).
//!
//! Each round adds constants, applies `x -> x^5` (to the whole state in the 8 full rounds, to its
//! first element in the partial ones) and multiplies by the MDS matrix. Additions and matrices are
//! linear, hence free; each S-box costs three constraints:
//! `x * x = x2`, `x2 * x2 = x4`, `x4 * x = x5` (two cannot do: two quadrics meet in a curve of
//! degree 4, and `y = x^5` has degree 5).
//!
//! Cost for `n` elements, width `t = n + 1`, `P` partial rounds: `3 * (8t + P - k)`, where `k` counts the
//! constant elements of the first round: the capacity always, and any constant input such as a
//! domain tag. The S-box of a constant is folded.
//!
//! In the partial rounds an S-box input is a linear combination of the `t` outputs of the last full
//! round and of one output for each partial round before it, so rows grow to `t + P` entries. Wires
//! for the state would cap that, at a constraint each: with thousands of entries against a prover
//! time of thousands of curve additions, entries are the cheaper coin. `x4` stands on the A side
//! only, which keeps a third of these full-size wires out of the sums in G2.
//!
//! Parameters: `light-poseidon`, the crate that Solana's `sol_poseidon` runs.
//! Reference: <https://eprint.iacr.org/2019/458>, circomlib `poseidon.circom`.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;

use crate::builder::Builder;
use crate::error::BuildError;
use crate::linear::{Lc, Wire};
use crate::program::{HashOutput, Instruction};

pub use assay_interface::poseidon::MAX_ARITY;

const WIDTHS: usize = MAX_ARITY + 2;

/// Parameters of one width, and the linear layers of its partial rounds multiplied out.
struct Width {
    parameters: PoseidonParameters<Fr>,
    /// S-box input of each partial round, then the `t` state elements after the last one, over the
    /// basis (1, `t` outputs of the full round before, outputs of the partial rounds so far).
    partial: Vec<Vec<Fr>>,
}

fn width(t: usize) -> Option<&'static Width> {
    static CACHE: [OnceLock<Option<Width>>; WIDTHS] = [const { OnceLock::new() }; WIDTHS];
    let build = || {
        let parameters = get_poseidon_parameters::<Fr>(u8::try_from(t).ok()?).ok()?;
        let partial = multiply_out(&parameters);
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
/// constant to `wires`, and returns the hash.
pub(crate) fn trace(input: &[(Fr, bool)], wires: &mut Vec<Fr>) -> Fr {
    let t = input.len();
    let Some(Width { parameters: p, .. }) = width(t) else { return Fr::zero() };
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
    state[0]
}

/// Wires of a hash of `arity` elements where `constants` elements of the first state are constant; 0
/// for an arity without parameters.
pub(crate) fn wires(arity: usize, constants: usize) -> usize {
    let Some(Width { parameters: p, .. }) = width(arity + 1) else { return 0 };
    3 * (p.full_rounds * p.width + p.partial_rounds - constants.min(p.width))
}

/// Integer reference: the hash of field elements; `None` unless there are 1 to 12 of them.
pub fn reference(elements: &[Fr]) -> Option<Fr> {
    width(elements.len() + 1)?;
    if elements.is_empty() {
        return None;
    }
    let state: Vec<_> =
        std::iter::once(Fr::zero()).chain(elements.iter().copied()).map(|e| (e, true)).collect();
    Some(trace(&state, &mut Vec::new()))
}

/// The hash of 1 to 12 linear combinations, itself a linear combination.
pub fn hash(b: &mut Builder, elements: &[Lc]) -> Result<Lc, BuildError> {
    b.scope("poseidon", |b| permute(b, elements, HashOutput::Linear))
}

/// As [`hash`], with the digest wire as result: `digest = hash(elements)`.
pub(crate) fn hash_to_digest(b: &mut Builder, elements: &[Lc]) -> Result<(), BuildError> {
    b.scope("poseidon", |b| permute(b, elements, HashOutput::Digest)).map(|_| ())
}

/// Chained for any number of elements: `H(first 12)`, then `H(running, next 11)`, and so on.
pub fn absorb(b: &mut Builder, elements: &[Lc]) -> Result<Lc, BuildError> {
    let last = absorb_all_but_last(b, elements)?;
    hash(b, &last)
}

/// As [`absorb`], with the digest wire as result.
pub(crate) fn absorb_to_digest(b: &mut Builder, elements: &[Lc]) -> Result<(), BuildError> {
    let last = absorb_all_but_last(b, elements)?;
    hash_to_digest(b, &last)
}

/// Hashes until one hash is left, and returns the elements of that one.
fn absorb_all_but_last(b: &mut Builder, elements: &[Lc]) -> Result<Vec<Lc>, BuildError> {
    let (mut block, mut rest) = elements.split_at(elements.len().min(MAX_ARITY));
    let mut pending = block.to_vec();
    while !rest.is_empty() {
        let running = hash(b, &pending)?;
        (block, rest) = rest.split_at(rest.len().min(MAX_ARITY - 1));
        pending = std::iter::once(running).chain(block.iter().cloned()).collect();
    }
    Ok(pending)
}

fn permute(b: &mut Builder, elements: &[Lc], output: HashOutput) -> Result<Lc, BuildError> {
    let t = elements.len() + 1;
    let arity_error = BuildError::PoseidonArity { found: elements.len(), max: MAX_ARITY };
    let (Some(Width { parameters: p, partial }), false) = (width(t), elements.is_empty()) else {
        return Err(arity_error);
    };
    let constants: Option<Vec<Fr>> = elements.iter().map(Lc::as_constant).collect();
    if let Some(hash) = constants.as_deref().and_then(reference) {
        return match output {
            HashOutput::Linear => Ok(Lc::constant(hash)),
            HashOutput::Digest => Err(BuildError::ConstantDigest),
        };
    }
    let arity = u8::try_from(elements.len()).map_err(|_| arity_error.clone())?;
    b.instruct_elements(Instruction::Poseidon { arity, output }, elements)?;

    let (half, last) = (p.full_rounds / 2, p.full_rounds + p.partial_rounds - 1);
    let mut state: Vec<Lc> = std::iter::once(Lc::zero()).chain(elements.iter().cloned()).collect();
    for round in 0..half {
        state = full_round(b, p, round, &state, None)?;
        if round + 1 < half {
            state = mix_lcs(p, &state);
        }
    }
    // The partial rounds, over the basis of what the full round before them put out.
    let mut basis: Vec<Lc> = std::iter::once(Lc::constant(Fr::one())).chain(state).collect();
    let (inputs, exit) = partial.split_at(p.partial_rounds.min(partial.len()));
    for row in inputs {
        let x = over_basis(row, &basis);
        basis.push(s_box(b, &x, None)?);
    }
    state = exit.iter().map(|row| over_basis(row, &basis)).collect();
    for round in half + p.partial_rounds..=last {
        if output == HashOutput::Digest && round == last {
            full_round(b, p, round, &state, p.mds.first().map(Vec::as_slice))?;
            return Ok(Lc::wire(Wire::DIGEST));
        }
        state = mix_lcs(p, &full_round(b, p, round, &state, None)?);
    }
    state.into_iter().next().ok_or(arity_error)
}

/// Adds the round's constants and applies all S-boxes. With `digest_row`, the first row of the MDS
/// matrix, the last S-box output is not a wire of its own but what makes `row * state = digest`.
fn full_round(
    b: &mut Builder,
    p: &PoseidonParameters<Fr>,
    round: usize,
    state: &[Lc],
    digest_row: Option<&[Fr]>,
) -> Result<Vec<Lc>, BuildError> {
    let mut out: Vec<Lc> = Vec::with_capacity(state.len());
    for (i, (element, constant)) in state.iter().zip(&p.ark[round * p.width..]).enumerate() {
        let x = element.plus(&Lc::constant(*constant));
        let replaced = match digest_row {
            Some(row) if i + 1 == state.len() => {
                let others = out
                    .iter()
                    .zip(row)
                    .fold(Lc::wire(Wire::DIGEST), |sum, (x5, weight)| sum.plus_scaled(x5, -*weight));
                // No entry of an MDS matrix is zero.
                let inverse = row.get(i).and_then(Field::inverse).ok_or(BuildError::ConstantDigest)?;
                Some(others.scaled(inverse))
            }
            _ => None,
        };
        out.push(s_box(b, &x, replaced)?);
    }
    Ok(out)
}

/// `x^5`, as `x5` if that is given, else as a new wire; a constant is folded.
fn s_box(b: &mut Builder, x: &Lc, x5: Option<Lc>) -> Result<Lc, BuildError> {
    if let Some(value) = x.as_constant() {
        return Ok(Lc::constant(value.square().square() * value));
    }
    let (x2, x4) = (Lc::wire(b.element_wire()?), Lc::wire(b.element_wire()?));
    let x5 = match x5 {
        Some(x5) => x5,
        None => Lc::wire(b.element_wire()?),
    };
    b.enforce("x * x = x2", x, x, &x2)?;
    b.enforce("x2 * x2 = x4", &x2, &x2, &x4)?;
    b.enforce("x4 * x = x5", &x4, x, &x5)?;
    Ok(x5)
}

fn mix_lcs(p: &PoseidonParameters<Fr>, state: &[Lc]) -> Vec<Lc> {
    p.mds.iter().map(|row| over_basis(row, state)).collect()
}

fn over_basis(row: &[Fr], basis: &[Lc]) -> Lc {
    let terms = row.iter().zip(basis).flat_map(|(c, lc)| lc.terms().iter().map(move |&(w, k)| (w, k * c)));
    Lc::from_terms(terms.collect())
}
