//! The whole way, as a user goes it: compile, setup, prove, verify, inspect.

use crate::common::onnx::network;
use crate::common::{COMPILE, SEED, Workspace, prove, settings, show};
use assay_interface::artifact::{self, Kind};
use serde_json::Value;

const CONTEXT: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn every_stage_says_what_it_did() {
    let workspace = Workspace::with_model();
    let mut settings = settings();
    // Sizes of the circuit have their own ledger; here they would only make noise.
    settings.add_filter(r"\b\d+ (constraints|wires|nonzeros|compute units)", "[N] $1");
    settings.add_filter(r"\b(hash|bits|products) +\d+", "$1 [N]");
    settings.add_filter(r"domain \d+", "domain [N]");
    settings.add_filter(r"(constraints|wires|nonzeros|FFT domain) +\d+", "$1 [N]");
    settings.add_filter(r"about \d+ ms, \d+ MiB", "about [TIME], [SIZE]");
    settings.bind(|| {
        let run = |arguments: &[&str]| show(&workspace.run(arguments));
        insta::assert_snapshot!("setup", {
            workspace.succeed(COMPILE);
            run(&["setup", "model.assay", "--development", "--seed", SEED])
        });
        insta::assert_snapshot!("prove", run(&prove(&["--context", CONTEXT])));
        insta::assert_snapshot!(
            "verify",
            run(&[
                "verify",
                "--vk",
                "model.vk",
                "--proof",
                "model.proof",
                "--model",
                "model.assay",
                "--input",
                "input.json",
                "--context",
                CONTEXT,
            ])
        );
        insta::assert_snapshot!(
            "verify-without-model",
            run(&["verify", "--vk", "model.vk", "--proof", "model.proof"])
        );
        insta::assert_snapshot!("inspect-model", run(&["inspect", "model.assay"]));
        insta::assert_snapshot!("inspect-proving-key", run(&["inspect", "model.pk"]));
        insta::assert_snapshot!("inspect-verifying-key", run(&["inspect", "model.vk"]));
        insta::assert_snapshot!("inspect-proof", run(&["inspect", "model.proof", "--model", "model.assay"]));
    });
    assert_eq!(
        workspace.listing(),
        ["input.json", "model.assay", "model.onnx", "model.pk", "model.proof", "model.vk", "samples.csv"]
    );
}

#[test]
fn the_compile_report_is_on_stdout_and_in_the_file() {
    let workspace = Workspace::with_model();
    let printed = workspace.succeed([
        "compile",
        "model.onnx",
        "--calibration",
        "samples.csv",
        "--report",
        "report.json",
        "--threshold",
        "0",
        "--json",
    ]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report, serde_json::from_slice::<Value>(&workspace.read("report.json")).unwrap());
    let report = &report["assay_report"];
    assert_eq!(report["samples"], 4);
    assert_eq!(report["outputs"][0]["decisions"]["total"], 4);
    assert!(report["outputs"][0]["max_error"].as_f64().unwrap() <= 0.01);
    assert!(report["circuit"]["constraints"].as_u64().unwrap() > 0);
    assert!(report["proving_memory_bytes"].as_u64().unwrap() > 0);
    assert!(report["compute_units"]["verify_by_cpi"].as_u64().unwrap() > 0);
    // An earlier report gives way; a file that is none does not.
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "--report", "report.json"]);
    let stderr = workspace.refused([
        "compile",
        "model.onnx",
        "--calibration",
        "samples.csv",
        "--report",
        "input.json",
    ]);
    assert!(stderr.contains("not an earlier output"), "{stderr}");
}

#[test]
fn compilation_and_seeded_setup_repeat_byte_for_byte() {
    let (one, two) = (Workspace::with_keys(), Workspace::with_keys());
    for file in ["model.assay", "model.pk", "model.vk"] {
        assert!(one.read(file) == two.read(file), "{file} differs");
    }
    let other = Workspace::compiled();
    other.succeed(["setup", "model.assay", "--development"]);
    assert!(one.read("model.vk") != other.read("model.vk"), "the system's generator gives other keys");
}

#[test]
fn a_proof_carries_its_statement_and_its_key() {
    let workspace = Workspace::proven();
    let printed = workspace.succeed(["inspect", "decision.proof", "--model", "model.assay", "--json"]);
    let proof: Value = serde_json::from_str(&printed).unwrap();
    let key: Value = serde_json::from_str(&workspace.succeed(["inspect", "model.vk", "--json"])).unwrap();
    assert_eq!(proof["key"], key["digest"]);
    assert_eq!(proof["inputs"][0]["elements"], serde_json::json!(["a", "b"]));
    // 0.5 and -0.25 lie on every grid of at least two fractional bits.
    assert_eq!(proof["inputs"][0]["values"], serde_json::json!([0.5, -0.25]));
    // The proven score is the float model's, within the error that the compilation allows.
    let score = proof["outputs"][0]["values"][0].as_f64().unwrap();
    let float = f64::from(network(&[2, 3, 1]).evaluate(&[0.5, -0.25])[0]);
    assert!((score - float).abs() <= 0.01, "proven {score}, float {float}");
    let verdict: Value = serde_json::from_str(&workspace.succeed([
        "verify",
        "--vk",
        "model.vk",
        "--proof",
        "decision.proof",
        "--model",
        "model.assay",
        "--json",
    ]))
    .unwrap();
    assert_eq!(verdict["valid"], true);
    assert_eq!(verdict["digest"], proof["statement_digest"]);
    assert_eq!(verdict["outputs"], proof["outputs"]);
    assert_eq!(verdict["setup"], "development");
}

#[test]
fn all_forms_of_an_input_give_one_statement() {
    let workspace = Workspace::with_keys();
    workspace.write("array.json", "[0.5, -0.25]");
    workspace.write("tensor.json", "{\"x\": [[0.5, -0.25]]}");
    workspace.write("rows.csv", "b,a\n1,1\n-0.25,0.5\n");
    let limbs = |arguments: &[&str]| {
        let mut command =
            vec!["prove", "--model", "model.assay", "--key", "model.pk", "--json", "--force", "--input"];
        command.extend(arguments);
        serde_json::from_str::<Value>(&workspace.succeed(command)).unwrap()["limbs"].clone()
    };
    let expected = limbs(&["input.json"]);
    assert_eq!(limbs(&["array.json"]), expected);
    assert_eq!(limbs(&["tensor.json"]), expected);
    assert_eq!(limbs(&["rows.csv", "--row", "2"]), expected);
    assert_ne!(limbs(&["rows.csv", "--row", "1"]), expected);

    let mut child = workspace
        .command([
            "prove",
            "--model",
            "model.assay",
            "--key",
            "model.pk",
            "--json",
            "--force",
            "--input",
            "-",
        ])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"[0.5, -0.25]").unwrap();
    let printed = child.wait_with_output().unwrap().stdout;
    assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap()["limbs"], expected);
}

#[test]
fn committed_inputs_stay_hidden_and_can_be_opened() {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "--commit", "x"]);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    let saving = prove(&["--json", "--save-salts", "salts.json", "--witness", "model.wtns"]);
    let proof: Value = serde_json::from_str(&workspace.succeed(saving)).unwrap();
    assert!(proof["inputs"][0].get("values").is_none() && proof["inputs"][0].get("integers").is_none());
    assert!(proof["inputs"][0]["commitment"].is_string());

    use std::os::unix::fs::PermissionsExt;
    for file in ["salts.json", "model.wtns"] {
        let mode = std::fs::metadata(workspace.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let verify = [
        "verify",
        "--vk",
        "model.vk",
        "--proof",
        "model.proof",
        "--model",
        "model.assay",
        "--input",
        "input.json",
    ];
    let opened: Vec<&str> = verify.into_iter().chain(["--salts", "salts.json"]).collect();
    assert!(workspace.succeed(opened).starts_with("valid"));
    let stderr = workspace.refused(verify);
    assert!(stderr.contains("committed") && stderr.contains("--salts"), "{stderr}");

    // The same salts give the same commitment, fresh ones another.
    let again = prove(&["--json", "--salts", "salts.json"]);
    let again: Value = serde_json::from_str(&workspace.succeed(again)).unwrap();
    assert_eq!(again["inputs"], proof["inputs"]);
    let fresh = workspace.run(prove(&["--json"]));
    assert!(String::from_utf8_lossy(&fresh.stderr).contains("not saved"), "{}", show(&fresh));
    let fresh: Value = serde_json::from_slice(&fresh.stdout).unwrap();
    assert_ne!(fresh["inputs"], proof["inputs"]);
}

#[test]
fn a_witness_file_is_an_artifact_of_the_circuit() {
    let workspace = Workspace::with_keys();
    workspace.succeed(prove(&["--witness", "model.wtns"]));
    let bytes = workspace.read("model.wtns");
    let witness = artifact::decode(Kind::Witness, &bytes).unwrap();
    let key = workspace.read("model.vk");
    assert_eq!(witness.parent, artifact::decode(Kind::VerifyingKey, &key).unwrap().parent);
    let text = workspace.succeed(["inspect", "model.wtns"]);
    assert!(text.contains("witness (.wtns)"), "{text}");
}

#[test]
fn snarkjs_forms() {
    let workspace = Workspace::proven();
    let key = workspace.succeed(["inspect", "model.vk", "--snarkjs"]);
    assert!(
        assay_groth16::snarkjs::verifying_key_from_json(&key, [0; 32], assay_groth16::SetupKind::Development)
            .is_ok()
    );
    let both: Value =
        serde_json::from_str(&workspace.succeed(["inspect", "decision.proof", "--snarkjs"])).unwrap();
    assert!(assay_groth16::snarkjs::proof_from_json(&both["proof"].to_string()).is_ok());
    assert!(assay_groth16::snarkjs::public_from_json(&both["publicSignals"].to_string()).is_ok());
    assert!(
        workspace.refused(["inspect", "model.pk", "--snarkjs"]).contains("verifying keys and proofs only")
    );
}

#[test]
fn bench_reports_medians_with_their_spread() {
    let workspace = Workspace::with_keys();
    let printed =
        workspace.succeed(["bench", "--model", "model.assay", "--key", "model.pk", "--runs", "3", "--json"]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert!(report["machine"]["threads"].as_u64().unwrap() > 0);
    let report = &report["model"];
    let times = report["times"].as_array().unwrap();
    for name in ["witness", "prove", "verify", "witness + prove", "quotient", "H"] {
        let row = &times.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}"))[1];
        let value = |name: &str| row[name].as_f64().unwrap();
        assert!(value("min_ms") <= value("median_ms") && value("median_ms") <= value("max_ms"), "{row}");
        assert_eq!(row["runs"], 3, "{name}");
    }
    let kinds = report["kinds"].as_array().unwrap();
    let sum: u64 = kinds.iter().map(|kind| kind[1].as_u64().unwrap()).sum();
    assert_eq!(sum, report["constraints"].as_u64().unwrap());
    let text = workspace.succeed(["bench", "--model", "model.assay", "--runs", "1"]);
    assert!(text.contains("witness + prove") && text.contains("peak memory"), "{text}");
}

#[test]
fn bench_without_a_model_measures_the_machine() {
    let printed = Workspace::new().succeed(["bench", "--runs", "1", "--json"]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    for name in ["g1_add_ns", "g2_add_ns", "fr_mul_ns"] {
        assert!(report["arithmetic"][name].as_f64().unwrap() > 0.0, "{report}");
    }
    let proofs = report["proofs"].as_array().unwrap();
    assert!(
        proofs.len() > 2 && proofs.iter().all(|row| row["median_ms"].as_f64().unwrap() > 0.0),
        "{report}"
    );
}

#[test]
fn bench_measures_a_folder_of_models_by_family() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/corpus");
    let bench = ["bench", "--corpus", corpus, "--runs", "1", "--only", "linear/ri"];
    let workspace = Workspace::new();
    let report: Value = serde_json::from_str(&workspace.succeed([&bench[..], &["--json"]].concat())).unwrap();
    let models = report["models"].as_array().unwrap();
    assert_eq!(models.len(), 1, "linear/ridge alone has this in its name");
    assert_eq!(models[0]["name"], "linear/ridge");
    assert!(models[0]["measured"]["constraints"].as_u64().unwrap() > 0, "{report}");
    assert!(models[0]["measured"]["times"].as_array().unwrap().iter().any(|row| row[0] == "witness + prove"));
    let text = workspace.succeed(bench);
    assert!(text.contains("linear models of scikit-learn") && text.contains("constraints"), "{text}");
    let none = workspace.refused(["bench", "--corpus", corpus, "--only", "no such family"]);
    assert!(none.contains("no such family"), "{none}");
    assert!(workspace.refused(["bench", "--corpus", "nowhere"]).contains("list of models"));
}

/// A list that cannot be read is named by line and cell.
#[test]
fn bench_names_what_is_wrong_with_a_list_of_models() {
    let workspace = Workspace::new();
    let refused = |list: &str| {
        workspace.write("corpus.csv", list);
        workspace.refused(["bench", "--corpus", "."])
    };
    let header = "module,name,family,max_error,shape,output,expect";
    assert!(refused(&format!("{header}\na,b,c\n")).contains("line 2: 3 cells under 7 columns"));
    assert!(refused(&format!("{header}\na,b,c,x,,,compiles\n")).contains("max_error: \"x\" is not a number"));
    assert!(refused(&format!("{header}\na,b,c,1,t,,compiles\n")).contains("is not NAME=SIZE"));
    assert!(refused("module,name\na,b\n").contains("there is no column shape"));
    assert!(refused(&format!("{header}\na,b,c,1,,,refused\n")).contains("no model that is to compile"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let workspace = Workspace::with_keys();
    let mut child = workspace
        .command(["inspect", "model.assay"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", show(&output));
}

#[test]
fn the_network_of_the_tests_is_sound() {
    let wide = Workspace::new();
    wide.write("model.onnx", network(&[4, 8, 8, 2]).to_bytes());
    wide.write("samples.csv", "a,b,c,d\n1,1,1,1\n-1,0.5,-0.5,0\n");
    let text = wide.succeed(["compile", "model.onnx", "--calibration", "samples.csv"]);
    assert!(text.contains("constraints"), "{text}");
}
