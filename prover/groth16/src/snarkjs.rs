//! snarkjs' JSON forms: `verification_key.json`, `proof.json`, `public.json`.
//!
//! `snarkjs groth16 verify verification_key.json public.json proof.json` accepts what is written here. Integers are
//! decimal strings; G1 is `[x, y, "1"]`, G2 is `[[x.c0, x.c1], [y.c0, y.c1], ["1", "0"]]`: c0 first, unlike the
//! interface's bytes, and A is not negated. `vk_alphabeta_12`, which snarkjs writes and does not read, is left out.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, SetupKind},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    encoding::KeyReadError,
    key::{BasePoints, KeyPoints, VerifyingKey},
    points::{Point, PointError, element, from_decimal, scalar, to_decimal},
    proof::Proof,
};

/// Why JSON is not what was asked for.
#[derive(Debug, Error)]
pub enum SnarkjsError {
    /// Not JSON, or not of this shape.
    #[error("not snarkjs JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Another proof system or curve.
    #[error("protocol {protocol:?} over {curve:?}; only groth16 over bn128 is supported")]
    Protocol {
        /// The protocol named.
        protocol: String,
        /// The curve named.
        curve: String,
    },
    /// Another number of public inputs than one.
    #[error("{0} public inputs; a statement has one, its digest")]
    PublicInputs(usize),
    /// Text that is not a canonical decimal integer below the field's order.
    #[error("{field}: {text:?} is not a decimal integer below the order of the field")]
    Integer {
        /// Where it stands.
        field: &'static str,
        /// The text.
        text: String,
    },
    /// A key or proof with a commitment.
    #[error("snarkjs has no form for keys and proofs with a commitment, as circuits with lookups have them")]
    Commitment,
    /// A third coordinate other than one: the point is not in affine form.
    #[error("{field}: the point is not affine, its last coordinate is not 1")]
    NotAffine {
        /// Where it stands.
        field: &'static str,
    },
    /// A point that is not one.
    #[error("{field}: {error}")]
    Point {
        /// Where it stands.
        field: &'static str,
        /// What is wrong with it.
        error: PointError,
    },
    /// The key fails its checks.
    #[error(transparent)]
    Key(#[from] KeyReadError),
}

type JsonG1 = [String; 3];
type JsonG2 = [[String; 2]; 3];

#[derive(Serialize, Deserialize)]
struct JsonKey {
    protocol: String,
    curve: String,
    #[serde(rename = "nPublic")]
    public_inputs: usize,
    vk_alpha_1: JsonG1,
    vk_beta_2: JsonG2,
    vk_gamma_2: JsonG2,
    vk_delta_2: JsonG2,
    #[serde(rename = "IC")]
    ic: Vec<JsonG1>,
}

#[derive(Serialize, Deserialize)]
struct JsonProof {
    pi_a: JsonG1,
    pi_b: JsonG2,
    pi_c: JsonG1,
    protocol: String,
    curve: String,
}

/// `verification_key.json`.
pub fn verifying_key_to_json(key: &VerifyingKey) -> Result<String, SnarkjsError> {
    let KeyPoints {
        base: BasePoints { alpha_g1, beta_g2, gamma_g2, delta_g2 },
        ic,
        commitment: None,
        weights: None,
    } = &key.points
    else {
        return Err(SnarkjsError::Commitment);
    };
    Ok(to_json(&JsonKey {
        protocol: PROTOCOL.into(),
        curve: CURVE.into(),
        public_inputs: 1,
        vk_alpha_1: g1_to_json(alpha_g1),
        vk_beta_2: g2_to_json(beta_g2),
        vk_gamma_2: g2_to_json(gamma_g2),
        vk_delta_2: g2_to_json(delta_g2),
        ic: ic.iter().map(g1_to_json).collect(),
    }))
}

/// The key in `verification_key.json`, checked in full. The form names neither circuit nor setup: the caller does.
pub fn verifying_key_from_json(
    json: &str,
    circuit: [u8; 32],
    setup: SetupKind,
) -> Result<VerifyingKey, SnarkjsError> {
    let key: JsonKey = serde_json::from_str(json)?;
    expect_groth16(&key.protocol, &key.curve)?;
    let [ic0, ic1] = &key.ic[..] else {
        return Err(SnarkjsError::PublicInputs(key.ic.len().saturating_sub(1)));
    };
    if key.public_inputs != 1 {
        return Err(SnarkjsError::PublicInputs(key.public_inputs));
    }
    let key = interface::PlainKey {
        alpha_g1: g1_from_json("vk_alpha_1", &key.vk_alpha_1)?,
        beta_g2: g2_from_json("vk_beta_2", &key.vk_beta_2)?,
        gamma_g2: g2_from_json("vk_gamma_2", &key.vk_gamma_2)?,
        delta_g2: g2_from_json("vk_delta_2", &key.vk_delta_2)?,
        ic: [g1_from_json("IC[0]", ic0)?, g1_from_json("IC[1]", ic1)?],
    };
    Ok(VerifyingKey::from_interface(&key, circuit, setup)?)
}

/// `proof.json`.
pub fn proof_to_json(proof: &Proof) -> Result<String, SnarkjsError> {
    if proof.commitment.is_some() {
        return Err(SnarkjsError::Commitment);
    }
    Ok(to_json(&JsonProof {
        pi_a: g1_to_json(&proof.a),
        pi_b: g2_to_json(&proof.b),
        pi_c: g1_to_json(&proof.c),
        protocol: PROTOCOL.into(),
        curve: CURVE.into(),
    }))
}

/// The proof in `proof.json`, its points checked in full.
pub fn proof_from_json(json: &str) -> Result<Proof, SnarkjsError> {
    let proof: JsonProof = serde_json::from_str(json)?;
    expect_groth16(&proof.protocol, &proof.curve)?;
    fn checked<P: Point<N>, const N: usize>(field: &'static str, bytes: &[u8; N]) -> Result<P, SnarkjsError> {
        P::read(bytes).map_err(|error| SnarkjsError::Point { field, error })
    }
    Ok(Proof {
        a: checked::<G1Affine, _>("pi_a", &g1_from_json("pi_a", &proof.pi_a)?)?,
        b: checked::<G2Affine, _>("pi_b", &g2_from_json("pi_b", &proof.pi_b)?)?,
        c: checked::<G1Affine, _>("pi_c", &g1_from_json("pi_c", &proof.pi_c)?)?,
        commitment: None,
    })
}

/// `public.json`: the digest.
pub fn public_to_json(digest: &Scalar) -> String {
    inputs_to_json(&[element(digest)])
}

/// `public.json` of any number of public inputs.
pub fn inputs_to_json(inputs: &[Fr]) -> String {
    let decimals: Vec<String> = inputs.iter().map(to_decimal).collect();
    to_json(&decimals)
}

/// The digest in `public.json`.
pub fn public_from_json(json: &str) -> Result<Scalar, SnarkjsError> {
    let inputs: Vec<String> = serde_json::from_str(json)?;
    match &inputs[..] {
        [digest] => integer::<Fr>("public input", digest).map(scalar),
        _ => Err(SnarkjsError::PublicInputs(inputs.len())),
    }
}

const PROTOCOL: &str = "groth16";
const CURVE: &str = "bn128";

fn expect_groth16(protocol: &str, curve: &str) -> Result<(), SnarkjsError> {
    if (protocol, curve) == (PROTOCOL, CURVE) {
        Ok(())
    } else {
        Err(SnarkjsError::Protocol { protocol: start_of(protocol), curve: start_of(curve) })
    }
}

fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("strings and numbers under fixed keys serialize")
}

fn g1_to_json(point: &G1Affine) -> JsonG1 {
    match point.xy() {
        Some((x, y)) => [to_decimal(&x), to_decimal(&y), "1".into()],
        None => ["0".into(), "1".into(), "0".into()],
    }
}

fn g2_to_json(point: &G2Affine) -> JsonG2 {
    let pair = |coordinate: Fq2| [to_decimal(&coordinate.c0), to_decimal(&coordinate.c1)];
    let small = |c0: &str| [c0.into(), "0".into()];
    match point.xy() {
        Some((x, y)) => [pair(x), pair(y), small("1")],
        None => [small("0"), small("1"), small("0")],
    }
}

/// The interface's bytes of a point; its curve is checked by whoever reads them.
fn g1_from_json(field: &'static str, [x, y, z]: &JsonG1) -> Result<[u8; 64], SnarkjsError> {
    if z != "1" {
        return Err(SnarkjsError::NotAffine { field });
    }
    Ok(G1Affine::new_unchecked(integer(field, x)?, integer(field, y)?).bytes())
}

fn g2_from_json(field: &'static str, [x, y, z]: &JsonG2) -> Result<[u8; 128], SnarkjsError> {
    if z != &["1", "0"] {
        return Err(SnarkjsError::NotAffine { field });
    }
    let pair = |[c0, c1]: &[String; 2]| -> Result<Fq2, SnarkjsError> {
        Ok(Fq2::new(integer::<Fq>(field, c0)?, integer::<Fq>(field, c1)?))
    };
    Ok(G2Affine::new_unchecked(pair(x)?, pair(y)?).bytes())
}

fn integer<F: ark_ff::PrimeField>(field: &'static str, text: &str) -> Result<F, SnarkjsError> {
    from_decimal(text).ok_or_else(|| SnarkjsError::Integer { field, text: start_of(text) })
}

/// As much of a text as an error shows: an integer of the fields has 77 digits at most.
fn start_of(text: &str) -> String {
    text.chars().take(80).collect()
}
