//! What is accepted.

use assay_interface::groth16::{Form, weights::check_weights_key};

use super::*;
use crate::prove::ProveError;
use crate::weights::CommitError;

#[test]
fn proofs_under_committed_weights_verify_on_every_verifier() {
    for (world, form, len) in
        [(World::of(Ranges::Bits), Form::Plain, 256), (World::of(Ranges::Lookup), Form::Committed, 384)]
    {
        let [key, registration] = &world.keys;
        for key in &world.keys {
            let bytes = key.verifying_key().to_interface();
            assert_eq!(check_weights_key(&bytes), Ok(()));
            assert!(registers(key, point(&world.committed.commitment()), knowledge(&world.committed)));
        }
        assert_eq!(key.shares_weights(registration), Ok(()));
        let commitment = world.committed.commitment();
        let (digest, proof) = world.proven([31, -32, 1]);
        // Weights cost a proof no byte.
        assert_eq!((proof.form(), proof.to_interface().as_bytes().len()), (form, len));
        assert!(accepts(key, &commitment, &proof, &digest));
        let (other, _) = world.proven([1, 2, 3]);
        assert!(!accepts(key, &commitment, &proof, &other));
        // The same commitment serves the other circuit.
        let (place, registered) = world.registered(7);
        assert!(accepts(registration, &commitment, &registered, &place));
        assert!(!accepts(registration, &commitment, &registered, &world.registered(8).0));
        if form == Form::Committed {
            assert!(!accepts(key, &commitment, &registered, &place));
        }
        // Other weights, and the same ones with another mask, are other commitments.
        let mut changed = weights();
        changed[0] += 1;
        for other in [changed, weights()] {
            let other = CommittedWeights::commit(key, other, &mut common::rng(4)).unwrap();
            assert!(registers(key, point(&other.commitment()), knowledge(&other)));
            assert!(!accepts(key, &other.commitment(), &proof, &digest));
        }
        // The equations one by one, which the test's own verifiers build on.
        assert!(main_equation_holds(key, &commitment, &proof, &digest));
        assert!(!main_equation_holds(key, &commitment, &proof, &other));
    }
}

/// What the prover takes from its cache is what it would compute.
#[test]
fn cached_sums_are_those_of_the_weights() {
    for world in World::both() {
        let witness = solve(&world.circuits[0], &[4, 5, -6], 5, &weights());
        let prover = world.prover(0);
        let witness = prover.with_mask(&world.committed, &witness).unwrap();
        let witness = world.circuits[0].complete(witness, Fr::from(3u64), Fr::from(1u64 << 60)).unwrap();
        let (r, s) = (Fr::from(5u64), Fr::from(6u64));
        let core = prover.inner().core();
        let plain = core.prove(&witness.values, r, s, &mut ProveTimings::default()).unwrap();
        let known =
            crate::prove::Core { known: Some(prover.known(&world.committed)), ..prover.inner().core() };
        let cached = known.prove(&witness.values, r, s, &mut ProveTimings::default()).unwrap();
        assert_eq!(plain, cached);
    }
}

#[test]
fn an_update_is_a_commitment_to_the_new_weights_with_a_fresh_mask() {
    let world = World::of(Ranges::Bits);
    let key = &world.keys[0];
    let all: Vec<(usize, i64)> = (0..9).map(|index| (index, index as i64 - 4)).collect();
    for changes in [&[][..], &[(3, 7)], &[(0, 1), (8, -3), (0, 2)], &all] {
        let updated = world.committed.update(key, changes, &mut common::rng(5)).unwrap();
        let mut expected = weights();
        changes.iter().for_each(|&(index, value)| expected[index] = value);
        assert_eq!(updated.weights()[..], expected);
        assert_ne!(updated.mask(), world.committed.mask());
        assert_eq!(updated, CommittedWeights::with_mask(key, expected.clone(), updated.mask()).unwrap());
        // Under the other key it is the same.
        assert_eq!(
            updated,
            CommittedWeights::with_mask(&world.keys[1], expected.clone(), updated.mask()).unwrap()
        );
        let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &expected);
        let proof = world.prover(0).prove(&updated, &witness, &mut common::rng(6)).unwrap();
        let digest = scalar(witness.digest());
        assert!(accepts(key, &updated.commitment(), &proof, &digest));
        // A proof of before does not outlive a change, nor one of now come before it.
        assert!(!accepts(key, &world.committed.commitment(), &proof, &digest));
        let (digest, before) = world.proven([1, 2, 3]);
        assert!(!accepts(key, &updated.commitment(), &before, &digest));
    }
    let error = world.committed.update(key, &[(9, 1)], &mut common::rng(5)).err();
    assert_eq!(error, Some(CommitError::Index { index: 9, count: 9 }));
    let error = CommittedWeights::commit(key, vec![1, 2], &mut common::rng(5)).err();
    assert_eq!(error, Some(CommitError::Count { expected: 9, found: 2 }));
}

/// Two commitments to weights that differ in one place. With one mask anybody finds the place and the difference by trying.
#[test]
fn the_difference_of_two_versions_is_guessed_where_a_mask_is_used_twice() {
    let world = World::of(Ranges::Bits);
    let key = &world.keys[0];
    let guess = |before: &CommittedWeights, after: &CommittedWeights| {
        let difference = plus(point(&after.commitment()), point(&before.commitment()), -Fr::one());
        let tries = (0..9).flat_map(|index| (-8..8).map(move |delta| (index, delta)));
        tries.into_iter().find(|&(index, delta)| {
            plus(G1Affine::default(), of_weight(key, index)[0], Fr::from(delta)) == difference
        })
    };
    let mut changed = weights();
    changed[5] -= 3;
    let reused = CommittedWeights::with_mask(key, changed, world.committed.mask()).unwrap();
    assert_eq!(guess(&world.committed, &reused), Some((5, -3)));
    let updated = world.committed.update(key, &[(5, 47)], &mut common::rng(5)).unwrap();
    assert_eq!(updated.weights(), reused.weights());
    assert_eq!(guess(&world.committed, &updated), None);
}

#[test]
fn a_prover_refuses_other_weights_and_other_setups() {
    let world = World::of(Ranges::Bits);
    let mut rng = common::rng(7);
    let mut other_weights = weights();
    other_weights[4] = 9;
    let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &other_weights);
    let error = world.prover(0).prove(&world.committed, &witness, &mut rng).err();
    assert_eq!(error, Some(ProveError::OtherWeight { index: 4 }));
    let [first, second] = &world.circuits;
    let other = super::super::setup(&[first, second], &mut rng).unwrap();
    let elsewhere = CommittedWeights::commit(&other[0], weights(), &mut rng).unwrap();
    let witness = solve(first, &[1, 2, 3], 5, &weights());
    assert_eq!(world.prover(0).prove(&elsewhere, &witness, &mut rng).err(), Some(ProveError::OtherSetup));
    let error = elsewhere.update(&world.keys[0], &[], &mut rng).err();
    assert_eq!(error, Some(CommitError::OtherSetup));
    let mut short = witness;
    short.values.pop();
    let error = world.prover(0).prove(&world.committed, &short, &mut rng).err();
    assert!(matches!(error, Some(ProveError::WitnessLength { .. })));
    // A circuit whose matrices were changed by hand after its key was made is another circuit; one whose list of weights was, is found.
    let mut altered = world.circuits[0].clone();
    altered.weights.as_mut().unwrap().wires.pop();
    assert!(WeightsProver::new(&world.keys[0], &altered).is_err());
    altered.weights = None;
    assert_eq!(
        WeightsProver::new(&world.keys[0], &altered).err(),
        Some(ProveError::KeyWires { what: "query L" })
    );
    assert!(!format!("{:?}", world.committed).contains("127"));
}
