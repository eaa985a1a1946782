//! A transcript as JSON: points, elements and hashes in hexadecimal, in the interface's bytes.
//!
//! What counts are the values, not the text. The hashes that stand at the records are for people; reading computes them again.

use ark_bn254::{Fr, G1Affine, G2Affine};
use assay_groth16::{
    PointError, element,
    parts::{g1_bytes, g2_bytes, read_g1, read_g2},
    scalar,
};
use assay_interface::field::Scalar;
use serde::{Deserialize, Serialize};

use crate::{
    error::TranscriptError,
    parts::Part,
    phase1::Identity,
    transcript::{
        Author, Beginning, LONGEST_NAME, MOST_RECORDS, Proof, Record, State, Transcript, VALUE_BYTES,
    },
};

/// The form's number.
const FORM: u32 = 1;
/// Most sigmas of a key.
const MOST_SIGMAS: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonTranscript {
    assay_ceremony: u32,
    circuit: String,
    domain: u32,
    phase1: JsonPhase1,
    beacon: Option<String>,
    initial: JsonParts,
    hash: String,
    records: Vec<JsonRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonPhase1 {
    power: u32,
    blake2b: String,
    contributions: u32,
    last_challenge: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonParts {
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<String>>,
    l: String,
    h: String,
    sigmas: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    contributor: Option<JsonContributor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beacon: Option<String>,
    delta_g1: String,
    delta_g2: String,
    sigmas: Vec<String>,
    parts: JsonParts,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonContributor {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    delta: JsonProof,
    sigmas: Vec<JsonProof>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonProof {
    commitment: String,
    response: String,
}

/// The text of a transcript.
pub fn to_json(transcript: &Transcript) -> String {
    let Beginning { circuit, domain, phase1, beacon, parts, .. } = &transcript.beginning;
    let mut hashes = transcript.hashes().into_iter().map(hex::encode);
    let hash = hashes.next().unwrap_or_default();
    let (fixed, moving) = parts.split_at(Part::FIXED.len().min(parts.len()));
    let mut initial = parts_to_json(moving);
    initial.fixed = Some(fixed.iter().map(hex::encode).collect());
    let record = |(Record { author, state, parts }, hash): (&Record, String)| {
        let (contributor, beacon) = match author {
            Author::Beacon { value } => (None, Some(hex::encode(value))),
            Author::Contributor { name, key, delta, sigmas } => {
                let proof = |commitment: &[u8], response: &Fr| JsonProof {
                    commitment: hex::encode(commitment),
                    response: hex::encode(scalar(*response).as_be_bytes()),
                };
                let contributor = JsonContributor {
                    name: name.clone(),
                    key: (*key != [0; 32]).then(|| hex::encode(key)),
                    delta: proof(&g1_bytes(&delta.commitment), &delta.response),
                    sigmas: sigmas.iter().map(|p| proof(&g2_bytes(&p.commitment), &p.response)).collect(),
                };
                (Some(contributor), None)
            }
        };
        JsonRecord {
            contributor,
            beacon,
            delta_g1: hex::encode(g1_bytes(&state.delta_g1)),
            delta_g2: hex::encode(g2_bytes(&state.delta_g2)),
            sigmas: state.sigmas.iter().map(|sigma| hex::encode(g2_bytes(sigma))).collect(),
            parts: parts_to_json(parts),
            hash,
        }
    };
    let json = JsonTranscript {
        assay_ceremony: FORM,
        circuit: hex::encode(circuit),
        domain: *domain,
        phase1: JsonPhase1 {
            power: phase1.power,
            blake2b: hex::encode(phase1.blake2b),
            contributions: phase1.contributions,
            last_challenge: hex::encode(phase1.last_challenge),
        },
        beacon: beacon.clone(),
        initial,
        hash,
        records: transcript.records.iter().zip(hashes).map(record).collect(),
    };
    // Strings and numbers under fixed keys serialize.
    serde_json::to_string_pretty(&json).map(|text| text + "\n").unwrap_or_default()
}

/// The transcript in a text. Its points are points; whether its records hold, [`Transcript::check`] says.
///
/// # Errors
/// [`TranscriptError`] names the field.
pub fn from_json(text: &str) -> Result<Transcript, TranscriptError> {
    let json: JsonTranscript =
        serde_json::from_str(text).map_err(|error| TranscriptError::Json(error.to_string()))?;
    if json.assay_ceremony != FORM {
        let what = format!("this version reads form {FORM}, the file has form {}", json.assay_ceremony);
        return Err(wrong("assay_ceremony", what));
    }
    if json.records.len() > MOST_RECORDS {
        return Err(wrong("records", format!("{} are more than {MOST_RECORDS}", json.records.len())));
    }
    if let Some(beacon) = &json.beacon {
        check_name("beacon", beacon)?;
    }
    let (initial, sigmas) = parts_from_json(&json.initial)?;
    let fixed = json.initial.fixed.iter().flatten();
    let mut parts = fixed.map(|hash| bytes("initial.fixed", hash)).collect::<Result<Vec<_>, _>>()?;
    if parts.len() != Part::FIXED.len() {
        return Err(wrong(
            "initial.fixed",
            format!("{} hashes, where {} are needed", parts.len(), Part::FIXED.len()),
        ));
    }
    parts.extend(initial);
    let beginning = Beginning {
        circuit: bytes("circuit", &json.circuit)?,
        domain: json.domain,
        sigmas,
        phase1: Identity {
            power: json.phase1.power,
            blake2b: bytes("phase1.blake2b", &json.phase1.blake2b)?,
            contributions: json.phase1.contributions,
            last_challenge: bytes("phase1.last_challenge", &json.phase1.last_challenge)?,
        },
        beacon: json.beacon,
        parts,
    };
    let records = json.records.iter().map(record_from_json).collect::<Result<_, _>>()?;
    let transcript = Transcript { beginning, records };
    let stated = std::iter::once(&json.hash).chain(json.records.iter().map(|record| &record.hash));
    for (number, (stated, hash)) in stated.zip(transcript.hashes()).enumerate() {
        if *stated != hex::encode(hash) {
            return Err(TranscriptError::Hash(number));
        }
    }
    Ok(transcript)
}

fn record_from_json(json: &JsonRecord) -> Result<Record, TranscriptError> {
    let author = match (&json.contributor, &json.beacon) {
        (Some(contributor), None) => {
            check_name("contributor.name", &contributor.name)?;
            let response = |proof: &JsonProof| -> Result<Fr, TranscriptError> {
                let scalar = Scalar::from_be_bytes(bytes("response", &proof.response)?);
                scalar.map(|z| element(&z)).map_err(|error| wrong("response", error.to_string()))
            };
            let delta = &contributor.delta;
            let sigma = |proof: &JsonProof| -> Result<_, TranscriptError> {
                Ok(Proof { commitment: g2("commitment", &proof.commitment)?, response: response(proof)? })
            };
            Author::Contributor {
                name: contributor.name.clone(),
                key: contributor.key.as_deref().map_or(Ok([0; 32]), |key| bytes("contributor.key", key))?,
                delta: Proof { commitment: g1("commitment", &delta.commitment)?, response: response(delta)? },
                sigmas: contributor.sigmas.iter().map(sigma).collect::<Result<_, _>>()?,
            }
        }
        (None, Some(value)) => {
            lower_case("beacon", value)?;
            let value = hex::decode(value).map_err(|error| wrong("beacon", error.to_string()))?;
            check_value(&value)?;
            Author::Beacon { value }
        }
        _ => return Err(wrong("records", "each has either a contributor or a beacon".into())),
    };
    let (parts, _) = parts_from_json(&json.parts)?;
    if json.parts.fixed.is_some() {
        return Err(wrong("parts", "a contribution does not change the fixed parts".into()));
    }
    let state = State {
        delta_g1: g1("delta_g1", &json.delta_g1)?,
        delta_g2: g2("delta_g2", &json.delta_g2)?,
        sigmas: json.sigmas.iter().map(|sigma| g2("sigmas", sigma)).collect::<Result<_, _>>()?,
    };
    Ok(Record { author, state, parts })
}

/// Fails for a name that is empty, too long, or has control characters or characters that only direct how others are shown.
/// Names that look alike are not told apart: a contributor is his hash.
///
/// # Errors
/// [`TranscriptError::Field`].
pub fn check_name(field: &'static str, name: &str) -> Result<(), TranscriptError> {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(unseen) {
        let what = format!("a name has 1 to {LONGEST_NAME} bytes and no control characters");
        return Err(wrong(field, what));
    }
    Ok(())
}

/// Fails for a beacon's value that is too short to be one, or too long.
pub(crate) fn check_value(value: &[u8]) -> Result<(), TranscriptError> {
    if VALUE_BYTES.contains(&value.len()) {
        return Ok(());
    }
    let (least, most) = VALUE_BYTES.into_inner();
    Err(wrong("beacon", format!("a value has {least} to {most} bytes, not {}", value.len())))
}

fn parts_to_json(hashes: &[[u8; 32]]) -> JsonParts {
    let mut hashes = hashes.iter().map(hex::encode);
    let mut next = || hashes.next().unwrap_or_default();
    let (l, h) = (next(), next());
    JsonParts { fixed: None, l, h, sigmas: hashes.collect() }
}

/// The hashes of the parts that move, and how many sigmas there are.
fn parts_from_json(json: &JsonParts) -> Result<(Vec<[u8; 32]>, u32), TranscriptError> {
    let sigmas = u32::try_from(json.sigmas.len()).unwrap_or(u32::MAX);
    if sigmas > MOST_SIGMAS {
        return Err(wrong("sigmas", format!("{sigmas} are more than {MOST_SIGMAS}")));
    }
    let all = [&json.l, &json.h].into_iter().chain(&json.sigmas);
    Ok((all.map(|hash| bytes("parts", hash)).collect::<Result<_, _>>()?, sigmas))
}

/// Hexadecimal has one form here, so that a transcript has one text.
fn lower_case(field: &'static str, text: &str) -> Result<(), TranscriptError> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Err(wrong(field, "hexadecimal is in lower case".into())),
        false => Ok(()),
    }
}

fn wrong(field: &'static str, what: String) -> TranscriptError {
    TranscriptError::Field { field, what }
}

fn bytes<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], TranscriptError> {
    lower_case(field, text)?;
    let mut bytes = [0; N];
    let result = hex::decode_to_slice(text, &mut bytes);
    result.map_err(|_| wrong(field, format!("{N} bytes in hexadecimal are needed")))?;
    Ok(bytes)
}

fn g1(field: &'static str, text: &str) -> Result<G1Affine, TranscriptError> {
    read_g1(&bytes(field, text)?).map_err(|error: PointError| wrong(field, error.to_string()))
}

fn g2(field: &'static str, text: &str) -> Result<G2Affine, TranscriptError> {
    read_g2(&bytes(field, text)?).map_err(|error: PointError| wrong(field, error.to_string()))
}
