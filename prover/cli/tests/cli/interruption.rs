//! A full disk and an interrupted setup: nothing new is left behind, nothing old is touched.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::onnx::network;
use crate::common::{Workspace, show};

/// `assay` under a limit on the size of files it writes, in blocks of 512 bytes: writes fail part of the way, as on a
/// full disk, without the rights that filling one takes.
fn limited(workspace: &Workspace, blocks: u32, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_assay")]);
    command.args(arguments).current_dir(workspace.path("")).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_disk_that_fills_up_leaves_neither_key() {
    let workspace = Workspace::compiled();
    let before = workspace.snapshot();
    // The verifying key fits, the proving key does not.
    let output = limited(&workspace, 8, &["setup", "model.assay", "--development"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{}", show(&output));
    assert!(stderr.contains("cannot write") && stderr.contains("model.pk"), "{stderr}");
    assert!(stderr.contains("hint: nothing was written"), "{stderr}");
    assert!(output.stdout.is_empty());
    assert!(before == workspace.snapshot(), "{:?}", workspace.listing());
}

#[test]
fn a_disk_that_fills_up_keeps_the_old_keys() {
    let workspace = Workspace::with_keys();
    let before = workspace.snapshot();
    let output = limited(&workspace, 8, &["setup", "model.assay", "--development", "--force"]);
    assert_eq!(output.status.code(), Some(3), "{}", show(&output));
    assert!(before == workspace.snapshot(), "{:?}", workspace.listing());
}

#[test]
fn a_full_stdout_is_reported() {
    let workspace = Workspace::compiled();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = workspace.command(["inspect", "model.assay"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", show(&output));
}

/// A model whose setup takes long enough to be interrupted: about half a second at the least.
fn slow_model() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("model.onnx", network(&[2, 256, 128, 1]).to_bytes());
    workspace.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-1\n");
    workspace.succeed([
        "compile",
        "model.onnx",
        "--calibration",
        "samples.csv",
        "--max-error-calibrated",
        "0.5",
    ]);
    workspace
}

/// Starts a setup, waits until its temporary files are there, and sends a signal: exit code and stderr.
fn interrupt(workspace: &Workspace, signal: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut child =
        workspace.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while workspace.listing().iter().filter(|name| name.ends_with(".tmp")).count() < 2 {
        assert!(start.elapsed() < Duration::from_secs(60), "no temporary files: {:?}", workspace.listing());
        assert!(child.try_wait().unwrap().is_none(), "the setup ended before it could be interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn an_interrupted_setup_leaves_nothing() {
    let workspace = slow_model();
    let before = workspace.snapshot();
    let setup = ["setup", "model.assay", "--development"];
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (found, stderr) = interrupt(&workspace, signal, &setup);
        assert_eq!(found, Some(code), "{stderr}");
        assert!(stderr.contains("interrupted: nothing was written"), "{stderr}");
        assert!(before == workspace.snapshot(), "{:?}", workspace.listing());
    }
    // And the old keys stay where there were some.
    workspace.succeed(setup);
    let before = workspace.snapshot();
    let (found, stderr) = interrupt(&workspace, "INT", &["setup", "model.assay", "--development", "--force"]);
    assert_eq!(found, Some(130), "{stderr}");
    assert!(before == workspace.snapshot(), "{:?}", workspace.listing());
}
