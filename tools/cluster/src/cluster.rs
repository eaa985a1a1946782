//! The running cluster: started, filled, kept going until somebody stops it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use solana_clock::Clock;
use solana_pubkey::Pubkey;
use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{
    BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig,
    SvmFeatureConfig,
};
use tokio::runtime::Runtime;

use crate::accounts::{self, Program};
use crate::parse::Dollars;
use crate::prices::{self, ASSETS, RECEIVER};
use crate::report::Report;
use crate::wallet;

/// SOL that the wallet and each `--fund` get.
const SOL: u64 = 1_000_000;
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// How long a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the signals are looked at.
const PULSE: Duration = Duration::from_millis(50);

/// How a cluster is started.
#[derive(clap::Args)]
pub struct Start {
    /// Port of the RPC; subscriptions are answered on the next one
    #[arg(long, value_name = "PORT", default_value_t = 8899)]
    port: u16,
    /// Milliseconds between two slots
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    slot_time: u64,
    /// Key file of the wallet that is given SOL and tokens [default: that of Solana's command line, or else a test-only one of the repository]
    #[arg(long, value_name = "FILE")]
    wallet: Option<PathBuf>,
    /// Give SOL to this address as well; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    fund: Vec<Pubkey>,
    /// Seconds after which every price is published again, as it is, with the time of the cluster's clock; 0 for never
    #[arg(long, value_name = "S", default_value_t = 1)]
    publish_every: u64,
    /// Print the addresses as one line of JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Write the same JSON to this file as soon as the cluster answers; it is removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Print each transaction, and what the runtime reports, on standard error
    #[arg(long)]
    log: bool,
    /// Stop when standard input ends, so that a script that dies takes the cluster with it
    #[arg(long)]
    stop_with_stdin: bool,
    /// The repository, whose programs are deployed
    #[arg(long, value_name = "DIR", default_value = ".", hide = true, env = "ASSAY_REPOSITORY")]
    repository: PathBuf,
}

/// Starts a cluster, says where everything is, and runs it until a signal.
pub fn run(start: &Start) -> Result<()> {
    let programs = accounts::programs(&start.repository)?;
    let wallet = wallet::find(start.wallet.as_deref(), &start.repository)?;
    for port in [start.port, start.port.checked_add(1).context("port 65535 leaves none for subscriptions")?] {
        free(port)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    if start.stop_with_stdin {
        let flag = Arc::clone(&stop);
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()); // an error is an end as well
            flag.store(true, Ordering::Relaxed);
        });
    }

    let cluster = Cluster::start(start)?;
    cluster.wait_for(|event| matches!(event, SimnetEvent::CoreStarted(_)), "answer")?;
    cluster.fill(&programs, &wallet.address)?;
    for address in [&wallet.address].into_iter().chain(&start.fund) {
        cluster.put(*address, accounts::purse(SOL * LAMPORTS_PER_SOL))?;
    }

    let report = Report {
        port: start.port,
        slot_time: start.slot_time,
        publish_every: start.publish_every,
        wallet: &wallet,
        sol: SOL,
        programs: &programs,
    };
    if start.json {
        println!("{}", report.json()?);
    } else {
        println!("{}", report.table()?);
    }
    let _ready = start.ready_file.as_deref().map(|file| ReadyFile::write(&report, file)).transpose()?;
    cluster.keep(start, &stop)
}

/// An error unless nobody listens on this port.
fn free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} of 127.0.0.1 cannot be used ({error})\n\
             hint: another cluster may be running there (`ss -ltnp | grep {port}`): stop it, or choose another port, \
             such as `cargo xtask localnet --port 9899`"
        ),
    }
}

/// The ready file, removed when the cluster ends in whatever way.
struct ReadyFile(PathBuf);

impl ReadyFile {
    fn write(report: &Report, file: &Path) -> Result<Self> {
        report.write(file)?;
        Ok(Self(file.to_path_buf()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // whoever removed it before us wanted the same
    }
}

struct Cluster {
    runtime: Runtime,
    svm: SurfnetSvmLocker,
    commands: Sender<SimnetCommand>,
    events: Receiver<SimnetEvent>,
    failure: Receiver<String>,
}

impl Cluster {
    fn start(start: &Start) -> Result<Self> {
        let simnet = SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: start.slot_time,
            block_production_mode: BlockProductionMode::Clock,
            instruction_profiling_enabled: false, // it runs every transaction once more for each instruction
            ..Default::default()
        };
        let (svm, events, geyser) = SurfnetSvm::new(SurfnetSvmConfig {
            surfnet_id: simnet.surfnet_id.clone(),
            feature_config: SvmFeatureConfig::default(), // mainnet's
            slot_time: simnet.slot_time,
            instruction_profiling_enabled: simnet.instruction_profiling_enabled,
            max_profiles: simnet.max_profiles,
            log_bytes_limit: simnet.log_bytes_limit,
            skip_blockhash_check: simnet.skip_blockhash_check,
        })
        .map_err(|error| anyhow!("the runtime does not start: {error}"))?;
        let config = SurfpoolConfig {
            simnets: vec![simnet],
            rpc: RpcConfig {
                bind_host: Ipv4Addr::LOCALHOST.to_string(),
                bind_port: start.port,
                ws_port: start.port + 1,
                ..Default::default()
            },
            ..Default::default()
        };
        let svm = SurfnetSvmLocker::new(svm);
        let (commands, commands_in) = unbounded();
        let (failed, failure) = unbounded();
        let (loop_svm, loop_commands) = (svm.clone(), commands.clone());
        std::thread::Builder::new().name("cluster".into()).spawn(move || {
            let outcome = Runtime::new().map_err(|error| error.to_string()).and_then(|runtime| {
                runtime
                    .block_on(start_local_surfnet_runloop(
                        loop_svm,
                        config,
                        loop_commands,
                        commands_in,
                        geyser,
                    ))
                    .map_err(|error| error.to_string())
            });
            if let Err(error) = outcome {
                let _ = failed.send(error); // the receiver lives as long as the process
            }
        })?;
        Ok(Self { runtime: Runtime::new()?, svm, commands, events, failure })
    }

    /// Waits for one event, within [`PATIENCE`].
    fn wait_for(&self, wanted: impl Fn(&SimnetEvent) -> bool, what: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(error) = self.failure.try_recv() {
                bail!("the cluster failed: {error}");
            }
            match self.events.recv_timeout(PULSE) {
                Ok(SimnetEvent::Aborted(error)) => bail!("the cluster failed: {error}"),
                Ok(event) if wanted(&event) => return Ok(()),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        bail!("the cluster did not {what} within {} seconds", PATIENCE.as_secs())
    }

    /// Puts programs, tokens and prices into it.
    fn fill(&self, programs: &[Program], wallet: &Pubkey) -> Result<()> {
        for Program { library, id, bytes } in programs {
            self.runtime
                .block_on(self.svm.write_program(*id, Some(*wallet), 0, bytes, &None))
                .map_err(|error| anyhow!("{library} cannot be deployed: {error}"))?;
        }
        for (address, account) in accounts::tokens(wallet)? {
            self.put(address, account)?;
        }
        let clock = self.clock();
        for asset in &ASSETS {
            let feed = prices::feed_id(asset.name)?;
            let update = prices::publish(feed, Dollars(asset.start), None, clock.unix_timestamp, clock.slot)?;
            self.put(prices::address(0, &feed), accounts::owned(RECEIVER, update.encode().to_vec()))?;
        }
        Ok(())
    }

    fn put(&self, address: Pubkey, account: solana_account::Account) -> Result<()> {
        self.svm
            .with_svm_writer(|svm| svm.set_account(&address, account).map_err(|error| error.to_string()))
            .map_err(|error| anyhow!("{address} cannot be written: {error}"))
    }

    fn clock(&self) -> Clock {
        self.svm.with_svm_reader(|svm| svm.inner.get_sysvar())
    }

    /// Publishes every price again, within one lock, so that no price that somebody sets meanwhile is undone.
    fn publish_again(&self) -> Result<()> {
        self.svm
            .with_svm_writer(|svm| -> std::result::Result<(), String> {
                let clock: Clock = svm.inner.get_sysvar();
                let accounts = svm.get_account_owned_by(&RECEIVER).map_err(|error| error.to_string())?;
                for (address, mut account) in accounts {
                    if let Some(update) = prices::again(&account.data, clock.unix_timestamp, clock.slot) {
                        account.data = update.encode().to_vec();
                        svm.set_account(&address, account).map_err(|error| error.to_string())?;
                    }
                }
                Ok(())
            })
            .map_err(|error| anyhow!("the prices cannot be published: {error}"))
    }

    /// Runs until `stop`, then closes the ports.
    fn keep(&self, start: &Start, stop: &AtomicBool) -> Result<()> {
        let period = Duration::from_secs(start.publish_every);
        let mut published = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            if let Ok(error) = self.failure.try_recv() {
                bail!("the cluster failed: {error}");
            }
            if !period.is_zero() && published.elapsed() >= period {
                published = Instant::now();
                self.publish_again()?;
            }
            match self.events.recv_timeout(PULSE) {
                Ok(event) => show(&event, start.log),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the cluster ended by itself"),
            }
        }
        ensure!(self.commands.send(SimnetCommand::Terminate(None)).is_ok(), "the cluster ended by itself");
        for port in ["RPC", "WebSocket"] {
            self.wait_for(|event| matches!(event, SimnetEvent::Shutdown), &format!("close its {port} port"))?;
        }
        Ok(())
    }
}

/// What the runtime says of itself.
fn show(event: &SimnetEvent, log: bool) {
    match event {
        SimnetEvent::ErrorLog(_, message) => eprintln!("error: {message}"),
        SimnetEvent::WarnLog(_, message) if log => eprintln!("warning: {message}"),
        SimnetEvent::InfoLog(_, message) if log => eprintln!("{message}"),
        SimnetEvent::TransactionProcessed(_, meta, outcome) if log => {
            let outcome =
                outcome.as_ref().map_or_else(|| "done".to_owned(), |error| format!("failed: {error}"));
            eprintln!("{} {} compute units, {outcome}", meta.signature, meta.compute_units_consumed);
        }
        _ => {}
    }
}
