//! Keys and proofs against arkworks', point for point.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use assay_arkworks::{CosetReduction, Reference, Synthesizer, proving_key};
use assay_circuits::{Assignment, Builder, Circuit, StatementInput, StatementOutput, Visibility};
use assay_engine::Backend;
use assay_groth16::{
    Prover,
    oracle::{self, Secrets, VerifyingPoints},
    weights::{CommittedWeights, WeightsProver},
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

/// Three products, of weights that the circuit does not hold.
fn weighted() -> Circuit {
    let mut b = Builder::new();
    let weights = b.weights(&[("w", 3, 8), ("bias", 1, 12)]).unwrap();
    let x = b.input("x", 3, 6).unwrap();
    let bias = b.copy_weight(&weights[1][0]).unwrap();
    let y = b.weighted_sum(&weights[0], &x, &bias).unwrap();
    let inputs = [StatementInput { values: &x, bits: 6, visibility: Visibility::Public }];
    b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &[y], bits: 16 }]).unwrap();
    b.finish().unwrap()
}

/// To arkworks weights are private wires like all others. The same secrets and blinding give its A and B, and its C but for the
/// weights' share, which the verifier has in D_w; arkworks' verifier takes the proof with D_w among the public inputs, and
/// without it does not.
#[test]
fn a_proof_under_weights_is_arkworks_proof_but_for_their_share() {
    let circuit = weighted();
    let secrets = Secrets::draw(&mut common::rng(1));
    let plain = oracle::setup(&circuit.r1cs, circuit.digest(), &secrets).unwrap();
    let key = oracle::setup_weights(&circuit, &secrets, Fr::from(99u64)).unwrap();
    let weights = [-128i64, 127, 5, -2048];
    let committed = CommittedWeights::commit(&key, weights, &mut common::rng(2)).unwrap();
    let assignment =
        Assignment { inputs: vec![vec![31, -32, 7]], weights: weights.into(), ..Assignment::default() };
    let witness = circuit.solve(&assignment).unwrap();
    let (r, s) = (Fr::from(11u64), Fr::from(13u64));
    let prover = WeightsProver::new(&key, &circuit).unwrap();
    let ours = oracle::prove_with_weights(&prover, &committed, &witness, r, s).unwrap();

    let wires = &circuit.weights.as_ref().unwrap().wires;
    let mut values = witness.values.clone();
    values[*wires.last().unwrap() as usize] = committed.mask();
    let theirs = Reference::new(&plain, &circuit).unwrap().prove(&values, r, s).unwrap();
    let ((a, b, c), (a_theirs, b_theirs, c_theirs)) =
        (oracle::proof_points(&ours), oracle::proof_points(&theirs));
    assert!((a, b) == (a_theirs, b_theirs), "A and B");
    let l = oracle::key_points(&plain).unwrap().l;
    let share: G1Projective =
        wires.iter().map(|&wire| l[wire as usize - circuit.r1cs.num_instance] * values[wire as usize]).sum();
    assert_eq!((share + c).into_affine(), c_theirs);

    // D_w is that share over gamma in place of delta.
    let points: VerifyingPoints = oracle::points_with_weights(key.verifying_key());
    let d_w = (share * (secrets.delta / secrets.gamma)).into_affine();
    let bytes: Vec<u8> = committed.commitment().0.to_vec();
    assert_eq!(g1_bytes(&d_w), bytes);
    let vk = ark_groth16::VerifyingKey {
        alpha_g1: points.alpha_g1,
        beta_g2: points.beta_g2,
        gamma_g2: points.gamma_g2,
        delta_g2: points.delta_g2,
        gamma_abc_g1: points.ic.to_vec(),
    };
    let prepared = ark_groth16::prepare_verifying_key(&vk);
    let public = points.ic[0] + points.ic[1] * witness.digest();
    let proof = ark_groth16::Proof { a, b, c };
    let accepts = |inputs: G1Projective| {
        Groth16::<Bn254>::verify_proof_with_prepared_inputs(&prepared, &proof, &inputs).unwrap()
    };
    assert!(accepts(public + d_w));
    assert!(!accepts(public) && !accepts(public + d_w + d_w));
}

/// Big-endian coordinates.
fn g1_bytes(point: &G1Affine) -> Vec<u8> {
    use ark_ff::{BigInteger, PrimeField};
    [point.x, point.y].iter().flat_map(|coordinate| coordinate.into_bigint().to_bytes_be()).collect()
}
