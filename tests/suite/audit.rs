//! No wire of a compiled model may have a second value: the audits of `assay_circuits` on every case.
//!
//! `circuits` audits its gadgets and layers one by one; here are the circuits that the compiler makes of them, those
//! whose keys get registered.

use ark_bn254::Fr;
use assay_circuits::{Assignment, audit};

use crate::case::Case;
use crate::member;

impl Case {
    /// Every wire is caught when it changes, and is determined by inputs, context, salts and membership.
    pub fn audit(&self) {
        let circuit = &self.model.circuit;
        let assignment = Assignment {
            inputs: self.model.quantize_inputs(&self.samples[0]).unwrap(),
            context: [0xa5; 32],
            salts: (1u64..).map(Fr::from).take(circuit.program().num_salts()).collect(),
            member: circuit.program().member_depth().map(|depth| member::of_tree(depth, 1)),
            ..Assignment::default()
        };
        let witness = circuit.solve(&assignment).unwrap();
        let reports = [
            ("sweep", audit::sweep(circuit, &witness, &[]).unwrap()),
            ("advice sweep", audit::advice_sweep(circuit, &assignment, &[]).unwrap()),
            ("uniqueness", audit::uniqueness(circuit, &witness, &[]).unwrap()),
        ];
        for (what, report) in reports {
            assert!(report.is_clean(), "{}, {what}: {:?}", self.name, report.findings.first());
            // All but the constant one and, where it is not audited as the statement itself, the digest.
            let least = circuit.r1cs.num_wires() - 2;
            assert!(report.wires >= least, "{}, {what}: {} of {least} wires", self.name, report.wires);
        }
    }
}
