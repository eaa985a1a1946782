//! Readers of a ceremony: first phases and transcripts. Parts and packed ceremonies are checked by their hashes.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, PrimeField};
use assay_ceremony::{
    Author, Beginning, Identity, Phase1, Proof, Record, State, Transcript, from_json, to_json,
};
use assay_groth16::Observer;

/// A first phase, and the checks of its powers.
pub fn ptau(bytes: &[u8]) {
    let Ok(phase1) = Phase1::read(bytes) else { return };
    let _ = phase1.identity();
    for size in [2, 3] {
        let _ = phase1.powers(size, Observer::none());
    }
}

/// A file of two powers.
pub(super) fn ptau_seeds() -> Vec<Vec<u8>> {
    let words = |coordinate: &Fq| coordinate.0.0.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>();
    let g1 = |scalars: &[u64]| -> Vec<u8> {
        let points = scalars.iter().map(|scalar| (G1Affine::generator() * Fr::from(*scalar)).into_affine());
        points.flat_map(|point| [words(&point.x), words(&point.y)].concat()).collect()
    };
    let g2 = |scalars: &[u64]| -> Vec<u8> {
        let points = scalars.iter().map(|scalar| (G2Affine::generator() * Fr::from(*scalar)).into_affine());
        let coordinates = points.flat_map(|point| [point.x.c0, point.x.c1, point.y.c0, point.y.c1]);
        coordinates.flat_map(|coordinate| words(&coordinate)).collect()
    };
    let order: Vec<u8> = Fq::MODULUS.0.into_iter().flat_map(u64::to_le_bytes).collect();
    let header = [&32u32.to_le_bytes()[..], &order, &[1, 0, 0, 0, 1, 0, 0, 0]].concat();
    let sections = [header, g1(&[1, 3, 9]), g2(&[1, 3]), g1(&[5, 15]), g1(&[7, 21]), g2(&[7]), vec![0; 4]];
    let mut file = b"ptau\x01\0\0\0\x07\0\0\0".to_vec();
    for (number, section) in (1u32..).zip(sections) {
        file.extend(number.to_le_bytes());
        file.extend((section.len() as u64).to_le_bytes());
        file.extend(section);
    }
    vec![file]
}

/// A transcript, and the checks of its records.
pub fn transcript(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(read) = from_json(text) else { return };
    let _ = read.check();
    assert_eq!(from_json(&to_json(&read)).as_ref(), Ok(&read), "what is written is what was read");
}

pub(super) fn transcript_seeds() -> Vec<Vec<u8>> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let proof = Proof { commitment: g1, response: Fr::one() };
    let author = Author::Contributor {
        name: "alice".into(),
        key: [1; 32],
        delta: proof,
        sigmas: vec![Proof { commitment: g2, response: Fr::one() }],
    };
    let state = State { delta_g1: g1, delta_g2: g2, sigmas: vec![g2] };
    let record = Record { author, state: state.clone(), parts: vec![[2; 32]; 3] };
    let beacon = Record { author: Author::Beacon { value: vec![3; 32] }, state, parts: vec![[4; 32]; 3] };
    let beginning = Beginning {
        circuit: [5; 32],
        domain: 16,
        sigmas: 1,
        phase1: Identity { power: 4, blake2b: [6; 64], contributions: 1, last_challenge: [7; 64] },
        beacon: Some("a round".into()),
        parts: vec![[8; 32]; 8],
    };
    vec![to_json(&Transcript { beginning, records: vec![record, beacon] }).into_bytes()]
}
