//! Keys and proofs against arkworks', point for point.

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use assay_arkworks::{CosetReduction, Reference, Synthesizer, proving_key};
use assay_circuits::Visibility;
use assay_engine::Backend;
use assay_groth16::{
    Prover,
    oracle::{self, Secrets},
};

#[path = "../../groth16/tests/it/common.rs"]
mod common;

/// The oracle for the setup: arkworks' generator with the same secrets gives the same key.
#[test]
fn a_key_is_arkworks_key() {
    for (seed, visibility) in [(1, Visibility::Public), (2, Visibility::Committed)] {
        let circuit = common::perceptron(&[3, 4, 2], visibility, seed);
        let rows = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
        let mut rng = common::rng(seed);
        let [alpha, beta, gamma, delta] = [(); 4].map(|()| Fr::rand(&mut rng));
        // arkworks draws tau itself, from a generator that both sides get.
        let tau = GeneralEvaluationDomain::<Fr>::new(rows)
            .unwrap()
            .sample_element_outside_domain(&mut common::rng(seed + 7));
        let expected = Groth16::<Bn254, CosetReduction>::generate_parameters_with_qap(
            Synthesizer { r1cs: &circuit.r1cs, witness: None },
            alpha,
            beta,
            gamma,
            delta,
            G1Projective::generator(),
            G2Projective::generator(),
            &mut common::rng(seed + 7),
        )
        .unwrap();
        let secrets = Secrets { alpha, beta, gamma, delta, tau };
        let key = oracle::setup(&circuit.r1cs, circuit.digest(), &secrets).unwrap();
        // Field by field: a difference in one names it, without printing thousands of points.
        let found = proving_key(&key).unwrap();
        assert!(found.vk == expected.vk, "verifying key");
        assert!((found.beta_g1, found.delta_g1) == (expected.beta_g1, expected.delta_g1), "beta, delta");
        assert!(found.a_query == expected.a_query, "A");
        assert!(found.b_g1_query == expected.b_g1_query, "B in G1");
        assert!(found.b_g2_query == expected.b_g2_query, "B in G2");
        assert!(found.l_query == expected.l_query, "L");
        assert!(found.h_query == expected.h_query, "H");
    }
}

/// The oracle for the prover: arkworks' prover on the same key and the same blinding.
#[test]
fn a_proof_is_arkworks_proof() {
    for (seed, visibility) in [(1, Visibility::Public), (2, Visibility::Committed)] {
        let circuit = common::perceptron(&[3, 4, 2], visibility, seed);
        let key =
            oracle::setup(&circuit.r1cs, circuit.digest(), &Secrets::draw(&mut common::rng(seed))).unwrap();
        let reference = Reference::new(&key, &circuit).unwrap();
        for backend in Backend::ALL {
            let prover = Prover::with_backend(&key, &circuit, backend).unwrap();
            for (r, s) in
                [(0, 0), (0, 5), (7, 0), (11, 13)].map(|(r, s): (u64, u64)| (Fr::from(r), Fr::from(s)))
            {
                let witness = common::solve(&circuit, seed + 10);
                let proof = oracle::prove(&prover, &witness.values, r, s).unwrap();
                assert_eq!(proof, reference.prove(&witness.values, r, s).unwrap(), "{backend}");
            }
        }
    }
}
