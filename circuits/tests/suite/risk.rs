//! The liquidation-risk-shaped circuit: size, agreement with the integer reference, audits.

use crate::common::{risk_assignment, risk_network};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn fits_a_domain_of_2048() -> Outcome {
    let stats = risk_network(1).circuit()?.stats();
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
