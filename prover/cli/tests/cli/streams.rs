//! Standard output, standard error, JSON and exit codes: what a script relies on.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::common::{COMPILE, SEED, Workspace, flip, prove, show};

fn with_stdin(workspace: &Workspace, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = workspace.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_dash_is_standard_output_and_input() {
    let workspace = Workspace::with_keys();
    let compiled = workspace.run([&COMPILE[..], &["-o", "-"]].concat());
    assert!(compiled.status.success(), "{}", show(&compiled));
    assert!(compiled.stdout == workspace.read("model.assay"), "the model alone is on stdout");
    let stderr = String::from_utf8(compiled.stderr).unwrap();
    assert!(stderr.contains("constraints"), "the report goes to stderr: {stderr}");

    let proven = workspace.run(prove(&["-o", "-"]));
    assert!(proven.status.success() && proven.stdout.starts_with(b"ASSAY"), "{}", show(&proven));
    let verdict = with_stdin(&workspace, &["verify", "--vk", "model.vk", "--proof", "-"], &proven.stdout);
    assert!(verdict.status.success() && verdict.stdout.starts_with(b"valid"), "{}", show(&verdict));

    let model = workspace.read("model.onnx");
    let compiled =
        with_stdin(&workspace, &["compile", "-", "--calibration", "samples.csv", "-o", "x.assay"], &model);
    assert!(compiled.status.success(), "{}", show(&compiled));
    let twice = with_stdin(&workspace, &["compile", "-", "--calibration", "-", "-o", "y.assay"], &model);
    assert_eq!(twice.status.code(), Some(2), "{}", show(&twice));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("it was read already"), "{}", show(&twice));
    let samples = workspace.read("samples.csv");
    let proven = with_stdin(
        &workspace,
        &["prove", "--model", "model.assay", "--key", "model.pk", "--input", "-", "--row", "2"],
        &samples,
    );
    assert!(proven.status.success(), "{}", show(&proven));
}

#[test]
fn one_thing_goes_to_standard_output() {
    let workspace = Workspace::with_keys();
    let prove = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "input.json"];
    for more in [&["-o", "-", "--witness", "-"][..], &["-o", "-", "--json"]] {
        let output = workspace.run([&prove[..], more].concat());
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{}", show(&output));
        assert!(!output.stdout.starts_with(b"ASSAY"), "{}", show(&output));
    }
}

#[test]
fn quiet_counts_warnings() {
    let workspace = Workspace::compiled();
    let output = workspace.run(["-q", "setup", "model.assay", "--development", "--seed", SEED]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "warning: 1 warning, shown without --quiet\n");
    assert!(!output.stdout.is_empty());
    let quiet = workspace.run(["-q", "inspect", "model.vk"]);
    assert!(quiet.stderr.is_empty(), "{}", show(&quiet));
}

#[test]
fn errors_are_json_documents_under_json() {
    let workspace = Workspace::proven();
    let error = |arguments: &[&str]| {
        let output = workspace.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "), "{}", show(&output));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        value["error"].clone()
    };
    let missing = error(&["inspect", "missing.proof", "--json"]);
    assert_eq!(missing["code"], "file");
    assert!(missing["message"].as_str().unwrap().contains("cannot open the artifact missing.proof"));
    assert_eq!(missing["hint"], "there is no such file in the current directory");
    flip(&workspace.path("decision.proof"), 200);
    let damaged = error(&["--json", "verify", "--vk", "model.vk", "--proof", "decision.proof"]);
    assert_eq!(damaged["code"], "proof-file");
    let usage = error(&["prove", "--json"]);
    assert_eq!(usage["code"], "usage");
    assert_eq!(usage["hint"], Value::Null);
}

#[test]
fn an_answer_of_no_has_its_own_exit_code() {
    let workspace = Workspace::proven();
    let code = |arguments: &[&str]| workspace.run(arguments).status.code();
    let verify = ["verify", "--vk", "model.vk", "--proof", "decision.proof"];
    assert_eq!(code(&verify), Some(0));
    let ones = "1".repeat(64);
    assert_eq!(code(&[&verify[..], &["--context", &ones]].concat()), Some(1), "invalid");
    assert_eq!(code(&[&verify[..], &["--context", "11"]].concat()), Some(2), "usage");
    assert_eq!(code(&["verify", "--vk", "model.vk", "--proof", "missing"]), Some(2), "not readable");
    flip(&workspace.path("decision.proof"), 200);
    assert_eq!(code(&verify), Some(2), "damaged");
}
