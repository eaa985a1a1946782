//! What the tool says of itself.

use crate::common::{Workspace, settings, show};

#[test]
fn help_teaches() {
    let workspace = Workspace::new();
    settings().bind(|| {
        insta::assert_snapshot!("help", workspace.succeed(["--help"]));
        for command in [
            "compile",
            "setup",
            "ceremony",
            "run",
            "explain",
            "prove",
            "verify",
            "export",
            "inspect",
            "member",
            "weights",
            "model",
            "attestors",
            "series",
            "submit",
            "receipt",
            "keeper",
            "serve",
            "worker",
            "audit",
            "bench",
            "completions",
            "man",
        ] {
            let help = workspace.succeed([command, "--help"]);
            assert_eq!(help, workspace.succeed(["help", command]));
            insta::assert_snapshot!(format!("help-{command}"), help);
        }
        for (command, steps) in [
            ("member", &["key", "leaf", "path"][..]),
            ("export", &["solidity", "calldata"]),
            ("weights", &["fit", "commit", "check", "audit"]),
            ("ceremony", &["new", "contribute", "beacon", "verify", "export", "pack", "unpack"]),
            (
                "model",
                &[
                    "register",
                    "activate",
                    "suspend",
                    "resume",
                    "retire",
                    "authority",
                    "guardian",
                    "show",
                    "list",
                ],
            ),
            ("attestors", &["create", "attest", "show"]),
            ("series", &["create", "propose", "apply", "cancel", "renounce", "show"]),
            ("receipt", &["show"]),
            ("audit", &["model", "receipts"]),
            ("keeper", &["init", "check", "run", "status"]),
            ("serve", &["init", "keys"]),
        ] {
            for step in steps {
                let help = workspace.succeed([command, step, "--help"]);
                insta::assert_snapshot!(format!("help-{command}-{step}"), help);
            }
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
    let commit = version.strip_prefix(&format!("assay {}", env!("CARGO_PKG_VERSION"))).unwrap().trim();
    // In an archive of the sources there is no commit to name.
    assert!(commit.is_empty() || (commit.starts_with('(') && commit.ends_with(')')), "{version}");
}

#[test]
fn completions_and_manual_pages() {
    let workspace = Workspace::new();
    for (shell, mark) in [("bash", "_assay"), ("zsh", "#compdef assay"), ("fish", "complete -c assay")] {
        let script = workspace.succeed(["completions", shell]);
        assert!(script.contains(mark) && script.contains("calibration"), "{shell}: {script}");
    }
    std::fs::create_dir(workspace.path("man")).unwrap();
    workspace.write("notes", "keep");
    for _ in 0..2 {
        let pages = workspace.succeed(["man", "man"]);
        assert!(pages.lines().any(|page| page == "man/assay-prove.1"), "{pages}");
    }
    let page = String::from_utf8(std::fs::read(workspace.path("man/assay-prove.1")).unwrap()).unwrap();
    assert!(page.contains(".TH assay\\-prove 1") || page.contains(".TH assay-prove 1"), "{page}");
    assert!(page.contains("zkey"), "{page}");
    std::fs::write(workspace.path("man/assay.1"), "a page of one's own").unwrap();
    assert!(workspace.refused(["man", "man"]).contains("man/assay.1 exists"));
    assert!(workspace.refused(["man", "nowhere"]).contains("nowhere is not a directory"));
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
