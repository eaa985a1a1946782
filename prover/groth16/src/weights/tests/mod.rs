//! Keys, commitments and proofs under weights: what is accepted on every verifier, and each attack, first seen accepted by a verifier that
//! lacks the check that stops it.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr, G1Affine};
use ark_ec::{CurveGroup, pairing::Pairing};
use ark_ff::One;
use assay_circuits::{
    Assignment, Bounded, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, Witness,
};
use assay_engine::{Backend, G1Point, msm::Prepared};
use assay_interface::{
    artifact,
    field::Scalar,
    groth16::{
        self as interface,
        weights::{check_weights, verify_with_weights, weights_challenge},
    },
};

use super::{CommittedWeights, WeightsCommitment, WeightsKnowledge, WeightsProver, WeightsProvingKey};
use crate::{
    SetupSeed, common,
    points::{Point, element, scalar},
    proof::{CommitmentProof, Proof, check_product},
    prove::ProveTimings,
    setup::Secrets,
};

mod attacks;
mod keys;
mod proofs;
mod registration;

/// Two neurons of three inputs each, their biases, and a weight that nothing uses.
const TENSORS: &[(&str, usize, u8)] = &[("w", 6, 8), ("bias", 2, 12), ("spare", 1, 5)];

fn inference(ranges: Ranges) -> Circuit {
    let mut b = Builder::with_ranges(ranges);
    let weights = b.weights(TENSORS).unwrap();
    let x = b.input("x", 3, 6).unwrap();
    let y: Vec<Bounded> = (0..2)
        .map(|neuron| {
            let bias = b.copy_weight(&weights[1][neuron]).unwrap();
            b.weighted_sum(&weights[0][3 * neuron..3 * neuron + 3], &x, &bias).unwrap()
        })
        .collect();
    let inputs = [StatementInput { values: &x, bits: 6, visibility: Visibility::Public }];
    b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &y, bits: 16 }]).unwrap();
    b.finish().unwrap()
}

/// The ranges of all weights. Its statement is a context: the place of the commitment.
fn registration_of(tensors: &[(&str, usize, u8)]) -> Circuit {
    let mut b = Builder::with_ranges(Ranges::Lookup);
    for weight in b.weights(tensors).unwrap().concat() {
        b.prove_weight(&weight).unwrap();
    }
    b.bind_statement(8u64.into(), &[], &[]).unwrap();
    b.finish().unwrap()
}

fn weights() -> Vec<i64> {
    vec![-128, 127, 3, 0, -1, 50, -2048, 2047, 15]
}

fn solve(circuit: &Circuit, inputs: &[i64], context: u8, weights: &[i64]) -> Witness {
    let inputs = circuit.inputs().iter().map(|_| inputs.to_vec()).collect();
    let weights = weights.into();
    circuit.solve(&Assignment { inputs, context: [context; 32], weights, ..Assignment::default() }).unwrap()
}

/// Circuits and keys of one setup: one that computes, one that proves ranges.
struct World {
    circuits: [Circuit; 2],
    keys: [WeightsProvingKey; 2],
    /// Of the first key; the second has another delta and sigma.
    secrets: Secrets,
    sigma_weights: Fr,
    committed: CommittedWeights,
}

const SEED: [u8; 32] = [9; 32];

impl World {
    fn new(ranges: Ranges) -> World {
        let circuits = [inference(ranges), registration_of(TENSORS)];
        let seed = SetupSeed::from_bytes(SEED);
        let [first, second] = &circuits;
        let keys = super::setup_from_seed(&[first, second], &seed, crate::Observer::none()).unwrap();
        let (secrets, sigma_weights) = super::setup::secrets(&[first, second], &seed);
        let keys: [WeightsProvingKey; 2] = keys.try_into().unwrap();
        let committed = CommittedWeights::commit(&keys[0], weights(), &mut common::rng(1)).unwrap();
        World { circuits, keys, secrets, sigma_weights, committed }
    }

    /// Lookups in the first circuit, or none.
    fn of(ranges: Ranges) -> &'static World {
        static PLAIN: LazyLock<World> = LazyLock::new(|| World::new(Ranges::Bits));
        static LOOKUPS: LazyLock<World> = LazyLock::new(|| World::new(Ranges::Lookup));
        match ranges {
            Ranges::Bits => &PLAIN,
            Ranges::Lookup => &LOOKUPS,
        }
    }

    fn both() -> [&'static World; 2] {
        [World::of(Ranges::Bits), World::of(Ranges::Lookup)]
    }

    fn prover(&self, which: usize) -> WeightsProver<&Circuit> {
        WeightsProver::new(&self.keys[which], &self.circuits[which]).unwrap()
    }

    /// A statement of the first circuit about these inputs, and its proof.
    fn proven(&self, inputs: [i64; 3]) -> (Scalar, Proof) {
        let witness = solve(&self.circuits[0], &inputs, 5, self.committed.weights());
        let proof = self.prover(0).prove(&self.committed, &witness, &mut common::rng(2)).unwrap();
        (scalar(witness.digest()), proof)
    }

    /// A statement of the second circuit about this place, and its proof.
    fn registered(&self, place: u8) -> (Scalar, Proof) {
        let witness = solve(&self.circuits[1], &[], place, self.committed.weights());
        let proof = self.prover(1).prove(&self.committed, &witness, &mut common::rng(3)).unwrap();
        (scalar(witness.digest()), proof)
    }
}

/// The verdict of the host's verifier and of the chain's, which agree.
fn accepts(key: &WeightsProvingKey, weights: &WeightsCommitment, proof: &Proof, digest: &Scalar) -> bool {
    let host = super::verify(key.verifying_key(), weights, proof, digest);
    let bytes = key.verifying_key().to_interface();
    let chain = verify_with_weights(&bytes, weights, &proof.to_interface(), digest);
    assert_eq!(host.is_ok(), chain.is_ok(), "{host:?} {chain:?}");
    host.is_ok()
}

/// Whether the chain would store the commitment.
fn registers(key: &WeightsProvingKey, commitment: G1Affine, knowledge: G1Affine) -> bool {
    let bytes = key.verifying_key().to_interface();
    let (commitment, knowledge) =
        (WeightsCommitment(commitment.bytes()), WeightsKnowledge(knowledge.bytes()));
    check_weights(&bytes, &commitment, &knowledge).is_ok()
}

fn stored(point: G1Affine) -> WeightsCommitment {
    WeightsCommitment(point.bytes())
}

fn point(commitment: &WeightsCommitment) -> G1Affine {
    Point::read(&commitment.0).unwrap()
}

fn knowledge(committed: &CommittedWeights) -> G1Affine {
    Point::read(&committed.knowledge().0).unwrap()
}

/// `base + factor point`.
fn plus(base: G1Affine, point: G1Affine, factor: Fr) -> G1Affine {
    (base + point * factor).into_affine()
}

/// `G_j` and `sigma_w G_j` of a weight.
fn of_weight(key: &WeightsProvingKey, index: usize) -> [G1Affine; 2] {
    let key = key.inner();
    [key.weights().points[index].into(), key.sigma_weights().points[index].into()]
}

fn sum(scalars: &[Fr], points: &[G1Point]) -> G1Affine {
    Prepared::read(scalars).msm(Backend::fastest(), points).into_affine()
}

/// A prover that follows the protocol only as far as it likes.
struct Malicious<'a> {
    prover: WeightsProver<&'a Circuit>,
    key: &'a WeightsProvingKey,
    /// With masks, not complete.
    witness: Witness,
}

/// Which hashes of a verifier leave D_w out: the tests' own verifiers, that lack what ours have.
#[derive(Clone, Copy)]
struct Lax {
    h_hashes_weights: bool,
    rho_hashes_weights: bool,
}

impl Lax {
    fn challenge(
        self,
        key: &WeightsProvingKey,
        weights: &WeightsCommitment,
        d: &G1Affine,
        digest: &Scalar,
    ) -> Fr {
        let hash = key.verifying_key().to_interface().key_hash();
        element(&match self.h_hashes_weights {
            true => weights_challenge(&hash, weights, &d.bytes(), digest),
            false => interface::challenge(&hash, &d.bytes(), digest),
        })
    }

    /// The factor that folds the knowledge check, from a hash of everything but perhaps D_w.
    fn factor(
        self,
        key: &WeightsProvingKey,
        weights: &WeightsCommitment,
        proof: &Proof,
        digest: &Scalar,
    ) -> Fr {
        let mut bytes = key.verifying_key().to_interface().key_hash().to_vec();
        if self.rho_hashes_weights {
            bytes.extend(weights.0);
        }
        bytes.extend(proof.to_interface().as_bytes());
        bytes.extend(digest.as_be_bytes());
        let hash = artifact::digest(&bytes);
        Fr::from(u128::from_be_bytes(hash[..16].try_into().unwrap()))
    }

    /// The folded equation of a committed proof.
    fn accepts(
        self,
        key: &WeightsProvingKey,
        weights: &WeightsCommitment,
        proof: &Proof,
        digest: &Scalar,
    ) -> bool {
        let points = &key.inner().verifying_key().points;
        let (Some(lookups), Some(CommitmentProof { d, knowledge })) = (points.commitment, proof.commitment)
        else {
            panic!("a committed proof under a committed key");
        };
        let h = self.challenge(key, weights, &d, digest);
        let rho = self.factor(key, weights, proof, digest);
        let v = points.ic[1] * element(digest) + points.ic[0] + lookups.ic_challenge * h + d + point(weights);
        let left = [
            -proof.a,
            points.base.alpha_g1,
            (v + knowledge * rho).into_affine(),
            proof.c,
            (d * rho).into_affine(),
        ];
        let base = &points.base;
        let right = [proof.b, base.beta_g2, base.gamma_g2, base.delta_g2, lookups.sigma_gamma_negated];
        Bn254::multi_pairing(left, right).0.is_one()
    }
}

/// As ours, but for the formulas of the hashes.
const STRICT: Lax = Lax { h_hashes_weights: true, rho_hashes_weights: true };

impl<'a> Malicious<'a> {
    fn new(world: &'a World, which: usize, witness: &Witness) -> Malicious<'a> {
        let prover = world.prover(which);
        let witness = prover.with_mask(&world.committed, witness).unwrap();
        Malicious { prover, key: &world.keys[which], witness }
    }

    fn mask(&self) -> Fr {
        Fr::from(123_456_789u64)
    }

    /// D and its knowledge proof, of the witness as it stands.
    fn commit(&self) -> CommitmentProof {
        let (g, sigma_g) = (self.key.inner().g(), self.key.inner().sigma_g());
        let mask = self.prover.circuit().commitment.as_ref().unwrap().mask;
        let value = |&wire: &u32| if wire == mask { self.mask() } else { self.witness.values[wire as usize] };
        let scalars: Vec<Fr> = g.wires.iter().map(value).collect();
        CommitmentProof { d: sum(&scalars, g.points), knowledge: sum(&scalars, sigma_g.points) }
    }

    /// The witness behind this challenge.
    fn complete(&self, challenge: Fr) -> Witness {
        self.prover.circuit().complete(self.witness.clone(), self.mask(), challenge).unwrap()
    }

    /// The proof for a complete witness, whatever its commitment; nothing is taken from a model's cache.
    fn prove(&self, witness: &Witness, commitment: Option<CommitmentProof>) -> Proof {
        let (r, s) = (Fr::from(5u64), Fr::from(6u64));
        let core = self.prover.inner().core();
        let proof = core.prove(&witness.values, r, s, &mut ProveTimings::default()).unwrap();
        Proof { commitment, ..proof }
    }
}

/// Whether the main equation of a proof holds, its knowledge check left out.
fn main_equation_holds(
    key: &WeightsProvingKey,
    weights: &WeightsCommitment,
    proof: &Proof,
    digest: &Scalar,
) -> bool {
    let points = &key.inner().verifying_key().points;
    let mut v = points.ic[1] * element(digest) + points.ic[0] + point(weights);
    if let (Some(lookups), Some(CommitmentProof { d, .. })) = (points.commitment, proof.commitment) {
        v += lookups.ic_challenge * STRICT.challenge(key, weights, &d, digest) + d;
    }
    check_product(&points.base, proof, v).is_ok()
}
