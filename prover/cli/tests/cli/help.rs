//! What the tool says of itself.

use crate::common::{Workspace, settings, show};

#[test]
fn help_teaches() {
    let workspace = Workspace::new();
    settings().bind(|| {
        insta::assert_snapshot!("help", workspace.succeed(["--help"]));
        for command in ["compile", "setup", "prove", "verify", "inspect", "bench", "demo"] {
            insta::assert_snapshot!(format!("help-{command}"), workspace.succeed([command, "--help"]));
        }
    });
}

#[test]
fn usage_errors_are_the_users() {
    let workspace = Workspace::new();
    settings().bind(|| {
        insta::assert_snapshot!("usage-none", show(&workspace.run::<&str>([])));
        insta::assert_snapshot!("usage-unknown", show(&workspace.run(["comple"])));
        insta::assert_snapshot!("usage-missing", show(&workspace.run(["prove", "--model", "m.assay"])));
        insta::assert_snapshot!(
            "usage-context",
            show(&workspace.run(["verify", "--vk", "m.vk", "--proof", "p.proof", "--context", "12",]))
        );
        insta::assert_snapshot!(
            "usage-format",
            show(&workspace.run(["compile", "m.onnx", "--calibration", "c.csv", "--input-format", "15",]))
        );
    });
}

#[test]
fn version_is_data() {
    let version = Workspace::new().succeed(["--version"]);
    assert_eq!(version, format!("assay {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn colours_only_where_a_person_looks() {
    let workspace = Workspace::new();
    let escape =
        |output: &std::process::Output| output.stderr.contains(&0x1b) || output.stdout.contains(&0x1b);
    let plain = workspace.run(["inspect", "missing"]);
    assert!(!escape(&plain), "{}", show(&plain));
    let forced = workspace.command(["inspect", "missing"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(escape(&forced), "{}", show(&forced));
    let refused = workspace
        .command(["inspect", "missing"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!escape(&refused), "{}", show(&refused));
}
