//! The configuration of a service: a TOML file in which every key is known and every value is checked before anything starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use assay_operate::config::ConfigError;
use assay_operate::config::{self, Source, Table, Value};

use crate::database::Place;
use crate::worker::Rhythm;

/// A configuration. The defaults are those of an empty file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where everything lies that names no other place.
    pub folder: PathBuf,
    /// The database.
    pub database: Place,
    /// The store.
    pub store: PathBuf,
    /// Copies of the store's files.
    pub cache: PathBuf,
    /// The file of the key of secrets.
    pub secret_key: PathBuf,
    /// How long jobs that ended are kept.
    pub keep: Duration,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// What the server takes.
    pub limits: Limits,
    /// How long what is begun is waited for when stopping.
    pub grace: Duration,
    /// Workers in the server's process.
    pub workers: usize,
    /// Proofs at once, in a process.
    pub provers: usize,
    /// Models with their keys that stay ready.
    pub prepared: usize,
    /// Where a worker shows metrics and health.
    pub worker_listen: Option<SocketAddr>,
    /// How workers ask the queue.
    pub rhythm: Rhythm,
    /// Form of the logs.
    pub logs: Logs,
}

/// What a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a job.
    pub job: usize,
    /// Most bytes of an artifact.
    pub artifact: u64,
    /// How long a request may take.
    pub patience: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Streams of events at once.
    pub streams: usize,
}

/// Form of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// Lines to read.
    Text,
    /// One JSON document a line.
    Json,
}

/// What the command line says in place of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The folder.
    pub folder: Option<PathBuf>,
    /// The database.
    pub database: Option<String>,
    /// The store.
    pub store: Option<PathBuf>,
    /// The file of the key of secrets.
    pub secret_key: Option<PathBuf>,
}

const ROOT: &[&str] = &["data", "server", "worker", "queue", "log"];
const DATA: &[&str] = &["folder", "database", "store", "cache", "secret_key", "keep_days"];
const SERVER: &[&str] = &[
    "listen",
    "most_job_bytes",
    "most_artifact_bytes",
    "timeout_seconds",
    "connections",
    "streams",
    "grace_seconds",
];
const WORKER: &[&str] = &["workers", "provers", "prepared", "listen"];
const QUEUE: &[&str] = &["poll_millis", "heartbeat_seconds", "missed_heartbeats"];
const LOG: &[&str] = &["format"];

const DATABASE: &str = "write the path of a file, or postgres://USER:PASSWORD@HOST/NAME";

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or [`ConfigError`] for its first fault.
    pub fn read(path: &Path, wishes: &Wishes) -> Result<Config, ConfigError> {
        let text = config::read(path, "`assay serve init` writes one; without --config the defaults hold")?;
        Self::parse(path, &text, wishes)
    }

    /// Reads the text of the file `file`.
    ///
    /// # Errors
    /// [`ConfigError`] for its first fault.
    pub fn parse(file: &Path, text: &str, wishes: &Wishes) -> Result<Config, ConfigError> {
        let source = Source { file, text };
        let document = source.document()?;
        let root = Table::root(source, &document, ROOT)?;
        let base = file.parent().unwrap_or(Path::new(""));
        let data = root.table("data", DATA)?;
        let folder = data.or("folder", base.join("assay-service"), |value| value.path(base))?;
        // What the command line names is named from where it was called.
        let folder = wishes.folder.clone().unwrap_or(folder);
        let database = data.or("database", Place::File(folder.join("service.db")), |value| {
            named(value, DATABASE).map(|text| Place::of(text, &folder))
        })?;
        let store = data.or("store", folder.join("store"), |value| value.path(&folder))?;
        let server = root.table("server", SERVER)?;
        let worker = root.table("worker", WORKER)?;
        let queue = root.table("queue", QUEUE)?;
        let number = |table: &Table<'_>, key, default: u64, least, most, unit| {
            table.or(key, default, |value| value.integer(least, most, unit))
        };
        let secret_key = data.or("secret_key", folder.join("secret.key"), |value| value.path(&folder))?;
        Ok(Config {
            cache: data.or("cache", folder.join("cache"), |value| value.path(&folder))?,
            database: wishes.database.as_deref().map_or(database, |text| Place::of(text, Path::new(""))),
            store: wishes.store.clone().unwrap_or(store),
            secret_key: wishes.secret_key.clone().unwrap_or(secret_key),
            keep: Duration::from_secs(number(&data, "keep_days", 30, 1, 36_500, "days")? * 86_400),
            listen: server.or("listen", SocketAddr::from(([127, 0, 0, 1], 8080)), |value| {
                let off = || {
                    value.error("a server that listens nowhere serves nobody", "write an address and a port")
                };
                value.listen()?.ok_or_else(off)
            })?,
            limits: Limits {
                job: count(number(&server, "most_job_bytes", 1 << 20, 1 << 10, 1 << 30, "bytes")?),
                artifact: number(&server, "most_artifact_bytes", 1 << 30, 1 << 10, 4 << 30, "bytes")?,
                patience: Duration::from_secs(number(&server, "timeout_seconds", 30, 1, 3_600, "seconds")?),
                connections: count(number(&server, "connections", 256, 2, 65_536, "connections")?),
                streams: count(number(&server, "streams", 128, 1, 65_536, "streams")?),
            },
            grace: Duration::from_secs(number(&server, "grace_seconds", 90, 0, 86_400, "seconds")?),
            workers: count(number(&worker, "workers", 1, 0, 64, "workers")?),
            provers: count(number(&worker, "provers", 1, 1, 256, "proofs")?),
            prepared: count(number(&worker, "prepared", 4, 1, 1_024, "models")?),
            worker_listen: worker.or("listen", None, Value::listen)?,
            rhythm: Rhythm {
                poll: Duration::from_millis(number(&queue, "poll_millis", 200, 10, 60_000, "milliseconds")?),
                heartbeat: Duration::from_secs(number(&queue, "heartbeat_seconds", 5, 1, 3_600, "seconds")?),
                missed: count(number(&queue, "missed_heartbeats", 3, 2, 100, "heartbeats")?),
            },
            logs: root.table("log", LOG)?.or("format", Logs::Text, |value| {
                value.word(&[("text", Logs::Text), ("json", Logs::Json)])
            })?,
            folder,
        })
    }

    /// The file that explains every key.
    pub fn template() -> &'static str {
        include_str!("config/template.toml")
    }
}

fn named<'a>(value: &Value<'a>, remedy: &str) -> Result<&'a str, ConfigError> {
    match value.string(remedy)? {
        "" => Err(value.error("it is empty", remedy)),
        text => Ok(text),
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/service.md");

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("/etc/service.toml"), text, &Wishes::default())
    }

    #[test]
    fn the_template_is_the_default_and_has_every_key_as_the_page_does() {
        let template = Config::template();
        assert_eq!(parse(template).unwrap(), parse("").unwrap());
        for (table, keys) in
            [("data", DATA), ("server", SERVER), ("worker", WORKER), ("queue", QUEUE), ("log", LOG)]
        {
            let section = template.split(&format!("[{table}]\n")).nth(1).unwrap();
            let mut lines = section.lines().take_while(|line| !line.starts_with('['));
            for key in keys {
                let value = lines.clone().find_map(|line| line.strip_prefix(&format!("{key} = ")));
                let value = value.unwrap_or_else(|| panic!("{table}.{key}"));
                assert!(
                    PAGE.contains(&format!("| `{table}.{key}` | `{value}` |")),
                    "{table}.{key} = {value}"
                );
            }
            assert!(lines.all(|line| {
                line.split_once(" = ").is_none_or(|(key, _)| line.starts_with('#') || keys.contains(&key))
            }));
        }
    }

    #[test]
    fn paths_are_from_the_folder_and_the_command_line_goes_first() {
        let config = parse("[data]\nfolder = \"d\"\nstore = \"/nfs/store\"").unwrap();
        assert_eq!(config.database, Place::File("/etc/d/service.db".into()));
        assert_eq!(
            (config.store.as_path(), config.cache.as_path()),
            (Path::new("/nfs/store"), Path::new("/etc/d/cache"))
        );
        let wishes = Wishes {
            folder: Some("x".into()),
            database: Some("postgres://h/n".into()),
            store: Some("/nfs/y".into()),
            secret_key: None,
        };
        let config = Config::parse(Path::new("/etc/service.toml"), "", &wishes).unwrap();
        assert_eq!(config.database, Place::Postgres("postgres://h/n".into()));
        assert_eq!(
            (config.store.as_path(), config.secret_key.as_path()),
            (Path::new("/nfs/y"), Path::new("x/secret.key"))
        );
    }

    #[test]
    fn faults_are_named_with_their_place_and_a_remedy() {
        for (text, line, key, says) in [
            ("[server]\nlisten = \"off\"", 2, "server.listen", "an address and a port"),
            ("[server]\nmost_job_bytes = 1", 2, "server.most_job_bytes", "from 1024"),
            ("[worker]\nworker = 1", 2, "worker.worker", "did you mean workers?"),
            ("[queue]\nheartbeat_seconds = 0", 2, "queue.heartbeat_seconds", "from 1"),
            ("[data]\ndatabase = \"\"", 2, "data.database", "postgres://"),
            ("[data]\nstore = 1", 2, "data.store", "write the path"),
            ("[log]\nformat = \"xml\"", 2, "log.format", "\"json\""),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.line, error.key.as_str()), (Some(line), key), "{text}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
