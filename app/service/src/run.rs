//! Servers and workers, until they are told to stop.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay::ValidatedKeys;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::http::{self, Door};
use crate::metrics::{FAMILIES, INFO, Metrics};
use crate::provers::Provers;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::time::now;
use crate::worker::{Workshop, work};

/// How often jobs are looked for that ended long ago.
const PURGE: Duration = Duration::from_secs(3_600);

/// What servers and workers begin with.
pub struct Parts {
    /// Where jobs and results are.
    pub database: Database,
    secrets: Arc<Secrets>,
    store: Store,
    metrics: Arc<Metrics>,
    news: Arc<Notify>,
}

impl Parts {
    /// Opens everything that a configuration names.
    ///
    /// # Errors
    /// What cannot be opened.
    pub async fn open(config: &Config) -> Result<Parts> {
        private(&config.folder)?;
        private(&config.cache)?;
        let secrets = Secrets::open(&config.secret_key)?;
        let database = Database::open(&config.database, &secrets).await?;
        let store = Store::open(&config.store, &config.cache)?;
        let metrics = Arc::new(Metrics::of(FAMILIES));
        metrics.set(INFO, [env!("CARGO_PKG_VERSION")], 1.0);
        Ok(Parts { database, secrets: Arc::new(secrets), store, metrics, news: Arc::default() })
    }

    fn workshop(&self, config: &Config) -> Arc<Workshop> {
        let validated = ValidatedKeys::at(config.cache.join("validated"));
        Arc::new(Workshop {
            database: self.database.clone(),
            secrets: Arc::clone(&self.secrets),
            provers: Provers::new(self.store.clone(), validated, config.prepared),
            metrics: Arc::clone(&self.metrics),
            room: Arc::new(Semaphore::new(config.provers)),
            news: Arc::clone(&self.news),
        })
    }
}

/// Answers requests, and works, until `stop` is done; then what was begun comes to its end. `listening` is told the address.
///
/// # Errors
/// The address cannot be listened at.
pub async fn serve(
    config: &Config,
    parts: Parts,
    listening: impl FnOnce(std::net::SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let listener = bind(config.listen).await?;
    listening(listener.local_addr().map_err(Error::file(config.listen.to_string()))?);
    let stop = flag(stop);
    let door = Arc::new(Door {
        database: parts.database.clone(),
        secrets: Arc::clone(&parts.secrets),
        store: parts.store.clone(),
        scratch: config.cache.clone(),
        limits: config.limits,
        metrics: Arc::clone(&parts.metrics),
        news: Arc::clone(&parts.news),
        streams: Arc::new(Semaphore::new(config.limits.streams)),
        looking: Semaphore::new(1),
        stop: stop.clone(),
    });
    let mut working = JoinSet::new();
    let shop = parts.workshop(config);
    for _ in 0..config.workers {
        working.spawn(work(Arc::clone(&shop), config.provers, config.rhythm, stop.clone()));
    }
    let purging = tokio::spawn(purge(parts.database.clone(), config.keep));
    http::serve(listener, http::router(door), config.limits.connections, config.grace, stop).await;
    end(working, config.grace).await;
    purging.abort();
    Ok(())
}

/// Works until `stop` is done; then what was begun comes to its end.
///
/// # Errors
/// The address of its pages cannot be listened at.
pub async fn work_alone(
    config: &Config,
    parts: Parts,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let stop = flag(stop);
    if let Some(address) = config.worker_listen {
        let listener = bind(address).await?;
        let pages = http::worker_pages(Arc::clone(&parts.metrics));
        tokio::spawn(http::serve(listener, pages, config.limits.connections, config.grace, stop.clone()));
    }
    let mut working = JoinSet::new();
    working.spawn(work(parts.workshop(config), config.provers, config.rhythm, stop.clone()));
    let mut stopped = stop;
    // Where nobody can say it any more, it is time as well.
    let _ = stopped.wait_for(|is_time| *is_time).await;
    end(working, config.grace).await;
    Ok(())
}

async fn end(mut working: JoinSet<()>, grace: Duration) {
    let ended = async { while working.join_next().await.is_some() {} };
    match tokio::time::timeout(grace, ended).await {
        Ok(()) => tracing::info!("stopped: what was begun has ended"),
        Err(_) => {
            tracing::warn!("stopped; jobs that were begun go back to the queue when this process is missed")
        }
    }
}

/// Deletes what ended long ago, now and then.
async fn purge(database: Database, keep: Duration) {
    let mut beat = tokio::time::interval(PURGE);
    loop {
        beat.tick().await;
        let before = now().saturating_sub(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
        match database.purge(before).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "jobs that ended long ago were deleted"),
            Err(error) => tracing::warn!(%error, "jobs that ended long ago were not deleted"),
        }
    }
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(Error::file(address.to_string()))
}

/// Whether it is time, for any number who want to know.
fn flag(stop: impl Future<Output = ()> + Send + 'static) -> watch::Receiver<bool> {
    let (say, heard) = watch::channel(false);
    tokio::spawn(async move {
        stop.await;
        say.send_replace(true);
        // Kept, so that those who ask later hear it as well.
        std::future::pending::<()>().await;
    });
    heard
}

/// A folder of this user's alone, made where it is missing.
fn private(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::file(path))
}
