//! What is done to a key or its transcript after, or beside, honest contributions.

use std::sync::LazyLock;

use ark_bn254::{Fq2, Fr, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use assay_ceremony::{Error, Options, Phase1, Transcript, from_json, to_json, verify, verify_verifying_key};
use assay_circuits::{Circuit, Ranges};
use assay_engine::{Backend, G1Point, G2Point, multiply_all};
use assay_groth16::parts::{KeyParts, Shape};
use assay_groth16::{
    Observer, ProvingKey, SetupKind, prove, scalar, setup_development, verify as verify_proof,
};

use crate::{
    common::{
        begin, begun, check, checked, circuit, contribute, lookups, plain, power, prepared, refusal, solve,
    },
    ptau::{Ptau, SECRETS, Secrets},
};

/// A finished ceremony of three, its first phase and its key.
struct Finished {
    circuit: Circuit,
    ptau: &'static [u8],
    transcript: Transcript,
    key: ProvingKey,
    hashes: Vec<[u8; 32]>,
}

/// Of the plain circuit.
static PLAIN: LazyLock<Finished> = LazyLock::new(|| finished(plain()));
/// Of the one with lookups.
static LOOKUPS: LazyLock<Finished> = LazyLock::new(|| finished(lookups()));

fn finished(circuit: Circuit) -> Finished {
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let mut ceremony = begun(directory.path(), &circuit);
    let hashes = ["alice", "bob", "carol"].map(|name| contribute(&mut ceremony, &circuit, name)).to_vec();
    let key = ceremony.key(&circuit, Observer::none()).unwrap();
    Finished { circuit, ptau, transcript: ceremony.transcript().clone(), key, hashes }
}

impl Finished {
    fn check(&self, key: &ProvingKey) -> Result<assay_ceremony::Verified, Error> {
        check(&self.circuit, self.ptau, &self.transcript, key)
    }

    /// The refusal of the key with changed parts.
    fn altered<'s>(&'s self, change: impl FnOnce(&mut KeyParts<'s>)) -> String {
        let shape = Shape::of(&self.circuit).unwrap();
        let mut parts = self.key.parts();
        change(&mut parts);
        let key = ProvingKey::from_parts(&shape, SetupKind::Ceremony, &parts, Observer::none()).unwrap();
        refusal(self.check(&key))
    }
}

fn swapped<P: Copy>(points: &[P]) -> Vec<P> {
    let mut points = points.to_vec();
    points.swap(0, 1);
    points
}

/// Keys of both forms verify, and so do proofs under them.
#[test]
fn honest_keys_verify_and_prove() {
    for ceremony in [&*PLAIN, &*LOOKUPS] {
        let verified = ceremony.check(&ceremony.key).unwrap();
        let names: Vec<&str> = verified.contributors.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob", "carol"]);
        assert_eq!(verified.contributors.iter().map(|one| one.hash).collect::<Vec<_>>(), ceremony.hashes);
        assert_eq!(verified.transcript, ceremony.hashes[2]);
        assert_eq!(ceremony.key.verifying_key().setup_kind(), SetupKind::Ceremony);
        let mut rng = rand::rngs::OsRng;
        let witness = solve(&ceremony.circuit);
        let proof = prove(&ceremony.key, &ceremony.circuit, &witness, &mut rng).unwrap();
        verify_proof(ceremony.key.verifying_key(), &proof, &scalar(witness.digest())).unwrap();
        // A key that went through its file.
        let again = ProvingKey::from_bytes(ceremony.key.as_bytes()).unwrap();
        ceremony.check(&again).unwrap();
        // The verifying key alone.
        let phase1 = Phase1::read(ceremony.ptau).unwrap();
        let key = ceremony.key.verifying_key();
        let transcript = &ceremony.transcript;
        verify_verifying_key(&ceremony.circuit, &phase1, transcript, key, &ceremony.hashes, Observer::none())
            .unwrap();
    }
}

#[test]
fn every_altered_section_is_named() {
    let ceremony = &*LOOKUPS;
    let parts = ceremony.key.parts();
    let not_given = |what: &str| {
        format!(
            "the points of {what} are not those that the circuit, the first phase and the contributions give"
        )
    };
    let points: Vec<G1Point> = swapped(parts.a);
    assert_eq!(ceremony.altered(|parts| parts.a = &points), not_given("A"));
    let points: Vec<G1Point> = swapped(parts.b_g1);
    assert_eq!(ceremony.altered(|parts| parts.b_g1 = &points), not_given("B in G1"));
    let points: Vec<G2Point> = swapped(parts.b_g2);
    assert_eq!(ceremony.altered(|parts| parts.b_g2 = &points), not_given("B in G2"));
    let points: Vec<G1Point> = swapped(parts.l);
    assert_eq!(ceremony.altered(|parts| parts.l = &points), not_given("L"));
    let points: Vec<G1Point> = swapped(parts.h);
    assert_eq!(ceremony.altered(|parts| parts.h = &points), not_given("H"));
    let (g, sigma_g): (Vec<G1Point>, Vec<G1Point>) = (swapped(parts.g), swapped(parts.sigma_g));
    let commitment = ceremony.altered(|parts| (parts.g, parts.sigma_g) = (&g, &sigma_g));
    assert_eq!(commitment, not_given("the commitment"));
    assert_eq!(ceremony.altered(|parts| parts.ic.swap(1, 2)), not_given("IC"));
    assert_eq!(ceremony.altered(|parts| parts.ic.swap(0, 1)), not_given("IC"));
    // Points times a number that the forger knows, where delta's ratio would make up for it.
    let twice = multiply_all(Backend::fastest(), parts.l, Fr::from(2u64));
    assert_eq!(ceremony.altered(|parts| parts.l = &twice), not_given("L"));
    let base = |what: &str| format!("the key's {what} is not that of the first phase");
    let negated = -parts.alpha_g1;
    assert_eq!(ceremony.altered(|parts| parts.alpha_g1 = negated), base("alpha"));
    let gamma = -parts.gamma_g2;
    // sigma is held against gamma by the reader, so both change.
    let negated_sigma = parts.sigma_gamma_negated.map(|sigma| -sigma);
    let altered =
        ceremony.altered(|parts| (parts.gamma_g2, parts.sigma_gamma_negated) = (gamma, negated_sigma));
    assert_eq!(altered, base("gamma"));
    // beta and delta, each in both groups: a reader of keys holds one against the other.
    let (g1, g2) = ((parts.beta_g1 + parts.beta_g1).into(), (parts.beta_g2 + parts.beta_g2).into());
    assert_eq!(ceremony.altered(|parts| (parts.beta_g1, parts.beta_g2) = (g1, g2)), base("beta"));
    let (g1, g2) = ((parts.delta_g1 + parts.delta_g1).into(), (parts.delta_g2 + parts.delta_g2).into());
    let altered = ceremony.altered(|parts| (parts.delta_g1, parts.delta_g2) = (g1, g2));
    assert!(altered.starts_with("the key's delta is not that of the transcript's last record"), "{altered}");
}

/// A key that says "development" is none of a ceremony, and one that says "ceremony" is not believed.
#[test]
fn an_edited_kind_is_refused() {
    let ceremony = &*PLAIN;
    let shape = Shape::of(&ceremony.circuit).unwrap();
    let (parts, none) = (ceremony.key.parts(), Observer::none());
    let edited = ProvingKey::from_parts(&shape, SetupKind::Development, &parts, none).unwrap();
    let refused = refusal(ceremony.check(&edited));
    assert!(refused.starts_with("the key says that it is a development key"), "{refused}");
    let phase1 = Phase1::read(ceremony.ptau).unwrap();
    let alone = |key: &ProvingKey| {
        let (transcript, key) = (&ceremony.transcript, key.verifying_key());
        refusal(verify_verifying_key(&ceremony.circuit, &phase1, transcript, key, &[], none))
    };
    assert!(alone(&edited).starts_with("the key says that it is a development key"));
    let (development, _) = setup_development(&ceremony.circuit, &mut rand::rngs::OsRng).unwrap();
    let edited = ProvingKey::from_parts(&shape, SetupKind::Ceremony, &development.parts(), none).unwrap();
    assert_eq!(alone(&edited), "the key's alpha is not that of the first phase");
}

/// A key without points for some of the wires.
#[test]
fn a_key_for_other_wires_is_refused() {
    let ceremony = &*PLAIN;
    let mut shape = Shape::of(&ceremony.circuit).unwrap();
    shape.b.pop();
    let mut parts = ceremony.key.parts();
    (parts.b_g1, parts.b_g2) = (&parts.b_g1[1..], &parts.b_g2[1..]);
    let key = ProvingKey::from_parts(&shape, SetupKind::Ceremony, &parts, Observer::none()).unwrap();
    assert_eq!(refusal(ceremony.check(&key)), "the key has its points for other wires than the circuit's");
    // A key over a larger domain, which is one for the circuit too, and not this ceremony's.
    let mut domain = ceremony.transcript.clone();
    domain.beginning.domain *= 2;
    let refused = refusal(check(&ceremony.circuit, ceremony.ptau, &domain, &ceremony.key));
    assert!(refused.starts_with("record 1 of the transcript: its proof of knowledge"), "{refused}");
}

/// A key of a fork, and of one person alone, under the others' transcript.
#[test]
fn a_key_of_another_history_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let ceremony = &*PLAIN;
    let mut alone = begun(&directory.path().join("alone"), &ceremony.circuit);
    contribute(&mut alone, &ceremony.circuit, "mallory");
    let key = alone.key(&ceremony.circuit, Observer::none()).unwrap();
    // Its own history is a ceremony of one.
    assert_eq!(
        check(&ceremony.circuit, ceremony.ptau, alone.transcript(), &key).unwrap().contributors.len(),
        1
    );
    assert!(
        refusal(ceremony.check(&key))
            .starts_with("the key's delta is not that of the transcript's last record")
    );
    // Its record behind the others'.
    let mut transcript = ceremony.transcript.clone();
    transcript.records.push(alone.transcript().records[0].clone());
    let refused = refusal(check(&ceremony.circuit, ceremony.ptau, &transcript, &key));
    assert!(
        refused.starts_with("record 4 of the transcript: its proof of knowledge of delta's factor"),
        "{refused}"
    );
    // Whoever looks for their contribution does not find it in the other branch.
    let phase1 = Phase1::read(ceremony.ptau).unwrap();
    let hash = ceremony.hashes[1];
    let refused =
        refusal(verify(&ceremony.circuit, &phase1, alone.transcript(), &key, &[hash], Observer::none()));
    assert!(
        refused.starts_with(&format!("the contribution {} is not in this transcript", hex::encode(hash)))
    );
    // The state before the last contribution, under the whole transcript.
    let mut shorter = ceremony.transcript.clone();
    shorter.records.pop();
    let refused = refusal(check(&ceremony.circuit, ceremony.ptau, &shorter, &ceremony.key));
    assert!(refused.contains("delta is not that of the transcript's last record"), "{refused}");
}

#[test]
fn another_circuit_or_first_phase_is_refused() {
    let ceremony = &*PLAIN;
    let other = circuit(Ranges::Bits, 4);
    let transcript = &ceremony.transcript;
    let refused = refusal(check(&other, ceremony.ptau, transcript, &ceremony.key));
    assert!(refused.starts_with("the ceremony is one for circuit "), "{refused}");
    // A transcript that names the other circuit has other hashes, so its records do not hold.
    let mut renamed = transcript.clone();
    renamed.beginning.circuit = other.digest();
    let refused = refusal(check(&other, ceremony.ptau, &renamed, &ceremony.key));
    assert!(refused.starts_with("record 1 of the transcript: its proof of knowledge"), "{refused}");
    let secrets = Secrets { beta: Fr::from(5u64), ..SECRETS() };
    let another = Ptau::new(power(&ceremony.circuit), &secrets).to_bytes();
    let refused = refusal(check(&ceremony.circuit, &another, transcript, &ceremony.key));
    assert!(refused.starts_with("the ceremony began from another first phase"), "{refused}");
    let mut domain = transcript.clone();
    domain.beginning.domain = 5;
    assert!(
        refusal(check(&ceremony.circuit, ceremony.ptau, &domain, &ceremony.key))
            .contains("domain of 5 points")
    );
}

/// A ceremony of another circuit, begun and contributed to honestly, whose name was then changed to the model's.
#[test]
fn a_ceremony_for_another_circuit_does_not_pass_for_this_one() {
    let (circuit, other) = (plain(), circuit(Ranges::Bits, 4));
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let mut ceremony = begun(&directory.path().join("other"), &other);
    contribute(&mut ceremony, &other, "mallory");
    let key = ceremony.key(&other, Observer::none()).unwrap();
    let shape = Shape { circuit: circuit.digest(), ..Shape::of(&other).unwrap() };
    let key = ProvingKey::from_parts(&shape, SetupKind::Ceremony, &key.parts(), Observer::none()).unwrap();
    let mut honest = begun(&directory.path().join("honest"), &circuit);
    contribute(&mut honest, &circuit, "mallory");
    let refused = refusal(check(&circuit, ptau, honest.transcript(), &key));
    assert!(refused.contains("delta is not that of the transcript's last record"), "{refused}");
    // With the very delta that the transcript names, IC shows the circuit.
    let parts = key.parts();
    let honest_key = honest.key(&circuit, Observer::none()).unwrap();
    let honest_parts = honest_key.parts();
    let mixed = KeyParts { ic: parts.ic.clone(), ..honest_parts };
    let mixed =
        ProvingKey::from_parts(&Shape::of(&circuit).unwrap(), SetupKind::Ceremony, &mixed, Observer::none());
    let refused = refusal(check(&circuit, ptau, honest.transcript(), &mixed.unwrap()));
    assert!(refused.starts_with("the points of IC are not those"), "{refused}");
}

#[test]
fn nobodys_key_is_not_exported() {
    let circuit = plain();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let ceremony = begun(directory.path(), &circuit);
    let refused = refusal(ceremony.key(&circuit, Observer::none()));
    assert!(refused.starts_with("nobody has contributed"), "{refused}");
    let refused = refusal(check(&circuit, ptau, ceremony.transcript(), &PLAIN.key));
    assert!(refused.starts_with("nobody has contributed"), "{refused}");
}

#[test]
fn a_beacon_ends_a_ceremony_that_named_it() {
    let circuit = lookups();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let options = Options { beacon: Some("round 9".into()), power_of_two: true };
    let mut ceremony = begin(directory.path(), &circuit, ptau, options).unwrap();
    let none = Observer::none();
    assert!(
        refusal(checked(&mut ceremony, &circuit).unwrap().beacon(&[7; 32], none))
            .starts_with("nobody has contributed")
    );
    contribute(&mut ceremony, &circuit, "alice");
    let key = ceremony.key(&circuit, none).unwrap();
    let refused = refusal(check(&circuit, ptau, ceremony.transcript(), &key));
    assert!(
        refused.starts_with("the ceremony is to end with the beacon \"round 9\", and has not"),
        "{refused}"
    );
    checked(&mut ceremony, &circuit).unwrap().beacon(&[7; 32], none).unwrap();
    let key = ceremony.key(&circuit, none).unwrap();
    let verified = check(&circuit, ptau, ceremony.transcript(), &key).unwrap();
    assert_eq!(verified.beacon, Some(("round 9".into(), vec![7; 32])));
    assert_eq!(verified.contributors.len(), 1);
    let late = checked(&mut ceremony, &circuit).unwrap().contribute("late".into(), [0; 32], b"", none);
    assert!(refusal(late).starts_with("the beacon has ended this ceremony"));
    assert!(
        refusal(checked(&mut ceremony, &circuit).unwrap().beacon(&[8; 32], none))
            .starts_with("the beacon has ended this ceremony")
    );
    let (plain, elsewhere) = (plain(), tempfile::tempdir().unwrap());
    let mut unnamed = begun(elsewhere.path(), &plain);
    assert!(
        refusal(checked(&mut unnamed, &plain).unwrap().beacon(&[7; 32], none))
            .starts_with("the ceremony named no beacon")
    );
}

/// Twenty contributors, of whom one takes the state and never sends his contribution: the next goes on without.
#[test]
fn twenty_contribute_and_one_drops_out() {
    let circuit = plain();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let mut ceremony = begun(&directory.path().join("ceremony"), &circuit);
    let (mut hashes, mut lost) = (Vec::new(), [0; 32]);
    for number in 0..20 {
        if number == 11 {
            let (packed, away) = (directory.path().join("packed"), directory.path().join("away"));
            ceremony.pack(&packed, &mut std::fs::File::create(&packed).unwrap()).unwrap();
            let mut away = assay_ceremony::unpack(&packed, &away).unwrap();
            lost = contribute(&mut away, &circuit, "gone");
        }
        hashes.push(contribute(&mut ceremony, &circuit, &format!("number {number}")));
    }
    let key = ceremony.key(&circuit, Observer::none()).unwrap();
    let phase1 = Phase1::read(ptau).unwrap();
    let verify = |expected: &[[u8; 32]]| {
        verify(&circuit, &phase1, ceremony.transcript(), &key, expected, Observer::none())
    };
    assert_eq!(verify(&hashes).unwrap().contributors.len(), 20);
    assert!(matches!(verify(&[lost]), Err(Error::MissingContribution(hash)) if hash == lost));
}

#[test]
fn a_transcript_is_its_values() {
    let ceremony = &*LOOKUPS;
    let text = to_json(&ceremony.transcript);
    assert_eq!(&from_json(&text).unwrap(), &ceremony.transcript);
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refusal(from_json(&text.replacen(from, to, 1)))
    };
    assert_eq!(
        refused("\"alice\"", "\"alicf\""),
        "the hash that stands at record 1 is not its hash: the record was changed after it was made"
    );
    assert!(
        refused("\"alice\"", "\"al\\u001bice\"").starts_with("contributor.name: a name has 1 to 100 bytes")
    );
    assert!(refused("\"assay_ceremony\": 1", "\"assay_ceremony\": 2").contains("form 2"));
    assert!(refused("\"records\"", "\"more\": 1, \"records\"").contains("unknown field"));
    let delta = hex::encode(assay_groth16::parts::g1_bytes(&ceremony.transcript.records[0].state.delta_g1));
    assert_eq!(refused(&delta, &"0".repeat(128)), "delta_g1: it is the identity");
    assert_eq!(
        refused(&delta, &"f".repeat(128)),
        "delta_g1: a coordinate is not below the order of the base field"
    );
    assert!(refused(&delta, "00").contains("64 bytes in hexadecimal are needed"));
    // Points of G2, where each may stand: a sigma, and the commitment of its proof.
    let record = &ceremony.transcript.records[0];
    let assay_ceremony::Author::Contributor { sigmas, delta, .. } = &record.author else {
        panic!("a beacon")
    };
    let g2 = |point: &G2Affine| hex::encode(assay_groth16::parts::g2_bytes(point));
    let outside = (1u64..).find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false)).unwrap();
    for (point, field) in [
        (record.state.delta_g2, "delta_g2"),
        (record.state.sigmas[0], "sigmas"),
        (sigmas[0].commitment, "commitment"),
    ] {
        let point = g2(&point);
        assert_eq!(refused(&point, &"0".repeat(256)), format!("{field}: it is the identity"));
        let encoding = format!("{field}: a coordinate is not below the order of the base field");
        assert_eq!(refused(&point, &"f".repeat(256)), encoding);
        let subgroup = refused(&point, &g2(&outside));
        assert!(subgroup.starts_with(field) && subgroup.contains("subgroup"), "{subgroup}");
    }
    let response = hex::encode(scalar(delta.response).as_be_bytes());
    let order = hex::encode(Fr::MODULUS.to_bytes_be());
    assert!(refused(&response, &order).starts_with("response: "));
    assert!(refused(&response, &"f".repeat(64)).starts_with("response: "));
    // One text for one value.
    assert_eq!(refused(&response, &response.to_uppercase()), "response: hexadecimal is in lower case");
    assert!(
        refused("\"alice\"", "\"al\u{202e}ice\"").starts_with("contributor.name: a name has 1 to 100 bytes")
    );
    // A beacon's value that one could have guessed.
    let mut guessed = ceremony.transcript.clone();
    guessed.records[2].author = assay_ceremony::Author::Beacon { value: vec![7] };
    assert_eq!(refusal(from_json(&to_json(&guessed))), "beacon: a value has 16 to 256 bytes, not 1");
}
