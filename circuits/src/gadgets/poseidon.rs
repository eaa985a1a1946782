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

use ark_bn254::Fr;
use ark_ff::{Field, One};
use assay_poseidon::PoseidonParameters;

use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::instruction::{HashOutput, Instruction};
use crate::linear::{Lc, Wire};
use crate::permutation::{Width, width, wires};

pub use crate::permutation::{MAX_ARITY, reference};

/// Constraints of [`absorb`] for this many elements, of which `constants` are constant, all among the first 12.
pub(crate) fn cost(elements: usize, constants: usize) -> usize {
    let first = elements.min(MAX_ARITY);
    let rest = elements - first;
    let (full, last) = (rest / (MAX_ARITY - 1), rest % (MAX_ARITY - 1));
    // The capacity is one constant more. Nothing to hash is no hash.
    let hash = |arity: usize, constants: usize| wires(arity, constants + 1).unwrap_or(0);
    let last = if last > 0 { hash(last + 1, 0) } else { 0 };
    hash(first, constants) + full * hash(MAX_ARITY, 0) + last
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

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("hash of 2 values, 16 bits", 2, 16, |b, x| {
    hash(b, &[x[0].to_lc(), x[1].to_lc()])?;
    Ok(x.to_vec())
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;
    use crate::witness::Assignment;
    use ark_ff::{BigInteger, PrimeField, UniformRand, Zero};
    use assay_interface::field::Scalar;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Hashes salts; every element whose `constant` is given is folded.
    fn circuit(constants: &[Option<Fr>], digest: bool) -> Result<(Circuit, Lc), BuildError> {
        let mut b = Builder::new();
        let mut elements = Vec::new();
        for constant in constants {
            elements.push(match constant {
                Some(value) => Lc::constant(*value),
                None => {
                    b.instruct(Instruction::Salt, &[])?;
                    Lc::wire(b.element_wire()?)
                }
            });
        }
        let hash = if digest {
            b.claim_digest()?;
            absorb_to_digest(&mut b, &elements)?;
            Lc::wire(Wire::DIGEST)
        } else {
            absorb(&mut b, &elements)?
        };
        Ok((b.into_circuit()?, hash))
    }

    fn interface(elements: &[Fr]) -> Option<Fr> {
        let to_scalar = |e: &Fr| Scalar::from_be_bytes(e.into_bigint().to_bytes_be().try_into().ok()?).ok();
        let scalars: Option<Vec<Scalar>> = elements.iter().map(to_scalar).collect();
        let hash = assay_interface::poseidon::absorb(&scalars?).ok()?;
        Some(Fr::from_be_bytes_mod_order(&hash.to_be_bytes()))
    }

    fn agree(elements: &[Fr], is_constant: impl Fn(usize) -> bool) -> Result<(), BuildError> {
        let expected = interface(elements);
        assert!(expected.is_some());
        let constants: Vec<_> =
            elements.iter().enumerate().map(|(i, e)| is_constant(i).then_some(*e)).collect();
        let salts = (0..).zip(elements).filter(|(i, _)| !is_constant(*i)).map(|(_, e)| *e).collect();
        let assignment = Assignment { salts, ..Assignment::default() };
        for digest in [false, true] {
            let (circuit, hash) = circuit(&constants, digest)?;
            let Ok(witness) = circuit.solve(&assignment) else { panic!("{} salts", assignment.salts.len()) };
            assert_eq!(circuit.r1cs.first_violation(&witness), None);
            // The builder's numbers leave room for a challenge at wire 2.
            let mut wires = witness.values;
            wires.insert(Wire::CHALLENGE.index(), Fr::zero());
            assert_eq!(hash.evaluate(&wires), expected);
        }
        Ok(())
    }

    #[test]
    fn equals_the_interface_for_every_arity() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for arity in 1..=MAX_ARITY {
            for _ in 0..3 {
                let elements: Vec<Fr> = (0..arity).map(|_| Fr::rand(&mut rng)).collect();
                assert_eq!(reference(&elements), interface(&elements));
                agree(&elements, |_| false)?;
            }
            // Limits of the field, and constants folded.
            let edges: Vec<Fr> =
                [Fr::zero(), -Fr::one(), Fr::one()].into_iter().cycle().take(arity).collect();
            agree(&edges, |_| false)?;
            agree(&edges, |i| i > 0)?;
            agree(&edges, |i| i == 1)?;
        }
        Ok(())
    }

    #[test]
    fn absorbs_any_number_of_elements() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for length in [12, 13, 23, 24, 40] {
            let elements: Vec<Fr> = (0..length).map(|_| Fr::rand(&mut rng)).collect();
            agree(&elements, |i| i == 0)?;
        }
        // A first block of constants alone is hashed while building.
        agree(&vec![Fr::one(); 13], |i| i < 12)
    }

    #[test]
    fn circomlib_vectors() {
        let vector = |s: &str| s.parse::<Fr>().ok();
        assert_eq!(
            reference(&[Fr::one()]),
            vector("18586133768512220936620570745912940619677854269274689475585506675881198879027")
        );
        assert_eq!(
            reference(&[Fr::one(), Fr::from(2u64)]),
            vector("7853200120776062878684798364095072458815029376092732009249414926327459813530")
        );
    }

    #[test]
    fn costs_three_constraints_for_each_s_box_that_is_not_constant() -> Result<(), BuildError> {
        for (arity, partial_rounds) in (1..=MAX_ARITY).zip([56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65]) {
            let t = arity + 1;
            let (free, _) = circuit(&vec![None; arity], false)?;
            assert_eq!(free.stats().constraints, 3 * (8 * t + partial_rounds - 1));
            assert_eq!(free.stats().witness, arity + free.stats().constraints);
            assert_eq!(wires(arity, 1), Some(free.stats().constraints));
        }
        // A statement with one limb in and one out: domain folded, digest in place of the last wire.
        let (statement, _) = circuit(&[Some(Fr::one()), None, None, None, None], true)?;
        assert_eq!(statement.stats().constraints, 3 * (8 * 6 + 60 - 2));
        assert_eq!(statement.stats().witness, 4 + 318 - 1);
        Ok(())
    }

    #[test]
    fn every_wire_is_unique_and_every_change_is_caught() -> Result<(), BuildError> {
        use crate::audit;
        for (constants, digest) in [(vec![None; 2], true), (vec![None, Some(Fr::one()), None], false)] {
            let (circuit, _) = circuit(&constants, digest)?;
            let salts = vec![Fr::from(5u64), Fr::zero()];
            let assignment = Assignment { salts, ..Assignment::default() };
            let Ok(witness) = circuit.solve(&assignment) else { panic!("two salts") };
            for row in 0..circuit.r1cs.num_constraints() {
                assert!(circuit.r1cs.violation(row).block.starts_with("poseidon/x"));
            }
            assert!(crate::testing::unique(&circuit, &witness).is_clean());
            if digest {
                assert!(audit::sweep(&circuit, &witness, &[]).is_ok_and(|r| r.is_clean()));
                assert!(audit::advice_sweep(&circuit, &assignment, &[]).is_ok_and(|r| r.is_clean()));
            }
        }
        Ok(())
    }

    #[test]
    fn no_and_too_many_elements_are_refused() {
        let refused = |n| circuit_error(&vec![Lc::wire(Wire(0)); n]);
        fn circuit_error(elements: &[Lc]) -> Option<BuildError> {
            hash(&mut Builder::new(), elements).err()
        }
        assert_eq!(refused(0), Some(BuildError::PoseidonArity { found: 0, max: 12 }));
        assert_eq!(refused(13), Some(BuildError::PoseidonArity { found: 13, max: 12 }));
        assert_eq!(circuit(&[Some(Fr::one())], true).err(), Some(BuildError::ConstantDigest));
    }
}
