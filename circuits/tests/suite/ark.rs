//! The adapter to ark-relations: arkworks sees the same matrices and the same verdicts.

use crate::common;
use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisError,
    SynthesisMode,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn arkworks_has_the_same_matrices() -> Outcome {
    for case in common::cases()? {
        let cs = ConstraintSystem::<Fr>::new_ref();
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Setup);
        case.circuit.synthesizer().generate_constraints(cs.clone())?;
        cs.finalize();
        let (r1cs, stats) = (&case.circuit.r1cs, case.circuit.stats());
        assert_eq!(cs.num_constraints(), stats.constraints, "{}", case.name);
        assert_eq!(cs.num_instance_variables(), stats.instance);
        assert_eq!(cs.num_witness_variables(), stats.witness);
        let theirs = cs.to_matrices()?.remove(R1CS_PREDICATE_LABEL).ok_or("an R1CS")?;
        let mut theirs = theirs;
        theirs.iter_mut().flatten().for_each(|row| row.sort_by_key(|&(_, wire)| wire));
        assert_eq!(theirs, r1cs.ark_matrices(), "{}", case.name);
    }
    Ok(())
}

#[test]
fn arkworks_agrees_on_satisfaction() -> Outcome {
    for case in common::statements()? {
        for (i, assignment) in case.assignments.iter().enumerate() {
            let mut witness = case.circuit.solve(assignment)?;
            for honest in [true, false] {
                if !honest {
                    let wire = 1 + i * 37 % (witness.values.len() - 1);
                    witness.values[wire] += Fr::from(1u64);
                }
                let cs = ConstraintSystem::<Fr>::new_ref();
                case.circuit.synthesizer_with(&witness).generate_constraints(cs.clone())?;
                cs.finalize();
                assert_eq!(cs.is_satisfied()?, honest, "{}", case.name);
                assert_eq!(case.circuit.r1cs.first_violation(&witness).is_none(), honest);
            }
        }
    }
    Ok(())
}

#[test]
fn a_proof_needs_a_witness() -> Outcome {
    let case = common::statements()?.into_iter().next().ok_or("a case")?;
    let cs = ConstraintSystem::<Fr>::new_ref();
    let result = case.circuit.synthesizer().generate_constraints(cs);
    assert!(matches!(result, Err(SynthesisError::AssignmentMissing)), "{result:?}");
    Ok(())
}
