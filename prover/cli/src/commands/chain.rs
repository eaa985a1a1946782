//! What the commands have in common that speak to a cluster: which one, who signs, what is sent, what is said about it.

use std::path::PathBuf;
use std::time::Duration;

use assay_chain::rpc::Cluster;
use assay_chain::send::MOST_RECENT;
use assay_chain::settings::{self, Settings};
use assay_chain::transaction::Budget;
use assay_chain::{Commitment, Error, Landed, MOST_PRIORITY, Price, Rpc, Sender, Signed, Simulated};
use assay_host::time::span;
use assay_verifier_host::{MAX_TIMELOCK, MIN_TIMELOCK};
use serde_json::{Map, Value, json};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::failure::{SelfCheck, hinted};
use crate::interrupt;
use crate::ui;

/// Which cluster, as every command takes it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct Connection {
    /// RPC address, or localhost, devnet, testnet, mainnet-beta [default: of Solana's configuration]
    #[arg(short, long, value_name = "URL")]
    url: Option<String>,
    /// Solana's configuration, for what no option says [default: ~/.config/solana/cli/config.yml]
    #[arg(long, value_name = "FILE.yml")]
    config: Option<PathBuf>,
    /// What is read and waited for: processed, confirmed or finalized [default: confirmed]
    #[arg(long, value_name = "LEVEL")]
    commitment: Option<Commitment>,
}

/// Who signs and pays, and how it is sent.
#[derive(Debug, clap::Args)]
pub struct Signing {
    #[command(flatten)]
    connection: Connection,
    /// Key file of who signs [default: of Solana's configuration, or ~/.config/solana/id.json]
    #[arg(short, long, value_name = "FILE.json")]
    keypair: Option<PathBuf>,
    /// Key file of who pays fees and rent [default: who signs]
    #[arg(long, value_name = "FILE.json")]
    fee_payer: Option<PathBuf>,
    /// Micro-lamports a compute unit to be early, or auto: as others paid of late, a million at most
    #[arg(long, value_name = "PRICE", default_value = "0", value_parser = price)]
    priority_fee: Price,
    /// Seconds that a transaction is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: u64,
    /// Build and simulate the transaction, and send nothing
    #[arg(long)]
    dry_run: bool,
}

fn price(text: &str) -> Result<Price, String> {
    match text {
        "auto" => Ok(Price::Recent(MOST_RECENT)),
        number => {
            let price = number.parse().map_err(|_| "a whole number of micro-lamports, or auto")?;
            Ok(Price::Fixed(price))
        }
    }
}

/// A cluster that answers.
pub struct Target {
    /// Its server.
    pub rpc: Rpc,
    /// Which one it is.
    pub cluster: Cluster,
}

impl Connection {
    /// Asks the cluster which one it is: whoever does not answer is found at once.
    pub fn open(&self) -> anyhow::Result<Target> {
        self.open_with(&self.settings()?)
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        told(Settings::read(self.config.as_deref()))
    }

    fn open_with(&self, settings: &Settings) -> anyhow::Result<Target> {
        let Some(name) = self.url.as_ref().or(settings.url.as_ref()) else {
            return Err(hinted(
                anyhow::anyhow!("no cluster was named, and Solana's configuration names none"),
                "--url localhost, devnet, testnet, mainnet-beta or an address; `solana config set --url` for good",
            ));
        };
        let configured = || {
            let parsed = settings.commitment.as_deref().map(str::parse).transpose();
            parsed.map_err(|what: String| {
                let hint =
                    "`solana config set --commitment confirmed` mends it, and --commitment stands above it";
                hinted(anyhow::anyhow!("Solana's configuration: {what}"), hint)
            })
        };
        let commitment = match self.commitment {
            Some(commitment) => commitment,
            None => configured()?.unwrap_or_default(),
        };
        let rpc = Rpc::new(&told(settings::url(name))?, commitment);
        let cluster = told(rpc.cluster())?;
        Ok(Target { rpc, cluster })
    }
}

/// A cluster, and the keys for it.
pub struct Wallet {
    /// The cluster.
    pub target: Target,
    signer: Keypair,
    payer: Option<Keypair>,
    price: Price,
    patience: Duration,
    dry_run: bool,
}

impl Signing {
    /// Reads the keys, and asks the cluster which one it is.
    pub fn open(&self) -> anyhow::Result<Wallet> {
        let settings = self.connection.settings()?;
        let Some(file) = self.keypair.as_ref().or(settings.keypair.as_ref()) else {
            return Err(hinted(
                anyhow::anyhow!("no key file was named, and Solana's configuration names none"),
                "--keypair names a file that `solana-keygen new` wrote",
            ));
        };
        let signer = told(settings::keypair(file))?;
        let payer = self.fee_payer.as_deref().map(settings::keypair).transpose();
        Ok(Wallet {
            signer,
            payer: told(payer)?,
            target: self.connection.open_with(&settings)?,
            price: self.priority_fee,
            patience: Duration::from_secs(self.timeout),
            dry_run: self.dry_run,
        })
    }
}

impl Wallet {
    /// Who signs.
    pub fn signer(&self) -> Address {
        self.signer.pubkey()
    }

    /// Who pays.
    pub fn payer(&self) -> Address {
        self.payer.as_ref().map_or_else(|| self.signer(), Keypair::pubkey)
    }

    /// Simulates a transaction of one instruction, and sends it unless that was all that was asked for. `length` is that of an account which it
    /// creates, or 0; `answer` is what the verifier program has to return, where anything is looked for: otherwise nothing is sent.
    pub fn act(
        &self,
        instruction: Instruction,
        length: usize,
        answer: Option<&[u8]>,
    ) -> anyhow::Result<Done> {
        let rpc = &self.target.rpc;
        let mut keys: Vec<&dyn Signer> = vec![&self.signer];
        keys.extend(self.payer.iter().map(|payer| payer as &dyn Signer));
        // An instruction that nobody but the payer signs wants no other signature.
        let signs = |key: &&dyn Signer| {
            key.pubkey() == self.payer()
                || instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key.pubkey())
        };
        keys.retain(signs);
        let rent = if length == 0 { 0 } else { told(rpc.rent(length))? };
        let payer = self.payer();
        let has = told(rpc.balance(&payer))?;
        let affords = |fee: u64| {
            let is_enough = has >= rent.saturating_add(fee);
            told(if is_enough { Ok(()) } else { Err(Error::Funds { payer, has, fee, rent }) })
        };
        affords(Budget { compute_units: 0, price: 0 }.fee(keys.len()))?;
        let sender = Sender {
            rpc,
            payer,
            keys,
            price: self.price,
            most_priority: MOST_PRIORITY,
            patience: self.patience,
        };
        let simulated = told(sender.simulate(&[instruction]))?;
        affords(simulated.fee())?;
        if let Some(answer) = answer {
            let Some((program, returned)) = &simulated.execution.returned else {
                return told(Err(rpc.answer("simulateTransaction", "nothing of what the program returned")));
            };
            if *program != assay_verifier_host::ID || returned != answer {
                let what = format!("the program at {program} answers something else than was proven");
                return Err(SelfCheck(what).into());
            }
        }
        let mut landed = None;
        if !self.dry_run {
            let note = &mut |Signed { signature, .. }: Signed<'_>| {
                interrupt::hold().sent = Some(signature.to_owned());
                ui::note(&format!("sending {signature}; waiting for it to be {}", rpc.commitment()));
                Ok(())
            };
            landed = Some(told(sender.send(&simulated, note))?);
        }
        let link = landed.as_ref().and_then(|landed| rpc.explorer(self.target.cluster, &landed.signature));
        Ok(Done { simulated, landed, link, rent })
    }
}

/// A transaction that was simulated, and sent where that was asked for.
pub struct Done {
    simulated: Simulated,
    landed: Option<Landed>,
    link: Option<String>,
    rent: u64,
}

impl Done {
    /// Whether anything was sent.
    pub fn is_sent(&self) -> bool {
        self.landed.is_some()
    }

    /// `word`, which says what was done; or that nothing was.
    pub fn verb<'a>(&self, word: &'a str) -> &'a str {
        if self.is_sent() { word } else { "dry run" }
    }

    /// What it cost, and where it is.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let Simulated { budget, transaction, execution, .. } = &self.simulated;
        let mut lines = vec![
            ("compute units", format!("{}, of {} allowed", execution.compute_units, budget.compute_units)),
            ("bytes", transaction.size().to_string()),
            ("fee", format!("{} SOL", assay_chain::sol(self.simulated.fee()))),
        ];
        if self.rent > 0 {
            lines.push((
                "rent",
                format!(
                    "{} SOL, back to who paid it when the account is closed",
                    assay_chain::sol(self.rent)
                ),
            ));
        }
        match &self.landed {
            Some(landed) => {
                lines.push(("slot", landed.slot.to_string()));
                lines.push(("signature", landed.signature.clone()));
                lines.extend(self.link.clone().map(|link| ("explorer", link)));
            }
            None => lines.push(("transaction", assay_chain::base64(&transaction.wire()))),
        }
        lines
    }

    /// The same for a script.
    pub fn json(&self) -> Value {
        let Simulated { budget, transaction, execution, .. } = &self.simulated;
        json!({
            "sent": self.is_sent(),
            "signature": self.landed.as_ref().map(|landed| &landed.signature),
            "slot": self.landed.as_ref().map(|landed| landed.slot),
            "explorer": self.link,
            "compute_units": execution.compute_units,
            "compute_unit_limit": budget.compute_units,
            "micro_lamports_per_compute_unit": budget.price,
            "fee_lamports": self.simulated.fee(),
            "rent_lamports": self.rent,
            "bytes": transaction.size(),
            "unsigned_transaction": (!self.is_sent()).then(|| assay_chain::base64(&transaction.wire())),
        })
    }
}

/// Joins the fields of JSON objects.
pub fn merged(objects: impl IntoIterator<Item = Value>) -> Value {
    let fields = objects.into_iter().filter_map(|object| match object {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect::<Map<_, _>>())
}

/// The error with the way out that the library knows.
pub fn told<T>(result: assay_chain::Result<T>) -> anyhow::Result<T> {
    result.map_err(|error| match error.hint() {
        Some(hint) => hinted(error, hint),
        None => error.into(),
    })
}

/// Parser of addresses, for clap.
pub fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| "an address is 32 bytes in base58, 32 to 44 characters".into())
}

/// Days, hours or seconds, within what the program allows.
pub fn timelock(text: &str) -> Result<i64, String> {
    const EXPECTED: &str = "a time is a number with d, h or s behind it, as 3d";
    let (number, unit) = [("d", 86_400), ("h", 3_600), ("s", 1)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or(EXPECTED)?;
    let number: u32 = number.parse().map_err(|_| EXPECTED)?;
    let seconds = i64::from(number).saturating_mul(unit);
    if (MIN_TIMELOCK..=MAX_TIMELOCK).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("the program allows {} to {}", span(MIN_TIMELOCK), span(MAX_TIMELOCK)))
    }
}
