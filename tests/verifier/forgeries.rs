//! What only a prover with the trapdoor can make, against a model whose key is the toy's: claims that hide in one part of
//! a proof, and second encodings of valid ones. Proofs of every other test come from the prover.

use ark_bn254::Fr;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use assay_groth16::element;
use assay_interface::field::Scalar;
use assay_interface::groth16::{CommittedProof, Transcript};
use assay_interface::schema::ModelSchema;
use assay_interface::statement::{Statement, TensorValue};
use assay_tests::encoding::{g2, outside_the_subgroup, read_g2};
use assay_tests::pass_through::tensor;
use assay_tests::toy::{Exponents, Toy};

use crate::support::{Proven, World, refused};

struct Forger {
    toy: Toy,
    world: World,
    statement: Statement,
    digest: Scalar,
}

impl Forger {
    fn new() -> Self {
        let toy = Toy::new(3);
        let schema =
            ModelSchema::new("toy".into(), vec![tensor("in", 1, 8, 0)], vec![tensor("out", 1, 8, 0)])
                .unwrap();
        let world = World::active_under(&toy.key().into(), &schema);
        let statement = Statement::new(&schema, [0xc7; 32], &[TensorValue::Values(&[3])], &[&[3]]).unwrap();
        let digest = statement.digest().unwrap();
        Self { toy, world, statement, digest }
    }

    fn accepts(&mut self, proof: CommittedProof) {
        let proven = Proven::new(proof.into(), self.statement.clone());
        self.world.verify(&proven).expect_ok();
    }

    #[track_caller]
    fn refuses(&mut self, proof: CommittedProof, error: &str) {
        let proven = Proven::new(proof.into(), self.statement.clone());
        refused(&self.world.verify(&proven), error);
    }
}

/// D may hold no public wire: else the proof of one statement would prove any.
#[test]
fn a_commitment_to_the_digest_is_refused() {
    let mut forger = Forger::new();
    let claimed = element(&forger.digest);
    let forged = forger.toy.prove_claim(Fr::from(1u64), claimed, Transcript::Assay, 1);
    forger.refuses(forged.encode(), "ProofInvalid");
    let knowing = Exponents { knowledge: forger.toy.sigma * forged.d, ..forged };
    forger.accepts(knowing.encode());
}

/// The runtime takes no coordinate for another: x + p is refused where x is accepted.
#[test]
fn a_coordinate_has_one_encoding() {
    let mut forger = Forger::new();
    for (proof, aliased) in forger.toy.with_aliases(element(&forger.digest), Transcript::Assay).into_values()
    {
        forger.accepts(proof);
        forger.refuses(aliased, "ProofInvalid");
    }
}

/// A valid proof, B moved by a point whose order is none of G2's.
#[test]
fn b_is_in_the_subgroup() {
    let mut forger = Forger::new();
    let valid = forger.toy.prove(element(&forger.digest), Transcript::Assay, 1).encode();
    forger.accepts(valid);
    let outside = read_g2(&outside_the_subgroup());
    let torsion = outside.mul_bigint(Fr::MODULUS).into_affine();
    assert!(!torsion.is_zero() && torsion.is_on_curve());
    let moved = (read_g2(&valid.plain.b) + torsion).into_affine();
    for b in [moved, torsion, outside] {
        let mut proof = valid;
        proof.plain.b = g2(b);
        forger.refuses(proof, "ProofInvalid");
    }
}
