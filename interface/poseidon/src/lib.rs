//! Poseidon over BN254's scalar field with circomlib's parameters, as `light-poseidon` has them, the crate that Solana's `sol_poseidon` runs.
//!
//! That crate holds its constants as 43,000 lines of one generic function: whoever calls it compiles them anew, for half a minute, into a megabyte.
//! Here they are a table of 222 KiB, `parameters.bin`, which a test compares with that function: of each width from 2 to 13 the round constants, round by
//! round, then the matrix, row by row, each number as 32 bytes, little-endian.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_ff::PrimeField;
use light_poseidon::Poseidon;
use light_poseidon::parameters::bn254_x5::{ALPHA, FULL_ROUNDS, PARTIAL_ROUNDS};
pub use light_poseidon::{PoseidonBytesHasher, PoseidonHasher, PoseidonParameters};

static TABLE: &[u8] = include_bytes!("parameters.bin");

/// The widths that the syscall takes: one capacity element and 1 to 12 that are hashed.
const LEAST: usize = 2;
const WIDTHS: usize = 12;

/// Round constants and matrix of a permutation of `width` elements; `None` unless 2 to 13.
pub fn parameters(width: usize) -> Option<&'static PoseidonParameters<Fr>> {
    static CACHE: [OnceLock<PoseidonParameters<Fr>>; WIDTHS] = [const { OnceLock::new() }; WIDTHS];
    let position = width.checked_sub(LEAST)?;
    Some(CACHE.get(position)?.get_or_init(|| read(width)))
}

/// Rounds of a permutation of `width` elements, with one S-box and in all.
fn rounds(width: usize) -> (usize, usize) {
    let partial = PARTIAL_ROUNDS[width - LEAST];
    (partial, FULL_ROUNDS + partial)
}

fn read(width: usize) -> PoseidonParameters<Fr> {
    let numbers = |width: usize| width * rounds(width).1 + width * width;
    let before: usize = (LEAST..width).map(numbers).sum();
    let mut numbers = TABLE.chunks_exact(32).skip(before).map(Fr::from_le_bytes_mod_order);
    let (partial_rounds, all) = rounds(width);
    let ark = numbers.by_ref().take(width * all).collect();
    let mds = (0..width).map(|_| numbers.by_ref().take(width).collect()).collect();
    PoseidonParameters { ark, mds, full_rounds: FULL_ROUNDS, partial_rounds, width, alpha: ALPHA }
}

/// The hash of this many elements; `None` unless 1 to 12.
pub fn hasher(elements: usize) -> Option<Poseidon<Fr>> {
    let known = parameters(elements.checked_add(1)?)?;
    let PoseidonParameters { full_rounds, partial_rounds, width, alpha, .. } = *known;
    let (ark, mds) = (known.ark.clone(), known.mds.clone());
    Some(Poseidon::new(PoseidonParameters { ark, mds, full_rounds, partial_rounds, width, alpha }))
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use ark_ff::BigInteger;
    use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;

    use super::*;

    /// `ASSAY_LEDGER=write` writes it.
    #[test]
    fn the_table_is_light_poseidons() {
        let known = (2..=13).map(|width| get_poseidon_parameters::<Fr>(width).expect("a width that it has"));
        let known: Vec<_> = known.collect();
        let numbers = known.iter().flat_map(|width| width.ark.iter().chain(width.mds.iter().flatten()));
        let table: Vec<u8> = numbers.flat_map(|number| number.into_bigint().to_bytes_le()).collect();
        if env::var_os("ASSAY_LEDGER").is_some_and(|mode| mode == "write") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/parameters.bin");
            fs::write(path, &table).expect("writes the table");
        }
        assert!(TABLE == table, "another table: ASSAY_LEDGER=write writes it, then compile again");
        for (known, width) in known.iter().zip(2..) {
            let ours = parameters(width).expect("a width that the syscall takes");
            let fields = |p: &PoseidonParameters<Fr>| (p.full_rounds, p.partial_rounds, p.width, p.alpha);
            assert_eq!((&ours.ark, &ours.mds, fields(ours)), (&known.ark, &known.mds, fields(known)));
        }
    }

    #[test]
    fn other_widths_have_none() {
        for width in [0, 1, 14, usize::MAX] {
            assert!(parameters(width).is_none() && hasher(width.saturating_sub(1)).is_none());
        }
        assert!(hasher(1).is_some() && hasher(12).is_some());
    }
}
