//! What is decided, and whether the float model certainly decides the same: from the compiled model, a row, a proof.

use std::path::{Path, PathBuf};

use assay_interface::artifact::{self, Kind};
use serde_json::{Value, json};

use crate::common::{COMPILE, SEED, Workspace, prove, show};

const THRESHOLD: [&str; 3] = ["--threshold", "0.25", "--force"];

fn with_threshold() -> Workspace {
    let workspace = Workspace::with_model();
    workspace.succeed(COMPILE.iter().chain(&THRESHOLD));
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace
}

fn parsed(workspace: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&workspace.succeed(arguments.iter().chain(&["--json"]))).unwrap()
}

const VERIFY: [&str; 7] = ["verify", "--vk", "model.vk", "--proof", "model.proof", "--model", "model.assay"];

/// The side and its certainty are the same wherever they are said, and follow from the integers and the band.
#[test]
fn every_command_says_the_same() {
    let workspace = with_threshold();
    let claim = &parsed(&workspace, &["inspect", "model.assay"])["decisions"]["score"];
    assert_eq!(claim["rule"], "threshold", "{claim}");
    let [threshold, first, end] =
        [&claim["threshold"]["integer"], &claim["band"]["first"], &claim["band"]["end"]]
            .map(|x| x.as_i64().unwrap());
    // 16 bits at scale 12.
    assert_eq!((threshold, &claim["threshold"]["value"]), (1024, &json!(0.25)));
    assert!(first <= threshold && threshold <= end && first < end, "{claim}");
    let proven = parsed(&workspace, &prove(&["--decision"]));
    let verified = parsed(&workspace, &VERIFY);
    let ran = parsed(&workspace, &["run", "--model", "model.assay", "--input", "input.json"]);
    let explained = parsed(&workspace, &["explain", "model.assay", "input.json"]);
    let decisions = &proven["decisions"];
    for said in [&verified, &ran, &explained] {
        assert_eq!(said["decisions"], *decisions);
    }
    let decided = &decisions[0]["decided"][0];
    let integer = proven["outputs"][0]["integers"][0].as_i64().unwrap();
    assert_eq!(decided["integer"], integer);
    assert_eq!(decided["side"], if integer >= threshold { "at_least" } else { "below" });
    assert_eq!(decided["certain"], !(first..end).contains(&integer));
    assert_eq!((&decisions[0]["band"], &decisions[0]["threshold"]), (&claim["band"], &claim["threshold"]));
    // The report of the compilation has the same band.
    let report = parsed(&workspace, &COMPILE.iter().chain(&THRESHOLD).copied().collect::<Vec<_>>());
    let band = &report["assay_report"]["outputs"][0]["bound"]["certified"]["band"];
    assert_eq!((&band["first"], &band["end"]), (&claim["band"]["first"], &claim["band"]["end"]));
    let text = workspace.succeed(prove(&["--decision", "--force"]));
    assert!(text.contains("decisions") && text.contains("0.25"), "{text}");
    assert!(!workspace.succeed(prove(&["--force"])).contains("decisions"));
    assert!(workspace.succeed(VERIFY).contains("decisions"));
    assert!(workspace.succeed(["inspect", "model.assay"]).contains("outside of integers ["));
}

/// Rows on both sides and inside the band, each as its integer says; and many at once.
#[test]
fn sides_follow_the_score() {
    let workspace = Workspace::compiled();
    let rows = (0..41).flat_map(|a| [-20, 0, 15].map(|b| (f64::from(a) / 20.0 - 1.0, f64::from(b) / 20.0)));
    let rows: String = rows.map(|(a, b)| format!("{a},{b}\n")).collect();
    workspace.write("rows.csv", format!("a,b\n{rows}"));
    let run = ["run", "--model", "model.assay", "--input", "rows.csv", "--all"];
    let scores = |all: &Value| -> Vec<i64> {
        let rows = all["rows"].as_array().unwrap().iter();
        rows.map(|row| row["outputs"][0]["integers"][0].as_i64().unwrap()).collect()
    };
    let mut sorted = scores(&parsed(&workspace, &run));
    sorted.sort_unstable();
    // 16 bits at scale 12.
    let threshold = sorted[sorted.len() / 2];
    let threshold_option = format!("--threshold={}", threshold as f64 / 4096.0);
    workspace.succeed(COMPILE.iter().chain(&[threshold_option.as_str(), "--force"]));
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    let all = parsed(&workspace, &run);
    let mut seen = std::collections::BTreeSet::new();
    for (row, integer) in all["rows"].as_array().unwrap().iter().zip(scores(&all)) {
        let [output] = row["decisions"].as_array().unwrap().as_slice() else { panic!("{row}") };
        let decided = &output["decided"][0];
        let band = [&output["band"]["first"], &output["band"]["end"]].map(|end| end.as_i64().unwrap());
        assert_eq!(decided["side"] == "at_least", integer >= threshold, "{row}");
        assert_eq!(decided["certain"] == true, !(band[0]..band[1]).contains(&integer), "{row}");
        seen.insert((decided["side"].to_string(), decided["certain"].to_string()));
    }
    assert!(seen.len() >= 3, "{seen:?}");
    let many = ["--rows", "1-3", "--output-dir", "proofs", "--decision"];
    let arguments: Vec<&str> =
        ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "samples.csv"]
            .iter()
            .chain(&many)
            .copied()
            .collect();
    let text = workspace.succeed(&arguments);
    assert!(text.contains("of 3 certainly the float model's"), "{text}");
    let proven = parsed(&workspace, &arguments);
    let ran =
        parsed(&workspace, &["run", "--model", "model.assay", "--input", "samples.csv", "--rows", "1-3"]);
    for (proven, ran) in proven["proofs"].as_array().unwrap().iter().zip(ran["rows"].as_array().unwrap()) {
        assert_eq!(proven["decisions"], ran["decisions"]);
    }
}

/// A model that decides nothing is asked for no decision, before anything is proven.
#[test]
fn a_decision_needs_a_rule() {
    let workspace = Workspace::with_keys();
    let refused = workspace.refused(prove(&["--decision"]));
    assert!(refused.contains("--threshold"), "{refused}");
    assert_eq!(parsed(&workspace, &prove(&[]))["decisions"], json!([]));
    assert!(!workspace.succeed(VERIFY).contains("decisions"));
}

/// A claim is the file's word: with another band the key fits and the proof is valid, and the decision is what that file says; compiling again
/// shows that it was changed. A threshold that is not that of its options is refused.
#[test]
fn a_changed_claim_is_found_out() {
    let workspace = with_threshold();
    workspace.succeed(prove(&[]));
    let file = workspace.read("model.assay");
    let container = artifact::decode(Kind::Circuit, &file).unwrap();
    let claim = &parsed(&workspace, &["inspect", "model.assay"])["decisions"]["score"];
    let [threshold, first, end] =
        [&claim["threshold"]["integer"], &claim["band"]["first"], &claim["band"]["end"]]
            .map(|x| x.as_i64().unwrap());
    let replaced = |was: [i64; 2], is: [i64; 2]| {
        let bytes = |two: [i64; 2]| two.map(i64::to_le_bytes).concat();
        let at = container.payload.windows(16).position(|window| window == bytes(was)).unwrap();
        let mut payload = container.payload.to_vec();
        payload[at..at + 16].copy_from_slice(&bytes(is));
        artifact::encode(Kind::Circuit, container.parent, &payload)
    };
    let check = ["compile", "--check", "model.assay", "model.onnx", "--calibration", "samples.csv"];
    assert!(workspace.run(check).status.success());
    workspace.write("model.assay", replaced([first, end], [first - 1, end]));
    let changed = parsed(&workspace, &VERIFY);
    assert_eq!(
        (&changed["valid"], &changed["decisions"][0]["band"]["first"]),
        (&json!(true), &json!(first - 1))
    );
    let checked = workspace.run(check);
    let text = show(&checked);
    assert_eq!(checked.status.code(), Some(1), "{text}");
    assert!(text.contains("what is claimed of the decisions differs: score"), "{text}");
    let mut moved = container.payload.to_vec();
    let at =
        moved.windows(16).position(|window| window == [first, end].map(i64::to_le_bytes).concat()).unwrap();
    // The kind of the band stands between.
    moved[at - 9..at - 1].copy_from_slice(&(threshold + 1).to_le_bytes());
    workspace.write("model.assay", artifact::encode(Kind::Circuit, container.parent, &moved));
    let refused = workspace.refused(VERIFY);
    assert!(refused.contains("decisions of output 'score'"), "{refused}");
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decisions.md")
}

/// The page's commands print what it says; `ASSAY_LEDGER=write` writes it anew.
#[test]
fn the_page_shows_what_is_printed() {
    let workspace = Workspace::new();
    for name in ["model.onnx", "calibration.csv", "samples.json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/liquidation-risk").join(name);
        workspace.write(name, std::fs::read(path).unwrap());
    }
    let text = std::fs::read_to_string(page()).unwrap();
    let (mut printed, mut rest, mut commands) = (String::new(), text.as_str(), 0);
    while let Some((before, block)) = rest.split_once("```console\n") {
        let (block, behind) = block.split_once("```\n").unwrap();
        printed += before;
        printed += "```console\n";
        // What a command prints stands behind it, and nothing where the page leaves it out.
        for command in block.split("$ assay ").skip(1) {
            let line = command.lines().next().unwrap();
            let (line, is_silent) = (line.trim_end_matches(" > report.txt"), line.ends_with(" > report.txt"));
            let stdout = workspace.succeed(line.split_whitespace());
            printed += &format!("$ assay {}\n", command.lines().next().unwrap());
            if !is_silent {
                printed += &stdout;
            }
            commands += 1;
        }
        printed += "```\n";
        rest = behind;
    }
    printed += rest;
    assert!(commands >= 4, "{commands} commands");
    if std::env::var("ASSAY_LEDGER").is_ok_and(|mode| mode == "write") {
        std::fs::write(page(), &printed).unwrap();
    } else {
        assert_eq!(text, printed, "docs/decisions.md: if this is meant, run with ASSAY_LEDGER=write");
    }
}
