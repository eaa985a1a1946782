//! snarkjs' JSON: what is written reads back, and each fault of what is read has its error.

use crate::common;
use assay_groth16::{
    PointError, Proof, SetupKind, VerifyingKey, prove, scalar, setup_development,
    snarkjs::{
        SnarkjsError, proof_from_json, proof_to_json, public_from_json, public_to_json,
        verifying_key_from_json, verifying_key_to_json,
    },
    verify,
};
use assay_interface::{field::Scalar, groth16::KeyError};
use serde_json::{Value, json};

fn fixture() -> (VerifyingKey, Proof, Scalar) {
    let circuit = common::small();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let witness = common::solve(&circuit, 2);
    let proof = prove(&key, &circuit, &witness, &mut common::rng(3)).unwrap();
    (verifying_key, proof, scalar(witness.digest()))
}

fn read_key(json: &str) -> Result<VerifyingKey, SnarkjsError> {
    verifying_key_from_json(json, [9; 32], SetupKind::Ceremony)
}

#[test]
fn what_is_written_reads_back() {
    let (key, proof, digest) = fixture();
    let read = verifying_key_from_json(
        &verifying_key_to_json(&key).unwrap(),
        key.circuit_digest(),
        key.setup_kind(),
    )
    .unwrap();
    assert_eq!(read, key);
    assert_eq!(proof_from_json(&proof_to_json(&proof).unwrap()).unwrap(), proof);
    assert_eq!(public_from_json(&public_to_json(&digest)).unwrap(), digest);
    assert_eq!(verify(&read, &proof, &digest), Ok(()));
}

#[test]
fn the_form_is_snarkjs() {
    let (key, proof, digest) = fixture();
    let key: Value = serde_json::from_str(&verifying_key_to_json(&key).unwrap()).unwrap();
    assert_eq!(
        (&key["protocol"], &key["curve"], &key["nPublic"]),
        (&json!("groth16"), &json!("bn128"), &json!(1))
    );
    assert_eq!(key["IC"].as_array().unwrap().len(), 2);
    assert_eq!(key["vk_beta_2"][2], json!(["1", "0"]));
    let json: Value = serde_json::from_str(&proof_to_json(&proof).unwrap()).unwrap();
    assert_eq!(json["pi_a"][2], json!("1"));
    // G2 coordinates are c0 first here, c1 first in the interface's bytes; A is not negated here, negated there.
    let decimal = |bytes: &[u8]| {
        bytes.iter().fold(ark_bn254::Fq::from(0u64), |sum, byte| {
            sum * ark_bn254::Fq::from(256u64) + ark_bn254::Fq::from(*byte)
        })
    };
    let bytes = *proof.to_interface().plain();
    assert_eq!(json["pi_b"][0][1], json!(decimal(&bytes.b[..32]).to_string()));
    assert_eq!(json["pi_b"][1][0], json!(decimal(&bytes.b[96..]).to_string()));
    assert_eq!(json["pi_a"][1], json!((-decimal(&bytes.a_negated[32..])).to_string()));
    let public: Value = serde_json::from_str(&public_to_json(&digest)).unwrap();
    assert_eq!(public.as_array().map(Vec::len), Some(1));
}

#[test]
fn each_fault_of_a_key_has_its_error() {
    let (key, ..) = fixture();
    let json: Value = serde_json::from_str(&verifying_key_to_json(&key).unwrap()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut json = json.clone();
        change(&mut json);
        read_key(&json.to_string()).unwrap_err()
    };
    assert!(matches!(read_key("not json").unwrap_err(), SnarkjsError::Json(_)));
    assert!(matches!(with(|j| j["IC"] = json!("text")), SnarkjsError::Json(_)));
    assert!(matches!(with(|j| j["protocol"] = json!("plonk")), SnarkjsError::Protocol { .. }));
    assert!(matches!(with(|j| j["curve"] = json!("bls12381")), SnarkjsError::Protocol { .. }));
    assert!(matches!(with(|j| j["nPublic"] = json!(2)), SnarkjsError::PublicInputs(2)));
    assert!(matches!(with(|j| j["IC"] = json!([j["IC"][0]])), SnarkjsError::PublicInputs(0)));
    assert!(matches!(
        with(|j| j["vk_alpha_1"][2] = json!("2")),
        SnarkjsError::NotAffine { field: "vk_alpha_1" }
    ));
    assert!(matches!(
        with(|j| j["vk_beta_2"][2][1] = json!("1")),
        SnarkjsError::NotAffine { field: "vk_beta_2" }
    ));
    for text in ["", "-1", "01", "1e3", "0x10", " 1", "9".repeat(200).as_str()] {
        let mut json = json.clone();
        json["vk_alpha_1"][0] = json!(text);
        assert!(matches!(
            read_key(&json.to_string()).unwrap_err(),
            SnarkjsError::Integer { field: "vk_alpha_1", .. }
        ));
    }
    // The order of the base field is zero to a reader that reduces.
    let modulus = "21888242871839275222246405745257275088696311157297823662689037894645226208583";
    let mut reduced = json.clone();
    reduced["vk_alpha_1"][0] = json!(modulus);
    assert!(matches!(read_key(&reduced.to_string()).unwrap_err(), SnarkjsError::Integer { .. }));
    let equal = with(|j| j["vk_gamma_2"] = j["vk_delta_2"].clone());
    assert!(matches!(equal, SnarkjsError::Key(assay_groth16::KeyReadError::Key(KeyError::Equal(..)))));
}

#[test]
fn each_fault_of_a_proof_or_public_input_has_its_error() {
    let (_, proof, _) = fixture();
    let json: Value = serde_json::from_str(&proof_to_json(&proof).unwrap()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut json = json.clone();
        change(&mut json);
        proof_from_json(&json.to_string()).unwrap_err()
    };
    let off_curve = with(|j| j["pi_c"][0] = json!("1"));
    assert!(matches!(off_curve, SnarkjsError::Point { field: "pi_c", error: PointError::NotOnCurve }));
    let zero = with(|j| j["pi_a"] = json!(["0", "0", "1"]));
    assert!(matches!(zero, SnarkjsError::Point { field: "pi_a", error: PointError::Identity }));
    assert!(matches!(
        with(|j| j["pi_a"] = json!(["0", "1", "0"])),
        SnarkjsError::NotAffine { field: "pi_a" }
    ));
    assert!(matches!(public_from_json("[]").unwrap_err(), SnarkjsError::PublicInputs(0)));
    assert!(matches!(public_from_json(r#"["1","2"]"#).unwrap_err(), SnarkjsError::PublicInputs(2)));
    let order = r#"["21888242871839275222246405745257275088548364400416034343698204186575808495617"]"#;
    assert!(matches!(public_from_json(order).unwrap_err(), SnarkjsError::Integer { .. }));
}
