//! First phases: those of snarkjs are taken, wrong ones are refused by name.

use ark_bn254::{Fq2, Fr, G2Affine};
use ark_ff::One;
use assay_ceremony::{Ceremony, Options, Phase1};
use assay_engine::{Backend, Domain, G1Point, G2Point};
use assay_groth16::{Observer, prove, scalar, verify};

use crate::{
    common::{begin, begun, check, fast, plain, power, refusal, solve},
    ptau::{Ptau, SECRETS, Secrets, g1, g2},
};

/// snarkjs 0.7.6: `powersoftau new bn128 8`, two contributions, `prepare phase2`.
const SNARKJS: &[u8] = include_bytes!("../data/snarkjs-08.ptau");

fn powers(file: &[u8], size: usize) -> Result<(), String> {
    let phase1 = Phase1::read(file).map_err(|error| error.to_string())?;
    phase1.powers(size, Observer::none()).map(drop).map_err(|error| error.to_string())
}

fn refused(change: impl FnOnce(&mut Ptau)) -> String {
    let mut file = Ptau::new(4, &SECRETS());
    change(&mut file);
    powers(&file.to_bytes(), 12).unwrap_err()
}

#[test]
fn snarkjs_files_are_taken() {
    let phase1 = Phase1::read(SNARKJS).unwrap();
    let identity = phase1.identity();
    assert_eq!((identity.power, identity.contributions), (8, 2));
    // What snarkjs showed as the next challenge.
    assert!(hex::encode(identity.last_challenge).starts_with("167703a4f3af7c6e62b5f6bd50a0e8a6"));
    assert!(phase1.contributions().iter().all(|contribution| !contribution.is_beacon));
    assert_eq!(identity.known_as(), None);
    for size in [2, 3, 128, 144, 192, 256] {
        assert_eq!(powers(SNARKJS, size), Ok(()), "{size}");
    }
}

/// The points of a section of snarkjs' file.
fn section<P: bytemuck::Pod>(number: u32) -> Vec<P> {
    let mut at = 12;
    loop {
        let length = u64::from_le_bytes(SNARKJS[at + 4..at + 12].try_into().unwrap()) as usize;
        let bytes = &SNARKJS[at + 12..at + 12 + length];
        if SNARKJS[at..at + 4] == number.to_le_bytes() {
            return bytes.chunks(size_of::<P>()).map(bytemuck::pod_read_unaligned).collect();
        }
        at += 12 + length;
    }
}

/// The prepared sections of snarkjs are where we look for them, and are the transforms of its powers.
#[test]
fn snarkjs_prepares_what_our_transforms_give() {
    let backend = Backend::fastest();
    for size in [64usize, 256] {
        let domain = Domain::with_size(size).unwrap();
        let block = size - 1..2 * size - 1;
        for (powers, prepared) in [(2, 12), (4, 14), (5, 15)] {
            let lagrange = domain.lagrange_points(backend, &section::<G1Point>(powers)[..size]).unwrap();
            assert_eq!(lagrange, section::<G1Point>(prepared)[block.clone()], "{prepared}, {size}");
        }
        let lagrange = domain.lagrange_points(backend, &section::<G2Point>(3)[..size]).unwrap();
        assert_eq!(lagrange, section::<G2Point>(13)[block.clone()], "{size}");
    }
    // The largest block lacks the last power, as our keys do.
    let odd = Domain::with_size(256).unwrap().odd_lagrange_points(backend, &section::<G1Point>(2)).unwrap();
    assert!(odd.iter().eq(section::<G1Point>(12)[511..1023].iter().skip(1).step_by(2)));
}

/// Files of different lengths give one key, and over a domain of 3 * 2^k or 9 * 2^k points there are transforms.
#[test]
fn files_of_different_lengths_give_one_key() {
    let circuit = plain();
    let directory = tempfile::tempdir().unwrap();
    let parts = |ceremony: &Ceremony| ceremony.transcript().beginning.parts.clone();
    let one = begun(&directory.path().join("one"), &circuit);
    // A larger file, whose smaller blocks have one power more.
    let larger = Ptau::prepared(power(&circuit) + 1, &SECRETS()).to_bytes();
    let two = begin(&directory.path().join("two"), &circuit, &larger, fast()).unwrap();
    assert_eq!(parts(&one), parts(&two));
    let mut smooth = begin(&directory.path().join("three"), &circuit, &larger, Options::default()).unwrap();
    assert!(!smooth.transcript().beginning.domain.is_power_of_two());
    let state = smooth.check(&circuit, &Phase1::read(&larger).unwrap(), Observer::none()).unwrap();
    state.contribute("alice".into(), [0; 32], b"", Observer::none()).unwrap();
    let key = smooth.key(&circuit, Observer::none()).unwrap();
    check(&circuit, &larger, smooth.transcript(), &key).unwrap();
    let (mut rng, witness) = (rand::rngs::OsRng, solve(&circuit));
    let proof = prove(&key, &circuit, &witness, &mut rng).unwrap();
    verify(key.verifying_key(), &proof, &scalar(witness.digest())).unwrap();
}

#[test]
fn malicious_files_are_refused_by_name() {
    assert_eq!(powers(&Ptau::new(4, &SECRETS()).to_bytes(), 16), Ok(()));
    let generator = refused(|file| {
        let twice: Vec<Fr> =
            std::iter::successors(Some(Fr::from(2u64)), |x| Some(*x * Fr::from(3u64))).take(31).collect();
        *file.section(2) = g1(&twice);
    });
    assert_eq!(generator, "the powers of tau in G1 do not begin with the group's generator");
    let swap = |section: u32, size: usize| {
        refused(move |file| {
            let section = file.section(section);
            let (left, right) = (section[3 * size..4 * size].to_vec(), section[4 * size..5 * size].to_vec());
            section[3 * size..4 * size].copy_from_slice(&right);
            section[4 * size..5 * size].copy_from_slice(&left);
        })
    };
    let not_successive = "are not the successive powers of the file's tau";
    assert_eq!(swap(2, 64), format!("the powers of tau in G1 {not_successive}"));
    assert_eq!(swap(3, 128), format!("the powers of tau in G2 {not_successive}"));
    assert_eq!(swap(4, 64), format!("alpha's powers in G1 {not_successive}"));
    assert_eq!(swap(5, 64), format!("beta's powers in G1 {not_successive}"));
    // Another tau in G2 than in G1.
    let other = refused(|file| {
        let tau = Fr::from(5u64);
        *file.section(3) =
            g2(&std::iter::successors(Some(Fr::one()), |x| Some(*x * tau)).take(16).collect::<Vec<_>>());
    });
    assert_eq!(other, format!("the powers of tau in G1 {not_successive}"));
    let beta = refused(|file| *file.section(6) = g2(&[Fr::from(5u64)]));
    assert_eq!(beta, "beta in G2 is not the beta of the powers in G1");
    let identity = refused(|file| file.section(4)[128..192].fill(0));
    assert_eq!(identity, "point 2 of alpha's powers in G1: it is the identity");
    let curve = refused(|file| file.section(5)[64 * 7] ^= 1);
    assert_eq!(curve, "point 7 of beta's powers in G1: it is not on the curve");
    let encoding = refused(|file| file.section(2)[64..96].fill(0xff));
    assert_eq!(
        encoding,
        "point 1 of the powers of tau in G1: a coordinate is not below the order of the base field"
    );
    // A point of G2's curve outside the subgroup.
    let outside = (1u64..).find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false)).unwrap();
    let subgroup = refused(|file| {
        file.section(3)[128 * 5..128 * 6].copy_from_slice(bytemuck::bytes_of(&G2Point::from(outside)));
    });
    assert_eq!(subgroup, "the powers of tau in G2 are not all in the subgroup of prime order");
    let beta = refused(|file| {
        file.section(6).copy_from_slice(bytemuck::bytes_of(&G2Point::from(outside)));
    });
    assert_eq!(beta, "beta in G2 are not all in the subgroup of prime order");
    let identity = refused(|file| file.section(3)[128 * 3..128 * 4].fill(0));
    assert_eq!(identity, "point 3 of the powers of tau in G2: it is the identity");
    let generator = refused(|file| {
        let twice = std::iter::successors(Some(Fr::from(2u64)), |x| Some(*x * SECRETS().tau));
        *file.section(3) = g2(&twice.take(16).collect::<Vec<_>>());
    });
    assert_eq!(generator, "the powers of tau in G2 do not begin with the group's generator");
    // tau among the points of the domain, or the odd ones.
    for tau in [Domain::with_size(12).unwrap().shift(), Domain::with_size(12).unwrap().omega(), -Fr::one()] {
        let file = Ptau::new(4, &Secrets { tau, ..SECRETS() }).to_bytes();
        assert_eq!(
            powers(&file, 12).unwrap_err(),
            "tau is a root of unity: every key that is made from this file can be forged under"
        );
    }
    let short = powers(&Ptau::new(4, &SECRETS()).to_bytes(), 18).unwrap_err();
    assert_eq!(
        short,
        "the file has 2^4 powers of tau, and the circuit needs 18: take one of power 5 or more"
    );
}

#[test]
fn damaged_files_are_refused() {
    let file = Ptau::new(3, &SECRETS()).to_bytes();
    assert!(refusal(Phase1::read(&file[..file.len() - 1])).contains("the file is damaged or cut off"));
    assert!(refusal(Phase1::read(b"zkey\x01\0\0\0")).contains("not a .ptau file"));
    let with = |change: fn(&mut Ptau)| {
        let mut file = Ptau::new(3, &SECRETS());
        change(&mut file);
        refusal(Phase1::read(&file.to_bytes()))
    };
    assert!(with(|file| file.section(1)[36] = 60).contains("2^60 powers"));
    assert!(with(|file| file.section(1)[5] ^= 1).contains("only Groth16 over BN254"));
    assert!(with(|file| file.section(2).truncate(64)).contains("section 2 has 64 bytes"));
    assert!(with(|file| file.section(7)[0] = 2).contains("section 7"));
    assert!(with(|file| file.section(7).truncate(100)).contains("section 7"));
    assert!(with(|file| file.section(7).push(0)).contains("section 7"));
    assert!(with(|file| file.0.retain(|(number, _)| *number != 5)).contains("section 5 is there 0 times"));
}

/// Prepared sections that disagree with the powers are named.
#[test]
fn prepared_sections_are_held_against_the_powers() {
    let circuit = plain();
    let power = power(&circuit);
    let honest = Ptau::prepared(power, &SECRETS());
    for section in 12..=15 {
        let mut file = Ptau(honest.0.clone());
        // Two neighbours of the last block change places.
        let size = if section == 13 { 128 } else { 64 };
        let bytes = file.section(section);
        let at = if section == 12 { ((1 << power) - 1) * size } else { bytes.len() - 4 * size };
        let (left, right) = (bytes[at..at + size].to_vec(), bytes[at + size..at + 2 * size].to_vec());
        bytes[at..at + size].copy_from_slice(&right);
        bytes[at + size..at + 2 * size].copy_from_slice(&left);
        let directory = tempfile::tempdir().unwrap();
        let options = Options { power_of_two: true, ..Options::default() };
        let refused = refusal(begin(directory.path(), &circuit, &file.to_bytes(), options));
        assert!(
            refused.starts_with(&format!("the first phase: the prepared section {section} disagrees")),
            "{refused}"
        );
        assert!(!directory.path().join(assay_ceremony::TRANSCRIPT).exists());
    }
    // The odd points of the doubled domain are another block of section 12.
    let mut file = honest;
    let bytes = file.section(12);
    let at = ((2 << power) - 1) * 64 + 64;
    let (left, right) = (bytes[at..at + 64].to_vec(), bytes[at + 128..at + 192].to_vec());
    bytes[at..at + 64].copy_from_slice(&right);
    bytes[at + 128..at + 192].copy_from_slice(&left);
    let directory = tempfile::tempdir().unwrap();
    let options = Options { power_of_two: true, ..Options::default() };
    let refused = refusal(begin(directory.path(), &circuit, &file.to_bytes(), options));
    assert!(refused.contains("the prepared section 12 disagrees"), "{refused}");
}
