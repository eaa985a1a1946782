//! What ties a key to its circuit: a claim in its file, or a recomputation.

use assay_interface::artifact::{self, Kind};
use serde_json::Value;

use crate::common::onnx::network;
use crate::common::{SEED, Workspace, prove, show};

const VERIFY: [&str; 7] =
    ["verify", "--vk", "model.vk", "--proof", "decision.proof", "--model", "model.assay"];

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    VERIFY.iter().chain(more).copied().collect()
}

fn with_record() -> Workspace {
    let workspace = Workspace::compiled();
    workspace.succeed(["setup", "model.assay", "--development", "--setup-record", "model.secret"]);
    workspace.succeed(prove(&["-o", "decision.proof"]));
    workspace
}

#[test]
fn a_record_shows_which_circuit_a_key_is_of() {
    let workspace = with_record();
    let claimed = workspace.succeed(verify(&[]));
    assert!(claimed.contains(", as the key's file claims"), "{claimed}");
    let checked = workspace.succeed(verify(&["--setup-record", "model.secret"]));
    assert!(checked.contains(", recomputed from the setup record"), "{checked}");
    let json: Value =
        serde_json::from_str(&workspace.succeed(verify(&["--setup-record", "model.secret", "--json"])))
            .unwrap();
    assert_eq!(json["circuit_binding"], "recomputed");

    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(workspace.path("model.secret")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = workspace.succeed(["inspect", "model.secret"]);
    assert!(text.contains("setup record"), "{text}");
    let seed = hex::encode(&workspace.read("model.secret")[artifact::HEADER_LEN + 64..]);
    assert!(!text.contains(&seed), "the secret is not printed");
}

/// A key of another circuit whose digest was changed to the model's, and a proof under it.
#[test]
fn a_key_with_a_changed_digest_passes_as_claimed_and_not_as_recomputed() {
    let workspace = with_record();
    let other = Workspace::new();
    other.write("model.onnx", network(&[2, 4, 1]).to_bytes());
    other.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-1\n");
    other.succeed(crate::common::COMPILE);
    other.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    let model = artifact::decode(Kind::VerifyingKey, &workspace.read("model.vk")).unwrap().parent;
    let theirs = other.read("model.vk");
    let theirs = artifact::decode(Kind::VerifyingKey, &theirs).unwrap();
    // The circuit digest stands in the header, and in the payload once.
    let mut payload = theirs.payload.to_vec();
    let places: Vec<usize> =
        payload.windows(32).enumerate().filter(|(_, w)| *w == theirs.parent).map(|(at, _)| at).collect();
    for at in places {
        payload[at..at + 32].copy_from_slice(&model);
    }
    workspace.write("model.vk", artifact::encode(Kind::VerifyingKey, model, &payload));
    let output = workspace.run(verify(&["--setup-record", "model.secret"]));
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("setup record"), "{}", show(&output));
}

/// The domain is in the circuit: a file in which two numbers were changed is no model, and one of the other domain has another key.
#[test]
fn an_edited_domain_fits_no_key() {
    let workspace = Workspace::proven();
    let file = workspace.read("model.assay");
    let file = artifact::decode(Kind::Circuit, &file).unwrap();
    // The first feature's largest value in the format 12:8, made 2.
    let (end, mut payload) = ((8.0 - 1.0 / 256.0f64).to_le_bytes(), file.payload.to_vec());
    let at = payload.windows(8).position(|bytes| bytes == end).unwrap();
    payload[at..at + 8].copy_from_slice(&2f64.to_le_bytes());
    workspace.write("edited.assay", artifact::encode(Kind::Circuit, file.parent, &payload));
    let mut prove = prove(&["-o", "other.proof"]);
    prove[2] = "edited.assay";
    let mut verify = verify(&[]);
    verify[6] = "edited.assay";
    for command in
        [prove.as_slice(), &verify, &["audit", "model", "edited.assay"], &["inspect", "edited.assay"]]
    {
        let refused = workspace.refused(command);
        assert!(refused.contains("something in it was changed, such as a domain"), "{refused}");
    }

    // Compiled for that domain, it is another circuit.
    let domain = ["--domain", "a=-8:2", "-o", "edited.assay", "--force"];
    workspace.succeed(crate::common::COMPILE.iter().chain(&domain));
    for command in [prove, verify] {
        let refused = workspace.refused(command);
        assert!(refused.contains("is a key for circuit"), "{refused}");
    }
}
