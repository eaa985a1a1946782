//! Smoke run of the fuzz targets on stable: every reader against mutants of sound input and against noise. Seeded, so
//! that a failure repeats; `cargo +nightly fuzz run <name>` in `tests/fuzz` searches further.

use assay_tests::readers::{READERS, Reader};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Longest mutant and longest noise, beyond the seed's own length.
const GROWTH: usize = 256;

#[test]
fn seeds_are_accepted_by_their_readers() {
    for reader in READERS {
        let seeds = (reader.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", reader.name);
        seeds.iter().for_each(|seed| (reader.read)(seed));
    }
}

#[test]
fn names_are_unique_and_each_has_its_fuzz_target() {
    let manifest = include_str!("fuzz/Cargo.toml");
    for (index, reader) in READERS.iter().enumerate() {
        assert!(
            READERS.iter().take(index).all(|other| other.name != reader.name),
            "{} occurs twice",
            reader.name
        );
        let target = format!("name = \"{}\"", reader.name);
        assert!(manifest.contains(&target), "tests/fuzz/Cargo.toml has no [[bin]] with {target}");
    }
    assert_eq!(
        manifest.matches("path = \"fuzz_targets/").count(),
        READERS.len(),
        "a fuzz target has no reader"
    );
}

#[test]
fn no_reader_panics_on_mutants() {
    for reader in READERS {
        mutants(reader);
    }
}

#[test]
fn no_reader_panics_on_every_truncation() {
    for reader in READERS {
        for seed in (reader.seeds)() {
            let step = seed.len().div_ceil(reader.mutants.min(400)).max(1);
            for length in (0..seed.len()).step_by(step) {
                let (head, _) = seed.split_at(length);
                (reader.read)(head);
            }
        }
    }
}

fn mutants(reader: &Reader) {
    let mut rng = ChaCha8Rng::seed_from_u64(0xa55a_7000 + reader.name.len() as u64);
    let seeds = (reader.seeds)();
    for round in 0..reader.mutants {
        let mutant = match round % 8 {
            0 => {
                let mut noise = vec![0; rng.gen_range(0..GROWTH)];
                rng.fill_bytes(&mut noise);
                noise
            }
            _ => {
                let mut bytes = seeds[rng.gen_range(0..seeds.len())].clone();
                for _ in 0..rng.gen_range(1..4) {
                    mutate(&mut bytes, &seeds, &mut rng);
                }
                bytes
            }
        };
        (reader.read)(&mutant);
    }
}

/// One change of the kinds that break readers: a flipped bit, an extreme byte or integer, missing, repeated and
/// foreign parts.
fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        return bytes.push(rng.r#gen());
    }
    let at = rng.gen_range(0..bytes.len());
    let end = (at + rng.gen_range(1..=16)).min(bytes.len());
    match rng.gen_range(0..8) {
        0 => bytes[at] ^= 1 << rng.gen_range(0..8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'-', b','][rng.gen_range(0..8)],
        2 => {
            let integer = [0, 1, u64::from(u32::MAX), u64::MAX, 1 << 31, 1 << 63][rng.gen_range(0..6)];
            let width = [2, 4, 8][rng.gen_range(0..3)];
            for (byte, value) in bytes[at..].iter_mut().zip(integer.to_le_bytes()).take(width) {
                *byte = value;
            }
        }
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        6 => {
            let noise: Vec<u8> = (0..rng.gen_range(1..16)).map(|_| rng.r#gen()).collect();
            bytes.splice(at..at, noise);
        }
        _ => {
            let other = &seeds[rng.gen_range(0..seeds.len())];
            let from = rng.gen_range(0..=other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}
