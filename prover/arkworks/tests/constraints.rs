//! arkworks sees the same matrices as this workspace does, and the same verdicts, in every case of every gadget and layer.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal, R1CS_PREDICATE_LABEL,
    SynthesisError, SynthesisMode,
};
use assay_arkworks::{Synthesizer, matrices};
use assay_circuits::{Assignment, Circuit, Ranges, Witness, audit, cases};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn for_each_circuit(check: impl Fn(&str, i64, &Circuit) -> Outcome) -> Outcome {
    for case in cases::all() {
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            check(case.name, case.clamp(-1), &case.circuit(ranges)?)?;
        }
    }
    Ok(())
}

fn system(circuit: &Circuit, witness: Option<&Witness>) -> Result<ConstraintSystemRef<Fr>, SynthesisError> {
    let cs = ConstraintSystem::<Fr>::new_ref();
    if witness.is_none() {
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Setup);
    }
    Synthesizer { r1cs: &circuit.r1cs, witness }.generate_constraints(cs.clone())?;
    cs.finalize();
    Ok(cs)
}

#[test]
fn arkworks_has_the_same_matrices() -> Outcome {
    for_each_circuit(|name, _, circuit| {
        let (cs, stats) = (system(circuit, None)?, circuit.stats());
        assert_eq!(cs.num_constraints(), stats.constraints, "{name}");
        assert_eq!(cs.num_instance_variables(), stats.instance, "{name}");
        assert_eq!(cs.num_witness_variables(), stats.witness, "{name}");
        let mut theirs = cs.to_matrices()?.remove(R1CS_PREDICATE_LABEL).ok_or("an R1CS")?;
        theirs.iter_mut().flatten().for_each(|row| row.sort_by_key(|&(_, wire)| wire));
        assert_eq!(theirs, matrices(&circuit.r1cs), "{name}");
        Ok(())
    })
}

#[test]
fn arkworks_agrees_on_satisfaction() -> Outcome {
    for_each_circuit(|name, value, circuit| {
        let inputs = circuit.inputs().iter().map(|tensor| vec![value; tensor.len as usize]).collect();
        let mut witness = audit::solve(circuit, &Assignment { inputs, ..Assignment::default() })?;
        for honest in [true, false] {
            if !honest {
                // Not the digest, which a gadget alone does not have.
                *witness.values.last_mut().ok_or("wires")? += Fr::from(1u64);
            }
            assert_eq!(system(circuit, Some(&witness))?.is_satisfied()?, honest, "{name}");
            assert_eq!(circuit.r1cs.first_violation(&witness).is_none(), honest, "{name}");
        }
        Ok(())
    })
}

#[test]
fn a_proof_needs_a_witness() -> Outcome {
    let circuit = cases::all().next().ok_or("a case")?.circuit(Ranges::Bits)?;
    let cs = ConstraintSystem::<Fr>::new_ref();
    let result = Synthesizer { r1cs: &circuit.r1cs, witness: None }.generate_constraints(cs);
    assert!(matches!(result, Err(SynthesisError::AssignmentMissing)), "{result:?}");
    Ok(())
}
