//! Servers and workers, until they are told to stop.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
use crate::worker::{Workshop, work};

/// How often jobs are looked for that ended long ago.
const PURGE: Duration = Duration::from_secs(3_600);
/// How often what was deleted is taken out of the database's log.
const SETTLE: Duration = Duration::from_secs(60);
/// How long files of uploads may be there that are not finished: longer than an upload may take.
const LEFT: Duration = Duration::from_secs(2 * 3_600);
/// How long the database is waited for when everything else has stopped.
const CLOSE: Duration = Duration::from_secs(10);

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
    /// Opens everything that a configuration names. The store's folder is made only by a server (`is_server`), and only where nothing was
    /// uploaded yet: elsewhere one that is missing is one that is not mounted.
    ///
    /// # Errors
    /// What cannot be opened.
    pub async fn open(config: &Config, is_server: bool) -> Result<Parts> {
        let (database, secrets) = Self::database(config).await?;
        private(&config.cache)?;
        let is_new = is_server && database.newest(1).await?.is_empty();
        let store = Store::open(&config.store, &config.cache, is_new)?;
        sweep(&config.cache);
        let metrics = Arc::new(Metrics::of(FAMILIES));
        metrics.set(INFO, [env!("CARGO_PKG_VERSION")], 1.0);
        Ok(Parts { database, secrets: Arc::new(secrets), store, metrics, news: Arc::default() })
    }

    /// Opens the database alone, and the key of its secrets.
    ///
    /// # Errors
    /// What cannot be opened.
    pub async fn database(config: &Config) -> Result<(Database, Secrets)> {
        private(&config.folder)?;
        let secrets = Secrets::open(&config.secret_key)?;
        Ok((Database::open(&config.database, &secrets).await?, secrets))
    }

    fn workshop(&self, config: &Config) -> Arc<Workshop> {
        let validated = ValidatedKeys::at(config.cache.join("validated"));
        Arc::new(Workshop {
            database: self.database.clone(),
            secrets: Arc::clone(&self.secrets),
            store: self.store.clone(),
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
        looking: Arc::new(Semaphore::new(1)),
        watching: Mutex::default(),
        stop: stop.clone(),
    });
    let mut working = JoinSet::new();
    let shop = parts.workshop(config);
    for _ in 0..config.workers {
        working.spawn(work(Arc::clone(&shop), config.provers, config.rhythm, stop.clone()));
    }
    let purging = tokio::spawn(purge(parts.database.clone(), config.keep));
    let settling = tokio::spawn(settle(parts.database.clone()));
    let routes = http::Routes { all: http::router(Arc::clone(&door)), spare: http::spare(door) };
    let ended = http::serve(
        listener,
        routes,
        config.limits.connections,
        config.limits.patience,
        &parts.metrics,
        config.grace,
        stop,
    );
    let late = ended.await + config.grace;
    end(working, late).await;
    purging.abort();
    settling.abort();
    close(&parts.database).await;
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
        let routes = http::Routes { all: pages.clone(), spare: pages };
        let (metrics, stop) = (Arc::clone(&parts.metrics), stop.clone());
        let (limits, grace) = (config.limits, config.grace);
        tokio::spawn(async move {
            http::serve(listener, routes, limits.connections, limits.patience, &metrics, grace, stop).await
        });
    }
    let shop = parts.workshop(config);
    // Whoever starts a worker hears at once that it could do nothing.
    shop.check().await?;
    let settling = tokio::spawn(settle(parts.database.clone()));
    let mut working = JoinSet::new();
    working.spawn(work(shop, config.provers, config.rhythm, stop.clone()));
    let mut stopped = stop;
    // Where nobody can say it any more, it is time as well.
    let _ = stopped.wait_for(|is_time| *is_time).await;
    end(working, Instant::now() + config.grace).await;
    settling.abort();
    close(&parts.database).await;
    Ok(())
}

/// Takes what was deleted out of the database's log, now and then.
async fn settle(database: Database) {
    let mut beat = tokio::time::interval(SETTLE);
    loop {
        beat.tick().await;
        if let Err(error) = database.settle().await {
            tracing::warn!(%error, "what was deleted is in the database's log still");
        }
    }
}

async fn close(database: &Database) {
    if tokio::time::timeout(CLOSE, database.close()).await.is_err() {
        tracing::warn!("the database was not closed: what was deleted may be in its log still");
    }
}

/// Deletes files of uploads that a process left behind that was killed.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_left = entry.file_name().to_string_lossy().starts_with(".tmp");
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_left
            && age.is_some_and(|age| age > LEFT)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "a file that was left behind was not deleted");
        }
    }
}

async fn end(mut working: JoinSet<()>, late: Instant) {
    let ended = async { while working.join_next().await.is_some() {} };
    match tokio::time::timeout_at(late.into(), ended).await {
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
        match database.purge(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX)).await {
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
