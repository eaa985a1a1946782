//! From a configuration to the parts of a service.

use std::path::PathBuf;
use std::sync::Arc;

#[cfg(feature = "yellowstone")]
use anyhow::Context as _;
use anyhow::anyhow;
use assay::Prover;
use assay_chain::{Price, Rpc};
use assay_host::StrategyEntry;
use assay_keeper::Mode;
use assay_keeper::service::config::{Config, Known, StrategyConfig, Yellowstone};
use assay_keeper::service::journal::{Journal, Owner};
use assay_keeper::service::pipeline::Lane;
use assay_keeper::service::run::Parts;
use assay_keeper::service::signer;
use assay_keeper::service::source::Source;
use assay_keeper::service::subscribe::WebSocket;
use assay_keeper::service::wallet::Fees;
use serde_json::json;

use crate::artifacts;
use crate::commands::chain::told;
use crate::failure::hinted;

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The keeper's configuration, which `assay keeper init` writes
    #[arg(short, long, value_name = "FILE.toml", default_value = "keeper.toml")]
    config: PathBuf,
}

/// Every program that a keeper does something for, with how its strategy is opened.
fn entries() -> Vec<(&'static str, StrategyEntry)> {
    let entry = |program: &&'static dyn assay_host::Program| {
        program.strategy().map(|entry| (program.identity().name, entry))
    };
    assay_programs::ALL.iter().filter_map(entry).collect()
}

/// The same, as a configuration knows them.
pub fn known() -> Vec<Known<'static>> {
    let known = |(program, StrategyEntry { addresses, .. }): (_, _)| Known { program, addresses };
    entries().into_iter().map(known).collect()
}

impl Place {
    /// Reads the configuration.
    pub fn read(&self) -> anyhow::Result<Config> {
        Config::read(&self.config, &known()).map_err(|error| {
            let remedy = error.remedy.clone();
            hinted(error, remedy)
        })
    }
}

/// The parts of the service, of which nobody hears yet, with a journal where it is to send.
pub fn parts(config: &Config, mode: Mode) -> anyhow::Result<Parts> {
    let signer = signer::open(&config.wallet).map_err(|what| {
        hinted(anyhow!(what), "keeper.toml: keypair under [wallet], or a signer's command and address")
    })?;
    let lanes = config.strategies.iter().map(|strategy| lane(config, strategy));
    let lanes = lanes.collect::<anyhow::Result<Vec<Lane>>>()?;
    let mut rpc = Rpc::new(config.rpc.as_str(), config.commitment);
    if let Some((url, _)) = &config.bundle {
        rpc = rpc.with_bundles(url.as_str());
    }
    let genesis = told(rpc.ask("getGenesisHash", &json!([])))?;
    let journal = match mode {
        Mode::DryRun => None,
        Mode::Live => {
            let genesis = genesis.as_str().map(str::to_owned);
            let genesis = genesis.ok_or_else(|| anyhow!("the server names no genesis hash"))?;
            let owner = Owner { wallet: signer.pubkey(), genesis };
            Some(Journal::open(&config.journal, &owner, config.caps.clone())?)
        }
    };
    Ok(Parts {
        rpc: Arc::new(rpc),
        source: source(config)?,
        signer,
        journal,
        fees: Fees {
            price: config.fees.price.map_or(Price::Recent(config.fees.most_price), Price::Upto),
            most: config.fees.most_lamports,
            share_percent: config.fees.percent_of_profit,
            upkeep: config.fees.upkeep_lamports,
            least_profit: config.fees.least_profit,
            tip: config.bundle.as_ref().map(|(_, tip)| *tip),
        },
        workers: config.workers,
        provers: config.provers,
        resync: config.resync,
        poll: config.poll,
        most_lag: config.most_lag,
        prices: None,
        grace: config.grace,
        lanes,
        told: Arc::new(()),
    })
}

/// Who tells of accounts.
fn source(config: &Config) -> anyhow::Result<Box<dyn Source>> {
    match &config.yellowstone {
        Some(server) => yellowstone(server),
        None => Ok(Box::new(WebSocket { url: config.websocket.as_str().to_owned() })),
    }
}

#[cfg(feature = "yellowstone")]
fn yellowstone(server: &Yellowstone) -> anyhow::Result<Box<dyn Source>> {
    let read = |file: &PathBuf| {
        let token = std::fs::read_to_string(file).with_context(|| file.display().to_string());
        token.map(|token| token.trim().to_owned())
    };
    let token = server.token.as_ref().map(read).transpose().map_err(|error| {
        hinted(
            error,
            "keeper.toml: yellowstone_token under [cluster] names a file with nothing but the token",
        )
    })?;
    let url = server.url.as_str().to_owned();
    Ok(Box::new(assay_keeper::service::yellowstone::Yellowstone { url, token }))
}

#[cfg(not(feature = "yellowstone"))]
fn yellowstone(server: &Yellowstone) -> anyhow::Result<Box<dyn Source>> {
    Err(hinted(
        anyhow!("cluster.yellowstone is {}, and this build speaks no gRPC", server.url),
        "build it with `--features yellowstone`, or remove the line: then `cluster.websocket` tells of accounts",
    ))
}

/// The mint in which a strategy counts its gains; lamports where it names none.
const GAINS: &str = "debt_mint";

fn lane(config: &Config, strategy: &StrategyConfig) -> anyhow::Result<Lane> {
    let StrategyConfig { program, model, key, addresses } = strategy;
    let entry = entries().into_iter().find(|(name, _)| name == program);
    let (_, entry) = entry.ok_or_else(|| anyhow!("no program is named {program}"))?;
    let opened = (entry.open)(addresses)?;
    let compiled = artifacts::model(model)?;
    let keys = artifacts::keys(key)?;
    artifacts::pair(&compiled, key, keys.verifying_key().circuit_digest())?;
    let prover = Prover::new(&compiled.model, &keys)?;
    assay_keeper::check_model(&opened, prover.model()).map_err(|error| {
        hinted(
            anyhow::Error::new(error).context(format!("{}: no model for {program}", model.display())),
            "a strategy proves for the one kind of model that its program makes statements of",
        )
    })?;
    let lamports_per_unit = match addresses.get(GAINS) {
        None => Some(1.0),
        Some(mint) => {
            let worth = config.tokens.get(mint).and_then(|token| token.lamports_per_billion);
            worth.map(|lamports| lamports as f64 / 1e9)
        }
    };
    Ok(Lane { name: program.clone(), strategy: opened, prover, lamports_per_unit })
}

/// The mode as logs and configurations have it.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::DryRun => "dry-run",
        Mode::Live => "live",
    }
}
