//! SQLite or Postgres: the service's tables, and the queue's beside them in the same database, so that one transaction can write both.
//!
//! Statements are written once, in what both understand: `$1`, `TEXT`, `BIGINT`, `ON CONFLICT`, `RETURNING`. [`each!`] and [`transact!`]
//! run the same code on whichever it is.

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use apalis::prelude::{TaskBuilder, TaskId};
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use serde::{Deserialize, Serialize};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use ulid::Ulid;

use crate::error::{Error, Result};
use crate::secrets::Secrets;

/// The queue that jobs are in.
pub const QUEUE: &str = "assay-proofs";
/// Version of the tables below.
const VERSION: i64 = 1;
/// How often the queue itself would try a task: the service counts attempts by its own rows, and ends them long before.
const QUEUE_ATTEMPTS: usize = 1_000;

/// A database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, for one machine.
    Sqlite {
        /// Connections whose transactions are on the disk when they return: what was accepted, and results.
        ours: SqlitePool,
        /// Connections of the queue's workers. If the machine loses power their last transactions may be lost, which only means that
        /// work is done again.
        queue: SqlitePool,
    },
    /// A server, for many machines.
    Postgres(PgPool),
}

/// Runs the same code with the pool of whichever database it is.
macro_rules! each {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Sqlite { ours: $pool, .. } => $body,
            $crate::database::Database::Postgres($pool) => $body,
        }
    };
}

/// Runs the same code in a transaction of whichever database it is, which is committed where the code comes to its end. On SQLite it is
/// alone from its first statement on: one that read first and wrote then could fail for another's sake.
macro_rules! transact {
    ($database:expr, $tx:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Sqlite { ours, .. } => {
                let mut $tx = ours.begin_with("BEGIN IMMEDIATE").await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
            $crate::database::Database::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
        }
    };
}

pub(crate) use {each, transact};

/// What stands in the queue: which job, and nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The job's id.
    pub job: String,
}

/// `BYTES` stands for what the database calls a column of bytes.
const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS assay_settings (name TEXT PRIMARY KEY, setting TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS assay_keys (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        hash TEXT NOT NULL,
        rights TEXT NOT NULL,
        per_minute BIGINT NOT NULL,
        most_queued BIGINT NOT NULL,
        created BIGINT NOT NULL,
        revoked BIGINT
    )",
    "CREATE TABLE IF NOT EXISTS assay_artifacts (
        digest TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        name TEXT NOT NULL,
        circuit TEXT NOT NULL,
        vk TEXT,
        about TEXT NOT NULL,
        created BIGINT NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS assay_jobs (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        idempotency TEXT,
        fingerprint TEXT NOT NULL,
        model TEXT NOT NULL,
        pk TEXT NOT NULL,
        context TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts BIGINT NOT NULL,
        faults BIGINT NOT NULL DEFAULT 0,
        worker TEXT,
        stage TEXT,
        share DOUBLE PRECISION,
        secret BYTES,
        code TEXT,
        said BYTES,
        created BIGINT NOT NULL,
        started BIGINT,
        finished BIGINT
    )",
    "CREATE UNIQUE INDEX IF NOT EXISTS assay_jobs_once ON assay_jobs (owner, idempotency)",
    "CREATE INDEX IF NOT EXISTS assay_jobs_recent ON assay_jobs (owner, created)",
    "CREATE INDEX IF NOT EXISTS assay_jobs_open ON assay_jobs (owner, state) WHERE state IN ('queued', 'running')",
    "CREATE INDEX IF NOT EXISTS assay_jobs_ended ON assay_jobs (finished)",
    "CREATE TABLE IF NOT EXISTS assay_results (
        job TEXT PRIMARY KEY REFERENCES assay_jobs (id),
        digest TEXT NOT NULL,
        proof BYTES NOT NULL,
        answer TEXT NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS assay_results_digest ON assay_results (digest)",
];

impl Database {
    /// Opens `postgres://...`, or a file of SQLite, which is made where it is missing; and makes the tables that are missing.
    ///
    /// # Errors
    /// It cannot be reached, is of another version, or holds secrets that were encrypted with another key.
    pub async fn open(place: &Place, secrets: &Secrets) -> Result<Database> {
        let database = Self::connect(place).await?;
        database.set_up().await?;
        database.belongs(secrets).await?;
        Ok(database)
    }

    async fn connect(place: &Place) -> Result<Database> {
        let patience = Duration::from_secs(30);
        match place {
            Place::Postgres(url) => {
                let options = PgConnectOptions::from_str(url)?.application_name("assay");
                // A pool would go on trying: whoever starts this hears at once that nobody answers there.
                PgConnection::connect_with(&options).await?.close().await?;
                let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(patience);
                Ok(Database::Postgres(pool.connect_with(options).await?))
            }
            Place::Unclear => Err(Error::Row(UNCLEAR.into())),
            Place::File(path) => {
                private(path)?;
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .busy_timeout(patience)
                    .pragma("secure_delete", "ON");
                let pool = |most, options| {
                    SqlitePoolOptions::new()
                        .max_connections(most)
                        .acquire_timeout(patience)
                        .connect_with(options)
                };
                let ours = pool(4, options.clone().synchronous(SqliteSynchronous::Full)).await?;
                let queue = pool(4, options.synchronous(SqliteSynchronous::Normal)).await?;
                Ok(Database::Sqlite { ours, queue })
            }
        }
    }

    async fn set_up(&self) -> Result<()> {
        match self {
            Database::Sqlite { queue, .. } => {
                // Two processes that make the tables at the same moment get in each other's way: the second looks again.
                let mut tries = 0;
                while let Err(error) = SqliteStorage::<()>::migrations().run(queue).await {
                    tries += 1;
                    if tries == 20 {
                        return Err(Error::Queue(error.to_string()));
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Database::Postgres(pool) => {
                PostgresStorage::<()>::setup(pool).await.map_err(|error| Error::Queue(error.to_string()))?;
            }
        }
        let version = transact!(self, tx => {
            Turn::take(&mut *tx).await?;
            for table in TABLES {
                let table = table.replace("BYTES", Turn::bytes(&*tx));
                sqlx::query(sqlx::AssertSqlSafe(table)).execute(&mut *tx).await?;
            }
            sqlx::query("INSERT INTO assay_settings VALUES ('version', $1) ON CONFLICT DO NOTHING")
                .bind(VERSION.to_string())
                .execute(&mut *tx)
                .await?;
            sqlx::query_as::<_, (String,)>("SELECT setting FROM assay_settings WHERE name = 'version'")
                .fetch_one(&mut *tx)
                .await?
                .0
        });
        match version.parse() {
            Ok(VERSION) => Ok(()),
            found => Err(Error::Version { found: found.unwrap_or(-1), expected: VERSION }),
        }
    }

    /// Notes whose secrets are here, or refuses those of another key.
    async fn belongs(&self, secrets: &Secrets) -> Result<()> {
        let name = hex::encode(secrets.name());
        let known = transact!(self, tx => {
            sqlx::query("INSERT INTO assay_settings VALUES ('secrets', $1) ON CONFLICT DO NOTHING")
                .bind(&name)
                .execute(&mut *tx)
                .await?;
            sqlx::query_as::<_, (String,)>("SELECT setting FROM assay_settings WHERE name = 'secrets'")
                .fetch_one(&mut *tx)
                .await?
                .0
        });
        if known == name { Ok(()) } else { Err(Error::OtherSecret) }
    }

    /// A statement in which `NOW_MS` stands for the database's own clock, milliseconds since 1970: what is decided by time is decided by
    /// one clock.
    pub(crate) fn timed(&self, sql: &str) -> sqlx::AssertSqlSafe<String> {
        let clock = match self {
            Database::Sqlite { .. } => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
            Database::Postgres(_) => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        };
        sqlx::AssertSqlSafe(sql.replace("NOW_MS", clock))
    }

    /// Takes what was overwritten out of the log beside a file of SQLite, which keeps it until then. Postgres has ways of its own.
    ///
    /// # Errors
    /// The database.
    pub async fn settle(&self) -> Result<()> {
        if let Database::Sqlite { queue, .. } = self {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(queue).await?;
        }
        Ok(())
    }

    /// Settles, and closes every connection.
    pub async fn close(&self) {
        if let Err(error) = self.settle().await {
            tracing::warn!(%error, "what was deleted may be in the database's log still");
        }
        match self {
            Database::Sqlite { ours, queue } => {
                ours.close().await;
                queue.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<()> {
        each!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite.
    File(std::path::PathBuf),
    /// The URL of a Postgres server. It may hold a password.
    Postgres(String),
    /// A text that is neither, and may hold a password: it is not kept.
    Unclear,
}

/// What is said of [`Place::Unclear`].
const UNCLEAR: &str = "the database's name is no URL, and no name of a file, since it has an @ or begins like one: write \
    postgres://USER:PASSWORD@HOST/NAME, or the path of a file";

impl Place {
    /// What a text names: `postgres://...`, or a file.
    pub fn of(text: &str, base: &Path) -> Place {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        match text {
            url if is_url => Place::Postgres(url.into()),
            unclear if unclear.contains('@') || unclear.starts_with("postgres") => Place::Unclear,
            file => Place::File(base.join(file)),
        }
    }

    /// As messages have it: without a password.
    pub fn shown(&self) -> String {
        match self {
            Place::File(path) => path.display().to_string(),
            Place::Unclear => "a name that is not shown, since it may hold a password".into(),
            // As it is understood, and not as it is written: a password can stand in several places.
            Place::Postgres(url) => match PgConnectOptions::from_str(url) {
                Ok(options) => format!("postgres://{}:{}", options.get_host(), options.get_port()),
                Err(_) => "postgres://, with a mistake in the rest".into(),
            },
        }
    }
}

/// What differs between the two when tables are made.
trait Turn {
    /// What a column of bytes is called.
    fn bytes(&self) -> &'static str;

    /// One process after the other.
    async fn take(&mut self) -> sqlx::Result<()>;
}

impl Turn for SqliteConnection {
    fn bytes(&self) -> &'static str {
        "BLOB"
    }

    /// The transaction is alone as it is.
    async fn take(&mut self) -> sqlx::Result<()> {
        Ok(())
    }
}

impl Turn for PgConnection {
    fn bytes(&self) -> &'static str {
        "BYTEA"
    }

    async fn take(&mut self) -> sqlx::Result<()> {
        sqlx::query("SELECT pg_advisory_xact_lock(7161283467)").execute(self).await.map(drop)
    }
}

/// The queue's part of a transaction that writes a job's row.
pub(crate) trait Push {
    /// Puts a job into the queue.
    async fn push(&mut self, job: Ulid) -> Result<()>;

    /// Leaves a job's task alone for so many seconds.
    async fn rest(&mut self, job: &str, seconds: i64) -> Result<()>;

    /// Takes a job's task out of the queue, unless a worker has it.
    async fn remove(&mut self, job: &str) -> Result<()>;
}

/// A file of SQLite is its owner's alone; what SQLite makes beside it has the same mode.
fn private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(Error::file(path))
}

impl Push for SqliteConnection {
    async fn push(&mut self, job: Ulid) -> Result<()> {
        let task = task(job)?;
        let pushed = apalis_sqlite::queries::push_tasks(self, QUEUE, &[task]).await;
        pushed.map_err(|error| Error::Queue(error.to_string()))
    }

    async fn rest(&mut self, job: &str, seconds: i64) -> Result<()> {
        let sql = "UPDATE Jobs SET run_at = CAST(strftime('%s', 'now') AS INTEGER) + $2 WHERE id = $1";
        Ok(sqlx::query(sql).bind(job).bind(seconds).execute(self).await.map(drop)?)
    }

    async fn remove(&mut self, job: &str) -> Result<()> {
        let sql = "DELETE FROM Jobs WHERE id = $1 AND status IN ('Pending', 'Failed')";
        Ok(sqlx::query(sql).bind(job).execute(self).await.map(drop)?)
    }
}

impl Push for PgConnection {
    async fn push(&mut self, job: Ulid) -> Result<()> {
        let task = task(job)?;
        let pushed = apalis_postgres::queries::push_tasks(&mut *self, QUEUE, vec![task]).await;
        pushed.map_err(|error| Error::Queue(error.to_string()))?;
        // It is due by the clock of the database, and not by that of this machine.
        self.rest(&job.to_string(), 0).await
    }

    async fn rest(&mut self, job: &str, seconds: i64) -> Result<()> {
        let sql = "UPDATE apalis.jobs SET run_at = now() + make_interval(secs => $2) WHERE id = $1";
        Ok(sqlx::query(sql).bind(job).bind(seconds as f64).execute(self).await.map(drop)?)
    }

    async fn remove(&mut self, job: &str) -> Result<()> {
        let sql = "DELETE FROM apalis.jobs WHERE id = $1 AND status IN ('Pending', 'Failed')";
        Ok(sqlx::query(sql).bind(job).execute(self).await.map(drop)?)
    }
}

fn task(job: Ulid) -> Result<apalis::prelude::Task<Vec<u8>>> {
    let order = Order { job: job.to_string() };
    let bytes = serde_json::to_vec(&order).map_err(|error| Error::Internal(error.to_string()))?;
    let task = TaskBuilder::new(bytes).task_id(TaskId::from_ulid(job)).max_attempts(QUEUE_ATTEMPTS);
    Ok(task.idempotency_key(order.job).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let place = Place::of("postgres://user:p@ss@db.example:5432/assay?sslmode=require", Path::new("/d"));
        assert_eq!(place.shown(), "postgres://db.example:5432");
        for text in ["postgres://h:1/x?user=u&password=abc@SECRET", "postgres:u:SECRET@h/x", "u:SECRET@h"] {
            let place = Place::of(text, Path::new("/d"));
            assert!(
                !place.shown().contains("SECRET") && !format!("{place:?}").contains("SECRET@h"),
                "{text}"
            );
        }
        assert_eq!(Place::of("x.db", Path::new("/d")), Place::File("/d/x.db".into()));
    }

    #[tokio::test]
    async fn tables_are_made_once_and_of_one_version_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("x.db"));
        let secrets = Secrets::new(&[7; 32]);
        let (one, other) = tokio::join!(Database::open(&place, &secrets), Database::open(&place, &secrets));
        let database = one.unwrap();
        other.unwrap().ping().await.unwrap();
        let wrong = Database::open(&place, &Secrets::new(&[8; 32])).await.unwrap_err();
        assert!(matches!(wrong, Error::OtherSecret), "{wrong}");
        each!(&database, pool => {
            let newer = sqlx::query("UPDATE assay_settings SET setting = '2' WHERE name = 'version'");
            newer.execute(pool).await.unwrap();
        });
        let wrong = Database::open(&place, &secrets).await.unwrap_err();
        assert!(matches!(wrong, Error::Version { found: 2, expected: VERSION }), "{wrong}");
    }
}
