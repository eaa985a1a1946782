//! Times on this machine: measured once, remembered, and a range where they cannot be.

use std::process::Output;

use serde_json::Value;

use crate::common::{COMPILE, Workspace, show};

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", show(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", show(output)))
}

fn is_measured(time: &Value) -> bool {
    time["here"]["ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms < 60_000.0)
}

fn is_range(time: &Value) -> bool {
    let ms = |name: &str| time["typical"][name].as_f64();
    ms("with_ifma_ms") > Some(0.0) && ms("without_ifma_ms") > ms("with_ifma_ms")
}

#[test]
fn a_machine_is_measured_once_and_the_user_is_told() {
    let workspace = Workspace::with_model();
    let cache = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        workspace.command(arguments).env("XDG_CACHE_HOME", cache.path()).output().unwrap()
    };
    let told =
        |output: &Output| String::from_utf8_lossy(&output.stderr).contains("measured this machine in ");

    let first = run(&COMPILE.iter().copied().chain(["--json"]).collect::<Vec<_>>());
    assert!(told(&first), "{}", show(&first));
    let ranges = &json(&first)["assay_report"]["ranges"];
    assert!(
        is_measured(&ranges["bits"]["proving"]) && is_measured(&ranges["lookups"]["proving"]),
        "{ranges}"
    );
    let second = run(&["inspect", "model.assay", "--json"]);
    assert!(!told(&second), "{}", show(&second));
    assert!(is_measured(&json(&second)["proving"]), "{}", show(&second));
    let text = run(&["inspect", "model.assay"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("ms on this machine"), "{}", show(&text));
}

#[test]
fn a_range_is_given_where_nothing_can_be_measured_or_remembered() {
    let workspace = Workspace::compiled();
    let nowhere = workspace.run(["inspect", "model.assay", "--json"]);
    assert!(nowhere.stderr.is_empty() && is_range(&json(&nowhere)["proving"]), "{}", show(&nowhere));

    let cache = tempfile::tempdir().unwrap();
    let mut command = workspace.command(["inspect", "model.assay", "--json"]);
    let output = command.env("XDG_CACHE_HOME", cache.path()).env("ASSAY_BACKEND", "abacus").output().unwrap();
    assert!(is_range(&json(&output)["proving"]), "{}", show(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("was not measured"), "{}", show(&output));
}
