//! Registrations: ranges are proven of the very weights that are stored, and keys that do not share them are told apart.

use ark_ff::Field;
use assay_engine::Domain;
use assay_interface::groth16::{KeyPoint, SetupKind, weights::WeightsError};

use super::*;
use crate::{
    SetupError, SharedError,
    prove::ProveError,
    setup::{System, setup_with},
};

/// The commitment that holds another value of one weight, which need not be an integer, and its knowledge proof.
fn with_weight(world: &World, index: usize, value: Fr) -> [G1Affine; 2] {
    let change = value - Fr::from(world.committed.weights()[index]);
    let [g, sigma_g] = of_weight(&world.keys[1], index);
    let (commitment, pok) = (point(&world.committed.commitment()), knowledge(&world.committed));
    [plus(commitment, g, change), plus(pok, sigma_g, change)]
}

/// 1/32 is a weight to a circuit that computes: times -32 it gives -1, which no integer does. Its commitment passes, and a proof of what it
/// computes verifies. Its registration has no witness.
#[test]
fn a_fraction_is_refused_at_registration() {
    let world = World::of(Ranges::Bits);
    let [circuit, registration] = &world.circuits;
    let fraction = Fr::from(32u64).inverse().unwrap();
    let [commitment, pok] = with_weight(world, 3, fraction);
    assert!(world.keys.iter().all(|key| registers(key, commitment, pok)));

    // Weight 3 is zero as registered. One less of the second output is what a bias of one less gives, so the statement is solved for that.
    let (x, mut less) = ([-32, 0, 0], weights());
    less[7] -= 1;
    let mut forged = solve(circuit, &x, 5, &less);
    let mask = world.prover(0).with_mask(&world.committed, &solve(circuit, &x, 5, &weights())).unwrap();
    let wires: Vec<usize> =
        circuit.weights.as_ref().unwrap().wires.iter().map(|&wire| wire as usize).collect();
    let copy_of_bias = circuit.r1cs.c.row(7).last().unwrap().0 as usize;
    for (wire, value) in
        [(wires[7], Fr::from(2047u64)), (copy_of_bias, Fr::from(2047u64)), (wires[3], fraction)]
    {
        forged.values[wire] = value;
    }
    forged.values[wires[9]] = mask.values[wires[9]];
    assert_eq!(circuit.r1cs.first_violation(&forged), None);
    assert_eq!(forged.outputs()[0][1], 2047 - 1);
    let attacker = Malicious { prover: world.prover(0), key: &world.keys[0], witness: forged };
    let proof = attacker.prove(&attacker.witness, None);
    assert!(accepts(&world.keys[0], &stored(commitment), &proof, &scalar(attacker.witness.digest())));
    assert!(!accepts(
        &world.keys[0],
        &world.committed.commitment(),
        &proof,
        &scalar(attacker.witness.digest())
    ));

    // Its home row among the registration's is a query that nothing answers.
    for value in [fraction, Fr::from(256u64).inverse().unwrap(), Fr::from(128u64), -Fr::from(129u64)] {
        let mut witness = solve(registration, &[], 7, &weights());
        witness.values[registration.weights.as_ref().unwrap().wires[3] as usize] = value;
        let core = world.prover(1);
        let witness = registration.complete(witness, Fr::from(3u64), Fr::from(1u64 << 60)).unwrap();
        let error =
            core.inner().core().prove(&witness.values, Fr::one(), Fr::one(), &mut ProveTimings::default());
        assert!(matches!(error, Err(ProveError::Unsatisfied(violation)) if violation.constraint == 3));
    }
}

/// With a challenge that is known before D_w, a weight is chosen so that its query passes: one whose value is any element.
#[test]
fn a_commitment_chosen_after_the_challenge_is_refused() {
    let world = World::of(Ranges::Bits);
    let (key, circuit) = (&world.keys[1], &world.circuits[1]);
    let lax = Lax { h_hashes_weights: false, rho_hashes_weights: true };
    let honest = solve(circuit, &[], 7, &weights());
    let digest = scalar(honest.digest());
    let mut attacker = Malicious::new(world, 1, &honest);
    // One entry counted once more than it is queried, and weight 0's query is to make up for it.
    let lookups = circuit.commitment.as_ref().unwrap();
    let multiplicity = lookups.committed[lookups.committed.len() - 2] as usize;
    attacker.witness.values[multiplicity] += Fr::one();
    let committed = attacker.commit();
    let h = lax.challenge(key, &world.committed.commitment(), &committed.d, &digest);
    let mut witness = attacker.complete(h);
    let r1cs = &circuit.r1cs;
    let fraction_of = (0..r1cs.num_constraints())
        .find(|&row| r1cs.c.row(row).any(|(wire, _)| wire as usize == multiplicity))
        .map(|row| r1cs.a.row(row).next().unwrap().0 as usize)
        .unwrap();
    let query = r1cs.b.row(0).next().unwrap().0 as usize;
    // The fraction of the last entry, of which one count more is one (h - entry)^-1 more.
    let count = witness.values[multiplicity];
    let surplus = witness.values[fraction_of] / count;
    witness.values[query] += surplus;
    let wire = circuit.weights.as_ref().unwrap().wires[0] as usize;
    let before = r1cs.evaluate(&r1cs.a, 0, &witness.values).unwrap();
    let value = witness.values[wire] - before - witness.values[query].inverse().unwrap();
    witness.values[wire] = value;
    assert_eq!(r1cs.first_violation(&witness), None, "a weight of full size, and every constraint holds");
    let [commitment, pok] = with_weight(world, 0, value);
    assert!(registers(key, commitment, pok));
    let proof = attacker.prove(&witness, Some(committed));
    assert!(lax.accepts(key, &stored(commitment), &proof, &digest));
    assert!(!STRICT.accepts(key, &stored(commitment), &proof, &digest));
    assert!(!accepts(key, &stored(commitment), &proof, &digest));
}

/// A key for a circuit over a domain and with secrets of the caller's.
fn key_over(circuit: &Circuit, rows: usize, secrets: &Secrets, sigma_weights: Fr) -> WeightsProvingKey {
    let weights = circuit.weights.as_ref().map(|weights| (weights, sigma_weights));
    let system = System { weights, ..System::of(circuit) };
    let domain = Domain::for_rows(rows).unwrap();
    let key = setup_with(&system, secrets, &domain, SetupKind::Development, crate::Observer::none()).unwrap();
    WeightsProvingKey::new(key).unwrap()
}

/// The points of one key are those of the other, byte for byte, and nothing less will do.
#[test]
fn keys_share_weights_if_everything_that_a_commitment_depends_on_is_equal() {
    let world = World::of(Ranges::Lookup);
    let [key, registration] = &world.keys;
    let bytes = |key: &WeightsProvingKey| {
        let key = key.inner();
        [key.weights().points.to_vec(), key.sigma_weights().points.to_vec()]
    };
    assert_eq!(bytes(key), bytes(registration));
    assert_eq!((key.basis(), key.num_weights()), (registration.basis(), 9));
    let (a, b) = (key.verifying_key().to_interface(), registration.verifying_key().to_interface());
    assert_ne!(a.as_ref().key().plain().delta_g2, b.as_ref().key().plain().delta_g2);

    let (circuit, secrets, sigma) = (&world.circuits[1], &world.secrets, world.sigma_weights);
    let rows = key.domain_size();
    assert_eq!(key.shares_weights(&key_over(circuit, rows, secrets, sigma)), Ok(()));
    // Another domain: other polynomials of the rows. One D_w is none of the other key.
    let larger = key_over(circuit, 2 * rows, secrets, sigma);
    assert_eq!(key.shares_weights(&larger), Err(SharedError::Domain { left: rows, right: 2 * rows }));
    let theirs = CommittedWeights::with_mask(&larger, weights(), world.committed.mask()).unwrap();
    assert_ne!(theirs.commitment(), world.committed.commitment());
    assert!(!registers(key, point(&theirs.commitment()), knowledge(&world.committed)));
    let witness = solve(circuit, &[], 7, &weights());
    let prover = WeightsProver::new(&larger, circuit).unwrap();
    let proof = prover.prove(&theirs, &witness, &mut common::rng(3)).unwrap();
    assert!(accepts(&larger, &theirs.commitment(), &proof, &scalar(witness.digest())));
    assert!(!accepts(&larger, &world.committed.commitment(), &proof, &scalar(witness.digest())));
    assert_eq!(
        prover.prove(&world.committed, &witness, &mut common::rng(3)).err(),
        Some(ProveError::OtherSetup)
    );
    // The registration's knowledge check alone would pass: sigma_w is equal.
    assert!(registers(&larger, point(&world.committed.commitment()), knowledge(&world.committed)));

    let shared = |secrets: &Secrets, sigma| key.shares_weights(&key_over(circuit, rows, secrets, sigma));
    let not_shared = |point| Err(SharedError::Key(WeightsError::NotShared(point)));
    assert_eq!(shared(secrets, sigma + Fr::one()), not_shared(KeyPoint::SigmaWeights));
    let one = Fr::one();
    assert_eq!(
        shared(&Secrets { alpha: secrets.alpha + one, ..*secrets }, sigma),
        not_shared(KeyPoint::Alpha)
    );
    assert_eq!(shared(&Secrets { beta: secrets.beta + one, ..*secrets }, sigma), not_shared(KeyPoint::Beta));
    assert_eq!(
        shared(&Secrets { gamma: secrets.gamma + one, ..*secrets }, sigma),
        not_shared(KeyPoint::Gamma)
    );
    // tau shows in no verifying key.
    assert_eq!(shared(&Secrets { tau: secrets.tau + one, ..*secrets }, sigma), Err(SharedError::Points(0)));
    let fewer = registration_of(&TENSORS[..2]);
    let fewer = key_over(&fewer, rows, secrets, sigma);
    assert_eq!(key.shares_weights(&fewer), Err(SharedError::Count { left: 9, right: 8 }));
}

/// Two weights' home rows exchanged: the registration would prove the range of the one of the other.
#[test]
fn other_home_rows_are_refused() {
    let world = World::of(Ranges::Lookup);
    let mut circuit = world.circuits[1].clone();
    let [first, second] = [0, 1].map(|index| circuit.weights.as_ref().unwrap().wires[index]);
    let a = &mut circuit.r1cs.a;
    let of = |a: &assay_circuits::Csr, wire| a.col.iter().position(|found| *found == wire).unwrap();
    let (i, j) = (of(a, first), of(a, second));
    (a.col[i], a.col[j]) = (second, first);
    let expected = assay_circuits::WeightsError::Home { index: 0, wire: first };
    let made = super::super::setup(&[&world.circuits[0], &circuit], &mut common::rng(1));
    assert_eq!(made.err(), Some(SetupError::Weights(expected)));
    // A key that was made of it all the same differs in its points, which a commitment does not fit.
    let swapped = keys::swapped(&world.keys[1], 0, 1);
    assert_eq!(world.keys[0].shares_weights(&swapped), Err(SharedError::Points(0)));
    let theirs = CommittedWeights::with_mask(&swapped, weights(), world.committed.mask()).unwrap();
    assert_ne!(theirs.commitment(), world.committed.commitment());
}

#[test]
fn setups_of_circuits_that_share_nothing_are_refused() {
    let mut rng = common::rng(1);
    let (with, without) = (inference(Ranges::Bits), common::small());
    let fewer = registration_of(&TENSORS[..2]);
    let mut error = |circuits: &[&Circuit]| super::super::setup(circuits, &mut rng).err();
    assert_eq!(error(&[&with, &fewer]), Some(SetupError::WeightCount { circuit: 1, expected: 9, found: 8 }));
    assert_eq!(
        error(&[&with, &without]),
        Some(SetupError::WeightCount { circuit: 1, expected: 9, found: 0 })
    );
    assert_eq!(error(&[&without]), Some(SetupError::WeightCount { circuit: 0, expected: 0, found: 0 }));
    assert_eq!(crate::setup_development(&with, &mut common::rng(1)).err(), Some(SetupError::HasWeights));
    let mut altered = with.clone();
    altered.weights = fewer.weights.clone();
    assert_eq!(
        super::super::setup(&[&altered, &fewer], &mut common::rng(1)).err(),
        Some(SetupError::OtherWeights)
    );
    assert_eq!(super::super::setup(&[], &mut common::rng(1)).map(|keys| keys.len()), Ok(0));
}

/// The same seed and circuits give the same keys; other circuits give others.
#[test]
fn keys_follow_from_seed_and_circuits() {
    let world = World::of(Ranges::Bits);
    let [first, second] = &world.circuits;
    let keys = |circuits: &[&Circuit], seed| {
        let seed = SetupSeed::from_bytes(seed);
        super::super::setup_from_seed(circuits, &seed, crate::Observer::none()).unwrap()
    };
    assert_eq!(keys(&[first, second], SEED)[..], world.keys);
    assert_ne!(keys(&[first, second], [8; 32])[0], world.keys[0]);
    let reversed = keys(&[second, first], SEED);
    assert_ne!(reversed[1], world.keys[0]);
    assert_eq!(reversed[0].shares_weights(&reversed[1]), Ok(()));
}
