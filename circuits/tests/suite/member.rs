//! Membership in a circuit's statement equals `assay_interface::member`, and no other claim has a witness.

use crate::common::{self, membership};
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use assay_circuits::statement::domain_from_bytes;
use assay_circuits::{
    Assignment, BuildError, Builder, Circuit, DecodeError, Membership, SolveError, StatementInput,
    StatementOutput, Visibility, Witness,
};
use assay_interface::field::Scalar;
use assay_interface::member::{Claim, MAX_DEPTH, Tree, key, leaf, nullifier, root_of_path};
use assay_interface::schema::{ModelSchema, TensorSchema};
use assay_interface::statement::{Statement, TensorValue, commit};

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const VALUES: [i64; 3] = [1, -2, 3];

fn scalar(e: Fr) -> Fallible<Scalar> {
    let bytes: [u8; 32] = e.into_bigint().to_bytes_be().try_into().map_err(|_| "32 bytes")?;
    Ok(Scalar::from_be_bytes(bytes)?)
}

fn element(s: Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(s.as_be_bytes())
}

fn schema(depth: u8) -> Fallible<ModelSchema> {
    let tensor = |name: &str, visibility| TensorSchema {
        name: name.into(),
        shape: vec![3],
        bits: 8,
        scales: 0.into(),
        missing: Default::default(),
        visibility,
    };
    let inputs = vec![tensor("applicant", Visibility::Member { depth })];
    Ok(ModelSchema::new("m".into(), inputs, vec![tensor("y", Visibility::Public)])?)
}

/// A model that shows its input: what is proven of it can be seen.
fn circuit(depth: u8) -> Fallible<Circuit> {
    let mut b = Builder::new();
    let x = b.input("applicant", 3, 8)?;
    let domain: [u8; 31] = schema(depth)?.domain().to_be_bytes()[1..].try_into()?;
    let inputs = [StatementInput { values: &x, bits: 8, visibility: Visibility::Member { depth } }];
    b.bind_statement(domain_from_bytes(&domain), &inputs, &[StatementOutput { values: &x, bits: 8 }])?;
    Ok(b.finish()?)
}

fn assignment(member: Membership) -> Assignment {
    Assignment {
        inputs: vec![VALUES.to_vec()],
        context: [5; 32],
        member: Some(member),
        ..Assignment::default()
    }
}

/// The claim by the interface's formulas.
fn claim(values: &[i64], member: &Membership) -> Fallible<Claim> {
    let (salt, secret) = (scalar(member.salt)?, scalar(member.secret)?);
    let leaf = leaf(commit(salt, values, 8)?, key(secret)?)?;
    let siblings = member.siblings.iter().copied().map(scalar).collect::<Result<Vec<_>, _>>()?;
    let root = root_of_path(leaf, member.position, &siblings)?;
    Ok(Claim { root, scope: member.scope, nullifier: nullifier(secret, &member.scope)? })
}

fn digest(depth: u8, claim: Claim, values: &[i64]) -> Fallible<Scalar> {
    let statement = Statement::new(&schema(depth)?, [5; 32], &[TensorValue::Member(claim)], &[values])?;
    Ok(statement.digest()?)
}

#[test]
fn the_digest_is_the_interfaces_at_every_depth() -> Outcome {
    for depth in [1, 2, 7, 20, MAX_DEPTH] {
        let circuit = circuit(depth)?;
        for seed in 0..3 {
            let member = membership(depth, seed);
            let witness = circuit.solve(&assignment(member.clone()))?;
            assert_eq!(circuit.r1cs.first_violation(&witness), None);
            assert_eq!(scalar(witness.digest())?, digest(depth, claim(&VALUES, &member)?, &VALUES)?);
        }
    }
    Ok(())
}

/// Whoever is in a real tree, at each of its places.
#[test]
fn members_of_a_tree_prove_its_root() -> Outcome {
    let (circuit, secrets) = (circuit(3)?, [11u64, 12, 13, 14, 15]);
    let leaf_of = |secret: u64| -> Fallible<Scalar> {
        Ok(leaf(commit(Scalar::from(secret * 7), &VALUES, 8)?, key(Scalar::from(secret))?)?)
    };
    let leaves = secrets.iter().map(|&secret| leaf_of(secret)).collect::<Result<Vec<_>, _>>()?;
    let tree = Tree::from_leaves(3, &leaves)?;
    for (position, secret) in (0..).zip(secrets) {
        let member = Membership {
            secret: Fr::from(secret),
            salt: Fr::from(secret * 7),
            position,
            siblings: tree.path(position)?.into_iter().map(element).collect(),
            scope: [9; 32],
        };
        let witness = circuit.solve(&assignment(member))?;
        let nullifier = nullifier(Scalar::from(secret), &[9; 32])?;
        let claim = Claim { root: tree.root(), scope: [9; 32], nullifier };
        assert_eq!(scalar(witness.digest())?, digest(3, claim, &VALUES)?);
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
    }
    Ok(())
}

/// Puts another claim's digest on a witness: which constraint says no.
fn refused(circuit: &Circuit, mut witness: Witness, digest: Scalar) -> Option<String> {
    witness.values[1] = element(digest);
    circuit.r1cs.first_violation(&witness).map(|violation| violation.block)
}

/// Each thing that a thief would like to say: the tree's root for a leaf that is not in it, a nullifier of another secret, of
/// another scope, other values, a tree of another depth, a node as a leaf.
#[test]
fn a_claim_that_is_not_so_has_no_witness() -> Outcome {
    let (depth, circuit) = (3, circuit(3)?);
    let honest = membership(depth, 1);
    let truth = claim(&VALUES, &honest)?;
    let thief = Membership { secret: Fr::from(666u64), ..honest.clone() };
    let solve = |member: &Membership| circuit.solve(&assignment(member.clone()));
    let other_scope = nullifier(scalar(honest.secret)?, &[1; 32])?;
    let lies: Vec<(&str, &Membership, Claim)> = vec![
        (
            "a root for a leaf that is not in the tree",
            &thief,
            Claim { nullifier: claim(&VALUES, &thief)?.nullifier, ..truth },
        ),
        ("a fresh nullifier", &honest, Claim { nullifier: claim(&VALUES, &thief)?.nullifier, ..truth }),
        ("the nullifier of another scope", &honest, Claim { nullifier: other_scope, ..truth }),
        ("another scope for the nullifier", &honest, Claim { scope: [1; 32], ..truth }),
        ("another root", &honest, Claim { root: Scalar::from(1u64), ..truth }),
        ("an empty tree's root", &honest, Claim { root: Tree::new(depth)?.root(), ..truth }),
    ];
    for (lie, member, claim) in lies {
        let refused = refused(&circuit, solve(member)?, digest(depth, claim, &VALUES)?);
        assert_eq!(refused.as_deref(), Some("statement/digest/poseidon/x4 * x = x5"), "{lie}");
    }
    // The values of the leaf are those that the model sees.
    let mut other = assignment(honest.clone());
    other.inputs[0][0] += 1;
    let witness = circuit.solve(&other)?;
    assert!(refused(&circuit, witness, digest(depth, truth, &[2, -2, 3])?).is_some());
    // A node of the tree as the leaf: no values, salt and key hash to it, so it has to be put on the leaf's wires.
    assert!(refused(&circuit, solve(&honest)?, digest(depth, truth, &VALUES)?).is_none(), "the truth passes");
    Ok(())
}

/// Every wire that the membership writes, each bit of the position above all, changed alone and to several values.
#[test]
fn no_wire_of_a_membership_is_free() -> Outcome {
    let case = common::statements()?.into_iter().find(|case| case.name.contains("member at depth 3"));
    let case = case.ok_or("the case")?;
    let honest = case.circuit.solve(&case.assignments[5])?;
    let r1cs = &case.circuit.r1cs;
    let bits: Vec<usize> = (0..r1cs.num_constraints())
        .filter(|&row| r1cs.violation(row).block == "statement/member/bit of the position: x * x = x")
        .filter_map(|row| r1cs.a.row(row).next().map(|(wire, _)| wire as usize))
        .collect();
    assert_eq!(bits.len(), 3);
    for wire in bits {
        let flipped = Fr::from(1u64) - honest.values[wire];
        for (value, block) in [
            (flipped, "statement/member/merkle/bit * (sibling - running) = swap"),
            (Fr::from(2u64), "statement/member/bit of the position: x * x = x"),
            (-Fr::from(1u64), "statement/member/bit of the position: x * x = x"),
            (Fr::from(1u64) / Fr::from(2u64), "statement/member/bit of the position: x * x = x"),
        ] {
            let mut forged = honest.clone();
            forged.values[wire] = value;
            let violation = r1cs.first_violation(&forged).ok_or("accepted")?;
            assert_eq!(violation.block, block);
        }
    }
    Ok(())
}

#[test]
fn wrong_memberships_are_named() -> Outcome {
    let circuit = circuit(3)?;
    let error = |member: Option<Membership>| {
        circuit.solve(&Assignment { member, ..assignment(membership(3, 1)) }).err()
    };
    assert_eq!(error(Some(membership(3, 1))), None);
    assert_eq!(error(None), Some(SolveError::MemberMissing { depth: 3 }));
    assert_eq!(error(Some(membership(2, 1))), Some(SolveError::PathLength { depth: 3, found: 2 }));
    assert_eq!(error(Some(membership(4, 1))), Some(SolveError::PathLength { depth: 3, found: 4 }));
    let beyond = Membership { position: 8, ..membership(3, 1) };
    assert_eq!(error(Some(beyond)), Some(SolveError::Position { position: 8, depth: 3 }));
    let plain = common::statements()?.remove(0);
    let unwanted = Assignment { member: Some(membership(3, 1)), ..plain.assignments[0].clone() };
    assert_eq!(plain.circuit.solve(&unwanted).err(), Some(SolveError::MemberUnexpected));
    Ok(())
}

#[test]
fn depths_and_second_members_are_refused() -> Outcome {
    let bind = |visibilities: &[Visibility]| -> Result<(), BuildError> {
        let mut b = Builder::new();
        let names = ["a", "b"];
        let values = visibilities.iter().zip(names).map(|(_, name)| b.input(name, 1, 8));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let inputs: Vec<_> = values
            .iter()
            .zip(visibilities)
            .map(|(values, &visibility)| StatementInput { values, bits: 8, visibility })
            .collect();
        b.bind_statement(Fr::from(1u64), &inputs, &[StatementOutput { values: &values[0], bits: 8 }])
    };
    let member = |depth| Visibility::Member { depth };
    assert_eq!(bind(&[member(1), Visibility::Public]), Ok(()));
    assert_eq!(bind(&[member(32)]), Ok(()));
    for depth in [0, 33, 255] {
        assert_eq!(bind(&[member(depth)]), Err(BuildError::TreeDepth { depth, max: 32 }));
    }
    assert_eq!(bind(&[member(4), member(4)]), Err(BuildError::MemberTwice));
    Ok(())
}

/// The bytes of a circuit that say another depth, or a second membership.
#[test]
fn damaged_instructions_are_refused() -> Outcome {
    let circuit = circuit(3)?;
    let bytes = circuit.to_bytes();
    assert_eq!(Circuit::from_bytes(&bytes)?.to_bytes(), bytes);
    // Input, its bits, context, and the member's instruction: operation 17, depth.
    let at = bytes.windows(3).position(|window| window == [1, 17, 3]).ok_or("the instruction")? + 2;
    for depth in 0..=u8::MAX {
        let mut bytes = bytes.clone();
        bytes[at] = depth;
        match (depth, Circuit::from_bytes(&bytes)) {
            (3, Ok(_)) => {}
            (0 | 33.., Err(DecodeError::Range { field: "depth of a tree", min: 1, max: 32, .. })) => {}
            (1..=32, Err(_)) => {} // it writes another number of wires
            (depth, result) => panic!("{depth}: {:?}", result.err()),
        }
    }
    Ok(())
}
