//! Circuits with lookups: two phases, one commitment.

use crate::common;
use ark_bn254::Fr;
use assay_circuits::gadgets::lookup::cost;
use assay_circuits::{Circuit, Kinds, Ranges, SolveError};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn risk() -> Result<common::Case, Box<dyn std::error::Error>> {
    Ok(common::risk_with(Ranges::Lookup)?)
}

#[test]
fn both_phases_satisfy_all() -> Outcome {
    let case = risk()?;
    let network = common::risk_network(1);
    for seed in 0..20u64 {
        let assignment = common::risk_assignment(seed);
        let first = case.circuit.solve(&assignment)?;
        assert_eq!(first.outputs(), &[network.reference(&assignment.inputs[0])?]);
        assert!(case.circuit.r1cs.first_violation(&first).is_some());
        let (mask, challenge) = (Fr::from(seed), Fr::from((seed + 1) << 40));
        let whole = case.circuit.complete(first.clone(), mask, challenge)?;
        assert_eq!(case.circuit.r1cs.first_violation(&whole), None);
        assert_eq!((whole.digest(), whole.outputs()), (first.digest(), first.outputs()));
        // Again, from a witness that has been through bytes.
        let read = assay_circuits::Witness::from_bytes(&whole.to_bytes())?;
        let (mask, challenge) = (mask + Fr::from(1u64), challenge + Fr::from(1u64));
        let again = case.circuit.complete(read, mask, challenge)?;
        assert_eq!(again, case.circuit.complete(first, mask, challenge)?);
    }
    Ok(())
}

#[test]
fn a_challenge_in_a_table_is_refused() -> Outcome {
    let case = risk()?;
    let witness = case.circuit.solve(&case.assignments[0])?;
    let refused = case.circuit.complete(witness, Fr::from(1u64), Fr::from(3u64));
    assert_eq!(refused, Err(SolveError::ChallengeInTable));
    Ok(())
}

#[test]
fn the_commitment_is_where_the_program_says() -> Outcome {
    let case = risk()?;
    let (circuit, commitment) = (&case.circuit, case.circuit.commitment.as_ref().ok_or("lookups")?);
    assert_eq!(circuit.r1cs.num_instance, 3);
    assert_eq!(commitment.challenge, 2);
    assert_eq!(commitment.committed.last(), Some(&commitment.mask));
    assert!(commitment.committed.is_sorted_by(|a, b| a < b));
    assert!(commitment.committed.iter().all(|&wire| wire >= 3 && (wire as usize) < circuit.r1cs.num_wires()));
    // The first phase leaves what is behind the mask open, and nothing else.
    let first = circuit.solve(&case.assignments[0])?;
    let open = commitment.mask as usize;
    assert!(first.values[open..].iter().all(|value| *value == Fr::from(0u64)));
    assert_ne!(first.values[open - 1], Fr::from(0u64) - Fr::from(1u64));
    assert_eq!(Circuit::from_bytes(&circuit.to_bytes())?, *circuit);
    assert_eq!(common::risk()?.circuit.commitment, None);
    Ok(())
}

#[test]
fn every_constraint_has_a_kind() -> Outcome {
    for case in common::cases()? {
        let kinds = case.circuit.kinds();
        assert_eq!(kinds.total(), case.circuit.stats().constraints, "{}", case.name);
        let Kinds { entries, queries, .. } = kinds;
        let listed = kinds.most_first();
        assert_eq!(listed.iter().map(|(_, count)| count).sum::<usize>(), kinds.total());
        assert!(listed.is_sorted_by(|a, b| a.1 >= b.1), "{listed:?}");
        let parts = case.circuit.parts();
        assert_eq!(parts.iter().map(|part| part.kinds.total()).sum::<usize>(), kinds.total());
        let tables = case.circuit.program().tables();
        assert_eq!(entries, tables.iter().map(|table| table.entries().len()).sum::<usize>(), "{}", case.name);
        let of = |columns: usize| {
            let tables = tables.iter().filter(move |table| table.entries().is_function() == (columns == 2));
            tables.map(|table| columns * table.queries()).sum::<usize>()
        };
        assert_eq!(queries, of(1) + of(2), "{}", case.name);
    }
    let kinds = common::risk()?.circuit.kinds();
    assert_eq!((kinds.entries, kinds.queries, kinds.linear), (0, 0, 0));
    // Of the one bit of a lookup circuit's clamps, and rho's hash.
    let functions = common::lookups()?.remove(4).circuit.kinds();
    assert!(functions.hash >= cost::RHO - 1);
    Ok(())
}

/// What a check costs, all things included, where there are many.
#[test]
fn checks_are_cheap_in_bulk() -> Outcome {
    use assay_circuits::Builder;
    for (bits, count, limit) in [(8u8, 10_000usize, 1.03), (16, 10_000, 2.04), (26, 10_000, 2.83)] {
        let mut b = Builder::with_ranges(Ranges::Lookup);
        let x = b.input("x", count, bits)?;
        let circuit = b.finish_gadget(&[&x[..1]])?;
        let each = circuit.stats().constraints as f64 / count as f64;
        assert!(each < limit, "{bits} bits: {each}");
    }
    Ok(())
}
