use super::*;
use crate::circuit::Circuit;
use crate::linear::Wire;
use crate::testing::{assert_every_constraint_is_needed, unique};
use crate::witness::{Assignment, Witness};
use ark_bn254::Fr;
use ark_ff::{BigInteger, One, PrimeField, UniformRand, Zero};
use assay_interface::field::Scalar;
use assay_interface::member::{MAX_DEPTH, Tree, root_of_path};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Whether the circuit proves its bits.
#[derive(Clone, Copy, PartialEq)]
enum Bits {
    Proven,
    Assumed,
}

/// A path whose leaf, bits and siblings are salts, in this order: leaf, bit 0, sibling 0, bit 1, ...
fn circuit(levels: usize, bits: Bits) -> Result<(Circuit, Lc), BuildError> {
    let mut b = Builder::new();
    let mut salt = || -> Result<Lc, BuildError> {
        b.instruct(Instruction::Salt, &[])?;
        Ok(Lc::wire(b.element_wire()?))
    };
    let leaf = salt()?;
    let path = (0..levels)
        .map(|_| Ok(Step { bit: salt()?, sibling: salt()? }))
        .collect::<Result<Vec<_>, BuildError>>()?;
    if bits == Bits::Proven {
        path.iter().try_for_each(|step| b.enforce_bit("bit", &step.bit))?;
    }
    let before = b.num_constraints();
    let root = root(&mut b, &leaf, &path)?;
    assert_eq!(b.num_constraints() - before, cost(levels));
    Ok((b.into_circuit()?, root))
}

fn solve(circuit: &Circuit, salts: Vec<Fr>) -> Witness {
    let assignment = Assignment { salts, ..Assignment::default() };
    circuit.solve(&assignment).unwrap_or_else(|e| panic!("{e}"))
}

/// The root as the witness has it. The builder's numbers leave room for a challenge at wire 2.
fn value(root: &Lc, witness: &Witness) -> Option<Fr> {
    let mut wires = witness.values.clone();
    wires.insert(Wire::CHALLENGE.index(), Fr::zero());
    root.evaluate(&wires)
}

fn scalar(element: Fr) -> Result<Scalar, Box<dyn std::error::Error>> {
    let bytes: [u8; 32] = element.into_bigint().to_bytes_be().try_into().map_err(|_| "32 bytes")?;
    Ok(Scalar::from_be_bytes(bytes)?)
}

fn salts(leaf: Fr, path: &[(bool, Fr)]) -> Vec<Fr> {
    let steps = path.iter().flat_map(|&(bit, sibling)| [Fr::from(bit), sibling]);
    std::iter::once(leaf).chain(steps).collect()
}

fn hash(left: Fr, right: Fr) -> Fr {
    poseidon::reference(&[left, right]).unwrap_or_else(|| panic!("two elements"))
}

#[test]
fn equals_the_interface_at_every_position_and_depth() -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for levels in [1, 2, 3, 5, usize::from(MAX_DEPTH)] {
        let (circuit, root) = circuit(levels, Bits::Proven)?;
        assert_eq!(circuit.r1cs.num_constraints(), levels * 242);
        let positions: Vec<u32> = match levels {
            1..=3 => (0..1 << levels).collect(),
            _ => (0..4).map(|_| (rng.r#gen::<u64>() & ((1 << levels) - 1)) as u32).collect(),
        };
        for position in positions {
            let leaf = Fr::rand(&mut rng);
            let siblings: Vec<Fr> = (0..levels).map(|_| Fr::rand(&mut rng)).collect();
            let path: Vec<(bool, Fr)> =
                siblings.iter().enumerate().map(|(i, &sibling)| (position >> i & 1 == 1, sibling)).collect();
            let witness = solve(&circuit, salts(leaf, &path));
            assert_eq!(circuit.r1cs.first_violation(&witness), None);
            let found = value(&root, &witness);
            assert_eq!(found, reference(leaf, &path));
            let scalars = siblings.into_iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
            let expected = root_of_path(scalar(leaf)?, position, &scalars)?;
            assert_eq!(scalar(found.ok_or("a root")?)?, expected, "{levels} levels, position {position}");
        }
    }
    Ok(())
}

#[test]
fn leads_to_the_root_of_a_tree() -> Outcome {
    let leaves = (1..=6).map(|i| scalar(Fr::from(i as u64))).collect::<Result<Vec<_>, _>>()?;
    let tree = Tree::from_leaves(3, &leaves)?;
    let (circuit, root) = circuit(3, Bits::Proven)?;
    for position in 0..6u32 {
        let element = |scalar: &Scalar| Fr::from_be_bytes_mod_order(scalar.as_be_bytes());
        let siblings = tree.path(position)?;
        let path: Vec<_> =
            siblings.iter().enumerate().map(|(i, s)| (position >> i & 1 == 1, element(s))).collect();
        let witness = solve(&circuit, salts(element(&leaves[position as usize]), &path));
        assert_eq!(value(&root, &witness), Some(element(&tree.root())));
    }
    Ok(())
}

/// The two children have one sum whatever the bit is, so a free bit and the sibling solve for any pair.
#[test]
fn a_bit_that_is_none_opens_every_tree() -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    // Children of the root of somebody's tree, which everybody knows, and a leaf that is not in it.
    let (left, right, mine) = (Fr::rand(&mut rng), Fr::rand(&mut rng), Fr::rand(&mut rng));
    let below = Fr::rand(&mut rng);
    let running = hash(mine, below);
    let sibling = left + right - running;
    let bit = (left - running) / (sibling - running);
    assert!(bit != Fr::zero() && bit != Fr::one());
    let forged = vec![mine, Fr::zero(), below, bit, sibling];
    let (open, root) = circuit(2, Bits::Assumed)?;
    let witness = solve(&open, forged.clone());
    assert_eq!(open.r1cs.first_violation(&witness), None);
    assert_eq!(
        value(&root, &witness),
        Some(hash(left, right)),
        "without its constraint the bit opens the tree"
    );
    let (closed, _) = circuit(2, Bits::Proven)?;
    let witness = solve(&closed, forged);
    assert_eq!(closed.r1cs.first_violation(&witness).map(|violation| violation.block), Some("bit".into()));
    Ok(())
}

/// For given bits and siblings every other wire is determined; and no wrong order passes.
#[test]
fn every_wire_is_unique_and_every_order_is_proven() -> Outcome {
    let (circuit, _) = circuit(2, Bits::Proven)?;
    let honest = solve(&circuit, salts(Fr::from(3u64), &[(true, Fr::from(4u64)), (false, Fr::from(5u64))]));
    assert!(unique(&circuit, &honest).is_clean());
    let r1cs = &circuit.r1cs;
    let rows: Vec<usize> = (0..r1cs.num_constraints())
        .filter(|&row| r1cs.violation(row).block == "merkle/bit * (sibling - running) = swap")
        .collect();
    assert_eq!(rows.len(), 2);
    for row in rows {
        // The product's wire: the only one of its right side.
        let swap = r1cs.c.row(row).next().ok_or("a wire")?.0 as usize;
        for other in [Fr::zero(), Fr::one(), honest.values[swap] + honest.values[swap], -honest.values[swap]]
        {
            let mut forged = honest.clone();
            if std::mem::replace(&mut forged.values[swap], other) != other {
                let violation = r1cs.first_violation(&forged).ok_or("accepted")?;
                assert_eq!(violation.block, "merkle/bit * (sibling - running) = swap");
            }
        }
    }
    Ok(())
}

#[test]
fn equal_children_have_either_order() -> Outcome {
    // Two places with one leaf, and two empty ones: the prover may name either, and the root is the same.
    for leaf in [Fr::zero(), Fr::from(9u64)] {
        let (circuit, root) = circuit(1, Bits::Proven)?;
        let roots: Vec<_> = [false, true]
            .map(|bit| {
                let witness = solve(&circuit, salts(leaf, &[(bit, leaf)]));
                assert_eq!(circuit.r1cs.first_violation(&witness), None);
                value(&root, &witness)
            })
            .into();
        assert_eq!(roots[0], roots[1]);
        assert_eq!(roots[0], Some(hash(leaf, leaf)));
    }
    Ok(())
}

#[test]
fn every_constraint_is_needed() -> Outcome {
    let circuit = CASES[0].circuit(crate::lookups::Ranges::Bits)?;
    assert_every_constraint_is_needed(&circuit, &[vec![0, -1, -1, 0, 0], vec![-1, 0, 0, -1, -1]]);
    Ok(())
}
