//! Keys, proofs of both forms, wrong ones, and files.

use assay_circuits::Ranges;
use assay_interface::artifact::{self, Kind};
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, Proof, SetupKind, Transcript, VerifyingKey};
use assay_interface::proof_file::ProofFile;
use assay_interface::verifier::{Verified, put_arguments};
use assay_tests::pass_through::{PassThrough, tensor};
use assay_tests::vectors::{check, hex};
use serde_json::{Value, json};

const VALUES: [i64; 2] = [-5, 7];

fn model(name: &str, ranges: Ranges, seed: u64) -> PassThrough {
    PassThrough::build(name, tensor("in", 2, 8, 3), tensor("out", 1, 8, 3), ranges, seed)
}

fn context() -> [u8; 32] {
    std::array::from_fn(|index| index as u8)
}

/// The `.vk` file of a model's key.
fn key_file(key: &VerifyingKey, setup: SetupKind) -> (Vec<u8>, [u8; 32]) {
    let key = assay_groth16::VerifyingKey::from_interface(key, [5; 32], setup).expect("a sound key");
    (key.to_bytes(), key.digest())
}

/// What the host verifier says of a proof: nothing, or why it is none.
fn verdict(key: &VerifyingKey, proof: &[u8], digest: &[u8; 32]) -> Value {
    let proof = match Proof::from_slice(proof) {
        Ok(proof) => proof,
        Err(error) => return json!(error.to_string()),
    };
    let digest = Scalar::from_be_bytes(*digest).expect("an element");
    match groth16::verify(key, &proof, &digest) {
        Ok(()) => Value::Null,
        Err(error) => json!(error.to_string()),
    }
}

fn proven(name: &str, ranges: Ranges, seed: u64, setup: SetupKind) -> Value {
    let model = model(name, ranges, seed);
    let (proof, statement) = model.prove(&VALUES, context(), Transcript::Assay, seed);
    let digest = statement.digest().expect("a digest");
    let (file, file_digest) = key_file(&model.key, setup);
    let mut arguments = Vec::new();
    put_arguments(&mut arguments, &proof, &statement.context, &statement.limbs);
    let answer = Verified { model: [9; 32], digest: *digest.as_be_bytes(), setup };

    let bytes = proof.as_bytes().to_vec();
    let proof_file = ProofFile { proof, statement, key: file_digest };
    let (_, other) = model.prove(&[-5, 8], context(), Transcript::Assay, seed);
    let other_digest = *other.digest().expect("a digest").as_be_bytes();
    let own = *digest.as_be_bytes();
    let mut tried =
        vec![(bytes.clone(), own), (bytes.clone(), other_digest), (bytes[..bytes.len() - 1].to_vec(), own)];
    let points = [(0, 64), (64, 192), (192, 256), (256, 320), (320, 384)];
    for (start, end) in points.into_iter().filter(|(_, end)| *end <= bytes.len()) {
        for at in [start, start + 31, end - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            tried.push((changed, own));
        }
        let mut identity = bytes.clone();
        identity[start..end].fill(0);
        tried.push((identity, own));
        let mut flagged = bytes.clone();
        flagged[start] |= 0x80;
        tried.push((flagged, own));
    }
    let another_form =
        if bytes.len() == 256 { [&bytes[..], &bytes[..128]].concat() } else { bytes[..256].to_vec() };
    tried.push((another_form, own));
    let verdicts = tried
        .iter()
        .map(|(proof, digest)| json!([hex(proof), hex(digest), verdict(&model.key, proof, digest)]));

    json!({
        "name": name,
        "setup": if setup == SetupKind::Ceremony { "ceremony" } else { "development" },
        "schema": hex(model.schema.encode()),
        "key": hex(model.key.as_bytes()),
        "compressed": hex(model.key.compress().expect("points")),
        "keyFile": hex(file),
        "keyFileDigest": hex(file_digest),
        "proof": hex(&bytes),
        "proofFile": hex(proof_file.to_bytes()),
        "arguments": hex(arguments),
        "digest": hex(own),
        "answer": hex(answer.encode()),
        "values": VALUES,
        "verdicts": verdicts.collect::<Vec<_>>(),
    })
}

/// Keys with one thing wrong, and why they are refused.
fn bad_keys(key: &VerifyingKey) -> Vec<Value> {
    let bytes = key.as_bytes();
    let mut keys = vec![bytes[..bytes.len() - 1].to_vec()];
    let mut add = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.to_vec();
        change(&mut bytes);
        keys.push(bytes);
    };
    add(&|key| key[..64].fill(0));
    add(&|key| key[63] ^= 1);
    add(&|key| key[64 + 31] ^= 1);
    add(&|key| key[64..96].fill(0xff));
    add(&|key| key.copy_within(192..320, 320)); // delta = gamma
    add(&|key| key.copy_within(448..512, 512)); // IC_1 = IC_0
    let refused = |bytes: Vec<u8>| {
        let error = match VerifyingKey::from_slice(&bytes) {
            Ok(key) => groth16::check_key(&key).expect_err("a bad key"),
            Err(error) => error,
        };
        json!([hex(&bytes), error.to_string()])
    };
    keys.into_iter().map(refused).collect()
}

/// Proof files with one byte changed or cut, and what the reader says.
fn damaged() -> Vec<Value> {
    let model = model("damaged", Ranges::Bits, 5);
    let (proof, statement) = model.prove(&VALUES, context(), Transcript::Assay, 5);
    let file = ProofFile { proof, statement, key: [3; 32] };
    let bytes = file.to_bytes();
    let payload = artifact::decode(Kind::Proof, &bytes).expect("sound").payload.to_vec();
    let with_payload = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut payload = payload.clone();
        change(&mut payload);
        artifact::encode(Kind::Proof, [3; 32], &payload)
    };
    let with_byte = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    let files = [
        Vec::new(),
        b"ASS".to_vec(),
        b"ASX".to_vec(),
        bytes[..79].to_vec(),
        bytes[..bytes.len() - 1].to_vec(),
        [&bytes[..], &[0]].concat(),
        with_byte(5, 3),
        with_byte(5, 1),
        with_byte(5, 77),
        with_byte(6, 0),
        with_byte(6, 2),
        with_byte(100, 0x55),
        with_payload(&|p| p.truncate(20)),
        with_payload(&|p| p.truncate(100)),
        with_payload(&|p| p.push(0)),
        with_payload(&|p| p[32] = 1),
        with_payload(&|p| p[35] = 1),
        with_payload(&|p| p[324] = 9),
        with_payload(&|p| p[327] = 1),
        with_payload(&|p| p[0] = 0xff),
        with_payload(&|p| p[328 + 32] = 0xff),
    ];
    let refused = |bytes: Vec<u8>| {
        let error = ProofFile::from_bytes(&bytes).expect_err("damaged");
        json!([hex(&bytes), error.to_string()])
    };
    files.into_iter().map(refused).collect()
}

#[test]
fn keys_and_proofs() {
    let plain = model("plain", Ranges::Bits, 1);
    let committed = model("committed", Ranges::Lookup, 2);
    let bad: Vec<Value> = [&plain.key, &committed.key].into_iter().flat_map(bad_keys).collect();
    let proven = [
        proven("plain", Ranges::Bits, 1, SetupKind::Development),
        proven("committed", Ranges::Lookup, 2, SetupKind::Ceremony),
        proven("another", Ranges::Bits, 3, SetupKind::Development),
    ];
    check(
        "proofs",
        &json!({"context": hex(context()), "proven": proven, "badKeys": bad, "damaged": damaged()}),
    );
}
