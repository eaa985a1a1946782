//! Where a service is: its configuration, and what the command line says in its place.

use std::future::Future;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use assay_service::config::{Config, Logs, Wishes};
use assay_service::error::Error;
use tracing::Level;

use crate::failure::hinted;
use crate::{interrupt, logs, ui};

/// The configuration that is read where there is one.
const USUAL: &str = "service.toml";

/// Where the service is.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The service's configuration, which `assay serve init` writes [default: service.toml, where there is one]
    #[arg(short, long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    /// Where everything lies that names no other place
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// A file for SQLite, or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "FILE|URL")]
    database: Option<String>,
    /// Models and keys: a folder that every machine sees
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// The key of secret inputs; ASSAY_SERVICE_KEY goes before it
    #[arg(long, value_name = "FILE")]
    secret_key: Option<PathBuf>,
}

impl Place {
    /// Reads the configuration.
    pub fn read(&self) -> anyhow::Result<Config> {
        let wishes = Wishes {
            folder: self.folder.clone(),
            database: self.database.clone(),
            store: self.store.clone(),
            secret_key: self.secret_key.clone(),
        };
        let read = match &self.config {
            Some(path) => Config::read(path, &wishes),
            None if Path::new(USUAL).exists() => Config::read(Path::new(USUAL), &wishes),
            None => Config::parse(Path::new(USUAL), "", &wishes),
        };
        read.map_err(|error| {
            let remedy = error.remedy.clone();
            hinted(error, remedy)
        })
    }
}

/// Begins to log as the configuration has it.
pub fn log(config: &Config, verbose: bool) -> anyhow::Result<()> {
    let level = if verbose { Level::DEBUG } else { Level::INFO };
    logs::start(ui::is_json() || config.logs == Logs::Json, level)
}

/// Runs what waits for other machines.
pub fn block_on<T>(config: &Config, work: impl Future<Output = Result<T, Error>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the service's threads cannot be started")?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done.map_err(|error| {
        let hint = match &error {
            Error::Database(_) | Error::Queue(_) => format!(
                "the database is {}: does it answer, and may this user write there? A Postgres database needs the extension hstore, which its superuser can create",
                config.database.shown()
            ),
            Error::File { .. } => "is the path right, may this user write there, and is the port free?".into(),
            Error::Store(_) | Error::NoStore { .. } => format!("the store is {}: --store names another", config.store.display()),
            _ => return error.into(),
        };
        hinted(error, hint)
    })
}

/// Done at the first Ctrl-C or SIGTERM; the second ends the process.
pub fn stopped() -> impl Future<Output = ()> + Send + 'static {
    let mut stop = interrupt::gracefully();
    async move {
        // Where nobody can say it any more, it is time as well.
        let _ = stop.wait_for(|is_time| *is_time).await;
    }
}
