//! What an output may replace: what the same command would make again, and nothing else.

use crate::common::onnx::network;
use crate::common::{COMPILE, SEED, Workspace, prove};

fn compile<'a>(more: &[&'a str]) -> Vec<&'a str> {
    COMPILE.iter().chain(more).copied().collect()
}

#[test]
fn no_input_of_a_command_is_replaced_even_under_force() {
    let workspace = Workspace::with_keys();
    std::os::unix::fs::symlink("model.assay", workspace.path("link.assay")).unwrap();
    std::fs::hard_link(workspace.path("model.pk"), workspace.path("hard.pk")).unwrap();
    for output in ["model.assay", "model.pk", "input.json", "./model.assay", "link.assay", "hard.pk"] {
        for force in [&[][..], &["--force"]] {
            for option in ["-o", "--witness"] {
                let stderr = workspace.refused([&prove(&[option, output])[..], force].concat());
                assert!(stderr.contains("is an input of this command"), "{option} {output}: {stderr}");
            }
        }
    }
    for output in ["model.onnx", "samples.csv"] {
        let stderr = workspace.refused(compile(&["-o", output, "--force"]));
        assert!(stderr.contains("is an input of this command"), "{stderr}");
        let stderr = workspace.refused(compile(&["--report", output, "--force"]));
        assert!(stderr.contains("is an input of this command"), "{stderr}");
    }
    // A model called as its keys would be.
    workspace.write("model2.pk", workspace.read("model.assay"));
    let stderr = workspace.refused(["setup", "model2.pk", "--development", "--force"]);
    assert!(stderr.contains("model2.pk is an input of this command"), "{stderr}");
}

#[test]
fn keys_and_models_are_not_earlier_outputs_of_another_stage() {
    let workspace = Workspace::proven();
    std::fs::rename(workspace.path("model.vk"), workspace.path("other.vk")).unwrap();
    std::fs::copy(workspace.path("model.pk"), workspace.path("other.pk")).unwrap();
    for (output, kind) in
        [("other.pk", "proving key"), ("other.vk", "verifying key"), ("decision.proof", "proof")]
    {
        let stderr = workspace.refused(compile(&["-o", output]));
        assert!(stderr.contains(&format!("{output} is a {kind}")), "{stderr}");
        assert!(stderr.contains("hint: --force replaces it"), "{stderr}");
    }
    let stderr = workspace.refused(prove(&["-o", "other.pk"]));
    assert!(stderr.contains("other.pk is a proving key"), "{stderr}");
    let stderr = workspace.refused(prove(&["--witness", "decision.proof"]));
    assert!(stderr.contains("decision.proof is a proof"), "{stderr}");
    workspace.succeed(prove(&["-o", "other.pk", "--force"]));
}

#[test]
fn two_outputs_are_never_one_file() {
    let workspace = Workspace::with_keys();
    let stderr = workspace.refused(prove(&["--witness", "x", "-o", "x"]));
    assert!(stderr.contains("two outputs of this command would be one file, x"), "{stderr}");
    let stderr = workspace.refused(prove(&["--witness", "./x", "-o", "x", "--force"]));
    assert!(stderr.contains("two outputs"), "{stderr}");
    let stderr = workspace.refused(compile(&["--report", "x", "-o", "x", "--force"]));
    assert!(stderr.contains("two outputs"), "{stderr}");
}

#[test]
fn a_proof_gives_way_to_one_of_the_same_statement_only() {
    let workspace = Workspace::proven();
    let first = workspace.read("decision.proof");
    workspace.succeed(prove(&["-o", "decision.proof"]));
    assert!(first != workspace.read("decision.proof"), "a proof is random");

    workspace.write("input.json", "[0.25, 0.5]");
    let stderr = workspace.refused(prove(&["-o", "decision.proof"]));
    assert!(stderr.contains("decision.proof is a proof of another statement"), "{stderr}");
    workspace.write("input.json", "{\"a\": 0.5, \"b\": -0.25}");
    let ones = "1".repeat(64);
    let stderr = workspace.refused(prove(&["-o", "decision.proof", "--context", &ones]));
    assert!(stderr.contains("another statement"), "{stderr}");
    workspace.succeed(["setup", "model.assay", "--development", "--force"]);
    let stderr = workspace.refused(prove(&["-o", "decision.proof"]));
    assert!(stderr.contains("decision.proof is a proof under another key"), "{stderr}");
    workspace.succeed(prove(&["-o", "decision.proof", "--force"]));
}

#[test]
fn a_model_gives_way_to_one_from_the_same_file_only() {
    let workspace = Workspace::compiled();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv"]);
    workspace.succeed(compile(&["--report", "report.json"]));
    workspace.write("model.onnx", network(&[2, 2, 1]).to_bytes());
    let stderr = workspace.refused(COMPILE);
    assert!(stderr.contains("model.assay was compiled from another model file"), "{stderr}");
    let stderr = workspace.refused(compile(&["-o", "new.assay", "--report", "report.json"]));
    assert!(stderr.contains("report.json is the report of another model file"), "{stderr}");
    workspace.succeed(compile(&["--force"]));
}

#[test]
fn a_witness_gives_way_to_the_same_one_only() {
    let workspace = Workspace::with_keys();
    for _ in 0..2 {
        workspace.succeed(prove(&["--witness", "model.wtns"]));
    }
    workspace.write("input.json", "[0.25, 0.5]");
    let stderr = workspace.refused(prove(&["--witness", "model.wtns", "-o", "other.proof"]));
    assert!(stderr.contains("model.wtns is the witness of another computation"), "{stderr}");
}

#[test]
fn salts_and_keys_are_never_made_again() {
    let workspace = Workspace::with_model();
    workspace.succeed(compile(&["--commit", "x"]));
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace.succeed(prove(&["--save-salts", "salts.json"]));
    let stderr = workspace.refused(prove(&["--save-salts", "salts.json", "-o", "other.proof"]));
    assert!(stderr.contains("salts.json exists, and salts that are lost"), "{stderr}");
    let stderr = workspace.refused(prove(&["--salts", "salts.json", "-o", "salts.json", "--force"]));
    assert!(stderr.contains("salts.json is an input"), "{stderr}");
    // The same seed gives the same keys; the tool does not know that, and asks.
    let stderr = workspace.refused(["setup", "model.assay", "--development", "--seed", SEED]);
    assert!(stderr.contains("model.pk exists"), "{stderr}");
}

#[test]
fn what_is_no_regular_file_is_not_replaced() {
    let workspace = Workspace::with_keys();
    std::fs::create_dir(workspace.path("folder")).unwrap();
    assert!(workspace.refused(prove(&["-o", "folder"])).contains("folder is a directory"));
    let stderr = workspace.refused(prove(&["-o", "/dev/null"]));
    assert!(stderr.contains("not a regular file") && stderr.contains("standard output"), "{stderr}");
    // An empty file, as mktemp makes, has nothing to lose.
    workspace.write("empty", "");
    workspace.succeed(prove(&["-o", "empty"]));
}
