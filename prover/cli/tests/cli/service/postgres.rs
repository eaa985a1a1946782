//! A Postgres server of a test's own: Debian's, on a port of its own, with a folder that is deleted.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::world::wait;

/// Says that a machine has no Postgres, on purpose.
const WITHOUT: &str = "ASSAY_TEST_WITHOUT_POSTGRES";

/// The server.
pub struct Postgres {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts one; none where this machine is said to have none.
    pub fn start() -> Option<Postgres> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os(WITHOUT).is_some(),
                "there is no Postgres: `apt-get install postgresql`, as `cargo xtask test` does; or set {WITHOUT} where it is to be left out"
            );
            return None;
        };
        let made = run(as_user(Path::new("mktemp")).args(["-d", "--tmpdir", "assay-postgres-XXXXXX"]));
        let folder = PathBuf::from(made.trim());
        let data = folder.join("data");
        run(as_user(&programs.join("initdb")).arg("-D").arg(&data).args([
            "-U",
            "assay",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
        ]));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = as_user(&programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(&folder).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        // What a crash of the machine loses, no test here asks for.
        command.args(["-c", "fsync=off", "-c", "max_connections=200"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Postgres { child, folder, port };
        wait(|| server.psql("postgres", "SELECT 1"));
        Some(server)
    }

    /// The URL of a fresh database.
    pub fn database(&self, name: &str) -> String {
        self.psql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        // Only a superuser may, which a service is not.
        self.psql(name, "CREATE EXTENSION hstore").unwrap();
        format!("postgres://assay@127.0.0.1:{}/{name}", self.port)
    }

    /// Transactions that a database has committed, and milliseconds of CPU time that the server has taken.
    pub fn spent(&self, database: &str) -> (f64, f64) {
        let sql = format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'");
        let committed = self.psql("postgres", &sql).unwrap().parse().unwrap();
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let server = text.lines().next().unwrap().trim().to_owned();
        let mut ticks = 0;
        for entry in std::fs::read_dir("/proc").unwrap() {
            // Processes come and go.
            let Ok(stat) = std::fs::read_to_string(entry.unwrap().path().join("stat")) else { continue };
            let (id, rest) = (stat.split(' ').next().unwrap(), stat.rsplit_once(") ").unwrap().1);
            let fields: Vec<&str> = rest.split(' ').collect();
            let number = |at: usize| fields[at].parse::<u64>().unwrap();
            // State, parent, ...; the times of its own, and of children that have ended.
            if id == server {
                ticks += number(11) + number(12) + number(13) + number(14);
            } else if fields[1] == server {
                ticks += number(11) + number(12);
            }
        }
        (committed, ticks as f64 * 10.0)
    }

    /// What a statement gives, or nothing where it fails.
    pub fn psql(&self, database: &str, sql: &str) -> Option<String> {
        let mut command = Command::new("psql");
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "assay", "-d", database]);
        let output = command.args(["-X", "-A", "-t", "-c", sql]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once: it need not write anything down.
        let id = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(id) = id.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", id]).status();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the server's programs: Debian keeps it off the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    folders.pop()
}

/// A program as somebody who is not root: the server refuses to be.
fn as_user(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
        .arg(program)
        .current_dir("/");
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
