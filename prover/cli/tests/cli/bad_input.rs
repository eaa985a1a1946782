//! What is wrong with an input is said by name, with a way out; the exit code is 2 and no file changes.

use crate::common::onnx::{Dim, Node, network};
use crate::common::{SEED, Workspace, flip, prove, settings};

/// Compiles `model.onnx` with `samples.csv`, which must be refused.
fn compile(workspace: &Workspace) -> String {
    workspace.refused(["compile", "model.onnx", "--calibration", "samples.csv"])
}

fn with_weight(value: f32) -> Workspace {
    let workspace = Workspace::with_model();
    let mut graph = network(&[2, 3, 1]);
    graph.weights[0].2[4] = value;
    workspace.write("model.onnx", graph.to_bytes());
    workspace
}

#[test]
fn models_that_cannot_be_compiled() {
    settings().bind(|| {
        insta::assert_snapshot!("weight-nan", compile(&with_weight(f32::NAN)));
        insta::assert_snapshot!("weight-infinite", compile(&with_weight(f32::INFINITY)));

        let workspace = Workspace::with_model();
        let mut graph = network(&[2, 3, 1]);
        graph.input[1] = Dim::Free("width");
        workspace.write("model.onnx", graph.to_bytes());
        insta::assert_snapshot!("dynamic-shape", compile(&workspace));

        let mut graph = network(&[2, 3, 1]);
        graph.nodes[1] = Node { name: "act", operator: "Det", inputs: vec!["h0"], output: "a0" };
        graph.nodes[2].output = "raw";
        graph.nodes.push(Node {
            name: "squash",
            operator: "GridSample",
            inputs: vec!["raw"],
            output: "score",
        });
        workspace.write("model.onnx", graph.to_bytes());
        let stderr = compile(&workspace);
        assert!(stderr.contains("Det") && stderr.contains("GridSample"), "all offenders at once: {stderr}");
        insta::assert_snapshot!("unknown-operators", stderr);

        workspace.write("model.onnx", "this is a text file");
        insta::assert_snapshot!("not-onnx", compile(&workspace));
        insta::assert_snapshot!(
            "missing-model",
            workspace.refused(["compile", "missing.onnx", "--calibration", "samples.csv"])
        );
    });
}

#[test]
fn calibration_data_that_cannot_be_used() {
    let workspace = Workspace::with_model();
    let mut graph = network(&[2, 3, 1]);
    graph.features = Some("a,b");
    workspace.write("model.onnx", graph.to_bytes());
    let with = |samples: &str| {
        workspace.write("samples.csv", samples);
        compile(&workspace)
    };
    settings().bind(|| {
        insta::assert_snapshot!("calibration-missing-column", with("a\n1\n2\n"));
        insta::assert_snapshot!("calibration-text", with("a,b\n1,2\n0.5,high\n"));
        insta::assert_snapshot!("calibration-nan", with("a,b\n1,2\n0.5,NaN\n"));
        insta::assert_snapshot!("calibration-short-row", with("a,b\n1,2\n0.5\n"));
        insta::assert_snapshot!("calibration-empty", with("a,b\n"));
        insta::assert_snapshot!("calibration-unreachable", {
            workspace.write("samples.csv", "a,b\n1,2\n-1,0.5\n");
            workspace.refused([
                "compile",
                "model.onnx",
                "--calibration",
                "samples.csv",
                "--max-error-calibrated",
                "1e-13",
            ])
        });
        insta::assert_snapshot!(
            "calibration-commit-unknown",
            workspace.refused([
                "compile",
                "model.onnx",
                "--calibration",
                "samples.csv",
                "--commit",
                "secret",
            ])
        );
    });
}

#[test]
fn inputs_that_cannot_be_proven() {
    let workspace = Workspace::with_keys();
    let with = |input: &str| {
        workspace.write("input.json", input);
        workspace.refused(prove(&[]))
    };
    settings().bind(|| {
        insta::assert_snapshot!("input-outside-domain", with("{\"a\": 0.5, \"b\": 9.25}"));
        insta::assert_snapshot!("input-text", with("{\"a\": 0.5, \"b\": \"high\"}"));
        insta::assert_snapshot!("input-missing-feature", with("{\"a\": 0.5}"));
        insta::assert_snapshot!("input-unknown-feature", with("{\"a\": 0.5, \"c\": 1}"));
        insta::assert_snapshot!("input-too-many-values", with("[0.5, 0, 1]"));
        insta::assert_snapshot!("input-not-json", with("a = 0.5"));
        insta::assert_snapshot!("input-many-samples", with("[[0.5, 0], [0, 0.5]]"));
        let prove =
            ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "samples.csv", "--row"];
        insta::assert_snapshot!("input-no-such-row", workspace.refused(prove.into_iter().chain(["9"])));
        insta::assert_snapshot!("input-row-zero", workspace.refused(prove.into_iter().chain(["0"])));
    });
}

#[test]
fn damaged_artifacts() {
    let workspace = Workspace::proven();
    let verify = ["verify", "--vk", "model.vk", "--proof", "decision.proof"];
    let original = workspace.read("decision.proof");
    settings().bind(|| {
        workspace.write("decision.proof", &original[..original.len() - 7]);
        insta::assert_snapshot!("proof-truncated", workspace.refused(verify));
        workspace.write("decision.proof", [&original[..], b"more"].concat());
        insta::assert_snapshot!("proof-trailing", workspace.refused(verify));
        workspace.write("decision.proof", &original);
        flip(&workspace.path("decision.proof"), 200);
        insta::assert_snapshot!("proof-flipped", workspace.refused(verify));
        workspace.write("decision.proof", &original);
        flip(&workspace.path("decision.proof"), 0);
        insta::assert_snapshot!("proof-magic", workspace.refused(verify));
        let mut newer = original.clone();
        newer[6] = 9;
        workspace.write("decision.proof", newer);
        insta::assert_snapshot!("proof-newer", workspace.refused(verify));
        insta::assert_snapshot!(
            "proof-is-a-key",
            workspace.refused(["verify", "--vk", "model.vk", "--proof", "model.pk",])
        );
        insta::assert_snapshot!("directory", workspace.refused(["inspect", "."]));
    });
}

/// Each bit of every artifact matters: whatever flips, no command takes the file.
#[test]
fn every_flipped_byte_is_noticed() {
    let workspace = Workspace::proven();
    for (file, step) in [("decision.proof", 23), ("model.vk", 41), ("model.assay", 97), ("model.pk", 1913)] {
        let original = workspace.read(file);
        for byte in (0..original.len()).step_by(step) {
            workspace.write(file, &original);
            flip(&workspace.path(file), byte);
            // The parent's bytes of a proof are its key's digest: the container holds, the pairing does not.
            let parent_of_proof = file == "decision.proof" && (8..40).contains(&byte);
            if parent_of_proof {
                let output = workspace.run(["verify", "--vk", "model.vk", "--proof", file]);
                assert_eq!(output.status.code(), Some(1), "byte {byte} of {file}");
                continue;
            }
            // The source digest of a model is a note about where it came from; nothing is decided by it.
            if file == "model.assay" && (8..40).contains(&byte) {
                continue;
            }
            let stderr = workspace.refused(["inspect", file]);
            assert!(stderr.starts_with("error: "), "byte {byte} of {file}: {stderr}");
        }
        workspace.write(file, &original);
    }
}

#[test]
fn artifacts_of_another_model() {
    let workspace = Workspace::proven();
    let other = Workspace::new();
    other.write("model.onnx", network(&[2, 2, 1]).to_bytes());
    other.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n");
    other.succeed(["compile", "model.onnx", "--calibration", "samples.csv"]);
    other.succeed(["setup", "model.assay", "--development"]);
    for file in ["model.assay", "model.pk", "model.vk"] {
        workspace.write(&format!("other-{file}"), other.read(file));
    }
    settings().bind(|| {
        insta::assert_snapshot!(
            "other-proving-key",
            workspace.refused([
                "prove",
                "--model",
                "model.assay",
                "--key",
                "other-model.pk",
                "--input",
                "input.json",
            ])
        );
        insta::assert_snapshot!(
            "other-model",
            workspace.refused([
                "verify",
                "--vk",
                "model.vk",
                "--proof",
                "decision.proof",
                "--model",
                "other-model.assay",
            ])
        );
    });
    // A verdict is data: it stands on stdout, with exit code 1.
    let verdict = |arguments: &[&str]| {
        let output = workspace.run([&["verify", "--proof", "decision.proof"][..], arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let zeros = "0".repeat(64);
    let ones = "1".repeat(64);
    workspace.write("other.json", "[0.5, 0.75]");
    settings().bind(|| {
        insta::assert_snapshot!("verdict-other-key", verdict(&["--vk", "other-model.vk"]));
        insta::assert_snapshot!("verdict-other-context", verdict(&["--vk", "model.vk", "--context", &ones]));
        insta::assert_snapshot!(
            "verdict-other-input",
            verdict(&["--vk", "model.vk", "--model", "model.assay", "--input", "other.json",])
        );
        insta::assert_snapshot!("verdict-json", verdict(&["--vk", "other-model.vk", "--json"]));
    });
    workspace.succeed(["verify", "--vk", "model.vk", "--proof", "decision.proof", "--context", &zeros]);
}

/// A proof whose statement was edited, in a container whose checksum holds.
#[test]
fn an_edited_statement_is_invalid() {
    use assay_interface::artifact::{Kind, decode, encode};
    let workspace = Workspace::proven();
    let original = workspace.read("decision.proof");
    let artifact = decode(Kind::Proof, &original).unwrap();
    // Domain, proof (a coordinate of A), context, an input limb, an output limb.
    let length = artifact.payload.len();
    for byte in [31, 36 + 63, 36 + 256 + 5, length - 33, length - 1] {
        let mut payload = artifact.payload.to_vec();
        payload[byte] ^= 1;
        workspace.write("decision.proof", encode(Kind::Proof, artifact.parent, &payload));
        let output = workspace.run(["verify", "--vk", "model.vk", "--proof", "decision.proof"]);
        assert_eq!(output.status.code(), Some(1), "byte {byte}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.starts_with("invalid  decision.proof: "), "byte {byte}: {stdout}");
    }
}

#[test]
fn what_stands_at_the_destination_is_kept() {
    let workspace = Workspace::with_keys();
    settings().bind(|| {
        insta::assert_snapshot!(
            "setup-keys-exist",
            workspace.refused(["setup", "model.assay", "--development",])
        );
        insta::assert_snapshot!(
            "compile-onto-the-model",
            workspace.refused(["compile", "model.onnx", "--calibration", "samples.csv", "-o", "model.onnx",])
        );
        insta::assert_snapshot!(
            "output-directory-missing",
            workspace.refused([
                "compile",
                "model.onnx",
                "--calibration",
                "samples.csv",
                "-o",
                "nowhere/model.assay",
            ])
        );
        insta::assert_snapshot!(
            "output-is-no-directory",
            workspace.refused(["setup", "model.assay", "--development", "-o", "model.onnx",])
        );
        insta::assert_snapshot!("setup-without-development", workspace.refused(["setup", "model.assay"]));
    });
    // One key of the pair in the way is enough to write neither.
    std::fs::remove_file(workspace.path("model.pk")).unwrap();
    let stderr = workspace.refused(["setup", "model.assay", "--development", "--seed", SEED]);
    assert!(stderr.contains("model.vk exists"), "{stderr}");
    let before = workspace.read("model.vk");
    workspace.succeed(["setup", "model.assay", "--development", "--force"]);
    assert!(before != workspace.read("model.vk"), "--force replaces");
    // A compiled model of the same name is an earlier output, and gives way.
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv"]);
}

/// A name from a file cannot write to the terminal: control characters are shown, in messages and in tables.
#[test]
fn control_characters_of_names_are_shown() {
    let workspace = Workspace::with_model();
    let hostile = "a\u{1b}[2J\rb";
    workspace.write("samples.csv", format!("\"{hostile}\",b\n-1,0.5\n0.25,-0.75\n1,1\n"));
    let report = workspace.succeed(["compile", "model.onnx", "samples.csv", "-o", "model.assay"]);
    let inspected = workspace.succeed(["inspect", "model.assay"]);
    let refused = workspace.refused(["run", "--model", "model.assay", "--input", "input.json"]);
    for text in [&report, &inspected, &refused] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
    assert!(
        inspected.contains(r"a\u{1b}[2J\rb") && refused.contains(r"a\u{1b}[2J\rb"),
        "{inspected} {refused}"
    );
}
