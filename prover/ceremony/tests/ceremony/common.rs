//! Circuits, and ceremonies of them.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use assay_ceremony::{Ceremony, CheckedState, Error, Options, Phase1, Transcript, Verified, unpack, verify};
use assay_circuits::{
    Assignment, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, Witness,
};
use assay_groth16::{Observer, ProvingKey};

use crate::ptau::{Ptau, SECRETS};

/// A circuit that squares an input and takes its range: with lookups, one with a commitment.
pub fn circuit(ranges: Ranges, factor: u64) -> Circuit {
    let mut b = Builder::with_ranges(ranges);
    let inputs = b.input("x", 3, 8).unwrap();
    let weights = assay_circuits::layers::dense::Weights { rows: 1, cols: 3, w: vec![factor as i64, -2, 5] };
    let sums = assay_circuits::layers::dense::constrain(&mut b, &inputs, &weights, &[7]).unwrap();
    let scaled = assay_circuits::layers::requantize::constrain(
        &mut b,
        &sums,
        assay_circuits::layers::requantize::Requantize::signed(2, 12),
    )
    .unwrap();
    b.bind_statement(
        7u64.into(),
        &[StatementInput { values: &inputs, bits: 8, visibility: Visibility::Public }],
        &[StatementOutput { values: &scaled, bits: 12 }],
    )
    .unwrap();
    b.finish().unwrap()
}

pub fn plain() -> Circuit {
    circuit(Ranges::Bits, 3)
}

pub fn lookups() -> Circuit {
    circuit(Ranges::Lookup, 3)
}

pub fn solve(circuit: &Circuit) -> Witness {
    let assignment = Assignment {
        inputs: vec![vec![5, -6, 7]],
        context: [0; 32],
        salts: vec![],
        member: None,
        ..Assignment::default()
    };
    circuit.solve(&assignment).unwrap()
}

/// The least power whose file has enough for a circuit, over whatever domain.
pub fn power(circuit: &Circuit) -> u32 {
    (circuit.r1cs.num_constraints() + circuit.r1cs.num_instance).next_power_of_two().trailing_zeros()
}

/// A prepared first phase that is large enough for a circuit.
pub fn prepared(circuit: &Circuit) -> &'static [u8] {
    static FILES: [OnceLock<Vec<u8>>; 16] = [const { OnceLock::new() }; 16];
    let power = power(circuit);
    FILES[power as usize].get_or_init(|| Ptau::prepared(power, &SECRETS()).to_bytes())
}

/// A domain of 2^k points, for which a prepared file has the Lagrange points.
pub fn fast() -> Options {
    Options { power_of_two: true, ..Options::default() }
}

/// A ceremony that begins anew.
pub fn begin(folder: &Path, circuit: &Circuit, ptau: &[u8], options: Options) -> Result<Ceremony, Error> {
    Ceremony::begin(folder, circuit, &Phase1::read(ptau)?, options, Observer::none())
}

/// A ceremony of [`prepared`] and [`fast`] that has just begun: made once for each circuit, and unpacked.
pub fn begun(folder: &Path, circuit: &Circuit) -> Ceremony {
    static PACKED: Mutex<BTreeMap<[u8; 32], Vec<u8>>> = Mutex::new(BTreeMap::new());
    let elsewhere = tempfile::tempdir().unwrap();
    let packed = elsewhere.path().join("packed");
    let mut all = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes = all.entry(circuit.digest()).or_insert_with(|| {
        let ceremony = begin(&elsewhere.path().join("first"), circuit, prepared(circuit), fast()).unwrap();
        let mut bytes = Vec::new();
        ceremony.pack(&packed, &mut bytes).unwrap();
        bytes
    });
    std::fs::write(&packed, bytes).unwrap();
    drop(all);
    unpack(&packed, folder).unwrap()
}

/// Contributes to a ceremony of [`prepared`].
pub fn contribute(ceremony: &mut Ceremony, circuit: &Circuit, name: &str) -> [u8; 32] {
    let state = checked(ceremony, circuit).unwrap();
    state.contribute(name.into(), [0; 32], b"typed", Observer::none()).unwrap()
}

/// The present state, checked, of a ceremony of [`prepared`].
pub fn checked<'c>(ceremony: &'c mut Ceremony, circuit: &Circuit) -> Result<CheckedState<'c>, Error> {
    ceremony.check(circuit, &Phase1::read(prepared(circuit))?, Observer::none())
}

pub fn check(
    circuit: &Circuit,
    ptau: &[u8],
    transcript: &Transcript,
    key: &ProvingKey,
) -> Result<Verified, Error> {
    verify(circuit, &Phase1::read(ptau)?, transcript, key, &[], Observer::none())
}

/// The message of a refusal.
pub fn refusal<T>(result: Result<T, impl std::fmt::Display>) -> String {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.to_string(),
    }
}
