//! `assay audit`: a verdict, its coverage, and an exit code.

use serde_json::Value;

use crate::common::{COMPILE, Workspace};

#[test]
fn a_compiled_model_leaves_no_freedom() {
    let workspace = Workspace::compiled();
    let printed =
        workspace.succeed(["audit", "model", "model.assay", "--count", "2", "--seed", "7", "--json"]);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["verdict"], "determined", "{report}");
    assert_eq!((&report["inputs"], &report["seed"]), (&2.into(), &7.into()));
    assert_eq!(report["findings"], serde_json::json!([]));
    let parts = report["parts"].as_array().unwrap().iter();
    let constraints = parts.map(|part| {
        let kinds = part["kinds"].as_object().unwrap().values();
        assert_eq!(part["constraints"], kinds.map(|count| count.as_u64().unwrap()).sum::<u64>(), "{part}");
        part["constraints"].as_u64().unwrap()
    });
    assert_eq!(report["constraints"], constraints.sum::<u64>(), "every constraint is a part's");
    for search in report["searches"].as_array().unwrap() {
        assert_eq!(search["tried"], search["of"], "{search}");
        assert!(search["checks"].as_u64().unwrap() > 0, "{search}");
    }
    let again = workspace.succeed(["audit", "model", "model.assay", "--count", "2", "--seed", "7", "--json"]);
    assert_eq!(again, printed);
    let text = workspace.succeed(["audit", "model", "model.assay", "--input", "samples.csv", "--rows", "1"]);
    assert!(text.starts_with("determined  model.assay"), "{text}");
}

#[test]
fn what_is_free_by_design_is_said() {
    let workspace = Workspace::with_model();
    workspace.succeed(COMPILE.into_iter().chain(["--ranges", "lookup"]));
    let text = workspace.succeed(["audit", "model", "model.assay"]);
    assert!(text.contains("free by design") && text.contains("blinds the commitment"), "{text}");
}

#[test]
fn what_cannot_be_audited_is_refused() {
    let workspace = Workspace::with_keys();
    assert!(workspace.refused(["audit", "model", "model.pk"]).contains("this is a proving key"));
    assert!(
        workspace
            .refused(["audit", "model", "model.assay", "--input", "samples.csv", "--rows", "9"])
            .contains("no row 9")
    );
}
