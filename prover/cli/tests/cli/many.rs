//! A folder of proofs from one command.

use serde_json::Value;

use crate::common::{COMPILE, SEED, Workspace};

const PROVE: [&str; 9] = [
    "prove",
    "--model",
    "model.assay",
    "--key",
    "model.pk",
    "--input",
    "samples.csv",
    "--output-dir",
    "proofs",
];

fn prove<'a>(more: &[&'a str]) -> Vec<&'a str> {
    PROVE.iter().chain(more).copied().collect()
}

fn folder(workspace: &Workspace) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.path("proofs")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_row_gets_a_proof_of_its_own() {
    let workspace = Workspace::with_keys();
    let printed = workspace.succeed(prove(&["--all", "--json"]));
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["proofs"].as_array().unwrap().len(), 4);
    assert_eq!(folder(&workspace), ["row-1.proof", "row-2.proof", "row-3.proof", "row-4.proof"]);
    for row in 1..=4 {
        let (file, row) = (format!("proofs/row-{row}.proof"), row.to_string());
        workspace.succeed([
            "verify",
            "--vk",
            "model.vk",
            "--proof",
            &file,
            "--model",
            "model.assay",
            "--input",
            "samples.csv",
            "--row",
            &row,
        ]);
    }
    // Again, as after an interruption: the same statements.
    let text = workspace.succeed(prove(&["--rows", "2-3,4"]));
    assert!(text.contains("3 in proofs"), "{text}");
    assert_eq!(folder(&workspace).len(), 4);
}

#[test]
fn nothing_is_proven_where_one_row_is_refused() {
    let workspace = Workspace::with_keys();
    workspace.write("samples.csv", "a,b\n0.5,0.5\n1,99\n");
    let stderr = workspace.refused(prove(&["--all"]));
    assert!(
        stderr.contains("samples.csv, row 2") && stderr.contains("outside its declared domain"),
        "{stderr}"
    );
    assert!(!workspace.path("proofs").exists());
    assert!(workspace.refused(prove(&["--rows", "1-3"])).contains("no row 3"));

    workspace.write("samples.csv", "a,b\n0.5,0.5\n1,0.25\n");
    workspace.succeed(prove(&["--rows", "2"]));
    workspace.write("samples.csv", "a,b\n0.5,0.5\n1,0.75\n");
    let stderr = workspace.refused(prove(&["--all"]));
    assert!(stderr.contains("row-2.proof is a proof of another statement"), "{stderr}");
    assert_eq!(folder(&workspace), ["row-2.proof"], "the check comes before the first proof");
    workspace.succeed(prove(&["--all", "--force"]));
}

#[test]
fn salts_lie_beside_the_proofs_of_a_committed_model() {
    let workspace = Workspace::with_model();
    workspace.succeed(COMPILE.into_iter().chain(["--commit", "x"]));
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace.succeed(prove(&["--rows", "1-2"]));
    assert_eq!(folder(&workspace), ["row-1.proof", "row-1.salts.json", "row-2.proof", "row-2.salts.json"]);
    workspace.succeed([
        "verify",
        "--vk",
        "model.vk",
        "--proof",
        "proofs/row-2.proof",
        "--model",
        "model.assay",
        "--input",
        "samples.csv",
        "--row",
        "2",
        "--salts",
        "proofs/row-2.salts.json",
    ]);
}

#[test]
fn options_of_one_proof_and_of_many_do_not_mix() {
    let workspace = Workspace::with_keys();
    for more in
        [&["-o", "x.proof", "--all"][..], &["--row", "1"], &["--rows", "1", "--all"], &["--rows", "0"], &[]]
    {
        let output = workspace.run(prove(more));
        assert_eq!(output.status.code(), Some(2), "{more:?}");
    }
    let many = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "samples.csv", "--all"];
    assert_eq!(workspace.run(many).status.code(), Some(2));
    assert!(!workspace.path("proofs").exists());
}
