//! Bytes of circuits and witnesses: canonical, deterministic, and harmless when hostile.

use crate::common;
use assay_circuits::{Assignment, Circuit, DecodeError, Ranges, Witness, audit};
use proptest::prelude::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn small() -> Result<common::Case, Box<dyn std::error::Error>> {
    common::statements()?.into_iter().next().ok_or_else(|| "no case".into())
}

/// Without lookups, with a range table, with functions, with a member, with weights.
fn versions() -> Result<Vec<common::Case>, Box<dyn std::error::Error>> {
    let mut lookups = common::lookups()?;
    let functions = common::functions(Ranges::Lookup)?;
    let member = common::statements()?.into_iter().find(|case| case.name.contains("one member"));
    let [_, weights] = common::weights(Ranges::Lookup)?;
    Ok(vec![small()?, lookups.remove(0), functions, member.ok_or("the case")?, weights])
}

/// Zeros in the shape that the circuit declares, if that is small enough to try.
fn zeros(circuit: &Circuit) -> Option<Assignment> {
    let lengths: Vec<usize> = circuit.inputs().iter().map(|t| t.len as usize).collect();
    let salts = vec![Default::default(); circuit.program().num_salts()];
    let weights = circuit.program().num_weights();
    let total: usize = lengths.iter().sum::<usize>() + weights;
    (total <= 1 << 20).then(|| Assignment {
        inputs: lengths.iter().map(|&len| vec![0; len]).collect(),
        context: [0; 32],
        salts,
        member: circuit.program().member_depth().map(|depth| common::membership(depth, 0)),
        weights: vec![0; weights].into(),
    })
}

/// Positions to damage: header and witness program whole, the long tables in between by sample.
fn positions(len: usize) -> impl Iterator<Item = usize> {
    (0..len).filter(move |&i| i < 64 || i % 769 == 0 || i + 1200 > len)
}

/// All of those for a plain circuit, every third for a circuit with lookups.
fn damaged(case: &common::Case, len: usize) -> impl Iterator<Item = usize> {
    positions(len).step_by(if case.circuit.commitment.is_some() { 3 } else { 1 })
}

/// Reads hostile bytes; what is accepted must be canonical, and solving it must return.
fn survive(bytes: &[u8]) -> Result<Circuit, DecodeError> {
    let circuit = Circuit::from_bytes(bytes)?;
    assert_eq!(circuit.to_bytes(), bytes, "two encodings of one circuit");
    let assignment = zeros(&circuit).unwrap_or_default();
    if let Ok(witness) = circuit.solve(&assignment) {
        assert_eq!(witness.values.len(), circuit.r1cs.num_wires());
        if let Ok(witness) = circuit.complete(witness, Default::default(), 7_u64.into()) {
            assert_eq!(witness.values.len(), circuit.r1cs.num_wires());
            let _ = circuit.r1cs.first_violation(&witness);
        }
    }
    Ok(circuit)
}

#[test]
fn reading_inverts_writing() -> Outcome {
    let weights = [Ranges::Bits, Ranges::Lookup].into_iter().map(common::weights);
    let weights: Vec<_> = weights.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let cases = common::statements()?.into_iter().chain([common::risk()?]).chain(common::lookups()?);
    for case in cases.chain(weights) {
        let bytes = case.circuit.to_bytes();
        let read = Circuit::from_bytes(&bytes)?;
        assert_eq!(read, case.circuit, "{}", case.name);
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(read.digest(), case.circuit.digest());
        for assignment in &case.assignments {
            let witness = read.solve(assignment)?;
            assert_eq!(witness, case.circuit.solve(assignment)?);
            let witness = audit::solve(&read, assignment)?;
            assert_eq!(Witness::from_bytes(&witness.to_bytes())?, witness);
        }
    }
    Ok(())
}

#[test]
fn building_twice_gives_the_same_bytes() -> Outcome {
    let twice = [common::cases()?, common::cases()?];
    for (first, second) in twice[0].iter().zip(&twice[1]) {
        assert_eq!(first.circuit.to_bytes(), second.circuit.to_bytes(), "{}", first.name);
    }
    let digests: std::collections::HashSet<_> = twice[0].iter().map(|case| case.circuit.digest()).collect();
    assert_eq!(digests.len(), twice[0].len(), "two cases share a digest");
    Ok(())
}

#[test]
fn a_gadget_without_a_statement_is_refused() -> Outcome {
    for case in common::gadgets()? {
        let refused = Circuit::from_bytes(&case.circuit.to_bytes());
        let rule = "every wire occurs in one";
        assert_eq!(refused, Err(DecodeError::NotCanonical { field: "constraints", rule }), "{}", case.name);
    }
    Ok(())
}

#[test]
fn every_truncation_is_refused() -> Outcome {
    for case in versions()? {
        let bytes = case.circuit.to_bytes();
        for len in positions(bytes.len()) {
            assert!(Circuit::from_bytes(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
        }
    }
    let case = small()?;
    let bytes = case.circuit.to_bytes();
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Circuit::from_bytes(&longer), Err(DecodeError::Trailing { left: 1 }));
    let witness = case.circuit.solve(&case.assignments[0])?.to_bytes();
    for len in positions(witness.len()) {
        assert!(Witness::from_bytes(&witness[..len]).is_err());
    }
    Ok(())
}

#[test]
fn tag_and_version_have_their_own_errors() -> Outcome {
    let case = small()?;
    let mut bytes = case.circuit.to_bytes();
    assert_eq!(Circuit::from_bytes(b""), Err(DecodeError::Tag { what: "circuit" }));
    assert_eq!(Witness::from_bytes(&bytes), Err(DecodeError::Tag { what: "witness" }));
    bytes[8] = 7;
    let newer = DecodeError::Version { what: "circuit", found: 7, supported: 6 };
    assert_eq!(Circuit::from_bytes(&bytes), Err(newer));
    Ok(())
}

#[test]
fn huge_counts_are_refused_before_allocating() -> Outcome {
    // Words in turn claim 2^32 - 1 items.
    for case in versions()? {
        let bytes = case.circuit.to_bytes();
        for start in damaged(&case, bytes.len() - 4) {
            let mut hostile = bytes.clone();
            hostile[start..start + 4].fill(0xff);
            let _ = survive(&hostile);
        }
    }
    Ok(())
}

/// Tables that claim 2^32 queries each, where the program has operands for a few: reading takes no step for the others.
#[test]
fn claimed_queries_are_counted_before_they_are_read() -> Outcome {
    let case = common::lookups()?.remove(0);
    assert!(matches!(case.circuit.program().tables(), [table] if !table.entries().is_function()));
    let mut bytes = case.circuit.to_bytes();
    // The tables are the end: a count, then queries, kind and bits of the range.
    let tables = bytes.len() - (4 + 4 + 1 + 1);
    bytes[tables + 4..tables + 8].fill(0xff);
    let refused = Circuit::from_bytes(&bytes);
    let is_refused = |refused: &Result<Circuit, DecodeError>| {
        matches!(refused, Err(DecodeError::Mismatch { what: "integer combinations", .. }))
    };
    assert!(is_refused(&refused), "{refused:?}");
    // With a million functions of one value before it, which would be 2^53 steps. A function needs the hash of the
    // challenge, so the phases do not fit either; the functions case has them.
    let case = common::functions(Ranges::Lookup)?;
    let bytes = case.circuit.to_bytes();
    let length = |table: &assay_circuits::Table| match table.entries() {
        assay_circuits::Entries::Range { .. } => 4 + 1 + 1,
        assay_circuits::Entries::Function { values, .. } => 4 + 1 + 8 + 4 + 8 * values.len(),
        assay_circuits::Entries::Combinations { .. } => 4 + 1 + 4,
    };
    let tables = bytes.len() - 4 - case.circuit.program().tables().iter().map(length).sum::<usize>();
    let mut hostile = bytes[..tables].to_vec();
    hostile.extend_from_slice(&(1u32 << 20).to_le_bytes());
    for _ in 0..1 << 20 {
        hostile.extend_from_slice(&u32::MAX.to_le_bytes());
        hostile.push(1);
        hostile.extend_from_slice(&0i64.to_le_bytes());
        hostile.extend_from_slice(&1u32.to_le_bytes());
        hostile.extend_from_slice(&0i64.to_le_bytes());
    }
    let refused = Circuit::from_bytes(&hostile);
    assert!(is_refused(&refused), "{refused:?}");
    Ok(())
}

#[test]
fn every_flipped_bit_is_refused_or_harmless() -> Outcome {
    let (mut accepted, mut tried) = (0usize, 0usize);
    for case in versions()? {
        let bytes = case.circuit.to_bytes();
        for position in damaged(&case, bytes.len()) {
            // One bit a byte, a different one each time.
            tried += 1;
            let mut hostile = bytes.clone();
            hostile[position] ^= 1 << (position % 8);
            accepted += usize::from(survive(&hostile).is_ok());
        }
    }
    // Coefficients and names may change and stay well-formed; the digest is what notices.
    assert!(accepted < tried);
    Ok(())
}

proptest! {
    #![proptest_config(common::property(300))]

    #[test]
    fn random_bytes_are_no_circuit(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Circuit::from_bytes(&bytes).is_err());
        prop_assert!(Witness::from_bytes(&bytes).is_err());
        // Behind a right header, too.
        let mut with_header = b"assaycir\x01\x00".to_vec();
        with_header.extend(&bytes);
        prop_assert!(Circuit::from_bytes(&with_header).is_err());
    }

    #[test]
    fn splices_are_refused_or_harmless(cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40usize), 1..4)) {
        static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let original = BYTES.get_or_init(|| small().map(|case| case.circuit.to_bytes()).unwrap_or_default());
        prop_assert!(!original.is_empty());
        let mut bytes = original.clone();
        for (from, to, len) in cuts {
            let (from, to) = (from.index(original.len()), to.index(original.len()));
            let len = len.min(original.len() - from).min(original.len() - to);
            bytes[to..to + len].copy_from_slice(&original[from..from + len]);
        }
        let _ = survive(&bytes);
    }
}
