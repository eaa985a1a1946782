//! A directory of its own for each test, and the `assay` binary run in it.

pub mod cluster;
pub mod onnx;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use self::onnx::network;

/// The seed that makes keys repeat.
pub const SEED: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// Compiles the model with formats that do not hang on the compiler's search.
pub const COMPILE: [&str; 8] = [
    "compile",
    "model.onnx",
    "--calibration",
    "samples.csv",
    "--input-format",
    "12:8",
    "--output-format",
    "16:12",
];

/// Proves `input.json` with the compiled model and its key, with more arguments.
pub fn prove<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let common = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "input.json"];
    common.iter().chain(more).copied().collect()
}

/// A fresh directory, deleted with the test.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    pub fn new() -> Workspace {
        Workspace(tempfile::tempdir().unwrap())
    }

    /// With `model.onnx` (two inputs, one score), `samples.csv` and `input.json`.
    pub fn with_model() -> Workspace {
        let workspace = Workspace::new();
        workspace.write("model.onnx", network(&[2, 3, 1]).to_bytes());
        workspace.write("samples.csv", "a,b\n-1,0.5\n0.25,-0.75\n1,1\n0.5,-1\n");
        workspace.write("input.json", "{\"a\": 0.5, \"b\": -0.25}");
        workspace
    }

    /// With `model.assay` as well.
    pub fn compiled() -> Workspace {
        let workspace = Workspace::with_model();
        workspace.succeed(COMPILE);
        workspace
    }

    /// With `model.pk` and `model.vk` as well.
    pub fn with_keys() -> Workspace {
        let workspace = Workspace::compiled();
        workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
        workspace
    }

    /// With `decision.proof` as well.
    pub fn proven() -> Workspace {
        let workspace = Workspace::with_keys();
        workspace.succeed(prove(&["-o", "decision.proof"]));
        workspace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// All files and their contents.
    pub fn snapshot(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let contents =
                    if entry.path().is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
                (entry.file_name().to_string_lossy().into_owned(), contents)
            })
            .collect();
        files.sort();
        files
    }

    /// Names of all files.
    pub fn listing(&self) -> Vec<String> {
        self.snapshot().into_iter().map(|(name, _)| name).collect()
    }

    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        // A fixed width and no colours: help wraps the same on every terminal.
        command.args(arguments).current_dir(self.0.path()).env("COLUMNS", "100").env_remove("RUST_BACKTRACE");
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
        // No cache: what one test has validated, another validates again.
        command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs and insists on exit code 0; gives stdout.
    pub fn succeed<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", show(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs, insists on exit code 2, an empty stdout and no changed file, and gives stderr.
    pub fn refused<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let before = self.snapshot();
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        assert!(output.stdout.is_empty(), "{}", show(&output));
        assert!(before == self.snapshot(), "files changed: {:?}", self.listing());
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Exit code and both streams, for snapshots.
pub fn show(output: &Output) -> String {
    let code = output.status.code().map_or_else(|| "none".into(), |code| code.to_string());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Replaces what differs from run to run: times, and digests that hang on random numbers or on the circuit's details.
pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"\b\d+\.\d+ (ms|s)\b", "[TIME]");
    settings.add_filter(r"this is assay \d+\.\d+\.\d+", "this is assay [VERSION]");
    settings.add_filter(r"0x[0-9a-f]{64}\b", "[ELEMENT]");
    settings.add_filter(r"\b[0-9a-f]{256,}\b", "[BYTES]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[DIGEST]");
    settings.add_filter(r"\b[0-9a-f]{16}\.\.\.", "[SHORT DIGEST]");
    settings.add_filter(r"\b\d+(\.\d)? (B|KiB|MiB|GiB)\b", "[SIZE]");
    settings.add_filter(
        r"values reach [\d.]+, is [\d.]+; --max-error-calibrated [\d.]+",
        "values reach [PEAK], is [ERROR]; --max-error-calibrated [BOUND]",
    );
    // What rounding makes of a score is for the compiler's tests.
    settings.add_filter(r"score +-?[\d.]+ +-?\d+", "score [VALUE] [INTEGER]");
    settings.add_filter(r#""seconds": [\d.]+"#, "\"seconds\": [TIME]");
    settings
}

/// Flips one bit of a file.
pub fn flip(path: &Path, byte: usize) {
    let mut contents = std::fs::read(path).unwrap();
    contents[byte] ^= 0x10;
    std::fs::write(path, contents).unwrap();
}
