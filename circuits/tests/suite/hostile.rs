//! A prover with a witness program of his own, against a member input: the constraints are the honest circuit's, and every wire
//! of the membership is his choice.
//!
//! The program of a circuit file is no part of what is proven, so whoever proves may run another. Here the instruction that
//! writes the membership gives way to one salt for each of its wires.

use crate::common::membership;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use assay_circuits::statement::domain_from_bytes;
use assay_circuits::{
    Assignment, Builder, Circuit, DecodeError, Membership, StatementInput, StatementOutput, Visibility,
    Witness,
};
use assay_interface::field::Scalar;
use assay_interface::member::{Claim, MemberError, Tree, key, leaf, node, nullifier, root_of_path};
use assay_interface::poseidon;
use assay_interface::schema::{ModelSchema, TensorSchema};
use assay_interface::statement::{Statement, TensorValue, commit};
use assay_interface::tag::ListKind;

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const VALUES: [i64; 3] = [1, -2, 3];
const CONTEXT: [u8; 32] = [5; 32];
const BIT: &str = "statement/member/bit of the position: x * x = x";

fn scalar(e: Fr) -> Fallible<Scalar> {
    let bytes: [u8; 32] = e.into_bigint().to_bytes_be().try_into().map_err(|_| "32 bytes")?;
    Ok(Scalar::from_be_bytes(bytes)?)
}

fn element(s: Scalar) -> Fr {
    Fr::from_be_bytes_mod_order(s.as_be_bytes())
}

fn schema(depth: u8, scale: i8) -> Fallible<ModelSchema> {
    let tensor = |name: &str, visibility| TensorSchema {
        name: name.into(),
        shape: vec![3],
        bits: 8,
        scales: scale.into(),
        missing: Default::default(),
        visibility,
    };
    let inputs = vec![tensor("applicant", Visibility::Member { depth })];
    Ok(ModelSchema::new("m".into(), inputs, vec![tensor("y", Visibility::Public)])?)
}

/// A model that shows its input.
fn circuit(schema: &ModelSchema) -> Fallible<Circuit> {
    let mut b = Builder::new();
    let x = b.input("applicant", 3, 8)?;
    let domain: [u8; 31] = schema.domain().to_be_bytes()[1..].try_into()?;
    let visibility = schema.inputs()[0].visibility;
    let inputs = [StatementInput { values: &x, bits: 8, visibility }];
    b.bind_statement(domain_from_bytes(&domain), &inputs, &[StatementOutput { values: &x, bits: 8 }])?;
    Ok(b.finish()?)
}

/// The same constraints under a program that takes the wires of the membership as salts: secret, salt, both halves of the
/// scope, the bits, the siblings.
fn hostile(circuit: &Circuit, depth: u8) -> Fallible<Circuit> {
    let bytes = circuit.to_bytes();
    let count = circuit.program().instructions().len() as u32;
    // The context's instruction, then the member's.
    let at = bytes.windows(3).position(|window| window == [1, 17, depth]).ok_or("the instruction")? + 1;
    let head = bytes[..at].windows(4).rposition(|window| window == count.to_le_bytes()).ok_or("the count")?;
    let wires = 4 + 2 * u32::from(depth);
    let forged = [
        &bytes[..head],
        &(count - 1 + wires).to_le_bytes(),
        &bytes[head + 4..at],
        &vec![2; wires as usize],
        &bytes[at + 2..],
    ]
    .concat();
    let forged = Circuit::from_bytes(&forged)?;
    assert_eq!(forged.r1cs, circuit.r1cs);
    assert_eq!(forged.program().num_salts(), wires as usize);
    assert_ne!(forged.digest(), circuit.digest());
    Ok(forged)
}

/// The wires of a membership, in their order.
struct Wires {
    secret: Fr,
    salt: Fr,
    scope: [Fr; 2],
    bits: Vec<Fr>,
    siblings: Vec<Fr>,
}

impl Wires {
    fn of(member: &Membership) -> Wires {
        let half = |bytes: &[u8]| Fr::from_be_bytes_mod_order(bytes);
        Wires {
            secret: member.secret,
            salt: member.salt,
            scope: [half(&member.scope[..16]), half(&member.scope[16..])],
            bits: (0..member.siblings.len()).map(|level| Fr::from(member.position >> level & 1)).collect(),
            siblings: member.siblings.clone(),
        }
    }

    fn solve(&self, hostile: &Circuit) -> Fallible<Witness> {
        let head = [self.secret, self.salt, self.scope[0], self.scope[1]];
        let salts = head.iter().chain(&self.bits).chain(&self.siblings).copied().collect();
        let inputs = vec![VALUES.to_vec()];
        Ok(hostile.solve(&Assignment { inputs, context: CONTEXT, salts, ..Assignment::default() })?)
    }
}

/// A statement whose member's limbs are any elements, as an instruction carries them.
fn statement(schema: &ModelSchema, limbs: [Scalar; 4]) -> Fallible<Statement> {
    let some = Claim { root: Scalar::ZERO, scope: [0; 32], nullifier: Scalar::ZERO };
    let mut statement = Statement::new(schema, CONTEXT, &[TensorValue::Member(some)], &[&VALUES])?;
    statement.limbs[..4].copy_from_slice(&limbs);
    Ok(statement)
}

fn claim(member: &Membership) -> Fallible<Claim> {
    let (salt, secret) = (scalar(member.salt)?, scalar(member.secret)?);
    let leaf = leaf(commit(salt, &VALUES, 8)?, key(secret)?)?;
    let siblings = member.siblings.iter().copied().map(scalar).collect::<Result<Vec<_>, _>>()?;
    let root = root_of_path(leaf, member.position, &siblings)?;
    Ok(Claim { root, scope: member.scope, nullifier: nullifier(secret, &member.scope)? })
}

#[test]
fn his_program_makes_the_honest_witness_too() -> Outcome {
    let schema = schema(3, 0)?;
    let circuit = circuit(&schema)?;
    let member = membership(3, 1);
    let witness = Wires::of(&member).solve(&hostile(&circuit, 3)?)?;
    assert_eq!(circuit.r1cs.first_violation(&witness), None);
    assert_eq!(scalar(witness.digest())?, statement(&schema, claim(&member)?.limbs())?.digest()?);
    Ok(())
}

/// With one bit that is none, every other constraint holds and the digest is the thief's: his secret, his values, a nullifier as
/// fresh as he likes, and the root of a tree that he is not in. One constraint a level stands before that.
#[test]
fn only_the_constraint_of_the_bit_keeps_a_thief_out_of_every_tree() -> Outcome {
    let schema = schema(3, 0)?;
    let circuit = circuit(&schema)?;
    let hostile = hostile(&circuit, 3)?;
    let others: Vec<Scalar> = (1..=6).map(|i| Scalar::from(i * 31u64)).collect();
    let tree = Tree::from_leaves(3, &others)?;
    // Both children of the root are public: the events of the tree give them.
    let left = element(node(node(others[0], others[1])?, node(others[2], others[3])?)?);
    let right = element(tree.path(0)?[2]);
    let thief = membership(3, 66);
    let leaf = leaf(commit(scalar(thief.salt)?, &VALUES, 8)?, key(scalar(thief.secret)?)?)?;
    let mut wires = Wires::of(&thief);
    let lower = [scalar(wires.siblings[0])?, scalar(wires.siblings[1])?];
    let running = element(root_of_path(leaf, thief.position & 3, &lower)?);
    wires.siblings[2] = left + right - running;
    wires.bits[2] = (left - running) / (wires.siblings[2] - running);
    let witness = wires.solve(&hostile)?;
    let stolen = Claim { root: tree.root(), ..claim(&thief)? };
    assert_eq!(scalar(witness.digest())?, statement(&schema, stolen.limbs())?.digest()?);
    let broken: Vec<String> = (0..circuit.r1cs.num_constraints())
        .filter(|&row| !circuit.r1cs.holds(row, &witness.values))
        .map(|row| circuit.r1cs.violation(row).block)
        .collect();
    assert_eq!(broken, [BIT]);
    Ok(())
}

/// Nothing in the circuit holds the halves of a scope below 2^128, so there are proofs of statements with wider ones, and a
/// second nullifier for what is the same number. No 32 bytes are that scope: a consumer that writes its own scope, or reads one
/// with `Claim::from_limbs`, meets none of them.
#[test]
fn halves_of_more_than_128_bits_are_proven_and_are_no_scope() -> Outcome {
    let schema = schema(2, 0)?;
    let circuit = circuit(&schema)?;
    let hostile = hostile(&circuit, 2)?;
    let member = membership(2, 3);
    let truth = claim(&member)?;
    let two_128 = Fr::from(1u128 << 64) * Fr::from(1u128 << 64);
    let honest = Wires::of(&member);
    let [high, low] = honest.scope;
    for (wide, refused) in [
        ([high + two_128, low], 1),                  // as the scope in its low bits
        ([high - Fr::from(1u64), low + two_128], 2), // as the scope in high * 2^128 + low
        ([high, low + two_128 * Fr::from(7u64)], 2), // as the scope in its low bits
        ([-Fr::from(1u64), low], 1),                 // the largest element
    ] {
        let wires = Wires { scope: wide, ..Wires::of(&member) };
        let witness = wires.solve(&hostile)?;
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
        let halves = [scalar(wide[0])?, scalar(wide[1])?];
        let tag = ListKind::Nullifier.tag(0, 3);
        let second = poseidon::absorb(&[tag, scalar(member.secret)?, halves[0], halves[1]])?;
        assert_ne!(second, truth.nullifier);
        let limbs = [truth.root, halves[0], halves[1], second];
        assert_eq!(scalar(witness.digest())?, statement(&schema, limbs)?.digest()?, "it is proven");
        assert_eq!(Claim::from_limbs(limbs), Err(MemberError::Scope(refused)));
        // Read as the scope that it resembles, it is another statement.
        let taken = Claim { nullifier: second, ..truth };
        assert_ne!(scalar(witness.digest())?, statement(&schema, taken.limbs())?.digest()?);
        let mut witness = witness;
        witness.values[1] = element(statement(&schema, taken.limbs())?.digest()?);
        assert!(circuit.r1cs.first_violation(&witness).is_some());
    }
    Ok(())
}

/// Two witnesses for one statement there are: the same leaf at two places. They differ in the position and in nothing that a
/// statement shows.
#[test]
fn a_leaf_twice_in_the_tree_gives_one_statement() -> Outcome {
    let schema = schema(3, 0)?;
    let circuit = circuit(&schema)?;
    let member = membership(3, 4);
    let leaf = leaf(commit(scalar(member.salt)?, &VALUES, 8)?, key(scalar(member.secret)?)?)?;
    let others = [1u64, 2, 3].map(Scalar::from);
    let tree = Tree::from_leaves(3, &[others[0], leaf, others[1], others[2], leaf])?;
    let mut digests = Vec::new();
    for position in [1u32, 4] {
        let siblings = tree.path(position)?.into_iter().map(element).collect();
        let member = Membership { position, siblings, ..member.clone() };
        let inputs = vec![VALUES.to_vec()];
        let witness = circuit.solve(&Assignment {
            inputs,
            context: CONTEXT,
            member: Some(member),
            ..Assignment::default()
        })?;
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
        digests.push(witness.digest());
    }
    assert_eq!(digests[0], digests[1]);
    Ok(())
}

/// A leaf says how many values of how many bits, and neither their scale nor what they are of: the same leaf is a member for every
/// model of that shape. What the leaves of a tree mean, whoever trusts its root has to know.
#[test]
fn a_leaf_is_a_member_for_every_model_of_its_shape() -> Outcome {
    let member = membership(3, 5);
    let claim = claim(&member)?;
    let mut digests = Vec::new();
    for scale in [0, 4] {
        let schema = schema(3, scale)?;
        let circuit = circuit(&schema)?;
        let (inputs, member) = (vec![VALUES.to_vec()], Some(member.clone()));
        let witness =
            circuit.solve(&Assignment { inputs, context: CONTEXT, member, ..Assignment::default() })?;
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
        let digest = statement(&schema, claim.limbs())?.digest()?;
        assert_eq!(scalar(witness.digest())?, digest);
        digests.push(digest);
    }
    // The proofs are of two statements all the same: the domain says which model.
    assert_ne!(digests[0], digests[1]);
    Ok(())
}

/// 242 constraints a level and 237 + 258 + 294 + the commitment's, from the widths and rounds of Poseidon, counted by name.
#[test]
fn constraints_are_as_many_as_written() -> Outcome {
    // 3 (8 t + P - k): width, partial rounds, constants.
    let hash = |width: usize, partial: usize, constants: usize| 3 * (8 * width + partial - constants);
    for depth in [1u8, 20, 32] {
        let circuit = circuit(&schema(depth, 0)?)?;
        let r1cs = &circuit.r1cs;
        let count = |prefix: &str| {
            let rows = 0..r1cs.num_constraints();
            rows.filter(|&row| r1cs.violation(row).block.starts_with(prefix)).count()
        };
        let levels = usize::from(depth);
        assert_eq!(hash(3, 57, 1) + 2, 242);
        assert_eq!(count(BIT), levels);
        assert_eq!(count("statement/member/merkle/"), levels * (hash(3, 57, 1) + 1));
        assert_eq!(count("statement/member/commitment/"), hash(4, 56, 2), "tag, salt, one limb");
        assert_eq!(count("statement/member/key/"), hash(3, 57, 2));
        assert_eq!(count("statement/member/leaf/"), hash(4, 56, 2));
        assert_eq!(count("statement/member/nullifier/"), hash(5, 60, 2));
        let all = levels * 242 + 237 + 258 + 294 + hash(4, 56, 2);
        assert_eq!(count("statement/member/"), all, "depth {depth}");
    }
    Ok(())
}

/// Programs whose second membership, or whose membership beside missing wires, a file claims.
#[test]
fn programs_with_other_wires_than_the_constraints_are_refused() -> Outcome {
    let circuit = circuit(&schema(3, 0)?)?;
    let bytes = circuit.to_bytes();
    let count = circuit.program().instructions().len() as u32;
    let at = bytes.windows(3).position(|window| window == [1, 17, 3]).ok_or("the instruction")? + 1;
    let head = bytes[..at].windows(4).rposition(|window| window == count.to_le_bytes()).ok_or("the count")?;
    let with = |instructions: &[&[u8]]| {
        let count = count - 1 + instructions.len() as u32;
        let body = instructions.concat();
        let forged = [&bytes[..head], &count.to_le_bytes(), &bytes[head + 4..at], &body, &bytes[at + 2..]];
        Circuit::from_bytes(&forged.concat())
    };
    assert!(with(&[&[17, 3]]).is_ok());
    // Two memberships of depth 1 write twelve wires where one of depth 4 does, and are two.
    let twice = with(&[&[17, 1], &[17, 1]]);
    assert!(matches!(
        twice,
        Err(DecodeError::NotCanonical { rule: "there is at most one member input", .. })
    ));
    // As many wires, from other instructions: the constraints bind them all the same, as above.
    assert!(with(&[&[17, 1], &[2], &[2], &[2], &[2]]).is_ok());
    assert!(with(&[&[17, 1], &[2], &[2], &[2]]).is_err(), "a wire is never written");
    assert!(with(&[&[17, 3], &[2]]).is_err(), "a wire too many");
    // Integer code reads no wire of a membership: bits of the position are elements.
    assert!(with(&[&[17, 1], &[3, 0, 4]]).is_err());
    Ok(())
}
