//! The circuit's digest equals `assay_interface::statement` on the same statement.

use crate::common;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use assay_circuits::statement::domain_from_bytes;
use assay_circuits::{
    Assignment, Bounded, Builder, Circuit, SolveError, StatementInput, StatementOutput, Visibility,
};
use assay_interface::field::Scalar;
use assay_interface::schema::{ModelSchema, TensorSchema};
use assay_interface::statement::{Statement, TensorValue, commit};
use proptest::prelude::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn tensor(name: &str, len: u32, bits: u8, visibility: Visibility) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: vec![len],
        bits,
        scales: 3.into(),
        missing: Default::default(),
        visibility,
    }
}

fn scalar(e: Fr) -> Result<Scalar, Box<dyn std::error::Error>> {
    let bytes: [u8; 32] = e.into_bigint().to_bytes_be().try_into().map_err(|_| "32 bytes")?;
    Ok(Scalar::from_be_bytes(bytes)?)
}

/// Outputs are the first input's values, and twice that.
fn circuit(schema: &ModelSchema) -> Result<Circuit, Box<dyn std::error::Error>> {
    let mut b = Builder::new();
    let values = schema
        .inputs()
        .iter()
        .map(|t| b.input(&t.name, t.elements(), t.bits))
        .collect::<Result<Vec<_>, _>>()?;
    let inputs: Vec<_> = schema
        .inputs()
        .iter()
        .zip(&values)
        .map(|(t, values)| StatementInput { values, bits: t.bits, visibility: t.visibility })
        .collect();
    let double: Vec<Bounded> = values[0].iter().map(|v| v.mul_const(2)).collect::<Result<_, _>>()?;
    let outputs = [(&values[0], &schema.outputs()[0]), (&double, &schema.outputs()[1])]
        .map(|(values, t)| StatementOutput { values, bits: t.bits });
    let domain: [u8; 31] = schema.domain().to_be_bytes()[1..].try_into()?;
    b.bind_statement(domain_from_bytes(&domain), &inputs, &outputs)?;
    Ok(b.finish()?)
}

fn agree(first: (u32, u8, Visibility), second: (u32, u8, Visibility), seed: u64) -> Outcome {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let inputs = vec![tensor("a", first.0, first.1, first.2), tensor("b", second.0, second.1, second.2)];
    let public = Visibility::Public;
    let outputs = vec![tensor("y", first.0, first.1, public), tensor("z", first.0, first.1 + 1, public)];
    let schema = ModelSchema::new("model".into(), inputs, outputs)?;
    let circuit = circuit(&schema)?;

    let mut random = |t: &TensorSchema| -> Vec<i64> {
        let half = 1i64 << (t.bits - 1);
        (0..t.elements()).map(|_| rng.gen_range(-half..half)).collect()
    };
    let values: Vec<Vec<i64>> = schema.inputs().iter().map(&mut random).collect();
    let committed = schema.inputs().iter().filter(|t| t.visibility == Visibility::Committed).count();
    let salts: Vec<Fr> = (0..committed).map(|i| Fr::from(seed) + Fr::from(i as u64)).collect();
    let context: [u8; 32] = rng.r#gen();
    let witness = circuit.solve(&Assignment {
        inputs: values.clone(),
        context,
        salts: salts.clone(),
        ..Assignment::default()
    })?;

    let mut salts = salts.into_iter();
    let tensors = schema
        .inputs()
        .iter()
        .zip(&values)
        .map(|(t, values)| match t.visibility {
            Visibility::Public => Ok(TensorValue::Values(values)),
            Visibility::Committed => {
                let salt = scalar(salts.next().ok_or("a salt")?)?;
                Ok(TensorValue::Commitment(commit(salt, values, t.bits)?))
            }
            Visibility::Member { .. } => Err("`member` has these".into()),
        })
        .collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
    let double: Vec<i64> = values[0].iter().map(|v| 2 * v).collect();
    let statement = Statement::new(&schema, context, &tensors, &[&values[0], &double])?;
    assert_eq!(scalar(witness.digest())?, statement.digest()?);
    assert_eq!(witness.outputs(), &[values[0].clone(), double]);
    assert_eq!(circuit.r1cs.first_violation(&witness), None);
    Ok(())
}

#[test]
fn digests_agree_at_the_limits() -> Outcome {
    let (public, committed) = (Visibility::Public, Visibility::Committed);
    agree((1, 1, public), (1, 1, public), 1)?;
    agree((248, 1, public), (249, 1, committed), 2)?;
    agree((8, 31, committed), (7, 32, public), 3)?;
    agree((100, 31, public), (300, 13, committed), 4)?;
    agree((16, 15, public), (17, 15, public), 5)?;
    // Twice eleven limbs, and ten: the last block of the longer commitment is a block of the shorter one's size.
    agree((330, 16, committed), (165, 16, committed), 6)?;
    agree((150, 16, committed), (151, 16, committed), 7)
}

proptest! {
    #![proptest_config(common::property(24))]
    #[test]
    fn digests_agree(
        a in (1u32..60, 1u8..=31, any::<bool>()),
        b in (1u32..60, 1u8..=32, any::<bool>()),
        seed in any::<u64>(),
    ) {
        let visibility = |c| if c { Visibility::Committed } else { Visibility::Public };
        let result = agree((a.0, a.1, visibility(a.2)), (b.0, b.1, visibility(b.2)), seed);
        prop_assert!(result.is_ok(), "{:?}", result.err());
    }
}

#[test]
fn what_a_statement_says_cannot_be_changed() -> Outcome {
    // Under one digest: another context, another input, another output, another salt.
    let case = common::statements()?.into_iter().nth(2).ok_or("a case")?;
    let assignment = &case.assignments[5];
    let honest = case.circuit.solve(assignment)?;
    let mut others = vec![assignment.clone(); 4];
    others[0].context[31] ^= 1;
    others[1].inputs[0][1] ^= 1;
    others[2].inputs[1][3] ^= 1;
    others[3].salts[0] += Fr::from(1u64);
    for other in others {
        let mut forged = case.circuit.solve(&other)?;
        assert_ne!(forged.digest(), honest.digest());
        forged.values[1] = honest.digest();
        let violation = case.circuit.r1cs.first_violation(&forged).ok_or("a violation")?;
        assert_eq!(violation.block, "statement/digest/poseidon/x4 * x = x5");
        assert!(violation.to_string().contains("`statement/digest/poseidon/x4 * x = x5`"));
    }
    Ok(())
}

#[test]
fn wrong_assignments_are_named() -> Outcome {
    let case = common::statements()?.into_iter().nth(1).ok_or("a case")?;
    let good = case.assignments[0].clone();
    let error = |change: &dyn Fn(&mut Assignment)| {
        let mut bad = good.clone();
        change(&mut bad);
        case.circuit.solve(&bad).err()
    };
    assert_eq!(error(&|_| {}), None);
    assert_eq!(error(&|a| a.inputs.push(vec![])), Some(SolveError::TensorCount { expected: 1, found: 2 }));
    let length = SolveError::TensorLength { name: "t0".into(), expected: 3, found: 4 };
    assert_eq!(error(&|a| a.inputs[0].push(0)), Some(length));
    let range =
        |value| SolveError::InputRange { name: "t0".into(), index: 2, value, lo: -128, hi: 127, bits: 8 };
    for value in [128, -129, i64::MIN, i64::MAX] {
        assert_eq!(error(&|a| a.inputs[0][2] = value), Some(range(value)));
    }
    assert_eq!(error(&|a| a.salts.clear()), Some(SolveError::SaltCount { expected: 1, found: 0 }));
    Ok(())
}
