//! The liquidation-risk-shaped circuit: size, agreement with the integer reference, audits.

mod common;

use assay_circuits::audit;
use common::{risk_assignment, risk_network};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn fits_a_domain_of_2048() -> Outcome {
    let stats = risk_network(1).circuit()?.stats();
    println!("{stats:?}");
    assert!(stats.constraints + stats.instance <= 2048, "{stats:?}");
    assert_eq!(stats.domain, 2048);
    Ok(())
}

#[test]
fn equals_the_reference() -> Outcome {
    let network = risk_network(1);
    let circuit = network.circuit()?;
    for seed in 0..100 {
        let assignment = risk_assignment(seed);
        let witness = circuit.solve(&assignment)?;
        assert_eq!(witness.outputs(), &[network.reference(&assignment.inputs[0])?]);
        assert_eq!(circuit.r1cs.first_violation(&witness), None);
    }
    Ok(())
}

#[test]
fn every_wire_is_constrained() -> Outcome {
    let circuit = risk_network(1).circuit()?;
    let assignment = risk_assignment(7);
    let witness = circuit.solve(&assignment)?;
    let report = audit::sweep(&circuit, &witness, &[]);
    assert!(report.is_clean(), "{:?}", report.escapes.first());
    assert_eq!(report.wires, circuit.r1cs.num_wires() - 1);
    let report = audit::advice_sweep(&circuit, &assignment, &[])?;
    assert!(report.is_clean(), "{:?}", report.escapes.first());
    Ok(())
}

#[test]
fn every_wire_has_one_value() -> Outcome {
    let circuit = risk_network(1).circuit()?;
    for seed in 0..4 {
        let witness = circuit.solve(&risk_assignment(seed))?;
        let report = audit::uniqueness(&circuit, &witness, &[]);
        assert!(
            report.is_clean(),
            "{} of {}: {:?}",
            report.escapes.len(),
            report.wires,
            report.escapes.first()
        );
        assert_eq!(report.checks, report.wires);
    }
    Ok(())
}
