//! A cluster with nothing on it, files, and the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, MutexGuard};
use std::time::Duration;

use assay::{CompileOptions, IntegerFormat, Keys, Model, SampleFormat, Samples};
use assay_host::Identity;
use assay_lending_interface::formats::{FEATURES, Format, SCORE};
use assay_localnet::Localnet;
use assay_localnet::server::{Server, State};
use assay_migrations::loader::{Deployed, data_address, deployed};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::Value;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

pub const DAY: i64 = 86_400;
const SLOT: Duration = Duration::from_millis(20);
const SOL: u64 = 1_000_000_000;

/// The committed model, compiled, and a verifying key.
static MODEL: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        max_error: 0.05,
        input_format: format(FEATURES),
        output_format: format(SCORE),
        ..CompileOptions::default()
    };
    let calibration = include_bytes!("../../../models/liquidation-risk/calibration.csv");
    let samples = Samples::read_as(SampleFormat::Csv, calibration).unwrap();
    let onnx = include_bytes!("../../../models/liquidation-risk/model.onnx");
    let model = Model::compile(onnx, &samples, &options).unwrap().model;
    let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed([5; 32])).unwrap();
    [model.to_bytes(), keys.verifying_key().to_bytes()]
});

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The bytes of a committed program.
pub fn committed(program: &Identity) -> Vec<u8> {
    fs::read(repository().join(format!("programs/bin/{}.so", program.library))).unwrap()
}

pub struct World {
    pub server: Server,
    pub folder: tempfile::TempDir,
    pub payer: Keypair,
    pub mints: [Address; 2],
}

impl World {
    /// A cluster on which the payer has so many SOL, two mints are, and nothing else; and a folder for files.
    pub fn new(sol: u64) -> Self {
        let mut net = Localnet::without_programs();
        let payer = Keypair::new();
        net.airdrop(&payer.pubkey(), sol * SOL);
        let mints = [net.create_mint(9), net.create_mint(6)];
        let world = Self {
            server: Server::start(net, SLOT).unwrap(),
            folder: tempfile::tempdir().unwrap(),
            payer,
            mints,
        };
        world.key("payer.json", &world.payer);
        world
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.server.state()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn key(&self, name: &str, key: &Keypair) {
        self.write(name, serde_json::to_string(&key.to_bytes().to_vec()).unwrap());
    }

    /// The committed description of a local cluster, for this one.
    pub fn describe_all(&self) -> String {
        let text = fs::read_to_string(repository().join("migrations/local.toml")).unwrap();
        let [model, vk] = &*MODEL;
        self.write("risk.assay", model);
        self.write("risk.vk", vk);
        let [collateral, debt] = self.mints.map(|mint| mint.to_string());
        let mut text = replaced(&text, "\"../target/migrations\"", "\"records\"");
        for (from, to) in [
            ("url = \"localhost\"", format!("url = \"{}\"", self.server.url)),
            ("# upgrade = \"upgrade.json\"", "upgrade = \"payer.json\"".into()),
            ("\"../risk.assay\"", "\"risk.assay\"".into()),
            ("\"../risk.vk\"", "\"risk.vk\"".into()),
            ("DyrPm2L22rzdsZuMLCMdr8EF5BvBvWJ7fjLDKCAmMKmA", collateral),
            ("GEpbqYx3bkXHP7bo4fihvrjr3Ecgkgdo1MrQoLEkVTW1", debt),
        ] {
            text = replaced(&text, from, &to);
        }
        let text = text.replace("../tools/cluster/test-only-wallet.json", "payer.json");
        text.replace("\"../programs", &format!("\"{}/programs", repository().display()))
    }

    /// The feed program alone, from `folder`; `more` stands behind the keys.
    pub fn describe_feed(&self, folder: &Path, more: &str) -> String {
        format!(
            "[cluster]\nurl = \"{}\"\ngenesis = \"local\"\n[programs]\nfolder = \"{}\"\ndeploy = [\"feed\"]\n\
             keypairs = {{ feed = \"{}/programs/feed/test-only-keypair.json\" }}\n[keys]\npayer = \"payer.json\"\n{more}",
            self.server.url,
            folder.display(),
            repository().display()
        )
    }

    /// A folder of programs in which the feed program has these bytes.
    pub fn feed_of(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let digest = assay_interface::bytes::Hex(&assay_interface::sha256(&[bytes])).to_string();
        self.write(&format!("{name}/bin/assay_feed.so"), bytes);
        self.write(&format!("{name}/SHA256SUMS"), format!("{digest}  bin/assay_feed.so\n"));
        self.folder.path().join(name)
    }

    pub fn command(&self, description: &str, more: &[&str]) -> Command {
        let path = self.write("deployment.toml", description);
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay-migrations"));
        command.arg(path).args(more).stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub fn run(&self, description: &str, more: &[&str]) -> Run {
        Run::of(self.command(description, more).output().unwrap())
    }

    pub fn start(&self, description: &str) -> Child {
        let mut command = self.command(description, &["--yes"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub fn program(&self, program: &Identity) -> Option<Deployed> {
        let state = self.state();
        let read = |address: &Address| {
            let found = state.net.account(address)?;
            Some(assay_host::Account { owner: found.owner, data: found.data })
        };
        deployed(&program.id, read(&program.id).as_ref(), read(&data_address(&program.id)).as_ref()).unwrap()
    }

    /// Transactions that were executed so far.
    pub fn executed(&self) -> usize {
        self.state().outcomes.len()
    }

    /// The lines of the record.
    pub fn record(&self) -> Vec<Value> {
        let mut files = fs::read_dir(self.folder.path().join("records")).unwrap();
        let text = fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap();
        assert!(files.next().is_none());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// It ended with this code, and printed this.
    #[track_caller]
    pub fn ends(self, code: i32, what: &str) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.out.contains(what) || self.err.contains(what), "{what}: {self:#?}");
        self
    }

    /// It was refused, with this and a way out.
    #[track_caller]
    pub fn refused(self, what: &str) -> Self {
        assert!(self.err.contains("\nhint: "), "{self:#?}");
        self.ends(2, what)
    }
}

#[track_caller]
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}
