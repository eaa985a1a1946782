//! The commands: each is a sequence of what the other modules do.

use std::env;
use std::path::PathBuf;
use std::thread;

use anyhow::{Result, anyhow, bail};

use crate::build::{self, Prepared, Toolchain};
use crate::cluster::{self, Address, Running};
use crate::process::{Background, cargo, progress, run};
use crate::workspace::Workspace;
use crate::{artifacts, debian, evm, identity, node, page, programs, python, snarkjs, suite, typescript};

/// Compiles the programs; those of the packages become the committed ones.
pub fn build(workspace: &Workspace, toolchain: Toolchain) -> Result<()> {
    let prepared = build::prepare(workspace, toolchain)?;
    build::compile(workspace, &prepared)?;
    match toolchain {
        Toolchain::Packages => artifacts::publish(workspace, &prepared.programs),
        Toolchain::PlatformTools => {
            progress(
                "programs/bin stays: other compilers give other bytes; ASSAY_DEPLOY_DIR=target/deploy tests these",
            );
            Ok(())
        }
    }
}

/// Compiles the programs and compares them with the committed ones.
pub fn verify_build(workspace: &Workspace) -> Result<()> {
    verify_prepared(workspace, &build::prepare(workspace, Toolchain::Packages)?)
}

fn verify_prepared(workspace: &Workspace, prepared: &Prepared) -> Result<()> {
    build::compile(workspace, prepared)?;
    artifacts::verify(workspace, &prepared.programs)
}

/// Checks the programs' addresses and puts their key pairs where Anchor looks for them.
pub fn keys(workspace: &Workspace) -> Result<()> {
    let programs = programs::all(workspace)?;
    identity::check(workspace, &programs)?;
    identity::place_keypairs(workspace, &programs)
}

/// Verifies the committed programs and the SDK's module, tests the SDK, the page, the Python module and contracts for the EVM, fetches snarkjs, then runs every test of the
/// workspace in release mode. What needs a cluster is [`anchor_test`].
///
/// The workspace compiles beside the checks, which leave cores idle: the last steps of a program run on one.
pub fn test(workspace: &Workspace, args: &[String]) -> Result<()> {
    let prepared = build::prepare(workspace, Toolchain::Packages)?; // before cargo holds its folder
    let of_cargo = args.split(|arg| arg == "--").next().unwrap_or_default();
    progress("compiling the workspace's tests, beside what comes next");
    let compiling =
        Background::start(suite::command(workspace).args(["--no-run", "--quiet"]).args(of_cargo))?;
    verify_prepared(workspace, &prepared)?;
    typescript::verify_module(workspace)?;
    typescript::test(workspace)?;
    let snarkjs: PathBuf = snarkjs::install(workspace)?;
    compiling.finish()?;
    page::install(workspace)?;
    debian::install(&["postgresql"], "install PostgreSQL 13 or later below /usr/lib/postgresql")?; // the proof service's tests start one
    python::install(workspace)?;
    evm::install(workspace)?;
    let binary = suite::command_line(workspace)?;
    // The browser leaves a core idle, where the wheel compiles.
    thread::scope(|scope| {
        let page = scope.spawn(|| page::test_installed(workspace, &binary));
        let others =
            python::test_with(workspace, &binary).and_then(|()| evm::test_installed(workspace, &binary));
        page.join().map_err(|_| anyhow!("the page's tests were not run to their end"))?.and(others)
    })?;
    progress("testing the workspace");
    run(suite::command(workspace).env(snarkjs::VARIABLE, snarkjs).args(args))
}

/// What Anchor tells its scripts: the cluster, and the key file of who pays there.
const PROVIDER_URL: &str = "ANCHOR_PROVIDER_URL";
const WALLET: &str = "ANCHOR_WALLET";

/// Runs the tests over RPC. `anchor test` names the usual local cluster whether one runs or not, so one is started where
/// nobody answers.
pub fn anchor_test(workspace: &Workspace) -> Result<()> {
    let given = match env::var(PROVIDER_URL) {
        Ok(url) => Some(Address::parse(&url)?),
        Err(_) => None,
    };
    let started = match &given {
        Some(address) if address.answers() => None,
        Some(address) => Some(Running::start(workspace, Some(address.local_port()?))?),
        None => Some(Running::start(workspace, None)?),
    };
    let environment = match &started {
        Some(cluster) => cluster.environment()?.to_vec(),
        None if env::var_os(WALLET).is_some() => Vec::new(),
        None => {
            bail!("{WALLET} has to name the key file of a wallet with SOL on the cluster at {PROVIDER_URL}")
        }
    };
    if started.is_some() {
        cluster::test(workspace)?;
        progress("testing over RPC from Rust"); // these move the clock by days, which no other cluster lets them do
        run(suite::command(workspace)
            .envs(environment.clone())
            .args(["--test", "verifier", "--test", "cli", "over_rpc"])
            .args(["--", "--include-ignored", "--nocapture"]))?;
    }
    let typescript = workspace.root.join("sdk/ts");
    if typescript.join("package.json").is_file() {
        progress("testing over RPC from TypeScript");
        let binary = suite::command_line(workspace)?;
        run(node::npm(&typescript)?.envs(environment).env("ASSAY_BINARY", binary).arg("test"))?;
    }
    Ok(())
}

/// Runs the demonstration on the committed programs.
pub fn demo(workspace: &Workspace, args: &[String]) -> Result<()> {
    artifacts::check(workspace, &programs::all(workspace)?)?;
    progress("running the demonstration");
    run(cargo()
        .current_dir(&workspace.root)
        .args(["run", "--release", "--quiet", "--package", "assay-demo", "--"])
        .args(args))
}
