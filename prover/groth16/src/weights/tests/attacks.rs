//! Attacks with proofs and commitments. Each is seen accepted where the check is missing that stops it.

use assay_interface::groth16::{
    KeyError, KeyPoint, VerifyError,
    weights::{WeightsError, WeightsKey, check_weights_key},
};

use super::*;
use crate::{
    encoding::KeyReadError,
    setup::{SetupError, System, setup_with},
    weights::key::WeightsProvingKey,
};
use assay_circuits::WeightsError as CircuitWeightsError;
use assay_engine::Domain;
use assay_interface::groth16::SetupKind;

/// The knowledge proofs that somebody can make for a commitment moved by a point of which the key has `multiples`.
fn candidates(honest: G1Affine, multiples: &[G1Affine], factor: Fr) -> Vec<G1Affine> {
    let moved =
        multiples.iter().flat_map(|point| [factor, -factor].map(|factor| plus(honest, *point, factor)));
    [honest].into_iter().chain(moved).collect()
}

fn assert_unregistered(key: &WeightsProvingKey, commitment: G1Affine, knowledge: &[G1Affine]) {
    assert!(knowledge.iter().all(|knowledge| !registers(key, commitment, *knowledge)));
}

/// `D_w + t IC_1` takes the proof of a digest d as one of `d - t`, wherever it comes from a proof's sender.
#[test]
fn a_public_wire_in_the_commitment_is_refused_at_registration() {
    for world in World::both() {
        let (key, honest) = (&world.keys[0], point(&world.committed.commitment()));
        let ic1 = key.inner().verifying_key().points.ic[1];
        let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &weights());
        let (digest, t) = (witness.digest(), Fr::from(77u64));
        let (commitment, claimed) = (plus(honest, ic1, t), scalar(digest - t));
        let attacker = Malicious::new(world, 0, &witness);
        let proof = match world.circuits[0].commitment {
            None => attacker.prove(&attacker.witness, None),
            Some(_) => {
                let committed = attacker.commit();
                let h = STRICT.challenge(key, &stored(commitment), &committed.d, &claimed);
                attacker.prove(&attacker.complete(h), Some(committed))
            }
        };
        // The verifier itself cannot tell: it relies on what was stored.
        assert!(accepts(key, &stored(commitment), &proof, &claimed));
        let knows = knowledge(&world.committed);
        assert_unregistered(key, commitment, &candidates(knows, &[ic1], t));
        // sigma_w IC_1 is in no key. With the setup's secrets it is made, and the key binds nothing.
        assert!(registers(key, commitment, plus(knows, ic1, t * world.sigma_weights)));
    }
}

/// A part of what D holds, moved into D_w: what lookups commit to would be fixed before their queries are.
#[test]
fn a_wire_of_lookups_in_the_commitment_is_refused_at_registration() {
    let world = World::of(Ranges::Lookup);
    let (key, honest) = (&world.keys[0], point(&world.committed.commitment()));
    let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &weights());
    let digest = scalar(witness.digest());
    let (g, sigma_g) = (key.inner().g().points[0].into(), key.inner().sigma_g().points[0].into());
    let x = Fr::from(19u64);
    let commitment = plus(honest, g, x);
    let attacker = Malicious::new(world, 0, &witness);
    let CommitmentProof { d, knowledge: pok } = attacker.commit();
    let committed = CommitmentProof { d: plus(d, g, -x), knowledge: plus(pok, sigma_g, -x) };
    let h = STRICT.challenge(key, &stored(commitment), &committed.d, &digest);
    let proof = attacker.prove(&attacker.complete(h), Some(committed));
    assert!(accepts(key, &stored(commitment), &proof, &digest));
    assert_unregistered(key, commitment, &candidates(knowledge(&world.committed), &[g, sigma_g], x));
}

/// A private wire that nothing commits to: in a ceremony, whose gamma is 1, everybody has its kappa.
#[test]
fn another_private_wire_in_the_commitment_is_refused_at_registration() {
    let world = World::of(Ranges::Bits);
    let (key, honest) = (&world.keys[0], point(&world.committed.commitment()));
    let (digest, proof) = world.proven([1, 2, 3]);
    let l: G1Affine = key.inner().l().points[3].into();
    let Secrets { gamma, delta, .. } = world.secrets;
    let (kappa, x) = ((l * (delta / gamma)).into_affine(), Fr::from(23u64));
    let commitment = plus(honest, kappa, x);
    let moved = Proof { c: plus(proof.c, l, -x), ..proof };
    assert!(accepts(key, &stored(commitment), &moved, &digest));
    assert!(!accepts(key, &world.committed.commitment(), &moved, &digest));
    assert_unregistered(key, commitment, &candidates(knowledge(&world.committed), &[kappa, l], x));
}

/// A weight's value under another weight's point is a commitment, to other weights.
#[test]
fn the_row_of_another_weight_is_another_weight() {
    for world in World::both() {
        let (key, honest) = (&world.keys[0], point(&world.committed.commitment()));
        let [[g0, sigma_g0], [g1, sigma_g1]] = [of_weight(key, 0), of_weight(key, 1)];
        let x = Fr::from(3u64);
        let commitment = plus(plus(honest, g0, x), g1, -x);
        let pok = plus(plus(knowledge(&world.committed), sigma_g0, x), sigma_g1, -x);
        assert!(registers(key, commitment, pok));
        let (digest, proof) = world.proven([1, 2, 3]);
        assert!(!accepts(key, &stored(commitment), &proof, &digest));
        let mut moved = weights();
        moved[0] += 3;
        moved[1] -= 3;
        assert_eq!(
            stored(commitment),
            CommittedWeights::with_mask(key, moved, world.committed.mask()).unwrap().commitment()
        );
    }
}

/// The proof for weights of its own, by a D that holds the difference.
fn with_weights_in_d(world: &World, key: &WeightsProvingKey, delta: i64, secret: Fr) -> (Scalar, Proof) {
    let mut own = weights();
    own[1] += delta;
    let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &own);
    let digest = scalar(witness.digest());
    let committed = CommittedWeights::with_mask(key, own, world.committed.mask()).unwrap();
    let prover = WeightsProver::new(key, &world.circuits[0]).unwrap();
    let witness = prover.with_mask(&committed, &witness).unwrap();
    let attacker = Malicious { prover, key, witness };
    let [g, sigma_g] = of_weight(key, 1);
    let CommitmentProof { d, knowledge } = attacker.commit();
    let x = Fr::from(delta);
    let committed = CommitmentProof { d: plus(d, g, x), knowledge: plus(knowledge, sigma_g, x * secret) };
    let registered =
        CommittedWeights::with_mask(key, weights(), world.committed.mask()).unwrap().commitment();
    let h = STRICT.challenge(key, &registered, &committed.d, &digest);
    (digest, attacker.prove(&attacker.complete(h), Some(committed)))
}

#[test]
fn weights_in_the_commitment_of_lookups_are_refused() {
    let world = World::of(Ranges::Lookup);
    let (key, commitment) = (&world.keys[0], world.committed.commitment());
    for secret in [Fr::one(), -Fr::one(), Fr::from(0u64)] {
        let (digest, proof) = with_weights_in_d(world, key, -4, secret);
        // The equation of the statement holds for weights that nobody registered; the knowledge check does not.
        assert!(main_equation_holds(key, &commitment, &proof, &digest));
        assert!(!accepts(key, &commitment, &proof, &digest));
    }
    assert!({
        let (digest, proof) = with_weights_in_d(world, key, 0, Fr::one());
        accepts(key, &commitment, &proof, &digest)
    });
}

/// A key of the first circuit with a sigma_w of the caller's.
fn key_with(world: &World, sigma_weights: Fr) -> Result<WeightsProvingKey, SetupError> {
    let circuit = &world.circuits[0];
    let weights = circuit.weights.as_ref().map(|weights| (weights, sigma_weights));
    let system = System { weights, ..System::of(circuit) };
    let domain = Domain::with_size(world.keys[0].domain_size()).unwrap();
    let key = setup_with(&system, &world.secrets, &domain, SetupKind::Development, crate::Observer::none())?;
    Ok(WeightsProvingKey::new(key).unwrap())
}

/// With one secret for both, D takes weights. Such a key is refused where it shows.
#[test]
fn one_secret_for_both_commitments_is_refused() {
    let world = World::of(Ranges::Lookup);
    let sigma = world.secrets.sigma;
    assert!(key_with(world, world.sigma_weights).is_ok());
    for (secret, expected) in [
        (sigma, KeyError::Equal(KeyPoint::SigmaGamma, KeyPoint::SigmaWeights)),
        (-sigma, KeyError::Opposite(KeyPoint::SigmaGamma, KeyPoint::SigmaWeights)),
        (Fr::one(), KeyError::Opposite(KeyPoint::Gamma, KeyPoint::SigmaWeights)),
        (-Fr::one(), KeyError::Equal(KeyPoint::Gamma, KeyPoint::SigmaWeights)),
    ] {
        assert_eq!(key_with(world, secret).err(), Some(SetupError::Key(KeyReadError::Key(expected))));
    }
    // Twice the secret does not show in a key, and everybody who knows that factor has weights of his own.
    let key = key_with(world, sigma + sigma).unwrap();
    let registered = CommittedWeights::with_mask(&key, weights(), world.committed.mask()).unwrap();
    let half = Fr::one() / Fr::from(2u64);
    let (digest, proof) = with_weights_in_d(world, &key, -4, half);
    assert!(accepts(&key, &registered.commitment(), &proof, &digest));
}

/// A weight that lookups commit to as well would be free in every proof: with such a key the attack above needs no secret.
#[test]
fn weights_among_the_wires_of_lookups_are_refused() {
    let world = World::of(Ranges::Lookup);
    let (key, commitment) = (&world.keys[0], world.committed.commitment());
    // The point that a key would hold for it, sigma G_1 of a weight, is sigma / sigma_w of one that it does hold.
    let overlapping = world.secrets.sigma / world.sigma_weights;
    let (digest, proof) = with_weights_in_d(world, key, -4, overlapping);
    assert!(accepts(key, &commitment, &proof, &digest));
    // So nobody makes such a key, uses such a circuit, or reads such a file (the module `keys`).
    let mut circuit = world.circuits[0].clone();
    let wire = circuit.weights.as_ref().unwrap().wires[1];
    circuit.commitment.as_mut().unwrap().committed.insert(0, wire);
    let expected = CircuitWeightsError::Committed { index: 1, wire };
    let weights = circuit.weights.as_ref().map(|weights| (weights, world.sigma_weights));
    let system = System { weights, ..System::of(&circuit) };
    let domain = Domain::with_size(key.domain_size()).unwrap();
    let made = setup_with(&system, &world.secrets, &domain, SetupKind::Development, crate::Observer::none());
    assert_eq!(made.err(), Some(SetupError::Weights(expected.clone())));
    let error = WeightsProver::new(key, &circuit).err();
    assert_eq!(error, Some(crate::ProveError::Weights(expected)));
    let error = super::super::setup(&[&circuit], &mut common::rng(1)).err();
    assert_eq!(error, Some(SetupError::OtherCommitment));
}

/// D_w chosen after rho takes what a wrong PoK adds out of the fold again, and the proof runs on weights that were never registered.
#[test]
fn a_commitment_chosen_after_the_fold_is_refused() {
    let world = World::of(Ranges::Lookup);
    let key = &world.keys[0];
    let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &weights());
    let digest = scalar(witness.digest());
    let attacker = Malicious::new(world, 0, &witness);
    let lax = Lax { h_hashes_weights: false, rho_hashes_weights: false };
    let honest = attacker.commit();
    let (commitment, pok) = (point(&world.committed.commitment()), knowledge(&world.committed));
    let [g, sigma_g] = of_weight(key, 1);
    let forged = CommitmentProof { d: honest.d, knowledge: plus(honest.knowledge, g, Fr::from(5u64)) };
    let h = lax.challenge(key, &stored(commitment), &forged.d, &digest);
    let proof = attacker.prove(&attacker.complete(h), Some(forged));
    let rho = lax.factor(key, &stored(commitment), &proof, &digest);
    let shift = -rho * Fr::from(5u64);
    let chosen = plus(commitment, g, shift);
    // It is a commitment to weights, of which one is of full size.
    assert!(registers(key, chosen, plus(pok, sigma_g, shift)));
    assert!(lax.accepts(key, &stored(chosen), &proof, &digest));
    assert!(!lax.accepts(key, &stored(commitment), &proof, &digest));
    for h_hashes_weights in [false, true] {
        let rho_only = Lax { h_hashes_weights, rho_hashes_weights: true };
        assert!(!rho_only.accepts(key, &stored(chosen), &proof, &digest));
    }
    assert!(!accepts(key, &stored(chosen), &proof, &digest));
    // The same verifier takes what is honest.
    let h = STRICT.challenge(key, &stored(commitment), &honest.d, &digest);
    let proof = attacker.prove(&attacker.complete(h), Some(honest));
    assert!(STRICT.accepts(key, &stored(commitment), &proof, &digest));
    assert!(accepts(key, &stored(commitment), &proof, &digest));
}

/// The sum of two commitments is one, and so are multiples: that (1) holds is no proof that anybody knows what it holds. Nobody proves
/// under it what the owners proved.
#[test]
fn sums_and_multiples_of_commitments_register_and_prove_nothing() {
    for world in World::both() {
        let key = &world.keys[0];
        let other = CommittedWeights::commit(key, vec![1; 9], &mut common::rng(8)).unwrap();
        let (a, b) = (point(&world.committed.commitment()), point(&other.commitment()));
        let two = Fr::from(2u64);
        for (commitment, pok) in [
            (plus(a, b, Fr::one()), plus(knowledge(&world.committed), knowledge(&other), Fr::one())),
            (
                plus(a, a, Fr::one()),
                plus(knowledge(&world.committed), knowledge(&world.committed), Fr::one()),
            ),
            (plus(a, b, -two), plus(knowledge(&world.committed), knowledge(&other), -two)),
        ] {
            assert!(registers(key, commitment, pok));
            let (digest, proof) = world.proven([1, 2, 3]);
            assert!(!accepts(key, &stored(commitment), &proof, &digest));
            let (place, registered) = world.registered(7);
            assert!(!accepts(&world.keys[1], &stored(commitment), &registered, &place));
        }
    }
}

/// A copy accepts its owner's published proofs. What tells the places apart is the statement.
#[test]
fn a_copied_commitment_has_the_proofs_of_its_owner_and_none_of_another_place() {
    for world in World::both() {
        let [key, registration] = &world.keys;
        let copy = stored(point(&world.committed.commitment()));
        assert!(registers(key, point(&copy), knowledge(&world.committed)));
        let (digest, proof) = world.proven([1, 2, 3]);
        // A statement without the place: the verifier of the copy takes it.
        assert!(accepts(key, &copy, &proof, &digest));
        // With the place in it, the copy's verifier asks for another one.
        let elsewhere = solve(&world.circuits[0], &[1, 2, 3], 6, &weights());
        assert!(!accepts(key, &copy, &proof, &scalar(elsewhere.digest())));
        // So the registration, whose statement is its place, cannot be repeated elsewhere.
        let (place, registered) = world.registered(7);
        assert!(accepts(registration, &copy, &registered, &place));
        let thief = scalar(solve(&world.circuits[1], &[], 8, &weights()).digest());
        assert!(!accepts(registration, &copy, &registered, &thief));
    }
}

/// A knowledge proof is of one key's sigma_w, of D_w and of nothing else.
#[test]
fn knowledge_of_another_key_or_commitment_is_refused() {
    let world = World::of(Ranges::Lookup);
    let key = &world.keys[0];
    // The same phase 1, and with it the same points G_j and the same D_w, under another sigma_w.
    let twin = key_with(world, world.sigma_weights + Fr::one()).unwrap();
    let theirs = CommittedWeights::with_mask(&twin, weights(), world.committed.mask()).unwrap();
    assert_eq!(theirs.commitment(), world.committed.commitment());
    let d_w = point(&theirs.commitment());
    assert!(registers(key, d_w, knowledge(&world.committed)) && registers(&twin, d_w, knowledge(&theirs)));
    assert!(!registers(key, d_w, knowledge(&theirs)) && !registers(&twin, d_w, knowledge(&world.committed)));
    // Its proofs hash another key.
    let prover = WeightsProver::new(&twin, &world.circuits[0]).unwrap();
    let witness = solve(&world.circuits[0], &[1, 2, 3], 5, &weights());
    let proof = prover.prove(&theirs, &witness, &mut common::rng(2)).unwrap();
    assert!(accepts(&twin, &theirs.commitment(), &proof, &scalar(witness.digest())));
    assert!(!accepts(key, &theirs.commitment(), &proof, &scalar(witness.digest())));
    // The knowledge proof of lookups is none of weights.
    let attacker = Malicious::new(world, 0, &witness);
    let CommitmentProof { d, knowledge: pok } = attacker.commit();
    assert!(
        !registers(key, d, pok)
            && !registers(key, d_w, pok)
            && !registers(key, d, knowledge(&world.committed))
    );
}

/// D_w is hashed, so it has one encoding; zeros that somebody forgot to fill in are no commitment.
#[test]
fn identities_and_second_encodings_are_refused() {
    use assay_interface::groth16::{BASE_MODULUS, weights::WeightsPoint};
    for world in World::both() {
        let key = &world.keys[0];
        let bytes = key.verifying_key().to_interface();
        let (digest, proof) = world.proven([1, 2, 3]);
        let (honest, knows) = (world.committed.commitment(), world.committed.knowledge());
        let verdict = |commitment: &WeightsCommitment| {
            let chain = verify_with_weights(&bytes, commitment, &proof.to_interface(), &digest);
            assert_eq!(
                chain.is_ok(),
                super::super::verify(key.verifying_key(), commitment, &proof, &digest).is_ok()
            );
            chain
        };
        assert_eq!((check_weights(&bytes, &honest, &knows), verdict(&honest)), (Ok(()), Ok(())));
        let aliased = |point: [u8; 64], coordinate: usize| {
            let mut point = point;
            let mut carry = 0u16;
            for i in (0..32).rev() {
                let at = 32 * coordinate + i;
                carry += u16::from(point[at]) + u16::from(BASE_MODULUS[i]);
                point[at] = carry as u8;
                carry >>= 8;
            }
            assert_eq!(carry, 0);
            point
        };
        let identity = |point| Err(WeightsError::Identity(point));
        let alias = |point| Err(WeightsError::NotCanonical(point));
        let check = |commitment, knowledge| {
            check_weights(&bytes, &WeightsCommitment(commitment), &WeightsKnowledge(knowledge))
        };
        assert_eq!(check([0; 64], knows.0), identity(WeightsPoint::Commitment));
        assert_eq!(check([0; 64], [0; 64]), identity(WeightsPoint::Commitment));
        assert_eq!(check(honest.0, [0; 64]), identity(WeightsPoint::Knowledge));
        assert_eq!(verdict(&WeightsCommitment([0; 64])), Err(VerifyError::MalformedKey));
        for coordinate in 0..2 {
            let (d_w, pok) = (aliased(honest.0, coordinate), aliased(knows.0, coordinate));
            assert_eq!(check(d_w, knows.0), alias(WeightsPoint::Commitment));
            assert_eq!(check(honest.0, pok), alias(WeightsPoint::Knowledge));
            assert_eq!(verdict(&WeightsCommitment(d_w)), Err(VerifyError::MalformedKey));
        }
        // Not on the curve.
        let mut off = honest.0;
        off[63] ^= 1;
        assert_eq!(check(off, knows.0), Err(WeightsError::NotWeights));
        assert_eq!(verdict(&WeightsCommitment(off)), Err(VerifyError::MalformedKey));
    }
}

/// A key with weights says of every other point of G2 that sigma_w gamma is another.
#[test]
fn keys_whose_points_are_related_are_refused() {
    use crate::points::Point;
    let world = World::of(Ranges::Lookup);
    let WeightsKey::Committed(key) = world.keys[0].verifying_key().to_interface() else { panic!("lookups") };
    let negated = |bytes: [u8; 128]| -> [u8; 128] {
        let point: ark_bn254::G2Affine = Point::read(&bytes).unwrap();
        (-point).bytes()
    };
    let plain = &key.key.plain;
    for (point, bytes) in [
        (KeyPoint::Beta, plain.beta_g2),
        (KeyPoint::Gamma, plain.gamma_g2),
        (KeyPoint::Delta, plain.delta_g2),
        (KeyPoint::SigmaGamma, key.key.sigma_gamma_negated),
    ] {
        let related = |sigma_weights_negated| {
            let mut other = key;
            other.sigma_weights_negated = sigma_weights_negated;
            check_weights_key(&WeightsKey::Committed(other))
        };
        assert_eq!(related(bytes), Err(KeyError::Equal(point, KeyPoint::SigmaWeights)));
        assert_eq!(related(negated(bytes)), Err(KeyError::Opposite(point, KeyPoint::SigmaWeights)));
    }
    let with = |sigma_weights_negated| {
        let mut other = key;
        other.sigma_weights_negated = sigma_weights_negated;
        check_weights_key(&WeightsKey::Committed(other))
    };
    assert_eq!(with([0; 128]), Err(KeyError::Identity(KeyPoint::SigmaWeights)));
    assert_eq!(with([0xff; 128]), Err(KeyError::NotCanonical(KeyPoint::SigmaWeights)));
    let mut off = key.sigma_weights_negated;
    off[127] ^= 1;
    assert_eq!(with(off), Err(KeyError::NotOnCurve(KeyPoint::SigmaWeights)));
    assert_eq!(with(keys::outside_the_subgroup()), Err(KeyError::NotInSubgroup(KeyPoint::SigmaWeights)));
    // Compressed they are the same.
    for world in World::both() {
        let key = world.keys[0].verifying_key().to_interface();
        let compressed = key.compress().unwrap();
        assert_eq!(compressed.len(), key.as_bytes().len() / 2);
        assert_eq!(WeightsKey::decompress(&compressed), Ok(key));
    }
}
