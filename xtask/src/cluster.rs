//! The local cluster: compiled once for its sources, and run for somebody or for a test.

use std::ffi::OsString;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::debian;
use crate::process::{cargo, progress, run};
use crate::workspace::Workspace;

/// Its package, a workspace of its own.
const PACKAGE: &str = "tools/cluster";
/// What the binary is made of: its package, and those of ours that it uses.
const SOURCES: [&str; 4] = [PACKAGE, "interface", "programs/feed/interface", "rust-toolchain.toml"];
/// OpenSSL, which one of its packages uses: linked, since compiling it takes five minutes.
const DEBIAN_PACKAGES: [&str; 2] = ["libssl-dev", "pkg-config"];
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Becomes the cluster, or one of its commands.
pub fn exec(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut command = Command::new(binary(workspace)?);
    let error = command.args(args).env("ASSAY_REPOSITORY", &workspace.root).exec();
    Err(error).context("cannot start the cluster")
}

/// The compiled cluster. It is named by what it was made of, so that it is compiled where that changed, and only then.
pub fn binary(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target.join("cluster");
    let folder = target.join("bin");
    let binary = folder.join(format!("assay-cluster-{}", key(&workspace.root)?));
    if binary.is_file() {
        return Ok(binary);
    }
    debian::install(&DEBIAN_PACKAGES, "install pkg-config and the development files of OpenSSL 3")?;
    progress(
        "compiling the local cluster: a thousand packages, some ten minutes on two cores; once, while its sources stay",
    );
    run(&mut cargo_of_the_package(workspace, "build"))?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?; // those of sources that are no more
    }
    fs::create_dir_all(&folder)?;
    let part = folder.join("part");
    fs::copy(target.join("release/assay-cluster"), &part)?;
    fs::rename(&part, &binary)?;
    Ok(binary)
}

/// Runs the unit tests of the cluster's own package, once for its sources.
pub fn test(workspace: &Workspace) -> Result<()> {
    let passed = binary(workspace)?.with_extension("tested");
    if !passed.exists() {
        progress("testing the local cluster's package");
        run(&mut cargo_of_the_package(workspace, "test"))?;
        fs::write(&passed, [])?;
    }
    Ok(())
}

fn cargo_of_the_package(workspace: &Workspace, command: &str) -> Command {
    let mut cargo = cargo();
    cargo
        .current_dir(&workspace.root)
        .env("OPENSSL_NO_VENDOR", "1")
        .args([command, "--release", "--locked", "--manifest-path"])
        .arg(workspace.root.join(PACKAGE).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.target.join("cluster"));
    cargo
}

/// The start of a hash of every source.
fn key(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
        hash.update(format!("{name}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Sources below a path; tests and documents are none.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        let is_source = path
            .extension()
            .is_some_and(|extension| ["rs", "toml", "lock"].iter().any(|source| extension == *source));
        if is_source {
            files.push(path.to_path_buf());
        }
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    for entry in entries {
        let entry = entry?;
        if !["target", "tests"].iter().any(|other| entry.file_name() == *other) {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// A cluster that runs for as long as this value lives, and no longer than this process.
pub struct Running {
    child: Child,
    ready: PathBuf,
}

impl Running {
    /// Starts one, on this port or on a free one, and waits until it answers.
    pub fn start(workspace: &Workspace, port: Option<u16>) -> Result<Self> {
        let binary = binary(workspace)?;
        let port = port.map_or_else(free_port, Ok)?;
        let ready = workspace.target.join("cluster").join(format!("ready-{}.json", std::process::id()));
        progress(&format!("starting a local cluster on port {port}"));
        let child = Command::new(binary)
            .args(["--stop-with-stdin", "--json", "--port", &port.to_string(), "--ready-file"])
            .arg(&ready)
            .env("ASSAY_REPOSITORY", &workspace.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the cluster")?;
        let mut running = Self { child, ready };
        let deadline = Instant::now() + PATIENCE;
        while !running.ready.exists() {
            if let Some(status) = running.child.try_wait()? {
                bail!("the cluster did not start: {status}");
            }
            if Instant::now() > deadline {
                bail!("the cluster did not start within {} seconds", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(running)
    }

    /// What tests have to know: the variables that Anchor sets, and where every address stands.
    pub fn environment(&self) -> Result<[(&'static str, OsString); 3]> {
        let report: Value = serde_json::from_slice(&fs::read(&self.ready)?)?;
        let text = |pointer: &str| -> Result<OsString> {
            let value = report.pointer(pointer).and_then(Value::as_str);
            Ok(value.with_context(|| format!("the cluster does not say its {pointer}"))?.into())
        };
        Ok([
            ("ANCHOR_PROVIDER_URL", text("/rpc")?),
            ("ANCHOR_WALLET", text("/wallet/file")?),
            ("ASSAY_CLUSTER", self.ready.clone().into()),
        ])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take()); // it stops when its input ends
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill(); // an error says that it ended after all
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = fs::remove_file(&self.ready); // it removes the file itself, unless it was killed
    }
}

/// A port that is free, and the next one with it.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let first = TcpListener::bind(("127.0.0.1", 0))?;
        let port = first.local_addr()?.port();
        if let Some(next) = port.checked_add(1)
            && TcpListener::bind(("127.0.0.1", next)).is_ok()
        {
            return Ok(port);
        }
    }
    bail!("no two free ports follow each other on 127.0.0.1")
}

/// A cluster's address, `http://host:port`.
pub struct Address {
    url: String,
    sockets: Vec<SocketAddr>,
}

impl Address {
    /// Reads it.
    pub fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").with_context(|| {
            format!("ANCHOR_PROVIDER_URL is `{url}`; it has to be of the form http://host:port")
        })?;
        let authority = rest.split('/').next().unwrap_or(rest);
        let port = if scheme == "https" { 443 } else { 80 };
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:{port}") };
        let sockets =
            authority.to_socket_addrs().with_context(|| format!("nobody knows the host of {url}"))?;
        Ok(Self { url: url.to_owned(), sockets: sockets.collect() })
    }

    /// Whether somebody listens there.
    pub fn answers(&self) -> bool {
        self.sockets.iter().any(|socket| TcpStream::connect_timeout(socket, Duration::from_secs(5)).is_ok())
    }

    /// Its port, where it is this machine's; an error elsewhere, since no cluster of ours can be started there.
    pub fn local_port(&self) -> Result<u16> {
        match self.sockets.iter().find(|socket| socket.ip().is_loopback()) {
            Some(socket) => Ok(socket.port()),
            None => bail!("no cluster answers at {}, where ANCHOR_PROVIDER_URL says that one is", self.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_of_sources_only() -> Result<()> {
        let root = std::env::temp_dir().join(format!("assay-cluster-key-{}", std::process::id()));
        for folder in ["tools/cluster/src", "interface/src", "programs/feed/interface/src", "interface/tests"]
        {
            fs::create_dir_all(root.join(folder))?;
        }
        fs::write(root.join("rust-toolchain.toml"), "1")?;
        fs::write(root.join("tools/cluster/src/main.rs"), "a")?;
        let first = key(&root)?;
        fs::write(root.join("tools/cluster/README.md"), "words")?;
        fs::write(root.join("interface/tests/test.rs"), "a test")?;
        assert_eq!(key(&root)?, first);
        fs::write(root.join("interface/src/lib.rs"), "a")?;
        let second = key(&root)?;
        assert_ne!(second, first);
        fs::rename(root.join("interface/src/lib.rs"), root.join("interface/src/other.rs"))?;
        assert_ne!(key(&root)?, second);
        fs::remove_dir_all(root)?;
        Ok(())
    }

    #[test]
    fn only_this_machines_clusters_are_ours_to_start() -> Result<()> {
        assert_eq!(Address::parse("http://127.0.0.1:8899/")?.local_port()?, 8899);
        assert_eq!(Address::parse("http://localhost:1234")?.local_port()?, 1234);
        assert!(Address::parse("http://192.0.2.1:8899")?.local_port().is_err());
        assert!(Address::parse("localnet").is_err());
        Ok(())
    }
}
