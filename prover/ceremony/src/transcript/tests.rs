//! Records with factors of a test's choice: what each check of a record stops.

use ark_ff::Field;

use super::*;

fn beginning(sigmas: u32) -> Beginning {
    Beginning {
        circuit: [1; 32],
        domain: 16,
        sigmas,
        phase1: Identity { power: 4, blake2b: [2; 64], contributions: 1, last_challenge: [3; 64] },
        beacon: Some("a round".into()),
        parts: vec![[4; 32]; 7 + sigmas as usize],
    }
}

fn factors(delta: u64, sigmas: &[u64]) -> Factors {
    Factors { delta: Fr::from(delta), sigmas: sigmas.iter().map(|sigma| Fr::from(*sigma)).collect() }
}

/// Adds a contribution with these factors, made as an honest one is.
fn add(transcript: &mut Transcript, name: &str, factors: &Factors) {
    let (hash, state) = (transcript.hash(), transcript.state());
    let seed = Seed::draw(b"").unwrap();
    let parts = vec![[5; 32]; 2 + state.sigmas.len()];
    let record = Record::contribute(&hash, &state, (name.into(), [0; 32]), (&seed, factors), parts);
    transcript.records.push(record);
}

fn honest(sigmas: usize, contributions: u64) -> Transcript {
    let mut transcript = Transcript { beginning: beginning(sigmas as u32), records: Vec::new() };
    for number in 0..contributions {
        let sigmas: Vec<u64> = (0..sigmas as u64).map(|i| 100 + 7 * number + i).collect();
        add(&mut transcript, "someone", &factors(5 + number, &sigmas));
    }
    transcript
}

fn apply_beacon(transcript: &mut Transcript, value: &[u8]) {
    let (mut record, _) = Record::beacon(&transcript.hash(), &transcript.state(), value);
    record.parts = vec![[6; 32]; 2 + transcript.state().sigmas.len()];
    transcript.records.push(record);
}

/// Two sigmas too: a further secret is an entry of the list.
#[test]
fn honest_chains_hold() {
    for sigmas in 0..=2 {
        let mut transcript = honest(sigmas, 4);
        assert_eq!(transcript.check(), Ok(()));
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let delta = Fr::from(5 * 6 * 7 * 8u64);
        assert_eq!(transcript.state().delta_g1, (g1 * delta).into_affine());
        assert_eq!(transcript.state().delta_g2, (g2 * delta).into_affine());
        assert_eq!(transcript.hashes().len(), 5);
        apply_beacon(&mut transcript, b"value");
        assert_eq!(transcript.check(), Ok(()));
        assert!(transcript.is_closed());
        add(&mut transcript, "late", &factors(9, &vec![10; sigmas]));
        assert_eq!(transcript.check(), Err((6, RecordError::AfterBeacon)));
    }
}

#[test]
fn factors_of_one_and_one_factor_twice_are_refused() {
    let with = |delta, sigma| {
        let mut transcript = honest(1, 2);
        add(&mut transcript, "mallory", &factors(delta, &[sigma]));
        transcript.check()
    };
    assert_eq!(with(3, 4), Ok(()));
    assert_eq!(with(1, 4), Err((3, RecordError::Unchanged("delta"))));
    assert_eq!(with(3, 1), Err((3, RecordError::Unchanged("sigma"))));
    assert_eq!(with(3, 3), Err((3, RecordError::SameFactor)));
}

/// What differs by its sign alone is no more independent than what is the same.
#[test]
fn opposite_factors_and_opposite_secrets_are_refused() {
    let minus = |factor: u64| -Fr::from(factor);
    let with = |contributions, delta: Fr, sigmas: &[Fr]| {
        let mut transcript = honest(sigmas.len(), contributions);
        add(&mut transcript, "mallory", &Factors { delta, sigmas: sigmas.to_vec() });
        transcript.check()
    };
    let of = |factor: u64| Fr::from(factor);
    assert_eq!(with(2, minus(1), &[of(4)]), Err((3, RecordError::Unchanged("delta"))));
    assert_eq!(with(2, of(3), &[minus(1)]), Err((3, RecordError::Unchanged("sigma"))));
    assert_eq!(with(2, of(3), &[minus(3)]), Err((3, RecordError::SameFactor)));
    // Points of the state: delta is 5, and sigma 100, after the first contribution.
    assert_eq!(with(1, of(40), &[of(2)]), Err((2, RecordError::Equal)));
    assert_eq!(with(1, of(40), &[minus(2)]), Err((2, RecordError::Equal)));
    assert_eq!(with(1, of(5).inverse().unwrap(), &[of(2)]), Err((2, RecordError::Equal)));
    // Two sigmas.
    assert_eq!(with(0, of(3), &[of(4), of(4)]), Err((1, RecordError::Equal)));
    assert_eq!(with(0, of(3), &[of(4), minus(4)]), Err((1, RecordError::Equal)));
    assert_eq!(with(0, of(3), &[of(4), of(7)]), Ok(()));
}

#[test]
fn a_beacon_is_named_and_comes_once() {
    let mut transcript =
        Transcript { beginning: Beginning { beacon: None, ..beginning(1) }, records: Vec::new() };
    add(&mut transcript, "someone", &factors(5, &[7]));
    assert_eq!(transcript.check(), Ok(()));
    apply_beacon(&mut transcript, &[9; 32]);
    assert_eq!(transcript.check(), Err((2, RecordError::UnnamedBeacon)));
    let mut transcript = honest(1, 1);
    apply_beacon(&mut transcript, &[9; 32]);
    assert_eq!(transcript.check(), Ok(()));
    apply_beacon(&mut transcript, &[10; 32]);
    assert_eq!(transcript.check(), Err((3, RecordError::AfterBeacon)));
}

/// Everything that stands in a transcript's beginning is hashed.
#[test]
fn a_beginning_is_hashed_whole() {
    let hash = |change: fn(&mut Beginning)| {
        let mut beginning = beginning(1);
        change(&mut beginning);
        beginning.hash()
    };
    let hashes = [
        hash(|_| ()),
        hash(|beginning| beginning.circuit[0] ^= 1),
        hash(|beginning| beginning.domain += 1),
        hash(|beginning| beginning.phase1.power += 1),
        hash(|beginning| beginning.phase1.blake2b[0] ^= 1),
        hash(|beginning| beginning.phase1.contributions += 1),
        hash(|beginning| beginning.phase1.last_challenge[0] ^= 1),
        hash(|beginning| beginning.beacon = None),
        hash(|beginning| beginning.parts[7][0] ^= 1),
    ];
    for (i, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..i].contains(hash), "{i}");
    }
}

/// A state of one's own in place of all others': every ratio to the initial key holds, and the proof does not.
#[test]
fn leaving_everybody_out_is_refused() {
    let mut transcript = honest(1, 2);
    let mut alone = honest(1, 0);
    add(&mut alone, "mallory", &factors(11, &[13]));
    transcript.records.push(alone.records.remove(0));
    assert_eq!(transcript.check(), Err((3, RecordError::Knowledge("delta"))));
    // With delta continued, and sigma one's own.
    let mut transcript = honest(1, 2);
    let (hash, before) = (transcript.hash(), transcript.state());
    let mixed = State { sigmas: vec![G2Affine::generator()], ..before };
    let seed = Seed::draw(b"").unwrap();
    let name = ("mallory".into(), [0; 32]);
    let record = Record::contribute(&hash, &mixed, name, (&seed, &factors(11, &[13])), vec![[5; 32]; 3]);
    transcript.records.push(record);
    assert!(matches!(transcript.check(), Err((3, RecordError::Knowledge(_)))));
}

#[test]
fn a_proof_fits_one_place_one_name_and_one_branch() {
    let good = honest(1, 3);
    let refused = |change: &dyn Fn(&mut Transcript)| {
        let mut transcript = good.clone();
        change(&mut transcript);
        let (number, error) = transcript.check().unwrap_err();
        assert!(matches!(error, RecordError::Knowledge(_)), "{number}: {error}");
        number
    };
    // Replayed, left out, exchanged.
    assert_eq!(refused(&|t| t.records.push(t.records[0].clone())), 4);
    let mut twice = good.clone();
    twice.records.push(good.records[2].clone());
    assert_eq!(twice.check(), Err((4, RecordError::Unchanged("delta"))));
    assert_eq!(refused(&|t| drop(t.records.remove(1))), 2);
    assert_eq!(refused(&|t| t.records.swap(0, 1)), 1);
    // Another name, key, hash of a part, beginning.
    fn author(transcript: &mut Transcript) -> (&mut String, &mut [u8; 32], &mut Proof<G1Affine>) {
        match &mut transcript.records[1].author {
            Author::Contributor { name, key, delta, .. } => (name, key, delta),
            Author::Beacon { .. } => unreachable!(),
        }
    }
    assert_eq!(refused(&|t| author(t).0.push('!')), 2);
    assert_eq!(refused(&|t| author(t).1[0] = 1), 2);
    assert_eq!(refused(&|t| author(t).2.response += Fr::ONE), 2);
    assert_eq!(refused(&|t| t.records[1].parts[0][0] ^= 1), 2);
    assert_eq!(refused(&|t| t.beginning.beacon = None), 1);
    assert_eq!(refused(&|t| t.beginning.phase1.blake2b[0] ^= 1), 1);
    // A record of another branch of the same ceremony.
    let mut branch = good.clone();
    branch.records.truncate(1);
    add(&mut branch, "someone", &factors(6, &[107]));
    assert_eq!(branch.check(), Ok(()));
    assert_eq!(branch.state(), State { ..honest(1, 2).state() }, "the same factors, and other nonces");
    assert_eq!(refused(&|t| t.records[1] = branch.records[1].clone()), 3);
}

#[test]
fn a_record_has_one_delta_and_every_proof() {
    let change = |change: fn(&mut Record)| {
        let mut transcript = honest(1, 2);
        change(&mut transcript.records[1]);
        transcript.check().unwrap_err()
    };
    let groups =
        change(|record| record.state.delta_g2 = (record.state.delta_g2 * Fr::from(2u64)).into_affine());
    assert_eq!(groups, (2, RecordError::Groups));
    let missing = change(|record| {
        if let Author::Contributor { sigmas, .. } = &mut record.author {
            sigmas.clear();
        }
    });
    assert_eq!(missing, (2, RecordError::Form));
    assert_eq!(change(|record| record.state.sigmas.clear()), (2, RecordError::Form));
    assert_eq!(change(|record| record.parts.truncate(2)), (2, RecordError::Form));
}

#[test]
fn a_beacon_is_computed_again() {
    let mut transcript = honest(1, 2);
    apply_beacon(&mut transcript, b"value");
    let mut other = transcript.clone();
    other.records[2].author = Author::Beacon { value: b"another".to_vec() };
    assert_eq!(other.check(), Err((3, RecordError::Beacon)));
    // A person's factors under the beacon's name.
    let mut false_beacon = honest(1, 2);
    add(&mut false_beacon, "mallory", &factors(11, &[13]));
    false_beacon.records[2].author = Author::Beacon { value: b"value".to_vec() };
    assert_eq!(false_beacon.check(), Err((3, RecordError::Beacon)));
}

/// What nineteen know together of the twenty factors is not delta: they lack the honest one's.
#[test]
fn nineteen_of_twenty_do_not_know_delta() {
    let mut transcript = honest(0, 0);
    let mut known = Fr::ONE;
    for number in 0..20u64 {
        let seed = Seed::draw(b"").unwrap();
        let factors = if number == 7 { seed.factors(0) } else { factors(2 + number, &[]) };
        if number != 7 {
            known *= factors.delta;
        }
        add(&mut transcript, "one of twenty", &factors);
    }
    assert_eq!((transcript.check(), transcript.contributions()), (Ok(()), 20));
    let delta = transcript.state().delta_g1;
    assert_ne!(delta, (G1Affine::generator() * known).into_affine());
    // Without the honest one's record the chain does not hold: they cannot leave it out afterwards.
    transcript.records.remove(7);
    assert!(matches!(transcript.check(), Err((8, RecordError::Knowledge(_)))));
}
